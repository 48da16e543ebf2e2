/* SPDX-License-Identifier: Apache-2.0
 *
 * Task-local values: chains of bindings, like those of Go's contexts.
 *
 * Any thread; only the references of a chain change. Setting a key again leaves the old
 * binding out by copying what is in front of it, so that a chain is never longer than there
 * are keys, however often a task that lives for long sets one. Discarded: a hash table for
 * each task, which would have to be copied for each child.
 */
#include "task/local.h"

#include <synchronicity/local.h>

#include "base/mem.h"
#include "base/report.h"
#include "base/thread.h"
#include "task/home.h"

struct syni_bindings {
    atomic_uint references;
    const struct syn_task_local *key;
    void *value;
    struct syni_bindings *next; /* held */
};

static struct syni_bindings **here(struct syni_self *self)
{
    struct syni_home *home = syni_home_of(self);

    return home && home->current ? &home->current->locals : &self->locals;
}

struct syni_bindings *syni_local_add(struct syni_bindings *bindings)
{
    /* relaxed: the caller holds one already */
    atomic_fetch_add_explicit(&bindings->references, 1, memory_order_relaxed);
    return bindings;
}

struct syni_bindings *syni_local_inherit(struct syni_self *self)
{
    return syni_local_hold(*here(self));
}

struct syni_bindings *syni_local_swap(struct syni_bindings *bindings)
{
    struct syni_self *self = syni_self();
    struct syni_bindings *before = self->locals;

    self->locals = bindings;
    return before;
}

void syni_local_drop(struct syni_bindings *bindings)
{
    while (bindings) {
        struct syni_bindings *next = bindings->next;

        /* acq_rel: the last one frees what the others read before */
        if (atomic_fetch_sub_explicit(&bindings->references, 1, memory_order_acq_rel) != 1)
            return;
        syni_free(bindings, sizeof *bindings);
        bindings = next;
    }
}

static struct syni_bindings *local_find(struct syni_bindings *bindings,
                                        const struct syn_task_local *key)
{
    while (bindings && bindings->key != key)
        bindings = bindings->next;
    return bindings;
}

void *syni_local_get(const struct syn_task_local *key)
{
    struct syni_bindings *found = local_find(*here(syni_self()), key);

    return found ? found->value : NULL;
}

/* No binding that exists is changed (invariant 38): others may have it, too. */

/* A binding in front of NEXT; it takes over that reference. NULL, and it does not. */
static struct syni_bindings *local_bind(const struct syn_task_local *key, void *value,
                                        struct syni_bindings *next)
{
    struct syni_bindings *made = syni_alloc(sizeof *made);

    if (!made)
        return NULL;
    atomic_init(&made->references, 1);
    made->key = key;
    made->value = value;
    made->next = next;
    return made;
}

/* BINDINGS without OLD: a chain with a reference for the caller. False: no memory. */
static bool without(struct syni_bindings *bindings, struct syni_bindings *old,
                    struct syni_bindings **out_chain)
{
    struct syni_bindings *chain = syni_local_hold(old ? old->next : bindings), *longer;

    for (; old && bindings != old; bindings = bindings->next) {
        longer = local_bind(bindings->key, bindings->value, chain);
        if (!longer) {
            syni_local_release(chain);
            return false;
        }
        chain = longer;
    }
    *out_chain = chain;
    return true;
}

static void local_thread_ends(struct syni_self *self)
{
    syni_local_release(self->locals);
    self->locals = NULL;
}

static syn_err no_memory(const struct syn_task_local *key)
{
    return syni_refuse(SYN_ENOMEM, "no memory to set %s; it is what it was", key->name);
}

syn_err syni_local_set(const struct syn_task_local *key, void *value)
{
    struct syni_self *self = syni_self();
    struct syni_bindings **place = here(self), *chain, *longer;

    if (!without(*place, local_find(*place, key), &chain))
        return no_memory(key);
    if (value) {
        longer = local_bind(key, value, chain);
        if (!longer) {
            syni_local_release(chain);
            return no_memory(key);
        }
        chain = longer;
    }
    syni_local_release(*place);
    *place = chain;
    if (place == &self->locals)
        syni_self_owns(self, SYNI_OWNS_LOCALS, local_thread_ends);
    else
        syni_home_of(self)->current->owns = true;
    return SYN_OK;
}
