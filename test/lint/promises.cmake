# SPDX-License-Identifier: Apache-2.0
#
# docs/promises.md says for each promise whether it is kept and by which cases:
#
#     **C7** (kept): A blocking call on its own loop is an error
#
#     * call.C7_blocking_call_...
#     * call.C7_from_callbacks
#
# A case that it names must exist, a kept promise must name one, and no line is long.
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

# complain_if_unkept(): PROMISE, which STATE says of, ends here; it had N_CASES.
macro(complain_if_unkept)
    if(state STREQUAL "kept")
        math(EXPR n_kept "${n_kept} + 1")
        if(n_cases EQUAL 0)
            complain("${promise} is said to be kept, but no case is named that keeps it")
        endif()
    endif()
endmacro()

set(n_kept 0)
set(n_promises 0)
set(promise)
set(state)
set(n_cases 0)
file(READ ${page} text)
string(REGEX REPLACE "[][;]" "," text "${text}")
string(REPLACE "\n" ";" lines "${text}")
foreach(line IN LISTS lines)
    string(LENGTH "${line}" length)
    if(length GREATER 150)
        complain("docs/promises.md: a line of ${length} characters: ${line}")
    endif()
    if(line MATCHES "^[*][*]([A-Z][0-9]+)[*][*] [(]([a-z]+)[)]: ")
        set(next ${CMAKE_MATCH_1})
        set(next_state ${CMAKE_MATCH_2})
        complain_if_unkept()
        math(EXPR n_promises "${n_promises} + 1")
        set(promise ${next})
        set(state ${next_state})
        set(n_cases 0)
        if(NOT state MATCHES "^(kept|part|open)$")
            complain("${promise} is neither kept nor part nor open, but ${state}")
        endif()
    elseif(line MATCHES "^[*] (.*)$")
        set(case ${CMAKE_MATCH_1})
        math(EXPR n_cases "${n_cases} + 1")
        if(NOT case IN_LIST known)
            complain("${promise}: there is no case ${case}")
        endif()
    elseif(line MATCHES "^[|]")
        complain("docs/promises.md: a row of a table, which says nothing here: ${line}")
    endif()
endforeach()
complain_if_unkept()

if(n_promises LESS 100)
    complain("docs/promises.md has ${n_promises} promises of the form **C7** (kept): ...")
endif()
finish("${n_kept} kept promises")
