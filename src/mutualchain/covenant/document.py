"""The covenant (互助公约) as a document: a plan's rules as data, validated whole, hashed, put on the chain.

Format 1: a map of ``format``, ``title``, ``currency``, ``decimals`` and the sections of :mod:`.sections`. The
canonical bytes name every parameter, so that no default can change under an adopted covenant.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import SimpleNamespace
from typing import Any, NamedTuple

from ..canonical import decode, encode
from ..errors import CovenantError, UnsupportedVersion
from ..limits import MAX_ENTRY
from . import sections
from .apportionment import Apportionment
from .consistency import contradictions
from .figures import figures
from .parameters import Kind, parse_section, plain, violations, wrong

__all__ = ["HEAD", "SECTIONS", "Covenant", "Parameter", "covenant_hash", "parameters"]

_TAG = b"mutualchain/covenant/v1\n"

SECTIONS: dict[str, type[Any]] = {
    "membership": sections.Membership,
    "aid": sections.Aid,
    "sharing": sections.Sharing,
    "fee": sections.Fee,
    "calendar": sections.Calendar,
    "arrears": sections.Arrears,
    "cases": sections.Cases,
    "advances": sections.Advances,
    "refunds": sections.Refunds,
    "amendments": sections.Amendments,
    "keys": sections.Keys,
    "closing": sections.Closing,
}
"""The sections of a covenant, by name, in the order in which they are shown."""

HEAD: dict[str, Kind] = {
    "title": Kind("text", "The plan's name for people.", 1, 80),
    "currency": Kind("text", "The currency's code (ISO 4217).", 3, 3, pattern=re.compile(r"[A-Z]{3}\Z", re.ASCII)),
    "decimals": Kind("number", "Decimals of the currency: 2 where 100 fen are a yuan.", 0, 4),
}
"""What stands before the sections."""
_HEAD_DEFAULTS = {"title": "", "currency": "CNY", "decimals": 2}


class Parameter(NamedTuple):
    """A parameter as documents and tables name it: ``section.name``, or a name of the head."""

    clause: str
    kind: Kind
    default: Any


def parameters() -> Iterator[Parameter]:
    """Every parameter of a covenant, in the order in which they are shown."""
    for name, kind in HEAD.items():
        yield Parameter(name, kind, _HEAD_DEFAULTS[name])
    for section, cls in SECTIONS.items():
        for item in fields(cls):
            yield Parameter(f"{section}.{item.name}", item.metadata["kind"], item.default)


def covenant_hash(data: bytes) -> bytes:
    """The hash that names a covenant: SHA-256 over a tag and its canonical bytes."""
    return hashlib.sha256(_TAG + data).digest()


@dataclass(frozen=True, slots=True)
class Covenant:
    """The rules of a plan, section by section. Amounts in minor units of ``currency``.

    Raises CovenantError that lists every value out of range and every contradiction between rules.
    """

    title: str
    currency: str = "CNY"
    decimals: int = 2
    membership: sections.Membership = field(default_factory=sections.Membership)
    aid: sections.Aid = field(default_factory=sections.Aid)
    sharing: sections.Sharing = field(default_factory=sections.Sharing)
    fee: sections.Fee = field(default_factory=sections.Fee)
    calendar: sections.Calendar = field(default_factory=sections.Calendar)
    arrears: sections.Arrears = field(default_factory=sections.Arrears)
    cases: sections.Cases = field(default_factory=sections.Cases)
    advances: sections.Advances = field(default_factory=sections.Advances)
    refunds: sections.Refunds = field(default_factory=sections.Refunds)
    amendments: sections.Amendments = field(default_factory=sections.Amendments)
    keys: sections.Keys = field(default_factory=sections.Keys)
    closing: sections.Closing = field(default_factory=sections.Closing)

    def __post_init__(self) -> None:
        found = _head_violations({name: getattr(self, name) for name in HEAD})
        for name, kind in SECTIONS.items():
            section = getattr(self, name)
            found += violations(section, name) if isinstance(section, kind) else [f"{name}: not a section"]
        _refuse(found + contradictions(self, found))

    @classmethod
    def simple(
        cls,
        title: str,
        *,
        currency: str = "CNY",
        decimals: int = 2,
        prepay: int = 1_000,
        max_aid: int = 30_000_000,
        fee_bp: int = 0,
        fee_rounding: str = "down",
        cap: int = 0,
    ) -> Covenant:
        """A plan without a process: the operator approves cases by itself, rounds come by event."""
        return cls(
            title,
            currency,
            decimals,
            membership=sections.Membership(prepay=prepay),
            aid=sections.Aid(maxima=(sections.Maximum(max_aid),)),
            sharing=sections.Sharing(cap_round=cap),
            fee=sections.Fee(bp=fee_bp, rounding=fee_rounding),
            cases=sections.Cases(request="operator"),
        )

    def apportion(
        self,
        aid: int | Sequence[int],
        headcount: int,
        *,
        surplus: int = 0,
        deficit: int = 0,
        top_up: int = 0,
        divisor: int | None = None,
    ) -> Apportionment:
        """The figures of a round that shares ``aid``, one case's or several cases', under this covenant.

        ``surplus`` of the result is negative where a cap leaves a deficit. Raises AmountError, NobodyShares,
        ShareAboveCap and OverflowRule, as :func:`~mutualchain.covenant.figures.figures` does.
        """
        aids = (aid,) if isinstance(aid, int) else tuple(aid)
        divided = headcount if divisor is None else divisor
        found = figures(self, aids, headcount, divided, surplus=surplus, deficit=deficit, top_up=top_up)
        due = found.share * headcount
        left = due + surplus + top_up - found.aid - found.fee - deficit
        return Apportionment(found.share, found.fee, due, left)

    @property
    def max_aid(self) -> int:
        """The most aid that any case can be given."""
        return max(row.amount for row in self.aid.maxima)

    @property
    def smallest(self) -> int:
        """The fewest among whom the largest aid can be shared: ``membership.smallest``, or what the caps imply.

        A cap implies ceil((largest aid + its fee) / cap); caps that carry or top up what lies above them imply none.
        """
        caps = [cap for cap in (self.sharing.cap_case, self.sharing.cap_round) if cap]
        if not caps or self.sharing.above_cap != "refuse":
            return self.membership.smallest
        needed = self.max_aid + self.fee_of(self.max_aid)
        return max(self.membership.smallest, -(-needed // min(caps)))

    def fee_of(self, aid: int) -> int:
        """The fee on ``aid``, by ``fee.base`` and ``fee.rounding``, in minor units."""
        bp = self.fee.bp
        whole, rest = divmod(aid * bp, 10_000 if self.fee.base == "aid" else 10_000 - bp)
        return whole + (1 if rest and self.fee.rounding == "up" else 0)

    def to_value(self) -> dict[str, Any]:
        """The canonical map: ``format``, the head and every section whole."""
        head = {"format": 1, **{name: getattr(self, name) for name in HEAD}}
        return {**head, **{name: plain(getattr(self, name)) for name in SECTIONS}}

    def to_bytes(self) -> bytes:
        """Canonical bytes of :meth:`to_value`."""
        return encode(self.to_value())

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
        return cls._parse({name: item for name, item in value.items() if name != "format"}, complete=True)

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> Covenant:
        """A covenant from sections by name; absent sections and parameters take their defaults.

        Raises CovenantError that lists every unknown name, every missing one and every value out of range.
        """
        return cls._parse(values, complete=False)

    @classmethod
    def _parse(cls, values: Mapping[str, object], *, complete: bool) -> Covenant:
        known = {item.name for item in fields(cls)}
        found = [f"{name}: unknown section or parameter" for name in sorted(map(str, values)) if name not in known]
        wanted = known if complete else {"title"}
        found += [f"{name}: missing" for name in sorted(wanted - set(values))]
        given: dict[str, Any] = {name: values[name] for name in HEAD if name in values}
        found += _head_violations(given)
        for name, kind in SECTIONS.items():
            section = parse_section(kind, values[name], name, found, complete=complete) if name in values else None
            given[name] = kind() if section is None else section
        if found:  # a covenant of what is right, for the rules that concern nothing else
            _refuse(found + contradictions(SimpleNamespace(**{**_HEAD_DEFAULTS, **given}), found))
        return cls(**given)

    def values(self) -> dict[str, Any]:
        """Every parameter's value, by clause, in the order of :func:`parameters`."""
        whole: dict[str, Any] = {name: getattr(self, name) for name in HEAD}
        for name in SECTIONS:
            section = getattr(self, name)
            whole |= {f"{name}.{item.name}": getattr(section, item.name) for item in fields(section)}
        return whole

    def differences(self, other: Covenant) -> list[tuple[str, Any, Any]]:
        """The clauses in which ``other`` differs: (clause, this one's value, the other's)."""
        mine, theirs = self.values(), other.values()
        return [(name, mine[name], theirs[name]) for name in mine if mine[name] != theirs[name]]


def _refuse(found: list[str]) -> None:
    if found:
        raise CovenantError("; ".join(found), violations=tuple(found))


def _head_violations(head: Mapping[str, object]) -> list[str]:
    checked = [(name, wrong(HEAD[name], value)) for name, value in head.items()]
    return [f"{name}: {what}" for name, what in checked if what is not None]
