/* A proxy in front that TRUSTED_PROXIES does not name: its address stands for every client, so the limits an address
 * would meet them together. It is noticed by the header that it adds, named once in the log, and kept as a setting for
 * `doctor`, which runs in a process of its own.
 *
 * Whoever reaches the server directly can send such a header too, so what is said is a hint, and no more than PEERS_MAX
 * addresses are ever named. */
#include "app/app.h"

#include "base/log.h"
#include "desk/setting/setting.h"

#include <stdatomic.h>

#define SETTING_KEY "untrusted_proxies"
enum { PEERS_MAX = 8 };

struct proxies {
  atomic_int count; /* read without the lock: it only grows */
  pthread_mutex_t lock;
  struct net_addr peers[PEERS_MAX];
};

struct proxies *proxies_new(void) {
  struct proxies *p = mem_alloc(sizeof *p);
  pthread_mutex_init(&p->lock, NULL);
  return p;
}

void proxies_free(struct proxies **p) {
  if (!*p) return;
  pthread_mutex_destroy(&(*p)->lock);
  mem_free(p);
}

static bool is_new(struct proxies *p, const struct net_addr *peer) {
  pthread_mutex_lock(&p->lock);
  int n = atomic_load(&p->count);
  bool known = n == PEERS_MAX;
  for (int i = 0; i < n && !known; i++) known = memcmp(&p->peers[i], peer, sizeof *peer) == 0;
  if (!known) {
    p->peers[n] = *peer;
    atomic_store(&p->count, n + 1);
  }
  pthread_mutex_unlock(&p->lock);
  return !known;
}

struct note {
  struct app *app;
  char text[PEERS_MAX * (NET_ADDR_TEXT + 1)];
};

static err store(db_conn *c, void *ctx) {
  struct note *n = ctx;
  return setting_set(c, SETTING_KEY, str_c(n->text), 0, desk_now(&n->app->desk));
}

static void stored(err e, void *ctx) {
  if (err_is(e)) LOG_WARN("proxy.not_noted", LOG_E(e));
  mem_free(&ctx);
}

static void note_for_doctor(struct app *app) {
  struct note *n = mem_alloc(sizeof *n);
  n->app = app;
  pthread_mutex_lock(&app->proxies->lock);
  for (int i = 0; i < atomic_load(&app->proxies->count); i++) {
    char text[NET_ADDR_TEXT];
    size_t at = strlen(n->text);
    str address = net_addr_format(&app->proxies->peers[i], text);
    snprintf(n->text + at, sizeof n->text - at, "%s%.*s", at ? " " : "", STR_ARG(address));
  }
  pthread_mutex_unlock(&app->proxies->lock);
  err e = desk_write_async(&app->desk, store, n, stored);
  if (err_is(e)) mem_free(&n);
}

void proxies_notice(struct app *app, http_req *req) {
  struct net_addr peer;
  if (!app->proxies || atomic_load_explicit(&app->proxies->count, memory_order_relaxed) == PEERS_MAX) return;
  if (http_way_of(req) != HTTP_WAY_BY_STRANGER) return;
  str address = http_peer_address(req);
  if (!net_addr_parse(address, &peer) || !is_new(app->proxies, &peer)) return;
  LOG_WARN("proxy.untrusted", LOG_S("address", address),
           LOG_C("meaning", "it sends a proxy's header, so all its clients are limited as one address"),
           LOG_C("if_it_is_yours", "add its address to TRUSTED_PROXIES"));
  note_for_doctor(app);
}

static err forget(db_conn *c, void *ctx) {
  (void)ctx;
  return setting_remove(c, SETTING_KEY);
}

static err look(db_conn *c, void *ctx) { return setting_get(c, SETTING_KEY, db_conn_arena(c), ctx); }

err proxies_forget(struct app *app) {
  str noted = STR_NONE;
  err e = db_read(app->desk.db, look, &noted);
  return err_is(e) || !noted.ptr ? e : desk_write(&app->desk, forget, NULL);
}

err proxies_noted(db_conn *c, arena *a, str *out) { return setting_get(c, SETTING_KEY, a, out); }
