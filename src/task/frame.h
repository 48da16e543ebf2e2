/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames: where their memory comes from, and how the head of a task's is made ready.
 */
#ifndef SYNI_FRAME_H
#define SYNI_FRAME_H

#include <stddef.h>

#include "base/zero.h"
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

/* Memory of SIZE bytes, zeroed, with a slot; NULL: none. Any thread. */
void *syni_frame_new(const struct syni_self *self, size_t size, struct syni_slot **out_slot);
void syni_frame_free(void *frame, size_t size, struct syni_slot *slot);

/* Moves HOME's own store to the common one; by its last driver. */
void syni_frame_retire(struct syni_home *home);
/* The calling thread, if it is a worker's own, has a store until it ends, and as long the common
 * one keeps frames. */
void syni_frame_keep(void);
/* The calling thread, if it has no store, has STORE, which is zeroed, until it gives that up: for a while
 * in which it frees about as many frames as it takes. */
void syni_frame_borrow(struct syni_self *self, struct syni_store *store);
void syni_frame_give_up(struct syni_self *self, struct syni_store *store);
/* From now on the common store keeps frames, or gives all back to the allocator unless workers
 * of a pool have some: on while any synchronizer runs. */
void syni_frame_cache(bool on);

/* What frees a task with its frame. */
extern const struct syni_core_ops syni_frame_core_ops;

/* Readies the head of a frame, but for `function`, which is there. HERE is the home that SELF drives,
 * or NULL. */
static inline void syni_frame_init(struct syni_self *self, struct syni_home *here,
                                  struct syni_task *task, struct syni_home *home)
{
    struct syni_task *by = here ? here->current : NULL;

    /* what is zero at first, in two pieces (state.h) */
    task->line = task->coroutine = task->at = 0;
    task->status = SYN_OK;
    syni_zero(&task->core.waiter,
              offsetof(struct syni_task, timer) - offsetof(struct syni_task, core.waiter));
    task->timer.node.link = NULL;
    task->live.since = 0;
    task->home = home;
    task->core.job.run = syni_task_run;
    task->request_job.run = syni_task_request_arrives;
    task->core.type = &task->function->type;
    task->core.value_at = (int32_t)task->function->result_offset - (int32_t)offsetof(struct syni_task, core);
    task->core.slot = NULL;
    task->core.task = task;
    task->core.ops = &syni_frame_core_ops;
    task->locals = syni_bindings_hold(by ? by->locals : self->locals);
    task->nested = by ? by->nested : self->worker != NULL;
    atomic_init(&task->deadline, syni_deadline_under(self, by));
    SYNI_NOTE_MADE(self, task, task->function->made);
    if (SYNI_HOOKED)
        syni_seen_made(task);
}

#endif
