/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything at once, in real time: threads that call, some of which drive, jobs, generators, selects, scopes,
 * shared futures, objects, callbacks, cancels and deadlines at random, while synchronizers are stopped,
 * started and freed, and a pool is stopped and started. What each part does alone is in the other suites;
 * here each meets all others.
 *
 * The accounts balance: of what was made all is destroyed once, whatever had it; each callback that was
 * registered ran once; each body that began has ended; threads, descriptors (the harness counts them) and
 * memory are as before.
 *
 * TEST_SEED replays what each thread does; TEST_ROUNDS says how much of it. With TEST_DELAYS (test.h) it
 * runs under delays at random.
 */
#define _DEFAULT_SOURCE
#include "support/everything_rig.h"
#include "support/random.h"

/* --- what a thread does --- */

static void get(struct owns_future f, uint32_t r)
{
    struct item *item = NULL;
    syn_err err;

    switch (r % 5) {
    case 0:
        check_answer(future_cancel(f));
        return;
    case 1:
        future_detach(f);
        return;
    case 2:
        future_request_cancel(f);
        err = future_get(f, &item);
        break;
    case 3:
        err = future_get_by(f, &item, soon(r >> 3));
        break;
    default:
        err = future_get(f, &item);
    }
    check_answer(err);
    if (!err)
        destroy(item);
}

static void get_job(uint32_t r)
{
    struct works_future f = works_future(r >> 4);
    struct item *item;
    syn_err err;

    if (r % 3 == 0) {
        check_answer(future_cancel(f));
        return;
    }
    err = r % 3 == 1 ? future_get_by(f, &item, soon(r)) : future_get(f, &item);
    check_answer(err);
    if (!err)
        destroy(item);
}

static void share(uint32_t r)
{
    struct owns_future f = owns_future(r >> 4);
    struct owns_shared shared;
    struct item *const *borrowed;
    syn_err err = future_share(f, &shared);

    if (err) { /* the call was refused */
        check_answer(err);
        return;
    }
    err = r % 2 ? call_by(soon(r), shared_peek(shared, &borrowed)) : SYN_OK;
    check_answer(err);
    if (r % 2 && !err)
        CHECK_INT((*borrowed)->guard, LIVES);
    shared_release(shared);
}

static void note_call(void *user, syn_err err, struct item **result)
{
    (void)user;
    check_answer(err);
    if (!err)
        destroy(*result); /* it is ours */
    n_called++;
}

static void call_back(uint32_t r)
{
    struct owns_future f = owns_future(r >> 4);

    if (future_then(f, r % 2 ? &one : &two, note_call, NULL) == SYN_OK)
        n_registered++;
    else
        future_detach(f);
}

static void generate(uint32_t r)
{
    struct items_channel a = items(r >> 4), b = items(r >> 8);
    struct item *item;
    syn_err err = SYN_OK;

    channel_prefetch(a, r % 4);
    for (uint32_t i = 0; i < r % 12 && !err; i++) {
        int which = channel_select(&err, ON_NEXT(a, &item), ON_NEXT(b, &item), ON_TIME(soon(r)));

        check_answer(err);
        if (!err && which < 2)
            destroy(item);
    }
    if (r % 2)
        channel_close(a);
    else
        channel_drop(a);
    check_answer(channel_close_by(b, soon(r)));
}

static void join(uint32_t r)
{
    struct syn_scope scope = SYN_SCOPE;
    struct item *got[3] = {NULL, NULL, NULL};
    struct awaits_all_future deep;
    syn_err err;

    scope_deadline(&scope, soon(r));
    for (int i = 0; i < 3; i++)
        check_answer(scope_spawn(&scope, owns_future(r >> i), &got[i]));
    check_answer(scope_join(&scope));
    for (int i = 0; i < 3; i++)
        if (got[i])
            destroy(got[i]);
    deep = awaits_all_future(r >> 2);
    err = future_get_by(deep, &got[0], soon(r >> 3));
    check_answer(err);
    if (!err)
        destroy(got[0]);
}

static void use_a_thing(uint32_t r)
{
    struct thing *thing = NULL;
    syn_err err = thing_make(r >> 3, &thing);

    check_answer(err);
    if (err)
        return;
    if (r % 3 == 0)
        future_detach(thing_use_future(thing, r));
    else
        check_answer(call_by(soon(r), thing_use(thing, r >> 2, NULL)));
    if (r % 5 == 0) /* takes ours */
        check_answer(future_get(thing_close_future(thing)));
    else
        thing_release(thing);
}

enum { THREADS = 4, ROUNDS = 1500 / TEST_SLOWNESS };
static atomic_int at_work;
static uint32_t seed;
static long rounds = ROUNDS;

static void does_all(int number, void *unused)
{
    static void (*const acts[])(uint32_t) = {get_job, share, call_back, generate, join, use_a_thing};
    uint32_t random = seed + (uint32_t)number * 7919 + 1;

    (void)unused;
    for (long i = 0; i < rounds; i++) {
        uint32_t which = next_random(&random) % 9, r = next_random(&random);

        if (which < 6)
            acts[which](r);
        else
            get(owns_future(r >> 3), r);
        n_done[which]++;
    }
    at_work--;
}

/* Another one each time. With HURRY the stop has a deadline, and what has not ended then is abandoned. */
static void stop_something(uint32_t r, bool hurry)
{
    struct syn_deadline until = hurry && r % 3 == 0 ? soon(r) : syn_never();
    struct syn_synchronizer *s = r % 2 ? &one : &two;
    syn_err err;

    if (r % 5 == 0) {
        err = pool_stop(&pool, until);
        CHECK(!err || err == SYN_ETIMEDOUT);
        pool_start(&pool);
        return;
    }
    err = synchronizer_stop(s, until);
    CHECK(!err || err == SYN_ETIMEDOUT);
    if (err && strstr(last_message(), "still runs")) /* as on a machine that stalls for a tenth of a second */
        n_stuck++;
    if (!err)
        CHECK_INT(synchronizer_start(s), 0);
}

static void begin_seeded(void)
{
    const char *text = getenv("TEST_SEED"), *n = getenv("TEST_ROUNDS");

    seed = text ? (uint32_t)strtoul(text, NULL, 10) : (uint32_t)(syn_clock_now(NULL) / 1000) | 1;
    rounds = n ? strtol(n, NULL, 10) : ROUNDS;
    printf("TEST_SEED=%lu\n", (unsigned long)seed);
    fflush(stdout);
    begin_in_real_time();
    CHECK_INT(synchronizer_start(&one), 0);
    CHECK_INT(synchronizer_start(&two), 0);
    at_work = THREADS;
}

static void check_accounts(bool abandoned)
{
    finish_pool(&pool);
    finish(&two);
    finish(&one);
    if (abandoned) { /* their clean-ups, or destructors, do not run: so what these have is lost */
        CHECK(n_inside >= 0 && n_things >= 0);
        CHECK(n_items >= 0 && n_items <= 4 * n_inside + n_things);
    } else {
        CHECK_INT(n_items, 0);
        CHECK_INT(n_inside, 0);
        CHECK_INT(n_things, 0);
    }
    CHECK_INT(n_called, n_registered);
    CHECK(n_dead == 0 || n_stuck > 0);
    CHECK(n_made > 0);
    for (int i = 0; i < 9; i++)
        CHECK(n_done[i] > 0);
    for (int i = 0; i < 10000 && syn_memory_use().outstanding > 20; i++)
        usleep(1000); /* threads that were left behind give back what they keep as they end */
    CHECK(syn_memory_use().outstanding <= 20); /* slots are kept */
}

static void L3_everything_at_once_and_the_accounts_balance(void)
{
    int threads = count_threads();

    begin_seeded();
    crew_run(THREADS, does_all, NULL);
    check_accounts(false);
    CHECK_THREADS(threads);
}

static void beside_stops(bool hurry)
{
    struct crew_at_work *crew;
    uint32_t random;
    int threads = count_threads();

    begin_seeded();
    random = seed;
    crew = crew_start(THREADS, does_all, NULL);
    while (at_work > 0) {
        usleep(2000);
        stop_something(next_random(&random), hurry);
    }
    crew_join(crew);
    check_accounts(hurry);
    CHECK_THREADS(threads);
}

static void L3_everything_at_once_beside_stops_and_starts(void)
{
    beside_stops(false);
}

static void L3_everything_at_once_beside_stops_that_abandon(void)
{
    beside_stops(true);
}

static const struct test_case cases[] = {
    TEST(L3_everything_at_once_and_the_accounts_balance),
    TEST(L3_everything_at_once_beside_stops_and_starts),
    TEST(L3_everything_at_once_beside_stops_that_abandon),
};
TEST_MAIN_BOTH_MODES("everything", cases);
