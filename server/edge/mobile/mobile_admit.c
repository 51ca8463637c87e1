/* Authenticates requests: with the current keys, from the head before the body is read. Also the visitors' quotas
 * and the presence of users. */
#include "edge/mobile/mobile_internal.h"

#include "base/log.h"
#include "net/addr.h"

#include <assert.h>
#include <sodium.h>

enum { SIGHTING_EVERY_MS = 60000 };

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
  if (!err_is(e)) mobile_note_presence(m, user_id);
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

/* The user id and its signature may be in the body if it is small. */
static bool body_is_small(http_req *req) {
  int64_t length;
  return str_to_i64(http_header_of(req, S("content-length")), &length) && length <= LIMIT_JSON_BODY_MAX;
}

/* The user id in the head, if any. */
static str user_in_head(struct call *c) {
  str user = http_header_of(c->req, S("x-user-id"));
  if (!user.len) user = http_query(c->req, S("user_id"));
  return user.len ? user : c->word;
}

/* Checks the head: credentials in it must be right; missing ones may follow in a small body only. */
static err check_head(struct call *c, const struct mobile *m, const struct mobile_keys *keys) {
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
  err e = check_head(c, m, &keys);
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

/* ---- presence ---- */

struct presence_ctx {
  struct mobile *m;
  char user_id[MOBILE_USER_MAX + 1];
  size_t len;
};

static err store_presence(db_conn *c, void *arg) {
  struct presence_ctx *p = arg;
  struct device_owner owner = {MOBILE_CHANNEL, MOBILE_ACCOUNT, str_n(p->user_id, p->len)};
  return device_present(c, &owner, desk_now(p->m->desk));
}

static void presence_stored(err e, void *arg) {
  struct presence_ctx *p = arg;
  if (err_is(e)) LOG_WARN("mobile.presence_not_stored", LOG_E(e));
  mem_free(&p);
}

void mobile_note_presence(struct mobile *m, str user_id) {
  uint64_t hash = str_hash(user_id);
  struct sighting *s = &m->sightings[hash % SIGHTINGS];
  int64_t now = clock_steady_ms(m->desk->clock);
  pthread_mutex_lock(&m->lock);
  bool lately = s->hash == hash && now - s->at_ms < SIGHTING_EVERY_MS;
  if (!lately) *s = (struct sighting){hash, now};
  pthread_mutex_unlock(&m->lock);
  if (lately || user_id.len > MOBILE_USER_MAX) return;
  struct presence_ctx *p = mem_alloc(sizeof *p);
  p->m = m;
  p->len = user_id.len;
  memcpy(p->user_id, user_id.ptr, user_id.len);
  err e = db_write_async(m->desk->db, store_presence, p, presence_stored); /* not an event, so no wake-up */
  if (err_is(e)) presence_stored(e, p);
}

struct mobile_names *mobile_names_borrow(struct mobile *m) {
  return m->names;
}
