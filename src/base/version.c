/* SPDX-License-Identifier: Apache-2.0
 *
 * The version that was linked, to be compared with the one in the header.
 */
#include <synchronicity/version.h>

#define TEXT(x) TEXT_(x)
#define TEXT_(x) #x

int syn_version(void)
{
    return SYN_VERSION;
}

const char *syn_version_text(void)
{
    return TEXT(SYN_VERSION_MAJOR) "." TEXT(SYN_VERSION_MINOR) "." TEXT(SYN_VERSION_PATCH);
}
