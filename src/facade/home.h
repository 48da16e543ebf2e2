/* SPDX-License-Identifier: Apache-2.0
 *
 * What the faces share: finding where a call runs, and waiting in a thread.
 */
#ifndef SYNI_FACADE_HOME_H
#define SYNI_FACADE_HOME_H

#include <synchronicity/generator.h>

#include "base/thread.h"
#include "loop/follow.h"
#include "task/task.h"

/* The home of SYNCHRONIZER, started if it never was. Fails: SYN_ECLOSED when it is
 * being stopped or was; SYN_ELOOPDEAD; what starting meets. Also inside a task of
 * its own it is found while it is being stopped: clean-up may call. */
syn_err syni_home_find(struct syn_synchronizer *synchronizer, struct syni_home **out_home);

/* Why HOME, which was found, takes no post any more: SYN_ECLOSED or SYN_ELOOPDEAD. */
syn_err syni_home_refusal(struct syni_home *home);

/* --- refusal.c --- */

/* Why HOME's loop died, for all later questions; by its driver, while the step that ended the thread
 * is still known. */
void syni_home_note_death(struct syni_home *home);

/* Why SYNCHRONIZER does not take NAME, a call or what else: ERR is that of syni_home_find() or
 * syni_home_refusal(). The first is the report, the second the calling thread's, and returns ERR.
 * Call it next: it takes the reason of a start that failed from the thread's latest report. */
struct syn_report *syni_home_report(struct syn_synchronizer *synchronizer, syn_err err,
                                    const char *name);
syn_err syni_refuse_home(struct syn_synchronizer *synchronizer, syn_err err, const char *name);

/* Why a future did not serve, in words: ERR as of syni_core_refusal(). */
syn_err syni_refuse_future(syn_err err);

/* The home, if it was ever started; NULL. */
struct syni_home *syni_home_peek(struct syn_synchronizer *synchronizer);

/* What it is called, also when it has no name. */
const char *syni_name_of(const struct syn_synchronizer *synchronizer);

/* --- everything.c --- */

/* What runs is stopped when the process exits. Before anything runs; again costs a look. */
void syni_stop_at_exit(void);

/* --- call.c --- */

/* Where a call of FUNCTION runs; SYN_EABI as well. */
syn_err syni_home_for(const struct syn_function *function, struct syni_home **out_home);

/* HOME gets something that nobody may wait for: a future in flight, a callback. Fails, with a report: the
 * system has no thread to give. */
syn_err syni_home_keep_thread(struct syni_home *home);

/* Why FUNCTION could not be called: ERR is that of syni_home_for(), called before. */
struct syn_report *syni_call_report(const struct syn_function *function, syn_err err);

/* TASK begins on its home. False: that is closed by now, and TASK was not taken. */
bool syni_launch(struct syni_task *task);

/* TASK, which could not be launched, ends with the reason. */
void syni_call_refused(struct syni_task *task);

/* As syni_call(), of TASK's function on a given home. With SYN_EDEADLK it did not begin. */
syn_err syni_call_on(struct syni_task *task, struct syni_home *home, void *out_result);

/* A frame of FUNCTION, to be launched on a given home, whatever the deadline here; NULL: no memory,
 * and *OUT_FUTURE says so. */
struct syni_task *syni_frame_for(const struct syn_function *function, struct syni_home *home,
                                 struct syn_future *out_future);

/* As syni_call_new(), on a given home. */
struct syni_task *syni_call_new_on(const struct syn_function *function, struct syni_home *home,
                                   struct syn_future *out_future);

/* A copy of TEXT, for syni_call_free_copy(); NULL: TEXT is NULL, or there is no memory. */
const char *syni_text_copy(const char *text);
/* A copy of SIZE bytes, for syni_call_free_bytes(); NULL: BYTES is NULL, or there is no memory. */
void *syni_bytes_copy(const void *bytes, size_t size);

/* --- generator.c --- */

/* The frame of a generator on a given home, and its channel. Fails: SYN_ENOMEM. */
syn_err syni_generator_new_on(const struct syn_generator *generator, struct syni_home *home,
                              struct syn_channel *out_channel, struct syni_channel **out_own,
                              struct syni_task **out_task);

/* A thread that waits; lies on its stack. Told by syni_thread_told(). */
struct syni_thread_waiter {
    struct syni_waiter waiter;
    _Atomic(bool) done;
    _Atomic(bool) is_told; /* though `done` is set a little later, by the loop that it drives */
    struct syni_self *thread;
    _Atomic(struct syni_loop *) loop; /* that it drives meanwhile; NULL: it sleeps, or hosts */
    struct syni_job told;             /* to it, by another thread, while it drives */
    struct syni_follower follower;    /* listed, while it sleeps and may be called to drive FOLLOWS */
    struct syni_loop *follows;        /* which tells it; NULL: none */
    atomic_bool hosts; /* it turns what it hosts meanwhile */
};

/* Where the task runs that produces a core's result. */
struct syni_source {
    struct syni_home *home; /* NULL: there is none, e.g. a promise made by hand */
    const char *name;       /* of its function */
    bool is_job;            /* it runs on a pool */
    struct syni_core *core; /* held by the waiter; NULL: none */
};

/* What CORE, which this thread consumed and which is done, came to; gives its reference
 * up. */
syn_err syni_take_outcome(struct syni_core *core, void *out_result);

/* --- promise.c --- */

/* A future, of a result of TYPE, that has failed with ERR and REPORT, which is taken; without
 * memory one that was not made, with ERR. */
struct syn_future syni_future_refused(const struct syn_type *type, syn_err err,
                                      struct syn_report *report);

/* If CORE, which is reserved, is one of those: uses it up, and returns its error; the report is
 * the thread's. 0: it is not, and as it was. And the same for a caller that only looks, with a reference. */
syn_err syni_use_up_refused(struct syni_core *core);
syn_err syni_look_at_refused(struct syni_core *core);

/* --- scope_look.c --- */

struct syni_scope;

/* SYN_EDEADLK if a mailbox has SCOPE's outcome (mail_scope.c), and nobody else. */
syn_err syni_scope_refuse_registered(struct syni_scope *scope);

/* --- share.c --- */

/* That of CORE, also when it is one of syn_shared_future(). */
struct syni_source syni_shared_source(const struct syni_core *core);

#endif
