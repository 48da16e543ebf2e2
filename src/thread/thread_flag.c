/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that wait for a flag, which a wake of their parker sets: for what is below this layer, and must
 * not be left before.
 */
#include "thread/thread_waits.h"

#include <stddef.h>

#include "loop/hosted.h"
#include "task/deadline.h"

static bool withdraw_flag(struct syni_thread_wait *wait, enum syn_origin origin)
{
    (void)origin;
    return !*wait->done;
}

bool syni_thread_wait_for_flag(_Atomic(bool) *done, int64_t deadline, const char *name)
{
    static const struct syni_thread_wait_ops ops = {NULL, withdraw_flag, NULL, NULL};
    struct syni_thread_wait wait = {.ops = &ops,
                                    .source = {.name = name},
                                    .deadline = deadline,
                                    .reason = SYN_BY_DEADLINE,
                                    .stays = true,
                                    .done = done};

    syni_thread_wait(syni_self(), &wait);
    return *done;
}

/* --- as a host --- */

bool syni_thread_await_flag(_Atomic(bool) *done, int64_t until, const char *name)
{
    struct syni_self *self = syni_self();
    int64_t left = until;

    if (self->hosted && !self->driving) {
        if (until != SYNI_NEVER)
            left = syni_deadline_in(syni_deadline_now(self), until > syni_now() ? until - syni_now() : 0);
        syni_thread_wait_for_flag(done, left, name);
    }
    while (!*done && syni_parker_sleep(syni_parker_of(self), until))
        ;
    if (*done)
        syni_parker_settle(syni_parker_of(self));
    return *done;
}

void syni_thread_await_on(struct syni_list *list, struct syni_mutex *lock, const char *name)
{
    struct syni_awaits here = {.parker = syni_parker_mine()};

    SYNI_HOLDS(lock);
    syni_list_init(&here.link);
    syni_list_append(list, &here.link);
    syni_mutex_unlock(lock);
    syni_thread_await_flag(&here.told, SYNI_NEVER, name);
    syni_mutex_lock(lock);
}

/* A thread that joins another, in the place of one that waits. Lies on the stack of that. */
struct joining {
    struct syni_thread *thread;
    struct syni_parker *parker;
    _Atomic(bool) done;
};

static void join_and_tell(void *of)
{
    struct joining *joining = of;

    syni_thread_join_plainly(joining->thread);
    syni_parker_wake(joining->parker, &joining->done); /* the last touch */
}

bool syni_thread_join_as_host(struct syni_thread *thread)
{
    const struct syni_self *self = syni_self();
    struct joining joining = {.thread = thread};
    struct syni_thread helper;

    if (!self->hosted || self->driving)
        return false;
    joining.parker = syni_parker_mine();
    if (syni_thread_start(&helper, "syn-join", 0, join_and_tell, &joining))
        return false;
    syni_thread_await_flag(&joining.done, SYNI_NEVER, "the end of a thread");
    syni_thread_join_plainly(&helper);
    return true;
}
