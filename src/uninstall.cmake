# SPDX-License-Identifier: Apache-2.0
#
# Removes what MANIFEST, the list that the last `install` of this build tree wrote, names. Folders
# stay: they may be others'. A file that is gone already is fine.
if(NOT EXISTS "${MANIFEST}")
    message(FATAL_ERROR "there is no ${MANIFEST}: nothing was installed from this build tree")
endif()
file(STRINGS "${MANIFEST}" files)
foreach(file IN LISTS files)
    set(file "$ENV{DESTDIR}${file}")
    if(EXISTS "${file}" OR IS_SYMLINK "${file}")
        message("removing ${file}")
        file(REMOVE "${file}")
    endif()
endforeach()
