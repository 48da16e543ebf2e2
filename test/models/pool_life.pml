/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a pool (src/pool/pool_life.c, with the end of a worker of worker.c): works are posted, which
 * starts threads, while one thread stops it without a deadline and another one with a deadline that may pass at
 * any moment and which then gives up what runs; a third starts it again, and at last it is freed.
 *
 * Every stop returns; each work that was accepted ends once, or is given up; each thread is joined once or
 * retires itself, never both; a stop without a deadline, after which nobody started the pool again,
 * leaves no thread that is not joined, but those of works that were given up; nothing is touched after
 * the free.
 *
 * BROKEN 1: a thread that leaves while nobody stops leaves itself to be joined
 * (syni_pool_thread_leaves_locked). 2: a stopper that leaves does not take the thread that left last with it
 * (syni_pool_leave). 3: the last thread tells all stoppers, before it was joined (syni_pool_tell_locked).
 * 4: a start does not wait until what is reaped is stopped (syni_pool_open). 5: a free does not wait for
 * threads in a stop (syni_pool_await_stoppers). 6: a start while a stop is under way is not
 * refused (syni_pool_open). 7: a thread that leaves does not join the one before it.
 *
 * It follows:
 * FOLLOWS src/pool/pool_life.c: take_last_locked tell_over is_stopped_locked tell_all_over_locked
 * FOLLOWS src/pool/pool_life.c: syni_pool_tell_locked syni_pool_close_locked syni_pool_leave syni_pool_open
 * FOLLOWS src/pool/pool_life.c: syni_pool_thread_leaves_locked syni_pool_await_stoppers
 * FOLLOWS src/pool/worker.c: next_locked step_down_locked leave_locked
 * HASH 8ef29ed366e5
 */
#ifndef BROKEN
#define BROKEN 0
#endif

mtype = { OPEN, STOPPING, REAPING, STOPPED };
mtype life = OPEN;

#define THREADS 3  /* that are ever started */
#define AT_ONCE 2
#define POSTS 2
#define STOPPERS 3 /* the last one is that of the free */
#define NONE 9

bool freed;
byte queued, works;       /* works: queued or running, not given up */
byte accepted, settled;   /* works: taken; ended, refused later, or given up */
byte n_threads, n_started;
byte n_running;
bool running[THREADS], given_up[THREADS]; /* what thread I works on */
bool gone[THREADS], joined[THREADS], retired[THREADS];
bool has_last;
byte last = NONE;
byte n_inside;
bool listed[STOPPERS], calm[STOPPERS], over[STOPPERS], tells[STOPPERS], joins[STOPPERS];
byte last_of[STOPPERS];
byte order[STOPPERS], n_listed; /* the list of stoppers, the first at 0 */
byte n_opened;
byte n_done;

#define touch assert(!freed)

/* Inside an atomic: */
inline unlist(k)
{
    byte at = 0;

    if
    :: listed[k] ->
        listed[k] = false;
        do
        :: order[at] == k -> break
        :: else -> at++
        od;
        n_listed--;
        do
        :: at < n_listed -> order[at] = order[at + 1]; at++
        :: else -> break
        od
    :: else
    fi;
    at = 0
}

inline take_last(k)
{
    joins[k] = has_last;
    last_of[k] = last;
    has_last = false
}

inline is_stopped()
{
    assert(n_threads == 0 && works == 0);
    assert(life != OPEN && !has_last);
    life = STOPPED
}

inline tell_all_over()
{
    do
    :: n_listed > 0 -> over[order[0]] = true; listed[order[0]] = false;
        n_listed--;
        order[0] = order[1]; order[1] = order[2]
    :: else -> break
    od
}

inline tell_calm()
{
    if
    :: works == 0 ->
        if :: listed[0] -> calm[0] = true :: else fi;
        if :: listed[1] -> calm[1] = true :: else fi;
        if :: listed[2] -> calm[2] = true :: else fi
    :: else
    fi
}

byte first;

inline tell()
{
    if
    :: life == OPEN
    :: else ->
        tell_calm();
        if
        :: n_threads > 0 || life == REAPING
        :: else ->
            if
            :: n_listed == 0 -> is_stopped()
            :: else
            fi;
            if
            :: life == STOPPED -> tell_all_over()
            :: else ->
#if BROKEN == 3
                has_last = false;
                life = STOPPED;
                tell_all_over()
#else
                life = REAPING;
                first = order[0];
                tells[first] = true;
                take_last(first);
                over[first] = true;
                unlist(first);
                first = 0
#endif
            fi
        fi
    fi
}

inline join(x)
{
    gone[x]; /* it blocks until then */
    atomic {
        assert(!joined[x] && !retired[x]);
        joined[x] = true
    }
}

proctype worker(byte me)
{
    byte before = NONE;
    bool leaves = false, joins_it = false, retires = false;

    do
    :: atomic { /* next_locked() */
            touch;
            if
            :: queued > 0 -> queued--; running[me] = true
            :: else -> leaves = true
            fi
        };
        if
        :: !leaves ->
            /* it works; a stop may give it up meanwhile */
            atomic {
                touch;
                running[me] = false;
                if
                :: given_up[me] -> given_up[me] = false
                :: else -> works--; settled++; tell()
                fi
            }
        :: leaves -> /* idle until it is called, or too long */
            atomic { /* step_down_locked(), leave_locked() */
                touch;
                if
                :: queued > 0 -> leaves = false
                :: else ->
                    n_threads--;
                    if
#if BROKEN == 1
                    :: false
#else
                    :: life == OPEN || n_listed == 0 -> retires = true
#endif
                    :: else ->
                        before = last;
                        joins_it = has_last;
#if BROKEN == 7
                        joins_it = false;
#endif
                        last = me;
                        has_last = true
                    fi;
                    tell()
                fi
            };
            if
            :: leaves -> break
            :: else
            fi
        fi
    od;
    if
    :: retires -> atomic { assert(!joined[me]); retired[me] = true }
    :: joins_it -> join(before)
    :: else
    fi;
    gone[me] = true
}

proctype poster()
{
    byte n = 0;

    do
    :: n < POSTS ->
        atomic {
            if
            :: life == OPEN && !freed ->
                queued++;
                works++;
                accepted++;
                if
                :: n_threads < AT_ONCE && n_started < THREADS ->
                    n_threads++;
                    run worker(n_started);
                    n_started++
                :: n_threads > 0 && (n_threads == AT_ONCE || n_started == THREADS)
                :: n_threads == 0 && n_started == THREADS -> /* no thread can be had: refused */
                    queued--; works--; settled++
                fi
            :: else
            fi;
            n++
        }
    :: else -> break
    od;
    n_done++
}

inline give_up()
{
    byte t = 0;

    do
    :: t < THREADS ->
        if
        :: running[t] && !given_up[t] -> given_up[t] = true; works--; settled++
        :: else
        fi;
        t++
    :: else -> t = 0; break
    od;
    tell()
}

/* HASTY: its deadline passes when it likes. */
inline stop(k, hasty)
{
    atomic { /* syni_pool_close_locked() */
        touch;
        calm[k] = false; over[k] = false; tells[k] = false; joins[k] = false; last_of[k] = NONE;
        n_inside++;
        if
        :: life == OPEN -> life = STOPPING
        :: else
        fi;
        listed[k] = true;
        order[n_listed] = k;
        n_listed++;
        tell()
    };
    atomic { /* end_all() */
        touch;
        settled = settled + queued;
        works = works - queued;
        queued = 0;
        tell()
    };
    if
    :: calm[k] || over[k]
    :: hasty -> atomic { touch; give_up() }
    fi;
    if
    :: over[k]
    :: hasty
    fi;
    atomic { /* syni_pool_leave() */
        touch;
        unlist(k);
#if BROKEN != 2
        if
        :: n_listed == 0 && has_last -> take_last(k)
        :: else
        fi
#endif
    };
    if
    :: joins[k] -> join(last_of[k])
    :: else
    fi;
    atomic {
        touch;
        if
        :: tells[k] -> is_stopped(); tell_all_over()
        :: else
        fi;
        n_inside--
    }
}

proctype stopper()
{
    stop(0, false);
    atomic {
        if
        :: n_opened == 0 -> assert(life == STOPPED && n_threads == 0)
        :: else
        fi
    };
    n_done++
}

proctype hasty_stopper()
{
    stop(1, true);
    n_done++
}

proctype starter()
{
    atomic {
        touch;
#if BROKEN != 4
        life != REAPING;
#endif
        if
#if BROKEN != 6
        :: life == STOPPING && n_inside > 0 /* SYN_EBUSY */
#endif
        :: else -> life = OPEN; n_opened++
        fi
    };
    n_done++
}

init
{
    byte i = 0;

    atomic {
        run poster();
        run stopper();
        run hasty_stopper();
        run starter()
    };
    /* The thread that frees it uses it no more: nobody posts and starts meanwhile; but a stop may be in its last lines. */
#if BROKEN == 5
    n_done >= 2;
    atomic { n_inside == 0 || true -> skip };
#else
    n_done == 4;
#endif
    stop(2, false);
    atomic {
#if BROKEN != 5
        n_inside == 0;
#endif
        assert(n_threads == 0);
        freed = true
    };
    /* what ends by itself */
    atomic {
        do
        :: i < n_started ->
            gone[i];
            assert(joined[i] || retired[i]);
            assert(!(joined[i] && retired[i]));
            i++
        :: else -> break
        od
    };
    assert(accepted == settled)
}
