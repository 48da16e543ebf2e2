/* SPDX-License-Identifier: Apache-2.0
 *
 * The graph that a search for circles collects (src/circle/graph.c): which of those that wait are stuck.
 */
#define _DEFAULT_SOURCE
#include <errno.h>

#include <synchronicity/mem.h>
#include <synchronicity/testing.h>

#include "circle/graph.h"
#include "test.h"

enum { MOST = 5 };

/* Only their addresses matter. */
static struct syni_core cores[SYNI_GRAPH_FAR + 100];

/* Node I, which is in its wait number WAIT (0: it is not described), for all of TO, or for the FIRST of them. */
struct row {
    int wait;
    bool first;
    int n, to[MOST];
};

static void build(struct syni_graph *graph, const struct row *rows, int n)
{
    memset(graph, 0, sizeof *graph);
    for (int i = 0; i < n; i++)
        CHECK_INT(syni_graph_node(graph, &cores[i], NULL, false), i);
    for (int i = 0; i < n; i++) {
        struct syni_node *node = &graph->nodes[i];

        node->described = rows[i].wait != 0;
        node->wait = rows[i].wait;
        node->first = rows[i].first;
        node->edges = graph->n_edges;
        for (int j = 0; j < rows[i].n; j++)
            CHECK(syni_graph_edge(graph, (unsigned)i, (unsigned)rows[i].to[j]));
    }
}

/* As it is NOW, if it was so BEFORE (NULL: that is not asked). */
static bool is_stuck(const struct row *now, int n, const struct row *before, int n_before)
{
    struct syni_graph graph, earlier;
    bool stuck;

    build(&graph, now, n);
    if (before)
        build(&earlier, before, n_before);
    stuck = syni_graph_is_stuck(&graph, before ? &earlier : NULL);
    syni_graph_fini(&graph);
    if (before)
        syni_graph_fini(&earlier);
    CHECK_INT(syn_memory_use().outstanding, 0);
    return stuck;
}
#define ROWS(...) ((const struct row[]){__VA_ARGS__})
#define STUCK(n, ...) is_stuck(ROWS(__VA_ARGS__), (n), NULL, 0)

static void C8_those_that_wait_for_each_other_are_stuck(void)
{
    CHECK(STUCK(2, {1, .n = 1, .to = {1}}, {1, .n = 1, .to = {0}}));
    CHECK(STUCK(1, {1, .n = 1, .to = {0}}));
    CHECK(STUCK(3, {1, .n = 1, .to = {1}}, {1, .n = 1, .to = {2}}, {1, .n = 1, .to = {0}}));
    CHECK(!STUCK(3, {1, .n = 1, .to = {1}}, {1, .n = 1, .to = {2}}, {0}));
}

static void C8_one_that_waits_for_all_is_stuck_by_one_and_for_the_first_by_each(void)
{
    CHECK(STUCK(3, {1, .n = 2, .to = {1, 2}}, {1, .n = 1, .to = {0}}, {0}));
    CHECK(!STUCK(3, {1, true, .n = 2, .to = {1, 2}}, {1, .n = 1, .to = {0}}, {0}));
    CHECK(STUCK(3, {1, true, .n = 2, .to = {1, 2}}, {1, .n = 1, .to = {0}}, {1, .n = 1, .to = {0}}));
    CHECK(!STUCK(1, {1, true, .n = 0}));
}

/* Another search tells those. */
static void C8_one_that_waits_for_a_circle_is_in_none(void)
{
    static const struct row both[] = {{1, .n = 2, .to = {1, 3}}, {1, .n = 1, .to = {2}}, {1, .n = 1, .to = {1}},
                                      {1, .n = 1, .to = {0}}};
    struct syni_graph graph;

    CHECK(!STUCK(3, {1, .n = 1, .to = {1}}, {1, .n = 1, .to = {2}}, {1, .n = 1, .to = {1}}));
    build(&graph, both, 4);
    CHECK(syni_graph_is_stuck(&graph, NULL));
    CHECK(!syni_graph_blames(&graph, &cores[1]));
    CHECK(syni_graph_blames(&graph, &cores[3]));
    CHECK(syni_graph_next(&graph, &graph.nodes[0]) == &graph.nodes[3]);
    CHECK(syni_graph_next(&graph, &graph.nodes[1]) == &graph.nodes[1]);
    syni_graph_fini(&graph);
}

static void C8_what_did_not_stand_before_in_the_same_wait_is_free(void)
{
    static const struct row now[] = {{1, .n = 1, .to = {1}}, {2, .n = 2, .to = {0, 2}}, {0}};
    static const struct row another_wait[] = {{1, .n = 1, .to = {1}}, {1, .n = 2, .to = {0, 2}}, {0}};
    static const struct row without_the_edge[] = {{1, .n = 1, .to = {1}}, {2, .n = 1, .to = {2}}, {0}};

    CHECK(is_stuck(now, 3, now, 3));
    CHECK(!is_stuck(now, 3, another_wait, 3));
    CHECK(!is_stuck(now, 3, without_the_edge, 3));
    CHECK(!is_stuck(now, 3, now, 1));
}

static void H1_what_is_too_much_is_cut(void)
{
    struct syni_graph graph = {0};
    int n = 0;

    while (syni_graph_node(&graph, &cores[n], NULL, false) == n)
        n++;
    CHECK(graph.cut);
    CHECK(n >= SYNI_GRAPH_FAR);
    CHECK_INT(syni_graph_node(&graph, &cores[7], NULL, false), 7); /* one that is there */
    CHECK(!graph.nodes[0].described);
    syni_graph_fini(&graph);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

static void T4_without_memory_it_is_cut(void)
{
    struct syni_graph graph = {0};

    for (unsigned long nth = 1; nth <= 2; nth++) {
        syn_fault_set("alloc", nth, 1, ENOMEM);
        CHECK_INT(syni_graph_node(&graph, &cores[0], NULL, false), -1);
        CHECK(graph.cut);
        CHECK_INT(syn_memory_use().outstanding, 0);
        graph.cut = false;
    }
    syn_fault_clear();
    CHECK_INT(syni_graph_node(&graph, &cores[0], NULL, false), 0);
    syn_fault_set("alloc", 1, 1, ENOMEM);
    CHECK(!syni_graph_edge(&graph, 0, 0));
    CHECK(graph.cut);
    syn_fault_clear();
    syni_graph_fini(&graph);
}

static const struct test_case cases[] = {
    TEST(C8_those_that_wait_for_each_other_are_stuck),
    TEST(C8_one_that_waits_for_all_is_stuck_by_one_and_for_the_first_by_each),
    TEST(C8_one_that_waits_for_a_circle_is_in_none),
    TEST(C8_what_did_not_stand_before_in_the_same_wait_is_free),
    TEST(H1_what_is_too_much_is_cut),
    TEST(T4_without_memory_it_is_cut),
};
TEST_MAIN("graph", cases);
