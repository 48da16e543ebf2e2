/* SPDX-License-Identifier: Apache-2.0
 *
 * References of an object, the table of identities, and residents. Follows:
 * FOLLOWS src/object/object_end.c: object_end_is_over object_end_finish release_last syn_object_release
 * FOLLOWS src/object/object_end.c: object_end_claim object_end_end
 * FOLLOWS src/object/object_make.c: constructed adopt
 * FOLLOWS src/life/resident.c: newest syni_resident_add syni_residents_stop
 * HASH 1f25a18e4eb0
 *
 * One implementation, of which two threads want a wrapper: each looks it up, or makes one, and lets go of
 * it again; a third stops the home meanwhile, which ends what lives there, and is shut when nothing does.
 *
 * One wrapper is alive for an implementation at any time; each destructor runs once, before its memory goes
 * and on a home that is not shut (invariants 40, 41, 43 and 44); nobody gets a wrapper that is ending.
 *
 * BROKEN 1: the last reference is given up without the lock. 2: the table keeps what is ending. 3: a stop
 * does not hold what it ends. 4: a home that was shut takes residents.
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#define OBJECTS 2 /* each of the two threads makes one at most */
#define NONE OBJECTS

mtype = { MAKING, ALIVE, ENDING, ENDED, FREED };
mtype state[OBJECTS] = MAKING;
short references[OBJECTS];
byte n_destroyed[OBJECTS];
bool resident[OBJECTS];
byte known = NONE;          /* what the table has */
bool locked, shut, takes = true;
byte n_done;

inline lock() { atomic { !locked -> locked = true } }
inline unlock() { locked = false }
inline touch(o) { assert(state[o] != FREED) }

inline remove_known(o)
{
#if BROKEN != 2
    if :: known == o -> known = NONE :: else fi
#else
    skip
#endif
}

/* The reference of the destroyer, or the last of all. */
inline drop_ended(o)
{
    lock();
    touch(o);
    references[o] = references[o] - 1;
    if :: references[o] == 0 -> assert(state[o] == ENDED); state[o] = FREED :: else fi;
    unlock()
}

/* The destructor, with a reference. */
inline destruct(o)
{
    touch(o);
    assert(!shut && n_destroyed[o] == 0);
    n_destroyed[o]++;
    lock();
    assert(state[o] == ENDING);
    state[o] = ENDED;
    if :: known == o -> known = NONE :: else fi;
    resident[o] = false;
    unlock();
    drop_ended(o)
}

inline release(o)
{
    atomic {
        touch(o);
        if
        :: references[o] > 1 -> references[o] = references[o] - 1; ends = false; slow = false
        :: else -> slow = true
        fi
    };
    if
    :: slow ->
#if BROKEN == 1
        atomic { references[o] = references[o] - 1; last = (references[o] == 0) };
        lock();
        touch(o);
#else
        lock();
        touch(o);
        references[o] = references[o] - 1;
        last = (references[o] == 0);
#endif
        ends = last && state[o] == ALIVE;
        if
        :: ends -> references[o] = 1; state[o] = ENDING; remove_known(o)
        :: !ends && last -> assert(state[o] == ENDED); state[o] = FREED
        :: else
        fi;
        unlock();
        if :: ends -> destruct(o) :: else fi
    :: else
    fi
}

proctype user(byte mine)
{
    byte got = NONE;
    bool ends, slow, last;

    lock();
    if
    :: known != NONE ->
        got = known;
        assert(state[got] == ALIVE && references[got] > 0);
        references[got] = references[got] + 1
    :: else ->
        if
        :: takes ->
            got = mine;
            references[mine] = 1;
            resident[mine] = true;
            known = mine;
            state[mine] = ALIVE
        :: else
        fi
    fi;
    unlock();
    if
    :: got != NONE ->
        assert(got == 0 || state[0] != ALIVE || state[1] != ALIVE);
        release(got)
    :: else
    fi;
    n_done++
}

/* syni_residents_stop(), until nothing lives there. */
proctype stopper()
{
    byte o = NONE;
    bool waits;

    do
    :: lock();
        waits = false;
        o = NONE;
        if
        :: resident[1] -> o = 1
        :: !resident[1] && resident[0] -> o = 0
        :: else
        fi;
        if
        :: o != NONE && state[o] == ALIVE ->
#if BROKEN != 3
            references[o] = references[o] + 1;
#endif
            state[o] = ENDING;
            remove_known(o)
        :: o != NONE && state[o] != ALIVE -> waits = true
        :: else
        fi;
#if BROKEN != 4
        takes = (o != NONE);
#endif
        unlock();
        if
        :: o == NONE -> break
        :: o != NONE && waits -> !resident[o]
        :: else -> destruct(o)
        fi
    od;
    shut = true;
    n_done++
}

init { atomic { run user(0); run user(1); run stopper() } }

ltl all_end { <> (n_done == 3) }
