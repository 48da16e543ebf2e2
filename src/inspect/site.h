/* SPDX-License-Identifier: Apache-2.0
 *
 * Where in the program an address of its code is.
 */
#ifndef SYNI_SITE_H
#define SYNI_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The call that returns to ADDRESS: "main.c:31", if the executable or library that it is in has a line table (-g);
 * else how far it is in that, for addr2line: "main+0x11a5"; where the system does not say what is mapped, the
 * address. To OUT, cut at SIZE. Allocates nothing and takes no lock, also in a signal handler; reads the file, so it
 * takes a millisecond for each megabyte of line table. Keeps errno. */
void syni_site_of_call(const void *address, char *out, size_t size);

/* The same for an address itself, never by line. "": nothing is mapped there, or the system does not say. */
void syni_site_of_code(uint64_t address, char *out, size_t size);

/* --- site_line.c --- */

/* A part of an open file. */
struct syni_site_part {
    int fd;
    uint64_t begin, size;
};

/* The file, without its folder, and the line of the code that was linked for ADDRESS. LINES is .debug_line, STRINGS
 * .debug_line_str, PLAIN_STRINGS .debug_str (of which there may be none). False: there is none for it. */
bool syni_site_line(const struct syni_site_part *lines, const struct syni_site_part strings[2],
                    uint64_t address, char *out, size_t size);

#endif
