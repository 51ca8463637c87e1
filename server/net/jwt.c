/* See net/jwt.h. libjwt encodes tokens and compares signatures in constant time; the required claims are checked
 * here. */
#include "net/jwt.h"

#include <assert.h>
#include <errno.h>
#include <jwt.h>
#include <string.h>

str jwt_make(str key, const struct jwt_claims *claims, arena *a) {
  assert(key.len >= JWT_KEY_MIN_BYTES && key.len <= INT32_MAX && claims->subject > 0);
  jwt_t *jwt = NULL;
  char subject[24];
  snprintf(subject, sizeof subject, "%lld", (long long)claims->subject); /* RFC 7519: sub is a string */
  if (jwt_new(&jwt) || jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)key.ptr, (int)key.len) ||
      jwt_add_grant(jwt, "sub", subject) || jwt_add_grant_int(jwt, "ver", claims->version) ||
      jwt_add_grant_int(jwt, "iat", claims->issued_at_ms / 1000) ||
      jwt_add_grant_int(jwt, "exp", claims->expires_at_ms / 1000) || jwt_add_grant(jwt, "jti", claims->id))
    mem_exhausted(sizeof subject); /* its only other failure is a duplicate claim */
  char *text = jwt_encode_str(jwt);
  if (!text) mem_exhausted(JWT_TOKEN_MAX_BYTES);
  str token = arena_dup(a, str_c(text));
  free(text);
  jwt_free(jwt);
  assert(token.len <= JWT_TOKEN_MAX_BYTES);
  return token;
}

static err refuse(const char *why) { return err_detail(ERR_UNAUTHORIZED, NULL, "%s", why); }

static bool grant_int(jwt_t *jwt, const char *name, int64_t *out) {
  errno = 0;
  *out = jwt_get_grant_int(jwt, name);
  return errno == 0;
}

static err read_claims(jwt_t *jwt, int64_t now_s, struct jwt_claims *out) {
  struct jwt_claims c = {0};
  int64_t issued_s, expires_s;
  const char *subject = jwt_get_grant(jwt, "sub"), *id = jwt_get_grant(jwt, "jti");
  if (!subject || !str_to_i64(str_c(subject), &c.subject) || c.subject <= 0 || !id || strlen(id) > JWT_ID_MAX ||
      !grant_int(jwt, "ver", &c.version) || !grant_int(jwt, "iat", &issued_s) || !grant_int(jwt, "exp", &expires_s))
    return refuse("The token lacks a claim.");
  const int64_t far = INT64_MAX / 1000;
  if (issued_s < 0 || issued_s > far || expires_s < 0 || expires_s > far)
    return refuse("The token has an impossible time.");
  if (expires_s <= now_s) return refuse("The token has expired.");
  c.issued_at_ms = issued_s * 1000;
  c.expires_at_ms = expires_s * 1000;
  memcpy(c.id, id, strlen(id) + 1);
  *out = c;
  return err_ok;
}

err jwt_check(str key, str token, const sb_clock *clock, struct jwt_claims *out) {
  assert(key.len >= JWT_KEY_MIN_BYTES && key.len <= INT32_MAX);
  if (token.len == 0 || token.len > JWT_TOKEN_MAX_BYTES || str_has_nul(token)) return refuse("This is not a token.");
  char text[JWT_TOKEN_MAX_BYTES + 1];
  memcpy(text, token.ptr, token.len);
  text[token.len] = 0;
  jwt_t *jwt = NULL;
  err e;
  if (jwt_decode(&jwt, text, (const unsigned char *)key.ptr, (int)key.len) != 0 || !jwt)
    e = refuse("The token's signature is invalid.");
  else if (jwt_get_alg(jwt) != JWT_ALG_HS256) /* libjwt reads the algorithm from the token's header */
    e = refuse("The token's algorithm is not accepted.");
  else
    e = read_claims(jwt, clock_now_ms(clock) / 1000, out);
  jwt_free(jwt);
  return e;
}
