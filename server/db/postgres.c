/* PostgreSQL: the pools, transactions and their retries. See postgres_internal.h for the other files.
 *
 * A write runs SERIALIZABLE: on both engines a function may rely on what it has read, and a write that lost a race is run
 * again. Its first message is BEGIN with pg_current_xact_id(): the id identifies the transaction if its COMMIT gets no
 * answer, and it exists before any sequence value is drawn, which the event log's reader relies on (the owner of a seq
 * has an id below every id assigned later). A read is one REPEATABLE READ snapshot.
 *
 * A function is run again when its connection was lost before COMMIT was sent; afterwards postgres_doubt.c finds out the
 * outcome. Non-goals: grouping commits (the server does: several connections share its sync), failover between servers. */
#include "db/postgres_internal.h"

#include "base/log.h"
#include "base/rand.h"

#include <assert.h>
#include <poll.h>
#include <string.h>

enum {
  CONNECT_TIMEOUT_S = 5,
  FIRST_DELAY_MS = 1,
  LONGEST_DELAY_MS = 250,
  LONGEST_RACE_DELAY_MS = 4,
  CLOSING_MS = 10000,
  OPEN_ATTEMPTS = 8
};
enum { RACES_BEFORE_ALONE = 3, TURN_WAIT_MS = 100 };

/* ---- pools ---- */

static void pool_open(struct db *d, struct postgres_pool *pool, int count, bool writes) {
  pthread_mutex_init(&pool->lock, NULL);
  thread_cond_init(&pool->given);
  pool->count = count;
  pool->conns = mem_alloc_array((size_t)count, sizeof *pool->conns);
  for (int i = count - 1; i >= 0; i--) {
    struct postgres_conn *c = &pool->conns[i];
    db_conn_init(&c->base, d);
    c->side = d->postgres;
    c->writes = writes;
    c->prepared = mem_alloc_array((size_t)d->statement_count + 1, sizeof *c->prepared);
    c->next = pool->free;
    pool->free = c;
  }
}

static void pool_close(struct postgres_pool *pool) {
  for (int i = 0; i < pool->count; i++) {
    struct postgres_conn *c = &pool->conns[i];
    postgres_conn_close(c);
    mem_free(&c->prepared);
    db_conn_destroy(&c->base);
  }
  mem_free(&pool->conns);
  pthread_cond_destroy(&pool->given);
  pthread_mutex_destroy(&pool->lock);
}

static struct postgres_conn *pool_take(struct postgres_pool *pool, int64_t until_ms) {
  pthread_mutex_lock(&pool->lock);
  bool in_time = true;
  while (!pool->free && in_time) in_time = thread_cond_wait_until(&pool->given, &pool->lock, until_ms);
  struct postgres_conn *c = pool->free;
  if (c) pool->free = c->next;
  pthread_mutex_unlock(&pool->lock);
  return c;
}

static void pool_give(struct postgres_pool *pool, struct postgres_conn *c) {
  pthread_mutex_lock(&pool->lock);
  c->next = pool->free;
  pool->free = c; /* most recently used first: its session is warm, and idle connections stay unconnected */
  pthread_mutex_unlock(&pool->lock);
  pthread_cond_signal(&pool->given);
}

/* ---- one attempt ---- */

enum outcome { OUTCOME_KNOWN, OUTCOME_AGAIN };

/* Roll back whatever is open; close a connection that cannot do even that. */
static void roll_back(struct postgres_conn *c) {
  if (c->trouble != POSTGRES_LOST && c->pg && PQtransactionStatus(c->pg) != PQTRANS_IDLE)
    (void)postgres_exec(c, "ROLLBACK");
  if (c->trouble == POSTGRES_LOST) postgres_conn_close(c);
}

static err begin_write(struct postgres_conn *c, struct postgres_doubt *doubt) {
  PGresult *r = PQexec(c->pg, "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT pg_current_xact_id()");
  err e = err_ok;
  if (PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1) {
    snprintf(doubt->xid, sizeof doubt->xid, "%s", PQgetvalue(r, 0, 0));
    doubt->backend_pid = c->backend_pid;
    memcpy(doubt->incarnation, c->incarnation, sizeof doubt->incarnation);
  } else {
    /* Whatever the cause (a standby assigns no ids), try again on a new connection. */
    e = postgres_error(c->pg, r, "begin", &c->trouble);
    c->trouble = POSTGRES_LOST;
  }
  PQclear(r);
  return e;
}

static enum outcome commit(struct postgres_conn *c, const struct postgres_doubt *doubt, err *e) {
  PGresult *r = PQexec(c->pg, "COMMIT");
  bool answered = PQstatus(c->pg) == CONNECTION_OK && r != NULL;
  *e = err_ok;
  if (answered && PQresultStatus(r) != PGRES_COMMAND_OK)
    *e = postgres_error(c->pg, r, "commit", &c->trouble);
  else if (answered && strcmp(PQcmdStatus(r), "COMMIT") != 0)
    *e = err_make(ERR_INTERNAL);
  PQclear(r);
  if (answered && c->trouble != POSTGRES_LOST) return c->trouble == POSTGRES_AGAIN ? OUTCOME_AGAIN : OUTCOME_KNOWN;
  *e = err_ok;
  c->trouble = POSTGRES_FINE; /* postgres_resolve makes a new connection */
  switch (postgres_resolve(c, doubt)) {
    case POSTGRES_COMMITTED: return OUTCOME_KNOWN;
    case POSTGRES_ABORTED: *e = err_make(ERR_UNAVAILABLE); return OUTCOME_AGAIN;
    case POSTGRES_UNKNOWN: break;
  }
  *e = err_detail(ERR_UNAVAILABLE, NULL,
                  "The connection to the database was lost during a commit, and its outcome is unknown.");
  return OUTCOME_KNOWN;
}

static enum outcome attempt_write(struct postgres_conn *c, db_fn fn, void *ctx, err *e) {
  struct postgres_doubt doubt = {0};
  enum outcome outcome = OUTCOME_AGAIN;
  c->trouble = POSTGRES_FINE;
  *e = postgres_conn_ensure(c, CONNECT_TIMEOUT_S);
  if (err_is(*e)) return OUTCOME_AGAIN;
  *e = begin_write(c, &doubt);
  if (err_is(*e)) goto done;
  *e = db_conn_call(&c->base, fn, ctx);
  if (c->trouble != POSTGRES_FINE)
    *e = err_make(ERR_UNAVAILABLE);
  else
    outcome = err_is(*e) ? OUTCOME_KNOWN : commit(c, &doubt, e);
done:
  roll_back(c);
  struct db_after *after = db_conn_take_after(&c->base);
  db_after_end(&after, !err_is(*e));
  return outcome;
}

static enum outcome attempt_read(struct postgres_conn *c, db_fn fn, void *ctx, err *e) {
  enum outcome outcome = OUTCOME_AGAIN;
  c->trouble = POSTGRES_FINE;
  *e = postgres_conn_ensure(c, CONNECT_TIMEOUT_S);
  if (err_is(*e)) return OUTCOME_AGAIN;
  *e = postgres_exec(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  if (!err_is(*e)) *e = db_conn_call(&c->base, fn, ctx);
  if (c->trouble == POSTGRES_FINE)
    outcome = OUTCOME_KNOWN;
  else
    *e = err_make(ERR_UNAVAILABLE);
  roll_back(c); /* a read has nothing to commit */
  return outcome;
}

/* ---- retries ---- */

static int64_t deadline(struct postgres_side *side) {
  int64_t until = thread_now_ms() + DB_PATIENCE_MS, give_up = atomic_load(&side->give_up_at_ms);
  return give_up && give_up < until ? give_up : until;
}

/* Sleep for a random part of a delay that doubles with each attempt, so that competing writes do not collide again. */
static void back_off(int attempt, int64_t longest_ms) {
  int64_t delay = attempt < 8 ? FIRST_DELAY_MS << attempt : longest_ms;
  if (delay > longest_ms) delay = longest_ms;
  db_sleep_ms((int64_t)rand_below(&rand_system, (uint64_t)delay + 1));
}

static void turn_init(struct postgres_turn *t) {
  pthread_mutex_init(&t->lock, NULL);
  thread_cond_init(&t->changed);
}

static void turn_destroy(struct postgres_turn *t) {
  pthread_cond_destroy(&t->changed);
  pthread_mutex_destroy(&t->lock);
}

/* A write that has lost RACES_BEFORE_ALONE races holds the lock exclusively, so that this process writes nothing else
 * meanwhile. If it cannot get the lock exclusively within TURN_WAIT_MS (a holder may be resolving a lost COMMIT), the write
 * runs shared once more. */
static void turn_take(struct postgres_turn *t, bool alone) {
  int64_t until = thread_now_ms() + TURN_WAIT_MS;
  pthread_mutex_lock(&t->lock);
  if (alone) {
    bool in_time = true;
    t->waiting++;
    while ((t->shared || t->alone) && in_time) in_time = thread_cond_wait_until(&t->changed, &t->lock, until);
    t->waiting--;
    alone = !t->shared && !t->alone;
    if (alone)
      t->alone = true;
    else
      pthread_cond_broadcast(&t->changed); /* wake the writers that waited for this one */
  }
  if (!alone) {
    while (t->alone || t->waiting) pthread_cond_wait(&t->changed, &t->lock);
    t->shared++;
  }
  pthread_mutex_unlock(&t->lock);
}

static void turn_give(struct postgres_turn *t) {
  pthread_mutex_lock(&t->lock);
  if (t->alone)
    t->alone = false;
  else
    t->shared--;
  if (t->shared == 0) pthread_cond_broadcast(&t->changed);
  pthread_mutex_unlock(&t->lock);
}

static enum outcome write_in_turn(struct postgres_conn *c, db_fn fn, void *ctx, err *e) {
  bool alone = c->races_lost >= RACES_BEFORE_ALONE;
  turn_take(&c->side->turn, alone);
  enum outcome outcome = attempt_write(c, fn, ctx, e);
  turn_give(&c->side->turn);
  return outcome;
}

static err run(struct db *d, struct postgres_pool *pool, db_fn fn, void *ctx,
               enum outcome (*attempt)(struct postgres_conn *, db_fn, void *, err *)) {
  int64_t until = deadline(d->postgres);
  struct postgres_conn *c = pool_take(pool, until);
  if (!c) return err_make(ERR_UNAVAILABLE);
  err e = err_ok;
  c->races_lost = 0;
  for (int tried = 0; attempt(c, fn, ctx, &e) == OUTCOME_AGAIN; tried++) {
    atomic_fetch_add_explicit(&d->retries, 1, memory_order_relaxed);
    if (e.code == ERR_INVALID_FIELD || thread_now_ms() >= until) break;
    bool race = c->trouble == POSTGRES_AGAIN;
    c->races_lost += race;
    back_off(tried, race ? LONGEST_RACE_DELAY_MS : LONGEST_DELAY_MS);
  }
  pool_give(pool, c);
  return e;
}

err postgres_side_read(struct db *d, db_fn fn, void *ctx) {
  return run(d, &d->postgres->readers, fn, ctx, attempt_read);
}

err postgres_side_write(struct db *d, db_fn fn, void *ctx) {
  int64_t started = clock_measure_us();
  err e = run(d, &d->postgres->writers, fn, ctx, write_in_turn);
  atomic_fetch_add_explicit(err_is(e) ? &d->failures : &d->writes, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&d->batches, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&d->batch_us, (uint64_t)(clock_measure_us() - started), memory_order_relaxed);
  return e;
}

/* ---- ping ---- */

/* Polls with a deadline, because a silent network would block PQexec. */
static bool answers(PGconn *pg, int64_t until_ms) {
  if (!PQsendQuery(pg, "SELECT 1")) return false;
  while (PQisBusy(pg)) {
    int64_t left = until_ms - thread_now_ms();
    struct pollfd p = {.fd = PQsocket(pg), .events = POLLIN};
    if (left <= 0 || poll(&p, 1, (int)left) < 0 || !PQconsumeInput(pg)) return false;
  }
  bool ok = true;
  for (PGresult *r; (r = PQgetResult(pg)); PQclear(r)) ok = ok && PQresultStatus(r) == PGRES_TUPLES_OK;
  return ok;
}

err postgres_side_ping(struct db *d, int64_t until_ms) {
  struct postgres_conn *c = pool_take(&d->postgres->readers, until_ms);
  if (!c) return err_make(ERR_UNAVAILABLE);
  err e = err_make(ERR_UNAVAILABLE);
  for (int i = 0; i < 2 && err_is(e); i++) { /* the second attempt is for a session that was lost while idle */
    e = postgres_conn_ensure(c, 2);
    if (err_is(e) || answers(c->pg, until_ms)) continue;
    postgres_conn_close(c);
    e = err_make(ERR_UNAVAILABLE);
    if (thread_now_ms() >= until_ms) break;
  }
  pool_give(&d->postgres->readers, c);
  return e;
}

/* ---- life ---- */

static void *writer(void *arg) {
  struct db *d = arg;
  struct db_job *job;
  while ((job = db_queue_take(&d->queue, 1))) {
    job->result = postgres_side_write(d, job->fn, job->ctx);
    db_job_finish(job);
  }
  return NULL;
}

/* Open one session to check the address at start-up; the others connect when they are first used. */
static err first_connection(struct postgres_side *side) {
  int64_t until = thread_now_ms() + DB_PATIENCE_MS;
  struct postgres_conn *c = &side->writers.conns[0];
  err e = err_ok;
  for (int i = 0; i < OPEN_ATTEMPTS; i++) {
    e = postgres_conn_ensure(c, CONNECT_TIMEOUT_S);
    if (e.code != ERR_UNAVAILABLE || thread_now_ms() >= until) break;
    if (i + 1 < OPEN_ATTEMPTS) db_sleep_ms(20 << i);
  }
  return e;
}

err postgres_side_open(struct db *d, const char *url, int readers, int writers, int idle_max_ms) {
  struct postgres_side *side = mem_alloc(sizeof *side);
  d->postgres = side;
  snprintf(side->url, sizeof side->url, "%s", url);
  side->idle_max_ms = idle_max_ms;
  side->parameters = mem_alloc((size_t)d->statement_count + 1);
  for (int i = 0; i < d->statement_count; i++)
    side->parameters[i] = (unsigned char)db_count_parameters(d->statements[i].postgres);
  turn_init(&side->turn);
  pool_open(d, &side->readers, readers, false);
  pool_open(d, &side->writers, writers, true);
  side->threads = mem_alloc_array((size_t)writers, sizeof *side->threads);
  err e = first_connection(side);
  while (!err_is(e) && side->thread_count < writers) {
    if (thread_start(&side->threads[side->thread_count], "sb-db-writer", DB_STACK_BYTES, writer, d))
      side->thread_count++;
    else
      e = err_detail(ERR_INTERNAL, NULL, "cannot start the database's threads");
  }
  if (err_is(e)) postgres_side_close(d);
  return e;
}

void postgres_side_close(struct db *d) {
  struct postgres_side *side = d->postgres;
  db_queue_close(&d->queue);
  atomic_store(&side->give_up_at_ms, thread_now_ms() + CLOSING_MS);
  for (int i = 0; i < side->thread_count; i++) pthread_join(side->threads[i], NULL);
  mem_free(&side->threads);
  pool_close(&side->writers);
  pool_close(&side->readers);
  turn_destroy(&side->turn);
  mem_free(&side->parameters);
  mem_free(&d->postgres);
}
