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
    string(REGEX REPLACE "^.*/src/([a-z]+/[^/.]+)\\.[^/]*$" "\\1" module "${object}")
    set(${out} ${module} PARENT_SCOPE)
endfunction()

# read_symbols(): sets `modules`, and for each M of them defined_M and wanted_M,
# its global symbols. One nm for all, since starting one is what takes time.
function(read_symbols)
    library_objects(objects)
    set(modules)
    foreach(object IN LISTS objects)
        module_of(${object} module)
        list(APPEND modules ${module})
        set(defined_${module})
        set(wanted_${module})
    endforeach()

    execute_process(COMMAND ${NM} -A -P -g ${objects}
        OUTPUT_VARIABLE text ERROR_VARIABLE error RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${NM}: ${error}")
    endif()
    string(REGEX MATCHALL "[^\n]+" lines "${text}")
    foreach(line IN LISTS lines)
        if(NOT line MATCHES "^(.*\\.o(bj)?):? ([^ ]+) ([A-Za-z])( |$)")
            continue()
        endif()
        set(symbol "${CMAKE_MATCH_3}")
        set(type "${CMAKE_MATCH_4}")
        module_of("${CMAKE_MATCH_1}" module)
        if(APPLE)
            string(REGEX REPLACE "^_" "" symbol "${symbol}")
        endif()
        if(type MATCHES "[Uvw]")
            list(APPEND wanted_${module} "${symbol}")
        else()
            list(APPEND defined_${module} "${symbol}")
        endif()
    endforeach()

    set(modules "${modules}" PARENT_SCOPE)
    foreach(module IN LISTS modules)
        set(defined_${module} "${defined_${module}}" PARENT_SCOPE)
        set(wanted_${module} "${wanted_${module}}" PARENT_SCOPE)
    endforeach()
endfunction()
