/* SPDX-License-Identifier: Apache-2.0
 *
 * The mistakes of a first day: each is told in a sentence, which is in the guide, too
 * (docs/when-it-does-not-compile.md).
 */
#include <synchronicity/short.h>
#include <synchronicity/step.h>

SYNCHRONIZER(demo);

ASYNC(demo, int, square, (int, x))
{
    return step_return(self, self->x * self->x);
}
#if MISTAKE == 1 /* says: without arguments write nothing, and not (void) */
ASYNC(demo, int, one, (void))
#elif MISTAKE == 2 /* says: an argument is its type and its name, with a comma between: (int, x) */
ASYNC(demo, int, one, (int x))
#elif MISTAKE == 3 /* says: the first of three is missing */
ASYNC(int, one, SYN_LOCAL(int, y))
#elif MISTAKE == 4 /* says: this is no item */
ASYNC(demo, int, one, int x)
#elif MISTAKE == 5 /* says: are for blocking functions */
ASYNC(demo, int, one, URGENT)
#else
ASYNC(demo, int, one)
#endif
{
    return step_return(self, 1);
}
#if MISTAKE == 6 /* says: a blocking function has ordinary C locals */
BLOCKING(DEFAULT_POOL, int, blocks, SYN_LOCAL(int, y))
#elif MISTAKE == 7 /* says: the first of three is missing */
BLOCKING(int, blocks, URGENT)
#else
BLOCKING(DEFAULT_POOL, int, blocks)
#endif
{
    return job != NULL;
}

ASYNC(demo, void, nothing, SYN_LOCAL(int, y))
{
    co_begin;
    co_try(square_future(3), &self->y);
#if MISTAKE == 8 /* says, in 4 errors: a_wait_is_a_statement_and_its_result_goes_to_its_OUT */
    self->y = co_await(square_future(3));
#elif MISTAKE == 9 /* says, in 2 errors: a_wait_is_a_statement_and_its_result_goes_to_its_OUT */
    if (co_await(square_future(3), &self->y))
        co_done;
#elif MISTAKE == 10 /* says: this is a blocking call, or no call: a task awaits its future */
    co_await(square(3, &self->y));
#elif MISTAKE == 11 /* says: this is a blocking call, or no call: a task awaits its future */
    co_try(square(3, &self->y), &self->y);
#elif MISTAKE == 12 /* says: this future has a result: say where it goes */
    co_try(square_future(3));
#elif MISTAKE == 13 /* says: this future has no result, only a status */
    co_try(nothing_future(), &self->y);
#elif MISTAKE == 14 /* says: this function has no result */
    co_return(1);
#elif MISTAKE == 15 /* says: A_WAIT_IS_BEHIND_co_begin_AND_IN_NO_SWITCH */
    switch (self->y) {
    case 9:
        co_sleep(1.0);
    }
#endif
    co_end;
}

GENERATOR(demo, int, count)
{
#if MISTAKE == 17 /* says: this function has no result */
    return step_return(self, 1);
#endif
    return step_done(self);
}

#if MISTAKE == 18 /* says, in 4 errors: every class has a function of this name */
#define BOX_METHODS(M, C) M(C, destructor) M(C, async, int, release)
#elif MISTAKE == 19 /* says, in 2 errors: a_destructor_needs_its_row_M_C_destructor_in_the_list_of_box */
#define BOX_METHODS(M, C) M(C, async, int, put)
#else
#define BOX_METHODS(M, C) M(C, destructor) M(C, async, int, put)
#endif
CLASS(box, BOX_METHODS);
struct box_impl {
    int size;
};
#if MISTAKE == 18
METHOD(box, int, release)
#else
METHOD(box, int, put)
#endif
{
    return step_return(self, me->size);
}
DESTRUCTOR(box)
{
    return step_done(self);
}
CLASS_TABLE(demo, box, BOX_METHODS, NULL);

#if MISTAKE == 20 /* says, in 6 errors: name it otherwise, or include <synchronicity.h> instead */
OBJECT(channel);
#endif

int main(void)
{
    (void)count;
    (void)blocks;
    return nothing() + one(NULL);
}
