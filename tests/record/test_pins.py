"""Pins: the book that a member saw before, which the book she is shown now must continue.

A chain of an operator with all its keys, copied and continued in two ways, cut short and begun anew; and files in
which somebody without the keys moves the earlier checkpoints about.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mutualchain.block.chain import BLOCKS
from mutualchain.errors import (
    CheckpointError,
    FrameError,
    LimitError,
    MutualchainError,
    NoteError,
    NoteSignatureError,
    NoteUnverified,
    PinUncovered,
    ProofError,
    QuorumError,
    RecordMismatch,
    RecordUnavailable,
    Rollback,
    SplitView,
    UsageError,
)
from mutualchain.ledger import Ledger, OperatorKeys
from mutualchain.limits import MAX_EXTENSIONS, MAX_NOTE, MAX_PROOF
from mutualchain.record.build import build_record
from mutualchain.record.bundle import RecordBundle
from mutualchain.record.pin import note_in
from mutualchain.record.verify import error_verdict, verify_record
from mutualchain.tlog.checkpoint import Checkpoint, sign_checkpoint
from mutualchain.tlog.checkpoint import parse as parse_checkpoint
from mutualchain.tlog.merkle import EMPTY_ROOT, consistency_proof_from_nodes, root_from_nodes
from mutualchain.tlog.note import Signer, add_signatures
from mutualchain.tlog.note import parse as parse_note
from mutualchain.tlog.trust import Log, TrustFile

from .test_record import WATCHED, WITNESSES, cosigned
from .tools import edited, file_of, said, tree_of, verdict
from .world import COVENANT, LOG, MAIN, ORIGIN, START_MS, TRUST, digest, world

Tree = Any
NAME = "founder"
STRANGER = Signer.from_seed(ORIGIN, b"s" * 32)
ELSEWHERE = Signer.from_seed("elsewhere.example", b"e" * 32)


@cache
def root_at(size: int, chain: str = "first") -> bytes:
    with world(chain).ledger.read() as archive:
        return root_from_nodes(archive.nodes(BLOCKS), size)


@cache
def proof_from(size: int, to: int | None = None) -> list[bytes]:
    with world().ledger.read() as archive:
        return list(consistency_proof_from_nodes(archive.nodes(BLOCKS), size, to or last()))


@cache
def note(size: int, chain: str = "first", signer: Signer = LOG, origin: str = ORIGIN, root: bytes = b"") -> bytes:
    """The checkpoint that the operator signed, or somebody else, when a chain had ``size`` blocks."""
    return sign_checkpoint(Checkpoint(origin, size, root or root_at(size, chain)), [signer])


@cache
def last() -> int:
    """The number of blocks under the checkpoint of the record."""
    return size_of(note_in(world().record(NAME)))


def size_of(one: bytes) -> int:
    return parse_checkpoint(parse_note(one).text).size


@cache
def showing(*sizes: int) -> bytes:
    """The record of a member that shows itself to continue the books of these sizes."""
    with world().ledger.read() as archive:
        return build_record(archive, MAIN, world().slots[NAME], since=[note(size) for size in sizes])


def check(data: bytes, seen: bytes | None = None) -> Any:
    return verify_record(data, TRUST, public_key=world().key(NAME), seen=seen)


# --- honest ---------------------------------------------------------------------------------------


def test_a_record_continues_the_book_of_an_earlier_record() -> None:
    early = world().early[NAME]
    with world().ledger.read() as archive:
        data = build_record(archive, MAIN, world().slots[NAME], since=[note_in(early)])
    record = check(data, note_in(early))
    assert dict(record.checks)["extends"] == {"size": size_of(note_in(early))}
    assert "unpinned" not in dict(record.limits)
    assert record.balance == check(world().record(NAME)).balance


def test_without_a_pin_the_result_says_that_nothing_was_compared() -> None:
    for data in (world().record(NAME), showing(3, 9)):
        record = check(data)
        assert "extends" not in dict(record.checks)
        assert "unpinned" in dict(record.limits)


def test_every_size_is_continued() -> None:
    sizes = range(1, last())
    for at in range(0, len(sizes), MAX_EXTENSIONS):
        some = sizes[at : at + MAX_EXTENSIONS]
        data = showing(*some)
        for size in some:
            assert dict(check(data, note(size)).checks)["extends"] == {"size": size}


def test_the_order_and_repetition_of_what_is_asked_for_are_all_one() -> None:
    assert showing(9, 3, 9) == showing(3, 9)
    assert len(RecordBundle.from_bytes(showing(9, 3, 9)).extends) == 2


def test_this_very_book_and_the_empty_one_need_no_proof() -> None:
    assert showing(last()) == world().record(NAME)
    empty = note(0, root=EMPTY_ROOT)
    with world().ledger.read() as archive:
        assert build_record(archive, MAIN, world().slots[NAME], since=[empty]) == world().record(NAME)
    for seen, size in ((note(last()), last()), (note_in(world().record("poor")), last()), (empty, 0)):
        assert dict(check(world().record(NAME), seen).checks)["extends"] == {"size": size}


def test_earlier_checkpoints_need_no_witnesses() -> None:
    """Only the log's own word is held against it; the present checkpoint needs its quorum as ever."""
    data = cosigned(showing(5), (0, 1_760_000_100), (1, 1_760_000_100))
    verify_record(data, WATCHED, seen=note(5))
    with pytest.raises(QuorumError):
        verify_record(showing(5), WATCHED, seen=note(5))


def test_an_earlier_checkpoint_has_the_signature_of_its_own_log_and_of_no_other_that_is_trusted() -> None:
    """Or a witness, or another log, could make this one look guilty."""
    other = TrustFile((Log(ELSEWHERE.verifier), Log(LOG.verifier)), WATCHED.witnesses, WATCHED.groups, None)
    checkpoint = Checkpoint(ORIGIN, 5, digest("other"))
    cosignature = WITNESSES[0].cosign(checkpoint, 1_760_000_100)
    by_witness = add_signatures(note(5, signer=STRANGER, root=digest("other")), [cosignature])
    for one in (note(5, signer=ELSEWHERE, root=digest("other")), by_witness):
        with pytest.raises(NoteUnverified):
            verify_record(showing(5), other, seen=one)
        with pytest.raises(NoteUnverified):
            verify_record(edited(showing(5), entry(0, 5, one)), other)
    verify_record(showing(5), other, seen=note(5))


# --- pins -----------------------------------------------------------------------------------------


def test_a_book_that_was_cut_short_is_a_rollback() -> None:
    for data in (world().record(NAME), showing(5)):
        with pytest.raises(Rollback) as caught:
            check(data, note(last() + 1, root=digest("more")))
        assert error_verdict(caught.value) == "rollback"
    with pytest.raises(Rollback):
        check(world().early[NAME], note_in(world().record(NAME)))


def test_another_book_of_the_same_size_is_a_split_view() -> None:
    for data, size in ((world().record(NAME), last()), (showing(5), last()), (showing(5), 5)):
        for root in (digest("other"), root_at(3)):
            with pytest.raises(SplitView) as caught:
                check(data, note(size, root=root))
            assert error_verdict(caught.value) == "rollback"


def test_a_book_that_is_not_shown_could_not_be_compared() -> None:
    for data, size in ((world().record(NAME), 5), (showing(5), 6), (showing(5), 4)):
        for root in (b"", digest("other")):
            with pytest.raises(PinUncovered) as caught:
                check(data, note(size, root=root))
            assert error_verdict(caught.value) == "could not check"


PINS: dict[str, tuple[Callable[[], Any], type[MutualchainError]]] = {
    "of a stranger with the log's name": (lambda: note(5, signer=STRANGER), NoteUnverified),
    "of another log": (lambda: note(5, signer=ELSEWHERE, origin="elsewhere.example"), NoteUnverified),
    "of another log, signed by this one": (lambda: note(5, origin="elsewhere.example"), CheckpointError),
    "with another size than was signed": (lambda: note(5).replace(b"\n5\n", b"\n6\n"), NoteSignatureError),
    "that is empty": (lambda: b"", NoteError),
    "that is no note": (lambda: b"five blocks\n", NoteError),
    "that is text": (lambda: "five blocks", UsageError),
    "that is a whole file": (lambda: world().early[NAME], NoteError),
}


@pytest.mark.parametrize("name", PINS)
def test_a_pin_is_checked_like_any_checkpoint(name: str) -> None:
    pin, error = PINS[name]
    with pytest.raises(error) as caught:
        check(showing(5), pin())
    assert type(caught.value) is UsageError or (caught.value.place or "").startswith("the book you saw before")


def test_a_pin_is_found_in_a_record_a_receipt_and_a_checkpoint_file(tmp_path: Path) -> None:
    ledger = begun(tmp_path / "book")
    ack = join(ledger, 1)
    with ledger.read() as archive:
        data = build_record(archive, MAIN, 1)
    found = {note_in(data), note_in(ack.receipt().to_bytes()), note_in(ledger.checkpoint())}
    assert found == {ledger.checkpoint()}
    ledger.close()
    assert note_in(note(5)) == note(5)


@pytest.mark.parametrize(
    "data", [b"", b"text\n", b"\x89PNG\r\n", b"a\n\n" + bytes(MAX_NOTE), b"mutualchain evidence v1\n"]
)
def test_in_another_file_there_is_no_pin(data: bytes) -> None:
    with pytest.raises(FrameError):
        note_in(data)


def test_a_damaged_file_holds_no_pin() -> None:
    for data in (world().record(NAME)[:-1], world().record(NAME) + b"\0", b"mutualchain receipt v1\n" + bytes(50)):
        with pytest.raises(MutualchainError) as caught:
            note_in(data)
        assert caught.value.exit_code in (1, 3)


# --- files that somebody edited ---------------------------------------------------------------------


def entry(at: int, size: int, one: bytes | None = None, proof: list[bytes] | None = None) -> Callable[[Tree], None]:
    """Puts a note and a proof in the place of one that is shown."""

    def edit(tree: Tree) -> None:
        tree["extends"][at] = [note(size) if one is None else one, proof_from(size) if proof is None else proof]

    return edit


def proof(change: Callable[[list[bytes]], object]) -> Callable[[Tree], object]:
    return lambda tree: change(tree["extends"][1][1])


EDITS: dict[str, tuple[Callable[[Tree], object], type[MutualchainError]]] = {
    # whose note it is
    "a note of a stranger with the log's name": (entry(0, 5, note(5, signer=STRANGER)), NoteUnverified),
    "a note of another log": (entry(0, 5, note(5, signer=ELSEWHERE, origin="elsewhere.example")), NoteUnverified),
    "a note of another log, signed by this one": (entry(0, 5, note(5, origin="elsewhere.example")), CheckpointError),
    "a note of another size than was signed": (entry(0, 6, note(5).replace(b"\n5\n", b"\n6\n")), NoteSignatureError),
    "a note of another root than was signed": (
        entry(0, 6, note(6).split(b"\n\n")[0] + b"\n\n" + note(5).split(b"\n\n")[1]),
        NoteSignatureError,
    ),
    "a note whose signature is cut": (entry(0, 5, note(5)[:-5] + b"\n"), NoteSignatureError),
    "a note that is none": (entry(0, 5, b"5"), NoteError),
    "a note of the chain begun anew": (entry(0, 5, note(5, "again")), ProofError),
    "a note of another book, signed by this log": (entry(0, 5, note(5, root=digest("other"))), ProofError),
    # the proof
    "a proof without its first hash": (proof(lambda hashes: hashes.pop(0)), ProofError),
    "a proof without its last hash": (proof(lambda hashes: hashes.pop()), ProofError),
    "no proof at all": (proof(lambda hashes: hashes.clear()), ProofError),
    "a proof with a hash more": (proof(lambda hashes: hashes.append(digest("more"))), ProofError),
    "a proof with its last hash twice": (proof(lambda hashes: hashes.append(hashes[-1])), ProofError),
    "a proof with another hash": (proof(lambda hashes: hashes.__setitem__(0, digest("other"))), ProofError),
    "a proof backwards": (proof(lambda hashes: hashes.reverse()), ProofError),
    "a proof from another size": (entry(1, 21, proof=proof_from(20)), ProofError),
    "a proof to another size": (entry(1, 21, proof=proof_from(21, last() - 1)), ProofError),
    "two proofs exchanged": (lambda tree: swap_proofs(tree["extends"]), ProofError),
    "a proof of more hashes than there can be": (
        proof(lambda hashes: hashes.extend([bytes(32)] * (MAX_PROOF + 2 - len(hashes)))),
        RecordMismatch,
    ),
    "a proof of short hashes": (proof(lambda hashes: hashes.__setitem__(0, bytes(31))), RecordMismatch),
    # their order
    "two exchanged": (lambda tree: tree["extends"].reverse(), RecordMismatch),
    "one shown twice": (lambda tree: tree["extends"].append(tree["extends"][-1]), RecordMismatch),
    "a smaller one after the largest": (lambda tree: tree["extends"].append([note(4), proof_from(4)]), RecordMismatch),
    "this very book": (lambda tree: tree["extends"].append([note(last()), []]), RecordMismatch),
    "another book of this very size": (
        lambda tree: tree["extends"].append([note(last(), root=digest("other")), []]),
        RecordMismatch,
    ),
    "a larger one": (lambda tree: tree["extends"].append([note(last() + 1, root=digest("x")), []]), RecordMismatch),
    "the empty book": (lambda tree: tree["extends"].insert(0, [note(0, root=EMPTY_ROOT), []]), RecordMismatch),
    # how many, and of what
    "more than there may be": (
        lambda tree: tree.update(extends=[[note(4), proof_from(4)]] * (MAX_EXTENSIONS + 1)),
        RecordMismatch,
    ),
    "as many as there may be, all the same": (
        lambda tree: tree.update(extends=[[note(4), proof_from(4)]] * MAX_EXTENSIONS),
        RecordMismatch,
    ),
    "a note that is too large": (entry(0, 5, note(5) + bytes(MAX_NOTE)), RecordMismatch),
    "a note without a proof": (lambda tree: tree["extends"][0].pop(), RecordMismatch),
    "three parts": (lambda tree: tree["extends"][0].append(0), RecordMismatch),
    "no list": (lambda tree: tree.update(extends={}), RecordMismatch),
    "no field": (lambda tree: tree.pop("extends"), RecordMismatch),
}


def swap_proofs(shown: list[Any]) -> None:
    shown[0][1], shown[1][1] = shown[1][1], shown[0][1]


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("pinned", [False, True], ids=["unpinned", "pinned"])
def test_earlier_checkpoints_cannot_be_edited(name: str, pinned: bool) -> None:
    edit, error = EDITS[name]
    true = showing(5, 21)
    truth = said(check(true))
    forged = edited(true, edit)
    found = verdict(forged, TRUST, world().key(NAME), truth)
    assert isinstance(found, error), "accepted" if found is None else found.diagnostics()
    if pinned:  # nobody is accused of rolling back for an edited file
        with pytest.raises(error):
            check(forged, note(21))


def test_no_bit_of_an_earlier_checkpoint_can_be_changed() -> None:
    true = showing(5, 21)
    key, truth, tree = world().key(NAME), said(check(true)), tree_of(true)
    for at in range(2):
        size = len(tree["extends"][at][0])
        for byte in range(size):
            for bit in (0, 6):
                forged = copy.deepcopy(tree)
                data = bytearray(forged["extends"][at][0])
                data[byte] ^= 1 << bit
                forged["extends"][at][0] = bytes(data)
                assert verdict(file_of(forged), TRUST, key, truth) is not None, (at, byte, bit)


def test_what_is_left_out_covers_no_pin() -> None:
    """Anybody can leave an earlier checkpoint out; then the record says the same, and compares less."""
    true = showing(5, 21)
    less = edited(true, lambda tree: tree["extends"].pop(0))
    assert tree_of(less) == tree_of(showing(21))
    assert said(check(less)) == said(check(true))
    check(less, note(21))
    with pytest.raises(PinUncovered):
        check(less, note(5))


# --- what the builder refuses -----------------------------------------------------------------------


BUILT: dict[str, tuple[Callable[[], list[bytes]], type[MutualchainError]]] = {
    "too many": (lambda: [note(5)] * (MAX_EXTENSIONS + 1), UsageError),
    "of a stranger": (lambda: [note(4), note(5, signer=STRANGER)], NoteUnverified),
    "of another log": (lambda: [note(5, origin="elsewhere.example")], CheckpointError),
    "with another size than was signed": (lambda: [note(5).replace(b"\n5\n", b"\n6\n")], NoteSignatureError),
    "no note": (lambda: [b"5"], NoteError),
    "of a book that is larger": (lambda: [note(last() + 1, root=digest("x"))], RecordUnavailable),
    "of another book": (lambda: [note(5, root=digest("x"))], RecordUnavailable),
    "of another book of this size": (lambda: [note(last(), root=digest("x"))], RecordUnavailable),
    "of the chain begun anew": (lambda: [note(5, "again")], RecordUnavailable),
}


@pytest.mark.parametrize("name", BUILT)
def test_no_record_is_made_that_nobody_would_accept(name: str) -> None:
    since, error = BUILT[name]
    with world().ledger.read() as archive, pytest.raises(error):
        build_record(archive, MAIN, world().slots[NAME], since=since())


# --- an operator with all its keys, and two books ---------------------------------------------------

KEYS = OperatorKeys.from_seeds(ORIGIN, b"l" * 32, b"b" * 32, b"r" * 32)


def clock(begin: int = START_MS) -> Callable[[], int]:
    ticks: Iterator[int] = iter(range(begin, begin + 10**9, 1000))
    return lambda: next(ticks)


def begun(path: Path) -> Ledger:
    """A book of three blocks: genesis, a plan, member 0."""
    ledger = Ledger.create(path, KEYS, clock=clock())
    ledger.create_plan(MAIN, COVENANT, reference="plan")
    join(ledger, 0)
    return ledger


def join(ledger: Ledger, number: int) -> Any:
    return ledger.enrol(MAIN, key_of(number), digest("commitment"), deposit=1000, reference=f"join {number}")


def key_of(number: int) -> bytes:
    return Signer.from_seed(ORIGIN, digest(f"member {number}")).verifier.public_key


@contextmanager
def reopened(path: Path) -> Iterator[Ledger]:
    ledger = Ledger.open(path, KEYS, clock=clock(START_MS + 10**7))
    try:
        yield ledger
    finally:
        ledger.close()


def shown(ledger: Ledger, *since: bytes) -> bytes:
    with ledger.read() as archive:
        return build_record(archive, MAIN, 0, since=since)


def copied(path: Path) -> Path:
    other = path.with_name("copy")
    shutil.copytree(path, other)
    return other


def test_a_book_continued_in_two_ways_is_a_split_view(tmp_path: Path) -> None:
    ledger = begun(tmp_path / "book")
    common = ledger.checkpoint()
    ledger.close()
    fork = copied(tmp_path / "book")
    with reopened(tmp_path / "book") as ledger:
        ledger.credit(MAIN, 0, 500, reference="in")
        hers = note_in(shown(ledger))
    with reopened(fork) as ledger:
        ledger.credit(MAIN, 0, 400, reference="in")
        other = shown(ledger, common)
        assert verify_record(other, TRUST, seen=common).balance == 1400
        with pytest.raises(SplitView):
            verify_record(other, TRUST, seen=hers)
        # longer by now: no record can be made that continues hers, and none of those that can be made is accepted
        theirs = ledger.checkpoint()
        ledger.credit(MAIN, 0, 100, reference="more")
        with pytest.raises(RecordUnavailable):
            shown(ledger, hers)
        with pytest.raises(PinUncovered):
            verify_record(shown(ledger, common), TRUST, seen=hers)
        longer = shown(ledger, common, theirs)
        with pytest.raises(SplitView):
            verify_record(longer, TRUST, seen=hers)
        with pytest.raises(ProofError):
            verify_record(edited(longer, lambda tree: tree["extends"][1].__setitem__(0, hers)), TRUST, seen=hers)


def test_a_book_from_an_old_copy_is_a_rollback(tmp_path: Path) -> None:
    ledger = begun(tmp_path / "book")
    ledger.close()
    old = copied(tmp_path / "book")
    with reopened(tmp_path / "book") as ledger:
        ledger.credit(MAIN, 0, 500, reference="in")
        hers = note_in(shown(ledger))
    with reopened(old) as ledger:
        data = shown(ledger)
        assert verify_record(data, TRUST).balance == 1000
        with pytest.raises(Rollback) as caught:
            verify_record(data, TRUST, seen=hers)
        assert (caught.value.code, caught.value.exit_code) == ("MC-174", 4)
        with pytest.raises(RecordUnavailable):
            shown(ledger, hers)


def test_a_chain_begun_anew_under_the_same_keys_continues_nothing() -> None:
    for seen in (note_in(world().record(NAME)), note_in(world().early[NAME]), note(1)):
        with pytest.raises((SplitView, PinUncovered, Rollback)):
            verify_record(world("again").record(NAME), TRUST, seen=seen)


def test_the_bound_on_a_record_binds_before_that_on_its_earlier_checkpoints_does() -> None:
    tree = tree_of(showing(5))
    tree["extends"] = [[note(5) + b"x" * (MAX_NOTE - len(note(5))), [bytes(32)] * 64]] * MAX_EXTENSIONS
    with pytest.raises(LimitError):
        check(file_of(tree))
