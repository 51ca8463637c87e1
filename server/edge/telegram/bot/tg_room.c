/* The staff group, as far as it concerns the bots: one of them sends there. It is the one that was asked about the group when it
 * was chosen, and the first of the list when there is no such bot. */
#include "edge/telegram/bot/tg_bots_internal.h"

#include "base/log.h"
#include "desk/outbox/outbox.h"
#include "desk/setting/setting.h"
#include "desk/staff/staff_topic.h"
#include "edge/telegram/group/tg_group.h"

#include <assert.h>

enum { ANSWER_MAX_BYTES = 1 << 20 };
static const char room_bot_key[] = "staff_group_bot";

struct room_ctx {
  arena *a;
  str account;
};

static err read_room_bot(db_conn *c, void *arg) {
  struct room_ctx *r = arg;
  return setting_get(c, room_bot_key, r->a, &r->account);
}

/* The bot of the group; NULL: none. With telegram.lock held. */
static struct tg_bot *room_bot(struct telegram *t, str account) {
  for (struct tg_bot *bot = t->bots; bot; bot = bot->next)
    if (bot->live && bot->session && str_eq(str_c(bot->account), account)) return bot;
  struct tg_bot *first = NULL;
  for (struct tg_bot *bot = t->bots; bot; bot = bot->next)
    if (bot->live && bot->session && (!first || bot->position < first->position)) first = bot;
  return first;
}

/* Not closed at the stop: apps' messages until the end are sent after the next start. */
void tg_room_open(struct telegram *t) {
  struct room_ctx r = {.a = arena_new(0)};
  str chat = tg_group_chat(t->group, STR_NONE, r.a), account = STR_NONE;
  err e = db_read(t->desk->db, read_room_bot, &r);
  if (err_is(e)) { /* the room stays with its bot until the next call */
    LOG_WARN("telegram.room_not_read", LOG_E(e));
    arena_free(&r.a);
    return;
  }
  pthread_mutex_lock(&t->lock);
  const struct tg_bot *bot = room_bot(t, r.account);
  if (bot) account = arena_dup(r.a, str_c(bot->account));
  pthread_mutex_unlock(&t->lock);
  if (account.ptr) tg_group_assign(t->group, account);
  if (chat.ptr && account.ptr)
    staff_open(t->desk, TG_CHANNEL, account, tg_group_has_topics(t->group, chat) ? chat : STR_NONE);
  else
    staff_close(t->desk);
  arena_free(&r.a);
}

void tg_room_again(void *self) {
  struct telegram *t = self;
  pthread_mutex_lock(&t->lock);
  for (struct tg_bot *bot = t->bots; bot; bot = bot->next)
    if (bot->session) tg_sender_hurry(bot->session->sender);
  pthread_mutex_unlock(&t->lock);
}

struct group_work_ctx {
  struct telegram *t;
  const struct group_choice *choice;
  str account, chat_id, title;
  struct group_needs needs;
  int64_t by;
  str address;
  arena *a;
  struct group_info *out;
};

static err read_group(db_conn *c, void *arg) {
  struct group_work_ctx *w = arg;
  return tg_group_read(w->t->group, c, w->account, w->a, w->out);
}

/* The account of the group's bot; "" without a bot. */
static err room_account(struct telegram *t, arena *a, str *out) {
  struct room_ctx r = {.a = a};
  err e = db_read(t->desk->db, read_room_bot, &r);
  if (err_is(e)) return e;
  pthread_mutex_lock(&t->lock);
  const struct tg_bot *bot = room_bot(t, r.account);
  *out = bot ? arena_dup(a, str_c(bot->account)) : S("");
  pthread_mutex_unlock(&t->lock);
  return err_ok;
}

err tg_show_group(struct telegram *t, arena *a, struct group_info *out) {
  struct group_work_ctx w = {.t = t, .a = a, .out = out};
  err e = room_account(t, a, &w.account);
  return err_is(e) ? e : db_read(t->desk->db, read_group, &w);
}

static err keep_group(db_conn *c, void *arg) {
  struct group_work_ctx *w = arg;
  int64_t now_ms = desk_now(w->t->desk);
  err e = tg_group_keep(w->t->group, c, w->choice, w->by, w->address);
  if (err_is(e) || !w->chat_id.len) return e;
  struct staff_place place = {.channel = TG_CHANNEL, .account = w->account, .chat_id = w->chat_id};
  e = setting_set(c, room_bot_key, w->account, 0, now_ms);
  if (!err_is(e)) e = staff_candidate_set(c, &place, w->title, now_ms);
  return err_is(e) ? e : outbox_hurry_lane(c, TG_CHANNEL, w->account, OUTBOX_STAFF_LANE);
}

static err group_refusal(const struct tg_answer *answer) {
  switch (tg_classify_room(answer)) {
    case TG_DONE: return err_ok;
    case TG_REFUSED:
    case TG_ROOM_SHUT:
      return err_detail(ERR_INVALID_FIELD, "chat_id", "Add the bot to the group first. Telegram says: %.*s",
                        STR_ARG(tg_answer_words(answer)));
    default:
      return err_detail(ERR_BOT_UNREACHABLE, NULL, "Telegram cannot be reached: %.*s",
                        STR_ARG(tg_answer_words(answer)));
  }
}

/* Calls a method of the group's bot; ERR_BOT_UNREACHABLE when there is none. */
static err call_about_group(struct group_work_ctx *w, const char *method, str body, struct tg_answer *answer) {
  struct telegram *t = w->t;
  const char *url = NULL;
  http_client *client = t->client;
  pthread_mutex_lock(&t->lock);
  const struct tg_bot *bot = room_bot(t, w->account);
  if (bot) {
    url = tg_api_url(bot->session->api_url, str_c(bot->session->token), method, w->a);
    client = bot->session->client;
  }
  pthread_mutex_unlock(&t->lock);
  if (!url) return err_detail(ERR_BOT_UNREACHABLE, NULL, "Connect the bot first.");
  *answer = tg_api_call(client, url, body, TG_ASK_TIMEOUT_MS, ANSWER_MAX_BYTES, w->a);
  return group_refusal(answer);
}

/* Asks Telegram about the group chosen as staff group, and about the bot in it. */
static err ask_group(struct group_work_ctx *w) {
  struct tg_answer chat, member;
  if (!tg_group_is_formed(w->chat_id))
    return err_detail(ERR_INVALID_FIELD, "chat_id", "A group's id is a negative number, such as -1001234567890.");
  str body = arena_printf(w->a, "{\"chat_id\":%.*s}", STR_ARG(w->chat_id));
  err e = call_about_group(w, "getChat", body, &chat);
  if (err_is(e)) return e;
  if (!tg_group_title_read(chat.result, w->a, &w->title))
    return err_detail(ERR_INVALID_FIELD, "chat_id", "This chat is not a group.");
  e = call_about_group(w, "getChatMember", tg_group_member_body(w->chat_id, w->account, w->a), &member);
  if (err_is(e)) return e;
  group_needs_read(chat.result, member.result, &w->needs);
  return err_ok;
}

/* A refused choice still shows, for the present group, what is missing. */
static err check_needs(struct group_work_ctx *w) {
  if (w->choice->mode != GROUP_TOPICS || group_needs_are_met(&w->needs)) return err_ok;
  tg_group_learn(w->t->group, w->chat_id, &w->needs);
  return err_detail(ERR_INVALID_FIELD, "mode", "%.*s", STR_ARG(group_needs_words(&w->needs)));
}

err tg_set_group(struct telegram *t, const struct group_choice *choice, int64_t by, str address, arena *a,
                 struct group_info *out) {
  assert(t->magic == TELEGRAM_MAGIC);
  struct group_work_ctx w = {
      .t = t, .choice = choice, .chat_id = choice->chat_id, .by = by, .address = address, .a = a, .out = out};
  pthread_mutex_lock(&t->switching); /* the bot that is asked must not change meanwhile */
  err e = room_account(t, a, &w.account);
  if (!err_is(e) && choice->chat_id.len) e = ask_group(&w);
  if (!err_is(e) && choice->chat_id.len) e = check_needs(&w);
  if (!err_is(e)) e = desk_write(t->desk, keep_group, &w);
  if (!err_is(e)) {
    tg_group_take(t->group, choice);
    tg_group_learn(t->group, choice->chat_id, &w.needs);
    tg_room_open(t);
    tg_room_again(t);
  }
  pthread_mutex_unlock(&t->switching);
  return err_is(e) ? e : tg_show_group(t, a, out);
}
