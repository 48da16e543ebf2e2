# SPDX-License-Identifier: Apache-2.0
#
# A chart of what the benches print, as SVG, on standard output:
#
#     awk -f test/bench/chart.awk -v where="2 processors, ..." \
#         -v show="call-blocking timers-expire ..." results.txt >docs/performance.svg
#
# results.txt has lines `workload peer metric value unit`. Each workload named in SHOW becomes a group of
# bars in the order of the lines, the longest of a group as long as the chart is wide; ours are
# coloured. A peer that was skipped has no bar and says so.
BEGIN {
    n_shown = split(show, shown, " ")
    for (i = 1; i <= n_shown; i++)
        wanted[shown[i]] = 1
}

function ours(name) {
    return name ~ /^(synchronicity|ours|task-to-task|caller-drives|thread-by-thread)/
}

function escaped(text) {
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    return text
}

/^#/ || !($1 in wanted) || $3 == "ratio" { next }

{
    n[$1]++
    key = $1 SUBSEP n[$1]
    peer[key] = $2
    if ($3 == "skipped") {
        reason = $0
        sub(/^.*skipped */, "", reason)
        skipped[key] = reason
    } else {
        value[key] = $4
        unit[$1] = $5
        if ($4 + 0 > most[$1])
            most[$1] = $4 + 0
    }
}

function text(x, y, class, what) {
    body = body sprintf("<text x=\"%d\" y=\"%d\" class=\"%s\">%s</text>\n", x, y, class, escaped(what))
}

END {
    y = 34
    for (i = 1; i <= n_shown; i++) {
        w = shown[i]
        if (!n[w]) {
            print "chart.awk: there is no line of " w >"/dev/stderr"
            failed = 1
            continue
        }
        text(12, y, "group", w ", " unit[w] " (shorter is better)")
        y += 8
        for (j = 1; j <= n[w]; j++) {
            key = w SUBSEP j
            text(212, y + 12, "peer", peer[key])
            if (key in value) {
                width = most[w] > 0 ? 400 * value[key] / most[w] : 0
                if (width < 1)
                    width = 1
                body = body sprintf("<rect x=\"220\" y=\"%d\" width=\"%.1f\" height=\"14\" class=\"%s\"/>\n",
                                    y + 1, width, ours(peer[key]) ? "ours" : "theirs")
                text(226 + width, y + 12, "value", value[key])
            } else {
                text(220, y + 12, "value", "skipped: " skipped[key])
            }
            y += 17
        }
        y += 24
    }
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"720\" height=\"%d\" role=\"img\">\n", y + 4
    print "<title>What operations cost beside their peers</title>"
    print "<style>text{font:12px sans-serif;fill:#333}.group{font-weight:bold}.peer{text-anchor:end}" \
          ".ours{fill:#0969da}.theirs{fill:#b0b7bf}.where{fill:#777}</style>"
    printf "<rect width=\"720\" height=\"%d\" fill=\"#fff\"/>\n", y + 4
    printf "%s", body
    printf "<text x=\"12\" y=\"%d\" class=\"where\">%s</text>\n</svg>\n", y - 8, escaped(where)
    exit failed
}
