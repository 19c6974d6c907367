# SPDX-License-Identifier: GPL-2.0-or-later
"""comb top on a terminal; arguments: the last cell, the PID of a "busybox sleep NUMBER" in it,
NUMBER, and the names of all kernels in their order."""
import os
import signal
import sys
import termios
import time

import pyte

from terminal import DEADLINE, Terminal, check

cell, pid, number = sys.argv[1:4]
kernels = sys.argv[4:]
command = "sleep " + number
# What pyte understands.
os.environ["TERM"] = "linux"


class Screen:
    """What somebody sees who sits before the terminal."""

    def __init__(self, *argv, rows=24, columns=80):
        self.terminal = Terminal(*argv, rows=rows, columns=columns)
        # Before the program has changed anything.
        self.before = termios.tcgetattr(self.terminal.fd)
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)

    def resize(self, rows, columns):
        self.screen.resize(rows, columns)
        self.terminal.resize(rows, columns)

    def send(self, keys):
        self.terminal.send(keys)

    def look(self):
        self.terminal.turn(0.2)
        self.stream.feed(self.terminal.text)
        self.terminal.text = b""
        return self.screen.display

    def sees(self, what, seconds=DEADLINE):
        """Until @what, a function of the lines, is true."""
        end = time.monotonic() + seconds
        while not what(self.look()):
            if self.terminal.ended or time.monotonic() >= end:
                return what(self.screen.display)
        return True

    def shows(self, *words):
        """All of them in one line."""
        return self.sees(lambda lines: any(all(w in line for w in words) for line in lines))

    def check(self, what, good):
        print("ok" if good else "not ok", what)
        if not good:
            for line in self.screen.display:
                print("#", line.rstrip())
        sys.stdout.flush()

    def settings(self):
        return termios.tcgetattr(self.terminal.fd)


def meters(lines):
    """Every kernel has a line with its name and CPU 0's meter."""
    return all(any(line.startswith(f"{name} ") and "  0[" in line for line in lines)
               for name in kernels)


def rows(lines):
    """The list: (cell, pid), from below its heading on."""
    heading = [i for i, line in enumerate(lines) if line.startswith("CELL")]
    if not heading:
        return []
    words = [line.split() for line in lines[heading[0] + 1:-1]]
    return [(w[0], w[1]) for w in words if len(w) > 1]


shell = ["sh", "-c", "before=$(stty -g); comb top -d 1; echo status $?; "
         "[ \"$before\" = \"$(stty -g)\" ] && echo same terminal; read -r _"]
s = Screen(*shell)
s.check("top shows the CPU meters of each kernel", s.sees(meters))
s.check("and processes of all of them",
        s.sees(lambda lines: {name for name, _ in rows(lines)} >= set(kernels)))
for name in kernels:
    s.send("c")
    s.check(f"c shows one kernel's after the other: {name}", s.shows("comb top", "only " + name) and
            s.sees(lambda lines, name=name: {n for n, _ in rows(lines)} == {name}))
s.send("/" + command)
s.check("a text that is typed selects at once", s.sees(lambda lines: rows(lines) == [(cell, pid)]))
s.send("\r")
s.check("and is in force behind Enter", s.shows("h help") and
        s.sees(lambda lines: rows(lines) == [(cell, pid)]))
for rows_, columns in (12, 50), (8, 30), (3, 20), (40, 132):
    s.resize(rows_, columns)
    s.check(f"it fits into {columns}x{rows_}",
            s.sees(lambda lines: "comb top"[:columns] in lines[0] and
                   "h help"[:columns] in lines[-1]))
s.check("with more to see in a large one", s.shows(f"busybox {command}") and
        s.shows("comb top", f"only {cell}", f'only "{command}"'))
s.send("\x1b[B")
s.send("k")
s.check("k asks", s.shows(f"Signal to {cell}:{pid} ("))
s.send("TREM\r")
s.check("no signal of this name: nothing is sent", s.shows("there is no signal", "TERM"))
s.send("k")
s.shows(f"Signal to {cell}:{pid} (")
s.send("KILL\r")
s.check("a signal is sent", s.shows(f"KILL was sent to {cell}:{pid}"))
s.check("and the process is gone", s.sees(lambda lines: rows(lines) == []))
s.send("\x1b")
s.check("Esc shows all again", s.sees(lambda lines: len(rows(lines)) > 3))
s.send("N")
s.check("N sorts by PID", s.shows("by pid") and
        s.sees(lambda lines: [int(p) for _, p in rows(lines)] ==
               sorted(int(p) for _, p in rows(lines))))
s.send("p")
s.check("p pauses", s.shows("PAUSED"))
s.send("h")
s.check("h shows the keys", s.shows("send a signal to the marked process"))
s.send("xq")
s.check("q ends it with 0", s.shows("status 0"))
s.check("and the terminal is as it was", s.shows("same terminal"))
s.send("\n")
s.terminal.status()

# However it ends, the terminal is given back.
for ending in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    s = Screen("comb", "top", "-d", "1")
    good = s.sees(meters)
    changed = s.settings() != s.before
    s.terminal.kill(ending)
    restored = s.sees(lambda _: s.settings() == s.before)
    status = s.terminal.status()
    check(f"{ending.name} ends it: {status}", good and status == 128 + ending)
    check("and the terminal is as before", changed and restored)

# Stopped by ^Z, it gives the terminal to its shell and takes it again.
s = Screen("bash", "--norc", "-i")
s.send("comb top -d 1\r")
s.check("from a shell", s.sees(meters))
s.send("\x1a")
s.check("^Z stops it", s.shows("Stopped"))
s.send("clear; fg\r")
s.check("and it goes on", s.sees(meters))
s.send("\x03")
s.send("echo status $?\r")
s.check("^C ends it", s.shows("status 130"))
s.send("exit\r")
s.terminal.status()
