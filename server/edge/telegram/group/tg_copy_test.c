/* What the staff's group reads. */
#include "edge/telegram/group/tg_copy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/arena_fixture.h"

#define assert_is(got, wanted)                                                                       \
  do {                                                                                               \
    str got_ = (got), wanted_ = str_c(wanted);                                                       \
    if (!str_eq(got_, wanted_)) fail_msg("\"%.*s\", not \"%.*s\"", STR_ARG(got_), STR_ARG(wanted_)); \
  } while (0)

static const struct customer_row ann = {
    .channel = STR_INIT("telegram"), .name = STR_INIT("Ann 🙂"), .username = STR_INIT("ann")};
static const struct customer_row app_user = {
    .channel = STR_INIT("mobile"), .name = STR_INIT("Bo"), .username = STR_INIT("bo")};

static struct message_row text_in(const char *text) {
  return (struct message_row){.conversation_id = 12,
                              .direction = MESSAGE_IN,
                              .kind = MESSAGE_TEXT,
                              .text = str_c(text),
                              .entities_json = S("[]")};
}

static struct message_row made(const struct customer_row *who, const struct message_row *m, const char *url,
                               bool *rest) {
  struct message_row out;
  struct tg_copy copy = {.customer = who, .message = m, .operator_name = S("Maria"), .public_url = str_c(url)};
  tg_copy_make(&copy, a, &out, rest);
  return out;
}

static void a_name_turns_nothing_round_that_stands_beside_it(void **state) {
  (void)state;
  static const char *const controls[] = {"\u202a", "\u202b", "\u202c", "\u202d", "\u202e",
                                         "\u2066", "\u2067", "\u2068", "\u2069", "\u061c"};
  bool rest = false;
  struct message_row m = text_in("hello");
  for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
    struct customer_row who = ann;
    who.name = arena_printf(a, "Anna%sgnp.exe", controls[i]);
    who.username = arena_printf(a, "a%sb", controls[i]);
    for (m.direction = MESSAGE_IN; m.direction <= MESSAGE_OUT; m.direction++) {
      const char *plain = m.direction == MESSAGE_IN ? "Annagnp.exe · @ab\nhello" : "Maria → Annagnp.exe\nhello";
      const char *isolated =
          m.direction == MESSAGE_IN ? "\u2068Annagnp.exe\u2069 · @ab\nhello" : "Maria → \u2068Annagnp.exe\u2069\nhello";
      str text = made(&who, &m, NULL, &rest).text;
      if (!str_eq(text, str_c(plain)) && !str_eq(text, str_c(isolated))) fail_msg("%zu: %.*s", i, STR_ARG(text));
    }
    assert_is(tg_notice_text(TG_NOTICE_FAILED, S("en"), arena_printf(a, "Bad%s", controls[i]), a),
              "⚠️ Not delivered: Bad");
  }
  struct customer_row arabic = ann;
  arabic.name = S("مريم");
  m.direction = MESSAGE_OUT;
  assert_is(made(&arabic, &m, NULL, &rest).text, "Maria → \u2068مريم\u2069\nhello");
}

static void a_copy_says_who_wrote_and_what_it_is(void **state) {
  (void)state;
  static const struct {
    const struct customer_row *who;
    int direction, kind;
    bool repeat, edited, brief;
    const char *text;
    bool rest;
    const char *why;
  } rows[] = {
      {&ann, MESSAGE_IN, MESSAGE_TEXT, .text = "Ann 🙂 · @ann\nHello", .why = "name and user name"},
      {&app_user, MESSAGE_IN, MESSAGE_TEXT, .text = "Bo · App\nHello", .why = "the channel, where it is another one"},
      {&ann, MESSAGE_OUT, MESSAGE_TEXT, .text = "Maria → Ann 🙂\nHello", .why = "an answer: from whom and to whom"},
      {&app_user, MESSAGE_IN, MESSAGE_TEXT, .repeat = true, .text = "🔁 Bo · App\nHello",
       .why = "it may have come before"},
      {&app_user, MESSAGE_IN, MESSAGE_TEXT, .edited = true, .text = "✏️ Bo · App\nHello", .why = "it was changed"},
      {&ann, MESSAGE_IN, MESSAGE_TEXT, .brief = true, .text = "Hello", .why = "in the customer's own topic"},
      {&ann, MESSAGE_OUT, MESSAGE_TEXT, .brief = true, .text = "Maria\nHello", .why = "an answer there"},
      {&ann, MESSAGE_IN, MESSAGE_TEXT, .edited = true, .brief = true, .text = "✏️ Hello", .why = "an edit there"},
      {&ann, MESSAGE_IN, MESSAGE_UNSUPPORTED, .brief = true, .text = "[voice]", .rest = true,
       .why = "only what it is is said there"},
      {&ann, MESSAGE_IN, MESSAGE_UNSUPPORTED, .text = "Ann 🙂 · @ann\n[voice]", .rest = true,
       .why = "what the desk cannot show is named, and its caption follows"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct message_row m = text_in("Hello"), out;
    bool rest = !rows[i].rest;
    m.direction = rows[i].direction;
    m.kind = rows[i].kind;
    if (m.kind == MESSAGE_UNSUPPORTED) m.content = S("voice");
    struct tg_copy copy = {.customer = rows[i].who,
                           .message = &m,
                           .operator_name = S("Maria"),
                           .repeat = rows[i].repeat,
                           .edited = rows[i].edited,
                           .brief = rows[i].brief};
    tg_copy_make(&copy, a, &out, &rest);
    if (!str_eq(out.text, str_c(rows[i].text)) || rest != rows[i].rest || out.kind != MESSAGE_TEXT)
      fail_msg("%s: %.*s", rows[i].why, STR_ARG(out.text));
  }
}

static void formatting_moves_along_in_utf16(void **state) {
  (void)state;
  bool rest = false;
  struct message_row m = text_in("Hello");
  m.entities_json = S("[{\"type\":\"bold\",\"offset\":1,\"length\":2}]");
  struct message_row out = made(&ann, &m, "https://desk.example", &rest);
  assert_is(out.entities_json,
            "[{\"type\":\"bold\",\"offset\":0,\"length\":6},"
            "{\"type\":\"text_link\",\"offset\":0,\"length\":6,\"url\":\"https://desk.example/c/12\"},"
            "{\"type\":\"bold\",\"offset\":15,\"length\":2}]");
  /* A bot's links must be https. */
  assert_is(made(&ann, &m, "http://localhost:1", &rest).entities_json,
            "[{\"type\":\"bold\",\"offset\":0,\"length\":6},{\"type\":\"bold\",\"offset\":15,\"length\":2}]");
  struct message_row plain = text_in("Hello");
  struct tg_copy copy = {.customer = &app_user, .message = &plain, .repeat = true};
  tg_copy_make(&copy, a, &out, &rest);
  assert_is(out.entities_json, "[{\"type\":\"bold\",\"offset\":3,\"length\":2}]"); /* behind the mark */
}

static void what_does_not_fit_below_its_head_follows_it(void **state) {
  (void)state;
  bool rest = false;
  char *long_text = arena_alloc(a, 4097);
  memset(long_text, 'x', 4096);
  long_text[4096] = 0;
  struct message_row m = text_in(long_text), out = made(&ann, &m, NULL, &rest);
  assert_true(rest);
  assert_is(out.text, "Ann 🙂 · @ann");
  tg_copy_rest(&m, &m);
  assert_int_equal(m.text.len, 4096);
  long_text[4096 - 14] = 0; /* the head has 13 units and a line break */
  m = text_in(long_text);
  (void)made(&ann, &m, NULL, &rest);
  assert_false(rest);
  m.kind = MESSAGE_PHOTO; /* a caption is shorter */
  assert_is(made(&ann, &m, NULL, &rest).text, "Ann 🙂 · @ann");
  assert_true(rest);
}

static void notices_speak_the_writers_language(void **state) {
  (void)state;
  assert_is(tg_notice_text(TG_NOTICE_BLOCKED, S("ru-RU"), STR_NONE, a),
            "⚠️ Не отправлено: клиент заблокировал бота.");
  assert_is(tg_notice_text(TG_NOTICE_BLOCKED, S("de"), STR_NONE, a),
            "⚠️ Not sent: the customer has blocked the bot.");
  assert_is(tg_notice_text(TG_NOTICE_FAILED, STR_NONE, S("why"), a), "⚠️ Not delivered: why");
  for (int i = 0; i <= TG_NOTICE_UNCERTAIN; i++)
    assert_true(tg_notice_text((enum tg_notice)i, STR_NONE, S("w"), a).len > 16);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
      CASE(a_name_turns_nothing_round_that_stands_beside_it),
      CASE(a_copy_says_who_wrote_and_what_it_is),
      CASE(formatting_moves_along_in_utf16),
      CASE(what_does_not_fit_below_its_head_follows_it),
      CASE(notices_speak_the_writers_language),
#undef CASE
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
