"""Ctrl-C and termination signals: a run stops between two steps, with a checkpoint."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

EXIT_INTERRUPTED = 130  # the shell's status of a program that Ctrl-C ended


@dataclass(slots=True)
class StopRequest:
    """A request to stop, by a signal or by a file.

    Attributes:
        reason: Name of the signal, or of the other cause; empty without a request.
        file: A file whose presence requests a stop, too; processes share it.
    """

    reason: str = ""
    file: Path | None = None

    @property
    def is_set(self) -> bool:
        """Whether to stop now."""
        if not self.reason and self.file is not None and self.file.exists():
            self.reason = "another run was interrupted"
        return bool(self.reason)


@contextmanager
def stop_signals(*, file: Path | None = None) -> Iterator[StopRequest]:
    """Turn the first Ctrl-C or termination signal into a request to stop; the second interrupts.

    Args:
        file: A file whose presence requests a stop, too; a signal creates it.

    Yields:
        The request, updated by signals.
    """
    request = StopRequest(file=file)

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        if request.reason:
            raise KeyboardInterrupt
        request.reason = signal.Signals(number).name
        if file is not None:
            file.touch()

    if threading.current_thread() is not threading.main_thread():
        yield request  # only the main thread may handle signals
        return
    previous = {
        number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield request
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
