/* SPDX-License-Identifier: Apache-2.0
 *
 * The calling thread, as the library knows it: one record.
 *
 * What a thread drives, which work of a pool it runs, under which deadline, with which values,
 * clock, error report and parker. A public entry fetches the record once and hands it down as
 * SELF; a thread-local variable costs a call where the library lies in a shared object.
 *
 * The record lies here, below all that use it, so it knows their types by name only. Each field
 * belongs to the module named beside it, and only that module writes it.
 *
 * What a thread owns it gives back when it ends, by one exit call: each owner names its function
 * at the place of its BELONGING, and these are called in the order of the places, from the top
 * layer down, so that what ends first still has what lies below it.
 *
 * Thread: only the thread itself touches its record, but for what its clock and its parker say.
 */
#ifndef SYNI_SELF_H
#define SYNI_SELF_H

#include <stdbool.h>
#include <stdint.h>

#include <synchronicity/err.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/parker.h"
#include "base/spin.h"
#include "base/thread.h"

struct syni_loop;
struct syni_worker;
struct syni_bindings;
struct syni_store;
struct syni_trace_ring;
struct syni_self;
struct syn_mailbox;

/* One of the loops that a thread drives: usually none or one; more when a step blocks on another
 * loop and drives that. */
struct syni_driving {
    struct syni_loop *loop;
    struct syni_driving *outer;
};

/* A mailbox with callbacks that a thread calls, or with a host that it tells. */
struct syni_draining {
    const struct syn_mailbox *mailbox;
    struct syni_draining *outer;
    const char *name; /* of the mailbox */
    bool tells;
};

/* A thread's place in a virtual clock, and what it sleeps for. */
struct syni_thread_sleeper {
    struct syni_sleeper sleeper;
    struct syni_parker *parker;
    _Atomic(bool) *done; /* what it sleeps for */
    /* 0, or a reason why its sleep shall end, while somebody may give one: by any thread */
    atomic_int interrupt;
    _Atomic(bool) called; /* its sleep shall end, for a role that it was given: role_follow.h */
    int aside; /* loops that it drives, one inside the other: they stand for it */
};

/* In a child: the thread that forked does not sleep. */
static inline void syni_sleeper_renew(struct syni_thread_sleeper *sleeper)
{
    sleeper->aside = 0;
    sleeper->done = NULL;
    sleeper->interrupt = 0;
    sleeper->called = false;
}

/* The task or job that a thread runs, while somebody looks; NULL: none. And its word. */
struct syni_runs {
    const void *id;
    void **data;
};

/* The deadlines of the syn_call_by() around the current call; deeper ones than there are places
 * only tighten the last. Those below `first` are not for the tasks that the thread drives at
 * present. */
enum { SYNI_DEADLINES = 16 };
struct syni_deadlines {
    int n, first;
    int64_t at[SYNI_DEADLINES];
};

/* The loop on which the thread made its latest call by future, if callers may drive that: role_keep.h. */
struct syni_keeps {
    const struct syni_loop *loop;   /* only compared, since it may be gone; NULL: none */
    int64_t since;                  /* the first of these, in real time */
    unsigned calls;                 /* since the thread blocked on such a future; */
    bool gets;                      /* which it has done */
    struct syni_patience patience;  /* whether it comes to that soon */
};

/* In the order in which they are given back. */
enum syni_belonging {
    SYNI_OWNS_DRIVE,  /* a role, on its stack: it must not end so */
    SYNI_OWNS_WORK,   /* the same */
    SYNI_OWNS_LOOP,   /* it is the dedicated thread of one */
    SYNI_OWNS_HOST,   /* it hosts some */
    SYNI_OWNS_FRAMES,
    SYNI_OWNS_LOCALS,
    SYNI_OWNS_PLACE,  /* in a virtual clock */
    SYNI_OWNS_TRACE,
    SYNI_OWNS_REPORT,
    SYNI_OWNS_PARKER,
    SYNI_BELONGINGS
};

struct syni_self {
    struct syni_driving *driving;   /* role.c: the innermost; NULL: none */
    struct syni_worker *worker;     /* workers.c: NULL: it runs no works */
    struct syni_bindings *locals;   /* local.c: held; those of a thread that runs no step */
    struct syni_store *frames;      /* frame.c: NULL: none of its own */
    struct syni_deadlines deadlines; /* deadline.c */
    uint64_t draws;                 /* select.c */
    int drives;                     /* driver.c: its drives, one inside the other */
    struct syni_driving dedicated;  /* loop_drive.c: outlives the thread's stack */
    struct syni_loop *hosted;       /* hosted.c: the first of those that it hosts */
    struct syni_keeps keeps;        /* role_keep.c */
    struct syni_draining *draining; /* mailbox_make.c: the innermost; NULL: none */

    struct syn_report *report;      /* report.c: the latest; NULL: it is only a code */
    syn_err code;
    enum syn_origin origin;

    struct syni_thread_sleeper clock; /* clock.c */
    struct syni_parker *parker;       /* parker.c: NULL: it never slept */
    struct syni_parker own_parker;    /* if there is no other */

    char name[16];          /* self.c: of the thread */
    long number;            /* self.c: as the system counts threads; 0: it is not known */
    const char *sleeps_for; /* hooks.h: what the thread sleeps for; NULL: it does not */
    int64_t sleeps_since, sleeps_until; /* with it: real time; the deadline, on its clock */
    const void *sleeps_at;  /* thread_wait.c: with it, the core that it waits for; NULL: it is no core */
    struct syni_runs runs; /* hooks.h */
    struct syni_trace_ring *trace; /* trace_start.c: of the trace of that number */
    unsigned trace_number;
    const void *made; /* made.c: to where the call that is being made returns; NULL: it is not known */
    bool tells;       /* hooks.c: it tells what happens, and is not told of in turn */

    /* self.c */
    void (*give_back[SYNI_BELONGINGS])(struct syni_self *self);
    struct syni_exit_call at_exit;
    bool will_give_back;
    bool given_back; /* at this moment, by its thread or by the one that stops everything; under a lock of self.c */

    /* channel_pass.c: how many channels it is inside of, for a signal handler that interrupts it there */
    volatile int in_channels;
    struct syni_list link; /* among those that will; under a lock of self.c */
};

extern _Thread_local struct syni_self syni_this_thread;

static inline struct syni_self *syni_self(void)
{
    return &syni_this_thread;
}

/* SELF makes FRAME: the place of the call is noted in it at OFFSET, or, 0, nowhere. From here on the thread may run
 * what makes calls of its own. Nothing, where no face notes it. */
#if defined(SYN_CHECKED) && SYN_CHECKED
#define SYNI_NOTE_MADE(self, frame, offset)                                                        \
    do {                                                                                           \
        if (offset)                                                                                \
            *(const void **)(void *)((char *)(frame) + (offset)) = (self)->made;                   \
        (self)->made = NULL;                                                                       \
    } while (0)
#else
#define SYNI_NOTE_MADE(self, frame, offset) (void)0
#endif

/* The records of all threads that own something; for code that reads it without a lock. */
const struct syni_list *syni_self_list(void);

/* SELF has BELONGING, and GIVE_BACK is called once when the thread ends. May be said again,
 * also by what is called then. */
void syni_self_owns(struct syni_self *self, enum syni_belonging belonging,
                    void (*give_back)(struct syni_self *self));

/* All threads give back what they have, now, on this thread, and begin anew when they next come.
 * None of them is inside the library, but for those that end at this moment, which give back themselves: they are
 * waited for. Afterwards the key of thread.h can go. */
void syni_self_end_all(void);

/* Threads that give back at this moment have done so, or DEADLINE, of real time, has passed. */
void syni_self_await_ends(int64_t deadline);

#endif
