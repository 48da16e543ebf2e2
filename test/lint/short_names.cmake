# SPDX-License-Identifier: Apache-2.0
#
# <synchronicity/short.h> defines words without a prefix. None of them may be a word
# of the C library, POSIX or the BSDs: every header that this system has compiles
# before it and after it, in C11 and on the caller's side in C++17.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

if(NOT COMPILER)
    skip("there is no compiler for ${STANDARD}")
endif()

# C11, POSIX.1-2017, and what the BSDs, Mach and Linux add and people include.
set(headers
    assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal
    stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath
    threads time uchar wchar wctype
    aio arpa/inet cpio dirent dlfcn fcntl fmtmsg fnmatch ftw glob grp iconv langinfo libgen
    monetary mqueue ndbm net/if netdb netinet/in netinet/tcp nl_types poll pthread pwd regex
    sched search semaphore spawn strings stropts sys/ipc sys/mman sys/msg sys/resource
    sys/select sys/sem sys/shm sys/socket sys/stat sys/statvfs sys/time sys/times sys/types
    sys/uio sys/un sys/utsname sys/wait syslog tar termios trace ulimit unistd utime utmpx
    wordexp
    alloca endian err execinfo fts getopt ifaddrs libproc malloc memory net/ethernet
    netinet/ip netinet/udp obstack paths printf pty resolv sgtty stab sys/acl sys/attr
    sys/auxv sys/cdefs sys/endian sys/epoll sys/event sys/eventfd sys/file sys/fsuid
    sys/inotify sys/ioctl sys/mount sys/param sys/poll sys/prctl sys/procctl sys/ptrace
    sys/queue sys/random sys/sendfile sys/signalfd sys/syscall sys/sysctl sys/sysinfo
    sys/timerfd sys/tree sys/vfs sys/xattr termio ucontext util values
    mach/mach mach/mach_time mach/task mach/thread_act os/lock libkern/OSAtomic
    dispatch/dispatch Availability TargetConditionals
    linux/futex linux/io_uring linux/if linux/sockios)

if(STANDARD MATCHES "\\+\\+") # C only, or of another meaning there
    list(REMOVE_ITEM headers complex stdalign stdatomic stdnoreturn tgmath threads iso646 stdbool)
endif()

function(compile text out_status out_said)
    set(file ${SCRATCH}/one.${SUFFIX})
    file(WRITE ${file} "#define _GNU_SOURCE 1\n#define _DARWIN_C_SOURCE 1\n"
        "${text}\nint main(void) { return 0; }\n")
    execute_process(
        COMMAND ${COMPILER} -std=${STANDARD} -Wall -Wextra -Werror -Wno-cpp -Wno-\#warnings
            -Wno-unknown-warning-option -I ${SOURCE}/include -fsyntax-only ${file}
        RESULT_VARIABLE status ERROR_VARIABLE said OUTPUT_QUIET)
    set(${out_status} "${status}" PARENT_SCOPE)
    set(${out_said} "${said}" PARENT_SCOPE)
endfunction()

# What of HEADERS compiles together without us is tried together with us, before it and after it; what
# does not is tried in halves. A header that does not compile alone is broken without our help.
set_property(GLOBAL PROPERTY n_headers 0)
function(try headers)
    set(text "")
    foreach(header IN LISTS headers)
        string(APPEND text "#if __has_include(<${header}.h>)\n#include <${header}.h>\n#endif\n")
    endforeach()
    list(LENGTH headers n)
    compile("#include <stddef.h>\n${text}" alone said)
    if(NOT alone EQUAL 0)
        if(n EQUAL 1)
            return()
        endif()
        math(EXPR half "${n} / 2")
        list(SUBLIST headers 0 ${half} first)
        list(SUBLIST headers ${half} -1 second)
        try("${first}")
        try("${second}")
        return()
    endif()
    get_property(n_headers GLOBAL PROPERTY n_headers)
    math(EXPR n_headers "${n_headers} + ${n}")
    set_property(GLOBAL PROPERTY n_headers ${n_headers})
    compile("#include <synchronicity/short.h>\n#include <synchronicity/step.h>\n${text}" after said)
    if(NOT after EQUAL 0)
        complain("one of ${headers} does not compile after short.h:\n${said}")
    endif()
    compile("#include <stddef.h>\n${text}#include <synchronicity/step.h>\n#include <synchronicity/short.h>\n" before said)
    if(NOT before EQUAL 0)
        complain("short.h does not compile after one of ${headers}:\n${said}")
    endif()
endfunction()

file(MAKE_DIRECTORY ${SCRATCH})
try("${headers}")
get_property(n GLOBAL PROPERTY n_headers)
if(n LESS 50)
    complain("only ${n} headers were tried")
endif()

# The other half of the promise: the stories compile as they are written.
if(SUFFIX STREQUAL "cc")
    execute_process(
        COMMAND ${COMPILER} -std=${STANDARD} -Wall -Wextra -pedantic -Werror -I ${SOURCE}/include
            -fsyntax-only ${SOURCE}/test/short_names_test.cc
        RESULT_VARIABLE status ERROR_VARIABLE said)
    if(NOT status EQUAL 0)
        complain("short_names_test.cc does not compile:\n${said}")
    endif()
endif()

finish("${n} headers, ${STANDARD}")
