/* SPDX-License-Identifier: Apache-2.0
 *
 * Any thread.
 */
#define _POSIX_C_SOURCE 200809L
#include "base/spin.h"

#include <time.h>

#include "base/thread.h"

enum {
    PAUSES = 40, /* of some 50 ns each */
    YIELDS = 10, /* of a microsecond or less, where nobody else wants the processor */
    MOST_IN_VAIN = 5,
};

static void pause_for(int n)
{
    while (n-- > 0) {
#if defined __x86_64__ || defined __i386__
        __builtin_ia32_pause();
#elif defined __aarch64__ || (defined __ARM_ARCH && __ARM_ARCH >= 7)
        __asm__ volatile("yield");
#else
        __asm__ volatile(""); /* not to be left out */
#endif
    }
}

void syni_spin_once(unsigned i)
{
    enum { PATIENT = 1000 };
    static const struct timespec moment = {0, 50000};

    if (i < PAUSES)
        pause_for(3);
    else if (i < PATIENT)
        syni_thread_yield();
    else
        nanosleep(&moment, NULL);
}

static bool look(bool (*come)(void *of), void *of)
{
    for (int i = 0; i < PAUSES; i++) {
        if (come(of))
            return true;
        pause_for(3);
    }
    for (int i = 0; i < YIELDS; i++) {
        if (come(of))
            return true;
        syni_thread_yield();
    }
    return come(of);
}

bool syni_spin(struct syni_patience *patience, bool (*come)(void *of), void *of)
{
    if (patience->left_out > 0) {
        patience->left_out--;
        return come(of);
    }
    if (!syni_many_processors())
        return come(of);
    if (look(come, of)) {
        patience->in_vain = 0;
        return true;
    }
    if (patience->in_vain < MOST_IN_VAIN)
        patience->in_vain++;
    patience->left_out = (unsigned char)((1 << patience->in_vain) - 1);
    return false;
}
