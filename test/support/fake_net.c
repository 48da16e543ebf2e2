/* SPDX-License-Identifier: Apache-2.0
 *
 * The system's calls that fake_net.h replaces. Any thread.
 *
 * They are replaced by being defined in the program: its own definition comes before
 * that of a library. Discarded: the linker's --wrap, which not every linker knows.
 * Behind it the real connect() is the next definition, or on Linux the kernel's own.
 */
#if defined(__linux__)
#define _DEFAULT_SOURCE /* not _GNU_SOURCE: glibc's connect() then has another type */
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#else
#define __BSD_VISIBLE 1
#endif

#include "support/fake_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#else
#include <dlfcn.h>
#endif

enum { NAMES_MAX = 8, SILENT_MAX = 4, STAND_INS_MAX = 32 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static struct {
    const char *name, *addresses;
    int error;
} names[NAMES_MAX];
static int n_names;
static const char *held_name;
static bool holding;
static const char *silent[SILENT_MAX];
static int n_silent;
static int stand_ins[STAND_INS_MAX];
static int n_stand_ins;
static bool own_port;
static struct fake_counts counts;

void fake_name(const char *name, const char *addresses, int error)
{
    pthread_mutex_lock(&lock);
    names[n_names].name = name;
    names[n_names].addresses = addresses;
    names[n_names++].error = error;
    pthread_mutex_unlock(&lock);
}

void fake_hold(const char *name)
{
    pthread_mutex_lock(&lock);
    holding = true;
    held_name = name;
    pthread_mutex_unlock(&lock);
}

void fake_release(void)
{
    pthread_mutex_lock(&lock);
    holding = false;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

void fake_wait_held(int count)
{
    pthread_mutex_lock(&lock);
    while (counts.held < count)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

struct fake_counts fake_counts(void)
{
    struct fake_counts now;

    pthread_mutex_lock(&lock);
    now = counts;
    pthread_mutex_unlock(&lock);
    return now;
}

/* --- names --- */

struct answer {
    struct addrinfo info;
    struct sockaddr_storage address;
};

/* TEXT, an address in numbers, as an answer of its own; NULL: it is none. */
static struct addrinfo *parse(const char *text, int port, int type)
{
    struct answer *a = calloc(1, sizeof *a);
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&a->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&a->address;

    a->info.ai_socktype = type;
    a->info.ai_addr = (struct sockaddr *)(void *)&a->address;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        a->info.ai_family = v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        a->info.ai_addrlen = sizeof *v4;
    } else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        a->info.ai_family = v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        a->info.ai_addrlen = sizeof *v6;
    } else {
        free(a);
        return NULL;
    }
    pthread_mutex_lock(&lock);
    counts.lists++;
    pthread_mutex_unlock(&lock);
    return &a->info;
}

void freeaddrinfo(struct addrinfo *list)
{
    while (list) {
        struct addrinfo *next = list->ai_next;

        free(list); /* the first field of its answer */
        list = next;
        pthread_mutex_lock(&lock);
        counts.lists--;
        pthread_mutex_unlock(&lock);
    }
}

static struct addrinfo *parse_all(const char *addresses, int port, int type)
{
    struct addrinfo *list = NULL, **end = &list;
    char copy[400], *rest = copy, *word;

    snprintf(copy, sizeof copy, "%s", addresses);
    while ((word = strtok_r(rest, " ", &rest))) {
        *end = parse(word, port, type);
        end = &(*end)->ai_next;
    }
    return list;
}

static int find_locked(const char *name)
{
    int i = 0;

    counts.lookups++;
    counts.last_thread = pthread_self();
    counts.held++;
    pthread_cond_broadcast(&changed);
    while (holding && (!held_name || strcmp(held_name, name) == 0))
        pthread_cond_wait(&changed, &lock);
    counts.held--;
    while (i < n_names && strcmp(names[i].name, name) != 0)
        i++;
    return i;
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **out_list)
{
    int port = service ? atoi(service) : 0, i;

    *out_list = parse(host ? host : "0.0.0.0", port, hints->ai_socktype);
    if (*out_list)
        return 0;
    if (hints->ai_flags & AI_NUMERICHOST)
        return EAI_NONAME;
    pthread_mutex_lock(&lock);
    i = find_locked(host);
    pthread_mutex_unlock(&lock);
    if (i == n_names)
        return EAI_NONAME;
    if (names[i].error)
        return names[i].error;
    *out_list = parse_all(names[i].addresses, port, hints->ai_socktype);
    return 0;
}

/* --- connecting --- */

void fake_silence(const char *address)
{
    pthread_mutex_lock(&lock);
    silent[n_silent++] = address;
    pthread_mutex_unlock(&lock);
}

void fake_own_port(void)
{
    pthread_mutex_lock(&lock);
    own_port = true;
    pthread_mutex_unlock(&lock);
}

void fake_noise(void)
{
    pthread_mutex_lock(&lock);
    while (n_stand_ins > 0)
        close(stand_ins[--n_stand_ins]);
    n_silent = 0;
    pthread_mutex_unlock(&lock);
}

/* FD becomes a socket that is not writable and never will be. */
static void make_silent(int fd)
{
    static const char bytes[4096];
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
        abort();
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    while (send(ends[0], bytes, sizeof bytes, 0) > 0)
        ;
    while (send(ends[0], bytes, 1, 0) > 0)
        ;
    dup2(ends[0], fd);
    close(ends[0]);
    stand_ins[n_stand_ins++] = ends[1];
}

static bool is_silent_locked(const char *text)
{
    for (int i = 0; i < n_silent; i++)
        if (strcmp(silent[i], text) == 0)
            return true;
    return false;
}

static int really_connect(int fd, const struct sockaddr *address, socklen_t size)
{
#if defined(__linux__)
    return (int)syscall(SYS_connect, fd, address, size);
#else
    int (*real)(int, const struct sockaddr *, socklen_t);
    void *found = dlsym(RTLD_NEXT, "connect");

    memcpy(&real, &found, sizeof real);
    return real(fd, address, size);
#endif
}

/* What the kernel does later is done when this returns, whatever it says: virtual time does not wait for it. */
static int connect_to_the_end(int fd, const struct sockaddr *address, socklen_t size)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int err = really_connect(fd, address, size), error = errno;

    if (err && error == EINPROGRESS)
        poll(&p, 1, 10000);
    errno = error;
    return err;
}

int connect(int fd, const struct sockaddr *address, socklen_t size)
{
    char text[INET6_ADDRSTRLEN] = "?";
    bool answered;

    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, text,
                  sizeof text);
    else if (address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, text,
                  sizeof text);
    pthread_mutex_lock(&lock);
    counts.connects++;
    strncat(counts.order, text, sizeof counts.order - strlen(counts.order) - 1);
    strncat(counts.order, " ", sizeof counts.order - strlen(counts.order) - 1);
    answered = !is_silent_locked(text);
    if (!answered)
        make_silent(fd);
    if (own_port && bind(fd, address, size) < 0)
        abort();
    pthread_mutex_unlock(&lock);
    if (answered)
        return connect_to_the_end(fd, address, size);
    errno = EINPROGRESS;
    return -1;
}
