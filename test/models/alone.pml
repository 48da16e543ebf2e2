/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a call that only its loop knows: without an exchange of its waiter. Follows:
 * FOLLOWS src/task/engine_top.h: syni_engine_ends_alone
 * FOLLOWS src/task/core.c: syni_core_reopen syni_core_unpin syni_core_let_go
 * FOLLOWS src/task/core.h: syni_core_close_alone syni_core_end_alone syni_core_complete_alone
 * FOLLOWS src/task/frame.h: syni_frame_free_here
 * FOLLOWS src/task/slot.h: syni_slot_end_alone syni_slot_undo_end_alone syni_slot_detach_alone syni_slot_consume_ended
 * HASH 9ae5e81fef7d
 *
 * A task ends that its caller awaits on the same loop, or that nobody wants any more, while two other threads may
 * still have its handle: each takes a reference by it, if there is one to add to, cancels the task by a job, which arrives on the
 * loop, and gives its reference up. Or a third thread detaches it meanwhile: by one step, if there are just the references that
 * a call begins with. Or a third thread, which has not waited, gets the result of what has ended: by one step, if
 * its own reference is the last.
 *
 * The frame is freed once, by the thread that gives up the last reference or by the end that was alone; nobody touches it
 * afterwards, no request is on its way to it then, and the waiter, if there is one, is told once
 * (invariants 142, 640 and 13).
 *
 * BROKEN 1: that a request was sent is looked at before the references only. 2: the references are looked
 * at and taken in two steps. 3: an end that was not alone after all does not give them back. 4: a detach gives its reference up
 * by that one step also if it is the last. 5: what gets the result takes the last but one reference for its own.
 */
#ifndef BROKEN
#define BROKEN 0
#endif

byte mine = 2;        /* the producer's reference, and that of a reader that awaits it here, if one does */
byte references = 2;
byte others = 2;      /* threads besides the driver */
byte request;         /* 0; 1: closed; 2: sent */
byte job;             /* the request's, posted */
bool arrived;
bool freed;
byte told;
byte n_done;

inline touch() { assert(!freed) }
inline unpin()
{
    atomic {
        touch();
        assert(references > 0);
        references--;
        if :: references == 0 -> freed = true :: else fi
    }
}

/* A thread with the handle. */
proctype other()
{
    bool pinned = false, first = false;

    atomic { if :: references > 0 -> references++; pinned = true :: else fi };
    if
    :: pinned ->
        atomic { touch(); if :: request == 0 -> request = 2; first = true :: else fi };
        if :: first -> touch(); job++ :: else fi;
        unpin()
    :: else
    fi;
    n_done++
}

/* A thread that detaches. */
proctype detaches()
{
    bool done = false;

    atomic {
        if
#if BROKEN == 4
        :: references > 0 -> touch(); references--; done = true
#else
        :: references == 2 -> touch(); references--; done = true
#endif
        :: else
        fi
    };
    if :: !done -> unpin() :: else fi; /* the way of all others */
    n_done++
}

/* A thread that gets the result. */
proctype gets()
{
    bool done = false;

    atomic {
        if
#if BROKEN == 5
        :: references <= 2 -> touch(); references = 0; freed = true; done = true
#else
        :: references == 1 -> touch(); references = 0; freed = true; done = true
#endif
        :: else
        fi
    };
    if :: !done -> unpin() :: else fi; /* it is listed, and told */
    n_done++
}

proctype driver()
{
    bool alone = false;

    /* syni_engine_ends_alone() */
    if
    :: request == 0 ->
#if BROKEN == 2
        if
        :: references == mine -> references = 0; alone = true
        :: else
        fi;
#else
        atomic { if :: references == mine -> references = 0; alone = true :: else fi };
#endif
#if BROKEN != 1
        if
        :: alone && request != 0 ->
#if BROKEN != 3
            references = mine;
#endif
            alone = false
        :: else
        fi
#endif
    :: else
    fi;
    if
    :: alone ->
        request = 1;
        told = told + (mine == 2 -> 1 : 0);
        freed = true /* by the waiter, which is of this loop, or, if there is none, by the end */
    :: else ->
        /* syni_task_close_requests(), or the request arrives first */
        if
        :: atomic { request == 0 -> request = 1 }
        :: request == 2 -> atomic { job > 0 -> job--; arrived = true }
        fi;
        touch();
        told = told + (mine == 2 -> 1 : 0);
        unpin(); /* the producer's */
        if
        :: mine == 2 -> unpin() /* the reader's */
        :: else
        fi
    fi;
    assert(told + 1 == mine);
    do
    :: atomic { job > 0 -> job--; assert(!freed) } /* it is in the frame */
    :: n_done == others && job == 0 -> break
    od;
    assert(freed)
}

init
{
    atomic {
        if
        :: skip
        :: mine = 1; references = 1 /* the reader has given it up */
        :: mine = 1; others = 3; run detaches()
        :: mine = 1; others = 3; run gets()
        fi;
        run driver(); run other(); run other()
    }
}

ltl it_is_freed { <> (freed && n_done == others) }
