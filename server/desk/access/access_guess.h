/* The limits on guessing passwords. Counts grow with every attempt and are taken back by success. Which of them count is a
 * question of who guesses:
 *
 *   a stranger                    one login from one address   5 free, then 2 s doubled up to 15 min
 *                                 one address, any login       20 free, the same
 *                                 one login, any stranger      30 free, then 2 s doubled up to 1 min
 *   a stranger whose address      one login, any stranger      the same count as above
 *   stands for anybody
 *   an address that has signed    one login from this address  10 free, then 2 s doubled up to 15 min
 *   in to this account before
 *   a device that has             one login from this device   the same
 *
 * So whatever strangers guess, an owner at home or on a device of theirs has attempts of their own, and the total
 * against one account stays bounded: by strangers to 30 and one a minute, by each place that is known to 10 and four an
 * hour.
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
enum access_guesser {
  GUESS_STRANGER,
  GUESS_ANYBODY /* the address says nothing */,
  GUESS_KNOWN_ADDRESS,
  GUESS_KNOWN_DEVICE
};
struct access_attempt {
  enum access_guesser by;
  str login;
  str place; /* the address, or the device of GUESS_KNOWN_DEVICE */
};
/* ERR_RATE_LIMITED with retry_ms, or counts the attempt. */
err access_guess_begin(struct access_guess *g, const struct access_attempt *attempt, int64_t now_ms);
/* The password was right: what counted for this login is forgotten. */
void access_guess_right(struct access_guess *g, const struct access_attempt *attempt);
/* The attempt was none after all (the server was busy). */
void access_guess_undo(struct access_guess *g, const struct access_attempt *attempt);

/* What an address is counted as: IPv6 by its first 64 bits. In out. */
str access_address_block(str address, char out[64]);

#endif
