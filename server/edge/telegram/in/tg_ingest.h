/* Brings updates into the desk, whichever way they came: one update, one transaction, keyed by the update's id.
 *
 * What is the update's own fault (malformed, or the desk refuses it) is kept raw in a second transaction and counts as
 * done: it must not come again. What is the store's fault is told, and then nothing of the update has been stored.
 *
 * Order: updates of one chat are committed in the order given. SQLite's single committer does that by itself; for
 * PostgreSQL's several writers a chat's next update waits for the one before, and when one fails those that wait behind
 * it fail with it, so that they come again together. */
#ifndef SB_EDGE_TELEGRAM_TG_INGEST_H
#define SB_EDGE_TELEGRAM_TG_INGEST_H

#include "edge/telegram/in/tg_update.h"

struct tg_counters;
struct tg_group;
struct tg_ingest;

/* The caller's memory, with all that it points to, until `done`. */
struct tg_ingest_job {
  str account;
  struct tg_update *update;
  /* Exactly once, on a database thread or inside tg_ingest; must not block. err_ok: committed. */
  void (*done)(struct tg_ingest_job *job, err e);
  void *user;
  /* ---- tg_ingest's own ---- */
  struct tg_ingest *ingest;
  struct tg_ingest_job *next;
  err fault; /* why it is kept raw */
  bool fresh, room_again;
};

struct tg_ingest_config {
  struct desk *desk;
  struct tg_counters *counters;
  void (*on_files)(void *user); /* a picture waits to be fetched; on a database thread, must not block */
  void *user;
  struct tg_group *group;      /* the staff's; NULL: what is said in groups is kept raw */
  void (*on_room)(void *user); /* the staff's group takes messages again; the same */
};
struct tg_ingest *tg_ingest_new(const struct tg_ingest_config *config);
/* When no job is left. */
void tg_ingest_free(struct tg_ingest **in);
void tg_ingest(struct tg_ingest *in, struct tg_ingest_job *job);

#endif
