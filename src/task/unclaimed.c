/* SPDX-License-Identifier: Apache-2.0
 *
 * Results that nobody used up: counted, and named in checked builds, since a future that is
 * dropped keeps its memory for ever and nobody hears of its error.
 *
 * Any thread. All slots are looked at, so that a call keeps no count: nobody pays but who asks.
 * Discarded: a list of a home's results, which each call and each get would have to lock.
 */
#include "task/task.h"

#include <stdio.h>

#include "base/say.h"

struct kind {
    const char *name, *file;
    int line;
    unsigned long n;
};

enum { KINDS = 16 };

struct look {
    const void *owner;
    unsigned long n;
    struct kind kinds[KINDS]; /* the first that were met */
    int n_kinds;
};

static const void *owner_of(const struct syni_core *core)
{
    if (core->task)
        return core->task->home;
    return core->ops->owner ? core->ops->owner(core) : NULL;
}

static void note_kind(struct look *look, const struct syni_core *core)
{
    const struct syn_function *function = core->task ? core->task->function : NULL;
    const char *name = syni_core_name(core);
    int i = 0;

    while (i < look->n_kinds && look->kinds[i].name != name)
        i++;
    if (i == KINDS)
        return;
    if (i == look->n_kinds)
        look->kinds[look->n_kinds++] = (struct kind){name, function ? function->file : NULL,
                                                     function ? function->line : 0, 0};
    look->kinds[i].n++;
}

static void note(void *found, void *user)
{
    struct syni_core *core = found;
    struct look *look = user;

    if (syni_core_done(core) && owner_of(core) == look->owner) {
        look->n++;
        note_kind(look, core);
    }
    syni_core_unpin(core);
}

unsigned long syni_unclaimed_count(const void *owner)
{
    struct look look = {.owner = owner};

    syni_slot_each_core(note, &look);
    return look.n;
}

#if defined(SYN_CHECKED) && SYN_CHECKED

static void tell_kind(const struct kind *kind, const char *where)
{
    char at[200] = "";

    if (kind->file)
        snprintf(at, sizeof at, " (%s:%d)", kind->file, kind->line);
    syni_print("'%s' was stopped, and %lu result%s of %s%s %s used up by nobody: get, cancel or "
               "detach each future",
               where, kind->n, kind->n == 1 ? "" : "s", kind->name, at,
               kind->n == 1 ? "was" : "were");
}

void syni_unclaimed_tell(const void *owner, const char *where)
{
    struct look look = {.owner = owner};

    syni_slot_each_core(note, &look);
    for (int i = 0; i < look.n_kinds; i++) {
        tell_kind(&look.kinds[i], where);
        look.n -= look.kinds[i].n;
    }
    if (look.n > 0)
        syni_print("'%s': and %lu results of other functions", where, look.n);
}

#else

void syni_unclaimed_tell(const void *owner, const char *where)
{
    (void)owner;
    (void)where;
}

#endif
