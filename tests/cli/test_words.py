"""Both languages are complete: every error explained, every sentence that a member meets translated."""

from __future__ import annotations

import ast
import re

import pytest

from mutualchain.cli import checking, explain, language, texts_zh
from mutualchain.errors import ERRORS, VERDICTS
from mutualchain.explanations import EXPLANATIONS
from mutualchain.explanations import explain as told
from mutualchain.record.facts import CHECKS, LIMITS
from tests.cli.harness import Small, check, done, refused

CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.code)
def test_every_error_is_explained_in_both_languages(kind: type) -> None:
    english, chinese = EXPLANATIONS[kind.code]  # type: ignore[attr-defined]
    for text in english:
        assert text.endswith((".", "`.")), text
        assert text[0].isupper() or text.startswith("`"), text
    for text in chinese:
        assert text.endswith("。"), text
        assert CHINESE.search(text), text
    assert len({*english, *chinese}) == 6


def test_no_code_is_explained_that_does_not_exist() -> None:
    assert set(EXPLANATIONS) == {kind.code for kind in ERRORS}


def test_a_code_without_an_explanation_falls_back_on_its_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(EXPLANATIONS, "MC-013")
    assert told("MC-013", "zh").title == "A file whose content does not have the checksum it states."
    assert told("MC-999").advice == ""


def test_explain_shows_one_code_and_all(template: Small) -> None:
    one = done("explain", "mc-013")
    assert one.out.startswith("MC-013  The file was changed after it was written")
    assert done("explain", "13").out == one.out
    assert "文件写成之后被改动" in done("explain", "MC-013", "--lang", "zh").out
    everything = done("explain", "--all", "--json").value
    check(everything, "explain")
    assert [item["code"] for item in everything["codes"]] == [kind.code for kind in ERRORS]


def test_explain_wants_one_code_or_all() -> None:
    refused("explain", code="MC-002", exit_code=2)
    refused("explain", "MC-013", "--all", code="MC-002", exit_code=2)
    refused("explain", "MC-999", code="MC-002", exit_code=2)


def sentences(module: object) -> set[str]:
    """Every literal that a module says through ``words.say`` or ``words.count``."""
    path = module.__file__  # type: ignore[attr-defined]
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("say", "count"):
            found |= {
                item.value for item in node.args if isinstance(item, ast.Constant) and isinstance(item.value, str)
            }
    return found


SAID = (
    sentences(checking)
    | sentences(explain)
    | set(CHECKS.values())
    | set(LIMITS.values())
    | set(checking.SHOUTED.values())
    | set(checking._SENTENCES.values())
    | {VERDICTS[kind.exit_code] for kind in ERRORS}
    | {"round", "date", "aid", "shared by", "each", "you"}
    | {"paid", "partial", "capped", "exempt", "lapsed", "exited", "waiting"}
    | {"You paid in {amount} later.", "You paid in {amount} later, {count} times."}
    | {"You took out {amount}.", "You took out {amount}, {count} times."}
)


def test_every_sentence_is_translated_and_none_is_left_over() -> None:
    assert set(texts_zh.TEXTS) == SAID


@pytest.mark.parametrize("sentence", sorted(SAID))
def test_a_translation_has_the_same_values(sentence: str) -> None:
    fields = re.compile(r"\{(\w+)\}")
    assert sorted(fields.findall(texts_zh.TEXTS[sentence])) == sorted(fields.findall(sentence))
    assert CHINESE.search(texts_zh.TEXTS[sentence])


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "MUTUALCHAIN_LANG": "zh"}, "zh"),
    ],
)
def test_the_environment_chooses_the_language(
    environment: dict[str, str], wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MUTUALCHAIN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language.preferred() == wanted
