/* Authenticates callers and signs the names of files. Pure. */
#include "base/seal.h"
#include "edge/mobile/mobile_internal.h"

#include <sodium.h>

enum { PROOF_BYTES = 12, PROOF_HEX = PROOF_BYTES * 2 };

err mobile_check_user(str user_id) {
  if (user_id.len == 0) return err_detail(ERR_MISSING_FIELD, "user_id", "user_id is required");
  bool good = user_id.len <= MOBILE_USER_MAX && str_utf8_valid(user_id);
  for (size_t i = 0; i < user_id.len && good; i++)
    good = (unsigned char)user_id.ptr[i] >= 0x20 && user_id.ptr[i] != 0x7f;
  if (good && str_contains(user_id, S("\uFFFD")))
    return err_detail(ERR_INVALID_FIELD, "user_id", "user_id has a character that cannot be read.");
  return good ? err_ok
              : err_detail(ERR_INVALID_FIELD, "user_id", "user_id is longer than %d bytes or not plain text.",
                           MOBILE_USER_MAX);
}

str mobile_user_hash(str secret, str user_id, arena *a) {
  unsigned char mac[crypto_auth_hmacsha256_BYTES];
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret.ptr, secret.len);
  crypto_auth_hmacsha256_update(&state, (const unsigned char *)user_id.ptr, user_id.len);
  crypto_auth_hmacsha256_final(&state, mac);
  char *hex = arena_alloc(a, sizeof mac * 2 + 1);
  sodium_bin2hex(hex, sizeof mac * 2 + 1, mac, sizeof mac);
  return str_n(hex, sizeof mac * 2);
}

/* ---- visitors ---- */

#define VISITOR_PREFIX S("visitor-")
#define BROWSER_PREFIX S("web-")
enum { TOKEN_SIZE = 22 };

static bool is_token(str text) {
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
    if (!plain) return false;
  }
  return text.len == TOKEN_SIZE;
}

bool mobile_is_visitor(str user_id) {
  return str_starts(user_id, VISITOR_PREFIX) && is_token(str_sub(user_id, VISITOR_PREFIX.len, user_id.len));
}

bool mobile_is_browser(str user_id) {
  return str_starts(user_id, BROWSER_PREFIX) && is_token(str_sub(user_id, BROWSER_PREFIX.len, user_id.len));
}

str mobile_visitor_make(const sb_rand *rand, arena *a) {
  char token[TOKEN_SIZE + 1];
  str made = rand_token(rand, token, TOKEN_SIZE);
  return arena_printf(a, "%.*s%.*s", STR_ARG(VISITOR_PREFIX), STR_ARG(made));
}

str mobile_visitor_claimed(const struct mobile_keys *keys, str browser_id, str claim, arena *a) {
  enum { BYTES = TOKEN_SIZE * 6 / 8 };
  unsigned char mac[crypto_auth_hmacsha256_BYTES];
  char token[sodium_base64_ENCODED_LEN(BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
  /* A visitor's id has no space, so this text never equals a visitor's secret input. */
  str text = arena_printf(a, "%.*s %.*s", STR_ARG(browser_id), STR_ARG(claim));
  crypto_auth_hmacsha256(mac, (const unsigned char *)text.ptr, text.len, keys->visitor);
  sodium_bin2base64(token, sizeof token, mac, BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  return arena_printf(a, "%.*s%s", STR_ARG(VISITOR_PREFIX), token);
}

str mobile_visitor_secret(const struct mobile_keys *keys, str user_id, arena *a) {
  return mobile_user_hash(str_n((const char *)keys->visitor, MOBILE_VISITOR_KEY), user_id, a);
}

/* ---- callers ---- */

static bool hash_fits(str secret, str user_id, str given) {
  if (!secret.len || given.len != crypto_auth_hmacsha256_BYTES * 2) return false;
  char lower[crypto_auth_hmacsha256_BYTES * 2];
  for (size_t i = 0; i < given.len; i++)
    lower[i] = given.ptr[i] >= 'A' && given.ptr[i] <= 'F' ? (char)(given.ptr[i] + 32) : given.ptr[i];
  arena *a = arena_new(0);
  bool fits = str_eq_constant_time(mobile_user_hash(secret, user_id, a), str_n(lower, given.len));
  arena_free(&a);
  return fits;
}

err mobile_check_caller(enum mobile_auth auth, const struct mobile_keys *keys, str user_id, str app_key,
                        str user_hash) {
  if (mobile_is_visitor(user_id) && keys->no_visitors) return err_detail(ERR_FORBIDDEN, NULL, MOBILE_NO_VISITORS);
  if (mobile_is_visitor(user_id)) {
    str key = str_n((const char *)keys->visitor, MOBILE_VISITOR_KEY);
    if (hash_fits(key, user_id, user_hash)) return err_ok;
    return err_detail(ERR_UNAUTHORIZED, NULL, "The secret of this visitor (X-User-Hash) is missing or wrong.");
  }
  if (auth == MOBILE_OPEN || hash_fits(str_c(keys->signing), user_id, user_hash)) return err_ok;
  if (auth == MOBILE_SIGNED)
    return err_detail(ERR_UNAUTHORIZED, NULL, "The signature of the user id (X-User-Hash) is missing or wrong.");
  if (app_key.len && str_eq_constant_time(app_key, str_c(keys->app))) return err_ok;
  return err_detail(ERR_UNAUTHORIZED, NULL, "The header X-App-Key is missing or wrong.");
}

/* ---- files ---- */

static void proof_of(const void *secret_key_32, int64_t id, char out[PROOF_HEX + 1]) {
  struct seal_key key;
  unsigned char mac[crypto_generichash_BYTES];
  char text[24];
  int n = snprintf(text, sizeof text, "%lld", (long long)id);
  seal_key_derive(str_n(secret_key_32, 32), "app_uploads", &key);
  crypto_generichash(mac, sizeof mac, (const unsigned char *)text, (size_t)n, key.bytes, sizeof key.bytes);
  sodium_bin2hex(out, PROOF_HEX + 1, mac, PROOF_BYTES);
  seal_key_wipe(&key);
}

static const char *extension_of(str mime) {
  static const char *const known[][2] = {
      {"image/jpeg", "jpg"}, {"image/png", "png"}, {"image/gif", "gif"}, {"image/webp", "webp"}};
  for (size_t i = 0; i < JSON_COUNT(known); i++)
    if (str_eq(mime, str_c(known[i][0]))) return known[i][1];
  return "bin";
}

str mobile_file_url(const void *secret_key_32, const struct file_row *f, arena *a) {
  char proof[PROOF_HEX + 1];
  proof_of(secret_key_32, f->id, proof);
  return arena_printf(a, "/uploads/%lld-%s.%s", (long long)f->id, proof, extension_of(f->mime));
}

bool mobile_file_named(const void *secret_key_32, str name, int64_t *id) {
  name = str_sub(name, 0, str_index(name, '?', 0));
  while (str_contains(name, S("/"))) name = str_sub(name, str_index(name, '/', 0) + 1, name.len);
  str rest = name, digits = str_cut(&rest, '-');
  str proof = str_sub(rest, 0, str_index(rest, '.', 0));
  char wanted[PROOF_HEX + 1];
  if (!str_to_i64(digits, id) || *id <= 0 || proof.len != PROOF_HEX) return false;
  proof_of(secret_key_32, *id, wanted);
  return str_eq_constant_time(proof, str_c(wanted));
}

str mobile_time(int64_t ms, arena *a) {
  char iso[CLOCK_ISO_SIZE];
  str text = str_sub(clock_format_iso(ms, iso), 0, MOBILE_TIME_SIZE - 1);
  char *copy = arena_alloc(a, MOBILE_TIME_SIZE);
  memcpy(copy, text.ptr, text.len);
  copy[10] = ' ';
  return str_n(copy, text.len);
}
