/* SPDX-License-Identifier: Apache-2.0
 *
 * SYN_CLASS_TABLE(synchronizer, C, LIST, parent): the method table of a class, C_class. Once,
 * in the .c file that defines it, behind `struct C_impl`. C only.
 *
 * SYNCHRONIZER is where its objects live, or SYN_FREE: on that of the task that makes one, or
 * the default one. PARENT is &redis_class, or NULL. Fields of struct syn_class may follow:
 *
 *     SYN_CLASS_TABLE(redis_loop, redis, REDIS_METHODS, NULL, .class_of = which_redis);
 */
#ifndef SYNCHRONICITY_TABLE_H
#define SYNCHRONICITY_TABLE_H

#include <limits.h>

#include <synchronicity/face.h>

#ifndef __cplusplus

#define SYN_CLASS_TABLE(home, C, LIST, ...)                                                        \
    extern char syni_a_destructor_needs_its_row_M_C_destructor_in_the_list_of_##C                  \
        [1 LIST(SYNI_DESTRUCTORS, C)];                                                             \
    LIST(SYNI_BY_NAME, C)                                                                          \
    static const struct syn_method syni_methods_of_##C[] = {LIST(SYNI_SLOT, C){0}};                \
    static const struct syn_override syni_overrides_of_##C[] = {LIST(SYNI_OVER, C){0}};            \
    const struct syn_class C##_class = {                                                           \
        .abi = SYNI_ABI_OF_CLASS,                                                                  \
        .name = #C,                                                                                \
        .synchronizer = &home,                                                                     \
        .size = sizeof(struct C##_impl),                                                           \
        .methods = syni_methods_of_##C,                                                            \
        .n_methods = sizeof syni_methods_of_##C / sizeof *syni_methods_of_##C - 1,                 \
        .overrides = syni_overrides_of_##C,                                                        \
        .n_overrides = sizeof syni_overrides_of_##C / sizeof *syni_overrides_of_##C - 1,           \
        LIST(SYNI_END_OF, C).parent = __VA_ARGS__}

/* --- for calls by name --- */

#define SYNI_VALUE_KIND(type)                                                                      \
    _Generic((SYNI_TYPE(type) *)NULL,                                                                         \
        char *: CHAR_MIN < 0 ? SYN_VALUE_INTEGER : SYN_VALUE_UNSIGNED,                             \
        signed char *: SYN_VALUE_INTEGER,                                                          \
        short *: SYN_VALUE_INTEGER,                                                                \
        int *: SYN_VALUE_INTEGER,                                                                  \
        long *: SYN_VALUE_INTEGER,                                                                 \
        long long *: SYN_VALUE_INTEGER,                                                            \
        _Bool *: SYN_VALUE_UNSIGNED,                                                               \
        unsigned char *: SYN_VALUE_UNSIGNED,                                                       \
        unsigned short *: SYN_VALUE_UNSIGNED,                                                      \
        unsigned *: SYN_VALUE_UNSIGNED,                                                            \
        unsigned long *: SYN_VALUE_UNSIGNED,                                                       \
        unsigned long long *: SYN_VALUE_UNSIGNED,                                                  \
        float *: SYN_VALUE_NUMBER,                                                                 \
        double *: SYN_VALUE_NUMBER,                                                                \
        char **: SYN_VALUE_STRING,                                                                 \
        char const **: SYN_VALUE_STRING,                                                           \
        default: SYN_VALUE_POINTER)
/* The same for a result, of which there may be none. */
#define SYNI_RESULT(ret) SYNI_IF_VOID(ret, SYNI_RESULT_VOID, SYNI_RESULT_TYPED)(ret)
#define SYNI_RESULT_VOID(ret) {"void", "", SYN_VALUE_NONE, 0}
#define SYNI_RESULT_TYPED(ret) {#ret, "", SYNI_VALUE_KIND(ret), sizeof(ret)}

#define SYNI_ARGUMENT(item) SYNI_DO(SYNI_ARGUMENT_, item)
#define SYNI_ARGUMENT_ARG(type, name) ~, ({#type, #name, SYNI_VALUE_KIND(type), sizeof(type)}, )
#define SYNI_ARGUMENT_SYN_COPY(type, name) SYNI_ARGUMENT_ARG(type, name)
#define SYNI_ARGUMENT_SYN_COPY_BYTES(type, name, size) SYNI_ARGUMENT_ARG(type, name)
#define SYNI_ARGUMENT_SYN_TAKE(type, name, fn) SYNI_ARGUMENT_ARG(type, name)

/* ", const char * line, int n" */
#define SYNI_SIGN(item) SYNI_DO(SYNI_SIGN_, item)
#define SYNI_SIGN_ARG(type, name) ~, (", " #type " " #name)
#define SYNI_SIGN_SYN_COPY(type, name) SYNI_SIGN_ARG(type, name)
#define SYNI_SIGN_SYN_COPY_BYTES(type, name, size) SYNI_SIGN_ARG(type, name)
#define SYNI_SIGN_SYN_TAKE(type, name, fn) SYNI_SIGN_ARG(type, name)
#define SYNI_SIGNATURE(text) (&(text)[sizeof(text) > 2 ? 2 : 0])

#define SYNI_LINE(item) SYNI_DO(SYNI_LINE_, item)
#define SYNI_LINE_SYN_DOC(text) ~, (text)

#define SYNI_UNPACK(item) SYNI_DO(SYNI_UNPACK_, item)
#define SYNI_UNPACK_ARG(type, name) ~, (SYNI_TYPE(type) name = *(SYNI_TYPE(type) const *)*syni_next++;)
#define SYNI_UNPACK_SYN_COPY(type, name) SYNI_UNPACK_ARG(type, name)
#define SYNI_UNPACK_SYN_COPY_BYTES(type, name, size) SYNI_UNPACK_ARG(type, name)
#define SYNI_UNPACK_SYN_TAKE(type, name, fn) SYNI_UNPACK_ARG(type, name)

/* --- one row: a function that takes its arguments by their addresses --- */

#define SYNI_BY_NAME(...) SYNI_BY_NAME_ROW(__VA_ARGS__, SYNI_END)
#define SYNI_BY_NAME_ROW(C, kind, ...) SYNI_ROW(SYNI_BY_NAME_, C, kind, __VA_ARGS__)
#define SYNI_BY_NAME_WRONG(...)
#define SYNI_BY_NAME_async(C, ret, name, ...)                                                      \
    SYNI_NAMED(C, future, C##_##name, C##_##name##_future, SYNI_METHOD_ARGS, __VA_ARGS__)
#define SYNI_BY_NAME_blocking(C, ret, name, ...) SYNI_BY_NAME_async(C, ret, name, __VA_ARGS__)
#define SYNI_BY_NAME_get(C, type, name, ...) SYNI_BY_NAME_async(C, type, get_##name, __VA_ARGS__)
#define SYNI_BY_NAME_set(C, type, name, ...)                                                       \
    SYNI_BY_NAME_async(C, void, set_##name, (type, value), __VA_ARGS__)
#define SYNI_BY_NAME_future(C, ret, name, ...)                                                     \
    SYNI_NAMED(C, future, C##_##name, C##_##name, SYNI_METHOD_ARGS, __VA_ARGS__)
#define SYNI_BY_NAME_generator(C, type, name, ...)                                                 \
    SYNI_NAMED(C, channel, C##_##name, C##_##name, SYNI_METHOD_ARGS, __VA_ARGS__)
#define SYNI_BY_NAME_context(C, type, name, ...) SYNI_NAMED_ARGUMENTS(C##_##name, __VA_ARGS__)
#define SYNI_BY_NAME_enter(C, type, ...) SYNI_BY_NAME_async(C, type, enter, __VA_ARGS__)
#define SYNI_BY_NAME_exit(C, ...)                                                                  \
    SYNI_BY_NAME_async(C, void, exit, (syn_err, error), __VA_ARGS__)
#define SYNI_BY_NAME_constructor(C, name, ...)                                                     \
    SYNI_NAMED(C, future, C##_##name, C##_##name##_future, SYNI_STATIC_ARGS, __VA_ARGS__)
#define SYNI_BY_NAME_static(C, ret, name, ...) SYNI_BY_NAME_constructor(C, name, __VA_ARGS__)
#define SYNI_BY_NAME_destructor(C, ...)
#define SYNI_BY_NAME_override(C, base, ret, name, ...)
#define SYNI_BY_NAME_direct(C, ret, name, ...)                                                     \
    SYNI_NAMED_ARGUMENTS(C##_##name, __VA_ARGS__)                                                  \
    static void syni_by_name_of_##C##_##name(struct syn_object *object,                            \
                                            const void *const *arguments, void *out_result)        \
    {                                                                                              \
        SYNI_NAMED_UNPACK(C, __VA_ARGS__)                                                          \
        SYNI_IF_VOID(ret, SYNI_NOTHING, SYNI_INTO)(ret)                                            \
        C##_##name(SYNI_METHOD_ARGS(__VA_ARGS__));                                                 \
        (void)out_result;                                                                          \
    }
#define SYNI_INTO(ret) *(ret *)out_result =

#define SYNI_NAMED(C, type, id, face, args, ...)                                                   \
    SYNI_NAMED_ARGUMENTS(id, __VA_ARGS__)                                                          \
    static struct syn_##type syni_by_name_of_##id(struct syn_object *object,                       \
                                                 const void *const *arguments)                     \
    {                                                                                              \
        SYNI_NAMED_UNPACK(C, __VA_ARGS__)                                                          \
        return face(args(__VA_ARGS__)).u.handle;                                                   \
    }
#define SYNI_NAMED_ARGUMENTS(id, ...)                                                              \
    static const struct syn_argument syni_arguments_of_##id[] = {                                  \
        SYNI_MAP(SYNI_ARGUMENT, __VA_ARGS__){0}};
#define SYNI_NAMED_UNPACK(C, ...)                                                                  \
    struct C *syni_it = (struct C *)(void *)object;                                                \
    const void *const *syni_next = arguments;                                                      \
    SYNI_MAP(SYNI_UNPACK, __VA_ARGS__)                                                             \
    (void)syni_it;                                                                                 \
    (void)syni_next;
#define SYNI_STATIC_ARGS(...) SYNI_PASSED(~SYNI_MAP(SYNI_PASS, __VA_ARGS__))
#define SYNI_PASSED(...) SYNI_CAT(SYNI_PASSED_, SYNI_ONE(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_PASSED_1(tilde)
#define SYNI_PASSED_0(tilde, ...) __VA_ARGS__

/* --- one row: its slot --- */

#define SYNI_SLOT(...) SYNI_SLOT_ROW(__VA_ARGS__, SYNI_END)
#define SYNI_SLOT_ROW(C, kind, ...) SYNI_ROW(SYNI_SLOT_, C, kind, __VA_ARGS__)
#define SYNI_SLOT_WRONG(...)
#define SYNI_SLOT_async(C, ret, name, ...)                                                         \
    SYNI_SLOT_OF(SYN_KIND_ASYNC, ret, #name, C##_##name, future, __VA_ARGS__)
#define SYNI_SLOT_blocking(C, ret, name, ...)                                                      \
    SYNI_SLOT_OF(SYN_KIND_BLOCKING, ret, #name, C##_##name, future, __VA_ARGS__)
#define SYNI_SLOT_get(C, type, name, ...)                                                          \
    SYNI_SLOT_OF(SYN_KIND_GET, type, #name, C##_get_##name, future, __VA_ARGS__)
#define SYNI_SLOT_set(C, type, name, ...)                                                          \
    SYNI_SLOT_OF(SYN_KIND_SET, void, #name, C##_set_##name, future, (type, value), __VA_ARGS__)
#define SYNI_SLOT_future(C, ret, name, ...)                                                        \
    SYNI_SLOT_OF(SYN_KIND_FUTURE, ret, #name, C##_##name, future, __VA_ARGS__)
#define SYNI_SLOT_generator(C, type, name, ...)                                                    \
    SYNI_SLOT_OF(SYN_KIND_GENERATOR, type, #name, C##_##name, channel, __VA_ARGS__)
#define SYNI_SLOT_context(C, type, name, ...)                                                      \
    SYNI_SLOT_HEAD(SYN_KIND_CONTEXT, type, #name, C##_##name, __VA_ARGS__)},
#define SYNI_SLOT_enter(C, type, ...)                                                              \
    SYNI_SLOT_OF(SYN_KIND_ENTER, type, "enter", C##_enter, future, __VA_ARGS__)
#define SYNI_SLOT_exit(C, ...)                                                                     \
    SYNI_SLOT_OF(SYN_KIND_EXIT, void, "exit", C##_exit, future, (syn_err, error), __VA_ARGS__)
#define SYNI_SLOT_direct(C, ret, name, ...)                                                        \
    SYNI_SLOT_OF(SYN_KIND_DIRECT, ret, #name, C##_##name, direct, __VA_ARGS__)
#define SYNI_SLOT_static(C, ret, name, ...)                                                        \
    SYNI_SLOT_OF(SYN_KIND_STATIC, ret, #name, C##_##name, future, __VA_ARGS__)
#define SYNI_SLOT_constructor(C, name, ...)                                                        \
    SYNI_SLOT_OF(SYN_KIND_CONSTRUCTOR, struct C *, #name, C##_##name, future, __VA_ARGS__)
#define SYNI_SLOT_destructor(C, ...)
#define SYNI_SLOT_override(C, base, ret, name, ...)
#define SYNI_SLOT_OF(which, ret, label, id, face, ...)                                             \
    SYNI_SLOT_HEAD(which, ret, label, id, __VA_ARGS__), .face = syni_by_name_of_##id},
#define SYNI_SLOT_HEAD(which, ret, label, id, ...)                                                 \
    {.name = label,                                                                                \
     .kind = which,                                                                                \
     .signature = SYNI_SIGNATURE("" SYNI_MAP(SYNI_SIGN, __VA_ARGS__)),                             \
     .doc = "" SYNI_MAP(SYNI_LINE, __VA_ARGS__),                                                   \
     .result = SYNI_RESULT(ret),                                                                   \
     .arguments = syni_arguments_of_##id,                                                          \
     .n_arguments = sizeof syni_arguments_of_##id / sizeof *syni_arguments_of_##id - 1

/* --- one row: what it overrides, and the class's destructor --- */

#define SYNI_OVER(...) SYNI_OVER_ROW(__VA_ARGS__, SYNI_END)
#define SYNI_OVER_ROW(C, kind, ...) SYNI_GIVEN(SYNI_OVER_##kind(C, __VA_ARGS__), ())
#define SYNI_OVER_override(C, base, ret, name, ...)                                                \
    ~, ({(void (*)(void))base##_##name##_future, (void (*)(void))syni_plain_of_##C##_##name,        \
         (void (*)(void))C##_##name##_super}, )

#define SYNI_DESTRUCTORS(...) SYNI_DESTRUCTORS_ROW(__VA_ARGS__, SYNI_END)
#define SYNI_DESTRUCTORS_ROW(C, kind, ...)                                                         \
    SYNI_GIVEN(SYNI_DESTRUCTORS_##kind, ())
#define SYNI_DESTRUCTORS_destructor ~, (+1)
#define SYNI_END_OF(...) SYNI_END_OF_ROW(__VA_ARGS__, SYNI_END)
#define SYNI_END_OF_ROW(C, kind, ...) SYNI_GIVEN(SYNI_END_OF_##kind(C, __VA_ARGS__), ())
#define SYNI_END_OF_destructor(C, ...) ~, (.destructor = &syni_destructor_of_##C, )

#endif /* !__cplusplus */

#endif
