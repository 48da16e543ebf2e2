/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises and futures: the two ends of one result.
 *
 * A FUTURE is the right to one result. It is a small handle, passed by value; any
 * thread may hold it. It is USED UP by exactly one of: get, cancel, detach, then,
 * share, or an await in a task. Using it up again is SYN_ECONSUMED, noticed by the
 * handle's generation and never a use after free.
 *
 *     struct square_future f = square_future(1.0, 42);
 *     int y;
 *     syn_err err = syn_future_get(f, &y);         // waits, and uses it up
 *
 * Futures are typed by the compiler: each async function has its own struct, and
 * future_get() with a pointer to the wrong type does not compile clean. Where
 * there is no async function, SYN_PROMISE() makes a type, with a write side:
 *
 *     SYN_PROMISE(int, answer);
 *
 *     struct answer_promise p;
 *     struct answer_future f;
 *     syn_promise_new(answer, &p, &f);              // SYN_ENOMEM
 *     syn_promise_complete(p, &(int){42});          // any thread, once
 *     syn_future_get(f, &y);
 *
 * F is a typed future, OUT a pointer to its result type, which is left out for a future of nothing (void).
 *
 *     syn_future_get(F, OUT)                wait, use up; the outcome
 *     syn_future_get_by(F, OUT, DEADLINE)   the same; when the deadline passes the
 *                                           task is cancelled and cleans up, then
 *                                           SYN_ETIMEDOUT (or what it returned after all)
 *     syn_future_wait(F)                    only wait; F stays
 *     syn_future_wait_by(F, DEADLINE)       SYN_ETIMEDOUT when the deadline passes; F stays
 *     syn_future_poll(F)                    0: there is an outcome; SYN_EAGAIN: not yet
 *     syn_future_request_cancel(F)          cancel the task; F stays
 *     syn_future_cancel(F)                  ask, wait until it has ended, use up; in a task
 *                                           write syn_co_cancel(F)
 *     syn_future_drop(F)                    ask, use up, and do not wait: it ends by itself
 *     syn_future_detach(F)                  use up; it runs on, its result is destroyed
 *     syn_future_then(F, WHERE, FN, USER)   use up; FN(USER, err, result) runs on the loop of
 *                                           WHERE, a synchronizer; or, a mailbox (mailbox.h),
 *                                           on the thread that drains it
 *     syn_future_share(F, &SHARED)          use up, for a result that many may read
 *
 * Each F is used up once; one that is dropped keeps its memory, and its result, for ever,
 * and nobody gets its error: detach is the verb for that. The stats of a synchronizer and
 * of a pool count them (unclaimed); of what was stopped, checked builds name them when the process
 * exits.
 * gcc and clang warn where a call's future, or the channel of a generator, is dropped on
 * the spot, which mostly is a forgotten co_await().
 *
 * All of them may fail with SYN_EINVAL for a handle that was never made, with
 * SYN_ECONSUMED, and with the error that making the future met (SYN_ENOMEM,
 * SYN_ECLOSED ...; those that use F up have used it up then). Waiting ones fail, and leave F as it was,
 * with SYN_EDEADLK on the thread that drives the task's own synchronizer. Only one may wait: while
 * another thread or task gets F, that is SYN_ECONSUMED, and while it only waits for F, also in a select,
 * SYN_EBUSY; share it then. request_cancel works also while another thread waits, and after a then, and
 * is how one ends that wait. OUT may be NULL: the result is destroyed.
 */
#ifndef SYNCHRONICITY_FUTURE_H
#define SYNCHRONICITY_FUTURE_H

#include <stddef.h>
#include <stdint.h>

#include <synchronicity/check.h>
#include <synchronicity/err.h>
#include <synchronicity/map.h>
#include <synchronicity/synchronizer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct syni_slot;

/* An untyped future; what the typed ones hold. `slot` is NULL for one that could
 * not be made, and then `generation` is the error. */
struct syn_future {
    struct syni_slot *slot;
    uint32_t generation;
};

/* Stands for what should be a future and is not; see check.h. */
struct syni_no_future {
    union {
        struct syn_future handle;
        syn_err (*result_is)(void);
    } u;
};

/* What there is to know about a type of results; made by the macros. */
struct syn_type {
    int abi;                       /* SYNI_ABI_OF() the struct that is described so */
    unsigned size;                 /* 0: nothing */
    void (*destroy)(void *result); /* NULL: it owns nothing */
    void (*call)(void (*fn)(void), void *user, syn_err err, void *result); /* FN(user, err, result) */
};

syn_err syni_future_get(struct syn_future future, void *out_result);
syn_err syni_future_get_by(struct syn_future future, void *out_result, struct syn_deadline deadline);
syn_err syni_future_wait_by(struct syn_future future, struct syn_deadline deadline);
syn_err syni_future_poll(struct syn_future future);
syn_err syni_future_request_cancel(struct syn_future future);
SYNI_HELD syn_err syni_future_cancel(struct syn_future future);
syn_err syni_future_detach(struct syn_future future);
syn_err syni_future_drop(struct syn_future future);
SYNI_HELD syn_err syni_future_then(struct syn_future future, struct syn_synchronizer *where, void (*fn)(void),
                         void *user);
struct syn_mailbox;
SYNI_HELD syn_err syni_future_then_mail(struct syn_future future, struct syn_mailbox *where,
                                        void (*fn)(void), void *user);
#ifdef __cplusplus
/* What SYNI_THEN() chooses by type; NULL is the default synchronizer. */
extern "C++" {
template <class Where>
inline syn_err syni_then(struct syn_future future, Where *where, void (*fn)(void), void *user)
{
    return syni_future_then(future, where, fn, user);
}
template <>
inline syn_err syni_then(struct syn_future future, struct syn_mailbox *where, void (*fn)(void),
                         void *user)
{
    return syni_future_then_mail(future, where, fn, user);
}
template <class Null>
inline syn_err syni_then(struct syn_future future, Null, void (*fn)(void), void *user)
{
    return syni_future_then(future, nullptr, fn, user);
}
}
#endif

/* FN is called for each failure that nobody looked at: of a future that was detached and
 * failed by itself, of a promise that was failed or dropped, of a scope's children after
 * the first, of a generator that failed with nobody to fetch the error. A cancelled task is no failure, but
 * a clean-up that fails then is one.
 * To look is to be given the error: by get, cancel, await, a callback, a shared get, a
 * scope; a wait or a poll is not enough. FN runs on the thread that releases it last, under
 * no lock; it may read REPORT (NULL: there is none) while it is called, must not block, and
 * calls nothing that waits. One for the process; NULL, the default: silence. Set it before
 * the first call. Thread: any. */
void syn_on_unobserved(void (*fn)(void *user, const char *function, syn_err err,
                                  const struct syn_report *report),
                       void *user);

/* The compiler checks the types at the user's line (check.h), and F is evaluated once. */
#define syn_future_get(...) SYNI_CAT(SYNI_GET_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_GET_1(f) syni_future_get(SYNI_GET_HANDLE_1(f), NULL)
#define SYNI_GET_2(f, out) syni_future_get(SYNI_GET_HANDLE_2(f, out), (out))

#define syn_future_get_by(...) SYNI_CAT(SYNI_GET_BY_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_GET_BY_2(f, deadline) syni_future_get_by(SYNI_GET_HANDLE_1(f), NULL, (deadline))
#define SYNI_GET_BY_3(f, out, deadline)                                                            \
    syni_future_get_by(SYNI_GET_HANDLE_2(f, out), (out), (deadline))

#define syn_future_wait(f) syni_future_wait_by((f).u.handle, syn_never())
#define syn_future_wait_by(f, deadline) syni_future_wait_by((f).u.handle, (deadline))
#define syn_future_poll(f) syni_future_poll((f).u.handle)
#define syn_future_request_cancel(f) syni_future_request_cancel((f).u.handle)

/* Returns the task's outcome: 0 if it ended well all the same (the result is
 * destroyed), SYN_ECANCELED if it ended by the request. */
#define syn_future_cancel(f) syni_future_cancel((f).u.handle)
#define syn_future_detach(f) syni_future_detach((f).u.handle)

/* For a caller that does not want the result any more and cannot, or need not, wait for the clean-up: in a
 * callback, or in a step. The result, if there is one after all, is destroyed, and an error of the
 * clean-up reaches syn_on_unobserved(). Where what the task uses is freed next, wait: cancel. */
#define syn_future_drop(f) syni_future_drop((f).u.handle)

/* FN runs once, later, on the loop of WHERE, a pointer to a synchronizer (NULL: the default
 * one), or in a drain of WHERE, a pointer to a mailbox (mailbox.h); never inside this call. The
 * result is FN's to keep, and NULL with an error, of which
 * syn_last_report() and syn_perror() know message and trace while FN runs.
 * When WHERE is stopped, or closed, before, FN is called with SYN_ECANCELED.
 *
 * When the deadline of a syn_call_by() around this call passes, or that of the task that makes it,
 * the future's task is cancelled, and FN is called with its outcome, mostly
 * SYN_ETIMEDOUT. F is used up; to end it earlier call syn_future_request_cancel(F), and FN is
 * called with SYN_ECANCELED when the task has cleaned up.
 * Fails: SYN_ENOMEM, SYN_EBUSY, SYN_ECLOSED and what starting WHERE meets; SYN_EAGAIN (a mailbox without
 * room); F is as it was. */
#define syn_future_then(f, where, fn, user)                                                        \
    ((void)(0 ? (f).u.then_is(fn) : SYN_OK),                                                       \
     SYNI_THEN(where)((f).u.handle, (where), (void (*)(void))(fn), (user)))
#ifndef __cplusplus
#define SYNI_THEN(where)                                                                           \
    _Generic((where), struct syn_mailbox *: syni_future_then_mail, default: syni_future_then)
#else
#define SYNI_THEN(where) syni_then
#endif

/* --- shared futures --- */

/* A result that many may wait for and read; counted references. The struct for
 * a future of type X is `struct X_shared`; S is one of those.
 *
 *     syn_shared_get(S, OUT)                wait; a copy. SYN_ENOTSUP for results that
 *                                           own something: those are borrowed
 *     syn_shared_get_by(S, OUT, DEADLINE)   SYN_ETIMEDOUT; the task runs on
 *     syn_shared_peek(S, &POINTER)          wait; the result itself, const, valid while
 *                                           you hold a reference
 *     syn_shared_future(S, &F)              a future of the same result, for one more
 *                                           waiter of any kind (await, then ...); not for
 *                                           results that own something
 *     syn_shared_retain(S), syn_shared_release(S)
 *                                           the task is cancelled by the last release
 */
struct syn_shared;

SYNI_HELD syn_err syni_future_share(struct syn_future future, struct syn_shared **out_shared);
syn_err syni_shared_get_by(struct syn_shared *shared, void *out_result,
                           struct syn_deadline deadline);
syn_err syni_shared_peek(struct syn_shared *shared, const void **out_result);
struct syn_future syni_shared_future(struct syn_shared *shared);
void syni_shared_retain(struct syn_shared *shared);
void syni_shared_release(struct syn_shared *shared);

#define syn_future_share(f, out_shared)                                                            \
    ((void)(0 ? (f).u.share_is(out_shared) : SYN_OK),                                              \
     syni_future_share((f).u.handle, &(out_shared)->u.handle))
#define syn_shared_get(...) SYNI_CAT(SYNI_SHARED_GET_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_SHARED_GET_1(s) SYNI_SHARED_GET_BY_2(s, syn_never())
#define SYNI_SHARED_GET_2(s, out) SYNI_SHARED_GET_BY_3(s, out, syn_never())
#define syn_shared_get_by(...) SYNI_CAT(SYNI_SHARED_GET_BY_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_SHARED_GET_BY_2(s, deadline)                                                          \
    (SYNI_HAS_NONE(s, result_is,                                                                   \
                   "this future has a result: say where it goes, shared_get(s, &y)"),              \
     syni_shared_get_by((s).u.handle, NULL, (deadline)))
#define SYNI_SHARED_GET_BY_3(s, out, deadline)                                                     \
    (SYNI_HAS_ONE(s, result_is, out,                                                               \
                  "this future has no result, only a status: shared_get(s)"),                      \
     syni_shared_get_by((s).u.handle, (out), (deadline)))
#define syn_shared_peek(...) SYNI_CAT(SYNI_SHARED_PEEK_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_SHARED_PEEK_1(s)                                                                      \
    (SYNI_NO_OUT("shared_peek(s, &pointer)"), syni_shared_peek((s).u.handle, NULL))
#define SYNI_SHARED_PEEK_2(s, out_pointer)                                                         \
    (0 ? (s).u.peek_is(out_pointer)                                                                \
       : syni_shared_peek((s).u.handle, (const void **)(void *)(out_pointer)))
#define syn_shared_future(s, out_future)                                                           \
    (0 ? (s).u.future_is(out_future)                                                               \
       : (void)((out_future)->u.handle = syni_shared_future((s).u.handle)))
#define syn_shared_retain(s) syni_shared_retain((s).u.handle)
#define syn_shared_release(s) syni_shared_release((s).u.handle)

/* --- the types --- */

/* struct NAME_future and struct NAME_shared for results of type RET (or void).
 * The function pointers in the unions carry types for the checks above; nothing
 * is ever stored in them. */
/* See SYNI_DECLARED() in check.h. */
#ifdef __cplusplus
#define SYNI_TYPES_ARE(type, name)
#else
#define SYNI_TYPES_ARE(type, name) type syni_types_of_##name(void);
#endif
#define SYNI_FUTURE_TYPES(ret, name)                                                               \
    struct name##_shared;                                                                          \
    SYNI_TYPES_ARE(struct name##_future, name)                                                     \
    struct name##_future {                                                                         \
        union {                                                                                    \
            struct syn_future handle;                                                              \
            syn_err (*result_is)(SYNI_IF_VOID(ret, SYNI_VOID_TYPE, SYNI_POINTER_TYPE)(ret));       \
            syn_err (*then_is)(void (*fn)(void *user,                                              \
                                          syn_err err SYNI_IF_VOID(ret, SYNI_NOTHING,              \
                                                                   SYNI_COMMA_POINTER)(ret)));     \
            syn_err (*share_is)(struct name##_shared *);                                           \
        } u;                                                                                       \
    };                                                                                             \
    struct name##_shared {                                                                         \
        union {                                                                                    \
            struct syn_shared *handle;                                                             \
            syn_err (*result_is)(SYNI_IF_VOID(ret, SYNI_VOID_TYPE, SYNI_POINTER_TYPE)(ret));       \
            syn_err (*peek_is)(SYNI_IF_VOID(ret, SYNI_VOID_TYPE, SYNI_PEEK_TYPE)(ret));            \
            void (*future_is)(struct name##_future *);                                             \
        } u;                                                                                       \
    }
#define SYNI_VOID_TYPE(ret) void
#define SYNI_POINTER_TYPE(ret) ret *
#define SYNI_PEEK_TYPE(ret) ret const **
#define SYNI_COMMA_POINTER(ret) , ret *
#define SYNI_NOTHING(ret)

/* The body of a function that calls a typed callback. */
#define SYNI_CALL_BACK(ret) SYNI_IF_VOID(ret, SYNI_CALL_BACK_VOID, SYNI_CALL_BACK_TYPED)(ret)
#define SYNI_CALL_BACK_VOID(ret)                                                                   \
    {                                                                                              \
        (void)result;                                                                              \
        ((void (*)(void *, syn_err))fn)(user, err);                                                \
    }
#define SYNI_CALL_BACK_TYPED(ret)                                                                  \
    {                                                                                              \
        ((void (*)(void *, syn_err, ret *))fn)(user, err, (ret *)result);                          \
    }

/* --- promises --- */

/* The write side, untyped. */
struct syn_promise {
    struct syni_slot *slot;
    uint32_t generation;
};

syn_err syni_promise_new(const struct syn_type *type, const char *file, int line,
                         struct syn_promise *out_promise, struct syn_future *out_future);
syn_err syni_promise_complete(struct syn_promise promise, const void *result);
static inline SYNI_UNUSED SYNI_HELD syn_err syni_promise_hand_over(struct syn_promise promise,
                                                                   const void *result)
{
    return syni_promise_complete(promise, result);
}
syn_err syni_promise_fail(struct syn_promise promise, syn_err err, const char *message);
syn_err syni_promise_drop(struct syn_promise promise);
int syni_promise_is_wanted(struct syn_promise promise);

/* SYN_PROMISE(type, name), SYN_PROMISE(type, name, SYN_DESTROY(fn)): the types
 * `struct name_future`, `struct name_promise`, `struct name_shared` for results of
 * TYPE, or of nothing (void). FN is called with a result that nobody fetched. */
#define SYN_PROMISE(...) SYNI_PROMISE(__VA_ARGS__, SYNI_END)
#define SYNI_PROMISE(ret, name, ...)                                                               \
    SYNI_FUTURE_TYPES(ret, name);                                                                  \
    struct name##_promise {                                                                        \
        union {                                                                                    \
            struct syn_promise handle;                                                             \
            syn_err (*value_is)(                                                                   \
                SYNI_IF_VOID(ret, SYNI_VOID_TYPE, SYNI_CONST_POINTER_TYPE)(ret));                  \
            syn_err (*future_is)(struct name##_future *);                                          \
            char (*owns)[1 + (0 SYNI_MAP(SYNI_KILLS, __VA_ARGS__))];                               \
        } u;                                                                                       \
    };                                                                                             \
    static inline SYNI_UNUSED void syni_call_of_##name(void (*fn)(void), void *user, syn_err err,  \
                                                      void *result) SYNI_CALL_BACK(ret)            \
    static inline SYNI_UNUSED void syni_destroy_of_##name(void *result)                            \
    {                                                                                              \
        SYNI_IF_VOID(ret, SYNI_NOTHING, SYNI_RESULT_AS)(ret) SYNI_MAP(SYNI_KILL, __VA_ARGS__)      \
        (void)result;                                                                              \
    }                                                                                              \
    SYNI_MAP(SYNI_VET_THING, __VA_ARGS__)                                                          \
    static const struct syn_type syni_type_of_##name SYNI_UNUSED = SYNI_TYPED(                     \
        syn_type, SYNI_IF_VOID(ret, SYNI_SIZE_VOID, SYNI_SIZE_TYPED)(ret),                         \
        (0 SYNI_MAP(SYNI_KILLS, __VA_ARGS__)) ? syni_destroy_of_##name : NULL, syni_call_of_##name)
#define SYNI_CONST_POINTER_TYPE(ret) ret const *
#define SYNI_SIZE_VOID(ret) 0
#define SYNI_SIZE_TYPED(ret) sizeof(ret)
#define SYNI_RESULT_AS(ret)                                                                        \
    ret *syni_result = (ret *)result;                                                              \
    (void)syni_result;

/* syn_promise_new(name, &promise, &future). Both ends must be used: the future used
 * up, the promise completed, failed or dropped. Fails: SYN_ENOMEM, which then also
 * comes out of the future. */
#define syn_promise_new(name, out_promise, out_future)                                             \
    (0 ? (out_promise)->u.future_is(out_future)                                                    \
       : syni_promise_new(&syni_type_of_##name, __FILE__, __LINE__, &(out_promise)->u.handle,      \
                          &(out_future)->u.handle))

/* syn_promise_complete(promise, &value), or syn_promise_complete(promise) for nothing.
 * The value is copied, and with 0 it is handed over; with an error it is still yours. The first
 * of complete, fail and drop wins; the others get SYN_EALREADY. SYN_EUNWANTED: you are the first,
 * but the reader is gone (its future was detached or cancelled, or its wait ended by a deadline).
 * Thread: any, at any time; P stays a name that can be asked.
 *
 * A value that was handed over and is not fetched is destroyed, as SYN_DESTROY says, on the
 * thread that releases the future (detach, get with OUT NULL, cancel, a loser of a race); where
 * that is at the same moment, on the thread that completes, before it returns. */
#define syn_promise_complete(...) SYNI_CAT(SYNI_COMPLETE_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_COMPLETE_1(p)                                                                         \
    (SYNI_HAS_NONE(p, value_is, "this promise has a value: say which, promise_complete(p, &y)"),   \
     syni_promise_complete((p).u.handle, NULL))
#define SYNI_COMPLETE_2(p, value)                                                                  \
    (SYNI_HAS_ONE(p, value_is, value, "this promise has no value: promise_complete(p)"),           \
     SYNI_COMPLETES(p)((p).u.handle, (value)))
/* Where values own something, the caller must look whether its value was taken. */
#ifdef __cplusplus
#define SYNI_COMPLETES(p)                                                                          \
    (sizeof *(p).u.owns > 1 ? syni_promise_hand_over : syni_promise_complete)
#else
#define SYNI_COMPLETES(p)                                                                          \
    _Generic((p).u.owns, char(*)[1]: syni_promise_complete, default: syni_promise_hand_over)
#endif

/* 1: somebody may still read the result; ask it before you make something dear. 0: the reader is
 * gone, or the promise was completed, failed or dropped. A future that was lost without a
 * detach counts as a reader. Thread: any, at any time. */
#define syn_promise_is_wanted(p) syni_promise_is_wanted((p).u.handle)

/* Ends it with ERR (0, which is no error, becomes SYN_EINVAL) and MESSAGE (copied; NULL: none). A
 * failure that nobody reads goes to syn_on_unobserved(). */
#define syn_promise_fail(p, err, message) syni_promise_fail((p).u.handle, (err), (message))

/* Ends it with SYN_EBROKEN and the place where it was made. */
#define syn_promise_drop(p) syni_promise_drop((p).u.handle)

#ifdef __cplusplus
}
#endif

#endif
