/* SPDX-License-Identifier: Apache-2.0
 *
 * Scopes: several calls that run at the same time, and end before their owner goes on.
 *
 * A SCOPE holds futures, its CHILDREN. Its owner puts them in (SPAWN), goes on with its own
 * work, and waits for all (JOIN). If one fails, the others are cancelled
 * and its error is the scope's. None outlives the scope: not when one fails, not when
 * the owner is cancelled, not when memory runs out in the middle of spawning.
 *
 * In a task the scope is a field of the frame; all zero is ready for use:
 *
 *     SYN_ASYNC(demo, void, fetch_all, (const char **, keys), (char **, values),
 *               SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, i))
 *     {
 *         syn_co_begin;
 *         syn_scope_limit(&self->scope, 3);                  // three at a time
 *         for (self->i = 0; self->i < 10; self->i++)
 *             syn_co_spawn(&self->scope, fetch_future(self->keys[self->i]),
 *                          &self->values[self->i]);
 *         syn_co_join(&self->scope);
 *         syn_co_check;
 *         syn_co_end;
 *     }
 *
 * A task that leaves with a scope still open (an error, a cancel, a return without a
 * join) has its children cancelled, and waited for, BEFORE its clean-up runs; so
 * clean-up may free what they used.
 *
 * In a plain thread it is a variable, and the same calls wait:
 *
 *     struct syn_scope scope = SYN_SCOPE;
 *     for (int i = 0; i < 10; i++)
 *         syn_scope_spawn(&scope, fetch_future(keys[i]), &values[i]);
 *     err = syn_scope_join(&scope);
 *
 * A thread must join, or close, a scope that it spawned into before the variable goes;
 * `SYN_SCOPE_GUARD struct syn_scope scope = SYN_SCOPE;` does so by itself, where the
 * compiler knows the cleanup attribute.
 *
 * RESULTS. A child that ends well writes its OUT, so results have the order that
 * you gave them, whatever the order of ending; OUT is untouched if it fails. The scope's
 * result is 0, or its first error, with that child's report; or, when it was cancelled and
 * a child ended by that, SYN_ECANCELED or SYN_ETIMEDOUT. Where a child's own
 * outcome matters, spawn it with a third argument, a `syn_err *` that it is written to.
 * After a join the scope is empty, and can be used again with the same limit and mode.
 *
 * WHAT IT DOES NOT DO. A child's failure does not interrupt the owner while it waits for
 * something else; what shall end together belongs into children.
 *
 * Owner: a scope belongs to the task that has it in its frame, or to the thread that spawns
 * into it. Only the owner uses it, with two exceptions: a task of the same synchronizer
 * that knows the owner to be waiting may spawn into it (without waiting for room), and
 * syn_scope_cancel() may be called by any thread for a scope that a thread owns.
 * Memory: its nodes lie in the children's frames; nothing is allocated, so adding never
 * fails for memory. A future that could not be made (SYN_ENOMEM) is a child that failed.
 */
#ifndef SYNCHRONICITY_SCOPE_H
#define SYNCHRONICITY_SCOPE_H

#include <stddef.h>

#include <synchronicity/err.h>
#include <synchronicity/future.h>
#include <synchronicity/map.h>
#include <synchronicity/synchronizer.h>
#include <synchronicity/task.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SYNI_SCOPE_BYTES = sizeof(void *) == 8 ? 208 : 152 };

/* What is inside is the library's (src/scope/scope.h); all zero is empty. */
struct syn_scope {
    union {
        long long align;
        void *pointer;
        unsigned char bytes[SYNI_SCOPE_BYTES];
    } inside;
};

/* An empty one, for a variable. */
#ifdef __cplusplus
#define SYN_SCOPE syn_scope()
#else
#define SYN_SCOPE                                                                                  \
    {                                                                                              \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
#endif

/* --- how it shall behave; said before the first spawn --- */

/* At most LIMIT children at a time; 0, the default: any number. */
void syn_scope_limit(struct syn_scope *scope, unsigned limit);

/* A child that fails does not end the others; the scope's result is still the first error. */
void syn_scope_keep_going(struct syn_scope *scope);

/* The same, and every error is kept for syn_scope_failure(). Each keeps its child's
 * memory until the scope is used again or closed, so this is not for a scope without end. */
void syn_scope_collect(struct syn_scope *scope);

/* When DEADLINE passes, the children are cancelled, and the scope's result is
 * SYN_ETIMEDOUT if one ended by that. Tightens only; may be called later, too; a join
 * forgets it. Children that are spawned later inherit it (syn_task_deadline()). In a
 * plain thread it is seen while the thread spawns or joins; a syn_call_by() around these
 * counts as well. */
void syn_scope_deadline(struct syn_scope *scope, struct syn_deadline deadline);

/* --- children --- */

/* syn_scope_spawn(SCOPE, F), syn_scope_spawn(SCOPE, F, OUT), syn_scope_spawn(SCOPE, F,
 * OUT, STATUS): F, which is used up, becomes a child. OUT must be what future_get(F, OUT)
 * would take; NULL: the result is destroyed. OUT and STATUS live as long as the scope.
 *
 * In a plain thread it waits for room first, and only then evaluates F, so that the call
 * does not start before. In a step it does not wait: say syn_step_room() (step.h) before, or
 * syn_co_spawn().
 *
 * Returns 0; or the error that the scope has by now, and then F was not evaluated;
 * or, F being untouched: SYN_EAGAIN in a step, if there is no room; SYN_EDEADLK for a
 * scope that does not lie in the frame of the task that runs, and a child that could only
 * run after it. */
#define syn_scope_spawn(...) SYNI_CAT(SYNI_SPAWN_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_SPAWN_2(scope, f) SYNI_SPAWN(scope, SYNI_ADD_1(scope, f))
#define SYNI_SPAWN_3(scope, f, out) SYNI_SPAWN(scope, SYNI_ADD_2(scope, f, out))
#define SYNI_SPAWN_4(scope, f, out, status) SYNI_SPAWN(scope, SYNI_ADD_3(scope, f, out, status))
#define SYNI_SPAWN(scope, add)                                                                     \
    (syni_scope_room(scope) ? syni_scope_refusal(scope) : SYNI_UNDER(scope, add))

/* Waits until no child is left, and all results that nobody wants were destroyed, and returns
 * the scope's result. Thread: a plain one;
 * in a task say syn_co_join(). Fails, and leaves it as it is: SYN_EDEADLK when a child
 * runs on a loop that this thread drives; SYN_EWRONGLOOP for the scope of a task elsewhere. */
syn_err syn_scope_join(struct syn_scope *scope);

/* Cancels all children; later ones are cancelled as they come. Does not wait. */
void syn_scope_cancel(struct syn_scope *scope);

/* Cancels, waits, and frees what was collected. Fine for one that is empty. The engine
 * does this for a task. */
void syn_scope_close(struct syn_scope *scope);

/* Children that have not ended, or have an unwanted result that is being destroyed. When it is 0,
 * what the others wrote can be read. */
unsigned syn_scope_live(const struct syn_scope *scope);

/* One error of a scope that collects. */
struct syn_failure {
    unsigned child; /* the number of its spawn, from 0 */
    syn_err err;
    enum syn_origin origin;
    const struct syn_report *report; /* NULL: there is none; valid as long as the failure */
};

/* The failure of number I, in the order they happened so far; 0: there is none. */
int syn_scope_failure(const struct syn_scope *scope, unsigned i, struct syn_failure *out_failure);

#if defined(__GNUC__)
#define SYN_SCOPE_GUARD __attribute__((cleanup(syn_scope_close)))
#endif

/* --- combinators ---
 *
 * ALL:  as spawning each and joining.
 * ANY:  the first that ends WELL wins; if none does, the first error.
 * RACE: the first that ENDS wins, well or not.
 *
 * The winner's OUT is written, the losers are cancelled and waited for. A loser's OUT
 * is never written: what it brought all the same is destroyed as SYN_DESTROY says. Where
 * that would lose something that cannot be had again (bytes that were read), give that
 * child a STATUS as well: with one, its value is delivered, and the status is 0.
 *
 * Children are items in parentheses, of any types: (F), (F, OUT), (F, OUT, STATUS); up to
 * 16. Or arrays of one type: syn_all_of(SCOPE, N, FUTURES, OUTS), without OUTS for
 * futures of nothing. SCOPE is an empty one.
 *
 *     err = syn_race(&scope, (query_future(a), &answer), (query_future(b), &answer));
 *     printf("server %d was first\n", syn_scope_winner(&scope));
 *
 * A deadline: syn_call_by(deadline, syn_race(...)), or syn_scope_deadline() before.
 * Fails: SYN_EINVAL without children. */
#define syn_all(scope, ...) SYNI_TOGETHER(scope, SYNI_GOAL_ALL, __VA_ARGS__)
#define syn_any(scope, ...) SYNI_TOGETHER(scope, SYNI_GOAL_ANY, __VA_ARGS__)
#define syn_race(scope, ...) SYNI_TOGETHER(scope, SYNI_GOAL_RACE, __VA_ARGS__)
#define syn_all_of(...) SYNI_OF(SYNI_GOAL_ALL, __VA_ARGS__)
#define syn_any_of(...) SYNI_OF(SYNI_GOAL_ANY, __VA_ARGS__)
#define syn_race_of(...) SYNI_OF(SYNI_GOAL_RACE, __VA_ARGS__)

/* Which child won, from 0, as the latest any or race had it; -1: none. */
int syn_scope_winner(const struct syn_scope *scope);

/* --- what the macros call --- */

enum syni_goal { SYNI_GOAL_ALL, SYNI_GOAL_ANY, SYNI_GOAL_RACE };

syn_err syni_scope_room(struct syn_scope *scope);
syn_err syni_scope_refusal(struct syn_scope *scope);
syn_err syni_scope_add(struct syn_scope *scope, struct syn_future future, void *out_result,
                       syn_err *out_status);
/* What the thread calls until syni_deadline_pop() is a child to be. */
void syni_scope_expect(const struct syn_scope *scope);
/* Begins an any, a race or an all; what is added afterwards is part of it. */
void syni_scope_aim(struct syn_scope *scope, enum syni_goal goal);
/* Adds N futures that lie STRIDE bytes apart, with results RESULT_SIZE bytes apart. */
void syni_scope_add_all(struct syn_scope *scope, size_t n, const void *futures, size_t stride,
                        void *out_results, size_t result_size);

/* A call that is made in ADD runs under the scope's deadline from its first step on. */
#define SYNI_UNDER(scope, add) (syni_scope_expect(scope), syni_deadline_pop(add))

#define SYNI_ADD_1(scope, f)                                                                       \
    (SYNI_HAS_NONE(f, result_is,                                                                   \
                   "this future has a result: say where it goes, scope_spawn(&scope, f, &y), or "  \
                   "that nobody wants it, scope_spawn(&scope, f, NULL)"),                          \
     syni_scope_add((scope), (f).u.handle, NULL, NULL))
#define SYNI_ADD_2(scope, f, out)                                                                  \
    (SYNI_HAS_ONE(f, result_is, out, SYNI_NO_CHILDS_RESULT),                                       \
     syni_scope_add((scope), (f).u.handle, (out), NULL))
#define SYNI_ADD_3(scope, f, out, status)                                                          \
    (SYNI_HAS_ONE(f, result_is, out, SYNI_NO_CHILDS_RESULT),                                       \
     syni_scope_add((scope), (f).u.handle, (out), (status)))
#define SYNI_NO_CHILDS_RESULT                                                                      \
    "this future has no result, only a status: scope_spawn(&scope, f)"
#define SYNI_ADD(...) SYNI_CAT(SYNI_ADD_, SYNI_MINUS_1(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_MINUS_1(...) SYNI_CAT(SYNI_MINUS_1_, SYNI_N(__VA_ARGS__))
#define SYNI_MINUS_1_2 1
#define SYNI_MINUS_1_3 2
#define SYNI_MINUS_1_4 3

/* Each child is added where it stands; the scope is named once more by each. */
#define SYNI_BRING(scope, goal, ...)                                                               \
    (syni_scope_aim((scope), (goal)), SYNI_EACH(SYNI_BRING_ONE, scope, __VA_ARGS__)(void) 0)
#define SYNI_BRING_ONE(scope, item) (void)SYNI_UNDER(scope, SYNI_ADD(scope, SYNI_BARE item)),
#define SYNI_TOGETHER(scope, goal, ...)                                                            \
    (SYNI_BRING(scope, goal, __VA_ARGS__), syn_scope_join(scope))

#define SYNI_BRING_OF(...) SYNI_CAT(SYNI_BRING_OF_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_BRING_OF_4(goal, scope, n, futures)                                                   \
    (syni_scope_aim((scope), (goal)),                                                              \
     SYNI_HAS_NONE(*(futures), result_is,                                                          \
                   "these futures have results: say where they go, all_of(&scope, n, f, y)"),      \
     syni_scope_add_all((scope), (n), (futures), sizeof *(futures), NULL, 0))
#define SYNI_BRING_OF_5(goal, scope, n, futures, outs)                                             \
    (syni_scope_aim((scope), (goal)), (void)(0 ? (futures)->u.result_is(outs) : SYN_OK),           \
     syni_scope_add_all((scope), (n), (futures), sizeof *(futures), (outs), sizeof *(outs)))
#define SYNI_OF(goal, scope, ...)                                                                  \
    (SYNI_BRING_OF(goal, scope, __VA_ARGS__), syn_scope_join(scope))

/* --- in a task --- */

#ifndef __cplusplus

struct syn_step syni_step_room(struct syn_task *task, struct syn_scope *scope);
struct syn_step syni_step_join(struct syn_task *task, struct syn_scope *scope);

/* As syn_scope_spawn(), in a coroutine: waits for room, then evaluates F. When the scope
 * has an error the task leaves with it. */
#define syn_co_spawn(...) SYNI_CAT(SYNI_CO_SPAWN_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_CO_SPAWN_2(scope, f) SYNI_CO_SPAWN(scope, SYNI_ADD_1(scope, f))
#define SYNI_CO_SPAWN_3(scope, f, out) SYNI_CO_SPAWN(scope, SYNI_ADD_2(scope, f, out))
#define SYNI_CO_SPAWN_4(scope, f, out, status)                                                     \
    SYNI_CO_SPAWN(scope, SYNI_ADD_3(scope, f, out, status))
#define SYNI_CO_SPAWN(scope, add) SYNI_QUIET SYNI_CO_SPAWN_AT(SYNI_UNIQUE, scope, add)
#define SYNI_CO_SPAWN_AT(n, scope, ...)                                                            \
    SYNI_STATEMENT(n)                                                                              \
        return syni_step_room(&self->syn, (scope));                                                \
    case SYNI_A_WAIT_IS_BEHIND_co_begin_AND_IN_NO_SWITCH(n):                                       \
        if (!self->syn.status)                                                                     \
            self->syn.status = SYNI_UNDER(scope, __VA_ARGS__);                                     \
        if (self->syn.status)                                                                      \
            return syni_step_leave(&self->syn, self->syn.status, NULL);                            \
    } while (0)

/* Waits for all; the status is in syn_co_status. */
#define syn_co_join(scope) SYNI_CO_SUSPEND(syni_step_join(&self->syn, (scope)))

/* The combinators; the status is in syn_co_status. */
#define syn_co_all(scope, ...) SYNI_CO_TOGETHER(scope, SYNI_GOAL_ALL, __VA_ARGS__)
#define syn_co_any(scope, ...) SYNI_CO_TOGETHER(scope, SYNI_GOAL_ANY, __VA_ARGS__)
#define syn_co_race(scope, ...) SYNI_CO_TOGETHER(scope, SYNI_GOAL_RACE, __VA_ARGS__)
#define SYNI_CO_TOGETHER(scope, goal, ...)                                                         \
    SYNI_CO_SUSPEND((SYNI_BRING(scope, goal, __VA_ARGS__), syni_step_join(&self->syn, (scope))))
#define syn_co_all_of(scope, ...) SYNI_CO_OF(SYNI_GOAL_ALL, scope, __VA_ARGS__)
#define syn_co_any_of(scope, ...) SYNI_CO_OF(SYNI_GOAL_ANY, scope, __VA_ARGS__)
#define syn_co_race_of(scope, ...) SYNI_CO_OF(SYNI_GOAL_RACE, scope, __VA_ARGS__)
#define SYNI_CO_OF(goal, scope, ...)                                                               \
    SYNI_CO_SUSPEND(                                                                               \
        (SYNI_BRING_OF(goal, scope, __VA_ARGS__), syni_step_join(&self->syn, (scope))))

#endif /* !__cplusplus */

#ifdef __cplusplus
}
#endif

#endif
