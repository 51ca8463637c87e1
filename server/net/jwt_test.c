/* Which tokens hold: the attacks that JWT is known for, one row each. */
#include "net/jwt.h"

#include "base/buf.h"
#include "base/rand.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <cmocka.h>

static const str key = STR_INIT("0123456789abcdef0123456789abcdef");
enum { NOW_S = 1769855696 };

static str base64(arena *a, str s) {
  size_t size = sodium_base64_ENCODED_LEN(s.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  char *out = arena_alloc(a, size);
  sodium_bin2base64(out, size, (const unsigned char *)s.ptr, s.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  return str_c(out);
}

/* A token of our key's signature over any header and payload. */
static str forge(arena *a, str with_key, const char *header, const char *payload) {
  str head = base64(a, str_c(header)), body = base64(a, str_c(payload));
  str text = arena_printf(a, "%.*s.%.*s", STR_ARG(head), STR_ARG(body));
  unsigned char mac[crypto_auth_hmacsha256_BYTES];
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, (const unsigned char *)with_key.ptr, with_key.len);
  crypto_auth_hmacsha256_update(&state, (const unsigned char *)text.ptr, text.len);
  crypto_auth_hmacsha256_final(&state, mac);
  str tail = base64(a, (str){(const char *)mac, sizeof mac});
  return arena_printf(a, "%.*s.%.*s", STR_ARG(text), STR_ARG(tail));
}

#define HS256 "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define GOOD  "{\"sub\":\"7\",\"ver\":3,\"iat\":1769855600,\"exp\":1769855700,\"jti\":\"x\"}"

static void a_token_holds_until_it_expires(void **state) {
  (void)state;
  arena *a = arena_new(0);
  clock_manual m;
  clock_manual_init(&m, (int64_t)NOW_S * 1000);
  struct jwt_claims in = {.subject = 42,
                          .version = 3,
                          .issued_at_ms = (int64_t)NOW_S * 1000,
                          .expires_at_ms = (NOW_S + 60) * 1000LL,
                          .id = "abc"},
                    out;
  str token = jwt_make(key, &in, a);
  assert_int_equal(jwt_check(key, token, &m.clock, &out).code, ERR_NONE);
  assert_int_equal(out.subject, 42);
  assert_int_equal(out.version, 3);
  assert_int_equal(out.issued_at_ms, in.issued_at_ms);
  assert_int_equal(out.expires_at_ms, in.expires_at_ms);
  assert_string_equal(out.id, "abc");
  m.now_ms += 59999;
  assert_int_equal(jwt_check(key, token, &m.clock, &out).code, ERR_NONE);
  m.now_ms += 1;
  err e = jwt_check(key, token, &m.clock, &out);
  assert_int_equal(e.code, ERR_UNAUTHORIZED);
  assert_string_equal(err_message(&e), "The token has expired.");
  arena_free(&a);
}

static void only_what_we_signed_as_we_sign_is_taken(void **state) {
  (void)state;
  arena *a = arena_new(0);
  str other = S("another key of thirty-two bytes!");
  const struct {
    const char *header, *payload;
    str with_key;
    bool holds;
    const char *why;
  } rows[] = {
      {HS256, GOOD, key, true, "the forger of this test can make a good one"},
      {HS256, GOOD, other, false, "another key"},
      {"{\"alg\":\"none\"}", GOOD, key, false, "no algorithm, with a signature"},
      {"{\"alg\":\"None\"}", GOOD, key, false, "no algorithm, in another spelling"},
      {"{\"typ\":\"JWT\"}", GOOD, key, false, "no algorithm named"},
      {"{\"alg\":\"HS512\",\"typ\":\"JWT\"}", GOOD, key, false, "another algorithm named"},
      {"{\"alg\":\"RS256\",\"typ\":\"JWT\"}", GOOD, key, false, "a public-key algorithm with our key as the secret"},
      {"{\"alg\":[\"HS256\"]}", GOOD, key, false, "the algorithm as a list"},
      {"not json", GOOD, key, false, "a header that is no JSON"},
      {HS256, "not json", key, false, "claims that are no JSON"},
      {HS256, "[]", key, false, "claims that are no object"},
      {HS256, "{}", key, false, "no claims"},
      {HS256, "{\"sub\":\"7\",\"ver\":3,\"iat\":1769855600,\"jti\":\"x\"}", key, false, "no expiry"},
      {HS256, "{\"sub\":\"7\",\"iat\":1769855600,\"exp\":1769855700,\"jti\":\"x\"}", key, false, "no version"},
      {HS256, "{\"ver\":3,\"iat\":1769855600,\"exp\":1769855700,\"jti\":\"x\"}", key, false, "no subject"},
      {HS256, "{\"sub\":\"-7\",\"ver\":3,\"iat\":1,\"exp\":1769855700,\"jti\":\"x\"}", key, false,
       "a negative subject"},
      {HS256, "{\"sub\":\"7\",\"ver\":3,\"iat\":1,\"exp\":\"1769855700\",\"jti\":\"x\"}", key, false,
       "the expiry in quotes"},
      {HS256, "{\"sub\":\"7\",\"ver\":3,\"iat\":1,\"exp\":9223372036854775807,\"jti\":\"x\"}", key, false,
       "no such time"},
      {HS256, "{\"sub\":\"7\",\"ver\":3,\"iat\":1769859299,\"exp\":1769859999,\"jti\":\"x\"}", key, true,
       "issued before the clock was set back by an hour"},
      {HS256,
       "{\"sub\":\"7\",\"ver\":3,\"iat\":1,\"exp\":1769855700,"
       "\"jti\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"}",
       key, false, "an id that does not fit"},
  };
  clock_manual m;
  clock_manual_init(&m, (int64_t)NOW_S * 1000);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct jwt_claims out = {.subject = 99};
    err e = jwt_check(key, forge(a, rows[i].with_key, rows[i].header, rows[i].payload), &m.clock, &out);
    if (err_is(e) == rows[i].holds) fail_msg("%s: %s", rows[i].why, err_message(&e));
    assert_int_equal(out.subject, rows[i].holds ? 7 : 99);
  }
  str unsigned_token =
      arena_printf(a, "%.*s.%.*s.", STR_ARG(base64(a, S("{\"alg\":\"none\"}"))), STR_ARG(base64(a, S(GOOD))));
  struct jwt_claims out;
  assert_true(err_is(jwt_check(key, unsigned_token, &m.clock, &out)));
  assert_true(err_is(jwt_check(key, str_sub(unsigned_token, 0, unsigned_token.len - 1), &m.clock, &out)));
  arena_free(&a);
}

static void no_changed_byte_goes_unnoticed(void **state) {
  (void)state;
  arena *a = arena_new(0);
  clock_manual m;
  clock_manual_init(&m, (int64_t)NOW_S * 1000);
  str good = forge(a, key, HS256, GOOD);
  struct jwt_claims out;
  for (size_t i = 0; i < good.len; i++)
    for (int bit = 0; bit < 8; bit++) {
      char *bad = arena_alloc(a, good.len + 1);
      memcpy(bad, good.ptr, good.len);
      bad[i] = (char)(bad[i] ^ (1 << bit));
      if (!err_is(jwt_check(key, (str){bad, good.len}, &m.clock, &out))) fail_msg("byte %zu bit %d", i, bit);
    }
  for (size_t n = 0; n < good.len; n++) assert_true(err_is(jwt_check(key, str_sub(good, 0, n), &m.clock, &out)));
  assert_true(err_is(jwt_check(key, arena_concat(a, good, S("=")), &m.clock, &out)));
  assert_true(err_is(jwt_check(key, arena_concat(a, good, S(".")), &m.clock, &out)));
  arena_free(&a);
}

static void garbage_is_refused(void **state) {
  (void)state;
  rand_seeded r;
  rand_seeded_init(&r, 1);
  struct jwt_claims out;
  static const char *const rows[] = {"", ".", "..", "...", "a.b.c", "a", "=.=.=", "e30.e30.e30", "\xff.\xff.\xff"};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    assert_true(err_is(jwt_check(key, str_c(rows[i]), &clock_system, &out)));
  for (int i = 0; i < 20000; i++) {
    char bytes[JWT_TOKEN_MAX_BYTES + 10];
    size_t n = rand_below(&r.rand, sizeof bytes);
    rand_fill(&r.rand, bytes, n);
    for (size_t k = 0; k < n; k++)
      if (bytes[k] % 16 == 0) bytes[k] = '.';
    assert_true(err_is(jwt_check(key, (str){bytes, n}, &clock_system, &out)));
  }
  assert_true(err_is(jwt_check(key, STR_NONE, &clock_system, &out)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_token_holds_until_it_expires),
      cmocka_unit_test(only_what_we_signed_as_we_sign_is_taken),
      cmocka_unit_test(no_changed_byte_goes_unnoticed),
      cmocka_unit_test(garbage_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
