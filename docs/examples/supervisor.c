/* SPDX-License-Identifier: Apache-2.0
 *
 * A supervisor: it keeps three workers running, starts one that fails again after a pause
 * that grows, and gives up on the fourth failure of the same one; then the others are
 * cancelled and clean up before it returns. Time is virtual, so the minutes below take none.
 */
#include <stdio.h>

#include <synchronicity/short.h>
#include <synchronicity/testing.h>

enum { WORKERS = 3, RESTARTS = 3 };

SYNCHRONIZER(app);
static struct syn_clock *clock_of_all;

static int seconds(void)
{
    return (int)(syn_clock_now(clock_of_all) / 1000000000);
}

/* Works until it is cancelled, or fails after FAILS_AFTER seconds. */
ASYNC(app, void, worker, (int, number), (double, fails_after))
{
    co_begin;
    printf("%3d s: worker %d begins\n", seconds(), self->number);
    co_sleep(self->fails_after);
    co_fail(SYN_EIO, "it broke");
    co_finally;
    printf("%3d s: worker %d ends: %s\n", seconds(), self->number, syn_strerror(co_status));
    co_end;
}

/* One worker, as often as it takes. */
ASYNC(app, void, keep_running, (int, number), (double, fails_after), SYN_LOCAL(int, restarts),
      SYN_LOCAL(double, pause))
{
    co_begin;
    for (self->pause = 1.0; self->restarts <= RESTARTS; self->restarts++) {
        co_await(worker_future(self->number, self->fails_after));
        co_sleep(self->pause);
        self->pause *= 2;
    }
    co_fail(SYN_EIO, "a worker fails again and again");
    co_end;
}

ASYNC(app, void, supervise, SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < WORKERS; self->i++)
        co_spawn(&self->scope, keep_running_future(self->i, self->i == 1 ? 10.0 : 1000.0));
    co_join(&self->scope);
    co_check;
    co_finally;
    printf("%3d s: the supervisor ends: %s\n", seconds(), syn_strerror(co_status));
    co_end;
}

int main(void)
{
    if (syn_clock_new(&clock_of_all))
        return syn_perror("clock"), 1;
    syn_clock_use(clock_of_all);
    printf("stopped from outside after 15 s:\n");
    call_by(syn_after(15.0), supervise());
    printf("left to itself:\n");
    if (supervise())
        syn_perror("supervise");
    synchronizer_stop(&app, syn_never());
    if (synchronizer_free(&app))
        syn_perror("synchronizer_free");
    syn_clock_use(NULL);
    return syn_clock_free(clock_of_all) != 0;
}
