"""Long calls of compiled code in a thread, so that interrupts and time limits are noticed."""

import threading
from collections.abc import Callable
from typing import Any

from divergences._transport.row_blocks import Check, no_check

SECONDS_PER_CHECK = 0.2


def call_interruptibly(
    function: Callable[..., Any], /, *arguments: Any, check: Check = no_check
) -> Any:
    """Result of a function that runs in a thread, while this one waits.

    Python handles an interrupt between its own instructions, thus not during a call of compiled
    code. If the wait ends by an exception, the call itself goes on to its end, in a daemon thread
    whose result is dropped.

    Args:
        function: A function that releases the lock of the interpreter.
        *arguments: Its arguments, which nothing may change meanwhile.
        check: Called several times a second; an exception that it raises ends the wait.

    Returns:
        Result of the function.

    Raises:
        BaseException: Any exception of the function.
    """
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.extend((function(*arguments), None))
        except BaseException as error:  # noqa: BLE001  # raised in the waiting thread
            outcome.extend((None, error))
        finished.set()

    finished = threading.Event()
    threading.Thread(target=run, name="divergences-simplex", daemon=True).start()
    while not finished.wait(SECONDS_PER_CHECK):
        check()
    result, error = outcome
    if error is not None:
        raise error
    return result
