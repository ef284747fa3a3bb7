"""Where everything of a ledger lies in a store: one function a kind of key.

A key is an ASCII letter and big-endian numbers, so that the order of keys is the order of heights, slots and
numbers; a plan's name ends with a zero byte, which names never contain. What is private to the operator
(``s`` secrets, ``r`` references, ``k`` key index, ``f`` facts of cases, ``x`` the state cache) has small letters and
is never published.

    B height                       block
    E height index                 entry
    P height sheet                 params of a sheet, where it has any
    G height sheet bundle          page bundle, compressed
    T height sheet level index     tree tile of a sheet
    N log [plan] level index       node of a log
    D plan position                leaf of a plan's log of sheets
    V plan position                leaf of a plan's log of entries
    Q plan schema number           position of a numbered sheet in the plan's log of sheets
    F plan first                   position of the enrolment sheet that begins at slot ``first``
    M plan slot position row       a member's sparse event: nothing but its place
    W plan position                slots and rows of a large sparse sheet, sorted by slot
    A plan height                  plan leaf, where a block changed it
    C                              newest signed checkpoint
    K                              newest checkpoint that the witnesses' quorum has cosigned
    L                              keys of the log, where they are not genesis's alone
    s height sheet                 secret of a sealed sheet
    r digest                       what a client's reference led to
    k plan segment                 sorted segment of the public-key index
    f plan case                    facts of a case, sealed under keys that are not in the store
"""

from __future__ import annotations

import struct
from typing import Final

from ..block.chain import BLOCKS, EVENTS, SHEETS

__all__ = [
    "CHECKPOINT",
    "COSIGNED",
    "LOG_KEYS",
    "block",
    "bundle",
    "entry",
    "event",
    "event_leaf",
    "event_segment",
    "events",
    "facts",
    "first_slot",
    "key_segment",
    "node",
    "params",
    "plan_leaf",
    "plan_leaves",
    "reference",
    "secret",
    "sheet_leaf",
    "sheet_number",
    "tile",
]

CHECKPOINT: Final = b"C"
COSIGNED: Final = b"K"
LOG_KEYS: Final = b"L"
_LOGS: Final = {BLOCKS: b"Nb", SHEETS: b"Ns", EVENTS: b"Ne"}
_U64 = struct.Struct(">Q").pack
_U32 = struct.Struct(">I").pack
_SHEET = struct.Struct(">QH").pack
_BUNDLE = struct.Struct(">QHI").pack
_TILE = struct.Struct(">QHBI").pack
_ENTRY = struct.Struct(">QI").pack
_NODE = struct.Struct(">BQ").pack
_EVENT = struct.Struct(">IQI").pack


def _plan(plan: str) -> bytes:
    return plan.encode() + b"\0"


def block(height: int) -> bytes:
    """A block's bytes."""
    return b"B" + _U64(height)


def entry(height: int, index: int) -> bytes:
    """An entry's bytes."""
    return b"E" + _ENTRY(height, index)


def params(height: int, sheet: int) -> bytes:
    """What a sheet was made for."""
    return b"P" + _SHEET(height, sheet)


def bundle(height: int, sheet: int, index: int) -> bytes:
    """Up to 256 pages of a sheet, zstandard."""
    return b"G" + _BUNDLE(height, sheet, index)


def tile(height: int, sheet: int, level: int, index: int) -> bytes:
    """A tile of a sheet's tree."""
    return b"T" + _TILE(height, sheet, level, index)


def node(log: str, plan: str, level: int, index: int) -> bytes:
    """A perfect node of the block log (plan empty) or of one of a plan's logs."""
    return (_LOGS[log] if log == BLOCKS else _LOGS[log] + _plan(plan)) + _NODE(level, index)


def sheet_leaf(plan: str, position: int) -> bytes:
    """A leaf of a plan's log of sheets."""
    return b"D" + _plan(plan) + _U64(position)


def event_leaf(plan: str, position: int) -> bytes:
    """A leaf of a plan's log of entries."""
    return b"V" + _plan(plan) + _U64(position)


def sheet_number(plan: str, schema: str, number: int) -> bytes:
    """Where the numbered sheet of a schema stands in the plan's log of sheets."""
    return b"Q" + _plan(plan) + _plan(schema) + _U64(number)


def first_slot(plan: str, first: int) -> bytes:
    """Where the enrolment sheet that begins at this slot stands in the plan's log of sheets."""
    return b"F" + _plan(plan) + _U32(first)


def event(plan: str, slot: int, position: int, row: int) -> bytes:
    """A member's sparse event: the sheet's position in the plan's log, and the row."""
    return b"M" + _plan(plan) + _EVENT(slot, position, row)


def events(plan: str, slot: int) -> tuple[bytes, bytes]:
    """The range of a member's sparse events; a key ends with u64 position and u32 row."""
    prefix = b"M" + _plan(plan) + _U32(slot)
    return prefix, prefix + b"\xff" * 13


def event_segment(plan: str, position: int) -> bytes:
    """The slots of a large sparse sheet, sorted, with their rows."""
    return b"W" + _plan(plan) + _U64(position)


def plan_leaf(plan: str, height: int) -> bytes:
    """A plan's leaf after the block that changed it."""
    return b"A" + _plan(plan) + _U64(height)


def plan_leaves() -> tuple[bytes, bytes]:
    """The range of all plan leaves."""
    return b"A", b"B"


def secret(height: int, sheet: int) -> bytes:
    """The secret of a sealed sheet: private."""
    return b"s" + _SHEET(height, sheet)


def reference(digest: bytes) -> bytes:
    """What a client's reference led to: private."""
    return b"r" + digest


def key_segment(plan: str, segment: int) -> bytes:
    """A sorted segment of the index from public key to slot: private."""
    return b"k" + _plan(plan) + _U32(segment)


def facts(plan: str, case: bytes) -> bytes:
    """The facts of a case, sealed, by the case's name: private."""
    return b"f" + _plan(plan) + case
