#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Writes the manual pages from the headers' comments, which stay their only source:
#
#     make_pages.py INCLUDE_DIR OUT_DIR VERSION DATE, such as "November 29, 2026"
#
# OUT_DIR/man7/synchronicity.7 is the overview. Each header becomes one page of section 3, such as
# man3/syn_future.3, with its comment, and then each declaration with its own; every public name is a
# link to the page that has it, so that `man syn_promise_fail` works.
import os
import re
import shutil
import sys

CODE = re.compile(r"\bSYN_E[A-Z]+\b|\bE[A-Z]{3,}\b")
NAME = re.compile(r"\b((?:syn|SYN)_[A-Za-z0-9_]+)\b")


def comment_lines(text):
    """The lines of a C comment without its stars."""
    lines = text.strip()[2:-2].split("\n")
    lines = [re.sub(r"^\s*\*? ?", "", lines[0])] + [re.sub(r"^\s*\* ?", "", line) for line in lines[1:]]
    return [line.rstrip() for line in lines if "SPDX-License-Identifier" not in line]


def escaped(line):
    line = line.replace("\\", "\\e")
    return "\\&" + line if line[:1] in ".'" else line


def body_of(lines):
    """Text as mdoc: paragraphs, and what is indented by four as it stands."""
    out, verbatim, empty = [], False, False
    for line in lines:
        if not line:
            empty = True
            continue
        indented = line.startswith("    ")
        if indented != verbatim:
            if indented and not out:
                out.append(".Pp")
            out.append(".Bd -literal -offset indent" if indented else ".Ed")
            if not indented and empty:
                out.append(".Pp")
        elif empty and out:
            out.append("" if verbatim else ".Pp")
        verbatim, empty = indented, False
        if verbatim:
            out.append(escaped(line[4:]))
        else:  # one sentence a line
            out += [escaped(part) for part in re.split(r'(?<=[a-zA-Z0-9)"][.!?]) +(?=\S)', line.strip())]
    if verbatim:
        out.append(".Ed")
    return out


class Group:
    """Declarations that stand together, and the comment before them."""

    def __init__(self, comment, code):
        self.comment, self.code, self.names = comment, code, []
        for piece in code:
            first = piece.split("\n")[0]
            define = re.match(r"#\s*define\s+(\w+)", first)
            declare = re.match(r"SYN_\w+_DECLARE\(.*?\b(syn_\w+)", piece, re.S)
            if define:
                found = define.group(1)
            elif declare:
                found = declare.group(1)
            elif piece.startswith(("struct", "enum", "typedef")) and "(" not in first:
                tag = re.match(r"(?:struct|enum)\s+(\w+)", piece)
                found = tag.group(1) if tag else ""
            else:
                call = re.search(r"\b(\w+)\(", piece) if not piece.startswith("typedef") else None
                found = call.group(1) if call else ""
                if found in ("__attribute__", "SYNI_PRINTF"):
                    found = ""
            if found.startswith(("syn_", "SYN_")) and not found.endswith("_H"):
                self.names.append((found, piece))


def declaration(piece):
    """What is shown of it: of a macro its head."""
    if piece.startswith("#"):
        head = re.match(r"#\s*define\s+(\w+(?:\([^)]*\))?)", piece.replace("\\\n", ""))
        return head.group(1) if head else ""
    piece = re.sub(r"\b(SYNI_HELD|SYNI_UNUSED|static inline)\s+", "", piece)
    return re.sub(r"\n?\{.*", ";", piece, flags=re.S) if "static inline" in piece else piece.rstrip()


def groups_of(text):
    """The header's own comment, and its groups."""
    text = re.sub(r'#ifdef __cplusplus\n(extern "C" \{|\})\n#endif\n', "\n", text)
    tokens = re.findall(r"/\*.*?\*/|#(?:\\\n|[^\n])*|[^\s/#](?:[^;{]|\n)*?(?:\{.*?\n\}[^;\n]*;?|;)", text, re.S)
    head, groups, comment = None, [], None
    end = 0
    for token in tokens:
        at = text.find(token, end)
        gap = text[end:at].count("\n")
        end = at + len(token)
        if token.startswith("/*"):
            if head is None:
                head = comment_lines(token)
            elif text[max(0, at - 1)] == "\n":
                comment = None if token.startswith("/* ---") else comment_lines(token)
            continue
        if token.startswith("#") and not re.match(r"#\s*define\s+(syn|SYN)_\w", token):
            if not token.startswith("#define SYNI_"):
                comment = None
            continue
        if comment is not None:
            groups.append(Group(comment, [token]))
            comment = None
        elif groups and gap <= 1:
            groups[-1] = Group(groups[-1].comment, groups[-1].code + [token])
        else:
            groups.append(Group([], [token]))
    return head or [], [group for group in groups if group.names]


def page(name, section, about, date, version):
    return [f".Dd {date}", f".Dt {name.upper()} {section}", ".Os", ".Sh NAME",
            f".Nm {name}", f".Nd {about}"]


def first_sentence(lines):
    text = " ".join(lines).strip()
    return re.sub(r"^\S+: ", "", re.split(r"\. |\.$", text)[0]) if text else ""


def write(path, lines):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")


def header_page(header, text, out, date, version, texts):
    head, groups = groups_of(text)
    stem = os.path.basename(header)[:-2]
    title = "syn_" + stem
    lines = page(title, 3, first_sentence(head).rstrip(".:"), date, version)
    lines += [".Sh SYNOPSIS", f".In synchronicity/{stem}.h", ".Sh DESCRIPTION"] + body_of(head)
    codes = set(CODE.findall(" ".join(head)))
    names = []
    for group in groups:
        unique = list(dict.fromkeys(name for name, piece in group.names))
        names += unique
        lines += [".Ss " + ", ".join(unique[:4]), ".Bd -literal -offset indent"]
        lines += [escaped(line) for _, piece in group.names for line in declaration(piece).split("\n")]
        lines += [".Ed"]
        if group.comment:
            lines += [".Pp"] + body_of(group.comment)
        codes |= set(CODE.findall(" ".join(group.comment)))
    known = sorted(code for code in codes if code in texts)
    if known:
        lines += [".Sh ERRORS", ".Bl -tag -width SYN_EWRONGLOOP"]
        for code in known:
            lines += [f".It Dv {code}", escaped(texts[code])]
        lines.append(".El")
    lines += [".Sh SEE ALSO", ".Xr syn_err 3 ,", ".Xr synchronicity 7"] if stem != "err" else [
        ".Sh SEE ALSO", ".Xr synchronicity 7"]
    if not names:
        return None
    write(f"{out}/man3/{title}.3", [re.sub(r"[ \t]+$", "", line) for line in lines])
    for name in names:
        if name != title and not os.path.exists(f"{out}/man3/{name}.3"):
            os.symlink(f"{title}.3", f"{out}/man3/{name}.3")
    words = [word for group in [head] + [group.comment for group in groups] for word in NAME.findall(" ".join(group))]
    return title, first_sentence(head), len(names), words


def main():
    include, out, version, date = sys.argv[1:]
    shutil.rmtree(out, ignore_errors=True)
    with open(f"{include}/synchronicity/err.h") as file:
        err = file.read()
    texts = {code: text.strip() for code, text in re.findall(r"\b(SYN_E\w+)\b[^/\n]*/\* (.*?) \*/", err)}
    pages = []
    for stem in sorted(os.listdir(f"{include}/synchronicity")):
        if stem in ("map.h", "make.h", "face.h", "short.h"):  # what macros expand to, and other names for it
            continue
        with open(f"{include}/synchronicity/{stem}") as file:
            found = header_page(stem, file.read(), out, date, version, texts)
        if found:
            pages.append(found)
    # Words that no macro is named by, such as SYN_STRAND: the page that speaks of one first has it.
    for title, _, _, words in pages:
        for word in words:
            if word.startswith("SYN_") and word not in texts and not os.path.lexists(f"{out}/man3/{word}.3"):
                os.symlink(f"{title}.3", f"{out}/man3/{word}.3")
    with open(f"{include}/synchronicity.h") as file:
        head, _ = groups_of(file.read())
    lines = page("synchronicity", 7, "write I/O code once, as async tasks, and export it with every face", date,
                 version)
    lines += [".Sh DESCRIPTION"] + body_of(head) + [".Sh SEE ALSO", ".Bl -tag -width syn_blocking_generator"]
    for title, about, _, _ in pages:
        lines += [f".It Xr {title} 3", escaped(about)]
    write(f"{out}/man7/synchronicity.7", lines + [".El"])
    print(f"{len(pages) + 1} pages, {sum(n for _, _, n, _ in pages)} names")


main()
