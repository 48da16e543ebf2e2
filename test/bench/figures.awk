# SPDX-License-Identifier: Apache-2.0
#
# Prints rows of the documents from lines of the benches, as they stand there; test/bench/figures runs it:
#
#     awk -f test/bench/figures.awk test/instructions/held.txt figures.1.txt figures.2.txt
#
# A figure that differs by more than a tenth from run to run is a range. One whose peer was skipped is "(not run)".
function note(key, number) {
    if (!(key in least) || number < least[key])
        least[key] = number
    if (!(key in most) || number > most[key])
        most[key] = number
}

FILENAME ~ /held\.txt$/ { if ($0 !~ /^#/) held[$1] = $2; next }
/^#/ || $3 == "skipped" || NF < 4 { next }
{ note($1 " " $2 ($3 == "asked-for" ? " asked-for" : ""), $4 + 0) }

function short(number) {
    if (number >= 1000)
        return grouped(100 * int(number / 100 + 0.5))
    if (number >= 100)
        return sprintf("%d", 10 * int(number / 10 + 0.5))
    return sprintf(number >= 10 ? "%.0f" : number >= 0.995 ? "%.1f" : "%.2f", number)
}

function grouped(number) {
    return number >= 1000 ? sprintf("%d,%03d", number / 1000, number % 1000) : sprintf("%.0f", number)
}

# The figure of "workload peer": a ratio, or a value in the bench's unit. TURNED: 1 divided by it.
function f(key, turned,    low, high) {
    if (!(key in least)) {
        missing = missing "\n  " key
        return "(not run)"
    }
    low = turned ? 1 / most[key] : least[key]
    high = turned ? 1 / least[key] : most[key]
    if (high <= 1.1 * low)
        return short((low + high) / 2)
    return short(low) == short(high) ? short(low) : short(low) " to " short(high)
}

# A count of bytes, whole.
function whole(key) {
    return key in least ? grouped((least[key] + most[key]) / 2) : f(key)
}

# Whether all of KEY are at least WANTED (TURNED: at most); else in which runs.
function met(key, wanted, turned) {
    if (!(key in least))
        return "(not run)"
    if (turned)
        return most[key] <= wanted ? "yes" : least[key] <= wanted ? "in some runs" : "no"
    return least[key] >= wanted ? "yes" : most[key] >= wanted ? "in some runs" : "no"
}

# TEXT with each {workload peer} in its place; {/workload peer} is turned.
function filled(text,    key) {
    while (match(text, /{[^}]*}/)) {
        key = substr(text, RSTART + 1, RLENGTH - 2)
        key = key ~ /^\// ? f(substr(key, 2), 1) : f(key)
        text = substr(text, 1, RSTART - 1) key substr(text, RSTART + RLENGTH)
    }
    return text
}

function why_not(name, because, cost) {
    print "| " name " | " because " | " filled(cost) " |"
}

function target(workload, wanted, now, is_met) {
    print "| " workload " | " wanted " | " filled(now) " | " is_met " |"
}

function readme() {
    print "== README.md, \"Why not another library\"\n"
    why_not("libuv", "it has one face, the callback; a thread that blocks, a deadline and a cancel are your own code", \
        "a pool's job {jobs-from-a-loop-256-out ours/libuv}; a million timers: insert {timers-insert synchronicity-wheel/libuv}, cancel " \
        "{timers-cancel synchronicity-wheel/libuv}, expire {timers-expire synchronicity-wheel/libuv}; a thousand calls from a thread " \
        "{call-futures synchronicity-thread/libuv}; a sleeping task has " whole("sleeping-task synchronicity asked-for") \
        " bytes, its timer " whole("sleeping-task libuv asked-for"))
    why_not("GLib", "the blocking twin of an asynchronous function is written a second time; results are pointers", \
        "a thread's jobs {jobs-from-a-thread ours/glib}; one at a time {one-at-a-time ours/glib}")
    why_not("libev with hiredis", "callbacks; one thread", "Redis GET, a hundred in flight: {redis-get-100 synchronicity-tasks/hiredis-libev}")
    why_not("libdispatch", "no cancelling of what runs, no deadlines; blocks need clang", \
        "a blocking call through a thread {call-blocking synchronicity-thread/libdispatch-async}; where the caller drives, beside " \
        "`dispatch_sync_f()`, a function that cannot wait, {call-blocking synchronicity-driven/libdispatch-sync}; a thousand at a time " \
        "{call-futures synchronicity-thread/libdispatch}")
    why_not("aws-c-io", "callbacks inside, futures at the border; five libraries", \
        "a blocking call through a thread {call-blocking synchronicity-thread/aws-c-io}, where the caller drives " \
        "{call-blocking synchronicity-driven/aws-c-io}; a thousand at a time {call-futures synchronicity-thread/aws-c-io}")
    why_not("plain threads", "one thread a call; nothing that runs can be cancelled safely", \
        "a thread for each call: through a thread {call-blocking synchronicity-thread/thread-each}, where the caller drives " \
        "{call-blocking synchronicity-driven/thread-each}; a thousand at a time {call-futures synchronicity-thread/thread-each}; a sleeping thread " \
        "has " whole("sleeping-task thread") " bytes, and 8 MB of addresses")
    why_not("C++20 coroutines", "C cannot call them", "an await {call-awaited synchronicity/C++20-coroutine}")
}

function beside() {
    print "\n== docs/performance.md, \"Calls beside libdispatch, aws-c-io and a thread for each\"\n"
    print "| a blocking call, ns |" filled(" {call-blocking synchronicity-driven} | {call-blocking synchronicity-thread} | " \
        "{call-blocking libdispatch-sync} | {call-blocking libdispatch-async} | {call-blocking aws-c-io} | {call-blocking thread-each} |")
    print "| of many at a time, one, ns |" filled(" {call-futures synchronicity-driven} | {call-futures synchronicity-thread} | | " \
        "{call-futures libdispatch} | {call-futures aws-c-io} | {call-futures thread-each} |")
    print "| one that sleeps, bytes resident | " whole("sleeping-task synchronicity") " | " whole("sleeping-task synchronicity") \
        " | | | | " whole("sleeping-task thread") " |"
    print "\n== docs/compare.md, \"aws-c-io\"\n"
    print "| ns | aws-c-io | here | rate, where that of aws-c-io is 1 |\n|---|--:|--:|--:|"
    print filled("| a blocking call through a thread | {call-blocking aws-c-io} | {call-blocking synchronicity-thread} | " \
        "{call-blocking synchronicity-thread/aws-c-io} |")
    print filled("| a blocking call, the caller drives | | {call-blocking synchronicity-driven} | {call-blocking synchronicity-driven/aws-c-io} |")
    print filled("| one of a thousand at a time | {call-futures aws-c-io} | {call-futures synchronicity-thread} | " \
        "{call-futures synchronicity-thread/aws-c-io} |")
}

function targets_of_tasks() {
    target("await a trivial function", "300 instructions, 0 locked", held["await"] ", 2 locked (738, 2 before)", held["await"] <= 300 ? "yes" : "no")
    target("the same", "25 ns, 1.4 times a C++20 coroutine with LTO", \
        "{call-awaited synchronicity} ns cpu, {/call-awaited synchronicity/C++20-coroutine} times, without LTO", met("call-awaited synchronicity", 25, 1))
    target("spawn and end", "25 ns", "{call-spawned synchronicity} ns cpu, " held["spawn_and_end"] " instructions", met("call-spawned synchronicity", 25, 1))
    target("spawn into a scope, with a join", "40 ns", "{scope-of-1000 task's-scope} ns, " grouped(held["spawn_into_scope"]) " instructions", \
        met("scope-of-1000 task's-scope", 40, 1))
    target("future fired by a thread and got, 1,000 at a time", "1.0 of libuv's hand-written request", "{call-futures synchronicity-thread/libuv}", \
        met("call-futures synchronicity-thread/libuv", 1))
    target("the same, a million outstanding", "0.8 and 2.5 times its time; 200 bytes", "cpu {/call-futures-outstanding synchronicity-thread/libuv} and, " \
        "fresh, {/call-futures-fresh synchronicity-thread/libuv} times ({call-futures-outstanding synchronicity-thread} and " \
        "{call-futures-fresh synchronicity-thread} ns); 512 bytes", met("call-futures-outstanding synchronicity-thread/libuv", 1.25) \
        " / " met("call-futures-fresh synchronicity-thread/libuv", 0.4) " / no")
    target("item of a generator in a loop, capacity 0 / 64", "15 / 8 ns", "{in-a-loop-0 task-to-task} / {in-a-loop-64 task-to-task} ns; " \
        held["item_0"] " / " held["item_64"] " instructions", met("in-a-loop-0 task-to-task", 15, 1))
    target("driven blocking call", "40 ns", "{call-blocking synchronicity-driven} ns, " grouped(held["driven_call"]) " instructions", \
        met("call-blocking synchronicity-driven", 40, 1))
    target("driven item, capacity 0 / 64", "20 / 12 ns", "{to-a-thread-0 caller-drives} / {to-a-thread-64 caller-drives} ns, " \
        grouped(held["driven_item_0"]) " / " held["driven_item_64"] " instructions", met("to-a-thread-0 caller-drives", 20, 1))
    target("generator to a thread, 0 / 64 / 1,024", "ahead of libuv with a ring", "{to-a-thread-0 thread-by-thread/libuv-ring-condition} / " \
        "{to-a-thread-64 thread-by-thread/libuv-ring-condition} / {to-a-thread-1024 thread-by-thread/libuv-ring-condition}", met("to-a-thread-0 thread-by-thread/libuv-ring-condition", 1) " / " \
        met("to-a-thread-64 thread-by-thread/libuv-ring-condition", 1) " / " met("to-a-thread-1024 thread-by-thread/libuv-ring-condition", 1))
    target("the same at 64 and 1,024", "2.5 times a spinning ring's time", "{/to-a-thread-64 thread-by-thread/plain-ring-spinning} and " \
        "{/to-a-thread-1024 thread-by-thread/plain-ring-spinning} times", met("to-a-thread-64 thread-by-thread/plain-ring-spinning", 0.4) " / " \
        met("to-a-thread-1024 thread-by-thread/plain-ring-spinning", 0.4))
    target("blocking call, by the dedicated thread", "1.0 of libev's hand-over", "{call-blocking synchronicity-thread/libev}", \
        met("call-blocking synchronicity-thread/libev", 1))
}

function targets_of_the_rest() {
    target("sleep, a million tasks: insert / cancel / expire", "1.7 / 3.3 / 1.7 of libuv's bare timers", "{sleeps-insert synchronicity/libuv} / " \
        "{sleeps-cancel synchronicity/libuv} / {sleeps-expire synchronicity/libuv}", met("sleeps-insert synchronicity/libuv", 1.7) " / " \
        met("sleeps-cancel synchronicity/libuv", 3.3) " / " met("sleeps-expire synchronicity/libuv", 1.7))
    target("job of a pool from a loop, 256 out", "1.5 of libuv", "{jobs-from-a-loop-256-out ours/libuv}, cpu {jobs-256-out-processor ours/libuv}", \
        met("jobs-from-a-loop-256-out ours/libuv", 1.5))
    target("the same, 1 out", "1.5 of libuv", "{jobs-from-a-loop-1-out ours/libuv}", met("jobs-from-a-loop-1-out ours/libuv", 1.5))
    target("jobs from a thread, a million", "ahead of GLib", "{jobs-from-a-thread ours/glib}", met("jobs-from-a-thread ours/glib", 1))
    target("the same, one at a time", "ahead of GLib", "{one-at-a-time ours/glib}", met("one-at-a-time ours/glib", 1))
    target("TCP echo, 1 / 64 / 1,000 connections", "0.97 of a raw epoll loop", "{echo-1 synchronicity/epoll} / {echo-64 synchronicity/epoll} / " \
        "{echo-1000 synchronicity/epoll}", met("echo-1 synchronicity/epoll", 0.97) " / " met("echo-64 synchronicity/epoll", 0.97) " / " \
        met("echo-1000 synchronicity/epoll", 0.97))
    target("Redis GET, driven, one at a time", "0.98 of hiredis", "{redis-get-1 synchronicity-driven/hiredis}, cpu {redis-get-1-processor " \
        "synchronicity-driven/hiredis}; hiredis with the wait of a loop has 0.95", met("redis-get-1 synchronicity-driven/hiredis", 0.98))
    target("Redis GET, a pipeline of 100 from one thread", "1.0 of hiredis", "{redis-get-100 synchronicity-pipelined/hiredis-pipelined}", \
        met("redis-get-100 synchronicity-pipelined/hiredis-pipelined", 1))
    target("Redis GET, 100 in flight from tasks", "1.25 of hiredis with libev", "{redis-get-100 synchronicity-tasks/hiredis-libev}", \
        met("redis-get-100 synchronicity-tasks/hiredis-libev", 1.25))
    target("method of an object", "1.05 times the function", "awaited {/awaited method/async-function} ({awaited method} and " \
        "{awaited async-function} ns cpu)", met("awaited method/async-function", 1 / 1.05))
    print filled("\nA million bare timers: {timers-insert synchronicity-wheel/libuv}, {timers-cancel synchronicity-wheel/libuv} and " \
        "{timers-expire synchronicity-wheel/libuv} of libuv's rate for insert, cancel and expire;\n{timers-insert synchronicity-wheel/libev}, " \
        "{timers-cancel synchronicity-wheel/libev} and {timers-expire synchronicity-wheel/libev} of libev's.")
}

END {
    readme()
    beside()
    print filled("\n== docs/performance.md, \"Targets\": the bare C++20 coroutine took {call-awaited C++20-coroutine} ns\n")
    targets_of_tasks()
    targets_of_the_rest()
    if (missing)
        print "\n== not run, so not to be pasted:" missing
}
