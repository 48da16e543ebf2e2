/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls by name. Any thread.
 *
 * Arguments are checked and packed before anything begins, in the caller's thread; the method's
 * own face then makes the call, so it dispatches, copies and holds as ever. Discarded: a task
 * around each call that converts its result; one that never begins would lose the call.
 */
#include "object/object.h"
#include "object/value.h"

#include <stdio.h>
#include <string.h>

#include "base/report.h"
#include "future/future.h"
#include "loop/role.h"

enum { ARGUMENTS_MAX = 24 };

const struct syn_method *syn_class_find(const struct syn_class *object_class, const char *name,
                                        size_t n)
{
    const struct syn_method *m;

    for (size_t i = 0; (m = syn_class_method_at(object_class, i)); i++)
        if (strcmp(m->name, name) == 0 && (m->kind != SYN_KIND_GET || n == 0) &&
            (m->kind != SYN_KIND_SET || n == 1))
            return m;
    return NULL;
}

/* A call that is ready to be made: its arguments, packed. */
struct by_name_call {
    const struct syn_method *method;
    struct syn_object *object;
    union syn_raw raw[ARGUMENTS_MAX];
    const void *at[ARGUMENTS_MAX];
    struct syni_complaint complaint;
};

static bool complain(struct by_name_call *call, const char *what)
{
    snprintf(call->complaint.text, sizeof call->complaint.text, "%s: %s",
             call->method ? call->method->name : "a call by name", what);
    return false;
}

static bool by_name_pack(struct by_name_call *call, struct syn_values arguments)
{
    const struct syn_method *method = call->method;

    if (arguments.n != method->n_arguments || arguments.n > ARGUMENTS_MAX) {
        snprintf(call->complaint.text, sizeof call->complaint.text,
                 "%s takes %zu arguments (%s), not %zu", method->name, method->n_arguments,
                 method->signature ? method->signature : "", arguments.n);
        return false;
    }
    for (size_t i = 0; i < arguments.n; i++) {
        if (!syni_value_store(method, i, &arguments.at[i], &call->raw[i], &call->complaint))
            return false;
        call->at[i] = &call->raw[i];
    }
    return true;
}

static bool needs_object(const struct syn_method *method)
{
    return method->kind != SYN_KIND_STATIC && method->kind != SYN_KIND_CONSTRUCTOR;
}

static syn_err check_types(struct by_name_call *call)
{
    const struct syn_method *method = call->method;
    bool can = syni_value_can(&method->result);

    for (size_t i = 0; i < method->n_arguments; i++)
        can = can && syni_value_can(&method->arguments[i]);
    if (can)
        return SYN_OK;
    complain(call, "a struct by value cannot be had by name");
    return SYN_ENOTSUP;
}

static syn_err by_name_prepare(struct by_name_call *call, struct syn_values arguments)
{
    syn_err err;

    if (!call->method) {
        complain(call, "there is no such method");
        return SYN_EINVAL;
    }
    err = check_types(call);
    if (err)
        return err;
    if (needs_object(call->method) && !call->object) {
        complain(call, "there is no object");
        return SYN_EINVAL;
    }
    return by_name_pack(call, arguments) ? SYN_OK : SYN_EINVAL;
}

static syn_err not_callable(struct by_name_call *call)
{
    complain(call, "gives no single result");
    return SYN_ENOTSUP;
}

/* A blocking call of OBJECT's here would wait for itself. */
static bool is_own_loop(const struct by_name_call *call)
{
    struct syni_home *home;

    return needs_object(call->method) && syni_method_home(call->object, &home) == SYN_OK &&
           syni_drives(&home->loop);
}

static syn_err call_and_wait(struct by_name_call *call, union syn_raw *out_raw)
{
    struct syn_future future;
    syn_err err;

    if (is_own_loop(call)) {
        complain(call, "a blocking call on the thread that drives its synchronizer would wait "
                       "for itself; write co_await(syn_method_start(...), &raw) there");
        return syni_refuse(SYN_EDEADLK, "%s", call->complaint.text);
    }
    future = call->method->future(call->object, call->at);
    err = syni_future_get(future, call->method->result.size ? out_raw : NULL);
    if (err == SYN_EDEADLK) { /* of a static one, which has begun */
        syni_future_request_cancel(future);
        syni_future_detach(future);
    }
    return err;
}

syn_err syn_method_call(const struct syn_method *method, struct syn_object *object,
                        struct syn_values arguments, struct syn_value *out_result)
{
    struct by_name_call call = {.method = method, .object = object};
    union syn_raw raw = {0};
    syn_err err = by_name_prepare(&call, arguments);

    if (!err && !method->direct && !method->future)
        err = not_callable(&call);
    if (err)
        return syni_refuse(err, "%s", call.complaint.text);
    if (method->direct)
        method->direct(object, call.at, &raw);
    else
        err = call_and_wait(&call, &raw);
    if (!err && out_result)
        *out_result = syn_value_of(method, &raw);
    return err;
}

/* Why nothing was begun, as a handle, and in this thread's report. */
static syn_err by_name_refuse(const struct by_name_call *call, syn_err err)
{
    return syni_refuse(err, "%s", call->complaint.text);
}

static void call_back(void (*fn)(void), void *user, syn_err err, void *result)
{
    (void)result;
    ((void (*)(void *, syn_err, union syn_raw *))fn)(user, err, NULL);
}

static struct syn_future refused_future(const struct by_name_call *call, syn_err err)
{
    static const struct syn_type type = {.call = call_back};

    return syni_promise_refused(
        &type, err, syni_report_new(err, SYN_BY_LIBRARY, call->complaint.text));
}

struct syn_method_future syn_method_start(const struct syn_method *method,
                                          struct syn_object *object, struct syn_values arguments)
{
    struct by_name_call call = {.method = method, .object = object};
    struct syn_method_future future;
    syn_err err = by_name_prepare(&call, arguments);

    if (!err && !method->future)
        err = not_callable(&call);
    if (err)
        future.u.handle = refused_future(&call, by_name_refuse(&call, err));
    else
        future.u.handle = method->future(object, call.at);
    return future;
}

struct syn_method_channel syn_method_iterate(const struct syn_method *method,
                                             struct syn_object *object,
                                             struct syn_values arguments)
{
    struct by_name_call call = {.method = method, .object = object};
    struct syn_method_channel channel;
    syn_err err = by_name_prepare(&call, arguments);

    if (!err && !method->channel) {
        complain(&call, "is no generator");
        err = SYN_ENOTSUP;
    }
    if (err)
        channel.u.handle = (struct syn_channel){NULL, (uint32_t)by_name_refuse(&call, err), 0};
    else
        channel.u.handle = method->channel(object, call.at);
    return channel;
}
