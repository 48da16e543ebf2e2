/* SPDX-License-Identifier: Apache-2.0
 *
 * What each code is called. Codes below SYN_EOWN are errno values, and the C
 * library knows their texts; those from SYN_EUSER up are in tables of the users
 * (code.h). Threads: any.
 */
#include <synchronicity/err.h>

#include <stddef.h>
#include <string.h>

#include "base/code.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct code {
    syn_err code;
    const char *name, *text; /* text is NULL: the C library's */
};

static const struct code codes[] = {
    {SYN_OK, "SYN_OK", "success"},
    {SYN_ENOMEM, "SYN_ENOMEM", NULL},
    {SYN_EINVAL, "SYN_EINVAL", NULL},
    {SYN_EBADF, "SYN_EBADF", NULL},
    {SYN_ECHILD, "SYN_ECHILD", NULL},
    {SYN_EBUSY, "SYN_EBUSY", NULL},
    {SYN_EAGAIN, "SYN_EAGAIN", NULL},
    {SYN_EINTR, "SYN_EINTR", "interrupted"},
    {SYN_EIO, "SYN_EIO", NULL},
    {SYN_EPIPE, "SYN_EPIPE", NULL},
    {SYN_ENOTSUP, "SYN_ENOTSUP", NULL},
    {SYN_EDEADLK, "SYN_EDEADLK", "would wait for itself"},
    {SYN_EALREADY, "SYN_EALREADY", "already done"},
    {SYN_ETIMEDOUT, "SYN_ETIMEDOUT", "timed out"},
    {SYN_ECANCELED, "SYN_ECANCELED", "cancelled"},
    {SYN_EBROKEN, "SYN_EBROKEN", "promise dropped without a result"},
    {SYN_ECLOSED, "SYN_ECLOSED", "closed"},
    {SYN_ELOOPDEAD, "SYN_ELOOPDEAD", "event loop died"},
    {SYN_EWRONGLOOP, "SYN_EWRONGLOOP", "belongs to another synchronizer"},
    {SYN_EFORKED, "SYN_EFORKED", "its task lives in the parent process"},
    {SYN_ECONSUMED, "SYN_ECONSUMED", "future already used"},
    {SYN_EABI, "SYN_EABI", "header and library do not match"},
    {SYN_EEND, "SYN_EEND", "end"},
    {SYN_EABANDONED, "SYN_EABANDONED", "abandoned: it did not end in time"},
    {SYN_EPROTO, "SYN_EPROTO", "protocol error"},
    {SYN_ENOYIELD, "SYN_ENOYIELD", "the context never yielded"},
    {SYN_EYIELDTWICE, "SYN_EYIELDTWICE", "the context yielded twice"},
    {SYN_ENOHOST, "SYN_ENOHOST", "unknown host"},
    {SYN_ERESOLVE, "SYN_ERESOLVE", "the name cannot be looked up at present"},
    {SYN_EUNWANTED, "SYN_EUNWANTED", "nobody wants the result any more"},
};

static const struct code *err_find(syn_err code)
{
    for (size_t i = 0; i < COUNT(codes); i++)
        if (codes[i].code == code)
            return &codes[i];
    return NULL;
}

const char *syn_strerror(syn_err code)
{
    const struct code *known = err_find(code);
    const struct syn_err_text *users = syni_code_find(code);

    if (users)
        return users->text;
    if (known && known->text)
        return known->text;
    if (code > 0 && code < SYN_EOWN)
        return strerror(code);
    return code >= SYN_EUSER ? "user's error" : "unknown error";
}

const char *syn_err_name(syn_err code)
{
    const struct code *known = err_find(code);
    const struct syn_err_text *users = syni_code_find(code);

    return users ? users->name : known ? known->name : "error";
}
