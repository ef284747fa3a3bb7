"""The demonstration at a small size: everything it promises, and that it hides nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.harness import DIAGNOSTICS, START, call, check, done, refused, ticking


def test_the_published_figures_come_out_at_any_size() -> None:
    value = done("demo", "--members", 5_000, "--json").value
    check(value, "demo")
    assert [item["share"] for item in value["rounds"]] == [6, 5, 4]
    assert [item["headcount"] for item in value["rounds"]] == [5_000, 7_000, 7_000]
    assert [item["surplus_out"] for item in value["rounds"]] == [0, 5_000, 3_000]
    assert value["record"]["record"]["balance"] == 985
    assert [(item["verdict"], item["code"]) for item in value["forgeries"]] == [
        ("tampered", "MC-013"),
        ("tampered", "MC-042"),
        ("tampered", "MC-171"),
        ("could not check", "MC-023"),
        ("could not check", "MC-170"),
    ]
    assert value["audit"]["verdict"] == "verified"
    assert value["damaged_audit"]["verdict"] == "tampered"
    assert value["damage"]["before"] - value["damage"]["after"] == 1
    (finding,) = value["damaged_audit"]["findings"]
    assert f"slot {value['damage']['slot']}" in finding["place"]


@pytest.mark.parametrize("members", [10, 11, 13, 257])
def test_it_works_with_few_members_too(members: int) -> None:
    assert call("demo", "--members", members).code == 0


def test_it_tells_the_story(tmp_path: Path) -> None:
    out = done("demo", "--members", 1_000).out
    parts = [
        "1,000 members share one case",
        "60.00 yuan / 1,000 members = 0.06 yuan each",
        "400 more members join",
        "(60.00 yuan - 10.00 yuan left over) / 1,400 members = 0.04 yuan each",
        "$ mutualchain verify-my-record my-record.mcr --passport member.passport",
        "Your balance is 9.85 yuan.",
        "Five forgeries",
        "TAMPERED  MC-042",
        "COULD NOT CHECK  MC-023",
        "An auditor replays the whole chain",
        "0.06 yuan became 0.05 yuan",
        "How long it took",
        "rows a second",
        "mutualchain demo --members 1000 --keep demo",
    ]
    places = [out.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)
    assert max(len(line) for line in out.splitlines() if "mutualchain " not in line) <= 80


def test_what_it_suggests_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    out = done("demo", "--members", 100, "--keep", "demo").out
    suggested = out.partition("What to try next\n")[2].splitlines()
    assert len(suggested) == 6
    codes = [call(*line.split()[1:]).code for line in suggested]
    assert codes == [0, 1, 0, 1, 0, 0]


def test_what_is_kept_stands_in_a_new_folder(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    refused("demo", "--members", 10, "--keep", tmp_path, code="MC-117", exit_code=2)
    refused("demo", "--members", 9, code="MC-002", exit_code=2)


def test_nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    done("demo", "--members", 10)
    assert list(tmp_path.iterdir()) == []


def broken(monkeypatch: pytest.MonkeyPatch, target: str, replacement: Any) -> str:
    monkeypatch.setattr(target, replacement)
    result = call("demo", "--members", 10, clock=ticking(START))
    assert result.code == 3
    assert DIAGNOSTICS.search(result.err)
    return result.err


def test_a_forgery_that_is_not_refused_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    from mutualchain.cli import demo_forgeries

    def genuine(world: Any, record: bytes, others: bytes) -> Any:
        yield demo_forgeries.Forgery("x", "Nothing was changed.", record, ("MC-013",))

    err = broken(monkeypatch, "mutualchain.cli.demo_forgeries.forgeries", genuine)
    assert err.startswith("MC-252: a forged record was not refused as it must be")


def test_an_audit_that_overlooks_the_byte_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    from mutualchain.cli import demo_forgeries
    from mutualchain.store import LmdbStore

    def harmless(ledger: Path, copy: Path, slot: int) -> Any:
        with LmdbStore.open(ledger, readonly=True) as store:
            store.copy_to(copy)
        return demo_forgeries.Damage(slot, 1, 6, 5)

    err = broken(monkeypatch, "mutualchain.cli.demo_forgeries.damage_copy", harmless)
    assert err.startswith("MC-252: the audit did not find the changed byte")


def test_a_wrong_figure_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    from mutualchain.covenant.apportionment import Apportionment

    def wrong(*_: Any, **__: Any) -> Apportionment:
        return Apportionment(7, 0, 70, 10)

    err = broken(monkeypatch, "mutualchain.cli.demo_world.apportion", wrong)
    assert re.match(r"MC-252: round 1 came out wrong\n", err)
