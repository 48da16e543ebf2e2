# SPDX-License-Identifier: Apache-2.0
#
# A harness of test/models/weak holds in all executions of C11's memory, and each of its variants in BROKEN
# (numbers), in which one order is weakened, fails. By GenMC (https://plv.mpi-sws.org/genmc), 0.10 or later;
# where that is missing: skipped, after one run without it by COMPILER in SCRATCH. GenMC has its own compiler.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

find_program(GENMC genmc)
if(NOT GENMC)
    # It still compiles with what it takes from the library, and runs once, so that it does not rot unseen.
    file(MAKE_DIRECTORY ${SCRATCH})
    get_filename_component(name ${HARNESS} NAME_WE)
    execute_process(COMMAND ${COMPILER} -std=gnu11 -w -O1 -no-pie -DBROKEN=0 -I${SOURCE}/src -I${SOURCE}/include
        ${HARNESS} -pthread -Wl,--unresolved-symbols=ignore-all -o ${SCRATCH}/${name}
        RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
    if(status EQUAL 0)
        execute_process(COMMAND ${SCRATCH}/${name} RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said
            TIMEOUT 60)
    endif()
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${HARNESS}: does not follow the library any more: ${status}\n${said}")
    endif()
    skip("there is no genmc (test/models/README.md says how to run this by hand); one execution held")
endif()

# check(broken expected): EXPECTED is right or wrong.
function(check broken expected)
    # -O1: at -O0 it does not take structs that are copied. -w: its own headers warn.
    execute_process(COMMAND ${GENMC} --rc11 --disable-estimation --
        -w -O1 -DBROKEN=${broken} -I${SOURCE}/src -I${SOURCE}/include ${HARNESS}
        OUTPUT_VARIABLE said ERROR_VARIABLE said TIMEOUT 250)
    if(said MATCHES "No errors were detected")
        set(found right)
    elseif(said MATCHES "Verification unsuccessful")
        set(found wrong)
    else()
        complain("BROKEN=${broken}: was not explored to its end:\n${said}")
        return()
    endif()
    string(REGEX MATCH "executions explored: [0-9]+" explored "${said}")
    if(NOT found STREQUAL expected)
        complain("BROKEN=${broken}: should be ${expected}, is ${found}:\n${said}")
    endif()
    message(STATUS "BROKEN=${broken}: ${found}, ${explored}")
endfunction()

check(0 right)
foreach(number IN LISTS BROKEN)
    check(${number} wrong)
endforeach()
finish("${HARNESS}")
