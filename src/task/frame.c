/* SPDX-License-Identifier: Apache-2.0
 *
 * Where frames come from: lists of spare ones by size.
 *
 * Each home has a store of its own, which only its driver touches; and so has each worker of a pool, and each other
 * thread that came to the common one while a loop ran, until it ends. They exchange with the common one (depot.c) in
 * batches. A frame belongs to nobody while it is spare: it may be made by a thread, run on a loop and be freed by a
 * third. A spare keeps its slot, so that a call takes one piece from one list. Discarded: the common one alone for
 * threads that are no worker, since a call by such a thread then takes its lock twice.
 */
#include "task/frame.h"

#include <string.h>

#include <synchronicity/mem.h>

#include "base/mem.h"
#include "loop/role.h"
#include "pool/pool.h"
#include "task/depot.h"
#include "task/engine.h"
#include "task/home.h"

/* A thread keeps fewer than a home: there may be many, and what it frees others may want. */
enum { OF_THREAD = 64 };

/* A thread's own, by syni_self.frames. */
struct own_store {
    struct syni_store store;
    bool works; /* it is a pool's, and counted in n_workers */
};

/* 0 for up to 32 bytes, and so on; SYNI_FRAME_CLASSES for what is not cached. */
static unsigned frame_class_of(size_t size)
{
    size_t class = (size - 1) / SYNI_FRAME_CLASS_BYTES;

    return class < SYNI_FRAME_CLASSES ? (unsigned)class : SYNI_FRAME_CLASSES;
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

static void put_all(struct syni_store *store)
{
    for (unsigned class = 0; class < SYNI_FRAME_CLASSES; class++) {
        struct syni_spare *all = store->spares[class];

        store->spares[class] = NULL;
        store->count[class] = 0;
        if (all)
            syni_depot_put(all, class);
    }
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
    put_all(&own->store);
    syni_free(own, sizeof *own);
    if (!works)
        return;
    syni_depot_count_worker(false);
    syni_depot_trim(false);
}

void syn_memory_trim(void)
{
    if (syni_self()->frames)
        put_all(syni_self()->frames);
    syni_depot_trim(true);
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
    syni_depot_count_worker(true);
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

    if (spare)
        return spare;
    if (!store && syni_depot_has(class) && syni_depot_keeps_for_loops())
        store = begin_own();
    return syni_depot_take(store, class);
}

void *syni_frame_new(const struct syni_self *self, size_t size, struct syni_slot **out_slot)
{
    unsigned class = frame_class_of(size);
    struct syni_spare *spare;
    void *large;

    if (class < SYNI_FRAME_CLASSES) {
        spare = frame_take(self, class);
        if (!spare)
            return NULL;
        *out_slot = spare->slot;
        memset(spare, 0, size);
        return spare;
    }
    *out_slot = syni_slot_new();
    if (!*out_slot)
        return NULL;
    large = syni_alloc(size);
    if (!large)
        syni_slot_free(*out_slot);
    return large;
}

/* SPARE, which STORE (NULL: there is none) cannot just have. */
static __attribute__((noinline)) void put_away(struct syni_spare *spare, size_t size,
                                               struct syni_store *store)
{
    struct syni_slot *slot = spare->slot;
    unsigned class = frame_class_of(size);

    if (class == SYNI_FRAME_CLASSES) {
        syni_free(spare, size);
        syni_slot_free(slot);
    } else if (syni_slot_refusal(slot, SYN_OK) || syni_slot_is_spent(slot)) {
        syni_depot_drop(spare, class);
    } else if (store || (syni_depot_keeps_for_loops() && (store = begin_own()))) {
        push(store, class, spare);
        if (store->count[class] > SYNI_DEPOT_BATCH)
            syni_depot_put(pop_many(store, class, SYNI_DEPOT_BATCH), class);
    } else {
        spare->next = NULL;
        syni_depot_put(spare, class);
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
    put_all(&home->store);
}

void syni_frame_cache(bool on)
{
    const struct own_store *own = own_of(syni_self());

    syni_depot_keep(on);
    if (on)
        return;
    if (own && !own->works)
        give_up_own(syni_self());
    syni_depot_trim(false);
}
