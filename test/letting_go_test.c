/* SPDX-License-Identifier: Apache-2.0
 *
 * Letting go from anywhere: each verb that ends something, in each place in which a program's code
 * runs. It does the right thing, or says SYN_EDEADLK and what to write instead. The table is the one
 * in docs/ending-a-program.md.
 */
#define _DEFAULT_SOURCE
#include "support/io_rig.h"

#include <poll.h>

#include <synchronicity/host.h>
#include <synchronicity/mailbox.h>
#include <synchronicity/step.h>

enum place {
    CALLBACK,
    STEP,
    CLEAN_UP,
    DESTRUCTOR_OF,
    ON_STUCK,
    TURN,  /* a callback in a turn of the host */
    DRAIN, /* a callback of a mailbox, in a thread */
    JOB,
    THREAD,
    HOST, /* a thread that hosts, between two turns */
    PLACES
};
enum verb {
    RELEASE,
    CLOSE_OBJECT,
    DROP_PROMISE,
    DROP_FUTURE,
    CANCEL_FUTURE,
    DROP_CHANNEL,
    CLOSE_CHANNEL,
    CLOSE_GENERATOR,
    CLOSE_STREAM,
    STOP_OWN,
    FREE_OWN,
    STOP_OTHER,
    FREE_OTHER,
    STOP_POOL_OWN,
    FREE_POOL_OWN,
    STOP_POOL,
    FREE_POOL,
    VERBS
};

static const char *const verb_names[VERBS] = {
    "object_release",    "object_close",      "promise_drop",     "future_drop",
    "future_cancel",     "channel_drop",      "channel_close",    "channel_close of a generator",
    "stream_close",
    "stop of its own",   "free of its own",   "stop of another",  "free of another",
    "stop of its pool",  "free of its pool",  "stop of a pool",   "free of a pool",
};

static void is_stuck(void *user, const char *synchronizer, const char *task);

static struct syn_synchronizer demo = {
    .options = {.name = "demo", .cleanup_limit_ns = SECOND, .on_stuck = is_stuck}};
SYNCHRONIZER(other);
POOL(mine, .max_threads = 2);
POOL(its, .max_threads = 2);
PROMISE(int, number);
CHANNEL(int, ints);

ASYNC(demo, int, sleeps, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(1);
    co_end;
}

ASYNC(other, int, sleeps_elsewhere, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(1);
    co_end;
}

GENERATOR(demo, int, counts, (int, n))
{
    co_begin;
    for (;;)
        co_yield(self->n);
    co_end;
}

BLOCKING(its, int, answers)
{
    (void)job;
    return 42;
}

static atomic_int n_destroyed;

#define THING_METHODS(M, C) M(C, destructor)
CLASS(thing, THING_METHODS);
struct thing_impl {
    bool lets_go;
};
static void let_go_of_all(enum place place);

DESTRUCTOR(thing)
{
    co_begin;
    n_destroyed++;
    if (me->lets_go)
        let_go_of_all(DESTRUCTOR_OF);
    co_end;
}
CLASS_TABLE(demo, thing, THING_METHODS, NULL);

/* What a place lets go of; made by the main thread. */
static struct {
    struct thing *released, *closed;
    struct number_promise promise;
    struct number_future kept;
    struct sleeps_future dropped, cancelled;
    struct ints_channel channel_dropped, channel_closed;
    struct counts_channel generator;
    struct link link;
    struct syn_synchronizer *synchronizer[2];
    struct syn_pool *pool[2];
} it;

static syn_err came_to[VERBS];
static char words[VERBS][SYN_MESSAGE_MAX];

static syn_err say(enum verb verb)
{
    switch (verb) {
    case RELEASE:
        thing_release(it.released);
        return SYN_OK;
    case CLOSE_OBJECT:
        return thing_close(it.closed);
    case DROP_PROMISE:
        return promise_drop(it.promise);
    case DROP_FUTURE:
        return future_drop(it.dropped);
    case CANCEL_FUTURE:
        return future_cancel(it.cancelled);
    case DROP_CHANNEL:
        channel_drop(it.channel_dropped);
        return SYN_OK;
    case CLOSE_CHANNEL:
        return channel_close(it.channel_closed);
    case CLOSE_GENERATOR:
        return channel_close(it.generator);
    case CLOSE_STREAM:
        return syn_stream_close(it.link.stream);
    case STOP_OWN:
        return synchronizer_stop(&demo, syn_after(0.1));
    case FREE_OWN:
        return synchronizer_free(&demo);
    case STOP_OTHER:
        return synchronizer_stop(it.synchronizer[0], syn_never());
    case FREE_OTHER:
        return synchronizer_free(it.synchronizer[1]);
    case STOP_POOL_OWN:
        return pool_stop(&mine, syn_after(0.1));
    case FREE_POOL_OWN:
        return pool_free(&mine);
    case STOP_POOL:
        return pool_stop(it.pool[0], syn_never());
    case FREE_POOL:
        return pool_free(it.pool[1]);
    case VERBS:
        break;
    }
    return SYN_EINVAL;
}

/* In a step or callback of a loop. */
static bool is_driven(enum place place)
{
    return place <= TURN;
}

/* Of itself only a step can stop its synchronizer, and only a job its pool. */
static bool is_said(enum place place, enum verb verb)
{
    if (verb == STOP_OWN || verb == FREE_OWN)
        return is_driven(place);
    if (verb == STOP_POOL_OWN || verb == FREE_POOL_OWN)
        return place == JOB;
    return true;
}

static void let_go_of_all(enum place place)
{
    for (enum verb verb = 0; verb < VERBS; verb++) {
        if (!is_said(place, verb))
            continue;
        came_to[verb] = say(verb);
        snprintf(words[verb], sizeof words[verb], "%s",
                 came_to[verb] && syn_last_report() ? syn_last_report()->message : "");
    }
}

/* --- the places --- */

static _Atomic(bool) was_there;

static void callback(void *user, syn_err err, int *result)
{
    (void)err;
    (void)result;
    let_go_of_all(*(enum place *)user);
    was_there = true;
}

static void go_to_a_turn(void)
{
    enum place place = TURN;

    CHECK_INT(future_then(sleeps_future(0.0), &demo, callback, &place), 0);
    while (!was_there) {
        struct pollfd fds[8];
        size_t n = syn_host_fds(&demo, fds, 8);

        CHECK(poll(fds, (nfds_t)n, syn_host_timeout_ms(&demo)) >= 0);
        CHECK_INT(syn_host_turn(&demo), 0);
    }
}

static void go_to_a_drain(void)
{
    struct syn_mailbox *box;
    enum place place = DRAIN;

    CHECK_INT(syn_mailbox_new(NULL, &box), 0);
    CHECK_INT(future_then(sleeps_future(0.0), box, callback, &place), 0);
    while (!was_there)
        (void)syn_mailbox_drain(box, 0); /* nothing yet */
    syn_mailbox_release(box);
}

ASYNC(demo, void, in_a_step)
{
    let_go_of_all(STEP);
    return step_done(self);
}

ASYNC(demo, void, in_clean_up)
{
    co_begin;
    co_finally;
    let_go_of_all(CLEAN_UP);
    co_end;
}

ASYNC(demo, void, cleans_up_for_long)
{
    co_begin;
    co_finally;
    co_sleep(3.0);
    co_end;
}

static void is_stuck(void *user, const char *synchronizer, const char *task)
{
    (void)user;
    (void)synchronizer;
    CHECK_STR(task, "cleans_up_for_long");
    let_go_of_all(ON_STUCK);
}

BLOCKING(mine, void, in_a_job)
{
    (void)job;
    let_go_of_all(JOB);
}

static void go_to(enum place place)
{
    struct thing_impl impl = {true};
    struct thing *thing = NULL;

    was_there = false;
    switch (place) {
    case CALLBACK:
        CHECK_INT(future_then(sleeps_future(0.0), &demo, callback, &place), 0);
        spin_until(&was_there);
        break;
    case STEP:
        CHECK_INT(in_a_step(), 0);
        break;
    case CLEAN_UP:
        CHECK_INT(in_clean_up(), 0);
        break;
    case DESTRUCTOR_OF:
        CHECK_INT(thing_wrap(&impl, &demo, &thing), 0);
        CHECK_INT(thing_close(thing), 0);
        n_destroyed--;
        break;
    case ON_STUCK:
        CHECK_INT(cleans_up_for_long(), 0);
        break;
    case JOB:
        CHECK_INT(in_a_job(), 0);
        break;
    case TURN:
        go_to_a_turn();
        break;
    case DRAIN:
        go_to_a_drain();
        break;
    case THREAD:
    case HOST:
    case PLACES:
        let_go_of_all(place);
        break;
    }
}

/* --- the table --- */

/* A thread that drives a loop must not wait for what may need that: the futures' and channels'
 * blocking forms, pools, and its own synchronizer. */
static syn_err expected(enum place place, enum verb verb)
{
    bool drives = is_driven(place);

    switch (verb) {
    case CLOSE_GENERATOR: /* it is closed, and ends later */
        return drives ? SYN_EAGAIN : SYN_OK;
    case CANCEL_FUTURE:
        return drives ? SYN_EDEADLK : SYN_ECANCELED;
    case CLOSE_OBJECT:
    case CLOSE_STREAM:
    case STOP_OWN:
    case FREE_OWN:
    case STOP_POOL:
    case FREE_POOL:
        return drives ? SYN_EDEADLK : SYN_OK;
    case STOP_POOL_OWN:
    case FREE_POOL_OWN:
        return SYN_EDEADLK;
    default:
        return SYN_OK;
    }
}

static void make_all(struct thing_impl impl[2])
{
    memset(came_to, 0, sizeof came_to);
    CHECK_INT(thing_wrap(&impl[0], &demo, &it.released), 0);
    CHECK_INT(thing_wrap(&impl[1], &demo, &it.closed), 0);
    CHECK_INT(promise_new(number, &it.promise, &it.kept), 0);
    it.dropped = sleeps_future(1000.0);
    it.cancelled = sleeps_future(1000.0);
    CHECK_INT(channel_new(ints, 1, &it.channel_dropped), 0);
    CHECK_INT(channel_new(ints, 1, &it.channel_closed), 0);
    it.link = local_link();
    it.generator = counts(1);
    CHECK_INT(channel_next(it.generator, &(int){0}), 0); /* it runs */
    for (int i = 0; i < 2; i++) {
        CHECK_INT(synchronizer_new(&(struct syn_synchronizer_options){.name = "s"},
                                   &it.synchronizer[i]), 0);
        CHECK_INT(synchronizer_start(it.synchronizer[i]), 0);
        CHECK_INT(pool_new(&(struct syn_pool_options){.name = "p"}, &it.pool[i]), 0);
        CHECK_INT(pool_start(it.pool[i]), 0);
    }
}

/* What was refused is as it was, and can be let go of here. */
static void end_what_was_refused(enum place place)
{
    for (enum verb verb = 0; verb < VERBS; verb++)
        if (is_said(place, verb) && came_to[verb] == SYN_EDEADLK && verb < STOP_OWN)
            say(verb);
    if (came_to[STOP_POOL] || came_to[FREE_POOL])
        CHECK_INT(pool_free(it.pool[1]), 0);
    CHECK_INT(pool_free(it.pool[0]), 0);
    CHECK_INT(synchronizer_free(it.synchronizer[0]), 0);
}

static void check_all(enum place place)
{
    struct thing_impl impl[2] = {{false}, {false}};
    int before = n_destroyed;

    make_all(impl);
    go_to(place);
    for (enum verb verb = 0; verb < VERBS; verb++) {
        if (!is_said(place, verb))
            continue;
        if (came_to[verb] != expected(place, verb))
            test_fail(__FILE__, __LINE__, "%s came to %s: %s", verb_names[verb],
                      syn_strerror(came_to[verb]), words[verb]);
        CHECK(came_to[verb] != SYN_EDEADLK || strlen(words[verb]) > 20);
    }
    end_what_was_refused(place);
    close(it.link.peer);
    CHECK_INT(future_get(it.kept, NULL), SYN_EBROKEN);
    CHECK_INT(sleeps(0.0, NULL), 0); /* it is alive and well */
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(n_destroyed, before + 2);
    CHECK_INT(sleeps_elsewhere(0.0, NULL), 0);
    CHECK_INT(answers(NULL), 0);
    finish(&demo);
    finish(&other);
    CHECK_INT(pool_free(&mine), 0);
    CHECK_INT(pool_free(&its), 0);
    finish(syn_default_synchronizer());
    done();
}

static void L6_letting_go_in_a_callback(void)
{
    begin();
    check_all(CALLBACK);
}

static void L6_letting_go_in_a_step(void)
{
    begin();
    check_all(STEP);
}

static void L6_letting_go_in_clean_up(void)
{
    begin();
    check_all(CLEAN_UP);
}

static void L6_letting_go_in_a_destructor(void)
{
    begin();
    check_all(DESTRUCTOR_OF);
}

static void L6_letting_go_in_an_on_stuck_hook(void)
{
    begin();
    check_all(ON_STUCK);
}

static void L6_letting_go_in_a_job(void)
{
    begin();
    check_all(JOB);
}

static void L6_letting_go_in_a_thread(void)
{
    begin();
    check_all(THREAD);
}

static void L6_letting_go_in_a_turn_of_a_host(void)
{
    begin_in_real_time();
    CHECK_INT(syn_host_begin(&demo), 0);
    check_all(TURN);
}

static void L6_letting_go_in_a_thread_that_hosts(void)
{
    begin_in_real_time();
    CHECK_INT(syn_host_begin(&demo), 0);
    check_all(HOST);
}

static void L6_letting_go_in_a_callback_of_a_mailbox(void)
{
    begin_in_real_time();
    check_all(DRAIN);
}

static const struct test_case cases[] = {
    TEST(L6_letting_go_in_a_callback),
    TEST(L6_letting_go_in_a_step),
    TEST(L6_letting_go_in_clean_up),
    TEST(L6_letting_go_in_a_destructor),
    TEST(L6_letting_go_in_an_on_stuck_hook),
    TEST(L6_letting_go_in_a_job),
    TEST(L6_letting_go_in_a_thread),
    TEST(L6_letting_go_in_a_turn_of_a_host),
    TEST(L6_letting_go_in_a_thread_that_hosts),
    TEST(L6_letting_go_in_a_callback_of_a_mailbox),
};
TEST_MAIN_BOTH_MODES("letting_go", cases);
