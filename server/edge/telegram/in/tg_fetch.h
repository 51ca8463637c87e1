/* The bytes of a file at Telegram: getFile returns a path valid for at least an hour (Bot API, getFile), from which the bytes are
 * streamed into the store's temporary folder. Every try requests a new path, so expiry does not matter; a path is accepted only
 * below the token's own folder (tg_address.h, tg_local.h). Blocks; the arena is also the tag of the calls. */
#ifndef SB_EDGE_TELEGRAM_TG_FETCH_H
#define SB_EDGE_TELEGRAM_TG_FETCH_H

#include "edge/telegram/tg_internal.h"

enum { TG_FETCH_ASK_TIMEOUT_MS = 20000 };

struct tg_fetched {
  err e;           /* of the store */
  bool final;      /* no more tries */
  bool waits;      /* 429: nobody is at fault */
  int64_t wait_ms; /* before the next; -1: by the number of tries */
  int reason;      /* enum file_error */
  str why;         /* set when it failed */
};
struct tg_fetched tg_fetch_failed(bool final, str why);
struct tg_fetched tg_fetch_too_large(enum file_error reason, str why);
/* What an answer other than TG_DONE means. */
struct tg_fetched tg_fetch_refused(const struct tg_answer *answer);
struct tg_fetched tg_fetch_path(struct tg_session *s, str file_id, arena *a, str *path);
/* wait may be NULL. Nothing is left at `to` on failure. */
struct tg_fetched tg_fetch_bytes(struct tg_session *s, str path, const char *to, long timeout_ms,
                                 const struct http_call_wait *wait, arena *a);

#endif
