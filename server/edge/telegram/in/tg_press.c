/* See tg_press.h. */
#include "edge/telegram/in/tg_press.h"

#include "base/log.h"
#include "desk/setting/setting.h"

#include <assert.h>

enum { ANSWER_TIMEOUT_MS = 10000, CONNECT_TIMEOUT_MS = 5000, ANSWER_MAX_BYTES = 4096, BODY_MAX_BYTES = 8192 };

/* No clang-format: it measures Cyrillic in bytes. */
/* clang-format off */
static const struct {
  const char *en, *ru;
  bool alert; /* stays until the customer closes it */
} answers[] = {
    [PRESS_TAKEN] = {"Got it", "Принято", false},
    [PRESS_REPEATED] = {"You have already pressed this button.", "Вы уже нажали эту кнопку.", false},
    [PRESS_TOO_MANY] = {"Too many presses. Please wait a minute.", "Слишком много нажатий. Подождите, пожалуйста, минуту.", false},
    [PRESS_PASSED] = {"Thank you!", "Спасибо!", false},
    [PRESS_WRONG] = {"That’s not quite it.", "Не совсем так.", false},
    [PRESS_WAIT] = {"Please write again in a few minutes.", "Напишите, пожалуйста, ещё раз через несколько минут.", true},
    [PRESS_STALE] = {"This button is out of date. Please send a message instead.", "Эта кнопка уже не действует. Напишите, пожалуйста, сообщением.", true},
};
/* clang-format on */

static str body(str query_id, str words, bool alert, arena *a) {
  buf b;
  buf_init(&b, BODY_MAX_BYTES);
  buf_add(&b, S("{\"callback_query_id\":"));
  buf_add_json_string(&b, query_id);
  if (words.len) {
    buf_add(&b, S(",\"text\":"));
    buf_add_json_string(&b, words);
    if (alert) buf_add(&b, S(",\"show_alert\":true"));
  }
  buf_add_char(&b, '}');
  assert(!b.overflow);
  str copy = arena_dup(a, buf_borrow(&b));
  buf_free(&b);
  return copy;
}

str tg_press_words(enum press_outcome outcome, str language, bool *alert) {
  *alert = answers[outcome].alert;
  return str_c(setting_is_russian(language) ? answers[outcome].ru : answers[outcome].en);
}

str tg_press_body(str query_id, const enum press_outcome *outcome, str language, arena *a) {
  if (!outcome) return body(query_id, STR_NONE, false, a);
  bool alert = false;
  str words = tg_press_words(*outcome, language, &alert);
  return body(query_id, words, alert, a);
}

str tg_press_own_body(str query_id, const struct tg_own_answer *own, arena *a) {
  return body(query_id, str_c(own->words), own->alert, a);
}

/* Nobody waits for the outcome. A query that is too old is refused: the customer's spinner has ended by itself. */
static void answered(const struct http_call_result *result, void *user) {
  (void)user;
  if (result->status != 200) LOG_INFO("telegram.press_not_answered", LOG_I("status", result->status));
}

void tg_press_answer(const struct tg_session *s, const struct tg_ingest_job *job) {
  const struct tg_update *u = job->update;
  bool judged = job->fresh && u->kind == TG_PRESSED && !err_is(job->fault), own = judged && tg_own_press_is(u);
  arena *a = arena_new(64 << 10);
  struct http_call_request request = {
      .method = "POST",
      .url = tg_api_url(s->api_url, str_c(s->token), "answerCallbackQuery", a),
      .body = own ? tg_press_own_body(u->press.query_id, &job->own, a)
                  : tg_press_body(u->press.query_id, judged ? &job->press : NULL, u->message.from.language, a),
      .content_type = "application/json",
      .connect_timeout_ms = CONNECT_TIMEOUT_MS,
      .timeout_ms = ANSWER_TIMEOUT_MS,
      .answer_max_bytes = ANSWER_MAX_BYTES,
  };
  http_client_send(s->client, &request, answered, NULL);
  arena_free(&a);
}
