"""The second verifier's cases, sanctions, votes and keys of a whole plan: SPEC.md sections 7.3, 7.6 and 7.7."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.spec.second import need, signed
from tests.spec.second_covenant import Clock, Rules
from tests.spec.second_life import DAY_MS, HerKeys, message

NOTICED = """
    request attestation disclosure adjudication case approval refusal restitution case_withdrawn advance payout void
    appeal sanction lift handover rekey rekey_objection erasure
""".split()
FACTS = """
    aid.causes aid.maxima aid.request_within_days aid.tiers aid.waiting membership.age_least_days
    membership.age_most_years membership.age_out_years
""".split()


@dataclass
class Case:
    slot: int
    asked: int
    root: bytes
    rules: Rules
    state: str = "requested"
    aid: int = 0
    window: int = 0
    said: dict[str, tuple[str, int]] = field(default_factory=dict)  # institution: role, supports
    objected: list[Any] = field(default_factory=list)
    counted: tuple[int, int] | None = None
    votes: dict[int, int] = field(default_factory=dict)
    before: str = ""
    advanced: int = 0
    paid: int = 0
    repaid: int = 0
    round: int | None = None
    fee: int = 0
    released: bool = False
    refunded: bool = False
    clause: str = ""
    given_back: bool = False

    @property
    def judged(self) -> bool:
        doubted = bool(self.objected) or any(not supports for _, supports in self.said.values())
        return self.rules["cases"]["jury"] == "always" or (self.rules["cases"]["jury"] == "on_objection" and doubted)

    def owed(self) -> bool:
        ends = self.rules["aid"]["ill_in_waiting"] == "refund_and_end" and self.clause == "aid.waiting"
        return ends and self.state == "refused" and not self.given_back

    def stands(self) -> bool:
        ballots, support = self.counted or (0, 0)
        rules = self.rules["cases"]
        return ballots < max(rules["jury_quorum"], 1) or support * 10_000 > rules["jury_majority_bp"] * ballots

    def attested(self) -> bool:
        for row in self.rules["cases"]["attestations"]:
            if sum(role == row["role"] and supports for role, supports in self.said.values()) < row["count"]:
                return False
        return True


@dataclass
class Institution:
    key: bytes
    roles: list[str]
    revoked: bool = False


class Registry:
    """Section 7.7: institutions."""

    def __init__(self) -> None:
        self.known: dict[str, Institution] = {}
        self.used: set[bytes] = set()

    def active(self, name: str, role: str = "") -> Institution:
        need(name in self.known and not self.known[name].revoked, 322)
        need(not role or role in self.known[name].roles, 324)
        return self.known[name]

    def apply(self, chain: bytes, kind: str, body: dict[str, Any]) -> None:
        said = message(chain, "", kind, body)
        if kind == "institution":
            need(body["id"] not in self.known and body["key"] not in self.used, 323)
            roles = set(body["roles"])
            need(len(roles) == 1 or "custodian" not in roles, 323)
            need("investigator" not in roles or not roles & {"hospital", "jury_office"}, 323)
            need(signed(body["key"], body["acceptance"], said), 88)
            self.known[body["id"]] = Institution(body["key"], body["roles"])
            self.used.add(body["key"])
        elif kind == "institution_revoked":
            self.active(body["id"]).revoked = True
        else:
            institution = self.active(body["id"])
            need(body["new_key"] not in self.used, 323)
            need(signed(institution.key, body["signature"], said), 88)
            need(signed(body["new_key"], body["acceptance"], said), 88)
            institution.key = body["new_key"]
            self.used.add(body["new_key"])


class Steps:
    """The entries of a plan that are about members and cases. ``book`` is the plan's book."""

    def __init__(self, book: Any, registry: Registry) -> None:
        self.book, self.registry = book, registry
        self.cases: dict[bytes, Case] = {}
        self.tags: dict[bytes, bytes] = {}
        self.sanctions: dict[bytes, list[Any]] = {}  # slot, until, lifted
        self.decided: dict[bytes, tuple[int, bytes]] = {}
        self.appealed: set[bytes] = set()
        self.rekeys: dict[bytes, int] = {}
        self.proposals: dict[bytes, dict[str, Any]] = {}
        self.new_keys: set[bytes] = set()
        self.erased: set[int | bytes] = set()

    def slot_of(self, kind: str, body: dict[str, Any]) -> int | None:
        """Whom an entry concerns, before it is applied."""
        if kind not in NOTICED:
            return None
        if "slot" in body:
            return int(body["slot"])
        if kind == "lift":
            return int(self.sanctions[body["sanction"]][0])
        if kind == "rekey_objection":
            return self.rekeys[body["rekey"]]
        name = body.get("case", body.get("subject"))
        return self.cases[name].slot if name in self.cases else None

    def apply(self, kind: str, body: dict[str, Any], digest: bytes, place: tuple[int, int], time: int) -> int | None:
        """Check and apply; returns the member who must have a notice."""
        need("slot" not in body or body["slot"] < len(self.book.members), 83)
        if "case" in body and body["case"] and kind != "fund":
            need(body["case"] in self.cases, 94)
        self.signatures(kind, body, place, time)
        slot = None if kind in ("request", "case") else self.slot_of(kind, body)
        self.place, self.time, self.rules = place, time, self.book.rules(time)
        getattr(self, kind)(body, digest)
        return self.slot_of(kind, body) if slot is None else slot

    def case_in(self, name: bytes, *states: str) -> Case:
        case = self.cases[name]
        need(case.state in states, 328)
        return case

    def signatures(self, kind: str, body: dict[str, Any], place: tuple[int, int], time: int) -> None:
        said = message(self.book.chain, self.book.name, kind, body)
        slot: int | None = body.get("slot")
        name = body.get("institution") or body.get("funder") or body.get("voucher")
        if kind in ("request", "appeal", "handover"):
            pass
        elif kind == "case_withdrawn":
            slot = self.cases[body["case"]].slot
        elif kind == "objection":
            slot, name = (body["by"], None) if isinstance(body["by"], int) else (None, body["by"])
        elif kind == "rekey_objection":
            need(body["rekey"] in self.rekeys, 336)
            slot = self.rekeys[body["rekey"]]
        else:
            slot = None
        if slot is not None:
            need(slot < len(self.book.members), 83)
            keys: HerKeys = self.book.members[slot].keys
            need(signed(keys.at(place[0], time, place[1]), body["signature"], said), 88)
        elif name:
            need(signed(self.registry.active(name).key, body["signature"], said), 88)
        if "acceptance" in body:
            need(signed(body["new_key"], body["acceptance"], said), 88)

    # --- cases ------------------------------------------------------------------------------

    def request(self, body: dict[str, Any], digest: bytes) -> None:
        rules = self.book.version(body["version"], self.time)
        need(rules["cases"]["request"] == "member" and digest not in self.cases, 328)
        need(
            all(
                c.root != body["facts_root"] or c.state in ("refused", "withdrawn", "void") for c in self.cases.values()
            ),
            328,
        )
        need(self.book.covered(body["slot"], self.time), 326)
        day = Clock(rules).day_of(self.time)
        for slot, until, lifted in self.sanctions.values():
            need(slot != body["slot"] or lifted or (until and day >= until), 327)
        most = rules["aid"]["request_most"]
        need(not most or body["amount"] <= most or (rules["aid"]["request_override"] and body["override"]), 325)
        self.cases[digest] = Case(body["slot"], body["amount"], body["facts_root"], rules)

    def attestation(self, body: dict[str, Any], digest: bytes) -> None:
        case = self.case_in(body["case"], "requested", "disclosed")
        self.registry.active(body["institution"], body["role"])
        need(body["institution"] not in case.said, 328)
        other = self.cases.get(self.tags.get(body["tag"], b""))
        need(other in (None, case) or (other.slot == case.slot and other.state in ("withdrawn", "refused")), 329)
        if body["tag"]:
            self.tags[body["tag"]] = body["case"]
        case.said[body["institution"]] = body["role"], body["supports"]

    def disclosure(self, body: dict[str, Any], digest: bytes) -> None:
        case = self.case_in(body["case"], "requested")
        need(case.attested(), 328)
        need(body["aid"] <= min(case.asked, max(row["amount"] for row in case.rules["aid"]["maxima"])), 101)
        case.state, case.aid = "disclosed", body["aid"]
        case.window = self.time + case.rules["cases"]["objection_days"] * DAY_MS

    def objection(self, body: dict[str, Any], digest: bytes) -> None:
        case = self.case_in(body["case"], "disclosed")
        need(self.time < case.window and body["by"] not in case.objected, 328)
        case.objected.append(body["by"])

    def ballot(self, subject: bytes, slot: int, vote: int, time: int) -> None:
        need(self.book.covered(slot, time), 330)
        if subject in self.proposals:
            proposal = self.proposals[subject]
            need(proposal["counted"] is None and time < proposal["ends"] and slot not in proposal["votes"], 330)
            proposal["votes"][slot] = vote
            return
        need(subject in self.cases, 94)
        case = self.cases[subject]
        ends = case.window + case.rules["cases"]["jury_days"] * DAY_MS
        need(case.state == "disclosed" and case.counted is None and case.judged and slot != case.slot, 330)
        need(case.window <= time < ends and slot not in case.votes, 330)
        case.votes[slot] = vote

    def adjudication(self, body: dict[str, Any], digest: bytes) -> None:
        said = body["ballots"], body["support"]
        if body["subject"] in self.proposals:
            proposal = self.proposals[body["subject"]]
            need(proposal["counted"] is None and self.time >= proposal["ends"], 328)
            need(said == (len(proposal["votes"]), sum(proposal["votes"].values())), 331)
            proposal["counted"] = said
            return
        need(body["subject"] in self.cases, 94)
        case = self.case_in(body["subject"], "disclosed")
        need(case.counted is None and (case.judged or self.time < case.window), 328)
        need(self.time >= case.window + case.rules["cases"]["jury_days"] * DAY_MS, 328)
        need(said == (len(case.votes), sum(case.votes.values())), 331)
        case.counted = said

    def approval(self, body: dict[str, Any], digest: bytes) -> None:
        case = self.case_in(body["case"], "disclosed")
        need(self.time >= case.window and (not case.judged or (case.counted is not None and case.stands())), 328)
        need(body["aid"] == case.aid, 101)
        case.state = "approved"

    def case(self, body: dict[str, Any], digest: bytes) -> None:
        need(self.rules["cases"]["request"] == "operator" and digest not in self.cases, 328)
        need(body["aid"] <= max(row["amount"] for row in self.rules["aid"]["maxima"]), 101)
        made = Case(body["slot"], body["aid"], body["file_hash"], self.rules, "approved", body["aid"])
        self.cases[digest] = made

    def refusal(self, body: dict[str, Any], digest: bytes) -> None:
        case = self.case_in(body["case"], "requested", "disclosed")
        section, _, name = body["clause"].partition(".")
        need(isinstance(case.rules.get(section), dict) and name in case.rules[section], 332)
        if body["clause"] == "cases.attestations":
            need(not case.attested() or any(not supports for _, supports in case.said.values()), 332)
        elif body["clause"] not in FACTS and case.judged:
            need(case.counted is not None and not case.stands(), 332)
        case.before, case.state, case.clause = case.state, "refused", body["clause"]
        self.decided[digest] = case.slot, body["case"]

    def restitution(self, body: dict[str, Any], digest: bytes) -> None:
        case = self.case_in(body["case"], "refused")
        ends = case.rules["aid"]["ill_in_waiting"] == "refund_and_end" and case.clause == "aid.waiting"
        need(ends and not case.given_back, 328)
        for other in self.cases.values():
            other.given_back = other.given_back or other.slot == case.slot
        self.book.restitute(case.slot, body["amount"])

    def case_withdrawn(self, body: dict[str, Any], digest: bytes) -> None:
        case = self.case_in(body["case"], "requested", "disclosed", "approved")
        need(case.round is None and not self.book.announces(body["case"]) and not case.advanced, 328)
        case.state = "withdrawn"

    def void(self, body: dict[str, Any], digest: bytes) -> None:
        case = self.case_in(body["case"], "approved")
        case.state = "void"
        self.decided[digest] = case.slot, body["case"]
        self.book.release(case)

    # --- money ------------------------------------------------------------------------------

    def advance(self, body: dict[str, Any], digest: bytes) -> None:
        case = self.case_in(body["case"], "disclosed", "approved")
        by = case.rules["advances"]["by"]
        need(by != "nobody" and (by == "operator") == (body["funder"] == "") and case.round is None, 333)
        case.advanced += body["amount"]
        need(case.advanced <= case.aid * case.rules["advances"]["most_bp"] // 10_000, 333)

    def payout(self, body: dict[str, Any], digest: bytes) -> None:
        case = self.cases[body["case"]]
        need(case.state != "void" and case.round is not None, 94)
        if body["payee"] == "funder":
            case.repaid += body["amount"]
        else:
            case.paid += body["amount"]
        need(case.repaid <= case.advanced and case.paid <= case.aid - case.advanced, 95)
        self.book.sums["payouts"] += body["amount"]

    def fund(self, body: dict[str, Any], digest: bytes) -> None:
        need((body["source"] == "recovery") == bool(body["case"]), 308)
        need(not body["case"] or self.cases[body["case"]].state == "void", 308)
        self.book.pot += body["amount"]
        self.book.sums["funds"] += body["amount"]

    def treasury(self, body: dict[str, Any], digest: bytes) -> None:
        self.registry.active(body["institution"], "custodian")
        last = self.book.stated.get(body["institution"], -1)
        need(last < body["as_of_ms"] <= self.time, 337)
        self.book.stated[body["institution"]] = body["as_of_ms"]

    # --- members ----------------------------------------------------------------------------

    def sanction(self, body: dict[str, Any], digest: bytes) -> None:
        case = self.cases.get(body["case"])
        need(not body["case"] or (case and case.state == "void" and case.slot == body["slot"]), 334)
        need(not body["until_day"] or body["until_day"] > Clock(self.rules).day_of(self.time), 334)
        need(digest not in self.sanctions, 334)
        self.sanctions[digest] = [body["slot"], body["until_day"], False]
        self.decided[digest] = body["slot"], body["case"]

    def lift(self, body: dict[str, Any], digest: bytes) -> None:
        need(body["sanction"] in self.sanctions and not self.sanctions[body["sanction"]][2], 334)
        self.sanctions[body["sanction"]][2] = True

    def appeal(self, body: dict[str, Any], digest: bytes) -> None:
        slot, name = self.decided.get(body["against"], (-1, b""))
        need(slot == body["slot"] and body["against"] not in self.appealed, 335)
        self.appealed.add(body["against"])
        case = self.cases.get(name)
        if case is not None and case.state == "refused" and not case.given_back:
            case.state = case.before
            if case.counted is not None:
                case.counted, case.votes, case.window = None, {}, self.time

    def handover(self, body: dict[str, Any], digest: bytes) -> None:
        self.change_key("handover", body, digest, body["slot"])

    def rekey(self, body: dict[str, Any], digest: bytes) -> None:
        self.rekeys[digest] = body["slot"]
        self.change_key("rekey", body, digest, body["slot"])

    def rekey_objection(self, body: dict[str, Any], digest: bytes) -> None:
        self.change_key("rekey_objection", body, digest, self.rekeys[body["rekey"]])

    def change_key(self, kind: str, body: dict[str, Any], digest: bytes, slot: int) -> None:
        if kind != "rekey_objection":
            taken = [member.key for member in self.book.members]
            need(body["new_key"] not in (*taken, *self.new_keys, *self.registry.used), 336)
            self.new_keys.add(body["new_key"])
        days = self.rules["keys"]["rekey_days"]
        self.book.members[slot].keys.change(kind, body, digest, self.place, self.time, days)

    def erasure(self, body: dict[str, Any], digest: bytes) -> None:
        slot, name = body["slot"], body["case"]
        need(not self.erased & {slot, name}, 339)
        if name:
            need(self.cases[name].slot == slot, 94)
            need(self.cases[name].root, 339)
        hers = [case for case in self.cases.values() if case.slot == slot]
        for case in [self.cases[name]] if name else hers:
            need(case.state not in ("requested", "disclosed"), 339)
        self.erased.add(name or slot)

    def proposal(self, body: dict[str, Any], digest: bytes) -> None:
        need(self.rules["amendments"]["vote"] and digest not in self.proposals, 328)
        ends = self.time + self.rules["amendments"]["vote_days"] * DAY_MS
        self.proposals[digest] = {"covenant": body["covenant"], "ends": ends, "votes": {}, "counted": None}

    def passed(self, digest: bytes, rules: Rules) -> bool:
        ballots, support = self.proposals.get(digest, {}).get("counted") or (0, 0)
        rule = rules["amendments"]
        return ballots >= max(rule["quorum"], 1) and support * 10_000 > rule["majority_bp"] * ballots
