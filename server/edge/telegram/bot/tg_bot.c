/* See telegram.h. The bot, its token and its known state; starts and ends sessions. */
#include "edge/telegram/in/tg_kinds.h"
#include "edge/telegram/in/tg_press.h"
#include "edge/telegram/telegram.h"

#include "base/log.h"
#include "desk/audit/audit.h"
#include "desk/outbox/outbox.h"
#include "desk/setting/setting.h"
#include "edge/telegram/tg_address.h"
#include "edge/telegram/group/tg_group.h"
#include "edge/telegram/out/tg_replaced.h"
#include "edge/telegram/tg_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>

enum { TELEGRAM_MAGIC = 0x7447626f, ASK_TIMEOUT_MS = 12000, SWITCH_GRACE_MS = 5000, ANSWER_MAX_BYTES = 1 << 20 };

static const char token_key[] = "telegram_token"; /* sealed; empty: the panel has taken the token away */
static const char webhook_path[] = "/webhook/telegram";

struct known { /* the state of the current session */
  enum bot_state state;
  int64_t id, checked_at;
  char username[160], name[544], error[1280], sending[1280];
};

struct telegram {
  uint32_t magic;
  struct desk *desk;
  http_client *client;
  char *api_url, *first_token, *webhook_url; /* webhook_url NULL: long polling */
  char *local_files;                         /* NULL: none */
  struct tg_ingest *ingest;
  struct tg_group *group;
  struct tg_counters counters;
  struct tg_owner owner;      /* the callbacks for sessions */
  pthread_mutex_t switching;  /* one change of the token at a time */
  pthread_mutex_t publishing; /* states are published in the order in which they occurred */
  pthread_mutex_t lock;       /* guards what follows; held briefly */
  struct tg_session *session; /* NULL: no token, or between two sessions */
  bool between;               /* between two sessions; also after the stop */
  struct known known;
};

struct tg_counters *tg_counters_of(struct telegram *t) {
  return &t->counters;
}
struct tg_ingest *tg_ingest_of(struct telegram *t) {
  return t->ingest;
}

/* ---- the known state ---- */

static void put(char *out, size_t size, str s) {
  str cut = str_utf8_prefix(s, size / 4 - 1); /* a code point has at most four bytes */
  snprintf(out, size, "%.*s", STR_ARG(cut));
}

static str copy_or_none(arena *a, const char *z) { return *z ? arena_dup(a, str_c(z)) : STR_NONE; }

/* With t->lock held. A bot that receives but cannot send is not ok. */
static void describe(const struct telegram *t, arena *a, struct bot_info *out) {
  const struct known *k = &t->known;
  bool mute = k->state == BOT_OK && k->sending[0];
  *out = (struct bot_info){
      .state = mute ? BOT_UNREACHABLE : k->state,
      .mode = t->webhook_url ? BOT_WEBHOOK : BOT_POLLING,
      .id = k->id,
      .username = copy_or_none(a, k->username),
      .name = copy_or_none(a, k->name),
      .error = copy_or_none(a, mute ? k->sending : k->error),
      .checked_at = k->checked_at,
  };
}

void tg_info(struct telegram *t, arena *a, struct bot_info *out) {
  assert(t->magic == TELEGRAM_MAGIC);
  pthread_mutex_lock(&t->lock);
  describe(t, a, out);
  pthread_mutex_unlock(&t->lock);
}

/* Publishes the current state to the panels. by: the operator who changed it; 0: Telegram. */
static void publish(struct telegram *t, int64_t by) {
  arena *a = arena_new(0);
  struct bot_info now;
  pthread_mutex_lock(&t->publishing);
  tg_info(t, a, &now);
  struct actor actor = actor_operator(by);
  err e = bot_changed(t->desk, &now, &actor);
  pthread_mutex_unlock(&t->publishing);
  if (err_is(e)) LOG_WARN("telegram.state_not_published", LOG_E(e));
  arena_free(&a);
}

static void report(struct tg_session *s, enum bot_state state, str error) {
  struct telegram *t = s->owner->telegram;
  char words[sizeof t->known.error];
  put(words, sizeof words, error);
  pthread_mutex_lock(&t->lock);
  bool changed = t->session == s && (t->known.state != state || !str_eq(str_c(t->known.error), str_c(words)));
  if (t->session == s) t->known.checked_at = desk_now(t->desk);
  if (changed) {
    t->known.state = state;
    put(t->known.error, sizeof t->known.error, error);
  }
  pthread_mutex_unlock(&t->lock);
  if (!changed) return;
  LOG_INFO("telegram.state", LOG_C("bot", s->account), LOG_S("state", str_c(bot_state_names.names[state])),
           LOG_C("why", words));
  publish(t, 0);
}

/* With t->lock held. */
static bool take_me(struct telegram *t, const struct tg_me *me) {
  struct known *k = &t->known;
  struct known old = *k;
  k->id = me->id;
  put(k->username, sizeof k->username, me->username);
  put(k->name, sizeof k->name, me->name);
  return old.id != k->id || strcmp(old.username, k->username) != 0 || strcmp(old.name, k->name) != 0;
}

static void report_me(struct tg_session *s, const struct tg_me *me) {
  struct telegram *t = s->owner->telegram;
  pthread_mutex_lock(&t->lock);
  bool changed = t->session == s && take_me(t, me);
  pthread_mutex_unlock(&t->lock);
  if (changed) publish(t, 0);
}

static void report_sending(struct tg_session *s, str error) {
  struct telegram *t = s->owner->telegram;
  pthread_mutex_lock(&t->lock);
  bool changed = t->session == s && (t->known.sending[0] != 0) != (error.len > 0);
  if (changed) put(t->known.sending, sizeof t->known.sending, error);
  pthread_mutex_unlock(&t->lock);
  if (changed) publish(t, 0);
}

/* ---- sessions ---- */

/* Opens the staff room for the current bot's group, if both exist. (Not closed at the stop: apps' messages until
 * the end are sent after the next start.) */
static void open_room(struct telegram *t) {
  arena *a = arena_new(0);
  str chat = tg_group_chat(t->group, a), account = STR_NONE;
  pthread_mutex_lock(&t->lock);
  if (t->session) account = arena_dup(a, str_c(t->session->account));
  pthread_mutex_unlock(&t->lock);
  if (chat.ptr && account.ptr)
    staff_open(t->desk, TG_CHANNEL, account);
  else
    staff_close(t->desk);
  arena_free(&a);
}

/* Ends the session, if any, and starts another, if there is a token. stopping: no further session in this process.
 * With t->switching held. */
static void switch_to(struct telegram *t, str token, const struct tg_me *me, int grace_ms, bool stopping) {
  pthread_mutex_lock(&t->lock);
  struct tg_session *old = t->session;
  t->session = NULL;
  t->between = true;
  pthread_mutex_unlock(&t->lock);
  if (old) tg_session_stop(old, grace_ms);
  struct tg_session *next =
      token.len ? tg_session_new(&t->owner, t->desk, t->client, t->api_url, t->webhook_url, token) : NULL;
  pthread_mutex_lock(&t->lock);
  t->known = (struct known){.state = next ? BOT_CONNECTING : BOT_UNSET};
  if (me) take_me(t, me);
  t->session = next;
  t->between = stopping;
  pthread_mutex_unlock(&t->lock);
  tg_session_free(&old);
  if (next) tg_session_start(next, me);
}

/* Removes the former bot's webhook, which Telegram would retry for a day. One try; a failure is harmless. */
static void leave_webhook(struct telegram *t, str next_token) {
  if (!t->webhook_url) return;
  arena *a = arena_new(0);
  const char *url = NULL;
  pthread_mutex_lock(&t->lock);
  str account = STR_NONE;
  if (t->session && (!tg_token_is_formed(next_token, &account) || !str_eq(account, str_c(t->session->account))))
    url = tg_api_url(t->api_url, str_c(t->session->token), "deleteWebhook", a);
  pthread_mutex_unlock(&t->lock);
  if (url) tg_api_call(t->client, url, STR_NONE, ASK_TIMEOUT_MS / 4, ANSWER_MAX_BYTES, a);
  arena_free(&a);
}

/* ---- the token ---- */

struct keeping_ctx {
  struct telegram *t;
  str token;
  int64_t by;
  str address;
  arena *a;
};

static err keep_token(db_conn *c, void *arg) {
  struct keeping_ctx *k = arg;
  struct desk *d = k->t->desk;
  str account = STR_NONE;
  err e = setting_set_secret(d, c, token_key, k->token, k->by, desk_now(d), k->a);
  if (!err_is(e) && tg_token_is_formed(k->token, &account)) e = tg_replaced_note(c, account, desk_now(d));
  enum audit_action action = k->token.len ? AUDIT_BOT_TOKEN_SET : AUDIT_BOT_TOKEN_CLEARED;
  return err_is(e) ? e : audit_add(c, actor_operator(k->by), action, S("bot"), S(""), k->address, desk_now(d));
}

static err load_token(db_conn *c, void *arg) {
  struct keeping_ctx *k = arg;
  return setting_get_secret(k->t->desk, c, token_key, k->a, &k->token);
}

static err note_account(db_conn *c, void *arg) {
  const struct keeping_ctx *k = arg;
  str account = STR_NONE;
  if (!tg_token_is_formed(k->token, &account)) return err_ok;
  return tg_replaced_note(c, account, desk_now(k->t->desk));
}

static err wrong_token(str words) {
  return err_detail(ERR_BOT_TOKEN_INVALID, "token", "Telegram does not know this token: %.*s", STR_ARG(words));
}

static err ask(struct telegram *t, str token, arena *a, struct tg_me *me) {
  str account = STR_NONE;
  if (!tg_token_is_formed(token, &account)) return wrong_token(S("a token looks like 123456:ABC-DEF"));
  struct tg_answer answer =
      tg_api_call(t->client, tg_api_url(t->api_url, token, "getMe", a), STR_NONE, ASK_TIMEOUT_MS, ANSWER_MAX_BYTES, a);
  switch (tg_classify(&answer)) {
    case TG_DONE:
      if (tg_me_read(answer.result, a, me)) return err_ok;
      return err_detail(ERR_BOT_UNREACHABLE, NULL, "The server at TELEGRAM_API_URL is not the Bot API.");
    case TG_BAD_TOKEN:
    case TG_REFUSED: return wrong_token(tg_answer_words(&answer));
    default:
      return err_detail(ERR_BOT_UNREACHABLE, NULL, "Telegram cannot be reached: %.*s",
                        STR_ARG(tg_answer_words(&answer)));
  }
}

err tg_set_token(struct telegram *t, str token, int64_t by, str address, arena *a, struct bot_info *out) {
  assert(t->magic == TELEGRAM_MAGIC);
  struct tg_me me;
  err e = ask(t, token, a, &me);
  if (err_is(e)) return e;
  pthread_mutex_lock(&t->switching);
  e = desk_write(t->desk, keep_token, &(struct keeping_ctx){t, token, by, address, a});
  if (!err_is(e)) {
    leave_webhook(t, token);
    switch_to(t, token, &me, SWITCH_GRACE_MS, false);
    open_room(t);
    publish(t, by);
  }
  pthread_mutex_unlock(&t->switching);
  tg_info(t, a, out);
  return e;
}

err tg_clear_token(struct telegram *t, int64_t by, str address, arena *a, struct bot_info *out) {
  assert(t->magic == TELEGRAM_MAGIC);
  pthread_mutex_lock(&t->switching);
  err e = desk_write(t->desk, keep_token, &(struct keeping_ctx){t, S(""), by, address, a});
  if (!err_is(e)) {
    leave_webhook(t, S(""));
    switch_to(t, STR_NONE, NULL, SWITCH_GRACE_MS, false);
    open_room(t);
    publish(t, by);
  }
  pthread_mutex_unlock(&t->switching);
  tg_info(t, a, out);
  return e;
}

/* ---- the staff group ---- */

static void room_again(void *self) {
  struct telegram *t = self;
  pthread_mutex_lock(&t->lock);
  if (t->session) tg_sender_hurry(t->session->sender);
  pthread_mutex_unlock(&t->lock);
}

struct group_work_ctx {
  struct telegram *t;
  str account, chat_id, title;
  int64_t by;
  str address;
  arena *a;
  struct group_info *out;
};

static err read_group(db_conn *c, void *arg) {
  struct group_work_ctx *w = arg;
  return tg_group_read(w->t->group, c, w->account, w->a, w->out);
}

err tg_show_group(struct telegram *t, arena *a, struct group_info *out) {
  struct group_work_ctx w = {.t = t, .account = S(""), .a = a, .out = out};
  pthread_mutex_lock(&t->lock);
  if (t->session) w.account = arena_dup(a, str_c(t->session->account));
  pthread_mutex_unlock(&t->lock);
  return db_read(t->desk->db, read_group, &w);
}

static err keep_group(db_conn *c, void *arg) {
  struct group_work_ctx *w = arg;
  err e = tg_group_keep(w->t->group, c, w->chat_id, w->by, w->address);
  if (err_is(e) || !w->chat_id.len) return e;
  struct staff_place place = {.channel = TG_CHANNEL, .account = w->account, .chat_id = w->chat_id};
  e = staff_candidate_set(c, &place, w->title, desk_now(w->t->desk));
  return err_is(e) ? e : outbox_hurry_lane(c, TG_CHANNEL, w->account, OUTBOX_STAFF_LANE);
}

/* Asks Telegram about the group chosen as staff group. */
static err ask_group(struct group_work_ctx *w) {
  struct telegram *t = w->t;
  const char *url = NULL;
  if (!tg_group_is_formed(w->chat_id))
    return err_detail(ERR_INVALID_FIELD, "chat_id", "A group's id is a negative number, such as -1001234567890.");
  pthread_mutex_lock(&t->lock);
  if (t->session) {
    url = tg_api_url(t->api_url, str_c(t->session->token), "getChat", w->a);
    w->account = arena_dup(w->a, str_c(t->session->account));
  }
  pthread_mutex_unlock(&t->lock);
  if (!url) return err_detail(ERR_BOT_UNREACHABLE, NULL, "Connect the bot first.");
  str body = arena_printf(w->a, "{\"chat_id\":%.*s}", STR_ARG(w->chat_id));
  struct tg_answer answer = tg_api_call(t->client, url, body, ASK_TIMEOUT_MS, ANSWER_MAX_BYTES, w->a);
  switch (tg_classify_room(&answer)) {
    case TG_DONE: break;
    case TG_REFUSED:
    case TG_ROOM_SHUT:
      return err_detail(ERR_INVALID_FIELD, "chat_id", "Add the bot to the group first. Telegram says: %.*s",
                        STR_ARG(tg_answer_words(&answer)));
    default:
      return err_detail(ERR_BOT_UNREACHABLE, NULL, "Telegram cannot be reached: %.*s",
                        STR_ARG(tg_answer_words(&answer)));
  }
  bool group = tg_group_title_read(answer.result, w->a, &w->title);
  return group ? err_ok : err_detail(ERR_INVALID_FIELD, "chat_id", "This chat is not a group.");
}

err tg_set_group(struct telegram *t, str chat_id, int64_t by, str address, arena *a, struct group_info *out) {
  assert(t->magic == TELEGRAM_MAGIC);
  struct group_work_ctx w = {
      .t = t, .account = S(""), .chat_id = chat_id, .by = by, .address = address, .a = a, .out = out};
  err e = chat_id.len ? ask_group(&w) : err_ok;
  if (err_is(e)) return e;
  pthread_mutex_lock(&t->switching);
  e = desk_write(t->desk, keep_group, &w);
  if (!err_is(e)) {
    tg_group_take(t->group, chat_id);
    open_room(t);
    room_again(t);
  }
  pthread_mutex_unlock(&t->switching);
  return err_is(e) ? e : tg_show_group(t, a, out);
}

/* ---- webhook requests ---- */

enum tg_admission tg_webhook_admits(struct telegram *t, int64_t account_id, str secret, arena *a, str *account) {
  assert(t->magic == TELEGRAM_MAGIC);
  pthread_mutex_lock(&t->lock);
  struct tg_session *s = t->session;
  int64_t id = 0;
  enum tg_admission admitted = s ? TG_UNAUTHENTICATED : t->between ? TG_BETWEEN : TG_NO_BOT;
  bool this_bot = s && (account_id == 0 || (str_to_i64(str_c(s->account), &id) && id == account_id));
  if (this_bot && secret.ptr && str_eq_constant_time(secret, str_c(s->secret))) {
    *account = arena_dup(a, str_c(s->account));
    admitted = TG_ADMITTED;
  }
  pthread_mutex_unlock(&t->lock);
  return admitted;
}

/* ---- start and stop ---- */

static void files_wait(void *self) {
  struct telegram *t = self;
  pthread_mutex_lock(&t->lock);
  if (t->session) tg_media_wake(t->session->media);
  pthread_mutex_unlock(&t->lock);
}

static void pressed(const struct tg_ingest_job *job, void *self) {
  struct telegram *t = self;
  pthread_mutex_lock(&t->lock);
  bool same = t->session && str_eq(str_c(t->session->account), job->account);
  if (same) tg_press_answer(t->session, job);
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

bool telegram_webhook_is(const char *webhook_url, str address) {
  char *whole = webhook_address(webhook_url);
  bool same = tg_address_same(str_c(whole), address);
  mem_free(&whole);
  return same;
}

str telegram_webhook_host(str address) { return tg_address_host(address); }

bool telegram_webhook_asks_for_ours(str allowed_updates) { return tg_asks_for_ours(allowed_updates); }

struct telegram *telegram_new(const struct telegram_config *config) {
  struct telegram *t = mem_alloc(sizeof *t);
  t->magic = TELEGRAM_MAGIC;
  t->desk = config->desk;
  t->client = config->client;
  bool given = config->api_url && *config->api_url;
  t->api_url = without_slash(given ? config->api_url : "https://api.telegram.org");
  t->first_token = config->token ? mem_dup_cstr(str_trim(str_c(config->token))) : NULL;
  t->webhook_url = config->webhook_url && *config->webhook_url ? webhook_address(config->webhook_url) : NULL;
  bool local = config->local_files && *config->local_files;
  t->local_files = local ? mem_dup_cstr(str_c(config->local_files)) : NULL;
  t->group = tg_group_new(t->desk, config->group_chat_id);
  t->ingest = tg_ingest_new(&(struct tg_ingest_config){t->desk, &t->counters, files_wait, t, .group = t->group,
                                                       .on_room = room_again, .on_press = pressed});
  t->owner = (struct tg_owner){
      .telegram = t,
      .counters = &t->counters,
      .ingest = t->ingest,
      .group = t->group,
      .local_files = t->local_files,
      .report = report,
      .report_me = report_me,
      .report_sending = report_sending,
  };
  pthread_mutex_init(&t->switching, NULL);
  pthread_mutex_init(&t->publishing, NULL);
  pthread_mutex_init(&t->lock, NULL);
  return t;
}

err telegram_start(struct telegram *t) {
  assert(t->magic == TELEGRAM_MAGIC);
  arena *a = arena_new(0);
  struct keeping_ctx k = {.t = t, .a = a};
  err e = db_read(t->desk->db, load_token, &k);
  if (!err_is(e)) e = tg_group_load(t->group);
  str token = k.token.ptr ? k.token : str_c(t->first_token);
  str account = STR_NONE;
  k.token = token;
  if (!err_is(e)) e = db_write(t->desk->db, note_account, &k); /* a token may come from the environment */
  if (!err_is(e) && token.len) {
    pthread_mutex_lock(&t->switching);
    switch_to(t, token, NULL, 0, false);
    open_room(t);
    pthread_mutex_unlock(&t->switching);
    if (!tg_token_is_formed(token, &account)) {
      pthread_mutex_lock(&t->lock);
      t->known.state = BOT_UNAUTHORIZED;
      put(t->known.error, sizeof t->known.error, S("TELEGRAM_BOT_TOKEN is not a bot's token: 123456:ABC-DEF"));
      pthread_mutex_unlock(&t->lock);
      LOG_ERROR("telegram.token_malformed");
    }
  }
  arena_free(&a);
  return e;
}

void telegram_stop(struct telegram *t, int grace_ms) {
  assert(t->magic == TELEGRAM_MAGIC);
  pthread_mutex_lock(&t->switching);
  switch_to(t, STR_NONE, NULL, grace_ms, true);
  pthread_mutex_unlock(&t->switching);
}

void telegram_free(struct telegram **telegram) {
  struct telegram *t = *telegram;
  if (!t) return;
  assert(t->magic == TELEGRAM_MAGIC && !t->session);
  tg_ingest_free(&t->ingest);
  tg_group_free(&t->group);
  if (t->first_token) sodium_memzero(t->first_token, strlen(t->first_token));
  mem_free(&t->first_token);
  mem_free(&t->api_url);
  mem_free(&t->webhook_url);
  mem_free(&t->local_files);
  pthread_mutex_destroy(&t->lock);
  pthread_mutex_destroy(&t->publishing);
  pthread_mutex_destroy(&t->switching);
  t->magic = 0;
  mem_free(telegram);
}

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
  if (t->session) tg_sender_wake(t->session->sender);
  pthread_mutex_unlock(&t->lock);
}

void telegram_stats(struct telegram *t, struct telegram_stats *out) {
  const struct tg_counters *n = &t->counters;
#define READ(name) .name = atomic_load_explicit(&n->name, memory_order_relaxed)
  *out = (struct telegram_stats){
      READ(updates),      READ(updates_known), READ(updates_kept_raw), READ(updates_malformed), READ(updates_deferred),
      READ(polls),        READ(polls_failed),  READ(webhook_requests), READ(webhook_refused),   READ(sent),
      READ(refused),      READ(retried),       READ(flood_waits),      READ(uncertain),         READ(files_fetched),
      READ(files_failed), READ(in_flight),     READ(circuit),
  };
#undef READ
}
