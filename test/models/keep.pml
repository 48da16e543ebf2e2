/* SPDX-License-Identifier: Apache-2.0
 *
 * A thread that calls by future and gets: it keeps the role open, follows without a post, and withdraws. Follows:
 * FOLLOWS src/loop/role_keep.c: syni_role_post_call
 * FOLLOWS src/loop/loop_inbox.c: post_and_knock syni_loop_post syni_loop_post_kept
 * FOLLOWS src/loop/role.c: syni_role_take syni_role_keep syni_role_watch_open syni_role_knock syni_role_hand_over
 * FOLLOWS src/loop/role_follow.c: syni_role_follow syni_role_unfollow role_call_locked
 * FOLLOWS src/loop/loop_drive.c: drive_let_go syni_loop_try_drive drive_is_wanted drive_leave_open drive_tick
 * FOLLOWS src/loop/loop_drive.c: syni_loop_stop_driving syni_loop_stop_following drive_may_stop drive_on
 * FOLLOWS src/thread/thread_wait.c: thread_wait_follow
 * HASH efe574bc3e00
 *
 * The keeper posts a call that needs an event of the kernel, gets it or not, by a wait that a deadline may end, posts one more,
 * and goes. A caller makes a call that needs nothing. Nothing else lives there, so the role is FREE, OPEN, or held. What is done
 * under the loop's lock is one step, and so is each access to the role, the inbox, `ticks` and the number of those that
 * follow. Time is not in it: while the role is open the dedicated thread may take it at any tick.
 *
 * One thread drives at a time, and waits in the kernel (invariants 1 and 384); both calls of the keeper run, though it gets
 * none (invariant 711); each wait returns, and nobody has the role in hand or is listed when it has (382, 383); a tick never
 * finds one that sleeps as a follower beside an open role, nor what was posted by a thread that knocked: both would be late
 * (invariant 710); the loop ends.
 *
 * CLOSING: the loop is closed at any moment, which ends the first call; and there is no caller.
 *
 * BROKEN 1: what is posted makes a FREE role open, and does not look whether the dedicated thread ticks. 2: the keeper looks
 * at the role before its push. 3: a follower that has posted nothing does not look at the role again. 4: a driver that
 * leaves the role open does not look whether one follows. 5: one that takes the role as it follows stays listed. 6: one that
 * withdraws as a follower does not see that it was called. 7: it stays listed. 8 (CLOSING): a poster that knocks takes a
 * FREE role only as that. 9: a driver that lets the role go takes it back only if it is FREE. 10: a thread that stops
 * ticking does not look at the role again.
 */
#ifndef BROKEN
#define BROKEN 0
#endif

mtype = { GONE, FREE, OPEN, AWAKE, ASLEEP };
mtype role = FREE;

bool first, second, call, close_job; /* in the inbox */
bool shut;
bool live, event, done, more, served; /* the first call: it runs, its event, its end; that of the second, and of the caller's */
bool waits;                           /* the keeper is listed at the first */
bool listed[2], called[2], sleeps[2]; /* of the keeper, and of the caller */
bool handed, ticks, woken, kernel_event, knocked;
byte drivers, in_kernel, leaving, n_done;
bool closing, retired;

#define N_FOLLOW (listed[0] + listed[1])
#define EMPTY (!first && !second && !call && !close_job)
#define DORMANT (!live)
#define LATE (leaving == 0 && ((listed[0] && sleeps[0]) || (listed[1] && sleeps[1]) || (knocked && close_job)))

inline enter() { atomic { assert(drivers == 0); drivers++ } }

inline call_first(ok)
{
    d_step {
        if
        :: listed[0] -> listed[0] = false; called[0] = true; ok = true
        :: !listed[0] && listed[1] -> listed[1] = false; called[1] = true; ok = true
        :: else -> ok = false
        fi
    }
}

inline take_role(ok)
{
    atomic { if :: role == FREE || role == OPEN -> role = AWAKE; ok = true :: else -> ok = false fi }
}

inline hand_over(to_a_caller, ok)
{
    ok = false;
    if
    :: to_a_caller -> call_first(ok)
    :: else
    fi;
    if
    :: !ok -> atomic { assert(!handed); handed = true }
    :: else
    fi
}

inline knock(at, ok)
{
    at = role;
    if
    :: at == ASLEEP ->
        atomic { if :: role == ASLEEP -> role = AWAKE; woken = true :: else fi }
    :: (at == FREE || at == OPEN) && !EMPTY ->
#if BROKEN == 8
        atomic { if :: role == at -> role = AWAKE; ok = true :: else -> ok = false fi }
#else
        take_role(ok)
#endif
        if
        :: ok -> hand_over(true, ok)
        :: else
        fi
    :: else
    fi
}

inline watch_open()
{
    if
    :: !ticks -> ticks = true
    :: else
    fi
}

/* True in OK: it stays in the inbox of an open role. */
inline keep(at, ok)
{
#if BROKEN != 2
    at = role;
#endif
    ok = (at == OPEN);
    if
    :: at == FREE ->
        atomic { if :: role == FREE -> role = OPEN; ok = true :: else fi }
        if
#if BROKEN != 1
        :: ok -> watch_open()
#endif
        :: else
        fi
    :: else
    fi
}

/* JOB, which ENDS where it is refused. KEPT: it may wait in an open role. KNOCKS: it was not pushed onto what others posted. */
inline post(job, kept, ends, knocks, at, ok, taken)
{
    at = role;
    taken = false;
    if
    :: at == AWAKE || (kept && at == OPEN) -> atomic { if :: !shut && !EMPTY -> job = true; taken = true :: else fi }
    :: else
    fi;
    if
    :: !taken ->
        atomic { if :: !shut -> job = true; taken = true :: else -> ends = true fi }
        if
        :: taken ->
            ok = false;
            if
            :: kept -> keep(at, ok)
            :: else
            fi;
            if
            :: !ok -> knock(at, ok); knocks = true
            :: else
            fi
        :: else
        fi
    :: else
    fi
}

/* What was posted, and what it brings; one that waits is told, and off the list before. */
inline take()
{
    d_step {
        if :: first -> live = true; first = false :: else fi;
        if :: second -> more = true; second = false :: else fi;
        if :: call -> served = true; call = false; listed[1] = false :: else fi;
        if :: close_job -> closing = true; close_job = false :: else fi;
        if
        :: live && (event || closing) ->
            live = false; done = true;
            if :: waits -> waits = false; listed[0] = false :: else fi
        :: else
        fi
    }
}

inline look()
{
    d_step { if :: kernel_event -> kernel_event = false; event = true :: else fi }
}

inline watch()
{
    role = ASLEEP;
    if
    :: !EMPTY
    :: else ->
        atomic { assert(in_kernel == 0); in_kernel++ }
        atomic { (woken || kernel_event) -> woken = false; in_kernel--; look() }
    fi;
    role = AWAKE
}

/* True in OK: the role is nobody's. */
inline let_go(at, ok)
{
    atomic { role = FREE; leaving++ }
    ok = true;
    if
    :: !EMPTY ->
#if BROKEN == 9
        atomic { if :: role == FREE -> role = AWAKE; at = FREE :: else -> at = GONE fi }
#else
        atomic { if :: role == FREE || role == OPEN -> role = AWAKE; at = FREE :: else -> at = GONE fi }
#endif
        ok = (at == GONE)
    :: else
    fi;
    leaving--
}

inline leave_open(ok)
{
    atomic { role = OPEN; leaving++ }
    ok = true;
    if
#if BROKEN == 4
    :: !EMPTY ->
#else
    :: !EMPTY || N_FOLLOW > 0 ->
#endif
        atomic { if :: role == OPEN -> role = AWAKE; ok = false :: else fi }
    :: else
    fi;
    if
    :: ok -> watch_open()
    :: else
    fi;
    leaving--
}

inline stop_driving(at, ok)
{
    ok = false;
    drivers--;
    if
    :: closing -> hand_over(false, ok)
    :: else ->
        if
        :: DORMANT && EMPTY -> let_go(at, ok)
        :: else
        fi;
        if
        :: !ok -> call_first(ok)
        :: else
        fi;
        if
        :: !ok && EMPTY && N_FOLLOW == 0 -> leave_open(ok)
        :: else
        fi;
        if
        :: !ok -> hand_over(true, ok)
        :: else
        fi
    fi
}

/* Until IS_OVER; a deadline may end it before, where MAY_END. */
inline drive(is_over, may_end, at, ok)
{
    enter();
    do
    :: is_over -> break
    :: atomic { may_end -> waits = false; break }
    :: else ->
        take();
        if
        :: !(is_over) && !DORMANT -> watch()
        :: else
        fi
    od;
    stop_driving(at, ok)
}

inline unfollow(me, at, ok)
{
    atomic { ok = listed[me]; listed[me] = false }
    if
    :: !ok && called[me] -> called[me] = false; drivers++; stop_driving(at, ok)
    :: else
    fi
}

inline get(at, ok)
{
    take_role(ok);
    if
    :: ok -> waits = !done; drive(!waits, waits, at, ok)
    :: else ->
        listed[0] = true;
        atomic { waits = !done; ok = waits }
        if
        :: !ok -> unfollow(0, at, ok)
        :: else ->
#if BROKEN == 3
            ok = false;
#else
            take_role(ok);
#endif
            if
            :: ok ->
#if BROKEN != 5
                listed[0] = false;
#endif
                drive(!waits, waits, at, ok)
            :: else ->
                sleeps[0] = true;
                if
                :: atomic { !waits && !called[0] -> sleeps[0] = false }
                :: atomic { called[0] -> sleeps[0] = false; called[0] = false }
                    drive(!waits, waits, at, ok)
                :: atomic { waits -> sleeps[0] = false; waits = false }
#if BROKEN == 6
                    listed[0] = false
#else
#if BROKEN != 7
                    unfollow(0, at, ok)
#else
                    skip
#endif
#endif
                fi
            fi
        fi
    fi;
    assert(!listed[0] && !called[0])
}

proctype keeper()
{
    bool ok, taken, no;
    mtype at;

    post(first, true, done, no, at, ok, taken);
    if
    :: get(at, ok)
    :: skip
    fi;
    post(second, true, more, no, at, ok, taken);
    atomic { n_done++ }
}

proctype caller()
{
    bool ok, taken, no;
    mtype at;

    take_role(ok);
    if
    :: ok -> call = true; drive(served, false, at, ok)
    :: else ->
        listed[1] = true;
        post(call, false, no, no, at, ok, taken);
        if
        :: !taken -> unfollow(1, at, ok)
        :: else ->
            take_role(ok);
            if
            :: ok -> listed[1] = false; drive(served, false, at, ok)
            :: else ->
                sleeps[1] = true;
                if
                :: atomic { served && !called[1] -> sleeps[1] = false }
                :: atomic { called[1] -> sleeps[1] = false; called[1] = false }
                    drive(served, false, at, ok)
                fi
            fi
        fi
    fi;
    atomic { assert(!listed[1] && !called[1]); n_done++ }
}

proctype kernel() { kernel_event = true }

proctype closer()
{
    bool ok, taken, no;
    mtype at;

#ifndef CLOSING
    n_done == 2 && done && more;
#endif
    post(close_job, false, no, knocked, at, ok, taken)
}

proctype dedicated()
{
    bool mine, followed, ok;
    mtype at;

    do
    :: mine ->
        enter();
        do
        :: closing ->
            shut = true;
            take();
            assert(!handed);
            role = GONE; drivers--; retired = true;
            goto end
        :: else ->
            followed = N_FOLLOW > 0;
            take();
            if
            :: closing
            :: !closing && !followed && !DORMANT -> watch()
            :: else -> look()
            fi;
            ok = false;
            if
            :: !closing ->
                drivers--;
                if
                :: DORMANT && EMPTY -> let_go(at, ok)
                :: else
                fi;
                if
                :: !ok && followed && EMPTY ->
                    call_first(ok);
                    if
                    :: !ok && N_FOLLOW == 0 -> leave_open(ok)
                    :: else
                    fi
                :: else
                fi;
                if
                :: ok -> mine = false; break
                :: else -> enter()
                fi
            :: else
            fi
        od
    :: !mine ->
        if
        :: atomic { handed -> handed = false; mine = true }
        :: atomic { ticks && role == OPEN -> assert(!LATE); role = AWAKE; mine = true }
        :: ticks && role != OPEN ->
            ticks = false;
#if BROKEN != 10
            if
            :: role == OPEN -> ticks = true
            :: else
            fi
#endif
        fi
    od;
end:
    skip
}

init {
    atomic {
        run dedicated(); run keeper(); run kernel(); run closer();
#ifdef CLOSING
        n_done++
#else
        run caller()
#endif
    }
    n_done == 2 && retired
}

ltl all_end { <> (n_done == 2 && retired) }
