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

#include "base/mem.h"
#include "base/report.h"
#include "future/future.h"
#include "life/home_refusal.h"
#include "life/home_start.h"
#include "life/synchronizer.h"
#include "loop/loop_inbox.h"
#include "loop/role_keep.h"
#include "task/deadline.h"
#include "task/engine.h"
#include "task/frame.h"
#include "task/home.h"
#include "task/seen.h"
#include "task/shelter.h"
#include "task/task_cancel.h"
#include "thread/thread_waits.h"

/* What makes a call: a thread, with the home that it drives, or NULL. */
struct caller {
    struct syni_self *self;
    struct syni_home *here;
};

static struct caller caller_of(struct syni_self *self)
{
    return (struct caller){self, syni_home_of(self)};
}

/* FUNCTION was compiled against these headers. */
#define HAS_OUR_ABI(fn)                                                                            \
    ((fn)->abi == SYNI_ABI_OF(syn_function) && (fn)->task_size == sizeof(struct syn_task))

/* Where a thread that drives HERE, or, NULL, nothing, calls FUNCTION. */
static syn_err home_for(struct syni_home *here, const struct syn_function *function,
                        struct syni_home **out_home)
{
    struct syn_synchronizer *synchronizer;

    if (!HAS_OUR_ABI(function))
        return SYN_EABI;
    /* where the step runs that calls: taken also while it is being stopped */
    if (here && (!function->synchronizer || function->synchronizer == here->synchronizer)) {
        *out_home = here;
        return SYN_OK;
    }
    synchronizer = function->synchronizer ? function->synchronizer : syn_default_synchronizer();
    *out_home = syni_home_peek(synchronizer);
    return *out_home && syni_home_accepts(*out_home) ? SYN_OK
                                                     : syni_synchronizer_home(synchronizer, out_home);
}

syn_err syni_call_home(const struct syn_function *function, struct syni_home **out_home)
{
    return home_for(syni_home_now(), function, out_home);
}

/* TASK, of HOME, which this thread drives, is the last that was launched there. */
static inline void launch_here(struct syni_home *home, struct syni_task *task)
{
    home->newborn = task;
    home->newborn_place = home->loop.ready.last;
    syni_loop_ready(&home->loop, &task->core.job);
}

bool syni_call_launch(struct syni_task *task)
{
    struct syni_home *home = task->home;

    if (!syni_drives(&home->loop))
        return syni_loop_post(&home->loop, &task->core.job);
    syni_shelter_launched(home, task);
    launch_here(home, task);
    return true;
}

/* What the call came to; its frame goes with the caller's stack. */
static syn_err call_outcome(struct syni_core *core, void *out_result)
{
    struct syn_report *report = core->report;
    syn_err err = core->err;

    if (err) {
        syni_job_note_outcome(syni_self(), core->origin);
        return syni_report_keep(err, core->origin, report);
    }
    if (out_result)
        syni_core_fetch(core, out_result);
    else if (core->type->destroy)
        syni_core_discard(core);
    return SYN_OK;
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
    if (syni_call_launch(call->task))
        return true;
    call->not_taken = true;
    syni_call_not_taken(call->task);
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
        syni_engine_abandon(task, SYN_EABANDONED, SYN_BY_INTERRUPT,
                            "interrupted twice: it did not end after the first interrupt");
}

static const struct syni_thread_wait_ops call_ops = {call_begin, NULL, ask_to_end, call_abandon};

static syn_err call_on(struct caller by, struct syni_task *task, struct syni_home *home,
                       void *out_result)
{
    const struct syn_function *function = task->function;
    struct call_in_hand call;
    syn_err err;

    syni_thread_wait_init(&call.wait);
    call.wait.ops = &call_ops;
    call.wait.source = (struct syni_source){home, function->name, false, &task->core};
    call.wait.begins = call.wait.may_drive = call.wait.may_follow = true;
    call.task = task;
    call.not_taken = false;
    syni_frame_init(task, home, NULL, syni_heritage_of(by.self, by.here));
    SYNI_FRAME_MADE(by.self, task);
    /* relaxed: nobody else knows it yet */
    call.wait.deadline = atomic_load_explicit(&task->deadline, memory_order_relaxed);
    err = syni_thread_wait(by.self, &call.wait);
    if (call.not_taken)
        return syni_home_refuse(home->synchronizer, task->core.err, function->name);
    if (!err)
        return call_outcome(&task->core, out_result);
    syni_local_release(task->locals);
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

    if (err) {
        if (err != SYN_EABI) /* then its head is not ours */
            syni_call_not_made(SYNI_TASK(frame));
        err = syni_report_keep(err, SYN_BY_LIBRARY, syni_call_report(function, err));
    } else {
        err = call_on(by, SYNI_TASK(frame), home, out_result);
    }
    if (err != SYN_EABI) /* nor is its description ours to read */
        syni_task_drop_arguments(SYNI_TASK(frame));
    return err;
}

/* SPARE becomes a frame of FUNCTION, of which what follows the head is zero. */
static inline struct syni_task *ready_frame(struct syni_spare *spare, const struct syn_function *function,
                                            struct syni_slot **out_slot)
{
    struct syni_task *task = (struct syni_task *)(void *)spare;

    *out_slot = spare->slot;
    syni_zero((char *)spare + sizeof(struct syn_task), function->frame_size - sizeof(struct syn_task));
    task->function = function;
    return task;
}

/* The same, with memory for it; NULL: there is none. */
static struct syni_task *new_frame(struct caller by, const struct syn_function *function,
                                   struct syni_slot **out_slot)
{
    struct syni_store *store = by.here ? &by.here->store : by.self->frames;
    struct syni_spare *spare = store ? syni_frame_pop(store, function->frame_size) : NULL;
    struct syni_task *task;

    if (spare)
        return ready_frame(spare, function, out_slot);
    task = syni_frame_new(by.self, function->frame_size, out_slot);
    if (task)
        task->function = function;
    return task;
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
    syni_frame_init(task, home, slot, syni_heritage_of(by.self, by.here));
    SYNI_FRAME_MADE(by.self, task);
    *out_future = syni_core_publish(&task->core, slot, 2);
    return task;
}

struct syni_task *syni_call_frame_on(const struct syn_function *function, struct syni_home *home,
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
    if (deadline == SYNI_NEVER)
        return task;
    if (syni_deadline_passed(by.self, deadline))
        syni_task_ask_early(task, SYN_BY_DEADLINE);
    else
        task->in_time = true;
    return task;
}

struct syni_task *syni_call_new_on(const struct syn_function *function, struct syni_home *home,
                                   struct syn_future *out_future)
{
    return new_in_time(caller_of(syni_self()), function, home, out_future);
}

/* Any call. */
static __attribute__((noinline)) struct syn_task *call_any(const struct syn_function *function,
                                                           struct syn_future *out_future)
{
    struct caller by = caller_of(syni_self());
    struct syni_home *home;
    syn_err err = home_for(by.here, function, &home);

    if (!err && home != by.here)
        err = syni_home_keep_thread(home);
    if (err) {
        *out_future = syni_promise_refused(&function->type, err, syni_call_report(function, err));
        return NULL;
    }
    return (struct syn_task *)(void *)new_in_time(by, function, home, out_future);
}

/* Of a function of this synchronizer, or of none; made by a step, which has no locals, under no deadline. */
static inline bool call_is_plain(const struct syni_self *self, const struct syni_home *here,
                                 const struct syn_function *function)
{
    const struct syni_task *by = here->current;
    int n = self->deadlines.n;

    if (!by || SYNI_HOOKED || !HAS_OUR_ABI(function) || by->locals ||
        (function->synchronizer && function->synchronizer != here->synchronizer))
        return false;
    if (n > self->deadlines.first) /* a spawn has one around it; as syni_deadline_of() */
        return n <= SYNI_DEADLINES && self->deadlines.at[n - 1] == SYNI_NEVER;
    return atomic_load_explicit(&by->deadline, memory_order_relaxed) == SYNI_NEVER;
}

/* The home of a call that a thread makes outside of steps and jobs, without locals, under no deadline, while that home
 * runs and has a thread; NULL: it is another. */
static inline struct syni_home *plain_home(const struct syni_self *self, const struct syn_function *function)
{
    struct syni_home *home;

    if (self->worker || self->locals || self->deadlines.n > self->deadlines.first || SYNI_HOOKED ||
        !HAS_OUR_ABI(function) || !function->synchronizer)
        return NULL;
    home = syni_home_peek(function->synchronizer);
    /* relaxed: false for good from the first time on */
    return home && syni_home_accepts(home) &&
                   !atomic_load_explicit(&home->loop.lazy, memory_order_relaxed)
               ? home
               : NULL;
}

/* FRAME, which was popped, becomes a call of FUNCTION on HOME. */
static inline struct syn_task *call_in(struct syni_spare *spare, struct syni_self *self, struct syni_home *home,
                                       bool nested, const struct syn_function *function,
                                       struct syn_future *out_future)
{
    struct syni_slot *slot;
    struct syni_task *task = ready_frame(spare, function, &slot);

    syni_frame_init(task, home, slot, (struct syni_heritage){NULL, SYNI_NEVER, nested});
    (void)self; /* of a build that is not checked */
    SYNI_NOTE_MADE(self, task, function->made);
    *out_future = syni_core_publish(&task->core, slot, 2);
    return (struct syn_task *)(void *)task;
}

/* By a thread that drives no loop. */
static __attribute__((noinline)) struct syn_task *
call_by_thread(struct syni_self *self, const struct syn_function *function, struct syn_future *out_future)
{
    struct syni_home *home = self->frames ? plain_home(self, function) : NULL;
    struct syni_spare *spare = home ? syni_frame_pop(self->frames, function->frame_size) : NULL;

    return spare ? call_in(spare, self, home, false, function, out_future) : call_any(function, out_future);
}

struct syn_task *syni_call_new(const struct syn_function *function, struct syn_future *out_future)
{
    struct syni_self *self = syni_self();
    struct syni_home *here;
    struct syni_spare *spare;

    if (!self->driving)
        return call_by_thread(self, function, out_future);
    here = syni_home_of(self);
    if (!call_is_plain(self, here, function) || !(spare = syni_frame_pop(&here->store, function->frame_size)))
        return call_any(function, out_future);
    return call_in(spare, self, here, here->current->nested, function, out_future);
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

static __attribute__((noinline)) void start_any(struct syni_task *task)
{
    if (!syni_call_launch(task))
        syni_call_refused(task);
}

void syni_call_start(struct syn_task *frame)
{
    struct syni_task *task = SYNI_TASK(frame);
    struct syni_home *home = task->home;
    struct syni_self *self = syni_self();
    const struct syni_task *by;

    /* mostly by a step of the same loop, which shelters nothing, or by a thread outside of steps */
    if (self->driving && syni_home_of(self) == home && (by = home->current) && !by->leaving && !by->sheltered)
        launch_here(home, task);
    else if (self->driving)
        start_any(task);
    else if (!syni_role_post_call(self, &home->loop, &task->core.job))
        syni_call_refused(task);
}
