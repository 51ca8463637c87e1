/* A RichMessage (Bot API 10.3) as plain text with entities: every block in its order, a table row a line, a list item with
 * its label. An unknown block or span shows its text. Pure and total; nesting deeper than the limit is left out. */
#ifndef SB_EDGE_TELEGRAM_TG_RICH_H
#define SB_EDGE_TELEGRAM_TG_RICH_H

#include "base/arena.h"
#include "base/jansson.h"

enum { TG_RICH_MEDIA_MAX = 10 };

struct tg_rich {
  str text, entities_json; /* entities_json may be absent */
  /* The blocks' photos (arrays of PhotoSize), videos, audio files and documents, borrowed from the message. */
  const json_t *media[TG_RICH_MEDIA_MAX];
  size_t media_count;
};
/* False if it is no RichMessage. */
bool tg_rich_read(const json_t *rich, arena *a, struct tg_rich *out);

#endif
