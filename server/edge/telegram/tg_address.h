/* What becomes part of an address of the Bot API, or is compared with one. Pure.
 *
 * Telegram's answers are input from outside: a path that it names must stay below /file/bot<token>/, whatever it says. */
#ifndef SB_EDGE_TELEGRAM_TG_ADDRESS_H
#define SB_EDGE_TELEGRAM_TG_ADDRESS_H

#include "base/str.h"

/* Do two webhook addresses mean the same? Telegram may give ours back written otherwise: scheme and host in lower case,
 * the scheme's own port left out, "/" for no path, "https://" in front of a bare host. */
bool tg_address_same(str a, str b);
/* The host of an address, with its port if one is given; the rest may be a secret. Empty when there is none. */
str tg_address_host(str address);

enum { TG_FILE_PATH_MAX = 1024 };
/* May getFile's file_path stand behind /file/bot<token>/? A relative path of plain components: none is empty, "." or "..",
 * no control character, "\", "?" or "#", at most TG_FILE_PATH_MAX bytes. */
bool tg_file_path_is_plain(str path);

#endif
