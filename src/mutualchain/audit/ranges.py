"""A range of page bundles checked: inflated, hashed, held against stored tiles and against what the rows should be.

:func:`check_range` is a module-level function of one picklable argument, so any ``concurrent.futures`` executor
runs it. Threads gain little, because Python holds its lock while it hashes pages this small; processes gain fully.

What a range leaves is small: a record for each bundle (32 bytes of hash and the totals), what is wrong, and those
columns that the books need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..archive.packing import unpack
from ..covenant.opened import Difference, OpenRound, charge_violations
from ..covenant.refunds import RefundTerms
from ..errors import ChargeMismatch, MutualchainError, RuleError
from ..limits import PAGES_PER_BUNDLE
from ..sheet import Columns, Descriptor, RangeVerifier, Status, decode, schema
from .members import key_columns

__all__ = [
    "BundleFault",
    "Corrections",
    "OddLeaves",
    "Part",
    "PublicRows",
    "RangeResult",
    "RangeTask",
    "RefundRows",
    "Slice",
    "check_range",
]

_SHOWN = 100


Corrections: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Slots, and the minor units that each was charged beyond what the covenant computes; below zero: less."""
NONE: Final[Corrections] = (np.zeros(0, np.int64), np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True)
class Slice:
    """What the covenant computes for the slots from ``base`` on: a part of an open round, its slots counted from 0."""

    base: int
    rows: OpenRound

    @classmethod
    def of(cls, opened: OpenRound, start: int, stop: int) -> Slice:
        """The part for slots ``start`` to ``stop``; shorter where the round has fewer."""
        start, stop = min(start, opened.rows), min(stop, opened.rows)
        return cls(start, opened.part(start, stop))

    def violations(self, start: int, columns: Columns) -> list[RuleError]:
        """Rows from slot ``start`` on that are not what the covenant computes."""
        return charge_violations(self.rows, start - self.base, columns, self.base)

    def failed(self, start: int, columns: Columns) -> NDArray[np.int64]:
        """Slots whose collection failed, by the recorded rows, where something was due."""
        found: NDArray[np.int64] = self.rows.failed_among(start - self.base, columns) + self.base
        return found

    def corrections(self, start: int, columns: Columns) -> Corrections:
        """What those rows charge beyond what the covenant computes."""
        low = start - self.base
        high = min(low + len(columns["amount"]), self.rows.rows)
        if low >= high:
            return NONE
        wanted = self.rows.columns(low, high)["amount"].astype(np.int64)
        beyond = columns["amount"][: high - low].astype(np.int64) - wanted
        at = np.flatnonzero(beyond)
        return at + start, beyond[at]


@dataclass(frozen=True, slots=True)
class PublicRows:
    """What charge rows must be whatever the balances are: all who pay in full pay the same ``share``.

    From slot ``waiting`` on members wait. ``exempt`` are the sorted slots whose own cases are shared, None where those
    share too; ``funding`` and ``cap_year`` are the covenant's.
    """

    share: int
    waiting: int
    funding: str = "prepaid"
    cap_year: int = 0
    exempt: NDArray[np.int64] | None = None

    def corrections(self, start: int, columns: Columns) -> Corrections:
        """None: balances are unknown."""
        return NONE

    def failed(self, start: int, columns: Columns) -> NDArray[np.int64]:
        """None: what was due from each is unknown."""
        return NONE[0]

    def violations(self, start: int, columns: Columns) -> list[RuleError]:
        """Rows that no balance explains."""
        wrong = self._wrong(start, columns["amount"], columns["status"])
        if not wrong.any():
            return []
        return _rows_differ(wrong, start, columns, f"the share is {self.share}", lambda row: f"the share {self.share}")

    def _wrong(self, start: int, amount: NDArray[Any], status: NDArray[Any]) -> NDArray[np.bool_]:
        slots = np.arange(start, start + len(amount))
        wrong: NDArray[np.bool_] = (status == Status.PAID) & (amount != self.share)
        partial = status == Status.PARTIAL
        if self.funding == "prepaid":
            wrong |= partial & ((amount == 0) | (amount >= self.share))
        else:
            wrong |= partial & (amount != 0) if self.funding == "mandate" else partial
        capped = status == Status.CAPPED
        wrong |= capped & (amount >= min(self.share, self.cap_year + 1)) if self.cap_year else capped
        waits = slots >= self.waiting
        wrong |= (status == Status.WAITING) != (waits & (status != Status.EXITED) & (status != Status.LAPSED))
        hers = np.zeros(len(amount), bool) if self.exempt is None else np.isin(slots, self.exempt)
        wrong |= (status == Status.EXEMPT) & ~hers
        wrong |= hers & (status <= Status.CAPPED)
        return wrong


@dataclass(frozen=True, slots=True)
class RefundRows:
    """The part of their charges that a refund gives back; ``packed`` are the round's bundles from row ``start`` on.

    ``restituted`` are the sorted slots to which it gives nothing.
    """

    terms: RefundTerms
    start: int
    rows: int
    packed: tuple[bytes | None, ...]
    restituted: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def corrections(self, start: int, columns: Columns) -> Corrections:
        """None: what was recorded is given back."""
        return NONE

    def failed(self, start: int, columns: Columns) -> NDArray[np.int64]:
        """None: nothing is collected."""
        return NONE[0]

    def violations(self, start: int, columns: Columns) -> list[RuleError]:
        """Rows that give back something else than the charge's part; a lost bundle of charges has its finding."""
        layout = schema("charge/1")
        full = layout.page_rows * PAGES_PER_BUNDLE
        at = (start - self.start) // full
        packed = self.packed[at] if at < len(self.packed) else None
        count = min(full, self.rows - start)
        if packed is None or count < len(columns["amount"]):
            return []
        try:
            charged = decode(layout, unpack(packed, count * layout.row_bytes), count)["amount"]
        except MutualchainError:
            return []
        wanted = self.terms.rows(start, charged[: len(columns["amount"])], self.restituted)
        wrong = columns["amount"] != wanted
        if not wrong.any():
            return []
        text = "that is not the case's part of the charge"
        found = _rows_differ(wrong, start, columns, text, lambda row: {"amount": int(wanted[row])})
        for error in found:
            error.clause = "refunds.void"
        return found


def _rows_differ(
    wrong: NDArray[np.bool_], start: int, columns: Columns, text: str, expected: Callable[[int], object]
) -> list[RuleError]:
    """A finding for each wrong row, the first hundred; one more for the rest."""
    rows = np.flatnonzero(wrong)
    names = [name for name in ("amount", "status") if name in columns]
    found: list[RuleError] = []
    for row in rows[:_SHOWN].tolist():
        stated = {name: int(columns[name][row]) for name in names}
        found.append(
            ChargeMismatch(
                f"the row says {stated} where {text}",
                value=Difference(expected(row), stated),
                place=f"slot {start + row}",
            )
        )
    if len(rows) > _SHOWN:
        found.append(ChargeMismatch(f"{len(rows) - _SHOWN} more rows differ", place=f"slot {start} and following"))
    return found


@dataclass(frozen=True, slots=True)
class RangeTask:
    """Bundles ``start`` and following as they are stored (None: missing), their tiles, and what to compare with."""

    descriptor: Descriptor
    chain: bytes
    start: int
    packed: tuple[bytes | None, ...]
    tiles: tuple[bytes | None, ...]
    secret: bytes | None = None
    compare: Slice | PublicRows | RefundRows | None = None


@dataclass(frozen=True, slots=True)
class BundleFault:
    """A bundle that could not be read, or whose rows the schema does not allow."""

    bundle: int
    error: MutualchainError


@dataclass(frozen=True, slots=True)
class OddLeaves:
    """A bundle whose leaves are not those of the stored tile; the leaves' records, one after the other."""

    bundle: int
    records: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """The columns of one bundle that the books need."""

    bundle: int
    columns: Columns


@dataclass(slots=True)
class RangeResult:
    """What checking a range left. ``tops`` has each bundle's topmost record, None where it could not be read."""

    start: int
    tops: list[bytes | None] = field(default_factory=list)
    odd: list[OddLeaves] = field(default_factory=list)
    faults: list[BundleFault] = field(default_factory=list)
    wrong: list[tuple[int, list[RuleError]]] = field(default_factory=list)
    corrections: list[tuple[int, Corrections]] = field(default_factory=list)
    failed: list[tuple[int, NDArray[np.int64]]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    hashed: int = 0


def check_range(task: RangeTask) -> RangeResult:
    """Check every bundle of a range. Raises nothing that is about the data: all of it is in the result."""
    layout = task.descriptor.schema
    rows_full = layout.page_rows * PAGES_PER_BUNDLE
    result = RangeResult(task.start)
    verifier: RangeVerifier | None = None
    tops = _Tops(layout.record_bytes)
    for at, (packed, tile) in enumerate(zip(task.packed, task.tiles, strict=True)):
        index = task.start + at
        rows = min(rows_full, task.descriptor.rows - index * rows_full)
        if packed is None:
            tops.close(verifier)
            verifier = None
            continue
        if verifier is None:
            verifier = RangeVerifier(task.descriptor, task.chain, index, secret=task.secret)
            tops.begin(at)
        try:
            raw = unpack(packed, rows * layout.row_bytes)
            columns = verifier.add(raw)
        except MutualchainError as error:
            result.faults.append(BundleFault(index, error))
            tops.close(verifier)
            verifier = None
            continue
        result.hashed += len(raw)
        if verifier.leaves != tile:
            result.odd.append(OddLeaves(index, verifier.leaves))
        if task.compare is not None:
            wrong = task.compare.violations(index * rows_full, columns)
            if wrong:
                result.wrong.append((index, wrong))
                result.corrections.append((index, task.compare.corrections(index * rows_full, columns)))
            failed = task.compare.failed(index * rows_full, columns)
            if len(failed):
                result.failed.append((index, failed))
        part, weak = _needed(columns, task.descriptor.first + index * rows_full)
        if weak:
            result.wrong.append((index, weak))
        if part:
            result.parts.append(Part(index, part))
    tops.close(verifier)
    result.tops = tops.all(len(task.packed))
    return result


def _needed(columns: Columns, first: int) -> tuple[Columns, list[RuleError]]:
    """The columns that the books need of a bundle, and weak keys among its rows."""
    if "key" in columns:
        prefixes, weak = key_columns(columns["key"], first)
        return {"deposit": columns["deposit"], "prefix": prefixes}, weak
    if "status" in columns:
        return {}, []  # charges were compared already
    if "signature" in columns:
        return columns, []  # a reference is signed
    return {name: values for name, values in columns.items() if name != "reference"}, []


class _Tops:
    """The topmost records of bundles, gathered from one verifier after the other."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._found: dict[int, bytes] = {}
        self._at = 0

    def begin(self, at: int) -> None:
        self._at = at

    def close(self, verifier: RangeVerifier | None) -> None:
        if verifier is not None:
            for number, record in enumerate(self._split(verifier.summary().records)):
                self._found[self._at + number] = record

    def _split(self, records: bytes) -> Iterator[bytes]:
        for at in range(0, len(records), self._size):
            yield records[at : at + self._size]

    def all(self, count: int) -> list[bytes | None]:
        return [self._found.get(at) for at in range(count)]
