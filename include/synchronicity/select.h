/* SPDX-License-Identifier: Apache-2.0
 *
 * Select: waiting for the first of several things, at channels, futures and the clock.
 *
 *     syn_err err;
 *
 *     switch (syn_channel_select(&err, SYN_ON_NEXT(numbers, &n), SYN_ON_SEND(words, &w),
 *                                SYN_ON_FUTURE(f, &y), SYN_ON_TIME(syn_after(1.0)))) {
 *     case 0: ...    // err as of syn_channel_next(numbers, &n)
 *     case 1: ...    // err as of syn_channel_send(words, &w)
 *     case 2: ...    // err as of syn_future_get(f, &y)
 *     case 3: ...    // time is up; err is SYN_ETIMEDOUT
 *     default: ...   // -1: it must not wait here, or not for so long; err says why
 *     }
 *
 * and in a task, where what waits lies in the frame, SYN_LOCAL(struct syn_choice, on[4]):
 *
 *     syn_co_select(self->on, SYN_ON_NEXT(self->in, &self->n), SYN_ON_TIME(deadline));
 *     if (syn_chosen(self->on) == 0) ...         // the status is in syn_co_status
 *
 * EXACTLY ONE of them happens. What loses consumes nothing: no item was taken or given, a
 * future is as it was. (While the select waits, another thread or task that would use one of its
 * futures gets SYN_EBUSY.) An end, an error, a close and a bad handle are answers too, and win.
 *
 * FAIR: of those that can happen at once one is drawn, each equally likely; time is up
 * only if none can, so SYN_ON_TIME(syn_after(0)) makes a select that never waits. Once it
 * waits, it stands in each channel's line like everybody else, and the first that is
 * served is it.
 *
 * A select allocates nothing. Up to SYN_SELECT_MAX choices; several times are fine.
 */
#ifndef SYNCHRONICITY_SELECT_H
#define SYNCHRONICITY_SELECT_H

#include <synchronicity/channel.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SYN_SELECT_MAX = 16 };

enum syni_on { SYNI_ON_NEXT, SYNI_ON_SEND, SYNI_ON_FUTURE, SYNI_ON_TIME };

/* One of the things; made by the macros below. */
struct syn_choice {
    enum syni_on on;
    int chosen; /* of the first in an array: which of them happened */
    struct syn_channel channel;
    struct syn_future future;
    struct syn_deadline deadline;
    void *item;
    void *inside[18]; /* the library's (src/channel/select.h) */
};

/* As syn_channel_next(ch, out), syn_channel_send(ch, item), syn_future_get(f, out) (out is
 * left out for a future of nothing); and nothing of it before DEADLINE. */
#define SYN_ON_NEXT(ch, out)                                                                       \
    (0 ? ((void)(ch).u.item_is(out), syni_on_next((ch).u.handle, NULL))                            \
       : syni_on_next((ch).u.handle, (out)))
#define SYN_ON_SEND(ch, item)                                                                      \
    (0 ? ((void)(ch).u.source_is(item), syni_on_send((ch).u.handle, NULL))                         \
       : syni_on_send((ch).u.handle, (item)))
#define SYN_ON_FUTURE(...) SYNI_CAT(SYNI_ON_FUTURE_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_ON_FUTURE_1(f)                                                                        \
    (SYNI_HAS_NONE(f, result_is,                                                                   \
                   "this future has a result: say where it goes, ON_FUTURE(f, &y), or that "       \
                   "nobody wants it, ON_FUTURE(f, NULL)"),                                         \
     syni_on_future((f).u.handle, NULL))
#define SYNI_ON_FUTURE_2(f, out)                                                                   \
    (SYNI_HAS_ONE(f, result_is, out,                                                               \
                  "this future has no result, only a status: ON_FUTURE(f)"),                       \
     syni_on_future((f).u.handle, (out)))
#define SYN_ON_TIME(deadline) syni_on_time(deadline)

/* Two, so that compilers know which of the items are written. */
struct syn_choice syni_on_next(struct syn_channel channel, void *out);
struct syn_choice syni_on_send(struct syn_channel channel, const void *item);
struct syn_choice syni_on_future(struct syn_future future, void *out);
struct syn_choice syni_on_time(struct syn_deadline deadline);

/* Which of N CHOICES happened, and *OUT_ERR (may be NULL) its result; -1: none, and
 * SYN_EDEADLK on a thread that drives a loop, where it would have to wait; SYN_ETIMEDOUT
 * when the deadline of a syn_call_by() around it passed; SYN_EINVAL for no or too many
 * choices. Thread: any. */
int syni_select(syn_err *out_err, struct syn_choice *choices, int n);

#ifdef __cplusplus
/* C++ has no compound literals; a braced list binds to a reference to an array. */
extern "C++" {
template <int n> inline int syni_select_list(syn_err *out_err, struct syn_choice (&&choices)[n])
{
    return syni_select(out_err, choices, n);
}
}
#define syn_channel_select(out_err, ...) syni_select_list((out_err), {__VA_ARGS__})
#else
#define syn_channel_select(out_err, ...)                                                           \
    syni_select((out_err), (struct syn_choice[]){__VA_ARGS__}, SYNI_N(__VA_ARGS__))
#endif

/* --- in a task --- */

#ifndef __cplusplus

/* Takes the N choices at FROM into STORE, in the frame, and waits there. */
struct syn_step syni_step_select(struct syn_task *task, struct syn_choice *store,
                                 const struct syn_choice *from, int n);

/* STORE is an array of the frame with a place for each choice; the compiler complains if
 * it has too few. A task that is cancelled while it waits took nothing, and its futures
 * are as they were. */
#define syn_co_select(store, ...) SYNI_CO_SUSPEND(SYNI_SELECT(self, store, __VA_ARGS__))
#define SYNI_SELECT(self, store, ...)                                                              \
    syni_step_select(&(self)->syn,                                                                 \
                     (store) + 0 * sizeof(char[SYNI_N(__VA_ARGS__) <= sizeof(store) /              \
                                                                          sizeof *(store)          \
                                                   ? 1                                             \
                                                   : -1]),                                         \
                     (const struct syn_choice[]){__VA_ARGS__}, SYNI_N(__VA_ARGS__))
#define syn_chosen(store) ((store)[0].chosen)

#endif /* !__cplusplus */

#ifdef __cplusplus
}
#endif

#endif
