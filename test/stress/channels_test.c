/* SPDX-License-Identifier: Apache-2.0
 *
 * Channels in real time: producers and consumers of every kind that give up, are cancelled
 * and close at any moment. Each item is fetched once or destroyed once or stays with the producer that
 * could not send it, and those of one producer come in their order.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"
#include "support/random.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);

enum { MAKERS = 6, TAKERS = 6, EACH = 60, ROUNDS = 400 / TEST_SLOWNESS + 1 };

struct item {
    int maker, number;
};

static atomic_long n_made, n_fetched, n_destroyed, n_kept;
static atomic_int fetched[MAKERS][EACH];

static void destroy(struct item *item)
{
    n_destroyed++;
    free(item);
}

CHANNEL(struct item *, items, DESTROY(destroy));

static struct item *make(int maker, int number)
{
    struct item *item = malloc(sizeof *item);

    CHECK(item != NULL);
    item->maker = maker;
    item->number = number;
    n_made++;
    return item;
}

static void keep(struct item *item)
{
    n_kept++;
    free(item);
}

/* LATEST: of each maker, as this taker saw them. */
static void take(struct item *item, int *latest)
{
    CHECK_INT(fetched[item->maker][item->number]++, 0);
    CHECK(latest[item->maker] <= item->number);
    latest[item->maker] = item->number + 1;
    n_fetched++;
    free(item);
}

static struct syn_deadline soon(uint32_t random)
{
    return random % 3 ? syn_never() : syn_after(random % 300 * 1e-6);
}

/* --- a channel made directly --- */

static void sends(struct items_channel ch, int maker, uint32_t random)
{
    for (int i = 0; i < EACH; i++) {
        struct item *item = make(maker, i);
        uint32_t r = next_random(&random);
        syn_err err = r % 5 ? channel_send_by(ch, &item, soon(r)) : channel_try_send(ch, &item);

        CHECK(!err || err == SYN_ETIMEDOUT || err == SYN_EAGAIN || err == SYN_ECLOSED);
        if (err)
            keep(item);
        if (err == SYN_ECLOSED)
            return;
    }
}

static void takes(struct items_channel ch, uint32_t random)
{
    int latest[MAKERS] = {0};
    struct item *item;
    syn_err err = 0;

    while (err != SYN_EEND && err != SYN_ECLOSED && err != SYN_EIO) {
        uint32_t r = next_random(&random);

        if (r % 7 == 0)
            channel_select(&err, ON_NEXT(ch, &item), ON_TIME(soon(r)));
        else
            err = r % 5 ? channel_next_by(ch, &item, soon(r)) : channel_try_next(ch, &item);
        if (!err)
            take(item, latest);
        else if (err == SYN_EAGAIN)
            usleep(10);
    }
}

ASYNC(SYN_FREE, void, sends_in_a_task, (struct items_channel, ch), (int, maker),
      (uint32_t, random), SYN_LOCAL(int, i), SYN_LOCAL(struct item *, item))
{
    co_begin;
    for (self->i = 0; self->i < EACH; self->i++) {
        self->item = make(self->maker, self->i);
        co_send_by(self->ch, &self->item, soon(next_random(&self->random)));
        if (!co_status)
            self->item = NULL;
        else if (co_status == SYN_ECLOSED)
            co_done;
        else
            keep(self->item);
        self->item = NULL;
        if (self->random % 9 == 0)
            co_pass;
    }
    co_finally;
    if (self->item)
        keep(self->item);
    co_end;
}

ASYNC(SYN_FREE, void, takes_in_a_task, (struct items_channel, ch), (uint32_t, random),
      SYN_LOCAL(struct item *, item), SYN_LOCAL(int, latest[MAKERS]),
      SYN_LOCAL(struct syn_choice, on[2]))
{
    co_begin;
    for (;;) {
        if (next_random(&self->random) % 5 == 0)
            co_select(self->on, ON_TIME(soon(self->random)), ON_NEXT(self->ch, &self->item));
        else
            co_next_by(self->ch, &self->item, soon(self->random));
        if (!co_status)
            take(self->item, self->latest);
        else if (co_status != SYN_ETIMEDOUT)
            co_done;
        if (self->random % 9 == 0)
            co_pass;
    }
    co_end;
}

/* What runs on the two loops: each on its own. */
#define ON(synchronizer, name)                                                                     \
    ASYNC(synchronizer, void, sends_##name, (struct items_channel, ch), (int, maker),              \
          (uint32_t, random))                                                                      \
    {                                                                                              \
        co_begin;                                                                                  \
        co_try(sends_in_a_task_future(self->ch, self->maker, self->random));                       \
        co_end;                                                                                    \
    }                                                                                              \
    ASYNC(synchronizer, void, takes_##name, (struct items_channel, ch), (uint32_t, random))        \
    {                                                                                              \
        co_begin;                                                                                  \
        co_try(takes_in_a_task_future(self->ch, self->random));                                    \
        co_end;                                                                                    \
    }
ON(demo, here)
ON(other, there)

static struct items_channel shared;
static uint32_t seed;

static void works(int number, void *unused)
{
    uint32_t random = seed + (uint32_t)number * 7919 + 1;

    (void)unused;
    if (number < 2)
        sends(shared, number, random);
    else
        takes(shared, random);
}

static void check_all_are_accounted_for(void)
{
    CHECK_INT(n_made, n_fetched + n_destroyed + n_kept);
    for (int m = 0; m < MAKERS; m++)
        for (int i = 0; i < EACH; i++)
            fetched[m][i] = 0;
}

/* Two threads and four tasks at each end; someone ends it, in one of four ways. */
static void round_of_many(uint32_t *random)
{
    struct sends_here_future s[2];
    struct sends_there_future t[2];
    struct takes_here_future u[2];
    struct takes_there_future v[2];
    struct crew_at_work *crew;
    uint32_t how = next_random(random) % 4;

    CHECK_INT(channel_new(items, next_random(random) % 5 * (next_random(random) % 5), &shared), 0);
    for (int i = 0; i < 2; i++) {
        u[i] = takes_here_future(shared, next_random(random));
        v[i] = takes_there_future(shared, next_random(random));
        s[i] = sends_here_future(shared, 2 + i, next_random(random));
        t[i] = sends_there_future(shared, 4 + i, next_random(random));
    }
    seed = next_random(random);
    crew = crew_start(4, works, NULL);
    if (next_random(random) % 2)
        future_request_cancel(s[0]);
    if (next_random(random) % 2)
        future_request_cancel(v[0]);
    if (how >= 2)
        usleep(next_random(random) % 2000);
    else
        for (int i = 0; i < 2; i++) {
            future_wait(s[i]);
            future_wait(t[i]);
        }
    if (how == 1 || how == 2)
        channel_fail(shared, SYN_EIO, "enough");
    else if (how == 0)
        channel_end(shared);
    else
        channel_close(shared);
    crew_join(crew);
    for (int i = 0; i < 2; i++) {
        future_get(s[i]);
        future_get(t[i]);
        future_get(u[i]);
        future_get(v[i]);
    }
    channel_close(shared);
    check_all_are_accounted_for();
}

/* --- generators --- */

GENERATOR(demo, struct item *, makes, (uint32_t, random), DESTROY(destroy), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < EACH; self->i++) {
        if (next_random(&self->random) % 8 == 0)
            co_sleep(self->random % 50 * 1e-6);
        co_yield(make(0, self->i));
    }
    co_finally;
    if (self->random % 3 == 0)
        co_pass;
    co_end;
}

static struct makes_channel generated;

static void takes_generated(int number, void *unused)
{
    uint32_t random = seed + (uint32_t)number * 7919 + 1;
    int latest[MAKERS] = {0}, n = 0;
    struct item *item;
    syn_err err = 0;

    (void)unused;
    while (err != SYN_EEND && err != SYN_ECLOSED) {
        uint32_t r = next_random(&random);

        if (r % 7 == 0)
            channel_select(&err, ON_TIME(soon(r)), ON_NEXT(generated, &item));
        else
            err = r % 6 ? channel_next_by(generated, &item, soon(r))
                        : channel_try_next(generated, &item);
        if (!err)
            take(item, latest);
        if (!err && ++n == 40 && number == 0 && r % 2)
            channel_close(generated);
    }
}

ASYNC(SYN_FREE, void, takes_generated_in_a_task, (uint32_t, random), SYN_LOCAL(struct item *, item),
      SYN_LOCAL(int, latest[MAKERS]), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0;; self->i++) {
        co_next_by(generated, &self->item, soon(next_random(&self->random)));
        if (!co_status)
            take(self->item, self->latest);
        else if (co_status != SYN_ETIMEDOUT)
            co_done;
        if (self->i == 20 && self->random % 5 == 0)
            co_close(generated);
        if (self->random % 4 == 0)
            co_pass;
    }
    co_end;
}

ASYNC(demo, void, takes_generated_here, (uint32_t, random))
{
    co_begin;
    co_try(takes_generated_in_a_task_future(self->random));
    co_end;
}

ASYNC(other, void, takes_generated_there, (uint32_t, random))
{
    co_begin;
    co_try(takes_generated_in_a_task_future(self->random));
    co_end;
}

/* A task of its loop first; then another one, a task of another loop and threads come in. */
static void round_of_a_generator(uint32_t *random)
{
    struct takes_generated_here_future here, more;
    struct takes_generated_there_future there;
    struct crew_at_work *crew;

    generated = makes(next_random(random));
    channel_prefetch(generated, next_random(random) % 3 * (next_random(random) % 7));
    here = takes_generated_here_future(next_random(random));
    if (next_random(random) % 2)
        usleep(next_random(random) % 500);
    more = takes_generated_here_future(next_random(random));
    there = takes_generated_there_future(next_random(random));
    seed = next_random(random);
    crew = crew_start(2, takes_generated, NULL);
    if (next_random(random) % 3 == 0)
        future_request_cancel(here);
    if (next_random(random) % 3 == 0)
        future_request_cancel(there);
    if (next_random(random) % 3 == 0) {
        usleep(next_random(random) % 1000);
        if (next_random(random) % 2)
            channel_close_by(generated, syn_after(next_random(random) % 2));
        else
            channel_drop(generated);
    }
    crew_join(crew);
    future_get(here);
    future_get(more);
    future_get(there);
    channel_close(generated);
}

static uint32_t begin_with_a_seed(void)
{
    const char *text = getenv("SYN_STRESS_SEED");
    uint32_t random = text ? (uint32_t)strtoul(text, NULL, 10)
                           : (uint32_t)(syn_clock_now(NULL) / 1000) | 1;

    printf("SYN_STRESS_SEED=%u\n", (unsigned)random);
    fflush(stdout);
    begin_in_real_time();
    return random;
}

static void G8_of_items_at_random_none_is_lost_or_doubled(void)
{
    uint32_t random = begin_with_a_seed();

    for (int i = 0; i < ROUNDS; i++)
        round_of_many(&random);
    finish(&demo);
    finish(&other);
    check_all_are_accounted_for();
}

static void G5_generators_asked_and_closed_at_random_lose_nothing(void)
{
    uint32_t random = begin_with_a_seed();

    for (int i = 0; i < ROUNDS; i++) {
        unsigned long started;

        round_of_a_generator(&random);
        /* its clean-up may go on after a close that did not wait */
        do {
            struct syn_synchronizer_stats stats = synchronizer_stats(&demo);

            started = stats.started - stats.ended;
            if (started)
                usleep(100);
        } while (started);
        check_all_are_accounted_for();
    }
    finish(&demo);
    finish(&other);
}

static const struct test_case cases[] = {
    TEST(G8_of_items_at_random_none_is_lost_or_doubled),
    TEST(G5_generators_asked_and_closed_at_random_lose_nothing),
};
TEST_MAIN_BOTH_MODES("channels", cases);
