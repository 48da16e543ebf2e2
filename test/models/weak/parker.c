/* SPDX-License-Identifier: Apache-2.0
 *
 * A sleeper and its waker, in all executions of C11's memory: the library's own parker.c, over a lock of
 * the checker's and a condition that wakes for no reason. The woken thread finds `done` written, and sees
 * what the waker wrote before (invariant 26).
 *
 * BROKEN 1: a wake does not release. 2: the end of a sleep does not acquire.
 */
#include "weak.h"

#include "base/fork.h"
#include "base/signals.h"
#include "base/thread.h"

#if BROKEN == 1
#define memory_order_release memory_order_relaxed
#elif BROKEN == 2
#define memory_order_acquire memory_order_relaxed
#endif
#include "base/parker.c"
#undef memory_order_release
#undef memory_order_acquire

struct syni_self syni_this_thread; /* of self.c; nothing here asks for it */

void syni_mutex_lock(struct syni_mutex *mutex)
{
    pthread_mutex_lock(&mutex->raw);
}

void syni_mutex_unlock(struct syni_mutex *mutex)
{
    pthread_mutex_unlock(&mutex->raw);
}

void syni_cond_signal(struct syni_cond *cond)
{
    (void)cond;
}

/* Somebody signals, or nobody does and time is up. */
bool syni_cond_wait_until(struct syni_cond *cond, struct syni_mutex *mutex, int64_t deadline_ns)
{
    (void)cond;
    (void)deadline_ns;
    syni_mutex_unlock(mutex);
    syni_mutex_lock(mutex);
    return false;
}

bool syni_spin(struct syni_patience *patience, bool (*is_there)(void *of), void *of)
{
    (void)patience;
    return is_there(of);
}

/* Its signals are as they are. */
int64_t syni_signals_sleep(void)
{
    return SYNI_NEVER;
}

int64_t syni_signals_wake(void)
{
    return -1;
}

static struct syni_parker parker;
static _Atomic(bool) done;
static int carried;

static void *wakes(void *unused)
{
    carried = 7;
    syni_parker_wake(&parker, &done);
    return unused;
}

static void *sleeps(void *unused)
{
    if (syni_parker_sleep(&parker, 1))
        assert(atomic_load_explicit(&done, memory_order_relaxed) && carried == 7);
    return unused;
}

int main(void)
{
    pthread_t threads[2];

    parker.lasts = true;
    pthread_mutex_init(&parker.mutex.raw, NULL);
    pthread_create(&threads[0], NULL, wakes, NULL);
    pthread_create(&threads[1], NULL, sleeps, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
