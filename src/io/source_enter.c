/* SPDX-License-Identifier: Apache-2.0
 *
 * How each operation of a descriptor's stream begins.
 */
#define SYNI_IN_LIBRARY 1

#include "io/source.h"

syn_err syni_source_enter(struct syni_source_stream *s, const bool *busy, struct syn_task *task)
{
    syn_err err = syni_socket_settle(&s->home, task);

    if (err)
        return err;
    if (busy && *busy)
        return SYN_EBUSY;
    if (s->kept || s->source.kind == SYNI_SOURCE_SLOW)
        return SYN_OK;
    err = syn_keep_descriptor(task, s->source.fd);
    s->kept = !err;
    return err;
}
