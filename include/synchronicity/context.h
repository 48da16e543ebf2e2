/* SPDX-License-Identifier: Apache-2.0
 *
 * Contexts: something that is entered, and is left again on every way out, once.
 *
 *     SYN_CONTEXT(demo, struct redis *, redis_session, SYN_COPY(const char *, host), (int, port),
 *                 SYN_LOCAL(struct redis *, db))
 *     {
 *         syn_co_begin;
 *         syn_co_try(redis_open_future(self->host, self->port), &self->db);
 *         syn_co_yield(self->db);                  // the block runs here
 *         syn_co_finally;
 *         redis_release(self->db);
 *         syn_co_end;
 *     }
 *
 * A context is an async function that yields ONCE. What is before the yield is its enter, what
 * follows its exit; both are one task, on its synchronizer. It gives, as if written out,
 *
 *     struct redis_session_context redis_session(const char *host, int port);
 *
 * which starts nothing; the context is the caller's, to enter once. Everything that call.h says
 * of async functions holds, with SYN_CONTEXT_DECLARE, SYN_CONTEXT_DEFINE, SYN_CONTEXT_TYPES.
 *
 * In a plain thread:
 *
 *     syn_err err;
 *     syn_with_context (struct redis *, db, redis_session("127.0.0.1", 6379), &err) {
 *         if ((err = redis_command(db, "GET foo", &reply)) != 0)
 *             break;                               // exit gets the error
 *     }
 *
 * enters, runs the block once, and exits: at the end of the block, after `break` and
 * `continue`, and after `return` and `goto` where the compiler knows the cleanup attribute
 * (gcc, clang). If entering fails the block does not run. Afterwards ERR is what the block left
 * in it, or else what enter or exit failed with.
 *
 * In a task, where the context is a variable of the frame:
 *
 *     self->session = redis_session("127.0.0.1", 6379);
 *     syn_co_with (self->session, &self->db) {
 *         syn_co_try(redis_command_future(self->db, "GET foo"), &self->reply);
 *     }
 *
 * the same, and exit also runs, and is waited for, before the clean-up of a task that leaves
 * from inside: by a return, a failure or a cancel; exit gets its error. Several are left in
 * reverse order. Afterwards the status is 0, or what enter or exit failed with.
 *
 * EXIT GETS the error of the block as the status of its yield, 0 if it was left well: look
 * at it on the next line, since in the clean-up the status is that of the context itself:
 *
 *     self->failed = SYN_ECANCELED;                // as long as the block has not ended well
 *     syn_co_yield(self->transaction);
 *     self->failed = syn_co_status;
 *     syn_co_finally;
 *     syn_co_await(end_future(self->transaction, self->failed));
 *
 * It cannot take it back: the block's error stands, and one that exit fails with besides goes
 * to syn_on_unobserved(). If the synchronizer is stopped while a block of a plain thread, or of
 * another synchronizer, runs, exit runs at once, by the yield being cancelled; hence it belongs
 * behind syn_co_finally.
 *
 * PROTOCOL. A context that ends well without a yield fails the enter with SYN_ENOYIELD; one
 * that yields again when it should exit is cancelled, and fails the exit with
 * SYN_EYIELDTWICE.
 *
 * Thread: blocking forms are refused with SYN_EDEADLK on a thread that drives a loop.
 */
#ifndef SYNCHRONICITY_CONTEXT_H
#define SYNCHRONICITY_CONTEXT_H

#include <synchronicity/err.h>
#include <synchronicity/generator.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An untyped context; what the typed ones hold. */
struct syn_context {
    struct syn_channel channel; /* of the generator that it is */
    void *second;               /* where a second item would go */
    struct syn_context *outer;  /* the one that the same task entered before */
    int state;                  /* 0: not entered; others: src/context/context_task.c */
};

#define SYNI_CONTEXT_TYPES(type, name)                                                             \
    struct name##_context;                                                                         \
    SYNI_TYPES_ARE(struct name##_context, name)                                                    \
    struct name##_context {                                                                        \
        union {                                                                                    \
            struct syn_context handle;                                                             \
            syn_err (*value_is)(type *);                                                           \
        } u;                                                                                       \
    }
#define SYN_CONTEXT_TYPES(type, name) SYNI_CONTEXT_TYPES(type, name)
#define SYN_CONTEXT_DECLARE(...)                                                                   \
    SYNI_HAS_NAME(SYNI_CONTEXT_DECLARE, __VA_ARGS__, SYNI_END, SYNI_END)
#define SYNI_CONTEXT_DECLARE(type, name, ...)                                                      \
    SYNI_MAP(SYNI_VET_TASK, __VA_ARGS__)                                                           \
    SYNI_FRAME_TAG(name)                                                                           \
    SYNI_CONTEXT_TYPES(type, name);                                                                \
    extern struct name##_context name(SYNI_LIST(~SYNI_MAP(SYNI_PARAM, __VA_ARGS__)))

/* Enters CONTEXT (a variable): the value into *OUT. Exits it: ERR is the block's. For blocks
 * that are not one statement; each enter needs its exit. Fails: as the context does; the protocol
 * errors; SYN_EBUSY, and leaves it as it is, when it was entered already. One that could not be
 * entered is over. */
#define syn_context_enter(...) SYNI_CAT(SYNI_ENTER_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_ENTER_1(context)                                                                      \
    (SYNI_NO_OUT("context_enter(context, &v)"), syni_context_enter(&(context).u.handle, NULL))
#define SYNI_ENTER_2(context, out)                                                                 \
    ((void)(0 ? (context).u.value_is(out) : SYN_OK),                                               \
     syni_context_enter(&(context).u.handle, (out)))
#define syn_context_exit(context, err) syni_context_exit(&(context).u.handle, (err))

SYNI_HELD syn_err syni_context_enter(struct syn_context *context, void *out_value);
syn_err syni_context_exit(struct syn_context *context, syn_err err);

#define syn_with_context(type, variable, context, err)                                             \
    for (SYNI_WITH_GUARD struct syni_with syni_with = syni_with_begin(                             \
             (0 ? ((context).u.value_is((type *)NULL), (context).u.handle)                         \
                : (context).u.handle),                                                             \
             (err));                                                                               \
         syni_with_goes_on(&syni_with);)                                                           \
        for (type variable; syni_with_enter(&syni_with, &variable);)

struct syni_with {
    struct syn_context context;
    syn_err *out_err;
    int state; /* 0: before the block; 1: its turn; 2: in it; 3: over */
};
struct syni_with syni_with_begin(struct syn_context context, syn_err *out_err);
int syni_with_goes_on(struct syni_with *with);
int syni_with_enter(struct syni_with *with, void *out_value);
void syni_with_leave(struct syni_with *with);
#if defined(__GNUC__)
#define SYNI_WITH_GUARD __attribute__((cleanup(syni_with_leave)))
#else
#define SYNI_WITH_GUARD
#endif

/* --- for authors, and in tasks: C --- */

#ifndef __cplusplus

#define SYN_CONTEXT_DEFINE(...)                                                                    \
    SYNI_BOUND(SYNI_CONTEXT_DEFINE, SYN_FREE, __VA_ARGS__, SYNI_ANSWER, SYNI_END)
#define SYNI_CONTEXT_DEFINE(synchronizer, type, name, ...)                                         \
    SYNI_GENERATE_AS(CONTEXT, , synchronizer, type, name, __VA_ARGS__)

#define SYN_CONTEXT(...) SYNI_BOUND(SYNI_CONTEXT, SYN_FREE, __VA_ARGS__, SYNI_ANSWER, SYNI_END)
#define SYNI_CONTEXT(synchronizer, type, name, ...)                                                \
    SYNI_CONTEXT_TYPES(type, name);                                                                \
    SYNI_GENERATE_AS(CONTEXT, SYNI_STATIC_FACE, synchronizer, type, name, __VA_ARGS__)

/* How a generator looks as a context; see SYNI_GENERATE_AS in generator.h. */
#define SYNI_CONTEXT_TAG(name) SYNI_MADE_TYPE(struct name##_context, name)
#define SYNI_CONTEXT_FIELD(type) type syn_second;
#define SYNI_CONTEXT_HANDLE(typed) ((struct syn_context *)(void *)&(typed))
#define SYNI_CONTEXT_CHANNEL(typed) SYNI_CONTEXT_HANDLE(typed)->channel
#define SYNI_CONTEXT_NOTE(typed, frame)                                                            \
    SYNI_CONTEXT_HANDLE(typed)->second = (frame) ? &(frame)->syn_second : NULL;                    \
    SYNI_CONTEXT_HANDLE(typed)->outer = NULL;                                                      \
    SYNI_CONTEXT_HANDLE(typed)->state = 0;

struct syn_step syni_step_enter(struct syn_task *task, struct syn_context *context, void *out);
/* It was answered: the status, which says whether the block runs. */
syn_err syni_context_entered(struct syn_task *task, struct syn_context *context);
struct syn_step syni_step_exit(struct syn_task *task, struct syn_context *context);
/* It was answered. True: the exit takes another step. */
int syni_context_goes_on(struct syn_task *task, struct syn_context *context);

/* state: 0 not entered, other values as the library sets them; -1: in this macro, at first. */
#define syn_co_with(context, out) SYNI_QUIET SYNI_CO_WITH_AT(SYNI_UNIQUE, context, out)
#define SYNI_CO_WITH_AT(n, context, out)                                                           \
    for ((context).u.handle.state = -1; (context).u.handle.state;)                                 \
        SYNI_LOUD if ((context).u.handle.state > 0) {                                              \
            self->syn.line = -2 - (n);                                                             \
            return syni_step_exit(&self->syn, &(context).u.handle);                                \
        case SYNI_WIDE - 2 - (n):                                                                  \
            if (syni_context_goes_on(&self->syn, &(context).u.handle))                             \
                return syni_step_exit(&self->syn, &(context).u.handle);                            \
        } else                                                                                     \
            for (;;)                                                                               \
                if (0) {                                                                           \
                case SYNI_A_WAIT_IS_BEHIND_co_begin_AND_IN_NO_SWITCH(n):                           \
                    if (syni_context_entered(&self->syn, &(context).u.handle))                     \
                        break;                                                                     \
                    goto SYNI_CAT(syni_body_, n);                                                  \
                } else if ((context).u.handle.state > 0) {                                         \
                    break;                                                                         \
                } else if (1) {                                                                    \
                    SYNI_COMES_BACK(n);                                                            \
                    return syni_step_enter(&self->syn, &(context).u.handle,                        \
                                           SYNI_ENTERED(context, out));                            \
                } else                                                                             \
                    SYNI_CAT(syni_body_, n) :
#define SYNI_ENTERED(context, out) (0 ? ((void)(context).u.value_is(out), (out)) : (out))

#endif /* !__cplusplus */

#ifdef __cplusplus
}
#endif

#endif
