/* Who may send a body, and how much of bodies is held: admission before the first byte, the budget of memory and disk,
 * a disk that is full. */
#include "net/testing.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>

enum { MEMORY_MAX = 1 << 20, PER_ADDRESS = 512 << 10, SPOOL_MAX = 600 << 10, SPOOL_PER_ADDRESS = 400 << 10 };

static http_server *server;
static uint16_t port;
static char spool_dir[64];
static atomic_int asked, gate, holds, released;

static void answer(http_req *req, void *user) {
  (void)user;
  char text[64];
  int n = snprintf(text, sizeof text, "%zu", http_is_multipart(req) ? http_part_count(req) : http_body_of(req).len);
  http_reply(req, 200, S("text/plain"), (str){text, (size_t)n});
}

static bool admit(http_req *req, void *user) {
  (void)user;
  atomic_fetch_add(&asked, 1);
  while (!atomic_load(&gate)) rest_ms(1);
  if (str_eq(http_header_of(req, S("authorization")), S("yes"))) {
    http_mark_authenticated(req);
    return true;
  }
  http_reply_err(req, err_make(ERR_UNAUTHORIZED));
  return false;
}

/* Keeps the loop until it is let go, the first request by the first release. */
static void hold_loop(http_req *req, void *user) {
  int mine = atomic_fetch_add(&holds, 1) + 1;
  while (atomic_load(&released) < mine) rest_ms(1);
  answer(req, user);
}

static void route(http_req *req, struct http_plan *plan, void *user) {
  (void)user;
  str path = http_path(req);
  if (!str_starts(path, S("/unauthenticated")) && !str_starts(path, S("/guarded"))) http_mark_authenticated(req);
  *plan = (struct http_plan){.body = str_eq(path, S("/form")) ? HTTP_BODY_MULTIPART : HTTP_BODY_MEMORY,
                             .max_body_bytes = 2 << 20,
                             .memory_bytes = 64 << 10,
                             .max_files = 4,
                             .max_file_bytes = 2 << 20,
                             .admit = str_starts(path, S("/guarded")) ? admit : NULL,
                             .handler = str_eq(path, S("/hold")) ? hold_loop : answer,
                             .on_loop = str_eq(path, S("/hold"))};
}

static int start(void **state) {
  (void)state;
  signal(SIGXFSZ, SIG_IGN);
  snprintf(spool_dir, sizeof spool_dir, "/tmp/switchboard-admit-XXXXXX");
  assert_non_null(mkdtemp(spool_dir));
  server = serve((struct http_config){.route = route,
                                      .workers = 2,
                                      .spool_dir = spool_dir,
                                      .trusted_proxies = "127.0.0.9",
                                      .body_memory_max = MEMORY_MAX,
                                      .body_memory_per_address = PER_ADDRESS,
                                      .spool_max = SPOOL_MAX,
                                      .spool_per_address = SPOOL_PER_ADDRESS});
  port = http_server_port(server);
  return 0;
}

static int spooled_files(void) {
  int n = 0;
  DIR *d = opendir(spool_dir);
  for (struct dirent *e; (e = readdir(d));) n += e->d_name[0] != '.';
  closedir(d);
  return n;
}

static void nothing_is_held(void) {
  WAIT_FOR(stats_of(server).connections_open == 0);
  WAIT_FOR(stats_of(server).body_bytes_held == 0 && stats_of(server).spool_bytes_held == 0 && spooled_files() == 0);
}

static int stop(void **state) {
  (void)state;
  nothing_is_held();
  http_server_stop(server, 2000);
  http_server_free(&server);
  rmdir(spool_dir);
  return 0;
}

/* ---- admission ---- */

struct asking {
  const char *why, *head;
  str body;
  bool wait_for_continue, shut;
  int status;
};

static void the_head_alone_decides_whether_a_body_is_taken(void **state) {
  (void)state;
  static const struct asking rows[] = {
      {"admitted, with the body at once", "Authorization: yes\r\nContent-Length: 5\r\n", STR_INIT("hello"), false,
       false, 200},
      {"admitted, and told to go on only then", "Authorization: yes\r\nExpect: 100-continue\r\nContent-Length: 5\r\n",
       STR_INIT("hello"), true, false, 200},
      {"admitted, and all of it was said", "Authorization: yes\r\nContent-Length: 5\r\n", STR_INIT("hello"), false,
       true, 200},
      {"refused, and never told to go on", "Expect: 100-continue\r\nContent-Length: 5\r\n", STR_NONE, false, false,
       401},
      {"refused before the body came", "Content-Length: 1000000\r\n", STR_NONE, false, false, 401},
      {"refused, with the body at once", "Content-Length: 5\r\n", STR_INIT("hello"), false, false, 401},
      {"refused without a body", "", STR_NONE, false, false, 401},
      {"admitted without a body", "Authorization: yes\r\n", STR_NONE, false, false, 200},
      {"chunked and admitted", "Authorization: yes\r\nTransfer-Encoding: chunked\r\n",
       STR_INIT("5\r\nhello\r\n0\r\n\r\n"), false, false, 200},
      {"chunked and refused", "Transfer-Encoding: chunked\r\n", STR_NONE, false, false, 401},
  };
  atomic_store(&gate, 1);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const struct asking *r = &rows[i];
    char head[512];
    int fd = dial(port), n = snprintf(head, sizeof head, "POST /guarded HTTP/1.1\r\nHost: a\r\n%s\r\n", r->head);
    assert_true(say(fd, (str){head, (size_t)n}));
    if (r->wait_for_continue) assert_int_equal(read_status(fd), 100);
    if (r->body.len) say(fd, r->body);
    if (r->shut) shutdown(fd, SHUT_WR);
    struct answer *a = read_answer(fd);
    if (a->status != r->status) fail_msg("%s: %d", r->why, a->status);
    if (r->status == 200) assert_string_equal(a->body.ptr, r->body.len ? "5" : "0");
    drop_answer(&a);
    close(fd);
  }
  nothing_is_held();
}

/* The loop runs what is posted before each descriptor that is ready. So in one turn it learns whether the body is
 * admitted, and then reads the end of the stream, while what came of the body is still kept. The first hold lets both
 * descriptors become ready, the second one, read first, lets the admission be posted between them. */
static void admission_and_end_in_one_turn(str request, int status) {
  atomic_store(&gate, 0);
  atomic_store(&asked, 0);
  atomic_store(&holds, 0);
  atomic_store(&released, 0);
  uint64_t before = stats_of(server).bytes_in;
  int fd = dial(port), first = dial(port), second = dial(port);
  assert_true(say(fd, request));
  WAIT_FOR(atomic_load(&asked) == 1 && stats_of(server).bytes_in - before == request.len);
  str hold = S("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_true(say(first, hold));
  WAIT_FOR(atomic_load(&holds) == 1);
  assert_true(say(second, hold));
  shutdown(fd, SHUT_WR);
  atomic_store(&released, 1);
  WAIT_FOR(atomic_load(&holds) == 2);
  atomic_store(&gate, 1);
  rest_ms(50); /* for the worker's post; if it comes later still, the test passes without proving anything */
  atomic_store(&released, 2);
  assert_int_equal(read_status(fd), status);
  assert_int_equal(read_status(first), 200);
  assert_int_equal(read_status(second), 200);
  close(fd);
  close(first);
  close(second);
  nothing_is_held();
}

static void a_whole_body_counts_though_its_end_is_read_before_it_is_taken(void **state) {
  (void)state;
  admission_and_end_in_one_turn(
      S("POST /guarded HTTP/1.1\r\nHost: a\r\nAuthorization: yes\r\nContent-Length: 5\r\n\r\nhello"), 200);
}

static void a_refusal_leaves_though_the_end_is_read_in_the_same_turn(void **state) {
  (void)state;
  admission_and_end_in_one_turn(S("POST /guarded HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"), 401);
  admission_and_end_in_one_turn(S("POST /guarded HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel"), 401);
  admission_and_end_in_one_turn(S("POST /guarded HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"), 401);
}

static void not_a_byte_of_a_body_is_kept_before_it_is_admitted(void **state) {
  (void)state;
  static char body[300 << 10];
  atomic_store(&gate, 0);
  atomic_store(&asked, 0);
  int fd = dial(port);
  assert_true(say(fd, S("POST /guarded HTTP/1.1\r\nHost: a\r\nAuthorization: yes\r\nContent-Length: 307200\r\n\r\n")));
  WAIT_FOR(atomic_load(&asked) == 1);
  assert_int_equal(stats_of(server).body_bytes_held, 0);
  atomic_store(&gate, 1);
  assert_true(say(fd, (str){body, sizeof body}));
  assert_int_equal(read_status(fd), 200);
  close(fd);
  nothing_is_held();
}

static void a_client_may_go_while_it_is_asked_about(void **state) {
  (void)state;
  for (int admitted = 0; admitted < 2; admitted++) {
    atomic_store(&gate, 0);
    atomic_store(&asked, 0);
    int fd = dial(port);
    say(fd, admitted ? S("POST /guarded HTTP/1.1\r\nHost: a\r\nAuthorization: yes\r\nContent-Length: 5\r\n\r\n")
                     : S("POST /guarded HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"));
    WAIT_FOR(atomic_load(&asked) == 1);
    struct linger now = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
    WAIT_FOR(stats_of(server).connections_open == 0);
    atomic_store(&gate, 1);
    nothing_is_held();
  }
}

static void what_is_pipelined_behind_a_refused_body_is_answered(void **state) {
  (void)state;
  atomic_store(&gate, 1);
  int fd = dial(port);
  for (int i = 0; i < 50; i++)
    assert_true(say(fd, S("POST /guarded HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")));
  for (int i = 0; i < 50; i++) assert_int_equal(read_status(fd), 401);
  assert_true(say(fd, S("POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")));
  assert_int_equal(read_status(fd), 200);
  close(fd);
}

/* ---- the budget ---- */

/* Opens a body of 1 MB and sends so much of it. */
static int begin(const char *from, const char *path, size_t bytes) {
  static char zeroes[1 << 20];
  char head[512];
  int fd = dial_from(port, from, 0),
      n = snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n", path);
  assert_true(say(fd, (str){head, (size_t)n}));
  say(fd, (str){zeroes, bytes}); /* may break off: it is refused */
  return fd;
}

static void an_unfinished_body_takes_what_has_come_and_not_what_is_promised(void **state) {
  (void)state;
  enum { COUNT = 60 };
  int fds[COUNT];
  for (int i = 0; i < COUNT; i++) fds[i] = begin("127.0.0.2", "/open", 100);
  WAIT_FOR(stats_of(server).body_bytes_held >= COUNT * 100);
  assert_true(stats_of(server).body_bytes_held <= COUNT * 128);
  for (int i = 0; i < COUNT; i++) close(fds[i]);
  nothing_is_held();
}

static void an_address_has_its_part_and_all_together_have_theirs(void **state) {
  (void)state;
  enum { EACH = 200 << 10, CAP = 256 << 10 }; /* what a buffer of so much has room for */
  struct answer *a;
  int first = begin("127.0.0.2", "/open", EACH), second = begin("127.0.0.2", "/open", EACH);
  WAIT_FOR(stats_of(server).body_bytes_held == 2 * CAP); /* all of the part of this address */
  int third = begin("127.0.0.2", "/open", EACH);
  a = read_answer(third);
  assert_int_equal(a->status, 429);
  assert_non_null(strstr(a->head, "Retry-After: "));
  drop_answer(&a);
  int other = begin("127.0.0.3", "/open", EACH), proxy = begin("127.0.0.9", "/open", EACH);
  WAIT_FOR(stats_of(server).body_bytes_held == 4 * CAP); /* all there is */
  for (int i = 0; i < 2; i++) {
    int late = begin(i ? "127.0.0.4" : "127.0.0.9", "/open", EACH);
    a = read_answer(late);
    assert_int_equal(a->status, 503);
    assert_non_null(strstr(a->head, "Retry-After: "));
    drop_answer(&a);
    close(late);
  }
  close(first);
  WAIT_FOR(stats_of(server).body_bytes_held == 3 * CAP);
  int room = begin("127.0.0.4", "/open", EACH);
  WAIT_FOR(stats_of(server).body_bytes_held == 4 * CAP);
  close(second), close(third), close(other), close(proxy), close(room);
  nothing_is_held();
}

static void unauthenticated_senders_have_half_and_the_rest_is_reserved(void **state) {
  (void)state;
  enum { EACH = 200 << 10, CAP = 256 << 10 };
  static const struct {
    const char *from, *path;
    int status; /* 0: it is taken */
  } rows[] = {
      {"127.0.0.2", "/unauthenticated", 0},
      {"127.0.0.2", "/unauthenticated", 429}, /* half of the address's part */
      {"127.0.0.3", "/unauthenticated", 0},
      {"127.0.0.4", "/unauthenticated", 503}, /* half of all */
      {"127.0.0.2", "/open", 0},
      {"127.0.0.2", "/open", 429}, /* all of the address's part */
      {"127.0.0.4", "/unauthenticated", 503},
      {"127.0.0.4", "/open", 0},
      {"127.0.0.5", "/open", 503},
  };
  int fds[sizeof rows / sizeof rows[0]];
  uint64_t held = 0;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    fds[i] = begin(rows[i].from, rows[i].path, EACH);
    if (rows[i].status)
      assert_int_equal(read_status(fds[i]), rows[i].status);
    else
      held += CAP;
    WAIT_FOR(stats_of(server).body_bytes_held == held);
  }
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) close(fds[i]);
  nothing_is_held();
}

static void an_unauthenticated_body_is_complete_in_time_or_refused(void **state) {
  (void)state;
  http_server *own = serve((struct http_config){
      .route = route, .workers = 1, .spool_dir = spool_dir, .body_min_bytes_per_s = 1, .body_window_ms = 300});
  atomic_store(&gate, 1);
  str known = S("POST /guarded HTTP/1.1\r\nHost: a\r\nAuthorization: yes\r\nContent-Length: 5\r\n\r\n"),
      unauthenticated = S("POST /unauthenticated HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  int first = dial(http_server_port(own)), second = dial(http_server_port(own));
  assert_true(say(first, known) && say(first, S("h")));
  for (int i = 0; i < 4; i++) {
    int fd = dial(http_server_port(own));
    assert_true(say(fd, unauthenticated) && say(fd, S("hell")));
    assert_int_equal(read_status(fd), 408);
    close(fd);
    assert_true(say(first, i < 3 ? S("e") : S("o"))); /* slower than an unauthenticated sender may be */
  }
  assert_int_equal(read_status(first), 200);
  assert_true(say(second, unauthenticated) && say(second, S("hello")));
  assert_int_equal(read_status(second), 200);
  close(first), close(second);
  http_server_stop(own, 2000);
  http_server_free(&own);
}

static void a_body_refused_at_its_last_byte_leaves_the_connection_alive(void **state) {
  (void)state;
  enum { EACH = 200 << 10, CAP = 256 << 10 };
  int first = begin("127.0.0.2", "/open", EACH), second = begin("127.0.0.2", "/open", EACH);
  WAIT_FOR(stats_of(server).body_bytes_held == 2 * CAP);
  int fd = dial_from(port, "127.0.0.2", 0);
  for (int i = 0; i < 3; i++) {
    assert_true(say(fd, S("POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")));
    assert_int_equal(read_status(fd), 429);
    assert_true(say(fd, S("GET /open HTTP/1.1\r\nHost: a\r\n\r\n")));
    assert_int_equal(read_status(fd), 200);
  }
  close(first), close(second), close(fd);
  nothing_is_held();
}

/* ---- the disk ---- */

static int upload(const char *from, size_t bytes, bool whole) {
  buf b;
  buf_init(&b, 4 << 20);
  str head = S("--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n"), tail = S("\r\n--b--\r\n");
  buf_printf(
      &b,
      "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: %zu\r\n\r\n",
      head.len + bytes + tail.len + (whole ? 0 : 1));
  buf_add(&b, head);
  memset(buf_reserve(&b, bytes), 'x', bytes);
  buf_commit(&b, bytes);
  buf_add(&b, tail);
  int fd = dial_from(port, from, 0);
  say(fd, buf_borrow(&b));
  buf_free(&b);
  return fd;
}

static void upload_answers(const char *from, size_t bytes, int status) {
  uint64_t before = stats_of(server).spool_bytes_held;
  int fd = upload(from, bytes, true);
  assert_int_equal(read_status(fd), status);
  close(fd);
  WAIT_FOR(stats_of(server).spool_bytes_held == before);
}

static void spooled_bytes_have_their_bounds_too(void **state) {
  (void)state;
  enum { CHUNKS = 4 * (64 << 10), HEADS = 1024 };
  int held = upload("127.0.0.2", 300 << 10, false);
  WAIT_FOR(stats_of(server).spool_bytes_held >= CHUNKS - HEADS); /* the last chunk is not full yet */
  upload_answers("127.0.0.2", 300 << 10, 429);
  upload_answers("127.0.0.3", 390 << 10, 503);
  upload_answers("127.0.0.3", 100 << 10, 200);
  close(held);
  nothing_is_held();
}

static void a_full_disk_answers_503_and_keeps_nothing(void **state) {
  (void)state;
  struct rlimit before, tight;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  tight = before;
  tight.rlim_cur = 100 << 10;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
  for (int whole = 0; whole < 2; whole++) {
    int fd = upload("127.0.0.2", 300 << 10, whole);
    struct answer *a = read_answer(fd);
    assert_int_equal(a->status, 503);
    assert_non_null(strstr(a->head, "Retry-After: "));
    assert_null(strstr(a->body.ptr, "database"));
    assert_int_equal(spooled_files(), 0); /* by the time it is answered */
    drop_answer(&a);
    close(fd);
  }
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  int fd = upload("127.0.0.2", 300 << 10, true);
  assert_int_equal(read_status(fd), 200);
  close(fd);
  nothing_is_held();
}

static void wait_at_gate(void *arg) {
  (void)arg;
  while (!atomic_load(&gate)) rest_ms(1);
}

/* The workers are too busy to take the next piece: the upload is refused, and its file goes when they have time. */
static void a_file_is_never_removed_on_the_loop(void **state) {
  (void)state;
  http_server *own =
      serve((struct http_config){.route = route, .workers = 1, .work_queue_max = 1, .spool_dir = spool_dir});
  str head =
      S("POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        "Content-Length: 1000000\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n");
  static char piece[70 << 10];
  atomic_store(&gate, 0);
  int fd = dial(http_server_port(own));
  assert_true(say(fd, head));
  assert_true(say(fd, (str){piece, sizeof piece}));
  WAIT_FOR(spooled_files() == 1 && stats_of(own).spool_bytes_held > 0);
  for (int i = 0; i < 2; i++) { /* one that runs, and one that fills the queue */
    WAIT_FOR(net_pool_queued(http_server_pool(own)) == 0);
    assert_true(net_work(http_server_pool(own), wait_at_gate, NULL));
  }
  say(fd, (str){piece, sizeof piece}); /* may break off */
  assert_int_equal(read_status(fd), 503);
  assert_int_equal(spooled_files(), 1);
  atomic_store(&gate, 1);
  WAIT_FOR(spooled_files() == 0 && stats_of(own).spool_bytes_held == 0);
  close(fd);
  http_server_stop(own, 2000);
  http_server_free(&own);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_head_alone_decides_whether_a_body_is_taken),
      cmocka_unit_test(a_whole_body_counts_though_its_end_is_read_before_it_is_taken),
      cmocka_unit_test(a_refusal_leaves_though_the_end_is_read_in_the_same_turn),
      cmocka_unit_test(not_a_byte_of_a_body_is_kept_before_it_is_admitted),
      cmocka_unit_test(a_client_may_go_while_it_is_asked_about),
      cmocka_unit_test(what_is_pipelined_behind_a_refused_body_is_answered),
      cmocka_unit_test(an_unfinished_body_takes_what_has_come_and_not_what_is_promised),
      cmocka_unit_test(an_address_has_its_part_and_all_together_have_theirs),
      cmocka_unit_test(unauthenticated_senders_have_half_and_the_rest_is_reserved),
      cmocka_unit_test(an_unauthenticated_body_is_complete_in_time_or_refused),
      cmocka_unit_test(a_body_refused_at_its_last_byte_leaves_the_connection_alive),
      cmocka_unit_test(spooled_bytes_have_their_bounds_too),
      cmocka_unit_test(a_full_disk_answers_503_and_keeps_nothing),
      cmocka_unit_test(a_file_is_never_removed_on_the_loop),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
