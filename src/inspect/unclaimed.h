/* SPDX-License-Identifier: Apache-2.0
 *
 * What nobody ended, in stats and for people.
 */
#ifndef SYNI_UNCLAIMED_H
#define SYNI_UNCLAIMED_H

#include <stdbool.h>

/* How many results of OWNER, a home or a pool, are there and were used up by nobody. Looks at all
 * slots. */
unsigned long syni_unclaimed_count(const void *owner);

/* OWNER, called WHERE, was stopped: in a checked build those of them that are still not used up when
 * the process exits, or everything was stopped, are printed then, by function. What the exit itself
 * stops is not noted. */
void syni_unclaimed_note(const void *owner, const char *where);
/* Nobody will use them up any more: prints them, and forgets them. */
void syni_unclaimed_tell(void);

/* What else there is to tell, of a module above: it says so when it has the first. */
struct syni_unclaimed_more {
    bool (*any)(void); /* there may be something */
    void (*tell)(void);
};
void syni_unclaimed_add(const struct syni_unclaimed_more *more);

#endif
