/* SPDX-License-Identifier: Apache-2.0
 *
 * Scopes in real time: many threads, two synchronizers, children that end, fail and are
 * cancelled at any moment. Everything that began must have ended when a scope is through.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"
#include "support/random.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);

static _Atomic(int) running;

ASYNC(other, int, leaf_there, (uint32_t, random))
{
    co_begin;
    running++;
    if (self->random % 3)
        co_sleep(self->random % 100 * 1e-5);
    if (self->random % 11 == 0)
        co_fail(SYN_EIO);
    self->result = 1;
    co_finally;
    if (self->random % 5 == 0)
        co_pass;
    running--;
    co_end;
}

ASYNC(demo, int, node, (uint32_t, random), (int, depth), SYN_LOCAL(struct syn_scope, scope),
      SYN_LOCAL(int, i), SYN_LOCAL(int, out[6]), SYN_LOCAL(struct leaf_there_future, f[3]))
{
    co_begin;
    running++;
    scope_limit(&self->scope, self->random % 4);
    if (self->random % 7 == 0)
        scope_deadline(&self->scope, syn_after(self->random % 50 * 1e-5));
    if (self->random % 3 == 0) {
        for (int i = 0; i < 3; i++)
            self->f[i] = leaf_there_future(next_random(&self->random));
        co_race_of(&self->scope, 3, self->f, self->out);
    } else {
        for (self->i = 0; self->i < 6; self->i++)
            if (self->depth > 0 && self->i % 2)
                co_spawn(&self->scope, node_future(next_random(&self->random), self->depth - 1),
                         &self->out[self->i]);
            else
                co_spawn(&self->scope, leaf_there_future(next_random(&self->random)),
                         &self->out[self->i]);
        co_join(&self->scope);
        co_check;
    }
    co_finally;
    CHECK_INT(syn_scope_live(&self->scope), 0);
    running--;
    co_end;
}

enum { ROUNDS = 300 / TEST_SLOWNESS + 1, THREADS = 4 };

static void works(int thread, void *seed)
{
    uint32_t random = *(uint32_t *)seed + (uint32_t)thread * 7919 + 1;

    for (int i = 0; i < ROUNDS; i++) {
        struct syn_scope scope = SYN_SCOPE;
        int out[4];

        scope_limit(&scope, next_random(&random) % 3);
        for (int j = 0; j < 4; j++) {
            struct node_future f = node_future(next_random(&random), 2);

            if (next_random(&random) % 4 == 0)
                future_request_cancel(f);
            if (scope_spawn(&scope, f, &out[j]))
                CHECK(future_cancel(f) != SYN_EDEADLK);
        }
        if (next_random(&random) % 3 == 0)
            scope_cancel(&scope);
        call_by(syn_after(next_random(&random) % 200 * 1e-5), scope_join(&scope));
        CHECK_INT(syn_scope_live(&scope), 0);
    }
}

static void S1_scopes_of_many_threads_leave_nobody(void)
{
    uint32_t seed = (uint32_t)(syn_clock_now(NULL) / 1000) | 1;

    printf("seed %u\n", (unsigned)seed);
    begin_in_real_time();
    crew_run(THREADS, works, &seed);
    finish(&demo);
    finish(&other);
    CHECK_INT(running, 0);
}

static const struct test_case cases[] = {
    TEST(S1_scopes_of_many_threads_leave_nobody),
};
TEST_MAIN_BOTH_MODES("scopes", cases);
