/* The durable queue: what must happen later (a timer), elsewhere (a request that leaves) or again (a retry). A job is added
 * in the transaction that wants it, so neither is there without the other. README.md is the essay: order, leases, fences.
 *
 *            take     done    again (later)   bury   lane's head ends   retry by a person   lease runs out
 *  ready     leased   -       -               -      -                  -                   -
 *  behind    -        -       -               -      ready              -                   -
 *  leased    -        (gone)  ready           dead   -                  -                   leased, by whoever found it
 *  dead      -        -       -               -      -                  ready               -
 *
 * Everything here runs inside the caller's transaction. Times are ms UTC. A step on a lease names id and fence; when the
 * lease is not the caller's any more it is refused with ERR_CONFLICT and has written nothing. */
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
  int tries;                   /* 0: without end */
  int64_t rows_max, bytes_max; /* of live jobs; bytes of payload */
};
const struct job_kind_facts *job_facts(enum job_kind kind);

enum job_state { JOB_READY, JOB_BEHIND, JOB_LEASED, JOB_DEAD };
extern const struct json_enum job_state_names;

/* The queues of the program's own work, which job_worker does: what any node may do, and what is one node's, as the sweeping
 * of its disk: "node/" and the id of its data folder. */
#define JOB_QUEUE_DESK "desk"
#define JOB_QUEUE_NODE "node/"

enum {
  JOB_PAYLOAD_MAX = 16 << 10,
  JOB_BATCH_MAX = 10,  /* neighbours that are taken together */
  JOB_TAKE_MAX = 100,  /* heads of lanes in one take */
  JOB_ERROR_MAX = 800, /* bytes of an error's words; more is cut */
  JOB_PIECE = 20000    /* rows that a look at the whole queue reads at once: job_measure */
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
/* *id may be NULL. ERR_CONFLICT when a job of the kind has the unique key already: nothing is written, and the transaction
 * goes on. ERR_TOO_LARGE above JOB_PAYLOAD_MAX. ERR_QUEUE_FULL with a time to wait when there are too many of the kind; nothing
 * is written then either. */
err job_add(db_conn *c, const struct job_new *n, int64_t now_ms, int64_t *id);
/* For what is added where another job ends, or beside what must not be refused, as a customer's message: a full queue goes
 * without it. */
static inline err job_unless_full(err e) { return e.code == ERR_QUEUE_FULL ? err_ok : e; }
/* Whether so many more would be taken: ERR_QUEUE_FULL, before anything of theirs is written. */
err job_check_room(enum job_kind kind, int64_t rows, int64_t bytes);

struct job {
  int64_t id;
  int kind;               /* -1: of a newer node */
  str queue, lane, batch; /* lane and batch may be absent */
  int state;
  int64_t due_at, fence, attempts;
  int subject;
  int64_t subject_id;
  str payload, error_code, error; /* may be absent */
  int64_t created_at, updated_at;
};

/* Leases what is due, at most `limit` heads of lanes (JOB_TAKE_MAX) with what belongs to their batches: by priority, then
 * by time. holder: desk.holder. Costs the same with ten rows and with a million. */
err job_take(db_conn *c, str queue, str holder, size_t limit, int64_t now_ms, arena *a, struct job **out,
             size_t *count);
/* When there is something to take: the next ready job is due, or a lease runs out. INT64_MAX when there is neither. */
err job_next_due(db_conn *c, str queue, int64_t *due_at);
/* For a queue in which nothing waits, and no lease lasts, longer than most_ms: what seems to was put off or leased before
 * the clock was set back. Makes the former due now, and ends the latter after most_ms. A due time beyond most_ms is a reason
 * to call it; so is any take. */
err job_free_stranded(db_conn *c, str queue, int64_t most_ms, int64_t now_ms);
/* Whether the job of the kind and key waits longer than most_ms, which a recurring one does only when the clock was set back
 * since it was put off. */
err job_is_far_off(db_conn *c, enum job_kind kind, str unique_key, int64_t most_ms, int64_t now_ms, bool *far_off);
/* Such a job is due now. */
err job_bring_near(db_conn *c, enum job_kind kind, str unique_key, int64_t most_ms, int64_t now_ms);
/* Leases that have run out: they are the caller's now, with another fence, to be judged: what was begun may have happened.
 * At most `limit`. */
err job_take_lost(db_conn *c, str queue, str holder, size_t limit, int64_t now_ms, arena *a, struct job **out,
                  size_t *count);
/* At the start: leases of earlier runs of this very node run out now, since the process that held them is gone. Touches no
 * other node's. */
err job_forget_earlier(db_conn *c, str holder);
err job_renew(db_conn *c, const struct job *j, int64_t now_ms);
/* Beside a job that the caller has just taken: what of its batch stands further back in the lane, behind others, as far as
 * JOB_REACH. */
enum { JOB_REACH = 32 };
err job_take_batch(db_conn *c, const struct job *taken, str holder, size_t limit, int64_t now_ms, arena *a,
                   struct job **out, size_t *count);
/* The payload of a lease of the caller's. */
err job_set_payload(db_conn *c, const struct job *j, str payload);

/* A clock for due times that goes on when the wall clock is set back while the process runs: what is due in a minute is
 * not an hour away because of it. One thread's own; begins as zero. */
struct job_clock {
  int64_t wall_ms, steady_ms; /* of the last reading */
  int64_t ahead_ms;           /* of the wall clock */
};
int64_t job_clock_now(struct job_clock *k, const sb_clock *clock);

/* ---- what becomes of a lease ---- */
err job_done(db_conn *c, const struct job *j);
struct job_failure {
  int64_t due_at; /* of the next try */
  bool counts;    /* as a try: one that the far end's pace has postponed does not */
  str error_code, error;
};
/* Ready again at due_at, or dead when the kind's tries are used up: *dead, which may be NULL. */
err job_again(db_conn *c, const struct job *j, const struct job_failure *f, int64_t now_ms, bool *dead);
/* A dead letter. */
err job_bury(db_conn *c, const struct job *j, str error_code, str error, int64_t now_ms);
/* The wait before try `attempts` + 1: 1 s doubled up to 5 min, a quarter of jitter either way. */
int64_t job_backoff_ms(int64_t attempts, const sb_rand *rand);

/* ---- by others than the holder ---- */
/* ERR_NOT_FOUND. */
err job_get(db_conn *c, int64_t id, arena *a, struct job *out);
/* The latest of the kind about a subject. ERR_NOT_FOUND. */
err job_find(db_conn *c, enum job_kind kind, enum subject_kind subject, int64_t subject_id, arena *a, struct job *out);
/* Jobs of the subject that nobody has taken yet are removed. *count may be NULL. */
err job_cancel(db_conn *c, enum job_kind kind, enum subject_kind subject, int64_t subject_id, int64_t *count);
/* What nobody has taken yet of a lane is due at once. */
err job_hurry_lane(db_conn *c, str queue, str lane);
/* What is ready in a queue is due at once. */
err job_hurry_queue(db_conn *c, str queue, int64_t now_ms);
/* The queues whose name begins so in which something is ready or leased. Reads one row for each queue. */
err job_queues(db_conn *c, str prefix, arena *a, str **out, size_t *count);
/* Live jobs of a lane, and how many of them are leased. */
err job_count_lane(db_conn *c, str queue, str lane, int64_t *live, int64_t *leased);
/* Removes what is not leased of a lane, dead letters too, in every queue whose name begins so. */
err job_clear_lane(db_conn *c, str queue_prefix, str lane);
/* The next of a lane may go, if nothing of it is ready or leased. For a slice that has removed jobs of its own kinds by a
 * statement of its own. The lane may be absent. */
err job_promote(db_conn *c, str queue, str lane);
/* A dead letter is tried again with all its tries, before what was added behind it. It takes the place of a job that was
 * added with its unique key since; where that one is being done, only the dead letter goes. ERR_NOT_FOUND,
 * ERR_NOT_RETRYABLE. */
err job_revive(db_conn *c, int64_t id, int64_t now_ms);
err job_dismiss(db_conn *c, int64_t id); /* ERR_NOT_FOUND when it is no dead letter */
/* Dead jobs but for answers and copies, whose list is the outbox's: newest first, ids below `before` (0: from the newest). */
err job_dead(db_conn *c, int64_t before, size_t limit, arena *a, struct job **out, size_t *count);
/* Dead letters of a kind in a queue go, but one (0: all): a recurring job that fails again, or works again, says it anew.
 * *any: there was one. */
err job_clear_dead(db_conn *c, int kind, str queue, int64_t but_id, bool *any);
/* Emits dead_job_change: a job of the kind has been given up and stays in its list, or has left it. For whoever ends a job so;
 * a kind whose dead jobs are dismissed at once emits none. */
err job_dead_changed(db_conn *c, int kind, const struct actor *by, int64_t now_ms);

/* ---- how full it is (job_gauge.c) ---- */
/* A piece of a look at the whole queue, JOB_PIECE rows; *more: the next call goes on behind it. When a look has come to its end,
 * job_add goes by what it found, and by what this process has added and ended since. One thread of a process, from time to
 * time. holder: desk.holder. */
err job_measure(db_conn *c, str holder, int64_t now_ms, bool *more);
/* oldest_due_at: since when the ready job that has been due longest could have been taken, without other nodes' own; 0: none
 * is due. */
struct job_figures {
  int64_t by_state[JOB_DEAD + 1]; /* kinds of newer versions too */
  int64_t by_kind[JOB_KINDS][JOB_DEAD + 1];
  int64_t bytes[JOB_KINDS]; /* of live ones' payloads */
  int64_t oldest_due_at;
};
/* As they are now, or, of a queue longer than JOB_PIECE, as the last look that came to its end found them. */
err job_figures(db_conn *c, str holder, int64_t now_ms, struct job_figures *out);
/* From now on the kind's live jobs are so many, as if a look had found them. */
void job_assume(enum job_kind kind, int64_t rows, int64_t bytes);
/* job_store's own: so many more of the kind are live, or fewer. */
void job_count(int kind, int64_t rows, int64_t bytes);

/* What is dead since before `before_ms` goes; at most `limit` rows. */
err job_prune(db_conn *c, int64_t before_ms, size_t limit, int64_t *count);
/* The work of nodes that are gone goes: of nodes' own queues what nobody has done since `before_ms`. */
err job_prune_nodes(db_conn *c, int64_t before_ms);

#endif
