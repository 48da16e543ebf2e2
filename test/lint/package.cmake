# SPDX-License-Identifier: Apache-2.0
#
# The library as its users get it: built, installed and used from outside, by
# every way that the README names. CASE chooses the way; all share SCRATCH.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

if(SANITIZED)
    skip("packages are tried with the unsanitized builds")
endif()

set(here ${SCRATCH}/${CASE})
set(program "#include <synchronicity/version.h>
int main(void) { return syn_version() != SYN_VERSION; }
")

function(run)
    execute_process(COMMAND ${ARGV} RESULT_VARIABLE status
        OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT status EQUAL 0)
        string(REPLACE ";" " " command "${ARGV}")
        message("${output}")
        message(FATAL_ERROR "${command}: ${status}")
    endif()
endfunction()

# configure(source build arguments...), with the compiler that we were built with.
function(configure source build)
    set(choices -DCMAKE_C_COMPILER=${C_COMPILER} "-DCMAKE_C_FLAGS=${C_FLAGS}")
    if(TOOLCHAIN)
        set(choices -DCMAKE_TOOLCHAIN_FILE=${TOOLCHAIN})
    endif()
    run(${CMAKE_COMMAND} -G ${GENERATOR} -S ${source} -B ${build} -DCMAKE_BUILD_TYPE=Release
        ${choices} ${ARGN})
endfunction()

function(consumer_project commands)
    file(WRITE ${here}/project/user.c "${program}")
    file(WRITE ${here}/project/CMakeLists.txt
        "cmake_minimum_required(VERSION 3.16)\nproject(user LANGUAGES C)\n${commands}
add_executable(user user.c)
target_link_libraries(user PRIVATE synchronicity::synchronicity)
set_target_properties(user PROPERTIES RUNTIME_OUTPUT_DIRECTORY [==[${here}]==]
    RUNTIME_OUTPUT_DIRECTORY_RELEASE [==[${here}]==])\n")
endfunction()

function(build_and_run_user name)
    configure(${here}/project ${here}/build_${name} ${ARGN})
    run(${CMAKE_COMMAND} --build ${here}/build_${name} --config Release)
    run(${EMULATOR} ${here}/user)
endfunction()

function(find_pc_dir kind out)
    file(GLOB_RECURSE found ${SCRATCH}/install/prefix_${kind}/*/synchronicity.pc)
    get_filename_component(dir "${found}" DIRECTORY)
    set(${out} ${dir} PARENT_SCOPE)
endfunction()

# compile_by_pkg_config(kind options...): cc user.c $(pkg-config ...)
function(compile_by_pkg_config kind)
    find_pc_dir(${kind} dir)
    set(ENV{PKG_CONFIG_LIBDIR} ${dir})
    unset(ENV{PKG_CONFIG_PATH})
    execute_process(COMMAND ${PKG_CONFIG} ${ARGN} --cflags --libs synchronicity
        OUTPUT_VARIABLE flags RESULT_VARIABLE status ERROR_VARIABLE error)
    execute_process(COMMAND ${PKG_CONFIG} --modversion synchronicity
        OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(NOT status EQUAL 0 OR NOT version STREQUAL VERSION)
        message(FATAL_ERROR "pkg-config: ${status} ${error}, version ${version}, not ${VERSION}")
    endif()
    separate_arguments(flags UNIX_COMMAND "${flags}")
    separate_arguments(own UNIX_COMMAND "${C_FLAGS}")
    file(WRITE ${here}/user.c "${program}")
    run(${C_COMPILER} ${own} ${here}/user.c -o ${here}/user ${flags})
endfunction()

macro(need_pkg_config)
    find_program(PKG_CONFIG NAMES pkg-config pkgconf)
    if(NOT PKG_CONFIG)
        skip("there is no pkg-config")
    endif()
    if(TOOLCHAIN)
        skip("pkg-config is the host's, not the target's")
    endif()
endmacro()

# ---- the cases ---------------------------------------------------------------

if(NOT CASE STREQUAL "install")
    file(REMOVE_RECURSE ${here})
endif()

if(CASE STREQUAL "install")
    # The others use what this one leaves behind.
    file(REMOVE_RECURSE ${SCRATCH}/install)
    foreach(kind static shared)
        set(shared OFF)
        if(kind STREQUAL "shared")
            set(shared ON)
        endif()
        # Installed elsewhere than it was configured for: packages get moved.
        configure(${SOURCE} ${here}/build_${kind} -DSYN_TESTS=OFF -DSYN_EXAMPLES=OFF
            -DSYN_BENCH=OFF -DBUILD_SHARED_LIBS=${shared} -DCMAKE_INSTALL_PREFIX=${here}/elsewhere)
        run(${CMAKE_COMMAND} --build ${here}/build_${kind} --config Release)
        run(${CMAKE_COMMAND} --install ${here}/build_${kind} --config Release
            --prefix ${here}/prefix_${kind})
        file(GLOB_RECURSE installed RELATIVE ${here}/prefix_${kind}/include
            ${here}/prefix_${kind}/include/*)
        file(GLOB_RECURSE expected RELATIVE ${SOURCE}/include ${SOURCE}/include/*.h)
        if(NOT installed STREQUAL expected)
            message(FATAL_ERROR "installed headers: ${installed}, not ${expected}")
        endif()
        # Pages and links, in the component that holds them alone.
        run(${CMAKE_COMMAND} --install ${here}/build_${kind} --config Release --component doc
            --prefix ${here}/doc_${kind})
        file(GLOB_RECURSE docs RELATIVE ${here}/doc_${kind} ${here}/doc_${kind}/*)
        list(FILTER docs EXCLUDE REGEX "/man/man[37]/[A-Za-z_]+\\.[37]$")
        find_program(PYTHON python3)
        if(docs OR (PYTHON AND NOT EXISTS ${here}/doc_${kind}/share/man/man3/future_get.3))
            message(FATAL_ERROR "the component doc lacks future_get.3, or has also ${docs}")
        endif()
    endforeach()

elseif(CASE STREQUAL "uninstall")
    set(build ${SCRATCH}/install/build_static)
    run(${CMAKE_COMMAND} --install ${build} --config Release --prefix ${here}/prefix)
    foreach(round installed gone_already)
        run(${CMAKE_COMMAND} --build ${build} --config Release --target uninstall)
        file(GLOB_RECURSE left LIST_DIRECTORIES false ${here}/prefix/*)
        if(left)
            message(FATAL_ERROR "after uninstall there are ${left}")
        endif()
    endforeach()

elseif(CASE STREQUAL "find_package_from_install")
    consumer_project("find_package(synchronicity ${VERSION} CONFIG REQUIRED)")
    foreach(kind static shared)
        build_and_run_user(${kind}
            -DCMAKE_PREFIX_PATH=${SCRATCH}/install/prefix_${kind}
            -DCMAKE_FIND_ROOT_PATH=${SCRATCH}/install/prefix_${kind})
    endforeach()

elseif(CASE STREQUAL "pkg_config_static")
    need_pkg_config()
    compile_by_pkg_config(static --static)
    run(${here}/user)

elseif(CASE STREQUAL "pkg_config_shared")
    need_pkg_config()
    compile_by_pkg_config(shared)
    find_pc_dir(shared dir)
    get_filename_component(libdir ${dir} DIRECTORY)
    run(${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${libdir} DYLD_LIBRARY_PATH=${libdir} ${here}/user)

elseif(CASE STREQUAL "add_subdirectory")
    # The names that a host project may want for itself must be free.
    consumer_project("foreach(name check demo bench test_harness)
    add_custom_target(\${name})
endforeach()
add_subdirectory([==[${SOURCE}]==] synchronicity)
")
    build_and_run_user(inside)

elseif(CASE STREQUAL "strict_parent")
    # In a project with stricter warnings than the house's, in a folder with a space in its name.
    set(here "${here}/of a strict parent")
    consumer_project("add_compile_options(-Wall -Wextra -Werror -Wconversion -Wsign-conversion
    -Wshadow -Wcast-qual -Wstrict-prototypes -Wmissing-prototypes -Wundef -D_GNU_SOURCE)
add_subdirectory([==[${SOURCE}]==] synchronicity)
")
    build_and_run_user(strict)

elseif(CASE STREQUAL "optimized_at_link_time_inside_a_shared_library")
    if(NOT COMPILER_ID STREQUAL "GNU")
        skip("${COMPILER_ID} optimizes at link time by a linker that may not be there")
    endif()
    consumer_project("set(SYN_LTO ON)
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
link_libraries(plugin)
")
    file(WRITE ${here}/project/user.c "int plugin(void);\nint main(void) { return !plugin(); }\n")
    build_and_run_user(lto)

elseif(CASE STREQUAL "plain_cc")
    # What a user without CMake types: cc -pthread -Iinclude -Isrc FILES user.c
    file(STRINGS ${LIBRARY_SOURCES} sources)
    list(FILTER sources INCLUDE REGEX "/src/[a-z]+/[^/]+$")
    file(WRITE ${here}/user.c "${program}")
    separate_arguments(own UNIX_COMMAND "${C_FLAGS}")
    run(${C_COMPILER} ${own} -pthread -I ${SOURCE}/include -I ${SOURCE}/src ${sources}
        ${here}/user.c -o ${here}/user)
    run(${EMULATOR} ${here}/user)

elseif(CASE STREQUAL "man_pages")
    # Each function is found by its name and its page is whole, also in the short form, without a remark of mandoc's.
    find_program(PYTHON python3)
    find_program(MANDOC mandoc)
    find_program(MAKEWHATIS makewhatis PATHS /usr/sbin)
    if(NOT PYTHON OR NOT MANDOC OR NOT MAKEWHATIS)
        skip("there is no python3, or no mandoc")
    endif()
    run(${PYTHON} -B ${SOURCE}/docs/man/make_pages.py ${SOURCE} ${here}/man ${VERSION} "November 29, 2026")
    execute_process(COMMAND ${PYTHON} -B ${SOURCE}/docs/man/check_pages.py ${SOURCE} ${here}/man
        RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
    message(STATUS "${said}")
    if(NOT status EQUAL 0)
        complain("${said}")
    endif()
    run(${MAKEWHATIS} -T utf8 ${here}/man)
    file(GLOB all ${here}/man/man3/*.3 ${here}/man/man7/*.7)
    set(pages)
    foreach(page IN LISTS all)
        if(NOT IS_SYMLINK ${page})
            list(APPEND pages ${page})
        endif()
    endforeach()
    execute_process(COMMAND ${CMAKE_COMMAND} -E env MANPATH=${here}/man ${MANDOC} -T lint -W style ${pages}
        RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
    if(NOT status EQUAL 0)
        complain("mandoc -T lint: ${said}")
    endif()
    execute_process(COMMAND ${CMAKE_COMMAND} -E env MANPATH=${here}/man ${MANDOC} -T utf8 ${here}/man/man3/future_get.3
        OUTPUT_VARIABLE said)
    if(NOT said MATCHES "SYN_FUTURE_GET\\(3\\)" OR NOT EXISTS ${here}/man/man7/synchronicity.7)
        complain("`man 3 future_get` does not show the page, or the overview is missing")
    endif()

elseif(CASE STREQUAL "docs_site")
    # Each relative link and each anchor of it leads somewhere, and each page can be reached.
    find_program(PYTHON python3)
    find_program(MANDOC mandoc)
    find_program(CMARK cmark-gfm)
    if(NOT PYTHON OR NOT MANDOC OR NOT CMARK)
        skip("there is no python3, mandoc or cmark-gfm")
    endif()
    run(${PYTHON} -B ${SOURCE}/docs/man/make_pages.py ${SOURCE} ${here}/man ${VERSION} "November 29, 2026")
    run(${PYTHON} -B ${SOURCE}/docs/site/make_site.py ${SOURCE} ${here}/man ${here}/site)
    execute_process(COMMAND ${PYTHON} -B ${SOURCE}/docs/site/check_links.py ${here}/site
        RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
    message(STATUS "${said}")
    if(NOT status EQUAL 0)
        complain("${said}")
    endif()

elseif(CASE STREQUAL "size")
    # What the library adds to a small program, README's, in one static file: docs/platforms.md names the figures.
    find_program(MUSL_GCC musl-gcc)
    find_program(SIZE size)
    if(NOT MUSL_GCC OR NOT SIZE)
        skip("there is no musl-gcc, or no size")
    endif()
    include(${CMAKE_CURRENT_LIST_DIR}/guide_code.cmake)
    set(C_COMPILER ${MUSL_GCC})
    set(C_FLAGS)
    configure(${SOURCE} ${here}/build -DSYN_TESTS=OFF -DSYN_BENCH=OFF -DSYN_EXAMPLES=OFF)
    run(${CMAKE_COMMAND} --build ${here}/build --target synchronicity)
    first_program_of(${SOURCE}/README.md program)
    file(WRITE ${here}/hello.c "${program}")
    run(${MUSL_GCC} -O2 -I ${SOURCE}/include ${here}/hello.c ${here}/build/libsynchronicity.a -static -pthread
        -Wl,--gc-sections -o ${here}/hello)
    run(${here}/hello)
    # What it does not use is not in it.
    execute_process(COMMAND ${NM} ${here}/hello OUTPUT_VARIABLE symbols)
    if(NOT symbols MATCHES " T syni_call\n")
        message(FATAL_ERROR "nm shows no function of the library")
    endif()
    foreach(name syn_dump syni_context_judge syni_channel_send syni_listener_add syn_catch_interrupt syn_trace_start
            syni_site_line sscanf vfscanf)
        if(symbols MATCHES " [TtW] ${name}\n")
            complain("README's program does not use ${name}, which is linked into it")
        endif()
    endforeach()
    execute_process(COMMAND ${SIZE} ${here}/hello OUTPUT_VARIABLE said)
    string(REGEX MATCH "\n *([0-9]+)[ \t]+([0-9]+)[ \t]+([0-9]+)" said "${said}")
    set(text ${CMAKE_MATCH_1})
    set(bss ${CMAKE_MATCH_3})
    file(STRINGS ${SOURCE}/docs/platforms.md figures REGEX "at most [0-9]+ KB of text and [0-9]+ KB of bss")
    if(NOT figures MATCHES "at most ([0-9]+) KB of text and ([0-9]+) KB of bss")
        message(FATAL_ERROR "docs/platforms.md does not say how large a program is")
    endif()
    message(STATUS "${text} bytes of text, ${bss} of bss")
    if(NOT text OR text GREATER ${CMAKE_MATCH_1}000 OR bss GREATER ${CMAKE_MATCH_2}000)
        complain("README's program has ${text} bytes of text and ${bss} of bss; docs/platforms.md says ${figures}")
    endif()

else()
    include(${CMAKE_CURRENT_LIST_DIR}/package_pair.cmake)
endif()

finish("package ${CASE}")
