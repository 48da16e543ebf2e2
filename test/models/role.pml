/* SPDX-License-Identifier: Apache-2.0
 *
 * The inbox of a loop, its role, and its end. Follows:
 * FOLLOWS src/loop/loop_inbox.c: syni_loop_pin syni_loop_unpin post_and_knock syni_loop_post
 * FOLLOWS src/loop/role.c: syni_role_knock role_give syni_role_hand_over
 * FOLLOWS src/loop/loop_drive.c: drive_let_go syni_loop_try_drive syni_loop_stop_driving await_role drive_on syni_loop_retire
 * FOLLOWS src/loop/loop_turn.c: sleep_until
 * HASH a96e0fccc8ad
 *
 * Two posts, of which one asks the loop to close, while its driver runs, sleeps, or (HANDOVER) is a
 * caller that takes the role where it is free, and the dedicated thread that is handed it. A push is one
 * step, and so is each access to `role` and `knockers`, as they are sequentially consistent.
 *
 * A thread can be had whenever the role is handed over; where none can, the role is FREE again.
 *
 * Each post that is taken runs, nobody sleeps over one, the role is held by one thread at a time
 * (invariant 1), the loop ends, and nobody wakes a poller that was closed, or
 * touches a loop that was freed, after its push (invariants 2, 3 and 4).
 *
 * BROKEN 1: a poster looks at the role before its push. 2: the driver looks into the inbox before it says
 * that it is asleep. 3: a poster pins the loop after its push. 4: the end does not wait for those that
 * pinned it. 5 (HANDOVER): the thread that lets the role go does not look into the inbox again. 6 (HANDOVER): a poster
 * that takes a free role hands it to nobody.
 */
#ifndef BROKEN
#define BROKEN 0
#endif

mtype = { GONE, FREE, AWAKE, ASLEEP };
#ifdef HANDOVER
mtype role = FREE;
#else
mtype role = AWAKE;
#endif

bool open = true;    /* the inbox; what is in it: */
byte inbox;
bool close_job;
byte knockers;
bool poller = true;  /* it is not closed, and the loop is not freed */
bool woken;          /* the poller keeps a wake that came early */
bool handed;
byte drivers;        /* threads that hold the role */
bool closing, died;
byte accepted, ran, n_done;

#define POSTS 2

inline knock(seen)
{
    if
    :: seen == ASLEEP ->
        atomic { if :: role == ASLEEP -> role = AWAKE; seen = AWAKE :: else -> seen = GONE fi }
        if
        :: seen == AWAKE -> atomic { assert(poller); woken = true }
        :: else
        fi
    :: seen == FREE && inbox > 0 -> /* else a driver took it meanwhile, and has left: invariant 470 */
        atomic { if :: role == FREE -> role = AWAKE; seen = AWAKE :: else -> seen = GONE fi }
        if
#if BROKEN != 6
        :: seen == AWAKE -> handed = true
#else
        :: seen == AWAKE -> skip
#endif
        :: else
        fi
    :: else
    fi
}

inline push(taken)
{
    atomic {
        if
        :: open ->
            inbox++; accepted++; taken = true;
            if :: me == 0 -> close_job = true :: else fi
        :: else -> taken = false
        fi
    }
}

proctype poster(byte me)
{
    bool awake, taken = false;
    mtype seen;

    awake = (role == AWAKE);
    atomic {
        if
        :: awake && open && inbox > 0 ->
            inbox++; accepted++; taken = true;
            if :: me == 0 -> close_job = true :: else fi
        :: else
        fi
    }
    if
    :: taken -> goto end
    :: else
    fi;
#if BROKEN == 1
    seen = role;
#endif
#if BROKEN != 3
    knockers++;
#endif
    push(taken);
#if BROKEN == 3
    atomic { assert(!taken || poller); knockers++ }
#endif
    if
    :: taken ->
#if BROKEN != 1
        seen = role;
#endif
        knock(seen)
    :: else
    fi;
    atomic { assert(!taken || poller); knockers-- }
end:
    atomic { n_done++ }
}

inline take()
{
    atomic {
        ran = ran + inbox; inbox = 0;
        if :: close_job -> closing = true; close_job = false :: else fi
    }
}

inline retire()
{
    atomic { open = false; ran = ran + inbox; inbox = 0 }
    role = GONE;
#if BROKEN != 4
    knockers == 0;
#endif
    poller = false
}

inline enter() { atomic { assert(drivers == 0); drivers++ } }
inline leave() { drivers-- }

/* False in KEPT: the role is nobody's. */
inline let_go(kept)
{
    atomic { leave(); role = FREE }
#if BROKEN == 5
    kept = false;
#else
    if
    :: inbox == 0 -> kept = false
    :: else ->
        atomic { if :: role == FREE -> role = AWAKE; kept = true; enter() :: else -> kept = false fi }
    fi
#endif
}

#ifdef HANDOVER

/* Where callers may drive, and nothing lives there: nobody sleeps in the kernel. */
proctype dedicated()
{
    bool kept;

    do
    :: atomic { handed -> handed = false; enter() }
       kept = true;
       do
       :: kept ->
            if
            :: closing -> leave(); retire(); died = true; goto end
            :: else
            fi;
            take();
            if
            :: !closing && inbox == 0 -> let_go(kept)
            :: else
            fi
       :: !kept -> break
       od
    od;
end:
    skip
}

proctype caller()
{
    bool kept = false;

    atomic { if :: role == FREE -> role = AWAKE; kept = true; enter() :: else fi }
    if
    :: kept ->
        take();
        if
        :: !closing && inbox == 0 -> let_go(kept)
        :: else
        fi;
        if
        :: kept -> leave(); handed = true
        :: else
        fi
    :: else
    fi
}

#else

proctype dedicated()
{
    enter();
    do
    :: closing -> break
    :: else ->
        take();
        if
        :: closing -> skip
        :: else ->
#if BROKEN == 2
            if
            :: inbox > 0 -> skip
            :: else -> role = ASLEEP; atomic { woken -> woken = false }; role = AWAKE
            fi
#else
            role = ASLEEP;
            if
            :: inbox > 0
            :: else -> atomic { woken -> woken = false }
            fi;
            role = AWAKE
#endif
        fi
    od;
    leave();
    retire();
    died = true
}

#endif

init {
    atomic {
        run dedicated();
#ifdef HANDOVER
        run caller();
#endif
        run poster(0); run poster(1)
    }
    n_done == POSTS && died;
    assert(accepted == ran)
}

ltl all_end { <> (n_done == POSTS && died) }
