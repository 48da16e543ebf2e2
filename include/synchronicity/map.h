/* SPDX-License-Identifier: Apache-2.0
 *
 * The preprocessor half of the declarations: counting arguments, and doing
 * something for each item of a declaration.
 *
 * Not an interface. An item is one of
 *
 *     (type, name)            an argument
 *     SYN_COPY(type, name)    a string argument that a future call copies
 *     SYN_LOCAL(type, name)   a local that survives suspensions
 *     SYN_DESTROY(fn)         how a result that nobody fetched dies
 *     SYN_ASKS(type)          what a generator may be sent
 *     SYN_DOC("text")         one line about it
 *     SYN_STRAND(strand)      of a blocking function: what its jobs queue up at (blocking.h)
 *     SYN_URGENT              of a blocking function: its jobs go ahead of others
 *     SYN_TO_THE_END          of a blocking function: its jobs are never abandoned
 *     SYN_LET_GO              of a blocking function: its jobs cannot be interrupted
 *     SYNI_END                the last, put there by the macros themselves, so that
 *                             nothing is ever called with an empty variadic part
 *
 * SYNI_MAP(OP, items) gives OP(item) for each; an OP is written as
 *
 *     #define OP(item) SYNI_DO(OP_, item)
 *     #define OP_ARG(type, name) ...      and OP_SYN_COPY, OP_SYN_LOCAL, ...
 */
#ifndef SYNCHRONICITY_MAP_H
#define SYNCHRONICITY_MAP_H

#define SYNI_CAT(a, b) SYNI_CAT_(a, b)
#define SYNI_CAT_(a, b) a##b

/* 1 if X is in parentheses, else 0. */
#define SYNI_SECOND(...) SYNI_SECOND_(__VA_ARGS__, ~, ~)
#define SYNI_SECOND_(a, b, ...) b
#define SYNI_PAREN_PROBE(...) ~, 1
#define SYNI_IS_PAREN(x) SYNI_SECOND(SYNI_PAREN_PROBE x, 0)

/* SYNI_IF_VOID(type, a, b): a if TYPE is the word void, else b. */
#define SYNI_VOID_void() ~, 1
#define SYNI_IS_VOID(type) SYNI_SECOND(SYNI_VOID_##type(), 0)
#define SYNI_IF_VOID(type, yes, no) SYNI_CAT(SYNI_IF_VOID_, SYNI_IS_VOID(type))(yes, no)
#define SYNI_IF_VOID_1(yes, no) yes
#define SYNI_IF_VOID_0(yes, no) no

#define SYNI_DO(prefix, item) SYNI_CAT(SYNI_DO_, SYNI_IS_PAREN(item))(prefix, item)
#define SYNI_DO_1(prefix, item) prefix##ARG item
#define SYNI_DO_0(prefix, item) prefix##item

/* The destructor of a result, and whether there is one. */
#define SYNI_KILL(item) SYNI_DO(SYNI_KILL_, item)
#define SYNI_KILL_ARG(type, name)
#define SYNI_KILL_SYN_COPY(type, name)
#define SYNI_KILL_SYN_LOCAL(type, name)
#define SYNI_KILL_SYN_DESTROY(fn) fn(*syni_result);
#define SYNI_KILL_SYN_ASKS(type)
#define SYNI_KILL_SYN_DOC(text)
#define SYNI_KILL_SYN_STRAND(strand)
#define SYNI_KILL_SYN_URGENT
#define SYNI_KILL_SYN_TO_THE_END
#define SYNI_KILL_SYN_LET_GO
#define SYNI_KILL_SYNI_END
#define SYNI_KILLS(item) SYNI_DO(SYNI_KILLS_, item)
#define SYNI_KILLS_ARG(type, name)
#define SYNI_KILLS_SYN_COPY(type, name)
#define SYNI_KILLS_SYN_LOCAL(type, name)
#define SYNI_KILLS_SYN_DESTROY(fn) +1
#define SYNI_KILLS_SYN_ASKS(type)
#define SYNI_KILLS_SYN_DOC(text)
#define SYNI_KILLS_SYN_STRAND(strand)
#define SYNI_KILLS_SYN_URGENT
#define SYNI_KILLS_SYN_TO_THE_END
#define SYNI_KILLS_SYN_LET_GO
#define SYNI_KILLS_SYNI_END

#if defined(__GNUC__)
#define SYNI_UNUSED __attribute__((unused))
/* What it returns is held by nobody else: who drops it gets a warning. */
#define SYNI_HELD __attribute__((warn_unused_result))
#define SYNI_FALL_THROUGH __attribute__((fallthrough))
#else
#define SYNI_UNUSED
#define SYNI_HELD
#define SYNI_FALL_THROUGH (void)0
#endif

/* How many arguments: 1 to 26. */
#define SYNI_N(...)                                                                                \
    SYNI_N_(__VA_ARGS__, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, \
            7, 6, 5, 4, 3, 2, 1, 0)
#define SYNI_N_(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18,   \
                a19, a20, a21, a22, a23, a24, a25, a26, n, ...)                                    \
    n

#define SYNI_MAP(op, ...) SYNI_CAT(SYNI_MAP_, SYNI_N(__VA_ARGS__))(op, __VA_ARGS__)
#define SYNI_MAP_1(op, a) op(a)
#define SYNI_MAP_2(op, a, ...) op(a) SYNI_MAP_1(op, __VA_ARGS__)
#define SYNI_MAP_3(op, a, ...) op(a) SYNI_MAP_2(op, __VA_ARGS__)
#define SYNI_MAP_4(op, a, ...) op(a) SYNI_MAP_3(op, __VA_ARGS__)
#define SYNI_MAP_5(op, a, ...) op(a) SYNI_MAP_4(op, __VA_ARGS__)
#define SYNI_MAP_6(op, a, ...) op(a) SYNI_MAP_5(op, __VA_ARGS__)
#define SYNI_MAP_7(op, a, ...) op(a) SYNI_MAP_6(op, __VA_ARGS__)
#define SYNI_MAP_8(op, a, ...) op(a) SYNI_MAP_7(op, __VA_ARGS__)
#define SYNI_MAP_9(op, a, ...) op(a) SYNI_MAP_8(op, __VA_ARGS__)
#define SYNI_MAP_10(op, a, ...) op(a) SYNI_MAP_9(op, __VA_ARGS__)
#define SYNI_MAP_11(op, a, ...) op(a) SYNI_MAP_10(op, __VA_ARGS__)
#define SYNI_MAP_12(op, a, ...) op(a) SYNI_MAP_11(op, __VA_ARGS__)
#define SYNI_MAP_13(op, a, ...) op(a) SYNI_MAP_12(op, __VA_ARGS__)
#define SYNI_MAP_14(op, a, ...) op(a) SYNI_MAP_13(op, __VA_ARGS__)
#define SYNI_MAP_15(op, a, ...) op(a) SYNI_MAP_14(op, __VA_ARGS__)
#define SYNI_MAP_16(op, a, ...) op(a) SYNI_MAP_15(op, __VA_ARGS__)
#define SYNI_MAP_17(op, a, ...) op(a) SYNI_MAP_16(op, __VA_ARGS__)
#define SYNI_MAP_18(op, a, ...) op(a) SYNI_MAP_17(op, __VA_ARGS__)
#define SYNI_MAP_19(op, a, ...) op(a) SYNI_MAP_18(op, __VA_ARGS__)
#define SYNI_MAP_20(op, a, ...) op(a) SYNI_MAP_19(op, __VA_ARGS__)
#define SYNI_MAP_21(op, a, ...) op(a) SYNI_MAP_20(op, __VA_ARGS__)
#define SYNI_MAP_22(op, a, ...) op(a) SYNI_MAP_21(op, __VA_ARGS__)
#define SYNI_MAP_23(op, a, ...) op(a) SYNI_MAP_22(op, __VA_ARGS__)
#define SYNI_MAP_24(op, a, ...) op(a) SYNI_MAP_23(op, __VA_ARGS__)
#define SYNI_MAP_25(op, a, ...) op(a) SYNI_MAP_24(op, __VA_ARGS__)
#define SYNI_MAP_26(op, a, ...) op(a) SYNI_MAP_25(op, __VA_ARGS__)

/* SYNI_EACH(OP, with, items): OP(with, item) for each, up to 16. */
#define SYNI_EACH(op, with, ...)                                                                   \
    SYNI_CAT(SYNI_EACH_, SYNI_N(__VA_ARGS__))(op, with, __VA_ARGS__)
#define SYNI_EACH_1(op, with, a) op(with, a)
#define SYNI_EACH_2(op, with, a, ...) op(with, a) SYNI_EACH_1(op, with, __VA_ARGS__)
#define SYNI_EACH_3(op, with, a, ...) op(with, a) SYNI_EACH_2(op, with, __VA_ARGS__)
#define SYNI_EACH_4(op, with, a, ...) op(with, a) SYNI_EACH_3(op, with, __VA_ARGS__)
#define SYNI_EACH_5(op, with, a, ...) op(with, a) SYNI_EACH_4(op, with, __VA_ARGS__)
#define SYNI_EACH_6(op, with, a, ...) op(with, a) SYNI_EACH_5(op, with, __VA_ARGS__)
#define SYNI_EACH_7(op, with, a, ...) op(with, a) SYNI_EACH_6(op, with, __VA_ARGS__)
#define SYNI_EACH_8(op, with, a, ...) op(with, a) SYNI_EACH_7(op, with, __VA_ARGS__)
#define SYNI_EACH_9(op, with, a, ...) op(with, a) SYNI_EACH_8(op, with, __VA_ARGS__)
#define SYNI_EACH_10(op, with, a, ...) op(with, a) SYNI_EACH_9(op, with, __VA_ARGS__)
#define SYNI_EACH_11(op, with, a, ...) op(with, a) SYNI_EACH_10(op, with, __VA_ARGS__)
#define SYNI_EACH_12(op, with, a, ...) op(with, a) SYNI_EACH_11(op, with, __VA_ARGS__)
#define SYNI_EACH_13(op, with, a, ...) op(with, a) SYNI_EACH_12(op, with, __VA_ARGS__)
#define SYNI_EACH_14(op, with, a, ...) op(with, a) SYNI_EACH_13(op, with, __VA_ARGS__)
#define SYNI_EACH_15(op, with, a, ...) op(with, a) SYNI_EACH_14(op, with, __VA_ARGS__)
#define SYNI_EACH_16(op, with, a, ...) op(with, a) SYNI_EACH_15(op, with, __VA_ARGS__)

#endif
