/* SPDX-License-Identifier: Apache-2.0
 *
 * All loops of the process, for code that looks at them. Each lists its live things; a driver maintains its
 * list without a lock, and a dump (src/inspect) reads both without one.
 */
#include "loop/live.h"

#include "base/fork.h"

static struct syni_mutex registry_lock = SYNI_MUTEX_INIT(REGISTRY);
static struct syni_list live_registry = {&live_registry, &live_registry};

/* The loops of the parent are not of this process. */
static void live_forked(void)
{
    syni_list_init(&live_registry);
}

static struct syni_fork_call live_fork_call = {.lock = &registry_lock, .child = live_forked};

void syni_live_register(struct syni_loop *loop)
{
    SYNI_SURE(syni_list_empty(&loop->registered));
    syni_fork_watch(&live_fork_call);
    syni_mutex_lock(&registry_lock);
    syni_list_append(&live_registry, &loop->registered);
    syni_mutex_unlock(&registry_lock);
}

void syni_live_unregister(struct syni_loop *loop)
{
    syni_mutex_lock(&registry_lock);
    syni_list_remove(&loop->registered);
    syni_mutex_unlock(&registry_lock);
}

void syni_live_each(void (*fn)(struct syni_loop *loop, void *user), void *user)
{
    syni_mutex_lock(&registry_lock);
    SYNI_LIST_EACH (node, &live_registry)
        fn(SYNI_CONTAINER(node, struct syni_loop, registered), user);
    syni_mutex_unlock(&registry_lock);
}

const struct syni_list *syni_live_list(void)
{
    return &live_registry;
}
