/* Signing in and out, and looking up credentials. Passwords are hashed and checked outside transactions. */
#include "desk/access/access_internal.h"

#include "base/log.h"
#include "base/password.h"
#include "desk/audit/audit.h"
#include "net/jwt.h"
#include "sql.h"

#include <sodium.h>

enum { SESSIONS_PER_OPERATOR = 50, MARKS_PER_OPERATOR = 100, TOUCH_MS = 5 * 60 * 1000 };
enum { AGENT_MAX = 200, LOGIN_TEXT_MAX = 254 };
static const int64_t mark_life_ms = (int64_t)400 * 24 * 3600 * 1000; /* as long as a browser keeps a cookie */

static str token_hash(str token, arena *a) {
  unsigned char *hash = arena_alloc(a, crypto_hash_sha256_BYTES);
  crypto_hash_sha256(hash, (const unsigned char *)token.ptr, token.len);
  return str_n((const char *)hash, crypto_hash_sha256_BYTES);
}

/* ---- the password ---- */

struct candidate_ctx {
  arena *arena;
  str name; /* login or email, or absent: by id */
  int64_t id;
  str hash, login, email;
  str mark; /* of the address; absent when it is shared */
  bool address_known;
};

static err find_mark(db_conn *c, struct candidate_ctx *who) {
  struct db_rows rows;
  if (!who->mark.ptr) return err_ok;
  err e = DB_RUN(c, SQL_ACCESS_MARK, who->arena, &rows, DB_I(who->id), DB_B(who->mark));
  who->address_known = !err_is(e) && rows.count;
  return e;
}

static err find_candidate(db_conn *c, void *ctx) {
  struct candidate_ctx *who = ctx;
  struct db_rows rows;
  err e = who->name.ptr ? DB_RUN(c, SQL_ACCESS_CANDIDATE, who->arena, &rows, DB_S(who->name))
                        : DB_RUN(c, SQL_ACCESS_PASSWORD, who->arena, &rows, DB_I(who->id));
  who->hash = who->login = who->email = STR_NONE;
  who->address_known = false;
  if (err_is(e) || !rows.count) return e;
  who->id = db_at(&rows, 0, 0)->i;
  who->hash = db_at(&rows, 0, 1)->s;
  who->login = db_at(&rows, 0, 2)->s;
  who->email = db_at(&rows, 0, 3)->s;
  return find_mark(c, who);
}

static str lower(arena *a, str s) {
  char *copy = arena_alloc(a, s.len + 1);
  for (size_t i = 0; i < s.len; i++) copy[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] + 32) : s.ptr[i];
  return str_n(copy, s.len);
}

/* Guesses by login and by email are counted together, under the login. */
static struct access_attempt attempt_of(const struct candidate_ctx *who, const struct access_from *from) {
  bool device = who->hash.ptr && access_device_knows(&from->device, who->id);
  return (struct access_attempt){.by = device                 ? GUESS_KNOWN_DEVICE
                                       : who->address_known   ? GUESS_KNOWN_ADDRESS
                                       : from->address_shared ? GUESS_SHARED_ADDRESS
                                                              : GUESS_UNKNOWN,
                                 .login = who->login.ptr ? who->login : who->name,
                                 .place = device ? from->device.id : from->address};
}

/* Counts the guess, then checks the password. */
static err check_password(struct desk *d, struct candidate_ctx *who, str password, const struct access_from *from,
                          bool *needs_rehash) {
  int64_t now = clock_steady_ms(d->access->clock);
  who->mark = access_mark_address(&d->access->mark_key, from, who->arena);
  err e = db_read(d->db, find_candidate, who);
  if (err_is(e)) return e;
  struct access_attempt attempt = attempt_of(who, from);
  e = access_guess_begin(&d->access->guess, &attempt, now);
  if (err_is(e)) {
    LOG_WARN("access.guessing", LOG_S("address", from->address), LOG_I("retry_ms", e.retry_ms));
    return e;
  }
  e = password_check(password, who->hash, needs_rehash);
  if (!err_is(e))
    access_guess_succeeded(&d->access->guess, &attempt);
  else if (e.code == ERR_WRONG_PASSWORD)
    LOG_INFO("access.wrong_password", LOG_S("address", from->address), LOG_I("operator", who->hash.ptr ? who->id : 0));
  else
    access_guess_undo(&d->access->guess, &attempt);
  return e;
}

/* ---- sessions ---- */

struct opening_ctx {
  struct desk *desk;
  int64_t operator_id, session_id, now_ms;
  str old_hash, new_hash; /* absent: stays */
  bool password_changed;
  struct access_from from;
  arena *arena;
  struct access_grant *out;
};

static err insert_session(db_conn *c, struct opening_ctx *o) {
  struct db_rows rows;
  arena *scratch = db_conn_arena(c);
  err e = DB_RUN(c, SQL_SESSION_INSERT, scratch, &rows, DB_B(token_hash(o->out->session_token, scratch)),
                 DB_S(o->out->csrf_token), DB_I(o->operator_id), DB_I(o->now_ms),
                 DB_I(o->now_ms + o->desk->access->session_ms), DB_S(o->from.address), DB_S(o->from.agent));
  if (err_is(e)) return e;
  o->session_id = db_at(&rows, 0, 0)->i;
  return DB_RUN(c, SQL_SESSION_TRIM, scratch, NULL, DB_I(o->operator_id), DB_I(SESSIONS_PER_OPERATOR));
}

static err insert_mark(db_conn *c, const struct opening_ctx *o) {
  arena *scratch = db_conn_arena(c);
  str mark = access_mark_address(&o->desk->access->mark_key, &o->from, scratch);
  if (!mark.ptr) return err_ok;
  err e = DB_RUN(c, SQL_ACCESS_MARK_INSERT, scratch, NULL, DB_I(o->operator_id), DB_B(mark), DB_I(o->now_ms));
  if (err_is(e)) return e;
  return DB_RUN(c, SQL_ACCESS_MARK_TRIM, scratch, NULL, DB_I(o->operator_id), DB_I(MARKS_PER_OPERATOR));
}

static err set_password(db_conn *c, struct opening_ctx *o) {
  arena *scratch = db_conn_arena(c);
  err e = DB_RUN(c, SQL_OPERATOR_SET_PASSWORD, scratch, NULL, DB_S(o->new_hash), DB_I(0), DB_I(o->now_ms),
                 DB_I(o->operator_id));
  if (!err_is(e)) e = DB_RUN(c, SQL_OPERATOR_END_SESSIONS, scratch, NULL, DB_I(o->operator_id));
  struct actor by = actor_operator(o->operator_id);
  return err_is(e)
             ? e
             : operator_changed(c, o->operator_id, &by, o->now_ms); /* the event shows must_change_password to others */
}

static err open_session(db_conn *c, void *ctx) {
  struct opening_ctx *o = ctx;
  err e = err_ok;
  if (o->password_changed)
    e = set_password(c, o);
  else if (o->new_hash.ptr)
    e = DB_RUN(c, SQL_ACCESS_UPGRADE_HASH, db_conn_arena(c), NULL, DB_S(o->new_hash), DB_I(o->operator_id),
               DB_S(o->old_hash));
  if (!err_is(e)) e = operator_get(c, o->operator_id, o->arena, &o->out->operator);
  if (!err_is(e) && !o->out->operator.active) e = err_make(ERR_WRONG_PASSWORD);
  if (!err_is(e)) e = insert_session(c, o);
  if (!err_is(e)) e = insert_mark(c, o);
  str target = arena_printf(db_conn_arena(c), "operator:%lld", (long long)o->operator_id);
  if (!err_is(e))
    e = audit_add(c, actor_operator(o->operator_id),
                  o->password_changed ? AUDIT_OPERATOR_PASSWORD_CHANGED : AUDIT_OPERATOR_SIGNED_IN, target, STR_NONE,
                  o->from.address, o->now_ms);
  return e;
}

static err grant(struct desk *d, struct opening_ctx *o) {
  char *token = arena_alloc(o->arena, TOKEN_LENGTH + 1), *csrf = arena_alloc(o->arena, CSRF_LENGTH + 1);
  o->out->session_token = rand_token(d->rand, token, TOKEN_LENGTH);
  o->out->csrf_token = rand_token(d->rand, csrf, CSRF_LENGTH);
  o->now_ms = desk_now(d);
  str agent = o->from.agent;
  o->from.address = str_or_empty(o->from.address);
  o->from.agent = str_utf8_valid(agent) ? str_utf8_prefix(str_or_empty(agent), AGENT_MAX) : S("");
  o->out->device_token = access_device_cookie(&d->access->mark_key, d->rand, o->from.device, o->operator_id, o->arena);
  err e = desk_write(d, open_session, o);
  if (!err_is(e)) access_grant_token(d->access, o->session_id, o->arena, o->out);
  return e;
}

err access_sign_in(struct desk *d, str login_or_email, str password, const struct access_from *from, arena *a,
                   struct access_grant *out) {
  bool needs_rehash = false;
  struct candidate_ctx who = {.arena = a, .name = lower(a, str_trim(login_or_email))};
  *out = (struct access_grant){0};
  /* A text that cannot be a login takes the same path and time; all such texts are counted under one name. */
  if (who.name.len > LOGIN_TEXT_MAX || !str_utf8_valid(who.name) || str_has_nul(who.name)) who.name = S("?");
  err e = check_password(d, &who, password, from, &needs_rehash);
  if (err_is(e)) return e;
  struct opening_ctx o = {
      .desk = d, .operator_id = who.id, .old_hash = who.hash, .from = *from, .arena = a, .out = out};
  if (needs_rehash && err_is(password_hash(password, a, &o.new_hash)))
    o.new_hash = STR_NONE; /* retried at the next sign-in */
  return grant(d, &o);
}

err access_change_password(struct desk *d, int64_t operator_id, str current, str fresh, const struct access_from *from,
                           arena *a, struct access_grant *out) {
  struct candidate_ctx who = {.arena = a, .id = operator_id};
  *out = (struct access_grant){0};
  err e = operator_check_password(fresh, STR_NONE, STR_NONE, "new_password"); /* before any hashing */
  if (!err_is(e) && str_eq(current, fresh))
    e = err_detail(ERR_WEAK_PASSWORD, "new_password", "Choose a password other than the current one.");
  if (!err_is(e)) e = check_password(d, &who, current, from, NULL);
  if (e.code == ERR_WRONG_PASSWORD) e = err_field(ERR_WRONG_PASSWORD, "current_password");
  if (!err_is(e)) e = operator_check_password(fresh, who.login, who.email, "new_password");
  if (err_is(e)) return e;
  struct opening_ctx o = {
      .desk = d, .operator_id = operator_id, .password_changed = true, .from = *from, .arena = a, .out = out};
  e = password_hash(fresh, a, &o.new_hash);
  if (!err_is(e)) e = grant(d, &o);
  access_forget(d->access, operator_id);
  return e;
}

static err end_session(db_conn *c, void *ctx) {
  return DB_RUN(c, SQL_SESSION_END, db_conn_arena(c), NULL, DB_I(*(int64_t *)ctx));
}

err access_sign_out(struct desk *d, int64_t session_id) {
  err e = desk_write(d, end_session, &session_id);
  access_cache_drop(&d->access->cache, 0, session_id);
  if (!err_is(e) && d->access->session_ended) d->access->session_ended(d->access->session_ended_arg, session_id);
  return e;
}

struct touch_ctx {
  int64_t session_id, now_ms, expires_at;
};

static err touch(db_conn *c, void *ctx) {
  const struct touch_ctx *t = ctx;
  return DB_RUN(c, SQL_SESSION_TOUCH, db_conn_arena(c), NULL, DB_I(t->now_ms), DB_I(t->expires_at),
                DB_I(t->session_id));
}

static void touched(err e, void *ctx) {
  if (err_is(e)) LOG_WARN("access.touch_failed", LOG_E(e));
  mem_free(&ctx);
}

err access_refresh(struct desk *d, const struct access_identity *who, str session_token, arena *a,
                   struct access_grant *out) {
  int64_t now = desk_now(d);
  struct touch_ctx t = {who->bound_session_id, now, now + d->access->session_ms};
  *out = (struct access_grant){0};
  out->operator= who->operator;
  if (session_token.ptr) {
    out->session_token = session_token;
    out->csrf_token = who->csrf_token;
  }
  err e = desk_write(d, touch, &t);
  if (!err_is(e)) access_grant_token(d->access, who->bound_session_id, a, out);
  return e;
}

/* ---- identification ---- */

struct lookup_ctx {
  str token_hash; /* absent: by id */
  int64_t session_id, now_ms, seen_at;
  arena *arena;
  struct access_identity *out;
};

static err look_up(db_conn *c, void *ctx) {
  struct lookup_ctx *l = ctx;
  struct db_rows rows;
  err e = l->token_hash.ptr ? DB_RUN(c, SQL_SESSION_BY_TOKEN, l->arena, &rows, DB_B(l->token_hash), DB_I(l->now_ms))
                            : DB_RUN(c, SQL_SESSION_BY_ID, l->arena, &rows, DB_I(l->session_id), DB_I(l->now_ms));
  if (err_is(e)) return e;
  if (!rows.count) return err_make(ERR_UNAUTHORIZED);
  l->out->bound_session_id = db_at(&rows, 0, 0)->i;
  l->out->csrf_token = db_at(&rows, 0, 2)->s;
  l->seen_at = db_at(&rows, 0, 3)->i;
  e = operator_get(c, db_at(&rows, 0, 1)->i, l->arena, &l->out->operator);
  if (e.code == ERR_NOT_FOUND || (!err_is(e) && !l->out->operator.active)) return err_make(ERR_UNAUTHORIZED);
  return e;
}

/* Extends an active session: at most once in TOUCH_MS, without waiting for the commit. */
static void keep_alive(struct desk *d, const struct lookup_ctx *l) {
  if (l->now_ms - l->seen_at < TOUCH_MS) return;
  struct touch_ctx *t = mem_alloc(sizeof *t);
  *t = (struct touch_ctx){l->out->bound_session_id, l->now_ms, l->now_ms + d->access->session_ms};
  err e = desk_write_async(d, touch, t, touched);
  if (err_is(e)) mem_free(&t);
}

static err look_up_bearer(struct desk *d, str bearer, struct lookup_ctx *l) {
  struct jwt_claims claims;
  const struct seal_key *key = &d->access->jwt_key;
  err e = jwt_check(str_n((const char *)key->bytes, sizeof key->bytes), bearer, d->access->clock, &claims);
  if (err_is(e)) return e;
  if (!str_to_i64(str_c(claims.id), &l->session_id)) return err_make(ERR_UNAUTHORIZED);
  e = db_read(d->db, look_up, l);
  bool same = claims.subject == l->out->operator.id && claims.version == l->out->operator.token_version;
  return err_is(e) || same ? e : err_make(ERR_UNAUTHORIZED);
}

bool access_identify_cached(struct desk *d, str session_token, str bearer, arena *a, struct access_identity *out) {
  str credential = bearer.ptr ? bearer : session_token;
  unsigned char key[ACCESS_KEY_BYTES];
  uint64_t epoch;
  if (!credential.len || credential.len > CREDENTIAL_MAX_BYTES) return false;
  access_cache_key(credential, bearer.ptr != NULL, key);
  return access_cache_get(&d->access->cache, key, clock_steady_ms(d->access->clock), a, out, &epoch);
}

err access_identify(struct desk *d, str session_token, str bearer, arena *a, struct access_identity *out) {
  str credential = bearer.ptr ? bearer : session_token;
  unsigned char key[ACCESS_KEY_BYTES];
  uint64_t epoch;
  *out = (struct access_identity){0};
  if (!credential.len || credential.len > CREDENTIAL_MAX_BYTES) return err_make(ERR_UNAUTHORIZED);
  int64_t steady = clock_steady_ms(d->access->clock);
  access_cache_key(credential, bearer.ptr != NULL, key);
  if (access_cache_get(&d->access->cache, key, steady, a, out, &epoch)) return err_ok;
  struct lookup_ctx l = {.now_ms = desk_now(d), .arena = a, .out = out};
  err e;
  if (bearer.ptr) {
    e = look_up_bearer(d, bearer, &l);
  } else {
    l.token_hash = token_hash(session_token, a);
    e = db_read(d->db, look_up, &l);
    out->session_id = out->bound_session_id;
  }
  if (err_is(e)) return e;
  access_cache_put(&d->access->cache, key, epoch, steady, out);
  keep_alive(d, &l);
  return err_ok;
}

struct known_ctx {
  str mark;
  bool found;
};

static err find_mark_of_anybody(db_conn *c, void *ctx) {
  struct known_ctx *k = ctx;
  struct db_rows rows;
  err e = DB_RUN(c, SQL_ACCESS_MARK_ANY, db_conn_arena(c), &rows, DB_B(k->mark));
  k->found = !err_is(e) && rows.count;
  return e;
}

bool access_knows_address(struct desk *d, const struct access_from *from, arena *a) {
  struct known_ctx k = {.mark = access_mark_address(&d->access->mark_key, from, a)};
  return k.mark.ptr && !err_is(db_read(d->db, find_mark_of_anybody, &k)) && k.found;
}

static err expire(db_conn *c, void *ctx) {
  int64_t now = *(int64_t *)ctx;
  err e = DB_RUN(c, SQL_SESSION_EXPIRE, db_conn_arena(c), NULL, DB_I(now));
  return err_is(e) ? e : DB_RUN(c, SQL_ACCESS_MARK_EXPIRE, db_conn_arena(c), NULL, DB_I(now - mark_life_ms));
}

err access_expire(struct desk *d) {
  int64_t now = desk_now(d);
  return desk_write(d, expire, &now);
}
