/* What goes to Telegram for a message, in its own words. */
#include "edge/telegram/out/tg_request.h"

#include "edge/telegram/in/tg_entities.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

/* What a storage key looks like: SHA-256 in hexadecimal. */
#define KEY "abababababababababababababababababababababababababababababababab"

static arena *a;
static struct desk desk;
static char folder[64];

static int begin(void **state) {
  (void)state;
  a = arena_new(0);
  snprintf(folder, sizeof folder, "/tmp/sb-request-test-XXXXXX");
  assert_non_null(mkdtemp(folder));
  desk = (struct desk){.files_dir = folder};
  return 0;
}

static int end(void **state) {
  (void)state;
  rmdir(folder);
  arena_free(&a);
  return 0;
}

static struct http_call_request request;
static bool by_file_id;
static str why;

static bool build(struct message_row *messages, size_t count, str reply_to, const str *file_ids) {
  struct tg_parcel p = {.desk = &desk,
                        .api_url = "http://tg",
                        .token = S("1:X"),
                        .chat = S("6000000001"),
                        .messages = messages,
                        .count = count,
                        .reply_to = reply_to,
                        .file_ids = file_ids};
  return tg_request_build(&p, a, &request, &by_file_id, &why);
}

static void assert_is(str got, const char *wanted) {
  if (!str_eq(got, str_c(wanted))) fail_msg("%.*s, not %s", STR_ARG(got), wanted);
}

static void a_text_goes_with_entities_and_never_as_markup(void **state) {
  (void)state;
  struct message_row m = {
      .kind = MESSAGE_TEXT,
      .text = S("\xf0\x9f\x8e\x89 <b> & \"x\"\n"),
      .entities_json = S("[{\"type\":\"bold\",\"offset\":3,\"length\":3},{\"type\":\"pre\",\"offset\":7,\"length\":1,"
                         "\"language\":\"c\"},{\"type\":\"url\",\"offset\":0,\"length\":1},"
                         "{\"type\":\"text_mention\",\"offset\":9,\"length\":1,\"url\":\"tg://user?id=4\"}]"),
  };
  assert_true(build(&m, 1, S("77"), NULL));
  assert_string_equal(request.url, "http://tg/bot1:X/sendMessage");
  assert_is(request.body,
            "{\"chat_id\":6000000001,\"text\":\"\xf0\x9f\x8e\x89 <b> & \\\"x\\\"\\n\",\"entities\":["
            "{\"type\":\"bold\",\"offset\":3,\"length\":3},{\"type\":\"pre\",\"offset\":7,\"length\":1,"
            "\"language\":\"c\"},{\"type\":\"text_link\",\"offset\":9,\"length\":1,\"url\":\"tg://user?id=4\"}],"
            "\"reply_parameters\":{\"message_id\":77,\"allow_sending_without_reply\":true}}");
  assert_false(str_contains(request.body, S("parse_mode")));
}

static struct message_row photo(const char *text, struct file_row *file) {
  return (struct message_row){.kind = MESSAGE_PHOTO,
                              .text = str_c(text),
                              .entities_json = S("[]"),
                              .album = S("al"),
                              .files = {file, file ? 1 : 0}};
}

static void a_known_photo_goes_by_its_file_id(void **state) {
  (void)state;
  struct file_row file = {.mime = S("image/png")};
  struct message_row m = photo("see", &file);
  assert_true(build(&m, 1, STR_NONE, (const str[]){S("AgAC")}));
  assert_true(by_file_id);
  assert_is(request.body, "{\"chat_id\":6000000001,\"photo\":\"AgAC\",\"caption\":\"see\"}");
  assert_false(build(&m, 1, STR_NONE, NULL)); /* Telegram did not know it, and the bytes are not here */
  assert_is(why, "The file is missing.");
}

static const char *stored_photo(void) {
  const char *path = file_path(&desk, S(KEY), a);
  for (char *at = (char *)(uintptr_t)path + 1; (at = strchr(at, '/')); at++) {
    *at = 0;
    mkdir(path, 0700);
    *at = '/';
  }
  FILE *f = fopen(path, "we");
  assert_non_null(f);
  fputs("bytes", f);
  fclose(f);
  return path;
}

static void an_album_is_one_call_with_the_first_s_caption(void **state) {
  (void)state;
  const char *path = stored_photo();
  struct file_row here = {.name = S("a.png"), .mime = S("image/png"), .storage_key = S(KEY)};
  struct file_row there = {.mime = S("image/jpeg")};
  struct message_row m[] = {photo("three", &here), photo("", &there), photo("", &here)};
  assert_true(build(m, 3, STR_NONE, (const str[]){STR_NONE, S("AgAC"), STR_NONE}));
  assert_string_equal(request.url, "http://tg/bot1:X/sendMediaGroup");
  assert_int_equal(request.parts_count, 4);
  assert_is(request.parts[0].value, "6000000001");
  assert_string_equal(request.parts[2].name, "file0");
  assert_string_equal(request.parts[2].path, path);
  assert_string_equal(request.parts[3].name, "file2");
  assert_is(request.parts[1].value,
            "[{\"type\":\"photo\",\"media\":\"attach://file0\",\"caption\":\"three\"},"
            "{\"type\":\"photo\",\"media\":\"AgAC\"},{\"type\":\"photo\",\"media\":\"attach://file2\"}]");
  assert_true(build(m, 1, S("5"), NULL));
  assert_string_equal(request.url, "http://tg/bot1:X/sendPhoto");
  assert_int_equal(request.parts_count, 4);
  struct message_row without = photo("x", NULL);
  assert_false(build(&without, 1, STR_NONE, NULL));
  for (char *at; unlink(path) == 0 || rmdir(path) == 0;)
    if ((at = strrchr(path, '/')) && at - path > (ptrdiff_t)strlen(folder)) *at = 0;
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_text_goes_with_entities_and_never_as_markup, begin, end),
      cmocka_unit_test_setup_teardown(a_known_photo_goes_by_its_file_id, begin, end),
      cmocka_unit_test_setup_teardown(an_album_is_one_call_with_the_first_s_caption, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
