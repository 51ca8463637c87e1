/* Shared by the files of this room: the bots of the desk and what runs for each. */
#ifndef SB_EDGE_TELEGRAM_TG_BOTS_INTERNAL_H
#define SB_EDGE_TELEGRAM_TG_BOTS_INTERNAL_H

#include "desk/account/account.h"
#include "edge/telegram/out/tg_activity.h"
#include "edge/telegram/tg_internal.h"

/* What is said of an address or a proxy that somebody entered, whatever failed: the words must not tell what runs there. */
#define TG_NO_SERVER "No Bot API server answers this way. Check the address and the proxy."

enum { TELEGRAM_MAGIC = 0x7447626f, TG_ASK_TIMEOUT_MS = 12000, TG_SWITCH_GRACE_MS = 5000 };
enum { ROADS_MAX = 2, ROAD_MOST_MS = 25000 }; /* see tg_road_open */

struct tg_known { /* the state of the current session */
  enum bot_state state;
  int64_t checked_at;
  char username[160], name[544], error[1280], sending[1280];
  bool fallback;
};

/* What a session is started with; two equal plans need no new one. */
struct tg_plan {
  str token, api_url, webhook_url /* absent: long polling */, proxy /* absent: the configured one */;
  bool webhook_only;
};

/* One bot; it exists until the telegram is freed, so a pointer to it stays valid. */
struct tg_bot {
  struct telegram *telegram;
  struct tg_bot *next; /* guarded by telegram.lock */
  int64_t id;
  char account[TG_ACCOUNT_SIZE];
  struct tg_owner owner; /* the callbacks for sessions */
  struct tg_counters counters;
  struct tg_lease lease;
  pthread_mutex_t publishing; /* states are published in the order in which they occurred */
  /* ---- guarded by telegram.switching ---- */
  char *api_url, *webhook_url, *proxy; /* of the session, NULL: none */
  char *local_files;                   /* the folder of its local Bot API server; NULL: none */
  http_client *own_client;             /* through the bot's own proxy; NULL: the shared one */
  bool webhook_only;
  int64_t updated_at; /* of the account, when it was followed last */
  /* ---- guarded by telegram.lock ---- */
  struct tg_session *session; /* NULL: none, or between two */
  bool between;               /* between two sessions; also after the stop */
  bool live, paused;          /* live: not removed */
  bool hooked;                /* updates shall come by webhook */
  int64_t position, successor_id;
  struct tg_known known;
};

struct telegram {
  uint32_t magic;
  struct desk *desk;
  http_client *client;
  char *api_url, *env_token, *webhook_url; /* webhook_url NULL: long polling */
  char *user_agent;
  char *local_files; /* NULL: none */
  int per_second;    /* messages of each bot; 0: TG_PER_SECOND */
  struct tg_ingest *ingest;
  struct tg_group *group;
  struct tg_activities activities;
  struct tg_counters unassigned; /* of requests that belong to no bot */
  bool alone;                    /* no other process can share the database */
  /* One change of the bots at a time. The order of the locks: switching, bot.publishing, lock. Whoever holds switching may wait for
   * the database, the network and the end of a session's threads, so none of these threads, and no callback, ever takes it. */
  pthread_mutex_t switching;
  pthread_mutex_t lock; /* guards what follows; held briefly */
  pthread_cond_t changed;
  struct tg_bot *bots;      /* in the order in which this process met them */
  int64_t roads[ROADS_MAX]; /* the bots of open roads (tg_road_open); 0: free */
  bool stopping, woken;
  pthread_t follow_thread, lease_thread;
  bool follows, leases; /* these threads run */
};

/* ---- tg_bot.c: one bot ---- */
struct tg_bot *tg_bot_new(struct telegram *t, int64_t id);
void tg_bot_free(struct tg_bot **bot);
/* With telegram.lock held. Strings in `a`. */
void tg_bot_describe(const struct tg_bot *bot, arena *a, struct bot_info *out);
/* Stores the current state and publishes it to the panels. by: the operator who changed it; 0: Telegram. Then only the holder of
 * the lease does. */
void tg_bot_publish(struct tg_bot *bot, int64_t by);
/* Takes over the state that another process has stored. With telegram.lock held. */
void tg_bot_know(struct tg_bot *bot, const struct account_row *row);
/* Ends the session, if any, and starts another with the plan (NULL: none). me: what getMe has just answered; may be NULL.
 * stopping: no further session in this process. With telegram.switching held. */
void tg_bot_switch(struct tg_bot *bot, const struct tg_plan *plan, const struct account_row *row,
                   const struct tg_me *me, int grace_ms, bool stopping);
/* Whether the session runs with this plan; plan NULL: whether there is none. With telegram.switching held. */
bool tg_bot_runs(struct tg_bot *bot, const struct tg_plan *plan);
/* Removes the webhook of a bot that leaves the desk or pauses. One try; a failure is harmless. With telegram.switching held. */
void tg_bot_leave_webhook(struct tg_bot *bot);

/* ---- tg_bots.c: all of them ---- */
/* NULL: unknown. Takes telegram.lock. */
struct tg_bot *tg_bots_find(struct telegram *t, int64_t id);
/* The first of the list; NULL: there is none. With telegram.lock held. */
struct tg_bot *tg_bots_first(struct telegram *t);
/* Starts, changes and ends sessions as the accounts in the database say. fresh: an account about which getMe has just
 * answered `me`; 0: none. With telegram.switching held. */
err tg_bots_follow(struct telegram *t, int64_t fresh, const struct tg_me *me);
/* Where Telegram posts the bot's updates; absent: no webhook is configured. */
str tg_bots_webhook(struct telegram *t, int64_t id, int64_t position, arena *a);

/* ---- tg_lease.c ---- */
void tg_leases_start(struct telegram *t);
void tg_leases_stop(struct telegram *t); /* gives up the leases; after the sessions have ended */

/* ---- tg_removed.c ---- */
/* Ends what still waits for bots that the desk does not have any more. Blocks for the database. */
void tg_removed_end(struct telegram *t);

/* ---- tg_manage.c ---- */
/* The way to the Bot API that a bot takes; strings in `a`. For several calls that an administrator waits for. */
struct tg_road {
  struct telegram *telegram;
  int64_t id;
  str api_url, proxy;      /* absent: the configured ones */
  str token;               /* absent: it has none */
  http_client *own_client; /* through its own proxy; NULL: the shared one */
  int64_t until_ms;        /* steady time after which nothing more is asked */
  bool open;
};
/* ERR_NOT_FOUND; ERR_OVERLOADED: a road of this bot is open, or ROADS_MAX are: each keeps a worker. Whatever it answers, close it. */
err tg_road_open(struct telegram *t, int64_t id, arena *a, struct tg_road *out);
void tg_road_close(struct tg_road *road);
/* Blocks, but not after ROAD_MOST_MS since the road was opened. body is JSON; absent: {}. */
struct tg_answer tg_road_call(const struct tg_road *road, const char *method, str body, arena *a);
/* ERR_BOT_UNREACHABLE: in one sentence for everything if somebody entered the way, else with these words. */
err tg_road_unreachable(const struct tg_road *road, str words);
/* At the start, before tg_bots_follow: makes accounts of what an earlier version kept in the settings, and of the
 * environment's token. */
err tg_adopt(struct telegram *t);

/* ---- tg_room.c ---- */
/* Opens the staff room for the bot that sends to the group, or closes it. */
void tg_room_open(struct telegram *t);
/* The group accepts messages again; self is the telegram. */
void tg_room_again(void *self);

#endif
