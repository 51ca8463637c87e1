/* The event loop, its timers and the worker pool.
 *
 * Thread rule: only its loop uses a connection. From other threads only these may be called: net_post,
 * net_work, http_reply and its variants, reference counting. */
#ifndef SB_NET_LOOP_H
#define SB_NET_LOOP_H

#include "base/clock.h"
#include "base/err.h"

typedef struct net_loop net_loop;
typedef struct net_timer net_timer;
typedef struct net_pool net_pool;

/* One epoll loop on a thread of its own. */
net_loop *net_loop_new(const sb_clock *clock, const char *thread_name);
err net_loop_start(net_loop *loop);
/* Asks the loop to end and joins its thread; pending posted tasks run first. */
void net_loop_stop(net_loop *loop);
void net_loop_free(net_loop **loop);
/* Runs fn(arg) on the loop's thread, in the order posted, from any thread; a post by another thread runs before
 * any descriptor event that results from it. */
void net_post(net_loop *loop, void (*fn)(void *arg), void *arg);
bool net_on_loop(const net_loop *loop);

/* Timers live on the loop's thread (or are set before it starts). every_ms 0 means once: such a timer frees itself after
 * it has run, so its owner drops the pointer in fn (net_timer_stop is allowed there). */
net_timer *net_timer_start(net_loop *loop, int64_t delay_ms, int64_t every_ms, void (*fn)(void *arg), void *arg);
void net_timer_stop(net_timer **timer);

/* Plain blocking code runs here. The queue is bounded: net_work returns false when it is full. */
net_pool *net_pool_new(int threads, size_t queue_max);
bool net_work(net_pool *pool, void (*fn)(void *arg), void *arg);
/* For cleanup, at most one job per accepted request: ignores the queue's limit. False: the pool is stopping. */
bool net_work_always(net_pool *pool, void (*fn)(void *arg), void *arg);
size_t net_pool_queued(const net_pool *pool);
/* Finishes what is queued and joins. */
void net_pool_free(net_pool **pool);

#endif
