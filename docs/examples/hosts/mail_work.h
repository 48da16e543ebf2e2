/* SPDX-License-Identifier: Apache-2.0
 *
 * What each of the mailbox programs of this folder does: a Redis client whose synchronizer has a thread
 * of its own, used by a blocking thread, by a task of another synchronizer, and by callbacks on the
 * thread of the program's loop, which drains a mailbox.
 */
#ifndef MAIL_WORK_H
#define MAIL_WORK_H

#include <synchronicity.h>

/* Begins it all, on the thread that drains BOX. OVER is called on that thread, in a drain, when all is
 * done. Returns 0, or 1 and has said why. */
int mail_work_begin(struct syn_mailbox *box, void (*over)(void));

/* Ends it, after OVER. Prints what was done; returns 0 if that is all. */
int mail_work_end(void);

#endif
