# SPDX-License-Identifier: Apache-2.0
#
# What the example pipeline.c must print.
set(example_pipeline_says
    "^1: a channel is a queue\n2: calling it gives a channel\n\
3: closing a channel ends its generator\n[(]lines end[)]\n[(]with_word ends[)]\n\
[(]number ends[)]\nall: success, 0 lines left\n1: a channel is a queue\n\
2: with an end and an error\n[(]lines end[)]\n[(]with_word ends[)]\n[(]number ends[)]\n\
two: success, 0 lines left\n$")
