/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects: making them, by a constructor or around what there is already.
 *
 * Any thread. The residents' lock is for what concerns more than one object: the table of
 * identities, each home's list, and moving `state`. Calling a method takes no lock, only a
 * reference. No callback of a user runs under the lock.
 */
#include "object/object.h"

#include "base/fork.h"
#include "base/mem.h"
#include "base/report.h"
#include "life/synchronizer.h"
#include "task/home.h"

/* SIZE, so that anything can follow. */
static size_t object_rounded(size_t size)
{
    size_t place = sizeof(((struct syni_object *)0)->places[0]);

    return (size + place - 1) / place * place;
}

/* Room for the implementation, OWN_SIZE bytes, if it is not somewhere else. */
static struct syni_object *allocate(const struct syn_class *object_class, struct syni_home *home,
                                    size_t own_size)
{
    size_t frame_size = syni_object_destructors_size(object_class);
    size_t bytes = sizeof(struct syni_object) + object_rounded(own_size) + frame_size;
    struct syni_object *object = syni_alloc(bytes);

    if (!object)
        return NULL;
    object->object.object_class = object_class;
    object->object.implementation = object->places;
    object->object.synchronizer = home->synchronizer;
    object->home = home;
    object->bytes = bytes;
    object->process = syni_process();
    object->references = 1;
    object->resident.ops = &syni_object_residence;
    syni_list_init(&object->resident.link);
    if (frame_size)
        object->frame = SYNI_TASK((char *)object->places + object_rounded(own_size));
    syni_object_count(object);
    return object;
}

static syn_err home_of_class(const struct syn_class *object_class,
                             struct syn_synchronizer *synchronizer, struct syni_home **out_home)
{
    struct syni_home *here = syni_home_now();

    if (!synchronizer)
        synchronizer = object_class->synchronizer;
    if (!synchronizer && here) {
        *out_home = here;
        return SYN_OK;
    }
    return syni_synchronizer_home(synchronizer ? synchronizer : syn_default_synchronizer(), out_home);
}

/* Whether this library can read OBJECT_CLASS and all that it extends. */
static bool class_is_ours(const struct syn_class *object_class)
{
    while (object_class && (!object_class->abi || object_class->abi == SYNI_ABI_OF_CLASS))
        object_class = object_class->parent;
    return !object_class;
}

static syn_err refuse_class(void)
{
    return syni_refuse(SYN_EABI, "a class: compiled against another version of the headers");
}

struct syn_object *syni_object_new(const struct syn_class *object_class,
                                   struct syn_future *out_future)
{
    struct syni_object *object = NULL;
    struct syni_home *home;
    syn_err err;

    if (!class_is_ours(object_class)) {
        *out_future = (struct syn_future){NULL, (uint32_t)refuse_class()};
        return NULL;
    }
    err = home_of_class(object_class, NULL, &home);
    if (!err) {
        object = allocate(object_class, home, object_class->size ? object_class->size : 1);
        err = object ? SYN_OK : SYN_ENOMEM;
    }
    if (!err) {
        syni_mutex_lock(&syni_residents_lock);
        err = syni_identity_add(object);
        syni_mutex_unlock(&syni_residents_lock);
    }
    if (!err)
        return &object->object;
    if (object)
        syni_object_free(object);
    *out_future = (struct syn_future){NULL, (uint32_t)err};
    syni_refuse(err, "no %s could be made", object_class->name);
    return NULL;
}

/* --- constructors --- */

static void constructed(struct syni_object *object)
{
    bool lives;

    syni_mutex_lock(&syni_residents_lock);
    lives = syni_resident_add(object->home, &object->resident);
    if (!lives) /* its synchronizer is over: it was abandoned */
        syni_identity_remove(object);
    object->state = lives ? SYNI_ALIVE : SYNI_OBJECT_ENDED;
    syni_mutex_unlock(&syni_residents_lock);
}

/* What an inherited constructor had made before it failed is destroyed by that one's
 * destructor. */
static void not_constructed(struct syni_object *object)
{
    const struct syn_class *built = object->built;

    syni_mutex_lock(&syni_residents_lock);
    syni_identity_remove(object);
    object->state = built ? SYNI_ENDING : SYNI_OBJECT_ENDED;
    if (built) {
        syni_resident_add(object->home, &object->resident);
        syn_object_retain(&object->object); /* the destructor's */
    }
    syni_mutex_unlock(&syni_residents_lock);
    if (built)
        syni_object_destroy(object, built);
    syn_object_release(&object->object); /* what would have been the caller's */
}

void syni_object_unmake(struct syn_object *object)
{
    not_constructed(SYNI_OBJECT(object));
}

void syni_constructor_ended(struct syn_task *frame)
{
    struct syni_object *object = SYNI_OBJECT(((struct syni_method_frame *)(void *)frame)->object);

    if (SYNI_TASK(frame)->core.err)
        not_constructed(object);
    else
        constructed(object);
    syni_method_ended(frame);
}

void syni_object_built(struct syn_task *frame, const struct syn_class *built)
{
    if (!SYNI_TASK(frame)->core.err)
        SYNI_OBJECT(((struct syni_method_frame *)(void *)frame)->object)->built = built;
    syni_method_ended(frame);
}

void syni_object_unfetched(struct syn_object *object)
{
    /* One that is still MAKING succeeded, and then its clean-up failed: its end sees to it. */
    if (SYNI_OBJECT(object)->state != SYNI_MAKING)
        syn_object_release(object);
}

/* --- wrapping --- */

/* The wrapper that there is, or the new one, which is then listed. */
static syn_err adopt(struct syni_object *object, const struct syn_class *object_class,
                     struct syni_object **out_object)
{
    struct syni_home *home = object->home;
    struct syni_object *there;
    syn_err err = SYN_OK;

    syni_mutex_lock(&syni_residents_lock);
    there = syni_identity_find(object_class, object->object.implementation, home);
    if (there) {
        syn_object_retain(&there->object);
        *out_object = there;
    } else if (!syni_resident_add(home, &object->resident)) {
        err = SYN_ECLOSED;
    } else if ((err = syni_identity_add(object)) != SYN_OK) {
        syni_list_remove(&object->resident.link);
    } else {
        object->state = SYNI_ALIVE;
        *out_object = object;
    }
    syni_mutex_unlock(&syni_residents_lock);
    return err;
}

/* What IMPLEMENTATION really is; NULL: nobody knows. */
static const struct syn_class *object_class_of(const struct syn_class *object_class,
                                               const void *implementation)
{
    const struct syn_class *c = object_class;

    while (c && !c->class_of)
        c = c->parent;
    return c ? c->class_of(implementation) : object_class;
}

syn_err syn_wrap(const struct syn_class *object_class, void *implementation,
                 struct syn_synchronizer *synchronizer, struct syn_object **out_object)
{
    const struct syn_class *dynamic;
    struct syni_object *object, *found = NULL;
    struct syni_home *home;
    syn_err err;

    if (!object_class || !implementation)
        return syni_refuse(SYN_EINVAL, "nothing to wrap");
    if (!class_is_ours(object_class))
        return refuse_class();
    dynamic = object_class_of(object_class, implementation);
    if (!class_is_ours(dynamic))
        return refuse_class();
    if (!syn_class_is_a(dynamic, object_class))
        return syni_refuse(SYN_EINVAL, "what is to be wrapped is a %s, not a %s",
                           dynamic ? dynamic->name : "struct without a class", object_class->name);
    err = home_of_class(dynamic, synchronizer, &home);
    if (err)
        return syni_refuse(err, "no %s can live there", dynamic->name);
    object = allocate(dynamic, home, 0);
    if (!object)
        return syni_refuse(SYN_ENOMEM, "no memory for a %s", dynamic->name);
    object->object.implementation = implementation;
    err = adopt(object, object_class, &found);
    if (found != object)
        syni_object_free(object);
    if (err)
        return syni_refuse(err, "the %s was not wrapped", dynamic->name);
    if (!syn_class_is_a(found->object.object_class, object_class)) {
        syn_object_release(&found->object);
        return syni_refuse(SYN_EINVAL, "it is wrapped already, as a %s",
                           found->object.object_class->name);
    }
    *out_object = &found->object;
    return SYN_OK;
}

void *syn_unwrap(const struct syn_object *object)
{
    return object ? object->implementation : NULL;
}
