/* What a sign-in leaves behind, so that the next one from the same place is known: a mark of the caller's address in the
 * database, and a cookie in the browser, which moves from address to address. Guesses from elsewhere then cannot use up
 * the attempts of who is known here.
 *
 * The database keeps keyed hashes of addresses only, no history of them. The cookie holds a random id and the last
 * accounts that this browser has signed in to, with a MAC; the server keeps nothing of it. It is no credential: it opens
 * nothing, it only has attempts of its own. */
#ifndef SB_DESK_ACCESS_MARK_H
#define SB_DESK_ACCESS_MARK_H

#include "base/seal.h"

enum { ACCESS_MARK_BYTES = 16, ACCESS_DEVICE_LENGTH = 26, ACCESS_DEVICE_OPERATORS = 4 };

struct access_device {
  str id;                                     /* absent: none */
  int64_t operators[ACCESS_DEVICE_OPERATORS]; /* the last one first; 0: no more */
};

/* Where a request comes from. */
struct access_from {
  str address; /* the client's, as far as it is known */
  str agent;   /* User-Agent */
  struct access_device device;
  bool address_shared; /* the address is that of an untrusted proxy and may stand for many clients */
};

/* What a cookie says; no device unless its MAC is right. Its texts are the cookie's. */
struct access_device access_device_read(const struct seal_key *key, str cookie);
bool access_device_knows(const struct access_device *d, int64_t operator_id);
/* The cookie of the device, made when there is none, after the operator has signed in there. */
str access_device_cookie(const struct seal_key *key, const sb_rand *rand, struct access_device d, int64_t operator_id,
                         arena *a);
/* The mark of the address (IPv6: of its /64); absent for a shared one. */
str access_mark_address(const struct seal_key *key, const struct access_from *from, arena *a);

#endif
