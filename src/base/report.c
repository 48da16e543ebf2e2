/* SPDX-License-Identifier: Apache-2.0
 *
 * Where reports live. A fixed store serves the usual case, so that an error that
 * is handled allocates nothing; beyond it they come from the allocator.
 *
 * Threads: any. A bit of `taken` says which places of the store are owned; the thread that
 * set it owns the place until the bit is cleared (release), and the next taker
 * sees what was written before (acquire).
 */
#include "base/report.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/say.h"
#include "base/self.h"

enum { STORE_SIZE = 32 };

static struct syn_report report_store[STORE_SIZE];
static _Atomic(uint64_t) taken;
static atomic_int verbose;

/* A REPORT that was used before is empty: its places for sites, of which it says how many are in use, and for a message
 * keep what they have. */
static struct syn_report *empty_again(struct syn_report *report)
{
    report->message[0] = '\0';
    report->n_sites = 0;
    report->cause = NULL;
    report->in_clean_up = 0;
    return report;
}

/* An empty one, but for its code and origin. */
static struct syn_report *take_place(void)
{
    uint64_t now = atomic_load_explicit(&taken, memory_order_relaxed);

    while (now != ((uint64_t)1 << STORE_SIZE) - 1) {
        uint64_t bit = ~now & (now + 1); /* the lowest that is clear */

        /* acquire: pairs with the release in syni_report_free() */
        if (atomic_compare_exchange_weak_explicit(&taken, &now, now | bit, memory_order_acquire,
                                                  memory_order_relaxed)) {
            int place = 0;

            while (bit >> place != 1)
                place++;
            return empty_again(&report_store[place]);
        }
    }
    return syni_alloc(sizeof *report_store);
}

/* Messages of other libraries often end in a newline. */
static void report_trim(char *message)
{
    size_t length = strlen(message);

    while (length > 0 && (message[length - 1] == '\n' || message[length - 1] == ' '))
        message[--length] = '\0';
}

struct syn_report *syni_report_new(syn_err code, enum syn_origin origin, const char *message)
{
    struct syn_report *report = take_place();

    if (!report)
        return NULL;
    report->code = code;
    report->origin = origin;
    if (message) {
        snprintf(report->message, sizeof report->message, "%s", message);
        report_trim(report->message);
    }
    return report;
}

static struct syn_report *format_new(syn_err code, enum syn_origin origin, const char *format,
                                     va_list arguments)
{
    struct syn_report *report = syni_report_new(code, origin, NULL);

    if (report)
        vsnprintf(report->message, sizeof report->message, format, arguments);
    return report;
}

struct syn_report *syni_report_format(syn_err code, enum syn_origin origin, const char *format, ...)
{
    struct syn_report *report;
    va_list arguments;

    va_start(arguments, format);
    report = format_new(code, origin, format, arguments);
    va_end(arguments);
    return report;
}

struct syn_report *syni_report_copy(const struct syn_report *report)
{
    struct syn_report *first = NULL, **end = &first;

    for (; report; report = report->cause) {
        *end = take_place();
        if (!*end)
            break;
        **end = *report;
        (*end)->cause = NULL;
        end = &(*end)->cause;
    }
    return first;
}

bool syni_report_append(struct syn_report *report, struct syn_report *more)
{
    if (!report)
        return false;
    while (report->cause)
        report = report->cause;
    report->cause = more;
    return true;
}

const struct syn_report *syni_report_of_clean_up(const struct syn_report *report)
{
    while (report && !report->in_clean_up)
        report = report->cause;
    return report;
}

static void free_one(struct syn_report *report)
{
    uintptr_t place = (uintptr_t)report - (uintptr_t)report_store;

    if (place < sizeof report_store)
        /* release: the next taker may overwrite what we read */
        atomic_fetch_and_explicit(&taken, ~((uint64_t)1 << (place / sizeof *report_store)),
                                  memory_order_release);
    else
        syni_free(report, sizeof *report);
}

void syni_report_drop(struct syn_report *report)
{
    while (report) {
        struct syn_report *cause = report->cause;

        free_one(report);
        report = cause;
    }
}

void syni_report_site(struct syn_report *report, const struct syn_site *site)
{
    if (!report)
        return;
    if (report->n_sites < SYN_TRACE_MAX) {
        report->sites[report->n_sites] = *site;
    } else {
        /* Full: the middle goes, the inner half and the outermost line stay. */
        memmove(&report->sites[SYN_TRACE_MAX / 2], &report->sites[SYN_TRACE_MAX / 2 + 1],
                (SYN_TRACE_MAX - SYN_TRACE_MAX / 2 - 1) * sizeof *site);
        report->sites[SYN_TRACE_MAX - 1] = *site;
    }
    report->n_sites++;
}

static void report_forget(struct syni_self *self)
{
    syni_report_free(self->report);
    self->report = NULL;
}

static void report_put(struct syni_self *self, struct syn_report *report)
{
    if (report == self->report)
        return;
    if (report)
        syni_self_owns(self, SYNI_OWNS_REPORT, report_forget);
    syni_report_free(self->report);
    self->report = report;
}

void syni_report_put(struct syn_report *report)
{
    report_put(syni_self(), report);
}

enum syn_origin syn_last_origin(void)
{
    return syni_self()->origin;
}

syn_err syni_report_keep(syn_err code, enum syn_origin origin, struct syn_report *report)
{
    struct syni_self *self = syni_self();

    self->code = code;
    self->origin = origin;
    report_put(self, report);
    return code;
}

syn_err syni_answer(syn_err code)
{
    return syni_report_keep(code, SYN_BY_LIBRARY, NULL);
}

struct syn_report *syni_report_take(void)
{
    struct syni_self *self = syni_self();
    struct syn_report *report = self->report;

    self->report = NULL;
    return report;
}

syn_err syni_refuse(syn_err code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    syni_report_keep(code, SYN_BY_LIBRARY, format_new(code, SYN_BY_LIBRARY, format, arguments));
    va_end(arguments);
    return code;
}

syn_err syni_name_failure(syn_err err, const char *format, ...)
{
    va_list arguments;

    if (!err || err == SYN_EAGAIN)
        return err ? syni_answer(err) : SYN_OK;
    va_start(arguments, format);
    syni_report_keep(err, SYN_BY_LIBRARY, format_new(err, SYN_BY_LIBRARY, format, arguments));
    va_end(arguments);
    return err;
}

const struct syn_report *syn_last_report(void)
{
    return syni_self()->report;
}

void syn_verbose(int on)
{
    verbose = on;
}

/* Appends to BUF as far as it goes, counting all the same. */
struct text {
    char *buf;
    int size, length;
};

__attribute__((format(printf, 2, 3))) static void report_add(struct text *text, const char *format,
                                                             ...)
{
    va_list arguments;
    int left = text->size > text->length ? text->size - text->length : 0;
    int n;

    va_start(arguments, format);
    n = vsnprintf(left ? text->buf + text->length : NULL, (size_t)left, format, arguments);
    va_end(arguments);
    if (n > 0)
        text->length += n;
}

static void add_sites(struct text *text, const struct syn_report *report)
{
    int n = report->n_sites < SYN_TRACE_MAX ? report->n_sites : SYN_TRACE_MAX;

    for (int i = 0; i < n; i++) {
        const struct syn_site *site = &report->sites[i];

        if (report->n_sites > SYN_TRACE_MAX && i == SYN_TRACE_MAX / 2)
            report_add(text, "  ... %d more\n", report->n_sites - SYN_TRACE_MAX);
        if (!site->library || verbose)
            report_add(text, "  in %s (%s:%d)\n", site->function, site->file, site->line);
    }
}

/* A user's code that is in no table has only its number, which is put into NUMBER. */
enum { NUMBER_SIZE = 24 };
static const char *text_of(syn_err code, char number[NUMBER_SIZE])
{
    if (code < SYN_EUSER || strcmp(syn_err_name(code), "error") != 0)
        return syn_strerror(code);
    snprintf(number, NUMBER_SIZE, "error %d", code);
    return number;
}

int syn_report_text(const struct syn_report *report, char *buf, int size)
{
    struct text text = {buf, size, 0};

    if (size > 0)
        buf[0] = '\0';
    for (const struct syn_report *r = report; r; r = r->cause) {
        char number[NUMBER_SIZE];

        report_add(&text, "%s%s%s%s\n",
                   r == report      ? ""
                   : r->in_clean_up ? "and its clean-up failed: "
                                    : "caused by: ",
                   text_of(r->code, number), r->message[0] ? ": " : "", r->message);
        add_sites(&text, r);
    }
    return text.length;
}

void syn_perror(const char *what)
{
    const struct syni_self *self = syni_self();
    char text[2048], all[sizeof text + 256];
    int length;

    if (!what)
        what = "error";
    if (self->report) {
        length = syn_report_text(self->report, text, sizeof text);
        snprintf(all, sizeof all, "%.200s: %s%s", what, text,
                 length < (int)sizeof text ? "" : "...\n");
    } else {
        char number[NUMBER_SIZE];

        snprintf(all, sizeof all, "%.200s: %s\n", what,
                 self->code ? text_of(self->code, number) : "no error is recorded for this thread");
    }
    syni_put(STDERR_FILENO, all);
}
