/* SPDX-License-Identifier: Apache-2.0
 *
 * A broken invariant: words, and the end. Any thread, under any lock.
 */
#include "base/invariant.h"

#include <stdlib.h>

#include "base/say.h"

_Noreturn void syni_invariant_broken(int number, const char *what, const char *file, int line)
{
    if (number)
        syni_print("%s:%d: invariant %d of docs/invariants.md is broken: %s", file, line, number, what);
    else
        syni_print("%s:%d: this must be true, and is not: %s", file, line, what);
    abort(); /* as syni_panic(), which stands upon us */
}
