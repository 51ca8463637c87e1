/* Passwords: Argon2id, and bcrypt for hashes that come from elsewhere. Each hashing costs some 60 ms of a processor and
 * 32 MiB on purpose. Blocks: never on a loop's thread nor on a worker; routes that hash run on the one thread that
 * desk/access has for it, which bounds how much of both guessing can take. */
#ifndef SB_BASE_PASSWORD_H
#define SB_BASE_PASSWORD_H

#include "base/arena.h"
#include "base/err.h"

enum { PASSWORD_MAX_BYTES = 1024, PASSWORD_BCRYPT_COST_MAX = 14 };

/* "$argon2id$…". ERR_OVERLOADED with retry_ms when its memory cannot be had; ERR_INVALID_FIELD for one longer than PASSWORD_MAX_BYTES or with a NUL. */
err password_hash(str password, arena *a, str *hash);
/* ok, ERR_WRONG_PASSWORD or ERR_OVERLOADED. hash: Argon2id, or bcrypt $2a$, $2b$, $2y$ up to the cost above; what is none
 * of them matches nothing. An absent hash (no such operator) takes as long as a wrong password. *needs_rehash, when it
 * matched, says that the hash is not what password_hash makes today; may be NULL. */
err password_check(str password, str hash, bool *needs_rehash);

#endif
