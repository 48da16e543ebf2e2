/* SPDX-License-Identifier: Apache-2.0
 *
 * A thread that sleeps, and threads that wake it. Follows:
 * FOLLOWS src/base/parker.c: syni_parker_sleep end_sleep set_woken wake_passing syni_parker_wake syni_parker_settle
 * FOLLOWS src/base/parker.c: syni_parker_go_elsewhere syni_parker_sleeps_elsewhere
 * FOLLOWS src/base/clock.c: syni_clock_sleep
 * HASH cc1ef9dbebd3
 *
 * The sleeper waits for `done` of two waits, one after the other; each has a waker, and the first one's
 * wake may come late, as one for no reason. Its sleep may end for no reason, too. With PASSING the parker
 * goes with the thread, after it has settled; without, it lasts, and the storage of `done` only goes.
 *
 * No wake is lost: the sleeper ends. No waker touches `done` or the parker after they have gone
 * (invariant 26).
 *
 * ELSEWHERE (also with PASSING): the sleeper turns a loop; a waker knocks at its door, and the loop is gone
 * when the sleeper has stopped to turn it.
 *
 * BROKEN 1: a waker sets the state before `done`. 2: the sleeper goes to sleep without a look at the state.
 * 3: a waker signals without the lock in between. 4: a sleeper that was woken leaves the state as it is
 * not: it forgets a wake that came before. 5 (PASSING): it does not settle. 6 (PASSING): a waker gives the
 * signal after the lock. 7 (ELSEWHERE): the sleeper says once that it sleeps, and not before each turn. 8
 * (ELSEWHERE): a waker knocks after the lock. 9 (ELSEWHERE): the sleeper looks whether it was woken before
 * it says that it sleeps.
 */
#ifndef BROKEN
#define BROKEN 0
#endif

mtype = { EMPTY, SLEEPS, WOKEN };
mtype state = EMPTY;
bool locked;
bool waits;          /* for the condition, and has let go of the lock */
bool done[2];
bool there[2] = true; /* the storage of each wait */
bool parker = true;
bool knocks, knocked, loop_there; /* under the lock: somebody is to knock; the door's level */
byte n_done;

inline lock() { atomic { !locked -> locked = true } }
inline unlock() { locked = false }
inline signal() { waits = false }

/* At the door of the loop, under the lock. */
inline knock()
{
    atomic { if :: knocks -> assert(loop_there); knocked = true :: else fi }
}

/* Set by an exchange; SLEPT: it slept. */
inline set_woken(slept)
{
    atomic { assert(parker); slept = (state == SLEEPS); state = WOKEN }
}

proctype waker(byte i)
{
    bool slept;

#ifdef PASSING
    atomic { assert(parker); !locked -> locked = true }
#if BROKEN != 1
    atomic { assert(there[i]); done[i] = true };
#endif
    set_woken(slept);
#if BROKEN == 1
    atomic { assert(there[i]); done[i] = true };
#endif
#if BROKEN == 6
    unlock();
    atomic { assert(parker); signal() }
#else
    atomic { assert(parker); signal() };
    knock();
    unlock();
#endif
#else
#if BROKEN != 1
    atomic { assert(there[i]); done[i] = true };
#endif
    set_woken(slept);
#if BROKEN == 1
    atomic { assert(there[i]); done[i] = true };
#endif
    if
    :: slept ->
#if BROKEN != 3
        lock();
#if BROKEN == 8
        slept = knocks;
        unlock();
        atomic { if :: slept -> assert(loop_there); knocked = true :: else fi };
#else
        knock();
        unlock();
#endif
#endif
        signal()
    :: else
    fi;
#endif
    n_done++
}

inline parker_sleep()
{
    lock();
#if BROKEN == 4
    state = EMPTY;
#endif
#if BROKEN == 2
    state = SLEEPS;
    may = true;
#else
    atomic { if :: state == EMPTY -> state = SLEEPS; may = true :: else -> may = false fi };
#endif
    do
    :: may && state != WOKEN ->
        /* pthread_cond_wait(): lets go and waits in one step, and takes the lock again */
        atomic { waits = true; locked = false };
        atomic { !waits };
        lock()
    :: else -> break
    od;
    state = EMPTY;
    unlock()
}

/* syni_parker_sleeps_elsewhere() */
inline sleeps()
{
    state = SLEEPS
}

/* Turns the loop until DONE. */
inline turn(done_)
{
    lock();
    loop_there = true;
    knocked = false;
    knocks = true;
    unlock();
#if BROKEN != 9
    sleeps();
#endif
    do
    :: done_ -> break
    :: !done_ ->
#if BROKEN == 9
        sleeps();
#endif
        atomic { knocked -> knocked = false };
#if BROKEN != 7 && BROKEN != 9
        sleeps()
#endif
    od;
    state = EMPTY;
    lock();
    knocks = false;
    unlock();
    loop_there = false
}

proctype sleeper()
{
    bool may;
    byte i;

    for (i : 0 .. 1) {
#ifdef ELSEWHERE
        turn(done[i]);
#else
        do
        :: done[i] -> break
        :: else -> parker_sleep()
        od;
#endif
#ifdef PASSING
#if BROKEN != 5
        lock(); /* syni_parker_settle() */
        unlock();
#endif
#endif
        there[i] = false;
        if
        :: i == 0 -> run waker(1)
        :: else
        fi
    };
#ifdef PASSING
    parker = false;
#endif
    n_done++
}

init { atomic { run sleeper(); run waker(0) } }

ltl no_wake_is_lost { <> (n_done == 3) }
