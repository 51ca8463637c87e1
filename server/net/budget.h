/* Limits the bytes of request bodies that the server holds for its clients, in memory and in spooled files. One limit
 * covers all clients together, another each client's address (an IPv6 client counts as its /64). So requests that never
 * end cannot fill memory or disk, and one address cannot use up the others' part. Half of each limit is reserved for
 * clients authenticated by the request head, so unauthenticated clients, from any number of addresses, block only each
 * other.
 *
 * Each request has a share: the bytes charged to it so far, which are released when the request ends for any reason. Only
 * received bytes are charged, never an announced Content-Length. Any thread may call; one share is used by one thread at
 * a time. */
#ifndef SB_NET_BUDGET_H
#define SB_NET_BUDGET_H

#include "net/addr.h"

enum budget_kind { BUDGET_MEMORY, BUDGET_DISK, BUDGET_KINDS };

struct budget_limits {
  uint64_t total, per_address; /* bytes */
};

struct budget;
struct budget *budget_new(const struct budget_limits limits[BUDGET_KINDS]);
/* Late requests outlive their server, so the budget is reference-counted: one reference for the server, one per loop. */
struct budget *budget_ref(struct budget *b);
void budget_unref(struct budget **b);
uint64_t budget_held(struct budget *b, enum budget_kind kind); /* held by all clients now */

struct budget_share { /* zeroed: without a client */
  struct budget *budget;
  struct net_addr who;
  bool apart;         /* a trusted proxy that names no client: only the total bound applies */
  bool authenticated; /* may become true while something is held */
  uint64_t held[BUDGET_KINDS];
  uint64_t as_unauthenticated[BUDGET_KINDS]; /* the part of held that was taken before authentication */
};
/* ERR_RATE_LIMITED at the address's limit, ERR_OVERLOADED at the server's; both with retry_ms, and
 * without charging anything. */
err budget_take(struct budget_share *s, enum budget_kind kind, uint64_t bytes);
void budget_give_back(struct budget_share *s, enum budget_kind kind); /* releases all of it */

#endif
