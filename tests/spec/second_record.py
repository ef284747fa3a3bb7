"""The second verifier's record: SPEC.md sections 7, 10 and 12."""

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
    continued,
    entry,
    hashes,
    included,
    keyed,
    leaf,
    named,
    need,
    pack,
    page_proof,
    root_of,
    sha,
    signed,
    text,
    unframe,
    unpack,
    whole,
)

KEYS = "before checkpoint covenants enrolment events extends genesis head keys plan plans rounds slot version"
STATUS = ("paid", "partial", "capped", "exempt", "lapsed", "exited", "waiting")
SPARSE = {"credit/1": "credit", "withdrawal/1": "withdrawal", "exit/1": "exit", "notice/1": "notice"}
TERMS = "number height time version covenant share headcount aid fee surplus deficit top_up cases".split()


def record(
    data: bytes,
    trust: Trust,
    key: bytes | None = None,
    now: int | None = None,
    age: int | None = None,
    seen: bytes | None = None,
) -> Any:
    """What a record says, in the words of ``facts.json``; ``seen`` is an earlier file. Raises Refused."""
    return Record(data, trust).verify(key, now, age, seen)


def note_in(data: bytes) -> bytes:
    """Section 12: the note in a record, a receipt or a file that is one."""
    for kind, most in (("record", 8 << 20), ("receipt", 4 << 20)):
        if data.startswith(f"mutualchain {kind} v1\n".encode()):
            value = unframe(kind, data, most)
            return blob(value["checkpoint"] if kind == "record" else value[1], 172)
    need(b"\n\n" in data and len(data) <= 1 << 20, 12)
    return data


def document(data: bytes) -> dict[str, Any]:
    """Section 7.1."""
    value = unpack(data, 1 << 20)
    need(isinstance(value, dict), 80)
    need(type(value.get("format")) is int and value["format"] == 1, 14)
    keyed(value, "format title currency decimals prepay max_aid fee_bp fee_rounding cap", 80)
    text(value["title"], 80, 80)
    need(isinstance(value["currency"], str) and re.fullmatch("[A-Z]{3}", value["currency"]), 80)
    need(value["fee_rounding"] in ("down", "up"), 80)
    bounds = {"decimals": 4, "prepay": U32, "fee_bp": 10_000, "cap": U32, "max_aid": 922_337_203_685_477}
    for name, most in bounds.items():
        whole(value[name], 80, 1 if name == "max_aid" else 0, most)
    return value


class Record:
    def __init__(self, data: bytes, trust: Trust) -> None:
        self.value = self.typed(unframe("record", data, 8 << 20))
        self.trust = trust
        self.origin, self.size, self.root, self.seen = trust.open(self.value["checkpoint"])
        self.places: list[tuple[str, int, int, int]] = []  # log, position, height, time
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
        for item in array(value["extends"], 172, most=64):
            note, proof = array(item, 172, 2)
            blob(note, 172, most=1 << 20), hashes(proof, 64)
        for item in array(value["plans"], 172, most=256):
            blob(item, 172, most=65_535)
        named(value["plan"], 172)
        whole(value["slot"], 172, 0, U32)
        for name in ("keys", "covenants"):
            for item in array(value[name], 172, most=1_000):
                self.logged(array(item, 172, 4), 1 << 20)
        shown = [array(value["enrolment"], 172, 4)]
        shown += [array(item, 172, 4) for item in array(value["events"], 172, most=10_000)]
        for item in array(value["before"], 172, most=1):
            self.logged(array(item, 172, 4), 1 << 18)
        rounds = [array(item, 172, 5) for item in array(value["rounds"], 172, most=10_000)]
        for item in [*shown, *rounds]:
            self.logged(item[:-1], 1 << 18)
            page_proof(item[-1])
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
        need(key is None or self.me["key"] == key, 170)  # 11
        self.events = [self.event(seq, item) for seq, item in enumerate(self.value["events"])]  # 12
        need(all(a["place"] < b["place"] for a, b in pairwise(self.events)), 176)
        self.rounds()  # 13
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
        before, roots = 0, {self.size: self.root}
        for note, proof in self.value["extends"]:
            size, root = self.trust.earlier(note, self.origin)
            need(before < size < self.size, 172)
            continued(size, self.size, proof, root, self.root)
            before, roots[size] = size, root
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
        need(position < log.events_size, 172)
        included(leaf(data), position, log.events_size, proof, log.events_root)
        height, time, index, digest = array(unpack(data, 65_535), 64, 4)
        whole(height, 64), whole(time, 64), whole(index, 64)
        need(blob(digest, 64, 32) == leaf(body), 172)
        self.places.append((f"entries of {log.plan}", position, height, time))
        plan, kind, content = entry(body)
        need(plan == log.plan, 176)
        return height, time, kind, content

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
        found: list[tuple[int, bytes]] = []
        before = -1
        for item in self.value["covenants"]:
            height, _, kind, body = self.entry_of(item, self.plan)
            need(kind == "plan" or item[0] > 0, 176)
            need(kind == "plan" and item[0] > before, 172)
            need(found or item[0] == 0, 171)
            need(not found, 176)
            before = item[0]
            try:
                body = keyed(body, "covenant version", 176)
                whole(body["version"], 176, 1, 1)
                self.rules = document(blob(body["covenant"], 176))
            except Refused as error:
                raise Refused(14 if error.code == "MC-014" else 176) from None
            found.append((height, sha(b"mutualchain/covenant/v1\n", body["covenant"])))
        need(found, 171)
        self.adopted, self.covenant = found[0]
        need((self.plan.covenant, self.plan.version) == (self.covenant, 1), 176)

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
        _, rows = sheet.rows_of(self.chain, item[-1])
        row, kind = rows[0], SPARSE[sheet.schema]
        need(row["slot"] == self.me["slot"], 172)
        need(row["seq"] == seq, 171)
        need(item[0] >= self.me["position"], 176)
        statement = [kind, row["slot"], seq]
        if kind in ("withdrawal", "exit"):
            statement += [row["amount"], row["reason"], row["reference"]] if kind == "withdrawal" else [row["reason"]]
            message = b"mutualchain/statement/v1\n" + pack([self.chain, self.plan.plan, statement])
            need(signed(self.me["key"], row["signature"], message), 176)
        said = {"kind": kind, "seq": seq, "height": height, "time_ms": time}
        said |= {"amount": row.get("amount", 0), "reason": row.get("reason", 0)}
        return {"said": said, "place": (item[0], item[-1][0]), **said}

    def rounds(self) -> None:
        shown, before = self.value["rounds"], self.value["before"]
        first = self.plan.numbers.get("charge/1", 0) - len(shown)
        need(first >= 0 and (len(before) == 1) == (first > 0), 171)
        self.mine: list[dict[str, Any]] = []
        self.before = self.round(before[0], first - 1, None, False) if before else None
        last = self.before
        for number, item in enumerate(shown, first):
            last = self.round(item, number, last, True)
            last["row"] = self.row_of(last["sheet"], item[-1], self.me["slot"])
            self.mine.append(last)

    def round(self, item: list[Any], number: int, last: dict[str, Any] | None, hers: bool) -> dict[str, Any]:
        height, time, sheet = self.sheet_of(item)
        need(sheet.schema == "charge/1" and sheet.number == number, 171)
        need(sha(b"mutualchain/params/v1\n", item[3]) == sheet.params, 172)
        terms = self.terms(item[3])
        need(terms["covenant"] == self.covenant and terms["number"] == number and terms["version"] == 1, 176)
        need(self.adopted <= terms["height"], 176)
        need((last["at"] if last else 0) <= terms["height"] < height, 176)
        need((last["terms"]["time"] if last else -1) < terms["time"] <= time, 176)
        need(sheet.first == 0 and (last["sheet"].rows if last else 1) <= sheet.rows <= self.plan.slots, 176)
        cases = len(terms["cases"])
        need(len(set(terms["cases"])) == cases and cases <= terms["aid"] <= cases * self.rules["max_aid"], 176)
        found = {"at": height, "time": time, "sheet": sheet, "terms": terms, **self.figures(sheet, terms)}
        if last is not None or number == 0:
            carried = (last["surplus_out"], last["deficit_out"]) if last else (0, 0)
            need((terms["surplus"], terms["deficit"]) == carried, 176)
        slot, batch = self.me["slot"], self.me["sheet"]
        inside = terms["height"] >= self.me["height"]
        need(inside == (sheet.rows > slot), 176)
        need(inside or not hers, 172)
        need(hers or not inside, 171)
        need(sheet.rows >= batch.first + batch.rows if inside else sheet.rows <= batch.first, 176)
        return found

    def terms(self, data: bytes) -> dict[str, Any]:
        """Section 7.4; whatever is wrong is the chain's fault."""
        try:
            terms = dict(zip(TERMS, array(unpack(data, 1 << 18), 97, 13), strict=True))
            for name in ("number", "height", "time", "aid", "fee", "surplus", "deficit", "top_up"):
                whole(terms[name], 97)
            whole(terms["version"], 97, 1), whole(terms["share"], 97, 0, U32), whole(terms["headcount"], 97, 1, U32)
            blob(terms["covenant"], 97, 32)
            for case in array(terms["cases"], 97):
                blob(case, 97, 32)
        except Refused:
            raise Refused(176) from None
        return terms

    def figures(self, sheet: Sheet, terms: dict[str, Any]) -> dict[str, int]:
        sharing, paid = sheet.totals
        fee, rest = divmod(terms["aid"] * self.rules["fee_bp"], 10_000)
        fee += 1 if rest and self.rules["fee_rounding"] == "up" else 0
        needed = terms["aid"] + fee + terms["deficit"] - terms["surplus"] - terms["top_up"]
        share = -(-max(needed, 0) // terms["headcount"])
        need((terms["headcount"], terms["fee"], terms["share"]) == (sharing, fee, share), 176)
        need(not self.rules["cap"] or share <= self.rules["cap"], 176)
        due = share * sharing
        need(paid <= due, 176)
        return {"shortfall": due - paid, "surplus_out": max(paid - needed, 0), "deficit_out": max(needed - paid, 0)}

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

    def live(self) -> dict[str, Any]:
        need(self.me["deposit"] >= self.rules["prepay"], 176)
        self.balance, self.exited, self.lived = self.me["deposit"], False, 0
        shared = set(self.before["terms"]["cases"]) if self.before else set()
        counted, rounds = 0, []
        for item in self.mine:
            terms, row = item["terms"], item["row"]
            need(shared.isdisjoint(terms["cases"]), 176)
            shared |= set(terms["cases"])
            self.apply_until(terms["height"], 0)
            need(row["events"] <= self.lived - counted, 171)
            need(row["events"] == self.lived - counted, 176)
            counted = self.lived
            need((row["status"], row["amount"]) == self.charge(terms["share"]), 176)
            self.apply_until(item["at"], row["amount"])
            self.balance -= row["amount"]
            rounds.append(self.round_said(item))
        self.apply_until(2**63, 0)
        return self.said(rounds)

    def charge(self, share: int) -> tuple[int, int]:
        if self.exited:
            return 5, 0
        if self.balance <= 0:
            return 4, 0
        return (1, self.balance) if self.balance < share else (0, share)

    def apply_until(self, height: int, due: int) -> None:
        for event in self.events[self.lived :]:
            if event["height"] > height:
                return
            self.lived += 1
            if event["kind"] == "withdrawal":
                need(1 <= event["amount"] <= self.balance - due, 176)
                self.balance -= event["amount"]
            if event["kind"] in ("credit", "exit"):
                need(not self.exited, 176)
            if event["kind"] == "credit":
                need(1 <= event["amount"] <= 2**40, 176)
                self.balance += event["amount"]
            self.exited |= event["kind"] == "exit"

    def round_said(self, item: dict[str, Any]) -> dict[str, Any]:
        terms, row = item["terms"], item["row"]
        said = {"number": terms["number"], "height": item["at"], "time_ms": item["time"], "amount": row["amount"]}
        said |= {"snapshot_time_ms": terms["time"], "status": STATUS[row["status"]], "events": row["events"]}
        said |= {"surplus_in": terms["surplus"], "cases": len(terms["cases"])}
        said |= {name: terms[name] for name in ("share", "headcount", "aid", "fee")}
        return said | {name: item[name] for name in ("surplus_out", "shortfall")}

    def said(self, rounds: list[dict[str, Any]]) -> dict[str, Any]:
        me, rules = self.me, self.rules
        said = {"origin": self.origin, "size": self.size, "root": self.root, "chain": self.chain}
        said |= {"plan": self.plan.plan, "slots": self.plan.slots, "slot": me["slot"], "public_key": me["key"]}
        said |= {name: rules[name] for name in ("title", "currency", "decimals")}
        said |= {name: me[name] for name in ("commitment", "deposit", "since_day")}
        said |= {"joined_height": me["height"], "joined_time_ms": me["time"]}
        said |= {"rounds": rounds, "events": [event["said"] for event in self.events]}
        said |= {"shared": sum(item["amount"] for item in rounds), "balance": self.balance, "exited": self.exited}
        said |= {"covered": self.balance > 0 and not self.exited}
        return said | {"as_of_ms": self.last.time, "head_height": self.last.height}

    def age(self, now: int | None, most: int | None) -> None:
        if now is not None:
            need(self.last.time <= now + 86_400_000, 173)
            oldest = min((1_000 * time for time in self.seen.values()), default=self.last.time)
            need(most is None or now - oldest <= most, 173)
