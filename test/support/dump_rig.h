/* SPDX-License-Identifier: Apache-2.0
 *
 * What cases about dumps share: taking one, waiting until it says something, and finding a thing in its JSON. Behind
 * call_rig.h, with _DEFAULT_SOURCE.
 */
#ifndef TEST_DUMP_RIG_H
#define TEST_DUMP_RIG_H

#include <synchronicity/inspect.h>

#include "support/json.h"

static char *text;

/* What a dump writes, in TEXT. By a file, since a pipe has no room for a large one. */
static void take(void (*dump)(int fd))
{
    FILE *file = tmpfile();
    long size;

    CHECK(file != NULL);
    dump(fileno(file));
    size = lseek(fileno(file), 0, SEEK_END);
    free(text);
    text = calloc(1, (size_t)size + 1);
    CHECK(text != NULL);
    CHECK_INT(pread(fileno(file), text, (size_t)size, 0), size);
    fclose(file);
}

static SYNI_UNUSED void check_has(const char *file, int line, const char *what)
{
    if (!strstr(text, what))
        test_fail(file, line, "the dump lacks \"%s\":\n%s", what, text);
}
#define CHECK_HAS(what) check_has(__FILE__, __LINE__, what)

/* Until the dump says WHAT: others are on their way to there. */
static SYNI_UNUSED void await_dump(const char *what)
{
    for (int i = 0; i < 20000; i++) {
        take(syn_dump);
        if (strstr(text, what))
            return;
        usleep(500);
    }
    test_fail(__FILE__, __LINE__, "the dump never says \"%s\":\n%s", what, text);
}

static SYNI_UNUSED const struct json *named(const struct json *thing, const char *name)
{
    const struct json *at = json_member(thing, "children");

    for (at = at ? at->first : NULL; at; at = at->next)
        if (json_string_of(at, "name") && strcmp(json_string_of(at, "name"), name) == 0)
            return at;
    test_fail(__FILE__, __LINE__, "the dump has no %s there:\n%s", name, text);
}

#endif
