/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool: posts against workers that take, sleep, are called, grow old and leave, and
 * threads that cannot be started (src/pool/staff.c, worker.c, post.c).
 *
 * Every job runs, or is refused when there is no thread at all; none is left in the queue.
 * BROKEN: a worker that has slept for long leaves without looking whether it was called.
 */
#define JOBS 4
#define THREADS 2

bool locked;
byte queued, ran, refused;
byte n_threads, n_idle;
bool listed[THREADS]; /* asleep, and not called */
bool alive[THREADS];

inline lock() { atomic { !locked -> locked = true } }
inline unlock() { locked = false }

proctype worker(byte me)
{
    lock();
    do
    :: queued > 0 ->
        queued--;
        unlock();
        atomic { ran++ }
        lock()
    :: else ->
        listed[me] = true;
        n_idle++;
        unlock();
        if
        :: !listed[me]   /* called */
        :: true          /* it has slept for long */
        fi;
        lock();
        if
#ifndef BROKEN
        :: !listed[me] -> skip
#endif
        :: listed[me] ->
            listed[me] = false;
            n_idle--;
            break
#ifdef BROKEN
        :: else -> break
#endif
        fi
    od;
    n_threads--;
    alive[me] = false;
    unlock()
}

inline start(w)
{
    if
    :: atomic { run worker(w) }
    :: /* the system has no thread */
        lock();
        n_threads--;
        alive[w] = false;
        if
        :: n_threads == 0 -> refused = refused + queued; queued = 0
        :: else -> skip
        fi;
        unlock()
    fi
}

proctype poster()
{
    byte i, w, starts;

    for (i : 1 .. JOBS / 2) {
        starts = THREADS;
        lock();
        queued++;
        if
        :: n_threads - n_idle >= THREADS -> skip
        :: else ->
            w = 0;
            do
            :: w < THREADS && listed[w] -> listed[w] = false; n_idle--; break
            :: w < THREADS && !listed[w] -> w++
            :: w == THREADS ->
                w = 0;
                do
                :: alive[w] -> w++
                :: else -> break
                od;
                alive[w] = true;
                n_threads++;
                starts = w;
                break
            od
        fi;
        unlock();
        if
        :: starts < THREADS -> start(starts)
        :: else -> skip
        fi
    }
}

init
{
    atomic { run poster(); run poster() }
}

ltl every_job_ends { <> (ran + refused == JOBS) }
