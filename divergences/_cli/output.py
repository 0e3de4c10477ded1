"""Standard output and standard error that may be closed, or on a full disk."""

import contextlib
import os
import sys

EXIT_CLOSED_PIPE = 141  # as of a program that SIGPIPE ended: 128 + 13


def say(message: str, /) -> None:
    """Print a line on standard error, if there is one."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"{message}\n")
            sys.stderr.flush()


def discard() -> None:
    """Lead standard output to nowhere, so that the flush at exit does not fail once more."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
