/* The rules of operators by tables, and their rows and events on both engines. */
#include "desk/desk_fixture.h"

#include "desk/operator/operator_internal.h"

static void logins_are_clean_or_refused(void **state) {
  (void)state;
  static const struct {
    const char *given, *stored, *why;
  } cases[] = {
      {"ann", "ann", "plain"},
      {"  Ann.B-2_x ", "ann.b-2_x", "lower case, no spaces around"},
      {"a", NULL, "too short"},
      {"ann@example.com", NULL, "must not be taken for an email"},
      {"анна", NULL, "letters a-z only"},
      {"a b", NULL, "no spaces inside"},
      {"", NULL, "empty"},
      {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL, "65 letters"},
  };
  arena *a = arena_new(0);
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    str out;
    err e = operator_clean_login(str_c(cases[i].given), a, &out);
    if (err_is(e) != !cases[i].stored) fail_msg("%s: %s", cases[i].given, cases[i].why);
    if (cases[i].stored) assert_str(out, cases[i].stored);
  }
  arena_free(&a);
}

static void emails_are_clean_or_refused(void **state) {
  (void)state;
  static const struct {
    const char *given, *stored;
    bool refused;
  } cases[] = {
      {"Ann@Example.COM", "ann@example.com", false},
      {"admin@localhost", "admin@localhost", false},
      {"", NULL, false},
      {"   ", NULL, false},
      {"ann", NULL, true},
      {"@example.com", NULL, true},
      {"ann@", NULL, true},
      {"a@b@c", NULL, true},
      {"a b@c.d", NULL, true},
      {"a\n@c.d", NULL, true},
  };
  arena *a = arena_new(0);
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    str out;
    err e = operator_clean_email(str_c(cases[i].given), a, &out);
    if (err_is(e) != cases[i].refused) fail_msg("%s", cases[i].given);
    if (!cases[i].refused && !cases[i].stored) assert_null(out.ptr);
    if (cases[i].stored) assert_str(out, cases[i].stored);
  }
  arena_free(&a);
}

static void passwords_are_long_and_varied(void **state) {
  (void)state;
  static const struct {
    str password;
    const char *because; /* NULL: taken */
  } rows[] = {
      {STR_INIT("k3Vw9xQz7m"), NULL},
      {STR_INIT("десятьбукв"), NULL},
      {STR_INIT("k3Vw9xQz7"), "at least 10"},
      {STR_INIT("пятьп"), "at least 10"}, /* ten bytes, five letters */
      {STR_INIT("k3Vw9xQz7m\xff"), "at least 10"},
      {STR_INIT("aaaaaaaaaaaa"), "pattern"},
      {STR_INIT("Password2024"), "common one"},
      {STR_INIT("annabelle.q1"), "the login, the email"},
      {STR_INIT("office@shop.example"), "the login, the email"},
      {STR_INIT("Switchboard1"), "the login, the email"},
  };
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    err e = operator_check_password(rows[i].password, S("annabelle.q"), S("office@shop.example"), "password");
    if (err_is(e) != (rows[i].because != NULL)) fail_msg("%.*s", STR_ARG(rows[i].password));
    if (!rows[i].because) continue;
    assert_int_equal(e.code, ERR_WEAK_PASSWORD);
    assert_string_equal(e.field, "password");
    if (!strstr(err_message(&e), rows[i].because)) fail_msg("%.*s: %s", STR_ARG(rows[i].password), err_message(&e));
  }
}

static void the_last_active_administrator_stays(void **state) {
  (void)state;
  static const struct {
    int role_now, role_next;
    bool active_now, active_next;
    int64_t admins;
    bool refused;
  } cases[] = {
      {ROLE_ADMIN, ROLE_OPERATOR, true, true, 1, true},      {ROLE_ADMIN, ROLE_ADMIN, true, false, 1, true},
      {ROLE_ADMIN, ROLE_OPERATOR, true, true, 2, false},     {ROLE_ADMIN, ROLE_ADMIN, true, true, 1, false},
      {ROLE_ADMIN, ROLE_OPERATOR, false, false, 1, false},   {ROLE_OPERATOR, ROLE_ADMIN, true, true, 1, false},
      {ROLE_OPERATOR, ROLE_OPERATOR, true, false, 1, false},
  };
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    struct operator_row now = {.role = cases[i].role_now, .active = cases[i].active_now};
    struct operator_row next = {.role = cases[i].role_next, .active = cases[i].active_next};
    err e = operator_decide(&now, &next, cases[i].admins);
    if ((e.code == ERR_LAST_ADMIN) != cases[i].refused) fail_msg("case %zu", i);
  }
}

/* ---- on a database ---- */

static struct operator_row make(struct fixture *f, const char *login, const char *email, int role) {
  struct operator_new fresh = {
      .login = str_c(login), .email = str_c(email), .name = str_c(login), .password = S("long enough"), .role = role};
  struct operator_row row;
  str password;
  assert_ok(operator_create(&f->desk, &fresh, 0, S("10.0.0.7"), f->arena, &row, &password));
  return row;
}

static err change(struct fixture *f, int64_t id, struct operator_change change, struct operator_row *out) {
  return operator_update(&f->desk, id, &change, 1, S(""), f->arena, out);
}

static void a_taken_login_or_email_is_named(void **state) {
  struct fixture *f = *state;
  make(f, "ann", "ann@example.com", ROLE_ADMIN);
  struct operator_row row;
  str password;
  struct operator_new same = {.login = S("ANN"), .name = S("x"), .password = S("long enough"), .role = ROLE_OPERATOR};
  err e = operator_create(&f->desk, &same, 0, S("10.0.0.7"), f->arena, &row, &password);
  assert_int_equal(e.code, ERR_CONFLICT);
  assert_string_equal(e.field, "login");
  same.login = S("bob");
  same.email = S("ANN@example.com");
  e = operator_create(&f->desk, &same, 0, S("10.0.0.7"), f->arena, &row, &password);
  assert_int_equal(e.code, ERR_CONFLICT);
  assert_string_equal(e.field, "email");
  struct operator_row bob = make(f, "bob", NULL, ROLE_OPERATOR), cid = make(f, "cid", NULL, ROLE_OPERATOR);
  assert_null(bob.email.ptr); /* two without an email do not collide */
  e = change(f, cid.id, (struct operator_change){.login = S("bob"), .role = -1, .active = -1, .status = -1}, &row);
  assert_int_equal(e.code, ERR_CONFLICT);
  assert_string_equal(e.field, "login");
  assert_ok(
      change(f, cid.id, (struct operator_change){.login = S("cid"), .role = -1, .active = -1, .status = -1}, &row));
}

static void without_a_password_a_one_time_one_is_made(void **state) {
  struct fixture *f = *state;
  struct operator_new fresh = {.login = S("ann"), .name = S("Ann"), .role = ROLE_OPERATOR};
  struct operator_row row;
  str password;
  assert_ok(operator_create(&f->desk, &fresh, 0, S("10.0.0.7"), f->arena, &row, &password));
  assert_int_equal(password.len, ONE_TIME_LENGTH);
  assert_true(row.must_change_password);
  assert_rows(f, "SELECT type FROM event", "operator_status_change");
  assert_rows(f, "SELECT action, target, address FROM audit", "operator.created|operator:1|10.0.0.7");
}

static void stepping_down_needs_another_administrator(void **state) {
  struct fixture *f = *state;
  struct operator_row ann = make(f, "ann", NULL, ROLE_ADMIN), row;
  struct operator_change demote = {.role = ROLE_OPERATOR, .active = -1, .status = -1};
  struct operator_change dismiss = {.role = -1, .active = 0, .status = -1};
  assert_err(change(f, ann.id, demote, &row), ERR_LAST_ADMIN);
  assert_err(change(f, ann.id, dismiss, &row), ERR_LAST_ADMIN);
  struct operator_row bob = make(f, "bob", NULL, ROLE_ADMIN);
  assert_ok(change(f, bob.id, dismiss, &row));
  assert_err(change(f, ann.id, demote, &row), ERR_LAST_ADMIN); /* an inactive one does not count */
  assert_ok(change(f, bob.id, (struct operator_change){.role = -1, .active = 1, .status = -1}, &row));
  assert_ok(change(f, ann.id, demote, &row));
  assert_int_equal(row.role, ROLE_OPERATOR);
  assert_err(change(f, 999, demote, &row), ERR_NOT_FOUND);
}

static void a_deactivated_operator_loses_sessions_and_tokens(void **state) {
  struct fixture *f = *state;
  make(f, "ann", NULL, ROLE_ADMIN);
  struct operator_row bob = make(f, "bob", NULL, ROLE_OPERATOR), row;
  fixture_exec(f, "INSERT INTO session (token_hash, csrf_token, operator_id, created_at, seen_at, expires_at) "
                  "VALUES ('x', 'c', 2, 1, 1, 1)");
  assert_ok(change(f, bob.id, (struct operator_change){.role = -1, .active = 0, .status = OPERATOR_ONLINE}, &row));
  assert_int_equal(row.status, OPERATOR_OFFLINE);
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM session"), 0);
  assert_int_equal(fixture_number(f, "SELECT token_version FROM operator WHERE id = 2"), bob.token_version + 1);
}

static void the_first_administrator_is_made_once(void **state) {
  struct fixture *f = *state;
  str password, login;
  assert_ok(operator_ensure_admin(&f->desk, S("demo@switchboard.example"), STR_NONE, f->arena, &password, &login));
  assert_str(login, "demo");
  assert_int_equal(password.len, ONE_TIME_LENGTH);
  assert_ok(operator_ensure_admin(&f->desk, S("other@example.com"), STR_NONE, f->arena, &password, &login));
  assert_null(login.ptr);
  assert_null(password.ptr);
  assert_rows(f, "SELECT login, email, role, must_change_password FROM operator",
              "demo|demo@switchboard.example|admin|1");
}

static void a_given_first_password_is_kept_or_refused(void **state) {
  struct fixture *f = *state;
  str password, login;
  assert_err(operator_ensure_admin(&f->desk, S("boss"), S("short"), f->arena, &password, &login), ERR_WEAK_PASSWORD);
  assert_ok(operator_ensure_admin(&f->desk, S("boss"), S("switchboard-demo"), f->arena, &password, &login));
  assert_null(password.ptr);
  assert_rows(f, "SELECT login, email, must_change_password FROM operator", "boss|-|0");
}

/* ---- who is at the desk ---- */

struct expiring_ctx {
  struct desk desk; /* of one node */
  int64_t id;
  err (*apply)(struct desk *d, db_conn *c, int64_t id);
  err (*expire)(struct desk *d, db_conn *c);
};
static err presence_run(db_conn *c, void *arg) {
  struct expiring_ctx *p = arg;
  return p->apply ? p->apply(&p->desk, c, p->id) : p->expire(&p->desk, c);
}
static void node_does(struct fixture *f, const char *holder, int64_t id,
                      err (*apply)(struct desk *d, db_conn *c, int64_t id)) {
  struct expiring_ctx p = {.desk = f->desk, .id = id, .apply = apply};
  p.desk.holder = holder;
  assert_ok(desk_write(&f->desk, presence_run, &p));
}
static void node_expires(struct fixture *f, const char *holder, err (*expire)(struct desk *d, db_conn *c)) {
  struct expiring_ctx p = {.desk = f->desk, .expire = expire};
  p.desk.holder = holder;
  assert_ok(desk_write(&f->desk, presence_run, &p));
}

static void an_operator_is_online_while_any_node_has_them(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann");
  static const char status[] = "SELECT status FROM operator";
  node_does(f, "here.1", ann, operator_arrived);
  node_does(f, "there.1", ann, operator_arrived);
  assert_rows(f, status, "online");
  node_does(f, "here.1", ann, operator_left);
  assert_rows(f, status, "online");
  node_expires(f, "here.2", operator_expire_earlier); /* a start: touches its own earlier ones alone */
  node_expires(f, "here.2", operator_expire);
  assert_rows(f, status, "online");
  f->clock.now_ms += OPERATOR_LEASE_MS - 1;
  node_does(f, "there.1", ann, operator_renew);
  f->clock.now_ms += 2;
  node_expires(f, "here.2", operator_expire);
  assert_rows(f, status, "online");
  f->clock.now_ms += OPERATOR_LEASE_MS; /* it has died */
  node_expires(f, "here.2", operator_expire);
  assert_rows(f, status, "offline");
  node_does(f, "there.1", ann, operator_renew); /* it had only slept */
  assert_rows(f, status, "online");
  node_expires(f, "there.2", operator_expire_earlier);
  f->clock.now_ms += 1;
  node_expires(f, "there.2", operator_expire);
  assert_rows(f, status, "offline");
}

static void who_is_away_stays_away_through_reconnects(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann");
  node_does(f, "here.1", ann, operator_arrived);
  fixture_exec(f, "UPDATE operator SET status = 'away'");
  node_does(f, "here.1", ann, operator_arrived);
  node_does(f, "here.1", ann, operator_renew);
  assert_rows(f, "SELECT status FROM operator", "away");
}

static void the_same_status_again_is_no_event(void **state) {
  struct fixture *f = *state;
  struct operator_row ann = make(f, "ann", NULL, ROLE_ADMIN);
  int64_t before = fixture_number(f, "SELECT count(*) FROM event");
  node_does(f, "here.1", ann.id, operator_arrived);
  node_does(f, "here.1", ann.id, operator_arrived);
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM event"), before + 1);
}

static err provision(db_conn *c, void *arg) {
  struct fixture *f = arg;
  struct operator_row row;
  return operator_provision(c, S("cid"), S("Cid"), 1, f->arena, &row);
}

static void an_event_of_an_operator_names_who_acted(void **state) {
  struct fixture *f = *state;
  static const char acted[] = "SELECT actor, actor_id, subject_id FROM event ORDER BY seq DESC LIMIT 1";
  static const char audited[] = "SELECT actor, actor_id, target FROM audit ORDER BY id DESC LIMIT 1";
  struct operator_row ann = make(f, "ann", NULL, ROLE_ADMIN), row; /* by the command line */
  assert_rows(f, acted, "system|-|1");
  assert_rows(f, audited, "system|-|operator:1");
  struct operator_new fresh = {.login = S("bob"), .name = S("Bob"), .role = ROLE_OPERATOR};
  str password;
  assert_ok(operator_create(&f->desk, &fresh, ann.id, S("10.0.0.7"), f->arena, &row, &password));
  assert_rows(f, acted, "operator|1|2");
  assert_rows(f, audited, "operator|1|operator:2");
  node_does(f, "here.1", 2, operator_arrived);
  assert_rows(f, acted, "operator|2|2");
  assert_ok(change(f, 2, (struct operator_change){.role = ROLE_SENIOR_OPERATOR, .active = -1, .status = -1}, &row));
  assert_rows(f, acted, "operator|1|2");
  assert_rows(f, audited, "operator|1|operator:2");
  f->clock.now_ms += OPERATOR_LEASE_MS + 1;
  node_expires(f, "there.1", operator_expire);
  assert_rows(f, acted, "system|-|2");
  node_does(f, "here.1", 2, operator_renew);
  assert_rows(f, acted, "operator|2|2");
  assert_ok(operator_reset_password(&f->desk, 2, ann.id, S("10.0.0.7"), f->arena, &password));
  assert_rows(f, acted, "operator|1|2");
  assert_rows(f, audited, "operator|1|operator:2");
  node_does(f, "here.1", 2, operator_left);
  assert_rows(f, acted, "operator|2|2");
  assert_ok(desk_write(&f->desk, provision, f));
  assert_rows(f, acted, "system|-|3");
  assert_rows(f, audited, "system|-|operator:3");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PURE(logins_are_clean_or_refused),
      PURE(emails_are_clean_or_refused),
      PURE(passwords_are_long_and_varied),
      PURE(the_last_active_administrator_stays),
      ON_BOTH(a_taken_login_or_email_is_named),
      ON_BOTH(without_a_password_a_one_time_one_is_made),
      ON_BOTH(stepping_down_needs_another_administrator),
      ON_BOTH(a_deactivated_operator_loses_sessions_and_tokens),
      ON_BOTH(the_same_status_again_is_no_event),
      ON_BOTH(an_event_of_an_operator_names_who_acted),
      ON_BOTH(the_first_administrator_is_made_once),
      ON_BOTH(a_given_first_password_is_kept_or_refused),
      ON_BOTH(an_operator_is_online_while_any_node_has_them),
      ON_BOTH(who_is_away_stays_away_through_reconnects),
  };
  return FIXTURE_RUN(tests);
}
