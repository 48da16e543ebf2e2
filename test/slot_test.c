/* SPDX-License-Identifier: Apache-2.0
 *
 * What handles point to (src/task/slot.c): marks, generations that come to their end, and a look
 * at all of them.
 */
#include "task/slot.h"

#include "test.h"

static struct syni_slot *publish(void *thing, unsigned references)
{
    struct syni_slot *slot = syni_slot_new();

    CHECK(slot != NULL);
    syni_slot_publish(slot, SYNI_SLOT_CORE, thing, references);
    return slot;
}

static void C15_a_reserved_thing_is_neither_used_up_nor_to_be_had(void)
{
    int thing = 0;
    struct syni_slot *slot = publish(&thing, 2);
    uint32_t g = syni_slot_generation(slot);

    CHECK_PTR(syni_slot_take(slot, g, SYNI_SLOT_RESERVE), &thing);
    CHECK(syni_slot_is_reserved(slot, g) && !syni_slot_is_used_up(slot));
    CHECK_PTR(syni_slot_take(slot, g, SYNI_SLOT_RESERVE), NULL);
    CHECK_PTR(syni_slot_take(slot, g, SYNI_SLOT_CONSUME), NULL);
    CHECK_PTR(syni_slot_take(slot, g, SYNI_SLOT_PIN), &thing); /* one may look */
    CHECK(!syni_slot_unpin(slot));
    syni_slot_restore(slot);
    CHECK_PTR(syni_slot_take(slot, g, SYNI_SLOT_RESERVE), &thing);
    syni_slot_commit(slot);
    syni_slot_commit(slot); /* again is once */
    CHECK(syni_slot_is_used_up(slot) && !syni_slot_is_reserved(slot, g));
    CHECK_PTR(syni_slot_take(slot, g, SYNI_SLOT_PIN), NULL);
    CHECK(syni_slot_is_wanted(slot));
    CHECK(!syni_slot_let_go(slot));
    CHECK(!syni_slot_is_wanted(slot));
    CHECK(syni_slot_unpin(slot));
    syni_slot_free(slot);
}

static void C15_what_is_used_up_is_not_to_be_had_again_while_it_is_there(void)
{
    int thing = 0;
    struct syni_slot *slot = publish(&thing, 2);
    uint32_t g = syni_slot_generation(slot);

    CHECK_PTR(syni_slot_take(slot, g, SYNI_SLOT_CONSUME), &thing);
    CHECK_PTR(syni_slot_take(slot, g, SYNI_SLOT_CONSUME), NULL);
    CHECK_PTR(syni_slot_take(slot, g, SYNI_SLOT_RESERVE), NULL);
    CHECK_PTR(syni_slot_take(slot, g, SYNI_SLOT_PIN), NULL);
    CHECK(syni_slot_is_used_up(slot) && syni_slot_generation(slot) == g);
    CHECK(!syni_slot_let_go(slot));
    CHECK(syni_slot_unpin(slot));
    syni_slot_free(slot);
}

/* After its last generation a slot is not used again, so that no number comes twice. */
static void C15_a_slot_that_had_all_its_generations_is_retired(void)
{
    enum { ROUNDS = 2000 }; /* more than there are free ones */
    int thing = 0;
    struct syni_slot *slot = publish(&thing, 1);

    CHECK(syni_slot_unpin(slot));
    /* as if it had been used 2^32 - 2 times */
    slot->life = (uint64_t)(UINT32_MAX - 1) << 32;
    CHECK(!syni_slot_is_spent(slot));
    syni_slot_publish(slot, SYNI_SLOT_CORE, &thing, 1);
    CHECK(syni_slot_is_spent(slot));
    CHECK_PTR(syni_slot_take(slot, UINT32_MAX, SYNI_SLOT_PIN), &thing);
    CHECK(!syni_slot_unpin(slot));
    CHECK(syni_slot_unpin(slot));
    syni_slot_free(slot);
    for (int i = 0; i < ROUNDS; i++) {
        struct syni_slot *other = publish(&thing, 1);

        CHECK(other != slot);
        CHECK(syni_slot_unpin(other));
        syni_slot_free(other);
    }
    CHECK_PTR(syni_slot_take(slot, UINT32_MAX, SYNI_SLOT_PIN_ANY), NULL);
    CHECK_PTR(syni_slot_take(slot, 1, SYNI_SLOT_PIN_ANY), NULL);
}

/* By one step, where nobody but the reader has a reference: not before its producer has given its own up, nor while
 * another looks or has it reserved; and after that nobody finds it. */
static void C15_what_has_ended_is_used_up_by_one_step_while_nobody_else_has_it(void)
{
    int thing = 0;
    struct syni_slot *slot = publish(&thing, 2);
    uint32_t g = syni_slot_generation(slot);

    CHECK_PTR(syni_slot_consume_ended(slot, g), NULL);
    CHECK(syni_slot_take(slot, g, SYNI_SLOT_CLAIM) != NULL);
    CHECK(!syni_slot_unpin(slot)); /* the producer's */
    CHECK_PTR(syni_slot_take(slot, g, SYNI_SLOT_PIN), &thing);
    CHECK_PTR(syni_slot_consume_ended(slot, g), NULL);
    CHECK(!syni_slot_unpin(slot));
    CHECK_PTR(syni_slot_take(slot, g, SYNI_SLOT_RESERVE), &thing);
    CHECK_PTR(syni_slot_consume_ended(slot, g), NULL);
    syni_slot_restore(slot);
    CHECK_PTR(syni_slot_consume_ended(slot, g - 1), NULL);
    CHECK_PTR(syni_slot_consume_ended(slot, g), &thing);
    CHECK_PTR(syni_slot_consume_ended(slot, g), NULL);
    CHECK_PTR(syni_slot_take(slot, g, SYNI_SLOT_PIN_ANY), NULL);
    CHECK_PTR(syni_slot_take(slot, g, SYNI_SLOT_CONSUME), NULL);
    syni_slot_free(slot);
}

static void count(void *core, void *user)
{
    (void)core;
    ++*(int *)user;
}

static void unpin_and_count(void *core, void *user)
{
    CHECK(!syni_slot_unpin(core)); /* each names its own slot here */
    count(core, user);
}

static void V6_all_cores_that_nobody_used_up_are_found(void)
{
    enum { N = 700 }; /* several chunks */
    struct syni_slot *slots[N];
    int n = 0;

    for (int i = 0; i < N; i++) {
        slots[i] = syni_slot_new();
        CHECK(slots[i] != NULL);
        syni_slot_publish(slots[i], i % 2 ? SYNI_SLOT_CORE : SYNI_SLOT_CHANNEL, slots[i], 1);
        if (i % 4 == 1)
            CHECK(syni_slot_take(slots[i], syni_slot_generation(slots[i]), SYNI_SLOT_CONSUME));
    }
    syni_slot_each(SYNI_SLOT_CORE, SYNI_SLOT_PIN, unpin_and_count, &n);
    CHECK_INT(n, N / 4);
    for (int i = 0; i < N; i++) {
        CHECK(syni_slot_unpin(slots[i]));
        syni_slot_free(slots[i]);
    }
    n = 0;
    syni_slot_each(SYNI_SLOT_CORE, SYNI_SLOT_PIN, count, &n);
    CHECK_INT(n, 0);
}

static const struct test_case cases[] = {
    TEST(C15_what_is_used_up_is_not_to_be_had_again_while_it_is_there),
    TEST(C15_a_reserved_thing_is_neither_used_up_nor_to_be_had),
    TEST(C15_what_has_ended_is_used_up_by_one_step_while_nobody_else_has_it),
    TEST(C15_a_slot_that_had_all_its_generations_is_retired),
    TEST(V6_all_cores_that_nobody_used_up_are_found),
};
TEST_MAIN("slot", cases);
