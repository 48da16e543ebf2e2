# SPDX-License-Identifier: Apache-2.0
#
# Makes each case of one test executable a CTest entry. Included by ctest when it
# starts, so that the list is that of the executable as it is now, and so that a
# cross-compiled one is asked through its emulator.
#
# In: cmake, module, executable, emulator, sanitized, properties. With TEST_BY_SUITE in the environment an executable is one
# entry, which runs its cases one after the other, each in a child: a process that is started costs the sanitizers more than most cases.

# The harness has an alarm of its own; CTest's is for a harness that hangs.
set(limit "$ENV{TEST_TIMEOUT}")
if(NOT limit AND sanitized)
    set(limit 480)
elseif(NOT limit)
    set(limit 120)
endif()
math(EXPR limit "${limit} + 20")

execute_process(COMMAND ${emulator} ${executable} --list
    OUTPUT_VARIABLE names ERROR_VARIABLE error RESULT_VARIABLE status TIMEOUT 60)
string(STRIP "${names}" names)
string(REGEX REPLACE "[\r\n]+" ";" names "${names}")

if(NOT status EQUAL 0 OR NOT names)
    # An entry that fails, rather than a module that is silently not tested.
    set(complaint "${executable} cannot list its cases (target `tests` builds it): ${status} ${error}")
    add_test("${module}.cannot_list_its_cases" "${cmake}" -D "COMPLAINT=${complaint}"
        -P "${CMAKE_CURRENT_LIST_DIR}/complain.cmake")
elseif(NOT "$ENV{TEST_BY_SUITE}" STREQUAL "")
    add_test("${module}.all_cases" ${emulator} "${executable}")
    set_tests_properties("${module}.all_cases" PROPERTIES
        SKIP_RETURN_CODE 77 TIMEOUT 1500 ${properties})
else()
    foreach(name IN LISTS names)
        add_test("${name}" ${emulator} "${executable}" "${name}")
        set_tests_properties("${name}" PROPERTIES
            SKIP_RETURN_CODE 77 TIMEOUT ${limit} ${properties})
    endforeach()
endif()
