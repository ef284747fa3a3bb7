"""The second verifier's record: SPEC.md sections 10 and 12, up to what is lived through again."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from tests.spec.second import (
    U32,
    Block,
    Keys,
    Plan,
    Refused,
    Sheet,
    Trust,
    acceptable,
    array,
    blob,
    entry,
    hashes,
    included,
    keyed,
    leaf,
    lineage,
    named,
    need,
    pack,
    page_proof,
    root_of,
    sha,
    text,
    unframe,
    unpack,
    whole,
)
from tests.spec.second_covenant import Clock, Rules, document, figures
from tests.spec.second_life import DAY_MS, Case, HerKeys, chains_fault, message, refund_terms, typed, verified
from tests.spec.second_relive import Reliving

KEYS = """
    before checkpoint covenants enrolment entries events extends genesis head keys plan plans refunds rounds slot
    version
"""
SPARSE = {f"{kind}/1": kind for kind in ("credit", "withdrawal", "exit", "notice", "correction", "ballot")}
TERMS = """
    number height time version covenant share headcount divisor aid fee surplus deficit top_up restituted cases
""".split()
FIXED = (("currency",), ("decimals",), ("sharing", "funding"))


def record(
    data: bytes,
    trust: Trust,
    key: bytes | None = None,
    now: int | None = None,
    age: int | None = None,
    seen: bytes | None = None,
) -> Any:
    """What a record says, in the words of ``facts.json``; ``seen`` is an earlier file. Raises Refused."""
    need(now is not None or trust.max_age is None, 2)
    return Record(data, trust, now).verify(key, now, age, seen)


def note_in(data: bytes) -> bytes:
    """Section 12: the note in a record, a disclosure, a receipt or a file that is one."""
    for kind, most in (("record", 10 << 20), ("disclosure", 16 << 20), ("receipt", 4 << 20)):
        if data.startswith(f"mutualchain {kind} v1\n".encode()):
            value = unframe(kind, data, most)
            return blob(value[1] if kind == "receipt" else value["checkpoint"], 172)
    need(b"\n\n" in data and len(data) <= 1 << 20, 12)
    return data


class Record(Reliving):
    def __init__(self, data: bytes, trust: Trust, now: int | None = None) -> None:
        self.begin(self.typed(unframe("record", data, 10 << 20)), trust, now)

    def begin(self, value: dict[str, Any], trust: Trust, now: int | None) -> None:
        """Section 12.2."""
        self.value = value
        self.trust = trust
        self.origin, self.size, self.root, self.seen = trust.open(self.value["checkpoint"], now)
        self.places: list[tuple[str, int, int, int]] = []  # log, position, height, time
        self.refused: dict[bytes, list[Case]] = {}
        self.sheets: dict[int, Sheet] = {}

    def typed(self, value: Any) -> dict[str, Any]:
        """Section 10."""
        need(isinstance(value, dict) and type(value.get("version")) is int and value["version"] == 1, 14)
        value = keyed(value, KEYS, 172)
        blob(value["checkpoint"], 172, most=1 << 20)
        block, body, proof = array(value["genesis"], 172, 3)
        blob(block, 172, most=65_535), blob(body, 172, most=1 << 20), hashes(proof)
        block, proof = array(value["head"], 172, 2)
        blob(block, 172, most=65_535), hashes(proof)
        sizes, given = array(value["extends"], 172, 2)
        for size in array(sizes, 172, most=4_096):
            whole(size, 172, 1)
        hashes(given, 4_097)
        for item in array(value["plans"], 172, most=256):
            blob(item, 172, most=65_535)
        named(value["plan"], 172)
        whole(value["slot"], 172, 0, U32)
        for name in ("keys", "covenants", "entries"):
            for item in array(value[name], 172, most=10_000 if name == "entries" else 1_000):
                self.logged(array(item, 172, 4), 1 << 20)
        item = array(value["enrolment"], 172, 4)
        self.logged(item[:3], 0)
        page_proof(item[3])
        for item in array(value["events"], 172, most=10_000):
            self.logged(array(item, 172, 5)[:4], 1 << 18)
            page_proof(item[4])
        for name, length, most in (("before", 5, 1), ("rounds", 6, 10_000)):
            for item in array(value[name], 172, most=most):
                self.logged(array(item, 172, length)[:4], 1 << 18)
                self.logged(array(item[4], 172, 3), 0)
                if name == "rounds":
                    page_proof(item[5])
        for item in array(value["refunds"], 172, most=10_000):
            self.logged(array(item, 172, 5)[:4], 1 << 18)
            for page in array(item[4], 172, most=1):
                page_proof(page)
        return value

    def logged(self, item: list[Any], most: int) -> None:
        whole(item[0], 172), blob(item[1], 172, most=65_535), hashes(item[2])
        if len(item) == 4:
            blob(item[3], 172, most=most)

    def verify(self, key: bytes | None, now: int | None, age: int | None, seen: bytes | None) -> dict[str, Any]:
        """Section 12, by its numbers."""
        genesis = self.genesis()  # 3
        self.head()  # 4
        self.extends(seen)  # 5
        self.states()  # 6
        self.block_key(genesis)  # 7
        self.covenants()  # 8
        self.enrolment()  # 10
        self.events = [self.event(seq, item) for seq, item in enumerate(self.value["events"])]  # 11
        need(all(a["place"] < b["place"] for a, b in pairwise(self.events)), 176)
        self.entries(key)  # 12
        self.rounds()  # 13
        self.refunds()
        self.order()  # 14
        said = self.live()  # 15
        self.age(now, age)  # 16
        return said

    def genesis(self) -> dict[str, Any]:
        data, body, proof = self.value["genesis"]
        self.chain = leaf(data)
        included(self.chain, 0, self.size, proof, self.root)
        block = Block(data)
        included(leaf(body), 0, block.entry_count, [], block.entries_root)
        plan, kind, content = entry(body)
        need((plan, kind) == ("", "genesis"), 65)
        content = keyed(content, "block_key log_key origin recovery_delay_ms recovery_key", 65)
        origin = text(content["origin"], 65, 255)
        need(not re.search(r"[\s+]", origin) and not origin.startswith(("mutualchain/", "cosignature/")), 65)
        need(text(content["log_key"], 65, 1_024).startswith(origin + "+") and origin == self.origin, 65)
        need(acceptable(content["block_key"]) and acceptable(content["recovery_key"]), 65)
        need(content["block_key"] != content["recovery_key"], 65)
        whole(content["recovery_delay_ms"], 65, 0, 366 * 86_400_000)
        need((block.height, block.chain, block.previous, block.sheets) == (0, bytes(32), bytes(32), []), 65)
        block.check_signature(content["block_key"])
        self.places.append(("blocks", 0, 0, block.time))
        return content

    def head(self) -> None:
        data, proof = self.value["head"]
        included(leaf(data), self.size - 1, self.size, proof, self.root)
        self.last = Block(data)
        need(self.last.height == self.size - 1 and self.last.chain == self.chain, 176)
        self.places.append(("blocks", self.last.height, self.last.height, self.last.time))

    def extends(self, seen: bytes | None) -> None:
        sizes, given = self.value["extends"]
        roots = {self.size: self.root, **lineage(sizes, self.size, given, self.root)}
        if seen is not None:
            size, root = self.trust.earlier(note_in(seen), self.origin)
            need(size <= self.size, 174)
            need(size == 0 or size in roots, 179)
            need(size == 0 or roots[size] == root, 175)

    def states(self) -> None:
        shown = self.value["plans"]
        need((len(shown), root_of([leaf(data) for data in shown])) == (self.last.plan_count, self.last.plans_root), 20)
        plans = [Plan(data) for data in shown]
        need(plans and plans[0].plan == "", 176)
        need(all(one.plan < other.plan for one, other in pairwise(plans)), 176)
        mine = [plan for plan in plans if plan.plan == self.value["plan"]]
        need(mine, 172)
        self.state, self.plan = plans[0], mine[0]

    def entry_of(self, item: list[Any], log: Plan) -> tuple[int, int, str, Any]:
        """Height, time, kind and body of an entry of a log."""
        position, data, proof, body = item
        self.in_events(position, data, proof, log)
        height, time, digest = self.event_leaf(position, data, log)
        need(digest == leaf(body), 172)
        plan, kind, content = entry(body)
        need(plan == log.plan, 176)
        return height, time, kind, content

    def in_events(self, position: int, data: bytes, proof: list[bytes], log: Plan) -> None:
        need(position < log.events_size, 172)
        included(leaf(data), position, log.events_size, proof, log.events_root)

    def event_leaf(self, position: int, data: bytes, log: Plan) -> tuple[int, int, bytes]:
        """Height, time and entry hash of a leaf of a log of entries."""
        height, time, index, digest = array(unpack(data, 65_535), 64, 4)
        whole(height, 64), whole(time, 64), whole(index, 64)
        self.places.append((f"entries of {log.plan}", position, height, time))
        return height, time, blob(digest, 64, 32)

    def block_key(self, genesis: dict[str, Any]) -> None:
        keys, before, signer = Keys(genesis), -1, b""
        for item in self.value["keys"]:
            height, time, kind, body = self.entry_of(item, self.state)
            need(kind in ("block_key", "block_key_recovery") and item[0] > before, 172)
            before = item[0]
            if height == self.last.height:
                signer = keys.recovery if kind == "block_key_recovery" else keys.at(time)
            keys.change(self.chain, time, kind, body)
        self.last.check_signature(signer or keys.at(self.last.time))

    def covenants(self) -> None:
        self.versions: list[dict[str, Any]] = []
        self.closing: dict[str, Any] | None = None
        before = -1
        for item in self.value["covenants"]:
            height, time, kind, body = self.entry_of(item, self.plan)
            need(kind == "plan" or item[0] > 0, 176)
            need(kind in ("plan", "amendment", "closing", "closing_statement") and item[0] > before, 172)
            need(before >= 0 or item[0] == 0, 171)
            before = item[0]
            if kind == "closing":
                need(self.closing is None, 176)
                self.closing = {"entry": leaf(item[3]), "height": height, "time": time, "ended": 0}
            elif kind == "closing_statement":
                need(self.closing is not None, 171)
                assert self.closing is not None
                need(not self.closing["ended"], 176)
                self.closing["ended"] = time
            else:
                self.version(kind, body, height, time)
        need(self.versions, 171)
        last = self.versions[-1]
        need(last["number"] >= self.plan.version, 171)
        need((last["number"], last["hash"]) == (self.plan.version, self.plan.covenant), 176)

    def version(self, kind: str, body: Any, height: int, time: int) -> None:
        need(kind == "amendment" or not self.versions, 176)
        try:
            body = typed(kind, body)
            rules = document(body["covenant"])
        except Refused as error:
            raise chains_fault(error) from None
        digest = sha(b"mutualchain/covenant/v1\n", body["covenant"])
        made = {
            "number": body["version"],
            "hash": digest,
            "height": height,
            "time": time,
            "since": time,
            "rules": rules,
        }
        if kind == "amendment":
            made["since"] = body["effective_ms"]
            last, present = self.versions[-1], self.in_force(time)["rules"]
            need(self.closing is None, 176)
            need(made["number"] <= last["number"] + 1, 171)
            need(made["number"] == last["number"] + 1, 176)
            for path in FIXED:
                one, other = rules, last["rules"]
                for step in path:
                    one, other = one[step], other[step]
                need(one == other, 176)
            notice = present["amendments"]["notice_days"] * DAY_MS
            need(made["since"] >= max(time + notice, last["since"]), 176)
            need(body["proposal"] or not present["amendments"]["vote"], 176)
        self.versions.append(made)

    def sheet_of(self, item: list[Any]) -> tuple[int, int, Sheet]:
        """Section 12.9: height, time and descriptor of a sheet leaf."""
        position, data, proof = item[:3]
        need(position < self.plan.sheets_size, 172)
        included(leaf(data), position, self.plan.sheets_size, proof, self.plan.sheets_root)
        height, time, value = array(unpack(data, 65_535), 64, 3)
        whole(height, 64), whole(time, 64)
        sheet = Sheet(value)
        need(sheet.plan == self.plan.plan, 176)
        self.places.append(("sheets", position, height, time))
        self.sheets[position] = sheet
        return height, time, sheet

    def row_of(self, sheet: Sheet, proof: list[Any], row: int) -> dict[str, Any]:
        first, rows = sheet.rows_of(self.chain, proof)
        need(first <= row < first + len(rows), 172)
        return rows[row - first]

    def enrolment(self) -> None:
        item, slot = self.value["enrolment"], self.value["slot"]
        height, time, sheet = self.sheet_of(item)
        need(sheet.schema == "enrolment/1" and sheet.first <= slot < sheet.first + sheet.rows, 172)
        later = self.plan.numbers.get("enrolment/1", 0) - sheet.number - 1
        end = sheet.first + sheet.rows
        need(sheet.number <= sheet.first and (sheet.number == 0) == (sheet.first == 0), 176)
        need(0 <= later <= self.plan.slots - end and (later == 0) == (end == self.plan.slots), 176)
        row = self.row_of(sheet, item[-1], slot - sheet.first)
        self.me = {**row, "slot": slot, "height": height, "time": time, "position": item[0], "sheet": sheet}

    def event(self, seq: int, item: list[Any]) -> dict[str, Any]:
        height, time, sheet = self.sheet_of(item)
        need(sheet.schema in SPARSE, 172)
        need(sha(b"mutualchain/params/v1\n", item[3]) == sheet.params, 172)
        _, rows = sheet.rows_of(self.chain, item[4])
        row, kind = rows[0], SPARSE[sheet.schema]
        need(row["slot"] == self.me["slot"], 172)
        need(row["seq"] == seq, 171)
        need(item[0] >= self.me["position"], 176)
        said = {"kind": kind, "seq": seq, "height": height, "time_ms": time, "about": "", "entry": "", "says": {}}
        said |= {"amount": row.get("amount", 0), "reason": row.get("reason", 0)}
        said |= {"corrects": row.get("corrects", -1), "vote": row.get("vote", -1)}
        if kind == "ballot":
            try:
                (subject,) = array(unpack(item[3], 1 << 18), 176, 1)
                said["entry"] = blob(subject, 176, 32)
            except Refused:
                raise Refused(176) from None
        return {"said": said, "place": (item[0], item[4][0]), "position": item[0], "row": row, **said}

    def entries(self, key: bytes | None) -> None:
        """Section 12.12."""
        self.named: list[dict[str, Any]] = []
        for item in self.value["entries"]:
            need(not self.named or item[0] > self.named[-1]["position"], 172)
            height, time, kind, body = self.entry_of(item, self.plan)
            try:
                body = typed(kind, body)
            except Refused as error:
                raise chains_fault(error) from None
            place = {"position": item[0], "height": height, "time": time, "digest": leaf(item[3])}
            self.named.append({"kind": kind, "body": body, "told": False, **place})
        for event in self.events:
            if event["kind"] == "notice":
                found = [
                    item for item in self.named
                    if not item["told"] and (item["digest"], item["height"]) == (event["row"]["entry"], event["height"])
                ]  # fmt: skip
                need(found, 171)
                found[0]["told"] = True
                self.tell(event["said"], found[0])
        need(all(item["told"] for item in self.named), 172)
        self.keys, self.cases = HerKeys(self.me["key"]), {}
        known: dict[str, set[bytes]] = {"sanction": set(), "rekey": set()}
        for item in self.named:
            self.entry(item, known)
        self.keys.due(self.last.time)
        need(key is None or key in [one for one, _, _ in self.keys.keys], 170)
        for event in self.events:
            self.check_row(event)

    def tell(self, said: dict[str, Any], item: dict[str, Any]) -> None:
        body = item["body"]
        said |= {"about": item["kind"], "entry": item["digest"], "says": body}
        said["amount"] = body.get("amount", body.get("aid", 0))

    def entry(self, item: dict[str, Any], known: dict[str, set[bytes]]) -> None:
        kind, body = item["kind"], item["body"]
        hers = (
            body["slot"] == self.me["slot"] if "slot" in body else body.get("case", body.get("subject")) in self.cases
        )
        if kind in ("lift", "rekey_objection"):
            hers = body["sanction" if kind == "lift" else "rekey"] in known["sanction" if kind == "lift" else "rekey"]
        need(hers, 176)
        said = message(self.chain, self.plan.plan, kind, body)
        if kind in ("request", "appeal", "case_withdrawn", "handover", "rekey_objection"):
            verified(self.keys.at(item["height"], item["time"], item["position"]), body["signature"], said)
        if kind in ("handover", "rekey"):
            verified(body["new_key"], body["acceptance"], said)
        if kind in ("handover", "rekey", "rekey_objection"):
            days = self.in_force(item["time"])["rules"]["keys"]["rekey_days"]
            self.keys.change(kind, body, item["digest"], (item["height"], item["position"]), item["time"], days)
        if kind in known:
            known[kind].add(item["digest"])
        if kind in ("request", "case"):
            self.cases[item["digest"]] = Case(body.get("amount", body.get("aid")), item["time"], body.get("aid", 0))

    def check_row(self, event: dict[str, Any]) -> None:
        kind, row = event["kind"], event["row"]
        if kind not in ("withdrawal", "exit", "ballot"):
            return
        statement = [kind, row["slot"], row["seq"]]
        if kind == "withdrawal":
            statement += [row["amount"], row["reason"], row["reference"]]
        elif kind == "exit":
            statement.append(row["reason"])
        else:
            statement = [kind, event["entry"], row["slot"], row["seq"], row["vote"]]
        said = b"mutualchain/statement/v1\n" + pack([self.chain, self.plan.plan, statement])
        verified(self.keys.at(event["height"], event["time_ms"]), row["signature"], said)

    def rounds(self) -> None:
        shown, before = self.value["rounds"], self.value["before"]
        first = self.plan.numbers.get("charge/1", 0) - len(shown)
        need(first >= 0 and (len(before) == 1) == (first > 0), 171)
        self.mine: list[dict[str, Any]] = []
        self.before = self.round(before[0], first - 1, None, False) if before else None
        last = self.before
        for number, item in enumerate(shown, first):
            last = self.round(item, number, last, True)
            last["row"] = self.row_of(last["sheet"], item[5], self.me["slot"])
            self.mine.append(last)

    def round(self, item: list[Any], number: int, last: dict[str, Any] | None, hers: bool) -> dict[str, Any]:
        height, time, sheet = self.sheet_of(item)
        need(sheet.schema == "charge/1" and sheet.number == number, 171)
        need(sha(b"mutualchain/params/v1\n", item[3]) == sheet.params, 172)
        terms = self.terms(item[3])
        version = self.in_force(terms["time"])
        need(
            (terms["covenant"], terms["version"], terms["number"]) == (version["hash"], version["number"], number), 176
        )
        need(version["height"] <= terms["height"], 176)
        need((last["at"] if last else 0) <= terms["height"] < height, 176)
        need((last["terms"]["time"] if last else -1) < terms["time"] <= time, 176)
        slots = last["sheet"].rows if last else 1
        need(sheet.first == 0 and slots <= sheet.rows <= self.plan.slots, 176)
        most = max(row["amount"] for row in version["rules"]["aid"]["maxima"])
        names = [case for case, _ in terms["cases"]]
        need(len(set(names)) == len(names) and all(aid <= most for _, aid in terms["cases"]), 176)
        known = {"sheet": sheet, "terms": terms, "at": height, "time": time, "position": item[0], "version": version}
        known |= self.figures(sheet, terms, version["rules"], last)
        known |= self.announcement(item, terms, version["rules"], height, time)
        was_in = terms["height"] >= self.me["height"]
        need(was_in == (sheet.rows > self.me["slot"]), 176)
        need(was_in == hers, 172 if hers else 171)
        batch = self.me["sheet"]
        need(sheet.rows >= batch.first + batch.rows if was_in else sheet.rows <= batch.first, 176)
        return known

    def terms(self, data: bytes) -> dict[str, Any]:
        """Section 7.5; whatever is wrong is the chain's fault."""
        try:
            terms = dict(zip(TERMS, array(unpack(data, 1 << 18), 97, 15), strict=True))
            for name in ("number", "height", "time", "aid", "fee", "surplus", "deficit", "top_up", "restituted"):
                whole(terms[name], 97)
            whole(terms["version"], 97, 1), whole(terms["share"], 97, 0, U32)
            whole(terms["headcount"], 97, 1, U32), whole(terms["divisor"], 97, 1, U32)
            blob(terms["covenant"], 97, 32)
            for pair in array(terms["cases"], 97):
                case, aid = array(pair, 97, 2)
                blob(case, 97, 32), whole(aid, 97, 1)
        except Refused:
            raise Refused(176) from None
        return terms

    def figures(self, sheet: Sheet, terms: dict[str, Any], rules: Rules, last: dict[str, Any] | None) -> dict[str, int]:
        sharing, paid = sheet.totals
        aids = [aid for _, aid in terms["cases"]]
        need(terms["headcount"] == sharing >= rules["membership"]["smallest"] and terms["aid"] == sum(aids), 176)
        previous = rules["sharing"]["divisor"] == "previous_headcount"
        if not previous or last is not None or terms["number"] == 0:
            before = last["terms"]["headcount"] if last is not None else sharing
            need(terms["divisor"] == (before if previous else sharing), 176)
        try:
            carried = terms["surplus"], terms["deficit"], terms["top_up"]
            fee, share, least = figures(rules, aids, terms["divisor"], *carried)
        except Refused:
            raise Refused(176) from None
        need((terms["fee"], terms["share"]) == (fee, share) and terms["top_up"] >= least, 176)
        due = share * sharing
        need(paid <= due, 176)
        needed = terms["aid"] + fee + terms["deficit"] - terms["surplus"] - terms["top_up"]
        return {"shortfall": due - paid, "surplus_out": max(paid - needed, 0), "deficit_out": max(needed - paid, 0)}

    def announcement(self, item: list[Any], terms: Any, rules: Rules, charged: int, charged_at: int) -> dict[str, int]:
        position, data, proof = item[4]
        self.in_events(position, data, proof, self.plan)
        height, time, digest = self.event_leaf(position, data, self.plan)
        need(digest == leaf(pack([1, self.plan.plan, "round", {"terms": item[3]}])), 172)
        need(terms["height"] < height <= charged and time >= terms["time"], 176)
        clock, monthly = Clock(rules), rules["calendar"]["kind"] == "monthly"
        if monthly:
            need(clock.is_disclosure(terms["time"]), 176)
            later = [version for version in self.versions if version["since"] > terms["time"]]
            after = clock.disclosure(terms["time"])
            for version in later:
                if version["since"] <= after:
                    monthly_then = version["rules"]["calendar"]["kind"] == "monthly"
                    after = Clock(version["rules"]).disclosure(version["since"] - 1) if monthly_then else 2**63
            need(time < after, 176)
        need(charged_at >= clock.deduction(terms["time"] if monthly else time), 176)
        return {"announced": height, "announced_at": time, "announced_index": unpack(data, 65_535)[2]}

    def refunds(self) -> None:
        shown = self.value["refunds"]
        first = self.plan.numbers.get("refund/1", 0) - len(shown)
        need(first >= 0, 172)
        need(first == 0 or shown, 171)
        self.back: list[dict[str, Any]] = []
        for number, item in enumerate(shown, first):
            height, time, sheet = self.sheet_of(item)
            need(sheet.schema == "refund/1" and sheet.number == number, 171)
            need(sha(b"mutualchain/params/v1\n", item[3]) == sheet.params, 172)
            try:
                terms = refund_terms(item[3])
            except Refused:
                raise Refused(176) from None
            need((sheet.rows > self.me["slot"]) == bool(item[4]), 171)
            amount = self.row_of(sheet, item[4][0], self.me["slot"])["amount"] if item[4] else 0
            late = item[0] > self.me["position"] or (self.before and height >= self.before["announced"])
            need(not (number == first > 0 and late), 171)
            place = {"position": item[0], "height": height, "time": time}
            self.back.append({"sheet": sheet, "terms": terms, "amount": amount, **place})

    def order(self) -> None:
        for log in {place[0] for place in self.places}:
            heights = [place[2] for place in sorted(self.places) if place[0] == log]
            need(heights == sorted(heights), 176)
        times: dict[int, int] = {}
        for _, _, height, time in self.places:
            need(times.setdefault(height, time) == time and height <= self.last.height, 176)
        ordered = [times[height] for height in sorted(times)]
        need(ordered == sorted(ordered), 176)
        before: dict[str, tuple[int, int]] = {}
        for position, sheet in sorted(self.sheets.items()):
            number, (last, at) = sheet.number, before.get(sheet.schema, (-1, -1))
            need(0 < number - last <= position - at, 176)
            need(0 < self.plan.numbers.get(sheet.schema, 0) - number <= self.plan.sheets_size - position, 176)
            before[sheet.schema] = number, position
        for item in [*([self.before] if self.before else []), *self.mine]:
            terms = item["terms"]
            need(all((time < terms["time"]) == (height <= terms["height"]) for height, time in times.items()), 176)

    def age(self, now: int | None, most: int | None) -> None:
        if now is not None:
            need(self.last.time <= now + 86_400_000, 173)
            wishes = [wish for wish in (most, self.trust.max_age and 1_000 * self.trust.max_age) if wish is not None]
            since = self.trust.since(self.seen, self.last.time)
            need(not wishes or now - min(wishes) <= since <= now + 86_400_000, 173)
