/* See http_client.h. Callers put calls into a list and wake the thread; only the thread uses curl's multi, runs
 * every `done`, and sleeps in curl_multi_poll. One call is implemented in http_client_call.c. */
#include "net/http_client.h"

#include "base/clock.h"
#include "base/thread.h"
#include "net/http_client_call.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

enum { CLIENT_MAGIC = 0x48434c49, CONNECTIONS_MAX = 64, CALLS_MAX = 4096, POLL_MS = 1000 };

struct list {
  struct http_call *first, *last;
  size_t count;
};

struct http_client {
  uint32_t magic;
  struct http_client_config config; /* its strings are ours */
  CURLM *multi;
  pthread_t thread;
  pthread_mutex_t lock; /* guards what follows and `cancelled` of every call */
  struct list waiting, running;
  bool stopping; /* calls sent from now on are cancelled at once */
  int64_t stop_at_us;
};

static void list_add(struct list *l, struct http_call *call) {
  call->next = NULL;
  call->prev = l->last;
  *(l->last ? &l->last->next : &l->first) = call;
  l->last = call;
  l->count++;
}

static void list_remove(struct list *l, struct http_call *call) {
  *(call->prev ? &call->prev->next : &l->first) = call->next;
  *(call->next ? &call->next->prev : &l->last) = call->prev;
  l->count--;
}

static void finish(struct http_call *call, CURLcode code, bool cancelled) {
  http_call_finish(call, code, cancelled);
  http_call_free(&call);
}

/* Removes a running call from curl and from the list, and ends it. */
static void end(http_client *c, struct http_call *call, CURLcode code, bool cancelled) {
  curl_multi_remove_handle(c->multi, call->easy);
  pthread_mutex_lock(&c->lock);
  list_remove(&c->running, call);
  pthread_mutex_unlock(&c->lock);
  finish(call, code, cancelled);
}

static void start_waiting(http_client *c) {
  for (;;) {
    pthread_mutex_lock(&c->lock);
    struct http_call *call = c->waiting.first;
    bool cancelled = false, start = false;
    if (call) {
      list_remove(&c->waiting, call);
      cancelled = call->cancelled;
      start = !cancelled && !call->refusal;
      if (start) list_add(&c->running, call);
    }
    pthread_mutex_unlock(&c->lock);
    if (!call) return;
    if (!start)
      finish(call, CURLE_OK, cancelled);
    else if (curl_multi_add_handle(c->multi, call->easy) != CURLM_OK)
      end(c, call, CURLE_FAILED_INIT, false);
  }
}

static void reap(http_client *c) {
  int left;
  for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left));) {
    if (m->msg != CURLMSG_DONE) continue;
    CURLcode code = m->data.result; /* m is invalid once the handle is removed */
    char *call = NULL;
    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &call);
    end(c, (struct http_call *)(void *)call, code, false);
  }
}

static struct http_call *next_cancelled(http_client *c) {
  pthread_mutex_lock(&c->lock);
  struct http_call *call = c->running.first;
  while (call && !call->cancelled) call = call->next;
  pthread_mutex_unlock(&c->lock);
  return call;
}

static void mark(struct list *l, const void *tag) {
  for (struct http_call *call = l->first; call; call = call->next)
    if (!tag || call->tag == tag) call->cancelled = true;
}

/* How long to sleep, or -1 when the thread must end. */
static int next_sleep_ms(http_client *c) {
  pthread_mutex_lock(&c->lock);
  int ms = POLL_MS;
  if (c->stopping) {
    int64_t left_ms = (c->stop_at_us - clock_measure_us() + 999) / 1000;
    if (left_ms <= 0) {
      mark(&c->waiting, NULL);
      mark(&c->running, NULL);
      left_ms = 0;
    }
    ms = left_ms < POLL_MS ? (int)left_ms : POLL_MS;
    if (c->waiting.count == 0 && c->running.count == 0) ms = -1;
  }
  pthread_mutex_unlock(&c->lock);
  return ms;
}

static void *run(void *arg) {
  http_client *c = arg;
  for (int sleep_ms; (sleep_ms = next_sleep_ms(c)) >= 0;) {
    curl_multi_poll(c->multi, NULL, 0, sleep_ms, NULL);
    start_waiting(c);
    int running;
    curl_multi_perform(c->multi, &running);
    reap(c);
    for (struct http_call *call; (call = next_cancelled(c));) end(c, call, CURLE_OK, true);
  }
  return NULL;
}

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static void init_curl(void) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) mem_exhausted(0);
}

http_client *http_client_new(const struct http_client_config *config) {
  pthread_once(&curl_once, init_curl);
  http_client *c = mem_alloc(sizeof *c);
  c->magic = CLIENT_MAGIC;
  c->config.proxy = config->proxy ? mem_dup_cstr(str_c(config->proxy)) : NULL;
  c->config.user_agent = config->user_agent ? mem_dup_cstr(str_c(config->user_agent)) : NULL;
  c->config.connections_max = config->connections_max > 0 ? config->connections_max : CONNECTIONS_MAX;
  c->multi = curl_multi_init();
  if (!c->multi) mem_exhausted(0);
  curl_multi_setopt(c->multi, CURLMOPT_MAX_HOST_CONNECTIONS, c->config.connections_max);
  curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, c->config.connections_max);
  pthread_mutex_init(&c->lock, NULL);
  if (!thread_start(&c->thread, "http-client", 0, run, c)) mem_exhausted(0);
  return c;
}

static void enqueue(http_client *c, struct http_call *call) {
  pthread_mutex_lock(&c->lock);
  if (c->waiting.count + c->running.count >= CALLS_MAX && !call->refusal) call->refusal = "too many calls at once";
  if (c->stopping) call->cancelled = true;
  list_add(&c->waiting, call);
  curl_multi_wakeup(c->multi); /* signalled with the lock held: after the unlock the call and the client may be freed */
  pthread_mutex_unlock(&c->lock);
}

void http_client_send(http_client *c, const struct http_call_request *request,
                      void (*done)(const struct http_call_result *result, void *user), void *user) {
  assert(c->magic == CLIENT_MAGIC);
  struct http_call *call = http_call_new(&c->config, request);
  call->done = done;
  call->user = user;
  call->tag = user;
  enqueue(c, call);
}

struct waiter_ctx {
  pthread_mutex_t lock;
  pthread_cond_t over;
  bool done;
  arena *a;
  struct http_call_result result;
};

static void wake_waiter(const struct http_call_result *result, void *user) {
  struct waiter_ctx *w = user;
  pthread_mutex_lock(&w->lock);
  w->result = *result;
  w->result.body = arena_dup(w->a, result->body); /* the waiting thread does not use it until we signal */
  w->result.content_type = arena_dup(w->a, result->content_type);
  w->result.etag = arena_dup(w->a, result->etag);
  w->done = true;
  pthread_cond_signal(&w->over);
  pthread_mutex_unlock(&w->lock);
}

/* With the lock held, which is released while the function runs. */
static void wait_for_tick(struct waiter_ctx *w, const struct http_call_wait *wait) {
  int64_t until_ms = thread_now_ms() + wait->every_ms;
  while (!w->done && thread_cond_wait_until(&w->over, &w->lock, until_ms)) continue;
  if (w->done) return;
  pthread_mutex_unlock(&w->lock);
  wait->fn(wait->arg);
  pthread_mutex_lock(&w->lock);
}

struct http_call_result http_client_do(http_client *c, const struct http_call_request *request, arena *a) {
  return http_client_do_while(c, request, NULL, a);
}

struct http_call_result http_client_do_while(http_client *c, const struct http_call_request *request,
                                             const struct http_call_wait *wait, arena *a) {
  assert(c->magic == CLIENT_MAGIC && !pthread_equal(pthread_self(), c->thread));
  struct waiter_ctx w = {.lock = PTHREAD_MUTEX_INITIALIZER, .a = a};
  thread_cond_init(&w.over);
  struct http_call *call = http_call_new(&c->config, request);
  call->done = wake_waiter;
  call->user = &w;
  call->tag = a;
  enqueue(c, call);
  pthread_mutex_lock(&w.lock);
  while (!w.done && !wait) pthread_cond_wait(&w.over, &w.lock);
  while (!w.done) wait_for_tick(&w, wait);
  pthread_mutex_unlock(&w.lock);
  pthread_mutex_destroy(&w.lock);
  pthread_cond_destroy(&w.over);
  return w.result;
}

static void cancel(http_client *c, const void *tag) {
  assert(c->magic == CLIENT_MAGIC);
  pthread_mutex_lock(&c->lock);
  mark(&c->waiting, tag);
  mark(&c->running, tag);
  pthread_mutex_unlock(&c->lock);
  curl_multi_wakeup(c->multi);
}

void http_client_cancel(http_client *c, void *user) {
  assert(user);
  cancel(c, user);
}

void http_client_cancel_all(http_client *c) { cancel(c, NULL); }

void http_client_free(http_client **client, int grace_ms) {
  http_client *c = *client;
  if (!c) return;
  assert(c->magic == CLIENT_MAGIC && !pthread_equal(pthread_self(), c->thread));
  pthread_mutex_lock(&c->lock);
  c->stopping = true;
  c->stop_at_us = clock_measure_us() + (int64_t)grace_ms * 1000;
  pthread_mutex_unlock(&c->lock);
  curl_multi_wakeup(c->multi);
  pthread_join(c->thread, NULL);
  start_waiting(c); /* cancels all calls sent after the thread's last check */
  curl_multi_cleanup(c->multi);
  pthread_mutex_destroy(&c->lock);
  mem_free(&c->config.proxy);
  mem_free(&c->config.user_agent);
  c->magic = 0;
  mem_free(client);
}
