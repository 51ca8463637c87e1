/* Replies whose bytes lie elsewhere: ranges, order on one connection, pieces that come late, never or not at all, clients that
 * leave or do not read. And the elements of an S3 server's answers. Run it under AddressSanitizer. */
#include "base/thread.h"
#include "net/s3.h"
#include "net/testing.h"

enum { SIZE = 3 << 20, PIECE = 64 << 10 };
enum how { AT_ONCE, LATER, FAILS_IN_THE_MIDDLE, NEVER };

static http_server *server;
static char *content;
static atomic_int how, closed, asked, held;
static _Atomic(struct http_pull *) unanswered;

struct later {
  struct http_pull *pull;
  int64_t from, length;
};

static void *answer_later(void *arg) {
  struct later *l = arg;
  rest_ms(1);
  http_pull_answer(l->pull, (str){content + l->from, (size_t)l->length});
  atomic_fetch_sub(&held, 1);
  mem_free(&l);
  return NULL;
}

static void ask(void *user, int64_t from, int64_t length, struct http_pull *pull) {
  (void)user;
  atomic_fetch_add(&asked, 1);
  switch ((enum how)atomic_load(&how)) {
    case AT_ONCE: http_pull_answer(pull, (str){content + from, (size_t)length}); return;
    case FAILS_IN_THE_MIDDLE:
      http_pull_answer(pull, from > SIZE / 2 ? STR_NONE : (str){content + from, (size_t)length});
      return;
    case NEVER: atomic_store(&unanswered, pull); return;
    case LATER: break;
  }
  struct later *l = mem_alloc(sizeof *l);
  *l = (struct later){pull, from, length};
  pthread_t thread;
  atomic_fetch_add(&held, 1);
  assert_true(thread_start(&thread, "later", 0, answer_later, l));
  pthread_detach(thread);
}

static void close_source(void *user) {
  (void)user;
  atomic_fetch_add(&closed, 1);
}

static void handle(http_req *req, void *user) {
  (void)user;
  if (str_eq(http_path(req), S("/plain"))) {
    http_reply(req, 200, S("text/plain"), S("plain"));
    return;
  }
  http_reply_remote(req, &(struct http_file){.content_type = S("video/mp4"), .etag = S("\"x\"")},
                    &(struct http_remote){SIZE, PIECE, ask, close_source, NULL});
}

static void route(http_req *req, struct http_plan *plan, void *user) {
  (void)req, (void)user;
  *plan = (struct http_plan){.handler = handle};
}

static int set_up(void **state) {
  (void)state;
  content = mem_alloc(SIZE);
  for (int i = 0; i < SIZE; i++) content[i] = (char)(i * 2654435761u >> 13);
  server = serve((struct http_config){.host = "127.0.0.1", .clock = &clock_system, .route = route});
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  http_server_stop(server, 1000);
  http_server_free(&server);
  mem_free(&content);
  return 0;
}

static void begin(enum how wanted) {
  WAIT_FOR(atomic_load(&held) == 0);
  atomic_store(&how, wanted);
  atomic_store(&closed, 0);
  atomic_store(&asked, 0);
}

static int request(const char *extra) {
  char text[256];
  int fd = dial(http_server_port(server));
  int n = snprintf(text, sizeof text, "GET /far HTTP/1.1\r\nHost: a\r\n%s\r\n", extra);
  assert_true(say(fd, (str){text, (size_t)n}));
  return fd;
}

static void expect(int fd, int status, int64_t from, int64_t length) {
  struct answer *a = read_answer(fd);
  assert_int_equal(a->status, status);
  assert_int_equal(a->body.len, length);
  assert_memory_equal(a->body.ptr, content + from, (size_t)length);
  drop_answer(&a);
}

static void the_whole_and_ranges_come_piece_by_piece(void **state) {
  (void)state;
  for (int late = 0; late < 2; late++) {
    begin(late ? LATER : AT_ONCE);
    int fd = request("");
    expect(fd, 200, 0, SIZE);
    assert_int_equal(atomic_load(&asked), SIZE / PIECE);
    close(fd);
    fd = request("Range: bytes=100000-200000\r\n");
    expect(fd, 206, 100000, 100001);
    close(fd);
    fd = request("Range: bytes=-5\r\n");
    expect(fd, 206, SIZE - 5, 5);
    close(fd);
    WAIT_FOR(atomic_load(&closed) == 3);
  }
}

static void what_needs_no_bytes_asks_for_none(void **state) {
  (void)state;
  begin(AT_ONCE);
  static const struct {
    const char *extra;
    int status;
  } rows[] = {{"Range: bytes=99999999-\r\n", 416},
              {"If-None-Match: \"x\"\r\n", 304},
              {"If-Range: \"y\"\r\nRange: bytes=0-1\r\n", 200}};
  for (size_t i = 0; i < 2; i++) {
    int fd = request(rows[i].extra);
    assert_int_equal(read_status(fd), rows[i].status);
    close(fd);
  }
  assert_int_equal(atomic_load(&asked), 0);
  WAIT_FOR(atomic_load(&closed) == 2);
  int fd = request(rows[2].extra);
  expect(fd, 200, 0, SIZE);
  close(fd);
}

static void responses_on_one_connection_keep_their_order(void **state) {
  (void)state;
  begin(LATER);
  int fd = dial(http_server_port(server));
  assert_true(
      say(fd, S("GET /far HTTP/1.1\r\nHost: a\r\nRange: bytes=0-99999\r\n\r\nGET /plain HTTP/1.1\r\nHost: a\r\n\r\n"
                "GET /far HTTP/1.1\r\nHost: a\r\n\r\nGET /plain HTTP/1.1\r\nHost: a\r\n\r\n")));
  expect(fd, 206, 0, 100000);
  struct answer *a = read_answer(fd);
  assert_string_equal(a->body.ptr, "plain");
  drop_answer(&a);
  expect(fd, 200, 0, SIZE);
  a = read_answer(fd);
  assert_string_equal(a->body.ptr, "plain");
  drop_answer(&a);
  close(fd);
}

static void a_piece_that_cannot_be_had_ends_the_connection(void **state) {
  (void)state;
  begin(FAILS_IN_THE_MIDDLE);
  int fd = request("");
  char *got = mem_alloc(SIZE);
  assert_false(hear(fd, got, SIZE)); /* the head and at most half of the body */
  mem_free(&got);
  close(fd);
  WAIT_FOR(atomic_load(&closed) == 1);
}

static void a_client_that_leaves_is_not_waited_for(void **state) {
  (void)state;
  begin(NEVER);
  atomic_store(&unanswered, NULL);
  int fd = request("");
  WAIT_FOR(atomic_load(&unanswered) != NULL);
  close(fd);
  WAIT_FOR(stats_of(server).connections_open == 0);
  http_pull_answer(atomic_load(&unanswered), (str){content, PIECE}); /* nobody is there */
  WAIT_FOR(atomic_load(&closed) == 1);
}

static void a_client_that_does_not_read_costs_one_piece(void **state) {
  (void)state;
  begin(AT_ONCE);
  int fd = dial_from(http_server_port(server), "127.0.0.1", 4096);
  assert_true(say(fd, S("GET /far HTTP/1.1\r\nHost: a\r\n\r\n")));
  int before = -1;
  for (int i = 0; i < 100 && before != atomic_load(&asked); i++) {
    before = atomic_load(&asked);
    rest_ms(100);
  }
  assert_true(atomic_load(&asked) < SIZE / PIECE); /* what the sockets hold, and one */
  expect(fd, 200, 0, SIZE);
  close(fd);
}

static void elements_are_found(void **state) {
  (void)state;
  static const struct {
    const char *xml, *name, *wanted; /* NULL: none */
  } rows[] = {
      {"<E><Code>NoSuchBucket</Code></E>", "Code", "NoSuchBucket"},
      {"<E><CodeX>a</CodeX><Code>b</Code></E>", "Code", "b"},
      {"<E><Code></Code></E>", "Code", ""},
      {"<E><Code>cut", "Code", NULL},
      {"<E><Code", "Code", NULL},
      {"</Code>", "Code", NULL},
      {"", "Code", NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    str got = s3_element(str_c(rows[i].xml), str_c(rows[i].name));
    if (!rows[i].wanted != !got.ptr || (got.ptr && !str_eq(got, str_c(rows[i].wanted)))) fail_msg("%s", rows[i].xml);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_whole_and_ranges_come_piece_by_piece),
      cmocka_unit_test(what_needs_no_bytes_asks_for_none),
      cmocka_unit_test(responses_on_one_connection_keep_their_order),
      cmocka_unit_test(a_piece_that_cannot_be_had_ends_the_connection),
      cmocka_unit_test(a_client_that_leaves_is_not_waited_for),
      cmocka_unit_test(a_client_that_does_not_read_costs_one_piece),
      cmocka_unit_test(elements_are_found),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
