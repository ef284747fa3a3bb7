"""The decision about a ledger's witnesses: whom to ask when, what to keep, whether anything may be signed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mutualchain.errors import LedgerUnconfirmed, MutualchainError, WitnessAhead, WitnessConflict
from mutualchain.ledger.errands import Anchored, Answered, Pace, Stored, Wanted
from mutualchain.tlog import note as notes
from mutualchain.tlog.note import Signer
from mutualchain.tlog.trust import Log
from mutualchain.witness.conversation import Why
from mutualchain.witness.core import SIZE_TYPE, Response

from ..witness.fakes import Behave, Fake
from ..witness.logs import FakeLog
from .clerks import Table

DOWN = Response(0, b"")
DAY = 86_400.0


def down(fake: Fake, body: bytes) -> Response:
    return DOWN


def claims(size: int) -> Behave:
    return lambda fake, body: Response(409, f"{size}\n".encode(), SIZE_TYPE)


def table(*behaves: Behave | None, k: int = 2, **options) -> Table:
    """A ledger that was made just now, with so many witnesses."""
    options.setdefault("confirmed", True)
    fakes = [Fake(number, behave) for number, behave in enumerate(behaves, 1)]
    return Table(fakes, k, options=options)


def names(asks) -> list[str]:
    return [ask.witness.name for ask in asks]


# --- gathering ----------------------------------------------------------------------------------


def test_all_witnesses_are_asked_at_once_and_the_quorum_is_kept() -> None:
    town = table(None, None, None)
    asks = town.stored(5)
    assert names(asks) == ["w1", "w2", "w3"]
    town.answer(asks)
    assert town.kept == [(5, False), (5, True), (5, True)]
    report = town.machine.report()
    assert report is not None
    assert report.complete
    assert report.missing == ()
    assert report.sizes == {"w1": 5, "w2": 5, "w3": 5}
    assert town.machine.settled()


def test_who_is_missing_is_said_and_what_came_is_kept() -> None:
    town = table(None, down, lambda fake, body: Response(403, b"who are you\n"), k=2)
    town.answer(town.stored(5))
    report = town.machine.report()
    assert report is not None
    assert not report.complete
    assert [(item.witness.name, item.why) for item in report.missing] == [("w2", Why.LATE), ("w3", Why.REFUSED)]
    assert town.kept == [(5, False)]
    while not town.machine.settled():  # its conversation tries six times
        town.answer(town.tell(wait=town.machine.wake() or 0.0))
    report = town.machine.report()
    assert report is not None
    assert str(report.missing[0]) == "w2 did not answer in time"


def test_a_size_is_learned_from_a_409_and_remembered_for_the_next_head() -> None:
    town = table(None, None)
    for fake in town.fakes:
        fake.saw(3)
    town.answer(town.stored(5))
    assert [len(fake.bodies) for fake in town.fakes] == [2, 2]
    town.answer([*town.stored(9), *town.tell(wait=2.0)])
    assert town.kept[-1] == (9, True)
    assert [len(fake.bodies) for fake in town.fakes] == [3, 3]


def test_one_head_is_gathered_for_at_a_time_and_the_newest_is_next() -> None:
    town = table(None, None)
    asks = town.stored(5)
    assert town.stored(6) == []
    assert town.stored(9) == []
    assert town.machine.pending
    town.answer(asks)
    assert town.machine.wake() is not None
    asks = town.tell(wait=town.machine.wake() or 0.0)
    assert names(asks) == ["w1", "w2"]
    assert town.machine.size == 9
    town.answer(asks)
    assert [size for size, complete in town.kept if complete] == [5, 9]


def test_a_head_that_gets_no_quorum_gives_way_after_a_while() -> None:
    town = table(None, down)
    town.answer(town.stored(5))
    town.stored(9)
    assert town.machine.size == 5
    town.tell(wait=Pace().patience)
    assert town.machine.size == 9


def test_a_cosignature_that_comes_late_counts_for_its_own_head() -> None:
    town = table(None, None)
    first, second = town.stored(5)
    town.answer([first])
    town.stored(9)
    asks = town.tell(wait=Pace().patience)
    assert names(asks) == ["w1"], "w2 is still being asked about the first one"
    late = town.answer_of(second)
    more = town.tell(Answered(second.number, late))
    assert (5, True) in town.kept
    town.answer([*asks, *more])
    assert town.kept[-1] == (9, True)


def test_an_older_head_never_takes_the_place_of_a_newer_one() -> None:
    town = table(None, None, None, k=2)
    asks = town.stored(5)
    town.answer(asks[:1])
    town.stored(9)
    for ask in asks[1:2]:
        late = town.answer_of(ask)
    more = town.tell(wait=Pace().patience)
    town.answer(more)
    asks_of_w3 = [ask for ask in asks if ask.witness.name == "w3"]
    town.answer(asks_of_w3)
    assert town.kept[-1][0] == 9
    before = list(town.kept)
    town.tell(Answered(asks[1].number, late))
    assert [size for size, complete in town.kept[len(before) :] if complete and size < 9] == []


def test_answers_to_nobody_and_second_answers_mean_nothing() -> None:
    town = table(None, None)
    asks = town.stored(5)
    answer = town.answer_of(asks[0])
    town.tell(Answered(asks[0].number, answer))
    kept = list(town.kept)
    assert town.tell(Answered(asks[0].number, answer)) == []
    assert town.tell(Answered(0, answer)) == []
    assert town.tell(Answered(999, "late")) == []
    assert town.kept == kept


def test_a_witness_that_failed_is_asked_again_after_longer_and_longer_pauses() -> None:
    refuses: Behave = lambda fake, body: Response(403, b"")  # noqa: E731
    town = table(None, refuses, k=1)
    town.answer(town.stored(5))
    pauses = []
    for _ in range(12):
        wait = town.machine.wake()
        assert wait is not None
        pauses.append(round(wait))
        asks = town.tell(wait=wait)
        assert names(asks) == ["w2"]
        town.answer(asks, wait=0.0)
    assert pauses[:5] == [1, 2, 4, 8, 16]
    assert max(pauses) == 300


def test_somebody_who_waits_has_failed_witnesses_asked_at_once_and_the_newest_head_sent() -> None:
    town = table(None, lambda fake, body: Response(403, b""))
    town.answer(town.stored(5))
    town.stored(9)
    assert town.machine.size == 5
    asks = town.tell(Wanted(1))
    assert town.machine.wanted == 1
    assert names(asks) == ["w1", "w2"]
    assert town.machine.size == 9


def test_a_witness_without_an_address_is_not_asked_and_named() -> None:
    town = table(None, None, None, k=2)
    trust = replace(town.trust, witnesses=(*town.trust.witnesses[:2], replace(town.trust.witnesses[2], url=None)))
    machine = type(town.machine)(trust, town, now=town.now, moment=town.moment, confirmed=True)
    town.machine = machine
    town.answer(town.stored(5))
    report = machine.report()
    assert report is not None
    assert [item.why for item in report.missing] == [Why.UNASKED]
    assert machine.settled()


# --- refreshing and time ------------------------------------------------------------------------


def test_while_nothing_happens_no_cosignature_grows_older_than_an_hour() -> None:
    town = table(None, None, None)
    town.answer(town.stored(5))
    end = town.now + DAY
    while town.now < end:
        wake = town.machine.wake()
        assert wake is not None
        assert wake <= 3_600
        town.answer(town.tell(wait=max(wake, 0.01)))
        report = town.machine.report()
        assert report is not None
        assert all(town.now - item.timestamp < 3_600 for item in report.cosignatures)
    assert town.fakes[0].bodies[-1] == town.log.request(5, 5), "a refresh needs no proof"
    assert 24 < len(town.fakes[0].bodies) <= 2 + DAY // Pace().refresh


def test_a_clock_that_is_set_back_stops_nothing() -> None:
    town = table(None, down, k=1)
    town.answer(town.stored(5))
    town.now -= 30 * DAY
    asks = town.tell()
    for _ in range(20):
        asks += town.tell(wait=max(town.machine.wake() or 0.0, 0.01))
        if "w2" in names(asks):
            break
    assert "w2" in names(asks)


@pytest.mark.parametrize(
    "behaves", [(None, None), (None, down), (down, down), (claims(99), None)], ids=["well", "one", "none", "ahead"]
)
@pytest.mark.parametrize("confirmed", [True, False])
def test_time_alone_never_asks_to_be_asked_for_nothing(behaves: tuple[Behave | None, ...], confirmed: bool) -> None:
    """What `wake` promises for a moment happens at that moment: a driver that waits for it does not spin."""
    town = table(*behaves, confirmed=confirmed)
    town.answer(town.stored(5))
    idle = 0
    for _ in range(200):
        wake = town.machine.wake()
        assert wake is not None
        before = len(town.asked), len(town.anchors), town.machine.confirmed
        town.answer(town.tell(wait=wake))
        happened = (len(town.asked), len(town.anchors), town.machine.confirmed) != before
        idle = 0 if happened else idle + 1
        assert idle < 3
        if town.anchors and town.machine._anchoring:
            town.tell(Anchored())


# --- anchors ------------------------------------------------------------------------------------


def test_a_head_with_the_quorum_is_anchored_once_a_day() -> None:
    town = table(None, None)
    town.answer(town.stored(5))
    assert town.anchors == [5]
    town.tell(Anchored())
    began = town.now
    while len(town.anchors) == 1:
        town.answer(town.tell(wait=max(town.machine.wake() or 0.0, 0.01)))
    assert 0 <= DAY - (town.now - began) < 3_700


def test_an_anchor_waits_for_the_quorum_and_is_tried_again_when_it_could_not_be_recorded() -> None:
    town = table(None, down)
    town.answer(town.stored(5))
    assert town.anchors == []
    town = table(None, None)
    town.answer(town.stored(5))
    assert town.anchors == [5]
    town.tell(Anchored(False))
    assert town.anchors == [5]
    town.tell(wait=61.0)
    assert town.anchors == [5, 5]


def test_an_anchor_of_today_is_enough() -> None:
    town = table(None, None, anchored=1_767_139_200 - 3_600.0)
    town.answer(town.stored(5))
    assert town.anchors == []


# --- an opened ledger ---------------------------------------------------------------------------


def opened(*behaves: Behave | None, size: int = 5, k: int = 2, **options) -> Table:
    """A ledger that was opened, with so many blocks."""
    town = table(*behaves, k=k, confirmed=False, **options)
    town.length = size
    return town


def objection(town: Table) -> MutualchainError:
    found = town.machine.objection()
    assert found is not None
    return found


def test_an_opened_ledger_may_not_sign_before_the_quorum_has_answered() -> None:
    town = opened(None, None, None)
    assert isinstance(objection(town), LedgerUnconfirmed)
    first, second, third = town.stored(5)
    town.answer([first])
    assert isinstance(objection(town), LedgerUnconfirmed)
    town.answer([second])
    assert isinstance(objection(town), LedgerUnconfirmed), "one is still to be heard"
    town.answer([third])
    assert town.machine.objection() is None


def test_who_does_not_answer_is_waited_for_only_a_while() -> None:
    town = opened(None, None, None)
    town.answer(town.stored(5)[:2])
    town.tell(wait=Pace().hearing)
    assert town.machine.objection() is None


def test_cosignatures_that_the_stored_note_has_are_no_answer() -> None:
    town = opened(down, down)
    lines = [fake.signer.cosign(town.log.checkpoint(5), int(town.now)) for fake in town.fakes]
    town.tell(Stored(notes.add_signatures(town.log.note(5), lines), 5))
    town.tell(wait=60.0)
    assert isinstance(objection(town), LedgerUnconfirmed)


def test_too_few_answers_name_who_is_missing_and_a_later_answer_is_enough() -> None:
    town = opened(None, lambda fake, body: Response(403, b""))
    town.answer(town.stored(5))
    assert "w2 answered 403" in str(objection(town).value)
    town.fakes[1].behave = None
    town.answer(town.tell(wait=Pace().pause[0]))
    assert town.machine.objection() is None


def test_a_witness_that_proves_more_stops_a_restored_copy_for_good() -> None:
    town = opened(None, None, None)
    town.fakes[1].saw(9)
    town.answer(town.stored(5))
    assert isinstance(objection(town), WitnessAhead)
    assert str(objection(town).value) == town.log.note(9).decode()
    assert town.machine.barred
    assert town.tell(wait=1e6) == []
    assert town.machine.wake() is None
    assert isinstance(objection(town), WitnessAhead)


def test_a_witness_that_only_says_more_stops_an_opened_ledger_while_it_says_so() -> None:
    town = opened(None, None, claims(99))
    town.answer(town.stored(5))
    assert isinstance(objection(town), WitnessAhead)
    assert not town.machine.barred
    town.fakes[2].behave = None
    town.answer(town.tell(wait=Pace().pause[0]))
    assert town.machine.objection() is None


def test_a_witness_that_only_says_more_does_not_stop_a_ledger_that_was_confirmed() -> None:
    town = table(None, None, claims(99))
    town.answer(town.stored(5))
    assert town.machine.objection() is None
    assert town.kept[-1] == (5, True)


def test_another_tree_stops_any_ledger() -> None:
    town = table(None, None, None)
    town.fakes[2].saw(4, town.log.forked(2))
    town.answer(town.stored(5))
    assert isinstance(objection(town), WitnessConflict)
    assert town.kept[-1:] != [(5, True)] or town.tell(wait=1e6) == []


def test_a_checkpoint_of_this_very_tree_is_no_proof_against_it() -> None:
    """The log signs a head when it makes it, and sends it later: who got it from a receipt may show it."""
    town = table(None, None, lambda fake, body: Response(422, b"no\n"))
    town.fakes[2].held = town.log.note(8)
    town.answer(town.stored(5))
    assert town.machine.objection() is None
    town.length = 7
    town.answer(town.tell(Wanted(1)))
    assert isinstance(objection(town), WitnessAhead), "unless the ledger does not have so many blocks"


def test_a_head_of_this_very_tree_that_another_copy_signed_is_confirmed_in_place_of_the_stored_one() -> None:
    town = opened(None, None, None, size=9)
    for fake in town.fakes:
        fake.saw(7)
    town.answer(town.stored(5))
    assert town.machine.size == 7
    assert town.machine.objection() is None


def test_who_insists_goes_on_without_answers_but_not_against_a_witness() -> None:
    town = opened(down, down, insist=True)
    town.stored(5)
    assert isinstance(objection(town), LedgerUnconfirmed)
    town.tell(wait=Pace().hearing)
    assert town.machine.objection() is None
    town = opened(claims(99), down, insist=True)
    town.answer(town.stored(5))
    town.tell(wait=Pace().hearing)
    assert isinstance(objection(town), WitnessAhead)


def test_a_head_signed_anew_by_a_changed_log_key_keeps_its_cosignatures() -> None:
    town = table(None, None)
    town.answer(town.stored(5))
    new = Signer.from_seed(town.log.origin, b"n" * 32)
    both = FakeLog(town.log.origin, signers=(town.log.signer, new))
    town.machine.trust = town.trust = replace(town.trust, logs=(*town.trust.logs, Log(new.verifier)))
    before = len(town.kept)
    town.tell(Stored(both.note(5), 5), wait=2.0)
    assert town.kept[before:] == [(5, True)]
    report = town.machine.report()
    assert report is not None
    assert len(notes.open(report.note, [new.verifier]).signatures) == 1
    assert len(report.cosignatures) == 2
