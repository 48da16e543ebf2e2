/* SPDX-License-Identifier: Apache-2.0
 *
 * Every kind of wait of a thread, in a step: for what its own loop brings, and in a circle with
 * another loop. What could never end is refused, and nothing is left behind.
 */
#define _DEFAULT_SOURCE
#include "support/waits_rig.h"

#include <synchronicity/step.h>

SYNCHRONIZER(around);

static bool circle; /* what is waited for waits for a task of `around`, which waits in a step */

ASYNC(around, int, comes_back)
{
    return step_return(self, 1);
}

ASYNC(demo, int, target)
{
    co_begin;
    if (circle)
        co_try(comes_back_future(), &self->result);
    else
        co_sleep(3600);
    co_return(1);
    co_end;
}

GENERATOR(demo, int, produces, SENDS(int), SYN_LOCAL(int, y))
{
    co_begin;
    for (;;) {
        co_try(target_future(), &self->y);
        co_yield(self->y);
    }
    co_end;
}

GENERATOR(demo, int, cleans_up, SYN_LOCAL(int, y))
{
    co_begin;
    co_yield(1);
    co_yield(2);
    co_finally;
    co_try(target_future(), &self->y);
    co_end;
}

ASYNC(demo, void, ends_slowly, SYN_LOCAL(int, y))
{
    co_begin;
    co_sleep(1e6);
    co_finally;
    co_try(target_future(), &self->y);
    co_end;
}

BLOCKING(others, int, target_of_job)
{
    int y = 0;
    syn_err err = target(&y);

    return err ? job_fail(job, err) : y;
}

/* --- the kinds: what the wait gave --- */

static syn_err in_call(void)
{
    return target(NULL);
}

static syn_err in_call_of_job(void)
{
    return target_of_job(NULL);
}

static syn_err in_get(void)
{
    struct target_future f = target_future();
    syn_err err = future_get(f, NULL);

    if (!circle)
        CHECK_INT(future_drop(f), SYN_OK); /* nothing is used up */
    else
        future_drop(f);
    return err;
}

static syn_err in_get_of_job(void)
{
    struct target_of_job_future f = target_of_job_future();
    syn_err err = future_get(f, NULL);

    CHECK_INT(future_drop(f), SYN_OK);
    return err;
}

static syn_err in_wait(void)
{
    struct target_future f = target_future();
    syn_err err = future_wait(f);

    if (!err)
        return future_get(f, NULL);
    CHECK_INT(future_drop(f), SYN_OK);
    return err;
}

static syn_err in_scope(void)
{
    struct syn_scope s = SYN_SCOPE;
    struct target_future f = target_future(), g = target_future();
    syn_err err = scope_spawn(&s, f, NULL), other = scope_spawn(&s, g, NULL);

    if (err)
        CHECK_INT(future_drop(f), SYN_OK);
    if (other)
        CHECK_INT(future_drop(g), SYN_OK);
    if (!err)
        return scope_join(&s);
    CHECK_INT(scope_join(&s), SYN_OK);
    return err;
}

static syn_err in_room(void)
{
    struct syn_scope s = SYN_SCOPE;
    struct target_future f = target_future();
    syn_err err;

    scope_limit(&s, 1);
    err = scope_spawn(&s, f, NULL);
    if (err) {
        CHECK_INT(future_drop(f), SYN_OK);
        return err;
    }
    err = scope_spawn(&s, target_future(), NULL);
    return err ? scope_join(&s) : (scope_join(&s), SYN_OK);
}

static syn_err in_shared(void)
{
    struct target_shared s;
    syn_err err;
    int y;

    CHECK_INT(future_share(target_future(), &s), SYN_OK);
    err = shared_get(s, &y);
    shared_release(s);
    return err;
}

static syn_err in_next(void)
{
    struct ints_channel c;
    syn_err err;
    int y = 0;

    CHECK_INT(channel_new(ints, 1, &c), SYN_OK);
    err = channel_next(c, &y);
    CHECK_INT(channel_send(c, &(int){7}), SYN_OK); /* it stands in nobody's way */
    CHECK_INT(channel_next(c, &y), SYN_OK);
    CHECK_INT(channel_close(c), SYN_OK);
    return err;
}

static syn_err in_send(void)
{
    struct ints_channel c;
    syn_err err;

    CHECK_INT(channel_new(ints, 0, &c), SYN_OK);
    err = channel_send(c, &(int){7});
    CHECK_INT(channel_close(c), SYN_OK);
    return err;
}

static syn_err in_next_of_generator(void)
{
    struct produces_channel c = produces();
    int y;
    syn_err err = channel_next(c, &y);

    channel_drop(c);
    return err;
}

static syn_err in_saying(void)
{
    struct produces_channel c = produces();
    int y;
    syn_err err = generator_send(c, &(int){1}, &y);

    channel_drop(c);
    return err;
}

static syn_err in_select(void)
{
    struct target_future f = target_future();
    struct produces_channel c = produces();
    syn_err err;
    int y;

    CHECK_INT(channel_select(&err, ON_NEXT(c, &y), ON_FUTURE(f, &y)), -1);
    CHECK_INT(future_drop(f), SYN_OK);
    channel_drop(c);
    return err;
}

static struct cleans_up_channel begun; /* by a plain thread: it has an item */

static syn_err in_close(void)
{
    return channel_close_by(begun, syn_never());
}

static struct ends_slowly_future ending;

static syn_err in_stop(void)
{
    return synchronizer_stop(&demo, syn_never());
}

static syn_err in_stop_of_pool(void)
{
    return pool_stop(&others, syn_never());
}

static const struct step_kind {
    const char *name;
    syn_err (*wait)(void);
    syn_err on_own_loop;
} step_kinds[] = {
    {"a call", in_call, SYN_EDEADLK},
    {"a call of a job", in_call_of_job, SYN_EDEADLK},
    {"get", in_get, SYN_EDEADLK},
    {"get of a job", in_get_of_job, SYN_EDEADLK},
    {"wait", in_wait, SYN_EDEADLK},
    {"a scope", in_scope, SYN_EDEADLK},
    {"room in a scope", in_room, SYN_EDEADLK},
    {"a shared future", in_shared, SYN_EDEADLK},
    {"next", in_next, SYN_EDEADLK},
    {"send", in_send, SYN_EDEADLK},
    {"next of a generator", in_next_of_generator, SYN_EDEADLK},
    {"generator_send", in_saying, SYN_EDEADLK},
    {"select", in_select, SYN_EDEADLK},
    {"close", in_close, SYN_EAGAIN}, /* it is left to itself */
    {"a stop", in_stop, SYN_EDEADLK},
    {"a pool's stop", in_stop_of_pool, SYN_EDEADLK},
};
enum { STEP_KINDS = sizeof step_kinds / sizeof *step_kinds };

static void check_step(const struct step_kind *kind, syn_err err, syn_err expected)
{
    if (err != expected)
        test_fail(__FILE__, __LINE__, "%s: %s, not %s", kind->name, syn_err_name(err),
                  syn_err_name(expected));
}

/* What a thread must have begun. */
static void prepare(const struct step_kind *kind)
{
    int y;

    if (kind->wait == in_close) {
        begun = cleans_up();
        CHECK_INT(channel_next(begun, &y), SYN_OK);
    }
    if (kind->wait == in_stop) {
        ending = ends_slowly_future();
        CHECK_INT(nap(1, NULL), SYN_OK);
    }
}

static void end_all(void)
{
    finish(&around);
    over();
}

ASYNC(demo, syn_err, waits_on_own_loop, (int, kind))
{
    return step_return(self, step_kinds[self->kind].wait());
}

static void C19_no_kind_of_wait_waits_for_its_own_loop(void)
{
    begin();
    circle = false;
    for (int i = 0; i < STEP_KINDS; i++) {
        const struct step_kind *kind = &step_kinds[i];
        syn_err err = SYN_OK;

        prepare(kind);
        CHECK_INT(waits_on_own_loop(i, &err), SYN_OK);
        check_step(kind, err, kind->on_own_loop);
        if (kind->wait == in_stop)
            CHECK_INT(future_cancel(ending), SYN_ECANCELED);
    }
    CHECK_INT(nap(7200, NULL), SYN_OK);
    end_all();
}

ASYNC(around, syn_err, waits_in_a_circle, (int, kind))
{
    return step_return(self, step_kinds[self->kind].wait());
}

static void C8_no_kind_of_wait_closes_a_circle(void)
{
    char said[2000];

    begin();
    circle = true;
    for (int i = 0; i < STEP_KINDS; i++) {
        const struct step_kind *kind = &step_kinds[i];
        syn_err err = SYN_OK;

        prepare(kind);
        CHECK_INT(waits_in_a_circle(i, &err), SYN_OK);
        if (kind->wait != in_stop) {
            check_step(kind, err, SYN_EDEADLK);
            continue;
        }
        check_step(kind, err, SYN_OK); /* the clean-up heard of it, and ended */
        CHECK_INT(future_get(ending), SYN_ECANCELED);
        syn_report_text(syn_last_report(), said, sizeof said);
        CHECK(strstr(said, "would close a circle")); /* what its clean-up came to */
        CHECK_INT(synchronizer_start(&demo), SYN_OK);
    }
    end_all();
}

static const struct test_case cases[] = {
    TEST(C19_no_kind_of_wait_waits_for_its_own_loop),
    TEST(C8_no_kind_of_wait_closes_a_circle),
};
TEST_MAIN_BOTH_MODES("waits_step", cases);
