/* SPDX-License-Identifier: Apache-2.0
 *
 * Children of scopes with results that go to a wrong type, or nowhere unseen.
 */
#include <synchronicity/short.h>
#include <synchronicity/step.h>

SYNCHRONIZER(demo);

ASYNC(demo, int, square, (int, x))
{
    return step_return(self, self->x * self->x);
}

ASYNC(demo, void, nothing)
{
    return step_done(self);
}

TASK_LOCAL(int, request);

ASYNC(demo, void, spawns, SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, y),
      SYN_LOCAL(double, d), SYN_LOCAL(syn_err, status))
{
    co_begin;
    co_spawn(&self->scope, square_future(1), &self->y, &self->status);
    co_join(&self->scope);
    co_check;
    co_race(&self->scope, (square_future(1), &self->y), (nothing_future()));
#if MISTAKE == 1
    co_spawn(&self->scope, square_future(1), &self->d);
#elif MISTAKE == 2
    co_spawn(&self->scope, square_future(1));
#elif MISTAKE == 3
    co_race(&self->scope, (nothing_future()), (square_future(1), &self->d));
#elif MISTAKE == 4
    co_all(&self->scope, (square_future(1), &self->y, &self->d));
#endif
    co_end;
}

int main(void)
{
    struct syn_scope scope = SYN_SCOPE;
    struct square_future f[2];
    struct nothing_future g[2];
    double d[2];
    int y[2];

    (void)d;
    scope_spawn(&scope, square_future(1), NULL);
    syn_all(&scope, (square_future(1), &y[0]), (nothing_future()));
    syn_any_of(&scope, 0, f, y);
    syn_race_of(&scope, 0, g);
    request_set(&y[0]);
#if MISTAKE == 5
    scope_spawn(&scope, square_future(1), &d[0]);
#elif MISTAKE == 6
    scope_spawn(&scope, square_future(1));
#elif MISTAKE == 7
    scope_spawn(&scope, nothing_future(), &y[0]);
#elif MISTAKE == 8
    syn_all(&scope, (square_future(1), &d[0]), (nothing_future()));
#elif MISTAKE == 9
    syn_all_of(&scope, 2, f, d);
#elif MISTAKE == 10
    syn_all_of(&scope, 2, f);
#elif MISTAKE == 11
    request_set(&d[0]);
#endif
    return spawns();
}
