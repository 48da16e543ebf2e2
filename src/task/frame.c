/* SPDX-License-Identifier: Apache-2.0
 *
 * Where frames come from: lists of spare ones by size.
 *
 * Each home has a store of its own that only its driver touches, without a lock;
 * all other threads share one under a lock, and the two exchange in batches. A frame
 * belongs to no home while it is spare: it may be made by a thread, run on a loop
 * and be freed by a third. A spare keeps its slot, so that a call takes one piece
 * from one list. What is too much goes back to the allocator. Discarded: a store per
 * thread, which a thread that ends would have to hand back, and which a thread that
 * only makes calls never fills.
 */
#include "task/task.h"

#include <string.h>

#include "base/mem.h"

enum { OWN_MAX = 256, BATCH = 64, COMMON_MAX = 4096 };

static struct syni_mutex lock = SYNI_MUTEX_INIT;
static struct syni_spare *common[SYNI_FRAME_CLASSES];
static unsigned n_common[SYNI_FRAME_CLASSES];
static _Atomic(bool) stocked[SYNI_FRAME_CLASSES]; /* common[] has some; written under lock */
static bool caching; /* under lock: frames are worth keeping, a loop runs */

/* 0 for up to 64 bytes, and so on; SYNI_FRAME_CLASSES for what is not cached. */
static unsigned class_of(size_t size)
{
    size_t class = (size - 1) / SYNI_FRAME_CLASS_BYTES;

    return class < SYNI_FRAME_CLASSES ? (unsigned)class : SYNI_FRAME_CLASSES;
}

static size_t rounded(size_t size)
{
    return class_of(size) == SYNI_FRAME_CLASSES
               ? size
               : ((size_t)class_of(size) + 1) * SYNI_FRAME_CLASS_BYTES;
}

static struct syni_spare *pop(struct syni_spare **list, unsigned *count)
{
    struct syni_spare *spare = *list;

    if (spare) {
        *list = spare->next;
        --*count;
    }
    return spare;
}

static void push(struct syni_spare **list, unsigned *count, struct syni_spare *spare)
{
    spare->next = *list;
    *list = spare;
    ++*count;
}

static void give_back(struct syni_spare *spare, size_t size)
{
    struct syni_slot *slot = spare->slot;

    syni_free(spare, size);
    syni_slot_free(slot);
}

/* relaxed: a hint, which a taker checks under the lock */
static void note_stock_locked(unsigned class)
{
    atomic_store_explicit(&stocked[class], common[class] != NULL, memory_order_relaxed);
}

static struct syni_spare *take(unsigned class)
{
    struct syni_home *home = syni_home_now();
    struct syni_spare *spare = home ? pop(&home->spares[class], &home->n_spares[class]) : NULL;

    /* relaxed: a look without the lock; at worst we allocate, or lock in vain */
    if (spare || !atomic_load_explicit(&stocked[class], memory_order_relaxed))
        return spare;
    syni_mutex_lock(&lock);
    spare = pop(&common[class], &n_common[class]);
    for (int i = 0; home && common[class] && i < BATCH; i++)
        push(&home->spares[class], &home->n_spares[class], pop(&common[class], &n_common[class]));
    note_stock_locked(class);
    syni_mutex_unlock(&lock);
    return spare;
}

void *syni_frame_new(size_t size, struct syni_slot **out_slot)
{
    unsigned class = class_of(size);
    struct syni_spare *spare = class < SYNI_FRAME_CLASSES ? take(class) : NULL;

    if (spare) {
        *out_slot = spare->slot;
        memset(spare, 0, size);
        return spare;
    }
    *out_slot = syni_slot_new();
    if (!*out_slot)
        return NULL;
    spare = syni_alloc(rounded(size));
    if (!spare)
        syni_slot_free(*out_slot);
    return spare;
}

static void put_common(struct syni_spare *spare, unsigned class)
{
    bool kept = false;

    syni_mutex_lock(&lock);
    if (caching && n_common[class] < COMMON_MAX) {
        push(&common[class], &n_common[class], spare);
        note_stock_locked(class);
        kept = true;
    }
    syni_mutex_unlock(&lock);
    if (!kept)
        give_back(spare, ((size_t)class + 1) * SYNI_FRAME_CLASS_BYTES);
}

void syni_frame_free(void *frame, size_t size, struct syni_slot *slot)
{
    struct syni_home *home = syni_home_now();
    struct syni_spare *spare = frame;
    unsigned class = class_of(size);

    spare->slot = slot;
    if (class == SYNI_FRAME_CLASSES) {
        give_back(spare, size);
        return;
    }
    if (!home) {
        put_common(spare, class);
        return;
    }
    push(&home->spares[class], &home->n_spares[class], spare);
    if (home->n_spares[class] > OWN_MAX)
        for (int i = 0; i < BATCH; i++)
            put_common(pop(&home->spares[class], &home->n_spares[class]), class);
}

void syni_frame_retire(struct syni_home *home)
{
    for (unsigned class = 0; class < SYNI_FRAME_CLASSES; class++)
        while (home->spares[class])
            put_common(pop(&home->spares[class], &home->n_spares[class]), class);
}

/* Gives what is in the common store back to the allocator. */
static void trim(void)
{
    for (unsigned class = 0; class < SYNI_FRAME_CLASSES; class++) {
        struct syni_spare *all;

        syni_mutex_lock(&lock);
        all = common[class];
        common[class] = NULL;
        n_common[class] = 0;
        note_stock_locked(class);
        syni_mutex_unlock(&lock);
        while (all) {
            struct syni_spare *spare = all;

            all = spare->next;
            give_back(spare, ((size_t)class + 1) * SYNI_FRAME_CLASS_BYTES);
        }
    }
}

void syni_frame_cache(bool on)
{
    syni_mutex_lock(&lock);
    caching = on;
    syni_mutex_unlock(&lock);
    if (!on)
        trim();
}
