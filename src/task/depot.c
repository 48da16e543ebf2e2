/* SPDX-License-Identifier: Apache-2.0
 *
 * The common store of frames (task/depot.h), under one lock; homes and threads exchange with it in batches (the magazines
 * and the depot of J. Bonwick, 2001). Any thread.
 *
 * All frames of a block (block.c) came back: it can go to the allocator. Blocks stay until a trim, or until
 * nothing runs any more, since memory fresh from the kernel costs more than all the rest of a call. Those of which
 * some frames are out are used up first, so that the others become whole.
 * Discarded: blocks for the first frames too, of which a sanitizer would not see each end.
 */
#include "task/depot.h"

#include "base/fork.h"
#include "base/mem.h"
#include "base/thread.h"
#include "task/block.h"

/* Those of one size; under the lock but for what is atomic. */
struct shelf {
    struct syni_spare *pieces;
    unsigned n_in_blocks;
    /* Of blocks, with spare ones and without; the whole ones last. Not begun while there was none. */
    struct syni_list blocks, used_up;
    _Atomic(unsigned) n_made; /* pieces that there are, here and elsewhere; relaxed: it bounds, about */
    _Atomic(bool) stocked;    /* it has some: a hint */
};

static struct syni_mutex depot_lock = SYNI_MUTEX_INIT(FRAMES);
static struct shelf shelves[SYNI_FRAME_CLASSES];
/* While there are any, frames are worth keeping. */
static _Atomic(bool) loops_run; /* written under lock */
static unsigned n_workers; /* that have a store; under lock */

/* What is spare here was the parent's, with its slots. */
static void depot_forked(void)
{
    for (unsigned class = 0; class < SYNI_FRAME_CLASSES; class++)
        shelves[class] = (struct shelf){0};
    atomic_store_explicit(&loops_run, false, memory_order_relaxed);
    n_workers = 0;
}

static struct syni_fork_call depot_fork_call = {.lock = &depot_lock, .child = depot_forked};

bool syni_depot_has(unsigned class)
{
    return atomic_load_explicit(&shelves[class].stocked, memory_order_relaxed);
}

bool syni_depot_keeps_for_loops(void)
{
    return atomic_load_explicit(&loops_run, memory_order_relaxed);
}

static bool depot_keeps_locked(void)
{
    SYNI_HOLDS(&depot_lock);
    return syni_depot_keeps_for_loops() || n_workers > 0;
}

static void depot_note_stock_locked(struct shelf *shelf)
{
    SYNI_HOLDS(&depot_lock);
    /* relaxed: a hint, which a taker checks under the lock */
    atomic_store_explicit(&shelf->stocked, shelf->pieces || shelf->n_in_blocks > 0, memory_order_relaxed);
}

static void depot_move(struct syni_block *block, struct syni_list *list)
{
    syni_list_unlink(&block->link);
    syni_list_append(list, &block->link);
}

static struct syni_spare *depot_pop_locked(struct shelf *shelf)
{
    struct syni_spare *spare = shelf->pieces;
    struct syni_block *block;

    SYNI_HOLDS(&depot_lock);
    if (spare) {
        shelf->pieces = spare->next;
        return spare;
    }
    if (shelf->n_in_blocks == 0)
        return NULL;
    block = SYNI_CONTAINER(shelf->blocks.next, struct syni_block, link);
    spare = syni_block_take(block);
    shelf->n_in_blocks--;
    if (block->n_spare == 0)
        depot_move(block, &shelf->used_up);
    return spare;
}

static void depot_push_locked(struct shelf *shelf, struct syni_spare *spare, unsigned class)
{
    struct syni_block *block = syni_block_of(spare, class);

    SYNI_HOLDS(&depot_lock);
    syni_block_put(block, spare);
    shelf->n_in_blocks++;
    if (syni_block_is_whole(block)) {
        depot_move(block, &shelf->blocks);
    } else if (block->n_spare == 1) {
        syni_list_unlink(&block->link);
        syni_list_append(shelf->blocks.next, &block->link); /* before the first */
    }
}

static void depot_free_piece(struct syni_spare *spare, unsigned class)
{
    struct syni_slot *slot = spare->slot;

    atomic_fetch_sub_explicit(&shelves[class].n_made, 1, memory_order_relaxed);
    syni_free(spare, syni_depot_bytes(class));
    syni_slot_free(slot);
}

/* What goes back to the allocator, once the lock is not held. */
struct leaving {
    struct syni_spare *pieces;
    struct syni_list blocks;
};

static void depot_free_all(struct leaving *leaving, unsigned class)
{
    while (leaving->pieces) {
        struct syni_spare *spare = leaving->pieces;

        leaving->pieces = spare->next;
        depot_free_piece(spare, class);
    }
    SYNI_LIST_EACH(node, &leaving->blocks)
        syni_block_free(SYNI_CONTAINER(node, struct syni_block, link));
}

static void depot_take_whole_locked(struct shelf *shelf, struct leaving *leaving)
{
    SYNI_HOLDS(&depot_lock);
    while (shelf->n_in_blocks > 0) {
        struct syni_block *last = SYNI_CONTAINER(shelf->blocks.prev, struct syni_block, link);

        if (!syni_block_is_whole(last))
            return;
        shelf->n_in_blocks -= last->n_spare;
        depot_move(last, &leaving->blocks);
    }
}

void syni_depot_put(struct syni_spare *list, unsigned class)
{
    struct shelf *shelf = &shelves[class];
    struct leaving leaving = {0};
    bool keeps;

    syni_list_init(&leaving.blocks);
    syni_mutex_lock(&depot_lock);
    keeps = depot_keeps_locked();
    while (list) {
        struct syni_spare *spare = list, **pieces = keeps ? &shelf->pieces : &leaving.pieces;

        list = spare->next;
        SYNI_SURE(spare->slot);
        if (spare->slot->place) {
            depot_push_locked(shelf, spare, class);
            continue;
        }
        spare->next = *pieces;
        *pieces = spare;
    }
    if (!keeps)
        depot_take_whole_locked(shelf, &leaving);
    depot_note_stock_locked(shelf);
    syni_mutex_unlock(&depot_lock);
    depot_free_all(&leaving, class);
}

/* Its place in the block stays empty. */
static void depot_leave_place(struct syni_block *block, struct shelf *shelf)
{
    bool is_over;

    syni_mutex_lock(&depot_lock);
    is_over = --block->n == 0;
    if (is_over)
        syni_list_unlink(&block->link);
    else if (syni_block_is_whole(block))
        depot_move(block, &shelf->blocks);
    syni_mutex_unlock(&depot_lock);
    if (is_over)
        syni_block_free(block);
}

void syni_depot_drop(struct syni_spare *spare, unsigned class)
{
    struct syni_slot *slot = spare->slot;
    bool ours = !syni_slot_refusal(slot, SYN_OK); /* the parent's blocks stay as they are */

    if (slot->place == 0 && ours)
        depot_free_piece(spare, class);
    else if (slot->place == 0)
        syni_free(spare, syni_depot_bytes(class));
    else if (ours)
        depot_leave_place(syni_block_of(spare, class), &shelves[class]);
}

void syni_depot_trim(bool always)
{
    for (unsigned class = 0; class < SYNI_FRAME_CLASSES; class++) {
        struct shelf *shelf = &shelves[class];
        struct leaving leaving = {0};

        syni_list_init(&leaving.blocks);
        syni_mutex_lock(&depot_lock);
        if (always || !depot_keeps_locked()) {
            leaving.pieces = shelf->pieces;
            shelf->pieces = NULL;
            depot_take_whole_locked(shelf, &leaving);
            depot_note_stock_locked(shelf);
            if (shelf->n_in_blocks > 0)
                SYNI_LIST_EACH(node, &shelf->blocks)
                    syni_block_trim(SYNI_CONTAINER(node, struct syni_block, link));
        }
        syni_mutex_unlock(&depot_lock);
        depot_free_all(&leaving, class);
    }
}

static struct syni_spare *depot_new_piece(unsigned class)
{
    struct syni_slot *slot = syni_slot_new();
    struct syni_spare *spare = slot ? syni_alloc(syni_depot_bytes(class)) : NULL;

    if (spare) {
        spare->slot = slot;
        atomic_fetch_add_explicit(&shelves[class].n_made, 1, memory_order_relaxed);
    } else if (slot) {
        syni_slot_free(slot);
    }
    return spare;
}

/* False: there is no memory for it. */
static bool depot_new_block(unsigned class)
{
    struct shelf *shelf = &shelves[class];
    struct syni_block *block = syni_block_new(class);

    if (!block)
        return false;
    syni_mutex_lock(&depot_lock);
    if (!shelf->blocks.next) {
        syni_list_init(&shelf->blocks);
        syni_list_init(&shelf->used_up);
    }
    syni_list_append(&shelf->blocks, &block->link);
    shelf->n_in_blocks += block->n_spare;
    depot_note_stock_locked(shelf);
    syni_mutex_unlock(&depot_lock);
    return true;
}

/* One, and more for STORE, which is empty, in the order in which they lie. */
static struct syni_spare *depot_pick(struct syni_store *store, unsigned class)
{
    struct shelf *shelf = &shelves[class];
    struct syni_spare *spare, *more, **last = store ? &store->spares[class] : NULL;

    SYNI_INVARIANT(731, !store || !store->spares[class]);
    syni_mutex_lock(&depot_lock);
    spare = depot_pop_locked(shelf);
    for (int i = 0; store && i < SYNI_DEPOT_BATCH && (more = depot_pop_locked(shelf)); i++) {
        more->next = NULL;
        *last = more;
        last = &more->next;
        store->count[class]++;
    }
    depot_note_stock_locked(shelf);
    syni_mutex_unlock(&depot_lock);
    return spare;
}

struct syni_spare *syni_depot_take(struct syni_store *store, unsigned class)
{
    struct syni_spare *spare = syni_depot_has(class) ? depot_pick(store, class) : NULL;

    if (spare)
        return spare;
    if (syni_fork_watch(&depot_fork_call))
        return NULL;
    if (atomic_load_explicit(&shelves[class].n_made, memory_order_relaxed) >= SYNI_DEPOT_PIECES &&
        depot_new_block(class))
        spare = depot_pick(store, class);
    return spare ? spare : depot_new_piece(class); /* others may have been faster */
}

void syni_depot_count_worker(bool comes)
{
    syni_mutex_lock(&depot_lock);
    if (comes)
        n_workers++;
    else if (n_workers > 0) /* in a child the parent's are not counted */
        n_workers--;
    syni_mutex_unlock(&depot_lock);
}

void syni_depot_keep(bool on)
{
    syni_mutex_lock(&depot_lock);
    atomic_store_explicit(&loops_run, on, memory_order_relaxed);
    syni_mutex_unlock(&depot_lock);
}
