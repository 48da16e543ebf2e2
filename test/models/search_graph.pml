/* SPDX-License-Identifier: Apache-2.0
 *
 * The rounds of a search for circles, where a task waits for several others, and circles have waits in common. Follows:
 * FOLLOWS src/circle/search.c: search_put_closer search_leave_to_later search_judge search_look search_returns search_start
 * FOLLOWS src/circle/search_describe.c: search_meets search_task search_describe_task syni_search_describe
 * FOLLOWS src/circle/graph.c: graph_find graph_has_edge graph_stood graph_holds graph_free_some graph_leads
 * FOLLOWS src/circle/graph.c: graph_free_others syni_graph_is_stuck
 * HASH a8b7204b0ddc
 *
 * Three tasks, each on a loop of its own, wait once. The first waits for the second. The second waits for the third,
 * or for the first of the two others that serves it. The third waits in a scope for the ends of both others.
 * search.pml says when a search begins, and has tasks that wait more than once. A search goes from loop to loop and
 * notes what each task waits for at that moment; then it judges, as graph.c does, and goes round again. In a step of
 * its loop (IN_STEP) nobody is looked at there.
 *
 * All waits end (invariant 352). A wait is refused only if it was stuck, with a circle through it, at the moment between two
 * rounds (invariant 351), and still is when it is refused, unless another was refused meanwhile.
 *
 * BROKEN 1: one round is enough. 2: a wait for the first of several is stuck if one of them is. 3: a search that
 * finds a later wait in its circle leaves it to that, though there is a smaller circle without that wait (invariant 471).
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#define T 3
#define ROUNDS 4
#define BIT(t) (1 << (t))
#define IN(set, t) (((set) >> (t)) & 1)
#if BROKEN == 2
#define HOLDS(set, e, is_first) (((e) & (set)) != 0)
#else
#define HOLDS(set, e, is_first) ((is_first) -> ((e) != 0 && ((e) & (set)) == (e)) : ((e) & (set)) != 0)
#endif
#define REALLY_HOLDS(set, e, is_first) ((is_first) -> ((e) != 0 && ((e) & (set)) == (e)) : ((e) & (set)) != 0)

byte edges[T];       /* a set: what it waits for; none: it runs */
bool first[T];       /* the first of them will do */
byte number[T];      /* drawn by it */
bool searches[T];    /* it has begun a search in this wait */
bool in_step[T];
bool wanted[T];      /* a search by this wait is to begin */
byte last, n_over;
bool ended[T], refused;

/* It serves those that wait for it; a scope waits for its end. */
#define SERVES(me, t) (edges[t] == 0 && !in_step[t] && (!scope(me) || ended[t]))
#define scope(me) ((me) == 2)

inline leave_wait(t)
{
    edges[t] = 0; first[t] = false; searches[t] = false; number[t] = 0
}

/* IS: ME is stuck for ever, in a circle. */
inline is_stuck(me, is)
{
    set = (edges[0] != 0) + 2 * (edges[1] != 0) + 4 * (edges[2] != 0);
    do
    :: IN(set, 0) && !REALLY_HOLDS(set, edges[0], first[0]) -> set = set & 6
    :: IN(set, 1) && !REALLY_HOLDS(set, edges[1], first[1]) -> set = set & 5
    :: IN(set, 2) && !REALLY_HOLDS(set, edges[2], first[2]) -> set = set & 3
    :: else -> break
    od;
    leads = 0;
    do
    :: IN(set, 0) && !IN(leads, 0) && (edges[0] & set & (BIT(me) | leads)) -> leads = leads | 1
    :: IN(set, 1) && !IN(leads, 1) && (edges[1] & set & (BIT(me) | leads)) -> leads = leads | 2
    :: IN(set, 2) && !IN(leads, 2) && (edges[2] & set & (BIT(me) | leads)) -> leads = leads | 4
    :: else -> break
    od;
    is = IN(leads, me)
}

/* Those in SET, with the edges E, that stay stuck and lead to ME. */
inline judge(me, x0, x1, x2)
{
    do
    :: IN(set, 0) && !HOLDS(set, x0, IN(firsts, 0)) -> set = set & 6
    :: IN(set, 1) && !HOLDS(set, x1, IN(firsts, 1)) -> set = set & 5
    :: IN(set, 2) && !HOLDS(set, x2, IN(firsts, 2)) -> set = set & 3
    :: else ->
        leads = 0;
        do
        :: IN(set, 0) && !IN(leads, 0) && (x0 & set & (BIT(me) | leads)) -> leads = leads | 1
        :: IN(set, 1) && !IN(leads, 1) && (x1 & set & (BIT(me) | leads)) -> leads = leads | 2
        :: IN(set, 2) && !IN(leads, 2) && (x2 & set & (BIT(me) | leads)) -> leads = leads | 4
        :: else -> break
        od;
        if
        :: set == leads -> break
        :: else -> set = leads
        fi
    od
}

/* On the loop of T. */
inline describe(t)
{
    seen = seen | BIT(t);
    if
    :: edges[t] != 0 ->
        described = described | BIT(t);
        known = known | edges[t];
        if
        :: t == 0 -> e0 = edges[0]
        :: t == 1 -> e1 = edges[1]
        :: t == 2 -> e2 = edges[2]
        fi;
        if :: first[t] -> firsts = firsts | BIT(t) :: else fi;
        if :: t != me && searches[t] && number[t] > own -> late = late | BIT(t) :: else fi
    :: else
    fi
}

inline begin_round()
{
    e0 = 0; e1 = 0; e2 = 0;
    firsts = 0; late = 0; seen = 0; described = 0; known = 0;
    describe(me)
}

proctype search(byte me)
{
    byte own, round;
    byte e0, e1, e2, firsts, described;       /* the graph, this time */
    byte b0, b1, b2, described_before;
    byte late, seen, known, set, leads;
    bool stood; /* as the last round ended it was stuck */
    bool found, is;

next:
    if
    :: atomic { wanted[me] ->
        wanted[me] = false; own = number[me];
        if
        :: edges[me] == 0 -> goto over
        :: else
        fi;
        begin_round() }
    :: atomic { n_over == T && !wanted[me] -> goto end }
    fi;
    do
    :: atomic { IN(known, 0) && !IN(seen, 0) && !in_step[0] -> describe(0) }
    :: atomic { IN(known, 1) && !IN(seen, 1) && !in_step[1] -> describe(1) }
    :: atomic { IN(known, 2) && !IN(seen, 2) && !in_step[2] -> describe(2) }
    :: d_step { (known & ~seen) == 0 ->
#if BROKEN != 3
        described = described & ~late;
#endif
        set = described;
        judge(me, e0, e1, e2);
        found = IN(set, me);
#if BROKEN == 3
        found = found && (late & set) == 0
#endif
       }
       if
       :: !found -> goto over
       :: else
       fi;
       d_step {
        found = false;
#if BROKEN == 1
        if
        :: round == 0 -> is_stuck(me, stood); found = true
        :: else
        fi;
#else
        if
        :: round > 0 ->
            set = described & described_before;
            b0 = b0 & e0; b1 = b1 & e1; b2 = b2 & e2;
            judge(me, b0, b1, b2);
            found = IN(set, me)
        :: else
        fi;
        if
        :: !found -> b0 = e0; b1 = e1; b2 = e2;
            described_before = described;
            is_stuck(me, stood)
        :: else
        fi;
#endif
        set = 0; leads = 0
       }
       if
       :: !found && round >= ROUNDS -> goto over
       :: !found && round < ROUNDS -> round++
       :: found -> skip
       fi;
       /* at home again */
       atomic { !in_step[me] ->
        if
        :: edges[me] == 0 -> goto over
        :: else
        fi;
        if
        :: found ->
            is_stuck(me, is);
            assert(stood && (is || refused));
            refused = true;
            leave_wait(me);
            goto over
        :: else -> begin_round()
        fi }
    od;
over:
    skip;
    d_step {
        e0 = 0; e1 = 0; e2 = 0; b0 = 0; b1 = 0; b2 = 0;
        firsts = 0; late = 0; seen = 0; described = 0; described_before = 0; known = 0;
        set = 0; leads = 0; own = 0; round = 0;
        stood = false; found = false; is = false
    }
    goto next;
end:
    skip
}

proctype task(byte me)
{
    bool look;

        atomic {
            in_step[me] = true;
            if
            :: me == 0 -> edges[0] = BIT(1)
            :: me == 1 -> edges[1] = BIT(0) | BIT(2); first[1] = true
            :: me == 1 -> edges[1] = BIT(2)
            :: me == 2 -> edges[2] = BIT(0) | BIT(1)
            fi;
            last++; number[me] = last
        }
        atomic {
            look = (IN(edges[me], 0) && edges[0] != 0) || (IN(edges[me], 1) && edges[1] != 0) ||
                   (IN(edges[me], 2) && edges[2] != 0);
            searches[me] = look;
            wanted[me] = look;
            look = false;
            in_step[me] = false
        }
        do
        :: atomic { edges[me] == 0 -> break }
        :: atomic { IN(edges[me], 0) && SERVES(me, 0) -> if :: first[me] || edges[me] == 1 -> leave_wait(me); break
            :: else -> edges[me] = edges[me] & 6 fi }
        :: atomic { IN(edges[me], 1) && SERVES(me, 1) -> if :: first[me] || edges[me] == 2 -> leave_wait(me); break
            :: else -> edges[me] = edges[me] & 5 fi }
        :: atomic { IN(edges[me], 2) && SERVES(me, 2) -> if :: first[me] || edges[me] == 4 -> leave_wait(me); break
            :: else -> edges[me] = edges[me] & 3 fi }
        od;
    skip;
    d_step { ended[me] = true; n_over++ }
}

init { atomic { run task(0); run task(1); run task(2); run search(0); run search(1); run search(2) } }

ltl all_waits_end { <> (n_over == T) }
