"""A witness's configuration as text: a new one, and logs added or taken away with all else left as it stands.

People edit this file, so nothing of theirs is lost: a log that is new goes to the end, and of one that is there only
its list of keys is written again. What comes out is parsed, and held against what was meant: text that this module
does not understand is never half changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from ..errors import WitnessConfigError
from ..tlog.note import Verifier
from .config import parse
from .core import KnownLog

__all__ = ["add_key", "new_config", "remove_key"]

_LOG: Final = re.compile(r"[ \t]*\[\[[ \t]*log[ \t]*\]\][ \t]*(?:#.*)?\Z")
_TABLE: Final = re.compile(r"[ \t]*\[")
_KEYS: Final = re.compile(r"^[ \t]*keys[ \t]*=[ \t]*\[[^\]]*\]", re.MULTILINE)


def new_config(name: str, *, listen: str = "127.0.0.1:8380", passphrase_file: str = "") -> str:
    """The text of a configuration without logs; key and state lie beside it."""
    lines = [
        "# A witness of mutualchain. SIGHUP reads logs and limits again.",
        f"name = {_quoted(name)}",
        'key_file = "witness.key"',
        'state = "state"',
        f"listen = {_quoted(listen)}",
        *([f"passphrase_file = {_quoted(passphrase_file)}"] if passphrase_file else []),
        'proxies = ["127.0.0.1"]',
    ]
    return "".join(f"{line}\n" for line in lines)


def add_key(data: bytes, folder: Path, origin: str, key: Verifier) -> bytes:
    """The configuration ``data`` with a key of a log, which may be new; as it was if it has it.

    ``folder`` is where the file lies. Raises WitnessConfigError.
    """
    logs = parse(data, folder).logs
    known = logs.get(origin)
    if known is None:
        gap = b"" if data.endswith(b"\n") else b"\n"
        text = data + gap + f"\n[[log]]\norigin = {_quoted(origin)}\nkeys = [{_quoted(key.vkey)}]\n".encode()
        return _checked(data, text, folder, {**logs, origin: KnownLog(origin, (key,))})
    if key in known.keys:
        return data
    return _with_keys(data, folder, origin, (*known.keys, key))


def remove_key(data: bytes, folder: Path, origin: str, key: Verifier | None = None) -> bytes:
    """The configuration ``data`` without a key of a log, or without the log. Raises WitnessConfigError."""
    known = parse(data, folder).logs.get(origin)
    if known is None or (key is not None and key not in known.keys):
        raise WitnessConfigError("the configuration has no such log or key", value=origin)
    left = () if key is None else tuple(each for each in known.keys if each != key)
    return _with_keys(data, folder, origin, left)


def _with_keys(data: bytes, folder: Path, origin: str, keys: Sequence[Verifier]) -> bytes:
    logs = dict(parse(data, folder).logs)
    lines = data.decode().split("\n")
    start, end = _table_of(lines, list(logs).index(origin))
    table = "\n".join(lines[start:end])
    if keys:
        logs[origin] = KnownLog(origin, tuple(keys))
        listed = "keys = [" + ", ".join(_quoted(key.vkey) for key in keys) + "]"
        found = [_KEYS.sub(lambda _: listed, table, count=1)]
    else:
        del logs[origin]
        found = []
    text = "\n".join([*lines[:start], *found, *lines[end:]])
    return _checked(data, (text if keys or text.endswith("\n") else f"{text}\n").encode(), folder, logs)


def _table_of(lines: Sequence[str], number: int) -> tuple[int, int]:
    """First line of the log with that number, and the line behind its last."""
    heads = [at for at, line in enumerate(lines) if _LOG.match(line)]
    if number >= len(heads):
        raise _not_understood()
    start = heads[number]
    end = next((at for at in range(start + 1, len(lines)) if _TABLE.match(lines[at])), len(lines))
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1  # what stands between tables belongs to the next one
    return start, end


def _checked(old: bytes, new: bytes, folder: Path, logs: Mapping[str, KnownLog]) -> bytes:
    before = parse(old, folder)
    try:
        after = parse(new, folder)
    except WitnessConfigError:
        raise _not_understood() from None
    if after != replace(before, logs=logs):
        raise _not_understood()
    return new


def _not_understood() -> WitnessConfigError:
    return WitnessConfigError(
        "the file is written in a way that this command does not change",
        hint="Change its [[log]] tables by hand; docs/witness.md shows how they look.",
    )


def _quoted(text: str) -> str:
    """A TOML basic string."""
    escaped = "".join(
        f"\\{char}" if char in '"\\' else char if char.isprintable() else f"\\U{ord(char):08x}" for char in text
    )
    return f'"{escaped}"'
