/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a synchronizer (src/life/life.c, with may_sleep of src/loop/loop_turn.c): started, called,
 * stopped by a thread without a deadline and by one with a deadline that may pass at any moment, while
 * another thread gives up the last reference of an object; its loop may die, a step may keep its
 * driver. Then it is stopped for good, started again if it may be, and freed beside a stop.
 *
 * Every stop returns, every call that was accepted ends, a thread is joined once, nothing is touched
 * after the free, a stop that returned without giving up left nothing behind, and a synchronizer
 * can be started again if its loop did not die.
 *
 * BROKEN 1: what a stop posts is posted after the lock was let go (begin_locked). 2: that nothing lives
 * there is looked at between two turns only, and not before a sleep (may_have_ended). 3: an abandon
 * that is refused, since the inbox is shut, counts as a step that does not return
 * (syni_life_stop_is_late). 4: all stoppers are told by the driver (is_over), before the thread is joined. 5: a
 * free does not wait for threads in a stop (syni_life_free). 6: nobody reaps what ended
 * without a stopper (syni_life_reap). 7: a stopper that was told while its deadline passed does not reap
 * (syni_life_stop_leave). 8: residents are not looked at when the loop seems empty (is_empty).
 *
 * It follows:
 * FOLLOWS src/life/life.c: die life_is_over between_turns begin_locked syni_life_stop_enter syni_life_stop_force
 * FOLLOWS src/life/life.c: syni_life_stop_is_late life_reap syni_life_reap syni_life_stop_leave syni_life_free
 * FOLLOWS src/life/home_refusal.c: syni_home_refusal
 * FOLLOWS src/loop/loop_turn.c: syni_loop_may_have_ended
 * HASH 716e7de4264c
 */
#ifndef BROKEN
#define BROKEN 0
#endif

mtype = { NEW, RUNNING, STOPPING, GIVING_UP, STUCK, DYING, ENDED, REAPING, STOPPED, DEAD };
mtype life = NEW;

bool freed;
byte runs;          /* the number of this one */
bool thread;        /* it was started, and not joined */
bool through;       /* its driver has touched the home for the last time */
bool open;          /* its inbox; what is in it: */
byte calls;
bool stop_job, abandon_job, destructor;
byte stop_of;       /* the run that the stop is meant for */
bool asleep;        /* the driver, in the kernel */
bool step;          /* it runs one that takes its time */
bool died;

byte accepted, ended; /* calls */
bool alive;           /* the object: its end has not begun, by anybody */
bool resident;        /* it is on the home's list */
bool destroyed, given_up; /* its destructor has run; it need not, after a deadline */

#define STOPPERS 3
bool listed[STOPPERS], told[STOPPERS], reaper[STOPPERS], may_leave[STOPPERS];
byte n_inside;
byte n_done; /* threads of the first act */
bool over;

#define touch assert(!freed)
#define inbox_empty (calls == 0 && !stop_job && !abandon_job && !destructor)

/* syni_loop_post(): inside an atomic */
inline wake() { asleep = false }

inline tell_first()
{
    if
    :: listed[0] -> listed[0] = false; reaper[0] = true; told[0] = true
    :: !listed[0] && listed[1] -> listed[1] = false; reaper[1] = true; told[1] = true
    :: !listed[0] && !listed[1] && listed[2] -> listed[2] = false; reaper[2] = true; told[2] = true
    fi
}

inline tell_all()
{
    if :: listed[0] -> listed[0] = false; told[0] = true :: else fi;
    if :: listed[1] -> listed[1] = false; told[1] = true :: else fi;
    if :: listed[2] -> listed[2] = false; told[2] = true :: else fi
}

#define any_listed (listed[0] || listed[1] || listed[2])
#define gave_up (life == GIVING_UP || life == STUCK || life == DYING)

/* The dedicated thread: drive(). LIVE tasks; a stop cancels them, but some are stubborn. */
proctype driver(byte me)
{
    byte live = 0;
    bool closing = false, stubborn = false, destroys = false, is_empty;

    do
    :: /* between_turns() */
        if
        :: died -> break
        :: closing && live == 0 && !destroys ->
            atomic { /* syni_residents_stop() begins the end of the newest */
#if BROKEN == 8
                is_empty = inbox_empty;
#else
                if
                :: resident && alive -> alive = false; destroys = true
                :: else
                fi;
                is_empty = inbox_empty && !resident;
#endif
            };
            if
            :: is_empty -> break
            :: else
            fi
        :: else
        fi;
        /* a turn: what was posted */
        atomic {
            if
            :: stop_job ->
                stop_job = false;
                assert(stop_of == me);
                closing = true
            :: else
            fi;
            if
            :: calls > 0 && closing -> ended = ended + calls; calls = 0
            :: calls > 0 && !closing -> live = live + calls; calls = 0
            :: else
            fi;
            if
            :: abandon_job -> /* and residents give up */
                abandon_job = false;
                ended = ended + live;
                live = 0;
                stubborn = false;
                if
                :: resident && (alive || destroys) ->
                    alive = false; resident = false; destroys = false
                :: else
                fi
            :: else
            fi;
            if
            :: destructor ->
                destructor = false;
                if
                :: gave_up -> resident = false
                :: else -> destroys = true
                fi
            :: else
            fi
        };
        /* steps */
        if
        :: live > 0 && !stubborn -> atomic { ended = ended + live; live = 0 }
        :: live > 0 -> stubborn = true
        :: destroys -> atomic { destroys = false; resident = false; destroyed = true }
        :: live > 0 -> step = true; step = false
        :: live > 0 && !died -> died = true
        :: live == 0 && !destroys -> skip
        fi;
        /* it would sleep: may_have_ended() */
        if
        :: died -> skip
        :: else ->
            asleep = true;
            if
            :: !inbox_empty -> asleep = false
#if BROKEN != 2
            :: closing && live == 0 && !destroys && (!resident || alive) -> asleep = false
#endif
            :: live > 0 && !stubborn || destroys -> asleep = false /* something is ready */
            :: else ->
end_asleep:     !asleep
            fi
        fi
    od;
    if
    :: died ->
        atomic { touch; life = DYING };
        atomic {
            ended = ended + live;
            live = 0;
            if
            :: resident && (alive || destroys) -> alive = false; resident = false
            :: else
            fi
        }
    :: else
    fi;
    open = false;
    atomic { /* syni_home_end_posted() */
        stop_job = false;
        abandon_job = false;
        ended = ended + calls;
        calls = 0;
        if
        :: destructor -> destructor = false; resident = false
        :: else
        fi
    };
    atomic { /* is_over() */
        touch;
#if BROKEN == 4
        if
        :: any_listed -> tell_first(); tell_all(); life = REAPING
        :: else -> life = ENDED
        fi;
#else
        if
        :: any_listed -> tell_first(); life = REAPING
        :: else -> life = ENDED
        fi;
#endif
    };
    through = true
}

inline reap()
{
    through;
    assert(thread);
    thread = false;
    through = false;
    atomic {
        touch;
        if
        :: died -> life = DEAD
        :: else -> life = STOPPED
        fi;
        tell_all()
    }
}

inline leave(me, limited)
{
    atomic { touch; listed[me] = false };
    if
#if BROKEN == 7
    :: reaper[me] && !limited -> reap()
#else
    :: reaper[me] -> reap()
#endif
    :: else
    fi;
    atomic { touch; n_inside-- }
}

/* syni_home_stop(); LIMITED: its deadline may pass. GAVE: it did, and a step did not return. */
inline stop(me, limited, waits, gave, late)
{
    atomic {
        touch;
        n_inside++;
        told[me] = false;
        reaper[me] = false;
        gave = false;
        late = false;
        waits = true;
        if
        :: life == NEW || life == STOPPED || life == DEAD -> waits = false
        :: life == ENDED -> life = REAPING; reaper[me] = true; waits = false
        :: life == RUNNING ->
            life = STOPPING;
            listed[me] = true;
            late = true
        :: else -> listed[me] = true
        fi;
#if BROKEN != 1
        if
        :: late && open -> stop_job = true; stop_of = runs; wake()
        :: else
        fi
#endif
    };
#if BROKEN == 1
    if
    :: late -> atomic {
            if
            :: open -> stop_job = true; stop_of = 1; wake()
            :: else
            fi
        }
    :: else
    fi;
#endif
    late = false;
    if
    :: !waits -> skip
    :: waits && told[me] -> skip
    :: waits && limited -> /* syni_life_stop_force(), syni_life_stop_is_late() */
        late = true;
        atomic {
            touch;
            if
            :: !told[me] && life == STOPPING ->
                life = GIVING_UP;
                given_up = true;
                if
                :: open -> abandon_job = true; wake()
#if BROKEN == 3
                :: !open -> gave = true; life = STUCK
#else
                :: !open -> skip
#endif
                fi
            :: else
            fi
        };
        if
        :: gave
        :: told[me]
        :: step ->
            atomic {
                touch;
                gave = !told[me];
                may_leave[me] = true;
                if
                :: gave && life == GIVING_UP -> life = STUCK
                :: else
                fi
            }
        :: skip -> /* what was given up takes its time, and goes on */
            atomic { touch; gave = !told[me]; may_leave[me] = true }
        fi
    fi;
    leave(me, late)
}

/* start_locked() and run_locked(); OK: it runs. */
inline start(ok)
{
#if BROKEN != 6
    ok = false;
    atomic {
        if
        :: life == ENDED -> life = REAPING; ok = true
        :: else
        fi
    };
    if
    :: ok -> reap()
    :: else
    fi;
#endif
    atomic {
        touch;
        ok = (life == NEW || life == STOPPED || life == RUNNING);
        if
        :: ok && life != RUNNING ->
            assert(!thread);
            runs++;
            thread = true;
            asleep = false;
            open = true;
            life = RUNNING;
            run driver(runs)
        :: else
        fi
    }
}

proctype stops(byte me; bool limited)
{
    bool waits, gave, late;

    stop(me, limited, waits, gave, late);
    /* All of that run is over: nobody starts it in this act. */
    assert(gave || life == STOPPED || life == DEAD);
    assert(!gave || may_leave[me]);
    n_done++
}

/* syni_synchronizer_home() and syni_call_launch() */
proctype caller()
{
    bool found;

    found = (life == RUNNING);
    if
    :: found ->
        atomic {
            touch;
            if
            :: open -> calls++; accepted++; wake()
            :: else
            fi
        }
    :: else
    fi;
    n_done++
}

/* unheld() and syni_object_destroy() */
proctype releaser()
{
    bool ours;

    atomic {
        ours = alive;
        alive = false
    };
    if
    :: ours ->
        atomic {
            touch;
            if
            :: open -> destructor = true; wake()
            :: else -> resident = false
            fi
        }
    :: else
    fi;
    n_done++
}

/* The other thread of the last act: it stops beside the free. */
proctype late_stopper()
{
    bool waits, gave, late;

    stop(1, true, waits, gave, late);
    n_done++
}

init
{
    bool ok, waits, gave, late, limited;

    start(ok);
    assert(ok);
    alive = true;
    resident = true;
    atomic { calls = 1; accepted = 1 };
    if
    :: limited = true
    :: limited = false
    fi;
    atomic {
        run stops(0, limited);
        run stops(1, true);
        run caller();
        run releaser()
    };
    n_done == 4;
    /* It is over, or will be: a stop that gave up leaves that to the loop. */
    life == ENDED || life == STOPPED || life == DEAD;
    start(ok);
    assert(ok == !died);
    /* free, beside a stop that came before */
    n_done = 0;
    if
    :: run late_stopper(); (n_inside > 0 || n_done > 0)
    :: n_done = 1
    fi;
    do
    :: stop(2, false, waits, gave, late);
        if
        :: life == STOPPED || life == DEAD || life == NEW -> break
        :: else
        fi
    od;
#if BROKEN != 5
    n_inside == 0;
#endif
    atomic {
        assert(!thread);
        assert(ended == accepted);
        assert(!resident);
        assert(destroyed || died || given_up);
        freed = true
    };
    n_done == 1;
    over = true
}

ltl all_ends { <> over }
