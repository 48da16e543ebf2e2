/* SPDX-License-Identifier: Apache-2.0
 *
 * What the harnesses share that run parts of the library under a model checker of C11's memory (GenMC:
 * genmc --rc11 -- -Isrc -Iinclude FILE). BROKEN, a number, weakens one order, and then the check must fail.
 */
#ifndef WEAK_H
#define WEAK_H

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* The checker's <pthread.h> and <errno.h> know less than the library's headers name. */
#include <errno.h>
#ifndef ENOTSUP
#define ENOTSUP 95
#endif
#ifndef ECANCELED
#define ECANCELED 125
#endif
#ifndef PTHREAD_CANCEL_DISABLE
typedef struct {
    int unused;
} pthread_cond_t;
#define PTHREAD_CANCEL_ENABLE 0
#define PTHREAD_CANCEL_DISABLE 1
static inline int pthread_setcancelstate(int state, int *out_before)
{
    *out_before = state;
    return 0;
}
#endif

/* It has no variables of threads that are structs either; nothing here asks for one. */
#define _Thread_local

#ifndef BROKEN
#define BROKEN 0
#endif

#endif
