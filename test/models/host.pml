/* SPDX-License-Identifier: Apache-2.0
 *
 * A loop that a thread of the program hosts. Follows:
 * FOLLOWS src/loop/hosted.c: host_is_roused hosted_enter hosted_leave syni_hosted_turn has_work syni_hosted_settle
 * FOLLOWS src/loop/hosted.c: syni_hosted_rouse
 * FOLLOWS src/loop/hosted.c: syni_hosted_start comes syni_hosted_ask syni_hosted_move_in syni_hosted_move_out
 * FOLLOWS src/loop/loop_drive.c: await_role drive_on dedicated syni_loop_start_thread_locked syni_loop_take_thread syni_loop_join
 * FOLLOWS src/loop/loop_drive.c: syni_loop_join_thread syni_loop_retire
 * FOLLOWS src/loop/loop_turn.c: sleep_until syni_loop_turn syni_loop_turn_at_once syni_loop_may_have_ended
 * FOLLOWS src/loop/loop_inbox.c: post_and_knock syni_loop_post
 * FOLLOWS src/loop/role.c: syni_role_knock
 * FOLLOWS src/life/life.c: between_turns life_reap
 * HASH 361faff6c619
 *
 * Two threads ask to host a loop that has a dedicated thread, one after the other or at once, and each may end that again,
 * for which there may be no thread. Another posts, and a third may stop the loop, and reaps it. A host turns when the
 * descriptor is readable, and once without a cause. A turn runs one post, or more. Callers do not drive (leader.pml).
 *
 * ROUSE: a host waits for two things, and turns the loop in the kernel meanwhile; another thread tells it of both.
 *
 * One thread holds the role at a time, the one that hosts or the dedicated (invariant 210). Each post that is taken runs,
 * by the descriptor alone (invariant 211). In the end the role is held by one thread, that sleeps and has nothing to do; or the
 * loop was reaped, and no host or dedicated thread touched it afterwards.
 *
 * BROKEN 1: a host that is asleep does not look at the inbox again. 2: it does not wake the poller when a turn leaves work.
 * 3: a host comes before the dedicated thread has left. 4: the next dedicated thread leaves as the first did. 5 (TWO): two
 * hosts are let in. 6: the thread that reaps does not wait for the host. 7: nor for the dedicated thread. 8 (ROUSE): a turn
 * that is roused sleeps. 9 (ROUSE): a host is roused once.
 */
#ifndef BROKEN
#define BROKEN 0
#endif

/* What is posted; less: the thread of that number asks to host. */
#define POST 3
#define STOP 4
#define WAKE 5

mtype = { GONE, AWAKE, ASLEEP };
mtype role = AWAKE;
chan inbox = [4] of { byte };
chan taken = [4] of { byte };
bool open = true;
byte knockers;
bool level;     /* the poller was woken, so its descriptor is readable */

bool lock, handed, has_thread, thread_left;
byte host, n_threads;
bool exited[3]; /* by the dedicated threads */
bool moves_out, closing, hurry;
mtype = { YES, NO };
mtype answer[3];
bool roused;
byte n_told;

bool over, reaped;
byte drivers;   /* threads that hold the role */
byte accepted, ran;
byte busy;      /* threads that are about to do something, but for their turns */

#define HAS_POSTS (len(taken) > 0 || len(inbox) > 0)
#define QUIET (role == ASLEEP && !level && !HAS_POSTS && drivers == 1)

inline enter() { atomic { assert(drivers == 0 && !reaped); drivers++ } }
inline leave() { drivers-- }

/* --- posting --- */

inline push(k, ok)
{
    if
    :: open -> inbox!k; accepted++; ok = true
    :: else
    fi
}

inline rouse_poller() { atomic { assert(!reaped); level = true } }

inline post(k, ok)
{
    ok = (role == AWAKE);
    atomic {
        if
        :: ok && len(inbox) > 0 -> push(k, ok)
        :: else -> ok = false
        fi
    }
    if
    :: !ok ->
        knockers++;
        atomic { push(k, ok) };
        if
        :: ok ->
            if
            :: role == ASLEEP ->
                if
                :: atomic { role == ASLEEP -> role = AWAKE }; rouse_poller()
                :: role != ASLEEP
                fi
            :: else
            fi
        :: else
        fi;
        knockers--
    :: else
    fi
}

/* --- by the driver --- */

inline run_one(k)
{
    atomic {
        taken?k;
        ran++;
        if
        :: k < POST ->
            if
            :: closing -> answer[k] = NO
#if BROKEN != 5
            :: !closing && (moves_out || host != 0) -> answer[k] = NO
            :: !closing && !moves_out && host == 0 ->
#else
            :: !closing ->
#endif
                moves_out = true; hurry = true; answer[k] = YES
            fi
        :: k == STOP -> closing = true
        :: k == WAKE ->
#if BROKEN != 8
            hurry = true;
#endif
#if BROKEN != 9
            roused = false
#endif
        :: else
        fi;
        k = 0
    }
}

inline take_all(k)
{
    atomic {
        do
        :: len(inbox) > 0 -> inbox?k; taken!k
        :: else -> k = 0; break
        od
    }
}

/* One step: what comes meanwhile comes after it. */
inline run_steps(k)
{
    atomic {
        hurry = false;
        if
        :: len(taken) == 0 -> take_all(k)
        :: else
        fi;
        do
        :: len(taken) > 0 -> run_one(k);
           if
           :: len(taken) > 0
           :: break /* the batch is full */
           fi
        :: len(taken) == 0 -> break
        od
    }
}

/* Between two turns: while posts are left the loop does not end. */
inline on_closing(k)
{
    if
    :: closing && !HAS_POSTS ->
        atomic {
            open = false;
            take_all(k);
            do
            :: len(taken) > 0 -> run_one(k)
            :: len(taken) == 0 -> break
            od
        };
        role = GONE;
        knockers == 0;
        over = true
    :: else
    fi
}

inline turn_and_sleep(k)
{
    run_steps(k);
    if
    :: hurry || HAS_POSTS || closing
    :: else ->
        role = ASLEEP;
        if
        :: HAS_POSTS
        :: else ->
end_kernel: atomic { level -> level = false }
        fi;
        role = AWAKE
    fi
}

proctype dedicated(byte me)
{
    byte k;

    atomic { !lock && handed -> handed = false; enter() }
    do
    :: moves_out -> break
    :: else ->
        on_closing(k);
        if
        :: role == GONE -> break
        :: else
        fi;
        turn_and_sleep(k)
    od;
    leave();
    atomic { !lock -> assert(!reaped); thread_left = true }
    exited[me] = true
}

/* Under the lock. */
inline start_thread()
{
    atomic { thread_left = false; has_thread = true; run dedicated(n_threads); n_threads++ }
}

/* --- by the host --- */

inline settle()
{
    if
    :: role == GONE ->
        leave();
        atomic { !lock -> assert(!reaped); host = 0 }
#if BROKEN == 2
    :: role != GONE && HAS_POSTS
#else
    :: role != GONE && (HAS_POSTS || closing) -> rouse_poller()
#endif
#if BROKEN == 2
    :: role != GONE && !HAS_POSTS ->
#else
    :: role != GONE && !HAS_POSTS && !closing ->
#endif
        role = ASLEEP;
#if BROKEN != 1
        if
        :: HAS_POSTS ->
            if
            :: atomic { role == ASLEEP -> role = AWAKE }; rouse_poller()
            :: role != ASLEEP
            fi
        :: else
        fi
#endif
    fi
}

inline turn_at_once(me, k)
{
    assert(host == me);
    role = AWAKE;
    level = false;
    run_steps(k);
    on_closing(k);
    settle()
}

inline move_in(me, k)
{
#if BROKEN == 3
    atomic { !lock -> has_thread = false; k = n_threads - 1 }
#else
    atomic { !lock && thread_left -> assert(has_thread); has_thread = false; k = n_threads - 1 }
#endif
#if BROKEN != 4
    moves_out = false;
#endif
    host = me;
    enter();
    settle();
    exited[k];
    k = 0
}

inline move_out(me, moved)
{
    assert(host == me);
    atomic { leave(); role = AWAKE }
    atomic { !lock -> lock = true }
    if
    :: handed = true;
       start_thread();
       host = 0;
       moved = true
    :: moved = false
    fi;
    lock = false;
    if
    :: moved
    :: else -> enter(); settle()
    fi
}

proctype a_host(byte me)
{
    bool ok, ends, stays;
#ifdef TWO
    bool early = false;
#else
    bool early = true;
#endif
    byte k;

    if
    :: ends = true
    :: ends = false
    fi;
    post(me, ok);
    if
    :: ok -> answer[me] != 0; ok = (answer[me] == YES)
    :: else
    fi;
    if
    :: ok ->
        move_in(me, k);
end_poll:
        do
        :: host != me -> break
        :: host == me && ends -> ends = false; move_out(me, ok);
           if
           :: ok -> break
           :: else
           fi
        :: host == me && !ends && early -> early = false; turn_at_once(me, k)
        :: host == me && !ends && !early && !stays -> stays = true; busy--
        :: host == me && !ends && level -> turn_at_once(me, k)
        od
    :: else
    fi;
    if
    :: !stays -> busy--
    :: else
    fi
}

proctype waiting_host()
{
    byte k, n;

    settle();
    for (n : 1 .. 2) {
        do
        :: n_told >= n -> break
        :: else -> role = AWAKE; turn_and_sleep(k)
        od;
        settle()
    }
    busy--;
end_poll:
    do
    :: level -> turn_at_once(1, k)
    od
}

/* --- others --- */

proctype poster()
{
    bool ok;

    post(POST, ok);
    busy--
}

proctype teller()
{
    byte n;
    bool before, ok;

    for (n : 1 .. 2) {
        n_told++;
        knockers++;
        atomic { before = roused; roused = true }
        if
        :: before
        :: else ->
            atomic { push(WAKE, ok) };
            if
            :: atomic { role == ASLEEP -> role = AWAKE }; rouse_poller()
            :: role != ASLEEP
            fi
        fi;
        knockers--
    }
    busy--
}

proctype stopper()
{
    bool ok;
    byte k;

    post(STOP, ok);
    over;
    atomic { !lock -> ok = has_thread; k = n_threads - 1; has_thread = false }
#if BROKEN != 7
    if
    :: ok -> exited[k]
    :: else
    fi;
#endif
#if BROKEN == 6
    atomic { !lock -> reaped = true }
#else
    atomic { !lock && host == 0 -> reaped = true }
#endif
    busy--
}

init {
    atomic {
#ifdef ROUSE
        busy = 3;
        host = 1; drivers = 1;
        run waiting_host(); run teller(); run poster()
#else
#ifndef TWO
        busy = 1;
#endif
        handed = true;
        start_thread();
        busy++; run a_host(1);
#ifdef TWO
        busy++; run a_host(2)
#else
        run poster();
        if
        :: busy++; run stopper()
        :: skip
        fi
#endif
#endif
    }
}

/* Nobody is to come, or to go, any more. */
#define PEACE (busy == 0 && accepted == ran && (reaped && drivers == 0 || !over && QUIET && (host != 0 || has_thread)))

ltl all_rest { <> PEACE }
