"""The covenant (互助公约) as a document: a plan's rules as data, validated whole, hashed, put on the chain.

This release knows format 1: equal shares, a prepaid deposit, a cap on the share, a fee on the aid, a surplus
carried over, a shortfall that the next round shares. Every parameter is listed in ``PARAMETERS`` with its
range; a document names all of them, so that no default can change under an adopted covenant.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ..canonical import decode, encode
from ..errors import CovenantError, UnsupportedVersion
from ..limits import MAX_CHARGE, MAX_ENTRY, MAX_TOTAL
from .apportionment import FEE_ROUNDINGS, Apportionment, apportion

__all__ = ["Covenant", "covenant_hash"]

_TAG = b"mutualchain/covenant/v1\n"
_CURRENCY = re.compile(r"[A-Z]{3}\Z", re.ASCII)
_NOT_IN_TITLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters, surrogates


def covenant_hash(data: bytes) -> bytes:
    """The hash that names a covenant: SHA-256 over a tag and its canonical bytes."""
    return hashlib.sha256(_TAG + data).digest()


@dataclass(frozen=True, slots=True)
class Covenant:
    """The rules of a plan. Amounts in minor units of ``currency``.

    ``prepay`` is the least deposit on joining; ``max_aid`` the most aid for one case; ``fee_bp`` the fee in
    basis points of the aid, ``fee_rounding`` ``"down"`` or ``"up"``; ``cap`` the most that a member may owe in
    one round (0: none). A member is covered while her balance is above zero; one whose balance is below the
    share pays what is there, and the shortfall is a deficit that the next round shares.
    """

    title: str
    currency: str = "CNY"
    decimals: int = 2
    prepay: int = 1_000
    max_aid: int = 30_000_000
    fee_bp: int = 0
    fee_rounding: str = "down"
    cap: int = 0

    def __post_init__(self) -> None:
        found = _violations(asdict(self))
        if found:
            raise CovenantError("; ".join(found), violations=tuple(found))

    def to_bytes(self) -> bytes:
        """Canonical bytes: a map of ``format`` and every parameter."""
        return encode({"format": 1, **asdict(self)})

    @property
    def hash(self) -> bytes:
        """The hash that charges and plan leaves name."""
        return covenant_hash(self.to_bytes())

    @classmethod
    def from_bytes(cls, data: bytes) -> Covenant:
        """Parse strictly. Raises CovenantError with all violations, or UnsupportedVersion."""
        value = decode(data, max_size=MAX_ENTRY)
        if not isinstance(value, dict):
            raise CovenantError("a covenant is a map", value=repr(value)[:80])
        if value.get("format") != 1 or isinstance(value.get("format"), bool):
            raise UnsupportedVersion("a covenant of an unknown format", value=repr(value.get("format"))[:40])
        return cls._from_values({name: item for name, item in value.items() if name != "format"}, _NAMES)

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> Covenant:
        """A covenant from parameters by name, e.g. a TOML document; absent ones take the class's defaults.

        Raises CovenantError that lists every unknown name and every value out of range.
        """
        return cls._from_values(values, ("title",))

    @classmethod
    def _from_values(cls, values: Mapping[str, object], required: tuple[str, ...]) -> Covenant:
        known = {name: values[name] for name in _NAMES if name in values}
        found = [f"unknown parameter {name!r}" for name in sorted(set(values) - set(_NAMES))]
        found += [f"{name}: missing" for name in required if name not in known]
        found += _violations(known)
        if found:
            raise CovenantError("; ".join(found), violations=tuple(found))
        return cls(**known)  # type: ignore[arg-type]

    def apportion(
        self, aid: int, headcount: int, *, surplus: int = 0, deficit: int = 0, top_up: int = 0
    ) -> Apportionment:
        """The figures of a round under this covenant; ``cap`` is for the caller to hold."""
        return apportion(
            aid,
            headcount,
            fee_bp=self.fee_bp,
            fee_rounding=self.fee_rounding,
            surplus=surplus,
            deficit=deficit,
            top_up=top_up,
        )


_NAMES = ("title", "currency", "decimals", "prepay", "max_aid", "fee_bp", "fee_rounding", "cap")
_RANGES = {
    "decimals": (0, 4),
    "prepay": (0, MAX_CHARGE),
    "max_aid": (1, MAX_TOTAL // 10_000),
    "fee_bp": (0, 10_000),
    "cap": (0, MAX_CHARGE),
}


def _violations(values: Mapping[str, object]) -> list[str]:
    """Every parameter that is out of its range, a sentence each."""
    found = []
    for name, (low, high) in _RANGES.items():
        value = values.get(name, low)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            found.append(f"{name}: an integer from {low} to {high}, not {value!r}")
    title = values.get("title", "-")
    if not isinstance(title, str) or not 0 < len(title) <= 80 or _NOT_IN_TITLE.search(title):
        found.append(f"title: text of 1 to 80 characters, not {title!r}")
    currency = values.get("currency", "CNY")
    if not isinstance(currency, str) or not _CURRENCY.match(currency):
        found.append(f"currency: three capital letters (ISO 4217), not {currency!r}")
    rounding = values.get("fee_rounding", "down")
    if rounding not in FEE_ROUNDINGS:
        found.append(f"fee_rounding: 'down' or 'up', not {rounding!r}")
    return found
