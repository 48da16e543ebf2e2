/* SPDX-License-Identifier: Apache-2.0
 *
 * Circles through a wait that nobody wrote: that of a task which ends, for what is left in its scopes. It is a wait as
 * any other, but what the task waits for may use its frame, so another wait of the circle is refused.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(a);
SYNCHRONIZER(b);

enum kind { AWAIT, BY, COPY, JOIN, SELECT, RACE, LOCK, KINDS };
enum who { ON_A, ON_B };
enum end { RETURNS, FAILS, IN_CLEAN_UP, ENDS };

static struct syn_mutex mutex;
static syn_err refused;
static char said[2000];
static atomic_int n_over, n_ended;
static bool too_early;

ASYNC(b, int, b_naps, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(7);
    co_end;
}

static struct b_naps_shared of_parent; /* what it comes to, for the child */

static void end_all(void)
{
    finish(&a);
    finish(&b);
    done();
}

static void unlock(void)
{
    if (syn_mutex_is_mine(&mutex))
        syn_mutex_unlock(&mutex);
}

static void child_is_over(syn_err err, const struct syn_report *report)
{
    too_early = too_early || n_ended > 0;
    refused = err;
    if (err)
        syn_report_text(report, said, sizeof said);
    n_over++;
}

/* In its clean-up, which begins after SECONDS, or when it is cancelled, it waits for its parent. */
ASYNC(SYN_FREE, int, waits, (enum kind, kind), (double, seconds), SYN_LOCAL(struct b_naps_future, f),
      SYN_LOCAL(struct b_naps_future, g), SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(struct syn_choice, on[2]),
      SYN_LOCAL(int, y))
{
    co_begin;
    co_sleep(self->seconds);
    co_fail(-1000);
    co_finally;
    self->scope = (struct syn_scope)SYN_SCOPE;
    if (self->kind != LOCK) {
        syn_shared_future(of_parent, &self->f);
        syn_shared_future(of_parent, &self->g);
    }
    if (self->kind == AWAIT || self->kind == COPY)
        co_await(self->f, &self->y);
    else if (self->kind == BY)
        co_await_by(self->f, &self->y, syn_after(3.0));
    else if (self->kind == JOIN) {
        co_spawn(&self->scope, self->f, &self->y);
        co_join(&self->scope);
    } else if (self->kind == SELECT) {
        co_select(self->on, ON_FUTURE(self->f, &self->y), ON_FUTURE(self->g, &self->y));
    } else if (self->kind == RACE) {
        co_race(&self->scope, (self->f, &self->y), (self->g, &self->y));
    } else {
        co_lock(&mutex);
    }
    child_is_over(co_status, syn_task_report(&self->syn)); /* not of a lock: one that is refused ends a clean-up */
    unlock();
    if (self->kind != RACE && self->kind != LOCK)
        future_detach(self->g);
    if (self->kind == SELECT)
        future_detach(self->f);
    co_end;
}

ASYNC(a, int, a_waits, (enum kind, kind), (double, seconds))
{
    co_begin;
    co_try(waits_future(self->kind, self->seconds), &self->result);
    co_return_result;
    co_end;
}

ASYNC(b, int, b_waits, (enum kind, kind), (double, seconds))
{
    co_begin;
    co_try(waits_future(self->kind, self->seconds), &self->result);
    co_return_result;
    co_end;
}

static struct syn_future child(enum who who, enum kind kind, double seconds)
{
    return who == ON_A ? a_waits_future(kind, seconds).u.handle : b_waits_future(kind, seconds).u.handle;
}

/* Ends after two seconds, without a join. */
ASYNC(a, int, ends, (enum end, end), (enum who, who), (enum kind, kind), (double, seconds),
      SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(struct b_naps_future, f))
{
    co_begin;
    if (self->kind == LOCK)
        co_lock(&mutex);
    if (self->end != IN_CLEAN_UP) {
        self->f.u.handle = child(self->who, self->kind, self->seconds);
        co_spawn(&self->scope, self->f, NULL);
    }
    co_sleep(2.0);
    if (self->end == FAILS)
        co_fail(-1001);
    co_return(1);
    co_finally;
    if (self->end == IN_CLEAN_UP) {
        self->f.u.handle = child(self->who, self->kind, self->seconds);
        co_spawn(&self->scope, self->f, NULL);
        co_sleep(2.0);
    }
    if (self->end != IN_CLEAN_UP)
        unlock();
    n_ended++;
    co_end;
}

/* The child's clean-up begins before its parent ends, or by that. */
static void ends_and_waits(enum end end, enum who who, enum kind kind, double seconds)
{
    struct b_naps_future f;
    struct ends_future g;
    int y = 0;

    begin();
    n_over = n_ended = 0;
    refused = SYN_OK;
    too_early = false;
    said[0] = 0;
    g = ends_future(end, who, kind, seconds);
    f.u.handle = g.u.handle;
    CHECK_INT(future_share(f, &of_parent), SYN_OK);
    CHECK_INT(b_naps(20.0, &y), SYN_OK);
    if (n_ended != 1 || (too_early && end != IN_CLEAN_UP) || (kind != LOCK && (n_over != 1 || refused == SYN_OK)))
        test_fail(__FILE__, __LINE__, "end %d, child %d, kind %d, %s: %d over, %d ended, early %d, %d", end, who, kind,
                  seconds < 2 ? "before" : "by it", n_over, n_ended, too_early, refused);
    if (kind != BY && kind != LOCK &&
        (refused != SYN_EDEADLK || !strstr(said, "would wait for ") || !strstr(said, "waits")))
        test_fail(__FILE__, __LINE__, "end %d, child %d, kind %d, %s: %d: %s", end, who, kind,
                  seconds < 2 ? "before" : "by it", refused, said);
    shared_release(of_parent);
    end_all();
}

static void all_kinds_of(enum who who, enum kind last)
{
    for (enum end end = 0; end < ENDS; end++)
        for (enum kind kind = 0; kind <= last; kind++) {
            if (kind == LOCK && end == IN_CLEAN_UP)
                continue; /* it must unlock before that */
            ends_and_waits(end, who, kind, 1.0);
            ends_and_waits(end, who, kind, 1000.0);
        }
}

static void C8_a_clean_up_that_waits_for_the_end_of_its_parent_is_refused(void)
{
    all_kinds_of(ON_A, LOCK);
}

static void C8_so_is_one_on_another_loop(void)
{
    all_kinds_of(ON_B, RACE);
}

static const struct test_case cases[] = {
    TEST(C8_a_clean_up_that_waits_for_the_end_of_its_parent_is_refused),
    TEST(C8_so_is_one_on_another_loop),
};
TEST_MAIN_BOTH_MODES("circle_end", cases);
