/* See tg_group.h: which group it is, and its state. */
#include "edge/telegram/group/tg_group.h"

#include "base/log.h"
#include "desk/audit/audit.h"
#include "desk/outbox/outbox.h"
#include "desk/setting/setting.h"
#include "edge/telegram/group/tg_group_internal.h"
#include "edge/telegram/tg_internal.h"

#include <stddef.h>

static const char group_key[] = "staff_group"; /* "": the panel has said that there is none */
static const char mode_key[] = "staff_group_mode";
static const char prefix_key[] = "staff_group_note_prefix";

static const char *const states[] = {"off", "waiting", "ok", "failing"};
static const char *const sources[] = {"panel", "environment"};
static const char *const modes[] = {"plain", "topics"};
const struct json_enum group_mode_names = {"StaffGroupMode", modes, JSON_COUNT(modes), NULL};
const struct json_enum group_state_names = {"StaffGroupState", states, JSON_COUNT(states), NULL};
const struct json_enum group_source_names = {"StaffGroupSource", sources, JSON_COUNT(sources), NULL};

#define AT(member) offsetof(struct group_need_row, member)
static const struct json_field need_fields[] = {
    {.name = "need", .type = JSON_ENUM, .offset = AT(need), .names = &group_need_names},
    {.name = "met", .type = JSON_BOOL, .offset = AT(met)},
};
#undef AT
static JSON_SHAPE(need_shape, "StaffGroupNeedState", struct group_need_row, need_fields,
                  "Something that topics need in the group.");

#define AT(member) offsetof(struct group_info, member)
static const struct json_field fields[] = {
    {.name = "chat_id",
     .type = JSON_STRING,
     .flags = JSON_NULLABLE,
     .offset = AT(chat_id),
     .doc = "The group's id in Telegram; null when there is none."},
    {.name = "title", .type = JSON_STRING, .flags = JSON_NULLABLE, .offset = AT(title)},
    {.name = "mode",
     .type = JSON_ENUM,
     .offset = AT(mode),
     .names = &group_mode_names,
     .doc = "topics: each conversation has a topic of its own."},
    {.name = "note_prefix",
     .type = JSON_STRING,
     .offset = AT(note_prefix),
     .doc = "What a message in a topic begins with to stay in the group."},
    {.name = "needs",
     .type = JSON_LIST,
     .offset = AT(needs),
     .shape = &need_shape,
     .doc = "What topics need, as Telegram said last; empty when it was not asked."},
    {.name = "source",
     .type = JSON_ENUM,
     .flags = JSON_NULLABLE,
     .offset = AT(source),
     .names = &group_source_names,
     .doc = "Where it was chosen: what the panel says goes before TELEGRAM_GROUP_CHAT_ID."},
    {.name = "state", .type = JSON_ENUM, .offset = AT(state), .names = &group_state_names},
    {.name = "error",
     .type = JSON_STRING,
     .flags = JSON_NULLABLE,
     .offset = AT(error),
     .doc = "Telegram's words, when nothing can be sent there."},
    {.name = "queued", .type = JSON_INT, .offset = AT(queued), .doc = "What must still leave for the group."},
    {.name = "candidates",
     .type = JSON_LIST,
     .offset = AT(candidates),
     .shape = &staff_candidate_shape,
     .doc = "The groups of which the bot is a member, newest first."},
};
#undef AT
JSON_SHAPE(group_shape, "StaffGroup", struct group_info, fields,
           "The group in Telegram where the staff reads what customers write, and answers by replying.");

bool tg_group_is_formed(str chat_id) {
  int64_t id = 0;
  return chat_id.len < TG_CHAT_SIZE && str_starts(chat_id, S("-")) && str_to_i64(chat_id, &id) && id < 0;
}

struct tg_group *tg_group_new(struct desk *d, const char *environment) {
  struct tg_group *g = mem_alloc(sizeof *g);
  g->desk = d;
  pthread_mutex_init(&g->lock, NULL);
  str given = environment ? str_trim(str_c(environment)) : STR_NONE;
  if (str_eq(given, S("0"))) given = STR_NONE;
  if (given.len && !tg_group_is_formed(given))
    LOG_ERROR("telegram.group_malformed",
              LOG_C("hint", "TELEGRAM_GROUP_CHAT_ID is a number below 0, as -1001234567890"));
  else if (given.len)
    snprintf(g->chat, sizeof g->chat, "%.*s", STR_ARG(given));
  g->source = GROUP_OF_ENVIRONMENT;
  snprintf(g->note_prefix, sizeof g->note_prefix, "%s", TG_NOTE_PREFIX_DEFAULT);
  return g;
}

void tg_group_free(struct tg_group **g) {
  if (!*g) return;
  pthread_mutex_destroy(&(*g)->lock);
  mem_free(g);
}

struct loading_ctx {
  arena *a;
  str chat_id, mode, note_prefix;
};

static int mode_of(str text) { return str_eq(text, S("topics")) ? GROUP_TOPICS : GROUP_PLAIN; }

static err load(db_conn *c, void *arg) {
  struct loading_ctx *l = arg;
  err e = setting_get(c, group_key, l->a, &l->chat_id);
  if (!err_is(e)) e = setting_get(c, mode_key, l->a, &l->mode);
  return err_is(e) ? e : setting_get(c, prefix_key, l->a, &l->note_prefix);
}

err tg_group_load(struct tg_group *g) {
  struct loading_ctx l = {.a = arena_new(0)};
  err e = db_read(g->desk->db, load, &l);
  struct group_choice choice = {l.chat_id, mode_of(l.mode), l.note_prefix};
  if (!err_is(e) && l.chat_id.ptr) tg_group_take(g, &choice);
  arena_free(&l.a);
  return e;
}

void tg_group_assign(struct tg_group *g, str account) {
  pthread_mutex_lock(&g->lock);
  bool other = !str_eq(str_c(g->account), account);
  snprintf(g->account, sizeof g->account, "%.*s", STR_ARG(account));
  if (other) g->known = false;
  if (other) g->error[0] = 0;
  pthread_mutex_unlock(&g->lock);
}

str tg_group_chat(struct tg_group *g, str account, arena *a) {
  pthread_mutex_lock(&g->lock);
  bool ours = !g->account[0] || !account.ptr || str_eq(str_c(g->account), account);
  str chat = ours && g->chat[0] ? arena_dup(a, str_c(g->chat)) : STR_NONE;
  pthread_mutex_unlock(&g->lock);
  return chat;
}

void tg_group_take(struct tg_group *g, const struct group_choice *choice) {
  str chat_id = choice->chat_id;
  pthread_mutex_lock(&g->lock);
  bool other = !str_eq(str_c(g->chat), chat_id);
  snprintf(g->chat, sizeof g->chat, "%.*s", STR_ARG(chat_id));
  g->source = GROUP_OF_PANEL;
  bool changed = other || g->topics != (choice->mode == GROUP_TOPICS);
  g->topics = choice->mode == GROUP_TOPICS;
  if (choice->note_prefix.ptr) snprintf(g->note_prefix, sizeof g->note_prefix, "%.*s", STR_ARG(choice->note_prefix));
  if (changed) g->known = false, g->error[0] = 0;
  if (other) g->title[0] = 0, g->needs = (struct group_needs){0};
  pthread_mutex_unlock(&g->lock);
}

bool tg_group_has_topics(struct tg_group *g, str chat_id) {
  pthread_mutex_lock(&g->lock);
  bool has = g->topics && str_eq(str_c(g->chat), chat_id);
  pthread_mutex_unlock(&g->lock);
  return has;
}

struct group_needs tg_group_needs(struct tg_group *g) {
  pthread_mutex_lock(&g->lock);
  struct group_needs needs = g->needs;
  pthread_mutex_unlock(&g->lock);
  return needs;
}

void tg_group_note_prefix(struct tg_group *g, char *out) {
  pthread_mutex_lock(&g->lock);
  memcpy(out, g->note_prefix, sizeof g->note_prefix);
  pthread_mutex_unlock(&g->lock);
}

void tg_group_learn(struct tg_group *g, str chat_id, const struct group_needs *needs) {
  pthread_mutex_lock(&g->lock);
  bool present = str_eq(str_c(g->chat), chat_id), unmet = present && g->topics && !group_needs_are_met(needs);
  if (present) g->needs = *needs;
  pthread_mutex_unlock(&g->lock);
  if (unmet) tg_group_report(g, chat_id, group_needs_words(needs));
}

static struct json_list list_needs(const struct group_needs *needs, arena *a) {
  struct group_need_row *rows = arena_array(a, struct group_need_row, GROUP_NEEDS);
  for (int i = 0; i < GROUP_NEEDS; i++) rows[i] = (struct group_need_row){i, needs->met[i]};
  return (struct json_list){rows, needs->known ? GROUP_NEEDS : 0};
}

void tg_group_report(struct tg_group *g, str chat_id, str error) {
  pthread_mutex_lock(&g->lock);
  bool present = str_eq(str_c(g->chat), chat_id);
  bool changed = present && (!g->known || (g->error[0] != 0) != (error.len > 0));
  if (present) {
    g->known = true;
    str cut = str_utf8_prefix(error, sizeof g->error / 4 - 1); /* a code point has at most four bytes */
    snprintf(g->error, sizeof g->error, "%.*s", STR_ARG(cut));
  }
  pthread_mutex_unlock(&g->lock);
  if (changed)
    LOG_INFO(error.len ? "telegram.group_fails" : "telegram.group_works", LOG_S("chat", chat_id), LOG_S("why", error));
}

void tg_group_report_removed(struct tg_group *g, str chat_id) {
  pthread_mutex_lock(&g->lock);
  g->removals++;
  pthread_mutex_unlock(&g->lock);
  tg_group_report(g, chat_id, S("The bot was removed from the group."));
}

int tg_group_removals(struct tg_group *g) {
  pthread_mutex_lock(&g->lock);
  int removals = g->removals;
  pthread_mutex_unlock(&g->lock);
  return removals;
}

void tg_group_report_sent(struct tg_group *g, str chat_id, int removals) {
  if (tg_group_removals(g) == removals) tg_group_report(g, chat_id, STR_NONE);
}

/* With its last known title. */
err tg_group_read(struct tg_group *g, db_conn *c, str account, arena *a, struct group_info *out) {
  struct staff_candidate *candidates = NULL;
  size_t count = 0;
  pthread_mutex_lock(&g->lock);
  bool there = g->chat[0] != 0;
  *out = (struct group_info){
      .chat_id = there ? arena_dup(a, str_c(g->chat)) : STR_NONE,
      .source = there || g->source == GROUP_OF_PANEL ? (int)g->source : -1,
      .state = !there        ? GROUP_OFF
               : !g->known   ? GROUP_WAITING
               : g->error[0] ? GROUP_FAILING
                             : GROUP_OK,
      .error = g->error[0] ? arena_dup(a, str_c(g->error)) : STR_NONE,
      .mode = g->topics ? GROUP_TOPICS : GROUP_PLAIN,
      .note_prefix = arena_dup(a, str_c(g->note_prefix)),
      .needs = list_needs(&g->needs, a),
  };
  pthread_mutex_unlock(&g->lock);
  err e = staff_candidates(c, TG_CHANNEL, account, a, &candidates, &count);
  if (!err_is(e)) e = outbox_count_lane(c, TG_CHANNEL, account, OUTBOX_STAFF_LANE, &out->queued);
  out->candidates = (struct json_list){candidates, count};
  for (size_t i = 0; i < count && there; i++)
    if (str_eq(candidates[i].chat_id, out->chat_id)) out->title = candidates[i].title;
  pthread_mutex_lock(&g->lock);
  bool same = there && str_eq(str_c(g->chat), out->chat_id);
  if (same && out->title.len && out->title.len < sizeof g->title)
    snprintf(g->title, sizeof g->title, "%.*s", STR_ARG(out->title));
  if (same && !out->title.ptr && g->title[0]) out->title = arena_dup(a, str_c(g->title));
  pthread_mutex_unlock(&g->lock);
  return e;
}

err tg_group_keep(struct tg_group *g, db_conn *c, const struct group_choice *choice, int64_t by, str address) {
  int64_t now = desk_now(g->desk);
  str chat_id = choice->chat_id;
  err e = setting_set(c, group_key, chat_id, by, now);
  if (!err_is(e)) e = setting_set(c, mode_key, str_c(modes[choice->mode]), by, now);
  if (!err_is(e) && choice->note_prefix.ptr) e = setting_set(c, prefix_key, choice->note_prefix, by, now);
  if (!err_is(e) && !chat_id.len) e = outbox_drop_lane(c, TG_CHANNEL, OUTBOX_STAFF_LANE);
  enum audit_action action = chat_id.len ? AUDIT_STAFF_GROUP_SET : AUDIT_STAFF_GROUP_CLEARED;
  return err_is(e) ? e : audit_add(c, actor_operator(by), action, S("bot"), chat_id, address, now);
}

void tg_group_follow(struct tg_group *g, str from, str to) {
  tg_group_take(g, &(struct group_choice){.chat_id = to}); /* only a group without topics moves */
  LOG_INFO("telegram.group_moved", LOG_S("from", from), LOG_S("to", to));
}
