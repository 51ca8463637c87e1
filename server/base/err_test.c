/* Errors: every row of the table is whole, and details are cut where a character ends. */
#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void every_row_is_whole_and_its_text_its_own(void **state) {
  (void)state;
  for (int i = 1; i < ERR_COUNT; i++) {
    err e = err_make((enum err_code)i);
    const char *text = err_text(e.code);
    assert_true(err_is(e));
    assert_true(err_kind_of(e.code) > KIND_NONE && err_kind_of(e.code) <= KIND_OVERLOADED);
    assert_true(text[0] && text[strspn(text, "abcdefghijklmnopqrstuvwxyz_")] == 0);
    size_t len = strlen(err_message(&e));
    if (len == 0 || err_message(&e)[len - 1] != '.') fail_msg("%s: the message is a sentence", text);
    for (int k = 1; k < i; k++) assert_string_not_equal(text, err_text((enum err_code)k));
  }
  assert_false(err_is(err_ok));
  assert_string_equal(err_message(&err_ok), "");
}

static void a_detail_takes_the_place_of_the_message(void **state) {
  (void)state;
  err e = err_detail(ERR_INVALID_FIELD, "name", "name needs %d characters", 3);
  assert_string_equal(err_message(&e), "name needs 3 characters");
  assert_string_equal(e.field, "name");
  e = err_field(ERR_MISSING_FIELD, "text");
  assert_string_equal(err_message(&e), "A required field is missing.");
  e = err_retry(ERR_RATE_LIMITED, 1500);
  assert_int_equal(e.retry_ms, 1500);
}

static void a_long_detail_is_cut_at_a_code_point(void **state) {
  (void)state;
  for (int spaces = 0; spaces < 4; spaces++) {
    err e =
        err_detail(ERR_INTERNAL, NULL, "%*s%s", spaces, "",
                   "жжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжж"
                   "😀😀😀😀😀😀");
    size_t len = strlen(e.detail);
    assert_true(len < sizeof e.detail && len > sizeof e.detail - 8);
    assert_true(str_utf8_valid(str_c(e.detail)));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_row_is_whole_and_its_text_its_own),
      cmocka_unit_test(a_detail_takes_the_place_of_the_message),
      cmocka_unit_test(a_long_detail_is_cut_at_a_code_point),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
