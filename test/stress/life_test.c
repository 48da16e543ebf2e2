/* SPDX-License-Identifier: Apache-2.0
 *
 * Lives in real time: a synchronizer and a pool are started, used, stopped with deadlines from 0 to
 * 1 ms by one thread or two, freed and started again, beside threads that call, keep promises, make
 * and release objects, register callbacks and submit jobs. Nothing dead, hung, leaked or lost: each
 * call ends once, each value is fetched or destroyed once, each callback is called once.
 *
 * TEST_LIFE_ROUNDS in the environment says how many lives (by default few); TEST_SEED replays.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"
#include "support/random.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(elsewhere);
POOL(pool, .max_threads = 2, .grace_ns = -1, .idle_ns = 1000000);
PROMISE(int, number);

static atomic_ulong n_made, n_destroyed, n_registered, n_called, n_dead, n_stuck, n_timed_out;
static _Atomic(bool) over;

static void destroy(char *text)
{
    n_destroyed++;
    free(text);
}

ASYNC(demo, char *, owned, (uint32_t, random), DESTROY(destroy))
{
    co_begin;
    co_sleep(self->random % 3 * 2e-5);
    n_made++;
    co_return(strdup("owned"));
    co_finally;
    if (self->random % 5 == 0)
        co_sleep(5e-5);
    co_end;
}

/* What it started is left to itself, in clean-up. */
ASYNC(demo, void, leaves_one, (uint32_t, random))
{
    co_begin;
    co_sleep(self->random % 200 * 1e-5);
    co_finally;
    future_detach(owned_future(self->random >> 3));
    co_end;
}

ASYNC(demo, int, awaits, (struct number_future, f))
{
    co_begin;
    co_try(self->f, &self->result);
    co_return_result;
    co_end;
}

BLOCKING(pool, int, job, (uint32_t, random))
{
    usleep(random % 50);
    return 1;
}

ASYNC(demo, int, awaits_a_job, (uint32_t, random))
{
    co_begin;
    co_try(job_future(self->random), &self->result);
    co_return_result;
    co_end;
}

ASYNC(elsewhere, void, calls_from_elsewhere, (uint32_t, random))
{
    co_begin;
    future_detach(leaves_one_future(self->random));
    co_await(awaits_a_job_future(self->random), NULL);
    co_end;
}

#define THING_METHODS(M, C)                                                                        \
    M(C, destructor)                                                                               \
    M(C, async, int, pokes)
CLASS(thing, THING_METHODS);
struct thing_impl {
    int n;
};

DESTRUCTOR(thing)
{
    co_begin;
    me->n++;
    future_detach(owned_future(1));
    co_pass;
    co_end;
}

METHOD(thing, int, pokes)
{
    co_begin;
    co_pass;
    co_return(me->n);
    co_end;
}
CLASS_TABLE(demo, thing, THING_METHODS, NULL);

static void check_end(syn_err err)
{
    if (err == SYN_ELOOPDEAD)
        n_dead++; /* which only a stop that gave up on a step may be the reason of */
    else
        CHECK(err == 0 || err == SYN_ECLOSED || err == SYN_ECANCELED || err == SYN_EABANDONED ||
              err == SYN_ETIMEDOUT);
}

static void called(void *user, syn_err err, char **result)
{
    (void)user;
    check_end(err);
    if (!err)
        destroy(*result);
    n_called++;
    if (n_called % 3 == 0)
        future_detach(owned_future(2));
}

static void use_a_value(uint32_t r)
{
    struct owned_future f = owned_future(r >> 8);
    char *text;
    syn_err err;

    if (r % 4 == 0) {
        CHECK(future_cancel(f) != SYN_EDEADLK);
    } else if (r % 4 == 1) {
        err = future_then(f, &demo, called, NULL);
        n_registered += !err;
        check_end(err);
        if (err)
            CHECK(future_cancel(f) != SYN_EDEADLK);
    } else {
        err = r % 4 == 2 ? future_get(f, &text) : future_get_by(f, &text, syn_after(1e-4));
        check_end(err);
        if (!err)
            destroy(text);
    }
}

static void *keeps(void *promise)
{
    promise_complete(*(struct number_promise *)promise, &(int){7});
    return NULL;
}

/* Another thread keeps it, about when the task that awaits it is stopped. */
static void use_a_promise(void)
{
    struct number_promise p;
    struct number_future f;
    struct awaits_future g;
    pthread_t thread;

    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(pthread_create(&thread, NULL, keeps, &p), 0);
    g = awaits_future(f);
    check_end(future_get(g, NULL));
    CHECK(future_cancel(f) != SYN_EDEADLK); /* it was used up, unless the task never began */
    pthread_join(thread, NULL);
}

static void use_an_object(uint32_t r)
{
    static struct thing_impl impl[256];
    static atomic_uint next;
    struct thing *thing = NULL;
    syn_err err = thing_wrap(&impl[next++ % 256], &demo, &thing);

    check_end(err);
    if (err)
        return;
    check_end(thing_pokes(thing, NULL));
    if (r % 3)
        thing_release(thing);
    else
        check_end(thing_close(thing));
}

/* Held by threads that use them; a free is for a time when none does. */
static pthread_rwlock_t in_use = PTHREAD_RWLOCK_INITIALIZER;
static _Atomic(bool) frees; /* readers would keep the writer out */

static void uses(uint32_t r)
{
    switch (r % 8) {
    case 0:
        use_a_promise();
        break;
    case 1:
        use_an_object(r >> 4);
        break;
    case 2:
        check_end(awaits_a_job(r >> 4, NULL));
        break;
    case 3:
        check_end(calls_from_elsewhere(r >> 4));
        break;
    case 4:
        future_detach(leaves_one_future(r >> 4));
        break;
    default:
        use_a_value(r >> 4);
        break;
    }
}

static void stops(uint32_t r)
{
    syn_err err = synchronizer_stop(&demo, syn_after(r % 16 ? r % 11 * 1e-4 : 0));

    if (!err)
        return;
    CHECK_INT(err, SYN_ETIMEDOUT);
    n_timed_out++;
    if (strstr(last_message(), "still runs")) {
        n_stuck++;
        synchronizer_stop(&demo, syn_never());
    } else {
        CHECK(strlen(last_message()) > strlen("did not end in time: "));
    }
}

static void *stops_too(void *random)
{
    stops(*(uint32_t *)random);
    return NULL;
}

static void starts(void)
{
    syn_err err = synchronizer_start(&demo);

    CHECK_INT(err, 0);
    if (pool_start(&pool))
        CHECK(!"a pool that nobody stops could not be started");
}

static void one_life(uint32_t r)
{
    uint32_t second = r >> 7;
    pthread_t thread;
    bool two = r % 4 == 0;

    starts();
    usleep(r % 400);
    if (two)
        CHECK_INT(pthread_create(&thread, NULL, stops_too, &second), 0);
    stops(r >> 3);
    if (two)
        pthread_join(thread, NULL);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    if (r % 8 == 1)
        pool_stop(&pool, syn_after(r % 10 * 1e-4));
    if (r % 8 == 2) {
        frees = true;
        pthread_rwlock_wrlock(&in_use);
        CHECK_INT(synchronizer_free(&demo), 0);
        CHECK_INT(pool_free(&pool), 0);
        frees = false;
        pthread_rwlock_unlock(&in_use);
    }
}

static unsigned long rounds(void)
{
    const char *asked = getenv("TEST_LIFE_ROUNDS");

    return asked ? strtoul(asked, NULL, 10) : 300 / TEST_SLOWNESS;
}

static void lives_or_uses(int number, void *seed)
{
    uint32_t random = *(uint32_t *)seed + (uint32_t)number * 7919 + 1;

    if (number > 0) {
        while (!over) {
            while (frees)
                usleep(20);
            pthread_rwlock_rdlock(&in_use);
            uses(next_random(&random));
            pthread_rwlock_unlock(&in_use);
        }
        return;
    }
    for (unsigned long i = 0; i < rounds(); i++)
        one_life(next_random(&random));
    over = true;
}

static void L7_lives_beside_all_that_uses_them_leave_nothing_dead_hung_leaked_or_lost(void)
{
    const char *asked = getenv("TEST_SEED");
    uint32_t seed = asked ? (uint32_t)strtoul(asked, NULL, 10)
                          : (uint32_t)(syn_clock_now(NULL) / 1000) | 1;
    int threads = count_threads(), descriptors = count_entries("/dev/fd");

    printf("seed %u\n", (unsigned)seed);
    begin_in_real_time();
    crew_run(4, lives_or_uses, &seed);
    finish(&elsewhere);
    CHECK_INT(synchronizer_start(&demo), 0);
    finish(&demo);
    CHECK_INT(pool_free(&pool), 0);
    CHECK_INT(n_destroyed, n_made);
    CHECK_INT(n_called, n_registered);
    CHECK(n_dead == 0 || n_stuck > 0);
    CHECK_INT(count_entries("/dev/fd"), descriptors);
    CHECK_THREADS(threads);
    done_after(400000);
}

static const struct test_case cases[] = {
    TEST(L7_lives_beside_all_that_uses_them_leave_nothing_dead_hung_leaked_or_lost),
};
TEST_MAIN_BOTH_MODES("life", cases);
