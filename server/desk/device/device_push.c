/* Push messages as jobs: one per device, in a separate queue. */
#include "desk/device/device.h"

#include "base/json.h"
#include "sql.h"

#define QUEUE S("push")
/* A job due later than this was postponed before the clock was set back. */
enum { STRANDED_MS = PUSH_WAIT_MOST_MS + JOB_CLOCKS_DIFFER_MS, STALE_TAKES = 20 };
static const int64_t KEPT_MS = (int64_t)PUSH_KEPT_DAYS * 24 * 3600 * 1000;

struct payload {
  int64_t message_id;
};
static const struct json_field payload_fields[] = {
    {.name = "message_id", .type = JSON_ID, .flags = JSON_REQUIRED, .offset = offsetof(struct payload, message_id)},
};
static JSON_SHAPE(payload_shape, "PushJob", struct payload, payload_fields, NULL);

err push_add(db_conn *c, const struct device_owner *owner, int64_t message_id, int64_t now_ms) {
  arena *a = db_conn_arena(c);
  struct db_rows devices = {0};
  buf json;
  err e = DB_RUN(c, SQL_DEVICE_IDS, a, &devices, DB_S(owner->channel), DB_S(owner->account), DB_S(owner->external_id),
                 DB_I(DEVICES_PER_CUSTOMER));
  if (err_is(e) || devices.count == 0) return e;
  buf_init(&json, 256);
  json_encode_stored(&json, &payload_shape, &(struct payload){message_id});
  for (size_t i = 0; i < devices.count && !err_is(e); i++) {
    const struct job_new job = {.kind = JOB_PUSH,
                                .queue = QUEUE,
                                .due_at = now_ms, /* not 0: see push_expire */
                                .subject = SUBJECT_DEVICE,
                                .subject_id = db_at(&devices, i, 0)->i,
                                .payload = buf_borrow(&json)};
    e = job_unless_full(job_add(c, &job, now_ms, NULL));
  }
  buf_free(&json);
  return e;
}

err push_next_due(db_conn *c, int64_t now_ms, int64_t *due_at) {
  err e = job_next_due(c, QUEUE, due_at);
  if (*due_at != INT64_MAX && *due_at > now_ms + STRANDED_MS) *due_at = now_ms;
  return e;
}

/* Drops it instead of keeping a dead letter: a late push is worthless, and the message is in the app. */
static err again(db_conn *c, const struct job *job, int64_t at_ms, int64_t now_ms) {
  bool dead = false;
  err e = job_again(c, job, &(struct job_failure){.due_at = at_ms, .counts = true}, now_ms, &dead);
  return err_is(e) || !dead ? e : job_dismiss(c, job->id);
}

static err give_back_lost(db_conn *c, str holder, size_t limit, int64_t now_ms, arena *a) {
  struct job *lost = NULL;
  size_t count = 0;
  err e = job_take_lost(c, QUEUE, holder, limit, now_ms, a, &lost, &count);
  for (size_t i = 0; i < count && !err_is(e); i++) e = again(c, &lost[i], now_ms, now_ms);
  return e;
}

/* One take. *more: everything that was taken was too old, and there may be more. */
static err take(db_conn *c, str holder, size_t limit, int64_t now_ms, arena *a, struct push_row *out, size_t *count,
                bool *more) {
  struct job *jobs = NULL;
  size_t taken = 0;
  err e = job_take(c, QUEUE, holder, limit, now_ms, a, &jobs, &taken);
  for (size_t i = 0; i < taken && !err_is(e); i++) {
    struct payload p = {0};
    bool stale = now_ms - jobs[i].created_at > KEPT_MS;
    if (stale) e = job_done(c, &jobs[i]);
    if (stale) continue;
    bool good = !err_is(json_decode(&payload_shape, jobs[i].payload, a, &p, NULL));
    out[(*count)++] = (struct push_row){.job = jobs[i], .message_id = good ? p.message_id : 0};
  }
  *more = taken == limit && *count == 0;
  return e;
}

err push_take(db_conn *c, str holder, size_t limit, int64_t now_ms, arena *a, struct push_row **out, size_t *count) {
  bool more = true;
  *count = 0;
  *out = arena_array(a, struct push_row, limit);
  err e = job_free_stranded(c, QUEUE, STRANDED_MS, now_ms);
  if (!err_is(e)) e = give_back_lost(c, holder, limit, now_ms, a);
  for (int i = 0; i < STALE_TAKES && more && !err_is(e); i++) e = take(c, holder, limit, now_ms, a, *out, count, &more);
  return e;
}

err push_read_device(db_conn *c, arena *a, struct push_row *row) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_DEVICE_BY_ID, a, &rows, DB_I(row->job.subject_id));
  row->gone = rows.count == 0;
  if (err_is(e) || row->gone) return e;
  row->token = db_at(&rows, 0, 0)->s;
  row->platform = str_or_empty(db_at(&rows, 0, 1)->s);
  row->external_id = db_at(&rows, 0, 2)->s;
  return err_ok;
}

/* The current holder of the lease decides the outcome. */
static err unless_lost(err e) { return e.code == ERR_CONFLICT && !e.field ? err_ok : e; }

err push_done(db_conn *c, const struct push_row *row) { return unless_lost(job_done(c, &row->job)); }

err push_later(db_conn *c, const struct push_row *row, int64_t next_at_ms, int64_t now_ms) {
  int64_t most_ms = now_ms + PUSH_WAIT_MOST_MS;
  return unless_lost(again(c, &row->job, next_at_ms < most_ms ? next_at_ms : most_ms, now_ms));
}

err push_expire(db_conn *c, int64_t before_ms, size_t limit, int64_t *count) {
  struct db_rows rows = {0};
  err e = DB_RUN(c, SQL_PUSH_EXPIRE, db_conn_arena(c), &rows, DB_I(before_ms), DB_I(limit));
  *count = err_is(e) ? 0 : (int64_t)rows.count;
  return err_is(e) ? e : job_removed(c, &rows);
}
