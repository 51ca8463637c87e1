/* Settings, sealed ones too, on both engines. */
#include "desk/desk_fixture.h"

#include "desk/setting/setting_internal.h"

static const unsigned char one_key[32] = "thirty-two bytes for the tests..",
                           another_key[32] = "thirty-two other bytes..........";

struct asking_ctx {
  struct fixture *f;
  const char *key, *language;
  str value, out;
};

static err set_plain(db_conn *c, void *ctx) {
  struct asking_ctx *q = ctx;
  return setting_set(c, q->key, q->value, 0, 1);
}
static err get_plain(db_conn *c, void *ctx) {
  struct asking_ctx *q = ctx;
  return setting_get(c, q->key, q->f->arena, &q->out);
}
static err remove_it(db_conn *c, void *ctx) { return setting_remove(c, ((struct asking_ctx *)ctx)->key); }
static err set_secret(db_conn *c, void *ctx) {
  struct asking_ctx *q = ctx;
  return setting_set_secret(&q->f->desk, c, q->key, q->value, 0, 1, q->f->arena);
}
static err get_secret(db_conn *c, void *ctx) {
  struct asking_ctx *q = ctx;
  return setting_get_secret(&q->f->desk, c, q->key, q->f->arena, &q->out);
}
static err greeting(db_conn *c, void *ctx) {
  struct asking_ctx *q = ctx;
  return setting_greeting(c, str_c(q->language), q->f->arena, &q->out);
}

static void a_setting_is_set_changed_and_removed(void **state) {
  struct fixture *f = *state;
  struct asking_ctx q = {.f = f, .key = "greeting", .value = S("one")};
  assert_ok(db_read(f->desk.db, get_plain, &q));
  assert_null(q.out.ptr);
  assert_ok(desk_write(&f->desk, set_plain, &q));
  q.value = S("two");
  assert_ok(desk_write(&f->desk, set_plain, &q));
  assert_ok(db_read(f->desk.db, get_plain, &q));
  assert_str(q.out, "two");
  assert_ok(desk_write(&f->desk, remove_it, &q));
  assert_ok(db_read(f->desk.db, get_plain, &q));
  assert_null(q.out.ptr);
}

static void a_secret_opens_with_its_key_only(void **state) {
  struct fixture *f = *state;
  f->desk.secret_key = one_key;
  struct asking_ctx q = {.f = f, .key = "token", .value = S("123456:ABC")};
  assert_ok(desk_write(&f->desk, set_secret, &q));
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM setting WHERE value LIKE '%123456%'"), 0);
  assert_ok(db_read(f->desk.db, get_secret, &q));
  assert_str(q.out, "123456:ABC");
  f->desk.secret_key = another_key;
  assert_ok(db_read(f->desk.db, get_secret, &q));
  assert_null(q.out.ptr);
  f->desk.secret_key = one_key;
  fixture_exec(f, "UPDATE setting SET key = 'moved'");
  q.key = "moved";
  assert_ok(db_read(f->desk.db, get_secret, &q));
  assert_null(q.out.ptr);
}

static void the_greeting_is_of_the_customers_language(void **state) {
  struct fixture *f = *state;
  static const struct {
    const char *language;
    bool russian;
  } cases[] = {{"ru", true}, {"ru-RU", true}, {"RU", true}, {"en", false}, {"run", false}, {"", false}, {NULL, false}};
  for (size_t i = 0; i < JSON_COUNT(cases); i++) {
    struct asking_ctx q = {.f = f, .language = cases[i].language};
    assert_ok(db_read(f->desk.db, greeting, &q));
    assert_str(q.out, cases[i].russian ? setting_default_greeting_ru : setting_default_greeting);
  }
  struct asking_ctx q = {.f = f, .key = "greeting", .value = S(""), .language = "en"};
  assert_ok(desk_write(&f->desk, set_plain, &q));
  assert_ok(db_read(f->desk.db, greeting, &q));
  assert_str(q.out, ""); /* empty means none, not the default */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(a_setting_is_set_changed_and_removed),
      ON_BOTH(a_secret_opens_with_its_key_only),
      ON_BOTH(the_greeting_is_of_the_customers_language),
  };
  return FIXTURE_RUN(tests);
}
