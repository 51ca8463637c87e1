/* Slices: borders, numbers at the edge of their types, UTF-8 as RFC 3629 has it. */
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void comparing(void **state) {
  (void)state;
  assert_true(str_eq(S(""), STR_NONE)); /* absent and empty differ only where a caller says so */
  assert_true(str_eq_ignore_case(S("Content-Type"), S("content-TYPE")));
  assert_false(str_eq_ignore_case(S("\xC3\x84"), S("\xC3\xA4"))); /* ASCII only */
  assert_false(str_eq_ignore_case(S("@"), S("`")));               /* neighbours of the letters */
  assert_true(str_cmp(S("a"), S("ab")) < 0);
  assert_true(str_cmp(S("b"), S("ab")) > 0);
  assert_int_equal(str_cmp(STR_NONE, S("")), 0);
  assert_true(str_cmp(S("\x7f"), S("\x80")) < 0); /* as unsigned bytes */
  assert_true(str_eq_constant_time(S("abc"), S("abc")));
  assert_false(str_eq_constant_time(S("abc"), S("abd")));
  assert_false(str_eq_constant_time(S("abc"), S("abcd")));
  assert_true(str_eq_constant_time(STR_NONE, S("")));
}

static void finding_and_cutting(void **state) {
  (void)state;
  assert_true(str_starts(S("abc"), S("")) && str_starts(S("abc"), S("abc")));
  assert_false(str_starts(S("ab"), S("abc")));
  assert_true(str_ends(S("abc"), S("bc")));
  assert_false(str_ends(S("c"), S("bc")));
  assert_true(str_contains(STR_NONE, S("")));
  assert_false(str_contains(S("a"), S("ab")));
  assert_int_equal(str_index(S("a,b,c"), ',', 2), 3);
  assert_int_equal(str_index(S("abc"), ',', 0), 3);
  assert_int_equal(str_index(S("abc"), 'a', 9), 3);
  assert_true(str_eq(str_sub(S("abc"), 2, 1), S("")));
  assert_true(str_eq(str_sub(S("abc"), 1, 99), S("bc")));
  assert_null(str_sub(STR_NONE, 1, 2).ptr);
  assert_true(str_eq(str_trim(S(" \t\r\n a b \n")), S("a b")));
  assert_int_equal(str_trim(S(" \n")).len, 0);
  str rest = S("a,,b");
  assert_true(str_eq(str_cut(&rest, ','), S("a")));
  assert_true(str_eq(str_cut(&rest, ','), S("")));
  assert_non_null(rest.ptr);
  assert_true(str_eq(str_cut(&rest, ','), S("b")));
  assert_null(rest.ptr);
  rest = S("a,");
  str_cut(&rest, ',');
  assert_non_null(rest.ptr); /* something empty follows, which is not nothing */
  assert_int_equal(str_c(NULL).len, 0);
  assert_true(str_has_nul((str){"a\0b", 3}));
  assert_false(str_has_nul(STR_NONE));
}

static void numbers_at_the_edge(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool is_i64;
    int64_t i64;
    bool is_u64;
    uint64_t u64;
    const char *why;
  } rows[] = {
      {"0", true, 0, true, 0, "zero"},
      {"-0", true, 0, false, 0, "minus zero"},
      {"007", true, 7, true, 7, "leading zeros"},
      {"9223372036854775807", true, INT64_MAX, true, INT64_MAX, "the largest signed"},
      {"9223372036854775808", false, 0, true, 9223372036854775808u, "one more"},
      {"-9223372036854775808", true, INT64_MIN, false, 0, "the smallest"},
      {"-9223372036854775809", false, 0, false, 0, "one less"},
      {"18446744073709551615", false, 0, true, UINT64_MAX, "the largest unsigned"},
      {"18446744073709551616", false, 0, false, 0, "one more"},
      {"99999999999999999999", false, 0, false, 0, "overflow in the last digit"},
      {"", false, 0, false, 0, "nothing"},
      {"-", false, 0, false, 0, "a sign alone"},
      {"--1", false, 0, false, 0, "two signs"},
      {"+1", false, 0, false, 0, "a plus"},
      {" 1", false, 0, false, 0, "a space"},
      {"1 ", false, 0, false, 0, "a space behind"},
      {"0x10", false, 0, false, 0, "hexadecimal"},
      {"1e3", false, 0, false, 0, "an exponent"},
      {"\xD9\xA1", false, 0, false, 0, "an Arabic digit"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    int64_t s = 42;
    uint64_t u = 42;
    bool is_i64 = str_to_i64(str_c(rows[i].text), &s), is_u64 = str_to_u64(str_c(rows[i].text), &u);
    if (is_i64 != rows[i].is_i64 || is_u64 != rows[i].is_u64 || s != (is_i64 ? rows[i].i64 : 42) ||
        u != (is_u64 ? rows[i].u64 : 42))
      fail_msg("%s", rows[i].why);
  }
}

static void utf8_is_strict(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool valid;
    const char *why;
  } rows[] = {
      {"", true, "nothing"},
      {"plain text that is longer than a word", true, "ASCII"},
      {"\xD0\xB6\xE2\x82\xAC\xF0\x9F\x98\x80", true, "two, three and four bytes"},
      {"12345678\xD0\xB6"
       "1234567\xD0\xB6",
       true, "letters across the steps of eight bytes"},
      {"1234567\xD0", false, "cut at the eighth byte"},
      {"12345678\x80", false, "a stray byte behind eight plain ones"},
      {"\xC0\x80", false, "an overlong NUL"},
      {"\xC1\xBF", false, "an overlong letter"},
      {"\xE0\x9F\xBF", false, "overlong in three"},
      {"\xF0\x8F\xBF\xBF", false, "overlong in four"},
      {"\xED\xA0\x80", false, "a surrogate"},
      {"\xED\x9F\xBF", true, "the last before the surrogates"},
      {"\xEE\x80\x80", true, "the first behind them"},
      {"\xF4\x8F\xBF\xBF", true, "U+10FFFF"},
      {"\xF4\x90\x80\x80", false, "one more"},
      {"\xF5\x80\x80\x80", false, "a lead byte too high"},
      {"\x80", false, "a continuation alone"},
      {"\xE2\x82", false, "cut short"},
      {"\xE2\x28\xA1", false, "no continuation"},
      {"\xFE\xFF", false, "a byte order mark of UTF-16"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    str s = str_c(rows[i].text);
    if (str_utf8_valid(s) != rows[i].valid) fail_msg("%s", rows[i].why);
    for (size_t at = 0; at < s.len;) { /* decoding always moves on, whatever it is given */
      size_t before = at;
      uint32_t c = str_utf8_next(s, &at);
      assert_true(at > before && at <= s.len && c <= 0x10FFFF);
    }
  }
}

static void counting_code_points_and_units(void **state) {
  (void)state;
  str s = S("aж€😀");
  assert_int_equal(str_utf8_count(s), 4);
  assert_int_equal(str_utf16_count(s), 5);
  assert_true(str_eq(str_utf8_prefix(s, 3), S("aж€")));
  assert_true(str_eq(str_utf8_prefix(s, 9), s));
  assert_int_equal(str_utf8_prefix(s, 0).len, 0);
  size_t at = 6;
  assert_int_equal(str_utf8_next(s, &at), 0x1F600);
  assert_int_equal(at, 10);
}

static void an_absent_text_is_empty_where_one_must_be_present(void **state) {
  (void)state;
  assert_true(str_or_empty(STR_NONE).ptr != NULL && str_or_empty(STR_NONE).len == 0);
  assert_true(str_eq(str_or_empty(S("a")), S("a")));
}

/* The values of the algorithm's authors. */
static void the_hash_is_fnv_1a(void **state) {
  (void)state;
  assert_true(str_hash(STR_NONE) == 0xcbf29ce484222325u);
  assert_true(str_hash(S("a")) == 0xaf63dc4c8601ec8cu);
  assert_true(str_hash(S("foobar")) == 0x85944171f73967e8u);
  assert_true(str_hash(S("\xff")) == 0xaf64724c8602eb6eu); /* as an unsigned byte */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(comparing),
      cmocka_unit_test(finding_and_cutting),
      cmocka_unit_test(numbers_at_the_edge),
      cmocka_unit_test(utf8_is_strict),
      cmocka_unit_test(an_absent_text_is_empty_where_one_must_be_present),
      cmocka_unit_test(counting_code_points_and_units),
      cmocka_unit_test(the_hash_is_fnv_1a),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
