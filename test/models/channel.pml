/* SPDX-License-Identifier: Apache-2.0
 *
 * A generator's channel without room (src/channel/channel_pass.c, channel_own.c, channel_end.c): the
 * generator and one consumer on its loop, a consumer on another thread that may give up,
 * a thread that closes it. It is the loop's own until a stranger comes.
 * THREAD: the consumer on its loop is a thread that drives it, and may give up as it drives, or leaves the role as the loop
 * dies, and may give up then; the others are patient.
 *
 * Invariants 60, 63, 67 and 750. Checked: what the owner uses without the lock is touched by one at a time; every item is
 * fetched once or destroyed once; nobody waits for ever; all end (under weak fairness).
 *
 * BROKEN 1: a stranger takes the channel over itself, instead of asking the driver.
 * BROKEN 2: a consumer that gives up does not look whether it was served.
 * BROKEN 3: the generator is not woken when a stranger's port comes in by the upgrade.
 * BROKEN 4: a thread that leaves the role while it waits does not give the channel up.
 *
 * It follows:
 * FOLLOWS src/channel/channel_pass.c: receive syni_channel_serve_locked syni_channel_list_locked
 * FOLLOWS src/channel/channel_pass.c: syni_channel_withdraw syni_channel_yield
 * FOLLOWS src/channel/channel.h: syni_channel_is_anothers
 * FOLLOWS src/channel/channel_ask.c: syni_step_next ask_generator
 * FOLLOWS src/channel/channel_yield.c: syni_step_yield yield_consumer yield_hands_over
 * FOLLOWS src/channel/channel_own.c: syni_channel_own_locked syni_channel_disown_locked syni_channel_ask_for_locked
 * FOLLOWS src/channel/channel_end.c: end_locked syni_channel_shut syni_channel_give_up upgrade_arrives generator_ended
 * FOLLOWS src/channel/thread_port.c: thread_port_rouses thread_port_leave syni_thread_port_withdraw
 * HASH c7382f87d5aa
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#define ITEMS 2
#ifndef ASKS /* of each consumer; 2 takes minutes */
#define ASKS 1
#endif

#define HERE 0   /* the consumers */
#define THERE 1
#define END 100  /* what they are told, besides an item */
#define CLOSED 101

mtype = { UPGRADE, RESUME };

/* always under the lock */
bit locked, owned, asked_for, close_wanted, closer_waits;
chan incoming = [1] of { byte };

/* the owner's, or under the lock */
bit started, yielded, ended, closed, asked;
byte count, place;
chan receivers = [2] of { byte };
byte touching;

/* the loop */
chan inbox = [4] of { mtype };
bit ready;      /* the generator is on the ready queue */
byte made;

/* the consumer on the loop */
bit waits, has_left; /* it has left the role, as a thread */

/* how it went */
bit told[2], closer_told;
byte status[2];
byte fetched[3], destroyed[3], n_done;
bit checked;

inline lock() { atomic { !locked -> locked = 1 } }
inline unlock() { locked = 0 }
inline touch() { touching++; assert(touching == 1) }
inline leave() { touching-- }

inline tell(who, what) { status[who] = what; told[who] = 1 }

inline serve_all(what)
{
	do
	:: receivers ? w -> tell(w, what)
	:: empty(receivers) -> break
	od
}

/* What settles when it becomes everybody's; the caller stirs. */
inline disown()
{
	if
	:: owned ->
		owned = 0;
		if
		:: incoming ? w -> receivers ! w
		:: empty(incoming)
		fi
	:: else
	fi
	if
	:: !closed && count > 0 && nempty(receivers) -> receivers ? w; tell(w, place); count = 0
	:: else
	fi
}

/* Room for a consumer: RESUMES is set if the generator is to be woken, or started. */
inline stir(resumes)
{
	if
	:: !ended && nempty(receivers) && !started -> started = 1; resumes = 1
	:: !ended && nempty(receivers) && started && yielded -> yielded = 0; resumes = 1
	:: else
	fi
}

inline receive(who, was_served)
{
	was_served = 1;
	if
	:: closed -> tell(who, CLOSED)
	:: !closed && count > 0 -> tell(who, place); count = 0
	:: !closed && count == 0 && ended -> tell(who, END)
	:: else -> was_served = 0
	fi
}

/* By the thread that may touch it. EMPTY is set if the caller shall empty it, outside the lock. */
inline shut(empties, resumes)
{
	touch();
	empties = !closed;
	closed = 1;
	disown();
	serve_all(CLOSED);
	if
	:: !ended && !started -> ended = 1
	:: !ended && started ->
		asked = 1;
		if
		:: yielded -> yielded = 0; resumes = 1
		:: else
		fi
	:: else
	fi
	leave()
}

inline empty_it()
{
	if
	:: count > 0 -> destroyed[place]++; count = 0
	:: else
	fi
}

/* The consumer on the loop gives up: as the driver, or later. */
inline withdraw_here()
{
	lock(); touch();
	if
	:: receivers ?? [eval(HERE)] -> receivers ?? eval(HERE); waits = 0; n_done++
	:: else
	fi;
	leave(); unlock()
}

/* The driver of the loop. */
active proctype driver()
{
	byte w, asks = 0;
	bit mine, was_served, resumes, empties;

end:	do
	:: inbox ? RESUME -> ready = 1

	:: inbox ? UPGRADE -> /* upgrade_arrives() */
		lock(); touch();
		disown();
		resumes = 0;
#if BROKEN != 3
		stir(resumes);
#endif
		leave();
		unlock();
		if
		:: resumes -> ready = 1
		:: else
		fi;
		if
		:: close_wanted ->
			lock();
			resumes = 0;
			shut(empties, resumes);
			if
			:: ended && closer_waits -> closer_waits = 0; closer_told = 1
			:: else
			fi;
			unlock();
			if
			:: resumes -> ready = 1
			:: else
			fi;
			if
			:: empties -> empty_it()
			:: else
			fi
		:: else
		fi

	:: ready && !asked && made < ITEMS -> /* it yields */
		ready = 0;
		made++;
		mine = owned;
		if
		:: mine
		:: else -> lock()
		fi;
		touch();
		if
		:: closed -> destroyed[made]++; ready = 1
		:: !closed && nempty(receivers) -> receivers ? w; tell(w, made)
		:: else -> place = made; count = 1
		fi;
		if
		:: !closed && nempty(receivers) -> ready = 1
		:: !closed && empty(receivers) -> yielded = 1
		:: else
		fi;
		leave();
		if
		:: mine
		:: else -> unlock()
		fi

	:: ready && (asked || made == ITEMS) -> /* generator_ended() */
		ready = 0;
		lock(); touch();
		ended = 1;
		disown();
		serve_all(END);
		empties = close_wanted && !closed;
		if
		:: empties -> closed = 1
		:: else
		fi;
		leave();
		unlock();
		if
		:: empties -> empty_it()
		:: else
		fi;
		lock();
		if
		:: closer_waits -> closer_waits = 0; closer_told = 1
		:: else
		fi;
		unlock()

	:: asks < ASKS && !waits -> /* the consumer of this loop asks */
		asks++;
		mine = owned;
		if
		:: mine
		:: else -> lock()
		fi;
		touch();
		receive(HERE, was_served);
		resumes = 0;
		if
		:: was_served
		:: else ->
			receivers ! HERE;
			if
			:: !started && !ended -> owned = 1 /* it begins as the loop's own */
			:: else
			fi;
			stir(resumes)
		fi;
		leave();
		if
		:: mine
		:: else -> unlock()
		fi;
		if
		:: resumes -> ready = 1
		:: else
		fi;
		waits = 1

#ifdef THREAD
	:: waits && !told[HERE] && !has_left && asks == ASKS -> withdraw_here()

	:: waits && !told[HERE] && !has_left && asks == ASKS -> /* thread_port_leave() */
#if BROKEN != 4
		lock(); touch();
		disown();
		resumes = 0;
		stir(resumes);
		leave();
		unlock();
		if
		:: resumes -> ready = 1
		:: else
		fi;
#endif
		has_left = 1
#endif

	:: waits && told[HERE] ->
		told[HERE] = 0;
		waits = 0;
		if
		:: status[HERE] <= ITEMS -> fetched[status[HERE]]++
		:: else
		fi;
		if
		:: asks == ASKS -> n_done++
		:: else
		fi
	od
}

#ifdef THREAD
/* The thread that was the driver, when its time is up. */
active proctype here()
{
end:	has_left;
	if
	:: withdraw_here()
	:: skip
	fi
}
#endif

/* Posts what came of an operation by a stranger. */
inline post(asks_for, resumes)
{
	if
	:: asks_for -> inbox ! UPGRADE
	:: else
	fi;
	if
	:: resumes -> inbox ! RESUME
	:: else
	fi
}

inline ask_for(asks_for)
{
	asks_for = !asked_for;
	asked_for = 1
}

active proctype stranger()
{
	byte n = 0, w;
	bit was_served, asks_for, resumes, patient;

	if
	:: patient = 1 /* waits without limit */
#ifndef THREAD
	:: patient = 0
#endif
	fi;
	do
	:: n < ASKS ->
		n++;
		asks_for = 0;
		resumes = 0;
		lock();
		if
#if BROKEN == 1
		:: owned -> owned = 0; touch(); receivers ! THERE; stir(resumes); leave()
#else
		:: owned -> incoming ! THERE; ask_for(asks_for)
#endif
		:: else ->
			touch();
			receive(THERE, was_served);
			if
			:: was_served
			:: else -> receivers ! THERE; stir(resumes)
			fi;
			leave()
		fi;
		unlock();
		post(asks_for, resumes);
		if
		:: told[THERE]
		:: !patient -> /* time is up */
#if BROKEN == 2
			told[THERE] = 0;
			break
#else
			lock();
			if
			:: incoming ?? [eval(THERE)] -> incoming ?? eval(THERE); unlock(); goto next
			:: !owned && receivers ?? [eval(THERE)] ->
				receivers ?? eval(THERE); unlock(); goto next
			:: else -> unlock()
			fi;
			told[THERE]
#endif
		fi;
		told[THERE] = 0;
		if
		:: status[THERE] <= ITEMS -> fetched[status[THERE]]++
		:: else
		fi;
next:		skip
	:: n == ASKS -> break
	od;
	n_done++
}

active proctype closer()
{
	byte w;
	bit asks_for = 0, resumes = 0, empties = 0, at_will;

	if
#ifndef THREAD
	:: at_will = 1 /* at any moment */
#endif
	:: at_will = 0 /* or when nobody needs it any more, so that nobody is saved by it */
	fi;
	at_will || n_done == 2;
	lock();
	if
	:: owned ->
		close_wanted = 1;
		ask_for(asks_for);
		closer_waits = 1
	:: else ->
		shut(empties, resumes);
		closer_waits = !ended;
		closer_told = ended
	fi;
	unlock();
	if
	:: empties -> empty_it()
	:: else
	fi;
	post(asks_for, resumes);
	closer_told;
	assert(ended && closed);
	n_done++
}

active proctype check()
{
	byte i = 1;

	n_done == 3 && ended && empty(inbox) && !locked;
	do
	:: i <= made -> assert(fetched[i] + destroyed[i] == 1); i++
	:: i > made -> break
	od;
	checked = 1
}

ltl all_end { <> checked }
