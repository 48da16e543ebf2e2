/* SPDX-License-Identifier: Apache-2.0
 *
 * Mailboxes: what the library brings, called back on a thread of yours, when that asks for it.
 *
 * For a program that has a loop (libuv, GLib, Qt, libev, its own poll()), and lets its synchronizers
 * keep threads of their own. Results come to the loop's thread, and the tasks do not depend on it: a
 * connection's keep-alive goes on while nobody drains. To run the tasks themselves on the loop's
 * thread see <synchronicity/host.h>.
 *
 *     struct syn_mailbox *box;
 *
 *     syn_mailbox_new(NULL, &box);
 *     syn_future_then(query_future("SELECT 1"), box, on_rows, user);   // as with a synchronizer
 *     syn_channel_then(rows("SELECT 1"), box, on_row, user);           // for each item
 *
 *     for (;;) {
 *         struct pollfd fds[1] = {{.fd = syn_mailbox_fd(box), .events = POLLIN}};
 *
 *         poll(fds, 1, -1);
 *         syn_mailbox_drain(box, 0);              // on_rows and on_row are called in here
 *     }
 *
 * A REGISTRATION is what one of these calls makes: callbacks are OUTSTANDING from then until the last
 * call. A callback runs in syn_mailbox_drain(), on the thread that calls it, or in syn_mailbox_close();
 * nowhere else, under no lock, and never inside the call that registered it.
 *
 * YOUR LOOP IS WOKEN in one of two ways, or both:
 *
 *   a descriptor, syn_mailbox_fd(), which is readable while something is there (a level);
 *   a function, `on_mail`, which is called at each change from empty to not empty, by the thread that
 *   brings the first. It must not block, nor call this library: uv_async_send(), g_main_context_wakeup().
 *   A drain that finds more than one thing calls it once more before its callbacks: so a loop that
 *   one of them runs (a modal dialog) goes on draining, and so does one after a drain that stopped at MAX.
 *
 * THE BOUND. At most `capacity` registrations are outstanding. A task that makes more than that waits:
 * syn_co_then(). syn_future_then() never waits, and fails with SYN_EAGAIN. A channel's registration is
 * one, however many items come: one is held at a time, the others wait in the channel, and then its
 * producers wait. Of what waits there 16 are called for in a row, then it is another registration's turn, if one has come.
 * So memory stays bounded while nobody drains, and no thread of the library blocks.
 *
 * INSIDE A CALLBACK everything is legal: to register, drain, close or release, request a cancel. What
 * would wait for something that only the drain around it can deliver is SYN_EDEADLK: for a task that
 * waits for room in this mailbox, for room in a channel that this mailbox consumes, for a scope that it
 * awaits. So nothing is lost by a callback that blocks but time.
 * A callback that ends its thread (pthread_exit()) keeps the result that it was called with. A channel's registration
 * goes on, unless the mailbox was closed meanwhile; another thread may drain on. A close, or a last release, in which it
 * does that has not ended: your loop is woken to drain what is left, and the reference is not released.
 *
 * CLOSING ends what is outstanding: each callback is called a last time, on the thread that closes, before
 * the close returns; with what is there already, or with SYN_ECANCELED, and then its task is cancelled. It wakes no
 * loop: a thread that waits for the descriptor meanwhile has to be told by you.
 *
 * A forked child has none of its parent's mailboxes: SYN_EFORKED.
 * Thread: any, for everything here, unless it says otherwise. Drains may move from thread to thread;
 * of several at once each runs callbacks.
 */
#ifndef SYNCHRONICITY_MAILBOX_H
#define SYNCHRONICITY_MAILBOX_H

#include <stddef.h>
#include <stdint.h>

#include <synchronicity/channel.h>
#include <synchronicity/err.h>
#include <synchronicity/future.h>
#include <synchronicity/scope.h>
#include <synchronicity/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owner: counted references. */
struct syn_mailbox;

/* Zero everywhere is the default. */
struct syn_mailbox_options {
    /* For messages; copied, and cut to 31 bytes. */
    const char *name;
    /* Registrations that may be outstanding; 0: 1024. */
    size_t capacity;
    /* See above; NULL: nobody is called. */
    void (*on_mail)(void *user);
    void *user;
    int64_t reserved[4]; /* zero: options of later versions */
};

/* OPTIONS may be NULL. Owns: one reference, the caller's. Fails: SYN_ENOMEM; SYN_EABI for options
 * of a later version. */
syn_err syn_mailbox_new(const struct syn_mailbox_options *options, struct syn_mailbox **out_mailbox);

/* One reference more, for another that registers or drains. */
void syn_mailbox_retain(struct syn_mailbox *mailbox);

/* One less. The last one closes the mailbox, and its descriptor with it, unless a drain is under way
 * (it was called in a callback): then the end of that. NULL is fine. */
void syn_mailbox_release(struct syn_mailbox *mailbox);

/* A descriptor that is readable while a drain is due. It is the library's: wait for it, and neither
 * read nor close it; take it out of your loop before the last release. The first call makes it.
 * Returns -1, and the report says why: what a pipe meets (EMFILE); SYN_EFORKED. */
int syn_mailbox_fd(struct syn_mailbox *mailbox);

/* Calls back for what is there, at most MAX times (0: 128). It never blocks, unless a
 * callback does. A drain with nothing there is fine.
 * Returns 0: nothing is left; SYN_EAGAIN: more is there, and the loop is woken for it; SYN_ECLOSED: the
 * mailbox is closed, and nothing will come any more. Fails: SYN_EDEADLK (in on_mail); SYN_EFORKED. */
syn_err syn_mailbox_drain(struct syn_mailbox *mailbox, unsigned max);

/* Ends what is outstanding, as above, and refuses more: SYN_ECLOSED. When it returns on_mail is called no
 * more, and does not run; hold no lock that it takes. A callback that another thread runs at this
 * moment is not waited for. Closing twice is fine, and so is NULL. Fails: SYN_EDEADLK (in on_mail);
 * SYN_EFORKED. */
syn_err syn_mailbox_close(struct syn_mailbox *mailbox);

/* How many registrations are outstanding. */
size_t syn_mailbox_outstanding(const struct syn_mailbox *mailbox);

/* --- what can be registered --- */

/* syn_future_then(F, MAILBOX, FN, USER) is in future.h, and says the same as
 * for a synchronizer. Fails also with SYN_EAGAIN: there is no room, and F is as it was. */

/* FN(USER, err, item) is called for each item of CH, with 0 and the item, which is FN's to keep; and a
 * last time with NULL and SYN_EEND, or why it ended otherwise (channel.h). The registration is one
 * consumer, as a thread in syn_channel_next() would be: it has an item while FN was not called with it.
 * The channel stays the caller's to close, which ends the registration too; FN may do it.
 * Fails: SYN_EAGAIN, SYN_ENOMEM, SYN_ECLOSED, SYN_EINVAL. */
#define syn_channel_then(ch, mailbox, fn, user)                                                    \
    ((void)(0 ? (ch).u.then_is(fn) : SYN_OK),                                                      \
     syni_channel_then((ch).u.handle, (mailbox), (void (*)(void))(fn), (user), 0))

/* The same for one item: FN is called once, with the next item or with why there is none. For a caller that asks for
 * each item when it wants it, such as a coroutine of C++20 (docs/examples/cpp20). */
#define syn_channel_next_then(ch, mailbox, fn, user)                                               \
    ((void)(0 ? (ch).u.then_is(fn) : SYN_OK),                                                      \
     syni_channel_then((ch).u.handle, (mailbox), (void (*)(void))(fn), (user), 1))

/* FN(USER, err) is called when no child of SCOPE is left, with the scope's result, as
 * syn_scope_join() would return it. SCOPE belongs to a thread; until FN is called nothing is added to it
 * but by nobody, and it is not joined (SYN_EDEADLK) nor closed; syn_scope_cancel() is fine. If the
 * mailbox is closed before, the children are cancelled, FN is called with SYN_ECANCELED, and the
 * scope is again the caller's to join.
 * Fails: SYN_EAGAIN, SYN_ENOMEM, SYN_ECLOSED; SYN_EWRONGLOOP (it is a task's: write co_join there);
 * SYN_EBUSY (it was registered before). */
syn_err syn_scope_then(struct syn_scope *scope, struct syn_mailbox *mailbox,
                       void (*fn)(void *user, syn_err err), void *user);

SYNI_HELD syn_err syni_channel_then(struct syn_channel channel, struct syn_mailbox *mailbox,
                                    void (*fn)(void), void *user, int once);

/* --- in a task --- */

#ifndef __cplusplus

struct syn_step syni_step_mailbox(struct syn_task *task, struct syn_mailbox *mailbox);
SYNI_HELD syn_err syni_then_with_room(struct syn_future future, struct syn_mailbox *mailbox,
                                      void (*fn)(void), void *user);

/* As syn_future_then(), which waits for room in MAILBOX first, and only then evaluates F, so that a
 * call does not start before. The task leaves if that fails: SYN_ECLOSED; SYN_EDEADLK (a callback of
 * this very mailbox waits for the task). The caller keeps a reference to MAILBOX meanwhile. */
#define syn_co_then(f, mailbox, fn, user)                                                          \
    SYNI_QUIET SYNI_CO_THEN_AT(SYNI_UNIQUE, f, mailbox, fn, user)
#define SYNI_CO_THEN_AT(n, f, mailbox, fn, user)                                                   \
    SYNI_STATEMENT(n)                                                                              \
        return syni_step_mailbox(&self->syn, (mailbox));                                           \
    case SYNI_A_WAIT_IS_BEHIND_co_begin_AND_IN_NO_SWITCH(n):                                       \
        if (!self->syn.status)                                                                     \
            self->syn.status = SYNI_THEN_WITH_ROOM(f, mailbox, fn, user);                          \
        if (self->syn.status)                                                                      \
            return syni_step_leave(&self->syn, self->syn.status, NULL);                            \
    } while (0)
#define SYNI_THEN_WITH_ROOM(f, mailbox, fn, user)                                                  \
    ((void)(0 ? (f).u.then_is(fn) : SYN_OK),                                                       \
     syni_then_with_room((f).u.handle, (mailbox), (void (*)(void))(fn), (user)))

#endif /* !__cplusplus */

#ifdef __cplusplus
}
#endif

#endif
