"""What a round did to each member, and what she has now, a few ten thousand members at a time.

The rows come from the round's charge sheet; balances from the plan's book as it was under one checkpoint. Most members
of a plan share a status, an amount and a handful of balances, so each different notice is written once.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..archive.reading import Archive, SheetRef
from ..covenant.book import Book
from ..covenant.document import Covenant
from ..covenant.members import ENDED
from ..limits import PAGES_PER_BUNDLE
from ..money import format_amount
from ..sheet import Status, decode
from .amounts import amounts
from .language import Words
from .notice_texts import Compiled, Template

__all__ = ["CSV_HEAD", "FORMATS", "Lines", "Row", "round_rows"]

CSV_HEAD = "slot,status,amount,balance,text\n"
FORMATS = ("csv", "jsonl")
_KEPT = 1 << 17
_SLOT, _ESCAPED = "\x01", "\\u0001"
"""Where the slot comes in: a character that no sentence has, and what JSON makes of it."""
_STATUS = {int(status): status.name.lower() for status in Status}


Row = tuple[int, int, int, int, int]
"""What decides what a member is told: status, amount, balance, arrears (minor units), and whether she is out."""


class _Told(NamedTuple):
    """A line after its slot, what it says the status is, and what it advises."""

    rest: str
    status: str
    advice: str


def round_rows(archive: Archive, ref: SheetRef, book: Book, start: int, stop: int) -> Iterator[tuple[int, list[Row]]]:
    """(first slot, rows) of slots ``start`` to ``stop`` of a charge sheet, in order."""
    schema, rows = ref.descriptor.schema, ref.descriptor.rows
    span = schema.page_rows * PAGES_PER_BUNDLE
    for index in range(start // span, -(-stop // span)):
        first = index * span
        low, high = max(start, first), min(stop, first + span)
        columns = decode(schema, archive.bundle(ref, index), min(rows - first, span))
        slots = np.arange(low, high)
        parts: tuple[NDArray[Any], ...] = (
            columns["status"][low - first : high - first],
            columns["amount"][low - first : high - first],
            book.members.balances(low, high),
            book.members.owed.of(slots),
            book.members.exited[low:high],
        )
        yield low, list(zip(*(part.tolist() for part in parts), strict=True))


@dataclass(slots=True)
class Lines:
    """Rows as lines of a file. ``told`` counts them by status, ``advised`` by advice; ``left_out`` are not
    written: who had left before the round, unless ``everybody`` is told.

    ``share`` is what each owed, ``shared`` what all notices show alike.
    """

    sentences: Template
    covenant: Covenant
    share: int
    shared: Mapping[str, str]
    words: Words
    form: str = "csv"
    everybody: bool = False
    told: Counter[str] = field(default_factory=Counter)
    advised: Counter[str] = field(default_factory=Counter)
    left_out: int = 0
    _template: Compiled = field(init=False)
    _money: Callable[[int], str] = field(init=False)
    _slotted: bool = field(init=False)
    _made: dict[Row, _Told | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._template = self.sentences.compiled(self.shared)
        self._money = amounts(self.covenant.decimals, self.covenant.currency, self.words)
        self._slotted = self.sentences.shows("slot")

    def of(self, first: int, rows: Sequence[Row]) -> str:
        """The lines of members from slot ``first`` on."""
        made = self._made
        if len(made) > _KEPT:
            made.clear()
        for row, count in Counter(rows).items():
            if row not in made:
                made[row] = self._make(row)
            found = made[row]
            if found is None:
                self.left_out += count
            else:
                self.told[found.status] += count
                self.advised[found.advice] += count
        lead = '{"slot": ' if self.form == "jsonl" else ""
        lines = []
        for slot, row in enumerate(rows, first):
            found = made[row]
            if found is not None:
                lines.append(f"{lead}{slot}{found.rest}")
                if self._slotted:
                    lines[-1] = lines[-1].replace(_SLOT, str(slot))
        return "".join(lines)

    def _make(self, row: Row) -> _Told | None:
        """None for who has left before the round."""
        status, amount, balance, owed, out = row
        what = _STATUS[status]
        if what == "exited" and not self.everybody:
            return None
        mandate = self.covenant.sharing.funding == "mandate"
        if mandate and what == "partial" and not amount:
            what = "failed"
        owed = owed if mandate else max(-balance, 0)
        holds = "owing" if owed else "none" if mandate and not balance else "balance"
        advice = self._advice(balance, owed, out)
        values = {
            "amount": self._money(amount),
            "balance": self._money(balance),
            "owed": self._money(owed),
            "slot": _SLOT,
        }
        text = self._template.render(what, holds, advice, values)
        return _Told(self._rest(what, amount, balance if balance or not mandate else -owed, text), what, advice)

    def _advice(self, balance: int, owed: int, out: int) -> str:
        if out:
            return "ended" if out == ENDED else "left"
        if owed:
            return "owing"
        if self.covenant.sharing.funding != "prepaid":
            return "none"
        low = balance < max(self.covenant.arrears.remind_below, self.share)
        return "empty" if not balance else "low" if low else "none"

    def _rest(self, status: str, amount: int, balance: int, text: str) -> str:
        if self.form == "jsonl":
            value = {"status": status, "amount": amount, "balance": balance, "text": text}
            return f", {json.dumps(value, ensure_ascii=False)[1:]}\n".replace(_ESCAPED, _SLOT)
        out = io.StringIO()
        decimals = self.covenant.decimals
        amounts = [format_amount(value, decimals, group=False) for value in (amount, balance)]
        csv.writer(out, lineterminator="\n").writerow(["", status, *amounts, text])
        return out.getvalue()
