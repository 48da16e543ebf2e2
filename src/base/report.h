/* SPDX-License-Identifier: Apache-2.0
 *
 * Reports: made where something fails, handed up from task to task (one owner at
 * a time), kept at last by the thread that asked. See <synchronicity/err.h>.
 *
 * All of these take NULL for "there is no report" and then do nothing, because
 * making one may find no memory, and the error must get through all the same.
 */
#ifndef SYNI_REPORT_H
#define SYNI_REPORT_H

#include <stdbool.h>

#include <synchronicity/err.h>

/* A new report with MESSAGE (copied, cut to fit; NULL: none), or NULL. */
struct syn_report *syni_report_new(syn_err code, enum syn_origin origin, const char *message);

/* The same with a message in printf's manner. */
struct syn_report *syni_report_format(syn_err code, enum syn_origin origin, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A copy of REPORT and, as far as there is memory, of its causes; or NULL. */
struct syn_report *syni_report_copy(const struct syn_report *report);

/* MORE becomes the last of REPORT's causes; false, and it is still the caller's: there is no
 * REPORT. */
bool syni_report_append(struct syn_report *report, struct syn_report *more);

/* The error of a clean-up in the chain that begins with REPORT; NULL: none. */
const struct syn_report *syni_report_of_clean_up(const struct syn_report *report);

/* Frees it and its causes. */
void syni_report_drop(struct syn_report *report);
static inline void syni_report_free(struct syn_report *report)
{
    if (report)
        syni_report_drop(report);
}

/* Appends one line to the trace, at its outer end. */
void syni_report_site(struct syn_report *report, const struct syn_site *site);

/* Makes it the calling thread's latest, in place of the one before. Takes it.
 * When REPORT is NULL the thread has no report, but CODE and ORIGIN are remembered.
 * Returns CODE, for `return`. */
syn_err syni_report_keep(syn_err code, enum syn_origin origin, struct syn_report *report);

/* The latest is CODE, which says it all: "not now", "there is no more". Costs nothing, and
 * keeps syn_perror() from telling of an older error. Returns CODE. */
syn_err syni_answer(syn_err code);

/* Takes the calling thread's latest away, to put it back later. */
struct syn_report *syni_report_take(void);
void syni_report_put(struct syn_report *report);

/* A refusal of the library itself: makes a report and keeps it. Returns CODE. */
syn_err syni_refuse(syn_err code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ERR, the result of a call, for which the code alone says why: FORMAT names the thing. 0: nothing is kept.
 * "Not now" (SYN_EAGAIN) has no words, as in syni_answer(). Returns ERR. */
syn_err syni_name_failure(syn_err err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Why what was made under a deadline that had passed has failed. */
#define SYNI_TOO_LATE "it did not begin, since its deadline had passed"

#endif
