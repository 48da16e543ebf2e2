/* SPDX-License-Identifier: Apache-2.0
 *
 * A virtual clock. Follows:
 * FOLLOWS src/base/clock.c: any_pending_locked jump_locked settle_unlock syni_clock_doze syni_clock_rouse syni_clock_leave
 * HASH 5f0fe3757aba
 *
 * A loop and a thread live by it. The thread works, posts to the loop, and then sleeps until the time 2; the
 * loop sleeps until the time 5, runs what is posted, and sleeps again. What is woken is on its way for a while.
 *
 * Time jumps only if both are idle and nothing is on its way to one of them (invariant 27), and to the first
 * deadline; both see their deadlines at their times, so both end.
 *
 * BROKEN 1: a jump does not look at what was posted. 2: it is content with one that works. 3: it jumps to the last
 * deadline.
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#define NEVER 99
#define LOOP 0
#define THREAD 1

bool locked;
byte now;
byte busy = 2;
bool idle[2], woken[2];
byte deadline[2] = NEVER;
byte posted, ran;          /* the loop's inbox */
byte n_done;

inline lock() { atomic { !locked -> locked = true } }
inline unlock() { locked = false }

/* settle_unlock(): jump_locked(), if everybody waits. */
inline settle()
{
    d_step {
        if
#if BROKEN == 1
        :: busy == 0 ->
#elif BROKEN == 2
        :: busy <= 1 && posted == 0 ->
#else
        :: busy == 0 && posted == 0 ->
#endif
            next = NEVER;
            if :: idle[0] -> next = deadline[0] :: else fi;
#if BROKEN == 3
            if :: idle[1] && (deadline[1] > next || next == NEVER) -> next = deadline[1] :: else fi;
#else
            if :: idle[1] && deadline[1] < next -> next = deadline[1] :: else fi;
#endif
            if
            :: next != NEVER ->
                assert(busy == 0 && posted == 0);
                if :: next > now -> now = next :: else fi;
                i = 0;
                do
                :: i < 2 ->
                    if
                    :: idle[i] && deadline[i] <= next ->
                        deadline[i] = NEVER;
                        woken[i] = true;
                        idle[i] = false;
                        busy++
                    :: else
                    fi;
                    i++
                :: else -> break
                od
            :: else
            fi
        :: else
        fi;
        next = 0;
        i = 0
    };
    unlock()
}

inline doze(me, until)
{
    lock();
    if :: !idle[me] -> busy-- :: else fi;
    idle[me] = true;
    deadline[me] = until;
    settle()
}

inline rouse(me)
{
    lock();
    if :: idle[me] -> idle[me] = false; deadline[me] = NEVER; busy++ :: else fi;
    unlock()
}

inline leave(me)
{
    lock();
    if :: !idle[me] -> busy-- :: else fi;
    idle[me] = false;
    deadline[me] = NEVER;
    settle()
}

proctype loop()
{
    byte next, i;
    bool expired = false;

    do
    :: posted > 0 -> atomic { posted--; ran++; assert(now == 0) } /* it was posted at the time 0 */
    :: expired && posted == 0 -> break
    :: !expired && posted == 0 ->
        doze(LOOP, 5);
        if
        :: posted > 0 -> rouse(LOOP)
        :: woken[LOOP] ->
            woken[LOOP] = false;
            rouse(LOOP);
            if :: now >= 5 -> assert(now == 5); expired = true :: else fi
        fi
    od;
    leave(LOOP);
    n_done++
}

proctype thread()
{
    byte next, i;

    if
    :: posted++
    :: true
    fi;
    doze(THREAD, 2);
    woken[THREAD];
    woken[THREAD] = false;
    rouse(THREAD);
    assert(now == 2);
    leave(THREAD);
    n_done++
}

init { atomic { run loop(); run thread() } }

ltl both_end { <> (n_done == 2) }
