# SPDX-License-Identifier: Apache-2.0
#
# Instructions of single-threaded paths, held within 5 % of the counts in held.txt: a path that
# takes more fails. One that takes less passes, and says that its count is to be renewed.
#
# In: PROGRAM, paths.c with a released library; SKIP, why counts of this build are not comparable,
# or empty; SCRATCH; RENEW, on: write held.txt instead of reading it.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/../lint/source.cmake)

set(stored ${CMAKE_CURRENT_LIST_DIR}/held.txt)
set(times 2000) # TIMES in paths.c

if(SKIP)
    skip("${SKIP}")
endif()
find_program(valgrind valgrind)
if(NOT valgrind)
    skip("there is no valgrind")
endif()

# A file for each warm_NEXT(), which begins when what was measured before it is over.
file(REMOVE_RECURSE ${SCRATCH})
file(MAKE_DIRECTORY ${SCRATCH})
execute_process(
    COMMAND ${valgrind} --tool=callgrind --callgrind-out-file=${SCRATCH}/part
        --collect-atstart=no --toggle-collect=measure_* --dump-before=warm_* ${PROGRAM}
    RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said TIMEOUT 250)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "${PROGRAM}: ${status}\n${said}")
endif()

set(names)
set(path)
foreach(i RANGE 1 100)
    if(NOT EXISTS ${SCRATCH}/part.${i})
        break()
    endif()
    file(STRINGS ${SCRATCH}/part.${i} lines REGEX "^(desc: Trigger|totals)")
    if(NOT lines MATCHES "warm_([a-z0-9_]+).*totals: ([0-9]+)")
        message(FATAL_ERROR "callgrind wrote what is not understood: ${lines}")
    endif()
    set(next ${CMAKE_MATCH_1})
    if(path)
        math(EXPR count_${path} "${CMAKE_MATCH_2} / ${times}")
        list(APPEND names ${path})
    endif()
    set(path ${next})
endforeach()
if(NOT path STREQUAL "none")
    message(FATAL_ERROR "callgrind did not count to the end, but to ${path}\n${said}")
endif()

file(STRINGS ${stored} lines REGEX "^[^#]")
if(RENEW)
    file(STRINGS ${stored} text REGEX "^#|^compiler ")
    foreach(name IN LISTS names)
        list(APPEND text "${name} ${count_${name}}")
    endforeach()
    string(REPLACE ";" "\n" text "${text}")
    file(WRITE ${stored} "${text}\n")
    message(STATUS "renewed ${stored}")
    return()
endif()

foreach(line IN LISTS lines)
    if(line MATCHES "^([a-z0-9_]+) ([0-9]+)$")
        set(held_${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
        if(NOT CMAKE_MATCH_1 IN_LIST names)
            complain("held.txt has ${CMAKE_MATCH_1}, which paths.c does not measure")
        endif()
    endif()
endforeach()
foreach(name IN LISTS names)
    if(NOT DEFINED held_${name})
        complain("held.txt has no count of ${name}: build the target renew_instructions")
        continue()
    endif()
    math(EXPR percent "100 * ${count_${name}} / ${held_${name}}")
    math(EXPR most "${held_${name}} * 105 / 100")
    math(EXPR least "${held_${name}} * 95 / 100")
    message(STATUS "${name}: ${count_${name}} instructions, ${percent} % of ${held_${name}}")
    if(count_${name} GREATER most)
        complain("${name} takes ${count_${name}} instructions and had ${held_${name}}. Find out why. \
If it must be so, build the target renew_instructions.")
    elseif(count_${name} LESS least)
        message(STATUS "${name} has become faster: build the target renew_instructions")
    endif()
endforeach()
finish("instructions of paths")
