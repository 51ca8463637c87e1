/* What is written in a topic of the staff group, see tg_group.h and tg_topic.h. Every message there is an answer to the topic's
 * customer by its writer, with these exceptions:
 *
 *  - commands: /take, /close, /assign NAME, /note TEXT. An unknown command is refused and not sent, because it is a slip.
 *  - notes: a message that begins with the prefix set in the panel, and /note. They stay in the group.
 *  - talk: a reply to a message of a colleague that is not an answer, such as a note. It stays there too.
 *  - a reply to another customer's message is refused, because it is not clear who is meant. */
#include "edge/telegram/group/tg_group_message_internal.h"

#include "base/limits.h"
#include "desk/staff/staff_topic.h"
#include "edge/telegram/group/tg_said.h"

enum { SEVERAL_MAX = 4 };

/* ---- commands ---- */

static err run_command(struct group_message_ctx *h, const struct conversation_command *command, enum tg_notice done,
                       str words) {
  struct conversation_row row;
  err e = conversation_command_in(h->desk, h->c, command, h->a, &row);
  return err_is(e) ? group_message_refuse(h, e) : group_message_notice(h, done, words);
}

static err assign(struct group_message_ctx *h, struct conversation_command *command, str name) {
  struct staff_colleague who[SEVERAL_MAX];
  size_t count = 0;
  err e = staff_colleagues(h->c, name, h->a, who, SEVERAL_MAX, &count);
  if (err_is(e)) return e;
  if (count == 0) return group_message_notice(h, TG_NOTICE_NOBODY, str_utf8_prefix(name, LIMIT_NAME_MAX));
  if (count == 1) {
    command->target = who[0].id;
    return run_command(h, command, TG_NOTICE_ASSIGNED, who[0].name);
  }
  str names = who[0].name;
  for (size_t i = 1; i < count; i++) names = arena_printf(h->a, "%.*s, %.*s", STR_ARG(names), STR_ARG(who[i].name));
  return group_message_notice(h, TG_NOTICE_SEVERAL, names);
}

/* "/assign@desk_bot Anna": *rest is "Anna". */
static bool read_command(str text, str *word, str *rest) {
  size_t end = 1;
  if (text.len < 2 || text.ptr[0] != '/' || (text.ptr[1] | 32) < 'a' || (text.ptr[1] | 32) > 'z') return false;
  while (end < text.len && text.ptr[end] != ' ' && text.ptr[end] != '\n') end++;
  str token = str_sub(text, 1, end);
  *word = str_cut(&token, '@');
  *rest = str_trim(str_sub(text, end, text.len));
  return true;
}

static err handle_command(struct group_message_ctx *h, const struct actor *by, int64_t conversation_id, str word,
                          str rest) {
  struct conversation_command command = {.conversation_id = conversation_id, .by = *by};
  if (str_eq_ignore_case(word, S("note"))) return group_message_notice(h, TG_NOTICE_NOTED, STR_NONE);
  if (str_eq_ignore_case(word, S("take"))) {
    command.command = COMMAND_TAKE;
    return run_command(h, &command, TG_NOTICE_TAKEN, STR_NONE);
  }
  if (str_eq_ignore_case(word, S("close"))) {
    command.command = COMMAND_CLOSE;
    return run_command(h, &command, TG_NOTICE_CLOSED, STR_NONE);
  }
  if (!str_eq_ignore_case(word, S("assign")) || !rest.len) return group_message_notice(h, TG_NOTICE_COMMANDS, STR_NONE);
  command.command = COMMAND_ASSIGN;
  return assign(h, &command, rest);
}

/* ---- messages ---- */

static bool is_note(struct group_message_ctx *h) {
  char prefix[TG_NOTE_PREFIX_SIZE];
  tg_group_note_prefix(h->group, prefix);
  return prefix[0] && str_starts(h->u->message.text, str_c(prefix));
}

bool group_message_stays(struct group_message_ctx *h) {
  str word, rest;
  return is_note(h) || read_command(h->u->message.text, &word, &rest);
}

/* Which message of ours it answers; *talk: it stays in the group. */
static err find_answered(struct group_message_ctx *h, int64_t conversation_id, struct message_row *answered, bool *talk,
                         bool *elsewhere) {
  str external_id = h->u->message.reply_to_external_id;
  int64_t id = 0, bot = 0;
  *answered = (struct message_row){.conversation_id = conversation_id, .direction = MESSAGE_SYSTEM};
  if (!external_id.ptr) return err_ok;
  err e = staff_find_any(h->c, &h->place, external_id, &id);
  bool to_us = str_to_i64(h->place.account, &bot) && bot == h->u->group.answered_writer;
  *talk = !err_is(e) && !id && !to_us; /* a notice of the bot is not talk */
  if (!err_is(e) && id) e = message_get(h->c, id, h->a, answered);
  *elsewhere = answered->conversation_id != conversation_id;
  return e;
}

err group_message_in_topic(struct group_message_ctx *h, const struct staff_topic *topic) {
  struct message_row answered;
  struct actor by;
  str word, rest;
  bool talk = false, elsewhere = false, known = false;
  if (is_note(h) || tg_said_is_service(&h->u->message)) return err_ok;
  err e = find_answered(h, topic->conversation_id, &answered, &talk, &elsewhere);
  if (err_is(e) || talk) return e;
  if (h->u->group.by_channel) return group_message_notice(h, TG_NOTICE_CHANNEL, STR_NONE);
  if (elsewhere) return group_message_notice(h, TG_NOTICE_ELSEWHERE, STR_NONE);
  e = group_message_writer(h, &by, &known);
  if (err_is(e) || !known) return e;
  if (read_command(h->u->message.text, &word, &rest)) return handle_command(h, &by, topic->conversation_id, word, rest);
  return group_message_answer(h, &answered, &by);
}

/* ---- changes of topics ---- */

/* A report of our own new topic: the response with its id may have been lost. */
static err take_reported(struct group_message_ctx *h, bool *again) {
  struct staff_topic t;
  bool found = false;
  int64_t bot = 0, writer = 0;
  bool ours = str_to_i64(h->place.account, &bot) && str_to_i64(h->u->group.writer, &writer) && bot == writer;
  err e = ours && h->u->group.topic_name.ptr
              ? staff_topic_find_opening(h->c, &h->place, h->u->group.topic_name, h->a, &t, &found)
              : err_ok;
  if (err_is(e) || !found) return e;
  t.thread_id = h->u->group.thread;
  t.state = STAFF_TOPIC_OPEN;
  t.named_at = desk_now(h->desk);
  t.closed = false;
  t.first_message_id = 0;
  *again = true;
  return staff_topic_put(h->c, &h->place, &t);
}

err group_topic_change(struct group_message_ctx *h, bool *again) {
  const struct tg_group_part *g = &h->u->group;
  struct staff_topic t;
  bool found = false;
  if (g->topic == TG_TOPIC_CREATED) return take_reported(h, again);
  if (g->by_bot) return err_ok; /* our own, stored with the response */
  err e = staff_topic_by_thread(h->c, &h->place, g->thread, h->a, &t, &found);
  if (err_is(e) || !found) return e;
  if (g->topic == TG_TOPIC_CLOSED) t.closed = true;
  if (g->topic == TG_TOPIC_REOPENED) t.closed = false;
  if (g->topic == TG_TOPIC_RENAMED && g->topic_name.ptr) t.name = g->topic_name; /* until the next mark */
  return staff_topic_put(h->c, &h->place, &t);
}
