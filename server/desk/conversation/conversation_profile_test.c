/* What a channel tells of the person: where they came from, how they are called, whether they can be reached. */
#include "desk/desk_fixture.h"
#include "desk/source/source.h"

struct start_ctx {
  struct fixture *f;
  const char *id, *payload;
};

static err start_run(db_conn *c, void *arg) {
  struct start_ctx *s = arg;
  struct inbound_message m = fixture_text(s->id, "/start");
  return conversation_started(&s->f->desk, c, &m, s->payload ? str_c(s->payload) : STR_NONE);
}

static void starts(struct fixture *f, const char *id, const char *payload) {
  assert_ok(desk_write(&f->desk, start_run, &(struct start_ctx){f, id, payload}));
}

static err import_run(db_conn *c, void *arg) {
  (void)arg;
  const struct source_row rows[] = {{.payload = S("ads"), .name = S("Ads"), .tag = S("paid")},
                                    {.payload = S("ads_may"), .name = S("May"), .language = S("ru")},
                                    {.payload = S("site"), .name = S("Site")}};
  return source_import(c, rows, JSON_COUNT(rows), 1);
}

static const char origin[] =
    "SELECT coalesce(start_payload, '-') || ' ' || coalesce(source, '-') || ' ' || coalesce(source_tag, "
    "'-') || ' ' || coalesce(source_language, '-') FROM customer";

static void the_longest_beginning_names_the_source(void **state) {
  struct fixture *f = *state;
  assert_ok(desk_write(&f->desk, import_run, NULL));
  static const struct {
    const char *payload, *wanted;
  } rows[] = {{"ads_may_7", "ads_may_7 May - ru"},
              {"ads_june", "ads_june Ads paid -"},
              {"ads", "ads Ads paid -"},
              {"ad", "ad - - -"},
              {"xads", "xads - - -"},
              {"Ads", "Ads - - -"}};
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    fixture_exec(f,
                 "UPDATE customer SET start_payload = NULL, source = NULL, source_tag = NULL, source_language = NULL");
    starts(f, arena_printf(f->arena, "%zu", i).ptr, rows[i].payload);
    assert_rows(f, origin, rows[i].wanted);
  }
}

static void the_first_known_source_stays(void **state) {
  struct fixture *f = *state;
  assert_ok(desk_write(&f->desk, import_run, NULL));
  starts(f, "1", NULL);
  assert_rows(f, origin, "- - - -");
  starts(f, "2", "nobody_knows");
  assert_rows(f, origin, "nobody_knows - - -");
  starts(f, "3", "site_footer");
  assert_rows(f, origin, "site_footer Site - -");
  starts(f, "4", "ads_may");
  assert_rows(f, origin, "site_footer Site - -");
}

static err list_run(db_conn *c, void *arg) {
  struct source_row *rows = NULL;
  size_t *count = arg;
  return source_list(c, db_conn_arena(c), &rows, count);
}

static err twice_run(db_conn *c, void *arg) {
  const struct source_row row = {.payload = S("ads"), .name = S("Again")};
  return source_add(c, &row, 1, arg);
}

static void an_import_replaces_and_a_second_of_the_same_is_refused(void **state) {
  struct fixture *f = *state;
  size_t count = 0;
  int64_t id = 0;
  assert_ok(desk_write(&f->desk, import_run, NULL));
  assert_ok(desk_write(&f->desk, import_run, NULL));
  assert_ok(db_read(f->desk.db, list_run, &count));
  assert_int_equal(count, 3);
  assert_err(desk_write(&f->desk, twice_run, &id), ERR_CONFLICT);
}

/* ---- the profile ---- */

static void writes_as(struct fixture *f, const char *id, const char *name, const char *username, bool premium) {
  struct inbound_message m = fixture_text(id, "Hello");
  m.from.name = str_c(name);
  m.from.username = username ? str_c(username) : STR_NONE;
  m.from.tells_premium = true;
  m.from.premium = premium;
  assert_ok(fixture_receive(f, &m));
}

static const char lines[] =
    "SELECT action || ' ' || replace(text, chr(10), ' > ') FROM message WHERE direction = 'system' ORDER BY id";
static const char lines_sqlite[] =
    "SELECT action || ' ' || replace(text, char(10), ' > ') FROM message WHERE direction = 'system' ORDER BY id";

static void a_changed_profile_is_a_quiet_line(void **state) {
  struct fixture *f = *state;
  writes_as(f, "1", "Anna", "anna", false);
  writes_as(f, "2", "Anna", "anna", false);
  writes_as(f, "3", "Anna K.", "anna", false);
  writes_as(f, "4", "Anna K.", NULL, true);
  writes_as(f, "5", "Anna K.", "ak", false);
  assert_rows(f, f->engine == DB_SQLITE ? lines_sqlite : lines,
              "renamed Anna > Anna K.\nusername anna > \npremium \nusername  > ak\npremium 0");
  assert_rows(f, "SELECT inbound_count FROM conversation", "5");
  assert_rows(f, "SELECT m.text FROM message AS m JOIN conversation AS c ON c.last_message_id = m.id", "Hello");
  assert_rows(f, "SELECT name || ' ' || username || ' ' || premium FROM customer", "Anna K. ak 0");
}

static void an_edit_tells_nothing_and_a_first_name_is_no_change(void **state) {
  struct fixture *f = *state;
  struct inbound_message m = fixture_text("1", "Hello");
  m.from.name = m.from.username = STR_NONE;
  assert_ok(fixture_receive(f, &m)); /* called by the id */
  writes_as(f, "2", "Anna", NULL, false);
  assert_rows(f, "SELECT count(*) FROM message WHERE action = 'renamed'", "0");
  assert_rows(f, "SELECT name FROM customer", "Anna");
  m.external_id = S("3");
  assert_ok(fixture_receive(f, &m)); /* without a name again */
  assert_rows(f, "SELECT count(*) FROM message WHERE action = 'renamed'", "0");
}

struct reach_ctx {
  struct fixture *f;
  enum customer_reach reach;
};
static err reach_run(db_conn *c, void *arg) {
  struct reach_ctx *r = arg;
  return conversation_reachable(&r->f->desk, c, S(FIXTURE_CHANNEL), S("777"), S("1001"), r->reach);
}
static void reach(struct fixture *f, enum customer_reach how) {
  assert_ok(desk_write(&f->desk, reach_run, &(struct reach_ctx){f, how}));
}

static void a_deleted_account_is_told_from_a_blocked_bot(void **state) {
  struct fixture *f = *state;
  const char *actions = "SELECT action FROM message WHERE direction = 'system' ORDER BY id";
  const char *marks = "SELECT (blocked_at IS NOT NULL) AND (deactivated_at IS NOT NULL) FROM customer";
  fixture_writes(f, "1", "Hello");
  reach(f, CUSTOMER_BLOCKED);
  reach(f, CUSTOMER_BLOCKED);
  reach(f, CUSTOMER_DEACTIVATED);
  reach(f, CUSTOMER_DEACTIVATED);
  reach(f, CUSTOMER_BLOCKED); /* a blocked bot is nothing new of a deleted account */
  assert_rows(f, actions, "blocked\ndeactivated");
  str both = fixture_ask(f, marks);
  assert_true(str_eq(both, S("1")) || str_eq(both, S("t")));
  reach(f, CUSTOMER_REACHABLE);
  assert_rows(f, actions, "blocked\ndeactivated\nunblocked");
  assert_rows(f, "SELECT count(*) FROM customer WHERE blocked_at IS NULL AND deactivated_at IS NULL", "1");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(the_longest_beginning_names_the_source),
      ON_BOTH(the_first_known_source_stays),
      ON_BOTH(an_import_replaces_and_a_second_of_the_same_is_refused),
      ON_BOTH(a_changed_profile_is_a_quiet_line),
      ON_BOTH(an_edit_tells_nothing_and_a_first_name_is_no_change),
      ON_BOTH(a_deleted_account_is_told_from_a_blocked_bot),
  };
  return FIXTURE_RUN(tests);
}
