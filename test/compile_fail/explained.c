/* SPDX-License-Identifier: Apache-2.0
 *
 * Mistakes in a declaration, in a class and in a coroutine's frame of statements: each is one error
 * with a sentence, and both compilers stay short about it.
 */
#include <synchronicity/short.h>
#include <synchronicity/step.h>

SYNCHRONIZER(demo);
static struct syn_strand strand;

/* Pointers to functions need no typedef. */
ASYNC(demo, int, square, (double, seconds), (int, x), SYN_LOCAL(int (*)(int), twice))
{
    co_begin;
    co_sleep(self->seconds); co_sleep(self->seconds); /* several waits may stand on one line */
    co_return(self->x * self->x);
    co_end;
}
ASYNC(demo, int, applies, (int (*)(int, int), fn), (void (*)(void), gone))
{
    return step_return(self, self->fn(1, 2));
}
#if MISTAKE == 1 /* says: this is no item */
ASYNC(demo, int, one, SYN_LOCL(int, y))
#elif MISTAKE == 2 /* says: are for blocking functions */
ASYNC(demo, int, one, STRAND(&strand))
#elif MISTAKE == 3 /* says: this is no item */
ASYNC(demo, int, one, int x)
#elif MISTAKE == 4 /* says: a comma is missing behind an item */
ASYNC(demo, int, one, (int, x) (int, y))
#elif MISTAKE == 5 /* says: a comma is missing behind an item */
ASYNC(demo, int, one, (int, x) SYN_LOCAL(int, y))
#elif MISTAKE == 6 /* says: a comma is missing behind an item */
ASYNC(demo, int, one, SYN_LOCAL(int, y) SYN_LOCAL(int, z))
#elif MISTAKE == 7 /* says: a comma is missing behind an item */
ASYNC(demo, int, one, SYN_LOCAL(int, y) (int, x))
#elif MISTAKE == 8 /* says: are for blocking functions */
GENERATOR(demo, int, one, URGENT)
#elif MISTAKE == 9 /* says: SYN_SENDS() is for generators */
ASYNC(demo, int, one, SENDS(int))
#elif MISTAKE == 25 /* says: an item has too few parts, or too many */
ASYNC(demo, int, one, SYN_LOCAL(int y))
#elif MISTAKE == 26 /* says: an item has too few parts, or too many */
ASYNC(demo, int, one, SYN_DESTROY(free, NULL))
#elif MISTAKE == 27 /* says: the first of three is missing, or a comma */
ASYNC(demo, int one, (int, x))
#elif MISTAKE == 31 /* says: A_COMMA_IS_MISSING_BEHIND_THE_NAME */
ASYNC(demo, int, one (int, x))
#elif MISTAKE == 32 /* says: A_COMMA_IS_MISSING_BEHIND_THE_NAME */
ASYNC(demo, int, one SYN_LOCAL(int, x), (int, y))
#elif MISTAKE == 33 /* says: A_COMMA_IS_MISSING_BEHIND_THE_NAME */
GENERATOR(demo, int, one (int, x))
#else
ASYNC(demo, int, one)
#endif
{
    return step_done(self);
}
#if MISTAKE == 10 /* says: a promise or a channel has no arguments */
PROMISE(int, answer, (int, x));
#elif MISTAKE == 11 /* says: a promise or a channel has no arguments */
CHANNEL(int, answer, SYN_LOCAL(int, x));
#elif MISTAKE == 35 /* says: A_COMMA_IS_MISSING_BEHIND_THE_NAME */
ASYNC_DECLARE(int, answer (int, x));
#elif MISTAKE == 34 /* says: A_COMMA_IS_MISSING_BEHIND_THE_NAME */
BLOCKING(DEFAULT_POOL, int, answer (int, x))
{
    return 0;
}
#elif MISTAKE == 12 /* says: SYN_SENDS() is for generators */
BLOCKING(DEFAULT_POOL, int, answer, SENDS(int))
{
    return 0;
}
#endif

#if MISTAKE == 13 /* says: no kind of row */
#define BOX_METHODS(M, C) M(C, asynch, int, put, (int, what))
#elif MISTAKE == 14 /* says: a comma is missing behind an item */
#define BOX_METHODS(M, C) M(C, async, int, put, (int, what) DOC("puts"))
#else
#define BOX_METHODS(M, C) M(C, async, int, put, (int, what))
#endif
CLASS(box, BOX_METHODS);
struct box_impl {
    int size;
};
#if MISTAKE == 36 /* says: A_COMMA_IS_MISSING_BEHIND_THE_NAME */
METHOD(box, int, put (int, what))
{
    return step_return(self, me->size);
}
#else
METHOD(box, int, put, (int, what))
{
    return step_return(self, me->size + self->what);
}
#endif
CLASS_TABLE(demo, box, BOX_METHODS, NULL);

#if MISTAKE == 28 /* says: this row has no name, or a comma is missing before it */
#define CRATE_METHODS(M, C) M(C, async, int put, (int, what))
#elif MISTAKE == 29 /* says: this row has no name, or a comma is missing before it */
#define CRATE_METHODS(M, C) M(C, async int, put, (int, what))
#else
#define CRATE_METHODS(M, C) M(C, async, int, put, (int, what))
#endif
CLASS(crate, CRATE_METHODS);

ASYNC(demo, void, waits, SYN_LOCAL(int, y))
{
#if MISTAKE == 15 /* says first, and clang no more: co_begin is missing: it is the first statement */
#else
    co_begin;
#endif
    co_try(square_future(0.1, 3), &self->y);
#if MISTAKE == 16 /* says, in 2 errors: this is a blocking call, or no call: a task awaits its future */
    co_await(one(2));
#elif MISTAKE == 17 /* says: A_TASK_AWAITS_NAME_future_AND_NOT_THE_BLOCKING_CALL */
    co_await(square(1, 2));
#elif MISTAKE == 18 /* says: A_TASK_AWAITS_NAME_future_AND_NOT_THE_BLOCKING_CALL */
    co_try(square(1, 2), &self->y);
#elif MISTAKE == 19 /* says: A_THREAD_GETS_NAME_future_AND_NOT_THE_BLOCKING_CALL */
    future_get(square(1, 2), &self->y);
#elif MISTAKE == 30 /* says, in 2 errors: A_TASK_AWAITS_NAME_future_AND_NOT_THE_BLOCKING_CALL */
    co_await(square(1, 2, &self->y, 3), &self->y);
#elif MISTAKE == 20 /* says: this future has no result, only a status */
    co_await(waits_future(), &self->y);
#elif MISTAKE == 21 /* says: this function has no result */
    co_return(self->y);
#elif MISTAKE == 23 /* says: A_WAIT_IS_BEHIND_co_begin_AND_IN_NO_SWITCH */
    switch (self->y) {
    case 1:
        co_sleep(1.0);
    }
#endif
#if MISTAKE == 24 /* says first, and clang no more: the coroutine above has no co_end, or its braces do not match */
#else
    co_end;
#endif
}
ASYNC(demo, int, after)
{
    return step_return(self, 1);
}

int main(void)
{
    (void)strand;
    (void)applies;
    return waits() + after(NULL)
#if !MISTAKE
           + one(NULL)
#endif
        ;
}
