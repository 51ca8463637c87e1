/* What the program could not do by itself, for administrators. Answers and copies that could not be sent are with the outbox. */
#include "base/limits.h"
#include "desk/job/job.h"
#include "desk/names.h"
#include "desk/route.h"

struct dead_job {
  int64_t id;
  str kind, error_code, error;
  int64_t attempts, failed_at;
};
#define AT(member) offsetof(struct dead_job, member)
static const struct json_field fields[] = {
    {.name = "id", .type = JSON_ID, .offset = AT(id)},
    {.name = "kind",
     .type = JSON_STRING,
     .offset = AT(kind),
     .doc = "The kind of job, such as prune.events; empty if this version does not know it."},
    {.name = "error_code", .type = JSON_STRING, .offset = AT(error_code)},
    {.name = "error", .type = JSON_STRING, .offset = AT(error)},
    {.name = "attempts", .type = JSON_INT, .offset = AT(attempts)},
    {.name = "failed_at", .type = JSON_TIME, .offset = AT(failed_at)},
};
#undef AT
static JSON_SHAPE(dead_job_shape, "DeadJob", struct dead_job, fields, NULL);

struct listing_ctx {
  struct call *call;
  int64_t before, limit;
  struct job *jobs;
  size_t count;
};

static err read_dead(db_conn *c, void *arg) {
  struct listing_ctx *l = arg;
  return job_dead(c, l->before, (size_t)l->limit + 1, l->call->arena, &l->jobs, &l->count);
}

static void list(struct call *c) {
  struct listing_ctx l = {.call = c};
  int64_t unused = 0;
  l.limit = call_query_int(c, "limit");
  cursor_read(call_query(c, "cursor"), &l.before, &unused);
  err e = db_read(c->desk->db, read_dead, &l);
  if (err_is(e)) {
    call_fail(c, e);
    return;
  }
  bool more = l.count > (size_t)l.limit;
  size_t count = more ? (size_t)l.limit : l.count;
  struct dead_job *out = arena_array(c->arena, struct dead_job, count);
  for (size_t i = 0; i < count; i++)
    out[i] = (struct dead_job){.id = l.jobs[i].id,
                               .kind = names_text(&job_kind_names, l.jobs[i].kind),
                               .error_code = l.jobs[i].error_code,
                               .error = l.jobs[i].error,
                               .attempts = l.jobs[i].attempts,
                               .failed_at = l.jobs[i].updated_at};
  call_reply_list(c, &dead_job_shape, out, count, more ? cursor_make(c->arena, out[count - 1].id, 0) : STR_NONE);
}

/* Dead letters of the outbox have routes and rights of their own. */
static err find(db_conn *c, const struct call *call, struct job *j) {
  err e = job_get(c, call->id, call->arena, j);
  if (err_is(e)) return e;
  return j->kind == JOB_ANSWER || j->kind == JOB_COPY ? err_make(ERR_NOT_FOUND) : err_ok;
}

static err changed(db_conn *c, const struct call *call, const struct job *j) {
  struct actor by = actor_operator(call->me.id);
  return job_dead_changed(c, j->kind, &by, desk_now(call->desk));
}

static err run_retry(db_conn *c, void *arg) {
  const struct call *call = arg;
  struct job j;
  err e = find(c, call, &j);
  if (!err_is(e)) e = job_revive(c, call->id, desk_now(call->desk));
  return err_is(e) ? e : changed(c, call, &j);
}

static err run_dismiss(db_conn *c, void *arg) {
  const struct call *call = arg;
  struct job j;
  err e = find(c, call, &j);
  if (!err_is(e)) e = job_dismiss(c, call->id);
  return err_is(e) ? e : changed(c, call, &j);
}

static void change(struct call *c, db_fn fn) {
  err e = desk_write(c->desk, fn, c);
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply_empty(c, 204);
}

static void retry(struct call *c) { change(c, run_retry); }

static void dismiss(struct call *c) { change(c, run_dismiss); }

static const struct route_query list_query[] = {
    {"cursor", "next_cursor of the previous page", QUERY_CURSOR},
    {"limit", "1 to 100; default: 50", QUERY_INT, 1, LIMIT_PAGE_MAX, LIMIT_PAGE_DEFAULT},
    {NULL, NULL},
};

/* clang-format off */
static const struct route routes[] = {
    {HTTP_GET, "/api/dead-jobs", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_READ, .out = &dead_job_shape, .out_list = true,
     .status = 200, .handler = list, .query = list_query,
     .doc = "Background jobs that were given up after all their tries, newest first."},
    {HTTP_POST, "/api/dead-jobs/:id/retry", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_WRITE, .status = 204, .handler = retry,
     .fails = FAILS(NOT_RETRYABLE) | FAILS(CONFLICT), .doc = "Retries a dead background job, with all its tries."},
    {HTTP_DELETE, "/api/dead-jobs/:id", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_WRITE, .status = 204, .handler = dismiss,
     .doc = "Removes a dead background job from the list; a recurring job still runs at its next time."},
};
/* clang-format on */
ROUTE_TABLE(job_routes, routes);
