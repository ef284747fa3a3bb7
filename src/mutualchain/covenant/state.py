"""A book as canonical values and columns, so that it can be saved beside the chain and need not be replayed.

``book_columns`` names every array; all else, the cases' own state included, is in ``book_value``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, astuple
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..canonical import Value
from . import settling
from .book import Book
from .capture import PIECE, Capture, Past
from .cases import CaseLife
from .closing import Closing
from .document import Covenant
from .institutions import Registry
from .members import Members
from .money import CaseState, Done, Totals
from .opened import OpenRound
from .rounds import RoundTerms
from .sparse import Sparse
from .timing import Version

__all__ = ["book_columns", "book_from", "book_value"]

Columns = dict[str, NDArray[Any]]
_NUMBERS = (
    "rounds", "surplus", "deficit", "headcount", "pot", "restituted", "snapshot_height", "snapshot_time_ms", "now_ms",
    "height",
)  # fmt: skip
_OPEN = ("rows", "usual", "status", "waiting", "pot", "due_ms", "year")


def book_columns(book: Book) -> Columns:
    """Every array of a book by name, as little-endian columns."""
    members = book.members
    found: Columns = {name: getattr(members, name)[: members.count] for name in ("stored", "pending", "seq", "exited")}
    if members.year_less is not None:
        found["year_less"] = members.year_less[: members.count]
    for name in ("owed", "short"):
        found |= {f"{name}.slots": getattr(members, name).slots, f"{name}.values": getattr(members, name).values}
    for at, item in enumerate(book.past):
        found |= {f"past.{at}.slots": item.slots.astype("<u4"), f"past.{at}.amounts": item.amounts.astype("<i8")}
    if book.open is not None:
        opened = book.open
        found |= {f"open.{name}": getattr(opened, name) for name in ("slots", "statuses", "amounts")}
        found["open.events"] = opened.events[: opened.rows]
    if book.capture is not None:
        found |= _capture_columns(book.capture)
    return {name: column.astype(column.dtype.newbyteorder("<"), copy=False) for name, column in found.items()}


def _capture_columns(capture: Capture) -> Columns:
    pieces = sorted(capture.saved)
    columns = {
        "capture.events": capture.events[: capture.rows],
        "capture.staying": capture.coverage.staying,
        "capture.overdue": capture.coverage.overdue,
        "capture.pieces": np.array(pieces, np.int64),
    }
    for at, name, kind in ((0, "stored", np.int64), (1, "exited", np.uint8)):
        saved = [capture.saved[piece][at] for piece in pieces]
        whole = np.zeros((len(pieces), PIECE), kind)
        for row, column in enumerate(saved):
            whole[row, : len(column)] = column
        columns[f"capture.{name}"] = whole.ravel()
    return columns


def book_value(book: Book) -> dict[str, Any]:
    """Everything of a book but its columns and the chain's registry, as canonical values."""
    members, opened, capture = book.members, book.open, book.capture
    return {
        "plan": book.plan,
        "versions": [[v.number, v.covenant.to_bytes(), v.effective_ms, v.height] for v in book.versions],
        "members": [members.count, members.exits, members.levy, members.year, members.year_levy],
        "joins": members.joins,
        "leaving": [list(pair) for pair in members.leaving.items()],
        "cases": [[digest, *_case_numbers(case)] for digest, case in book.cases.items()],
        "numbers": [getattr(book, name) for name in _NUMBERS],
        "instant": [] if book.instant is None else [book.instant],
        "totals": list(asdict(book.totals).values()),
        "done": [list(astuple(item)) for item in book.done],
        "past": [[item.settled_ms, item.usual, item.waiting] for item in book.past],
        "corrected": sorted(list(pair) for pair in book.corrected),
        "open": [] if opened is None else [opened.terms.to_bytes(), *(int(getattr(opened, name)) for name in _OPEN)],
        "capture": []
        if capture is None
        else [capture.height, capture.time_ms, capture.version, capture.pot, int(capture.frozen), capture.rows],
        "life": book.life.to_value(),
        "closing": [] if book.closing is None else book.closing.to_value(),
    }


def _case_numbers(case: CaseState) -> list[int]:
    number = -1 if case.round is None else case.round
    return [case.slot, case.aid, number, case.paid, case.fee, int(case.released), int(case.refunded)]


def book_from(value: Value, columns: Mapping[str, NDArray[Any]], registry: Registry) -> Book:
    """What ``book_value`` and ``book_columns`` gave. Raises KeyError, ValueError, TypeError for anything else."""
    saved: Any = value
    versions = [Version(n, Covenant.from_bytes(data), at, height) for n, data, at, height in saved["versions"]]
    book = Book(saved["plan"], versions[0].covenant, versions[0].number, registry=registry)
    book.versions = versions
    _fill_members(book.members, saved, columns)
    for digest, slot, aid, number, paid, fee, released, refunded in saved["cases"]:
        state = CaseState(slot, aid, None if number < 0 else number, paid, fee, bool(released), bool(refunded))
        book.cases[digest] = state
    for name, number in zip(_NUMBERS, saved["numbers"], strict=True):
        setattr(book, name, number)
    book.instant = saved["instant"][0] if saved["instant"] else None
    book.totals = Totals(*saved["totals"])
    book.done = [Done(*item) for item in saved["done"]]
    book.past = tuple(
        Past(settled_ms, usual, waiting, columns[f"past.{at}.slots"], columns[f"past.{at}.amounts"])
        for at, (settled_ms, usual, waiting) in enumerate(saved["past"])
    )
    book.corrected = {(slot, seq) for slot, seq in saved["corrected"]}
    book.life = CaseLife.from_value(saved["life"])
    book.closing = Closing.from_value(saved["closing"]) if saved["closing"] else None
    if saved["open"]:
        data, *numbers = saved["open"]
        terms = RoundTerms.from_bytes(data)
        covenant = next(item.covenant for item in versions if item.number == terms.covenant_version)
        slots, statuses, amounts, events = (
            columns[f"open.{name}"] for name in ("slots", "statuses", "amounts", "events")
        )
        named: dict[str, int] = dict(zip(_OPEN, numbers, strict=True))
        rows = named.pop("rows")
        book.open = OpenRound(terms, covenant, rows, slots, statuses, amounts, events, **named)  # type: ignore[arg-type]
    if saved["capture"]:
        book.capture = _capture_from(book, saved["capture"], columns)
    return book


def _fill_members(members: Members, saved: Any, columns: Mapping[str, NDArray[Any]]) -> None:
    members.count, members.exits, members.levy, members.year, members.year_levy = saved["members"]
    for name in ("stored", "pending", "seq", "exited"):
        if members.count:
            setattr(members, name, columns[name])
    if "year_less" in columns:
        members.year_less = columns["year_less"] if members.count else np.zeros(len(members.stored), np.int64)
    members.joins = [list(item) for item in saved["joins"]]
    members.leaving = dict(saved["leaving"])
    members.owed = Sparse(columns["owed.slots"], columns["owed.values"])
    members.short = Sparse(columns["short.slots"], columns["short.values"])


def _capture_from(book: Book, saved: Any, columns: Mapping[str, NDArray[Any]]) -> Capture:
    """A snapshot that waits for its round, as it was taken."""
    height, time_ms, number, pot, frozen, rows = saved
    members = book.members
    covenant = next(item.covenant for item in book.versions if item.number == number)
    coverage = settling.coverage_at(members, covenant, time_ms, book.past)
    coverage.waiting = min(coverage.waiting, rows)
    coverage.staying, coverage.overdue = columns["capture.staying"], columns["capture.overdue"]
    pending = members.pending
    capture = Capture(members, height, time_ms, coverage, version=number, pot=pot, frozen=bool(frozen))
    members.pending = pending  # what was counted since
    capture.rows = rows
    capture.events = columns["capture.events"]
    stored, exited = (columns[f"capture.{name}"].reshape(-1, PIECE) for name in ("stored", "exited"))
    for row, piece in enumerate(columns["capture.pieces"].tolist()):
        capture.saved[piece] = stored[row], exited[row]
    return capture
