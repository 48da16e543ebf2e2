/* SPDX-License-Identifier: Apache-2.0
 *
 * That nothing starves the loop (src/loop/loop_turn.c): while one kind of work never
 * ends, each of the four kinds gets on, a batch a turn.
 *
 * The flood is a thousand pieces of one kind, each of which comes back as soon as
 * it was dealt with; the probes are one piece of each kind.
 */

#include "loop/loop_inbox.h"
#include "loop/watch.h"
#include "support/loop_rig.h"

enum { FLOOD = 1000, FLOOD_FDS = 150 };

struct piece {
    struct syni_job job;
    struct syni_timer timer;
    struct syni_fd_wait wait;
    struct syni_job again; /* descriptors: waits once more */
    bool comes_back;
    int n; /* how often it was dealt with */
};

static struct rig rig;
static struct piece flood[FLOOD], post, timer, ready, descriptor;
static int n_flood; /* pieces dealt with */
static int pipe_ends[FLOOD_FDS + 1][2];

static bool deal_with(struct piece *piece)
{
    piece->n++;
    n_flood += piece->comes_back;
    return piece->comes_back;
}

static void run_posted(struct syni_job *job)
{
    if (deal_with(SYNI_CONTAINER(job, struct piece, job)))
        CHECK(syni_loop_post(&rig.loop, job));
}

static void run_ready(struct syni_job *job)
{
    if (deal_with(SYNI_CONTAINER(job, struct piece, job)))
        syni_loop_ready(&rig.loop, job);
}

static void fire(struct syni_timer *timer_of)
{
    struct piece *piece = SYNI_CONTAINER(timer_of, struct piece, timer);

    if (deal_with(piece))
        syni_timer_start(&rig.loop, &piece->timer, 0, fire); /* in the past */
}

static void wait_again(struct syni_job *job)
{
    CHECK_INT(syni_watch_start(&rig.loop, &SYNI_CONTAINER(job, struct piece, again)->wait), 0);
}

static void is_readable(struct syni_fd_wait *wait)
{
    struct piece *piece = SYNI_CONTAINER(wait, struct piece, wait);

    if (deal_with(piece))
        syni_loop_ready(&rig.loop, &piece->again);
}

static void begin_post(struct piece *piece)
{
    piece->job.run = run_posted;
    CHECK(syni_loop_post(&rig.loop, &piece->job));
}

static void begin_ready(struct piece *piece)
{
    piece->job.run = run_ready;
    syni_loop_ready(&rig.loop, &piece->job);
}

static void begin_timer(struct piece *piece)
{
    syni_timer_start(&rig.loop, &piece->timer, 0, fire);
}

static void begin_descriptor(struct piece *piece)
{
    int *ends = pipe_ends[piece == &descriptor ? FLOOD_FDS : piece - flood];

    make_pipe(ends);
    put(ends[1]);
    piece->wait = (struct syni_fd_wait){.fd = ends[0], .direction = SYNI_READ, .ready = is_readable};
    piece->again.run = wait_again;
    CHECK_INT(syni_watch_start(&rig.loop, &piece->wait), SYN_OK);
}

/* The probe of the flood's own kind may come up behind all of the flood. */
static void check_probe(const struct piece *probe, int turn, int limit)
{
    if (probe->n == 0 && turn >= limit)
        test_fail(__FILE__, __LINE__, "%s starved for %d turns",
                  probe == &post    ? "a post"
                  : probe == &timer ? "a timer"
                  : probe == &ready ? "a ready job"
                                    : "a descriptor",
                  turn);
}

static void check_probes(const struct piece *own, int own_limit)
{
    const struct piece *probes[] = {&post, &timer, &ready, &descriptor};

    for (int turn = 1; turn <= own_limit; turn++) {
        int before = n_flood;

        rig_turns(&rig, 1);
        CHECK(n_flood - before <= SYNI_LOOP_BATCH);
        CHECK(turn == 1 || n_flood > before);
        for (int i = 0; i < 4; i++)
            check_probe(probes[i], turn, probes[i] == own ? own_limit : 2);
    }
}

static void stop_flood(int n)
{
    for (int i = 0; i < n; i++)
        flood[i].comes_back = false;
    rig_turns(&rig, 3 + 2 * FLOOD / SYNI_LOOP_BATCH);
    rig_end(&rig);
    for (int i = 0; i <= FLOOD_FDS; i++)
        if (pipe_ends[i][1])
            close_both(pipe_ends[i]);
}

static void run_flood(int n, void (*begin)(struct piece *piece), const struct piece *own)
{
    rig_by_hand(&rig, NULL, NULL);
    for (int i = 0; i < n; i++) {
        flood[i].comes_back = true;
        begin(&flood[i]);
    }
    begin_post(&post);
    begin_timer(&timer);
    begin_ready(&ready);
    begin_descriptor(&descriptor);
    check_probes(own, own ? 3 + FLOOD / SYNI_LOOP_BATCH : 10);
    stop_flood(n);
}

static void I1_flood_of_posts_starves_nobody(void)
{
    run_flood(FLOOD, begin_post, &post);
}

static void I1_flood_of_timers_starves_nobody(void)
{
    run_flood(FLOOD, begin_timer, &timer);
}

static void I1_flood_of_ready_jobs_starves_nobody(void)
{
    run_flood(FLOOD, begin_ready, &ready);
}

static void I1_flood_of_descriptors_starves_nobody(void)
{
    run_flood(FLOOD_FDS, begin_descriptor, &descriptor);
}

/* One is enough to keep the loop from sleeping, and hence from its look at the
 * kernel, if that depended on it. */
static void I1_one_post_that_comes_back_starves_nobody(void)
{
    run_flood(1, begin_post, NULL);
}

static void I1_one_timer_that_comes_back_starves_nobody(void)
{
    run_flood(1, begin_timer, NULL);
}

static void I1_one_ready_job_that_comes_back_starves_nobody(void)
{
    run_flood(1, begin_ready, NULL);
}

static void I1_every_piece_of_a_flood_gets_on(void)
{
    rig_by_hand(&rig, NULL, NULL);
    for (int i = 0; i < FLOOD; i++) {
        flood[i].comes_back = true;
        (i < FLOOD_FDS ? begin_descriptor
         : i < 400     ? begin_post
         : i < 700     ? begin_timer
                       : begin_ready)(&flood[i]);
    }
    rig_turns(&rig, 20);
    for (int i = 0; i < FLOOD; i++)
        CHECK(flood[i].n >= 4);
    stop_flood(FLOOD);
}

static const struct test_case cases[] = {
    TEST(I1_flood_of_posts_starves_nobody),
    TEST(I1_flood_of_timers_starves_nobody),
    TEST(I1_flood_of_ready_jobs_starves_nobody),
    TEST(I1_flood_of_descriptors_starves_nobody),
    TEST(I1_one_post_that_comes_back_starves_nobody),
    TEST(I1_one_timer_that_comes_back_starves_nobody),
    TEST(I1_one_ready_job_that_comes_back_starves_nobody),
    TEST(I1_every_piece_of_a_flood_gets_on),
};
TEST_MAIN("loop_fairness", cases);
