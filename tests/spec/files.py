"""The files of ``tests/spec/vectors``: made from the story, for whoever writes another verifier.

``python -m tests.golden`` (``make vectors``) writes them. A framed file is written again only when its content changed:
its compressed bytes depend on the deflater.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from mutualchain import canonical
from mutualchain.archive.reading import Archive
from mutualchain.block.block import block_hash
from mutualchain.record import frame
from mutualchain.record.pin import note_in
from mutualchain.record.receipt import VerifiedReceipt, parse_receipt, verify_receipt
from mutualchain.record.verify import verify_record
from mutualchain.tlog.checkpoint import parse as parse_checkpoint
from mutualchain.tlog.note import parse as parse_note
from mutualchain.tlog.trust import TrustFile
from tests.spec import story
from tests.spec.examples import SPEC, rewritten, told
from tests.spec.story import PLAN, START_MS, STRANGER, TRUST, WITNESSED, fixed, public_key, signed_note, witnessed

HERE = Path(__file__).parent / "vectors"
TRUSTS = {"trust.txt": TRUST, "trust-witnessed.txt": WITNESSED, "trust-stranger.txt": STRANGER}
RECEIPTS = {"receipt-row.mcp": "credit-0", "receipt-batch.mcp": "enrolment", "receipt-entry.mcp": "case-0"}
FORGED = ("unequal", "unsigned", "reason", "uncounted")
DAY = 86_400_000


def kind_of(name: str) -> str:
    return "record" if name.endswith(".mcr") else "receipt"


@cache
def framed() -> dict[str, bytes]:
    """Records and receipts by file name."""
    this = told()
    found = {f"record-{slot}.mcr": this.records[slot] for slot in sorted(this.records)}
    found["record-0-witnessed.mcr"] = witnessed(this.records[0])
    found["record-0-extends.mcr"] = this.extending
    found |= {name: this.receipts[ack] for name, ack in RECEIPTS.items()}
    return found | {f"forged-{twist}.mcr": story.tell(twist).records[0] for twist in FORGED}


@cache
def pins() -> dict[str, bytes]:
    """Checkpoints that somebody kept, by file name: beside the story's own, two that its log signed besides."""
    notes = told().notes
    early, last = (parse_checkpoint(parse_note(notes[name]).text) for name in ("charge-0", "credit-3"))
    return {
        "pin-continued.txt": notes["charge-0"],
        "pin-uncovered.txt": notes["case-0"],
        "pin-longer.txt": signed_note(last.size + 1, fixed("a longer book")),
        "pin-split.txt": signed_note(early.size, fixed("another book")),
        "pin-split-last.txt": signed_note(last.size, fixed("another last book")),
    }


# --- facts --------------------------------------------------------------------------------------


def facts() -> dict[str, Any]:
    """What each honest file says, once verified by the library."""
    found: dict[str, Any] = {}
    for name, data in framed().items():
        if kind_of(name) == "receipt":
            found[name] = receipt_facts(verify_receipt(parse_receipt(data), TRUST))
        elif not name.startswith("forged"):
            key = public_key(int(name[7]))
            found[name] = verify_record(data, TRUST, public_key=key).to_value()
    return found


def receipt_facts(receipt: VerifiedReceipt) -> dict[str, Any]:
    said: dict[str, Any] = {
        "chain": receipt.chain.hex(),
        "height": receipt.height,
        "time_ms": receipt.time_ms,
        "size": receipt.checkpoint.size,
    }
    if receipt.entry is not None:
        said |= {"kind": receipt.entry.kind, "plan": receipt.entry.plan, "body": jsoned(dict(receipt.entry.body))}
    if receipt.descriptor is not None:
        said |= {"schema": receipt.descriptor.schema.name, "rows": receipt.descriptor.rows}
    if receipt.page is not None:
        said["row"] = jsoned(receipt.page.row(receipt.page.first_row))
    return said


def jsoned(value: Any) -> Any:
    """A canonical value as JSON: byte strings are ``{"hex": ...}``."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, dict):
        return {key: jsoned(item) for key, item in value.items()}
    return [jsoned(item) for item in value] if isinstance(value, list | tuple) else value


def unjsoned(value: Any) -> Any:
    """:func:`jsoned` backwards."""
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"]) if set(value) == {"hex"} else {k: unjsoned(v) for k, v in value.items()}
    return [unjsoned(item) for item in value] if isinstance(value, list) else value


# --- negative vectors ---------------------------------------------------------------------------


def changed(data: bytes, kind: str, change: list[Any]) -> bytes:
    """``data`` after one change, as SPEC.md section 16 defines it."""
    what, *rest = change
    if what == "cut":
        return data[: rest[0]]
    if what == "flip":
        return flipped(data, rest[0])
    if what == "append":
        return data + bytes.fromhex(rest[0])
    if what == "content":
        value = thawed(frame.unwrap(kind, data))
        for path, edit in rest[0]:
            apply(value, path, edit)
        return frame.wrap(kind, value)
    assert what == "none", what
    return data


def flipped(data: bytes, at: int) -> bytes:
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def thawed(value: Any) -> Any:
    """A decoded value that can be edited."""
    if isinstance(value, dict):
        return {key: thawed(item) for key, item in value.items()}
    return [thawed(item) for item in value] if isinstance(value, tuple) else value


def apply(value: Any, path: list[Any], edit: list[Any]) -> None:
    *way, last = path
    for step in way:
        value = value[step]
    what, *rest = edit
    if what == "flip":
        value[last] = flipped(value[last], rest[0])
    elif what == "set":
        value[last] = unjsoned(copy.deepcopy(rest[0]))
    elif what == "drop":
        del value[last]
    else:
        assert what == "swap", what
        value[last], value[rest[0]] = value[rest[0]], value[last]


def content(*edits: list[Any]) -> list[Any]:
    return ["content", list(edits)]


R0, R1, R3, EXTENDS, ROW, BATCH, ENTRY = (
    "record-0.mcr",
    "record-1.mcr",
    "record-3.mcr",
    "record-0-extends.mcr",
    "receipt-row.mcp",
    "receipt-batch.mcp",
    "receipt-entry.mcp",
)


CHANGES: list[tuple[str, list[Any], dict[str, Any]]] = [
    # the frame
    (R0, ["cut", 0], {}),
    (R0, ["cut", 10], {}),
    (R0, ["cut", 40], {}),
    (R0, ["cut", 1_000], {}),
    (R0, ["flip", 0], {}),
    (R0, ["flip", 20], {}),
    (R0, ["flip", 30], {}),
    (R0, ["flip", -1], {}),
    (R0, ["append", "00"], {}),
    # who signed
    (R0, ["none"], {"trust": "trust-stranger.txt"}),
    (R0, ["none"], {"trust": "trust-witnessed.txt"}),
    (R0, ["none"], {"public_key": public_key(1).hex()}),
    (R0, ["none"], {"now_ms": START_MS + 60 * DAY, "max_age_ms": 30 * DAY}),
    (R0, content([["checkpoint"], ["flip", 22]]), {}),
    (R0, content([["checkpoint"], ["flip", -3]]), {}),
    (R0, content([["checkpoint"], ["flip", -9]]), {}),
    ("record-0-witnessed.mcr", content([["checkpoint"], ["flip", -7]]), {"trust": "trust-witnessed.txt"}),
    # types and versions
    (R0, content([["version"], ["set", 2]]), {}),
    (R0, content([["version"], ["set", True]]), {}),
    (R0, content([["slot"], ["set", "0"]]), {}),
    (R0, content([["slot"], ["drop"]]), {}),
    (R0, content([["before"], ["set", 0]]), {}),
    (R0, content([["enrolment", 3, 4], ["set", [[[1, 1], {"hex": "00" * 32}]]]]), {}),
    # the chain
    (R0, content([["genesis", 0], ["flip", -1]]), {}),
    (R0, content([["genesis", 1], ["flip", -1]]), {}),
    (R0, content([["genesis", 2, 0], ["flip", 0]]), {}),
    (R0, content([["head", 0], ["flip", 20]]), {}),
    (R0, content([["head", 1], ["set", []]]), {}),
    (R0, content([["plans", 0], ["flip", -1]]), {}),
    (R0, content([["plans", 1], ["flip", -1]]), {}),
    (R0, content([["plans", 0], ["drop"]]), {}),
    (R0, content([["plans", 1], ["drop"]]), {}),
    (R0, content([["plans", 0], ["swap", 1]]), {}),
    (R0, content([["plans"], ["set", []]]), {}),
    (R0, content([["plans", 1], ["set", {"hex": ""}]]), {}),
    (R0, content([["plan"], ["set", "other"]]), {}),
    (R0, content([["plan"], ["set", ""]]), {}),
    (R0, content([["keys"], ["set", []]]), {}),
    (R0, content([["keys", 0, 3], ["flip", -1]]), {}),
    (R0, content([["covenants"], ["set", []]]), {}),
    (R0, content([["covenants", 0, 3], ["flip", -1]]), {}),
    # what it continues
    (EXTENDS, content([["extends", 0, 0], ["swap", 1]]), {}),
    (EXTENDS, content([["extends", 0, 0], ["set", 8]]), {}),
    (EXTENDS, content([["extends", 0, -1], ["set", 36]]), {}),
    (EXTENDS, content([["extends", 0, 1], ["drop"]]), {}),
    (EXTENDS, content([["extends", 0, 0], ["set", 0]]), {}),
    (EXTENDS, content([["extends", 0, 0], ["set", True]]), {}),
    (EXTENDS, content([["extends", 0, 0], ["drop"]]), {}),
    (EXTENDS, content([["extends", 0], ["set", []]]), {}),
    (EXTENDS, content([["extends", 1, 0], ["flip", 0]]), {}),
    (EXTENDS, content([["extends", 1, 0], ["drop"]]), {}),
    (EXTENDS, content([["extends", 1, -1], ["drop"]]), {}),
    (EXTENDS, content([["extends", 1, 0], ["swap", 1]]), {}),
    (EXTENDS, content([["extends", 1], ["set", []]]), {}),
    (EXTENDS, content([["extends", 1, 0], ["set", {"hex": ""}]]), {}),
    (EXTENDS, content([["extends"], ["set", []]]), {}),
    (EXTENDS, ["none"], {"seen": "pin-longer.txt"}),
    (EXTENDS, ["none"], {"seen": "pin-split.txt"}),
    (EXTENDS, ["none"], {"seen": "pin-split-last.txt"}),
    (EXTENDS, content([["extends"], ["set", [[], []]]]), {"seen": "pin-uncovered.txt"}),
    (R0, ["none"], {"seen": "pin-split.txt"}),
    (R0, ["none"], {"seen": "trust.txt"}),
    (EXTENDS, content([["extends"], ["set", [[], []]]]), {"seen": "pin-continued.txt"}),
    # her row
    (R0, content([["slot"], ["set", 1]]), {}),
    (R0, content([["slot"], ["set", 3]]), {}),
    (R0, content([["enrolment", 0], ["set", 99]]), {}),
    (R0, content([["enrolment", 1], ["flip", -1]]), {}),
    (R0, content([["enrolment", 3, 2], ["flip", 0]]), {}),
    (R0, content([["enrolment", 3, 2], ["flip", -16]]), {}),
    (R0, content([["enrolment", 3, 1], ["set", 2]]), {}),
    # her events
    (R0, content([["events", 0], ["drop"]]), {}),
    (R0, content([["events", 1], ["drop"]]), {}),
    (R0, content([["events"], ["set", []]]), {}),
    (R0, content([["events", 0], ["swap", 1]]), {}),
    (R0, content([["events", 0, 4, 2], ["flip", 8]]), {}),
    (R0, content([["events", 0, 4, 3], ["flip", 0]]), {}),
    (R0, content([["events", 0, 4, 3], ["set", {"hex": ""}]]), {}),
    (R1, content([["events"], ["set", []]]), {}),
    # her rounds
    (R0, content([["rounds", 1], ["drop"]]), {}),
    (R0, content([["rounds", 0], ["drop"]]), {}),
    (R0, content([["rounds"], ["set", []]]), {}),
    (R0, content([["rounds", 0], ["swap", 1]]), {}),
    (R0, content([["rounds", 0, 3], ["flip", -1]]), {}),
    (R0, content([["rounds", 0, 5, 2], ["flip", 0]]), {}),
    (R0, content([["rounds", 0, 5, 2], ["flip", 14]]), {}),
    (R0, content([["rounds", 0, 5, 2], ["set", {"hex": "68010000"}]]), {}),
    (R3, content([["before"], ["set", []]]), {}),
    (R3, content([["before", 0, 3], ["flip", -1]]), {}),
    (R0, content([["rounds", 0, 4, 2, 0], ["flip", 0]]), {}),
    (R0, content([["rounds", 0, 4, 0], ["set", 0]]), {}),
    (R3, content([["before", 0, 4, 1], ["flip", -1]]), {}),
    # refunds, versions, entries
    (R0, content([["refunds"], ["set", []]]), {}),
    (R0, content([["refunds", 0, 3], ["flip", -1]]), {}),
    (R0, content([["refunds", 0, 4], ["set", []]]), {}),
    (R0, content([["refunds", 0, 4, 0, 2], ["flip", 0]]), {}),
    (R0, content([["covenants", 1], ["drop"]]), {}),
    (R0, content([["covenants", 0], ["swap", 1]]), {}),
    (R0, content([["covenants", 1, 3], ["flip", -1]]), {}),
    (R3, content([["entries", 0], ["drop"]]), {}),
    (R3, content([["entries", 1], ["swap", 2]]), {}),
    (R3, content([["entries", 3, 3], ["flip", -1]]), {}),
    (R3, content([["entries", 1, 2, 0], ["flip", 0]]), {}),
    (R3, content([["events", 1], ["drop"]]), {}),
    (R0, content([["events", 5, 3], ["flip", -1]]), {}),
    (R0, content([["events", 5, 3], ["set", {"hex": ""}]]), {}),
    # chains that the operator signed against the rules
    *((f"forged-{twist}.mcr", ["none"], {}) for twist in FORGED),
    # receipts
    (ROW, ["cut", 100], {}),
    (ROW, ["none"], {"trust": "trust-stranger.txt"}),
    (ROW, content([[0], ["set", 2]]), {}),
    (ROW, content([[2], ["set", 2]]), {}),
    (ROW, content([[3], ["flip", -1]]), {}),
    (ROW, content([[4, 0], ["flip", 0]]), {}),
    (ROW, content([[5, 0], ["set", "page"]]), {}),
    (ROW, content([[5, 1], ["set", 1]]), {}),
    (ROW, content([[5, 2, 2], ["flip", 8]]), {}),
    (BATCH, content([[5, 1], ["set", 7]]), {}),
    (ENTRY, content([[5, 2], ["flip", -1]]), {}),
    (ENTRY, content([[5, 1], ["set", 1]]), {}),
]
"""File, change, and what else differs from trust.txt and nothing."""


def negatives(check: Callable[[bytes, str, dict[str, Any]], tuple[str, int]]) -> list[dict[str, Any]]:
    """The negative vectors, with the outcome that ``check(data, kind, options)`` finds."""
    found = []
    for name, change, options in CHANGES:
        vector = {"file": name, "trust": "trust.txt", "change": change, **options}
        code, exit_code = check(changed(framed()[name], kind_of(name), change), kind_of(name), vector)
        found.append({**vector, "code": code, "exit_code": exit_code})
    return found


def library(data: bytes, kind: str, vector: dict[str, Any]) -> tuple[str, int]:
    """Code and exit code with which the library refuses a file; ("", 0) if it does not."""
    from mutualchain.errors import MutualchainError

    trust: TrustFile = TRUSTS[vector["trust"]]
    key = bytes.fromhex(vector["public_key"]) if "public_key" in vector else None
    try:
        if kind == "receipt":
            verify_receipt(parse_receipt(data), trust)
        else:
            now, age = vector.get("now_ms"), vector.get("max_age_ms")
            verify_record(data, trust, public_key=key, seen=seen_by(vector), now_ms=now, max_age_ms=age)
    except MutualchainError as error:
        return error.code, error.exit_code
    return "", 0


def seen_by(vector: dict[str, Any]) -> bytes | None:
    """The checkpoint that a vector's reader saw before."""
    if "seen" not in vector:
        return None
    known = {**pins(), **framed(), **{name: trust.format() for name, trust in TRUSTS.items()}}
    return note_in(known[vector["seen"]])


# --- the chain ----------------------------------------------------------------------------------


def chain_value(archive: Archive, origin: str, plan: str) -> dict[str, Any]:
    """A whole chain of one plan, in hex, as chain.json has it."""
    sheets = [archive.sheet_at(plan, at) for at in range(archive.plan_state(plan, archive.size - 1).sheets_size)]
    blocks = []
    for height in range(archive.size):
        here = [ref for ref in sheets if ref.height == height]
        blocks.append(
            {
                "block": archive.block(height).hex(),
                "entries": [entry.hex() for entry in archive.entries(height)],
                "sheets": [
                    {
                        "params": archive.params(ref).hex(),
                        "pages": [archive.page(ref, at).hex() for at in range(ref.descriptor.pages)],
                        **({"secret": archive.secret(ref).hex()} if ref.descriptor.schema.sealed else {}),
                    }
                    for ref in sorted(here, key=lambda ref: ref.index)
                ],
            }
        )
    chain = block_hash(archive.block(0)).hex()
    return {"origin": origin, "chain": chain, "checkpoint": archive.checkpoint().decode(), "blocks": blocks}


def chain_json() -> dict[str, Any]:
    """The whole chain, in hex."""
    with told().store.read() as reader:
        return chain_value(Archive(reader), story.ORIGIN, PLAN)


def documents() -> dict[str, Any]:
    """The JSON files by name."""
    return {"chain.json": chain_json(), "facts.json": facts(), "negative.json": negatives(library)}


def dumped(name: str, value: Any) -> str:
    if name == "negative.json":  # a line each
        return "[\n" + ",\n".join("  " + json.dumps(item) for item in value) + "\n]\n"
    return json.dumps(value, indent=1, sort_keys=True) + "\n"


def stale() -> dict[Path, bytes]:
    """What SPEC.md and the files here would have to be, where that is not what they are."""
    wanted: dict[Path, bytes] = {SPEC: rewritten(SPEC.read_text(encoding="utf-8")).encode()}
    wanted |= {HERE / name: trust.format() for name, trust in TRUSTS.items()}
    wanted |= {HERE / name: note for name, note in pins().items()}
    wanted |= {HERE / name: dumped(name, value).encode() for name, value in documents().items()}
    wanted |= {HERE / name: data for name, data in framed().items() if stored_content(name) != content_of(name, data)}
    return {path: data for path, data in wanted.items() if not path.exists() or path.read_bytes() != data}


def write() -> list[Path]:
    """Writes them again; the files that changed."""
    HERE.mkdir(exist_ok=True)
    changed_files = stale()
    for path, data in changed_files.items():
        path.write_bytes(data)
    return list(changed_files)


def content_of(name: str, data: bytes) -> bytes:
    return canonical.encode(frame.unwrap(kind_of(name), data))


def stored_content(name: str) -> bytes | None:
    """The content of a framed file as it lies here; None where there is none that can be read."""
    try:
        return content_of(name, (HERE / name).read_bytes())
    except Exception:
        return None
