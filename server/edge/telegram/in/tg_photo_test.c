/* Which of a profile photo's sizes is fetched. */
#include "edge/telegram/in/tg_photo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SIZE(id, w, h) \
  "{\"file_id\":\"f" id "\",\"file_unique_id\":\"u" id "\",\"width\":" w ",\"height\":" h ",\"file_size\":9}"
#define PHOTOS(sizes) "{\"total_count\":1,\"photos\":[[" sizes "]]}"

static void the_smallest_size_that_is_large_enough_is_fetched(void **state) {
  (void)state;
  static const struct {
    const char *why, *answer, *file_id;
    bool good, none;
  } rows[] = {
      {"the usual three", PHOTOS(SIZE("a", "160", "160") "," SIZE("b", "320", "320") "," SIZE("c", "640", "640")), "fa",
       true},
      {"in another order", PHOTOS(SIZE("c", "640", "640") "," SIZE("b", "320", "320")), "fb", true},
      {"the shorter side counts", PHOTOS(SIZE("a", "200", "159") "," SIZE("b", "320", "200")), "fb", true},
      {"all are small: the largest",
       PHOTOS(SIZE("a", "80", "80") "," SIZE("b", "120", "120") "," SIZE("c", "90", "90")), "fb", true},
      {"no photo", "{\"total_count\":0,\"photos\":[]}", "", true, true},
      {"no size", PHOTOS(""), "", false},
      {"no id", PHOTOS("{\"width\":160,\"height\":160}"), "", false},
      {"no list", "{\"total_count\":1}", "", false},
      {"no object", "true", "", false},
  };
  arena *a = arena_new(0);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct tg_photo photo;
    bool good = tg_photo_read(str_c(rows[i].answer), a, &photo);
    if (good != rows[i].good || photo.none != rows[i].none || !str_eq(photo.file_id, str_c(rows[i].file_id)))
      fail_msg("%s: good %d, none %d, \"%.*s\"", rows[i].why, good, photo.none, STR_ARG(photo.file_id));
  }
  arena_free(&a);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_smallest_size_that_is_large_enough_is_fetched)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
