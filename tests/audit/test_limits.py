"""What an audit cannot know is said, and is not taken for damage: sealed rows that are not here, what is newer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mutualchain.archive import layout
from mutualchain.audit import Breach, Verdict
from mutualchain.block.entry import Entry
from mutualchain.covenant.acts import Adoption
from mutualchain.sheet import schema
from mutualchain.sheet import schema as schemas
from tests.audit.operator import PAID, PLAN, Operator
from tests.audit.story import Copy, audit, shown, story


def without_sealed(copy: Copy, *, secrets: bool, bundles: bool) -> Copy:
    sealed = {key[1:] for key in copy.data if key.startswith(b"s")}
    for key in list(copy.data):
        if (secrets and key[:1] == b"s") or (bundles and key[:1] == b"G" and key[1:11] in sealed):
            copy.remove(key)
    return copy


@pytest.mark.parametrize(("secrets", "bundles"), [(True, False), (False, True), (True, True)])
def test_without_sealed_rows_it_is_a_public_replay(secrets: bool, bundles: bool) -> None:
    report = without_sealed(Copy(), secrets=secrets, bundles=bundles).audit()
    assert shown(report) == []
    assert report.verdict is Verdict.VERIFIED
    assert any(limit.startswith("A public replay: 11 sealed sheet(s)") for limit in report.limits)
    assert any(limit.startswith("Plan 'demo': balances") for limit in report.limits)
    plan = report.plans[0]
    own = story().operator.plans["demo"]
    assert (plan.replay, plan.balances, plan.exits) == ("public", None, None)
    assert {name: getattr(plan, name) for name in own.totals} == own.totals
    assert plan.replay_because.startswith("the sealed rows of credit/1 in block")
    other = report.plans[1]  # its only sealed rows are notices, and whom they tell follows from the entries
    assert (other.replay, other.balances) == ("full", sum(story().operator.plans["other"].balances))
    assert any("sheet(s) of notices were not read" in limit for limit in report.limits)


def dishonest(lie: str) -> Operator:
    operator = Operator()
    operator.enrol([1_000] * 20)
    operator.credit([(3, 5)])
    case = operator.case(1, 200)
    if lie == "share":
        operator.round([case], share=12)
    elif lie == "headcount":
        operator.round([case], headcount=10, share=20)
    elif lie == "surplus":
        operator.open([operator.case(1, 201)])
        operator.settle(keep=19)
        operator.round([case])
    else:
        operator.open([case])
        operator.settle(change=lambda rows: rows.__setitem__(7, {"row": (12, PAID, 0), "capped": (9, 2, 0)}[lie]))
    return operator


@pytest.mark.parametrize(
    ("lie", "wanted"),
    [
        ("share", [("MC-097", "block 5, entry 0, round 1")]),
        ("headcount", [("MC-097", "block 6, sheet 0, round 1")]),
        ("surplus", [("MC-097", "block 8, entry 0, round 2")]),
        ("row", [("MC-098", "block 6, sheet 0, slot 7")]),
        ("capped", [("MC-098", "block 6, sheet 0, slot 7")]),
    ],
)
def test_a_public_replay_still_finds_what_no_balance_explains(lie: str, wanted: list[tuple[str, str]]) -> None:
    operator = dishonest(lie)
    copy = Copy()
    with operator.store.read() as reader:
        copy.data, copy.head = dict(reader.scan(b"", b"\xff")), reader.head() or b""
    report = without_sealed(copy, secrets=True, bundles=True).audit()
    places = shown(report)
    assert set(wanted) <= set(places)
    assert len(places) <= 2
    assert report.verdict is Verdict.TAMPERED


def test_tiles_of_absent_rows_are_checked_all_the_same() -> None:
    copy = without_sealed(Copy(), secrets=True, bundles=True)
    at = story().at["credit"]
    copy.flip(layout.tile(at, 0, 0, 0))
    assert shown(copy.audit()) == [("MC-203", f"block {at}, sheet 0")]
    copy.remove(layout.tile(at, 0, 0, 0))
    assert shown(copy.audit()) == []


def test_an_entry_of_an_unknown_kind_is_no_verdict_about_the_data() -> None:
    operator = Operator()
    operator.enrol([1_000] * 20)
    operator.adopt("other")
    operator.enrol([1_000], plan="other")
    operator.commit([Entry(PLAN, "riddle", {"slot": 1})])
    operator.round([operator.case(1, 200)], share=15)
    report = audit(operator)
    assert shown(report) == [("MC-014", "block 5, entry 0")]
    assert (report.verdict, report.exit_code) == (Verdict.COULD_NOT_CHECK, 3)
    assert report.findings[0].breach is Breach.UNCHECKED
    assert any(limit.startswith("Plan 'demo': its rules were not applied") for limit in report.limits)
    assert [plan.replay for plan in report.plans] == ["none", "full"]


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (Entry("", "void", {"case": b"c" * 32, "reason": "malicious"}), "of a plan's kind among the chain's own"),
        (Entry(PLAN, "institution", {"id": "eyes"}), "of the chain's own kind among a plan's"),
    ],
    ids=["a plan's among the chain's", "the chain's among a plan's"],
)
def test_an_entry_in_a_place_that_the_rules_do_not_know_is_said_as_such(entry: Entry, sentence: str) -> None:
    operator = Operator()
    operator.enrol([1_000] * 3)
    operator.commit([entry])
    report = audit(operator)
    assert shown(report) == [("MC-014", "block 3, entry 0")]
    assert sentence in report.findings[0].sentence
    assert report.verdict is Verdict.COULD_NOT_CHECK


def test_a_second_covenant_without_an_amendment_is_a_breach() -> None:
    """Not something unknown: rules that were exchanged silently."""
    operator = Operator()
    operator.enrol([1_000] * 3)
    dearer = replace(operator.plans[PLAN].covenant, fee=replace(operator.plans[PLAN].covenant.fee, bp=500))
    act = Adoption(dearer.to_bytes())
    operator.commit([act.to_entry(PLAN)], covenants={PLAN: (1, act.hash)})
    report = audit(operator)
    assert [(finding.code, finding.clause) for finding in report.findings] == [("MC-100", "amendments")]
    assert "nothing but an amendment changes it" in report.findings[0].sentence
    assert report.verdict is Verdict.TAMPERED


def test_an_unknown_kind_beside_the_chains_own_entries_is_none_either() -> None:
    operator = Operator()
    operator.commit([Entry("", "greeting", {})])
    assert shown(audit(operator)) == [("MC-014", "block 2, entry 0")]


def test_ballots_on_nothing_are_a_breach() -> None:
    operator = Operator()
    operator.enrol([1_000] * 3)
    columns = {"slot": [1], "seq": [0], "vote": [1], "signature": [b"s" * 64]}
    operator.commit(sheets=[operator.sheet("ballot/1", columns)])
    report = audit(operator)
    assert shown(report) == [("MC-330", "block 3, sheet 0")]
    assert report.findings[0].clause == "cases.jury"


def test_a_sheet_of_an_unknown_schema_is_no_verdict_about_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    operator = Operator()
    operator.enrol([1_000] * 20)
    operator.adopt("other")
    operator.enrol([1_000] * 3, plan="other")
    columns = {"slot": [1], "seq": [0], "vote": [1], "signature": [b"s" * 64]}
    operator.commit(sheets=[operator.sheet("ballot/1", columns)])
    operator.round([operator.case(1, 200)])
    operator.round([operator.case(1, 300, plan="other")], plan="other", share=101)
    monkeypatch.delitem(schema.__globals__["SCHEMAS"], "ballot/1")
    with pytest.raises(Exception, match="schema"):
        schemas("ballot/1")
    report = audit(operator)
    assert shown(report) == [("MC-014", "block 5"), ("MC-097", "block 10, entry 0, round 1")]
    assert [finding.breach for finding in report.findings] == [Breach.UNCHECKED, Breach.RULE]
    assert [plan.replay for plan in report.plans] == ["none", "full"]
