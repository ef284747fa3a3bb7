"""A witness's configuration: one TOML file. docs/witness.md shows a whole one.

    name = "witness.example.org"         the key's name, checked against the key file
    key_file = "witness.key"             paths are relative to this file
    state = "state"
    listen = "127.0.0.1:8380"            an address and a port, or "unix:/run/witness/socket"
    submission_prefix = ""               before /add-checkpoint
    monitoring_prefix = ""               before /<hash of the origin>/checkpoint
    passphrase_file = "passphrase"       optional
    proxies = ["127.0.0.1"]              whose X-Forwarded-For is believed

    [limits]                             all optional
    body_bytes = 131072
    per_address = 50                     requests a second; 0: no limit
    per_log = 20
    request_seconds = 10
    connections = 1000

    [[log]]
    origin = "example.com/log"
    keys = ["example.com/log+d455c521+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"]

Unknown names are refused: a limit that is spelled wrongly would be none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from .. import toml_text
from ..errors import FileMissing, MutualchainError, WitnessConfigError
from ..limits import MAX_WITNESS_CONFIG, MAX_WITNESS_LOGS, MAX_WITNESS_REQUEST
from ..tlog.note import Verifier, check_key_name
from .core import KnownLog

__all__ = ["Limits", "WitnessConfig", "load", "parse", "parse_listen"]

_PREFIX: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)*\Z", re.ASCII)
_LISTEN: Final = re.compile(
    r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<host>[A-Za-z0-9.-]+)):(?P<port>[0-9]{1,5})\Z", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client can cost: body in bytes, requests a second (0: no limit), seconds, open connections."""

    body_bytes: int = MAX_WITNESS_REQUEST
    per_address: int = 50
    per_log: int = 20
    request_seconds: int = 10
    connections: int = 1_000


@dataclass(frozen=True, slots=True)
class WitnessConfig:
    """A whole configuration. ``listen`` is a host and a port (0: any), or the path of a Unix socket."""

    name: str
    key_file: Path | None
    state: Path
    listen: tuple[str, int] | Path
    logs: Mapping[str, KnownLog]
    submission_prefix: str = ""
    monitoring_prefix: str = ""
    passphrase_file: Path | None = None
    proxies: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)


def load(path: Path) -> WitnessConfig:
    """The configuration in ``path``. Raises FileMissing, WitnessConfigError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_WITNESS_CONFIG + 1)
    except OSError as error:
        raise FileMissing(f"cannot read the configuration {path}: {error.strerror}", value=str(path)) from None
    return parse(data, path.absolute().parent)


def parse(data: bytes, folder: Path) -> WitnessConfig:
    """The configuration that ``data`` spells, its paths relative to ``folder``. Raises WitnessConfigError."""
    if len(data) > MAX_WITNESS_CONFIG:
        raise WitnessConfigError(f"the configuration is longer than {MAX_WITNESS_CONFIG} bytes")
    try:
        top = _Table(toml_text.load(data), "the file")
    except ValueError as error:
        raise WitnessConfigError(f"the configuration is not TOML: {error}") from None
    name = top.text("name")
    try:
        check_key_name(name)
    except MutualchainError as error:
        raise WitnessConfigError(error.message, value=name, place="name") from None
    key_file, passphrase_file = top.text("key_file", ""), top.text("passphrase_file", "")
    config = WitnessConfig(
        name=name,
        key_file=folder / key_file if key_file else None,
        state=folder / top.text("state"),
        listen=parse_listen(top.text("listen"), folder),
        logs=_logs(top.tables("log")),
        submission_prefix=top.matching("submission_prefix", _PREFIX, "a path such as /witness, or nothing"),
        monitoring_prefix=top.matching("monitoring_prefix", _PREFIX, "a path such as /witness, or nothing"),
        passphrase_file=folder / passphrase_file if passphrase_file else None,
        proxies=top.texts("proxies"),
        limits=_limits(top.table("limits")),
    )
    top.finish()
    return config


def parse_listen(text: str, folder: Path) -> tuple[str, int] | Path:
    """A host and a port, or the path of a Unix socket, relative to ``folder``. Raises WitnessConfigError."""
    if text.startswith("unix:"):
        return folder / text.removeprefix("unix:")
    found = _LISTEN.match(text)
    if found is None or int(found["port"]) > 65_535:
        raise WitnessConfigError("an address to listen on is host:port or unix:path", value=text, place="listen")
    return found["six"] or found["host"], int(found["port"])


def _limits(table: _Table) -> Limits:
    default = Limits()
    limits = Limits(
        body_bytes=table.number("body_bytes", default.body_bytes, 1_024, MAX_WITNESS_REQUEST),
        per_address=table.number("per_address", default.per_address, 0, 1_000_000),
        per_log=table.number("per_log", default.per_log, 0, 1_000_000),
        request_seconds=table.number("request_seconds", default.request_seconds, 1, 3_600),
        connections=table.number("connections", default.connections, 1, 100_000),
    )
    table.finish()
    return limits


def _logs(tables: list[_Table]) -> dict[str, KnownLog]:
    if len(tables) > MAX_WITNESS_LOGS:
        raise WitnessConfigError(f"a witness knows at most {MAX_WITNESS_LOGS} logs", value=len(tables))
    logs: dict[str, KnownLog] = {}
    for table in tables:
        origin, vkeys = table.text("origin"), table.texts("keys")
        table.finish()
        try:
            log = KnownLog(origin, tuple(Verifier.from_vkey(vkey) for vkey in vkeys))
        except MutualchainError as error:
            raise WitnessConfigError(error.message, value=error.value, place=f"{table.place}, {origin}") from None
        if logs.setdefault(origin, log) is not log:
            raise WitnessConfigError("a log is there twice: give all its keys in one table", value=origin)
    return logs


class _Table:
    """A TOML table whose names are taken one after the other; what is left over is refused."""

    def __init__(self, values: dict[str, Any], place: str) -> None:
        self._values = dict(values)
        self.place = place

    def text(self, name: str, default: str | None = None) -> str:
        value = self._values.pop(name, default)
        if type(value) is not str or (not value and default is None):
            raise self._wrong(name, "is a text", value)
        return value

    def matching(self, name: str, pattern: re.Pattern[str], what: str) -> str:
        value = self.text(name, "")
        if not pattern.match(value):
            raise self._wrong(name, f"is {what}", value)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._values.pop(name, [])
        if type(value) is not list or not all(type(item) is str and item for item in value):
            raise self._wrong(name, "is a list of texts", value)
        return tuple(value)

    def number(self, name: str, default: int, least: int, most: int) -> int:
        value = self._values.pop(name, default)
        if type(value) is not int or not least <= value <= most:
            raise self._wrong(name, f"is a whole number from {least} to {most}", value)
        return value

    def table(self, name: str) -> _Table:
        value = self._values.pop(name, {})
        if type(value) is not dict:
            raise self._wrong(name, "is a table", value)
        return _Table(value, f"[{name}]")

    def tables(self, name: str) -> list[_Table]:
        value = self._values.pop(name, [])
        if type(value) is not list or not all(type(item) is dict for item in value):
            raise self._wrong(name, f"is a list of tables, each headed [[{name}]]", value)
        return [_Table(item, f"[[{name}]] number {number}") for number, item in enumerate(value, 1)]

    def finish(self) -> None:
        if self._values:
            raise WitnessConfigError("a name that means nothing here", value=min(self._values), place=self.place)

    def _wrong(self, name: str, what: str, value: object) -> WitnessConfigError:
        if value is None:
            return WitnessConfigError(f"{name} is missing", place=self.place)
        return WitnessConfigError(f"{name} {what}", value=value, place=self.place)
