/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls: from a plain thread, by blocking, with a frame on its stack; and from
 * anywhere, as a future, with a frame from the store.
 *
 * A blocking call is posted and waited for: two hand-overs between threads and no
 * allocation. Where callers may drive and nobody does, the caller takes the role,
 * and there is no hand-over at all.
 */
#include "call/call.h"

#include "life/whole_home.h"
#include "thread/thread_waits.h"

#include <string.h>

#include "base/mem.h"
#include "base/report.h"
#include "future/future.h"
#include "task/frame.h"
#include "task/seen.h"

/* What makes a call: a thread, with the home that it drives, or NULL. */
struct caller {
    struct syni_self *self;
    struct syni_home *here;
};

static struct caller caller_of(struct syni_self *self)
{
    return (struct caller){self, syni_home_of(self)};
}

/* Where FUNCTION runs if SELF calls it. */
static struct syn_synchronizer *synchronizer_of(const struct syni_self *self,
                                                const struct syn_function *function)
{
    struct syni_home *here;

    if (function->synchronizer)
        return function->synchronizer;
    here = syni_home_of(self);
    return here ? here->synchronizer : syn_default_synchronizer();
}

/* Where a thread that drives HERE, or, NULL, nothing, calls FUNCTION. */
static syn_err home_for(struct syni_home *here, const struct syn_function *function,
                        struct syni_home **out_home)
{
    struct syn_synchronizer *synchronizer;

    if (function->abi != SYNI_ABI_OF(syn_function) || function->task_size != sizeof(struct syn_task))
        return SYN_EABI;
    /* where the step runs that calls: taken also while it is being stopped */
    if (here && (!function->synchronizer || function->synchronizer == here->synchronizer)) {
        *out_home = here;
        return SYN_OK;
    }
    synchronizer = function->synchronizer ? function->synchronizer : syn_default_synchronizer();
    *out_home = syni_home_peek(synchronizer);
    return *out_home && syni_home_accepts(*out_home) ? SYN_OK
                                                     : syni_home_find(synchronizer, out_home);
}

syn_err syni_home_for(const struct syn_function *function, struct syni_home **out_home)
{
    return home_for(syni_home_now(), function, out_home);
}

struct syn_report *syni_call_report(const struct syn_function *function, syn_err err)
{
    return syni_home_report(synchronizer_of(syni_self(), function), err, function->name);
}

bool syni_launch(struct syni_task *task)
{
    struct syni_home *home = task->home;

    if (!syni_drives(&home->loop))
        return syni_loop_post(&home->loop, &task->core.job);
    syni_shelter_launched(home, task);
    home->newborn = task;
    home->newborn_place = home->loop.ready.last;
    syni_loop_ready(&home->loop, &task->core.job);
    return true;
}

/* What the call came to; its frame goes with the caller's stack. */
static syn_err call_outcome(struct syni_core *core, void *out_result)
{
    struct syn_report *report = core->report;
    syn_err err = core->err;

    if (err) {
        syni_thread_note_outcome(syni_self(), core->origin);
        return syni_report_keep(err, core->origin, report);
    }
    if (out_result)
        syni_core_fetch(core, out_result);
    else if (core->type->destroy)
        syni_core_discard(core);
    return SYN_OK;
}

/* TASK was not taken: what it inherited goes, and the waiter for its end learns of it. */
static void not_taken(struct syni_task *task)
{
    syni_task_withdraw(task);
    syni_bindings_release(task->locals);
    task->core.err = syni_home_refusal(task->home);
    if (SYNI_HOOKED)
        syni_seen_end(task);
    if (task->function->ended)
        task->function->ended((struct syn_task *)(void *)task);
}

/* A call that blocks: TASK, with its frame on this stack. */
struct call_in_hand {
    struct syni_thread_wait wait;
    struct syni_task *task;
    bool not_taken;
};

static bool call_begin(struct syni_thread_wait *wait)
{
    struct call_in_hand *call = SYNI_CONTAINER(wait, struct call_in_hand, wait);

    /* relaxed: the post, or this thread, passes it on */
    atomic_store_explicit(&call->task->core.waiter, &wait->waiter.waiter, memory_order_relaxed);
    if (syni_thread_wait_drives(wait)) {
        syni_loop_ready(&call->task->home->loop, &call->task->core.job); /* no step calls it */
        return true;
    }
    if (syni_launch(call->task))
        return true;
    call->not_taken = true;
    not_taken(call->task);
    return false;
}

static bool ask_to_end(struct syni_thread_wait *wait, enum syn_origin origin)
{
    syni_task_request(SYNI_CONTAINER(wait, struct call_in_hand, wait)->task, origin);
    return true;
}

static void call_abandon(struct syni_thread_wait *wait)
{
    struct syni_task *task = SYNI_CONTAINER(wait, struct call_in_hand, wait)->task;

    if (!task->ending && !syni_core_done(&task->core))
        syni_task_abandon(task, SYN_EABANDONED, SYN_BY_INTERRUPT,
                          "interrupted twice: it did not end after the first interrupt");
}

static const struct syni_thread_wait_ops call_ops = {call_begin, NULL, ask_to_end, call_abandon};

static syn_err call_on(struct caller by, struct syni_task *task, struct syni_home *home,
                       void *out_result)
{
    const struct syn_function *function = task->function;
    struct call_in_hand call = {.wait = {.ops = &call_ops,
                                         .source = {home, function->name, false, &task->core},
                                         .reason = SYN_BY_DEADLINE,
                                         .begins = true,
                                         .may_drive = true,
                                         .may_follow = true},
                                .task = task};
    syn_err err;

    syni_frame_init(by.self, by.here, task, home);
    /* relaxed: nobody else knows it yet */
    call.wait.deadline = atomic_load_explicit(&task->deadline, memory_order_relaxed);
    err = syni_thread_wait(by.self, &call.wait);
    if (call.not_taken)
        return syni_refuse_home(home->synchronizer, task->core.err, function->name);
    if (!err)
        return call_outcome(&task->core, out_result);
    syni_bindings_release(task->locals);
    return err;
}

syn_err syni_call_on(struct syni_task *task, struct syni_home *home, void *out_result)
{
    return call_on(caller_of(syni_self()), task, home, out_result);
}

syn_err syni_call(const struct syn_function *function, struct syn_task *frame, void *out_result)
{
    struct syni_self *self = syni_self();
    struct caller by = {self, syni_home_of(self)};
    struct syni_home *home;
    syn_err err = home_for(by.here, function, &home);

    if (err)
        err = syni_report_keep(err, SYN_BY_LIBRARY, syni_call_report(function, err));
    else
        err = call_on(by, SYNI_TASK(frame), home, out_result);
    if (err != SYN_EABI) /* its description is not ours to read */
        syni_task_drop_arguments(SYNI_TASK(frame));
    return err;
}

/* Memory for a frame of FUNCTION, of which what follows the head is zero; NULL: none. */
static struct syni_task *new_frame(struct caller by, const struct syn_function *function,
                                   struct syni_slot **out_slot)
{
    struct syni_spare *spare =
        by.here ? syni_frame_pop(&by.here->store, function->frame_size) : NULL;

    if (!spare)
        return syni_frame_new(by.self, function->frame_size, out_slot);
    *out_slot = spare->slot;
    /* its memory is that of its class, a multiple of 64 */
    syni_zero((char *)spare + sizeof(struct syn_task),
              function->frame_size - sizeof(struct syn_task));
    return (struct syni_task *)(void *)spare;
}

static inline struct syni_task *new_on(struct caller by, const struct syn_function *function,
                                       struct syni_home *home, struct syn_future *out_future)
{
    struct syni_slot *slot;
    struct syni_task *task = new_frame(by, function, &slot);

    if (!task) {
        *out_future = (struct syn_future){NULL, SYN_ENOMEM};
        return NULL;
    }
    task->function = function;
    syni_frame_init(by.self, by.here, task, home);
    *out_future = syni_core_publish(&task->core, slot, 2);
    return task;
}

struct syni_task *syni_frame_for(const struct syn_function *function, struct syni_home *home,
                                 struct syn_future *out_future)
{
    return new_on(caller_of(syni_self()), function, home, out_future);
}

/* The same, which does not begin if the deadline here has passed. */
static inline __attribute__((always_inline)) struct syni_task *new_in_time(struct caller by, const struct syn_function *function,
                                     struct syni_home *home, struct syn_future *out_future)
{
    struct syni_task *task = new_on(by, function, home, out_future);
    int64_t deadline;

    if (!task)
        return NULL;
    /* relaxed: nobody else knows it yet */
    deadline = atomic_load_explicit(&task->deadline, memory_order_relaxed);
    if (deadline != SYNI_NEVER && syni_deadline_passed(by.self, deadline))
        syni_task_ask_early(task, SYN_BY_DEADLINE);
    return task;
}

struct syni_task *syni_call_new_on(const struct syn_function *function, struct syni_home *home,
                                   struct syn_future *out_future)
{
    return new_in_time(caller_of(syni_self()), function, home, out_future);
}

struct syn_task *syni_call_new(const struct syn_function *function, struct syn_future *out_future)
{
    struct caller by = caller_of(syni_self());
    struct syni_home *home;
    syn_err err = home_for(by.here, function, &home);

    if (!err && home != by.here)
        err = syni_home_keep_thread(home);
    if (err) {
        *out_future = syni_future_refused(&function->type, err, syni_call_report(function, err));
        return NULL;
    }
    return (struct syn_task *)(void *)new_in_time(by, function, home, out_future);
}

void *syni_call_large_frame(const struct syn_function *function)
{
    struct syn_task *frame = syni_alloc(function->frame_size);

    if (frame)
        frame->function = function;
    return frame;
}

syn_err syni_call_no_frame(const struct syn_function *function)
{
    return syni_refuse(SYN_ENOMEM, "%s: no memory for its frame of %lu bytes", function->name,
                       (unsigned long)function->frame_size);
}

syn_err syni_call_free_frame(struct syn_task *frame, syn_err err)
{
    syni_free(frame, frame->function->frame_size);
    return err;
}

const char *syni_text_copy(const char *text)
{
    char *copy = text ? syni_alloc(strlen(text) + 1) : NULL;

    if (copy)
        memcpy(copy, text, strlen(text) + 1);
    return copy;
}

const char *syni_call_copy(struct syn_task *frame, const char *text)
{
    const char *copy = syni_text_copy(text);

    if (text && !copy)
        SYNI_TASK(frame)->copy_failed = true;
    return copy;
}

void syni_call_free_copy(const char *text)
{
    if (text)
        syni_free((void *)(uintptr_t)text, strlen(text) + 1);
}

/* What stands before copied bytes: how many. */
union head {
    max_align_t align;
    size_t size;
};

void *syni_bytes_copy(const void *bytes, size_t size)
{
    union head *head = bytes && size <= SIZE_MAX - sizeof *head ? syni_alloc(sizeof *head + size)
                                                                : NULL;

    if (!head)
        return NULL;
    head->size = size;
    if (size > 0)
        memcpy(head + 1, bytes, size);
    return head + 1;
}

void *syni_call_copy_bytes(struct syn_task *frame, const void *bytes, size_t size)
{
    void *copy = syni_bytes_copy(bytes, size);

    if (bytes && !copy)
        SYNI_TASK(frame)->copy_failed = true;
    return copy;
}

void syni_call_free_bytes(const void *bytes)
{
    union head *head = (union head *)(uintptr_t)bytes;

    if (head)
        syni_free(head - 1, sizeof *head + head[-1].size);
}

void syni_call_start(struct syn_task *frame)
{
    struct syni_task *task = SYNI_TASK(frame);

    if (!syni_launch(task))
        syni_call_refused(task);
}

/* Why HOME does not take a call of NAME; only its memory need be there. */
static struct syn_report *call_report_refused(struct syni_home *home, syn_err err, const char *name)
{
    struct syn_report *report;

    if (!syni_life_hold(home))
        return syni_report_format(err, SYN_BY_LIBRARY, "%s: its synchronizer was freed", name);
    report = syni_home_report(home->synchronizer, err, name);
    syni_life_let_go(home);
    return report;
}

void syni_call_refused(struct syni_task *task)
{
    task->core.err = syni_home_refusal(task->home);
    task->core.origin = SYN_BY_LIBRARY;
    task->core.report = call_report_refused(task->home, task->core.err, task->function->name);
    syni_task_withdraw(task);
    if (SYNI_HOOKED)
        syni_seen_end(task);
    syni_task_drop_arguments(task);
    if (task->function->ended)
        task->function->ended((struct syn_task *)(void *)task);
    syni_core_complete(&task->core);
}
