/* See password.h. */
#include "base/password.h"

#include <assert.h>
#include <crypt.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>

/* Four passes over 32 MiB cost an attacker as much as two over 64 MiB, with half the memory here. */
enum { PASSES = 4, MEMORY_BYTES = 32 << 20, RETRY_MS = 1000 };

static pthread_once_t sodium_once = PTHREAD_ONCE_INIT;
static void init_sodium(void) {
  if (sodium_init() < 0) abort(); /* keys and tokens would be guessable: do not continue */
}

err password_hash(str password, arena *a, str *hash) {
  pthread_once(&sodium_once, init_sodium);
  if (password.len > PASSWORD_MAX_BYTES || str_has_nul(password))
    return err_detail(ERR_INVALID_FIELD, "password", "password may have at most %d bytes and no NUL",
                      PASSWORD_MAX_BYTES);
  char out[crypto_pwhash_STRBYTES];
  int failed = crypto_pwhash_str(out, password.ptr ? password.ptr : "", password.len, PASSES, MEMORY_BYTES);
  if (failed) return err_retry(ERR_OVERLOADED, RETRY_MS); /* no memory for the hash */
  *hash = arena_dup(a, str_c(out));
  return err_ok;
}

enum verdict { MATCHES, DIFFERS, NO_MEMORY };

static enum verdict check_argon2(const char *password, size_t len, const char *hash, bool *needs_rehash) {
  if (crypto_pwhash_str_verify(hash, password, len) != 0) return DIFFERS;
  *needs_rehash = crypto_pwhash_str_needs_rehash(hash, PASSES, MEMORY_BYTES) != 0;
  return MATCHES;
}

static bool is_bcrypt(str hash) {
  if (hash.len != 60 || !str_starts(hash, S("$2")) || hash.ptr[3] != '$' || hash.ptr[6] != '$') return false;
  if (hash.ptr[2] != 'a' && hash.ptr[2] != 'b' && hash.ptr[2] != 'y') return false;
  uint64_t cost;
  return str_to_u64(str_sub(hash, 4, 6), &cost) && cost >= 4 && cost <= PASSWORD_BCRYPT_COST_MAX;
}

static enum verdict check_bcrypt(const char *password, const char *hash, bool *needs_rehash) {
  struct crypt_data *work = calloc(1, sizeof *work); /* 32 KiB: too much for a stack */
  if (!work) return NO_MEMORY;
  const char *got = crypt_r(password, hash, work);
  bool same = got && str_eq_constant_time(str_c(got), str_c(hash));
  sodium_memzero(work, sizeof *work);
  free(work);
  *needs_rehash = true;
  return same ? MATCHES : DIFFERS;
}

/* Hashes a dummy for an unknown login, so that the response time does not tell which logins exist. */
static enum verdict check_nothing(const char *password, size_t len) {
  unsigned char out[32], salt[crypto_pwhash_SALTBYTES] = {0};
  return crypto_pwhash(out, sizeof out, password, len, salt, PASSES, MEMORY_BYTES, crypto_pwhash_ALG_ARGON2ID13)
             ? NO_MEMORY
             : DIFFERS;
}

/* The hash contains its parameters; a foreign hash must not make the server use gigabytes or minutes. */
static bool is_argon2(str hash) {
  str rest = hash;
  if (!str_starts(hash, S("$argon2id$v=19$m=")) || hash.len >= crypto_pwhash_STRBYTES) return false;
  rest = str_sub(rest, 17, rest.len);
  uint64_t kib, passes, lanes;
  str m = str_cut(&rest, ','), t = str_cut(&rest, ','), p = str_cut(&rest, '$');
  return str_to_u64(m, &kib) && kib <= 65536 && str_starts(t, S("t=")) && str_to_u64(str_sub(t, 2, t.len), &passes) &&
         passes <= 10 && str_starts(p, S("p=")) && str_to_u64(str_sub(p, 2, p.len), &lanes) && lanes <= 4;
}

err password_check(str password, str hash, bool *needs_rehash) {
  pthread_once(&sodium_once, init_sodium);
  bool rehash = false, argon2 = is_argon2(hash), bcrypt = is_bcrypt(hash);
  if (password.len > PASSWORD_MAX_BYTES || str_has_nul(password)) return err_make(ERR_WRONG_PASSWORD);
  char *z = mem_dup_cstr(password), *h = mem_dup_cstr(hash);
  enum verdict v = argon2   ? check_argon2(z, password.len, h, &rehash)
                   : bcrypt ? check_bcrypt(z, h, &rehash)
                            : check_nothing(z, password.len);
  sodium_memzero(z, password.len);
  mem_free(&z);
  mem_free(&h);
  if (v == NO_MEMORY) return err_retry(ERR_OVERLOADED, RETRY_MS);
  if (v == DIFFERS) return err_make(ERR_WRONG_PASSWORD);
  if (needs_rehash) *needs_rehash = rehash;
  return err_ok;
}
