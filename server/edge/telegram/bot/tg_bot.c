/* One bot: its known state, as the panel and the other processes see it, and its session. */
#include "edge/telegram/bot/tg_bots_internal.h"
#include "edge/telegram/in/tg_local.h"

#include "base/log.h"
#include "desk/bus/bus.h"
#include "desk/names.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>

enum { ANSWER_MAX_BYTES = 1 << 20 };

/* ---- the known state ---- */

static void put(char *out, size_t size, str s) {
  str cut = str_utf8_prefix(s, size / 4 - 1); /* a code point has at most four bytes */
  snprintf(out, size, "%.*s", STR_ARG(cut));
}

static str copy_or_none(arena *a, const char *z) { return *z ? arena_dup(a, str_c(z)) : STR_NONE; }

/* A bot that receives but cannot send is not ok. */
void tg_bot_describe(const struct tg_bot *bot, arena *a, struct bot_info *out) {
  const struct tg_known *k = &bot->known;
  bool mute = k->state == BOT_OK && k->sending[0];
  *out = (struct bot_info){
      .state = bot->paused && bot->live ? BOT_PAUSED
               : mute                   ? BOT_UNREACHABLE
                                        : k->state,
      .mode = bot->hooked && !k->fallback ? BOT_WEBHOOK : BOT_POLLING,
      .id = bot->id,
      .username = copy_or_none(a, k->username),
      .name = copy_or_none(a, k->name),
      .error = bot->paused ? STR_NONE : copy_or_none(a, mute ? k->sending : k->error),
      .checked_at = k->checked_at,
      .position = bot->position,
      .successor_id = bot->successor_id,
      .paused = bot->paused,
      .removed = !bot->live,
      .fallback = k->fallback && !bot->paused && bot->live,
  };
}

void tg_bot_know(struct tg_bot *bot, const struct account_row *row) {
  struct tg_known *k = &bot->known;
  int state = names_find(&bot_state_names, row->state);
  if (state >= 0) k->state = (enum bot_state)state;
  k->checked_at = row->checked_at;
  k->fallback = row->fallback;
  put(k->error, sizeof k->error, row->error);
  if (row->username.len) put(k->username, sizeof k->username, row->username);
  if (row->name.len) put(k->name, sizeof k->name, row->name);
}

struct publishing_ctx {
  struct tg_bot *bot;
  struct bot_info now;
  int64_t by;
};

/* An operator has changed a bot of which another process knows the state better. */
static err keep_stored_state(db_conn *c, int64_t id, struct bot_info *now) {
  struct account_row row;
  err e = account_get(c, id, db_conn_arena(c), &row);
  int state = err_is(e) ? -1 : names_find(&bot_state_names, row.state);
  if (state < 0 || now->paused || now->removed) return e;
  now->state = state;
  now->error = row.error;
  now->fallback = row.fallback;
  now->checked_at = row.checked_at;
  return err_ok;
}

static err publish(db_conn *c, void *arg) {
  struct publishing_ctx *p = arg;
  struct tg_bot *bot = p->bot;
  struct desk *d = bot->telegram->desk;
  bool holds = true;
  err e = err_ok;
  if (!bot->lease.alone) e = account_fence_holds(c, bot->id, atomic_load(&bot->lease.fence), &holds);
  if (err_is(e) || (!holds && !p->by)) return e;
  if (!holds) e = keep_stored_state(c, bot->id, &p->now);
  if (err_is(e)) return e;
  struct account_row row = {.id = bot->id,
                            .name = p->now.name,
                            .username = p->now.username,
                            .state = names_text(&bot_state_names, p->now.state),
                            .error = p->now.error,
                            .fallback = p->now.fallback,
                            .checked_at = p->now.checked_at};
  e = account_set_state(c, &row);
  struct actor by = actor_operator(p->by);
  struct event_about about = {.id = bot->id, .by = by};
  return err_is(e) ? e : emit_bot_status_change(c, &about, &(struct event_bot_status_change){&p->now}, desk_now(d));
}

void tg_bot_publish(struct tg_bot *bot, int64_t by) {
  struct telegram *t = bot->telegram;
  arena *a = arena_new(0);
  struct publishing_ctx p = {.bot = bot, .by = by};
  pthread_mutex_lock(&bot->publishing);
  pthread_mutex_lock(&t->lock);
  tg_bot_describe(bot, a, &p.now);
  pthread_mutex_unlock(&t->lock);
  err e = desk_write(t->desk, publish, &p);
  pthread_mutex_unlock(&bot->publishing);
  if (err_is(e)) LOG_WARN("telegram.state_not_published", LOG_E(e));
  arena_free(&a);
}

/* Whether the session's report counts: it is the present one, and this process fetches the bot's updates. With the lock held. */
static bool counts(const struct tg_session *s) {
  struct tg_bot *bot = s->owner->bot;
  return bot->session == s && tg_lease_held(&bot->lease);
}

/* With the words of the network only for the configured way. */
static str unreachable(const struct tg_session *s, str words) {
  const struct telegram *t = s->owner->bot->telegram;
  bool configured = strcmp(s->api_url, t->api_url) == 0 && s->client == t->client;
  return configured || !words.len ? words : S(TG_NO_SERVER);
}

static void report(struct tg_session *s, enum bot_state state, str error) {
  struct tg_bot *bot = s->owner->bot;
  struct telegram *t = bot->telegram;
  if (state == BOT_UNREACHABLE) error = unreachable(s, error);
  char words[sizeof bot->known.error];
  put(words, sizeof words, error);
  pthread_mutex_lock(&t->lock);
  struct tg_known *k = &bot->known;
  bool fallback = s->delivery.polls; /* reports come from the session's thread, whose it is */
  bool changed = counts(s) && (k->state != state || k->fallback != fallback || !str_eq(str_c(k->error), str_c(words)));
  if (counts(s)) k->checked_at = desk_now(t->desk);
  if (changed) {
    k->state = state;
    k->fallback = fallback;
    put(k->error, sizeof k->error, error);
  }
  pthread_mutex_unlock(&t->lock);
  if (!changed) return;
  LOG_INFO("telegram.state", LOG_C("bot", s->account), LOG_S("state", str_c(bot_state_names.names[state])),
           LOG_C("why", words));
  tg_bot_publish(bot, 0);
}

/* With the lock held. */
static bool take_me(struct tg_bot *bot, const struct tg_me *me) {
  struct tg_known *k = &bot->known;
  struct tg_known old = *k;
  put(k->username, sizeof k->username, me->username);
  put(k->name, sizeof k->name, me->name);
  return strcmp(old.username, k->username) != 0 || strcmp(old.name, k->name) != 0;
}

static void report_me(struct tg_session *s, const struct tg_me *me) {
  struct tg_bot *bot = s->owner->bot;
  struct telegram *t = bot->telegram;
  pthread_mutex_lock(&t->lock);
  bool changed = bot->session == s && take_me(bot, me) && tg_lease_held(&bot->lease);
  pthread_mutex_unlock(&t->lock);
  if (changed) tg_bot_publish(bot, 0);
}

static void report_sending(struct tg_session *s, str error) {
  struct tg_bot *bot = s->owner->bot;
  struct telegram *t = bot->telegram;
  pthread_mutex_lock(&t->lock);
  error = unreachable(s, error);
  bool changed = counts(s) && (bot->known.sending[0] != 0) != (error.len > 0);
  if (changed) put(bot->known.sending, sizeof bot->known.sending, error);
  pthread_mutex_unlock(&t->lock);
  if (changed) tg_bot_publish(bot, 0);
}

/* ---- the session ---- */

static bool same(const char *z, str s) { return z ? s.ptr && str_eq(str_c(z), s) : !s.ptr; }

bool tg_bot_runs(struct tg_bot *bot, const struct tg_plan *plan) {
  pthread_mutex_lock(&bot->telegram->lock);
  bool runs = bot->session ? plan && str_eq(str_c(bot->session->token), plan->token) : !plan && !bot->between;
  pthread_mutex_unlock(&bot->telegram->lock);
  if (!runs || !plan) return runs;
  if (bot->webhook_only != plan->webhook_only) return false;
  return same(bot->api_url, plan->api_url) && same(bot->webhook_url, plan->webhook_url) &&
         same(bot->proxy, plan->proxy);
}

static char *dup_or_null(str s) { return s.ptr ? mem_dup_cstr(s) : NULL; }

/* Without a session. */
static void take_plan(struct tg_bot *bot, const struct tg_plan *plan) {
  static const struct tg_plan none = {0};
  if (!plan) plan = &none;
  mem_free(&bot->api_url);
  mem_free(&bot->webhook_url);
  bot->api_url = dup_or_null(plan->api_url);
  bot->webhook_url = dup_or_null(plan->webhook_url);
  bot->webhook_only = plan->webhook_only;
  if (same(bot->proxy, plan->proxy)) return;
  if (bot->own_client) http_client_free(&bot->own_client, 0);
  if (bot->proxy) sodium_memzero(bot->proxy, strlen(bot->proxy));
  mem_free(&bot->proxy);
  bot->proxy = dup_or_null(plan->proxy);
  struct http_client_config own = {.proxy = bot->proxy, .user_agent = bot->telegram->user_agent};
  if (bot->proxy) bot->own_client = http_client_new(&own);
}

static struct tg_session *make_session(struct tg_bot *bot, const struct tg_plan *plan) {
  struct telegram *t = bot->telegram;
  return tg_session_new(&bot->owner, t->desk, bot->own_client ? bot->own_client : t->client, bot->api_url,
                        bot->webhook_url, bot->webhook_only, plan->token);
}

void tg_bot_switch(struct tg_bot *bot, const struct tg_plan *plan, const struct account_row *row,
                   const struct tg_me *me, int grace_ms, bool stopping) {
  struct telegram *t = bot->telegram;
  pthread_mutex_lock(&t->lock);
  struct tg_session *old = bot->session;
  bot->session = NULL;
  bot->between = true;
  pthread_mutex_unlock(&t->lock);
  if (old) tg_session_stop(old, grace_ms);
  if (!stopping) take_plan(bot, plan);
  struct tg_session *next = plan ? make_session(bot, plan) : NULL;
  pthread_mutex_lock(&t->lock);
  bot->known = (struct tg_known){.state = next ? BOT_CONNECTING : BOT_UNSET};
  if (row) put(bot->known.username, sizeof bot->known.username, row->username);
  if (row) put(bot->known.name, sizeof bot->known.name, row->name);
  if (me) take_me(bot, me);
  bot->session = next;
  bot->between = stopping;
  pthread_mutex_unlock(&t->lock);
  tg_session_free(&old);
  if (next) tg_session_start(next, me);
}

void tg_bot_leave_webhook(struct tg_bot *bot) {
  struct telegram *t = bot->telegram;
  arena *a = arena_new(0);
  const char *url = NULL;
  pthread_mutex_lock(&t->lock);
  if (bot->session && bot->session->webhook_url)
    url = tg_api_url(bot->api_url, str_c(bot->session->token), "deleteWebhook", a);
  pthread_mutex_unlock(&t->lock);
  http_client *client = bot->own_client ? bot->own_client : t->client;
  if (url) tg_api_call(client, url, STR_NONE, TG_ASK_TIMEOUT_MS / 4, ANSWER_MAX_BYTES, a);
  arena_free(&a);
}

/* ---- making and freeing ---- */

struct tg_bot *tg_bot_new(struct telegram *t, int64_t id) {
  struct tg_bot *bot = mem_alloc(sizeof *bot);
  bot->telegram = t;
  bot->id = id;
  snprintf(bot->account, sizeof bot->account, "%" PRId64, id);
  bot->known.state = BOT_UNSET;
  bot->lease.alone = t->alone;
  str folder = tg_local_folder(str_c(t->local_files ? t->local_files : ""), str_c(bot->account));
  bot->local_files = folder.ptr ? mem_dup_cstr(folder) : NULL;
  bot->owner = (struct tg_owner){
      .bot = bot,
      .lease = &bot->lease,
      .counters = &bot->counters,
      .ingest = t->ingest,
      .group = t->group,
      .local_files = bot->local_files,
      .per_second = t->per_second,
      .report = report,
      .report_me = report_me,
      .report_sending = report_sending,
  };
  pthread_mutex_init(&bot->publishing, NULL);
  return bot;
}

void tg_bot_free(struct tg_bot **out) {
  struct tg_bot *bot = *out;
  if (!bot) return;
  assert(!bot->session);
  if (bot->own_client) http_client_free(&bot->own_client, 0);
  if (bot->proxy) sodium_memzero(bot->proxy, strlen(bot->proxy));
  mem_free(&bot->proxy);
  mem_free(&bot->local_files);
  mem_free(&bot->api_url);
  mem_free(&bot->webhook_url);
  pthread_mutex_destroy(&bot->publishing);
  mem_free(out);
}
