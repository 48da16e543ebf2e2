/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks in a dump: as a tree, each below the one that awaits it or has it in a scope, wherever it runs.
 *
 * A task is shown at the top of its synchronizer's list if no task waits for it, or if those that do wait in
 * a circle. Everything is read by peek.h. By the dumping thread.
 */
#include "inspect/dump.h"

#include <stddef.h>
#include <string.h>

#include "base/time.h"
#include "channel/channel.h"
#include "future/await.h"
#include "scope/scope.h"
#include "sync/sync.h"
#include "task/task_cancel.h"

/* The home of a section, and the way down from one of its tasks. */
struct dump_section {
    const struct syni_home *address;
    const struct syni_home *home; /* a copy */
    int64_t now;
    unsigned shown, own; /* tasks so far; of them: of this home */
};

struct dump_level {
    bool awaits;                     /* what it awaits is still to be shown */
    const struct syni_scope *scope;  /* its children are next; NULL: no more */
    const struct syni_list *child;   /* the next, or the head of the list */
};

/* Reads the task at ADDRESS; false: it is none. */
static bool dump_read(struct syni_dump *dump, struct syni_task *out, const void *address)
{
    struct syn_function function;

    return syni_peek(&dump->peek, out, address, sizeof *out) &&
           syni_peek(&dump->peek, &function, out->function, sizeof function) &&
           function.abi == SYNI_ABI_OF(syn_function);
}

/* The name of TASK's function, to NAME. */
static void dump_name(struct syni_dump *dump, char name[SYNI_DUMP_NAME], const struct syni_task *task)
{
    struct syn_function function = {.name = ""};

    syni_peek(&dump->peek, &function, task->function, sizeof function);
    syni_peek_string(&dump->peek, name, SYNI_DUMP_NAME, function.name);
}

/* The task that produces the core at ADDRESS; NULL: none does. */
static const struct syni_task *dump_producer(struct syni_dump *dump, const struct syni_core *address)
{
    struct syni_core core;

    return syni_peek(&dump->peek, &core, address, sizeof core) ? syni_core_task_at(&core, address) : NULL;
}

/* The task that waits for the result of CORE, a copy of one; NULL: none does. */
static const struct syni_task *dump_waiter(struct syni_dump *dump, const struct syni_core *core)
{
    const struct syni_waiter *at = atomic_load_explicit(&core->waiter, memory_order_relaxed);
    struct syni_waiter waiter;
    struct syni_scope scope;

    if (!at || !syni_peek(&dump->peek, &waiter, at, sizeof waiter))
        return NULL;
    if (syni_scope_wakes(&waiter))
        return syni_peek(&dump->peek, &scope, core->member.scope, sizeof scope) ? scope.owner : NULL;
    return syni_await_wakes(&waiter) ? SYNI_CONTAINER(at, const struct syni_task, on.result.waiter) : NULL;
}

/* TASK stands at the top: nobody waits for it, or it is the least of a circle. */
static bool dump_is_root(struct syni_dump *dump, const struct syni_task *task,
                         const struct syni_task *address)
{
    const struct syni_task *at = dump_waiter(dump, &task->core), *least = address;
    struct syni_task above;

    for (int i = 0; at && i < 64; i++) {
        if (at == address)
            return least == address;
        least = at < least ? at : least;
        if (!dump_read(dump, &above, at))
            return true;
        at = dump_waiter(dump, &above.core);
    }
    return !dump_waiter(dump, &task->core);
}

static void dump_mutex(struct syni_dump *dump, const struct syni_task *task)
{
    struct syni_mutex_of_tasks mutex;
    struct syni_task holder;
    char name[SYNI_DUMP_NAME];

    if (!syni_peek(&dump->peek, &mutex, task->on.line.thing, sizeof mutex) ||
        !dump_read(dump, &holder, mutex.holder))
        return;
    dump_name(dump, name, &holder);
    syni_dump_word(dump, "holder", "held by ", name);
}

static void dump_channel(struct syni_dump *dump, const struct syni_task *task)
{
    struct syni_channel channel;
    char name[SYNI_DUMP_NAME];

    if (!syni_peek(&dump->peek, &channel, task->on.port.channel,
                   offsetof(struct syni_channel, places_behind)))
        return;
    syni_peek_string(&dump->peek, name, sizeof name, channel.name);
    if (channel.name)
        syni_dump_word(dump, "channel", "of ", name);
    syni_dump_number(dump, "items", "items", (int64_t)syni_ring_count(&channel.ring));
    syni_dump_number(dump, "capacity", "of at most", (int64_t)channel.capacity);
}

/* What TASK waits for; its name was written. */
static void dump_wait(struct syni_dump *dump, const struct dump_section *section,
                      const struct syni_task *task)
{
    char what[SYNI_DUMP_NAME];

    syni_peek_string(&dump->peek, what, sizeof what, task->live.waits_for);
    if (!what[0]) {
        syni_dump_word(dump, "state", ": ", "runs, or is about to");
        return;
    }
    syni_dump_word(dump, "waits_for", ": waits for ", what);
    if (task->live.detail >= 0)
        syni_dump_number(dump, "descriptor", "descriptor", task->live.detail);
    if (strcmp(what, "a mutex") == 0)
        dump_mutex(dump, task);
    else if (strcmp(what, "an item") == 0 || strcmp(what, "room in a channel") == 0)
        dump_channel(dump, task);
    if (task->live.since >= 0) /* it may have begun after the dump read the clock */
        syni_dump_span(dump, "since", "for",
                       task->live.since < section->now ? section->now - task->live.since : 0);
}

/* Of TASK, a copy of what lies at ADDRESS. */
static void dump_place(struct syni_dump *dump, const struct syni_task *task,
                       const struct syni_task *address)
{
    struct syn_function function;

    if (!syni_peek(&dump->peek, &function, task->function, sizeof function))
        return;
    syni_dump_place(dump, "at", "at ", function.file, task->at > 0 ? task->at : function.line);
    syni_dump_made(dump, address, function.made);
}

static void dump_one(struct syni_dump *dump, struct dump_section *section, int depth,
                     const struct syni_task *task, const struct syni_task *address)
{
    int64_t deadline = atomic_load_explicit(&task->deadline, memory_order_relaxed);
    struct syni_home home;
    char name[SYNI_DUMP_NAME];

    dump_name(dump, name, task);
    syni_dump_thing(dump, depth, "task", name);
    dump_wait(dump, section, task);
    if (deadline != SYNI_NEVER)
        syni_dump_span(dump, "left", "time left", deadline - section->now);
    if (task->leaving)
        syni_dump_word(dump, "leaves", "", "cleans up");
    else if (syni_task_is_asked(task))
        syni_dump_word(dump, "leaves", "", "cancelled");
    if (task->home != section->address &&
        syni_peek(&dump->peek, &home, task->home, sizeof home)) {
        syni_peek_string(&dump->peek, name, sizeof name, home.loop.name);
        syni_dump_word(dump, "on", "on ", name);
    }
    syni_dump_locals(dump, address, task->function);
    dump_place(dump, task, address);
    section->shown++;
    section->own += task->home == section->address;
}

static void dump_enter(struct dump_level *level, const struct syni_task *task)
{
    level->awaits = syni_task_wait(task) == SYNI_WAIT_RESULT;
    level->scope = task->scopes;
    level->child = NULL;
}

/* The next task below the one at LEVEL; NULL: there is none. TASK is read again, as it may have moved on. */
static const struct syni_task *dump_next(struct syni_dump *dump, struct dump_level *level,
                                         const struct syni_task *task)
{
    const struct syni_task *below;
    const struct syni_core *child;
    struct syni_core core;
    struct syni_scope scope;
    struct syni_list node;

    if (level->awaits) {
        level->awaits = false;
        below = syni_task_wait(task) == SYNI_WAIT_RESULT ? dump_producer(dump, task->on.result.child) : NULL;
        if (below)
            return below;
    }
    while (level->scope && syni_peek(&dump->peek, &scope, level->scope, sizeof scope)) {
        const struct syni_list *head = &level->scope->children;
        const struct syni_list *at = level->child ? level->child : head;

        /* one that was taken out meanwhile is alone */
        if (syni_peek(&dump->peek, &node, at, sizeof node) && node.next && node.next != head && node.next != at) {
            level->child = node.next;
            child = SYNI_CONTAINER(node.next, const struct syni_core, member.link);
            if (!syni_peek(&dump->peek, &core, child, sizeof core) || core.member.scope != level->scope)
                break;
            below = syni_core_task_at(&core, child);
            if (below)
                return below;
        } else {
            level->scope = scope.next_open;
            level->child = NULL;
        }
    }
    return NULL;
}

/* The task at ADDRESS, and what is below it. */
static void dump_tree(struct syni_dump *dump, struct dump_section *section,
                      const struct syni_task *address)
{
    const struct syni_task *path[SYNI_DUMP_DEEPEST];
    struct dump_level levels[SYNI_DUMP_DEEPEST];
    struct syni_task task;
    unsigned looks = 0; /* what changes meanwhile may lead round */
    int depth = 0;

    if (!dump_read(dump, &task, address))
        return;
    dump_one(dump, section, 1, &task, address);
    path[0] = address;
    dump_enter(&levels[0], &task);
    while (depth >= 0 && section->shown < SYNI_DUMP_MOST && looks++ < 100 * SYNI_DUMP_MOST) {
        const struct syni_task *next =
            dump_read(dump, &task, path[depth]) ? dump_next(dump, &levels[depth], &task) : NULL;

        if (!next) {
            depth--;
        } else if (next != address && dump_read(dump, &task, next)) {
            dump_one(dump, section, depth + 2, &task, next);
            if (depth + 1 < SYNI_DUMP_DEEPEST) {
                path[++depth] = next;
                dump_enter(&levels[depth], &task);
            }
        }
    }
}

static bool dump_live(struct syni_dump *dump, const struct syni_list *node, void *user)
{
    struct dump_section *section = user;
    const struct syni_task *address = SYNI_CONTAINER(node, const struct syni_task, live.link);
    struct syni_task task;

    if (dump_read(dump, &task, address) && task.home == section->address &&
        dump_is_root(dump, &task, address))
        dump_tree(dump, section, address);
    return section->shown < SYNI_DUMP_MOST;
}

/* HOME is a copy. A virtual clock is read without its lock, which the thread that dumps may hold. */
static int64_t dump_now(struct syni_dump *dump, const struct syni_home *home)
{
    int64_t now = 0;

    if (!home->loop.clock)
        return syni_now();
    syni_peek(&dump->peek, &now, syni_clock_time(home->loop.clock), sizeof now);
    return now;
}

void syni_dump_chain(struct syni_dump *dump, const struct syni_home *address,
                     const struct syni_home *home, const struct syni_task *task, int most)
{
    struct dump_section section = {.address = address, .home = home, .now = dump_now(dump, home)};
    struct syni_task copy;

    for (int i = 0; task && i < most && dump_read(dump, &copy, task); i++) {
        dump_one(dump, &section, 1, &copy, task);
        task = dump_waiter(dump, &copy.core);
    }
}

void syni_dump_awaiting(struct syni_dump *dump, const struct syni_core *address, int most)
{
    struct syni_core core;
    struct syni_task task;
    struct syni_home home;
    const struct syni_task *at =
        syni_peek(&dump->peek, &core, address, sizeof core) ? dump_waiter(dump, &core) : NULL;

    if (at && dump_read(dump, &task, at) && syni_peek(&dump->peek, &home, task.home, sizeof home))
        syni_dump_chain(dump, NULL, &home, at, most);
}

void syni_dump_tasks(struct syni_dump *dump, const struct syni_home *address,
                     const struct syni_home *home)
{
    struct dump_section section = {.address = address, .home = home};

    section.now = dump_now(dump, home);
    syni_dump_each(dump, &address->loop.live, 100000, dump_live, &section);
    /* Else those that were not shown are below one of another home. */
    if (section.shown >= SYNI_DUMP_MOST && home->loop.n_live > section.own)
        syni_dump_rest(dump, 1, "tasks", home->loop.n_live - section.own);
}
