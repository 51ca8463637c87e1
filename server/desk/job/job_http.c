/* Routes of the dead jobs, for administrators: listing, retrying and dismissing them. Dead letters, which are jobs of the outbox,
 * have routes of their own (outbox_http.c). */
#include "base/limits.h"
#include "desk/audit/audit.h"
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

static err read_page(db_conn *c, struct call_page *p) {
  struct job *jobs = NULL;
  err e = job_dead(c, p->before, p->limit, p->call->arena, &jobs, &p->count);
  if (err_is(e)) return e;
  struct dead_job *out = arena_array(p->call->arena, struct dead_job, p->count);
  for (size_t i = 0; i < p->count; i++)
    out[i] = (struct dead_job){.id = jobs[i].id,
                               .kind = names_text(&job_kind_names, jobs[i].kind),
                               .error_code = jobs[i].error_code,
                               .error = jobs[i].error,
                               .attempts = jobs[i].attempts,
                               .failed_at = jobs[i].updated_at};
  p->items = out;
  return err_ok;
}

static void list(struct call *c) { call_reply_page(c, &dead_job_shape, read_page); }

/* ---- retrying and dismissing ---- */

struct change_ctx {
  const struct call *call;
  str address;
};

/* Dead letters of the outbox have routes and permissions of their own. */
static err find(db_conn *c, const struct call *call, struct job *j) {
  err e = job_get(c, call->id, call->arena, j);
  if (err_is(e)) return e;
  return j->kind == JOB_ANSWER || j->kind == JOB_COPY ? err_make(ERR_NOT_FOUND) : err_ok;
}

static err changed(db_conn *c, const struct change_ctx *change, enum audit_action action, const struct job *j) {
  const struct call *call = change->call;
  struct actor by = actor_operator(call->me.id);
  int64_t now_ms = desk_now(call->desk);
  str target = arena_printf(db_conn_arena(c), "job:%lld", (long long)j->id);
  err e = audit_add(c, by, action, target, names_text(&job_kind_names, j->kind), change->address, now_ms);
  return err_is(e) ? e : job_dead_changed(c, j->kind, &by, now_ms);
}

static err run_retry(db_conn *c, void *arg) {
  const struct change_ctx *change = arg;
  struct job j;
  err e = find(c, change->call, &j);
  if (!err_is(e)) e = job_revive(c, j.id, desk_now(change->call->desk));
  return err_is(e) ? e : changed(c, change, AUDIT_DEAD_JOB_RETRIED, &j);
}

static err run_dismiss(db_conn *c, void *arg) {
  const struct change_ctx *change = arg;
  struct job j;
  err e = find(c, change->call, &j);
  if (!err_is(e)) e = job_dismiss(c, j.id);
  return err_is(e) ? e : changed(c, change, AUDIT_DEAD_JOB_DISMISSED, &j);
}

static void change(struct call *c, db_fn fn) {
  err e = desk_write(c->desk, fn, &(struct change_ctx){c, http_client_address(c->req)});
  if (err_is(e))
    call_fail(c, e);
  else
    call_reply_empty(c, 204);
}

static void retry(struct call *c) { change(c, run_retry); }

static void dismiss(struct call *c) { change(c, run_dismiss); }

static const struct route_query list_query[] = {
    ROUTE_PAGE_QUERY,
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
