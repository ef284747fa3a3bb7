"""Nothing reaches a screen in English alone: every literal goes through the words, and all of those have Chinese."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mutualchain.audit.audit import ALWAYS
from mutualchain.catalogue import load, names
from mutualchain.cli import audit_view, demo_view, init_, monitor, status
from mutualchain.cli.texts_zh import TEXTS
from mutualchain.cli.texts_zh_audit import LIMITS
from mutualchain.witness.monitor_state import Kind
from tests.cli.harness import LATER, ORIGIN, PLAN, Small, done, make_small, ticking
from tests.project.tree import SOURCE

CHINESE = re.compile("[\u4e00-\u9fff]")
MODULES = sorted(path for path in (SOURCE / "cli").glob("*.py") if not path.name.startswith("texts_zh"))
STYLES = {"good", "bad", "doubt", "dim", "heading", "title", "command", "note", "code"}
WRITES = {"line", "pairs", "table", "item", "commands"}
NOT_SAID = {"say", "count", "_say", "moment", "day", "amount", "figure", "str", "get", "head_line"}
UNTRANSLATED = {
    "screen.py",
    "helping.py",
}
NAMES = {"{} (log.key, block.key, recovery.key)", "sha256"}
"""What is the same in every language."""


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def literals(node: ast.AST) -> Iterator[str]:
    """The texts in an expression that no function turns into a language."""
    if isinstance(node, ast.Call) and name_of(node) in NOT_SAID:
        return
    if isinstance(node, ast.comprehension | ast.Compare | ast.Subscript):
        return
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        yield from literals(node.elt)
        return
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        for part in node.values:
            yield from literals(part.value) if isinstance(part, ast.FormattedValue) else ()
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
        return
    for child in ast.iter_child_nodes(node):
        yield from literals(child)


def written(path: Path) -> Iterator[str]:
    """The texts that a module writes on a screen as they are."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            if "screen" not in ast.unparse(node.func.value).lower():
                continue
            for argument in node.args[:1] if node.func.attr == "commands" else node.args:
                yield from literals(argument)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_nothing_reaches_a_screen_in_english_alone(path: Path) -> None:
    texts = {text for text in written(path) if re.search("[a-z]{2}", text.replace("{}", "")) and text not in STYLES}
    assert path.name in UNTRANSLATED or {text for text in texts if "mutualchain " not in text} <= NAMES


SENTENCE = re.compile(r"^[A-Z{,].*[.:?!]$|\{[a-z]+\}")


def said(path: Path) -> Iterator[str]:
    """The sentences that a module says, where they are written as literals: there, or in a variable just before."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            names = [item.id for target in node.targets for item in ast.walk(target) if isinstance(item, ast.Name)]
            texts = [text for text in literals(node.value) if SENTENCE.search(text)]
            for name in names:
                known.setdefault(name, []).extend(texts)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node) in ("say", "_say", "count"):
            for argument in node.args[: 2 if name_of(node) == "count" else 1]:
                named = known.get(argument.id, []) if isinstance(argument, ast.Name) else []
                yield from (text for text in (*literals(argument), *named) if re.search("[a-z]{2}", text))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_sentence_that_is_said_is_translated(path: Path) -> None:
    assert path.name in UNTRANSLATED or sorted(set(said(path)) - set(TEXTS)) == []


@pytest.mark.parametrize(
    "sentences",
    [
        demo_view.STEPS.values(),
        init_.NOTES,
        monitor.ALARMS.values(),
        [text for text, _ in monitor.AGES],
        status.STATES.values(),
        [*audit_view.MONEY.values(), *audit_view.REPLAYS.values(), *audit_view.BREACHES.values(), audit_view.LOOKED],
        [load(name).about.summary for name in names()],
    ],
    ids=["demo", "init", "alarms", "ages", "cases", "audit", "catalogue"],
)
def test_sentences_in_tables_are_translated(sentences: list[str]) -> None:
    for sentence in sentences:
        assert CHINESE.search(TEXTS[sentence]), sentence


def test_no_sentence_has_two_translations() -> None:
    """Tables of parts are put together: of two entries for one sentence the later would silently win."""
    found: dict[str, set[str]] = {}
    for path in (SOURCE / "cli").glob("texts_zh*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
                pairs = zip(node.value.keys, node.value.values, strict=True)
                texts = [(key.value, value) for key, value in pairs if isinstance(key, ast.Constant)]
                assert len(texts) == len({key for key, _ in texts}), path.name
                for key, value in texts if ast.unparse(node.target) == "TEXTS" else ():
                    found.setdefault(str(key), set()).add(ast.unparse(value))
    assert {sentence for sentence, texts in found.items() if len(texts) > 1} == set()


def stated() -> Iterator[str]:
    """What an audit says it did not see, and why a plan was not replayed in full; ``{}`` for values."""
    for path in (SOURCE / "audit").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and name_of(node) in ("_go_public", "_give_up"):
                yield from literals(node.args[1])
            if isinstance(node, ast.FunctionDef) and node.name == "_limits":
                for call in ast.walk(node):
                    if isinstance(call, ast.Call) and name_of(call) == "append":
                        yield from (text for text in literals(call) if len(text) > 9)
    yield from ALWAYS


def test_what_an_audit_did_not_see_is_said_in_chinese() -> None:
    assert sorted(set(stated()) - set(LIMITS)) == []
    assert {text for text in LIMITS if " " in text} - set(stated()) <= {"A copy with holes", "A public replay"}


def test_every_kind_of_alarm_has_a_name() -> None:
    assert {kind.value for kind in Kind} == set(monitor.ALARMS)


@pytest.mark.parametrize("sentence", sorted(TEXTS))
def test_a_translation_has_the_same_values(sentence: str) -> None:
    fields = re.compile(r"\{(\w+)\}")
    wanted = [name for name in fields.findall(sentence) if name != "count" or "{count}" in TEXTS[sentence]]
    assert sorted(fields.findall(TEXTS[sentence])) == sorted(wanted)


ENGLISH = re.compile(r"[A-Za-z]{3,}(?: [A-Za-z']{2,}){2,}")


def test_an_operators_session_is_in_chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = make_small(tmp_path)
    monkeypatch.setenv("MUTUALCHAIN_LANG", "zh")
    later, hers = tmp_path / "later", (small.ledger, PLAN, "--slot", 0)
    shown = [
        done("init", later, "--origin", ORIGIN).out,
        done("status", later).out,
        done("status", small.ledger).out,
        done("plan", "list", small.ledger).out,
        done("plan", "show", small.ledger, PLAN).out,
        done("credit", *hers, "--amount", "5", "--reference", "a", clock=ticking(LATER)).out,
        done("exit", *hers, "--passport", small.passport, "--reference", "b", clock=ticking(LATER)).out,
        done("round", "list", small.ledger, PLAN).out,
        done("round", "show", small.ledger, PLAN).out,
        done("case", "list", small.ledger, PLAN).out,
        done("keys", "show", small.ledger).out,
        done("record", small.ledger, PLAN, "--slot", 1, "-o", tmp_path / "a.mcr").out,
        done("publish", small.ledger, tmp_path / "public").out,
        done("backup", small.ledger, tmp_path / "copy").out,
        done("restore", tmp_path / "copy", tmp_path / "again").out,
    ]
    for text in shown:
        lines = [line for line in text.splitlines() if "mutualchain " not in line and ORIGIN not in line]
        assert CHINESE.search(text)
        assert [line for line in lines if ENGLISH.search(line)] == [], text
    assert "校验字" in shown[2]
    assert "5.00 元" in shown[5]


def test_the_demonstration_is_in_chinese(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUTUALCHAIN_LANG", "zh")
    shown = done("demo", "--members", 1_000).out
    lines = [line for line in shown.splitlines() if "mutualchain " not in line and "MC-" not in line]
    assert "五种伪造" in shown
    assert [line for line in lines if ENGLISH.search(line) and not CHINESE.search(line)] == []
