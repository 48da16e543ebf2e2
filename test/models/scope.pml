/* SPDX-License-Identifier: Apache-2.0
 *
 * A thread's scope. Follows:
 * FOLLOWS src/scope/scope_child.c: child_succeeded child_failed child_ended request syni_scope_ask scope_arrive
 * FOLLOWS src/scope/scope_child.c: child_is_done syni_scope_take
 * FOLLOWS src/scope/scope_section.c: ask_deferred syni_scope_satisfied syni_scope_tell_owner destroy_dropped syni_scope_leave
 * HASH b7e51d664c10
 *
 * The owner spawns two children, the second perhaps when the first has failed, and joins. Each child ends by
 * itself, well or not, or since it is cancelled; its result is destroyed by the thread that tells the scope, outside the
 * lock, and uses what the owner frees when it has joined.
 *
 * The owner goes on when no child is left and no result is on its way to its destructor (invariant 29), and
 * the scope, which lies on its stack, is not touched afterwards; once one failed each child that has not ended
 * is asked, also one that comes later, and once (invariant 31); a task that is to be asked does not end before.
 *
 * BROKEN 1: a child that ended is not counted any more before its result is destroyed. 2: a child that comes
 * late is not cancelled. 3: the thread that tells the owner has yet to look at the scope. 4: to be asked is not claimed
 * under the lock, but done when it is free.
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#define CHILDREN 2

bool locked;
bool scope = true, freed;      /* the scope is there; what the results use is not */
byte live;
bool asked, failed, waits, told;
bool spawned[CHILDREN], listed[CHILDREN], ended[CHILDREN];
byte request[CHILDREN];        /* 0; 1: too late; 2: claimed; 3: it has arrived */
byte n_done;

inline touch() { assert(scope) }
inline lock() { atomic { touch(); !locked -> locked = true } }
inline unlock() { atomic { touch(); locked = false } }

/* Claimed under the lock; sent when it is free, by `sends`. */
inline ask_child(c)
{
#if BROKEN == 4
    sends[c] = true
#else
    atomic { if :: request[c] == 0 -> request[c] = 2; sends[c] = true :: else fi }
#endif
}

inline send_all()
{
    if
    :: sends[0] -> atomic { assert(!ended[0]); sends[0] = false; request[0] = 3 }
    :: else
    fi;
    if
    :: sends[1] -> atomic { assert(!ended[1]); sends[1] = false; request[1] = 3 }
    :: else
    fi
}

inline ask_all()
{
    if
    :: !asked ->
        asked = true;
        if :: listed[0] -> ask_child(0) :: else fi;
        if :: listed[1] -> ask_child(1) :: else fi
    :: else
    fi
}

proctype child(byte me)
{
    bool well, sends[CHILDREN], tells = false;

    spawned[me];
    if
    :: well = true
    :: well = false
    :: request[me] == 3 -> well = false
    fi;
    /* syni_task_close_requests() */
    if
    :: atomic { request[me] == 0 -> request[me] = 1 }
    :: request[me] == 3
    fi;
    ended[me] = true;
    /* scope_arrive() */
    lock();
    listed[me] = false;
#if BROKEN == 1
    live--;
    if :: waits && live == 0 -> waits = false; tells = true :: else fi;
#endif
    if
    :: !well && !failed -> failed = true; ask_all()
    :: else
    fi;
    unlock();
#if BROKEN == 1
    if :: tells -> told = true :: else fi;
    tells = false;
    assert(!freed); /* the destructor */
#else
    assert(!freed);
    lock();
    live--;
    if :: waits && live == 0 -> waits = false; tells = true :: else fi;
#if BROKEN == 3
    if :: tells -> told = true :: else fi;
#endif
    unlock();
#endif
    send_all();
    if :: tells -> told = true :: else fi;
    n_done++
}

inline spawn(c)
{
    lock();
    listed[c] = true;
    live++;
    spawned[c] = true;
#if BROKEN != 2
    if :: asked -> ask_child(c) :: else fi;
#endif
    unlock();
    send_all()
}

proctype owner()
{
    bool sends[CHILDREN];

    spawn(0);
    spawn(1);
    lock();
    waits = (live > 0);
    assert(!asked || !listed[0] || request[0] != 0);
    assert(!asked || !listed[1] || request[1] != 0);
    if
    :: waits -> unlock(); told
    :: else -> unlock()
    fi;
    assert(live == 0 && !listed[0] && !listed[1]);
    scope = false;
    freed = true;
    n_done++
}

init { atomic { run owner(); run child(0); run child(1) } }

ltl all_end { <> (n_done == 3) }
