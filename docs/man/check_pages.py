#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Whether the pages that make_pages.py wrote are whole:
#
#     check_pages.py SOURCE_DIR MAN_DIR
#
# Each public name of the headers, long or short, has its page. The page of a function says which threads may call it, what it
# returns, and shows a use of it from a file that the build compiles. Where it returns syn_err it lists errors, among
# them each code that its own body in src, or a static function that this calls, returns or refuses with.
import glob
import os
import re
import sys

SECTIONS = ("NAME", "SYNOPSIS", "DESCRIPTION", "THREADS", "RETURN VALUES", "EXAMPLES", "SEE ALSO")
WITHOUT_EXAMPLE = ("SYN_GENERATOR_TYPES",)  # nobody writes it by hand
A_VALUE = ("syn_task_outcome",)  # returns a syn_err that is no error of its own
# What a function's helpers say and it never does.
NEVER = {("syn_object_close_future", "SYN_ECLOSED"),  # means to its caller that there is nothing to wait for
         ("syn_pool_free", "SYN_ETIMEDOUT")}  # has no limit

complaints = []


def complain(text):
    complaints.append(text)


def read(path):
    with open(path) as file:
        return file.read()


def without_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)


def public_names(source):
    """{name: whether it returns syn_err}, found without the generator's help."""
    names = {}
    for path in glob.glob(f"{source}/include/synchronicity/*.h"):
        if os.path.basename(path) in ("map.h", "make.h", "face.h", "short.h", "table.h", "check.h"):
            continue
        text = without_comments(read(path))
        for name in re.findall(r"#\s*define\s+((?:syn|SYN)_\w+)", text):
            if not name.endswith("_H"):
                names.setdefault(name, False)
        text = re.sub(r"#(?:\\\n|[^\n])*", "", text)
        for result, name in re.findall(r"^((?:[\w*]+[ \n*]+)+?\**)(syn_[a-z0-9_]+)\(", text, re.M):
            if not name.endswith("_fn"):
                names[name] = "syn_err" in result.split()
        for name in re.findall(r"^SYN_(?:ASYNC|BLOCKING)_DECLARE\([^,]*,\s*(syn_\w+)", text, re.M):
            names[name] = names[name + "_future"] = True
        for name in re.findall(r"^SYN_GENERATOR_DECLARE\([^,]*,\s*(syn_\w+)", text, re.M):
            names[name] = False
    return names


def bodies(source):
    """{function: (file, its text)} of src; asynchronous functions by the name of their call."""
    found = {}
    for path in glob.glob(f"{source}/src/*/*.c"):
        text = without_comments(read(path))
        for head, body in re.findall(r"^(\w[^\n;{}#]*(?:\n[^\n;{}#]+)*)\n(\{\n.*?^\})", text, re.M | re.S):
            call = re.match(r"SYN_\w+_DEFINE\((?:[^,()]|\([^()]*\))*,\s*(?:[^,()]*,\s*)?(syn_\w+)\s*,", head)
            name = call.group(1) if call else re.search(r"(\w+)\(", head).group(1) if "(" in head else ""
            found[path, name] = (head.startswith("static"), body)
    return found


def codes_of(functions, name):
    """What the function's body, and the static functions of its file that it calls, name in a return or a refusal."""
    codes, todo, seen = set(), [key for key in functions if key[1] == name], set()
    while todo:
        key = todo.pop()
        if key in seen:
            continue
        seen.add(key)
        body = functions[key][1]
        for statement in re.findall(r"\breturn\b[^;]*;|\bsyni_refuse\w*\([^;]*;|\bsyn_co_fail\([^;]*;", body):
            # What a condition compares with is not returned.
            statement = re.sub(r"[=!]=\s*SYN_E\w+", "", statement)
            codes |= set(re.findall(r"\bSYN_E(?!USER)[A-Z]+\b", statement))
        for called in set(re.findall(r"\b(\w+)\(", body)):
            if (key[0], called) in functions and functions[key[0], called][0]:
                todo.append((key[0], called))
    return codes


def compiled(source):
    """The names of files that a CMakeLists.txt lists."""
    lists = [f"{source}/CMakeLists.txt", f"{source}/test/CMakeLists.txt"] + glob.glob(
        f"{source}/docs/examples/*/CMakeLists.txt")
    words = set(re.findall(r"[\w-]+", " ".join(read(path) for path in lists)))
    # docs/examples/hosts has a program for each of these and for both ways.
    return words | {f"{loop}_{kind}" for loop in ("uv", "glib", "ev", "poll") for kind in ("host", "mailbox")}


def check_page(source, name, page, returns_err, functions, files):
    text = read(page)
    sections = re.findall(r"^\.Sh (.*)$", text, re.M)
    for section in SECTIONS:
        if section not in sections and not (section == "EXAMPLES" and name in WITHOUT_EXAMPLE):
            complain(f"{name}: its page has no section {section}")
    for path in re.findall(r"^\.Sh EXAMPLES\nFrom (\S+)$", text, re.M):
        stem = re.sub(r"(_test)?\.c$", "", os.path.basename(path))
        if stem not in files:
            complain(f"{name}: its example is from {path}, which no CMakeLists.txt names")
    part = re.search(r"^\.Sh ERRORS\n(.*?)^\.Sh", text, re.M | re.S)
    listed = set(re.findall(r"\bDv (SYN_E\w+|E[A-Z]+)", part.group(1))) if part else set()
    if not returns_err or name in A_VALUE:
        return 0
    if not listed:
        complain(f"{name} returns syn_err, and its page lists no error: say `Fails:` in its comment")
    missing = codes_of(functions, name) - listed - {code for one, code in NEVER if one == name}
    if missing:
        complain(f"{name}: its code says {', '.join(sorted(missing))}, its page does not: say it in its comment")
    return len(listed)


def main():
    source, man = sys.argv[1:]
    names, functions, files = public_names(source), bodies(source), compiled(source)
    n_errors = 0
    for name in sorted(names):
        page = f"{man}/man3/{name}.3"
        if not os.path.exists(page):
            complain(f"there is no page for {name}")
        elif not re.search(rf"^\.Nm {name}( ,)?$", read(page), re.M) and not name.endswith("_future"):
            complain(f"the page for {name} is {os.path.realpath(page)}, which does not name it")
        else:
            n_errors += check_page(source, name, page, names[name], functions, files)
    short = re.findall(r"^#define (\w+)(?:\([^)]*\))? +(?:syn|SYN)_\w+", "".join(
        read(f"{source}/include/synchronicity/{file}.h") for file in ("short", "step")), re.M)
    for name in short:
        if not os.path.exists(f"{man}/man3/{name}.3"):
            complain(f"there is no page for {name}")
    if len(names) < 400 or len(short) < 100 or len(functions) < 1000 or n_errors < 1000:
        complain(f"{len(names)} names, {len(short)} short ones, {len(functions)} functions, {n_errors} errors: "
                 "the search is broken")
    for text in complaints:
        print(text)
    print(f"{len(names)} names, {len(short)} short ones, {n_errors} lines about errors, {len(complaints)} complaints")
    sys.exit(1 if complaints else 0)


main()
