/* SPDX-License-Identifier: Apache-2.0
 *
 * A dump: a walk over what there is, and a writer, which makes lines or JSON of it. See
 * <synchronicity/inspect.h>.
 */
#ifndef SYNI_DUMP_H
#define SYNI_DUMP_H

#include "base/list.h"
#include "inspect/peek.h"
#include "inspect/text.h"
#include "task/state.h"

enum {
    SYNI_DUMP_NAME = 64,    /* longer ones are cut */
    SYNI_DUMP_MOST = 200,   /* things of one kind that are shown, of one owner; the others are counted */
    SYNI_DUMP_DEEPEST = 12, /* levels of tasks that are shown as such */
    SYNI_DUMP_SITES = 16,
};

struct syni_dump {
    struct syni_peek peek;
    struct syni_text text;
    int fd;
    bool json;
    int depth;      /* of the thing that is being written */
    int open;       /* JSON: things with `children` open */
    bool more;      /* JSON: something stands before, at this level */
    struct {
        const void *call;
        char place[SYNI_DUMP_NAME];
    } sites[SYNI_DUMP_SITES]; /* places of calls that were looked up last */
    unsigned n_sites;
};

/* --- dump_write.c --- */

void syni_dump_begin(struct syni_dump *dump, int fd, bool json);
void syni_dump_end(struct syni_dump *dump);

/* A thing of KIND at DEPTH, inside the latest one that is less deep; then what is said of it, each part by
 * a KEY; in text WORDS (with what follows them) say it, NULL: they are the key. */
void syni_dump_thing(struct syni_dump *dump, int depth, const char *kind, const char *name);
void syni_dump_word(struct syni_dump *dump, const char *key, const char *words, const char *value);
void syni_dump_number(struct syni_dump *dump, const char *key, const char *words, int64_t number);
/* The parts between the two are inside of one, KEY, of JSON; in text they are "name=value". */
void syni_dump_inside(struct syni_dump *dump, const char *key);
void syni_dump_outside(struct syni_dump *dump);
/* NAME is VALUE, which is QUOTED or not. */
void syni_dump_local(struct syni_dump *dump, const char *name, const char *value, bool quoted);
/* FILE, an address that is looked at, without its folder, and LINE. */
void syni_dump_place(struct syni_dump *dump, const char *key, const char *words, const char *file,
                     int line);
/* The call that returns to CALL made it. */
void syni_dump_call(struct syni_dump *dump, const void *call);
/* What noted at ADDRESS where it was made, if it did: MADE bytes behind it. */
void syni_dump_made(struct syni_dump *dump, const void *address, unsigned made);
/* NS, a span of time. */
void syni_dump_span(struct syni_dump *dump, const char *key, const char *words, int64_t ns);
/* So many more are not shown. */
void syni_dump_rest(struct syni_dump *dump, int depth, const char *kind, uint64_t n);

/* FN for each node of the list with its head at HEAD, until it returns false. Stops where the list is being
 * changed, or after MOST. Returns how many there were. */
unsigned syni_dump_each(struct syni_dump *dump, const struct syni_list *head, unsigned most,
                        bool (*fn)(struct syni_dump *dump, const struct syni_list *node, void *user),
                        void *user);

/* --- by dump_all.c --- */

/* dump_task.c: the tasks of the loop at ADDRESS, of which LOOP is a copy. */
void syni_dump_tasks(struct syni_dump *dump, const struct syni_home *address,
                     const struct syni_home *home);
/* The one at TASK of the home at ADDRESS, of which HOME is a copy, then the one that awaits it, and so on, MOST
 * at most. */
void syni_dump_chain(struct syni_dump *dump, const struct syni_home *address,
                     const struct syni_home *home, const struct syni_task *task, int most);
/* The task that awaits the core at ADDRESS, and so on, each with where it runs. */
void syni_dump_awaiting(struct syni_dump *dump, const struct syni_core *address, int most);
/* dump_local.c: the fields that FUNCTION shows of the frame at ADDRESS. */
void syni_dump_locals(struct syni_dump *dump, const struct syni_task *address,
                      const struct syn_function *function);
/* dump_rest.c: pools, threads that wait, channels. */
void syni_dump_pools(struct syni_dump *dump);
void syni_dump_threads(struct syni_dump *dump);
/* Those of them that wait for the result of CORE, its address, which is not read; in a line each. */
void syni_dump_threads_at(struct syni_dump *dump, const struct syni_core *core);
/* Searches for circles that did not see all. */
void syni_dump_searches(struct syni_dump *dump);
void syni_dump_channels(struct syni_dump *dump);

#endif
