/* Marks left by a sign-in, so that the next one from the same place is recognised: a mark of the caller's address in
 * the database, and a cookie in the browser, which also works from other addresses. Guesses from elsewhere then
 * cannot use up the attempts of a recognised caller.
 *
 * The database keeps keyed hashes of addresses only, no history of them. The cookie holds a random id and the last
 * accounts that this browser has signed in to, with a MAC; the server stores nothing of it. The cookie is not a
 * credential: it only gives the browser its own attempts. */
#ifndef SB_DESK_ACCESS_MARK_H
#define SB_DESK_ACCESS_MARK_H

#include "base/seal.h"

enum { ACCESS_MARK_BYTES = 16, ACCESS_DEVICE_LENGTH = 26, ACCESS_DEVICE_OPERATORS = 4 };

struct access_device {
  str id;                                     /* absent: no device */
  int64_t operators[ACCESS_DEVICE_OPERATORS]; /* most recent first; 0: no more */
};

/* Where a request comes from. */
struct access_from {
  str address; /* the client's, as far as known */
  str agent;   /* User-Agent */
  struct access_device device;
  bool address_shared; /* the address is that of an untrusted proxy and may stand for many clients */
};

/* Reads a cookie; no device unless its MAC is right. Strings point into the cookie. */
struct access_device access_device_read(const struct seal_key *key, str cookie);
bool access_device_knows(const struct access_device *d, int64_t operator_id);
/* The device's cookie after the operator has signed in there; a new device if there was none. */
str access_device_cookie(const struct seal_key *key, const sb_rand *rand, struct access_device d, int64_t operator_id,
                         arena *a);
/* The mark of the address (IPv6: of its /64); absent for a shared one. */
str access_mark_address(const struct seal_key *key, const struct access_from *from, arena *a);

#endif
