"""Pins: the book that a member saw before, which the book she is shown now must continue.

A chain of an operator with all its keys, copied and continued in two ways, cut short and begun anew; and files in
which somebody without the keys moves about what proves the earlier sizes.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mutualchain.block.chain import BLOCKS
from mutualchain.errors import (
    CheckpointError,
    FrameError,
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
from mutualchain.limits import MAX_EXTENSIONS, MAX_NOTE
from mutualchain.record import continuing
from mutualchain.record.build import build_record
from mutualchain.record.bundle import RecordBundle
from mutualchain.record.pin import note_in
from mutualchain.record.verify import error_verdict, verify_record
from mutualchain.tlog.checkpoint import Checkpoint, sign_checkpoint
from mutualchain.tlog.checkpoint import parse as parse_checkpoint
from mutualchain.tlog.lineage import Lineage, lineage_from_nodes
from mutualchain.tlog.merkle import EMPTY_ROOT, root_from_nodes
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


def lineage(*sizes: int, to: int | None = None) -> Lineage:
    with world().ledger.read() as archive:
        return lineage_from_nodes(archive.nodes(BLOCKS), sizes, to or last())


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
    """The record of a member that shows itself to continue the books of these sizes, and no others."""
    return edited(world().record(NAME), lambda tree: tree.update(extends=value(lineage(*sizes))))


def value(found: Lineage) -> list[list[Any]]:
    return [list(found.sizes), list(found.hashes)]


def built(*since: bytes | int, handed_out: Sequence[int] = ()) -> bytes:
    with world().ledger.read() as archive:
        return build_record(archive, MAIN, world().slots[NAME], since=since, handed_out=handed_out)


def check(data: bytes, seen: bytes | None = None) -> Any:
    return verify_record(data, TRUST, public_key=world().key(NAME), seen=seen)


# --- honest ---------------------------------------------------------------------------------------


def test_a_record_continues_the_book_of_an_earlier_record_and_nobody_asks_for_it() -> None:
    seen = note_in(world().early[NAME])
    record = check(world().record(NAME), seen)
    assert dict(record.checks)["extends"] == {"size": size_of(seen)}
    assert "unpinned" not in dict(record.limits)
    assert record.balance == check(world().record(NAME)).balance


def test_without_a_pin_the_result_says_that_nothing_was_compared() -> None:
    for data in (world().record(NAME), showing(3, 9), showing()):
        record = check(data)
        assert "extends" not in dict(record.checks)
        assert "unpinned" in dict(record.limits)


def test_a_small_book_is_covered_whole() -> None:
    assert last() < continuing.WHOLE
    for size in range(1, last() + 1):
        assert dict(check(world().record(NAME), note(size)).checks)["extends"] == {"size": size}


def test_every_size_is_continued_by_itself() -> None:
    for size in range(1, last()):
        assert dict(check(showing(size), note(size)).checks)["extends"] == {"size": size}


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a large book would be: not every size fits."""
    monkeypatch.setattr(continuing, "WHOLE", 0)


def sizes_in(data: bytes) -> set[int]:
    return set(RecordBundle.from_bytes(data).extends.sizes)


@pytest.mark.usefixtures("large")
def test_a_large_book_is_covered_at_the_heads_that_its_rounds_were_settled_under() -> None:
    data = built()
    settled = {item.height + 1 for item in check(data).rounds} - {last()}
    assert settled <= sizes_in(data) < {*range(1, last())}


@pytest.mark.usefixtures("large")
def test_or_where_the_platform_remembers_them_at_the_heads_of_the_records_that_it_handed_out() -> None:
    assert sizes_in(built(handed_out=[7, 19])) == {*lineage(7, 19).sizes}
    assert sizes_in(built(handed_out=[0, -5, last(), last() + 5])) == sizes_in(built())


@pytest.mark.usefixtures("large")
def test_what_is_asked_for_is_covered_too() -> None:
    usual = sizes_in(built())
    for since in ((note(11), 23), (23, 11), (23, note(11), 11, note(23), 23)):
        data = built(*since)
        assert sizes_in(data) == {*lineage(*usual, 11, 23).sizes}
        check(data, note(11))
        check(data, note(23))


def test_of_more_heads_than_fit_the_newest_are_covered() -> None:
    """A book of ten million blocks, and a year of heads at which records were handed out."""
    size = 10_000_000
    heads = [size * at // 25 for at in range(1, 25)]
    for found in (
        continuing.usual_sizes(size, [], heads),
        continuing.usual_sizes(size, [at - 1 for at in heads[::-1]], []),
    ):
        assert set(heads[-5:]) <= found
        assert not set(heads[:-10]) & found
        assert len(lineage_from_nodes(lambda level, index: bytes(32), found, size).hashes) <= 128


def test_this_very_book_and_the_empty_one_need_no_proof() -> None:
    empty = note(0, root=EMPTY_ROOT)
    assert built(note(last()), last(), empty, 0) == built()
    for seen, size in ((note(last()), last()), (note_in(world().record("poor")), last()), (empty, 0)):
        assert dict(check(showing(), seen).checks)["extends"] == {"size": size}


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
    for data, size in ((showing(), last()), (showing(5), last()), (showing(5), 5), (world().record(NAME), 5)):
        for root in (digest("other"), root_at(3)):
            with pytest.raises(SplitView) as caught:
                check(data, note(size, root=root))
            assert error_verdict(caught.value) == "rollback"


def test_a_book_that_is_not_shown_could_not_be_compared() -> None:
    for data, size in ((showing(), 5), (showing(5), 7), (showing(5), 21)):
        for root in (b"", digest("other")):
            with pytest.raises(PinUncovered) as caught:
                check(data, note(size, root=root))
            assert error_verdict(caught.value) == "could not check"
            assert f"--since {size}" in (caught.value.hint or "")


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


def hashes(change: Callable[[list[bytes]], object]) -> Callable[[Tree], object]:
    return lambda tree: change(tree["extends"][1])


def sizes(change: Callable[[list[int]], object]) -> Callable[[Tree], object]:
    return lambda tree: change(tree["extends"][0])


def other(found: Callable[[], Lineage]) -> Callable[[Tree], object]:
    return lambda tree: tree.update(extends=value(found()))


EDITS: dict[str, tuple[Callable[[Tree], object], type[MutualchainError]]] = {
    # the proof
    "without its first hash": (hashes(lambda found: found.pop(0)), ProofError),
    "without its last hash": (hashes(lambda found: found.pop()), ProofError),
    "without any hash": (hashes(lambda found: found.clear()), ProofError),
    "with a hash more": (hashes(lambda found: found.append(digest("more"))), ProofError),
    "with its last hash twice": (hashes(lambda found: found.append(found[-1])), ProofError),
    "with another hash": (hashes(lambda found: found.__setitem__(0, digest("other"))), ProofError),
    "backwards": (hashes(lambda found: found.reverse()), ProofError),
    "to another size": (other(lambda: lineage(5, 21, to=last() - 1)), ProofError),
    "of the chain begun anew": (other(lambda: again(5, 21)), ProofError),
    # the sizes
    "of another size": (sizes(lambda found: found.__setitem__(0, 3)), ProofError),
    "without a size that is proven with the others": (sizes(lambda found: found.remove(16)), ProofError),
    "of one size less": (sizes(lambda found: found.pop()), ProofError),
    "of no size": (sizes(lambda found: found.clear()), ProofError),
    "of one size more": (sizes(lambda found: found.append(last() - 1)), ProofError),
    "of one size twice": (sizes(lambda found: found.append(found[-1])), ProofError),
    "of sizes in another order": (sizes(lambda found: found.reverse()), ProofError),
    "of this very book": (sizes(lambda found: found.append(last())), ProofError),
    "of a larger one": (sizes(lambda found: found.append(last() + 1)), ProofError),
    "of the empty book": (sizes(lambda found: found.insert(0, 0)), RecordMismatch),
    "of a size below none": (sizes(lambda found: found.insert(0, -5)), RecordMismatch),
    "of a size that is true": (sizes(lambda found: found.insert(0, True)), RecordMismatch),
    "of more sizes than there may be": (
        sizes(lambda found: found.extend([30] * (MAX_EXTENSIONS - 1))),
        RecordMismatch,
    ),
    # the form
    "of short hashes": (hashes(lambda found: found.__setitem__(0, bytes(31))), RecordMismatch),
    "of more hashes than there may be": (
        hashes(lambda found: found.extend([bytes(32)] * (MAX_EXTENSIONS + 1))),
        RecordMismatch,
    ),
    "without hashes' list": (lambda tree: tree["extends"].pop(), RecordMismatch),
    "of three parts": (lambda tree: tree["extends"].append(0), RecordMismatch),
    "no list": (lambda tree: tree.update(extends={}), RecordMismatch),
    "no field": (lambda tree: tree.pop("extends"), RecordMismatch),
}


def again(*sizes: int) -> Lineage:
    with world("again").ledger.read() as archive:
        return lineage_from_nodes(archive.nodes(BLOCKS), sizes, archive.size)


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("pinned", [False, True], ids=["unpinned", "pinned"])
def test_what_proves_earlier_sizes_cannot_be_edited(name: str, pinned: bool) -> None:
    edit, error = EDITS[name]
    true = showing(5, 21)
    truth = said(check(true))
    forged = edited(true, edit)
    found = verdict(forged, TRUST, world().key(NAME), truth)
    assert isinstance(found, error), "accepted" if found is None else found.diagnostics()
    if pinned:  # nobody is accused of rolling back for an edited file
        with pytest.raises(error):
            check(forged, note(21))


def test_no_bit_of_it_can_be_changed() -> None:
    true = showing(5, 21)
    key, truth, tree = world().key(NAME), said(check(true)), tree_of(true)
    for at in range(len(tree["extends"][1])):
        for byte in range(32):
            for bit in (0, 6):
                forged = copy.deepcopy(tree)
                data = bytearray(forged["extends"][1][at])
                data[byte] ^= 1 << bit
                forged["extends"][1][at] = bytes(data)
                assert verdict(file_of(forged), TRUST, key, truth) is not None, (at, byte, bit)


def test_what_is_left_out_covers_no_pin() -> None:
    """Anybody can leave an earlier size out; then the record says the same, and compares less."""
    less = showing(21)
    assert said(check(less)) == said(check(showing(5, 21)))
    check(less, note(21))
    with pytest.raises(PinUncovered):
        check(less, note(5))


# --- what the builder refuses -----------------------------------------------------------------------


BUILT: dict[str, tuple[Callable[[], list[bytes | int]], type[MutualchainError]]] = {
    "too many": (lambda: [note(5)] * (MAX_EXTENSIONS + 1), UsageError),
    "of more blocks than there are": (lambda: [last() + 1], RecordUnavailable),
    "of fewer than none": (lambda: [-1], RecordUnavailable),
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
    with pytest.raises(error):
        built(*since())


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
        ledger.credit(MAIN, 0, 100, reference="more")
        with pytest.raises(RecordUnavailable):
            shown(ledger, hers)
        longer = shown(ledger)
        assert verify_record(longer, TRUST, seen=common).balance == 1500
        with pytest.raises(SplitView):
            verify_record(longer, TRUST, seen=hers)
        with pytest.raises(PinUncovered):
            verify_record(edited(longer, lambda tree: tree.update(extends=[[], []])), TRUST, seen=hers)


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
