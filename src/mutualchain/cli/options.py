"""Options that many commands share, and the types of their values."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ..errors import UsageError
from .app import App, pass_app
from .language import LANGUAGES

__all__ = [
    "AGE",
    "FILE",
    "HASH",
    "NAME",
    "PLAN",
    "SIGNATURE",
    "SLOT",
    "json_option",
    "keys_option",
    "lang_option",
    "ledger_argument",
    "plan_argument",
    "receipt_option",
    "reference_option",
    "tz_option",
    "writes",
]

F = TypeVar("F", bound=Callable[..., Any])


class Hex(click.ParamType[bytes]):
    """Bytes in hexadecimal, of one length; with ``files`` also @FILE, for a file in which they stand."""

    name = "hex"

    def __init__(self, size: int, *, files: bool = False) -> None:
        self.size = size
        self.files = files

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        if isinstance(value, bytes):
            return value
        if self.files and value.startswith("@"):
            from .files import read_file

            value = read_file(Path(value[1:]), "a signature", 1_024).decode("ascii", "replace").strip()
        if not re.fullmatch(r"[0-9a-fA-F]*", value, re.ASCII) or len(value) != 2 * self.size:
            shown = value if len(value) <= 80 else value[:80] + "..."
            self.fail(f"{shown!r} is not {2 * self.size} hexadecimal digits.", param, ctx)
        return bytes.fromhex(value)


class Name(click.ParamType[str]):
    """A plan's or an institution's name."""

    def __init__(self, name: str = "plan") -> None:
        self.name = name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", str(value), re.ASCII):
            wanted = "a-z, 0-9 and '-', 64 characters at most"
            self.fail(f"{str(value)[:80]!r} is no {self.name}'s name: {wanted}.", param, ctx)
        return str(value)


class Slot(click.ParamType[int]):
    """A member's number in her plan."""

    name = "slot"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3}){1,3}", str(value), re.ASCII):
            value = str(value).replace(",", "")  # as the screens write it
        if not re.fullmatch(r"[0-9]{1,10}", str(value), re.ASCII) or int(value) >= 2**32:
            self.fail(f"{str(value)[:40]!r} is no slot: a whole number from 0 on.", param, ctx)
        return int(value)


class Age(click.ParamType[int]):
    """A number of seconds, as 90s, 30m, 36h or 3d."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from ..errors import TrustFileError
        from ..tlog.validity import parse_age

        if isinstance(value, int):
            return value
        try:
            return parse_age(value)
        except TrustFileError as error:
            self.fail(f"{error.message}.", param, ctx)


AGE = Age()
FILE = click.Path(path_type=Path, readable=False)  # what may not be read is found out, and said, by reading it
HASH = Hex(32)
SIGNATURE = Hex(64, files=True)
PLAN = Name()
NAME = Name("institution")
SLOT = Slot()


def ledger_argument(command: F) -> F:
    """LEDGER, the ledger's folder."""
    return click.argument("ledger", type=FILE, metavar="LEDGER")(command)


def plan_argument(command: F) -> F:
    """PLAN, the plan's name."""
    return click.argument("plan", type=PLAN, metavar="PLAN")(command)


def json_option(command: F) -> F:
    """``--json``: one JSON document on stdout, errors included."""

    def chosen(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            ctx.ensure_object(App).json = True

    return click.option(
        "--json",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=chosen,
        help="Print one JSON document instead of text.",
    )(command)


def lang_option(command: F) -> F:
    """``--lang``: en or zh."""

    def chosen(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
        if value:
            ctx.ensure_object(App).language = value

    return click.option(
        "--lang",
        type=click.Choice(LANGUAGES),
        expose_value=False,
        callback=chosen,
        help="Language of help, results and errors. [default: MUTUALCHAIN_LANG, else the locale's]",
    )(command)


def tz_option(command: F) -> F:
    """``--tz``: the time zone of what is shown."""

    def chosen(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
        if value:
            from zoneinfo import ZoneInfo

            try:
                ctx.ensure_object(App).zone = ZoneInfo(value)
            except (ValueError, OSError, LookupError):
                raise UsageError("there is no such time zone", value=value, hint="E.g. Asia/Shanghai or UTC.") from None

    return click.option(
        "--tz",
        envvar="MUTUALCHAIN_TZ",
        expose_value=False,
        callback=chosen,
        metavar="ZONE",
        help="Time zone of dates shown, e.g. Asia/Shanghai. [default: this machine's]",
    )(command)


def keys_option(command: F) -> F:
    """``--keys``: where the operator's keys lie; ``--unconfirmed``: write although witnesses do not answer."""

    def insist(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        ctx.ensure_object(App).unconfirmed = value

    command = click.option(
        "--unconfirmed",
        is_flag=True,
        expose_value=False,
        callback=insist,
        help="Write although too few witnesses answer, where no other copy of the ledger was ever written to.",
    )(command)
    return click.option(
        "--keys",
        type=FILE,
        envvar="MUTUALCHAIN_KEYS",
        metavar="FOLDER",
        help="Folder of log.key and block.key. [default: LEDGER-keys, beside the ledger]",
    )(command)


def reference_option(command: F) -> F:
    """``--reference``: what makes a retry safe."""
    return click.option(
        "--reference",
        required=True,
        metavar="TEXT",
        help="Your own name for this request, e.g. an order number: repeated, it is recorded once.",
    )(command)


def receipt_option(command: F) -> F:
    """``--receipt``: a file for the receipt, refused before anything is recorded if it cannot be made."""

    def free(_: click.Context, __: click.Parameter, value: Path | None) -> Path | None:
        if value is not None:
            from ..errors import FileMissing
            from .files import refuse_existing

            refuse_existing(value, "Nothing was done. Choose another name for the receipt.")
            if not value.parent.is_dir():
                raise FileMissing("there is no such folder for the receipt", value=str(value.parent))
        return value

    return click.option(
        "--receipt",
        type=FILE,
        metavar="FILE",
        callback=free,
        help="Write the receipt, the proof that it was recorded, to this new file.",
    )(command)


def writes(command: Callable[..., Any]) -> Callable[..., Any]:
    """What every command that records something ends with: its reference and receipt, the operator's keys, the app."""
    return reference_option(receipt_option(keys_option(lang_option(json_option(pass_app(command))))))
