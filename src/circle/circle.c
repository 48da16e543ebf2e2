/* SPDX-License-Identifier: Apache-2.0
 *
 * Circles of synchronizers that wait for each other. See circle.h.
 *
 * Any thread, under one lock, so that of the waits that close a circle at the same time one is
 * last, and sees the others. The list is short: it has only threads that do what a step should
 * not do. A task is marked by each waiter for it, on any thread: a bit of its `request` says that it
 * is, and its end, which moves that word for the last time, finds it there. What a task waits
 * for, only its driver may look at; so if one gets the mark that may be in a wait already, a
 * PROBE goes there by the inbox, and passes the mark on (circle_probe.c): to what it awaits, joins,
 * asks for an item or closes. A step that stops a home depends on all that lives there.
 *
 * Discarded: finding the circle in the loops, which would ask every other driver for what only
 * it may look at; and keeping each await between loops where others see it, which all would pay.
 *
 * A select is refused if each of its choices would be; they are looked at and not marked. The children of an any
 * or a race are marked as all others, since those that lose are waited for. A channel without generator, an
 * event, a condition, a semaphore and a promise depend on no task in particular that could be marked. chain.c
 * has circles of tasks within one loop.
 */
#include "circle/circle.h"

#include <stdatomic.h>
#include <stddef.h>

#include "base/fork.h"
#include "base/mem.h"
#include "base/report.h"
#include "loop/role.h"
#include "task/engine.h"
#include "task/task_cancel.h"

static struct syni_mutex circle_lock = SYNI_MUTEX_INIT(BLOCKED);
static struct syni_list blocked = {&blocked, &blocked};
static uint64_t last_id;

/* A thread that blocks in the parent does not block here. */
static void circle_forked(void)
{
    syni_list_init(&blocked);
}

static struct syni_fork_call circle_fork_call = {.lock = &circle_lock, .child = circle_forked};

static struct syni_blocked *blocked_of(struct syni_list *node)
{
    return SYNI_CONTAINER(node, struct syni_blocked, link);
}

static bool drives(const struct syni_driving *chain, const struct syni_home *home)
{
    for (; home && chain; chain = chain->outer)
        if (chain->loop == &home->loop)
            return true;
    return false;
}

/* --- searching --- */

/* A home that B depends on and that CHAIN drives; NULL: there is none. *OUT_FUNCTION: what B waits for
 * there. */
static struct syni_home *depends_locked(struct syni_blocked *b, const struct syni_driving *chain,
                                        const char **out_function)
{
    SYNI_HOLDS(&circle_lock);
    *out_function = b->function;
    if (drives(chain, b->target))
        return b->target;
    SYNI_LIST_EACH (node, &b->marked) {
        struct syni_task *task = SYNI_CONTAINER(node, struct syni_task, mark_link);

        *out_function = task->function->name;
        if (drives(chain, task->home))
            return task->home;
    }
    return NULL;
}

/* Marks all that a wait for something on TARGET would depend on. */
static void reach_locked(const struct syni_home *target)
{
    const char *unused;
    bool more = false;

    SYNI_HOLDS(&circle_lock);
    SYNI_LIST_EACH (node, &blocked) {
        struct syni_blocked *b = blocked_of(node);

        b->reached = drives(b->drives, target);
        more = more || b->reached;
    }
    while (more) {
        more = false;
        SYNI_LIST_EACH (node, &blocked) {
            struct syni_blocked *b = blocked_of(node);

            if (!b->reached)
                continue;
            SYNI_LIST_EACH (other, &blocked) {
                struct syni_blocked *o = blocked_of(other);

                if (o->reached || !depends_locked(b, o->drives, &unused))
                    continue;
                o->reached = true;
                more = true;
            }
        }
    }
}

struct end {
    const char *function, *home; /* of the wait that stands in the way */
};

/* A wait for something on TARGET, on which HERE depends, would close a circle. Where a thread drives
 * several of the loops on the way, the end is the wait for the one that runs the step. */
static bool circle_locked(struct syni_blocked *here, const struct syni_home *target,
                          struct end *out_end)
{
    bool found = false;

    SYNI_HOLDS(&circle_lock);
    reach_locked(target);
    SYNI_LIST_EACH (node, &blocked) {
        struct syni_blocked *b = blocked_of(node);
        const char *function;
        struct syni_home *home = b->reached ? depends_locked(b, here->drives, &function) : NULL;

        if (b->reached && b == here) {
            *out_end = (struct end){b->function, b->target ? b->target->loop.name : "?"};
            return true;
        }
        if (!home || (found && here->drives->loop != &home->loop))
            continue;
        *out_end = (struct end){function, home->loop.name};
        found = true;
    }
    return found;
}

static struct syn_report *circle_say(const char *function, const char *home, const struct end *end)
{
    return syni_report_format(SYN_EDEADLK, SYN_BY_LIBRARY,
                              "waiting for %s on '%s' would close a circle: a step waits for %s on "
                              "'%s', and does not go on before; co_await one of the two",
                              function, home, end->function, end->home);
}

/* --- threads that block --- */

syn_err syni_circle_enter(struct syni_blocked *here, struct syni_home *target,
                          const char *function)
{
    struct end end;
    bool found;

    here->drives = syni_role_driving_now();
    here->drains = syni_self()->draining;
    here->target = target;
    here->function = function;
    here->id = 0;
    here->listed = here->drives || here->drains;
    if (!here->listed)
        return SYN_OK;
    syni_list_init(&here->marked);
    syni_fork_watch(&circle_fork_call);
    syni_mutex_lock(&circle_lock); /* for both: looking, and joining the list (invariant 34) */
    found = target && circle_locked(here, target, &end);
    if (!found) {
        here->id = ++last_id;
        syni_list_append(&blocked, &here->link);
    }
    syni_mutex_unlock(&circle_lock);
    if (!found)
        return SYN_OK;
    here->listed = false;
    return syni_refuse(SYN_EDEADLK,
                       "waiting for %s on '%s' would close a circle: that waits for %s on '%s', "
                       "which this thread drives; co_await one of the two",
                       function, target->loop.name, end.function, end.home);
}

void syni_circle_leave(struct syni_blocked *here)
{
    if (!here->listed)
        return;
    syni_mutex_lock(&circle_lock);
    syni_list_remove(&here->link);
    while (!syni_list_empty(&here->marked))
        syni_list_remove(here->marked.next);
    syni_mutex_unlock(&circle_lock);
}

syn_err syni_circle_own(struct syni_home *home, const char *function)
{
    struct syni_blocked here;
    syn_err err = syni_circle_enter(&here, home, function);

    if (!err)
        syni_circle_leave(&here);
    return err;
}

/* --- the marks --- */

static struct syni_blocked *circle_find_locked(uint64_t id)
{
    SYNI_HOLDS(&circle_lock);
    SYNI_LIST_EACH (node, &blocked)
        if (blocked_of(node)->id == id)
            return blocked_of(node);
    return NULL;
}

/* TASK, which takes no requests any more, is marked: nothing depends on it from here on. */
static void circle_unmark(struct syni_task *task)
{
    syni_mutex_lock(&circle_lock);
    syni_list_remove(&task->mark_link);
    syni_mutex_unlock(&circle_lock);
}

/* TASK gets the mark. False: it had it, or has ended. */
static bool mark_locked(struct syni_blocked *by, struct syni_task *task)
{
    static const struct syni_open_ops ops = {.drop = circle_unmark};

    SYNI_HOLDS(&circle_lock);
    unsigned char request = syni_task_request_of(task);

    /* relaxed: written under this lock only; its driver may read it without */
    if (atomic_load_explicit(&task->mark, memory_order_relaxed) == by->id)
        return false;
    syni_open_register(SYNI_OPEN_MARKS, &ops); /* before the mark, which the engine reads when it has closed REQUEST */
    do {
        if (request & SYNI_CLOSED)
            return false;
    } while (!atomic_compare_exchange_weak(&task->request, &request,
                                           (unsigned char)(request | SYNI_IS_MARKED)));
    if (request & SYNI_IS_MARKED)
        syni_list_remove(&task->mark_link); /* of a wait that is over, or of another: the latest stays */
    syni_list_append(&by->marked, &task->mark_link);
    atomic_store_explicit(&task->mark, by->id, memory_order_relaxed);
    return true;
}

struct news {
    struct end end; /* of a circle */
    bool marked;    /* the task, which was not */
};

/* What carries ID would depend on HOME, and on TASK there, if it is not NULL. */
static syn_err circle_depend(uint64_t id, struct syni_home *home, struct syni_task *task,
                             struct news *out)
{
    struct syni_blocked *by;
    bool found;

    syni_mutex_lock(&circle_lock);
    by = circle_find_locked(id);
    found = by && circle_locked(by, home, &out->end);
    out->marked = by && !found && task && mark_locked(by, task);
    syni_mutex_unlock(&circle_lock);
    return found ? SYN_EDEADLK : SYN_OK;
}

syn_err syni_circle_look(uint64_t id, struct syni_home *home, const char *function,
                         struct syn_report **out_report)
{
    struct news news;
    syn_err err = id && home ? circle_depend(id, home, NULL, &news) : SYN_OK;

    if (err)
        *out_report = circle_say(function, home->loop.name, &news.end);
    return err;
}

/* --- mailboxes --- */

bool syni_circle_is_drained(uint64_t id, const struct syn_mailbox *mailbox, const char **out_name,
                            const char **out_function)
{
    const struct syni_draining *drain;
    struct syni_blocked *by;

    syni_mutex_lock(&circle_lock);
    by = circle_find_locked(id);
    drain = by ? by->drains : NULL;
    while (drain && drain->mailbox != mailbox)
        drain = drain->outer;
    if (drain) {
        *out_name = drain->name;
        *out_function = by->function;
    }
    syni_mutex_unlock(&circle_lock);
    return drain != NULL;
}

syn_err syni_circle_mark(uint64_t id, struct syni_core *core, bool *out_marked,
                         struct syn_report **out_report)
{
    struct syni_task *task = syni_core_task(core);
    struct news news = {.marked = false};
    syn_err err = SYN_OK;

    *out_marked = false;
    if (syni_core_done(core))
        return SYN_OK;
    if (!task)
        return core->ops->implicate ? core->ops->implicate(core, id, out_report) : SYN_OK;
    err = circle_depend(id, task->home, task, &news);
    if (err)
        *out_report =
            circle_say(task->function->name, task->home->loop.name, &news.end);
    *out_marked = news.marked;
    return err;
}
