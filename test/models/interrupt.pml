/* SPDX-License-Identifier: Apache-2.0
 *
 * A signal that ends the waits of a thread, and a second one. Follows:
 * FOLLOWS src/thread/interrupt.c: interrupt_locked syni_interrupt_enter syni_interrupt_leave run_abandon
 * FOLLOWS src/thread/interrupt.c: syni_interrupt_give_up interrupt_all_locked
 * FOLLOWS src/thread/thread_told.c: nudge syni_thread_interrupt
 * FOLLOWS src/thread/thread_told.c: thread_told_end_early syni_thread_told_heed syni_thread_told_settle
 * FOLLOWS src/thread/thread_wait.c: turn block_interruptibly
 * HASH 955b84b73000
 *
 * A thread makes two waits, one after the other. In each it sleeps, or drives the loop that brings what it waits for;
 * when it does not, another thread drives that. What it waits for first ends only when it is asked, or not even then, and
 * is abandoned; what it waits for second ends by itself, and can be withdrawn. Signals come at any time, until two were
 * kept (one, if it heeds the first) that were not passed on to the program; the first wait may have a deadline. A
 * post is one step (role.pml has that), and so is a wake of the thread (parker.pml).
 *
 * The first wait ends by one signal where that is heeded, else by two, or by its deadline and one, whenever they come
 * (invariants 127 and 410); the second is ended early only if a signal came while it was listed, and is not touched
 * when it is over (invariant 89). A signal that met a wait and did not end it is kept for the next one (invariant 450).
 *
 * BROKEN 1: a thread is nudged once. 2: two that came before the thread looked are one. 3: a wait is over
 * though a nudge is on its way. 4: an interrupter looks which loop the thread drives before it says so. 5: a thread
 * leaves the list with an interrupt. 6: what is pending is not looked at as a wait begins. 7: a thread looks for an
 * interrupt before it says that it drives. 8: a wait is over though its abandoning is on its way. 9: a thread sleeps
 * in the turn in which its nudge ran. 10: a signal is dropped with the wait that it met.
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#define W 2

bool locked;
bool listed[W], pending;
byte times[W];
bool interrupt;       /* of the thread */
bool loop[W];         /* the wait says that its thread drives */
bool nudged[W], ran[W], job[W]; /* the nudges of both waits: posted, ran, in the inbox */
bool abandoning, abandon, abandoned; /* that of the first wait */
bool asked, done[W], withdrawn;
bool asleep, woken;   /* the driver, if it is the thread */
bool hurry;           /* what ran says that the thread shall look */
bool drives;          /* the thread does, and not the other one */
bool storage[W] = true;
bool heard;           /* the wait that is on ends by a signal */
bool heeds;           /* what is waited for first ends when it is asked */
byte n_kept, over;
#define NEEDED (heeds -> 1 : 2)
bool passed;          /* one that came when another was pending was, and no more do so */

#define EMPTY (!job[0] && !job[1] && !abandon)

inline lock() { atomic { !locked -> locked = true } }
inline unlock() { locked = false }

inline post(k)
{
    atomic {
        job[k] = true;
        if :: asleep -> asleep = false; woken = true :: else fi
    }
}

inline run_job(k)
{
    if
    :: job[k] ->
        assert(storage[k]);
        job[k] = false; ran[k] = true; hurry = true;
#if BROKEN != 1
        if :: drives -> nudged[k] = false :: else fi
#endif
    :: else
    fi
}

inline take()
{
    d_step {
        hurry = false;
        run_job(0); run_job(1);
        if
        :: abandon -> assert(storage[0]); abandon = false; abandoned = true; done[0] = true
        :: else
        fi
    }
}

/* Under the lock. */
inline interrupt_wait(w, l)
{
    times[w]++;
#if BROKEN == 4
    l = loop[w];
    interrupt = true;
#else
    interrupt = true;
    l = loop[w];
#endif
    if
    :: l -> atomic { if :: nudged[w] -> l = false :: else -> nudged[w] = true; ran[w] = false fi }
        if
        :: l -> post(w)
        :: else
        fi
    :: else
    fi;
    l = false
}

proctype presses()
{
    bool l;

    do
    :: n_kept < NEEDED && over < W && !(pending && passed) ->
        lock();
        if
        :: listed[0] && times[0] < 2 -> interrupt_wait(0, l); n_kept++
        :: listed[1] && times[1] < 2 -> interrupt_wait(1, l); n_kept++
        :: (listed[0] && times[0] == 2) || (listed[1] && times[1] == 2) /* passed on */
        :: !listed[0] && !listed[1] && pending -> pending = false; n_kept--; passed = true
        :: !listed[0] && !listed[1] && !pending -> pending = true; n_kept++
        fi;
        unlock()
    :: n_kept == NEEDED || over == W -> break
    od
}

inline give_up()
{
    if
    :: !abandoning ->
        abandoning = true;
        atomic {
            abandon = true;
            if :: asleep -> asleep = false; woken = true :: else fi
        }
    :: else
    fi
}

/* Time is up, or an interrupt came. */
inline end_early(w)
{
    atomic { got = interrupt; interrupt = false; assert(!got || times[w] > 0) }
    if
    :: ending && got && w == 0 -> heard = true; give_up()
    :: ending && !(got && w == 0)
    :: !ending && w == 0 ->
        ending = true;
        asked = true;
        heard = got;
#if BROKEN != 2
        if
        :: got && times[0] > 1 -> give_up()
        :: else
        fi
#endif
    :: !ending && w == 1 ->
        ending = true;
        atomic { if :: !done[1] -> withdrawn = true; heard = got :: else fi }
    fi;
    got = false
}

#define IS_OVER(w) (done[w] || (w == 1 && withdrawn))

inline sleep_in_kernel(w)
{
    atomic { if :: EMPTY && !woken -> asleep = true :: else fi }
    if
    :: atomic { !asleep -> woken = false }
    :: atomic { asleep && deadline && w == 0 && !ending -> asleep = false }; end_early(w)
    fi
}

inline drive(w)
{
    drives = true;
#if BROKEN == 7
    got = interrupt;
    loop[w] = true;
    if
    :: got -> end_early(w)
    :: else -> sleep_in_kernel(w)
    fi;
#else
    loop[w] = true;
#endif
    do
    :: IS_OVER(w) -> break
    :: !IS_OVER(w) && interrupt -> end_early(w)
    :: !IS_OVER(w) && !interrupt ->
        take();
        if
        :: IS_OVER(w)
#if BROKEN != 9
        :: !IS_OVER(w) && hurry
        :: !IS_OVER(w) && !hurry -> sleep_in_kernel(w)
#else
        :: else -> sleep_in_kernel(w)
#endif
        fi
    od;
    atomic { drives = false; woken = false }
}

inline sleep(w)
{
    do
    :: IS_OVER(w) -> break
    :: !IS_OVER(w) && interrupt -> end_early(w)
    :: !IS_OVER(w) && deadline && w == 0 && !ending -> end_early(w)
    od
}

inline wait(w)
{
    lock();
    listed[w] = true;
#if BROKEN != 6
    if
    :: pending -> interrupt_wait(w, l)
    :: else
    fi;
#endif
    pending = false;
    unlock();
    if
    :: drive(w)
    :: sleep(w)
    fi;
    lock();
    listed[w] = false;
#if BROKEN != 10
    pending = pending || (times[w] > 0 && !heard);
#endif
    assert(times[w] == 0 || heard || pending);
    unlock();
    heard = false;
#if BROKEN != 5
    interrupt = false;
#endif
#if BROKEN != 3
    !nudged[w] || ran[w];
#endif
#if BROKEN != 8
    w == 1 || !abandoning || abandoned;
#endif
    atomic { storage[w] = false; ending = false; over++ }
}

proctype thread()
{
    bool l, got, ending, deadline;

    if :: deadline = true :: skip fi;
    if :: heeds = true :: skip fi;
    wait(0);
    wait(1)
}

/* The other driver; and what is waited for ends: the first when it was asked, if it heeds that. */
proctype driver()
{
    do
    :: atomic { !drives && !EMPTY -> take() }
    :: over == W && EMPTY -> break
    od
}

proctype first()
{
    if
    :: atomic { heeds && asked && !done[0] -> done[0] = true; woken = drives; asleep = false }
    :: over == W
    fi
}

proctype second()
{
    if
    :: atomic { over == 1 && !withdrawn -> done[1] = true; woken = drives; asleep = false }
    :: atomic { withdrawn -> skip }
    fi
}

init { atomic { run thread(); run driver(); run presses(); run first(); run second() } }

ltl both_waits_end { <> (over == W) }
