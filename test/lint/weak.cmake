# SPDX-License-Identifier: Apache-2.0
#
# A harness of test/models/weak holds in all executions of C11's memory, and each of its variants in BROKEN
# (numbers), in which one order is weakened, fails. By GenMC (https://plv.mpi-sws.org/genmc), 0.10 or later;
# where that is missing: skipped. No compiler of ours is asked: GenMC has its own.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

find_program(GENMC genmc)
if(NOT GENMC)
    skip("there is no genmc")
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
