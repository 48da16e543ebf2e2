/* SPDX-License-Identifier: Apache-2.0
 *
 * Any function as a job, and threads that stay on one processor.
 */
#define _GNU_SOURCE
#include <sched.h>

#include "support/pool_rig.h"

#include <synchronicity/step.h>

SYNCHRONIZER(demo);
POOL(workers, .max_threads = 2);

static void *length_of(void *text)
{
    return (void *)(uintptr_t)strlen(text);
}

static void W1_any_function_is_a_job_with_a_future(void)
{
    struct syn_scope scope = SYN_SCOPE;
    void *lengths[3];
    char text[] = "four";

    begin();
    CHECK_INT(future_get(pool_submit(&workers, syn_run, length_of, text), &lengths[0]), SYN_OK);
    CHECK_INT((uintptr_t)lengths[0], 4);
    CHECK_INT(syn_run(length_of, text, &lengths[0]), SYN_OK); /* the default pool; blocks */
    for (int i = 0; i < 3; i++)
        scope_spawn(&scope, pool_submit(&workers, syn_run, length_of, text + i), &lengths[i]);
    CHECK_INT(scope_join(&scope), SYN_OK);
    for (int i = 0; i < 3; i++)
        CHECK_INT((uintptr_t)lengths[i], 4 - i);
    CHECK_INT(future_get(pool_submit(&workers, syn_run, NULL, NULL), NULL), SYN_EINVAL);
    CHECK_SAYS("there is no function to run");
    finish_pool(&workers);
    finish_pool(syn_default_pool());
    done();
}

#ifdef __linux__

enum { MOST = 256 };
POOL(pinned, .pin = 1, .max_threads = MOST);

static struct gate gate;
static cpu_set_t all;

static cpu_set_t mine(void)
{
    cpu_set_t set;

    CHECK_INT(sched_getaffinity(0, sizeof set, &set), 0);
    return set;
}

BLOCKING(pinned, cpu_set_t, where)
{
    gate_pass(&gate);
    return mine();
}

ASYNC(demo, int, processors_of_a_loop)
{
    cpu_set_t set = mine();

    return syn_step_return(self, CPU_COUNT(&set));
}

BLOCKING(pinned, int, starts_a_loop)
{
    int n = 0;

    CHECK_INT(processors_of_a_loop(&n), SYN_OK);
    return n;
}

static void begin_pinning(void)
{
    cpu_set_t set = mine(), one;

    begin();
    all = set;
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &set))
            CPU_SET(i, &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0)
        TEST_SKIP("this system lets nobody choose a processor");
    CHECK_INT(sched_setaffinity(0, sizeof set, &set), 0);
    gate_init(&gate);
}

static void over(void)
{
    cpu_set_t set = mine();

    finish_pool(&pinned);
    finish(&demo);
    CHECK(CPU_EQUAL(&set, &all)); /* the submitter is left alone */
    done();
}

/* As many threads as processors, and one more. */
static void W1_each_thread_has_a_processor_of_its_own(void)
{
    int n, spare = 0;
    struct where_future f[MOST];
    cpu_set_t used;

    begin_pinning();
    n = CPU_COUNT(&all);
    if (n >= MOST)
        TEST_SKIP("more processors than this test has jobs");
    CPU_ZERO(&used);
    for (int i = 0; i <= n; i++)
        f[i] = where_future();
    gate_await(&gate, n + 1);
    gate_open(&gate);
    for (int i = 0; i <= n; i++) {
        cpu_set_t set;

        CHECK_INT(future_get(f[i], &set), SYN_OK);
        if (CPU_EQUAL(&set, &all)) {
            spare++;
            continue;
        }
        CHECK_INT(CPU_COUNT(&set), 1);
        CPU_XOR(&used, &used, &set); /* one that is used twice would be missing */
    }
    CHECK_INT(spare, n == 1 ? n + 1 : 1);
    if (n > 1)
        CHECK(CPU_EQUAL(&used, &all));
    over();
}

/* A thread that left gives its processor to the next. */
static void W1_a_processor_is_free_again_when_its_thread_has_left(void)
{
    begin_pinning();
    gate_open(&gate);
    for (int i = 0; i < 5; i++) {
        cpu_set_t set;

        CHECK_INT(where(&set), SYN_OK);
        CHECK_INT(CPU_COUNT(&set), 1);
        CHECK_INT(pool_stop(&pinned, syn_never()), SYN_OK);
        CHECK_INT(pool_start(&pinned), SYN_OK);
    }
    over();
}

static void W1_a_loop_that_a_pinned_thread_starts_is_not_pinned(void)
{
    int n;

    begin_pinning();
    CHECK_INT(starts_a_loop(&n), SYN_OK);
    CHECK_INT(n, CPU_COUNT(&all));
    over();
}

#endif

static const struct test_case cases[] = {
    TEST(W1_any_function_is_a_job_with_a_future),
#ifdef __linux__
    TEST(W1_each_thread_has_a_processor_of_its_own),
    TEST(W1_a_processor_is_free_again_when_its_thread_has_left),
    TEST(W1_a_loop_that_a_pinned_thread_starts_is_not_pinned),
#endif
};
TEST_MAIN("pool_pin", cases);
