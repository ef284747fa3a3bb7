"""The second verifier's disclosure: SPEC.md section 20, on top of its record (sections 10 and 12)."""

from __future__ import annotations

import base64
from itertools import pairwise
from typing import Any

from tests.spec.second import Refused, Trust, array, blob, entry, leaf, need, root_of, sha, unframe, unpack
from tests.spec.second_covenant import Clock
from tests.spec.second_life import EXEMPT, EXITED, LAPSED, PAID, WAITING
from tests.spec.second_lived import Lived, bodied
from tests.spec.second_opened import FACTS, FIELDS, Opened, opening
from tests.spec.second_record import Record

OWN = "ballots case facts fields institutions"


def disclosure(
    data: bytes, trust: Trust, now: int | None = None, age: int | None = None, seen: bytes | None = None
) -> dict[str, Any]:
    """What a disclosure says, in the words of ``--json``; hashes are bytes. Raises Refused."""
    need(now is not None or trust.max_age is None, 2)
    return Disclosed(data, trust, now).verified(now, age, seen)


class Disclosed(Record):
    KIND, MOST = "disclosure", 16 << 20

    def __init__(self, data: bytes, trust: Trust, now: int | None = None) -> None:
        value = unframe(self.KIND, data, self.MOST)
        need(isinstance(value, dict) and type(value.get("version")) is int and value["version"] == 1, 14)
        need(set(OWN.split()) <= set(value) and "events" not in value, 172)
        self.begin(
            self.typed({**{name: value[name] for name in value if name not in OWN.split()}, "events": []}), trust, now
        )
        self.name = blob(value["case"], 172, 32)
        self.shown_institutions = self.listed(value["institutions"], 10_000, 1 << 20)
        self.shown_ballots = self.listed(value["ballots"], 4_096, 1 << 18)
        self.facts, self.fields = (blob(value[part], 172, most=1 << 13) for part in ("facts", "fields"))

    def listed(self, value: Any, many: int, most: int) -> list[list[Any]]:
        items = [array(item, 172, 4) for item in array(value, 172, most=many)]
        for item in items:
            self.logged(item, most)
        return items

    def may_come_back(self, item: dict[str, Any], amount: int) -> bool:
        """As in a record; that she got her shares back for another case may not be shown."""
        ends = any(one["rules"]["aid"]["ill_in_waiting"] == "refund_and_end" for one in self.versions)
        return item["amount"] == amount or (ends and not item["amount"])

    def verified(self, now: int | None, age: int | None, seen: bytes | None) -> dict[str, Any]:
        """Section 20.1, by its numbers."""
        genesis = self.genesis()  # 1
        self.head()
        self.extends(seen)
        self.states()
        self.block_key(genesis)
        self.covenants()
        self.enrolment()
        self.rounds()
        self.refunds()
        self.check_refunds()
        self.rows()
        entries, whole_plan = self.log(self.value["entries"], self.plan)  # 2
        institutions, whole_chain = self.log(self.shown_institutions, self.state)
        self.whole = whole_plan and whole_chain
        sheets = [self.ballots(item) for item in self.shown_ballots]
        need(all(one["position"] < other["position"] for one, other in pairwise(sheets)), 172)
        self.order()
        self.open(entries)  # 3
        lived = Lived(self, own_keys(genesis, self.value["keys"]))  # 4, 5
        lived.live([*institutions, *entries], sheets)
        self.named = lived.done
        self.check_carried()
        need(self.name in lived.steps.cases, 171)
        need(whole_plan or lived.count == len(entries), 172)
        self.age(now, age)  # 6
        return lived.said()

    # --- 1: her rows ------------------------------------------------------------------------

    def rows(self) -> None:
        shared = {case for case, _ in self.before["terms"]["cases"]} if self.before else set()
        self.joined = Clock(self.in_force(self.me["time"])["rules"]).day_of(self.me["time"])
        for item in self.mine:
            names = {case for case, _ in item["terms"]["cases"]}
            need(not shared & names, 176)
            shared |= names
            sharing, (status, amount) = (
                item["version"]["rules"]["sharing"],
                (item["row"]["status"], item["row"]["amount"]),
            )
            share = item["terms"]["share"]
            need(amount <= share and (status != PAID or amount == share), 176)
            need(sharing["recipient_shares"] or self.name not in names or amount == 0, 176)
            need(status != EXEMPT or not sharing["recipient_shares"], 176)
            day = Clock(item["version"]["rules"]).day_of(item["terms"]["time"])
            waits = bool(sharing["waiting_days"]) and self.joined > day - sharing["waiting_days"]
            need((status == WAITING) == waits or (waits and status in (LAPSED, EXITED)), 176)

    # --- 2: the logs ------------------------------------------------------------------------

    def log(self, shown: list[Any], log: Any) -> tuple[list[dict[str, Any]], bool]:
        need(all(one[0] < other[0] for one, other in pairwise(shown)), 172)
        whole = len(shown) == log.events_size
        if whole:
            need([position for position, _, _, _ in shown] == list(range(len(shown))), 172)
            need(not any(proof for _, _, proof, _ in shown), 172)
            need(root_of([leaf(data) for _, data, _, _ in shown]) == log.events_root, 20)
        return [self.noted(item, log, whole) for item in shown], whole

    def noted(self, item: list[Any], log: Any, whole: bool) -> dict[str, Any]:
        position, data, proof, body = item
        if not whole:
            self.in_events(position, data, proof, log)
        height, time, digest = self.event_leaf(position, data, log)
        need(leaf(body) == digest, 172)
        plan, kind, content = entry(body)
        need(plan == log.plan, 176)
        index = unpack(data, 65_535)[2]
        said = {"plan": plan, "kind": kind, "body": content, "digest": digest}
        return {**said, "position": position, "height": height, "time": time, "index": index}

    def ballots(self, item: list[Any]) -> dict[str, Any]:
        height, time, sheet = self.sheet_of(item)
        need(sheet.schema == "ballot/1" and sha(b"mutualchain/params/v1\n", item[3]) == sheet.params, 172)
        try:
            (subject,) = array(unpack(item[3], 1 << 18), 176, 1)
            blob(subject, 176, 32)
        except Refused:
            raise Refused(176) from None
        need(subject == self.name, 172)
        return {"kind": "sheet", "height": height, "time": time, "position": item[0], "totals": sheet.totals}

    # --- 3: what was opened -----------------------------------------------------------------

    def open(self, entries: list[dict[str, Any]]) -> None:
        """The openings, against what request and disclosure committed to, and against the covenant."""
        kinds = {item["kind"] for item in entries if item["body"].get("case") == self.name}
        self.dropped = bool(kinds & {"refusal", "case_withdrawn"}) and "approval" not in kinds
        asked: dict[str, Any] | None = None
        told: dict[str, Any] | None = None
        for item in entries:
            mine = item["digest"] == self.name and item["kind"] == "request"
            if mine or item["kind"] == "disclosure":
                body = bodied(item)
                if mine:
                    asked = {**body, "time": item["time"]}
                elif body["case"] == self.name:
                    told = body
        need((not self.facts or asked) and (not self.fields or told), 172)
        facts = (
            opening(self.facts, FACTS, b"fact", [self.chain, self.plan.plan, asked["slot"]], asked["facts_root"])
            if (asked and self.facts)
            else None
        )
        fields = (
            opening(self.fields, FIELDS, b"field", [self.chain, self.plan.plan, self.name], told["fields_root"])
            if (told and self.fields)
            else None
        )
        self.opened = Opened(facts, fields, self.joined)
        self.asked = asked
        if asked is None:
            return
        need(asked["slot"] == self.me["slot"], 172)
        need(asked["version"] <= len(self.versions), 176)
        if not self.dropped:
            aid = told["aid"] if told else 0
            self.opened.check(self.versions[asked["version"] - 1]["rules"], asked["amount"], asked["time"], aid)


def own_keys(genesis: dict[str, Any], keys: list[Any]) -> set[bytes]:
    """The chain's own keys: the two of genesis, the log's, and every block key since."""
    log = base64.b64decode(genesis["log_key"].rsplit("+", 1)[1] + "==", validate=False)[1:]
    return {genesis["block_key"], genesis["recovery_key"], log} | {entry(item[3])[2]["new_key"] for item in keys}
