"""A second verifier of evidence, written from SPEC.md section 17: nothing of ``mutualchain`` is imported."""

from __future__ import annotations

import re
from typing import Any

from tests.spec import second_disclosure, second_record
from tests.spec.second import (
    I63,
    Block,
    Key,
    Plan,
    Refused,
    Trust,
    array,
    base64_of,
    blob,
    continued,
    entry,
    included,
    leaf,
    named,
    need,
    root_of,
    sha,
    split_note,
    text,
    unframe,
    whole,
)

Conviction = tuple[str, list[str]]


class Statement:
    """What a note says, and who of the trust file has signed it."""

    def __init__(self, data: bytes, trust: Trust) -> None:
        note, lines = split_note(data)
        parts = note[:-1].split("\n")
        need(len(parts) >= 3 and all(parts) and len(parts[0].encode()) <= 255, 25)
        need(re.fullmatch("0|[1-9][0-9]{0,18}", parts[1]) and int(parts[1]) <= I63, 25)
        self.origin, self.size, self.root = parts[0], int(parts[1]), base64_of(parts[2], 25)
        need(len(self.root) == 32 and (self.size > 0 or self.root == sha()), 25)
        logs = [log for log in trust.logs if log.name == self.origin]
        self.by_operator = any(signs(log, note, lines) for log in logs)
        self.parties = [self.origin] * self.by_operator
        self.parties += [key.name for key in trust.witnesses.values() if signs(key, note, lines)]
        need(self.parties, 23)


def signs(key: Key, note: str, lines: list[tuple[str, bytes, bytes]]) -> bool:
    for name, key_id, signature in lines:
        if (name, key_id) == (key.name, key.id):
            try:
                key.check(note, signature)
                return True
            except Refused:
                continue
    return False


def proof_of(value: Any, most: int) -> list[bytes]:
    return [blob(item, 280, 32) for item in array(value, 280, most=most)]


def consistent(old: int, new: int, proof: list[bytes], old_root: bytes, new_root: bytes) -> None:
    """Section 1.3, for any two sizes."""
    need(old <= new and (old > 0 or old_root == sha()) and (new > 0 or new_root == sha()), 20)
    if old in (0, new):
        need(not proof and (old == 0 or old_root == new_root), 20)
    else:
        continued(old, new, proof, old_root, new_root)


def evidence(data: bytes, trust: Trust, trust_file: bytes) -> Conviction:
    """The finding, and who is convicted. Raises Refused."""
    value = array(unframe("evidence", data, 12 << 20), 280)
    need(value and type(value[0]) is int and value[0] == 1 and len(value) > 1, 14)
    need(value[1] in ("split", "chain", "record", "disclosure"), 14)
    if value[1] == "split":
        _, _, first, second, proof = array(value, 280, 5)
        return split(blob(first, 280, most=1 << 20), blob(second, 280, most=1 << 20), proof, trust)
    if value[1] == "chain":
        return broken(array(value, 280, 6)[2:], trust)
    file = blob(array(value, 280, 3)[2], 280, most=8 << 20)
    return of_file(value[1], file, trust, trust_file)


# --- a split ------------------------------------------------------------------------------------


def split(one: bytes, two: bytes, proof: Any, trust: Trust) -> Conviction:
    kind = parsed_proof(proof)
    first, second = Statement(one, trust), Statement(two, trust)
    need(first.origin == second.origin, 281)
    m, n = first.size, second.size
    if kind == "size":
        need(m == n and first.root != second.root, 281)
    elif kind == "prefix":
        _, root, path = proof
        need(0 < m < n, 281)
        consistent(m, n, path, root, second.root)
        need(root != first.root, 281)
    elif kind == "prefixes":
        _, size, (root, path), (other, other_path) = proof
        for here, given, way in ((first, root, path), (second, other, other_path)):
            need(0 < size < here.size, 281)
            consistent(size, here.size, way, given, here.root)
        need(root != other, 281)
    else:
        _, height, (block, path), (other, other_path) = proof
        included(leaf(block), height, m, path, first.root)
        included(leaf(other), height, n, other_path, second.root)
        need(block != other, 281)
    both = [party for party in first.parties if party in second.parties]
    need(both, 282)
    return kind, both


def parsed_proof(value: Any) -> str:
    items = array(value, 280)
    kind = items[0] if items else None
    need(kind in ("size", "prefix", "prefixes", "block"), 14)
    array(value, 280, {"size": 1, "prefix": 3, "prefixes": 4, "block": 4}[str(kind)])
    if kind == "prefix":
        blob(items[1], 280, 32)
        proof_of(items[2], 64)
    elif kind == "prefixes":
        whole(items[1], 280)
        for side in items[2:]:
            root, path = array(side, 280, 2)
            blob(root, 280, 32)
            proof_of(path, 64)
    elif kind == "block":
        whole(items[1], 280)
        for side in items[2:]:
            block, path = array(side, 280, 2)
            blob(block, 280, most=65_535)
            proof_of(path, 63)
    return str(kind)


# --- a broken rule ------------------------------------------------------------------------------


class Stated:
    """A block under the head, and the states after it."""

    def __init__(self, value: Any, head: Statement) -> None:
        height, data, path, leaves = value
        included(leaf(data), height, head.size, path, head.root)
        self.height, self.block = height, Block(data)
        self.states: list[Plan] | None = None
        if leaves:
            need(root_of([leaf(item) for item in leaves]) == self.block.plans_root, 20)
            self.states = [Plan(item) for item in leaves]


def broken(value: list[Any], trust: Trust) -> Conviction:
    note, genesis, blocks, rewritten = value
    blob(note, 280, most=1 << 20)
    first, first_entry, path = array(genesis, 280, 3)
    blob(first, 280, most=65_535)
    blob(first_entry, 280, most=1 << 20)
    proof_of(path, 63)
    need(1 <= len(array(blocks, 280)) <= 2, 280)
    for item in blocks:
        height, data, block_path, leaves = array(item, 280, 4)
        whole(height, 280)
        blob(data, 280, most=65_535)
        proof_of(block_path, 63)
        for shown in array(leaves, 280, most=256):
            blob(shown, 280, most=65_535)
    parsed_log(rewritten)
    head = Statement(note, trust)
    need(head.by_operator, 282)
    chain = begun(head, first, first_entry, path)
    stated = [Stated(item, head) for item in blocks]
    found = next((rule for item in stated if (rule := alone(item, chain))), None)
    one, two = stated[0], stated[-1]
    if found is None and one.height < two.height:
        found = together(one, two) or (log_rewritten(one, two, rewritten) if rewritten else None)
    need(found, 281)
    return str(found), [head.origin]


def parsed_log(value: Any) -> None:
    if array(value, 280):
        plan, log, root, path = array(value, 280, 4)
        need(plan == "" or named(plan, 280), 280)
        need(log in ("sheets", "events"), 280)
        blob(root, 280, 32)
        proof_of(path, 64)


def begun(head: Statement, data: bytes, first_entry: bytes, path: list[bytes]) -> bytes:
    included(leaf(data), 0, head.size, path, head.root)
    block = Block(data)
    included(leaf(first_entry), 0, block.entry_count, [], block.entries_root)
    plan, kind, body = entry(first_entry)
    need((plan, kind) == ("", "genesis"), 65)
    need(text(body.get("origin"), 65, 255) == head.origin, 65)
    need(block.height == 0 and block.chain == bytes(32), 65)
    return block.hash


def alone(item: Stated, chain: bytes) -> str | None:
    block = item.block
    if block.height != item.height:
        return "height"
    if item.height > 0 and block.chain != chain:
        return "chain"
    if item.states is None:
        return None
    if len(item.states) != block.plan_count:
        return "count"
    names = [state.plan for state in item.states]
    if len(set(names)) < len(names):
        return "twice"
    return "order" if names != sorted(names) or names[0] != "" else None


def together(one: Stated, two: Stated) -> str | None:
    if two.block.time < one.block.time:
        return "time"
    adjacent = two.height == one.height + 1
    if adjacent and two.block.previous != one.block.hash:
        return "previous"
    if one.states is None or two.states is None:
        return None
    before, after = ({state.plan: state for state in item.states or []} for item in (one, two))
    for name, old in before.items():
        if name not in after:
            return "vanished"
        new = after[name]
        pairs = [(old.slots, new.slots), (old.sheets_size, new.sheets_size), (old.events_size, new.events_size)]
        pairs += [(count, new.numbers.get(schema, 0)) for schema, count in old.numbers.items()]
        if any(later < earlier for earlier, later in pairs):
            return "fewer"
        if (old.sheets_size == new.sheets_size and old.sheets_root != new.sheets_root) or (
            old.events_size == new.events_size and old.events_root != new.events_root
        ):
            return "other"
    return "uncounted" if adjacent and uncounted(before, after, two.block) else None


def uncounted(before: dict[str, Plan], after: dict[str, Plan], block: Block) -> bool:
    grown = 0
    for name, new in after.items():
        old = before.get(name)
        sheets = [sheet for sheet in block.sheets if sheet.plan == name]
        rows = sum(sheet.rows for sheet in sheets if sheet.schema == "enrolment/1")
        if new.slots != (old.slots if old else 0) + rows:
            return True
        due = dict(old.numbers) if old else {}
        for sheet in sheets:
            due[sheet.schema] = due.get(sheet.schema, 0) + 1
        if due != new.numbers:
            return True
        grown += new.events_size - (old.events_size if old else 0)
    return grown != block.entry_count


def log_rewritten(one: Stated, two: Stated, shown: list[Any]) -> str | None:
    plan, log, root, path = shown
    old = next((state for state in one.states or [] if state.plan == plan), None)
    new = next((state for state in two.states or [] if state.plan == plan), None)
    need(old is not None and new is not None, 281)
    assert old is not None
    assert new is not None
    s, s_root = (old.sheets_size, old.sheets_root) if log == "sheets" else (old.events_size, old.events_root)
    n, n_root = (new.sheets_size, new.sheets_root) if log == "sheets" else (new.events_size, new.events_root)
    consistent(s, n, path, root, n_root)
    return "rewritten" if s > 0 and root != s_root else None


# --- a record, a disclosure ---------------------------------------------------------------------


def of_file(kind: str, file: bytes, trust: Trust, trust_file: bytes) -> Conviction:
    value = unframe(kind, file, 16 << 20 if kind == "disclosure" else 8 << 20)
    need(isinstance(value, dict) and isinstance(value.get("checkpoint"), bytes), 172)
    statement = Statement(value["checkpoint"], trust)
    need(statement.by_operator, 282)
    plain = b"".join(line + b"\n" for line in trust_file.split(b"\n") if line.startswith(b"log ")) + b"quorum none\n"
    try:
        check = second_record.record if kind == "record" else second_disclosure.disclosure
        check(file, Trust(plain))
    except Refused as refused:
        if refused.code == "MC-176":
            return "record", [statement.origin]
        raise
    raise Refused(281)
