/* The server as a whole: loops, timers, workers; limits; running out of descriptors; many threads replying; the
 * graceful stop. Run it under ThreadSanitizer too. */
#include "net/loop_internal.h"
#include "net/testing.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

/* ---- the loop and the pool ---- */

static atomic_int ticks, once_runs, order_next, order_wrong;
static net_timer *repeating;

static void tick(void *arg) {
  (void)arg;
  if (atomic_fetch_add(&ticks, 1) == 4) net_timer_stop(&repeating); /* from inside itself */
}

static void run_once(void *arg) {
  (void)arg;
  atomic_fetch_add(&once_runs, 1);
}

static void start_timers(void *arg) {
  net_loop *loop = arg;
  repeating = net_timer_start(loop, 1, 2, tick, NULL);
  for (int i = 0; i < 100; i++) net_timer_start(loop, (i * 37) % 20, 0, run_once, NULL);
  net_timer *stopped = net_timer_start(loop, 1, 0, run_once, NULL);
  net_timer_stop(&stopped);
  assert_null(stopped);
}

static void timers_run_once_or_again_and_stop(void **state) {
  (void)state;
  net_loop *loop = net_loop_new(&clock_system, "test");
  assert_false(err_is(net_loop_start(loop)));
  net_post(loop, start_timers, loop);
  WAIT_FOR(atomic_load(&ticks) == 5 && atomic_load(&once_runs) == 100);
  rest_ms(20);
  assert_int_equal(atomic_load(&ticks), 5);
  assert_int_equal(atomic_load(&once_runs), 100);
  net_loop_free(&loop);
}

static void timers_follow_the_clock_they_are_given(void **state) {
  (void)state;
  clock_manual manual;
  clock_manual_init(&manual, 1000);
  atomic_store(&once_runs, 0);
  net_loop *loop = net_loop_new(&manual.clock, "test");
  net_timer_start(loop, 3600000, 0, run_once, NULL);
  assert_false(err_is(net_loop_start(loop)));
  rest_ms(30);
  assert_int_equal(atomic_load(&once_runs), 0);
  __atomic_store_n(&manual.now_ms, 1000 + 3600000, __ATOMIC_SEQ_CST);
  WAIT_FOR(atomic_load(&once_runs) == 1);
  net_loop_free(&loop);
}

static void in_order(void *arg) {
  int expected = atomic_fetch_add(&order_next, 1);
  if ((int)(intptr_t)arg != expected) atomic_fetch_add(&order_wrong, 1);
}

static void posts_run_in_order_and_before_the_end(void **state) {
  (void)state;
  net_loop *loop = net_loop_new(&clock_system, "test");
  for (int i = 0; i < 1000; i++) net_post(loop, in_order, (void *)(intptr_t)i);
  assert_false(err_is(net_loop_start(loop)));
  for (int i = 1000; i < 20000; i++) net_post(loop, in_order, (void *)(intptr_t)i);
  net_loop_stop(loop);
  assert_int_equal(atomic_load(&order_next), 20000);
  assert_int_equal(atomic_load(&order_wrong), 0);
  assert_false(net_on_loop(loop));
  net_loop_free(&loop);
}

/* Two descriptors are ready in one turn. While the first is heard, another thread posts, and then writes to the second:
 * whoever hears the second must have seen what was posted. */
static atomic_int heard_first, may_go_on, order_obeyed, consequence_heard;

static void hear_first(struct net_watch *w, uint32_t events) {
  (void)events;
  eventfd_t n;
  assert_int_equal(eventfd_read(w->fd, &n), 0);
  atomic_store(&heard_first, 1);
  WAIT_FOR(atomic_load(&may_go_on));
}

static void carry_out(void *arg) {
  (void)arg;
  atomic_store(&order_obeyed, 1);
}

static void hear_consequence(struct net_watch *w, uint32_t events) {
  (void)events;
  eventfd_t n;
  assert_int_equal(eventfd_read(w->fd, &n), 0);
  atomic_store(&consequence_heard, n == 2 && atomic_load(&order_obeyed) ? 1 : -1);
}

static void a_post_is_obeyed_before_what_comes_of_it(void **state) {
  (void)state;
  net_loop *loop = net_loop_new(&clock_system, "test");
  struct net_watch first = {.ready = hear_first, .fd = eventfd(1, EFD_CLOEXEC)};
  struct net_watch second = {.ready = hear_consequence, .fd = eventfd(1, EFD_CLOEXEC)};
  int first_fd = first.fd, second_fd = second.fd;
  assert_true(net_watch_add(loop, &first, EPOLLIN));
  assert_true(net_watch_add(loop, &second, EPOLLIN));
  assert_false(err_is(net_loop_start(loop)));
  WAIT_FOR(atomic_load(&heard_first));
  net_post(loop, carry_out, NULL);
  assert_int_equal(eventfd_write(second_fd, 1), 0);
  atomic_store(&may_go_on, 1);
  WAIT_FOR(atomic_load(&consequence_heard));
  assert_int_equal(atomic_load(&consequence_heard), 1);
  net_loop_free(&loop);
  close(first_fd);
  close(second_fd);
}

static atomic_int jobs_done, gate;

static void job(void *arg) {
  (void)arg;
  while (!atomic_load(&gate)) rest_ms(1);
  atomic_fetch_add(&jobs_done, 1);
}

static void the_work_queue_is_bounded_and_finished(void **state) {
  (void)state;
  net_pool *pool = net_pool_new(2, 10);
  int taken = 0;
  for (int i = 0; i < 2; i++) taken += net_work(pool, job, NULL);
  WAIT_FOR(net_pool_queued(pool) == 0); /* both workers are busy */
  for (int i = 0; i < 50; i++) taken += net_work(pool, job, NULL);
  assert_int_equal(taken, 12);
  atomic_store(&gate, 1);
  net_pool_free(&pool);
  assert_int_equal(atomic_load(&jobs_done), 12);
}

/* ---- routes ---- */

enum { PARKED_MAX = 64 };
static _Atomic(http_req *) parked[PARKED_MAX];
static atomic_int parked_count, park_gate;

static void hold(http_req *req, void *user) { /* keeps the worker */
  (void)user;
  while (!atomic_load(&park_gate)) rest_ms(1);
  http_reply(req, 200, S("text/plain"), S("held"));
}

static void park(http_req *req, void *user) { /* keeps the request only */
  (void)user;
  int at = atomic_load(&parked_count);
  atomic_store(&parked[at], req);
  atomic_store(&parked_count, at + 1);
}

static void gone_while_waiting(http_req *req, void *arg) {
  (void)arg;
  http_reply(req, 200, STR_NONE, STR_NONE);
}

static void wait_long(http_req *req, void *user) { /* a long poll */
  http_on_gone(req, gone_while_waiting, NULL);
  park(req, user);
}

static void *reply_from_thread(void *arg) {
  http_req *req = arg;
  str n = http_query(req, S("n"));
  http_reply(req, 200, S("text/plain"), n);
  return NULL;
}

/* A third of the answers come from the worker, a third from a job of another worker, a third from a new thread. */
static void reply_job(void *arg) { reply_from_thread(arg); }

static void went(http_req *req, void *arg) { (void)req, atomic_fetch_add((atomic_int *)arg, 1); }
static atomic_int gone;
static http_server *server;

static void scatter(http_req *req, void *user) {
  (void)user;
  uint64_t n = 0;
  str_to_u64(http_query(req, S("n")), &n);
  if (n % 5 == 0) http_on_gone(req, went, &gone);
  pthread_t thread;
  if (n % 3 == 1 && net_work(http_server_pool(server), reply_job, req)) return;
  if (n % 31 == 2 && pthread_create(&thread, NULL, reply_from_thread, req) == 0)
    pthread_detach(thread);
  else
    reply_from_thread(req);
}

static void ws_echo(ws_conn *c, int opcode, str payload) {
  ws_frame *f = ws_frame_new(opcode, payload);
  ws_send(c, f);
  ws_frame_unref(&f);
}
static atomic_int ws_closes, ws_opens;
static void ws_opened(ws_conn *c, void *user) { (void)c, (void)user, atomic_fetch_add(&ws_opens, 1); }
static void ws_closed(ws_conn *c, int code, str reason) {
  (void)c, (void)code, (void)reason;
  atomic_fetch_add(&ws_closes, 1);
}
static const struct ws_config socket_config = {
    .open = ws_opened, .message = ws_echo, .close = ws_closed, .deflate = true, .queue_max_bytes = 1 << 20};

static void upgrade(http_req *req, void *user) {
  (void)user;
  http_upgrade(req, &socket_config, NULL, NULL);
}

static void form(http_req *req, void *user) {
  (void)user;
  http_reply(req, 200, S("text/plain"),
             arena_printf(http_arena(req), "%lld", (long long)http_part_at(req, 0)->size_bytes));
}

static void route(http_req *req, struct http_plan *plan, void *user) {
  (void)user;
  str path = http_path(req);
  if (str_eq(path, S("/now"))) {
    http_reply(req, 200, S("text/plain"), http_client_address(req));
    return;
  }
  if (str_eq(path, S("/form"))) {
    *plan = (struct http_plan){.body = HTTP_BODY_MULTIPART,
                               .max_body_bytes = 64 << 20,
                               .memory_bytes = 1000,
                               .max_files = 1,
                               .max_file_bytes = 64 << 20,
                               .handler = form};
    return;
  }
  bool unauthenticated = str_ends(path, S("/unauthenticated"));
  if (!unauthenticated) http_mark_authenticated(req);
  plan->on_loop = str_starts(path, S("/wait"));
  plan->handler = str_eq(path, S("/hold"))       ? hold
                  : str_eq(path, S("/park"))     ? park
                  : str_starts(path, S("/wait")) ? wait_long
                  : str_starts(path, S("/ws"))   ? upgrade
                                                 : scatter;
}

#define NOW "GET /now HTTP/1.1\r\nHost: a\r\n\r\n"

static void stop(void) {
  http_server_stop(server, 3000);
  http_server_free(&server);
}

/* ---- limits ---- */

static void a_full_work_queue_answers_503(void **state) {
  (void)state;
  enum { COUNT = 10 };
  int fds[COUNT], held = 0;
  atomic_store(&park_gate, 0);
  server = serve((struct http_config){.route = route, .workers = 1, .work_queue_max = 4});
  for (int i = 0; i < COUNT; i++) {
    fds[i] = dial(http_server_port(server));
    say(fds[i], S("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"));
    if (i == 0) rest_ms(50); /* the worker has it */
  }
  WAIT_FOR(stats_of(server).responses_by_class[5] == COUNT - 5);
  atomic_store(&park_gate, 1);
  for (int i = 0; i < COUNT; i++) {
    struct answer *a = read_answer(fds[i]);
    assert_true(a->status == 200 || (a->status == 503 && strstr(a->head, "\r\nRetry-After: 1\r\n")));
    held += a->status == 200;
    drop_answer(&a);
    close(fds[i]);
  }
  assert_int_equal(held, 5);
  stop();
}

static void connections_are_bounded_in_total_and_per_address(void **state) {
  (void)state;
  int fds[8];
  server = serve((struct http_config){
      .route = route, .connections_max = 5, .connections_per_address = 3, .trusted_proxies = "127.0.0.9"});
  uint16_t port = http_server_port(server);
  for (int i = 0; i < 3; i++) {
    fds[i] = dial(port);
    say(fds[i], S(NOW));
    assert_int_equal(read_status(fds[i]), 200);
  }
  int over = dial(port);
  assert_true(closes(over, 1000));
  close(over);
  for (int i = 3; i < 5; i++) { /* another address has a share of its own */
    fds[i] = dial_from(port, "127.0.0.2", 0);
    say(fds[i], S(NOW));
    assert_int_equal(read_status(fds[i]), 200);
  }
  over = dial_from(port, "127.0.0.3", 0);
  say(over, S(NOW));
  assert_int_equal(read_status(over), 200); /* five in total: the longest silent has made room */
  assert_true(closes(fds[0], 1000));
  close(over);
  WAIT_FOR(stats_of(server).refused_total == 1); /* counted after it is closed */
  for (int i = 0; i < 5; i++) close(fds[i]);
  WAIT_FOR(stats_of(server).connections_open == 0);
  for (int i = 0; i < 5; i++) { /* the proxy speaks for many; and all places are free again */
    fds[i] = dial_from(port, "127.0.0.9", 0);
    say(fds[i], S("GET /now HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n"));
    struct answer *a = read_answer(fds[i]);
    assert_string_equal(a->body.ptr, "1.2.3.4");
    drop_answer(&a);
  }
  for (int i = 0; i < 5; i++) close(fds[i]);
  stop();
}

/* A route that never answers and a WebSocket of somebody known are no silence. */
static void newcomers_get_in_when_everything_is_taken_by_silence(void **state) {
  (void)state;
  enum { MAX = 40 };
  int fds[MAX];
  char from[20];
  server = serve((struct http_config){
      .route = route, .connections_max = MAX, .connections_per_address = 20, .trusted_proxies = "127.0.0.9"});
  uint16_t port = http_server_port(server);
  atomic_store(&parked_count, 0);
  fds[0] = ws_dial(port, "/ws", NULL, NULL);
  fds[1] = dial(port);
  say(fds[1], S("GET /park HTTP/1.1\r\nHost: a\r\n\r\n"));
  fds[2] = dial_from(port, "127.0.0.9", 0); /* a proxy's */
  WAIT_FOR(atomic_load(&parked_count) == 1);
  for (int i = 3; i < MAX; i++) {
    snprintf(from, sizeof from, "127.0.1.%d", i % 3 + 1);
    fds[i] = dial_from(port, from, 0);
    if (i % 2) say(fds[i], S("GET /now HTTP/1.1\r\nHost: a\r\nX-Slow: "));
    WAIT_FOR(stats_of(server).connections_open == (uint64_t)i + 1);
  }
  for (int i = 3; i < MAX; i++) {
    snprintf(from, sizeof from, "127.0.2.%d", i % 3 + 1);
    int fd = dial_from(port, from, 0);
    say(fd, S(NOW));
    assert_int_equal(read_status(fd), 200);
    assert_true(closes(fds[i], 1000)); /* the oldest first */
    close(fds[i]);
    fds[i] = fd;
  }
  assert_false(closes(fds[0], 1) || closes(fds[1], 1) || closes(fds[2], 1));
  http_reply(atomic_load(&parked[0]), 200, S("text/plain"), S("at last"));
  assert_int_equal(read_status(fds[1]), 200);
  for (int i = 0; i < MAX; i++) close(fds[i]);
  stop();
}

static void silence_near_the_limit_lasts_15_seconds(void **state) {
  (void)state;
  enum { MAX = 16, NEAR = 14 };
  clock_manual manual;
  clock_manual_init(&manual, 1000);
  int fds[MAX];
  server = serve((struct http_config){.route = route, .connections_max = MAX, .clock = &manual.clock});
  uint16_t port = http_server_port(server);
  fds[0] = ws_dial(port, "/ws", NULL, NULL);
  for (int i = 1; i < NEAR - 1; i++) {
    fds[i] = dial(port);
    say(fds[i], S(NOW));
    assert_int_equal(read_status(fds[i]), 200);
  }
  __atomic_add_fetch(&manual.now_ms, 16000, __ATOMIC_SEQ_CST);
  int fd = dial(port); /* one more, and it is near the limit: all that were silent for so long go, and it stays */
  say(fd, S(NOW));
  assert_int_equal(read_status(fd), 200);
  assert_true(stats_of(server).connections_open >= NEAR - 1);
  __atomic_add_fetch(&manual.now_ms, 200, __ATOMIC_SEQ_CST);
  assert_true(closes(fds[1], 2000));
  WAIT_FOR(stats_of(server).connections_open == NEAR - 1); /* no more than needed: it is not near any more */
  assert_false(closes(fds[0], 1) || closes(fds[2], 1));
  say(fd, S(NOW));
  assert_int_equal(read_status(fd), 200);
  close(fd);
  for (int i = 0; i < NEAR - 1; i++) close(fds[i]);
  stop();
}

/* Two exchanges: the loop has gone through a whole turn at the new time. The proxy's connection is spared. */
static void let_pass(clock_manual *manual, int fd, int64_t ms) {
  __atomic_add_fetch(&manual->now_ms, ms, __ATOMIC_SEQ_CST);
  for (int i = 0; i < 2; i++) {
    assert_true(say(fd, S(NOW)));
    assert_int_equal(read_status(fd), 200);
  }
}

static void who_has_been_silent_for_longest_goes_first(void **state) {
  (void)state;
  enum { COUNT = 3 };
  clock_manual manual;
  clock_manual_init(&manual, 1000);
  int fds[COUNT];
  server = serve((struct http_config){
      .route = route, .connections_max = COUNT + 1, .trusted_proxies = "127.0.0.9", .clock = &manual.clock});
  uint16_t port = http_server_port(server);
  int proxy = dial_from(port, "127.0.0.9", 0);
  for (int i = 0; i < COUNT; i++) { /* the first one speaks once more after the second one came */
    let_pass(&manual, proxy, 3000);
    fds[i] = dial(port);
    say(fds[i], S(NOW));
    assert_int_equal(read_status(fds[i]), 200);
    if (i != 1) continue;
    let_pass(&manual, proxy, 1000);
    say(fds[0], S(NOW));
    assert_int_equal(read_status(fds[0]), 200);
  }
  static const int order[COUNT] = {1, 0, 2};
  int newcomers[COUNT];
  for (int i = 0; i < COUNT; i++) {
    let_pass(&manual, proxy, 1000);
    newcomers[i] = dial(port);
    say(newcomers[i], S(NOW));
    assert_int_equal(read_status(newcomers[i]), 200);
    assert_true(closes(fds[order[i]], 2000));
  }
  for (int i = 0; i < COUNT; i++) close(fds[i]), close(newcomers[i]);
  close(proxy);
  stop();
}

/* Through a trusted proxy too: what waits there is one client's. */
static void unauthenticated_sockets_and_polls_are_silent(void **state) {
  (void)state;
  enum { COUNT = 6 };
  static const char *const froms[2] = {"127.0.0.1", "127.0.0.9"};
  int fds[COUNT], newcomers[COUNT];
  server = serve((struct http_config){.route = route, .connections_max = COUNT, .trusted_proxies = "127.0.0.9"});
  uint16_t port = http_server_port(server);
  atomic_store(&parked_count, 0);
  fds[0] = ws_dial(port, "/ws", NULL, NULL);
  fds[1] = dial(port);
  say(fds[1], S("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"));
  WAIT_FOR(atomic_load(&parked_count) == 1);
  for (int i = 2; i < COUNT; i += 2) {
    fds[i] = ws_dial_from(port, froms[i / 2 - 1], "/ws/unauthenticated");
    fds[i + 1] = dial_from(port, froms[i / 2 - 1], 0);
    say(fds[i + 1], S("GET /wait/unauthenticated HTTP/1.1\r\nHost: a\r\n\r\n"));
    WAIT_FOR(atomic_load(&parked_count) == i / 2 + 1);
  }
  for (int i = 2; i < COUNT; i++) {
    newcomers[i] = ws_dial(port, "/ws", NULL, NULL); /* known, so it stays */
    assert_true(closes(fds[i], 2000));
  }
  int late = dial(port);
  assert_int_equal(read_status(late), 503); /* nobody is silent any more */
  assert_false(closes(fds[0], 1) || closes(fds[1], 1));
  http_reply(atomic_load(&parked[0]), 200, S("text/plain"), S("at last"));
  assert_int_equal(read_status(fds[1]), 200);
  for (int i = 2; i < COUNT; i++) close(newcomers[i]);
  for (int i = 0; i < COUNT; i++) close(fds[i]);
  close(late);
  stop();
}

static void running_out_of_descriptors_is_survived(void **state) {
  (void)state;
  enum { COUNT = 60 };
  int fds[COUNT];
  server = serve((struct http_config){.route = route});
  uint16_t port = http_server_port(server);
  fds[0] = dial(port);
  say(fds[0], S(NOW));
  assert_int_equal(read_status(fds[0]), 200);
  struct rlimit before, tight;
  getrlimit(RLIMIT_NOFILE, &before);
  /* The client's sockets count as well, so these are made first and connected under the tight limit. */
  for (int i = 1; i < COUNT; i++) fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  tight = before;
  tight.rlim_cur = (rlim_t)fds[COUNT - 1] + 11;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  for (int i = 1; i < COUNT; i++) assert_int_equal(connect(fds[i], (struct sockaddr *)&to, sizeof to), 0);
  WAIT_FOR(stats_of(server).refused_total > 20); /* those over the limit are closed, not left hanging */
  say(fds[0], S(NOW));
  assert_int_equal(read_status(fds[0]), 200); /* who is in is served */
  for (int i = 1; i < COUNT; i++) close(fds[i]);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
  WAIT_FOR(stats_of(server).connections_open == 1);
  int fd = dial(port); /* and the next one comes in again */
  say(fd, S(NOW));
  assert_int_equal(read_status(fd), 200);
  close(fd);
  close(fds[0]);
  stop();
}

static void a_taken_port_is_told(void **state) {
  (void)state;
  server = serve((struct http_config){.route = route, .loops = 2});
  http_server *second;
  for (int loops = 1; loops <= 2; loops++) {
    struct http_config c = {.route = route, .port = http_server_port(server), .loops = loops};
    err e = http_server_new(&c, &second);
    assert_true(err_is(e));
    assert_non_null(strstr(err_message(&e), "cannot listen on 127.0.0.1"));
    assert_non_null(strstr(err_message(&e), "set PORT to a free port"));
  }
  stop();
}

static void *release_later(void *arg) {
  rest_ms(900);
  atomic_store((atomic_int *)arg, 1);
  return NULL;
}

static void an_upload_waits_for_a_busy_disk_and_is_not_blamed(void **state) {
  (void)state;
  enum { BYTES = 16 << 20 };
  char *bytes = mem_alloc(BYTES), head[256];
  atomic_store(&park_gate, 0);
  server = serve((struct http_config){
      .route = route, .workers = 1, .body_window_ms = 400, .body_min_bytes_per_s = 16 << 10, .write_timeout_ms = 5000});
  uint16_t port = http_server_port(server);
  int holder = dial(port), fd = dial(port);
  say(holder, S("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"));
  rest_ms(50); /* the only worker is taken: nothing can be written to disk */
  pthread_t thread;
  pthread_create(&thread, NULL, release_later, &park_gate);
  str begin = S("--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n"), end = S("\r\n--b--\r\n");
  int n = snprintf(head, sizeof head,
                   "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                   "Content-Length: %zu\r\n\r\n",
                   begin.len + BYTES + end.len);
  assert_true(say(fd, (str){head, (size_t)n}) && say(fd, begin) && say(fd, (str){bytes, BYTES}) && say(fd, end));
  struct answer *a = read_answer(fd);
  assert_int_equal(a->status, 200);
  assert_string_equal(a->body.ptr, "16777216");
  drop_answer(&a);
  assert_int_equal(read_status(holder), 200);
  pthread_join(thread, NULL);
  close(fd);
  close(holder);
  mem_free(&bytes);
  stop();
}

/* ---- many threads ---- */

struct client {
  pthread_t thread;
  uint16_t port;
  int number;
};

static void *http_client_of_the_storm(void *arg) {
  struct client *c = arg;
  for (int round = 0; round < 15; round++) {
    int fd = dial(c->port);
    buf b;
    buf_init(&b, 1 << 16);
    for (int i = 0; i < 20; i++) buf_printf(&b, "GET /scatter?n=%d HTTP/1.1\r\nHost: a\r\n\r\n", round * 20 + i);
    say(fd, buf_borrow(&b));
    int hear = round % 4 == c->number % 4 ? 7 : 20; /* some leave in the middle */
    for (int i = 0; i < hear; i++) {
      struct answer *a = read_answer(fd);
      char expected[16];
      snprintf(expected, sizeof expected, "%d", round * 20 + i);
      assert_int_equal(a->status, 200);
      assert_string_equal(a->body.ptr, expected);
      drop_answer(&a);
    }
    buf_free(&b);
    close(fd);
  }
  return NULL;
}

static void *ws_client_of_the_storm(void *arg) {
  struct client *c = arg;
  char text[400];
  memset(text, 'x', sizeof text);
  for (int round = 0; round < 8; round++) {
    int fd = ws_dial(c->port, "/ws", round % 2 ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : NULL, NULL);
    for (int i = 0; i < 30; i++) say_frame(fd, 0x81, (str){text, (size_t)(i * 13)});
    for (int i = 0; i < 30; i++) assert_true(hear_frame(fd, NULL) > 0);
    if (round % 2) {
      say_frame(fd, 0x88, S("\x03\xE8"));
      assert_int_equal(hear_close(fd), 1000);
    }
    close(fd);
  }
  return NULL;
}

static void a_storm_of_threads_gets_every_answer_once(void **state) {
  (void)state;
  enum { CLIENTS = 8 };
  struct client clients[CLIENTS];
  atomic_store(&ws_opens, 0);
  atomic_store(&ws_closes, 0);
  server = serve((struct http_config){.route = route, .workers = 4, .loops = 2});
  for (int i = 0; i < CLIENTS; i++) {
    clients[i] = (struct client){.port = http_server_port(server), .number = i};
    pthread_create(&clients[i].thread, NULL, i % 4 == 3 ? ws_client_of_the_storm : http_client_of_the_storm,
                   &clients[i]);
  }
  for (int i = 0; i < CLIENTS; i++) pthread_join(clients[i].thread, NULL);
  WAIT_FOR(stats_of(server).connections_open == 0);
  assert_int_equal(atomic_load(&ws_opens), 16);
  assert_int_equal(atomic_load(&ws_closes), 16);
  assert_int_equal(stats_of(server).websockets_open, 0);
  stop();
}

/* ---- stopping ---- */

static void *stop_in_thread(void *arg) {
  http_server_stop(arg, 5000);
  return NULL;
}

static void a_graceful_stop_answers_what_it_has(void **state) {
  (void)state;
  atomic_store(&parked_count, 0);
  atomic_store(&ws_closes, 0);
  server = serve((struct http_config){.route = route, .workers = 2});
  uint16_t port = http_server_port(server);
  int idle = dial(port), waiting = dial(port), socket = ws_dial(port, "/ws", NULL, NULL);
  say(idle, S(NOW));
  assert_int_equal(read_status(idle), 200);
  say(waiting, S("GET /park HTTP/1.1\r\nHost: a\r\n\r\n"));
  WAIT_FOR(atomic_load(&parked_count) == 1);
  http_req *req = atomic_load(&parked[0]);
  pthread_t stopper;
  pthread_create(&stopper, NULL, stop_in_thread, server);
  assert_true(closes(idle, 1000));
  assert_int_equal(hear_close(socket), 1001);
  say_frame(socket, 0x88, S("\x03\xE9"));
  assert_true(closes(socket, 1000));
  http_reply(req, 200, S("text/plain"), S("after all"));
  struct answer *a = read_answer(waiting);
  assert_int_equal(a->status, 200);
  assert_non_null(strstr(a->head, "\r\nConnection: close\r\n"));
  drop_answer(&a);
  close(waiting);
  pthread_join(stopper, NULL);
  assert_int_equal(atomic_load(&ws_closes), 1);
  close(idle);
  close(socket);
  http_server_free(&server);
}

static void note_post(void *arg) { *(bool *)arg = true; }

static void what_is_posted_after_the_stop_runs_before_its_owner_goes(void **state) {
  (void)state;
  bool *ran = mem_alloc(sizeof *ran);
  server = serve((struct http_config){.route = route, .loops = 2});
  http_server_stop(server, 100);
  net_post(http_server_loop(server, 1), note_post, ran);
  http_server_settle(server);
  assert_true(*ran);
  mem_free(&ran);
  http_server_free(&server);
}

static void a_stop_that_is_out_of_patience_ends_all_the_same(void **state) {
  (void)state;
  atomic_store(&parked_count, 0);
  server = serve((struct http_config){.route = route, .workers = 2});
  uint16_t port = http_server_port(server);
  int waiting = dial(port), silent = ws_dial(port, "/ws", NULL, NULL);
  say(waiting, S("GET /park HTTP/1.1\r\nHost: a\r\n\r\n"));
  WAIT_FOR(atomic_load(&parked_count) == 1);
  int64_t began = clock_steady_ms(&clock_system);
  http_server_stop(server, 200);
  assert_true(clock_steady_ms(&clock_system) - began < 1500);
  assert_true(closes(waiting, 1000));
  http_server_free(&server);
  /* The request has outlived the server itself. */
  http_req *req = atomic_load(&parked[0]);
  assert_true(http_client_gone(req));
  assert_true(str_eq(http_path(req), S("/park")));
  http_reply(req, 200, S("text/plain"), S("too late"));
  close(waiting);
  close(silent);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(timers_run_once_or_again_and_stop),
      cmocka_unit_test(timers_follow_the_clock_they_are_given),
      cmocka_unit_test(posts_run_in_order_and_before_the_end),
      cmocka_unit_test(a_post_is_obeyed_before_what_comes_of_it),
      cmocka_unit_test(the_work_queue_is_bounded_and_finished),
      cmocka_unit_test(a_full_work_queue_answers_503),
      cmocka_unit_test(connections_are_bounded_in_total_and_per_address),
      cmocka_unit_test(newcomers_get_in_when_everything_is_taken_by_silence),
      cmocka_unit_test(silence_near_the_limit_lasts_15_seconds),
      cmocka_unit_test(who_has_been_silent_for_longest_goes_first),
      cmocka_unit_test(unauthenticated_sockets_and_polls_are_silent),
      cmocka_unit_test(running_out_of_descriptors_is_survived),
      cmocka_unit_test(a_taken_port_is_told),
      cmocka_unit_test(an_upload_waits_for_a_busy_disk_and_is_not_blamed),
      cmocka_unit_test(a_storm_of_threads_gets_every_answer_once),
      cmocka_unit_test(a_graceful_stop_answers_what_it_has),
      cmocka_unit_test(what_is_posted_after_the_stop_runs_before_its_owner_goes),
      cmocka_unit_test(a_stop_that_is_out_of_patience_ends_all_the_same),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
