/* SPDX-License-Identifier: Apache-2.0
 *
 * Bare steps: a body as a chain of ordinary functions. For authors of libraries. C only.
 *
 * What a coroutine says between syn_co_begin and syn_co_end (task.h) can be written as STEPS, each a
 * function of its own that names the next one. That is what the coroutine form is sugar for, and
 * costs the same. Steps suit code that is a machine of states anyway, where the steps' names tell the
 * algorithm, and programs that generate code. Everything else is shorter as a coroutine.
 *
 *     struct nap;
 *     static struct syn_step nap_woken(struct nap *self);
 *
 *     SYN_ASYNC(demo, int, nap, (double, seconds), (int, x))
 *     {
 *         return syn_step_sleep(self, self->seconds, nap_woken);
 *     }
 *
 *     static struct syn_step nap_woken(struct nap *self)
 *     {
 *         return syn_step_return(self, self->x * self->x);
 *     }
 *
 * <synchronicity.h> leaves it out; <synchronicity/short.h> includes it, with short names. SELF is the
 * frame; NEXT is a step of the same frame, a function `struct syn_step NEXT(struct name *self)`. The
 * status of what was waited for is in syn_step_status(self) when NEXT runs, whatever it is: no step
 * leaves by itself. All else is as in a coroutine: a step must not block, what must survive it is
 * declared with SYN_LOCAL, and a cancelled task leaves at its next wait.
 *
 * Steps wait for what this header has: time, calls, scopes, a choice, descriptors, a semaphore. A body that waits
 * for something else is a coroutine; both call each other.
 *
 * A clean-up reads syn_task_outcome(&self->syn), and a step that handles an error
 * syn_task_report(&self->syn).
 */
#ifndef SYNCHRONICITY_STEP_H
#define SYNCHRONICITY_STEP_H

#include <synchronicity/task.h>

#ifndef __cplusplus

/* --- the end --- */

/* With a value; with nothing, or what self->result holds; with an error and, if there is one, a
 * message (copied). */
#define syn_step_return(self, value)                                                               \
    (SYNI_HAS_RESULT(self), (self)->syn.at = __LINE__, SYNI_RESULT_OF(self) = (value),             \
     syni_step_leave(&(self)->syn, SYN_OK, NULL))
#define syn_step_done(self) ((self)->syn.at = __LINE__, syni_step_end(&(self)->syn))
#define syn_step_fail(...) SYNI_CAT(SYNI_STEP_FAIL_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_STEP_FAIL_2(self, err)                                                                \
    ((self)->syn.at = __LINE__, syni_step_fail(&(self)->syn, (err), NULL))
#define SYNI_STEP_FAIL_3(self, err, message)                                                       \
    ((self)->syn.at = __LINE__, syni_step_fail(&(self)->syn, (err), (message)))

/* From here on every way out runs the step FN first, once. */
#define syn_step_finally(self, fn) ((self)->syn_finally = (fn))

/* --- what was waited for --- */

/* The result of the latest wait; in clean-up, at first, the outcome so far. */
#define syn_step_status(self) ((self)->syn.status)

/* --- time, and turns --- */

/* NEXT runs after SECONDS, at least; less than 0 is 0. */
#define syn_step_sleep(self, seconds, next)                                                        \
    (SYNI_NEXT(self, next), syni_step_sleep(&(self)->syn, (seconds)))

/* NEXT runs at DEADLINE. */
#define syn_step_until(self, deadline, next)                                                       \
    (SYNI_NEXT(self, next), syni_step_until(&(self)->syn, (deadline)))

/* --- calls --- */

/* NEXT runs when FUTURE, which is used up, has its outcome: the value in *OUT (left
 * out for a future of nothing), the error in the status. The awaited task is
 * cancelled when this one is, and when DEADLINE passes (SYN_ETIMEDOUT). */
#define syn_step_await(...) SYNI_CAT(SYNI_STEP_AWAIT_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_STEP_AWAIT_3(self, f, next)                                                           \
    (SYNI_NEXT(self, next),                                                                        \
     syni_step_await(&(self)->syn, SYNI_HANDLE_1(f), NULL, syn_never()))
#define SYNI_STEP_AWAIT_4(self, f, out, next)                                                      \
    (SYNI_NEXT(self, next),                                                                        \
     syni_step_await(&(self)->syn, SYNI_HANDLE_2(f, out), (out), syn_never()))
#define syn_step_await_by(...) SYNI_CAT(SYNI_STEP_AWAIT_BY_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_STEP_AWAIT_BY_4(self, f, deadline, next)                                              \
    (SYNI_NEXT(self, next), syni_step_await(&(self)->syn, SYNI_HANDLE_1(f), NULL, (deadline)))
#define SYNI_STEP_AWAIT_BY_5(self, f, out, deadline, next)                                         \
    (SYNI_NEXT(self, next),                                                                        \
     syni_step_await(&(self)->syn, SYNI_HANDLE_2(f, out), (out), (deadline)))

/* NEXT runs when FUTURE, which is used up, was cancelled and has ended, its clean-up included; as
 * syn_co_cancel(). */
#define syn_step_cancel(self, f, next)                                                             \
    (SYNI_NEXT(self, next), syni_step_cancel(&(self)->syn, (f).u.handle))

/* --- scopes --- */

/* NEXT runs when SCOPE has room for one more, and has no error (else that is the
 * status); syn_scope_spawn() then finds the room. */
#define syn_step_room(self, scope, next)                                                           \
    (SYNI_NEXT(self, next), syni_step_room(&(self)->syn, (scope)))

/* NEXT runs when no child is left; the status is the scope's result. If this task is
 * cancelled meanwhile, its children are. */
#define syn_step_join(self, scope, next)                                                           \
    (SYNI_NEXT(self, next), syni_step_join(&(self)->syn, (scope)))

/* --- channels and generators --- */

/* NEXT runs when one of the choices came, an item or room in a channel among them, as syn_co_select() says. */
#define syn_step_select(self, store, next, ...)                                                    \
    (SYNI_NEXT(self, next), SYNI_SELECT(self, store, __VA_ARGS__))

/* In a generator: NEXT runs when the item after this one is asked for. */
#define syn_step_yield(self, value, next)                                                          \
    (SYNI_NEXT(self, next), SYNI_HAS_ITEM(self), SYNI_ITEM_OF(self) = (value),                     \
     syni_step_yield(&(self)->syn, (self)->syn_channel, &(self)->syn_item))

/* --- descriptors --- */

/* NEXT runs when FD can be read, or written, without blocking; when it is ready for one of EVENTS,
 * or at DEADLINE, as syn_co_poll_by() says. */
#define syn_step_readable(self, fd, next)                                                          \
    (SYNI_NEXT(self, next),                                                                        \
     syni_step_poll(&(self)->syn, syni_polled((fd), SYN_READABLE, syn_never()), NULL))
#define syn_step_writable(self, fd, next)                                                          \
    (SYNI_NEXT(self, next),                                                                        \
     syni_step_poll(&(self)->syn, syni_polled((fd), SYN_WRITABLE, syn_never()), NULL))
#define syn_step_poll_by(self, fd, events, out_ready, deadline, next)                              \
    (SYNI_NEXT(self, next),                                                                        \
     syni_step_poll(&(self)->syn, syni_polled((fd), (events), (deadline)), (out_ready)))

/* --- semaphores --- */

/* NEXT runs with a unit taken, or with another status. See sync.h. */
#define syn_step_acquire(self, semaphore, next)                                                    \
    (SYNI_NEXT(self, next), syni_step_acquire(&(self)->syn, (semaphore), syn_never()))

#endif /* !__cplusplus */

#endif

/* Short names, where a program has those of short.h, whichever header comes first. */
#if (defined(SYN_SHORT) || defined(SYNCHRONICITY_SHORT_H)) && !defined(__cplusplus) &&             \
    !defined(step_return)

#define SYNI_TAKEN_step ~, 1 /* see SYNI_OBJECT_FACES in class.h */

#define step_return syn_step_return
#define step_done syn_step_done
#define step_fail syn_step_fail
#define step_finally syn_step_finally
#define step_status syn_step_status
#define step_sleep syn_step_sleep
#define step_until syn_step_until
#define step_await syn_step_await
#define step_await_by syn_step_await_by
#define step_cancel syn_step_cancel
#define step_room syn_step_room
#define step_join syn_step_join
#define step_yield syn_step_yield
#define step_select syn_step_select
#define step_readable syn_step_readable
#define step_writable syn_step_writable
#define step_poll_by syn_step_poll_by
#define step_acquire syn_step_acquire

#endif
