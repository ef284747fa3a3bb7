"""Covenants as documents on the command line: the catalogue, templates, checks, comparisons, figures."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from mutualchain import catalogue
from mutualchain.cli import apportion, covenants, schemas, texts_zh
from mutualchain.covenant.document import HEAD, SECTIONS, Covenant
from mutualchain.covenant.toml import read_toml
from tests.cli.harness import check, done, refused
from tests.covenant.test_figures import FIGURES, YUAN

NAMES = catalogue.names()


def test_the_catalogue_is_listed() -> None:
    value = done("plan", "catalogue", "--json").value
    check(value, "plan-catalogue")
    assert [item["name"] for item in value["covenants"]] == list(NAMES)
    out = done("plan", "catalogue").out
    assert all(f"{name}  " in out for name in NAMES)
    assert "来源未明确的参数" in done("plan", "catalogue", "--lang", "zh").out


@pytest.mark.parametrize("name", NAMES)
def test_a_template_is_a_covenants_file(name: str, tmp_path: Path) -> None:
    shipped = catalogue.load(name)
    for words in ((), ("--full",), ("--full", "--lang", "zh")):
        text = done("plan", "template", name, *words).out
        assert read_toml(text) == shipped
    assert done("plan", "template", name).out == catalogue.source(name)
    value = done("plan", "template", name, "--json").value
    check(value, "plan-template")
    (tmp_path / "own.toml").write_text(value["toml"], encoding="utf-8")
    checked = done("plan", "check", tmp_path / "own.toml", "--json").value
    check(checked, "plan-check")
    assert checked["covenant"]["hash"] == shipped.covenant.hash.hex()
    assert done("plan", "compare", name, tmp_path / "own.toml").out == "They are the same covenant.\n"


def test_a_file_of_ones_own_is_a_template_too(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('title = "x"\n', encoding="utf-8")
    text = done("plan", "template", tmp_path / "own.toml", "--lang", "zh").out
    assert read_toml(text).covenant.title == "x"
    assert "# 加入时最少预存的金额。" in text


def test_a_check_says_what_is_open() -> None:
    out = done("plan", "check", "kangai").out
    assert out.startswith("✓ The covenant holds together.\n")
    assert "sharing.funding" in out
    assert "These are unconfirmed: aid.waiting" in out
    assert "未经证实的条款" in done("plan", "check", "kangai", "--lang", "zh").out
    assert "3% of aid and fee together" in done("plan", "check", "chronic").out


WRONG = 'title = "x"\n[membership]\nprepay = 5\nage_most_years = 200\n[sharing]\nabove_cap = "carry"\n'


def test_a_check_names_every_mistake(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(WRONG, encoding="utf-8")
    err = refused("plan", "check", tmp_path / "own.toml", code="MC-080", exit_code=2).err
    assert err.startswith("MC-080: the covenant has 3 mistakes\n    membership.prepay: an amount in quotes")
    assert "\n    membership.age_most_years: " in err
    assert "\n    sharing.above_cap: there is no cap\n" in err


def test_what_is_no_covenant_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes(b"title = \xff")
    refused("plan", "check", tmp_path / "own.toml", code="MC-250", exit_code=2)
    (tmp_path / "own.toml").write_text("title\n", encoding="utf-8")
    refused("plan", "check", tmp_path / "own.toml", code="MC-250", exit_code=2)
    refused("plan", "check", tmp_path / "none.toml", code="MC-003", exit_code=3)
    refused("plan", "template", "none", code="MC-003", exit_code=3)


def test_a_comparison_names_the_clauses() -> None:
    value = done("plan", "compare", "xianghubao-2018", "xianghubao", "--json").value
    check(value, "plan-compare")
    clauses = {item["clause"]: (item["a"], item["b"]) for item in value["differences"]}
    assert clauses["fee.bp"] == (1_000, 800)
    assert clauses["sharing.cap_year"] == (0, 18_800)
    out = done("plan", "compare", "xianghubao-2018", "xianghubao").out
    assert "fee.bp\n  Basis points of the base.\n  xianghubao-2018  1000\n  xianghubao       800\n" in out
    assert f"{len(clauses)} clauses differ." in out
    assert "有 6 个条款不同。" in done("plan", "compare", "xianghubao-2018", "xianghubao", "--lang", "zh").out


def test_tables_are_shown_in_a_line() -> None:
    out = done("plan", "compare", "zhongtuobang", "zhongtuobang-2022").out
    assert "[ { days = 0, bp = 2000 }, { days = 365, bp = 4000 }," in out.replace("\n" + " " * 21, " ")


@pytest.mark.parametrize("figure", FIGURES, ids=lambda row: f"{row[0]}, {row[1]} x {row[2]:,} among {row[3]:,}")
def test_the_published_figures_come_out_to_the_fen(figure: tuple[str, int, int, int, int, int, int, int]) -> None:
    name, cases, aid, headcount, surplus, share, collected, left = figure
    words = ("plan", "apportion", name, "--aid", aid, "--cases", cases, "--headcount", headcount, "--surplus", surplus)
    value = done(*words, "--json").value
    check(value, "plan-apportion")
    assert (value["share"], value["due"], value["surplus_out"]) == (share, collected * YUAN, left * YUAN)
    assert f"{collected:,}.00 yuan" in done(*words).out


def test_a_share_above_the_cap_is_refused_and_a_carried_one_leaves_a_deficit() -> None:
    words = ("plan", "apportion", "xianghubao", "--aid", "300000", "--headcount")
    assert done(*words, "3240000", "--json").value["share"] == 10
    refused(*words, "3239999", code="MC-092", exit_code=2)
    many = ("plan", "apportion", "chronic", "--aid", "5000", "--cases", "5", "--headcount", "1000")
    value = done(*many, "--json").value
    assert (value["share"], value["surplus_out"], value["deficit_out"]) == (2_000, 0, 577_320)
    assert "deficit left" in done(*many).out
    assert "缺口" in done(*many, "--lang", "zh").out


def test_every_sentence_is_translated() -> None:
    for module in (covenants, apportion):
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        said = {
            item.value
            for node in calls
            if getattr(node.func, "attr", getattr(node.func, "id", "")) in ("say", "count")
            for item in node.args
            if isinstance(item, ast.Constant) and isinstance(item.value, str)
        }
        assert said <= set(texts_zh.TEXTS)


def test_the_schema_of_a_covenant_names_every_parameter() -> None:
    """`make vectors` writes it again when a parameter comes."""
    schema = schemas.load("plan-create")["$defs"]["covenant"]["properties"]
    assert set(schema) == {*HEAD, *SECTIONS, "smallest", "hash"}
    for name, section in SECTIONS.items():
        assert list(schema[name]["properties"]) == [item.name for item in fields(section)]
    value = covenants.covenant_value(Covenant("x"))
    assert set(value) == set(schema)
