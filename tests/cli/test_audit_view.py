"""An audit's report on the screen, in both languages: whatever it found, and whatever it did not see."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from mutualchain.archive.reading import Archive
from mutualchain.audit import AuditReport, Finding, audit_ledger
from mutualchain.audit.findings import Breach
from mutualchain.audit.report import CheckedTo, TreasuryLine, Verdict
from mutualchain.cli.audit_view import show_report
from mutualchain.cli.language import Words
from mutualchain.cli.ledgers import reading
from mutualchain.cli.screen import Screen
from mutualchain.tlog import trust as trust_files
from tests.cli.harness import Small

FOUND = Finding("MC-042", "the page is another", "block 5, sheet 0", "1", "2", "Look again.", Breach.DATA, "fee.bp")
UNKNOWN = replace(FOUND, expected=None, found=None, clause=None, breach=Breach.UNCHECKED)


@pytest.fixture(scope="module")
def honest(template: Small) -> AuditReport:
    archive: Archive
    with reading(template.ledger) as archive:
        return audit_ledger(archive, trust_files.parse(template.trust.read_bytes()))


def shown(report: AuditReport, language: str = "en", *, own: bool = False, width: int = 100) -> str:
    stream = io.StringIO()
    show_report(Screen(stream, width), report, Words(language), own=own)
    return stream.getvalue()


def test_an_honest_ledger(honest: AuditReport) -> None:
    english, chinese = shown(honest), shown(honest, "zh")
    assert english.startswith("VERIFIED\n")
    assert "  replay       full replay\n  members      10\n" in english
    assert "  deposits     100.00 yuan\n" in english
    assert chinese.startswith("核验通过\n")
    assert "  预存        100.00 元\n" in chinese
    assert "没有人记录的事情也看不出来。" in chinese


def test_what_was_timed_and_cosigned_is_shown(honest: AuditReport) -> None:
    checked = CheckedTo("example.org/mutual-aid", 8, bytes(32), ("bank", "press"))
    text = shown(replace(honest, checkpoint=checked, seconds=1.25))
    assert "  witnesses   bank, press\n" in text
    assert "bytes in 1.2 s\n" in text
    assert "none that can be relied on" in shown(replace(honest, checkpoint=None, origin=""))


def test_a_plan_that_was_not_replayed_in_full_says_why(honest: AuditReport) -> None:
    why = "the sealed rows of credit/1 in block 4 are not in this copy"
    line = TreasuryLine("bank", 0, 9_000, 9_000, 0)
    short = TreasuryLine("bank", 0, 8_000, 9_000, -1_000)
    plan = replace(honest.plans[0], replay="public", replay_because=why, balances=None, exits=1, round_open=True)
    plan = replace(plan, voided=2, treasury=(line, short), collected=5)
    english = shown(replace(honest, plans=(plan,)))
    for wanted in (
        f"  not full              {why}\n",
        "10, 1 of them has left\n",
        "1, and one more is open\n",
        "1, 2 of them void\n",
        "bank holds 90.00 yuan, as expected\n",
        "  collected by mandate  0.05 yuan\n",
    ):
        assert wanted in english
    difference = "bank holds 80.00 yuan, where 90.00 yuan is expected: a difference of -10.00 yuan"
    assert difference in " ".join(english.split())
    assert "第 4 号区块中 credit/1 的封存行不在这份副本里" in shown(replace(honest, plans=(plan,)), "zh")


@pytest.mark.parametrize(("language", "title"), [("en", "the page is another"), ("zh", "显示的行不是当初签名的行。")])
def test_findings_say_what_where_and_what_to_do(honest: AuditReport, language: str, title: str) -> None:
    more = (("MC-042", "block 9", 7),)
    report = replace(honest, verdict=Verdict.TAMPERED, findings=(FOUND, UNKNOWN), dropped=3, more=more)
    text = shown(report, language)
    assert f"  1. MC-042  {title}\n" in text
    assert {"en": "5 findings", "zh": "5 项发现"}[language] in text
    assert {"en": "... and 7 more of MC-042 at block 9", "zh": "…… 另有 7 项 MC-042，位于"}[language] in text
    assert {"en": "Look again.", "zh": "不要相信此文件"}[language] in text
    assert {"en": "could not be checked", "zh": "无法核查"}[language] in text
    assert text.count("fee.bp") == 1


def test_a_ledger_that_was_trusted_by_its_own_word_says_so(honest: AuditReport, tmp_path: Path) -> None:
    assert "log key was taken from the" in shown(honest, own=True)
    assert "log key was taken from the" not in shown(honest)
    assert "日志密钥取自账本本身" in shown(honest, "zh", own=True)
