/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls: where one runs, and how one is made, for methods, generators and callbacks.
 */
#ifndef SYNI_CALL_H
#define SYNI_CALL_H

#include <synchronicity/generator.h>

#include "task/state.h"

/* --- call.c --- */

/* Where a call of FUNCTION runs; SYN_EABI as well. */
syn_err syni_call_home(const struct syn_function *function, struct syni_home **out_home);

/* TASK begins on its home. False: that is closed by now, and TASK was not taken. */
bool syni_call_launch(struct syni_task *task);

/* As syni_call(), of TASK's function on a given home. With SYN_EDEADLK it did not begin. */
syn_err syni_call_on(struct syni_task *task, struct syni_home *home, void *out_result);

/* A frame of FUNCTION, to be launched on a given home, whatever the deadline here; NULL: no memory,
 * and *OUT_FUTURE says so. */
struct syni_task *syni_call_frame_on(const struct syn_function *function, struct syni_home *home,
                                     struct syn_future *out_future);

/* As syni_call_new(), on a given home. */
struct syni_task *syni_call_new_on(const struct syn_function *function, struct syni_home *home,
                                   struct syn_future *out_future);

/* A copy of TEXT, for syni_call_free_copy(); NULL: TEXT is NULL, or there is no memory. */
const char *syni_call_text_copy(const char *text);
/* A copy of SIZE bytes, for syni_call_free_bytes(); NULL: BYTES is NULL, or there is no memory. */
void *syni_call_bytes_copy(const void *bytes, size_t size);

/* --- call_refusal.c --- */

/* Why FUNCTION could not be called: ERR is that of syni_call_home(), called before. */
struct syn_report *syni_call_report(const struct syn_function *function, syn_err err);

/* The call of TASK, which blocks, is not made: its head, which was not readied, is that of one that never began. */
void syni_call_not_made(struct syni_task *task);

/* TASK, of a call that blocks, was not taken: what it inherited goes, and the waiter for its end learns of it. */
void syni_call_not_taken(struct syni_task *task);

/* TASK, which could not be launched, ends with the reason. */
void syni_call_refused(struct syni_task *task);

/* --- generator.c --- */

/* The frame of a generator on a given home, and its channel. Fails: SYN_ENOMEM. */
syn_err syni_generator_new_on(const struct syn_generator *generator, struct syni_home *home,
                              struct syn_channel *out_channel, struct syni_channel **out_own,
                              struct syni_task **out_task);

/* --- then.c --- */

/* Takes what a future comes to: a reference to its CORE, which may not be done, and REPORT. */
struct syni_hand {
    void (*take)(void *user, struct syni_core *core, syn_err err, enum syn_origin origin,
                 struct syn_report *report);
    void *user;
};

/* As syn_future_then() on HOME, of a CORE that is reserved: HAND has the outcome, on that loop. */
syn_err syni_then_hand(struct syni_home *home, struct syni_core *core, const struct syni_hand *hand,
                       struct syn_future *out_relay);

#endif
