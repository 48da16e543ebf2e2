/* SPDX-License-Identifier: Apache-2.0
 *
 * Parkers: where threads sleep. Any thread.
 *
 * A parker outlives its thread, so that a waker may signal it after letting go of its lock:
 * who is woken while the lock is held runs into it, which costs two changes of thread more, and
 * made a call one and a half times to twice as slow. Parkers are static, since getting one must
 * not fail; a thread that finds none left has one in its own storage, and whoever wakes that
 * one holds its lock.
 */
#include "base/parker.h"

#include "base/thread.h"

enum { LASTING = 128 };
static struct syni_mutex spare_lock = SYNI_MUTEX_INIT;
static struct syni_parker lasting[LASTING];
static struct syni_parker *spare; /* under spare_lock, as the next */
static int n_lasting;             /* that were handed out ever */

static _Thread_local struct syni_parker *mine;
static _Thread_local struct syni_parker own; /* if there is no other */
static _Thread_local struct syni_exit_call give_parker_back;

static void give_back(void *unused)
{
    struct syni_parker *parker = mine;

    (void)unused;
    mine = NULL;
    syni_mutex_lock(&spare_lock);
    parker->next_spare = spare;
    spare = parker;
    syni_mutex_unlock(&spare_lock);
}

static struct syni_parker *take_lasting(void)
{
    struct syni_parker *parker;

    syni_mutex_lock(&spare_lock);
    parker = spare;
    if (parker)
        spare = parker->next_spare;
    else if (n_lasting < LASTING)
        parker = &lasting[n_lasting++];
    syni_mutex_unlock(&spare_lock);
    return parker;
}

struct syni_parker *syni_parker_mine(void)
{
    if (mine)
        return mine;
    mine = take_lasting();
    if (mine) {
        mine->lasts = true;
        give_parker_back.fn = give_back;
        syni_thread_at_exit(&give_parker_back);
    } else {
        mine = &own;
    }
    if (!mine->made) {
        syni_mutex_init(&mine->mutex);
        syni_cond_init(&mine->cond);
        mine->made = true;
    }
    syni_mutex_lock(&mine->mutex);
    mine->woken = false; /* for who had it before */
    syni_mutex_unlock(&mine->mutex);
    return mine;
}

bool syni_parker_sleep(struct syni_parker *parker, int64_t deadline_ns)
{
    bool in_time = true;

    syni_mutex_lock(&parker->mutex);
    while (!parker->woken && in_time) {
        if (deadline_ns == INT64_MAX)
            syni_cond_wait(&parker->cond, &parker->mutex);
        else
            in_time = syni_cond_wait_until(&parker->cond, &parker->mutex, deadline_ns);
    }
    in_time = parker->woken;
    parker->woken = false;
    syni_mutex_unlock(&parker->mutex);
    return in_time;
}

void syni_parker_wake(struct syni_parker *parker, _Atomic(bool) *done)
{
    bool lasts;

    syni_mutex_lock(&parker->mutex);
    lasts = parker->lasts;
    parker->woken = true;
    if (done)
        *done = true;
    if (!lasts) /* the sleeper takes the lock before it goes on, so it is still there */
        syni_cond_signal(&parker->cond);
    syni_mutex_unlock(&parker->mutex);
    if (lasts)
        syni_cond_signal(&parker->cond);
}

void syni_parker_settle(struct syni_parker *parker)
{
    if (parker->lasts)
        return;
    syni_mutex_lock(&parker->mutex);
    syni_mutex_unlock(&parker->mutex);
}
