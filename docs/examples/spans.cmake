# SPDX-License-Identifier: Apache-2.0
#
# What the spans must show: the job in the task, both of one trace.
set(example_spans_says
    "spanId.:.0*2.,.parentSpanId.:.0*1.,.name.:.price_of.*spanId.:.0*1.,.parentSpanId.:.0*.,.name.:.order.")
