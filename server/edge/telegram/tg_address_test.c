/* Addresses that mean the same, hosts, and the paths that a lying Bot API may name. */
#include "edge/telegram/tg_address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void one_address_written_in_two_ways_is_the_same(void **state) {
  (void)state;
  static const struct {
    const char *a, *b;
    bool same;
    const char *why;
  } rows[] = {
      {"https://desk.example.com/hook", "https://desk.example.com/hook", true, "letter by letter"},
      {"https://Desk.Example.COM/hook", "https://desk.example.com/hook", true, "hosts know no case"},
      {"HTTPS://desk.example.com/hook", "https://desk.example.com/hook", true, "nor do schemes"},
      {"https://desk.example.com:443/hook", "https://desk.example.com/hook", true, "https's own port"},
      {"http://desk.example.com:80/hook", "http://desk.example.com/hook", true, "http's own port"},
      {"https://desk.example.com", "https://desk.example.com/", true, "no path is /"},
      {"desk.example.com/hook", "https://desk.example.com/hook", true, "the server puts https in front"},
      {"https://[::1]:443/hook", "https://[::1]/hook", true, "IPv6"},
      {"https://desk.example.com/Hook", "https://desk.example.com/hook", false, "paths know case"},
      {"https://desk.example.com:8443/hook", "https://desk.example.com/hook", false, "another port"},
      {"http://desk.example.com/hook", "https://desk.example.com/hook", false, "another scheme"},
      {"https://other.example.com/hook", "https://desk.example.com/hook", false, "another host"},
      {"https://desk.example.com/hook?x=1", "https://desk.example.com/hook", false, "the query counts"},
      {"", "https://desk.example.com/hook", false, "none is set"},
      {"https://[::1]/hook", "https://[::2]/hook", false, "another IPv6 host"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (tg_address_same(str_c(rows[i].a), str_c(rows[i].b)) != rows[i].same) fail_msg("%s: %s", rows[i].a, rows[i].why);
    if (tg_address_same(str_c(rows[i].b), str_c(rows[i].a)) != rows[i].same) fail_msg("%s, reversed", rows[i].why);
  }
}

static void only_the_host_of_an_address_is_told(void **state) {
  (void)state;
  static const char *const rows[][2] = {
      {"https://rival.example.com/hook/SECRET", "rival.example.com"},
      {"https://rival.example.com:8443?token=SECRET", "rival.example.com:8443"},
      {"https://user:SECRET@rival.example.com/", "rival.example.com"},
      {"http://[::1]:81/x", "[::1]:81"},
      {"", ""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    str host = tg_address_host(str_c(rows[i][0]));
    if (!str_eq(host, str_c(rows[i][1]))) fail_msg("%s: %.*s", rows[i][0], STR_ARG(host));
  }
}

static void a_file_s_path_stays_below_the_token(void **state) {
  (void)state;
  static const struct {
    str path;
    bool plain;
  } rows[] = {
      {STR_INIT("photos/file_1.jpg"), true},
      {STR_INIT("documents/Отчёт за май.pdf"), true},
      {STR_INIT("a/..b/c..d/.hidden"), true},
      {STR_INIT("with%2e%2e/percent"), true}, /* a percent sign is escaped, so it stays one */
      {STR_INIT(""), false},
      {STR_INIT("/etc/passwd"), false},
      {STR_INIT("//elsewhere.example.com/x"), false},
      {STR_INIT(".."), false},
      {STR_INIT("../../bot1:x/deleteWebhook"), false},
      {STR_INIT("photos/../../x"), false},
      {STR_INIT("photos/."), false},
      {STR_INIT("photos//x"), false},
      {STR_INIT("photos/"), false},
      {STR_INIT("photos\\..\\x"), false},
      {STR_INIT("x?y"), false},
      {STR_INIT("x#y"), false},
      {STR_INIT("x\ny"), false},
      {STR_INIT("x\0y"), false},
      {STR_INIT("x\x7fy"), false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (tg_file_path_is_plain(rows[i].path) != rows[i].plain) fail_msg("%.*s", STR_ARG(rows[i].path));
  char longer[TG_FILE_PATH_MAX + 1];
  memset(longer, 'x', sizeof longer);
  assert_true(tg_file_path_is_plain(str_n(longer, TG_FILE_PATH_MAX)));
  assert_false(tg_file_path_is_plain(str_n(longer, sizeof longer)));
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_address_written_in_two_ways_is_the_same),
      cmocka_unit_test(only_the_host_of_an_address_is_told),
      cmocka_unit_test(a_file_s_path_stays_below_the_token),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
