"""A ledger and its witnesses: cosignatures come by themselves, and a copy that is not the newest signs nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mutualchain.archive.reading import Archive
from mutualchain.audit import audit_ledger
from mutualchain.block.anchor import anchored_note
from mutualchain.block.entry import CHAIN, Entry
from mutualchain.errors import (
    LedgerClosed,
    LedgerUnconfirmed,
    QuorumError,
    QuorumsDisjoint,
    RecordMismatch,
    RecordUnavailable,
    ReferenceUnknown,
    TrustFileError,
    UsageError,
    WitnessAhead,
    WitnessConflict,
)
from mutualchain.ledger import Ledger, Witnesses
from mutualchain.publish import publish
from mutualchain.record.receipt import parse_receipt, verify_receipt
from mutualchain.record.renewal import renew_receipt
from mutualchain.store import LmdbStore, MemoryStore
from mutualchain.tlog.checkpoint import Checkpoint, sign_checkpoint
from mutualchain.tlog.note import Signer
from mutualchain.tlog.trust import Group, TrustFile
from mutualchain.witness.core import NOTHING, Response, Seen

from ..witness.fakes import Fake, serving
from .clerks import KNOWN, QUICK, trust_of, witnesses
from .world import KEYS, ORIGIN, PLAN, TRUST, Clock, Faulty, join, new_ledger, proven

Serve = Callable[..., list[Fake]]
START = 1_800_000_000_000


@pytest.fixture
def serve() -> Iterator[Serve]:
    with serving() as start:

        def witnesses_of_this_log(*behaves) -> list[Fake]:
            made = [Fake(number, behave, knows=KNOWN) for number, behave in enumerate(behaves, 1)]
            for fake in made:
                fake.time = START // 1000 + 5
            return start(*made)

        yield witnesses_of_this_log


def made(tmp_path: Path, fakes: list[Fake], k: int = 2, **options) -> Ledger:
    """A ledger with one plan and these witnesses, whose clock stands near theirs."""
    more = options.pop("more", {})
    options.setdefault("store", MemoryStore())
    return new_ledger(tmp_path, clock=Clock(START), witnesses=witnesses(fakes, k, **more), **options)


def opened(tmp_path: Path, store, fakes: list[Fake], k: int = 2, **options) -> Ledger:
    more = options.pop("more", {"wait": 0.0})
    who = witnesses(fakes, k, **more)
    return Ledger.open(tmp_path, KEYS, store=store, clock=Clock(START + 1_000), witnesses=who, **options)


def copy_of(store: MemoryStore) -> MemoryStore:
    found = MemoryStore()
    found._data = dict(store._state())
    return found


def stop(ledger: Ledger) -> None:
    """End a ledger's threads as a crash would: nothing more is stored or signed."""
    assert ledger._gathering is not None
    ledger._gathering.close()
    ledger._core.break_off("crashed")
    ledger._core.join_flusher()


# --- gathering ----------------------------------------------------------------------------------


def test_after_a_commit_the_quorum_comes_by_itself(tmp_path: Path, serve: Serve) -> None:
    fakes = serve(None, None, None)
    with made(tmp_path, fakes) as ledger:
        join(ledger, 1)
        gathering, size = ledger._gathering, ledger.size
        assert gathering is not None
        machine = gathering.machine
        assert gathering.until(lambda: machine.size >= size and bool(machine.report().complete), 20)  # type: ignore[union-attr]
        note = ledger.cosigned()
        assert note is not None
        assert trust_of(fakes, 2).open_checkpoint(note, ORIGIN).size >= size


def test_gathering_by_hand_waits_for_the_quorum_or_for_everyone(tmp_path: Path, serve: Serve) -> None:
    fakes = serve(None, None, None)
    with made(tmp_path, fakes, background=False) as ledger:
        join(ledger, 1)
        assert [thread.name for thread in threading.enumerate() if thread.name == "mutualchain-gathering"] == []
        gathered = ledger.gather()
        gathered.require()
        assert len(gathered.cosignatures) >= 2
        gathered = ledger.gather(everyone=True)
        assert [item.witness.name for item in gathered.cosignatures] == ["w1", "w2", "w3"]
        assert trust_of(fakes, 3).open_checkpoint(gathered.note, ORIGIN).size == ledger.size


def test_without_a_quorum_it_is_said_who_is_missing_and_writing_goes_on(tmp_path: Path, serve: Serve) -> None:
    fakes = serve(None, lambda fake, body: Response(403, b"no\n"), lambda fake, body: Response(404, b""))
    with made(tmp_path, fakes) as ledger:
        gathered = ledger.gather(everyone=True)
        assert [str(item) for item in gathered.missing] == ["w2 answered 403: no", "w3 answered 404"]
        with pytest.raises(QuorumError) as error:
            gathered.require()
        assert "w2 answered 403" in str(error.value.value)
        assert join(ledger, 1).slot == 0
        assert ledger.cosigned() is None
        fakes[1].behave = None
        ledger.gather(everyone=True).require()
        assert ledger.cosigned() is not None


def test_a_witness_that_hangs_delays_no_commit(tmp_path: Path, serve: Serve) -> None:
    asked, free = threading.Event(), threading.Event()

    def hangs(fake: Fake, body: bytes) -> Response:
        asked.set()
        free.wait(30)
        return fake.honest(body)

    fakes = serve(hangs, hangs)
    with made(tmp_path, fakes) as ledger:
        assert asked.wait(20)
        for member in range(30):  # none of these could come back if it waited for a witness
            proven(join(ledger, member))
        assert ledger.cosigned() is None
        free.set()
        ledger.gather(20).require()


def test_what_was_gathered_lies_in_the_store_beside_the_newest_checkpoint(tmp_path: Path, serve: Serve) -> None:
    fakes = serve(None, None)
    store = MemoryStore()
    with made(tmp_path, fakes, store=Faulty(store), background=False) as ledger:
        ledger.gather(everyone=True).require()
        covered = ledger.size
        fakes[0].behave = fakes[1].behave = lambda fake, body: Response(503, b"")
        join(ledger, 1)
    with store.read() as reader:
        archive = Archive(reader)
        note = archive.cosigned()
        assert note is not None
        assert trust_of(fakes, 2).open_checkpoint(note).size == covered
        assert archive.checkpoint() == note, "what is shown to others"
        assert TRUST.open_checkpoint(archive.signed()).size == covered + 1
    report = audit_ledger(store, trust_of(fakes, 2))
    assert report.findings == ()
    assert report.checkpoint is not None
    assert report.checkpoint.size == covered


def test_a_ledger_without_witnesses_stops_showing_what_they_cosigned_once(tmp_path: Path, serve: Serve) -> None:
    store = Faulty(MemoryStore())
    with made(tmp_path, serve(None), k=1, store=store, background=False) as ledger:
        ledger.gather(everyone=True).require()
    with Ledger.open(tmp_path, KEYS, store=store, clock=Clock(START + 1_000)) as ledger:
        assert ledger.cosigned() is not None
        join(ledger, 1)
        assert ledger.cosigned() is None
        with ledger.read() as archive:
            assert TRUST.open_checkpoint(archive.checkpoint()).size == ledger.size


def test_closing_ends_every_thread(tmp_path: Path, serve: Serve) -> None:
    ledger = made(tmp_path, serve(None, lambda fake, body: Response(503, b"")))
    ledger.gather(0.2)
    ledger.close()
    ledger.close()
    with pytest.raises(LedgerClosed):
        ledger.gather()
    names = ("mutualchain-gathering", "mutualchain-witness-w1", "mutualchain-witness-w2")
    for thread in threading.enumerate():
        if thread.name in names:
            thread.join(20)
            assert not thread.is_alive()


def test_a_changed_log_key_is_cosigned_too(tmp_path: Path, serve: Serve) -> None:
    fakes = serve(None, None)
    new = Signer.from_seed(ORIGIN, b"n" * 32)
    with made(tmp_path, fakes, background=False) as ledger:
        ledger.gather(everyone=True).require()
        ledger.begin_log_key_rotation(new)
        join(ledger, 1)
        ledger.gather(everyone=True).require()
        note = ledger.cosigned()
        assert note is not None
        only_new = TrustFile((type(TRUST.logs[0])(new.verifier),), trust_of(fakes, 2).witnesses)
        assert len(only_new.open_checkpoint(note).cosignatures) == 2


# --- anchors ------------------------------------------------------------------------------------


def anchors_of(ledger: Ledger) -> list[bytes]:
    with ledger.read() as archive:
        found = []
        for _, leaf in archive.chain_entries(ledger._core.writer.state.plans[CHAIN].events.size):
            entry = Entry.from_bytes(archive.entry(leaf.height, leaf.index))
            if entry.kind == "anchor":
                found.append(anchored_note(entry))
        return found


def test_a_cosigned_head_is_recorded_on_the_chain_once_a_day(tmp_path: Path, serve: Serve) -> None:
    fakes, store = serve(None, None), Faulty(MemoryStore())
    with made(tmp_path, fakes, store=store, background=False) as ledger:
        ledger.gather(everyone=True).require()
        anchors = anchors_of(ledger)
        assert [trust_of(fakes, 2).open_checkpoint(note).size for note in anchors] == [2]
        ledger.gather(everyone=True).require()
        join(ledger, 1)
        ledger.gather(everyone=True).require()
        assert anchors_of(ledger) == anchors
    with opened(tmp_path, store, fakes, background=False) as ledger:
        ledger.gather(everyone=True).require()
        assert anchors_of(ledger) == anchors, "a restart is no new day"
        ledger._core.clock = Clock(START + 86_400_000)
        for fake in fakes:
            fake.time = START // 1000 + 86_400
        join(ledger, 2)
        ledger.gather(everyone=True).require()
        assert len(anchors_of(ledger)) == 2
    report = audit_ledger(store.inner, trust_of(fakes, 2))
    assert report.findings == ()


# --- receipts -----------------------------------------------------------------------------------


def test_a_receipt_is_shown_again_with_the_quorum(tmp_path: Path, serve: Serve) -> None:
    fakes = serve(None, None)
    trust = trust_of(fakes, 2)
    with made(tmp_path, fakes, background=False) as ledger:
        ack = join(ledger, 1)
        first = ack.receipt()
        verify_receipt(first, TRUST)
        with pytest.raises(QuorumError):
            verify_receipt(first, trust)
        with pytest.raises(RecordUnavailable):
            ledger.renew(first)
        verify_receipt(ledger.receipt(PLAN, "join-1"), TRUST)
        ledger.gather(everyone=True).require()
        for receipt in (ledger.receipt(PLAN, "join-1"), ledger.renew(first)):
            verified = verify_receipt(parse_receipt(receipt.to_bytes()), trust)
            assert (verified.height, verified.time_ms) == (ack.height, ack.time_ms)
            assert len(verified.checkpoint.cosignatures) == 2
            assert (receipt.block, receipt.subject) == (first.block, first.subject)
        late = join(ledger, 2).receipt()
        with pytest.raises(RecordUnavailable):
            ledger.renew(late)
        verify_receipt(ledger.receipt(PLAN, "join-2"), TRUST)
        with pytest.raises(ReferenceUnknown):
            ledger.receipt(PLAN, "join-3")


def test_a_receipt_of_another_ledger_is_not_renewed(tmp_path: Path, serve: Serve) -> None:
    other = join(new_ledger(tmp_path / "other", store=MemoryStore()), 1).receipt()
    with made(tmp_path, serve(None), k=1, background=False) as ledger:
        join(ledger, 1)
        ledger.gather(everyone=True).require()
        with pytest.raises(RecordMismatch):
            ledger.renew(other)


def test_a_member_renews_her_receipt_from_what_was_published(tmp_path: Path, serve: Serve) -> None:
    from mutualchain.archive.published import open_published

    fakes = serve(None, None)
    trust = trust_of(fakes, 2)
    with made(tmp_path, fakes, background=False) as ledger:
        first = join(ledger, 1).receipt()
        ledger.gather(everyone=True).require()
        covered = ledger.size
        join(ledger, 2)
        with ledger.read() as archive:
            report = publish(archive, tmp_path / "public", trust=trust)
    assert report.size == covered, "published is what has the quorum"
    renewed = renew_receipt(first, open_published(tmp_path / "public", trust))
    assert verify_receipt(renewed, trust).checkpoint.size == covered


# --- opened and restored ------------------------------------------------------------------------


def test_a_ledger_that_is_opened_is_confirmed_and_goes_on(tmp_path: Path, serve: Serve) -> None:
    fakes, store = serve(None, None, None), Faulty(MemoryStore())
    with made(tmp_path, fakes, store=store) as ledger:
        ledger.gather(everyone=True).require()
    with opened(tmp_path, store, fakes, more={"wait": 20.0}) as ledger:
        assert ledger.objection is None
        join(ledger, 1)


def test_a_restored_backup_is_read_but_never_written(tmp_path: Path, serve: Serve) -> None:
    fakes, store = serve(None, None, None), MemoryStore()
    with made(tmp_path, fakes, store=Faulty(store), background=False) as ledger:
        ledger.gather(everyone=True).require()
        backup = copy_of(store)
        ack = join(ledger, 1)
        ledger.gather(everyone=True).require()
        newest = ledger.checkpoint()
    with opened(tmp_path, Faulty(backup), fakes) as ledger:
        before = backup._state()
        with pytest.raises(WitnessAhead) as error:
            ledger.confirm(20)
        assert str(error.value.value).startswith(f"{ORIGIN}\n{ack.height + 1}")
        new = Signer.from_seed(ORIGIN, b"n" * 32)
        for refused in (lambda: join(ledger, 2), ledger.gather, lambda: ledger.begin_log_key_rotation(new)):
            with pytest.raises(WitnessAhead):
                refused()
        assert ledger.find(PLAN, b"\0" * 32) is None
        with ledger.read() as archive:
            assert archive.size == ack.height
    assert backup._state() == before
    with opened(tmp_path, Faulty(store), fakes, background=False) as ledger:
        ledger.confirm()
        assert ledger.checkpoint().startswith(newest.split(b"\n\n")[0])


def test_a_ledger_whose_witnesses_are_silent_waits_and_says_for_whom(tmp_path: Path, serve: Serve) -> None:
    fakes, store = serve(None, None), Faulty(MemoryStore())
    made(tmp_path, fakes, store=store).close()
    refuses = lambda fake, body: Response(403, b"not now\n")  # noqa: E731
    fakes[0].behave = fakes[1].behave = refuses
    with opened(tmp_path, store, fakes) as ledger:
        with pytest.raises(LedgerUnconfirmed) as error:
            ledger.confirm(5)
        assert "w1 answered 403" in str(error.value.value)
        for call in (lambda: join(ledger, 1), lambda: ledger.gather(1)):
            with pytest.raises(LedgerUnconfirmed):
                call()
        assert ledger.size == 2
        fakes[0].behave = fakes[1].behave = None
        ledger.confirm(20)
        assert join(ledger, 1).slot == 0


def test_who_knows_that_no_other_copy_was_written_to_can_insist(tmp_path: Path, serve: Serve) -> None:
    fakes, store = serve(None, None), Faulty(MemoryStore())
    made(tmp_path, fakes, store=store).close()
    fakes[0].behave = fakes[1].behave = lambda fake, body: Response(403, b"")
    with opened(tmp_path, store, fakes, more={"wait": 20.0, "insist": True}) as ledger:
        assert join(ledger, 1).slot == 0


def test_a_block_without_its_checkpoint_gets_it_only_when_the_witnesses_have_confirmed(
    tmp_path: Path, serve: Serve
) -> None:
    fakes, store = serve(None, None), MemoryStore()
    ledger = made(tmp_path, fakes, store=Faulty(store), background=False)
    ledger.gather(everyone=True).require()
    signed = ledger.size
    join(ledger, 1)  # its checkpoint was signed, and is in no store
    stop(ledger)
    with opened(tmp_path, Faulty(store), fakes, background=False) as ledger:
        assert ledger.size > signed
        with store.read() as reader:
            assert TRUST.open_checkpoint(Archive(reader).signed()).size < ledger.size
        ledger.confirm()
        with store.read() as reader:
            assert TRUST.open_checkpoint(Archive(reader).signed()).size == ledger.size
        ledger.gather(everyone=True).require()


def test_another_history_under_the_same_key_stops_a_ledger_at_once(tmp_path: Path, serve: Serve) -> None:
    fakes = serve(None, None, None)
    with made(tmp_path, fakes, background=False) as ledger:
        other = sign_checkpoint(Checkpoint(ORIGIN, 2, b"\x07" * 32), [KEYS.log])
        fakes[2].states.states[ORIGIN] = Seen(2, b"\x07" * 32, other, START // 1000)
        with pytest.raises(WitnessConflict) as error:
            ledger.gather(20, everyone=True)
        assert str(error.value.value) == other.decode()
        for refused in (lambda: join(ledger, 1), ledger.gather, ledger.checkpoint):
            before = ledger.size
            with pytest.raises(WitnessConflict):
                refused()
            assert ledger.size == before


def test_a_ledger_that_was_never_shown_to_anybody_is_confirmed_by_who_has_seen_nothing(
    tmp_path: Path, serve: Serve
) -> None:
    store = Faulty(MemoryStore())
    new_ledger(tmp_path, store=store, clock=Clock(START)).close()
    fakes = serve(None, None)
    assert fakes[0].seen == NOTHING
    with opened(tmp_path, store, fakes, background=False) as ledger:
        ledger.confirm()
        join(ledger, 1)
        ledger.gather(everyone=True).require()


def test_lmdb_keeps_what_was_gathered(tmp_path: Path, serve: Serve) -> None:
    fakes = serve(None, None)
    with made(tmp_path / "ledger", fakes, store=None) as ledger:
        join(ledger, 1)
        ledger.gather(everyone=True).require()
        ledger.backup(tmp_path / "copy")
    with LmdbStore.open(tmp_path / "copy", readonly=True) as store, store.read() as reader:
        note = Archive(reader).cosigned()
        assert note is not None
        trust_of(fakes, 2).open_checkpoint(note)


# --- who is asked -------------------------------------------------------------------------------


def test_quorums_that_need_not_meet_are_refused() -> None:
    fakes = [Fake(number, url=f"https://w{number}.example/") for number in (1, 2)]
    with pytest.raises(QuorumsDisjoint):
        Witnesses(trust_of(fakes, 1))
    Witnesses(trust_of(fakes, 2))


def test_witnesses_without_an_address_make_no_quorum() -> None:
    fakes = [Fake(1, url="https://w1.example/"), Fake(2)]
    witness = fakes[1].witness
    bare = type(witness)(witness.name, witness.key)
    trust = TrustFile((), (fakes[0].witness, bare), (Group("g", 2, ("w1", "w2")),), "g")
    with pytest.raises(TrustFileError):
        Witnesses(trust)
    with pytest.raises(UsageError):
        Witnesses(TrustFile((), (type(witness)("w1", witness.key, "ftp://w1.example"),)))
    with pytest.raises(UsageError):
        Witnesses("w1")  # type: ignore[arg-type]


def test_without_witnesses_there_is_nothing_to_gather_or_confirm(tmp_path: Path) -> None:
    with new_ledger(tmp_path, store=MemoryStore()) as ledger:
        ledger.confirm()
        assert ledger.objection is None
        assert ledger.cosigned() is None
        with pytest.raises(UsageError):
            ledger.gather()
    assert QUICK.behind > 0
