/* Measures how full the queue is. Counting all rows at once takes too long, so a measurement walks through the table in
 * pieces, in order of id, and its result is used from its end on. Between two measurements this process counts what it
 * adds and ends, once that is committed. So the check in job_add costs nothing. Changes of rows that the walk has passed are
 * added to its result, since the walk sees them no more. So while one process uses the table, the numbers lack only
 * what is committed while a piece is read, and part of a lane that is cleared with the walk in the middle of it; the next
 * measurement corrects that and adds other nodes' jobs. */
#include "desk/job/job.h"

#include "base/log.h"
#include "desk/names.h"
#include "sql.h"

#include <pthread.h>
#include <stdatomic.h>

enum { FULL_RETRY_MS = 60000 };

/* Each kind's live jobs. */
static atomic_int_fast64_t live_rows[JOB_KINDS], live_bytes[JOB_KINDS];
static atomic_bool refusing[JOB_KINDS]; /* since the last measurement: logged once */

/* Held for a few instructions: the commit of every job takes it. Guards what follows, and changes of the two above. */
static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;
static int64_t walked_to; /* the last id that the current measurement has passed */
static int64_t passed_rows[JOB_KINDS], passed_bytes[JOB_KINDS]; /* changes since then of rows up to it */

struct look {
  int64_t after; /* the last id of the previous piece */
  struct job_figures sum;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* held while a piece is read; guards what follows */
static struct look look;                                 /* the current measurement */
static struct job_figures known;                         /* of the last complete measurement */

/* ---- the result ---- */

err job_check_room(enum job_kind kind, int64_t rows, int64_t bytes) {
  const struct job_kind_facts *facts = job_facts(kind);
  if (atomic_load_explicit(&live_rows[kind], memory_order_relaxed) + rows <= facts->rows_max &&
      atomic_load_explicit(&live_bytes[kind], memory_order_relaxed) + bytes <= facts->bytes_max)
    return err_ok;
  if (!atomic_exchange(&refusing[kind], true)) LOG_WARN("job.full", LOG_S("kind", names_text(&job_kind_names, kind)));
  return err_retry(ERR_QUEUE_FULL, FULL_RETRY_MS);
}

struct change_ctx {
  int kind;
  int64_t id, rows, bytes;
};

static void apply(const void *arg) {
  const struct change_ctx *change = arg;
  pthread_mutex_lock(&counting);
  atomic_fetch_add_explicit(&live_rows[change->kind], change->rows, memory_order_relaxed);
  atomic_fetch_add_explicit(&live_bytes[change->kind], change->bytes, memory_order_relaxed);
  if (change->id <= walked_to) {
    passed_rows[change->kind] += change->rows;
    passed_bytes[change->kind] += change->bytes;
  }
  pthread_mutex_unlock(&counting);
}

void job_count(db_conn *c, int kind, int64_t id, int64_t rows, int64_t bytes) {
  const struct change_ctx change = {kind, id, rows, bytes};
  if (kind >= 0) db_after_commit(c, apply, &change, sizeof change);
}

void job_counted(enum job_kind kind, int64_t *rows, int64_t *bytes) {
  *rows = atomic_load_explicit(&live_rows[kind], memory_order_relaxed);
  *bytes = atomic_load_explicit(&live_bytes[kind], memory_order_relaxed);
}

void job_assume(enum job_kind kind, int64_t rows, int64_t bytes) {
  const struct job_kind_facts *facts = job_facts(kind);
  atomic_store_explicit(&live_rows[kind], rows, memory_order_relaxed);
  atomic_store_explicit(&live_bytes[kind], bytes, memory_order_relaxed);
  if (rows < facts->rows_max && bytes < facts->bytes_max) atomic_store(&refusing[kind], false);
}

/* ---- measuring ---- */

enum { KIND, STATE, ROWS, BYTES, LAST_ID, DUE_SINCE, LATER };

static void add(struct look *l, const struct db_cell *cell) {
  int kind = names_find(&job_kind_names, cell[KIND].s), state = names_find(&job_state_names, cell[STATE].s);
  int64_t due_at = cell[DUE_SINCE].i;
  if (cell[LAST_ID].i > l->after) l->after = cell[LAST_ID].i;
  if (due_at && (!l->sum.oldest_due_at || due_at < l->sum.oldest_due_at)) l->sum.oldest_due_at = due_at;
  if (state < 0) return;
  l->sum.by_state[state] += cell[ROWS].i;
  if (kind < 0) return; /* a kind of a newer version, which limits it */
  l->sum.by_kind[kind][state] += cell[ROWS].i;
  l->sum.later[kind] += cell[LATER].i;
  if (state != JOB_DEAD) l->sum.bytes[kind] += cell[BYTES].i;
}

/* *more: the table has more rows. Jobs of other nodes' queues do not count as late here. */
static err piece(db_conn *c, str holder, int64_t now_ms, struct look *l, bool *more) {
  struct db_rows rows = {0};
  arena *a = db_conn_arena(c);
  str prefix = desk_holder_prefix(holder);
  str own = arena_concat(a, S(JOB_QUEUE_NODE), str_sub(prefix, 0, prefix.len ? prefix.len - 1 : 0));
  err e = DB_RUN(c, SQL_JOB_WALK, a, &rows, DB_I(l->after), DB_I(JOB_PIECE), DB_I(now_ms), DB_S(own));
  int64_t seen = 0;
  for (size_t i = 0; i < rows.count && !err_is(e); i++) {
    add(l, db_at(&rows, i, 0));
    seen += db_at(&rows, i, ROWS)->i;
  }
  *more = seen == JOB_PIECE;
  return e;
}

/* Called with the lock held. walk: the current measurement, which has come to its end. */
static void know(const struct look *l, bool walk) {
  known = l->sum;
  pthread_mutex_lock(&counting);
  for (int kind = 0; kind < JOB_KINDS; kind++) {
    int64_t rows = walk ? passed_rows[kind] : 0, bytes = walk ? passed_bytes[kind] : 0;
    for (int state = 0; state < JOB_DEAD; state++) rows += known.by_kind[kind][state];
    job_assume((enum job_kind)kind, rows, known.bytes[kind] + bytes);
    if (walk) passed_rows[kind] = passed_bytes[kind] = 0;
  }
  if (walk) walked_to = 0;
  pthread_mutex_unlock(&counting);
}

static void walk_on(int64_t id) {
  pthread_mutex_lock(&counting);
  walked_to = id;
  pthread_mutex_unlock(&counting);
}

err job_measure(db_conn *c, str holder, int64_t now_ms, bool *more) {
  pthread_mutex_lock(&lock);
  err e = piece(c, holder, now_ms, &look, more);
  if (!err_is(e) && *more) walk_on(look.after);
  if (!err_is(e) && !*more) {
    know(&look, true);
    look = (struct look){0};
  }
  pthread_mutex_unlock(&lock);
  return e;
}

err job_figures(db_conn *c, str holder, int64_t now_ms, struct job_figures *out) {
  struct look fresh = {0};
  int64_t count = 0;
  bool more = true;
  err e = err_ok;
  pthread_mutex_lock(&lock);
  for (size_t state = 0; state < JSON_COUNT(known.by_state); state++) count += known.by_state[state];
  if (count < JOB_PIECE) e = piece(c, holder, now_ms, &fresh, &more);
  if (!err_is(e) && !more) know(&fresh, false);
  *out = known;
  pthread_mutex_unlock(&lock);
  return e;
}
