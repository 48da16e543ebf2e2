/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that are ended by pthread_cancel() while they wait, in every kind of wait.
 */
#define _DEFAULT_SOURCE
#include "support/waits_rig.h"

#if defined(__SANITIZE_ADDRESS__)
/* It takes a cancelled thread's unwound stack for poisoned when it gives its signal stack back. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "use_sigaltstack=0";
}
#endif

struct victim {
    pthread_t thread;
    int kind;
    atomic_bool takes_part, came_back;
};

static void *be_cancelled(void *argument)
{
    struct victim *me = argument;
    int unused;

    syn_clock_join(rig_clock);
    me->takes_part = true;
    call_by(syn_after(5), kinds[me->kind].wait());
    me->came_back = true;
    syn_clock_join(NULL);
    pthread_testcancel();
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &unused);
    return NULL;
}

static void join_cancelled(struct victim *victim)
{
    void *result = NULL;

    syn_clock_join(NULL); /* time passes meanwhile */
    CHECK_INT(pthread_join(victim->thread, &result), 0);
    syn_clock_join(rig_clock);
    if (!victim->came_back || result != PTHREAD_CANCELED)
        test_fail(__FILE__, __LINE__, "%s: the wait %s, and the thread %s", kinds[victim->kind].name,
                  victim->came_back ? "ended" : "did not end",
                  result == PTHREAD_CANCELED ? "was cancelled" : "was not cancelled");
}

static void C19_a_thread_that_is_cancelled_in_a_wait_ends_when_the_wait_has(void)
{
    begin();
    for (int kind = 0; kind < KINDS; kind++) {
        struct victim victim = {.kind = kind};

        if (kinds[kind].wait == by_close) /* takes no deadline from outside */
            continue;
        CHECK_INT(pthread_create(&victim.thread, NULL, be_cancelled, &victim), 0);
        spin_until(&victim.takes_part); /* before that time would pass without it */
        let_it_wait();
        CHECK_INT(pthread_cancel(victim.thread), 0);
        join_cancelled(&victim);
        let_it_wait(); /* others go on */
    }
    over();
}

static void *post_cancelled(void *argument)
{
    struct victim *me = argument;

    pthread_cancel(pthread_self()); /* at the first cancellation point */
    for (int i = 0; i < 100; i++)
        CHECK_INT(future_detach(nap_future(3600)), SYN_OK);
    me->came_back = true;
    pthread_testcancel();
    return NULL;
}

/* It writes to the loop's descriptor while it counts as one that knocks. */
static void C19_a_thread_with_a_cancel_pending_starts_calls_and_leaves_nothing_locked(void)
{
    struct victim victim = {.kind = 0};

    begin();
    let_it_wait();
    CHECK_INT(pthread_create(&victim.thread, NULL, post_cancelled, &victim), 0);
    join_cancelled(&victim);
    let_it_wait();
    finish(&demo);
    done_after(256);
}

POOL(narrow, .max_threads = 1, .queue_bound = 1);
BLOCKING(narrow, void, stands, (struct gate *, at))
{
    gate_pass(at);
}

static void *wait_for_room(void *argument)
{
    struct victim *me = argument;
    int unused;

    if (call_by(syn_after(0.05), stands(NULL)) != SYN_ETIMEDOUT)
        return NULL;
    me->came_back = true;
    pthread_testcancel();
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &unused);
    return NULL;
}

static void C19_a_thread_that_is_cancelled_while_it_waits_for_room_in_a_pool(void)
{
    struct victim victim = {.kind = 0};
    struct stands_future f, g;
    void *result = NULL;
    struct gate gate;

    begin_in_real_time();
    gate_init(&gate);
    f = stands_future(&gate);
    gate_await(&gate, 1);
    g = stands_future(&gate);
    CHECK_INT(pthread_create(&victim.thread, NULL, wait_for_room, &victim), 0);
    CHECK_INT(pthread_cancel(victim.thread), 0);
    CHECK_INT(pthread_join(victim.thread, &result), 0);
    CHECK(victim.came_back && result == PTHREAD_CANCELED);
    gate_open(&gate);
    CHECK_INT(future_get(f), SYN_OK);
    CHECK_INT(future_get(g), SYN_OK);
    finish_pool(&narrow);
    done();
}

static const struct test_case cases[] = {
    TEST(C19_a_thread_that_is_cancelled_in_a_wait_ends_when_the_wait_has),
    TEST(C19_a_thread_with_a_cancel_pending_starts_calls_and_leaves_nothing_locked),
    TEST(C19_a_thread_that_is_cancelled_while_it_waits_for_room_in_a_pool),
};
TEST_MAIN_BOTH_MODES("waits_pthread", cases);
