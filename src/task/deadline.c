/* SPDX-License-Identifier: Apache-2.0
 *
 * Deadlines: moments on the clock that a thread lives by, and those that a thread
 * set around its blocking calls.
 *
 * Each thread has its own.
 */
#include "task/deadline.h"

#include <synchronicity/call.h>

#include "task/home.h"

int64_t syni_deadline_now(const struct syni_self *self)
{
    return syn_clock_now(self->driving ? self->driving->loop->clock : self->clock.sleeper.clock);
}

struct syn_deadline syn_after(double seconds)
{
    struct syn_deadline deadline = {SYNI_NEVER};
    /* to the nearest: where the product keeps more digits than a double (i386), that of 0.3
     * lies just below 300000000 */
    int64_t ns = seconds >= 9e9 ? SYNI_NEVER : seconds > 0 ? (int64_t)(seconds * 1e9 + 0.5) : 0;

    if (ns != SYNI_NEVER)
        deadline.ns = syni_deadline_in(syni_deadline_now(syni_self()), ns);
    return deadline;
}

struct syn_deadline syn_never(void)
{
    struct syn_deadline never = {SYNI_NEVER};

    return never;
}

struct syn_deadline syn_task_deadline(const struct syn_task *task)
{
    struct syn_deadline deadline = {syni_task_deadline_for_children(SYNI_TASK(task))};

    return deadline;
}

int64_t syni_deadline_of(const struct syni_self *self, int64_t deadline)
{
    const struct syni_deadlines *deadlines = &self->deadlines;
    struct syni_home *home = syni_home_of(self);
    int n = deadlines->n < SYNI_DEADLINES ? deadlines->n : SYNI_DEADLINES;

    if (n > deadlines->first) /* which was the tightest when it was pushed, or hides the others */
        return deadlines->at[n - 1] < deadline ? deadlines->at[n - 1] : deadline;
    if (home && home->current) {
        int64_t inherited = syni_task_deadline_for_children(home->current);

        if (inherited < deadline)
            deadline = inherited;
    }
    return deadline;
}

bool syni_deadline_passed(const struct syni_self *self, int64_t deadline)
{
    return deadline != SYNI_NEVER && syni_deadline_now(self) >= deadline;
}

int64_t syni_deadline_here(int64_t deadline)
{
    return syni_deadline_of(syni_self(), deadline);
}

int64_t syni_deadline_outermost(const struct syni_self *self)
{
    const struct syni_deadlines *deadlines = &self->deadlines;
    int first = deadlines->first < SYNI_DEADLINES ? deadlines->first : SYNI_DEADLINES - 1;

    return deadlines->n > deadlines->first ? deadlines->at[first] : SYNI_NEVER;
}

void syni_deadline_push(struct syn_deadline deadline)
{
    struct syni_self *self = syni_self();
    int64_t tighter = syni_deadline_of(self, deadline.ns);
    int n = self->deadlines.n++;

    self->deadlines.at[n < SYNI_DEADLINES ? n : SYNI_DEADLINES - 1] = tighter;
}

void syni_deadlines_hide(void)
{
    struct syni_self *self = syni_self();
    int n = self->deadlines.n++;

    if (n < SYNI_DEADLINES) /* deeper, it would hide those around it for good */
        self->deadlines.at[n] = SYNI_NEVER;
}

void syni_deadlines_unhide(void)
{
    SYNI_SURE(syni_self()->deadlines.n > 0);
    syni_self()->deadlines.n--;
}

int syni_deadlines_shadow(struct syni_self *self)
{
    int before = self->deadlines.first;

    self->deadlines.first = self->deadlines.n;
    return before;
}

void syni_deadlines_unshadow(struct syni_self *self, int before)
{
    SYNI_SURE(before <= self->deadlines.first);
    self->deadlines.first = before;
}

syn_err syni_deadline_pop(syn_err err)
{
    SYNI_SURE(syni_self()->deadlines.n > 0);
    syni_self()->deadlines.n--;
    return err;
}
