# SPDX-License-Identifier: Apache-2.0
#
# docs/promises.md says for each promise whether it is kept and by which cases:
#
#     | C7 | kept | call.C7_blocking_call_..., call.C7_from_callbacks |
#
# A case that it names must exist, and a kept promise must name one.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

set(page ${SOURCE}/docs/promises.md)
if(NOT EXISTS ${page})
    skip("docs/promises.md is not written yet")
endif()

file(STRINGS ${SCRIPT_TESTS} known)
file(STRINGS ${EXECUTABLES} executables)
foreach(executable IN LISTS executables)
    execute_process(COMMAND ${EMULATOR} ${executable} --list
        OUTPUT_VARIABLE names RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        complain("${executable} cannot list its cases: ${status}")
    endif()
    string(REGEX MATCHALL "[^\r\n]+" names "${names}")
    list(APPEND known ${names})
endforeach()

set(n_kept 0)
file(STRINGS ${page} rows REGEX "^\\| *[A-Z][0-9]+ *\\|")
foreach(row IN LISTS rows)
    string(REGEX MATCH "^\\| *([A-Z][0-9]+) *\\| *([a-z]*)" unused "${row}")
    set(promise ${CMAKE_MATCH_1})
    set(state ${CMAKE_MATCH_2})
    string(REGEX MATCHALL "[a-z][a-z0-9_]*\\.[A-Za-z0-9_]+[A-Za-z0-9_@]*" cases "${row}")
    foreach(case IN LISTS cases)
        if(NOT case IN_LIST known)
            complain("${promise}: there is no case ${case}")
        endif()
    endforeach()
    if(state STREQUAL "kept")
        math(EXPR n_kept "${n_kept} + 1")
        if(NOT cases)
            complain("${promise} is said to be kept, but no case is named that keeps it")
        endif()
    endif()
endforeach()

if(NOT rows)
    complain("docs/promises.md has no row of the form | C7 | kept | call.C7_... |")
endif()
finish("${n_kept} kept promises")
