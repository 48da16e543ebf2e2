/* SPDX-License-Identifier: Apache-2.0
 *
 * Bindings of task-local values. See <synchronicity/local.h>.
 *
 * A chain of bindings never changes; setting makes another one that shares its tail. So
 * inheriting is one pointer and one reference, and needs no lock.
 */
#ifndef SYNI_LOCAL_H
#define SYNI_LOCAL_H

struct syni_bindings;
struct syni_self;

/* One reference more, for a task that is made by one with BINDINGS. */
struct syni_bindings *syni_local_add(struct syni_bindings *bindings); /* which are not NULL */
static inline struct syni_bindings *syni_local_hold(struct syni_bindings *bindings)
{
    return bindings ? syni_local_add(bindings) : bindings;
}

/* Those of what SELF makes now: of the task that it runs, or its own. Held. */
struct syni_bindings *syni_local_inherit(struct syni_self *self);

/* Those of the calling thread become BINDINGS; returns what they were. Nobody holds more or less. */
struct syni_bindings *syni_local_swap(struct syni_bindings *bindings);

/* One less. NULL is fine. Any thread. */
void syni_local_drop(struct syni_bindings *bindings);
static inline void syni_local_release(struct syni_bindings *bindings)
{
    if (bindings)
        syni_local_drop(bindings);
}

#endif
