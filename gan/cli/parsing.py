"""Parse the arguments of a command by tyro; a refusal is one line."""

import os
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from difflib import get_close_matches
from functools import partial, wraps
from inspect import getdoc
from io import StringIO
from typing import Any

import tyro

from gan.errors import ConfigError

HELP_WIDTH = 80
USAGE_ERROR = 2  # tyro's exit status after a refusal
BOX_CHARACTERS = "│╭╮╰╯|+ "
RULE = re.compile(r"^[│| ]*[─-]{8,}")
# Messages of tyro, and the same as a requirement and what came.
REQUIREMENTS = (
    (
        r"error parsing (--[\w-]+): (?:no type matching .*|)invalid literal for int\(\) with base "
        r"10: ('.*')",
        r"\1 must be a whole number, but is \2",
    ),
    (
        r"error parsing (--[\w-]+): (?:no type matching .*|)could not convert string to float: "
        r"('.*')",
        r"\1 must be a number, but is \2",
    ),
    (
        r"invalid choice ('.*') for argument '(.*?)'. Expected one of \((.*?),?\)",
        r"\2 must be one of \3, but is \1",
    ),
    (
        r"error parsing (--[\w-]+): no type matching .* instantiated from \[(.*?)\]\. .*"
        r"\[\2\] does not match choices \(([^()]*)\)$",
        r"\1 must be one of \3, but is \2",
    ),
    (
        r"error parsing (--[\w-]+): .* input length \d+ did not match expected argument count "
        r"(\d+) .*",
        r"\1 needs \2 values",
    ),
    (r"missing value for argument '(.*?)'. Expected 1 values", r"\1 needs a value"),
    (r"missing value for argument '(.*?)'. Expected (\d+) values", r"\1 needs \2 values"),
    (r"missing from [\w -]+: (\w+) (.*?)\.? \(required\)", r"give \1: \2"),
)
CHOICES = re.compile(r"(?<=must be one of )'[^']*'(?:, '[^']*')*")
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")


def parsed_call(
    command: Callable[..., int], arguments: Sequence[str], /, *, prog: str
) -> Callable[[], int]:
    """A command with its arguments, ready to be called.

    Args:
        command: A function with annotations, whose docstring describes its parameters.
        arguments: Arguments of the command line, without the command itself.
        prog: Name of the command in messages.

    Returns:
        The function, bound to the parsed arguments.

    Raises:
        ConfigError: If an option is unknown, or a value is missing or cannot be read.
    """

    @wraps(command)
    def bound(*args: Any, **kwargs: Any) -> Callable[[], int]:
        return partial(command, *args, **kwargs)

    return parsed(bound, arguments, prog=prog, description=wrapped_description(command))


def parsed(
    form: Callable[..., Any], arguments: Sequence[str], /, *, prog: str, description: str
) -> Any:
    """The arguments as a value of a dataclass, or as the result of a function.

    Args:
        form: The dataclass or function.
        arguments: Arguments of the command line.
        prog: Name of the command in messages.
        description: First paragraphs of its help.

    Returns:
        Result of ``form``.

    Raises:
        ConfigError: If an option is unknown, or a value is missing or cannot be read.
        SystemExit: After the help.
    """
    refusal = StringIO()
    try:
        with redirect_stderr(refusal), _without_color_if_asked():
            value, unknown = tyro.cli(
                form,
                prog=prog,
                description=description,
                args=arguments,
                return_unknown_args=True,
                config=(tyro.conf.FlagCreatePairsOff,),
            )
    except SystemExit as exit_:
        if exit_.code != USAGE_ERROR:
            raise
        raise ConfigError(f"{one_line(refusal.getvalue())}; see {prog} --help") from None
    if unknown:
        raise ConfigError(_unknown_argument(form, unknown[0], prog))
    return value


def wrapped_description(command: Callable[..., Any], /) -> str:
    """Paragraphs of a docstring before its sections, at most 80 columns wide."""
    text = (getdoc(command) or "").partition("\nArgs:")[0]
    return "\n\n".join(
        textwrap.fill(part, HELP_WIDTH) if not part.startswith(" ") else part
        for part in text.strip().split("\n\n")
    )


def one_line(box: str, /) -> str:
    r"""The message in tyro's box, in one line that names the option and what came.

    >>> one_line("╭─ Value error ───╮\n│ Invalid choice '16' for argument │\n"
    ...          "│ '--precision'. Expected one of ('32', 'bf16-mixed'). │\n")
    "--precision must be one of '32', 'bf16-mixed', but is '16'"

    Args:
        box: What tyro prints of a refusal.

    Returns:
        The message without its first letter's case and its last period.
    """
    lines: list[str] = []
    for line in box.splitlines()[1:]:
        if RULE.match(line):
            if lines:
                break
            continue  # where the output has no UTF-8, one is below the title
        lines.append(line.strip(BOX_CHARACTERS))
    message = re.sub(r"\s+", " ", " ".join(lines)).strip().rstrip(".")
    message = message[:1].lower() + message[1:]
    for pattern, requirement in REQUIREMENTS:
        message = re.sub(f"^{pattern}$", requirement, message)
    return CHOICES.sub(_sorted_choices, message)


def _sorted_choices(match: re.Match[str]) -> str:
    """The choices of a message in order, since tyro's order changes from process to process."""
    return ", ".join(sorted({*match[0].split(", ")} - {"'None'"}))


def _unknown_argument(form: Callable[..., Any], argument: str, prog: str) -> str:
    """Message about an argument that the command does not have."""
    if not argument.startswith("-"):
        return f"unexpected argument {argument!r}; see {prog} --help"
    name = argument.partition("=")[0].replace("_", "-")
    options = OPTION.findall(_help(form))
    close = get_close_matches(name, options, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"unknown option {name}; {hint}{prog} --help lists the options"


def _help(form: Callable[..., Any]) -> str:
    """Text of the help."""
    text = StringIO()
    with redirect_stdout(text), suppress(SystemExit):
        tyro.cli(form, args=["--help"], config=(tyro.conf.FlagCreatePairsOff,))
    return text.getvalue()


@contextmanager
def _without_color_if_asked() -> Iterator[None]:
    """Let tyro print no colors where NO_COLOR is set (no-color.org), as for a dumb terminal."""
    terminal = os.environ.get("TERM")
    if os.environ.get("NO_COLOR"):
        os.environ["TERM"] = "dumb"
    try:
        yield
    finally:
        if os.environ.get("NO_COLOR"):
            del os.environ["TERM"]
            if terminal is not None:
                os.environ["TERM"] = terminal
