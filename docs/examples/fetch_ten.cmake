# SPDX-License-Identifier: Apache-2.0
#
# What the example fetch_ten.c must print.
set(example_fetch_ten_says
    "^well: 0 1 4 9 16 25 36 49 64 81\none is missing: GET key:10\ntoo slow: timed out\n$")
