#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws a trace (syn_trace_start()) as SVG:  trace_picture.py trace.json > trace.svg

For a picture in a report. To look around in a trace, open it at ui.perfetto.dev.
"""
import html
import json
import sys

WIDTH, LEFT, ROW, STEP = 960, 150, 18, 3
COLOURS = ["#0969da", "#1a7f37", "#9a6700", "#8250df", "#bf3989", "#0550ae", "#116329"]
LIGHT = {"drives": "#d0e2f5", "waits": "#e8e8e8"}


class Picture:
    """The events, sorted into tracks and bars."""

    def __init__(self, events):
        self.threads, self.slices, self.bars, self.arrows = {}, [], [], []
        self.colours, self.begun, self.flows, self.open_bars = {}, {}, {}, {}
        for event in sorted(events, key=lambda e: e["ts"]):  # each thread's stand together in the file
            self.take(event)
        times = [s[1] for s in self.slices] + [b["begin"] for b in self.bars]
        ends = [s[2] for s in self.slices] + [b.get("end", 0) for b in self.bars]
        self.begin, self.end = min(times), max(ends)

    def take(self, event):
        kind, thread, when = event["ph"], event["tid"], event["ts"]
        if kind == "M" and event["name"] == "thread_name":
            self.threads[thread] = event["args"]["name"]
        elif kind == "B":
            self.begun.setdefault(thread, []).append((event["name"], when, event.get("args", {})))
        elif kind == "E" and self.begun.get(thread):
            name, began, arguments = self.begun[thread].pop()
            self.slices.append((thread, began, when, name, len(self.begun[thread]), arguments))
        elif kind == "b":
            self.begin_bar(event)
        elif kind == "e":
            self.end_bar(event)
        elif kind == "s":
            self.flows[event["cat"], event["id"]] = (thread, when)
        elif kind == "f" and (event["cat"], event["id"]) in self.flows:
            self.arrows.append((*self.flows.pop((event["cat"], event["id"])), thread, when))

    def begin_bar(self, event):
        stack = self.open_bars.setdefault(event["id"], [])
        bar = {"name": event["name"], "begin": event["ts"], "waits": []}
        if stack:
            stack[0]["waits"].append(bar)
        else:
            self.bars.append(bar)
        stack.append(bar)

    def end_bar(self, event):
        stack = self.open_bars.get(event["id"])
        if stack:
            stack.pop()["end"] = event["ts"]

    def colour(self, name):
        if name not in self.colours:
            self.colours[name] = COLOURS[len(self.colours) % len(COLOURS)]
        return self.colours[name]


class Svg:
    """The text of the picture."""

    def __init__(self, picture):
        self.picture, self.lines = picture, []
        self.scale = (WIDTH - LEFT - 12) / max(picture.end - picture.begin, 0.001)

    def x(self, when):
        return LEFT + (when - self.picture.begin) * self.scale

    def text(self, x, y, words, kind="", room=None):
        if room is not None:
            words = words[:max(0, int(room / 6.2))]
        if words:
            self.lines.append('<text x="%.1f" y="%.1f" class="%s">%s</text>' % (x, y, kind, html.escape(words)))

    def rect(self, begin, end, y, height, fill, title):
        left, width = self.x(begin), max(0.8, (end - begin) * self.scale)
        self.lines.append('<rect x="%.1f" y="%.1f" width="%.1f" height="%d" fill="%s"><title>%s, %.0f us</title></rect>'
                          % (left, y, width, height, fill, html.escape(title), end - begin))
        return left, width

    def tracks(self, y):
        rows = {}
        for thread in sorted(self.picture.threads):
            mine = sorted((s for s in self.picture.slices if s[0] == thread), key=lambda s: s[4])
            if not mine:
                continue
            rows[thread] = y + ROW / 2
            self.text(LEFT - 8, y + 12, self.picture.threads[thread], "name")
            for _, begin, end, name, _, arguments in mine:
                light = LIGHT.get(name)
                what = "%s %s" % (name, arguments.get("of", "")) if light else name
                left, width = self.rect(begin, end, y if light else y + STEP, ROW - 2 if light else ROW - 2 - 2 * STEP,
                                        light or self.picture.colour(name), what)
                if light == LIGHT["waits"]:
                    self.text(left + 3, y + 12, what, "light", width - 6)
            y += ROW + 8
        for from_thread, begin, to_thread, end in self.picture.arrows:
            if from_thread in rows and to_thread in rows and from_thread != to_thread:
                self.lines.append('<path d="M%.1f %.1fL%.1f %.1f" class="arrow"/>' % (
                    self.x(begin), rows[from_thread], self.x(end), rows[to_thread]))
        return y

    def tasks(self, y):
        for bar in self.picture.bars:
            end = bar.get("end", self.picture.end)
            self.text(LEFT - 8, y + 11, bar["name"], "name")
            self.rect(bar["begin"], end, y, ROW - 4, self.picture.colour(bar["name"]), bar["name"])
            for wait in bar["waits"]:
                left, width = self.rect(wait["begin"], wait.get("end", end), y + 2, ROW - 8, "#fff", wait["name"])
                self.text(left + 3, y + 11, wait["name"], "light", width - 6)
            y += ROW
        return y

    def axis(self, y):
        span, step = self.picture.end - self.picture.begin, 1.0
        while span / step > 10:
            step *= 10 if span / step > 100 else 5 if span / step > 50 else 2
        at = 0.0
        while at <= span:
            x = self.x(self.picture.begin + at)
            self.lines.insert(0, '<path d="M%.1f 20V%.1f" class="grid"/>' % (x, y))
            self.text(x + 2, 16, "%g us" % at, "light")
            at += step

    def write(self):
        y = self.tracks(28) + 6
        self.text(12, y + 10, "tasks", "group")
        y = self.tasks(y + 18)
        self.axis(y)
        return ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" role="img">\n'
                "<title>A trace: threads with their steps, and tasks with their waits</title>\n"
                "<style>text{font:11px sans-serif;fill:#333}.name{text-anchor:end}.group{font-weight:bold}"
                ".light{fill:#777;font-size:10px}.grid{stroke:#eee}.arrow{stroke:#cf222e;stroke-width:.8;fill:none}"
                "</style>\n"
                '<rect width="%d" height="%d" fill="#fff"/>\n%s\n</svg>\n'
                % (WIDTH, y + 8, WIDTH, y + 8, "\n".join(self.lines)))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        sys.stdout.write(Svg(Picture(json.load(file))).write())


main()
