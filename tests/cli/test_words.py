"""Both languages are complete: every error explained, every sentence that a member meets translated."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from mutualchain.catalogue import load, names
from mutualchain.cli import (
    case,
    case_after,
    case_mask,
    case_steps,
    case_view,
    case_votes,
    checking,
    compare,
    covenants,
    disclosure,
    disclosure_facts,
    disclosure_view,
    evidence,
    explain,
    head,
    institution,
    language,
    member_key,
    opened,
    qr,
    refusal,
    show,
    signing,
    texts_zh,
    texts_zh_cases,
    texts_zh_plan,
    treasury,
    trust,
)
from mutualchain.cli.glossary import GLOSSARY, Term, find
from mutualchain.covenant.sections import ROLES
from mutualchain.disclosure import facts as disclosed
from mutualchain.errors import ERRORS, VERDICTS
from mutualchain.evidence import facts
from mutualchain.evidence.compare import NEEDED
from mutualchain.explanations import EXPLANATIONS
from mutualchain.explanations import explain as told
from mutualchain.record.facts import CHECKS, LIMITS
from mutualchain.witness.quorum import SENTENCES
from tests.cli.harness import Small, call, check, done, refused
from tests.project.tree import SOURCE

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


@pytest.mark.parametrize("word", ["slot", "Slots", "会员号", "waiting period", "等待期"])
def test_explain_tells_what_a_word_means(word: str) -> None:
    value = done("explain", *word.split(), "--json").value
    (told,) = value["words"]
    assert told["word"] in ("slot", "waiting period")
    assert told in done("explain", "--words", "--json").value["words"]
    shown = done("explain", *word.split(), "--lang", "zh").out
    assert shown.startswith(("会员号  slot\n", "等待期  waiting period\n"))


@pytest.mark.parametrize("term", GLOSSARY, ids=lambda term: term.name)
def test_the_glossary_is_complete_in_both_languages(term: Term) -> None:
    assert term.meaning.endswith(".")
    assert term.chinese_meaning.endswith("。")
    assert CHINESE.search(term.chinese)
    assert find(term.name) == find(term.chinese) == term


def test_the_words_of_the_glossary_are_different() -> None:
    assert len({term.name for term in GLOSSARY}) == len({term.chinese for term in GLOSSARY}) == len(GLOSSARY)


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


def labels(module: object) -> set[str]:
    """The first item of every pair of texts that a module lists."""
    path = module.__file__  # type: ignore[attr-defined]
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    pairs = (node.elts for node in ast.walk(tree) if isinstance(node, ast.Tuple) and len(node.elts) == 2)
    return {name.value for name, _ in pairs if isinstance(name, ast.Constant) and isinstance(name.value, str)}


ABOUT_EVIDENCE = (
    (sentences(evidence) | sentences(compare) | sentences(facts))
    | {*facts.FINDINGS.values(), *facts.LIMITS.values(), *facts.WHAT.values(), facts._BOTH, facts._WITNESSES}
    | {*evidence.SHOUTED.values(), *evidence.SENTENCES.values(), *compare.SHOUTED.values(), *compare.SENTENCES.values()}
    | {*NEEDED.values(), "sheets {schema}", "The operator of {origin}"}
    | {"The operator of {origin} and the witness {names}", "The witness {names}, asked to cosign {origin},"}
)
ABOUT_TRUST = sentences(trust) | {*SENTENCES.values(), *trust.KEY_SENTENCES.values()}
SAID = (
    ABOUT_EVIDENCE
    | ABOUT_TRUST
    | sentences(checking)
    | sentences(explain)
    | set(CHECKS.values())
    | set(LIMITS.values())
    | sentences(refusal)
    | sentences(opened)
    | sentences(show)
    | sentences(qr)
    | (labels(opened) - set(opened.KINDS))
    | {*opened.KINDS.values(), *opened._SAYS.values(), *opened._OTHER, show.UNCHECKED, show.NOBODY_YET}
    | {*refusal.SHOUTED.values(), *refusal.SENTENCES.values(), refusal.SPLIT}
    | {*checking.PIN_LIMITS.values(), *checking.COUNTED.values(), head.COMPARE}
    | {VERDICTS[kind.exit_code] for kind in ERRORS}
    | {"round", "date", "aid", "shared by", "each", "you"}
    | sentences(covenants)
    | set(texts_zh_plan.TEXTS)
    | set(texts_zh_cases.TEXTS)
    | {"paid", "partial", "capped", "exempt", "lapsed", "exited", "waiting"}
    | {"You paid in {amount} later.", "You paid in {amount} later, {count} times."}
    | {"You took out {amount}.", "You took out {amount}, {count} times."}
)


def literals(path: Path) -> set[str]:
    """Every text in a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_sentence_is_translated() -> None:
    assert sorted(SAID - set(texts_zh.TEXTS)) == []


def test_every_sentence_about_a_disclosed_case_is_translated() -> None:
    said = sentences(disclosure) | sentences(disclosure_view) | sentences(disclosure_facts) | sentences(case_mask)
    said |= {*disclosed.CHECKS.values(), *disclosed.LIMITS.values(), *disclosure_facts.LABELS.values()}
    said |= {*disclosure_facts.STATES.values(), *disclosure_facts.REASONS.values(), *disclosure_facts.WORDS}
    said |= {*disclosure_facts.CAPS.values(), *disclosure_facts.PAID_TO.values(), *ROLES}
    said |= {*disclosure_facts.ERASED.values()}
    said |= {
        *disclosure_view.SENTENCES.values(),
        *disclosure_view.COUNTED.values(),
        *disclosure_view.PIN_LIMITS.values(),
    }
    fields = re.compile(r"\{(\w+)\}")
    assert said - set(texts_zh.TEXTS) == set()
    for sentence in said:
        assert sorted(fields.findall(texts_zh.TEXTS[sentence])) == sorted(fields.findall(sentence))


def test_no_translation_is_left_over() -> None:
    modules = [path for path in SOURCE.rglob("*.py") if not path.name.startswith("texts_zh")]
    listed = {load(name).about.summary for name in names()}
    assert sorted(set(texts_zh.TEXTS) - listed - set().union(*map(literals, modules))) == []


ABOUT_CASES = (
    *(case, case_after, case_steps, case_view, case_votes),
    *(institution, member_key, signing, treasury),
)


def test_every_sentence_about_cases_is_translated() -> None:
    said = set().union(*(sentences(module) for module in ABOUT_CASES)) | set(case_view.STATES.values())
    assert said - set(texts_zh.TEXTS) == set()


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


def test_an_error_says_in_chinese_what_it_means_and_what_to_do(template: Small) -> None:
    shown = call("verify-my-record", "nowhere.mcr", "--trust", template.trust, "--lang", "zh")
    title, _, advice = EXPLANATIONS["MC-003"][1]
    first, detail, *_, last, more = shown.err.splitlines()
    assert (shown.code, first) == (3, f"MC-003：{title}")
    assert detail == "  详情：没有这个文件：应为会员记录"
    assert last == f"  该怎么办：{advice}"
    assert more.endswith("mutualchain explain MC-003")
