/* Apps: who may call, names of files, Firebase's texts; and in the database the rows that leave, once. */
#include "desk/desk_fixture.h"
#include "desk/greeting/greeting.h"
#include "desk/setting/setting.h"
#include "desk/outbox/outbox.h"
#include "edge/mobile/fcm.h"
#include "edge/mobile/mobile_internal.h"

#include <stdatomic.h>

static const unsigned char secret[32] = "thirty-two bytes for the tests..";

/* ---- pure ---- */

static void a_user_id_is_any_plain_text_of_128_bytes(void **state) {
  (void)state;
  char long_id[MOBILE_USER_MAX + 2];
  memset(long_id, 'x', sizeof long_id - 1);
  long_id[sizeof long_id - 1] = 0;
  assert_ok(mobile_check_user(S("123456789")));
  assert_ok(mobile_check_user(S("Имя Фамилия/🙂")));
  assert_ok(mobile_check_user(str_n(long_id, MOBILE_USER_MAX)));
  assert_err(mobile_check_user(S("")), ERR_MISSING_FIELD);
  assert_err(mobile_check_user(STR_NONE), ERR_MISSING_FIELD);
  assert_err(mobile_check_user(str_c(long_id)), ERR_INVALID_FIELD);
  assert_err(mobile_check_user(S("a\nb")), ERR_INVALID_FIELD);
  assert_err(mobile_check_user(S("\xff")), ERR_INVALID_FIELD);
  assert_err(mobile_check_user(S("ann\uFFFD")), ERR_INVALID_FIELD); /* what two halves of characters would both be */
}

static void each_mode_asks_for_its_own_proof(void **state) {
  (void)state;
  arena *a = arena_new(0);
  struct mobile_keys keys = {.app = "key", .signing = "secret"};
  str hash = mobile_user_hash(S("secret"), S("ann"), a);
  assert_str(hash, "aad4e6199b77de3305e568999486a8be43b4cbc7d6299ff32eacded10d1a126b");
  assert_ok(mobile_check_caller(MOBILE_OPEN, &keys, S("ann"), STR_NONE, STR_NONE));
  assert_ok(mobile_check_caller(MOBILE_KEY, &keys, S("ann"), S("key"), STR_NONE));
  assert_err(mobile_check_caller(MOBILE_KEY, &keys, S("ann"), S("kex"), STR_NONE), ERR_UNAUTHORIZED);
  assert_err(mobile_check_caller(MOBILE_KEY, &keys, S("ann"), STR_NONE, STR_NONE), ERR_UNAUTHORIZED);
  assert_ok(
      mobile_check_caller(MOBILE_KEY, &keys, S("ann"), STR_NONE, hash)); /* a signature is worth more than the key */
  assert_err(mobile_check_caller(MOBILE_KEY, &keys, S("bob"), STR_NONE, hash), ERR_UNAUTHORIZED);
  assert_ok(mobile_check_caller(MOBILE_SIGNED, &keys, S("ann"), STR_NONE, hash));
  assert_err(mobile_check_caller(MOBILE_SIGNED, &keys, S("bob"), STR_NONE, hash), ERR_UNAUTHORIZED);
  assert_err(mobile_check_caller(MOBILE_SIGNED, &keys, S("ann"), S("key"), STR_NONE), ERR_UNAUTHORIZED);
  arena_free(&a);
}

static void a_visitor_needs_the_own_secret_in_every_mode(void **state) {
  (void)state;
  arena *a = arena_new(0);
  struct mobile_keys keys = {.app = "key", .signing = "secret", .visitor = "thirty-two bytes of a visitor k"};
  str ann = mobile_visitor_make(&rand_system, a), bob = mobile_visitor_make(&rand_system, a);
  assert_int_equal(ann.len, MOBILE_VISITOR_SIZE);
  assert_false(str_eq(ann, bob));
  str claimed = mobile_visitor_claimed(&keys, S("web-0123456789abcdefABCD-_"), S("0123456789abcdefABCD-_"), a);
  assert_int_equal(claimed.len, MOBILE_VISITOR_SIZE);
  assert_true(
      str_eq(claimed, mobile_visitor_claimed(&keys, S("web-0123456789abcdefABCD-_"), S("0123456789abcdefABCD-_"), a)));
  assert_false(
      str_eq(claimed, mobile_visitor_claimed(&keys, S("web-0123456789abcdefABCD-_"), S("another claim.........."), a)));
  const str ids[] = {ann, bob, claimed};
  for (size_t i = 0; i < JSON_COUNT(ids); i++) {
    assert_true(mobile_is_visitor(ids[i]));
    str own = mobile_visitor_secret(&keys, ids[i], a), signature = mobile_user_hash(S("secret"), ids[i], a);
    for (enum mobile_auth auth = MOBILE_OPEN; auth <= MOBILE_SIGNED; auth++) {
      assert_ok(mobile_check_caller(auth, &keys, ids[i], STR_NONE, own));
      assert_err(mobile_check_caller(auth, &keys, ids[i], S("key"), STR_NONE), ERR_UNAUTHORIZED);
      assert_err(mobile_check_caller(auth, &keys, ids[i], S("key"), signature), ERR_UNAUTHORIZED);
      str other = mobile_visitor_secret(&keys, S("visitor-0123456789abcdefghijkl"), a);
      assert_err(mobile_check_caller(auth, &keys, ids[i], S("key"), other), ERR_UNAUTHORIZED);
    }
  }
  keys.no_visitors = true;
  assert_err(mobile_check_caller(MOBILE_OPEN, &keys, ann, S("key"), mobile_visitor_secret(&keys, ann, a)),
             ERR_FORBIDDEN);
  assert_ok(mobile_check_caller(MOBILE_OPEN, &keys, S("visitor-42"), STR_NONE, STR_NONE));
  struct mobile_keys unset = {.app = "key"};
  assert_err(mobile_check_caller(MOBILE_SIGNED, &unset, S("ann"), STR_NONE, mobile_user_hash(S(""), S("ann"), a)),
             ERR_UNAUTHORIZED);
  arena_free(&a);
}

/* Ids that an app gave its users before visitors had ids that begin so. */
static void a_user_of_an_app_may_be_called_as_a_visitor_nearly_is(void **state) {
  (void)state;
  arena *a = arena_new(0);
  struct mobile_keys keys = {.app = "key", .signing = "secret", .visitor = "thirty-two bytes of a visitor k"};
  static const char *const users[] = {"visitor-42",
                                      "visitor-",
                                      "visitor",
                                      "visitor-0123456789abcdefghijklm",
                                      "visitor-6f9619ff-8b86-d011-b42d-00cf4fc964ff",
                                      "visitor-anything else",
                                      "Visitor-x",
                                      "web-",
                                      "web-1234",
                                      "web-0123456789abcdefABCD-_"};
  for (size_t i = 0; i < JSON_COUNT(users); i++) {
    str id = str_c(users[i]), signature = mobile_user_hash(S("secret"), id, a);
    assert_false(mobile_is_visitor(id));
    assert_ok(mobile_check_caller(MOBILE_KEY, &keys, id, S("key"), STR_NONE));
    assert_ok(mobile_check_caller(MOBILE_SIGNED, &keys, id, STR_NONE, signature));
    /* What a visitor of that name would be given opens nothing. */
    assert_err(mobile_check_caller(MOBILE_SIGNED, &keys, id, STR_NONE, mobile_visitor_secret(&keys, id, a)),
               ERR_UNAUTHORIZED);
  }
  assert_true(mobile_is_browser(S("web-0123456789abcdefABCD-_")));
  static const char *const others[] = {"web-0123456789abcdefABCD-/", "web-0123456789abcdefABCD-_x", "web-1234", "ann"};
  for (size_t i = 0; i < JSON_COUNT(others); i++) assert_false(mobile_is_browser(str_c(others[i])));
  arena_free(&a);
}

static void a_file_is_found_by_its_whole_name_only(void **state) {
  (void)state;
  arena *a = arena_new(0);
  struct file_row f = {.id = 42, .mime = S("image/jpeg")};
  str url = mobile_file_url(secret, &f, a);
  int64_t id = 0;
  assert_true(str_starts(url, S("/uploads/42-")) && str_ends(url, S(".jpg")));
  assert_true(mobile_file_named(secret, url, &id));
  assert_int_equal(id, 42);
  str whole = arena_printf(a, "https://desk.example%.*s?size=thumb", STR_ARG(url));
  assert_true(mobile_file_named(secret, whole, &id));
  str proof = str_sub(url, strlen("/uploads/42"), url.len);
  assert_false(mobile_file_named(secret, arena_printf(a, "43%.*s", STR_ARG(proof)), &id));
  assert_false(mobile_file_named(secret, S("42"), &id));
  assert_false(mobile_file_named(secret, S("42-.jpg"), &id));
  assert_false(mobile_file_named(secret, S(""), &id));
  assert_false(mobile_file_named("thirty-two other bytes..........", url, &id));
  arena_free(&a);
}

static void the_greeting_takes_the_name_or_leaves_no_gap(void **state) {
  (void)state;
  arena *a = arena_new(0);
  assert_str(greeting_fill(S("Hello, {user_name}!"), S("Ann"), a), "Hello, Ann!");
  assert_str(greeting_fill(S("Hello, {user_name}!"), STR_NONE, a), "Hello!");
  assert_str(greeting_fill(S("{user_name}, hello"), STR_NONE, a), ", hello");
  assert_str(greeting_fill(S("Hello"), S("Ann"), a), "Hello");
  assert_str(greeting_fill(S("{user_name}"), S("{user_name}"), a), "{user_name}");
  assert_str(greeting_fill(S("Hello, {user_name}!"), S("An\u202En"), a), "Hello, Ann!");
  assert_str(greeting_fill(S("Hello, {user_name}!"), S("\u05D3\u05D5\u05D3"), a),
             "Hello, \u2068\u05D3\u05D5\u05D3\u2069!");
  assert_str(greeting_fill(S("Hello, {user_name}!"), S("\u3164"), a), "Hello!");
  arena_free(&a);
}

struct greet_ctx {
  struct fixture *f;
  bool wanted, given;
};

static err run_zone(db_conn *c, void *arg) {
  (void)arg;
  return setting_set(c, "time_zone", S("+03:00"), 0, 1);
}

static err run_greet(db_conn *c, void *arg) {
  struct greet_ctx *g = arg;
  struct greeting_ask ask = {MOBILE_CHANNEL, MOBILE_ACCOUNT, S("ann"), S("Ann"), S("en")};
  err e = greeting_wanted(&g->f->desk, c, &ask, &g->wanted);
  return err_is(e) ? e : greeting_give(&g->f->desk, c, &ask, &g->given);
}

static void a_day_begins_at_midnight_of_the_zone(void **state) {
  struct fixture *f = *state;
  static const struct {
    const char *at;
    bool greets;
    const char *why;
  } cases[] = {
      {"2026-01-31T20:59:58Z", true, "two seconds before midnight there"},
      {"2026-01-31T20:59:59Z", false, "the same day still"},
      {"2026-01-31T21:00:00Z", true, "midnight there, whatever day it is in Greenwich"},
      {"2026-02-01T00:00:00Z", false, "midnight in Greenwich begins nothing"},
      {"2026-02-01T20:59:59Z", false, "the end of that day"},
      {"2026-02-03T05:00:00Z", true, "a day was left out"},
  };
  assert_ok(desk_write(&f->desk, run_zone, NULL));
  int64_t count = 0;
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    struct greet_ctx g = {.f = f};
    assert_true(clock_parse_iso(str_c(cases[i].at), &f->clock.now_ms));
    assert_ok(desk_write(&f->desk, run_greet, &g));
    if (g.wanted != cases[i].greets || g.given != cases[i].greets) fail_msg("%s", cases[i].why);
    count += g.given;
  }
  assert_int_equal(count, 3);
}

static void times_are_those_of_the_reference(void **state) {
  (void)state;
  arena *a = arena_new(0);
  assert_str(mobile_time(1704110400999, a), "2024-01-01 12:00:00");
  arena_free(&a);
}

#define FCM_ERROR(code) "{\"@type\":\"type.googleapis.com/google.firebase.fcm.v1.FcmError\",\"errorCode\":\"" code "\"}"
#define VIOLATION(field) \
  "{\"@type\":\"type.googleapis.com/google.rpc.BadRequest\",\"fieldViolations\":[{\"field\":\"" field "\"}]}"
#define ANSWER(status, message, details) \
  "{\"error\":{\"code\":0,\"message\":\"" message "\",\"status\":\"" status "\",\"details\":[" details "]}}"

static void answers_of_firebase_are_understood(void **state) {
  (void)state;
  static const struct {
    int status;
    const char *body;
    enum fcm_meaning meaning;
    const char *error, *why;
  } rows[] = {
      {200, "{\"name\":\"projects/p/messages/1\"}", FCM_DONE, NULL, "taken"},
      {404, ANSWER("NOT_FOUND", "", FCM_ERROR("UNREGISTERED")), FCM_DEAD_TOKEN, "UNREGISTERED", "the app is gone"},
      {404, ANSWER("NOT_FOUND", "Requested entity was not found.", ""), FCM_MISCONFIGURED, "NOT_FOUND",
       "a wrong project, not a dead device"},
      {404, "<html>", FCM_MISCONFIGURED, NULL, "a proxy's page"},
      {400, ANSWER("INVALID_ARGUMENT", "", FCM_ERROR("INVALID_ARGUMENT") "," VIOLATION("message.token")),
       FCM_DEAD_TOKEN, "INVALID_ARGUMENT", "the field at fault is the token"},
      {400, ANSWER("INVALID_ARGUMENT", "The registration token is not a valid FCM registration token", ""),
       FCM_DEAD_TOKEN, "INVALID_ARGUMENT", "the same without details"},
      {400, ANSWER("INVALID_ARGUMENT", "", FCM_ERROR("INVALID_ARGUMENT") "," VIOLATION("message.android.ttl")),
       FCM_REFUSED, "INVALID_ARGUMENT", "our message is at fault"},
      {400, ANSWER("INVALID_ARGUMENT", "is not a valid FCM registration token", VIOLATION("message.data[0].value")),
       FCM_REFUSED, "INVALID_ARGUMENT", "the details count, not the sentence"},
      {400, ANSWER("INVALID_ARGUMENT", "Message is too big", FCM_ERROR("INVALID_ARGUMENT")), FCM_REFUSED,
       "INVALID_ARGUMENT", "too big"},
      {403, ANSWER("PERMISSION_DENIED", "", FCM_ERROR("SENDER_ID_MISMATCH")), FCM_MISCONFIGURED, "SENDER_ID_MISMATCH",
       "another project's account"},
      {403, ANSWER("PERMISSION_DENIED", "", ""), FCM_MISCONFIGURED, "PERMISSION_DENIED", "the API is off"},
      {401, ANSWER("UNAUTHENTICATED", "", FCM_ERROR("THIRD_PARTY_AUTH_ERROR")), FCM_MISCONFIGURED,
       "THIRD_PARTY_AUTH_ERROR", "Apple's key, not ours"},
      {401, ANSWER("UNAUTHENTICATED", "", ""), FCM_BAD_KEY, "UNAUTHENTICATED", "our key"},
      {429, ANSWER("RESOURCE_EXHAUSTED", "", "{\"@type\":\"x\"}," FCM_ERROR("QUOTA_EXCEEDED")), FCM_LATER,
       "QUOTA_EXCEEDED", "too fast"},
      {503, ANSWER("UNAVAILABLE", "", FCM_ERROR("UNAVAILABLE")), FCM_LATER, "UNAVAILABLE", "overloaded"},
      {500, ANSWER("INTERNAL", "", FCM_ERROR("INTERNAL")), FCM_LATER, "INTERNAL", "broken there"},
      {400, ANSWER("FAILED_PRECONDITION", "", FCM_ERROR("UNSPECIFIED_ERROR")), FCM_REFUSED, "UNSPECIFIED_ERROR",
       "a code that says nothing"},
      {502, "<html>", FCM_LATER, NULL, "a proxy's page"},
      {0, "", FCM_LATER, NULL, "no answer"},
      {400, "[]", FCM_REFUSED, NULL, "no error in it"},
      {400, "{\"error\":\"x\"}", FCM_REFUSED, NULL, "an error of another form"},
      {418, "", FCM_REFUSED, NULL, "unknown"},
  };
  arena *a = arena_new(0);
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    struct fcm_verdict v = fcm_verdict_of(rows[i].status, str_c(rows[i].body), a);
    if (v.meaning != rows[i].meaning) fail_msg("%d %s: %s", rows[i].status, rows[i].body, rows[i].why);
    if (rows[i].error)
      assert_str(v.error, rows[i].error);
    else
      assert_int_equal(v.error.len, 0);
    assert_int_equal(v.hint != NULL, v.meaning == FCM_MISCONFIGURED);
  }
  arena_free(&a);
}

static void a_push_message_is_json_within_firebases_bounds(void **state) {
  (void)state;
  arena *a = arena_new(0);
  char text[4096 * 2];
  memset(text, '"', sizeof text);
  struct fcm_message m = {.token = S("t\"1"),
                          .title = S("Support"),
                          .body = S("Hi"),
                          .user_id = S("u"),
                          .text = str_n(text, sizeof text),
                          .created_at = S("2024-01-01 12:00:00"),
                          .direction = S("support"),
                          .message_id = 7,
                          .unread = 3};
  str json = fcm_message_json(&m, a);
  assert_in_range(json.len, 100, 4096);
  assert_true(str_starts(json, S("{\"message\":{\"token\":\"t\\\"1\"")));
  assert_true(str_contains(json, S("\"message_id\":\"7\",\"unread\":\"3\"}")));
  assert_true(str_contains(json, S("\"photo_url\":\"\"")));
  assert_true(str_ends(json, S("\"badge\":3,\"sound\":\"default\"}}}}}")));
  arena_free(&a);
}

static void a_service_account_lacks_nothing(void **state) {
  (void)state;
  arena *a = arena_new(0);
  struct fcm_account account;
  str assertion;
  assert_err(fcm_account_read(S("x"), a, &account), ERR_INVALID_FIELD);
  assert_err(fcm_account_read(S("{\"project_id\":\"p\"}"), a, &account), ERR_INVALID_FIELD);
  assert_ok(fcm_account_read(S("{\"project_id\":\"p\",\"client_email\":\"c\",\"private_key\":\"k\"}"), a, &account));
  assert_str(account.token_uri, "https://oauth2.googleapis.com/token");
  assert_err(fcm_assertion(&account, 0, a, &assertion), ERR_INVALID_FIELD); /* "k" is no key */
  arena_free(&a);
}

/* ---- devices ---- */

struct step_ctx {
  struct fixture *f;
  struct device_owner owner;
  struct device_row device;
  int64_t count, now_ms;
};

static err run_register(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  return device_register(c, &s->owner, &s->device, s->now_ms, &s->count);
}

static int64_t registers(struct fixture *f, const char *user, const char *device, const char *token, int64_t now_ms) {
  struct step_ctx s = {.f = f,
                       .owner = {MOBILE_CHANNEL, MOBILE_ACCOUNT, str_c(user)},
                       .device = {str_c(device), str_c(token), STR_NONE},
                       .now_ms = now_ms};
  assert_ok(desk_write(&f->desk, run_register, &s));
  return s.count;
}

static void a_user_has_twenty_devices_at_most(void **state) {
  struct fixture *f = *state;
  for (int i = 0; i < DEVICES_PER_CUSTOMER + 5; i++) {
    char token[16];
    snprintf(token, sizeof token, "t%d", i);
    int64_t wanted = i < DEVICES_PER_CUSTOMER ? i + 1 : DEVICES_PER_CUSTOMER;
    assert_int_equal(registers(f, "ann", "", token, 100 + i), wanted);
  }
  assert_rows(f, "SELECT min(seen_at), max(seen_at) FROM device", "105|124");
  assert_int_equal(registers(f, "bob", "", "t24", 200), 1); /* the phone has another user now */
  assert_rows(f, "SELECT external_id FROM device WHERE token = 't24'", "bob");
}

/* ---- the sender ---- */

static err run_add(db_conn *c, void *arg) {
  struct fixture *f = arg;
  return outbox_add(c, MOBILE_CHANNEL, MOBILE_ACCOUNT, S("ann"), 1, desk_now(&f->desk));
}

static atomic_int rounds;
static void has_left(void *arg) {
  (void)arg;
  atomic_fetch_add(&rounds, 1);
}

static void rows_leave_once_with_a_push_for_each_device(void **state) {
  struct fixture *f = *state;
  struct inbound_message m = fixture_text("1", "Hello");
  m.from.channel = MOBILE_CHANNEL;
  m.from.account = MOBILE_ACCOUNT;
  m.from.external_id = S("ann");
  assert_ok(fixture_receive(f, &m));
  registers(f, "ann", "d1", "t1", 1);
  registers(f, "ann", "d2", "t2", 2);
  registers(f, "bob", "d3", "t3", 3);
  assert_ok(desk_write(&f->desk, run_add, f));
  atomic_store(&rounds, 0);
  struct mobile_sender *s = mobile_sender_new(&f->desk, true, has_left, NULL);
  mobile_sender_start(s);
  for (int i = 0; i < 500 && !atomic_load(&rounds); i++) usleep(10000);
  mobile_sender_stop(s);
  mobile_sender_free(&s);
  assert_rows(f, "SELECT count(*) FROM job WHERE kind LIKE 'outbox%'", "0");
  assert_rows(f, "SELECT delivery FROM message WHERE id = 1", "sent");
  assert_rows(f, "SELECT d.token FROM job AS j JOIN device AS d ON d.id = j.subject_id ORDER BY d.token", "t1\nt2");
  registers(f, "ann", "d2", "t9", 4); /* the old token's push goes with it */
  assert_rows(f, "SELECT count(*) FROM job", "1");
}

struct pushing_ctx {
  struct fixture *f;
  const char *holder;
  struct push_row *rows, *one;
  size_t count;
  int64_t due_at;
};

static err run_push_add(db_conn *c, void *arg) {
  struct pushing_ctx *p = arg;
  struct device_owner owner = {MOBILE_CHANNEL, MOBILE_ACCOUNT, S("ann")};
  return push_add(c, &owner, 1, desk_now(&p->f->desk));
}
static err run_due(db_conn *c, void *arg) {
  struct pushing_ctx *p = arg;
  return push_next_due(c, desk_now(&p->f->desk), &p->due_at);
}
static err run_take(db_conn *c, void *arg) {
  struct pushing_ctx *p = arg;
  return push_take(c, str_c(p->holder), 10, desk_now(&p->f->desk), p->f->arena, &p->rows, &p->count);
}
static err run_done(db_conn *c, void *arg) { return push_done(c, ((struct pushing_ctx *)arg)->one); }
static err run_later(db_conn *c, void *arg) {
  struct pushing_ctx *p = arg;
  int64_t now_ms = desk_now(&p->f->desk);
  return push_later(c, p->one, now_ms, now_ms);
}
static err run_forget(db_conn *c, void *arg) {
  return device_forget(c, ((struct pushing_ctx *)arg)->one->job.subject_id);
}

static size_t taken_by(struct pushing_ctx *p, const char *holder) {
  p->holder = holder;
  assert_ok(db_write(p->f->desk.db, run_take, p));
  return p->count;
}

static void a_push_message_waits_its_time_and_not_for_a_clock_that_was_set_back(void **state) {
  struct fixture *f = *state;
  struct pushing_ctx p = {.f = f};
  fixture_writes(f, "1", "Hello");
  registers(f, "ann", "d1", "t1", 1);
  assert_ok(db_write(f->desk.db, run_push_add, &p));
  static const struct {
    int64_t later_ms;
    size_t due;
  } rows[] = {{0, 1}, {1000, 0}, {3600000, 0} /* Firebase's longest */, {3600000 + 200000, 1}, {-1, 1}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char sql[96];
    snprintf(sql, sizeof sql, "UPDATE job SET state = 'ready', due_at = %lld",
             (long long)(desk_now(&f->desk) + rows[i].later_ms));
    fixture_exec(f, sql);
    assert_ok(db_read(f->desk.db, run_due, &p));
    assert_int_equal(p.due_at <= desk_now(&f->desk), rows[i].due);
    assert_int_equal(taken_by(&p, "here.1"), rows[i].due);
  }
}

static void a_push_message_of_a_node_that_died_goes_again_from_another(void **state) {
  struct fixture *f = *state;
  struct pushing_ctx p = {.f = f}, late = {.f = f};
  fixture_writes(f, "1", "Hello");
  registers(f, "ann", "d1", "t1", 1);
  assert_ok(db_write(f->desk.db, run_push_add, &p));
  assert_int_equal(taken_by(&late, "dying.1"), 1);
  assert_int_equal(taken_by(&p, "here.1"), 0); /* the lease is alive */
  f->clock.now_ms += job_facts(JOB_PUSH)->lease_ms;
  assert_ok(db_read(f->desk.db, run_due, &p));
  assert_true(p.due_at <= desk_now(&f->desk));
  assert_int_equal(taken_by(&p, "here.1"), 1);
  assert_int_equal(p.rows[0].message_id, 1);
  assert_int_equal(p.rows[0].job.attempts, 1); /* it may have been the message that killed it */
  late.one = late.rows;
  assert_ok(db_write(f->desk.db, run_done, &late)); /* the other one wakes up: it ends nothing */
  assert_ok(db_write(f->desk.db, run_later, &late));
  assert_rows(f, "SELECT state, holder FROM job", "leased|here.1");
  p.one = p.rows;
  assert_ok(db_write(f->desk.db, run_done, &p));
  assert_rows(f, "SELECT count(*) FROM job", "0");
}

static void a_push_message_older_than_a_day_is_not_sent(void **state) {
  struct fixture *f = *state;
  struct pushing_ctx p = {.f = f};
  fixture_writes(f, "1", "Hello");
  registers(f, "ann", "d1", "t1", 1);
  for (int i = 0; i < 12; i++) assert_ok(db_write(f->desk.db, run_push_add, &p));
  f->clock.now_ms += (int64_t)PUSH_KEPT_DAYS * 24 * 3600 * 1000 + 1; /* the server stood still */
  assert_ok(db_write(f->desk.db, run_push_add, &p));
  assert_int_equal(taken_by(&p, "here.1"), 1); /* behind more of the others than one take holds */
  assert_rows(f, "SELECT count(*) FROM job", "1");
  assert_int_equal(fixture_number(f, "SELECT created_at FROM job"), f->clock.now_ms);
}

static err run_expire(db_conn *c, void *arg) {
  struct pushing_ctx *p = arg;
  int64_t removed;
  return push_expire(c, desk_now(&p->f->desk) - (int64_t)PUSH_KEPT_DAYS * 24 * 3600 * 1000, 10, &removed);
}

static void a_push_message_that_nobody_takes_is_removed_after_a_day(void **state) {
  struct fixture *f = *state;
  struct pushing_ctx p = {.f = f};
  fixture_writes(f, "1", "Hello");
  registers(f, "ann", "d1", "t1", 1);
  for (int i = 0; i < 3; i++) {
    assert_ok(db_write(f->desk.db, run_push_add, &p));
    assert_int_equal(fixture_number(f, "SELECT max(due_at) FROM job"), f->clock.now_ms); /* by which it is found */
    f->clock.now_ms += 1000;
  }
  fixture_exec(f, "UPDATE job SET due_at = 0 WHERE id = (SELECT max(id) FROM job)"); /* added by an older version */
  f->clock.now_ms += (int64_t)PUSH_KEPT_DAYS * 24 * 3600 * 1000 - 2000;
  assert_ok(db_write(f->desk.db, run_expire, &p));
  assert_rows(f, "SELECT count(*) FROM job", "2"); /* the first is older than a day */
  f->clock.now_ms += 2000;
  assert_ok(db_write(f->desk.db, run_expire, &p));
  assert_rows(f, "SELECT count(*) FROM job", "0");
}

static void a_push_message_that_fails_for_ever_is_dropped(void **state) {
  struct fixture *f = *state;
  struct pushing_ctx p = {.f = f};
  fixture_writes(f, "1", "Hello");
  registers(f, "ann", "d1", "t1", 1);
  assert_ok(db_write(f->desk.db, run_push_add, &p));
  for (int tries = 0; tries < job_facts(JOB_PUSH)->tries; tries++) {
    assert_int_equal(taken_by(&p, "here.1"), 1);
    p.one = p.rows;
    assert_ok(db_write(f->desk.db, run_later, &p));
  }
  assert_rows(f, "SELECT count(*) FROM job", "0");
}

static void a_dead_token_takes_what_is_queued_for_it_along(void **state) {
  struct fixture *f = *state;
  struct pushing_ctx p = {.f = f};
  fixture_writes(f, "1", "Hello");
  registers(f, "ann", "d1", "t1", 1);
  registers(f, "ann", "d2", "t2", 2);
  assert_ok(db_write(f->desk.db, run_push_add, &p));
  assert_int_equal(taken_by(&p, "here.1"), 2); /* the first message of each is on its way when the second is queued */
  assert_ok(db_write(f->desk.db, run_push_add, &p));
  p.one = p.rows;
  assert_ok(db_write(f->desk.db, run_forget, &p));
  assert_ok(db_write(f->desk.db, run_done, &p));
  assert_rows(f, "SELECT d.token, j.state FROM job AS j JOIN device AS d ON d.id = j.subject_id ORDER BY j.id",
              "t2|leased\nt2|ready");
  assert_rows(f, "SELECT count(*) FROM job", "2");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PURE(a_user_id_is_any_plain_text_of_128_bytes),
      PURE(each_mode_asks_for_its_own_proof),
      PURE(a_visitor_needs_the_own_secret_in_every_mode),
      PURE(a_user_of_an_app_may_be_called_as_a_visitor_nearly_is),
      PURE(a_file_is_found_by_its_whole_name_only),
      PURE(the_greeting_takes_the_name_or_leaves_no_gap),
      PURE(times_are_those_of_the_reference),
      PURE(answers_of_firebase_are_understood),
      PURE(a_push_message_is_json_within_firebases_bounds),
      PURE(a_service_account_lacks_nothing),
      ON_BOTH(a_day_begins_at_midnight_of_the_zone),
      ON_BOTH(a_user_has_twenty_devices_at_most),
      ON_BOTH(rows_leave_once_with_a_push_for_each_device),
      ON_BOTH(a_push_message_waits_its_time_and_not_for_a_clock_that_was_set_back),
      ON_BOTH(a_push_message_of_a_node_that_died_goes_again_from_another),
      ON_BOTH(a_push_message_older_than_a_day_is_not_sent),
      ON_BOTH(a_push_message_that_nobody_takes_is_removed_after_a_day),
      ON_BOTH(a_push_message_that_fails_for_ever_is_dropped),
      ON_BOTH(a_dead_token_takes_what_is_queued_for_it_along),
  };
  return FIXTURE_RUN(tests);
}
