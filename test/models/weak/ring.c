/* SPDX-License-Identifier: Apache-2.0
 *
 * A ring that flows, in all executions of C11's memory: the library's own ring.c. Two threads push, one
 * pops, and one stops it meanwhile and takes what is left. Every item that went in comes out once, and
 * whole; a place is touched by the thread that claimed it, and by nobody else (invariant 70).
 *
 * BROKEN 1: the mark of a place is set without release. 2: it is looked at without acquire.
 */
#include "weak.h"

#include <string.h>

/* The checker copies no memory of a size that it does not know. */
#define memcpy(to, from, size) ((void)(size), *(int *)(void *)(to) = *(const int *)(const void *)(from))

#if BROKEN == 1
#define memory_order_release memory_order_relaxed
#elif BROKEN == 2
#define memory_order_acquire memory_order_relaxed
#endif
#include "channel/ring.c"
#undef memory_order_release
#undef memory_order_acquire

void syni_spin_once(unsigned i)
{
    (void)i;
}

enum { PLACES = 2 };

static struct syni_ring ring;
static int items[PLACES];
static _Atomic(uint32_t) marks[PLACES];
static bool pushed[2];
static int popped, value;

static void *pushes(void *number)
{
    int i = (int)(uintptr_t)number, item = 10 + i;

    pushed[i] = syni_ring_try_push(&ring, &item);
    return NULL;
}

static void *pops(void *unused)
{
    if (syni_ring_try_pop(&ring, &value))
        popped = 1;
    return unused;
}

int main(void)
{
    pthread_t threads[3];
    int sum = 0, expected = 0;

    ring.items = (unsigned char *)items;
    ring.marks = marks;
    ring.places = PLACES;
    ring.shift = -1;
    ring.size = sizeof(int);
    atomic_init(&ring.in, STOPPED);
    atomic_init(&ring.out, STOPPED);
    syni_ring_flow(&ring);
    pthread_create(&threads[0], NULL, pushes, (void *)0);
    pthread_create(&threads[1], NULL, pushes, (void *)1);
    pthread_create(&threads[2], NULL, pops, NULL);
    syni_ring_stop(&ring);
    while (syni_ring_count(&ring) > 0) {
        int item;

        syni_ring_pop(&ring, &item);
        sum += item;
    }
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 2; i++)
        expected += pushed[i] ? 10 + i : 0;
    assert(sum + (popped ? value : 0) == expected);
    return 0;
}
