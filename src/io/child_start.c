/* SPDX-License-Identifier: Apache-2.0
 *
 * Starting a child process.
 *
 * On a worker of a pool: posix_spawn() returns when the child has the new program, which may have
 * to come from a disk. It is used, and not fork(), because a large process would have its page
 * tables copied, and because it tells in one way what the exec came to.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#define SYNI_IN_LIBRARY 1

#include "io/child.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <synchronicity/tcp.h>

#include "base/descriptor.h"
#include "base/fault.h"
#include "base/mem.h"
#include "base/reserved.h"
#include "io/socket.h"

extern char **environ;

/* What a start has in hand: the child's ends, all above the standard numbers, so that putting one in
 * its place overwrites no other; and ours. -1: none. */
struct child_ends {
    int theirs[3], ours[3];
};

static void close_all(int fds[3])
{
    for (int i = 0; i < 3; i++)
        if (fds[i] >= 0)
            syni_close(fds[i]);
}

/* The child reads and writes as programs do: it waits. */
static syn_err let_wait(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0 ? errno : SYN_OK;
}

static syn_err make_pipe(struct child_ends *ends, int number)
{
    int pipe[2], theirs = number == 0 ? 0 : 1;
    syn_err err = syni_descriptor_pipe(pipe);

    if (err)
        return err;
    ends->theirs[number] = pipe[theirs];
    ends->ours[number] = pipe[1 - theirs];
    return let_wait(pipe[theirs]);
}

static syn_err make_end(struct child_ends *ends, int number, int what)
{
    if (what == SYN_CHILD_PIPE)
        return make_pipe(ends, number);
    if (what == SYN_CHILD_SAME || (what == SYN_CHILD_OUT && number == 2))
        return SYN_OK;
    if (what == SYN_CHILD_NULL)
        ends->theirs[number] =
            syni_descriptor(syni_fault("open") ? -1 : open("/dev/null", O_RDWR | O_CLOEXEC));
    else if (what > 0)
        ends->theirs[number] = syni_fault("dup") ? -1 : fcntl(what, F_DUPFD_CLOEXEC, 3);
    else
        return SYN_EINVAL;
    return ends->theirs[number] < 0 ? errno : SYN_OK;
}

static syn_err make_ends(struct child_ends *ends, const struct syn_child_options *options)
{
    syn_err err = make_end(ends, 0, options->in);

    if (!err)
        err = make_end(ends, 1, options->out);
    if (!err)
        err = make_end(ends, 2, options->err);
    return err;
}

/* ------------------------------------------------------------------ spawn -- */

static syn_err start_in(posix_spawn_file_actions_t *actions, const char *directory)
{
    if (!directory)
        return SYN_OK;
#if defined(__APPLE__) || (defined(__linux__) && !defined(__GLIBC__)) ||                           \
    (defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 29))
    return posix_spawn_file_actions_addchdir_np(actions, directory);
#else
    (void)actions;
    return SYN_ENOTSUP;
#endif
}

static syn_err place_streams(posix_spawn_file_actions_t *actions, const struct child_ends *ends,
                             const struct syn_child_options *options)
{
    syn_err err = start_in(actions, options->directory);

    for (int i = 0; i < 3 && !err; i++)
        if (ends->theirs[i] >= 0)
            err = posix_spawn_file_actions_adddup2(actions, ends->theirs[i], i);
    if (!err && options->err == SYN_CHILD_OUT)
        err = posix_spawn_file_actions_adddup2(actions, 1, 2);
    return err;
}

/* No signal blocked; SIGPIPE, which programs that use this library often ignore, ends it again.
 * What else is ignored stays so, as nohup(1) means it. */
static syn_err set_signals(posix_spawnattr_t *attributes, int new_session)
{
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    sigset_t set;
    syn_err err;

    if (new_session) {
#ifdef POSIX_SPAWN_SETSID
        flags |= POSIX_SPAWN_SETSID;
#else
        return SYN_ENOTSUP;
#endif
    }
    sigemptyset(&set);
    err = posix_spawnattr_setsigmask(attributes, &set);
    sigaddset(&set, SIGPIPE);
    if (!err)
        err = posix_spawnattr_setsigdefault(attributes, &set);
    return err ? err : posix_spawnattr_setflags(attributes, flags);
}

static syn_err spawn_with(const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attr,
                          const struct syn_child_options *options, pid_t *out_id)
{
    /* The standard forgot a const: the vectors are not changed. */
    union {
        const char *const *given;
        char *const *taken;
    } arguments = {options->arguments}, environment = {options->environment};

    if (syni_fault("posix_spawn"))
        return errno;
    return posix_spawnp(out_id, options->arguments[0], actions, attr, arguments.taken,
                        environment.given ? environment.taken : environ);
}

static syn_err spawn(const struct child_ends *ends, const struct syn_child_options *options,
                     pid_t *out_id)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    syn_err err = posix_spawn_file_actions_init(&actions);

    if (err)
        return err;
    err = posix_spawnattr_init(&attributes);
    if (!err) {
        err = place_streams(&actions, ends, options);
        if (!err)
            err = set_signals(&attributes, options->new_session);
        if (!err)
            err = spawn_with(&actions, &attributes, options, out_id);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return err;
}

/* ------------------------------------------------------------------ start -- */

SYN_BLOCKING(SYN_DEFAULT_POOL, void, reap, (pid_t, id), SYN_NEVER_ABANDONED)
{
    int status;

    while (waitpid(id, &status, 0) < 0 && errno == EINTR)
        ;
}

/* A child that nobody fetched. Its end, which is near, is waited for on a pool. */
static void child_start_discard(struct syn_child *child)
{
    struct reap_future reaped;

    if (!child)
        return;
    kill(child->id, SIGKILL);
    if (!syni_child_has_ended(child)) {
        syn_without_deadline(reaped = reap_future(child->id));
        syn_future_detach(reaped);
    }
    syni_child_free(child);
}

/* The streams to what is OURS. What it made of them before it failed goes with CHILD. */
static syn_err make_streams(struct syn_child *child, int ours[3])
{
    syn_err err = SYN_OK;

    for (int i = 0; i < 3 && !err; i++) {
        if (ours[i] < 0)
            continue;
        err = syn_stream_from_descriptor(ours[i], &child->streams[i]);
        ours[i] = -1; /* the stream's, or closed */
    }
    return err;
}

static syn_err child_start_start(struct syn_child *child, const struct syn_child_options *options)
{
    struct child_ends ends = {{-1, -1, -1}, {-1, -1, -1}};
    syn_err err = make_ends(&ends, options);

    if (!err)
        err = make_streams(child, ends.ours);
    if (!err)
        err = spawn(&ends, options, &child->id);
    close_all(ends.theirs);
    close_all(ends.ours);
    if (!err)
        syni_process_watch_open(&child->watch, child->id);
    return err;
}

static struct syn_child *child_new(const struct syn_child_options *options)
{
    struct syn_child *child = syni_alloc(sizeof *child);

    if (!child)
        return NULL;
    syni_mutex_init(&child->lock, SYNI_RANK_CHILD);
    child->watch.fd = -1;
    child->grace = options->grace > 0 ? options->grace : 5;
    return child;
}

static const char *program_of(const struct syn_child_options *options)
{
    return options && options->arguments ? options->arguments[0] : NULL;
}

SYN_BLOCKING_DEFINE(SYN_DEFAULT_POOL, struct syn_child *, syn_child_start,
                    (const struct syn_child_options *, options), SYN_DESTROY(child_start_discard),
                    SYN_NEVER_ABANDONED)
{
    char message[SYN_MESSAGE_MAX];
    struct syn_child *child;
    syn_err err;

    if (!program_of(options))
        return syn_job_fail(job, SYN_EINVAL, "a child without arguments: the first is its program");
    if (!syni_options_are_known(0, 0, options->reserved))
        return syn_job_fail(job, SYN_EABI, "a child: " SYNI_OPTION_UNKNOWN);
    child = child_new(options);
    if (!child)
        return syn_job_fail(job, SYN_ENOMEM);
    err = child_start_start(child, options);
    if (!err)
        return child;
    syni_child_free(child);
    snprintf(message, sizeof message, "cannot start %.150s", options->arguments[0]);
    return syn_job_fail(job, err, message);
}
