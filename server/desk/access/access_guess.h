/* The limits on guessing passwords. Three counts grow with every attempt and are taken back by success:
 *
 *   one login from one address   5 free, then 2 s doubled up to 15 min
 *   one address, any login       20 free, the same
 *   one login, any address       30 free, then 2 s doubled up to 1 min: a stranger cannot lock somebody out for long
 *
 * An attempt counts before its password is looked at, so that many at once are no way around. Half an hour without a
 * failure forgets. An IPv6 address counts as its /64. Thread-safe. */
#ifndef SB_DESK_ACCESS_GUESS_H
#define SB_DESK_ACCESS_GUESS_H

#include "base/clock.h"
#include "base/err.h"
#include "desk/access/access_table.h"

#include <pthread.h>

struct access_guess {
  pthread_mutex_t lock;
  struct access_table table;
};

void access_guess_init(struct access_guess *g, const sb_rand *rand);
void access_guess_free(struct access_guess *g);
/* ERR_RATE_LIMITED with retry_ms, or counts the attempt. */
err access_guess_begin(struct access_guess *g, str login, str address, int64_t now_ms);
/* The password was right: login and pair are forgotten. */
void access_guess_right(struct access_guess *g, str login, str address);
/* The attempt was none after all (the server was busy). */
void access_guess_undo(struct access_guess *g, str login, str address);

/* What an address is counted as: IPv6 by its first 64 bits. In out. */
str access_address_block(str address, char out[64]);

#endif
