/* The bots of the desk: the table of accounts is what holds, and each process starts and ends sessions as it says. */
#include "edge/telegram/bot/tg_bots_internal.h"

#include "desk/names.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>

/* ---- the list ---- */

static struct tg_bot *find(struct telegram *t, int64_t id) {
  struct tg_bot *bot = t->bots;
  while (bot && bot->id != id) bot = bot->next;
  return bot;
}

struct tg_bot *tg_bots_find(struct telegram *t, int64_t id) {
  pthread_mutex_lock(&t->lock);
  struct tg_bot *bot = find(t, id);
  pthread_mutex_unlock(&t->lock);
  return bot;
}

struct tg_bot *tg_bots_first(struct telegram *t) {
  struct tg_bot *first = NULL;
  for (struct tg_bot *bot = t->bots; bot; bot = bot->next)
    if (bot->live && (!first || bot->position < first->position)) first = bot;
  return first;
}

static int updates_of(const struct account_row *row) { return names_find(&bot_updates_names, row->updates); }

static struct tg_bot *meet(struct telegram *t, const struct account_row *row) {
  struct tg_bot *bot = tg_bots_find(t, row->id), *fresh = bot ? NULL : tg_bot_new(t, row->id);
  pthread_mutex_lock(&t->lock);
  if (fresh) {
    struct tg_bot **at = &t->bots;
    while (*at) at = &(*at)->next;
    *at = bot = fresh;
  }
  bot->live = !row->removed_at;
  bot->paused = row->paused;
  bot->hooked = t->webhook_url && updates_of(row) != BOT_ALWAYS_POLLING;
  bot->position = row->position;
  bot->successor_id = row->successor_id;
  pthread_mutex_unlock(&t->lock);
  return bot;
}

/* ---- following the table ---- */

struct following_ctx {
  struct telegram *telegram;
  struct account_row *rows;
  str *tokens, *proxies;
  size_t count;
  arena *a;
};

static err read_accounts(db_conn *c, void *arg) {
  struct following_ctx *f = arg;
  struct desk *d = f->telegram->desk;
  err e = account_list(c, TG_CHANNEL, true, f->a, &f->rows, &f->count);
  f->tokens = arena_array(f->a, str, f->count + 1);
  f->proxies = arena_array(f->a, str, f->count + 1);
  for (size_t i = 0; i < f->count && !err_is(e); i++) {
    f->tokens[i] = f->proxies[i] = STR_NONE;
    if (f->rows[i].removed_at) continue;
    e = account_get_secret(d, c, f->rows[i].id, ACCOUNT_TOKEN, f->a, &f->tokens[i]);
    if (!err_is(e)) e = account_get_secret(d, c, f->rows[i].id, ACCOUNT_PROXY, f->a, &f->proxies[i]);
  }
  return e;
}

str tg_bots_webhook(struct telegram *t, int64_t id, int64_t position, arena *a) {
  if (!t->webhook_url) return STR_NONE;
  str base = str_c(t->webhook_url);
  return position == 1 ? base : arena_printf(a, "%.*s/%" PRId64, STR_ARG(base), id);
}

/* The token of an account that the environment names is in the environment of each process. */
static str token_of(const struct telegram *t, const struct account_row *row, str sealed) {
  str account = STR_NONE, token = t->env_token ? str_c(t->env_token) : STR_NONE;
  int64_t id = 0;
  if (row->source != ACCOUNT_OF_ENVIRONMENT) return sealed;
  bool names = tg_token_is_formed(token, &account) && str_to_i64(account, &id) && id == row->id;
  return names ? token : STR_NONE;
}

/* An operator may have given the same token again, because Telegram knows it by now, or asks for the webhook to be set again. */
static void look_again(struct tg_bot *bot) {
  pthread_mutex_lock(&bot->telegram->lock);
  if (bot->session) tg_session_refresh(bot->session);
  pthread_mutex_unlock(&bot->telegram->lock);
}

static void follow_one(struct following_ctx *f, size_t i, const struct tg_me *me) {
  struct telegram *t = f->telegram;
  const struct account_row *row = &f->rows[i];
  struct tg_bot *bot = meet(t, row);
  str token = token_of(t, row, f->tokens[i]), account = STR_NONE;
  struct tg_plan plan = {
      .token = token,
      .api_url = row->api_url.len ? row->api_url : str_c(t->api_url),
      .webhook_url =
          updates_of(row) == BOT_ALWAYS_POLLING ? STR_NONE : tg_bots_webhook(t, row->id, row->position, f->a),
      .webhook_only = updates_of(row) == BOT_ALWAYS_WEBHOOK,
      .proxy = f->proxies[i],
  };
  bool wanted = !row->removed_at && !row->paused && tg_token_is_formed(token, &account);
  bool touched = bot->updated_at && bot->updated_at != row->updated_at;
  bot->updated_at = row->updated_at;
  if (tg_bot_runs(bot, wanted ? &plan : NULL)) {
    if (touched && wanted) look_again(bot);
    return;
  }
  if (!wanted && tg_lease_held(&bot->lease)) tg_bot_leave_webhook(bot);
  tg_bot_switch(bot, wanted ? &plan : NULL, row, me, TG_SWITCH_GRACE_MS, false);
}

static bool is_stopping(struct telegram *t) {
  pthread_mutex_lock(&t->lock);
  bool stopping = t->stopping;
  pthread_mutex_unlock(&t->lock);
  return stopping;
}

err tg_bots_follow(struct telegram *t, int64_t fresh, const struct tg_me *me) {
  if (is_stopping(t)) return err_ok;
  struct following_ctx f = {.telegram = t, .a = arena_new(0)};
  err e = db_read(t->desk->db, read_accounts, &f);
  for (size_t i = 0; i < f.count && !err_is(e); i++) follow_one(&f, i, f.rows[i].id == fresh ? me : NULL);
  for (size_t i = 0; i < f.count; i++) { /* decrypted */
    if (f.tokens[i].ptr) sodium_memzero((void *)(uintptr_t)f.tokens[i].ptr, f.tokens[i].len);
    if (f.proxies[i].ptr) sodium_memzero((void *)(uintptr_t)f.proxies[i].ptr, f.proxies[i].len);
  }
  arena_free(&f.a);
  if (err_is(e)) return e;
  tg_room_open(t);
  pthread_mutex_lock(&t->lock);
  t->woken = true;
  pthread_cond_broadcast(&t->changed); /* a new session needs its lease */
  pthread_mutex_unlock(&t->lock);
  return err_ok;
}

/* ---- webhook requests ---- */

enum tg_admission tg_webhook_admits(struct telegram *t, int64_t account_id, str secret, bool first, arena *a,
                                    struct tg_admitted *out) {
  assert(t->magic == TELEGRAM_MAGIC);
  enum tg_admission admitted = TG_UNAUTHENTICATED;
  pthread_mutex_lock(&t->lock);
  const struct tg_bot *named = account_id ? find(t, account_id) : tg_bots_first(t);
  struct tg_counters *counters = named ? (struct tg_counters *)(uintptr_t)&named->counters : &t->unassigned;
  for (struct tg_bot *bot = t->bots; bot; bot = bot->next) {
    /* Whichever bot is named, so that the response does not tell which one there is. */
    if (bot->between && admitted == TG_UNAUTHENTICATED) admitted = TG_BETWEEN;
    if (account_id && bot->id != account_id) continue;
    if (!bot->session) continue;
    if (!secret.ptr || !str_eq_constant_time(secret, str_c(bot->session->secret))) continue;
    out->account = arena_dup(a, str_c(bot->account));
    counters = &bot->counters;
    admitted = TG_ADMITTED;
  }
  out->counters = counters;
  pthread_mutex_unlock(&t->lock);
  if (first) TG_COUNT(counters, webhook_requests);
  if (admitted == TG_UNAUTHENTICATED) TG_COUNT(counters, webhook_refused);
  return admitted;
}

/* ---- the state ---- */

/* A token in the environment that is none has no account, so it is told in place of the first bot. */
static void describe_none(const struct telegram *t, struct bot_info *out) {
  str account = STR_NONE;
  *out = (struct bot_info){.state = BOT_UNSET, .mode = t->webhook_url ? BOT_WEBHOOK : BOT_POLLING};
  if (!t->env_token || tg_token_is_formed(str_c(t->env_token), &account)) return;
  out->state = BOT_UNAUTHORIZED;
  out->error = S("TELEGRAM_BOT_TOKEN is not a bot's token: 123456:ABC-DEF");
}

void tg_info(struct telegram *t, arena *a, struct bot_info *out) {
  assert(t->magic == TELEGRAM_MAGIC);
  pthread_mutex_lock(&t->lock);
  const struct tg_bot *first = tg_bots_first(t);
  if (first)
    tg_bot_describe(first, a, out);
  else
    describe_none(t, out);
  pthread_mutex_unlock(&t->lock);
}

bool tg_info_of(struct telegram *t, int64_t id, arena *a, struct bot_info *out) {
  pthread_mutex_lock(&t->lock);
  const struct tg_bot *bot = find(t, id);
  if (bot) tg_bot_describe(bot, a, out);
  pthread_mutex_unlock(&t->lock);
  return bot != NULL;
}
