/* SPDX-License-Identifier: Apache-2.0
 *
 * Callers that drive in turn, and a role that is left open. Follows:
 * FOLLOWS src/loop/role_follow.h: syni_role_few_follow
 * FOLLOWS src/loop/role_follow.c: syni_role_follow syni_role_unfollow role_call_locked syni_role_pass syni_role_pass_always
 * FOLLOWS src/loop/role.c: syni_role_knock role_give syni_role_hand_over
 * FOLLOWS src/loop/loop_turn.c: loop_wait syni_loop_may_have_ended
 * FOLLOWS src/loop/loop_drive.c: syni_loop_try_drive syni_loop_stop_driving drive_may_leave_open drive_leave_open
 * FOLLOWS src/loop/loop_drive.c: drive_tick await_role drive_may_stop drive_on
 * FOLLOWS src/thread/driver.c: syni_driver_end
 * FOLLOWS src/thread/thread_wait.c: thread_wait_lead thread_wait_follow
 * FOLLOWS src/thread/thread_told.c: syni_thread_told
 * HASH cd912bc822c7
 *
 * Callers make one call each. That of the first needs an event, which a poster brings at any time; those of the
 * others wait for nothing. In the background something waits for a descriptor (kernel_event), so the role is never
 * FREE (role.pml has that), and there is a dedicated thread (abandon.pml has a loop that gets none). What is done under
 * the loop's lock is one step, and so is each access to the role, the inbox, `ticks` and the number of callers that
 * follow. Time is not in it: while the role is open the dedicated thread may take it at any tick. More than FEW
 * followers are a crowd: a caller that leaves it hands the role to the dedicated thread, which passes it on when few are left.
 *
 * One thread drives at a time, and waits in the kernel (invariants 1 and 384); each call returns, and nobody has the
 * role in hand or is listed when it has (invariants 382 and 383); the background event is seen (invariant 381); the loop ends.
 *
 * CROWD: three callers, so that one may leave a crowd; the event is there, and the dedicated thread ticks all the time.
 * CLOSING: the loop is closed at any moment, which ends the call of the first if the event is not there.
 *
 * (A driver that leaves the role open looks into the inbox again so that no post waits for a tick; none would be lost. A
 * caller that has posted looks at the role again, too; keep.pml has that, and here it would be many states more.)
 *
 * BROKEN 1: a driver that leaves the role open does not look whether the dedicated thread ticks. 2: that stops ticking
 * and does not look at the role again. 3: a caller lists itself after its post. 4: a caller that is told is not taken
 * off the list. 5: a tick takes a role that is not open. 6: a caller that is called sleeps on. 7 (CROWD): a caller that
 * leaves a crowd hands the role to nobody. 8 (CLOSING): the dedicated thread does not look whether the loop ends before it
 * sleeps. 9 (CLOSING): a caller that leaves a loop that ends passes the role on to the next caller, and not to the
 * dedicated thread. 10 (CLOSING): what was posted before the inbox was shut is not looked at.
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#ifdef CROWD
#define N 3
#else
#define N 2
#endif
#define FEW 1

mtype = { GONE, OPEN, AWAKE, ASLEEP };
mtype role = AWAKE;

bool call[N], ev, close_job;  /* in the inbox */
bool shut;
bool started[N], event, done[N];
bool listed[N], called[N];
bool handed = true, ticks, woken, kernel_event, seen;
byte drivers, in_kernel, n_done;
bool closing, retired;

#ifdef CROWD
#define N_FOLLOW (listed[0] + listed[1] + listed[2])
#define EMPTY (!call[0] && !call[1] && !call[2] && !ev && !close_job)
#else
#define N_FOLLOW (listed[0] + listed[1])
#define EMPTY (!call[0] && !call[1] && !ev && !close_job)
#endif

inline enter() { atomic { assert(drivers == 0); drivers++ } }

/* Under the lock. */
inline call_first(ok)
{
    d_step {
        if
        :: listed[0] -> listed[0] = false; called[0] = true; ok = true
        :: !listed[0] && listed[1] -> listed[1] = false; called[1] = true; ok = true
#ifdef CROWD
        :: !listed[0] && !listed[1] && listed[2] -> listed[2] = false; called[2] = true; ok = true
#endif
        :: else -> ok = false
        fi
    }
}

inline pass(ok)
{
    if
    :: N_FOLLOW > 0 && N_FOLLOW <= FEW ->
        call_first(ok)
    :: else -> ok = false
    fi
}

inline hand_over(to_a_caller, ok)
{
    ok = false;
    if
    :: to_a_caller ->
#if BROKEN == 7
        ok = N_FOLLOW > FEW;
        if
        :: !ok -> pass(ok)
        :: else
        fi
#else
        pass(ok)
#endif
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
    :: at == OPEN ->
        if
        :: EMPTY -> at = GONE /* a driver took it meanwhile, and has left: invariant 470 */
        :: else -> atomic { if :: role == OPEN -> role = AWAKE :: else -> at = GONE fi }
        fi;
        if
        :: at == OPEN -> hand_over(true, ok)
        :: else
        fi
    :: else
    fi
}

/* What was posted, and what it brings: the driver tells each that is done, and takes it off the list before. */
inline take()
{
    d_step {
        if :: call[0] -> started[0] = true; call[0] = false :: else fi;
        if :: call[1] -> started[1] = true; call[1] = false :: else fi;
#ifdef CROWD
        if :: call[2] -> started[2] = true; call[2] = false :: else fi;
#endif
        if :: ev -> event = true; ev = false :: else fi;
        if :: close_job -> closing = true; close_job = false :: else fi;
        tell(0, event);
#ifdef CROWD
        tell(2, true);
#endif
        tell(1, true)
    }
}

inline tell(c, comes)
{
    if
    :: started[c] && !done[c] && (comes || closing) ->
#if BROKEN != 4
        listed[c] = false;
#endif
        done[c] = true
    :: else
    fi
}

inline look()
{
    d_step { if :: kernel_event -> kernel_event = false; seen = true :: else fi }
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

/* True in OK: the role is nobody's for a while. */
inline leave_open(ok)
{
    role = OPEN;
    ok = true;
    if
    :: !EMPTY || N_FOLLOW > 0 -> atomic { if :: role == OPEN -> role = AWAKE; ok = false :: else fi }
    :: else
    fi;
#if BROKEN != 1
    if
    :: ok && !ticks -> ticks = true
    :: else
    fi
#endif
}

inline stop_driving(ok)
{
    ok = false;
    drivers--;
    if
#if BROKEN == 9
    :: closing -> call_first(ok)
#else
    :: closing -> hand_over(false, ok)
#endif
    :: else ->
        pass(ok);
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

inline drive(c, ok)
{
    enter();
    do
    :: done[c] -> break
    :: else ->
        take();
        if
        :: done[c]
        :: else -> watch()
        fi
    od;
    stop_driving(ok)
}

proctype caller(byte me)
{
    bool mine, ok, taken;
    mtype at;

    atomic { if :: role == OPEN -> role = AWAKE; mine = true :: else fi }
    if
    :: mine -> started[me] = true; drive(me, ok)
    :: else ->
#if BROKEN != 3
        listed[me] = true;
#endif
        atomic { if :: shut -> taken = false :: else -> call[me] = true; taken = true fi }
        if
        :: taken -> knock(at, ok)
        :: else
        fi;
#if BROKEN == 3
        listed[me] = true;
#endif
        if
        :: taken ->
            if
            :: done[me]
#if BROKEN != 6
            :: called[me] -> called[me] = false; drive(me, ok)
#endif
            fi
        :: else ->
            atomic { if :: listed[me] -> listed[me] = false; ok = true :: else -> ok = false fi }
            if
            :: !ok -> called[me] -> called[me] = false; drivers++; stop_driving(ok)
            :: else
            fi
        fi
    fi;
    atomic { assert(!listed[me] && !called[me]); n_done++ }
}

proctype brings()
{
    bool ok;
    mtype at;

    atomic { if :: shut -> goto end :: else -> ev = true fi }
    knock(at, ok);
end:
    kernel_event = true
}

proctype closer()
{
    bool ok;
    mtype at;

#ifdef CROWD
    n_done == N;
#else
#ifndef CLOSING
    n_done == N && seen;
#endif
#endif
    close_job = true;
    knock(at, ok)
}

proctype dedicated()
{
    bool mine, followed, ok;

    do
    :: mine ->
        enter();
        do
        :: closing ->
            shut = true;
#if BROKEN != 10
            take();
#endif
            role = GONE; drivers--; retired = true;
            goto end
        :: else ->
            followed = N_FOLLOW > 0 && N_FOLLOW <= FEW;
            take();
            if
#if BROKEN != 8
            :: closing
            :: !closing && !followed -> watch()
#else
            :: !followed -> watch()
#endif
            :: !closing && followed ->
                look();
                ok = false;
                if
                :: EMPTY ->
                    drivers--; /* as seen by the next one; no step of ours runs any more */
                    pass(ok);
                    if
                    :: !ok && N_FOLLOW == 0 -> leave_open(ok)
                    :: else
                    fi;
                    if
                    :: ok -> mine = false; break
                    :: else -> enter()
                    fi
                :: else
                fi
            fi
        od
    :: !mine ->
        if
        :: atomic { handed -> handed = false; mine = true }
#if BROKEN == 5
        :: atomic { ticks && role != GONE -> role = AWAKE; mine = true }
#else
        :: atomic { ticks && role == OPEN -> role = AWAKE; mine = true }
#endif
#ifndef CROWD
        :: ticks && role != OPEN ->
            ticks = false;
#if BROKEN != 2
            if
            :: role == OPEN -> ticks = true
            :: else
            fi
#endif
#endif
        fi
    od;
end:
    skip
}

init {
    atomic {
        run dedicated();
        run caller(0); run caller(1);
#ifdef CROWD
        run caller(2);
#endif
#ifdef CROWD
        event = true;
        ticks = true;
#else
#ifdef CLOSING
        if :: event = true :: skip fi;
#else
        run brings();
#endif
#endif
        run closer()
    }
    n_done == N && retired
}

ltl all_end { <> (n_done == N && retired) }
