/* SPDX-License-Identifier: Apache-2.0
 *
 * Files by their names. Each runs on a worker, with a copy of its path, and may be abandoned
 * there: none writes to its caller's memory.
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

#include "base/fault.h"

#if defined(__APPLE__)
#define MODIFIED st_mtimespec
#else
#define MODIFIED st_mtim
#endif

struct syni_words syni_about(const char *verb, const char *path)
{
    struct syni_words words;

    snprintf(words.text, sizeof words.text, "cannot %s %.180s", verb, syni_path(path));
    return words;
}

const char *syni_path(const char *path)
{
    return path ? path : "";
}

/* ------------------------------------------------------------------ stat -- */

static struct syn_file_info info_of(const struct stat *s)
{
    struct syn_file_info info = {
        .mode = s->st_mode,
        .size = s->st_size,
        .modified_ns = (int64_t)s->MODIFIED.tv_sec * 1000000000 + s->MODIFIED.tv_nsec,
        .device = (uint64_t)s->st_dev,
        .inode = (uint64_t)s->st_ino,
    };

    return info;
}

static syn_err stat_path(const char *path, int flags, struct syn_file_info *out_info)
{
    struct stat s;

    if (syni_fault("stat") || fstatat(AT_FDCWD, syni_path(path), &s, flags) < 0)
        return errno;
    *out_info = info_of(&s);
    return SYN_OK;
}

SYN_BLOCKING_DEFINE(SYN_DEFAULT_POOL, struct syn_file_info, syn_file_stat,
                    SYN_COPY(const char *, path))
{
    struct syn_file_info info = {0};
    syn_err err = stat_path(path, 0, &info);

    return err ? syn_job_fail(job, err, syni_about("stat", path).text) : info;
}

SYN_BLOCKING_DEFINE(SYN_DEFAULT_POOL, struct syn_file_info, syn_file_lstat,
                    SYN_COPY(const char *, path))
{
    struct syn_file_info info = {0};
    syn_err err = stat_path(path, AT_SYMLINK_NOFOLLOW, &info);

    return err ? syn_job_fail(job, err, syni_about("stat", path).text) : info;
}

SYN_BLOCKING_DEFINE(SYN_DEFAULT_POOL, struct syn_file_info, syn_file_fstat, (int, fd),
                    SYN_NEVER_ABANDONED)
{
    struct stat s;

    if (syni_fault("stat") || fstat(fd, &s) < 0)
        return syn_job_fail(job, errno, "cannot stat a descriptor");
    return info_of(&s);
}

/* --------------------------------------------------------- what they are called -- */

SYN_BLOCKING_DEFINE(SYN_DEFAULT_POOL, void, syn_file_rename, SYN_COPY(const char *, from),
                    SYN_COPY(const char *, to))
{
    char message[SYN_MESSAGE_MAX];
    syn_err err;

    if (!syni_fault("rename") && rename(syni_path(from), syni_path(to)) == 0)
        return;
    err = errno;
    snprintf(message, sizeof message, "cannot rename %.85s to %.85s", syni_path(from),
             syni_path(to));
    syn_job_fail(job, err, message);
}

SYN_BLOCKING_DEFINE(SYN_DEFAULT_POOL, void, syn_file_unlink, SYN_COPY(const char *, path))
{
    syn_err err = syni_fault("unlink") || unlink(syni_path(path)) < 0 ? errno : SYN_OK;

    if (err)
        syn_job_fail(job, err, syni_about("unlink", path).text);
}

SYN_BLOCKING_DEFINE(SYN_DEFAULT_POOL, void, syn_directory_make, SYN_COPY(const char *, path),
                    (int, mode))
{
    syn_err err = syni_fault("mkdir") || mkdir(syni_path(path), (mode_t)mode) < 0 ? errno : SYN_OK;

    if (err)
        syn_job_fail(job, err, syni_about("make the directory", path).text);
}

SYN_BLOCKING_DEFINE(SYN_DEFAULT_POOL, void, syn_directory_remove, SYN_COPY(const char *, path))
{
    syn_err err = syni_fault("rmdir") || rmdir(syni_path(path)) < 0 ? errno : SYN_OK;

    if (err)
        syn_job_fail(job, err, syni_about("remove the directory", path).text);
}
