/* What only a server can do to us: restart, cut connections at the worst moment, vanish. A small proxy stands between
 * where the moment must be exact. */
#include "db/db_test_kit.h"
#include "db/postgres_internal.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* ---- a proxy that can be told to misbehave ---- */

enum mode {
  PROXY_HONEST,
  PROXY_LOSE_ANSWER, /* the next COMMIT arrives, its answer does not */
  PROXY_LOSE_COMMIT, /* the next COMMIT does not arrive, and the server is not told that the client has gone */
  PROXY_SILENT,      /* accepts and says nothing */
};

struct proxy {
  int listening;
  uint16_t port, server_port;
  atomic_int mode;
  atomic_bool stop;
  atomic_int lost; /* how many COMMITs were interfered with */
  pthread_t thread;
  struct {
    int client, server; /* -1: closed */
  } pairs[64];
  int count;
};

static int connect_to(uint16_t port) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0) return fd;
  close(fd);
  return -1;
}

static void close_end(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

/* Moves what has come; false at an end. A COMMIT is a message of its own: 'Q', length, "COMMIT", NUL. */
static bool forward(struct proxy *p, int i, bool from_client) {
  char bytes[16384];
  int from = from_client ? p->pairs[i].client : p->pairs[i].server;
  int to = from_client ? p->pairs[i].server : p->pairs[i].client;
  ssize_t n = read(from, bytes, sizeof bytes);
  if (n <= 0) return false;
  int mode = atomic_load(&p->mode);
  bool is_commit = from_client && n == 12 && bytes[0] == 'Q' && memcmp(bytes + 5, "COMMIT", 6) == 0;
  if (is_commit && (mode == PROXY_LOSE_ANSWER || mode == PROXY_LOSE_COMMIT)) {
    atomic_store(&p->mode, PROXY_HONEST);
    atomic_fetch_add(&p->lost, 1);
    if (mode == PROXY_LOSE_ANSWER) {
      (void)!write(to, bytes, (size_t)n);
      (void)!read(to, bytes, sizeof bytes); /* it has been committed now */
      return false;
    }
    close_end(&p->pairs[i].client); /* and the server's end stays open */
    return true;
  }
  return write(to, bytes, (size_t)n) == n;
}

static void *run_proxy(void *arg) {
  struct proxy *p = arg;
  while (!atomic_load(&p->stop)) {
    struct pollfd fds[129] = {{.fd = p->listening, .events = POLLIN}};
    for (int i = 0; i < p->count; i++) {
      fds[1 + 2 * i] = (struct pollfd){.fd = p->pairs[i].client, .events = POLLIN};
      fds[2 + 2 * i] = (struct pollfd){.fd = p->pairs[i].server, .events = POLLIN};
    }
    int count = p->count;
    if (poll(fds, (nfds_t)(1 + 2 * count), 10) <= 0) continue;
    if (fds[0].revents) {
      int client = accept(p->listening, NULL, NULL);
      int server = atomic_load(&p->mode) == PROXY_SILENT ? -1 : connect_to(p->server_port);
      assert_true(p->count < 64);
      p->pairs[p->count].client = client;
      p->pairs[p->count++].server = server;
    }
    for (int i = 0; i < 2 * count; i++) {
      if (!fds[1 + i].revents || atomic_load(&p->mode) == PROXY_SILENT) continue;
      if (forward(p, i / 2, i % 2 == 0)) continue;
      close_end(&p->pairs[i / 2].client);
      close_end(&p->pairs[i / 2].server);
      i |= 1;
    }
  }
  for (int i = 0; i < p->count; i++) close_end(&p->pairs[i].client), close_end(&p->pairs[i].server);
  return NULL;
}

/* Puts a proxy into the kit's address and opens anew. */
static struct proxy *proxy_new(struct kit *k, int writers) {
  struct proxy *p = mem_alloc(sizeof *p);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  char url[DB_URL_MAX];
  int64_t port = 0;
  p->listening = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(bind(p->listening, (struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(listen(p->listening, 16), 0);
  getsockname(p->listening, (struct sockaddr *)&at, &size);
  p->port = ntohs(at.sin_port);
  char *host = strrchr(k->url, '@') + 1, *colon = strchr(host, ':'), *slash = strchr(colon, '/');
  assert_true(str_to_i64(str_n(colon + 1, (size_t)(slash - colon - 1)), &port));
  p->server_port = (uint16_t)port;
  snprintf(url, sizeof url, "%.*s127.0.0.1:%d%s", (int)(host - k->url), k->url, p->port, slash);
  snprintf(k->url, sizeof k->url, "%s", url);
  pthread_create(&p->thread, NULL, run_proxy, p);
  db_close(&k->db);
  assert_ok(kit_open_with(k, (struct db_config){.writers = writers}));
  return p;
}

static void proxy_free(struct kit *k, struct proxy **out) {
  struct proxy *p = *out;
  db_close(&k->db);
  atomic_store(&p->stop, true);
  pthread_join(p->thread, NULL);
  close(p->listening);
  mem_free(out);
}

/* ---- a COMMIT that was cut off ---- */

static void a_commit_whose_answer_is_lost_is_not_repeated(void **state) {
  struct kit *k = *state;
  struct proxy *p = proxy_new(k, 1);
  for (int i = 0; i < 5; i++) {
    char key[16];
    snprintf(key, sizeof key, "key %d", i);
    struct kit_item item = {.key = key};
    atomic_store(&p->mode, PROXY_LOSE_ANSWER);
    assert_ok(db_write(k->db, kit_insert, &item));
    assert_int_equal(item.runs, 1);
  }
  assert_int_equal(atomic_load(&p->lost), 5);
  assert_int_equal(kit_count(k->db), 5);
  proxy_free(k, &p);
}

static void a_commit_that_never_arrived_is_made_again(void **state) {
  struct kit *k = *state;
  struct proxy *p = proxy_new(k, 1);
  struct kit_item item = {.key = "one"};
  atomic_store(&p->mode, PROXY_LOSE_COMMIT);
  assert_ok(db_write(k->db, kit_insert, &item));
  assert_int_equal(item.runs, 2);
  assert_int_equal(kit_count(k->db), 1);
  proxy_free(k, &p);
}

static void a_silent_server_does_not_hold_ping(void **state) {
  struct kit *k = *state;
  struct proxy *p = proxy_new(k, 1);
  assert_ok(db_ping(k->db));
  atomic_store(&p->mode, PROXY_SILENT);
  int64_t started = thread_now_ms();
  assert_err(db_ping(k->db), ERR_UNAVAILABLE);
  assert_in_range(thread_now_ms() - started, 1500, 4500);
  proxy_free(k, &p);
}

/* ---- the server's own doing ---- */

struct writer_state_ctx {
  db *db;
  atomic_bool stop;
  atomic_int acknowledged, refused;
};

/* Nothing unique: a doubled write would stay unseen by the database. */
static err insert_kind(db_conn *c, void *ctx) {
  (void)ctx;
  return DB_RUN(c, KIT_CHECKED, NULL, NULL, DB_I(1), DB_NULL, DB_NULL);
}
static void *keep_writing(void *arg) {
  struct writer_state_ctx *w = arg;
  while (!atomic_load(&w->stop)) {
    err e = db_write(w->db, insert_kind, NULL);
    atomic_fetch_add(err_is(e) ? &w->refused : &w->acknowledged, 1);
  }
  return NULL;
}

static int64_t count_kinds(const struct kit *k) { return kit_ask(k->url, "SELECT count(*) FROM kinds"); }

static void wait_for_writes(struct writer_state_ctx *w, int more) {
  int until = atomic_load(&w->acknowledged) + more;
  int64_t give_up_ms = thread_now_ms() + 60000;
  while (atomic_load(&w->acknowledged) < until) {
    if (thread_now_ms() > give_up_ms) fail_msg("no %d writes in a minute", more);
    db_sleep_ms(1);
  }
}

/* Runs writers before, during and after `disturb`; gives how many writes were refused. */
static int write_through(struct kit *k, void (*disturb)(struct kit *k)) {
  struct writer_state_ctx w = {.db = k->db};
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, keep_writing, &w);
  wait_for_writes(&w, 50);
  disturb(k);
  wait_for_writes(&w, 50);
  atomic_store(&w.stop, true);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  int acknowledged = atomic_load(&w.acknowledged), refused = atomic_load(&w.refused);
  int64_t there = count_kinds(k);
  if (there < acknowledged || there > acknowledged + refused)
    fail_msg("%d acknowledged, %d refused, %lld there", acknowledged, refused, (long long)there);
  return refused;
}

static void restart_server(const char *mode) {
  const char *command = getenv("TEST_POSTGRES_RESTART");
  pid_t child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", command, mode, (char *)NULL);
    _exit(127);
  }
  int status = -1;
  waitpid(child, &status, 0);
  assert_int_equal(status, 0);
}
static void restart_fast(struct kit *k) {
  (void)k;
  restart_server("fast");
}
static void crash(struct kit *k) {
  (void)k;
  restart_server("immediate");
}
static void cut_connections(struct kit *k) {
  char sql[256];
  snprintf(sql, sizeof sql,
           "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '%s' AND pid <> "
           "pg_backend_pid()",
           k->name);
  for (int i = 0; i < 60; i++) {
    assert_true(kit_ask(kit_postgres_url(), sql) >= 0);
    db_sleep_ms(10);
  }
}

static void a_restart_in_the_middle_loses_and_doubles_nothing(void **state) {
  if (!getenv("TEST_POSTGRES_RESTART")) skip();
  assert_int_equal(write_through(*state, restart_fast), 0);
}
static void a_crash_of_the_server_loses_and_doubles_nothing(void **state) {
  if (!getenv("TEST_POSTGRES_RESTART")) skip();
  int refused = write_through(*state, crash);
  assert_in_range(refused, 0, 4); /* at most what was being committed, and only where the server cannot tell */
}
static void cut_connections_lose_and_double_nothing(void **state) {
  assert_int_equal(write_through(*state, cut_connections), 0);
}

static void a_session_lost_while_idle_is_not_noticed(void **state) {
  struct kit *k = *state;
  struct kit_item one = {.key = "one"}, two = {.key = "two"};
  assert_ok(db_write(k->db, kit_insert, &one));
  assert_int_equal(kit_count(k->db), 1);
  cut_connections(k);
  assert_ok(db_ping(k->db));
  assert_ok(db_write(k->db, kit_insert, &two));
  assert_int_equal(kit_count(k->db), 2);
}

/* ---- doubts after a crash, by transactions whose fate is known ---- */

static enum postgres_verdict ask(struct kit *k, int64_t xid, const char *incarnation) {
  struct postgres_doubt doubt = {.backend_pid = 1};
  snprintf(doubt.xid, sizeof doubt.xid, "%lld", (long long)xid);
  struct postgres_conn *c = &k->db->postgres->readers.conns[0];
  assert_ok(postgres_conn_ensure(c, 5));
  snprintf(doubt.incarnation, sizeof doubt.incarnation, "%s", incarnation ? incarnation : c->incarnation);
  return postgres_resolve(c, &doubt);
}

static const char write_and_tell[] = "INSERT INTO kinds (n) VALUES (1) RETURNING pg_current_xact_id()::text::bigint";

static void after_a_crash_a_reused_id_is_not_mistaken(void **state) {
  if (!getenv("TEST_POSTGRES_RESTART")) skip();
  struct kit *k = *state;
  char before[POSTGRES_INCARNATION_SIZE];
  int64_t committed = kit_ask(k->url, write_and_tell);
  assert_int_equal(ask(k, committed, NULL), POSTGRES_COMMITTED);
  snprintf(before, sizeof before, "%s", k->db->postgres->readers.conns[0].incarnation);
  assert_true(before[0] != 0);
  crash(k);
  int64_t after = kit_ask(k->url, write_and_tell);
  assert_int_equal(ask(k, committed, before), POSTGRES_COMMITTED); /* it had left traces */
  assert_int_equal(ask(k, after, before), POSTGRES_ABORTED);       /* of that name there was one that left none */
  assert_int_equal(ask(k, after, NULL), POSTGRES_COMMITTED);       /* the one of today is */
  assert_int_equal(ask(k, after + 1000, before), POSTGRES_ABORTED);
}

/* ---- promises to others ---- */

struct seen_xid_ctx {
  bool at_once;
};
static err look_at_xid(db_conn *c, void *ctx) {
  struct db_rows rows;
  err e = db_run(c, KIT_XID, NULL, 0, db_conn_arena(c), &rows);
  if (!err_is(e)) ((struct seen_xid_ctx *)ctx)->at_once = !db_at(&rows, 0, 0)->null;
  return e;
}

static void a_write_has_its_id_before_its_first_statement(void **state) {
  struct kit *k = *state;
  struct seen_xid_ctx write = {0}, reading = {.at_once = true};
  assert_ok(db_write(k->db, look_at_xid, &write));
  assert_true(write.at_once);
  assert_ok(db_read(k->db, look_at_xid, &reading));
  assert_false(reading.at_once);
}

static err look_at_jit(db_conn *c, void *ctx) {
  struct db_rows rows;
  err e = db_run_text(c, S("SELECT current_setting('jit')"), NULL, 0, db_conn_arena(c), &rows);
  if (!err_is(e)) *(bool *)ctx = str_eq(db_at(&rows, 0, 0)->s, S("off"));
  return e;
}

/* A write's plans carry the penalty of a sequential scan, which would start the compiler. */
static void a_write_compiles_no_plan(void **state) {
  struct kit *k = *state;
  bool off = false;
  assert_ok(db_write(k->db, look_at_jit, &off));
  assert_true(off);
}

/* Whoever holds a value of the sequence has an id below every one that is given out after. */
static void no_sequence_value_is_drawn_without_an_id(void **state) {
  struct kit *k = *state;
  struct writer_state_ctx w = {.db = k->db};
  struct kit_item item = {.key = "late"};
  pthread_t threads[4];
  assert_ok(db_write(k->db, kit_insert, &item));
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, keep_writing, &w);
  for (int i = 0; i < 50; i++) {
    int64_t broken = kit_ask(k->url, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                                     "query ILIKE 'INSERT%' AND state = 'active' AND backend_xid IS NULL");
    assert_int_equal(broken, 0);
  }
  atomic_store(&w.stop, true);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
}

static err read_star(db_conn *c, void *ctx) {
  struct db_rows rows;
  err e = db_run(c, KIT_STAR, NULL, 0, db_conn_arena(c), &rows);
  *(size_t *)ctx = rows.columns;
  return e;
}

static void a_migration_under_a_running_node_is_survived(void **state) {
  struct kit *k = *state;
  size_t columns = 0;
  assert_ok(db_read(k->db, read_star, &columns));
  assert_int_equal(columns, 2);
  kit_ask(k->url, "ALTER TABLE account ADD COLUMN note TEXT");
  assert_ok(db_read(k->db, read_star, &columns));
  assert_int_equal(columns, 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      KIT_ON_POSTGRES(a_commit_whose_answer_is_lost_is_not_repeated, kit_setup),
      KIT_ON_POSTGRES(a_commit_that_never_arrived_is_made_again, kit_setup),
      KIT_ON_POSTGRES(a_silent_server_does_not_hold_ping, kit_setup),
      KIT_ON_POSTGRES(a_restart_in_the_middle_loses_and_doubles_nothing, kit_setup),
      KIT_ON_POSTGRES(a_crash_of_the_server_loses_and_doubles_nothing, kit_setup),
      KIT_ON_POSTGRES(cut_connections_lose_and_double_nothing, kit_setup),
      KIT_ON_POSTGRES(a_session_lost_while_idle_is_not_noticed, kit_setup),
      KIT_ON_POSTGRES(after_a_crash_a_reused_id_is_not_mistaken, kit_setup),
      KIT_ON_POSTGRES(a_write_has_its_id_before_its_first_statement, kit_setup),
      KIT_ON_POSTGRES(a_write_compiles_no_plan, kit_setup),
      KIT_ON_POSTGRES(no_sequence_value_is_drawn_without_an_id, kit_setup),
      KIT_ON_POSTGRES(a_migration_under_a_running_node_is_survived, kit_setup),
  };
  return kit_run(tests, sizeof tests / sizeof *tests);
}
