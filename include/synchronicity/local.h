/* SPDX-License-Identifier: Apache-2.0
 *
 * Task-local values: what a call carries along without an argument, such as the number of
 * the request it serves.
 *
 *     SYN_TASK_LOCAL(struct request, request);       // in one file
 *
 *     request_set(&mine);                            // in a step, or in a plain thread
 *     ... request_get()->number ...                  // in everything called from there on
 *
 * A value that a task sets is seen by that task from then on, through every suspension, and
 * inherited by what it calls, spawns or hands a callback to from then on, on any synchronizer.
 * Neither its caller nor its siblings see it. A plain thread has values of its own, which the
 * calls that it makes inherit. A setting never changes what others inherited before.
 *
 * The value is a pointer; what it points to is yours, and must live as long as any task that
 * inherited it. For several files: SYN_TASK_LOCAL_DECLARE(type, name) in a private header,
 * SYN_TASK_LOCAL_DEFINE(name) in one of them.
 *
 * gives, as if written out:
 *
 *     TYPE *name_get(void);             NULL: it was not set.
 *     syn_err name_set(TYPE *value);    NULL: unset. Fails: SYN_ENOMEM, and changes nothing.
 *
 * Thread: any. A task that sets and inherits nothing costs nothing more than a NULL.
 */
#ifndef SYNCHRONICITY_LOCAL_H
#define SYNCHRONICITY_LOCAL_H

#include <stdint.h>

#include <synchronicity/err.h>
#include <synchronicity/map.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The identity of one value; its address counts. */
struct syn_task_local {
    const char *name;
};

void *syni_local_get(const struct syn_task_local *key);
syn_err syni_local_set(const struct syn_task_local *key, void *value);

#define SYN_TASK_LOCAL(type, name)                                                                 \
    static const struct syn_task_local syni_local_of_##name = {#name};                             \
    SYNI_LOCAL_FACES(type, name)
#define SYN_TASK_LOCAL_DECLARE(type, name)                                                         \
    extern const struct syn_task_local syni_local_of_##name;                                       \
    SYNI_LOCAL_FACES(type, name)
#define SYN_TASK_LOCAL_DEFINE(name) const struct syn_task_local syni_local_of_##name = {#name}

#define SYNI_LOCAL_FACES(type, name)                                                               \
    static inline SYNI_UNUSED type *(name##_get)(void)                                             \
    {                                                                                              \
        return (type *)syni_local_get(&syni_local_of_##name);                                      \
    }                                                                                              \
    static inline SYNI_UNUSED syn_err (name##_set)(type *value)                                    \
    {                                                                                              \
        return syni_local_set(&syni_local_of_##name, (void *)(uintptr_t)value);                    \
    }                                                                                              \
    struct syn_task_local

#ifdef __cplusplus
}
#endif

#endif
