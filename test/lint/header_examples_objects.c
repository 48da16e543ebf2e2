/* SPDX-License-Identifier: Apache-2.0
 *
 * More of header_examples.c: objects, calls by name, hosts, codes of one's own, and looking inside.
 */
#define _DEFAULT_SOURCE
#include <poll.h>
#include <signal.h>

#include <synchronicity/short.h>

/* --- object.h, table.h --- */

SYNCHRONIZER(redis_loop);

#define REDIS_METHODS(M, C)                                                                        \
    M(C, constructor, open, SYN_COPY(const char *, host), (int, port))                             \
    M(C, async, int, command, SYN_COPY(const char *, text))
CLASS(redis, REDIS_METHODS);
struct redis_impl {
    int port;
};

CONSTRUCTOR(redis, open, SYN_COPY(const char *, host), (int, port))
{
    me->port = self->port;
    co_done;
}

METHOD(redis, int, command, SYN_COPY(const char *, text))
{
    co_return(me->port);
}

static const struct syn_class *which_redis(const void *implementation)
{
    (void)implementation;
    return &redis_class;
}

SYN_CLASS_TABLE(redis_loop, redis, REDIS_METHODS, NULL, .class_of = which_redis);

void uses_an_object(void);
void uses_an_object(void)
{
    int reply;

    struct redis *db;
    redis_open("127.0.0.1", 6379, &db);
    redis_command(db, "GET foo", &reply);
    redis_release(db);
}

/* --- value.h --- */

syn_err calls_by_name(struct syn_object *object);
syn_err calls_by_name(struct syn_object *object)
{
    syn_err err;

    const struct syn_method *m = syn_class_find(object->object_class, "command", 1);
    struct syn_value line = syn_value_string("GET foo"), reply;

    err = syn_method_call(m, object, (struct syn_values){1, &line}, &reply);
    return err;
}

/* --- host.h --- */

SYNCHRONIZER(app);

void hosts(int mine);
void hosts(int mine)
{
    syn_host_begin(&app);
    for (;;) {
        struct pollfd fds[2] = {{.fd = syn_host_fd(&app), .events = POLLIN},
                                {.fd = mine, .events = POLLIN}};

        poll(fds, 2, syn_host_timeout_ms(&app));
        syn_host_turn(&app);
        if (fds[1].revents)
            break;
    }
}

/* --- err.h --- */

ASYNC(redis_loop, int, square, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(self->x * self->x);
    co_end;
}

void has_codes_of_its_own(void);
void has_codes_of_its_own(void)
{
    int y;

    enum { KV_ELOCKED = SYN_EUSER + 1, KV_ESTALE };
    static const struct syn_err_text texts[] = {
        {KV_ELOCKED, "KV_ELOCKED", "the key is locked"},
        {KV_ESTALE, "KV_ESTALE", "the value is out of date"},
    };
    static struct syn_err_table table = {texts, 2, NULL};

    syn_err_register(&table);
    if (square(1.0, 42, &y) != 0)
        syn_perror("square");
}

/* --- inspect.h --- */

SYNCHRONIZER(db, .step_limit_ns = 50000000);

void looks_inside(void);
void looks_inside(void)
{
    syn_dump(2);
    syn_dump_on_signal(SIGQUIT);
    syn_trace_start(&(struct syn_trace_options){.path = "trace.json"});
    syn_trace_stop();
    syn_environment_allow();
    (void)synchronizer_start(&db);
}
