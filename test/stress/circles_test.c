/* SPDX-License-Identifier: Apache-2.0
 *
 * Circles of tasks over three loops in real time: tasks that close one all at the same moment, of which one
 * is refused and all others end well; and waits that are no circle, cut short by deadlines, of which none is.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"
#include "support/random.h"

SYNCHRONIZER(a);
SYNCHRONIZER(b);
SYNCHRONIZER(c);

enum { MOST = 6, LAYERS = 8 };

static atomic_bool go;
static atomic_int n_refused;

static void end_all(void)
{
    finish(&a);
    finish(&b);
    finish(&c);
    done_after(1024);
}

/* What is waited for is a copy of a shared result, of any owner. */
ASYNC(c, int, gives, (int, x))
{
    co_begin;
    co_return(self->x);
    co_end;
}

static struct gives_shared results[LAYERS * MOST];

static void share(int i, const struct syn_future *handle)
{
    struct gives_future f = {0};

    f.u.handle = *handle;
    CHECK_INT(future_share(f, &results[i]), SYN_OK);
}

/* --- circles --- */

ASYNC(SYN_FREE, int, waits_for, (int, i), (int, kind), SYN_LOCAL(struct gives_future, f),
      SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, y))
{
    co_begin;
    while (!go)
        co_pass;
    self->scope = (struct syn_scope)SYN_SCOPE;
    syn_shared_future(results[self->i], &self->f);
    if (self->kind == 0) {
        co_await(self->f, &self->y);
    } else if (self->kind == 1) {
        co_spawn(&self->scope, self->f, &self->y);
        co_join(&self->scope);
    } else {
        co_race(&self->scope, (self->f, &self->y));
    }
    CHECK(!co_status || co_status == SYN_EDEADLK);
    n_refused += co_status == SYN_EDEADLK;
    co_return(1);
    co_end;
}

ASYNC(a, int, on_a, (int, i), (int, kind))
{
    co_begin;
    co_try(waits_for_future(self->i, self->kind), &self->result);
    co_return_result;
    co_end;
}

ASYNC(b, int, on_b, (int, i), (int, kind))
{
    co_begin;
    co_try(waits_for_future(self->i, self->kind), &self->result);
    co_return_result;
    co_end;
}

ASYNC(c, int, on_c, (int, i), (int, kind))
{
    co_begin;
    co_try(waits_for_future(self->i, self->kind), &self->result);
    co_return_result;
    co_end;
}

static struct syn_future waits_on(unsigned loop, int i, int kind)
{
    return loop == 0   ? on_a_future(i, kind).u.handle
           : loop == 1 ? on_b_future(i, kind).u.handle
                       : on_c_future(i, kind).u.handle;
}

static void C8_of_waits_that_close_a_circle_at_one_moment_one_is_refused(void)
{
    uint32_t random = 4711;

    begin_in_real_time();
    for (int round = 0; round < 1000 / TEST_SLOWNESS; round++) {
        int n = 2 + (int)(next_random(&random) % (MOST - 1)), y;

        go = false;
        n_refused = 0;
        for (int i = 0; i < n; i++) {
            struct syn_future handle =
                waits_on(next_random(&random) % 3, (i + 1) % n, (int)(next_random(&random) % 3));

            share(i, &handle);
        }
        go = true;
        for (int i = 0; i < n; i++)
            CHECK_INT(shared_get(results[i], &y), SYN_OK);
        for (int i = 0; i < n; i++)
            shared_release(results[i]);
        CHECK_INT(n_refused, 1);
    }
    end_all();
}

/* --- what is none: each waits for such as were made before --- */

static struct syn_mutex locks[3];

static struct syn_mutex *lock_of(const struct syn_task *task)
{
    const struct syn_synchronizer *home = syn_task_synchronizer(task);

    return &locks[home == &a ? 0 : home == &b ? 1 : 2];
}

/* Locks nothing while it waits for another's result, so that no lock closes a circle. */
ASYNC(SYN_FREE, int, waits_often, (int, made), (uint32_t, random), SYN_LOCAL(struct gives_future, f),
      SYN_LOCAL(struct gives_future, g), SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, n),
      SYN_LOCAL(int, y), SYN_LOCAL(int, z), SYN_LOCAL(struct syn_choice, on[3]))
{
    co_begin;
    for (self->n = 0; self->n < 8; self->n++) {
        co_sleep(next_random(&self->random) % 100 * 1e-6);
        if (self->made == 0)
            continue;
        syn_shared_future(results[next_random(&self->random) % (uint32_t)self->made], &self->f);
        syn_shared_future(results[next_random(&self->random) % (uint32_t)self->made], &self->g);
        self->scope = (struct syn_scope)SYN_SCOPE;
        if (next_random(&self->random) % 4 == 0) {
            co_await(self->f, &self->y);
        } else if (next_random(&self->random) % 3 == 0) {
            co_await_by(self->f, &self->y, syn_after(next_random(&self->random) % 300 * 1e-6));
        } else if (next_random(&self->random) % 2) {
            co_select(self->on, ON_FUTURE(self->f, &self->y), ON_FUTURE(self->g, &self->z),
                      ON_TIME(syn_after(next_random(&self->random) % 300 * 1e-6)));
        } else {
            co_all(&self->scope, (self->f, &self->y), (self->g, &self->z));
        }
        CHECK(!co_status || co_status == SYN_ETIMEDOUT);
        future_detach(self->f);
        future_detach(self->g);
        co_lock(lock_of(&self->syn));
        co_pass;
        syn_mutex_unlock(lock_of(&self->syn));
    }
    co_return(1);
    co_finally;
    CHECK(co_status != SYN_EDEADLK);
    future_detach(self->f);
    future_detach(self->g);
    if (syn_mutex_is_mine(lock_of(&self->syn)))
        syn_mutex_unlock(lock_of(&self->syn));
    co_end;
}

ASYNC(a, int, often_on_a, (int, made), (uint32_t, random))
{
    co_begin;
    co_try(waits_often_future(self->made, self->random), &self->result);
    co_return_result;
    co_end;
}

ASYNC(b, int, often_on_b, (int, made), (uint32_t, random))
{
    co_begin;
    co_try(waits_often_future(self->made, self->random), &self->result);
    co_return_result;
    co_end;
}

static struct syn_future often_on(unsigned loop, int made, uint32_t random)
{
    return loop == 0   ? often_on_a_future(made, random).u.handle
           : loop == 1 ? often_on_b_future(made, random).u.handle
                       : waits_often_future(made, random).u.handle; /* on the default one */
}

static void C8_waits_that_lead_back_to_nobody_are_never_refused(void)
{
    uint32_t random = 815;

    begin_in_real_time();
    for (int round = 0; round < 60 / TEST_SLOWNESS; round++) {
        struct gives_future cancelled[MOST] = {0};
        int y;

        for (int i = 0; i < LAYERS * MOST; i++) {
            struct syn_future handle = often_on(next_random(&random) % 3, i, next_random(&random));

            share(i, &handle);
        }
        for (int i = 0; i < MOST; i++)
            cancelled[i].u.handle =
                often_on(next_random(&random) % 3, LAYERS * MOST, next_random(&random));
        for (int i = 0; i < MOST; i++) {
            syn_err err;

            usleep(next_random(&random) % 200);
            err = future_cancel(cancelled[i]);
            CHECK(!err || err == SYN_ECANCELED);
        }
        for (int i = 0; i < LAYERS * MOST; i++)
            CHECK_INT(shared_get(results[i], &y), SYN_OK);
        for (int i = 0; i < LAYERS * MOST; i++)
            shared_release(results[i]);
    }
    CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_never()), SYN_OK);
    CHECK_INT(synchronizer_free(syn_default_synchronizer()), SYN_OK);
    end_all();
}

static const struct test_case cases[] = {
    TEST(C8_of_waits_that_close_a_circle_at_one_moment_one_is_refused),
    TEST(C8_waits_that_lead_back_to_nobody_are_never_refused),
};
TEST_MAIN_BOTH_MODES("circles", cases);
