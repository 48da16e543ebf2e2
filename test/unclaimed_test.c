/* SPDX-License-Identifier: Apache-2.0
 *
 * Futures that are dropped: counted by the stats of where they ran, and named when that is
 * stopped, in a checked build. Virtual time, both modes.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);
POOL(disk);

ASYNC(demo, char *, make, DESTROY(free))
{
    co_begin;
    co_sleep(1.0);
    co_return(strdup("x"));
    co_end;
}

ASYNC(demo, int, fail)
{
    co_begin;
    co_fail(SYN_EIO, "no");
    co_end;
}

ASYNC(other, int, count_to, (int, n))
{
    co_begin;
    co_sleep(1.0);
    co_return(self->n);
    co_end;
}

BLOCKING(disk, int, answer)
{
    (void)job;
    return 42;
}

GENERATOR(demo, int, numbers, SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < 2; self->i++)
        co_yield(self->i);
    co_end;
}

static void V6_results_that_nobody_used_up_are_counted(void)
{
    struct make_future f[5];
    struct numbers_channel ch;
    char *text;
    int v;

    begin();
    for (int i = 0; i < 5; i++)
        f[i] = make_future();
    CHECK_INT(synchronizer_stats(&demo).unclaimed, 0); /* they run */
    CHECK_INT(make(&text), 0);
    free(text);
    for (int i = 0; i < 5; i++) /* which do not use them up */
        CHECK_INT(future_wait(f[i]), 0);
    CHECK_INT(synchronizer_stats(&demo).unclaimed, 5);
    CHECK_INT(synchronizer_stats(&other).unclaimed, 0);
    CHECK_INT(future_detach(f[0]), 0);
    CHECK_INT(future_get(f[1], &text), 0);
    free(text);
    CHECK_INT(future_cancel(f[2]), 0);
    CHECK_INT(synchronizer_stats(&demo).unclaimed, 2);
    CHECK_INT(future_detach(f[3]), 0);
    CHECK_INT(future_detach(f[4]), 0);
    ch = numbers();
    while (channel_next(ch, &v) == 0)
        ;
    CHECK_INT(channel_close(ch), 0);
    /* The closer goes on a moment before the last reference is given up. */
    while (synchronizer_stats(&demo).unclaimed > 0)
        usleep(100);
    finish(&demo);
    done();
}

static void V6_results_of_a_pool_are_counted(void)
{
    struct answer_future f, g;
    int v;

    begin_in_real_time();
    f = answer_future();
    g = answer_future();
    CHECK_INT(future_wait(f), 0);
    CHECK_INT(future_wait(g), 0);
    CHECK_INT(pool_stats(&disk).unclaimed, 2);
    CHECK_INT(future_get(f, &v), 0);
    CHECK_INT(pool_stats(&disk).unclaimed, 1);
    CHECK_INT(future_get(g, &v), 0);
    CHECK_INT(pool_stats(&disk).unclaimed, 0);
    CHECK_INT(pool_stop(&disk, syn_never()), 0);
    CHECK_INT(pool_free(&disk), 0);
}

/* What FN prints to standard error. */
static const char *said(void (*fn)(void))
{
    static char text[4000];
    int ends[2], kept = dup(2);
    ssize_t n;

    CHECK(kept >= 0 && pipe(ends) == 0 && dup2(ends[1], 2) == 2);
    close(ends[1]);
    fn();
    CHECK(dup2(kept, 2) == 2);
    close(kept);
    n = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    CHECK(n >= 0);
    text[n] = '\0';
    return text;
}

static void stop_all(void)
{
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(synchronizer_stop(&other, syn_never()), 0);
    CHECK_INT(pool_stop(&disk, syn_never()), 0);
    CHECK_INT(pool_free(&disk), 0);
}

static int times(const char *text, const char *part)
{
    int n = 0;

    for (; (text = strstr(text, part)); text += strlen(part))
        n++;
    return n;
}

static void V6_a_stop_names_results_that_nobody_used_up(void)
{
    struct make_future m[50];
    struct fail_future f;
    struct count_to_future c;
    struct answer_future a;
    const char *text;

    begin_in_real_time();
    for (int i = 0; i < 50; i++)
        m[i] = make_future();
    f = fail_future();
    c = count_to_future(3);
    a = answer_future();
    CHECK_INT(future_wait(a), 0);
    CHECK_INT(future_wait(f), 0);
    text = said(stop_all);
#if defined(SYN_CHECKED) && SYN_CHECKED
    CHECK_INT(times(text, "'demo' was stopped, and 50 results of make ("), 1);
    CHECK_INT(times(text, "unclaimed_test.c:"), 3);
    CHECK_INT(times(text, "1 result of fail ("), 1);
    CHECK_INT(times(text, "'other' was stopped, and 1 result of count_to ("), 1);
    CHECK_INT(times(text, "'disk' was stopped, and 1 result of answer"), 1);
    CHECK_INT(times(text, "synchronicity: "), 4);
#else
    CHECK_INT(times(text, "result"), 0);
#endif
    for (int i = 0; i < 50; i++)
        CHECK_INT(future_detach(m[i]), 0);
    CHECK_INT(future_detach(f), 0);
    CHECK_INT(future_detach(c), 0);
    CHECK_INT(future_detach(a), 0);
    CHECK_STR(said(stop_all), "");
    finish(&demo);
    finish(&other);
}

static const struct test_case cases[] = {
    TEST(V6_results_that_nobody_used_up_are_counted),
    TEST(V6_results_of_a_pool_are_counted),
    TEST(V6_a_stop_names_results_that_nobody_used_up),
};
TEST_MAIN_BOTH_MODES("unclaimed", cases);
