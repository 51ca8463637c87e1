/* The topics of the staff group, pure: names, and what responses mean. */
#include "edge/telegram/group/tg_topic.h"

#include "edge/telegram/telegram.h"

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

static struct conversation_row row_of(const char *name, int status, int direction) {
  static struct customer_row who;
  static struct conversation_last last;
  who = (struct customer_row){.id = 1, .name = str_c(name), .username = STR_NONE};
  last = (struct conversation_last){.direction = direction};
  return (struct conversation_row){.id = 12, .status = status, .customer = &who, .last_message = &last};
}

static void the_sign_before_the_name_says_who_waits(void **state) {
  (void)state;
  static const struct {
    int status, last;
    const char *name;
  } rows[] = {
      {CONVERSATION_WAITING, MESSAGE_IN, "🟡 Ann"}, {CONVERSATION_ACTIVE, MESSAGE_IN, "🟡 Ann"},
      {CONVERSATION_ACTIVE, MESSAGE_OUT, "🟢 Ann"}, {CONVERSATION_WAITING, MESSAGE_OUT, "🟡 Ann"},
      {CONVERSATION_SNOOZED, MESSAGE_OUT, "💤 Ann"},   {CONVERSATION_CLOSED, MESSAGE_IN, "✅ Ann"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct conversation_row row = row_of("Ann", rows[i].status, rows[i].last);
    assert_is(tg_topic_name(&row, false, a), rows[i].name);
  }
}

static void a_name_is_visible_fits_and_is_told_from_another_one(void **state) {
  (void)state;
  struct conversation_row row = row_of("\u2800\u3164", CONVERSATION_WAITING, MESSAGE_IN);
  assert_is(tg_topic_name(&row, false, a), "🟡 #12");
  row = row_of("Ann", CONVERSATION_WAITING, MESSAGE_IN);
  assert_is(tg_topic_name(&row, true, a), "🟡 Ann · #12");
  ((struct customer_row *)(uintptr_t)row.customer)->username = S("ann");
  assert_is(tg_topic_name(&row, true, a), "🟡 Ann · @ann");
  str astronaut = S("👩\u200d🚀"), name = S("");
  for (int i = 0; i < 60; i++) name = arena_concat(a, name, astronaut);
  for (int extra = 0; extra < 6; extra++, name = arena_concat(a, S("x"), name)) {
    row = row_of(arena_cstr(a, name), CONVERSATION_WAITING, MESSAGE_IN);
    str made = tg_topic_name(&row, true, a);
    assert_true(str_utf8_valid(made) && str_utf16_count(made) <= TG_TOPIC_NAME_UNITS);
    assert_true(str_ends(made, S(" · #12")));
    assert_false(str_contains(made, S("\u200d · ")));
  }
}

static struct tg_answer answer_of(int code, const char *text) {
  return (struct tg_answer){.outcome = CALL_ANSWERED,
                            .telegram = true,
                            .ok = code == 200,
                            .code = code,
                            .retry_after_s = -1,
                            .result = code == 200 ? str_c(text) : STR_NONE,
                            .description = code == 200 ? STR_NONE : str_c(text)};
}

static void a_response_to_a_topic_call_decides_what_follows(void **state) {
  (void)state;
  static const struct {
    enum tg_topic_call call;
    int code;
    const char *text;
    enum tg_meaning meaning;
    const char *why;
  } rows[] = {
      {TG_TOPIC_CALL_OPEN, 200, "{\"message_thread_id\":7,\"name\":\"x\"}", TG_STEP, "the message follows"},
      {TG_TOPIC_CALL_OPEN, 200, "{\"name\":\"x\"}", TG_TRY_LATER, "made, but which one is unknown"},
      {TG_TOPIC_CALL_OPEN, 400, "Bad Request: the chat is not a forum", TG_ROOM_SHUT, "topics are off"},
      {TG_TOPIC_CALL_OPEN, 400, "Bad Request: not enough rights to create a topic", TG_ROOM_SHUT, "a right is missing"},
      {TG_TOPIC_CALL_OPEN, 400, "Bad Request: TOPIC_TITLE_EMPTY", TG_REFUSED, "only this one is at fault"},
      {TG_TOPIC_CALL_OPEN, 429, "Too Many Requests: retry after 3", TG_WAIT, "later"},
      {TG_TOPIC_CALL_REOPEN, 200, "true", TG_STEP, "the message follows"},
      {TG_TOPIC_CALL_REOPEN, 400, "Bad Request: TOPIC_NOT_MODIFIED", TG_STEP, "somebody was faster"},
      {TG_TOPIC_CALL_REOPEN, 400, "Bad Request: message thread not found", TG_THREAD_LOST, "deleted since"},
      {TG_TOPIC_CALL_REOPEN, 400, "Bad Request: TOPIC_ID_INVALID", TG_THREAD_LOST, "the same"},
      {TG_TOPIC_CALL_DELETE, 200, "true", TG_STEP, "deleted"},
      {TG_TOPIC_CALL_DELETE, 400, "Bad Request: message can't be deleted", TG_STEP,
       "the message must follow all the same"},
      {TG_TOPIC_CALL_DELETE, 502, "Bad Gateway", TG_TRY_LATER, "it must be tried again"},
      {TG_TOPIC_CALL_NAME, 200, "true", TG_DONE, "named"},
      {TG_TOPIC_CALL_NAME, 400, "Bad Request: TOPIC_NOT_MODIFIED", TG_DONE, "it has that name"},
      {TG_TOPIC_CALL_NAME, 400, "Bad Request: not enough rights to edit the topic", TG_REFUSED, "holds up nobody"},
      {TG_TOPIC_CALL_NAME, 400, "Bad Request: TOPIC_DELETED", TG_THREAD_LOST, "the next message makes it again"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct tg_topic_step step = {.used = true, .call = rows[i].call, .thread = 5};
    struct tg_answer answer = answer_of(rows[i].code, rows[i].text);
    if (tg_topic_call_judge(&step, &answer) != rows[i].meaning) fail_msg("row %zu: %s", i, rows[i].why);
    bool opened = rows[i].call == TG_TOPIC_CALL_OPEN && rows[i].meaning == TG_STEP;
    if (opened) assert_int_equal(step.thread, 7);
    assert_int_equal(step.unknown, rows[i].call == TG_TOPIC_CALL_OPEN && rows[i].meaning == TG_TRY_LATER);
  }
  struct tg_topic_step lost = {.used = true, .call = TG_TOPIC_CALL_OPEN};
  assert_int_equal(tg_topic_call_judge(&lost, &(struct tg_answer){.outcome = CALL_UNCERTAIN}), TG_TRY_LATER);
  assert_true(lost.unknown);
}

#define SENT(id, more) "{\"message_id\":" id ",\"chat\":{\"id\":-1}" more "}"

static void a_message_that_lands_elsewhere_is_a_stray(void **state) {
  (void)state;
  static const struct {
    size_t count;
    int code;
    const char *text;
    enum tg_meaning meaning;
    const char *strays;
  } rows[] = {
      {1, 200, SENT("9", ",\"message_thread_id\":5"), TG_DONE, NULL},
      {1, 200, SENT("9", ",\"message_thread_id\":6"), TG_THREAD_LOST, "9"},
      {1, 200, SENT("9", ""), TG_THREAD_LOST, "9"},
      {2, 200, "[" SENT("9", ",\"message_thread_id\":5") "," SENT("10", "") "]", TG_THREAD_LOST, "9,10"},
      {1, 200, "{\"message_id\":9}", TG_DONE, NULL}, /* of copyMessage, which names no thread */
      {1, 400, "Bad Request: message thread not found", TG_THREAD_LOST, NULL},
      {1, 400, "Bad Request: TOPIC_CLOSED", TG_THREAD_CLOSED, NULL},
      {1, 403, "Forbidden: bot was kicked from the supergroup chat", TG_ROOM_SHUT, NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct tg_topic_step step = {.used = true, .thread = 5};
    struct tg_answer answer = answer_of(rows[i].code, rows[i].text);
    if (tg_topic_judge(&step, &answer, rows[i].count, a) != rows[i].meaning) fail_msg("row %zu", i);
    assert_int_equal(step.strays.ptr != NULL, rows[i].strays != NULL);
    if (rows[i].strays) assert_is(step.strays, rows[i].strays);
  }
}

static void what_is_missing_for_topics_is_said(void **state) {
  (void)state;
#define ANSWER(result) S("{\"ok\":true,\"result\":" result "}")
  assert_false(telegram_topics_trouble(ANSWER("{\"type\":\"supergroup\",\"is_forum\":true}"),
                                       ANSWER("{\"status\":\"administrator\",\"can_manage_topics\":true}"))
                   .ptr != NULL);
  str off = telegram_topics_trouble(ANSWER("{\"type\":\"supergroup\"}"), ANSWER("{\"status\":\"member\"}"));
  assert_true(str_starts(off, S("Topics are off")));
  str member =
      telegram_topics_trouble(ANSWER("{\"type\":\"supergroup\",\"is_forum\":true}"), ANSWER("{\"status\":\"member\"}"));
  assert_true(str_starts(member, S("The bot is not an administrator")));
  assert_true(telegram_topics_trouble(S("<html>"), S("")).ptr != NULL);
#undef ANSWER
}

int main(void) {
  static const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
      CASE(the_sign_before_the_name_says_who_waits),
      CASE(a_name_is_visible_fits_and_is_told_from_another_one),
      CASE(a_response_to_a_topic_call_decides_what_follows),
      CASE(a_message_that_lands_elsewhere_is_a_stray),
      CASE(what_is_missing_for_topics_is_said),
#undef CASE
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
