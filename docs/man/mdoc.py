# SPDX-License-Identifier: Apache-2.0
#
# Text of comments as mdoc, the language of manual pages.
import re
import textwrap

from header import sentences


def text_lines(sentence):
    """A sentence as lines of mdoc that are not too long; functions are marked."""
    out = []

    def put(text):
        out.extend(escaped(line) for line in textwrap.wrap(text, 78, break_on_hyphens=False, break_long_words=False))

    at = 0
    for call in re.finditer(r"(?<!\S)(\(*)([A-Za-z_]\w*)\(\)((?:[.,;:)?]*)(?=\s|$))", sentence):
        put(sentence[at:call.start()].strip())
        ends = " ".join(call.group(3))
        out.append((f".Pf {call.group(1)} Fn " if call.group(1) else ".Fn ") + f"{call.group(2)} {ends}".rstrip())
        at = call.end()
    put(sentence[at:].strip())
    return out


def escaped(line):
    line = line.replace("\\", "\\e")
    return "\\&" + line if line[:1] in ".'" else line


def code_block(lines):
    return [".Bd -literal -offset indent"] + [escaped(line) for line in lines] + [".Ed"]


def body_of(lines):
    """Text as mdoc: paragraphs, and what is indented by four as it stands."""
    out, verbatim, empty, prose = [], False, False, []

    def flush():
        for sentence in sentences(" ".join(prose)):
            out.extend(text_lines(sentence))
        prose.clear()

    for line in lines:
        if not line:
            empty = True
            continue
        indented = line.startswith("    ")
        if indented or empty:
            flush()
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
            prose.append(line.strip())
    flush()
    if verbatim:
        out.append(".Ed")
    return out
