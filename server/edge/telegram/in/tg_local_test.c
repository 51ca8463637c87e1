/* A Bot API server that lies about the paths of its files, against a real folder. */
#include "edge/telegram/in/tg_local.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST = 100 };
static char base[64];

static char *at(const char *name) {
  static char paths[4][256];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", base, name);
  return path;
}

static void put(const char *name, const char *text, size_t size) {
  int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  assert_true(fd >= 0 && write(fd, text, size) == (ssize_t)size);
  close(fd);
}

static int begin(void **state) {
  (void)state;
  snprintf(base, sizeof base, "/tmp/switchboard-local-XXXXXX");
  assert_non_null(mkdtemp(base));
  static const char *const folders[] = {"files", "files/photos", "files/123:abc", "files/124:abc", "files-too", "out"};
  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) assert_int_equal(mkdir(at(folders[i]), 0700), 0);
  put("files/photos/a.jpg", "picture", 7);
  put("files/123:abc/a.jpg", "picture", 7);
  put("files/124:abc/a.jpg", "secret", 6);
  put("files/large", (char[MOST + 1]){0}, MOST + 1);
  put("files/just", (char[MOST]){0}, MOST);
  put("secret", "secret", 6);
  put("files-too/x", "secret", 6);
  assert_int_equal(symlink(at("secret"), at("files/link")), 0);
  assert_int_equal(symlink(base, at("files/away")), 0);
  assert_int_equal(symlink("photos", at("files/inside")), 0);
  assert_int_equal(symlink(at("files"), at("entry")), 0);
  assert_int_equal(mkfifo(at("files/pipe"), 0600), 0);
  return 0;
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *where) {
  (void)s, (void)type, (void)where;
  return remove(path);
}

static int end(void **state) {
  (void)state;
  return nftw(base, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void only_plain_files_below_the_folder_are_read(void **state) {
  (void)state;
  static const struct {
    const char *folder, *path;
    enum tg_local result;
    const char *why;
  } rows[] = {
      {"files", "files/photos/a.jpg", TG_LOCAL_COPIED, "where it should be"},
      {"files/", "files/photos/a.jpg", TG_LOCAL_COPIED, "a slash at the folder's end"},
      {"entry", "entry/photos/a.jpg", TG_LOCAL_COPIED, "the folder itself may be a link"},
      {"files", "files/123:abc/a.jpg", TG_LOCAL_COPIED, "in the bot's own folder"},
      {"files", "files/124:abc/a.jpg", TG_LOCAL_REFUSED, "in another bot's folder"},
      {"files", "files/just", TG_LOCAL_COPIED, "as large as may be"},
      {"files", "files/large", TG_LOCAL_TOO_LARGE, "too large"},
      {"files", "secret", TG_LOCAL_REFUSED, "outside"},
      {"files", "files/../secret", TG_LOCAL_REFUSED, "outside by .."},
      {"files", "files/photos/../../secret", TG_LOCAL_REFUSED, "the same, deeper"},
      {"files", "files-too/x", TG_LOCAL_REFUSED, "a folder whose name begins alike"},
      {"files", "files/link", TG_LOCAL_REFUSED, "a link to a file"},
      {"files", "files/away/secret", TG_LOCAL_REFUSED, "a link on the way"},
      {"files", "files/inside/a.jpg", TG_LOCAL_REFUSED, "a link that stays inside is one too"},
      {"files", "files/pipe", TG_LOCAL_REFUSED, "a pipe, which must not hold the thread"},
      {"files", "files/photos", TG_LOCAL_REFUSED, "a folder"},
      {"files", "files", TG_LOCAL_REFUSED, "the folder itself"},
      {"files", "files/", TG_LOCAL_REFUSED, "the folder itself, with a slash"},
      {"files", "files//photos/a.jpg", TG_LOCAL_REFUSED, "an empty component"},
      {"files", "files/none.jpg", TG_LOCAL_FAILED, "not there yet"},
      {"none", "none/a.jpg", TG_LOCAL_FAILED, "no such folder"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const char *why = NULL;
    unlink(at("out/copy"));
    enum tg_local got =
        tg_local_copy(at(rows[i].folder), S("123"), str_c(at(rows[i].path)), at("out/copy"), MOST, &why);
    if (got != rows[i].result) fail_msg("%s: %d, %s", rows[i].why, (int)got, why);
    assert_int_equal(access(at("out/copy"), F_OK) == 0, got == TG_LOCAL_COPIED);
    assert_non_null(why);
  }
}

static void without_a_folder_nothing_is_read(void **state) {
  (void)state;
  static const char *const folders[] = {NULL, ""};
  for (size_t i = 0; i < 2; i++) {
    const char *why = NULL;
    str path = str_c(at("files/photos/a.jpg"));
    assert_int_equal(tg_local_copy(folders[i], S("123"), path, at("out/copy"), MOST, &why), TG_LOCAL_REFUSED);
    assert_true(str_contains(str_c(why), S("TELEGRAM_LOCAL_FILES")));
  }
  const char *why = NULL;
  assert_int_equal(tg_local_copy("/", S("123"), S("/etc/passwd"), at("out/copy"), 1 << 20, &why), TG_LOCAL_REFUSED);
}

static void each_bot_may_have_a_folder_of_its_own(void **state) {
  (void)state;
  static const struct {
    const char *setting, *account, *folder;
  } rows[] = {
      {"", "123", NULL},
      {"/srv/files", "123", "/srv/files"},
      {"/srv/a=b", "123", "/srv/a=b"},
      {"123=/srv/a, 124=/srv/b", "123", "/srv/a"},
      {"123=/srv/a, 124=/srv/b", "124", "/srv/b"},
      {"123=/srv/a, 124=/srv/b", "125", NULL},
      {"/srv/rest,124=/srv/b", "124", "/srv/b"},
      {"124=/srv/b,/srv/rest", "125", "/srv/rest"},
      {"12=/srv/b", "123", NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    str got = tg_local_folder(str_c(rows[i].setting), str_c(rows[i].account));
    bool same = rows[i].folder ? str_eq(got, str_c(rows[i].folder)) : !got.ptr;
    if (!same) fail_msg("%s for %s: %.*s", rows[i].setting, rows[i].account, STR_ARG(got));
  }
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(only_plain_files_below_the_folder_are_read, begin, end),
      cmocka_unit_test(each_bot_may_have_a_folder_of_its_own),
      cmocka_unit_test_setup_teardown(without_a_folder_nothing_is_read, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
