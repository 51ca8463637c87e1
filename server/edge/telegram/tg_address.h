/* Building and comparing URLs of the Bot API. Pure.
 *
 * Telegram's responses are untrusted input: a file path must stay below /file/bot<token>/. */
#ifndef SB_EDGE_TELEGRAM_TG_ADDRESS_H
#define SB_EDGE_TELEGRAM_TG_ADDRESS_H

#include "base/str.h"

/* Whether two webhook URLs are equivalent. Telegram may return ours in another spelling: scheme and host in lower case,
 * the scheme's own port left out, "/" for no path, "https://" in front of a bare host. */
bool tg_address_same(str a, str b);
/* The host of a URL, with its port if any; the rest may be a secret. Empty if there is none. */
str tg_address_host(str address);

enum { TG_FILE_PATH_MAX = 1024 };
/* May getFile's file_path stand behind /file/bot<token>/? A relative path of plain components: none is empty, "." or
 * "..", no control character, "\", "?" or "#", at most TG_FILE_PATH_MAX bytes. */
bool tg_file_path_is_plain(str path);

#endif
