"""What a verified record says, held against a slow calculation; whom it trusts; when it is too old."""

from __future__ import annotations

import json
from dataclasses import replace
from unittest import mock

import pytest

from mutualchain.errors import (
    CheckpointError,
    CosignatureError,
    MutualchainError,
    NoteSignatureError,
    NoteUnverified,
    NotYourRecord,
    QuorumError,
    RecordUnavailable,
    SlotUnknown,
    TooOld,
    UsageError,
)
from mutualchain.record import build
from mutualchain.record.build import RecordBuilder, build_record
from mutualchain.record.facts import CHECKS, LIMITS
from mutualchain.record.verify import error_verdict, verify_record
from mutualchain.tlog.checkpoint import Checkpoint, sign_checkpoint
from mutualchain.tlog.checkpoint import parse as parse_checkpoint
from mutualchain.tlog.cosignature import CosignatureSigner
from mutualchain.tlog.note import Signer, add_signatures, sign
from mutualchain.tlog.note import parse as parse_note
from mutualchain.tlog.trust import Group, Log, TrustFile, Witness

from .slow import lives
from .tools import bundle_of, edited, said
from .world import COVENANT, LOG, MAIN, NAMES, ORIGIN, OTHER, SECOND, THIRD, TRUST, Narrator, world

DAY = 86_400_000
WITNESSES = [CosignatureSigner.from_seed(f"witness-{n}.example", bytes([n + 1]) * 32) for n in range(3)]
WATCHED = TrustFile(
    (Log(LOG.verifier),),
    tuple(Witness(f"w{n}", signer.verifier) for n, signer in enumerate(WITNESSES)),
    (Group("two", 2, ("w0", "w1", "w2")),),
    "two",
)


def cosigned(data: bytes, *times: tuple[int, int]) -> bytes:
    """A record whose checkpoint the witnesses have cosigned: pairs of witness and time in seconds."""
    bundle = bundle_of(data)
    checkpoint = parse_checkpoint(parse_note(bundle.checkpoint).text)
    lines = [WITNESSES[witness].cosign(checkpoint, time) for witness, time in times]
    return replace(bundle, checkpoint=add_signatures(bundle.checkpoint, lines)).to_bytes()


# --- facts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", [MAIN, SECOND])
def test_every_record_says_what_a_slow_calculation_gives(plan: str) -> None:
    people, figures = lives(world().deeds[plan], COVENANT if plan == MAIN else OTHER)
    chosen = [*map(world().slots.get, NAMES), 5, 7, 200, len(people) - 1] if plan == MAIN else [0, 19]
    for slot in chosen:
        assert slot is not None
        record = verify_record(world().record(slot, plan), TRUST)
        life = people[slot]
        assert [(item.number, item.status, item.amount, item.events) for item in record.rounds] == life.rounds
        assert [(event.kind, event.amount) for event in record.events] == life.events
        assert [event.seq for event in record.events] == list(range(len(life.events)))
        assert (record.balance, record.deposit) == (life.balance, life.deposit)
        assert (record.covered, record.exited) == (life.balance > 0 and not life.gone, life.gone)
        assert record.shared == sum(amount for _, _, amount, _ in life.rounds)
        assert (record.slot, record.slots, record.plan) == (slot, len(people), plan)
        for item in record.rounds:
            wanted = figures[item.number]
            assert (item.share, item.headcount, item.aid, item.fee) == (
                wanted.share,
                wanted.headcount,
                wanted.aid,
                wanted.fee,
            )
            assert (item.surplus_in, item.surplus_out, item.shortfall) == (
                wanted.surplus_in,
                wanted.surplus_out,
                wanted.shortfall,
            )


def test_members_of_every_fate_are_there() -> None:
    """The world would prove little without them."""
    seen = {name: verify_record(world().record(name), TRUST, public_key=world().key(name)) for name in NAMES}
    assert [item.status for item in seen["poor"].rounds] == ["paid", "partial", "partial", "lapsed"]
    assert {item.status for item in seen["leaver"].rounds} == {"paid", "exited"}
    assert seen["founder"].rounds[0].number == 0
    assert seen["second"].rounds[0].number == 1
    assert seen["between"].rounds[0].number == 2
    assert not seen["late"].rounds
    assert seen["late"].events
    assert not seen["latest"].rounds
    assert not seen["latest"].events
    assert seen["returned"].slot != seen["leaver"].slot
    assert len(bundle_of(world().record("founder")).keys) == 1


def test_checks_and_limits_are_known_sentences_and_the_facts_are_json() -> None:
    for name in NAMES:
        record = verify_record(world().record(name), TRUST, public_key=world().key(name))
        for table, items in ((CHECKS, record.checks), (LIMITS, record.limits)):
            for key, values in items:
                assert "{" not in table[key].format(**values)
        json.dumps(record.to_value())
    assert ("key", {}) in record.checks
    assert ("no_key", {}) in verify_record(world().record("late"), TRUST).limits


def test_a_plan_without_any_event_has_no_limit_about_events() -> None:
    teller = Narrator()
    teller.plan(MAIN, OTHER)
    teller.join("anna", deposit=100)
    with teller.ledger.read() as archive:
        record = verify_record(build_record(archive, MAIN, 0), TRUST)
    assert not {"since_last_round", "before_first_round"} & {key for key, _ in record.limits}


def test_an_earlier_record_still_verifies_and_says_its_day() -> None:
    old = verify_record(world().early["founder"], TRUST, public_key=world().key("founder"))
    new = verify_record(world().record("founder"), TRUST, public_key=world().key("founder"))
    assert old.checkpoint.size < new.checkpoint.size
    assert old.as_of_ms < new.as_of_ms
    assert new.rounds[: len(old.rounds)] == old.rounds


def test_one_builder_makes_the_same_records_as_many() -> None:
    with world().ledger.read() as archive:
        builder = RecordBuilder(archive, MAIN)
        for slot in (0, 5, 300, 337):
            assert builder.build(slot).to_bytes() == world().record(slot)
        with pytest.raises(SlotUnknown):
            builder.build(10_000)
        with pytest.raises(MutualchainError):
            build_record(archive, "no-such-plan", 0)
        with pytest.raises(SlotUnknown):
            build_record(archive, THIRD, 0)


def test_a_builder_remembers_so_many_sheets_and_no_more() -> None:
    with mock.patch.object(build, "_READERS", 1), world().ledger.read() as archive:
        builder = RecordBuilder(archive, MAIN)
        for slot in (0, 1, 0, 337):
            assert builder.build(slot).to_bytes() == world().record(slot)


def test_what_an_archive_cannot_show_makes_no_record() -> None:
    with world().ledger.read() as archive:
        builder = RecordBuilder(archive, MAIN)
        for first, last in ((0, 3), (0, 10_000), (10_000, 10_001)):
            with pytest.raises(RecordUnavailable):
                builder._find(bytes(32), first, last)
        ahead = sign_checkpoint(Checkpoint(ORIGIN, archive.size + 1, bytes(32)), [LOG])
        archive.checkpoint = lambda: ahead  # type: ignore[method-assign]
        with pytest.raises(RecordUnavailable):
            RecordBuilder(archive, MAIN)


def test_parsing_and_writing_a_bundle_gives_the_same_bytes() -> None:
    for name in NAMES:
        assert bundle_of(world().record(name)).to_bytes() == world().record(name)


# --- whom to trust --------------------------------------------------------------------------------


def test_a_record_of_a_log_that_is_not_trusted_could_not_be_checked() -> None:
    data = world().record("founder")
    for signer, error in (
        (Signer.from_seed("other.example", b"l" * 32), NoteUnverified),
        (Signer.from_seed(ORIGIN, b"x" * 32), NoteUnverified),
    ):
        with pytest.raises(error) as caught:
            verify_record(data, TrustFile((Log(signer.verifier),)))
        assert error_verdict(caught.value) == "could not check"


def test_a_checkpoint_signed_by_somebody_else_or_for_another_log_is_refused() -> None:
    bundle = bundle_of(world().record("founder"))
    checkpoint = parse_checkpoint(parse_note(bundle.checkpoint).text)
    other = Checkpoint("other.example", checkpoint.size, checkpoint.root)
    size, more = (b"\n%d\n" % number for number in (checkpoint.size, checkpoint.size + 1))
    for note, error, code in (
        (sign_checkpoint(checkpoint, [Signer.from_seed(ORIGIN, b"x" * 32)]), NoteUnverified, 3),
        (sign_checkpoint(other, [LOG]), NoteUnverified, 3),
        (bundle.checkpoint.replace(size, more), NoteSignatureError, 1),
        (sign("no checkpoint\n", [LOG]), CheckpointError, 3),
    ):
        forged = replace(bundle, checkpoint=note).to_bytes()
        with pytest.raises(error) as caught:
            verify_record(forged, TRUST)
        assert caught.value.exit_code == code


def test_two_trusted_logs_are_no_confusion() -> None:
    both = TrustFile((Log(Signer.from_seed("other.example", b"o" * 32).verifier), Log(LOG.verifier)))
    assert verify_record(world().record("late"), both).checkpoint.origin == ORIGIN


def test_too_few_witnesses_are_could_not_check() -> None:
    data = world().record("founder")
    for times in ((), ((0, 1_760_000_100),)):
        with pytest.raises(QuorumError) as caught:
            verify_record(cosigned(data, *times) if times else data, WATCHED)
        assert error_verdict(caught.value) == "could not check"


def test_a_quorum_of_witnesses_is_named() -> None:
    data = cosigned(world().record("founder"), (0, 1_760_000_100), (2, 1_760_000_200))
    record = verify_record(data, WATCHED, public_key=world().key("founder"))
    assert [item.witness.name for item in record.checkpoint.cosignatures] == ["w0", "w2"]
    assert dict(record.checks)["quorum"] == {"witnesses": 2}
    assert not {"unwitnessed", "time"} & set(dict(record.limits))
    plain = verify_record(data, TRUST, public_key=world().key("founder"))
    assert "unwitnessed" in dict(plain.limits)
    assert said(plain)[1].balance == said(record)[1].balance


def test_a_cosignature_of_another_checkpoint_is_tampering() -> None:
    new, old = bundle_of(world().record("founder")), bundle_of(world().early["founder"])
    checkpoint = parse_checkpoint(parse_note(old.checkpoint).text)
    lines = [signer.cosign(checkpoint, 1_760_000_100) for signer in WITNESSES]
    with pytest.raises(CosignatureError) as caught:
        verify_record(replace(new, checkpoint=add_signatures(new.checkpoint, lines)).to_bytes(), WATCHED)
    assert error_verdict(caught.value) == "tampered"


# --- age ------------------------------------------------------------------------------------------


def test_an_old_record_could_not_be_checked() -> None:
    data = world().record("founder")
    head_ms = verify_record(data, TRUST).as_of_ms
    verify_record(data, TRUST, now_ms=head_ms + 3 * DAY, max_age_ms=3 * DAY)
    verify_record(data, TRUST, now_ms=head_ms + 10**9 * DAY)
    verify_record(data, TRUST, max_age_ms=0)
    with pytest.raises(TooOld) as caught:
        verify_record(data, TRUST, now_ms=head_ms + 3 * DAY + 1, max_age_ms=3 * DAY)
    assert error_verdict(caught.value) == "could not check"


def test_a_record_dated_after_now_could_not_be_checked() -> None:
    """A frozen view could be dated ahead by an operator, and so look fresh for ever."""
    data = world().record("founder")
    head_ms = verify_record(data, TRUST).as_of_ms
    verify_record(data, TRUST, now_ms=head_ms - DAY)
    with pytest.raises(TooOld):
        verify_record(data, TRUST, now_ms=head_ms - DAY - 1)


def test_age_is_the_oldest_cosignatures_where_there_are_witnesses() -> None:
    plain = world().record("founder")
    head_ms = verify_record(plain, TRUST).as_of_ms
    seconds = head_ms // 1000
    later = seconds + 10 * DAY // 1000
    fresh = cosigned(plain, (0, later), (1, later + 5))
    verify_record(fresh, WATCHED, now_ms=later * 1000 + DAY, max_age_ms=DAY)
    stale = cosigned(plain, (0, seconds + 1), (1, later))
    with pytest.raises(TooOld):
        verify_record(stale, WATCHED, now_ms=later * 1000 + DAY, max_age_ms=DAY)


def test_tampering_is_told_before_age() -> None:
    forged = edited(world().record("founder"), lambda tree: tree["rounds"].pop())
    with pytest.raises(MutualchainError) as caught:
        verify_record(forged, TRUST, now_ms=4 * 10**12, max_age_ms=1)
    assert caught.value.exit_code == 1


# --- calls ----------------------------------------------------------------------------------------


def test_the_wrong_passport_is_told_apart_from_the_wrong_call() -> None:
    with pytest.raises(NotYourRecord):
        verify_record(world().record("founder"), TRUST, public_key=world().key("second"))
    for key in (b"", b"short", bytes(33), "k" * 32):
        with pytest.raises(UsageError):
            verify_record(world().record("founder"), TRUST, public_key=key)  # type: ignore[arg-type]
    for data in ("text", None, bytearray(b"x"), 5):
        with pytest.raises(UsageError):
            verify_record(data, TRUST)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        verify_record(world().record("founder"), replace(TRUST, max_age=60))  # and nobody says what time it is


def test_a_checkpoint_that_does_not_cover_her_makes_no_record() -> None:
    teller = Narrator("uncovered")
    teller.plan(MAIN, COVENANT)
    old = teller.ledger.checkpoint()
    teller.join("founder", deposit=1000)
    with teller.ledger.read() as archive:
        archive.checkpoint = lambda: old  # type: ignore[method-assign]
        with pytest.raises((RecordUnavailable, SlotUnknown)):
            build_record(archive, MAIN, 0)
    teller.ledger.close()
