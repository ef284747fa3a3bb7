"""Books and sheets to test with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mutualchain.covenant.acts import CaseApproval
from mutualchain.covenant.book import Book
from mutualchain.covenant.calendar import start_of
from mutualchain.covenant.capture import Capture
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.members import Members
from mutualchain.covenant.replay import apply_enrolments
from mutualchain.covenant.state import book_columns, book_value
from mutualchain.sheet import Columns, schema, table

from .reference import Plan

CASE = bytes([1]) * 32


def enrolments(deposits: Sequence[int]) -> Columns:
    """A sheet of members who join."""
    rows = len(deposits)
    values: dict[str, Any] = {
        "key": [bytes(32)] * rows,
        "commitment": [bytes(32)] * rows,
        "deposit": list(deposits),
        "since_day": [0] * rows,
    }
    return table(schema("enrolment/1"), values)


def sparse(name: str, rows: Iterable[tuple[int, int, int]], **others: Sequence[int]) -> Columns:
    """A sheet of single events, rows of (slot, amount, seq); other columns by name, zeros where none are given."""
    slots, amounts, seqs = zip(*rows, strict=True)
    given: dict[str, Any] = {"slot": list(slots), "seq": list(seqs), "amount": list(amounts)}
    given |= {column: list(values) for column, values in others.items()}
    layout = schema(name)
    values = {
        column.name: given.get(column.name, [0 if column.maximum is not None else bytes(column.width)] * len(slots))
        for column in layout.columns
    }
    return table(layout, values)


def book(deposits: Sequence[int] = (), **covenant: Any) -> Book:
    """A book whose members joined with these deposits; no prepay unless one is named."""
    made = Book("demo", Covenant.simple("Demo", **{"prepay": 0, **covenant}), 1)
    if deposits:
        apply_enrolments(made, enrolments(deposits))
    return made


def aged(**limits: int) -> Book:
    """A book of nobody yet, with limits of age and without a prepay, on the day 20,000 of its time zone."""
    simple = Covenant.simple("Demo", prepay=0)
    rules = replace(simple, membership=replace(simple.membership, **limits))  # type: ignore[arg-type]
    return Book("demo", rules, 1, now_ms=start_of(rules, 20_000))


def approve(made: Book, aid: int, slot: int = 0, name: bytes = CASE) -> bytes:
    """A case in force; returns its name."""
    made.apply(CaseApproval(slot, aid, bytes(32)), name)
    return name


def opened(made: Book, cases: tuple[bytes, ...], height: int, top_up: int = 0) -> Capture:
    """Snapshot, terms, opening: all at once; returns the snapshot."""
    capture = made.begin_capture(height, height)
    made.put_open(made.open_round(capture, made.terms(capture, cases, top_up)))
    return capture


def columns_of(members: Members) -> dict[str, list[int]]:
    """Everything that is kept of members, as lists; balances instead of what is stored."""
    count = members.count
    return {
        "balance": members.balances(0, count).tolist(),
        "seq": members.seq[:count].tolist(),
        "pending": members.pending[:count].tolist(),
        "exited": members.exited[:count].tolist(),
    }


def state_of(made: Book) -> dict[str, object]:
    """A book's whole state as plain values, for comparing two books; instants of blocks left out."""
    columns = book_columns(made)
    value = {name: item for name, item in book_value(made).items() if name not in ("numbers", "instant")}
    numbers = [getattr(made, name) for name in ("rounds", "surplus", "deficit", "headcount", "pot")]
    value["leaving"] = [pair for pair in value["leaving"] if pair[1] > made.now_ms]
    stored = columns.pop("stored") - made.members.levy
    found = {name: column.tolist() for name, column in columns.items() if not name.startswith("capture.")}
    found |= {"balances": stored.tolist(), "numbers": numbers, "value": value}
    if made.capture is not None:
        capture = made.capture
        rows = capture.rows_for(7)
        found["capture"] = [capture.headcount(), *(part if isinstance(part, int) else part.tolist() for part in rows)]
        found["capture.events"] = capture.events[: capture.rows].tolist()
    return found


def state_of_reference(plan: Plan) -> dict[str, list[int]]:
    """The reference's members, as ``columns_of`` gives the book's."""
    return {
        "balance": [member.balance for member in plan.members],
        "seq": [member.seq for member in plan.members],
        "pending": [member.events for member in plan.members],
        "exited": [2 if member.ended else int(member.left_ms is not None) for member in plan.members],
    }


def as_slots(values: Iterable[int]) -> Any:
    """Slots as numpy takes them for an index."""
    return np.array(list(values), np.int64)
