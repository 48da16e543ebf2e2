/* SPDX-License-Identifier: Apache-2.0
 *
 * Async functions: declared once, called in every way.
 *
 *     SYN_ASYNC(demo, int, square, (double, seconds), (int, x))
 *     {
 *         ...                                           // see task.h
 *     }
 *
 * gives, as if written out:
 *
 *     syn_err square(double seconds, int x, int *out_result);
 *         BLOCKING. Runs the call on its synchronizer and waits; allocates nothing:
 *         its frame lies on the caller's stack. (One of more than 4 KiB is allocated, since
 *         that stack may be small: SYN_ENOMEM.) *out_result (may be NULL) is
 *         untouched on failure. On the thread that drives that synchronizer it
 *         returns SYN_EDEADLK at once; write syn_co_await(square_future(...)) there.
 *
 *     struct square_future square_future(double seconds, int x);
 *         FUTURE. Starts the call and returns at once. Never fails itself: SYN_ENOMEM
 *         or SYN_ECLOSED come out of the future. In a task, awaiting one is the AWAIT
 *         face.
 *
 * and the types `struct square_future` and `struct square_shared`. A function of
 * nothing has the result type void, and no out_result.
 *
 * The first argument is the synchronizer that the function is BOUND to, or SYN_FREE:
 * a free function runs on the synchronizer of the task that calls it, and on the
 * process's default one when a plain thread does.
 *
 * In a library the header declares and a .c file defines; frame and locals stay
 * private, and the compiler checks that both agree:
 *
 *     SYN_ASYNC_DECLARE(int, square, (double, seconds), (int, x));          // .h
 *     SYN_ASYNC_DEFINE(demo, int, square, (double, seconds), (int, x))      // .c, and its body
 *
 * Or the header writes out the prototypes with their documentation, and for the
 * types says SYN_ASYNC_TYPES(int, square). Callers in C++ need extern "C" around either, as around any
 * prototype of C, and not around an #include of the library's headers.
 *
 * After the name come up to 24 items: arguments (type, name), none called `result` or `syn`, no
 * arrays (a pointer, or a struct), also (int (*)(int), fn);
 * SYN_COPY(const char *, name), a string that the future face copies, since the call
 * outlives the caller's statement; SYN_COPY_BYTES(const void *, name, size), the same for SIZE
 * bytes, an expression of the arguments, such as n * sizeof(int); SYN_TAKE(type, name, fn), see
 * below; SYN_LOCAL(type, name) (also `name[16]`);
 * SYN_SHOW(name, ...), arguments and locals that a dump shows (show.h);
 * SYN_DESTROY(fn), which is called with a result that nobody fetched, itself and no pointer to
 * it (and must not wait: where its end is async, it detaches the future of that); SYN_DOC("...").
 *
 * TAKING OVER. What the body of a call frees in its clean-up is lost when the call never begins,
 * and a call that was cancelled early, or refused, never does. SYN_TAKE(type, name, fn) says that
 * the argument is the call's from the moment it is made, by whatever face, and whatever that
 * returns:
 *
 *     SYN_ASYNC(demo, void, serve, SYN_TAKE(struct connection *, c, connection_free))
 *     {
 *         syn_co_begin;
 *         ...
 *         syn_co_finally;
 *         connection_free(self->c);
 *         syn_co_end;
 *     }
 *
 * Once the body has begun the argument is the body's, as anything else that it owns; if it never
 * begins, FN is called with it, once: also with NULL, on the thread that made the call or on that
 * of the loop or pool, and it must not wait. It is so in every kind of function. (An argument that
 * a call by name refuses, value.h, was not taken over.)
 *
 * A thread that waits in the library, in whatever face, or drives a loop meanwhile, is not ended by
 * pthread_cancel() there: others know of what lies on its stack. The cancel takes effect at the
 * thread's next cancellation point after the call; to end the wait itself, cancel what is waited
 * for, or give the wait a deadline. Nor may a thread have the asynchronous cancel type, or leave a
 * task or a job by pthread_exit() or longjmp().
 *
 * A declaration is C and C++; a definition is C. In C++, too, the types are written with
 * `struct`, std::vector<struct square_future>, since square_future alone is the function.
 */
#ifndef SYNCHRONICITY_CALL_H
#define SYNCHRONICITY_CALL_H

#include <string.h>

#include <synchronicity/future.h>
#include <synchronicity/map.h>
#include <synchronicity/synchronizer.h>
#include <synchronicity/task.h>

/* --- what a caller needs: C and C++ --- */

#define SYN_ASYNC_TYPES(ret, name) SYNI_FUTURE_TYPES(ret, name)
#define SYN_ASYNC_DECLARE(...)                                                                     \
    SYNI_HAS_NAME(SYNI_ASYNC_DECLARE, __VA_ARGS__, SYNI_END, SYNI_END)
#define SYNI_ASYNC_DECLARE(ret, name, ...)                                                         \
    SYNI_MAP(SYNI_VET_TASK, __VA_ARGS__)                                                           \
    SYNI_FRAME_TAG(name)                                                                           \
    SYNI_FUTURE_TYPES(ret, name);                                                                  \
    SYNI_PROTOTYPES(extern, ret, name, __VA_ARGS__)

#define SYNI_PROTOTYPES(linkage, ret, name, ...)                                                   \
    linkage syn_err name(                                                                          \
        SYNI_LIST(~SYNI_MAP(SYNI_PARAM, __VA_ARGS__) SYNI_OUT(ret)));                              \
    SYNI_NAMESAKE(name##_future, linkage SYNI_HELD struct name##_future name##_future(             \
                                     SYNI_LIST(~SYNI_MAP(SYNI_PARAM, __VA_ARGS__))))

/* Parameters, each with a comma before it. */
#define SYNI_PARAM(item) SYNI_DO(SYNI_PARAM_, item)
#define SYNI_PARAM_ARG(type, name) ~, (, SYNI_TYPE(type) name)
#define SYNI_PARAM_SYN_COPY(type, name) ~, (, SYNI_TYPE(type) name)
#define SYNI_PARAM_SYN_COPY_BYTES(type, name, size) ~, (, SYNI_TYPE(type) name)
#define SYNI_PARAM_SYN_TAKE(type, name, fn) ~, (, SYNI_TYPE(type) name)
#define SYNI_OUT(ret) SYNI_IF_VOID(ret, SYNI_NOTHING, SYNI_OUT_TYPED)(ret)
#define SYNI_OUT_TYPED(ret) , ret *syni_out_result

/* (~, a, b) is a, b; (~) is void. */
#define SYNI_ONE(...) SYNI_SECOND(SYNI_CAT(SYNI_ONE_, SYNI_N(__VA_ARGS__)), 0)
#define SYNI_ONE_1 ~, 1
#define SYNI_LIST(...) SYNI_CAT(SYNI_LIST_, SYNI_ONE(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_LIST_1(tilde) void
#define SYNI_LIST_0(tilde, ...) __VA_ARGS__

/* --- what the author needs: C --- */

#ifndef __cplusplus

/* In place of a synchronizer: bound to none. */
#define SYN_FREE (*(struct syn_synchronizer *)NULL)

#define SYN_ASYNC_DEFINE(...)                                                                      \
    SYNI_BOUND(SYNI_ASYNC_DEFINE, SYN_FREE, __VA_ARGS__, SYNI_END, SYNI_END)
#define SYNI_ASYNC_DEFINE(synchronizer, ret, name, ...)                                            \
    SYNI_CAT(SYNI_DEFINE_GOOD_, SYNI_ARE_GOOD_TASK(__VA_ARGS__))(synchronizer, ret, name, __VA_ARGS__)
#define SYNI_DEFINE_GOOD_1(synchronizer, ret, name, ...)                                           \
    SYNI_DEFINE(, synchronizer, ret, name, __VA_ARGS__)
/* With a wrong item: the error, and what the body needs, so that nothing is said of the prototypes, which differ. */
#define SYNI_DEFINE_GOOD_0(synchronizer, ret, name, ...)                                           \
    SYNI_MAP(SYNI_VET_TASK, __VA_ARGS__)                                                           \
    SYNI_FRAME_STRUCT(ret, name, __VA_ARGS__)                                                      \
    static SYNI_UNUSED SYNI_COROUTINE struct syn_step syni_start_of_##name(struct name *self SYNI_UNUSED)

#define SYN_ASYNC(...) SYNI_BOUND(SYNI_ASYNC, SYN_FREE, __VA_ARGS__, SYNI_END, SYNI_END)
#define SYNI_ASYNC(synchronizer, ret, name, ...)                                                   \
    SYNI_FUTURE_TYPES(ret, name);                                                                  \
    SYNI_DEFINE(SYNI_STATIC_FACE, synchronizer, ret, name, __VA_ARGS__)

/* Readies FRAME for a blocking call of FUNCTION and makes the call. */
syn_err syni_call(const struct syn_function *function, struct syn_task *frame, void *out_result);

/* A frame for a future call, and its handle in *OUT_FUTURE; NULL, and the handle
 * says why, when it cannot be had. */
struct syn_task *syni_call_new(const struct syn_function *function, struct syn_future *out_future);
/* A copied argument, a string or SIZE bytes; a failed copy is remembered in the frame. */
const char *syni_call_copy(struct syn_task *frame, const char *text);
void syni_call_free_copy(const char *text);
void *syni_call_copy_bytes(struct syn_task *frame, const void *bytes, size_t size);
void syni_call_free_bytes(const void *bytes);
/* Starts it. FRAME is not the caller's any more. */
void syni_call_start(struct syn_task *frame);

/* The frame of a blocking call: on the caller's stack, unless it is larger than this, since that
 * stack may be a small one (a pool's threads have 512 KiB); then it comes from the heap. */
enum { SYNI_STACK_FRAME = 4096 };

/* FRAME_SIZE bytes at PLACE or from the heap, zeroed but for the head, which the call readies; NULL: there is no memory. */
void *syni_call_large_frame(const struct syn_function *function);
syn_err syni_call_no_frame(const struct syn_function *function);
syn_err syni_call_free_frame(struct syn_task *frame, syn_err err);

static inline SYNI_UNUSED void *syni_call_frame(const struct syn_function *function, void *place,
                                                size_t frame_size)
{
    if (frame_size > SYNI_STACK_FRAME)
        return syni_call_large_frame(function);
    memset((char *)place + sizeof(struct syn_task), 0, frame_size - sizeof(struct syn_task));
    ((struct syn_task *)place)->function = function;
    return place;
}

/* As `syni_frame`. What it took over of ITEMS is dropped where there is none. */
#define SYNI_STACK_PLACE(id)                                                                       \
    (sizeof(struct id) <= SYNI_STACK_FRAME ? sizeof(struct id) : 1)
#define SYNI_FRAME(id, ...)                                                                        \
    _Alignas(struct id) unsigned char syni_place[SYNI_STACK_PLACE(id)];                            \
    struct id *syni_frame = (struct id *)syni_call_frame(&syni_function_of_##id, syni_place,       \
                                                         sizeof(struct id));                       \
    if (!syni_frame) {                                                                             \
        SYNI_MAP(SYNI_REFUSE, __VA_ARGS__)                                                         \
        return syni_call_no_frame(&syni_function_of_##id);                                         \
    }
#define SYNI_FRAME_END(id, err)                                                                    \
    (sizeof(struct id) > SYNI_STACK_FRAME ? syni_call_free_frame(&syni_frame->syn, (err)) : (err))

/* What one definition makes. `syn_next` and `syn_finally` are typed, and called
 * through functions of one common type, so that no function pointer is ever cast. */
#define SYNI_FRAME_STRUCT(ret, name, ...)                                                          \
    struct name {                                                                                  \
        struct syn_task syn;                                                                       \
        SYNI_NEXT_AND_NO_ITEM(name)                                                                \
        SYNI_IF_VOID(ret, SYNI_FINALLY_AND_NO_RESULT, SYNI_FINALLY_AND_RESULT)(name)               \
        SYNI_IF_VOID(ret, SYNI_NOTHING, SYNI_RESULT_FIELD)(ret)                                    \
        SYNI_MAP(SYNI_FIELD, __VA_ARGS__) SYNI_MADE_FIELD                                          \
    };
#define SYNI_DEFINE(linkage, bound, ret, name, ...)                                                \
    SYNI_DECLARED(name)                                                                            \
    SYNI_FRAME_STRUCT(ret, name, __VA_ARGS__)                                                      \
    SYNI_MAP(SYNI_VET_TASK, __VA_ARGS__)                                                           \
    static SYNI_COROUTINE struct syn_step syni_start_of_##name(struct name *self);                 \
    SYNI_RUN_AND_LEAVE(name)                                                                       \
    static void syni_call_of_##name(void (*fn)(void), void *user, syn_err err, void *result)       \
        SYNI_CALL_BACK(ret) static SYNI_UNUSED void syni_destroy_of_##name(void *result)           \
    {                                                                                              \
        SYNI_IF_VOID(ret, SYNI_NOTHING, SYNI_RESULT_AS)(ret) SYNI_MAP(SYNI_KILL, __VA_ARGS__)      \
        (void)result;                                                                              \
    }                                                                                              \
    SYNI_RELEASE(name, __VA_ARGS__) SYNI_SHOWN_TABLE(name, __VA_ARGS__)                            \
    static const struct syn_function syni_function_of_##name = {                                   \
        SYNI_DESCRIPTION(name, __VA_ARGS__),                                                       \
        SYNI_DESCRIPTION_OF_RESULT(ret, name, __VA_ARGS__),                                        \
        .synchronizer = &bound,                                                                    \
        .release = SYNI_RELEASE_OF(name, __VA_ARGS__),                                             \
        .ended = SYNI_MAP(SYNI_HOOK, __VA_ARGS__) NULL};                                           \
    linkage SYNI_FACE syn_err name(SYNI_LIST(~SYNI_MAP(SYNI_PARAM, __VA_ARGS__) SYNI_OUT(ret)))    \
    {                                                                                              \
        SYNI_MADE_HERE SYNI_FRAME(name, __VA_ARGS__)                                               \
        syni_frame->syn_next = syni_start_of_##name;                                               \
        SYNI_MAP(SYNI_STORE, __VA_ARGS__)                                                          \
        return SYNI_FRAME_END(                                                                     \
            name, syni_call(&syni_function_of_##name, &syni_frame->syn,                            \
                            SYNI_IF_VOID(ret, SYNI_OUT_PASS_VOID, SYNI_OUT_PASS)(ret)));           \
    }                                                                                              \
    linkage SYNI_FACE SYNI_HELD SYNI_MADE_TYPE(struct name##_future, name) name##_future(          \
        SYNI_LIST(~SYNI_MAP(SYNI_PARAM, __VA_ARGS__)))                                             \
    {                                                                                              \
        SYNI_MADE_HERE                                                                             \
        SYNI_MADE_TYPE(struct name##_future, name) syni_future;                                    \
        struct name *syni_new = (struct name *)(void *)syni_call_new(                              \
            &syni_function_of_##name, (struct syn_future *)(void *)&syni_future);                  \
        if (!syni_new) {                                                                           \
            SYNI_MAP(SYNI_REFUSE, __VA_ARGS__)                                                     \
            return syni_future;                                                                    \
        }                                                                                          \
        syni_new->syn_next = syni_start_of_##name;                                                 \
        SYNI_MAP(SYNI_KEEP, __VA_ARGS__)                                                           \
        syni_call_start(&syni_new->syn);                                                           \
        return syni_future;                                                                        \
    }                                                                                              \
    static struct syn_step syni_start_of_##name(struct name *self SYNI_UNUSED)

#define SYNI_RUN_AND_LEAVE(name)                                                                   \
    static struct syn_step syni_run_of_##name(struct syn_task *task)                               \
    {                                                                                              \
        struct name *self = (struct name *)(void *)task;                                           \
        return self->syn_next(self);                                                               \
    }                                                                                              \
    static struct syn_step syni_leave_of_##name(struct syn_task *task)                             \
    {                                                                                              \
        struct name *self = (struct name *)(void *)task;                                           \
        self->syn_next = task->coroutine ? syni_start_of_##name : self->syn_finally;               \
        return self->syn_next ? self->syn_next(self) : syni_step_end(task);                        \
    }
#define SYNI_RELEASE(name, ...)                                                                    \
    static SYNI_UNUSED void syni_release_of_##name(struct syn_task *task)                          \
    {                                                                                              \
        struct name *self = (struct name *)(void *)task;                                           \
        (void)self;                                                                                \
        SYNI_MAP(SYNI_UNCOPY, __VA_ARGS__)                                                         \
    }                                                                                              \
    SYNI_DROPPER(name, __VA_ARGS__)
#define SYNI_DROPPER(name, ...)                                                                    \
    static SYNI_UNUSED void syni_drop_of_##name(struct syn_task *task)                             \
    {                                                                                              \
        struct name *self = (struct name *)(void *)task;                                           \
        (void)self;                                                                                \
        SYNI_MAP(SYNI_DROP, __VA_ARGS__)                                                           \
    }

#define SYNI_RESULT_FIELD(ret) ret result;
#define SYNI_OFFSET_VOID(name) 0
#define SYNI_OFFSET_TYPED(name) offsetof(struct name, result)
/* Of one with a result, or with none: what that is, and where in the frame. */
#define SYNI_DESCRIPTION_OF_RESULT(ret, id, ...)                                                   \
    .result_offset = SYNI_IF_VOID(ret, SYNI_OFFSET_VOID, SYNI_OFFSET_TYPED)(id),                   \
    .type = SYNI_TYPE_OF_RESULT(ret, id, __VA_ARGS__)
#define SYNI_TYPE_OF_RESULT(ret, id, ...)                                                          \
    SYNI_TYPED(syn_type, SYNI_IF_VOID(ret, SYNI_SIZE_VOID, SYNI_SIZE_TYPED)(ret),                  \
               (0 SYNI_MAP(SYNI_KILLS, __VA_ARGS__)) ? syni_destroy_of_##id : NULL,                \
               syni_call_of_##id)
/* What frees its copied arguments, or NULL. */
#define SYNI_RELEASE_OF(id, ...) (0 SYNI_MAP(SYNI_COPIES, __VA_ARGS__)) ? syni_release_of_##id : NULL
#define SYNI_OUT_PASS_VOID(ret) NULL
#define SYNI_OUT_PASS(ret) syni_out_result

/* Fields of the frame. */
#define SYNI_FIELD(item) SYNI_DO(SYNI_FIELD_, item)
#define SYNI_FIELD_ARG(type, name) ~, (SYNI_TYPE(type) name;)
#define SYNI_FIELD_SYN_COPY(type, name) ~, (SYNI_TYPE(type) name;)
#define SYNI_FIELD_SYN_COPY_BYTES(type, name, size) ~, (SYNI_TYPE(type) name;)
#define SYNI_FIELD_SYN_TAKE(type, name, fn) ~, (SYNI_TYPE(type) name;)
#define SYNI_FIELD_SYN_LOCAL(type, name) ~, (SYNI_TYPE(type) name;)
#define SYNI_FIELD_SYN_SENDS(type) ~, (type syn_sent; type const *sent;)

/* Arguments, each with a comma before it, passed on. */
#define SYNI_PASS(item) SYNI_DO(SYNI_PASS_, item)
#define SYNI_PASS_ARG(type, name) ~, (, name)
#define SYNI_PASS_SYN_COPY(type, name) ~, (, name)
#define SYNI_PASS_SYN_COPY_BYTES(type, name, size) ~, (, name)
#define SYNI_PASS_SYN_TAKE(type, name, fn) ~, (, name)

/* Arguments into the frame: of a blocking call: the caller waits ... */
#define SYNI_STORE(item) SYNI_DO(SYNI_STORE_, item)
#define SYNI_STORE_ARG(type, name) ~, (syni_frame->name = name;)
#define SYNI_STORE_SYN_COPY(type, name) ~, (syni_frame->name = name;)
#define SYNI_STORE_SYN_COPY_BYTES(type, name, size) ~, (syni_frame->name = name;)
#define SYNI_STORE_SYN_TAKE(type, name, fn) ~, (syni_frame->name = name;)

/* ... and of a future call: the caller goes on. An argument (int, v[3]) would be a pointer
 * outside and an array in the frame: it is refused, by a name that cannot be made of it. */
#define SYNI_NO_ARRAY(name) enum { name##_is_no_array };
#define SYNI_KEEP(item) SYNI_DO(SYNI_KEEP_, item)
#define SYNI_KEEP_ARG(type, name) ~, (SYNI_NO_ARRAY(name) syni_new->name = name;)
#define SYNI_KEEP_SYN_COPY(type, name) ~, (syni_new->name = syni_call_copy(&syni_new->syn, name);)
#define SYNI_KEEP_SYN_COPY_BYTES(type, name, size)                                                 \
    ~, (syni_new->name = syni_call_copy_bytes(&syni_new->syn, name, (size));)
#define SYNI_KEEP_SYN_TAKE(type, name, fn) ~, (syni_new->name = name;)

/* The end of the copies, and whether there are any. */
#define SYNI_UNCOPY(item) SYNI_DO(SYNI_UNCOPY_, item)
#define SYNI_UNCOPY_SYN_COPY(type, name) ~, (syni_call_free_copy(self->name);)
#define SYNI_UNCOPY_SYN_COPY_BYTES(type, name, size) ~, (syni_call_free_bytes(self->name);)
#define SYNI_COPIES(item) SYNI_DO(SYNI_COPIES_, item)
#define SYNI_COPIES_SYN_COPY(type, name) ~, (+1)
#define SYNI_COPIES_SYN_COPY_BYTES(type, name, size) ~, (+1)

/* The end of what a call took over that never begins: in its frame; where it got none; and
 * whether there is any. */
#define SYNI_DROP(item) SYNI_DO(SYNI_DROP_, item)
#define SYNI_DROP_SYN_TAKE(type, name, fn) ~, (fn(self->name);)
#define SYNI_REFUSE(item) SYNI_DO(SYNI_REFUSE_, item)
#define SYNI_REFUSE_SYN_TAKE(type, name, fn) ~, (fn(name);)
#define SYNI_TAKES(item) SYNI_DO(SYNI_TAKES_, item)
#define SYNI_TAKES_SYN_TAKE(type, name, fn) ~, (+1)

#else /* C++ */

/* What stands in a function's place is never instantiated, so that little more is said. */
#define SYNI_ONLY_IN_C(...)                                                                        \
    SYNI_ASSERT(0, "C++ can call and declare async functions, but not define them: put this "      \
                   "definition into a .c file")                                                    \
    template <typename syni_frame> static void SYNI_CAT(syni_only_in_c_, __LINE__)(syni_frame *self)
#define SYN_ASYNC SYNI_ONLY_IN_C
#define SYN_ASYNC_DEFINE SYNI_ONLY_IN_C
#define SYN_GENERATOR SYNI_ONLY_IN_C
#define SYN_GENERATOR_DEFINE SYNI_ONLY_IN_C
#define SYN_CONTEXT SYNI_ONLY_IN_C
#define SYN_CONTEXT_DEFINE SYNI_ONLY_IN_C
#define SYN_BLOCKING SYNI_ONLY_IN_C
#define SYN_BLOCKING_DEFINE SYNI_ONLY_IN_C
#define SYN_BLOCKING_GENERATOR SYNI_ONLY_IN_C
#define SYN_BLOCKING_GENERATOR_DEFINE SYNI_ONLY_IN_C
#define SYN_POOL_MAP SYNI_ONLY_IN_C
#define SYN_POOL_MAP_DEFINE SYNI_ONLY_IN_C

#endif

/* A deadline for the blocking calls in EXPRESSION, which yields a syn_err:
 *
 *     err = syn_call_by(syn_after(0.2), square(1.0, 42, &y));
 *
 * When it passes the task is cancelled, cleans up, and the call returns
 * SYN_ETIMEDOUT. Nested ones tighten. Thread: the calling one's own.
 *
 * DEADLINES THAT HAVE PASSED. One rule for every face, on a thread, in a job and in a task:
 *   1. Nothing begins. A call that is made when its deadline has passed does not run: blocking,
 *      future, generator, context, method, constructor, job, map or child of a scope. Its outcome is
 *      SYN_ETIMEDOUT by SYN_BY_DEADLINE; what it took over (SYN_TAKE) is freed. The same holds
 *      for a call, or a job, whose deadline passes while it waits for its loop, or for a thread of
 *      its pool. Nor does syn_channel_next_by() begin a generator.
 *   2. A wait takes what is there: a result, item, room, lock, unit, event or ready descriptor. Where
 *      it would wait it is SYN_ETIMEDOUT (syn_co_poll_by(): nothing is ready); one that uses a future
 *      up cancels its call, and returns after the clean-up.
 *   3. What ends something is done in any case: closes, releases, stops, clean-up, and the callbacks
 *      of syn_future_then(), which get SYN_ETIMEDOUT. A call in clean-up has no deadline.
 * A sleep, and SYN_ON_TIME() in a select, has an end and no deadline: it is over at once. */
#define syn_call_by(deadline, expression)                                                          \
    (syni_deadline_push(deadline), syni_deadline_pop(expression))

/* Evaluates EXPRESSION, what it starts being under no deadline: neither that of the task that
 * runs nor those of a syn_call_by() around it. For what lives on when the caller has its answer, a
 * reader, a timer, a reconnect; else its deadline, and that of all that it calls, is soon in the
 * past for ever:
 *
 *     syn_without_deadline(me->reader = reader_future(me));
 *     syn_without_deadline(syn_future_detach(note_future("opened")));
 *
 * Has no value. It is still stopped with its synchronizer. A task that awaits it later lends it a
 * deadline again. Thread: any. */
#define syn_without_deadline(...)                                                                  \
    (syni_deadlines_hide(), (void)(__VA_ARGS__), syni_deadlines_unhide())

#endif
