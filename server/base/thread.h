/* Threads, and condition variables whose waits use the monotonic clock (CLOCK_MONOTONIC), so that setting the machine's
 * clock neither shortens nor prolongs a wait. */
#ifndef SB_BASE_THREAD_H
#define SB_BASE_THREAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts a joinable thread that receives no signals; the main thread handles them all. name: at most 15 bytes.
 * stack_bytes 0: the system's default. False, with *thread undefined, when the system cannot create another thread. */
bool thread_start(pthread_t *thread, const char *name, size_t stack_bytes, void *(*run)(void *), void *arg);

/* The clock of the waits below, in milliseconds: clock_steady_ms(&clock_system). */
int64_t thread_now_ms(void);
/* Destroy it with pthread_cond_destroy. */
void thread_cond_init(pthread_cond_t *c);
/* Wait, with the lock held, for a signal or until thread_now_ms() reaches until_ms. False when the time is up. As with
 * pthread_cond_wait, true may also be a spurious wake-up: test the condition in a loop. */
bool thread_cond_wait_until(pthread_cond_t *c, pthread_mutex_t *lock, int64_t until_ms);
/* The same for at most ms milliseconds from now; 0 or less: returns at once. For one wait; a loop computes until_ms once. */
bool thread_cond_wait_ms(pthread_cond_t *c, pthread_mutex_t *lock, int64_t ms);

/* Sets *woken, and signals the thread that waits for it under the lock. While *woken is still set this costs one atomic operation
 * and wakes nobody, so a writer may call it after every commit. Any thread, without the lock. The waiter tests *woken with the
 * lock held, and clears it before it looks for work. */
void thread_wake(atomic_bool *woken, pthread_cond_t *c, pthread_mutex_t *lock);

#endif
