/* SPDX-License-Identifier: Apache-2.0
 *
 * Where frames come from: lists of spare ones by size.
 *
 * Each home has a store of its own, which only its driver touches; and so has each worker of a pool, and each other
 * thread that came to the common one while a loop ran, until it ends. The common one is under a lock. They exchange
 * with the common one in batches (the magazines and the depot of J. Bonwick, 2001). A frame belongs to nobody while it
 * is spare: it may be made by a thread, run on a loop and be freed by a third. A spare keeps its
 * slot, so that a call takes one piece from one list. What is too much goes back to the
 * allocator. Discarded: the common one alone for threads that are no worker, since a call by such a thread
 * then takes its lock twice.
 */
#include "task/frame.h"

#include <string.h>

#include <synchronicity/mem.h>

#include "base/fork.h"
#include "base/mem.h"
#include "loop/role.h"
#include "pool/pool.h"
#include "task/engine.h"
#include "task/home.h"

/* A thread keeps fewer than a home: there may be many, and what it frees others may want. */
enum { OF_THREAD = 64, FRAME_BATCH = 32, OF_ALL = 4096 };

/* A thread's own, by syni_self.frames. */
struct own_store {
    struct syni_store store;
    bool works; /* it is a pool's, and counted in n_workers */
};

static struct syni_mutex frame_lock = SYNI_MUTEX_INIT(FRAMES);
static struct syni_store common;                  /* under lock */
static _Atomic(bool) stocked[SYNI_FRAME_CLASSES]; /* common has some; written under lock */
/* While there are any, frames are worth keeping. */
static _Atomic(bool) loops_run; /* written under lock */
static unsigned n_workers; /* that have a store; under lock */

/* What is spare here was the parent's, with its slots. */
static void frame_forked(void)
{
    common = (struct syni_store){0};
    for (unsigned class = 0; class < SYNI_FRAME_CLASSES; class++)
        atomic_store_explicit(&stocked[class], false, memory_order_relaxed);
    atomic_store_explicit(&loops_run, false, memory_order_relaxed);
    n_workers = 0;
}

static struct syni_fork_call frame_fork_call = {.lock = &frame_lock, .child = frame_forked};

/* 0 for up to 32 bytes, and so on; SYNI_FRAME_CLASSES for what is not cached. */
static unsigned frame_class_of(size_t size)
{
    size_t class = (size - 1) / SYNI_FRAME_CLASS_BYTES;

    return class < SYNI_FRAME_CLASSES ? (unsigned)class : SYNI_FRAME_CLASSES;
}

static size_t frame_rounded(size_t size)
{
    return frame_class_of(size) == SYNI_FRAME_CLASSES
               ? size
               : ((size_t)frame_class_of(size) + 1) * SYNI_FRAME_CLASS_BYTES;
}

static struct syni_spare *pop(struct syni_store *store, unsigned class)
{
    struct syni_spare *spare = store->spares[class];

    if (spare) {
        SYNI_SURE(store->count[class] > 0);
        store->spares[class] = spare->next;
        store->count[class]--;
    }
    return spare;
}

static void push(struct syni_store *store, unsigned class, struct syni_spare *spare)
{
    SYNI_SURE(spare->slot);
    spare->next = store->spares[class];
    store->spares[class] = spare;
    store->count[class]++;
}

static void frame_give_back(struct syni_spare *spare, unsigned class)
{
    struct syni_slot *slot = spare->slot;

    syni_free(spare, ((size_t)class + 1) * SYNI_FRAME_CLASS_BYTES);
    syni_slot_free(slot);
}

/* relaxed: a hint, which a taker checks under the lock */
static void note_stock_locked(unsigned class)
{
    SYNI_HOLDS(&frame_lock);
    atomic_store_explicit(&stocked[class], common.count[class] > 0, memory_order_relaxed);
}

/* relaxed: without the lock it is a hint */
static bool do_loops_run(void)
{
    return atomic_load_explicit(&loops_run, memory_order_relaxed);
}

static bool is_kept_locked(void)
{
    SYNI_HOLDS(&frame_lock);
    return do_loops_run() || n_workers > 0;
}

/* Those of LIST go to the common store as far as that keeps them, else to the allocator. */
static void put_common(struct syni_spare *list, unsigned class)
{
    syni_mutex_lock(&frame_lock);
    while (list && is_kept_locked() && common.count[class] < OF_ALL) {
        struct syni_spare *spare = list;

        list = spare->next;
        push(&common, class, spare);
    }
    note_stock_locked(class);
    syni_mutex_unlock(&frame_lock);
    while (list) {
        struct syni_spare *spare = list;

        list = spare->next;
        frame_give_back(spare, class);
    }
}

/* Takes N, or all, out of STORE. */
static struct syni_spare *pop_many(struct syni_store *store, unsigned class, unsigned n)
{
    struct syni_spare *list = NULL;

    while (n-- > 0 && store->count[class] > 0) {
        struct syni_spare *spare = pop(store, class);

        spare->next = list;
        list = spare;
    }
    return list;
}

static void put_all_common(struct syni_store *store)
{
    for (unsigned class = 0; class < SYNI_FRAME_CLASSES; class++) {
        struct syni_spare *all = store->spares[class];

        store->spares[class] = NULL;
        store->count[class] = 0;
        if (all)
            put_common(all, class);
    }
}

/* Gives what is in the common store back to the allocator. ALWAYS: although it keeps some. */
static void frame_trim(bool always)
{
    struct syni_store all = {0};

    syni_mutex_lock(&frame_lock);
    if (always || !is_kept_locked()) {
        all = common;
        common = (struct syni_store){0};
        for (unsigned class = 0; class < SYNI_FRAME_CLASSES; class++)
            note_stock_locked(class);
    }
    syni_mutex_unlock(&frame_lock);
    for (unsigned class = 0; class < SYNI_FRAME_CLASSES; class++)
        while (all.spares[class])
            frame_give_back(pop(&all, class), class);
}

static void count_worker(bool comes)
{
    syni_mutex_lock(&frame_lock);
    if (comes)
        n_workers++;
    else if (n_workers > 0) /* in a child the parent's are not counted */
        n_workers--;
    syni_mutex_unlock(&frame_lock);
}

/* That of SELF, which is the calling thread or ends; NULL: it has none. */
static struct own_store *own_of(const struct syni_self *self)
{
    return self->frames ? SYNI_CONTAINER(self->frames, struct own_store, store) : NULL;
}

/* What it has is everybody's. */
static void give_up_own(struct syni_self *self)
{
    struct own_store *own = own_of(self);
    bool works;

    if (!own)
        return;
    works = own->works;
    self->frames = NULL;
    put_all_common(&own->store);
    syni_free(own, sizeof *own);
    if (!works)
        return;
    count_worker(false);
    frame_trim(false);
}

void syn_memory_trim(void)
{
    if (syni_self()->frames)
        put_all_common(syni_self()->frames);
    frame_trim(true);
}

/* The calling thread's own store, which it has from now on; NULL: it uses the common one. */
static __attribute__((noinline)) struct syni_store *begin_own(void)
{
    struct syni_self *self = syni_self();
    struct own_store *own = syni_alloc(sizeof *own);

    if (!own)
        return NULL;
    self->frames = &own->store;
    syni_self_owns(self, SYNI_OWNS_FRAMES, give_up_own);
    if (self->will_give_back)
        return self->frames;
    self->frames = NULL; /* it would be left when the thread ends */
    syni_free(own, sizeof *own);
    return NULL;
}

void syni_frame_keep(void)
{
    struct syni_self *self = syni_self();
    struct own_store *own;

    if (!self->worker || self->worker->here || (!self->frames && !begin_own()))
        return;
    own = own_of(self);
    if (own->works)
        return;
    own->works = true;
    count_worker(true);
}

/* The calling thread's own; NULL: it has none. */
static struct syni_store *store_here(const struct syni_self *self)
{
    struct syni_home *home = syni_home_of(self);

    return home ? &home->store : self->frames;
}

static struct syni_spare *frame_take(const struct syni_self *self, unsigned class)
{
    struct syni_store *store = store_here(self);
    struct syni_spare *spare = store ? pop(store, class) : NULL;

    /* relaxed: a look without the lock; at worst we allocate, or lock in vain */
    if (spare || !atomic_load_explicit(&stocked[class], memory_order_relaxed))
        return spare;
    if (!store && do_loops_run())
        store = begin_own();
    syni_mutex_lock(&frame_lock);
    spare = pop(&common, class);
    for (int i = 0; store && common.count[class] > 0 && i < FRAME_BATCH; i++)
        push(store, class, pop(&common, class));
    note_stock_locked(class);
    syni_mutex_unlock(&frame_lock);
    return spare;
}

void *syni_frame_new(const struct syni_self *self, size_t size, struct syni_slot **out_slot)
{
    unsigned class = frame_class_of(size);
    struct syni_spare *spare = class < SYNI_FRAME_CLASSES ? frame_take(self, class) : NULL;

    if (spare) {
        *out_slot = spare->slot;
        memset(spare, 0, size);
        return spare;
    }
    *out_slot = syni_fork_watch(&frame_fork_call) ? NULL : syni_slot_new();
    if (!*out_slot)
        return NULL;
    spare = syni_alloc(frame_rounded(size));
    if (!spare)
        syni_slot_free(*out_slot);
    return spare;
}

/* SPARE, which STORE (NULL: there is none) cannot just have. */
static __attribute__((noinline)) void put_away(struct syni_spare *spare, size_t size,
                                               struct syni_store *store)
{
    struct syni_slot *slot = spare->slot;
    unsigned class = frame_class_of(size);

    if (syni_slot_refusal(slot, SYN_OK)) { /* the parent's */
        syni_free(spare, frame_rounded(size));
    } else if (class == SYNI_FRAME_CLASSES || syni_slot_is_spent(slot)) {
        syni_free(spare, frame_rounded(size));
        syni_slot_free(slot);
    } else if (store || (do_loops_run() && (store = begin_own()))) {
        push(store, class, spare);
        if (store->count[class] > FRAME_BATCH)
            put_common(pop_many(store, class, FRAME_BATCH), class);
    } else {
        spare->next = NULL;
        put_common(spare, class);
    }
}

void syni_frame_free(void *frame, size_t size, struct syni_slot *slot)
{
    const struct syni_self *self = syni_self();
    struct syni_home *home = syni_home_of(self);
    struct syni_store *store = home ? &home->store : self->frames;
    unsigned class = frame_class_of(size), most = home ? SYNI_FRAMES_OF_HOME : OF_THREAD;
    struct syni_spare *spare = frame;

    spare->slot = slot;
    if (store && class < SYNI_FRAME_CLASSES && store->count[class] < most &&
        !syni_slot_refusal(slot, SYN_OK) && !syni_slot_is_spent(slot))
        push(store, class, spare);
    else
        put_away(spare, size, store);
}

static void free_frame(struct syni_core *core)
{
    struct syni_task *task = SYNI_CONTAINER(core, struct syni_task, core);
    const struct syn_function *function = task->function;

    if (!task->begun || task->locals) { /* a generator that nobody asked */
        syni_task_drop_arguments(task);
        syni_local_release(task->locals);
    }
    if (function->release)
        function->release((struct syn_task *)(void *)task);
    syni_frame_free(task, function->frame_size, core->slot);
}

static const void *frame_call(const struct syni_core *core)
{
    const struct syni_task *task = SYNI_CONTAINER(core, const struct syni_task, core);
    unsigned made = task->function->made;

    return made ? *(void *const *)(const void *)((const char *)task + made) : NULL;
}

const struct syni_core_ops syni_frame_core_ops = {.free = free_frame, .call = frame_call};

void syni_frame_retire(struct syni_home *home)
{
    SYNI_DRIVEN(&home->loop);
    put_all_common(&home->store);
}

void syni_frame_cache(bool on)
{
    const struct own_store *own = own_of(syni_self());

    syni_mutex_lock(&frame_lock);
    atomic_store_explicit(&loops_run, on, memory_order_relaxed);
    syni_mutex_unlock(&frame_lock);
    if (on)
        return;
    if (own && !own->works)
        give_up_own(syni_self());
    frame_trim(false);
}
