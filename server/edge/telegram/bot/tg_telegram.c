/* See telegram.h: starts and stops everything. A change of the accounts made in this process is followed at once, one made in
 * another within FOLLOW_MS. */
#include "edge/telegram/bot/tg_bots_internal.h"
#include "edge/telegram/in/tg_local.h"

#include "base/log.h"
#include "edge/telegram/group/tg_group.h"
#include "edge/telegram/in/tg_kinds.h"
#include "edge/telegram/in/tg_press.h"
#include "edge/telegram/tg_address.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>

enum { FOLLOW_MS = 2000, REMOVED_LOOK_MS = 10000 };

static const char webhook_path[] = "/webhook/telegram";

struct tg_ingest *tg_ingest_of(struct telegram *t) {
  return t->ingest;
}

/* ---- the thread that follows the accounts ---- */

/* One round of what other processes have changed. */
static void follow_others(struct telegram *t) {
  pthread_mutex_lock(&t->switching);
  err e = tg_group_load(t->group);
  if (!err_is(e)) e = tg_bots_follow(t, 0, NULL);
  pthread_mutex_unlock(&t->switching);
  if (err_is(e)) LOG_WARN("telegram.accounts_unreadable", LOG_E(e));
}

/* False when stopping. */
static bool sleep_ms(struct telegram *t, int64_t ms) {
  int64_t until_ms = thread_now_ms() + ms;
  pthread_mutex_lock(&t->lock);
  while (!t->stopping && thread_cond_wait_until(&t->changed, &t->lock, until_ms)) continue;
  bool goes_on = !t->stopping;
  pthread_mutex_unlock(&t->lock);
  return goes_on;
}

static void *follow_accounts(void *arg) {
  struct telegram *t = arg;
  int64_t look_at_ms = 0;
  while (sleep_ms(t, FOLLOW_MS)) {
    int64_t now_ms = clock_steady_ms(t->desk->clock);
    follow_others(t); /* with SQLite: `doctor --repair` */
    if (now_ms < look_at_ms) continue;
    tg_removed_end(t);
    look_at_ms = now_ms + REMOVED_LOOK_MS;
  }
  return NULL;
}

/* ---- start and stop ---- */

static void files_wait(void *self) {
  struct telegram *t = self;
  pthread_mutex_lock(&t->lock);
  for (struct tg_bot *bot = t->bots; bot; bot = bot->next)
    if (bot->session) tg_media_wake(bot->session->media);
  pthread_mutex_unlock(&t->lock);
}

static void pressed(const struct tg_ingest_job *job, void *self) {
  struct telegram *t = self;
  pthread_mutex_lock(&t->lock);
  for (struct tg_bot *bot = t->bots; bot; bot = bot->next)
    if (bot->session && str_eq(str_c(bot->account), job->account)) tg_press_answer(bot->session, job);
  pthread_mutex_unlock(&t->lock);
}

static char *without_slash(const char *url) {
  str s = str_trim(str_c(url));
  while (s.len && s.ptr[s.len - 1] == '/') s.len--;
  return mem_dup_cstr(s);
}

static char *webhook_address(const char *url) {
  char *base = without_slash(url);
  if (str_contains(str_c(base), str_c(webhook_path))) return base;
  size_t size = strlen(base) + sizeof webhook_path;
  char *whole = mem_alloc(size);
  snprintf(whole, size, "%s%s", base, webhook_path);
  mem_free(&base);
  return whole;
}

/* A bot's own address is below that of the first. */
bool telegram_webhook_is(const char *webhook_url, int64_t id, str address) {
  char own[32];
  char *whole = webhook_address(webhook_url);
  int n = snprintf(own, sizeof own, "/%" PRId64, id);
  bool same = tg_address_same(str_c(whole), address);
  if (!same && str_ends(address, str_n(own, (size_t)n)))
    same = tg_address_same(str_c(whole), str_sub(address, 0, address.len - (size_t)n));
  mem_free(&whole);
  return same;
}

str telegram_local_folder(str setting, str account) { return tg_local_folder(setting, account); }

str telegram_webhook_host(str address) { return tg_address_host(address); }

bool telegram_webhook_asks_for_ours(str allowed_updates) { return tg_asks_for_ours(allowed_updates); }

struct telegram *telegram_new(const struct telegram_config *config) {
  struct telegram *t = mem_alloc(sizeof *t);
  t->magic = TELEGRAM_MAGIC;
  t->desk = config->desk;
  t->client = config->client;
  bool given = config->api_url && *config->api_url;
  t->api_url = without_slash(given ? config->api_url : "https://api.telegram.org");
  t->env_token = config->token && *config->token ? mem_dup_cstr(str_trim(str_c(config->token))) : NULL;
  t->webhook_url = config->webhook_url && *config->webhook_url ? webhook_address(config->webhook_url) : NULL;
  t->user_agent = mem_dup_cstr(str_c(config->user_agent ? config->user_agent : "Switchboard"));
  bool local = config->local_files && *config->local_files;
  t->local_files = local ? mem_dup_cstr(str_c(config->local_files)) : NULL;
  t->per_second = config->per_second;
  t->alone = db_engine_of(t->desk->db) == DB_SQLITE;
  t->group = tg_group_new(t->desk, config->group_chat_id);
  t->ingest = tg_ingest_new(&(struct tg_ingest_config){t->desk, &t->unassigned, files_wait, t, .group = t->group,
                                                       .on_room = tg_room_again, .on_press = pressed});
  pthread_mutex_init(&t->switching, NULL);
  pthread_mutex_init(&t->lock, NULL);
  thread_cond_init(&t->changed);
  return t;
}

err telegram_start(struct telegram *t) {
  assert(t->magic == TELEGRAM_MAGIC);
  str account = STR_NONE;
  err e = tg_adopt(t);
  if (!err_is(e)) e = tg_group_load(t->group);
  pthread_mutex_lock(&t->switching);
  if (!err_is(e)) e = tg_bots_follow(t, 0, NULL);
  pthread_mutex_unlock(&t->switching);
  if (t->env_token && !tg_token_is_formed(str_c(t->env_token), &account)) LOG_ERROR("telegram.token_malformed");
  if (err_is(e) || t->follows) return e;
  tg_leases_start(t);
  t->follows = thread_start(&t->follow_thread, "tg-bots", TG_STACK_BYTES, follow_accounts, t);
  if (!t->follows) mem_exhausted(0);
  return err_ok;
}

/* All begin to stop before one is waited for, so that they share the grace. */
static void stop_sessions(struct telegram *t, int grace_ms) {
  pthread_mutex_lock(&t->lock);
  for (struct tg_bot *bot = t->bots; bot; bot = bot->next)
    if (bot->session) tg_session_halt(bot->session, grace_ms);
  pthread_mutex_unlock(&t->lock);
  for (struct tg_bot *bot = t->bots; bot; bot = bot->next) tg_bot_switch(bot, NULL, NULL, NULL, grace_ms, true);
}

void telegram_stop(struct telegram *t, int grace_ms) {
  assert(t->magic == TELEGRAM_MAGIC);
  pthread_mutex_lock(&t->lock);
  t->stopping = true;
  pthread_cond_broadcast(&t->changed);
  pthread_mutex_unlock(&t->lock);
  if (t->follows) pthread_join(t->follow_thread, NULL);
  t->follows = false;
  pthread_mutex_lock(&t->switching);
  stop_sessions(t, grace_ms);
  pthread_mutex_unlock(&t->switching);
  tg_leases_stop(t);
}

void telegram_free(struct telegram **telegram) {
  struct telegram *t = *telegram;
  if (!t) return;
  assert(t->magic == TELEGRAM_MAGIC && !t->follows && !t->leases);
  while (t->bots) {
    struct tg_bot *bot = t->bots;
    t->bots = bot->next;
    tg_bot_free(&bot);
  }
  tg_ingest_free(&t->ingest);
  tg_group_free(&t->group);
  if (t->env_token) sodium_memzero(t->env_token, strlen(t->env_token));
  mem_free(&t->env_token);
  mem_free(&t->api_url);
  mem_free(&t->webhook_url);
  mem_free(&t->user_agent);
  mem_free(&t->local_files);
  pthread_cond_destroy(&t->changed);
  pthread_mutex_destroy(&t->lock);
  pthread_mutex_destroy(&t->switching);
  t->magic = 0;
  mem_free(telegram);
}

/* ---- the state ---- */

const char *telegram_state(struct telegram *t) {
  struct bot_info info = {.state = BOT_UNSET};
  arena *a = arena_new(0);
  if (t) tg_info(t, a, &info);
  arena_free(&a);
  return bot_state_names.names[info.state];
}

void telegram_wake(void *telegram) {
  struct telegram *t = telegram;
  assert(t->magic == TELEGRAM_MAGIC);
  pthread_mutex_lock(&t->lock);
  for (struct tg_bot *bot = t->bots; bot; bot = bot->next)
    if (bot->session) tg_sender_wake(bot->session->sender);
  pthread_mutex_unlock(&t->lock);
}

void telegram_show_activity(struct telegram *t, str account, str chat, int activity) {
  int64_t now_ms = clock_steady_ms(t->desk->clock);
  pthread_mutex_lock(&t->lock);
  for (struct tg_bot *bot = t->bots; bot; bot = bot->next) {
    if (!bot->session || bot->paused || !str_eq(str_c(bot->account), account)) continue;
    if (tg_activity_may(&t->activities, &bot->counters, account, chat, activity, now_ms))
      tg_activity_send(bot->session, chat, activity);
  }
  pthread_mutex_unlock(&t->lock);
}

static struct telegram_stats stats_of(const struct tg_counters *n) {
#define READ(name) .name = atomic_load_explicit(&n->name, memory_order_relaxed)
  return (struct telegram_stats){
      READ(updates),      READ(updates_known), READ(updates_kept_raw), READ(updates_malformed), READ(updates_deferred),
      READ(polls),        READ(polls_failed),  READ(webhook_requests), READ(webhook_refused),   READ(sent),
      READ(refused),      READ(retried),       READ(flood_waits),      READ(uncertain),         READ(files_fetched),
      READ(files_failed), READ(in_flight),     READ(circuit),
  };
#undef READ
}

size_t telegram_stats(struct telegram *t, struct telegram_stats *out, size_t max) {
  size_t count = 0;
  pthread_mutex_lock(&t->lock);
  for (const struct tg_bot *bot = t->bots; bot && count < max; bot = bot->next) {
    if (!bot->live) continue;
    out[count] = stats_of(&bot->counters);
    snprintf(out[count++].bot, sizeof out->bot, "%s", bot->account);
  }
  pthread_mutex_unlock(&t->lock);
  return count;
}
