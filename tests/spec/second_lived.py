"""The second verifier's case, lived through again: SPEC.md section 20.1, steps 4 and 5."""

from __future__ import annotations

from typing import Any

from tests.spec.second import Refused, blob, keyed, need
from tests.spec.second_covenant import Clock, Rules
from tests.spec.second_life import DAY_MS, EXITED, HerKeys, chains_fault, typed
from tests.spec.second_relive import STATUS
from tests.spec.second_steps import Case, Registry, Steps

INSTITUTIONS = ("institution", "institution_revoked", "institution_key")
ABOUT = "attestation disclosure objection approval refusal restitution case_withdrawn advance payout void fund".split()


def bodied(item: dict[str, Any]) -> dict[str, Any]:
    """An entry's body; what makes no sense is the chain's fault."""
    try:
        return typed(item["kind"], item["body"])
    except Refused as error:
        raise chains_fault(error) from None


class Member:
    def __init__(self, key: bytes) -> None:
        self.key, self.keys = key, HerKeys(key)


class Members:
    """All slots of the plan, of which one has a key here."""

    def __init__(self, slots: int, slot: int, key: bytes) -> None:
        self.slots, self.slot, self.one = slots, slot, Member(key)

    def __len__(self) -> int:
        return self.slots

    def __iter__(self) -> Any:
        return iter([self.one])

    def __getitem__(self, slot: int) -> Member:
        need(slot == self.slot, 83)
        return self.one


class Told(Steps):
    """The rules of section 7.7 as far as one case's entries show them; ``opened`` says what else is known."""

    def __init__(self, book: Lived, registry: Registry) -> None:
        super().__init__(book, registry)
        self.tally, self.slot = [0, 0], book.file.me["slot"]

    def signatures(self, kind: str, body: dict[str, Any], place: tuple[int, int], time: int) -> None:
        if kind == "objection" and isinstance(body["by"], int) and body["by"] != self.slot:
            need(body["by"] < len(self.book.members), 83)  # whose key is in no row shown here
        else:
            super().signatures(kind, body, place, time)

    def request(self, body: dict[str, Any], digest: bytes) -> None:
        super().request(body, digest)
        self.book.judge(self.cases[digest].rules, body, self.time)

    def disclosure(self, body: dict[str, Any], digest: bytes) -> None:
        super().disclosure(body, digest)
        file = self.book.file
        need(not file.opened.breaches(self.cases[body["case"]].rules, body["aid"], file.asked["time"], True), 325)

    def refusal(self, body: dict[str, Any], digest: bytes) -> None:
        super().refusal(body, digest)
        case, file = self.cases[body["case"]], self.book.file
        need(file.opened.may_break(case.rules, body["clause"], case.asked, file.asked["time"]), 332)

    def adjudication(self, body: dict[str, Any], digest: bytes) -> None:
        case = self.case_in(body["subject"], "disclosed")
        need(case.counted is None and (case.judged or self.time < case.window), 328)
        need(self.time >= case.window + case.rules["cases"]["jury_days"] * DAY_MS, 328)
        need([body["ballots"], body["support"]] == self.tally, 331)
        case.counted, self.tally = (body["ballots"], body["support"]), [0, 0]

    def vote(self, case: Case, time: int, totals: list[int]) -> None:
        ends = case.window + case.rules["cases"]["jury_days"] * DAY_MS
        need(case.state == "disclosed" and case.counted is None and case.judged, 330)
        need(case.window <= time < ends, 330)
        self.tally = [one + other for one, other in zip(self.tally, totals, strict=True)]


class Lived:
    """The plan as one case shows it: what :class:`Steps` needs of a book, and what came of it."""

    def __init__(self, file: Any, own: set[bytes]) -> None:
        self.file, self.chain, self.name = file, file.chain, file.plan.plan
        self.members = Members(file.plan.slots, file.me["slot"], file.me["key"])
        self.registry = Registry()
        self.registry.used |= own
        self.steps = Told(self, self.registry)
        self.sums = {"payouts": 0}
        self.open: dict[str, Any] | None = None
        self.rounds: list[dict[str, Any]] = []
        self.tags: dict[bytes, bytes] = {}
        self.slots: dict[bytes, int] = {}
        self.titles: dict[str, tuple[str, str]] = {}
        self.done: list[dict[str, Any]] = []
        self.count = self.others = self.height = 0

    # what Steps asks of a book

    def rules(self, time: int) -> Rules:
        rules: Rules = self.file.in_force(time)["rules"]
        return rules

    def number(self, time: int) -> int:
        return int(self.file.in_force(time)["number"])

    def version(self, number: int, time: int) -> Rules:
        """The version that a request names."""
        now, file = self.number(time), self.file
        mode, clock = self.rules(time)["amendments"]["transition"], Clock(self.rules(time))
        need(number <= now, 328)
        found = None if file.dropped else file.opened.fact("diagnosed_day")
        if mode == "request":
            need(number == now, 328)
        elif mode == "joining":
            need(number == min(self.number(clock.start_of(file.joined)), now), 328)
        elif isinstance(found, int):
            need(number == min(self.number(clock.start_of(found)), now), 328)
        return file.versions[number - 1]["rules"]

    def covered(self, slot: int, time: int) -> bool:
        """She can have been covered: she had not left by the last snapshot before."""
        last = [item for item in self.file.mine if item["terms"]["time"] <= time]
        return not last or last[-1]["row"]["status"] != EXITED

    def announces(self, name: bytes) -> bool:
        return self.open is not None and name in [case for case, _ in self.open["terms"]["cases"]]

    def release(self, case: Case) -> None:
        """Nothing of the plan's money is known here."""

    def restitute(self, slot: int, amount: int) -> None:
        need(self.open is None, 90)
        paid = sum(item["row"]["amount"] for item in self.file.mine if item["at"] < self.height)
        need(amount == paid - sum(item["amount"] for item in self.file.back if item["height"] < self.height), 101)

    def judge(self, rules: Rules, body: dict[str, Any], time: int) -> None:
        if not self.file.dropped:
            back = rules["aid"]["ill_in_waiting"] == "refund_and_end"
            found = self.file.opened.breaches(rules, body["amount"], time, True)
            need(not [clause for clause in found if not (back and clause == "aid.waiting")], 325)

    # --- in order -----------------------------------------------------------------------------

    def blamed(self, error: Refused, sure: bool = True) -> Refused:
        if error.code == "MC-014":
            return error
        return Refused(176 if self.file.whole and sure else 171)

    def live(self, entries: list[dict[str, Any]], sheets: list[dict[str, Any]]) -> None:
        queue: list[tuple[tuple[int, int, int], Any]] = []
        queue += [((item["height"], 0, item["index"]), item) for item in entries]
        queue += [((item["height"], 1, item["position"]), item) for item in sheets]
        for item in self.file.mine:
            queue.append(((item["announced"], 0, item["announced_index"]), {"kind": "announced", "round": item}))
            queue.append(((item["at"], 1, item["position"]), {"kind": "settled", "round": item}))
        for (height, _, _), item in sorted(queue, key=lambda pair: pair[0]):
            self.height = height
            if item["kind"] in ("announced", "settled", "sheet"):
                getattr(self, item["kind"])(item)
            elif item["plan"] == "":
                self.institution(item)
            else:
                self.entry(item)

    def institution(self, item: dict[str, Any]) -> None:
        kind = item["kind"]
        if kind not in INSTITUTIONS:
            return
        body = bodied(item)
        try:
            self.registry.apply(self.chain, kind, body)
        except Refused as error:
            raise self.blamed(error) from None
        if kind == "institution":
            self.titles[body["id"]] = body["title"], ""
        elif kind == "institution_revoked":
            self.titles[body["id"]] = self.titles[body["id"]][0], body["reason"]

    def entry(self, item: dict[str, Any]) -> None:
        kind = item["kind"]
        if kind == "round":
            self.announcement(item)
            return
        body = bodied(item)
        if not self.concerns(kind, body, item["digest"]):
            if kind in ("request", "case"):
                self.slots[item["digest"]] = body["slot"]
                self.others += body["slot"] == self.members.slot
            elif kind == "attestation":
                self.report(body)
            return
        if kind in ("request", "case"):
            need(body["slot"] == self.members.slot, 172)
            need(item["height"] > self.file.me["height"], 176)
        place = item["height"], item["position"]
        try:
            self.step(kind, body, item["digest"], place, item["time"])
        except Refused as error:
            counted = error.code != "MC-331" or self.steps.tally[0] >= body["ballots"]
            raise self.blamed(error, counted) from None
        self.count += 1
        self.done.append({**item, "body": body})

    def announcement(self, item: dict[str, Any]) -> None:
        body = keyed(item["body"], "terms", 176)
        self.file.terms(blob(body["terms"], 176, most=1 << 18))

    def step(self, kind: str, body: dict[str, Any], digest: bytes, place: tuple[int, int], time: int) -> None:
        if kind == "attestation":
            self.steps.signatures(kind, body, place, time)
            self.report(body)
        if kind == "fund":
            return
        if kind == "sanction" and body["case"] not in (b"", self.file.name):
            self.steps.sanctions[digest] = [body["slot"], body["until_day"], False]
            self.steps.decided[digest] = body["slot"], body["case"]
            return
        self.steps.apply(kind, body, digest, place, time)

    def concerns(self, kind: str, body: dict[str, Any], digest: bytes) -> bool:
        name, slot, steps = self.file.name, self.members.slot, self.steps
        if kind in ("request", "case"):
            return digest == name
        if kind in ("sanction", "handover", "rekey"):
            return bool(body["slot"] == slot)
        if kind == "erasure":
            return body["slot"] == slot and body["case"] in (b"", name)
        if kind == "appeal":
            return body["slot"] == slot and body["against"] in steps.decided
        if kind == "lift":
            return body["sanction"] in steps.sanctions
        if kind == "rekey_objection":
            return body["rekey"] in steps.rekeys
        return bool(
            body.get("subject" if kind == "adjudication" else "case") == name and kind in (*ABOUT, "adjudication")
        )

    def report(self, body: dict[str, Any]) -> None:
        name = self.file.name
        other = self.tags.setdefault(body["tag"], body["case"]) if body["tag"] else body["case"]
        if other != body["case"] and name in (other, body["case"]):
            theirs = self.slots.get(other if body["case"] == name else body["case"])
            if theirs != self.members.slot:
                raise self.blamed(Refused(329))

    def sheet(self, item: dict[str, Any]) -> None:
        try:
            need(self.file.name in self.steps.cases, 330)
            self.steps.vote(self.steps.cases[self.file.name], item["time"], item["totals"])
        except Refused as error:
            raise self.blamed(error) from None

    def announced(self, item: dict[str, Any]) -> None:
        self.open = item["round"]
        aids = dict(item["round"]["terms"]["cases"])
        if self.file.name in aids:
            case = self.steps.cases.get(self.file.name)
            try:
                need(case is not None and (case.round is not None or case.state == "approved"), 94)
                assert case is not None
                if case.round is None:
                    need(case.aid == aids[self.file.name], 101)
            except Refused as error:
                raise self.blamed(error) from None
            need(case.round is None, 176)

    def settled(self, item: dict[str, Any]) -> None:
        self.open = None
        terms, case = item["round"]["terms"], self.steps.cases.get(self.file.name)
        if case is not None and self.file.name in dict(terms["cases"]):
            case.round = terms["number"]

    # --- what it says -------------------------------------------------------------------------

    def said(self) -> dict[str, Any]:
        file, case, me = self.file, self.steps.cases[self.file.name], self.file.me
        begun = next(item for item in self.done if item["digest"] == file.name)
        version = file.versions[file.asked["version"] - 1] if file.asked else file.in_force(begun["time"])
        rules = version["rules"]
        said = {"origin": file.origin, "size": file.size, "root": file.root, "chain": file.chain, "case": file.name}
        said |= {"plan": self.name, "title": file.in_force(file.last.time)["rules"]["title"], "slot": me["slot"]}
        said |= {"currency": rules["currency"], "decimals": rules["decimals"], "covenant_version": version["number"]}
        said |= {"joined_height": me["height"], "joined_time_ms": me["time"], "joined_day": file.joined}
        said |= {"requested_height": begun["height"], "requested_time_ms": begun["time"], "requested": case.asked}
        said |= {"requested_day": Clock(rules).day_of(begun["time"]), "aid": case.aid, "state": self.state(case)}
        said |= {"clause": case.clause if case.state == "refused" else "", "complete": file.whole}
        said |= {"rounds": [self.row_said(item) for item in file.mine], "round": self.round_said()}
        said |= {"asked": self.asked_said(rules), "vouchers": self.vouchers(), "objections": len(self.of("objection"))}
        said |= {
            "votes": None if case.counted is None else dict(zip(("ballots", "support"), case.counted, strict=True))
        }
        said |= {"payments": self.payments(), "sanctions": self.sanctions()}
        said |= {"recovered": sum(item["body"]["amount"] for item in self.of("fund"))}
        said |= {"restituted": next((item["body"]["amount"] for item in self.of("restitution")), None)}
        said |= {"other_requests": self.others if file.whole else None}
        said |= {"keys": self.key_changes()}
        by = [item["body"]["by"] for item in self.of("objection")]
        said |= {"objectors": [self.titles[name][0] for name in by if isinstance(name, str)]}
        gone = self.of("erasure")
        said |= {"erased": {"time_ms": gone[0]["time"], "reason": gone[0]["body"]["reason"]} if gone else None}
        said |= {"as_of_ms": file.last.time, "head_height": file.last.height}
        void = [item["body"]["reason"] for item in self.of("void")]
        back = [item["sheet"].totals[1] for item in file.back if item["terms"][0] == file.name]
        said |= {"void": void[0] if void else "", "refunded": sum(back) if back else None}
        disclosed = self.of("disclosure")
        said |= {"disclosed_time_ms": disclosed[-1]["time"] if disclosed else None}
        said |= {"objections_until_ms": case.window if disclosed else None}
        decided = self.of("approval", "case", "refusal")
        said |= {"decided_time_ms": decided[-1]["time"] if decided else None}
        jury = {"quorum": rules["cases"]["jury_quorum"], "majority_bp": rules["cases"]["jury_majority_bp"]}
        said |= {"jury": None if case.counted is None else jury}
        paid = sum(item["amount"] for item in said["payments"] if item["payee"] != "funder")
        return {**said, "paid": paid, **file.opened.said(rules)}

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [item for item in self.done if item["kind"] in kinds]

    def state(self, case: Case) -> str:
        if case.state != "approved" or case.round is None:
            return case.state
        return "paid" if case.paid + case.advanced >= case.aid else "shared"

    def row_said(self, item: dict[str, Any]) -> dict[str, Any]:
        row = item["row"]
        said = {"number": item["terms"]["number"], "time_ms": item["time"]}
        return {**said, "status": STATUS[row["status"]], "amount": row["amount"]}

    def round_said(self) -> dict[str, Any] | None:
        for item in self.file.mine:
            terms = item["terms"]
            if self.file.name in dict(terms["cases"]):
                said = {"number": terms["number"], "height": item["at"], "time_ms": item["time"]}
                said |= {"announced_time_ms": item["announced_at"], "covenant_version": terms["version"]}
                same = ("share", "headcount", "divisor", "aid", "fee", "top_up", "restituted")
                said |= {name: terms[name] for name in same}
                said |= {
                    "surplus_in": terms["surplus"],
                    "deficit_in": terms["deficit"],
                    "paid": item["sheet"].totals[1],
                }
                said |= {
                    "surplus_out": item["surplus_out"],
                    "shortfall": item["shortfall"],
                    "cases": len(terms["cases"]),
                }
                sharing = item["version"]["rules"]["sharing"]
                return said | {name: sharing[name] for name in ("cap_case", "cap_round", "cap_year")}
        return None

    def asked_said(self, rules: Rules) -> list[dict[str, Any]]:
        rows = rules["cases"]["attestations"] if self.file.asked else []
        return [{"role": row["role"], "count": row["count"]} for row in rows]

    def vouchers(self) -> list[dict[str, Any]]:
        found = []
        for item in self.of("attestation"):
            body = item["body"]
            title, revoked = self.titles[body["institution"]]
            said = {"id": body["institution"], "title": title, "role": body["role"], "revoked": revoked}
            said |= {"supports": bool(body["supports"]), "report": bool(body["tag"])}
            found.append({**said, "height": item["height"], "time_ms": item["time"]})
        return found

    def payments(self) -> list[dict[str, Any]]:
        found = []
        for item in self.of("advance", "payout"):
            body = item["body"]
            said = {"kind": item["kind"], "amount": body["amount"], "payee": body["payee"]}
            found.append({**said, "funder": body.get("funder", ""), "height": item["height"], "time_ms": item["time"]})
        return found

    def key_changes(self) -> list[dict[str, Any]]:
        objected = {item["body"]["rekey"] for item in self.of("rekey_objection")}
        found = []
        for item in self.of("handover", "rekey"):
            said = {"kind": item["kind"], "voucher": item["body"].get("voucher", "")}
            found.append({**said, "objected": item["digest"] in objected, "height": item["height"]})
            found[-1]["time_ms"] = item["time"]
        return found

    def sanctions(self) -> list[dict[str, Any]]:
        found = []
        for item in self.of("sanction"):
            lifted = self.steps.sanctions[item["digest"]][2]
            said = {"reason": item["body"]["reason"], "until_day": item["body"]["until_day"]}
            found.append({**said, "lifted": lifted, "time_ms": item["time"]})
        return found
