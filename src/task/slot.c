/* SPDX-License-Identifier: Apache-2.0
 *
 * The store of slots: a list under a lock, grown by chunks that are never given
 * back (core.h says why). Frames keep their slot while they are in a cache, so the
 * lock is taken rarely. Freed slots go to the end, so that a number comes back as
 * late as possible. Any thread.
 */
#include "base/mem.h"
#include "base/thread.h"
#include "task/core.h"

#include <stddef.h>

enum { CHUNK = 256 };

static struct syni_mutex lock = SYNI_MUTEX_INIT;
static struct syni_slot *first, *last;
/* The first chunk is static: a small program's slots allocate nothing. */
static struct syni_slot initial[CHUNK];
static bool used_initial;

static void append_locked(struct syni_slot *slot)
{
    slot->next = NULL;
    if (last)
        last->next = slot;
    else
        first = slot;
    last = slot;
}

static void grow_locked(void)
{
    struct syni_slot *chunk = used_initial ? syni_alloc(CHUNK * sizeof *chunk) : initial;

    used_initial = true;
    for (int i = 0; chunk && i < CHUNK; i++)
        append_locked(&chunk[i]);
}

struct syni_slot *syni_slot_new(void)
{
    struct syni_slot *slot;

    syni_mutex_lock(&lock);
    if (!first)
        grow_locked();
    slot = first;
    if (slot) {
        first = slot->next;
        if (!first)
            last = NULL;
    }
    syni_mutex_unlock(&lock);
    return slot;
}

void syni_slot_free(struct syni_slot *slot)
{
    syni_mutex_lock(&lock);
    append_locked(slot);
    syni_mutex_unlock(&lock);
}
