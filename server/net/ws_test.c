/* WebSocket over real sockets, in the order of the well-known public suite: framing, pings, reserved bits, opcodes,
 * fragments, UTF-8, closing, limits, compression. And the bound on a slow client's queue. */
#include "net/testing.h"
#include "net/ws_deflate.h"
#include "net/ws_frame.h"

#include <zlib.h>

enum { MESSAGE_MAX = 1 << 20 };

static http_server *server;
static uint16_t port;
static atomic_int closes_seen, last_code, opens, gone_calls, drains;
static ws_conn *feed_socket; /* the loop's */

static void on_open(ws_conn *c, void *user) {
  ws_set_user(c, user);
  atomic_fetch_add(&opens, 1);
}

static void on_message(ws_conn *c, int opcode, str payload) {
  if (str_eq(payload, S("close me"))) {
    ws_close(c, 4001, S("as you wish"));
    return;
  }
  if (str_eq(payload, S("feed me"))) {
    feed_socket = c;
    return;
  }
  ws_frame *f = ws_frame_new(opcode, payload);
  ws_send(c, f);
  ws_frame_unref(&f);
}

static void on_close(ws_conn *c, int code, str reason) {
  (void)reason;
  if (feed_socket == c) feed_socket = NULL;
  atomic_store(&last_code, code);
  atomic_fetch_add(&closes_seen, 1);
}

static void on_drained(ws_conn *c);

static struct ws_config socket_config = {.message_max_bytes = MESSAGE_MAX,
                                         .queue_max_bytes = 4 << 20,
                                         .deflate = true,
                                         .protocol = STR_INIT("chat"),
                                         .open = on_open,
                                         .message = on_message,
                                         .drained = on_drained,
                                         .close = on_close};
static struct ws_config pinged_config;

static void count_gone(void *user) {
  (void)user;
  atomic_fetch_add(&gone_calls, 1);
}

static void upgrade(http_req *req, void *user) { http_upgrade(req, user, NULL, count_gone); }

static void upgrade_late(http_req *req, void *user) {
  rest_ms(50);
  http_upgrade(req, user, NULL, count_gone);
}

static void route(http_req *req, struct http_plan *plan, void *user) {
  (void)user;
  if (str_eq(http_path(req), S("/loop"))) {
    http_upgrade(req, &socket_config, NULL, NULL);
    return;
  }
  bool pinged = str_eq(http_path(req), S("/pinged")), late = str_eq(http_path(req), S("/late"));
  *plan =
      (struct http_plan){.handler = late ? upgrade_late : upgrade, .user = pinged ? &pinged_config : &socket_config};
}

static int set_up(void **state) {
  (void)state;
  pinged_config = socket_config;
  pinged_config.ping_every_ms = 300;
  server = serve((struct http_config){.workers = 2, .route = route, .idle_timeout_ms = 5000});
  port = http_server_port(server);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  http_server_stop(server, 2000);
  http_server_free(&server);
  return 0;
}

/* ---- one exchange a row ---- */

struct step {
  int first; /* the frame's first byte; 0: the end */
  str payload;
};
struct exchange {
  const char *why;
  struct step say[6];
  struct step hear[4]; /* echoes in order; then, with code, the close */
  int code;            /* 0: the connection lives on */
};
#define T(text) STR_INIT(text)
enum { TEXT = 0x81, BIN = 0x82, CONT = 0x80, TEXT_PART = 0x01, BIN_PART = 0x02, CONT_PART = 0x00 | 0x100 };
enum { PING = 0x89, PONG = 0x8A, CLOSE = 0x88 };

static const struct exchange exchanges[] = {
    /* 1: framing */
    {"1.1 an empty text", {{TEXT, T("")}}, {{TEXT, T("")}}, 0},
    {"1.1 a text", {{TEXT, T("hello")}}, {{TEXT, T("hello")}}, 0},
    {"1.2 an empty binary", {{BIN, T("")}}, {{BIN, T("")}}, 0},
    {"1.2 a binary with every sort of byte", {{BIN, T("\0\xFF\xFE")}}, {{BIN, T("\0\xFF\xFE")}}, 0},
    /* 2: pings */
    {"2.1 an empty ping", {{PING, T("")}}, {{PONG, T("")}}, 0},
    {"2.3 a ping with bytes", {{PING, T("\0\xFFx")}}, {{PONG, T("\0\xFFx")}}, 0},
    {"2.7 a pong nobody asked for", {{PONG, T("x")}, {TEXT, T("a")}}, {{TEXT, T("a")}}, 0},
    {"2.9 a pong, then a ping", {{PONG, T("x")}, {PING, T("y")}}, {{PONG, T("y")}}, 0},
    /* 3: reserved bits */
    {"3.1 RSV2", {{TEXT | 0x20, T("x")}}, {{0}}, 1002},
    {"3.2 RSV3 behind a good message", {{TEXT, T("a")}, {TEXT | 0x10, T("x")}}, {{TEXT, T("a")}}, 1002},
    {"3.4 RSV1 without compression", {{TEXT | 0x40, T("x")}}, {{0}}, 1002},
    {"3.5 RSV1 on a ping", {{PING | 0x40, T("x")}}, {{0}}, 1002},
    {"3.7 all of them on a close", {{CLOSE | 0x70, T("\x03\xE8")}}, {{0}}, 1002},
    /* 4: opcodes */
    {"4.1 opcode 3", {{0x83, T("")}}, {{0}}, 1002},
    {"4.1 opcode 7 behind a good message", {{TEXT, T("a")}, {0x87, T("x")}}, {{TEXT, T("a")}}, 1002},
    {"4.2 opcode 11", {{0x8B, T("")}}, {{0}}, 1002},
    {"4.2 opcode 15", {{0x8F, T("x")}}, {{0}}, 1002},
    /* 5: fragments */
    {"5.1 a ping in two parts", {{0x09, T("a")}, {CONT, T("b")}}, {{0}}, 1002},
    {"5.2 a pong in two parts", {{0x0A, T("a")}, {CONT, T("b")}}, {{0}}, 1002},
    {"5.3 a text in two parts", {{TEXT_PART, T("a")}, {CONT, T("b")}}, {{TEXT, T("ab")}}, 0},
    {"5.6 a ping between parts",
     {{TEXT_PART, T("a")}, {PING, T("p")}, {CONT, T("b")}},
     {{PONG, T("p")}, {TEXT, T("ab")}},
     0},
    {"5.8 empty parts", {{TEXT_PART, T("")}, {CONT_PART, T("")}, {CONT, T("")}}, {{TEXT, T("")}}, 0},
    {"5.9 a continuation of nothing", {{CONT, T("x")}}, {{0}}, 1002},
    {"5.10 the same, not final", {{CONT_PART, T("x")}, {TEXT, T("y")}}, {{0}}, 1002},
    {"5.15 a continuation after the end",
     {{TEXT_PART, T("a")}, {CONT, T("b")}, {CONT, T("c")}},
     {{TEXT, T("ab")}},
     1002},
    {"5.18 a text inside a text", {{TEXT_PART, T("a")}, {TEXT, T("b")}}, {{0}}, 1002},
    {"5.19 many parts and pings",
     {{BIN_PART, T("1")}, {CONT_PART, T("2")}, {PING, T("p")}, {CONT_PART, T("3")}, {PING, T("q")}, {CONT, T("4")}},
     {{PONG, T("p")}, {PONG, T("q")}, {BIN, T("1234")}},
     0},
    /* 6: UTF-8 */
    {"6.1 empty parts of text", {{TEXT_PART, T("")}, {CONT, T("")}}, {{TEXT, T("")}}, 0},
    {"6.2 a text beyond ASCII",
     {{TEXT, T("\xCE\xBA\xE1\xBD\xB9\xCF\x83")}},
     {{TEXT, T("\xCE\xBA\xE1\xBD\xB9\xCF\x83")}},
     0},
    {"6.2 split inside a code point",
     {{TEXT_PART, T("\xCE\xBA\xE1")}, {CONT_PART, T("\xBD")}, {CONT, T("\xB9")}},
     {{TEXT, T("\xCE\xBA\xE1\xBD\xB9")}},
     0},
    {"6.3 bad at once", {{TEXT, T("a\xFFz")}}, {{0}}, 1007},
    {"6.3 a surrogate", {{TEXT, T("\xED\xA0\x80")}}, {{0}}, 1007},
    {"6.4 bad in the first part, the rest never comes", {{TEXT_PART, T("\xCE\xBA\xF4\x90")}}, {{0}}, 1007},
    {"6.6 incomplete at the end", {{TEXT, T("\xCE\xBA\xE1\xBD")}}, {{0}}, 1007},
    {"6.6 incomplete at the end of parts", {{TEXT_PART, T("\xCE")}, {CONT, T("")}}, {{0}}, 1007},
    {"6.7 NUL is a code point", {{TEXT, T("\0")}}, {{TEXT, T("\0")}}, 0},
    {"6.9 the last code point", {{TEXT, T("\xF4\x8F\xBF\xBF")}}, {{TEXT, T("\xF4\x8F\xBF\xBF")}}, 0},
    {"6.10 beyond it", {{TEXT, T("\xF4\x90\x80\x80")}}, {{0}}, 1007},
    {"6.12 a stray continuation", {{TEXT, T("\x80")}}, {{0}}, 1007},
    {"6.19 an overlong slash", {{TEXT, T("\xC0\xAF")}}, {{0}}, 1007},
    {"6.19 an overlong NUL", {{TEXT, T("\xE0\x80\x80")}}, {{0}}, 1007},
    {"6.22 a noncharacter is valid", {{TEXT, T("\xEF\xBF\xBF")}}, {{TEXT, T("\xEF\xBF\xBF")}}, 0},
    {"binary is never checked", {{BIN, T("\xC0\xAF")}}, {{BIN, T("\xC0\xAF")}}, 0},
    /* 7: closing */
    {"7.1 a close, and what comes after is ignored",
     {{CLOSE, T("\x03\xE8")}, {TEXT, T("x")}, {PING, T("")}},
     {{0}},
     1000},
    {"7.3 no code", {{CLOSE, T("")}}, {{0}}, 1005},
    {"7.3 half a code", {{CLOSE, T("\x03")}}, {{0}}, 1002},
    {"7.3 a reason",
     {{CLOSE, T("\x03\xE8"
                "bye")}},
     {{0}},
     1000},
    {"7.5 a reason that is not UTF-8", {{CLOSE, T("\x03\xE8\xFF")}}, {{0}}, 1007},
    {"7.7 1011", {{CLOSE, T("\x03\xF3")}}, {{0}}, 1011},
    {"7.7 3000", {{CLOSE, T("\x0B\xB8")}}, {{0}}, 3000},
    {"7.7 4999", {{CLOSE, T("\x13\x87")}}, {{0}}, 4999},
    {"7.9 0", {{CLOSE, T("\0\0")}}, {{0}}, 1002},
    {"7.9 999", {{CLOSE, T("\x03\xE7")}}, {{0}}, 1002},
    {"7.9 1004", {{CLOSE, T("\x03\xEC")}}, {{0}}, 1002},
    {"7.9 1005", {{CLOSE, T("\x03\xED")}}, {{0}}, 1002},
    {"7.9 1006", {{CLOSE, T("\x03\xEE")}}, {{0}}, 1002},
    {"7.9 1015", {{CLOSE, T("\x03\xF7")}}, {{0}}, 1002},
    {"7.9 2999", {{CLOSE, T("\x0B\xB7")}}, {{0}}, 1002},
    {"7.13 5000", {{CLOSE, T("\x13\x88")}}, {{0}}, 1002},
    {"our own close is answered", {{TEXT, T("close me")}, {CLOSE, T("\x0F\xA1")}}, {{0}}, 4001},
};

/* Sends the steps at once, or every byte alone. */
static void run(const struct exchange *x, bool bytewise) {
  int fd = ws_dial(port, "/echo", NULL, NULL);
  buf b;
  buf_init(&b, 4096);
  for (int i = 0; i < 6 && (x->say[i].first || x->say[i].payload.ptr); i++)
    put_frame(&b, x->say[i].first & 0xFF, x->say[i].payload);
  for (size_t i = 0; bytewise && i < b.len; i++)
    if (!say(fd, str_sub(buf_borrow(&b), i, i + 1))) break;
  if (!bytewise) say(fd, buf_borrow(&b));
  buf_free(&b);
  for (int i = 0; i < 4 && x->hear[i].payload.ptr; i++) {
    buf got;
    buf_init(&got, 1 << 20);
    int first = hear_frame(fd, &got);
    if (first != x->hear[i].first || !str_eq(buf_borrow(&got), x->hear[i].payload))
      fail_msg("%s: heard %02x \"%.*s\"", x->why, (unsigned)first, STR_ARG(buf_borrow(&got)));
    buf_free(&got);
  }
  if (!x->code) {
    say_frame(fd, CLOSE, S("\x03\xE8"));
    assert_int_equal(hear_close(fd), 1000);
  } else {
    int code = hear_close(fd);
    if (code != x->code) fail_msg("%s: closed with %d instead of %d", x->why, code, x->code);
  }
  if (!closes(fd, 1000)) fail_msg("%s: the connection stays", x->why);
  close(fd);
}

static void every_exchange_goes_as_the_table_says(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof exchanges / sizeof exchanges[0]; i++) run(&exchanges[i], false);
}

static void and_the_same_byte_by_byte(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof exchanges / sizeof exchanges[0]; i++) run(&exchanges[i], true);
}

/* ---- frames by hand ---- */

static int code_for(str bytes, const char *extra) {
  int fd = ws_dial(port, "/echo", extra, NULL);
  say(fd, bytes);
  int code = hear_close(fd);
  close(fd);
  return code;
}

static void broken_frames_close_with_their_code(void **state) {
  (void)state;
  assert_int_equal(code_for(S("\x81\x01"
                              "a"),
                            NULL),
                   1002);                                                        /* unmasked */
  assert_int_equal(code_for(S("\x81\xFE\0\x05mmmm"), NULL), 1002);               /* 5 in two bytes */
  assert_int_equal(code_for(S("\x81\xFF\0\0\0\0\0\0\xFF\xFFmmmm"), NULL), 1002); /* 65535 in eight */
  assert_int_equal(code_for(S("\x81\xFF\x80\0\0\0\0\1\0\0mmmm"), NULL), 1002);   /* the top bit */
  assert_int_equal(code_for(S("\x89\xFE\0\x7Emmmm"), NULL), 1002);               /* a ping of 126 */
  assert_int_equal(code_for(S("\x82\xFF\0\0\0\0\0\x10\0\1mmmm"), NULL), 1009);   /* one over the limit */
  assert_int_equal(code_for(S("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFFmmmm"), NULL), 1009);
}

static void parts_together_may_not_pass_the_limit(void **state) {
  (void)state;
  int fd = ws_dial(port, "/echo", NULL, NULL);
  char *half = mem_alloc(MESSAGE_MAX / 2);
  say_frame(fd, BIN_PART, (str){half, MESSAGE_MAX / 2});
  say_frame(fd, CONT, (str){half, MESSAGE_MAX / 2});
  buf got;
  buf_init(&got, MESSAGE_MAX + 16);
  assert_int_equal(hear_frame(fd, &got), BIN);
  assert_int_equal(got.len, MESSAGE_MAX);
  say_frame(fd, BIN_PART, (str){half, MESSAGE_MAX / 2});
  say_frame(fd, CONT_PART & 0xFF, (str){half, MESSAGE_MAX / 2});
  say_frame(fd, CONT, S("x"));
  assert_int_equal(hear_close(fd), 1009);
  buf_free(&got);
  mem_free(&half);
  close(fd);
}

static void messages_of_every_length_form_come_back(void **state) {
  (void)state;
  static const size_t sizes[] = {124, 125, 126, 127, 128, 65534, 65535, 65536, 65537, 200000, MESSAGE_MAX};
  int fd = ws_dial(port, "/loop", NULL, NULL);
  char *bytes = mem_alloc(MESSAGE_MAX);
  for (size_t i = 0; i < MESSAGE_MAX; i++) bytes[i] = (char)(i * 31 >> 4);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    buf got;
    buf_init(&got, MESSAGE_MAX + 16);
    say_frame(fd, BIN, (str){bytes, sizes[i]});
    assert_int_equal(hear_frame(fd, &got), BIN);
    assert_true(str_eq(buf_borrow(&got), (str){bytes, sizes[i]}));
    buf_free(&got);
  }
  mem_free(&bytes);
  close(fd);
}

/* ---- the handshake ---- */

#define SHAKE(lines) "GET /echo HTTP/1.1\r\nHost: t\r\n" lines "\r\n"
#define KEY          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define V13          "Sec-WebSocket-Version: 13\r\n"
#define UP           "Upgrade: websocket\r\nConnection: Upgrade\r\n"

static void handshakes_are_judged(void **state) {
  (void)state;
  static const struct {
    const char *why;
    str request;
    int status;
  } rows[] = {
      {"all is there", T(SHAKE(UP KEY V13)), 101},
      {"case and lists", T(SHAKE("Upgrade: h2c, WebSocket\r\nconnection: x, upgrade\r\n" KEY V13)), 101},
      {"no Upgrade", T(SHAKE("Connection: Upgrade\r\n" KEY V13)), 426},
      {"no Connection", T(SHAKE("Upgrade: websocket\r\n" KEY V13)), 426},
      {"an old version", T(SHAKE(UP KEY "Sec-WebSocket-Version: 8\r\n")), 426},
      {"no key", T(SHAKE(UP V13)), 400},
      {"a short key", T(SHAKE(UP V13 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n")), 400},
      {"a key that is not base64", T(SHAKE(UP V13 "Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!==\r\n")), 400},
      {"POST", T("POST /echo HTTP/1.1\r\nHost: t\r\n" UP KEY V13 "\r\n"), 400},
      {"HTTP/1.0", T("GET /echo HTTP/1.0\r\n" UP KEY V13 "\r\n"), 400},
  };
  int refused = atomic_load(&gone_calls);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    int fd = dial(port);
    say(fd, rows[i].request);
    struct answer *a = read_answer(fd);
    if (a->status != rows[i].status) fail_msg("%s: %d", rows[i].why, a->status);
    if (a->status == 101)
      assert_non_null(strstr(a->head, "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    if (a->status == 426) assert_non_null(strstr(a->head, "\r\nSec-WebSocket-Version: 13\r\n"));
    refused += a->status != 101;
    drop_answer(&a);
    close(fd);
  }
  WAIT_FOR(atomic_load(&gone_calls) == refused); /* a call may follow its answer */
}

static void a_protocol_is_answered_only_when_offered(void **state) {
  (void)state;
  struct answer *a;
  int fd = ws_dial(port, "/echo", "Sec-WebSocket-Protocol: superchat, chat\r\n", &a);
  assert_non_null(strstr(a->head, "\r\nSec-WebSocket-Protocol: chat\r\n"));
  drop_answer(&a);
  close(fd);
  fd = ws_dial(port, "/echo", "Sec-WebSocket-Protocol: other\r\n", &a);
  assert_null(strstr(a->head, "Sec-WebSocket-Protocol"));
  drop_answer(&a);
  close(fd);
}

static void a_frame_in_the_segment_of_the_handshake_is_kept(void **state) {
  (void)state;
  static const char *const paths[] = {"/echo", "/loop", "/late"};
  for (int i = 0; i < 3; i++) {
    int fd = dial(port);
    buf b, got;
    buf_init(&b, 4096);
    buf_init(&got, 4096);
    buf_printf(&b, "GET %s HTTP/1.1\r\nHost: t\r\n" UP KEY V13 "\r\n", paths[i]);
    put_frame(&b, TEXT, S("early"));
    say(fd, buf_borrow(&b));
    assert_int_equal(read_status(fd), 101);
    assert_int_equal(hear_frame(fd, &got), TEXT);
    assert_true(str_eq(buf_borrow(&got), S("early")));
    buf_free(&b);
    buf_free(&got);
    close(fd);
  }
}

static void a_client_that_goes_before_the_upgrade_is_told_of(void **state) {
  (void)state;
  int before = atomic_load(&gone_calls), opened = atomic_load(&opens);
  int fd = dial(port);
  say(fd, S("GET /late HTTP/1.1\r\nHost: t\r\n" UP KEY V13 "\r\n"));
  struct linger reset = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  rest_ms(20);
  close(fd);
  WAIT_FOR(atomic_load(&gone_calls) == before + 1);
  assert_int_equal(atomic_load(&opens), opened);
}

/* ---- time, loss, speed ---- */

static void a_lost_connection_is_1006(void **state) {
  (void)state;
  int before = atomic_load(&closes_seen);
  int fd = ws_dial(port, "/echo", NULL, NULL);
  close(fd);
  WAIT_FOR(atomic_load(&closes_seen) == before + 1);
  assert_int_equal(atomic_load(&last_code), 1006);
}

static void a_quiet_client_is_pinged_and_a_dead_one_dropped(void **state) {
  (void)state;
  int fd = ws_dial(port, "/pinged", NULL, NULL);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(hear_frame(fd, NULL), PING);
    say_frame(fd, PONG, S(""));
  }
  assert_int_equal(hear_frame(fd, NULL), PING);
  int64_t began = clock_steady_ms(&clock_system);
  assert_int_equal(hear_frame(fd, NULL), -1);
  assert_in_range(clock_steady_ms(&clock_system) - began, 150, 900);
  close(fd);
}

static void feed(void *arg) {
  atomic_int *refused = arg;
  char *bytes = mem_alloc(100000);
  for (int i = 0; i < 200 && feed_socket; i++)
    if (!ws_send_text(feed_socket, (str){memset(bytes, 'x', 100000), 100000})) atomic_fetch_add(refused, 1);
  mem_free(&bytes);
}

static void a_slow_client_is_dropped_with_1013_and_counted(void **state) {
  (void)state;
  uint64_t before = stats_of(server).ws_dropped_slow;
  int fd = ws_dial(port, "/echo", NULL, NULL);
  say_frame(fd, TEXT, S("feed me"));
  say_frame(fd, PING, S(""));
  assert_int_equal(hear_frame(fd, NULL), PONG);
  atomic_int refused = 0;
  net_post(http_server_loop(server, 0), feed, &refused); /* 20 MB at once for a queue of 4 */
  WAIT_FOR(stats_of(server).ws_dropped_slow == before + 1);
  assert_int_equal(hear_close(fd), 1013);
  assert_true(atomic_load(&refused) > 100);
  close(fd);
}

enum { OFFER_BYTES = 100000, OFFER_LIMIT = 500000, OFFERS = 100, LOW = 50000 };

/* Offers until the queue is full, then waits for it to drain; OFFERS frames in all. */
static atomic_int offered, most_queued;
static void offer_more(ws_conn *c) {
  char *bytes = mem_alloc(OFFER_BYTES);
  ws_frame *f = ws_frame_new(WS_TEXT, (str){memset(bytes, 'y', OFFER_BYTES), OFFER_BYTES});
  while (atomic_load(&offered) < OFFERS && ws_offer(c, f, OFFER_LIMIT) == WS_QUEUED) atomic_fetch_add(&offered, 1);
  if ((int)ws_queued_bytes(c) > atomic_load(&most_queued)) atomic_store(&most_queued, (int)ws_queued_bytes(c));
  if (atomic_load(&offered) < OFFERS) ws_wait_drained(c, LOW);
  ws_frame_unref(&f);
  mem_free(&bytes);
}

static void on_drained(ws_conn *c) {
  if (ws_queued_bytes(c) <= LOW) atomic_fetch_add(&drains, 1);
  offer_more(c);
}

static void begin_offers(void *arg) {
  (void)arg;
  if (feed_socket) offer_more(feed_socket);
}

static void what_is_offered_never_exceeds_its_limit_and_goes_on_when_drained(void **state) {
  (void)state;
  uint64_t before = stats_of(server).ws_dropped_slow;
  int fd = ws_dial(port, "/echo", NULL, NULL);
  say_frame(fd, TEXT, S("feed me"));
  say_frame(fd, PING, S(""));
  assert_int_equal(hear_frame(fd, NULL), PONG);
  net_post(http_server_loop(server, 0), begin_offers, NULL); /* 10 MB */
  for (int i = 0; i < OFFERS; i++) assert_int_equal(hear_frame(fd, NULL), TEXT);
  assert_int_equal(atomic_load(&offered), OFFERS);
  assert_in_range(atomic_load(&most_queued), LOW, OFFER_LIMIT);
  assert_true(atomic_load(&drains) >= 2);
  assert_int_equal(stats_of(server).ws_dropped_slow, before);
  close(fd);
}

/* ---- compression ---- */

static void offers_are_accepted_or_declined(void **state) {
  (void)state;
  static const struct {
    const char *offer, *answer; /* NULL: declined */
  } rows[] = {
      {"permessage-deflate", "server_no_context_takeover; client_no_context_takeover"},
      {"permessage-deflate; client_max_window_bits", "server_no_context_takeover; client_no_context_takeover"},
      {"permessage-deflate; client_max_window_bits=10; client_no_context_takeover",
       "server_no_context_takeover; client_no_context_takeover"},
      {"permessage-deflate; server_max_window_bits=9",
       "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9"},
      {"permessage-deflate; server_max_window_bits=\"15\"",
       "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15"},
      {"permessage-deflate; nonsense, permessage-deflate", "server_no_context_takeover; client_no_context_takeover"},
      {"x-webkit-deflate-frame", NULL},
      {"permessage-deflate; server_max_window_bits", NULL},
      {"permessage-deflate; server_max_window_bits=16", NULL},
      {"permessage-deflate; server_max_window_bits=08", NULL},
      {"permessage-deflate; client_max_window_bits=7", NULL},
      {"permessage-deflate; server_no_context_takeover=1", NULL},
      {"permessage-deflate; server_no_context_takeover; server_no_context_takeover", NULL},
      {"permessage-deflate; nonsense", NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char line[256], expected[256];
    struct answer *a;
    snprintf(line, sizeof line, "Sec-WebSocket-Extensions: %s\r\n", rows[i].offer);
    snprintf(expected, sizeof expected, "\r\nSec-WebSocket-Extensions: permessage-deflate; %s\r\n",
             rows[i].answer ? rows[i].answer : "");
    int fd = ws_dial(port, "/echo", line, &a);
    const char *told = strstr(a->head, "Sec-WebSocket-Extensions");
    if (rows[i].answer ? !strstr(a->head, expected) : told != NULL) fail_msg("%s:\n%s", rows[i].offer, a->head);
    drop_answer(&a);
    close(fd);
  }
}

static void squeeze(str s, int bits, buf *out) {
  z_stream z = {0};
  char piece[4096];
  assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, -bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  memcpy(&z.next_in, &s.ptr, sizeof s.ptr);
  z.avail_in = (uInt)s.len;
  do {
    z.next_out = (Bytef *)piece;
    z.avail_out = sizeof piece;
    deflate(&z, Z_SYNC_FLUSH);
    buf_add(out, (str){piece, sizeof piece - z.avail_out});
  } while (z.avail_out == 0);
  deflateEnd(&z);
  out->len -= 4;
}

/* Sends a compressed text in `parts` fragments and reads the echo, inflated with the window that was agreed on. */
static void exchange_compressed(int fd, str text, int parts, int bits) {
  buf small, got, whole;
  buf_init(&small, 4 << 20);
  buf_init(&got, 4 << 20);
  buf_init(&whole, 4 << 20);
  squeeze(text, 15, &small);
  for (int i = 0; i < parts; i++) {
    int first = (i == 0 ? 0x41 : 0) | (i == parts - 1 ? 0x80 : 0);
    size_t n = small.len;
    say_frame(fd, first,
              str_sub(buf_borrow(&small), n * (size_t)i / (size_t)parts, n * (size_t)(i + 1) / (size_t)parts));
  }
  int first = hear_frame(fd, &got);
  if (first == 0x81) {
    assert_true(str_eq(buf_borrow(&got), text));
  } else {
    assert_int_equal(first, 0xC1);
    assert_true(text.len >= 256 && got.len < text.len);
    z_stream z = {0};
    assert_int_equal(inflateInit2(&z, -bits), Z_OK);
    buf_add(&got, S("\0\0\xFF\xFF"));
    z.next_in = (Bytef *)got.ptr;
    z.avail_in = (uInt)got.len;
    z.next_out = (Bytef *)buf_reserve(&whole, text.len + 64);
    z.avail_out = (uInt)text.len + 64;
    inflate(&z, Z_SYNC_FLUSH);
    buf_commit(&whole, text.len + 64 - z.avail_out);
    inflateEnd(&z);
    assert_true(str_eq(buf_borrow(&whole), text));
  }
  buf_free(&small);
  buf_free(&got);
  buf_free(&whole);
}

static void compressed_messages_come_back(void **state) {
  (void)state;
  static const struct {
    const char *offer;
    int bits;
  } rows[] = {{"permessage-deflate", 15},
              {"permessage-deflate; server_max_window_bits=8; client_max_window_bits", 8},
              {"permessage-deflate; server_max_window_bits=10", 10}};
  static const size_t sizes[] = {0, 1, 16, 255, 256, 1024, 5000, 70000, 1000000};
  char *text = mem_alloc(1000000);
  for (size_t i = 0; i < 1000000; i++) text[i] = "{\"conversation\":12,\"text\":\"hello\"}"[(i * i >> 9) % 34];
  for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
    char line[128];
    snprintf(line, sizeof line, "Sec-WebSocket-Extensions: %s\r\n", rows[r].offer);
    int fd = ws_dial(port, "/echo", line, NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
      exchange_compressed(fd, (str){text, sizes[i]}, 1, rows[r].bits == 8 ? 9 : rows[r].bits);
      exchange_compressed(fd, (str){text, sizes[i]}, 3, rows[r].bits == 8 ? 9 : rows[r].bits);
    }
    say_frame(fd, TEXT, S("plain between")); /* a message may come uncompressed */
    assert_int_equal(hear_frame(fd, NULL), TEXT);
    close(fd);
  }
  mem_free(&text);
}

static int code_for_compressed(int first, str payload) {
  int fd = ws_dial(port, "/echo", "Sec-WebSocket-Extensions: permessage-deflate\r\n", NULL);
  say_frame(fd, first, payload);
  int code = hear_close(fd);
  close(fd);
  return code;
}

static void broken_compression_closes(void **state) {
  (void)state;
  buf b;
  buf_init(&b, 1 << 20);
  assert_int_equal(code_for_compressed(0xC1, S("\xFF\xFF\xFF\xFF")), 1007);
  assert_int_equal(code_for_compressed(0xC9, S("")), 1002);
  assert_int_equal(code_for_compressed(0xC0, S("x")), 1002);
  squeeze(S("caf\xE9"), 15, &b);
  assert_int_equal(code_for_compressed(0xC1, buf_borrow(&b)), 1007);
  buf_clear(&b);
  char *zeros = mem_alloc(MESSAGE_MAX + 1); /* a bomb: a kilobyte that would be a megabyte and one */
  squeeze((str){zeros, MESSAGE_MAX + 1}, 15, &b);
  assert_int_equal(code_for_compressed(0xC2, buf_borrow(&b)), 1009);
  mem_free(&zeros);
  buf_free(&b);
}

static void a_final_deflate_block_is_understood(void **state) {
  (void)state;
  /* "Hello" in one block with BFINAL set, then the empty byte: RFC 7692, 7.2.3.4. */
  int fd = ws_dial(port, "/echo", "Sec-WebSocket-Extensions: permessage-deflate\r\n", NULL);
  buf got;
  buf_init(&got, 4096);
  say_frame(fd, 0xC1, S("\xF3\x48\xCD\xC9\xC9\x07\x00\x00"));
  assert_int_equal(hear_frame(fd, &got), TEXT);
  assert_true(str_eq(buf_borrow(&got), S("Hello")));
  buf_free(&got);
  close(fd);
}

static void utf8_is_judged_alike_at_every_split(void **state) {
  (void)state;
  rand_seeded seeded;
  rand_seeded_init(&seeded, 7);
  static const unsigned char interesting[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2,
                                              0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF};
  for (int round = 0; round < 20000; round++) {
    unsigned char bytes[12];
    size_t n = rand_below(&seeded.rand, sizeof bytes + 1);
    for (size_t i = 0; i < n; i++) bytes[i] = interesting[rand_below(&seeded.rand, sizeof interesting)];
    size_t split = rand_below(&seeded.rand, n + 1);
    ws_utf8 utf8 = 0;
    bool good =
        ws_utf8_feed(&utf8, bytes, split) && ws_utf8_feed(&utf8, bytes + split, n - split) && ws_utf8_complete(utf8);
    assert_int_equal(good, str_utf8_valid((str){(char *)bytes, n}));
  }
}

/* ---- a socket may live on another loop than the one its request came in on ---- */

static http_server *two_loops;
static atomic_int at_home;

static void open_at_home(ws_conn *c, void *user) {
  (void)user;
  assert_true(net_on_loop(ws_loop(c)) && ws_loop(c) == http_server_loop(two_loops, 0));
  atomic_fetch_add(&at_home, 1);
}

static struct ws_config home_config = {.message_max_bytes = 1024, .open = open_at_home, .message = on_message};

static void upgrade_at_home(http_req *req, void *user) {
  (void)user;
  http_upgrade_on(req, http_server_loop(two_loops, 0), &home_config, NULL, count_gone);
}

static void route_home(http_req *req, struct http_plan *plan, void *user) {
  (void)user;
  *plan = (struct http_plan){.handler = upgrade_at_home, .on_loop = str_eq(http_path(req), S("/loop"))};
}

static void sockets_move_to_the_loop_they_are_given(void **state) {
  (void)state;
  enum { SOCKETS = 24 };
  two_loops = serve((struct http_config){.loops = 2, .workers = 2, .route = route_home});
  int fds[SOCKETS], gone_before = atomic_load(&gone_calls);
  for (int i = 0; i < SOCKETS; i++) { /* the kernel spreads them over both loops */
    buf first;
    buf_init(&first, 1024);
    buf_printf(&first, "GET /%s HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
               i & 1 ? "loop" : "work");
    buf_add(&first, S("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
    put_frame(&first, TEXT, S("early"));
    fds[i] = dial(http_server_port(two_loops));
    assert_true(say(fds[i], buf_borrow(&first)));
    buf_free(&first);
  }
  for (int i = 0; i < SOCKETS; i++) {
    assert_int_equal(read_status(fds[i]), 101);
    assert_int_equal(hear_frame(fds[i], NULL), TEXT);
    assert_true(say_frame(fds[i], TEXT, S("late")));
    assert_int_equal(hear_frame(fds[i], NULL), TEXT);
  }
  assert_int_equal(atomic_load(&at_home), SOCKETS);
  assert_int_equal(stats_of(two_loops).websockets_open, SOCKETS);
  assert_int_equal(stats_of(two_loops).connections_open, SOCKETS);
  assert_int_equal(atomic_load(&gone_calls), gone_before);
  for (int i = 0; i < SOCKETS; i++) close(fds[i]);
  WAIT_FOR(stats_of(two_loops).connections_open == 0);
  assert_int_equal(stats_of(two_loops).connections_total, SOCKETS);
  http_server_stop(two_loops, 1000);
  http_server_free(&two_loops);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_exchange_goes_as_the_table_says),
      cmocka_unit_test(and_the_same_byte_by_byte),
      cmocka_unit_test(broken_frames_close_with_their_code),
      cmocka_unit_test(parts_together_may_not_pass_the_limit),
      cmocka_unit_test(messages_of_every_length_form_come_back),
      cmocka_unit_test(handshakes_are_judged),
      cmocka_unit_test(a_protocol_is_answered_only_when_offered),
      cmocka_unit_test(a_frame_in_the_segment_of_the_handshake_is_kept),
      cmocka_unit_test(a_client_that_goes_before_the_upgrade_is_told_of),
      cmocka_unit_test(a_lost_connection_is_1006),
      cmocka_unit_test(a_quiet_client_is_pinged_and_a_dead_one_dropped),
      cmocka_unit_test(a_slow_client_is_dropped_with_1013_and_counted),
      cmocka_unit_test(what_is_offered_never_exceeds_its_limit_and_goes_on_when_drained),
      cmocka_unit_test(offers_are_accepted_or_declined),
      cmocka_unit_test(compressed_messages_come_back),
      cmocka_unit_test(broken_compression_closes),
      cmocka_unit_test(a_final_deflate_block_is_understood),
      cmocka_unit_test(utf8_is_judged_alike_at_every_split),
      cmocka_unit_test(sockets_move_to_the_loop_they_are_given),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
