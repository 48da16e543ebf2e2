/* SPDX-License-Identifier: Apache-2.0
 *
 * Not an interface: what may not be written, so that the compiler says it in one sentence.
 */
#ifndef SYNCHRONICITY_CHECK_H
#define SYNCHRONICITY_CHECK_H

#include <stddef.h>

#include <synchronicity/err.h>
#include <synchronicity/map.h>

/* WHAT is true, or the compiler says TEXT. In a block, since in a struct clang wants the literals in
 * WHAT to be constant. */
#if defined(__GNUC__) && defined(__cplusplus)
#define SYNI_SENTENCE(what, text)                                                                  \
    ((void)__extension__({                                                                         \
        static_assert(what, text);                                                                 \
        0;                                                                                         \
    }))
#elif defined(__GNUC__)
#define SYNI_SENTENCE(what, text)                                                                  \
    ((void)__extension__({                                                                         \
        _Static_assert(what, text);                                                                \
        0;                                                                                         \
    }))
#else
#define SYNI_SENTENCE(what, text) ((void)0)
#endif
/* An operation that fills *OUT was called without it; CALL is how it is written. */
#define SYNI_NO_OUT(call) SYNI_SENTENCE(0, "an item comes out of this: say where it goes, " call)

/* The handle of F, after the compiler compared its type with OUT's. What is wrong with the two is
 * said in a sentence, by gcc and clang, and only by it: then F, or its check, is another one.
 * SYNI_HANDLE_ is for a task, SYNI_GET_ for a thread. */
#if defined(__GNUC__) && !defined(__cplusplus)
#define SYNI_TYPE_OF(f) (*(__typeof__(f) *)NULL) /* F itself is evaluated once, elsewhere */
#define SYNI_NO_FUTURE (*(struct syni_no_future *)NULL)
/* F, if it is a struct, so that it may be asked what its handle is; a number or a pointer has none. */
#define SYNI_STRUCT_OF(f)                                                                          \
    __builtin_choose_expr(__builtin_classify_type(f) == 12, (f), SYNI_NO_FUTURE)
#define SYNI_IS_STRUCT(f) _Generic(SYNI_STRUCT_OF(f), struct syni_no_future: 0, default: 1)
#define SYNI_HAS_ERROR(f) _Generic((f), struct syni_no_future *(*)(void): 1, default: 0)
#define SYNI_IS_FUTURE(f) (SYNI_IS_STRUCT(f) && _Generic(syni_h, struct syn_future: 1, default: 0))
#define SYNI_FUTURE_OF(f) __builtin_choose_expr(SYNI_IS_FUTURE(f), (f), SYNI_NO_FUTURE)
#define SYNI_CHECK_OF(f) SYNI_FUTURE_OF(f).u.result_is
#define SYNI_FUTURE_IS_NONE                                                                        \
    "this is no future: an item comes out of a channel by co_next(ch, &self->v) or "               \
    "channel_next(ch, &v), the result of a shared future by shared_get(s, &y)"
/* CHECK, the type of a result or an item, takes nothing, or ARGUMENT. */
#define SYNI_WANTS_NOTHING(check) _Generic((check), syn_err(*)(void): 1, default: 0)
#define SYNI_SUITS(check, argument)                                                                \
    ((void)(0 ? _Generic((check),                                                                  \
                         syn_err(*)(void): (syn_err(*)(const void *))NULL,                         \
                         default: (check))(argument)                                               \
              : SYN_OK))
/* F is written once, so that the compiler says once what is wrong with it; FUTURE is F in a word
 * that says more. Where F has an error of its own gcc forgets the local `syni_f`: it finds this one
 * instead, which is nothing and is never defined, and is silent about the rest. So it is with `syni_h`, the
 * handle in F, where F is a struct that has none. WANTS_NOTHING: F has a status and no result, or TEXT. */
struct syni_no_future *syni_f(void), *syni_h(void);
#define SYNI_HANDLE_AS(future, call, wants_nothing, text, suits)                                   \
    __extension__({                                                                                \
        struct syn_future syni_handle;                                                             \
        {                                                                                          \
            __auto_type syni_f = (future);                                                         \
            __auto_type syni_h = SYNI_STRUCT_OF(syni_f).u.handle;                                  \
            _Static_assert(SYNI_IS_STRUCT(syni_f) || SYNI_HAS_ERROR(syni_f), call);                \
            _Static_assert(SYNI_IS_FUTURE(syni_f) || !SYNI_IS_STRUCT(syni_f) ||                    \
                               SYNI_HAS_ERROR(syni_h),                                             \
                           SYNI_FUTURE_IS_NONE);                                                   \
            (void)syni_h;                                                                          \
            _Static_assert(!SYNI_IS_FUTURE(syni_f) ||                                              \
                               SYNI_WANTS_NOTHING(SYNI_CHECK_OF(syni_f)) == wants_nothing,         \
                           text);                                                                  \
            suits;                                                                                 \
            syni_handle = SYNI_FUTURE_OF(syni_f).u.handle;                                         \
        }                                                                                          \
        syni_handle;                                                                               \
    })
#define SYNI_RESULT_SUITS(out) SYNI_SUITS(SYNI_CHECK_OF(syni_f), out)
#define SYNI_NOWHERE(get, get_null)                                                                \
    "this future has a result: say where it goes, " get ", or that nobody wants it, " get_null
#define SYNI_ONLY_A_STATUS "this future has no result, only a status: "
/* Where F has an error of its own, such as an argument too few, compilers name this macro. */
#define SYNI_A_TASK_AWAITS_NAME_future_AND_NOT_THE_BLOCKING_CALL(f) f
#define SYNI_A_THREAD_GETS_NAME_future_AND_NOT_THE_BLOCKING_CALL(f) f
#define SYNI_AWAITS                                                                                \
    "this is a blocking call, or no call: a task awaits its future, co_await(NAME_future(...), ...)"
#define SYNI_HANDLE_1(f)                                                                           \
    SYNI_HANDLE_AS(SYNI_A_TASK_AWAITS_NAME_future_AND_NOT_THE_BLOCKING_CALL(f), SYNI_AWAITS, 1,    \
                   SYNI_NOWHERE("co_await(f, &self->y)", "co_await(f, NULL)"), (void)0)
#define SYNI_HANDLE_2(f, out)                                                                      \
    SYNI_HANDLE_AS(SYNI_A_TASK_AWAITS_NAME_future_AND_NOT_THE_BLOCKING_CALL(f), SYNI_AWAITS, 0,    \
                   SYNI_ONLY_A_STATUS "co_await(f)", SYNI_RESULT_SUITS(out))
#define SYNI_GETS                                                                                  \
    "this is a blocking call, or no call: a thread gets its future, future_get(NAME_future(...), ...)"
#define SYNI_GET_HANDLE_1(f)                                                                       \
    SYNI_HANDLE_AS(SYNI_A_THREAD_GETS_NAME_future_AND_NOT_THE_BLOCKING_CALL(f), SYNI_GETS, 1,      \
                   SYNI_NOWHERE("future_get(f, &y)", "future_get(f, NULL)"), (void)0)
#define SYNI_GET_HANDLE_2(f, out)                                                                  \
    SYNI_HANDLE_AS(SYNI_A_THREAD_GETS_NAME_future_AND_NOT_THE_BLOCKING_CALL(f), SYNI_GETS, 0,      \
                   SYNI_ONLY_A_STATUS "future_get(f)", SYNI_RESULT_SUITS(out))
/* The same of CHANNEL; MEMBER of it takes ARGUMENT. */
struct syni_no_future *syni_c(void);
#define SYNI_NO_CHANNEL (*(struct syni_no_channel *)NULL)
#define SYNI_IS_CHANNEL(ch)                                                                        \
    (SYNI_IS_STRUCT(ch) && _Generic(syni_h, struct syn_channel: 1, default: 0))
#define SYNI_CHANNEL_OF(ch) __builtin_choose_expr(SYNI_IS_CHANNEL(ch), (ch), SYNI_NO_CHANNEL)
#define SYNI_CHANNEL_HANDLE(ch, member, argument)                                                  \
    __extension__({                                                                                \
        struct syn_channel syni_handle;                                                            \
        {                                                                                          \
            __auto_type syni_c = (ch);                                                             \
            __auto_type syni_h = SYNI_STRUCT_OF(syni_c).u.handle;                                  \
            _Static_assert(SYNI_IS_CHANNEL(syni_c) || SYNI_HAS_ERROR(syni_c) ||                    \
                               SYNI_HAS_ERROR(syni_h),                                             \
                           "this is no channel: the result of a future comes by co_await(f, "      \
                           "&self->y) or future_get(f, &y)");                                      \
            (void)syni_h;                                                                          \
            (void)(0 ? SYNI_CHANNEL_OF(syni_c).u.member(argument) : SYN_OK);                       \
            syni_handle = SYNI_CHANNEL_OF(syni_c).u.handle;                                        \
        }                                                                                          \
        syni_handle;                                                                               \
    })
/* The same of what HANDLE has besides: MEMBER takes nothing, or ARGUMENT. */
#define SYNI_HAS_NONE(handle, member, text)                                                        \
    SYNI_SENTENCE(SYNI_WANTS_NOTHING(SYNI_TYPE_OF(handle).u.member), text)
#define SYNI_HAS_ONE(handle, member, argument, text)                                               \
    (SYNI_SENTENCE(!SYNI_WANTS_NOTHING(SYNI_TYPE_OF(handle).u.member), text),                      \
     SYNI_SUITS(SYNI_TYPE_OF(handle).u.member, argument))
#else
#define SYNI_CHANNEL_HANDLE(ch, member, argument)                                                  \
    (0 ? ((void)(ch).u.member(argument), (ch).u.handle) : (ch).u.handle)
#define SYNI_HANDLE_1(f) (0 ? ((void)(f).u.result_is(), (f).u.handle) : (f).u.handle)
#define SYNI_HANDLE_2(f, out) (0 ? ((void)(f).u.result_is(out), (f).u.handle) : (f).u.handle)
#define SYNI_GET_HANDLE_1(f) SYNI_HANDLE_1(f)
#define SYNI_GET_HANDLE_2(f, out) SYNI_HANDLE_2(f, out)
#define SYNI_HAS_NONE(handle, member, text) ((void)(0 ? (handle).u.member() : SYN_OK))
#define SYNI_HAS_ONE(handle, member, argument, text)                                               \
    ((void)(0 ? (handle).u.member(argument) : SYN_OK))
#endif

/* OP(type, name, items), or where a comma before the name is missing an error that says so. */
#define SYNI_HAS_NAME(op, type, name, ...)                                                         \
    SYNI_CAT(SYNI_HAS_NAME_, SYNI_NAME_IS(name))(op, type, name, __VA_ARGS__)
#define SYNI_HAS_NAME_0(op, type, name, ...) op(type, name, __VA_ARGS__)
#define SYNI_HAS_NAME_1(...)                                                                       \
    SYNI_WRONG("the name is missing, or a comma before it: ASYNC_DECLARE(type, name, (int, x))")   \
    struct syni_nothing
#define SYNI_HAS_NAME_2(...) SYNI_HAS_NAME_1(__VA_ARGS__)
#define SYNI_HAS_NAME_3(...) struct syni_nothing

/* The types of what a definition makes: this function, which nothing defines, returns one where it was declared, and
 * is an int where it was not. So the definition says that once, in a sentence, and compiles. */
#if defined(__GNUC__) && !defined(__cplusplus)
#define SYNI_MADE_TYPE(type, name) __typeof__(syni_types_of_##name())
#define SYNI_DECLARED(name)                                                                        \
    _Pragma("GCC diagnostic push")                                                                 \
    _Pragma("GCC diagnostic ignored \"-Wimplicit-function-declaration\"")                          \
    SYNI_ASSERT(sizeof(syni_types_of_##name()) >= sizeof(struct syn_future),                       \
                "no declaration is before this definition: its header has ASYNC_DECLARE, or its like, and is " \
                "included; a method has a row in the list of its class")                           \
    _Pragma("GCC diagnostic pop")
#else
#define SYNI_MADE_TYPE(type, name) type
#define SYNI_DECLARED(name)
#endif

#ifndef __cplusplus

/* In the place of the result in a frame, of a function of nothing and of a generator, and in that of the item, of
 * what yields none: it has the place of another field, and nothing can be assigned to it. */
struct syni_none {
    char nothing;
};
/* FIELD of a frame, as (self)->result, is there, or TEXT; and something of its type to assign to. No parentheses around
 * it: cppcheck cannot read them. */
#define SYNI_HAS_FIELD(field, text)                                                                \
    SYNI_SENTENCE(_Generic(&field, struct syni_none *: 0, default: 1), text)
#define SYNI_FIELD_OF(self, field)                                                                 \
    (*_Generic(&field, struct syni_none *: (int *)(void *)(self), default: &field))
#define SYNI_HAS_RESULT(self)                                                                      \
    SYNI_HAS_FIELD((self)->result, "this function has no result: a generator, or its type is "     \
                                   "void; leave by co_done, or yield")
#define SYNI_RESULT_OF(self) SYNI_FIELD_OF(self, (self)->result)
#define SYNI_HAS_ITEM(self)                                                                        \
    SYNI_HAS_FIELD((self)->syn_item, "this is no generator, and yields nothing: leave by "         \
                                     "co_return(value), or write GENERATOR()")
#define SYNI_ITEM_OF(self) SYNI_FIELD_OF(self, (self)->syn_item)
#define SYNI_NEXT_AND_NO_ITEM(name)                                                                \
    union {                                                                                        \
        struct syn_step (*syn_next)(struct name *);                                                \
        struct syni_channel *syn_channel;                                                          \
        struct syni_none syn_item;                                                                 \
    };
/* Where a frame has its clean-up's first step, and its result. */
#define SYNI_FINALLY_AND_RESULT(name) struct syn_step (*syn_finally)(struct name *);
#define SYNI_FINALLY_AND_NO_RESULT(name)                                                           \
    union {                                                                                        \
        struct syn_step (*syn_finally)(struct name *);                                             \
        struct syni_none result;                                                                   \
    };

/* What begins each wait of a coroutine: where a statement cannot be the compiler names the label,
 * which is another one each time. Each wait has a number of its own, so that several stand on one
 * line (without __COUNTER__: on a line each). */
#if defined(__COUNTER__)
#define SYNI_UNIQUE __COUNTER__
#else
#define SYNI_UNIQUE __LINE__
#endif
/* clang 22 and later remark under -pedantic that __COUNTER__ is not C's. */
#if defined(__has_warning)
#if __has_warning("-Wc2y-extensions")
#define SYNI_QUIET                                                                                 \
    _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wc2y-extensions\"")
#define SYNI_LOUD _Pragma("clang diagnostic pop")
#endif
#endif
#ifndef SYNI_QUIET
#define SYNI_QUIET
#define SYNI_LOUD
#endif
#define SYNI_STATEMENT(n)                                                                          \
    SYNI_STATEMENT_AS(SYNI_CAT(SYNI_STATEMENT_LABEL, n))                                           \
    SYNI_COMES_BACK(n);
#define SYNI_STATEMENT_LABEL syni_a_wait_is_a_statement_and_its_result_goes_to_its_OUT_
#define SYNI_STATEMENT_AS(label)                                                                   \
    label:                                                                                         \
    SYNI_LOUD                                                                                      \
    do {                                                                                           \
        SYNI_HAS_BEGUN                                                                             \
        if (0)                                                                                     \
            goto label; /* it is used */

/* A definition stands outside of all functions: inside of one, since syn_co_end was forgotten, this
 * type is another. clang then says the sentence and stops; gcc has no error that ends it, so what it
 * finds in the rest of the definition follows. */
#define SYNI_NO_END "the coroutine above has no co_end, or its braces do not match"
struct syni_place {
    char of_a_definition[1];
};
/* A wait, and the end of a body, come behind syn_co_begin: where they do not, this type is another. */
#define SYNI_NO_BEGIN "co_begin is missing: it is the first statement of a body that waits"
#define SYNI_BEGINS                                                                                \
    struct syni_begun {                                                                            \
        char yes[2];                                                                               \
    }
#if defined(__clang__)
struct __attribute__((deprecated(SYNI_NO_BEGIN))) syni_begun {
    char no[1];
};
#define SYNI_IN_A_BODY                                                                             \
    struct __attribute__((deprecated(SYNI_NO_END))) syni_place {                                   \
        char of_a_statement[2];                                                                    \
    };                                                                                             \
    SYNI_BEGINS
#define SYNI_OR_STOP(statement)                                                                    \
    _Pragma("clang diagnostic push")                                                               \
    _Pragma("clang diagnostic fatal \"-Wdeprecated-declarations\"")                                \
    statement                                                                                      \
    _Pragma("clang diagnostic pop")
#define SYNI_OUTSIDE SYNI_OR_STOP(SYNI_ASSERT(sizeof(struct syni_place), ""))
#define SYNI_HAS_BEGUN SYNI_OR_STOP((void)sizeof(struct syni_begun);)
#else
struct syni_begun {
    char no[1];
};
#define SYNI_IN_A_BODY                                                                             \
    struct syni_place {                                                                            \
        char of_a_statement[2];                                                                    \
    };                                                                                             \
    SYNI_BEGINS
#define SYNI_OUTSIDE SYNI_ASSERT(sizeof(struct syni_place) == 1, SYNI_NO_END)
#define SYNI_HAS_BEGUN SYNI_ASSERT(sizeof(struct syni_begun) == 2, SYNI_NO_BEGIN)
#endif

/* OP(bound, type, name, items), also where BOUND is forgotten, or a comma behind it: with an error that
 * says so, and NONE in its place. */
#define SYNI_BOUND(op, none, bound, type, name, ...)                                               \
    SYNI_OUTSIDE                                                                                   \
    SYNI_CAT(SYNI_BOUND_, SYNI_NAME_IS(name))(op, none, bound, type, name, __VA_ARGS__)
#define SYNI_BOUND_0(op, none, bound, type, name, ...) op(bound, type, name, __VA_ARGS__)
/* Where the comma between type and name is missing the function has no name: it gets one that nobody knows. */
#define SYNI_BOUND_1(op, none, type, name, ...)                                                    \
    SYNI_WRONG("the first of three is missing, or a comma: the synchronizer or pool, the type of the result, the name") \
    SYNI_CAT(SYNI_BOUND_AS_, SYNI_IS_TYPE_WORD(name))(op, none, type, name, __VA_ARGS__)
#define SYNI_BOUND_AS_0(op, none, type, name, ...) op(none, type, name, __VA_ARGS__)
#define SYNI_BOUND_AS_1(op, none, bound, type_and_name, ...)                                       \
    SYNI_BOUND_AS_0(op, bound, int, SYNI_CAT(syni_has_no_name_, __LINE__), __VA_ARGS__)
#define SYNI_BOUND_2(op, none, type, name, ...) SYNI_BOUND_1(op, none, type, name, __VA_ARGS__)
#define SYNI_BOUND_3(op, none, bound, type, name, ...)                                             \
    SYNI_BOUND_AS_0(op, bound, type, SYNI_CAT(syni_has_no_name_, __LINE__), __VA_ARGS__)

#endif /* !__cplusplus */

#endif
