/* The thread that writes to SQLite, and the thread that copies the write-ahead log back (the checkpointer).
 *
 * The committer takes all waiting jobs and runs each function under a savepoint inside one BEGIN IMMEDIATE … COMMIT,
 * so one sync serves all of them. It never waits for a batch to fill: a batch is what was queued during the
 * previous sync. A batch is bounded by count and by time. When the whole batch fails (its COMMIT failed, or an error
 * ended the transaction), the committer runs the functions again one by one, so that only the failing one reports an error.
 *
 * A checkpoint on the committer would block all writes, so another thread copies the log while writing
 * continues. That thread never catches up completely; the committer copies the small rest between two batches, which
 * lets the log restart from its beginning. A reader in an old snapshot delays that; the log grows meanwhile, but
 * no thread waits. */
#include "db/sqlite_internal.h"

#include "base/log.h"

#include <assert.h>

enum {
  BATCH_MAX = 512,
  BATCH_US = 4000,
  CHECKPOINT_FRAMES = 16384, /* 64 MiB of log: rare enough to leave the 99th percentile unchanged; read within 100 ms */
  SETTLE_WAIT_MS = 2,        /* for readers in an old snapshot */
  IDLE_CHECKPOINT_MS = 2000,
};

/* ---- batches ---- */

static int run_fixed(sqlite3_stmt *s) {
  int rc = sqlite3_step(s);
  sqlite3_reset(s);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static void roll_back(struct sqlite_side *side) {
  if (!sqlite3_get_autocommit(side->writer.handle)) sqlite_exec(side->writer.handle, "ROLLBACK");
}

/* Runs the function of a job, perhaps again. */
static void run_job(struct sqlite_side *side, struct db_job *job) {
  db_after_end(&job->after, false);
  job->result = db_conn_call(&side->writer.base, job->fn, job->ctx);
  job->after = db_conn_take_after(&side->writer.base);
}

/* Runs one function under its savepoint; false when the whole batch failed. */
static bool run_under_savepoint(struct sqlite_side *side, struct db_job *job) {
  int rc = run_fixed(side->savepoint);
  if (rc != SQLITE_OK) return false;
  run_job(side, job);
  if (sqlite3_get_autocommit(side->writer.handle)) return false;
  if (err_is(job->result) && run_fixed(side->rollback_to) != SQLITE_OK) return false;
  return run_fixed(side->release) == SQLITE_OK;
}

/* The transaction has begun. */
static void run_alone(struct sqlite_side *side, struct db_job *job) {
  run_job(side, job);
  if (!err_is(job->result)) {
    int rc = run_fixed(side->commit);
    if (rc != SQLITE_OK) job->result = sqlite_error(side->writer.handle, rc, "commit");
  }
  roll_back(side);
}

/* Does not write into a file that was moved or removed, since that data would be lost when the server ends. When BEGIN
 * fails with busy, another process holds the lock and has not released it within the busy timeout. */
static err begin(struct sqlite_side *side) {
  int moved = 0;
  (void)sqlite3_file_control(side->writer.handle, NULL, SQLITE_FCNTL_HAS_MOVED, &moved);
  int rc = moved ? SQLITE_READONLY_DBMOVED : run_fixed(side->begin);
  return rc == SQLITE_OK ? err_ok : sqlite_error(side->writer.handle, rc, "begin");
}

static void run_one_by_one(struct db *d, struct db_job *jobs) {
  for (struct db_job *job = jobs; job; job = job->next) {
    job->result = begin(d->sqlite);
    if (!err_is(job->result)) run_alone(d->sqlite, job);
    atomic_fetch_add_explicit(&d->retries, 1, memory_order_relaxed);
  }
}

/* Runs jobs until all are done or the time is over; *rest are those not run. False when the whole batch failed. */
static bool run_together(struct sqlite_side *side, struct db_job *jobs, struct db_job **rest) {
  int64_t until = clock_measure_us() + BATCH_US;
  for (struct db_job *job = jobs; job; job = job->next) {
    if (!run_under_savepoint(side, job)) return false;
    if (job->next && clock_measure_us() > until) {
      *rest = job->next;
      job->next = NULL;
    }
  }
  return run_fixed(side->commit) == SQLITE_OK;
}

static void finish_all(struct db *d, struct db_job *jobs) {
  uint64_t written = 0, failed = 0;
  for (struct db_job *job = jobs; job; job = job->next) {
    written += !err_is(job->result);
    failed += err_is(job->result);
  }
  atomic_fetch_add_explicit(&d->writes, written, memory_order_relaxed);
  atomic_fetch_add_explicit(&d->failures, failed, memory_order_relaxed);
  for (struct db_job *next, *job = jobs; job; job = next) {
    next = job->next;
    db_after_end(&job->after, !err_is(job->result));
    db_job_finish(job);
  }
}

static void run_batch(struct db *d, struct db_job *jobs) {
  struct sqlite_side *side = d->sqlite;
  int64_t started = clock_measure_us();
  struct db_job *rest = NULL;
  err e = begin(side);
  if (err_is(e)) {
    for (struct db_job *job = jobs; job; job = job->next) job->result = e;
  } else if (!jobs->next) {
    run_alone(side, jobs);
  } else if (!run_together(side, jobs, &rest)) {
    roll_back(side);
    run_one_by_one(d, jobs);
  }
  atomic_fetch_add_explicit(&d->batches, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&d->batch_us, (uint64_t)(clock_measure_us() - started), memory_order_relaxed);
  db_queue_return(&d->queue, rest);
  finish_all(d, jobs);
}

/* ---- checkpoints ---- */

static int count_frames(void *arg, sqlite3 *handle, const char *schema, int frames) {
  (void)handle, (void)schema;
  atomic_store(&((struct sqlite_side *)arg)->frames, frames);
  return SQLITE_OK;
}

static void want_checkpoint(struct sqlite_side *side) {
  pthread_mutex_lock(&side->checkpoint_lock);
  side->wanted = true;
  pthread_cond_signal(&side->checkpoint_wanted);
  pthread_mutex_unlock(&side->checkpoint_lock);
}

/* Runs on the committer between two batches. */
static void look_after_log(struct sqlite_side *side) {
  int frames = atomic_load(&side->frames);
  if (atomic_exchange(&side->settle, false)) {
    sqlite3_busy_timeout(side->writer.handle, SETTLE_WAIT_MS);
    int in_log = 0, copied = 0;
    sqlite3_wal_checkpoint_v2(side->writer.handle, NULL, SQLITE_CHECKPOINT_RESTART, &in_log, &copied);
    sqlite3_busy_timeout(side->writer.handle, DB_PATIENCE_MS);
    side->frames_seen = frames;
  } else if (frames < side->frames_seen) {
    side->frames_seen = 0; /* the log has restarted */
  } else if (frames - side->frames_seen >= CHECKPOINT_FRAMES) {
    side->frames_seen = frames;
    want_checkpoint(side);
  }
}

/* Waits until the log has grown, or has not grown beyond `done` frames for a while; false when stopping. */
static bool wait_for_checkpoint(struct sqlite_side *side, int done) {
  int before = -1;
  pthread_mutex_lock(&side->checkpoint_lock);
  while (!side->wanted && !side->stopping) {
    int64_t until = thread_now_ms() + IDLE_CHECKPOINT_MS;
    if (thread_cond_wait_until(&side->checkpoint_wanted, &side->checkpoint_lock, until)) continue;
    int now = atomic_load(&side->frames);
    if (now == before && now != done) break;
    before = now;
  }
  side->wanted = false;
  bool go_on = !side->stopping;
  pthread_mutex_unlock(&side->checkpoint_lock);
  return go_on;
}

static void *checkpointer(void *arg) {
  struct sqlite_side *side = arg;
  int in_log = 0, copied = 0;
  while (wait_for_checkpoint(side, copied)) {
    int rc = sqlite3_wal_checkpoint_v2(side->checkpoint_handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
    if (rc != SQLITE_OK && rc != SQLITE_BUSY) LOG_WARN("db.checkpoint_failed", LOG_I("code", rc));
    LOG_DEBUG("db.checkpoint", LOG_I("frames", in_log), LOG_I("copied", copied));
    if (in_log >= CHECKPOINT_FRAMES) atomic_store(&side->settle, true); /* else the next write restarts it */
  }
  return NULL;
}

/* ---- the thread ---- */

static void *committer(void *arg) {
  struct db *d = arg;
  struct db_job *jobs;
  while ((jobs = db_queue_take(&d->queue, BATCH_MAX))) {
    run_batch(d, jobs);
    look_after_log(d->sqlite);
  }
  return NULL;
}

bool sqlite_side_is_writer(struct db *d) {
  return d->sqlite->committer_started && pthread_equal(pthread_self(), d->sqlite->committer);
}

static int prepare_fixed(struct sqlite_side *side) {
  const struct {
    const char *sql;
    sqlite3_stmt **out;
  } fixed[] = {{"BEGIN IMMEDIATE", &side->begin},
               {"SAVEPOINT one", &side->savepoint},
               {"RELEASE one", &side->release},
               {"ROLLBACK TO one", &side->rollback_to},
               {"COMMIT", &side->commit}};
  int rc = SQLITE_OK;
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed && rc == SQLITE_OK; i++)
    rc = sqlite3_prepare_v3(side->writer.handle, fixed[i].sql, -1, SQLITE_PREPARE_PERSISTENT, fixed[i].out, NULL);
  return rc;
}

err committer_start(struct db *d, const char *path) {
  struct sqlite_side *side = d->sqlite;
  pthread_mutex_init(&side->checkpoint_lock, NULL);
  thread_cond_init(&side->checkpoint_wanted);
  int rc = prepare_fixed(side);
  if (rc != SQLITE_OK) return sqlite_error(side->writer.handle, rc, "fixed");
  sqlite3_wal_hook(side->writer.handle, count_frames, side);
  err e = sqlite_handle_open(path, false, &side->checkpoint_handle);
  if (err_is(e)) return e;
  rc = sqlite_exec(side->checkpoint_handle, "PRAGMA synchronous=FULL; PRAGMA cache_size=-1024");
  if (rc != SQLITE_OK) return sqlite_error(side->checkpoint_handle, rc, "setup");
  side->checkpointer_started = thread_start(&side->checkpointer, "sb-checkpoint", DB_STACK_BYTES, checkpointer, side);
  if (side->checkpointer_started)
    side->committer_started = thread_start(&side->committer, "sb-committer", DB_STACK_BYTES, committer, d);
  if (!side->committer_started) return err_detail(ERR_INTERNAL, NULL, "cannot start the database's threads");
  return err_ok;
}

void committer_stop(struct db *d) {
  struct sqlite_side *side = d->sqlite;
  db_queue_close(&d->queue);
  if (side->committer_started) pthread_join(side->committer, NULL);
  if (side->checkpointer_started) {
    pthread_mutex_lock(&side->checkpoint_lock);
    side->stopping = true;
    pthread_cond_signal(&side->checkpoint_wanted);
    pthread_mutex_unlock(&side->checkpoint_lock);
    pthread_join(side->checkpointer, NULL);
  }
  sqlite3_stmt **fixed[] = {&side->begin, &side->savepoint, &side->release, &side->rollback_to, &side->commit};
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) sqlite3_finalize(*fixed[i]);
  sqlite_handle_close(&side->checkpoint_handle);
}
