/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of objects share: a class with every kind of method.
 */
#ifndef DB_RIG_H
#define DB_RIG_H

#include "support/pair_rig.h"
#include "support/story.h"

#include <synchronicity/step.h>

/* The original's example, and more: a connection to a database that answers slowly. */
#define DB_METHODS(M, C)                                                                           \
    M(C, constructor, open, SYN_COPY(const char *, url), (double, seconds))                        \
    M(C, destructor)                                                                               \
    M(C, async, void, connect)                                                                     \
    M(C, async, char *, query, SYN_COPY(const char *, q), DESTROY(free), DOC("Asks the server."))  \
    M(C, async, int, add, (int, a), (int, b))                                                      \
    M(C, async, struct db *, itself, DESTROY(db_release))                                          \
    M(C, async, void, lets_go, (double, seconds))                                                  \
    M(C, generator, int, rows, (int, n))                                                           \
    M(C, direct, int, n_queries)                                                                   \
    M(C, direct, void, reset, (int, to))                                                           \
    M(C, future, int, slowly, (int, x))                                                            \
    M(C, static, int, version)                                                                     \
    M(C, get, int, timeout)                                                                        \
    M(C, set, int, timeout)                                                                        \
    M(C, get, int, age)
CLASS(db, DB_METHODS);

struct db_impl {
    char url[40];
    double seconds;
    bool connected;
    int n_queries, timeout;
};

CONSTRUCTOR(db, open, SYN_COPY(const char *, url), (double, seconds))
{
    co_begin;
    CHECK(me == syn_me(self) && me->n_queries == 0);
    snprintf(me->url, sizeof me->url, "%s", self->url);
    me->seconds = self->seconds;
    co_sleep(self->seconds);
    if (strcmp(self->url, "nowhere") == 0)
        co_fail(SYN_EIO, "no such server");
    tell_that("made");
    co_finally;
    if (co_status)
        tell_that("unmade");
    co_end;
}

DESTRUCTOR(db)
{
    co_begin;
    co_sleep(me->seconds);
    tell_that("destroyed");
    if (strcmp(me->url, "sticky") == 0)
        co_fail(SYN_EBUSY, "it sticks");
    co_end;
}

METHOD(db, void, connect)
{
    co_begin;
    co_sleep(me->seconds);
    me->connected = true;
    co_end;
}

METHOD(db, char *, query, SYN_COPY(const char *, q), DESTROY(free))
{
    char text[100];

    co_begin;
    co_sleep(me->seconds);
    if (!me->connected)
        co_fail(SYN_EUSER + 1, "not connected");
    me->n_queries++;
    snprintf(text, sizeof text, "%s of %s", self->q, me->url);
    co_return(strdup(text));
    co_end;
}

/* In bare steps. */
static struct syn_step added(struct db_add *self);

METHOD(db, int, add, (int, a), (int, b))
{
    return step_sleep(self, me->seconds, added);
}

static inline struct syn_step added(struct db_add *self)
{
    syn_me(self)->n_queries++;
    return step_return(self, self->a + self->b);
}

METHOD(db, struct db *, itself, DESTROY(db_release))
{
    co_begin;
    co_return(db_retain(syn_this(self)));
    co_end;
}

/* Gives up its caller's reference, inside. */
METHOD(db, void, lets_go, (double, seconds))
{
    co_begin;
    db_release(syn_this(self));
    tell_that("released");
    co_sleep(self->seconds);
    me->n_queries++; /* it is still there */
    tell_that("ends");
    co_end;
}

METHOD_GENERATOR(db, int, rows, (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++) {
        co_sleep(me->seconds);
        co_yield(me->n_queries++);
    }
    co_finally;
    tell_that("rows");
    co_end;
}

METHOD_DIRECT(db, int, n_queries)
{
    return me->n_queries;
}

METHOD_DIRECT(db, void, reset, (int, to))
{
    me->n_queries = to;
}

METHOD_FUTURE(db, int, slowly, (int, x))
{
    co_begin;
    co_sleep(1.0);
    co_return(self->x);
    co_end;
}

ASYNC_DEFINE(demo, int, db_version)
{
    return step_return(self, 7);
}

METHOD_GET(db, int, timeout)
{
    co_begin;
    co_sleep(me->seconds);
    co_return(me->timeout);
    co_end;
}

METHOD_SET(db, int, timeout)
{
    co_begin;
    if (self->value < 0)
        co_fail(SYN_EINVAL, "a timeout is not negative");
    me->timeout = self->value;
    co_end;
}

METHOD_GET(db, int, age)
{
    return step_return(self, 42);
}

CLASS_TABLE(demo, db, DB_METHODS, NULL);

static inline struct db *opened(const char *url, double seconds)
{
    struct db *db = NULL;

    CHECK_INT(db_open(url, seconds, &db), 0);
    CHECK(db != NULL);
    return db;
}

#endif
