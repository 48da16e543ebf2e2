# SPDX-License-Identifier: Apache-2.0
#
# docs/gdb/synchronicity.py prints the tree of a program from a core file of it, without the program.
# GDB, VICTIM, SCRIPT, WORK (a folder)
cmake_minimum_required(VERSION 3.16)

if(NOT GDB)
    message("[skipped] there is no gdb")
    return()
endif()
file(MAKE_DIRECTORY ${WORK})
set(core ${WORK}/victim.core)
file(REMOVE ${core})
set(quiet -nx -batch -iex "set debuginfod enabled off")
execute_process(COMMAND ${GDB} ${quiet} -ex run -ex "generate-core-file ${core}" -ex kill ${VICTIM}
    OUTPUT_VARIABLE made ERROR_VARIABLE made TIMEOUT 120)
if(NOT EXISTS ${core})
    if(made MATCHES "ptrace|not permitted|No such file or directory.*python")
        message("[skipped] gdb may not trace here: ${made}")
        return()
    endif()
    message(FATAL_ERROR "gdb made no core:\n${made}")
endif()
execute_process(COMMAND ${GDB} ${quiet} -ex "python print('has python')"
    OUTPUT_VARIABLE python ERROR_VARIABLE python)
if(NOT python MATCHES "has python")
    message("[skipped] this gdb has no Python")
    return()
endif()
execute_process(COMMAND ${GDB} ${quiet} -x ${SCRIPT} -ex syn-dump ${VICTIM} ${core}
    OUTPUT_VARIABLE tree ERROR_VARIABLE errors TIMEOUT 120)
file(REMOVE ${core})
foreach(line IN ITEMS
        "\nsynchronizer demo, driver asleep, live 3\n"
        "\n  root: waits for its scope, at victim.c:[0-9]+(, made at [^\n]*)?\n"
        "\n    asks: waits for a promise, at victim.c:[0-9]+(, made at [^\n]*)?\n"
        "\n    wants: waits for a mutex, held by asks, at victim.c:[0-9]+(, made at [^\n]*)?\n"
        "\n    reads: waits for readable, descriptor [0-9]+, at victim.c:[0-9]+(, made at [^\n]*)?, on other\n"
        "\nsynchronizer other, driver asleep, live 1\n"
        "\npool jobs, threads 1, blocked 0, idle 0, queued 0\n  computes: runs\n"
        "\nthread [^\n]*: waits for root, number [0-9]+\n")
    if(NOT tree MATCHES "${line}")
        message(FATAL_ERROR "gdb's tree lacks \"${line}\":\n${tree}\n${errors}")
    endif()
endforeach()
message("-- gdb prints the tree of a core")
