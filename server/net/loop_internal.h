/* Internal to net. What connections need from a loop besides loop.h: watched descriptors, the end of a turn, the turn's
 * time. Call these on the loop's thread, or before the loop starts. */
#ifndef SB_NET_LOOP_INTERNAL_H
#define SB_NET_LOOP_INTERNAL_H

#include "net/loop.h"

/* Embedded in the owner of the descriptor. It must stay in place until the end of the turn in which it is removed:
 * an event of the same turn may still name it, and the loop checks fd < 0 then. */
struct net_watch {
  void (*ready)(struct net_watch *w, uint32_t events);
  int fd; /* -1: not watched */
  uint32_t events;
};

bool net_watch_add(net_loop *loop, struct net_watch *w, uint32_t events); /* false: the kernel refused, see errno */
void net_watch_change(net_loop *loop, struct net_watch *w, uint32_t events);
void net_watch_remove(net_loop *loop, struct net_watch *w); /* does not close the descriptor; fd becomes -1 */

/* fn runs at the end of every turn; true: more work is left, the next turn must not sleep. */
void net_loop_at_turn_end(net_loop *loop, bool (*fn)(void *arg), void *arg);
int64_t net_loop_now_ms(const net_loop *loop); /* steady, read once a turn */

/* Finishes what is queued and joins; net_work is refused from now on. net_pool_free does it too. */
void net_pool_stop(net_pool *pool);

#endif
