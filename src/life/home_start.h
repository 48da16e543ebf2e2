/* SPDX-License-Identifier: Apache-2.0
 *
 * What a run of a home is made of.
 */
#ifndef SYNI_HOME_START_H
#define SYNI_HOME_START_H

#include "life/whole_home.h"
#include "loop/loop.h"
#include "task/state.h"

/* OPS: what life.c does with it, which needs home_start.c. */
struct syni_whole_home *syni_home_make(struct syn_synchronizer *synchronizer,
                                       const struct syni_home_ops *ops);
/* ON_CLOSING and MAY_SLEEP: of its loop. */
syn_err syni_home_run(struct syni_home *home, void (*on_closing)(struct syni_loop *loop),
                      bool (*may_sleep)(struct syni_loop *loop), struct syni_self *host);

/* The home, if it was ever started; NULL. */
struct syni_home *syni_home_peek(struct syn_synchronizer *synchronizer);

/* What it is called, also when it has no name. */
const char *syni_home_name(const struct syn_synchronizer *synchronizer);

/* HOME gets something that nobody may wait for: a future in flight, a callback. Fails, with a report: the
 * system has no thread to give. */
syn_err syni_home_keep_thread(struct syni_home *home);

/* The stop_job and the abandon_job, of a home that is to stop. */
void syni_home_stop_arrives(struct syni_job *job);
void syni_home_abandon_arrives(struct syni_job *job);

#endif
