/* SPDX-License-Identifier: Apache-2.0
 *
 * Not an interface: what method.h makes of constructors, destructors, direct methods and
 * generators. C only.
 */
#ifndef SYNCHRONICITY_MAKE_H
#define SYNCHRONICITY_MAKE_H

#include <synchronicity/blocking.h>
#include <synchronicity/context.h>
#include <synchronicity/face.h>

#ifndef __cplusplus

/* The wrapper is made before the frame; `result` is it. */
#define SYNI_CONSTRUCTOR(C, name, ...)                                                             \
    SYNI_CONSTRUCTOR_NAMED(C, C##_##name, __VA_ARGS__, SYN_DESTROY(SYNI_UNFETCHED))
#define SYNI_UNFETCHED(it) syni_object_unfetched((struct syn_object *)(it))
#define SYNI_CONSTRUCTOR_NAMED(C, id, ...)                                                         \
    SYNI_OUTSIDE SYNI_DECLARED(id)                                                                 \
    SYNI_CAT(SYNI_CONSTRUCTOR_GOOD_, SYNI_ARE_GOOD_TASK(__VA_ARGS__))(C, id, __VA_ARGS__)
#define SYNI_CONSTRUCTOR_GOOD_0(C, id, ...) SYNI_METHOD_WRONG(C, struct C *, id, __VA_ARGS__)
#define SYNI_CONSTRUCTOR_GOOD_1(C, id, ...)                                                        \
    SYNI_PROTOTYPES(extern, struct C *, id, __VA_ARGS__);                                          \
    SYNI_SUPER_PROTOTYPE(extern, C, id, id##_super, __VA_ARGS__);                                  \
    SYNI_METHOD_FRAME(C, C, struct C *, id, __VA_ARGS__)                                           \
    static const struct syn_function syni_function_of_##id =                                       \
        SYNI_METHOD_FUNCTION(struct C *, id, syni_constructor_ended, __VA_ARGS__);                 \
    static void syni_super_call_of_##id(void (*fn)(void), void *user, syn_err err, void *result)   \
        SYNI_CALL_BACK(void) static void syni_super_ended_of_##id(struct syn_task *frame)          \
    {                                                                                              \
        syni_object_built(frame, &C##_class);                                                      \
    }                                                                                              \
    static const struct syn_function syni_super_function_of_##id = {                               \
        SYNI_DESCRIPTION(id, __VA_ARGS__),                                                         \
        .type = SYNI_TYPED(syn_type, 0, NULL, syni_super_call_of_##id),                            \
        .release = SYNI_RELEASE_OF(id, __VA_ARGS__),                                               \
        .begins = syni_method_begins,                                                              \
        .ended = syni_super_ended_of_##id};                                                        \
    SYNI_METHOD_SUPER(, C, C, id, id##_super, id##_super, syni_super_function_of_##id, __VA_ARGS__) \
    SYNI_FACE struct id##_future id##_future(SYNI_LIST(~SYNI_MAP(SYNI_PARAM, __VA_ARGS__)))        \
    {                                                                                              \
        SYNI_MADE_HERE                                                                             \
        struct id##_future syni_future;                                                            \
        struct C *syni_it =                                                                        \
            (struct C *)(void *)syni_object_new(&C##_class, &syni_future.u.handle);                \
        struct id *syni_new;                                                                       \
        if (!syni_it) {                                                                            \
            SYNI_MAP(SYNI_REFUSE, __VA_ARGS__)                                                     \
            return syni_future;                                                                    \
        }                                                                                          \
        syni_new = (struct id *)(void *)syni_method_new(&syni_function_of_##id, &syni_it->object,  \
                                                        &syni_future.u.handle);                    \
        if (!syni_new) {                                                                           \
            SYNI_MAP(SYNI_REFUSE, __VA_ARGS__)                                                     \
            syni_object_unmake(&syni_it->object);                                                  \
            return syni_future;                                                                    \
        }                                                                                          \
        SYNI_METHOD_READY(C, syni_new->, id)                                                       \
        syni_new->result = syni_it;                                                                \
        SYNI_MAP(SYNI_KEEP, __VA_ARGS__)                                                           \
        syni_call_start(&syni_new->syn);                                                           \
        return syni_future;                                                                        \
    }                                                                                              \
    SYNI_FACE syn_err id(SYNI_LIST(~SYNI_MAP(SYNI_PARAM, __VA_ARGS__) SYNI_OUT(struct C *)))       \
    {                                                                                              \
        SYNI_MADE_HERE                                                                             \
        struct syn_future syni_why;                                                                \
        struct C *syni_it;                                                                         \
        SYNI_FRAME(id, __VA_ARGS__)                                                                \
        syni_it = (struct C *)(void *)syni_object_new(&C##_class, &syni_why);                      \
        if (!syni_it) {                                                                            \
            SYNI_MAP(SYNI_REFUSE, __VA_ARGS__)                                                     \
            return SYNI_FRAME_END(id, (syn_err)syni_why.generation);                               \
        }                                                                                          \
        SYNI_METHOD_READY(C, syni_frame->, id)                                                     \
        syni_frame->result = syni_it;                                                              \
        SYNI_MAP(SYNI_STORE, __VA_ARGS__)                                                          \
        return SYNI_FRAME_END(                                                                     \
            id, syni_method_call(&syni_frame->syn, &syni_it->object, syni_out_result));                 \
    }                                                                                              \
    SYNI_METHOD_BODY(C, id)

/* The table says how many rows there are for it: if none, its declaration of this array differs. */
#define SYNI_DESTRUCTOR(C, ...)                                                                    \
    SYNI_OUTSIDE SYNI_MAP(SYNI_VET_TASK, __VA_ARGS__)                                              \
    extern char syni_a_destructor_needs_its_row_M_C_destructor_in_the_list_of_##C[2];              \
    SYNI_METHOD_FRAME(C, C, void, C##_destructor, __VA_ARGS__)                                     \
    static void syni_destructor_begin_of_##C(struct syn_task *frame, struct syn_object *object)    \
    {                                                                                              \
        struct C##_destructor *self = (struct C##_destructor *)(void *)frame;                      \
        struct C *syni_it = (struct C *)(void *)object;                                            \
                                                                                                   \
        SYNI_METHOD_READY(C, self->, C##_destructor)                                               \
    }                                                                                              \
    static const struct syn_destructor syni_destructor_of_##C = {                                  \
        SYNI_METHOD_FUNCTION(void, C##_destructor, NULL, __VA_ARGS__),                             \
        syni_destructor_begin_of_##C};                                                             \
    SYNI_METHOD_BODY(C, C##_destructor)

#define SYNI_METHOD_DIRECT(C, ret, name, ...)                                                      \
    SYNI_OUTSIDE SYNI_MAP(SYNI_VET_TASK, __VA_ARGS__)                                              \
    extern ret C##_##name(SYNI_METHOD_PARAMS(C, __VA_ARGS__));                                     \
    SYNI_DIRECT_BODY(C, ret, name, __VA_ARGS__);                                                   \
    ret C##_##name(SYNI_METHOD_PARAMS(C, __VA_ARGS__))                                             \
    {                                                                                              \
        struct C##_impl *syni_me =                                                                 \
            (struct C##_impl *)syni_direct_me((struct syn_object *)syni_it, #C "_" #name);         \
                                                                                                   \
        SYNI_IF_VOID(ret, SYNI_NOTHING, SYNI_RETURN)(ret) syni_direct_of_##C##_##name(             \
            SYNI_LIST(~, syni_it, syni_me SYNI_MAP(SYNI_PASS, __VA_ARGS__)));                      \
    }                                                                                              \
    SYNI_DIRECT_BODY(C, ret, name, __VA_ARGS__)
#define SYNI_RETURN(ret) return
#define SYNI_DIRECT_BODY(C, ret, name, ...)                                                        \
    static ret syni_direct_of_##C##_##name(                                                        \
        SYNI_LIST(~, struct C *self SYNI_UNUSED,                                                   \
                  struct C##_impl *me SYNI_UNUSED SYNI_MAP(SYNI_PARAM, __VA_ARGS__)))

/* As SYNI_GENERATE_AS in generator.h, with an object. */
#define SYNI_METHOD_GENERATOR(C, type, name, ...)                                                  \
    SYNI_METHOD_GENERATE(CHANNEL, C, type, C##_##name, __VA_ARGS__)
#define SYNI_METHOD_CONTEXT(C, type, name, ...)                                                    \
    SYNI_METHOD_GENERATE(CONTEXT, C, type, C##_##name, __VA_ARGS__)
#define SYNI_METHOD_GENERATE(shape, C, type, id, ...)                                              \
    SYNI_OUTSIDE SYNI_DECLARED(id) SYNI_MAP(SYNI_VET_##shape, __VA_ARGS__)                         \
    extern SYNI_HELD SYNI_##shape##_TAG(id) id(SYNI_METHOD_PARAMS(C, __VA_ARGS__));                \
    struct id {                                                                                    \
        struct syn_task syn;                                                                       \
        struct syn_object *syn_object;                                                             \
        struct syn_step (*syn_next)(struct id *);                                                  \
        SYNI_FINALLY_AND_NO_RESULT(id)                                                             \
        struct syni_channel *syn_channel;                                                          \
        struct C *syn_this;                                                                        \
        struct C##_impl *syn_me;                                                                   \
        type syn_item;                                                                             \
        SYNI_##shape##_FIELD(type) SYNI_MAP(SYNI_FIELD, __VA_ARGS__)                               \
        SYNI_MADE_FIELD                                                                            \
    };                                                                                             \
    SYNI_METHOD_START(C, id)                                                                       \
    SYNI_DESTROY_AND_HEAR(type, id, __VA_ARGS__)                                                   \
    static void syni_release_of_##id(struct syn_task *task)                                        \
    {                                                                                              \
        struct id *self = (struct id *)(void *)task;                                               \
                                                                                                   \
        syni_method_ended(task); /* one that never began */                                        \
        (void)self;                                                                                \
        SYNI_MAP(SYNI_UNCOPY, __VA_ARGS__)                                                         \
    }                                                                                              \
    SYNI_DROPPER(id, __VA_ARGS__)                                                                  \
    SYNI_SHOWN_TABLE(id, __VA_ARGS__)                                                              \
    static const struct syn_generator syni_generator_of_##id = {                                   \
        {SYNI_DESCRIPTION(id, __VA_ARGS__), .release = syni_release_of_##id,                       \
         .begins = syni_method_begins, .ended = syni_method_ended},                                \
        SYNI_TYPED(syn_generator, sizeof(type),                                                    \
                  (0 SYNI_MAP(SYNI_KILLS, __VA_ARGS__)) ? syni_destroy_of_##id : NULL,             \
                  syni_call_item_of_##id),                                                         \
        (0 SYNI_MAP(SYNI_HEARS, __VA_ARGS__)) ? syni_hear_of_##id : NULL};                         \
    SYNI_FACE SYNI_##shape##_TAG(id) id(SYNI_METHOD_PARAMS(C, __VA_ARGS__))                        \
    {                                                                                              \
        SYNI_MADE_HERE                                                                             \
        SYNI_##shape##_TAG(id) syni_handle;                                                        \
        struct syni_channel *syni_own;                                                             \
        struct id *syni_new = (struct id *)(void *)syni_method_new_generator(                      \
            &syni_generator_of_##id, (struct syn_object *)syni_it,                                 \
            &SYNI_##shape##_CHANNEL(syni_handle), &syni_own);                                      \
        SYNI_##shape##_NOTE(syni_handle, syni_new) if (!syni_new)                                  \
        {                                                                                          \
            SYNI_MAP(SYNI_REFUSE, __VA_ARGS__)                                                     \
            return syni_handle;                                                                    \
        }                                                                                          \
        SYNI_METHOD_READY(C, syni_new->, id)                                                       \
        syni_new->syn_channel = syni_own;                                                          \
        SYNI_MAP(SYNI_KEEP, __VA_ARGS__)                                                           \
        return syni_handle;                                                                        \
    }                                                                                              \
    SYNI_METHOD_BODY(C, id)

/* A task that awaits a job, so that the object is held, and stopped, as with other methods. */
#define SYNI_METHOD_BLOCKING(pool, C, ret, name, ...)                                              \
    SYNI_METHOD_JOB(pool, syni_object_strand((struct syn_object *)self), C, ret, C##_##name,       \
                    __VA_ARGS__)
#define SYNI_METHOD_BLOCKING_AT_ONCE(pool, C, ret, name, ...)                                      \
    SYNI_METHOD_JOB(pool, NULL, C, ret, C##_##name, __VA_ARGS__)
#define SYNI_METHOD_JOB(pool, strand, C, ret, id, ...)                                             \
    struct id;                                                                                     \
    SYNI_FUTURE_TYPES(ret, syni_job_of_##id);                                                      \
    SYNI_PROTOTYPES(static SYNI_UNUSED, ret, syni_job_of_##id, (struct C *, self),                 \
                    (struct C##_impl *, me), __VA_ARGS__);                                         \
    static struct syn_step syni_back_of_##id(struct id *self);                                     \
    SYNI_METHOD_ENDING(syni_method_blocking_ended, C, ret, id, __VA_ARGS__)                        \
    {                                                                                              \
        return SYNI_NEXT(self, syni_back_of_##id),                                                 \
               syni_step_await(&self->syn,                                                         \
                               syni_job_of_##id##_future(SYNI_LIST(~, self->syn_this, me SYNI_MAP( \
                                                                SYNI_SPREAD, __VA_ARGS__)))        \
                                   .u.handle,                                                      \
                               SYNI_IF_VOID(ret, SYNI_OUT_PASS_VOID, SYNI_RESULT_PLACE)(ret),      \
                               syn_never());                                                       \
    }                                                                                              \
    static struct syn_step syni_back_of_##id(struct id *self)                                      \
    {                                                                                              \
        return syni_step_leave(&self->syn, self->syn.status, NULL);                                \
    }                                                                                              \
    struct syni_job_of_##id;                                                                       \
    SYNI_METHOD_JOB_BODY(C, ret, id, __VA_ARGS__);                                                 \
    SYNI_BLOCK(#id, static SYNI_UNUSED, pool, ret, syni_job_of_##id, (struct C *, self),           \
               (struct C##_impl *, me), __VA_ARGS__, SYN_STRAND(strand), SYN_NEVER_ABANDONED)      \
    {                                                                                              \
        SYNI_IF_VOID(ret, SYNI_NOTHING, SYNI_RETURN)(ret) syni_blocks_of_##id(                     \
            SYNI_LIST(~, job, self, me SYNI_MAP(SYNI_PASS, __VA_ARGS__)));                         \
    }                                                                                              \
    SYNI_METHOD_JOB_BODY(C, ret, id, __VA_ARGS__)
#define SYNI_METHOD_JOB_BODY(C, ret, id, ...)                                                      \
    static ret syni_blocks_of_##id(                                                                \
        SYNI_LIST(~, struct syni_job_of_##id *job SYNI_UNUSED, struct C *self SYNI_UNUSED,         \
                  struct C##_impl *me SYNI_UNUSED SYNI_MAP(SYNI_PARAM, __VA_ARGS__)))
#define SYNI_RESULT_PLACE(ret) &self->result

/* Enter and exit as a context, in bare steps: enter; the block; exit, as clean-up, so that it
 * runs on every way out. */
#define SYNI_METHOD_ENTER(C, type, ...)                                                            \
    extern SYNI_HELD struct C##_exit_future C##_exit_future(struct C *syni_it, syn_err error);     \
    extern SYNI_HELD struct C##_enter_future C##_enter_future(struct C *syni_it);                  \
    static struct syn_step syni_inside_of_##C(struct C##_entered *self);                           \
    SYNI_METHOD_GENERATE(CONTEXT, C, type, C##_entered, SYNI_ANSWER, SYNI_END)                 \
    {                                                                                              \
        return SYNI_NEXT(self, syni_inside_of_##C),                                                \
               syni_step_await(&self->syn, C##_enter_future(self->syn_this).u.handle,              \
                               &self->syn_item, syn_never());                                      \
    }                                                                                              \
    static struct syn_step syni_exited_of_##C(struct C##_entered *self)                            \
    {                                                                                              \
        return syni_step_leave(&self->syn, self->syn.status, NULL);                                \
    }                                                                                              \
    static struct syn_step syni_exits_of_##C(struct C##_entered *self)                             \
    {                                                                                              \
        return SYNI_NEXT(self, syni_exited_of_##C),                                                \
               syni_step_await(&self->syn,                                                         \
                               C##_exit_future(self->syn_this, self->syn.status).u.handle, NULL,   \
                               syn_never());                                                       \
    }                                                                                              \
    static struct syn_step syni_inside_of_##C(struct C##_entered *self)                            \
    {                                                                                              \
        if (self->syn.status)                                                                      \
            return syni_step_leave(&self->syn, self->syn.status, NULL);                            \
        self->syn_finally = syni_exits_of_##C;                                                     \
        return SYNI_NEXT(self, syni_exited_of_##C),                                                \
               syni_step_yield(&self->syn, self->syn_channel, &self->syn_item);                    \
    }                                                                                              \
    SYNI_METHOD_NAMED(C, type, C##_enter, __VA_ARGS__)
#define SYNI_METHOD_EXIT(C, ...)                                                                   \
    SYNI_METHOD_NAMED(C, void, C##_exit, (syn_err, error), __VA_ARGS__)

#endif /* !__cplusplus */

#endif
