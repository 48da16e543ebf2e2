/* SPDX-License-Identifier: Apache-2.0
 *
 * How the host of a mailbox is told. Follows:
 * FOLLOWS src/mailbox/mail_come.c: syni_mail_told mail_comes_first syni_mailbox_take_locked mailbox_list
 * FOLLOWS src/mailbox/mailbox_make.c: syni_mailbox_shall_tell_locked syni_mailbox_announce syni_mailbox_show_level
 * FOLLOWS src/mailbox/mailbox_drain.c: hand_fill_locked hand_fill mailbox_what_is_left syn_mailbox_drain
 * HASH 1edd0cbd2422
 *
 * Two threads bring a mail each, and the first mail that is called for is a channel's, which has one item more: the drain
 * lists it again, and tells nobody. The host drains at most one at a time, and only when it was told, by the function
 * (or, FD, while the descriptor is readable). Another thread drains one at any time.
 *
 * All three are called for: a host that waits beside one is a state without an end (invariant 254).
 *
 * BROKEN 1: a drain does not tell of what it leaves. 2: the host counts as told until the end of a drain, not its
 * beginning. 3: the descriptor is emptied, and the queue not looked at again (with FD). 4: a thread that pushes the first
 * tells nobody.
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#define ALL 3

byte come, queue, n_called, items = 1;
bool lock, knows, told, level;

inline locked() { atomic { !lock -> lock = true } }

/* Under the lock. */
inline shall_tell(tells) { d_step { tells = !knows; knows = true } }

inline announce(tells)
{
    level = true;
    if
    :: tells -> told = true
    :: else
    fi
}

proctype producer()
{
    bool first, behind, tells;

    atomic { behind = (come > 0); if :: behind -> come++ :: else fi }
    if
    :: !behind ->
        atomic { first = (come == 0); come++ }
        if
        :: first && BROKEN != 4 ->
            locked();
            shall_tell(tells);
            lock = false;
            announce(tells)
        :: else
        fi
    :: else
    fi
}

/* One, into the hand. */
inline fill(has, tells)
{
    locked();
    if
    :: queue == 0 -> atomic { queue = come; come = 0 }
    :: else
    fi;
    has = (queue > 0);
    if
    :: has -> queue--
    :: else
    fi;
    tells = false;
    if
    :: has && (queue > 0 || come > 0) -> shall_tell(tells)
    :: else
    fi;
    lock = false;
    if
    :: tells -> told = true
    :: else
    fi
}

inline leave(left, tells)
{
    locked();
    left = (queue > 0 || come > 0);
    tells = false;
#if BROKEN != 1
    if
    :: left -> shall_tell(tells)
    :: else
    fi;
#endif
#if BROKEN == 2
    knows = false;
#endif
    lock = false;
    if
    :: left -> announce(tells)
    :: else ->
        level = false;
#if BROKEN != 3
        locked();
        left = (queue > 0 || come > 0);
        lock = false;
        if
        :: left -> level = true
        :: else
        fi
#endif
    fi
}

inline drain_one(has, left, tells)
{
    locked();
#if BROKEN != 2
    knows = false;
#endif
    lock = false;
    fill(has, tells);
    if
    :: has ->
        n_called++;
        if
        :: atomic { items > 0 -> items-- }; locked(); queue++; lock = false
        :: else
        fi
    :: else
    fi;
    leave(left, tells);
    has = false;
    left = false;
    tells = false
}

proctype visitor()
{
    bool has, left, tells;

    drain_one(has, left, tells)
}

active proctype host()
{
    bool has, left, tells;

    atomic { run producer(); run producer(); run visitor() }
    do
    :: n_called == ALL -> break
#ifdef FD
    :: level -> drain_one(has, left, tells)
#else
    :: told -> told = false; drain_one(has, left, tells)
#endif
    od
}
