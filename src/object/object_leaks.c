/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects that nobody released, named in checked builds: a wrapper on a stopped synchronizer has ended, and
 * its memory stays while somebody holds it. As unclaimed.c does for results: it is told when the process exits, or
 * everything was stopped, since its owner may come a moment after the stop.
 */
#include "object/object.h"

#if defined(SYN_CHECKED) && SYN_CHECKED

#include <stdio.h>

#include "base/fork.h"
#include "base/say.h"
#include "base/self.h"
#include "inspect/site.h"
#include "inspect/unclaimed.h"
#include "life/home_start.h"

static struct syni_census leaks_objects = SYNI_CENSUS_INIT(leaks_objects);

static void leaks_tell_one(struct syni_counted *counted, void *user)
{
    struct syni_object *object = SYNI_CONTAINER(counted, struct syni_object, counted);
    long n = atomic_load(&object->references);
    char call[64] = "";

    (void)user;
    if (object->state != SYNI_OBJECT_ENDED || n == 0 || object->told)
        return;
    object->told = true;
    if (object->call)
        syni_site_of_call(object->call, call, sizeof call);
    syni_print("'%s' was stopped, and an object of %s%s%s%s was released by nobody, with %ld reference%s: "
               "call syn_object_release() for each",
               object->where, object->made, call[0] ? ", made at " : "", call, call[0] ? "," : "", n, n == 1 ? "" : "s");
}

static void leaks_tell(void)
{
    syni_census_visit(&leaks_objects, leaks_tell_one, NULL);
}

static bool leaks_any(void)
{
    return syni_census_first(&leaks_objects) != NULL;
}

void syni_object_count(struct syni_object *object)
{
    static const struct syni_unclaimed_more more = {leaks_any, leaks_tell};

    syni_unclaimed_add(&more);
    snprintf(object->where, sizeof object->where, "%s", syni_home_name(object->object.synchronizer));
    snprintf(object->made, sizeof object->made, "%s, wrapped", object->object.object_class->name);
    object->call = syni_self()->made;
    syni_census_add(&leaks_objects, &object->counted);
}

void syni_object_uncount(struct syni_object *object)
{
    if (object->process == syni_process()) /* else it is in no list of this process */
        syni_census_remove(&leaks_objects, &object->counted);
}

void syni_object_made_by(struct syn_object *object, const struct syn_function *function)
{
    if (SYNI_OBJECT(object)->state == SYNI_MAKING) /* it is the constructor, or one that it inherits */
        snprintf(SYNI_OBJECT(object)->made, sizeof SYNI_OBJECT(object)->made, "%s (%s:%d)",
                 function->name, function->file, function->line);
}

#endif
