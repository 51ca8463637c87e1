/* What Telegram's answers mean: every description that is known, and the ways in which an answer can be none. */
#include "edge/telegram/tg_reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static arena *a;
static rand_seeded rnd;

static int begin(void **state) {
  (void)state;
  a = arena_new(0);
  rand_seeded_init(&rnd, 1);
  return 0;
}
static int end(void **state) {
  (void)state;
  arena_free(&a);
  return 0;
}

static struct tg_answer read_answer(enum http_call_outcome outcome, int status, str body) {
  struct http_call_result r = {
      .outcome = outcome, .status = status, .body = body, .retry_after_s = -1, .error = "the network's words"};
  struct tg_answer answer;
  tg_answer_read(&r, a, &answer);
  return answer;
}

static struct tg_answer failure(int code, const char *description, const char *parameters) {
  buf b;
  buf_init(&b, 4096);
  buf_printf(&b, "{\"ok\":false,\"error_code\":%d,\"description\":", code);
  buf_add_json_string(&b, str_c(description));
  buf_add(&b, str_c(parameters));
  buf_add_char(&b, '}');
  struct tg_answer answer = read_answer(CALL_ANSWERED, code, arena_dup(a, buf_borrow(&b)));
  buf_free(&b);
  return answer;
}

/* The exact words are the official server's. */
static const struct {
  int code;
  const char *description;
  enum tg_meaning meaning;
} known[] = {
    {400, "Bad Request: chat not found", TG_NO_CHAT},
    {400, "Bad Request: chat_id is empty", TG_REFUSED},
    {400, "Bad Request: private chat not found", TG_NO_CHAT},
    {400, "Bad Request: group chat was upgraded to a supergroup chat", TG_NO_CHAT},
    {400, "Bad Request: message text is empty", TG_REFUSED},
    {400, "Bad Request: text must be non-empty", TG_REFUSED},
    {400, "Bad Request: message is too long", TG_REFUSED},
    {400, "Bad Request: text is too long", TG_REFUSED},
    {400, "Bad Request: message caption is too long", TG_REFUSED},
    {400, "Bad Request: MESSAGE_TOO_LONG", TG_REFUSED},
    {400, "Bad Request: strings must be encoded in UTF-8", TG_REFUSED},
    {400, "Bad Request: unsupported parse_mode", TG_REFUSED},
    {400, "Bad Request: can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'",
     TG_REFUSED},
    {400, "Bad Request: can't parse entities: Can't find end of Bold entity at byte offset 7", TG_REFUSED},
    {400, "Bad Request: can't parse entities: Can't find end of the entity starting at byte offset 7", TG_REFUSED},
    {400, "Bad Request: can't parse entities: Unsupported start tag \"div\" at byte offset 0", TG_REFUSED},
    {400, "Bad Request: can't parse entities: Unclosed start tag at byte offset 0", TG_REFUSED},
    {400, "Bad Request: can't parse entities: Unexpected end tag at byte offset 5", TG_REFUSED},
    {400, "Bad Request: can't parse entities: Unmatched end tag at byte offset 5, expected \"</b>\", found \"</i>\"",
     TG_REFUSED},
    {400, "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"", TG_REFUSED},
    {400, "Bad Request: can't parse entities: Tag \"span\" must have class \"tg-spoiler\" at byte offset 0",
     TG_REFUSED},
    {400,
     "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a "
     "current content and reply markup of the message",
     TG_REFUSED},
    {400, "Bad Request: message to edit not found", TG_REFUSED},
    {400, "Bad Request: message can't be edited", TG_REFUSED},
    {400, "Bad Request: there is no text in the message to edit", TG_REFUSED},
    {400, "Bad Request: there is no caption in the message to edit", TG_REFUSED},
    {400, "Bad Request: message to delete not found", TG_REFUSED},
    {400, "Bad Request: message can't be deleted", TG_REFUSED},
    {400, "Bad Request: message identifier is not specified", TG_REFUSED},
    {400, "Bad Request: message to forward not found", TG_REFUSED},
    {400, "Bad Request: message to copy not found", TG_REFUSED},
    {400, "Bad Request: message to be replied not found", TG_REFUSED},
    {400, "Bad Request: message to react not found", TG_REFUSED},
    {400, "Bad Request: message thread not found", TG_REFUSED},
    {400, "Bad Request: wrong file identifier/HTTP URL specified", TG_FILE_UNKNOWN},
    {400, "Bad Request: wrong HTTP URL specified", TG_REFUSED},
    {400, "Bad Request: failed to get HTTP URL content", TG_REFUSED},
    {400, "Bad Request: wrong type of the web page content", TG_REFUSED},
    {400, "Bad Request: wrong file_id or the file is temporarily unavailable", TG_FILE_UNKNOWN},
    {400, "Bad Request: file_id not specified", TG_REFUSED},
    {400, "Bad Request: file is too big", TG_REFUSED},
    {400, "Bad Request: there is no photo in the request", TG_REFUSED},
    {400, "Bad Request: can't parse media JSON object", TG_REFUSED},
    {400, "Bad Request: expected an Array of InputMedia", TG_REFUSED},
    {400, "Bad Request: can't parse InputMedia: media not found", TG_REFUSED},
    {400, "Bad Request: can't parse InputMedia: type \"animation\" can't be used in sendMediaGroup", TG_REFUSED},
    {400, "Bad Request: too many messages to send as an album", TG_REFUSED},
    {400, "Bad Request: there are no messages to send", TG_REFUSED},
    {400, "Bad Request: document can't be mixed with other media types", TG_REFUSED},
    {400, "Bad Request: failed to send message #2 with the error message \"WEBPAGE_MEDIA_EMPTY\"", TG_REFUSED},
    {400, "Bad Request: reply markup is too long", TG_REFUSED},
    {400, "Bad Request: BUTTON_DATA_INVALID", TG_REFUSED},
    {400, "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
     TG_REFUSED},
    {400, "Bad Request: object expected as reply markup", TG_REFUSED},
    {400, "Bad Request: can't parse reply keyboard markup JSON object", TG_REFUSED},
    {400, "Bad Request: query is too old and response timeout expired or query ID is invalid", TG_REFUSED},
    {400, "Bad Request: wrong parameter action in request", TG_REFUSED},
    {400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook", TG_REFUSED},
    {400, "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443", TG_REFUSED},
    {400, "Bad Request: bad webhook: IP address 127.0.0.1 is reserved", TG_REFUSED},
    {400, "Bad Request: invalid webhook URL specified", TG_REFUSED},
    {400, "Bad Request: secret token is too long", TG_REFUSED},
    {400, "Bad Request: secret token contains unallowed characters", TG_REFUSED},
    {400, "Bad Request: not enough rights to send text messages to the chat", TG_REFUSED},
    {401, "Unauthorized", TG_BAD_TOKEN},
    {401, "Unauthorized: invalid token specified", TG_BAD_TOKEN},
    {403, "Forbidden: bot was blocked by the user", TG_BLOCKED},
    {403, "Forbidden: user is deactivated", TG_BLOCKED},
    {403, "Forbidden: bot can't initiate conversation with a user", TG_NO_CHAT},
    {403, "Forbidden: the bot can't send messages to the bot", TG_NO_CHAT},
    {403, "Forbidden: bot was kicked from the group chat", TG_NO_CHAT},
    {403, "Forbidden: bot is not a member of the supergroup chat", TG_NO_CHAT},
    {403, "Forbidden: the group chat was deleted", TG_NO_CHAT},
    {404, "Not Found: method not found", TG_REFUSED},
    {404, "Not Found", TG_BAD_TOKEN},
    {409,
     "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
     TG_TAKEN},
    {409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
     TG_TAKEN},
    {409, "Conflict: terminated by setWebhook request", TG_TAKEN},
    {409, "Conflict: terminated by other setWebhook", TG_TAKEN},
    {413, "Request Entity Too Large", TG_REFUSED},
    {421, "Misdirected Request: unallowed token specified", TG_BAD_TOKEN},
    {429, "Too Many Requests: retry after 35", TG_WAIT},
    {500, "Internal Server Error: restart", TG_TRY_LATER},
    {500, "Internal Server Error: sent message was immediately deleted and can't be returned", TG_REFUSED},
    {502, "Bad Gateway", TG_TRY_LATER},
};

static void every_known_description_has_its_meaning(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    struct tg_answer answer = failure(known[i].code, known[i].description, "");
    enum tg_meaning meaning = tg_classify(&answer);
    if (meaning != known[i].meaning)
      fail_msg("%d %s: %d, not %d", known[i].code, known[i].description, (int)meaning, (int)known[i].meaning);
    assert_true(str_eq(answer.description, str_c(known[i].description)));
  }
}

/* "Bad Request:" is never shown to anybody. */
static void every_known_description_is_a_sentence_that_says_what_to_do(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    struct tg_answer answer = failure(known[i].code, known[i].description, "");
    if (tg_reason_of(&answer) == TG_REASON_NONE) fail_msg("%s has no reason", known[i].description);
    str words = tg_answer_words(&answer), russian = tg_reason_in(words, S("ru-RU"));
    if (str_contains(words, S("Bad Request")) || str_contains(words, S("Forbidden"))) fail_msg("%.*s", STR_ARG(words));
    if (!str_ends(words, S(".")) || str_eq(words, russian)) fail_msg("%.*s", STR_ARG(words));
    assert_true(str_eq(tg_reason_in(words, S("en")), words) && str_eq(tg_reason_in(words, STR_NONE), words));
  }
  static const struct {
    int code;
    const char *description, *words;
    enum tg_reason reason;
  } rows[] = {
      {403, "Forbidden: bot was blocked by the user",
       "The customer has blocked the bot. Nothing can be sent until they unblock it.", TG_REASON_BLOCKED},
      {400, "Bad Request: message thread not found", "The topic has been deleted.", TG_REASON_TOPIC_GONE},
      {400, "Bad Request: VOICE_MESSAGES_FORBIDDEN",
       "The customer does not accept voice and video messages. Send text or a file.", TG_REASON_VOICE_FORBIDDEN},
      {400, "Bad Request: the harbour is frozen", "Telegram refused this: the harbour is frozen", TG_REASON_NONE},
      {418, "A teapot", "Telegram refused this: A teapot", TG_REASON_NONE},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct tg_answer answer = failure(rows[i].code, rows[i].description, "");
    assert_int_equal(tg_reason_of(&answer), rows[i].reason);
    if (!str_eq(tg_answer_words(&answer), str_c(rows[i].words))) fail_msg("%.*s", STR_ARG(tg_answer_words(&answer)));
  }
  struct tg_answer proxy = read_answer(CALL_ANSWERED, 403, S("<html>Forbidden</html>"));
  assert_int_equal(tg_reason_of(&proxy), TG_REASON_NONE);
  struct tg_answer network = read_answer(CALL_NOT_SENT, 0, S(""));
  assert_true(str_eq(tg_answer_words(&network), S("the network's words")));
}

/* The list that was taken from the official server may grow: where it lies beside the checkout, each of its rows must stand
 * in `known`. */
static FILE *open_list(void) {
  static const char *const places[] = {"../shared/telegram/error-descriptions.tsv",
                                       "../../shared/telegram/error-descriptions.tsv"};
  FILE *f = NULL;
  for (size_t i = 0; !f && i < sizeof places / sizeof places[0]; i++) f = fopen(places[i], "r");
  return f;
}

static bool is_known(int64_t code, str description) {
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (known[i].code == code && str_eq(str_c(known[i].description), description)) return true;
  return false;
}

static void every_row_of_the_servers_list_is_known(void **state) {
  (void)state;
  FILE *list = open_list();
  if (!list) skip();
  char line[2048];
  size_t rows = 0;
  while (fgets(line, sizeof line, list)) {
    str rest = str_c(line);
    int64_t code = 0;
    if (!str_to_i64(str_cut(&rest, '\t'), &code)) continue; /* the head */
    str description = str_cut(&rest, '\t');
    if (!is_known(code, description)) fail_msg("%d %.*s", (int)code, STR_ARG(description));
    rows++;
  }
  fclose(list);
  assert_int_equal(rows, sizeof known / sizeof known[0]);
}

static void only_token_and_connection_concern_others(void **state) {
  (void)state;
  size_t counts[TG_OF_WAY + 1] = {0};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    enum tg_concern concern = tg_concern_of(known[i].meaning);
    counts[concern]++;
    bool token = known[i].code == 401 || known[i].code == 409 || known[i].code == 421 ||
                 (known[i].code == 404 && known[i].meaning != TG_REFUSED);
    bool way = known[i].code >= 500 && known[i].meaning != TG_REFUSED;
    if ((concern == TG_OF_TOKEN) != token || (concern == TG_OF_WAY) != way) fail_msg("%s", known[i].description);
    assert_int_equal(concern == TG_OF_PACE, known[i].code == 429);
  }
  static const size_t wanted[TG_OF_WAY + 1] = {
      [TG_OF_MESSAGE] = 64, [TG_OF_RECIPIENT] = 10, [TG_OF_PACE] = 1, [TG_OF_TOKEN] = 8, [TG_OF_WAY] = 2};
  for (size_t i = 0; i <= TG_OF_WAY; i++)
    if (counts[i] != wanted[i]) fail_msg("concern %zu: %zu, not %zu", i, counts[i], wanted[i]);
}

static void answers_that_are_none(void **state) {
  (void)state;
  static const struct {
    enum http_call_outcome outcome;
    int status;
    const char *body;
    enum tg_meaning meaning;
    const char *why;
  } rows[] = {
      {CALL_ANSWERED, 200, "{\"ok\":true,\"result\":{\"message_id\":9}}", TG_DONE, "the usual"},
      {CALL_ANSWERED, 200, "{\"ok\":true,\"result\":{\"message_", TG_LOST, "half an answer: it was done"},
      {CALL_ANSWERED, 400,
       "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: can't use file of type Photo as Document\"}",
       TG_FILE_UNKNOWN, "the id is of another kind"},
      {CALL_ANSWERED, 200, "", TG_LOST, "no body"},
      {CALL_ANSWERED, 200, "<html>", TG_LOST, "somebody else's answer"},
      {CALL_ANSWERED, 302, "", TG_TRY_LATER, "a captive portal"},
      {CALL_ANSWERED, 403, "<html>Forbidden</html>", TG_TRY_LATER, "a proxy's refusal is not Telegram's"},
      {CALL_ANSWERED, 404, "<html>", TG_TRY_LATER, "the same"},
      {CALL_ANSWERED, 413, "<html>", TG_REFUSED, "the front server refuses a large upload"},
      {CALL_ANSWERED, 429, "", TG_WAIT, "without a body"},
      {CALL_ANSWERED, 500, "", TG_TRY_LATER, "without a body"},
      {CALL_ANSWERED, 502, "<html>Bad Gateway</html>", TG_TRY_LATER, "the front server"},
      {CALL_ANSWERED, 504, "<html>Gateway Time-out</html>", TG_LOST, "the server behind may be doing it"},
      {CALL_NOT_SENT, 0, "", TG_TRY_LATER, "no connection"},
      {CALL_UNCERTAIN, 0, "", TG_LOST, "the answer never came"},
      {CALL_UNCERTAIN, 200, "", TG_LOST, "it broke off"},
      {CALL_CANCELLED, 0, "", TG_CANCELLED, "by us"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct tg_answer answer = read_answer(rows[i].outcome, rows[i].status, str_c(rows[i].body));
    if (tg_classify(&answer) != rows[i].meaning) fail_msg("%s: %d", rows[i].why, (int)tg_classify(&answer));
    assert_true(answer.ok || answer.description.len > 0);
  }
}

static void retry_after_is_read_and_obeyed(void **state) {
  (void)state;
  struct tg_answer answer = failure(429, "Too Many Requests: retry after 35", ",\"parameters\":{\"retry_after\":35}");
  assert_int_equal(answer.retry_after_s, 35);
  struct outbox_outcome o = tg_outcome(tg_classify(&answer), &answer, 3, 1000, &rnd.rand);
  assert_int_equal(o.step, OUTBOX_RETRY_LATER);
  assert_false(o.counts);
  assert_in_range(o.next_at, 36000, 36200);
}

static void outcomes(void **state) {
  (void)state;
  static const struct {
    enum tg_meaning meaning;
    enum outbox_step step;
    bool counts, waits;
  } rows[] = {
      {TG_DONE, OUTBOX_SENT, true, false},
      {TG_TRY_LATER, OUTBOX_RETRY_LATER, true, true},
      {TG_REFUSED, OUTBOX_REFUSE, true, false},
      {TG_BLOCKED, OUTBOX_REFUSE, true, false},
      {TG_NO_CHAT, OUTBOX_REFUSE, true, false},
      {TG_LOST, OUTBOX_LOSE_TRACK, true, false},
      {TG_BAD_TOKEN, OUTBOX_RETRY_LATER, false, false},
      {TG_CANCELLED, OUTBOX_RETRY_LATER, false, false},
      {TG_FILE_UNKNOWN, OUTBOX_RETRY_LATER, true, false},
      {TG_FILE_AWAY, OUTBOX_RETRY_LATER, false, true},
  };
  struct tg_answer answer = failure(400, "Bad Request: chat not found", "");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct outbox_outcome o = tg_outcome(rows[i].meaning, &answer, 1, 5000, &rnd.rand);
    assert_int_equal(o.step, rows[i].step);
    assert_int_equal(o.counts, rows[i].counts);
    assert_int_equal(o.next_at > 5000, rows[i].waits);
    if (rows[i].meaning != TG_DONE) assert_true(str_eq(o.error, S("Telegram does not know this chat any more.")));
  }
}

static void message_ids_are_found(void **state) {
  (void)state;
  assert_int_equal(tg_message_id(S("{\"chat\":{\"message_id\":1},\"message_id\":4294967299}")), 4294967299);
  assert_int_equal(tg_message_id(S("{\"message_id\":\"5\"}")), 0);
  assert_int_equal(tg_message_id(S("true")), 0);
}

static void words_are_bounded_and_on_one_line(void **state) {
  (void)state;
  char text[2000];
  memset(text, '\n', sizeof text - 1);
  text[sizeof text - 1] = 0;
  struct tg_answer answer = failure(400, text, "");
  assert_int_equal(answer.description.len, 300);
  assert_int_equal(answer.description.ptr[0], ' ');
}

static void a_token_is_never_repeated(void **state) {
  (void)state;
#define SECRET "AAExampleOfASecretThatIsLongEnough_0"
  static const struct {
    const char *said, *kept;
  } rows[] = {
      {"Not Found: http://10.0.0.1:8081/bot123456:" SECRET "/sendMessage", "Not Found: …"},
      {"token 123456:" SECRET " is wrong", "token … is wrong"},
      {"(123456:" SECRET ")", "…"},
      {"Bad Request: inline keyboard button URL 'http://shop.example:8080/a' is invalid",
       "Bad Request: inline keyboard button URL 'http://shop.example:8080/a' is invalid"},
      {"at 12:30:59, bot 123456:short", "at 12:30:59, bot 123456:short"},
      {"a:" SECRET, "a:" SECRET},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct tg_answer answer = failure(404, rows[i].said, "");
    if (!str_eq(answer.description, str_c(rows[i].kept)))
      fail_msg("\"%.*s\", not \"%s\"", STR_ARG(answer.description), rows[i].kept);
    assert_false(str_contains(tg_answer_words(&answer), S("123456:" SECRET)));
  }
}

int main(void) {
  static const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
      CASE(every_known_description_has_its_meaning),
      CASE(every_known_description_is_a_sentence_that_says_what_to_do),
      CASE(every_row_of_the_servers_list_is_known),
      CASE(only_token_and_connection_concern_others),
      CASE(answers_that_are_none),
      CASE(retry_after_is_read_and_obeyed),
      CASE(outcomes),
      CASE(message_ids_are_found),
      CASE(words_are_bounded_and_on_one_line),
      CASE(a_token_is_never_repeated),
#undef CASE
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
