/* SPDX-License-Identifier: Apache-2.0
 *
 * The ends of threads: what joins one for which nobody waits, and what each does at its end, by the one
 * thread-specific key that this copy of the library takes. See thread.h.
 */
#include "base/thread.h"

#include <errno.h>

#include "base/fault.h"
#include "base/generation.h"
#include "base/invariant.h"

static struct syni_mutex retired_lock = SYNI_MUTEX_INIT(RETIRED);
static struct syni_thread thread_end_retired; /* under the lock: the last that did */
static unsigned retired_in;        /* the process it was one of; 0: there is none */

static _Thread_local bool has_retired; /* then it joins nobody: one may join it already */

/* Puts the calling thread there, or, NULL, nobody. True: *OUT_BEFORE was there, and is to be joined. */
static bool retire(const struct syni_thread *next, struct syni_thread *out_before)
{
    bool joins;

    syni_mutex_lock(&retired_lock);
    joins = retired_in == syni_process();
    *out_before = thread_end_retired;
    retired_in = next ? syni_process() : 0;
    if (next)
        thread_end_retired = *next;
    syni_mutex_unlock(&retired_lock);
    return joins;
}

bool syni_thread_retire(struct syni_thread *out_before)
{
    struct syni_thread self = syni_thread_self();

    SYNI_INVARIANT(213, !has_retired);
    has_retired = true;
    return retire(&self, out_before);
}

void syni_thread_join_retired(void)
{
    struct syni_thread before;

    if (!has_retired && retire(NULL, &before))
        syni_thread_join(&before);
}

/* Each thread that has exit calls has a value for it, so that the system calls run_exit_calls() at its end. */
static pthread_key_t exit_key;
static atomic_bool exit_key_made; /* written under the lock */
static atomic_uint exit_key_takes; /* how often it was made */
static struct syni_mutex exit_key_lock = SYNI_MUTEX_INIT(KEY);

/* Of the calling thread: what it does at its end, latest first. Not the value of the key: that can be given back while
 * a thread ends, and its number can then be the key of somebody else. */
static _Thread_local struct {
    struct syni_exit_call *calls;
    unsigned take; /* of the key, for which they were made known */
    bool run;      /* now */
} exit_list;

/* A call may add others: these are run at once. If a destructor of somebody else adds one later,
 * the system runs us again. */
static void run_exit_calls(void *unused)
{
    (void)unused;
    exit_list.run = true;
    while (exit_list.calls) {
        struct syni_exit_call *list = exit_list.calls;

        exit_list.calls = NULL;
        for (struct syni_exit_call *call = list, *next; call; call = next) {
            next = call->next;
            call->fn(call->argument);
        }
    }
    exit_list.run = false;
}

syn_err syni_thread_take_key(void)
{
    int error = 0;

    if (exit_key_made)
        return SYN_OK;
    syni_mutex_lock(&exit_key_lock);
    if (!exit_key_made)
        error = syni_fault("pthread_key_create") ? errno
                                                 : pthread_key_create(&exit_key, run_exit_calls);
    if (!error && !exit_key_made) {
        exit_key_takes++;
        exit_key_made = true;
    }
    syni_mutex_unlock(&exit_key_lock);
    return error;
}

void syni_thread_give_key_back(void)
{
    syni_mutex_lock(&exit_key_lock);
    if (exit_key_made && pthread_key_delete(exit_key))
        syni_panic("pthread_key_delete failed");
    exit_key_made = false;
    syni_mutex_unlock(&exit_key_lock);
}

bool syni_thread_at_exit(struct syni_exit_call *call)
{
    if (!exit_list.run) { /* else they are run behind those that run */
        if (syni_thread_take_key() || pthread_setspecific(exit_key, &exit_list) != 0)
            return false;
        if (exit_list.take != exit_key_takes)
            exit_list.calls = NULL; /* the key was given back since, so they will not run */
        exit_list.take = exit_key_takes;
    }
    call->next = exit_list.calls;
    exit_list.calls = call;
    return true;
}

void syni_thread_forked(void)
{
    syni_mutex_renew(&exit_key_lock);
    syni_mutex_renew(&retired_lock);
}
