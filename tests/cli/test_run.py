"""Plans that run by themselves from the command line, and their end."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mutualchain.cli import closing, run, texts_zh
from mutualchain.covenant.closing import Statement
from mutualchain.covenant.due import _ORDER
from tests.cli.harness import LATER, Small, call, check, done, members_csv, refused, ticking
from tests.project.tree import ROOT

DAY = 86_400_000
PLAN = "self-running"
COVENANT = """
title = "互助"
[membership]
prepay = "10"
[calendar]
kind = "event"
notice_days = 2
[cases]
request = "operator"
[closing]
request_days = 10
[sharing]
funding = "{funding}"
"""


def later(days: float) -> Callable[[], int]:
    return ticking(LATER + round(days * DAY))


def begin(small: Small, funding: str = "prepaid", members: int = 9) -> None:
    """A plan of nine members with a case of 0.90 yuan, announced in no round yet."""
    covenant = small.folder / "own.toml"
    covenant.write_text(COVENANT.format(funding=funding), encoding="utf-8")
    done("plan", "create", small.ledger, PLAN, "--covenant", covenant, clock=later(0))
    (small.folder / "more.csv").write_text(members_csv(members, 100), encoding="utf-8")
    done("enrol", small.ledger, PLAN, "--csv", small.folder / "more.csv", "--reference", "m", clock=later(0.1))
    words = ("--slot", 3, "--aid", "0.90", "--file-hash", "ab" * 32, "--reference", "case")
    done("case", "approve", small.ledger, PLAN, *words, clock=later(0.2))


def step(small: Small, days: float, *words: object) -> dict[str, Any]:
    value = done("run", small.ledger, "--once", *words, "--json", clock=later(days)).value
    check(value, "run")
    assert isinstance(value, dict)
    return value


def kinds(value: dict[str, Any], name: str) -> list[str]:
    items = value[name]
    assert isinstance(items, list)
    return [item["kind"] for item in items]


def forbidden(days: float, *words: object, code: str) -> None:
    """A command that the covenant forbids so many days later."""
    result = call(*words, clock=later(days))
    assert (result.code, result.err.partition(":")[0]) == (2, code), result.err + result.out


# --- run ----------------------------------------------------------------------------------------


def test_what_is_due_is_listed_and_nothing_done(small: Small) -> None:
    begin(small)
    words = ("run", small.ledger, "--list", "--plan", PLAN)
    for _ in range(2):
        value = done(*words, "--json", clock=later(1)).value
        check(value, "run-list")
        assert kinds(value, "due") == ["round.open"]
    assert f"{PLAN}: round 1 announced (calendar.kind)" in done(*words, clock=later(1)).out
    assert "第 1 期已公告" in done(*words, "--lang", "zh", clock=later(1)).out


def test_a_round_is_announced_then_deducted_and_nothing_is_done_twice(small: Small) -> None:
    begin(small)
    value = step(small, 1, "--plan", PLAN)
    assert kinds(value, "done") == ["round.open"]
    assert kinds(step(small, 2, "--plan", PLAN), "done") == []
    out = done("run", small.ledger, "--once", "--plan", PLAN, clock=later(3.1)).out
    assert f"{PLAN}: round 1 deducted (calendar.notice_days)" in out
    assert "These wait for somebody:" in out
    assert "0.90 yuan of aid to be paid for case" in out
    assert kinds(step(small, 4, "--plan", PLAN), "done") == []
    assert "等待处理" in done("run", small.ledger, "--once", "--lang", "zh", clock=later(5)).out


def test_a_collection_is_deducted_where_nothing_failed(small: Small) -> None:
    begin(small, "mandate")
    assert kinds(step(small, 1), "done") == ["round.open"]
    value = step(small, 4)
    assert (kinds(value, "done"), "round.settle" in kinds(value, "waiting")) == ([], True)
    assert kinds(step(small, 5, "--collected", PLAN), "done") == ["round.settle"]


def test_what_is_forbidden_is_said(small: Small) -> None:
    begin(small)
    covenant = small.folder / "capped.toml"
    covenant.write_text(COVENANT.format(funding="prepaid") + 'cap_round = "0.01"\n', encoding="utf-8")
    done("plan", "create", small.ledger, "capped", "--covenant", covenant, clock=later(1))
    done("enrol", small.ledger, "capped", "--csv", small.folder / "more.csv", "--reference", "c", clock=later(1.1))
    words = ("--slot", 0, "--aid", "9", "--file-hash", "ab" * 32, "--reference", "c-case")
    done("case", "approve", small.ledger, "capped", *words, clock=later(1.2))
    value = step(small, 2, "--plan", "capped")
    (blocked,) = value["blocked"]
    assert (blocked["kind"], blocked["error"], blocked["rule"]) == ("round.open", "MC-092", "sharing.cap_round")
    assert "MC-092" in done("run", small.ledger, "--once", "--plan", "capped", clock=later(3)).out


def test_nothing_due_is_said(template: Small) -> None:
    assert "Nothing is due." in done("run", template.ledger, "--list", clock=later(0)).out


def test_wrong_words(template: Small) -> None:
    refused("run", template.ledger, "--once", "--list", code="MC-002", exit_code=2)
    refused("run", template.ledger, "--once", "--plan", "none", code="MC-082", exit_code=2)
    refused("run", template.ledger, "--once", "--collected", "none", code="MC-082", exit_code=2)


def test_it_goes_on_until_it_is_told_to_stop(small: Small) -> None:
    """A process of its own, under the real clock: it announces, waits, and ends with the present step."""
    begin(small)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    words = [sys.executable, "-m", "mutualchain", "run", str(small.ledger), "--every", "1s", "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        second = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    check(first, "run")
    assert kinds(second, "done") == []
    assert process.returncode == 0, err
    assert "Traceback" not in err


# --- the covenant changed -----------------------------------------------------------------------


def test_a_covenant_is_amended_with_notice(small: Small) -> None:
    begin(small)
    new = small.folder / "new.toml"
    new.write_text(COVENANT.format(funding="prepaid").replace('"10"', '"20"'), encoding="utf-8")
    words = ("plan", "amend", small.ledger, PLAN, "--covenant", new, "--reference", "v2")
    forbidden(1, *words, "--effective-from", "2026-05-05", code="MC-307")
    value = done(*words, "--effective-from", "2026-06-01", "--json", clock=later(1)).value
    check(value, "plan-amend")
    assert (value["covenant_version"], value["covenant"]["membership"]["prepay"]) == (2, 2_000)
    out = done(*words, "--effective-from", "2026-06-01", clock=later(2)).out
    assert "Version 2 of the covenant" in out
    assert "Changed: none" in out  # a repeated call: the version before is this one


def test_a_covenant_is_put_to_the_vote(small: Small) -> None:
    begin(small)
    new = small.folder / "new.toml"
    new.write_text(COVENANT.format(funding="prepaid") + "[amendments]\nvote = true\nvote_days = 3\n", encoding="utf-8")
    words = ("plan", "propose", small.ledger)
    forbidden(1, *words, PLAN, "--covenant", new, "--reference", "p", code="MC-328")
    done("plan", "create", small.ledger, "voting", "--covenant", new, clock=later(1))
    value = done(*words, "voting", "--covenant", new, "--reference", "p", "--json", clock=later(2)).value
    check(value, "plan-propose")
    assert (value["closes_ms"] - value["time_ms"]) == 3 * DAY
    assert (
        "The proposal stands in block"
        in done(*words, "voting", "--covenant", new, "--reference", "p", clock=later(3)).out
    )
    assert kinds(step(small, 6, "--plan", "voting"), "done") == ["votes.count"]  # nobody voted: it fails


# --- the end ------------------------------------------------------------------------------------


def test_a_plan_is_wound_down(small: Small) -> None:
    begin(small)
    notice = small.folder / "end.txt"
    notice.write_text("关停公告", encoding="utf-8")
    show = ("plan", "closing-statement", small.ledger, PLAN)
    value = done(*show, "--json", clock=later(1)).value
    check(value, "plan-closing-statement")
    assert value["outstanding"] == [{"figure": "unshared", "amount": 90, "clause": "calendar.kind"}]
    words = ("plan", "close", small.ledger, PLAN)
    refused(*words, "--reference", "x", code="MC-002", exit_code=2)
    value = done(*words, "--announcement", notice, "--reference", "closing", "--json", clock=later(2)).value
    check(value, "plan-close")
    assert value["request_until_ms"] // DAY == (LATER + 12 * DAY) // DAY
    forbidden(2, *words, "--end", "--reference", "end", code="MC-361")
    more = small.folder / "more.csv"
    forbidden(2, "enrol", small.ledger, PLAN, "--csv", more, "--reference", "n", code="MC-360")
    assert kinds(step(small, 3, "--plan", PLAN), "done") == ["round.open"]
    assert kinds(step(small, 6, "--plan", PLAN), "done") == ["round.settle"]
    out = done(*show, clock=later(7)).out
    assert "Both sides are equal." in out
    assert "aid of shared cases, not paid yet  cases.payout_days  0.90 yuan" in out
    out = done(*show, "--lang", "zh", clock=later(7)).out
    assert "已分摊、尚未发放的互助金" in out
    assert "两边相等" in out
    case = done("case", "list", small.ledger, PLAN, "--json", clock=later(7)).value["cases"][0]["case"]
    pay = ("case", "pay", small.ledger, PLAN, "--case", case, "--amount", "0.90", "--payment", "bank-1")
    done(*pay, "--reference", "pay", clock=later(8))
    assert kinds(step(small, 13, "--plan", PLAN), "done") == ["plan.statement"]
    assert done(*show, "--json", clock=later(14)).value["outstanding"] == []
    forbidden(15, *words, "--end", "--reference", "again", code="MC-360")


def test_a_plan_is_ended_by_hand(small: Small) -> None:
    covenant = small.folder / "own.toml"
    covenant.write_text(
        COVENANT.format(funding="prepaid").replace("request_days = 10", "request_days = 0"), encoding="utf-8"
    )
    done("plan", "create", small.ledger, PLAN, "--covenant", covenant, clock=later(0))
    words = ("plan", "close", small.ledger, PLAN)
    out = done(*words, "--announcement", covenant, "--reference", "closing", clock=later(1)).out
    assert f"The end of {PLAN} is announced" in out
    assert f"The plan {PLAN} has ended" in done(*words, "--end", "--reference", "end", clock=later(2)).out


# --- words --------------------------------------------------------------------------------------


def test_every_duty_and_figure_has_its_sentence_in_both_languages() -> None:
    assert set(run.DUTIES) == set(_ORDER)
    assert set(closing.FIGURES) == set(Statement.__dataclass_fields__)
    said = {*run.DUTIES.values(), *closing.FIGURES.values()}
    for module in (run, closing):
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "say":
                said |= {arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    assert said <= set(texts_zh.TEXTS)


@pytest.mark.parametrize(
    ("every", "at", "now", "expected"), [(60, None, 0, 60), (60, 90_000, 0, 60), (60, 5_000, 0, 5)]
)
def test_the_next_look_comes_when_something_comes_due(every: int, at: int | None, now: int, expected: float) -> None:
    assert run._pause(every, at, now) == expected
    assert run._pause(every, 1, 1) == 0.1
