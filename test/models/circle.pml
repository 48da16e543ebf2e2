/* SPDX-License-Identifier: Apache-2.0
 *
 * Steps that block on another loop. Follows:
 * FOLLOWS src/circle/circle.c: syni_circle_enter syni_circle_leave circle_locked reach_locked depends_locked
 * FOLLOWS src/circle/circle.c: mark_locked circle_depend
 * HASH 820f586114f2
 *
 * Three loops. A step of each blocks, at most once, on a task of any other one, while that other may block,
 * too; and the task that the step of loop 0 waits for may begin to await loop 2 later, which gets the mark
 * by then (a look that is refused ends the await). Nobody's wait ends before the loop that it waits for is free.
 *
 * All waits end: no circle is closed, since looking, joining the list and marking are one section
 * (invariants 34 and 90); and a wait is refused only where there was a circle.
 *
 * BROKEN 1: a thread that looks joins the list in a second section. 2: a task that is waited for begins to await
 * without a look. 3: the search does not go beyond the first loop.
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#define N 3
#define NOBODY N

bool locked;
byte waits[N] = NOBODY;      /* on which loop the step of this one blocks */
byte task_waits = NOBODY;    /* the task on loop 1 that loop 0 waits for: awaits this loop */
bool marked;                 /* and carries the mark of loop 0's wait */
bool held[N];                /* its step blocks: it runs nothing else */
byte n_over, n_refused;

inline lock() { atomic { !locked -> locked = true } }
inline unlock() { locked = false }

/* Whether FROM depends on TO: by what blocks there, by the task that carries the mark, and so on. */
inline look(from, to, found)
{
    d_step {
        reached = 1 << from;
        steps = 0;
        do
        :: steps < N ->
            at = 0;
            do
            :: at < N ->
                if
                :: (reached >> at & 1) && waits[at] != NOBODY -> reached = reached | (1 << waits[at])
                :: else
                fi;
                if
                :: (reached >> at & 1) && at == 0 && marked && task_waits != NOBODY ->
                    reached = reached | (1 << task_waits)
                :: else
                fi;
                at++
            :: else -> break
            od;
            steps++
#if BROKEN == 3
            ; break
#endif
        :: else -> break
        od;
        found = (reached >> to & 1)
    }
}

proctype step(byte me)
{
    byte other, at, steps, reached;
    bool found;

    if
    :: other = (me + 1) % N
    :: other = (me + 2) % N
    :: goto over
    fi;
    held[me] = true;
    lock();
    look(other, me, found);
#if BROKEN == 1
    unlock();
    lock();
#endif
    if
    :: !found -> waits[me] = other; marked = marked || (me == 0 && other == 1)
    :: else -> n_refused++
    fi;
    unlock();
    if
    :: !found ->
        /* what it waits for runs when that loop is free; the task of loop 1 ends when what it awaits is */
        if
        :: me == 0 && other == 1 -> !held[1] && (task_waits == NOBODY || !held[task_waits])
        :: else -> !held[other]
        fi;
        lock();
        waits[me] = NOBODY;
        if :: me == 0 -> marked = false :: else fi;
        unlock()
    :: else
    fi;
    held[me] = false;
over:
    n_over++
}

/* On loop 1, by its driver: the task that may be waited for begins to await one of loop 2. */
proctype task()
{
    byte at, steps, reached;
    bool found;

    if
    :: atomic { marked && waits[0] == 1 && !held[1] -> lock() };
#if BROKEN != 2
        look(2, 0, found);
#endif
        if
        :: !found -> task_waits = 2
        :: else -> n_refused++
        fi;
        unlock()
    :: n_over == N
    fi
}

init { atomic { run step(0); run step(1); run step(2); run task() } }

ltl all_waits_end { <> (n_over == N) }
