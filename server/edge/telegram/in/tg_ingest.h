/* Stores updates in the desk, from polling or the webhook: one update, one transaction, keyed by the update's id.
 *
 * Retry database errors; keep any other failing update raw (malformed, or refused by the desk), because it will never
 * parse. A raw update is stored in a second transaction and counts as done. After a database error nothing was stored.
 *
 * An update fetched under a lease that another process has taken since is not stored: the other one fetches it too.
 *
 * Order: updates of one chat are committed in the order given. SQLite's single committer ensures that; for
 * PostgreSQL's several writers a chat's next update waits for the previous one, and when one fails, those waiting after
 * it fail too, so that they are redelivered together. */
#ifndef SB_EDGE_TELEGRAM_TG_INGEST_H
#define SB_EDGE_TELEGRAM_TG_INGEST_H

#include "edge/telegram/in/tg_own_press.h"
#include "edge/telegram/in/tg_update.h"

struct tg_counters;
struct tg_group;
struct tg_ingest;

/* Owned by the caller, with everything it points to, until `done`. */
struct tg_ingest_job {
  str account;
  struct tg_update *update;
  /* Exactly once, on a database thread or inside tg_ingest; must not block. err_ok: committed. */
  void (*done)(struct tg_ingest_job *job, err e);
  void *user;
  struct tg_counters *counters; /* of the bot; NULL: those of the configuration */
  int64_t fence;                /* of the lease under which it was fetched (desk/account); 0: whoever has the lease */
  /* ---- used by tg_ingest ---- */
  struct tg_ingest *ingest;
  struct tg_ingest_job *next;
  err fault; /* the reason for keeping it raw */
  bool fresh, room_again;
  enum press_outcome press; /* for TG_PRESSED */
  struct tg_own_answer own; /* for a press of a button of the desk's own messages, which has no outcome */
};

struct tg_ingest_config {
  struct desk *desk;
  struct tg_counters *counters;
  void (*on_files)(void *user); /* a picture waits to be fetched; on a database thread, must not block */
  void *user;
  struct tg_group *group;      /* the staff group; NULL: group messages are kept raw */
  void (*on_room)(void *user); /* the staff group accepts messages again; called in the same way */
  void (*on_press)(const struct tg_ingest_job *job,
                   void *user); /* committed, with a query to answer; in the same way */
};
struct tg_ingest *tg_ingest_new(const struct tg_ingest_config *config);
/* Call when no job is left. */
void tg_ingest_free(struct tg_ingest **in);
void tg_ingest(struct tg_ingest *in, struct tg_ingest_job *job);

#endif
