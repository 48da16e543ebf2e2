/* SPDX-License-Identifier: Apache-2.0
 *
 * A directory of a case's own, with all that is in it gone at the end.
 */
#ifndef TEMP_DIR_H
#define TEMP_DIR_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static char temp_dir[200];

static inline void temp_begin(void)
{
    const char *base = getenv("TMPDIR");

    snprintf(temp_dir, sizeof temp_dir, "%s/syn-XXXXXX", base ? base : "/tmp");
    CHECK(mkdtemp(temp_dir) != NULL);
}

/* The path of NAME in it; the latest four stay valid. */
static inline const char *in_temp(const char *name)
{
    static char paths[4][sizeof temp_dir + 260];
    static int turn;
    char *path = paths[turn++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", temp_dir, name);
    return path;
}

static inline void temp_file(const char *name, const char *text)
{
    int fd = open(in_temp(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CHECK(fd >= 0);
    CHECK_INT(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static inline void remove_below(int parent, const char *name)
{
    int fd;
    DIR *dir;

    if (unlinkat(parent, name, 0) == 0)
        return;
    fd = openat(parent, name, O_RDONLY | O_DIRECTORY);
    dir = fdopendir(fd);
    CHECK(dir != NULL);
    for (struct dirent *e; (e = readdir(dir));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            remove_below(fd, e->d_name);
    closedir(dir);
    CHECK_INT(unlinkat(parent, name, AT_REMOVEDIR), 0);
}

static inline void temp_end(void)
{
    remove_below(AT_FDCWD, temp_dir);
}

#endif
