/* SPDX-License-Identifier: Apache-2.0
 *
 * Contexts that a task has entered. See <synchronicity/context.h>.
 *
 * A context is a generator that hears; its channel is the task's. The ones that are open hang
 * on the task, the innermost first, and the engine leaves them before clean-up.
 */
#ifndef SYNI_CONTEXT_H
#define SYNI_CONTEXT_H

#include <synchronicity/context.h>

/* What an answer to the exit means, and what is left to do. */
enum syni_exit {
    SYNI_EXIT_OVER,  /* it ended, well or with the error */
    SYNI_EXIT_TWICE, /* it yielded; the item was destroyed; it is to be closed */
};

/* STATUS is the answer to an exit: an error, or the end, or the item at SECOND. */
enum syni_exit syni_context_judge(struct syn_context *context, syn_err status);

#endif
