/* What the files of this slice share; nobody else includes it. Its rooms, each using only those named before it:
 *   (here)  the Bot API: calls, addresses, what an answer means     group/  the staff's group
 *   out/    messages to Telegram     in/  updates and files from it     bot/  the token, the session, the panel's routes
 * What a lower room must say to a higher one it says through a callback that was handed down: struct tg_owner, and the
 * sender's struct tg_sender_config. */
#ifndef SB_EDGE_TELEGRAM_TG_INTERNAL_H
#define SB_EDGE_TELEGRAM_TG_INTERNAL_H

#include "base/thread.h"
#include "edge/telegram/telegram.h"
#include "edge/telegram/tg_answer.h"
#include "edge/telegram/in/tg_ingest.h"
#include "edge/telegram/out/tg_pace.h"
#include "edge/telegram/bot/tg_state.h"
#include "edge/telegram/bot/tg_delivery.h"

#include <pthread.h>
#include <stdatomic.h>

#define TG_CHANNEL S("telegram")
enum { TG_ACCOUNT_SIZE = 24, TG_SECRET_SIZE = 65, TG_TOKEN_MAX = 80, TG_STACK_BYTES = 512 << 10 };

struct tg_counters {
  atomic_uint_fast64_t updates, updates_known, updates_kept_raw, updates_malformed, updates_deferred;
  atomic_uint_fast64_t polls, polls_failed, webhook_requests, webhook_refused;
  atomic_uint_fast64_t sent, refused, retried, flood_waits, uncertain, files_fetched, files_failed;
  atomic_int_fast64_t in_flight;
  atomic_int circuit;
};
#define TG_COUNT(counters, name) atomic_fetch_add_explicit(&(counters)->name, 1, memory_order_relaxed)

struct tg_sender;
struct tg_media;
struct tg_group;

struct tg_session;
struct tg_bot;
struct tg_me;

/* Which process fetches a bot's updates, when several share a database: see desk/account. Only the holder polls, sets the
 * webhook and tells the bot's state; every process sends, and takes what Telegram posts to it. */
struct tg_lease {
  bool alone;                          /* no other process can share the database */
  atomic_int_fast64_t fence, until_ms; /* fence 0: not held; until_ms by thread_now_ms */
};
bool tg_lease_held(struct tg_lease *l); /* bot/tg_session.c */

/* What the bot hands down to its session: what all sessions share, and whom to tell what was learnt. The reports of a
 * session that is not the present one any more are dropped. A report blocks for a write when it changes what the panel
 * shows; never call one from a callback of the network or the database. */
struct tg_owner {
  struct tg_bot *bot; /* the reports' own */
  struct tg_lease *lease;
  struct tg_counters *counters;
  struct tg_ingest *ingest;
  struct tg_group *group;
  const char *local_files; /* NULL: none */
  int per_second;          /* messages; 0: TG_PER_SECOND */
  void (*report)(struct tg_session *s, enum bot_state state, str error);
  void (*report_me)(struct tg_session *s, const struct tg_me *me);
  void (*report_sending)(struct tg_session *s, str error); /* stopped by the circuit; STR_NONE: goes again */
};

/* One bot at work, from its token's arrival to its leaving. */
struct tg_session {
  const struct tg_owner *owner;
  struct desk *desk;
  http_client *client;
  char *token;
  char account[TG_ACCOUNT_SIZE];     /* the bot's id in decimal: the token's part before the colon */
  char secret[TG_SECRET_SIZE];       /* of its webhook */
  const char *api_url, *webhook_url; /* webhook_url NULL: long polling */
  bool webhook_only;                 /* no polling when Telegram does not reach the webhook */
  bool greeted, routed;  /* getMe was answered; how updates are delivered is set. The session thread's own */
  bool met;              /* the staff's group was asked about, if there is one; the same */
  bool threaded;         /* the thread runs */
  int failures;          /* in a row, of the session thread's calls */
  struct tg_rival rival; /* of the session thread, like the next two */
  struct tg_delivery delivery;
  char fallback_reason[400]; /* why the bot polls for now, in words */
  int64_t offset;
  int limit;
  arena *calls; /* of the session thread; also the tag of its calls */
  pthread_t thread;
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t changed;
  bool stopping, woken, ended /* the thread does nothing any more */;
  bool doubted;   /* a message says that the token is refused */
  bool refreshed; /* an administrator or `doctor` asks for everything to be set up again */
  struct tg_sender *sender;
  struct tg_media *media;
};

struct tg_me {
  int64_t id;
  str username, name;
};

struct tg_webhook_info { /* url: empty when none is set */
  str url, last_error;
  str allowed; /* the array of update kinds; absent: Telegram's default */
  int64_t last_error_at_s, pending;
};

/* ---- tg_api.c ---- */
/* The token's form: an id that does not begin with 0, a colon, A-Za-z0-9_-; at most 80 bytes. */
bool tg_token_is_formed(str token, str *account);
const char *tg_api_url(const char *api_url, str token, const char *method, arena *a);
/* file_path: a plain one, see tg_address.h. */
const char *tg_file_url(const char *api_url, str token, str file_path, arena *a);
/* Blocks. body is JSON. */
struct tg_answer tg_api_call(http_client *client, const char *url, str body, long timeout_ms, size_t answer_max_bytes,
                             arena *a);
bool tg_me_read(str result, arena *a, struct tg_me *out);
bool tg_webhook_info_read(str result, arena *a, struct tg_webhook_info *out);
/* A Chat's title; false when it is no group. */
bool tg_group_title_read(str chat, arena *a, str *title);

/* ---- out/tg_send.c ---- */
struct tg_sender_config {
  struct tg_session *session;
  void (*token_refused)(struct tg_session *s); /* a message says so, and getMe too */
  void (*files_wait)(struct tg_session *s);    /* a picture waits to be fetched */
};
struct tg_sender *tg_sender_new(const struct tg_sender_config *config);
void tg_sender_start(struct tg_sender *s);
void tg_sender_wake(struct tg_sender *s);               /* any thread */
void tg_sender_hurry(struct tg_sender *s);              /* what waits for the staff's group may leave; any thread */
void tg_sender_allow(struct tg_sender *s, bool good);   /* the token is good, or refused: then everything waits */
void tg_sender_halt(struct tg_sender *s, int grace_ms); /* begins to stop; does not wait */
void tg_sender_stop(struct tg_sender *s, int grace_ms);
void tg_sender_free(struct tg_sender **s);

/* ---- in/tg_media.c ---- */
struct tg_media *tg_media_new(struct tg_session *s);
void tg_media_start(struct tg_media *m);
void tg_media_wake(struct tg_media *m); /* any thread */
void tg_media_stop(struct tg_media *m);
void tg_media_free(struct tg_media **m);

/* ---- bot/tg_session.c ---- */
/* Sleeps; false when the session is stopping. */
bool tg_session_sleep(struct tg_session *s, int64_t ms);
bool tg_session_is_stopping(struct tg_session *s);
/* There is something new for the session thread: it shall look now. Any thread, like the next. */
void tg_session_poke(struct tg_session *s);
/* The bot was refused: the session thread shall ask getMe now. */
void tg_session_doubt(struct tg_session *s);
/* The bot's row was changed: the same, and the webhook is set again. */
void tg_session_refresh(struct tg_session *s);
bool tg_session_is_doubted(struct tg_session *s);
struct tg_answer tg_session_call(struct tg_session *s, const char *method, str body, long timeout_ms);
/* Another server takes the updates: by a poll of its own, or by a webhook that it has set or removed. The way of the
 * updates is set anew after the wait that this gives, which grows, since the other one may do the same. how: empty when
 * nobody is to be accused yet. */
int64_t tg_session_met_rival(struct tg_session *s, str how);
/* What a failed call of the session means for the bot's state; gives the time to wait. */
int64_t tg_session_failed(struct tg_session *s, const struct tg_answer *answer);
/* A call that shows that updates come to us: the bot is well, unless another server with its token was met just now. Gives
 * the time until that is certain. */
int64_t tg_session_worked(struct tg_session *s);

/* ---- bot/tg_poll.c ---- */
/* One poll with what follows; gives the time to wait before the next. */
int64_t tg_poll_once(struct tg_session *s);

/* ---- bot/tg_session_run.c ---- */
enum { TG_CALL_TIMEOUT_MS = 15000, TG_BACKOFF_MOST_MS = 30000 };
/* NULL when the token has not a token's form. The owner outlives the session. */
struct tg_session *tg_session_new(const struct tg_owner *owner, struct desk *desk, http_client *client,
                                  const char *api_url, const char *webhook_url, bool webhook_only, str token);
void tg_session_start(struct tg_session *s, const struct tg_me *known); /* known: NULL unless getMe was just answered */
void tg_session_halt(struct tg_session *s, int grace_ms);               /* begins to stop; does not wait */
void tg_session_stop(struct tg_session *s, int grace_ms);
void tg_session_free(struct tg_session **s);

/* ---- bot/tg_bots.c ---- */
struct tg_ingest *tg_ingest_of(struct telegram *t);
/* Whether a webhook request bears the secret of a bot's webhook; account_id 0: of whichever bot. */
enum tg_admission {
  TG_UNAUTHENTICATED,
  TG_ADMITTED,
  TG_BETWEEN /* a bot starts, changes or stops: ask again */
};
struct tg_admitted {
  str account;
  struct tg_counters *counters; /* valid as long as the telegram */
};
/* first: the request's first check, which is counted. */
enum tg_admission tg_webhook_admits(struct telegram *t, int64_t account_id, str secret, bool first, arena *a,
                                    struct tg_admitted *out);

#endif
