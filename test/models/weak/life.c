/* SPDX-License-Identifier: Apache-2.0
 *
 * The life word of a slot, in all executions of C11's memory: the library's own slot.h. A producer makes
 * something and publishes it, and its handle reaches two readers: one takes a reference by the handle, one
 * uses it up. The last of the references that is given up frees it, and its slot names something else under
 * another generation; a reader that comes with the old handle then finds nothing (invariants 21 and 25).
 *
 * BROKEN 1: a reference is given up without order. 2: the thing is published without release. 3: a take
 * does not acquire.
 */
#include "weak.h"

#include "base/fork.h"

/* One process. */
#undef syni_process
#define syni_process() 0u

#if BROKEN == 1
#define memory_order_acq_rel memory_order_relaxed
#elif BROKEN == 2
#define memory_order_release memory_order_relaxed
#elif BROKEN == 3
#define memory_order_acquire memory_order_relaxed
#endif
#include "task/slot.h"
#undef memory_order_acq_rel
#undef memory_order_release
#undef memory_order_acquire

static struct syni_slot slot;
static int first, second; /* 1: it is there; 2: it was freed */
static atomic_int n_freed;

static void free_it(int *thing)
{
    assert(*thing == 1);
    *thing = 2;
    atomic_fetch_add_explicit(&n_freed, 1, memory_order_relaxed);
}

static void *produces(void *unused)
{
    first = 1;
    syni_slot_publish(&slot, SYNI_SLOT_CORE, &first, 2);
    if (syni_slot_unpin(&slot)) { /* its own */
        free_it(&first);
        second = 1;
        syni_slot_publish(&slot, SYNI_SLOT_CORE, &second, 1);
    }
    return unused;
}

static void *pins(void *unused)
{
    int *thing = syni_slot_take(&slot, 1, SYNI_SLOT_PIN);

    if (!thing)
        return unused;
    assert(*thing == 1);
    if (syni_slot_unpin(&slot))
        free_it(thing);
    return unused;
}

static void *uses_up(void *unused)
{
    int *thing;

    if (syni_slot_detach_alone(&slot, 1)) /* in one step, while the other reader has none */
        return unused;
    thing = syni_slot_take(&slot, 1, SYNI_SLOT_CONSUME);
    if (!thing)
        return unused;
    assert(*thing == 1);
    if (syni_slot_let_go(&slot))
        free_it(thing);
    return unused;
}

int main(void)
{
    void *(*const acts[])(void *) = {produces, pins, uses_up};
    pthread_t threads[3];

    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, acts[i], NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert(atomic_load_explicit(&n_freed, memory_order_relaxed) <= 1);
    return 0;
}
