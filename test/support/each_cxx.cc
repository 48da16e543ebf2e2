// SPDX-License-Identifier: Apache-2.0
//
// Loops, a select and talking back from C++; run by each_test.c.

#include <synchronicity/short.h>

GENERATOR_TYPES(int, count);
extern "C" struct count_channel each_count(int n);
extern "C" int each_in_cxx(int *out_selected);

extern "C" int each_in_cxx(int *out_selected)
{
    struct count_channel ch = each_count(5);
    syn_err err = -1, also = -1;
    int sum = 0, v = 0;

    channel_each (int, i, each_count(4), &err) {
        if (i == 1)
            continue;
        channel_each (int, k, each_count(9), &also) {
            if (k == 2)
                break;
            sum += 10 * i + k;
        }
    }
    channel_each_open (int, i, ch, &err)
        if (i == 2)
            break;
    *out_selected = channel_select(&err, ON_NEXT(ch, &v), ON_TIME(syn_after(60)));
    sum += 1000 * v;
    return err || also || channel_close(ch) ? -1 : sum;
}
