"""What a monitor concludes from what places show, look by look: every attack of an operator who has all its keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mutualchain.errors import MonitorStateError, MutualchainError, PublishedMismatch, SourceUnreachable
from mutualchain.evidence import Book, open_statement, verify_evidence
from mutualchain.limits import MAX_MONITOR_HEADS
from mutualchain.tlog import note as notes
from mutualchain.tlog.trust import TrustFile
from mutualchain.witness.following import Followed, States
from mutualchain.witness.monitor import Look, View, judge
from mutualchain.witness.monitor_state import Alarm, Kind, LogMemory, Memory, PlaceMemory
from tests.evidence.cases import lie
from tests.evidence.tools import CHAIN_TRUST, FORK, HONEST, ONE, TRUST, TWO, Leaves, cosigned
from tests.witness.logs import NOW, FakeLog

QUORATE = replace(TRUST, quorum="one")
HOUR = 3600


def shown(place: str, log: FakeLog, size: int, *, alone: bool = False, note: bytes = b"") -> View:
    """A place that shows a log of some size, cosigned; ``alone``: its checkpoint only."""
    note = note or cosigned(log.checkpoint(size), ONE, log=log)
    book = Book(place, open_statement(note, TRUST), None if alone else Leaves(log, size))
    return View(place, note, book, published=not alone)


@dataclass
class Watched:
    """A monitor's life: looks one after the other."""

    trust: TrustFile = QUORATE
    memory: Memory = field(default_factory=Memory)
    files: dict[str, bytes] = field(default_factory=dict)
    now: int = NOW

    def look(self, *views: View, later: int = 60, **more: Any) -> Look:
        self.now += later
        look = judge(Memory.from_bytes(self.memory.to_bytes()), views, self.trust, self.now, **more)
        self.memory = look.memory
        assert all(self.files.get(name, data) == data for name, data in look.files.items())
        self.files |= look.files
        return look

    @property
    def kinds(self) -> list[Kind]:
        return [alarm.kind for alarm in self.memory.alarms]


def events(look: Look) -> list[tuple[str, str]]:
    return [
        (event.what, event.alarm.kind.value if event.alarm else f"{event.before} to {event.size}")
        for event in look.events
    ]


def test_a_ledger_that_grows_raises_no_alarm() -> None:
    watched = Watched()
    assert events(watched.look(shown("a", HONEST, 3))) == [("grew", "0 to 3")]
    assert events(watched.look(shown("a", HONEST, 3))) == []
    assert events(watched.look(shown("a", HONEST, 9))) == [("grew", "3 to 9")]
    last = watched.look(shown("a", HONEST, 16), shown("b", HONEST, 9))
    assert (last.exit_code, last.memory.alarms, watched.files) == (0, (), {})
    assert len(last.memory.logs[HONEST.origin].heads) == 1
    assert [(item.place, item.size) for item in last.places] == [("a", 16), ("b", 9)]


def test_a_rewritten_ledger_of_one_size_is_a_split() -> None:
    watched = Watched()
    watched.look(shown("a", HONEST, 7))
    look = watched.look(shown("a", FORK, 7))
    assert (look.exit_code, watched.kinds) == (4, [Kind.SPLIT])
    [alarm] = look.memory.alarms
    assert "signed two different books of 7 blocks" in alarm.text
    assert verify_evidence(watched.files[alarm.evidence], TRUST).finding == "size"


def test_a_fork_that_grows_is_a_split() -> None:
    watched = Watched()
    watched.look(shown("a", HONEST, 5))
    look = watched.look(shown("a", FORK, 9))
    [data] = look.files.values()
    assert verify_evidence(data, TRUST).finding == "prefix"


def test_a_split_is_told_once_and_never_ends() -> None:
    watched = Watched()
    watched.look(shown("a", HONEST, 5))
    first = watched.look(shown("a", FORK, 9)).memory.alarms
    for size in (10, 12):
        look = watched.look(shown("a", FORK, size))
        assert events(look) == [("grew", f"{9 if size == 10 else 10} to {size}")]
        assert (look.files, look.memory.alarms) == ({}, first)
    assert events(watched.look(shown("a", HONEST, 16))) == [("grew", "12 to 16")]
    assert watched.kinds == [Kind.SPLIT]


def test_two_places_that_show_two_books_are_a_split_at_the_first_look() -> None:
    watched = Watched()
    look = watched.look(shown("a", HONEST, 7), shown("b", FORK, 9))
    assert look.exit_code == 4
    assert [(alarm.kind, alarm.place) for alarm in look.memory.alarms] == [(Kind.SPLIT, "b")]


def test_a_witness_that_has_seen_another_book_shows_the_split() -> None:
    watched = Watched()
    look = watched.look(shown("a", HONEST, 9), shown("witness", FORK, 7, alone=True))
    assert [alarm.kind for alarm in look.memory.alarms] == [Kind.SPLIT]


def test_a_witness_that_has_seen_more_is_remembered_until_that_much_is_shown() -> None:
    watched = Watched()
    assert watched.look(shown("a", HONEST, 5), shown("witness", FORK, 8, alone=True)).exit_code == 0
    assert watched.look(shown("a", HONEST, 7)).exit_code == 0
    assert watched.look(shown("a", HONEST, 9)).exit_code == 4


def test_a_shorter_ledger_is_a_rollback_until_it_has_caught_up() -> None:
    watched = Watched()
    watched.look(shown("a", HONEST, 9))
    assert events(watched.look(shown("a", HONEST, 5))) == [("alarm", "rollback")]
    assert watched.look(shown("a", HONEST, 8)).exit_code == 4
    look = watched.look(shown("a", HONEST, 9))
    assert (look.exit_code, events(look)) == (0, [("grew", "8 to 9"), ("ended", "rollback")])


def test_a_restored_backup_that_goes_on_is_convicted_by_the_first_block_above_the_old_height() -> None:
    watched = Watched()
    watched.look(shown("a", HONEST, 9))
    watched.look(shown("a", FORK, 3))
    assert watched.kinds == [Kind.ROLLBACK]
    assert watched.look(shown("a", FORK, 8)).files == {}
    assert watched.look(shown("a", FORK, 10)).exit_code == 4
    assert watched.kinds == [Kind.SPLIT]


def test_a_fork_that_begins_below_what_was_seen_lately_is_found_at_once() -> None:
    watched = Watched()
    watched.look(shown("a", HONEST, 9), shown("slow", HONEST, 5))
    watched.look(shown("a", FORK, 7), shown("slow", HONEST, 9))
    assert watched.kinds == [Kind.SPLIT, Kind.ROLLBACK]


# --- freshness and quorum -------------------------------------------------------------------------


def test_a_frozen_ledger_becomes_stale() -> None:
    watched = Watched()
    assert watched.look(shown("a", HONEST, 5), max_age=HOUR).places[0].age == 60
    assert watched.look(shown("a", HONEST, 5), later=HOUR, max_age=HOUR).exit_code == 3
    assert watched.kinds == [Kind.STALE]
    line = ONE.cosign(HONEST.checkpoint(5), watched.now)
    renewed = notes.add_signatures(HONEST.note(5), [line])
    assert events(watched.look(shown("a", HONEST, 5, note=renewed), max_age=HOUR)) == [("ended", "stale")]


def test_the_trust_files_own_age_holds_without_being_asked_for() -> None:
    watched = Watched(trust=replace(QUORATE, max_age=HOUR))
    assert watched.look(shown("a", HONEST, 5), later=2 * HOUR).exit_code == 3


def test_a_witness_that_has_not_cosigned_lately_is_stale() -> None:
    watched = Watched()
    watched.look(shown("witness", HONEST, 5, alone=True), later=2 * HOUR, max_age=HOUR)
    assert watched.kinds == [Kind.STALE]


def test_a_checkpoint_without_its_quorum_is_an_alarm() -> None:
    watched = Watched(trust=replace(TRUST, quorum="two"))
    assert watched.look(shown("a", HONEST, 5)).exit_code == 3
    assert watched.kinds == [Kind.QUORUM]
    assert watched.look(shown("a", HONEST, 7, note=cosigned(HONEST.checkpoint(7), TWO))).exit_code == 0


def test_a_note_that_others_would_refuse_is_tampered_with() -> None:
    note = cosigned(HONEST.checkpoint(5), ONE)
    false = cosigned(HONEST.checkpoint(6), ONE).splitlines(keepends=True)[-1]
    watched = Watched()
    assert watched.look(shown("a", HONEST, 5, note=note + false)).exit_code == 1


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (SourceUnreachable("the server did not answer", place="checkpoint"), Kind.UNREACHABLE, 3),
        (PublishedMismatch("a tile does not belong to the signed tree", place="tile/0/000"), Kind.TAMPERED, 1),
    ],
)
def test_what_cannot_be_read_or_does_not_match_is_an_alarm_while_it_lasts(
    error: MutualchainError, kind: Kind, code: int
) -> None:
    watched = Watched()
    watched.look(shown("a", HONEST, 5))
    look = watched.look(View("a", failure=error), shown("b", HONEST, 5))
    assert (look.exit_code, watched.kinds) == (code, [kind])
    assert watched.memory.alarms[0].origin == HONEST.origin
    assert watched.memory.alarms[0].text.endswith(f"({error.place})")
    since = watched.memory.alarms[0].since
    watched.look(View("a", failure=error))
    assert watched.memory.alarms[0].since == since
    assert events(watched.look(shown("a", HONEST, 5))) == [("ended", kind.value)]


def test_a_tile_that_breaks_while_books_are_compared_is_an_alarm_at_its_place() -> None:
    class Broken(Leaves):
        def read(self, level: int, index: int) -> bytes:
            raise PublishedMismatch("a tile does not belong to the signed tree")

    watched = Watched()
    watched.look(shown("a", HONEST, 5))
    view = shown("a", HONEST, 9)
    assert view.book is not None
    watched.look(replace(view, book=replace(view.book, tree=Broken(HONEST, 9))))
    assert watched.kinds == [Kind.TAMPERED]
    assert len(watched.memory.logs[HONEST.origin].heads) == 2, "what could not be compared is not forgotten"


def test_the_most_serious_alarm_decides() -> None:
    memory = Memory(alarms=tuple(Alarm(kind, "a", "o", 1, "", "MC-001", "") for kind in Kind))
    codes = [Look(replace(memory, alarms=memory.alarms[at:]), (), (), {}).exit_code for at in range(len(Kind) + 1)]
    assert codes == [4, 4, 1, 1, 3, 3, 3, 0]


def test_a_broken_rule_is_an_alarm_for_good() -> None:
    """A liar's own log beside the honest one: following gave evidence at one look, and gives none any more."""
    evidence = lie(1, tell=lambda liar: liar.add(height=5))
    watched = Watched(trust=replace(QUORATE, logs=(*QUORATE.logs, *CHAIN_TRUST.logs), quorum=None))
    view = shown("a", HONEST, 5)
    watched.look(replace(view, followed=Followed(States(4, (b"leaf",)), NOW * 1000, evidence)))
    assert watched.kinds == [Kind.BROKEN]
    assert watched.memory.alarms[0].text.endswith("block 1 says that it is block 5.")
    assert list(watched.files.values()) == [evidence]
    look = watched.look(replace(view, followed=Followed(States(4, (b"leaf",)), NOW * 1000, None)))
    assert (look.exit_code, watched.kinds, events(look)) == (1, [Kind.BROKEN], [])
    assert watched.memory.logs[HONEST.origin].states == States(4, (b"leaf",))


# --- whatever order things come in ----------------------------------------------------------------

LOGS = {"honest": HONEST, "fork": FORK}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 12), st.booleans()), min_size=1, max_size=12))
def test_an_honest_log_is_never_convicted(steps: Sequence[tuple[str, int, bool]]) -> None:
    """Mirrors lag, places come back older: alarms perhaps, and no evidence."""
    watched = Watched()
    for place, size, alone in steps:
        watched.look(shown(place, HONEST, size, alone=alone))
    assert watched.files == {}
    assert Kind.SPLIT not in watched.kinds


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(sorted(LOGS)), st.integers(1, 12)), min_size=1, max_size=10
    )
)
def test_a_log_that_showed_two_books_is_convicted_once_both_are_read(steps: Sequence[tuple[str, str, int]]) -> None:
    """FORK differs from leaf 3 on. Both shown above it at any time, and the last two looks reach above all."""
    watched = Watched()
    for place, log, size in steps:
        watched.look(shown(place, LOGS[log], size))
    watched.look(shown("a", HONEST, 13))
    watched.look(shown("a", HONEST, 14))
    forked = any(log == "fork" and size > 3 for _, log, size in steps)
    assert (Kind.SPLIT in watched.kinds) == forked
    for data in watched.files.values():
        assert verify_evidence(data, TRUST).origin == HONEST.origin


# --- memory ---------------------------------------------------------------------------------------


def test_heads_are_bounded() -> None:
    watched = Watched()
    forks = [HONEST.forked(2, f"fork {number}") for number in range(MAX_MONITOR_HEADS + 8)]
    watched.look(*(shown(f"place {number}", fork, 5, alone=True) for number, fork in enumerate(forks)))
    assert len(watched.memory.logs[HONEST.origin].heads) == MAX_MONITOR_HEADS


def test_heads_of_a_log_that_is_trusted_no_longer_are_let_go() -> None:
    watched = Watched()
    watched.look(shown("a", HONEST, 5))
    heads = (FakeLog("other.example/log").note(5), *watched.memory.logs[HONEST.origin].heads)
    watched.memory = replace(watched.memory, logs={HONEST.origin: LogMemory(heads)})
    watched.look(shown("a", HONEST, 5))
    assert watched.memory.logs[HONEST.origin].heads == heads[1:]


def test_memory_survives_its_file() -> None:
    watched = Watched()
    watched.look(shown("a", HONEST, 5), shown("b", FORK, 7))
    data = watched.memory.to_bytes()
    assert Memory.from_bytes(data) == watched.memory
    assert Memory.from_bytes(data).to_bytes() == data


BAD = [
    b"",
    b"[]",
    b"{}",
    b"\xff",
    b"[" * 100_000,
    b'{"version": 2, "places": {}, "logs": {}, "alarms": []}',
    b'{"version": true, "places": {}, "logs": {}, "alarms": []}',
    b'{"version": 1, "places": [], "logs": {}, "alarms": []}',
    b'{"version": 1, "places": {}, "logs": {}, "alarms": [], "more": 1}',
    b'{"version": 1, "places": {"a": {"origin": "o", "size": -1, "largest": 1, "grew": 1}}, "logs": {}, "alarms": []}',
    b'{"version": 1, "places": {"a": 1}, "logs": {}, "alarms": []}',
    b'{"version": 1, "places": {}, "logs": {"o": {"heads": [1], "height": 0, "leaves": []}}, "alarms": []}',
    b'{"version": 1, "places": {}, "logs": {"o": {"heads": [], "height": 0, "leaves": ["*"]}}, "alarms": []}',
    b'{"version": 1, "places": {}, "logs": {"o": {"heads": [], "height": 0, "leaves": [[]]}}, "alarms": []}',
    b'{"version": 1, "places": {}, "logs": {}, "alarms": [{"kind": "flood", "place": "", "origin": "", "since": 0,'
    b' "text": "", "code": "", "evidence": "", "told": false}]}',
]


@pytest.mark.parametrize("data", BAD, ids=range(len(BAD)))
def test_a_state_that_cannot_be_read_is_refused(data: bytes) -> None:
    with pytest.raises(MonitorStateError):
        Memory.from_bytes(data)


def test_a_place_that_turns_to_another_log_begins_anew() -> None:
    watched = Watched()
    watched.memory = Memory({"a": PlaceMemory("other.example/log", 99, 99, 1)})
    assert events(watched.look(shown("a", HONEST, 5))) == [("grew", "0 to 5")]
