/* See mobile.h. Life, keys, and what the panel is shown. */
#include "edge/mobile/mobile_inside.h"

#include "base/log.h"
#include "base/seal.h"
#include "desk/audit/audit.h"
#include "desk/setting/setting.h"
#include "edge/mobile/push.h"
#include "net/addr.h"

#include <assert.h>
#include <sodium.h>

enum { MOBILE_MAGIC = 0x4d6f6269 };

static const char app_key_setting[] = "mobile_app_key", signing_setting[] = "mobile_signing_secret";

/* When somebody was last noted to be here, so that it is written once a minute and not with every call. Two who share a
 * place are written oftener. */
enum { SIGHTINGS = 4096, SIGHTING_EVERY_MS = 60000 };
struct sighting {
  uint64_t hash;
  int64_t at_ms;
};

struct mobile {
  uint32_t magic;
  struct desk *desk;
  enum mobile_auth auth;
  pthread_mutex_t lock;    /* guards the keys and the sightings */
  struct mobile_keys keys; /* those of the configuration, or those that were kept */
  bool own_key;            /* the app's key is ours to change */
  struct file_quota quota;
  struct mobile_sender *sender;
  struct push *push;            /* NULL: off */
  struct mobile_socket *socket; /* NULL: none */
  struct mobile_names *names;
  struct sighting sightings[SIGHTINGS];
};

struct mobile *mobile_of(struct call *c) {
  struct mobile *m = c->desk->edges[CHANNEL_MOBILE];
  assert(m && m->magic == MOBILE_MAGIC);
  return m;
}

err mobile_count_sent(struct call *c, db_conn *conn, str user_id, int64_t photo_bytes, int64_t word_bytes) {
  enum { ROW_BYTES = 1024 };
  const struct file_quota *quota = &mobile_of(c)->quota;
  struct net_addr address;
  char text[NET_ADDR_TEXT];
  struct file_sender from = {.visitor_id = user_id};
  int64_t now_ms = desk_now(c->desk);
  if (!mobile_is_visitor(user_id)) return err_ok;
  if (!http_client_is_shared(c->req) && net_addr_parse(http_client_address(c->req), &address)) {
    address = net_addr_network(&address);
    from.network = arena_dup(db_conn_arena(conn), net_addr_format(&address, text));
  }
  err e = photo_bytes ? file_quota_take_photos(conn, quota, &from, photo_bytes, now_ms) : err_ok;
  return err_is(e) ? e : file_quota_take_words(conn, quota, &from, word_bytes + ROW_BYTES, now_ms);
}

struct desk *mobile_desk(struct mobile *m) {
  return m->desk;
}

void mobile_keys_of(struct mobile *m, struct mobile_keys *out) {
  pthread_mutex_lock(&m->lock);
  *out = m->keys;
  pthread_mutex_unlock(&m->lock);
}

bool mobile_is_signed(struct call *c) { return mobile_of(c)->auth == MOBILE_SIGNED; }

err mobile_admit(struct call *c, str user_id, str user_hash, int rate_class) {
  struct mobile *m = mobile_of(c);
  struct mobile_keys keys;
  mobile_keys_of(m, &keys);
  if (!user_hash.len) user_hash = http_header_of(c->req, S("x-user-hash"));
  if (!user_hash.len) user_hash = http_query(c->req, S("user_hash"));
  err e = mobile_check_user(user_id);
  if (!err_is(e)) e = mobile_check_caller(m->auth, &keys, user_id, http_header_of(c->req, S("x-app-key")), user_hash);
  sodium_memzero(&keys, sizeof keys);
  if (!err_is(e)) e = access_rate_customer(c->desk->access, rate_class, user_id);
  if (!err_is(e)) mobile_is_here(m, user_id);
  return e;
}

/* 64 hexadecimal digits. */
static bool is_hash(str s) {
  bool good = s.len == 64;
  for (size_t i = 0; i < s.len && good; i++) {
    char ch = s.ptr[i];
    good = (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'f') || (ch >= 'A' && ch <= 'F');
  }
  return good;
}

/* The user id and its signature may stand in the body as long as that is small. */
static bool body_is_small(http_req *req) {
  int64_t length;
  return str_to_i64(http_header_of(req, S("content-length")), &length) && length <= LIMIT_JSON_BODY_MAX;
}

/* The user whom the head names, if it does. */
static str user_in_head(struct call *c) {
  str user = http_header_of(c->req, S("x-user-id"));
  if (!user.len) user = http_query(c->req, S("user_id"));
  return user.len ? user : c->word;
}

/* What the head proves is proven; what it gives must be right; and what it lacks may stand in a small body only. */
static err judge_head(struct call *c, const struct mobile *m, const struct mobile_keys *keys) {
  str key = http_header_of(c->req, S("x-app-key")), hash = http_header_of(c->req, S("x-user-hash"));
  str user = user_in_head(c);
  if (!hash.len) hash = http_query(c->req, S("user_hash"));
  bool both = user.len && hash.len, by_key = m->auth == MOBILE_KEY;
  err no_key = mobile_check_caller(MOBILE_KEY, keys, STR_NONE, key, STR_NONE);
  c->proven =
      (by_key && !err_is(no_key)) || (both && !err_is(mobile_check_caller(MOBILE_SIGNED, keys, user, STR_NONE, hash)));
  if (c->proven) return err_ok;
  if (both) return mobile_check_caller(m->auth, keys, user, key, hash);
  if (m->auth == MOBILE_OPEN) return err_ok;
  bool plausible = hash.len ? is_hash(hash) : !(by_key && key.len);
  if (plausible && body_is_small(c->req)) return err_ok;
  if (plausible && hash.len)
    return err_detail(ERR_UNAUTHORIZED, NULL, "With a body of this size X-User-Hash needs X-User-Id beside it.");
  return by_key ? no_key : mobile_check_caller(MOBILE_SIGNED, keys, STR_NONE, STR_NONE, STR_NONE);
}

err mobile_at_head(struct call *c) {
  struct mobile *m = mobile_of(c);
  struct mobile_keys keys;
  mobile_keys_of(m, &keys);
  err e = judge_head(c, m, &keys);
  sodium_memzero(&keys, sizeof keys);
  return e;
}

err mobile_check_socket(struct mobile *m, str user_id, str app_key, str user_hash, bool *by_key) {
  struct mobile_keys keys;
  mobile_keys_of(m, &keys);
  err e = mobile_check_caller(m->auth, &keys, user_id, app_key, user_hash);
  *by_key = m->auth == MOBILE_KEY && err_is(mobile_check_caller(MOBILE_SIGNED, &keys, user_id, STR_NONE, user_hash));
  sodium_memzero(&keys, sizeof keys);
  return e;
}

str mobile_language(struct call *c, str said) {
  if (!said.len) said = http_header_of(c->req, S("accept-language"));
  said = str_trim(str_sub(said, 0, str_index(said, ',', 0)));
  said = str_trim(str_sub(said, 0, str_index(said, ';', 0)));
  bool letters = said.len >= 2 && said.len <= 16;
  for (size_t i = 0; i < said.len && letters; i++) {
    char ch = said.ptr[i];
    letters =
        (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '-' || ch == '_';
  }
  return letters ? said : STR_NONE;
}

/* ---- who is there ---- */

struct presence {
  struct mobile *m;
  char user_id[MOBILE_USER_MAX + 1];
  size_t len;
};

static err store_presence(db_conn *c, void *arg) {
  struct presence *p = arg;
  struct device_owner owner = {MOBILE_CHANNEL, MOBILE_ACCOUNT, str_n(p->user_id, p->len)};
  return device_present(c, &owner, desk_now(p->m->desk));
}

static void presence_stored(err e, void *arg) {
  struct presence *p = arg;
  if (err_is(e)) LOG_WARN("mobile.presence_not_stored", LOG_E(e));
  mem_free(&p);
}

void mobile_is_here(struct mobile *m, str user_id) {
  uint64_t hash = 1469598103934665603u; /* FNV-1a */
  for (size_t i = 0; i < user_id.len; i++) hash = (hash ^ (unsigned char)user_id.ptr[i]) * 1099511628211u;
  struct sighting *s = &m->sightings[hash % SIGHTINGS];
  int64_t now = clock_steady_ms(m->desk->clock);
  pthread_mutex_lock(&m->lock);
  bool lately = s->hash == hash && now - s->at_ms < SIGHTING_EVERY_MS;
  if (!lately) *s = (struct sighting){hash, now};
  pthread_mutex_unlock(&m->lock);
  if (lately || user_id.len > MOBILE_USER_MAX) return;
  struct presence *p = mem_alloc(sizeof *p);
  p->m = m;
  p->len = user_id.len;
  memcpy(p->user_id, user_id.ptr, user_id.len);
  err e = db_write_async(m->desk->db, store_presence, p, presence_stored); /* no screen hears of it: nobody is woken */
  if (err_is(e)) presence_stored(e, p);
}

/* ---- the keys ---- */

struct keeping {
  struct mobile *m;
  const char *setting;
  str fresh; /* what is kept where nothing was, or from now on */
  bool replace;
  int64_t by;
  arena *a;
  str out;
};

static err keep_key(db_conn *c, void *arg) {
  struct keeping *k = arg;
  struct desk *d = k->m->desk;
  err e = k->replace ? err_ok : setting_get_secret(d, c, k->setting, k->a, &k->out);
  if (err_is(e) || (!k->replace && k->out.len)) return e;
  k->out = k->fresh;
  e = setting_set_secret(d, c, k->setting, k->fresh, k->by, desk_now(d), k->a);
  if (err_is(e) || !k->by) return e;
  return audit_add(c, k->by, "mobile.key_changed", S("mobile"), S(""), S(""), desk_now(d));
}

/* The kept one, made when there is none. */
static err kept_key(struct mobile *m, const char *setting, bool replace, int64_t by, char out[MOBILE_SECRET_MAX]) {
  char fresh[MOBILE_KEY_SIZE + 1];
  arena *a = arena_new(0);
  struct keeping k = {.m = m, .setting = setting, .replace = replace, .by = by, .a = a};
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

/* ---- life ---- */

static void rows_have_left(void *arg) {
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
  m->sender = mobile_sender_new(config->desk, m->push && push_works(m->push), rows_have_left, m);
  m->names = mobile_names_new();
  if (config->io) m->socket = mobile_socket_new(m, config->desk, config->io, config->pool);
  return m;
}

void mobile_publish(struct mobile *m, const struct bus_event *events, size_t count) {
  assert(m->magic == MOBILE_MAGIC);
  for (size_t i = 0; i < count; i++)
    if (events[i].type == EVENT_OPERATOR_STATUS_CHANGE) mobile_names_hear(m->names, events[i].data);
  if (m->socket) mobile_socket_publish(m->socket, events, count);
}

void mobile_broadcast(struct mobile *m, int event_type, str data) {
  assert(m->magic == MOBILE_MAGIC);
  if (m->socket && event_type == EVENT_TYPING) mobile_socket_typing(m->socket, data);
}

struct mobile_names *mobile_names_borrow(struct mobile *m) {
  return m->names;
}

err mobile_start(struct mobile *m) {
  assert(m->magic == MOBILE_MAGIC);
  err e = m->own_key ? kept_key(m, app_key_setting, false, 0, m->keys.app) : err_ok;
  if (!err_is(e) && !m->keys.signing[0]) e = kept_key(m, signing_setting, false, 0, m->keys.signing);
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

/* ---- what the panel is shown ---- */

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
     "Who may call the apps' API: anyone, who has the key, or whose user id is signed. MOBILE_API_AUTH sets it."},
    {"app_key", JSON_STRING, JSON_SECRET, AT(app_key), 0, 0, NULL, NULL, "For the header X-App-Key."},
    {"signing_secret", JSON_STRING, JSON_SECRET, AT(signing_secret), 0, 0, NULL, NULL,
     "The key of the HMAC-SHA256 of a user id, for X-User-Hash; it belongs on your server, never into an app."},
    {"own_key", JSON_BOOL, 0, AT(own_key), 0, 0, NULL, NULL,
     "The key can be changed here; else MOBILE_APP_KEY sets it."},
    {"visitors", JSON_BOOL, 0, AT(visitors), 0, 0, NULL, NULL,
     "The web chat takes visitors who have not signed in on the site. WIDGET_VISITORS sets it."},
    {"push", JSON_BOOL, 0, AT(push), 0, 0, NULL, NULL, "Push messages leave."},
    {"push_error", JSON_STRING, JSON_NULLABLE, AT(push_error), 0, 0, NULL, NULL, "Why they do not."},
};
#undef AT
static JSON_SHAPE(view_shape, "AppChannel", struct channel_view, view_fields, "How apps reach the desk.");

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
  err e = m->own_key ? kept_key(m, app_key_setting, true, c->me.id, m->keys.app)
                     : err_detail(ERR_CONFLICT, NULL, "MOBILE_APP_KEY of the configuration sets the key.");
  if (err_is(e)) {
    call_fail(c, e);
    return;
  }
  if (m->socket) mobile_socket_key_changed(m->socket);
  show(c);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/channels/mobile", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_READ, .out = &view_shape, .status = 200,
     .handler = show, .doc = "Who may call the apps' API, with its keys, and whether push messages leave."},
    {HTTP_POST, "/api/channels/mobile/key", GUARD_ROLE, MAY_SETTING_MANAGE, RATE_WRITE, .out = &view_shape,
     .status = 200, .handler = change_key, .fails = FAILS(CONFLICT),
     .doc = "Makes another key; apps with the old one are refused at once, and their sockets end."},
};
ROUTE_TABLE(mobile_panel_routes, routes);
