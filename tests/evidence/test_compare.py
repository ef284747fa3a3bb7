"""Two books compared: what each kind of file can say of the other, and what is left open."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mutualchain.errors import CannotCompare, FrameError, NoteUnverified, ProofError, RecordMismatch
from mutualchain.evidence import Book, Comparison, Relation, compare, open_statement, verify_evidence
from mutualchain.evidence.books import book_of_file
from mutualchain.evidence.compare import NEEDED
from mutualchain.record.receipt import Receipt
from mutualchain.tlog import note as notes
from mutualchain.tlog.lineage import lineage_from_nodes
from mutualchain.tlog.note import Signer
from mutualchain.tlog.trust import Log, TrustFile
from tests.witness.logs import FakeLog

from .tools import FORK, HONEST, ONE, TRUST, Leaves, cosigned


def head(log: FakeLog, size: int) -> Book:
    """A checkpoint alone."""
    return Book("head", open_statement(log.note(size), TRUST))


def whole(log: FakeLog, size: int) -> Book:
    """A published ledger."""
    return Book("whole", open_statement(log.note(size), TRUST), Leaves(log, size))


def receipt(log: FakeLog, size: int, height: int) -> Book:
    held = Leaves(log, size).proven(height)
    return book_of_file(
        "receipt", Receipt(log.note(size), height, held.block, held.proof, ("sheet", 0)).to_bytes(), TRUST
    )


def after(log: FakeLog, size: int, *earlier: int) -> Book:
    """A record that shows roots of earlier sizes."""
    found = lineage_from_nodes(Leaves(log, size).read, earlier, size).verify(size, log.root(size))
    return Book("record", open_statement(log.note(size), TRUST), None, (Leaves(log, size).proven(0),), found)


SAME, EXTENDS, SPLIT, UNKNOWN = Relation.SAME, Relation.EXTENDS, Relation.SPLIT, Relation.UNKNOWN


@dataclass(frozen=True)
class Case:
    name: str
    first: Book
    second: Book
    relation: Relation
    needed: str | None = None


CASES = [
    Case("one checkpoint", head(HONEST, 7), head(HONEST, 7), SAME),
    Case("two of one size", head(HONEST, 7), head(FORK, 7), SPLIT),
    Case("two of one size before the fork", head(HONEST, 3), head(FORK, 3), SAME),
    Case("the empty book", head(HONEST, 0), head(FORK, 7), EXTENDS),
    Case("two checkpoints", head(HONEST, 5), head(HONEST, 9), UNKNOWN, "log"),
    Case("two checkpoints of two histories", head(HONEST, 5), head(FORK, 9), UNKNOWN, "log"),
    Case("a checkpoint and the ledger later", head(HONEST, 5), whole(HONEST, 9), EXTENDS),
    Case("a checkpoint and another ledger", head(HONEST, 5), whole(FORK, 9), SPLIT),
    Case("a checkpoint of a power of two", head(HONEST, 8), whole(FORK, 16), SPLIT),
    Case("a checkpoint and the ledger before", head(HONEST, 9), whole(HONEST, 5), UNKNOWN, "later"),
    Case("a checkpoint and another ledger before", head(FORK, 9), whole(HONEST, 5), UNKNOWN, "later"),
    Case("two ledgers", whole(HONEST, 5), whole(HONEST, 9), EXTENDS),
    Case("two ledgers that fork", whole(HONEST, 9), whole(FORK, 5), SPLIT),
    Case("two ledgers before they fork", whole(HONEST, 3), whole(FORK, 9), EXTENDS),
    Case("a receipt and the ledger later", receipt(HONEST, 6, 4), whole(HONEST, 9), EXTENDS),
    Case("a receipt that the ledger does not hold", receipt(HONEST, 6, 4), whole(FORK, 9), SPLIT),
    Case("a receipt of before the fork, by its checkpoint", receipt(HONEST, 6, 1), whole(FORK, 9), SPLIT),
    Case("a receipt and a shorter ledger without it", receipt(HONEST, 9, 4), whole(FORK, 6), SPLIT),
    Case("a receipt and a shorter ledger with it", receipt(HONEST, 9, 4), whole(HONEST, 6), UNKNOWN, "later"),
    Case("a receipt above a shorter ledger", receipt(HONEST, 9, 7), whole(FORK, 6), UNKNOWN, "later"),
    Case("two receipts for one height", receipt(HONEST, 6, 4), receipt(FORK, 9, 4), SPLIT),
    Case("two receipts for two heights", receipt(HONEST, 6, 4), receipt(FORK, 9, 5), UNKNOWN, "log"),
    Case("a record that continues it", head(HONEST, 5), after(HONEST, 9, 5), EXTENDS),
    Case("a record that continues another", head(HONEST, 5), after(FORK, 9, 5), SPLIT),
    Case("a record that says nothing of it", head(HONEST, 5), after(HONEST, 9, 4), UNKNOWN, "log"),
    Case("two records that show one size otherwise", after(HONEST, 6, 4), after(FORK, 9, 4), SPLIT),
    Case("two records that show one size alike", after(HONEST, 3, 2), after(FORK, 9, 2), UNKNOWN, "log"),
    Case("two records that show no common size", after(HONEST, 6, 5), after(FORK, 9, 8), UNKNOWN, "log"),
    Case("two records that show several sizes", after(HONEST, 6, 1, 2, 5), after(FORK, 9, 1, 2, 5, 8), SPLIT),
    Case("two records of one history", after(HONEST, 6, 1, 2, 5), after(HONEST, 9, 1, 2), UNKNOWN, "log"),
    Case("a record that shows what a larger ledger does not", after(HONEST, 6, 4), whole(FORK, 9), SPLIT),
    Case("a record that shows what a smaller ledger may not", whole(HONEST, 5), after(FORK, 9, 4), UNKNOWN, "later"),
]  # fmt: skip


@pytest.mark.parametrize("swapped", [False, True], ids=["this way", "that way"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_two_books_compared(case: Case, swapped: bool) -> None:
    pair = (case.second, case.first) if swapped else (case.first, case.second)
    found: Comparison = compare(*pair, TRUST)
    assert (found.relation, found.needed) == (case.relation, case.needed)
    assert found.smaller.size <= found.larger.size
    if case.relation is SPLIT:
        assert found.evidence is not None
        assert [party.name for party in verify_evidence(found.evidence, TRUST).convicted] == [HONEST.origin]
    else:
        assert found.evidence is None


def test_what_is_needed_is_said_for_each_open_question() -> None:
    assert {case.needed for case in CASES} - {None} == set(NEEDED)


def test_books_of_two_logs_are_not_compared() -> None:
    other = FakeLog("other.example/log")
    trust = TrustFile((*TRUST.logs, Log(other.signer.verifier)))
    with pytest.raises(CannotCompare):
        compare(head(HONEST, 5), Book("other", open_statement(other.note(5), trust)), trust)


def test_what_only_witnesses_signed_is_nobodys_book() -> None:
    with pytest.raises(NoteUnverified):
        Book("cosigned", open_statement(cosigned(HONEST.checkpoint(5), ONE, log=None), TRUST))


@pytest.mark.parametrize("data", [b"", b"x", b"mutualchain passport v1\n"])
def test_any_other_file_is_no_book(data: bytes) -> None:
    with pytest.raises(FrameError):
        book_of_file("a file", data, TRUST)


def test_a_receipt_whose_block_is_not_under_its_checkpoint_is_no_book() -> None:
    held = Leaves(HONEST, 6).proven(4)
    data = Receipt(HONEST.note(6), 3, held.block, held.proof, ("sheet", 0)).to_bytes()
    with pytest.raises(ProofError):
        book_of_file("receipt", data, TRUST)


def test_a_checkpoint_of_a_stranger_is_no_book() -> None:
    stranger = Signer.from_seed(HONEST.origin, b"s" * 32)
    with pytest.raises(NoteUnverified):
        book_of_file("checkpoint", notes.sign(HONEST.checkpoint(5).text, [stranger]), TRUST)
    assert RecordMismatch.exit_code == 1
