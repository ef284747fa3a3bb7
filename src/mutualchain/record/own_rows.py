"""A member's own sealed rows, out of what she holds: with them she makes a new record from a published ledger.

Credits, withdrawals, exits and notices are not published. Her last record shows those up to its checkpoint, and
each receipt since then shows one more.
"""

from __future__ import annotations

from ..archive.published import GivenEvent
from ..block.block import Block
from ..block.plan import SheetLeaf
from ..errors import RecordMismatch
from ..sheet import PageProof
from .bundle import RecordBundle
from .receipt import parse_receipt

__all__ = ["rows_of_receipt", "rows_of_record"]


def rows_of_record(data: bytes) -> list[GivenEvent]:
    """The sealed rows that a record file shows. Raises what :meth:`RecordBundle.from_bytes` raises.

    Nothing is verified here: whoever is given the rows holds them against the signed ledger.
    """
    found = []
    for shown in RecordBundle.from_bytes(data).events:
        leaf = SheetLeaf.from_bytes(shown.logged.leaf)
        found.append(GivenEvent(leaf.height, leaf.descriptor, shown.page))
    return found


def rows_of_receipt(data: bytes) -> list[GivenEvent]:
    """The sealed row that a receipt file shows, if it is for one. Raises what :func:`parse_receipt` raises."""
    receipt = parse_receipt(data)
    if len(receipt.subject) != 3 or receipt.subject[0] != "row":
        return []
    sheets = Block.from_bytes(receipt.block).header.sheets
    index = receipt.subject[1]
    if type(index) is not int or not 0 <= index < len(sheets):
        raise RecordMismatch("the block has no such sheet", value=index)
    if not sheets[index].schema.sealed:
        return []
    return [GivenEvent(receipt.height, sheets[index], PageProof.from_value(receipt.subject[2]))]
