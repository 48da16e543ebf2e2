/* SPDX-License-Identifier: Apache-2.0
 *
 * Ending the residents of a home, one at a time, the newest first, so that each finds those that
 * it was made upon. By the home's last driver, or its host. Discarded: all at once, which takes the
 * slowest one's time and not the sum, but then none could rely on any other.
 */
#include "life/resident.h"

#include "base/fork.h"
#include "loop/hosted.h"
#include "loop/role.h"

struct syni_mutex syni_residents_lock = SYNI_MUTEX_INIT(RESIDENTS);

static struct syni_fork_call resident_fork_call = {.lock = &syni_residents_lock};

void syni_residents_init(struct syni_home *home)
{
    syni_fork_watch(&resident_fork_call);
    syni_list_init(&home->residents);
}

void syni_residents_open(struct syni_home *home)
{
    syni_mutex_lock(&syni_residents_lock);
    home->takes_residents = true;
    syni_mutex_unlock(&syni_residents_lock);
}

bool syni_residents_are_there(struct syni_home *home)
{
    bool there;

    syni_mutex_lock(&syni_residents_lock);
    there = !syni_list_empty(&home->residents);
    syni_mutex_unlock(&syni_residents_lock);
    return there;
}

bool syni_resident_add(struct syni_home *home, struct syni_resident *resident)
{
    SYNI_INVARIANT(43, syni_mutex_is_held(&syni_residents_lock));
    if (!home->takes_residents)
        return false;
    syni_list_append(&home->residents, &resident->link);
    return true;
}

/* The newest, and whether it is ours to end; NULL: there is none. */
static struct syni_resident *newest(struct syni_home *home, bool *out_ours)
{
    struct syni_resident *resident = NULL;
    bool wait;

    *out_ours = false;
    syni_mutex_lock(&syni_residents_lock);
    while (!syni_list_empty(&home->residents)) {
        resident = SYNI_CONTAINER(home->residents.prev, struct syni_resident, link);
        *out_ours = resident->ops->claim(resident, &wait);
        if (*out_ours || wait)
            break;
        syni_list_remove(&resident->link);
        resident = NULL;
    }
    home->takes_residents = resident != NULL;
    syni_mutex_unlock(&syni_residents_lock);
    return resident;
}

bool syni_residents_stop(struct syni_home *home)
{
    struct syni_resident *resident;
    bool ours;

    SYNI_DRIVEN_OR_HOSTED(&home->loop);
    do {
        resident = newest(home, &ours);
        if (ours)
            resident->ops->end(resident, true);
    } while (ours && !home->loop.ready.first); /* it had nothing to run */
    return resident != NULL;
}

unsigned syni_residents_give_up(struct syni_home *home)
{
    struct syni_resident *resident;
    unsigned n = 0;
    bool wait;

    SYNI_DRIVEN(&home->loop);
    do {
        resident = NULL;
        syni_mutex_lock(&syni_residents_lock);
        home->takes_residents = false;
        while (!resident && !syni_list_empty(&home->residents)) {
            resident = SYNI_CONTAINER(home->residents.prev, struct syni_resident, link);
            syni_list_remove(&resident->link);
            if (!resident->ops->claim(resident, &wait))
                resident = NULL; /* under way: its own end sees to it */
        }
        syni_mutex_unlock(&syni_residents_lock);
        if (resident) {
            n++;
            resident->ops->end(resident, false);
        }
    } while (resident);
    return n;
}
