/* SPDX-License-Identifier: Apache-2.0
 *
 * What happened in a case, in order, as a text that it compares: "enter3 block3 exit3 ".
 */
#ifndef STORY_H
#define STORY_H

#include <stdio.h>
#include <string.h>

static char story[400];

static inline void tell_that(const char *what)
{
    size_t used = strlen(story);

    snprintf(story + used, sizeof story - used, "%s ", what);
}

static inline void tell(const char *what, int n)
{
    size_t used = strlen(story);

    snprintf(story + used, sizeof story - used, "%s%d ", what, n);
}

#endif
