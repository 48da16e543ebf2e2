/* SPDX-License-Identifier: Apache-2.0
 *
 * For tasks that share something: mutex, semaphore, event, condition.
 *
 * Tasks of one synchronizer run one at a time, and what they do between two suspensions is
 * never interrupted; so they need these only where something must stay as it is ACROSS a
 * suspension. Waiting suspends the task and blocks no thread.
 *
 *     struct syn_mutex mutex;                     // all zero is ready; in any memory
 *
 *     syn_co_lock(&self->connection->mutex);      // leaves if it does not get it
 *     if (self->connection->broken)
 *         syn_co_fail(SYN_EPIPE, "the connection lost step");
 *     self->connection->broken = 1;               // until the reply is here
 *     syn_co_try(write_request_future(...));      // nobody else writes meanwhile
 *     syn_co_try(read_reply_future(...));
 *     self->connection->broken = 0;
 *     syn_co_finally;
 *     if (syn_mutex_is_mine(&self->connection->mutex))
 *         syn_mutex_unlock(&self->connection->mutex);
 *     syn_co_end;
 *
 * A MUTEX KEEPS OTHERS OUT; IT REPAIRS NOTHING. A task leaves at any of its waits (an error, a
 * cancel, a deadline), and its clean-up unlocks whatever state the thing is in. Without `broken`
 * the next task would read the reply to the request before. So say in the thing itself that
 * it is in the middle of something, or finish in the clean-up, which nothing interrupts.
 *
 * FAIR: waiters are served in FIFO order and ownership is handed over directly, so a later task
 * cannot overtake. CANCELLABLE: a task that is cancelled while it waits, or in the moment it is
 * served, leaves without having taken anything. Waiting allocates nothing.
 *
 * Each belongs to the tasks of ONE synchronizer at a time: while it is in use, a task of
 * another one gets SYN_EWRONGLOOP. There are no locks and no atomics inside. To tell a task
 * something from another thread use a promise or a channel.
 *
 * WHEN A WAIT FAILS the task leaves with its error (task.h has the rule), so that no line runs
 * without the lock, or the unit, that it counts on. syn_co_attempt_by() is any of these waits with a
 * deadline, and leaves its status in syn_co_status: SYN_ETIMEDOUT, for a task that has something else to do
 * when time is up, or that leaves by syn_co_check.
 *
 * Thread: the plain functions are called in a step, or a callback, on that synchronizer.
 */
#ifndef SYNCHRONICITY_SYNC_H
#define SYNCHRONICITY_SYNC_H

#include <synchronicity/err.h>
#include <synchronicity/synchronizer.h>
#include <synchronicity/task.h>

#ifndef __cplusplus

/* What is inside is the library's (src/sync/sync.h). */
struct syn_mutex {
    void *inside[5];
};
struct syn_semaphore {
    void *inside[4];
};
struct syn_event {
    void *inside[4];
};
struct syn_condition {
    void *inside[3];
};

/* --- mutex ---
 *
 * Locked by one task, unlocked by the same one. A task must not end while it holds one: the
 * library says so and aborts, since nobody else could ever have it. Locking one's own,
 * or what is held by a task that waits for this one, by locks, awaits and joins without a deadline:
 * SYN_EDEADLK, and the report names both. */

struct syn_step syni_step_lock(struct syn_task *task, struct syn_mutex *mutex,
                               struct syn_deadline deadline);
#define syn_co_lock(mutex) SYNI_CO_OR_LEAVE(syni_step_lock(&self->syn, (mutex), syn_never()))

/* Locks it if that needs no waiting; else SYN_EBUSY. Outside a step of a task of its synchronizer: SYN_EWRONGLOOP. */
SYNI_HELD syn_err syn_mutex_try(struct syn_mutex *mutex);

/* Hands it to the task that waits longest. Aborts when the task that runs does not hold it. */
void syn_mutex_unlock(struct syn_mutex *mutex);

/* True: the task that runs holds it. For clean-up. */
int syn_mutex_is_mine(const struct syn_mutex *mutex);

/* --- semaphore ---
 *
 * A number of units; acquiring takes one, and waits until there is one. Zero has none. */

/* N units. Nobody uses it yet. */
void syn_semaphore_init(struct syn_semaphore *semaphore, unsigned n);

struct syn_step syni_step_acquire(struct syn_task *task, struct syn_semaphore *semaphore,
                                  struct syn_deadline deadline);
#define syn_co_acquire(semaphore)                                                                  \
    SYNI_CO_OR_LEAVE(syni_step_acquire(&self->syn, (semaphore), syn_never()))

/* Takes one if that needs no waiting; else SYN_EBUSY. */
SYNI_HELD syn_err syn_semaphore_try(struct syn_semaphore *semaphore);

/* N more; any task may release what another acquired. */
void syn_semaphore_release(struct syn_semaphore *semaphore, unsigned n);

/* --- event ---
 *
 * Something that has happened or not. Zero: not. */

struct syn_step syni_step_event(struct syn_task *task, struct syn_event *event,
                                struct syn_deadline deadline);

/* Happened: all waiters go on, also when it is cleared right afterwards. */
void syn_event_set(struct syn_event *event);
void syn_event_clear(struct syn_event *event);
int syn_event_is_set(const struct syn_event *event);

/* --- condition ---
 *
 * Where holders of one mutex wait until one of them says that something changed. Waiting
 * releases the mutex, and has it again before the task goes on, in every case: also when
 * time was up, and in the clean-up of a task that was cancelled here. A signal that
 * reaches a task in the moment it is cancelled goes to the next. */

struct syn_step syni_step_condition(struct syn_task *task, struct syn_condition *condition,
                                    struct syn_mutex *mutex, struct syn_deadline deadline);

/* The longest waiter goes on; all of them. */
void syn_condition_signal(struct syn_condition *condition);
void syn_condition_broadcast(struct syn_condition *condition);

/* --- waiting on either ---
 *
 * syn_co_wait_on(event): until it is set. syn_co_wait_on(condition, mutex): until it is
 * signalled. */

#define syn_co_wait_on(...) SYNI_CAT(SYNI_CO_WAIT_ON_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_CO_WAIT_ON_1(event)                                                                   \
    SYNI_CO_OR_LEAVE(syni_step_event(&self->syn, (event), syn_never()))
#define SYNI_CO_WAIT_ON_2(condition, mutex)                                                        \
    SYNI_CO_OR_LEAVE(syni_step_condition(&self->syn, (condition), (mutex), syn_never()))

/* --- with a deadline ---
 *
 * syn_co_attempt_by(&mutex, deadline) locks, (&semaphore, deadline) takes a unit,
 * (&event, deadline) and (&condition, &mutex, deadline) wait on it. The task goes on in any case,
 * with the result in syn_co_status. */

#define syn_co_attempt_by(...) SYNI_CAT(SYNI_CO_ATTEMPT_BY_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_CO_ATTEMPT_BY_2(thing, deadline)                                                      \
    SYNI_CO_SUSPEND(_Generic((thing), struct syn_mutex *: syni_step_lock,                          \
                             struct syn_semaphore *: syni_step_acquire,                            \
                             struct syn_event *: syni_step_event)(&self->syn, (thing), (deadline)))
#define SYNI_CO_ATTEMPT_BY_3(condition, mutex, deadline)                                           \
    SYNI_CO_SUSPEND(syni_step_condition(&self->syn, (condition), (mutex), (deadline)))

#endif /* !__cplusplus */

#endif
