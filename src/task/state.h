/* SPDX-License-Identifier: Apache-2.0
 *
 * What a home and a task are made of, and which thread may touch which field. The headers of the room have
 * what is done with them: engine.h has the states of a task.
 */
#ifndef SYNI_TASK_STATE_H
#define SYNI_TASK_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <synchronicity/synchronizer.h>
#include <synchronicity/task.h>

#include "base/align.h"
#include "base/census.h"
#include "base/self.h"
#include "loop/loop.h"
#include "task/core.h"
#include "task/port.h"

enum {
    SYNI_FRAME_CLASSES = 64, /* of 32 bytes each; larger frames are not cached */
    SYNI_FRAME_CLASS_BYTES = 32,
};

/* A frame that waits to be used again; keeps its slot. */
struct syni_spare {
    struct syni_spare *next;
    struct syni_slot *slot;
};

/* Those of one home, or one worker, or of all. */
struct syni_store {
    struct syni_spare *spares[SYNI_FRAME_CLASSES];
    unsigned count[SYNI_FRAME_CLASSES];
};

/* The life of a home. life/life.c moves it, and docs/design.md draws it: what each state takes and
 * refuses. */
enum syni_life {
    SYNI_LIFE_NEW,       /* no loop yet */
    SYNI_LIFE_RUNNING,   /* takes calls */
    SYNI_LIFE_STOPPING,  /* takes none; what lives there is cancelled, and cleans up */
    SYNI_LIFE_GIVING_UP, /* a deadline passed: what lives there is abandoned */
    SYNI_LIFE_STUCK,     /* a stop returned although a step still runs */
    SYNI_LIFE_DYING,     /* the loop cannot go on: what lives there is told */
    SYNI_LIFE_ENDED,     /* the loop is over, and its thread is to be joined */
    SYNI_LIFE_REAPING,   /* a thread joins it */
    SYNI_LIFE_STOPPED,
    SYNI_LIFE_DEAD,      /* the same, after DYING */
};

struct syni_home;

/* What life.c does with a home, for those below it. Any thread. */
struct syni_home_ops {
    /* HOME is not freed before it is let go, as with a stopper: its host turns it while it waits for
     * something else. False: it was freed, and only its memory is there (syni_home_hold()). */
    bool (*stay)(struct syni_home *home);
    void (*leave)(struct syni_home *home);
};

struct syni_home {
    unsigned process; /* its process: in a child of that nothing else is looked at */
    struct syni_counted counted; /* among all */
    struct syni_home *inherited; /* in a child: what the parent had; for leak checkers */
    atomic_uint holders;         /* of its memory: the synchronizer, each channel of a generator */
    void (*gone)(struct syni_home *home); /* frees that */
    const struct syni_home_ops *ops;
    struct syni_loop loop;
    struct syn_synchronizer *synchronizer;

    /* any thread */
    _Atomic(enum syni_life) life; /* moved under the lock of life.c, read without it */
    atomic_ulong started, ended;
    _Atomic(const char *) running; /* the name of the function of the step that runs, or NULL */
    char why_died[SYN_MESSAGE_MAX]; /* written by the driver before DYING, and read after that */

    /* under the lock of resident.h: what lives here besides tasks */
    struct syni_list residents; /* in the order they moved in */
    bool takes_residents;

    /* driver */
    struct syni_task *current;
    struct syni_task *next;  /* runs when the step that runs has returned; see task_resume.c */
    int n_transfers;         /* so many more run so before the ready queue; 0: no step runs */
    struct syni_task *stepping; /* seen.c: the task of the step that runs, until that ends; NULL: nobody looks */
    struct syni_task *newborn; /* launched last by the step that runs; NULL */
    struct syni_link **newborn_place; /* where the ready queue ended before that */
    uintptr_t stack; /* where the frame of the engine that runs it is; see place.c */
    int64_t cleanup_limit_ns;
    bool watches; /* some cleaned up for long enough to be watched, since it was empty last */
    struct syni_timer cleanup_timer;
    int64_t stuck_since; /* when the lines that are counted here began */
    unsigned n_stuck, n_stuck_unsaid; /* tasks that were told of since then, with a line and without */
    struct syni_store store;
};

enum syni_wait {
    SYNI_WAIT_NOTHING,
    SYNI_WAIT_TIME,
    SYNI_WAIT_RESULT,
    SYNI_WAIT_TURN, /* it is on the ready queue, behind the others */
    SYNI_WAIT_OTHER, /* something of a higher module, by its operations */
    SYNI_WAIT_OUTSIDE, /* the same, which leads to no other task (chain.h) */
};

struct syni_walk;
struct syni_search;

/* How a kind of wait is left and collected. A kind that OTHER and OUTSIDE stand for has
 * all three. */
struct syni_wait_ops {
    /* TASK was cancelled: takes it out of the wait and resumes it, or passes the
     * request on to what it waits for. */
    void (*interrupt)(struct syni_task *task);
    /* The wait is over and TASK about to run: sets its status. True: it leaves because it
     * was asked to. */
    bool (*collect)(struct syni_task *task);
    /* TASK was abandoned: it is not to be resumed by what it waits for. */
    void (*forget)(struct syni_task *task);
    /* TASK, which was abandoned, collects nothing any more; NULL: there is nothing. */
    void (*drop)(struct syni_task *task);
    /* TASK got the mark ID in its wait, and passes it on (circle.h); NULL: it is not known to what. */
    void (*implicate)(struct syni_task *task, uint64_t id);
    /* TASK goes on only when the task of WALK does (chain.h); NULL: never. */
    bool (*leads)(const struct syni_task *task, struct syni_walk *walk);
    /* SEARCH found that TASK closes a circle (search.h): ends the wait with SYN_EDEADLK, unless it was
     * served meanwhile; NULL: it cannot be ended. */
    void (*refuse)(struct syni_task *task, const struct syni_search *search);
    bool waits_on; /* INTERRUPT passes the request on, and the wait ends by what it is for, also then */
    /* TASK, which goes on waiting, looks whether that closes a circle by now: it waits for less, or it leaves, and a
     * request reached it in vain. NULL: the wait leads to no other task. */
    void (*again)(struct syni_task *task);
    /* As REFUSE, where no other wait of the circle can be refused, and REFUSE is NULL; NULL: never. */
    void (*yields)(struct syni_task *task, const struct syni_search *search);
};

/* struct syn_task as the engine sees it. The public one shows the first fields and
 * hides the rest in bytes, hence may_alias. */
struct __attribute__((may_alias)) syni_task {
    const struct syn_function *function;
    int line, coroutine, at;
    syn_err status;

    struct syni_home *home; /* written before it is posted */
    struct syni_bindings *locals; /* held; the step's that runs, and the creator's before */
    SYNI_ALIGNED_8 _Atomic(int64_t) deadline; /* the earliest that it was made or awaited under */
    struct syni_core core;

    /* From core.waiter up to here below all is zero at first; what is not there is set before it is
     * looked at. syni_frame_init() sees to both. */
    atomic_uchar request; /* any thread: SYNI_ASKED and what follows it */
    atomic_bool asked;  /* the request is here (or, any thread, will not come: its last touch) */

    atomic_uchar wait;  /* enum syni_wait; NOTHING as soon as it is over; others read it as a hint */
    bool nested;        /* made on behalf of a job of a pool; by its maker */

    /* driver. Those of the first eight are looked at in each step, several by one comparison. */
    bool arrived : 1;
    bool ending : 1;      /* over, but something is still on its way to it */
    bool queued : 1;      /* its job is on the ready queue, or on its way there by a post, or next */
    bool closing : 1;     /* it waits for open scopes and contexts before it cleans up, or ends */
    bool interrupted : 1; /* it leaves by the request when it comes out of its wait */
    bool put_off : 1;     /* it was asked before a wait that took place all the same */
    bool leaving : 1;
    bool sheltered : 1;   /* it serves a clean-up, and a stop does not cancel it; see shelter.c */
    bool begun : 1;       /* its arguments are the body's, or gone */
    bool owns : 1;        /* it has, or had, locals, scopes, contexts, mutexes or a ring (invariant 540) */
    bool abandoned : 1;
    bool copy_failed : 1; /* by its maker */
    bool in_time : 1;     /* by its maker: its deadline is looked at again when it arrives */
    bool shelters : 1;    /* by itself, although it does not leave: it is the head of its ring */
    bool in_ring : 1;     /* `shelter` is in use */
    bool cleaned : 1;     /* its clean-up is over, too */
    bool told_stuck : 1;
    bool stepped : 1;     /* seen.c: its first step was told of */
    bool walked : 1;      /* chain.c looks at what it waits for */
    bool dormant : 1;     /* a generator that waits to be asked */
    bool own_channel : 1; /* what it waits for, by `on.port`, is held without a reference */
    bool port_withdrawn : 1, port_expired : 1;
    bool port_refused : 1; /* it would have closed a circle */
    SYNI_ALIGNED_8 _Atomic(uint64_t) mark; /* circle.h; under its lock */
    const struct syni_wait_ops *ops; /* of a wait that has something to collect, until then */
    struct syni_scope *scopes; /* the open ones in its frame */
    struct syn_context *contexts; /* those it has entered, the innermost first */
    struct syni_mutex_of_tasks *held;
    struct syn_report *heard; /* of the last await that failed */
    int64_t leaving_since;
    void *data; /* of the owners of hooks */
    struct syni_timer timer;
    struct syni_live live;
    struct syni_job request_job;
    struct syni_list mark_link;
    struct syni_list shelter; /* a ring: one that leaves, and what it shelters */
    union {
        struct {
            struct syni_fd_wait reader, writer; /* `ready` is NULL: that direction is not meant */
            int *out_ready;
            int ready;
        } descriptor;
        struct {
            struct syni_waiter waiter;
            struct syni_core *child;
            void *out;
            bool expired; /* the deadline of this await passed */
            bool given_up; /* the waiter was withdrawn: there is no outcome */
            bool refused;  /* it would have closed a circle */
            bool cancels;  /* the child was cancelled by this wait */
            struct syn_report *refusal; /* owned: its words */
            /* Ends the wait with SYN_EDEADLK and REPORT, if it is not over, and cancels the child. */
            void (*refuse)(struct syni_task *task, struct syn_report *report);
        } result;
        struct syni_scope *scope;
        struct syni_select select;
        struct syni_port port;
        struct {
            struct syni_task *next, *before; /* in line */
            void *thing;            /* which begins with that line */
            struct syni_mutex_of_tasks *mutex; /* of a wait for a condition */
            struct syni_condition *condition;
            bool listed, left, expired;
        } line;
    } on;
};

_Static_assert(sizeof(struct syni_task) <= sizeof(struct syn_task),
               "struct syn_task has too little room: raise SYNI_TASK_BYTES and SYNI_ABI");
_Static_assert(_Alignof(struct syni_task) <= _Alignof(struct syn_task), "misaligned");

/* What frees a task with its frame: those of each task, and of nothing else. */
extern const struct syni_core_ops syni_frame_core_ops;

/* The task that produces the core at ADDRESS, of which CORE is a copy, or that itself; NULL: none does. */
static inline struct syni_task *syni_core_task_at(const struct syni_core *core, const struct syni_core *address)
{
    return core->ops == &syni_frame_core_ops ? SYNI_CONTAINER(address, struct syni_task, core) : NULL;
}

static inline struct syni_task *syni_core_task(const struct syni_core *core)
{
    return syni_core_task_at(core, core);
}

/* What TASK waits for. Its driver; or any thread, for which it is a hint: it may be over. */
static inline enum syni_wait syni_task_wait(const struct syni_task *task)
{
    /* relaxed: search.c has how others come to see a wait that they must see */
    return (enum syni_wait)atomic_load_explicit(&task->wait, memory_order_relaxed);
}

/* It waits for other tasks, perhaps: the same hint. */
static inline bool syni_task_may_lead(const struct syni_task *task)
{
    enum syni_wait wait = syni_task_wait(task);

    return wait == SYNI_WAIT_RESULT || wait == SYNI_WAIT_OTHER;
}

static inline void syni_task_set_wait(struct syni_task *task, enum syni_wait wait)
{
    atomic_store_explicit(&task->wait, (unsigned char)wait, memory_order_relaxed);
}

#define SYNI_TASK(pointer) ((struct syni_task *)(uintptr_t)(pointer)) /* which may be const */

#endif
