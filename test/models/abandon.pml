/* SPDX-License-Identifier: Apache-2.0
 *
 * A role that its holder cannot hand over, as the system gives no thread. Follows:
 * FOLLOWS src/loop/role.c: role_give role_take_back role_abandon syni_role_hand_over syni_role_knock
 * FOLLOWS src/loop/role_follow.c: syni_role_follow role_call_locked syni_role_pass_always
 * HASH 0a5faf2e1c0e
 *
 * One that leaves has work for a thread, and gets none; after some tries the role is FREE. Two callers come at any time:
 * each drives, or follows the driver. A thread may be had from some moment on, or never. What is done under the loop's
 * lock is one step, and so is each access to the role and the inbox.
 *
 * Each call returns, with or without a thread; one drives at a time (invariant 1); nobody follows a role that is FREE for good
 * (invariant 411). The work may have to wait for the next post or call.
 *
 * BROKEN 1: the thread that abandons the role does not look whether one follows. 2: it looks before it abandons it.
 * 3: it calls a follower to a role that is FREE. 4: a caller lists itself after its post.
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#define TRIES 2

mtype = { FREE, AWAKE };
mtype role = AWAKE;
bool call[2], work = true; /* in the inbox; ready */
bool done[2], listed[2], called[2];
bool gives, handed;
byte drivers = 1, n_done;

inline enter() { atomic { assert(drivers == 0); drivers++ } }

inline pass(ok)
{
    atomic {
        if
        :: listed[0] -> listed[0] = false; called[0] = true; ok = true
        :: !listed[0] && listed[1] -> listed[1] = false; called[1] = true; ok = true
        :: else -> ok = false
        fi
    }
}

inline abandon(ok)
{
    do
    :: true;
#if BROKEN == 2
        atomic { ok = listed[0] || listed[1] }
#endif
        role = FREE;
#if BROKEN == 1
        break
#endif
#if BROKEN != 2
        atomic { ok = listed[0] || listed[1] }
#endif
        if
        :: ok ->
#if BROKEN != 3
            atomic { if :: role == FREE -> role = AWAKE :: else -> ok = false fi }
#endif
            if
            :: ok -> pass(ok); if :: ok -> break :: else fi
            :: else -> break
            fi
        :: else -> break
        fi
    od
}

/* The caller holds the role, and does not drive any more. */
inline hand_over(ok, n)
{
    ok = false;
    n = 0;
    do
    :: !ok && n < TRIES ->
        atomic { if :: gives -> handed = true; ok = true :: else fi };
        if
        :: !ok -> pass(ok)
        :: else
        fi;
        n++
    :: ok || n == TRIES -> break
    od;
    if
    :: !ok -> abandon(ok)
    :: else
    fi;
    ok = false;
    n = 0
}

/* The driver tells each that has posted, and takes it off the list before. */
inline take()
{
    d_step {
        if :: call[0] -> call[0] = false; listed[0] = false; done[0] = true :: else fi;
        if :: call[1] -> call[1] = false; listed[1] = false; done[1] = true :: else fi
    }
}

/* What is left is for a thread; else the role is FREE, unless a post came. */
inline stop_driving(ok, n)
{
    drivers--;
    if
    :: work || call[0] || call[1] -> hand_over(ok, n)
    :: else ->
        role = FREE;
        if
        :: call[0] || call[1] ->
            atomic { if :: role == FREE -> role = AWAKE; ok = true :: else -> ok = false fi }
            if
            :: ok -> hand_over(ok, n)
            :: else
            fi
        :: else
        fi
    fi
}

proctype leaves()
{
    bool ok;
    byte n;

    drivers--;
    hand_over(ok, n)
}

proctype caller(byte me)
{
    bool mine, ok;
    byte n;

    atomic { if :: role == FREE -> role = AWAKE; mine = true :: else fi }
    if
    :: mine -> enter(); done[me] = true
    :: else ->
#if BROKEN != 4
        listed[me] = true;
#endif
        call[me] = true;
        mine = (role == FREE);
        if
        :: mine && (call[0] || call[1]) -> atomic { if :: role == FREE -> role = AWAKE :: else -> mine = false fi }
        :: else -> mine = false
        fi;
        if
        :: mine -> mine = false; hand_over(ok, n)
        :: else
        fi;
#if BROKEN == 4
        listed[me] = true;
#endif
        if
        :: called[me] -> called[me] = false; enter(); mine = true; take()
        :: done[me] && !called[me]
        fi
    fi;
    if
    :: mine -> take(); stop_driving(ok, n)
    :: else
    fi;
    atomic { assert(done[me] && !called[me]); n_done++ }
}

proctype dedicated()
{
    bool ok;

    do
    :: atomic { handed -> handed = false }
        enter();
        do
        :: take();
            work = false;
            drivers--;
            role = FREE;
            ok = false;
            if
            :: call[0] || call[1] ->
                atomic { if :: role == FREE -> role = AWAKE; ok = true :: else fi }
            :: else
            fi;
            if
            :: ok -> enter()
            :: else -> break
            fi
        od
    :: atomic { n_done == 2 && !handed -> break }
    od
}

proctype system() { if :: gives = true :: skip fi }

init { atomic { run leaves(); run caller(0); run caller(1); run dedicated(); run system() } }

ltl both_return { <> (n_done == 2) }
