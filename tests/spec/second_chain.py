"""The second verifier's chain: SPEC.md sections 6, 7.6 and 13, on ``chain.json``."""

from __future__ import annotations

import hmac
import struct
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
    whole,
)
from tests.spec.second import (
    root_of as root,
)
from tests.spec.second_record import TERMS, document

I63 = 2**63 - 1


@dataclass
class Member:
    key: bytes
    balance: int
    seq: int = 0
    exited: bool = False
    events: list[int] = field(default_factory=list)  # the heights of her sparse rows


@dataclass
class PlanBook:
    name: str
    rules: dict[str, Any]
    covenant: bytes
    members: list[Member] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    sheets: list[bytes] = field(default_factory=list)
    entries: list[bytes] = field(default_factory=list)
    cases: dict[bytes, dict[str, Any]] = field(default_factory=dict)
    rounds: int = 0
    carried: tuple[int, int] = (0, 0)
    snapshot: tuple[int, int] = (-1, -1)
    open: dict[str, Any] | None = None

    def leaf(self) -> bytes:
        version = 0 if self.name == "" else 1
        numbers = [[schema, number] for schema, number in sorted(self.numbers.items())]
        logs = [len(self.sheets), root(self.sheets), len(self.entries), root(self.entries)]
        return leaf(pack([self.name, version, self.covenant, len(self.members), numbers, *logs]))


class Chain:
    """Follows a chain block by block. ``openings`` are the snapshots that later entries will name: looked up first."""

    def __init__(self, value: dict[str, Any], trust: Trust) -> None:
        self.blocks = [
            (bytes.fromhex(item["block"]), [bytes.fromhex(data) for data in item["entries"]], item["sheets"])
            for item in value["blocks"]
        ]
        self.identity = leaf(self.blocks[0][0])
        self.plans = {"": PlanBook("", {}, bytes(32))}
        self.times: list[int] = []
        self.captured: dict[tuple[str, int], list[tuple[int, bool]]] = {}
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
        for index, item in enumerate(entries):
            self.apply_entry(block, index, item)
        need(len(sheets) == len(block.sheets), 62)
        for sheet, stored in zip(block.sheets, sheets, strict=True):
            self.apply_sheet(block, sheet, stored)
        leaves = [self.plans[name].leaf() for name in sorted(self.plans)]
        need((len(leaves), root(leaves)) == (block.plan_count, block.plans_root), 64)
        for plan, snapshot, _ in self.windows:
            if snapshot == height:
                self.captured[plan, height] = [(m.balance, m.exited) for m in self.plans[plan].members]
        return block.hash

    def sign(self, block: Block, entries: list[Any]) -> None:
        if block.height == 0:
            need(len(entries) == 1 and entries[0][:2] == ("", "genesis") and not block.sheets, 65)
            self.keys = Keys(entries[0][2])
        changes = [item for item in entries if item[0] == "" and item[1].startswith("block_key")]
        recovery = any(kind == "block_key_recovery" for _, kind, _ in changes)
        block.check_signature(self.keys.recovery if recovery else self.keys.at(block.time))
        need(len(changes) <= 1 and not (recovery and (len(entries) > 1 or block.sheets)), 66)
        for _, kind, body in changes:
            self.keys.change(self.identity, block.time, kind, body)

    def apply_entry(self, block: Block, index: int, data: bytes) -> None:
        plan, kind, body = entry(data)
        if plan != "" and kind == "plan":
            need(plan not in self.plans, 100)
            body = keyed(body, "covenant version", 60)
            need(body["version"] == 1, 60)
            covenant = sha(b"mutualchain/covenant/v1\n", body["covenant"])
            self.plans[plan] = PlanBook(plan, document(blob(body["covenant"], 60)), covenant)
        need(plan in self.plans, 64)
        book = self.plans[plan]
        book.entries.append(leaf(pack([block.height, block.time, index, leaf(data)])))
        if plan != "" and kind != "plan":
            need(kind in ("case", "round", "payout"), 14)
            getattr(self, kind)(block, book, body, leaf(data))

    def case(self, block: Block, book: PlanBook, body: Any, digest: bytes) -> None:
        body = keyed(body, "aid file_hash slot", 60)
        blob(body["file_hash"], 60, 32)
        need(whole(body["slot"], 60) < len(book.members), 83)
        need(whole(body["aid"], 60, 1) <= book.rules["max_aid"], 101)
        need(digest not in book.cases, 94)
        book.cases[digest] = {"aid": body["aid"], "shared": False, "paid": 0}

    def payout(self, block: Block, book: PlanBook, body: Any, digest: bytes) -> None:
        body = keyed(body, "amount case payee reference", 60)
        need(body["payee"] in ("member", "hospital", "family"), 60)
        blob(body["reference"], 60, 32)
        case = book.cases.get(blob(body["case"], 60, 32))
        need(case is not None and case["shared"], 94)
        assert case is not None
        case["paid"] += whole(body["amount"], 60, 1)
        need(case["paid"] <= case["aid"], 95)

    def round(self, block: Block, book: PlanBook, body: Any, digest: bytes) -> None:
        need(book.open is None, 90)
        data = blob(keyed(body, "terms", 60)["terms"], 60)
        terms = dict(zip(TERMS, array(unpack(data, 1 << 18), 97, 13), strict=True))
        height, time = terms["height"], terms["time"]
        need(book.snapshot[0] < height < block.height and book.snapshot[1] < time, 99)
        need(self.times[height] < time <= self.times[height + 1], 99)
        cases = [book.cases.get(case) for case in terms["cases"]]
        need(len(set(terms["cases"])) == len(cases) and all(case and not case["shared"] for case in cases), 94)
        need(cases or book.carried[1], 94)
        state = self.captured[book.name, height]
        headcount = sum(balance > 0 and not exited for balance, exited in state)
        need(headcount > 0, 93)
        aid = sum(case["aid"] for case in cases if case)
        fee, rest = divmod(aid * book.rules["fee_bp"], 10_000)
        fee += 1 if rest and book.rules["fee_rounding"] == "up" else 0
        surplus, deficit = book.carried
        share = -(-max(aid + fee + deficit - surplus - terms["top_up"], 0) // headcount)
        need(not book.rules["cap"] or share <= book.rules["cap"], 92)
        wanted = [book.rounds, height, time, 1, book.covenant, share, headcount, aid, fee, surplus, deficit]
        need(data == pack([*wanted, terms["top_up"], terms["cases"]]), 97)
        book.open = {"data": data, "state": state, "before": book.snapshot[0], **terms}
        book.snapshot = height, time

    def apply_sheet(self, block: Block, sheet: Sheet, stored: Any) -> None:
        need(sheet.plan in self.plans and sheet.plan != "", 64)
        book = self.plans[sheet.plan]
        need(sheet.number == book.numbers.get(sheet.schema, 0), 64)
        need(sheet.first == (len(book.members) if sheet.schema == "enrolment/1" else 0), 64)
        book.numbers[sheet.schema] = sheet.number + 1
        totals = [
            sheet.schema,
            sheet.plan,
            sheet.number,
            sheet.first,
            sheet.rows,
            sheet.totals,
            sheet.root,
            sheet.params,
        ]
        book.sheets.append(leaf(pack([block.height, block.time, totals])))
        need(sha(b"mutualchain/params/v1\n", bytes.fromhex(stored["params"])) == sheet.params, 97)
        rows = self.rows(sheet, stored)
        if sheet.schema == "charge/1":
            return self.charge(book, sheet, rows, bytes.fromhex(stored["params"]))
        for row in rows:
            self.apply_row(block.height, book, sheet.schema, row)
        return None

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

    def charge(self, book: PlanBook, sheet: Sheet, rows: list[dict[str, Any]], params: bytes) -> None:
        need(book.open is not None, 91)
        opened, book.open = book.open, None
        assert opened is not None
        need(params == opened["data"] and sheet.rows == len(opened["state"]), 97)
        for member, row, (balance, exited) in zip(book.members, rows, opened["state"], strict=False):
            wanted = (0, opened["share"])
            if exited or balance <= 0:
                wanted = (5 if exited else 4, 0)
            elif balance < opened["share"]:
                wanted = (1, balance)
            events = sum(opened["before"] < height <= opened["height"] for height in member.events)
            need((row["status"], row["amount"], row["events"]) == (*wanted, events), 98)
            member.balance -= row["amount"]
        need(opened["headcount"] == sheet.totals[0], 97)
        net = sheet.totals[1] + opened["surplus"] + opened["top_up"] - opened["aid"] - opened["fee"] - opened["deficit"]
        book.carried, book.rounds = (max(net, 0), max(-net, 0)), book.rounds + 1
        for case in opened["cases"]:
            book.cases[case]["shared"] = True

    def apply_row(self, height: int, book: PlanBook, schema: str, row: dict[str, Any]) -> None:
        if schema == "enrolment/1":
            need(row["deposit"] >= book.rules["prepay"], 85)
            need(good_point(row["key"]), 102)
            need(all(member.key != row["key"] for member in book.members), 84)
            book.members.append(Member(row["key"], row["deposit"]))
            return
        need(schema != "ballot/1", 14)
        need(row["slot"] < len(book.members), 83)
        member = book.members[row["slot"]]
        need(row["seq"] == member.seq, 87)
        window = next((s for plan, s, opening in self.windows if plan == book.name and s < height < opening), None)
        since = book.snapshot[0]  # what a snapshot counted still counts until its round is announced
        need(sum(at > since for at in member.events) < 255, 96)
        member.seq += 1
        member.events.append(height)
        statement = [schema.split("/")[0], row["slot"], row["seq"]]
        if schema == "credit/1":
            need(not member.exited, 89)
            member.balance += row["amount"]
            need(1 <= row["amount"] <= 2**40 and member.balance <= 2**53 - 1, 103)
        elif schema == "withdrawal/1":
            need(1 <= row["amount"] <= member.balance - self.reserved(book, row["slot"], window), 86)
            member.balance -= row["amount"]
            self.statement(book, member, [*statement, row["amount"], row["reason"], row["reference"]], row)
        elif schema == "exit/1":
            need(not member.exited, 89)
            member.exited = True
            self.statement(book, member, [*statement, row["reason"]], row)

    def reserved(self, book: PlanBook, slot: int, window: int | None) -> int:
        state = book.open["state"] if book.open else self.captured[book.name, window] if window is not None else []
        if slot >= len(state) or state[slot][1]:
            return 0
        most = book.open["share"] if book.open else book.rules["cap"] or I63
        return int(min(max(state[slot][0], 0), most))

    def statement(self, book: PlanBook, member: Member, statement: list[Any], row: dict[str, Any]) -> None:
        message = b"mutualchain/statement/v1\n" + pack([self.identity, book.name, statement])
        need(signed(member.key, row["signature"], message), 88)
