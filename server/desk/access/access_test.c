/* Sign-in, sessions and tokens on both engines; the three tables alone, with a clock of the test's own. */
#include "desk/desk_fixture.h"

#include "base/password.h"
#include "desk/access/access_inside.h"

static rand_seeded seeded;
static const sb_rand *repeatable(void) {
  rand_seeded_init(&seeded, 7);
  return &seeded.rand;
}

/* ---- guessing ---- */

static void five_guesses_are_free_and_the_sixth_waits(void **state) {
  (void)state;
  struct access_guess g;
  access_guess_init(&g, repeatable());
  int64_t now = 1000000;
  for (int i = 0; i < 5; i++) assert_ok(access_guess_begin(&g, S("ann"), S("10.0.0.1"), now));
  err e = access_guess_begin(&g, S("ann"), S("10.0.0.1"), now);
  assert_int_equal(e.code, ERR_RATE_LIMITED);
  assert_int_equal(e.retry_ms, 2000);
  assert_ok(access_guess_begin(&g, S("ann"), S("10.0.0.2"), now)); /* from elsewhere */
  assert_ok(access_guess_begin(&g, S("bob"), S("10.0.0.1"), now)); /* somebody else */
  now += 2000;
  assert_ok(access_guess_begin(&g, S("ann"), S("10.0.0.1"), now));
  e = access_guess_begin(&g, S("ann"), S("10.0.0.1"), now);
  assert_int_equal(e.retry_ms, 4000); /* doubled */
  now += 31 * 60 * 1000;
  for (int i = 0; i < 5; i++) assert_ok(access_guess_begin(&g, S("ann"), S("10.0.0.1"), now)); /* forgotten */
  access_guess_free(&g);
}

static void the_wait_has_a_ceiling(void **state) {
  (void)state;
  struct access_guess g;
  access_guess_init(&g, repeatable());
  int64_t now = 1000000;
  uint32_t longest = 0;
  for (int i = 0; i < 400; i++) {
    err e = access_guess_begin(&g, S("ann"), S("10.0.0.1"), now);
    if (e.retry_ms > longest) longest = e.retry_ms;
    now += e.retry_ms;
  }
  assert_int_equal(longest, 15 * 60 * 1000);
  access_guess_free(&g);
}

static void many_addresses_against_one_login_wait_a_minute_at_most(void **state) {
  (void)state;
  struct access_guess g;
  access_guess_init(&g, repeatable());
  uint32_t longest = 0;
  int refused = 0;
  for (int i = 0; i < 200; i++) {
    char address[32];
    snprintf(address, sizeof address, "10.0.%d.%d", i / 100, i % 100);
    err e = access_guess_begin(&g, S("ann"), str_c(address), 1000000 + i);
    if (e.retry_ms > longest) longest = e.retry_ms;
    refused += err_is(e);
  }
  assert_true(refused >= 165);
  assert_in_range(longest, 1, 60 * 1000);
  access_guess_free(&g);
}

static void one_address_against_many_logins_waits(void **state) {
  (void)state;
  struct access_guess g;
  access_guess_init(&g, repeatable());
  int passed = 0;
  for (int i = 0; i < 100; i++) {
    char login[32];
    snprintf(login, sizeof login, "login%d", i);
    passed += !err_is(access_guess_begin(&g, str_c(login), S("10.0.0.1"), 1000000));
  }
  assert_int_equal(passed, 20);
  access_guess_free(&g);
}

static void a_right_password_forgets_and_a_busy_server_counts_nothing(void **state) {
  (void)state;
  struct access_guess g;
  access_guess_init(&g, repeatable());
  for (int round = 0; round < 10; round++) {
    assert_ok(access_guess_begin(&g, S("ann"), S("10.0.0.1"), 1000000));
    access_guess_right(&g, S("ann"), S("10.0.0.1"));
  }
  for (int round = 0; round < 40; round++) {
    assert_ok(access_guess_begin(&g, S("ann"), S("10.0.0.1"), 1000000));
    access_guess_undo(&g, S("ann"), S("10.0.0.1"));
  }
  access_guess_free(&g);
}

static void an_ipv6_address_counts_as_its_network(void **state) {
  (void)state;
  char a[64], b[64], c[64];
  str first = access_address_block(S("2001:db8:1:2:aaaa::1"), a),
      second = access_address_block(S("2001:db8:1:2::9"), b);
  assert_true(str_eq(first, second));
  assert_false(str_eq(first, access_address_block(S("2001:db8:1:3::9"), c)));
  assert_str(access_address_block(S("192.0.2.7"), c), "192.0.2.7");
}

/* ---- rates ---- */

static void a_bucket_gives_its_burst_then_its_pace(void **state) {
  (void)state;
  struct access_bucket b;
  access_bucket_init(&b, repeatable());
  int64_t now = 5000;
  for (int i = 0; i < 10; i++) assert_ok(access_bucket_take(&b, 'A', S("1"), 10, 60, now));
  err e = access_bucket_take(&b, 'A', S("1"), 10, 60, now);
  assert_int_equal(e.code, ERR_RATE_LIMITED);
  assert_in_range(e.retry_ms, 1000, 1001);
  assert_ok(access_bucket_take(&b, 'A', S("2"), 10, 60, now)); /* another caller */
  assert_ok(access_bucket_take(&b, 'B', S("1"), 10, 60, now)); /* another class */
  now += 1000;
  assert_ok(access_bucket_take(&b, 'A', S("1"), 10, 60, now));
  assert_err(access_bucket_take(&b, 'A', S("1"), 10, 60, now), ERR_RATE_LIMITED);
  access_bucket_free(&b);
}

static void a_flood_of_callers_takes_no_more_memory(void **state) {
  (void)state;
  struct access_table t;
  access_table_init(&t, repeatable());
  uint64_t kept = access_table_key(&t, 'x', S("kept"), STR_NONE);
  access_table_take(&t, kept)->time_ms = INT64_MAX;
  for (int i = 0; i < 100000; i++) {
    char name[32];
    snprintf(name, sizeof name, "caller %d", i);
    access_table_take(&t, access_table_key(&t, 'x', str_c(name), STR_NONE))->time_ms = i;
  }
  assert_non_null(access_table_find(&t, kept)); /* the most pressing one stays */
  access_table_free(&t);
}

/* ---- the cache ---- */

static void the_cache_forgets_in_time_and_at_once(void **state) {
  (void)state;
  static struct access_cache c;
  arena *a = arena_new(0);
  unsigned char key[ACCESS_KEY_BYTES], other[ACCESS_KEY_BYTES];
  uint64_t epoch;
  struct access_identity who = {.session_id = 5, .bound_session_id = 5, .csrf_token = S("token")}, got;
  who.operator.id = 3;
  who.operator.login = S("ann");
  access_cache_init(&c);
  access_cache_key(S("credential"), false, key);
  access_cache_key(S("credential"), true, other);
  assert_memory_not_equal(key, other, sizeof key);
  assert_false(access_cache_get(&c, key, 0, a, &got, &epoch));
  access_cache_put(&c, key, epoch, 0, &who);
  assert_true(access_cache_get(&c, key, ACCESS_CACHE_MS - 1, a, &got, &epoch));
  assert_str(got.operator.login, "ann");
  assert_str(got.csrf_token, "token");
  assert_null(got.operator.email.ptr);
  assert_false(access_cache_get(&c, key, ACCESS_CACHE_MS, a, &got, &epoch));
  access_cache_put(&c, key, epoch, 0, &who);
  access_cache_drop(&c, 99, 0);
  assert_true(access_cache_get(&c, key, 1, a, &got, &epoch));
  uint64_t stale = epoch;
  access_cache_drop(&c, 3, 0);
  assert_false(access_cache_get(&c, key, 1, a, &got, &epoch));
  access_cache_put(&c, key, stale, 1, &who); /* read before the change */
  assert_false(access_cache_get(&c, key, 1, a, &got, &epoch));
  access_cache_put(&c, key, epoch, 1, &who);
  access_cache_drop(&c, 0, 5);
  assert_false(access_cache_get(&c, key, 1, a, &got, &epoch));
  access_cache_free(&c);
  arena_free(&a);
}

static void a_full_cache_makes_room(void **state) {
  (void)state;
  static struct access_cache c;
  arena *a = arena_new(0);
  unsigned char key[ACCESS_KEY_BYTES];
  uint64_t epoch;
  struct access_identity who = {.session_id = 1, .bound_session_id = 1, .csrf_token = S("t")}, got;
  access_cache_init(&c);
  for (int i = 0; i < 10000; i++) {
    char name[32];
    snprintf(name, sizeof name, "credential %d", i);
    access_cache_key(str_c(name), false, key);
    access_cache_get(&c, key, i, a, &got, &epoch);
    access_cache_put(&c, key, epoch, i, &who);
  }
  assert_true(access_cache_get(&c, key, 10000, a, &got, &epoch)); /* the newest is there */
  access_cache_free(&c);
  arena_free(&a);
}

static void roles_are_what_the_table_says(void **state) {
  (void)state;
  assert_true(role_may(ROLE_ADMIN, MAY_BOT_MANAGE));
  assert_false(role_may(ROLE_SENIOR_OPERATOR, MAY_BOT_MANAGE));
  assert_true(role_may(ROLE_SENIOR_OPERATOR, MAY_OUTBOX_DISMISS));
  assert_false(role_may(ROLE_OPERATOR, MAY_OUTBOX_DISMISS));
  assert_true(role_may(ROLE_OPERATOR, MAY_CONVERSATION_WRITE));
  assert_false(role_may((enum operator_role) - 1, MAY_CONVERSATION_READ));
  assert_string_equal(permission_text(MAY_SETTING_MANAGE), "setting.manage");
}

/* ---- on a database ---- */

#define PASSWORD "correct horse battery"
static const unsigned char secret[32] = "thirty-two bytes for the tests..";

static struct operator_row begin(struct fixture *f) {
  f->desk.access = access_new(&f->clock.clock, &f->rand.rand, secret, 3600 * 1000);
  f->desk.secret_key = secret;
  struct operator_new fresh = {
      .login = S("Ann"), .email = S("Ann@Example.com"), .name = S("Ann"), .password = S(PASSWORD), .role = ROLE_ADMIN};
  struct operator_row row;
  str password;
  assert_ok(operator_create(&f->desk, &fresh, 0, f->arena, &row, &password));
  return row;
}

static void end(struct fixture *f) { access_free(&f->desk.access); }

static struct access_grant sign_in(struct fixture *f, str password) {
  struct access_grant g;
  assert_ok(access_sign_in(&f->desk, S("ann"), password, S("10.0.0.1"), S("test"), f->arena, &g));
  return g;
}

static err by_cookie(struct fixture *f, str token, struct access_identity *who) {
  return access_identify(&f->desk, token, STR_NONE, f->arena, who);
}

static err by_bearer(struct fixture *f, str token) {
  struct access_identity who;
  return access_identify(&f->desk, STR_NONE, token, f->arena, &who);
}

static void one_signs_in_by_login_or_email_in_any_case(void **state) {
  struct fixture *f = *state;
  begin(f);
  static const char *const names[] = {"ann", " ANN ", "ann@example.com", "Ann@EXAMPLE.com"};
  for (size_t i = 0; i < JSON_COUNT(names); i++) {
    struct access_grant g;
    assert_ok(access_sign_in(&f->desk, str_c(names[i]), S(PASSWORD), S("10.0.0.1"), S("test"), f->arena, &g));
    assert_str(g.operator.login, "ann");
    assert_int_equal(g.expires_in_s, 3600);
  }
  struct access_grant g;
  assert_err(access_sign_in(&f->desk, S("ann"), S("wrong"), S("10.0.0.1"), S(""), f->arena, &g), ERR_WRONG_PASSWORD);
  assert_err(access_sign_in(&f->desk, S("eve"), S(PASSWORD), S("10.0.0.1"), S(""), f->arena, &g), ERR_WRONG_PASSWORD);
  assert_err(access_sign_in(&f->desk, S("a\0n"), S(PASSWORD), S("10.0.0.1"), S(""), f->arena, &g), ERR_WRONG_PASSWORD);
  fixture_exec(f, "UPDATE operator SET active = 0");
  assert_err(access_sign_in(&f->desk, S("ann"), S(PASSWORD), S("10.0.0.1"), S(""), f->arena, &g), ERR_WRONG_PASSWORD);
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM audit WHERE action = 'operator.signed_in'"), 4);
  end(f);
}

static void guesses_at_one_account_end_in_rate_limited(void **state) {
  struct fixture *f = *state;
  begin(f);
  struct access_grant g;
  for (int i = 0; i < 5; i++)
    assert_err(access_sign_in(&f->desk, S("ann"), S("wrong"), S("10.0.0.1"), S(""), f->arena, &g), ERR_WRONG_PASSWORD);
  err e = access_sign_in(&f->desk, S("ann@example.com"), S(PASSWORD), S("10.0.0.1"), S(""), f->arena, &g);
  assert_int_equal(e.code, ERR_RATE_LIMITED); /* the right one must wait too, by whichever name */
  assert_true(e.retry_ms > 0);
  f->clock.now_ms += e.retry_ms;
  sign_in(f, S(PASSWORD));
  end(f);
}

static void signing_out_ends_cookie_and_token_at_once(void **state) {
  struct fixture *f = *state;
  struct operator_row ann = begin(f);
  struct access_grant g = sign_in(f, S(PASSWORD)), second = sign_in(f, S(PASSWORD));
  struct access_identity who;
  assert_ok(by_cookie(f, g.session_token, &who));
  assert_int_equal(who.operator.id, ann.id);
  assert_int_not_equal(who.session_id, 0);
  assert_true(str_eq(who.csrf_token, g.csrf_token));
  assert_ok(by_bearer(f, g.access_token));
  assert_err(by_cookie(f, g.access_token, &who), ERR_UNAUTHORIZED); /* neither is the other */
  assert_err(by_bearer(f, g.session_token), ERR_UNAUTHORIZED);
  assert_ok(by_cookie(f, g.session_token, &who));
  assert_ok(access_sign_out(&f->desk, who.bound_session_id));
  assert_err(by_cookie(f, g.session_token, &who), ERR_UNAUTHORIZED);
  assert_err(by_bearer(f, g.access_token), ERR_UNAUTHORIZED);
  assert_ok(by_cookie(f, second.session_token, &who)); /* the other device stays */
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM session"), 1);
  end(f);
}

static void a_new_password_ends_every_other_session_and_token(void **state) {
  struct fixture *f = *state;
  struct operator_row ann = begin(f);
  struct access_grant old = sign_in(f, S(PASSWORD)), fresh;
  struct access_identity who;
  assert_ok(by_cookie(f, old.session_token, &who));
  err e = access_change_password(&f->desk, ann.id, S("not it at all"), S("another long one"), S("10.0.0.1"), S(""),
                                 f->arena, &fresh);
  assert_int_equal(e.code, ERR_WRONG_PASSWORD);
  assert_string_equal(e.field, "current_password");
  assert_err(access_change_password(&f->desk, ann.id, S(PASSWORD), S("short"), S("10.0.0.1"), S(""), f->arena, &fresh),
             ERR_WEAK_PASSWORD);
  assert_err(access_change_password(&f->desk, ann.id, S(PASSWORD), S(PASSWORD), S("10.0.0.1"), S(""), f->arena, &fresh),
             ERR_WEAK_PASSWORD);
  assert_ok(access_change_password(&f->desk, ann.id, S(PASSWORD), S("another long one"), S("10.0.0.1"), S(""), f->arena,
                                   &fresh));
  assert_err(by_cookie(f, old.session_token, &who), ERR_UNAUTHORIZED);
  assert_err(by_bearer(f, old.access_token), ERR_UNAUTHORIZED);
  assert_ok(by_cookie(f, fresh.session_token, &who));
  assert_ok(by_bearer(f, fresh.access_token));
  end(f);
}

static void a_reset_password_must_be_changed(void **state) {
  struct fixture *f = *state;
  struct operator_row ann = begin(f);
  struct access_grant old = sign_in(f, S(PASSWORD));
  str once;
  assert_ok(operator_reset_password(&f->desk, ann.id, ann.id, f->arena, &once));
  access_forget(f->desk.access, ann.id);
  assert_err(by_bearer(f, old.access_token), ERR_UNAUTHORIZED);
  struct access_grant g = sign_in(f, once), settled;
  assert_true(g.operator.must_change_password);
  assert_ok(access_change_password(&f->desk, ann.id, once, S(PASSWORD), S("10.0.0.1"), S(""), f->arena, &settled));
  assert_false(settled.operator.must_change_password);
  end(f);
}

static void a_deactivated_operator_is_out_at_once(void **state) {
  struct fixture *f = *state;
  struct operator_row ann = begin(f);
  struct access_grant g = sign_in(f, S(PASSWORD));
  struct access_identity who;
  assert_ok(by_cookie(f, g.session_token, &who));
  fixture_exec(f, "UPDATE operator SET active = 0");
  assert_ok(by_cookie(f, g.session_token, &who)); /* from the cache: nobody said so */
  access_forget(f->desk.access, ann.id);
  assert_err(by_cookie(f, g.session_token, &who), ERR_UNAUTHORIZED);
  assert_err(by_bearer(f, g.access_token), ERR_UNAUTHORIZED);
  end(f);
}

static void an_unused_session_ends_and_is_swept(void **state) {
  struct fixture *f = *state;
  begin(f);
  struct access_grant g = sign_in(f, S(PASSWORD));
  struct access_identity who;
  f->clock.now_ms += 3600 * 1000 - 1000;
  assert_ok(by_cookie(f, g.session_token, &who));
  struct access_grant renewed;
  assert_ok(access_refresh(&f->desk, &who, g.session_token, f->arena, &renewed));
  f->clock.now_ms += 2000;
  assert_err(by_bearer(f, g.access_token), ERR_UNAUTHORIZED); /* the old token has run out */
  assert_ok(by_bearer(f, renewed.access_token));
  assert_ok(by_cookie(f, g.session_token, &who)); /* the session's end has moved on */
  f->clock.now_ms += 3600 * 1000;
  assert_err(by_cookie(f, g.session_token, &who), ERR_UNAUTHORIZED);
  assert_ok(access_sweep(&f->desk));
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM session"), 0);
  end(f);
}

static void strange_credentials_are_nobody(void **state) {
  struct fixture *f = *state;
  begin(f);
  char *long_one = arena_alloc(f->arena, 5000);
  memset(long_one, 'a', 5000);
  struct access_identity who;
  assert_err(by_cookie(f, S(""), &who), ERR_UNAUTHORIZED);
  assert_err(by_cookie(f, str_n(long_one, 5000), &who), ERR_UNAUTHORIZED);
  assert_err(by_bearer(f, S("a.b.c")), ERR_UNAUTHORIZED);
  assert_err(by_bearer(f, S("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.")), ERR_UNAUTHORIZED);
  end(f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PURE(five_guesses_are_free_and_the_sixth_waits),
      PURE(the_wait_has_a_ceiling),
      PURE(many_addresses_against_one_login_wait_a_minute_at_most),
      PURE(one_address_against_many_logins_waits),
      PURE(a_right_password_forgets_and_a_busy_server_counts_nothing),
      PURE(an_ipv6_address_counts_as_its_network),
      PURE(a_bucket_gives_its_burst_then_its_pace),
      PURE(a_flood_of_callers_takes_no_more_memory),
      PURE(the_cache_forgets_in_time_and_at_once),
      PURE(a_full_cache_makes_room),
      PURE(roles_are_what_the_table_says),
      ON_BOTH(one_signs_in_by_login_or_email_in_any_case),
      ON_BOTH(guesses_at_one_account_end_in_rate_limited),
      ON_BOTH(signing_out_ends_cookie_and_token_at_once),
      ON_BOTH(a_new_password_ends_every_other_session_and_token),
      ON_BOTH(a_reset_password_must_be_changed),
      ON_BOTH(a_deactivated_operator_is_out_at_once),
      ON_BOTH(an_unused_session_ends_and_is_swept),
      ON_BOTH(strange_credentials_are_nobody),
  };
  return FIXTURE_RUN(tests);
}
