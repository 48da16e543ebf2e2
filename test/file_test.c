/* SPDX-License-Identifier: Apache-2.0
 *
 * Files on the pool: every call in its faces.
 */
#define _FILE_OFFSET_BITS 64 /* files of temp_dir.h, also where long has 32 bits */
#if defined(__linux__)
#define _GNU_SOURCE
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif

#include "support/file_rig.h"

#include <sys/resource.h>

/* --- what they do --- */

static void I5_a_file_is_written_read_and_described(void)
{
    struct syn_file_info info, same;
    int fd;

    begin_files();
    umask(0);
    fd = opened("a");
    CHECK_INT(syn_file_write(fd, "hello, world", 12, 0), SYN_OK);
    CHECK_INT(syn_file_write(fd, "W", 1, 7), SYN_OK);
    CHECK_INT(syn_file_sync(fd), SYN_OK);
    check_content(fd, "hello, World");
    CHECK_INT(syn_file_fstat(fd, &info), SYN_OK);
    CHECK(S_ISREG(info.mode));
    CHECK_INT(info.size, 12);
    CHECK_INT(info.mode & 07777, 0640);
    CHECK(info.modified_ns > INT64_C(1600000000) * SECOND);
    CHECK_INT(syn_file_close(fd), SYN_OK);
    CHECK_INT(symlink("a", in_temp("link")), 0);
    CHECK_INT(syn_file_stat(in_temp("link"), &same), SYN_OK);
    CHECK_INT(same.inode, info.inode);
    CHECK_INT(same.device, info.device);
    CHECK_INT(syn_file_lstat(in_temp("link"), &same), SYN_OK);
    CHECK(S_ISLNK(same.mode));
    over();
}

static void I5_names_come_go_and_change(void)
{
    struct syn_file_info info;

    begin_files();
    temp_file("new", "new");
    temp_file("old", "older");
    CHECK_INT(syn_file_rename(in_temp("new"), in_temp("old")), SYN_OK);
    CHECK_INT(syn_file_stat(in_temp("old"), &info), SYN_OK);
    CHECK_INT(info.size, 3);
    CHECK_INT(syn_file_stat(in_temp("new"), &info), ENOENT);
    CHECK_INT(syn_file_unlink(in_temp("old")), SYN_OK);
    CHECK_INT(syn_directory_make(in_temp("d"), 0700), SYN_OK);
    CHECK_INT(syn_file_stat(in_temp("d"), &info), SYN_OK);
    CHECK(S_ISDIR(info.mode));
    CHECK_INT(syn_directory_remove(in_temp("d")), SYN_OK);
    CHECK_INT(count_entries(temp_dir), 0);
    over();
}

static void I5_the_current_position_is_used_when_no_offset_is_given(void)
{
    char buffer[4] = "";
    size_t n;
    int fd;

    begin_files();
    fd = opened("a");
    CHECK_INT(syn_file_write(fd, "one", 3, -1), SYN_OK);
    CHECK_INT(syn_file_write(fd, "two", 3, -1), SYN_OK);
    check_content(fd, "onetwo");
    CHECK_INT(lseek(fd, 1, SEEK_SET), 1);
    CHECK_INT(syn_file_read(fd, buffer, 3, 3, &n), SYN_OK);
    CHECK_STR(buffer, "two");
    CHECK_INT(syn_file_read(fd, buffer, 3, -1, &n), SYN_OK);
    CHECK_STR(buffer, "net");
    CHECK_INT(syn_file_read(fd, buffer, 3, -1, &n), SYN_OK);
    CHECK_INT(n, 2);
    CHECK_INT(syn_file_read(fd, buffer, 3, -1, &n), SYN_OK);
    CHECK_INT(n, 0);
    CHECK_INT(syn_file_close(fd), SYN_OK);
    over();
}

static void I5_a_task_awaits_all_of_it(void)
{
    size_t n;
    int fd;

    begin_files();
    temp_file("a", "a text of more than eight bytes");
    CHECK_INT(copies(in_temp("a"), in_temp("b"), &n), SYN_OK);
    CHECK_INT(n, 31);
    fd = opened("b");
    check_content(fd, "a text of more than eight bytes");
    CHECK_INT(syn_file_close(fd), SYN_OK);
    CHECK_INT(copies(in_temp("a"), in_temp("b"), &n), EEXIST);
    CHECK_SAYS("/b");
    over();
}

static void I5_ten_futures_at_once_each_write_their_piece(void)
{
    static char data[1 << 20], back[1 << 20];
    const size_t piece = sizeof data / 10;
    struct syn_file_write_future f[10];
    size_t n;
    int fd;

    begin_files();
    fill_bytes(data, 0, sizeof data);
    fd = opened("a");
    for (size_t i = 0; i < 10; i++)
        f[i] = syn_file_write_future(fd, data + i * piece, piece, (int64_t)(i * piece));
    for (int i = 0; i < 10; i++)
        CHECK_INT(future_get(f[i]), SYN_OK);
    CHECK_INT(syn_file_read(fd, back, sizeof back, 0, &n), SYN_OK);
    CHECK_INT(n, 10 * piece);
    check_bytes(back, 0, n);
    CHECK_INT(syn_file_close(fd), SYN_OK);
    over();
}

static void I5_what_the_system_does_in_small_pieces_is_all_of_it(void)
{
    int fd;

    begin_files();
    fd = opened("a");
    syn_fault_set("short", 1, 100, 0);
    CHECK_INT(syn_file_write(fd, "every byte", 10, 0), SYN_OK);
    CHECK_INT(syn_fault_hits(), 10);
    check_content(fd, "every byte");
    CHECK_INT(syn_fault_hits(), 21); /* and one that found the end */
    syn_fault_clear();
    CHECK_INT(syn_file_close(fd), SYN_OK);
    over();
}

static void I5_a_file_may_be_larger_than_4_GiB(void)
{
    const int64_t far = INT64_C(5) << 30;
    struct syn_file_info info;
    char c;
    size_t n;
    struct rlimit limit;
    int fd;

    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur <= (rlim_t)far)
        TEST_SKIP("files are limited here (ulimit -f)");
    begin_files();
    fd = opened("a");
    CHECK_INT(syn_file_write(fd, "x", 1, far), SYN_OK);
    CHECK_INT(syn_file_fstat(fd, &info), SYN_OK);
    CHECK_INT(info.size, far + 1);
    CHECK_INT(syn_file_read(fd, &c, 1, far, &n), SYN_OK);
    CHECK_INT(c, 'x');
    CHECK_INT(syn_file_close(fd), SYN_OK);
    over();
}

/* --- what goes wrong --- */

static void C11_a_file_that_nobody_fetches_is_closed(void)
{
    int before, fd;

    begin_files();
    before = count_open();
    CHECK_INT(future_detach(syn_file_open_future(in_temp("a"), O_RDWR | O_CREAT, 0600)), SYN_OK);
    CHECK_INT(syn_file_open(in_temp("b"), O_RDWR | O_CREAT, 0600, NULL), SYN_OK);
    CHECK_INT(syn_file_open(in_temp("b"), O_RDWR, 0, &fd), SYN_OK);
    CHECK_INT(pool_stop(syn_default_pool(), syn_never()), SYN_OK);
    CHECK_INT(count_open(), before + 1);
    close(fd);
    over();
}

ASYNC(demo, void, blocks)
{
    int fd;

    co_begin;
    CHECK_INT(syn_file_open("/", O_RDONLY, 0, &fd), SYN_EDEADLK);
    CHECK_SAYS("co_await(syn_file_open_future(...))");
    co_end;
}

static void C7_the_blocking_faces_are_refused_on_a_loop(void)
{
    begin_files();
    CHECK_INT(blocks(), SYN_OK);
    over();
}

static const struct test_case cases[] = {
    TEST(I5_a_file_is_written_read_and_described),
    TEST(I5_names_come_go_and_change),
    TEST(I5_the_current_position_is_used_when_no_offset_is_given),
    TEST(I5_a_task_awaits_all_of_it),
    TEST(I5_ten_futures_at_once_each_write_their_piece),
    TEST(I5_what_the_system_does_in_small_pieces_is_all_of_it),
    TEST(I5_a_file_may_be_larger_than_4_GiB),
    TEST(C11_a_file_that_nobody_fetches_is_closed),
    TEST(C7_the_blocking_faces_are_refused_on_a_loop),
};
TEST_MAIN_BOTH_MODES("file", cases);
