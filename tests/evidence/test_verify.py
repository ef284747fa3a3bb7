"""What convicts whom: each kind of evidence, and what is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest

from mutualchain.errors import (
    CanonicalError,
    EvidenceFormat,
    FrameError,
    GenesisError,
    LimitError,
    MutualchainError,
    NobodyConvicted,
    NoteUnverified,
    NotEvidence,
    ProofError,
    UnsupportedVersion,
)
from mutualchain.evidence import (
    Role,
    open_statement,
    receipt_evidence,
    record_evidence,
    split_evidence,
    verify_evidence,
)
from mutualchain.evidence.bundle import ChainEvidence, RecordEvidence, SplitEvidence, parse_evidence
from mutualchain.evidence.disagreement import (
    Disagreement,
    OtherBlock,
    OtherPrefix,
    OtherPrefixes,
    OtherRoot,
    Prefix,
)
from mutualchain.evidence.facts import FINDINGS, LIMITS
from mutualchain.evidence.rules import Rewritten
from mutualchain.limits import MAX_EVIDENCE
from mutualchain.record import frame
from mutualchain.record.build import build_record
from mutualchain.record.receipt import Receipt
from mutualchain.tlog import note as notes
from mutualchain.tlog.merkle import consistency_proof
from mutualchain.tlog.note import Signature, Signer
from mutualchain.tlog.trust import Log, TrustFile
from mutualchain.tlog.validity import Window
from tests.record.world import MAIN, world
from tests.record.world import TRUST as WORLD_TRUST
from tests.witness.logs import FakeLog

from .cases import BEGUN, NEW, Case, all_cases, broken_record, demo, of_prefix, of_sizes, sheets, unchecked
from .tools import (
    CHAIN_TRUST,
    FORK,
    HONEST,
    ONE,
    ORIGIN,
    STRANGERS,
    TRUST,
    Leaves,
    Liar,
    cosigned,
    hashed,
    state,
)

CASES = {case.name: case for case in all_cases()}
each_case = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))


@each_case
def test_evidence_convicts_who_signed_and_says_of_what(case: Case) -> None:
    found = verify_evidence(case.data, case.trust)
    assert tuple(party.name for party in found.convicted) == case.convicted
    assert found.finding == case.finding
    assert case.sentence in found.sentence()
    assert set(found.limits) <= set(LIMITS)


@each_case
def test_evidence_convicts_nobody_whom_the_reader_does_not_know(case: Case) -> None:
    with pytest.raises(NoteUnverified):
        verify_evidence(case.data, STRANGERS)


@each_case
def test_evidence_parses_to_what_it_was_made_of(case: Case) -> None:
    assert parse_evidence(case.data).to_bytes() == case.data


@each_case
def test_a_conviction_as_plain_values_says_the_same(case: Case) -> None:
    found = verify_evidence(case.data, case.trust)
    value = found.to_value()
    assert [party["name"] for party in value["convicted"]] == list(case.convicted)
    assert value["sentence"] == found.sentence()
    assert len(value["heads"]) == (2 if found.kind == "split" else 1)


def test_every_finding_has_a_case() -> None:
    assert {case.finding for case in CASES.values()} == set(FINDINGS)


# --- what is none -------------------------------------------------------------------------------


def split(first: bytes, second: bytes, proof: Disagreement) -> bytes:
    return SplitEvidence(first, second, proof).to_bytes()


def prefix(log: FakeLog, size: int, to: int) -> tuple[bytes, Sequence[bytes]]:
    return log.root(size), log.proof(size, to)


def begun(size: int, *sides: tuple[bytes, Sequence[bytes]]) -> OtherPrefixes:
    one, other = (Prefix(root, tuple(proof)) for root, proof in sides)
    return OtherPrefixes(size, one, other)


GROWN = OtherPrefix(HONEST.root(5), tuple(HONEST.proof(5, 9)))
FORKED = OtherPrefix(FORK.root(5), tuple(FORK.proof(5, 9)))
BLOCK_2 = OtherBlock(Leaves(HONEST, 5).proven(2), Leaves(FORK, 9).proven(2))
BLOCK_4 = OtherBlock(Leaves(HONEST, 5).proven(4), Leaves(FORK, 9).proven(4))
ELSEWHERE = Signer.from_seed("other.example/log", b"o" * 32)
WIDER = replace(TRUST, logs=(*TRUST.logs, Log(ELSEWHERE.verifier)))


def elsewhere(size: int) -> bytes:
    return notes.sign(replace(FORK.checkpoint(size), origin=ELSEWHERE.name).text, [ELSEWHERE])


NOTHING: list[tuple[str, bytes, type[MutualchainError]]] = [
    ("the same checkpoint twice", split(HONEST.note(7), HONEST.note(7), OtherRoot()), NotEvidence),
    (
        "one that only has more cosignatures",
        split(HONEST.note(7), cosigned(HONEST.checkpoint(7), ONE), OtherRoot()),
        NotEvidence,
    ),
    ("one with an extension line", split(HONEST.note(7), HONEST.note(7, "more"), OtherRoot()), NotEvidence),
    ("different sizes and no proof", split(HONEST.note(7), FORK.note(8), OtherRoot()), NotEvidence),
    ("a book that has grown", split(HONEST.note(5), HONEST.note(9), GROWN), NotEvidence),
    (
        "a book that was cut short, which signatures cannot date",
        split(HONEST.note(9), HONEST.note(5), GROWN),
        NotEvidence,
    ),
    (
        "a fork before which both are the same",
        split(HONEST.note(3), FORK.note(9), OtherPrefix(FORK.root(3), tuple(FORK.proof(3, 9)))),
        NotEvidence,
    ),
    (
        "two beginnings that are the same",
        split(HONEST.note(7), FORK.note(9), begun(3, prefix(HONEST, 3, 7), prefix(FORK, 3, 9))),
        NotEvidence,
    ),
    (
        "two beginnings exchanged",
        split(HONEST.note(7), FORK.note(9), begun(5, prefix(FORK, 5, 9), prefix(HONEST, 5, 7))),
        ProofError,
    ),
    (
        "a beginning with another root",
        split(HONEST.note(7), FORK.note(9), begun(5, prefix(HONEST, 5, 7), (HONEST.root(5), FORK.proof(5, 9)))),
        ProofError,
    ),
    (
        "a beginning as long as one of the books",
        split(HONEST.note(7), FORK.note(9), begun(7, (HONEST.root(7), ()), prefix(FORK, 7, 9))),
        NotEvidence,
    ),
    (
        "an empty beginning",
        split(HONEST.note(7), FORK.note(9), begun(0, (HONEST.root(0), ()), (HONEST.root(0), ()))),
        NotEvidence,
    ),
    (
        "the empty book before any other",
        split(HONEST.note(0), FORK.note(9), OtherPrefix(HONEST.root(0), ())),
        NotEvidence,
    ),
    (
        "another root that the proof does not lead from",
        split(HONEST.note(5), HONEST.note(9), replace(GROWN, root=b"x" * 32)),
        ProofError,
    ),
    ("the other book's proof", split(HONEST.note(5), HONEST.note(9), FORKED), ProofError),
    (
        "a proof that is too short",
        split(HONEST.note(5), FORK.note(9), replace(FORKED, proof=FORKED.proof[:-1])),
        ProofError,
    ),
    (
        "a proof that is too long",
        split(HONEST.note(5), FORK.note(9), replace(FORKED, proof=(*FORKED.proof, b"x" * 32))),
        ProofError,
    ),
    ("the same block at one height", split(HONEST.note(5), FORK.note(9), BLOCK_2), NotEvidence),
    (
        "blocks of two heights",
        split(HONEST.note(5), FORK.note(9), OtherBlock(BLOCK_2.first, BLOCK_4.second)),
        ProofError,
    ),
    (
        "a block that nobody signed",
        split(HONEST.note(5), FORK.note(9), replace(BLOCK_4, second=replace(BLOCK_4.second, block=b"x"))),
        ProofError,
    ),
    (
        "a block above the book",
        split(HONEST.note(3), FORK.note(9), OtherBlock(replace(BLOCK_4.first, height=4), BLOCK_4.second)),
        ProofError,
    ),
    ("two logs", split(HONEST.note(7), elsewhere(7), OtherRoot()), NotEvidence),
    (
        "the second book signed by a stranger",
        split(HONEST.note(7), notes.sign(FORK.checkpoint(7).text, [ELSEWHERE]), OtherRoot()),
        NoteUnverified,
    ),
    (
        "the operator signed one, a witness the other",
        split(HONEST.note(7), cosigned(FORK.checkpoint(7), ONE, log=None), OtherRoot()),
        NobodyConvicted,
    ),
]


@pytest.mark.parametrize(("data", "error"), [case[1:] for case in NOTHING], ids=[case[0] for case in NOTHING])
def test_what_contradicts_nothing_convicts_nobody(data: bytes, error: type[MutualchainError]) -> None:
    with pytest.raises(error) as caught:
        verify_evidence(data, WIDER)
    assert caught.value.exit_code in (1, 3)


def honest() -> Liar:
    """A chain whose plan has grown by a sheet between blocks 2 and 3, and by another between 3 and 5."""
    liar = Liar()
    for names in ((), (), (b"a",), (b"a",), (b"a", b"b")):
        liar.add(demo(**(sheets(*names) if names else {})))
    return liar


PROOF = tuple(consistency_proof(NEW, 2))
RULES: list[tuple[str, bytes, type[MutualchainError]]] = [
    ("a block that keeps the rules", unchecked(honest(), 1), NotEvidence),
    ("the genesis block", unchecked(honest(), 0), NotEvidence),
    ("two blocks that keep the rules", unchecked(honest(), 1, 3), NotEvidence),
    ("the same block twice", unchecked(honest(), 2, 2), NotEvidence),
    ("two blocks the wrong way round", unchecked(honest(), 3, 1), NotEvidence),
    ("counters of adjacent blocks that stand still", unchecked(honest(), 3, 4), NotEvidence),
    ("counters that have grown, not shown", unchecked(honest(), 2, 3, states=False), NotEvidence),
    (
        "another plan's log",
        unchecked(honest(), 3, 5, rewritten=Rewritten("none", "sheets", b"x" * 32, PROOF)),
        NotEvidence,
    ),
    (
        "a log that is continued",
        unchecked(honest(), 3, 5, rewritten=Rewritten("demo", "sheets", hashed(b"a"), (hashed(b"b"),))),
        NotEvidence,
    ),
    (
        "a log's proof that leads nowhere",
        unchecked(honest(), 3, 5, rewritten=Rewritten("demo", "sheets", b"x" * 32, PROOF)),
        ProofError,
    ),
    ("no log before", unchecked(honest(), 1, 3, rewritten=Rewritten("demo", "sheets", hashed(), ())), NotEvidence),
    (
        "no log before, of any root",
        unchecked(
            Liar().add(demo(events_root=b"x" * 32)).add().add(demo(events_size=1, events_root=hashed(b"e"))),
            1,
            3,
            rewritten=Rewritten("demo", "events", hashed(), ()),
        ),
        NotEvidence,
    ),
]


@pytest.mark.parametrize(("data", "error"), [case[1:] for case in RULES], ids=[case[0] for case in RULES])
def test_a_chain_that_keeps_its_rules_convicts_nobody(data: bytes, error: type[MutualchainError]) -> None:
    with pytest.raises(error):
        verify_evidence(data, CHAIN_TRUST)


def test_states_that_the_block_does_not_commit_to_convict_nobody() -> None:
    liar = Liar()
    liar.add(demo())
    shown = replace(liar.stated(1), leaves=tuple(leaf.to_bytes() for leaf in (BEGUN, state("demo", slots=9))))
    data = ChainEvidence(liar.note, liar.proven(0), liar.entry, (shown,)).to_bytes()
    with pytest.raises(ProofError):
        verify_evidence(data, CHAIN_TRUST)


def test_a_log_that_is_no_chain_may_hold_any_block() -> None:
    """Somebody had a public log record the blocks of a liar: the log has done nothing wrong."""
    liar = Liar()
    liar.add(height=5)
    public = Signer.from_seed("public.example/log", b"p" * 32)
    note = notes.sign(replace(liar.head, origin=public.name).text, [public])
    data = ChainEvidence(note, liar.proven(0), liar.entry, (liar.stated(1),)).to_bytes()
    with pytest.raises(GenesisError):
        verify_evidence(data, TrustFile((Log(public.verifier),)))


def test_witnesses_are_not_convicted_of_what_stands_in_a_book() -> None:
    liar = Liar()
    liar.add(height=5)
    trust = replace(CHAIN_TRUST, witnesses=TRUST.witnesses)
    line = ONE.cosign(liar.head, 1)
    data = ChainEvidence(notes.add_signatures(liar.note, [line]), liar.proven(0), liar.entry, (liar.stated(1),))
    assert [party.role for party in verify_evidence(data.to_bytes(), trust).convicted] == [Role.OPERATOR]
    unsigned = replace(data, note=notes.format(liar.head.text, [line]))
    with pytest.raises(NobodyConvicted):
        verify_evidence(unsigned.to_bytes(), trust)


@cache
def records() -> list[bytes]:
    with world().ledger.read() as archive:
        return [build_record(archive, MAIN, slot) for slot in (0, 5, 293, 294)]


@pytest.mark.parametrize("at", range(4))
def test_a_true_record_is_no_evidence(at: int) -> None:
    with pytest.raises(NotEvidence):
        record_evidence(records()[at], WORLD_TRUST)


def test_a_receipt_that_a_later_book_holds_is_no_evidence() -> None:
    held, later = Leaves(HONEST, 6).proven(4), Leaves(HONEST, 9).proven(4)
    receipt = Receipt(HONEST.note(6), 4, held.block, held.proof, ("sheet", 0)).to_bytes()
    with pytest.raises(NotEvidence):
        receipt_evidence(receipt, HONEST.note(9), later, TRUST)


# --- who signed ---------------------------------------------------------------------------------


def test_a_false_line_beside_a_true_one_clears_nobody() -> None:
    """Else a liar would only have to add one to what he hands out."""
    false = Signature(ONE.name, ONE.verifier.key_id, bytes(72))
    one, two = (notes.add_signatures(log.note(7), [false]) for log in (HONEST, FORK))
    [party] = verify_evidence(split(one, two, OtherRoot()), TRUST).convicted
    assert party.name == ORIGIN
    assert open_statement(one, TRUST).note == HONEST.note(7)


def test_only_lines_of_known_keys_go_into_a_file() -> None:
    stranger = Signer.from_seed("stranger.example", b"s" * 32)
    noisy = notes.add_signatures(HONEST.note(7), [stranger.sign(HONEST.checkpoint(7).text)])
    assert split_evidence(noisy, FORK.note(7), TRUST) == of_sizes()


def test_old_and_new_key_of_a_log_are_one_operator() -> None:
    new = Signer.from_seed(ORIGIN, b"n" * 32)
    trust = replace(TRUST, logs=(*TRUST.logs, Log(new.verifier)))
    fork = notes.sign(FORK.checkpoint(7).text, [new])
    [party] = verify_evidence(split(HONEST.note(7), fork, OtherRoot()), trust).convicted
    assert party.keys == (HONEST.signer.vkey, new.vkey)
    with pytest.raises(NoteUnverified):
        verify_evidence(split(HONEST.note(7), fork, OtherRoot()), TRUST)


def test_of_a_key_that_counts_for_a_time_only_it_is_said() -> None:
    retired = replace(TRUST, logs=(replace(TRUST.logs[0], window=Window(None, 1_700_000_000)),))
    assert "window" in verify_evidence(of_sizes(), retired).limits
    assert "window" not in verify_evidence(of_sizes(), TRUST).limits


def test_no_quorum_and_no_age_are_asked_of_evidence() -> None:
    strict = replace(TRUST, quorum="one", max_age=1)
    assert verify_evidence(of_prefix(), strict).origin == ORIGIN
    trust = TrustFile(
        (Log(Signer.from_seed("forge.example/mutual", b"L" * 32).verifier),), TRUST.witnesses, (), "one", 1
    )
    assert verify_evidence(RecordEvidence(broken_record()).to_bytes(), trust).finding == "record"


# --- files that cannot be read ------------------------------------------------------------------


def wrapped(value: object) -> bytes:
    return frame.wrap(frame.EVIDENCE, value)


NOTE = HONEST.note(7)
UNREADABLE: list[tuple[str, bytes, type[MutualchainError]]] = [
    ("nothing", b"", FrameError),
    ("a receipt", Receipt(NOTE, 0, b"", (), ()).to_bytes(), FrameError),
    ("no array", wrapped({}), EvidenceFormat),
    ("an empty array", wrapped([]), UnsupportedVersion),
    ("version 2", wrapped([2, "split"]), UnsupportedVersion),
    ("true in place of 1", wrapped([True, "split"]), UnsupportedVersion),
    ("an unknown kind", wrapped([1, "gossip"]), UnsupportedVersion),
    ("no kind", wrapped([1]), UnsupportedVersion),
    ("an unknown proof", wrapped([1, "split", NOTE, NOTE, ["oath"]]), UnsupportedVersion),
    ("a proof that is none", wrapped([1, "split", NOTE, NOTE, "size"]), EvidenceFormat),
    ("a proof with something behind", wrapped([1, "split", NOTE, NOTE, ["size", 0]]), EvidenceFormat),
    ("a root of 31 bytes", wrapped([1, "split", NOTE, NOTE, ["prefix", b"x" * 31, []]]), EvidenceFormat),
    ("a hash of 31 bytes", wrapped([1, "split", NOTE, NOTE, ["prefix", b"x" * 32, [b"x" * 31]]]), EvidenceFormat),
    ("65 hashes", wrapped([1, "split", NOTE, NOTE, ["prefix", b"x" * 32, [b"x" * 32] * 65]]), EvidenceFormat),
    ("a negative height", wrapped([1, "split", NOTE, NOTE, ["block", -1, [b"", []], [b"", []]]]), EvidenceFormat),
    ("a note that is text", wrapped([1, "split", "x", NOTE, ["size"]]), EvidenceFormat),
    (
        "a block that is too long",
        wrapped([1, "split", NOTE, NOTE, ["block", 0, [b"x" * 65_536, []], [b"", []]]]),
        EvidenceFormat,
    ),
    ("no block", wrapped([1, "chain", NOTE, [b"", b"", []], [], []]), EvidenceFormat),
    ("three blocks", wrapped([1, "chain", NOTE, [b"", b"", []], [[0, b"", [], []]] * 3, []]), EvidenceFormat),
    ("257 states", wrapped([1, "chain", NOTE, [b"", b"", []], [[0, b"", [], [b""] * 257]], []]), EvidenceFormat),
    (
        "an unknown log",
        wrapped([1, "chain", NOTE, [b"", b"", []], [[0, b"", [], []]], ["demo", "x", b"x" * 32, []]]),
        EvidenceFormat,
    ),
    ("a record with something behind", wrapped([1, "record", b"", 0]), EvidenceFormat),
    ("a record that is none", wrapped([1, "record", b"x"]), FrameError),
    ("more than any evidence", wrapped([1, "record", bytes(MAX_EVIDENCE)]), LimitError),
]


@pytest.mark.parametrize(("data", "error"), [case[1:] for case in UNREADABLE], ids=[case[0] for case in UNREADABLE])
def test_what_is_not_of_the_form_is_refused(data: bytes, error: type[MutualchainError]) -> None:
    with pytest.raises(error):
        verify_evidence(data, TRUST)


def test_what_cannot_be_read_as_a_block_convicts_nobody() -> None:
    """It may be of a later version, and it may be anything: nothing is said by it that could be contradicted."""
    liar = Liar()
    liar.blocks.append(b"of a later version")
    liar.states.append(())
    with pytest.raises(CanonicalError):
        verify_evidence(unchecked(liar, 1), CHAIN_TRUST)
