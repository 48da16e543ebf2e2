/* SPDX-License-Identifier: Apache-2.0
 *
 * Results that nobody used up: counted, and named in checked builds, since a future that is
 * dropped keeps its memory for ever and nobody hears of its error.
 *
 * A handle is not counted, so a result of which nobody will use the future looks like one whose
 * owner is about to. At a stop that may be so, and is a good order to do things in. So what had
 * not been used up at a stop is noted down there, and what still is not when the process exits
 * is told.
 *
 * Any thread. All slots are looked at, so that a call keeps no count: nobody pays but who asks.
 * Discarded: a list of a home's results, which each call and each get would have to lock; and
 * telling at the stop, which blamed who came a moment later.
 */
#include "task/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exits.h"
#include "base/say.h"
#include "base/spin.h"

struct look {
    const void *owner;
    const char *where; /* its name */
    unsigned long n;
};

static const void *owner_of(const struct syni_core *core)
{
    if (core->task)
        return core->task->home;
    return core->ops->owner ? core->ops->owner(core) : NULL;
}

static void count(void *found, void *user)
{
    struct syni_core *core = found;
    struct look *look = user;

    look->n += syni_core_done(core) && owner_of(core) == look->owner;
    syni_core_unpin(core);
}

unsigned long syni_unclaimed_count(const void *owner)
{
    struct look look = {.owner = owner};

    syni_slot_each_core(count, &look);
    return look.n;
}

#if defined(SYN_CHECKED) && SYN_CHECKED

/* A result that nobody had used up when its owner was stopped. What is said of it is copied: whose
 * code it was may be unloaded by then. */
struct note {
    struct syni_slot *slot; /* NULL: this place is free */
    uint32_t generation;
    char where[32], what[120];
};

enum { NOTES = 256 };
static struct note notes[NOTES];
static unsigned long n_left_out;
static bool tells_at_exit;
static atomic_flag noting = ATOMIC_FLAG_INIT; /* for the four above; a stop is seldom */

static bool is_unclaimed(const struct note *note)
{
    struct syni_core *core =
        note->slot ? syni_slot_take(note->slot, note->generation, SYNI_SLOT_PIN) : NULL;

    if (core)
        syni_core_unpin(core);
    return core;
}

static void unclaimed_tell(const char *where, const char *what, unsigned long n)
{
    syni_print("'%s' was stopped, and %lu result%s of %s %s used up by nobody: get, cancel or detach "
               "each future",
               where, n, n == 1 ? "" : "s", what, n == 1 ? "was" : "were");
}

static void lock_notes(void)
{
    for (unsigned i = 0; atomic_flag_test_and_set(&noting); i++)
        syni_spin_once(i);
}

void syni_unclaimed_tell(void)
{
    lock_notes();
    for (int i = 0; i < NOTES; i++) {
        const struct note *first = &notes[i];
        unsigned long n = 0;

        if (!is_unclaimed(first))
            continue;
        for (int k = i; k < NOTES; k++) {
            bool same = strcmp(notes[k].what, first->what) == 0 &&
                        strcmp(notes[k].where, first->where) == 0 && is_unclaimed(&notes[k]);

            n += same;
            if (same && k > i)
                notes[k].slot = NULL; /* told */
        }
        unclaimed_tell(first->where, first->what, n);
    }
    if (n_left_out > 0)
        syni_print("and %lu results more that had not been used up at a stop", n_left_out);
    n_left_out = 0;
    memset(notes, 0, sizeof notes);
    atomic_flag_clear(&noting);
}

/* A place for CORE's note; NULL: it has one, or there is none. */
static struct note *place_for(const struct syni_core *core)
{
    struct note *place = NULL;

    for (int i = 0; i < NOTES; i++) {
        struct note *note = &notes[i];

        if (note->slot == core->slot && note->generation == syni_slot_generation(core->slot))
            return NULL;
        if (!place && !is_unclaimed(note))
            place = note;
    }
    n_left_out += !place;
    return place;
}

static void note_down(void *found, void *user)
{
    struct syni_core *core = found;
    const struct look *look = user;
    const struct syn_function *function = core->task ? core->task->function : NULL;
    bool ours = syni_core_done(core) && owner_of(core) == look->owner;
    struct note *note = ours ? place_for(core) : NULL;

    if (note) {
        snprintf(note->where, sizeof note->where, "%s", look->where);
        if (function)
            snprintf(note->what, sizeof note->what, "%s (%s:%d)", function->name, function->file,
                     function->line);
        else
            snprintf(note->what, sizeof note->what, "%s", syni_core_name(core));
        note->generation = syni_slot_generation(core->slot);
        note->slot = core->slot;
        if (!tells_at_exit)
            tells_at_exit = atexit(syni_unclaimed_tell) == 0;
    }
    syni_core_unpin(core);
}

void syni_unclaimed_note(const void *owner, const char *where)
{
    struct look look = {.owner = owner, .where = where};

    if (syni_exits())
        return;
    lock_notes();
    syni_slot_each_core(note_down, &look);
    atomic_flag_clear(&noting);
}

#else

void syni_unclaimed_tell(void)
{
}

void syni_unclaimed_note(const void *owner, const char *where)
{
    (void)owner;
    (void)where;
}

#endif
