/* SPDX-License-Identifier: Apache-2.0
 *
 * Connecting to a name: RFC 8305, "Happy Eyeballs Version 2", without its DNS part.
 *
 * The addresses are put in order, families in turn. One attempt is started; when it
 * fails, or after 250 ms, the next; the first that connects wins and the others are
 * cancelled. An attempt is a task of its own. It tells the connecting task by
 * completing a promise, `news`, of which there is one for each round: so the connecting
 * task waits for "something happened, or 250 ms passed".
 */
#define _POSIX_C_SOURCE 200809L
#define SYNI_IN_LIBRARY 1

#include "io/address.h"
#include "io/resolve.h"
#include "io/socket.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/fault.h"

#include <synchronicity/step.h>

enum { ATTEMPTS_MAX = 16, SAID = 101 };
#define ATTEMPT_DELAY 0.25 /* seconds; RFC 8305, section 5 */

SYN_PROMISE(void, news);

/* What the attempts share with the task that makes them; in its frame, which ends
 * only when they have. */
struct race {
    struct news_promise news;
    int winner; /* a connected socket; -1: none yet */
    int n_failed;
    syn_err last_error;
    char said[SAID]; /* what each failed attempt came to */
    size_t n_said;
};

/* --------------------------------------------------------- one attempt -- */

/* TCP lets a socket connect to itself, where the system drew the port that it connects to for
 * its own: then nobody listens there, and what is written comes back. Such a connection is
 * reset, since it would keep the port from the program that shall listen. */
static syn_err refuse_oneself(int fd)
{
    struct sockaddr_storage here = {0}, there = {0};
    socklen_t here_size = sizeof here, there_size = sizeof there;
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    if (getsockname(fd, (struct sockaddr *)&here, &here_size) < 0 ||
        getpeername(fd, (struct sockaddr *)&there, &there_size) < 0)
        return SYN_OK; /* reset already: the first read tells */
    if ((here.ss_family != AF_INET && here.ss_family != AF_INET6) || here_size != there_size ||
        memcmp(&here, &there, here_size) != 0)
        return SYN_OK;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    return ECONNREFUSED;
}

struct attempt;
static struct syn_step attempt_connected(struct attempt *self);
static struct syn_step attempt_writable(struct attempt *self);
static struct syn_step attempt_ends(struct attempt *self);

SYN_ASYNC(SYN_FREE, void, attempt, (struct race *, race), (struct addrinfo *, address),
          SYN_LOCAL(int, fd))
{
    syn_err err;

    self->fd = -1;
    syn_step_finally(self, attempt_ends);
    err = syni_socket(self->address->ai_family, SOCK_STREAM, &self->fd);
    if (err)
        return syn_step_fail(self, err);
    if (!syni_fault("connect") &&
        connect(self->fd, self->address->ai_addr, self->address->ai_addrlen) == 0)
        return attempt_connected(self);
    if (errno != EINPROGRESS && errno != EINTR)
        return syn_step_fail(self, errno);
    return syn_step_writable(self, self->fd, attempt_writable);
}

static struct syn_step attempt_writable(struct attempt *self)
{
    int error = syn_step_status(self);
    socklen_t size = sizeof error;

    if (!error && getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        error = errno;
    return error ? syn_step_fail(self, error) : attempt_connected(self);
}

static struct syn_step attempt_connected(struct attempt *self)
{
    syn_err err = refuse_oneself(self->fd);

    return err ? syn_step_fail(self, err) : syn_step_done(self);
}

/* "127.0.0.1:80: Connection refused", one after the other, as far as there is room. */
static void say_failure(struct race *race, const struct addrinfo *at, syn_err err)
{
    struct syn_address address;
    char text[SYN_ADDRESS_TEXT_MAX];
    size_t room = sizeof race->said - race->n_said;
    int n;

    syni_address_set(&address, at->ai_addr, at->ai_addrlen);
    n = snprintf(race->said + race->n_said, room, "%s%s: %s", race->n_said ? ", " : "",
                 syn_address_text(&address, text), syn_strerror(err));
    if (n > 0)
        race->n_said += (size_t)n < room ? (size_t)n : room - 1;
}

static struct syn_step attempt_ends(struct attempt *self)
{
    struct race *race = self->race;

    if (!syn_step_status(self) && race->winner < 0) {
        race->winner = self->fd;
        self->fd = -1;
    } else if (syn_step_status(self)) {
        race->last_error = syn_step_status(self);
        race->n_failed++;
        say_failure(race, self->address, race->last_error);
    }
    if (self->fd >= 0)
        syni_close(self->fd);
    syn_promise_complete(race->news);
    return syn_step_done(self);
}

/* ------------------------------------------------------------ the race -- */

static struct syn_step connect_resolved(struct syn_tcp_connect *self);
static struct syn_step start_next(struct syn_tcp_connect *self);
static struct syn_step connect_heard(struct syn_tcp_connect *self);
static struct syn_step connect_connect_ends(struct syn_tcp_connect *self);
static struct syn_step attempt_ended(struct syn_tcp_connect *self);

SYN_ASYNC_DEFINE(SYN_FREE, struct syn_stream *, syn_tcp_connect, SYN_COPY(const char *, host),
                 (int, port), SYN_LOCAL(struct addrinfo *, list),
                 SYN_LOCAL(struct addrinfo *, order[ATTEMPTS_MAX]), SYN_LOCAL(int, n),
                 SYN_LOCAL(struct attempt_future, attempts[ATTEMPTS_MAX]), SYN_LOCAL(int, started),
                 SYN_LOCAL(int, ended), SYN_LOCAL(struct race, race),
                 SYN_DESTROY(syni_socket_discard))
{
    self->race.winner = -1;
    self->race.last_error = SYN_ENOHOST;
    syn_step_finally(self, connect_connect_ends);
    return syn_step_await(self, syni_resolve(self->host, self->port), &self->list,
                          connect_resolved);
}

/* The addresses of the first one's family and the others in turn. */
static int put_in_order(struct addrinfo *list, struct addrinfo **order)
{
    struct addrinfo *same = list, *other = list;
    int n = 0;

    while ((same || other) && n < ATTEMPTS_MAX) {
        while (same && same->ai_family != list->ai_family)
            same = same->ai_next;
        if (same) {
            order[n++] = same;
            same = same->ai_next;
        }
        while (other && other->ai_family == list->ai_family)
            other = other->ai_next;
        if (other && n < ATTEMPTS_MAX) {
            order[n++] = other;
            other = other->ai_next;
        }
    }
    return n;
}

static struct syn_step connect_fail(struct syn_tcp_connect *self, syn_err err)
{
    char message[SYN_MESSAGE_MAX];

    snprintf(message, sizeof message, "cannot connect to %.60s port %d: %.100s", self->host,
             self->port, self->race.said);
    return syn_step_fail(self, err, message);
}

static struct syn_step connect_resolved(struct syn_tcp_connect *self)
{
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    self->n = put_in_order(self->list, self->order);
    return start_next(self);
}

/* False: there is no memory for it, and it would never tell any news. */
static bool start_attempt(struct syn_tcp_connect *self)
{
    struct attempt_future attempt = attempt_future(&self->race, self->order[self->started]);

    if (!attempt.u.handle.slot)
        return false;
    self->attempts[self->started++] = attempt;
    return true;
}

static struct syn_step start_next(struct syn_tcp_connect *self)
{
    struct syn_deadline until = syn_never();
    struct news_future news;

    if (self->race.winner < 0 && self->race.n_failed == self->n)
        return connect_fail(self, self->race.last_error);
    if (self->started < self->n && !start_attempt(self))
        return syn_step_fail(self, SYN_ENOMEM, "no memory to try an address");
    if (syn_promise_new(news, &self->race.news, &news) != SYN_OK)
        return syn_step_fail(self, SYN_ENOMEM, "no memory to try an address");
    if (self->started < self->n)
        until = syn_after(ATTEMPT_DELAY);
    return syn_step_await_by(self, news, until, connect_heard);
}

static struct syn_step connect_heard(struct syn_tcp_connect *self)
{
    struct syn_stream *stream;
    syn_err err;

    syn_promise_drop(self->race.news); /* if 250 ms passed; else it is done */
    if (self->race.winner < 0)
        return start_next(self);
    err = syni_socket_stream(self->race.winner, &stream);
    if (err)
        return syn_step_fail(self, err);
    self->race.winner = -1;
    return syn_step_return(self, stream);
}

/* Clean-up: the other attempts use our frame, so they end first. */
static struct syn_step connect_connect_ends(struct syn_tcp_connect *self)
{
    syn_promise_drop(self->race.news);
    for (int i = 0; i < self->started; i++)
        syn_future_request_cancel(self->attempts[i]);
    return attempt_ended(self);
}

static struct syn_step attempt_ended(struct syn_tcp_connect *self)
{
    if (self->ended < self->started)
        return syn_step_await(self, self->attempts[self->ended++], attempt_ended);
    if (self->race.winner >= 0)
        syni_close(self->race.winner); /* it connected while we gave up */
    syni_addresses_free(self->list);
    return syn_step_done(self);
}
