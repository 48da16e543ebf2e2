/* SPDX-License-Identifier: Apache-2.0
 *
 * The mistakes of explained.c where else they can be made: in generators, contexts, jobs, rows and
 * methods of classes, and definitions of what no header declared. Each is one error with its sentence.
 */
#include <synchronicity/short.h>
#include <synchronicity/step.h>

SYNCHRONIZER(net);
POOL(disk);

ASYNC(net, int, fetch, (const char *, url), (int, n))
{
    co_begin;
    co_sleep(0.1);
    co_return(self->n);
    co_end;
}
#if MISTAKE == 1 /* says: this is no item */
GENERATOR(net, int, counts, (int, a), SYN_LOCL(int, b))
#elif MISTAKE == 2 /* says: this is no item */
GENERATOR(net, int, counts, int a)
#elif MISTAKE == 3 /* says: a comma is missing behind an item */
GENERATOR(net, int, counts, (int, a) SYN_LOCAL(int, b))
#elif MISTAKE == 4 /* says: the first of three is missing, or a comma */
GENERATOR(net, int counts, (int, a))
#elif MISTAKE == 5 /* says: the first of three is missing, or a comma */
GENERATOR(int, counts, (int, a))
#else
GENERATOR(net, int, counts, (int, a))
#endif
{
    co_begin;
    co_yield(1);
    co_end;
}
#if MISTAKE == 6 /* says: SYN_SENDS() is for generators */
CONTEXT(net, int, session, SENDS(int))
#elif MISTAKE == 7 /* says: are for blocking functions */
CONTEXT(net, int, session, URGENT)
#elif MISTAKE == 8 /* says: a comma is missing behind an item */
CONTEXT(net, int, session, (int, a) SYN_LOCAL(int, b))
#elif MISTAKE == 9 /* says: the first of three is missing, or a comma */
CONTEXT(net, struct syn_stream *session, (int, a))
#else
CONTEXT(net, int, session)
#endif
{
    co_begin;
    co_yield(1);
    co_end;
}
#if MISTAKE == 10 /* says: this is no item */
BLOCKING(disk, int, reads, STRND(NULL))
#elif MISTAKE == 11 /* says: this is no item */
BLOCKING(disk, int, reads, int a)
#elif MISTAKE == 12 /* says: a comma is missing behind an item */
BLOCKING(disk, int, reads, URGENT STRAND(NULL))
#elif MISTAKE == 13 /* says: the first of three is missing, or a comma */
BLOCKING(disk, int reads, URGENT)
#else
BLOCKING(disk, int, reads)
#endif
{
    return job != NULL;
}
#if MISTAKE == 14 /* says: a blocking function has ordinary C locals */
BLOCKING_GENERATOR(disk, int, lists, SYN_LOCAL(int, b))
#elif MISTAKE == 15 /* says: a comma is missing behind an item */
BLOCKING_GENERATOR(disk, int, lists, URGENT NEVER_ABANDONED)
#else
BLOCKING_GENERATOR(disk, int, lists)
#endif
{
    if (job_yield(job, 1))
        return;
}

#if MISTAKE == 20 /* says: this is no item */
#define BOX_METHODS(M, C) M(C, constructor, make, int size) M(C, async, int, put, (int, what))
#elif MISTAKE == 21 /* says: a comma is missing behind an item */
#define BOX_METHODS(M, C) M(C, constructor, make, (int, size)) M(C, async, int, put, (int, what) DOC("puts"))
#elif MISTAKE == 22 /* says: this is no item */
#define BOX_METHODS(M, C) M(C, constructor, make, (int, size)) M(C, async, int, put, SYN_COPI(int, what))
#elif MISTAKE == 23 /* says: are for blocking functions */
#define BOX_METHODS(M, C) M(C, constructor, make, (int, size)) M(C, async, int, put, (int, what), URGENT)
#else
#define BOX_METHODS(M, C) M(C, constructor, make, (int, size)) M(C, async, int, put, (int, what))
#endif
CLASS(box, BOX_METHODS);
struct box_impl {
    int size;
};
#if MISTAKE == 24 /* says: this is no item */
CONSTRUCTOR(box, make, int size)
#elif MISTAKE == 25 /* says: a comma is missing behind an item */
CONSTRUCTOR(box, make, (int, size) SYN_LOCAL(int, y))
#else
CONSTRUCTOR(box, make, (int, size))
#endif
{
    me->size = 1;
    return step_done(self);
}
#if MISTAKE == 26 /* says: this is no item */
METHOD(box, int, put, int what)
#elif MISTAKE == 27 /* says: a comma is missing behind an item */
METHOD(box, int, put, (int, what) SYN_LOCAL(int, y))
#elif MISTAKE == 28 /* says: are for blocking functions */
METHOD(box, int, put, (int, what), STRAND(NULL))
#elif MISTAKE == 29 /* says: this method has no name, or a comma is missing before it */
METHOD(box, int put, (int, what))
#elif MISTAKE == 30 /* says: no declaration is before this definition */
METHOD(box, int, take, (int, what))
#else
METHOD(box, int, put, (int, what))
#endif
{
    co_begin;
#if MISTAKE == 31 /* says: A_TASK_AWAITS_NAME_future_AND_NOT_THE_BLOCKING_CALL */
    co_await(fetch("x", 1));
#elif MISTAKE == 32 /* says: this future has a result: say where it goes */
    co_try(fetch_future("x", 1));
#elif MISTAKE == 33 /* says: A_WAIT_IS_BEHIND_co_begin_AND_IN_NO_SWITCH */
    switch (me->size) {
    case 1:
        co_pass;
    }
#endif
    co_return(me->size);
    co_end;
}
CLASS_TABLE(net, box, BOX_METHODS, NULL);

#if MISTAKE == 40 /* says: no declaration is before this definition */
ASYNC_DEFINE(net, int, undeclared, (int, x))
{
    return step_return(self, self->x);
}
#elif MISTAKE == 41 /* says: no declaration is before this definition */
GENERATOR_DEFINE(net, int, undeclared, (int, x))
{
    co_begin;
    co_yield(self->x);
    co_end;
}
#elif MISTAKE == 42 /* says: no declaration is before this definition */
CONTEXT_DEFINE(net, int, undeclared, (int, x))
{
    co_begin;
    co_yield(self->x);
    co_end;
}
#elif MISTAKE == 43 /* says: no declaration is before this definition */
BLOCKING_DEFINE(disk, int, undeclared, (int, x))
{
    return job ? x : 0;
}
#elif MISTAKE == 44 /* says: no declaration is before this definition */
BLOCKING_GENERATOR_DEFINE(disk, int, undeclared, (int, x))
{
    if (job_yield(job, x))
        return;
}
#elif MISTAKE == 45 /* says: no declaration is before this definition */
POOL_MAP_DEFINE(disk, int, int, undeclared)
{
    *out = *in;
    return SYN_OK;
}
#endif

#if MISTAKE == 50 /* says: the name is missing, or a comma before it */
ASYNC_DECLARE(int declared, (int, x));
#elif MISTAKE == 51 /* says: the name is missing, or a comma before it */
GENERATOR_DECLARE(int listed, (int, x));
#elif MISTAKE == 52 /* says: a comma is missing behind an item */
BLOCKING_DECLARE(int, declared, (int, x) SYN_COPY(const char *, y));
#endif
ASYNC_DECLARE(int, defined, (int, x));
#if MISTAKE == 53 /* says: this is no item */
ASYNC_DEFINE(net, int, defined, int x)
#elif MISTAKE == 54 /* says: a comma is missing behind an item */
ASYNC_DEFINE(net, int, defined, (int, x) SYN_LOCAL(int, y))
#else
ASYNC_DEFINE(net, int, defined, (int, x))
#endif
{
    return step_return(self, 1);
}

int main(void)
{
    (void)disk;
    (void)fetch;
#if !MISTAKE
    (void)counts;
    (void)session;
    (void)reads;
    (void)lists;
#endif
    return 0;
}
