/* SPDX-License-Identifier: Apache-2.0
 *
 * Files by their descriptors. Each runs on a worker, and uses what its caller lent it: a
 * descriptor, which may be another file's number once the caller closed it, and a buffer. So
 * all but open() are seen to their end.
 *
 * Workers block all signals, but a job may run in the thread that submits it: system calls
 * that a signal interrupted are made again, and writes raise no SIGPIPE.
 */
#define _FILE_OFFSET_BITS 64
#if defined(__linux__)
#define _GNU_SOURCE 1
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#define SYNI_IN_LIBRARY 1

#include "io/path.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/fault.h"
#include "base/say.h"
#include "base/thread.h"

/* What one system call reads or writes at most; between two of them a job can be cancelled. */
enum { FILE_PIECE = 16 << 20 };

_Static_assert(sizeof(off_t) == sizeof(int64_t), "files larger than 2 GiB need a larger off_t");

/* On the thread that lets the result go. */
static void file_discard(int fd)
{
    int cancel_state = syni_thread_hold_cancel();

    close(fd);
    syni_thread_let_cancel(cancel_state);
}

SYN_BLOCKING_DEFINE(SYN_DEFAULT_POOL, int, syn_file_open, SYN_COPY(const char *, path),
                    (int, flags), (int, mode), SYN_DESTROY(file_discard))
{
    syn_err err;
    int fd;

    flags |= O_CLOEXEC;
    do
        fd = syni_descriptor(syni_fault("open") ? -1 : open(syni_path(path), flags, (mode_t)mode));
    while (fd < 0 && errno == EINTR);
    if (fd >= 0)
        return fd;
    err = errno;
    return syn_job_fail(job, err, syni_about("open", path).text);
}

/* An interrupted close is a close. */
SYN_BLOCKING(SYN_DEFAULT_POOL, void, close_file, (int, fd), SYN_NEVER_ABANDONED)
{
    if ((close(fd) < 0 && errno != EINTR) || syni_fault("close"))
        syn_job_fail(job, errno, "cannot close the descriptor");
}

/* Whatever the caller's deadline: it is the end of it. */
syn_err syn_file_close(int fd)
{
    syn_err err = SYN_OK;

    syn_without_deadline(err = close_file(fd));
    return err;
}

struct syn_file_close_future syn_file_close_future(int fd)
{
    struct syn_file_close_future future;

    syn_without_deadline(future.u.handle = close_file_future(fd).u.handle);
    return future;
}

struct syn_file_close_future(syn_file_close_submit)(struct syn_pool *pool, int fd)
{
    struct syn_file_close_future future;

    syn_without_deadline(future.u.handle = syn_pool_submit(pool, close_file, fd).u.handle);
    return future;
}

/* -------------------------------------------------------- reading, writing -- */

static size_t piece_of(size_t size)
{
    if (syni_fault("short"))
        return 1;
    return size < FILE_PIECE ? size : FILE_PIECE;
}

static int64_t moved(int64_t offset, size_t done)
{
    return offset < 0 ? offset : offset + (int64_t)done;
}

static ssize_t file_read_some(int fd, void *buffer, size_t size, int64_t offset)
{
    if (syni_fault("pread"))
        return -1;
    return offset < 0 ? read(fd, buffer, size) : pread(fd, buffer, size, (off_t)offset);
}

static ssize_t file_write_some(int fd, const void *data, size_t size, int64_t offset)
{
    if (syni_fault("pwrite"))
        return -1;
    return offset < 0 ? syni_write_quietly(fd, data, size) : pwrite(fd, data, size, (off_t)offset);
}

/* Why a transfer of SIZE bytes ended after DONE of them. */
static struct syni_words how_far(const char *verb, size_t done, size_t size)
{
    struct syni_words words;

    snprintf(words.text, sizeof words.text, "%zu of %zu bytes were %s", done, size, verb);
    return words;
}

SYN_BLOCKING_DEFINE(SYN_DEFAULT_POOL, size_t, syn_file_read, (int, fd), (void *, buffer),
                    (size_t, size), (int64_t, offset), SYN_NEVER_ABANDONED)
{
    size_t done = 0;
    ssize_t n = 1;

    while (done < size && n != 0) {
        if (syn_pool_job_cancelled())
            return syn_job_fail(job, SYN_ECANCELED, how_far("read", done, size).text);
        n = file_read_some(fd, (char *)buffer + done, piece_of(size - done), moved(offset, done));
        if (n < 0 && errno != EINTR) {
            syn_err err = errno;

            return syn_job_fail(job, err, how_far("read", done, size).text);
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return done;
}

SYN_BLOCKING_DEFINE(SYN_DEFAULT_POOL, void, syn_file_write, (int, fd), (const void *, data),
                    (size_t, size), (int64_t, offset), SYN_NEVER_ABANDONED)
{
    size_t done = 0;

    while (done < size) {
        syn_err err = syn_pool_job_cancelled() ? SYN_ECANCELED : SYN_OK;
        ssize_t n = 0;

        if (!err)
            n = file_write_some(fd, (const char *)data + done, piece_of(size - done),
                                moved(offset, done));
        if (n < 0 && errno != EINTR)
            err = errno;
        else if (!err && n == 0)
            err = SYN_EIO; /* nothing written, and nobody says why */
        if (err) {
            syn_job_fail(job, err, how_far("written", done, size).text);
            return;
        }
        done += n > 0 ? (size_t)n : 0;
    }
}

/* ------------------------------------------------------------------ sync -- */

static int sync_now(int fd)
{
    if (syni_fault("fsync"))
        return -1;
#ifdef F_FULLFSYNC /* there fsync() returns when the disk has it, in whatever cache */
    if (fcntl(fd, F_FULLFSYNC) == 0)
        return 0;
#endif
    return fsync(fd);
}

SYN_BLOCKING_DEFINE(SYN_DEFAULT_POOL, void, syn_file_sync, (int, fd), SYN_NEVER_ABANDONED)
{
    int rc;

    do
        rc = sync_now(fd);
    while (rc < 0 && errno == EINTR);
    if (rc < 0)
        syn_job_fail(job, errno, "what was written may not be on the disk");
}
