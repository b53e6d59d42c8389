"""Signals: Ctrl-C, noticed even where a library's handler or a callback swallowed it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def noticing_interrupts() -> Iterator[None]:
    """Raise KeyboardInterrupt at the end of the block if Ctrl-C came within it and was swallowed. Main thread only."""
    reader, writer = os.pipe()
    for end in (reader, writer):
        os.set_blocking(end, False)
    previous = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield
        os.write(writer, b"\0")
        if bytes([signal.SIGINT]) in os.read(reader, 65_536):
            raise KeyboardInterrupt
    finally:
        signal.set_wakeup_fd(previous)
        os.close(reader)
        os.close(writer)
