/* SPDX-License-Identifier: Apache-2.0
 *
 * Not an interface: what a task may not write, so that the compiler says it in a sentence. C only.
 */
#ifndef SYNCHRONICITY_CHECK_H
#define SYNCHRONICITY_CHECK_H

#include <stddef.h>

#include <synchronicity/err.h>
#include <synchronicity/future.h>
#include <synchronicity/map.h>

#ifndef __cplusplus

/* The handle of F, after the compiler compared its type with OUT's. What is wrong with the two is
 * said in a sentence, by gcc and clang, and only by it: then F, or its check, is another one. */
#if defined(__GNUC__)
struct syni_no_future {
    union {
        struct syn_future handle;
        syn_err (*result_is)(void);
    } u;
};
#define SYNI_TYPE_OF(f) (*(__typeof__(f) *)NULL) /* F itself is evaluated once, elsewhere */
#define SYNI_IS_ERR(f) _Generic(SYNI_TYPE_OF(f), syn_err: 1, default: 0)
#define SYNI_NO_FUTURE (*(struct syni_no_future *)NULL)
#define SYNI_FUTURE_OF(f) _Generic(SYNI_TYPE_OF(f), syn_err: SYNI_NO_FUTURE, default: (f))
#define SYNI_CHECK_OF(f)                                                                           \
    _Generic(SYNI_TYPE_OF(f), syn_err: SYNI_NO_FUTURE, default: SYNI_TYPE_OF(f)).u.result_is
#define SYNI_GIVES_NOTHING(f) _Generic(SYNI_CHECK_OF(f), syn_err(*)(void): 1, default: 0)
/* In a block, since in a struct clang wants the literals in WHAT to be constant. */
#define SYNI_SENTENCE(what, text)                                                                  \
    ((void)__extension__({                                                                         \
        _Static_assert(what, text);                                                                \
        0;                                                                                         \
    }))
#define SYNI_NO_CALL(f)                                                                            \
    SYNI_SENTENCE(!SYNI_IS_ERR(f), "this is a blocking call, or no call: a task awaits its "       \
                                   "future, co_await(NAME_future(...), ...)")
#define SYNI_HANDLE_1(f)                                                                           \
    (SYNI_NO_CALL(f),                                                                              \
     SYNI_SENTENCE(SYNI_IS_ERR(f) || SYNI_GIVES_NOTHING(f),                                        \
                   "this future has a result: say where it goes, co_await(f, &self->y), or that "  \
                   "nobody wants it, co_await(f, NULL)"),                                          \
     SYNI_FUTURE_OF(f).u.handle)
#define SYNI_HANDLE_2(f, out)                                                                      \
    (SYNI_NO_CALL(f),                                                                              \
     SYNI_SENTENCE(SYNI_IS_ERR(f) || !SYNI_GIVES_NOTHING(f),                                       \
                   "this future has no result, only a status: co_await(f)"),                       \
     (void)(0 ? _Generic(SYNI_CHECK_OF(f), syn_err(*)(void): (syn_err(*)(const void *))NULL,       \
                         default: SYNI_CHECK_OF(f))(out)                                           \
              : SYN_OK),                                                                           \
     SYNI_FUTURE_OF(f).u.handle)
#else
#define SYNI_SENTENCE(what, text) ((void)0)
#define SYNI_HANDLE_1(f) (0 ? ((void)(f).u.result_is(), (struct syn_future){0}) : (f).u.handle)
#define SYNI_HANDLE_2(f, out)                                                                      \
    (0 ? ((void)(f).u.result_is(out), (struct syn_future){0}) : (f).u.handle)
#endif

/* The result in a frame; of a function of nothing, and of a generator, there is a field of this
 * type, which has the place of another, and to which nothing can be assigned. */
struct syni_no_result {
    char nothing;
};
#define SYNI_HAS_RESULT(self)                                                                      \
    SYNI_SENTENCE(_Generic(&(self)->result, struct syni_no_result *: 0, default: 1),               \
                  "this function has no result: a generator, or its type is void; leave by "       \
                  "co_done, or yield")
#define SYNI_RESULT_OF(self)                                                                       \
    (*_Generic(&(self)->result,                                                                    \
               struct syni_no_result *: (int *)(void *)(self),                                     \
               default: &(self)->result))
/* Where a frame has its clean-up's first step, and its result. */
#define SYNI_FINALLY_AND_RESULT(name) struct syn_step (*syn_finally)(struct name *);
#define SYNI_FINALLY_AND_NO_RESULT(name)                                                           \
    union {                                                                                        \
        struct syn_step (*syn_finally)(struct name *);                                             \
        struct syni_no_result result;                                                              \
    };

/* What begins each wait of a coroutine: where a statement cannot be, or where another stands on
 * the same line, the compiler names the label. */
#define SYNI_STATEMENT_LABEL                                                                       \
    SYNI_CAT(syni_a_wait_is_a_statement_alone_on_its_line_and_its_result_goes_to_its_OUT_, __LINE__)
#define SYNI_STATEMENT                                                                             \
    SYNI_STATEMENT_LABEL:                                                                          \
    do {                                                                                           \
        if (0)                                                                                     \
            goto SYNI_STATEMENT_LABEL; /* it is used */

#endif /* !__cplusplus */

#endif
