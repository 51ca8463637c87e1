/* What may stand in a name, and what a name may do to the line that it stands in. */
#include "base/str_bidi.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static arena *a;

static int set_up(void **state) {
  (void)state;
  a = arena_new(0);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  arena_free(&a);
  return 0;
}

#define assert_str(got, wanted)                                                                      \
  do {                                                                                               \
    str got_ = (got), wanted_ = (wanted);                                                            \
    if (!str_eq(got_, wanted_)) fail_msg("\"%.*s\", not \"%.*s\"", STR_ARG(got_), STR_ARG(wanted_)); \
  } while (0)

static void a_name_needs_something_to_be_seen(void **state) {
  (void)state;
  static const struct {
    const char *text, *why;
    bool visible;
  } rows[] = {
      {"Anna", "a name", true},
      {" \t\n", "white space", false},
      {"\u3164", "Hangul filler", false},
      {"\uFFA0", "halfwidth Hangul filler", false},
      {"\u115F\u1160", "Hangul fillers", false},
      {"\u2800", "Braille without dots", false},
      {"\u2801", "Braille with a dot", true},
      {"\u200B\u200C\u200D\u2060\uFEFF", "zero width", false},
      {"\u00A0\u2003\u202F\u3000", "spaces that are no ASCII", false},
      {"\uFE0F", "a variation selector alone", false},
      {"\u2764\uFE0F", "one behind a heart", true},
      {"\u00AD", "a soft hyphen", false},
      {"\U000E0041\U000E007F", "tags", false},
      {"\U000E0100", "a variation selector of the supplement", false},
      {"\u202E\u2066\u061C\u200F", "directional controls and marks", false},
      {"\u0645", "an Arabic letter", true},
      {"\u05D0", "a Hebrew letter", true},
      {"\uFFFD", "the sign for what could not be read", true},
      {"\U0001F600", "an emoji", true},
      {"\u00AD.\u00AD", "a full stop among hyphens", true},
      {"", "nothing", false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (str_is_visible(str_c(rows[i].text)) != rows[i].visible) fail_msg("%s", rows[i].why);
}

static void a_tidy_name_has_no_controls_and_keeps_its_letters(void **state) {
  (void)state;
  static const struct {
    const char *name, *wanted; /* NULL: no name */
  } rows[] = {
      {"Anna\u202Egnp.exe", "Annagnp.exe"},
      {"\u2067Anna\u2069 \u061CLee", "Anna Lee"},
      {"\u0644\u064A\u0644\u0649\u200F", "\u0644\u064A\u0644\u0649\u200F"},
      {"\u05D3\u05D5\u05D3 (\u200EDavid)", "\u05D3\u05D5\u05D3 (\u200EDavid)"},
      {"  Anna\nLee\x7F\u2028", "Anna Lee"},
      {"\u202E\u3164\u202C", NULL},
      {"\u202E", NULL},
      {"abcdef", "abcde"},
      {"\U0001F468\u200D\U0001F469", "\U0001F468\u200D\U0001F469"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    str got = str_tidy_name(a, str_c(rows[i].name), rows[i].wanted && rows[i].wanted[0] == 'a' ? 5 : 100);
    assert_int_equal(got.ptr == NULL, rows[i].wanted == NULL);
    assert_str(got, str_c(rows[i].wanted));
  }
  str tidy = S("Anna Lee");
  assert_ptr_equal(str_tidy_name(a, tidy, 100).ptr, tidy.ptr); /* nothing is copied on the way in */
}

static void a_name_in_a_text_turns_nothing_but_itself(void **state) {
  (void)state;
  static const struct {
    const char *name, *wanted;
  } rows[] = {
      {"Anna", "Anna"},
      {"Анна", "Анна"},
      {"\u05D3\u05D5\u05D3", "\u2068\u05D3\u05D5\u05D3\u2069"},
      {"Anna\u200F", "\u2068Anna\u200F\u2069"},
      {"a\u202Eb", "ab"},
      {"\u05D3\u2069\u202E!", "\u2068\u05D3!\u2069"}, /* cannot close its own isolation */
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    buf b;
    buf_init(&b, 200);
    buf_add_isolated(&b, str_c(rows[i].name));
    assert_str(buf_borrow(&b), str_c(rows[i].wanted));
    buf_free(&b);
  }
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_name_needs_something_to_be_seen),
      cmocka_unit_test(a_tidy_name_has_no_controls_and_keeps_its_letters),
      cmocka_unit_test(a_name_in_a_text_turns_nothing_but_itself),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
