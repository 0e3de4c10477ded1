"""Ctrl-C and termination: a run stops between two steps, with a checkpoint."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

INTERRUPTED = 130  # the exit status of a program that Ctrl-C ended


@dataclass(slots=True)
class Stop:
    """Whether somebody asked to stop.

    Attributes:
        reason: The name of the signal, or empty.
        file: A file whose being there asks to stop, too: how one process tells others.
    """

    reason: str = ""
    file: Path | None = None

    @property
    def asked(self) -> bool:
        """Whether to stop now."""
        if not self.reason and self.file is not None and self.file.exists():
            self.reason = "another run was interrupted"
        return bool(self.reason)


@contextmanager
def stop_signals(*, file: Path | None = None) -> Iterator[Stop]:
    """Note the first Ctrl-C or termination signal, to stop between two steps; obey the second.

    Args:
        file: What also asks to stop once it is there; a signal makes it.

    Yields:
        What has been noted.
    """
    stop = Stop(file=file)

    def note(number: int, frame: FrameType | None) -> None:
        del frame
        if stop.reason:
            raise KeyboardInterrupt
        stop.reason = signal.Signals(number).name
        if file is not None:
            file.touch()

    if threading.current_thread() is not threading.main_thread():
        yield stop  # only the main thread may handle signals
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
