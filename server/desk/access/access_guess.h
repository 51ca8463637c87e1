/* The limits on guessing passwords. Every attempt is counted before the password is checked, so that attempts in
 * parallel are limited too; a success takes the counts back. The kind of caller decides which counts apply:
 *
 *   stranger                      login and address            5 free, then 2 s doubled up to 15 min
 *                                 address, any login           20 free, the same
 *                                 login, all strangers         30 free, then turns: one every 30 s
 *   shared address                login, all strangers         the same count and turns as above
 *   known address                 login and address            10 free, then 2 s doubled up to 15 min
 *   known device                  login and device             the same
 *
 * Known: an address, or a device, from which somebody has signed in to this account before. A shared address is that
 * of a proxy that names no client, so it says nothing about the caller. Strangers therefore cannot use up the attempts
 * of the owner, and the total against one account is bounded: strangers get 30 and two a minute, each known place 10
 * and four an hour.
 *
 * An owner on a new device is a stranger, and must not lose every attempt to whoever asks most often. So where strangers
 * have used up an account's 30, the next ones form a line. A network (IPv4 /24, IPv6 /48) has one place in it: the first
 * refusal gives it a turn, retry_ms is the time until then, and in the minute after that nobody takes the turn away. The
 * line is 30 min long at most. Guesses from fewer than 60 networks thus delay an owner on a new device by half an hour
 * at most; from more networks a place in the line is a matter of luck. Meanwhile devices and addresses that have signed
 * in before are not affected. A turn that nobody uses is lost. All clients of a shared address share one place.
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
  GUESS_STRANGER,
  GUESS_SHARED_ADDRESS /* that of a proxy that names no client */,
  GUESS_KNOWN_ADDRESS,
  GUESS_KNOWN_DEVICE
};
struct access_attempt {
  enum access_guesser by;
  str login;
  str place; /* the address, or the device of GUESS_KNOWN_DEVICE */
};
/* ERR_RATE_LIMITED with retry_ms, or counts the attempt. With a sentence about the wait where it is the account's. */
err access_guess_begin(struct access_guess *g, const struct access_attempt *attempt, int64_t now_ms);
/* The password was right: clears the counts of this login. */
void access_guess_right(struct access_guess *g, const struct access_attempt *attempt);
/* Takes back the attempt when the password was not checked (the server was busy). */
void access_guess_undo(struct access_guess *g, const struct access_attempt *attempt);

/* The block under which an address is counted: an IPv6 address's /64. Written to out. */
str access_address_block(str address, char out[64]);

#endif
