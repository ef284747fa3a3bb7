"""The second verifier's member: SPEC.md sections 7.3, 7.6 and 7.7 as far as one member's record shows them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from tests.spec.second import U32, Refused, array, blob, keyed, named, need, pack, signed, unpack, whole
from tests.spec.second_covenant import Clock, Rules, document, part_of

DAY_MS = 86_400_000
PAID, PARTIAL, CAPPED, EXEMPT, LAPSED, EXITED, WAITING = range(7)
Row = tuple[int, int]


# --- section 7.3: bodies of entries -------------------------------------------------------------

ROLES = "investigator hospital volunteers custodian charity jury_office".split()
REASONS = {
    "void": "forged_records against_order malicious",
    "sanction": "forged_records against_order malicious",
    "lift": "appeal error served",
    "erasure": "error law purpose wish",
    "institution_revoked": "resigned misconduct key_lost closed",
}
HASHES = "case facts_root fields_root file_hash grounds reference subject against sanction rekey tag proposal".split()
EMPTY = {("fund", "case"), ("sanction", "case"), ("erasure", "case"), ("attestation", "tag"), ("amendment", "proposal")}
EMPTY |= {("advance", "signature"), ("rekey", "signature"), ("advance", "funder"), ("rekey", "voucher")}
NUMBERS = dict.fromkeys("ballots support balance effective_ms as_of_ms until_day".split(), (0, 2**63 - 1))
NUMBERS |= {
    "aid": (1, 2**63 - 1),
    "amount": (1, 2**63 - 1),
    "slot": (0, U32 - 1),
    "override": (0, 255),
    "supports": (0, 1),
}
KINDS: dict[str, str] = {
    "plan": "covenant version",
    "proposal": "covenant",
    "amendment": "covenant effective_ms proposal version",
    "closing": "announcement",
    "closing_statement": "statement",
    "fund": "amount case reference source",
    "treasury": "as_of_ms balance institution signature",
    "request": "amount facts_root override signature slot version",
    "attestation": "case institution role signature supports tag",
    "disclosure": "aid case fields_root",
    "objection": "by case grounds signature",
    "adjudication": "ballots subject support",
    "case": "aid file_hash slot",
    "approval": "aid case",
    "refusal": "case clause",
    "restitution": "amount case",
    "case_withdrawn": "case signature",
    "advance": "amount case funder payee reference signature",
    "payout": "amount case payee reference",
    "void": "case reason",
    "appeal": "against grounds signature slot",
    "sanction": "case reason slot until_day",
    "lift": "reason sanction",
    "handover": "acceptance new_key signature slot",
    "rekey": "acceptance new_key signature slot voucher",
    "rekey_objection": "rekey signature",
    "erasure": "case reason slot",
    "institution": "acceptance id key roles title",
    "institution_revoked": "id reason",
    "institution_key": "acceptance id new_key signature",
}
SIGNATURES = ("signature", "acceptance")


def typed(kind: str, body: Any) -> dict[str, Any]:
    """Section 7.3: an entry's body; an unknown kind is MC-014."""
    need(kind in KINDS, 14)
    body = keyed(body, KINDS[kind], 60)
    for name, value in body.items():
        if (kind, name) in EMPTY and value in (b"", ""):
            need(isinstance(value, str) == (name in ("funder", "voucher")), 60)
        else:
            field_of(kind, name, value)
    return body


def field_of(kind: str, name: str, value: Any) -> None:
    if name in HASHES or name in ("announcement", "key", "new_key"):
        blob(value, 60, 32)
    elif name in SIGNATURES:
        blob(value, 60, 64)
    elif name in NUMBERS:
        low, high = NUMBERS[name]
        whole(value, 60, 0 if kind == "restitution" else low, high)
    elif name == "version":
        whole(value, 60, 2 if kind == "amendment" else 1, 1 if kind == "plan" else 2**63 - 1)
    elif name == "covenant":
        document(blob(value, 60, most=1 << 20))
    elif name == "statement":
        blob(value, 60, most=1 << 20)
    elif name in ("institution", "id", "funder", "voucher"):
        named(value, 60)
    elif name == "by":
        whole(value, 60, 0, U32 - 1) if type(value) is int else named(value, 60)
    elif name == "role":
        need(value in ROLES, 60)
    elif name == "roles":
        roles = array(value, 60)
        need(roles and roles == sorted(set(roles)) and set(roles) <= set(ROLES), 60)
    elif name == "payee":
        need(value in ("member", "hospital", "family") or (kind == "payout" and value == "funder"), 60)
    elif name == "source":
        need(value in ("operator", "recovery", "donation", "fund"), 60)
    elif name == "reason":
        need(isinstance(value, str) and value in REASONS[kind].split(), 60)
    else:
        need(isinstance(value, str) and 0 < len(value) <= (64 if name == "clause" else 120), 60)
        need(not any(ord(one) < 32 or 127 <= ord(one) < 160 for one in value), 60)


def message(chain: bytes, plan: str, kind: str, body: dict[str, Any]) -> bytes:
    """Section 7.6: what is signed of an entry."""
    unsigned = {name: value for name, value in body.items() if name not in SIGNATURES}
    return b"mutualchain/statement/v1\n" + pack([chain, plan, [kind, unsigned]])


# --- section 7.6: keys --------------------------------------------------------------------------

SHEETS = 1 << 62


class HerKeys:
    """Which key is in force in a slot, entry by entry."""

    def __init__(self, key: bytes) -> None:
        self.keys = [(key, -1, (-1, -1))]  # key, from this time, after this entry
        self.used = {key}
        self.pending: tuple[bytes, tuple[bytes, int, tuple[int, int]]] | None = None

    def due(self, time: int) -> None:
        if self.pending is not None and self.pending[1][1] <= time:
            self.keys.append(self.pending[1])
            self.pending = None

    def at(self, height: int, time: int, position: int = SHEETS) -> bytes:
        self.due(time)
        return next(key for key, since, after in reversed(self.keys) if since <= time and after < (height, position))

    def change(
        self, kind: str, body: dict[str, Any], digest: bytes, place: tuple[int, int], time: int, days: int
    ) -> None:
        self.due(time)
        if kind == "rekey_objection":
            need(self.pending is not None and self.pending[0] == body["rekey"], 176)
            self.pending = None
            return
        need(body["new_key"] not in self.used, 176)
        self.used.add(body["new_key"])
        if kind == "handover":
            self.pending = None
            self.keys.append((body["new_key"], time, place))
        else:
            need(self.pending is None, 176)
            self.pending = digest, (body["new_key"], time + days * DAY_MS, place)


# --- section 12.15: her money and her row -------------------------------------------------------


@dataclass
class Settled:
    height: int
    time: int
    year: int
    amount: int
    failed: int


@dataclass
class Money:
    """Her balance and what her row depends on."""

    balance: int
    joined_day: int
    versions: list[tuple[int, int, Rules]]  # height, from this time, rules
    owed: int = 0
    left: int | None = None
    ended: bool = False
    short: int = 0
    rounds: list[Settled] = field(default_factory=list)
    recent: list[Settled] = field(default_factory=list)
    credits: dict[int, int] = field(default_factory=dict)

    def rules(self, time: int) -> Rules:
        """The version in force."""
        found = [rules for _, since, rules in self.versions if since <= time]
        return found[-1] if found else self.versions[0][2]

    def frozen(self) -> Money:
        """As it stands now."""
        return replace(self, rounds=[*self.rounds], recent=[*self.recent], credits={**self.credits})

    def credit(self, seq: int, amount: int, reason: int, time: int) -> None:
        need(1 <= amount <= 2**40, 176)
        if reason == 1 and self.rules(time)["sharing"]["funding"] == "mandate":
            need(amount <= self.owed, 176)
            self.owed -= amount
            return
        need(not self.ended and not (self.left is not None and self.left <= time), 176)
        self.balance += amount
        self.credits[seq] = amount

    def correct(self, amount: int, corrects: int, due: int, time: int) -> None:
        need(1 <= amount <= self.credits.pop(corrects, 0), 176)
        need(amount <= self.balance - due or self.rules(time)["sharing"]["funding"] == "postpaid", 176)
        self.balance -= amount

    def withdraw(self, amount: int, due: int) -> None:
        need(1 <= amount <= self.balance - due, 176)
        self.balance -= amount

    def exit(self, time: int) -> None:
        need(self.left is None and not self.ended, 176)
        rules = self.rules(time)
        days = rules["membership"]["exit_notice_days"]
        clock = Clock(rules)
        self.left = clock.start_of(clock.day_of(time) + days) if days else time

    def out(self, time: int) -> bool:
        return self.ended or (self.left is not None and self.left <= time)

    def overdue(self, rules: Rules, time: int) -> bool:
        clock = Clock(rules)
        start = clock.start_of(clock.day_of(time) - rules["arrears"]["grace_days"])
        funding, since = rules["sharing"]["funding"], [item for item in self.recent if item.time >= start]
        if funding == "mandate":
            return self.owed > sum(item.failed for item in since)
        if funding == "postpaid":
            return self.balance + sum(item.amount for item in since) < 0
        return self.balance <= 0 and 0 < self.short < start

    def lapsed(self, rules: Rules, time: int) -> bool:
        sharing = rules["sharing"]
        if sharing["funding"] == "prepaid":
            return self.balance <= 0
        limit = sharing["credit_limit"]
        return self.overdue(rules, time) or bool(sharing["funding"] == "postpaid" and limit and self.balance <= -limit)

    def row(self, rules: Rules, share: int, time: int, exempt: bool) -> Row:
        """Status and amount at a snapshot."""
        clock, sharing = Clock(rules), rules["sharing"]
        if self.ended:
            return LAPSED, 0
        if self.out(time):
            return EXITED, 0
        if sharing["waiting_days"] and self.joined_day > clock.day_of(time) - sharing["waiting_days"]:
            return WAITING, 0
        if self.lapsed(rules, time):
            return LAPSED, 0
        if exempt:
            return EXEMPT, 0
        amount = share
        if sharing["cap_year"]:
            since = min(height for height, _, one in self.versions if one["sharing"]["cap_year"])
            year = clock.year_of(time)
            charged = sum(item.amount for item in self.rounds if item.year == year and item.height >= since)
            amount = min(share, max(sharing["cap_year"] - charged, 0))
        if sharing["funding"] == "prepaid" and sharing["short_balance"] == "take" and self.balance < amount:
            return PARTIAL, self.balance
        return (CAPPED if amount < share else PAID), amount

    def ends(self, rules: Rules, time: int, row: Row) -> bool:
        return row[0] == LAPSED and rules["arrears"]["lapse"] == "ended" and self.overdue(rules, time)

    def charge(self, rules: Rules, snapshot: int, asked: int, row: Row, height: int, time: int) -> None:
        clock, failed = Clock(rules), 0
        if rules["sharing"]["funding"] == "mandate":
            failed = asked if row == (PARTIAL, 0) else 0
            self.owed += failed
        else:
            self.balance -= row[1]
        settled = Settled(height, time, clock.year_of(snapshot), row[1], failed)
        self.rounds.append(settled)
        grace = max(one["arrears"]["grace_days"] for at, _, one in self.versions if at <= height)
        start = clock.start_of(clock.day_of(time) - grace)
        self.recent = [item for item in self.recent if item.time >= start] + [settled]
        if row[0] == PARTIAL or (row[0] == LAPSED and not self.short):
            self.short = time
        elif row[0] != LAPSED:
            self.short = 0


# --- her cases ----------------------------------------------------------------------------------


@dataclass
class Case:
    asked: int
    opened: int
    aid: int = 0
    state: str = "requested"
    before: str = ""
    clause: str = ""
    round: int | None = None
    settled: bool = False
    paid: int = 0
    advanced: int = 0
    repaid: int = 0
    given_back: bool = False

    def step(self, kind: str, body: dict[str, Any]) -> None:
        need(self.state in STEPS.get(kind, [self.state]), 176)
        if kind in ("disclosure", "approval", "refusal", "case_withdrawn", "void"):
            self.before = self.state
            self.state = {"disclosure": "disclosed", "approval": "approved", "refusal": "refused"}.get(kind, kind)
            self.state = "withdrawn" if kind == "case_withdrawn" else self.state
        if kind == "approval":
            need(body["aid"] <= self.asked, 176)
            self.aid = body["aid"]
        if kind == "refusal":
            self.clause = body["clause"]
        if kind == "restitution":
            need(self.clause == "aid.waiting" and not self.given_back, 176)
            self.given_back = True
        if kind in ("advance", "payout"):
            self.pay(kind, body)

    def pay(self, kind: str, body: dict[str, Any]) -> None:
        if kind == "advance":
            self.advanced += body["amount"]
        elif body["payee"] == "funder":
            self.repaid += body["amount"]
        else:
            self.paid += body["amount"]
        need(kind == "advance" or (self.settled and self.state == "approved"), 176)
        need(self.paid + self.advanced <= (self.aid or self.asked) and self.repaid <= self.advanced, 176)


STEPS = {
    "disclosure": ["requested"],
    "approval": ["disclosed"],
    "refusal": ["requested", "disclosed"],
    "restitution": ["refused"],
    "case_withdrawn": ["requested", "disclosed", "approved"],
    "void": ["approved"],
}


# --- refunds ------------------------------------------------------------------------------------


def refund_terms(data: bytes) -> tuple[bytes, int, int, int]:
    """Section 7.5."""
    case, number, numerator, denominator = array(unpack(data, 1 << 18), 304, 4)
    blob(case, 304, 32), whole(number, 304), whole(numerator, 304), whole(denominator, 304, 1)
    return case, number, numerator, denominator


def parts_of(rules: Rules, terms: dict[str, Any], case: bytes) -> tuple[int, int]:
    """Numerator and denominator for a case that a round shares."""
    at = [name for name, _ in terms["cases"]].index(case)
    return part_of(rules, [aid for _, aid in terms["cases"]], at), terms["aid"] + terms["fee"]


def verified(key: bytes, signature: bytes, said: bytes) -> None:
    need(signed(key, signature, said), 176)


def chains_fault(error: Refused) -> Refused:
    """What makes no sense in what was signed is the chain's fault."""
    return error if error.code == "MC-014" else Refused(176)
