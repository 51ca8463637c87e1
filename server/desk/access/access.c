/* See access.h. Roles, tokens and rates; no database. A bearer token belongs to a session (its jti), so it can be
 * valid as long as the session and still be revoked at once. */
#include "desk/access/access_internal.h"

#include "net/jwt.h"

#include <assert.h>
#include <string.h>

enum { ROLES = ROLE_OPERATOR + 1 };

static const struct {
  const char *text;
  enum reach roles[ROLES];
} permissions[] = {
#define PERMISSION(name, text, admin, senior, op) [MAY_##name] = {text, {REACH_##admin, REACH_##senior, REACH_##op}},
#include "spec/roles.tbl"
#undef PERMISSION
};

static enum reach assumed[PERMISSIONS][ROLES];
static bool is_assumed[PERMISSIONS][ROLES];

void access_assume(enum operator_role role, enum permission p, enum reach reach) {
  assert((int)role >= 0 && (int)role < ROLES && p >= 0 && p < PERMISSIONS);
  assumed[p][role] = reach;
  is_assumed[p][role] = true;
}

void access_assume_none(void) { memset(is_assumed, 0, sizeof is_assumed); }

static enum reach role_reach(enum operator_role role, enum permission p) {
  if ((int)role < 0 || (int)role >= ROLES) return REACH_NONE;
  return is_assumed[p][role] ? assumed[p][role] : permissions[p].roles[role];
}

enum reach may_reach(const struct actor *who, enum permission p) {
  assert(p >= 0 && p < PERMISSIONS);
  switch (who->kind) {
    case ACTOR_OPERATOR: return role_reach(who->role, p);
    case ACTOR_SYSTEM:
    case ACTOR_RULE:
    case ACTOR_ASSISTANT: return REACH_ALL;
    case ACTOR_API_KEY: /* not used yet */
    case ACTOR_CUSTOMER:
    case ACTORS: return REACH_NONE;
  }
  return REACH_NONE;
}

bool may(const struct actor *who, enum permission p, const struct subject *about) {
  enum reach reach = may_reach(who, p);
  bool own = about && about->owner_id && about->owner_id == actor_operator_id(who);
  return reach == REACH_ALL || (reach == REACH_OWN && own);
}

const char *permission_text(enum permission p) {
  assert(p >= 0 && p < PERMISSIONS);
  return permissions[p].text;
}

struct access *access_new(const sb_clock *clock, const sb_rand *rand, const void *secret_key_32, int64_t session_ms) {
  struct access *a = mem_alloc(sizeof *a);
  a->magic = ACCESS_MAGIC;
  a->clock = clock;
  a->rand = rand;
  a->session_ms = session_ms;
  seal_key_derive(str_n(secret_key_32, 32), "jwt", &a->jwt_key);
  seal_key_derive(str_n(secret_key_32, 32), "sign-in marks", &a->mark_key);
  access_guess_init(&a->guess, rand);
  access_bucket_init(&a->bucket, rand);
  access_cache_init(&a->cache);
  access_queue_init(&a->queue);
  return a;
}

void access_free(struct access **a) {
  if (!*a) return;
  assert((*a)->magic == ACCESS_MAGIC);
  access_queue_free(&(*a)->queue);
  access_guess_free(&(*a)->guess);
  access_bucket_free(&(*a)->bucket);
  access_cache_free(&(*a)->cache);
  seal_key_wipe(&(*a)->jwt_key);
  seal_key_wipe(&(*a)->mark_key);
  (*a)->magic = 0;
  mem_free(a);
}

void access_stop(struct access *a) {
  if (a) access_queue_stop(&a->queue);
}

int access_waiting(struct access *a) { return access_queue_waiting(&a->queue); }

void access_set_public(struct access *a, bool is_public) { a->is_public = is_public; }
void access_set_rates(struct access *a, bool limited) { a->unlimited = !limited; }
void access_set_secure(struct access *a, enum access_secure secure) { a->secure = secure; }

bool access_is_secure(const struct access *a, bool request_is_https) {
  return a->secure == SECURE_ALWAYS || (a->secure == SECURE_BY_REQUEST && request_is_https);
}

void access_on_session_end(struct access *a, void (*fn)(void *arg, int64_t session_id), void *arg) {
  a->session_ended = fn;
  a->session_ended_arg = arg;
}

void access_forget(struct access *a, int64_t operator_id) { access_cache_drop(&a->cache, operator_id, 0); }

void access_grant_token(struct access *a, int64_t session_id, arena *mem, struct access_grant *out) {
  int64_t now = clock_now_ms(a->clock), life = a->session_ms;
  struct jwt_claims claims = {.subject = out->operator.id,
                              .version = out->operator.token_version,
                              .issued_at_ms = now,
                              .expires_at_ms = now + life};
  snprintf(claims.id, sizeof claims.id, "%lld", (long long)session_id);
  out->access_token = jwt_make(str_n((const char *)a->jwt_key.bytes, sizeof a->jwt_key.bytes), &claims, mem);
  out->expires_in_s = life / 1000;
  out->session_s = a->session_ms / 1000;
}

/* ---- rates ---- */

enum rate_key { BY_OPERATOR, BY_ADDRESS, BY_CUSTOMER, BY_NONE };
#define KEY_OPERATOR BY_OPERATOR
#define KEY_ADDRESS  BY_ADDRESS
#define KEY_CUSTOMER BY_CUSTOMER
#define KEY_NONE     BY_NONE
static const struct {
  enum rate_key key;
  int64_t burst, per_minute;
} rates[] = {
#define RATE(name, key, burst, per_minute) {KEY_##key, burst, per_minute},
#include "spec/rates.tbl"
#undef RATE
};

static err take(struct access *a, int rate_class, str who) {
  if (a->unlimited) return err_ok;
  return access_bucket_take(&a->bucket, (char)('A' + rate_class), who, rates[rate_class].burst,
                            rates[rate_class].per_minute, clock_steady_ms(a->clock));
}

err access_rate_customer(struct access *a, int rate_class, str who) {
  assert(rate_class >= 0 && rate_class < (int)(sizeof rates / sizeof rates[0]) && rates[rate_class].key == BY_CUSTOMER);
  return take(a, rate_class, who);
}

err access_rate(struct access *a, int rate_class, int64_t operator_id, str address) {
  assert(rate_class >= 0 && rate_class < (int)(sizeof rates / sizeof rates[0]));
  if (rates[rate_class].key == BY_NONE || rates[rate_class].key == BY_CUSTOMER) return err_ok;
  char text[64];
  str who;
  if (rates[rate_class].key == BY_OPERATOR && operator_id)
    who = str_n(text, (size_t)snprintf(text, sizeof text, "%lld", (long long)operator_id));
  else
    who = access_address_block(address, text);
  /* An operator's id never equals an address, so both fit one table; the class separates the buckets. */
  return take(a, rate_class, who);
}
