/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool: posts, with the lock and without, against workers that take, wait for something, sleep,
 * are called, grow old and leave, and threads that cannot be started (src/pool/tray.c, staff.c,
 * worker.c, post.c). One worker may run, two may exist.
 *
 * Invariants 49, 50, 73 and 74. Every job runs, or is refused when there is no thread that might take it; none is left in the
 * queue or on the tray. One of the jobs waits, perhaps for all the others.
 * BROKEN 1: a worker that goes to sleep shuts the tray after it has looked at it. 2: one that waits
 * leaves it open. 3: so does one that leaves. 4: a thread that cannot be started is all that
 * was to run, and who sleeps is not called instead.
 *
 * It follows:
 * FOLLOWS src/pool/tray.c: syni_tray_put syni_tray_empty_locked syni_tray_tend_locked
 * FOLLOWS src/pool/staff.c: syni_worker_choose_locked staff_refuse syni_worker_call syni_worker_step_out syni_worker_step_in_locked
 * FOLLOWS src/pool/worker.c: worker_take_locked idle_locked next_locked step_down_locked
 * FOLLOWS src/pool/post.c: post_freely enter_locked post_work
 * HASH 32205e754646
 */
#define JOBS 4
#define THREADS 2
#define MAX 1

bool locked;
bool open;   /* the tray; what is on it */
byte tray;
byte queued, ran, refused;
byte n_threads, n_idle, n_blocked;
bool listed[THREADS]; /* asleep, and not called */
bool alive[THREADS];
bool waited, alone; /* one of the jobs has waited; for none of the others */

#define running (n_threads - n_idle - n_blocked)

inline lock() { atomic { !locked -> locked = true } }
inline unlock() { locked = false }

inline take_all() { atomic { queued = queued + tray; tray = 0 } }

inline tend()
{
    if
    :: running >= MAX -> open = true
    :: else -> atomic { open = false; queued = queued + tray; tray = 0 }
    fi
}

inline choose(w, starts)
{
    starts = THREADS;
    w = 0;
    if
    :: running >= MAX -> skip
    :: else ->
        do
        :: w < THREADS && listed[w] -> listed[w] = false; n_idle--; break
        :: w < THREADS && !listed[w] -> w++
        :: w == THREADS && n_threads == THREADS -> break
        :: w == THREADS && n_threads < THREADS ->
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
    tend();
    w = 0
}

/* Nobody is left who might take what waits: it may be for this that they wait. */
inline refuse(w, starts)
{
    tend();
    if
    :: n_threads == n_blocked -> refused = refused + queued; queued = 0
#if BROKEN != 4
    :: n_threads != n_blocked && n_idle > 0 && queued > 0 -> choose(w, starts)
#endif
    :: else -> skip
    fi
}

inline call(w, starts)
{
    if
    :: starts == THREADS ->
        if
        :: hopeless -> lock(); refuse(w, starts); unlock()
        :: else -> skip
        fi
    :: starts < THREADS -> atomic { run worker(starts) }
    :: starts < THREADS -> /* the system has no thread */
        lock();
        n_threads--;
        alive[starts] = false;
        refuse(w, starts);
        unlock()
    fi;
    starts = THREADS
}

/* The job waits for all the others, or for something else. */
inline block(w, starts)
{
    lock();
    n_blocked++;
#if BROKEN != 2
    tend();
#endif
    hopeless = false;
    if
    :: queued > 0 -> choose(w, starts); hopeless = (n_threads == n_blocked)
    :: else -> starts = THREADS
    fi;
    unlock();
    call(w, starts);
    if
    :: ran + refused == JOBS - 1
    :: alone
    fi;
    lock();
    n_blocked--;
    tend();
    unlock()
}

proctype worker(byte me)
{
    byte w, starts = THREADS;
    bool hopeless, old;

    lock();
again:
    do
    :: if
       :: queued == 0 -> take_all()
       :: else -> skip
       fi;
        if
        :: running <= MAX && queued > 0 ->
            queued--;
            unlock();
            if
            :: atomic { !waited -> waited = true }; block(w, starts)
            :: true
            fi;
            atomic { ran++ }
            lock()
        :: else ->
            listed[me] = true;
            n_idle++;
#if BROKEN == 1
            open = (running >= MAX);
#else
            tend();
#endif
            if
            :: running < MAX && queued > 0 -> listed[me] = false; n_idle--; tend()
            :: else ->
                unlock();
                if
                :: old = true
                :: old = false
                fi;
end_asleep:     if
                :: !listed[me]   /* called */
                :: old           /* it has slept for long */
                fi;
                lock();
                if
                :: !listed[me] -> skip
                :: listed[me] ->
                    listed[me] = false;
                    n_idle--;
                    break
                fi
            fi
        fi
    od;
    unlock();
    lock();
    n_threads--;
#if BROKEN != 3
    tend();
#endif
    if
    :: running < MAX && queued > 0 -> n_threads++; tend(); goto again
    :: else -> skip
    fi;
    alive[me] = false;
    unlock()
}

proctype poster()
{
    byte i, w, starts = THREADS;
    bool hopeless;

    for (i : 1 .. JOBS / 2) {
        if
        :: atomic { open -> tray++ }
        :: !open ->      /* it may open meanwhile: the lock is fine in any case */
            lock();
            take_all();
            queued++;
            choose(w, starts);
            hopeless = (n_threads == n_blocked && queued > 0);
            unlock();
            call(w, starts)
        fi
    }
}

init
{
    if
    :: alone = true
    :: alone = false
    fi;
    atomic { run poster(); run poster() }
}

ltl every_job_ends { <> (ran + refused == JOBS) }
