/* SPDX-License-Identifier: Apache-2.0
 *
 * Results as threads take them, and what stands in for one that there is not.
 */
#ifndef SYNI_FUTURE_H
#define SYNI_FUTURE_H

#include "thread/thread_waits.h"

/* --- future.c --- */

/* What CORE, which this thread consumed and which is done, came to; gives its reference
 * up. */
syn_err syni_future_take_outcome(struct syni_core *core, void *out_result);

/* --- promise.c --- */

/* A future, of a result of TYPE, that has failed with ERR and REPORT, which is taken; without
 * memory one that was not made, with ERR. */
struct syn_future syni_promise_refused(const struct syn_type *type, syn_err err,
                                       struct syn_report *report);

/* If CORE, which is reserved, is one of those: uses it up, and returns its error; the report is
 * the thread's. 0: it is not, and as it was. And the same for a caller that only looks, with a reference. */
syn_err syni_promise_use_up_refused(struct syni_core *core);
syn_err syni_promise_look_at_refused(struct syni_core *core);

/* --- share.c --- */

/* That of CORE, also when it is one of syn_shared_future(). */
struct syni_source syni_share_source(const struct syni_core *core);

#endif
