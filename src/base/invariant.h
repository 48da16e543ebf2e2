/* SPDX-License-Identifier: Apache-2.0
 *
 * What must be true, said where it must be. docs/invariants.md lists the rules by number; a lint holds
 * the numbers here against that page. The thread that finds a rule broken prints the rule and the
 * place, and aborts: what goes on with it would fail later and somewhere else.
 *
 * Two forms. SYNI_INVARIANT and SYNI_SURE are in checked builds (SYN_CHECKED) only, and cost nothing
 * in others. SYNI_ALWAYS is in all, for what is cheap to look at and would hang or corrupt in
 * silence: what a program can bring about, too.
 *
 * A condition has no effects: most builds do not evaluate it.
 */
#ifndef SYNI_INVARIANT_H
#define SYNI_INVARIANT_H

#include <synchronicity/map.h>

/* Prints the invariant NUMBER (0: none of the page), WHAT and where, and aborts. */
_Noreturn void syni_invariant_broken(int number, const char *what, const char *file, int line);

/* The invariant NUMBER needs CONDITION here, and SENTENCE says what is wrong without it. */
#define SYNI_ALWAYS(number, condition, sentence)                                                   \
    ((condition) ? (void)0 : syni_invariant_broken(number, sentence, __FILE__, __LINE__))

#if SYNI_CHECKED

#define SYNI_INVARIANT(number, condition) SYNI_ALWAYS(number, condition, #condition)

/* STATEMENT is done only for the sake of a check. */
#define SYNI_NOTE(statement) ((void)(statement))

#else

#define SYNI_INVARIANT(number, condition) ((void)sizeof(!(condition)))
#define SYNI_NOTE(statement) ((void)sizeof(statement))

#endif

/* What the module itself is sure of here, without a number. */
#define SYNI_SURE(condition) SYNI_INVARIANT(0, condition)

#endif
