/* SPDX-License-Identifier: Apache-2.0
 *
 * The record of a thread, and what the thread gives back when it ends.
 *
 * A thread's own. Discarded: an exit call for each module; their order was that in which
 * a thread happened to use the modules, and each needed a variable to know that it was made.
 */
#include "base/self.h"

#include <stddef.h>

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

void syni_self_owns(struct syni_self *self, enum syni_belonging belonging,
                    void (*give_back)(struct syni_self *self))
{
    self->give_back[belonging] = give_back;
    if (self->will_give_back)
        return;
    self->will_give_back = true;
    self->at_exit.fn = end;
    self->at_exit.argument = self;
    syni_thread_at_exit(&self->at_exit);
}
