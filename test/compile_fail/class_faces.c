/* SPDX-License-Identifier: Apache-2.0
 *
 * Faces that a kind of method does not have, wrong types, and definitions that do not agree
 * with what was declared.
 */
#include <synchronicity/short.h>
#include <synchronicity/step.h>

SYNCHRONIZER(demo);

#define BOX_METHODS(M, C)                                                                          \
    M(C, constructor, make, (int, size))                                                           \
    M(C, async, int, put, (int, what))                                                             \
    M(C, direct, int, size)                                                                        \
    M(C, future, int, later)                                                                       \
    M(C, generator, int, all)                                                                      \
    M(C, get, int, color)
CLASS(box, BOX_METHODS);

/* In the author's own words. */
ASYNC_TYPES(int, box_shake);
syn_err box_shake(struct box *it, int times, int *out_result);
struct box_shake_future box_shake_future(struct box *it, int times);

#define CRATE_METHODS(M, C) M(C, override, box, int, put, (int, what))
CLASS_EXTENDS(crate, box, CRATE_METHODS);

struct box_impl {
    int size;
};
struct crate_impl {
    struct box_impl box;
};

CONSTRUCTOR(box, make, (int, size))
{
    me->size = self->size;
    return step_done(self);
}

#if MISTAKE == 1
METHOD(box, int, put, (double, what)) /* not what the row says */
#elif MISTAKE == 2
METHOD(box, double, put, (int, what))
#else
METHOD(box, int, put, (int, what))
#endif
{
    return step_return(self, self->what);
}

#if MISTAKE == 3
METHOD(box, int, shake, (int, times), (int, more)) /* not what the prototype says */
#elif MISTAKE == 4
METHOD(box, int, shake, (long, times))
#else
METHOD(box, int, shake, (int, times))
#endif
{
    return step_return(self, self->times);
}

METHOD_DIRECT(box, int, size)
{
#if MISTAKE == 5
    co_sleep(1.0);
#endif
    return me->size;
}

METHOD_FUTURE(box, int, later)
{
    return step_return(self, me->size);
}

METHOD_GENERATOR(box, int, all)
{
    co_begin;
    co_yield(1);
    co_end;
}

METHOD_GET(box, int, color)
{
    return step_return(self, 3);
}

CLASS_TABLE(demo, box, BOX_METHODS, NULL);

#if MISTAKE == 6
OVERRIDE(crate, box, int, put, (long, what)) /* not the base's signature */
#elif MISTAKE == 7
OVERRIDE(crate, box, double, put, (int, what))
#else
OVERRIDE(crate, box, int, put, (int, what))
#endif
{
    return step_return(self, self->what);
}

CLASS_TABLE(demo, crate, CRATE_METHODS, &box_class);

int main(void)
{
    struct box *box = NULL;
    struct crate *crate = NULL;
    double d = 0;
    int n = 0;

    (void)d;
    (void)crate;
    box_make(1, &box);
    box_put(box, 1, &n);
#if MISTAKE == 8
    future_get(box_size_future(box), &n);
#elif MISTAKE == 9
    box_later(box, &n);
#elif MISTAKE == 10
    future_get(box_later_future(box), &n);
#elif MISTAKE == 11
    box_set_color(box, 1);
#elif MISTAKE == 12
    future_get(box_all(box), &n);
#elif MISTAKE == 13
    channel_next(box_put_future(box, 1), &n);
#elif MISTAKE == 14
    box_put(box, 1, &d);
#elif MISTAKE == 15
    box_put(crate, 1, &n);
#elif MISTAKE == 16
    box_make(1, &crate);
#elif MISTAKE == 17
    future_get(box_get_color_future(box), &d);
#endif
    box_release(box);
    return n;
}
