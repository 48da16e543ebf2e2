# SPDX-License-Identifier: Apache-2.0
#
# What the example scan_keys.c must print.
set(example_scan_keys_says
    "^100 keys, their values make 4950: success\n3 keys were enough: success\n$")
