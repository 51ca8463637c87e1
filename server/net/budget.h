/* How many bytes of request bodies the server holds for its clients: in memory, and in spooled files. One bound covers
 * all of them together, another each client's address (an IPv6 client counts as its /64): requests that never end
 * cannot fill the memory or the disk, and one address cannot take the others' part. Half of each bound is kept for
 * clients whose head has proven who they are, so strangers, from however many addresses, shut out strangers only.
 *
 * Each request has a share: the bytes charged to it so far, which are released when the request ends for whatever
 * reason. Only received bytes are charged, never the length that a Content-Length announces. Any thread may call; one
 * share is used by one thread at a time. */
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
  bool apart; /* a trusted proxy that names no client: only the total bound applies */
  bool known; /* has proven who it is; may become true while something is held */
  uint64_t held[BUDGET_KINDS];
  uint64_t as_stranger[BUDGET_KINDS]; /* of that, what was taken before */
};
/* ERR_RATE_LIMITED when the address is at its bound, ERR_OVERLOADED when the server is; both with retry_ms, and
 * nothing is charged. */
err budget_take(struct budget_share *s, enum budget_kind kind, uint64_t bytes);
void budget_give_back(struct budget_share *s, enum budget_kind kind); /* all of it */

#endif
