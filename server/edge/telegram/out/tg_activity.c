/* See tg_activity.h. */
#include "edge/telegram/out/tg_activity.h"

#include "base/log.h"
#include "desk/conversation/conversation.h"

enum { TIMEOUT_MS = 5000, ANSWER_MAX_BYTES = 4096, BODY_MAX_BYTES = 512 };

static const struct tg_rate rate = {.interval_us = 100000, .burst = 10};

bool tg_activity_may(struct tg_activities *all, const struct tg_counters *bot, str account, str chat, int activity,
                     int64_t now_ms) {
  uint64_t hash = (str_hash(chat) ^ str_hash(account) * 31) | 1; /* 0: an empty slot */
  bool known = all->slots[hash % TG_ACTIVITY_SLOTS].chat == hash;
  int64_t since_ms = now_ms - all->slots[hash % TG_ACTIVITY_SLOTS].at_ms;
  bool same = all->slots[hash % TG_ACTIVITY_SLOTS].activity == activity;
  if (known && since_ms < (same ? TG_ACTIVITY_SAME_MS : TG_ACTIVITY_OTHER_MS)) return false;
  bool busy = atomic_load_explicit(&bot->in_flight, memory_order_relaxed) >= TG_ACTIVITY_BUSY;
  if (busy || atomic_load_explicit(&bot->circuit, memory_order_relaxed) != TG_CLOSED) return false;
  if (tg_bucket_wait_ms(&all->bucket, &rate, 1, now_ms) > 0) return false;
  tg_bucket_take(&all->bucket, &rate, 1, now_ms);
  all->slots[hash % TG_ACTIVITY_SLOTS].chat = hash;
  all->slots[hash % TG_ACTIVITY_SLOTS].activity = activity;
  all->slots[hash % TG_ACTIVITY_SLOTS].at_ms = now_ms;
  return true;
}

static void shown(const struct http_call_result *result, void *user) {
  (void)user;
  if (result->status != 200) LOG_DEBUG("telegram.activity_not_shown", LOG_I("status", result->status));
}

void tg_activity_send(const struct tg_session *s, str chat, int activity) {
  arena *a = arena_new(0);
  buf b;
  buf_init(&b, BODY_MAX_BYTES);
  buf_add(&b, S("{\"chat_id\":"));
  buf_add_json_string(&b, chat);
  buf_printf(&b, ",\"action\":\"%s\"}", activity_names.names[activity]);
  struct http_call_request request = {
      .method = "POST",
      .url = tg_api_url(s->api_url, str_c(s->token), "sendChatAction", a),
      .body = buf_borrow(&b),
      .content_type = "application/json",
      .connect_timeout_ms = TIMEOUT_MS,
      .timeout_ms = TIMEOUT_MS,
      .answer_max_bytes = ANSWER_MAX_BYTES,
  };
  if (!b.overflow) http_client_send(s->client, &request, shown, NULL);
  buf_free(&b);
  arena_free(&a);
}
