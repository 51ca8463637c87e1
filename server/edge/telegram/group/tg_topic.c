/* See tg_topic.h. */
#include "edge/telegram/group/tg_topic.h"

#include "base/json_scan.h"
#include "base/limits.h"
#include "base/str_bidi.h"
#include "edge/telegram/telegram.h"
#include "edge/telegram/tg_reason.h"

#include <inttypes.h>

/* ---- the name ---- */

str tg_topic_mark(const struct conversation_row *row) {
  bool answered = row->last_message && row->last_message->direction == MESSAGE_OUT;
  switch (row->status) {
    case CONVERSATION_CLOSED: return S("✅");
    case CONVERSATION_SNOOZED: return S("💤");
    case CONVERSATION_ACTIVE: return answered ? S("🟢") : S("🟡");
    default: return S("🟡");
  }
}

str tg_topic_title(const struct conversation_row *row, arena *a) {
  str name = row->customer->name.ptr ? str_tidy_name(a, row->customer->name, LIMIT_NAME_MAX) : STR_NONE;
  return name.len ? name : arena_printf(a, "#%" PRId64, row->id);
}

/* The beginning of a name; a joiner at its end would join nothing. */
static str cut_to_units(str s, size_t units) {
  size_t at = 0, end = 0, used = 0;
  uint32_t last = 0;
  while (at < s.len) {
    uint32_t c = str_utf8_next(s, &at);
    used += c > 0xffff ? 2 : 1;
    if (used > units) break;
    end = at;
    last = c;
  }
  if (end < s.len && last == 0x200d) end -= 3;
  return str_sub(s, 0, end);
}

static str addition_of(const struct conversation_row *row, arena *a) {
  str username = row->customer->username;
  if (username.len) return arena_printf(a, " · @%.*s", STR_ARG(str_drop_bidi_controls(a, username)));
  return arena_printf(a, " · #%" PRId64, row->id);
}

str tg_topic_name(const struct conversation_row *row, bool namesake, arena *a) {
  str mark = tg_topic_mark(row), title = tg_topic_title(row, a), more = namesake ? addition_of(row, a) : S("");
  more = cut_to_units(more, TG_TOPIC_NAME_UNITS / 2);
  size_t taken = str_utf16_count(mark) + 1 + str_utf16_count(more);
  title = cut_to_units(title, TG_TOPIC_NAME_UNITS - taken);
  return arena_printf(a, "%.*s %.*s%.*s", STR_ARG(mark), STR_ARG(title), STR_ARG(more));
}

/* ---- calls about a topic ---- */

const char *tg_topic_call_method(enum tg_topic_call call) {
  static const char *const methods[] = {[TG_TOPIC_CALL_OPEN] = "createForumTopic",
                                        [TG_TOPIC_CALL_REOPEN] = "reopenForumTopic",
                                        [TG_TOPIC_CALL_DELETE] = "deleteMessages",
                                        [TG_TOPIC_CALL_NAME] = "editForumTopic"};
  return methods[call];
}

str tg_topic_call_body(const struct tg_topic_step *step, str chat, arena *a) {
  buf b;
  buf_init(&b, 4096);
  buf_printf(&b, "{\"chat_id\":%.*s", STR_ARG(chat));
  if (step->call == TG_TOPIC_CALL_REOPEN || step->call == TG_TOPIC_CALL_NAME)
    buf_printf(&b, ",\"message_thread_id\":%" PRId64, step->thread);
  if (step->call == TG_TOPIC_CALL_DELETE) buf_printf(&b, ",\"message_ids\":[%.*s]", STR_ARG(step->strays));
  if (step->name.ptr) {
    buf_add(&b, S(",\"name\":"));
    buf_add_json_string(&b, step->name);
  }
  buf_add_char(&b, '}');
  str body = arena_dup(a, buf_borrow(&b));
  buf_free(&b);
  return body;
}

static bool says_any(const struct tg_answer *answer, const char *const *parts, size_t count) {
  for (size_t i = 0; i < count && answer->code == 400; i++)
    if (str_contains(answer->description, str_c(parts[i]))) return true;
  return false;
}

static bool says_gone(const struct tg_answer *answer) {
  static const char *const parts[] = {"message thread not found", "TOPIC_DELETED", "TOPIC_ID_INVALID"};
  return says_any(answer, parts, JSON_COUNT(parts));
}

static bool says_unchanged(const struct tg_answer *answer) {
  static const char *const parts[] = {"TOPIC_NOT_MODIFIED"};
  return says_any(answer, parts, 1);
}

static int64_t thread_of(str object) {
  str text = STR_NONE;
  int64_t id = 0;
  return json_scan_member(object, S("message_thread_id"), &text) && str_to_i64(text, &id) && id > 0 ? id : 0;
}

static enum tg_meaning judge_open(struct tg_topic_step *step, const struct tg_answer *answer, enum tg_meaning meaning) {
  step->thread = meaning == TG_DONE ? thread_of(answer->result) : 0;
  step->unknown = meaning == TG_LOST || (meaning == TG_DONE && !step->thread);
  if (step->unknown) return TG_TRY_LATER;
  return meaning == TG_DONE ? TG_STEP : meaning;
}

/* A name is not worth holding up the group, nor a dead letter. */
static enum tg_meaning judge_name(const struct tg_answer *answer, enum tg_meaning meaning) {
  if (meaning == TG_REFUSED && says_unchanged(answer)) return TG_DONE;
  if (says_gone(answer)) return TG_THREAD_LOST;
  return meaning == TG_ROOM_SHUT ? TG_REFUSED : meaning;
}

enum tg_meaning tg_topic_call_judge(struct tg_topic_step *step, const struct tg_answer *answer) {
  enum tg_meaning meaning = tg_classify_room(answer);
  switch (step->call) {
    case TG_TOPIC_CALL_OPEN: return judge_open(step, answer, meaning);
    case TG_TOPIC_CALL_NAME: return judge_name(answer, meaning);
    case TG_TOPIC_CALL_REOPEN:
      if (says_gone(answer)) return TG_THREAD_LOST;
      return meaning == TG_DONE || says_unchanged(answer) ? TG_STEP : meaning;
    default: /* what cannot be deleted stays: the message must follow all the same */
      return meaning == TG_DONE || meaning == TG_REFUSED || meaning == TG_ROOM_SHUT ? TG_STEP : meaning;
  }
}

/* ---- messages ---- */

/* The ids of the messages, if one of them is elsewhere. The response of copyMessage names no thread; it follows a message that
 * was compared. */
static str find_strays(const struct tg_topic_step *step, const struct tg_answer *answer, size_t count, arena *a) {
  str message = answer->result, ids = STR_NONE;
  bool elsewhere = false;
  size_t at = 0;
  for (size_t i = 0; i < count; i++) {
    str chat = STR_NONE;
    if (count > 1 && !json_scan_element(answer->result, &at, &message)) break;
    if (!json_scan_member(message, S("chat"), &chat)) continue;
    elsewhere = elsewhere || thread_of(message) != step->thread;
    ids = arena_printf(a, "%.*s%s%" PRId64, STR_ARG(ids), ids.len ? "," : "", tg_message_id(message));
  }
  return elsewhere ? ids : STR_NONE;
}

enum tg_meaning tg_topic_judge(struct tg_topic_step *step, const struct tg_answer *answer, size_t count, arena *a) {
  enum tg_meaning meaning = tg_classify_room(answer);
  if (!step->thread) return meaning;
  if (meaning == TG_DONE) {
    step->strays = find_strays(step, answer, count, a);
    return step->strays.ptr ? TG_THREAD_LOST : TG_DONE;
  }
  if (says_gone(answer)) return TG_THREAD_LOST;
  bool closed = answer->code == 400 && str_contains(answer->description, S("TOPIC_CLOSED"));
  return closed ? TG_THREAD_CLOSED : meaning;
}

/* ---- needs ---- */

static const char *const needs_names[] = {"supergroup", "topics", "administrator", "manage_topics"};
const struct json_enum group_need_names = {.name = "StaffGroupNeed", .names = needs_names, .count = GROUP_NEEDS};

bool group_needs_are_met(const struct group_needs *n) {
  bool met = n->known;
  for (size_t i = 0; i < GROUP_NEEDS; i++) met = met && n->met[i];
  return met;
}

str tg_group_member_body(str chat_id, str account, arena *a) {
  return arena_printf(a, "{\"chat_id\":%.*s,\"user_id\":%.*s}", STR_ARG(chat_id), STR_ARG(account));
}

static bool member_is(str object, str name, str value) {
  str text = STR_NONE;
  return json_scan_member(object, name, &text) && str_eq(text, value);
}

void group_needs_read(str chat, str member, struct group_needs *out) {
  *out = (struct group_needs){.known = true};
  out->met[GROUP_NEED_SUPERGROUP] = member_is(chat, S("type"), S("\"supergroup\""));
  out->met[GROUP_NEED_TOPICS] = member_is(chat, S("is_forum"), S("true"));
  out->met[GROUP_NEED_ADMINISTRATOR] = member_is(member, S("status"), S("\"administrator\""));
  out->met[GROUP_NEED_MANAGES] = member_is(member, S("can_manage_topics"), S("true"));
}

str group_needs_words(const struct group_needs *n) {
  static const enum tg_reason reasons[] = {
      [GROUP_NEED_SUPERGROUP] = TG_REASON_NOT_FORUM, /* switching topics on makes it one */
      [GROUP_NEED_TOPICS] = TG_REASON_NOT_FORUM,
      [GROUP_NEED_ADMINISTRATOR] = TG_REASON_NOT_ADMIN,
      [GROUP_NEED_MANAGES] = TG_REASON_TOPIC_RIGHTS,
  };
  for (size_t i = 0; i < GROUP_NEEDS && n->known; i++)
    if (!n->met[i]) return tg_reason_sentence(reasons[i]);
  return STR_NONE;
}

str telegram_topics_trouble(str chat_answer, str member_answer) {
  str chat = STR_NONE, member = STR_NONE;
  struct group_needs needs;
  bool whole =
      json_scan_member(chat_answer, S("result"), &chat) && json_scan_member(member_answer, S("result"), &member);
  group_needs_read(whole ? chat : S("{}"), whole ? member : S("{}"), &needs);
  return group_needs_words(&needs);
}
