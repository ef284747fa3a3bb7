"""``mutualchain simulate``: what an operator sees of a covenant before adopting it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mutualchain.cli import simulate, texts_zh
from mutualchain.simulate.draw import SERIES
from tests.cli.harness import check, done, refused

WORDS = ("simulate", "zhongtuobang", "--members", 5_000, "--years", 1)


def test_a_run_is_drawn_in_the_terminal() -> None:
    out = done(*WORDS).out
    assert out.startswith("众托帮: 5,000 members\n")
    for label in ("members who share", "share of a round", "surplus, or deficit below zero", "lapsed at the snapshot"):
        assert f"  {label}  (" in out
    assert "█" in out
    assert "\n  2026  " in out
    assert "no promise" in out
    assert all(len(line) <= 80 for line in out.splitlines())
    chinese = done(*WORDS, "--lang", "zh").out
    assert "每期分摊" in chinese
    assert "这是在假设之下的模拟" in chinese


def test_the_same_run_as_json() -> None:
    value = done(*WORDS, "--json").value
    check(value, "simulate")
    assert value == done(*WORDS, "--json").value
    assert value != done(*WORDS, "--seed", 2, "--json").value
    assert value["years"][0]["cost"] == sum(period["share"] for period in value["periods"])


def test_assumptions_are_ones_own() -> None:
    words = ("--incidence", "40:0.5,150:0.9", "--accidents", "0", "--joining", "0", "--leaving", "0", "--new")
    value = done(*WORDS, *words, "--json").value
    assert value["assumptions"]["incidence"] == [[40, 0.5], [150, 0.9]]
    assert value["assumptions"]["settled"] is False
    assert value["refusals"][0]["clause"] == "aid.waiting"
    out = done(*WORDS, *words).out
    assert "Cases that the covenant gives nothing: aid.waiting" in out
    assert "the covenant forbade it: sharing.cap_case" in out


def test_wrong_words(tmp_path: Path) -> None:
    refused(*WORDS, "--incidence", "forty", code="MC-002", exit_code=2)
    refused(*WORDS, "--incidence", "40:2", code="MC-002", exit_code=2)
    refused(*WORDS, "--leaving", "2", code="MC-002", exit_code=2)
    refused("simulate", "none", code="MC-003", exit_code=3)
    (tmp_path / "there.png").write_bytes(b"")
    refused(*WORDS, "--png", tmp_path / "there.png", code="MC-004", exit_code=2)


@pytest.mark.usefixtures("matplotlib")
def test_a_png_is_drawn_too(tmp_path: Path) -> None:
    out = done(*WORDS, "--png", tmp_path / "run.png").out
    assert "Drawn in " in out
    assert (tmp_path / "run.png").read_bytes().startswith(b"\x89PNG")


def test_every_sentence_is_translated() -> None:
    assert set(simulate.LABELS) == set(SERIES)
    said = set(simulate.LABELS.values())
    for node in ast.walk(ast.parse(Path(str(simulate.__file__)).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "say":
            said |= {arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    assert said <= set(texts_zh.TEXTS)
