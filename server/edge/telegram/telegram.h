/* Telegram as a channel of the desk: updates in, messages out, picture downloads, the bot's token and state, and the
 * staff group.
 *
 * Several bots, as the table of accounts says (desk/account). Each runs as a session (a thread that polls or checks the webhook,
 * the sender, the fetchers of pictures); changing a token ends one session and starts another, in the running process. Tokens
 * are stored sealed in the settings, and appear in no log, error or URL of this server.
 *
 * Limits of a bot: 30 messages in flight, 4 picture downloads at once, 100 updates per poll, updates up to
 * LIMIT_UPDATE_MAX_BYTES. Nodes: one process per bot polls, the one with the bot's lease. Several may send: they share the
 * queue, each keeps its own pace, and all respect a 429, since the row waits. */
#ifndef SB_EDGE_TELEGRAM_TELEGRAM_H
#define SB_EDGE_TELEGRAM_TELEGRAM_H

#include "desk/desk.h"
#include "net/http_client.h"

struct route_table;
struct telegram;

struct telegram_config {
  struct desk *desk;
  http_client *client;     /* outlives the telegram */
  const char *api_url;     /* NULL or "": https://api.telegram.org */
  const char *token;       /* a bot's, from the configuration; the panel's choice takes precedence. May be NULL */
  const char *user_agent;  /* of calls through a bot's own proxy; NULL: "Switchboard" */
  const char *webhook_url; /* NULL or "": long polling. Without /webhook/telegram at its end, that is added */
  const char
      *local_files; /* the folders of local Bot API servers: see telegram_local_folder; NULL or "": none is read */
  int per_second;   /* messages that each bot may send; 0: 30 */
  const char *group_chat_id; /* of the staff group; the panel's choice takes precedence. May be NULL */
};

struct telegram *telegram_new(const struct telegram_config *config);
/* Reads the accounts and starts their sessions; does not wait for the network. After the migrations, before the HTTP server
 * starts. desk->edges[CHANNEL_TELEGRAM] must be the telegram by then. Fails only on a database error. */
err telegram_start(struct telegram *t);
/* Accepts no more updates and lets messages in flight end, for at most grace_ms; messages still
 * without a response are marked uncertain. Later webhook requests get 503. */
void telegram_stop(struct telegram *t, int grace_ms);
/* After telegram_stop, and after the HTTP server and the database no longer use it. */
void telegram_free(struct telegram **t);

/* Shows the customer what an operator does (enum activity), for five seconds; see out/tg_activity.h for what is left out. Any
 * thread; does not wait. */
void telegram_show_activity(struct telegram *t, str account, str chat, int activity);
/* struct desk.outbox_wake, with the telegram as its argument. */
void telegram_wake(void *telegram);
/* The first bot's state in a word, as GET /api/bot names it; t may be NULL. Any thread. */
const char *telegram_state(struct telegram *t);

/* The folder that TELEGRAM_LOCAL_FILES names for a bot's local Bot API server: "/folder" for all bots, "123=/folder" for one, or
 * several with commas in between. STR_NONE: none. */
str telegram_local_folder(str setting, str account);
/* Whether a URL is the one of TELEGRAM_WEBHOOK_URL, in any spelling, or that of the bot `id` below it. */
bool telegram_webhook_is(const char *webhook_url, int64_t id, str address);
/* Its host: the part of another server's URL that may be shown. */
str telegram_webhook_host(str address);
/* Whether the allowed_updates of a WebhookInfo are those that the server asks for; see spec/updates.tbl. */
bool telegram_webhook_asks_for_ours(str allowed_updates);

/* Inside a transaction: reads some of the messages again that an earlier version could not read; *more: there may be others. */
err telegram_read_again(struct desk *d, db_conn *c, bool *more);
/* What is missing for topics in the staff group, in words; absent: nothing. By the whole responses to getChat and
 * getChatMember. */
str telegram_topics_trouble(str chat_answer, str member_answer);

struct telegram_stats { /* of one bot; counted since the start, except the last two */
  char bot[24];         /* its id */
  uint64_t updates, updates_known, updates_kept_raw, updates_malformed, updates_deferred /* the store failed */;
  uint64_t polls, polls_failed, webhook_requests, webhook_refused;
  uint64_t sent, refused, retried, flood_waits, uncertain;
  uint64_t files_fetched, files_failed;
  int64_t in_flight;
  int circuit; /* 0 closed, 1 open, 2 probing, 3 half open */
};
enum { TELEGRAM_STATS_MAX = 32 };
/* Returns the number of bots. */
size_t telegram_stats(struct telegram *t, struct telegram_stats *out, size_t max);

extern const struct route_table telegram_routes; /* POST /webhook/telegram and /webhook/telegram/:id */
extern const struct route_table telegram_panel_routes, telegram_bots_routes, telegram_profile_routes;

#endif
