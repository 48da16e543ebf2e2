/* SPDX-License-Identifier: Apache-2.0
 *
 * A result and its one waiter, in all executions of C11's memory: the library's own core.c, with a slot. A
 * producer completes; a reader waits, or finds that it is done, or gives up waiting, and then uses it up and
 * gives its reference back. What the producer wrote before DONE is read after it, whole (invariant 19); the
 * waiter is told once or withdrew, and is not touched afterwards (invariant 20); the frame is freed once.
 *
 * BROKEN 1: the result is published without order. 2: the reader does not acquire. 3: references are given
 * up without order.
 */
#include "weak.h"

#include <string.h>

#define memcpy(to, from, size) ((void)(size), *(int *)(void *)(to) = *(const int *)(const void *)(from))

#if BROKEN == 3
#define memory_order_acq_rel memory_order_relaxed
#endif
#include "task/slot.h"
#undef memory_order_acq_rel

#if BROKEN == 2 /* also in core.h */
#define memory_order_acquire memory_order_relaxed
#endif
#include "task/state.h"

#if BROKEN == 1
#define memory_order_acq_rel memory_order_relaxed
#endif
/* The checker takes the order of a success for that of a failure, too; so what is release, and acquire if it
 * fails, is both here. */
#define memory_order_release memory_order_acq_rel
#include "task/core.c"
#undef memory_order_release
#undef memory_order_acq_rel
#undef memory_order_acquire

struct syni_self syni_this_thread; /* of self.c; nothing here asks for it */
unsigned syni_process_number;

static struct syni_slot slot;
static struct {
    struct syni_core core;
    int value;
} result;
static struct syn_future future;
static struct syni_waiter waiter;
static int n_freed;
static atomic_bool told;

static void free_core(struct syni_core *of)
{
    assert(of == &result.core && result.core.taken);
    n_freed++;
}

static void wake(struct syni_waiter *of)
{
    assert(of == &waiter);
    /* release: as a parker does */
    atomic_store_explicit(&told, true, memory_order_release);
}

static void *produces(void *unused)
{
    result.value = 7;
    result.core.err = SYN_OK;
    syni_core_complete(&result.core);
    return unused;
}

static void read_it(void)
{
    struct syni_core *mine = NULL;
    int out = 0;

    assert(syni_core_consume(future, &mine) == SYN_OK && mine == &result.core);
    syni_core_fetch(&result.core, &out);
    assert(out == 7);
    syni_core_let_go(&result.core);
}

static void *reads(void *unused)
{
    bool busy;

    waiter.wake = wake;
    if (!syni_core_wait(&result.core, &waiter, &busy)) {
        assert(!busy);
        read_it();
        return unused;
    }
    if (atomic_load_explicit(&told, memory_order_acquire)) {
        read_it();
        return unused;
    }
    if (syni_core_stop_waiting(&result.core, &waiter)) {
        waiter.wake = NULL; /* it is gone */
        if (syni_core_done(&result.core))
            read_it();
    }
    return unused;
}

int main(void)
{
    static const struct syn_type type = {.abi = SYNI_ABI_OF(syn_type), .size = sizeof(int)};
    static const struct syni_core_ops ops = {.free = free_core};
    pthread_t threads[2];

    result.core.type = &type;
    result.core.ops = &ops;
    syni_core_place(&result.core, &result.value);
    future = syni_core_publish(&result.core, &slot, 2);
    pthread_create(&threads[0], NULL, produces, NULL);
    pthread_create(&threads[1], NULL, reads, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert(n_freed == (result.core.taken ? 1 : 0));
    return 0;
}
