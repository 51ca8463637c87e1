/* The client of an object store against a server that lies: wrong lengths and tags, endless and malformed answers. Each is an
 * error with a sentence; nothing is taken for stored or read that is not. The honest server of the black-box tests is Swift. */
#include "net/s3.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#define assert_ok(expression)                                                \
  do {                                                                       \
    err e_ = (expression);                                                   \
    if (err_is(e_)) fail_msg("%s: %s", err_text(e_.code), err_message(&e_)); \
  } while (0)

/* Stands before OpenSSL's function of this name; a library in FIPS mode has no MD5. */
static bool no_md5;
const EVP_MD *EVP_md5(void) {
  const EVP_MD *(*real)(void) = NULL;
  *(void **)&real = dlsym(RTLD_NEXT, "EVP_md5");
  return no_md5 || !real ? NULL : real();
}

/* ---- the server: one connection at a time, closed after each answer ---- */

enum { LINE_MAX_BYTES = 4096, SEEN_MAX = 64 };

/* The answer to requests with this method and this text in their target; the first that fits. */
struct lie {
  const char *method, *target, *answer;
  void (*act)(int fd); /* in place of an answer */
};

static struct {
  int listener, port;
  pthread_t thread;
  atomic_bool stopping;
  const struct lie *lies; /* set between calls only */
  char seen[SEEN_MAX][LINE_MAX_BYTES], host[256];
  atomic_int count;
} server;

static void put(int fd, const char *text, size_t n) {
  while (n) {
    ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);
    if (sent <= 0) return;
    text += sent;
    n -= (size_t)sent;
  }
}

static void put_text(int fd, const char *text) { put(fd, text, strlen(text)); }

/* Until the client has had enough; a bounded amount all the same. */
static void put_endlessly(int fd, const char *head, const char *piece) {
  put_text(fd, head);
  for (int i = 0; i < 1 << 16; i++) {
    size_t n = strlen(piece);
    if (send(fd, piece, n, MSG_NOSIGNAL) != (ssize_t)n) return;
  }
}

static void endless_headers(int fd) {
  put_endlessly(fd, "HTTP/1.1 200 OK\r\n",
                "X-Much: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n");
}
static void endless_body(int fd) {
  put_endlessly(fd, "HTTP/1.1 403 Forbidden\r\n\r\n<Error><Code>",
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}
static void long_tag(int fd) {
  put_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: \"");
  for (int i = 0; i < 3000; i++) put_text(fd, "0123456789abcdef");
  put_text(fd, "\"\r\n\r\n");
}

static void serve(int fd) {
  static char head[64 << 10];
  size_t n = 0;
  char *end = NULL;
  while (!end && n < sizeof head - 1) {
    ssize_t got = recv(fd, head + n, sizeof head - 1 - n, 0);
    if (got <= 0) return;
    n += (size_t)got;
    head[n] = 0;
    end = strstr(head, "\r\n\r\n");
  }
  if (!end) return;
  const char *length = strcasestr(head, "\r\nContent-Length:"), *host = strcasestr(head, "\r\nHost: ");
  if (strcasestr(head, "\r\nExpect:")) put_text(fd, "HTTP/1.1 100 Continue\r\n\r\n");
  int64_t left = length ? strtoll(length + 17, NULL, 10) - (int64_t)(head + n - end - 4) : 0;
  char body[65536];
  for (ssize_t got; left > 0 && (got = recv(fd, body, sizeof body, 0)) > 0;) left -= got;
  int i = atomic_load(&server.count);
  snprintf(server.seen[i % SEEN_MAX], LINE_MAX_BYTES, "%.*s", (int)strcspn(head, "\r"), head);
  if (host) snprintf(server.host, sizeof server.host, "%.*s", (int)strcspn(host + 8, "\r"), host + 8);
  atomic_store(&server.count, i + 1);
  for (const struct lie *l = server.lies; l && l->method; l++) {
    if (strncmp(head, l->method, strlen(l->method)) != 0 || !strstr(server.seen[i % SEEN_MAX], l->target)) continue;
    if (l->act)
      l->act(fd);
    else
      put_text(fd, l->answer);
    return;
  }
  put_text(fd, "HTTP/1.1 500 No lie\r\nContent-Length: 0\r\n\r\n");
}

static void *run(void *arg) {
  while (!atomic_load(&server.stopping)) {
    int fd = accept4(server.listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) break;
    serve(fd);
    shutdown(fd, SHUT_WR);
    close(fd);
  }
  return arg;
}

static int start(void **state) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(server.listener, (struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(listen(server.listener, 16), 0);
  getsockname(server.listener, (struct sockaddr *)&at, &size);
  server.port = ntohs(at.sin_port);
  assert_int_equal(pthread_create(&server.thread, NULL, run, NULL), 0);
  *state = NULL;
  return 0;
}

static int stop(void **state) {
  (void)state;
  atomic_store(&server.stopping, true);
  shutdown(server.listener, SHUT_RDWR);
  pthread_join(server.thread, NULL);
  close(server.listener);
  return 0;
}

/* ---- the client ---- */

struct client {
  s3 *s3;
  arena *a;
  char path[64];
};

static struct client *client(const char *host, bool path_style) {
  struct client *c = mem_alloc(sizeof *c);
  c->a = arena_new(0);
  c->s3 = s3_new(&(struct s3_config){.endpoint = arena_printf(c->a, "http://%s:%d", host, server.port).ptr,
                                     .region = "us-east-1",
                                     .bucket = "desk",
                                     .access_key = "key-of-the-test",
                                     .secret_key = "secret-of-the-test",
                                     .path_style = path_style,
                                     .rand = &rand_system});
  snprintf(c->path, sizeof c->path, "/tmp/sb-s3-XXXXXX");
  int fd = mkstemp(c->path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, "hello", 5), 5);
  close(fd);
  return c;
}

static void end(struct client **c) {
  s3_free(&(*c)->s3);
  (void)unlink((*c)->path);
  arena_free(&(*c)->a);
  mem_free(c);
}

static void tell(const struct lie *lies) {
  server.lies = lies;
  atomic_store(&server.count, 0);
}

static bool seen(const char *text) {
  for (int i = 0; i < atomic_load(&server.count) && i < SEEN_MAX; i++)
    if (strstr(server.seen[i], text)) return true;
  return false;
}

static void assert_says(const char *why, err e, const char *sentence) {
  if (e.code != ERR_STORE_UNREACHABLE || !strstr(err_message(&e), sentence))
    fail_msg("%s: %s: %s", why, err_text(e.code), err_message(&e));
  if (strstr(err_message(&e), "of-the-test") || strstr(err_message(&e), "127.0.0.1"))
    fail_msg("%s: %s", why, err_message(&e));
}

#define KEY                       "ab/abcdef"
#define NO_BODY                   "Content-Length: 0\r\n\r\n"
#define OK                        "HTTP/1.1 200 OK\r\n"
#define MD5                       "5d41402abc4b2a76b9719d911017c592" /* of "hello" */
#define XML(status, text, length) "HTTP/1.1 " status "\r\nContent-Length: " length "\r\n\r\n" text

static void the_bucket_is_in_the_path_or_in_the_host_s_name(void **state) {
  (void)state;
  static const struct lie honest[] = {
      {"PUT", KEY, OK NO_BODY, NULL}, {"HEAD", KEY, OK "ETag: \"" MD5 "\"\r\nContent-Length: 5\r\n\r\n", NULL}, {0}};
  struct client *c = client("127.0.0.1", true);
  tell(honest);
  assert_ok(s3_put(c->s3, KEY, c->path, c->a));
  assert_true(seen("PUT /desk/" KEY " "));
  end(&c);
  c = client("localhost", false); /* every name below localhost is this machine (RFC 6761) */
  tell(honest);
  assert_ok(s3_put(c->s3, KEY, c->path, c->a));
  assert_true(seen("PUT /" KEY " "));
  assert_string_equal(server.host, arena_printf(c->a, "desk.localhost:%d", server.port).ptr);
  end(&c);
}

static void what_is_not_stored_as_it_was_sent_is_not_stored(void **state) {
  (void)state;
  static const struct {
    const char *head, *sentence, *why;
  } rows[] = {
      {OK "ETag: \"" MD5 "\"\r\nContent-Length: 4\r\n\r\n", "other bytes", "a shorter object"},
      {OK "ETag: \"" MD5 "\"\r\nContent-Length: 5000000000\r\n\r\n", "other bytes", "a longer object"},
      {OK "ETag: \"00000000000000000000000000000000\"\r\nContent-Length: 5\r\n\r\n", "other bytes", "another object"},
      {OK "ETag: \"" MD5 "\"\r\n\r\n", "other bytes", "no length"},
      {"HTTP/1.1 404 Not Found\r\n" NO_BODY, "bucket does not exist", "nothing there"},
  };
  struct client *c = client("127.0.0.1", true);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const struct lie lies[] = {{"PUT", KEY, OK NO_BODY, NULL}, {"HEAD", KEY, rows[i].head, NULL}, {0}};
    tell(lies);
    assert_says(rows[i].why, s3_put(c->s3, KEY, c->path, c->a), rows[i].sentence);
  }
  end(&c);
}

static void without_md5_the_size_alone_is_compared(void **state) {
  (void)state;
  static const char begun[] = XML("200 OK", "<a><UploadId>id-1</UploadId></a>", "32");
  static const struct lie whole[] = {{"PUT", KEY, OK NO_BODY, NULL},
                                     {"HEAD", KEY, OK "ETag: \"" MD5 "\"\r\nContent-Length: 5\r\n\r\n", NULL},
                                     {0}},
                          parts[] = {{"POST", "uploads=", begun, NULL},
                                     {"PUT", "partNumber", OK "ETag: \"a\"\r\n" NO_BODY, NULL},
                                     {"POST", "uploadId=id-1", OK NO_BODY, NULL},
                                     {"HEAD", KEY, OK "ETag: \"" MD5 "-2\"\r\nContent-Length: 9000000\r\n\r\n", NULL},
                                     {0}};
  struct client *c = client("127.0.0.1", true);
  no_md5 = true;
  tell(whole);
  err e = s3_put(c->s3, KEY, c->path, c->a);
  assert_int_equal(truncate(c->path, 9000000), 0);
  tell(parts);
  err in_parts = s3_put(c->s3, KEY, c->path, c->a);
  no_md5 = false;
  assert_ok(e);
  assert_ok(in_parts);
  end(&c);
}

static void an_upload_in_parts_survives_every_lie(void **state) {
  (void)state;
  static const char begun[] = XML("200 OK", "<a><UploadId>id-1</UploadId></a>", "32");
  static const char head[] = OK "Content-Length: 9000000\r\n\r\n";
  static const struct {
    struct lie lies[5];
    const char *sentence, *why;
    bool aborts;
  } rows[] = {
      {{{"POST", "uploads=", XML("200 OK", "<UploadId>", "10"), NULL}}, "began no upload", "malformed XML", false},
      {{{"POST", "uploads=", XML("200 OK", "", "0"), NULL}}, "began no upload", "nothing", false},
      {{{"POST", "uploads=", begun, NULL},
        {"PUT", "partNumber", NULL, long_tag},
        {"DELETE", "uploadId=id-1", OK NO_BODY, NULL}},
       "no usable tag",
       "a part's tag of 48 KB",
       true},
      {{{"POST", "uploads=", begun, NULL},
        {"PUT", "partNumber", OK "ETag: \"</ETag><x>\"\r\n" NO_BODY, NULL},
        {"DELETE", "uploadId=id-1", OK NO_BODY, NULL}},
       "no usable tag",
       "a part's tag that is XML",
       true},
      {{{"POST", "uploads=", begun, NULL},
        {"PUT", "partNumber", OK NO_BODY, NULL},
        {"DELETE", "uploadId=id-1", OK NO_BODY, NULL}},
       "no usable tag",
       "a part without a tag",
       true},
      {{{"POST", "uploads=", begun, NULL},
        {"PUT", "partNumber", OK "ETag: \"a\"\r\n" NO_BODY, NULL},
        {"POST", "uploadId=id-1", XML("200 OK", "<Error><Code>InvalidPart</Code></Error>", "39"), NULL},
        {"HEAD", KEY, "HTTP/1.1 404 Not Found\r\n" NO_BODY, NULL},
        {"DELETE", "uploadId=id-1", OK NO_BODY, NULL}},
       "InvalidPart",
       "a failure under the status 200",
       true},
      {{{"POST", "uploads=", begun, NULL},
        {"PUT", "partNumber", OK "ETag: \"a\"\r\n" NO_BODY, NULL},
        {"POST", "uploadId=id-1", OK NO_BODY, NULL},
        {"HEAD", KEY, OK "Content-Length: 8999999\r\n\r\n", NULL},
        {"DELETE", "uploadId=id-1", OK NO_BODY, NULL}},
       "other bytes",
       "a byte too few at the end",
       true},
  };
  struct client *c = client("127.0.0.1", true);
  assert_int_equal(truncate(c->path, 9000000), 0);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct lie lies[6] = {0};
    memcpy(lies, rows[i].lies, sizeof rows[i].lies);
    tell(lies);
    assert_says(rows[i].why, s3_put(c->s3, KEY, c->path, c->a), rows[i].sentence);
    if (seen("DELETE") != rows[i].aborts) fail_msg("%s: %saborted", rows[i].why, rows[i].aborts ? "not " : "");
  }
  const struct lie honest[] = {{"POST", "uploads=", begun, NULL},
                               {"PUT", "partNumber", OK "ETag: \"a\"\r\n" NO_BODY, NULL},
                               {"POST", "uploadId=id-1", OK NO_BODY, NULL},
                               {"HEAD", KEY, head, NULL},
                               {0}};
  tell(honest);
  assert_ok(s3_put(c->s3, KEY, c->path, c->a));
  assert_false(seen("DELETE"));
  end(&c);
}

static void endless_and_damaged_answers_end_with_a_sentence(void **state) {
  (void)state;
  static const struct {
    struct lie lie;
    const char *sentence, *field;
  } rows[] = {
      {{"PUT", "check", NULL, endless_headers}, "cannot be reached", NULL},
      {{"PUT", "check", NULL, endless_body}, "cannot be reached", NULL},
      {{"PUT", "check", "HTTP/9.9 what\r\n\r\n", NULL}, "S3 server", NULL},
      {{"PUT", "check", XML("404 Not Found", "<Error><Code>NoSuchBucket</Code></Error>", "40"), NULL},
       "bucket does not exist",
       "bucket"},
      {{"PUT", "check", XML("403 Forbidden", "<Error><Code>SignatureDoesNotMatch</Code></Error>", "49"), NULL},
       "does not accept the access key",
       "key"},
      {{"PUT", "check", XML("403 Forbidden", "<Code>\x1b[31m</Code>", "18"), NULL}, "may not use the bucket.", "key"},
      {{"PUT", "check", XML("418 Teapot", "<Code>Tea", "9"), NULL}, "status 418.", NULL},
  };
  struct client *c = client("127.0.0.1", true);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const struct lie lies[] = {rows[i].lie, {0}};
    tell(lies);
    err e = s3_check(c->s3, c->a);
    assert_says("check", e, rows[i].sentence);
    if (rows[i].field) assert_string_equal(e.field, rows[i].field);
  }
  end(&c);
}

struct got {
  atomic_bool done;
  err e;
  size_t bytes;
};
static void came(err e, str bytes, void *user) {
  struct got *g = user;
  g->e = e;
  g->bytes = bytes.len;
  atomic_store(&g->done, true);
}

static void a_part_of_an_object_has_its_length_or_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *answer;
    bool good;
  } rows[] = {
      {"HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\nhello", true},
      {"HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\n\r\nhell", false},
      {"HTTP/1.1 206 Partial Content\r\nContent-Length: 6\r\n\r\nhello!", false},
      {"HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\nhel", false},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false},
      {"HTTP/1.1 206 Partial Content\r\nContent-Length: 99999999999\r\n\r\nhello", false},
  };
  struct client *c = client("127.0.0.1", true);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const struct lie lies[] = {{"GET", KEY, rows[i].answer, NULL}, {0}};
    struct got g = {0};
    tell(lies);
    s3_read(c->s3, KEY, 0, 5, came, &g);
    while (!atomic_load(&g.done)) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_int_equal(g.e.code, rows[i].good ? err_ok.code : ERR_STORE_UNREACHABLE);
    assert_int_equal(g.bytes, rows[i].good ? 5 : 0);
  }
  end(&c);
}

static void uploads_that_nobody_ends_are_aborted_and_nothing_else(void **state) {
  (void)state;
#define UPLOAD(key, id, time) \
  "<Upload><Key>" key "</Key><UploadId>" id "</UploadId><Initiated>" time "</Initiated></Upload>"
  static const char list[] = "HTTP/1.1 200 OK\r\n\r\n<L>" UPLOAD("ab/ab01", "old%2F1", "2026-01-01T00:00:00.000Z")
      UPLOAD("ab/ab02", "young", "2026-01-02T23:00:00.000Z") UPLOAD("../../secret", "evil", "2026-01-01T00:00:00.000Z")
          UPLOAD("ab/ab03?x=y", "evil", "2026-01-01T00:00:00.000Z") UPLOAD("ab/ab04", "", "2026-01-01T00:00:00.000Z")
              UPLOAD("ab/ab05", "evil", "yesterday") "<Upload><Key>ab/ab06</Key><UploadId>evil<Upload></L>";
  const struct lie lies[] = {{"GET", "uploads=", list, NULL}, {"DELETE", "", OK NO_BODY, NULL}, {0}};
  struct client *c = client("127.0.0.1", true);
  int count = 0;
  int64_t now_ms;
  assert_true(clock_parse_iso(S("2026-01-03T00:00:00.000Z"), &now_ms));
  tell(lies);
  assert_ok(s3_abort_stale(c->s3, now_ms, c->a, &count));
  assert_int_equal(count, 1);
  assert_true(seen("DELETE /desk/ab/ab01?uploadId=old%252F1"));
  assert_int_equal(atomic_load(&server.count), 2);
  end(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_bucket_is_in_the_path_or_in_the_host_s_name),
      cmocka_unit_test(what_is_not_stored_as_it_was_sent_is_not_stored),
      cmocka_unit_test(without_md5_the_size_alone_is_compared),
      cmocka_unit_test(an_upload_in_parts_survives_every_lie),
      cmocka_unit_test(endless_and_damaged_answers_end_with_a_sentence),
      cmocka_unit_test(a_part_of_an_object_has_its_length_or_is_refused),
      cmocka_unit_test(uploads_that_nobody_ends_are_aborted_and_nothing_else),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
