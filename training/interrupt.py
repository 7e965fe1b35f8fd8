"""Ctrl-C and SIGTERM as a question that a loop asks, so that it can put its work away before it stops."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether a signal came in; a second signal ends the program at once."""
    arrived = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield arrived.is_set
        return

    def note(number: int, frame: FrameType | None) -> None:
        del number, frame
        if arrived.is_set():
            raise KeyboardInterrupt
        arrived.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield arrived.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
