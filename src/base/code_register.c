/* SPDX-License-Identifier: Apache-2.0
 *
 * Registering users' codes: what is refused, and why. Any thread.
 */
#include <stddef.h>

#include "base/code.h"
#include "base/report.h"

static syn_err code_register_refuse(const struct syn_err_text *text)
{
    if (text->code < SYN_EUSER)
        return syni_refuse(SYN_EINVAL, "the code %d is not one of yours: those begin with SYN_EUSER",
                           text->code);
    return syni_refuse(SYN_EINVAL, "the code %d has no %s", text->code,
                       text->name ? "text" : "name");
}

syn_err syn_err_register(struct syn_err_table *table)
{
    const struct syn_err_text *mine, *taken;

    if (!table || !table->texts || table->n < 1)
        return syni_refuse(SYN_EINVAL, "there is no table of codes, or nothing in it");
    for (int i = 0; i < table->n; i++) {
        const struct syn_err_text *text = &table->texts[i];

        if (text->code < SYN_EUSER || !text->name || !text->text)
            return code_register_refuse(text);
    }
    if (syni_code_add(table, &mine, &taken))
        return SYN_OK;
    return syni_refuse(SYN_EBUSY, "the code %d, to be %s, is %s of another table", mine->code,
                       mine->name, taken->name);
}

void syn_err_unregister(struct syn_err_table *table)
{
    syni_code_remove(table);
}
