# SPDX-License-Identifier: Apache-2.0
#
# Each fault of test/faults/planted.txt can still be planted: its text stands in its file exactly once.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

find_program(BASH bash)
if(NOT BASH)
    skip("there is no bash")
endif()
execute_process(COMMAND ${BASH} ${SOURCE}/test/faults/run --check
    OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    complain("${said}")
endif()
string(STRIP "${said}" said)
finish("${said}")
