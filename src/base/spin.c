/* SPDX-License-Identifier: Apache-2.0
 *
 * Any thread.
 */
#define _POSIX_C_SOURCE 200809L
#include "base/spin.h"

#include <time.h>

#include "base/processor.h"
#include "base/thread.h"
#include "base/time.h"

enum {
    PAUSES = 40,         /* some 50 to 150 ns each */
    YIELDS = 10,         /* a microsecond or less each, where nobody else wants the processor */
    CROWDED_NS = 200000, /* one that took so long: somebody does */
    MOST_IN_VAIN = 5,
    SHARE_NS = 100, /* of a look in a crowd, borne by each sleep that is left out after it */
    MOST_LEFT_OUT = 1000000,
};

static void pause_shortly(void)
{
    for (int i = 0; i < 3; i++) {
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

    int cancel_state;

    if (i < PAUSES) {
        pause_shortly();
    } else if (i < PATIENT) {
        syni_thread_yield();
    } else {
        cancel_state = syni_thread_hold_cancel();
        nanosleep(&moment, NULL);
        syni_thread_let_cancel(cancel_state);
    }
}

enum found { CAME, IN_VAIN, A_CROWD };

/* OUT_TOOK_NS: how long the last look took. */
static enum found spin_look(bool (*come)(void *of), void *of, int64_t *out_took_ns)
{
    int64_t before, now;

    for (int i = 0; i < PAUSES; i++) {
        if (come(of))
            return CAME;
        pause_shortly();
    }
    before = syni_now();
    for (int i = 0; i < YIELDS; i++) {
        if (come(of))
            return CAME;
        syni_thread_yield();
        now = syni_now();
        *out_took_ns = now - before;
        if (*out_took_ns > CROWDED_NS)
            return A_CROWD;
        before = now;
    }
    return IN_VAIN;
}

static enum found look_for(int64_t ns, bool (*come)(void *of), void *of, int64_t *out_took_ns)
{
    int64_t began = syni_now(), before = began, now = began;

    while (now - began < ns) {
        if (come(of))
            return CAME;
        now = syni_now();
        *out_took_ns = now - before;
        if (*out_took_ns > CROWDED_NS)
            return A_CROWD;
        before = now;
    }
    return IN_VAIN;
}

static unsigned left_out_in_a_crowd(int64_t took_ns)
{
    return took_ns / SHARE_NS < MOST_LEFT_OUT ? (unsigned)(took_ns / SHARE_NS) : MOST_LEFT_OUT;
}

static void learn(struct syni_patience *patience, enum found found, int64_t took_ns)
{
    if (found == CAME) {
        patience->in_vain = 0;
        return;
    }
    if (patience->in_vain < MOST_IN_VAIN)
        patience->in_vain++;
    patience->left_out = found == A_CROWD ? left_out_in_a_crowd(took_ns)
                                          : (1u << patience->in_vain) - 1;
}

/* Whether this is a time to look at all. */
static bool is_patient(struct syni_patience *patience)
{
    if (patience->left_out == 0)
        return true;
    patience->left_out--;
    return false;
}

bool syni_spin(struct syni_patience *patience, bool (*come)(void *of), void *of)
{
    if (is_patient(patience) && syni_processors_many()) {
        int64_t took_ns = 0;
        enum found found = spin_look(come, of, &took_ns);

        learn(patience, found, took_ns);
        if (found == CAME)
            return true;
    }
    return come(of);
}

bool syni_spin_for(struct syni_patience *patience, int64_t ns, bool (*come)(void *of), void *of)
{
    int64_t took_ns = 0;
    enum found found;

    if (!is_patient(patience))
        return false;
    found = look_for(ns, come, of, &took_ns);
    learn(patience, found, took_ns);
    return found == CAME;
}
