/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies that do not end, and steps of another frame.
 */
#include <synchronicity/short.h>
#include <synchronicity/step.h>

SYNCHRONIZER(demo);

struct stepping;
struct other;
static struct syn_step next(struct stepping *self);
static inline struct syn_step next_of_other(struct other *self);

ASYNC(demo, int, stepping, (int, x))
{
#if MISTAKE == 1
    return step_sleep(self, 1.0, next_of_other);
#elif MISTAKE == 2
    step_finally(self, next_of_other);
#elif MISTAKE == 3
    return self->x; /* a result is not a step */
#endif
    return step_sleep(self, 1.0, next);
}

static struct syn_step next(struct stepping *self)
{
    return step_return(self, self->x);
}

ASYNC(demo, void, other, (int, x))
{
    co_begin;
    co_sleep(1.0);
#if MISTAKE == 4
    co_return(self->x); /* of a function of nothing */
#endif
#if MISTAKE != 5
    co_end;
#endif
}

static inline struct syn_step next_of_other(struct other *self)
{
    return step_done(self);
}

int main(void)
{
    (void)next_of_other;
    return stepping(1, NULL) + other(1);
}
