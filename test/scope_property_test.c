/* SPDX-License-Identifier: Apache-2.0
 *
 * Random trees of scopes against a model that knows nothing of tasks.
 *
 * A tree has leaves, which take a time and then succeed or fail, and nodes that join, race
 * or take any of their children, with limits, deadlines and clean-up of their own; the whole
 * is cancelled, or has a deadline, at some moment. The model says by plain recursion when
 * each of them ends and with what; the library, on a virtual clock, must say the same to the
 * nanosecond. Times are drawn from 2^40 ns, so that no two fall together.
 *
 * A failing tree is printed by its number; SCOPE_TREE=<number> in the environment runs that
 * one alone.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo, .cleanup_limit_ns = INT64_MAX);

enum { CHILDREN = 5, DEPTH = 4, TREES = 3000 / TEST_SLOWNESS };
#define NEVER INT64_MAX

enum kind { LEAF, JOIN, RACE, ANY };

/* How something went: when it was over, and how. */
struct outcome {
    int64_t end;
    syn_err err;
    bool by_request; /* it ended because it was asked to */
    bool began;
};

struct node {
    enum kind kind;
    int64_t takes;   /* a leaf */
    syn_err fails;   /* a leaf: 0, or with what */
    int64_t cleanup;
    int64_t deadline; /* of its scope, from its start; NEVER */
    unsigned limit;  /* JOIN */
    bool keeps_going;
    int n;
    struct node *children[CHILDREN];
    struct outcome expected, actual;
    int cleaned;
};

static uint64_t state;

static uint64_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static int64_t draw_time(void)
{
    return (int64_t)(draw() % (UINT64_C(1) << 40)) + 1;
}

static struct node *grow(int depth)
{
    struct node *node = calloc(1, sizeof *node);

    CHECK(node != NULL);
    node->cleanup = draw_time() / 64 + 1;
    node->deadline = NEVER;
    node->takes = draw_time();
    node->fails = draw() % 4 ? 0 : SYN_EUSER + (syn_err)(draw() % 1000);
    if (depth == 0 || draw() % 4 == 0)
        return node;
    node->kind = draw() % 2 ? JOIN : draw() % 2 ? RACE : ANY;
    node->n = 1 + (int)(draw() % CHILDREN);
    for (int i = 0; i < node->n; i++)
        node->children[i] = grow(depth - 1);
    node->limit = draw() % 2 ? 0 : 1 + (unsigned)(draw() % 3);
    node->keeps_going = draw() % 3 == 0;
    if (draw() % 4 == 0)
        node->deadline = draw_time();
    return node;
}

static void fell(struct node *node)
{
    for (int i = 0; i < node->n; i++)
        fell(node->children[i]);
    free(node);
}

/* --- the model --- */

static void forget(struct node *node)
{
    memset(&node->expected, 0, sizeof node->expected);
    for (int i = 0; i < node->n; i++)
        forget(node->children[i]);
}

/* When something is cancelled, and what it then ends with. */
struct request {
    int64_t at;
    syn_err code;
};
static const struct request no_request = {NEVER, 0};

/* NODE begins at START. */
static struct outcome expect(struct node *node, int64_t start, struct request asked);

static struct outcome leave(struct node *node, int64_t at, syn_err err, bool by_request)
{
    node->expected = (struct outcome){at + node->cleanup, err, by_request, true};
    return node->expected;
}

static struct outcome expect_leaf(struct node *node, int64_t start, struct request asked)
{
    if (asked.at < start + node->takes)
        return leave(node, asked.at, asked.code, true);
    return leave(node, start + node->takes, node->fails, false);
}

/* What a scope knows while the model walks through its children. */
struct walk {
    struct node *node;
    int64_t starts[CHILDREN];
    bool over[CHILDREN];
    int spawned, live;
    int64_t now;
    struct request asked; /* of the scope, so far */
    bool by_request, won;
    syn_err err;
    bool left, left_by_request; /* the owner, before all were spawned */
    syn_err left_with;
};

static void spawn(struct walk *w)
{
    struct node *node = w->node;

    while (w->spawned < node->n && w->asked.at == NEVER &&
           (node->kind != JOIN || !node->limit || w->live < (int)node->limit)) {
        w->starts[w->spawned++] = w->now;
        w->live++;
    }
}

static struct outcome of_child(struct walk *w, int i)
{
    return expect(w->node->children[i], w->starts[i], w->asked);
}

/* The child that ends next; -1: none. */
static int next_to_end(struct walk *w)
{
    int64_t first = NEVER;
    int next = -1;

    for (int i = 0; i < w->spawned; i++) {
        int64_t end = w->over[i] ? NEVER : of_child(w, i).end;

        if (end < first) {
            first = end;
            next = i;
        }
    }
    return next;
}

static void child_ends(struct walk *w, struct outcome child)
{
    enum kind kind = w->node->kind;
    bool asked = w->asked.at != NEVER;

    w->live--;
    if (asked && child.by_request) {
        w->by_request = true;
    } else if (!w->won && (kind == RACE || (kind == ANY && !child.err))) {
        w->won = true;
        w->err = kind == RACE ? child.err : 0;
        if (!asked)
            w->asked = (struct request){w->now, SYN_ECANCELED};
    } else if (child.err && !w->won && !w->err) {
        w->err = child.err;
        if (kind == JOIN && !w->node->keeps_going && !asked)
            w->asked = (struct request){w->now, SYN_ECANCELED};
    }
}

/* The scope was cancelled while its owner waits for room: the owner leaves with the reason. */
static void owner_leaves(struct walk *w, syn_err err, bool by_request)
{
    if (w->left || w->spawned == w->node->n)
        return;
    w->left = true;
    w->left_with = err;
    w->left_by_request = by_request;
}

static struct outcome expect_scope(struct node *node, int64_t start, struct request asked)
{
    struct walk w = {.node = node, .now = start, .asked = no_request};
    struct request deadline = {node->deadline == NEVER ? NEVER : start + node->deadline,
                               SYN_ETIMEDOUT};
    struct request first = asked.at < deadline.at ? asked : deadline;

    spawn(&w);
    while (w.live > 0) {
        int i = next_to_end(&w);
        int64_t at = of_child(&w, i).end;

        if (first.at < at && w.asked.at == NEVER) {
            w.asked = first;
            w.now = first.at;
            /* a spawn tells of the first error, if there was one that ended nobody */
            owner_leaves(&w, first.at != asked.at && w.err ? w.err : first.code,
                         first.at == asked.at);
            continue; /* from here on they end otherwise */
        }
        w.now = at;
        w.over[i] = true;
        child_ends(&w, of_child(&w, i));
        if (w.asked.at != NEVER)
            owner_leaves(&w, w.err, false);
        spawn(&w);
    }
    if (w.left)
        return leave(node, w.now, w.left_with, w.left_by_request);
    if (w.err || w.won || !w.by_request)
        return leave(node, w.now, w.err, false);
    if (asked.at < w.now)
        return leave(node, w.now, asked.code, true);
    return leave(node, w.now, SYN_ETIMEDOUT, false);
}

static struct outcome expect(struct node *node, int64_t start, struct request asked)
{
    forget(node);
    if (asked.at <= start) /* never begins */
        return node->expected = (struct outcome){start, asked.code, true, false};
    return node->kind == LEAF ? expect_leaf(node, start, asked) : expect_scope(node, start, asked);
}

/* --- the library --- */

ASYNC(demo, void, run_node, (struct node *, node), SYN_LOCAL(struct syn_scope, scope),
      SYN_LOCAL(int, i), SYN_LOCAL(struct run_node_future, f[CHILDREN]))
{
    co_begin;
    self->node->actual.began = true;
    if (self->node->kind == LEAF) {
        co_until(((struct syn_deadline){now() + self->node->takes}));
        if (self->node->fails)
            co_fail(self->node->fails);
        co_done;
    }
    if (self->node->deadline != NEVER)
        scope_deadline(&self->scope, (struct syn_deadline){now() + self->node->deadline});
    if (self->node->kind == JOIN) {
        scope_limit(&self->scope, self->node->limit);
        if (self->node->keeps_going)
            scope_keep_going(&self->scope);
        for (self->i = 0; self->i < self->node->n; self->i++)
            co_spawn(&self->scope, run_node_future(self->node->children[self->i]));
        co_join(&self->scope);
        co_check;
        co_done;
    }
    for (int i = 0; i < self->node->n; i++)
        self->f[i] = run_node_future(self->node->children[i]);
    if (self->node->kind == RACE)
        co_race_of(&self->scope, (size_t)self->node->n, self->f);
    else
        co_any_of(&self->scope, (size_t)self->node->n, self->f);
    co_check;
    co_finally;
    self->node->actual.err = co_status;
    CHECK_INT(syn_scope_live(&self->scope), 0);
    co_until(((struct syn_deadline){now() + self->node->cleanup}));
    self->node->actual.end = now();
    self->node->cleaned++;
    co_end;
}

static void compare(const struct node *node, int depth, unsigned long tree)
{
    const struct outcome *e = &node->expected, *a = &node->actual;

    if (a->began != e->began || (e->began && (a->end != e->end || a->err != e->err)) ||
        node->cleaned != e->began)
        test_fail(__FILE__, __LINE__,
                  "tree %lu, depth %d, kind %d: began %d, ended at %lld with %d, cleaned %d; the "
                  "model: %d, %lld, %d",
                  tree, depth, (int)node->kind, a->began, (long long)a->end, a->err, node->cleaned,
                  e->began, (long long)e->end, e->err);
    for (int i = 0; i < node->n; i++)
        compare(node->children[i], depth + 1, tree);
}

static void run_tree(unsigned long number)
{
    struct run_node_future f;
    struct node *tree;
    int64_t start, cut;
    int how;
    syn_err err;

    state = number * UINT64_C(0x9E3779B97F4A7C15) + 1;
    tree = grow(DEPTH);
    how = (int)(draw() % 3);
    cut = draw_time();
    start = now();
    f = run_node_future(tree);
    if (how == 0) {
        expect(tree, start, no_request);
        err = future_get(f);
    } else {
        expect(tree, start, (struct request){start + cut, SYN_ECANCELED});
        err = future_wait_by(f, (struct syn_deadline){start + cut});
        CHECK(err == 0 || err == SYN_ETIMEDOUT);
        err = future_cancel(f);
    }
    if (err != tree->expected.err)
        test_fail(__FILE__, __LINE__, "tree %lu came to %d; the model: %d", number, err,
                  tree->expected.err);
    compare(tree, 0, number);
    fell(tree);
}

static void S1_random_trees_come_out_as_the_model_says(void)
{
    const char *one = getenv("SCOPE_TREE");
    unsigned long first = one ? strtoul(one, NULL, 10) : 1;

    begin();
    for (unsigned long i = first; i <= (one ? first : TREES); i++) {
        if (i % 50 == 0) { /* under another order of what is ready, too */
            CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
            syn_test_seed(i);
            CHECK_INT(synchronizer_start(&demo), 0);
        }
        run_tree(i);
    }
    finish(&demo);
    done_after(20000);
}

static const struct test_case cases[] = {
    TEST(S1_random_trees_come_out_as_the_model_says),
};
TEST_MAIN_BOTH_MODES("scope_property", cases);
