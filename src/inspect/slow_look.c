/* SPDX-License-Identifier: Apache-2.0
 *
 * What the watch saw at its latest round: of each home and worker on which something ran, what that was, and
 * since when it is seen. Of this and of the round before there is a table each; both are walked in the same
 * order, so that one is mostly found where the last one was. By the thread that makes a round.
 */
#include <string.h>

#include "base/mem.h"
#include "inspect/slow.h"

enum { SLOW_LOOKS = 16 }; /* that need no memory */

struct slow_look {
    struct syni_slow_state state;
    int64_t since, report; /* when it was first seen; when it is reported next, 0: as soon as it is slow */
};

struct slow_looks {
    struct slow_look few[SLOW_LOOKS];
    struct slow_look *many; /* NULL: FEW are enough */
    size_t n, places, cursor;
};

static struct slow_looks slow_tables[2];
static int slow_table; /* that of this round */

static struct slow_look *slow_at(struct slow_looks *looks, size_t i)
{
    return looks->many ? &looks->many[i] : &looks->few[i];
}

/* Twice as many places; false: no memory, and what there is no place for is seen as new each time. */
static bool slow_grow(struct slow_looks *looks)
{
    size_t places = looks->many ? looks->places : SLOW_LOOKS, size = places * sizeof(struct slow_look);
    struct slow_look *many = syni_alloc(2 * size);

    if (!many)
        return false;
    memcpy(many, slow_at(looks, 0), size);
    if (looks->many)
        syni_free(looks->many, size);
    looks->many = many;
    looks->places = 2 * places;
    return true;
}

static struct slow_look *slow_find(struct slow_looks *looks, const void *who)
{
    for (size_t i = 0; i < looks->n; i++) {
        struct slow_look *look = slow_at(looks, (looks->cursor + i) % looks->n);

        if (look->state.who == who) {
            looks->cursor += i + 1;
            return look;
        }
    }
    return NULL;
}

static bool slow_same(const struct syni_slow_state *a, const struct syni_slow_state *b)
{
    return a->what == b->what && a->next == b->next && a->count == b->count && a->left == b->left;
}

void syni_slow_looks_begin(void)
{
    slow_table = !slow_table;
    slow_tables[slow_table].n = 0;
}

void syni_slow_looks_end(void)
{
    slow_tables[slow_table].cursor = 0;
}

void syni_slow_looks_free(void)
{
    for (int i = 0; i < 2; i++) {
        struct slow_looks *looks = &slow_tables[i];

        if (looks->many)
            syni_free(looks->many, looks->places * sizeof(struct slow_look));
        looks->many = NULL;
        looks->n = 0;
    }
}

void syni_slow_looks_forget(void)
{
    memset(slow_tables, 0, sizeof slow_tables);
}

bool syni_slow_look(const struct syni_slow_state *state, int64_t now, int64_t limit_ns,
                    int64_t *out_held_ns)
{
    struct slow_looks *looks = &slow_tables[slow_table];
    const struct slow_look *before = slow_find(&slow_tables[!slow_table], state->who);
    struct slow_look look = {*state, now, 0};
    bool slow;

    if (before && slow_same(state, &before->state)) {
        look.since = before->since;
        look.report = before->report;
    }
    *out_held_ns = now - look.since;
    slow = *out_held_ns >= limit_ns && *out_held_ns >= look.report;
    if (slow)
        look.report = 2 * *out_held_ns;
    if (looks->n < (looks->many ? looks->places : SLOW_LOOKS) || slow_grow(looks))
        *slow_at(looks, looks->n++) = look;
    return slow;
}
