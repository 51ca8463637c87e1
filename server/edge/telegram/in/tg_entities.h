/* Telegram's message entities and ours (desk/message). Both count UTF-16 code units, so offsets pass unchanged; what
 * differs is the place of a link's URL, a mentioned person or a language, and which types may be sent. */
#ifndef SB_EDGE_TELEGRAM_TG_ENTITIES_H
#define SB_EDGE_TELEGRAM_TG_ENTITIES_H

#include "desk/message/message.h"

struct json_t;

/* Reads a message's entities (NULL: none) as they are stored; STR_NONE for none. An entity that is unknown, is
 * outside the text or splits a character is omitted: bad formatting must not lose the text. *lossy (never cleared)
 * is set if something was omitted or cannot be expressed in ours (a custom emoji's id, a date's format). */
str tg_entities_in(const struct json_t *list, str text, arena *a, bool *lossy);
/* The entities that a quote of this piece must name (Bot API, ReplyParameters), moved to its beginning. entities_json: of the quoted
 * message; position, length: in UTF-16 code units. False: it has one that cannot be sent (a custom emoji, a date), so Telegram would
 * refuse the quote. */
bool tg_quote_entities(str entities_json, int64_t position, int64_t length, arena *a, struct entity **out,
                       size_t *count);
/* Appends our entities as the array for sendMessage's `entities`. Types that Telegram detects itself (links,
 * mentions, hashtags…) and those that need an unknown id (custom emoji, dates) are omitted: they are plain text. */
void tg_entities_out(buf *out, const struct entity *list, size_t count);

#endif
