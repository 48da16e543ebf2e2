# SPDX-License-Identifier: Apache-2.0
#
# Each public header is the first line of somebody's file: it compiles alone, and a second time
# changes nothing. In C++ it does so inside of extern "C" too, where people put headers of C.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

if(NOT COMPILER)
    skip("there is no compiler for ${STANDARD}")
endif()

# try(text where): TEXT, a file's beginning, compiles.
function(try text where)
    set(file ${SCRATCH}/one.${SUFFIX})
    file(WRITE ${file} "${text}int main(void) { return 0; }\n")
    execute_process(
        COMMAND ${COMPILER} -std=${STANDARD} -Wall -Wextra -pedantic -Werror
            -I ${SOURCE}/include -c ${file} -o ${SCRATCH}/one.o
        RESULT_VARIABLE status ERROR_VARIABLE error)
    if(NOT status EQUAL 0)
        complain("<${header}> does not compile ${where} as ${STANDARD}:\n${error}")
    endif()
endfunction()

file(MAKE_DIRECTORY ${SCRATCH})
file(GLOB_RECURSE headers RELATIVE ${SOURCE}/include ${SOURCE}/include/*.h)
foreach(header IN LISTS headers)
    set(text "#include <${header}>\n#include <${header}>\n")
    try("${text}" alone)
    if(SUFFIX STREQUAL "cc")
        try("extern \"C\" {\n${text}}\n" "inside of extern \"C\"")
    endif()
endforeach()

list(LENGTH headers n)
finish("${n} headers as ${STANDARD}")
