"""Many members at once: enrolments and credits as columns, one sheet each."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..archive import layout
from ..block.chain import ENROLMENT
from ..covenant.book import Book
from ..covenant.replay import apply_credits, apply_enrolments, credit_violations, enrolment_violations, next_numbers
from ..covenant.standing import age_clauses
from ..errors import RuleError, UsageError
from ..limits import MAX_CHARGE, MAX_CREDIT, MAX_DAY, MAX_ROWS, MIN_DAY
from ..sheet import SheetContext
from .core import Core, reference_key
from .events import request_digest
from .index import check_weak
from .receipts import Acknowledgement, GroupProofs
from .writer import make_sheet

__all__ = ["column", "columns_digest", "credit_many", "enrol_many", "integers", "octet_rows"]

CREDIT = "credit/1"


def column(values: Any, name: str) -> NDArray[Any]:
    """What numpy makes of an argument. Raises UsageError."""
    try:
        return np.asarray(values)
    except (ValueError, TypeError, OverflowError):  # ragged lists, and what else numpy cannot lay out
        raise UsageError(f"{name} is no column", value=repr(values)[:40]) from None


def octet_rows(values: Any, name: str, rows: int | None = None, size: int = 32) -> NDArray[np.uint8]:
    """Rows of ``size`` bytes, ``rows`` of them if that is given. Raises UsageError."""
    array = np.ascontiguousarray(column(values, name))
    if array.dtype != np.uint8 or array.ndim != 2 or array.shape[1] != size:
        raise UsageError(f"{name} is an array of uint8 of shape (n, {size})", value=f"{array.dtype} {array.shape}")
    if not len(array) or (rows is not None and len(array) != rows):
        raise UsageError(f"{name} has {len(array)} rows", value=rows)
    return array


def integers(values: Any, name: str, rows: int, most: int, dtype: str) -> NDArray[Any]:
    """``rows`` whole numbers from 0 to ``most``; one stands for all. Raises UsageError."""
    array = column(values, name)
    if array.ndim == 0:
        array = np.broadcast_to(array, (rows,))
    if array.shape != (rows,) or array.dtype.kind not in "iu":
        raise UsageError(f"{name} is one whole number, or {rows} of them", value=f"{array.dtype} {array.shape}")
    if int(array.min()) < 0 or int(array.max()) > most:
        raise UsageError(f"{name} is from 0 to {most}")
    return np.ascontiguousarray(array, dtype)


def day_column(values: Any, name: str, rows: int) -> NDArray[Any]:
    """``rows`` days since 1970-01-01, before it below zero. Raises UsageError."""
    array = column(values, name)
    if array.shape != (rows,) or array.dtype.kind not in "iu":
        raise UsageError(f"{name} has {rows} whole numbers", value=f"{array.dtype} {array.shape}")
    if int(array.min()) < MIN_DAY or int(array.max()) > MAX_DAY:
        raise UsageError(f"{name} is from {MIN_DAY} to {MAX_DAY}, in days since 1970-01-01")
    return array


def _refuse(found: list[RuleError]) -> None:
    if found:
        raise found[0]


def enrol_many(
    core: Core,
    plan: str,
    public_keys: Any,
    commitments: Any,
    deposits: Any,
    since_days: Any,
    birth_days: Any,
    reference: str | bytes,
) -> Acknowledgement:
    """See :meth:`mutualchain.Ledger.enrol_many`."""
    keys = octet_rows(public_keys, "public_keys")
    rows = len(keys)
    born = None if birth_days is None else day_column(birth_days, "birth_days", rows)
    columns = {
        "key": keys,
        "commitment": octet_rows(commitments, "commitments", rows),
        "deposit": integers(deposits, "deposits", rows, MAX_CHARGE, "<u4"),
        "since_day": integers(since_days, "since_days", rows, MAX_ROWS, "<u4"),
    }
    name = reference_key(plan, reference)
    digest = columns_digest("enrol_many", plan, columns)
    with core.turn:  # a retry is answered before the keys are looked at
        seen = core.seen(plan, name, digest)
        if seen is not None:
            return seen
        book = core.book(plan)
        core.now()
        _refuse(enrolment_violations(book, columns, born))
        context = core.context(plan, ENROLMENT, core.book(plan).slots)
    check_weak(keys)
    sheet = make_sheet(context, columns)  # hashed while others go on; made again if members joined meanwhile
    with core.turn:
        seen = core.seen(plan, name, digest)
        if seen is not None:
            return seen
        book = core.book(plan)
        time_ms = core.now()
        _refuse(enrolment_violations(book, columns, born))
        index = core.index(plan)
        ordered, order = index.check_batch(keys, book.may_rejoin)
        first = book.slots
        if core.context(plan, ENROLMENT, first) != context:
            sheet = make_sheet(core.context(plan, ENROLMENT, first), columns)
        segments = index.batch_segments(ordered, order, first)
        extra = [
            (layout.key_segment(plan, index.saved_segments + number), segment)
            for number, segment in enumerate(segments)
        ]
        unchecked = age_clauses(book.covenant) if born is None else ()
        record = core.record_of(digest, time_ms, "sheet", 0, rows=rows, slot=first, aged=int(born is not None))
        extra.append((layout.reference(name), record))

        def apply() -> None:
            apply_enrolments(book, columns)
            index.stored(segments)

        done = core.commit(time_ms, [], [sheet], extra, apply)
    receipt = GroupProofs(done, [], []).batch(0)  # and none of the rows is kept: they are in the store
    return Acknowledgement(plan, done.height, time_ms, first, None, rows, None, unchecked, lambda: receipt)


def credit_many(
    core: Core, plan: str, slots: Any, amounts: Any, reasons: Any, reference_hashes: Any, reference: str | bytes
) -> Acknowledgement:
    """See :meth:`mutualchain.Ledger.credit_many`."""
    given = column(slots, "slots")
    rows = len(given) if given.ndim == 1 else 0
    if not rows:
        raise UsageError("slots is a list of one or more slots")
    name = reference_key(plan, reference)
    if reference_hashes is None:
        hashes = np.broadcast_to(np.frombuffer(name, np.uint8), (rows, 32))
    else:
        hashes = octet_rows(reference_hashes, "reference_hashes", rows)
    columns = {
        "slot": integers(given, "slots", rows, MAX_ROWS, "<u4"),
        "seq": np.zeros(rows, "<u4"),
        "amount": integers(amounts, "amounts", rows, MAX_CREDIT, "<u8"),
        "reason": integers(reasons, "reasons", rows, 255, "|u1"),
        "reference": np.ascontiguousarray(hashes),
    }
    digest = columns_digest("credit_many", plan, columns)
    with core.turn:
        seen = core.seen(plan, name, digest)
        if seen is not None:
            return seen
        book = core.book(plan)
        core.now()
        context = _number(core, book, columns)
    sheet = make_sheet(context, columns)  # hashed while others go on; made again if its members had events meanwhile
    with core.turn:
        seen = core.seen(plan, name, digest)
        if seen is not None:
            return seen
        time_ms = core.now()
        numbered = columns["seq"]
        if _number(core, book, columns) != context or not np.array_equal(columns["seq"], numbered):
            sheet = make_sheet(core.context(plan, CREDIT), columns)
        record = core.record_of(digest, time_ms, "sheet", 0, rows=rows)
        done = core.commit(
            time_ms, [], [sheet], [(layout.reference(name), record)], lambda: apply_credits(book, columns)
        )
    receipt = GroupProofs(done, [], []).batch(0)  # and none of the rows is kept: they are in the store
    return Acknowledgement(plan, done.height, time_ms, None, None, rows, _make=lambda: receipt)


def _number(core: Core, book: Book, columns: dict[str, NDArray[Any]]) -> SheetContext:
    """Give each credit its running number, refuse what the rules forbid; the context of the sheet that comes next."""
    if (columns["slot"] < book.slots).all():
        columns["seq"] = next_numbers(book, columns["slot"].astype(np.int64))
    _refuse(credit_violations(book, columns))
    return core.context(book.plan, CREDIT)


def columns_digest(kind: str, plan: str, columns: dict[str, NDArray[Any]]) -> bytes:
    """A request's digest over its columns, so that a retry is told from a different batch."""
    whole = hashlib.sha256()
    for name in sorted(columns):
        whole.update(np.ascontiguousarray(columns[name]).data.cast("B"))
    rows = len(next(iter(columns.values())))
    return request_digest(kind, plan, rows, whole.digest())
