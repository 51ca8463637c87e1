/* Telegram's message entities and ours (desk/message). Both count UTF-16 code units, so offsets pass unchanged; what
 * differs is where a link's address, a mentioned person or a language is written, and which types may be sent. */
#ifndef SB_EDGE_TELEGRAM_TG_ENTITIES_H
#define SB_EDGE_TELEGRAM_TG_ENTITIES_H

#include "desk/message/message.h"

struct json_t;

/* Reads a message's entities (NULL: none) as they are stored; STR_NONE for none. One that is unknown, lies outside the
 * text or cuts a character in two is left out: formatting is never a reason to lose a text. *lossy (never cleared) is
 * set when something was left out or cannot be expressed in ours (a custom emoji's id, a date's format). */
str tg_entities_in(const struct json_t *list, str text, arena *a, bool *lossy);
/* Appends our entities as the array that sendMessage takes in `entities`. Types that Telegram finds by itself (links,
 * mentions, hashtags…) and those that need an id we have not (custom emoji, dates) are left out: they are text. */
void tg_entities_out(buf *out, const struct entity *list, size_t count);

#endif
