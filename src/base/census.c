/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists under a lock of their own, which is the innermost: nothing is taken or called inside.
 * Discarded: visiting under the lock, since a visited one takes locks under which others are added;
 * and one count of visitors for all, with which a free waits for a stop of something else.
 */
#include "base/census.h"

static void census_lock(struct syni_census *census)
{
    syni_mutex_lock(&census->lock);
    if (census->process == syni_process())
        return;
    syni_list_init(&census->all);
    syni_cond_init(&census->left);
    census->process = syni_process();
}

void syni_census_add(struct syni_census *census, struct syni_counted *counted)
{
    syni_fork_watch(&census->fork_call);
    census_lock(census);
    counted->visitors = 0;
    syni_list_init(&counted->link);
    syni_list_append(&census->all, &counted->link);
    syni_mutex_unlock(&census->lock);
}

void syni_census_remove(struct syni_census *census, struct syni_counted *counted)
{
    census_lock(census);
    while (counted->visitors > 0)
        syni_cond_wait(&census->left, &census->lock);
    syni_list_remove(&counted->link);
    syni_mutex_unlock(&census->lock);
}

static struct syni_counted *counted_at(struct syni_census *census, struct syni_list *link)
{
    return link == &census->all ? NULL : SYNI_CONTAINER(link, struct syni_counted, link);
}

/* Without the lock, which is held before and after it. */
static void visit_locked(struct syni_census *census, struct syni_counted *counted,
                         void (*visit)(struct syni_counted *counted, void *user), void *user)
{
    SYNI_HOLDS(&census->lock);
    SYNI_STEP();
    counted->visitors++;
    syni_mutex_unlock(&census->lock);
    visit(counted, user);
    syni_mutex_lock(&census->lock);
    counted->visitors--;
    syni_cond_broadcast(&census->left); /* the lock is held until the next one is found */
}

void syni_census_visit(struct syni_census *census,
                       void (*visit)(struct syni_counted *counted, void *user), void *user)
{
    struct syni_counted *counted;

    census_lock(census);
    for (counted = counted_at(census, census->all.next); counted;
         counted = counted_at(census, counted->link.next))
        visit_locked(census, counted, visit, user);
    syni_mutex_unlock(&census->lock);
}

bool syni_census_visit_one(struct syni_census *census, const struct syni_counted *counted,
                           void (*visit)(struct syni_counted *counted, void *user), void *user)
{
    struct syni_counted *one;

    census_lock(census);
    one = counted_at(census, census->all.next);
    while (one && one != counted)
        one = counted_at(census, one->link.next);
    if (one)
        visit_locked(census, one, visit, user);
    syni_mutex_unlock(&census->lock);
    return one != NULL;
}

struct syni_counted *syni_census_first(struct syni_census *census)
{
    struct syni_counted *first;

    census_lock(census);
    first = counted_at(census, census->all.next);
    syni_mutex_unlock(&census->lock);
    return first;
}
