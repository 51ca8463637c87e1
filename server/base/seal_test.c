/* Sealed secrets open only with the same key, context and bytes. */
#include "base/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void keys_differ_by_secret_and_purpose(void **state) {
  (void)state;
  struct seal_key a, b;
  seal_key_derive(S("secret"), "bot_token", &a);
  seal_key_derive(S("secret"), "bot_token", &b);
  assert_memory_equal(&a, &b, sizeof a);
  static const struct {
    str secret;
    const char *purpose, *why;
  } rows[] = {{STR_INIT("secret"), "jwt", "another purpose"},
              {STR_INIT("secreT"), "bot_token", "another secret"},
              {STR_INIT(""), "bot_token", "no secret"},
              {STR_INIT("nsecret"), "bot_toke", "the same bytes divided elsewhere"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    seal_key_derive(rows[i].secret, rows[i].purpose, &b);
    if (memcmp(&a, &b, sizeof a) == 0) fail_msg("%s", rows[i].why);
  }
  seal_key_wipe(&b);
  assert_int_equal(b.bytes[0] | b.bytes[31], 0);
}

static void what_is_sealed_opens_only_unchanged(void **state) {
  (void)state;
  arena *a = arena_new(0);
  struct seal_key key, other;
  seal_key_derive(S("secret"), "bot_token", &key);
  seal_key_derive(S("secret"), "totp", &other);
  str plain = S("123456:ABC-DEF"), got = STR_NONE;
  str sealed = seal_make(&key, &rand_system, plain, S("bot:1"), a);
  assert_true(str_starts(sealed, S("v1.")));
  assert_false(str_contains(sealed, S("123456")));
  assert_true(seal_open(&key, sealed, S("bot:1"), a, &got));
  assert_true(str_eq(got, plain));
  assert_false(str_eq(sealed, seal_make(&key, &rand_system, plain, S("bot:1"), a))); /* equal secrets do not show */
  got = STR_NONE;
  assert_false(seal_open(&key, sealed, S("bot:2"), a, &got));
  assert_false(seal_open(&other, sealed, S("bot:1"), a, &got));
  for (size_t i = 0; i < sealed.len; i++) {
    char *bad = arena_alloc(a, sealed.len + 1);
    memcpy(bad, sealed.ptr, sealed.len);
    bad[i] ^= 1;
    if (seal_open(&key, (str){bad, sealed.len}, S("bot:1"), a, &got)) fail_msg("byte %zu", i);
    assert_false(seal_open(&key, str_sub(sealed, 0, i), S("bot:1"), a, &got));
  }
  assert_null(got.ptr);
  assert_false(seal_open(&key, STR_NONE, STR_NONE, a, &got));
  sealed = seal_make(&key, &rand_system, STR_NONE, STR_NONE, a);
  assert_true(seal_open(&key, sealed, STR_NONE, a, &got));
  assert_int_equal(got.len, 0);
  arena_free(&a);
}

static void what_is_sealed_is_told_from_what_only_begins_so(void **state) {
  (void)state;
  struct seal_key key;
  arena *a = arena_new(0);
  seal_key_derive(S("secret"), "setting", &key);
  assert_true(seal_is_sealed(seal_make(&key, &rand_system, S(""), S("row"), a)));
  assert_true(seal_is_sealed(seal_make(&key, &rand_system, S("a token"), S("row"), a)));
  static const char *const others[] = {"", "v1.", "v1. hello, and welcome to the first version of our support desk",
                                       "v2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) assert_false(seal_is_sealed(str_c(others[i])));
  arena_free(&a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys_differ_by_secret_and_purpose),
      cmocka_unit_test(what_is_sealed_opens_only_unchanged),
      cmocka_unit_test(what_is_sealed_is_told_from_what_only_begins_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
