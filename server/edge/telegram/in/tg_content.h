/* The content of one Message of the Bot API (10.3) as the desk's typed message: kind, words, typed facts and files. Pure and
 * total: what cannot be read as its own kind becomes MESSAGE_UNSUPPORTED with the content's name, and its JSON is stored. */
#ifndef SB_EDGE_TELEGRAM_TG_CONTENT_H
#define SB_EDGE_TELEGRAM_TG_CONTENT_H

#include "base/jansson.h"
#include "desk/conversation/conversation.h"

enum { TG_FILES_MAX = 10 /* of one message: paid media have at most 10 */ };

/* Raise it with each new reader: then messages that are stored as placeholders are read again (in/tg_reread.c). */
enum { TG_CONTENT_VERSION = 1 };
/* Sets kind, content, text, entities, headline, details, files, forward and raw of *m. raw: the update's text, for storage.
 * Strings are in `a`. */
void tg_content_read(const json_t *message, str raw, arena *a, struct inbound_message *m);
/* The content's names in contents.tbl, ended by NULL; for tests. */
extern const char *const tg_content_names[];
bool tg_content_is_quiet(str content);
/* For struct inbound_message: a file is identified by its file_unique_id, any other content by its bytes. */
bool tg_same(str content, str one, str other);

#endif
