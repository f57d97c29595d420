"""Ctrl-C in a training: it waits for the end of a step."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def ctrl_c_between_steps() -> Iterator[Callable[[], bool]]:
    """In the block Ctrl-C takes a note; what is yielded says whether there is one.

    So no update is cut in half. A second Ctrl-C does not wait. In a thread, or where Ctrl-C has
    another meaning already, everything stays as it is.
    """
    pressed = False

    def note(*_: Any) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    def is_pressed() -> bool:
        return pressed

    is_usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if threading.current_thread() is not threading.main_thread() or not is_usual:
        yield is_pressed
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield is_pressed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
