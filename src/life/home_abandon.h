/* SPDX-License-Identifier: Apache-2.0
 *
 * Abandoning what lives on a home, and its names for people.
 */
#ifndef SYNI_HOME_ABANDON_H
#define SYNI_HOME_ABANDON_H

#include "task/state.h"

/* What was abandoned, for people; cut to fit. */
struct syni_names {
    char text[SYN_MESSAGE_MAX - 40];
    unsigned n;
};

/* Abandons every task, and gives residents up; their names come to NAMES. */
void syni_home_abandon_all(struct syni_home *home, syn_err err, enum syn_origin origin,
                           const char *message, struct syni_names *names);
/* What arrived since the inbox was shut ends here, without beginning. */
void syni_home_end_posted(struct syni_home *home);
void syni_home_abandon_name(struct syni_names *names, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
