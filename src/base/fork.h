/* SPDX-License-Identifier: Apache-2.0
 *
 * A forked child, in which only the thread that forked exists.
 *
 * The library starts afresh there. What the parent had is left alone: locks may be held by
 * threads that are not there, lists may be half changed, and descriptors are shared with the
 * parent. So a fork waits for nothing but one lock that is held for a few instructions; and in
 * the child each module that has said so puts its own static state back to the beginning, while
 * what lies in users' memory carries the NUMBER OF THE PROCESS that made it, and is recognized
 * by that when it is next used.
 *
 * A vfork() or posix_spawn() runs none of this: the child only calls exec or _exit.
 */
#ifndef SYNI_FORK_H
#define SYNI_FORK_H

#include <stdatomic.h>
#include <stdbool.h>

#include <synchronicity/err.h>

#include "base/generation.h"
#include "base/thread.h"

/* What a module does in a child. Static. */
struct syni_fork_call {
    struct syni_mutex *lock; /* is renewed, since its holder is not there; NULL: none */
    void (*child)(void);     /* then; takes no other lock, frees nothing; NULL: nothing */
    struct syni_fork_call *next; /* under a lock of fork.c */
    atomic_bool known;
};

/* From here on CALL is made in forked children, in the order in which they were made known; once is
 * enough, and again costs a look. Before the state that it renews is first changed. Fails:
 * SYN_ENOMEM. */
syn_err syni_fork_watch(struct syni_fork_call *call);

/* FD is one of the library's own, and is closed in children; not any more. */
void syni_fork_close_in_child(int fd, bool closes);

/* The calling thread, one of ours, returned to the library in a forked child: WHAT forked there.
 * Says so, and ends the child, which has nowhere to go on. */
_Noreturn void syni_fork_astray(const char *what);

/* After WHAT, of the program's, has run: PROCESS is what syni_process() was before. */
static inline void syni_fork_returned(unsigned process, const char *what)
{
    if (process != syni_process())
        syni_fork_astray(what);
}

#endif
