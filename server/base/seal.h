/* Small secrets at rest (a bot's token, a TOTP key): XChaCha20-Poly1305 under a key made from SECRET_KEY. Each purpose
 * has its own key, so one part cannot open what another sealed. Any thread. */
#ifndef SB_BASE_SEAL_H
#define SB_BASE_SEAL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/rand.h"

enum { SEAL_KEY_BYTES = 32, SEAL_PLAIN_MAX_BYTES = 64 << 10 };

struct seal_key {
  unsigned char bytes[SEAL_KEY_BYTES];
};

/* BLAKE2b of the secret, separated by purpose ("bot_token", "jwt"); a secret of any length, but a short one is weak. */
void seal_key_derive(str secret, const char *purpose, struct seal_key *out);
void seal_key_wipe(struct seal_key *key);
/* ASCII text for a column: "v1." and base64url. The context (a row's id, say; may be empty) is not part of it but must be
 * the same for opening, so that a sealed text moved to another row does not open. plain: at most SEAL_PLAIN_MAX_BYTES. */
str seal_make(const struct seal_key *key, const sb_rand *rand, str plain, str context, arena *a);
/* Whether the text has the form that seal_make returns, under any key. */
bool seal_is_sealed(str text);
/* False when it was not sealed by this key for this context, or was changed; *plain is then untouched. */
bool seal_open(const struct seal_key *key, str sealed, str context, arena *a, str *plain);

#endif
