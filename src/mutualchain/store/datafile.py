"""What is checked about ``data.mdb`` without the engine, because the engine trusts its file.

LMDB reads pages through a memory map: a page beyond the end of the file kills the process with a signal
instead of raising, and a page of garbage may do anything. So every opening makes sure that the file is there
and has two plausible roots (``check_roots``; LMDB would make an empty file a new, empty store), and that no
page is missing at its end. A file of up to CHECK_UPTO bytes, and one shorter than its root says, is walked
whole (``check_pages``): every page in use lies in the file, says what it is, keeps to its own bounds and has
one owner. That is what it takes to read it without harm; whether the content is true, its signatures tell.

The layout is LMDB 0.9's on a 64-bit machine: a 16-byte page header (number, pad, kind, lower and upper bound
of the free space), node offsets growing up from it and nodes growing down from the end; an overflow run, for
one large value, has its length in pages in place of the two bounds.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from mutualchain.errors import StoreCorrupt, StoreMissing
from mutualchain.store.failures import system_errors

__all__ = ["CHECK_UPTO", "DATA_FILE", "STORE_FOLDER", "check_pages", "check_roots", "data_path"]

STORE_FOLDER: Final = "store"
DATA_FILE: Final = "data.mdb"
CHECK_UPTO: Final = 64 << 20
"""Data files up to this size, in bytes, are walked at every opening: half a second at the very most."""
FARTHEST: Final = 64 << 30
"""A root may count pages beyond the end of the file that were taken and given back unwritten; never so many."""

_PAGE: Final = struct.Struct("=QHHHH")
_RUN: Final = struct.Struct("=QHHI")
_NODE: Final = struct.Struct("=HHHH")
_NUMBER: Final = struct.Struct("=Q")
_META: Final = struct.Struct("=QHHI IIQQ IHH32xQ IHH32xQ QQ")
_MAGIC: Final = 0xBEEFC0DE
_VERSION: Final = 1
_NO_PAGE: Final = 2**64 - 1
_BRANCH, _LEAF, _OVERFLOW, _ROOT = 0x01, 0x02, 0x04, 0x08
_IN_RUN: Final = 0x01
_INTEGER_KEYS: Final = 0x08


class _Root(NamedTuple):
    """The fields of a meta page that matter here."""

    page_size: int
    free: int
    data: int
    last_page: int
    transaction: int


def data_path(folder: Path) -> Path:
    """Where the ledger in ``folder`` keeps its data file."""
    return folder / STORE_FOLDER / DATA_FILE


def check_roots(folder: Path) -> int:
    """The size of a data file in bytes, if it may be shown to LMDB.

    StoreMissing for a folder that is no ledger, StoreCorrupt for a data file that is gone, empty or none.
    """
    with system_errors(folder):
        if not folder.exists():
            raise StoreMissing("there is no such folder", place=str(folder))
        if not (folder / STORE_FOLDER).is_dir():
            raise StoreMissing("the folder is no ledger: its storage is not there", place=str(folder))
        try:
            with data_path(folder).open("rb") as file:
                _roots(file)
                return file.seek(0, os.SEEK_END)
        except FileNotFoundError:
            raise StoreCorrupt("the data file of this ledger is gone", place=str(folder)) from None
        except (struct.error, ValueError) as error:
            raise StoreCorrupt(f"the data file is no data file, or damaged: {error}", place=str(folder)) from error


def check_pages(folder: Path, transaction: int) -> bool:
    """StoreCorrupt if anything is wrong with the pages of the snapshot ``transaction``.

    The caller keeps the snapshot open, so that its pages stay as they are. False if other writes have
    meanwhile displaced the snapshot's root: then ask again with a newer snapshot. Reads all pages but the
    insides of large values.
    """
    with system_errors(folder), data_path(folder).open("rb") as file:
        try:
            root = next((root for root in _roots(file) if root.transaction == transaction), None)
            if root is not None:
                walk = _Walk(file, root)
                walk.tree(root.free, free=True)
                walk.tree(root.data, free=False)
        except (struct.error, ValueError) as error:
            raise StoreCorrupt(f"the data file is cut off or damaged: {error}", place=str(folder)) from error
    return root is not None


def _roots(file: BinaryIO) -> list[_Root]:
    """Both meta pages. ValueError or struct.error if one of them cannot be what LMDB wrote."""
    size = file.seek(0, os.SEEK_END)
    roots: list[_Root] = []
    for number in range(2):
        file.seek(number and roots[0].page_size)
        found = _META.unpack(file.read(_META.size))
        _, _, kind, _, magic, version, _, _, page_size, free_flags, _, free, _, data_flags, _, data, last, count = found
        if not kind & _ROOT or magic != _MAGIC or version != _VERSION:
            raise ValueError(f"page {number} is no root of an LMDB 0.9 file")
        if page_size.bit_count() != 1 or not 512 <= page_size <= 32_768 or (roots and page_size != roots[0].page_size):
            raise ValueError(f"root {number} states a page size of {page_size}")
        if free_flags & ~_INTEGER_KEYS or data_flags or (last + 1) * page_size > size + FARTHEST:
            raise ValueError(f"root {number} states what no ledger has")
        roots.append(_Root(page_size, free, data, last, count))
    return roots


@dataclass
class _Walk:
    """All pages that can be reached from one root. ValueError or struct.error for the first that is wrong."""

    file: BinaryIO
    root: _Root

    def __post_init__(self) -> None:
        self.size = self.file.seek(0, os.SEEK_END)
        self.owned = bytearray(self.root.last_page + 1)

    def tree(self, top: int, *, free: bool) -> None:
        """One of the two trees; the values of the free list are lists of page numbers."""
        pending = [] if top == _NO_PAGE else [top]
        while pending:
            number = pending.pop()
            self.own(number, 1)
            page = self.read(number, self.root.page_size)
            own_number, _, kind, lower, upper = _PAGE.unpack_from(page)
            if own_number != number or kind not in (_BRANCH, _LEAF) or not _PAGE.size <= lower <= upper <= len(page):
                raise ValueError(f"page {number} is not what it should be")
            for at in struct.unpack_from(f"={(lower - _PAGE.size) // 2}H", page, _PAGE.size):
                low, high, flags, key_size = _NODE.unpack_from(page, at)
                value = at + _NODE.size + key_size
                if at < upper or value > len(page):
                    raise ValueError(f"page {number} has a node outside its bounds")
                if kind == _BRANCH:
                    pending.append(low | high << 16 | flags << 32)
                else:
                    self.value(page, value, low | high << 16, flags, free=free)

    def value(self, page: bytes, start: int, size: int, flags: int, *, free: bool) -> None:
        """One value, in its leaf or in a run of pages of its own."""
        if flags == _IN_RUN:
            (first,) = _NUMBER.unpack_from(page, start)
            own_number, _, kind, pages = _RUN.unpack(self.read(first, _RUN.size))
            if own_number != first or kind != _OVERFLOW or pages * self.root.page_size < _PAGE.size + size:
                raise ValueError(f"page {first} is not what it should be")
            self.own(first, pages)
            listed = self.read(first, _PAGE.size + size)[_PAGE.size :] if free else b""
        elif flags or start + size > len(page):
            raise ValueError("a value reaches beyond its page")
        else:
            listed = page[start : start + size]
        if free:
            (count,) = _NUMBER.unpack_from(listed)
            for (number,) in struct.iter_unpack("=Q", memoryview(listed)[8 : 8 + 8 * count]):
                self.own(number, 1, written=False)
            if size < 8 + 8 * count:
                raise ValueError("the list of free pages is cut off")

    def own(self, first: int, pages: int, *, written: bool = True) -> None:
        """Note that some pages are used, or free; each of them once."""
        if first < 2 or first + pages > len(self.owned):
            raise ValueError(f"page {first} is counted nowhere")
        if any(self.owned[first : first + pages]):
            raise ValueError(f"page {first} is used twice")
        if written and (first + pages) * self.root.page_size > self.size:
            raise ValueError(f"page {first} lies beyond the end of the file")
        self.owned[first : first + pages] = b"\x01" * pages

    def read(self, number: int, size: int) -> bytes:
        if number > self.root.last_page:
            raise ValueError(f"page {number} is counted nowhere")
        self.file.seek(number * self.root.page_size)
        return self.file.read(size)
