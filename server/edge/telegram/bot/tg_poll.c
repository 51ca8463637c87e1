/* Long polling. An update is confirmed by requesting the next ones (Bot API, getUpdates), so the offset moves only
 * past updates that are committed, and only if all lower ones are too. */
#include "edge/telegram/tg_internal.h"

#include "edge/telegram/in/tg_kinds.h"
#include "base/log.h"
#include "edge/telegram/out/tg_pace.h"
#include "base/json_scan.h"

#include <inttypes.h>

enum {
  POLL_S = 50, /* the longest that Telegram waits */
  POLL_TIMEOUT_MS = 65000,
  ANSWER_MAX_BYTES = 32 << 20, /* above this, request fewer at once */
  BATCH_MAX = 1000,            /* Telegram sends no more than requested; surplus updates come again */
  STORE_WAIT_MS = 1000,
  NAMELESS_WAIT_MS = 60000,
};

struct entry {
  struct tg_ingest_job job;
  struct tg_update update;
  struct batch *batch;
  bool stored;
};

struct batch {
  pthread_mutex_t lock; /* guards `pending` and every entry's `stored` */
  pthread_cond_t over;
  size_t pending, count;
  struct entry *entries;
  struct entry **order; /* by update_id */
};

static void stored(struct tg_ingest_job *job, err e) {
  struct entry *entry = job->user;
  struct batch *b = entry->batch;
  pthread_mutex_lock(&b->lock);
  entry->stored = !err_is(e);
  if (--b->pending == 0) pthread_cond_signal(&b->over);
  pthread_mutex_unlock(&b->lock);
}

static int by_id(const void *x, const void *y) {
  const struct entry *const *a = x, *const *b = y;
  int64_t i = (*a)->update.update_id, j = (*b)->update.update_id;
  if (i != j) return i < j ? -1 : 1;
  return *a < *b ? -1 : *a > *b;
}

static void read_batch(struct tg_session *s, str list, int64_t fence, struct batch *b) {
  arena *a = s->calls;
  str text;
  size_t listed = 0;
  for (size_t at = 0; listed < BATCH_MAX && json_scan_element(list, &at, &text);) listed++;
  b->entries = arena_array(a, struct entry, listed);
  b->order = arena_array(a, struct entry *, listed);
  for (size_t at = 0; b->count < listed && json_scan_element(list, &at, &text);) {
    struct entry *entry = &b->entries[b->count];
    tg_update_parse(text, a, &entry->update);
    entry->batch = b;
    entry->job = (struct tg_ingest_job){.account = str_c(s->account),
                                        .update = &entry->update,
                                        .done = stored,
                                        .user = entry,
                                        .counters = s->owner->counters,
                                        .fence = fence};
    b->order[b->count++] = entry;
  }
  if (b->count) qsort(b->order, b->count, sizeof(struct entry *), by_id);
}

/* Stores all in parallel, so that they share commits; the ingest keeps each chat's order. Waits for the last one. */
static void store_batch(struct tg_session *s, struct batch *b) {
  b->pending = b->count;
  for (size_t i = 0; i < b->count; i++) tg_ingest(s->owner->ingest, &b->order[i]->job);
  pthread_mutex_lock(&b->lock);
  while (b->pending) pthread_cond_wait(&b->over, &b->lock);
  pthread_mutex_unlock(&b->lock);
}

/* Returns the time to wait. */
static int64_t confirm(struct tg_session *s, const struct batch *b) {
  size_t confirmed = 0;
  int64_t before = s->offset;
  while (confirmed < b->count && b->order[confirmed]->stored) {
    int64_t id = b->order[confirmed++]->update.update_id;
    if (id > 0) s->offset = id + 1;
  }
  if (confirmed < b->count) return STORE_WAIT_MS;
  if (b->count == 0 || s->offset != before) return 0;
  /* No update in it has an id, so it cannot be confirmed and will come again. */
  LOG_ERROR("telegram.updates_without_id", LOG_C("bot", s->account), LOG_I("count", b->count));
  return NAMELESS_WAIT_MS;
}

/* After a failure, polls with a short timeout, to detect recovery at once; after a conflict with another server,
 * with a timeout until that server would count as gone; instead of a webhook, until that is tried again. */
static int64_t timeout_s(struct tg_session *s) {
  int64_t now_ms = clock_steady_ms(s->desk->clock), most_ms = POLL_S * 1000;
  if (s->failures) return 0;
  int64_t lingers_ms = tg_rival_lingers_ms(&s->rival, now_ms), again_ms = s->delivery.again_at_ms - now_ms;
  if (lingers_ms && lingers_ms < most_ms) most_ms = lingers_ms;
  if (s->delivery.polls && again_ms < most_ms) most_ms = again_ms;
  return most_ms < POLL_S * 1000 ? (most_ms > 0 ? most_ms / 1000 + 1 : 0) : POLL_S;
}

static str request_body(struct tg_session *s) {
  return arena_printf(s->calls,
                      "{\"offset\":%" PRId64 ",\"limit\":%d,\"timeout\":%" PRId64 ",\"allowed_updates\":%.*s}",
                      s->offset, s->limit, timeout_s(s), STR_ARG(tg_allowed_updates(s->calls)));
}

static int64_t take(struct tg_session *s, str list, int64_t fence) {
  struct batch b = {.lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER};
  read_batch(s, list, fence, &b);
  store_batch(s, &b);
  pthread_mutex_destroy(&b.lock);
  pthread_cond_destroy(&b.over);
  return confirm(s, &b);
}

int64_t tg_poll_once(struct tg_session *s) {
  struct tg_counters *n = s->owner->counters;
  struct tg_lease *lease = s->owner->lease;
  int64_t fence = lease->alone ? 0 : atomic_load(&lease->fence);
  const char *url = tg_api_url(s->api_url, str_c(s->token), "getUpdates", s->calls);
  struct tg_answer answer = tg_api_call(s->client, url, request_body(s), POLL_TIMEOUT_MS, ANSWER_MAX_BYTES, s->calls);
  TG_COUNT(n, polls);
  if (tg_classify(&answer) != TG_DONE) {
    if (tg_session_is_stopping(s) || tg_session_is_doubted(s) || !tg_lease_held(lease)) return 0;
    TG_COUNT(n, polls_failed);
    /* The batch may be too large to read: request a smaller one. */
    if (answer.outcome == CALL_UNCERTAIN && s->limit > 1) s->limit = s->limit / 4 + 1;
    return tg_session_failed(s, &answer);
  }
  tg_sender_allow(s->sender, true);
  tg_session_worked(s);
  int64_t wait_ms = take(s, answer.result, fence);
  if (s->limit < 100) s->limit = s->limit * 2 < 100 ? s->limit * 2 : 100;
  return wait_ms;
}
