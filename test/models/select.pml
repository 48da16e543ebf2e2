/* SPDX-License-Identifier: Apache-2.0
 *
 * A select over two channels and a future. Follows:
 * FOLLOWS src/task/port.h: syni_select_claim syni_port_take syni_port_tell
 * FOLLOWS src/channel/select.c: wake_waiter look_locked select_list_locked look_and_list wait_for_futures leave_core
 * FOLLOWS src/channel/select.c: syni_select_end
 * FOLLOWS src/channel/channel_pass.c: channel_put syni_channel_withdraw
 * HASH dfdd504e1d1d
 *
 * It waits for an item of either of two channels without room, and for a result, until a moment that may come
 * at any time. To each channel a producer comes, which waits if nobody takes its item, and gives up some time;
 * the result is completed some time.
 *
 * Of all that one thing happens, once (invariant 61): an item is either taken by it, if that was chosen, or
 * is its producer's still; a port is served by the thread that took it off its list and claimed its select (invariant
 * 60); the waker of the select wakes it once; nobody waits on both sides of a channel; and when it has ended
 * nobody touches what it waited with.
 *
 * BROKEN 1: the server of a port does not claim its select. 2: an end leaves the ports of others listed. 3: a thread that
 * leaves a result does not wait for the one that is telling it. 4: the ports are listed when the locks are free again.
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#define OPEN 9
#define GIVEN_UP 8
#define FUTURE 2
#define CHANNELS 2

mtype = { EMPTY, WAITER, DONE };
mtype core = EMPTY;
bool locked[CHANNELS];
bool port[CHANNELS];      /* the select's, listed */
bool sender[CHANNELS];    /* the producer's, listed */
bool served[CHANNELS];    /* the producer was: its item was taken */
byte chosen = OPEN;
bool waits = true;        /* what it waits with is there */
byte woken;
bool told;
byte n_taken, n_given;
byte n_done;

inline lock(c) { atomic { !locked[c] -> locked[c] = true } }
inline unlock(c) { locked[c] = false }
inline claim(number, is_ours) { atomic { if :: chosen == OPEN -> chosen = number; is_ours = true :: else is_ours = false fi } }

proctype producer(byte c)
{
    bool is_ours = false, wakes = false, gave = false;

    lock(c);
    if
    :: port[c] ->
        port[c] = false;
        assert(waits);
#if BROKEN == 1
        chosen = c;
        is_ours = true;
#else
        claim(c, is_ours);
#endif
        if
        :: is_ours -> n_taken++; gave = true; wakes = true
        :: else -> sender[c] = true
        fi
    :: else -> sender[c] = true
    fi;
    unlock(c);
    if
    :: wakes -> atomic { assert(waits); woken++ }
    :: else ->
        /* until it is served, or has waited long enough */
        if
        :: served[c] -> gave = true
        :: true ->
            lock(c);
            if
            :: sender[c] -> sender[c] = false
            :: else -> gave = true
            fi;
            unlock(c)
        fi
    fi;
    if :: gave -> n_given++ :: else fi;
    n_done++
}

proctype completer()
{
    bool is_ours = false, was_waiting = false;

    atomic { was_waiting = (core == WAITER); core = DONE };
    if
    :: was_waiting ->
        assert(waits);
        claim(FUTURE, is_ours);
        if
        :: is_ours -> atomic { assert(waits); woken++ }
        :: else -> atomic { assert(waits); told = true }
        fi
    :: else
    fi;
    n_done++
}

inline look(c)
{
    if
    :: chosen == OPEN && sender[c] ->
        sender[c] = false;
        served[c] = true;
        n_taken++;
        chosen = c
    :: else
    fi
}

proctype selector()
{
    bool is_ours = false, listed_core = false, decided = false;

    /* look_and_list() */
    lock(0);
    lock(1);
    look(0);
    look(1);
    if :: chosen == OPEN && core == DONE -> chosen = FUTURE :: else fi;
    decided = (chosen != OPEN);
#if BROKEN == 4
    unlock(1);
    unlock(0);
#endif
    if
    :: !decided ->
        atomic { assert(!sender[0]); port[0] = true };
        atomic { assert(!sender[1]); port[1] = true }
    :: else
    fi;
#if BROKEN != 4
    unlock(1);
    unlock(0);
#endif
    if :: decided -> goto over :: else fi;
    /* wait_for_futures() */
    atomic { if :: core == EMPTY -> core = WAITER; listed_core = true :: else fi };
    if
    :: !listed_core ->
        claim(FUTURE, is_ours);
        if :: is_ours -> goto over :: else fi
    :: else
    fi;
    if
    :: woken == 1
    :: true -> /* the moment came */
        claim(GIVEN_UP, is_ours);
        if :: is_ours :: else -> woken == 1 fi
    fi;
over:
    /* syni_select_end() */
#if BROKEN == 2
    if :: chosen == 0 || chosen == 1 -> skip
    :: else ->
#endif
    lock(0);
    port[0] = false;
    unlock(0);
    lock(1);
    port[1] = false;
    unlock(1);
#if BROKEN == 2
    fi;
#endif
    if
    :: listed_core && chosen != FUTURE ->
        atomic {
            if
            :: core == WAITER -> core = EMPTY; listed_core = false
            :: else
            fi
        };
#if BROKEN != 3
        if :: listed_core -> told :: else fi
#endif
    :: else
    fi;
    waits = false;
    assert(woken <= 1 && n_taken <= 1);
    n_done++
}

init { atomic { run selector(); run producer(0); run producer(1); run completer() } }

ltl all_end_and_one_happened { <> (n_done == 4 && n_given == n_taken && n_taken <= 1) }
