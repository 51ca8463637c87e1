/* See mobile.h. Start and stop, keys, and the panel's view. */
#include "edge/mobile/mobile_internal.h"

#include "base/log.h"
#include "base/seal.h"
#include "desk/audit/audit.h"
#include "desk/setting/setting.h"
#include "edge/mobile/push.h"

#include <assert.h>
#include <sodium.h>

static const char app_key_setting[] = "mobile_app_key", signing_setting[] = "mobile_signing_secret";

/* ---- the keys ---- */

struct keeping_ctx {
  struct mobile *m;
  const char *setting;
  str fresh; /* stored if there is none yet, or as the replacement */
  bool replace;
  int64_t by;
  str address;
  arena *a;
  str out;
};

static err keep_key(db_conn *c, void *arg) {
  struct keeping_ctx *k = arg;
  struct desk *d = k->m->desk;
  err e = k->replace ? err_ok : setting_get_secret(d, c, k->setting, k->a, &k->out);
  if (err_is(e) || (!k->replace && k->out.len)) return e;
  k->out = k->fresh;
  e = setting_set_secret(d, c, k->setting, k->fresh, k->by, desk_now(d), k->a);
  if (err_is(e) || !k->by) return e;
  return audit_add(c, actor_operator(k->by), AUDIT_MOBILE_KEY_CHANGED, S("mobile"), S(""), k->address, desk_now(d));
}

/* The stored key, created if there is none. */
static err kept_key(struct mobile *m, const char *setting, bool replace, int64_t by, str address,
                    char out[MOBILE_SECRET_MAX]) {
  char fresh[MOBILE_KEY_SIZE + 1];
  arena *a = arena_new(0);
  struct keeping_ctx k = {.m = m, .setting = setting, .replace = replace, .by = by, .address = address, .a = a};
  k.fresh = rand_token(m->desk->rand, fresh, MOBILE_KEY_SIZE);
  err e = desk_write(m->desk, keep_key, &k);
  if (!err_is(e) && k.out.len < MOBILE_SECRET_MAX) {
    pthread_mutex_lock(&m->lock);
    memcpy(out, k.out.ptr, k.out.len);
    out[k.out.len] = 0;
    pthread_mutex_unlock(&m->lock);
  }
  sodium_memzero(fresh, sizeof fresh);
  arena_free(&a);
  return e;
}

static bool given_key(const char *given, char out[MOBILE_SECRET_MAX]) {
  if (!given || !*given) return false;
  snprintf(out, MOBILE_SECRET_MAX, "%s", given);
  return true;
}

/* ---- start and stop ---- */

static void rows_sent(void *arg) {
  struct mobile *m = arg;
  if (m->push) push_wake(m->push);
}

struct mobile *mobile_new(const struct mobile_config *config) {
  struct mobile *m = mem_alloc(sizeof *m);
  m->magic = MOBILE_MAGIC;
  m->desk = config->desk;
  m->auth = config->auth;
  pthread_mutex_init(&m->lock, NULL);
  m->own_key = !given_key(config->app_key, m->keys.app);
  given_key(config->signing_secret, m->keys.signing);
  m->keys.no_visitors = !config->visitors;
  m->quota = config->quota;
  struct seal_key visitor;
  seal_key_derive(str_n(config->desk->secret_key, 32), "app_visitors", &visitor);
  memcpy(m->keys.visitor, visitor.bytes, sizeof m->keys.visitor);
  seal_key_wipe(&visitor);
  struct push_config push = {.desk = config->desk,
                             .client = config->client,
                             .account_path = config->fcm_account_path,
                             .endpoint = config->fcm_endpoint,
                             .title = config->push_title};
  if (config->fcm_account_path && *config->fcm_account_path) m->push = push_new(&push);
  m->sender = mobile_sender_new(config->desk, m->push && push_works(m->push), rows_sent, m);
  m->names = mobile_names_new();
  if (config->io) m->socket = mobile_socket_new(m, config->desk, config->io, config->pool);
  return m;
}

void mobile_publish(struct mobile *m, const struct bus_event *events, size_t count) {
  assert(m->magic == MOBILE_MAGIC);
  for (size_t i = 0; i < count; i++)
    if (events[i].type == EVENT_OPERATOR_STATUS_CHANGE) mobile_names_update(m->names, &events[i]);
  if (m->socket) mobile_socket_publish(m->socket, events, count);
}

void mobile_broadcast(struct mobile *m, int event_type, const void *data) {
  assert(m->magic == MOBILE_MAGIC);
  if (m->socket && event_type == EVENT_TYPING) mobile_socket_typing(m->socket, data);
}

err mobile_start(struct mobile *m) {
  assert(m->magic == MOBILE_MAGIC);
  err e = m->own_key ? kept_key(m, app_key_setting, false, 0, STR_NONE, m->keys.app) : err_ok;
  if (!err_is(e) && !m->keys.signing[0]) e = kept_key(m, signing_setting, false, 0, STR_NONE, m->keys.signing);
  if (err_is(e)) return e;
  if (m->auth == MOBILE_OPEN) LOG_WARN("mobile.open", LOG_C("meaning", "anyone may write and read as any user"));
  if (m->push) push_start(m->push);
  mobile_sender_start(m->sender);
  return err_ok;
}

void mobile_stop(struct mobile *m, int grace_ms) {
  assert(m->magic == MOBILE_MAGIC);
  mobile_sender_stop(m->sender);
  if (m->push) push_stop(m->push, grace_ms);
}

void mobile_free(struct mobile **mobile) {
  struct mobile *m = *mobile;
  if (!m) return;
  assert(m->magic == MOBILE_MAGIC);
  mobile_sender_free(&m->sender);
  push_free(&m->push);
  mobile_socket_free(&m->socket);
  mobile_names_free(&m->names);
  pthread_mutex_destroy(&m->lock);
  sodium_memzero(&m->keys, sizeof m->keys);
  m->magic = 0;
  mem_free(mobile);
}

void mobile_push_stats(const struct mobile *m, struct push_stats *out) {
  assert(m->magic == MOBILE_MAGIC);
  *out = (struct push_stats){0};
  if (m->push) push_stats(m->push, out);
}

void mobile_wake(void *mobile) {
  struct mobile *m = mobile;
  assert(m->magic == MOBILE_MAGIC);
  mobile_sender_wake(m->sender);
}

/* ---- the panel's view ---- */

static const char *const auth_texts[] = {[MOBILE_OPEN] = "open", [MOBILE_KEY] = "key", [MOBILE_SIGNED] = "signed"};
static const struct json_enum auth_names = {"AppAuth", auth_texts, JSON_COUNT(auth_texts), NULL};

struct channel_view {
  int auth;
  str app_key, signing_secret, push_error;
  bool own_key, push, visitors;
};
#define AT(member) offsetof(struct channel_view, member)
static const struct json_field view_fields[] = {
    {"auth", JSON_ENUM, 0, AT(auth), 0, 0, NULL, &auth_names,
     "Who may call the apps' API: anyone, callers with the key, or users with a signed id. MOBILE_API_AUTH sets it."},
    {"app_key", JSON_STRING, JSON_SECRET, AT(app_key), 0, 0, NULL, NULL, "For the header X-App-Key."},
    {"signing_secret", JSON_STRING, JSON_SECRET, AT(signing_secret), 0, 0, NULL, NULL,
     "The key of the HMAC-SHA256 of a user id, for X-User-Hash; keep it on your server, never in an app."},
    {"own_key", JSON_BOOL, 0, AT(own_key), 0, 0, NULL, NULL,
     "The key can be changed here; if not, MOBILE_APP_KEY sets it."},
    {"visitors", JSON_BOOL, 0, AT(visitors), 0, 0, NULL, NULL,
     "The web chat accepts visitors who have not signed in on the site. WIDGET_VISITORS sets it."},
    {"push", JSON_BOOL, 0, AT(push), 0, 0, NULL, NULL, "Push messages are sent."},
    {"push_error", JSON_STRING, JSON_NULLABLE, AT(push_error), 0, 0, NULL, NULL, "Why they are not sent."},
};
#undef AT
static JSON_SHAPE(view_shape, "AppChannel", struct channel_view, view_fields, "The settings of the apps' API.");

static void show(struct call *c) {
  struct mobile *m = mobile_of(c);
  struct mobile_keys keys;
  mobile_keys_of(m, &keys);
  struct channel_view view = {
      .auth = (int)m->auth,
      .app_key = str_c(keys.app),
      .signing_secret = str_c(keys.signing),
      .own_key = m->own_key,
      .visitors = !keys.no_visitors,
      .push = m->push && push_works(m->push),
      .push_error = m->push ? push_error(m->push, c->arena) : S("FCM_SERVICE_ACCOUNT_PATH is not set.")};
  call_reply(c, 200, &view_shape, &view);
  sodium_memzero(&keys, sizeof keys);
}

static void change_key(struct call *c) {
  struct mobile *m = mobile_of(c);
  err e = m->own_key ? kept_key(m, app_key_setting, true, c->me.id, http_client_address(c->req), m->keys.app)
                     : err_detail(ERR_CONFLICT, NULL, "The key is set by MOBILE_APP_KEY in the configuration.");
  if (err_is(e)) {
    call_fail(c, e);
    return;
  }
  if (m->socket) mobile_socket_key_changed(m->socket);
  show(c);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/channels/mobile", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_READ, .out = &view_shape, .status = 200,
     .handler = show, .doc = "Who may call the apps' API, its keys, and whether push messages are sent."},
    {HTTP_POST, "/api/channels/mobile/key", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_WRITE, .out = &view_shape,
     .status = 200, .handler = change_key, .fails = FAILS(CONFLICT),
     .doc = "Makes a new key; apps with the old one are refused at once, and their sockets are closed."},
};
ROUTE_TABLE(mobile_panel_routes, routes);
