/* SPDX-License-Identifier: Apache-2.0
 *
 * Where results may go: a C local of the step is refused by every operation that waits, in every
 * build, by name and line; everything else that outlives the wait is fine. Both modes.
 */
#define _DEFAULT_SOURCE
#include <signal.h>

#include "support/call_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);
CHANNEL(int, ints);

ASYNC(demo, int, square, (int, x))
{
    co_begin;
    co_sleep(0.01);
    co_return(self->x * self->x);
    co_end;
}
GENERATOR(demo, int, count, SENDS(int))
{
    co_begin;
    for (;;) {
        co_yield(7);
        co_check;
    }
    co_end;
}
CONTEXT(demo, int, session)
{
    co_begin;
    co_yield(7);
    co_end;
}

struct frame;
static struct syn_step stops(struct frame *self);

/* One operation each, with the place PLACE: in the frame, or a C local. Which of them `what` says. */
enum what {
    AWAIT, AWAIT_BY, TRY, TRY_BY, NEXT, NEXT_BY, EACH, EACH_OPEN, SEND, SAY, THROW,
    SELECT_NEXT, SELECT_SEND, SELECT_FUTURE, SELECT_STORE, SPAWN, STATUS, ALL, ALL_OF, ROOM, JOIN,
    WITH, CONTEXT_ITSELF, POLL, LOCK, ACQUIRE, EVENT, CONDITION,
    STEP_AWAIT, STEP_SELECT, N_WHAT
};

ASYNC(demo, int, frame, (enum what, what), (int, wrong), SYN_LOCAL(int, y),
      SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(struct ints_channel, ch),
      SYN_LOCAL(struct count_channel, gen), SYN_LOCAL(struct session_context, session),
      SYN_LOCAL(struct syn_choice, on[1]), SYN_LOCAL(struct syn_mutex, mutex),
      SYN_LOCAL(struct syn_semaphore, semaphore), SYN_LOCAL(struct syn_event, event),
      SYN_LOCAL(struct syn_condition, condition), SYN_LOCAL(struct square_future, f))
{
    int local = 0, *y = self->wrong ? &local : &self->y;
    struct syn_scope local_scope = SYN_SCOPE;
    struct syn_scope *scope = self->wrong ? &local_scope : &self->scope;
    struct session_context local_session = {{{{NULL, 0, 0}, NULL, NULL, 0}}};
    struct session_context *context = self->wrong ? &local_session : &self->session;
    struct syn_choice local_on[1], *on = self->wrong ? local_on : self->on;
    struct syn_mutex local_mutex = {{0}}, *mutex = self->wrong ? &local_mutex : &self->mutex;
    struct syn_semaphore local_semaphore, *semaphore = &self->semaphore;
    struct syn_event local_event = {{0}}, *event = self->wrong ? &local_event : &self->event;
    struct syn_condition local_condition = {{0}};
    struct syn_condition *condition = self->wrong ? &local_condition : &self->condition;

    co_begin;
    self->on[0] = SYN_ON_TIME(syn_after(0));
    if (self->wrong)
        semaphore = &local_semaphore;
    syn_semaphore_init(semaphore, 1);
    syn_event_set(event);
    CHECK_INT(channel_new(ints, 2, &self->ch), 0);
    CHECK_INT(channel_try_send(self->ch, &(int){7}), 0);
    self->gen = count();
    if (self->what == AWAIT)
        co_await(square_future(3), y);
    else if (self->what == AWAIT_BY)
        co_await_by(square_future(3), y, syn_after(1.0));
    else if (self->what == TRY)
        co_try(square_future(3), y);
    else if (self->what == TRY_BY)
        co_try_by(square_future(3), y, syn_after(1.0));
    else if (self->what == NEXT)
        co_next(self->ch, y);
    else if (self->what == NEXT_BY)
        co_next_by(self->ch, y, syn_after(1.0));
    if (self->what == EACH) {
        co_each (self->ch, y)
            break;
    }
    if (self->what == EACH_OPEN) {
        co_each_open (self->ch, y)
            break;
    }
    if (self->what == SEND)
        co_send(self->ch, y);
    if (self->what == SAY || self->what == THROW)
        co_next(self->gen, &self->y);
    if (self->what == SAY)
        co_generator_send(self->gen, &(int){3}, y); /* what is said is copied at once */
    if (self->what == THROW)
        co_generator_throw(self->gen, SYN_EIO, NULL, y);
    if (self->what == SELECT_NEXT)
        co_select(self->on, ON_NEXT(self->ch, y));
    if (self->what == SELECT_SEND)
        co_select(self->on, ON_SEND(self->ch, y));
    if (self->what == SELECT_FUTURE) {
        self->f = square_future(3);
        co_select(self->on, ON_FUTURE(self->f, y));
    }
    if (self->what == SELECT_STORE) {
        self->syn.line = self->syn.at = __LINE__;
        return syni_step_select(&self->syn, on, &(struct syn_choice){.on = SYNI_ON_TIME}, 1);
    }
    if (self->what == SPAWN)
        co_spawn(&self->scope, square_future(3), y);
    if (self->what == STATUS)
        co_spawn(&self->scope, square_future(3), &self->y, y);
    if (self->what == ALL)
        co_all(&self->scope, (square_future(3), y));
    if (self->what == ALL_OF) {
        self->f = square_future(3);
        co_all_of(&self->scope, 1, &self->f, y);
    }
    if (self->what == ROOM)
        co_spawn(scope, square_future(3), NULL);
    if (self->what == JOIN)
        co_join(scope);
    if (self->what == WITH) {
        self->session = session();
        co_with (self->session, y)
            self->y = 7;
    }
    if (self->what == CONTEXT_ITSELF) {
        *context = session();
        self->syn.line = self->syn.at = __LINE__;
        return syni_step_enter(&self->syn, &context->u.handle, &self->y);
    }
    if (self->what == POLL)
        co_poll(1, SYN_WRITABLE, y);
    if (self->what == LOCK) {
        co_lock(mutex);
    }
    if (self->what == ACQUIRE)
        co_acquire(semaphore);
    if (self->what == EVENT)
        co_wait_on(event);
    if (self->what == CONDITION) {
        CHECK_INT(syn_mutex_try(&self->mutex), 0);
        co_attempt_by(condition, &self->mutex, syn_after(0.1));
        co_check;
    }
    if (self->what == STEP_AWAIT)
        return step_await(self, square_future(3), y, stops);
    if (self->what == STEP_SELECT)
        return step_select(self, self->on, stops, ON_NEXT(self->ch, y));
    co_finally;
    if (syn_mutex_is_mine(&self->mutex))
        syn_mutex_unlock(&self->mutex);
    co_join(&self->scope);
    co_close(self->ch);
    co_close(self->gen);
    self->result = 7;
    co_end;
}

static struct syn_step stops(struct frame *self)
{
    return step_return(self, 7);
}

static void C16_a_place_in_the_frame_is_fine(void)
{
    int y;

    begin();
    for (int what = 0; what < N_WHAT; what++) {
        if (what == SELECT_STORE || what == CONTEXT_ITSELF || what == POLL)
            continue; /* in other suites; here they are not written as users write them */
        y = 0;
        if (what == CONDITION) /* nobody signals it */
            CHECK_INT(frame((enum what)what, 0, &y), SYN_ETIMEDOUT);
        else
            CHECK_INT(frame((enum what)what, 0, &y), 0);
    }
    finish(&demo);
    done();
}

#define REFUSES(what)                                                                              \
    static void C16_a_c_local_is_refused_by_##what(void)                                           \
    {                                                                                              \
        begin();                                                                                   \
        frame(what, 1, NULL);                                                                      \
        CHECK(!"nobody minds");                                                                    \
    }
#define ALL_OF_THEM(X)                                                                             \
    X(AWAIT) X(AWAIT_BY) X(TRY) X(TRY_BY) X(NEXT) X(NEXT_BY) X(EACH) X(EACH_OPEN) X(SEND) X(SAY)   \
    X(THROW) X(SELECT_NEXT) X(SELECT_SEND) X(SELECT_FUTURE) X(SELECT_STORE) X(SPAWN) X(STATUS)     \
    X(ALL) X(ALL_OF) X(ROOM) X(JOIN) X(WITH) X(CONTEXT_ITSELF) X(POLL) X(LOCK) X(ACQUIRE) X(EVENT) \
    X(CONDITION) X(STEP_AWAIT) X(STEP_SELECT)
ALL_OF_THEM(REFUSES)

/* --- what outlives the wait --- */

ASYNC(demo, void, squares_into, (int, x), (int *, where))
{
    co_begin;
    co_try(square_future(self->x), self->where);
    co_end;
}
ASYNC(other, int, squares_elsewhere, (int, x), SYN_LOCAL(int, y))
{
    co_begin;
    co_try(square_future(self->x), &self->y);
    co_return(self->y);
    co_end;
}

static void C16_the_stack_of_a_caller_outlives_the_wait(void)
{
    static int in_static;
    int on_stack = 0, *on_heap = malloc(sizeof *on_heap), y = 0;

    begin();
    CHECK_INT(squares_into(3, &on_stack), 0); /* also where this thread drives */
    CHECK_INT(on_stack, 9);
    CHECK_INT(future_get(squares_into_future(4, &on_stack)), 0);
    CHECK_INT(on_stack, 16);
    CHECK_INT(squares_into(5, &in_static), 0);
    CHECK_INT(in_static, 25);
    CHECK_INT(squares_into(6, on_heap), 0);
    CHECK_INT(*on_heap, 36);
    CHECK_INT(squares_elsewhere(7, &y), 0);
    CHECK_INT(y, 49);
    free(on_heap);
    finish(&demo);
    finish(&other);
    done();
}

/* The frame of what a step of `other` blocks on lies on that step's stack, and so does what the
 * step hands down; with callers that drive one engine runs below the other. */
ASYNC(other, int, blocks_in_a_step, (int, x))
{
    struct syn_scope scope = SYN_SCOPE;
    int y = 0, z = 0, of_scope = 0;

    CHECK_INT(square(self->x, &y), 0);
    CHECK_INT(squares_into(self->x, &z), 0);
    CHECK_INT(syn_all(&scope, (square_future(self->x), &of_scope)), 0);
    CHECK_INT(y, self->x * self->x);
    CHECK_INT(z, y);
    CHECK_INT(of_scope, y);
    return step_return(self, y);
}

static void C16_a_step_that_blocks_outlives_what_it_blocks_on(void)
{
    int y = 0;

    begin();
    CHECK_INT(blocks_in_a_step(3, &y), 0);
    CHECK_INT(y, 9);
    CHECK_INT(future_get(blocks_in_a_step_future(4), &y), 0);
    CHECK_INT(y, 16);
    finish(&other);
    finish(&demo);
    done();
}

#define DIES(what) TEST_DIES(C16_a_c_local_is_refused_by_##what, SIGABRT, "SYN_LOCAL(type, name)"),
static const struct test_case cases[] = {
    TEST(C16_a_place_in_the_frame_is_fine),
    TEST(C16_the_stack_of_a_caller_outlives_the_wait),
    TEST(C16_a_step_that_blocks_outlives_what_it_blocks_on),
    ALL_OF_THEM(DIES)
};
TEST_MAIN_BOTH_MODES("place", cases);
