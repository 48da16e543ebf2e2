/* SPDX-License-Identifier: Apache-2.0
 *
 * The patterns of KEYS and SCAN: * ? [a-z] [^a] and backslash.
 */
#include "kv.h"

#include <stdint.h>

/* Does C match what stands at *AT of the pattern? Moves *AT behind that. */
static bool matches_one(const struct redis_reply *pattern, size_t *at, char c)
{
    bool not, found = false;

    if (pattern->text[*at] == '?')
        return (*at)++, true;
    if (pattern->text[*at] != '[') {
        if (pattern->text[*at] == '\\' && *at + 1 < pattern->size)
            ++*at;
        return pattern->text[(*at)++] == c;
    }
    not = ++*at < pattern->size && pattern->text[*at] == '^';
    *at += not;
    for (; *at < pattern->size && pattern->text[*at] != ']'; ++*at) {
        if (*at + 2 < pattern->size && pattern->text[*at + 1] == '-') {
            found |= pattern->text[*at] <= c && c <= pattern->text[*at + 2];
            *at += 2;
        } else {
            found |= pattern->text[*at] == c;
        }
    }
    *at += *at < pattern->size;
    return found != not;
}

/* With one place to come back to, the latest star: no pattern takes more than the
 * product of the two lengths. */
bool kv_matches(const struct redis_reply *pattern, const char *text, size_t size)
{
    size_t at = 0, i = 0, star = SIZE_MAX, star_i = 0;

    while (i < size) {
        if (at < pattern->size && pattern->text[at] == '*') {
            star = ++at;
            star_i = i;
        } else if (at < pattern->size && matches_one(pattern, &at, text[i])) {
            i++;
        } else if (star != SIZE_MAX) {
            at = star;
            i = ++star_i;
        } else {
            return false;
        }
    }
    while (at < pattern->size && pattern->text[at] == '*')
        at++;
    return at == pattern->size;
}
