/* SPDX-License-Identifier: Apache-2.0
 *
 * The process exits: which threads learn of it, and which it holds back. Any thread.
 *
 * A thread with a call that ends because another one exits, as that of main(), would go on, return, and so end
 * the process with its own status, perhaps before the other is through. So it waits for the first one,
 * at most until the limit has passed.
 */
#ifndef SYNI_EXITS_H
#define SYNI_EXITS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/generation.h"

/* Not 0: this process, or one that it was forked from, stopped all for its exit; then
 * syni_exit_await() is due, which knows which. A variable, for the call path. */
extern atomic_uint syni_exited_in;

/* The process exits, and nothing starts any more; false in a child that was forked meanwhile. */
bool syni_exits(void);
/* By the first thread that exits, which takes LIMIT_NS for it at most. */
void syni_exit_begins(int64_t limit_ns);
/* By the same: all was stopped, and needs no other thread any more. */
void syni_exit_stopped(void);

/* In any other thread: sleeps until the limit has passed; mostly the process is no more by then. */
void syni_exit_await(void);

#endif
