/* See access_mark.h. */
#include "desk/access/access_mark.h"

#include "desk/access/access_guess.h"

#include <sodium.h>

enum { MAC_BYTES = ACCESS_MARK_BYTES, MAC_LENGTH = 2 * MAC_BYTES, COOKIE_MAX = 200 };

/* Keyed BLAKE2b; the purpose separates a device's MAC from an address's mark. */
static void hash(const struct seal_key *key, const char *purpose, str what, unsigned char out[ACCESS_MARK_BYTES]) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, key->bytes, sizeof key->bytes, ACCESS_MARK_BYTES);
  crypto_generichash_update(&state, (const unsigned char *)purpose, strlen(purpose) + 1);
  crypto_generichash_update(&state, (const unsigned char *)what.ptr, what.len);
  crypto_generichash_final(&state, out, ACCESS_MARK_BYTES);
}

static void mac_of(const struct seal_key *key, str words, char out[MAC_LENGTH + 1]) {
  unsigned char mac[MAC_BYTES];
  hash(key, "device cookie", words, mac);
  sodium_bin2hex(out, MAC_LENGTH + 1, mac, sizeof mac);
}

/* ID.OPERATOR-OPERATOR.MAC */
struct access_device access_device_read(const struct seal_key *key, str cookie) {
  struct access_device d = {0};
  char mac[MAC_LENGTH + 1];
  if (cookie.len < ACCESS_DEVICE_LENGTH + 1 + MAC_LENGTH || cookie.len > COOKIE_MAX) return d;
  str words = str_sub(cookie, 0, cookie.len - MAC_LENGTH - 1), rest = words;
  mac_of(key, words, mac);
  if (cookie.ptr[words.len] != '.' ||
      !str_eq_constant_time(str_sub(cookie, words.len + 1, cookie.len), str_n(mac, MAC_LENGTH)))
    return d;
  d.id = str_cut(&rest, '.');
  for (int i = 0; i < ACCESS_DEVICE_OPERATORS && rest.len; i++)
    if (!str_to_i64(str_cut(&rest, '-'), &d.operators[i])) break;
  return d;
}

bool access_device_knows(const struct access_device *d, int64_t operator_id) {
  for (int i = 0; i < ACCESS_DEVICE_OPERATORS && d->operators[i]; i++)
    if (d->operators[i] == operator_id) return true;
  return false;
}

str access_device_cookie(const struct seal_key *key, const sb_rand *rand, struct access_device d, int64_t operator_id,
                         arena *a) {
  char mac[MAC_LENGTH + 1];
  if (!d.id.len) d.id = rand_token(rand, arena_alloc(a, ACCESS_DEVICE_LENGTH + 1), ACCESS_DEVICE_LENGTH);
  str words = arena_printf(a, "%.*s.%lld", STR_ARG(d.id), (long long)operator_id);
  for (int i = 0, n = 1; n < ACCESS_DEVICE_OPERATORS && i < ACCESS_DEVICE_OPERATORS && d.operators[i]; i++) {
    if (d.operators[i] == operator_id) continue;
    words = arena_printf(a, "%.*s-%lld", STR_ARG(words), (long long)d.operators[i]);
    n++;
  }
  mac_of(key, words, mac);
  return arena_printf(a, "%.*s.%s", STR_ARG(words), mac);
}

str access_mark_address(const struct seal_key *key, const struct access_from *from, arena *a) {
  char block[64];
  if (!from->address.len || from->address_shared) return STR_NONE;
  unsigned char *out = arena_alloc(a, ACCESS_MARK_BYTES);
  hash(key, "address", access_address_block(from->address, block), out);
  return str_n((const char *)out, ACCESS_MARK_BYTES);
}
