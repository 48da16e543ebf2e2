/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocking generators: a thread that produces, for threads and tasks; and how it ends.
 */
#define _DEFAULT_SOURCE
#include "support/pool_rig.h"

SYNCHRONIZER(demo);
POOL(workers, .max_threads = 2, .grace_ns = -1);
POOL(hasty, .max_threads = 2, .grace_ns = 1000000);

static struct gate gate;
static atomic_int yielded, cleaned, destroyed;

BLOCKING_GENERATOR(workers, int, count, (int, n))
{
    for (int i = 0; i < n; i++) {
        yielded++;
        if (job_yield(job, i))
            break;
    }
    cleaned++;
}

static void over(struct syn_pool *pool)
{
    finish_pool(pool);
    finish(&demo);
    done();
}

static void G2_a_thread_iterates(void)
{
    syn_err err;
    int sum = 0;

    begin();
    channel_each (int, v, count(100), &err)
        sum += v;
    CHECK_INT(err, SYN_OK);
    CHECK_INT(sum, 4950);
    channel_each (int, v, syn_pool_submit(&hasty, count, 3), &err)
        sum += v;
    CHECK_INT(sum, 4953);
    CHECK_INT(pool_stats(&hasty).ended, 1);
    finish_pool(&hasty);
    over(&workers);
}

ASYNC(demo, int, sum_of, (int, n), SYN_LOCAL(struct count_channel, ch), SYN_LOCAL(int, v))
{
    co_begin;
    self->ch = count(self->n);
    co_each (self->ch, &self->v)
        self->result += self->v;
    co_return_result;
    co_end;
}

static void G2_a_task_iterates(void)
{
    struct sum_of_future f[3];
    int y;

    begin();
    CHECK_INT(sum_of(100, &y), SYN_OK);
    CHECK_INT(y, 4950);
    for (int i = 0; i < 3; i++) /* more than there are threads: a yield that waits keeps none */
        f[i] = sum_of_future(50);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(future_get(f[i], &y), SYN_OK);
        CHECK_INT(y, 1225);
    }
    over(&workers);
}

static void G1_it_starts_when_it_is_asked_and_alternates(void)
{
    struct count_channel ch;
    int v;

    begin();
    ch = count(3);
    CHECK_INT(pool_stats(&workers).submitted, 0);
    CHECK_INT(channel_next(ch, &v), SYN_OK);
    CHECK_INT(yielded, 1);
    CHECK_INT(channel_next(ch, &v), SYN_OK);
    CHECK_INT(v, 1);
    CHECK_INT(yielded, 2);
    CHECK_INT(channel_next(ch, &v), SYN_OK);
    CHECK_INT(channel_next(ch, &v), SYN_EEND);
    CHECK_INT(channel_close(ch), SYN_OK);
    ch = count(3);
    CHECK_INT(channel_close(ch), SYN_OK);
    CHECK_INT(pool_stats(&workers).submitted, 1);
    over(&workers);
}

static void G3_it_runs_ahead_if_it_may(void)
{
    struct count_channel ch;
    int v;

    begin();
    ch = count(8);
    CHECK_INT(channel_prefetch(ch, 8), SYN_OK);
    CHECK_INT(channel_next(ch, &v), SYN_OK);
    while (yielded < 8)
        usleep(100);
    for (int i = 1; i < 8; i++)
        CHECK_INT(channel_next(ch, &v), SYN_OK);
    CHECK_INT(v, 7);
    CHECK_INT(channel_close(ch), SYN_OK);
    over(&workers);
}

static void G5_breaking_out_ends_it_and_waits_for_its_clean_up(void)
{
    syn_err err;

    begin();
    channel_each (int, v, count(100), &err)
        if (v == 2)
            break;
    CHECK_INT(err, SYN_OK);
    CHECK_INT(cleaned, 1);
    CHECK_INT(yielded, 3);
    over(&workers);
}

static void destroy_item(char *item)
{
    destroyed++;
    free(item);
}

BLOCKING_GENERATOR(workers, char *, texts, (int, n), DESTROY(destroy_item))
{
    for (int i = 0; i < n && !job_yield(job, strdup("text")); i++)
        ;
    CHECK(job_yield(job, strdup("too late"))); /* is destroyed */
    cleaned++;
}

static void C11_items_that_nobody_fetched_are_destroyed(void)
{
    struct texts_channel ch;
    char *text;

    begin();
    ch = texts(10);
    CHECK_INT(channel_prefetch(ch, 4), SYN_OK);
    CHECK_INT(channel_next(ch, &text), SYN_OK);
    free(text);
    CHECK_INT(channel_close(ch), SYN_OK);
    CHECK_INT(cleaned, 1);
    CHECK(destroyed >= 1);
    over(&workers);
}

BLOCKING_GENERATOR(workers, int, breaks, SYN_COPY(const char *, why))
{
    if (job_yield(job, 1))
        return;
    job_fail(job, SYN_EIO, why);
}

static void G7_its_error_is_the_channels(void)
{
    syn_err err;
    int n = 0;

    begin();
    channel_each (int, v, breaks("it broke"), &err)
        n += v;
    CHECK_INT(n, 1);
    CHECK_INT(err, SYN_EIO);
    CHECK_SAYS("it broke");
    over(&workers);
}

static void open_gate(void *at)
{
    gate_open(at);
}

BLOCKING_GENERATOR(workers, int, blocks, (struct gate *, at))
{
    CHECK_INT(pool_on_cancel(open_gate, at), SYN_OK);
    if (job_yield(job, 1))
        return;
    gate_pass(at); /* the library cannot wake it here; the hook can */
    CHECK_INT(pool_job_cancelled(), 1);
    cleaned++;
}

static void ask_second(int number, void *channel)
{
    int v;

    (void)number;
    CHECK_INT(channel_next(*(struct blocks_channel *)channel, &v), SYN_ECLOSED);
}

static void G5_close_reaches_it_while_it_blocks(void)
{
    struct blocks_channel ch;
    struct crew_at_work *crew;
    int v;

    begin();
    gate_init(&gate);
    ch = blocks(&gate);
    CHECK_INT(channel_next(ch, &v), SYN_OK);
    crew = crew_start(1, ask_second, &ch);
    gate_await(&gate, 1);
    CHECK_INT(channel_close(ch), SYN_OK);
    CHECK_INT(cleaned, 1);
    crew_join(crew);
    over(&workers);
}

BLOCKING_GENERATOR(hasty, int, deaf, (struct gate *, at))
{
    gate_pass(at);
    CHECK(job_yield(job, 1));
    cleaned++;
}

static void ask_deaf(int number, void *channel)
{
    int v;

    (void)number;
    CHECK_INT(channel_next(*(struct deaf_channel *)channel, &v), SYN_ECLOSED);
}

static void G5_one_that_does_not_end_is_abandoned_and_that_is_said(void)
{
    struct deaf_channel ch;
    struct crew_at_work *crew;

    begin();
    gate_init(&gate);
    ch = deaf(&gate);
    crew = crew_start(1, ask_deaf, &ch);
    gate_await(&gate, 1);
    CHECK_INT(channel_close(ch), SYN_EABANDONED);
    crew_join(crew);
    gate_open(&gate);
    finish_pool(&hasty);
    CHECK_INT(cleaned, 1);
    over(&workers);
}

static void L2_a_stop_ends_it_in_its_yield(void)
{
    struct count_channel ch;
    int v;

    begin();
    ch = count(10);
    CHECK_INT(channel_next(ch, &v), SYN_OK);
    finish_pool(&workers);
    CHECK_INT(cleaned, 1);
    while (channel_next(ch, &v) == SYN_OK)
        ;
    CHECK_INT(channel_close(ch), SYN_OK);
    ch = count(10);
    CHECK_INT(channel_next(ch, &v), SYN_ECLOSED);
    CHECK_INT(channel_close(ch), SYN_OK);
    over(&workers);
}

static void W5_with_any_allocation_or_thread_failing_the_channel_says_so(void)
{
    unsigned long n = 0, hits;

    begin();
    do {
        syn_err err;
        int sum = 0;

        syn_fault_set(NULL, ++n, 1, EAGAIN);
        channel_each (int, v, count(3), &err)
            sum += v;
        hits = syn_fault_hits();
        syn_fault_clear();
        CHECK(err == SYN_OK ? sum == 3 : err == SYN_ENOMEM || err == SYN_EAGAIN);
        finish_pool(&workers);
        pool_start(&workers);
    } while (hits >= n);
    CHECK(n >= 4);
    over(&workers);
}

BLOCKING_GENERATOR(workers, char *, stubborn, DESTROY(destroy_item))
{
    int refused = 0;

    for (int i = 0; i < 5; i++)
        refused += job_yield(job, strdup("again")) != 0;
    CHECK(refused);
}

static void C11_what_it_yields_after_a_stop_is_destroyed_once(void)
{
    struct stubborn_channel ch;
    char *text;

    begin();
    ch = stubborn();
    CHECK_INT(channel_next(ch, &text), SYN_OK);
    free(text);
    CHECK_INT(pool_stop(&workers, syn_never()), SYN_OK);
    while (channel_next(ch, &text) == SYN_OK)
        free(text);
    CHECK_INT(channel_close(ch), SYN_OK);
    over(&workers);
}

POOL(bounded, .max_threads = 1, .queue_bound = 1, .when_full = SYN_WHEN_FULL_WAIT);

BLOCKING(bounded, int, standing, (int, x))
{
    gate_pass(&gate);
    return x;
}

static void G5_one_that_waits_for_a_thread_of_its_pool_never_begins_once_it_was_closed(void)
{
    struct count_channel ch;
    struct standing_future f[2];
    int y;

    begin();
    gate_init(&gate);
    f[0] = standing_future(1);
    gate_await(&gate, 1);
    f[1] = standing_future(2);
    ch = syn_pool_submit(&bounded, count, 3);
    CHECK_INT(channel_try_next(ch, &y), SYN_EAGAIN);
    CHECK_INT(pool_stats(&bounded).queued, 2);
    CHECK_INT(channel_close(ch), 0);
    CHECK_INT(pool_stats(&bounded).queued, 1);
    gate_open(&gate);
    CHECK_INT(future_get(f[0], &y), SYN_OK);
    CHECK_INT(future_get(f[1], &y), SYN_OK);
    CHECK_INT(yielded, 0);
    finish_pool(&bounded);
    over(&workers);
}

/* The first consumer posts its job, and must not do more than that: it may have a deadline, and
 * could not fetch the items if it made them. */
static void W3_a_full_queue_holds_up_nobody_who_asks(void)
{
    static const enum syn_when_full when_full[] = {SYN_WHEN_FULL_WAIT, SYN_WHEN_FULL_RUN_HERE};

    begin_in_real_time();
    for (int i = 0; i < 2; i++) {
        struct syn_pool_options options = bounded.options;
        struct count_channel ch;
        struct standing_future f[2];
        int v = -1;

        options.when_full = when_full[i];
        CHECK_INT(pool_configure(&bounded, &options), SYN_OK);
        gate_init(&gate);
        f[0] = standing_future(1);
        gate_await(&gate, 1);
        f[1] = standing_future(2);
        ch = syn_pool_submit(&bounded, count, 2);
        CHECK_INT(channel_try_next(ch, &v), SYN_EAGAIN);
        CHECK_INT(channel_next_by(ch, &v, syn_after(0.001)), SYN_ETIMEDOUT);
        CHECK_INT(yielded, 2 * i);
        gate_open(&gate);
        CHECK_INT(channel_next(ch, &v), SYN_OK);
        CHECK_INT(channel_next(ch, &v), SYN_OK);
        CHECK_INT(v, 1);
        CHECK_INT(channel_next(ch, &v), SYN_EEND);
        CHECK_INT(channel_close(ch), SYN_OK);
        for (int k = 0; k < 2; k++)
            CHECK_INT(future_get(f[k], NULL), SYN_OK);
        CHECK_INT(pool_stop(&bounded, syn_never()), SYN_OK);
        pool_start(&bounded);
    }
    finish_pool(&bounded);
}

static const struct test_case cases[] = {
    TEST(G2_a_thread_iterates),
    TEST(G2_a_task_iterates),
    TEST(G1_it_starts_when_it_is_asked_and_alternates),
    TEST(G3_it_runs_ahead_if_it_may),
    TEST(G5_breaking_out_ends_it_and_waits_for_its_clean_up),
    TEST(C11_items_that_nobody_fetched_are_destroyed),
    TEST(G7_its_error_is_the_channels),
    TEST(G5_close_reaches_it_while_it_blocks),
    TEST(G5_one_that_does_not_end_is_abandoned_and_that_is_said),
    TEST(L2_a_stop_ends_it_in_its_yield),
    TEST(C11_what_it_yields_after_a_stop_is_destroyed_once),
    TEST(G5_one_that_waits_for_a_thread_of_its_pool_never_begins_once_it_was_closed),
    TEST(W3_a_full_queue_holds_up_nobody_who_asks),
    TEST(W5_with_any_allocation_or_thread_failing_the_channel_says_so),
};
TEST_MAIN_BOTH_MODES("blocking_generator", cases);
