/* How many bytes of bodies the server holds for its clients: in memory, and in spooled files. There is a bound on all of
 * them together and one on each client's address (an IPv6 client is its /64), so that nobody fills the memory or the
 * disk with requests that never end, and one address cannot take the room of the others. Half of each bound is kept for
 * clients who have proven by the head who they are, so strangers from however many addresses shut out strangers only.
 *
 * A request has a share: what it has taken, and gives back when it ends, whichever way. Only what has really come is
 * taken, never what a Content-Length promises. Any thread; but one share is used by one thread at a time. */
#ifndef SB_NET_BUDGET_H
#define SB_NET_BUDGET_H

#include "net/addr.h"

enum budget_kind { BUDGET_MEMORY, BUDGET_DISK, BUDGET_KINDS };

struct budget_limits {
  uint64_t total, per_address; /* bytes */
};

struct budget;
struct budget *budget_new(const struct budget_limits limits[BUDGET_KINDS]);
/* Late requests outlive their server, so the budget is counted: the server's reference and each loop's. */
struct budget *budget_ref(struct budget *b);
void budget_unref(struct budget **b);
uint64_t budget_held(struct budget *b, enum budget_kind kind); /* of all clients now */

struct budget_share { /* zeroed: of nobody */
  struct budget *budget;
  struct net_addr who;
  bool apart; /* a trusted proxy that does not say for whom: only the bound on all holds */
  bool known; /* has proven who it is; may become true while something is held */
  uint64_t held[BUDGET_KINDS];
  uint64_t as_stranger[BUDGET_KINDS]; /* of that, what was taken before */
};
/* ERR_RATE_LIMITED: the address has its part already. ERR_OVERLOADED: all together have. Both with retry_ms; nothing was
 * taken then. */
err budget_take(struct budget_share *s, enum budget_kind kind, uint64_t bytes);
void budget_give_back(struct budget_share *s, enum budget_kind kind); /* all of it */

#endif
