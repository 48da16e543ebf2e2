# SPDX-License-Identifier: Apache-2.0
#
# Cases of package.cmake, which includes this: the library as a part of another project.

if(CASE STREQUAL "add_subdirectory")
    # The names that a host project may want for itself must be free.
    consumer_project("foreach(name check demo bench test_harness)
    add_custom_target(\${name})
endforeach()
set(SYN_AMALGAMATED ON) # quicker
add_subdirectory([==[${SOURCE}]==] synchronicity)
")
    build_and_run_user(inside -DCMAKE_C_FLAGS_RELEASE=-O0)

elseif(CASE STREQUAL "fetch_content")
    # From an archive, as FetchContent gets it from a network; here from this machine.
    file(MAKE_DIRECTORY ${here})
    run(${CMAKE_COMMAND} -E chdir ${SOURCE} ${CMAKE_COMMAND} -E tar czf ${here}/archive.tar.gz
        CMakeLists.txt include src)
    consumer_project("include(FetchContent)
FetchContent_Declare(synchronicity URL [==[${here}/archive.tar.gz]==])
set(SYN_AMALGAMATED ON) # quicker
FetchContent_MakeAvailable(synchronicity)
")
    build_and_run_user(fetched -DCMAKE_C_FLAGS_RELEASE=-O0)

elseif(CASE STREQUAL "hidden_in_a_shared_library")
    # A plug-in with the library inside exports what is its own, and nothing of the library.
    if(APPLE OR NOT NM)
        skip("there is no nm for ELF")
    endif()
    consumer_project("set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(SYN_AMALGAMATED ON) # quicker
add_subdirectory([==[${SOURCE}]==] synchronicity)
file(WRITE plugin.c [==[
#include <synchronicity/short.h>
SYNCHRONIZER(inside);
ASYNC(inside, int, twice, (int, x)) { co_return(2 * self->x); }
__attribute__((visibility(\"default\"))) int plugin(void);
int plugin(void) { int y = 0; return twice(21, &y) == SYN_OK && y == 42; }
]==])
add_library(plugin SHARED plugin.c)
target_link_libraries(plugin PRIVATE synchronicity)
set_target_properties(plugin PROPERTIES LIBRARY_OUTPUT_DIRECTORY_RELEASE [==[${here}]==]
    LIBRARY_OUTPUT_DIRECTORY [==[${here}]==])
link_libraries(plugin)
")
    file(WRITE ${here}/project/user.c "int plugin(void);\nint main(void) { return !plugin(); }\n")
    build_and_run_user(hidden -DCMAKE_C_FLAGS_RELEASE=-O0)
    execute_process(COMMAND ${NM} -D -P --defined-only ${here}/libplugin.so OUTPUT_VARIABLE said)
    string(REGEX MATCHALL "[^\n]+ [A-Z] " symbols "${said}")
    list(FILTER symbols EXCLUDE REGEX "^(_init|_fini|_edata|_end|__bss_start) ")
    if(NOT symbols STREQUAL "plugin T ")
        complain("the plug-in exports ${symbols}")
    endif()

elseif(CASE STREQUAL "riscv64")
    # gcc 12 has no atomics of one byte there: CMake links libatomic, and tells those that use the library.
    find_program(CROSS riscv64-linux-gnu-gcc)
    find_program(QEMU qemu-riscv64-static)
    if(NOT CROSS OR NOT QEMU)
        skip("there is no riscv64-linux-gnu-gcc or no qemu-riscv64-static")
    endif()
    set(C_COMPILER ${CROSS})
    set(C_FLAGS)
    set(TOOLCHAIN)
    consumer_project("set(SYN_AMALGAMATED ON) # quicker
set(SYN_INSTALL ON)
add_subdirectory([==[${SOURCE}]==] synchronicity)
link_libraries(-static)
")
    set(EMULATOR ${QEMU})
    build_and_run_user(riscv64 -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=riscv64 -DCMAKE_C_FLAGS_RELEASE=-O0)
    file(STRINGS ${here}/build_riscv64/synchronicity/synchronicity.pc line REGEX "^Libs\\.private:")
    file(STRINGS ${here}/build_riscv64/CMakeCache.txt built_in REGEX "^SYN_ATOMICS_ARE_BUILT_IN:INTERNAL=1$")
    if(NOT built_in AND NOT line MATCHES "-latomic")
        complain("pkg-config does not name libatomic: ${line}")
    endif()

elseif(CASE STREQUAL "strict_parent")
    # In a project with stricter warnings than the house's, in a folder with a space in its name.
    set(here "${here}/of a strict parent")
    consumer_project("add_compile_options(-Wall -Wextra -Werror -Wconversion -Wsign-conversion
    -Wshadow -Wcast-qual -Wstrict-prototypes -Wmissing-prototypes -Wundef -D_GNU_SOURCE)
add_subdirectory([==[${SOURCE}]==] synchronicity)
")
    build_and_run_user(strict -DCMAKE_C_FLAGS_RELEASE=-O1)

elseif(CASE STREQUAL "optimized_at_link_time_inside_a_shared_library")
    if(NOT COMPILER_ID STREQUAL "GNU")
        skip("${COMPILER_ID} optimizes at link time by a linker that may not be there")
    endif()
    # README's program, too, draws no warning with -O3, which sees through all that it calls.
    include(${CMAKE_CURRENT_LIST_DIR}/guide_code.cmake)
    first_program_of(${SOURCE}/README.md program)
    file(WRITE ${here}/project/hello.c "${program}")
    consumer_project("set(SYN_LTO ON)
set(SYN_WERROR ON)
add_compile_options(-Wall -Wextra -Werror)
add_link_options(-Wall -Wextra -Werror -flto=auto)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
add_subdirectory([==[${SOURCE}]==] synchronicity)
file(WRITE plugin.c [==[
#include <synchronicity/short.h>
SYNCHRONIZER(inside);
ASYNC(inside, int, twice, (int, x)) { co_return(2 * self->x); }
int plugin(void);
int plugin(void) { int y = 0; return twice(21, &y) == SYN_OK && y == 42; }
]==])
add_library(plugin SHARED plugin.c)
target_link_libraries(plugin PRIVATE synchronicity)
add_executable(hello hello.c)
target_link_libraries(hello PRIVATE synchronicity)
link_libraries(plugin)
")
    file(WRITE ${here}/project/user.c "int plugin(void);\nint main(void) { return !plugin(); }\n")
    build_and_run_user(lto)

elseif(CASE STREQUAL "optimized_at_link_time_in_parts")
    # What an asm statement names is found also where the optimizer puts it into another part, as in larger programs.
    if(NOT COMPILER_ID STREQUAL "GNU")
        skip("${COMPILER_ID} does not part a program so")
    endif()
    file(MAKE_DIRECTORY ${here})
    run(${C_COMPILER} -std=c11 -O2 -flto -D_DEFAULT_SOURCE -DSYN_HAVE_EPOLL -I ${SOURCE}/include -I ${SOURCE}/src
        -c ${SOURCE}/src/base/hooks.c -o ${here}/whole.o)
    run(${C_COMPILER} -O2 -flto -flto-partition=max -r -flinker-output=nolto-rel ${here}/whole.o -o ${here}/parts.o)
    execute_process(COMMAND ${NM} -u ${here}/parts.o OUTPUT_VARIABLE wanted)
    if(NOT wanted MATCHES "syni_fork" OR wanted MATCHES "syn_hook_semaphore|syni_hooks_lookers")
        message(FATAL_ERROR "src/base/hooks.c in parts lacks one of:\n${wanted}")
    endif()

else()
    include(${CMAKE_CURRENT_LIST_DIR}/package_pair.cmake)
endif()
