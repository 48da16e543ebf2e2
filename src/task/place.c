/* SPDX-License-Identifier: Apache-2.0
 *
 * C locals where something should be that outlives the step: found when a wait begins.
 *
 * Driver only. A step's locals lie between the frame of the engine, which noted where that is
 * (`stack` in struct syni_home), and the frame of the caller here, which the step called.
 * Everything else is somewhere else: frames of futures on the heap, frames of blocking calls
 * further up on the stack of the thread that drives, or on another one. Aborts, also in release
 * builds: what is written there later would hit whatever the stack holds by then. Discarded: an
 * error, which a caller may ignore and then has no result either.
 */
#include "task/place.h"

#include <stdio.h>

#ifdef SYNI_FAKE_STACK
#include <sanitizer/asan_interface.h>

/* Locals may lie in a fake frame, of which the sanitizer knows the true place. */
static uintptr_t true_place(const void *place)
{
    void *true_frame = __asan_addr_is_in_fake_stack(__asan_get_current_fake_stack(),
                                                    (void *)(uintptr_t)place, NULL, NULL);

    return true_frame ? (uintptr_t)true_frame : (uintptr_t)place;
}
#else
static uintptr_t true_place(const void *place)
{
    return (uintptr_t)place;
}
#endif

static bool is_between(uintptr_t place, uintptr_t one, uintptr_t other)
{
    return one < other ? one < place && place < other : other < place && place < one;
}

__attribute__((noinline)) void syni_place_look(const struct syni_task *task, const void *place,
                                               const char *what)
{
    char words[512];

    if (!place || !is_between(true_place(place), SYNI_STACK_HERE, task->home->stack))
        return;
    snprintf(words, sizeof words,
             "%s (%s:%d): the place of %s is a C local, which is gone when the wait is over; "
             "declare it as SYN_LOCAL(type, name) and write &self->name",
             task->function->name, task->function->file, task->at, what);
    syni_panic(words);
}

#if defined(SYN_CHECKED) && SYN_CHECKED
__attribute__((noinline)) void syni_place_scribble(void)
{
    volatile uintptr_t dead[2048 / sizeof(uintptr_t)]; /* by words: before each step, in unoptimized builds too */

    for (size_t i = 0; i < sizeof dead / sizeof *dead; i++)
        dead[i] = (uintptr_t)UINT64_C(0xA5A5A5A5A5A5A5A5);
}
#endif
