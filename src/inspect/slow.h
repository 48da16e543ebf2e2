/* SPDX-License-Identifier: Apache-2.0
 *
 * A look at what runs, and what is said of it when it runs for too long. See slow_watch.h.
 */
#ifndef SYNI_SLOW_H
#define SYNI_SLOW_H

#include <synchronicity/inspect.h>
#include <synchronicity/pool.h>

#include "inspect/dump.h"
#include "pool/work_seen.h"

/* --- slow_look.c: by the thread that makes a round --- */

/* What runs at WHO, a home or a worker. */
struct syni_slow_state {
    const void *who, *what, *next;
    unsigned long count;
    int left;
};

/* Between the two: those that are not seen in a round are forgotten. */
void syni_slow_looks_begin(void);
void syni_slow_looks_end(void);
/* The memory for them is given back; in a forked child, where it is left alone. */
void syni_slow_looks_free(void);
void syni_slow_looks_forget(void);

/* It is seen at NOW; true: it is to be reported, as running for *OUT_HELD_NS. */
bool syni_slow_look(const struct syni_slow_state *state, int64_t now, int64_t limit_ns,
                    int64_t *out_held_ns);

/* --- slow_say.c --- */

/* A step, or a job, to be reported. */
struct syni_slow_case {
    const struct syni_home *address, *home; /* a copy of what lies at ADDRESS; NULL: it is a job */
    const struct syni_worker *worker;       /* the address; NULL: it is a step */
    const struct syni_core *core;           /* the job's: its address; NULL: it is a step, or has none */
    char where[SYNI_DUMP_NAME], function[SYNI_DUMP_NAME];
    int64_t held_ns;
    void (*on_slow)(void *user, const struct syn_slow *slow);
    void *user;
};

/* Reports it, unless there were too many at NOW. DUMP has a peek, and is used up to there. */
void syni_slow_say(struct syni_peek *peek, const struct syni_slow_case *slow, int64_t now);

/* What the system says of thread NUMBER: to DUMP. */
void syni_slow_say_system(struct syni_dump *dump, long number);

#endif
