"""Every error on its way out: a sentence, its code, where, what to do, and the documented exit code.

For people on stderr; with ``--json`` as the one document on stdout. A traceback shows with ``--debug`` only.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any

import click

from ..errors import FileMissing, InputFileError, MutualchainError, SystemRefused, UsageError
from .group import ReaderGone
from .usage import in_words

if TYPE_CHECKING:
    from .app import App
    from .language import Words

__all__ = ["INTERRUPTED", "READER_GONE", "error_value", "report", "system_error"]

INTERRUPTED = 130
READER_GONE = 141
_MONEY = (0, "")
"""Amounts in an error are minor units; whose currency they are of, nobody knows any more. They are shown as they are.
"""


def report(error: BaseException, app: App, arguments: list[str]) -> int:
    """Say what happened to the command in ``arguments`` and return the exit code."""
    try:
        return _report(error, app, arguments)
    except BrokenPipeError:
        return _reader_gone()
    except OSError as failure:  # not even the error can be written where it should go
        _give_up_output()
        known = system_error(failure)
        with contextlib.suppress(OSError):
            sys.stderr.write(known.diagnostics() + "\n")
        return known.exit_code


def _report(error: BaseException, app: App, arguments: list[str]) -> int:
    if isinstance(error, BrokenPipeError | ReaderGone):
        return _reader_gone()
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 0
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.message, err=True)  # which leaves bold out where nobody looks
        return 2
    if isinstance(error, KeyboardInterrupt | click.Abort | EOFError):
        said = app.words.say("Interrupted. What was acknowledged is recorded; nothing else is.")
        sys.stderr.write(f"\n{said}\n")
        return INTERRUPTED
    if app.debug:
        traceback.print_exception(error, file=sys.stderr)
    known = _known(error)
    if type(known) is UsageError and known.hint == UsageError.default_hint:
        known.hint = f"See `{_command(arguments)} --help`."
    if app.json:
        app.print_json({"error": error_value(known)})
    else:
        sys.stderr.write(_diagnostics(known, app.words) + "\n")
        if type(known) is not MutualchainError:
            more = "  more:  " if app.words.language == "en" else f"  {app.words.say('more')}："
            sys.stderr.write(f"{more}mutualchain explain {known.code}\n")
    sys.stdout.flush()
    return known.exit_code


def _diagnostics(error: MutualchainError, words: Words) -> str:
    """The error for a person. In another language than English its meaning leads, and the sentence itself follows."""
    shown = error.diagnostics()
    if words.language == "en":
        return shown
    from ..explanations import explain
    from .rules import said

    told, (first, *rest) = explain(error.code, words.language), shown.split("\n")
    names = {"  value: ": "value", "  at:    ": "where", "  rule:  ": "rule"}
    kept = [
        next((f"  {words.say(name)}：{line[9:]}" for lead, name in names.items() if line.startswith(lead)), line)
        for line in rest
        if not line.startswith("  hint:")
    ]
    message = first.partition(": ")[2]
    sentence = in_words(message, words) or said(message, words, _MONEY) or message
    detail = [] if sentence == told.title.rstrip("。") else [f"  {words.say('detail')}：{sentence}"]
    own = None if error.hint == type(error).default_hint else in_words(error.hint, words)
    advice = own or told.advice
    return "\n".join([f"{error.code}：{told.title}", *detail, *kept, f"  {words.say('What to do')}：{advice}"])


def _known(error: BaseException) -> MutualchainError:
    """The project's error for whatever was raised."""
    if isinstance(error, MutualchainError):
        return error
    if isinstance(error, click.UsageError):
        return UsageError(error.format_message())
    if isinstance(error, click.ClickException):
        return UsageError(error.format_message())
    if isinstance(error, OSError):
        return system_error(error)
    if isinstance(error, MemoryError):
        return SystemRefused("there is not enough memory for this", hint="Give the process more memory, or less to do.")
    return MutualchainError(
        f"an unexpected error: {type(error).__name__}: {error}",
        hint="This is a defect of mutualchain: please report it with what `mutualchain --debug ...` shows.",
    )


def _command(arguments: list[str]) -> str:
    """The command that the arguments name, as far as they name one."""
    from .app import mutualchain

    path = ["mutualchain"]
    found: click.Command = mutualchain
    for word in arguments:
        if not isinstance(found, click.Group):
            break
        inner = found.get_command(click.Context(found), word)
        if inner is not None:
            path.append(word)
            found = inner
    return " ".join(path)


def system_error(error: OSError, path: object = None) -> MutualchainError:
    """An operating system's error as one of the project's: FileMissing, or SystemRefused."""
    place = path if path is not None else error.filename
    reason = error.strerror or str(error)
    shown = None if place is None else str(place)
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return FileMissing(f"there is no such file or folder: {shown or reason}", value=shown)
    hint = None
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        hint = "Make room on the disk, then repeat the command with the same reference."
    return SystemRefused(f"the operating system refused: {reason}", place=shown, hint=hint)


def _reader_gone() -> int:
    """Whoever read the output has closed it: end quietly."""
    _give_up_output()
    return READER_GONE


def _give_up_output() -> None:
    """Leave nothing for the interpreter to flush at its end, which would fail again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, (sys.__stdout__ or sys.stdout).fileno())
    except (OSError, ValueError, AttributeError):
        pass
    finally:
        os.close(nowhere)


def error_value(error: MutualchainError) -> dict[str, Any]:
    """The error as JSON: schemas/error.json."""
    value = error.value.hex() if isinstance(error.value, bytes) else error.value
    value = "; ".join(error.rows) if isinstance(error, InputFileError) and error.rows else value
    expected, found = getattr(value, "expected", None), getattr(value, "found", None)
    return {
        "code": error.code,
        "message": error.message,
        "place": error.place,
        "value": None if value is None else str(value)[:2_000],
        "expected": None if expected is None else str(expected)[:200],
        "found": None if found is None else str(found)[:200],
        "hint": error.hint,
        "exit_code": error.exit_code,
    }
