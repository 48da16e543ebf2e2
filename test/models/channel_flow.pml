/* SPDX-License-Identifier: Apache-2.0
 *
 * How the items of a channel flow past its lock (src/channel/ring.c, channel_pass.c, channel_end.c): two
 * producers and a consumer of a channel that was made directly; with TWO, two consumers, and
 * a thread that says that there is no more; with GENERATOR, one producer and two consumers; with SLEEPS, the same
 * with room for as many that items flow out while the producer sleeps. They may give up waiting;
 * it is closed at any moment or when nobody needs it any more. What is
 * checked is the order of the steps; that of the memory is argued where the code says its pairs.
 *
 * Invariants 66, 68, 70 and 670. Checked: every item is fetched once, or destroyed once, or its sending was refused; what one
 * producer sent comes in its order; nobody touches a place while another does; a waiter that is told
 * that there is no more is told when nothing is left; nobody waits for ever while there is an
 * item, or room, or after a close; all end (under weak fairness).
 *
 * BROKEN 1: a receiver is listed while it flows. 2: a close does not wait for threads that
 * still copy. 3: a thread that needs room looks before it has stopped it. 4 (with TWO): it flows again when
 * one of two waiters gives up. With GENERATOR, 6: a yield is content with a free
 * place. With SLEEPS, 5: all items flow out while the generator is asleep. 7: the item that is to wake it flows,
 * too. 8: the limit is set when they flow already.
 *
 * It follows:
 * FOLLOWS src/channel/ring.c: ring_claim syni_ring_try_push syni_ring_try_pop syni_ring_try_push_below syni_ring_stop
 * FOLLOWS src/channel/ring.c: syni_ring_flow syni_ring_flow_out ring_let_go_out syni_ring_push syni_ring_pop
 * FOLLOWS src/channel/channel_pass.c: may_flow syni_channel_lock syni_channel_unlock syni_channel_pass syni_channel_yield
 * HASH d97329c79028
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#ifdef SLEEPS
#define GENERATOR
#define CAPACITY 3
#define ASKS 2
#endif
#ifdef GENERATOR /* one, two consumers */
#ifndef CAPACITY
#define CAPACITY 2 /* of less none goes past the lock */
#endif
#define PLACES CAPACITY
#ifndef ITEMS
#define ITEMS 4
#endif
#define OF_FIRST ITEMS   /* items: the first producer's; the others are the second's */
#ifndef ASKS
#define ASKS (ITEMS + 1) /* of the first consumer, at most; of the second */
#endif
#ifndef ASKS_2
#define ASKS_2 1
#endif
#define TASKS 3
#else
#ifndef CAPACITY
#define CAPACITY 2
#endif
#define PLACES CAPACITY
#define OF_FIRST (ITEMS - 1)
#define TASKS 4
#ifdef TWO /* producers, two consumers */
#define ITEMS 2
#define ASKS 1
#define ASKS_2 1
#else /* two producers, one consumer */
#define ITEMS 3
#define ASKS 3
#define ASKS_2 0
#endif
#endif

#define CLOSED (ITEMS + 1) /* what a waiter is told, besides an item */
#define END (ITEMS + 2)
#define SENT (ITEMS + 3)

/* The ring: its words, each a position and a bit; its places. */
byte in, out;
bit in_stopped = 1, out_stopped = 1;
#define NONE 255
byte limit = NONE; /* from this position on nothing is claimed of out */

/* It is looked at with the position, before that is claimed. */
#ifdef GENERATOR
#define BELOW_LIMIT (out < limit)
#else
#define BELOW_LIMIT true
#endif
byte mark[PLACES], place[PLACES];
bit touched[PLACES];

/* Ends an atomic sequence: spin takes two in a row for one. */
#define STEP true

#define AT(p) ((p) % PLACES)
#define FREE(p) (2 * ((p) / PLACES))
#define FILLED(p) (FREE(p) + 1)
#define POPPED(p) (FREE(p) + 2)
#define COUNT (in - out)

/* Under the lock. The waiters: 0 and 1 for an item, 2 and 3 for room. */
bit locked, flows, ended, closed;
bit yielded; /* the generator is asleep, or never ran */
bit listed[4];
byte brings[4]; /* a sender's item */

#define RECEIVERS (listed[0] || listed[1])
#define SENDERS (listed[2] || listed[3])

byte told[4]; /* 0: not yet */

/* how it went */
bit gone[ITEMS + 1];
byte n_done;
bit all_ended;

inline begin(p) { assert(!touched[AT(p)]); touched[AT(p)] = 1 }
inline leave(p) { touched[AT(p)] = 0 }
inline is_gone(item) { assert(item > 0 && item <= ITEMS && !gone[item]); gone[item] = 1 }
inline tell(who, what)
{
    if
    :: listed[who] -> assert(told[who] == 0); listed[who] = 0; told[who] = what
    :: else
    fi
}

/* --- without the lock: DONE says whether --- */

inline try_push(item, is_fit)
{
    if
    :: atomic { !in_stopped && mark[AT(in)] == FREE(in) && (is_fit) -> p = in };
        STEP;
        if
        :: atomic { in == p && !in_stopped -> begin(p); in++ };
            STEP;
            atomic {
                place[AT(p)] = item; leave(p); mark[AT(p)] = FILLED(p);
                p = 0;
                done = 1
            }
        :: atomic { else -> p = 0 }
        fi
    :: else
    fi
}

inline try_pop()
{
    if
    :: atomic { !out_stopped && mark[AT(out)] == FILLED(out) && BELOW_LIMIT -> p = out };
        STEP;
        if
        :: atomic { out == p && !out_stopped -> begin(p); out++ };
            STEP;
            atomic {
                got = place[AT(p)]; place[AT(p)] = 0; leave(p); mark[AT(p)] = POPPED(p);
                p = 0;
                is_fetched()
            }
        :: atomic { else -> p = 0 }
        fi
    :: else
    fi
}

/* --- with it, which is three steps: as long as it is stopped nobody else changes what is
 * decided and copied in the second, but that may have to wait for a mark. A thread that touches a place while
 * it is copied there might as well have begun before, and is seen --- */

inline lock()
{
    !locked -> locked = 1
}

inline stop_in()
{
    if
    :: flows -> in_stopped = 1
    :: else
    fi
}

inline stop_out()
{
    flows = 0;
    out_stopped = 1
}

inline set_limit()
{
#if BROKEN == 5
    limit = NONE
#elif BROKEN == 7
    limit = (yielded -> in - CAPACITY / 2 : NONE)
#else
    limit = (yielded -> in - CAPACITY / 2 - 1 : NONE)
#endif
}

inline flow_in()
{
    if
    :: !closed && !ended && !RECEIVERS && !SENDERS && (!yielded || COUNT > CAPACITY / 2 + 1) ->
        flows = 1;
        in_stopped = yielded;
#if BROKEN != 8
        set_limit()
#endif
    :: else
    fi
}

inline flow_out()
{
    if
    :: flows -> out_stopped = 0
    :: else
    fi
}

inline unlock()
{
    STEP;
#if BROKEN == 8
    atomic { flow_out() };
    STEP;
    atomic { set_limit(); locked = 0 }
#else
    atomic { flow_out(); locked = 0 }
#endif
}

inline push(item)
{
    mark[AT(in)] == FREE(in);
    begin(in); place[AT(in)] = item; leave(in); mark[AT(in)] = FILLED(in); in++
}

inline pop(item)
{
    mark[AT(out)] == FILLED(out);
    begin(out); item = place[AT(out)]; place[AT(out)] = 0; leave(out);
    mark[AT(out)] = POPPED(out); out++
}

inline tell_one(a, what)
{
    if
    :: listed[a] -> tell(a, what)
    :: listed[a + 1] -> tell(a + 1, what)
    fi
}

/* Room came, or a consumer. */
inline stir()
{
    if
    :: yielded && (RECEIVERS || (CAPACITY > 0 && COUNT <= CAPACITY / 2)) -> yielded = 0
    :: else
    fi
}

/* ME gives up, unless it was served. */
inline withdraw(me)
{
    atomic {
        lock();
#if BROKEN == 4
        if
        :: listed[me] && !yielded -> flows = 1; in_stopped = 0
        :: else
        fi;
#endif
        listed[me] = 0;
        flow_in()
    };
    unlock()
}

/* --- the consumers --- */

/* GOT is an item, or why there is none. */
inline is_fetched()
{
    if
    :: got > 0 && got <= ITEMS ->
        is_gone(got);
        assert(got > last[got > OF_FIRST]);
        last[got > OF_FIRST] = got;
        asks--
    :: got == END -> assert(COUNT == 0); asks = 0
    :: got == CLOSED -> asks = 0
    :: else /* it gave up */
    fi
}

/* GOT is 0: ME is listed. */
inline receive(me)
{
#if BROKEN == 1
    atomic {
        lock();
        if
        :: COUNT > 0 || SENDERS || closed || ended -> stop_in()
        :: else
        fi
    };
    STEP;
    atomic {
        if
        :: COUNT > 0 || SENDERS || closed || ended -> stop_out()
        :: else
        fi;
#else
    atomic { lock(); stop_in() };
    STEP;
    atomic {
        stop_out();
#endif
        if
        :: closed -> got = CLOSED
        :: !closed && COUNT > 0 ->
            pop(got);
            if
            :: listed[2] -> push(brings[2]); tell(2, SENT)
            :: listed[3] -> push(brings[3]); tell(3, SENT)
            :: else
            fi
        :: !closed && COUNT == 0 && ended -> got = END
        :: else -> listed[me] = 1
        fi;
        is_fetched();
        stir();
        flow_in()
    };
    unlock()
}

proctype consumer(byte me, asks; bit may_give_up)
{
    byte p, got, last[2];

    do
    :: asks > 0 ->
        try_pop();
        if
        :: got == 0 ->
            receive(me);
            if
            :: got != 0
            :: atomic { got == 0 && told[me] != 0 -> got = told[me]; told[me] = 0; is_fetched() }
            :: got == 0 && may_give_up -> /* once */
                may_give_up = 0;
                withdraw(me);
                atomic { got = told[me]; told[me] = 0; is_fetched() }
            fi
        :: else
        fi;
        got = 0
    :: asks == 0 -> break
    od;
    atomic { last[0] = 0; last[1] = 0; may_give_up = 0; n_done++ }
}

/* --- the producers --- */

#ifdef GENERATOR

/* With one item more there is still a place. */
#if BROKEN == 6
#define STILL_DEMAND true
#else
#define STILL_DEMAND (mark[AT(in + 1)] == FREE(in + 1))
#endif

proctype generator()
{
    byte p, i;
    bit done;

    !yielded; /* the first consumer starts it */
    do
    :: i < ITEMS ->
        i++;
        try_push(i, STILL_DEMAND);
        if
        :: !done ->
            atomic { lock(); stop_in() };
            STEP;
            atomic {
                stop_out();
                if
                :: closed -> is_gone(i)
                :: !closed && RECEIVERS -> tell_one(0, i)
                :: else -> push(i)
                fi;
                yielded = !closed && COUNT >= CAPACITY && !RECEIVERS;
                flow_in()
            };
            unlock();
            !yielded
        :: else -> done = 0
        fi
    :: i == ITEMS -> break
    od;
    atomic { lock(); stop_in() };
    STEP;
    atomic { stop_out(); ended = 1; tell(0, END); tell(1, END) };
    unlock();
    n_done++
}

#else

/* LISTED, or it is sent, or refused. */
inline send(me, item)
{
    atomic {
        lock();
        stop_in();
#if BROKEN == 3
        is_full = (COUNT >= CAPACITY)
#endif
    };
    STEP;
    atomic {
        stop_out();
#if BROKEN != 3
        is_full = (COUNT >= CAPACITY);
#endif
        if
        :: closed || ended -> is_gone(item)
        :: !closed && !ended && RECEIVERS -> tell_one(0, item)
        :: !closed && !ended && !RECEIVERS && !is_full -> push(item)
        :: else -> brings[me] = item; listed[me] = 1; waits = 1
        fi;
        is_full = 0;
        flow_in()
    };
    unlock()
}

proctype producer(byte me, item, last; bit may_give_up)
{
    byte p;
    bit done, is_full, waits;

    do
    :: item <= last ->
        try_push(item, true);
        if
        :: !done ->
            send(me, item);
            if
            :: !waits
            :: waits && told[me] != 0
            :: waits && may_give_up -> /* once, and tries again */
                may_give_up = 0;
                withdraw(me)
            fi;
            atomic {
                if
                :: waits && told[me] == 0 -> item--
                :: waits && told[me] == CLOSED -> is_gone(item)
                :: else
                fi;
                told[me] = 0;
                brings[me] = 0;
                waits = 0
            }
        :: else
        fi;
        atomic { done = 0; item++ }
    :: item > last -> break
    od;
    atomic { item = 0; may_give_up = 0; n_done++ }
}

#endif

/* --- the end --- */

proctype closer()
{
    byte item;

#ifdef TWO
    if
    :: true -> /* there is no more */
        atomic { lock(); stop_in() };
        STEP;
        atomic {
            stop_out();
            ended = 1;
            tell(0, END); tell(1, END);
            tell(2, CLOSED); tell(3, CLOSED)
        };
        unlock()
    :: true
    fi;
#endif
    if
    :: true -> skip /* at any moment */
    :: true ->      /* or when nobody needs it any more, so that nobody is saved by it */
#ifdef GENERATOR    /* which may sleep then, though not while there is demand */
        n_done == TASKS ||
            (n_done == TASKS - 1 && yielded && (COUNT > CAPACITY / 2 || CAPACITY == 0))
#else
        n_done == TASKS
#endif
    fi;
    atomic { lock(); stop_in() };
    STEP;
    atomic {
        stop_out();
        closed = 1;
        yielded = 0;
        tell(0, CLOSED); tell(1, CLOSED);
        tell(2, CLOSED); tell(3, CLOSED)
    };
    unlock();
    do
    :: COUNT > 0 ->
        atomic {
#if BROKEN != 2
            mark[AT(out)] == FILLED(out);
#endif
            begin(out); is_gone(place[AT(out)])
        };
        STEP;
        atomic { leave(out); mark[AT(out)] = POPPED(out); out++ }
    :: COUNT == 0 -> break
    od;
    n_done == TASKS;
    atomic {
        for (item : 1 .. ITEMS) {
            assert(gone[item])
        };
        assert(COUNT == 0 && !locked && !RECEIVERS && !SENDERS);
        all_ended = 1
    }
}

init
{
    atomic {
        run closer();
#ifdef GENERATOR
        yielded = 1;
        run generator();
#ifdef SLEEPS /* what gives up is in the others */
        run consumer(0, ASKS, 0);
#else
        if
        :: run consumer(0, ASKS, 1)
        :: run consumer(0, 1, 1)
        fi;
#endif
        run consumer(1, ASKS_2, 0)
#else
        flows = 1; in_stopped = 0; out_stopped = 0;
        run consumer(0, ASKS, 1);
        run consumer(1, ASKS_2, 0);
        run producer(2, 1, OF_FIRST, OF_FIRST > 1);
        run producer(3, OF_FIRST + 1, ITEMS, 0)
#endif
    }
}

ltl everything_ends { <> all_ended }
