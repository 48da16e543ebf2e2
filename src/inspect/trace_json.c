/* SPDX-License-Identifier: Apache-2.0
 *
 * A trace as JSON: an array of objects, each of a kind ("ph") of Chrome's trace-event format.
 *
 *     B E   a slice of a thread's track: a step, a job, a drive, a blocking wait
 *     b e   a bar of a task: from its call to its end, and each of its waits inside
 *     s f   an arrow: from a call to the first step, from a wake to the step
 *     X     a slice without length, where an arrow needs one to begin at
 *     i     a mark: a wake-up by a system call, the driving handed over
 *     M     the name of a thread
 *
 * Each line but the first begins with its comma, so that what was written is valid with a "]" at any
 * time. By the reader of the rings, also a handler of SIGABRT: so nothing here allocates or locks.
 */
#include "inspect/trace.h"

/* The beginning of an object: its kind, track and time. */
static void json_begin(struct syni_text *text, const char *ph, unsigned thread, int64_t ns)
{
    syni_text_put(text, ",\n{\"ph\":\"");
    syni_text_put(text, ph);
    syni_text_put(text, "\",\"pid\":1,\"tid\":");
    syni_text_number(text, thread);
    syni_text_put(text, ",\"ts\":");
    syni_text_micros(text, ns);
}

static void json_string(struct syni_text *text, const char *key, const char *value)
{
    syni_text_put(text, ",\"");
    syni_text_put(text, key);
    syni_text_put(text, "\":");
    syni_text_quoted(text, value);
}

static void json_id(struct syni_text *text, const char *cat, uintptr_t id)
{
    json_string(text, "cat", cat);
    syni_text_put(text, ",\"id\":\"");
    syni_text_hex(text, id);
    syni_text_put(text, "\"");
}

struct json_at {
    struct syni_text *text;
    unsigned thread;
    const struct syni_traced *event;
};

static void json_slice(const struct json_at *at, const char *before, const char *name)
{
    json_begin(at->text, "B", at->thread, at->event->ns);
    syni_text_put(at->text, ",\"name\":\"");
    syni_text_put(at->text, before);
    syni_text_put(at->text, "\",\"args\":{\"of\":");
    syni_text_quoted(at->text, name);
    syni_text_put(at->text, "}}");
}

static void json_step(const struct json_at *at)
{
    json_begin(at->text, "B", at->thread, at->event->ns);
    json_string(at->text, "name", at->event->name);
    syni_text_put(at->text, ",\"args\":{\"where\":");
    syni_text_quoted(at->text, at->event->where);
    syni_text_put(at->text, ",\"id\":\"");
    syni_text_hex(at->text, at->event->id);
    syni_text_put(at->text, "\"}}");
}

/* A bar of the task, or its end; NULL: of the innermost. */
static void json_bar(const struct json_at *at, const char *ph, const char *name)
{
    json_begin(at->text, ph, at->thread, at->event->ns);
    json_id(at->text, "task", at->event->id);
    if (name)
        json_string(at->text, "name", name);
    if (at->event->err) {
        syni_text_put(at->text, ",\"args\":{\"error\":");
        syni_text_number(at->text, at->event->err);
        syni_text_put(at->text, "}");
    }
    syni_text_put(at->text, "}");
}

/* The beginning ("s") or end ("f") of an arrow. */
static void json_arrow(const struct json_at *at, const char *ph, const char *cat)
{
    json_begin(at->text, ph, at->thread, at->event->ns);
    json_id(at->text, cat, at->event->id);
    json_string(at->text, "name", cat);
    syni_text_put(at->text, ph[0] == 'f' ? ",\"bp\":\"e\"}" : "}");
}

/* Something of no length, from which an arrow may begin. */
static void json_point(const struct json_at *at, const char *name)
{
    json_begin(at->text, "X", at->thread, at->event->ns);
    syni_text_put(at->text, ",\"dur\":0");
    json_string(at->text, "name", name);
    syni_text_put(at->text, ",\"args\":{\"of\":");
    syni_text_quoted(at->text, at->event->name);
    syni_text_put(at->text, "}}");
}

static void json_mark(const struct json_at *at, const char *name)
{
    json_begin(at->text, "i", at->thread, at->event->ns);
    json_string(at->text, "name", name);
    syni_text_put(at->text, ",\"s\":\"t\",\"args\":{\"where\":");
    syni_text_quoted(at->text, at->event->where);
    syni_text_put(at->text, "}}");
}

static void json_task(const struct json_at *at)
{
    const struct syni_traced *event = at->event;

    switch (event->hook) {
    case SYN_HOOK_TASK_MADE:
        json_bar(at, "b", event->name);
        json_point(at, "call");
        json_arrow(at, "s", "call");
        break;
    case SYN_HOOK_TASK_READY:
        if (event->by) {
            json_point(at, "wake");
            json_arrow(at, "s", "wake");
        }
        break;
    case SYN_HOOK_TASK_BEGINS:
        json_step(at);
        json_arrow(at, "f", "call");
        break;
    case SYN_HOOK_TASK_RESUMES:
        json_bar(at, "e", NULL);
        json_step(at);
        if (event->by)
            json_arrow(at, "f", "wake");
        break;
    case SYN_HOOK_TASK_SUSPENDS:
        json_bar(at, "b", event->what[0] ? event->what : "its turn");
        break;
    default: /* it ends */
        if (event->what[0])
            json_bar(at, "e", NULL);
        json_bar(at, "e", event->name);
    }
}

void syni_trace_put(struct syni_text *text, const struct syni_trace_ring *ring,
                    const struct syni_traced *event)
{
    struct json_at at = {text, ring->thread, event};

    for (unsigned i = 0; i < event->closes; i++) {
        json_begin(text, "E", ring->thread, event->ns);
        syni_text_put(text, "}");
    }
    switch (event->hook) {
    case SYN_HOOK_JOB_MADE:
        json_point(&at, "submit");
        json_arrow(&at, "s", "job");
        break;
    case SYN_HOOK_JOB_BEGINS:
        json_step(&at);
        json_arrow(&at, "f", "job");
        break;
    case SYN_HOOK_DRIVE_BEGINS:
        json_slice(&at, "drives", event->where);
        break;
    case SYN_HOOK_WAIT_BEGINS:
        json_slice(&at, "waits", event->what);
        break;
    case SYN_HOOK_LOOP_WAKES:
        json_mark(&at, "wakes");
        break;
    case SYN_HOOK_DRIVE_HANDED:
        json_mark(&at, "is handed the driving");
        break;
    case SYN_HOOK_JOB_ENDS:
    case SYN_HOOK_DRIVE_ENDS:
    case SYN_HOOK_WAIT_ENDS:
        break; /* its slice was closed */
    default:
        json_task(&at);
    }
}

void syni_trace_begin_json(struct syni_text *text)
{
    syni_text_put(text, "[{\"ph\":\"M\",\"pid\":1,\"tid\":0,\"ts\":0,\"name\":\"process_name\","
                        "\"args\":{\"name\":\"synchronicity\"}}");
}

void syni_trace_put_thread(struct syni_text *text, const struct syni_trace_ring *ring)
{
    json_begin(text, "M", ring->thread, 0);
    syni_text_put(text, ",\"name\":\"thread_name\",\"args\":{\"name\":");
    syni_text_quoted(text, ring->thread_name);
    syni_text_put(text, "}}");
}

void syni_trace_end_json(struct syni_text *text, unsigned long dropped)
{
    json_begin(text, "M", 0, 0);
    syni_text_put(text, ",\"name\":\"dropped_events\",\"args\":{\"events\":");
    syni_text_number(text, (int64_t)dropped);
    syni_text_put(text, "}}\n]\n");
    syni_text_flush(text);
}
