/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool: posts, with the lock and without, against workers that take, wait for something, sleep,
 * are called, grow old and leave, and threads that cannot be started (src/pool/pool_inbox.c, workers.c,
 * worker.c, quick.c, pool_post.c). Two workers may run, as many may exist; while one is wanted, since works
 * are quick, the other watches.
 *
 * Invariants 49, 50, 73 and 74. Every job runs, or is refused when there is no thread that might take it; none is left in the
 * queue or in the inbox. One of the jobs waits, perhaps for all the others.
 * BROKEN 1: a worker that goes to sleep shuts the inbox after it has looked at it. 2: one that waits
 * leaves it open. 3: so does one that leaves. 4: a thread that cannot be started is all that
 * was to run, and one that sleeps is not called instead. 5: the watcher does not look. 6: it is called, and still
 * one is wanted. 7: all but one go to sleep, and none of them watches. 8: one that waits does not see that none does yet. 9: the
 * watcher ends its watch, and does not see what was posted meanwhile.
 *
 * With QUICK another job waits for the rest, and does not tell the pool so.
 *
 * It follows:
 * FOLLOWS src/pool/pool_inbox.c: syni_pool_inbox_put syni_pool_inbox_empty_locked syni_pool_inbox_tend_locked
 * FOLLOWS src/pool/workers.c: syni_worker_choose_locked workers_refuse syni_worker_call syni_worker_call_more
 * FOLLOWS src/pool/workers.c: syni_worker_step_out syni_worker_step_in_locked
 * FOLLOWS src/pool/worker.c: worker_take_locked sleep_idle_locked join_in_locked idle_locked next_locked step_down_locked
 * FOLLOWS src/pool/quick.c: syni_quick_count_locked syni_quick_watch_locked syni_quick_look_locked syni_quick_leave_locked
 * FOLLOWS src/pool/pool_post.c: post_freely enter_locked post_work
 * HASH 37d1c0f521a6
 */
#ifdef QUICK
#define MAX 2
#else
#define MAX 1
#endif
#define JOBS 4
#define THREADS (MAX + 1)
#define NOBODY THREADS

bool locked;
bool open;   /* the inbox; what is on it */
byte inbox;
byte queued, ran, refused;
byte n_threads, n_idle, n_blocked;
bool listed[THREADS]; /* asleep, and not called */
bool alive[THREADS];
bool waited, alone; /* one of the jobs has waited; for none of the others */
bool silent;        /* another is to wait for the rest, and does not say so */
bool may_lack;      /* the system may have no thread for us */
byte wanted = MAX;    /* as many are to run */
byte watcher = NOBODY, watched;
byte busy;            /* that have a work, and are not blocked */

#define running (n_threads - n_idle - n_blocked)

inline lock() { atomic { !locked -> locked = true } }
inline unlock() { locked = false }

inline take_all() { atomic { queued = queued + inbox; inbox = 0 } }

inline tend()
{
    if
    :: running >= wanted -> open = true
    :: else -> atomic { open = false; queued = queued + inbox; inbox = 0 }
    fi
}

inline want_all() { atomic { wanted = MAX; watcher = NOBODY } }

/* It is idle no more. */
inline unwatch(w)
{
    if
#if BROKEN == 6
    :: watcher == w -> watcher = NOBODY
#else
    :: watcher == w -> want_all(); more = true
#endif
    :: else -> skip
    fi
}

inline choose(w, starts)
{
    starts = THREADS;
    w = 0;
    if
    :: running >= wanted -> skip
    :: else ->
        do
        :: w < THREADS && listed[w] -> listed[w] = false; n_idle--; unwatch(w); break
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

/* None is left that might take what waits: it may be for this that they wait. */
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
    :: starts < THREADS && may_lack -> /* the system has no thread */
        lock();
        n_threads--;
        alive[starts] = false;
        refuse(w, starts);
        unlock()
    fi;
    starts = THREADS
}

/* More are wanted: at most one is missing then. */
inline call_more(w, starts)
{
    lock();
    starts = THREADS;
    if
    :: queued > 0 -> choose(w, starts)
    :: else -> skip
    fi;
    unlock();
    hopeless = false;
    call(w, starts)
}

/* The job waits for all the others, or for something else, and says so. */
inline block(w, starts)
{
    lock();
    n_blocked++;
    busy--;
#if BROKEN != 8
    if
    :: watcher == NOBODY && wanted < MAX -> want_all(); more = true
    :: else -> skip
    fi;
#endif
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
    :: more -> more = false; call_more(w, starts)
    :: else -> skip
    fi;
    if
    :: ran + refused == JOBS - 1
    :: alone
    fi;
    lock();
    n_blocked--;
    busy++;
    tend();
    unlock()
}

proctype worker(byte me)
{
    byte w, starts = THREADS;
    bool hopeless, more, old, ages, nothing;

    lock();
again:
    do
    :: if
       :: queued == 0 -> take_all()
       :: else -> skip
       fi;
        if
        :: running <= wanted && queued > 0 ->
            queued--;
            busy++;
            if
            :: running == MAX && busy == MAX && wanted == MAX -> /* works are quick */
                wanted = 1;
                tend()
            :: true
            fi;
            unlock();
            if
            :: atomic { !waited -> waited = true }; block(w, starts)
            :: atomic { silent -> silent = false }; (ran + refused >= JOBS - 2)
            :: true
            fi;
            atomic { ran++ }
            lock();
            busy--
        :: else ->
            listed[me] = true;
            n_idle++;
#if BROKEN == 1
            open = (running >= wanted);
#else
            tend();
#endif
            if
            :: running < wanted && queued > 0 -> listed[me] = false; n_idle--; tend()
            :: else ->
sleep:          if
#if BROKEN != 7
                :: wanted < MAX && watcher == NOBODY -> watcher = me; watched = ran
#endif
                :: else -> skip
                fi;
                unlock();
#ifndef QUICK
                if
                :: ages = true
                :: ages = false                    /* nothing but a call wakes it */
                fi;
#endif
end_asleep:     if
                :: !listed[me]                     /* called */
#ifndef QUICK
                :: watcher != me && ages -> old = true /* it has slept for long */
#endif
#if BROKEN != 5
                :: watcher == me                   /* a moment has passed */
#endif
                fi;
                lock();
                if
                :: !listed[me] -> skip
                :: listed[me] && watcher == me ->
                    take_all();
                    if
                    :: ran > watched -> watched = ran; goto sleep /* enough have ended */
                    :: else -> nothing = (queued == 0); want_all(); tend()
                    fi;
                    if
#if BROKEN == 9
                    :: nothing -> goto sleep
#endif
                    :: queued == 0 -> goto sleep
                    :: queued > 0 ->
                        listed[me] = false;
                        n_idle--;
                        tend();
                        unlock();
                        call_more(w, starts);
                        lock()
                    fi
                :: listed[me] && watcher != me && old ->
                    listed[me] = false;
                    n_idle--;
                    break
                :: listed[me] && watcher != me && !old -> goto sleep
                fi;
                old = false
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
    :: running < wanted && queued > 0 -> n_threads++; tend(); goto again
    :: else -> skip
    fi;
    alive[me] = false;
    unlock()
}

proctype poster(byte n)
{
    byte i, w, starts = THREADS;
    bool hopeless, more;

    for (i : 1 .. n) {
        if
        :: atomic { open -> inbox++ }
        :: !open ->      /* it may open meanwhile: the lock is fine in any case */
            lock();
            take_all();
            queued++;
            choose(w, starts);
            hopeless = (n_threads == n_blocked && queued > 0);
            unlock();
            call(w, starts);
            if
            :: more -> more = false; call_more(w, starts)
            :: else -> skip
            fi
        fi
    }
}

init
{
#ifdef QUICK
    silent = true; /* it needs another thread */
    atomic { run poster(JOBS) }
#else
    may_lack = true;
    if
    :: alone = true
    :: alone = false
    fi;
    atomic { run poster(JOBS / 2); run poster(JOBS / 2) }
#endif
}

ltl every_job_ends { <> (ran + refused == JOBS) }
