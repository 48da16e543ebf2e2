/* SPDX-License-Identifier: Apache-2.0
 *
 * Listeners to signals: the library's one signal handler, which counts and sends notices.
 */
#ifndef SYNI_LISTENER_H
#define SYNI_LISTENER_H

#include "base/notice.h"

enum { SYNI_SIGNALS = 65 }; /* numbers below */

/* Zero, then added. Owned by the listening module. */
struct syni_listener {
    struct syni_notice notice;
    bool shares; /* set before it is added: the program's own handler goes on to run. Only for signals with a
                  * default action of doing nothing, such as SIGCHLD. */
    atomic_bool wants[SYNI_SIGNALS];   /* set before it is added, or by syni_listener_also() */
    atomic_uint counts[SYNI_SIGNALS];  /* that came and were not fetched; by the handler */
    _Atomic(struct syni_listener *) next;
};

/* Opens its notice and has the handler run for what it wants. Fails: SYN_EINVAL, as sigaction() for
 * a signal that it wants; SYN_ENOTSUP, it shares one that the program ignores, which would change
 * what the program gets; as syni_notice_open(); then nothing has changed. */
syn_err syni_listener_add(struct syni_listener *listener);

/* LISTENER, which was added, wants NUMBER, too. Fails: SYN_EALREADY; SYN_EINVAL, as above. */
syn_err syni_listener_also(struct syni_listener *listener, int number);

/* No handler touches it any more; the actions that the program had before are back. Not in a
 * handler. Fails: SYN_EBUSY, one waits for its notice, and nothing happened. */
syn_err syni_listener_remove(struct syni_listener *listener);

/* The signal NUMBER goes to the action that the program had before, now and from here on. */
void syni_listener_pass_on(int number);

/* The lowest signal that came, and how often; 0: none did. */
int syni_listener_take(struct syni_listener *listener, unsigned *out_count);

#endif
