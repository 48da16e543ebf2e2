# SPDX-License-Identifier: Apache-2.0
#
# Reading the library's objects with nm.

# library_objects(out): those made from src/, not the test double of a kernel.
function(library_objects out)
    file(STRINGS ${OBJECTS} objects)
    list(FILTER objects INCLUDE REGEX "/src/[a-z]+/[^/]+$")
    list(LENGTH objects n)
    if(n EQUAL 0)
        message(FATAL_ERROR "${OBJECTS} names no object of the library")
    endif()
    set(${out} "${objects}" PARENT_SCOPE)
endfunction()

# module_of(.../src/loop/timer.c.o out): loop/timer
function(module_of object out)
    string(REGEX REPLACE "^.*/src/([a-z]+/[^/.]+)\\.[^/]*$" "\\1" module ${object})
    set(${out} ${module} PARENT_SCOPE)
endfunction()

# symbols_of(object out_defined out_wanted): its global symbols.
function(symbols_of object out_defined out_wanted)
    execute_process(COMMAND ${NM} -P -g ${object}
        OUTPUT_VARIABLE text ERROR_VARIABLE error RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${NM} ${object}: ${error}")
    endif()
    string(REGEX MATCHALL "[^\n]+" lines "${text}")
    set(defined)
    set(wanted)
    foreach(line IN LISTS lines)
        if(NOT line MATCHES "^([^ ]+) ([A-Za-z])")
            continue()
        endif()
        set(symbol "${CMAKE_MATCH_1}")
        set(type "${CMAKE_MATCH_2}")
        if(APPLE)
            string(REGEX REPLACE "^_" "" symbol "${symbol}")
        endif()
        if(type MATCHES "[Uvw]")
            list(APPEND wanted "${symbol}")
        else()
            list(APPEND defined "${symbol}")
        endif()
    endforeach()
    set(${out_defined} "${defined}" PARENT_SCOPE)
    set(${out_wanted} "${wanted}" PARENT_SCOPE)
endfunction()
