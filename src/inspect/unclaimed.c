/* SPDX-License-Identifier: Apache-2.0
 *
 * What nobody ended: results that were not used up are counted; and in checked builds they are named, as are
 * channels that were not closed, and promises that were not completed. Each keeps its memory for ever, and
 * somebody may wait for it.
 *
 * A handle is not counted, so a result of which nobody will use the future looks like one with an
 * owner that is about to. At a stop that may be so, and is a good order to do things in. So what had
 * not been used up at a stop is noted down there, and what still is not when the process exits
 * is told. What has no owner, a channel or promise that was made by hand, is noted at any stop: a program
 * that stops nothing is not told of anything.
 *
 * Any thread. All slots are looked at, so that a call keeps no count: only the call that asks pays.
 * Discarded: a list of a home's results, which each call and each get would have to lock; and
 * telling at the stop, which blamed owners that came a moment later.
 */
#include "inspect/unclaimed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exits.h"
#include "base/say.h"
#include "inspect/site.h"
#include "base/spin.h"
#include "channel/channel.h"

struct look {
    const void *owner;
    const char *where; /* its name */
    unsigned long n;
};

static const void *owner_of(const struct syni_core *core)
{
    if (syni_core_task(core))
        return syni_core_task(core)->home;
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

    syni_slot_each(SYNI_SLOT_CORE, SYNI_SLOT_PIN, count, &look);
    return look.n;
}

#if defined(SYN_CHECKED) && SYN_CHECKED

enum unclaimed_kind { UNCLAIMED_RESULT, UNCLAIMED_CHANNEL, UNCLAIMED_PROMISE };

/* What nobody had ended at a stop. What is said of it is copied: the code that made it may be unloaded by then. */
struct note {
    struct syni_slot *slot; /* NULL: this place is free */
    uint32_t generation;
    enum unclaimed_kind kind;
    const void *call; /* to where the call that made it returned; NULL: it is not known */
    char where[32], what[120]; /* where: its owner, "" if it has none */
};

enum { NOTES = 256 };
static struct note notes[NOTES];
static unsigned long n_left_out;
static bool tells_at_exit;
static atomic_flag noting = ATOMIC_FLAG_INIT; /* for the four above; a stop is seldom */
static _Atomic(const struct syni_unclaimed_more *) more;

void syni_unclaimed_add(const struct syni_unclaimed_more *what)
{
    atomic_store(&more, what);
}

static bool unclaimed_channel(const struct note *note)
{
    struct syni_channel *channel = syni_slot_take(note->slot, note->generation, SYNI_SLOT_PIN);

    if (channel)
        syni_channel_unpin(channel);
    return channel;
}

/* It still is as it was noted. */
static bool is_unclaimed(const struct note *note)
{
    bool promised = note->kind == UNCLAIMED_PROMISE, still;
    struct syni_core *core;

    if (!note->slot)
        return false;
    if (note->kind == UNCLAIMED_CHANNEL)
        return unclaimed_channel(note);
    core = syni_slot_take(note->slot, note->generation, promised ? SYNI_SLOT_PIN_ANY : SYNI_SLOT_PIN);
    still = core && (!promised || !syni_core_done(core));
    if (core)
        syni_core_unpin(core);
    return still;
}

static void unclaimed_tell(const struct note *note, unsigned long n)
{
    static const char *const kinds[] = {"result", "channel", "promise"};
    static const char *const says[] = {
        "used up by nobody: get, cancel or detach each future",
        "closed by nobody: call syn_channel_close() for each",
        "completed by nobody: complete, fail or drop each, or its waiter waits for ever"};
    const char *was = note->where[0] ? "' was stopped, and " : "";
    char call[64] = "";

    if (note->call)
        syni_site_of_call(note->call, call, sizeof call);
    syni_print("%s%s%s%lu %s%s of %s%s%s%s %s %s", note->where[0] ? "'" : "", note->where, was, n,
               kinds[note->kind], n == 1 ? "" : "s", note->what, call[0] ? ", made at " : "", call, call[0] ? "," : "",
               n == 1 ? "was" : "were", says[note->kind]);
}

static void lock_notes(void)
{
    for (unsigned i = 0; atomic_flag_test_and_set(&noting); i++)
        syni_spin_once(i);
}

void syni_unclaimed_tell(void)
{
    const struct syni_unclaimed_more *also = atomic_load(&more);

    lock_notes();
    for (int i = 0; i < NOTES; i++) {
        const struct note *first = &notes[i];
        unsigned long n = 0;

        if (!is_unclaimed(first))
            continue;
        for (int k = i; k < NOTES; k++) {
            bool same = notes[k].kind == first->kind && notes[k].call == first->call &&
                        strcmp(notes[k].what, first->what) == 0 &&
                        strcmp(notes[k].where, first->where) == 0 && is_unclaimed(&notes[k]);

            n += same;
            if (same && k > i)
                notes[k].slot = NULL; /* told */
        }
        unclaimed_tell(first, n);
    }
    if (n_left_out > 0)
        syni_print("and %lu more of these kinds that nobody had ended at a stop", n_left_out);
    n_left_out = 0;
    memset(notes, 0, sizeof notes);
    atomic_flag_clear(&noting);
    if (also)
        also->tell();
}

static void tell_at_exit(void)
{
    if (!tells_at_exit)
        tells_at_exit = atexit(syni_unclaimed_tell) == 0;
}

/* A place for the note of what SLOT has; NULL: it has one, or there is none. */
static struct note *place_for(struct syni_slot *slot, enum unclaimed_kind kind)
{
    struct note *place = NULL;

    for (int i = 0; i < NOTES; i++) {
        struct note *note = &notes[i];

        if (note->slot == slot && note->generation == syni_slot_generation(slot) &&
            note->kind == kind)
            return NULL;
        if (!place && !is_unclaimed(note))
            place = note;
    }
    n_left_out += !place;
    if (place) {
        place->slot = slot;
        place->generation = syni_slot_generation(slot);
        place->kind = kind;
        place->where[0] = '\0';
        place->call = NULL;
    }
    tell_at_exit();
    return place;
}

static bool is_used_up(const struct syni_core *core)
{
    return syni_slot_life(core->slot) & SYNI_SLOT_USED_UP;
}

static void note_result(struct syni_core *core, const char *where)
{
    const struct syni_task *task = syni_core_task(core);
    const struct syn_function *function = task ? task->function : NULL;
    struct note *note = place_for(core->slot, UNCLAIMED_RESULT);

    if (!note)
        return;
    snprintf(note->where, sizeof note->where, "%s", where);
    note->call = syni_core_call(core);
    if (function)
        snprintf(note->what, sizeof note->what, "%s (%s:%d)", function->name, function->file,
                 function->line);
    else
        snprintf(note->what, sizeof note->what, "%s", syni_core_name(core));
}

/* One that was made by hand, at FILE:LINE. */
static void note_promise(struct syni_core *core, const char *file, int line)
{
    bool done = syni_core_done(core);
    struct note *note = done && is_used_up(core)
                            ? NULL
                            : place_for(core->slot, done ? UNCLAIMED_RESULT : UNCLAIMED_PROMISE);

    if (note)
        snprintf(note->what, sizeof note->what, "%s:%d%s", file, line,
                 note->kind == UNCLAIMED_RESULT ? " (a promise)" : "");
}

static void note_core(void *found, void *user)
{
    struct syni_core *core = found;
    const struct look *look = user;
    const char *file;
    int line = 0;

    if (!syni_core_task(core) && core->ops->site) {
        file = core->ops->site(core, &line);
        if (file)
            note_promise(core, file, line);
    } else if (syni_core_done(core) && !is_used_up(core) && owner_of(core) == look->owner) {
        note_result(core, look->where);
    }
    syni_core_unpin(core);
}

/* One that is open; of a generator of another synchronizer, not yet. */
static void note_channel(void *found, void *user)
{
    struct syni_channel *channel = found;
    const struct look *look = user;
    /* acquire: pairs with syni_channel_made_at() */
    const char *file = atomic_load_explicit(&channel->made_file, memory_order_acquire);
    bool ours = file && (!channel->home || channel->home == look->owner);
    struct note *note = ours ? place_for(channel->slot, UNCLAIMED_CHANNEL) : NULL;

    if (note)
        snprintf(note->what, sizeof note->what, "%s%s%s:%d%s", channel->name ? channel->name : "",
                 channel->name ? " (" : "", file, channel->made_line,
                 channel->name ? ")" : "");
    if (note)
        note->call = channel->made_call;
    if (note && channel->home)
        snprintf(note->where, sizeof note->where, "%s", look->where);
    syni_channel_unpin(channel);
}

void syni_unclaimed_note(const void *owner, const char *where)
{
    struct look look = {.owner = owner, .where = where};
    const struct syni_unclaimed_more *also = atomic_load(&more);

    if (syni_exits())
        return;
    lock_notes();
    if (also && also->any())
        tell_at_exit();
    syni_slot_each(SYNI_SLOT_CORE, SYNI_SLOT_PIN_ANY, note_core, &look);
    syni_slot_each(SYNI_SLOT_CHANNEL, SYNI_SLOT_PIN, note_channel, &look);
    atomic_flag_clear(&noting);
}

#else

void syni_unclaimed_add(const struct syni_unclaimed_more *what)
{
    (void)what;
}

void syni_unclaimed_tell(void)
{
}

void syni_unclaimed_note(const void *owner, const char *where)
{
    (void)owner;
    (void)where;
}

#endif
