# SPDX-License-Identifier: Apache-2.0
#
# The house: what lies where, and what no file contains.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

set(longest_file 400)
set(longest_test 500)

# Rows of tables and lines of output are as long as they are; so are drawings; and what a pragma says is one literal.
set(longest_line 130)
math(EXPR too_long "${longest_line} + 1")
string(REPEAT "." ${too_long} too_long)
set(may_be_long "^\\||[─│]|SYNI_WRONG\\(")

# What a thread is to the library lies in one record (src/base/self.h), and a thread waits in one
# way (src/thread/thread_wait.c).
set(most_thread_locals 8)
set(n_thread_locals 0)

# A build tree inside the source tree is nobody's source.
file(GLOB top RELATIVE ${SOURCE} ${SOURCE}/*)
foreach(name IN LISTS top)
    if(NOT name MATCHES "^(include|src|test|docs|CMakeLists\\.txt|README\\.md|LICENSE|\\..*)$"
       AND NOT EXISTS ${SOURCE}/${name}/CMakeCache.txt)
        complain("${name}: does not belong at the top")
    endif()
endforeach()

# Compiled by hand (`cc -c src/*/*.c`), all objects lie in one folder: no two sources have one name.
file(GLOB sources RELATIVE ${SOURCE} ${SOURCE}/src/*/*.c)
set(source_names)
foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME)
    if(name IN_LIST source_names)
        complain("${source}: another folder has a ${name}; give this one a name of its own")
    endif()
    list(APPEND source_names ${name})
endforeach()

file(GLOB_RECURSE files RELATIVE ${SOURCE} ${SOURCE}/include/* ${SOURCE}/src/* ${SOURCE}/test/*
    ${SOURCE}/docs/* ${SOURCE}/.ci/*)
list(APPEND files CMakeLists.txt)
foreach(optional README.md .gitignore)
    if(EXISTS ${SOURCE}/${optional})
        list(APPEND files ${optional})
    endif()
endforeach()

foreach(file IN LISTS files)
    if(file MATCHES "\\.(png|svg|gif|jpg)$|^test/fuzz/corpus/")
        continue()
    endif()
    file(READ ${SOURCE}/${file} text)

    string(SUBSTRING "${text}" 0 200 head)
    if(NOT file MATCHES "\\.(md|json)$"
       AND NOT head MATCHES "SPDX-License-Identifier: Apache-2\\.0")
        complain("${file}: has no SPDX line at its top")
    endif()

    # Spelled with brackets, so that this file is not one of its findings.
    if(text MATCHES "TO[D]O|FIX[M]E")
        complain("${file}: leaves work for later: ${CMAKE_MATCH_0}")
    endif()
    if(text MATCHES "(^|[^a-zA-Z0-9_.}])(/hom[e]/|/wor[k]/|/roo[t]/|/User[s]/)[^ \n]*")
        complain("${file}: a path of one machine: ${CMAKE_MATCH_0}")
    endif()

    if(file MATCHES "^(src|include)/")
        string(REGEX MATCHALL "_Thread_local|__thread|thread_local" found "${text}")
        list(LENGTH found n_found)
        math(EXPR n_thread_locals "${n_thread_locals} + ${n_found}")
        if(text MATCHES "syni_clock_sleep\\(" AND NOT file MATCHES "^src/base/"
           AND NOT file MATCHES "^src/thread/thread_(wait|told)[.]c$")
            complain("${file}: sleeps by itself; write syni_thread_wait()")
        endif()
    endif()

    if(file MATCHES "\\.(c|h|cc|pml|md)$" AND NOT file STREQUAL "docs/changelog.md") # of which a change is a line
        file(STRINGS ${SOURCE}/${file} long REGEX "^${too_long}" ENCODING UTF-8)
        foreach(line IN LISTS long)
            if(NOT line MATCHES "${may_be_long}" AND NOT (file MATCHES "\\.md$" AND line MATCHES "^    "))
                complain("${file}: a line of more than ${longest_line} columns: ${line}")
            endif()
        endforeach()
    endif()

    set(longest)
    if(file MATCHES "^(src|include)/")
        set(longest ${longest_file})
    elseif(file MATCHES "^test/([^/]*|stress/.*|support/.*)\\.[ch]$")
        set(longest ${longest_test})
    endif()
    if(longest)
        string(REGEX REPLACE "[^\n]" "" lines "${text}")
        string(LENGTH "${lines}" n_lines)
        if(n_lines GREATER longest)
            complain("${file}: ${n_lines} lines, more than ${longest}")
        endif()
    endif()
endforeach()

if(n_thread_locals GREATER most_thread_locals)
    complain("src: ${n_thread_locals} thread-local variables, more than ${most_thread_locals}; "
             "write a field of struct syni_self")
endif()

list(LENGTH files n)
finish("${n} files")
