/* Passwords: Argon2id, and bcrypt for imported hashes. One hash takes about 60 ms of processor time and
 * 32 MiB on purpose. Blocks: never call it on a loop or a worker; routes that hash run on a single thread in
 * desk/access, which bounds the time and memory that guessing can take. */
#ifndef SB_BASE_PASSWORD_H
#define SB_BASE_PASSWORD_H

#include "base/arena.h"
#include "base/err.h"

enum { PASSWORD_MAX_BYTES = 1024, PASSWORD_BCRYPT_COST_MAX = 14 };

/* "$argon2id$…". ERR_OVERLOADED with retry_ms when there is no memory for the hash; ERR_INVALID_FIELD for one longer than
 * PASSWORD_MAX_BYTES or with a NUL. */
err password_hash(str password, arena *a, str *hash);
/* ok, ERR_WRONG_PASSWORD or ERR_OVERLOADED. hash: Argon2id, or bcrypt $2a$, $2b$, $2y$ up to the cost above; anything else
 * matches no password. An absent hash (no such operator) takes as long as a wrong password. *needs_rehash, after a
 * match, says that password_hash would make a different kind of hash today; may be NULL. */
err password_check(str password, str hash, bool *needs_rehash);

#endif
