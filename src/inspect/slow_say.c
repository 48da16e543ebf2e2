/* SPDX-License-Identifier: Apache-2.0
 *
 * The report of a slow step: its function, those that await it, and what the system says of its thread. By the
 * thread that makes a round.
 *
 * On Linux /proc says of another thread of the process whether it runs, and, if it sleeps, in which function of
 * the kernel and to which instruction it returns. Discarded: a signal with a handler that unwinds. It ends system calls
 * of the program early, and unwinding takes locks that the thread may hold, which is what it may be slow for.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/say.h"
#include "inspect/site.h"
#include "inspect/slow.h"

enum {
    SLOW_TEXT = 4000,
    SLOW_CHAIN = 16,       /* tasks of a chain that are shown */
    SLOW_REPORTS = 8,      /* within */
    SLOW_WITHIN_S = 10,
    SLOW_STANDARD_ERROR = 2
};

struct slow_text {
    char text[SLOW_TEXT];
    size_t n;
};

static void slow_append(void *user, const char *data, size_t size)
{
    struct slow_text *to = user;
    size_t room = sizeof to->text - 2 - to->n;

    size = size < room ? size : room;
    memcpy(to->text + to->n, data, size);
    to->n += size;
}

/* --- the thread --- */

static bool slow_drives(struct syni_peek *peek, const struct syni_self *self, const struct syni_loop *loop)
{
    const struct syni_driving *at = self->driving;
    struct syni_driving driving;

    for (int i = 0; at && i < 16 && syni_peek(peek, &driving, at, sizeof driving); i++) {
        if (driving.loop == loop)
            return true;
        at = driving.outer;
    }
    return false;
}

struct slow_search {
    const struct syni_slow_case *slow;
    struct syni_self found;
    bool is_found;
};

static bool slow_is_it(struct syni_dump *dump, const struct syni_list *node, void *user)
{
    struct slow_search *search = user;
    const struct syni_slow_case *slow = search->slow;

    search->is_found = syni_peek(&dump->peek, &search->found,
                                 SYNI_CONTAINER(node, const struct syni_self, link),
                                 sizeof search->found) &&
                       (slow->worker ? search->found.worker == slow->worker
                                     : slow_drives(&dump->peek, &search->found, &slow->address->loop));
    return !search->is_found;
}

/* Returns its number. */
static long slow_say_thread(struct syni_dump *dump, const struct syni_slow_case *slow)
{
    struct slow_search search = {.slow = slow};
    char what[SYNI_DUMP_NAME];

    syni_dump_each(dump, syni_self_list(), 10000, slow_is_it, &search);
    if (!search.is_found)
        return 0;
    syni_dump_thing(dump, 0, "thread", search.found.name);
    if (search.found.sleeps_for) {
        syni_peek_string(&dump->peek, what, sizeof what, search.found.sleeps_for);
        syni_dump_word(dump, "waits_for", ": waits for ", what);
    }
    if (search.found.number) {
        syni_slow_say_system(dump, search.found.number);
        syni_dump_number(dump, "number", NULL, search.found.number);
    }
    return search.found.number;
}

/* What the file FILE of thread NUMBER says, at most SIZE bytes of it; false: there is none. */
static bool slow_read(long number, const char *file, char *out, size_t size)
{
    char path[64];
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "/proc/self/task/%ld/%s", number, file);
    fd = syni_descriptor(open(path, O_RDONLY | O_CLOEXEC));
    if (fd < 0)
        return false;
    n = read(fd, out, size - 1);
    close(fd);
    out[n > 0 ? n : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    return n > 0;
}

static void slow_say_call(struct syni_dump *dump, long number)
{
    char call[256], place[100];
    const char *pc;

    if (!slow_read(number, "syscall", call, sizeof call) || call[0] < '-' || call[0] > '9')
        return; /* "running" */
    if (call[0] != '-')
        syni_dump_number(dump, "call", "system call", strtol(call, NULL, 10));
    pc = strrchr(call, ' ');
    syni_site_of_code(pc ? strtoull(pc + 1, NULL, 16) : 0, place, sizeof place);
    if (place[0])
        syni_dump_word(dump, "at", "at ", place);
}

void syni_slow_say_system(struct syni_dump *dump, long number)
{
    char stat[512], wchan[64];
    const char *state;

    if (!slow_read(number, "stat", stat, sizeof stat) || !(state = strrchr(stat, ')')) || !state[1])
        return;
    if (state[2] == 'R') {
        syni_dump_word(dump, "system", ": ", "computes");
        return;
    }
    syni_dump_word(dump, "system", ": ",
                   state[2] == 'T' || state[2] == 't' ? "is stopped" : "sleeps in the kernel");
    if (slow_read(number, "wchan", wchan, sizeof wchan) && wchan[0] != '0')
        syni_dump_word(dump, "wchan", "in ", wchan);
    slow_say_call(dump, number);
}

/* --- the report --- */

static void slow_say_first(struct syni_text *text, const struct syni_slow_case *slow)
{
    syni_text_put(text, slow->worker ? "synchronicity: the job " : "synchronicity: a step of ");
    syni_text_put(text, slow->function);
    syni_text_put(text, slow->worker ? " holds a thread of '" : " holds '");
    syni_text_put(text, slow->where);
    syni_text_put(text, "' for ");
    syni_text_seconds(text, slow->held_ns);
    syni_text_put(text, slow->worker ? " s\n" : " s, and no other task there runs\n");
}

static void slow_say_last(struct syni_text *text, unsigned long omitted)
{
    if (text->column > 0)
        syni_text_put(text, "\n");
    if (omitted) {
        syni_text_put(text, "and reports of slow steps that were left out: ");
        syni_text_number(text, (int64_t)omitted);
        syni_text_put(text, "\n");
    }
    syni_text_flush(text);
}

/* Whether there may be one more at NOW. */
static bool slow_may_say(int64_t now, unsigned long *out_omitted)
{
    static int64_t began;
    static unsigned said;
    static unsigned long omitted;

    if (said == 0 || now - began >= (int64_t)SLOW_WITHIN_S * 1000000000) {
        began = now;
        said = 0;
    }
    if (said == SLOW_REPORTS) {
        omitted++;
        return false;
    }
    said++;
    *out_omitted = omitted;
    omitted = 0;
    return true;
}

void syni_slow_say(struct syni_peek *peek, const struct syni_slow_case *slow, int64_t now)
{
    struct slow_text to = {.n = 0};
    struct syni_dump dump = {.peek = *peek, .text = {.write = slow_append, .user = &to}};
    struct syn_slow report = {.where = slow->where,
                              .function = slow->function,
                              .held_ns = slow->held_ns,
                              .text = to.text};

    if (!slow_may_say(now, &report.omitted))
        return;
    slow_say_first(&dump.text, slow);
    if (slow->home) {
        syni_dump_chain(&dump, slow->address, slow->home, slow->home->current, SLOW_CHAIN);
    } else if (slow->core) {
        syni_dump_awaiting(&dump, slow->core, SLOW_CHAIN);
        syni_dump_threads_at(&dump, slow->core);
    }
    report.thread = slow_say_thread(&dump, slow);
    slow_say_last(&dump.text, report.omitted);
    to.text[to.n] = '\0';
    if (slow->on_slow)
        slow->on_slow(slow->user, &report);
    else
        syni_put(SLOW_STANDARD_ERROR, to.text);
}
