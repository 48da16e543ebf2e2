/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool: one job, which a worker takes, runs and ends, while somebody cancels it, somebody
 * stops the pool, and the grace thread gives it up (src/pool/work_cancel.c, grace.c, src/job/job.c).
 *
 * Invariants 46, 47, 48 and 780. It completes exactly once, by any thread; nobody touches its frame after the last
 * reference; it really ends. BROKEN 1: the worker does not wait for a holder of the job.
 * BROKEN 2: nor for the grace thread. BROKEN 3: the thread that abandons it does not hold the frame.
 *
 * It follows:
 * FOLLOWS src/pool/work_cancel.c: ask_abandon syni_work_tell ask_work syni_work_settle_locked
 * FOLLOWS src/pool/grace.c: give_up_locked keep syni_grace_forget
 * FOLLOWS src/job/job.c: end_work abandon_work cancel_job
 * HASH 77fea253e03c
 */
mtype = { WAITING, RUNNING, OVER };

mtype state = WAITING;
bool locked;                 /* the pool's */
bool asked, abandoned;
byte holders;
bool kept, doomed, current;  /* known to the grace thread; on its list; being given up */
byte completed, references = 2;
bool freed, ended;

/* Between two atomic sequences, which spin takes for one. */
#define STEP true

inline lock() { atomic { !locked -> locked = true } }
inline unlock() { locked = false }
inline touch() { assert(!freed) }
inline unpin()
{
    atomic {
        assert(references > 0);
        references--;
        freed = (references == 0)
    }
}
inline complete()
{
    atomic { touch(); assert(completed == 0); completed++ };
    STEP;
    unpin()                  /* the producer's */
}
inline await_holders()       /* a condition: lets the lock go meanwhile */
{
#if BROKEN != 1
    do
    :: holders == 0 -> break
    :: else -> unlock(); atomic { holders == 0 && !locked -> locked = true }
    od
#else
    skip
#endif
}

inline give_up(ours)
{
    lock();
    touch();
    ours = (state == RUNNING && !abandoned);
    if
    :: ours -> abandoned = true
    :: else -> skip
    fi;
    unlock();
    if
    :: ours ->
#if BROKEN != 3
        atomic { touch(); assert(references > 0); references++ };
        STEP;
#endif
        complete()
    :: else -> skip
    fi
}

active proctype worker()
{
    bool late;

    lock();
    if
    :: state == WAITING ->
        state = RUNNING;
        unlock();
        touch();             /* the body: arguments, result */
        lock();
        if
        :: asked ->
            await_holders();
            if
            :: kept ->
                unlock();
#if BROKEN != 2
                atomic { !current -> doomed = false }
#endif
                lock();
                await_holders()
            :: else -> skip
            fi
        :: else -> skip
        fi;
        state = OVER;
        late = abandoned;
        unlock();
        touch();
        if
        :: late -> unpin()   /* the late result is destroyed; what was held for the body */
        :: else -> complete()
        fi
    :: else -> unlock()
    fi;
    ended = true
}

active proctype canceller()  /* the waiter, too: it has the reader's reference */
{
    lock();
    touch();
    if
    :: state == WAITING ->
        state = OVER;
        unlock();
        complete()
    :: state == RUNNING && !asked ->
        asked = true;
        holders++;
        unlock();
        touch();             /* the hook */
        atomic { kept = true; doomed = true };
        STEP;
        lock();
        touch();
        holders--;
        unlock()
    :: else -> unlock()
    fi;
    completed > 0;
    unpin()
}

active proctype stopper()
{
    bool ours;

    lock();
    if
    :: state == RUNNING ->
        asked = true;
        holders++;
        unlock();
        give_up(ours);
        lock();
        touch();
        holders--;
        unlock()
    :: else -> unlock()
    fi
}

active proctype grace_thread()
{
    bool ours;

end:
    do
    :: atomic { doomed -> doomed = false; current = true };
        give_up(ours);
        current = false
    od
}

ltl it_ends { <> (ended && completed == 1 && freed) }
