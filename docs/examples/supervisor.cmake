# SPDX-License-Identifier: Apache-2.0
#
# What the example supervisor.c must print.
set(example_supervisor_says
    "15 s: worker 0 ends: timed out\n.*15 s: the supervisor ends: timed out\n.*\
 62 s: worker 1 ends: [^\n]*[Ee]rror\n 70 s: worker 0 ends: cancelled\n\
 70 s: worker 2 ends: cancelled\n 70 s: the supervisor ends: [^\n]*[Ee]rror\n")
