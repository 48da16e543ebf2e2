/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files about files share: words for what failed.
 */
#ifndef SYNI_PATH_H
#define SYNI_PATH_H

#include <synchronicity/file.h>

/* A message, by value. */
struct syni_words {
    char text[SYN_MESSAGE_MAX];
};

/* "cannot VERB PATH", which may be NULL. */
struct syni_words syni_about(const char *verb, const char *path);

/* PATH, or what the system calls for NULL: no name of anything. */
const char *syni_path(const char *path);

#endif
