/* Randomness: repeatable where seeded, even where not. */
#include "base/rand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void a_seed_repeats_and_another_differs(void **state) {
  (void)state;
  rand_seeded a, b, c;
  rand_seeded_init(&a, 7);
  rand_seeded_init(&b, 7);
  rand_seeded_init(&c, 8);
  uint64_t x = rand_below(&a.rand, UINT64_MAX);
  assert_true(x == rand_below(&b.rand, UINT64_MAX));
  assert_true(x != rand_below(&c.rand, UINT64_MAX));
}

static void below_is_below_and_even(void **state) {
  (void)state;
  rand_seeded r;
  rand_seeded_init(&r, 1);
  int counts[10] = {0};
  for (int i = 0; i < 100000; i++) counts[rand_below(&r.rand, 10)]++;
  for (int i = 0; i < 10; i++) assert_in_range(counts[i], 9500, 10500);
  for (int i = 0; i < 100; i++) {
    assert_int_equal(rand_below(&r.rand, 1), 0);
    assert_true(rand_below(&r.rand, (UINT64_MAX / 2) + 2) < UINT64_MAX / 2 + 2);
  }
}

static void tokens_are_of_plain_letters_and_unlike(void **state) {
  (void)state;
  char a[41], b[41];
  str token = rand_token(&rand_system, a, 40);
  rand_token(&rand_system, b, 40);
  assert_int_equal(strlen(a), 40);
  assert_int_equal(token.len, 40);
  assert_string_not_equal(a, b);
  for (int i = 0; i < 40; i++) assert_null(strchr("01ilo", a[i]));
  assert_int_equal(rand_token(&rand_system, a, 0).len, 0);
  unsigned char large[5000] = {0};
  rand_fill(&rand_system, large, sizeof large);
  size_t zeros = 0;
  for (size_t i = 0; i < sizeof large; i++) zeros += large[i] == 0;
  assert_true(zeros < 100); /* 20 expected; a call that filled only a part would leave thousands */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_seed_repeats_and_another_differs),
      cmocka_unit_test(below_is_below_and_even),
      cmocka_unit_test(tokens_are_of_plain_letters_and_unlike),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
