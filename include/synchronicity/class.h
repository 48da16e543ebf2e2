/* SPDX-License-Identifier: Apache-2.0
 *
 * Classes: a whole object written once. What a class's public header says; what its .c file
 * says is in method.h.
 *
 * A class is a list of rows, M(C, KIND, what the kind needs ..., items):
 *
 *     #define REDIS_METHODS(M, C)                                                                 \
 *         M(C, constructor, open, SYN_COPY(const char *, host), (int, port))                      \
 *         M(C, destructor)                                                                        \
 *         M(C, async, struct redis_reply *, command, SYN_COPY(const char *, line),                \
 *           SYN_DOC("Sends one command and returns its reply."))                                  \
 *         M(C, generator, struct redis_message, subscribe, SYN_COPY(const char *, topic))
 *     SYN_CLASS(redis, REDIS_METHODS);
 *
 * and gives the wrapper `struct redis`, `redis_class`, and for each row (the object is the
 * first argument, written `it` here; items as in call.h):
 *
 *   M(C, constructor, name, ...)     syn_err C_name(..., struct C **out_result);
 *                                    struct C_name_future C_name_future(...);
 *   M(C, destructor)                 what syn_object_release() says
 *   M(C, async, ret, name, ...)      syn_err C_name(struct C *it, ..., ret *out_result);
 *                                    struct C_name_future C_name_future(struct C *it, ...);
 *   M(C, generator, type, name, ...) struct C_name_channel C_name(struct C *it, ...);
 *   M(C, context, type, name, ...)   struct C_name_context C_name(struct C *it, ...); see
 *                                    context.h
 *   M(C, enter, type)                as async: C_enter(it, &value), and its counterpart
 *   M(C, exit)                       C_exit(it, error), with the block's error; and both as
 *                                    a context: struct C_entered_context C_entered(it);
 *   M(C, blocking, ret, name, ...)   as async; runs on a pool, one at a time for each object,
 *                                    unless its definition says otherwise
 *   M(C, direct, ret, name, ...)     ret C_name(struct C *it, ...); runs in the caller
 *   M(C, future, ret, name, ...)     struct C_name_future C_name(struct C *it, ...); the
 *                                    plain name returns a future, there is no blocking face
 *   M(C, static, ret, name, ...)     as async, without `it`
 *   M(C, get, type, name)            as async: C_get_name(it, &value), C_get_name_future(it)
 *   M(C, set, type, name)            as async: C_set_name(it, value), C_set_name_future(...);
 *                                    a property without this row cannot be set
 *   M(C, override, base, ret, name, ...)
 *                                    base's async method (or get_name, set_name) in a way of
 *                                    its own: callers say base_name(), and get this one
 *
 * A face that a kind does not have does not exist, so asking for it does not compile.
 *
 * A call on no object is SYN_EINVAL, on one of a stopped synchronizer SYN_ECLOSED. All of
 * an object's tasks run on its synchronizer, one step at a time; two calls of methods that wait
 * overlap, as any two tasks do.
 *
 * IN YOUR OWN WORDS. The header may write the prototypes above out, each with its manual, as
 * headers do, and say only SYN_OBJECT(redis) and SYN_ASYNC_TYPES(ret, redis_command) for the
 * types; the rows are then in the .c file, and their definitions redeclare the prototypes, so the
 * compiler checks that both agree.
 *
 * INHERITING. SYN_CLASS_EXTENDS(cached, redis, CACHED_METHODS) adds to what `redis` has. A
 * `struct cached *c` is a redis as `&c->redis`; the implementation begins with the parent's.
 */
#ifndef SYNCHRONICITY_CLASS_H
#define SYNCHRONICITY_CLASS_H

#include <synchronicity/call.h>
#include <synchronicity/context.h>
#include <synchronicity/generator.h>
#include <synchronicity/object.h>

#define SYN_CLASS(C, LIST)                                                                         \
    SYN_OBJECT(C);                                                                                 \
    LIST(SYNI_DECLARE, C) struct C

#define SYN_CLASS_EXTENDS(C, parent, LIST)                                                         \
    SYN_OBJECT_EXTENDS(C, parent);                                                                 \
    LIST(SYNI_DECLARE, C) struct C

/* What every class has, whatever its methods:
 *
 *     struct redis *redis_retain(struct redis *it);   // object.h says what these do
 *     void redis_release(struct redis *it);
 *     syn_err redis_close(struct redis *it);
 *     struct syn_object_close_future redis_close_future(struct redis *it);
 *     syn_err redis_wrap(struct redis_impl *implementation, struct syn_synchronizer *where,
 *                        struct redis **out_it);
 *     struct redis_impl *redis_unwrap(const struct redis *it);
 *     struct redis *redis_of(struct syn_object *object);   // NULL if it is not one
 */
#define SYN_OBJECT(C)                                                                              \
    struct C {                                                                                     \
        struct syn_object object;                                                                  \
    };                                                                                             \
    SYNI_OBJECT_FACES(C)
#define SYN_OBJECT_EXTENDS(C, parent)                                                              \
    struct C {                                                                                     \
        union {                                                                                    \
            struct syn_object object;                                                              \
            struct parent parent;                                                                  \
        };                                                                                         \
    };                                                                                             \
    SYNI_OBJECT_FACES(C)

#define SYNI_OBJECT_FACES(C)                                                                       \
    SYNI_CAT(SYNI_FREE_NAME_, SYNI_SECOND(SYNI_TAKEN_##C, 0))                                      \
    struct C##_impl;                                                                               \
    extern const struct syn_class C##_class;                                                       \
    static inline SYNI_UNUSED struct C *C##_retain(struct C *it)                                   \
    {                                                                                              \
        syn_object_retain((struct syn_object *)it);                                                \
        return it;                                                                                 \
    }                                                                                              \
    static inline SYNI_UNUSED void C##_release(struct C *it)                                       \
    {                                                                                              \
        syn_object_release((struct syn_object *)it);                                               \
    }                                                                                              \
    static inline SYNI_UNUSED syn_err C##_close(struct C *it)                                      \
    {                                                                                              \
        return syn_object_close((struct syn_object *)it);                                          \
    }                                                                                              \
    static inline SYNI_UNUSED SYNI_HELD struct syn_object_close_future C##_close_future(           \
        struct C *it)                                                                              \
    {                                                                                              \
        return syn_object_close_future((struct syn_object *)it);                                   \
    }                                                                                              \
    static inline SYNI_UNUSED syn_err C##_wrap(                                                    \
        struct C##_impl *implementation, struct syn_synchronizer *where, struct C **out_it)        \
    {                                                                                              \
        struct syn_object *object = NULL;                                                          \
        syn_err err = syn_wrap(&C##_class, implementation, where, &object);                        \
                                                                                                   \
        if (!err)                                                                                  \
            *out_it = (struct C *)(void *)object;                                                  \
        return err;                                                                                \
    }                                                                                              \
    static inline SYNI_UNUSED struct C##_impl *C##_unwrap(const struct C *it)                      \
    {                                                                                              \
        return (struct C##_impl *)syn_unwrap((const struct syn_object *)it);                       \
    }                                                                                              \
    static inline SYNI_UNUSED struct C *C##_of(struct syn_object *object)                          \
    {                                                                                              \
        return object && syn_class_is_a(object->object_class, &C##_class)                          \
                   ? (struct C *)(void *)object                                                    \
                   : NULL;                                                                         \
    }                                                                                              \
    struct C

#define SYNI_FREE_NAME_0
#define SYNI_FREE_NAME_1                                                                           \
    SYNI_WRONG("<synchronicity/short.h> has words that begin like this class (channel_close, object_release ...): name it otherwise, or include <synchronicity.h> instead")

/* --- what a row declares --- */

#define SYNI_DECLARE(...) SYNI_DECLARE_ROW(__VA_ARGS__, SYNI_END)
#define SYNI_DECLARE_ROW(C, kind, ...)                                                             \
    SYNI_CAT(SYNI_VET_KIND_, SYNI_IS_KIND(kind))                                                   \
    SYNI_CAT(SYNI_VET_ROW_, SYNI_IS_NAMELESS(kind, __VA_ARGS__))                                   \
    SYNI_ROW(SYNI_DECLARE_, C, kind, __VA_ARGS__)
#define SYNI_VET_KIND_1
#define SYNI_VET_KIND_0                                                                            \
    SYNI_WRONG("no kind of row: a list has M(C, async, type, name), blocking, future, generator, context, direct, static, get, set, enter, exit, override, constructor, destructor")

#define SYNI_VET_ROW_0
#define SYNI_VET_ROW_1                                                                             \
    SYNI_WRONG("this row has no name, or a comma is missing before it: M(C, async, type, name, (int, x))")
#define SYNI_VET_ROW_2 SYNI_VET_ROW_1

/* What begins with PREFIX makes of a row; of one of no kind what it makes of an async one, so that
 * no more is said of it, and nothing of one without a name. */
#define SYNI_ROW(prefix, C, kind, ...)                                                             \
    SYNI_CAT(SYNI_ROW_, SYNI_IS_KIND(kind))(prefix, C, kind, __VA_ARGS__)
#define SYNI_ROW_1(prefix, C, kind, ...)                                                           \
    SYNI_CAT(SYNI_ROW_OF_, SYNI_IS_NAMELESS(kind, __VA_ARGS__))(prefix, C, kind, __VA_ARGS__)
#define SYNI_ROW_OF_0(prefix, C, kind, ...)                                                        \
    SYNI_CAT(SYNI_ROW_GOOD_, SYNI_IS_GOOD_ROW(kind, __VA_ARGS__))(prefix, C, kind, __VA_ARGS__)
#define SYNI_ROW_GOOD_1(prefix, C, kind, ...) prefix##kind(C, __VA_ARGS__)
/* With a wrong item: the error, and the types that its definition needs, so that only that is said. */
#define SYNI_ROW_GOOD_0(prefix, C, kind, ...) prefix##WRONG(C, kind, __VA_ARGS__)
#define SYNI_IS_GOOD_ROW(kind, ...)                                                                \
    SYNI_CAT(SYNI_GOOD_ROW_, SYNI_THIRD(SYNI_KIND_##kind, 0, 0))(__VA_ARGS__, SYNI_END, SYNI_END)
#define SYNI_GOOD_ROW_0(...) 1
#define SYNI_GOOD_ROW_1(name, ...) SYNI_ARE_GOOD_GENERATOR(__VA_ARGS__)
#define SYNI_GOOD_ROW_2(type, name, ...) SYNI_ARE_GOOD_GENERATOR(__VA_ARGS__)
#define SYNI_GOOD_ROW_3(base, type, name, ...) SYNI_ARE_GOOD_GENERATOR(__VA_ARGS__)
#define SYNI_ROW_OF_1(prefix, C, kind, ...)
#define SYNI_ROW_OF_2(prefix, C, kind, ...)
#define SYNI_ROW_0(prefix, C, kind, ...) prefix##async(C, __VA_ARGS__)
#define SYNI_IS_KIND(kind) SYNI_SECOND(SYNI_KIND_##kind, 0)
/* Not 0 where an item stands in the place of the row's name. */
#define SYNI_IS_NAMELESS(kind, ...)                                                                \
    SYNI_IS_ITEM(SYNI_CAT(SYNI_NAME_AT_, SYNI_THIRD(SYNI_KIND_##kind, 0, 0))(__VA_ARGS__, SYNI_END, SYNI_END))
#define SYNI_NAME_AT_0(...) none
#define SYNI_NAME_AT_1(name, ...) name
#define SYNI_NAME_AT_2(type, name, ...) name
#define SYNI_NAME_AT_3(base, type, name, ...) name
/* For each kind, which of what follows is its name; 0: it has none. */
#define SYNI_KIND_async ~, 1, 2,
#define SYNI_KIND_blocking ~, 1, 2,
#define SYNI_KIND_future ~, 1, 2,
#define SYNI_KIND_generator ~, 1, 2,
#define SYNI_KIND_context ~, 1, 2,
#define SYNI_KIND_direct ~, 1, 2,
#define SYNI_KIND_static ~, 1, 2,
#define SYNI_KIND_get ~, 1, 2,
#define SYNI_KIND_set ~, 1, 2,
#define SYNI_KIND_enter ~, 1, 0,
#define SYNI_KIND_exit ~, 1, 0,
#define SYNI_KIND_override ~, 1, 3,
#define SYNI_KIND_constructor ~, 1, 1,
#define SYNI_KIND_destructor ~, 1, 0,

#define SYNI_DECLARE_WRONG(C, kind, ...) SYNI_CAT(SYNI_TYPES_, kind)(C, __VA_ARGS__)
#define SYNI_TYPES_async(C, ret, name, ...)                                                        \
    SYNI_MAP(SYNI_VET_TASK, __VA_ARGS__) struct C##_##name; SYNI_FUTURE_TYPES(ret, C##_##name);
#define SYNI_TYPES_blocking(C, ret, name, ...) SYNI_TYPES_async(C, ret, name, __VA_ARGS__)
#define SYNI_TYPES_future(C, ret, name, ...) SYNI_TYPES_async(C, ret, name, __VA_ARGS__)
#define SYNI_TYPES_static(C, ret, name, ...) SYNI_TYPES_async(C, ret, name, __VA_ARGS__)
#define SYNI_TYPES_get(C, type, name, ...) SYNI_TYPES_async(C, type, get_##name, __VA_ARGS__)
#define SYNI_TYPES_set(C, type, name, ...) SYNI_TYPES_async(C, void, set_##name, __VA_ARGS__)
#define SYNI_TYPES_direct(C, ret, name, ...) SYNI_MAP(SYNI_VET_TASK, __VA_ARGS__)
#define SYNI_TYPES_override(C, base, ret, name, ...) SYNI_MAP(SYNI_VET_TASK, __VA_ARGS__)
#define SYNI_TYPES_constructor(C, name, ...)                                                       \
    SYNI_TYPES_async(C, struct C *, name, __VA_ARGS__) SYNI_FUTURE_TYPES(void, C##_##name##_super);
#define SYNI_TYPES_generator(C, type, name, ...)                                                   \
    SYNI_MAP(SYNI_VET_GENERATOR, __VA_ARGS__)                                                      \
    struct C##_##name;                                                                             \
    SYNI_GENERATOR_TYPES(type, C##_##name, __VA_ARGS__);
#define SYNI_TYPES_context(C, type, name, ...)                                                     \
    SYNI_MAP(SYNI_VET_TASK, __VA_ARGS__) struct C##_##name; SYNI_CONTEXT_TYPES(type, C##_##name);
#define SYNI_DECLARE_async(C, ret, name, ...)                                                      \
    SYNI_METHOD_NAME(name) SYNI_MAP(SYNI_VET_TASK, __VA_ARGS__)                                    \
    SYNI_FRAME_TAG(C##_##name)                                                                     \
    SYNI_FUTURE_TYPES(ret, C##_##name);                                                            \
    SYNI_METHOD_PROTOTYPES(extern, C, ret, C##_##name, C##_##name, __VA_ARGS__);
#define SYNI_DECLARE_blocking(C, ret, name, ...) SYNI_DECLARE_async(C, ret, name, __VA_ARGS__)
#define SYNI_DECLARE_get(C, type, name, ...) SYNI_DECLARE_async(C, type, get_##name, __VA_ARGS__)
#define SYNI_DECLARE_set(C, type, name, ...)                                                       \
    SYNI_DECLARE_async(C, void, set_##name, (type, value), __VA_ARGS__)
#define SYNI_DECLARE_override(C, base, ret, name, ...)                                             \
    SYNI_FRAME_TAG(C##_##name)                                                                     \
    SYNI_SUPER_PROTOTYPE(extern, base, C##_##name, base##_##name, __VA_ARGS__);
#define SYNI_DECLARE_constructor(C, name, ...)                                                     \
    SYNI_METHOD_NAME(name) SYNI_MAP(SYNI_VET_TASK, __VA_ARGS__)                                    \
    SYNI_FRAME_TAG(C##_##name)                                                                     \
    SYNI_FUTURE_TYPES(struct C *, C##_##name);                                                     \
    SYNI_FUTURE_TYPES(void, C##_##name##_super);                                                   \
    SYNI_PROTOTYPES(extern, struct C *, C##_##name, __VA_ARGS__);                                  \
    SYNI_SUPER_PROTOTYPE(extern, C, C##_##name, C##_##name##_super, __VA_ARGS__);
#define SYNI_DECLARE_destructor(C, ...) struct C##_destructor;
#define SYNI_DECLARE_generator(C, type, name, ...)                                                 \
    SYNI_METHOD_NAME(name) SYNI_MAP(SYNI_VET_GENERATOR, __VA_ARGS__)                               \
    SYNI_FRAME_TAG(C##_##name)                                                                     \
    SYNI_GENERATOR_TYPES(type, C##_##name, __VA_ARGS__);                                           \
    extern struct C##_##name##_channel C##_##name(SYNI_METHOD_PARAMS(C, __VA_ARGS__));
#define SYNI_DECLARE_context(C, type, name, ...)                                                   \
    SYNI_METHOD_NAME(name) SYNI_MAP(SYNI_VET_TASK, __VA_ARGS__)                                    \
    SYNI_FRAME_TAG(C##_##name)                                                                     \
    SYNI_CONTEXT_TYPES(type, C##_##name);                                                          \
    extern struct C##_##name##_context C##_##name(SYNI_METHOD_PARAMS(C, __VA_ARGS__));
#define SYNI_DECLARE_enter(C, type, ...)                                                           \
    SYNI_DECLARE_async(C, type, enter, __VA_ARGS__)                                                \
    SYNI_FRAME_TAG(C##_entered)                                                                    \
    SYNI_CONTEXT_TYPES(type, C##_entered);                                                         \
    extern struct C##_entered_context C##_entered(struct C *syni_it);
#define SYNI_DECLARE_exit(C, ...) SYNI_DECLARE_async(C, void, exit, (syn_err, error), __VA_ARGS__)
#define SYNI_DECLARE_direct(C, ret, name, ...)                                                     \
    SYNI_METHOD_NAME(name) SYNI_MAP(SYNI_VET_TASK, __VA_ARGS__)                                    \
    extern ret C##_##name(SYNI_METHOD_PARAMS(C, __VA_ARGS__));
#define SYNI_DECLARE_future(C, ret, name, ...)                                                     \
    SYNI_METHOD_NAME(name) SYNI_MAP(SYNI_VET_TASK, __VA_ARGS__)                                    \
    SYNI_FRAME_TAG(C##_##name)                                                                     \
    SYNI_FUTURE_TYPES(ret, C##_##name);                                                            \
    extern struct C##_##name##_future C##_##name(SYNI_METHOD_PARAMS(C, __VA_ARGS__));
#define SYNI_DECLARE_static(C, ret, name, ...)                                                     \
    SYNI_METHOD_NAME(name) SYNI_ASYNC_DECLARE(ret, C##_##name, __VA_ARGS__);

/* Names that the faces of every class have already. */
#define SYNI_RESERVED_retain ~, 1
#define SYNI_RESERVED_release ~, 1
#define SYNI_RESERVED_close ~, 1
#define SYNI_RESERVED_close_future ~, 1
#define SYNI_RESERVED_wrap ~, 1
#define SYNI_RESERVED_unwrap ~, 1
#define SYNI_RESERVED_of ~, 1
#define SYNI_RESERVED_class ~, 1
#define SYNI_RESERVED_impl ~, 1
#define SYNI_RESERVED_destructor ~, 1
#define SYNI_RESERVED_entered ~, 1
#define SYNI_METHOD_NAME(name)                                                                     \
    SYNI_CAT(SYNI_METHOD_NAME_, SYNI_SECOND(SYNI_RESERVED_##name, 0))
#define SYNI_METHOD_NAME_0
#define SYNI_METHOD_NAME_1                                                                         \
    SYNI_WRONG("every class has a function of this name (retain, release, close, wrap, unwrap, of, class, impl, destructor, entered): call the method otherwise")

/* The parameters of a method: the object, then the arguments. */
#define SYNI_METHOD_PARAMS(C, ...) SYNI_LIST(~, struct C *syni_it SYNI_MAP(SYNI_PARAM, __VA_ARGS__))
#define SYNI_METHOD_PARAMS_OUT(C, ret, ...)                                                        \
    SYNI_LIST(~, struct C *syni_it SYNI_MAP(SYNI_PARAM, __VA_ARGS__) SYNI_OUT(ret))

/* TYPES names the struct of its futures: an override has its base's. */
#define SYNI_METHOD_PROTOTYPES(linkage, C, ret, fn, types, ...)                                    \
    linkage syn_err fn(SYNI_METHOD_PARAMS_OUT(C, ret, __VA_ARGS__));                               \
    SYNI_NAMESAKE(types##_future,                                                                  \
                  linkage SYNI_HELD SYNI_MADE_TYPE(struct types##_future, types)                   \
                  fn##_future(SYNI_METHOD_PARAMS(C, __VA_ARGS__)));                                \
    SYNI_SUPER_PROTOTYPE(linkage, C, fn, types, __VA_ARGS__)
/* This class's own way, whatever overrides it: for methods of a class that extends it. */
#define SYNI_SUPER_PROTOTYPE(linkage, C, fn, types, ...)                                           \
    linkage SYNI_HELD SYNI_MADE_TYPE(struct types##_future, types)                                 \
    fn##_super(SYNI_METHOD_PARAMS(C, __VA_ARGS__))

#endif
