/* The durable queue: for work that must happen later (a timer), elsewhere (an outgoing request) or again (a retry).
 * A job is added in the transaction that needs it, so neither exists without the other. README.md explains order,
 * leases and fences.
 *
 *            take     done    again (later)   bury   lane's head ends   retry by a person   lease runs out
 *  ready     leased   -       -               -      -                  -                   -
 *  behind    -        -       -               -      ready              -                   -
 *  leased    -        (gone)  ready           dead   -                  -                   leased, by whoever found it
 *  dead      -        -       -               -      -                  ready               -
 *
 * Everything here runs inside the caller's transaction. Times are ms UTC. A step on a lease names id and fence; if
 * the caller no longer has the lease, the step fails with ERR_CONFLICT and writes nothing. */
#ifndef SB_DESK_JOB_JOB_H
#define SB_DESK_JOB_JOB_H

#include "base/clock.h"
#include "desk/actor.h"
#include "desk/desk.h"
#include "desk/subject.h"

enum job_priority { JOB_URGENT, JOB_NORMAL, JOB_BULK, JOB_PRIORITIES };

enum job_kind {
#define JOB(name, text, priority, lease_s, tries, rows_max, mb_max) JOB_##name,
#include "spec/jobs.tbl"
#undef JOB
  JOB_KINDS
};
extern const struct json_enum job_kind_names;
struct job_kind_facts {
  enum job_priority priority;
  int64_t lease_ms;
  int tries;
  int64_t rows_max, bytes_max; /* limits of live jobs; bytes of payload */
};
const struct job_kind_facts *job_facts(enum job_kind kind);

enum job_state { JOB_READY, JOB_BEHIND, JOB_LEASED, JOB_DEAD };
extern const struct json_enum job_state_names;

/* The queues for maintenance, run by job_worker: one for any node, and one per node, for example for cleaning
 * its disk: "node/" and the id of its data folder. */
#define JOB_QUEUE_DESK "desk"
#define JOB_QUEUE_NODE "node/"

enum {
  JOB_PAYLOAD_MAX = 16 << 10,
  JOB_BATCH_MAX = 10,            /* neighbours taken together */
  JOB_TAKE_MAX = 100,            /* heads of lanes in one take */
  JOB_CLOCKS_DIFFER_MS = 100000, /* the largest difference between the clocks of two nodes */
  JOB_ERROR_MAX = 800,           /* bytes of an error text; longer texts are cut */
  JOB_PIECE = 20000              /* rows per step of job_measure */
};

struct job_new {
  enum job_kind kind;
  str queue;
  str lane, batch; /* may be absent */
  int64_t due_at;  /* 0: at once */
  enum subject_kind subject;
  int64_t subject_id; /* 0: none */
  str payload;        /* JSON; may be absent */
  str unique_key;     /* may be absent */
};
/* *id may be NULL. ERR_CONFLICT if a job of the kind already has the unique key: nothing is written, and the
 * transaction can continue. ERR_TOO_LARGE above JOB_PAYLOAD_MAX. ERR_QUEUE_FULL with retry_ms if there are too many
 * of the kind; nothing is written then either. */
err job_add(db_conn *c, const struct job_new *n, int64_t now_ms, int64_t *id);
/* Success also when the queue is full, in which case there is no job. For jobs added together with something that must not be
 * refused, such as a customer's message, or when another job ends. */
static inline err job_unless_full(err e) { return e.code == ERR_QUEUE_FULL ? err_ok : e; }
/* Whether the queue has room for more: ERR_QUEUE_FULL, before anything is written. */
err job_check_room(enum job_kind kind, int64_t rows, int64_t bytes);

struct job {
  int64_t id;
  int kind;               /* -1: a kind of a newer version */
  str queue, lane, batch; /* lane and batch may be absent */
  int state;
  int64_t due_at, fence, attempts;
  int subject;
  int64_t subject_id;
  str payload, error_code, error; /* may be absent */
  int64_t created_at, updated_at;
};

/* Leases due jobs by priority, then by due time: at most `limit` heads of lanes (JOB_TAKE_MAX), each with the rest of its batch.
 * holder: desk.holder. The cost does not depend on the number of waiting jobs. */
err job_take(db_conn *c, str queue, str holder, size_t limit, int64_t now_ms, arena *a, struct job **out,
             size_t *count);
/* When the next ready job is due or a lease expires. INT64_MAX when there is neither. */
err job_next_due(db_conn *c, str queue, int64_t *due_at);
/* The same for a range of priorities, when several workers share a queue. An expired lease counts as due in every range. */
struct job_range {
  enum job_priority first, last;
};
extern const struct job_range job_any;
err job_take_of(db_conn *c, str queue, const struct job_range *of, str holder, size_t limit, int64_t now_ms, arena *a,
                struct job **out, size_t *count);
err job_next_due_of(db_conn *c, str queue, const struct job_range *of, int64_t *due_at);
/* When the next lease expires; INT64_MAX when nothing is leased. */
err job_next_lost(db_conn *c, str queue, int64_t *expires_at);
/* Corrects a queue after the clock was set back, if none of its waits and leases exceeds most_ms: a ready job that is due later
 * than most_ms from now becomes due now, and a lease that expires later than that expires in most_ms. Call it with every take,
 * and when job_next_due is later than that. */
err job_free_stranded(db_conn *c, str queue, int64_t most_ms, int64_t now_ms);
/* Corrects a queue after the clock was set back, if only its leases are bounded: a job that was postponed at a time that is in the
 * future starts its wait again now, with the same length. Call it when the sender of the queue starts. */
err job_wait_anew(db_conn *c, str queue, int64_t lease_most_ms, int64_t now_ms);
/* Whether the ready job of the kind and key is due later than most_ms from now. A recurring job is only after the clock was set
 * back. */
err job_is_far_off(db_conn *c, enum job_kind kind, str unique_key, int64_t most_ms, int64_t now_ms, bool *far_off);
/* Makes such a job due now. */
err job_bring_near(db_conn *c, enum job_kind kind, str unique_key, int64_t most_ms, int64_t now_ms);
/* Takes over at most `limit` jobs with expired leases, each with a new fence. Their work may have been done, so the caller decides
 * what follows. */
err job_take_lost(db_conn *c, str queue, str holder, size_t limit, int64_t now_ms, arena *a, struct job **out,
                  size_t *count);
/* Expires the leases of earlier runs of this node, whose processes have ended; leases of other nodes stay. Call it once per
 * process, before anything is taken. */
err job_expire_leases_of_earlier_runs(db_conn *c, str holder);
err job_renew(db_conn *c, const struct job *j, int64_t now_ms);
/* Leases more jobs of the batch of `taken`, which the caller has just taken: those among the next JOB_REACH waiting jobs of its
 * lane, also behind jobs of other batches. */
enum { JOB_REACH = 32 };
err job_take_batch(db_conn *c, const struct job *taken, str holder, size_t limit, int64_t now_ms, arena *a,
                   struct job **out, size_t *count);
/* Replaces the payload of a job leased by the caller, in *j too. */
err job_set_payload(db_conn *c, struct job *j, str payload);

/* A clock for due times that continues when the wall clock is set back while the process runs, so that a wait of a
 * minute does not become an hour. Used by one thread; starts zeroed. */
struct job_clock {
  int64_t wall_ms, steady_ms; /* at the last reading */
  int64_t ahead_ms;           /* ahead of the wall clock */
};
int64_t job_clock_now(struct job_clock *k, const sb_clock *clock);

/* ---- ending a lease ---- */
err job_done(db_conn *c, const struct job *j);
struct job_failure {
  int64_t due_at; /* of the next try */
  bool counts;    /* as a try; false when the job was only postponed, for example for the recipient's pace */
  str error_code, error;
};
/* Ready again at due_at, or dead when the kind's tries are used up: *dead, which may be NULL. */
err job_again(db_conn *c, const struct job *j, const struct job_failure *f, int64_t now_ms, bool *dead);
/* Makes the job a dead letter. */
err job_bury(db_conn *c, const struct job *j, str error_code, str error, int64_t now_ms);
/* The wait before try `attempts` + 1: 1 s doubled up to 5 min, with 25 % jitter either way. */
int64_t job_backoff_ms(int64_t attempts, const sb_rand *rand);

/* ---- without holding the lease ---- */
/* ERR_NOT_FOUND. */
err job_get(db_conn *c, int64_t id, arena *a, struct job *out);
/* The latest of the kind about a subject. ERR_NOT_FOUND. */
err job_find(db_conn *c, enum job_kind kind, enum subject_kind subject, int64_t subject_id, arena *a, struct job *out);
/* Removes the live jobs of the subject that are not leased, but no dead letter. *count may be NULL. */
err job_cancel(db_conn *c, enum job_kind kind, enum subject_kind subject, int64_t subject_id, int64_t *count);
/* Removes the dead letters of the subject. */
err job_dismiss_of(db_conn *c, enum job_kind kind, enum subject_kind subject, int64_t subject_id, int64_t *count);
/* Makes a lane's jobs that are not leased due at once. */
err job_hurry_lane(db_conn *c, str queue, str lane);
/* Moves a lane's jobs that are not leased, dead letters too, to another queue, due at once. */
err job_move_lane(db_conn *c, str from, str to, str lane);
/* Makes a queue's ready jobs due at once. */
err job_hurry_queue(db_conn *c, str queue, int64_t now_ms);
/* The queues with this name prefix that have ready or leased jobs. Reads one row per queue. */
err job_queues(db_conn *c, str prefix, arena *a, str **out, size_t *count);
/* Live jobs of a lane, and how many of them are leased. */
err job_count_lane(db_conn *c, str queue, str lane, int64_t *live, int64_t *leased);
/* Removes a lane's jobs that are not leased, including dead letters, in every queue with this name prefix. */
err job_clear_lane(db_conn *c, str queue_prefix, str lane);
/* Makes the next job of a lane ready, if none is ready or leased. The lane may be absent. */
err job_promote(db_conn *c, str queue, str lane);
/* For a slice that removed live jobs of its own kinds with its own statement, which returned id, kind, payload, queue and
 * lane: counts them, and makes the next of each lane ready. */
err job_removed(db_conn *c, const struct db_rows *rows);
/* Queues a dead letter again, with all its tries; it keeps its id and thus its place in the lane. A live job that has its unique
 * key by now is removed; if that job is leased, the dead letter is removed instead. ERR_NOT_FOUND, ERR_NOT_RETRYABLE. */
err job_revive(db_conn *c, int64_t id, int64_t now_ms);
err job_dismiss(db_conn *c, int64_t id); /* ERR_NOT_FOUND when it is no dead letter */
/* Dead jobs without answers and copies, which outbox_dead lists: newest first, ids below `before` (INT64_MAX: from the newest). */
err job_dead(db_conn *c, int64_t before, size_t limit, arena *a, struct job **out, size_t *count);
/* Deletes the dead letters of a kind in a queue, except but_id (0: all). A recurring job keeps only its latest dead letter, and
 * none once it has succeeded. *any: whether any was deleted. */
err job_clear_dead(db_conn *c, int kind, str queue, int64_t but_id, bool *any);
/* Emits dead_job_change: a job of the kind has become a dead letter, or a dead letter has been retried or deleted. Called by the
 * code that does it, unless the kind's dead letters are deleted at once. */
err job_dead_changed(db_conn *c, int kind, const struct actor *by, int64_t now_ms);

/* ---- measuring (job_gauge.c) ---- */
/* Measures the next JOB_PIECE rows of the queue; *more: the next call continues. After the last piece, job_add uses
 * the result and what this process has added and ended since. Called by one thread of a process, periodically.
 * holder: desk.holder. */
err job_measure(db_conn *c, str holder, int64_t now_ms, bool *more);
/* oldest_due_at: the due time of the ready job that has been due longest, except jobs of other nodes; 0: none
 * is due. */
struct job_figures {
  int64_t by_state[JOB_DEAD + 1]; /* kinds of newer versions too */
  int64_t by_kind[JOB_KINDS][JOB_DEAD + 1];
  int64_t later[JOB_KINDS]; /* ready ones that are not due yet, such as timers */
  int64_t bytes[JOB_KINDS]; /* payload bytes of live jobs */
  int64_t oldest_due_at;
};
/* The current figures, or for a queue longer than JOB_PIECE those of the last complete measurement. */
err job_figures(db_conn *c, str holder, int64_t now_ms, struct job_figures *out);
/* Sets the number of the kind's live jobs, as if measured; and reads it. For tests. */
void job_assume(enum job_kind kind, int64_t rows, int64_t bytes);
void job_counted(enum job_kind kind, int64_t *rows, int64_t *bytes);
/* For job_store: changes the number of the kind's live jobs when the transaction is committed. id: of the row, or the
 * highest of several. */
void job_count(db_conn *c, int kind, int64_t id, int64_t rows, int64_t bytes);

/* Deletes dead letters beyond the `kept` latest; at most `limit` rows. */
err job_prune(db_conn *c, int64_t kept, size_t limit, int64_t *count);
/* Deletes jobs of the kind in the queues of vanished nodes: those not run since `before_ms`. */
err job_prune_nodes(db_conn *c, enum job_kind kind, int64_t before_ms);

#endif
