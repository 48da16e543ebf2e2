/* SPDX-License-Identifier: Apache-2.0
 *
 * Names to addresses, on a pool of their own: getaddrinfo() blocks and cannot be
 * interrupted, so it never runs on a loop, and a lookup that nobody wants any more is
 * let go. Addresses in numbers need no thread.
 *
 * A lookup that was let go keeps its thread until the resolver gives up, which without a
 * name server takes half a minute. So the pool is bounded, and it is not the one that
 * files are read on: lookups that hang hold up other lookups, and nothing else.
 *
 * Discarded: a thread per lookup, of which a burst would make thousands.
 */
#define _POSIX_C_SOURCE 200809L
#define SYNI_IN_LIBRARY 1

#include "io/resolve.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include <synchronicity/blocking.h>

#include "base/descriptor.h"
#include "base/fault.h"
#include "io/socket.h"

enum { LOOKUPS_AT_ONCE = 32 };

SYN_POOL(names, .max_threads = LOOKUPS_AT_ONCE, .hard_limit = LOOKUPS_AT_ONCE);

struct syn_pool *syn_lookup_pool(void)
{
    return &names;
}

static const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};

void syni_addresses_free(struct addrinfo *list)
{
    if (list)
        freeaddrinfo(list);
}

/* How many descriptors a resolver has open at once: files, a socket, what it loads. */
enum { LOOKUP_PIPES = 2 };

/* EMFILE or ENFILE when there are none for a lookup. The system's resolver does not say so: it
 * answers that the host is unknown, and may go on to believe what it could not read. */
static syn_err descriptors_are_short(void)
{
    int ends[LOOKUP_PIPES][2], n = 0;
    syn_err err = SYN_OK;

    while (!err && n < LOOKUP_PIPES) {
        err = syni_descriptor_pipe(ends[n]);
        n += !err;
    }
    while (n-- > 0) {
        syni_close(ends[n][0]);
        syni_close(ends[n][1]);
    }
    return err;
}

static syn_err code_of(int gai)
{
    switch (gai) {
    case EAI_MEMORY:
        return SYN_ENOMEM;
    case EAI_AGAIN:
    case EAI_FAIL:
        return SYN_ERESOLVE;
    case EAI_SYSTEM:
        return errno ? errno : SYN_EIO;
    default:
        return SYN_ENOHOST;
    }
}

/* Descriptors may have become short meanwhile: then whatever it answered, that is why. */
static syn_err look_up(const char *host, const char *port, struct addrinfo **out_list, int *out_gai)
{
    syn_err err = descriptors_are_short(), short_now;

    *out_gai = EAI_SYSTEM;
    if (err)
        return err;
    *out_gai = syni_fault("getaddrinfo") ? EAI_SYSTEM : getaddrinfo(host, port, &hints, out_list);
    if (*out_gai == 0)
        return SYN_OK;
    err = code_of(*out_gai);
    short_now = descriptors_are_short();
    return short_now ? short_now : err;
}

SYN_BLOCKING(names, struct addrinfo *, name_lookup, SYN_COPY(const char *, host),
             SYN_COPY(const char *, port), SYN_DESTROY(syni_addresses_free), SYN_ABANDONED_AT_ONCE)
{
    struct addrinfo *list = NULL;
    char message[SYN_MESSAGE_MAX];
    int gai;
    syn_err err = look_up(host, port, &list, &gai);

    if (err) {
        const char *why = err == EMFILE || err == ENFILE ? syn_strerror(err) : gai_strerror(gai);

        snprintf(message, sizeof message, "%.120s: %s", host, why);
        return syn_job_fail(job, err, message);
    }
    return list;
}

/* An answer that is known. */
static struct syni_addresses_future resolve_answer(syn_err err, struct addrinfo *list)
{
    struct syni_addresses_promise promise;
    struct syni_addresses_future future;

    if (syn_promise_new(syni_addresses, &promise, &future) != SYN_OK)
        syni_addresses_free(list);
    else if (err)
        syn_promise_fail(promise, err, "not a host and a port");
    else if (syn_promise_complete(promise, &list) != SYN_OK)
        syni_addresses_free(list);
    return future;
}

struct syni_addresses_future syni_resolve(const char *host, int port)
{
    struct syni_addresses_future future;
    struct addrinfo *list, numeric = hints;
    char service[12];

    if (!host || strlen(host) > 253 || port < 0 || port > 65535) /* a name has no more */
        return resolve_answer(SYN_EINVAL, NULL);
    snprintf(service, sizeof service, "%d", port);
    numeric.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    if (getaddrinfo(host, service, &numeric, &list) == 0)
        return resolve_answer(SYN_OK, list);
    future.u.handle = name_lookup_future(host, service).u.handle;
    return future;
}
