"""The report: JSON with stable names, text for people, findings kept within bounds."""

from __future__ import annotations

import json
from dataclasses import replace

from mutualchain.archive import layout
from mutualchain.audit import CheckedTo, Finding, render
from mutualchain.audit.findings import Breach, Findings
from mutualchain.covenant.book import Difference
from mutualchain.errors import ChargeMismatch, StoreCorrupt, UnsupportedVersion
from mutualchain.limits import MAX_FINDINGS, MAX_FINDINGS_ALIKE
from tests.audit.operator import Operator
from tests.audit.story import Copy, audit, story

FIELDS = (
    "format verdict exit_code chain origin size head checkpoint counts plans findings findings_not_kept "
    "findings_not_kept_at limits"
).split()


def damaged() -> Copy:
    copy = Copy()
    copy.edit_bundle(layout.bundle(story().at["charge 1"], 0, 0), 301 * 6, 4 * 5, 99)
    return copy


def test_json_has_every_field_by_its_stable_name() -> None:
    value = json.loads(json.dumps(audit(story().operator).to_value()))
    assert list(value) == FIELDS
    assert value["format"] == "mutualchain/audit/v1"
    assert (value["verdict"], value["exit_code"]) == ("verified", 0)
    assert value["checkpoint"]["size"] == value["size"]
    assert set(value["counts"]) == set(
        (
            "blocks entries sheets rows plans rounds members statements anchors cases_requested cases_opened "
            "cases_erased failed_collections bytes_hashed"
        ).split()
    )
    assert value["plans"][0]["plan"] == "demo"


def test_json_of_a_finding_names_code_place_expected_and_found() -> None:
    value = damaged().audit().to_value()
    assert value["findings"] == [
        {
            "code": "MC-042",
            "breach": "data",
            "clause": None,
            "sentence": "the page is not the one that the sheet's root commits to",
            "place": "block 9, sheet 0, page 0 (slots 0 to 255), slot 5",
            "expected": "amount 72, status 0, events 1",
            "found": "amount 99, status 0, events 1",
            "hint": "The rows shown are not the rows that were signed.",
        }
    ]


def test_the_text_says_verdict_sums_findings_and_limits() -> None:
    lines = render(audit(story().operator))
    assert lines[0] == "VERIFIED"
    assert "  deposits    760.50 CNY" in lines
    assert not any("finding" in line for line in lines)
    assert any("no member is a dummy" in line for line in lines)
    lines = render(damaged().audit())
    assert lines[0] == "TAMPERED"
    assert "1 finding(s)" in lines
    assert "     found     amount 99, status 0, events 1" in lines
    assert "     means     the stored data is not what was signed" in lines


def test_the_text_of_a_public_replay_says_what_is_unknown() -> None:
    copy = Copy()
    copy.remove(layout.secret(story().at["credit"], 0))
    lines = render(copy.audit())
    assert "  balances    unknown" in lines
    assert any(line.startswith("Plan 'demo' (demo), public replay") for line in lines)
    height = story().at["credit"]
    assert f"  not full    the sealed rows of credit/1 in block {height} are not in this copy" in lines


def test_the_text_names_witnesses_open_rounds_and_what_was_left_out() -> None:
    operator = Operator()
    operator.enrol([1_000] * 30)
    operator.open([operator.case(1, 30)])
    operator.settle(change=lambda rows: rows.__setitem__(slice(0, 30), [(2, 0, 0)] * 30))
    operator.open([operator.case(1, 60)])
    report = replace(audit(operator), seconds=1.25, checkpoint=CheckedTo("o", 1, b"r" * 32, ("w1", "w2")))
    lines = render(report)
    assert report.plans[0].round_open
    assert "  rounds      1, one more is open, cases 2" in lines
    assert "  witnesses   w1, w2" in lines
    assert "  ... and 10 more of MC-098 at block 5, sheet 0" in lines
    assert any(line.endswith(" bytes in 1.2 s") for line in lines)
    assert "  checkpoint  none that can be relied on" in render(replace(report, checkpoint=None))
    assert replace(report, checkpoint=None).to_value()["checkpoint"] is None
    assert report.to_value()["seconds"] == 1.25


def test_findings_beyond_the_bounds_are_counted() -> None:
    findings = Findings()
    for slot in range(MAX_FINDINGS_ALIKE + 5):
        findings.add(ChargeMismatch("differs", place=f"slot {slot}"), "block 1, sheet 0")
    assert (len(findings.kept), findings.dropped) == (MAX_FINDINGS_ALIKE, 5)
    assert findings.more() == [("MC-098", "block 1, sheet 0", 5)]
    for height in range(MAX_FINDINGS):
        findings.add(StoreCorrupt("missing"), f"block {height}")
    assert (len(findings.kept), len(findings)) == (MAX_FINDINGS, MAX_FINDINGS + MAX_FINDINGS_ALIKE + 5)


def test_a_finding_takes_what_it_shows_from_the_error() -> None:
    findings = Findings()
    findings.add(ChargeMismatch("differs", value=Difference({"amount": 1}, {"amount": 2})), "block 1")
    findings.add(UnsupportedVersion("newer", value="x/9"), "block 2")
    findings.add(StoreCorrupt("wrong", value=b"\x01"), expected=b"\x02")
    assert findings.kept[0] == Finding(
        "MC-098", "differs", "block 1", "amount 1", "amount 2", ChargeMismatch.default_hint, Breach.RULE, "equal shares"
    )
    assert (findings.kept[1].breach, findings.kept[1].found) == (Breach.UNCHECKED, "x/9")
    assert (findings.kept[2].breach, findings.kept[2].expected, findings.kept[2].found) == (Breach.DATA, "02", None)
