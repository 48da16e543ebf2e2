/* SPDX-License-Identifier: Apache-2.0
 *
 * A generator that counts once a second, without drift, and a plain loop over it: slow
 * consumers, impatient ones, and one that breaks out. With the argument `real` it takes as
 * long as it says; otherwise time is virtual, and it takes none.
 */
#include <stdio.h>
#include <string.h>

#include <synchronicity/short.h>
#include <synchronicity/testing.h>

SYNCHRONIZER(app);
static struct syn_clock *clock_of_all; /* NULL: real time */
static int64_t began;

static double seconds(void)
{
    return (double)(syn_clock_now(clock_of_all) - began) / 1e9;
}

GENERATOR(app, int, count, (int, to), SYN_LOCAL(int, i), SYN_LOCAL(struct syn_deadline, next))
{
    co_begin;
    self->next = syn_after(0);
    for (self->i = 1; self->i <= self->to; self->i++) {
        self->next.ns += 1000000000; /* from the last one, however late that was fetched */
        co_until(self->next);
        co_yield(self->i);
    }
    co_finally;
    printf("  %.1f s: the generator ends: %s\n", seconds(), syn_strerror(co_status));
    co_end;
}

ASYNC(app, void, dawdle, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

static void to_its_end(void)
{
    syn_err err;

    printf("to its end:\n");
    channel_each (int, v, count(3), &err) {
        printf("  %.1f s: %d\n", seconds(), v);
        dawdle(0.7); /* the next one is not later for that */
    }
    printf("  %s\n", syn_strerror(err));
}

static void until_it_is_enough(void)
{
    syn_err err;

    printf("until it is enough:\n");
    channel_each (int, v, count(1000000), &err) {
        printf("  %.1f s: %d\n", seconds(), v);
        if (v == 2)
            break;
    }
    printf("  %s\n", syn_strerror(err));
}

/* Waits half a second at a time; nothing is lost when that was not enough. */
static void impatiently(void)
{
    struct count_channel ch = count(2);
    syn_err err;
    int v;

    printf("impatiently:\n");
    do {
        err = channel_next_by(ch, &v, syn_after(0.6));
        if (!err)
            printf("  %.1f s: %d\n", seconds(), v);
        else
            printf("  %.1f s: %s\n", seconds(), syn_strerror(err));
    } while (!err || err == SYN_ETIMEDOUT);
    channel_close(ch);
}

int main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "real") != 0) {
        if (syn_clock_new(&clock_of_all))
            return syn_perror("clock"), 1;
        syn_clock_use(clock_of_all);
    }
    began = syn_clock_now(clock_of_all);
    to_its_end();
    until_it_is_enough();
    impatiently();
    synchronizer_stop(&app, syn_never());
    if (synchronizer_free(&app))
        syn_perror("synchronizer_free");
    syn_clock_use(NULL);
    return syn_clock_free(clock_of_all) != 0;
}
