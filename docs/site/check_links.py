#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Whether each link of a static site leads somewhere:
#
#     check_links.py SITE_DIR
#
# Relative links name a file of the site, anchors an id of that page, and each page can be reached from index.html.
# Links to other sites are counted, not followed.
import os
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag


class Page(HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.ids, self.links = set(), []
        with open(path, encoding="utf-8") as file:
            self.feed(file.read())

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id":
                self.ids.add(value)
            elif name in ("href", "src"):
                self.links.append(value or "")


def main():
    site = sys.argv[1]
    pages = {}
    for folder, _, names in os.walk(site):
        for name in names:
            if name.endswith(".html"):
                path = os.path.relpath(os.path.join(folder, name), site)
                pages[path] = Page(os.path.join(folder, name))
    complaints, outside, inside, reached, todo = [], 0, 0, {"index.html"}, ["index.html"]
    for path, page in sorted(pages.items()):
        for link in page.links:
            target, anchor = urldefrag(unquote(link))
            if "://" in target or target.startswith("mailto:"):
                outside += 1
                continue
            inside += 1
            place = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
            if place.startswith("..") or not os.path.isfile(os.path.join(site, place)):
                complaints.append(f"{path}: {link} is not there")
            elif anchor and place in pages and anchor not in pages[place].ids:
                complaints.append(f"{path}: {link} names no id of that page")
    while todo:
        path = todo.pop()
        for link in pages[path].links if path in pages else []:
            target = urldefrag(unquote(link))[0]
            place = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
            if "://" not in target and place not in reached:
                reached.add(place)
                todo.append(place)
    complaints += [f"{path}: nothing leads there" for path in sorted(set(pages) - reached)]
    if len(pages) < 300 or inside < 3000:
        complaints.append(f"{len(pages)} pages and {inside} links: the search is broken")
    for text in complaints:
        print(text)
    print(f"{len(pages)} pages, {inside} links inside, {outside} to other sites, {len(complaints)} complaints")
    sys.exit(1 if complaints else 0)


main()
