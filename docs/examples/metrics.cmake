# SPDX-License-Identifier: Apache-2.0
#
# What the example metrics.c must print.
set(example_metrics_says "200 OK.*# TYPE synchronicity_tasks_started_total counter
synchronicity_tasks_started_total.synchronizer=.net.. [1-9].*synchronicity_step_seconds_bucket.synchronizer=.net.,le=.1.024e-06.. .*le=.[+]Inf.. .*synchronicity_step_seconds_count")
