/* SPDX-License-Identifier: Apache-2.0
 *
 * <sys/event.h> for systems without kqueue, as FreeBSD's kqueue(2) describes it:
 * the part that src/backend/kqueue.c uses, for tests only. kqueue_double.c says
 * how far it goes.
 */
#ifndef KQUEUE_DOUBLE_SYS_EVENT_H
#define KQUEUE_DOUBLE_SYS_EVENT_H

#include <stdint.h>
#include <time.h>

struct kevent {
    uintptr_t ident;
    short filter;
    unsigned short flags;
    unsigned int fflags;
    int64_t data;
    void *udata;
    uint64_t ext[4];
};

#define EVFILT_READ  (-1)
#define EVFILT_WRITE (-2)
#define EVFILT_PROC  (-5)
#define EVFILT_USER  (-11)

#define EV_ADD     0x0001
#define EV_DELETE  0x0002
#define EV_ENABLE  0x0004
#define EV_DISABLE 0x0008
#define EV_ONESHOT 0x0010
#define EV_CLEAR   0x0020
#define EV_RECEIPT 0x0040
#define EV_ERROR   0x4000
#define EV_EOF     0x8000

#define NOTE_TRIGGER 0x01000000
#define NOTE_EXIT    0x80000000

#define EV_SET(kev, ident_, filter_, flags_, fflags_, data_, udata_) \
    (*(kev) = (struct kevent){.ident = (uintptr_t)(ident_),          \
                              .filter = (short)(filter_),            \
                              .flags = (unsigned short)(flags_),     \
                              .fflags = (fflags_),                   \
                              .data = (data_),                       \
                              .udata = (udata_)})

int kqueue(void);
int kevent(int kq, const struct kevent *changelist, int nchanges, struct kevent *eventlist,
           int nevents, const struct timespec *timeout);

#endif
