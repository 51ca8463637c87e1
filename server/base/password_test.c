/* Passwords: what matches, what asks for a new hash, what is refused. */
#include "base/password.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void a_hash_matches_its_password_alone(void **state) {
  (void)state;
  arena *a = arena_new(0);
  str hash, again;
  bool rehash = true;
  assert_int_equal(password_hash(S("пароль 1"), a, &hash).code, ERR_NONE);
  assert_true(str_starts(hash, S("$argon2id$v=19$m=32768,t=4,p=1$")));
  assert_int_equal(password_check(S("пароль 1"), hash, &rehash).code, ERR_NONE);
  assert_false(rehash);
  assert_int_equal(password_check(S("пароль 2"), hash, NULL).code, ERR_WRONG_PASSWORD);
  assert_int_equal(password_check(S(""), hash, NULL).code, ERR_WRONG_PASSWORD);
  assert_int_equal(password_hash(S("пароль 1"), a, &again).code, ERR_NONE);
  assert_false(str_eq(hash, again));
  assert_int_equal(password_hash((str){"a\0b", 3}, a, &hash).code, ERR_INVALID_FIELD);
  assert_int_equal(password_hash((str){arena_alloc(a, 2000), 2000}, a, &hash).code, ERR_INVALID_FIELD);
  arena_free(&a);
}

static void hashes_from_elsewhere(void **state) {
  (void)state;
  static const struct {
    const char *hash, *password;
    enum err_code code;
    const char *why;
  } rows[] = {
      {"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U", ERR_NONE, "bcrypt 2a"},
      {"$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U", ERR_NONE, "bcrypt 2b"},
      {"$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U", ERR_NONE, "bcrypt 2y"},
      {"$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*V", ERR_WRONG_PASSWORD, "wrong password"},
      {"$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U", ERR_WRONG_PASSWORD, "the broken variant"},
      {"$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U", ERR_WRONG_PASSWORD, "days of work"},
      {"$2b$05$short", "U*U", ERR_WRONG_PASSWORD, "a piece of a hash"},
      {"$1$abc$def", "x", ERR_WRONG_PASSWORD, "MD5 is not accepted"},
      {"x", "x", ERR_WRONG_PASSWORD, "a plain password is no hash"},
      {"", "", ERR_WRONG_PASSWORD, "an empty hash matches nothing"},
      {NULL, "x", ERR_WRONG_PASSWORD, "no such operator"},
      {"$argon2id$v=19$m=4194304,t=3,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "x",
       ERR_WRONG_PASSWORD, "4 GiB of memory"},
      {"$argon2id$v=19$m=8,t=1,p=1$bad", "x", ERR_WRONG_PASSWORD, "a piece of an Argon2 hash"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    bool rehash = false;
    err e = password_check(str_c(rows[i].password), str_c(rows[i].hash), &rehash);
    if (e.code != rows[i].code || rehash != (e.code == ERR_NONE)) fail_msg("%s: %s", rows[i].why, err_text(e.code));
  }
}

static int64_t time_of(str hash) {
  int64_t start = clock_measure_us();
  password_check(S("guess"), hash, NULL);
  return clock_measure_us() - start;
}

static void a_missing_login_takes_as_long(void **state) {
  (void)state;
  arena *a = arena_new(0);
  str hash;
  assert_int_equal(password_hash(S("secret"), a, &hash).code, ERR_NONE);
  int64_t there = time_of(hash), missing = time_of(STR_NONE);
  print_message("a check takes %lld us, for a missing login %lld us\n", (long long)there, (long long)missing);
  assert_true(missing * 4 > there && there * 4 > missing); /* an early return is a thousand times faster */
  arena_free(&a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_hash_matches_its_password_alone),
      cmocka_unit_test(hashes_from_elsewhere),
      cmocka_unit_test(a_missing_login_takes_as_long),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
