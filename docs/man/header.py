# SPDX-License-Identifier: Apache-2.0
#
# Reads a public header: its own comment, and its groups, which are declarations that stand together with the
# comment before them.
import re

CODE = re.compile(r"\bSYN_E(?!OWN|USER|ND\b)[A-Z]+\b|\bSYN_EEND\b|\bE[A-Z]{3,}\b")
NAME = re.compile(r"\b((?:syn|SYN)_[A-Za-z0-9_]+)\b")
FACE = re.compile(r"SYN_(ASYNC|BLOCKING|GENERATOR)_DECLARE\((.*)\);?$", re.S)
IN_TASK = re.compile(r"syn_(co|step)_")


def comment_lines(text):
    """The lines of a C comment without its stars."""
    lines = text.strip()[2:-2].split("\n")
    lines = [re.sub(r"^\s*\*? ?", "", lines[0])] + [re.sub(r"^\s*\* ?", "", line) for line in lines[1:]]
    return [line.rstrip() for line in lines if "SPDX-License-Identifier" not in line]


def arguments(text):
    """What stands between commas of the outermost level."""
    parts, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [" ".join(part.split()) for part in parts]


def face_of(piece):
    """(kind, result, name, arguments) of a declared call, or None."""
    found = FACE.match(piece)
    if not found:
        return None
    parts = arguments(found.group(2))
    named = [arguments(re.sub(r"^SYN_[A-Z]+", "", part).strip()[1:-1]) for part in parts[2:]]
    return found.group(1), parts[0], parts[1], [" ".join(one).replace("* ", "*") for one in named]


def name_of(piece):
    """The public name that a declaration declares, and whether it is a type's."""
    first = piece.split("\n")[0]
    define = re.match(r"#\s*define\s+(\w+)", first)
    if define:
        return define.group(1), False
    if FACE.match(piece):
        return face_of(piece)[2], False
    if re.match(r"SYN_[A-Z_]+\(", piece):
        return "", False
    if piece.startswith("typedef"):
        found = re.search(r"\b(syn_\w+)(\)\(|;|\()", piece)
        return (found.group(1) if found else ""), True
    tag = re.match(r"(?:struct|enum|union)\s+(\w+)\s*[{;]", piece)
    if tag:
        return tag.group(1), True
    call = re.search(r"\b(syn_\w+)\(", piece)
    return (call.group(1) if call else ""), False


class Group:
    """Declarations that stand together, and the comment before them."""

    def __init__(self, comment):
        self.comment, self.names, self.types = comment, [], []

    def add(self, piece):
        name, is_type = name_of(piece)
        if name.startswith(("syn_", "SYN_")) and not name.endswith("_H"):
            (self.types if is_type else self.names).append((name, piece))

    def unique(self):
        return list(dict.fromkeys(name for name, _ in self.names))


TOKEN = re.compile(r"/\*.*?\*/|#(?:\\\n|[^\n])*|[^\s/#](?:[^;{]|\n)*?(?:\{.*?\n\}[^;\n]*;?|;)", re.S)


def read(text):
    """The header's own comment, its groups, and its macros by name."""
    text = re.sub(r'#ifdef __cplusplus\n(extern "C" \{|\})\n#endif\n', "\n", text)
    text = re.sub(r"^SYNI_NAMESAKE\(\w+,\s*(.*)\);", r"\1;", text, flags=re.M)
    text = re.sub(r"#if defined\(__GNUC__\)\n__attribute__.*\n#endif\n", "", text)
    head, groups, comment, macros, end = None, [], None, {}, 0
    after_condition = False
    for token in TOKEN.findall(text):
        at = text.find(token, end)
        gap = text[end:at].count("\n")
        end = at + len(token)
        if token.startswith("/*"):
            if head is None:
                head = comment_lines(token)
            elif text[max(0, at - 1)] == "\n":
                comment = None if token.startswith("/* ---") else comment_lines(token)
            continue
        macro = re.match(r"#\s*define\s+(\w+)", token)
        if macro:
            macros.setdefault(macro.group(1), "")
            macros[macro.group(1)] += token[macro.end():]
        if token.startswith("#") and not re.match(r"#\s*define\s+(syn|SYN)_\w", token):
            after_condition = not macro
            if not token.startswith("#define SYNI_"):
                comment = None
            continue
        if comment is not None:
            groups.append(Group(comment))
        elif not groups or gap > 1 or after_condition:
            groups.append(Group([]))
        groups[-1].add(token)
        comment, after_condition = None, False
    return head or [], [group for group in groups if group.names or group.types], macros


ROW = re.compile(r"^( {4,})((?:syn|SYN)_\w+)(\([^;]*?\))?((?:, (?:syn|SYN)_\w+(?:\([^;]*?\))?)*)(?: {2,}(?!//)(\S.*))?$")


def rows(head):
    """The table of a header's comment: (names, head of the row, text)."""
    found, column = [], None
    for line in head:
        row = ROW.match(line)
        if row and not line.rstrip().endswith(";") and "=" not in (row.group(5) or ""):
            column = row.start(5) if row.group(5) else None
            found.append((NAME.findall(row.group(2) + row.group(4)), line[:row.start(5)].strip() if row.group(5)
                          else line.strip(), [row.group(5)] if row.group(5) else []))
            if column is None:
                column = -1
        elif found and column is not None and line.startswith(" " * 20) and line.strip():
            found[-1][2].append(line.strip())
        else:
            column = None
    return [(names, what, " ".join(text)) for names, what, text in found if text]


def paragraphs(lines):
    """Blocks of lines between empty ones."""
    out = [[]]
    for line in lines:
        if line:
            out[-1].append(line)
        elif out[-1]:
            out.append([])
    return [block for block in out if block]


def sentences(text):
    return [part.strip() for part in re.split(r'(?<=[a-zA-Z0-9)"][.!?]) +(?=\S)', text) if part.strip()]


def prose(lines):
    """The text of a comment without what is indented, in sentences."""
    out = []
    for block in paragraphs(lines):
        out += sentences(" ".join(line for line in block if not line.startswith("    ")))
    return out


def split_clauses(text):
    """Parts of a sentence between the semicolons that are in no parenthesis."""
    parts, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == ";" and depth <= 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip(" .") for part in parts if part.strip(" .")]


def errors(lines):
    """{code: what the comment says of it}"""
    out = {}
    for sentence in prose(lines):
        clauses = split_clauses(sentence)
        if "Fails:" not in sentence and not any(re.match(r"(try: )?SYN_E", clause) for clause in clauses):
            clauses = [sentence]
        for clause in clauses:
            clause = re.sub(r"^.*?Fails: *", "", clause).strip()
            for code in dict.fromkeys(CODE.findall(clause)):
                alone = not re.sub(r"SYN_E\w+|\bE[A-Z]{3,}\b|,|\band\b|\bor\b", "", clause).strip(" .")
                out.setdefault(code, [])
                if not alone:
                    out[code].append(clause)
    return out
