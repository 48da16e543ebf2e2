# SPDX-License-Identifier: Apache-2.0
#
# In the rooms where tasks, or threads, meet in one state there is a check for each three functions, at least.
# A function is what ends in a brace at the margin. A check is SYNI_INVARIANT, SYNI_SURE, SYNI_ALWAYS, SYNI_HOLDS...,
# SYNI_DRIVEN... or syni_panic. And a function with a name that ends in `_locked` checks that its thread has the lock,
# one that its header says is the driver's that its thread drives: by "Driver." or "Driver only" above it, or above all.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

set(check "SYNI_(INVARIANT|SURE|ALWAYS|HOLDS[A-Z_]*|DRIVEN[A-Z_]*)\\(|syni_panic\\(")
set(modules task scope sync channel pool loop)

# The functions of CODE that end in _locked, and check no lock. What they call first may: a lock around several.
function(look_at_locked file code)
    string(REPLACE "\n}\n" "\n@\n" code "${code}") # the end, to match up to
    string(REGEX MATCHALL "[a-z_]+_locked\\([^\n{}]*\\)\n{[^@]*" found "${code}")
    foreach(text IN LISTS found)
        string(REGEX MATCH "^[a-z_]+" name "${text}")
        if(NOT text MATCHES "SYNI_HOLDS|is_held\\(|SYNI_INVARIANT|_locked\\(.*_locked\\(")
            complain("${file}: ${name}() does not check that its thread has the lock")
        endif()
    endforeach()
endfunction()

# The driver's, and the check is elsewhere.
set(unchecked
    # they pass on to one that checks
    syni_loop_turn # run_steps(), once it knows that no step returned in a forked child
    syni_shelter_launched syni_timer_stop
    # static inline: a step that goes on in a forked child, and drives nothing, comes to them; their callers check
    syni_loop_ready syni_loop_turn_time syni_loop_unready_last
    # a core knows no loop; their callers check
    syni_core_close_alone syni_core_wait_here
    # they ask whether there is a task, or which: by anybody
    syni_line_here syni_line_look
    # also by the maker of a task that is not launched
    syni_shelter_begin)
set(says "Driver( only)?[.,]|Thread: the driver")

# The functions that a HEADER says are the driver's: what stands under a comment that SAYS it, up to an empty line; or
# all, if its first comment does, or that of a section.
function(driver_functions header out)
    file(READ ${header} text)
    string(REGEX REPLACE "[][]" " " text "${text}")
    string(REGEX REPLACE "[\t ]*;([\t ]*/\\*[^\n]*\\*/)?" " " text "${text}")
    set(header FIRST)
    set(section FALSE)
    set(names)
    while(TRUE)
        string(FIND "${text}" "/*" start)
        if(start EQUAL -1)
            break()
        endif()
        string(SUBSTRING "${text}" ${start} -1 text)
        string(FIND "${text}" "*/" end)
        string(SUBSTRING "${text}" 0 ${end} comment)
        math(EXPR end "${end} + 2")
        string(SUBSTRING "${text}" ${end} -1 text)
        string(FIND "${text}" "/*" end)
        string(SUBSTRING "${text}" 0 ${end} below)
        set(here FALSE)
        if(comment MATCHES "${says}")
            set(here TRUE)
        endif()
        if(header STREQUAL "FIRST")
            set(header ${here})
        elseif(comment MATCHES "^/\\* ---")
            set(section FALSE)
            if(comment MATCHES "all driver only")
                set(section TRUE)
            endif()
        elseif(NOT header AND NOT section)
            string(FIND "${below}" "\n\n" end)
            string(SUBSTRING "${below}" 0 ${end} below)
        endif()
        if(NOT header AND NOT section AND NOT here)
            continue()
        endif()
        string(REGEX MATCHALL "\n[A-Za-z_][^\n{}]*[ *]syni_[a-z0-9_]+\\(" lines "${below}")
        foreach(line IN LISTS lines)
            string(REGEX MATCH "syni_[a-z0-9_]+\\($" name "${line}")
            string(REPLACE "(" "" name "${name}")
            list(APPEND names ${name})
        endforeach()
    endwhile()
    set(${out} "${names}" PARENT_SCOPE)
endfunction()

# Of the driver's functions those that CODE defines.
function(look_at_driver file code)
    string(REPLACE "\n}\n" "\n@\n" code "${code}")
    foreach(name IN LISTS of_driver)
        string(FIND "${code}" "${name}(" at)
        if(at EQUAL -1)
            continue()
        endif()
        string(REGEX MATCH "[ *]${name}\\(([^(){}@]|\\([^(){}@]*\\))*\\)\n{[^@]*" text "${code}")
        if(NOT text)
            continue()
        endif()
        set_property(GLOBAL APPEND PROPERTY defined ${name})
        if(text MATCHES "SYNI_DRIVEN|syni_drives\\(")
            if(name IN_LIST unchecked)
                complain("${file}: ${name}() checks its driver, and this lint says that it does not")
            endif()
        elseif(NOT name IN_LIST unchecked)
            complain("${file}: ${name}() is the driver's, as its header says, and does not check that its thread drives")
        endif()
    endforeach()
endfunction()

set(of_driver)
file(GLOB headers ${SOURCE}/src/*/*.h)
foreach(header IN LISTS headers)
    driver_functions(${header} names)
    list(APPEND of_driver ${names})
endforeach()
list(REMOVE_DUPLICATES of_driver)

foreach(module IN LISTS modules)
    set(functions_${module} 0)
    set(checks_${module} 0)
endforeach()
file(GLOB files RELATIVE ${SOURCE} ${SOURCE}/src/*/*.c ${SOURCE}/src/*/*.h)
foreach(file IN LISTS files)
    get_filename_component(module ${file} DIRECTORY)
    get_filename_component(module ${module} NAME)
    read_code(${SOURCE}/${file} code)
    string(REGEX REPLACE "\\\\\n" " " code "${code}")
    string(REGEX REPLACE "#[^\n]*" "" code "${code}") # what defines a check is none
    look_at_locked(${file} "${code}")
    look_at_driver(${file} "${code}")
    if(NOT module IN_LIST modules)
        continue()
    endif()
    string(REGEX MATCHALL "\n}\n" ends "${code}\n")
    string(REGEX MATCHALL "${check}" checks "${code}")
    list(LENGTH ends n)
    math(EXPR functions_${module} "${functions_${module}} + ${n}")
    list(LENGTH checks n)
    math(EXPR checks_${module} "${checks_${module}} + ${n}")
endforeach()

get_property(defined GLOBAL PROPERTY defined)
foreach(name IN LISTS of_driver unchecked)
    if(NOT name IN_LIST defined)
        complain("${name}: the driver's, and not found, or in a list of this lint only")
    endif()
endforeach()

list(LENGTH of_driver n)
set(summary "${n} functions of the driver")
foreach(module IN LISTS modules)
    math(EXPR three "3 * ${checks_${module}}")
    if(three LESS functions_${module})
        complain("${module}: ${checks_${module}} checks in ${functions_${module}} functions, less than one in three")
    endif()
    list(APPEND summary "${module} ${checks_${module}} checks in ${functions_${module}} functions")
endforeach()
string(REPLACE ";" ", " summary "${summary}")
finish("${summary}")
