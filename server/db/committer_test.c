/* Writing in groups: what shares a commit, what fails alone, what survives a kill. On PostgreSQL the same promises
 * hold without groups. */
#include "db/db_test_kit.h"
#include "db/sqlite_internal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

/* ---- many at once ---- */

enum { MANY = 500 };

struct async_item_ctx {
  struct kit_item item;
  char key[24];
  struct tally *tally;
  err result;
  int calls, committed; /* committed: how often it was told of its commit */
};
struct tally {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int done;
};

static void count_done(err e, void *ctx) {
  struct async_item_ctx *a = ctx;
  a->result = e;
  a->calls++;
  pthread_mutex_lock(&a->tally->lock);
  a->tally->done++;
  pthread_cond_signal(&a->tally->changed);
  pthread_mutex_unlock(&a->tally->lock);
}

static void wait_for(struct tally *t, int wanted) {
  pthread_mutex_lock(&t->lock);
  while (t->done < wanted) pthread_cond_wait(&t->changed, &t->lock);
  pthread_mutex_unlock(&t->lock);
}

static struct tally *tally_new(void) {
  struct tally *t = mem_alloc(sizeof *t);
  pthread_mutex_init(&t->lock, NULL);
  pthread_cond_init(&t->changed, NULL);
  return t;
}
static void tally_free(struct tally **t) {
  pthread_mutex_lock(&(*t)->lock); /* the last of those who count may still hold it */
  pthread_mutex_unlock(&(*t)->lock);
  pthread_mutex_destroy(&(*t)->lock);
  pthread_cond_destroy(&(*t)->changed);
  mem_free(t);
}

static void count_commit(const void *arg) { (*(struct async_item_ctx *const *)arg)->committed++; }

static err insert_async(db_conn *c, void *ctx) {
  db_after_commit(c, count_commit, &ctx, sizeof ctx);
  return kit_insert(c, &((struct async_item_ctx *)ctx)->item);
}

/* Every third fails after it has written; each is called back once. */
static void each_function_of_a_batch_stands_or_falls_alone(void **state) {
  struct kit *k = *state;
  struct tally *t = tally_new();
  struct async_item_ctx *items = mem_alloc_array(MANY, sizeof *items);
  for (int i = 0; i < MANY; i++) {
    snprintf(items[i].key, sizeof items[i].key, "key %d", i);
    items[i].tally = t;
    items[i].item.key = items[i].key;
    if (i % 3 == 0) items[i].item.fails_with = err_make(ERR_ALREADY_TAKEN);
    assert_ok(db_write_async(k->db, insert_async, &items[i], count_done));
  }
  wait_for(t, MANY);
  int expected = 0;
  for (int i = 0; i < MANY; i++) {
    assert_int_equal(items[i].calls, 1);
    assert_int_equal(items[i].result.code, i % 3 == 0 ? ERR_ALREADY_TAKEN : ERR_NONE);
    assert_int_equal(items[i].committed, i % 3 != 0);
    expected += i % 3 != 0;
  }
  assert_int_equal(kit_count(k->db), expected);
  struct db_stats stats;
  db_stats(k->db, &stats);
  assert_int_equal(stats.writes, expected);
  assert_int_equal(stats.failures, MANY - expected);
  if (k->engine == DB_SQLITE) assert_true(stats.batches < MANY / 2);
  mem_free(&items);
  tally_free(&t);
}

struct insert_job_ctx {
  db *db;
  int thread;
};
static void *insert_thread(void *arg) {
  struct insert_job_ctx *j = arg;
  intptr_t failed = 0;
  for (int i = 0; i < 50; i++) {
    char key[32];
    snprintf(key, sizeof key, "thread %d key %d", j->thread, i);
    struct kit_item item = {.key = key};
    failed += err_is(db_write(j->db, kit_insert, &item)) || item.id == 0;
  }
  return (void *)failed;
}

static void many_threads_write_and_all_is_there(void **state) {
  struct kit *k = *state;
  pthread_t threads[8];
  struct insert_job_ctx jobs[8];
  for (int i = 0; i < 8; i++) {
    jobs[i] = (struct insert_job_ctx){k->db, i};
    pthread_create(&threads[i], NULL, insert_thread, &jobs[i]);
  }
  for (int i = 0; i < 8; i++) {
    void *failed;
    pthread_join(threads[i], &failed);
    assert_null(failed);
  }
  assert_int_equal(kit_count(k->db), 400);
}

/* ---- a committer that is held, so that a batch gathers behind it ---- */

struct gate_ctx {
  sem_t entered, open;
};
static err pass_gate(db_conn *c, void *ctx) {
  (void)c;
  struct gate_ctx *g = ctx;
  sem_post(&g->entered);
  while (sem_wait(&g->open)) continue;
  return err_ok;
}
static void gate_init(struct gate_ctx *g) {
  sem_init(&g->entered, 0, 0);
  sem_init(&g->open, 0, 0);
}
static void hold(struct kit *k, struct gate_ctx *g) {
  gate_init(g);
  assert_ok(db_write_async(k->db, pass_gate, g, NULL));
  while (sem_wait(&g->entered)) continue;
}

static err insert_and_leave_an_orphan(db_conn *c, void *ctx) {
  struct async_item_ctx *a = ctx;
  err e = insert_async(c, a);
  return err_is(e) ? e : DB_RUN(c, KIT_CHILD_LATE, NULL, NULL, DB_I(99999)); /* found out by COMMIT only */
}

/* One whose fault only the COMMIT finds out takes the batch with it; the others are run again and stand. */
static void a_batch_whose_commit_fails_is_run_again_one_by_one(void **state) {
  struct kit *k = *state;
  struct gate_ctx g;
  struct tally *t = tally_new();
  struct async_item_ctx items[5] = {0};
  const char *keys[] = {"a", "b", "guilty", "d", "e"};
  hold(k, &g);
  for (int i = 0; i < 5; i++) {
    items[i].tally = t;
    items[i].item.key = keys[i];
    assert_ok(db_write_async(k->db, i == 2 ? insert_and_leave_an_orphan : insert_async, &items[i], count_done));
  }
  sem_post(&g.open);
  wait_for(t, 5);
  int again = 0;
  for (int i = 0; i < 5; i++) {
    assert_int_equal(items[i].result.code, i == 2 ? ERR_CONFLICT : ERR_NONE);
    assert_int_equal(items[i].calls, 1);
    assert_int_equal(items[i].committed, i != 2);
    assert_in_range(items[i].item.runs, 1, 2);
    if (items[i].item.runs == 2) again++;
  }
  assert_true(again > 0); /* a batch ends after 4 ms, so on a slow machine not all are in that one */
  assert_int_equal(kit_count(k->db), 4);
  tally_free(&t);
}

/* Two of the same batch with one key: the second alone fails. */
static void a_unique_conflict_within_a_batch_hits_the_second_only(void **state) {
  struct kit *k = *state;
  struct gate_ctx g;
  struct tally *t = tally_new();
  struct async_item_ctx items[3] = {0};
  const char *keys[] = {"same", "same", "other"};
  hold(k, &g);
  for (int i = 0; i < 3; i++) {
    items[i].tally = t;
    items[i].item.key = keys[i];
    assert_ok(db_write_async(k->db, insert_async, &items[i], count_done));
  }
  sem_post(&g.open);
  wait_for(t, 3);
  assert_int_equal(items[0].result.code, ERR_NONE);
  assert_int_equal(items[1].result.code, ERR_CONFLICT);
  assert_int_equal(items[2].result.code, ERR_NONE);
  assert_int_equal(items[2].item.runs, 1);
  assert_int_equal(kit_count(k->db), 2);
  tally_free(&t);
}

static void a_full_queue_refuses_and_recovers(void **state) {
  struct kit *k = *state;
  db_close(&k->db);
  assert_ok(kit_open_with(k, (struct db_config){.write_queue_max = 4, .writers = 1}));
  struct gate_ctx g;
  struct tally *t = tally_new();
  struct async_item_ctx items[5] = {0};
  char keys[5][2] = {"a", "b", "c", "d", "e"};
  hold(k, &g);
  for (int i = 0; i < 5; i++) {
    items[i].tally = t;
    items[i].item.key = keys[i];
    err e = db_write_async(k->db, insert_async, &items[i], count_done);
    assert_int_equal(e.code, i < 4 ? ERR_NONE : ERR_OVERLOADED);
    if (i == 4) assert_true(e.retry_ms > 0);
  }
  if (k->engine == DB_SQLITE) assert_err(db_write(k->db, insert_async, &items[4]), ERR_OVERLOADED);
  sem_post(&g.open);
  wait_for(t, 4);
  assert_int_equal(items[4].calls, 0);
  assert_ok(db_write(k->db, insert_async, &items[4]));
  assert_int_equal(kit_count(k->db), 5);
  tally_free(&t);
}

static void closing_runs_what_is_queued(void **state) {
  struct kit *k = *state;
  struct gate_ctx g;
  struct tally *t = tally_new();
  struct async_item_ctx *items = mem_alloc_array(100, sizeof *items);
  hold(k, &g);
  for (int i = 0; i < 100; i++) {
    snprintf(items[i].key, sizeof items[i].key, "key %d", i);
    items[i].tally = t;
    items[i].item.key = items[i].key;
    assert_ok(db_write_async(k->db, insert_async, &items[i], count_done));
  }
  sem_post(&g.open);
  db_close(&k->db);
  assert_int_equal(t->done, 100);
  for (int i = 0; i < 100; i++) assert_int_equal(items[i].result.code, ERR_NONE);
  assert_ok(kit_open_with(k, (struct db_config){0}));
  assert_int_equal(kit_count(k->db), 100);
  mem_free(&items);
  tally_free(&t);
}

/* ---- durability ---- */

/* Writes until it is killed, and says each number when it was acknowledged. */
_Noreturn static void write_until_killed(struct kit *k, int round, int out) {
  err e = kit_open_with(k, (struct db_config){0});
  for (int64_t i = 0; !err_is(e); i++) {
    char key[48];
    snprintf(key, sizeof key, "%d %lld", round, (long long)i);
    struct kit_item item = {.key = key};
    e = db_write(k->db, kit_insert, &item);
    if (!err_is(e) && write(out, &i, sizeof i) != sizeof i) break;
  }
  _exit(1);
}

static void what_was_acknowledged_survives_a_kill(void **state) {
  struct kit *k = *state;
  int64_t before = 0;
  db_close(&k->db); /* no thread of ours across the fork */
  for (int round = 0; round < 3; round++) {
    int pipe_ends[2];
    int64_t last = -1, seen;
    assert_int_equal(pipe(pipe_ends), 0);
    pid_t child = fork();
    if (child == 0) write_until_killed(k, round, pipe_ends[1]);
    close(pipe_ends[1]);
    for (int i = 0; i < 40 + 30 * round; i++)
      if (read(pipe_ends[0], &seen, sizeof seen) == sizeof seen) last = seen;
    kill(child, SIGKILL);
    while (read(pipe_ends[0], &seen, sizeof seen) == sizeof seen) last = seen;
    waitpid(child, NULL, 0);
    close(pipe_ends[0]);
    assert_true(last >= 39);
    assert_ok(kit_open_with(k, (struct db_config){0}));
    int64_t there = kit_count(k->db) - before;
    /* One more may have been committed and not told yet, now or (PostgreSQL's backend lives on) before this round. */
    assert_true(there >= last + 1 && there <= last + 3);
    before += there;
    db_close(&k->db);
  }
}

/* ---- the log ---- */

static err insert_large(db_conn *c, void *ctx) {
  str body = {arena_alloc(db_conn_arena(c), 128 * 1024), 128 * 1024};
  memset((char *)(uintptr_t)body.ptr, 'x', body.len);
  return DB_RUN(c, KIT_INSERT, db_conn_arena(c), NULL, DB_S(str_c(ctx)), DB_S(body));
}

/* Some 200 MiB go through the log; checkpoints beside the writing keep it small. */
static void the_log_starts_anew_while_writing_goes_on(void **state) {
  struct kit *k = *state;
  char path[300];
  struct stat s;
  snprintf(path, sizeof path, "%s/test.db-wal", k->dir);
  off_t largest = 0;
  for (int i = 0; i < 1500; i++) {
    char key[16];
    snprintf(key, sizeof key, "%d", i);
    assert_ok(db_write(k->db, insert_large, key));
    if (stat(path, &s) == 0 && s.st_size > largest) largest = s.st_size;
  }
  assert_true(largest > 0 && largest < 128 << 20);
  snprintf(path, sizeof path, "%s/test.db", k->dir);
  assert_int_equal(stat(path, &s), 0);
  assert_int_equal(s.st_mode & 0777, 0600);
  assert_int_equal(kit_count(k->db), 1500);
}

/* ---- a disk that is full, a file that is locked ---- */

static err insert_huge(db_conn *c, void *ctx) {
  struct async_item_ctx *a = ctx;
  str body = {arena_alloc(db_conn_arena(c), 8 << 20), 8 << 20};
  err e = kit_insert(c, &a->item);
  if (err_is(e)) return e;
  memset((char *)(uintptr_t)body.ptr, 'x', body.len);
  return DB_RUN(c, KIT_INSERT, db_conn_arena(c), NULL, DB_S(S("huge")), DB_S(body));
}

static void what_does_not_fit_on_the_disk_fails_alone(void **state) {
  struct kit *k = *state;
  struct gate_ctx g;
  struct tally *t = tally_new();
  struct async_item_ctx items[3] = {0};
  const char *keys[] = {"before", "with the huge one", "after"};
  assert_int_equal(sqlite_exec(k->db->sqlite->writer.handle, "PRAGMA max_page_count=500"), SQLITE_OK);
  hold(k, &g);
  for (int i = 0; i < 3; i++) {
    items[i].tally = t;
    items[i].item.key = keys[i];
    assert_ok(db_write_async(k->db, i == 1 ? insert_huge : insert_async, &items[i], count_done));
  }
  sem_post(&g.open);
  wait_for(t, 3);
  for (int i = 0; i < 3; i++) assert_int_equal(items[i].result.code, i == 1 ? ERR_UNAVAILABLE : ERR_NONE);
  assert_int_equal(kit_count(k->db), 2);
  tally_free(&t);
}

static void nothing_is_written_into_a_file_that_was_moved_away(void **state) {
  struct kit *k = *state;
  const char *path = k->url + strlen("sqlite:");
  char away[256];
  snprintf(away, sizeof away, "%s.away", path);
  const struct {
    const char *why, *from, *to;
    enum err_code code;
  } rows[] = {{"it was moved away", path, away, ERR_UNAVAILABLE}, {"it is there again", away, path, ERR_NONE}};
  for (int i = 0; i < 2; i++) {
    struct tally *t = tally_new();
    struct async_item_ctx item = {.tally = t, .item.key = "again"};
    assert_int_equal(rename(rows[i].from, rows[i].to), 0);
    assert_ok(db_write_async(k->db, insert_async, &item, count_done));
    wait_for(t, 1);
    if (item.result.code != rows[i].code) fail_msg("%s: %d", rows[i].why, (int)item.result.code);
    tally_free(&t);
  }
  assert_int_equal(kit_count(k->db), 1);
}

static void a_lock_of_another_process_is_waited_for(void **state) {
  struct kit *k = *state;
  struct tally *t = tally_new();
  struct async_item_ctx item = {.tally = t, .item.key = "patient"};
  sqlite3 *other = NULL;
  assert_ok(sqlite_handle_open(k->url + strlen("sqlite:"), false, &other));
  assert_int_equal(sqlite_exec(other, "BEGIN IMMEDIATE"), SQLITE_OK);
  assert_ok(db_write_async(k->db, insert_async, &item, count_done));
  struct db_stats stats;
  do db_stats(k->db, &stats);
  while (stats.write_queue);             /* until the committer has it and waits for the lock */
  assert_int_equal(kit_count(k->db), 0); /* readers are not held */
  assert_int_equal(sqlite_exec(other, "COMMIT"), SQLITE_OK);
  sqlite_handle_close(&other);
  wait_for(t, 1);
  assert_int_equal(item.result.code, ERR_NONE);
  tally_free(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      KIT_BOTH(each_function_of_a_batch_stands_or_falls_alone, kit_setup),
      KIT_BOTH(many_threads_write_and_all_is_there, kit_setup),
      KIT_ON_SQLITE(a_batch_whose_commit_fails_is_run_again_one_by_one, kit_setup),
      KIT_ON_SQLITE(a_unique_conflict_within_a_batch_hits_the_second_only, kit_setup),
      KIT_BOTH(a_full_queue_refuses_and_recovers, kit_setup),
      KIT_BOTH(closing_runs_what_is_queued, kit_setup),
      KIT_BOTH(what_was_acknowledged_survives_a_kill, kit_setup),
      KIT_ON_SQLITE(what_does_not_fit_on_the_disk_fails_alone, kit_setup),
      KIT_ON_SQLITE(nothing_is_written_into_a_file_that_was_moved_away, kit_setup),
      KIT_ON_SQLITE(a_lock_of_another_process_is_waited_for, kit_setup),
      KIT_ON_SQLITE(the_log_starts_anew_while_writing_goes_on, kit_setup),
  };
  return kit_run(tests, sizeof tests / sizeof *tests);
}
