# SPDX-License-Identifier: Apache-2.0
#
# A release, made in a scratch clone: the version and the changelog are cut, the tag is there, the archives hold what
# they should, and a second clone in another folder, at another time and under another umask makes the same bytes.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

find_program(GIT git)
find_program(BASH bash)
find_program(SHA256SUM sha256sum)
find_program(TAR tar)
if(NOT GIT OR NOT BASH OR NOT SHA256SUM OR NOT TAR OR NOT EXISTS ${SOURCE}/.git)
    skip("this is no checkout, or there is no git, bash, tar or sha256sum")
endif()
execute_process(COMMAND ${TAR} --version OUTPUT_VARIABLE said)
if(NOT said MATCHES "GNU tar")
    skip("the archives are made by GNU tar")
endif()

set(version 9.8.7)
file(REMOVE_RECURSE ${SCRATCH})
file(MAKE_DIRECTORY ${SCRATCH})
set(ENV{SOURCE_DATE_EPOCH} 1700000000) # 2023-11-14
foreach(who AUTHOR COMMITTER)
    set(ENV{GIT_${who}_NAME} tester)
    set(ENV{GIT_${who}_EMAIL} tester@example.org)
endforeach()
set(ENV{GIT_CONFIG_GLOBAL} /dev/null)
file(MAKE_DIRECTORY ${SCRATCH}/temporary)
set(ENV{TMPDIR} ${SCRATCH}/temporary)
set(ENV{CC} ${C_COMPILER})

# run(out command...): in the clone `one`.
function(run out)
    execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${SCRATCH}/one
        RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE error)
    if(NOT status EQUAL 0)
        string(REPLACE ";" " " command "${ARGN}")
        message(FATAL_ERROR "${command}: ${status}\n${said}${error}")
    endif()
    set(${out} "${said}" PARENT_SCOPE)
endfunction()

# refuses(sentence): the release says SENTENCE, and changes nothing.
function(refuses sentence)
    run(before ${GIT} rev-parse HEAD)
    execute_process(COMMAND .ci/release ${version} ${SCRATCH}/out WORKING_DIRECTORY ${SCRATCH}/one
        RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
    run(after ${GIT} rev-parse HEAD)
    if(status EQUAL 0 OR NOT said MATCHES "${sentence}" OR NOT before STREQUAL after)
        complain("should refuse, since \"${sentence}\", and says: ${said}")
    endif()
endfunction()

execute_process(COMMAND ${GIT} tag WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE tags_before)
execute_process(COMMAND ${GIT} clone -q --no-tags ${SOURCE} ${SCRATCH}/one RESULT_VARIABLE status ERROR_VARIABLE said)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "git clone: ${said}")
endif()

# The tool as it is here, also if it is not committed yet.
file(COPY ${SOURCE}/.ci/release DESTINATION ${SCRATCH}/one/.ci)
run(said ${GIT} add -A)
run(said ${GIT} commit -q --allow-empty -m "the tool")

refuses("no line '## ${version}, unreleased'")
file(READ ${SCRATCH}/one/docs/changelog.md text)
string(REPLACE "# Changelog\n" "# Changelog\n\n## ${version}, unreleased\n\n* Something is new.\n" text "${text}")
file(WRITE ${SCRATCH}/one/docs/changelog.md "${text}")
refuses("commit or stash")
run(said ${GIT} commit -q -a -m "changelog: what is new")
run(said .ci/release ${version} ${SCRATCH}/out)

# ---- what it made ---------------------------------------------------------------

file(READ ${SCRATCH}/one/include/synchronicity/version.h text)
if(NOT text MATCHES "SYN_VERSION_MAJOR 9\n#define SYN_VERSION_MINOR 8\n#define SYN_VERSION_PATCH 7\n"
        OR NOT text MATCHES "9\\.8\\.7 is 90807\\.")
    complain("version.h is not of ${version}: ${text}")
endif()
file(STRINGS ${SCRATCH}/one/docs/changelog.md lines REGEX "^## ")
list(GET lines 0 line)
if(NOT line STREQUAL "## ${version}, 2023-11-14")
    complain("the changelog begins with ${line}")
endif()
run(said ${GIT} status --porcelain)
if(NOT said STREQUAL "")
    complain("the release leaves changes: ${said}")
endif()
run(said ${GIT} for-each-ref --format=%\(objecttype\)%\(contents\) refs/tags/v${version})
if(NOT said MATCHES "^tagsynchronicity ${version}\n.*Something is new")
    complain("the tag v${version} says: ${said}")
endif()
refuses("tag v${version} is there already")

# ---- the same bytes elsewhere ---------------------------------------------------

set(elsewhere "${SCRATCH}/in a folder of another length/two")
execute_process(COMMAND ${GIT} clone -q ${SCRATCH}/one ${elsewhere})
file(GLOB_RECURSE files ${elsewhere}/src/*.c)
file(TOUCH ${files})
unset(ENV{SOURCE_DATE_EPOCH})
set(ENV{TZ} Asia/Tokyo)
execute_process(COMMAND ${BASH} -c "umask 077; .ci/release --archives ${version} '${elsewhere}/out'"
    WORKING_DIRECTORY ${elsewhere} RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "--archives: ${said}")
endif()
foreach(file synchronicity-${version}.tar.gz synchronicity-${version}-amalgamation.tar.gz SHA256SUMS)
    execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${SCRATCH}/out/${file} ${elsewhere}/out/${file}
        RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        complain("${file} is another one when it is built a second time")
    endif()
endforeach()
execute_process(COMMAND ${SHA256SUM} -c SHA256SUMS WORKING_DIRECTORY ${SCRATCH}/out RESULT_VARIABLE status
    OUTPUT_VARIABLE said)
if(NOT status EQUAL 0)
    complain("SHA256SUMS: ${said}")
endif()

# ---- a user unpacks them --------------------------------------------------------

foreach(name synchronicity-${version} synchronicity-${version}-amalgamation)
    execute_process(COMMAND ${TAR} -xzf ${SCRATCH}/out/${name}.tar.gz WORKING_DIRECTORY ${SCRATCH}/out)
endforeach()
set(pair ${SCRATCH}/out/synchronicity-${version}-amalgamation)
file(WRITE ${pair}/hello.c "#include \"synchronicity.h\"
int main(void) { return syn_version() != 90807; }
")
separate_arguments(own UNIX_COMMAND "${C_FLAGS}")
execute_process(COMMAND ${C_COMPILER} ${own} hello.c synchronicity.c -pthread -o hello WORKING_DIRECTORY ${pair}
    RESULT_VARIABLE status ERROR_VARIABLE said)
if(NOT status EQUAL 0)
    complain("the unpacked pair does not compile: ${said}")
else()
    execute_process(COMMAND ${EMULATOR} ${pair}/hello RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        complain("syn_version() of the unpacked pair is not that of ${version}")
    endif()
endif()
foreach(file ${pair}/synchronicity.c ${pair}/synchronicity.h)
    file(STRINGS ${file} lines)
    string(FIND "${lines}" "${SCRATCH}" at)
    if(NOT at EQUAL -1)
        complain("${file} names the folder in which it was made")
    endif()
endforeach()
if(NOT EXISTS ${pair}/LICENSE OR NOT EXISTS ${SCRATCH}/out/synchronicity-${version}/LICENSE)
    complain("an archive has no licence")
endif()

execute_process(COMMAND ${GIT} tag WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE tags_after)
if(NOT tags_before STREQUAL tags_after)
    complain("the test has left a tag in ${SOURCE}")
endif()
finish("release ${version} in a scratch clone")
