"""SPEC.md suffices: a verifier written from it alone agrees with the library on every vector, as the files lie here."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from mutualchain import canonical
from mutualchain.errors import MutualchainError
from mutualchain.record.pin import note_in
from mutualchain.record.verify import verify_record
from mutualchain.sheet import Salter, SheetContext, TreeReader, build_sheet, params_hash, prove_page, schema, table
from mutualchain.tlog import merkle
from tests.record import test_dishonest_operator as dishonest_operator
from tests.record import test_dishonest_rules as dishonest_rules
from tests.record.forge import HER_KEY, Forge, ruled, tell
from tests.record.forge import TRUST as FORGE_TRUST
from tests.record.test_edited_rules import rich
from tests.spec.examples import SECRET
from tests.spec.files import HERE, changed, jsoned, kind_of
from tests.spec.second import Refused, Sheet, Trust, continued, page_proof, receipt, root_of, totals_of, unpack
from tests.spec.second_chain import Chain
from tests.spec.second_record import record
from tests.spec.story import TRUST, fixed

FACTS: dict[str, dict[str, Any]] = json.loads((HERE / "facts.json").read_text(encoding="utf-8"))
NEGATIVE: list[dict[str, Any]] = json.loads((HERE / "negative.json").read_text(encoding="utf-8"))


def trust_of(name: str) -> Trust:
    return Trust((HERE / name).read_bytes())


def options(vector: dict[str, Any]) -> dict[str, Any]:
    found = {"now": vector["now_ms"], "age": vector["max_age_ms"]} if "now_ms" in vector else {}
    return {**found, "seen": (HERE / vector["seen"]).read_bytes()} if "seen" in vector else found


def plain(said: dict[str, Any], kind: str) -> dict[str, Any]:
    """As in facts.json: byte strings of a record in hex, those of a receipt as JSON objects, but for the chain."""
    if kind == "record":
        return {name: hexed(item) for name, item in said.items()}
    found: dict[str, Any] = jsoned(said)
    return {**found, "chain": said["chain"].hex()}


def hexed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: hexed(item) for name, item in value.items()}
    if isinstance(value, list):
        return [hexed(item) for item in value]
    return value.hex() if isinstance(value, bytes) else value


@pytest.mark.parametrize("name", sorted(FACTS))
def test_the_second_verifier_finds_the_same_facts(name: str) -> None:
    data = (HERE / name).read_bytes()
    verify = record if kind_of(name) == "record" else receipt
    said = plain(verify(data, trust_of("trust.txt")), kind_of(name))
    assert {key: FACTS[name].get(key) for key in said} == said


def test_the_second_verifier_asks_for_the_quorum() -> None:
    data = (HERE / "record-0-witnessed.mcr").read_bytes()
    assert record(data, trust_of("trust-witnessed.txt"))["slot"] == 0


@pytest.mark.parametrize(
    "name", ["pin-continued.txt", "record-0-extends.mcr", "record-3.mcr", "record-0-witnessed.mcr"]
)
def test_both_find_that_a_record_continues_what_was_seen(name: str) -> None:
    data, seen = (HERE / "record-0-extends.mcr").read_bytes(), (HERE / name).read_bytes()
    assert record(data, trust_of("trust.txt"), seen=seen)["slot"] == 0
    checks = dict(verify_record(data, TRUST, seen=note_in(seen)).checks)
    assert checks["extends"]["size"] == (7 if "pin" in name else 36)


@pytest.mark.parametrize("vector", NEGATIVE, ids=[f"{v['file']} {v['code']} {at}" for at, v in enumerate(NEGATIVE)])
def test_the_second_verifier_refuses_with_the_same_code(vector: dict[str, Any]) -> None:
    kind = kind_of(vector["file"])
    data = changed((HERE / vector["file"]).read_bytes(), kind, vector["change"])
    key = bytes.fromhex(vector["public_key"]) if "public_key" in vector else None
    verify = partial(receipt, data) if kind == "receipt" else partial(record, data, key=key, **options(vector))
    with pytest.raises(Refused) as refused:
        verify(trust=trust_of(vector["trust"]))
    assert refused.value.code == vector["code"]


# --- chains that the operator signed against the rules ------------------------------------------

LIES = {lie.name: (lambda lie=lie: tell(**lie.at).record(**lie.record)) for lie in dishonest_operator.LIES} | {
    lie.name: (lambda lie=lie: lie.story(**lie.lies).record(**lie.record)) for lie in dishonest_rules.LIES
}
HONEST: dict[str, Callable[[], Forge]] = {
    "rich": rich,
    "amended": dishonest_rules.amended,
    "monthly": dishonest_rules.monthly,
    "by event": lambda: dishonest_rules.by_event(),
    "late joiner": dishonest_rules.late_joiner,
    "closed": dishonest_rules.closed,
    "case": dishonest_rules.lived,
    "exempt": dishonest_rules.exempted,
    "postpaid": lambda: dishonest_rules.funded(dishonest_rules.POSTPAID, {}, {}, deposit=100),
    "mandate": lambda: dishonest_rules.funded(dishonest_rules.MANDATE, {}, dishonest_rules.row(0, "partial")),
    "previous headcount": lambda: dishonest_rules.funded(ruled("sharing", divisor="previous_headcount"), {}, {}),
}


def outcome(check: Callable[[], object]) -> str:
    try:
        check()
    except (MutualchainError, Refused) as error:
        return error.code
    return ""


@pytest.mark.parametrize("name", LIES)
def test_both_say_the_same_of_what_an_operator_signed(name: str) -> None:
    data = LIES[name]()
    trust = Trust(FORGE_TRUST.format())
    said = outcome(lambda: verify_record(data, FORGE_TRUST, public_key=HER_KEY))
    assert said
    assert outcome(lambda: record(data, trust, key=HER_KEY)) == said


@pytest.mark.parametrize("name", HONEST)
def test_both_say_the_same_of_honest_chains(name: str) -> None:
    data = HONEST[name]().record()
    wanted = verify_record(data, FORGE_TRUST, public_key=HER_KEY).to_value()
    said = plain(record(data, Trust(FORGE_TRUST.format()), key=HER_KEY), "record")
    assert {key: wanted.get(key) for key in said} == json.loads(json.dumps(said))


def test_the_second_verifier_follows_consistency_proofs() -> None:
    leaves = [merkle.leaf_hash(bytes([at])) for at in range(33)]
    roots = [merkle.root(leaves[:size]) for size in range(34)]
    for new in range(2, 34):
        for old in range(1, new):
            proof = list(merkle.consistency_proof(leaves[:new], old))
            continued(old, new, proof, roots[old], roots[new])
            assert root_of(leaves[:new]) == roots[new]
            for wrong in (proof[1:], proof[:-1], [*proof, bytes(32)], [*proof, proof[-1]], [bytes(32), *proof[1:]]):
                with pytest.raises(Refused):
                    continued(old, new, wrong, roots[old], roots[new])


# --- the whole chain ----------------------------------------------------------------------------

CHAIN: dict[str, Any] = json.loads((HERE / "chain.json").read_text(encoding="utf-8"))


def test_the_second_verifier_follows_the_whole_chain() -> None:
    chain = Chain(CHAIN, trust_of("trust.txt"))
    assert chain.identity.hex() == CHAIN["chain"]
    assert [member.balance for member in chain.plans["demo"].members] == [
        FACTS[f"record-{slot}.mcr"]["balance"] for slot in range(4)
    ]


def places() -> list[tuple[str, list[Any]]]:
    """Every byte string of the chain, by where it stands."""
    found: list[tuple[str, list[Any]]] = []
    for height, block in enumerate(CHAIN["blocks"]):
        found.append((f"block {height}", [height, "block"]))
        found += [(f"entry {height}/{at}", [height, "entries", at]) for at in range(len(block["entries"]))]
        for at, sheet in enumerate(block["sheets"]):
            found += [(f"page {height}/{at}", [height, "sheets", at, "pages", 0])]
            found += [(f"{name} {height}/{at}", [height, "sheets", at, name]) for name in sheet if name == "secret"]
    return found


@pytest.mark.parametrize("path", [path for _, path in places()], ids=[name for name, _ in places()])
def test_the_second_verifier_refuses_a_chain_with_one_bit_changed(path: list[Any]) -> None:
    value = json.loads(json.dumps(CHAIN))
    here = value["blocks"]
    for step in path[:-1]:
        here = here[step]
    data = bytearray.fromhex(here[path[-1]])
    data[-1] ^= 1
    here[path[-1]] = data.hex()
    with pytest.raises(Refused):
        Chain(value, trust_of("trust.txt"))


# --- sheets of several pages --------------------------------------------------------------------


def built(name: str, rows: int) -> tuple[Sheet, bytes, list[list[Any]]]:
    """A sheet by the library, as the second verifier reads it: descriptor, chain, the proof of every page."""
    context = SheetContext(fixed("chain"), "demo", schema(name), 3, 0, params_hash(b"made for"))
    values: dict[str, list[int] | list[bytes]] = {
        column.name: [fixed(f"{row}") * (column.width // 32) for row in range(rows)]
        if column.maximum is None
        else [row % 3 for row in range(rows)]
        for column in context.schema.columns
    }
    secret = SECRET if context.schema.sealed else None
    sheet = build_sheet(context, table(context.schema, values), secret)
    tiles = {(level, index): data for level, index, data in sheet.tiles}
    reader = TreeReader(sheet.descriptor, context.chain, lambda level, index: tiles[level, index])
    whole_sheet, size, proofs = b"".join(sheet.bundles), context.schema.page_bytes, []
    for index in range(sheet.descriptor.pages):
        salt = b"" if secret is None else Salter(context, secret).salt(index)
        proof = prove_page(reader, index, whole_sheet[index * size : (index + 1) * size], salt)
        proofs.append(page_proof(unpack(canonical.encode(proof.to_value()), 1 << 16)))
    return Sheet(unpack(canonical.encode(sheet.descriptor.to_value()), 1 << 16)), context.chain, proofs


SIZES = [
    ("enrolment/1", 100),
    ("charge/1", 600),
    ("charge/1", 256 * 5),
    ("credit/1", 7),
    ("exit/1", 300),
    ("ballot/1", 2),
]


@pytest.mark.parametrize(("name", "rows"), SIZES)
def test_the_second_verifier_reads_every_page_of_a_sheet(name: str, rows: int) -> None:
    sheet, chain, proofs = built(name, rows)
    found = [sheet.rows_of(chain, proof) for proof in proofs]
    assert [first for first, _ in found] == [sheet.page_rows * at for at in range(len(proofs))]
    assert totals_of(name, [row for _, page in found for row in page]) == sheet.totals


@pytest.mark.parametrize(("name", "rows"), SIZES)
def test_the_second_verifier_refuses_a_page_at_another_place_or_with_other_totals_beside_it(
    name: str, rows: int
) -> None:
    sheet, chain, proofs = built(name, rows)
    index, count, page, salt, path = proofs[0]
    totals, digest = path[-1]
    wrong = [
        ([index + 1, count, page, salt, path], {"MC-041", "MC-042"}),
        ([index, count, page, salt, path[:-1]], {"MC-041"}),
        ([index, count, page, salt, [*path[:-1], [[2**63 - 1] * len(totals), digest]]], {"MC-043"}),
        ([index, count, page, salt, [*path[:-1], [totals[:-1], digest]]], {"MC-041"}),
        ([index, count, page, salt, [*path[:-1], [totals, bytes(32)]]], {"MC-042"}),
    ]
    for proof, codes in wrong:
        with pytest.raises(Refused) as refused:
            sheet.rows_of(chain, proof)
        assert refused.value.code in codes
