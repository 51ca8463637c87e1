/* What a start makes of the settings of a version with one bot, and of the environment's token; and who may replace whom. */
#include "edge/telegram/bot/tg_bots_internal.h"

#define FIXTURE_CHANNEL "telegram"
#include "desk/desk_fixture.h"
#include "desk/setting/setting.h"

static struct fixture *with_key(void **state) {
  static const unsigned char key[32] = {1};
  struct fixture *f = *state;
  f->desk.secret_key = key;
  return f;
}

struct before {
  struct fixture *f;
  const char *token;   /* sealed in the settings; NULL: none was; "": the panel has taken it away */
  const char *account; /* noted beside it; NULL: none */
};

static err keep_former(db_conn *c, void *arg) {
  const struct before *b = arg;
  struct desk *d = &b->f->desk;
  err e = err_ok;
  if (b->token) e = setting_set_secret(d, c, "telegram_token", str_c(b->token), 1, 1, db_conn_arena(c));
  return err_is(e) || !b->account ? e : setting_set(c, "telegram_account", str_c(b->account), 1, 1);
}

struct token_ctx {
  struct fixture *f;
  int64_t id;
  str token;
};

static err read_token(db_conn *c, void *arg) {
  struct token_ctx *x = arg;
  return account_get_secret(&x->f->desk, c, x->id, ACCOUNT_TOKEN, x->f->arena, &x->token);
}

/* A start, without a network: the sessions are not begun. */
static void start(struct fixture *f, const char *token) {
  struct telegram *t = telegram_new(&(struct telegram_config){.desk = &f->desk, .token = token});
  assert_ok(tg_adopt(t));
  telegram_free(&t);
}

static const char accounts[] =
    "SELECT id, channel, position, source, paused, updates, fallback, CASE WHEN removed_at IS NULL THEN 0 ELSE 1 END, "
    "successor_id FROM account ORDER BY id";

static void the_one_bot_of_an_earlier_version_becomes_the_first_account(void **state) {
  struct fixture *f = with_key(state);
  struct before b = {f, "123456:FORMER", "123456"};
  struct token_ctx kept = {.f = f, .id = 123456};
  assert_ok(db_write(f->desk.db, keep_former, &b));
  fixture_writes(f, "5", "said before the upgrade");
  for (int i = 0; i < 2; i++) start(f, NULL); /* the second finds it done */
  assert_rows(f, accounts, "123456|telegram|1|panel|0|auto|0|0|-");
  assert_ok(db_read(f->desk.db, read_token, &kept));
  assert_str(kept.token, "123456:FORMER");
  assert_rows(f, "SELECT count(*) FROM setting WHERE key IN ('telegram_token', 'telegram_account')", "0");
  assert_rows(f, "SELECT count(*) FROM setting WHERE value LIKE '%FORMER%'", "0"); /* sealed */
  assert_rows(f, "SELECT text FROM message", "said before the upgrade");
}

static void what_the_panel_said_counts_more_than_the_environment(void **state) {
  static const struct {
    const char *token, *account, *environment, *accounts, *why;
  } cases[] = {
      {NULL, NULL, NULL, "", "a new desk"},
      {NULL, NULL, "777:ENV", "777|telegram|1|environment|0|auto|0|0|-", "only the environment"},
      {NULL, "777", "777:ENV", "777|telegram|1|environment|0|auto|0|0|-", "the environment's, as before"},
      {"123456:FORMER", "123456", "777:ENV", "123456|telegram|1|panel|0|auto|0|0|-", "the panel's wins"},
      {"", "123456", "123456:ENV", "123456|telegram|1|panel|0|auto|0|0|-", "the panel has taken the token away"},
      {NULL, NULL, "nonsense", "", "a token that is none"},
  };
  struct fixture *f = with_key(state);
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    fixture_exec(f, "DELETE FROM setting");
    fixture_exec(f, "DELETE FROM account");
    struct before b = {f, cases[i].token, cases[i].account};
    assert_ok(db_write(f->desk.db, keep_former, &b));
    start(f, cases[i].environment);
    str got = fixture_ask(f, accounts);
    if (!str_eq(got, str_c(cases[i].accounts))) fail_msg("%s: %.*s", cases[i].why, STR_ARG(got));
  }
}

static void another_token_in_the_environment_replaces_the_first_bot(void **state) {
  struct fixture *f = with_key(state);
  start(f, "777:ENV");
  start(f, "888:ENV");
  assert_rows(f, accounts, "777|telegram|1|environment|0|auto|0|1|888\n888|telegram|1|environment|0|auto|0|0|-");
  start(f, "777:ENV"); /* and back */
  assert_rows(f, accounts, "777|telegram|1|environment|0|auto|0|0|-\n888|telegram|1|environment|0|auto|0|1|777");
}

struct naming {
  int64_t id, successor_id;
};

static err name(db_conn *c, void *arg) {
  const struct naming *n = arg;
  struct account_row row;
  err e = account_get(c, n->id, db_conn_arena(c), &row);
  return err_is(e) ? e : account_set_successor(c, &row, n->successor_id, 9);
}

static void a_successor_is_another_connected_account_and_no_circle(void **state) {
  struct fixture *f = with_key(state);
  fixture_exec(f, "INSERT INTO account (id, channel, position, source, removed_at, created_at, updated_at) VALUES "
                  "(1, 'telegram', 1, 'environment', 5, 1, 1), (2, 'telegram', 2, 'panel', NULL, 1, 1), "
                  "(3, 'telegram', 3, 'panel', NULL, 1, 1), (4, 'letters', 1, 'panel', NULL, 1, 1)");
  static const struct {
    struct naming n;
    enum err_code code;
    const char *why;
  } cases[] = {
      {{1, 2}, ERR_NONE, "of a removed one"},
      {{2, 3}, ERR_NONE, "a chain"},
      {{3, 1}, ERR_INVALID_FIELD, "a removed one replaces nobody"},
      {{3, 2}, ERR_INVALID_FIELD, "a circle"},
      {{3, 3}, ERR_INVALID_FIELD, "itself"},
      {{3, 4}, ERR_INVALID_FIELD, "of another channel"},
      {{3, 9}, ERR_INVALID_FIELD, "there is none"},
      {{2, 0}, ERR_NONE, "none any more"},
      {{3, 2}, ERR_NONE, "no circle any more"},
  };
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    struct naming n = cases[i].n;
    err e = db_write(f->desk.db, name, &n);
    if (e.code != cases[i].code) fail_msg("%s: %s", cases[i].why, err_message(&e));
  }
  assert_rows(f, "SELECT id, successor_id, source FROM account ORDER BY id",
              "1|2|panel\n2|-|panel\n3|2|panel\n4|-|panel");
  start(f, "1:ENV"); /* was removed in the panel, and stays so */
  assert_rows(f, "SELECT count(*) FROM account WHERE removed_at IS NULL AND channel = 'telegram'", "2");
}

/* ---- roads ---- */

static void one_road_a_bot_and_few_at_once_each_for_a_limited_time(void **state) {
  struct fixture *f = with_key(state);
  struct tg_road one, same, two, three;
  struct tg_answer answer;
  fixture_exec(f, "INSERT INTO account (id, channel, position, source, api_url, created_at, updated_at) VALUES "
                  "(1, 'telegram', 1, 'panel', 'http://127.0.0.1:1', 1, 1), (2, 'telegram', 2, 'panel', NULL, 1, 1), "
                  "(3, 'telegram', 3, 'panel', NULL, 1, 1)");
  http_client *client = http_client_new(&(struct http_client_config){.user_agent = "test"});
  struct telegram *t = telegram_new(&(struct telegram_config){.desk = &f->desk, .client = client});
  assert_err(tg_road_open(t, 9, f->arena, &one), ERR_NOT_FOUND);
  tg_road_close(&one);
  assert_ok(tg_road_open(t, 1, f->arena, &one));
  assert_err(tg_road_open(t, 1, f->arena, &same), ERR_OVERLOADED);
  tg_road_close(&same); /* the other one stays open */
  assert_err(tg_road_open(t, 1, f->arena, &same), ERR_OVERLOADED);
  assert_ok(tg_road_open(t, 2, f->arena, &two));
  assert_err(tg_road_open(t, 3, f->arena, &three), ERR_OVERLOADED);
  tg_road_close(&two);
  assert_ok(tg_road_open(t, 3, f->arena, &three));
  assert_null(three.own_client);
  answer = tg_road_call(&one, "getMe", STR_NONE, f->arena);
  assert_int_not_equal(tg_classify(&answer), TG_DONE); /* nobody listens there */
  f->clock.now_ms += ROAD_MOST_MS;
  answer = tg_road_call(&one, "getMe", STR_NONE, f->arena);
  assert_int_equal(tg_classify(&answer), TG_TRY_LATER);
  assert_str(tg_answer_words(&answer), "it answers too slowly.");
  tg_road_close(&one);
  tg_road_close(&three);
  telegram_free(&t);
  http_client_free(&client, 0);
}

static err set_proxy(db_conn *c, void *arg) {
  struct fixture *f = arg;
  return account_set_secret(&f->desk, c, 1, ACCOUNT_PROXY, S("socks5h://127.0.0.1:1"), 0, f->arena);
}

static void the_calls_of_a_road_share_one_client(void **state) {
  struct fixture *f = with_key(state);
  struct tg_road road;
  fixture_exec(f, "INSERT INTO account (id, channel, position, source, created_at, updated_at) VALUES "
                  "(1, 'telegram', 1, 'panel', 1, 1)");
  assert_ok(db_write(f->desk.db, set_proxy, f));
  struct telegram *t = telegram_new(&(struct telegram_config){.desk = &f->desk});
  assert_ok(tg_road_open(t, 1, f->arena, &road));
  assert_non_null(road.own_client);
  tg_road_close(&road);
  assert_null(road.own_client);
  telegram_free(&t);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      ON_BOTH(the_one_bot_of_an_earlier_version_becomes_the_first_account),
      ON_BOTH(what_the_panel_said_counts_more_than_the_environment),
      ON_BOTH(another_token_in_the_environment_replaces_the_first_bot),
      ON_BOTH(a_successor_is_another_connected_account_and_no_circle),
      ON_BOTH(one_road_a_bot_and_few_at_once_each_for_a_limited_time),
      ON_BOTH(the_calls_of_a_road_share_one_client),
  };
  return FIXTURE_RUN(tests);
}
