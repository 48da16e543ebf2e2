/* SPDX-License-Identifier: Apache-2.0
 *
 * Users' codes: tables in a list under a lock, newest first. They lie with the users, so that
 * nothing here can fail for memory. Any thread.
 */
#include "base/code.h"

#include <stddef.h>

#include "base/fork.h"

static struct syni_mutex code_lock = SYNI_MUTEX_INIT(CODES);
static struct syn_err_table *tables; /* under lock; a child has those of its parent */

static struct syni_fork_call code_fork_call = {.lock = &code_lock};

static void lock_tables(void)
{
    syni_fork_watch(&code_fork_call);
    syni_mutex_lock(&code_lock);
}

static const struct syn_err_text *find_in(const struct syn_err_table *table, syn_err code)
{
    for (int i = 0; i < table->n; i++)
        if (table->texts[i].code == code)
            return &table->texts[i];
    return NULL;
}

static const struct syn_err_text *code_find_locked(syn_err code)
{
    const struct syn_err_text *text = NULL;

    SYNI_HOLDS(&code_lock);
    for (const struct syn_err_table *t = tables; t && !text; t = t->next)
        text = find_in(t, code);
    return text;
}

const struct syn_err_text *syni_code_find(syn_err code)
{
    const struct syn_err_text *text;

    if (code < SYN_EUSER)
        return NULL;
    lock_tables();
    text = code_find_locked(code);
    syni_mutex_unlock(&code_lock);
    return text;
}

/* Where TABLE hangs, or the end. */
static struct syn_err_table **place_locked(const struct syn_err_table *table)
{
    struct syn_err_table **place = &tables;

    SYNI_HOLDS(&code_lock);
    while (*place && *place != table)
        place = &(*place)->next;
    return place;
}

/* False: another table has one of its codes. */
static bool add_locked(struct syn_err_table *table, const struct syn_err_text **out_mine,
                       const struct syn_err_text **out_taken)
{
    SYNI_HOLDS(&code_lock);
    for (int i = 0; i < table->n; i++) {
        *out_mine = &table->texts[i];
        *out_taken = code_find_locked(table->texts[i].code);
        if (*out_taken)
            return false;
    }
    table->next = tables;
    tables = table;
    return true;
}

bool syni_code_add(struct syn_err_table *table, const struct syn_err_text **out_mine,
                   const struct syn_err_text **out_taken)
{
    bool known;

    lock_tables();
    known = *place_locked(table) || add_locked(table, out_mine, out_taken);
    syni_mutex_unlock(&code_lock);
    return known;
}

void syni_code_remove(struct syn_err_table *table)
{
    struct syn_err_table **place;

    lock_tables();
    place = place_locked(table);
    if (*place) {
        *place = table->next;
        table->next = NULL;
    }
    syni_mutex_unlock(&code_lock);
}
