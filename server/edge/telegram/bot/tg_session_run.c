/* Runs one bot. The session's thread identifies the bot, sets up polling or the webhook, and then polls or, with
 * a webhook, checks it periodically. Failures are shown as the bot's state and retried with growing delays. */
#include "edge/telegram/tg_internal.h"

#include "edge/telegram/in/tg_kinds.h"
#include "base/log.h"
#include "desk/conversation/conversation.h"
#include "edge/telegram/tg_address.h"
#include "edge/telegram/group/tg_group.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>

enum {
  HOST_POINTS_MAX = 100,
  ERROR_POINTS_MAX = 200,
  ARRIVALS_S = 120,  /* how far back the last stored update is looked for */
  LIMIT_FIRST = 100, /* the maximum of getUpdates */
  CANCEL_STEP_MS = 50,
  STAND_BY_MS = 60000, /* the lease wakes the thread */
};

/* ---- start and stop ---- */

/* The secret allows writing to the desk as any customer, so it needs the strength of our key. It depends on the
 * token: with a new token for the same bot, a secret seen by the old token's holder is worthless. */
static void make_secret(const struct desk *d, str token, char out[TG_SECRET_SIZE]) {
  static const char purpose[] = "telegram webhook ";
  unsigned char hash[32];
  crypto_generichash_state state;
  crypto_generichash_init(&state, d->secret_key, 32, sizeof hash);
  crypto_generichash_update(&state, (const unsigned char *)purpose, sizeof purpose - 1);
  crypto_generichash_update(&state, (const unsigned char *)token.ptr, token.len);
  crypto_generichash_final(&state, hash, sizeof hash);
  sodium_bin2hex(out, TG_SECRET_SIZE, hash, sizeof hash);
}

static void wake_media(struct tg_session *s) { tg_media_wake(s->media); }

struct tg_session *tg_session_new(const struct tg_owner *owner, struct desk *desk, http_client *client,
                                  const char *api_url, const char *webhook_url, bool webhook_only, str token) {
  str account = STR_NONE;
  if (!tg_token_is_formed(token, &account)) return NULL;
  struct tg_session *s = mem_alloc(sizeof *s);
  s->owner = owner;
  s->desk = desk;
  s->client = client;
  s->api_url = api_url;
  s->webhook_url = webhook_url;
  s->webhook_only = webhook_only;
  s->token = mem_dup_cstr(token);
  s->limit = LIMIT_FIRST;
  snprintf(s->account, sizeof s->account, "%.*s", STR_ARG(account));
  make_secret(desk, token, s->secret);
  s->calls = arena_new((size_t)512 << 20); /* each response is limited separately */
  pthread_mutex_init(&s->lock, NULL);
  thread_cond_init(&s->changed);
  s->sender = tg_sender_new(&(struct tg_sender_config){s, tg_session_doubt, wake_media});
  s->media = tg_media_new(s);
  return s;
}

void tg_session_free(struct tg_session **session) {
  struct tg_session *s = *session;
  if (!s) return;
  tg_media_free(&s->media);
  tg_sender_free(&s->sender);
  arena_free(&s->calls);
  sodium_memzero(s->token, strlen(s->token));
  mem_free(&s->token);
  pthread_cond_destroy(&s->changed);
  pthread_mutex_destroy(&s->lock);
  mem_free(session);
}

/* ---- identifying the bot, and setting up its updates ---- */

/* Calls getMe: 0 on success, else the time to wait. */
static int64_t greet(struct tg_session *s) {
  struct tg_answer answer = tg_session_call(s, "getMe", STR_NONE, TG_CALL_TIMEOUT_MS);
  if (tg_classify(&answer) != TG_DONE) return tg_session_failed(s, &answer);
  struct tg_me me;
  if (!tg_me_read(answer.result, s->calls, &me)) return TG_BACKOFF_MOST_MS;
  s->greeted = true; /* failures are not reset: another method may still fail repeatedly */
  s->owner->report_me(s, &me);
  tg_sender_allow(s->sender, true);
  return 0;
}

static str webhook_body(struct tg_session *s) {
  buf b;
  buf_init(&b, 16 << 10);
  buf_add(&b, S("{\"url\":"));
  buf_add_json_string(&b, str_c(s->webhook_url));
  buf_printf(&b, ",\"secret_token\":\"%s\",\"max_connections\":100,\"allowed_updates\":%.*s}", s->secret,
             STR_ARG(tg_allowed_updates(s->calls)));
  str body = arena_dup(s->calls, buf_borrow(&b));
  buf_free(&b);
  return body;
}

static int64_t now_s(const struct tg_session *s) { return desk_now(s->desk) / 1000; }

static bool by_webhook(const struct tg_session *s) { return s->webhook_url && !s->delivery.polls; }

/* Polls until the webhook is tried again. */
static int64_t poll_instead(struct tg_session *s, str words) {
  str cut = str_utf8_prefix(words, ERROR_POINTS_MAX);
  snprintf(s->fallback_reason, sizeof s->fallback_reason, "%.*s", STR_ARG(cut));
  tg_delivery_give_up(&s->delivery, clock_steady_ms(s->desk->clock), s->desk->rand);
  LOG_WARN("telegram.webhook_given_up", LOG_C("bot", s->account), LOG_C("why", s->fallback_reason));
  s->routed = false;
  s->failures = 0;
  return 0;
}

/* Sets up polling or the webhook; 0 when done. */
static int64_t set_route(struct tg_session *s) {
  bool hook = by_webhook(s);
  struct tg_answer answer = hook ? tg_session_call(s, "setWebhook", webhook_body(s), TG_CALL_TIMEOUT_MS)
                                 : tg_session_call(s, "deleteWebhook", STR_NONE, TG_CALL_TIMEOUT_MS);
  enum tg_meaning meaning = tg_classify(&answer);
  if (meaning == TG_REFUSED && hook && !s->webhook_only)
    return poll_instead(s, arena_concat(s->calls, S("Telegram refuses the webhook: "), answer.description));
  if (meaning != TG_DONE) return tg_session_failed(s, &answer);
  s->routed = true;
  if (hook) tg_delivery_set(&s->delivery, now_s(s));
  tg_session_worked(s);
  return hook ? s->delivery.look_ms : 0;
}

struct arrival_ctx {
  str account;
  int64_t since_ms, at_ms;
};

static err read_arrival(db_conn *c, void *arg) {
  struct arrival_ctx *x = arg;
  return inbound_last(c, TG_CHANNEL, x->account, x->since_ms, &x->at_ms);
}

/* When the last update was stored, by whichever process; asked only when updates wait at Telegram. */
static int64_t arrived_at_s(struct tg_session *s) {
  struct arrival_ctx x = {.account = str_c(s->account), .since_ms = (now_s(s) - ARRIVALS_S) * 1000};
  err e = db_read(s->desk->db, read_arrival, &x);
  return err_is(e) ? now_s(s) : x.at_ms / 1000; /* the database fails: no fault of the webhook */
}

/* What a look at the webhook means; gives the time to wait. */
static int64_t judge_webhook(struct tg_session *s, const struct tg_webhook_info *info) {
  struct tg_look look = {.now_s = now_s(s), .pending = info->pending, .error_at_s = info->last_error_at_s};
  if (info->pending) look.arrived_at_s = arrived_at_s(s);
  enum tg_verdict verdict = tg_delivery_judge(&s->delivery, &look);
  if (verdict == TG_DELIVERY_WELL) {
    int64_t lingers_ms = tg_session_worked(s);
    return lingers_ms ? lingers_ms : s->delivery.look_ms;
  }
  s->failures = 0;
  str why = str_utf8_prefix(info->last_error, ERROR_POINTS_MAX);
  str words = verdict == TG_DELIVERY_SILENT
                  ? S("Updates wait at Telegram, and none arrives at the webhook.")
                  : arena_printf(s->calls, "Telegram cannot deliver to the webhook: %.*s", STR_ARG(why));
  if (!s->webhook_only && tg_delivery_is_lost(&s->delivery)) return poll_instead(s, words);
  if (s->webhook_only && tg_delivery_is_lost(&s->delivery)) s->owner->report(s, BOT_UNREACHABLE, words);
  return s->delivery.look_ms;
}

/* Checks that the webhook is still ours, asks for the updates that the desk needs, and that Telegram reaches it. */
static int64_t mind_webhook(struct tg_session *s) {
  struct tg_answer answer = tg_session_call(s, "getWebhookInfo", STR_NONE, TG_CALL_TIMEOUT_MS);
  if (tg_classify(&answer) != TG_DONE) return tg_session_failed(s, &answer);
  tg_sender_allow(s->sender, true);
  struct tg_webhook_info info;
  if (!tg_webhook_info_read(answer.result, s->calls, &info)) return s->delivery.look_ms;
  if (!tg_address_same(info.url, str_c(s->webhook_url))) {
    str host = str_utf8_prefix(tg_address_host(info.url), HOST_POINTS_MAX);
    if (info.url.len)
      return tg_session_met_rival(s, arena_printf(s->calls, "Telegram delivers its updates to %.*s.", STR_ARG(host)));
    /* A Bot API server that has lost its state looks the same, once. */
    return tg_session_met_rival(s, s->rival.met ? S("It removes the webhook.") : STR_NONE);
  }
  if (!tg_asks_for_ours(info.allowed)) { /* set by hand, or by an earlier version of this program */
    LOG_WARN("telegram.webhook_asks_for_other_updates");
    return set_route(s);
  }
  return judge_webhook(s, &info);
}

struct meeting_ctx {
  struct tg_session *session;
  str chat, title;
};

static err keep_title(db_conn *c, void *arg) {
  struct meeting_ctx *m = arg;
  struct staff_place place = {.channel = TG_CHANNEL, .account = str_c(m->session->account), .chat_id = m->chat};
  return staff_candidate_set(c, &place, m->title, desk_now(m->session->desk));
}

/* Checks that the bot is in the staff group, and reads its title. Only definite answers are shown. */
static void check_group(struct tg_session *s) {
  struct tg_group *g = s->owner->group;
  struct meeting_ctx m = {.session = s, .chat = tg_group_chat(g, str_c(s->account), s->calls)};
  s->met = true;
  if (!m.chat.ptr) return;
  str body = arena_printf(s->calls, "{\"chat_id\":%.*s}", STR_ARG(m.chat));
  struct tg_answer answer = tg_session_call(s, "getChat", body, TG_CALL_TIMEOUT_MS);
  enum tg_meaning meaning = tg_classify_room(&answer);
  if (meaning == TG_ROOM_SHUT && !answer.migrate_to) tg_group_report(g, m.chat, tg_answer_words(&answer));
  if (meaning != TG_DONE || !tg_group_title_read(answer.result, s->calls, &m.title)) return;
  err e = desk_write(s->desk, keep_title, &m);
  if (err_is(e)) LOG_WARN("telegram.group_title_not_stored", LOG_E(e));
  str member_body = tg_group_member_body(m.chat, str_c(s->account), s->calls);
  struct tg_answer member = tg_session_call(s, "getChatMember", member_body, TG_CALL_TIMEOUT_MS);
  struct group_needs needs;
  if (tg_classify_room(&member) != TG_DONE) return;
  group_needs_read(answer.result, member.result, &needs);
  tg_group_learn(g, m.chat, &needs);
}

static void take_requests(struct tg_session *s) {
  pthread_mutex_lock(&s->lock);
  bool doubted = s->doubted, refreshed = s->refreshed;
  s->doubted = s->refreshed = false;
  pthread_mutex_unlock(&s->lock);
  if (doubted) s->greeted = false;
  if (!refreshed) return;
  s->routed = false;
  tg_delivery_forgive(&s->delivery);
}

/* Another process fetches the updates: begin anew when the lease is ours. */
static int64_t stand_by(struct tg_session *s) {
  s->routed = false;
  s->offset = 0;
  s->failures = 0;
  s->delivery = (struct tg_delivery){0};
  return STAND_BY_MS;
}

static int64_t step(struct tg_session *s) {
  take_requests(s);
  if (!s->greeted) return greet(s);
  if (!tg_lease_held(s->owner->lease)) return stand_by(s);
  if (s->delivery.polls && clock_steady_ms(s->desk->clock) >= s->delivery.again_at_ms) {
    LOG_INFO("telegram.webhook_again", LOG_C("bot", s->account));
    s->delivery.polls = s->routed = false;
  }
  if (!s->routed) return set_route(s);
  if (!s->met) check_group(s);
  return by_webhook(s) ? mind_webhook(s) : tg_poll_once(s);
}

static void *run(void *arg) {
  struct tg_session *s = arg;
  int64_t wait_ms = 0;
  while (tg_session_sleep(s, wait_ms)) {
    wait_ms = step(s);
    arena_reset(s->calls);
  }
  pthread_mutex_lock(&s->lock);
  s->ended = true;
  pthread_cond_signal(&s->changed);
  pthread_mutex_unlock(&s->lock);
  return NULL;
}

void tg_session_start(struct tg_session *s, const struct tg_me *known) {
  s->greeted = known != NULL;
  tg_sender_start(s->sender);
  tg_media_start(s->media);
  s->threaded = thread_start(&s->thread, "tg-updates", TG_STACK_BYTES, run, s);
  if (!s->threaded) mem_exhausted(0);
}

/* A call that has not started is not affected by a cancel, so cancel repeatedly until the thread has ended. The wait
 * uses the monotonic clock, which pthread_timedjoin_np does not. */
static void join(struct tg_session *s) {
  for (bool ended = false; !ended;) {
    http_client_cancel(s->client, s->calls);
    pthread_mutex_lock(&s->lock);
    if (!s->ended) thread_cond_wait_ms(&s->changed, &s->lock, CANCEL_STEP_MS);
    ended = s->ended;
    pthread_mutex_unlock(&s->lock);
  }
  pthread_join(s->thread, NULL);
}

void tg_session_halt(struct tg_session *s, int grace_ms) {
  pthread_mutex_lock(&s->lock);
  s->stopping = true;
  pthread_cond_signal(&s->changed);
  pthread_mutex_unlock(&s->lock);
  tg_sender_halt(s->sender, grace_ms);
}

void tg_session_stop(struct tg_session *s, int grace_ms) {
  tg_session_halt(s, grace_ms);
  if (s->threaded) join(s);
  s->threaded = false;
  tg_sender_stop(s->sender, grace_ms);
  tg_media_stop(s->media);
}
