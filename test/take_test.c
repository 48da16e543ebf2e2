/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments that a call takes over: freed once, by the body once it has begun, and by the library
 * if it never does, in every kind of function; and copies of bytes. Virtual time, both modes.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

#include <synchronicity/blocking_generator.h>
#include <synchronicity/method.h>

SYNCHRONIZER(demo);
SYNCHRONIZER(stopped);
POOL(workers, .max_threads = 1);

/* What is handed over. */
struct parcel {
    atomic_int freed;
};

static struct parcel parcel;
static atomic_int begun;

static void let_go(struct parcel *it)
{
    it->freed++;
}

static struct parcel *a_parcel(void)
{
    parcel.freed = 0;
    begun = 0;
    return &parcel;
}

/* Freed once, and by the library. */
#define CHECK_LET_GO                                                                               \
    do {                                                                                           \
        CHECK_INT(parcel.freed, 1);                                                                \
        CHECK_INT(begun, 0);                                                                       \
    } while (0)
#define CHECK_BODY_FREED                                                                           \
    do {                                                                                           \
        CHECK_INT(parcel.freed, 1);                                                                \
        CHECK_INT(begun, 1);                                                                       \
    } while (0)

#define SERVE(self)                                                                                \
    {                                                                                              \
        co_begin;                                                                                  \
        begun++;                                                                                   \
        co_sleep(1.0);                                                                             \
        co_finally;                                                                                \
        let_go(self->parcel);                                                                      \
        co_end;                                                                                    \
    }

ASYNC(demo, void, serves, SYN_TAKE(struct parcel *, parcel, let_go))
SERVE(self)
ASYNC(stopped, void, serves_nobody, SYN_TAKE(struct parcel *, parcel, let_go))
SERVE(self)
ASYNC(demo, int, serves_and_copies, SYN_TAKE(struct parcel *, parcel, let_go),
      SYN_COPY(const char *, text), SYN_COPY_BYTES(const int *, numbers, n * sizeof(int)),
      (size_t, n))
{
    co_begin;
    begun++;
    co_sleep(1.0);
    co_finally;
    let_go(self->parcel);
    self->result = (int)strlen(self->text);
    for (size_t i = 0; i < self->n; i++)
        self->result += self->numbers[i];
    co_end;
}

static void C18_a_call_that_began_frees_what_it_took_over_by_itself(void)
{
    begin();
    CHECK_INT(serves(a_parcel()), 0);
    CHECK_BODY_FREED;
    CHECK_INT(future_get(serves_future(a_parcel())), 0);
    CHECK_BODY_FREED;
    CHECK_INT(call_by(syn_after(0.5), serves(a_parcel())), SYN_ETIMEDOUT);
    CHECK_BODY_FREED;
    finish(&demo);
    done();
}

static void C18_a_call_that_is_cancelled_before_it_begins_lets_go_of_it(void)
{
    struct serves_future f[100];

    begin();
    for (int i = 0; i < 100; i++) { /* the loop is fast or slow: it began or not, freed once */
        CHECK(future_cancel(serves_future(a_parcel())) == SYN_ECANCELED);
        CHECK_INT(parcel.freed, 1);
    }
    a_parcel();
    for (int i = 0; i < 100; i++)
        f[i] = serves_future(&parcel);
    for (int i = 0; i < 100; i++)
        future_request_cancel(f[i]);
    for (int i = 0; i < 100; i++)
        CHECK_INT(future_cancel(f[i]), SYN_ECANCELED);
    CHECK_INT(parcel.freed, 100);
    finish(&demo);
    done_after(512); /* a loop keeps the frames of ended calls for its own */
}

/* In a step nothing begins before it returns. */
ASYNC(demo, void, changes_its_mind, SYN_LOCAL(struct serves_future, f))
{
    co_begin;
    self->f = serves_future(a_parcel());
    future_request_cancel(self->f);
    CHECK_INT(parcel.freed, 0);
    co_await(self->f);
    CHECK_INT(co_status, SYN_ECANCELED);
    CHECK_LET_GO;
    CHECK_INT(serves(a_parcel()), SYN_EDEADLK);
    CHECK_LET_GO;
    co_end;
}

static void C18_a_call_that_never_begins_in_a_task_lets_go_of_it(void)
{
    begin();
    CHECK_INT(changes_its_mind(), 0);
    finish(&demo);
    done();
}

static void C18_a_call_that_is_refused_lets_go_of_it(void)
{
    begin();
    CHECK_INT(synchronizer_start(&stopped), 0);
    CHECK_INT(synchronizer_stop(&stopped, syn_never()), 0);
    CHECK_INT(serves_nobody(a_parcel()), SYN_ECLOSED);
    CHECK_LET_GO;
    CHECK_INT(future_get(serves_nobody_future(a_parcel())), SYN_ECLOSED);
    CHECK_LET_GO;
    finish(&stopped);
    done();
}

static syn_err with_little_memory(void)
{
    static const int numbers[] = {1, 2, 3};
    int y = 0;
    syn_err err = future_get(serves_and_copies_future(a_parcel(), "four", numbers, 3), &y);

    CHECK_INT(y, err ? 0 : 10);
    CHECK_INT(parcel.freed, 1);
    CHECK_INT(begun, err ? 0 : 1);
    return err;
}

static void C18_a_call_without_memory_lets_go_of_it(void)
{
    unsigned long nth = 0;
    syn_err err;

    begin();
    CHECK_INT(with_little_memory(), 0);
    do {
        syn_fault_set("alloc", ++nth, 1, ENOMEM);
        err = with_little_memory();
        syn_fault_clear();
        CHECK(err == SYN_OK || err == SYN_ENOMEM);
    } while (err);
    CHECK(nth > 2); /* both copies, and perhaps the frame */
    finish(&demo);
    done();
}

/* --- bytes --- */

ASYNC(demo, int, sums, (size_t, n), SYN_COPY_BYTES(const int *, numbers, n * sizeof *numbers))
{
    co_begin;
    co_sleep(1.0);
    if (!self->numbers)
        co_return(-1);
    for (size_t i = 0; i < self->n; i++)
        self->result += self->numbers[i];
    co_return_result;
    co_end;
}

BLOCKING(workers, int, sums_on_a_pool, (size_t, n),
         SYN_COPY_BYTES(const int *, numbers, n * sizeof *numbers))
{
    int sum = numbers ? 0 : -1;

    (void)job;
    for (size_t i = 0; numbers && i < n; i++)
        sum += numbers[i];
    return sum;
}

static void C18_bytes_are_copied_with_their_length(void)
{
    int numbers[3] = {1, 2, 3}, y;
    struct sums_future f;
    struct sums_on_a_pool_future g;

    begin();
    f = sums_future(3, numbers);
    g = sums_on_a_pool_future(3, numbers);
    memset(numbers, 0, sizeof numbers);
    CHECK_INT(future_get(f, &y), 0);
    CHECK_INT(y, 6);
    CHECK_INT(future_get(g, &y), 0);
    CHECK_INT(y, 6);
    CHECK_INT(future_get(sums_future(0, numbers), &y), 0);
    CHECK_INT(y, 0);
    CHECK_INT(future_get(sums_future(0, NULL), &y), 0);
    CHECK_INT(y, -1);
    CHECK_INT(future_get(sums_future(SIZE_MAX / sizeof(int), numbers), &y), SYN_ENOMEM);
    CHECK_INT(pool_stop(&workers, syn_never()), 0);
    finish(&demo);
    done();
}

/* --- generators, contexts --- */

GENERATOR(demo, int, yields, SYN_TAKE(struct parcel *, parcel, let_go))
{
    co_begin;
    begun++;
    co_yield(1);
    co_check;
    co_finally;
    let_go(self->parcel);
    co_end;
}
GENERATOR(stopped, int, yields_nothing, SYN_TAKE(struct parcel *, parcel, let_go))
{
    (void)begun;
    let_go(self->parcel);
    return step_done(self);
}
CONTEXT(demo, int, session, SYN_TAKE(struct parcel *, parcel, let_go))
{
    co_begin;
    begun++;
    co_yield(1);
    co_finally;
    let_go(self->parcel);
    co_end;
}

static void C18_a_generator_that_nobody_asks_lets_go_of_it(void)
{
    struct yields_channel ch;
    struct yields_nothing_channel none;
    int y = 0;

    begin();
    ch = yields(a_parcel());
    CHECK_INT(parcel.freed, 0);
    CHECK_INT(channel_close(ch), 0);
    CHECK_LET_GO;
    ch = yields(a_parcel());
    CHECK_INT(channel_next(ch, &y), 0);
    CHECK_INT(channel_close(ch), 0);
    CHECK_BODY_FREED;
    CHECK_INT(synchronizer_start(&stopped), 0);
    none = yields_nothing(a_parcel());
    CHECK_INT(synchronizer_stop(&stopped, syn_never()), 0);
    CHECK_INT(channel_next(none, &y), SYN_ECLOSED);
    CHECK_LET_GO;
    CHECK_INT(channel_close(none), 0);
    none = yields_nothing(a_parcel());
    CHECK_LET_GO;
    CHECK_INT(channel_next(none, &y), SYN_ECLOSED);
    finish(&stopped);
    finish(&demo);
    done();
}

static void C18_a_context_lets_go_of_it_without_memory_and_its_body_frees_it(void)
{
    syn_err err = SYN_OK;
    int entered = 0;

    begin();
    with_context (int, v, session(a_parcel()), &err)
        entered += v;
    CHECK_INT(entered, 1);
    CHECK_BODY_FREED;
    syn_fault_set("alloc", 1, 100, ENOMEM);
    with_context (int, v, session(a_parcel()), &err)
        entered += v;
    syn_fault_clear();
    CHECK(parcel.freed == 1); /* there may have been a spare frame */
    CHECK_INT(begun, err ? 0 : 1);
    finish(&demo);
    done();
}

/* --- jobs --- */

/* Keeps the only worker until the other end is closed. */
BLOCKING(workers, void, reads, (int, fd))
{
    char byte;

    (void)job;
    CHECK_INT(read(fd, &byte, 1), 0);
}

BLOCKING(workers, int, works, SYN_TAKE(struct parcel *, parcel, let_go))
{
    (void)job;
    begun++;
    let_go(parcel);
    return 1;
}

BLOCKING_GENERATOR(workers, int, makes, SYN_TAKE(struct parcel *, parcel, let_go))
{
    begun++;
    CHECK(job_yield(job, 1)); /* it is closed meanwhile */
    let_go(parcel);
}

static void C18_a_job_that_never_begins_lets_go_of_it(void)
{
    struct reads_future busy;
    struct works_future f, g;
    struct makes_channel ch;
    int y, ends[2];

    begin_in_real_time();
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(works(a_parcel(), &y), 0);
    CHECK_BODY_FREED;
    busy = reads_future(ends[0]);
    f = works_future(a_parcel());
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_LET_GO;
    ch = makes(a_parcel());
    CHECK_INT(channel_close(ch), 0);
    CHECK_LET_GO;
    g = works_future(a_parcel());
    close(ends[1]);
    CHECK_INT(future_get(busy), 0);
    CHECK_INT(future_get(g, &y), 0);
    CHECK_BODY_FREED;
    CHECK_INT(pool_stop(&workers, syn_never()), 0);
    CHECK_INT(works(a_parcel(), &y), SYN_ECLOSED);
    CHECK_LET_GO;
    CHECK_INT(future_get(works_future(a_parcel()), &y), SYN_ECLOSED);
    CHECK_LET_GO;
    ch = makes(a_parcel());
    CHECK_INT(channel_next(ch, &y), SYN_ECLOSED);
    CHECK_LET_GO;
    CHECK_INT(channel_close(ch), 0);
    close(ends[0]);
}

static void C18_a_blocking_generator_frees_it_in_its_body(void)
{
    struct makes_channel ch;
    int y;

    begin_in_real_time();
    ch = makes(a_parcel());
    CHECK_INT(channel_next(ch, &y), 0);
    CHECK_INT(channel_close(ch), 0);
    CHECK_INT(pool_stop(&workers, syn_never()), 0);
    CHECK_BODY_FREED;
}

ASYNC(demo, void, blocks_in_a_step)
{
    co_begin;
    CHECK_INT(works(a_parcel(), NULL), SYN_EDEADLK);
    CHECK_LET_GO;
    co_end;
}

static void C18_a_job_that_would_block_a_loop_lets_go_of_it(void)
{
    begin();
    CHECK_INT(blocks_in_a_step(), 0);
    finish(&demo);
    done();
}

/* --- methods --- */

#define BOX_METHODS(M, C)                                                                          \
    M(C, constructor, make, SYN_TAKE(struct parcel *, parcel, let_go))                             \
    M(C, async, void, put, SYN_TAKE(struct parcel *, parcel, let_go))                              \
    M(C, blocking, void, pack, SYN_TAKE(struct parcel *, parcel, let_go))                          \
    M(C, generator, int, all, SYN_TAKE(struct parcel *, parcel, let_go))
CLASS(box, BOX_METHODS);
struct box_impl {
    int unused;
};
CONSTRUCTOR(box, make, SYN_TAKE(struct parcel *, parcel, let_go))
SERVE(self)
METHOD(box, void, put, SYN_TAKE(struct parcel *, parcel, let_go))
SERVE(self)
METHOD_BLOCKING(workers, box, void, pack, SYN_TAKE(struct parcel *, parcel, let_go))
{
    begun++;
    let_go(parcel);
}
METHOD_GENERATOR(box, int, all, SYN_TAKE(struct parcel *, parcel, let_go))
{
    co_begin;
    begun++;
    co_yield(1);
    co_check;
    co_finally;
    let_go(self->parcel);
    co_end;
}
CLASS_TABLE(stopped, box, BOX_METHODS, NULL);

/* What is called on no object, and on one that ended. */
static void refused_by(struct box *box, syn_err why)
{
    int y;

    CHECK_INT(box_put(box, a_parcel()), why);
    CHECK_LET_GO;
    CHECK_INT(future_get(box_put_future(box, a_parcel())), why);
    CHECK_LET_GO;
    CHECK_INT(box_pack(box, a_parcel()), why);
    CHECK_LET_GO;
    CHECK_INT(channel_next(box_all(box, a_parcel()), &y), why);
    CHECK_LET_GO;
}

static void C18_methods_and_constructors_that_are_refused_let_go_of_it(void)
{
    struct box_all_channel ch;
    struct box *box = NULL, *none = NULL;

    begin();
    CHECK_INT(box_make(a_parcel(), &box), 0);
    CHECK_BODY_FREED;
    CHECK_INT(box_put(box, a_parcel()), 0);
    CHECK_BODY_FREED;
    CHECK_INT(box_pack(box, a_parcel()), 0);
    CHECK_BODY_FREED;
    ch = box_all(box, a_parcel());
    CHECK_INT(channel_close(ch), 0);
    CHECK_LET_GO;
    refused_by(NULL, SYN_EINVAL);
    CHECK_INT(synchronizer_stop(&stopped, syn_never()), 0);
    refused_by(box, SYN_ECLOSED);
    box_release(box);
    CHECK_INT(box_make(a_parcel(), &none), SYN_ECLOSED);
    CHECK_LET_GO;
    CHECK_INT(future_get(box_make_future(a_parcel()), &none), SYN_ECLOSED);
    CHECK_LET_GO;
    CHECK_INT(pool_stop(&workers, syn_never()), 0);
    finish(&stopped);
    done();
}

static const struct test_case cases[] = {
    TEST(C18_a_call_that_began_frees_what_it_took_over_by_itself),
    TEST(C18_a_call_that_is_cancelled_before_it_begins_lets_go_of_it),
    TEST(C18_a_call_that_never_begins_in_a_task_lets_go_of_it),
    TEST(C18_a_call_that_is_refused_lets_go_of_it),
    TEST(C18_a_call_without_memory_lets_go_of_it),
    TEST(C18_bytes_are_copied_with_their_length),
    TEST(C18_a_generator_that_nobody_asks_lets_go_of_it),
    TEST(C18_a_context_lets_go_of_it_without_memory_and_its_body_frees_it),
    TEST(C18_a_job_that_never_begins_lets_go_of_it),
    TEST(C18_a_blocking_generator_frees_it_in_its_body),
    TEST(C18_a_job_that_would_block_a_loop_lets_go_of_it),
    TEST(C18_methods_and_constructors_that_are_refused_let_go_of_it),
};
TEST_MAIN_BOTH_MODES("take", cases);
