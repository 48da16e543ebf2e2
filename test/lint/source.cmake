# SPDX-License-Identifier: Apache-2.0
#
# What the lints share: the picture of the layers, and how to read a C file.

# The rooms of src, from the ground up: each uses itself and those below it. But loop and pool do not know each
# other, and io is a user of the public headers that may borrow from base.
set(folders base backend loop pool task circle thread future sync scope channel context inspect life call job
    object mailbox io)
set(below)
foreach(folder IN LISTS folders)
    list(APPEND below ${folder})
    set(below_${folder} ${below})
endforeach()
list(REMOVE_ITEM below_pool loop)
set(below_io base io)

# Where each public header lies: in the lowest folder that speaks of its types.
# (A task awaits futures and belongs to a synchronizer; what one does with them
# from outside lies above, which the symbols show.)
set(layer_of_err base)
set(layer_of_stats base)
set(layer_of_inspect inspect)
set(layer_of_map base)
set(layer_of_show base)
set(layer_of_mem base)
set(layer_of_testing base)
set(layer_of_version base)
set(layer_of_pool task)
set(layer_of_synchronizer task)
set(layer_of_future task)
set(layer_of_mailbox task)
set(layer_of_channel task)
set(layer_of_scope task)
set(layer_of_task task)
set(layer_of_blocking job)
set(layer_of_check task)
set(layer_of_context call)
set(layer_of_face object)
set(layer_of_make object)
set(layer_of_table object)

# layer_of_header(channel out): the folder of a public header; of one that is not
# above, that of the module of the same name. One of neither is the highest, so
# that no lower header may include it unseen.
function(layer_of_header name out)
    if(DEFINED layer_of_${name})
        set(${out} ${layer_of_${name}} PARENT_SCOPE)
        return()
    endif()
    foreach(folder IN LISTS folders)
        if(EXISTS ${SOURCE}/src/${folder}/${name}.c OR EXISTS ${SOURCE}/src/${folder}/${name}.h)
            set(${out} ${folder} PARENT_SCOPE)
            return()
        endif()
    endforeach()
    set(${out} io PARENT_SCOPE)
endfunction()

# read_code(file out): its text without comments. Semicolons and brackets, which
# mean something to CMake's lists, become spaces.
function(read_code file out)
    file(READ ${file} text)
    string(REGEX REPLACE "[][;]" " " text "${text}")
    set(code "")
    while(TRUE)
        string(FIND "${text}" "/*" start)
        if(start EQUAL -1)
            break()
        endif()
        string(SUBSTRING "${text}" 0 ${start} before)
        string(APPEND code "${before} ")
        math(EXPR start "${start} + 2")
        string(SUBSTRING "${text}" ${start} -1 text)
        string(FIND "${text}" "*/" end)
        math(EXPR end "${end} + 2")
        string(SUBSTRING "${text}" ${end} -1 text)
    endwhile()
    set(${out} "${code}${text}" PARENT_SCOPE)
endfunction()

# complain(text): one finding. finish(summary): fails if there was one.
set_property(GLOBAL PROPERTY findings 0)
function(complain text)
    message("${text}")
    get_property(n GLOBAL PROPERTY findings)
    math(EXPR n "${n} + 1")
    set_property(GLOBAL PROPERTY findings ${n})
endfunction()

function(finish summary)
    get_property(n GLOBAL PROPERTY findings)
    if(n GREATER 0)
        message(FATAL_ERROR "${n} findings (${summary})")
    endif()
    message(STATUS "no findings: ${summary}")
endfunction()

# skip(reason): ends the script; ctest shows it as skipped. A macro, so that the
# return is the script's.
macro(skip reason)
    message(STATUS "[skipped] ${reason}")
    return()
endmacro()
