/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of what a forked child renews, and of the descriptors that it closes.
 *
 * The lock is held over a fork, so that the child finds both whole: memory is copied page by page
 * while other threads run. It is held for a few instructions otherwise, and never while anything
 * of the program runs. Discarded: taking all locks before a fork, as malloc does. One of them is
 * held while an allocator hook runs, or a thread starts, and the fork would wait for the program.
 *
 * The handlers are made known by the first call, since nothing of the library runs before. A fork
 * that is under way at that moment runs none of them; synchronizer.h says so.
 */
#include "base/fork.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/say.h"
#include "base/thread.h"

enum { DESCRIPTORS = 2048 }; /* eight KB */

static struct syni_mutex fork_lock = SYNI_MUTEX_INIT(FORK);
static bool watching;                          /* under lock, as the rest */
static struct syni_fork_call *calls, **fork_last = &calls;
/* Which file each of ours is, as fork_file_of() says; 0: none of ours has that number. */
static uint32_t ours[DESCRIPTORS];
static int end_of_ours; /* all are below */

static void fork_before(void)
{
    syni_mutex_lock(&fork_lock);
}

static void in_parent(void)
{
    syni_mutex_unlock(&fork_lock);
}

/* Which file FD is, in a few bits, and not 0. */
static uint32_t fork_file_of(int fd)
{
    struct stat s;
    uint64_t mixed;

    if (fstat(fd, &s) != 0)
        return 1;
    mixed = (uint64_t)s.st_ino * 31 + (uint64_t)s.st_dev;
    return (uint32_t)(mixed ^ mixed >> 32) | 1;
}

/* Those of the parent: here they are only copies, which kept its pollers alive. One that other code closed by mistake
 * may be a file of the program by now, and stays. */
static void close_ours(void)
{
    for (int fd = 0; fd < end_of_ours; fd++)
        if (ours[fd] && ours[fd] == fork_file_of(fd))
            close(fd);
    memset(ours, 0, (size_t)end_of_ours * sizeof *ours);
    end_of_ours = 0;
}

static void in_child(void)
{
    syni_mutex_unlock(&fork_lock); /* which this thread holds since fork_before() */
    syni_process_number++;
    syni_thread_forked();
    close_ours();
    for (struct syni_fork_call *call = calls; call; call = call->next) {
        if (call->lock)
            syni_mutex_renew(call->lock);
        if (call->child)
            call->child();
    }
}

static syn_err watch_locked(struct syni_fork_call *call)
{
    syn_err err = watching ? SYN_OK : syni_at_fork(fork_before, in_parent, in_child);

    SYNI_HOLDS(&fork_lock);
    if (err)
        return err;
    watching = true;
    if (atomic_load_explicit(&call->known, memory_order_relaxed))
        return SYN_OK;
    *fork_last = call;
    fork_last = &call->next;
    /* release: a thread that sees it known need not come here; the list itself is under the lock */
    atomic_store_explicit(&call->known, true, memory_order_release);
    return SYN_OK;
}

syn_err syni_fork_watch(struct syni_fork_call *call)
{
    syn_err err;

    /* acquire: pairs with the release above */
    if (atomic_load_explicit(&call->known, memory_order_acquire))
        return SYN_OK;
    syni_mutex_lock(&fork_lock);
    err = watch_locked(call);
    syni_mutex_unlock(&fork_lock);
    return err;
}

void syni_fork_close_in_child(int fd, bool closes)
{
    uint32_t file;

    if (fd < 0 || fd >= DESCRIPTORS)
        return; /* a child keeps it until it calls exec */
    file = closes ? fork_file_of(fd) : 0;
    syni_mutex_lock(&fork_lock);
    ours[fd] = file;
    if (closes && fd >= end_of_ours)
        end_of_ours = fd + 1;
    syni_mutex_unlock(&fork_lock);
}

_Noreturn void syni_fork_astray(const char *what)
{
    char text[200];
    int n = snprintf(text, sizeof text,
                     "synchronicity: %s forked, and returned in the child, where the library has "
                     "nothing to go on with; call exec or _exit there\n",
                     what);

    if (n > 0)
        syni_write_quietly(STDERR_FILENO, text, (size_t)n < sizeof text ? (size_t)n : sizeof text);
    _exit(EXIT_FAILURE);
}
