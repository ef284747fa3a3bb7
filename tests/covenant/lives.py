"""Plans whose cases are lived through: a book's outside in plain Python, people and institutions that sign."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mutualchain.block.entry import entry_hash
from mutualchain.covenant import sections, steps
from mutualchain.covenant.acts import (
    Act,
    Advance,
    Appeal,
    Approval,
    Attestation,
    CaseWithdrawal,
    Disclosure,
    Handover,
    Objection,
    Payout,
    Registration,
    Rekey,
    RekeyObjection,
    Request,
    Treasury,
)
from mutualchain.covenant.calendar import DAY_MS, day_number, start_of
from mutualchain.covenant.cases import CaseLife
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.facts import Facts
from mutualchain.covenant.institutions import Registry
from mutualchain.covenant.money import CaseState, Totals
from mutualchain.covenant.timing import Version
from mutualchain.errors import SlotUnknown
from mutualchain.tlog import ed25519

CHAIN = b"\x11" * 32
PLAN = "demo"
SIGNATURE = bytes(64)
JOINED = day_number(2014, 7, 30)


def digest(*parts: object) -> bytes:
    return hashlib.sha256(repr(parts).encode()).digest()


def seed_of(name: object) -> bytes:
    return digest("seed", name)


def key_of(name: object) -> bytes:
    return ed25519.public_key_of(seed_of(name))


def covenant(**changes: Mapping[str, Any]) -> Covenant:
    """e互助's rules as far as cases are concerned, with a jury and advances; ``changes`` are parameters by section."""
    wanted: dict[str, dict[str, Any]] = {
        "membership": {"prepay": 900, "age_least_days": 28, "age_most_years": 65},
        "aid": {
            "maxima": (
                sections.Maximum(40_000_000, "critical", 0, 40),
                sections.Maximum(20_000_000, "critical", 40, 66),
                sections.Maximum(5_000_000, "mild"),
            ),
            "waiting": (sections.Waiting(180, "illness"), sections.Waiting(365, "illness", 60)),
            "causes": ("illness", "accident"),
            "request_within_days": 180,
        },
        "cases": {
            "attestations": (sections.Attested("investigator"), sections.Attested("hospital")),
            "objection_days": 3,
            "jury": "on_objection",
            "jury_days": 2,
            "jury_quorum": 3,
        },
        "advances": {"by": "operator", "most_bp": 5_000},
    }
    for section, values in changes.items():
        wanted.setdefault(section, {}).update(values)
    return Covenant(
        "e互助", **{name: getattr(sections, name.capitalize())(**values) for name, values in wanted.items()}
    )


class FakeMembers:
    """The columns that cases look at."""

    def __init__(self, slots: int, joined_day: int) -> None:
        self.joined = [joined_day] * slots
        self.seq: NDArray[np.uint32] = np.zeros(slots, np.uint32)
        self.pending: NDArray[np.uint8] = np.zeros(slots, np.uint8)

    def joined_day(self, slot: int) -> int:
        return self.joined[slot]


@dataclass
class FakePlan:
    """What cases need of a book, and ``now``; everybody is covered who is not named."""

    covenant: Covenant = field(default_factory=covenant)
    slots: int = 10
    now: int = 0
    versions: list[Version] = field(default_factory=list)
    life: CaseLife = field(default_factory=CaseLife)
    registry: Registry = field(default_factory=Registry)
    cases: dict[bytes, Any] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    capture: Any = None
    open: Any = None
    lapsed: set[int] = field(default_factory=set)
    arrears: set[int] = field(default_factory=set)
    in_round: set[bytes] = field(default_factory=set)
    holding: int = 1_000

    def __post_init__(self) -> None:
        self.members: Any = FakeMembers(self.slots, JOINED)
        self.versions = self.versions or [Version(1, self.covenant, 0, 0)]
        self.now = self.now or start_of(self.covenant, JOINED + 200)
        for name, roles in INSTITUTIONS.items():
            self.registry.apply(Registration(name, name, key_of(name), roles, SIGNATURE))

    def balance(self, slot: int) -> int:
        if not 0 <= slot < self.slots:
            raise SlotUnknown("no such slot", value=slot)
        return 100

    def covered(self, slots: NDArray[np.int64], time_ms: int) -> NDArray[np.bool_]:
        return np.array([int(slot) not in self.lapsed for slot in slots], bool)

    def in_grace(self, slot: int, time_ms: int) -> bool:
        return slot in self.arrears

    def expected_holding(self) -> int:
        return self.holding

    def announced(self, case: bytes) -> bool:
        return case in self.in_round

    def share_case(self, case: bytes, slot: int, aid: int) -> None:
        self.cases.setdefault(case, CaseState(slot, aid))

    # --- steps --------------------------------------------------------------------------------

    def check(self, act: Act, facts: Facts | int | None = None) -> bytes:
        name = entry_hash(act.to_entry(PLAN).to_bytes())
        steps.check(self, act, name, self.now, facts)
        return name

    def do(self, act: Act, facts: Facts | int | None = None) -> bytes:
        """Check an act and put it in force; returns its entry's hash."""
        name = self.check(act, facts)
        self.life.apply(self, act, name, self.now)
        return name

    def force(self, act: Act) -> bytes:
        """Put an act in force that nobody has checked."""
        name = entry_hash(act.to_entry(PLAN).to_bytes())
        self.life.apply(self, act, name, self.now)
        return name

    def wait(self, days: float) -> None:
        self.now += int(days * DAY_MS)

    # --- a case's way -------------------------------------------------------------------------

    def requested(self, slot: int = 1, amount: int = 30_000_000, **values: Any) -> bytes:
        facts = facts_of(slot, **values)
        return self.do(Request(slot, amount, facts.root, self.versions[-1].number, 0, SIGNATURE), facts)

    def attested(self, case: bytes, *, supports: int = 1) -> bytes:
        for name, role in (("eyes", "investigator"), ("clinic", "hospital")):
            self.do(Attestation(case, name, role, supports, digest(case, name), SIGNATURE))
        return case

    def disclosed(self, slot: int = 1, aid: int = 30_000_000, **values: Any) -> bytes:
        case = self.attested(self.requested(slot, aid, **values))
        self.do(Disclosure(case, aid, digest("fields")))
        return case

    def approved(self, slot: int = 1, aid: int = 30_000_000) -> bytes:
        case = self.disclosed(slot, aid)
        self.wait(3)
        self.do(Approval(case, aid))
        return case

    def shared(self, slot: int = 1, aid: int = 30_000_000) -> bytes:
        case = self.approved(slot, aid)
        self.cases[case].round = 0
        return case

    def disputed(self, slot: int = 1) -> bytes:
        """A case whose voting is open."""
        case = self.disclosed(slot)
        self.do(Objection(case, 7, digest("grounds"), SIGNATURE))
        self.wait(3)
        return case

    def amended(self, changed: Covenant, at_ms: int) -> None:
        self.versions.append(Version(len(self.versions) + 1, changed, at_ms, 0))


INSTITUTIONS: dict[str, tuple[str, ...]] = {
    "eyes": ("investigator",),
    "clinic": ("hospital",),
    "bank": ("custodian",),
    "hands": ("charity", "volunteers"),
}


def facts_of(slot: int = 1, **values: Any) -> Facts:
    """A critical illness at 30, diagnosed 189 days after joining, but for ``values``."""
    known: dict[str, Any] = {
        "cause": "illness",
        "group": "critical",
        "disease": "C50",
        "diagnosed_day": JOINED + 189,
        "birth_day": day_number(1984, 5, 1),
        "name": "李*",
        "hospital": "某市第一医院",
        "region": "某市",
    }
    salts = [digest("salt", slot, sorted(values.items()), name) for name in Facts.NAMES]
    return Facts.seal(CHAIN, PLAN, slot, {**known, **values}, salts)


def changed(act: Act, **values: Any) -> Any:
    return replace(act, **values)


def _signed() -> list[tuple[Act, dict[str, object]]]:
    """Acts with the fields that somebody has to sign, and who: slots by number, institutions and keys by name."""
    request = Request(1, 5, digest("facts"), 1, 0, SIGNATURE)
    case = entry_hash(request.to_entry(PLAN).to_bytes())
    rekey = Rekey(3, key_of("other"), "eyes", SIGNATURE, SIGNATURE)
    name = entry_hash(rekey.to_entry(PLAN).to_bytes())
    return [
        (Request(2, 9, digest("more"), 1, 0, SIGNATURE), {"signature": 2}),
        (Attestation(case, "eyes", "investigator", 1, b"", SIGNATURE), {"signature": "eyes"}),
        (Objection(case, "clinic", digest("why"), SIGNATURE), {"signature": "clinic"}),
        (Objection(case, 4, digest("why"), SIGNATURE), {"signature": 4}),
        (CaseWithdrawal(case, SIGNATURE), {"signature": 1}),
        (Appeal(2, digest("against"), digest("why"), SIGNATURE), {"signature": 2}),
        (Advance(case, 1, "hospital", "hands", digest("payment"), SIGNATURE), {"signature": "hands"}),
        (Advance(case, 1, "hospital", "", digest("payment"), b""), {}),
        (Treasury("bank", 1, 2, SIGNATURE), {"signature": "bank"}),
        (Handover(2, key_of("child"), SIGNATURE, SIGNATURE), {"signature": 2, "acceptance": "child"}),
        (Rekey(2, key_of("new"), "eyes", SIGNATURE, SIGNATURE), {"signature": "eyes", "acceptance": "new"}),
        (Rekey(2, key_of("new"), "", SIGNATURE, b""), {"acceptance": "new"}),
        (RekeyObjection(name, SIGNATURE), {"signature": 3}),
        (Payout(case, 1, "member", digest("payment")), {}),
    ]


SIGNED = _signed()
