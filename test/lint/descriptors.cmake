# SPDX-License-Identifier: Apache-2.0
#
# Each call that makes a descriptor passes its result through syni_descriptor(), on the same
# line or the one before, so that no number of the library's own is 0, 1 or 2 (H7). Only the
# file of that function makes descriptors otherwise.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

set(makers "open|openat|creat|opendir|socket|socketpair|accept|accept4|dup|dup2|dup3|pipe|pipe2|\
epoll_create|epoll_create1|eventfd|timerfd_create|signalfd|inotify_init1|memfd_create|kqueue|fopen|\
mkstemp|shm_open|posix_openpt")

file(GLOB sources RELATIVE ${SOURCE} ${SOURCE}/src/*/*.c ${SOURCE}/src/*/*.h)
set(n 0)
foreach(file IN LISTS sources)
    if(file STREQUAL src/base/descriptor.c)
        continue()
    endif()
    read_code(${SOURCE}/${file} code)
    string(REGEX REPLACE "\\\\\n" " " code "${code}")
    string(REPLACE "\n" ";" lines "${code}")
    set(before "")
    foreach(line IN LISTS lines)
        if(line MATCHES "(^|[^A-Za-z0-9_.>])(${makers})\\(")
            set(maker ${CMAKE_MATCH_2})
            if(NOT "${before}${line}" MATCHES "syni_descriptor\\(")
                complain("${file}: ${maker}() without syni_descriptor() around it")
            endif()
            math(EXPR n "${n} + 1")
        endif()
        set(before "${line}")
    endforeach()
endforeach()
if(n LESS 6)
    complain("only ${n} calls that make descriptors were found: the search is broken")
endif()
finish("${n} calls that make descriptors")
