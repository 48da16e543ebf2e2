/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared futures: one result, any number of readers.
 *
 * The shared object is the one waiter of the core, and has a list of its own
 * waiters under a lock. `users` counts the holders; when the last lets go while the
 * result is not there, its task is cancelled, and the object waits for that by
 * itself. The value lives in the core until then. Any thread; the lock is not held
 * while a waiter is told.
 */
#include "future/future.h"

#include <string.h>

#include "base/fork.h"
#include "base/mem.h"
#include "base/report.h"
#include "task/deadline.h"
#include "task/frame.h"
#include "task/task_cancel.h"

struct syn_shared {
    struct syni_waiter waiter; /* in the core */
    struct syni_core *core;
    unsigned process; /* its process; in a child of that nothing else is looked at */
    struct syni_mutex lock;
    /* under lock */
    int users;
    bool done;
    bool over;   /* nobody holds it, but for copies */
    bool seen;   /* its error was said to somebody, or to a copy, which may be looked at or not */
    int copies;  /* that have not been freed */
    struct syni_list waiters; /* of struct reader */
};

/* A waiter: a thread, on its stack, or a future made by syn_shared_future(). */
struct reader {
    struct syni_list link;
    bool holds; /* it counts as a user until it was told */
    void (*tell)(struct reader *reader, struct syni_core *core);
};

/* The last holder is gone (OVER), or a copy is: the last of all frees it. */
static void share_let_go(struct syn_shared *shared, bool over)
{
    bool last;

    syni_mutex_lock(&shared->lock);
    if (over)
        shared->over = true;
    else
        shared->copies--;
    last = shared->over && shared->copies == 0;
    if (last && shared->seen)
        shared->core->seen = true;
    syni_mutex_unlock(&shared->lock);
    if (!last)
        return;
    syni_core_let_go(shared->core);
    syni_mutex_fini(&shared->lock);
    syni_free(shared, sizeof *shared);
}

static void share_look(struct syn_shared *shared)
{
    syni_mutex_lock(&shared->lock);
    shared->seen = true;
    syni_mutex_unlock(&shared->lock);
}

static struct reader *next_reader(struct syn_shared *shared)
{
    struct reader *reader = NULL;

    syni_mutex_lock(&shared->lock);
    if (!syni_list_empty(&shared->waiters)) {
        reader = SYNI_CONTAINER(shared->waiters.next, struct reader, link);
        syni_list_remove(&reader->link);
    }
    syni_mutex_unlock(&shared->lock);
    return reader;
}

static void source_done(struct syni_waiter *waiter)
{
    struct syn_shared *shared = SYNI_CONTAINER(waiter, struct syn_shared, waiter);
    struct syni_core *core = shared->core;
    struct reader *reader;
    int users = 1; /* we, until all are told */
    bool last;

    syni_mutex_lock(&shared->lock);
    shared->done = true;
    shared->users++;
    syni_mutex_unlock(&shared->lock);
    while ((reader = next_reader(shared))) {
        users += reader->holds;
        reader->tell(reader, core);
    }
    syni_mutex_lock(&shared->lock);
    shared->users -= users;
    last = shared->users == 0;
    syni_mutex_unlock(&shared->lock);
    if (last)
        share_let_go(shared, true);
}

syn_err syni_future_share(struct syn_future future, struct syn_shared **out_shared)
{
    struct syn_shared *shared;
    struct syni_core *core;
    syn_err err = syni_core_reserve(future, &core);
    bool busy;

    if (err)
        return syni_core_refuse(err);
    err = syni_promise_use_up_refused(core);
    if (err)
        return err;
    shared = syni_alloc(sizeof *shared);
    if (!shared) {
        syni_core_restore(core);
        return syni_refuse(SYN_ENOMEM, "no memory to share a future");
    }
    shared->core = core;
    shared->process = syni_process();
    syni_mutex_init(&shared->lock, SYNI_RANK_SHARED);
    syni_list_init(&shared->waiters);
    shared->users = 1;
    shared->waiter.wake = source_done;
    if (!syni_core_wait(shared->core, &shared->waiter, &busy)) {
        shared->done = true;
        if (busy) {
            syni_core_restore(shared->core);
            syni_mutex_fini(&shared->lock);
            syni_free(shared, sizeof *shared);
            return syni_core_refuse(SYN_EBUSY);
        }
    }
    syni_core_commit(shared->core);
    *out_shared = shared;
    return SYN_OK;
}

/* READER will be told; false: the result is there already. */
static bool add_reader(struct syn_shared *shared, struct reader *reader)
{
    bool waits;

    syni_list_init(&reader->link);
    syni_mutex_lock(&shared->lock);
    waits = !shared->done;
    if (waits) {
        syni_list_append(&shared->waiters, &reader->link);
        shared->users += reader->holds;
    }
    syni_mutex_unlock(&shared->lock);
    return waits;
}

/* READER will not be told; false: it is being told. */
static bool remove_reader(struct syn_shared *shared, struct reader *reader)
{
    bool removed;

    syni_mutex_lock(&shared->lock);
    removed = !syni_list_empty(&reader->link);
    syni_list_remove(&reader->link);
    syni_mutex_unlock(&shared->lock);
    return removed;
}

/* A thread that waits for it. */
struct thread_reader {
    struct syni_thread_wait wait;
    struct reader reader;
    struct syn_shared *shared;
};

static void share_tell_thread(struct reader *reader, struct syni_core *core)
{
    (void)core;
    syni_thread_told(&SYNI_CONTAINER(reader, struct thread_reader, reader)->wait.waiter);
}

static bool list_reader(struct syni_thread_wait *wait)
{
    struct thread_reader *thread = SYNI_CONTAINER(wait, struct thread_reader, wait);

    return add_reader(thread->shared, &thread->reader);
}

static bool withdraw_reader(struct syni_thread_wait *wait, enum syn_origin origin)
{
    struct thread_reader *thread = SYNI_CONTAINER(wait, struct thread_reader, wait);

    (void)origin;
    return remove_reader(thread->shared, &thread->reader);
}

static syn_err wait_shared(struct syn_shared *shared, int64_t deadline)
{
    static const struct syni_thread_wait_ops ops = {list_reader, withdraw_reader, NULL, NULL};
    struct thread_reader thread = {.wait = {.ops = &ops,
                                            .deadline = deadline,
                                            .reason = SYN_BY_DEADLINE,
                                            .instead = "co_await on a syn_shared_future()"},
                                   .reader = {.tell = share_tell_thread},
                                   .shared = shared};

    if (syni_core_done(shared->core)) {
        syni_job_served(syni_self());
        return syni_job_overdue(syni_self());
    }
    thread.wait.source = syni_share_source(shared->core);
    thread.wait.source.core = shared->core;
    return syni_thread_wait(syni_self(), &thread.wait);
}

/* Waits, and tells how it ended; the report is copied, since others read it too. */
static syn_err share_outcome(struct syn_shared *shared, int64_t deadline)
{
    struct syni_core *core;
    syn_err err;

    if (!shared)
        return syni_refuse(SYN_EINVAL, "the shared future was never made");
    if (shared->process != syni_process())
        return syni_core_refuse(SYN_EFORKED);
    err = wait_shared(shared, syni_deadline_here(deadline));
    core = shared->core;
    if (!err && core->err) {
        share_look(shared);
        syni_job_note_outcome(syni_self(), core->origin);
        err = syni_report_keep(core->err, core->origin, syni_report_copy(core->report));
    }
    return err;
}

syn_err syni_shared_get_by(struct syn_shared *shared, void *out_result,
                           struct syn_deadline deadline)
{
    syn_err err = share_outcome(shared, deadline.ns);

    if (err || !out_result)
        return err;
    if (shared->core->type->destroy)
        return syni_refuse(SYN_ENOTSUP, "the result owns something and cannot be copied; "
                                        "borrow it with shared_peek()");
    memcpy(out_result, syni_core_value(shared->core), shared->core->type->size);
    return SYN_OK;
}

syn_err syni_shared_peek(struct syn_shared *shared, const void **out_result)
{
    syn_err err = share_outcome(shared, SYNI_NEVER);

    if (!err)
        *out_result = syni_core_value(shared->core);
    return err;
}

/* A future of its own for one more reader; belongs to it and to its holder. */
struct copy {
    struct syni_core core;
    struct reader reader;
    struct syn_shared *shared; /* held until it is freed */
    struct syni_source source;
    union {
        long double number;
        void *pointer;
        long long integer;
    } value[];
};

static void free_copy(struct syni_core *core)
{
    share_let_go(SYNI_CONTAINER(core, struct copy, core)->shared, false);
    syni_frame_free(SYNI_CONTAINER(core, struct copy, core),
                    sizeof(struct copy) + core->type->size, core->slot);
}

static void cancel_copy(struct syni_core *core, enum syn_origin origin)
{
    struct copy *copy = SYNI_CONTAINER(core, struct copy, core);

    if (!remove_reader(copy->shared, &copy->reader))
        return; /* it is told, or about to be */
    core->err = syni_task_code(origin);
    core->origin = origin;
    core->report = syni_report_new(core->err, origin, NULL);
    syni_shared_release(copy->shared);
    syni_core_complete(core);
}

static const struct syni_core *source_of_copy(const struct syni_core *core)
{
    return SYNI_CONTAINER(core, struct copy, core)->shared->core;
}
static syn_err implicate_copy(struct syni_core *core, uint64_t id, struct syn_report **out_report)
{
    return syni_circle_depend(id, SYNI_CONTAINER(core, struct copy, core)->shared->core, out_report);
}

static const struct syni_core_ops copy_ops = {
    .free = free_copy, .cancel = cancel_copy, .implicate = implicate_copy, .source = source_of_copy};

struct syni_source syni_share_source(const struct syni_core *core)
{
    if (core->ops == &copy_ops)
        return SYNI_CONTAINER(core, struct copy, core)->source;
    return (struct syni_source){.home = syni_core_task(core) ? syni_core_task(core)->home : NULL,
                                .name = syni_core_name(core),
                                .is_job = core->ops->is_job};
}

static void tell_copy(struct reader *reader, struct syni_core *source)
{
    struct copy *copy = SYNI_CONTAINER(reader, struct copy, reader);

    share_look(copy->shared);
    copy->core.err = source->err;
    copy->core.origin = source->origin;
    copy->core.report = syni_report_copy(source->report);
    if (!source->err && source->type->size)
        memcpy(syni_core_value(&copy->core), syni_core_value(source), source->type->size);
    syni_core_complete(&copy->core);
}

/* Nobody wants this copy any more: it ends, and with it one holder's interest. */
struct syn_future syni_shared_future(struct syn_shared *shared)
{
    struct syn_future future = {NULL, SYN_ENOMEM};
    const struct syn_type *type;
    struct syni_slot *slot;
    struct copy *copy;

    if (!shared || shared->process != syni_process() || shared->core->type->destroy) {
        future.generation = !shared                             ? SYN_EINVAL
                            : shared->process != syni_process() ? SYN_EFORKED
                                                                : SYN_ENOTSUP;
        return future;
    }
    type = shared->core->type;
    copy = syni_frame_new(syni_self(), sizeof *copy + type->size, &slot);
    if (!copy)
        return future;
    copy->core.type = type;
    syni_core_place(&copy->core, copy->value);
    copy->core.ops = &copy_ops;
    copy->shared = shared;
    syni_mutex_lock(&shared->lock);
    shared->copies++;
    syni_mutex_unlock(&shared->lock);
    copy->source = syni_share_source(shared->core);
    copy->reader.tell = tell_copy;
    copy->reader.holds = true;
    syni_core_publish(&copy->core, slot, 2);
    future = syni_core_handle(&copy->core);
    if (!add_reader(shared, &copy->reader))
        tell_copy(&copy->reader, shared->core);
    return future;
}

void syni_shared_retain(struct syn_shared *shared)
{
    if (shared->process != syni_process())
        return;
    syni_mutex_lock(&shared->lock);
    shared->users++;
    syni_mutex_unlock(&shared->lock);
}

/* Nobody wants the result any more. Under no lock: a job, and a copy, may end inside the call.
 * True: nobody could be asked, and the result will not come to us. */
static bool ask_source(struct syn_shared *shared)
{
    return !syni_core_ask(shared->core, SYN_BY_REQUEST) &&
           syni_core_stop_waiting(shared->core, &shared->waiter);
}

void syni_shared_release(struct syn_shared *shared)
{
    bool last, asks;

    if (!shared || shared->process != syni_process())
        return;
    syni_mutex_lock(&shared->lock);
    last = --shared->users == 0;
    asks = last && !shared->done;
    if (asks)
        shared->copies++; /* we: source_done() may be faster, and leaves it to us to free it */
    syni_mutex_unlock(&shared->lock);
    if (last && (!asks || ask_source(shared)))
        share_let_go(shared, true);
    if (asks)
        share_let_go(shared, false);
}
