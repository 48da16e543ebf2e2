/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes from outside: the line tables of a program's file, which a dump reads. The address, and where the tables
 * of strings begin, are drawn from the bytes, too.
 *
 * Whatever comes: the search ends, writes no more than there is room for (the address sanitizer looks), and what it
 * finds is a name and a line, the same when it is asked again; where there is less room, the name is cut.
 *
 * For libFuzzer, by `.ci/run fuzz`.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "inspect/site.h"

enum { HEAD = 12, ROOM = 64, LESS = 24 };

static _Noreturn void wrong(const char *what, const char *said)
{
    fprintf(stderr, "%s: \"%s\"\n", what, said);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    struct syni_site_part lines, strings[2];
    char out[ROOM] = "", again[ROOM] = "", less[LESS] = "";
    uint64_t address, ends[2];
    uint16_t sizes[2];

    if (size < HEAD)
        return 0;
    memcpy(&address, data, sizeof address);
    memcpy(sizes, data + sizeof address, sizeof sizes);
    data += HEAD, size -= HEAD;
    ends[1] = sizes[1] < size ? sizes[1] : size;
    ends[0] = sizes[0] < size - ends[1] ? sizes[0] : size - ends[1];
    if (fd < 0)
        fd = memfd_create("lines", 0);
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        wrong("no file", "");
    lines = (struct syni_site_part){fd, 0, size - ends[0] - ends[1]};
    strings[0] = (struct syni_site_part){fd, lines.size, ends[0]};
    strings[1] = (struct syni_site_part){fd, lines.size + ends[0], ends[1]};
    if (!syni_site_line(&lines, strings, address, out, sizeof out))
        return 0;
    if (!memchr(out, '\0', sizeof out) || !strrchr(out, ':'))
        wrong("it is no name and line", "");
    if (!syni_site_line(&lines, strings, address, again, sizeof again) || strcmp(out, again) != 0)
        wrong("asked again it says something else", again);
    if (!syni_site_line(&lines, strings, address, less, sizeof less) ||
        strcmp(strrchr(out, ':'), strrchr(less, ':')) != 0)
        wrong("with less room it is another line", less);
    return 0;
}
