/* SPDX-License-Identifier: Apache-2.0
 *
 * Waiting for descriptors: a table by number, at most one waiter per direction.
 *
 * Two ways, because descriptors have two kinds of owner:
 *
 * - KEPT: its owner tells us before closing it. It stays registered with the
 *   kernel, level-triggered; interest is added when a waiter comes and taken away
 *   only when the kernel reports readiness that nobody waits for. A client that
 *   asks and waits for the answer, again and again, makes no system call for
 *   waiting but the wait itself.
 * - ANY OTHER: somebody else's library may close it at any time, and its number
 *   may come back as another file, which the kernel would not tell us. So each
 *   wait registers it anew, for one event, under a new tag.
 *
 * What is ALWAYS READY, such as /dev/null, some kernels do not watch: a job makes its waiters
 * ready in the next turn.
 *
 * An ORPHAN is what a kernel goes on watching although its number was closed: epoll watches
 * the open file, which lives on through dup() or in a child. No call by number reaches it, and
 * it may be ready for ever. An event that nobody wants in so many waits, one after the other,
 * is taken for one; then the poller forgets everything, and what is waited for is registered
 * anew. (Discarded: to do so at the first, which may be left over from a wait that was given
 * up.)
 *
 * Only the driver.
 */
#include "loop/watch.h"

#include <fcntl.h>
#include <string.h>

#include "base/mem.h"
#include "base/say.h"
#include "loop/role.h"

enum { BOTH = SYNI_READ | SYNI_WRITE, ORPHAN_AFTER = 8 };

struct syni_fd_entry {
    struct syni_fd_wait *reader, *writer;
    uint32_t tag;   /* of the latest registration */
    unsigned armed; /* kept only: the directions that the kernel watches */
    bool kept;
    bool known;                /* the kernel was told about this number before */
    bool prompt;               /* on the list of what is always ready */
    uint32_t prompt_tag;       /* of the registration that was found to be so */
    int next_prompt;           /* the number after it on that list, plus 1; 0: the last */
    unsigned unwanted;         /* waits in a row that had an event for nobody */
    unsigned long unwanted_at; /* the latest of them, as counts.waits says */
};

static struct syni_fd_wait **watch_place_of(struct syni_fd_entry *entry, unsigned direction)
{
    return direction == SYNI_READ ? &entry->reader : &entry->writer;
}

static unsigned wanted(const struct syni_fd_entry *entry)
{
    return (entry->reader ? SYNI_READ : 0u) | (entry->writer ? SYNI_WRITE : 0u);
}

static struct syni_fd_entry *watch_find(struct syni_loop *loop, int fd)
{
    return fd >= 0 && fd < loop->n_fds ? &loop->fds[fd] : NULL;
}

/* Makes room for FD. What is not open is found out here and not by asking for as
 * much memory as an absurd number takes. */
static syn_err watch_grow(struct syni_loop *loop, int fd)
{
    struct syni_fd_entry *grown;
    int n = loop->n_fds ? loop->n_fds : 64;

    SYNI_DRIVEN(loop);
    if (fcntl(fd, F_GETFD) < 0)
        return SYN_EBADF;
    while (n <= fd)
        n = n > INT32_MAX / 2 ? INT32_MAX : n * 2;
    grown = syni_alloc((size_t)n * sizeof *grown);
    if (!grown)
        return SYN_ENOMEM;
    if (loop->n_fds)
        memcpy(grown, loop->fds, (size_t)loop->n_fds * sizeof *grown);
    syni_free(loop->fds, (size_t)loop->n_fds * sizeof *grown);
    loop->fds = grown;
    loop->n_fds = n;
    return SYN_OK;
}

static syn_err find_or_add(struct syni_loop *loop, int fd, struct syni_fd_entry **out_entry)
{
    syn_err err = fd < 0 ? SYN_EBADF : fd < loop->n_fds ? SYN_OK : watch_grow(loop, fd);

    if (!err)
        *out_entry = &loop->fds[fd];
    return err;
}

static syn_err tell_kernel(struct syni_loop *loop, int fd, unsigned want)
{
    SYNI_DRIVEN(loop);
    syni_count(&loop->counts.watches);
    return loop->backend->watch(loop->poller, fd, loop->fds[fd].tag, want);
}

/* Takes out the waiters of the directions READY, and tells them. By number, because
 * one that is told may begin another wait, and that may move the table. */
static void make_ready(struct syni_loop *loop, int fd, unsigned ready)
{
    SYNI_DRIVEN(loop);
    for (unsigned direction = SYNI_READ; direction <= SYNI_WRITE; direction <<= 1) {
        struct syni_fd_wait **place = watch_place_of(watch_find(loop, fd), direction),
                            *wait = *place;

        if (!wait || !(ready & direction))
            continue;
        SYNI_INVARIANT(8, loop->n_fd_waits > 0);
        *place = NULL;
        loop->n_fd_waits--;
        wait->ready(wait);
    }
}

static void fire_prompts(struct syni_job *job)
{
    struct syni_loop *loop = SYNI_CONTAINER(job, struct syni_loop, prompt_job);
    int next = loop->first_prompt;

    SYNI_DRIVEN(loop);
    SYNI_INVARIANT(6, !loop->passes_events);
    loop->prompting = false;
    loop->first_prompt = 0;
    while (next) {
        int fd = next - 1;
        struct syni_fd_entry *entry = &loop->fds[fd];

        next = entry->next_prompt;
        entry->prompt = false;
        if (entry->prompt_tag == entry->tag)
            make_ready(loop, fd, BOTH);
    }
}

/* FD is always ready: its waiters become so, later. */
static void list_prompt(struct syni_loop *loop, struct syni_fd_entry *entry, int fd)
{
    entry->prompt_tag = entry->tag;
    if (entry->prompt)
        return;
    entry->prompt = true;
    entry->next_prompt = loop->first_prompt;
    loop->first_prompt = fd + 1;
    if (loop->prompting)
        return;
    loop->prompting = true;
    loop->prompt_job.run = fire_prompts;
    syni_loop_ready(loop, &loop->prompt_job);
}

/* Registers what ENTRY's waiters want. When that fails the registration is lost. */
static syn_err watch_arm(struct syni_loop *loop, struct syni_fd_entry *entry, int fd)
{
    unsigned want = wanted(entry);
    syn_err err;

    SYNI_DRIVEN(loop);
    if (entry->kept && (entry->armed & want) == want)
        return SYN_OK;
    if (entry->kept) {
        want |= entry->armed;
        err = tell_kernel(loop, fd, want | (entry->known ? 0u : SYNI_FRESH));
        entry->armed = err ? 0 : want;
    } else {
        entry->tag++;
        err = tell_kernel(loop, fd, want | SYNI_ONCE | (entry->known ? 0u : SYNI_FRESH));
    }
    entry->known = !err;
    if (err != SYN_EALREADY)
        return err;
    list_prompt(loop, entry, fd);
    return SYN_OK;
}

/* Registers what is left to wait for. When that fails all find out by trying. */
static void arm_again(struct syni_loop *loop, int fd)
{
    struct syni_fd_entry *entry = watch_find(loop, fd);

    if (wanted(entry) && watch_arm(loop, entry, fd))
        make_ready(loop, fd, BOTH);
}

static void watch_place(struct syni_loop *loop, struct syni_fd_wait *wait)
{
    if (!wait)
        return;
    SYNI_INVARIANT(8, !*watch_place_of(watch_find(loop, wait->fd), wait->direction));
    *watch_place_of(watch_find(loop, wait->fd), wait->direction) = wait;
    loop->n_fd_waits++;
}

/* One of the two may be NULL. */
static syn_err watch_start(struct syni_loop *loop, int fd, struct syni_fd_wait *reader,
                           struct syni_fd_wait *writer)
{
    struct syni_fd_entry *entry = NULL;
    syn_err err = find_or_add(loop, fd, &entry);

    SYNI_DRIVEN(loop);
    if (err)
        return err;
    if ((reader && entry->reader) || (writer && entry->writer))
        return SYN_EBUSY;
    watch_place(loop, reader);
    watch_place(loop, writer);
    err = watch_arm(loop, entry, fd);
    if (!err)
        return SYN_OK;
    if (reader)
        syni_watch_stop(loop, reader);
    if (writer)
        syni_watch_stop(loop, writer);
    make_ready(loop, fd, BOTH); /* the other one finds out by trying */
    return err;
}

syn_err syni_watch_start(struct syni_loop *loop, struct syni_fd_wait *wait)
{
    bool reads = wait->direction == SYNI_READ;

    SYNI_DRIVEN(loop);
    return watch_start(loop, wait->fd, reads ? wait : NULL, reads ? NULL : wait);
}

syn_err syni_watch_start_both(struct syni_loop *loop, struct syni_fd_wait *reader,
                              struct syni_fd_wait *writer)
{
    SYNI_DRIVEN(loop);
    return watch_start(loop, reader->fd, reader, writer);
}

void syni_watch_stop(struct syni_loop *loop, struct syni_fd_wait *wait)
{
    struct syni_fd_entry *entry = watch_find(loop, wait->fd);

    SYNI_DRIVEN(loop);
    if (!entry || *watch_place_of(entry, wait->direction) != wait)
        return;
    SYNI_INVARIANT(8, loop->n_fd_waits > 0);
    *watch_place_of(entry, wait->direction) = NULL;
    loop->n_fd_waits--;
}

syn_err syni_watch_keep(struct syni_loop *loop, int fd)
{
    struct syni_fd_entry *entry = NULL;
    syn_err err = find_or_add(loop, fd, &entry);

    SYNI_DRIVEN(loop);
    if (err)
        return err;
    entry->tag++;
    entry->armed = 0;
    entry->kept = true;
    arm_again(loop, fd);
    return SYN_OK;
}

void syni_watch_forget(struct syni_loop *loop, int fd)
{
    struct syni_fd_entry *entry = watch_find(loop, fd);

    SYNI_DRIVEN(loop);
    if (!entry)
        return;
    if (entry->known)
        tell_kernel(loop, fd, 0);
    entry->tag++;
    entry->armed = 0;
    entry->kept = false;
    entry->known = false;
    if (entry->reader)
        entry->reader->forgotten = true;
    if (entry->writer)
        entry->writer->forgotten = true;
    make_ready(loop, fd, BOTH);
}

/* Ready, and nobody cares: be silent until somebody does. Only where that would keep the
 * loop from sleeping: while jobs are ready, the one that is going to care may be among them. */
static void disarm(struct syni_loop *loop, struct syni_fd_entry *entry, int fd)
{
    SYNI_DRIVEN(loop);
    entry->armed = wanted(entry);
    entry->known = entry->armed != 0;
    if (!tell_kernel(loop, fd, entry->armed))
        return;
    entry->armed = 0;
    entry->known = false;
    make_ready(loop, fd, BOTH);
}

/* The poller forgets all, what is waited for is registered anew. Without descriptors for that
 * nothing changes, and the next event tries again. */
static void watch_renew(struct syni_loop *loop, int orphan)
{
    if (!loop->backend->renew || loop->backend->renew(loop->poller) != SYN_OK)
        return;
    syni_print("%s: descriptor %d was closed while it was watched, and its file lives on under "
             "another number or in another process; it is watched no more. Call "
             "syn_forget_descriptor() before close()",
             loop->name ? loop->name : "?", orphan);
    for (int fd = 0; fd < loop->n_fds; fd++) {
        loop->fds[fd].armed = 0;
        loop->fds[fd].known = false;
        loop->fds[fd].unwanted = 0;
        arm_again(loop, fd);
    }
}

static void count_unwanted(struct syni_loop *loop, struct syni_fd_entry *entry, int fd)
{
    unsigned long now = atomic_load_explicit(&loop->counts.waits, memory_order_relaxed);

    entry->unwanted = now - entry->unwanted_at == 1 ? entry->unwanted + 1 : 1;
    entry->unwanted_at = now;
    if (entry->unwanted >= ORPHAN_AFTER)
        watch_renew(loop, fd);
}

void syni_watch_dispatch(struct syni_loop *loop, const struct syni_event *event)
{
    struct syni_fd_entry *entry = watch_find(loop, event->fd);

    SYNI_DRIVEN(loop);
    if (!entry)
        return;
    if (entry->tag != event->tag || (entry->kept && !(event->ready & entry->armed))) {
        count_unwanted(loop, entry, event->fd);
        return;
    }
    if (entry->kept && !loop->busy && (event->ready & entry->armed & ~wanted(entry)))
        disarm(loop, entry, event->fd);
    make_ready(loop, event->fd, event->ready);
    if (!watch_find(loop, event->fd)->kept)
        arm_again(loop, event->fd);
}

void syni_watch_fini(struct syni_loop *loop)
{
    syni_free(loop->fds, (size_t)loop->n_fds * sizeof *loop->fds);
    loop->fds = NULL;
    loop->n_fds = 0;
    loop->first_prompt = 0;
}
