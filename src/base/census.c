/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists under a lock of their own, which is the innermost: nothing is taken or called inside.
 * Discarded: visiting under the lock. Who is visited takes locks under which others are added.
 */
#include "base/census.h"

static void census_lock(struct syni_census *census)
{
    syni_mutex_lock(&census->lock);
    if (census->process == syni_process())
        return;
    syni_list_init(&census->all);
    syni_cond_init(&census->left);
    census->visitors = 0;
    census->process = syni_process();
}

syn_err syni_census_add(struct syni_census *census, struct syni_list *node)
{
    syn_err err = syni_fork_watch(&census->fork_call);

    if (err)
        return err;
    census_lock(census);
    syni_list_append(&census->all, node);
    syni_mutex_unlock(&census->lock);
    return SYN_OK;
}

void syni_census_remove(struct syni_census *census, struct syni_list *node)
{
    census_lock(census);
    while (census->visitors > 0)
        syni_cond_wait(&census->left, &census->lock);
    syni_list_remove(node);
    syni_mutex_unlock(&census->lock);
}

void syni_census_visit(struct syni_census *census,
                       void (*visit)(struct syni_list *node, void *user), void *user)
{
    census_lock(census);
    census->visitors++;
    SYNI_LIST_EACH (node, &census->all) {
        syni_mutex_unlock(&census->lock);
        visit(node, user);
        syni_mutex_lock(&census->lock);
    }
    census->visitors--;
    syni_cond_broadcast(&census->left);
    syni_mutex_unlock(&census->lock);
}
