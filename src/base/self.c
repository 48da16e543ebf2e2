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
#include "base/spin.h"
#include "base/time.h"

_Thread_local struct syni_self syni_this_thread;

static struct syni_mutex self_lock = SYNI_MUTEX_INIT(RECORDS);
static struct syni_list self_records = {&self_records, &self_records}; /* under lock: those that give back */
static unsigned n_given_back; /* records that are being given back; under lock */

const struct syni_list *syni_self_list(void)
{
    return &self_records;
}

/* Takes the record SELF out of the list: the thread that does so gives back. */
static void self_take_locked(struct syni_self *self)
{
    SYNI_HOLDS(&self_lock);
    SYNI_INVARIANT(460, self->will_give_back && !self->given_back);
    syni_list_remove(&self->link);
    self->will_give_back = false;
    self->given_back = true;
    n_given_back++;
}

/* What is called here may make new belongings. They bring us back. */
static void self_give_back(struct syni_self *self)
{
    for (int i = 0; i < SYNI_BELONGINGS; i++) {
        void (*give_back)(struct syni_self *) = self->give_back[i];

        self->give_back[i] = NULL;
        if (give_back)
            give_back(self);
    }
    syni_mutex_lock(&self_lock);
    self->given_back = false;
    n_given_back--;
    if (self->will_give_back)
        syni_list_append(&self_records, &self->link);
    syni_mutex_unlock(&self_lock); /* SELF may be gone: its thread may end now */
}

/* SELF, of the calling thread, which ends, is to be given back, and this thread does it. */
static bool self_takes_own(struct syni_self *self)
{
    bool taken = false, waits = true;

    for (unsigned i = 0; waits; i++) {
        syni_mutex_lock(&self_lock);
        waits = self->given_back; /* another thread gives back for it, and needs the record until then */
        taken = !waits && self->will_give_back;
        if (taken)
            self_take_locked(self);
        syni_mutex_unlock(&self_lock);
        if (waits)
            syni_spin_once(i);
    }
    return taken;
}

static void self_end(void *argument)
{
    struct syni_self *self = argument;

    if (!self_takes_own(self))
        return;
    self_give_back(self);
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
    n_given_back = self->given_back ? 1 : 0;
    if (self->will_give_back && !self->given_back)
        syni_list_append(&self_records, &self->link);
}

static struct syni_fork_call self_fork_call = {.lock = &self_lock, .child = self_forked};

/* Others end at this moment. The calling thread may end, too, in code of the program that it calls then. */
static bool others_end_locked(void)
{
    SYNI_HOLDS(&self_lock);
    return n_given_back > (syni_self()->given_back ? 1u : 0u);
}

void syni_self_await_ends(int64_t deadline)
{
    bool waits = true;

    for (unsigned i = 0; waits; i++) {
        syni_mutex_lock(&self_lock);
        waits = others_end_locked() && syni_now() < deadline;
        syni_mutex_unlock(&self_lock);
        if (waits)
            syni_spin_once(i);
    }
}

void syni_self_end_all(void)
{
    bool more = true;

    while (more) {
        struct syni_self *self = NULL;

        syni_mutex_lock(&self_lock);
        if (!syni_list_empty(&self_records)) {
            self = SYNI_CONTAINER(self_records.next, struct syni_self, link);
            self_take_locked(self);
        }
        more = self || others_end_locked(); /* which may have something again */
        syni_mutex_unlock(&self_lock);
        if (self)
            self_give_back(self);
        else
            syni_self_await_ends(SYNI_NEVER);
    }
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
    if (!self->will_give_back || self->given_back) /* what this thread has stays behind; or is listed in a moment */
        return;
    syni_mutex_lock(&self_lock);
    syni_list_append(&self_records, &self->link);
    syni_mutex_unlock(&self_lock);
}
