/* The server as a whole: its shards, workers, start and stop. */
#include "net/conn.h"

#include "base/log.h"
#include "base/thread.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT(field, value) \
  if (!(field)) (field) = (value)

static void fill_defaults(struct http_config *c) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  DEFAULT(c->loops, cores >= 2 ? (int)(cores / 2) : 1);
  DEFAULT(c->workers, 4);
  DEFAULT(c->work_queue_max, 1024);
  DEFAULT(c->head_max_bytes, 16 << 10);
  DEFAULT(c->connections_max, 20000);
  DEFAULT(c->head_timeout_ms, 10000);
  DEFAULT(c->body_min_bytes_per_s, 1024);
  DEFAULT(c->unauthenticated_min_bytes_per_s, 16 << 10);
  DEFAULT(c->body_window_ms, 10000);
  DEFAULT(c->idle_timeout_ms, 75000);
  DEFAULT(c->write_timeout_ms, 30000);
  DEFAULT(c->body_memory_max, 64 << 20);
  DEFAULT(c->body_memory_per_address, c->body_memory_max / 8);
  DEFAULT(c->spool_max, 1 << 30);
  DEFAULT(c->spool_per_address, c->spool_max / 4);
  DEFAULT(c->clock, &clock_system);
  /* A head must fit into what a connection may keep. */
  if (c->head_max_bytes > KEPT_MAX / 2) c->head_max_bytes = KEPT_MAX / 2;
}

/* ---- shards ---- */

static struct shard *shard_new(struct http_server *server, int index) {
  struct shard *s = mem_alloc(sizeof *s);
  char name[16];
  snprintf(name, sizeof name, "http-%d", index % 1000);
  s->server = server;
  s->clock = server->config.clock;
  s->budget = budget_ref(server->budget);
  s->loop = net_loop_new(s->clock, name);
  s->listener.fd = -1;
  s->spare_fd = -1;
  atomic_init(&s->refs, 1);
  pthread_mutex_init(&s->lock, NULL);
  net_loop_at_turn_end(s->loop, shard_turn_end, s);
  return s;
}

void shard_ref(struct shard *s) { atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed); }

void shard_unref(struct shard *s) {
  if (atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1) return;
  pthread_mutex_destroy(&s->lock);
  budget_unref(&s->budget);
  free(s);
}

bool shard_post(struct shard *s, void (*fn)(void *arg), void *arg) {
  pthread_mutex_lock(&s->lock);
  bool open = !s->closed;
  if (open) net_post(s->loop, fn, arg);
  pthread_mutex_unlock(&s->lock);
  return open;
}

static void drop_connections(struct shard *s) {
  while (s->conns) conn_destroy(s->conns);
  while (shard_turn_end(s)) continue;
}

/* A late reply from another thread must either post its request or find it without a connection. So close the connections
 * first, while posts are still accepted, and run the remaining posts last. */
static void shard_close(struct shard *s) {
  net_loop_stop(s->loop); /* runs the posts */
  listen_stop(s);
  drop_connections(s);
  pthread_mutex_lock(&s->lock);
  s->closed = true;
  pthread_mutex_unlock(&s->lock);
  net_loop_stop(s->loop); /* the thread has ended: only runs the posts, here */
  drop_connections(s);    /* a WebSocket may have arrived from another loop */
}

static void shard_free(struct shard *s) {
  while (s->spare_reqs) {
    http_req *next = s->spare_reqs->next_spare;
    arena_free(&s->spare_reqs->arena);
    free(s->spare_reqs);
    s->spare_reqs = next;
  }
  net_loop *loop = s->loop; /* s->loop keeps its value: late replies compare it with their own thread's */
  net_loop_free(&loop);
  shard_unref(s);
}

/* ---- the server ---- */

err http_server_new(const struct http_config *config, http_server **out) {
  *out = NULL;
  http_server *s = mem_alloc(sizeof *s);
  s->config = *config;
  fill_defaults(&s->config);
  s->host = mem_dup_cstr(str_c(config->host ? config->host : "127.0.0.1"));
  s->spool_dir = mem_dup_cstr(str_c(config->spool_dir ? config->spool_dir : "/tmp"));
  pthread_mutex_init(&s->lock, NULL);
  thread_cond_init(&s->all_closed);
  err e = net_blocks_parse(config->trusted_proxies ? config->trusted_proxies : "", &s->trusted);
  s->budget = budget_new((struct budget_limits[]){
      [BUDGET_MEMORY] = {s->config.body_memory_max, s->config.body_memory_per_address},
      [BUDGET_DISK] = {s->config.spool_max, s->config.spool_per_address},
  });
  s->shards_count = s->config.loops;
  s->shards = mem_alloc_array((size_t)s->shards_count, sizeof(struct shard *));
  for (int i = 0; i < s->shards_count; i++) s->shards[i] = shard_new(s, i);
  if (!err_is(e)) e = listen_open(s);
  if (err_is(e)) {
    http_server_free(&s);
    return e;
  }
  s->pool = net_pool_new(s->config.workers, s->config.work_queue_max);
  *out = s;
  return err_ok;
}

static void start_listening(void *arg) {
  struct shard *s = arg;
  if (!listen_start(s)) LOG_ERROR("http.listen_failed", LOG_C("reason", strerror(errno)));
}

err http_server_start(http_server *s) {
  assert(!s->started);
  for (int i = 0; i < s->shards_count; i++) {
    err e = net_loop_start(s->shards[i]->loop);
    if (err_is(e)) return e;
  }
  s->started = true;
  for (int i = 0; i < s->shards_count; i++) net_post(s->shards[i]->loop, start_listening, s->shards[i]);
  return err_ok;
}

uint16_t http_server_port(const http_server *s) { return s->port; }
net_pool *http_server_pool(http_server *s) { return s->pool; }
int http_server_loops(const http_server *s) { return s->shards_count; }

net_loop *http_server_loop(http_server *s, int index) {
  assert(index >= 0 && index < s->shards_count);
  return s->shards[index]->loop;
}

static void drain_shard(void *arg) {
  struct shard *s = arg;
  listen_stop(s);
  for (struct conn *c = s->conns, *next; c; c = next) {
    next = c->next;
    conn_drain(c);
  }
}

static void wait_closed(http_server *s, int grace_ms) {
  int64_t until_ms = thread_now_ms() + grace_ms;
  pthread_mutex_lock(&s->lock);
  while (atomic_load(&s->open) > 0)
    if (!thread_cond_wait_until(&s->all_closed, &s->lock, until_ms)) break;
  pthread_mutex_unlock(&s->lock);
}

void http_server_stop(http_server *s, int grace_ms) {
  if (s->stopped) return;
  s->stopped = true;
  if (s->started) {
    for (int i = 0; i < s->shards_count; i++) {
      atomic_store(&s->shards[i]->draining, true);
      net_post(s->shards[i]->loop, drain_shard, s->shards[i]);
    }
    wait_closed(s, grace_ms);
  }
  if (s->pool) net_pool_stop(s->pool); /* before the loops, so that the last handlers' replies can be sent */
  for (int i = 0; i < s->shards_count; i++) shard_close(s->shards[i]);
}

void http_server_settle(http_server *s) {
  assert(s->stopped);
  for (int i = 0; i < s->shards_count; i++) net_loop_stop(s->shards[i]->loop); /* it has ended: only runs the posts */
}

void http_server_free(http_server **server) {
  http_server *s = *server;
  if (!s) return;
  http_server_stop(s, 0);
  net_pool_free(&s->pool);
  for (int i = 0; i < s->shards_count; i++) shard_free(s->shards[i]);
  net_blocks_free(&s->trusted);
  net_counts_free(&s->counts);
  budget_unref(&s->budget);
  pthread_mutex_destroy(&s->lock);
  pthread_cond_destroy(&s->all_closed);
  free(s->shards);
  free(s->host);
  free(s->spool_dir);
  mem_free(server);
}

void http_server_stats(const http_server *s, struct http_stats *out) {
  *out = (struct http_stats){0};
  for (int i = 0; i < s->shards_count; i++) {
    const struct shard_stats *t = &s->shards[i]->stats;
#define SUM(field) out->field += atomic_load_explicit(&t->field, memory_order_relaxed)
    SUM(connections_total), SUM(requests_total), SUM(bytes_in), SUM(bytes_out), SUM(refused_total);
    SUM(parse_errors), SUM(connections_open), SUM(websockets_open), SUM(ws_frames_out), SUM(ws_dropped_slow);
    for (int k = 0; k < 6; k++) SUM(responses_by_class[k]);
#undef SUM
  }
  out->body_bytes_held = budget_held(s->budget, BUDGET_MEMORY);
  out->spool_bytes_held = budget_held(s->budget, BUDGET_DISK);
}
