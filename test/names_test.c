/* SPDX-License-Identifier: Apache-2.0
 *
 * Public names that no other suite needs: what a library of several files declares and defines, steps by
 * hand, deadlines of waits, kinds of files, methods and events. lint.public_names_are_tested counts them.
 */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <synchronicity/child.h>
#include <synchronicity/file.h>
#include <synchronicity/hooks.h>
#include <synchronicity/mailbox.h>
#include <synchronicity/retry.h>
#include <synchronicity/unix.h>
#include <synchronicity/version.h>

#include "support/call_rig.h"
#include "support/temp_dir.h"

SYNCHRONIZER(demo);

/* --- as in the header of a library, and as in its sources --- */

POOL_DECLARE(workers);
CHANNEL(int, numbers);
SYN_TASK_LOCAL_DECLARE(const char, user_name);
GENERATOR_DECLARE(int, counts_up, (int, n));
BLOCKING_GENERATOR_DECLARE(int, counts_down, (int, n));
POOL_MAP_DECLARE(int, int, squares);
CHANNEL_MAP_DECLARE((int, numbers), (int, numbers), doubles);
ASYNC_TYPES(int, adds);
CONTEXT_TYPES(int, borrowed);
OBJECT(shape);
OBJECT_EXTENDS(circle, shape);

SYN_POOL_DEFINE(workers, .max_threads = 2);
SYN_TASK_LOCAL_DEFINE(user_name);

GENERATOR_DEFINE(demo, int, counts_up, (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_yield(self->i);
    co_end;
}

BLOCKING_GENERATOR_DEFINE(workers, int, counts_down, (int, n))
{
    while (n > 0 && !job_yield(job, n))
        n--;
}

POOL_MAP_DEFINE(workers, int, int, squares)
{
    *out = *in * *in;
    return SYN_OK;
}

CHANNEL_MAP_DEFINE(workers, (int, numbers), (int, numbers), doubles)
{
    *out = *in * 2;
    return SYN_OK;
}

static void over(void)
{
    CHECK_INT(pool_stop(&workers, syn_never()), 0);
    CHECK_INT(syn_pool_free(&workers), 0);
    finish(&demo);
    finish(syn_default_synchronizer());
}

static void C2_a_library_of_several_files_declares_and_defines(void)
{
    int in[] = {1, 2, 3}, out[3], sum = 0;
    syn_err err;

    begin_in_real_time();
    channel_each (int, i, counts_up(4), &err)
        sum += i;
    CHECK_INT(err, 0);
    CHECK_INT(sum, 6);
    channel_each (int, i, counts_down(4), &err)
        sum -= i;
    CHECK_INT(err, 0);
    CHECK_INT(sum, -4);
    CHECK_INT(pool_map(&workers, squares, in, 3, out), 0);
    CHECK_INT(out[2], 9);
    CHECK_INT(user_name_set("ada"), 0);
    CHECK_STR(user_name_get(), "ada");
    CHECK_INT(user_name_set(NULL), 0);
    CHECK(sizeof(struct adds_future) == sizeof(struct syn_future));
    CHECK(sizeof(struct borrowed_context) == sizeof(struct syn_context));
    CHECK(sizeof(struct circle) == sizeof(struct shape));
    over();
}

/* --- a job that cannot be interrupted --- */

POOL(patient, .max_threads = 1, .grace_ns = INT64_C(3600000000000));

static atomic_bool reads;

BLOCKING(patient, void, waits_for_a_byte, (int, fd), SYN_ABANDONED_AT_ONCE)
{
    char byte;

    reads = true;
    CHECK_INT(read(fd, &byte, 1), 1);
}

/* The pool's grace is an hour. */
static void X3_a_job_that_is_let_go_is_abandoned_at_once(void)
{
    struct waits_for_a_byte_future f;
    int ends[2];

    begin_in_real_time();
    CHECK_INT(pipe(ends), 0);
    f = waits_for_a_byte_future(ends[0]);
    spin_until(&reads); /* one that had not begun would be withdrawn */
    CHECK_INT(future_get_by(f, syn_after(0)), SYN_ETIMEDOUT);
    CHECK_INT(syn_pool_stats(&patient).abandoned, 1);
    CHECK_INT(write(ends[1], "x", 1), 1);
    CHECK_INT(pool_stop(&patient, syn_never()), 0);
    CHECK_INT(syn_pool_free(&patient), 0);
    close(ends[0]);
    close(ends[1]);
    over();
}

/* --- steps by hand --- */

struct passes_on;
static struct syn_step has_readable(struct passes_on *self);
static struct syn_step has_item(struct passes_on *self);
static struct syn_step has_unit(struct passes_on *self);

/* The first of CH, after FD is readable; then a unit of SEMAPHORE. */
ASYNC(demo, int, passes_on, (struct counts_up_channel, ch), (int, fd), (struct syn_semaphore *, semaphore),
      SYN_LOCAL(int, ready), SYN_LOCAL(struct syn_choice, on[1]))
{
    return step_poll_by(self, self->fd, SYN_READABLE, &self->ready, syn_never(), has_readable);
}

static struct syn_step has_readable(struct passes_on *self)
{
    CHECK_INT(self->ready, SYN_READABLE);
    return step_select(self, self->on, has_item, ON_NEXT(self->ch, &self->result));
}

static struct syn_step has_item(struct passes_on *self)
{
    CHECK_INT(step_status(self), 0);
    channel_drop(self->ch);
    return step_acquire(self, self->semaphore, has_unit);
}

static struct syn_step has_unit(struct passes_on *self)
{
    return syn_step_status(self) ? syn_step_fail(self, syn_step_status(self))
                                 : syn_step_return(self, self->result);
}

ASYNC(demo, int, squares_one, (int, x))
{
    co_begin;
    co_sleep(0.001);
    co_return(self->x * self->x);
    co_end;
}

struct has_two;
static struct syn_step has_room(struct has_two *self);
static struct syn_step all_ended(struct has_two *self);

/* Two children where one at a time has room. */
ASYNC(demo, int, has_two, SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, at), SYN_LOCAL(int, y[2]))
{
    scope_limit(&self->scope, 1);
    return step_room(self, &self->scope, has_room);
}

static struct syn_step has_room(struct has_two *self)
{
    CHECK_INT(scope_spawn(&self->scope, squares_one_future(self->at + 2), &self->y[self->at]), 0);
    if (++self->at < 2)
        return step_room(self, &self->scope, has_room);
    return step_join(self, &self->scope, all_ended);
}

static struct syn_step all_ended(struct has_two *self)
{
    CHECK_INT(syn_task_outcome(&self->syn), 0);
    return syn_step_return(self, self->y[0] + self->y[1]);
}

static int called_with;

static void on_square(void *user, syn_err err, int *y)
{
    CHECK_INT(err, 0);
    called_with = *y + *(int *)user;
}

ASYNC(demo, void, registers, (struct syn_mailbox *, box), (int *, user))
{
    co_begin;
    co_then(squares_one_future(5), self->box, on_square, self->user);
    co_end;
}

static void M1_a_task_registers_at_a_mailbox(void)
{
    struct syn_mailbox *box;
    int one = 1;

    begin_in_real_time();
    CHECK_INT(syn_mailbox_new(NULL, &box), 0);
    CHECK_INT(registers(box, &one), 0);
    while (!called_with)
        CHECK(syn_mailbox_drain(box, 1) != SYN_ECLOSED);
    CHECK_INT(called_with, 26);
    CHECK_INT(syn_mailbox_close(box), 0);
    syn_mailbox_release(box);
    over();
}

static void C2_steps_by_hand_wait_for_descriptors_choices_and_children(void)
{
    struct syn_semaphore one;
    int ends[2], y = 0;

    begin_in_real_time();
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    CHECK_INT(write(ends[1], "x", 1), 1);
    syn_semaphore_init(&one, 1);
    CHECK_INT(passes_on(counts_up(3), ends[0], &one, &y), 0);
    CHECK_INT(y, 0);
    close(ends[0]);
    close(ends[1]);
    CHECK_INT(has_two(&y), 0);
    CHECK_INT(y, 4 + 9);
    over();
}

/* --- deadlines of waits --- */

ASYNC(demo, void, awaits_event, (struct syn_event *, event))
{
    co_begin;
    co_attempt_by(self->event, syn_after(1));
    co_check;
    co_end;
}

ASYNC(demo, void, awaits_one, (struct syn_semaphore *, semaphore))
{
    co_begin;
    co_attempt_by(self->semaphore, syn_after(1));
    co_check;
    co_end;
}

static void S1_waits_for_an_event_and_a_semaphore_have_deadlines(void)
{
    struct syn_event event = {0};
    struct syn_semaphore none = {0};

    begin();
    CHECK_INT(awaits_event(&event), SYN_ETIMEDOUT);
    CHECK_INT(now(), SECOND);
    CHECK_INT(awaits_one(&none), SYN_ETIMEDOUT);
    CHECK_INT(now(), 2 * SECOND);
    finish(&demo);
    finish(syn_default_synchronizer());
    done();
}

static void I10_what_is_of_the_moment_is_tried_again(void)
{
    struct syn_retry retry = syn_retry_with(NULL);

    begin();
    CHECK(syn_retry_is_transient(ECONNREFUSED));
    CHECK(syn_retry_is_transient(SYN_EAGAIN));
    CHECK(!syn_retry_is_transient(EACCES));
    CHECK_INT(syn_retry_sleep(&retry, ECONNREFUSED), 0);
    CHECK(now() > 0 && now() <= SECOND / 40);
    finish(syn_default_synchronizer());
    done();
}

/* --- kinds --- */

static void I5_what_a_path_is(void)
{
    struct syn_file_info info;
    struct syn_listener *listener;

    begin_in_real_time();
    temp_begin();
    CHECK_INT(syn_file_stat("/dev/null", &info), 0);
    CHECK(S_ISCHR(info.mode));
    CHECK_INT(syn_unix_listen(in_temp("socket"), 0600, &listener), 0);
    CHECK_INT(syn_file_stat(in_temp("socket"), &info), 0);
    CHECK(S_ISSOCK(info.mode));
    CHECK_INT(syn_listener_close(listener), 0);
    temp_end();
    over();
}

static void O1_each_kind_of_method_has_a_name(void)
{
    static const struct {
        enum syn_kind kind;
        const char *name;
    } kinds[] = {{SYN_KIND_BLOCKING, "blocking"}, {SYN_KIND_FUTURE, "future"},
                 {SYN_KIND_STATIC, "static"},     {SYN_KIND_ENTER, "enter"},
                 {SYN_KIND_EXIT, "exit"},         {SYN_KIND_CONTEXT, "context"},
                 {SYN_KIND_SET, "set"}};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        CHECK_STR(syn_kind_name(kinds[i].kind), kinds[i].name);
    CHECK_PTR(syn_object_retain(NULL), NULL);
}

static atomic_uint seen[SYNI_HOOKS];

static void on_event(void *user, const struct syn_hook_event *event)
{
    (void)user;
    seen[event->hook]++;
}

static void V1_driving_waking_and_waiting_are_events(void)
{
    const struct syn_hooks hooks = {.on_event = on_event,
                                    .wanted = 1UL << SYN_HOOK_DRIVE_BEGINS |
                                              1UL << SYN_HOOK_DRIVE_ENDS |
                                              1UL << SYN_HOOK_DRIVE_HANDED |
                                              1UL << SYN_HOOK_LOOP_WAKES |
                                              1UL << SYN_HOOK_WAIT_BEGINS |
                                              1UL << SYN_HOOK_WAIT_ENDS};
    int y;

    begin_in_real_time();
    CHECK_INT(syn_hooks_add(&hooks), 0);
    CHECK_INT(squares_one(3, &y), 0);
    CHECK_INT(future_get(squares_one_future(3), &y), 0);
    finish(&demo);
    syn_hooks_remove(&hooks);
    CHECK(seen[SYN_HOOK_DRIVE_BEGINS] > 0);
    CHECK(seen[SYN_HOOK_DRIVE_BEGINS] >= seen[SYN_HOOK_DRIVE_ENDS]);
    CHECK(seen[SYN_HOOK_WAIT_BEGINS] > 0);
    CHECK_INT(seen[SYN_HOOK_WAIT_BEGINS], seen[SYN_HOOK_WAIT_ENDS]);
    CHECK_INT(seen[SYN_HOOK_TASK_MADE], 0); /* nobody wanted it */
}

static void K6_the_version_is_one(void)
{
    char text[40];

    snprintf(text, sizeof text, "%d.%d.%d", SYN_VERSION_MAJOR, SYN_VERSION_MINOR, SYN_VERSION_PATCH);
    CHECK_STR(syn_version_text(), text);
    CHECK_INT(syn_version(), SYN_VERSION);
    CHECK(SYN_SELECT_MAX >= 16);
    CHECK_INT(SYN_CHILD_SAME, 0);
}

static const struct test_case cases[] = {
    TEST(C2_a_library_of_several_files_declares_and_defines),
    TEST(X3_a_job_that_is_let_go_is_abandoned_at_once),
    TEST(C2_steps_by_hand_wait_for_descriptors_choices_and_children),
    TEST(M1_a_task_registers_at_a_mailbox),
    TEST(S1_waits_for_an_event_and_a_semaphore_have_deadlines),
    TEST(I10_what_is_of_the_moment_is_tried_again),
    TEST(I5_what_a_path_is),
    TEST(O1_each_kind_of_method_has_a_name),
    TEST(V1_driving_waking_and_waiting_are_events),
    TEST(K6_the_version_is_one),
};
TEST_MAIN_BOTH_MODES("names", cases);
