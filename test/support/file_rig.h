/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of files share: a directory of its own for each case, and files in it.
 */
#ifndef FILE_RIG_H
#define FILE_RIG_H

#include "support/io_rig.h"
#include "support/pool_rig.h"
#include "support/temp_dir.h"

#include <synchronicity/file.h>

SYNCHRONIZER(demo);

static inline void begin_files(void)
{
    begin();
    temp_begin();
}

static inline void over(void)
{
    temp_end();
    finish_pool(syn_default_pool());
    finish(&demo);
    done();
}

static inline int opened(const char *name)
{
    int fd = -1;

    CHECK_INT(syn_file_open(in_temp(name), O_RDWR | O_CREAT, 0640, &fd), SYN_OK);
    CHECK(fd >= 0);
    return fd;
}

static inline void check_content(int fd, const char *text)
{
    char buffer[100] = "";
    size_t n = 0;

    CHECK_INT(syn_file_read(fd, buffer, sizeof buffer - 1, 0, &n), SYN_OK);
    CHECK_INT(n, strlen(text));
    CHECK_STR(buffer, text);
}

ASYNC(demo, size_t, copies, SYN_COPY(const char *, from), SYN_COPY(const char *, to),
      SYN_LOCAL(int, in), SYN_LOCAL(int, out), SYN_LOCAL(size_t, n), SYN_LOCAL(char, buffer[8]))
{
    co_begin;
    self->in = self->out = -1;
    co_try(syn_file_open_future(self->from, O_RDONLY, 0), &self->in);
    co_try(syn_file_open_future(self->to, O_WRONLY | O_CREAT | O_EXCL, 0600), &self->out);
    do {
        co_try(syn_file_read_future(self->in, self->buffer, 8, (int64_t)self->result), &self->n);
        co_try(syn_file_write_future(self->out, self->buffer, self->n, -1));
        self->result += self->n;
    } while (self->n == 8);
    co_return_result;
    co_finally;
    if (self->in >= 0) {
        co_await(syn_file_close_future(self->in));
        if (co_status == SYN_ENOMEM) /* it never began */
            close(self->in);
    }
    if (self->out >= 0) {
        co_await(syn_file_close_future(self->out));
        if (co_status == SYN_ENOMEM)
            close(self->out);
    }
    co_end;
}

#endif
