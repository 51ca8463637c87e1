/* Shared by a session's files: waiting, calls, and the effect of a response on the bot's state. The thread is in
 * tg_session_run.c. */
#include "edge/telegram/out/tg_pace.h"
#include "edge/telegram/tg_internal.h"

#include "base/log.h"

enum {
  ANSWER_MAX_BYTES = 1 << 20,
  REFUSED_WAIT_MS = 30000,
  FAILURES_TO_SHOW = 2, /* a keep-alive connection may die without a problem */
};

/* ---- the lease ---- */

bool tg_lease_held(struct tg_lease *l) {
  return l->alone || (atomic_load(&l->fence) > 0 && thread_now_ms() < atomic_load(&l->until_ms));
}

/* ---- waiting ---- */

bool tg_session_is_stopping(struct tg_session *s) {
  pthread_mutex_lock(&s->lock);
  bool stopping = s->stopping;
  pthread_mutex_unlock(&s->lock);
  return stopping;
}

bool tg_session_sleep(struct tg_session *s, int64_t ms) {
  int64_t until_ms = thread_now_ms() + ms;
  pthread_mutex_lock(&s->lock);
  while (!s->stopping && !s->woken && thread_cond_wait_until(&s->changed, &s->lock, until_ms)) continue;
  s->woken = false;
  bool goes_on = !s->stopping;
  pthread_mutex_unlock(&s->lock);
  return goes_on;
}

void tg_session_poke(struct tg_session *s) {
  pthread_mutex_lock(&s->lock);
  s->woken = true;
  pthread_cond_signal(&s->changed);
  pthread_mutex_unlock(&s->lock);
}

void tg_session_doubt(struct tg_session *s) {
  pthread_mutex_lock(&s->lock);
  s->doubted = s->woken = true;
  pthread_cond_signal(&s->changed);
  pthread_mutex_unlock(&s->lock);
  http_client_cancel(s->client, s->calls); /* a long poll that began before would tell it late */
}

void tg_session_refresh(struct tg_session *s) {
  pthread_mutex_lock(&s->lock);
  s->refreshed = true;
  pthread_mutex_unlock(&s->lock);
  tg_session_doubt(s);
}

bool tg_session_is_doubted(struct tg_session *s) {
  pthread_mutex_lock(&s->lock);
  bool doubted = s->doubted;
  pthread_mutex_unlock(&s->lock);
  return doubted;
}

/* ---- calls ---- */

struct tg_answer tg_session_call(struct tg_session *s, const char *method, str body, long timeout_ms) {
  const char *url = tg_api_url(s->api_url, str_c(s->token), method, s->calls);
  return tg_api_call(s->client, url, body, timeout_ms, ANSWER_MAX_BYTES, s->calls);
}

static int64_t steady(const struct tg_session *s) { return clock_steady_ms(s->desk->clock); }

int64_t tg_session_met_rival(struct tg_session *s, str how) {
  s->routed = false;
  if (how.len)
    s->owner->report(s, BOT_CONFLICT, arena_concat(s->calls, S("Another server uses this bot's token. "), how));
  return tg_rival_met(&s->rival, steady(s), s->desk->rand);
}

/* The token may be revoked, or only this method refused: getMe decides, immediately the first time. */
static int64_t doubt_token(struct tg_session *s, str words) {
  s->greeted = false;
  if (s->failures < FAILURES_TO_SHOW) return 0;
  s->owner->report(s, BOT_UNREACHABLE, words);
  return tg_backoff_ms(s->failures, TG_BACKOFF_MOST_MS, s->desk->rand);
}

int64_t tg_session_failed(struct tg_session *s, const struct tg_answer *answer) {
  enum tg_meaning meaning = tg_classify(answer);
  if (tg_session_is_stopping(s)) return 0;
  s->failures++;
  LOG_WARN("telegram.call_failed", LOG_C("bot", s->account), LOG_I("code", answer->code),
           LOG_S("why", answer->description), LOG_I("failures", s->failures));
  switch (meaning) {
    case TG_BAD_TOKEN:
      if (s->greeted) return doubt_token(s, tg_answer_words(answer));
      tg_sender_allow(s->sender, false);
      s->owner->report(s, BOT_UNAUTHORIZED, tg_answer_words(answer));
      return REFUSED_WAIT_MS;
    case TG_TAKEN: {
      bool hook = str_contains(answer->description, S("ebhook"));
      return tg_session_met_rival(s, hook ? S("It has set a webhook.") : S("It asks for the updates, too."));
    }
    case TG_WAIT:
      return (answer->retry_after_s >= 0 && answer->retry_after_s < 3600 ? answer->retry_after_s : 5) * 1000;
    default:
      if (s->failures >= FAILURES_TO_SHOW || meaning == TG_REFUSED)
        s->owner->report(s, BOT_UNREACHABLE, tg_answer_words(answer));
      return tg_backoff_ms(s->failures, TG_BACKOFF_MOST_MS, s->desk->rand);
  }
}

int64_t tg_session_worked(struct tg_session *s) {
  s->failures = 0;
  int64_t lingers_ms = tg_rival_lingers_ms(&s->rival, steady(s));
  if (!lingers_ms) s->owner->report(s, BOT_OK, s->delivery.polls ? str_c(s->fallback_reason) : STR_NONE);
  return lingers_ms;
}
