/* SPDX-License-Identifier: Apache-2.0
 *
 * Circles of tasks over loops and of jobs, found by searches. Follows:
 * FOLLOWS src/circle/search.c: search_judge search_leave_to_later search_look search_returns search_pass_on
 * FOLLOWS src/circle/search.c: search_refuse search_is_passed search_begin syni_search_await search_closer
 * FOLLOWS src/circle/chain.c: syni_chain_number chain_ends_at
 * FOLLOWS src/thread/job_circle.c: syni_job_wait_listed
 * FOLLOWS src/job/job_chain.c: job_chain_leads job_chain_refuse job_chain_renew job_wait_detail
 * HASH 73fe387db084
 *
 * Three tasks, each on a loop of its own, each wait for the next, the second of them twice. A wait ends when
 * what it waits for runs, or, once, that of the second by a cancel. One that finds that what it waits for
 * waits begins a search, which goes from loop to loop, twice. In a step of its loop (IN_STEP) nobody is
 * looked at there. The third is a job, which begins its wait and draws its number one after the other; it is looked
 * at wherever the search is, but not before it has looked itself, which is its IN_STEP.
 *
 * PASSES: nobody is cancelled, and the wait of the first cannot be refused: its search passes on to another one of the circle
 * (invariant 490), which counts as begun now, if it is in that wait still.
 *
 * All waits end (invariant 352), a wait is refused only if its circle was there at one moment (invariant 351), and
 * without cancels no two of one circle are, unless a search was passed on: what that comes to draws its number when
 * others may have looked at it already.
 *
 * BROKEN 1: a wait looks before it is written down. 2: one round is enough. 3: nobody leaves it to the
 * last. 4: a job is looked at before it has looked. 5: what passes its search on counts as the last one still.
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#define N 3
#define NOBODY N
#if BROKEN == 2
#define ROUNDS 1
#else
#define ROUNDS 2
#endif
#define JOB 2
#ifdef PASSES
#define ENDURES 0
#else
#define ENDURES NOBODY
#endif
#define WAITS(me) ((me) == 1 -> 2 : 1)

byte waits[N] = NOBODY;
byte nth[N];         /* which wait it is */
byte number[N];      /* drawn by it; 0: none */
bool searches[N];    /* it has begun a search in this wait */
bool in_step[N];
byte wanted[N];      /* a search by this wait is to begin */
byte last, n_over;
bool cancelled, passed;

/* IS: there is a circle through ME. */
inline circle_of(me, is)
{
    i = waits[me];
    steps = 0;
    do
    :: i != NOBODY && i != me && steps < N -> i = waits[i]; steps++
    :: else -> break
    od;
    is = (i == me)
}

proctype search(byte me)
{
    byte mine, own, drawn;
    byte at, round, i, steps, met;
    byte seen; /* which wait of task 1, the only one that has two */
    bool is, same, later;
    bool stood; /* as the first round ended its circle was there */

next:
    if
    :: atomic { wanted[me] != 0 -> mine = wanted[me]; wanted[me] = 0; own = number[me]; drawn = own; at = me; same = true }
    :: atomic { n_over == N && wanted[me] == 0 -> goto end }
    fi;
#if BROKEN == 3
    own = 255;
#endif
    do
    :: atomic { !in_step[at] ->
        if
        :: waits[at] == NOBODY || (at == me && (nth[me] != mine || number[me] != drawn)) -> goto over
        :: else
        fi;
        same = same && (round == 0 || at != 1 || seen == nth[1]);
        if
        :: at == 1 -> seen = nth[1]
        :: else
        fi;
        later = later || (at != me && searches[at] && number[at] > own);
        at = waits[at];
        met++;
        if
        :: at == me && (later || !same) -> goto over
        :: at == me && !later && same && round == ROUNDS - 1 ->
#if BROKEN == 2
            circle_of(me, stood);
#endif
            break
        :: at == me && !later && same && round < ROUNDS - 1 ->
            circle_of(me, is);
            stood = is;
            is = false;
            met = 0;
            i = 0;
            steps = 0;
            round++
        :: at != me && met == N -> goto over
        :: else
        fi }
    od;
    skip;
    d_step { i = 0; steps = 0; met = 0; round = 0 }
    atomic { !in_step[me] ->
        if
        :: waits[me] != NOBODY && nth[me] == mine && number[me] == drawn && me == ENDURES ->
#if BROKEN != 5
            last++; number[me] = last;
            searches[me] = false;
#endif
            passed = true;
            if :: at = 1 :: at = JOB fi
        :: waits[me] != NOBODY && nth[me] == mine && number[me] == drawn && me != ENDURES ->
            circle_of(me, is);
            assert(stood && (is || cancelled || passed));
            waits[me] = NOBODY;
            searches[me] = false;
            number[me] = 0
        :: else -> goto over
        fi }
    if
    :: me == ENDURES -> /* SEEN is the wait of the second that was met */
        atomic { !in_step[at] ->
            if
            :: waits[at] != NOBODY && (at != 1 || nth[1] == seen) ->
#if BROKEN != 5
                last++; number[at] = last;
#endif
                searches[at] = true;
                wanted[at] = nth[at]
            :: else
            fi }
    :: else
    fi;
over:
    skip;
    d_step { seen = 0; at = 0; met = 0; round = 0; i = 0; steps = 0; is = false;
        same = false; later = false; stood = false; mine = 0; own = 0; drawn = 0 }
    goto next;
end:
    skip
}

proctype task(byte me)
{
    byte to, n;
    bool look;

    do
    :: n < WAITS(me) ->
#if BROKEN == 1
        atomic { in_step[me] = true;
            to = (me + 1) % N;
            look = (waits[to] != NOBODY) }
        atomic { waits[me] = to; nth[me]++; last++; number[me] = last }
#else
        to = (me + 1) % N;
        if
        :: me != JOB -> atomic { in_step[me] = true; waits[me] = to; nth[me]++; last++; number[me] = last }
        :: me == JOB -> atomic { in_step[me] = (BROKEN != 4); waits[me] = to; nth[me]++ }
            atomic { last++; number[me] = last }
        fi;
#endif
        atomic {
#if BROKEN != 1
            look = (waits[to] != NOBODY);
#endif
            searches[me] = look;
            if :: look -> wanted[me] = nth[me] :: else fi;
            in_step[me] = false }
        if
        :: atomic { waits[me] == NOBODY -> skip } /* refused */
        :: atomic { waits[me] != NOBODY && waits[to] == NOBODY && !in_step[to] ->
            waits[me] = NOBODY; searches[me] = false; number[me] = 0 }
        :: atomic { me == 1 && ENDURES == NOBODY && waits[me] != NOBODY && !cancelled ->
            cancelled = true; waits[me] = NOBODY; searches[me] = false; number[me] = 0 }
        fi;
        n++
    :: else -> break
    od;
    skip;
    d_step { to = 0; n = 0; look = false; n_over++ }
}

init { atomic { run task(0); run task(1); run task(2); run search(0); run search(1); run search(2) } }

ltl all_waits_end { <> (n_over == N) }
