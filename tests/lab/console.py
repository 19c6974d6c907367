# SPDX-License-Identifier: GPL-2.0-or-later
"""comb console on a terminal; the cells "echo" and "system" run (see the test console)."""
import base64
import hashlib
import os
import signal
import subprocess
import time

from terminal import Terminal, check

MIB = 1 << 20
LEAVE = "\x1d."


def console(cell, **size):
    return Terminal("comb", "console", cell, **size)


def run(*argv):
    """Status and stdout."""
    done = subprocess.run(argv, stdout=subprocess.PIPE, timeout=120, check=False)
    return done.returncode, done.stdout.decode(errors="replace").strip()


def worker(cell):
    with open(f"/run/comb/{cell}/keeper.pid", encoding="ascii") as file:
        supervisor = file.read().strip()
    return run("pgrep", "-x", "-P", supervisor, "comb-keeper/w")[1]


def kill_worker(cell):
    """Its successor has begun when this is over."""
    old = worker(cell)
    os.kill(int(old), signal.SIGKILL)
    for _ in range(300):
        if worker(cell) not in ("", old):
            return True
        time.sleep(0.1)
    return False


def paste(t, what):
    """1 MiB to the cell, which answers with its sum."""
    data = base64.b64encode(os.urandom(3 * MIB // 4))
    t.send(f"take {len(data)}\n")
    t.expect("taking\n")
    t.send(data)
    check(what, t.expect(hashlib.md5(data).hexdigest()), t)


def give(t, what):
    """1 MiB from the cell, which has told the sum."""
    t.send(f"give {MIB}\n")
    told = t.expect("giving ([0-9a-f]{32})\n")
    data = t.read(MIB)
    check(what, told and hashlib.md5(data).hexdigest() == told[1].decode(), t)


def size_becomes(t, size):
    """Sizes and what is typed take different ways to the cell."""
    for _ in range(50):
        t.send("size\n")
        told = t.expect("([0-9]+ [0-9]+)\n")
        if told and told[1] == size:
            return True
        time.sleep(0.2)
    return False


def viewers():
    one = console("echo", rows=33, columns=99)
    check("what the cell has written before is seen", one.expect("begins here\n"), one)
    check("the cell has the terminal's size", size_becomes(one, b"33 99"), one)
    one.resize(44, 111)
    check("and a new one", size_becomes(one, b"44 111"), one)
    one.send(LEAVE)
    check("^] . leaves it", one.expect("left its console"), one)
    check("and that is no failure", one.status() == 0)
    run("comb", "exec", "echo", "--", "busybox", "sh", "-c", "echo nobody looks >/dev/hvc0")

    one, two = console("echo"), console("echo")
    check("who comes again sees what he has missed", one.expect("nobody looks\n"), one)
    check("so does a second one", two.expect("begins here\n.*nobody looks\n"), two)
    two.send("say hello\n")
    check("both see what one has typed for", one.expect("said hello\n"), one)
    check("the other, too", two.expect("said hello\n"), two)
    two.send(LEAVE)
    check("one of them leaves", two.status() == 0)
    return one


def lossless(t):
    paste(t, "1 MiB typed arrives in the cell")
    give(t, "1 MiB of the cell's arrives")
    check("another worker after the keeper's was killed", kill_worker("echo"))
    t.send("say again\n")
    check("whoever watched goes on", t.expect("said again\n"), t)
    check("and has seen nothing twice", b"begins here" not in t.text, t)
    paste(t, "1 MiB typed arrives after that")
    give(t, "1 MiB of the cell's arrives after that")


def login(t):
    check("a login prompt", t.expect("login: ", 240), t)
    t.send("root\r")
    check("it asks for a password", t.expect("Password: "), t)
    t.send("comb\r")
    check("and lets root in", t.expect("root@[^#]*# "), t)
    t.send("echo $((6 * 7)) $(tty); stty size\r")
    check("a shell on the console", t.expect("42 /dev/hvc0\r\n25 85\r\n"), t)
    for what, want, argv in (
            ("its first program is systemd", "systemd", ("cat", "/proc/1/comm")),
            ("the agent is one of its services", "active",
             ("systemctl", "is-active", "comb-agent.service")),
            ("no service has failed", "0",
             ("sh", "-c", "systemctl --failed --no-legend | wc -l")),
            ("it writes to its root", "", ("sh", "-c", "echo text >/root/written")),
    ):
        got = run("comb", "exec", "system", "--", *argv)
        if not check(what, got == (0, want)):
            print("#", got)


def power_off(t):
    check("comb stop", run("comb", "--timeout", "120", "stop", "system")[0] == 0)
    check("the console tells how it ends", t.expect("Power.?Off"), t)
    check("comb console ends with the cell: 3", t.status() == 3)
    log = run("comb", "logs", "system")[1]
    check("it went down in order", "systemd-shutdown" in log and "Power down" in log)


if __name__ == "__main__":
    system = console("system", rows=25, columns=85)
    check("an init shows on the console how it starts", system.expect("Welcome to"), system)
    echo = viewers()
    lossless(echo)
    login(system)
    power_off(system)
    check("comb stop of the other", run("comb", "--timeout", "60", "stop", "echo")[0] == 0)
    check("its console ends, too", echo.status() == 3)
