/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that are ended by pthread_cancel() in what is no wait for a result (waits_pthread_test.c
 * has those): in starts and stops, closes, maps, and what prints. Cancelled before the call, so that
 * the first cancellation point inside it would end the thread, and in the middle of its wait.
 */
#define _DEFAULT_SOURCE
#include "support/waits_rig.h"

#include <synchronicity/stream.h>

#include <fcntl.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
/* It takes a cancelled thread's unwound stack for poisoned when it gives its signal stack back. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "use_sigaltstack=0";
}
#endif

SYNCHRONIZER(elsewhere);
POOL(third, .max_threads = 2, .grace_ns = -1);

ASYNC(elsewhere, void, tidies)
{
    co_begin;
    co_sleep(1e6);
    co_finally;
    co_sleep(3600);
    co_end;
}

BLOCKING(third, void, tidies_in_pool)
{
    nap(1e6, NULL);
    nap(3600, NULL);
}

POOL_MAP(third, double, double, nap_for)
{
    nap(*in, NULL);
    *out = *in;
    return SYN_OK;
}

/* --- what the thread does; before it is cancelled something may be prepared --- */

static struct tidies_future task;
static struct tidies_in_pool_future job;
static struct lingers_channel channel;
static struct syn_pool *own_pool;
static int nowhere;

static void a_task(void)
{
    CHECK_INT(synchronizer_start(&elsewhere), SYN_OK);
    task = tidies_future();
    CHECK_INT(nap(1, NULL), SYN_OK);
}

static void a_job(void)
{
    job = tidies_in_pool_future();
    CHECK_INT(nap(1, NULL), SYN_OK);
}

static void a_generator(void)
{
    int y;

    channel = lingers();
    CHECK_INT(channel_next(channel, &y), SYN_OK);
}

static void a_pool(void)
{
    CHECK_INT(pool_new(NULL, &own_pool), SYN_OK);
}

static void nothing(void)
{
}

/* The first that was not as expected: what prints it would end the thread. */
static char unexpected[200];

static void expect(const char *what, long is, long expected)
{
    if (is != expected && !unexpected[0])
        snprintf(unexpected, sizeof unexpected, "%s is %ld, not %ld", what, is, expected);
}
#define EXPECT(is, expected) expect(#is, (is), (expected))

static void starts(void)
{
    EXPECT(synchronizer_start(&elsewhere), SYN_OK);
    EXPECT(synchronizer_stop(&elsewhere, syn_never()), SYN_OK);
    EXPECT(synchronizer_free(&elsewhere), SYN_OK);
}

static void stops(void)
{
    EXPECT(synchronizer_stop(&elsewhere, syn_never()), SYN_OK);
    EXPECT(future_get(task), SYN_ECANCELED);
}

static void stops_by_deadline(void)
{
    EXPECT(synchronizer_stop(&elsewhere, syn_after(1800)), SYN_ETIMEDOUT);
    EXPECT(future_get(task), SYN_EABANDONED);
}

static void frees(void)
{
    EXPECT(synchronizer_free(&elsewhere), SYN_OK);
    EXPECT(future_get(task), SYN_ECANCELED);
}

static void stops_a_pool(void)
{
    EXPECT(pool_stop(&third, syn_never()), SYN_OK);
    EXPECT(future_get(job), SYN_OK);
    EXPECT(pool_start(&third), SYN_OK);
}

static void frees_a_pool(void)
{
    EXPECT(pool_free(own_pool), SYN_OK);
}

static void closes(void)
{
    EXPECT(channel_close_by(channel, syn_never()), SYN_OK);
}

static void leaves_a_loop(void)
{
    syn_err err;

    channel_each (int, y, channel, &err) {
        (void)y;
        break;
    }
    EXPECT(err, SYN_ETIMEDOUT); /* of the close, which has ten seconds */
}

static void maps(void)
{
    double in[] = {1, 2, 3, 4}, out[4];

    EXPECT(nap_for(in, 4, out), SYN_OK);
    EXPECT(out[3] == 4, 1);
}

static void maps_later(void)
{
    double in[] = {1, 2, 3, 4}, out[4];
    struct nap_for_future f = nap_for_future(in, 4, out);

    EXPECT(future_get(f), SYN_OK);
    EXPECT(out[3] == 4, 1);
}

/* A task is there: where it was made is looked for in files. */
static void prints(void)
{
    syn_dump(nowhere);
    syn_dump_json(nowhere);
    stops();
}

static void reports(void)
{
    EXPECT(syn_pool_start(NULL), SYN_OK);
    EXPECT(channel_close((struct ints_channel){0}), SYN_OK);
    syn_perror("what is cancelled");
}

/* A pipe is opened again for the stream alone; the end that was taken is closed in any case. */
static void makes_streams(void)
{
    struct syn_stream *stream;
    int ends[2];

    EXPECT(pipe(ends), 0);
    EXPECT(syn_stream_from_descriptor(ends[0], &stream), SYN_OK);
    EXPECT(syn_stream_close(stream), SYN_OK);
    EXPECT(syn_stream_from_descriptor(ends[1], &stream), SYN_OK);
    EXPECT(syn_stream_close(stream), SYN_OK);
    EXPECT(synchronizer_free(syn_default_synchronizer()), SYN_OK);
}

static const struct act {
    const char *name;
    void (*prepare)(void), (*act)(void);
    bool waits;
} acts[] = {
    {"a start", nothing, starts, false},
    {"a stop", a_task, stops, true},
    {"a stop by a deadline", a_task, stops_by_deadline, true},
    {"a free", a_task, frees, true},
    {"a pool's stop", a_job, stops_a_pool, true},
    {"a pool's free", a_pool, frees_a_pool, false},
    {"a close", a_generator, closes, true},
    {"a loop that is left", a_generator, leaves_a_loop, false},
    {"a map", nothing, maps, true},
    {"a map's future", nothing, maps_later, true},
    {"a dump", a_task, prints, false},
    {"a report", nothing, reports, false},
    {"a stream", nothing, makes_streams, false},
};

struct victim {
    pthread_t thread;
    const struct act *act;
    bool before;
    atomic_bool takes_part, came_back;
};

static void *be_cancelled(void *argument)
{
    struct victim *me = argument;

    syn_clock_join(rig_clock);
    me->takes_part = true;
    if (me->before)
        CHECK_INT(pthread_cancel(pthread_self()), 0);
    me->act->act();
    me->came_back = true;
    syn_clock_join(NULL);
    pthread_testcancel();
    return NULL;
}

static void cancel_in(const struct act *act, bool before)
{
    struct victim victim = {.act = act, .before = before};
    void *result = NULL;

    act->prepare();
    CHECK_INT(pthread_create(&victim.thread, NULL, be_cancelled, &victim), 0);
    while (!victim.takes_part) /* or time would jump */
        usleep(100);
    if (!before) {
        let_it_wait();
        CHECK_INT(pthread_cancel(victim.thread), 0);
    }
    syn_clock_join(NULL); /* time passes meanwhile */
    CHECK_INT(pthread_join(victim.thread, &result), 0);
    syn_clock_join(rig_clock);
    if (unexpected[0])
        test_fail(__FILE__, __LINE__, "%s, cancelled %s: %s", act->name,
                  before ? "before" : "in its wait", unexpected);
    if (!victim.came_back || result != PTHREAD_CANCELED)
        test_fail(__FILE__, __LINE__, "%s, cancelled %s: it %s, and the thread %s", act->name,
                  before ? "before" : "in its wait", victim.came_back ? "ended" : "did not end",
                  result == PTHREAD_CANCELED ? "was cancelled" : "was not cancelled");
    CHECK_INT(nap(1, NULL), SYN_OK); /* nothing is locked */
}

static void end_all(void)
{
    finish(&elsewhere);
    finish_pool(&third);
    over();
}

static void C19_a_thread_that_is_cancelled_before_what_may_wait_ends_after_it(void)
{
    begin();
    nowhere = open("/dev/null", O_WRONLY);
    CHECK(nowhere >= 0);
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        cancel_in(&acts[i], true);
    CHECK_INT(close(nowhere), 0);
    end_all();
}

static void C19_a_thread_that_is_cancelled_in_a_stop_a_close_or_a_map_ends_after_it(void)
{
    begin();
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (acts[i].waits)
            cancel_in(&acts[i], false);
    end_all();
}

static const struct test_case cases[] = {
    TEST(C19_a_thread_that_is_cancelled_before_what_may_wait_ends_after_it),
    TEST(C19_a_thread_that_is_cancelled_in_a_stop_a_close_or_a_map_ends_after_it),
};
TEST_MAIN_BOTH_MODES("cancelled_thread", cases);
