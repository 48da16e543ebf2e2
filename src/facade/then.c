/* SPDX-License-Identifier: Apache-2.0
 *
 * Callbacks: future_then() is a small task that awaits the future and then calls.
 *
 * So a callback has everything a task has: it runs on the loop it was asked for,
 * never inside the call that registered it, it shows in a dump, and stopping its
 * synchronizer ends it. It is called exactly once: at the end of the task, or, when
 * that never began, when its frame is freed. Discarded: a node in every future for
 * the rare one that gets a callback.
 */
#include "facade/home.h"

#include "base/report.h"

struct then {
    struct syn_task syn;
    struct syni_core *core; /* two references: the future's own, and one for the value */
    void (*fn)(void);
    void *user;
    bool awaiting, called;
};

static void call(struct then *then, syn_err err)
{
    struct syni_core *core = then->core;
    void *value = err ? NULL : core->value;

    then->called = true;
    core->seen = true;
    if (!err)
        core->taken = true; /* the callback's to keep */
    core->type->call(then->fn, then->user, err, value);
    syni_core_unpin(core);
}

static struct syn_step run(struct syn_task *task)
{
    struct then *then = (struct then *)(void *)task;

    if (!then->awaiting) {
        then->awaiting = true;
        return syni_await_core(SYNI_TASK(task), then->core, NULL, SYNI_NEVER);
    }
    return syni_step_leave(task, task->status, NULL);
}

static struct syn_step leave(struct syn_task *task)
{
    call((struct then *)(void *)task, task->status);
    SYNI_TASK(task)->core.seen = true;
    return syni_step_end(task);
}

static void release(struct syn_task *task)
{
    struct then *then = (struct then *)(void *)task;

    if (then->called || !then->core)
        return;
    if (!then->awaiting) /* nobody consumed the future's own reference */
        syni_core_unpin(then->core);
    call(then, SYN_ECANCELED);
}

static void ignore(void (*fn)(void), void *user, syn_err err, void *result)
{
    (void)fn;
    (void)user;
    (void)err;
    (void)result;
}

static const struct syn_function function = {
    .abi = SYN_ABI,
    .task_size = sizeof(struct syn_task),
    .frame_size = sizeof(struct then),
    .type = {.call = ignore},
    .name = "callback",
    .file = __FILE__,
    .line = __LINE__,
    .library = 1,
    .run = run,
    .leave = leave,
    .release = release,
};

/* The frame of a callback on HOME, or NULL. */
static struct then *new_then(struct syni_home *home, struct syn_future *out_own)
{
    return (struct then *)(void *)syni_call_new_on(&function, home, out_own);
}

syn_err syni_future_then(struct syn_future future, struct syn_synchronizer *where,
                         void (*fn)(void), void *user)
{
    struct syni_home *home;
    struct syni_core *core, *value;
    struct syn_future own;
    struct then *then;
    syn_err err;

    if (!fn)
        return syni_refuse(SYN_EINVAL, "there is no function to call back");
    err = syni_home_find(where ? where : syn_default_synchronizer(), &home);
    if (err)
        return syni_refuse(err, "the synchronizer for the callback takes none");
    err = syni_core_consume(future, &core);
    if (err)
        return syni_refuse(err, "the future for the callback is used up or was never made");
    then = new_then(home, &own);
    if (!then) {
        syni_core_restore(core);
        return syni_refuse(SYN_ENOMEM, "no memory for a callback");
    }
    syni_core_pin(future, true, &value);
    then->core = core;
    then->fn = fn;
    then->user = user;
    /* Before it is launched: the last reference must be the loop's, or a task that ends
     * at once, unstarted, would call back inside this call. */
    syni_future_detach(own);
    if (syni_launch(SYNI_TASK(&then->syn)))
        return SYN_OK;
    then->core = NULL;
    syni_core_unpin(core);
    syni_core_restore(core);
    syni_core_complete(&SYNI_TASK(&then->syn)->core);
    return syni_refuse(syni_home_refusal(home), "the synchronizer for the callback is closed");
}
