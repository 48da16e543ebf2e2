/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools with works that are over at once: one thread runs them, until one of them is not.
 */
#define _DEFAULT_SOURCE
#include "base/time.h"
#include "pool/pool_post.h"
#include "pool/quick.h"
#include "support/points.h"
#include "support/pool_inbox_rig.h"

POOL(three, .max_threads = 3, .idle_ns = INT64_C(3600000000000)); /* nobody wakes by itself */

static struct syni_pool *locked(struct syn_pool *pool)
{
    struct syni_pool *in = syni_pool_of(pool);

    syni_mutex_lock(&in->lock);
    return in;
}

/* As after many works which took no time. All threads of POOL stand at the gate. */
static void find_quick(struct syn_pool *pool)
{
    struct syni_pool *in = locked(pool);

    in->wanted = 1;
    syni_mutex_unlock(&in->lock);
}

static unsigned wanted(struct syn_pool *pool)
{
    struct syni_pool *in = locked(pool);
    unsigned n = in->wanted;

    syni_mutex_unlock(&in->lock);
    return n;
}

/* One thread of N is left awake, or was; the others are idle, and one of them watches. */
static void leave_one(struct syn_pool *pool, int n, struct standing_future f[])
{
    occupy(pool, n, f);
    find_quick(pool);
    release(n, f);
}

static void W4_quick_jobs_are_run_by_one_thread(void)
{
    struct standing_future f[2];
    struct counting_future one;
    int y;

    begin();
    leave_one(&workers, 2, f);
    for (int i = 0; i < 1000; i++) {
        one = counting_future(i);
        CHECK_INT(future_get(one, &y), SYN_OK);
        CHECK_INT(y, i);
    }
    CHECK_INT(ran, 1000);
    CHECK_INT(pool_stats(&workers).threads, 2);
    over(&workers);
}

/* The watcher sees that nothing ends, and as many run as may. */
static void W4_jobs_behind_one_that_is_not_quick_get_threads(void)
{
    struct standing_future first[3], f[3];

    begin();
    leave_one(&three, 3, first);
    gate_init(&gate);
    for (int i = 0; i < 3; i++)
        f[i] = pool_submit(&three, standing, &gate);
    gate_await(&gate, 3);
    CHECK_INT(wanted(&three), 3);
    release(3, f);
    over(&three);
}

/* It blocks before another thread is idle, and watches: the others are called, and started. */
static struct gate inner;

BLOCKING(three, int, outer, (struct gate *, at))
{
    gate_pass(at);
    return future_get(pool_submit(&workers, standing, &inner), NULL);
}

static void W4_a_job_that_waits_leaves_its_place_though_jobs_were_quick(void)
{
    struct outer_future waits[2];
    struct standing_future f[3];

    begin();
    gate_init(&gate);
    gate_init(&inner);
    for (int i = 0; i < 2; i++)
        waits[i] = outer_future(&gate);
    gate_await(&gate, 2);
    find_quick(&three);
    gate_open(&gate);
    gate_await(&inner, 2); /* both wait, on another pool */
    gate_init(&gate);
    for (int i = 0; i < 3; i++)
        f[i] = pool_submit(&three, standing, &gate);
    gate_await(&gate, 3);
    release(3, f);
    gate_open(&inner);
    for (int i = 0; i < 2; i++)
        CHECK_INT(future_get(waits[i], NULL), SYN_OK);
    finish_pool(&workers);
    over(&three);
}

/* Nothing is to be done for a moment: nobody watches an idle pool. */
static void W4_a_pool_that_is_idle_has_no_watcher(void)
{
    struct standing_future f[2];
    bool watched = true;

    begin();
    leave_one(&workers, 2, f);
    while (watched) {
        struct syni_pool *in = locked(&workers);

        watched = in->wanted < in->max_threads || in->watcher;
        syni_mutex_unlock(&in->lock);
        usleep(1000);
    }
    over(&workers);
}

static void L2_a_pool_of_quick_jobs_is_stopped_and_started_again(void)
{
    struct standing_future f[2];

    begin();
    for (int i = 0; i < 20; i++) {
        leave_one(&workers, 2, f);
        finish_pool(&workers);
        CHECK_INT(pool_start(&workers), SYN_OK);
        CHECK_INT(wanted(&workers), 2);
    }
    over(&workers);
}

enum { MEASURED = 64 };

/* Works that a worker measures, as if each had taken NS. What they took in all, since this thread may be kept
 * from running meanwhile. */
static int64_t measure(struct syni_worker *me, int64_t ns)
{
    int64_t since = 0;

    for (int i = 0; i < MEASURED; i++) {
        if (i == MEASURED - 1 && me->since)
            me->since = since = syni_now() - MEASURED * ns;
        syni_mutex_lock(&me->pool->lock);
        syni_quick_count_locked(me);
        syni_mutex_unlock(&me->pool->lock);
    }
    return syni_now() - since;
}

static bool is_quick_after(struct syni_worker *me, int64_t ns)
{
    measure(me, ns);
    while (measure(me, ns) > MEASURED * (ns + 1000))
        ;
    return me->quick;
}

static void W4_a_worker_measures_whether_its_jobs_are_quick(void)
{
    struct syni_worker me = {.pool = syni_pool_of(&workers)};

    begin();
    CHECK(is_quick_after(&me, 100));
    CHECK(!is_quick_after(&me, 2500));
    CHECK_INT(wanted(&workers), 2); /* it alone runs */
    over(&workers);
}

/* The only thread of WORKERS, which stands at the gate, looks quick once it has taken its next work. */
static void looks_quick_next(void)
{
    struct syni_pool *in = locked(&workers);
    struct syni_worker *worker = SYNI_CONTAINER(in->workers.next, struct syni_worker, link);

    worker->n_measured = 63;
    worker->since = syni_now() + INT64_C(3600000000000);
    syni_mutex_unlock(&in->lock);
}

static void *counts_one(void *unused)
{
    int y;

    CHECK_INT(future_get(counting_future(1), &y), SYN_OK);
    return unused;
}

/* The thread that would have been the watcher counts already, and does not come. */
static void W4_a_thread_that_the_system_did_not_give_is_not_counted_on_to_watch(void)
{
    struct standing_future f[2];
    pthread_t submitter;

    points_needed();
    begin();
    occupy(&workers, 1, f);
    looks_quick_next();
    CHECK_INT(syn_test_hold("pool_call", 1), 0);
    CHECK_INT(pthread_create(&submitter, NULL, counts_one, NULL), 0);
    AWAIT_HELD("pool_call"); /* it is about to start the second */
    release(1, f);
    while (ran < 1)
        usleep(200);
    CHECK_INT(wanted(&workers), 2);
    syn_fault_set("pthread_create", 1, 1, EAGAIN);
    syn_test_release("pool_call");
    CHECK_INT(pthread_join(submitter, NULL), 0);
    syn_fault_clear();
    CHECK_INT(pool_stats(&workers).threads, 1);
    occupy(&workers, 2, f); /* one behind the other waits for no long one */
    release(2, f);
    over(&workers);
}

static const struct test_case cases[] = {
    TEST(W4_quick_jobs_are_run_by_one_thread),
    TEST(W4_jobs_behind_one_that_is_not_quick_get_threads),
    TEST(W4_a_job_that_waits_leaves_its_place_though_jobs_were_quick),
    TEST(W4_a_pool_that_is_idle_has_no_watcher),
    TEST(L2_a_pool_of_quick_jobs_is_stopped_and_started_again),
    TEST(W4_a_worker_measures_whether_its_jobs_are_quick),
    TEST(W4_a_thread_that_the_system_did_not_give_is_not_counted_on_to_watch),
};
TEST_MAIN("pool_quick", cases);
