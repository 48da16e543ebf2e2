/* SPDX-License-Identifier: Apache-2.0
 *
 * What a program sees of the two files with switches (K1): each part is declared unless its switch is set, and what reads
 * SYN_TRACE then refuses it. ASKS_IO and so on use a part: that must not compile where it is left out. */
#include <stdlib.h>

#include "synchronicity.h"

#if !defined(SYN_NO_IO) || defined(ASKS_IO)
int has_io(void);
int has_io(void)
{
    struct syn_listener *listener;

    return syn_tcp_listen(NULL, -1, &listener) != SYN_OK;
}
#endif

#if !defined(SYN_NO_OBJECTS) || defined(ASKS_OBJECTS)
int has_objects(void);
int has_objects(void)
{
    return syn_object_retain(NULL) == NULL;
}
#endif

#if !defined(SYN_NO_TRACE) || defined(ASKS_TRACE)
int has_trace(void);
int has_trace(void)
{
    return syn_trace_stop().events == 0;
}
#endif

int main(void)
{
    syn_err wanted = SYN_OK;

#ifdef SYN_NO_TRACE
    wanted = SYN_EINVAL;
#endif
    if (setenv("SYN_TRACE", "/dev/null", 1))
        return 1;
    if (syn_environment_allow() != wanted)
        return syn_perror("SYN_TRACE"), 1;
    return 0;
}
