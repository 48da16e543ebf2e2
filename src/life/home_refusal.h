/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a home takes nothing, as an error and in words.
 */
#ifndef SYNI_HOME_REFUSAL_H
#define SYNI_HOME_REFUSAL_H

#include "task/state.h"

/* Why a call, or, AGAIN, a start, is refused in the state LIFE; DIED: its loop did. */
syn_err syni_home_refusal(enum syni_life life, bool died, bool again);

/* Why HOME's loop died, for all later questions; by its driver, while the step that ended the thread
 * is still known. */
void syni_home_note_death(struct syni_home *home);

/* Why SYNCHRONIZER does not take NAME, a call or what else: ERR is that of syni_synchronizer_home() or
 * syni_life_refusal(). The first is the report, the second the calling thread's, and returns ERR.
 * Call it next: it takes the reason of a start that failed from the thread's latest report. */
struct syn_report *syni_home_report(struct syn_synchronizer *synchronizer, syn_err err,
                                    const char *name);
syn_err syni_home_refuse(struct syn_synchronizer *synchronizer, syn_err err, const char *name);

#endif
