"""What a block header says of a sheet, and what every leaf of the sheet is bound to.

A descriptor is ``[schema, plan, number, first, rows, aggregates, root, params_hash]``. With the chain's
identity it gives the sheet's context, whose hash stands in every leaf and in the root, so that no page
or tree can serve another chain, plan, round or purpose::

    ctx = SHA-256("mutualchain/sheet/v1\\n" ||
                  canonical [chain, plan, schema, number, first, page_rows, params_hash])
    params_hash = SHA-256("mutualchain/params/v1\\n" || params)
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

from ..canonical import Value, encode
from ..errors import SheetFormatError
from ..limits import MAX_INT, MAX_NAME, MAX_PARAMS, MAX_ROWS, PAGES_PER_BUNDLE
from .schema import HASH_BYTES, Schema, schema

__all__ = ["Descriptor", "SheetContext", "check_octets", "check_whole", "params_hash"]

_CONTEXT_TAG: Final = b"mutualchain/sheet/v1\n"
_PARAMS_TAG: Final = b"mutualchain/params/v1\n"
_PLAN: Final = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{MAX_NAME - 1}}}\Z", re.ASCII)
_FIELDS: Final = 8


def check_whole(value: object, name: str, low: int, high: int) -> int:
    """``value`` if it is an int (no bool) in ``low..high``; raises SheetFormatError otherwise."""
    if type(value) is not int or not low <= value <= high:
        raise SheetFormatError(f"the {name} must be a whole number in {low}..{high}", value=value)
    return value


def check_octets(value: object, name: str, size: int = HASH_BYTES) -> bytes:
    """``value`` if it is ``size`` bytes; raises SheetFormatError otherwise."""
    if not isinstance(value, bytes) or len(value) != size:
        raise SheetFormatError(f"the {name} must be {size} bytes", value=value)
    return value


def params_hash(params: bytes) -> bytes:
    """The hash by which a sheet names what it was made for; ``params`` may be empty.

    Raises SheetFormatError above MAX_PARAMS bytes.
    """
    if len(params) > MAX_PARAMS:
        raise SheetFormatError(f"a sheet's params take {len(params)} bytes; {MAX_PARAMS} are allowed")
    return hashlib.sha256(_PARAMS_TAG + params).digest()


def _check_names(layout: Schema, plan: object, number: object, first: object) -> None:
    if not isinstance(plan, str) or not _PLAN.match(plan):
        raise SheetFormatError("a plan's name must match [a-z0-9][a-z0-9-]{0,63}", value=plan)
    check_whole(number, "sheet's number", 0, MAX_INT)
    check_whole(first, "first slot", 0, MAX_ROWS if layout.dense else 0)


@dataclass(frozen=True, slots=True)
class SheetContext:
    """What a sheet is for. ``hash`` (32 bytes) is bound into every leaf and the root.

    ``number`` counts the sheets of one plan and schema; ``first`` is the slot of a dense sheet's first row,
    and 0 for the others. Raises SheetFormatError for a value out of range.
    """

    chain: bytes
    plan: str
    schema: Schema
    number: int
    first: int
    params_hash: bytes
    hash: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_octets(self.chain, "chain")
        _check_names(self.schema, self.plan, self.number, self.first)
        check_octets(self.params_hash, "params_hash")
        identity = [
            self.chain,
            self.plan,
            self.schema.name,
            self.number,
            self.first,
            self.schema.page_rows,
            self.params_hash,
        ]
        object.__setattr__(self, "hash", hashlib.sha256(_CONTEXT_TAG + encode(identity)).digest())


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A sheet as a header lists it. ``rows`` >= 1; ``aggregates`` in schema order; ``root`` 32 bytes.

    Raises SheetFormatError for a value of the wrong type or range, AggregateError for totals that ``rows``
    rows cannot have.
    """

    schema: Schema
    plan: str
    number: int
    first: int
    rows: int
    aggregates: tuple[int, ...]
    root: bytes
    params_hash: bytes

    def __post_init__(self) -> None:
        _check_names(self.schema, self.plan, self.number, self.first)
        check_whole(self.rows, "row count", 1, MAX_ROWS - self.first)
        if len(self.aggregates) != len(self.schema.aggregates):
            raise SheetFormatError(f"{self.schema.name} has {len(self.schema.aggregates)} aggregates")
        for item, value in zip(self.schema.aggregates, self.aggregates, strict=True):
            check_whole(value, f"total {item.name!r}", 0, MAX_INT)
        self.schema.check_aggregates(self.aggregates, self.rows)
        check_octets(self.root, "root")
        check_octets(self.params_hash, "params_hash")

    @property
    def pages(self) -> int:
        """How many pages, which are the leaves of the sheet's tree, hold the rows."""
        return self.schema.pages(self.rows)

    @property
    def bundles(self) -> int:
        """How many bundles, of up to 256 pages each, hold the pages."""
        return -(-self.pages // PAGES_PER_BUNDLE)

    def bundle_rows(self, index: int) -> int:
        """How many rows bundle ``index``, below ``bundles``, holds."""
        full = self.schema.page_rows * PAGES_PER_BUNDLE
        return min(full, self.rows - index * full)

    def total(self, name: str) -> int:
        """The aggregate called ``name``, such as ``"paid"``. Raises KeyError if the schema has none."""
        for item, value in zip(self.schema.aggregates, self.aggregates, strict=True):
            if item.name == name:
                return value
        raise KeyError(name)

    def context(self, chain: bytes) -> SheetContext:
        """The sheet's context on ``chain`` (32 bytes)."""
        return SheetContext(chain, self.plan, self.schema, self.number, self.first, self.params_hash)

    def to_value(self) -> list[object]:
        """The descriptor as a value for canonical msgpack."""
        return [
            self.schema.name,
            self.plan,
            self.number,
            self.first,
            self.rows,
            list(self.aggregates),
            self.root,
            self.params_hash,
        ]

    @classmethod
    def from_value(cls, value: Value) -> Descriptor:
        """The descriptor that decoded canonical msgpack shows.

        Raises UnsupportedVersion for an unknown schema, SheetFormatError for a wrong type, range or length,
        AggregateError for impossible totals.
        """
        if not isinstance(value, tuple) or not value or not isinstance(value[0], str):
            raise SheetFormatError("a descriptor is an array that begins with its schema")
        layout = schema(value[0])
        if len(value) != _FIELDS:
            raise SheetFormatError(f"a descriptor has {_FIELDS} fields", value=len(value))
        _, plan, number, first, rows, aggregates, root, params = value
        if not isinstance(aggregates, tuple):
            raise SheetFormatError("a descriptor's aggregates are an array")
        # the constructor checks the types of what it is given
        return cls(layout, plan, number, first, rows, aggregates, root, params)  # type: ignore[arg-type]
