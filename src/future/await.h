/* SPDX-License-Identifier: Apache-2.0
 *
 * An await's inside: what its beginning and its end share.
 *
 * Driver only.
 */
#ifndef SYNI_AWAIT_H
#define SYNI_AWAIT_H

#include "task/task.h"

/* --- await_collect.c --- */

/* TASK, which was resumed, takes what its await came to. True: it leaves, since it was asked to. */
bool syni_await_collect(struct syni_task *task);

/* The same where mostly the child ended with a value, and nobody else knows it. */
bool syni_await_collect_plainly(struct syni_task *task);

#endif
