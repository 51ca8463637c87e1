/* Telegram as a channel of the desk: updates in, messages out, pictures fetched, the bot's token and state, and the staff's
 * group.
 *
 * One bot at a time. All of its work is a session (a thread that polls or minds the webhook, the sender, the fetchers of
 * pictures); changing the token ends one session and begins another, in the running process. The token is kept sealed in
 * the settings, and is in no log, no error and no address of ours.
 *
 * Limits: 30 messages on their way at once, 4 pictures fetched at once, 100 updates a poll, updates up to
 * LIMIT_UPDATE_MAX_BYTES. Nodes: one process a bot polls. Several may send: they share the queue, each keeps a pace of its
 * own, and a 429 is obeyed by all, since the row waits. */
#ifndef SB_EDGE_TELEGRAM_TELEGRAM_H
#define SB_EDGE_TELEGRAM_TELEGRAM_H

#include "desk/desk.h"
#include "net/http_client.h"

struct route_table;
struct telegram;

struct telegram_config {
  struct desk *desk;
  http_client *client;       /* outlives the telegram */
  const char *api_url;       /* NULL or "": https://api.telegram.org */
  const char *token;         /* of the configuration; what the panel has decided goes before. May be NULL */
  const char *webhook_url;   /* NULL or "": long polling. Without /webhook/telegram at its end, that is added */
  const char *local_files;   /* the folder of a local Bot API server's files; NULL or "": none is read */
  const char *group_chat_id; /* of the staff's group; what the panel has decided goes before. May be NULL */
};

struct telegram *telegram_new(const struct telegram_config *config);
/* Reads the token that was kept and begins; waits for no network. After the migrations, before the HTTP server starts.
 * desk->edges[CHANNEL_TELEGRAM] must be the telegram by then. Fails only with the store's error. */
err telegram_start(struct telegram *t);
/* Takes no more updates and lets messages that are on their way end, for at most grace_ms; what is then still
 * unanswered is marked uncertain. Webhook requests that come later are answered with 503. */
void telegram_stop(struct telegram *t, int grace_ms);
/* After telegram_stop, and after the HTTP server and the database have no work of ours any more. */
void telegram_free(struct telegram **t);

/* struct desk.outbox_wake, with the telegram as its argument. */
void telegram_wake(void *telegram);
/* The bot's state in a word, as GET /api/bot names it; t may be NULL. Any thread. */
const char *telegram_state(struct telegram *t);

/* Is an address the one that TELEGRAM_WEBHOOK_URL stands for, however it is written? */
bool telegram_webhook_is(const char *webhook_url, str address);
/* Its host: what may be told of another server's address. */
str telegram_webhook_host(str address);

struct telegram_stats { /* counted since the start, but for the last two */
  uint64_t updates, updates_known, updates_kept_raw, updates_malformed, updates_deferred /* the store failed */;
  uint64_t polls, polls_failed, webhook_requests, webhook_refused;
  uint64_t sent, refused, retried, flood_waits, uncertain;
  uint64_t files_fetched, files_failed;
  int64_t in_flight;
  int circuit; /* 0 closed, 1 open, 2 probing, 3 half open */
};
void telegram_stats(struct telegram *t, struct telegram_stats *out);

extern const struct route_table telegram_routes; /* POST /webhook/telegram and /webhook/telegram/:id */
extern const struct route_table telegram_panel_routes;

#endif
