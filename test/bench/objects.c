/* SPDX-License-Identifier: Apache-2.0
 *
 * What a method costs beside the async function that it would otherwise be: blocking, driven
 * by the caller, and awaited on its loop; also one that a parent's face dispatches to. A
 * method holds its object, and its face looks at the object's class.
 */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include <synchronicity/short.h>
#include <synchronicity/step.h>

#include "bench.h"

SYNCHRONIZER(driven, .caller_may_drive = 1);
SYNCHRONIZER(threaded, .caller_may_drive = -1);

#define BOX_METHODS(M, C)                                                                          \
    M(C, constructor, make)                                                                        \
    M(C, async, int, get)
CLASS(box, BOX_METHODS);
#define CRATE_METHODS(M, C)                                                                        \
    M(C, constructor, make)                                                                        \
    M(C, override, box, int, get)
CLASS_EXTENDS(crate, box, CRATE_METHODS);

struct box_impl {
    int value;
};
struct crate_impl {
    struct box_impl box;
};

CONSTRUCTOR(box, make)
{
    me->value = 7;
    return step_done(self);
}

METHOD(box, int, get)
{
    return step_return(self, me->value);
}

CLASS_TABLE(driven, box, BOX_METHODS, NULL);

CONSTRUCTOR(crate, make)
{
    me->box.value = 7;
    return step_done(self);
}

OVERRIDE(crate, box, int, get)
{
    return step_return(self, me->box.value);
}

CLASS_TABLE(driven, crate, CRATE_METHODS, &box_class);

static struct box_impl shared_box = {7};
static struct box *the_box, *the_crate, *box_elsewhere;

ASYNC(driven, int, direct, (struct box_impl *, me))
{
    return step_return(self, self->me->value);
}

ASYNC(threaded, int, direct_there, (struct box_impl *, me))
{
    return step_return(self, self->me->value);
}

static double ns_each(double since, long n)
{
    return (bench_now() - since) * 1e9 / (double)n;
}

static double direct_blocking(long n)
{
    double t = bench_now();
    int y;

    for (long i = 0; i < n; i++)
        if (direct(&shared_box, &y) || y != 7)
            return NAN;
    return ns_each(t, n);
}

static double method_on(struct box *box, long n)
{
    double t = bench_now();
    int y;

    for (long i = 0; i < n; i++)
        if (box_get(box, &y) || y != 7)
            return NAN;
    return ns_each(t, n);
}

static double method_blocking(long n)
{
    return method_on(the_box, n);
}

static double override_blocking(long n)
{
    return method_on(the_crate, n);
}

ASYNC(threaded, void, await_direct, (long, n), SYN_LOCAL(long, i), SYN_LOCAL(int, y))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_try(direct_there_future(&shared_box), &self->y);
    co_end;
}

ASYNC(threaded, void, await_method, (long, n), SYN_LOCAL(long, i), SYN_LOCAL(int, y))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_try(box_get_future(box_elsewhere), &self->y);
    co_end;
}

static double direct_awaited(long n)
{
    double t = bench_cpu();

    return await_direct(n) ? NAN : (bench_cpu() - t) * 1e9 / (double)n;
}

static double method_awaited(long n)
{
    double t = bench_cpu();

    return await_method(n) ? NAN : (bench_cpu() - t) * 1e9 / (double)n;
}

static double make_and_release(long n)
{
    double t = bench_cpu();
    struct box *box;

    for (long i = 0; i < n; i++) {
        if (box_make(&box))
            return NAN;
        box_release(box);
    }
    return (bench_cpu() - t) * 1e9 / (double)n;
}

static const struct bench_workload blocking = {"blocking", "call", "ns", 0, 200000};
static const struct bench_workload awaited = {"awaited", "call", "ns of CPU", 0, 200000};
static const struct bench_workload life = {"life", "make and release", "ns of CPU", 0, 100000};

static const struct bench_peer blocking_peers[] = {
    BENCH_OURS("method", method_blocking),
    BENCH_OURS("overridden method", override_blocking),
    BENCH_PEER("async function", direct_blocking),
};
static const struct bench_peer awaited_peers[] = {
    BENCH_OURS("method", method_awaited),
    BENCH_PEER("async function", direct_awaited),
};
static const struct bench_peer life_peers[] = {BENCH_OURS("object", make_and_release)};

int main(void)
{
    struct crate *crate;

    bench_begin("objects", 3);
    if (box_make(&the_box) || crate_make(&crate) ||
        box_wrap(&shared_box, &threaded, &box_elsewhere))
        return syn_perror("objects"), 1;
    the_crate = &crate->box;
    BENCH_COMPARE(blocking, blocking_peers);
    BENCH_COMPARE(awaited, awaited_peers);
    BENCH_COMPARE(life, life_peers);
    box_release(the_box);
    box_release(the_crate);
    box_release(box_elsewhere);
    return 0;
}
