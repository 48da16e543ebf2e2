/* SPDX-License-Identifier: Apache-2.0
 *
 * Synchronizers that block on each other: the wait that would close the circle is refused, and
 * says which.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(a);
SYNCHRONIZER(b);
SYNCHRONIZER(c);

static void end_all(void)
{
    finish(&a);
    finish(&b);
    finish(&c);
    done();
}


static char message[SYN_MESSAGE_MAX];

static syn_err note(syn_err err)
{
    if (err == SYN_EDEADLK)
        snprintf(message, sizeof message, "%s", last_message());
    return err;
}

/* Both ends of the circle: what was asked for, and what stands in its way. */
static void names(const char *one, const char *other)
{
    if (!strstr(message, one) || !strstr(message, other))
        test_fail(__FILE__, __LINE__, "the report says \"%s\"", message);
    message[0] = 0;
}

ASYNC(a, int, back_home)
{
    return step_return(self, 5);
}

ASYNC(b, syn_err, asks_a)
{
    return step_return(self, note(back_home(NULL)));
}

ASYNC(a, syn_err, circle_of_two)
{
    syn_err inner = -1, err = asks_a(&inner);

    return step_return(self, err ? err : inner);
}

static void C8_a_circle_of_two_is_refused_and_names_both_ends(void)
{
    syn_err err = -1;

    begin();
    CHECK_INT(circle_of_two(&err), 0);
    CHECK_INT(err, SYN_EDEADLK);
    names("back_home on 'a'", "asks_a on 'b'");
    CHECK_INT(asks_a(&err), 0); /* no circle, no error */
    CHECK_INT(err, 0);
    end_all();
}

ASYNC(c, syn_err, c_asks_a)
{
    return step_return(self, note(back_home(NULL)));
}

ASYNC(b, syn_err, b_asks_c)
{
    syn_err inner = -1, err = c_asks_a(&inner);

    return step_return(self, err ? err : inner);
}

ASYNC(a, syn_err, circle_of_three)
{
    syn_err inner = -1, err = b_asks_c(&inner);

    return step_return(self, err ? err : inner);
}

static void C8_a_circle_of_three_is_refused(void)
{
    syn_err err = -1;

    begin();
    CHECK_INT(circle_of_three(&err), 0);
    CHECK_INT(err, SYN_EDEADLK);
    names("back_home on 'a'", "c_asks_a on 'c'");
    end_all();
}

ASYNC(b, syn_err, gets_from_a, (struct back_home_future, f))
{
    syn_err err = note(future_wait(self->f));

    if (!err)
        err = note(future_get(self->f, NULL));
    return step_return(self, err);
}

ASYNC(a, syn_err, circle_by_future, SYN_LOCAL(struct back_home_future, f))
{
    syn_err inner = -1, err;

    self->f = back_home_future();
    err = gets_from_a(self->f, &inner);
    future_detach(self->f);
    return step_return(self, err ? err : inner);
}

static void C8_a_circle_closed_by_a_future_is_refused_and_uses_up_nothing(void)
{
    syn_err err = -1;

    begin();
    CHECK_INT(circle_by_future(&err), 0);
    CHECK_INT(err, SYN_EDEADLK);
    names("back_home on 'a'", "gets_from_a on 'b'");
    end_all();
}

ASYNC(b, syn_err, in_clean_up, SYN_LOCAL(syn_err, err))
{
    co_begin;
    co_finally;
    self->err = note(back_home(NULL));
    co_return(self->err);
    co_end;
}

ASYNC(a, syn_err, circle_in_clean_up)
{
    syn_err inner = -1, err = in_clean_up(&inner);

    return step_return(self, err ? err : inner);
}

static void C8_a_circle_closed_by_clean_up_is_refused(void)
{
    begin();
    CHECK_INT(circle_in_clean_up(NULL), 0);
    names("back_home on 'a'", "in_clean_up on 'b'");
    end_all();
}

/* Two loops that start to block on each other at one moment: the last is refused,
 * and neither hangs. */

ASYNC(b, syn_err, b_asks_a)
{
    return step_return(self, back_home(NULL));
}

ASYNC(b, int, back_at_b)
{
    return step_return(self, 6);
}

ASYNC(a, syn_err, a_asks_b)
{
    return step_return(self, back_at_b(NULL));
}

static void C8_who_closes_it_last_is_refused_in_a_race(void)
{
    int refused = 0;

    begin_in_real_time();
    for (int i = 0; i < 2000 / TEST_SLOWNESS; i++) {
        struct b_asks_a_future f = b_asks_a_future();
        struct a_asks_b_future g = a_asks_b_future();
        syn_err err_f = -1, err_g = -1;

        CHECK_INT(future_get(f, &err_f), 0);
        CHECK_INT(future_get(g, &err_g), 0);
        CHECK(err_f == 0 || err_f == SYN_EDEADLK);
        CHECK(err_g == 0 || err_g == SYN_EDEADLK);
        CHECK(err_f == 0 || err_g == 0);
        refused += err_f != 0 || err_g != 0;
    }
    finish(&a);
    finish(&b);
    done_after(1024);
    printf("%d refused\n", refused);
}

static const struct test_case cases[] = {
    TEST(C8_a_circle_of_two_is_refused_and_names_both_ends),
    TEST(C8_a_circle_of_three_is_refused),
    TEST(C8_a_circle_closed_by_a_future_is_refused_and_uses_up_nothing),
    TEST(C8_a_circle_closed_by_clean_up_is_refused),
    TEST(C8_who_closes_it_last_is_refused_in_a_race),
};
TEST_MAIN_BOTH_MODES("circle", cases);
