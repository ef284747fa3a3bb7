"""Audits without sealed rows: every status of a row, keys that stand in two slots, notices, and copies with holes."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from mutualchain.archive import layout
from mutualchain.archive.reading import Archive
from mutualchain.archive.replay import read_rows
from mutualchain.audit import AuditReport, Breach, Verdict, audit_ledger
from mutualchain.audit.ranges import PublicRows
from mutualchain.covenant.calendar import DAY_MS, day_number, start_of
from mutualchain.covenant.document import Covenant
from mutualchain.ledger import Ledger
from mutualchain.sheet import Columns, Status
from mutualchain.store import MemoryStore
from mutualchain.tlog import ed25519
from tests.audit.operator import PLAN as DEMO
from tests.audit.operator import Operator, seed_of
from tests.audit.story import Copy, audit, shown, story
from tests.ledger.world import KEYS, PLAN, TRUST, Clock, approve, digest, join, key_of, leave

SIMPLE = Covenant.simple("Demo", prepay=0)
RULES = replace(
    SIMPLE,
    sharing=replace(SIMPLE.sharing, waiting_days=5, cap_year=50, recipient_shares=False),
    aid=replace(SIMPLE.aid),
)
"""Who has joined waits five days; 50 fen a year at most; who is helped does not share."""
Pairs = dict[bytes, bytes]


@cache
def everything() -> tuple[Pairs, bytes]:
    """A ledger whose third round has a row of every status, and a key that joined again."""
    store, clock = MemoryStore(), Clock(start_of(RULES, day_number(2026, 3, 1)))
    with Ledger.create("unused", KEYS, store=store, clock=clock, background=False) as ledger:
        ledger.create_plan(PLAN, RULES, reference="plan")
        for member in range(10):
            join(ledger, member, deposit={1: 30, 5: 45}.get(member, 100))
        ledger.credit(PLAN, 0, 7, reference="credit")
        for number in range(3):
            clock.now += 6 * DAY_MS
            if number == 2:
                join(ledger, 11, deposit=100)
            case = approve(ledger, 20 * (9 - number), f"case {number}", slot=4 if number == 2 else 0)
            ledger.open_round(PLAN, [case], reference=f"open {number}")
            ledger.settle_round(PLAN, reference=f"settle {number}")
            if number == 0:
                leave(ledger, 2, 2, "leave")
                clock.now += DAY_MS
                again = ledger.enrol(PLAN, key_of(2), digest("again"), deposit=100, reference="again")
                assert again.slot == 10
        with ledger.read() as archive:
            return dict(archive.reader.scan(b"", b"\xff")), archive.reader.head() or b""


def stripped(pairs: Pairs, head: bytes, *names: str) -> Pairs:
    """Without the sealed rows of these schemas, and their secrets; of all if none are named."""
    left = dict(pairs)
    with _store(pairs, head).read() as reader:
        archive = Archive(reader)
        for height in range(archive.size):
            for index, sheet in enumerate(archive.header(height).sheets):
                if sheet.schema.sealed and (not names or sheet.schema.name in names):
                    for key in (layout.secret(height, index), layout.bundle(height, index, 0)):
                        left.pop(key)
    return left


def _store(pairs: Pairs, head: bytes) -> MemoryStore:
    store = MemoryStore()
    with store.write(None) as writer:
        for key, value in pairs.items():
            writer.put(key, value)
        writer.set_head(head)
    return store


def audited(*names: str, whole: bool = False) -> AuditReport:
    pairs, head = everything()
    return audit_ledger(_store(pairs if whole else stripped(pairs, head, *names), head), TRUST)


def test_the_third_round_has_a_row_of_every_status() -> None:
    pairs, head = everything()
    report = audited(whole=True)
    assert (shown(report), report.verdict, report.plans[0].replay) == ([], Verdict.VERIFIED, "full")
    with _store(pairs, head).read() as reader:
        archive = Archive(reader)
        (columns,) = read_rows(archive)(archive.sheet(PLAN, "charge/1", 2))
    assert set(columns["status"].tolist()) >= {status.value for status in Status} - {Status.PAID}
    assert columns["status"][[1, 2, 4, 5, 10, 11]].tolist() == [
        Status.LAPSED, Status.EXITED, Status.EXEMPT, Status.PARTIAL, Status.PAID, Status.WAITING,
    ]  # fmt: skip


def test_no_status_is_a_breach_to_whoever_does_not_see_sealed_rows() -> None:
    report = audited()
    assert (shown(report), report.verdict) == ([], Verdict.VERIFIED)
    plan = report.plans[0]
    assert (plan.replay, plan.balances, plan.rounds) == ("public", None, 3)
    assert plan.replay_because.startswith("the sealed rows of credit/1 in block")
    assert "1 key(s) stand in two slots; whether their members had left before is not known." in report.limits


SHARE = 20
PUBLIC = PublicRows(SHARE, waiting=8, cap_year=50, exempt=np.array([4]))
ROWS: list[tuple[int, int, Status, bool]] = [
    (0, SHARE, Status.PAID, True),
    (0, SHARE + 1, Status.PAID, False),
    (0, 0, Status.PAID, False),
    (0, 7, Status.PARTIAL, True),
    (0, 0, Status.PARTIAL, False),
    (0, SHARE, Status.PARTIAL, False),
    (0, 10, Status.CAPPED, True),
    (0, 0, Status.CAPPED, True),
    (0, SHARE, Status.CAPPED, False),
    (0, 0, Status.LAPSED, True),
    (0, 0, Status.EXITED, True),
    (0, 0, Status.WAITING, False),
    (0, 0, Status.EXEMPT, False),
    (4, 0, Status.EXEMPT, True),
    (4, SHARE, Status.PAID, False),
    (4, 5, Status.PARTIAL, False),
    (4, 5, Status.CAPPED, False),
    (4, 0, Status.EXITED, True),
    (4, 0, Status.LAPSED, True),
    (9, 0, Status.WAITING, True),
    (9, SHARE, Status.PAID, False),
    (9, 5, Status.PARTIAL, False),
    (9, 0, Status.EXITED, True),
    (9, 0, Status.LAPSED, True),
]
"""A slot's amount and status, and whether some balance explains it: slot 4 is helped, from slot 8 on they wait."""


@pytest.mark.parametrize(("slot", "amount", "status", "explained"), ROWS, ids=lambda value: str(value))
def test_a_row_that_no_balance_explains_is_found(slot: int, amount: int, status: Status, explained: bool) -> None:
    columns: Columns = {
        "amount": np.array([amount], np.uint32),
        "status": np.array([status], np.uint8),
        "events": np.zeros(1, np.uint8),
    }
    found = PUBLIC.violations(slot, columns)
    assert [error.place for error in found] == ([] if explained else [f"slot {slot}"])


# --- copies with holes ----------------------------------------------------------------------------


def test_notices_that_are_not_here_are_taken_from_the_entries_and_said() -> None:
    """The replay stays whole: an entry names its member, so that her running numbers are known all the same."""
    report = audited("notice/1")
    assert {code for code, _ in shown(report)} == {"MC-200"}
    assert len(report.findings) == 3
    assert report.verdict is Verdict.COULD_NOT_CHECK
    assert report.plans[0].replay == "full"
    whole = audited(whole=True).plans[0]
    assert replace(report.plans[0]) == whole
    assert "A copy with holes: 3 sealed sheet(s), or their secrets, are not here (3 of notice/1)." in report.limits
    assert "3 sheet(s) of notices were not read: whom they tell was taken from the entries." in report.limits


@pytest.mark.parametrize(("schema", "sheets"), [("credit/1", 1), ("exit/1", 1)])
def test_a_sheet_that_is_missing_among_others_is_named(schema: str, sheets: int) -> None:
    report = audited(schema)
    assert [finding.code for finding in report.findings] == ["MC-200"] * sheets
    assert {finding.breach for finding in report.findings} == {Breach.UNCHECKED}
    assert (report.verdict, report.exit_code) == (Verdict.COULD_NOT_CHECK, 3)
    assert report.plans[0].replay == "public"
    assert schema in report.plans[0].replay_because


def test_a_notice_to_somebody_else_does_not_pass_for_one_that_is_missing() -> None:
    """Where the absent sheet told another member, the events of the next round's rows give it away."""
    operator = Operator()
    operator.enrol([1_000] * 20)
    case = operator.case(1, 200, notice=False)
    other = operator.case(2, 200)
    height = operator.height
    operator.round([case, other])
    report = audit(operator)
    assert [finding.clause for finding in report.findings] == ["notice"]
    copy = Copy()
    with operator.store.read() as reader:
        copy.data, copy.head = dict(reader.scan(b"", b"\xff")), reader.head() or b""
    for key in (layout.secret(height, 0), layout.bundle(height, 0, 0)):
        copy.remove(key)
    assert "notice" in {finding.clause for finding in copy.audit().findings}


# --- keys in two slots ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rejoin", "leaves", "unread", "wanted", "unknown"),
    [
        ("new_slot", True, False, [], 0),
        ("new_slot", True, True, [], 1),
        ("new_slot", False, False, ["MC-084"], 0),
        ("never", True, False, ["MC-084"], 0),
        ("never", True, True, ["MC-084"], 0),
    ],
)
def test_a_key_that_joined_again_without_the_sealed_rows(
    rejoin: str, leaves: bool, unread: bool, wanted: list[str], unknown: int
) -> None:
    """Whether she had left is known where exits are; that the covenant lets nobody return needs no sealed row."""
    simple = Covenant.simple(DEMO, prepay=100)
    operator = Operator(document=replace(simple, membership=replace(simple.membership, rejoin=rejoin)))
    operator.enrol([1_000] * 5)
    operator.credit([(1, 7)])
    exited = operator.leave(3) if leaves else -1
    operator.enrol([1_000], keys=[ed25519.public_key_of(seed_of(3))])
    copy = Copy()
    with operator.store.read() as reader:
        copy.data, copy.head = dict(reader.scan(b"", b"\xff")), reader.head() or b""
    for height in (3, exited) if unread else (3,):
        for key in (layout.secret(height, 0), layout.bundle(height, 0, 0)):
            copy.remove(key)
    report = copy.audit()
    assert [code for code, _ in shown(report) if code != "MC-200"] == wanted
    assert sum("stand in two slots" in limit for limit in report.limits) == unknown


def test_a_public_copy_has_no_holes() -> None:
    """Nothing sealed is here: that is what a published ledger looks like, and no finding."""
    copy = Copy()
    sealed = {key[1:] for key in copy.data if key.startswith(b"s")}
    for key in list(copy.data):
        if key[:1] == b"s" or (key[:1] == b"G" and key[1:11] in sealed):
            copy.remove(key)
    assert copy.audit().findings == ()
    assert story().at
