/* SPDX-License-Identifier: Apache-2.0
 *
 * The event loop: what is to run, what is waited for, and which thread drives.
 *
 * DRIVING IS A ROLE. Exactly one thread at a time drives a loop; normally a
 * dedicated one, and where that is allowed also a thread that blocks on a call.
 * Only the driver touches the fields under "driver"; other threads come in by one
 * door, syni_loop_post(). See src/loop/role.c for how the role moves.
 *
 * A TURN of the loop, in this order (docs/design.md has the reasons):
 *
 *   1. Take what was posted; each posted job runs, at most SYNI_LOOP_BATCH of them.
 *   2. Read the clock, if any timer is set; fire the timers that are due, at most
 *      as many.
 *   3. Run jobs that are ready, at most as many; what they make ready is at the end
 *      of the same queue.
 *   4. If nothing is ready or posted, and nothing is posted for a little while either (which
 *      is waited for only while that has paid off lately, spin.h): say "asleep", look into
 *      the inbox once more, and wait in the kernel until the first timer. Otherwise only
 *      look, and only when a descriptor is waited for. (Where callers may drive, a loop on
 *      which nothing lives but the dormant does not sleep either: timers and descriptors
 *      belong to the others.)
 *   5. Pass on the kernel's events: each makes its waiter ready. No job runs while
 *      a batch of events is passed on.
 *
 * So a flood of posts, timers, ready jobs or events delays the other three by one
 * batch, and never more.
 */
#ifndef SYNI_LOOP_H
#define SYNI_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <synchronicity/err.h>

#include "backend/poller.h"
#include "base/clock.h"
#include "base/depth.h"
#include "base/hooks.h"
#include "base/times.h"
#include "base/wheel.h"
#include "base/list.h"
#include "base/self.h"
#include "base/spin.h"
#include "base/stack.h"
#include "base/thread.h"
#include "loop/timer.h"

/* How many pieces of one kind of work a turn deals with: large enough that a look at
 * the kernel, some 300 ns, is spread over many. */
enum { SYNI_LOOP_BATCH = 128 };

/* Something to run on the loop: posted, or made ready. Owned by what it is a
 * field of; on one queue at a time. */
struct syni_job {
    struct syni_link link;
    void (*run)(struct syni_job *job); /* by the driver; JOB may be gone afterwards */
};

static inline struct syni_job *syni_job_of(struct syni_link *link)
{
    return SYNI_CONTAINER(link, struct syni_job, link);
}

/* Jobs, first in, first out. */
struct syni_queue {
    struct syni_link *first, **last;
};

/* One direction of one descriptor, waited for once. */
struct syni_fd_wait {
    int fd;
    unsigned char direction; /* SYNI_READ or SYNI_WRITE */
    bool forgotten;          /* it is made ready since the descriptor is about to be closed */
    void (*ready)(struct syni_fd_wait *wait);
};

/* A descriptor that was waited for, by its number; see watch.c. */
struct syni_fd_entry;

/* What a dump shows of a live thing: what it waits for. */
struct syni_live {
    struct syni_list link;
    const char *waits_for; /* static: "sleep", "readable"; "" while it runs or is ready */
    int64_t since;         /* of a task: the time of the turn in which its wait began */
    int detail;            /* a descriptor; or -1; or less, of which wait it is (circle/search.c) */
};

enum syni_role {
    SYNI_ROLE_GONE,   /* not started, or stopped: nobody drives or will */
    SYNI_ROLE_FREE,   /* nobody drives; nothing is to be done */
    SYNI_ROLE_OPEN,   /* nobody drives; something is waited for: a caller, or soon the dedicated thread, takes it */
    SYNI_ROLE_AWAKE,  /* somebody drives, or is on the way */
    SYNI_ROLE_ASLEEP, /* the driver is in the kernel, or about to be */
};

/* What was done so far; read by others without order. */
struct syni_loop_counts {
    /* counted by the driver */
    atomic_ulong turns;
    atomic_ulong waits;   /* calls of the backend's wait() */
    atomic_ulong watches; /* calls of the backend's watch() */
    atomic_ulong batch;   /* jobs that were ready in its latest turn, at most SYNI_LOOP_BATCH */
    /* counted by anybody */
    atomic_ulong wakes;      /* calls of the backend's wake() */
    atomic_ulong hand_overs; /* the role given to the dedicated thread */
    atomic_ulong passes, opens; /* the role given to a caller that blocks; left open */
};

struct syni_loop {
    const char *name;
    unsigned process; /* that it belongs to */
    atomic_bool callers_drive; /* written by a start, under which others may look */
    size_t stack_size_bytes;
    struct syni_depth depth; /* of the dedicated thread's stack */
    struct syn_clock *clock; /* NULL: real time */
    uint64_t draws;          /* where the drawing of orders stands; 0: first in, first out */

    /* any thread, by their protocols: loop_inbox.c, role.c */
    struct syni_stack inbox; /* of struct syni_job */
    _Atomic(enum syni_role) role;
    atomic_int knockers; /* threads that pinned it: it is not retired, nor freed, meanwhile */
    struct syni_loop_counts counts;
    struct syni_loop_times times;

    /* under lock */
    struct syni_mutex lock;
    /* Here the dedicated thread waits for the role, a host until that thread has left, and the thread that frees the loop
     * for both: so it is broadcast always. */
    struct syni_cond standby;
    bool handed;              /* the role is the dedicated thread's */
    bool has_thread;          /* there is a dedicated thread, which nobody joins yet */
    bool thread_left;         /* that touches the loop no more, and ends */
    struct syni_list followers; /* of struct syni_follower (role_follow.h): the first gets the role next */
    atomic_uint n_followers;  /* in it; read without the lock, too */
    atomic_bool ticks, wanted; /* of the dedicated thread, while the role is left open: loop_drive.c */
    int64_t grace_ns;         /* how long the role stays open; 0: it does not */
    atomic_bool lazy; /* it is started when it is first needed; read without the lock, too */
    syn_err (*start_thread)(struct syni_loop *loop);

    /* hosted.c */
    _Atomic(struct syni_self *) host; /* the thread that hosts it; changed by that, with the role */
    struct syni_loop *next_hosted;    /* by the same thread */
    unsigned host_round;              /* in which it was turned last, among several */
    bool moves_out;                   /* the dedicated thread leaves, for a host; driver */
    struct syni_job rouse;            /* ends the sleep of the host */
    atomic_bool roused;               /* that is on its way */

    /* driver */
    const struct syni_backend *backend;
    struct syni_poller *poller;
    struct syni_sleeper sleeper; /* the loop as one that lives by a virtual clock */
    struct syni_patience patience; /* for posts, before it sleeps */
    struct syni_patience look_patience; /* of callers that drive, for the kernel's events */
    int64_t look_ns;             /* so long they look for these; 0: they do not */
    int64_t now;                 /* the time of this turn; less than 0: it was not read yet */
    struct syni_link *taken;     /* posted jobs not yet run, in order */
    struct syni_queue ready;
    int steps_left;              /* of this batch: jobs, and what runs at once behind them */
    struct syni_wheel timers;
    size_t n_timers; /* in it */
    struct syni_fd_entry *fds;
    int n_fds;            /* places in fds */
    unsigned n_fd_waits;  /* waits in them */
    int first_prompt;     /* of what is always ready and waited for: its number + 1, or 0 */
    bool prompting;       /* prompt_job is on the ready queue */
    struct syni_job prompt_job;
    struct syni_list live; /* of struct syni_live: what keeps the loop busy */
    unsigned n_live;
    unsigned n_dormant;    /* of them: wait for nothing that this loop could bring */
    int blocked;           /* steps that block on something else, one inside the other */
    bool busy;             /* in step 4, and jobs are ready or posted */
    bool hurry;            /* this turn shall end without sleeping */
    bool passes_events;    /* in step 5; noted in checked builds only */
    bool closing;          /* it shall end: the dedicated thread must get the role */
    syn_err died;          /* why the loop cannot go on; 0 while it can */
    /* Called by the dedicated driver between turns while the loop is closing, or
     * has died: to end what lives here, and then to retire the loop. */
    void (*on_closing)(struct syni_loop *loop);
    /* Called by any driver of a loop that is closing where it would sleep: false when nothing
     * lives here any more, or something is ready now; NULL: when nothing is in `live`. */
    bool (*may_sleep)(struct syni_loop *loop);

    /* the thread that starts or stops it */
    struct syni_thread thread;
    struct syni_list registered; /* in the list of all loops, see live.c */
};

struct syni_loop_options {
    const char *name;
    const char *backend; /* NULL: the build's default */
    size_t stack_size_bytes;
    bool callers_drive;
    int64_t grace_ns, look_ns;
    struct syn_clock *clock;
    uint64_t seed; /* see syn_test_seed(); 0: none */
    void (*on_closing)(struct syni_loop *loop);
    bool (*may_sleep)(struct syni_loop *loop);
};

/* Nothing lives here that the loop would have to be driven for. By the holder of the role. */
static inline bool syni_loop_dormant(const struct syni_loop *loop)
{
    return loop->n_live == loop->n_dormant;
}

/* JOB runs in this turn or the next. Driver only. */
static inline void syni_loop_ready(struct syni_loop *loop, struct syni_job *job)
{
    struct syni_link **last = loop->ready.last;

    SYNI_SURE(job->run);
    loop->ready.last = &job->link.next;
    job->link.next = NULL;
    *last = &job->link;
}

/* Where the role is; for checks, and relaxed: the driver sees its own. */
static inline enum syni_role syni_loop_role(const struct syni_loop *loop)
{
    return atomic_load_explicit(&loop->role, memory_order_relaxed);
}

/* JOB, made ready when PLACE was `ready.last`, since when none has run, is not ready any more, if it
 * is still the last. Driver only. */
static inline bool syni_loop_unready_last(struct syni_loop *loop, struct syni_job *job,
                                          struct syni_link **place)
{
    bool is_last = loop->ready.last == &job->link.next;
    if (is_last)
        *(loop->ready.last = place) = NULL;
    return is_last;
}

#endif
