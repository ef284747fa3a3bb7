"""Evidence of every kind, each with what it convicts whom of: one table, for the verifier and for who forges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mutualchain.block.entry import CHAIN
from mutualchain.evidence import (
    chain_evidence,
    prefixes_evidence,
    receipt_evidence,
    record_evidence,
    split_evidence,
)
from mutualchain.evidence.bundle import ChainEvidence, SplitEvidence
from mutualchain.evidence.disagreement import OtherBlock, Prefix
from mutualchain.evidence.rules import Rewritten
from mutualchain.record.receipt import Receipt
from mutualchain.sheet import Descriptor
from mutualchain.sheet import schema as schema_of
from mutualchain.tlog.merkle import consistency_proof, leaf_hash
from mutualchain.tlog.trust import TrustFile
from tests.record import forge
from tests.record.world import digest

from .tools import (
    CHAIN_TRUST,
    FORK,
    HONEST,
    LOG,
    ONE,
    TRUST,
    TWO,
    Leaves,
    Liar,
    cosigned,
    hashed,
    state,
)


@dataclass(frozen=True)
class Case:
    """A file that convicts: who, of what finding, and the sentence about it."""

    name: str
    data: bytes
    trust: TrustFile
    convicted: tuple[str, ...]
    finding: str
    sentence: str


def of_sizes() -> bytes:
    return split_evidence(HONEST.note(7), FORK.note(7), TRUST)


def of_prefix(small: int = 5, large: int = 9, *, first: bytes | None = None, second: bytes | None = None) -> bytes:
    root, proof = FORK.root(small), FORK.proof(small, large)
    notes = first or HONEST.note(small), second or FORK.note(large)
    return split_evidence(*notes, TRUST, root=root, proof=proof)


def of_prefixes(one: int = 7, two: int = 9, size: int = 5) -> bytes:
    mine = Prefix(HONEST.root(size), tuple(HONEST.proof(size, one)))
    other = Prefix(FORK.root(size), tuple(FORK.proof(size, two)))
    return prefixes_evidence(size, HONEST.note(one), mine, FORK.note(two), other, TRUST)


def of_blocks(height: int = 4, one: int = 5, two: int = 9) -> bytes:
    proof = OtherBlock(Leaves(HONEST, one).proven(height), Leaves(FORK, two).proven(height))
    return SplitEvidence(HONEST.note(one), FORK.note(two), proof).to_bytes()


def of_receipt() -> bytes:
    held = Leaves(HONEST, 6).proven(4)
    receipt = Receipt(HONEST.note(6), 4, held.block, held.proof, ("sheet", 0)).to_bytes()
    return receipt_evidence(receipt, FORK.note(9), Leaves(FORK, 9).proven(4), TRUST)


def of_witness(*parties: str) -> bytes:
    """Two books cosigned by a witness; the second is signed by the log only if the operator is among the parties."""
    witnesses = [witness for name, witness in (("once", ONE), ("many", TWO)) if name in parties]
    log = FORK if "operator" in parties else None
    return split_evidence(
        cosigned(HONEST.checkpoint(7), ONE, TWO), cosigned(FORK.checkpoint(7), *witnesses, log=log), TRUST
    )


def lie(*heights: int, tell: Callable[[Liar], object], rewritten: Rewritten | None = None) -> bytes:
    liar = Liar()
    tell(liar)
    blocks = [liar.stated(height) for height in heights]
    return chain_evidence(liar.note, liar.proven(0), liar.entry, blocks, CHAIN_TRUST, rewritten=rewritten)


BEGUN = state(CHAIN, events_size=1, events_root=hashed(b"genesis"))


def demo(**more: Any) -> list[Any]:
    """The chain's state and that of a plan."""
    return [BEGUN, state("demo", **more)]


def sheets(*names: bytes, slots: int = 0) -> dict[str, Any]:
    return {
        "numbers": (("credit/1", len(names)),),
        "sheets_size": len(names),
        "sheets_root": hashed(*names),
        "slots": slots,
    }


def two(first: Sequence[Any], second: Sequence[Any], between: int = 1) -> Callable[[Liar], object]:
    def tell(liar: Liar) -> None:
        liar.add(first)
        for _ in range(between):
            liar.add(first)
        liar.add(second)
        liar.add()

    return tell


CREDIT = Descriptor(schema_of("credit/1"), "demo", 0, 0, 1, (1, 5), b"r" * 32, b"p" * 32)
OLD = [leaf_hash(name) for name in (b"a", b"b")]
NEW = [leaf_hash(name) for name in (b"x", b"b", b"c")]

CHAINS: list[tuple[str, tuple[int, ...], Callable[[Liar], object], str]] = [
    ("height", (1,), lambda liar: liar.add(height=5), "block 1 says that it is block 5"),
    ("chain", (1,), lambda liar: liar.add(chain=b"x" * 32), "block 1 names another chain"),
    ("count", (1,), lambda liar: liar.add(demo(), plan_count=3), "block 1 counts 3 plans and commits to 2 states"),
    ("twice", (1,), lambda liar: liar.add([*demo(), state("demo", slots=9)]), "commits to two states of the plan demo"),
    ("order", (1,), lambda liar: liar.add([BEGUN, state("b"), state("a")]), "commits to its plans out of order"),
    ("order", (1,), lambda liar: liar.add([state("demo")]), "commits to its plans out of order"),
    ("previous", (1, 2), lambda liar: liar.add().add(previous=b"x" * 32), "block 2 does not name the block"),
    ("time", (1, 3), lambda liar: liar.add().add().add(time_ms=5), "block 3 is dated before"),
    ("vanished", (1, 3), two(demo(), [BEGUN]), "the plan demo is there at block 1 and gone at block 3"),
    ("fewer", (1, 3), two(demo(slots=9), demo(slots=8)), "has 9 members at block 1 and 8 at block 3"),
    (
        "fewer",
        (1, 3),
        two(demo(**sheets(b"a", b"b")), demo(**sheets(b"a"))),
        "has 2 sheets at block 1 and 1 at block 3",
    ),
    ("other", (1, 3), two(demo(**sheets(b"a")), demo(**sheets(b"b"))), "the sheets of the plan demo are as many"),
    ("uncounted", (1, 2), two(demo(), demo(slots=3), 0), "counts 3 members at block 2, where 0 follow"),
    ("uncounted", (1, 2), two(demo(), demo(events_size=4, events_root=b"e" * 32), 0), "counts 4 entries at block 2"),
    (
        "uncounted",
        (1, 2),
        lambda liar: liar.add(demo()).add(sheets=(CREDIT,)),
        "counts 0 sheets credit/1 at block 2",
    ),
]


def of_rewritten() -> bytes:
    tell = two(demo(**sheets(b"a", b"b")), demo(**sheets(b"x", b"b", b"c")))
    shown = Rewritten("demo", "sheets", hashed(b"x", b"b"), consistency_proof(NEW, 2))
    return lie(1, 3, tell=tell, rewritten=shown)


def broken_record() -> bytes:
    """A record that leads to the signed head, of a chain that charged her otherwise than the covenant says."""
    chain = forge.Forge()
    chain.begin()
    chain.adopt()
    chain.enrol(*(digest(f"key {slot}") for slot in range(forge.HER_SLOT)), forge.HER_KEY)
    chain.round(100, rows={forge.HER_SLOT: {"amount": 17}})
    return chain.record()


def all_cases() -> list[Case]:
    origin, liar = f"The operator of {HONEST.origin}", "The operator of liar.example/mutual"
    only, both = (HONEST.origin,), (HONEST.origin, ONE.name)
    different = "signed two different books of 7 blocks."
    cases = [
        Case("size", of_sizes(), TRUST, only, "size", f"{origin} {different}"),
        Case(
            "prefix",
            of_prefix(),
            TRUST,
            only,
            "prefix",
            f"{origin} signed two books that contradict each other: "
            "one of 5 blocks, and one of 9 that begins otherwise.",
        ),
        Case(
            "prefixes",
            of_prefixes(),
            TRUST,
            only,
            "prefixes",
            "one of 7 blocks and one of 9, which begin differently up to block 4.",
        ),
        Case("prefixes, the larger book first", of_prefixes(9, 7), TRUST, only, "prefixes", "of 7 blocks and one of 9"),
        Case("prefix of a power of two", of_prefix(4, 16), TRUST, only, "prefix", "one of 4 blocks, and one of 16"),
        Case(
            "blocks", of_blocks(), TRUST, only, "block", "of 5 blocks and one of 9, with different blocks at height 4."
        ),
        Case("blocks, the larger book first", of_blocks(4, 9, 5), TRUST, only, "block", "of 5 blocks and one of 9"),
        Case(
            "receipt",
            of_receipt(),
            TRUST,
            only,
            "block",
            "of 6 blocks and one of 9, with different blocks at height 4.",
        ),
        Case(
            "witness",
            of_witness("once"),
            TRUST,
            (ONE.name,),
            "size",
            f"The witness {ONE.name}, asked to cosign {HONEST.origin}, {different}",
        ),
        Case("two witnesses", of_witness("once", "many"), TRUST, (ONE.name, TWO.name), "size", "The witnesses "),
        Case(
            "operator and witness",
            of_witness("operator", "once"),
            TRUST,
            both,
            "size",
            f"{origin} and the witness {ONE.name} {different}",
        ),
        Case(
            "rewritten",
            of_rewritten(),
            CHAIN_TRUST,
            (LOG.name,),
            "rewritten",
            f"{liar} signed a book that breaks its rules: the sheets that the plan demo had at block 1 are others at "
            "block 3.",
        ),
        Case(
            "record",
            record_evidence(broken_record(), forge.TRUST),
            forge.TRUST,
            (forge.ORIGIN,),
            "record",
            f"The operator of {forge.ORIGIN} signed a book that breaks its rules: ",
        ),
    ]
    for number, (finding, heights, tell, sentence) in enumerate(CHAINS):
        name = f"{finding} {number}"
        cases.append(Case(name, lie(*heights, tell=tell), CHAIN_TRUST, (LOG.name,), finding, sentence))
    return cases


def unchecked(liar: Liar, *heights: int, states: bool = True, **more: Any) -> bytes:
    """A file about a chain, whatever it proves."""
    blocks = tuple(liar.stated(height, states=states) for height in heights)
    return ChainEvidence(liar.note, liar.proven(0), liar.entry, blocks, **more).to_bytes()
