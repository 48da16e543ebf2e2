/* SPDX-License-Identifier: Apache-2.0
 *
 * Traces (<synchronicity/inspect.h>): the JSON is parsed, and held against the format's rules: what begins
 * ends, in order, on each thread and for each task, and each arrow has both its ends.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <synchronicity/inspect.h>

#include "support/json.h"
#include "support/temp_dir.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);
static struct syn_pool jobs = {.options = {.name = "jobs", .max_threads = 3}};

/* A sanitizer for races ends children of processes with threads, unless it is told not to. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "die_after_fork=0:report_thread_leaks=0";
}

/* --- what is traced --- */

BLOCKING(jobs, int, computes, (int, x))
{
    return x * 2;
}

ASYNC(other, int, leaf, (int, x))
{
    co_begin;
    co_try(computes_future(self->x), &self->result);
    co_return_result;
    co_end;
}

ASYNC(demo, int, root, (int, x), SYN_LOCAL(int, y))
{
    co_begin;
    co_sleep(0.001);
    co_try(leaf_future(self->x), &self->y);
    co_return(self->y + 1);
    co_end;
}

static void call_many(int number, void *unused)
{
    int y;

    (void)unused;
    for (int i = 0; i < 20 / TEST_SLOWNESS; i++)
        if ((number + i) % 4) {
            CHECK_INT(root(number, &y), 0);
            CHECK_INT(y, 2 * number + 1);
        } else {
            CHECK(future_cancel(root_future(number)) != SYN_EDEADLK);
        }
}

/* --- what was written --- */

static char *written;
static size_t n_written, n_room;

static void keep_text(void *user, const char *text, size_t size)
{
    (void)user;
    if (n_written + size + 1 > n_room) {
        n_room = 2 * (n_written + size + 1);
        written = realloc(written, n_room);
    }
    CHECK(written != NULL);
    memcpy(written + n_written, text, size);
    n_written += size;
    written[n_written] = '\0';
}

static void begin_trace(unsigned ring_events)
{
    struct syn_trace_options options = {.write = keep_text, .ring_events = ring_events};

    begin();
    CHECK_INT(pool_start(&jobs), SYN_OK); /* after an earlier one */
    CHECK_INT(syn_trace_start(&options), SYN_OK);
}

static struct syn_trace_end end_trace(void)
{
    struct syn_trace_end end;

    CHECK_INT(synchronizer_stop(&demo, syn_never()), SYN_OK);
    CHECK_INT(synchronizer_stop(&other, syn_never()), SYN_OK);
    CHECK_INT(pool_stop(&jobs, syn_never()), SYN_OK);
    end = syn_trace_stop();
    CHECK_INT(synchronizer_free(&demo), SYN_OK);
    CHECK_INT(synchronizer_free(&other), SYN_OK);
    CHECK_INT(syn_pool_free(&jobs), SYN_OK);
    done_after(200);
    return end;
}

enum { IDS = 4096 };
struct tally {
    char id[IDS][48];
    int depth[IDS], n;
};

/* The place of ID in TALLY. */
static int *depth_of(struct tally *tally, const char *id)
{
    for (int i = 0; i < tally->n; i++)
        if (strcmp(tally->id[i], id) == 0)
            return &tally->depth[i];
    CHECK(tally->n < IDS);
    snprintf(tally->id[tally->n], sizeof tally->id[0], "%s", id);
    return &tally->depth[tally->n++];
}

struct counts {
    int kinds[128]; /* by `ph` */
    long dropped;
};

static void count_bars(struct tally *bars, struct tally *arrows, const struct json *event, char ph)
{
    char id[48];
    const char *cat = json_string_of(event, "cat");

    snprintf(id, sizeof id, "%.8s %s", cat ? cat : "", json_string_of(event, "id"));
    if (ph == 'b' || ph == 'e') {
        *depth_of(bars, id) += ph == 'b' ? 1 : -1;
    } else {
        *depth_of(arrows, id) += ph == 's' ? 1 : -1;
    }
}

/* Parses what was written, and holds it against the rules; ALL: nothing was dropped. */
static struct counts check_trace(const char *text, bool all)
{
    static struct tally slices, bars, arrows;
    struct counts counts = {{0}, -1};
    struct json *trace = json_parse(text);
    const struct json *event;

    CHECK(trace && trace->kind == JSON_ARRAY);
    slices.n = bars.n = arrows.n = 0;
    memset(slices.depth, 0, sizeof slices.depth);
    memset(bars.depth, 0, sizeof bars.depth);
    memset(arrows.depth, 0, sizeof arrows.depth);
    for (event = trace->first; event; event = event->next) {
        const char *ph = json_string_of(event, "ph");
        char thread[24];

        CHECK(event->kind == JSON_OBJECT && ph && strlen(ph) == 1 && strchr("BEbesfXiM", ph[0]));
        CHECK(json_number_of(event, "pid") == 1 && json_number_of(event, "ts") >= 0);
        CHECK(strchr("Ee", ph[0]) || json_string_of(event, "name"));
        counts.kinds[(unsigned char)ph[0]]++;
        snprintf(thread, sizeof thread, "%.0f", json_number_of(event, "tid"));
        if (ph[0] == 'B' || ph[0] == 'E') {
            *depth_of(&slices, thread) += ph[0] == 'B' ? 1 : -1;
            CHECK(*depth_of(&slices, thread) >= 0);
        } else if (strchr("besf", ph[0])) {
            count_bars(&bars, &arrows, event, ph[0]);
        } else if (ph[0] == 'M' && strcmp(json_string_of(event, "name"), "dropped_events") == 0) {
            counts.dropped = (long)json_number_of(json_member(event, "args"), "events");
        }
    }
    CHECK(counts.dropped >= 0);
    for (int i = 0; i < slices.n; i++)
        CHECK_INT(slices.depth[i], 0);
    for (int i = 0; all && i < bars.n; i++)
        CHECK_INT(bars.depth[i], 0);
    for (int i = 0; all && i < arrows.n; i++) /* each has both its ends */
        CHECK_INT(arrows.depth[i], 0);
    json_free(trace);
    return counts;
}

static bool has(const char *text)
{
    return strstr(written, text) != NULL;
}

static void V3_a_trace_has_steps_bars_and_arrows_that_end(void)
{
    struct syn_trace_end end;
    struct counts counts;
    int y;

    begin_trace(0);
    CHECK_INT(root(20, &y), 0);
    end = end_trace();
    CHECK_INT(end.dropped, 0);
    counts = check_trace(written, true);
    CHECK_INT(counts.dropped, 0);
    CHECK(end.events > 10);
    CHECK_INT(counts.kinds['B'], counts.kinds['E']);
    CHECK_INT(counts.kinds['b'], counts.kinds['e']);
    CHECK_INT(counts.kinds['s'], counts.kinds['f']);
    CHECK(has("\"name\":\"root\"") && has("\"name\":\"leaf\"") && has("\"name\":\"computes\""));
    CHECK(has("\"cat\":\"task\"") && has("\"name\":\"time\""));
    CHECK(has("\"cat\":\"call\"") && has("\"cat\":\"job\"") && has("\"cat\":\"wake\""));
    CHECK(has("\"name\":\"thread_name\",\"args\":{\"name\":\"other\"}"));
    CHECK(has("\"name\":\"waits\",\"args\":{\"of\":\"root\"}") || test_driving);
    CHECK(has("\"name\":\"drives\"") || !test_driving);
}

static void V3_many_threads_are_traced_and_every_task_ends(void)
{
    struct counts counts;
    struct syn_trace_end end;

    begin_trace(1 << 14);
    crew_run(8, call_many, NULL);
    end = end_trace();
    counts = check_trace(written, true);
    CHECK_INT(end.dropped, 0);
    CHECK(counts.kinds['B'] >= 8 * 20 / TEST_SLOWNESS);
    CHECK(counts.kinds['i'] > 0); /* wake-ups by a system call, and hand-overs of the driving */
    CHECK(has("\"name\":\"wakes\"") || has("\"name\":\"is handed the driving\""));
}

ASYNC(demo, void, passes, (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_pass;
    co_end;
}

static void V3_what_a_ring_has_no_room_for_is_counted_and_the_rest_is_whole(void)
{
    struct syn_trace_end end;
    struct counts counts;

    begin_trace(64);
    CHECK_INT(passes(20000 / TEST_SLOWNESS / TEST_SLOWNESS), 0);
    end = end_trace();
    counts = check_trace(written, false);
    CHECK(end.dropped > 0);
    CHECK_INT(counts.dropped, (long)end.dropped);
    CHECK(counts.kinds['B'] > 0);
}

static void V3_a_trace_is_begun_and_ended_again_and_misuse_is_refused(void)
{
    struct syn_trace_options none = {0}, both = {.path = "x", .write = keep_text},
                             bad = {.path = "/no/such/folder/trace"};
    int y;

    CHECK_INT(syn_trace_start(NULL), SYN_EINVAL);
    CHECK_INT(syn_trace_start(&none), SYN_EINVAL);
    CHECK_INT(syn_trace_start(&both), SYN_EINVAL);
    CHECK_INT(syn_trace_start(&bad), ENOENT);
    CHECK_SAYS("/no/such/folder/trace");
    CHECK_INT(syn_trace_stop().events, 0);
    for (int i = 0; i < 3; i++) {
        begin_trace(0);
        CHECK_INT(syn_trace_start(&(struct syn_trace_options){.write = keep_text}), SYN_EBUSY);
        CHECK_INT(root(1, &y), 0);
        end_trace();
        check_trace(written, true);
        n_written = 0;
    }
}

/* --- a process that dies --- */

static char *read_file(const char *path)
{
    char *text = calloc(1, 1 << 20);
    int fd = open(path, O_RDONLY);

    CHECK(text && fd >= 0);
    CHECK(read(fd, text, (1 << 20) - 1) > 0);
    close(fd);
    return text;
}

ASYNC(demo, void, aborts)
{
    co_begin;
    co_sleep(0.001);
    abort();
    co_end;
}

static void child_traces(const char *path, bool dies)
{
    struct syn_trace_options options = {.path = path};
    int y;

    CHECK_INT(syn_trace_start(&options), SYN_OK);
    CHECK_INT(root(3, &y), 0);
    if (dies)
        aborts();
    exit(0); /* without syn_trace_stop() */
}

static bool is_same_file(int fd, const struct stat *file)
{
    struct stat s;

    return fstat(fd, &s) == 0 && s.st_dev == file->st_dev && s.st_ino == file->st_ino;
}

/* As code does that closes all descriptors that it does not know, and then opens its own. */
static void V3_a_trace_whose_file_others_closed_harms_none_of_theirs(void)
{
    struct syn_trace_options options = {0};
    char path[300];
    struct stat file;
    int fd = 3, theirs, y;

    temp_begin();
    snprintf(path, sizeof path, "%s", in_temp("trace"));
    options.path = path;
    begin();
    CHECK_INT(syn_trace_start(&options), SYN_OK);
    do
        CHECK_INT(stat(path, &file), 0);
    while (file.st_size == 0); /* its beginning is written, and nothing happens yet */
    while (!is_same_file(fd, &file))
        fd++;
    theirs = open(in_temp("theirs"), O_CREAT | O_RDWR, 0600);
    CHECK(theirs >= 0);
    CHECK_INT(fstat(theirs, &file), 0);
    CHECK_INT(dup2(theirs, fd), fd);
    close(theirs);
    CHECK_INT(root(1, &y), 0);
    syn_trace_stop();
    CHECK(is_same_file(fd, &file)); /* it is open still */
    CHECK_INT(fstat(fd, &file), 0);
    CHECK_INT(file.st_size, 0);
    close(fd);
    end_trace();
    temp_end();
}

/* Its last step has not ended: all else is there. */
static void check_file_of_a_child(bool dies)
{
    const char *path;
    char *text;
    int status;
    pid_t child;

    temp_begin();
    path = in_temp("trace.json");
    child = fork();
    if (child == 0)
        child_traces(path, dies);
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK(dies ? WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT
               : WIFEXITED(status) && WEXITSTATUS(status) == 0);
    text = read_file(path);
    json_free(json_parse(text));
    CHECK(strstr(text, "\"name\":\"root\"") && strstr(text, "\"dropped_events\""));
    CHECK(!dies || strstr(text, "\"name\":\"aborts\""));
    free(text);
    temp_end();
}

static void V3_a_process_that_aborts_writes_what_it_has(void)
{
    check_file_of_a_child(true);
}

static void V3_a_process_that_exits_ends_its_trace(void)
{
    check_file_of_a_child(false);
}

static void V3_a_forked_child_is_not_traced_and_can_begin_its_own(void)
{
    int status, y;
    pid_t child;

#if defined(__SANITIZE_ADDRESS__)
    TEST_SKIP("the address sanitizer does not renew its locks in a forked child");
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
    TEST_SKIP("the address sanitizer does not renew its locks in a forked child");
#endif
#endif
    begin_trace(0);
    CHECK_INT(root(1, &y), 0);
    child = fork();
    if (child == 0) {
        written = NULL; /* the thread that writes the trace may have been half way in keep_text() */
        n_written = n_room = 0;
        CHECK_INT(root(1, &y), 0);
        CHECK_INT(syn_trace_stop().events, 0);
        CHECK_INT(syn_trace_start(&(struct syn_trace_options){.write = keep_text}), SYN_OK);
        CHECK_INT(root(1, &y), 0);
        CHECK(syn_trace_stop().events > 0 && n_written > 0);
        _exit(0);
    }
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    end_trace();
    check_trace(written, true);
}

/* What such a thread has on its stack a sanitizer for addresses takes for alive after it. */
static void *starts_cancelled(void *path)
{
    static struct syn_trace_options options;

    options.path = path;
    pthread_cancel(pthread_self());
    CHECK_INT(syn_trace_start(&options), SYN_OK);
    pthread_testcancel();
    return NULL;
}

static void *stops_cancelled(void *unused)
{
    pthread_cancel(pthread_self());
    syn_trace_stop();
    pthread_testcancel();
    return unused;
}

static void C19_threads_that_are_cancelled_begin_and_end_a_trace(void)
{
    pthread_t thread;
    char path[300];
    void *result;

    temp_begin();
    snprintf(path, sizeof path, "%s", in_temp("trace"));
    for (int i = 0; i < 2; i++) {
        CHECK_INT(pthread_create(&thread, NULL, starts_cancelled, path), 0);
        pthread_join(thread, &result);
        CHECK(result == PTHREAD_CANCELED);
        CHECK_INT(pthread_create(&thread, NULL, stops_cancelled, NULL), 0);
        pthread_join(thread, &result);
        CHECK(result == PTHREAD_CANCELED);
    }
    temp_end();
}

static const struct test_case cases[] = {
    TEST_MODES(V3_a_trace_has_steps_bars_and_arrows_that_end),
    TEST_MODES(V3_many_threads_are_traced_and_every_task_ends),
    TEST_MODES(V3_what_a_ring_has_no_room_for_is_counted_and_the_rest_is_whole),
    TEST_MODES(V3_a_trace_is_begun_and_ended_again_and_misuse_is_refused),
    TEST(V3_a_process_that_aborts_writes_what_it_has),
    TEST(V3_a_process_that_exits_ends_its_trace),
    TEST(V3_a_trace_whose_file_others_closed_harms_none_of_theirs),
    TEST(V3_a_forked_child_is_not_traced_and_can_begin_its_own),
    TEST(C19_threads_that_are_cancelled_begin_and_end_a_trace),
};
TEST_MAIN("trace", cases);
