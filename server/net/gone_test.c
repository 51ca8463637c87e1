/* Connections and requests that are gone between two steps: each case is one that once read freed memory, waited for
 * nobody, or could have. Run it under AddressSanitizer. */
#include "net/conn.h"
#include "net/testing.h"

#include <sys/socket.h>

enum { LARGE_BYTES = 400 << 10 }; /* more than OUT_HIGH_BYTES, so that the end has to wait for room */

static atomic_int gate, closes_heard;
static _Atomic(http_req *) waiting;
static void wait_for_going(http_req *req, void *user);
static http_server *server;
static char *large;

static void answer(http_req *req, void *user) {
  (void)user;
  http_reply(req, 200, S("text/plain"), S("fine"));
}

static void answer_large(http_req *req, void *user) {
  (void)user;
  http_reply_static(req, 200, S("text/plain"), (str){large, LARGE_BYTES});
}

static void close_again(ws_conn *c, int code, str reason) {
  (void)code, (void)reason;
  ws_close(c, WS_CLOSE_AWAY, S("said too late"));
  assert_false(ws_send_text(c, S("said too late")));
  atomic_fetch_add(&closes_heard, 1);
}

static const struct ws_config talkative = {.message_max_bytes = 1024, .queue_max_bytes = 4096, .close = close_again};

static void open_talkative(http_req *req, void *user) {
  (void)user;
  http_upgrade(req, &talkative, NULL, NULL);
}

static void route(http_req *req, struct http_plan *plan, void *user) {
  (void)user;
  str path = http_path(req);
  *plan = (struct http_plan){.body = str_eq(path, S("/form")) ? HTTP_BODY_MULTIPART : HTTP_BODY_MEMORY,
                             .max_body_bytes = 1 << 20,
                             .memory_bytes = 64 << 10,
                             .max_files = 4,
                             .max_file_bytes = 1 << 20,
                             .handler = str_eq(path, S("/large"))      ? answer_large
                                        : str_eq(path, S("/ws"))       ? open_talkative
                                        : str_starts(path, S("/wait")) ? wait_for_going
                                                                       : answer,
                             .on_loop = str_eq(path, S("/wait-on-loop"))};
}

static void wait_at_gate(void *arg) {
  (void)arg;
  while (!atomic_load(&gate)) rest_ms(1);
}

static void reset(int fd) {
  struct linger now = {.l_onoff = 1};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(fd);
}

/* A form of so many fields; the first 64 KiB of it hold more than are allowed. */
static void add_form(buf *b, int fields) {
  buf body;
  buf_init(&body, 1 << 20);
  for (int i = 0; i < fields; i++)
    buf_printf(&body, "--b\r\nContent-Disposition: form-data; name=\"field%d\"\r\n\r\nx\r\n", i);
  buf_add(&body, S("--b--\r\n"));
  buf_printf(
      b,
      "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: %zu\r\n\r\n",
      body.len);
  buf_add(b, buf_borrow(&body));
  buf_free(&body);
}

static void still_answers(void) {
  int fd = dial(http_server_port(server));
  assert_true(say(fd, S("GET / HTTP/1.1\r\nHost: a\r\n\r\n")));
  assert_int_equal(read_status(fd), 200);
  close(fd);
  WAIT_FOR(stats_of(server).connections_open == 0);
}

/* The worker is held until the whole body is here; then the client goes, or stays, and the first piece is refused. */
static void refuse_form(bool stays, int chunks_behind) {
  atomic_store(&gate, 0);
  assert_true(net_work(http_server_pool(server), wait_at_gate, NULL));
  buf b;
  buf_init(&b, 2 << 20);
  add_form(&b, 2000);
  str bytes = buf_borrow(&b);
  uint64_t before = stats_of(server).bytes_in;
  int fd = dial(http_server_port(server));
  str sent = str_sub(bytes, 0, bytes.len - (size_t)chunks_behind);
  assert_true(say(fd, sent));
  /* More than two chunks wait in the socket; what the spool takes is taken now. */
  size_t taken = sent.len < (128 << 10) ? sent.len : 128 << 10;
  WAIT_FOR(stats_of(server).bytes_in - before >= taken);
  if (!stays) {
    reset(fd);
    WAIT_FOR(stats_of(server).connections_open == 0);
  }
  atomic_store(&gate, 1);
  if (stays) {
    assert_int_equal(read_status(fd), 413);
    close(fd);
  }
  still_answers();
  buf_free(&b);
}

static void a_form_refused_when_its_client_has_gone_harms_nothing(void **state) {
  (void)state;
  refuse_form(false, 0);
  refuse_form(false, 9);
}

static void a_form_refused_when_it_is_whole_is_answered(void **state) {
  (void)state;
  refuse_form(true, 0);
  refuse_form(true, 9);
}

static void a_shut_side_behind_large_answers_ends_with_the_last_of_them(void **state) {
  (void)state;
  int fd = dial_from(http_server_port(server), "127.0.0.1", 4096);
  for (int i = 0; i < 3; i++) assert_true(say(fd, S("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")));
  shutdown(fd, SHUT_WR);
  for (int i = 0; i < 3; i++) assert_int_equal(read_status(fd), 200);
  assert_true(closes(fd, 5000));
  close(fd);
  still_answers();
}

static void a_socket_may_be_closed_in_its_own_close_callback(void **state) {
  (void)state;
  atomic_store(&closes_heard, 0);
  for (int i = 0; i < 20; i++) reset(ws_dial(http_server_port(server), "/ws", NULL, NULL));
  WAIT_FOR(atomic_load(&closes_heard) == 20);
  still_answers();
}

static atomic_int goings;

static void has_gone(http_req *req, void *arg) {
  (void)arg;
  atomic_fetch_add(&goings, 1);
  atomic_store(&waiting, req);
}

static void wait_for_going(http_req *req, void *user) {
  (void)user;
  http_on_gone(req, has_gone, NULL);
}

/* Nothing is read behind a request in work once 16 KiB are kept, so the end of the stream is not read either. */
static void a_waiting_request_hears_of_the_end_behind_bytes_that_are_not_read(void **state) {
  (void)state;
  for (int on_loop = 0; on_loop < 2; on_loop++) {
    atomic_store(&goings, 0);
    atomic_store(&waiting, NULL);
    int fd = dial(http_server_port(server));
    assert_true(say(
        fd, on_loop ? S("GET /wait-on-loop HTTP/1.1\r\nHost: a\r\n\r\n") : S("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")));
    for (int i = 0; i < 2000; i++) assert_true(say(fd, S("GET / HTTP/1.1\r\nHost: a\r\n\r\n")));
    close(fd);
    WAIT_FOR(atomic_load(&goings) == 1);
    http_reply(atomic_load(&waiting), 200, S("text/plain"), S("nobody"));
    still_answers();
  }
}

/* ---- a reply beside the end of its loop ---- */

enum { PARKED_MAX = 64, ROUNDS = 30 };
static _Atomic(http_req *) parked[PARKED_MAX];
static atomic_int parked_count;

static void park(http_req *req, void *user) {
  (void)user;
  int at = atomic_fetch_add(&parked_count, 1);
  atomic_store(&parked[at], req);
}

static void route_to_park(http_req *req, struct http_plan *plan, void *user) {
  (void)req, (void)user;
  *plan = (struct http_plan){.handler = park, .on_loop = true};
}

static void *reply_to_all(void *arg) {
  for (int i = 0; i < PARKED_MAX; i++) {
    if (i % 8 == 0) rest_ms(*(int *)arg % 3);
    http_reply(atomic_load(&parked[i]), 200, S("text/plain"), S("late"));
  }
  return NULL;
}

/* Whether its connection is taken away first or the reply comes first, the request is freed once. */
static void replies_may_race_the_end_of_the_server(void **state) {
  (void)state;
  for (int round = 0; round < ROUNDS; round++) {
    int fds[PARKED_MAX];
    http_server *own = serve((struct http_config){.route = route_to_park, .loops = 2, .workers = 1});
    atomic_store(&parked_count, 0);
    for (int i = 0; i < PARKED_MAX; i++) {
      fds[i] = dial(http_server_port(own));
      assert_true(say(fds[i], S("GET / HTTP/1.1\r\nHost: a\r\n\r\n")));
    }
    WAIT_FOR(atomic_load(&parked_count) == PARKED_MAX);
    for (int i = 0; i < PARKED_MAX; i++) WAIT_FOR(atomic_load(&parked[i]));
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, reply_to_all, &round), 0);
    http_server_stop(own, round % 4);
    http_server_free(&own);
    pthread_join(thread, NULL);
    for (int i = 0; i < PARKED_MAX; i++) {
      close(fds[i]);
      atomic_store(&parked[i], NULL);
    }
  }
}

static int start(void **state) {
  (void)state;
  large = mem_alloc(LARGE_BYTES);
  server = serve((struct http_config){.route = route, .workers = 1});
  return 0;
}

static int stop(void **state) {
  (void)state;
  http_server_stop(server, 2000);
  http_server_free(&server);
  mem_free(&large);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_form_refused_when_its_client_has_gone_harms_nothing),
      cmocka_unit_test(a_form_refused_when_it_is_whole_is_answered),
      cmocka_unit_test(a_shut_side_behind_large_answers_ends_with_the_last_of_them),
      cmocka_unit_test(a_socket_may_be_closed_in_its_own_close_callback),
      cmocka_unit_test(replies_may_race_the_end_of_the_server),
      cmocka_unit_test(a_waiting_request_hears_of_the_end_behind_bytes_that_are_not_read),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
