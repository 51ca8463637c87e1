/* The context of every slice: database, time, randomness and the wake-ups after a commit.
 * One desk per process, set up in app/ before any thread starts and unchanged afterwards. */
#ifndef SB_DESK_DESK_H
#define SB_DESK_DESK_H

#include "base/clock.h"
#include "base/rand.h"
#include "db/db.h"
#include "desk/channel.h"

struct json_shape;
struct subject;
struct bus;
struct access;
struct realtime;
struct staff;
struct notice_watch;
struct card_watch;
struct file_store;
struct file_space;

struct desk {
  db *db;
  const sb_clock *clock;
  const sb_rand *rand;
  struct bus *bus;              /* desk/bus: the reader of the event log */
  struct access *access;        /* desk/access: authentication and its limits */
  struct staff *staff;          /* desk/staff: the staff room; NULL without */
  struct card_watch *cards;     /* desk/card: whether any account has live cards; NULL: none */
  struct notice_watch *notices; /* desk/notice: whether anybody wants notices; NULL: nobody does */
  /* wakes the senders after a commit; any thread, cheap, also when nothing is queued */
  void (*outbox_wake)(void *arg);
  void *outbox_wake_arg;
  void *edges[CHANNELS];     /* each channel's context, for its routes only; set by app */
  struct realtime *realtime; /* edge/realtime, for its own route only; NULL without */
  /* Sends an ephemeral event (enum event_type, its subject, data and its shape): see event_broadcast. NULL without
   * realtime. */
  void (*broadcast)(void *arg, int event_type, const struct subject *about, const struct json_shape *shape,
                    const void *data);
  void *broadcast_arg;
  /* Shows the customer for a few seconds what an operator does (enum activity of desk/conversation), on a channel that can. Any
   * thread; does not wait; may be dropped. NULL: no channel shows it. */
  void (*show_activity)(void *arg, str channel, str account, str external_id, int activity);
  void *activity_arg;
  const char *holder;       /* "node.start": the holder of this process's leases, see desk/job */
  const char *files_dir;    /* desk/file's local folder */
  struct file_store *store; /* desk/file's object store; NULL without */
  struct file_space *space; /* desk/file's figures and quota; NULL: no quota */
  const char *public_url, *demo_url /* NULL outside the demo */, *version;
  const char *demo_login, *demo_password; /* of the demo's operator; NULL outside the demo */
  const void *secret_key;                 /* 32 bytes, from which the keys of sessions, tokens and seals are derived */
  int64_t session_ms;
  int upload_max_mb;
  int flood_messages; /* more of one customer within CONVERSATION_FLOOD_MS are spam; 0: no number is */
};

/* db_write and db_write_async, and after a commit wake the event log's reader and the senders. Every write of the
 * product uses these two, so that no writer can forget the wake-up. */
err desk_write(struct desk *d, db_fn fn, void *ctx);
err desk_write_async(struct desk *d, db_fn fn, void *ctx, void (*done)(err e, void *ctx));
int64_t desk_now(const struct desk *d);
/* The common prefix of one node's holders, of any start: "node." */
static inline str desk_holder_prefix(str holder) { return str_sub(holder, 0, str_index(holder, '.', 0) + 1); }

#endif
