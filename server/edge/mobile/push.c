/* See push.h. */
#include "edge/mobile/push.h"

#include "base/log.h"
#include "base/thread.h"
#include "desk/device/device.h"
#include "edge/mobile/fcm.h"
#include "edge/mobile/mobile_internal.h"

#include <assert.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdatomic.h>
#include <sys/stat.h>

enum {
  IN_FLIGHT = 50,
  LOOK_MS = 1000,          /* for jobs that become due, and jobs of other nodes */
  CALL_TIMEOUT_MS = 20000, /* well below the lease of a push message */
  STEP_MS = 100,
  ANSWER_MAX = 64 << 10,
  ACCOUNT_MAX = 64 << 10,
  RENEW_MS = 5 * 60 * 1000, /* before its end */
  STACK_BYTES = 512 << 10,
  ERROR_SIZE = 800, /* a quarter of it in code points */
};

struct push {
  struct desk *desk;
  http_client *client;
  arena *memory; /* of the account */
  struct fcm_account account;
  char *send_url, *title;
  bool works, threaded;
  atomic_uint_fast64_t outcomes[FCM_MEANINGS];
  pthread_t thread;
  /* used by the thread only */
  char *key;
  int64_t key_until_ms;
  int64_t pause_until_ms, key_failures;
  arena *calls; /* for its turns; also the tag of its calls for a key */
  atomic_bool woken;
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t changed;
  bool stopping;
  int64_t stop_at_ms;
  size_t waiting; /* pending responses */
  char error[ERROR_SIZE];
};

struct item_ctx {
  struct push *p;
  struct push_row *row;
  str json; /* absent: nothing to send, since the message is gone */
  int status;
  str body;
  int64_t retry_after_s;
  arena *a; /* its own, since responses arrive on another thread */
};

struct batch_ctx {
  struct push *p;
  arena *a;
  struct push_row *rows;
  size_t count;
  int64_t next_due;
  struct item_ctx *items;
  enum fcm_meaning *meanings;
};

static void set_error(struct push *p, str text) {
  pthread_mutex_lock(&p->lock);
  snprintf(p->error, sizeof p->error, "%.*s", STR_ARG(str_utf8_prefix(text, sizeof p->error / 4)));
  pthread_mutex_unlock(&p->lock);
}

str push_error(struct push *p, arena *a) {
  pthread_mutex_lock(&p->lock);
  str text = p->error[0] ? arena_dup(a, str_c(p->error)) : STR_NONE;
  pthread_mutex_unlock(&p->lock);
  return text;
}

bool push_works(const struct push *p) { return p->works; }

void push_stats(const struct push *p, struct push_stats *out) {
  *out = (struct push_stats){.sent = atomic_load(&p->outcomes[FCM_DONE]),
                             .tokens_removed = atomic_load(&p->outcomes[FCM_DEAD_TOKEN]),
                             .retried = atomic_load(&p->outcomes[FCM_LATER]) + atomic_load(&p->outcomes[FCM_BAD_KEY]) +
                                        atomic_load(&p->outcomes[FCM_MISCONFIGURED]),
                             .refused = atomic_load(&p->outcomes[FCM_REFUSED])};
}

/* ---- the key ---- */

static void drop_key(struct push *p) {
  if (p->key) sodium_memzero(p->key, strlen(p->key));
  mem_free(&p->key);
}

static bool renew_key(struct push *p, arena *a) {
  str assertion, key = STR_NONE;
  int64_t life_s = 0;
  err e = fcm_assertion(&p->account, desk_now(p->desk), a, &assertion);
  if (err_is(e)) {
    set_error(p, str_c(err_message(&e)));
    return false;
  }
  struct http_call_request request = {.method = "POST",
                                      .url = p->account.token_uri.ptr,
                                      .body = fcm_token_form(assertion, a),
                                      .content_type = "application/x-www-form-urlencoded",
                                      .timeout_ms = CALL_TIMEOUT_MS,
                                      .answer_max_bytes = ANSWER_MAX};
  struct http_call_result result = http_client_do(p->client, &request, a);
  if (result.outcome != CALL_ANSWERED || result.status != 200 || !fcm_token_read(result.body, a, &key, &life_s)) {
    if (result.outcome == CALL_ANSWERED)
      set_error(p, arena_printf(a, "The token server returned status %d.", result.status));
    else
      set_error(p, arena_printf(a, "The token server cannot be reached: %s", result.error));
    LOG_WARN("push.no_key", LOG_I("status", result.status), LOG_C("why", result.error));
    return false;
  }
  drop_key(p);
  p->key = mem_dup_cstr(key);
  p->key_until_ms = clock_steady_ms(p->desk->clock) + life_s * 1000 - RENEW_MS;
  set_error(p, S(""));
  return true;
}

/* After a failure, waits with growing delays before asking the token server again. */
static bool have_key(struct push *p, arena *a) {
  int64_t now = clock_steady_ms(p->desk->clock);
  if (p->key && now < p->key_until_ms) return true;
  if (now < p->pause_until_ms) return false;
  if (renew_key(p, a)) {
    p->key_failures = 0;
    return true;
  }
  p->pause_until_ms = clock_steady_ms(p->desk->clock) + job_backoff_ms(p->key_failures++, p->desk->rand);
  return false;
}

/* ---- composing messages ---- */

static err look(db_conn *c, void *arg) {
  struct batch_ctx *b = arg;
  return push_next_due(c, desk_now(b->p->desk), &b->next_due);
}

/* Committed before a request is sent, so that a message whose outcome cannot be stored (a full disk) is not resent
 * in every turn. */
static err take(db_conn *c, void *arg) {
  struct batch_ctx *b = arg;
  struct desk *d = b->p->desk;
  return push_take(c, str_c(d->holder), IN_FLIGHT, desk_now(d), b->a, &b->rows, &b->count);
}

/* Composes nothing for a device or a message that is gone. */
static err compose(db_conn *c, struct batch_ctx *b, struct item_ctx *item) {
  struct message_row m;
  struct push_row *row = item->row;
  item->json = STR_NONE;
  err e = push_read_device(c, b->a, row);
  if (err_is(e) || row->gone) return e;
  e = message_get(c, row->message_id, b->a, &m);
  if (e.code == ERR_NOT_FOUND) return err_ok;
  if (err_is(e)) return e;
  struct fcm_message f = {.token = row->token,
                          .platform = row->platform,
                          .title = str_c(b->p->title),
                          .body = message_preview(&m, b->a),
                          .user_id = row->external_id,
                          .text = m.text,
                          .created_at = mobile_time(m.created_at, b->a),
                          .direction = S("support"),
                          .message_id = m.id};
  if (m.files.count) f.photo_url = mobile_file_url(b->p->desk->secret_key, m.files.items, b->a);
  if (!f.body.len && m.files.count) f.body = S("📷");
  e = conversation_unseen(c, m.conversation_id, &f.unread);
  item->json = fcm_message_json(&f, b->a);
  return e;
}

static err compose_all(db_conn *c, void *arg) {
  struct batch_ctx *b = arg;
  err e = err_ok;
  b->items = arena_array(b->a, struct item_ctx, b->count);
  for (size_t i = 0; i < b->count && !err_is(e); i++) {
    b->items[i] = (struct item_ctx){.p = b->p, .row = &b->rows[i]};
    e = compose(c, b, &b->items[i]);
  }
  return e;
}

/* ---- sending ---- */

static void answered(const struct http_call_result *result, void *arg) {
  struct item_ctx *item = arg;
  struct push *p = item->p;
  item->status = result->outcome == CALL_ANSWERED ? result->status : 0;
  item->retry_after_s = result->retry_after_s;
  item->body = arena_dup(item->a, result->body);
  pthread_mutex_lock(&p->lock);
  p->waiting--;
  pthread_cond_signal(&p->changed);
  pthread_mutex_unlock(&p->lock);
}

/* After the grace period the pending calls are cancelled, repeatedly, since a call that has not started
 * yet is not affected. They stay in the queue. */
static void wait_for_answers(struct push *p, struct batch_ctx *b) {
  pthread_mutex_lock(&p->lock);
  while (p->waiting) {
    thread_cond_wait_ms(&p->changed, &p->lock, STEP_MS);
    if (!p->stopping || clock_steady_ms(p->desk->clock) < p->stop_at_ms) continue;
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < b->count; i++) http_client_cancel(p->client, &b->items[i]);
    pthread_mutex_lock(&p->lock);
  }
  pthread_mutex_unlock(&p->lock);
}

static void send_all(struct push *p, struct batch_ctx *b) {
  const char *authorization = arena_printf(b->a, "Authorization: Bearer %s", p->key).ptr;
  const char *const headers[] = {authorization, NULL};
  pthread_mutex_lock(&p->lock);
  p->waiting = b->count;
  pthread_mutex_unlock(&p->lock);
  for (size_t i = 0; i < b->count; i++) {
    struct item_ctx *item = &b->items[i];
    item->a = arena_new(0);
    if (!item->json.ptr) {
      answered(&(struct http_call_result){0}, item);
      continue;
    }
    struct http_call_request request = {.method = "POST",
                                        .url = p->send_url,
                                        .headers = headers,
                                        .body = item->json,
                                        .content_type = "application/json",
                                        .timeout_ms = CALL_TIMEOUT_MS,
                                        .answer_max_bytes = ANSWER_MAX};
    http_client_send(p->client, &request, answered, item);
  }
  wait_for_answers(p, b);
}

/* ---- outcomes ---- */

static int64_t next_try(struct push *p, const struct item_ctx *item, int64_t now_ms) {
  if (item->retry_after_s <= 0) return now_ms + job_backoff_ms(item->row->job.attempts, p->desk->rand);
  int64_t most_s = PUSH_WAIT_MOST_MS / 1000;
  return now_ms + (item->retry_after_s < most_s ? item->retry_after_s : most_s) * 1000;
}

static err settle(db_conn *c, struct push *p, const struct item_ctx *item, enum fcm_meaning meaning) {
  int64_t now_ms = desk_now(p->desk);
  err e = err_ok;
  switch (meaning) {
    case FCM_BAD_KEY:
    case FCM_MISCONFIGURED:
    case FCM_LATER: return push_later(c, item->row, next_try(p, item, now_ms), now_ms);
    case FCM_DEAD_TOKEN: e = device_forget(c, item->row->job.subject_id); break; /* its queued pushes go with it */
    case FCM_DONE:
    case FCM_REFUSED: break;
  }
  return err_is(e) ? e : push_done(c, item->row);
}

static err settle_all(db_conn *c, void *arg) {
  struct batch_ctx *b = arg;
  err e = err_ok;
  for (size_t i = 0; i < b->count && !err_is(e); i++) e = settle(c, b->p, &b->items[i], b->meanings[i]);
  return e;
}

static void classify(struct push *p, struct batch_ctx *b) {
  b->meanings = arena_array(b->a, enum fcm_meaning, b->count);
  for (size_t i = 0; i < b->count; i++) {
    struct item_ctx *item = &b->items[i];
    b->meanings[i] = FCM_REFUSED;
    if (!item->json.ptr) continue; /* not sent to Firebase */
    struct fcm_verdict v = fcm_verdict_of(item->status, item->body, item->a);
    b->meanings[i] = v.meaning;
    atomic_fetch_add_explicit(&p->outcomes[v.meaning], 1, memory_order_relaxed);
    if (v.meaning == FCM_BAD_KEY) drop_key(p);
    if (v.meaning == FCM_DONE) {
      set_error(p, S(""));
      continue;
    }
    LOG_WARN("push.not_sent", LOG_I("message", item->row->message_id), LOG_I("device", item->row->job.subject_id),
             LOG_I("status", item->status), LOG_S("error", v.error), LOG_C("hint", v.hint));
    if (v.meaning != FCM_DEAD_TOKEN)
      set_error(p, arena_printf(b->a, "Firebase returned %d %.*s%s%s", item->status, STR_ARG(v.error),
                                v.hint ? ". " : "", v.hint ? v.hint : ""));
  }
}

static bool deliver(struct push *p, struct batch_ctx *b) {
  err e = db_read(p->desk->db, compose_all, b);
  if (err_is(e)) LOG_WARN("push.unreadable", LOG_E(e)); /* the leases expire */
  if (err_is(e)) return false;
  send_all(p, b);
  classify(p, b);
  e = desk_write(p->desk, settle_all, b);
  if (err_is(e)) LOG_WARN("push.outcome_not_stored", LOG_E(e)); /* the leases expire */
  for (size_t i = 0; i < b->count; i++) arena_free(&b->items[i].a);
  return !err_is(e);
}

/* False when nothing was due or could be sent now. */
static bool turn(struct push *p, arena *a) {
  struct batch_ctx b = {.p = p, .a = a};
  err e = db_read(p->desk->db, look, &b);
  if (err_is(e)) LOG_WARN("push.unreadable", LOG_E(e));
  if (err_is(e) || b.next_due > desk_now(p->desk)) return false;
  if (!have_key(p, a)) return false;
  e = db_write(p->desk->db, take, &b); /* not an event, so no wake-up */
  if (err_is(e)) LOG_WARN("push.not_taken", LOG_E(e));
  return !err_is(e) && b.count && deliver(p, &b);
}

/* ---- start and stop ---- */

static bool wait_for_work(struct push *p, int64_t ms) {
  int64_t until_ms = thread_now_ms() + ms;
  pthread_mutex_lock(&p->lock);
  while (!p->woken && !p->stopping && thread_cond_wait_until(&p->changed, &p->lock, until_ms)) continue;
  p->woken = false;
  bool go_on = !p->stopping;
  pthread_mutex_unlock(&p->lock);
  return go_on;
}

static void *run(void *arg) {
  struct push *p = arg;
  for (int64_t wait = 0; wait_for_work(p, wait);) {
    wait = turn(p, p->calls) ? 0 : LOOK_MS;
    arena_reset(p->calls);
  }
  return NULL;
}

static err read_account(struct push *p, const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  char *text = arena_alloc(p->memory, ACCOUNT_MAX);
  ssize_t n = fd >= 0 ? read(fd, text, ACCOUNT_MAX) : -1;
  if (fd >= 0) close(fd);
  if (n < 0) return err_detail(ERR_INVALID_FIELD, NULL, "The service account's file cannot be read.");
  err e = fcm_account_read(str_n(text, (size_t)n), p->memory, &p->account);
  str signature;
  return err_is(e) ? e : fcm_assertion(&p->account, desk_now(p->desk), p->memory, &signature);
}

struct push *push_new(const struct push_config *config) {
  struct push *p = mem_alloc(sizeof *p);
  p->desk = config->desk;
  p->client = config->client;
  p->memory = arena_new(0);
  p->calls = arena_new(0);
  p->title = mem_dup_cstr(str_c(config->title && *config->title ? config->title : "Support"));
  pthread_mutex_init(&p->lock, NULL);
  thread_cond_init(&p->changed);
  err e = read_account(p, config->account_path);
  p->works = !err_is(e);
  if (p->works)
    p->send_url = mem_dup_cstr(
        arena_printf(p->memory, "%s/v1/projects/%s/messages:send", config->endpoint, p->account.project_id.ptr));
  else
    set_error(p, str_c(err_message(&e)));
  if (!p->works) LOG_ERROR("push.off", LOG_C("why", err_message(&e)));
  return p;
}

void push_start(struct push *p) {
  if (!p->works) return;
  if (!thread_start(&p->thread, "push", STACK_BYTES, run, p)) mem_exhausted(STACK_BYTES);
  p->threaded = true;
}

void push_wake(struct push *p) { thread_wake(&p->woken, &p->changed, &p->lock); }

void push_stop(struct push *p, int grace_ms) {
  if (!p->threaded) return;
  pthread_mutex_lock(&p->lock);
  p->stopping = true;
  p->stop_at_ms = clock_steady_ms(p->desk->clock) + grace_ms;
  pthread_cond_signal(&p->changed);
  pthread_mutex_unlock(&p->lock);
  http_client_cancel(p->client, p->calls);
  pthread_join(p->thread, NULL);
  p->threaded = false;
}

void push_free(struct push **push) {
  struct push *p = *push;
  if (!p) return;
  assert(!p->threaded);
  drop_key(p);
  mem_free(&p->send_url);
  mem_free(&p->title);
  if (p->account.private_key.ptr)
    sodium_memzero((void *)(uintptr_t)p->account.private_key.ptr, p->account.private_key.len);
  arena_free(&p->memory);
  arena_free(&p->calls);
  pthread_cond_destroy(&p->changed);
  pthread_mutex_destroy(&p->lock);
  mem_free(push);
}
