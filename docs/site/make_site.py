#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Writes the README, the guides and the manual pages as a static site:
#
#     make_site.py SOURCE_DIR MAN_DIR OUT_DIR
#
# MAN_DIR is what docs/man/make_pages.py wrote. Markdown is rendered by cmark-gfm, manual pages by mandoc. README.md becomes
# index.html, docs/NAME.md docs/NAME.html; a file of the source that a page links to becomes a page with its text, a
# folder a list of its files. All links are relative, so that the site can lie anywhere.
import html
import os
import re
import shutil
import subprocess
import sys

STYLE = """
body { margin: 0 auto; max-width: 52rem; padding: 0 1rem 4rem; font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; }
nav { border-bottom: 1px solid #ccc; margin-bottom: 1rem; padding: .6rem 0; } nav a { margin-right: 1.2rem; }
a { color: #0550ae; text-decoration: none; } a:hover { text-decoration: underline; }
pre { background: #f5f5f2; padding: .7rem .9rem; overflow-x: auto; font-size: 14px; line-height: 1.4; }
code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .92em; } pre code { font-size: inherit; }
p code, li code, td code { background: #f5f5f2; padding: 0 .2em; }
table { border-collapse: collapse; display: block; overflow-x: auto; } td, th { border: 1px solid #ddd; padding: .25rem .6rem;
text-align: left; vertical-align: top; } img { max-width: 100%; } h1 { font-size: 1.7rem; } h2 { font-size: 1.3rem; }
table.head, table.foot { display: table; width: 100%; } table.head td, table.foot td { border: 0; color: #666; }
td.head-vol, td.foot-date { text-align: center; } td.head-rtitle, td.foot-os { text-align: right; }
.Bl-tag > dt { margin-top: .5rem; font-weight: 600; } .Bd-indent { margin-left: 1.5rem; } ul.names { columns: 2 20rem; }
a.permalink { color: inherit; } .manual-text h1 { font-size: 1.2rem; } .manual-text h2 { font-size: 1rem; }
"""
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="{root}style.css"></head>
<body><nav><a href="{root}index.html">synchronicity</a><a href="{root}docs/first-async-function.html">First function</a>
<a href="{root}man/index.html">Manual pages</a><a href="{root}docs/compare.html">Compared with</a></nav>
{body}
</body></html>
"""


def run(command, text=None):
    return subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout


def slug(text):
    """The anchor that GitHub gives a heading, by which the guides link."""
    text = html.unescape(re.sub(r"<[^>]*>", "", text)).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


class Site:
    def __init__(self, source, man, out):
        self.source, self.man, self.out = source, man, out
        self.names = {}  # of manual pages: name.section -> the page that has it
        for section in "37":
            folder = f"{man}/man{section}"
            for name in os.listdir(folder):
                path = f"{folder}/{name}"
                self.names[name] = os.readlink(path) if os.path.islink(path) else name
        self.todo, self.done = [], set()

    def write(self, path, title, body):
        root = "../" * path.count("/")
        os.makedirs(os.path.dirname(f"{self.out}/{path}") or ".", exist_ok=True)
        with open(f"{self.out}/{path}", "w", encoding="utf-8") as file:
            file.write(PAGE.format(title=html.escape(title), root=root, body=body))

    # --- files of the source ---

    def place_of(self, path):
        """Where a file of the source is in the site."""
        if path == "README.md":
            return "index.html"
        if path.endswith(".md"):
            return path[:-3] + ".html"
        if path.endswith((".svg", ".png")):
            return path
        return path + ("/index.html" if os.path.isdir(f"{self.source}/{path}") else ".html")

    def link(self, base, target):
        """A link of the file BASE, as the site has it."""
        if re.match(r"[a-z]+:|#", target):
            return target
        target, _, anchor = target.partition("#")
        path = os.path.normpath(os.path.join(os.path.dirname(base), target))
        if not os.path.exists(f"{self.source}/{path}"):
            raise SystemExit(f"{base}: there is no {target}")
        self.add(path)
        place = os.path.relpath(self.place_of(path), os.path.dirname(self.place_of(base)) or ".")
        return place + ("#" + anchor if anchor else "")

    def add(self, path):
        if path not in self.done:
            self.done.add(path)
            self.todo.append(path)

    def man_link(self, word, root):
        page = self.names.get(f"{word}.3")
        return f'<a href="{root}man/{page}.html"><code>' if page else None

    def guide(self, path):
        with open(f"{self.source}/{path}", encoding="utf-8") as file:
            body = run(["cmark-gfm", "-e", "table", "--unsafe"], file.read())
        root = "../" * self.place_of(path).count("/")
        seen = {}

        def heading(found):
            anchor = slug(found.group(2))
            seen[anchor] = seen.get(anchor, -1) + 1
            anchor += f"-{seen[anchor]}" if seen[anchor] else ""
            return f'<h{found.group(1)} id="{anchor}">{found.group(2)}</h{found.group(1)}>'

        def named(found):
            opening = self.man_link(found.group(1), root)
            return f"{opening}{found.group(1)}{found.group(2)}</code></a>" if opening else found.group(0)

        body = re.sub(r"<h([1-6])>(.*?)</h\1>", heading, body, flags=re.S)
        body = re.sub(r'(href|src)="([^"]*)"', lambda found: f'{found.group(1)}="'
                      f'{html.escape(self.link(path, html.unescape(found.group(2))))}"', body)
        parts = re.split(r"(<a .*?</a>|<pre>.*?</pre>)", body, flags=re.S)
        body = "".join(part if part.startswith(("<a ", "<pre>")) else
                       re.sub(r"<code>([A-Za-z_]\w*)((?:\(\))?)</code>", named, part) for part in parts)
        title = re.search(r"<h1[^>]*>(.*?)</h1>", body, re.S)
        self.write(self.place_of(path), re.sub(r"<[^>]*>", "", html.unescape(title.group(1))) if title else path, body)

    def file(self, path):
        full = f"{self.source}/{path}"
        if os.path.isdir(full):
            names = sorted(name for name in os.listdir(full) if not name.startswith("."))
            for name in names:
                self.add(f"{path}/{name}")
            items = "".join(f'<li><a href="{os.path.relpath(self.place_of(f"{path}/{name}"), path)}">{html.escape(name)}'
                            "</a></li>" for name in names)
            self.write(self.place_of(path), path, f"<h1>{html.escape(path)}</h1><ul>{items}</ul>")
        elif path.endswith(".md"):
            self.guide(path)
        elif path.endswith((".svg", ".png")):
            os.makedirs(os.path.dirname(f"{self.out}/{path}"), exist_ok=True)
            shutil.copy(full, f"{self.out}/{path}")
        else:
            with open(full, encoding="utf-8", errors="replace") as file:
                self.write(self.place_of(path), path, f"<h1>{html.escape(path)}</h1><pre><code>"
                           f"{html.escape(file.read())}</code></pre>")

    # --- manual pages ---

    def man_page(self, name):
        section = name[-1]
        body = run(["mandoc", "-T", "html", "-O", "fragment,man=%N.%S.html", f"{self.man}/man{section}/{name}"])

        def known(found):
            page = self.names.get(found.group(1))
            return f'href="{page}.html"' if page else f'href="https://man7.org/linux/man-pages/{found.group(1)}.html"'

        body = re.sub(r'href="([\w.]+\.[1-9])\.html"', known, body)
        self.write(f"man/{name}.html", f"{name[:-2]}({section})", body)

    def man_index(self):
        items = {}
        for section, text in (("7", "Overview"), ("3", "Headers and functions")):
            names = sorted((name for name in self.names if name.endswith(section)), key=str.lower)
            items[text] = "".join(f'<li><a href="{self.names[name]}.html">{name[:-2]}</a></li>' for name in names)
        body = "".join(f'<h2 id="{slug(text)}">{text}</h2><ul class="names">{names}</ul>' for text, names in items.items())
        self.write("man/index.html", "Manual pages", f"<h1>Manual pages</h1>{body}")

    def make(self):
        os.makedirs(self.out)
        with open(f"{self.out}/style.css", "w", encoding="utf-8") as file:
            file.write(STYLE)
        for name in sorted(set(self.names.values())):
            self.man_page(name)
        self.man_index()
        self.add("README.md")
        for name in sorted(os.listdir(f"{self.source}/docs")):
            if name.endswith(".md"):
                self.add(f"docs/{name}")
        while self.todo:
            self.file(self.todo.pop())
        print(f"{len(set(self.names.values()))} manual pages, {len(self.done)} guides and files")


def main():
    source, man, out = sys.argv[1:]
    shutil.rmtree(out, ignore_errors=True)
    Site(source, man, out).make()


main()
