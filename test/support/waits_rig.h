/* SPDX-License-Identifier: Apache-2.0
 *
 * Every kind of wait of a thread. What they wait for takes an hour of virtual time, and the
 * pools never abandon a job: a wait that heeds nothing runs into the alarm.
 */
#ifndef WAITS_RIG_H
#define WAITS_RIG_H

#include "support/pool_rig.h"

SYNCHRONIZER(demo);
POOL(workers, .max_threads = 4, .grace_ns = -1);
POOL(others, .max_threads = 4, .grace_ns = -1);
CHANNEL(int, ints);
PROMISE(int, answer);

static atomic_int cleaned; /* of what was cancelled */

ASYNC(demo, int, nap, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(1);
    co_finally;
    cleaned++;
    co_end;
}

GENERATOR(demo, int, slow)
{
    co_begin;
    for (;;) {
        co_sleep(3600);
        co_yield(1);
    }
    co_end;
}

/* Its clean-up takes an hour. */
GENERATOR(demo, int, lingers)
{
    co_begin;
    co_yield(1);
    co_yield(2);
    co_finally;
    co_sleep(3600);
    co_end;
}

/* Hears, and then takes an hour. */
GENERATOR(demo, int, listens, SENDS(int))
{
    co_begin;
    co_yield(1);
    co_sleep(3600);
    co_yield(2);
    co_end;
}

BLOCKING(others, int, naps_elsewhere)
{
    int y = 0;
    syn_err err = nap(3600, &y);

    return err ? job_fail(job, err) : y;
}

/* --- the kinds: each makes what it waits for, and leaves nothing behind --- */

static enum syn_origin origin_heard;

/* ERR is what the wait gave. */
static syn_err note(syn_err err)
{
    origin_heard = syn_last_origin();
    return err;
}

static syn_err by_call(void)
{
    return note(nap(3600, NULL));
}

static syn_err by_call_of_job(void)
{
    return note(naps_elsewhere(NULL));
}

static syn_err by_get(void)
{
    return note(future_get(nap_future(3600), NULL));
}

static syn_err by_get_of_job(void)
{
    return note(future_get(naps_elsewhere_future(), NULL));
}

static syn_err by_wait(void)
{
    struct nap_future f = nap_future(3600);
    syn_err err = note(future_wait(f));

    CHECK_INT(future_poll(f), SYN_EAGAIN); /* it runs on */
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    return err;
}

static syn_err by_get_of_promise(void)
{
    struct answer_promise p;
    struct answer_future f;
    syn_err err;

    CHECK_INT(promise_new(answer, &p, &f), SYN_OK);
    err = note(future_get(f, NULL));
    promise_complete(p, &(int){1});
    return err;
}

static syn_err by_wait_of_promise(void)
{
    struct answer_promise p;
    struct answer_future f;
    syn_err err;
    int y = 0;

    CHECK_INT(promise_new(answer, &p, &f), SYN_OK);
    err = note(future_wait(f));
    promise_complete(p, &(int){5});
    CHECK_INT(future_get(f, &y), SYN_OK); /* nothing is lost */
    CHECK_INT(y, 5);
    return err;
}

static syn_err by_scope(void)
{
    struct syn_scope s = SYN_SCOPE;

    scope_spawn(&s, nap_future(3600), NULL);
    scope_spawn(&s, nap_future(3600), NULL);
    return note(scope_join(&s));
}

static syn_err by_room(void)
{
    struct syn_scope s = SYN_SCOPE;

    scope_limit(&s, 1);
    scope_spawn(&s, nap_future(3600), NULL);
    scope_spawn(&s, nap_future(3600), NULL); /* there is no room */
    return note(scope_join(&s));
}

static syn_err by_shared(void)
{
    struct nap_shared s;
    syn_err err;
    int y;

    CHECK_INT(future_share(nap_future(3600), &s), SYN_OK);
    err = note(shared_get(s, &y));
    shared_release(s);
    return err;
}

static syn_err by_next(void)
{
    struct ints_channel c;
    syn_err err;
    int y = 0;

    CHECK_INT(channel_new(ints, 1, &c), SYN_OK);
    err = note(channel_next(c, &y));
    CHECK_INT(channel_send(c, &(int){7}), SYN_OK); /* it stands in nobody's way */
    CHECK_INT(channel_next(c, &y), SYN_OK);
    CHECK_INT(channel_close(c), SYN_OK);
    return err;
}

static syn_err by_send(void)
{
    struct ints_channel c;
    syn_err err;
    int y;

    CHECK_INT(channel_new(ints, 0, &c), SYN_OK);
    err = note(channel_send(c, &(int){7}));
    CHECK_INT(channel_try_next(c, &y), SYN_EAGAIN); /* nothing was sent */
    CHECK_INT(channel_close(c), SYN_OK);
    return err;
}

static syn_err by_next_of_generator(void)
{
    struct slow_channel c = slow();
    int y;
    syn_err err = note(channel_next(c, &y));

    CHECK_INT(channel_close(c), SYN_OK);
    return err;
}

static syn_err by_saying(void)
{
    struct listens_channel c = listens();
    syn_err err;
    int y;

    err = channel_next(c, &y); /* a request that came before may be heard here */
    err = note(err ? err : generator_send(c, &(int){1}, &y));
    CHECK_INT(channel_close(c), SYN_OK);
    return err;
}

static syn_err by_close(void)
{
    struct lingers_channel c = lingers();
    int y;
    syn_err err = channel_next(c, &y), closed;

    if (!err)
        return note(channel_close_by(c, syn_never()));
    note(err); /* a request that came before was heard here */
    closed = channel_close(c);
    CHECK(closed == SYN_OK || closed == SYN_ETIMEDOUT);
    return err;
}

static syn_err by_select(void)
{
    struct nap_future f = nap_future(3600);
    struct slow_channel c = slow();
    syn_err err;
    int y;

    CHECK_INT(channel_select(&err, ON_NEXT(c, &y), ON_FUTURE(f, &y)), -1);
    note(err);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(channel_close(c), SYN_OK);
    return err;
}

static const struct kind {
    const char *name;
    syn_err (*wait)(void);
} kinds[] = {
    {"a call", by_call},
    {"a call of a job", by_call_of_job},
    {"get", by_get},
    {"get of a job", by_get_of_job},
    {"wait", by_wait},
    {"get of a promise", by_get_of_promise},
    {"wait of a promise", by_wait_of_promise},
    {"a scope", by_scope},
    {"room in a scope", by_room},
    {"a shared future", by_shared},
    {"next", by_next},
    {"send", by_send},
    {"next of a generator", by_next_of_generator},
    {"generator_send", by_saying},
    {"close", by_close},
    {"select", by_select},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* Time passes only when all wait: then the job is in its wait. */
static inline void let_it_wait(void)
{
    CHECK_INT(nap(1, NULL), SYN_OK);
}

static inline void over(void)
{
    CHECK_INT(pool_stats(&workers).abandoned, 0);
    CHECK_INT(pool_stats(&others).abandoned, 0);
    finish_pool(&workers);
    finish_pool(&others);
    finish(&demo);
    done();
}

#endif
