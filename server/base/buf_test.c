/* Growing bytes: the maximum, what is dropped, JSON strings, escapes. */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool holds(const buf *b, const char *text) { return str_eq(buf_borrow(b), str_c(text)); }

static void what_does_not_fit_is_dropped_whole(void **state) {
  (void)state;
  buf b;
  buf_init(&b, 5);
  buf_add(&b, S("abc"));
  buf_add(&b, S("def"));
  buf_add(&b, S("g")); /* would fit, but nothing follows a gap */
  assert_true(b.overflow && holds(&b, "abc"));
  buf_clear(&b);
  buf_add(&b, S("abcde"));
  assert_true(!b.overflow && holds(&b, "abcde"));
  assert_null(buf_reserve(&b, 1));
  assert_true(b.overflow);
  buf_free(&b);
  assert_int_equal(b.max, 5);
  buf zero = {0};
  buf_add_char(&zero, 'x');
  assert_true(zero.overflow && holds(&zero, ""));
  buf_free(&zero);
}

static void it_grows_to_its_maximum_and_no_further(void **state) {
  (void)state;
  buf b;
  buf_init(&b, 1000);
  for (int i = 0; i < 1000; i++) buf_add_char(&b, 'x');
  assert_false(b.overflow);
  assert_int_equal(b.cap, 1000);
  buf_free(&b);
  buf_init(&b, SIZE_MAX);
  char *p = buf_reserve(&b, 100000);
  memset(p, 'y', 100000);
  buf_commit(&b, 100000);
  assert_true(b.len == 100000 && b.cap < 300000);
  buf_free(&b);
}

static void numbers_and_formats(void **state) {
  (void)state;
  buf b;
  buf_init(&b, 4096);
  buf_add_i64(&b, INT64_MIN);
  buf_add_char(&b, ' ');
  buf_add_u64(&b, UINT64_MAX);
  buf_printf(&b, " %s=%d", "x", 7);
  buf_add_char(&b, ' ');
  buf_add_hex(&b, "\x00\xAF", 2);
  buf_add_char(&b, ' ');
  buf_add_url_escaped(&b, S("a b/ж~"));
  buf_add_char(&b, ' ');
  buf_add_iso_time(&b, 1769855696789);
  assert_true(holds(&b, "-9223372036854775808 18446744073709551615 x=7 00af a%20b%2F%D0%B6~ 2026-01-31T10:34:56.789Z"));
  buf_free(&b);
  buf_init(&b, 300);
  buf_printf(&b, "%0300d", 1); /* exactly the maximum, without room for a NUL */
  assert_true(!b.overflow && b.len == 300);
  buf_clear(&b);
  buf_printf(&b, "%0301d", 1);
  assert_true(b.overflow && b.len == 0);
  buf_free(&b);
}

static void consuming_moves_the_rest_to_the_front(void **state) {
  (void)state;
  buf b;
  buf_init(&b, 10);
  buf_add(&b, S("abcdef"));
  buf_consume(&b, 2);
  assert_true(holds(&b, "cdef"));
  buf_consume(&b, 99);
  assert_true(holds(&b, ""));
  buf_free(&b);
}

static void json_strings_are_valid_whatever_comes(void **state) {
  (void)state;
  static const struct {
    const char *in, *out, *why;
  } rows[] = {
      {"", "\"\"", "empty"},
      {"plain text, longer than eight bytes", "\"plain text, longer than eight bytes\"", "nothing to escape"},
      {"\"", "\"\\\"\"", "a quote"},
      {"1234567\"9", "\"1234567\\\"9\"", "a quote in the eighth byte"},
      {"12345678\\", "\"12345678\\\\\"", "a backslash behind the eighth"},
      {"a\nb\rc\td\x01\x1f", "\"a\\nb\\rc\\td\\u0001\\u001f\"", "control characters"},
      {"\x7f/ ", "\"\x7f/ \"", "what needs no escape"},
      {"жжжжж\"€😀", "\"жжжжж\\\"€😀\"", "UTF-8 stays, a quote among it does not"},
      {"a\xFFz\"\xEF\xBF\xBD", "\"a\xEF\xBF\xBDz\\\"\xEF\xBF\xBD\"",
       "malformed bytes are replaced, U+FFFD itself stays"},
      {"\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"", "a character cut short"},
  };
  buf b;
  buf_init(&b, 4096);
  for (size_t i = 0; i < COUNT(rows); i++) {
    buf_clear(&b);
    buf_add_json_string(&b, str_c(rows[i].in));
    if (!holds(&b, rows[i].out)) fail_msg("%s: %.*s", rows[i].why, STR_ARG(buf_borrow(&b)));
  }
  for (int c = 0; c < 128; c++) /* each byte at each place of a word, against the plain rule */
    for (int at = 0; at < 9; at++) {
      char text[9] = "aaaaaaaaa";
      text[at] = (char)c;
      buf_clear(&b);
      buf_add_json_string(&b, (str){text, 9});
      bool escaped = b.len > 11;
      assert_int_equal(escaped, c < 0x20 || c == '"' || c == '\\');
    }
  buf_free(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_does_not_fit_is_dropped_whole),
      cmocka_unit_test(it_grows_to_its_maximum_and_no_further),
      cmocka_unit_test(numbers_and_formats),
      cmocka_unit_test(consuming_moves_the_rest_to_the_front),
      cmocka_unit_test(json_strings_are_valid_whatever_comes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
