# SPDX-License-Identifier: GPL-2.0-or-later
"""comb exec and comb shell on a terminal; argument: a running cell."""
import sys

from terminal import Terminal, check

cell = sys.argv[1]


def execute(script, **size):
    return Terminal("comb", "exec", cell, "--", "sh", "-c", script, **size)


t = execute("test -t 0 && test -t 1 && test -t 2 && echo all-three; stty size; "
            "trap 'stty size; exit 9' WINCH; echo ready; while :; do sleep 0.1; done",
            rows=31, columns=97)
check("on a terminal it gets a terminal", t.expect("all-three"), t)
check("of the same size", t.expect("31 97"), t)
t.expect("ready")
t.resize(40, 123)
check("a new size is passed on", t.expect("40 123"), t)
check("with SIGWINCH, and its status comes back", t.status() == 9)

# exec: dash forgets a signal that comes while it forks.
t = execute("echo ready; exec sleep 1000")
t.expect("ready")
t.send("\x03")
status = t.status()
check(f"^C interrupts what runs there: {status}", status == 130)

# A signal right before read(2) is seen after it; in this loop there is no such moment.
t = execute("trap 'done=1; echo interrupted' INT; echo ready; while [ -z $done ]; do :; done; "
            "while ! read -r line; do :; done; echo \"<$line>\"; cat; echo end; echo error >&2")
t.expect("ready")
t.send("\x03")
check("^C can be caught", t.expect("interrupted"), t)
t.send("some words\r")
check("lines typed arrive, and are echoed", t.expect("some words\r\n.*<some words>\r\n"), t)
t.send("more\r\x04")
check("^D ends the input", t.expect("more\r\nmore\r\nend\r\nerror\r\n"), t)
check("and the program ends well", t.status() == 0)

t = Terminal("comb", "shell", cell)
t.send("echo $((6 * 7))-$HOME; tty; exit 3\r")
check("a shell computes", t.expect("42-/root"), t)
check("on a terminal of the cell", t.expect("/dev/pts/[0-9]+"), t)
check("and ends with its own status", t.status() == 3)
