/* The program's maintenance, as handlers of desk/job. A task for any node is a job of the queue "desk", one row for
 * all nodes; a task for this node alone, such as cleaning its file folder, is in a queue of the node. Deletions run
 * in small batches, so that urgent jobs run in between. */
#include "app/app.h"

#include "base/limits.h"
#include "base/log.h"
#include "desk/access/access.h"
#include "desk/bus/bus.h"
#include "desk/conversation/conversation.h"
#include "desk/device/device.h"
#include "desk/file/file_space.h"
#include "desk/file/file.h"
#include "desk/job/job_worker.h"
#include "desk/message/message.h"
#include "desk/notice/notice.h"
#include "desk/outbox/outbox.h"
#include "desk/setting/setting.h"
#include "edge/telegram/telegram.h"
#include "sql.h"

enum {
  EVERY_MS = 10 * 60 * 1000,
  MOVE_EVERY_MS = 10 * 1000,
  REMOVE_EVERY_MS = 60 * 1000,
  PRUNE_BATCH = 2000,
  BATCHES_A_PIECE = 10
};
static const int64_t day_ms = 24 * 3600 * 1000;
/* Telegram keeps an update for 24 hours; twice that covers any redelivery. */
enum { INBOUND_KEPT_DAYS = 2 };
/* After a longer outage a staff group does not get a week of copies at once: the panel has them all. */
enum { COPIES_KEPT_DAYS = 1 };
enum { NODE_KEPT_DAYS = 7 };

/* Two work on the desk's queue: a timer waits for no maintenance. */
enum { DESK_PROMPT, DESK_BULK, NODE, WORKERS };

struct jobs {
  struct desk *desk;
  struct job_worker *workers[WORKERS];
};

/* ---- old rows ---- */

struct pruning_ctx {
  int statement;
  int64_t before_ms, changed;
};

static err prune_batch(db_conn *c, void *ctx) {
  struct pruning_ctx *p = ctx;
  struct db_rows rows;
  err e = DB_RUN(c, p->statement, db_conn_arena(c), &rows, DB_I(p->before_ms), DB_I(PRUNE_BATCH));
  p->changed = err_is(e) ? 0 : rows.changed;
  return e;
}

static err expire_copies(db_conn *c, void *ctx) {
  struct pruning_ctx *p = ctx;
  return outbox_expire_copies(c, p->before_ms, PRUNE_BATCH, &p->changed);
}

static err forget_notices(db_conn *c, void *ctx) {
  struct pruning_ctx *p = ctx;
  return notice_forget(c, p->before_ms, PRUNE_BATCH, &p->changed);
}

static err expire_pushes(db_conn *c, void *ctx) {
  struct pruning_ctx *p = ctx;
  return push_expire(c, p->before_ms, PRUNE_BATCH, &p->changed);
}

/* Deletes one batch; the rest follows after other waiting jobs. */
static err prune_by(struct app *app, db_fn batch, int statement, int64_t kept_days, int64_t *again_at) {
  int64_t now_ms = desk_now(&app->desk);
  struct pruning_ctx p = {.statement = statement, .before_ms = now_ms - kept_days * day_ms, .changed = PRUNE_BATCH};
  err e = err_ok;
  for (int i = 0; i < BATCHES_A_PIECE && p.changed == PRUNE_BATCH && !err_is(e); i++)
    e = db_write(app->desk.db, batch, &p); /* no reader needs a wake-up */
  if (!err_is(e) && p.changed == PRUNE_BATCH) *again_at = now_ms;
  return e;
}

static err prune(struct app *app, int statement, int64_t kept_days, int64_t *again_at) {
  return prune_by(app, prune_batch, statement, kept_days, again_at);
}

static err prune_inbound(struct desk *d, const struct job *j, void *user, int64_t *again_at) {
  (void)d, (void)j;
  return prune(user, SQL_APP_PRUNE_INBOUND, INBOUND_KEPT_DAYS, again_at);
}

/* Copies for the staff group that were not taken, replies there to a copy without an outcome, which messages have told operators
 * of a conversation, and push messages that could not be sent. */
static err prune_copies(struct desk *d, const struct job *j, void *user, int64_t *again_at) {
  (void)d, (void)j;
  err e = prune_by(user, expire_copies, 0, COPIES_KEPT_DAYS, again_at);
  if (!err_is(e)) e = prune(user, SQL_APP_PRUNE_REPLIES, COPIES_KEPT_DAYS, again_at);
  if (!err_is(e)) e = prune_by(user, forget_notices, 0, NOTICE_MESSAGES_KEPT_DAYS, again_at);
  return err_is(e) ? e : prune_by(user, expire_pushes, 0, PUSH_KEPT_DAYS, again_at);
}

static err prune_raw(struct desk *d, const struct job *j, void *user, int64_t *again_at) {
  (void)d, (void)j;
  struct app *app = user;
  return prune(app, SQL_APP_PRUNE_RAW, config_int(app->config, CONFIG_RAW_RETENTION_DAYS), again_at);
}

static err prune_audit(struct desk *d, const struct job *j, void *user, int64_t *again_at) {
  (void)d, (void)j;
  struct app *app = user;
  return prune(app, SQL_APP_PRUNE_AUDIT, config_int(app->config, CONFIG_AUDIT_RETENTION_DAYS), again_at);
}

/* ---- the rest ---- */

static err prune_events(struct desk *d, const struct job *j, void *user, int64_t *again_at) {
  (void)j, (void)user;
  bool more = false;
  err e = d->bus ? bus_prune(d->bus, &more) : err_ok;
  if (more) *again_at = desk_now(d);
  return e;
}

static err prune_sessions(struct desk *d, const struct job *j, void *user, int64_t *again_at) {
  (void)j, (void)user, (void)again_at;
  return access_expire(d);
}

static err prune_files(struct desk *d, const struct job *j, void *user, int64_t *again_at) {
  (void)j, (void)user, (void)again_at;
  err e = file_collect(d);
  if (!err_is(e)) e = file_space_count(d);
  return err_is(e) ? e : file_store_tidy(d);
}

static err read_space(db_conn *c, void *ctx) { return file_space_read(c, ctx); }

static err remove_files(struct desk *d, const struct job *j, void *user, int64_t *again_at) {
  (void)j, (void)user;
  struct file_space_settings settings = {0};
  bool more = false;
  err e = db_read(d->db, read_space, &settings);
  if (!err_is(e)) file_space_set(d, &settings); /* another node may have changed them */
  if (!err_is(e) && settings.kept_days) e = message_remove_old_files(d, settings.kept_days, &more);
  if (more) *again_at = desk_now(d);
  return e;
}

static err read_held(db_conn *c, void *ctx) {
  str value = STR_NONE;
  err e = setting_get(c, SETTING_FILES_HELD, db_conn_arena(c), &value);
  *(bool *)ctx = value.ptr != NULL;
  return e;
}

/* `storage move s3 local` holds files here, whatever the configuration says. */
static err move_files(struct desk *d, const struct job *j, void *user, int64_t *again_at) {
  (void)j, (void)user;
  bool held = false, more = false;
  err e = d->store ? db_read(d->db, read_held, &held) : err_ok;
  if (!err_is(e)) e = file_move_waiting(d, held, &more);
  if (more) *again_at = desk_now(d);
  return e;
}

static const struct job_handler of_node[] = {
    {.kind = JOB_PRUNE_FILES, .work = prune_files, .every_ms = EVERY_MS},
    /* The last one: a desk without an object store has nothing to move, and each run is a write. */
    {.kind = JOB_FILE_MOVE, .work = move_files, .every_ms = MOVE_EVERY_MS},
};

static err prune_jobs(struct desk *d, db_conn *c, const struct job *j, void *user, int64_t *again_at) {
  (void)j, (void)user;
  int64_t count = 0, now_ms = desk_now(d);
  err e = job_prune(c, LIMIT_DEAD_LETTERS_MAX, PRUNE_BATCH, &count);
  if (count == PRUNE_BATCH) *again_at = now_ms;
  for (size_t i = 0; i < JSON_COUNT(of_node) && !err_is(e); i++)
    e = job_prune_nodes(c, of_node[i].kind, now_ms - NODE_KEPT_DAYS * day_ms);
  return e;
}

/* Contents that an earlier version could not read. */
static err read_again(struct desk *d, db_conn *c, const struct job *j, void *user, int64_t *again_at) {
  (void)j, (void)user;
  bool more = false;
  err e = telegram_read_again(d, c, &more);
  if (more) *again_at = desk_now(d);
  return e;
}

static const struct job_handler of_desk[] = {
    {.kind = JOB_WAKE_CONVERSATION, .run = conversation_wake},
    {.kind = JOB_VOTES, .run = conversation_tell_votes},
    {.kind = JOB_NOTICE_WAITING, .run = notice_tell_waiting},
    {.kind = JOB_PRUNE_EVENTS, .work = prune_events, .every_ms = EVERY_MS},
    {.kind = JOB_PRUNE_SESSIONS, .work = prune_sessions, .every_ms = EVERY_MS},
    {.kind = JOB_PRUNE_INBOUND, .work = prune_inbound, .every_ms = EVERY_MS},
    {.kind = JOB_PRUNE_COPIES, .work = prune_copies, .every_ms = EVERY_MS},
    {.kind = JOB_PRUNE_RAW, .work = prune_raw, .every_ms = EVERY_MS},
    {.kind = JOB_PRUNE_AUDIT, .work = prune_audit, .every_ms = EVERY_MS},
    {.kind = JOB_PRUNE_JOBS, .run = prune_jobs, .every_ms = EVERY_MS},
    {.kind = JOB_FILE_REMOVE, .work = remove_files, .every_ms = REMOVE_EVERY_MS},
    {.kind = JOB_MESSAGE_REREAD, .run = read_again, .every_ms = EVERY_MS},
};

bool jobs_run(enum job_kind kind) {
  for (size_t i = 0; i < JSON_COUNT(of_desk); i++)
    if (of_desk[i].kind == kind) return true;
  for (size_t i = 0; i < JSON_COUNT(of_node); i++)
    if (of_node[i].kind == kind) return true;
  return false;
}

/* ---- life ---- */

struct jobs *jobs_new(struct app *app) {
  struct jobs *j = mem_alloc(sizeof *j);
  j->desk = &app->desk;
  struct job_worker_config desk = {.desk = &app->desk,
                                   .queue = JOB_QUEUE_DESK,
                                   .share = JOB_WORK_PROMPT,
                                   .handlers = of_desk,
                                   .handler_count = JSON_COUNT(of_desk),
                                   .user = app};
  struct job_worker_config bulk = desk;
  struct job_worker_config node = {.desk = &app->desk,
                                   .queue = app->node_queue,
                                   .handlers = of_node,
                                   .handler_count = JSON_COUNT(of_node) - (app->desk.store ? 0 : 1),
                                   .user = app};
  bulk.share = JOB_WORK_BULK;
  bulk.measures = true;
  j->workers[DESK_PROMPT] = job_worker_new(&desk);
  j->workers[DESK_BULK] = job_worker_new(&bulk);
  j->workers[NODE] = job_worker_new(&node);
  return j;
}

err jobs_start(struct jobs *j) {
  err e = err_ok;
  for (int i = 0; i < WORKERS && !err_is(e); i++) e = job_worker_start(j->workers[i]);
  return e;
}

/* Any write may have made a job due. The node's own jobs are never urgent. */
void jobs_wake(struct jobs *j) {
  job_worker_wake(j->workers[DESK_PROMPT]);
  job_worker_wake(j->workers[DESK_BULK]);
}

void jobs_stop(struct jobs *j) {
  for (int i = 0; j && i < WORKERS; i++) job_worker_stop(j->workers[i]);
}

void jobs_free(struct jobs **jobs) {
  struct jobs *j = *jobs;
  if (!j) return;
  for (int i = 0; i < WORKERS; i++) job_worker_free(&j->workers[i]);
  mem_free(jobs);
}

err jobs_round(struct jobs *j) {
  err e = err_ok;
  for (int i = 0; i < WORKERS && !err_is(e); i++) {
    int64_t next_due = 0;
    e = job_worker_prepare(j->workers[i]);
    while (!err_is(e) && next_due <= desk_now(j->desk)) e = job_worker_turn(j->workers[i], &next_due);
  }
  return e;
}
