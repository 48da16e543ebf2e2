/* SPDX-License-Identifier: Apache-2.0
 *
 * Which wrapper an implementation has: a table of all objects by the implementation's address,
 * chained, doubled when there is an object a bucket, freed with the last one.
 *
 * Any thread, under the lock. Weak: it holds no references, so what it finds may be about to
 * end. One address can be two things (a struct and its first field), so the class's root
 * counts too. An object for which the table cannot grow goes into a longer chain.
 */
#include "object/object.h"

#include "base/fork.h"
#include "base/mem.h"

enum { FIRST_BUCKETS = 16 };

static struct syni_object **buckets;
static size_t n_buckets, n_objects;

static size_t bucket_of(const void *implementation)
{
    uint64_t hash = (uint64_t)(uintptr_t)implementation * UINT64_C(0x9E3779B97F4A7C15);

    return (size_t)(hash >> 32) & (n_buckets - 1);
}

static const struct syn_class *root_of(const struct syn_class *object_class)
{
    while (object_class->parent)
        object_class = object_class->parent;
    return object_class;
}

/* Wrappers of the parent are not those of this process. */
static void identity_forked(void)
{
    buckets = NULL;
    n_buckets = n_objects = 0;
}

static struct syni_fork_call identity_fork_call = {.child = identity_forked};

static syn_err identity_grow(void)
{
    size_t n_old = n_buckets;
    struct syni_object **old = buckets;
    struct syni_object **grown =
        syni_fork_watch(&identity_fork_call)
            ? NULL
            : syni_alloc((n_old ? 2 * n_old : FIRST_BUCKETS) * sizeof(struct syni_object *));

    if (!grown)
        return SYN_ENOMEM;
    buckets = grown;
    n_buckets = n_old ? 2 * n_old : FIRST_BUCKETS;
    for (size_t i = 0; i < n_old; i++) {
        while (old[i]) {
            struct syni_object *object = old[i];
            size_t b = bucket_of(object->object.implementation);

            old[i] = object->next_same;
            object->next_same = buckets[b];
            buckets[b] = object;
        }
    }
    syni_free(old, n_old * sizeof(struct syni_object *));
    return SYN_OK;
}

struct syni_object *syni_identity_find(const struct syn_class *base, const void *implementation,
                                       const struct syni_home *home)
{
    struct syni_object *object = n_buckets ? buckets[bucket_of(implementation)] : NULL;

    while (object && (object->object.implementation != implementation || object->home != home ||
                      root_of(object->object.object_class) != root_of(base)))
        object = object->next_same;
    SYNI_INVARIANT(44, !object || object->state <= SYNI_ALIVE);
    return object;
}

syn_err syni_identity_add(struct syni_object *object)
{
    size_t b;

    if (n_objects >= n_buckets && identity_grow() != SYN_OK && !n_buckets)
        return SYN_ENOMEM;
    SYNI_INVARIANT(44, syni_mutex_is_held(&syni_residents_lock) && !object->known &&
                           object->state <= SYNI_ALIVE);
    b = bucket_of(object->object.implementation);
    object->next_same = buckets[b];
    buckets[b] = object;
    object->known = true;
    n_objects++;
    return SYN_OK;
}

void syni_identity_remove(struct syni_object *object)
{
    struct syni_object **place;

    if (!object->known)
        return;
    place = &buckets[bucket_of(object->object.implementation)];
    while (*place != object)
        place = &(*place)->next_same;
    *place = object->next_same;
    object->known = false;
    if (--n_objects > 0)
        return;
    syni_free(buckets, n_buckets * sizeof(struct syni_object *));
    buckets = NULL;
    n_buckets = 0;
}
