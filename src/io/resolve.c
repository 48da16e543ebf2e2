/* SPDX-License-Identifier: Apache-2.0
 *
 * Names to addresses, on worker threads: getaddrinfo() blocks and cannot be
 * interrupted, so it never runs on a loop.
 *
 * Up to four workers take lookups from one queue and end when they have been idle
 * for a while. Who waits awaits a promise; cancelling that only lets go of it, and
 * the worker's late answer is destroyed. Addresses in numbers need no worker.
 * A lookup takes part in a virtual clock as one who works: time stands still.
 *
 * Discarded: a thread per lookup, of which a burst would make thousands.
 */
#define _POSIX_C_SOURCE 200809L
#define SYNI_IN_LIBRARY 1

#include "io/socket.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/thread.h"

enum { WORKERS_MAX = 4, IDLE_NS = 2000000000, STACK = 512 * 1024 };

struct lookup {
    struct syni_list link;
    struct syni_addresses_promise promise;
    struct syni_sleeper clock; /* never idle */
    char port[12];
    char host[256]; /* a name has at most 253 characters */
};

static struct syni_mutex lock = SYNI_MUTEX_INIT;
static struct syni_cond work; /* made with the first worker */
static struct syni_list queue = {&queue, &queue};
static int n_workers, n_idle, n_queued;
static bool made;

static const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};

void syni_addresses_free(struct addrinfo *list)
{
    if (list)
        freeaddrinfo(list);
}

static syn_err code_of(int gai)
{
    switch (gai) {
    case EAI_MEMORY:
        return SYN_ENOMEM;
    case EAI_AGAIN:
        return SYN_EAGAIN;
    case EAI_SYSTEM:
        return errno ? errno : SYN_EIO;
    default:
        return ENOENT;
    }
}

/* Completes PROMISE with the outcome of a getaddrinfo(). */
static void answer(struct syni_addresses_promise promise, int gai, struct addrinfo *list,
                   const char *host)
{
    char message[SYN_MESSAGE_MAX];

    if (gai) {
        syn_err err = code_of(gai);

        snprintf(message, sizeof message, "%.120s: %s", host, gai_strerror(gai));
        syn_promise_fail(promise, err, message);
    } else if (syn_promise_complete(promise, &list) != SYN_OK) {
        freeaddrinfo(list);
    }
}

static bool never_pending(struct syni_sleeper *sleeper)
{
    (void)sleeper;
    return false;
}

static struct lookup *new_lookup(struct syni_addresses_promise promise, const char *host,
                                 const char *port)
{
    struct lookup *lookup = syni_alloc(sizeof *lookup);

    if (!lookup)
        return NULL;
    lookup->promise = promise;
    snprintf(lookup->host, sizeof lookup->host, "%s", host);
    snprintf(lookup->port, sizeof lookup->port, "%s", port);
    lookup->clock.pending = never_pending;
    syni_clock_enter(syni_clock_default(), &lookup->clock);
    return lookup;
}

static void free_lookup(struct lookup *lookup)
{
    if (lookup)
        syni_clock_leave(&lookup->clock);
    syni_free(lookup, sizeof *lookup);
}

static void look_up(struct lookup *lookup)
{
    struct addrinfo *list = NULL;
    int gai = syni_fault("getaddrinfo") ? EAI_SYSTEM
                                        : getaddrinfo(lookup->host, lookup->port, &hints, &list);

    answer(lookup->promise, gai, list, lookup->host);
    free_lookup(lookup);
}

/* The next lookup; NULL after a while without one. */
static struct lookup *next_locked(void)
{
    int64_t until = syni_now() + IDLE_NS;
    struct lookup *lookup;

    n_idle++;
    while (syni_list_empty(&queue))
        if (!syni_cond_wait_until(&work, &lock, until))
            break;
    n_idle--;
    if (syni_list_empty(&queue))
        return NULL;
    lookup = SYNI_CONTAINER(queue.next, struct lookup, link);
    syni_list_remove(&lookup->link);
    n_queued--;
    return lookup;
}

static void worker(void *unused)
{
    struct lookup *lookup;

    (void)unused;
    syni_mutex_lock(&lock);
    while ((lookup = next_locked())) {
        syni_mutex_unlock(&lock);
        look_up(lookup);
        syni_mutex_lock(&lock);
    }
    n_workers--;
    syni_mutex_unlock(&lock);
}

/* Somebody will take it, or it cannot be had. */
static syn_err enqueue_locked(struct lookup *lookup)
{
    struct syni_thread thread;
    syn_err err;

    if (!made) {
        syni_cond_init(&work);
        made = true;
    }
    if (n_queued >= n_idle && n_workers < WORKERS_MAX) { /* the idle ones have work already */
        err = syni_thread_start(&thread, "resolver", STACK, worker, NULL);
        if (err && n_workers == 0)
            return err;
        if (!err) {
            n_workers++;
            syni_thread_detach(&thread);
        }
    }
    syni_list_append(&queue, &lookup->link);
    n_queued++;
    syni_cond_signal(&work);
    return SYN_OK;
}

static void give_to_worker(struct syni_addresses_promise promise, const char *host,
                           const char *port)
{
    struct lookup *lookup = new_lookup(promise, host, port);
    syn_err err = SYN_ENOMEM;

    if (lookup) {
        syni_mutex_lock(&lock);
        err = enqueue_locked(lookup);
        syni_mutex_unlock(&lock);
    }
    if (err) {
        free_lookup(lookup);
        syn_promise_fail(promise, err, "the name could not be looked up");
    }
}

struct syni_addresses_future syni_resolve(const char *host, int port)
{
    struct syni_addresses_future future;
    struct syni_addresses_promise promise;
    struct addrinfo *list, numeric = hints;
    char service[12];

    if (syn_promise_new(syni_addresses, &promise, &future) != SYN_OK) {
        future.u.handle.slot = NULL;
        future.u.handle.generation = SYN_ENOMEM;
        return future;
    }
    if (!host || strlen(host) > 253 || port < 0 || port > 65535) {
        syn_promise_fail(promise, SYN_EINVAL, "not a host and a port");
        return future;
    }
    snprintf(service, sizeof service, "%d", port);
    numeric.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    if (getaddrinfo(host, service, &numeric, &list) == 0)
        answer(promise, 0, list, host);
    else
        give_to_worker(promise, host, service);
    return future;
}
