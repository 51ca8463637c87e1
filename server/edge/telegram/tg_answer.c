/* See tg_answer.h. Sources: Bot API 10.3 ("Making requests", ResponseParameters) and the official server's source for
 * the exact words. Rules by code come last; what deviates from its code stands above it. */
#include "edge/telegram/tg_answer.h"

#include "base/jansson.h"
#include "base/json.h"
#include "base/json_scan.h"
#include "edge/telegram/tg_reason.h"

#include <inttypes.h>

enum {
  DESCRIPTION_MAX = 300,
  TOKEN_SECRET_MIN = 20, /* a token's has 35 characters */
  RETRY_AFTER_MAX_S = 24 * 3600,
  RETRY_AFTER_UNKNOWN_S = 5,
  ROOM_BACKOFF_FROM = 2,
  FILE_BACKOFF_FROM = 3
};

/* ---- reading ---- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_secret_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

/* Does a bot's token stand in the word: digits, a colon and a long secret? */
static bool has_token(str word) {
  for (size_t i = 1; i < word.len; i++) {
    size_t end = i + 1;
    if (word.ptr[i] != ':' || !is_digit(word.ptr[i - 1])) continue;
    while (end < word.len && is_secret_char(word.ptr[end])) end++;
    if (end - i > TOKEN_SECRET_MIN) return true;
  }
  return false;
}

/* Words for people: valid, short, on one line. A word with a token, such as the address of a call, which a server between
 * may repeat, becomes "…": what is stored, shown and logged never has one. */
static str words(str s, arena *a) {
  if (!str_utf8_valid(s)) return S("(unreadable)");
  buf out;
  buf_init(&out, s.len + 8);
  for (size_t at = 0, end; at < s.len; at = end) {
    end = at;
    while (end < s.len && (unsigned char)s.ptr[end] > ' ') end++;
    str word = str_sub(s, at, end);
    buf_add(&out, has_token(word) ? S("…") : word);
    if (end < s.len) buf_add_char(&out, ' '), end++;
  }
  str clean = arena_dup(a, str_utf8_prefix(buf_borrow(&out), DESCRIPTION_MAX));
  buf_free(&out);
  return clean;
}

static void read_failure(str body, arena *a, struct tg_answer *out) {
  json_t *root = json_parse_foreign(body, JSON_DEPTH_MAX);
  const json_t *code = json_object_get(root, "error_code"), *text = json_object_get(root, "description");
  const json_t *parameters = json_object_get(root, "parameters"), *wait = json_object_get(parameters, "retry_after");
  const json_t *moved = json_object_get(parameters, "migrate_to_chat_id");
  out->telegram = json_is_object(root) && json_is_integer(code);
  if (out->telegram) {
    out->code = (int)json_integer_value(code);
    if (json_is_string(text)) out->description = words(str_n(json_string_value(text), json_string_length(text)), a);
    if (json_is_integer(wait) && json_integer_value(wait) >= 0) out->retry_after_s = json_integer_value(wait);
    if (json_is_integer(moved) && json_integer_value(moved) < 0) out->migrate_to = json_integer_value(moved);
  }
  json_decref(root);
}

static void read_body(const struct http_call_result *r, arena *a, struct tg_answer *out) {
  *out = (struct tg_answer){.outcome = r->outcome, .code = r->status, .retry_after_s = r->retry_after_s};
  if (r->outcome != CALL_ANSWERED) {
    out->description = words(str_c(r->error), a);
    return;
  }
  str ok = STR_NONE, result = STR_NONE;
  if (json_scan_member(r->body, S("ok"), &ok) && str_eq(ok, S("true")) && r->status >= 200 && r->status < 300) {
    out->ok = out->telegram = json_scan_member(r->body, S("result"), &result);
    if (out->ok) out->result = arena_dup(a, result);
  } else if (ok.ptr) {
    read_failure(r->body, a, out);
  }
  if (out->ok || out->description.len) return;
  out->description = arena_printf(a, "HTTP %d%s", r->status, out->telegram ? "" : ", not an answer of the Bot API");
}

void tg_answer_read(const struct http_call_result *r, arena *a, struct tg_answer *out) {
  read_body(r, a, out);
  if (!out->ok) out->words = tg_reason_words(out, a);
}

str tg_answer_words(const struct tg_answer *answer) { return answer->words.ptr ? answer->words : answer->description; }

int64_t tg_message_id(str message) {
  str text = STR_NONE;
  int64_t id = 0;
  return json_scan_member(message, S("message_id"), &text) && str_to_i64(text, &id) && id > 0 ? id : 0;
}

str tg_plain_text(str object, const char *name) {
  str quoted = STR_NONE;
  if (!object.ptr || !json_scan_member(object, str_c(name), &quoted)) return STR_NONE;
  bool plain = quoted.len > 2 && quoted.ptr[0] == '"' && !str_contains(quoted, S("\\"));
  return plain ? str_sub(quoted, 1, quoted.len - 1) : STR_NONE;
}

/* ---- meaning ---- */

static const struct rule {
  int code;         /* 0: any */
  int code_to;      /* of a range; 0: code alone */
  bool telegram;    /* only in an answer of the Bot API's own form; a proxy on the way speaks otherwise */
  const char *part; /* of the description; NULL: any */
  enum tg_meaning meaning;
} rules[] = {
    /* Sent, and at once deleted in the chat: sending it again would do the same. */
    {500, 0, true, "sent message was immediately deleted", TG_REFUSED},
    /* The gateway gave up waiting for a server that may be doing it. */
    {504, 0, false, NULL, TG_LOST},
    {400, 0, true, "wrong file identifier", TG_FILE_UNKNOWN},
    {400, 0, true, "wrong file_id", TG_FILE_UNKNOWN},
    {400, 0, true, "wrong remote file identifier", TG_FILE_UNKNOWN},
    {400, 0, true, "can't use file of type", TG_FILE_UNKNOWN}, /* of another kind than the message */
    {400, 0, true, "upgraded to a supergroup", TG_NO_CHAT},
    {400, 0, true, "chat not found", TG_NO_CHAT}, /* a private one too */
    {400, 0, true, NULL, TG_REFUSED},
    {401, 0, true, NULL, TG_BAD_TOKEN},
    {403, 0, true, "bot was blocked by the user", TG_BLOCKED},
    {403, 0, true, "user is deactivated", TG_BLOCKED},
    {403, 0, true, "can't initiate conversation", TG_NO_CHAT},
    {403, 0, true, "can't send messages to", TG_NO_CHAT}, /* to bots */
    {403, 0, true, "was kicked", TG_NO_CHAT},
    {403, 0, true, "not a member", TG_NO_CHAT},
    {403, 0, true, "was deleted", TG_NO_CHAT},
    {403, 0, true, NULL, TG_REFUSED},
    {404, 0, true, "method not found", TG_REFUSED},
    {404, 0, true, NULL, TG_BAD_TOKEN},
    {408, 0, false, NULL, TG_TRY_LATER},
    {409, 0, true, NULL, TG_TAKEN},
    {413, 0, false, NULL, TG_REFUSED}, /* by the server in front, whose answer may not be JSON */
    {421, 0, true, NULL, TG_BAD_TOKEN},
    {429, 0, false, NULL, TG_WAIT},
    {402, 499, true, NULL, TG_REFUSED},
    {500, 599, false, NULL, TG_TRY_LATER},
    /* 2xx without a readable answer: it was done, or half of it. */
    {200, 299, false, NULL, TG_LOST},
    /* A redirect, a proxy's own 403: it went elsewhere. */
    {0, 0, false, NULL, TG_TRY_LATER},
};

static bool applies(const struct rule *rule, const struct tg_answer *answer) {
  if (rule->telegram && !answer->telegram) return false;
  int to = rule->code_to ? rule->code_to : rule->code;
  if (rule->code && (answer->code < rule->code || answer->code > to)) return false;
  return !rule->part || str_contains(answer->description, str_c(rule->part));
}

enum tg_meaning tg_classify(const struct tg_answer *answer) {
  switch (answer->outcome) {
    case CALL_NOT_SENT: return TG_TRY_LATER;
    case CALL_UNCERTAIN: return TG_LOST;
    case CALL_CANCELLED: return TG_CANCELLED;
    case CALL_ANSWERED: break;
  }
  if (answer->ok) return TG_DONE;
  const struct rule *rule = rules;
  while (!applies(rule, answer)) rule++; /* the last one takes everything */
  return rule->meaning;
}

/* What a group says of itself, whatever is sent to it. */
static const char *const room_words[] = {"not enough rights", "have no rights", "CHAT_WRITE_FORBIDDEN",
                                         "CHAT_RESTRICTED",   "TOPIC_CLOSED",   "need administrator rights",
                                         "is not a forum"};

enum tg_meaning tg_classify_room(const struct tg_answer *answer) {
  enum tg_meaning meaning = tg_classify(answer);
  if (meaning == TG_BLOCKED || meaning == TG_NO_CHAT) return TG_ROOM_SHUT;
  if (meaning == TG_REFUSED && answer->code == 403) return TG_ROOM_SHUT;
  for (size_t i = 0; meaning == TG_REFUSED && i < JSON_COUNT(room_words); i++)
    if (str_contains(answer->description, str_c(room_words[i]))) return TG_ROOM_SHUT;
  return meaning;
}

bool tg_change_is_done(const struct tg_answer *answer, int what) {
  static const char *const words[] = {[CHANGE_EDIT] = "message is not modified",
                                      [CHANGE_DELETE] = "message to delete not found",
                                      [CHANGE_PIN] = "message to unpin not found",
                                      [CHANGE_REACTION] = "MESSAGE_NOT_MODIFIED"};
  bool known = what >= 0 && what < CHANGE_WHATS;
  return known && answer->telegram && answer->code == 400 && str_contains(answer->description, str_c(words[what]));
}

/* ---- outcome ---- */

#define FILE_UNKNOWN "file_unknown"
#define NOT_EDITABLE "not_editable"
const str tg_file_unknown = STR_INIT(FILE_UNKNOWN), tg_not_editable = STR_INIT(NOT_EDITABLE);

static const struct {
  enum tg_concern concern;
  enum outbox_step step;
  bool counts;
  str error_code;
} facts[] = {
    [TG_DONE] = {TG_OF_NOBODY, OUTBOX_SENT, true, STR_INIT("")},
    [TG_TRY_LATER] = {TG_OF_WAY, OUTBOX_RETRY_LATER, true, STR_INIT("unreachable")},
    [TG_WAIT] = {TG_OF_PACE, OUTBOX_RETRY_LATER, false, STR_INIT("too_many_requests")},
    [TG_REFUSED] = {TG_OF_MESSAGE, OUTBOX_REFUSE, true, STR_INIT("refused")},
    [TG_BLOCKED] = {TG_OF_RECIPIENT, OUTBOX_REFUSE, true, STR_INIT("blocked")},
    [TG_NO_CHAT] = {TG_OF_RECIPIENT, OUTBOX_REFUSE, true, STR_INIT("no_chat")},
    [TG_FILE_UNKNOWN] = {TG_OF_MESSAGE, OUTBOX_RETRY_LATER, true, STR_INIT(FILE_UNKNOWN)},
    [TG_BAD_TOKEN] = {TG_OF_TOKEN, OUTBOX_RETRY_LATER, false, STR_INIT("unauthorized")},
    [TG_TAKEN] = {TG_OF_TOKEN, OUTBOX_RETRY_LATER, true, STR_INIT("conflict")},
    [TG_LOST] = {TG_OF_WAY, OUTBOX_LOSE_TRACK, true, STR_INIT("uncertain")},
    [TG_CANCELLED] = {TG_OF_NOBODY, OUTBOX_RETRY_LATER, false, STR_INIT("cancelled")},
    [TG_FILE_AWAY] = {TG_OF_MESSAGE, OUTBOX_RETRY_LATER, false, STR_INIT("file_store")},
    [TG_ROOM_SHUT] = {TG_OF_RECIPIENT, OUTBOX_RETRY_LATER, false, STR_INIT("staff_group")},
    [TG_THREAD_LOST] = {TG_OF_RECIPIENT, OUTBOX_RETRY_LATER, true, STR_INIT("topic_gone")},
    [TG_THREAD_CLOSED] = {TG_OF_RECIPIENT, OUTBOX_RETRY_LATER, true, STR_INIT("topic_closed")},
    [TG_NOT_EDITABLE] = {TG_OF_MESSAGE, OUTBOX_RETRY_LATER, true, STR_INIT(NOT_EDITABLE)},
    [TG_STEP] = {TG_OF_NOBODY, OUTBOX_RETRY_LATER, false, STR_INIT("")},
};

enum tg_concern tg_concern_of(enum tg_meaning meaning) { return facts[meaning].concern; }

static int64_t wait_ms(enum tg_meaning meaning, const struct tg_answer *answer, int64_t attempts, const sb_rand *rand) {
  if (meaning == TG_WAIT) {
    int64_t s = answer->retry_after_s >= 0 ? answer->retry_after_s : RETRY_AFTER_UNKNOWN_S;
    if (s > RETRY_AFTER_MAX_S) s = RETRY_AFTER_MAX_S;
    return s * 1000 + (int64_t)rand_below(rand, 200); /* not all in the same millisecond */
  }
  if (meaning == TG_FILE_AWAY) return job_backoff_ms(FILE_BACKOFF_FROM, rand);
  if (meaning == TG_ROOM_SHUT) return answer->migrate_to ? 0 : job_backoff_ms(attempts + ROOM_BACKOFF_FROM, rand);
  return meaning == TG_TRY_LATER || meaning == TG_TAKEN ? job_backoff_ms(attempts, rand) : 0;
}

struct outbox_outcome tg_outcome(enum tg_meaning meaning, const struct tg_answer *answer, int64_t attempts,
                                 int64_t now_ms, const sb_rand *rand) {
  struct outbox_outcome o = {.step = facts[meaning].step, .counts = facts[meaning].counts};
  if (meaning == TG_DONE) return o;
  if (o.step == OUTBOX_RETRY_LATER) o.next_at = now_ms + wait_ms(meaning, answer, attempts, rand);
  o.asked = meaning == TG_WAIT;
  o.error_code = facts[meaning].error_code;
  o.error = tg_answer_words(answer);
  return o;
}
