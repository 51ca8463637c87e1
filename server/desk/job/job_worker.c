/* See job_worker.h. */
#include "desk/job/job_worker.h"

#include "base/log.h"
#include "base/thread.h"
#include "desk/names.h"

#include <assert.h>

enum {
  TAKE = 20,
  IDLE_MOST_MS = 60000, /* longest sleep without a wake-up, for jobs made due by the clock or another node */
  STORE_WAIT_MS = 1000,
  LOOK_AROUND_MS = 10000,
  MEASURE_MS = 10000, /* from the end of a measurement to the next */
  PIECE_MS = 1000,    /* between two pieces of a measurement */
  UNKNOWN_WAIT_MS = 60000,
  RETRY_MOST_MS = 400000, /* job_backoff_ms stays below it */
  STACK_BYTES = 256 << 10,
};

struct job_worker {
  struct job_worker_config config;
  pthread_t thread;
  bool threaded;
  int64_t looked_ms, measure_at_ms; /* steady; used by the thread only */
  bool measuring;                   /* a measurement is in progress */
  atomic_bool woken;
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t changed;
  bool stopping;
};

static const struct job_handler *handler_of(const struct job_worker *w, int kind) {
  for (size_t i = 0; i < w->config.handler_count; i++)
    if ((int)w->config.handlers[i].kind == kind) return &w->config.handlers[i];
  return NULL;
}

/* ---- recurring and failed jobs ---- */

static err add_recurring(db_conn *c, struct job_worker *w, const struct job_handler *h, int64_t due_at) {
  str queue = str_c(w->config.queue);
  struct job_new n = {.kind = h->kind, .queue = queue, .due_at = due_at, .unique_key = queue};
  err e = job_add(c, &n, desk_now(w->config.desk), NULL);
  return e.code == ERR_CONFLICT ? err_ok : e; /* it already exists */
}

/* A recurring job is due within this time: at its next time, or for a retry. */
static int64_t most_off_ms(const struct job_handler *h) { return h->every_ms + RETRY_MOST_MS; }

static const struct actor nobody = {.kind = ACTOR_SYSTEM};

/* Retries the job, or makes it a dead letter. A recurring job that became one is added again for its next time. */
static err again(db_conn *c, struct job_worker *w, const struct job *j, const struct job_failure *f, int64_t now_ms) {
  const struct job_handler *h = handler_of(w, j->kind);
  bool dead = false;
  err e = job_again(c, j, f, now_ms, &dead);
  if (!err_is(e) && dead) e = job_dead_changed(c, j->kind, &nobody, now_ms);
  if (err_is(e) || !dead || !h || h->every_ms <= 0) return e;
  bool others = false;
  e = job_clear_dead(c, j->kind, j->queue, j->id, &others); /* only the latest dead letter is kept */
  return err_is(e) ? e : add_recurring(c, w, h, now_ms + h->every_ms);
}

/* ---- taking ---- */

/* look_every_ms: the shortest time between two looks at the queue, since every write of the desk wakes the worker. Maintenance is
 * taken one job at a time: the lease of a job would expire while it waits for a long one. */
static const struct share {
  struct job_range range;
  size_t take;
  int64_t look_every_ms;
} shares[] = {
    [JOB_WORK_ALL] = {{JOB_URGENT, JOB_BULK}, TAKE, 200},
    [JOB_WORK_PROMPT] = {{JOB_URGENT, JOB_NORMAL}, TAKE, 200},
    [JOB_WORK_BULK] = {{JOB_BULK, JOB_BULK}, 1, 5000},
};
static const struct share *share_of(const struct job_worker *w) { return &shares[w->config.share]; }

/* Whether this worker adds the handler's job: it recurs, and its priority is in the worker's share. */
static bool recurs(const struct job_worker *w, const struct job_handler *h) {
  enum job_priority p = job_facts(h->kind)->priority;
  return h->every_ms > 0 && p >= share_of(w)->range.first && p <= share_of(w)->range.last;
}

struct round_ctx {
  struct job_worker *w;
  arena *arena;
  struct job *lost, *taken;
  size_t lost_count, taken_count;
  int64_t next_due;
};

/* Retries a job with an expired lease: the work of a `run` handler was rolled back, and that of a `work` handler may be
 * repeated. */
static err give_back(db_conn *c, struct round_ctx *r, int64_t now_ms) {
  const struct job_failure lost = {.due_at = now_ms,
                                   .counts = true,
                                   .error_code = S("lost"),
                                   .error = S("The server stopped while this was being done.")};
  err e = err_ok;
  for (size_t i = 0; i < r->lost_count && !err_is(e); i++) e = again(c, r->w, &r->lost[i], &lost, now_ms);
  return e;
}

static err take(db_conn *c, void *arg) {
  struct round_ctx *r = arg;
  struct desk *d = r->w->config.desk;
  int64_t now_ms = desk_now(d);
  str queue = str_c(r->w->config.queue), holder = str_c(d->holder);
  err e = job_take_lost(c, queue, holder, TAKE, now_ms, r->arena, &r->lost, &r->lost_count);
  if (!err_is(e)) e = give_back(c, r, now_ms);
  const struct share *share = share_of(r->w);
  if (!err_is(e))
    e = job_take_of(c, queue, &share->range, holder, share->take, now_ms, r->arena, &r->taken, &r->taken_count);
  return err_is(e) ? e : job_next_due_of(c, queue, &share->range, &r->next_due);
}

static err look(db_conn *c, void *arg) {
  struct round_ctx *r = arg;
  return job_next_due_of(c, str_c(r->w->config.queue), &share_of(r->w)->range, &r->next_due);
}

/* ---- running ---- */

struct doing_ctx {
  struct job_worker *w;
  const struct job *job;
  const struct job_handler *handler;
  int64_t again_at;
  err failed;
  bool lease_lost; /* another holder has it by now */
};

static err end_well(db_conn *c, const struct doing_ctx *t) {
  if (!t->again_at) return job_done(c, t->job);
  struct job fresh = *t->job;
  fresh.attempts = 0;
  int64_t now_ms = desk_now(t->w->config.desk);
  bool any = false;
  err e = job_again(c, &fresh, &(struct job_failure){.due_at = t->again_at}, now_ms, NULL);
  if (!err_is(e) && t->handler->every_ms > 0) e = job_clear_dead(c, t->job->kind, t->job->queue, 0, &any);
  return err_is(e) || !any ? e : job_dead_changed(c, t->job->kind, &nobody, now_ms);
}

static err run(db_conn *c, void *arg) {
  struct doing_ctx *t = arg;
  struct doing_ctx now = *t; /* a transaction may be run again */
  err e = now.handler->run ? now.handler->run(t->w->config.desk, c, t->job, t->w->config.user, &now.again_at) : err_ok;
  bool handled = !err_is(e);
  if (handled) e = end_well(c, &now);
  t->lease_lost = handled && e.code == ERR_CONFLICT;
  return e;
}

static err end_badly(db_conn *c, void *arg) {
  struct doing_ctx *t = arg;
  struct desk *d = t->w->config.desk;
  int64_t now_ms = desk_now(d);
  struct job_failure f = {.due_at = now_ms + job_backoff_ms(t->job->attempts, d->rand),
                          .counts = true,
                          .error_code = str_c(err_text(t->failed.code)),
                          .error = str_c(err_message(&t->failed))};
  if (!t->handler) { /* a kind of a newer version, which another node may already run */
    f = (struct job_failure){.due_at = now_ms + UNKNOWN_WAIT_MS,
                             .error_code = S("unknown"),
                             .error = S("This version of the program does not know such a job.")};
  }
  return again(c, t->w, t->job, &f, now_ms);
}

static void do_job(struct job_worker *w, const struct job *j) {
  struct doing_ctx t = {.w = w, .job = j, .handler = handler_of(w, j->kind)};
  struct desk *d = w->config.desk;
  err e = t.handler ? err_ok : err_make(ERR_INTERNAL);
  if (t.handler && t.handler->every_ms > 0) t.again_at = desk_now(d) + t.handler->every_ms;
  if (t.handler && t.handler->work) e = t.handler->work(d, j, w->config.user, &t.again_at);
  if (!err_is(e)) e = desk_write(d, run, &t);
  if (!err_is(e) || t.lease_lost) return;
  LOG_WARN("job.failed", LOG_S("kind", names_text(&job_kind_names, j->kind)), LOG_I("job", j->id), LOG_E(e));
  t.failed = e;
  e = desk_write(d, end_badly, &t);
  if (err_is(e)) LOG_WARN("job.outcome_not_stored", LOG_I("job", j->id), LOG_E(e)); /* the lease will expire */
}

struct looking_around_ctx {
  struct job_worker *w;
  bool far_off; /* a recurring job */
};

static err look_for_far_off(db_conn *c, void *arg) {
  struct looking_around_ctx *l = arg;
  const struct job_worker_config *config = &l->w->config;
  err e = err_ok;
  l->far_off = false;
  for (size_t i = 0; i < config->handler_count && !err_is(e) && !l->far_off; i++) {
    const struct job_handler *h = &config->handlers[i];
    if (recurs(l->w, h))
      e = job_is_far_off(c, h->kind, str_c(config->queue), most_off_ms(h), desk_now(config->desk), &l->far_off);
  }
  return e;
}

static err measure(db_conn *c, void *arg) {
  struct job_worker *w = arg;
  struct desk *d = w->config.desk;
  return job_measure(c, str_c(d->holder), desk_now(d), &w->measuring);
}

static err prepare(db_conn *c, void *arg) {
  struct job_worker *w = arg;
  struct desk *d = w->config.desk;
  err e = err_ok;
  for (size_t i = 0; i < w->config.handler_count && !err_is(e); i++) {
    const struct job_handler *h = &w->config.handlers[i];
    if (!recurs(w, h)) continue;
    e = add_recurring(c, w, h, 0);
    if (!err_is(e)) e = job_bring_near(c, h->kind, str_c(w->config.queue), most_off_ms(h), desk_now(d));
  }
  return e;
}

/* Periodically: checks whether the clock was set back below a recurring job, and measures the queue. */
static err look_around(struct job_worker *w) {
  struct desk *d = w->config.desk;
  int64_t steady_ms = clock_steady_ms(d->clock);
  err e = err_ok;
  if (steady_ms - w->looked_ms >= LOOK_AROUND_MS) {
    struct looking_around_ctx l = {.w = w};
    e = db_read(d->db, look_for_far_off, &l);
    if (!err_is(e) && l.far_off) e = desk_write(d, prepare, w);
    w->looked_ms = steady_ms;
  }
  if (!err_is(e) && w->config.measures && steady_ms >= w->measure_at_ms) {
    e = db_read(d->db, measure, w);
    w->measure_at_ms = steady_ms + (w->measuring ? PIECE_MS : MEASURE_MS);
  }
  return e;
}

err job_worker_turn(struct job_worker *w, int64_t *next_due) {
  struct round_ctx r = {.w = w, .arena = arena_new(0), .next_due = INT64_MAX};
  struct desk *d = w->config.desk;
  err e = db_read(d->db, look, &r); /* most rounds find nothing due, and a write costs an fsync */
  if (!err_is(e) && r.next_due <= desk_now(d)) e = desk_write(d, take, &r);
  for (size_t i = 0; i < r.taken_count && !err_is(e); i++) do_job(w, &r.taken[i]);
  if (!err_is(e) && r.taken_count) e = db_read(d->db, look, &r);
  if (!err_is(e)) e = look_around(w);
  *next_due = r.next_due;
  arena_free(&r.arena);
  return e;
}

/* ---- the thread ---- */

/* False when stopping. */
static bool wait_for_work(struct job_worker *w, int64_t ms) {
  int64_t until_ms = thread_now_ms() + ms, not_before_ms = thread_now_ms() + share_of(w)->look_every_ms;
  if (not_before_ms > until_ms) not_before_ms = until_ms;
  pthread_mutex_lock(&w->lock);
  while (!w->woken && !w->stopping && thread_cond_wait_until(&w->changed, &w->lock, until_ms)) continue;
  while (w->woken && !w->stopping && thread_cond_wait_until(&w->changed, &w->lock, not_before_ms)) continue;
  w->woken = false;
  bool go_on = !w->stopping;
  pthread_mutex_unlock(&w->lock);
  return go_on;
}

static void *work(void *arg) {
  struct job_worker *w = arg;
  for (int64_t wait_ms = 0; wait_for_work(w, wait_ms);) {
    int64_t next_due;
    err e = job_worker_turn(w, &next_due);
    if (err_is(e)) LOG_WARN("job.store_failed", LOG_C("queue", w->config.queue), LOG_E(e));
    int64_t left_ms = next_due == INT64_MAX ? IDLE_MOST_MS : next_due - desk_now(w->config.desk);
    if (w->measuring && left_ms > PIECE_MS) left_ms = PIECE_MS;
    wait_ms = err_is(e) ? STORE_WAIT_MS : left_ms < 0 ? 0 : left_ms < IDLE_MOST_MS ? left_ms : IDLE_MOST_MS;
  }
  return NULL;
}

struct job_worker *job_worker_new(const struct job_worker_config *config) {
  struct job_worker *w = mem_alloc(sizeof *w);
  *w = (struct job_worker){.config = *config, .looked_ms = INT64_MIN / 2};
  pthread_mutex_init(&w->lock, NULL);
  thread_cond_init(&w->changed);
  return w;
}

err job_worker_prepare(struct job_worker *w) { return desk_write(w->config.desk, prepare, w); }

err job_worker_start(struct job_worker *w) {
  err e = job_worker_prepare(w);
  if (err_is(e)) return e;
  if (!thread_start(&w->thread, "sb-jobs", STACK_BYTES, work, w)) mem_exhausted(STACK_BYTES);
  w->threaded = true;
  return err_ok;
}

void job_worker_wake(struct job_worker *w) { thread_wake(&w->woken, &w->changed, &w->lock); }

void job_worker_stop(struct job_worker *w) {
  if (!w->threaded) return;
  pthread_mutex_lock(&w->lock);
  w->stopping = true;
  pthread_cond_signal(&w->changed);
  pthread_mutex_unlock(&w->lock);
  pthread_join(w->thread, NULL);
  w->threaded = false;
}

void job_worker_free(struct job_worker **worker) {
  struct job_worker *w = *worker;
  if (!w) return;
  assert(!w->threaded);
  pthread_cond_destroy(&w->changed);
  pthread_mutex_destroy(&w->lock);
  mem_free(worker);
}
