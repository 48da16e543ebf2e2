/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking at classes. Any thread: they are constant.
 */
#include <synchronicity/object.h>

#include <string.h>

int syn_class_is_a(const struct syn_class *object_class, const struct syn_class *base)
{
    while (object_class && object_class != base)
        object_class = object_class->parent;
    return object_class != NULL;
}

const struct syn_method *syn_class_method_at(const struct syn_class *object_class, size_t i)
{
    for (; object_class; object_class = object_class->parent) {
        if (i < object_class->n_methods)
            return &object_class->methods[i];
        i -= object_class->n_methods;
    }
    return NULL;
}

const char *syn_kind_name(enum syn_kind kind)
{
    static const char *const names[] = {
        [SYN_KIND_ASYNC] = "async",
        [SYN_KIND_GENERATOR] = "generator",
        [SYN_KIND_BLOCKING] = "blocking",
        [SYN_KIND_DIRECT] = "direct",
        [SYN_KIND_FUTURE] = "future",
        [SYN_KIND_STATIC] = "static",
        [SYN_KIND_GET] = "get",
        [SYN_KIND_SET] = "set",
        [SYN_KIND_ENTER] = "enter",
        [SYN_KIND_EXIT] = "exit",
        [SYN_KIND_CONTEXT] = "context",
        [SYN_KIND_CONSTRUCTOR] = "constructor",
    };

    return (size_t)kind < sizeof names / sizeof *names ? names[kind] : "unknown";
}
