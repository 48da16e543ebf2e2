/* SPDX-License-Identifier: Apache-2.0
 *
 * Names and silence without a network: a program that is linked with fake_net.c has
 * its getaddrinfo(), freeaddrinfo() and connect() instead of the system's.
 *
 * Names are what the case said; a lookup can be held up, so that "while a name is
 * being looked up" is a state and not a matter of luck. An address can be made
 * silent: connecting to it neither succeeds nor fails. Everything else connects, or is
 * refused, and the kernel is through with that when connect() returns, though it says EINPROGRESS.
 *
 * Discarded: a listener with a full backlog, which is silent on some systems only.
 */
#ifndef FAKE_NET_H
#define FAKE_NET_H

#include <pthread.h>
#include <stdbool.h>

/* NAME has ADDRESSES, numbers with a blank between them; or its lookup fails with
 * ERROR, an EAI_ code. Names that nobody set are EAI_NONAME. The strings stay the
 * caller's. Up to 8 names. */
void fake_name(const char *name, const char *addresses, int error);

/* Lookups of NAME wait until fake_release(); NULL: of all names. */
void fake_hold(const char *name);
void fake_release(void);

/* Connecting to ADDRESS (up to 4 of them) is not answered. fake_noise() takes all of
 * that back and closes what stood for the silence. */
void fake_silence(const char *address);
void fake_noise(void);

/* From now on each connecting socket has the port that it connects to for its own, as it
 * happens now and then to ports that the system draws from. */
void fake_own_port(void);

struct fake_counts {
    int lookups; /* of names, begun */
    int held;    /* of those, waiting now */
    int lists;   /* answers that were not freed */
    pthread_t last_thread;  /* that looked a name up */
    int connects;
    char order[400]; /* the addresses that were connected to, each with a blank */
};
struct fake_counts fake_counts(void);

/* Waits, in real time, until so many lookups are held. */
void fake_wait_held(int count);

#endif
