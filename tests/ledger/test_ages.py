"""How old somebody is who joins: held against the covenant to the day, by the writer, and recorded nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mutualchain.covenant.calendar import birthday, day_number, start_of
from mutualchain.covenant.document import Covenant
from mutualchain.errors import StandingRule, UsageError
from mutualchain.ledger import Acknowledgement, Ledger
from mutualchain.store import MemoryStore

from .world import KEYS, PLAN, Clock, columns, digest, key_of, rebuilt

SIMPLE = Covenant.simple("Demo")
LIMITS = replace(SIMPLE.membership, age_least_days=28, age_most_years=59)
COVENANT = replace(SIMPLE, membership=LIMITS)
TODAY = day_number(2026, 5, 3)
BOTH = ("membership.age_least_days", "membership.age_most_years")
YOUNGEST, OLDEST = TODAY - 28, birthday(TODAY, -60) + 1
AGES: dict[str, tuple[int, str | None]] = {
    "28 days old": (YOUNGEST, None),
    "27 days old": (YOUNGEST + 1, BOTH[0]),
    "not born yet": (TODAY + 1, BOTH[0]),
    "60 tomorrow": (OLDEST, None),
    "60 today": (OLDEST - 1, BOTH[1]),
}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    clock = Clock(start_of(COVENANT, TODAY))
    with Ledger.create(tmp_path, KEYS, clock=clock, store=MemoryStore(), background=False) as made:
        made.create_plan(PLAN, COVENANT, reference="plan")
        made.create_plan("any-age", SIMPLE, reference="other plan")
        yield made


def enrol(ledger: Ledger, born: int | None, *, plan: str = PLAN, reference: str = "join") -> Acknowledgement:
    return ledger.enrol(plan, key_of(1), digest("claims"), deposit=1000, reference=reference, birth_day=born)


def enrol_many(ledger: Ledger, born: Any, rows: int = 500, *, plan: str = PLAN) -> Acknowledgement:
    keys, commitments = columns(rows)
    return ledger.enrol_many(plan, keys, commitments, deposits=1000, birth_days=born, reference="batch")


@pytest.mark.parametrize("name", AGES)
def test_limits_of_age_are_kept_to_the_day(name: str, ledger: Ledger) -> None:
    born, clause = AGES[name]
    many = np.full(500, TODAY - 10_000)
    many[499] = born
    if clause is None:
        assert enrol(ledger, born).unchecked == ()
        assert enrol_many(ledger, many).unchecked == ()
        assert ledger.book(PLAN).slots == 501
        return
    size = ledger.size
    for attempt in (lambda: enrol(ledger, born), lambda: enrol_many(ledger, many)):
        with pytest.raises(StandingRule) as caught:
            attempt()
        assert caught.value.clause == clause
    assert caught.value.place == "slot 499"
    assert (ledger.size, ledger.book(PLAN).slots) == (size, 0)


def test_who_does_not_say_joins_and_the_answer_says_what_was_not_checked(ledger: Ledger) -> None:
    assert enrol(ledger, None).unchecked == BOTH
    assert enrol_many(ledger, None).unchecked == BOTH
    assert enrol(ledger, None, plan="any-age").unchecked == ()
    assert enrol_many(ledger, None, plan="any-age").unchecked == ()


def test_a_retry_says_what_the_first_call_said(ledger: Ledger) -> None:
    """Whatever birth day it is given: none is in a digest, where it could be guessed."""
    first, batch = enrol(ledger, None), enrol_many(ledger, np.full(500, TODAY - 9_000))
    assert enrol(ledger, YOUNGEST + 9) == first
    assert enrol_many(ledger, None) == batch
    assert (first.unchecked, batch.unchecked) == (BOTH, ())


def test_a_birth_day_is_stored_nowhere(ledger: Ledger) -> None:
    """Two books that differ in a birth day alone are the same, byte by byte."""

    def everything(born: int) -> list[tuple[bytes, bytes]]:
        store = MemoryStore()
        clock = Clock(start_of(COVENANT, TODAY))
        with Ledger.create("unused", KEYS, clock=clock, store=store, background=False) as made:
            made.create_plan(PLAN, COVENANT, reference="plan")
            enrol(made, born)
            enrol_many(made, np.full(500, born))
            with made.read() as archive:
                return list(archive.reader.scan(b"", b"\xff"))

    assert everything(TODAY - 9_000) == everything(TODAY - 9_001)


@pytest.mark.parametrize("born", [True, 1.5, "1990-01-01", -80_001, 200_000])
def test_what_is_no_birth_day_is_refused(born: Any, ledger: Ledger) -> None:
    with pytest.raises(UsageError):
        enrol(ledger, born)
    with pytest.raises(UsageError):
        enrol_many(ledger, np.full(500, born))


@pytest.mark.parametrize("born", [9_000, np.zeros(499, np.int64), np.zeros((500, 1), np.int64)])
def test_there_is_one_birth_day_a_member(born: Any, ledger: Ledger) -> None:
    with pytest.raises(UsageError):
        enrol_many(ledger, born)


def test_the_day_is_that_of_the_block(tmp_path: Path) -> None:
    """Yesterday she was too young; the ledger's clock, not the caller's, says what day it is."""
    clock = Clock(start_of(COVENANT, TODAY) - 10_000)
    with Ledger.create(tmp_path, KEYS, clock=clock, store=MemoryStore(), background=False) as made:
        made.create_plan(PLAN, COVENANT, reference="plan")
        with pytest.raises(StandingRule):
            enrol(made, YOUNGEST)
        clock.now = start_of(COVENANT, TODAY)
        enrol(made, YOUNGEST)
        with made.read() as archive:
            assert rebuilt(archive)[PLAN].slots == 1
