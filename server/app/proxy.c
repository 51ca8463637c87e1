/* Detects a proxy in front that TRUSTED_PROXIES does not name. Its address stands for every client, so limits per
 * address would apply to all of them together. It is recognised by the header it adds, logged once, and stored as a
 * setting for the panel and for `doctor`, which runs in another process.
 *
 * A direct client can send such a header too, so the message is only a hint, and at most PEERS_MAX addresses are
 * ever named. */
#include "app/app.h"

#include "base/log.h"
#include "desk/setting/setting.h"

#include <stdatomic.h>

#define SETTING_KEY SETTING_UNTRUSTED_PROXIES
enum { PEERS_MAX = 8 };

struct proxies {
  atomic_int count; /* read without the lock, since it only grows */
  pthread_mutex_t lock;
  struct seen {
    struct net_addr addr;
    bool silent; /* trusted or not, it does not name its clients */
  } seen[PEERS_MAX];
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

static bool is_new(struct proxies *p, const struct net_addr *peer, bool silent) {
  pthread_mutex_lock(&p->lock);
  int n = atomic_load(&p->count);
  bool known = n == PEERS_MAX;
  for (int i = 0; i < n && !known; i++)
    known = p->seen[i].silent == silent && memcmp(&p->seen[i].addr, peer, sizeof *peer) == 0;
  if (!known) {
    p->seen[n] = (struct seen){*peer, silent};
    atomic_store(&p->count, n + 1);
  }
  pthread_mutex_unlock(&p->lock);
  return !known;
}

struct note_ctx {
  struct app *app;
  char text[PEERS_MAX * (NET_ADDR_TEXT + sizeof PROXIES_SILENT)];
};

static err store(db_conn *c, void *ctx) {
  struct note_ctx *n = ctx;
  return setting_set(c, SETTING_KEY, str_c(n->text), 0, desk_now(&n->app->desk));
}

static void stored(err e, void *ctx) {
  if (err_is(e)) LOG_WARN("proxy.not_noted", LOG_E(e));
  mem_free(&ctx);
}

static void note_for_doctor(struct app *app) {
  struct note_ctx *n = mem_alloc(sizeof *n);
  n->app = app;
  pthread_mutex_lock(&app->proxies->lock);
  for (int i = 0; i < atomic_load(&app->proxies->count); i++) {
    char text[NET_ADDR_TEXT];
    size_t at = strlen(n->text);
    str address = net_addr_format(&app->proxies->seen[i].addr, text);
    snprintf(n->text + at, sizeof n->text - at, "%s%s%.*s", at ? " " : "",
             app->proxies->seen[i].silent ? PROXIES_SILENT : "", STR_ARG(address));
  }
  pthread_mutex_unlock(&app->proxies->lock);
  err e = desk_write_async(&app->desk, store, n, stored);
  if (err_is(e)) mem_free(&n);
}

bool proxies_host_is_local(str host) {
  struct net_addr a;
  size_t end = host.len && host.ptr[0] == '[' ? str_index(host, ']', 0) + 1 : str_index(host, ':', 0);
  host = str_sub(host, 0, end < host.len ? end : host.len);
  return str_eq_ignore_case(host, S("localhost")) || (net_addr_parse(host, &a) && net_addr_is_loopback(&a));
}

/* Whether a request was forwarded for an unnamed client. A health probe is its own client. */
static bool is_silent(const struct app *app, http_req *req, const struct net_addr *peer) {
  str path = http_path(req);
  if (str_starts(path, S("/health")) || str_starts(path, S("/metrics"))) return false;
  if (http_way_of(req) == HTTP_WAY_PROXIED) return !http_header_of(req, S("x-forwarded-for")).ptr;
  return app->is_public && net_addr_is_loopback(peer) && !proxies_host_is_local(http_header_of(req, S("host")));
}

void proxies_notice(struct app *app, http_req *req) {
  struct net_addr peer;
  if (!app->proxies || atomic_load_explicit(&app->proxies->count, memory_order_relaxed) == PEERS_MAX) return;
  str address = http_peer_address(req);
  if (!net_addr_parse(address, &peer)) return;
  bool untrusted = http_way_of(req) == HTTP_WAY_UNTRUSTED_PROXY, silent = !untrusted && is_silent(app, req, &peer);
  if ((!untrusted && !silent) || !is_new(app->proxies, &peer, silent)) return;
  if (untrusted)
    LOG_WARN("proxy.untrusted", LOG_S("address", address),
             LOG_C("meaning", "it sends a proxy's headers, so all its clients are limited as one address"),
             LOG_C("if_it_is_yours", "add its address to TRUSTED_PROXIES"));
  else
    LOG_WARN(
        "proxy.silent", LOG_S("address", address),
        LOG_C("meaning", "it forwards requests without the client's address, so all its clients are limited as one"),
        LOG_C("what_to_do", "configure it to set X-Forwarded-For to the client's address"));
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
