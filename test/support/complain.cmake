# SPDX-License-Identifier: Apache-2.0
#
# A test that fails with what it is told to say.
message(FATAL_ERROR "${COMPLAINT}")
