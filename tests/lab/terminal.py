# SPDX-License-Identifier: GPL-2.0-or-later
"""A program on a terminal of its own, for the lab tests that need one."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

DEADLINE = 60


class Terminal:
    """What the program has written and nobody has asked for yet is in .text."""

    def __init__(self, *argv, rows=24, columns=80):
        self.text = b""
        self.ended = False
        self.pid, self.fd = pty.fork()
        if not self.pid:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvp(argv[0], argv)
        os.set_blocking(self.fd, False)

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def turn(self, left, data=b""):
        """Read what there is, write what may be: one wait. Returns what is still to be written."""
        readable, writable, _ = select.select([] if self.ended else [self.fd],
                                              [self.fd] if data else [], [], left)
        if readable:
            try:
                got = os.read(self.fd, 65536)
            except OSError:
                got = b""
            self.ended = not got
            self.text += got
        if writable:
            data = data[os.write(self.fd, data[:4096]):]
        return data

    def send(self, data, seconds=DEADLINE):
        """All of it; output is read meanwhile, as a terminal does."""
        end = time.monotonic() + seconds
        data = data.encode() if isinstance(data, str) else data
        while data and not self.ended and time.monotonic() < end:
            data = self.turn(1, data)
        return not data

    def expect(self, pattern, seconds=DEADLINE):
        """The match, and .text is what came behind it; None if it does not come."""
        end = time.monotonic() + seconds
        while True:
            found = re.search(pattern.encode(), self.text, re.DOTALL)
            if found:
                self.text = self.text[found.end():]
                return found
            if self.ended or time.monotonic() >= end:
                return None
            self.turn(min(1, end - time.monotonic()))

    def read(self, size, seconds=DEADLINE):
        """So many bytes, or fewer if they do not come."""
        end = time.monotonic() + seconds
        while len(self.text) < size and not self.ended and time.monotonic() < end:
            self.turn(1)
        data, self.text = self.text[:size], self.text[size:]
        return data

    def kill(self, number=signal.SIGKILL):
        os.kill(self.pid, number)

    def status(self, seconds=DEADLINE):
        """Of its end, as a shell has it; None if it does not end, and then it is killed."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.ended:
                self.turn(0.1)
            else:
                time.sleep(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.fd)
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
        self.kill()
        os.waitpid(self.pid, 0)
        os.close(self.fd)
        return None


def check(what, good, terminal=None):
    """One line, as inside.sh prints it; what the terminal shows helps to see why not."""
    print("ok" if good else "not ok", what)
    if not good and terminal is not None:
        for line in terminal.text[-2000:].decode(errors="replace").splitlines()[-20:]:
            print("#", repr(line))
    sys.stdout.flush()
    return good
