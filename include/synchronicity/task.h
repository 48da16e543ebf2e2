/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks: what an async function may say. C only.
 *
 * A TASK is one running call of an async function (<synchronicity/call.h> declares
 * those). Its FRAME, a plain struct called `self` in the body, holds its
 * arguments, its locals and its result. It has no stack of its own, therefore
 *
 *     A C LOCAL DOES NOT SURVIVE A SUSPENSION.
 *
 * What must survive is declared with SYN_LOCAL(type, name) and spelled self->name;
 * such locals start as zero. In checked builds (-DSYN_CHECKED, on the line that compiles the
 * body; CMake's SYN_CHECKED=ON for both) a C local is garbage after each suspension, at every
 * optimization. A result, an item, a scope or whatever else a wait needs a place for, in a C
 * local: that is refused in every build, by the task's name and line; the library aborts, since
 * it would write into a dead stack. But a local that is initialized before syn_co_begin, `int sum = 0;`,
 * just begins anew at every resume, and no compiler and no build can tell that this was not meant.
 *
 * A BODY is written from top to bottom, between syn_co_begin and syn_co_end:
 *
 *     SYN_ASYNC(demo, int, square, (double, seconds), (int, x))
 *     {
 *         syn_co_begin;
 *         syn_co_sleep(self->seconds);
 *         syn_co_return(self->x * self->x);
 *         syn_co_end;
 *     }
 *
 * A body without a wait needs neither: it ends by syn_co_return or syn_co_done.
 *
 * The compiler makes STEPS of it, one from each wait to the next (<synchronicity/step.h> has the form
 * in which they are written one by one). Steps of one synchronizer run one at a time. A step must not
 * block: it ends by saying what it waits for. Between two suspensions nothing else runs there.
 *
 * ORDER. What is ready runs first in, first out. A task that awaits the call it made last
 * hands over to it at once, and a call that ends to its awaiter; so do a generator and its
 * consumer. After 64 such steps in a row the others have their turn, which a task gives them before that by
 * syn_co_pass. When a call begins is up to the scheduler: a future may run before it is awaited.
 *
 * CANCELLATION is a request. It is delivered at the next wait, or at once if the task
 * waits already, never in the middle of a step: the task then LEAVES, with SYN_ECANCELED
 * (or SYN_ETIMEDOUT, when it was a deadline's request). A wait that could be served at
 * once is no exception: the task takes no item, sends none and gets no lock. What it was
 * served before the request came it keeps.
 *
 * A task that awaits another (or joins a scope) passes the request on, waits for the end of
 * that one, and leaves if that one ended by it. If that one ended with a result of its own,
 * the result is delivered, so that a commit that went through is reported as gone through;
 * the task leaves at its next wait, whatever its result (the result of an await is then
 * destroyed). A call that has not started never starts.
 *
 * LEAVING, by whatever way (return, failure, cancel), goes through the task's
 * clean-up once: what stands behind syn_co_finally. Clean-up may await; a second request does not interrupt it.
 * The first outcome stands, with two exceptions: a success becomes the error of a
 * clean-up that failed, and a cancellation becomes the value that the clean-up
 * returned. The error of a clean-up that fails while another error stands is the last cause in
 * the report of that one (syn_report.in_clean_up), and what syn_channel_close() returns for a
 * generator that was closed; where nobody gets the outcome, syn_on_unobserved() gets it.
 * A value that is returned in clean-up while an error stands is destroyed by
 * SYN_DESTROY; one that was returned before and is overwritten there is lost.
 */
#ifndef SYNCHRONICITY_TASK_H
#define SYNCHRONICITY_TASK_H

#include <stddef.h>

#include <synchronicity/check.h>
#include <synchronicity/err.h>
#include <synchronicity/future.h>
#include <synchronicity/map.h>
#include <synchronicity/show.h>

#ifndef __cplusplus

struct syn_task;

/* What a step returns: made by the macros below and of step.h, and by nothing else. */
struct syn_step {
    int what;
};

/* An async function, described once; made by the macros of call.h. */
struct syn_function {
    int abi;            /* SYNI_ABI_OF(syn_function) */
    unsigned task_size; /* of struct syn_task */
    size_t frame_size;
    size_t result_offset;
    struct syn_type type;
    const char *name, *file;
    int line;
    int library; /* 1: one of this library's own */
    unsigned made; /* where in the frame the place of the call is noted; 0: nowhere */
    const struct syni_shown *shown; /* what a dump shows of the frame, or NULL */
    struct syn_synchronizer *synchronizer; /* NULL: free, runs where it is awaited */
    struct syn_step (*run)(struct syn_task *task);   /* the frame's next step */
    struct syn_step (*leave)(struct syn_task *task); /* its clean-up, from the start */
    void (*release)(struct syn_task *task);          /* frees copied arguments, or NULL */
    void (*drop)(struct syn_task *task); /* it never begins: frees what it took over; or NULL */
    syn_err (*begins)(struct syn_task *task); /* it arrives; why it shall not begin; or NULL */
    void (*ended)(struct syn_task *task); /* the outcome is there, and no waiter has it yet; or NULL */
};

enum { SYNI_TASK_BYTES = sizeof(void *) == 8 ? 408 : 288 };

/* The head of every frame, `self->syn`. The macros use the first fields; the rest
 * is the engine's (src/task/task.h). */
struct syn_task {
    const struct syn_function *function;
    int line;      /* the number of the wait behind which a coroutine goes on */
    int coroutine; /* 1: it began with syn_co_begin */
    int at;        /* the line that suspended or left last, for traces */
    syn_err status;
    union {
        _Alignas(8) long long align; /* by itself 4 on i386, where 64-bit atomics want 8 */
        void *pointer;
        unsigned char bytes[SYNI_TASK_BYTES];
    } engine;
};

/* Of a struct syn_function, the fields that every function has: what the macros made for NAME. Each
 * kind adds its own: result_offset and type, synchronizer, release, begins, ended. */
#define SYNI_DESCRIPTION(id, ...)                                                                  \
    .abi = SYNI_ABI_OF(syn_function), .task_size = sizeof(struct syn_task),                        \
    .frame_size = sizeof(struct id), .name = #id, .file = __FILE__, .line = __LINE__,              \
    .library = SYNI_IN_LIBRARY, .made = SYNI_MADE_OFFSET(id),                                      \
    .shown = SYNI_SHOWN_OF(id, __VA_ARGS__), .run = syni_run_of_##id,                              \
    .leave = syni_leave_of_##id,                                                                   \
    .drop = (0 SYNI_MAP(SYNI_TAKES, __VA_ARGS__)) ? syni_drop_of_##id : NULL

struct syn_step syni_step_sleep(struct syn_task *task, double seconds);
struct syn_step syni_step_until(struct syn_task *task, struct syn_deadline deadline);
struct syn_step syni_step_await(struct syn_task *task, struct syn_future future, void *out_result,
                                struct syn_deadline deadline);
struct syn_step syni_step_cancel(struct syn_task *task, struct syn_future future);
struct syn_step syni_step_pass(struct syn_task *task);
struct syn_step syni_step_leave(struct syn_task *task, syn_err err, const char *message);
struct syn_step syni_step_fail(struct syn_task *task, syn_err err, const char *message);
struct syn_step syni_step_end(struct syn_task *task);
struct syn_step syni_step_lost(struct syn_task *task);

/* The next step of SELF, in what the macros of step.h and make.h return. */
#define SYNI_NEXT(self, next) ((self)->syn.at = __LINE__, (self)->syn_next = (next))

/* ------------------------------------------------------------- coroutines --
 * Inside the body of an async function. None of those that wait stands inside a `switch` of
 * yours: the compiler warns of one over int, and one over a wider type aborts when it is
 * reached. */

/* Case labels are far outside the range of int: one that lands in a user's own
 * switch is an error and not a jump to nowhere. */
#define SYNI_WIDE 0x7C0000000000LL
#define SYNI_A_WAIT_IS_BEHIND_co_begin_AND_IN_NO_SWITCH(n) (SYNI_WIDE + 1 + (n))
/* The body will go on behind the wait that has this number. */
#define SYNI_COMES_BACK(n) (self->syn.line = 1 + (n), self->syn.at = __LINE__)

#define syn_co_begin                                                                               \
    SYNI_IN_A_BODY;                                                                                \
    if (0)                                                                                         \
        goto syni_this_co_begin_has_no_co_end; /* or the compiler says it here */                  \
    switch (SYNI_WIDE + self->syn.line) {                                                          \
    default:                                                                                       \
        return syni_step_lost(&self->syn);                                                         \
    case SYNI_WIDE:                                                                                \
        self->syn.coroutine = 1

/* Every way out of the body comes here, once; also falling into it. The outcome so
 * far is in syn_co_status. */
#define syn_co_finally                                                                             \
    return syni_step_leave(&self->syn, SYN_OK, NULL);                                              \
    case SYNI_WIDE - 1:                                                                            \
        (void)0

/* The end of the body: success, for functions of nothing and for clean-up. */
#define syn_co_end                                                                                 \
    SYNI_HAS_BEGUN                                                                                 \
    }                                                                                              \
    while (1) /* without a co_begin, one error here */                                             \
    syni_this_co_begin_has_no_co_end:                                                              \
        return syni_step_end(&self->syn)

/* The result of the latest wait; in clean-up, at first, the outcome so far. */
#define syn_co_status (self->syn.status)
/* In clean-up: the outcome so far, whatever it has waited for since. */
#define syn_co_outcome syn_task_outcome(&self->syn)
/* What is known about the error in syn_co_status; see syn_task_report(). */
#define syn_co_report syn_task_report(&self->syn)

/* What a step function returns when its wait was over at once: the body goes on. The engine calls a body
 * that returned it again, and a checked build relies on that. */
enum { SYNI_GOES_ON = 4 };
#if defined(SYN_CHECKED) && SYN_CHECKED
#define SYNI_WAITS(step) 1
#else
#define SYNI_WAITS(step) ((step).what != SYNI_GOES_ON)
#endif

/* As SUSPEND, for what is often there. */
#define SYNI_CO_SUSPEND_OR_GO_ON(step) SYNI_QUIET SYNI_CO_SUSPEND_OR_GO_ON_AT(SYNI_UNIQUE, step)
#define SYNI_CO_SUSPEND_OR_GO_ON_AT(n, ...)                                                        \
    SYNI_STATEMENT(n)                                                                              \
        struct syn_step syni_step;                                                                 \
        syni_step = __VA_ARGS__;                                                                   \
        if (SYNI_WAITS(syni_step))                                                                 \
            return syni_step;                                                                      \
    case SYNI_A_WAIT_IS_BEHIND_co_begin_AND_IN_NO_SWITCH(n):;                                      \
    } while (0)
#define SYNI_CO_SUSPEND(step) SYNI_QUIET SYNI_CO_SUSPEND_AT(SYNI_UNIQUE, step)
#define SYNI_CO_SUSPEND_AT(n, ...)                                                                 \
    SYNI_STATEMENT(n)                                                                              \
        return __VA_ARGS__;                                                                        \
    case SYNI_A_WAIT_IS_BEHIND_co_begin_AND_IN_NO_SWITCH(n):;                                      \
    } while (0)
#define SYNI_CO_LEAVE(err, message)                                                                \
    do {                                                                                           \
        self->syn.at = __LINE__;                                                                   \
        return syni_step_leave(&self->syn, (err), (message));                                      \
    } while (0)
/* As SUSPEND, and a failed wait leaves. */
#define SYNI_CO_OR_LEAVE(step) SYNI_QUIET SYNI_CO_OR_LEAVE_AT(SYNI_UNIQUE, step)
#define SYNI_CO_OR_LEAVE_AT(n, ...)                                                                \
    SYNI_STATEMENT(n)                                                                              \
        return __VA_ARGS__;                                                                        \
    case SYNI_A_WAIT_IS_BEHIND_co_begin_AND_IN_NO_SWITCH(n):                                       \
        if (self->syn.status)                                                                      \
            return syni_step_leave(&self->syn, self->syn.status, NULL);                            \
    } while (0)

#define syn_co_return(...)                                                                         \
    do {                                                                                           \
        SYNI_HAS_RESULT(self);                                                                     \
        SYNI_RESULT_OF(self) = (__VA_ARGS__);                                                      \
        SYNI_CO_LEAVE(SYN_OK, NULL);                                                               \
    } while (0)
/* With self->result as it is, or with nothing. */
#define syn_co_return_result SYNI_CO_LEAVE(SYN_OK, NULL)
#define syn_co_done return syni_step_end(&self->syn)

/* syn_co_fail(err) or syn_co_fail(err, message): leaves with an error; the message
 * is copied. 0 is no error: it becomes SYN_EINVAL with a message that says so. */
#define syn_co_fail(...) SYNI_CAT(SYNI_CO_FAIL_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_CO_FAIL_1(err) SYNI_CO_FAIL_2(err, NULL)
#define SYNI_CO_FAIL_2(err, message)                                                               \
    do {                                                                                           \
        self->syn.at = __LINE__;                                                                   \
        return syni_step_fail(&self->syn, (err), (message));                                       \
    } while (0)
/* After any wait, loop or combinator that leaves its outcome in syn_co_status: if that is an
 * error, leaves with it, its message and its trace; if not, goes on. */
#define syn_co_check                                                                               \
    do {                                                                                           \
        if (syn_co_status)                                                                         \
            SYNI_CO_LEAVE(syn_co_status, NULL);                                                    \
    } while (0)

/* ONE RULE FOR A WAIT THAT FAILS, in coroutines:
 *
 *   A wait for an ANSWER leaves its result in syn_co_status, and the task goes on to look
 *   at it: syn_co_await, _cancel; _next, _send, _close, _each, _select, _generator_send,
 *   _generator_throw; _yield; _join, _all, _any, _race; _with. With syn_co_check behind it the task
 *   leaves with an error; syn_co_try is an await and that check.
 *
 *   ANY OTHER wait has what it waited for when the task goes on. When it fails the task leaves
 *   with the error, its message and its trace, through the clean-up: syn_co_sleep, _until, _pass
 *   (which never fail); _readable, _writable, _poll; _lock, _acquire, _wait_on; _spawn.
 *
 * A form with a deadline (_by) keeps the rule of the one without; SYN_ETIMEDOUT is an error. */

#define syn_co_sleep(seconds) SYNI_CO_SUSPEND(syni_step_sleep(&self->syn, (seconds)))
#define syn_co_until(deadline) SYNI_CO_SUSPEND(syni_step_until(&self->syn, (deadline)))
#define syn_co_pass SYNI_CO_SUSPEND(syni_step_pass(&self->syn))

/* syn_co_await(f, &self->out), or syn_co_await(f): its status is in syn_co_status.
 * syn_co_try: the same, and an error leaves with it. */
#define syn_co_await(...) SYNI_CAT(SYNI_CO_AWAIT_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_CO_AWAIT_1(f)                                                                         \
    SYNI_QUIET SYNI_CO_SUSPEND_AT(                                                                 \
        SYNI_UNIQUE, syni_step_await(&self->syn, SYNI_HANDLE_1(f), NULL, syn_never()))
#define SYNI_CO_AWAIT_2(f, out)                                                                    \
    SYNI_QUIET SYNI_CO_SUSPEND_AT(                                                                 \
        SYNI_UNIQUE, syni_step_await(&self->syn, SYNI_HANDLE_2(f, out), (out), syn_never()))
#define syn_co_await_by(...) SYNI_CAT(SYNI_CO_AWAIT_BY_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_CO_AWAIT_BY_2(f, deadline)                                                            \
    SYNI_QUIET SYNI_CO_SUSPEND_AT(                                                                 \
        SYNI_UNIQUE, syni_step_await(&self->syn, SYNI_HANDLE_1(f), NULL, (deadline)))
#define SYNI_CO_AWAIT_BY_3(f, out, deadline)                                                       \
    SYNI_QUIET SYNI_CO_SUSPEND_AT(                                                                 \
        SYNI_UNIQUE, syni_step_await(&self->syn, SYNI_HANDLE_2(f, out), (out), (deadline)))
/* syn_co_cancel(self->f), mostly in clean-up: until FUTURE, which is used up, was cancelled and has
 * ended, its clean-up included. The status is its outcome: SYN_ECANCELED if it ended by the request;
 * 0 if it ended well all the same, and its value is destroyed; or its own error. Of a promise, which
 * nobody can ask, only the wait ends. Fine, with status 0, for a future that was never
 * made or is used up by now, so that clean-up may say it of every future that the task has. */
#define syn_co_cancel(f) SYNI_CO_SUSPEND(syni_step_cancel(&self->syn, (f).u.handle))
/* syn_co_try_by(f, deadline), syn_co_try_by(f, &self->out, deadline) */
#define syn_co_try_by(...) SYNI_CAT(SYNI_CO_TRY_BY_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_CO_TRY_BY_2(f, deadline)                                                              \
    SYNI_QUIET SYNI_CO_OR_LEAVE_AT(                                                                \
        SYNI_UNIQUE, syni_step_await(&self->syn, SYNI_HANDLE_1(f), NULL, (deadline)))
#define SYNI_CO_TRY_BY_3(f, out, deadline)                                                         \
    SYNI_QUIET SYNI_CO_OR_LEAVE_AT(                                                                \
        SYNI_UNIQUE, syni_step_await(&self->syn, SYNI_HANDLE_2(f, out), (out), (deadline)))
#define syn_co_try(...) SYNI_CAT(SYNI_CO_TRY_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_CO_TRY_1(f)                                                                           \
    SYNI_QUIET SYNI_CO_OR_LEAVE_AT(                                                                \
        SYNI_UNIQUE, syni_step_await(&self->syn, SYNI_HANDLE_1(f), NULL, syn_never()))
#define SYNI_CO_TRY_2(f, out)                                                                      \
    SYNI_QUIET SYNI_CO_OR_LEAVE_AT(                                                                \
        SYNI_UNIQUE, syni_step_await(&self->syn, SYNI_HANDLE_2(f, out), (out), syn_never()))

/* Where the task runs. */
struct syn_synchronizer *syn_task_synchronizer(const struct syn_task *task);

/* The earliest deadline that this task was called or awaited under, also through the
 * tasks that wait for it, on any synchronizer; never, if there is none, and in clean-up,
 * which is not hurried. The wait itself keeps it; this is for passing it on to others. */
struct syn_deadline syn_task_deadline(const struct syn_task *task);

/* True when the task was cancelled; for long computations between suspensions. */
int syn_task_cancelled(const struct syn_task *task);

/* In a task's clean-up: what it ends with, as things stand; 0 if it ended well. Waits of the
 * clean-up do not change it. 0 before. */
syn_err syn_task_outcome(const struct syn_task *task);

/* The report of the wait that failed last: message, causes and trace of what is in
 * syn_co_status. In a task's clean-up, at first, that of the outcome. NULL when the status is 0,
 * says it all (SYN_EEND), or there was no memory. The task's; valid until its next wait. In a
 * step that handles an error and goes on:
 *
 *     syn_co_await(read_future(self->path), &self->text);
 *     if (syn_co_status)
 *         log_error(self->path, syn_co_report);     // syn_report_text() makes it a text
 *
 * A task that fails with another error afterwards, and has not waited since, has this one as
 * the cause in its report. */
const struct syn_report *syn_task_report(const struct syn_task *task);

#endif /* !__cplusplus */

#endif
