/* SPDX-License-Identifier: Apache-2.0
 *
 * Codes of the user's own: their numbers, names and texts; and the code 0, which is no error,
 * wherever something fails. Virtual time, both modes.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);
POOL(disk);
PROMISE(int, number);
CHANNEL(int, ints);

enum { KV_ELOCKED = SYN_EUSER + 1, KV_ESTALE, KV_EOTHER };

static const struct syn_err_text texts[] = {
    {KV_ELOCKED, "KV_ELOCKED", "the key is locked"},
    {KV_ESTALE, "KV_ESTALE", "the value is out of date"},
};
static const struct syn_err_text same[] = {{KV_ESTALE, "OTHER_EFULL", "it is full"}};
static struct syn_err_table table = {texts, 2, NULL};

ASYNC(demo, void, fails, (syn_err, err), (const char *, message))
{
    co_begin;
    co_fail(self->err, self->message);
    co_end;
}

static void check_text(syn_err err, const char *expected)
{
    char text[300];

    CHECK_INT(fails(err, "key 3"), err);
    syn_report_text(syn_last_report(), text, sizeof text);
    CHECK(strncmp(text, expected, strlen(expected)) == 0);
}

static void E1_a_users_code_has_its_number_and_what_a_table_says_of_it(void)
{
    begin();
    check_text(KV_ELOCKED, "error 65537: key 3\n");
    CHECK_STR(syn_strerror(KV_ELOCKED), "user's error");
    CHECK_INT(syn_err_register(&table), 0);
    CHECK_INT(syn_err_register(&table), 0);
    check_text(KV_ELOCKED, "the key is locked: key 3\n");
    CHECK_STR(syn_err_name(KV_ESTALE), "KV_ESTALE");
    CHECK_STR(syn_strerror(KV_ESTALE), "the value is out of date");
    check_text(KV_EOTHER, "error 65539: key 3\n");
    CHECK_STR(syn_err_name(KV_EOTHER), "error");
    syn_err_unregister(&table);
    check_text(KV_ESTALE, "error 65538: key 3\n");
    syn_err_unregister(&table);
    CHECK_INT(syn_err_register(&table), 0);
    syn_err_unregister(&table);
    finish(&demo);
    done();
}

static void E5_a_table_that_is_refused_says_why(void)
{
    static const struct syn_err_text low = {SYN_EIO, "MINE", "text"}, nameless = {KV_EOTHER, NULL, "x"},
                                     mute = {KV_EOTHER, "KV_EOTHER", NULL};
    struct syn_err_table bad = {&low, 1, NULL}, other = {same, 1, NULL};

    CHECK_INT(syn_err_register(NULL), SYN_EINVAL);
    CHECK_SAYS("no table of codes");
    CHECK_INT(syn_err_register(&bad), SYN_EINVAL);
    CHECK_SAYS("SYN_EUSER");
    bad.texts = &nameless;
    CHECK_INT(syn_err_register(&bad), SYN_EINVAL);
    CHECK_SAYS("has no name");
    bad.texts = &mute;
    CHECK_INT(syn_err_register(&bad), SYN_EINVAL);
    CHECK_SAYS("has no text");
    CHECK_INT(syn_err_register(&table), 0);
    CHECK_INT(syn_err_register(&other), SYN_EBUSY);
    CHECK_SAYS("OTHER_EFULL, is KV_ESTALE of another table");
    syn_err_unregister(&table);
    CHECK_INT(syn_err_register(&other), 0);
    CHECK_STR(syn_err_name(KV_ESTALE), "OTHER_EFULL");
    syn_err_unregister(&other);
}

static void registers(int number, void *argument)
{
    struct syn_err_text text = {SYN_EUSER + 100 + number, "MINE", "mine"};
    struct syn_err_table mine = {&text, 1, NULL};

    (void)argument;
    for (int i = 0; i < 2000 / TEST_SLOWNESS; i++) {
        CHECK_INT(syn_err_register(&mine), 0);
        CHECK_STR(syn_err_name(text.code), "MINE");
        syn_err_unregister(&mine);
        CHECK_STR(syn_err_name(text.code), "error");
    }
}

static void E1_threads_register_and_look_up_at_once(void)
{
    crew_join(crew_start(4, registers, NULL));
}

BLOCKING(disk, int, job_fails)
{
    return job_fail(job, 0);
}

GENERATOR(demo, int, asks, SENDS(int))
{
    co_begin;
    co_yield(1);
    co_check;
    co_end;
}

ASYNC(demo, void, step_fails)
{
    return step_fail(self, 0);
}

static void E5_to_fail_with_0_is_one_error_that_names_the_function(void)
{
    struct ints_channel ch;
    struct asks_channel g;
    int y;

    begin_in_real_time();
    CHECK_INT(fails(0, NULL), SYN_EINVAL);
    CHECK_SAYS("co_fail or step_fail was given 0");
    CHECK_INT(step_fails(), SYN_EINVAL);
    CHECK_SAYS("co_fail or step_fail was given 0");
    CHECK_INT(job_fails(&y), SYN_EINVAL);
    CHECK_SAYS("job_fail was given 0");
    CHECK_INT(channel_new(ints, 1, &ch), 0);
    CHECK_INT(channel_fail(ch, 0, NULL), 0);
    CHECK_INT(channel_next(ch, &y), SYN_EINVAL);
    CHECK_SAYS("channel_fail was given 0");
    channel_close(ch);
    g = asks();
    CHECK_INT(channel_next(g, &y), 0);
    CHECK_INT(generator_throw(g, 0, NULL, &y), SYN_EINVAL);
    CHECK_SAYS("generator_throw was given 0");
    channel_close(g);
    CHECK_INT(pool_stop(&disk, syn_never()), 0);
    CHECK_INT(pool_free(&disk), 0);
    finish(&demo);
}

static const struct test_case cases[] = {
    TEST(E1_a_users_code_has_its_number_and_what_a_table_says_of_it),
    TEST(E5_a_table_that_is_refused_says_why),
    TEST(E1_threads_register_and_look_up_at_once),
    TEST(E5_to_fail_with_0_is_one_error_that_names_the_function),
};
TEST_MAIN_BOTH_MODES("code", cases);
