/* The HTTP client against a small server that misbehaves on demand: what the path says is what it does. */
#include "net/http_client.h"

#include "base/buf.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <cmocka.h>

enum { THREADS_MAX = 1000, HEAD_MAX = 16384 };

/* ---- the server ---- */

static struct {
  int listener, port;
  pthread_t acceptor, threads[THREADS_MAX];
  atomic_int connections, requests, running, most_running;
  atomic_bool stopping;
} server;

struct peer {
  int fd, served; /* requests on this connection so far */
  char head[HEAD_MAX];
  str path, body;
  arena *a;
};

static void put_bytes(struct peer *p, str bytes) {
  while (bytes.len) {
    ssize_t n = send(p->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
    if (n <= 0) return;
    bytes = str_sub(bytes, (size_t)n, bytes.len);
  }
}

static void put(struct peer *p, const char *text) { put_bytes(p, str_c(text)); }

static void answer(struct peer *p, const char *status, const char *headers, str body) {
  str head = arena_printf(p->a, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n", status, body.len, headers);
  put_bytes(p, arena_concat(p->a, head, body)); /* in one piece, or Nagle's algorithm waits for an acknowledgement */
}

static bool reset(struct peer *p) {
  struct linger hard = {.l_onoff = 1};
  setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  return false;
}

static void wait_for_end(struct peer *p) {
  char c;
  while (recv(p->fd, &c, 1, 0) > 0) {
  }
}

/* False: close the connection. */
static bool serve(struct peer *p) {
  if (str_eq(p->path, S("/ok"))) return answer(p, "200 OK", "Content-Type: text/plain\r\n", S("hello")), true;
  if (str_eq(p->path, S("/echo"))) return answer(p, "201 Created", "", p->body), true;
  if (str_eq(p->path, S("/head"))) return answer(p, "200 OK", "", arena_dup(p->a, str_c(p->head))), true;
  if (str_eq(p->path, S("/empty"))) return answer(p, "200 OK", "", S("")), true;
  if (str_eq(p->path, S("/missing"))) return answer(p, "404 Not Found", "", S("no such file")), true;
  if (str_eq(p->path, S("/429")))
    return answer(p, "429 Too Many Requests", "Retry-After: 7\r\n", S("{\"ok\":false}")), true;
  if (str_eq(p->path, S("/429-date")))
    return answer(p, "429 Too Many Requests", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", S("")), true;
  if (str_eq(p->path, S("/moved"))) return answer(p, "302 Found", "Location: /ok\r\n", S("")), true;
  if (str_eq(p->path, S("/pause"))) return usleep(100000), answer(p, "200 OK", "", S("late")), true;
  if (str_eq(p->path, S("/slow"))) return wait_for_end(p), false;
  if (str_eq(p->path, S("/big-length"))) return put(p, "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nx"), true;
  if (str_eq(p->path, S("/reset"))) {
    put(p, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    usleep(20000);
    return reset(p);
  }
  if (str_eq(p->path, S("/cut"))) return put(p, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), false;
  if (str_eq(p->path, S("/cut-chunk")))
    return put(p, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"), false;
  if (str_eq(p->path, S("/no-last-chunk")))
    return put(p, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), false;
  if (str_eq(p->path, S("/big-chunks"))) {
    put(p, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 100; i++) put(p, "a\r\n0123456789\r\n");
    return put(p, "0\r\n\r\n"), true;
  }
  if (str_eq(p->path, S("/garbage"))) return put(p, "what?\r\n\r\n"), false;
  if (str_eq(p->path, S("/hang-up"))) return false;
  if (str_eq(p->path, S("/hang-up-if-kept"))) {
    if (p->served > 1) return false;
    return answer(p, "200 OK", "", S("fresh")), true;
  }
  return answer(p, "500 Unknown Test", "", p->path), true;
}

/* Reads one request; false at the end of the connection. A CONNECT is answered by what is no TLS. */
static bool read_request(struct peer *p) {
  size_t n = 0;
  char *end = NULL;
  while (n < sizeof p->head - 1 && !end) {
    ssize_t got = recv(p->fd, p->head + n, sizeof p->head - 1 - n, 0);
    if (got <= 0) return false;
    n += (size_t)got;
    p->head[n] = 0;
    end = strstr(p->head, "\r\n\r\n");
  }
  if (!end) return false;
  size_t head = (size_t)(end + 4 - p->head), length = 0;
  const char *header = strcasestr(p->head, "\r\ncontent-length:");
  if (header) length = strtoul(header + 17, NULL, 10);
  char *body = arena_alloc(p->a, length + 1);
  size_t have = n - head < length ? n - head : length;
  memcpy(body, end + 4, have);
  str line = str_sub(str_c(p->head), 0, (size_t)(strchr(p->head, '\r') - p->head));
  str_cut(&line, ' ');
  p->path = arena_dup(p->a, str_cut(&line, ' '));
  if (str_starts(p->path, S("http://"))) { /* as a proxy gets it */
    p->path = str_sub(p->path, 7, p->path.len);
    p->path = str_sub(p->path, str_index(p->path, '/', 0), p->path.len);
  }
  if (str_eq(p->path, S("/refuse-upload"))) return false;
  while (have < length) {
    ssize_t got = recv(p->fd, body + have, length - have, 0);
    if (got <= 0) return false;
    have += (size_t)got;
  }
  end[4] = 0;
  p->body = (str){body, length};
  return true;
}

static void *serve_connection(void *arg) {
  struct peer *p = arg;
  for (bool on = true; on;) {
    on = read_request(p);
    if (!on) break;
    atomic_fetch_add(&server.requests, 1);
    p->served++;
    int now = atomic_fetch_add(&server.running, 1) + 1, most = atomic_load(&server.most_running);
    while (now > most && !atomic_compare_exchange_weak(&server.most_running, &most, now)) {
    }
    on = strncmp(p->head, "CONNECT ", 8) == 0
             ? (put(p, str_starts(p->path, S("refused")) ? "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"
                                                         : "HTTP/1.1 200 OK\r\n\r\nthis is no TLS\r\n\r\n"),
                true)
             : serve(p);
    atomic_fetch_sub(&server.running, 1);
    arena_reset(p->a);
  }
  close(p->fd);
  arena_free(&p->a);
  free(p);
  return NULL;
}

static void *accept_connections(void *arg) {
  (void)arg;
  for (;;) {
    int fd = accept(server.listener, NULL, NULL);
    if (fd < 0 || atomic_load(&server.stopping)) {
      if (fd >= 0) close(fd);
      return NULL;
    }
    int i = atomic_fetch_add(&server.connections, 1);
    assert_true(i < THREADS_MAX);
    struct peer *p = mem_alloc(sizeof *p);
    p->fd = fd;
    p->a = arena_new(0);
    pthread_create(&server.threads[i], NULL, serve_connection, p);
  }
}

static int listen_somewhere(int *port, int backlog) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
  assert_int_equal(listen(fd, backlog), 0);
  getsockname(fd, (struct sockaddr *)&address, &size);
  *port = ntohs(address.sin_port);
  return fd;
}

static int start_server(void **state) {
  (void)state;
  server.listener = listen_somewhere(&server.port, 1000);
  return pthread_create(&server.acceptor, NULL, accept_connections, NULL);
}

static int stop_server(void **state) {
  (void)state;
  atomic_store(&server.stopping, true);
  shutdown(server.listener, SHUT_RDWR);
  pthread_join(server.acceptor, NULL);
  close(server.listener);
  for (int i = 0; i < atomic_load(&server.connections); i++) pthread_join(server.threads[i], NULL);
  return 0;
}

/* ---- helpers ---- */

static http_client *client;
static arena *memory;

static void await_running(int n) {
  for (int i = 0; i < 500 && atomic_load(&server.running) != n; i++) usleep(5000);
  assert_int_equal(atomic_load(&server.running), n);
}

static int make_client(void **state) {
  (void)state;
  await_running(0); /* the last test's connections may still be closing */
  memory = arena_new(0);
  client = http_client_new(&(struct http_client_config){.proxy = "", .user_agent = "test"});
  return 0;
}
static int drop_client(void **state) {
  (void)state;
  http_client_free(&client, 0);
  arena_free(&memory);
  return 0;
}

static const char *url_of(const char *path) {
  return arena_printf(memory, "http://127.0.0.1:%d%s", server.port, path).ptr;
}

static struct http_call_result call(const char *method, const char *path, str body) {
  struct http_call_request r = {.method = method, .url = url_of(path), .body = body, .timeout_ms = 3000};
  return http_client_do(client, &r, memory);
}

/* ---- tests ---- */

static void every_way_to_end_has_its_outcome(void **state) {
  (void)state;
  static const struct {
    const char *method, *path;
    enum http_call_outcome outcome;
    int status;
    const char *body, *why;
  } rows[] = {
      {"GET", "/ok", CALL_ANSWERED, 200, "hello", "a plain answer"},
      {"POST", "/echo", CALL_ANSWERED, 201, "ping", "a body there and back"},
      {"PUT", "/echo", CALL_ANSWERED, 201, "ping", "another method with a body"},
      {"HEAD", "/empty", CALL_ANSWERED, 200, "", "a head alone"},
      {"GET", "/missing", CALL_ANSWERED, 404, "no such file", "a refusal is an answer"},
      {"GET", "/moved", CALL_ANSWERED, 302, "", "redirects are not followed"},
      {"POST", "/slow", CALL_UNCERTAIN, 0, "", "no answer in time"},
      {"POST", "/reset", CALL_UNCERTAIN, 200, "", "a reset in the middle of the body"},
      {"POST", "/cut", CALL_UNCERTAIN, 200, "", "a body shorter than announced"},
      {"POST", "/cut-chunk", CALL_UNCERTAIN, 200, "", "a chunk that ends early"},
      {"POST", "/no-last-chunk", CALL_UNCERTAIN, 200, "", "chunks without the last one"},
      {"POST", "/hang-up", CALL_UNCERTAIN, 0, "", "a connection closed instead of an answer"},
      {"POST", "/garbage", CALL_UNCERTAIN, 0, "", "an answer that is no HTTP"},
      {"POST", "/big-length", CALL_UNCERTAIN, 200, "", "an answer announced as too large"},
      {"POST", "/big-chunks", CALL_UNCERTAIN, 200, "", "an answer that grows too large"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    str body = rows[i].method[0] == 'P' ? S("ping") : STR_NONE;
    struct http_call_request r = {.method = rows[i].method,
                                  .url = url_of(rows[i].path),
                                  .body = body,
                                  .timeout_ms = 500,
                                  .answer_max_bytes = 900};
    struct http_call_result got = http_client_do(client, &r, memory);
    bool error = got.outcome == CALL_ANSWERED ? !got.error[0] : got.error[0];
    if (got.outcome != rows[i].outcome || got.status != rows[i].status || !str_eq(got.body, str_c(rows[i].body)) ||
        !error)
      fail_msg("%s: outcome %d, status %d, body %.*s, error %s", rows[i].why, (int)got.outcome, got.status,
               STR_ARG(got.body), got.error);
    if (strstr(got.error, "127.0.0.1") || strstr(got.error, rows[i].path)) fail_msg("the url leaks: %s", got.error);
  }
}

static void what_never_left_is_not_sent(void **state) {
  (void)state;
  int closed_port, full_port;
  close(listen_somewhere(&closed_port, 1));
  int full = listen_somewhere(&full_port, 0), fillers[4];
  for (int i = 0; i < 4; i++) { /* a full backlog leaves a new connection without an answer */
    fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)full_port)};
    (void)!connect(fillers[i], (struct sockaddr *)&to, sizeof to);
  }
  const char *at_closed = arena_printf(memory, "http://127.0.0.1:%d/bot123:secret/x", closed_port).ptr;
  const char *at_full = arena_printf(memory, "http://127.0.0.1:%d/bot123:secret/x", full_port).ptr;
  const char *no_tls = arena_printf(memory, "https://127.0.0.1:%d/garbage", server.port).ptr;
  const char *broken[] = {"X: 1\r\nY: 2", NULL};
  struct http_call_part no_file = {.name = "photo", .path = "/nonexistent/photo.jpg"};
  const struct {
    struct http_call_request request;
    const char *why;
  } rows[] = {
      {{.url = at_closed}, "nobody listens"},
      {{.url = at_full, .connect_timeout_ms = 200}, "the connection is not made in time"},
      {{.url = at_full, .timeout_ms = 200}, "the whole time passes before there is a connection"},
      {{.url = "http://no-such-host.invalid/bot123:secret/x", .timeout_ms = 4000}, "no such name"},
      {{.url = no_tls, .timeout_ms = 1000}, "the peer speaks no TLS"},
      {{.url = "ftp://127.0.0.1/bot123:secret/x"}, "a protocol that is not ours"},
      {{.url = "http://[bot123:secret"}, "no address at all"},
      {{.url = "http://127.0.0.1:1/", .headers = broken}, "a header that would smuggle another"},
      {{.url = "http://127.0.0.1:1/", .parts = &no_file, .parts_count = 1}, "a file that is not there"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct http_call_request r = rows[i].request;
    r.method = "POST";
    struct http_call_result got = http_client_do(client, &r, memory);
    if (got.outcome != CALL_NOT_SENT || got.status != 0 || !got.error[0] || strstr(got.error, "secret"))
      fail_msg("%s: outcome %d, error %s", rows[i].why, (int)got.outcome, got.error);
  }
  for (int i = 0; i < 4; i++) close(fillers[i]);
  close(full);
}

static void connections_are_kept(void **state) {
  (void)state;
  int before = atomic_load(&server.connections);
  for (int i = 0; i < 20; i++) assert_int_equal(call("POST", "/echo", S("x")).outcome, CALL_ANSWERED);
  assert_int_equal(atomic_load(&server.connections) - before, 1);
}

static void a_dead_kept_connection_repeats_only_what_may_be_repeated(void **state) {
  (void)state;
  assert_int_equal(call("POST", "/hang-up-if-kept", S("x")).status, 200);
  int before = atomic_load(&server.requests);
  struct http_call_result got = call("POST", "/hang-up-if-kept", S("x"));
  assert_int_equal(got.outcome, CALL_UNCERTAIN); /* it was read, perhaps acted on: once is enough */
  assert_int_equal(atomic_load(&server.requests) - before, 1);
  assert_string_equal(got.error, "the connection died after the request was sent");
  assert_int_equal(call("GET", "/hang-up-if-kept", STR_NONE).status, 200);
  assert_int_equal(call("GET", "/hang-up-if-kept", STR_NONE).status, 200); /* repeated on a new connection */
}

static void a_connection_closed_while_idle_is_replaced(void **state) {
  (void)state;
  assert_int_equal(call("GET", "/ok", STR_NONE).status, 200);
  assert_int_equal(call("GET", "/cut", STR_NONE).outcome, CALL_UNCERTAIN);
  for (int i = 0; i < 5; i++) assert_int_equal(call("POST", "/echo", S("x")).outcome, CALL_ANSWERED);
}

static void an_upload_that_is_cut_is_uncertain(void **state) {
  (void)state;
  char *much = arena_alloc(memory, 8 << 20);
  struct http_call_result got = call("POST", "/refuse-upload", (str){much, 8 << 20});
  assert_int_equal(got.outcome, CALL_UNCERTAIN);
}

static void retry_after_is_read(void **state) {
  (void)state;
  struct http_call_result got = call("POST", "/429", STR_NONE);
  assert_int_equal(got.outcome, CALL_ANSWERED);
  assert_int_equal(got.status, 429);
  assert_int_equal(got.retry_after_s, 7);
  assert_int_equal(call("POST", "/429-date", STR_NONE).retry_after_s, 0); /* a moment long past */
  got = call("GET", "/ok", STR_NONE);
  assert_int_equal(got.retry_after_s, -1);
  assert_true(str_eq(got.content_type, S("text/plain")));
}

static void headers_are_ours(void **state) {
  (void)state;
  const char *headers[] = {"Authorization: Bearer abc", "X-Empty;", NULL};
  struct http_call_request r = {.method = "POST",
                                .url = url_of("/head"),
                                .headers = headers,
                                .body = S("{}"),
                                .content_type = "application/json"};
  str head = http_client_do(client, &r, memory).body;
  assert_true(str_contains(head, S("Authorization: Bearer abc\r\n")));
  assert_true(str_contains(head, S("Content-Type: application/json\r\n")));
  assert_true(str_contains(head, S("User-Agent: test\r\n")));
  assert_false(str_contains(head, S("Expect:")));
  assert_true(str_starts(head, S("POST /head HTTP/1.1\r\n")));
  r.content_type = NULL;
  assert_false(str_contains(http_client_do(client, &r, memory).body, S("Content-Type")));
}

static void parts_and_files_are_sent(void **state) {
  (void)state;
  char path[] = "/tmp/http_client_test.XXXXXX";
  int fd = mkstemp(path);
  assert_int_equal(write(fd, "JPEG\0bytes", 10), 10);
  close(fd);
  struct http_call_part parts[] = {
      {.name = "chat_id", .value = S("42")},
      {.name = "photo", .path = path, .filename = "ca\"t.jpg", .content_type = "image/jpeg"},
      {.name = "document", .path = path},
  };
  struct http_call_request r = {.method = "POST", .url = url_of("/echo"), .parts = parts, .parts_count = 3};
  struct http_call_result got = http_client_do(client, &r, memory);
  unlink(path);
  assert_int_equal(got.outcome, CALL_ANSWERED);
  assert_true(str_contains(got.body, S("name=\"chat_id\"\r\n\r\n42\r\n")));
  assert_true(str_contains(got.body, S("name=\"photo\"; filename=\"ca%22t.jpg\"\r\nContent-Type: image/jpeg")));
  assert_true(str_contains(got.body, S("filename=\"file\"")));
}

static void answers_are_saved_whole_or_not_at_all(void **state) {
  (void)state;
  static const struct {
    const char *path;
    enum http_call_outcome outcome;
    int64_t size_bytes; /* -1: no file */
    const char *why;
  } rows[] = {
      {"/ok", CALL_ANSWERED, 5, "saved"},
      {"/empty", CALL_ANSWERED, 0, "an empty answer is a file too"},
      {"/missing", CALL_ANSWERED, -1, "a refusal is not saved"},
      {"/cut", CALL_UNCERTAIN, -1, "half of a file is none"},
      {"/big-chunks", CALL_UNCERTAIN, -1, "over the limit"},
  };
  char dir[] = "/tmp/http_client_test.XXXXXX";
  assert_non_null(mkdtemp(dir));
  str path = arena_printf(memory, "%s/answer", dir);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct http_call_request r = {
        .method = "GET", .url = url_of(rows[i].path), .save_path = path.ptr, .answer_max_bytes = 900};
    struct http_call_result got = http_client_do(client, &r, memory);
    struct stat st;
    int64_t size = stat(path.ptr, &st) == 0 ? (int64_t)st.st_size : -1;
    if (got.outcome != rows[i].outcome || size != rows[i].size_bytes)
      fail_msg("%s: outcome %d, size %lld, %s", rows[i].why, (int)got.outcome, (long long)size, got.error);
    if (rows[i].size_bytes >= 0) assert_int_equal(got.body.len, 0);
    unlink(path.ptr);
  }
  struct http_call_request r = {.method = "GET", .url = url_of("/ok"), .save_path = "/nonexistent/dir/answer"};
  struct http_call_result got = http_client_do(client, &r, memory);
  assert_int_equal(got.outcome, CALL_UNCERTAIN);
  assert_non_null(strstr(got.error, "could not be saved"));
  rmdir(dir);
}

static void a_proxy_is_used(void **state) {
  (void)state;
  const char *proxy = arena_printf(memory, "http://127.0.0.1:%d", server.port).ptr;
  http_client *through = http_client_new(&(struct http_client_config){.proxy = proxy});
  struct http_call_request r = {.method = "POST", .url = "http://telegram.invalid/echo", .body = S("x")};
  struct http_call_result got = http_client_do(through, &r, memory);
  assert_int_equal(got.status, 201);
  static const struct {
    const char *url, *why;
  } rows[] = {{"https://refused.invalid/bot1:secret/sendMessage", "the proxy refuses the tunnel"},
              {"https://telegram.invalid/bot1:secret/sendMessage", "no TLS at the end of the tunnel"}};
  for (size_t i = 0; i < 2; i++) {
    r.url = rows[i].url;
    got = http_client_do(through, &r, memory);
    if (got.outcome != CALL_NOT_SENT || strstr(got.error, "secret"))
      fail_msg("%s: outcome %d, %s", rows[i].why, (int)got.outcome, got.error);
  }
  http_client_free(&through, 0);
  int port;
  close(listen_somewhere(&port, 1));
  proxy = arena_printf(memory, "socks5h://127.0.0.1:%d", port).ptr;
  through = http_client_new(&(struct http_client_config){.proxy = proxy});
  assert_int_equal(http_client_do(through, &r, memory).outcome, CALL_NOT_SENT);
  http_client_free(&through, 0);
}

struct tally_ctx {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int outcomes[4], total;
};

static void count(const struct http_call_result *result, void *user) {
  struct tally_ctx *t = user;
  pthread_mutex_lock(&t->lock);
  t->outcomes[result->outcome]++;
  t->total++;
  pthread_cond_signal(&t->changed);
  pthread_mutex_unlock(&t->lock);
}

static void await(struct tally_ctx *t, int total) {
  pthread_mutex_lock(&t->lock);
  while (t->total < total) pthread_cond_wait(&t->changed, &t->lock);
  pthread_mutex_unlock(&t->lock);
}

#define TALLY \
  { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER }

static void two_hundred_calls_at_once(void **state) {
  (void)state;
  struct tally_ctx t = TALLY;
  atomic_store(&server.most_running, 0);
  struct http_call_request r = {.method = "POST", .url = url_of("/pause"), .body = S("x"), .timeout_ms = 20000};
  for (int i = 0; i < 200; i++) http_client_send(client, &r, count, &t);
  await(&t, 200);
  assert_int_equal(t.outcomes[CALL_ANSWERED], 200);
  assert_in_range(atomic_load(&server.most_running), 2, 64); /* as many connections as allowed, no more */
}

static void cancelling_ends_the_calls_with_the_tag_and_no_others(void **state) {
  (void)state;
  struct tally_ctx polls = TALLY, other = TALLY;
  struct http_call_request r = {.method = "GET", .url = url_of("/slow"), .timeout_ms = 20000};
  for (int i = 0; i < 3; i++) http_client_send(client, &r, count, &polls);
  await_running(3);
  r.url = url_of("/pause");
  http_client_send(client, &r, count, &other);
  int64_t start = clock_measure_us();
  http_client_cancel(client, &polls);
  await(&polls, 3);
  assert_true(clock_measure_us() - start < 1000000);
  assert_int_equal(polls.outcomes[CALL_UNCERTAIN], 3);
  await(&other, 1);
  assert_int_equal(other.outcomes[CALL_ANSWERED], 1);
}

static void *block_in_a_call(void *arg) {
  struct http_call_request r = {.method = "GET", .url = url_of("/slow"), .timeout_ms = 20000};
  struct http_call_result *out = arg;
  arena *a = arena_new(0);
  *out = http_client_do(client, &r, a);
  arena_free(&a);
  return NULL;
}

struct ticks_ctx {
  arena *tag;
  int count, cancel_at;
};

static void tick(void *arg) {
  struct ticks_ctx *t = arg;
  if (++t->count == t->cancel_at) http_client_cancel(client, t->tag);
}

static void whoever_waits_does_something_meanwhile_and_may_cancel(void **state) {
  (void)state;
  arena *a = arena_new(0);
  struct ticks_ctx t = {.tag = a};
  struct http_call_wait wait = {.every_ms = 5, .fn = tick, .arg = &t};
  struct http_call_request r = {.method = "GET", .url = url_of("/pause"), .timeout_ms = 20000};
  struct http_call_result result = http_client_do_while(client, &r, &wait, a);
  assert_int_equal(result.outcome, CALL_ANSWERED);
  assert_true(t.count > 0);
  int before = t.count;
  usleep(20000);
  assert_int_equal(t.count, before);
  t = (struct ticks_ctx){.tag = a, .cancel_at = 2};
  r.url = url_of("/slow");
  result = http_client_do_while(client, &r, &wait, a);
  assert_int_equal(result.outcome, CALL_UNCERTAIN);
  assert_true(t.count >= 2);
  arena_free(&a);
}

static void stopping_gives_grace_and_then_ends_everything(void **state) {
  (void)state;
  struct tally_ctx t = TALLY;
  http_client *own = http_client_new(&(struct http_client_config){.proxy = "", .connections_max = 2});
  struct http_call_request r = {.method = "POST", .url = url_of("/pause"), .body = S("x")};
  http_client_send(own, &r, count, &t); /* done within the grace */
  r.url = url_of("/slow");
  for (int i = 0; i < 3; i++) http_client_send(own, &r, count, &t); /* two run, one has no connection */
  int64_t start = clock_measure_us();
  http_client_free(&own, 500);
  assert_null(own);
  int64_t took_ms = (clock_measure_us() - start) / 1000;
  assert_in_range(took_ms, 450, 3000);
  assert_int_equal(t.total, 4);
  assert_int_equal(t.outcomes[CALL_ANSWERED], 1);
  assert_int_equal(t.outcomes[CALL_UNCERTAIN], 2);
  assert_int_equal(t.outcomes[CALL_CANCELLED], 1);
}

static void stopping_wakes_who_waits_for_an_answer(void **state) {
  (void)state;
  struct http_call_result got;
  pthread_t blocked;
  pthread_create(&blocked, NULL, block_in_a_call, &got);
  await_running(1);
  http_client_free(&client, 0);
  pthread_join(blocked, NULL);
  assert_int_equal(got.outcome, CALL_UNCERTAIN);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_client, drop_client)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(every_way_to_end_has_its_outcome),
      TEST(what_never_left_is_not_sent),
      TEST(connections_are_kept),
      TEST(a_dead_kept_connection_repeats_only_what_may_be_repeated),
      TEST(a_connection_closed_while_idle_is_replaced),
      TEST(an_upload_that_is_cut_is_uncertain),
      TEST(retry_after_is_read),
      TEST(headers_are_ours),
      TEST(parts_and_files_are_sent),
      TEST(answers_are_saved_whole_or_not_at_all),
      TEST(a_proxy_is_used),
      TEST(two_hundred_calls_at_once),
      TEST(cancelling_ends_the_calls_with_the_tag_and_no_others),
      TEST(whoever_waits_does_something_meanwhile_and_may_cancel),
      TEST(stopping_gives_grace_and_then_ends_everything),
      TEST(stopping_wakes_who_waits_for_an_answer),
  };
  return cmocka_run_group_tests(tests, start_server, stop_server);
}
