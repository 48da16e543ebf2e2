/* SPDX-License-Identifier: Apache-2.0
 *
 * Ending works: those that wait are withdrawn, those that run are asked.
 */
#ifndef SYNI_WORK_CANCEL_H
#define SYNI_WORK_CANCEL_H

#include "pool/pool.h"

enum syni_asked { SYNI_ASKED_LATE, SYNI_ASKED_WITHDRAWN, SYNI_ASKED_RUNS };

/* WORK, with its `pool` set, shall end; REASON is not 0. WITHDRAWN: it never began, and is the
 * caller's. RUNS: it is told, or was, or its post will learn of it. LATE: it is over. Any thread
 * that holds WORK. */
enum syni_asked syni_work_ask(struct syni_work *work, int reason);

/* Until nobody looks at a pool any more, after all its works are over; before it is freed. */
void syni_work_await_askers(void);

/* A hook of WORK, which the calling thread runs: the user's, or, around a wait, the library's own. */
enum syni_hook { SYNI_HOOK_OF_USER, SYNI_HOOK_OF_LIBRARY };
syn_err syni_work_hook(struct syni_work *work, enum syni_hook which, void (*fn)(void *user),
                       void *user);

/* WORK, which a stop holds and which was asked, is told so; is abandoned; and is not held any
 * more. */
void syni_work_tell(struct syni_work *work);
void syni_work_give_up(struct syni_work *work);

/* Nobody holds WORK, which ran, any more. Under the lock, which it may let go meanwhile. */
void syni_work_settle_locked(struct syni_work *work);

#endif
