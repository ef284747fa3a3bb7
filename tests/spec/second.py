"""A second verifier of records and receipts, written from SPEC.md alone: nothing of ``mutualchain`` is imported.

It is short and slow, and names the section that each part is from. What it cannot say, SPEC.md does not say.
"""

from __future__ import annotations

import base64
import calendar
import hashlib
import re
import struct
import zlib
from datetime import datetime
from itertools import pairwise
from typing import Any

from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign_open
from nacl.exceptions import BadSignatureError


class Refused(Exception):
    """A check that failed: the code of SPEC.md section 15.2."""

    def __init__(self, code: int) -> None:
        super().__init__(f"MC-{code:03}")
        self.code = f"MC-{code:03}"


def need(condition: object, code: int) -> None:
    if not condition:
        raise Refused(code)


# --- section 1 ----------------------------------------------------------------------------------

P = 2**255 - 19
Y8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def good_point(data: bytes) -> bool:
    y = int.from_bytes(data, "little") % 2**255
    return y < P and y not in (0, 1, P - 1, Y8, P - Y8)


def acceptable(key: Any) -> bool:
    return isinstance(key, bytes) and len(key) == 32 and good_point(key) and crypto_core_ed25519_is_valid_point(key)


def signed(key: bytes, signature: bytes, message: bytes) -> bool:
    if len(key) != 32 or len(signature) != 64 or not good_point(key) or not good_point(signature[:32]):
        return False
    try:
        crypto_sign_open(signature + message, key)
    except BadSignatureError:
        return False
    return True


def node(left: bytes, right: bytes) -> bytes:
    return sha(b"\x01", left, right)


def leaf(data: bytes) -> bytes:
    return sha(b"\x00", data)


def included(item: bytes, index: int, size: int, proof: Any, root: bytes) -> None:
    need(0 <= index < size, 20)
    f, s, r = index, size - 1, item
    for p in proof:
        need(s != 0, 20)
        if f % 2 == 1 or f == s:
            r = node(p, r)
            while f != 0 and f % 2 == 0:
                f, s = f >> 1, s >> 1
        else:
            r = node(r, p)
        f, s = f >> 1, s >> 1
    need(s == 0 and r == root, 20)


def continued(old: int, new: int, proof: list[bytes], old_root: bytes, new_root: bytes) -> None:
    """A consistency proof, for 0 < old < new."""
    path = proof if old & (old - 1) else [old_root, *proof]
    need(path, 20)
    f, s = old - 1, new - 1
    while f % 2 == 1:
        f, s = f >> 1, s >> 1
    a = b = path[0]
    for p in path[1:]:
        need(s != 0, 20)
        if f % 2 == 1 or f == s:
            a, b = node(p, a), node(p, b)
            while f != 0 and f % 2 == 0:
                f, s = f >> 1, s >> 1
        else:
            b = node(b, p)
        f, s = f >> 1, s >> 1
    need(s == 0 and a == old_root and b == new_root, 20)


def lineage(sizes: list[int], size: int, given: list[bytes], root: bytes) -> dict[int, bytes]:
    """Section 1.3: the root of each earlier size."""
    need(all(a < b for a, b in pairwise([0, *sizes, size])), 20)
    left, found = list(given), {}

    def half(a: int, b: int) -> int:
        return a + (1 << (b - a - 1).bit_length() - 1)

    def below(a: int, b: int) -> bytes:
        if any(a < m < b for m in sizes):
            need(half(a, b) in sizes, 20)
            found[a, b] = node(below(a, half(a, b)), below(half(a, b), b))
        else:
            need(left, 20)
            found[a, b] = left.pop(0)
        return found[a, b]

    def prefix(a: int, b: int, m: int) -> bytes:
        if m == b:
            return found[a, b]
        k = half(a, b)
        return prefix(a, k, m) if m <= k else node(found[a, k], prefix(k, b, m))

    need(not sizes or below(0, size) == root, 20)
    need(not left, 20)
    return {m: prefix(0, size, m) for m in sizes}


def root_of(leaves: list[bytes]) -> bytes:
    """The root over leaf hashes."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return node(root_of(leaves[:k]), root_of(leaves[k:]))


# --- section 2 ----------------------------------------------------------------------------------


def pack(value: Any) -> bytes:
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        if -32 <= value < 128:
            return struct.pack("b", value) if value < 0 else bytes([value])
        for at, bits in enumerate((8, 16, 32, 64)):
            if 0 <= value < 2**bits:
                return bytes([0xCC + at]) + value.to_bytes(bits // 8, "big")
            if value < 0 and value >= -(2 ** (bits - 1)):
                return bytes([0xD0 + at]) + value.to_bytes(bits // 8, "big", signed=True)
    if isinstance(value, bytes):
        return sized(len(value), None, (0xC4, 0xC5, 0xC6)) + value
    if isinstance(value, str):
        data = value.encode()
        return sized(len(data), (0xA0, 32), (0xD9, 0xDA, 0xDB)) + data
    if isinstance(value, list):
        return sized(len(value), (0x90, 16), (None, 0xDC, 0xDD)) + b"".join(map(pack, value))
    assert isinstance(value, dict)
    items = sorted((key.encode(), item) for key, item in value.items())
    return sized(len(value), (0x80, 16), (None, 0xDE, 0xDF)) + b"".join(pack(k.decode()) + pack(v) for k, v in items)


def sized(length: int, short: tuple[int, int] | None, tags: tuple[int | None, int, int]) -> bytes:
    if short is not None and length < short[1]:
        return bytes([short[0] + length])
    for tag, width in zip(tags, (1, 2, 4), strict=True):
        if tag is not None and length < 256**width:
            return bytes([tag]) + length.to_bytes(width, "big")
    raise Refused(10)


class Unpacker:
    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.containers, self.items = data, 0, 0, 0

    def take(self, count: int) -> bytes:
        need(count <= len(self.data) - self.at, 10)
        self.at += count
        return self.data[self.at - count : self.at]

    def value(self, depth: int) -> Any:
        tag = self.take(1)[0]
        if tag < 0x80 or tag >= 0xE0:
            return tag if tag < 0x80 else tag - 256
        if tag in (0xC2, 0xC3):
            return tag == 0xC3
        if 0xCC <= tag <= 0xCF or 0xD0 <= tag <= 0xD3:
            return int.from_bytes(self.take(1 << tag % 4), "big", signed=tag >= 0xD0)
        if 0xC4 <= tag <= 0xC6:
            return self.take(int.from_bytes(self.take(1 << tag - 0xC4), "big"))
        if 0xA0 <= tag < 0xC0 or 0xD9 <= tag <= 0xDB:
            length = tag - 0xA0 if tag < 0xC0 else int.from_bytes(self.take(1 << tag - 0xD9), "big")
            try:
                return self.take(length).decode()
            except UnicodeDecodeError:
                raise Refused(10) from None
        kind, length = self.container(tag)
        need(depth < 16 and length <= len(self.data) - self.at, 10)
        self.containers, self.items = self.containers + 1, self.items + length
        need(self.containers <= 2**20 and self.items <= 2**23, 11)
        values = [self.value(depth + 1) for _ in range(length)]
        if kind is list:
            return values
        keys = values[::2]
        need(all(isinstance(key, str) and re.fullmatch("[a-z0-9_]+", key) for key in keys), 10)
        return dict(zip(keys, values[1::2], strict=True))

    def container(self, tag: int) -> tuple[type, int]:
        if tag < 0xA0:
            return (list, tag - 0x90) if tag >= 0x90 else (dict, 2 * (tag - 0x80))
        need(tag in (0xDC, 0xDD, 0xDE, 0xDF), 10)
        length = int.from_bytes(self.take(4 if tag % 2 else 2), "big")
        return (list, length) if tag < 0xDE else (dict, 2 * length)


def unpack(data: bytes, most: int) -> Any:
    need(len(data) <= most, 11)
    reader = Unpacker(data)
    value = reader.value(0)
    need(reader.at == len(data), 10)
    try:
        need(pack(value) == data, 10)
    except UnboundLocalError:
        raise Refused(10) from None
    return value


# --- reading fields -----------------------------------------------------------------------------


def whole(value: Any, code: int, low: int = 0, high: int = 2**63 - 1) -> int:
    need(type(value) is int and low <= value <= high, code)
    return int(value)


def blob(value: Any, code: int, size: int | None = None, most: int = 1 << 26) -> bytes:
    need(isinstance(value, bytes) and len(value) <= most and (size is None or len(value) == size), code)
    return bytes(value)


def array(value: Any, code: int, length: int | None = None, most: int = 1 << 26) -> list[Any]:
    need(isinstance(value, list) and len(value) <= most and (length is None or len(value) == length), code)
    return list(value)


def keyed(value: Any, keys: str, code: int) -> dict[str, Any]:
    need(isinstance(value, dict) and set(value) == set(keys.split()), code)
    return dict(value)


def text(value: Any, code: int, most: int) -> str:
    need(isinstance(value, str) and 0 < len(value) <= most and not re.search("[\0-\x1f\x7f-\x9f]", value), code)
    return str(value)


def named(value: Any, code: int) -> str:
    need(isinstance(value, str) and re.fullmatch("[a-z0-9][a-z0-9-]{0,63}", value), code)
    return str(value)


def hashes(value: Any, most: int = 63) -> list[bytes]:
    return [blob(item, 172, 32) for item in array(value, 172, most=most)]


# --- section 3 ----------------------------------------------------------------------------------

U32, I63 = 2**32 - 1, 2**63 - 1
MONEY = [("slot", "I", U32), ("seq", "I", U32), ("amount", "Q", I63), ("reason", "B", 255), ("reference", "32s", 0)]
SIGNED = ("signature", "64s", 0)
SCHEMAS: dict[str, tuple[list[tuple[str, str, int]], int, bool, bool]] = {  # columns, page rows, dense, sealed
    "enrolment/1": (
        [("key", "32s", 0), ("commitment", "32s", 0), ("deposit", "I", U32), ("since_day", "I", U32)],
        16,
        True,
        False,
    ),
    "charge/1": ([("amount", "I", U32), ("status", "B", 6), ("events", "B", 255)], 256, True, False),
    "refund/1": ([("amount", "I", U32)], 256, True, False),
    "correction/1": ([*MONEY[:3], ("corrects", "I", U32)], 1, False, True),
    "credit/1": (MONEY, 1, False, True),
    "withdrawal/1": ([*MONEY, SIGNED], 1, False, True),
    "exit/1": ([*MONEY[:2], ("reason", "B", 255), SIGNED], 1, False, True),
    "notice/1": ([*MONEY[:2], ("entry", "32s", 0)], 1, False, True),
    "ballot/1": ([*MONEY[:2], ("vote", "B", 1), SIGNED], 1, False, True),
}


def totals_of(schema: str, rows: list[dict[str, Any]]) -> list[int]:
    if schema == "charge/1":
        return [sum(row["status"] <= 2 for row in rows), sum(row["amount"] for row in rows)]
    extra = {"enrolment/1": "deposit", "ballot/1": "vote"}.get(schema)
    if schema in ("credit/1", "withdrawal/1", "refund/1", "correction/1"):
        extra = "amount"
    return [len(rows)] + ([] if extra is None else [sum(row[extra] for row in rows)])


def possible(schema: str, totals: list[int], rows: int) -> bool:
    if any(total > I63 for total in totals):
        return False
    if schema == "charge/1":
        return totals[0] <= rows and totals[1] <= totals[0] * U32
    each = {"enrolment/1": U32, "refund/1": U32, "ballot/1": 1}.get(schema, I63)
    return totals[0] == rows and all(total <= rows * each for total in totals[1:])


class Sheet:
    """A descriptor."""

    def __init__(self, value: Any) -> None:
        need(isinstance(value, list) and value and isinstance(value[0], str), 41)
        self.schema = value[0]
        need(self.schema in SCHEMAS, 14)
        self.columns, self.page_rows, dense, self.sealed = SCHEMAS[self.schema]
        _, plan, number, first, rows, totals, root, params = array(value, 41, 8)
        self.plan, self.number = named(plan, 41), whole(number, 41)
        self.first = whole(first, 41, 0, U32 if dense else 0)
        self.rows = whole(rows, 41, 1, U32 - self.first)
        self.m = len(totals_of(self.schema, []))
        self.totals = [whole(total, 41) for total in array(totals, 41, self.m)]
        need(possible(self.schema, self.totals, self.rows), 43)
        self.root, self.params = blob(root, 41, 32), blob(params, 41, 32)
        self.pages = -(-self.rows // self.page_rows)

    def row_count(self, first_page: int, end_page: int) -> int:
        return min(end_page * self.page_rows, self.rows) - first_page * self.page_rows

    def record(self, totals: list[int], digest: bytes) -> bytes:
        return struct.pack(f"<{self.m}Q", *totals) + digest

    def rows_of(self, chain: bytes, proof: list[Any]) -> tuple[int, list[dict[str, Any]]]:
        """Section 3.7: the first row's number, and the rows of a page."""
        index, count, page, salt, path = proof
        need(index < self.pages and count == self.row_count(index, index + 1), 41)
        need(len(salt) == (32 if self.sealed else 0), 41)
        steps = []
        for h in range(64):
            x = index >> h
            if 1 << h < self.pages and (x % 2 == 1 or x < (self.pages - 1) >> h):
                steps.append((h, x - 1 if x % 2 else x + 1))
        need(len(steps) == len(path), 41)
        rows = self.parse_page(page, count)
        ctx = sha(
            b"mutualchain/sheet/v1\n",
            pack([chain, self.plan, self.schema, self.number, self.first, self.page_rows, self.params]),
        )
        totals, digest = totals_of(self.schema, rows), sha(b"\x10", ctx, struct.pack("<QH", index, count), salt, page)
        need(max(totals) <= I63, 43)
        for (h, y), (theirs, beside) in zip(steps, path, strict=True):
            need(len(theirs) == self.m, 41)
            need(possible(self.schema, theirs, self.row_count(y << h, y + 1 << h)), 43)
            pair = [self.record(totals, digest), self.record(theirs, beside)]
            digest = sha(b"\x11", bytes([h + 1, self.m]), *(pair if y % 2 else pair[::-1]))
            totals = [one + other for one, other in zip(totals, theirs, strict=True)]
            need(max(totals) <= I63, 43)
        top = struct.pack("<QB", self.rows, self.m) + self.record(totals, digest)
        need(totals == self.totals and sha(b"\x12", ctx, top) == self.root, 42)
        return index * self.page_rows, rows

    def parse_page(self, page: bytes, count: int) -> list[dict[str, Any]]:
        columns, at = {}, 0
        for name, form, most in self.columns:
            size = struct.calcsize("<" + form)
            part = page[at : at + size * count]
            need(len(part) == size * count, 41)
            columns[name] = [item[0] for item in struct.iter_unpack("<" + form, part)]
            need(isinstance(columns[name][0], bytes) or max(columns[name]) <= most, 44)
            at += size * count
        need(at == len(page), 41)
        rows = [{name: values[row] for name, values in columns.items()} for row in range(count)]
        need(self.schema != "charge/1" or all(row["status"] <= 2 or row["amount"] == 0 for row in rows), 44)
        return rows


def page_proof(value: Any) -> list[Any]:
    index, rows, page, salt, path = array(value, 41, 5)
    whole(index, 41, 0, U32 - 1)
    whole(rows, 41, 1, 65_535)
    blob(page, 41, most=4_096)
    need(len(blob(salt, 41)) in (0, 32), 41)
    siblings = [array(item, 41, 2) for item in array(path, 41, most=32)]
    for totals, digest in siblings:
        for total in array(totals, 41, most=8):
            whole(total, 41)
        blob(digest, 41, 32)
    return [index, rows, page, salt, siblings]


# --- sections 4 to 6 ----------------------------------------------------------------------------


def entry(data: bytes) -> tuple[str, str, dict[str, Any]]:
    value = array(unpack(data, 1 << 20), 60, 4)
    need(type(value[0]) is int and value[0] == 1, 14)
    _, plan, kind, body = value
    if plan != "":
        named(plan, 60)
    need(isinstance(kind, str) and re.fullmatch("[a-z][a-z0-9_]{0,31}", kind) and isinstance(body, dict), 60)
    return plan, kind, body


class Block:
    def __init__(self, data: bytes) -> None:
        header, pairs = array(unpack(data, 65_535), 62, 2)
        self.hash, self.data = leaf(data), blob(header, 62)
        self.signatures = [array(pair, 62, 2) for pair in array(pairs, 62)]
        need(1 <= len(self.signatures) <= 4, 62)
        ids = {blob(key_id, 62, 8) for key_id, signature in self.signatures if blob(signature, 62, 64)}
        need(len(ids) == len(self.signatures), 62)
        value = array(unpack(self.data, 65_535), 61)
        need(value and type(value[0]) is int and value[0] == 1, 14)
        _, chain, height, previous, time, entries, sheets, plans = array(value, 61, 8)
        self.chain, self.previous = blob(chain, 61, 32), blob(previous, 61, 32)
        self.height, self.time = whole(height, 61), whole(time, 61)
        count, root = array(entries, 61, 2)
        self.entry_count, self.entries_root = whole(count, 61, 0, 4_096), blob(root, 61, 32)
        self.sheets = [Sheet(item) for item in array(sheets, 61, most=128)]
        count, root = array(plans, 61, 2)
        self.plan_count, self.plans_root = whole(count, 61, 0, 256), blob(root, 61, 32)

    def check_signature(self, key: bytes) -> None:
        key_id = sha(b"mutualchain/key/v1\n", key)[:8]
        mine = [signature for found, signature in self.signatures if found == key_id]
        need(mine and signed(key, mine[0], b"mutualchain/block/v1\n" + self.data), 63)


class Keys:
    """Section 5.4."""

    def __init__(self, genesis: dict[str, Any]) -> None:
        self.key, self.recovery, self.delay = (genesis[k] for k in ("block_key", "recovery_key", "recovery_delay_ms"))
        self.pending: tuple[bytes, int] | None = None

    def at(self, time: int) -> bytes:
        if self.pending is not None and time >= self.pending[1]:
            self.key, self.pending = self.pending[0], None
        return bytes(self.key)

    def change(self, chain: bytes, time: int, kind: str, body: Any) -> None:
        old = self.at(time)
        body = keyed(body, "acceptance new_key", 66)
        new, acceptance = blob(body["new_key"], 66, 32), blob(body["acceptance"], 66, 64)
        need(acceptable(new) and new not in (old, self.recovery), 66)
        need(signed(new, acceptance, b"mutualchain/block-key/v1\n" + pack([chain, old, new])), 66)
        if kind == "block_key":
            self.key, self.pending = new, None
        else:
            self.pending = new, time + self.delay


class Plan:
    """A plan's state leaf."""

    def __init__(self, data: bytes) -> None:
        value = array(unpack(data, 65_535), 64, 9)
        self.plan = value[0] if value[0] == "" else named(value[0], 64)
        self.version, self.covenant = whole(value[1], 64), blob(value[2], 64, 32)
        self.slots = whole(value[3], 64, 0, U32)
        pairs = [array(pair, 64, 2) for pair in array(value[4], 64)]
        self.numbers = {text(schema, 64, 64): whole(number, 64, 1) for schema, number in pairs}
        need([schema for schema, _ in pairs] == sorted(self.numbers), 64)
        self.sheets_size, self.sheets_root = whole(value[5], 64), blob(value[6], 64, 32)
        self.events_size, self.events_root = whole(value[7], 64), blob(value[8], 64, 32)
        need(sum(self.numbers.values()) == self.sheets_size and (self.version == 0) == (self.covenant == bytes(32)), 64)


# --- section 8 ----------------------------------------------------------------------------------

NAME = re.compile("[^\0-\x20+\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")


def base64_of(value: str, code: int) -> bytes:
    try:
        data = base64.b64decode(value.encode("ascii"), validate=True)
    except ValueError:
        raise Refused(code) from None
    need(base64.b64encode(data).decode() == value, code)
    return data


class Key:
    def __init__(self, vkey: str, kind: int) -> None:
        name, key_id, encoded = vkey.split("+", 2)
        data = base64_of(encoded, 28)
        self.name, self.kind, self.key = name, kind, data[1:]
        need(NAME.fullmatch(name) and data[0] == kind and acceptable(self.key), 28)
        self.id = sha(name.encode(), b"\n", data)[:4]
        need(self.id.hex() == key_id, 28)

    def check(self, note: str, signature: bytes) -> int:
        if self.kind == 1:
            need(signed(self.key, signature, note.encode()), 22)
            return 0
        need(len(signature) == 72, 26)
        time = int.from_bytes(signature[:8], "big")
        need(0 < time <= I63, 26)
        need(signed(self.key, signature[8:], f"cosignature/v1\ntime {time}\n{note}".encode()), 26)
        return time


class Trust:
    def __init__(self, data: bytes) -> None:
        self.logs: list[Key] = []
        self.witnesses: dict[str, Key] = {}
        self.groups: list[tuple[str, int, list[str]]] = []
        self.quorum = "none"
        self.ends: dict[tuple[str, str], int] = {}
        self.max_age: int | None = None
        for line in data.decode().split("\n"):
            words = line.replace("\t", " ").split()
            if words[:1] == ["#mutualchain"]:
                self.ours(words[1:])
            if not words or words[0].startswith("#"):
                continue
            if words[0] == "log":
                self.logs.append(Key(words[1], 1))
            elif words[0] == "witness":
                self.witnesses[words[1]] = Key(words[2], 4)
            elif words[0] == "group":
                members = words[3:]
                count = {"all": len(members), "any": 1}.get(words[2]) or int(words[2])
                self.groups.append((words[1], count, members))
            else:
                self.quorum = words[1]

    def ours(self, words: list[str]) -> None:
        if words[:1] == ["max-age"]:
            number, unit = words[1][:-1], words[1][-1]
            self.max_age = int(number) * {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[unit]
        else:
            end, key, time = words
            self.ends[key, end] = calendar.timegm(datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ").timetuple())

    def open(self, data: bytes, now: int | None = None) -> tuple[str, int, bytes, dict[str, int]]:
        """Section 8.3: origin, size, root, and when each witness saw it last, in seconds; ``now`` in milliseconds."""
        times, origin, size, root = opened(data, [*self.logs, *self.witnesses.values()])
        signed = [at for at in times if at < len(self.logs) and self.logs[at].name == origin]
        need(signed, 23)
        names = list(self.witnesses)
        all_times = {names[at - len(self.logs)]: found for at, found in times.items() if at >= len(self.logs)}
        need(self.reached(set(all_times)), 29)
        need(any(self.counts(self.logs[at], all_times, now) for at in signed), 32)
        return origin, size, root, {name: max(found) for name, found in all_times.items()}

    def counts(self, key: Key, times: dict[str, list[int]], now: int | None) -> bool:
        label = f"{key.name}+{key.id.hex()}"
        first, last = self.ends.get((label, "not-before")), self.ends.get((label, "not-after"))
        if first is None and last is None:
            return True

        def within(time: int) -> bool:
            return (first is None or first <= time) and (last is None or time <= last)

        if self.quorum == "none":
            return now is not None and within(now // 1000)
        return self.reached({name for name, found in times.items() if any(map(within, found))})

    def reached(self, seen: set[str]) -> bool:
        for name, count, members in self.groups:
            if sum(member in seen for member in members) >= count:
                seen = seen | {name}
        return self.quorum == "none" or self.quorum in seen

    def since(self, seen: dict[str, int], otherwise: int) -> int:
        """Section 8.3: from which moment a checkpoint's age is measured, in milliseconds."""
        if self.quorum == "none":
            return min((1_000 * time for time in seen.values()), default=otherwise)
        return max(1_000 * t for t in seen.values() if self.reached({name for name in seen if seen[name] >= t}))

    def earlier(self, data: bytes, origin: str) -> tuple[int, bytes]:
        """Section 8.3: size and root of an earlier checkpoint of the log."""
        _, found, size, root = opened(data, [log for log in self.logs if log.name == origin])
        need(found == origin, 25)
        return size, root


def opened(data: bytes, keys: list[Key]) -> tuple[dict[int, list[int]], str, int, bytes]:
    """Sections 8.1 and 8.2: the times of each key's signatures (0 for a log's), origin, size, root."""
    note, lines = split_note(data)
    times: dict[int, list[int]] = {}
    for name, key_id, signature in lines:
        for at, key in enumerate(keys):
            if (key.name, key.id) == (name, key_id):
                times.setdefault(at, []).append(key.check(note, signature))
    need(times, 23)
    parts = note[:-1].split("\n")
    need(len(parts) >= 3 and all(parts) and len(parts[0].encode()) <= 255, 25)
    need(re.fullmatch("0|[1-9][0-9]{0,18}", parts[1]) and int(parts[1]) <= I63, 25)
    size, root = int(parts[1]), base64_of(parts[2], 25)
    need(len(root) == 32 and (size > 0 or root == sha()), 25)
    return times, parts[0], size, root


def split_note(data: bytes) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """Section 8.1."""
    need(len(data) <= 1 << 20, 11)
    try:
        whole_note = data.decode()
    except UnicodeDecodeError:
        raise Refused(21) from None
    need(not re.search("[\0-\x09\x0b-\x1f]", whole_note), 21)
    note, divider, rest = whole_note.rpartition("\n\n")
    need(divider and rest.endswith("\n"), 21)
    found = []
    for line in rest[:-1].split("\n"):
        match = re.fullmatch("\u2014 ([^ ]+) ([^ ]+)", line)
        need(match is not None and NAME.fullmatch(match[1]), 21)
        assert match is not None
        signature = base64_of(match[2], 21)
        need(len(signature) > 4, 21)
        found.append((match[1], signature[:4], signature[4:]))
    need(len(found) <= 100, 21)
    return note + "\n", found


# --- sections 9 and 11 --------------------------------------------------------------------------


def unframe(kind: str, data: bytes, most: int) -> Any:
    need(len(data) <= 16 << 20, 11)
    first = f"mutualchain {kind} v1\n".encode()
    if not data.startswith(first):
        version = re.match(rb"mutualchain ([a-z]+) [^ \n]+(\n|$)", data[:64])
        need(first.startswith(data) is False and version is not None and version[1] == kind.encode(), 12)
        raise Refused(14)
    rest = data[len(first) :]
    need(len(rest) >= 36 and len(rest) - 36 >= int.from_bytes(rest[:4], "little"), 12)
    payload = rest[36:]
    need(len(payload) == int.from_bytes(rest[:4], "little") and sha(payload) == rest[4:36], 13)
    inflater = zlib.decompressobj(31)
    try:
        content = inflater.decompress(payload, most + 1)
    except zlib.error:
        raise Refused(13) from None
    need(len(content) <= most, 11)
    need(inflater.eof and not inflater.unused_data, 13)
    return unpack(content, most)


def receipt(data: bytes, trust: Trust) -> dict[str, Any]:
    """What a receipt says, in the words of ``facts.json``. Raises Refused."""
    value = array(unframe("receipt", data, 4 << 20), 172)
    need(value and type(value[0]) is int and value[0] == 1, 14)
    _, note, height, raw, proof, subject = array(value, 172, 6)
    _, size, root, _ = trust.open(blob(note, 172, most=1 << 20))
    included(leaf(blob(raw, 172)), whole(height, 172), size, hashes(proof), root)
    block = Block(raw)
    need(block.height == height, 172)
    chain = block.chain if height else block.hash
    said: dict[str, Any] = {"chain": chain, "height": height, "time_ms": block.time, "size": size}
    what = subject[0] if array(subject, 172) else None
    need(what in ("row", "sheet", "entry"), 14)
    if what == "entry":
        _, index, body, hashed = array(subject, 172, 4)
        included(
            leaf(blob(body, 172)), whole(index, 172, 0, 4_096), block.entry_count, hashes(hashed), block.entries_root
        )
        plan, kind, content = entry(body)
        return {**said, "plan": plan, "kind": kind, "body": content}
    array(subject, 172, 3 if what == "row" else 2)
    need(whole(subject[1], 172, 0, 128) < len(block.sheets), 172)
    sheet = block.sheets[subject[1]]
    said |= {"schema": sheet.schema, "rows": sheet.rows}
    if what == "row":
        said["row"] = sheet.rows_of(chain, page_proof(subject[2]))[1][0]
    return said
