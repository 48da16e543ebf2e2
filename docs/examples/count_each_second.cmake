# SPDX-License-Identifier: Apache-2.0
#
# What the example count_each_second.c must print.
set(example_count_each_second_says
    "^to its end:\n  1[.]0 s: 1\n  2[.]0 s: 2\n  3[.]0 s: 3\n\
  3[.]7 s: the generator ends: success\n  success\nuntil it is enough:\n  4[.]7 s: 1\n\
  5[.]7 s: 2\n  5[.]7 s: the generator ends: cancelled\n  success\nimpatiently:\n\
  6[.]3 s: timed out\n  6[.]7 s: 1\n  7[.]3 s: timed out\n  7[.]7 s: 2\n\
  7[.]7 s: the generator ends: success\n  7[.]7 s: end\n$")
