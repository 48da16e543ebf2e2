/* SPDX-License-Identifier: Apache-2.0
 *
 * The preprocessor half of the declarations: counting arguments, and doing
 * something for each item of a declaration.
 *
 * Not an interface. An item is one of
 *
 *     (type, name)            an argument
 *     SYN_COPY(type, name)    a string argument that a future call copies
 *     SYN_COPY_BYTES(type, name, size)
 *                             an argument that points to SIZE bytes, which it copies
 *     SYN_TAKE(type, name, fn)
 *                             an argument that the call takes over
 *     SYN_LOCAL(type, name)   a local that survives suspensions
 *     SYN_DESTROY(fn)         how a result that nobody fetched dies
 *     SYN_SENDS(type)          what a generator may be sent
 *     SYN_DOC("text")         one line about it
 *     SYN_STRAND(strand)      of a blocking function: what its jobs queue up at (blocking.h)
 *     SYN_URGENT              of a blocking function: its jobs go ahead of others
 *     SYN_NEVER_ABANDONED          of a blocking function: its jobs are never abandoned
 *     SYN_ABANDONED_AT_ONCE              of a blocking function: its jobs cannot be interrupted
 *     SYNI_ENDED(fn)          the library's: FN(task) runs at the end of a task, in whatever way it came
 *     SYNI_END                the last, put there by the macros themselves, so that
 *                             nothing is ever called with an empty variadic part
 *
 * SYNI_MAP(OP, items) gives OP(item) for each; an OP is written as
 *
 *     #define OP(item) SYNI_DO(OP_, item)
 *     #define OP_ARG(type, name) ~, (what an argument gives)
 *
 * and OP_SYN_COPY, OP_SYN_LOCAL ... for the other items that give something.
 *
 * NAMES. What a declaration of NAME makes for itself is called syni_..._of_NAME, and nothing
 * else is: so no name of a user's can be one of the library's.
 */
#ifndef SYNCHRONICITY_MAP_H
#define SYNCHRONICITY_MAP_H

/* For code that C++ compilers read, too: they may remark on NULL. */
#ifdef __cplusplus
#define SYNI_NULL nullptr
#else
#define SYNI_NULL ((void *)0)
#endif

/* A function with the name of a struct. g++ -Wshadow remarks that it hides the struct's constructor. */
#if defined(__cplusplus) && defined(__GNUC__) && !defined(__clang__)
#define SYNI_NAMESAKE(tag, ...)                                                                    \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wshadow\"") __VA_ARGS__;     \
    _Pragma("GCC diagnostic pop") struct tag
#else
#define SYNI_NAMESAKE(tag, ...) __VA_ARGS__
#endif

/* The frame's tag, for the steps of its definition, which is C. */
#ifdef __cplusplus
#define SYNI_FRAME_TAG(name)
#else
#define SYNI_FRAME_TAG(name) struct name;
#endif

#define SYNI_CAT(a, b) SYNI_CAT_(a, b)
#define SYNI_CAT_(a, b) a##b

/* Costly checks of the caller's code: SYNI_CHECKED is 1 with -DSYN_CHECKED, =1 or =ON, and 0
 * without, or with =0 or =OFF. */
#ifndef SYN_CHECKED
#define SYNI_CHECKED 0
#else
#define SYNI_SAID_AS 1
#define SYNI_SAID_AS1 1
#define SYNI_SAID_ASON 1
#define SYNI_SAID_ASTRUE 1
#define SYNI_SAID_AS0 2
#define SYNI_SAID_ASOFF 2
#define SYNI_SAID_ASFALSE 2
#define SYNI_SAID(x) SYNI_SAID_(x)
#define SYNI_SAID_(x) SYNI_SAID_AS##x
#if SYNI_SAID(SYN_CHECKED) == 1
#define SYNI_CHECKED 1
#elif SYNI_SAID(SYN_CHECKED) == 2
#define SYNI_CHECKED 0
#else
#error "SYN_CHECKED is ON or OFF, 1 or 0"
#endif
#endif

/* A body of a coroutine: in a checked build its locals are garbage again at each resume, whatever
 * the optimization. (Elsewhere the engine scribbles over the dead stack, but a local that lives in
 * a register would be 0, or even right.) */
#if SYNI_CHECKED && defined(__clang__)
#define SYNI_COROUTINE __attribute__((optnone, noinline))
#elif SYNI_CHECKED && defined(__GNUC__) && __GNUC__ >= 12
#define SYNI_COROUTINE __attribute__((optimize("trivial-auto-var-init=pattern")))
#elif SYNI_CHECKED && defined(__GNUC__)
#define SYNI_COROUTINE __attribute__((optimize("O0")))
#else
#define SYNI_COROUTINE
#endif

/* 1 if X is in parentheses, else 0. */
#define SYNI_SECOND(...) SYNI_SECOND_(__VA_ARGS__, ~, ~)
#define SYNI_SECOND_(a, b, ...) b
#define SYNI_PAREN_PROBE(...) ~, 1,
#define SYNI_IS_PAREN(x) SYNI_SECOND(SYNI_PAREN_PROBE x, 0)

/* SYNI_IF_VOID(type, a, b): a if TYPE is the word void, else b. */
#define SYNI_VOID_void() ~, 1
#define SYNI_IS_VOID(type) SYNI_SECOND(SYNI_VOID_##type(), 0)
#define SYNI_IF_VOID(type, yes, no) SYNI_CAT(SYNI_IF_VOID_, SYNI_IS_VOID(type))(yes, no)
#define SYNI_IF_VOID_1(yes, no) yes
#define SYNI_IF_VOID_0(yes, no) no

/* ITEM as OP_, PREFIX, makes it: what is in the parentheses behind "~,", or nothing. Nor is anything
 * made of what is no item, of which SYNI_VET() says so. */
#define SYNI_DO(prefix, item)                                                                      \
    SYNI_GIVEN(SYNI_CAT(SYNI_DO_, SYNI_IS_PAREN(item))(prefix, item), ())
#define SYNI_DO_1(prefix, item) SYNI_CAT(SYNI_DO_PAIR_, SYNI_IS_ARGUMENT(item))(prefix, item)
#define SYNI_DO_PAIR_1(prefix, item) prefix##ARG item
#define SYNI_DO_PAIR_0(prefix, item) ~
#define SYNI_DO_0(prefix, item) SYNI_CAT(SYNI_DO_WORD_, SYNI_IS_WORD(item))(prefix, item)
#define SYNI_DO_WORD_1(prefix, item) prefix##item
#define SYNI_DO_WORD_0(prefix, item) ~
#define SYNI_GIVEN(...) SYNI_GIVEN_(__VA_ARGS__, ~)
#define SYNI_GIVEN_(a, b, ...) SYNI_GIVEN_2(SYNI_BARE b)
#define SYNI_GIVEN_2(...) __VA_ARGS__
#define SYNI_BARE(...) __VA_ARGS__

/* SYNI_IS_PAIR (a, b): 1; of any other number of things: 0. */
#define SYNI_IS_PAIR(...) SYNI_SECOND(SYNI_CAT(SYNI_IS_PAIR_, SYNI_N(__VA_ARGS__)), 0)
#define SYNI_IS_PAIR_2 ~, 1

/* 1 if there is nothing: neither something in parentheses nor a word. */
#define SYNI_IS_EMPTY(...) SYNI_CAT(SYNI_IS_EMPTY_, SYNI_IS_PAREN(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_IS_EMPTY_1(...) 0
#define SYNI_IS_EMPTY_0(...) SYNI_SECOND(SYNI_EMPTY_##__VA_ARGS__, 0)
#define SYNI_EMPTY_ ~, 1
/* What is behind the number that an item's parentheses, or its row, came to: nothing, if a comma
 * was. And the number alone. */
#define SYNI_BEHIND_1
#define SYNI_BEHIND_0 SYNI_NO_ITEM
#define SYNI_BEHIND_2 SYNI_NO_ITEM
#define SYNI_NUMBER(...) SYNI_SECOND(SYNI_CAT(SYNI_NUMBER_, __VA_ARGS__))
#define SYNI_NUMBER_1 ~, 1,
#define SYNI_NUMBER_0 ~, 0,
#define SYNI_NUMBER_2 ~, 2,
/* 1 if ITEM, which begins with parentheses, is (a, b) and no more. */
#define SYNI_IS_ARGUMENT(item) SYNI_IS_EMPTY(SYNI_CAT(SYNI_BEHIND_, SYNI_IS_PAIR item))

/* --- what is an item, and where ---
 *
 * 1 an argument, 2 a local, 3 SYN_DESTROY, 4 SYN_SENDS, 5 what any declaration has, 6 what is for
 * jobs, 7 what is shown of a task, 0 no item. (Numbers, since a word might be a macro of the user's.)
 * Behind the number: 1, or 2 if the item has too few parts or too many. */

/* 1 if an item has its N parts, else 2. */
#define SYNI_PARTS(n, ...) SYNI_SECOND(SYNI_CAT(SYNI_PARTS_##n##_, SYNI_N(__VA_ARGS__)), 2)
#define SYNI_PARTS_1_1 ~, 1
#define SYNI_PARTS_2_2 ~, 1
#define SYNI_PARTS_3_3 ~, 1
#define SYNI_ITEM_SYN_COPY(...) ~, 1, SYNI_PARTS(2, __VA_ARGS__)
#define SYNI_ITEM_SYN_COPY_BYTES(...) ~, 1, SYNI_PARTS(3, __VA_ARGS__)
#define SYNI_ITEM_SYN_TAKE(...) ~, 1, SYNI_PARTS(3, __VA_ARGS__)
#define SYNI_ITEM_SYN_LOCAL(...) ~, 2, SYNI_PARTS(2, __VA_ARGS__)
#define SYNI_ITEM_SYN_DESTROY(...) ~, 3, SYNI_PARTS(1, __VA_ARGS__)
#define SYNI_ITEM_SYN_SENDS(...) ~, 4, SYNI_PARTS(1, __VA_ARGS__)
#define SYNI_ITEM_SYN_DOC(...) ~, 5, SYNI_PARTS(1, __VA_ARGS__)
#define SYNI_ITEM_SYN_SHOW(...) ~, 7, 1
#define SYNI_ITEM_SYN_STRAND(...) ~, 6, SYNI_PARTS(1, __VA_ARGS__)
#define SYNI_ITEM_SYN_URGENT ~, 6, 1
#define SYNI_ITEM_SYN_NEVER_ABANDONED ~, 6, 1
#define SYNI_ITEM_SYN_ABANDONED_AT_ONCE ~, 6, 1
#define SYNI_ITEM_SYNI_ENDED(fn) ~, 5, 1
#define SYNI_ITEM_SYNI_ANSWER ~, 5, 1 /* of a context: it is told that it exits */
#define SYNI_ITEM_SYNI_END ~, 5, 1

#define SYNI_THIRD(...) SYNI_THIRD_(__VA_ARGS__, ~)
#define SYNI_THIRD_(a, b, c, ...) c

/* 1 if X is an item, and not a name or a type; 2 if it is one without its parts; else 0. */
#define SYNI_IS_ITEM(x) SYNI_CAT(SYNI_IS_ITEM_, SYNI_IS_PAREN(x))(x)
#define SYNI_IS_ITEM_1(x) 1
#define SYNI_IS_ITEM_0(x) SYNI_NUMBER(SYNI_THIRD(SYNI_ITEM_##x, 0, 0))
/* The same of a name, and 3 if there are parentheses behind it, so that a comma is missing: those, and only those,
 * cannot be pasted to a word, which the compiler says, and that word then remains. It is the sentence. */
#define SYNI_NAME_IS(name) SYNI_CAT(SYNI_NAME_IS_, SYNI_IS_ITEM(name))(name)
#define SYNI_NAME_IS_1(name) 1
#define SYNI_NAME_IS_2(name) 2
#define SYNI_NAME_IS_0(name) SYNI_SECOND(name##SYNI_A_COMMA_IS_MISSING_BEHIND_THE_NAME, 0)
#define SYNI_A_COMMA_IS_MISSING_BEHIND_THE_NAME ~, 3
/* 1 if ITEM is one of the words above and no more. */
#define SYNI_IS_WORD(item) SYNI_IS_EMPTY(SYNI_CAT(SYNI_BEHIND_, SYNI_THIRD(SYNI_ITEM_##item, 0, 0)))

/* 1 if X begins with a word of a type, so that it is not a name alone. */
#define SYNI_IS_TYPE_WORD(x) SYNI_CAT(SYNI_IS_TYPE_WORD_, SYNI_IS_PAREN(x))(x)
#define SYNI_IS_TYPE_WORD_1(x) 0
#define SYNI_IS_TYPE_WORD_0(x) SYNI_SECOND(SYNI_TYPE_WORD_##x, 0)
#define SYNI_TYPE_WORD_void ~, 1,
#define SYNI_TYPE_WORD_char ~, 1,
#define SYNI_TYPE_WORD_short ~, 1,
#define SYNI_TYPE_WORD_int ~, 1,
#define SYNI_TYPE_WORD_long ~, 1,
#define SYNI_TYPE_WORD_float ~, 1,
#define SYNI_TYPE_WORD_double ~, 1,
#define SYNI_TYPE_WORD_signed ~, 1,
#define SYNI_TYPE_WORD_unsigned ~, 1,
#define SYNI_TYPE_WORD_bool ~, 1,
#define SYNI_TYPE_WORD_const ~, 1,
#define SYNI_TYPE_WORD_struct ~, 1,
#define SYNI_TYPE_WORD_union ~, 1,
#define SYNI_TYPE_WORD_enum ~, 1,
#define SYNI_TYPE_WORD_size_t ~, 1,
#define SYNI_TYPE_WORD_ssize_t ~, 1,
#define SYNI_TYPE_WORD_int32_t ~, 1,
#define SYNI_TYPE_WORD_int64_t ~, 1,
#define SYNI_TYPE_WORD_uint8_t ~, 1,
#define SYNI_TYPE_WORD_uint32_t ~, 1,
#define SYNI_TYPE_WORD_uint64_t ~, 1,

#ifdef __cplusplus
#define SYNI_ASSERT(what, text) static_assert(what, text);
#else
#define SYNI_ASSERT(what, text) _Static_assert(what, text);
#endif

/* An error with a sentence, one literal, at the user's line. */
#if defined(__GNUC__)
#define SYNI_WRONG(text) SYNI_PRAGMA(GCC error text)
#define SYNI_PRAGMA(pragma) _Pragma(#pragma)
#else
#define SYNI_WRONG(text) SYNI_ASSERT(0, text)
#endif

/* SYNI_VET(PREFIX, item): an error with a sentence if PREFIX has none such. */
#define SYNI_VET(prefix, item) SYNI_CAT(SYNI_VET_, SYNI_IS_PAREN(item))(prefix, item)
#define SYNI_VET_1(prefix, item) SYNI_CAT(SYNI_VET_PAIR_, SYNI_IS_ARGUMENT(item))(prefix, item)
#define SYNI_VET_PAIR_1(prefix, item) SYNI_VET_NUMBER(prefix##1)
#define SYNI_VET_PAIR_0(prefix, item) SYNI_CAT(SYNI_NO_ARGUMENT_, SYNI_NUMBER(SYNI_IS_PAIR item))
#define SYNI_NO_ARGUMENT_1 SYNI_NO_COMMA
#define SYNI_NO_ARGUMENT_0                                                                         \
    SYNI_WRONG("an argument is its type and its name, with a comma between: (int, x); without arguments write nothing, and not (void)")
#define SYNI_VET_0(prefix, item) SYNI_CAT(SYNI_VET_WORD_, SYNI_IS_WORD(item))(prefix, item)
#define SYNI_VET_WORD_1(prefix, item)                                                              \
    SYNI_VET_NUMBER(SYNI_CAT(prefix, SYNI_SECOND(SYNI_ITEM_##item, 0, ~)))
#define SYNI_VET_WORD_0(prefix, item) SYNI_CAT(SYNI_NO_WORD_, SYNI_IS_ITEM_0(item))
#define SYNI_NO_WORD_1 SYNI_NO_COMMA
#define SYNI_NO_WORD_0                                                                             \
    SYNI_WRONG("this is no item: behind the name come arguments (type, name) and words such as SYN_LOCAL(type, name)")
#define SYNI_NO_WORD_2                                                                             \
    SYNI_WRONG("an item has too few parts, or too many: SYN_LOCAL(type, name), SYN_COPY(type, name), SYN_TAKE(type, name, fn), SYN_DESTROY(fn), with commas between")
#define SYNI_NO_COMMA SYNI_WRONG("a comma is missing behind an item: (int, x), (int, y)")

/* What a declaration does not have, by its item's number, and the sentence about that. */
#define SYNI_VET_NUMBER(...) SYNI_CAT(SYNI_MISPLACED_, SYNI_SECOND(__VA_ARGS__, 0))
#define SYNI_VET_TASK(item) SYNI_VET(SYNI_VET_TASK_, item)
#define SYNI_VET_TASK_4 ~, 4
#define SYNI_VET_TASK_6 ~, 6
#define SYNI_VET_GENERATOR(item) SYNI_VET(SYNI_VET_GENERATOR_, item)
#define SYNI_VET_GENERATOR_6 ~, 6
#define SYNI_VET_CHANNEL(item) SYNI_VET_GENERATOR(item)
#define SYNI_VET_CONTEXT(item) SYNI_VET_TASK(item)
#define SYNI_VET_JOB(item) SYNI_VET(SYNI_VET_JOB_, item)
#define SYNI_VET_JOB_2 ~, 2
#define SYNI_VET_JOB_4 ~, 4
#define SYNI_VET_JOB_7 ~, 7
/* 1 if the vet of a task's, or a generator's, items says nothing. */
#define SYNI_ARE_GOOD_TASK(...) SYNI_IS_EMPTY(SYNI_MAP(SYNI_BAD_TASK, __VA_ARGS__))
#define SYNI_ARE_GOOD_GENERATOR(...) SYNI_IS_EMPTY(SYNI_MAP(SYNI_BAD_GENERATOR, __VA_ARGS__))
#define SYNI_BAD_TASK(item) SYNI_BAD(SYNI_VET_TASK_, item)
#define SYNI_BAD_GENERATOR(item) SYNI_BAD(SYNI_VET_GENERATOR_, item)
#define SYNI_BAD(prefix, item) SYNI_CAT(SYNI_BAD_, SYNI_IS_PAREN(item))(prefix, item)
#define SYNI_BAD_1(prefix, item) SYNI_CAT(SYNI_BAD_PAIR_, SYNI_IS_ARGUMENT(item))
#define SYNI_BAD_PAIR_1
#define SYNI_BAD_PAIR_0 bad
#define SYNI_BAD_0(prefix, item) SYNI_CAT(SYNI_BAD_WORD_, SYNI_IS_WORD(item))(prefix, item)
#define SYNI_BAD_WORD_1(prefix, item)                                                              \
    SYNI_BAD_NUMBER(SYNI_CAT(prefix, SYNI_SECOND(SYNI_ITEM_##item, 0, ~)))
#define SYNI_BAD_WORD_0(prefix, item) bad
#define SYNI_BAD_NUMBER(...) SYNI_CAT(SYNI_BAD_NUMBER_, SYNI_SECOND(__VA_ARGS__, 0))
#define SYNI_BAD_NUMBER_0
#define SYNI_BAD_NUMBER_4 bad
#define SYNI_BAD_NUMBER_6 bad

/* A promise or a channel, which is no function. */
#define SYNI_VET_THING(item) SYNI_VET(SYNI_VET_THING_, item)
#define SYNI_VET_THING_1 ~, 1
#define SYNI_VET_THING_2 ~, 1
#define SYNI_VET_THING_4 ~, 4
#define SYNI_VET_THING_6 ~, 6
#define SYNI_VET_THING_7 ~, 7
#define SYNI_MISPLACED_0
#define SYNI_MISPLACED_4 SYNI_WRONG("SYN_SENDS() is for generators")
#define SYNI_MISPLACED_6                                                                           \
    SYNI_WRONG("SYN_STRAND(), SYN_URGENT, SYN_..._ABANDONED... are for blocking functions")
#define SYNI_MISPLACED_2                                                                           \
    SYNI_WRONG("SYN_LOCAL() is for tasks: a blocking function has ordinary C locals")
#define SYNI_MISPLACED_7                                                                           \
    SYNI_WRONG("SYN_SHOW() is for tasks, which keep locals in a frame")
#define SYNI_MISPLACED_1 SYNI_WRONG("a promise or a channel has no arguments")

/* TYPE as the type of one name: so a pointer to a function needs no typedef. */
#if defined(__GNUC__)
#define SYNI_TYPE(type) __typeof__(type)
#else
#define SYNI_TYPE(type) type
#endif

/* The destructor of a result, and whether there is one. */
#define SYNI_KILL(item) SYNI_DO(SYNI_KILL_, item)
#define SYNI_KILL_SYN_DESTROY(fn) ~, (fn(*syni_result);)
#define SYNI_KILLS(item) SYNI_DO(SYNI_KILLS_, item)
#define SYNI_KILLS_SYN_DESTROY(fn) ~, (+1)

/* What runs at a task's end; NULL, if nothing does. */
#define SYNI_HOOK(item) SYNI_DO(SYNI_HOOK_, item)
#define SYNI_HOOK_SYNI_ENDED(fn) ~, (1 ? fn :)

#if defined(__GNUC__)
#define SYNI_UNUSED __attribute__((unused))
/* What it returns is held by nobody else: a caller that drops it gets a warning. */
#define SYNI_HELD __attribute__((warn_unused_result))
#define SYNI_FALL_THROUGH __attribute__((fallthrough))
#else
#define SYNI_UNUSED
#define SYNI_HELD
#define SYNI_FALL_THROUGH (void)0
#endif

/* How many arguments: 1 to 28. */
#define SYNI_N(...)                                                                                \
    SYNI_N_(__VA_ARGS__, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11,   \
            10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define SYNI_N_(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18,   \
                a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, n, ...)                          \
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
#define SYNI_MAP_27(op, a, ...) op(a) SYNI_MAP_26(op, __VA_ARGS__)
#define SYNI_MAP_28(op, a, ...) op(a) SYNI_MAP_27(op, __VA_ARGS__)

/* SYNI_EACH(OP, with, items): OP(with, item) for each, up to 28. */
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
#define SYNI_EACH_17(op, with, a, ...) op(with, a) SYNI_EACH_16(op, with, __VA_ARGS__)
#define SYNI_EACH_18(op, with, a, ...) op(with, a) SYNI_EACH_17(op, with, __VA_ARGS__)
#define SYNI_EACH_19(op, with, a, ...) op(with, a) SYNI_EACH_18(op, with, __VA_ARGS__)
#define SYNI_EACH_20(op, with, a, ...) op(with, a) SYNI_EACH_19(op, with, __VA_ARGS__)
#define SYNI_EACH_21(op, with, a, ...) op(with, a) SYNI_EACH_20(op, with, __VA_ARGS__)
#define SYNI_EACH_22(op, with, a, ...) op(with, a) SYNI_EACH_21(op, with, __VA_ARGS__)
#define SYNI_EACH_23(op, with, a, ...) op(with, a) SYNI_EACH_22(op, with, __VA_ARGS__)
#define SYNI_EACH_24(op, with, a, ...) op(with, a) SYNI_EACH_23(op, with, __VA_ARGS__)
#define SYNI_EACH_25(op, with, a, ...) op(with, a) SYNI_EACH_24(op, with, __VA_ARGS__)
#define SYNI_EACH_26(op, with, a, ...) op(with, a) SYNI_EACH_25(op, with, __VA_ARGS__)
#define SYNI_EACH_27(op, with, a, ...) op(with, a) SYNI_EACH_26(op, with, __VA_ARGS__)
#define SYNI_EACH_28(op, with, a, ...) op(with, a) SYNI_EACH_27(op, with, __VA_ARGS__)

#endif
