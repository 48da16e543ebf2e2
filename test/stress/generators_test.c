/* SPDX-License-Identifier: Apache-2.0
 *
 * Generators of every kind in real time, each shared by threads and a task that ask, try, give up,
 * select, change the capacity and close at any moment: items come in order, each is fetched once or
 * destroyed once, and what began cleans up.
 */
#define _DEFAULT_SOURCE
#include "support/pool_rig.h"
#include "support/random.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);
POOL(wide, .max_threads = 3);
POOL(narrow, .max_threads = 1, .queue_bound = 1, .idle_ns = 100000);

enum { ROUNDS = 600 / TEST_SLOWNESS + 1, THREADS = 3, KINDS = 4, MOST = 200 };

static atomic_long n_made, n_fetched, n_destroyed, begun, cleaned;

static void destroy(int *item)
{
    n_destroyed++;
    free(item);
}

static int *make(int number)
{
    int *item = malloc(sizeof *item);

    CHECK(item != NULL);
    *item = number;
    n_made++;
    return item;
}

CHANNEL(int *, ints, DESTROY(destroy));

GENERATOR(demo, int *, here, (int, n), SYN_LOCAL(int, i), DESTROY(destroy))
{
    co_begin;
    begun++;
    for (self->i = 0; self->i < self->n; self->i++) {
        if (self->i % 16 == 15)
            co_sleep(20e-6);
        co_yield(make(self->i));
    }
    co_finally;
    cleaned++;
    co_end;
}

GENERATOR(other, int *, there, (int, n), SYN_LOCAL(int, i), DESTROY(destroy))
{
    co_begin;
    begun++;
    for (self->i = 0; self->i < self->n; self->i++)
        co_yield(make(self->i));
    co_finally;
    co_sleep(20e-6);
    co_yield(make(self->n)); /* it is nobody's if it was cancelled */
    cleaned++;
    co_end;
}

BLOCKING_GENERATOR(wide, int *, made_there, (int, n), DESTROY(destroy))
{
    begun++;
    for (int i = 0; i < n && !job_yield(job, make(i)); i++)
        ;
    cleaned++;
}

static struct syn_channel shared[ROUNDS];

static struct syn_channel make_one(int i)
{
    int n = i * 7 % MOST;

    switch (i % KINDS) {
    case 0:
        return here(n).u.handle;
    case 1:
        return there(n).u.handle;
    case 2:
        return made_there(n).u.handle;
    default:
        return syn_pool_submit(&narrow, made_there, n).u.handle;
    }
}

static void take(int *item, int *latest)
{
    CHECK(*item >= *latest);
    *latest = *item + 1;
    n_fetched++;
    free(item);
}

static bool is_over(syn_err err)
{
    return err && err != SYN_EAGAIN && err != SYN_ETIMEDOUT;
}

/* One thing that a consumer may do. */
static syn_err act(struct ints_channel ch, uint32_t r, int *latest)
{
    syn_err err = 0;
    int *item = NULL;

    switch (r % 16) {
    case 0:
        err = channel_try_next(ch, &item);
        break;
    case 1:
        err = channel_next_by(ch, &item, syn_after(r / 16 % 100 * 1e-6));
        break;
    case 2:
        channel_select(&err, ON_NEXT(ch, &item), ON_TIME(syn_after(r / 16 % 100 * 1e-6)));
        break;
    case 3:
        err = channel_prefetch(ch, r / 16 % 5);
        CHECK(!err || err == SYN_EBUSY || err == SYN_ECLOSED);
        return is_over(err) && err != SYN_EBUSY ? err : SYN_OK;
    case 4:
        if (r / 16 % 20)
            return SYN_OK;
        err = channel_close(ch);
        CHECK(!err || err == SYN_ECANCELED || err == SYN_ECLOSED);
        return SYN_ECLOSED;
    default:
        err = channel_next(ch, &item);
    }
    if (!err)
        take(item, latest);
    return err;
}

static void consumes(int number, void *unused)
{
    uint32_t random = (uint32_t)number + 1;

    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        struct ints_channel ch = {.u = {.handle = shared[i]}};
        int latest = 0;
        syn_err err = 0;

        while (!is_over(err))
            err = act(ch, next_random(&random), &latest);
        CHECK(err == SYN_EEND || err == SYN_ECLOSED || err == SYN_ECANCELED);
    }
}

ASYNC(demo, void, consumes_here, SYN_LOCAL(int, i), SYN_LOCAL(int, latest), SYN_LOCAL(int *, item),
      SYN_LOCAL(struct ints_channel, ch))
{
    co_begin;
    for (self->i = 0; self->i < ROUNDS; self->i += 2) {
        self->ch.u.handle = shared[self->i];
        self->latest = 0;
        do {
            co_next(self->ch, &self->item);
            if (!co_status)
                take(self->item, &self->latest);
        } while (!co_status);
    }
    co_end;
}

static void G8_generators_of_every_kind_are_shared_and_closed_at_any_moment(void)
{
    struct consumes_here_future task;

    begin_in_real_time();
    for (int i = 0; i < ROUNDS; i++) {
        shared[i] = make_one(i);
        if (i % 3)
            CHECK_INT(syni_channel_prefetch(shared[i], (size_t)i % 6), SYN_OK);
    }
    task = consumes_here_future();
    crew_run(THREADS, consumes, NULL);
    CHECK_INT(future_get(task), SYN_OK);
    for (int i = 0; i < ROUNDS; i++)
        syni_channel_close(shared[i], syn_never());
    finish_pool(&wide);
    finish_pool(&narrow);
    finish(&demo);
    finish(&other);
    CHECK_INT(begun, cleaned);
    CHECK_INT(n_made, n_fetched + n_destroyed);
}

static const struct test_case cases[] = {
    TEST(G8_generators_of_every_kind_are_shared_and_closed_at_any_moment),
};
TEST_MAIN_BOTH_MODES("generators", cases);
