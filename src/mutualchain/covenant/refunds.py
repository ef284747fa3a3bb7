"""Exact shares back to whoever paid them, when a shared case proves false (refunds.void).

A refund sheet goes with one voided case and the round that shared it: row i gives back what that round's row i paid,
times the case's part of the round. The params are canonical ``[case hash, round, numerator, denominator]``, with the
case's aid and fee over the round's; a round of one case gives exactly the share back. A member who has got all of her
shares back already, because she fell ill in the waiting period, gets nothing: her row is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..block import fields
from ..canonical import decode, encode
from ..errors import RefundRule
from ..limits import MAX_CHARGE, MAX_PARAMS, MAX_TOTAL
from .document import Covenant
from .figures import fees_of
from .rounds import RoundTerms

__all__ = ["RefundTerms"]


@dataclass(frozen=True, slots=True)
class RefundTerms:
    """What a refund sheet was made for."""

    case: bytes
    round: int
    numerator: int
    denominator: int

    @classmethod
    def of(cls, terms: RoundTerms, covenant: Covenant, case: bytes) -> RefundTerms:
        """The refund of one of a round's cases. Raises RefundRule for a case that it did not share."""
        if case not in terms.cases:
            raise RefundRule(f"round {terms.number + 1} did not share this case", value=case)
        at = terms.cases.index(case)
        _, parts = fees_of(covenant, terms.aids)
        return cls(case, terms.number, terms.aids[at] + parts[at], terms.aid + terms.fee)

    def amount(self, charged: int) -> int:
        """What comes back of one row's amount, in minor units."""
        return charged * self.numerator // self.denominator

    def amounts(self, charged: NDArray[Any]) -> NDArray[np.uint32]:
        """What comes back of each row's amount: uint32 of the same shape."""
        if self.numerator <= MAX_CHARGE:  # the product of two u32 fits
            scaled = charged.astype(np.uint64) * np.uint64(self.numerator) // np.uint64(self.denominator)
            quick: NDArray[np.uint32] = scaled.astype(np.uint32)
            return quick
        values, places = np.unique(charged, return_inverse=True)
        back = np.fromiter((self.amount(value) for value in values.tolist()), np.uint32, len(values))
        found: NDArray[np.uint32] = back[places]
        return found

    def rows(self, start: int, charged: NDArray[Any], restituted: NDArray[np.int64]) -> NDArray[np.uint32]:
        """The sheet's rows from slot ``start`` on, for those rows' charges; ``restituted`` are sorted slots."""
        found = self.amounts(charged)
        low, high = np.searchsorted(restituted, [start, start + len(charged)])
        found[restituted[low:high] - start] = 0
        return found

    def to_bytes(self) -> bytes:
        """Canonical bytes: the sheet's params."""
        return encode([self.case, self.round, self.numerator, self.denominator])

    @classmethod
    def from_bytes(cls, data: bytes) -> RefundTerms:
        """Parse strictly. Raises RefundRule for a value of the wrong type or range."""
        error = RefundRule
        items = fields.array(decode(data, max_size=MAX_PARAMS), 4, "a refund's terms", error)
        return cls(
            fields.blob(items[0], 32, "a case's hash", error),
            fields.integer(items[1], "a round's number", error),
            fields.integer(items[2], "a refund's numerator", error, high=MAX_TOTAL),
            fields.integer(items[3], "a refund's denominator", error, low=1, high=MAX_TOTAL),
        )
