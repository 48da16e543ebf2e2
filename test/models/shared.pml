/* SPDX-License-Identifier: Apache-2.0
 *
 * A shared future. Follows:
 * FOLLOWS src/future/share.c: share_let_go next_reader source_done add_reader remove_reader ask_source
 * FOLLOWS src/future/share.c: syni_shared_release tell_copy cancel_copy
 * HASH 392db0a1d340
 *
 * A source completes, by itself or since it is cancelled, or (PROMISE) cannot be asked. Two holders:
 * one waits, and gives up or not; one makes a future of its own, a copy, which it gets or cancels. Both
 * let go in the end. The copy's own reader keeps the shared object until its memory is freed.
 *
 * It is freed once, after the last touch; a waiter is told, or withdrew; the source is asked only when
 * nobody holds it any more.
 *
 * BROKEN 1: a canceller of the source does not count meanwhile. 2: the source does not hold it while it tells.
 * 3: a reader that gives up does not look whether it is being told. 4: a copy does not keep it. 5 (PROMISE):
 * a reader that could cancel nobody leaves its waiter at the core.
 */
#ifndef BROKEN
#define BROKEN 0
#endif

mtype = { EMPTY, WAITER, DONE };
mtype core = WAITER;   /* the core's waiter: the shared object, from the start */
bool locked;
byte users = 2;
bool is_done, over;
byte copies;
bool listed, told;     /* the first holder, a thread */
bool stack = true;     /* where its reader lies */
bool copy_listed, copy_told;
bool asked, freed;
byte n_done;

inline lock() { atomic { assert(!freed); !locked -> locked = true } }
inline unlock() { atomic { assert(!freed); locked = false } }

/* let_go(); LAST is the caller's */
inline let_go(is_over)
{
    lock();
    atomic {
        if :: is_over -> over = true :: else -> assert(copies > 0); copies-- fi;
        last = over && copies == 0
    };
    unlock();
    if
    :: last -> atomic { assert(!freed); freed = true }
    :: else
    fi
}

proctype source()
{
    bool last, mine = false, more = true;
    byte held = 1;

#ifdef PROMISE
    if
    :: true
    :: core == EMPTY -> goto end /* nobody completes it, and nobody waits */
    fi;
#endif
    atomic { mine = (core == WAITER); core = DONE };
    if
    :: !mine -> goto end
    :: else
    fi;
    lock();
    is_done = true;
#if BROKEN != 2
    users++;
#endif
    unlock();
    do
    :: more ->
        lock();
        if
        :: listed -> listed = false; unlock(); atomic { assert(!freed && stack); told = true }
        :: !listed && copy_listed ->
            copy_listed = false; held++; unlock();
            atomic { assert(!freed); copy_told = true }
        :: else -> more = false; unlock()
        fi
    :: else -> break
    od;
    lock();
#if BROKEN == 2
    held--;
#endif
    users = users - held;
    last = (users == 0);
    unlock();
    if
    :: last -> let_go(true)
    :: else
    fi;
end:
    n_done++
}

/* syni_shared_release() */
inline release()
{
    lock();
    atomic { assert(users > 0); users--; was_last = (users == 0); asks = was_last && !is_done };
#if BROKEN != 1
    if :: asks -> copies++ :: else fi;
#endif
    unlock();
    withdrawn = false;
    if
    :: asks ->
        assert(!freed);
#ifdef PROMISE
#if BROKEN == 5
        withdrawn = true
#else
        atomic { if :: core == WAITER -> core = EMPTY; withdrawn = true :: else fi }
#endif
#else
        asked = true
#endif
    :: else
    fi;
    if
    :: was_last && (!asks || withdrawn) -> let_go(true)
    :: else
    fi;
    if
#if BROKEN != 1
    :: asks -> let_go(false)
#endif
    :: else
    fi
}

proctype thread()
{
    bool last, was_last, asks, withdrawn, waits, removed;

    lock();
    waits = !is_done;
    if :: waits -> listed = true :: else fi;
    unlock();
    if
    :: waits ->
        if
        :: told
        :: true -> /* it gives up */
#if BROKEN == 3
            listed = false
#else
            lock();
            removed = listed;
            listed = false;
            unlock();
            if :: !removed -> told :: else fi
#endif
        fi
    :: else
    fi;
    stack = false;
    release();
    n_done++
}

proctype copier()
{
    bool last, was_last, asks, withdrawn, waits, removed = false;

    lock();
#if BROKEN != 4
    copies++;
#endif
    unlock();
    lock();
    waits = !is_done;
    if :: waits -> copy_listed = true; users++ :: else fi;
    unlock();
    if :: !waits -> copy_told = true :: else fi;
    if
    :: copy_told
    :: true -> /* it is cancelled */
        lock();
        removed = copy_listed;
        copy_listed = false;
        unlock();
        if
        :: removed -> release()
        :: else -> copy_told
        fi
    fi;
    release(); /* its own */
#if BROKEN == 4
    lock(); /* it looks at it while it is freed */
    unlock();
#else
    let_go(false);
#endif
    n_done++
}

init
{
    atomic { run source(); run thread(); run copier() }
    n_done == 3;
    assert(freed)
}

ltl all_end { <> (n_done == 3) }
