/* Passwords that are guessed first: what is one, what is not, and the table's order. */
#include "base/password_common.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const str own[] = {STR_INIT("marina.k"), STR_INIT("marina@shop.example"),
                          STR_INIT("marina"),   STR_INIT("switchboard"),
                          STR_INIT(""),         {NULL, 0}};

static void what_is_guessed_first(void **state) {
  (void)state;
  static const struct {
    const char *password;
    enum password_guess wanted;
  } rows[] = {
      {"qwertyuiop", PASSWORD_KNOWN},
      {"Basketball", PASSWORD_KNOWN},
      {"password123", PASSWORD_KNOWN},
      {"PASSWORD2024!", PASSWORD_KNOWN},
      {"!!p@ssw0rd!!", PASSWORD_KNOWN},
      {"P@$$w0rd12345", PASSWORD_KNOWN},
      {"dr4g0n!!!!", PASSWORD_KNOWN},
      {"passwordpassword", PASSWORD_KNOWN},
      {"dragondragondragon", PASSWORD_KNOWN},
      {"1qaz2wsx3edc", PASSWORD_KNOWN},
      {"йцукенгшщз", PASSWORD_KNOWN},
      {"Пароль12345", PASSWORD_KNOWN}, /* the keys gfhjkm */
      {"парольпароль", PASSWORD_KNOWN},
      {"aaaaaaaaaa", PASSWORD_PATTERN},
      {"abababababab", PASSWORD_PATTERN},
      {"xyzwxyzwxyzw", PASSWORD_PATTERN},
      {"klmnopqrstu", PASSWORD_PATTERN},
      {"poiuytrewqlkj", PASSWORD_PATTERN},
      {"45678987654", PASSWORD_PATTERN},
      {"aaaa7777cccc", PASSWORD_PATTERN},
      {"ячсмитьбю.", PASSWORD_KNOWN},
      {"marina@shop.example", PASSWORD_OWN_WORD},
      {"Marina.K", PASSWORD_OWN_WORD},
      {"marina.k2024", PASSWORD_OWN_WORD},
      {"MarinaMarina1", PASSWORD_OWN_WORD},
      {"Switchboard!", PASSWORD_OWN_WORD},
      {"sw1tchb0ard1", PASSWORD_OWN_WORD},
      {"correct horse battery", PASSWORD_NOT_GUESSED},
      {"another long one", PASSWORD_NOT_GUESSED},
      {"Ходит кот по цепи", PASSWORD_NOT_GUESSED},
      {"dragon83029174", PASSWORD_NOT_GUESSED}, /* as many digits as that are a secret of their own */
      {"k3Vw9xQz7m", PASSWORD_NOT_GUESSED},
      {"switchboard-demo", PASSWORD_NOT_GUESSED},
      {"8302917465", PASSWORD_NOT_GUESSED},
      {"", PASSWORD_NOT_GUESSED},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    enum password_guess got = password_guess_of(str_c(rows[i].password), own, sizeof own / sizeof own[0]);
    if (got != rows[i].wanted) fail_msg("%s: %d, not %d", rows[i].password, got, rows[i].wanted);
  }
}

static void no_word_of_ones_own_is_no_matter(void **state) {
  (void)state;
  assert_int_equal(password_guess_of(S("marina.k2024"), NULL, 0), PASSWORD_NOT_GUESSED);
  char long_one[300];
  memset(long_one, 'a', sizeof long_one);
  assert_int_equal(password_guess_of(str_n(long_one, 256), NULL, 0), PASSWORD_PATTERN);
  assert_int_equal(password_guess_of(str_n(long_one, 257), NULL, 0), PASSWORD_NOT_GUESSED);
  assert_int_equal(password_guess_of(str_n("\xd0\xd1\xff\x90", 4), own, 6), PASSWORD_NOT_GUESSED); /* no UTF-8 */
}

/* The search halves the table, so every line must be found, and lie behind the one before it. */
static void every_line_of_the_table_is_found(void **state) {
  (void)state;
  str rest = password_common_table(), before = S("");
  size_t lines = 0;
  assert_int_equal(rest.ptr[rest.len - 1], '\n');
  rest.len--;
  while (rest.ptr) {
    str line = str_cut(&rest, '\n');
    size_t shared = before.len < line.len ? before.len : line.len;
    int order = memcmp(before.ptr, line.ptr, shared);
    if (!line.len || order > 0 || (order == 0 && before.len >= line.len)) fail_msg("%.*s: order", STR_ARG(line));
    for (size_t i = 0; i < line.len; i++)
      if (line.ptr[i] <= ' ' || line.ptr[i] > '~' || (line.ptr[i] >= 'A' && line.ptr[i] <= 'Z'))
        fail_msg("%.*s: letters", STR_ARG(line));
    if (password_guess_of(line, NULL, 0) != PASSWORD_KNOWN) fail_msg("%.*s: not found", STR_ARG(line));
    before = line;
    lines++;
  }
  print_message("%zu lines\n", lines);
  assert_true(lines > 40000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_guessed_first),
      cmocka_unit_test(no_word_of_ones_own_is_no_matter),
      cmocka_unit_test(every_line_of_the_table_is_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
