/* Files of a local Bot API server, which names them by their absolute paths on this machine (--local). Its paths are
 * input from outside, so a path is followed only below the one folder that TELEGRAM_LOCAL_FILES names for the bot: no link
 * on the way, no "..", regular files alone, and none in the folder of another bot, which the server calls by that bot's token.
 * Without a folder no local path is ever read. Any thread; blocks for the disk. */
#ifndef SB_EDGE_TELEGRAM_TG_LOCAL_H
#define SB_EDGE_TELEGRAM_TG_LOCAL_H

#include "base/str.h"

/* setting: "/folder" for all bots, or "123=/folder" for the bot with this id, or several of them with commas in between. The folder
 * of the account; STR_NONE for none. */
str tg_local_folder(str setting, str account);

enum tg_local {
  TG_LOCAL_COPIED,
  TG_LOCAL_REFUSED /* permanently */,
  TG_LOCAL_TOO_LARGE,
  TG_LOCAL_FAILED /* a retry may succeed */
};
/* Copies the file to `to`, which is made; nothing is left of it on failure. folder: NULL or "" for none. account: the bot's
 * id. *why: static words when it was not copied. */
enum tg_local tg_local_copy(const char *folder, str account, str path, const char *to, int64_t most_bytes,
                            const char **why);

#endif
