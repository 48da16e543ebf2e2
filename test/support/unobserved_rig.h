/* SPDX-License-Identifier: Apache-2.0
 *
 * What syn_on_unobserved() was told last: function, error and message.
 */
#ifndef UNOBSERVED_RIG_H
#define UNOBSERVED_RIG_H

#include <stdio.h>

#include <synchronicity/short.h>

static char unobserved[300]; /* the function and what it said */
static syn_err unobserved_err;

static inline void note_unobserved(void *user, const char *function, syn_err err,
                                   const struct syn_report *report)
{
    (void)user;
    snprintf(unobserved, sizeof unobserved, "%s %s", function, report ? report->message : "");
    unobserved_err = err;
}

#endif
