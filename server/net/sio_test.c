/* Packets of Socket.IO, and what only the inside can be asked: threads of the application beside the loops, stopping
 * under load, packets after the end. The protocol is tested from outside, in tests/socketio. */
#include "net/sio.h"
#include "net/testing.h"

/* ---- JSON ---- */

static void json_is_scanned_strictly(void **state) {
  (void)state;
  static const str good[] = {
      STR_INIT("0"),
      STR_INIT("-0.5e+10"),
      STR_INIT("\"\""),
      STR_INIT("\"\\u00e9\\n\\\\\\/\""),
      STR_INIT("true"),
      STR_INIT("null"),
      STR_INIT("[]"),
      STR_INIT("{}"),
      STR_INIT("[ 1 , [ ] , { \"a\" : { } } ]"),
      STR_INIT("{\"a\":1,\"b\":[true,false,null]}"),
      STR_INIT("{\"_placeholder\":true,\"num\":1}"),
      STR_INIT("{\"num\":-1}"),
      STR_INIT("{\"_placeholder\":false,\"other\":1}"),
  };
  static const str bad[] = {
      STR_INIT(""),
      STR_INIT(" 1"),
      STR_INIT("-"),
      STR_INIT(".5"),
      STR_INIT("1."),
      STR_INIT("1e"),
      STR_INIT("+1"),
      STR_INIT("\""),
      STR_INIT("\"\\x\""),
      STR_INIT("\"\\u12g4\""),
      STR_INIT("\"\\u12\""),
      STR_INIT("\"\n\""),
      STR_INIT("tru"),
      STR_INIT("["),
      STR_INIT("[1"),
      STR_INIT("[1,"),
      STR_INIT("[1,]"),
      STR_INIT("[,1]"),
      STR_INIT("[1 2]"),
      STR_INIT("{"),
      STR_INIT("{1:2}"),
      STR_INIT("{\"a\"}"),
      STR_INIT("{\"a\":}"),
      STR_INIT("{\"a\":1,}"),
      STR_INIT("{\"a\":1]"),
      STR_INIT("[1}"),
      STR_INIT("nul"),
      STR_INIT("{\"_placeholder\":true,\"num\":2}"),
      STR_INIT("{\"_placeholder\":true}"),
      STR_INIT("{\"_placeholder\":true,\"num\":1.0}"),
      STR_INIT("{\"_placeholder\":true,\"num\":1,\"x\":2}"),
      STR_INIT("{\"_placeholder\":true,\"num\":99999999999999999999}"),
  };
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
    if (sio_json_scan(good[i], 2) != good[i].len) fail_msg("refused: %.*s", STR_ARG(good[i]));
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    if (sio_json_scan(bad[i], 2) == bad[i].len && bad[i].len) fail_msg("taken: %.*s", STR_ARG(bad[i]));
  assert_int_equal(sio_json_scan(S("01"), 0), 1); /* the caller sees that something is left */
  char deep[SIO_DEPTH_MAX * 2 + 2];
  memset(deep, '[', SIO_DEPTH_MAX);
  memset(deep + SIO_DEPTH_MAX, ']', SIO_DEPTH_MAX);
  assert_int_equal(sio_json_scan((str){deep, SIO_DEPTH_MAX * 2}, 0), SIO_DEPTH_MAX * 2);
  memset(deep, '[', SIO_DEPTH_MAX + 1);
  memset(deep + SIO_DEPTH_MAX + 1, ']', SIO_DEPTH_MAX + 1);
  assert_int_equal(sio_json_scan((str){deep, SIO_DEPTH_MAX * 2 + 2}, 0), 0);
}

static void elements_are_walked(void **state) {
  (void)state;
  str parts[] = {S("\"bytes\""), S("\x01\x02")};
  struct sio_event e = {.args = S("1 , {\"a\":[1,2]},\"x,y\", {\"num\":1,\"_placeholder\":true}"),
                        .attachments = parts,
                        .attachments_count = 2};
  static const str wanted[] = {STR_INIT("1"), STR_INIT("{\"a\":[1,2]}"), STR_INIT("\"x,y\"")};
  str json, bytes;
  for (size_t i = 0; i < 3; i++) {
    assert_true(sio_arg(&e, i, &json));
    assert_true(str_eq(json, wanted[i]));
    assert_false(sio_arg_binary(&e, i, &bytes));
  }
  assert_true(sio_arg_binary(&e, 3, &bytes));
  assert_true(str_eq(bytes, S("\x01\x02")));
  assert_false(sio_arg(&e, 4, &json));
  e.attachments_count = 1;
  assert_false(sio_arg_binary(&e, 3, &bytes));
  e.args = STR_NONE;
  assert_false(sio_arg(&e, 0, &json));
}

/* ---- heads ---- */

static void heads_are_read(void **state) {
  (void)state;
  static const struct {
    str text, nsp, event, json;
    enum sio_type type;
    uint32_t attachments;
    int64_t id;
  } rows[] = {
      {STR_INIT("0"), STR_INIT("/"), {0}, {0}, SIO_CONNECT, 0, -1},
      {STR_INIT("0/a,"), STR_INIT("/a"), {0}, {0}, SIO_CONNECT, 0, -1},
      {STR_INIT("0/a"), STR_INIT("/a"), {0}, {0}, SIO_CONNECT, 0, -1},
      {STR_INIT("0{\"t\":1}"), STR_INIT("/"), {0}, STR_INIT("{\"t\":1}"), SIO_CONNECT, 0, -1},
      {STR_INIT("1/a,"), STR_INIT("/a"), {0}, {0}, SIO_DISCONNECT, 0, -1},
      {STR_INIT("2[\"e\"]"), STR_INIT("/"), STR_INIT("e"), STR_INIT(""), SIO_EVENT, 0, -1},
      {STR_INIT("2[ \"e\" , 1 ]"), STR_INIT("/"), STR_INIT("e"), STR_INIT("1"), SIO_EVENT, 0, -1},
      {STR_INIT("2/a,12[\"e\",1,{}]"), STR_INIT("/a"), STR_INIT("e"), STR_INIT("1,{}"), SIO_EVENT, 0, 12},
      {STR_INIT("2[\"\\u0436\"]"), STR_INIT("/"), STR_INIT("ж"), STR_INIT(""), SIO_EVENT, 0, -1},
      {STR_INIT("2[\"\\ud800\"]"), STR_INIT("/"), STR_INIT("\uFFFD"), STR_INIT(""), SIO_EVENT, 0, -1},
      {STR_INIT("2[\"a\\u0000b\"]"), STR_INIT("/"), STR_INIT("a\uFFFDb"), STR_INIT(""), SIO_EVENT, 0, -1},
      {STR_INIT("29007199254740991[\"e\"]"), STR_INIT("/"), STR_INIT("e"), STR_INIT(""), SIO_EVENT, 0,
       9007199254740991},
      {STR_INIT("30[]"), STR_INIT("/"), {0}, STR_INIT(""), SIO_ACK, 0, 0},
      {STR_INIT("4{\"message\":\"x\"}"), STR_INIT("/"), {0}, STR_INIT("{\"message\":\"x\"}"), SIO_CONNECT_ERROR, 0, -1},
      {STR_INIT("51-/a,3[\"e\",{\"_placeholder\":true,\"num\":0}]"), STR_INIT("/a"), STR_INIT("e"),
       STR_INIT("{\"_placeholder\":true,\"num\":0}"), SIO_BINARY_EVENT, 1, 3},
      {STR_INIT("60-5[1]"), STR_INIT("/"), {0}, STR_INIT("1"), SIO_BINARY_ACK, 0, 5},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct sio_head h;
    if (!sio_head_parse(rows[i].text, &h)) fail_msg("refused: %.*s", STR_ARG(rows[i].text));
    bool same = h.type == rows[i].type && h.id == rows[i].id && h.attachments == rows[i].attachments &&
                str_eq(h.nsp, rows[i].nsp) && str_eq(h.event, rows[i].event) && str_eq(h.json, rows[i].json);
    if (!same) fail_msg("read wrongly: %.*s", STR_ARG(rows[i].text));
  }
}

static void broken_heads_are_refused(void **state) {
  (void)state;
  static const str texts[] = {
      STR_INIT(""),
      STR_INIT("x"),
      STR_INIT("7"),
      STR_INIT("2"),
      STR_INIT("2{}"),
      STR_INIT("2[]"),
      STR_INIT("2[1]"),
      STR_INIT("2[\"e\""),
      STR_INIT("2[\"e\"]x"),
      STR_INIT("2 [\"e\"]"),
      STR_INIT("201[\"e\"]"),
      STR_INIT("2-1[\"e\"]"),
      STR_INIT("29007199254740992[\"e\"]"),
      STR_INIT("299999999999999999999[\"e\"]"),
      STR_INIT("3[]"),
      STR_INIT("31"),
      STR_INIT("31{}"),
      STR_INIT("1{}"),
      STR_INIT("11"),
      STR_INIT("0[]"),
      STR_INIT("0\"x\""),
      STR_INIT("0{"),
      STR_INIT("05"),
      STR_INIT("5[\"e\"]"),
      STR_INIT("5-[\"e\"]"),
      STR_INIT("51[\"e\"]"),
      STR_INIT("565-[\"e\"]"),
      STR_INIT("501-[\"e\"]"),
      STR_INIT("51-[\"e\",{\"_placeholder\":true,\"num\":1}]"),
      STR_INIT("61-[1]"),
      STR_INIT("4"),
      STR_INIT("41[]"),
      STR_INIT("0/a b,"),
      STR_INIT("2/a[\"e\"]"),
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct sio_head h;
    if (sio_head_parse(texts[i], &h)) fail_msg("taken: %.*s", STR_ARG(texts[i]));
  }
}

static void a_client_may_not_say_everything(void **state) {
  (void)state;
  struct sio_head h;
  assert_true(sio_head_parse(S("4{\"message\":\"x\"}"), &h) && !sio_head_from_client(&h));
  assert_true(sio_head_parse(S("2[\"connect_error\"]"), &h) && !sio_head_from_client(&h));
  assert_true(sio_head_parse(S("2[\"connected\"]"), &h) && sio_head_from_client(&h));
}

/* ---- a server: two loops, workers, sockets that come and go, and a stop in the middle ---- */

static http_server *server;
static sio_server *io;
static sio_namespace *nsp, *kept_nsp;
static atomic_int entered, left, heard, refused_acks;

static void on_connect(sio_socket *s, const struct sio_connect *c, void *user) {
  (void)c, (void)user;
  atomic_fetch_add(&entered, 1);
  sio_set_user(s, &entered);
  (void)sio_join(s, S("room"));
  sio_accept(s, NULL);
}

static void on_event(sio_socket *s, const struct sio_event *e, void *user) {
  (void)user;
  atomic_fetch_add(&heard, 1);
  sio_ack(s, e->ack, e->args, NULL, 0);
}

static void on_disconnect(sio_socket *s, enum sio_reason reason, void *user) {
  (void)user;
  assert_ptr_equal(sio_user(s), &entered);
  assert_true(strlen(sio_reason_text(reason)) > 0);
  atomic_fetch_add(&left, 1);
}

/* Of "/kept": the test goes on with a socket after its end. */
static _Atomic(sio_socket *) kept;

static void keep_socket(sio_socket *s, const struct sio_event *e, void *user) {
  on_event(s, e, user);
  atomic_store(&kept, sio_socket_ref(s));
}

static void route(http_req *req, struct http_plan *plan, void *user) {
  (void)user;
  if (!sio_route(io, req, plan)) http_reply(req, 404, STR_NONE, STR_NONE);
}

static void begin(void) {
  struct http_config config = {.loops = 2, .workers = 2, .route = route};
  err e = http_server_new(&config, &server);
  assert_false(err_is(e));
  io = sio_server_new(server, &(struct sio_config){.eio = {.ping_interval_ms = 60000}});
  nsp = sio_namespace_add(
      io, "/", &(struct sio_namespace_config){.connect = on_connect, .event = on_event, .disconnect = on_disconnect});
  kept_nsp = sio_namespace_add(io, "/kept", &(struct sio_namespace_config){.event = keep_socket});
  assert_false(err_is(http_server_start(server)));
}

static void finish(void) {
  sio_server_stop(io);
  http_server_stop(server, 2000);
  http_server_free(&server);
  sio_server_free(&io);
}

static int enter(void) {
  int fd = ws_dial(http_server_port(server), "/socket.io/?EIO=4&transport=websocket", NULL, NULL);
  assert_int_equal(hear_frame(fd, NULL), 0x81);
  assert_true(say_frame(fd, 0x81, S("40")));
  assert_int_equal(hear_frame(fd, NULL), 0x81);
  return fd;
}

static atomic_bool enough;

static void *publish(void *arg) {
  (void)arg;
  for (int i = 0; !atomic_load(&enough); i++) {
    struct sio_message m = {.event = S("news"), .args = S("1")};
    sio_packet *p = sio_packet_new(nsp, &m);
    sio_emit_room(nsp, i & 1 ? S("room") : STR_NONE, p, NULL, i % 3 ? 0 : SIO_VOLATILE);
    sio_packet_unref(&p);
    if (i % 16 == 0) rest_ms(1);
  }
  return NULL;
}

static void threads_publish_while_sockets_come_and_go(void **state) {
  (void)state;
  begin();
  pthread_t threads[2];
  atomic_store(&enough, false);
  for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&threads[i], NULL, publish, NULL), 0);
  int before = atomic_load(&entered);
  for (int round = 0; round < 20; round++) {
    int fds[4];
    for (int i = 0; i < 4; i++) fds[i] = enter();
    for (int i = 0; i < 4; i++) assert_int_equal(hear_frame(fds[i], NULL), 0x81);
    for (int i = 0; i < 4; i++) close(fds[i]);
  }
  assert_int_equal(atomic_load(&entered) - before, 80);
  int fd = enter();
  sio_server_stop(io); /* with both of them publishing, and one still there */
  atomic_store(&enough, true);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  assert_true(hear_close(fd) > 0);
  close(fd);
  finish();
  assert_int_equal(atomic_load(&entered), atomic_load(&left));
}

/* What an application may still do with a socket that has gone, and with a server that was stopped. */
static void not_answered(void *arg, const struct sio_event *answer) {
  (void)arg;
  assert_null(answer);
  atomic_fetch_add(&refused_acks, 1);
}

static void use_all(sio_socket *s) {
  struct sio_message m = {.event = S("late"), .args = S("1"), .seq = 7};
  sio_packet *p = sio_packet_new(kept_nsp, &m);
  (void)sio_join(s, S("room"));
  sio_leave(s, S("room"));
  sio_emit(s, p, 0);
  sio_ack(s, 1, S("1"), NULL, 0);
  sio_accept(s, &(struct sio_acceptance){.replay = &p, .replay_count = 1});
  sio_refuse(s, S("no"), S("1"));
  sio_emit_ack(s, &m, 1000, not_answered, NULL);
  sio_emit_room(kept_nsp, S("room"), p, s, 0);
  sio_disconnect_room(kept_nsp, S("room"), true);
  sio_disconnect(s, true);
  sio_packet_unref(&p);
}

static atomic_int joined_rooms;

static void join_many(sio_socket *s, const struct sio_event *e, void *user) {
  (void)e, (void)user;
  int joined = 0;
  for (int i = 0; i < 10; i++) {
    char name[24];
    snprintf(name, sizeof name, "room %d", i);
    joined += sio_join(s, str_c(name));
  }
  assert_true(sio_join(s, S("room 0"))); /* it is in there already */
  assert_false(sio_join(s, STR_NONE));
  sio_leave(s, S("room 0"));
  assert_true(sio_join(s, S("another")));
  atomic_store(&joined_rooms, joined);
}

static void a_join_beyond_the_limit_is_refused(void **state) {
  (void)state;
  struct http_config config = {.loops = 2, .workers = 2, .route = route};
  assert_false(err_is(http_server_new(&config, &server)));
  io = sio_server_new(server, &(struct sio_config){.eio = {.ping_interval_ms = 60000}, .rooms_max = 4});
  sio_namespace_add(io, "/", &(struct sio_namespace_config){.event = join_many});
  assert_false(err_is(http_server_start(server)));
  int fd = enter();
  say_frame(fd, 0x81, S("42[\"x\"]"));
  WAIT_FOR(atomic_load(&joined_rooms) > 0);
  assert_int_equal(atomic_load(&joined_rooms), 4);
  close(fd);
  finish();
}

static void a_socket_that_has_gone_takes_everything_and_does_nothing(void **state) {
  (void)state;
  begin();
  int fd = ws_dial(http_server_port(server), "/socket.io/?EIO=4&transport=websocket", NULL, NULL);
  hear_frame(fd, NULL);
  say_frame(fd, 0x81, S("40/kept,"));
  hear_frame(fd, NULL);
  say_frame(fd, 0x81, S("42/kept,[\"x\"]"));
  WAIT_FOR(atomic_load(&kept) != NULL);
  close(fd);
  struct sio_stats stats;
  WAIT_FOR((sio_server_stats(io, &stats), stats.sockets_open == 0));
  sio_socket *s = atomic_load(&kept);
  use_all(s);
  WAIT_FOR(atomic_load(&refused_acks) == 1);
  sio_server_stop(io);
  use_all(s);
  assert_int_equal(atomic_load(&refused_acks), 2);
  sio_socket_unref(&s);
  finish();
}

/* ---- sessions run short ---- */

static void joins(sio_socket *s, const struct sio_event *e, void *user) {
  (void)e, (void)user;
  sio_mark_authenticated(s);
  atomic_fetch_add(&heard, 1);
}

/* A session by polling; its sid, and "" when there was no room. */
static void shake_hands(char sid[32]) {
  int fd = dial(http_server_port(server));
  assert_true(say(fd, S("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n")));
  struct answer *a = read_answer(fd);
  const char *at = a->status == 200 ? strstr(a->body.ptr, "\"sid\":\"") : NULL;
  snprintf(sid, 32, "%.20s", at ? at + 7 : "");
  drop_answer(&a);
  close(fd);
}

static int say_to(const char *sid, const char *packets) {
  char text[512];
  int n =
      snprintf(text, sizeof text,
               "POST /socket.io/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%s",
               sid, strlen(packets), packets);
  int fd = dial(http_server_port(server));
  assert_true(say(fd, (str){text, (size_t)n}));
  int status = read_status(fd);
  close(fd);
  return status;
}

static void the_oldest_unauthenticated_session_makes_room(void **state) {
  (void)state;
  enum { MAX = 3, COUNT = 6 };
  char sids[COUNT][32];
  http_server_new(&(struct http_config){.loops = 1, .workers = 1, .route = route}, &server);
  io = sio_server_new(server, &(struct sio_config){.eio = {.ping_interval_ms = 60000, .sessions_max = MAX}});
  nsp = sio_namespace_add(io, "/", &(struct sio_namespace_config){.event = joins});
  assert_false(err_is(http_server_start(server)));
  for (int i = 0; i < COUNT; i++) {
    shake_hands(sids[i]);
    assert_int_equal(strlen(sids[i]), 20);
    if (i == 0)
      assert_int_equal(say_to(sids[0], "40\x1e"
                                       "42[\"join\"]"),
                       200);
  }
  for (int i = 0; i < COUNT; i++) assert_int_equal(say_to(sids[i], "3"), i == 0 || i >= COUNT - MAX + 1 ? 200 : 400);
  for (int i = COUNT - MAX + 1; i < COUNT; i++)
    assert_int_equal(say_to(sids[i], "40\x1e"
                                     "42[\"join\"]"),
                     200);
  shake_hands(sids[1]);
  assert_string_equal(sids[1], ""); /* all of them are known */
  finish();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(json_is_scanned_strictly),
      cmocka_unit_test(elements_are_walked),
      cmocka_unit_test(heads_are_read),
      cmocka_unit_test(broken_heads_are_refused),
      cmocka_unit_test(a_client_may_not_say_everything),
      cmocka_unit_test(threads_publish_while_sockets_come_and_go),
      cmocka_unit_test(a_join_beyond_the_limit_is_refused),
      cmocka_unit_test(a_socket_that_has_gone_takes_everything_and_does_nothing),
      cmocka_unit_test(the_oldest_unauthenticated_session_makes_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
