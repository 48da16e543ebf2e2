# SPDX-License-Identifier: Apache-2.0
#
# What the README says of the code is true: its program compiles as it stands there,
# and so do the whole functions of the guide's first chapter, and all code of those
# chapters that are one program; six_things.c has as many lines as it says, and at most 45;
# the wrapped libcurl has at most 150.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/guide_code.cmake)

# compiles(name text): TEXT, as a C file.
function(compiles name text)
    file(WRITE ${SCRATCH}/${name}.c "${text}")
    execute_process(
        COMMAND ${COMPILER} -std=c11 -Wall -Wextra -pedantic -Werror -Wno-unused-function
            -fsyntax-only -I ${SOURCE}/include ${SCRATCH}/${name}.c
        RESULT_VARIABLE status ERROR_VARIABLE said)
    if(NOT status EQUAL 0)
        complain("${name} does not compile as it is printed:\n${said}")
    endif()
endfunction()

# The text between the Nth ```c of FILE and its end, N from 1.
function(code_of file n out)
    file(READ ${file} text)
    foreach(i RANGE 1 ${n})
        string(FIND "${text}" "```c\n" start)
        math(EXPR start "${start} + 5")
        string(SUBSTRING "${text}" ${start} -1 text)
    endforeach()
    string(FIND "${text}" "```" end)
    string(SUBSTRING "${text}" 0 ${end} text)
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

code_of(${SOURCE}/README.md 1 program)
compiles(readme "${program}")
code_of(${SOURCE}/docs/first-async-function.md 1 first)
code_of(${SOURCE}/docs/first-async-function.md 3 second)
compiles(guide "${first}\n${second}")
foreach(chapter blocking-code cancellation channels classes ending-a-program from-c-thread-pools
        in-your-own-loop network processes seeing-inside streams-of-your-own when-it-hangs)
    program_of(${SOURCE}/docs/${chapter}.md program)
    compiles(${chapter} "${program}")
endforeach()

# The glue for foreign loops is printed as the programs have it.
file(READ ${SOURCE}/docs/in-your-own-loop.md printed)
foreach(host uv_host.c glib_host.c ev_host.c qt_host.cc)
    file(READ ${SOURCE}/docs/examples/hosts/${host} text)
    string(REGEX REPLACE "^.*/\\* --- glue[^\n]*\n\n(.*)\n\n/\\* --- the program.*$" "\\1" glue "${text}")
    string(REGEX MATCH "c+$" language ${host})
    string(REPLACE "cc" "C++" language ${language})
    string(TOUPPER ${language} language)
    string(FIND "${printed}" "```${language}\n${glue}\n```" found)
    if(found EQUAL -1)
        complain("docs/in-your-own-loop.md prints other glue than examples/hosts/${host} has")
    endif()
endforeach()

# Lines without comments and blank ones.
function(count_lines file out)
    file(READ ${SOURCE}/docs/examples/${file} text)
    string(REGEX REPLACE "/\\*([^*]|\\*+[^*/])*\\*+/" "" text "${text}")
    string(REGEX REPLACE "[^ \t\n]" "x" text "${text}")
    string(REGEX MATCHALL "x[^\n]*\n" lines "${text}")
    list(LENGTH lines n)
    set(${out} ${n} PARENT_SCOPE)
endfunction()

# Glue is short, or it is no glue.
foreach(loop uv glib ev qt)
    foreach(kind host mailbox)
        file(GLOB program ${SOURCE}/docs/examples/hosts/${loop}_${kind}.c*)
        file(READ ${program} text)
        string(REGEX REPLACE "^.*/\\* --- glue[^\n]*\n(.*)\n/\\* --- the program.*$" "\\1" glue "${text}")
        string(REGEX REPLACE "/\\*([^*]|\\*+[^*/])*\\*+/" "" glue "${glue}")
        string(REGEX REPLACE "[^ \t\n]" "x" glue "${glue}")
        string(REGEX MATCHALL "x[^\n]*\n" lines "${glue}")
        list(LENGTH lines n)
        if(n LESS 5 OR n GREATER 40)
            complain("hosts/${loop}_${kind} has ${n} lines of glue; 40 is the limit")
        endif()
    endforeach()
endforeach()
file(STRINGS ${SOURCE}/docs/examples/cpp20/awaitable.hpp lines)
list(LENGTH lines n)
if(n GREATER 100)
    complain("cpp20/awaitable.hpp has ${n} lines; 100 is the limit")
endif()

count_lines(curl/web.c n)
if(n GREATER 150)
    complain("curl/web.c has ${n} lines; 150 is the limit")
endif()
count_lines(six_things.c n)
file(READ ${SOURCE}/README.md readme)
string(FIND "${readme}" "in ${n} lines without comments" found)
if(found EQUAL -1)
    complain("six_things.c has ${n} lines, and the README says something else")
endif()
if(n GREATER 45)
    complain("six_things.c has ${n} lines; 45 is the limit")
endif()
finish("six things in ${n} lines")
