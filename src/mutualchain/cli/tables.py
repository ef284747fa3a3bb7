"""CSV files of members, credits and ballots: every wrong row is reported by its line, and nothing recorded then.

The first line names the columns, in any order. Amounts are yuan with at most two decimals. Text is UTF-8; a byte
order mark, as spreadsheets write it, is passed over.
"""

from __future__ import annotations

import csv
import re
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputFileError, MutualchainError
from ..limits import MAX_ROWS
from ..money import parse_amount
from .files import unreadable

__all__ = ["Table", "read_table", "rows_named"]

_SHOWN = 10
_EVERY = 20_000
_WIDTHS = {"hash": 32, "signature": 64}
_LONGEST = 1 << 16
_HEX = re.compile(r"[0-9a-fA-F]{64}\Z", re.ASCII)
_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,9})\Z", re.ASCII)

Parse = Callable[[str], "int | bytes"]


@dataclass(slots=True)
class Table:
    """Columns by name: uint8 of shape (n, 32) for hashes and keys and (n, 64) for signatures, uint64 for numbers,
    int64 for dates, in days since 1970-01-01.

    ``lines`` is the file's line of each row.
    """

    columns: dict[str, NDArray[Any]]
    lines: array[int] = field(repr=False)

    def __len__(self) -> int:
        return len(self.lines)


def _hash(text: str) -> bytes:
    if not _HEX.match(text):
        raise ValueError("not 64 hexadecimal digits")
    return bytes.fromhex(text)


def _signature(text: str) -> bytes:
    if len(text) != 128 or not _HEX.match(text[:64]) or not _HEX.match(text[64:]):
        raise ValueError("not 128 hexadecimal digits")
    return bytes.fromhex(text)


def _number(text: str) -> int:
    if not _NUMBER.match(text) or int(text) > MAX_ROWS:
        raise ValueError(f"not a whole number from 0 to {MAX_ROWS}")
    return int(text)


def _date(text: str) -> int:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise ValueError("no date as YYYY-MM-DD")
    return (found - date(1970, 1, 1)).days


def _parsers(wanted: dict[str, str], decimals: int) -> dict[str, Parse]:
    kinds: dict[str, Parse] = {
        "hash": _hash,
        "signature": _signature,
        "number": _number,
        "date": _date,
        "amount": lambda text: parse_amount(text, decimals),
    }
    return {name: kinds[kind] for name, kind in wanted.items()}


def read_table(
    path: Path,
    columns: dict[str, str],
    optional: dict[str, str],
    decimals: int,
    progress: Callable[[int, int], None],
) -> Table:
    """The rows of a CSV file. ``columns`` and ``optional`` map each name to "hash", "signature", "number",
    "date" or "amount".

    Raises FileMissing; InputFileError that names the first wrong lines and how many there are.
    """
    try:
        size = path.stat().st_size
        with path.open("r", encoding="utf-8-sig", errors="strict", newline="") as file:
            return _read(path, file, columns, optional, decimals, lambda: progress(_at(file, size), size))
    except OSError as error:
        raise unreadable(path, "a CSV file", error) from None
    except UnicodeDecodeError as error:
        raise InputFileError("the file is not UTF-8 text", place=str(path), value=f"byte {error.start}") from None


def _at(file: IO[str], size: int) -> int:
    return min(file.buffer.tell(), size) if hasattr(file, "buffer") else size


def _read(
    path: Path,
    file: IO[str],
    wanted: dict[str, str],
    optional: dict[str, str],
    decimals: int,
    tick: Callable[[], None],
) -> Table:
    reader = csv.reader(_bounded(path, file), strict=True)
    try:
        header = [name.strip() for name in next(reader)]
    except StopIteration:
        raise InputFileError("the file is empty", place=str(path)) from None
    except csv.Error as error:
        raise InputFileError(f"not a CSV file: {error}", place=f"{path}, line 1") from None
    _check_header(path, header, wanted, optional)
    parsers = _parsers({name: kind for name, kind in (wanted | optional).items() if name in header}, decimals)
    kinds = wanted | optional
    parts: dict[str, Any] = {name: _empty(kinds[name]) for name in parsers}
    lines, count = array("Q"), 0
    wrong: list[str] = []
    try:
        for row in reader:
            if not row:
                continue
            try:
                values = _row(header, row, parsers)
            except ValueError as error:
                count += 1
                if len(wrong) < _SHOWN:
                    wrong.append(f"line {reader.line_num}: {error}")
                continue
            for name, value in values:
                parts[name].extend(value) if isinstance(value, bytes) else parts[name].append(value)
            lines.append(reader.line_num)
            if len(lines) % _EVERY == 0:
                tick()
    except csv.Error as error:
        raise InputFileError(f"not a CSV file: {error}", place=f"{path}, line {reader.line_num}") from None
    if wrong:
        listed = [*wrong, *([f"and {count - len(wrong)} more"] if count > len(wrong) else [])]
        sentence = f"{count:,} rows are wrong" if count > 1 else "a row is wrong"
        raise InputFileError(sentence, rows=tuple(listed), place=str(path))
    if not lines:
        raise InputFileError("the file has a header and no rows", place=str(path))
    return Table({name: _column(part, _WIDTHS.get(kinds[name], 0)) for name, part in parts.items()}, lines)


def _bounded(path: Path, file: IO[str]) -> Iterator[str]:
    """Lines of the file, none longer than any row could be: a file that is no text at all ends here."""
    number = 0
    while line := file.readline(_LONGEST):
        number += 1
        if len(line) == _LONGEST and not line.endswith("\n"):
            raise InputFileError("a line is longer than any row could be", place=f"{path}, line {number}")
        yield line


def _check_header(path: Path, header: list[str], wanted: dict[str, str], optional: dict[str, str]) -> None:
    missing = [name for name in wanted if name not in header]
    unknown = [name for name in header if name not in wanted and name not in optional]
    twice = sorted({name for name in header if header.count(name) > 1})
    found = [
        *(f"the column {name!r} is missing" for name in missing),
        *(f"the column {name[:40]!r} is unknown" for name in unknown),
        *(f"the column {name!r} stands there twice" for name in twice),
    ]
    if found:
        names = ",".join(wanted) + "".join(f"[,{name}]" for name in optional)
        raise InputFileError("; ".join(found[:_SHOWN]), place=f"{path}, line 1", hint=f"The first line is: {names}")


def _row(header: list[str], row: list[str], parsers: dict[str, Parse]) -> list[tuple[str, int | bytes]]:
    if len(row) != len(header):
        raise ValueError(f"{len(row)} values where the header has {len(header)} columns")
    values = []
    for name, text in zip(header, row, strict=True):
        try:
            values.append((name, parsers[name](text.strip())))
        except MutualchainError as error:
            raise ValueError(f"{name}: {error.message}: {text[:40]!r}") from None
        except ValueError as error:
            raise ValueError(f"{name}: {error}: {text[:40]!r}") from None
    return values


def _empty(kind: str) -> bytearray | array[int]:
    return bytearray() if kind in _WIDTHS else array("q" if kind == "date" else "Q")


def _column(part: Any, width: int) -> NDArray[Any]:
    if isinstance(part, bytearray):
        return np.frombuffer(bytes(part), np.uint8).reshape(-1, width)
    return np.array(part, np.int64 if part.typecode == "q" else np.uint64)


@contextmanager
def rows_named(path: Path, table: Table, first_slot: int | None = None) -> Iterator[None]:
    """Inside, an error about a row or a new slot of the batch says which line of the file that is."""
    try:
        yield
    except MutualchainError as error:
        found = re.fullmatch(r"(row|slot) (\d+)", error.place or "")
        if found:
            row = int(found[2]) - (first_slot or 0 if found[1] == "slot" else 0)
            if 0 <= row < len(table) and (found[1] == "row" or first_slot is not None):
                error.place = f"{path}, line {table.lines[row]}"
        raise
