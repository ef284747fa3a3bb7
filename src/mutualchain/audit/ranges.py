"""A range of page bundles checked: inflated, hashed, held against stored tiles and against what the rows should be.

:func:`check_range` is a module-level function of one picklable argument, so any ``concurrent.futures`` executor
runs it. Threads gain little, because Python holds its lock while it hashes pages this small; processes gain fully.

What a range leaves is small: a record for each bundle (32 bytes of hash and the totals), what is wrong, and those
columns that the books need.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..archive.packing import unpack
from ..covenant.book import Difference, charge_violations
from ..covenant.capture import OpenRound
from ..errors import ChargeMismatch, MutualchainError, RuleError
from ..limits import PAGES_PER_BUNDLE
from ..sheet import Columns, Descriptor, RangeVerifier, Status
from ..sheet.columns import Bytes
from .members import key_columns

__all__ = [
    "BundleFault",
    "Corrections",
    "OddLeaves",
    "Part",
    "PublicRows",
    "RangeResult",
    "RangeTask",
    "Slice",
    "check_range",
]

_SHOWN = 100
_NUMBERS = ("slot", "seq", "amount")


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
        low, high = np.searchsorted(opened.slots, [start, stop])
        rows = OpenRound(
            opened.terms,
            stop - start,
            (opened.slots[low:high] - np.uint32(start)).astype(np.uint32),
            opened.statuses[low:high],
            opened.amounts[low:high],
            opened.events[start:stop],
        )
        return cls(start, rows)

    def violations(self, start: int, columns: Columns) -> list[RuleError]:
        """Rows from slot ``start`` on that are not what the covenant computes."""
        return charge_violations(self.rows, start - self.base, columns, self.base)

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
    """What charge rows must be whatever the balances are: all who pay in full pay the same ``share``."""

    share: int

    def corrections(self, start: int, columns: Columns) -> Corrections:
        """None: balances are unknown."""
        return NONE

    def violations(self, start: int, columns: Columns) -> list[RuleError]:
        """Rows that no balance explains."""
        amount, status = columns["amount"], columns["status"]
        wrong = (status == Status.PAID) & (amount != self.share)
        wrong |= (status == Status.PARTIAL) & ((amount == 0) | (amount >= self.share))
        wrong |= (status == Status.CAPPED) | (status == Status.EXEMPT) | (status == Status.WAITING)
        if not wrong.any():
            return []
        rows = np.flatnonzero(wrong)
        found: list[RuleError] = []
        for row in rows[:_SHOWN].tolist():
            stated = {"amount": int(amount[row]), "status": int(status[row])}
            found.append(
                ChargeMismatch(
                    f"the row says {stated} where the share is {self.share}",
                    value=Difference(f"the share {self.share}", stated),
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
    compare: Slice | PublicRows | None = None


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
    parts: list[Part] = field(default_factory=list)
    hashed: int = 0


class _LeafRecords(RangeVerifier):
    """A RangeVerifier that keeps the leaves of the bundle it saw last: what tile level 0 holds."""

    leaves: bytes = b""

    def _leaves(self, bundle: bytes, columns: Columns, rows: int, first: int, salts: bytes | None) -> Bytes:
        records = super()._leaves(bundle, columns, rows, first, salts)
        self.leaves = records.tobytes()
        return records


def check_range(task: RangeTask) -> RangeResult:
    """Check every bundle of a range. Raises nothing that is about the data: all of it is in the result."""
    layout = task.descriptor.schema
    rows_full = layout.page_rows * PAGES_PER_BUNDLE
    result = RangeResult(task.start)
    verifier: _LeafRecords | None = None
    tops = _Tops(layout.record_bytes)
    for at, (packed, tile) in enumerate(zip(task.packed, task.tiles, strict=True)):
        index = task.start + at
        rows = min(rows_full, task.descriptor.rows - index * rows_full)
        if packed is None:
            tops.close(verifier)
            verifier = None
            continue
        if verifier is None:
            verifier = _LeafRecords(task.descriptor, task.chain, index, secret=task.secret)
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
    if "signature" in columns:
        return columns, []
    return {name: columns[name] for name in _NUMBERS if "slot" in columns and name in columns}, []


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
