/* The limits on guessing passwords. Every attempt is counted before the password is checked, so that parallel
 * attempts are limited too; a success takes the counts back. The kind of caller decides which counts apply:
 *
 *   unknown caller                login and address            5 free, then 2 s doubled up to 15 min
 *                                 address, any login           20 free, the same
 *                                 login, all unknown callers   30 free, then turns: one every 30 s
 *   shared address                login, all unknown callers   the same count and turns as above
 *   known address                 login and address            10 free, then 2 s doubled up to 15 min
 *   known device                  login and device             the same
 *
 * Known: an address, or a device, from which this account was signed in to before. A shared address is that of a
 * proxy that names no client, so it does not identify the caller. Unknown callers therefore cannot use up the
 * attempts of the owner, and the total against one account is bounded: unknown callers get 30 and two a minute, each
 * known place 10 and four an hour.
 *
 * An owner on a new device is an unknown caller, and must not lose every attempt to whoever asks most often. So when
 * unknown callers have used up an account's 30, the next ones queue. A network (IPv4 /24, IPv6 /48) has one place in
 * the queue: the first refusal assigns it a turn, retry_ms is the time until then, and the turn stays reserved for a
 * minute. The queue is 30 min long at most. Guesses from fewer than 60 networks thus delay an owner on a new device
 * by half an hour at most; with more networks a place in the queue is a matter of luck. Meanwhile devices and
 * addresses that have signed in before are not affected. An unused turn is lost. All clients of a shared address
 * share one place.
 *
 * Half an hour without a failure clears a count. An IPv6 address counts as its /64. Thread-safe. */
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
  GUESS_UNKNOWN,
  GUESS_SHARED_ADDRESS /* of a proxy that names no client */,
  GUESS_KNOWN_ADDRESS,
  GUESS_KNOWN_DEVICE
};
struct access_attempt {
  enum access_guesser by;
  str login;
  str place; /* the address, or the device of GUESS_KNOWN_DEVICE */
};
/* ERR_RATE_LIMITED with retry_ms, or counts the attempt. The error has a sentence about the wait if the account's limit
 * is the cause. */
err access_guess_begin(struct access_guess *g, const struct access_attempt *attempt, int64_t now_ms);
/* The password was right: clears the counts of this login. */
void access_guess_succeeded(struct access_guess *g, const struct access_attempt *attempt);
/* Takes back the attempt when the password was not checked (the server was busy). */
void access_guess_undo(struct access_guess *g, const struct access_attempt *attempt);

/* The block under which an address is counted: an IPv6 address's /64. Written to out. */
str access_address_block(str address, char out[64]);

#endif
