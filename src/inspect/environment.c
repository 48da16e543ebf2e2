/* SPDX-License-Identifier: Apache-2.0
 *
 * The environment variables, which are read when the program allows it and at no other time. A library that
 * reads them by itself would give the user who starts a program a say in it that its author does not know of.
 */
#define _POSIX_C_SOURCE 200809L
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <synchronicity/inspect.h>

#include "base/report.h"
#include "inspect/slow_watch.h"

/* The value of NAME; NULL: it is not set, or empty. */
static const char *environment_of(const char *name)
{
    const char *value = getenv(name);

    return value && value[0] ? value : NULL;
}

/* Of NAME, if it is set, a number of at least 1. */
static syn_err environment_number(const char *name, int *out_number)
{
    const char *value = environment_of(name);
    char *end;
    long number;

    if (!value)
        return SYN_OK;
    number = strtol(value, &end, 10);
    if (*end || end == value || number < 1 || number > INT_MAX)
        return syni_refuse(SYN_EINVAL, "%s is '%s' in the environment; it must be a number of at least 1",
                           name, value);
    *out_number = (int)number;
    return SYN_OK;
}

static syn_err environment_trace(void)
{
    const char *path = environment_of("SYN_TRACE");

    if (!path)
        return SYN_OK;
#ifdef SYN_NO_TRACE
    return syni_refuse(SYN_EINVAL, "SYN_TRACE is set in the environment; this program was compiled with "
                                   "SYN_NO_TRACE, without traces");
#else
    return syn_trace_start(&(struct syn_trace_options){.path = path});
#endif
}

static syn_err environment_dump(void)
{
    int number = 0;
    syn_err err = environment_number("SYN_DUMP_SIGNAL", &number);

    return err || !number ? err : syn_dump_on_signal(number);
}

static syn_err environment_slow(void)
{
    int ms = 0;
    syn_err err = environment_number("SYN_SLOW_STEP_MS", &ms);

    if (!err && ms)
        syni_slow_set_default((unsigned)ms);
    return err;
}

syn_err syn_environment_allow(void)
{
    static syn_err (*const parts[])(void) = {environment_dump, environment_slow, environment_trace};
    syn_err first = SYN_OK;

    if (getuid() != geteuid() || getgid() != getegid())
        return SYN_OK;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct syn_report *report = first ? syni_report_take() : NULL;
        syn_err err = parts[i]();

        if (first)
            syni_report_put(report);
        else
            first = err;
    }
    return first;
}
