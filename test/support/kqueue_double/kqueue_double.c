/* SPDX-License-Identifier: Apache-2.0
 *
 * kqueue() and kevent() over epoll, written from FreeBSD's kqueue(2), so that
 * the kqueue backend runs where the tests run. Test code, never shipped.
 *
 * A queue is an epoll descriptor, so that close() closes it like any other; what epoll cannot hold lies in a table by the
 * queue's number, which the next kqueue() of that number resets. EVFILT_USER is one eventfd for the process that is always
 * ready: to trigger is to add it to the queue's epoll set, to clear is to take it out, so that a queue owns nothing that
 * close() would leave open.
 *
 * Where the page leaves a choice, the double takes the one that is harder on the
 * caller, as some real kernel does: adding a filter again changes its udata but
 * not EV_ONESHOT or EV_CLEAR; the first failing change ends the call; a process that has ended and was
 * not waited for is none (ESRCH).
 *
 * A queue that watches a process is its pidfd, under the queue's number: so close() closes it, and
 * others may wait for the queue. Such a queue watches nothing else, and never did (EINVAL).
 *
 * Not done: low water marks for descriptors (EINVAL), an event of one that has EV_CLEAR (aborts: such a filter must be gone
 * before a wait), regular files (EPERM), data of READ, WRITE and PROC (0), EV_DISPATCH, other filters.
 */
#define _GNU_SOURCE /* ppoll, dup3 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/event.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { READ_SIDE, WRITE_SIDE, SIDES, QUEUES = 1024, USERS = 4, BATCH = 64 };

struct note {
    bool exists, disabled, triggered;
    unsigned short flags;
    uintptr_t ident;
    void *udata;
};

struct watched {
    struct note side[SIDES];
    uint32_t generation; /* tells it from an older file under the same number */
};

struct queue {
    bool exists;
    struct watched *by_fd;
    size_t numbers;
    struct note users[USERS];
    struct note process;
    uint32_t generation;
};

static const uint64_t user_data = UINT64_MAX;

/* Guards all below; taken with signals blocked, as handlers trigger too. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct queue queues[QUEUES];
static int always_ready = -1;

static void lock_before_fork(void)
{
    pthread_mutex_lock(&lock);
}

static void unlock_in_parent(void)
{
    pthread_mutex_unlock(&lock);
}

/* A number that was a queue's may have become another file's. PROBE is watched by no queue; the parent shares what one
 * watches. */
static bool is_epoll(int fd, int probe)
{
    struct epoll_event none = {0};

    return epoll_ctl(fd, EPOLL_CTL_DEL, probe, &none) != 0 && errno == ENOENT;
}

static bool is_pidfd(int fd)
{
#ifdef SYS_pidfd_send_signal
    return syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) == 0 || errno == ESRCH || errno == EPERM;
#else
    (void)fd;
    return false;
#endif
}

/* "The queue is not inherited by a child created with fork(2)". */
static void lose_queues_in_child(void)
{
    int probe = dup(always_ready);

    for (int kq = 0; kq < QUEUES; kq++) {
        if (queues[kq].exists && (queues[kq].process.exists ? is_pidfd(kq) : is_epoll(kq, probe)))
            close(kq);
        queues[kq].exists = false;
    }
    close(probe);
    pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void begin(void)
{
    always_ready = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_atfork(lock_before_fork, unlock_in_parent, lose_queues_in_child);
}

/* Of a plug-in that is unloaded. */
__attribute__((destructor)) static void close_always_ready(void)
{
    close(always_ready);
}

static void enter(sigset_t *out_old)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, out_old);
    pthread_mutex_lock(&lock);
}

static void leave(const sigset_t *old)
{
    pthread_mutex_unlock(&lock);
    pthread_sigmask(SIG_SETMASK, old, NULL);
}

int kqueue(void)
{
    int kq = epoll_create1(0);
    if (kq < 0)
        return -1;
    if (kq >= QUEUES) {
        close(kq);
        errno = EMFILE;
        return -1;
    }
    sigset_t old;
    enter(&old);
    free(queues[kq].by_fd);
    queues[kq] = (struct queue){.exists = true};
    leave(&old);
    return kq;
}

static bool is_on(const struct note *note)
{
    return note->exists && !note->disabled;
}

static struct epoll_event registration(const struct watched *watched, int fd)
{
    struct epoll_event event = {.data.u64 = (uint64_t)watched->generation << 32 | (uint32_t)fd};
    event.events |= is_on(&watched->side[READ_SIDE]) ? EPOLLIN | EPOLLRDHUP : 0;
    event.events |= is_on(&watched->side[WRITE_SIDE]) ? EPOLLOUT : 0;
    return event;
}

/* Makes epoll's registration of FD what the notes say. */
static int update(int kq, struct watched *watched, int fd)
{
    struct epoll_event event = registration(watched, fd);
    if (event.events == 0)
        return epoll_ctl(kq, EPOLL_CTL_DEL, fd, &event) == 0 || errno == ENOENT ? 0 : errno;
    if (epoll_ctl(kq, EPOLL_CTL_MOD, fd, &event) == 0)
        return 0;
    watched->generation = ++queues[kq].generation;
    event = registration(watched, fd);
    return epoll_ctl(kq, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
}

static struct watched *find_watched(struct queue *queue, size_t fd)
{
    if (fd >= queue->numbers) {
        struct watched *grown = realloc(queue->by_fd, (fd + 64) * sizeof *grown);
        if (grown == NULL)
            return NULL;
        memset(grown + queue->numbers, 0, (fd + 64 - queue->numbers) * sizeof *grown);
        queue->by_fd = grown;
        queue->numbers = fd + 64;
    }
    return &queue->by_fd[fd];
}

/* "Calling close() on a descriptor will remove any kevents that reference it": a
 * number without its registration was closed, and its notes with it. */
static void forget_if_closed(int kq, struct watched *watched, int fd)
{
    struct epoll_event event = registration(watched, fd);
    if (event.events != 0 && epoll_ctl(kq, EPOLL_CTL_MOD, fd, &event) != 0)
        memset(watched->side, 0, sizeof watched->side);
}

/* The part that all filters share. Returns an errno value. */
static int edit(struct note *note, const struct kevent *change)
{
    if (!note->exists && !(change->flags & EV_ADD))
        return ENOENT;
    if (change->flags & EV_DELETE) {
        *note = (struct note){0};
        return 0;
    }
    if (!note->exists)
        *note = (struct note){
            .exists = true,
            .ident = change->ident,
            .flags = change->flags & (EV_ONESHOT | EV_CLEAR),
        };
    note->udata = change->udata;
    if (change->flags & EV_DISABLE)
        note->disabled = true;
    else if (change->flags & (EV_ADD | EV_ENABLE))
        note->disabled = false;
    return 0;
}

static int change_descriptor(int kq, const struct kevent *change)
{
    int fd = (int)change->ident;
    if (fcntl(fd, F_GETFD) < 0)
        return EBADF;
    if (change->fflags != 0)
        return EINVAL;
    struct watched *watched = find_watched(&queues[kq], (size_t)fd);
    if (watched == NULL)
        return ENOMEM;
    forget_if_closed(kq, watched, fd);
    struct note *note = &watched->side[change->filter == EVFILT_READ ? READ_SIDE : WRITE_SIDE];
    struct note before = *note;
    int error = edit(note, change);
    if (error == 0)
        error = update(kq, watched, fd);
    if (error != 0)
        *note = before;
    return error;
}

/* The always ready eventfd is in the set as long as some note is to be reported. */
static void update_users(int kq)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = user_data};
    bool any = false;
    for (int i = 0; i < USERS; i++) {
        const struct note *note = &queues[kq].users[i];
        any = any || (is_on(note) && note->triggered);
    }
    epoll_ctl(kq, any ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, always_ready, &event);
}

static int change_user(int kq, const struct kevent *change)
{
    struct note *found = NULL, *unused = NULL;
    for (int i = 0; i < USERS; i++) {
        struct note *note = &queues[kq].users[i];
        if (note->exists && note->ident == change->ident)
            found = note;
        else if (!note->exists)
            unused = note;
    }
    if (found == NULL && unused == NULL)
        return ENOMEM;
    int error = edit(found ? found : unused, change);
    if (error == 0 && found && change->fflags & NOTE_TRIGGER)
        found->triggered = true;
    update_users(kq);
    return error;
}

/* FILE takes the place of what is under KQ, and keeps its close-on-exec. */
static void become(int kq, int file)
{
    int flags = fcntl(kq, F_GETFD);

    dup3(file, kq, flags & FD_CLOEXEC ? O_CLOEXEC : 0);
    close(file);
}

static int open_process(pid_t id)
{
#ifdef SYS_pidfd_open
    int fd = (int)syscall(SYS_pidfd_open, id, 0);
    struct pollfd ended = {.fd = fd, .events = POLLIN};

    if (fd < 0 || poll(&ended, 1, 0) == 0)
        return fd;
    close(fd);
    errno = ESRCH;
#else
    (void)id;
    errno = ENOSYS;
#endif
    return -1;
}

static int change_process(int kq, const struct kevent *change)
{
    struct queue *queue = &queues[kq];
    bool is_new = queue->numbers == 0 && !queue->users[0].exists;
    int fd;

    if (change->fflags != (change->flags & EV_ADD ? NOTE_EXIT : 0) ||
        (queue->process.exists ? queue->process.ident != change->ident : !is_new))
        return EINVAL;
    if (!queue->process.exists && change->flags & EV_ADD) {
        fd = open_process((pid_t)change->ident);
        if (fd < 0)
            return errno;
        become(kq, fd);
    }
    if (queue->process.exists && change->flags & EV_DELETE)
        become(kq, epoll_create1(0));
    return edit(&queue->process, change);
}

static int apply(int kq, const struct kevent *change)
{
    if (change->filter == EVFILT_PROC)
        return change_process(kq, change);
    if (queues[kq].process.exists)
        return EINVAL;
    if (change->filter == EVFILT_USER)
        return change_user(kq, change);
    if (change->filter == EVFILT_READ || change->filter == EVFILT_WRITE)
        return change_descriptor(kq, change);
    return EINVAL;
}

/* Returns how many answers there are in EVENTLIST, or -1. */
static int apply_all(int kq, const struct kevent *changes, int n, struct kevent *eventlist,
                     int room)
{
    int answers = 0;
    for (int i = 0; i < n; i++) {
        struct kevent answer = changes[i]; /* the lists may be one array */
        int error = apply(kq, &answer);
        if (error == 0 && !(answer.flags & EV_RECEIPT))
            continue;
        if (answers == room) {
            errno = error;
            return error ? -1 : answers;
        }
        answer.flags |= EV_ERROR;
        answer.data = error;
        eventlist[answers++] = answer;
    }
    return answers;
}

/* Returns 1, the entries made. */
static int emit(struct note *note, short filter, unsigned short eof, struct kevent *out)
{
    EV_SET(out, note->ident, filter, note->flags | eof, 0, 0, note->udata);
    if (note->flags & EV_CLEAR)
        note->triggered = false;
    if (note->flags & EV_ONESHOT)
        *note = (struct note){0};
    return 1;
}

static int emit_users(int kq, struct kevent *out, int room)
{
    int n = 0;
    for (int i = 0; i < USERS && n < room; i++) {
        struct note *note = &queues[kq].users[i];
        if (is_on(note) && note->triggered)
            n += emit(note, EVFILT_USER, 0, &out[n]);
    }
    update_users(kq);
    return n;
}

static int emit_descriptor(int kq, int fd, uint32_t events, struct kevent *out, int room)
{
    struct watched *watched = &queues[kq].by_fd[fd];
    struct note *reader = &watched->side[READ_SIDE], *writer = &watched->side[WRITE_SIDE];
    const uint32_t ends = EPOLLHUP | EPOLLERR;
    int n = 0;
    if ((reader->flags | writer->flags) & EV_CLEAR)
        abort();
    if (n < room && is_on(reader) && events & (EPOLLIN | EPOLLRDHUP | ends))
        n += emit(reader, EVFILT_READ, events & (EPOLLRDHUP | ends) ? EV_EOF : 0, &out[n]);
    if (n < room && is_on(writer) && events & (EPOLLOUT | ends))
        n += emit(writer, EVFILT_WRITE, events & ends ? EV_EOF : 0, &out[n]);
    update(kq, watched, fd);
    return n;
}

/* A closed descriptor with a file that lives on through dup() stays in an epoll set and
 * cannot be taken out. So a new set takes the old one's place. */
static void rebuild(int kq)
{
    for (size_t fd = 0; fd < queues[kq].numbers; fd++)
        forget_if_closed(kq, &queues[kq].by_fd[fd], (int)fd);
    become(kq, epoll_create1(0));
    update_users(kq);
    for (size_t fd = 0; fd < queues[kq].numbers; fd++) {
        struct watched *watched = &queues[kq].by_fd[fd];
        if (registration(watched, (int)fd).events != 0)
            update(kq, watched, (int)fd);
    }
}

static int emit_process(int kq, struct kevent *out)
{
    struct note *note = &queues[kq].process;
    int n;

    if (!is_on(note))
        return 0;
    n = emit(note, EVFILT_PROC, EV_EOF, out);
    out->fflags = NOTE_EXIT;
    if (!note->exists)
        become(kq, epoll_create1(0));
    return n;
}

static int collect(int kq, struct kevent *out, int room)
{
    if (queues[kq].process.exists)
        return emit_process(kq, out);
    struct epoll_event batch[BATCH];
    int n = 0, ready = epoll_wait(kq, batch, room < BATCH ? room : BATCH, 0);
    for (int i = 0; i < ready; i++) {
        uint64_t data = batch[i].data.u64;
        int fd = (int)(uint32_t)data;
        if (data == user_data) {
            n += emit_users(kq, out + n, room - n);
        } else if (queues[kq].by_fd[fd].generation == (uint32_t)(data >> 32)) {
            n += emit_descriptor(kq, fd, batch[i].events, out + n, room - n);
        } else {
            rebuild(kq);
            break;
        }
    }
    return n;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Sleeps until the set has something to say, without the lock. Returns what
 * ppoll() does. */
static int sleep_until(int kq, bool limited, int64_t end_ns)
{
    struct pollfd set = {.fd = kq, .events = POLLIN};
    int64_t left = limited ? end_ns - now_ns() : 0;
    if (left < 0)
        left = 0;
    struct timespec limit = {left / 1000000000, left % 1000000000};
    return ppoll(&set, 1, limited ? &limit : NULL, NULL);
}

/* Its number may be another file by now. To look takes nothing: all is level-triggered. */
static bool is_queue(int kq)
{
    struct epoll_event seen;
    if (kq < 0 || kq >= QUEUES)
        return false;
    return queues[kq].process.exists ? is_pidfd(kq) : epoll_wait(kq, &seen, 1, 0) >= 0;
}

int kevent(int kq, const struct kevent *changelist, int nchanges, struct kevent *eventlist,
           int nevents, const struct timespec *timeout)
{
    if (!is_queue(kq)) {
        errno = EBADF;
        return -1;
    }
    sigset_t old;
    enter(&old);
    int n = apply_all(kq, changelist, nchanges, eventlist, nevents);
    leave(&old);
    if (n != 0 || nevents == 0)
        return n;
    int64_t end_ns = now_ns();
    if (timeout != NULL)
        end_ns += timeout->tv_sec * INT64_C(1000000000) + timeout->tv_nsec;
    for (;;) {
        int ready = sleep_until(kq, timeout != NULL, end_ns);
        if (ready <= 0)
            return ready;
        enter(&old);
        n = collect(kq, eventlist, nevents);
        leave(&old);
        if (n > 0)
            return n;
    }
}
