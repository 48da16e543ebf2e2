/* SPDX-License-Identifier: Apache-2.0
 *
 * A post, and a driver that falls asleep, in all executions of C11's memory: the library's own
 * inbox.c, role.c and stack.c. The driver does what sleep_until() of loop.c does. Either it sees the post
 * before it sleeps, or it is woken (invariant 2); and what was posted is seen whole.
 *
 * BROKEN 1: the stack's order is relaxed. 2: the role's is.
 */
#include "weak.h"

#if BROKEN == 1
#define memory_order_seq_cst memory_order_relaxed
#endif
#include "base/stack.c"
#undef memory_order_seq_cst

#if BROKEN == 2
#undef atomic_load
#define atomic_load(of) atomic_load_explicit(of, memory_order_relaxed)
#undef atomic_store
#define atomic_store(of, value) atomic_store_explicit(of, value, memory_order_relaxed)
#endif
#include "loop/loop_inbox.c"
#include "loop/role.c"

struct syni_self syni_this_thread; /* of self.c; nothing here asks for it */
union syni_hooks_lookers syni_hooks_lookers;   /* of hooks.c: nobody looks */
static struct syni_loop loop;
static struct syni_job job;
static int carried;
static bool saw, ran;
static atomic_int woken;

/* Nobody follows. */
bool syni_role_pass(struct syni_loop *of)
{
    (void)of;
    return false;
}

static void run(struct syni_job *of)
{
    assert(of == &job && carried == 7);
    ran = true;
}

static void wake(struct syni_poller *poller)
{
    (void)poller;
    atomic_fetch_add(&woken, 1);
}

static void *posts(void *unused)
{
    carried = 7;
    job.run = run;
    assert(syni_loop_post(&loop, &job));
    return unused;
}

/* As sleep_until(). */
static void *falls_asleep(void *unused)
{
    atomic_store(&loop.role, SYNI_ROLE_ASLEEP);
    saw = syni_loop_has_posts(&loop);
    if (saw) {
        atomic_store(&loop.role, SYNI_ROLE_AWAKE);
        syni_loop_take_posts(&loop);
    }
    return unused;
}

int main(void)
{
    static struct syni_backend backend;
    pthread_t poster, driver;

    backend.wake = wake;
    loop.backend = &backend;
    atomic_init(&loop.role, SYNI_ROLE_AWAKE);
    pthread_create(&driver, NULL, falls_asleep, NULL);
    pthread_create(&poster, NULL, posts, NULL);
    pthread_join(driver, NULL);
    pthread_join(poster, NULL);
    assert(saw ? ran : atomic_load_explicit(&woken, memory_order_relaxed) > 0);
    return 0;
}
