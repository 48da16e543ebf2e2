# SPDX-License-Identifier: Apache-2.0
#
# Each public header is the first line of somebody's file: it compiles alone, and
# a second time changes nothing.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

if(NOT COMPILER)
    skip("there is no compiler for ${STANDARD}")
endif()

file(MAKE_DIRECTORY ${SCRATCH})
file(GLOB_RECURSE headers RELATIVE ${SOURCE}/include ${SOURCE}/include/*.h)
foreach(header IN LISTS headers)
    set(file ${SCRATCH}/one.${SUFFIX})
    file(WRITE ${file} "#include <${header}>\n#include <${header}>\nint main(void) { return 0; }\n")
    execute_process(
        COMMAND ${COMPILER} -std=${STANDARD} -Wall -Wextra -pedantic -Werror
            -I ${SOURCE}/include -c ${file} -o ${SCRATCH}/one.o
        RESULT_VARIABLE status ERROR_VARIABLE error)
    if(NOT status EQUAL 0)
        complain("<${header}> does not compile alone as ${STANDARD}:\n${error}")
    endif()
endforeach()

list(LENGTH headers n)
finish("${n} headers as ${STANDARD}")
