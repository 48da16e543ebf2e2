/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames: where their memory comes from, and how the head of a task's is made ready.
 */
#ifndef SYNI_FRAME_H
#define SYNI_FRAME_H

#include <stddef.h>

#include "base/zero.h"
#include "task/deadline.h"
#include "task/engine.h"
#include "task/local.h"
#include "task/seen.h"

/* A frame of SIZE bytes that STORE has to spare, as it was left; NULL: none. By the owner of STORE. */
static inline struct syni_spare *syni_frame_pop(struct syni_store *store, size_t size)
{
    size_t class = (size - 1) / SYNI_FRAME_CLASS_BYTES;
    struct syni_spare *spare = class < SYNI_FRAME_CLASSES ? store->spares[class] : NULL;

    if (spare) {
        store->spares[class] = spare->next;
        store->count[class]--;
    }
    return spare;
}

/* A home keeps so many of a size. */
enum { SYNI_FRAMES_OF_HOME = 256 };

/* Memory of SIZE bytes, zeroed, with a slot; NULL: none. Any thread. */
void *syni_frame_new(const struct syni_self *self, size_t size, struct syni_slot **out_slot);
void syni_frame_free(void *frame, size_t size, struct syni_slot *slot);

/* Moves HOME's own store to the common one; by its last driver. */
void syni_frame_retire(struct syni_home *home);
/* As long as the calling thread, if it is a worker's own, has not ended, the common store keeps frames. */
void syni_frame_keep(void);
/* From now on the common store keeps frames, or gives all back to the allocator unless workers
 * of a pool have some: on while any synchronizer runs. The calling thread gives up its own with it. */
void syni_frame_cache(bool on);

/* Frees TASK, which ended on HOME, of which the caller is the driver; nobody else knows it. So its memory is of
 * this process, and its arguments were the body's. */
static inline void syni_frame_free_here(struct syni_home *home, struct syni_task *task)
{
    const struct syn_function *function = task->function;
    struct syni_spare *spare = (struct syni_spare *)(void *)task;
    struct syni_slot *slot = task->core.slot;
    size_t class = (function->frame_size - 1) / SYNI_FRAME_CLASS_BYTES;
    struct syni_store *store = &home->store;

    SYNI_INVARIANT(541, task->begun && !task->locals && !syni_slot_refusal(slot, SYN_OK));
    if (function->release || class >= SYNI_FRAME_CLASSES ||
        store->count[class] >= SYNI_FRAMES_OF_HOME || syni_slot_is_spent(slot)) {
        syni_frame_core_ops.free(&task->core);
        return;
    }
    spare->slot = slot;
    spare->next = store->spares[class];
    store->spares[class] = spare;
    store->count[class]++;
}

/* CORE, which ended alone on HOME, of which the caller is the driver, is given up by its reader, the last that knew it. */
static inline void syni_frame_let_go_here(struct syni_home *home, struct syni_core *core)
{
    SYNI_INVARIANT(142, core->alone && syni_core_task(core)->home == home);
    syni_core_clear(core);
    syni_frame_free_here(home, SYNI_CONTAINER(core, struct syni_task, core));
}

/* What a task has of what makes it. */
struct syni_heritage {
    struct syni_bindings *locals; /* held */
    int64_t deadline;
    bool nested;
};

/* That of what SELF makes, which drives HERE, or NULL. */
static inline struct syni_heritage syni_heritage_of(const struct syni_self *self, const struct syni_home *here)
{
    const struct syni_task *by = here ? here->current : NULL;

    return (struct syni_heritage){.locals = syni_local_hold(by ? by->locals : self->locals),
                                  .deadline = syni_deadline_under(self, by),
                                  .nested = by ? by->nested : self->worker != NULL};
}

/* Readies the head of a frame of HOME, but for `function`, which is there; SLOT: NULL on a stack. */
static inline void syni_frame_init(struct syni_task *task, struct syni_home *home, struct syni_slot *slot,
                                   struct syni_heritage has)
{
    const struct syn_function *function = task->function;

    /* what is zero at first, in two pieces (state.h) */
    task->line = task->coroutine = task->at = 0;
    task->status = SYN_OK;
    syni_zero(&task->core.waiter,
              offsetof(struct syni_task, timer) - offsetof(struct syni_task, core.waiter));
    task->timer.node.link = NULL;
    task->live.since = 0;
    task->home = home;
    task->core.job.run = syni_engine_run;
    task->request_job.run = syni_engine_request_arrives;
    task->core.type = &function->type;
    task->core.value_at = (int32_t)function->result_offset - (int32_t)offsetof(struct syni_task, core);
    task->core.slot = slot;
    task->core.ops = &syni_frame_core_ops;
    task->locals = has.locals;
    if (has.locals)
        task->owns = true;
    task->nested = has.nested;
    atomic_init(&task->deadline, has.deadline);
}

/* TASK was made by SELF, and is told of. A macro, since it stands in counted functions. */
#define SYNI_FRAME_MADE(self, task)                                                                \
    do {                                                                                           \
        SYNI_NOTE_MADE(self, task, (task)->function->made);                                        \
        if (SYNI_HOOKED)                                                                           \
            syni_seen_made(task);                                                                  \
    } while (0)

#endif
