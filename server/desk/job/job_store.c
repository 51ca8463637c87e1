/* The queue in the database. Every change of a lane ends with promote, so that its first live job is ready or leased
 * and all others are behind; PostgreSQL's serializable writes ensure that two changes of one lane do not interleave. */
#include "desk/job/job.h"

#include "desk/bus/bus.h"
#include "desk/names.h"
#include "sql.h"

#include <assert.h>
#include <string.h>

const struct job_range job_any = {JOB_URGENT, JOB_BULK};

static void from_cells(const struct db_cell *cell, struct job *j) {
  *j = (struct job){
      .id = cell[COL_JOB_ID].i,
      .kind = names_find(&job_kind_names, cell[COL_JOB_KIND].s),
      .queue = cell[COL_JOB_QUEUE].s,
      .lane = cell[COL_JOB_LANE].s,
      .batch = cell[COL_JOB_BATCH].s,
      .state = names_find(&job_state_names, cell[COL_JOB_STATE].s),
      .due_at = cell[COL_JOB_DUE_AT].i,
      .fence = cell[COL_JOB_FENCE].i,
      .attempts = cell[COL_JOB_ATTEMPTS].i,
      .subject = names_find(&subject_names, cell[COL_JOB_SUBJECT].s),
      .subject_id = cell[COL_JOB_SUBJECT_ID].i,
      .payload = cell[COL_JOB_PAYLOAD].s,
      .error_code = cell[COL_JOB_ERROR_CODE].s,
      .error = cell[COL_JOB_ERROR].s,
      .created_at = cell[COL_JOB_CREATED_AT].i,
      .updated_at = cell[COL_JOB_UPDATED_AT].i,
  };
}

/* A job of the lane has ended or was removed: makes the next one ready. */
err job_promote(db_conn *c, str queue, str lane) {
  if (!lane.ptr) return err_ok;
  return DB_RUN(c, SQL_JOB_PROMOTE, db_conn_arena(c), NULL, DB_S(queue), DB_S(lane));
}

/* The columns that a statement returns which makes jobs live or removes them; the last two are not always there. */
enum { CHANGED_ID, CHANGED_KIND, CHANGED_PAYLOAD, CHANGED_QUEUE, CHANGED_LANE };

/* The job has become live (1), or is no longer (-1). */
static void count_row(db_conn *c, const struct db_rows *rows, size_t row, int64_t sign) {
  const struct db_cell *cell = db_at(rows, row, 0);
  int64_t bytes = (int64_t)cell[CHANGED_PAYLOAD].s.len;
  job_count(c, names_find(&job_kind_names, cell[CHANGED_KIND].s), cell[CHANGED_ID].i, sign, sign < 0 ? -bytes : bytes);
}

err job_removed(db_conn *c, const struct db_rows *rows) {
  err e = err_ok;
  for (size_t i = 0; i < rows->count && !err_is(e); i++) {
    const struct db_cell *cell = db_at(rows, i, 0), *next = i + 1 < rows->count ? db_at(rows, i + 1, 0) : NULL;
    count_row(c, rows, i, -1);
    bool same_lane = next && str_eq(cell[CHANGED_QUEUE].s, next[CHANGED_QUEUE].s) &&
                     str_eq(cell[CHANGED_LANE].s, next[CHANGED_LANE].s);
    if (!same_lane) e = job_promote(c, cell[CHANGED_QUEUE].s, cell[CHANGED_LANE].s);
  }
  return e;
}

/* ---- adding ---- */

err job_add(db_conn *c, const struct job_new *n, int64_t now_ms, int64_t *id) {
  if (n->payload.len > JOB_PAYLOAD_MAX) return err_make(ERR_TOO_LARGE);
  struct db_rows rows = {0};
  err e = job_check_room(n->kind, 1, (int64_t)n->payload.len);
  if (err_is(e)) return e;
  e = DB_RUN(c, SQL_JOB_ADD, db_conn_arena(c), &rows, DB_S(names_text(&job_kind_names, n->kind)), DB_S(n->queue),
             DB_S(n->lane), DB_S(n->batch), DB_I(job_facts(n->kind)->priority), DB_I(n->due_at),
             DB_S(names_text(&subject_names, n->subject)), db_arg_opt(n->subject_id), DB_S(n->payload),
             DB_S(n->unique_key), DB_I(now_ms));
  if (err_is(e)) return e;
  if (rows.count == 0) return err_make(ERR_CONFLICT);
  int64_t added = db_at(&rows, 0, 0)->i;
  job_count(c, n->kind, added, 1, (int64_t)n->payload.len);
  if (id) *id = added;
  return err_ok;
}

/* ---- taking ---- */

struct taking_ctx {
  db_conn *c;
  arena *arena;
  struct job *jobs;
  size_t count;
};

static void append(struct taking_ctx *t, const struct db_rows *rows, size_t row) {
  assert(t->count < JOB_TAKE_MAX * JOB_BATCH_MAX);
  from_cells(db_at(rows, row, 0), &t->jobs[t->count++]);
}

/* The neighbours after a head that share its batch. */
static err add_batch(struct taking_ctx *t, const struct job *head) {
  if (!head->batch.ptr || !head->lane.ptr) return err_ok;
  struct db_rows rows = {0};
  str batch = head->batch;
  err e = DB_RUN(t->c, SQL_JOB_FOLLOWERS, t->arena, &rows, DB_S(head->queue), DB_S(head->lane), DB_I(head->id),
                 DB_I(JOB_BATCH_MAX - 1));
  for (size_t i = 0; i < rows.count && str_eq(db_at(&rows, i, COL_JOB_BATCH)->s, batch); i++) append(t, &rows, i);
  return e;
}

static err add_due(struct taking_ctx *t, str queue, int priority, size_t limit, int64_t now_ms, size_t *heads) {
  struct db_rows rows = {0};
  err e = DB_RUN(t->c, SQL_JOB_DUE, t->arena, &rows, DB_S(queue), DB_I(priority), DB_I(now_ms), DB_I(limit - *heads));
  for (size_t i = 0; i < rows.count && !err_is(e); i++) {
    append(t, &rows, i);
    e = add_batch(t, &t->jobs[t->count - 1]);
  }
  *heads += rows.count;
  return e;
}

/* A lease's duration depends on the kind; a take may contain several kinds. */
static err lease(struct taking_ctx *t, str holder, int64_t now_ms) {
  int64_t *ids = arena_array(t->arena, int64_t, t->count);
  for (int kind = -1; kind < JOB_KINDS; kind++) {
    size_t n = 0;
    for (size_t i = 0; i < t->count; i++)
      if (t->jobs[i].kind == kind) ids[n++] = t->jobs[i].id;
    if (n == 0) continue;
    int64_t lease_ms = kind < 0 ? 60000 : job_facts((enum job_kind)kind)->lease_ms;
    err e = DB_RUN(t->c, SQL_JOB_LEASE, t->arena, NULL, DB_S(names_ids(t->arena, ids, n)), DB_I(now_ms + lease_ms),
                   DB_S(holder), DB_I(now_ms));
    if (err_is(e)) return e;
  }
  for (size_t i = 0; i < t->count; i++) {
    t->jobs[i].state = JOB_LEASED;
    t->jobs[i].fence++;
  }
  return err_ok;
}

err job_take_of(db_conn *c, str queue, const struct job_range *of, str holder, size_t limit, int64_t now_ms, arena *a,
                struct job **out, size_t *count) {
  if (limit > JOB_TAKE_MAX) limit = JOB_TAKE_MAX;
  struct taking_ctx t = {.c = c, .arena = a, .jobs = arena_array(a, struct job, limit * JOB_BATCH_MAX)};
  size_t heads = 0;
  err e = err_ok;
  for (enum job_priority p = of->first; p <= of->last && heads < limit && !err_is(e); p++)
    e = add_due(&t, queue, (int)p, limit, now_ms, &heads);
  if (!err_is(e) && t.count) e = lease(&t, holder, now_ms);
  *out = t.jobs;
  *count = err_is(e) ? 0 : t.count;
  return e;
}

err job_take(db_conn *c, str queue, str holder, size_t limit, int64_t now_ms, arena *a, struct job **out,
             size_t *count) {
  return job_take_of(c, queue, &job_any, holder, limit, now_ms, a, out, count);
}

err job_next_due(db_conn *c, str queue, int64_t *due_at) { return job_next_due_of(c, queue, &job_any, due_at); }

err job_next_due_of(db_conn *c, str queue, const struct job_range *of, int64_t *due_at) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_JOB_NEXT_DUE, db_conn_arena(c), &rows, DB_S(queue), DB_I(of->first), DB_I(of->last));
  *due_at = err_is(e) || db_at(&rows, 0, 0)->null ? INT64_MAX : db_at(&rows, 0, 0)->i;
  return e;
}

err job_next_lost(db_conn *c, str queue, int64_t *expires_at) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_JOB_NEXT_LOST, db_conn_arena(c), &rows, DB_S(queue));
  *expires_at = err_is(e) || db_at(&rows, 0, 0)->null ? INT64_MAX : db_at(&rows, 0, 0)->i;
  return e;
}

err job_free_stranded(db_conn *c, str queue, int64_t most_ms, int64_t now_ms) {
  arena *a = db_conn_arena(c);
  struct db_rows any = {0};
  int64_t beyond = now_ms + most_ms;
  err e = DB_RUN(c, SQL_JOB_STRANDED, a, &any, DB_S(queue), DB_I(beyond));
  if (err_is(e) || any.count == 0) return e;
  e = DB_RUN(c, SQL_JOB_FREE_WAITING, a, NULL, DB_S(queue), DB_I(beyond), DB_I(now_ms));
  return err_is(e) ? e : DB_RUN(c, SQL_JOB_FREE_LEASED, a, NULL, DB_S(queue), DB_I(beyond));
}

err job_wait_anew(db_conn *c, str queue, int64_t lease_most_ms, int64_t now_ms) {
  arena *a = db_conn_arena(c);
  err e = DB_RUN(c, SQL_JOB_WAIT_ANEW, a, NULL, DB_S(queue), DB_I(now_ms + JOB_CLOCKS_DIFFER_MS), DB_I(now_ms));
  return err_is(e) ? e : DB_RUN(c, SQL_JOB_FREE_LEASED, a, NULL, DB_S(queue), DB_I(now_ms + lease_most_ms));
}

err job_is_far_off(db_conn *c, enum job_kind kind, str unique_key, int64_t most_ms, int64_t now_ms, bool *far_off) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_JOB_FAR_OFF, db_conn_arena(c), &rows, DB_S(names_text(&job_kind_names, kind)), DB_S(unique_key),
                 DB_I(now_ms + most_ms));
  *far_off = !err_is(e) && rows.count > 0;
  return e;
}

err job_bring_near(db_conn *c, enum job_kind kind, str unique_key, int64_t most_ms, int64_t now_ms) {
  return DB_RUN(c, SQL_JOB_BRING_NEAR, db_conn_arena(c), NULL, DB_S(names_text(&job_kind_names, kind)),
                DB_S(unique_key), DB_I(now_ms + most_ms), DB_I(now_ms));
}

err job_take_lost(db_conn *c, str queue, str holder, size_t limit, int64_t now_ms, arena *a, struct job **out,
                  size_t *count) {
  if (limit > JOB_TAKE_MAX) limit = JOB_TAKE_MAX;
  struct taking_ctx t = {.c = c, .arena = a, .jobs = arena_array(a, struct job, limit)};
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_JOB_LOST, a, &rows, DB_I(now_ms), DB_S(queue), DB_I(limit));
  for (size_t i = 0; i < rows.count; i++) append(&t, &rows, i);
  if (!err_is(e) && t.count) e = lease(&t, holder, now_ms);
  *out = t.jobs;
  *count = err_is(e) ? 0 : t.count;
  return e;
}

err job_take_batch(db_conn *c, const struct job *taken, str holder, size_t limit, int64_t now_ms, arena *a,
                   struct job **out, size_t *count) {
  if (limit > JOB_BATCH_MAX) limit = JOB_BATCH_MAX;
  struct taking_ctx t = {.c = c, .arena = a, .jobs = arena_array(a, struct job, JOB_BATCH_MAX)};
  struct db_rows rows = {0};
  err e = err_ok;
  if (taken->lane.ptr && taken->batch.ptr)
    e = DB_RUN(c, SQL_JOB_BATCH, a, &rows, DB_S(taken->queue), DB_S(taken->lane), DB_I(taken->id), DB_I(JOB_REACH),
               DB_S(taken->batch), DB_I(limit));
  for (size_t i = 0; i < rows.count; i++) append(&t, &rows, i);
  if (!err_is(e) && t.count) e = lease(&t, holder, now_ms);
  *out = t.jobs;
  *count = err_is(e) ? 0 : t.count;
  return e;
}

err job_expire_leases_of_earlier_runs(db_conn *c, str holder) {
  return DB_RUN(c, SQL_JOB_EXPIRE_LEASES_OF_EARLIER_RUNS, db_conn_arena(c), NULL, DB_S(desk_holder_prefix(holder)),
                DB_S(holder));
}

err job_renew(db_conn *c, const struct job *j, int64_t now_ms) {
  struct db_rows rows = {0};
  int64_t lease_ms = job_facts((enum job_kind)j->kind)->lease_ms;
  err e = DB_RUN(c, SQL_JOB_RENEW, db_conn_arena(c), &rows, DB_I(j->id), DB_I(j->fence), DB_I(now_ms + lease_ms));
  return err_is(e) || rows.changed ? e : err_make(ERR_CONFLICT);
}

err job_set_payload(db_conn *c, struct job *j, str payload) {
  struct db_rows rows = {0};
  if (payload.len > JOB_PAYLOAD_MAX) return err_make(ERR_TOO_LARGE);
  err e = DB_RUN(c, SQL_JOB_SET_PAYLOAD, db_conn_arena(c), &rows, DB_I(j->id), DB_I(j->fence), DB_S(payload));
  if (err_is(e)) return e;
  if (!rows.changed) return err_make(ERR_CONFLICT);
  job_count(c, j->kind, j->id, 0, (int64_t)payload.len - (int64_t)j->payload.len);
  j->payload = payload;
  return err_ok;
}

/* ---- ending a lease ---- */

err job_done(db_conn *c, const struct job *j) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_JOB_DONE, db_conn_arena(c), &rows, DB_I(j->id), DB_I(j->fence));
  if (err_is(e)) return e;
  if (!rows.changed) return err_make(ERR_CONFLICT);
  job_count(c, j->kind, j->id, -1, -(int64_t)j->payload.len);
  return job_promote(c, j->queue, j->lane);
}

static err move(db_conn *c, const struct job *j, enum job_state state, int64_t due_at, int64_t attempts, str error_code,
                str error, int64_t now_ms) {
  struct db_rows rows = {0};
  str words = error.len > JOB_ERROR_MAX ? str_utf8_prefix(error, JOB_ERROR_MAX / 4) : error;
  err e = DB_RUN(c, SQL_JOB_MOVE, db_conn_arena(c), &rows, DB_I(j->id), DB_I(j->fence),
                 DB_S(names_text(&job_state_names, state)), DB_I(due_at), DB_I(attempts), DB_S(error_code), DB_S(words),
                 DB_I(now_ms));
  if (err_is(e)) return e;
  if (!rows.changed) return err_make(ERR_CONFLICT);
  if (state == JOB_DEAD) job_count(c, j->kind, j->id, -1, -(int64_t)j->payload.len);
  return job_promote(c, j->queue, j->lane);
}

err job_again(db_conn *c, const struct job *j, const struct job_failure *f, int64_t now_ms, bool *dead) {
  int tries = j->kind < 0 ? 0 : job_facts((enum job_kind)j->kind)->tries;
  int64_t attempts = j->attempts + (f->counts ? 1 : 0);
  bool ends = f->counts && tries > 0 && attempts >= tries;
  if (dead) *dead = ends;
  if (ends) return move(c, j, JOB_DEAD, f->due_at, attempts, f->error_code, f->error, now_ms);
  /* Only the first of a batch may be ready: the lane's rule decides. */
  return move(c, j, j->lane.ptr ? JOB_BEHIND : JOB_READY, f->due_at, attempts, f->error_code, f->error, now_ms);
}

err job_bury(db_conn *c, const struct job *j, str error_code, str error, int64_t now_ms) {
  return move(c, j, JOB_DEAD, 0, j->attempts + 1, error_code, error, now_ms);
}

/* ---- without holding the lease ---- */

err job_get(db_conn *c, int64_t id, arena *a, struct job *out) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_JOB_BY_ID, a, &rows, DB_I(id));
  if (err_is(e)) return e;
  if (rows.count == 0) return err_make(ERR_NOT_FOUND);
  from_cells(db_at(&rows, 0, 0), out);
  return err_ok;
}

err job_find(db_conn *c, enum job_kind kind, enum subject_kind subject, int64_t subject_id, arena *a, struct job *out) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_JOB_FIND, a, &rows, DB_S(names_text(&subject_names, subject)), DB_I(subject_id),
                 DB_S(names_text(&job_kind_names, kind)));
  if (err_is(e)) return e;
  if (rows.count == 0) return err_make(ERR_NOT_FOUND);
  from_cells(db_at(&rows, 0, 0), out);
  return err_ok;
}

err job_hurry_lane(db_conn *c, str queue, str lane) {
  return DB_RUN(c, SQL_JOB_HURRY_LANE, db_conn_arena(c), NULL, DB_S(queue), DB_S(lane));
}

err job_move_lane(db_conn *c, str from, str to, str lane) {
  err e = DB_RUN(c, SQL_JOB_MOVE_LANE, db_conn_arena(c), NULL, DB_S(from), DB_S(to), DB_S(lane));
  return err_is(e) ? e : job_promote(c, to, lane);
}

err job_hurry_queue(db_conn *c, str queue, int64_t now_ms) {
  return DB_RUN(c, SQL_JOB_HURRY_QUEUE, db_conn_arena(c), NULL, DB_S(queue), DB_I(now_ms));
}

static err queues(db_conn *c, int statement, str prefix, arena *a, str **out, size_t *count) {
  struct db_rows rows = {0};
  err e = db_run(c, statement, NULL, 0, a, &rows);
  *out = arena_array(a, str, rows.count);
  *count = 0;
  for (size_t i = 0; i < rows.count && !err_is(e); i++)
    if (str_starts(db_at(&rows, i, 0)->s, prefix)) (*out)[(*count)++] = db_at(&rows, i, 0)->s;
  return e;
}

err job_queues(db_conn *c, str prefix, arena *a, str **out, size_t *count) {
  return queues(c, SQL_JOB_QUEUES, prefix, a, out, count);
}

err job_count_lane(db_conn *c, str queue, str lane, int64_t *live, int64_t *leased) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_JOB_COUNT_LANE, db_conn_arena(c), &rows, DB_S(queue), DB_S(lane));
  *live = *leased = 0;
  for (size_t i = 0; i < rows.count && !err_is(e); i++) {
    *live += db_at(&rows, i, 1)->i;
    if (names_find(&job_state_names, db_at(&rows, i, 0)->s) == JOB_LEASED) *leased = db_at(&rows, i, 1)->i;
  }
  return e;
}

static err clear_lane_of(db_conn *c, str queue, str lane) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_JOB_LOAD_OF_LANE, db_conn_arena(c), &rows, DB_S(queue), DB_S(lane));
  if (!err_is(e)) e = DB_RUN(c, SQL_JOB_CLEAR_LANE, db_conn_arena(c), NULL, DB_S(queue), DB_S(lane));
  for (size_t i = 0; i < rows.count && !err_is(e); i++) {
    const struct db_cell *cell = db_at(&rows, i, 0);
    job_count(c, names_find(&job_kind_names, cell[0].s), cell[3].i, -cell[1].i, -cell[2].i);
  }
  return e;
}

err job_clear_lane(db_conn *c, str queue_prefix, str lane) {
  str *names;
  size_t count;
  err e = queues(c, SQL_JOB_QUEUES_WITH_LANES, queue_prefix, db_conn_arena(c), &names, &count);
  for (size_t i = 0; i < count && !err_is(e); i++) e = clear_lane_of(c, names[i], lane);
  return e;
}

err job_cancel(db_conn *c, enum job_kind kind, enum subject_kind subject, int64_t subject_id, int64_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_JOB_CANCEL, db_conn_arena(c), &rows, DB_S(names_text(&subject_names, subject)),
                 DB_I(subject_id), DB_S(names_text(&job_kind_names, kind)));
  if (!err_is(e)) e = job_removed(c, &rows);
  if (count) *count = err_is(e) ? 0 : (int64_t)rows.count;
  return e;
}

err job_dismiss_of(db_conn *c, enum job_kind kind, enum subject_kind subject, int64_t subject_id, int64_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_JOB_DISMISS_OF, db_conn_arena(c), &rows, DB_S(names_text(&subject_names, subject)),
                 DB_I(subject_id), DB_S(names_text(&job_kind_names, kind)));
  *count = err_is(e) ? 0 : rows.changed;
  return e;
}

/* Removes the successor of a dead letter with a unique key. */
static err remove_twin(db_conn *c, int64_t id, bool *stays) {
  struct db_rows removed = {0}, rows = {0};
  err e = DB_RUN(c, SQL_JOB_REMOVE_TWIN, db_conn_arena(c), &removed, DB_I(id));
  for (size_t i = 0; i < removed.count; i++) count_row(c, &removed, i, -1);
  if (!err_is(e)) e = DB_RUN(c, SQL_JOB_HAS_TWIN, db_conn_arena(c), &rows, DB_I(id));
  *stays = !err_is(e) && rows.count > 0;
  return e;
}

err job_revive(db_conn *c, int64_t id, int64_t now_ms) {
  struct db_rows rows = {0};
  bool being_done = false;
  err e = remove_twin(c, id, &being_done);
  if (err_is(e)) return e;
  if (being_done) return job_dismiss(c, id);
  e = DB_RUN(c, SQL_JOB_REVIVE, db_conn_arena(c), &rows, DB_I(id), DB_I(now_ms));
  if (err_is(e)) return e;
  if (rows.count == 0) {
    struct job j;
    e = job_get(c, id, db_conn_arena(c), &j);
    return err_is(e) ? e : err_make(ERR_NOT_RETRYABLE);
  }
  count_row(c, &rows, 0, 1);
  str queue = db_at(&rows, 0, CHANGED_QUEUE)->s, lane = db_at(&rows, 0, CHANGED_LANE)->s;
  if (!lane.ptr) return err_ok;
  e = DB_RUN(c, SQL_JOB_STAND_BACK, db_conn_arena(c), NULL, DB_S(queue), DB_S(lane), DB_I(id));
  return err_is(e) ? e : job_promote(c, queue, lane);
}

err job_dismiss(db_conn *c, int64_t id) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_JOB_DISMISS, db_conn_arena(c), &rows, DB_I(id));
  return err_is(e) || rows.changed ? e : err_make(ERR_NOT_FOUND);
}

err job_prune(db_conn *c, int64_t kept, size_t limit, int64_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_JOB_PRUNE, db_conn_arena(c), &rows, DB_I(kept), DB_I(limit));
  *count = err_is(e) ? 0 : rows.changed;
  return e;
}

err job_prune_nodes(db_conn *c, enum job_kind kind, int64_t before_ms) {
  struct db_rows rows = {0};
  err e =
      DB_RUN(c, SQL_JOB_PRUNE_NODES, db_conn_arena(c), &rows, DB_S(names_text(&job_kind_names, kind)), DB_I(before_ms));
  for (size_t i = 0; i < rows.count; i++) count_row(c, &rows, i, -1);
  return e;
}

err job_dead(db_conn *c, int64_t before, size_t limit, arena *a, struct job **out, size_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_JOB_DEAD, a, &rows, DB_I(before), DB_I(limit));
  if (err_is(e)) return e;
  *count = rows.count;
  *out = arena_array(a, struct job, rows.count);
  for (size_t i = 0; i < rows.count; i++) from_cells(db_at(&rows, i, 0), &(*out)[i]);
  return err_ok;
}

err job_clear_dead(db_conn *c, int kind, str queue, int64_t but_id, bool *any) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_JOB_CLEAR_DEAD, db_conn_arena(c), &rows, DB_S(names_text(&job_kind_names, kind)), DB_S(queue),
                 DB_I(but_id));
  *any = !err_is(e) && rows.changed > 0;
  return e;
}

struct event_dead_job_change {
  str kind;
};
static const struct json_field change_fields[] = {
    {.name = "kind",
     .type = JSON_STRING,
     .offset = offsetof(struct event_dead_job_change, kind),
     .doc =
         "Of the job; outbox.answer and outbox.copy are in the list of dead letters, the others in that of dead jobs."},
};
JSON_SHAPE(event_dead_job_change_shape, "DeadJobChangeEvent", struct event_dead_job_change, change_fields,
           "Something was given up after all its tries, or has left its list; whoever shows the list fetches it.");

err job_dead_changed(db_conn *c, int kind, const struct actor *by, int64_t now_ms) {
  struct event_dead_job_change change = {str_or_empty(names_text(&job_kind_names, kind))};
  return emit_dead_job_change(c, &(struct event_about){.by = *by}, &change, now_ms);
}
