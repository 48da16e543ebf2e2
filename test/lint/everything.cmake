# SPDX-License-Identifier: Apache-2.0
#
# What macros of the public headers put into a user's file draws no remark of clang's -Weverything, but for those that
# docs/platforms.md lists with their reasons. The files below use every word of short.h. Remarks about their own
# code do not count; COMPILER is clang, STANDARDS_C and STANDARDS_CXX are what README's program and a caller in C++ are tried with.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

if(NOT CLANG)
    skip("there is no clang")
endif()

set(files
    docs/examples/binding.c docs/examples/six_things.c lint/header_examples.c lint/header_examples_outside.c
    refusal_test.c names_test.c place_test.c task_test.c scope_property_test.c blocking_generator_test.c
    short_names_test.c sync_test.c many_test.c talk_test.c context_class_test.c fork_test.c expired_wait_test.c
    deadline_test.c pool_map_test.c circle_loops_test.c then_test.c blocking_test.c cancel_test.c
    blocking_object_test.c support/animals.c generator_close_test.c each_test.c poll_test.c mailbox_hard_test.c
    mutex_test.c pool_queue_test.c co_cancel_test.c mailbox_test.c combine_test.c outcome_test.c
    blocking_cancel_test.c)
list(TRANSFORM files PREPEND ${SOURCE}/test/)
list(TRANSFORM files REPLACE "/test/docs/" "/docs/")
# Words that these have in the headers of theirs, and in a file for each kind of declaration.
file(GLOB others ${SOURCE}/test/support/*.h ${SOURCE}/test/compile_clean/*.c ${SOURCE}/docs/examples/*/*.[ch]
    ${SOURCE}/test/bench/objects.c ${SOURCE}/include/synchronicity/stream.h)

# ---- which remarks are allowed ---------------------------------------------------

file(STRINGS ${SOURCE}/docs/platforms.md rows REGEX "^\\| `-W[a-z0-9+-]+`")
set(allowed)
foreach(row IN LISTS rows)
    string(REGEX MATCHALL "`-W[a-z0-9+-]+`" names "${row}")
    foreach(name IN LISTS names)
        string(REGEX REPLACE "`-W(.*)`" "-Wno-\\1" name "${name}")
        list(APPEND allowed ${name})
    endforeach()
endforeach()
if(NOT allowed)
    message(FATAL_ERROR "docs/platforms.md lists no remarks of -Weverything")
endif()

# That a result is ignored is remarked on purpose, and these files ignore some.
set(ignoring -Wno-unused-result)

# ---- every word is used ----------------------------------------------------------

set(words " ")
foreach(file IN LISTS files others)
    file(READ ${file} text)
    string(REGEX REPLACE "[^A-Za-z0-9_]+" " " text "${text}")
    string(APPEND words "${text} ")
endforeach()
file(STRINGS ${SOURCE}/include/synchronicity/short.h lines REGEX "^#define [A-Za-z_]+(\\([^)]*\\))? +(syn|SYN)_")
set(n 0)
foreach(line IN LISTS lines)
    string(REGEX MATCH "^#define ([A-Za-z_0-9]+)(\\([^)]*\\))? +([A-Za-z_0-9]+)" line "${line}")
    math(EXPR n "${n} + 1")
    if(NOT words MATCHES " (${CMAKE_MATCH_1}|${CMAKE_MATCH_3}) ")
        complain("${CMAKE_MATCH_1} is in none of the files that are tried")
    endif()
endforeach()
if(n LESS 150)
    complain("only ${n} words were found in short.h: the search is broken")
endif()

# ---- no other remark -------------------------------------------------------------

# look(compiler language file options...): a remark with a line of our headers in it is one of theirs.
function(look compiler file)
    execute_process(COMMAND ${compiler} -Weverything ${allowed} ${ignoring} -Wno-unknown-warning-option ${ARGN} -I ${SOURCE}/include -I ${SOURCE}/src
        -I ${SOURCE}/test -I ${SOURCE}/docs/examples -fsyntax-only ${file} RESULT_VARIABLE status ERROR_VARIABLE said)
    if(NOT status EQUAL 0)
        complain("${file} does not compile: ${said}")
    endif()
    string(REPLACE ";" "," said "${said}")
    string(REGEX REPLACE "[][]" "'" said "${said}")
    string(REGEX REPLACE "(\n|^)([^ \n][^\n]*: warning: )" "\\1;\\2" said "${said}")
    foreach(remark IN LISTS said)
        if(remark MATCHES "include/synchronicity/" AND remark MATCHES "warning: ")
            string(REGEX MATCH "[^\n]*warning: [^\n]*" first "${remark}")
            complain("${first}")
        endif()
    endforeach()
endfunction()

foreach(file IN LISTS files)
    # Things of their own that are called task, in or zoo, as an argument of a macro's function, or are not declared before.
    set(own)
    if(file MATCHES "/(pool_map_test|refusal_test)\\.c$")
        set(own -Wno-shadow)
    elseif(file MATCHES "/animals\\.c$")
        set(own -Wno-missing-variable-declarations)
    endif()
    look(${CLANG} ${file} -std=c11 -D_GNU_SOURCE ${own})
endforeach()
get_filename_component(dir ${CLANG} DIRECTORY)
find_program(CLANGXX clang++ HINTS ${dir})
if(CLANGXX)
    foreach(standard c++11 c++17 c++2b)
        look(${CLANGXX} ${SOURCE}/test/short_names_test.cc -std=${standard})
    endforeach()
endif()

# ---- the standards ---------------------------------------------------------------

foreach(compiler ${CLANG} ${GCC})
    foreach(standard c99 c11 c17 c2x)
        set(pedantic -pedantic)
        if(standard STREQUAL "c99")
            set(pedantic) # both have _Generic and _Alignas there, and say so with it
        endif()
        execute_process(COMMAND ${compiler} -std=${standard} -Wall -Wextra ${pedantic} -Werror ${ignoring} -I ${SOURCE}/include
            -fsyntax-only ${SOURCE}/docs/examples/six_things.c RESULT_VARIABLE status ERROR_VARIABLE said)
        if(NOT status EQUAL 0)
            complain("${compiler} -std=${standard}: ${said}")
        endif()
    endforeach()
endforeach()
foreach(compiler ${CLANGXX} ${GXX})
    foreach(standard c++11 c++14 c++17 c++20 c++2b)
        execute_process(COMMAND ${compiler} -std=${standard} -Wall -Wextra -pedantic -Wzero-as-null-pointer-constant -Wshadow
            -Werror ${ignoring} -I ${SOURCE}/include -fsyntax-only ${SOURCE}/test/short_names_test.cc
            RESULT_VARIABLE status ERROR_VARIABLE said)
        if(NOT status EQUAL 0)
            complain("${compiler} -std=${standard}: ${said}")
        endif()
    endforeach()
endforeach()
finish("${n} words of short.h under -Weverything")
