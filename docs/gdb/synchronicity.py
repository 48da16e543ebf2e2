# SPDX-License-Identifier: Apache-2.0
#
# For gdb: what syn_dump() prints, from a core file, or from a process that is stopped.
#
#     gdb -c core ./program
#     (gdb) source synchronicity.py
#     (gdb) syn-dump
#
# Nothing of the program is called, so it works on a core. It needs the types of the library: build that, or
# one file that includes its private headers, with -g. docs/debugging.md has an example.
"""Prints the tasks of a program that uses synchronicity as a tree."""

import gdb

MOST = 200  # tasks of one synchronizer that are shown; the others are counted
ROLES = ("gone", "free", "open", "awake", "asleep")


def address_of(symbol):
    """The address of a static variable of the library, also where its file has no debug information."""
    try:
        return int(gdb.parse_and_eval("(char *)&" + symbol))
    except gdb.error:
        raise gdb.GdbError("there is no %s here: is the program linked with synchronicity, and not stripped?"
                           % symbol)


def struct_at(name, address):
    """The struct NAME that lies at ADDRESS."""
    try:
        kind = gdb.lookup_type("struct " + name)
    except gdb.error:
        raise gdb.GdbError("gdb does not know struct %s: build the library with -g" % name)
    return gdb.Value(address).cast(kind.pointer()).dereference()


def member(kind, name):
    """How far the field NAME lies behind the beginning of KIND, and its type; None: it has none of that name."""
    for field in kind.strip_typedefs().fields():
        inside = member(field.type, name) if not field.name else None  # a union without a name
        if field.name == name:
            return field.bitpos // 8, field.type
        if inside:
            return field.bitpos // 8 + inside[0], inside[1]
    return None


def field_offset(name, path):
    """How far the field PATH ("loop.registered") lies behind the beginning of struct NAME."""
    kind, offset = gdb.lookup_type("struct " + name), 0
    for part in path.split("."):
        more, kind = member(kind, part)
        offset += more
    return offset


def containers(head, name, path):
    """The addresses of the structs NAME in the list with its head at HEAD, by their field PATH."""
    offset, seen, at = field_offset(name, path), set(), int(struct_at("syni_list", head)["next"])
    while at and at != head and at not in seen:
        seen.add(at)
        yield at - offset
        at = int(struct_at("syni_list", at)["next"])


def text(pointer, otherwise="?"):
    """The string at POINTER."""
    try:
        return pointer.string() if int(pointer) else otherwise
    except (gdb.error, UnicodeDecodeError):
        return "?"


def number(value):
    """A number, also one of an atomic type."""
    return int(value.cast(value.type.unqualified().strip_typedefs()))


def place(file, line):
    """FILE without its folder, and LINE."""
    return "%s:%d" % (text(file).rsplit("/", 1)[-1], int(line))


def producer(core):
    """The address of the task that produces the core at CORE; 0: none does."""
    of_a_task = core and int(struct_at("syni_core", core)["ops"]) == int(gdb.parse_and_eval("&syni_frame_core_ops"))
    return core - field_offset("syni_task", "core") if of_a_task else 0


def made(frame, offset):
    """Where the call was made that FRAME notes at OFFSET; "" if it notes none: only a checked build does."""
    call = int(gdb.Value(frame + offset).cast(gdb.lookup_type("void").pointer().pointer()).dereference()) if offset else 0
    line = gdb.find_pc_line(call - 1) if call else None
    if not line or not line.symtab:
        return ", made at 0x%x" % (call - 1) if call else ""
    return ", made at %s:%d" % (line.symtab.filename.rsplit("/", 1)[-1], line.line)


class Task:
    """One task, by its address."""

    def __init__(self, address):
        self.address = address
        self.value = struct_at("syni_task", address)
        self.function = self.value["function"].dereference()

    def name(self):
        return text(self.function["name"])

    def waiter(self):
        """The address of the task that waits for the result of this one; 0: none does."""
        at = int(self.value["core"]["waiter"])
        if not at:
            return 0
        wake = int(struct_at("syni_waiter", at)["wake"])
        said = gdb.execute("info symbol %d" % wake, to_string=True)
        if "child_is_done" in said:
            scope = int(self.value["core"]["member"]["scope"])
            return int(struct_at("syni_scope", scope)["owner"]) if scope else 0
        if "wake_by_result" not in said and "wake_by_own_result" not in said:
            return 0  # a thread, or something else
        return at - field_offset("syni_task", "on.result.waiter")

    def children(self):
        """The addresses of the tasks that this one awaits, or has in its scopes."""
        on, waits = self.value["on"], int(self.value["wait"])
        if waits == int(gdb.parse_and_eval("(int)SYNI_WAIT_RESULT")):
            task = producer(int(on["result"]["child"]))
            if task:
                yield task
        scope = int(self.value["scopes"])
        while scope:
            head = scope + field_offset("syni_scope", "children")
            for at in containers(head, "syni_core", "member.link"):
                task = producer(at)
                if task:
                    yield task
            scope = int(struct_at("syni_scope", scope)["next_open"])

    def says(self):
        """The rest of its line."""
        what, detail = text(self.value["live"]["waits_for"], ""), int(self.value["live"]["detail"])
        out = ": waits for " + what if what else ": runs, or is about to"
        if what and detail >= 0:
            out += ", descriptor %d" % detail
        if what == "a mutex":
            mutex = struct_at("syni_mutex_of_tasks", int(self.value["on"]["line"]["thing"]))
            if int(mutex["holder"]):
                out += ", held by " + Task(int(mutex["holder"])).name()
        if int(self.value["leaving"]):
            out += ", cleans up"
        at = int(self.value["at"])
        return (out + ", at " + place(self.function["file"], at if at > 0 else self.function["line"])
                + made(self.address, int(self.function["made"])))


class Dump:
    """Prints, and counts what it has printed."""

    def __init__(self):
        self.shown = set()

    def tree(self, address, depth, home):
        if address in self.shown or depth > 12:
            return
        self.shown.add(address)
        task = Task(address)
        elsewhere = int(task.value["home"])
        on = "" if elsewhere == home else ", on " + text(struct_at("syni_home", elsewhere)["loop"]["name"])
        print("  " * depth + task.name() + task.says() + on)
        for child in task.children():
            self.tree(child, depth + 1, home)

    def home(self, address):
        home = struct_at("syni_home", address)
        loop, running = home["loop"], int(home["running"])
        role, live = number(loop["role"]), int(loop["n_live"])
        print("synchronizer %s, driver %s, live %d%s"
              % (text(loop["name"]), ROLES[role] if role < len(ROLES) else "?", live,
                 ", runs " + text(home["running"]) if running else ""))
        own = 0
        for task in containers(address + field_offset("syni_home", "loop.live"), "syni_task", "live.link"):
            own += 1
            if own > MOST:
                print("  and more of them: %d" % (live - MOST))
                break
            if not Task(task).waiter():
                self.tree(task, 1, address)

    def rest(self, address):
        """Tasks that nobody has shown wait in a circle."""
        head = address + field_offset("syni_home", "loop.live")
        for i, task in enumerate(containers(head, "syni_task", "live.link")):
            if i < MOST and task not in self.shown:
                self.tree(task, 1, address)

    def pool(self, address):
        pool = struct_at("syni_pool", address)
        print("pool %s, threads %d, blocked %d, idle %d, queued %d"
              % (text(pool["owner"]["options"]["name"], "pool"), int(pool["n_threads"]),
                 int(pool["n_blocked"]), int(pool["n_idle"]), int(pool["stats"]["queued"])))
        for worker in containers(address + field_offset("syni_pool", "workers"), "syni_worker", "link"):
            work = int(struct_at("syni_worker", worker)["work"])
            if work:
                out = int(struct_at("syni_worker", worker)["out"])
                print("  %s: runs%s" % (text(struct_at("syni_work", work)["name"], "a job"),
                                        ", and waits" if out else ""))
        for queue in ("urgent", "others"):
            for work in containers(address + field_offset("syni_pool", queue), "syni_work", "link"):
                print("  %s: waits for a thread" % text(struct_at("syni_work", work)["name"], "a job"))

    def threads(self):
        for record in containers(address_of("self_records"), "syni_self", "link"):
            this = struct_at("syni_self", record)
            if int(this["sleeps_for"]):
                print("thread %s: waits for %s, number %d"
                      % (this["name"].string(), text(this["sleeps_for"]), int(this["number"])))

    def all(self):
        homes = list(containers(address_of("live_registry"), "syni_home", "loop.registered"))
        for home in homes:
            self.home(home)
        for home in homes:
            self.rest(home)
        for pool in containers(address_of("pool_list"), "syni_pool", "registered"):
            self.pool(pool)
        self.threads()


class SynDump(gdb.Command):
    """Print synchronizers with their tasks as a tree, pools with their jobs, and threads that wait."""

    def __init__(self):
        super().__init__("syn-dump", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        Dump().all()


SynDump()
