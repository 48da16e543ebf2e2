/* SPDX-License-Identifier: Apache-2.0
 *
 * Random selects by threads and tasks over many channels: each moves one item.
 */
#define _DEFAULT_SOURCE
#include "support/channel_rig.h"
#include "support/random.h"

enum { CHANNELS = 4, THREADS = 4 };
static struct ints_channel mesh[CHANNELS];
static _Atomic(long) n_sent[CHANNELS], n_got[CHANNELS], sum_sent, sum_got;
static long each;

/* Each waits for any of two channels to take from and two to give to. */
static void selects_at_random(int number, void *unused)
{
    uint32_t state = (uint32_t)number + 1;

    (void)unused;
    for (long i = 0; i < each; i++) {
        uint32_t r = next_random(&state);
        int c[4] = {r % 4, r / 4 % 4, r / 16 % 4, r / 64 % 4}, x[2] = {-1, -1};
        int y[2] = {(int)(r % 1000), (int)(r / 7 % 1000)};
        int which = channel_select(NULL, ON_NEXT(mesh[c[0]], &x[0]), ON_SEND(mesh[c[1]], &y[0]),
                                   ON_NEXT(mesh[c[2]], &x[1]), ON_SEND(mesh[c[3]], &y[1]),
                                   ON_TIME(syn_after(r % 3 ? 0.0001 : 0)));

        CHECK(which >= 0);
        if (which == 4)
            CHECK(x[0] == -1 && x[1] == -1);
        else if (which % 2) {
            n_sent[c[which]]++;
            sum_sent += y[which / 2];
        } else {
            CHECK(x[which / 2] >= 0 && x[1 - which / 2] == -1);
            n_got[c[which]]++;
            sum_got += x[which / 2];
        }
    }
}

static void *random_thread(void *argument)
{
    selects_at_random((int)(intptr_t)argument, NULL);
    return NULL;
}

ASYNC(demo, void, selects_in_a_task, (uint32_t, state), SYN_LOCAL(long, i),
      SYN_LOCAL(struct syn_choice, on[5]), SYN_LOCAL(int, x), SYN_LOCAL(int, y))
{
    unsigned c, d;

    co_begin;
    for (self->i = 0; self->i < each; self->i++) {
        c = next_random(&self->state) % 4;
        d = next_random(&self->state) % 4;
        self->x = -1;
        self->y = (int)(self->i % 1000);
        co_select(self->on, ON_NEXT(mesh[c], &self->x), ON_SEND(mesh[d], &self->y),
                  ON_TIME(syn_after(0.0002)));
        for (d = 0; d < CHANNELS; d++)
            if (self->on[syn_chosen(self->on)].channel.slot == mesh[d].u.handle.slot)
                break;
        if (syn_chosen(self->on) == 0) {
            CHECK(self->x >= 0);
            n_got[d]++;
            sum_got += self->x;
        } else if (syn_chosen(self->on) == 1) {
            CHECK_INT(self->x, -1);
            n_sent[d]++;
            sum_sent += self->y;
        }
    }
    co_end;
}

static void G9_of_a_million_random_selects_each_moves_one_item(void)
{
    pthread_t threads[THREADS];
    struct selects_in_a_task_future f, g;
    long left = 0, sum_left = 0;

    begin_in_real_time();
    each = 1000000 / (THREADS + 2) / (TEST_SLOWNESS > 1 ? 20 : 1);
    for (int i = 0; i < CHANNELS; i++)
        mesh[i] = ints(i); /* 0, 1, 2 and 3 */
    f = selects_in_a_task_future(77);
    g = selects_in_a_task_future(78);
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, random_thread, (void *)(intptr_t)i), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(future_get(f), 0);
    CHECK_INT(future_get(g), 0);
    for (int i = 0; i < CHANNELS; i++) {
        int x;

        for (; channel_try_next(mesh[i], &x) == 0; left++, n_got[i]++)
            sum_left += x;
        CHECK_INT(n_got[i], n_sent[i]);
        channel_close(mesh[i]);
    }
    CHECK_INT(sum_got + sum_left, sum_sent);
    CHECK(n_sent[0] > 0 && n_sent[3] > 0);
    finish(&demo);
}

static const struct test_case cases[] = {
    TEST(G9_of_a_million_random_selects_each_moves_one_item),
};
TEST_MAIN_BOTH_MODES("select_many", cases);
