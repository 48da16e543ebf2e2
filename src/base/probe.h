/* SPDX-License-Identifier: Apache-2.0
 *
 * What tests can do to the inside of a checked build (SYN_CHECKED), and see of it: named points
 * of delay, and a count of steps along lists. See <synchronicity/testing.h>. In other builds all
 * of it compiles to nothing.
 *
 * A POINT stands wherever a thread that is preempted could hurt: between a push and the wake that
 * belongs to it, after a lock was released with a decision taken, between two looks at the same
 * word, before the last touch of what may be gone. A new one is a line in the list below, and
 * SYNI_DELAY(name) at its place. It may stand under a lock, since a thread that is held up there
 * only makes others wait; it must not stand in a signal handler.
 */
#ifndef SYNI_PROBE_H
#define SYNI_PROBE_H

#include <stdatomic.h>
#include <stdbool.h>

#include <synchronicity/map.h>

/* By layer. Each says what was done just before. */
#define SYNI_DELAY_POINTS(POINT)                                                                   \
    /* base */                                                                                     \
    POINT(parker_done)       /* a waker wrote `done`, and has not woken yet */                     \
    POINT(parker_woken)      /* a waker set the state, and has not signalled yet */                \
    POINT(parker_ends)       /* a thread gives back all it has, or another does for it; the parker is left */ \
    /* loop */                                                                                     \
    POINT(post_knock)        /* a job lies in an inbox; its poster has not looked at the role */   \
    POINT(knock_role)        /* a poster read the role, and has not acted on it */                 \
    POINT(loop_drowsy)       /* the driver saw nothing to do, and has not said that it is asleep */ \
    POINT(loop_asleep)       /* the driver said asleep, and has not looked into the inbox again */ \
    POINT(role_abandon)      /* no thread is to be had; the role is not free */                    \
    POINT(role_idle)         /* a driver saw nothing to do, and has not let the role go */          \
    POINT(role_open)         /* the driver left the role open, and has not looked again */          \
    POINT(role_pass)         /* a driver passes the role on, and has not called the follower */      \
    POINT(role_free)         /* the driver let the role go, and has not looked again */            \
    POINT(loop_retire)       /* the role is GONE; posters that saw it before are not awaited yet */\
    POINT(loop_retire_waits) /* such a poster is waited for */                                     \
    /* pool */                                                                                     \
    POINT(pool_inbox_put)    /* the inbox looked open; the work is not in it yet */                 \
    POINT(strand_forgets)    /* a child is the first at a strand that is in the parent's pool still */ \
    POINT(pool_run_here)     /* a submitter is to run its work, and has let go of the lock */      \
    POINT(pool_call)         /* an idle worker was chosen, and is not called yet */                \
    POINT(pool_run)          /* a work was taken, and has not begun */                             \
    POINT(pool_returned)     /* a work has returned, and is not over */                            \
    POINT(pool_over)         /* a work is over, and its poster was not told */                     \
    POINT(pool_asked)        /* a work was cancelled, and was not told */                          \
    POINT(pool_held)         /* a work has returned, and waits for its teller */                   \
    POINT(pool_abandon)      /* a work is marked as abandoned, and its poster was not told */      \
    POINT(pool_idle)         /* a worker is listed as idle, and does not sleep yet */              \
    POINT(pool_room)         /* a submitter is listed for a place, and does not sleep yet */       \
    POINT(pool_stop)         /* a pool was closed; its works were not cancelled */                 \
    POINT(pool_left)         /* a thread has left its pool, and has not ended */                   \
    /* task */                                                                                     \
    POINT(core_done)         /* a result is there; its waiter was not woken */                     \
    POINT(core_unpin)        /* the waiter was woken; the producer still has its reference */      \
    POINT(request_sent)      /* a task's request is set; its job was not posted */                 \
    POINT(channel_comes)     /* a thread holds a channel, and has not locked it */                 \
    POINT(channel_after)     /* a channel's lock was released; a port was served and not woken */  \
    POINT(ring_claimed)      /* a place of a ring was claimed, and has no mark yet */              \
    POINT(scope_after)       /* a scope's section was left; what it decided was not done */        \
    POINT(scope_drop)        /* a child is over; its unwanted result was not destroyed */          \
    POINT(scope_child_done)  /* a child ended, and its scope does not know */                      \
    /* rooms above task */                                                                         \
    POINT(wait_is_led)       /* a thread saw that another drives, and is not listed as a follower */ \
    POINT(wait_follows)      /* a caller is listed as a follower; its call was not posted */       \
    POINT(wait_drives)       /* a thread is about to look whether it may drive the loop that it waits for */ \
    POINT(deadline_passed)   /* a wait's deadline passed; nobody was asked and it is not over */   \
    POINT(wait_leaves)       /* a wait is over, and a signal finds it still */                     \
    POINT(interrupt_pressed) /* a signal interrupted all waits; the next is not looked for */      \
    POINT(mail_listed)       /* a mail is listed at what it waits for; its state does not say so */\
    POINT(mail_comes)        /* a mail was told, and is not on its stack yet */                    \
    POINT(mailbox_places)    /* no place was spare; whether one was never used was not looked at */ \
    POINT(mailbox_spare)     /* a place is spare; whether a task waits was not looked at */        \
    POINT(mailbox_full)      /* a task is about to wait for room, if no place became spare */      \
    POINT(mail_told)         /* a mail is in its mailbox; the host was not told */                 \
    POINT(mailbox_holds)     /* a close waits for a thread that lists a mail, or tells it */       \
    POINT(mailbox_empties)   /* a drain left nothing; the descriptor was not emptied */             \
    POINT(mailbox_level)     /* a descriptor was emptied; the queue was not looked at again */     \
    POINT(mailbox_closed)    /* a close waits for a thread that tells the host */                  \
    POINT(mailbox_awaits)    /* a close waits for a thread that tells a mail */                    \
    POINT(object_unheld)     /* the last reference is about to be given up, under the lock */     \
    POINT(object_ending)     /* an object is ENDING; its destructor was not begun */               \
    POINT(stop_posts)        /* a synchronizer takes no calls; its stop was not posted */          \
    POINT(stop_leaves)       /* a stop is over, and its thread counts as inside still */           \
    POINT(free_looks)        /* a free is to look for such a thread, and holds the lock */         \
    POINT(stop_forces)       /* a stop's deadline passed; nobody was abandoned */                  \
    POINT(stop_looks)        /* a stop is late, and looks again at what keeps the driver */         \
    POINT(home_looks)        /* whether its loop has died, or a home that closes has ended, is looked at */ \
    POINT(home_shut)         /* a home's inbox is shut; its loop has not retired */                \
    POINT(home_gone)         /* a home's thread is through, and its stopper was not told */         \
    /* io */                                                                                       \
    POINT(signals_looked)    /* no signal had come; the notice was not emptied yet */              \
    POINT(broadcast_looked)  /* no item had come; the wish for one is not listed */

#define SYNI_DELAY_INDEX(name) SYNI_DELAY_##name,
enum syni_delay_point { SYNI_DELAY_POINTS(SYNI_DELAY_INDEX) SYNI_N_DELAY_POINTS };

#if SYNI_CHECKED

/* A test has said something about points; about steps. Read without order. */
extern _Atomic(bool) syni_probe_armed, syni_probe_counts;

void syni_probe_pass(enum syni_delay_point point);
void syni_probe_count(void);

/* The calling thread is at the point NAME. */
#define SYNI_DELAY(name)                                                                           \
    (atomic_load_explicit(&syni_probe_armed, memory_order_relaxed)                                 \
         ? syni_probe_pass(SYNI_DELAY_##name)                                                      \
         : (void)0)

/* One more step along a list, or whatever grows with what there is. */
#define SYNI_STEP()                                                                                \
    (atomic_load_explicit(&syni_probe_counts, memory_order_relaxed) ? syni_probe_count() : (void)0)

#else

#define SYNI_DELAY(name) ((void)SYNI_DELAY_##name)
#define SYNI_STEP() ((void)0)

#endif

#endif
