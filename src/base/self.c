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

/* What is called here may make new belongings. They bring us back. */
static void end(void *argument)
{
    struct syni_self *self = argument;

    self->will_give_back = false;
    for (int i = 0; i < SYNI_BELONGINGS; i++) {
        void (*give_back)(struct syni_self *) = self->give_back[i];

        self->give_back[i] = NULL;
        if (give_back)
            give_back(self);
    }
}

/* In a child this is the program's thread: it drives nothing and runs no work. */
static void forked(void)
{
    struct syni_self *self = syni_self();

    self->driving = NULL;
    self->worker = NULL;
    self->frames = NULL;
    self->hosted = NULL;
    self->drives = 0;
    for (int i = SYNI_OWNS_DRIVE; i <= SYNI_OWNS_FRAMES; i++)
        self->give_back[i] = NULL;
}

static struct syni_fork_call fork_call = {.child = forked};

void syni_self_owns(struct syni_self *self, enum syni_belonging belonging,
                    void (*give_back)(struct syni_self *self))
{
    self->give_back[belonging] = give_back;
    if (self->will_give_back)
        return;
    syni_fork_watch(&fork_call);
    self->will_give_back = true;
    self->at_exit.fn = end;
    self->at_exit.argument = self;
    syni_thread_at_exit(&self->at_exit);
}
