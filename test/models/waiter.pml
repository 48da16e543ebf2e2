/* SPDX-License-Identifier: Apache-2.0
 *
 * A result, its one waiter, and a request to end. Follows:
 * FOLLOWS src/task/core.c: syni_core_complete syni_core_wait syni_core_stop_waiting
 * FOLLOWS src/task/core.h: syni_core_done
 * FOLLOWS src/task/task_cancel.c: syni_task_claim_request syni_task_send_request syni_task_close_requests
 * FOLLOWS src/task/engine.c: syni_engine_request_arrives engine_end end_known end_now
 * HASH 487a09773ae3
 *
 * A task produces a result; one thread waits for it, gives up by a deadline, and asks the task to end,
 * while another one asks, too. The request's job is posted to the driver of the task, or, when that is
 * shut, not. The waiter's storage and the task's frame are gone when nobody needs them.
 *
 * The waiter is told once, or was withdrawn, and not touched afterwards (invariant 20); a task is asked
 * once, and ends only after its request arrived (invariant 13); the result is there when it is DONE
 * (invariant 19), which it stays (invariant 18); and the waiter does not wait for ever.
 *
 * Not here: the end of a call that nobody but its loop's thread knows (syni_core_complete_alone()),
 * which is one compare-and-exchange of its slot.
 *
 * BROKEN 1: the result is written after DONE. 2: a waiter that gives up does not look whether it is being told.
 * 3: a task ends although its request is on its way. 4: a request is claimed by a look and a write.
 * 5: a waiter that finds the result there already waits all the same.
 */
#ifndef BROKEN
#define BROKEN 0
#endif

mtype = { EMPTY, WAITER, DONE };
mtype waiter = EMPTY;
bool result;        /* it was written */
bool told;
bool storage = true; /* of the waiter */
bool frame = true;   /* of the task */
byte request;       /* 0; 1: too late; 2: a request */
bool job;           /* the request's, posted */
byte n_jobs;
bool arrived;
byte references = 3; /* the reader, the other thread, the producer */
byte n_done;

inline unpin()
{
    atomic {
        references--;
        if :: references == 0 -> frame = false :: else fi
    }
}

inline ask()
{
    bool first = false;

    assert(frame);
#if BROKEN == 4
    if
    :: request == 0 -> request = 2; first = true
    :: else
    fi;
#else
    atomic { if :: request == 0 -> request = 2; first = true :: else fi }
#endif
    if
    :: first -> atomic { assert(frame); job = true; n_jobs++; assert(n_jobs == 1) }
    :: else
    fi
}

/* The driver: it ends the task some time, and takes what is posted. */
proctype driver()
{
    bool ending = false, was_waiting = false;

    do
    :: atomic { job -> job = false; assert(frame); arrived = true }
    :: !ending -> ending = true
    :: ending ->
        /* syni_task_close_requests() */
        atomic {
            if
            :: request == 0 -> request = 1; break
            :: arrived -> break
#if BROKEN == 3
            :: else -> break
#else
            :: request == 2 && !arrived -> job -> job = false; arrived = true; break
#endif
            fi
        }
    od;
#if BROKEN != 1
    result = true;
#endif
    atomic { assert(waiter != DONE); was_waiting = (waiter == WAITER); waiter = DONE };
#if BROKEN == 1
    result = true;
#endif
    if
    :: was_waiting -> atomic { assert(storage && !told); told = true }
    :: else
    fi;
    unpin();
    /* what is left in the inbox runs, too */
    do
    :: atomic { job -> job = false; assert(frame) }
    :: n_done == 2 && !job -> break
    od;
    assert(!frame)
}

proctype reader()
{
    bool listed = false;

    atomic {
        if
        :: waiter == EMPTY -> waiter = WAITER; listed = true
#if BROKEN == 5
        :: else -> listed = true
#else
        :: else
#endif
        fi
    }
    if
    :: listed ->
        if
        :: told
        :: true -> /* the deadline */
            ask();
            if
            :: told
            :: true -> /* it is a look only, and leaves */
#if BROKEN != 2
                atomic {
                    if
                    :: waiter == WAITER -> waiter = EMPTY; goto left
                    :: else
                    fi
                };
                told
#else
                atomic { if :: waiter == WAITER -> waiter = EMPTY :: else fi };
                goto left
#endif
            fi
        fi
    :: else
    fi;
    atomic { assert(waiter == DONE && result) }
left:
    storage = false;
    unpin();
    n_done++
}

proctype other()
{
    if
    :: ask()
    :: true
    fi;
    unpin();
    n_done++
}

init { atomic { run driver(); run reader(); run other() } }

ltl nobody_waits_for_ever { <> (n_done == 2 && !frame) }
