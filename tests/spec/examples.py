"""Every example of SPEC.md, made by the library from fixed seeds: name to (kind, text).

In SPEC.md an example stands in a fence that names it: three backticks, ``hex name=block`` (bytes, 32 a line),
``value name=terms`` (a decoded canonical value) or ``text name=note`` (lines as they are, without the last newline).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path

from mutualchain import canonical, limits
from mutualchain.archive.reading import Archive
from mutualchain.block.block import block_hash, block_key_id
from mutualchain.block.entry import CHAIN, Entry, entry_hash
from mutualchain.block.keys import acceptance_message
from mutualchain.block.plan import EventLeaf, SheetLeaf
from mutualchain.covenant.acts import ACTS, CHAIN_ACTS
from mutualchain.covenant.document import parameters
from mutualchain.covenant.parameters import Kind
from mutualchain.covenant.statements import withdrawal_message
from mutualchain.errors import ERRORS, MutualchainError
from mutualchain.evidence import split_evidence
from mutualchain.ledger.core import reference_key
from mutualchain.record import frame
from mutualchain.record.passport import member_seed
from mutualchain.sheet import (
    SCHEMAS,
    Aggregate,
    Column,
    Salter,
    SheetContext,
    TreeReader,
    build_sheet,
    params_hash,
    prove_page,
    schema,
    table,
)
from mutualchain.tlog import ed25519, merkle
from mutualchain.tlog.checkpoint import Checkpoint, sign_checkpoint
from mutualchain.tlog.checkpoint import parse as parse_checkpoint
from mutualchain.tlog.lineage import lineage_from_nodes
from mutualchain.tlog.note import parse as parse_note
from tests.spec import story
from tests.spec.published import published_examples
from tests.spec.story import BLOCK_SEED, MEMBERS, NEXT_SEED, ORIGIN, PLAN, TRUST, WITNESSED, fixed

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / "SPEC.md"
FENCE = re.compile(r"^```(?P<kind>hex|value|text) name=(?P<name>[a-z0-9-]+)\n(?P<body>.*?)^```$", re.M | re.S)
FRAMED = ("frame",)
"""Examples that hold a gzip member, whose bytes depend on the deflater: compared by content."""

Examples = dict[str, tuple[str, str]]


def hexed(data: bytes) -> tuple[str, str]:
    text = data.hex()
    return "hex", "\n".join(text[at : at + 64] for at in range(0, len(text), 64))


def lines(text: str | bytes) -> tuple[str, str]:
    return "text", (text if isinstance(text, str) else text.decode()).removesuffix("\n")


def shown(value: object) -> str:
    """A value in one line: h'..' are bytes, everything else reads as in JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return f"h'{value.hex()}'"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if isinstance(value, tuple | list):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {shown(value[key])}" for key in sorted(value)) + "}"
    return str(value)


def laid_out(value: object, width: int = 116, indent: str = "") -> str:
    """A value over as many lines as it needs, two spaces a level."""
    line = indent + shown(value)
    if len(line) <= width or not isinstance(value, tuple | list | Mapping):
        return line
    inner = indent + "  "
    if isinstance(value, Mapping):
        parts = [f"{inner}{key}: {laid_out(value[key], width, inner).removeprefix(inner)}" for key in sorted(value)]
        return indent + "{\n" + ",\n".join(parts) + "\n" + indent + "}"
    return indent + "[\n" + ",\n".join(laid_out(item, width, inner) for item in value) + "\n" + indent + "]"


def valued(data: bytes) -> tuple[str, str]:
    return "value", laid_out(canonical.decode(data, max_size=1 << 26))


# --- the examples, by section -------------------------------------------------------------------


def primitives() -> Examples:
    message = b"mutualchain"
    leaves = [merkle.leaf_hash(data) for data in (b"zero", b"one", b"two")]
    return {
        "ed25519-seed": hexed(BLOCK_SEED),
        "ed25519-key": hexed(ed25519.public_key_of(BLOCK_SEED)),
        "ed25519-signature": hexed(ed25519.sign(BLOCK_SEED, message)),
        "merkle-leaves": hexed(b"".join(leaves)),
        "merkle-root": hexed(merkle.root(leaves)),
        "merkle-inclusion": hexed(b"".join(merkle.inclusion_proof(leaves, 1))),
        "merkle-consistency": hexed(b"".join(merkle.consistency_proof(leaves, 2))),
        "merkle-old-root": hexed(merkle.root(leaves[:2])),
        "merkle-lineage": hexed(b"".join(lineage_from_nodes(lambda _, index: leaves[index], (1, 2), 3).hashes)),
        "canonical": hexed(canonical.encode(CANONICAL)),
        "canonical-value": ("value", laid_out(CANONICAL)),
    }


NUMBERS = [-1, 128, 2**63 - 1, -(2**63)]
CANONICAL = {"a": [], "amount": 300, "b_2": NUMBERS, "key": b"\x00\xff", "ok": True, "text": "心链"}
SECRET = fixed("sheet secret")


def notices() -> tuple[SheetContext, list[bytes]]:
    """Three rows of a sealed schema: three pages, the last of which moves up unpaired."""
    context = SheetContext(fixed("chain"), PLAN, schema("notice/1"), 0, 0, params_hash(b""))
    rows: dict[str, list[int] | list[bytes]] = {
        "slot": [7, 8, 7],
        "seq": [0, 4, 1],
        "entry": [fixed("entry a"), fixed("entry b"), fixed("entry c")],
    }
    columns = table(context.schema, rows)
    built = build_sheet(context, columns, SECRET)
    tiles = {(level, index): data for level, index, data in built.tiles}
    reader = TreeReader(built.descriptor, context.chain, lambda level, index: tiles[level, index])
    salter = Salter(context, SECRET)
    pages = [built.bundles[0][40 * at : 40 * at + 40] for at in range(3)]
    proofs = [prove_page(reader, at, pages[at], salter.salt(at)) for at in range(3)]
    parts = [
        built.bundles[0],
        built.tiles[0][2],
        salter.salt(1),
        built.descriptor.root,
        canonical.encode(built.descriptor.to_value()),
    ]
    return context, [*parts, *(canonical.encode(proof.to_value()) for proof in proofs)]


def sheets(archive: Archive) -> Examples:
    context, (bundle, tile, salt, root, descriptor, first, _, last) = notices()
    charge = archive.sheet(PLAN, "charge/1", 0)
    return {
        "sheet-chain": hexed(context.chain),
        "sheet-params": hexed(params_hash(b"")),
        "sheet-context": hexed(context.hash),
        "sheet-secret": hexed(SECRET),
        "sheet-bundle": hexed(bundle),
        "sheet-salt": hexed(salt),
        "sheet-records": hexed(tile),
        "sheet-root": hexed(root),
        "sheet-descriptor": hexed(descriptor),
        "sheet-descriptor-value": valued(descriptor),
        "sheet-proof": valued(first),
        "sheet-proof-last": valued(last),
        "charge-page": hexed(archive.page(charge, 0)),
        "charge-descriptor": valued(canonical.encode(charge.descriptor.to_value())),
        "charge-record": hexed(archive.tile(charge, 0, 0)),
    }


def blocks(archive: Archive, chain: bytes) -> Examples:
    rotation = archive.entry(15, 0)
    return {
        "genesis-entry": hexed(archive.entry(0, 0)),
        "genesis-entry-value": valued(archive.entry(0, 0)),
        "genesis-header": valued(header_bytes(archive, 0)),
        "genesis-block": hexed(archive.block(0)),
        "chain": hexed(chain),
        "key-id": hexed(block_key_id(ed25519.public_key_of(BLOCK_SEED))),
        "block": hexed(archive.block(3)),
        "header-value": valued(header_bytes(archive, 3)),
        "block-hash": hexed(block_hash(archive.block(3))),
        "acceptance-message": hexed(
            acceptance_message(chain, ed25519.public_key_of(BLOCK_SEED), ed25519.public_key_of(NEXT_SEED))
        ),
        "rotation-entry": valued(rotation),
        "anchor-entry": valued(archive.entry(14, 0)),
    }


def header_bytes(archive: Archive, height: int) -> bytes:
    value = canonical.decode(archive.block(height), max_size=65_535)
    assert isinstance(value, tuple)
    assert isinstance(value[0], bytes)
    return value[0]


def plans(archive: Archive) -> Examples:
    leaves = dict(archive.plan_leaves(3))
    sheet = archive.sheet(PLAN, "credit/1", 0)
    leaf = SheetLeaf(sheet.height, sheet.time_ms, sheet.descriptor).to_bytes()
    _, event = next(iter(archive.event_leaves(PLAN, 1)))
    return {
        "plan-leaf": hexed(leaves[PLAN]),
        "plan-leaf-value": valued(leaves[PLAN]),
        "chain-leaf-value": valued(leaves[CHAIN]),
        "plans-root": hexed(merkle.root([merkle.leaf_hash(leaves[name]) for name in sorted(leaves)])),
        "sheet-leaf-value": valued(leaf),
        "event-leaf-value": valued(EventLeaf(event.height, event.time_ms, event.index, event.entry_hash).to_bytes()),
    }


def covenants(archive: Archive, chain: bytes) -> Examples:
    covenant = story.COVENANT
    case, opening, payout = (archive.entry(height, 0) for height in (4, 5, 7))
    (request,) = (data for _, _, data in archive.entries_of(PLAN, 100, ["request"]))
    terms = archive.params(archive.sheet(PLAN, "charge/1", 0))
    name = reference_key(PLAN, "out-0")
    message = withdrawal_message(chain, PLAN, 0, 1, 150, name, 2)
    assert Entry.from_bytes(opening).body["terms"] == terms
    return {
        "covenant": hexed(covenant.to_bytes()),
        "covenant-value": valued(covenant.to_bytes()),
        "covenant-hash": hexed(covenant.hash),
        "case-entry": valued(case),
        "case-hash": hexed(entry_hash(case)),
        "round-terms": hexed(terms),
        "round-terms-value": valued(terms),
        "payout-entry": valued(payout),
        "request-entry": valued(request),
        "refund-terms-value": valued(archive.params(archive.sheet(PLAN, "refund/1", 0))),
        "reference-hash": hexed(name),
        "statement-message": hexed(message),
        "statement-signature": hexed(
            MEMBERS[0].sign_withdrawal(chain, ORIGIN, PLAN, slot=0, seq=1, amount=150, reference=name, reason=2)
        ),
    }


def files(archive: Archive, told: story.Story) -> Examples:
    passport = MEMBERS[0]
    receipt = frame.unwrap("receipt", told.receipts["credit-0"])
    seed = member_seed(passport.seed, ORIGIN, PLAN, 0)
    return {
        "log-vkey": lines(story.LOG.vkey),
        "checkpoint": lines(archive.checkpoint()),
        "witness-vkey": lines(story.WITNESS.verifier.vkey),
        "cosigned": lines(story.cosigned(archive.checkpoint())),
        "trust": lines(WITNESSED.format()),
        "frame": hexed(frame.wrap("evidence", ["example", 1])),
        "evidence-value": ("value", laid_out(frame.unwrap("evidence", split(archive.checkpoint())))),
        "receipt-value": ("value", laid_out(receipt)),
        "passport": lines(type(passport)(passport.seed, TRUST.format()).to_bytes()),
        "passport-seed": hexed(seed),
        "passport-key": hexed(ed25519.public_key_of(seed)),
    }


def split(note: bytes) -> bytes:
    """Evidence that the log signed another book of the same size."""
    checkpoint = parse_checkpoint(parse_note(note).text)
    other = sign_checkpoint(Checkpoint(checkpoint.origin, checkpoint.size, fixed("another last book")), [story.LOG])
    return split_evidence(note, other, TRUST)


def published(archive: Archive, chain: bytes) -> Examples:
    makers = {"hex": hexed, "text": lines, "value": lambda value: ("value", laid_out(value))}
    made = published_examples(archive, chain, ORIGIN, PLAN)
    return {name: makers[kind](shown) for name, (kind, shown) in made.items()}


def tables() -> Examples:
    """Tables that have to agree with the code."""
    rows = ["schema        page  kind            columns: name type [maximum]; totals"]
    for item in SCHEMAS.values():
        kind = "dense" if item.dense else "sealed"
        columns = ", ".join(column_text(column) for column in item.columns)
        totals = ", ".join(f"{total.name} = {total_text(total)}" for total in item.aggregates)
        rows += [f"{item.name:<14}{item.page_rows:>4}  {kind:<7} {columns}", f"{'':<14}{'':>4}  totals: {totals}"]
    return {
        "schemas": lines("\n".join(row.rstrip() for row in rows)),
        "covenant-parameters": lines("\n".join(parameter_lines())),
        "entry-kinds": lines("\n".join(kind_lines())),
        "limits": lines("\n".join(f"{name:<23}{getattr(limits, name):>26,}" for name in LIMITS)),
        "errors": lines(
            "\n".join(f"{kind.code}  {kind.exit_code}  {first_line(kind)}" for kind in ERRORS if cited(kind.code))
        ),
    }


LIMITS = """
    MAX_DEPTH MAX_INT MAX_CONTAINERS MAX_ITEMS MAX_BLOCK MAX_ENTRY MAX_ENTRIES_PER_BLOCK MAX_SHEETS_PER_BLOCK
    MAX_BLOCK_SIGNATURES MAX_PLANS MAX_NAME MAX_REFERENCE MAX_CASES_PER_ROUND MAX_ROWS MAX_AGGREGATES MAX_PARAMS
    MAX_PAGE MAX_SHEET_PATH MAX_EVENTS_PER_ROUND MAX_LOG_SIZE MAX_PROOF MAX_NOTE MAX_NOTE_SIGNATURES MAX_KEY_NAME
    MAX_TRUST_FILE MAX_TRUST_ITEMS MAX_TRUST_AGE MAX_BUNDLE_FILE MAX_BUNDLE MAX_RECORD MAX_RECEIPT MAX_EVIDENCE
    MAX_ROUNDS_IN_RECORD MAX_EVENTS_IN_RECORD MAX_REFUNDS_IN_RECORD MAX_EXTENSIONS
    MAX_CHANGES_IN_RECORD MAX_CHARGE MAX_BALANCE MAX_CREDIT MAX_TOTAL
""".split()
"""The bounds that formats have; the others in limits.py are the writer's, the auditor's and the witness's own."""


def parameter_lines() -> Iterator[str]:
    """Every parameter of a covenant: clause, what it takes, and what it means."""
    for clause, kind, _ in parameters():
        yield from lines_of(clause, kind)


def lines_of(clause: str, kind: Kind) -> Iterator[str]:
    yield f"{clause:<34}{takes(kind)}"
    yield f"    {kind.doc}"
    if kind.name == "table" and kind.row not in (int, str):
        for item in fields(kind.row):  # type: ignore[arg-type]
            yield from lines_of(f"{clause}[].{item.name}", item.metadata["kind"])


def takes(kind: Kind) -> str:
    """What a parameter takes, in a few words."""
    if kind.name in ("number", "amount"):
        return f"{kind.name} {kind.low} to {kind.high}"
    if kind.name == "choice":
        return "one of " + " ".join(kind.choices)
    if kind.name == "octets":
        return f"bytes 0 or {kind.high}"
    if kind.name == "text":
        form = "" if kind.pattern is None else " " + kind.pattern.pattern.removesuffix(r"\Z")
        return f"text {kind.low} to {kind.high}{form}"
    if kind.name == "table":
        of = "numbers" if kind.row is int else "texts" if kind.row is str else "maps"
        return f"{of} {kind.low} to {kind.high}"
    return kind.name


def kind_lines() -> Iterator[str]:
    """Every kind of entry that the rules know, with its keys."""
    for kinds in (ACTS, CHAIN_ACTS):
        if kinds is CHAIN_ACTS:
            yield ""
        for kind, act in kinds.items():
            yield f"{kind:<22}{' '.join(sorted(item.name for item in fields(act)))}"


def column_text(column: Column) -> str:
    if column.maximum is None:
        return f"{column.name} {column.width} bytes"
    most = "" if column.maximum == 256**column.width - 1 else f" <= {column.maximum}"
    return f"{column.name} u{8 * column.width}{most}"


def total_text(total: Aggregate) -> str:
    if total.kind == "rows":
        return "rows"
    return f"sum({total.column})" if total.kind == "sum" else f"rows with {total.column} <= {total.at_most}"


def first_line(kind: type[MutualchainError]) -> str:
    return (kind.__doc__ or "").split("\n")[0]


def cited(code: str) -> bool:
    """Whether the document names the code outside the table itself."""
    return code in FENCE.sub("", SPEC.read_text(encoding="utf-8"))


@cache
def told() -> story.Story:
    """The story, told once a test run."""
    return story.tell()


@cache
def examples() -> Examples:
    """All examples by name."""
    this = told()
    with this.store.read() as reader:
        archive = Archive(reader)
        return {
            **primitives(),
            **tables(),
            **sheets(archive),
            **blocks(archive, this.chain),
            **plans(archive),
            **covenants(archive, this.chain),
            **files(archive, this),
            **published(archive, this.chain),
        }


def blocks_of(text: str) -> Examples:
    """The examples that a document holds."""
    return {match["name"]: (match["kind"], match["body"].removesuffix("\n")) for match in FENCE.finditer(text)}


def rewritten(text: str) -> str:
    """The document with its examples as they are today; unknown names stay as they are."""
    made = examples()

    def put(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in made or (name in FRAMED and same_frame(match["body"], made[name][1])):
            return match[0]
        kind, body = made[name]
        return f"```{kind} name={name}\n{body}\n```"

    return FENCE.sub(put, text)


def same_frame(one: str, other: str) -> bool:
    """Whether two framed files in hex have the same first line and content."""
    try:
        first, second = bytes.fromhex(one), bytes.fromhex(other)
        return frame.unwrap("evidence", first) == frame.unwrap("evidence", second)
    except Exception:
        return False
