/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects in real time: threads make them, hand them to each other, call them in every face,
 * wrap one implementation all at once, let go at any moment; and the synchronizer is stopped
 * and started meanwhile. Every object that was made is destroyed once, no method meets a
 * destroyed one, and no memory stays.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"
#include "support/random.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);

#define THING_METHODS(M, C)                                                                        \
    M(C, constructor, make, (uint32_t, random))                                                    \
    M(C, destructor)                                                                               \
    M(C, async, int, work, (uint32_t, random))                                                     \
    M(C, async, void, passes_on, (uint32_t, random), (bool *, out_released))                       \
    M(C, generator, int, count)
CLASS(thing, THING_METHODS);

enum { LIVES = 1234567, DEAD = 7654321 };

struct thing_impl {
    int life;
};

static atomic_long made, destroyed;

CONSTRUCTOR(thing, make, (uint32_t, random))
{
    co_begin;
    if (self->random % 4 == 0)
        co_pass;
    if (self->random % 7 == 0)
        co_fail(SYN_EIO);
    if (self->random % 5 == 0)
        co_sleep(self->random % 100 * 1e-6);
    me->life = LIVES;
    made++;
    co_end;
}

DESTRUCTOR(thing)
{
    co_begin;
    CHECK_INT(me->life, LIVES);
    if (destroyed % 2)
        co_pass;
    me->life = DEAD;
    destroyed++;
    co_end;
}

METHOD(thing, int, work, (uint32_t, random))
{
    co_begin;
    CHECK_INT(me->life, LIVES);
    if (self->random % 3)
        co_sleep(self->random % 100 * 1e-6);
    CHECK_INT(me->life, LIVES);
    co_return(1);
    co_finally;
    CHECK_INT(me->life, LIVES);
    co_end;
}

/* Lets go of what its caller gave it. */
METHOD(thing, void, passes_on, (uint32_t, random), (bool *, out_released))
{
    co_begin;
    *self->out_released = true;
    thing_release(syn_this(self));
    if (self->random % 2)
        co_pass;
    CHECK_INT(me->life, LIVES);
    co_end;
}

METHOD_GENERATOR(thing, int, count, SYN_LOCAL(int, i))
{
    co_begin;
    for (;;) {
        CHECK_INT(me->life, LIVES);
        co_yield(self->i++);
    }
    co_end;
}

CLASS_TABLE(demo, thing, THING_METHODS, NULL);

/* Where things wait for a taker. */
enum { PLACES = 16, THREADS = 4, ROUNDS = 3000 / TEST_SLOWNESS };
static _Atomic(struct thing *) places[PLACES];
static atomic_int at_work;

static void put(struct thing *thing, uint32_t *random)
{
    thing_release(atomic_exchange(&places[next_random(random) % PLACES], thing));
}

static void iterate(struct thing *thing)
{
    struct thing_count_channel ch = thing_count(thing);
    int v;

    if (channel_next(ch, &v) == 0)
        CHECK_INT(v, 0);
    thing_release(thing);
    channel_close(ch);
}

static void let_a_method_release(struct thing *thing, uint32_t *random)
{
    bool released = false;

    thing_retain(thing);
    thing_passes_on(thing, next_random(random), &released);
    if (!released) /* it never began */
        thing_release(thing);
    put(thing, random);
}

static void use(struct thing *thing, uint32_t *random)
{
    switch (next_random(random) % 7) {
    case 0:
        thing_work(thing, next_random(random), NULL);
        put(thing, random);
        break;
    case 1: /* runs on by itself */
        future_detach(thing_work_future(thing, next_random(random)));
        thing_release(thing);
        break;
    case 2:
        let_a_method_release(thing, random);
        break;
    case 3:
        CHECK(future_cancel(thing_work_future(thing, next_random(random))) != SYN_EDEADLK);
        thing_release(thing);
        break;
    case 4:
        iterate(thing);
        break;
    case 5:
        future_detach(thing_close_future(thing));
        break;
    default:
        put(thing_retain(thing), random);
        thing_release(thing);
    }
}

static void works(int number, void *unused)
{
    uint32_t random = (uint32_t)number * 7919 + 1;

    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        struct thing *thing = atomic_exchange(&places[next_random(&random) % PLACES], NULL);
        syn_err err = thing ? SYN_OK : thing_make(next_random(&random), &thing);

        if (thing)
            use(thing, &random);
        else if (err == SYN_ECLOSED)
            usleep(50);
    }
    at_work--;
}

static void empty_places(void)
{
    for (int i = 0; i < PLACES; i++)
        thing_release(atomic_exchange(&places[i], NULL));
}

static void O3_released_by_many_threads_each_object_is_destroyed_once(void)
{
    begin_in_real_time();
    crew_run(THREADS, works, NULL);
    empty_places();
    finish(&demo);
    CHECK_INT(made, destroyed);
    CHECK(made > 0);
    CHECK(syn_memory_use().outstanding <= 20);
}

static void O3_stops_amid_all_that_destroy_what_lives(void)
{
    struct crew_at_work *crew;
    int stops = 0;

    begin_in_real_time();
    at_work = THREADS;
    crew = crew_start(THREADS, works, NULL);
    while (at_work > 0) {
        usleep(2000);
        CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
        CHECK_INT(made, destroyed);
        CHECK_INT(synchronizer_start(&demo), 0);
        stops++;
    }
    crew_join(crew);
    printf("%d stops, %ld objects\n", stops, made);
    finish(&demo);
    CHECK_INT(made, destroyed);
    empty_places();
    CHECK(syn_memory_use().outstanding <= 20);
}

/* --- one implementation, wrapped by all at once --- */

static const struct syn_class plain = {.name = "plain"};
static int implementations[3];

static void wraps(int number, void *unused)
{
    uint32_t random = (uint32_t)number * 7919 + 1;

    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        int *what = &implementations[next_random(&random) % 3];
        struct syn_object *one, *two, *there;

        CHECK_INT(syn_wrap(&plain, what, &demo, &one), 0);
        CHECK_INT(syn_wrap(&plain, what, &demo, &two), 0);
        CHECK_INT(syn_wrap(&plain, what, &other, &there), 0);
        CHECK_PTR(one, two);
        CHECK(there != one && there->synchronizer == &other);
        CHECK_PTR(syn_unwrap(one), what);
        object_release(one);
        if (next_random(&random) % 2)
            usleep(1);
        object_release(there);
        object_release(two);
    }
}

static void O6_threads_that_wrap_one_thing_get_one_wrapper(void)
{
    begin_in_real_time();
    crew_run(THREADS, wraps, NULL);
    finish(&demo);
    finish(&other);
    CHECK(syn_memory_use().outstanding <= 20);
}

/* Objects that run nothing at their end. */
#define DOT_METHODS(M, C) M(C, constructor, make)
CLASS(dot, DOT_METHODS);

struct dot_impl {
    int x;
};

CONSTRUCTOR(dot, make)
{
    co_begin;
    me->x = 1;
    co_end;
}

CLASS_TABLE(demo, dot, DOT_METHODS, NULL);

enum { DOTS = 300, STOPS = 100 / TEST_SLOWNESS };
static struct dot *dots[DOTS];

/* In the order in which a stop ends them. */
static void lets_go(int number, void *unused)
{
    (void)number, (void)unused;
    for (int i = DOTS; i-- > 0;)
        dot_release(dots[i]);
}

static void O3_a_stop_does_not_wait_for_who_lets_go_and_has_nothing_to_run(void)
{
    begin_in_real_time();
    for (int round = 0; round < STOPS; round++) {
        struct crew_at_work *crew;

        for (int i = 0; i < DOTS; i++)
            CHECK_INT(dot_make(&dots[i]), 0);
        crew = crew_start(1, lets_go, NULL);
        CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
        crew_join(crew);
        CHECK_INT(synchronizer_start(&demo), 0);
    }
    finish(&demo);
}

static const struct test_case cases[] = {
    TEST(O3_released_by_many_threads_each_object_is_destroyed_once),
    TEST(O3_stops_amid_all_that_destroy_what_lives),
    TEST(O3_a_stop_does_not_wait_for_who_lets_go_and_has_nothing_to_run),
    TEST(O6_threads_that_wrap_one_thing_get_one_wrapper),
};
TEST_MAIN_BOTH_MODES("objects", cases);
