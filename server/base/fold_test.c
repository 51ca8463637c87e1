/* Letters that count as the same. */
#include "base/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
  const char *text, *folded, *why;
} folds[] = {
    {"Anna SMITH 42", "anna smith 42", "case"},
    {"Jos\xc3\xa9 Mu\xc3\xb1oz \xc3\x85ngstr\xc3\xb6m", "jose munoz angstrom", "accents"},
    {"Jose\xcc\x81", "jose", "accents of their own"},
    {"\xd0\x9f\xd1\x91\xd1\x82\xd1\x80 \xd0\x81\xd0\xbb\xd0\xba\xd0\xb8\xd0\xbd",
     "\xd0\xbf\xd0\xb5\xd1\x82\xd1\x80 \xd0\xb5\xd0\xbb\xd0\xba\xd0\xb8\xd0\xbd", "Russian \xd1\x91 is \xd0\xb5"},
    {"\xd0\x99\xd0\xbe\xd0\xb4", "\xd0\xb9\xd0\xbe\xd0\xb4", "Russian \xd0\xb9 is a letter of its own"},
    {"\xce\x9f\xce\x94\xcf\x8c\xcf\x82", "\xce\xbf\xce\xb4\xce\xbf\xcf\x83", "Greek, with its final sigma"},
    {"\xe1\xbb\x86", "e", "Vietnamese"},
    {"\xf0\x9f\x98\x80 \xe4\xb8\xad", "\xf0\x9f\x98\x80 \xe4\xb8\xad", "what has no case stays"},
    {"a\xff", "a\xef\xbf\xbd", "a byte that is no UTF-8"},
    {"", "", "nothing"},
};

static void letters_fold(void **state) {
  (void)state;
  arena *a = arena_new(0);
  for (size_t i = 0; i < sizeof folds / sizeof folds[0]; i++) {
    str got = str_fold(a, str_c(folds[i].text));
    if (!str_eq(got, str_c(folds[i].folded))) fail_msg("%s: \"%.*s\"", folds[i].why, STR_ARG(got));
    if (!str_eq(str_fold(a, got), got)) fail_msg("%s: folds further", folds[i].why);
  }
  assert_null(str_fold(a, STR_NONE).ptr);
  arena_free(&a);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(letters_fold)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
