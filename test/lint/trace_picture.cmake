# SPDX-License-Identifier: Apache-2.0
#
# docs/trace_picture.py draws the trace of the guide's program: each of its threads and tasks is in the picture,
# every element is closed, and at least one arrow leads from a thread to another.
# PROGRAM, EMULATOR (empty: none), PYTHON, SCRATCH
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

if(NOT PYTHON)
    skip("there is no python3")
endif()
file(MAKE_DIRECTORY ${SCRATCH})
execute_process(COMMAND ${EMULATOR} ${PROGRAM} ${SCRATCH}/trace.json RESULT_VARIABLE status OUTPUT_QUIET TIMEOUT 60)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "the program of docs/seeing-inside.md ended with ${status}")
endif()
execute_process(COMMAND ${PYTHON} ${SOURCE}/docs/trace_picture.py ${SCRATCH}/trace.json
    OUTPUT_VARIABLE picture ERROR_VARIABLE errors RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "docs/trace_picture.py ended with ${status}:\n${errors}")
endif()
foreach(part "^<svg " "</svg>\n$" ">web</text>" ">db</text>" ">disk</text>" ">serves</text>" ">answers</text>"
        ">query</text>" "class=\"arrow\"" "<title>reads_file, [0-9]+ us</title>")
    if(NOT picture MATCHES "${part}")
        complain("the picture of the trace lacks ${part}")
    endif()
endforeach()
execute_process(COMMAND ${PYTHON} -c "import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.stdin)"
    INPUT_FILE ${SOURCE}/docs/trace.svg RESULT_VARIABLE status ERROR_VARIABLE errors)
if(NOT status EQUAL 0)
    complain("docs/trace.svg is not well-formed: ${errors}")
endif()
finish("the trace of the guide is drawn")
