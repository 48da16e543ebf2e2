/* SPDX-License-Identifier: Apache-2.0
 *
 * Circles of tasks over several loops in which no step blocks: the wait that closes one is refused, and names both
 * ends, whatever the waits are; what is no circle is left alone. Circles of one loop: circle_task_test.c.
 */
#define _DEFAULT_SOURCE
#include "support/circle_kinds_rig.h"

ASYNC(b, int, b_waits, (enum kind, kind), (double, seconds), (const struct wanted *, wanted))
{
    co_begin;
    co_try(waits_future(self->kind, self->seconds, self->wanted), &self->result);
    co_return_result;
    co_end;
}

/* The last of the two was of KIND, on `a` or on `b`. */
static void names_both(enum kind kind, bool on_a)
{
    char end[40], what[40];

    snprintf(end, sizeof end, "%s on '%s' would wait for ", kind == HELPER ? "helps" : kind == ITEM ? "yields" : "waits",
             on_a ? "a" : "b");
    snprintf(what, sizeof what, "%s on '%s'", kind == LOCK ? "holds" : on_a ? "b_waits" : "a_waits",
             (kind == LOCK) == on_a ? "a" : "b");
    REFUSED(end, what);
}

/* Two that wait for each other, that of `a` after ON_A seconds. */
static void two_wait(enum kind of_a, double on_a, enum kind of_b, double on_b)
{
    struct wanted by_a = {0}, by_b = {0};
    struct a_waits_future f;
    struct b_waits_future g;
    bool a_closes = on_a > on_b;
    enum kind last = a_closes ? of_a : of_b;
    int y = 0;

    forget();
    f = a_waits_future(of_a, on_a, &by_a);
    g = b_waits_future(of_b, on_b, &by_b);
    give(f.u.handle, of_b != AWAIT, &by_b);
    give(g.u.handle, of_a != AWAIT, &by_a);
    CHECK_INT(future_get(c_naps_future(10), &y), SYN_OK);
    if (refused.count < 1 || (refused.count > 1 && last != LOCK) || n_over != 2)
        test_fail(__FILE__, __LINE__, "%d on a and %d on b: %d refused, %d over: %s", of_a, of_b, refused.count,
                  n_over, refused.said);
    names_both(last, a_closes);
    take_back(of_a != AWAIT, &by_a);
    take_back(of_b != AWAIT, &by_b);
}

static void C8_each_kind_of_wait_closes_a_circle_with_each_over_two_loops(void)
{
    for (enum kind i = 0; i < KINDS; i++)
        for (enum kind j = 0; j < KINDS; j++) {
            begin();
            two_wait(i, 2, j, 1);
            two_wait(i, 1, j, 2);
            CHECK_INT(refused.at % SECOND, 0); /* when it waited */
            end_all();
        }
}

/* --- more loops, and more kinds --- */

GENERATOR(c, int, c_yields, (struct c_naps_future *, f), SYN_LOCAL(int, y))
{
    co_begin;
    co_sleep(0.5); /* F is known by then */
    co_await(*self->f, &self->y);
    co_yield(self->y);
    co_end;
}

static struct c_naps_future of_first;

ASYNC(b, int, b_asks_c, SYN_LOCAL(struct c_yields_channel, ch))
{
    co_begin;
    self->ch = c_yields(&of_first);
    co_next(self->ch, &self->result);
    co_return_result;
    co_finally;
    channel_drop(self->ch);
    co_end;
}

ASYNC(a, int, a_asks_b, (double, seconds), SYN_LOCAL(struct b_asks_c_future, f))
{
    co_begin;
    self->f = b_asks_c_future();
    co_sleep(self->seconds);
    co_await(self->f, &self->result);
    NOTE;
    co_return(9);
    co_end;
}

static void C8_a_circle_over_three_loops_and_a_generator_of_another_is_refused(void)
{
    struct a_asks_b_future f;

    begin();
    forget();
    f = a_asks_b_future(1);
    of_first.u.handle = f.u.handle;
    CHECK_INT(future_get(c_naps_future(5), NULL), SYN_OK);
    CHECK_INT(refused.count, 1);
    CHECK_INT(refused.at, SECOND);
    REFUSED("a_asks_b on 'a' would wait for b_asks_c on 'b'", "");
    end_all();
}

/* The consumer waits last, for what runs on another loop. */
ASYNC(b, int, b_asks_c_late, SYN_LOCAL(struct c_yields_channel, ch))
{
    co_begin;
    self->ch = c_yields(&of_first);
    channel_try_next(self->ch, &self->result); /* starts it */
    co_sleep(1);
    co_next(self->ch, &self->result);
    NOTE;
    co_return(9);
    co_finally;
    channel_drop(self->ch);
    co_end;
}

static void C8_so_is_one_that_a_consumer_of_another_loops_generator_closes(void)
{
    struct b_asks_c_late_future f;

    begin();
    forget();
    f = b_asks_c_late_future();
    of_first.u.handle = f.u.handle;
    CHECK_INT(future_get(c_naps_future(5), NULL), SYN_OK);
    CHECK_INT(refused.count, 1);
    CHECK_INT(refused.at, SECOND);
    REFUSED("b_asks_c_late on 'b' would wait for c_yields on 'c'", "");
    end_all();
}

ASYNC(b, int, b_waits_for, (struct c_naps_future *, f))
{
    co_begin;
    co_sleep(0.5); /* F is known by then */
    co_await(*self->f, &self->result);
    co_return_result;
    co_end;
}

ASYNC(a, int, a_wants_room, SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    self->scope = (struct syn_scope)SYN_SCOPE;
    scope_limit(&self->scope, 1);
    co_spawn(&self->scope, b_waits_for_future(&of_first), NULL);
    co_sleep(1);
    co_spawn(&self->scope, c_naps_future(1), NULL);
    co_join(&self->scope);
    co_check;
    co_return(1);
    co_finally;
    NOTE;
    co_end;
}

static void C8_so_is_room_that_only_who_waits_for_us_elsewhere_makes(void)
{
    struct a_wants_room_future f;

    begin();
    forget();
    f = a_wants_room_future();
    of_first.u.handle = f.u.handle;
    CHECK_INT(future_get(c_naps_future(5), NULL), SYN_OK);
    CHECK_INT(refused.count, 1);
    CHECK_INT(refused.at, SECOND);
    REFUSED("a_wants_room on 'a' would wait for b_waits_for on 'b'", "");
    end_all();
}

/* --- what is none --- */

static int64_t came_at;

enum out { BY_TIME, BY_A_CHOICE, BY_A_TIME_CHOICE, OUTS };

ASYNC(a, int, a_has_a_way_out, (enum out, out), (struct b_waits_for_future *, f), SYN_LOCAL(int, y),
      SYN_LOCAL(struct helps_future, helps), SYN_LOCAL(struct holds_future, held), SYN_LOCAL(struct syn_choice, on[2]))
{
    co_begin;
    if (self->out == BY_TIME)
        self->held = holds_future((struct c_naps_future){.u.handle = self->f->u.handle});
    co_sleep(1);
    self->helps = helps_future(c_naps_future(2)); /* it waits for a task, too */
    co_sleep(0.001);
    if (self->out == BY_TIME) {
        co_attempt_by(&locked_on_a, syn_after(1.999));
        co_check;
    } else if (self->out == BY_A_CHOICE)
        co_select(self->on, ON_FUTURE(*self->f, &self->y), ON_FUTURE(self->helps, &self->y));
    else
        co_select(self->on, ON_FUTURE(*self->f, &self->y), ON_TIME(syn_after(1.999)));
    note(co_status == SYN_ETIMEDOUT ? SYN_OK : co_status, syn_task_report(&self->syn));
    co_return(1);
    co_finally;
    came_at = now();
    unlock(&locked_on_a);
    future_detach(self->helps);
    if (self->out == BY_TIME)
        future_detach(self->held);
    else
        future_detach(*self->f);
    n_over++;
    co_end;
}

static void C8_a_wait_that_something_else_ends_closes_no_circle_over_loops(void)
{
    struct b_waits_for_future g;
    struct a_has_a_way_out_future f;

    for (enum out out = 0; out < OUTS; out++) {
        begin();
        forget();
        g = b_waits_for_future(&of_first);
        f = a_has_a_way_out_future(out, &g);
        of_first.u.handle = f.u.handle;
        CHECK_INT(future_get(c_naps_future(5), NULL), SYN_OK);
        CHECK_INT(refused.count, 0);
        CHECK_INT(n_over, 1);
        CHECK_INT(came_at, 3 * SECOND); /* the other way */
        end_all();
    }
}

/* Long chains over loops end well, whatever else waits in them. */
ASYNC_DECLARE(int, b_goes_down, (int, depth));

ASYNC(a, int, a_goes_down, (int, depth), SYN_LOCAL(struct c_naps_future, f))
{
    co_begin;
    if (self->depth == 0) {
        co_sleep(1);
        co_return(0);
    }
    self->f.u.handle = b_goes_down_future(self->depth - 1).u.handle;
    co_sleep(0.001); /* so that it waits by now */
    co_try(self->f, &self->result);
    co_return(self->result + 1);
    co_end;
}

ASYNC_DEFINE(b, int, b_goes_down, (int, depth), SYN_LOCAL(struct c_naps_future, f))
{
    co_begin;
    if (self->depth == 0) {
        co_sleep(1);
        co_return(0);
    }
    self->f.u.handle = a_goes_down_future(self->depth - 1).u.handle;
    co_sleep(0.001);
    co_try(self->f, &self->result);
    co_return(self->result + 1);
    co_end;
}

static void C8_a_chain_that_goes_to_and_fro_between_loops_is_no_circle(void)
{
    int y = 0;

    begin();
    CHECK_INT(a_goes_down(200, &y), SYN_OK);
    CHECK_INT(y, 200);
    end_all();
}

/* --- the bound --- */

static bool dump_says(const char *text)
{
    static char dump[1 << 20];
    FILE *file = tmpfile();

    CHECK(file != NULL);
    syn_dump(fileno(file));
    rewind(file);
    dump[fread(dump, 1, sizeof dump - 1, file)] = 0;
    fclose(file);
    return strstr(dump, text) != NULL;
}

/* Its wait begins when all others wait, so its search has the whole chain before it. */
ASYNC(c, int, c_waits_last, SYN_LOCAL(struct a_goes_down_future, f))
{
    co_begin;
    self->f = a_goes_down_future(1100);
    co_sleep(0.01);
    co_try(self->f, &self->result);
    co_return_result;
    co_end;
}

static void C8_a_search_that_meets_its_bound_is_told_by_a_dump(void)
{
    int y = 0;

    begin();
    CHECK(!dump_says("cut short"));
    CHECK_INT(c_waits_last(&y), SYN_OK);
    CHECK_INT(y, 1100);
    CHECK(dump_says("searches for circles of waits, cut short: "));
    end_all_after(1200);
}

static const struct test_case cases[] = {
    TEST(C8_each_kind_of_wait_closes_a_circle_with_each_over_two_loops),
    TEST(C8_a_circle_over_three_loops_and_a_generator_of_another_is_refused),
    TEST(C8_so_is_one_that_a_consumer_of_another_loops_generator_closes),
    TEST(C8_so_is_room_that_only_who_waits_for_us_elsewhere_makes),
    TEST(C8_a_wait_that_something_else_ends_closes_no_circle_over_loops),
    TEST(C8_a_chain_that_goes_to_and_fro_between_loops_is_no_circle),
    TEST(C8_a_search_that_meets_its_bound_is_told_by_a_dump),
};
TEST_MAIN_BOTH_MODES("circle_loops", cases);
