#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Writes the manual pages from the headers' comments, which stay their only source:
#
#     make_pages.py SOURCE_DIR OUT_DIR VERSION DATE, such as "November 29, 2026"
#
# OUT_DIR/man7/synchronicity.7 is the overview. Each header becomes one page of section 3, such as man3/syn_future_h.3,
# with its comment and its types, and each group of functions or macros that it declares together a page of its own,
# such as man3/syn_future_get.3. Every public name, also in its short form, is a link to the page that has it, so that
# `man syn_promise_fail` and `man future_get` work. The example of a page is the shortest function of those files in EXAMPLES
# that uses one of its names; all of them are compiled by the build.
import glob
import os
import re
import shutil
import sys
import textwrap

sys.dont_write_bytecode = True  # the source stays as it is
import header as h  # noqa: E402
import mdoc  # noqa: E402

EXAMPLES = ("docs/examples/*.c", "test/lint/header_examples*.c", "docs/examples/*/*.c", "test/*_test.c",
            "test/support/*.c", "test/bench/*.c")
NO_PAGE = ("map", "make", "face", "short", "table", "check")  # what macros expand to, and other names for it


def declaration(piece):
    """What is shown of it: of a macro its head, of a call the prototypes of its faces."""
    face = h.face_of(piece)
    if face:
        kind, result, name, args = face
        listed = ", ".join(args) or "void"
        if kind == "GENERATOR":
            return f"struct {name}_channel {name}({listed});"
        out = args + ([] if result == "void" else [result + ("" if result.endswith("*") else " ") + "*out_result"])
        return f"syn_err {name}({', '.join(out) or 'void'});\nstruct {name}_future {name}_future({listed});"
    if piece.startswith("#"):
        head = re.match(r"#\s*define\s+(\w+(?:\([^)]*\))?)", piece.replace("\\\n", ""))
        return head.group(1) if head else ""
    piece = re.sub(r"\b(SYNI_HELD|SYNI_UNUSED|static inline|extern)\s+", "", piece)
    piece = re.sub(r"\s*SYNI_PRINTF\([^)]*\)|\s*__attribute__\(\(.*?\)\)", "", piece)
    return re.sub(r"\n?\{.*", ";", piece, flags=re.S) if re.search(r"\)\s*\{", piece) else piece.rstrip()


def first_sentence(lines):
    """What a comment begins with, short, as the line of a page's name."""
    text = " ".join(" ".join(block) for block in h.paragraphs(lines)[:1]).strip()
    text = re.sub(r"^\S+: ", "", h.sentences(text)[0]) if text else ""
    text = (h.split_clauses(text) or [""])[0].rstrip(".:")
    return (text[0].lower() + text[1:] if re.match(r"[A-Z][a-z]", text) else text).rstrip(".,: ")


class Header:
    def __init__(self, stem, text):
        self.stem, self.page = stem, f"syn_{stem}_h"
        self.head, self.groups, self.macros = h.read(text)
        self.rows = h.rows(self.head)
        # What the header's comment says of all its functions.
        self.common = h.errors([line for block in h.paragraphs(self.head) for line in block + [""]
                                if re.search(r"All of (them|these)|^Fails:|may fail", " ".join(block))
                                and not block[0].startswith("    ")])
        self.errs = set(re.findall(r"\b(?:syn_err|struct syn_step)\s+(\w+)\(", text)) | {
            face[2] for group in self.groups for _, piece in group.names if (face := h.face_of(piece))}

    def returns_err(self, name, piece):
        """Whether a function returns syn_err, or a macro stands for a call of one that does."""
        seen, todo = set(), [piece if not piece.startswith("#") else self.macros.get(name, "")]
        if not piece.startswith("#"):
            return name in self.errs
        while todo:
            for word in set(re.findall(r"\b(?:syni?|SYNI?)_\w+", todo.pop())) - seen:
                seen.add(word)
                if word in self.errs:
                    return True
                todo += [text for macro, text in self.macros.items()
                         if macro == word or (word.endswith("_") and re.fullmatch(word + r"\d", macro))]
        return False


    def shown(self, name, piece):
        """The lines of the synopsis: of a macro that chooses by the number of its arguments each of its forms."""
        if not re.match(rf"#\s*define\s+{name}\(\.\.\.\)", piece):
            return declaration(piece).split("\n")
        forms = [what for names, what, _ in self.rows if name in names]
        chosen = re.search(r"SYNI_CAT\((SYNI_\w+_), *SYNI_N\(", self.macros[name])
        for macro, text in self.macros.items() if chosen and not forms else ():
            if re.fullmatch(chosen.group(1) + r"\d+", macro) and "SYNI_NO_" not in text:
                forms.append(name + re.match(r"\([^)]*\)", text).group(0))
        return forms or [f"{name}(...)"]


def examples_of(source):
    """The functions of the files that are compiled: (length, file, text)."""
    found = []
    for pattern in EXAMPLES:
        rank = EXAMPLES.index(pattern)
        for path in sorted(glob.glob(os.path.join(source, pattern))):
            with open(path) as file:
                for part in re.split(r"\n\n(?=\S)", file.read()):
                    if re.search(r"\n\{\n.*\n\}", part, re.S) or re.search(r"^[A-Z_]+\(", part, re.M):
                        found.append((rank, part.count("\n"), os.path.relpath(path, source),
                                      re.sub(r"^/\*.*?\*/\n", "", part, flags=re.S).rstrip()))
    return sorted(found, key=lambda one: one[:3])


class Book:
    def __init__(self, source, out, version, date):
        self.out, self.version, self.date = out, version, date
        self.headers, self.home, self.missing, self.short = [], {}, [], []
        for path in sorted(glob.glob(f"{source}/include/synchronicity/*.h")):
            stem = os.path.basename(path)[:-2]
            with open(path) as file:
                text = file.read()
            if stem == "err":
                self.texts = {code: text.strip() for code, text in
                              re.findall(r"\b(SYN_E\w+)\b[^/\n]*/\* (.*?) \*/", text)}
            if stem in ("short", "step"):
                self.short += re.findall(r"^#define (\w+)(?:\([^)]*\))? +((?:syn|SYN)_\w+)", text, re.M)
            if stem not in NO_PAGE:
                self.headers.append(Header(stem, text))
        err = next(one for one in self.headers if one.stem == "err")
        self.every_call = h.errors([line for block in h.paragraphs(err.head) for line in block
                                    if block[0].startswith("EVERY CALL")])
        self.examples = examples_of(source)
        with open(f"{source}/include/synchronicity.h") as file:
            self.overview, _, _ = h.read(file.read())

    # --- one page ---

    def opening(self, names, section, about):
        lines = [f".Dd {self.date}", f".Dt {names[0].upper()} {section}", f".Os synchronicity {self.version}",
                 ".Sh NAME"]
        lines += [f".Nm {name} ," for name in names[:-1]] + [f".Nm {names[-1]}"]
        return lines + [".Nd " + "\n".join(textwrap.wrap(mdoc.escaped(about or "part of " + names[0]).replace('"', "\\(dq"), 74))]

    def write(self, name, section, lines):
        path = f"{self.out}/man{section}/{name}.{section}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write("\n".join(re.sub(r"[ \t]+$", "", line) for line in lines) + "\n")

    def link(self, name, page):
        path = f"{self.out}/man3/{name}.3"
        if name != page and not os.path.lexists(path):
            os.symlink(f"{page}.3", path)

    def errors_of(self, header, group, texts):
        """{code: text} of what the group's functions that return an error may fail with."""
        found = h.errors(texts)
        for code, clauses in header.common.items():
            found.setdefault(code, clauses)
        if any(h.face_of(piece) for _, piece in group.names):
            for code, clauses in self.every_call.items():
                found.setdefault(code, clauses)
        if any(name in header.errs for name, _ in group.names):
            found.setdefault("SYN_EINVAL", [])
        for name in re.findall(r"\b[Aa]s (?:for )?(syn_\w+)\(\)", " ".join(texts)):  # "Fails: as syn_test_hold()"
            for other, one in self.groups_named(name):
                if one is not group and name not in header.macros:
                    for code, clauses in h.errors(one.comment).items():
                        found.setdefault(code, clauses)
        return {code: clauses for code, clauses in found.items() if code in self.texts or not code.startswith("SYN_")}

    def groups_named(self, name):
        return [(header, group) for header in self.headers for group in header.groups if name in group.unique()]

    def error_section(self, header, group, texts):
        known = self.errors_of(header, group, texts)
        lines = [".Sh ERRORS"]
        if any(h.face_of(piece) for _, piece in group.names):
            lines += ["Beside the errors of the system call below it, with its number as the code:"] \
                if header.stem in ("file", "tcp", "udp", "unix", "stream", "child") else []
        lines += [".Bl -tag -width SYN_EWRONGLOOP"]
        said = {}
        for code in sorted(known):
            clauses = list(dict.fromkeys(known[code])) or [self.texts.get(code, "as the system call says")]
            said.setdefault(tuple(clauses), []).append(code)
        for clauses, codes in said.items():
            lines.append(".It " + " , ".join(f"Dv {code}" for code in codes))
            for clause in clauses:
                if len(codes) == 1:
                    clause = re.sub(f"^{codes[0]}[,:]? *", "", clause) or clause
                clause = re.sub(r"^\((.*)\)$", r"\1", clause)
                for part in h.sentences(clause[0].upper() + clause[1:] if not clause.startswith("syn_") else clause):
                    lines += mdoc.text_lines(part)
        for clause in dict.fromkeys(re.findall(r"\bas (\w+)\(\) does", " ".join(texts))):
            if not clause.startswith("syn_"):
                lines += [".It others", f"As {clause}(2) does: the code is its number."]
        lines.append(".El")
        return lines if known else [".Sh ERRORS", "It reports no error of its own; of what it does, see above."]

    def return_section(self, header, group, texts):
        lines = [".Sh RETURN VALUES"]
        said = [one for one in h.prose(texts) if re.match(r"Returns\b", one)]
        kinds = []
        for name, piece in group.names:
            first = re.match(r"(?:(?:SYNI_\w+|static|inline|extern)\s+)*(const\s+)?((?:struct|enum)?\s*\w+[ *]+)\w+\(", piece)
            if header.returns_err(name, piece):
                kinds.append("err")
            elif (face := h.face_of(piece)):
                kinds.append(f"struct {face[2]}_channel")
            elif first and not piece.startswith("#"):
                kinds.append((first.group(1) or "").strip() + (" " if first.group(1) else "") + first.group(2).strip())
        for kind in dict.fromkeys(kinds):
            if kind == "err" and h.IN_TASK.match(group.names[0][0]):
                lines += ["In a coroutine the outcome is in syn_co_status, in a step of its own in", ".Fn syn_step_status ."]
            elif kind == "err":
                lines += ["0, or one of the errors below, of which",
                          ".Xr syn_last_report 3", "says more."]
            elif kind == "void":
                lines.append("None.")
            elif not said:
                lines.append(f"A value of type {kind}, as described above.")
        if not kinds and not said:
            lines.append("It declares, or stands for a statement; what comes of it is described above.")
        return lines + [line for one in said for line in mdoc.text_lines(one)]

    def thread_section(self, header, group, texts):
        said = [re.sub(r".*?\bThread: *", "", one) for one in h.prose(texts) if "Thread:" in one]
        if not said and h.IN_TASK.match(group.names[0][0]):
            said = ["In the body of a task, on the thread that drives its synchronizer."]
        elif not said:
            said = [re.sub(r".*?\bThread: *", "", one) for one in h.prose(header.head) if "Thread:" in one] or ["any"]
        said = [one[0].upper() + one[1:] for one in said]
        said = ["Any thread may call it." if re.fullmatch(r"Any\.?", one) else one for one in said]
        return [".Sh THREADS"] + [line for one in said for line in mdoc.text_lines(one)]

    def example_section(self, names):
        words = [word for name in names for word in [name, name + "_future"] +
                 [short for short, long in self.short if long == name]]
        pattern = re.compile(r"\b(" + "|".join(map(re.escape, words)) + r")\b")
        for _, length, path, text in self.examples:
            if length <= 60 and pattern.search(text):
                return [".Sh EXAMPLES", f"From {path}", "of the source, which is compiled and tested with it:"] + mdoc.code_block(
                    text.split("\n"))
        self.missing.append(names[0])
        return []

    def group_page(self, header, group):
        names = group.unique()
        rows = [(what, text) for row, what, text in header.rows if set(row) & set(names)]
        texts = group.comment + [""] + [text for _, text in rows]
        about = first_sentence([rows[0][1]] if rows else group.comment or header.head)
        lines = self.opening(names, 3, about)
        lines += [".Sh SYNOPSIS", f".In synchronicity/{header.stem}.h", ".Bd -literal"]
        shown = dict.fromkeys(line for name, piece in group.names for line in header.shown(name, piece))
        lines += [mdoc.escaped(line) for line in shown] + [".Ed", ".Sh DESCRIPTION"]
        if rows:
            lines += [".Bl -tag -width Ds"]
            for what, text in rows:
                quoted = mdoc.escaped(what).replace('"', '\\(dq')
                lines += [f".It Li \"{quoted}\""] + [line for one in h.sentences(text) for line in mdoc.text_lines(one)]
            lines += [".El"] + ([".Pp"] if group.comment else [])
        lines += mdoc.body_of(group.comment) if group.comment or rows else mdoc.body_of(header.head)
        fails = any(header.returns_err(name, piece) for name, piece in group.names) or h.errors(texts)
        lines += self.thread_section(header, group, texts)
        lines += self.return_section(header, group, texts)
        lines += self.example_section(names)
        if fails:
            lines += self.error_section(header, group, texts)
        near = [one.unique()[0] for one in header.groups if one.names and one is not group and
                set(one.unique()) & set(h.NAME.findall(" ".join(group.comment)))]
        lines += [".Sh SEE ALSO"] + [f".Xr {name} 3 ," for name in sorted(set(near + [header.page, "syn_err_h"]), key=str.lower)]
        self.write(names[0], 3, lines + [".Xr synchronicity 7"])
        for name in names:
            self.home[name] = names[0]
            for piece in [piece for one, piece in group.names if one == name]:
                face = h.face_of(piece)
                if face and face[0] != "GENERATOR":
                    self.home[name + "_future"] = names[0]

    def header_page(self, header):
        lines = self.opening([header.page], 3, first_sentence(header.head))
        lines += [".Sh SYNOPSIS", f".In synchronicity/{header.stem}.h", ".Sh DESCRIPTION"] + mdoc.body_of(header.head)
        for group in header.groups:
            for name, piece in group.types:
                self.home.setdefault(name, header.page)
            if group.types:
                lines += [".Ss " + ", ".join(dict.fromkeys(name for name, _ in group.types))]
                lines += mdoc.code_block(line for _, piece in group.types for line in declaration(piece).split("\n"))
                if group.comment and not group.names:
                    lines += [".Pp"] + mdoc.body_of(group.comment)
        pages = sorted({group.unique()[0] for group in header.groups if group.names}, key=str.lower)
        lines += [".Sh SEE ALSO"] + [f".Xr {name} 3 ," for name in pages]
        self.write(header.page, 3, lines + [".Xr synchronicity 7"])

    # --- all ---

    def merge(self):
        """A name that stands in two groups, as under #if, has one page."""
        for header in self.headers:
            first = {}
            for group in list(header.groups):
                twin = next((first[name] for name in group.unique() if name in first), None)
                if twin is not None and not group.types:
                    twin.names += [pair for pair in group.names if pair not in twin.names and pair[0] not in first]
                    twin.comment += [line for line in [""] + group.comment if group.comment]
                    group.names = []
                for name in group.unique():
                    first[name] = group
            header.groups = [group for group in header.groups if group.names or group.types]

    def make(self):
        self.merge()
        for header in self.headers:
            for group in header.groups:
                if group.names:
                    self.group_page(header, group)
            self.header_page(header)
        for name, page in sorted(self.home.items()):
            self.link(name, page)
        for header in self.headers:  # a word that no declaration is named by, such as SYN_STRAND
            for word in h.NAME.findall(" ".join(header.head + [" ".join(group.comment) for group in header.groups])):
                if word.startswith("SYN_") and word not in self.texts:
                    self.link(word, header.page)
        for code in self.texts:
            self.link(code, "syn_err_h")
        for short, long in self.short:
            if os.path.lexists(f"{self.out}/man3/{long}.3"):
                self.link(short, os.readlink(f"{self.out}/man3/{long}.3")[:-2]
                          if os.path.islink(f"{self.out}/man3/{long}.3") else long)
        lines = self.opening(["synchronicity"], 7, "write I/O code once, as async tasks, and export it with every face")
        lines += [".Sh DESCRIPTION"] + mdoc.body_of(self.overview) + [".Sh SEE ALSO", ".Bl -tag -width syn_blocking_generator"]
        for header in self.headers:
            lines += [f".It Xr {header.page} 3"] + mdoc.text_lines(first_sentence(header.head))
        self.write("synchronicity", 7, lines + [".El"])


def main():
    source, out, version, date = sys.argv[1:]
    shutil.rmtree(out, ignore_errors=True)
    book = Book(source, out, version, date)
    book.make()
    if book.missing:
        print("without an example: " + " ".join(book.missing))
    print(f"{len(set(book.home.values())) + 1} pages, {len(os.listdir(out + '/man3'))} names")


if __name__ == "__main__":
    main()
