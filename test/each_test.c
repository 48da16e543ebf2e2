/* SPDX-License-Identifier: Apache-2.0
 *
 * Iterating: iterables and iterators, loops in loops, items of every kind, channels as
 * results and arguments, from C and C++.
 */
#define _DEFAULT_SOURCE
#include "support/pair_rig.h"

static int begun, cleaned;

GENERATOR(demo, int, count, (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    begun++;
    for (self->i = 0; self->i < self->n; self->i++)
        co_yield(self->i);
    co_finally;
    cleaned++;
    co_end;
}

static void G10_an_iterable_begins_anew_each_time(void)
{
    int first = 0, n = 0;
    syn_err err = -1;

    begin();
    for (int i = 0; i < 3; i++)
        channel_each (int, v, count(5), &err) {
            first += v;
            n++;
            if (v == 1)
                break;
        }
    CHECK_INT(err, 0);
    CHECK_INT(n, 6);
    CHECK_INT(first, 3);
    CHECK_INT(begun, 3);
    CHECK_INT(cleaned, 3);
    end_all();
}

static int take_one(struct count_channel ch)
{
    channel_each_open (int, v, ch, NULL)
        return v;
    return -1;
}

static void G10_an_iterator_goes_on_after_a_break(void)
{
    struct count_channel ch;
    syn_err err = -1;
    int sum = 0;

    begin();
    ch = count(6);
    channel_each_open (int, v, ch, &err)
        if (v == 1)
            break;
    CHECK_INT(err, 0);
    CHECK_INT(cleaned, 0);
    CHECK_INT(take_one(ch), 2); /* a return does not close it either */
    channel_each_open (int, v, ch, &err)
        sum += v;
    CHECK_INT(err, 0);
    CHECK_INT(sum, 3 + 4 + 5);
    CHECK_INT(cleaned, 1);
    channel_each_open (int, v, ch, &err) /* at its end it stays there */
        sum += v;
    CHECK_INT(err, 0);
    CHECK_INT(sum, 12);
    CHECK_INT(channel_close(ch), 0);
    channel_each_open (int, v, ch, &err)
        sum += v;
    CHECK_INT(err, SYN_ECLOSED);
    end_all();
}

ASYNC(other, int, iterates, SYN_LOCAL(struct count_channel, ch), SYN_LOCAL(int, v),
      SYN_LOCAL(int, sum))
{
    co_begin;
    self->ch = count(6);
    co_each_open (self->ch, &self->v) {
        if (self->v == 1)
            break;
        co_pass;
    }
    CHECK_INT(self->v, 1);
    co_each_open (self->ch, &self->v)
        self->sum += self->v;
    CHECK_INT(co_status, 0);
    CHECK_INT(self->sum, 2 + 3 + 4 + 5);
    co_close(self->ch);
    co_each_open (self->ch, &self->v)
        self->sum += self->v;
    CHECK_INT(co_status, SYN_ECLOSED);
    co_return(self->sum);
    co_end;
}

static void G10_an_iterator_goes_on_in_a_task_too(void)
{
    int sum = -1;

    begin();
    CHECK_INT(iterates(&sum), 0);
    CHECK_INT(sum, 14);
    end_all();
}

/* --- loops in loops, and what is iterated --- */

static int find(int needle)
{
    syn_err err;

    channel_each (int, i, count(10), &err)
        channel_each (int, k, count(10), &err)
            if (10 * i + k == needle)
                return needle;
    return -1;
}

static void G5_return_out_of_two_loops_closes_both(void)
{
    begin();
    CHECK_INT(find(13), 13);
    CHECK_INT(cleaned, 3); /* one inner loop ended, and both of the last were left */
    CHECK_INT(find(100), -1);
    CHECK_INT(cleaned, 14);
    end_all();
}

struct row {
    char name[24];
    double values[3];
};

GENERATOR(demo, struct row, rows, (int, n), SYN_LOCAL(struct row, row), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++) {
        snprintf(self->row.name, sizeof self->row.name, "row %d", self->i);
        self->row.values[2] = self->i / 2.0;
        co_yield(self->row);
    }
    co_end;
}

GENERATOR(demo, const char *, names, SYN_LOCAL(int, i))
{
    static const char *const all[] = {"one", "two", "three"};

    co_begin;
    for (self->i = 0; self->i < 3; self->i++)
        co_yield(all[self->i]);
    co_end;
}

static void G2_structs_and_pointers_are_items(void)
{
    syn_err err = -1;
    char text[80] = "";
    double sum = 0;

    begin();
    channel_each (struct row, r, rows(3), &err) {
        strcat(text, r.name);
        sum += r.values[2];
    }
    CHECK_STR(text, "row 0row 1row 2");
    CHECK_INT((int)(sum * 2), 3);
    text[0] = '\0';
    channel_each (const char *, name, names(), &err)
        strcat(text, name);
    CHECK_STR(text, "onetwothree");
    CHECK_INT(err, 0);
    end_all();
}

/* --- channels as results and arguments --- */

ASYNC(demo, struct count_channel, opens, (double, seconds), (int, n), DESTROY(channel_drop),
      SYN_LOCAL(int, v))
{
    co_begin;
    self->result = count(self->n);
    co_next(self->result, &self->v); /* the first is fetched here */
    co_sleep(self->seconds);
    co_return_result;
    co_finally;
    if (co_status) /* then it is not a result, and still ours */
        channel_drop(self->result);
    co_end;
}

ASYNC(other, int, sums, (struct count_channel, in), SYN_LOCAL(int, v))
{
    co_begin;
    co_each (self->in, &self->v)
        self->result += self->v;
    co_return_result;
    co_end;
}

static void G11_a_call_returns_a_channel_and_takes_one(void)
{
    struct count_channel ch;
    int sum = -1;

    begin();
    CHECK_INT(opens(0, 5, &ch), 0);
    CHECK_INT(sums(ch, &sum), 0);
    CHECK_INT(sum, 10);
    CHECK_INT(cleaned, 1);
    CHECK_INT(channel_close(ch), 0); /* it is closed, twice is fine */
    end_all();
}

static void G11_a_channel_that_nobody_fetched_is_closed(void)
{
    struct opens_future f;

    begin();
    CHECK_INT(future_detach(opens_future(1.0, 5)), 0);
    CHECK_INT(naps(2.0), 0);
    CHECK_INT(cleaned, 1);
    f = opens_future(1.0, 5);
    CHECK_INT(naps(0.5), 0);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    finish(&demo);
    CHECK_INT(begun, cleaned);
    CHECK_INT(begun, 2);
    done();
}

/* One generator through another through a third, on two loops. */
GENERATOR(other, int, even, (struct count_channel, in), SYN_LOCAL(int, v))
{
    co_begin;
    co_each (self->in, &self->v)
        if (self->v % 2 == 0)
            co_yield(self->v);
    co_finally;
    co_close(self->in);
    cleaned++;
    co_end;
}

GENERATOR(demo, int, squares, (struct even_channel, in), SYN_LOCAL(int, v))
{
    co_begin;
    co_each (self->in, &self->v)
        co_yield(self->v * self->v);
    co_finally;
    co_close(self->in);
    cleaned++;
    co_end;
}

static void G11_three_generators_in_a_row_end_and_close_together(void)
{
    syn_err err = -1;
    int sum = 0;

    begin();
    channel_each (int, v, squares(even(count(7))), &err)
        sum += v;
    CHECK_INT(err, 0);
    CHECK_INT(sum, 4 + 16 + 36);
    CHECK_INT(cleaned, 3);
    channel_each (int, v, squares(even(count(1000000))), &err)
        if (v == 64)
            break;
    CHECK_INT(err, 0);
    CHECK_INT(cleaned, 6); /* the close waits for the clean-up of all three */
    end_all();
}

/* --- from C++ --- */

struct count_channel each_count(int n);
int each_in_cxx(int *out_selected);

struct count_channel each_count(int n)
{
    return count(n);
}

static void G2_loops_and_select_from_cxx(void)
{
#if defined(HAVE_CXX)
    int selected = -1;

    begin();
    CHECK_INT(each_in_cxx(&selected), 2 * (0 + 20 + 30) + 3 + 3000);
    CHECK_INT(selected, 0);
    CHECK_INT(begun, cleaned);
    end_all();
#else
    TEST_SKIP("there is no C++ compiler");
#endif
}

static const struct test_case cases[] = {
    TEST(G10_an_iterable_begins_anew_each_time),
    TEST(G10_an_iterator_goes_on_after_a_break),
    TEST(G10_an_iterator_goes_on_in_a_task_too),
    TEST(G5_return_out_of_two_loops_closes_both),
    TEST(G2_structs_and_pointers_are_items),
    TEST(G11_a_call_returns_a_channel_and_takes_one),
    TEST(G11_a_channel_that_nobody_fetched_is_closed),
    TEST(G11_three_generators_in_a_row_end_and_close_together),
    TEST(G2_loops_and_select_from_cxx),
};
TEST_MAIN_BOTH_MODES("each", cases);
