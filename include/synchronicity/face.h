/* SPDX-License-Identifier: Apache-2.0
 *
 * Not an interface: what method.h makes of a method, its frame and its faces. C only.
 */
#ifndef SYNCHRONICITY_FACE_H
#define SYNCHRONICITY_FACE_H

#include <synchronicity/class.h>

#ifndef __cplusplus

/* --- what the macros call --- */

/* Every frame of a method begins so. */
struct syni_method_head {
    struct syn_task syn;
    struct syn_object *syn_object; /* held, until the task ends */
};

struct syn_destructor {
    struct syn_function function;
    void (*begin)(struct syn_task *frame, struct syn_object *object);
};

/* As syni_call() and syni_call_new(), on OBJECT's synchronizer, and holding OBJECT. */
syn_err syni_method_call(struct syn_task *frame, struct syn_object *object, void *out_result);
struct syn_task *syni_method_new(const struct syn_function *function, struct syn_object *object,
                                 struct syn_future *out_future);
struct syn_task *syni_method_new_generator(const struct syn_generator *generator,
                                           struct syn_object *object,
                                           struct syn_channel *out_channel,
                                           struct syni_channel **out_own);
syn_err syni_method_begins(struct syn_task *frame);
void syni_method_ended(struct syn_task *frame);
/* The same, when a thread may still be at work on the object after the task was abandoned. */
void syni_method_blocking_ended(struct syn_task *frame);
struct syn_strand *syni_object_strand(struct syn_object *object);

/* A wrapper that is under construction, or NULL, and *OUT_FUTURE and the thread's report say
 * why; its end, when the constructor's call could not even be made. */
struct syn_object *syni_object_new(const struct syn_class *object_class,
                                   struct syn_future *out_future);
void syni_object_unmake(struct syn_object *object);
/* The ends of a constructor: as a whole, and inside that of a class that extends BUILT. */
void syni_constructor_ended(struct syn_task *frame);
void syni_object_built(struct syn_task *frame, const struct syn_class *built);
/* A constructor's result that nobody fetched. */
void syni_object_unfetched(struct syn_object *object);
/* `me` of a direct method; NAME is the method's, for the message when there is no object. */
void *syni_direct_me(struct syn_object *object, const char *name);

/* What OBJECT does instead of BASE's face FN; NULL: just that. */
const struct syn_override *syni_override(const struct syn_object *object,
                                         const struct syn_class *base, void (*fn)(void));

/* --- frames --- */

/* The frame of what runs on an object: C is the class of its `me`, BASE the one that
 * callers know. */
#define SYNI_METHOD_STRUCT(C, base, ret, id, ...)                                                  \
    struct id {                                                                                    \
        struct syn_task syn;                                                                       \
        struct syn_object *syn_object;                                                             \
        SYNI_NEXT_AND_NO_ITEM(id)                                                                  \
        SYNI_IF_VOID(ret, SYNI_FINALLY_AND_NO_RESULT, SYNI_FINALLY_AND_RESULT)(id)                 \
        struct base *syn_this;                                                                     \
        struct C##_impl *syn_me;                                                                   \
        SYNI_IF_VOID(ret, SYNI_NOTHING, SYNI_RESULT_FIELD)(ret)                                    \
        SYNI_MAP(SYNI_FIELD, __VA_ARGS__) SYNI_MADE_FIELD                                          \
    };
/* What a definition with a wrong item makes: as much as its body needs, so that nothing is said of what follows from
 * the wrong one, such as a prototype that is another than the row's. */
#define SYNI_METHOD_WRONG(C, ret, id, ...)                                                         \
    SYNI_MAP(SYNI_VET_TASK, __VA_ARGS__)                                                           \
    SYNI_METHOD_STRUCT(C, C, ret, id, __VA_ARGS__)                                                 \
    static SYNI_UNUSED struct syn_step syni_body_of_##id(struct id *self, struct C##_impl *me);    \
    SYNI_METHOD_BODY(C, id)
#define SYNI_METHOD_FRAME(C, base, ret, id, ...)                                                   \
    SYNI_METHOD_STRUCT(C, base, ret, id, __VA_ARGS__)                                              \
    SYNI_METHOD_START(C, id)                                                                       \
    static void syni_call_of_##id(void (*fn)(void), void *user, syn_err err, void *result)         \
        SYNI_CALL_BACK(ret) static SYNI_UNUSED void syni_destroy_of_##id(void *result)             \
    {                                                                                              \
        SYNI_IF_VOID(ret, SYNI_NOTHING, SYNI_RESULT_AS)(ret) SYNI_MAP(SYNI_KILL, __VA_ARGS__)      \
        (void)result;                                                                              \
    }                                                                                              \
    SYNI_RELEASE(id, __VA_ARGS__)                                                                  \
    SYNI_SHOWN_TABLE(id, __VA_ARGS__)
#define SYNI_METHOD_START(C, id)                                                                   \
    SYNI_METHOD_BODY(C, id);                                                                       \
    static struct syn_step syni_start_of_##id(struct id *self)                                     \
    {                                                                                              \
        return syni_body_of_##id(self, self->syn_me);                                              \
    }                                                                                              \
    SYNI_RUN_AND_LEAVE(id)
#define SYNI_METHOD_BODY(C, id)                                                                    \
    static SYNI_COROUTINE struct syn_step syni_body_of_##id(struct id *self SYNI_UNUSED,           \
                                            struct C##_impl *me SYNI_UNUSED)

/* Its description; HOOK is told at its end. */
#define SYNI_METHOD_FUNCTION(ret, id, hook, ...)                                                   \
    {SYNI_DESCRIPTION(id, __VA_ARGS__), SYNI_DESCRIPTION_OF_RESULT(ret, id, __VA_ARGS__),          \
     .release = SYNI_RELEASE_OF(id, __VA_ARGS__), .begins = syni_method_begins, .ended = hook}

/* What a frame knows of its object. */
#define SYNI_METHOD_READY(C, frame, id)                                                            \
    frame syn_next = syni_start_of_##id;                                                           \
    frame syn_this = syni_it;                                                                      \
    frame syn_me = (struct C##_impl *)syn_unwrap((struct syn_object *)syni_it);

/* --- faces --- */

#define SYNI_METHOD_ARGS(...) SYNI_LIST(~, syni_it SYNI_MAP(SYNI_PASS, __VA_ARGS__))
#define SYNI_METHOD_ARGS_OUT(ret, ...)                                                             \
    SYNI_LIST(~, syni_it SYNI_MAP(SYNI_PASS, __VA_ARGS__)                                          \
                     SYNI_IF_VOID(ret, SYNI_NOTHING, SYNI_COMMA_OUT)(ret))
#define SYNI_COMMA_OUT(ret) , syni_out_result

/* A future of FUNCTION, past what overrides it. */
#define SYNI_METHOD_SUPER(linkage, C, base, id, types, face, function, ...)                        \
    linkage SYNI_FACE SYNI_HELD SYNI_MADE_TYPE(struct types##_future, types)                       \
    face(SYNI_METHOD_PARAMS(base, __VA_ARGS__))                                                    \
    {                                                                                              \
        SYNI_MADE_HERE                                                                             \
        SYNI_MADE_TYPE(struct types##_future, types) syni_future;                                  \
        struct id *syni_new = (struct id *)(void *)syni_method_new(                                \
            &function, (struct syn_object *)syni_it, (struct syn_future *)(void *)&syni_future);   \
        if (!syni_new) {                                                                           \
            SYNI_MAP(SYNI_REFUSE, __VA_ARGS__)                                                     \
            return syni_future;                                                                    \
        }                                                                                          \
        SYNI_METHOD_READY(C, syni_new->, id)                                                       \
        SYNI_MAP(SYNI_KEEP, __VA_ARGS__)                                                           \
        syni_call_start(&syni_new->syn);                                                           \
        return syni_future;                                                                        \
    }

/* The blocking call of this class's own way. */
#define SYNI_METHOD_OWN(C, ret, id, ...)                                                           \
    SYNI_FRAME(id, __VA_ARGS__)                                                                    \
    SYNI_METHOD_READY(C, syni_frame->, id)                                                         \
    SYNI_MAP(SYNI_STORE, __VA_ARGS__)                                                              \
    return SYNI_FRAME_END(                                                                         \
        id, syni_method_call(&syni_frame->syn, (struct syn_object *)syni_it,                       \
                             SYNI_IF_VOID(ret, SYNI_OUT_PASS_VOID, SYNI_OUT_PASS)(ret)));

/* Calls the face that overrides this one, if one does. TYPE is its return type, FACE the
 * field, then parameters and arguments. */
#define SYNI_METHOD_DISPATCH(C, id, type, face, params, args)                                      \
    const struct syn_override *syni_over =                                                         \
        syni_it && syni_it->object.object_class != &C##_class                                      \
            ? syni_override(&syni_it->object, &C##_class, (void (*)(void))id)                      \
            : NULL;                                                                                \
                                                                                                   \
    if (syni_over)                                                                                 \
        return ((type(*) params)syni_over->face)args;

#define SYNI_METHOD(C, ret, name, ...)                                                             \
    SYNI_CAT(SYNI_METHOD_CALLED_, SYNI_NAME_IS(name))(C, ret, name, __VA_ARGS__)
#define SYNI_METHOD_CALLED_0(C, ret, name, ...)                                                    \
    SYNI_METHOD_NAMED(C, ret, C##_##name, __VA_ARGS__)
#define SYNI_METHOD_CALLED_1(C, ret, ...)                                                          \
    SYNI_WRONG("this method has no name, or a comma is missing before it: METHOD(C, type, name, (int, x))") \
    SYNI_METHOD_NAMELESS(C, SYNI_CAT(syni_has_no_name_, __LINE__), __VA_ARGS__)
#define SYNI_METHOD_CALLED_2(C, ret, ...) SYNI_METHOD_CALLED_1(C, ret, __VA_ARGS__)
#define SYNI_METHOD_CALLED_3(C, ret, name, ...)                                                    \
    SYNI_METHOD_NAMELESS(C, SYNI_CAT(syni_has_no_name_, __LINE__), __VA_ARGS__)
#define SYNI_METHOD_NAMELESS(C, id, ...) SYNI_METHOD_WRONG(C, int, id, __VA_ARGS__)
#define SYNI_METHOD_GET(C, type, name, ...)                                                        \
    SYNI_METHOD_NAMED(C, type, C##_get_##name, __VA_ARGS__)
#define SYNI_METHOD_SET(C, type, name, ...)                                                        \
    SYNI_METHOD_NAMED(C, void, C##_set_##name, (type, value), __VA_ARGS__)
#define SYNI_METHOD_NAMED(C, ret, id, ...)                                                         \
    SYNI_METHOD_ENDING(syni_method_ended, C, ret, id, __VA_ARGS__)
#define SYNI_METHOD_ENDING(ended, C, ret, id, ...)                                                 \
    SYNI_OUTSIDE SYNI_DECLARED(id)                                                                 \
    SYNI_CAT(SYNI_METHOD_GOOD_, SYNI_ARE_GOOD_TASK(__VA_ARGS__))(ended, C, ret, id, __VA_ARGS__)
#define SYNI_METHOD_GOOD_0(ended, C, ret, id, ...) SYNI_METHOD_WRONG(C, ret, id, __VA_ARGS__)
#define SYNI_METHOD_GOOD_1(ended, C, ret, id, ...)                                                 \
    SYNI_METHOD_PROTOTYPES(extern, C, ret, id, id, __VA_ARGS__);                                   \
    SYNI_METHOD_FRAME(C, C, ret, id, __VA_ARGS__)                                                  \
    static const struct syn_function syni_function_of_##id =                                       \
        SYNI_METHOD_FUNCTION(ret, id, ended, __VA_ARGS__);                                         \
    SYNI_METHOD_SUPER(, C, C, id, id, id##_super, syni_function_of_##id, __VA_ARGS__)              \
    SYNI_FACE SYNI_MADE_TYPE(struct id##_future, id) id##_future(SYNI_METHOD_PARAMS(C, __VA_ARGS__)) \
    {                                                                                              \
        SYNI_MADE_HERE                                                                             \
        SYNI_METHOD_DISPATCH(C, id##_future, SYNI_MADE_TYPE(struct id##_future, id), future,       \
                             (SYNI_METHOD_PARAMS(C, __VA_ARGS__)),                                 \
                             (SYNI_METHOD_ARGS(__VA_ARGS__)))                                      \
        return id##_super(SYNI_METHOD_ARGS(__VA_ARGS__));                                          \
    }                                                                                              \
    SYNI_FACE syn_err id(SYNI_METHOD_PARAMS_OUT(C, ret, __VA_ARGS__))                              \
    {                                                                                              \
        SYNI_MADE_HERE                                                                             \
        SYNI_METHOD_DISPATCH(C, id##_future, syn_err, plain,                                       \
                             (SYNI_METHOD_PARAMS_OUT(C, ret, __VA_ARGS__)),                        \
                             (SYNI_METHOD_ARGS_OUT(ret, __VA_ARGS__)))                             \
        SYNI_METHOD_OWN(C, ret, id, __VA_ARGS__)                                                   \
    }                                                                                              \
    SYNI_METHOD_BODY(C, id)

/* The plain name returns the future. */
#define SYNI_METHOD_FUTURE(C, ret, name, ...)                                                      \
    SYNI_OUTSIDE SYNI_DECLARED(C##_##name) SYNI_MAP(SYNI_VET_TASK, __VA_ARGS__)                    \
    extern struct C##_##name##_future C##_##name(SYNI_METHOD_PARAMS(C, __VA_ARGS__));              \
    SYNI_METHOD_FRAME(C, C, ret, C##_##name, __VA_ARGS__)                                          \
    static const struct syn_function syni_function_of_##C##_##name =                               \
        SYNI_METHOD_FUNCTION(ret, C##_##name, syni_method_ended, __VA_ARGS__);                     \
    SYNI_METHOD_SUPER(, C, C, C##_##name, C##_##name, C##_##name, syni_function_of_##C##_##name,   \
                      __VA_ARGS__)                                                                 \
    SYNI_METHOD_BODY(C, C##_##name)

/* The faces are this file's, and reached through the table; their types are the base's. */
#define SYNI_OVERRIDE(C, base, ret, name, ...)                                                     \
    SYNI_OUTSIDE SYNI_DECLARED(base##_##name) SYNI_MAP(SYNI_VET_TASK, __VA_ARGS__)                 \
    SYNI_METHOD_PROTOTYPES(extern, base, ret, base##_##name, base##_##name, __VA_ARGS__);          \
    SYNI_SUPER_PROTOTYPE(extern, base, C##_##name, base##_##name, __VA_ARGS__);                    \
    SYNI_METHOD_FRAME(C, base, ret, C##_##name, __VA_ARGS__)                                       \
    static const struct syn_function syni_function_of_##C##_##name =                               \
        SYNI_METHOD_FUNCTION(ret, C##_##name, syni_method_ended, __VA_ARGS__);                     \
    SYNI_METHOD_SUPER(, C, base, C##_##name, base##_##name, C##_##name##_super,                    \
                      syni_function_of_##C##_##name, __VA_ARGS__)                                  \
    static syn_err syni_plain_of_##C##_##name(SYNI_METHOD_PARAMS_OUT(base, ret, __VA_ARGS__))      \
    {                                                                                              \
        SYNI_METHOD_OWN(C, ret, C##_##name, __VA_ARGS__)                                           \
    }                                                                                              \
    SYNI_METHOD_BODY(C, C##_##name)

#endif /* !__cplusplus */

#endif
