"""Single keys from a terminal, lines from anything else."""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

Read = Callable[[], str | None]
"""Returns the next key: a character, nothing for one that is none (an arrow), None at the end of input."""

_END, _ESCAPE = "\x04", "\x1b"


@contextmanager
def keys(stream: TextIO) -> Iterator[Read]:
    """Give what reads keys from a stream; a terminal is put back as it was."""
    if not stream.isatty() or sys.platform == "win32":
        yield lambda: _of_line(stream)
        return
    import termios  # noqa: PLC0415, other systems have none
    import tty  # noqa: PLC0415

    terminal = stream.fileno()
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal)
        yield _Terminal(terminal)
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


class _Terminal:
    """Reads what is typed, several keys at a time where somebody is quick."""

    def __init__(self, terminal: int) -> None:
        self._terminal, self._typed = terminal, deque[str]()

    def __call__(self) -> str | None:
        while not self._typed:
            typed = os.read(self._terminal, 64).decode(errors="ignore")
            if typed in {"", _END}:
                return None
            if typed.startswith(_ESCAPE):
                return ""
            self._typed.extend(typed)
        return self._typed.popleft()


def _of_line(stream: TextIO) -> str | None:
    line = stream.readline()
    return line.strip()[:1] if line else None
