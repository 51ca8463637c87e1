/* See seal.h. A random nonce of 24 bytes needs no counter; the context goes in as associated data. */
#include "base/seal.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>

enum {
  NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
  TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
  VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
};
_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == SEAL_KEY_BYTES, "the cipher's key");

static const str prefix = STR_INIT("v1.");

static pthread_once_t sodium_once = PTHREAD_ONCE_INIT;
static void init_sodium(void) {
  if (sodium_init() < 0) abort(); /* keys and tokens would be guessable: do not continue */
}

void seal_key_derive(str secret, const char *purpose, struct seal_key *out) {
  static const char domain[] = "switchboard.seal.v1";
  pthread_once(&sodium_once, init_sodium);
  crypto_generichash_state state;
  crypto_generichash_init(&state, NULL, 0, SEAL_KEY_BYTES);
  /* The NULs between the parts keep ("ab", "c") and ("a", "bc") apart; only the secret may hold one, and it is last. */
  crypto_generichash_update(&state, (const unsigned char *)domain, sizeof domain);
  crypto_generichash_update(&state, (const unsigned char *)purpose, strlen(purpose) + 1);
  if (secret.len) crypto_generichash_update(&state, (const unsigned char *)secret.ptr, secret.len);
  crypto_generichash_final(&state, out->bytes, SEAL_KEY_BYTES);
  sodium_memzero(&state, sizeof state);
}

void seal_key_wipe(struct seal_key *key) { sodium_memzero(key, sizeof *key); }

static const unsigned char *bytes_of(str s) { return (const unsigned char *)(s.ptr ? s.ptr : ""); }

str seal_make(const struct seal_key *key, const sb_rand *rand, str plain, str context, arena *a) {
  assert(plain.len <= SEAL_PLAIN_MAX_BYTES);
  pthread_once(&sodium_once, init_sodium);
  size_t n = NONCE + plain.len + TAG;
  unsigned char *box = arena_alloc(a, n);
  rand_fill(rand, box, NONCE);
  crypto_aead_xchacha20poly1305_ietf_encrypt(box + NONCE, NULL, bytes_of(plain), plain.len, bytes_of(context),
                                             context.len, NULL, box, key->bytes);
  size_t size = prefix.len + sodium_base64_ENCODED_LEN(n, VARIANT);
  char *text = arena_alloc(a, size);
  memcpy(text, prefix.ptr, prefix.len);
  sodium_bin2base64(text + prefix.len, size - prefix.len, box, n, VARIANT);
  return str_c(text);
}

bool seal_is_sealed(str text) {
  enum { LEAST = (NONCE + TAG) * 4 / 3 };
  if (!str_starts(text, prefix) || text.len < prefix.len + LEAST) return false;
  for (size_t i = prefix.len; i < text.len; i++) {
    char c = text.ptr[i];
    bool in_alphabet =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!in_alphabet) return false;
  }
  return true;
}

bool seal_open(const struct seal_key *key, str sealed, str context, arena *a, str *plain) {
  if (!str_starts(sealed, prefix) || sealed.len > prefix.len + 2 * (SEAL_PLAIN_MAX_BYTES + NONCE + TAG)) return false;
  pthread_once(&sodium_once, init_sodium);
  str text = str_sub(sealed, prefix.len, sealed.len);
  unsigned char *box = arena_alloc(a, text.len + 1);
  size_t n;
  if (sodium_base642bin(box, text.len, text.ptr, text.len, NULL, &n, NULL, VARIANT) != 0 || n < NONCE + TAG)
    return false;
  unsigned char *out = arena_alloc(a, n);
  unsigned long long len;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, &len, NULL, box + NONCE, n - NONCE, bytes_of(context),
                                                 context.len, box, key->bytes) != 0)
    return false;
  *plain = (str){(const char *)out, len};
  return true;
}
