"""The tables a sheet can be: their columns, page sizes, aggregates and row rules (SPEC.md section 3).

A schema is named ``name/version`` and never changes once released: another layout is another version.
Columns are little-endian unsigned integers or byte strings of one width. A page holds ``page_rows`` rows,
column after column, each contiguous; only a sheet's last page may hold fewer.

*Dense* sheets have one row for every slot from ``first`` on. *Sealed* ones have one row a page, and each
page's leaf carries a salt, so that showing one row says nothing about its neighbours.

Aggregates are what every node of the sheet's tree commits to beside its hash. Each has a largest value
that honest rows can reach, and a verifier refuses more (:func:`Schema.check_aggregates`):

* ``rows``  exactly the number of rows;
* ``count`` how many rows have a column value up to ``at_most``: never above the number of rows;
* ``sum``   the total of a column: never above the rows (those counted by ``among``, if given) times the
  column's largest value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final, Literal

import numpy as np

from ..errors import AggregateError, UnsupportedVersion
from ..limits import MAX_TOTAL

__all__ = ["SCHEMAS", "Aggregate", "Column", "Schema", "Status", "Tie", "schema"]

HASH_BYTES: Final = 32


class Status(IntEnum):
    """What a round did with a slot: the ``status`` column of a charge. The first three share the cost."""

    PAID = 0
    PARTIAL = 1
    CAPPED = 2
    EXEMPT = 3
    LAPSED = 4
    EXITED = 5
    WAITING = 6

    @property
    def shares(self) -> bool:
        """Whether the slot counts among those who share, and may have an amount."""
        return self <= Status.CAPPED


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``width`` bytes a row; an integer up to ``maximum``, or opaque bytes if that is None."""

    name: str
    width: int
    maximum: int | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy type of the column's array: ``<u1 <u4 <u8`` of shape (rows,), or uint8 of shape (rows, width)."""
        return np.dtype(np.uint8 if self.maximum is None else f"<u{self.width}")

    def shape(self, rows: int) -> tuple[int, ...]:
        """The shape of the column's array for so many rows."""
        return (rows, self.width) if self.maximum is None else (rows,)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One total that every node of the tree commits to. The module's docstring says what the kinds mean."""

    name: str
    kind: Literal["rows", "count", "sum"]
    column: str = ""
    at_most: int = 0
    among: str = ""


@dataclass(frozen=True, slots=True)
class Tie:
    """``column`` must be 0 in every row whose ``beside`` is above ``at_most``."""

    column: str
    beside: str
    at_most: int


@dataclass(frozen=True, slots=True)
class Schema:
    """One kind of table. ``page_bytes`` and ``record_bytes`` (a tree node as stored) follow from the rest."""

    name: str
    columns: tuple[Column, ...]
    page_rows: int
    dense: bool
    sealed: bool
    aggregates: tuple[Aggregate, ...]
    ties: tuple[Tie, ...] = ()
    row_bytes: int = field(init=False)
    page_bytes: int = field(init=False)
    record_bytes: int = field(init=False)
    _bounds: tuple[tuple[int, int], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        row_bytes = sum(column.width for column in self.columns)
        object.__setattr__(self, "row_bytes", row_bytes)
        object.__setattr__(self, "page_bytes", row_bytes * self.page_rows)
        object.__setattr__(self, "record_bytes", 8 * len(self.aggregates) + HASH_BYTES)
        maxima = {column.name: column.maximum or 0 for column in self.columns}
        positions = {aggregate.name: at for at, aggregate in enumerate(self.aggregates)}
        object.__setattr__(
            self,
            "_bounds",
            tuple(
                (positions.get(item.among, -1), maxima[item.column] if item.kind == "sum" else 1)
                for item in self.aggregates
            ),
        )

    def pages(self, rows: int) -> int:
        """How many pages hold ``rows`` rows."""
        return -(-rows // self.page_rows)

    def rows_in_page(self, index: int, rows: int) -> int:
        """How many rows page ``index`` of a sheet of ``rows`` rows holds; ``index`` must be below pages(rows)."""
        return min(self.page_rows, rows - index * self.page_rows)

    def check_aggregates(self, values: Sequence[int], rows: int) -> None:
        """Refuse totals that no ``rows`` rows of this schema can have.

        ``values`` are in schema order, as many as the schema has. Raises AggregateError for a value below 0
        or above 2**63-1, a count above ``rows``, a row total other than ``rows``, a sum above what its rows
        can hold.
        """
        for item, value, (among, each) in zip(self.aggregates, values, self._bounds, strict=True):
            if not 0 <= value <= MAX_TOTAL:
                raise AggregateError(f"the total {item.name!r} is outside 0..2**63-1", value=value)
            if value > (values[among] if among >= 0 else rows) * each:
                raise AggregateError(f"the total {item.name!r} is above what {rows} rows can hold", value=value)
            if item.kind == "rows" and value != rows:
                raise AggregateError(f"the total {item.name!r} is not the number of rows, {rows}", value=value)


def _u8(name: str, maximum: int = 2**8 - 1) -> Column:
    return Column(name, 1, maximum)


def _u32(name: str) -> Column:
    return Column(name, 4, 2**32 - 1)


def _u64(name: str) -> Column:
    return Column(name, 8, MAX_TOTAL)  # a value above would overflow the first total it enters


def _sparse(name: str, columns: tuple[Column, ...], aggregates: tuple[Aggregate, ...]) -> Schema:
    """A sealed schema: rows of single slots, each with her running number, one row a page."""
    columns = (_u32("slot"), _u32("seq"), *columns)
    return Schema(name, columns, page_rows=1, dense=False, sealed=True, aggregates=aggregates)


_ROWS = Aggregate("rows", "rows")
_MONEY = (_u64("amount"), _u8("reason"), Column("reference", 32))
_SIGNATURE = Column("signature", 64)

SCHEMAS: Final[dict[str, Schema]] = {
    item.name: item
    for item in (
        Schema(
            "enrolment/1",
            (Column("key", 32), Column("commitment", 32), _u32("deposit"), _u32("since_day")),
            page_rows=16,
            dense=True,
            sealed=False,
            aggregates=(_ROWS, Aggregate("deposit", "sum", "deposit")),
        ),
        Schema(
            "charge/1",
            (_u32("amount"), _u8("status", max(Status)), _u8("events")),
            page_rows=256,
            dense=True,
            sealed=False,
            aggregates=(
                Aggregate("sharing", "count", "status", at_most=Status.CAPPED),
                Aggregate("paid", "sum", "amount", among="sharing"),
            ),
            ties=(Tie("amount", "status", Status.CAPPED),),
        ),
        Schema(
            "refund/1",
            (_u32("amount"),),
            page_rows=256,
            dense=True,
            sealed=False,
            aggregates=(_ROWS, Aggregate("amount", "sum", "amount")),
        ),
        _sparse("credit/1", _MONEY, (_ROWS, Aggregate("amount", "sum", "amount"))),
        _sparse("withdrawal/1", (*_MONEY, _SIGNATURE), (_ROWS, Aggregate("amount", "sum", "amount"))),
        _sparse("exit/1", (_u8("reason"), _SIGNATURE), (_ROWS,)),
        _sparse("correction/1", (_u64("amount"), _u32("corrects")), (_ROWS, Aggregate("amount", "sum", "amount"))),
        _sparse("notice/1", (Column("entry", 32),), (_ROWS,)),
        _sparse(
            "ballot/1",
            (_u8("vote", 1), _SIGNATURE),
            (Aggregate("ballots", "rows"), Aggregate("support", "sum", "vote")),
        ),
    )
}
"""Every schema of this release, by name."""


def schema(name: str) -> Schema:
    """The schema called ``name``, such as ``"charge/1"``.

    Raises UnsupportedVersion for any other: a later release may know it, so it is no verdict on the data.
    """
    found = SCHEMAS.get(name)
    if found is None:
        raise UnsupportedVersion("a sheet has a schema that this release does not know", value=name)
    return found
