"""The second verifier's chain: SPEC.md sections 6, 7.7 and 13, on ``chain.json``.

What a member's record shows as well is judged by the record's own code, whose every refusal is MC-176.
"""

from __future__ import annotations

import hmac
import struct
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.spec.second import (
    Block,
    Keys,
    Sheet,
    Trust,
    array,
    blob,
    entry,
    good_point,
    keyed,
    leaf,
    need,
    pack,
    sha,
    signed,
    totals_of,
    unpack,
)
from tests.spec.second import (
    root_of as root,
)
from tests.spec.second_covenant import Clock, Rules, document, figures, part_of
from tests.spec.second_life import DAY_MS, HerKeys, Money, refund_terms, typed
from tests.spec.second_record import FIXED, TERMS
from tests.spec.second_steps import Case, Registry, Steps

CHAIN_KINDS = ("institution", "institution_revoked", "institution_key")
LASTING = ("treasury", "handover", "rekey", "rekey_objection", "erasure")
DUE = ("requests", "unshared", "aid", "advances", "refunds", "shares", "operator")
PLAN_KINDS = ("plan", "amendment", "round", "closing", "closing_statement")


@dataclass
class Member:
    key: bytes
    money: Money
    keys: HerKeys
    seq: int = 0
    back: int = 0
    events: list[int] = field(default_factory=list)  # the heights of her sparse rows

    @property
    def balance(self) -> int:
        return self.money.balance


@dataclass
class Closing:
    """A plan being wound down; ``opened`` rounds since, ``returned`` rounds given back."""

    name: bytes
    rules: Rules
    until: int
    opened: int = 0
    returned: int = 0
    ended: bool = False


@dataclass
class PlanBook:
    name: str
    chain: bytes
    registry: Registry
    versions: list[tuple[int, int, Rules]] = field(default_factory=list)  # height, from this time, rules
    hashes: list[bytes] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    sheets: list[bytes] = field(default_factory=list)
    entries: list[bytes] = field(default_factory=list)
    rounds: list[dict[str, Any]] = field(default_factory=list)
    net: int = 0
    pot: int = 0
    given_back: int = 0
    snapshot: tuple[int, int] = (-1, -1)
    open: dict[str, Any] | None = None
    settled: int = 0
    closing: Closing | None = None
    stated: dict[str, int] = field(default_factory=dict)
    sums: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.steps = Steps(self, self.registry)

    def leaf(self) -> bytes:
        covenant = self.hashes[-1] if self.hashes else bytes(32)
        numbers = [[schema, number] for schema, number in sorted(self.numbers.items())]
        logs = [len(self.sheets), root(self.sheets), len(self.entries), root(self.entries)]
        return leaf(pack([self.name, len(self.hashes), covenant, len(self.members), numbers, *logs]))

    def at(self, time: int) -> int:
        """The index of the version in force."""
        found = [at for at, (_, since, _) in enumerate(self.versions) if since <= time]
        return found[-1] if found else 0

    def rules(self, time: int) -> Rules:
        return self.versions[self.at(time)][2]

    def version(self, number: int, time: int) -> Rules:
        """The version that a request names."""
        now = self.at(time) + 1
        mode = self.rules(time)["amendments"]["transition"]
        need(number == now if mode == "request" else number <= now, 328)
        return self.versions[number - 1][2]

    def covered(self, slot: int, time: int) -> bool:
        need(slot < len(self.members), 83)
        return self.members[slot].money.row(self.rules(time), 0, time, False) == (0, 0)

    def announces(self, name: bytes) -> bool:
        return self.open is not None and name in [case for case, _ in self.open["cases"]]

    def release(self, case: Case) -> None:
        if case.state == "void" and case.round is not None and not case.released:
            case.released = True
            self.pot += case.aid - case.paid - case.repaid + case.fee
            self.sums["fees"] -= case.fee

    def restitute(self, slot: int, amount: int) -> None:
        need(self.open is None, 90)
        member = self.members[slot]
        paid = sum(done["paid"][slot] for done in self.rounds if slot < len(done["paid"]))
        need(amount == paid - member.back, 101)
        member.money.balance += amount
        member.money.ended = True
        self.net -= amount
        self.given_back += amount
        self.sums["refunds"] += amount

    def left_of(self, number: int) -> int:
        """Aid and fee of a round less those of its cases that were refunded."""
        cases = [c for c in self.steps.cases.values() if c.round == number and c.refunded]
        return int(self.rounds[number]["aid"] + self.rounds[number]["fee"] - sum(c.aid + c.fee for c in cases))

    def holding(self) -> int:
        sums = self.sums
        came = (
            sums["deposits"] + sums["credits"] + sums["arrears"] + sums["collected"] + sums["funds"] + sums["top_ups"]
        )
        return came - sums["corrections"] - sums["withdrawals"] - sums["payouts"] - sums["fees"]

    def statement(self, time: int) -> dict[str, int]:
        """Section 7.7: the figures of a closing statement."""
        cases, net = list(self.steps.cases.values()), self.pot + self.net
        balances = [member.balance for member in self.members]
        shared = [c for c in cases if c.round is not None]
        owing = [c for c in shared if not c.released]
        void = [c for c in shared if c.state == "void" and not c.refunded]
        returned = (
            self.closing.returned if self.closing and self.closing.rules["refund"] == "shares" else len(self.rounds)
        )
        return {
            "members": sum(member.money.left is None and not member.money.ended for member in self.members),
            "balances": sum(balance for balance in balances if balance > 0),
            "owed": -sum(balance for balance in balances if balance < 0),
            "aid": sum(c.aid - c.paid - c.repaid for c in owing),
            "surplus": max(net, 0),
            "operator": max(-net, 0),
            "holding": self.holding(),
            "requests": sum(c.asked for c in cases if c.state in ("requested", "disclosed")),
            "unshared": sum(c.aid for c in cases if c.state == "approved" and c.round is None),
            "refunds": sum(c.aid + c.fee for c in void) if self.rules(time)["refunds"]["void"] == "shares" else 0,
            "shares": sum(self.left_of(number) for number in range(returned, len(self.rounds))),
            "advances": sum(c.advanced - c.repaid for c in owing),
            "arrears": sum(member.money.owed for member in self.members),
            "given": self.sums["funds"] + self.sums["top_ups"],
        }

    def check_sums(self) -> None:
        """Section 7.7, at the end."""
        sums, balances = self.sums, sum(member.balance for member in self.members)
        came = sums["deposits"] + sums["credits"] - sums["corrections"] - sums["withdrawals"]
        need(balances == came + sums["refunds"] - sums["charges"], 97)
        cases = self.steps.cases.values()
        unpaid = sum(c.aid - c.paid - c.repaid for c in cases if c.round is not None and not c.released)
        need(self.holding() == balances + self.pot + self.net + unpaid + (self.open["top_up"] if self.open else 0), 97)


class Chain:
    """Follows a chain block by block. ``windows`` are the snapshots that later entries will name: looked up first."""

    def __init__(self, value: dict[str, Any], trust: Trust) -> None:
        self.blocks = [
            (bytes.fromhex(item["block"]), [bytes.fromhex(data) for data in item["entries"]], item["sheets"])
            for item in value["blocks"]
        ]
        self.identity = leaf(self.blocks[0][0])
        self.registry = Registry()
        self.plans = {"": PlanBook("", self.identity, self.registry)}
        self.times: list[int] = []
        self.captured: dict[tuple[str, int], tuple[list[Money], int]] = {}
        self.windows = [*self.openings()]
        hashes = [self.follow(height, *item) for height, item in enumerate(self.blocks)]
        _, size, checkpoint_root, _ = trust.open(value["checkpoint"].encode())
        need(size == len(hashes) and root(hashes) == checkpoint_root, 20)

    def openings(self) -> Any:
        """(plan, height of the snapshot, height of the announcement)."""
        for height, (_, entries, _) in enumerate(self.blocks):
            for plan, kind, body in map(entry, entries):
                if kind == "round":
                    yield plan, unpack(body["terms"], 1 << 18)[1], height

    def follow(self, height: int, data: bytes, entries: list[bytes], sheets: list[Any]) -> bytes:
        block = Block(data)
        need(block.height == height and block.chain == (self.identity if height else bytes(32)), 67)
        need(block.previous == (leaf(self.blocks[height - 1][0]) if height else bytes(32)), 67)
        need(not height or block.time >= self.times[-1], 67)
        self.times.append(block.time)
        need((len(entries), root([leaf(item) for item in entries])) == (block.entry_count, block.entries_root), 62)
        self.sign(block, [entry(item) for item in entries])
        self.noticed: Counter[tuple[str, int, bytes]] = Counter()
        for index, item in enumerate(entries):
            self.apply_entry(block, index, item)
        need(len(sheets) == len(block.sheets), 62)
        for sheet, stored in zip(block.sheets, sheets, strict=True):
            self.apply_sheet(block, sheet, stored)
        need(not any(self.noticed.values()), 338)
        leaves = [self.plans[name].leaf() for name in sorted(self.plans)]
        need((len(leaves), root(leaves)) == (block.plan_count, block.plans_root), 64)
        for plan, snapshot, _ in self.windows:
            if snapshot == height:
                book = self.plans[plan]
                self.captured[plan, height] = [member.money.frozen() for member in book.members], book.pot
        for book in self.plans.values():
            book.check_sums()
        return block.hash

    def sign(self, block: Block, entries: list[Any]) -> None:
        if block.height == 0:
            need(len(entries) == 1 and entries[0][:2] == ("", "genesis") and not block.sheets, 65)
            self.keys = Keys(entries[0][2])
            self.registry.used |= {entries[0][2]["block_key"], entries[0][2]["recovery_key"]}
        changes = [item for item in entries if item[0] == "" and item[1].startswith("block_key")]
        recovery = any(kind == "block_key_recovery" for _, kind, _ in changes)
        block.check_signature(self.keys.recovery if recovery else self.keys.at(block.time))
        need(len(changes) <= 1 and not (recovery and (len(entries) > 1 or block.sheets)), 66)
        for _, kind, body in changes:
            self.keys.change(self.identity, block.time, kind, body)
            need(body["new_key"] not in self.registry.used, 323)
            self.registry.used.add(body["new_key"])

    # --- entries ----------------------------------------------------------------------------

    def apply_entry(self, block: Block, index: int, data: bytes) -> None:
        plan, kind, body = entry(data)
        if plan != "" and kind == "plan":
            need(plan not in self.plans, 100)
            self.plans[plan] = PlanBook(plan, self.identity, self.registry)
        need(plan in self.plans, 64)
        book, digest = self.plans[plan], leaf(data)
        book.entries.append(leaf(pack([block.height, block.time, index, digest])))
        if plan == "":
            if kind in CHAIN_KINDS:
                self.registry.apply(self.identity, kind, typed(kind, body))
            else:
                need(kind in ("genesis", "block_key", "block_key_recovery", "anchor"), 14)
            return
        if book.closing is not None:
            need(not book.closing.ended or kind in LASTING, 360)
            need(kind not in ("amendment", "proposal"), 360)
            need(kind not in ("request", "case") or block.time < book.closing.until, 360)
        if kind in PLAN_KINDS:
            getattr(self, kind)(block, book, body if kind == "round" else typed(kind, body), digest)
            return
        place = block.height, len(book.entries) - 1
        slot = book.steps.apply(kind, typed(kind, body), digest, place, block.time)
        if slot is not None:
            self.noticed[plan, slot, digest] += 1

    def plan(self, block: Block, book: PlanBook, body: Any, digest: bytes) -> None:
        need(not book.versions, 100)
        self.put_version(book, body["covenant"], block.height, block.time)

    def put_version(self, book: PlanBook, data: bytes, height: int, since: int) -> None:
        book.versions.append((height, since, document(blob(data, 60))))
        book.hashes.append(sha(b"mutualchain/covenant/v1\n", data))

    def amendment(self, block: Block, book: PlanBook, body: Any, digest: bytes) -> None:
        present, rules = book.rules(block.time), document(body["covenant"])
        need(body["version"] == len(book.versions) + 1, 307)
        notice = block.time + present["amendments"]["notice_days"] * DAY_MS
        need(body["effective_ms"] >= max(notice, book.versions[-1][1]), 307)
        for path in FIXED:
            one, other = rules, book.versions[-1][2]
            for step in path:
                one, other = one[step], other[step]
            need(one == other, 307)
        if present["amendments"]["vote"]:
            proposal = book.steps.proposals.get(body["proposal"], {})
            need(proposal.get("covenant") == body["covenant"] and book.steps.passed(body["proposal"], present), 307)
        else:
            need(not body["proposal"], 307)
        self.put_version(book, body["covenant"], block.height, body["effective_ms"])

    def closing(self, block: Block, book: PlanBook, body: Any, digest: bytes) -> None:
        need(book.closing is None, 361)
        rules = book.rules(block.time)["closing"]
        book.closing = Closing(digest, rules, block.time + rules["request_days"] * DAY_MS)

    def closing_statement(self, block: Block, book: PlanBook, body: Any, digest: bytes) -> None:
        need(book.closing is not None, 361)
        assert book.closing is not None
        need(block.time >= book.closing.until and book.open is None, 361)
        if book.rules(block.time)["calendar"]["kind"] == "event":
            need(not any(case.owed() for case in book.steps.cases.values()), 361)
        figures = book.statement(block.time)
        need(not any(figures[name] for name in DUE), 361)
        held, owing = figures["holding"] + figures["owed"], figures["balances"] + figures["surplus"]
        need(held == owing, 361)
        need(body["statement"] == pack(figures), 362)
        book.closing.ended = True

    def round(self, block: Block, book: PlanBook, body: Any, digest: bytes) -> None:
        need(book.open is None, 90)
        data = blob(keyed(body, "terms", 60)["terms"], 60)
        terms = dict(zip(TERMS, array(unpack(data, 1 << 18), 97, 15), strict=True))
        height, time = terms["height"], terms["time"]
        need(book.snapshot[0] < height < block.height and book.snapshot[1] < time, 99)
        need(self.times[height] < time <= self.times[height + 1], 99)
        rules, clock = book.rules(time), Clock(book.rules(time))
        monthly = rules["calendar"]["kind"] == "monthly"
        if monthly:
            need(clock.is_disclosure(time) and book.settled < time and block.time < clock.disclosure(time), 301)
        cases = [book.steps.cases.get(case) for case, _ in terms["cases"]]
        need(len({case for case, _ in terms["cases"]}) == len(cases) and (cases or book.net < 0), 94)
        for case, (_, aid) in zip(cases, terms["cases"], strict=True):
            need(case is not None and case.state == "approved" and case.round is None and case.aid == aid, 94)
        state, pot = self.captured[book.name, height]
        hers = {case.slot for case in cases if case} if not rules["sharing"]["recipient_shares"] else set()
        paying = [money.row(rules, 1, time, slot in hers)[0] <= 2 for slot, money in enumerate(state)]
        headcount = sum(paying)
        need(headcount > 0 and headcount >= rules["membership"]["smallest"], 300)
        previous = rules["sharing"]["divisor"] == "previous_headcount" and book.rounds
        divisor = book.rounds[-1]["headcount"] if previous else headcount
        aids, surplus, deficit = [aid for _, aid in terms["cases"]], max(book.net, 0), max(-book.net, 0)
        borne = book.closing is not None and book.closing.opened < book.closing.rules["borne_rounds"]
        fee, share, least = figures(rules, aids, divisor, surplus, deficit, terms["top_up"], borne)
        need(terms["top_up"] >= max(least, pot), 97)
        wanted = [len(book.rounds), height, time, book.at(time) + 1, book.hashes[book.at(time)]]
        wanted += [share, headcount, divisor, sum(aids), fee, surplus, deficit, terms["top_up"], book.given_back]
        wanted += [terms["cases"]]
        need(data == pack(wanted), 97)
        rows = [money.row(rules, share, time, slot in hers) for slot, money in enumerate(state)]
        for member, money, row in zip(book.members, state, rows, strict=False):
            member.money.ended |= money.ends(rules, time, row)
        due = clock.deduction(time if monthly else block.time)
        book.open = {"data": data, "rows": rows, "rules": rules, "due": due, "before": book.snapshot[0], **terms}
        book.pot -= pot
        book.sums["top_ups"] += terms["top_up"] - pot
        book.snapshot, book.given_back = (height, time), 0
        if book.closing is not None:
            book.closing.opened += 1

    # --- sheets -----------------------------------------------------------------------------

    def apply_sheet(self, block: Block, sheet: Sheet, stored: Any) -> None:
        need(sheet.plan in self.plans and sheet.plan != "", 64)
        book = self.plans[sheet.plan]
        need(sheet.number == book.numbers.get(sheet.schema, 0), 64)
        need(sheet.first == (len(book.members) if sheet.schema == "enrolment/1" else 0), 64)
        book.numbers[sheet.schema] = sheet.number + 1
        identity = [sheet.schema, sheet.plan, sheet.number, sheet.first, sheet.rows]
        value = [*identity, sheet.totals, sheet.root, sheet.params]
        book.sheets.append(leaf(pack([block.height, block.time, value])))
        params = bytes.fromhex(stored["params"])
        need(sha(b"mutualchain/params/v1\n", params) == sheet.params, 97)
        rows = self.rows(sheet, stored)
        if sheet.schema == "charge/1":
            self.charge(block, book, sheet, rows, params)
        elif sheet.schema == "refund/1":
            self.refund(block, book, sheet, rows, params)
        else:
            for row in rows:
                self.apply_row(block, book, sheet.schema, row, params)

    def rows(self, sheet: Sheet, stored: Any) -> list[dict[str, Any]]:
        """Sections 3.3 to 3.5: every row of a sheet whose root and totals are the descriptor's."""
        pages = [bytes.fromhex(page) for page in stored["pages"]]
        need(len(pages) == sheet.pages, 41)
        identity = [self.identity, sheet.plan, sheet.schema, sheet.number, sheet.first, sheet.page_rows, sheet.params]
        ctx, rows, nodes = sha(b"mutualchain/sheet/v1\n", pack(identity)), [], []
        for index, page in enumerate(pages):
            count, salt = sheet.row_count(index, index + 1), b""
            if sheet.sealed:
                extracted = hmac.digest(bytes(32), bytes.fromhex(stored["secret"]), "sha256")
                info = b"mutualchain/salt/v1\n" + ctx + struct.pack("<Q", index)
                salt = hmac.digest(extracted, info + b"\x01", "sha256")
            found = sheet.parse_page(page, count)
            rows += found
            digest = sha(b"\x10", ctx, struct.pack("<QH", index, count), salt, page)
            nodes.append((totals_of(sheet.schema, found), digest))
        level = 0
        while len(nodes) > 1:
            level += 1
            paired = [self.join(sheet, level, *nodes[at : at + 2]) for at in range(0, len(nodes) - 1, 2)]
            nodes = paired + nodes[2 * len(paired) :]
        totals, digest = nodes[0]
        top = sha(b"\x12", ctx, struct.pack("<QB", sheet.rows, sheet.m), sheet.record(totals, digest))
        need(totals == sheet.totals and top == sheet.root, 42)
        return rows

    def join(self, sheet: Sheet, level: int, left: Any, right: Any) -> tuple[list[int], bytes]:
        digest = sha(b"\x11", bytes([level, sheet.m]), sheet.record(*left), sheet.record(*right))
        return [one + other for one, other in zip(left[0], right[0], strict=True)], digest

    def charge(self, block: Block, book: PlanBook, sheet: Sheet, rows: list[dict[str, Any]], params: bytes) -> None:
        need(book.open is not None, 91)
        opened, book.open = book.open, None
        assert opened is not None
        need(params == opened["data"] and sheet.rows == len(opened["rows"]), 97)
        need(block.time >= opened["due"], 301)
        rules, mandate = opened["rules"], opened["rules"]["sharing"]["funding"] == "mandate"
        for member, row, wanted in zip(book.members, rows, opened["rows"], strict=False):
            found = row["status"], row["amount"]
            need(found == wanted or (mandate and wanted[1] > 0 and found == (1, 0)), 98)
            need(row["events"] == sum(opened["before"] < at <= opened["height"] for at in member.events), 98)
            member.money.charge(rules, opened["time"], wanted[1], found, block.height, block.time)
        need(opened["headcount"] == sheet.totals[0], 97)
        net = sheet.totals[1] + opened["surplus"] + opened["top_up"] - opened["aid"] - opened["fee"] - opened["deficit"]
        book.net += net - (opened["surplus"] - opened["deficit"])
        book.sums["collected" if mandate else "charges"] += sheet.totals[1]
        book.sums["fees"] += opened["fee"]
        aids = [aid for _, aid in opened["cases"]]
        for at, (name, aid) in enumerate(opened["cases"]):
            case = book.steps.cases[name]
            case.round, case.fee = len(book.rounds), part_of(rules, aids, at) - aid
        book.rounds.append({**opened, "paid": [row["amount"] for row in rows]})
        book.settled = block.time
        for name, _ in opened["cases"]:
            book.release(book.steps.cases[name])

    def refund(self, block: Block, book: PlanBook, sheet: Sheet, rows: list[dict[str, Any]], params: bytes) -> None:
        name, number, numerator, denominator = refund_terms(params)
        need(number < len(book.rounds), 304)
        done, case, closing = book.rounds[number], book.steps.cases.get(name), book.closing
        if closing is not None and name == closing.name:
            need(closing.rules["refund"] == "shares" and block.time >= closing.until, 304)
            need(number == closing.returned, 304)
            need((numerator, denominator) == (book.left_of(number), max(done["aid"] + done["fee"], 1)), 304)
            closing.returned += 1
        else:
            need(case is not None and case.state == "void" and case.round == number and not case.refunded, 304)
            need(book.rules(block.time)["refunds"]["void"] == "shares", 304)
            assert case is not None
            need((numerator, denominator) == (case.aid + case.fee, done["aid"] + done["fee"]), 304)
            case.refunded = True
        need(sheet.rows == len(done["paid"]), 304)
        gone = {case.slot for case in book.steps.cases.values() if case.given_back}
        for slot, (member, row, paid) in enumerate(zip(book.members, rows, done["paid"], strict=False)):
            need(row["amount"] == (0 if slot in gone else paid * numerator // denominator), 98)
            member.money.balance += row["amount"]
            member.back += row["amount"]
        book.net -= sheet.totals[1]
        book.sums["refunds"] += sheet.totals[1]

    def apply_row(self, block: Block, book: PlanBook, schema: str, row: dict[str, Any], params: bytes) -> None:
        rules = book.rules(block.time)
        if schema == "enrolment/1":
            need(row["deposit"] >= rules["membership"]["prepay"], 85)
            need(book.closing is None, 360)
            need(good_point(row["key"]), 102)
            same = [member for member in book.members if member.key == row["key"]]
            back = rules["membership"]["rejoin"] == "new_slot"
            need(not same or (back and (same[-1].money.left is not None or same[-1].money.ended)), 84)
            need(row["key"] not in book.steps.new_keys, 84)
            money = Money(row["deposit"], Clock(rules).day_of(block.time), book.versions)
            book.members.append(Member(row["key"], money, HerKeys(row["key"])))
            book.sums["deposits"] += row["deposit"]
            return
        need(row["slot"] < len(book.members), 83)
        member = book.members[row["slot"]]
        need(row["seq"] == member.seq, 87)
        since = book.snapshot[0]  # what a snapshot counted still counts until its round is announced
        need(sum(at > since for at in member.events) < 255, 96)
        member.seq += 1
        member.events.append(block.height)
        self.apply_event(block, book, member, schema.split("/")[0], row, params)

    def apply_event(
        self, block: Block, book: PlanBook, member: Member, kind: str, row: dict[str, Any], params: bytes
    ) -> None:
        money, slot, due = member.money, row["slot"], self.reserved(book, row["slot"], block.height)
        statement = [kind, slot, row["seq"]]
        if kind == "credit":
            before = money.owed
            money.credit(row["seq"], row["amount"], row["reason"], block.time)
            need(money.balance <= 2**53 - 1, 103)
            arrears = before - money.owed
            book.pot += arrears
            book.sums.update(arrears=arrears, credits=row["amount"] - arrears)
        elif kind == "withdrawal":
            money.withdraw(row["amount"], due)
            book.sums["withdrawals"] += row["amount"]
            self.statement(block, book, member, [*statement, row["amount"], row["reason"], row["reference"]], row)
        elif kind == "correction":
            money.correct(row["amount"], row["corrects"], due, block.time)
            book.sums["corrections"] += row["amount"]
        elif kind == "exit":
            money.exit(block.time)
            self.statement(block, book, member, [*statement, row["reason"]], row)
        elif kind == "notice":
            self.noticed[book.name, slot, row["entry"]] -= 1
        else:
            (subject,) = array(unpack(params, 1 << 18), 330, 1)
            book.steps.ballot(blob(subject, 330, 32), slot, row["vote"], block.time)
            self.statement(block, book, member, ["ballot", subject, slot, row["seq"], row["vote"]], row)

    def reserved(self, book: PlanBook, slot: int, height: int) -> int:
        if book.open is not None:
            mandate = book.open["rules"]["sharing"]["funding"] == "mandate"
            return 0 if mandate or slot >= len(book.open["rows"]) else int(book.open["rows"][slot][1])
        window = next((s for plan, s, opening in self.windows if plan == book.name and s < height < opening), None)
        if window is None:
            return 0
        state, _ = self.captured[book.name, window]
        rules = book.rules(self.times[window + 1])
        if slot >= len(state) or state[slot].row(rules, 1, self.times[window + 1], False)[0] in (5, 6):
            return 0
        most = rules["sharing"]["cap_round"] or 2**63
        return min(max(state[slot].balance, 0), most)

    def statement(self, block: Block, book: PlanBook, member: Member, said: list[Any], row: dict[str, Any]) -> None:
        message = b"mutualchain/statement/v1\n" + pack([self.identity, book.name, said])
        need(signed(member.keys.at(block.height, block.time), row["signature"], message), 88)
