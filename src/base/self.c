/* SPDX-License-Identifier: Apache-2.0
 *
 * The record of a thread, and what the thread gives back when it ends.
 *
 * A thread's own. Discarded: an exit call for each module; their order was that in which
 * a thread happened to use the modules, and each needed a variable to know that it was made.
 */
#include "base/self.h"

#include <stddef.h>

#include "base/fork.h"

_Thread_local struct syni_self syni_this_thread;

static struct syni_mutex self_lock = SYNI_MUTEX_INIT(RECORDS);
static struct syni_list self_records = {&self_records, &self_records}; /* under lock: those that give back */

const struct syni_list *syni_self_list(void)
{
    return &self_records;
}

/* What is called here may make new belongings. They bring us back. */
static void self_end(void *argument)
{
    struct syni_self *self = argument;

    syni_mutex_lock(&self_lock);
    syni_list_remove(&self->link);
    syni_mutex_unlock(&self_lock);
    self->will_give_back = false;
    for (int i = 0; i < SYNI_BELONGINGS; i++) {
        void (*give_back)(struct syni_self *) = self->give_back[i];

        self->give_back[i] = NULL;
        if (give_back)
            give_back(self);
    }
}

/* In a child this is the program's thread: it drives nothing and runs no work. */
static void self_forked(void)
{
    struct syni_self *self = syni_self();

    self->driving = NULL;
    self->worker = NULL;
    self->frames = NULL;
    self->hosted = NULL;
    self->drives = 0;
    syni_sleeper_renew(&self->clock); /* nobody has interrupted the child */
    self->number = syni_thread_number();
    for (int i = SYNI_OWNS_DRIVE; i <= SYNI_OWNS_FRAMES; i++)
        self->give_back[i] = NULL;
    syni_list_init(&self_records);
    if (self->will_give_back)
        syni_list_append(&self_records, &self->link);
}

static struct syni_fork_call self_fork_call = {.lock = &self_lock, .child = self_forked};

void syni_self_end_all(void)
{
    struct syni_self *self;

    do {
        self = NULL;
        syni_mutex_lock(&self_lock);
        if (!syni_list_empty(&self_records))
            self = SYNI_CONTAINER(self_records.next, struct syni_self, link);
        syni_mutex_unlock(&self_lock);
        if (self)
            self_end(self);
    } while (self);
}

void syni_self_owns(struct syni_self *self, enum syni_belonging belonging,
                    void (*give_back)(struct syni_self *self))
{
    self->give_back[belonging] = give_back;
    if (self->will_give_back)
        return;
    syni_fork_watch(&self_fork_call);
    syni_thread_name(self->name, sizeof self->name);
    self->number = syni_thread_number();
    self->at_exit.fn = self_end;
    self->at_exit.argument = self;
    self->will_give_back = syni_thread_at_exit(&self->at_exit);
    if (!self->will_give_back)
        return; /* what this thread has stays behind when it ends */
    syni_mutex_lock(&self_lock);
    syni_list_append(&self_records, &self->link);
    syni_mutex_unlock(&self_lock);
}
