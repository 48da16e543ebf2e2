/* SPDX-License-Identifier: Apache-2.0
 *
 * The stories of docs/design.md that can be told today, as they are written there,
 * with the short names and the headers of a usual program before and after. Real
 * time, a few milliseconds of it.
 */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <synchronicity/short.h>
#include <synchronicity/step.h>

#include <netdb.h>
#include <regex.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "test.h"

#include <synchronicity/testing.h>

SYNCHRONIZER(demo);

ASYNC(demo, int, square, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(self->x * self->x);
    co_end;
}

static void the_first_story_runs_as_it_is_written(void)
{
    int y;

    syn_test_callers_drive(test_driving);
    if (square(0.001, 42, &y) != 0)
        syn_perror("square");
    CHECK_INT(y, 42 * 42);

    struct square_future f[10];
    for (int i = 0; i < 10; i++) f[i] = square_future(0.01, i);
    for (int i = 0; i < 10; i++) future_get(f[i], &y);
    CHECK_INT(y, 81);

    if (future_get_by(square_future(100.0, 42), &y, syn_after(0.002)) != SYN_ETIMEDOUT)
        CHECK(!"timed out");
    CHECK_INT(synchronizer_free(&demo), 0);
}

/* The same task in continuation-passing style. */
struct nap;
static struct syn_step nap_woken(struct nap *self);

ASYNC(demo, int, nap, (double, seconds), (int, x))
{
    return step_sleep(self, self->seconds, nap_woken);
}
static struct syn_step nap_woken(struct nap *self)
{
    return step_return(self, self->x * self->x);
}

static void the_story_in_steps_runs_as_it_is_written(void)
{
    int y;

    syn_test_callers_drive(test_driving);
    CHECK_INT(nap(0.001, 6, &y), 0);
    CHECK_INT(y, 36);
    CHECK_INT(synchronizer_free(&demo), 0);
}

/* A library: the header declares, the .c file defines; a free function; waiting for
 * descriptors as 3d does. */
SYNCHRONIZER_DECLARE(library);
ASYNC_DECLARE(int, library_ask, SYN_COPY(const char *, question), (int, fd));

SYNCHRONIZER_DEFINE(library, .caller_may_drive = 1);

ASYNC(SYN_FREE, int, read_byte, (int, fd), SYN_LOCAL(unsigned char, byte))
{
    co_begin;
    co_readable(self->fd);
    if (read(self->fd, &self->byte, 1) != 1) co_fail(SYN_EIO, "nothing to read");
    co_return(self->byte);
    co_end;
}

ASYNC_DEFINE(library, int, library_ask, SYN_COPY(const char *, question), (int, fd))
{
    co_begin;
    co_writable(self->fd);
    if (write(self->fd, self->question, 1) != 1) co_fail(SYN_EPIPE);
    co_try(read_byte_future(self->fd), &self->result);
    co_return_result;
    co_finally;
    co_end;
}

static void a_library_of_two_files_runs_as_it_is_written(void)
{
    int ends[2], answer = 0;
    char question = 0;

    syn_test_callers_drive(test_driving);
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    struct library_ask_future f = library_ask_future("?", ends[0]);
    CHECK_INT(read(ends[1], &question, 1), 1);
    CHECK_INT(question, '?');
    CHECK_INT(write(ends[1], "!", 1), 1);
    CHECK_INT(future_get(f, &answer), 0);
    CHECK_INT(answer, '!');
    close(ends[0]);
    close(ends[1]);
    CHECK_INT(synchronizer_free(&library), 0);
    CHECK_INT(synchronizer_free(syn_default_synchronizer()), 0);
}

PROMISE(int, number);

static void promises_run_as_they_are_written(void)
{
    struct number_promise p;
    struct number_future f;
    int y = 0;

    CHECK_INT(promise_new(number, &p, &f), 0);
    promise_complete(p, &(int){42});
    CHECK_INT(future_get(f, &y), 0);
    CHECK_INT(y, 42);
}

static const struct test_case cases[] = {
    TEST(the_first_story_runs_as_it_is_written),
    TEST(the_story_in_steps_runs_as_it_is_written),
    TEST(a_library_of_two_files_runs_as_it_is_written),
    TEST(promises_run_as_they_are_written),
};
TEST_MAIN_BOTH_MODES("short_names", cases);
