/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of users' codes, without words about them. See syn_err_register(). Any thread.
 */
#ifndef SYNI_CODE_H
#define SYNI_CODE_H

#include <stdbool.h>

#include <synchronicity/err.h>

/* What a table says of CODE; NULL: none does. */
const struct syn_err_text *syni_code_find(syn_err code);

/* TABLE is known from now on, or was. False: *OUT_TAKEN, of another table, has the code of
 * *OUT_MINE. */
bool syni_code_add(struct syn_err_table *table, const struct syn_err_text **out_mine,
                   const struct syn_err_text **out_taken);

/* TABLE is not known any more. */
void syni_code_remove(struct syn_err_table *table);

#endif
