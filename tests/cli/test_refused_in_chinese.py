"""What ledger, covenant and servers refuse is said in Chinese too: every sentence that recording something can meet."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from mutualchain import errors
from mutualchain.cli.language import Words
from mutualchain.cli.rules import said
from mutualchain.cli.texts_zh_files import FILES
from mutualchain.cli.texts_zh_refused import REFUSED
from mutualchain.cli.texts_zh_usage import NOUNS, OWN
from mutualchain.cli.usage import in_words
from tests.cli.test_help_in_chinese import template
from tests.project.tree import SOURCE

ZH = Words("zh")
PACKAGES = ("archive", "covenant", "ledger", "publish", "store")
NEVER = {
    "a covenant is a map",
    "a reference is text or bytes",
    "a snapshot of a plan that does not exist yet",
    "block {} has no entry {}",
    "plan {} has no sheet {} number {}",
    "snapshots of this ledger are open in other threads",
    "the ledger has grown; snapshots from before are open",
    "the new block key's signer returned a signature that does not verify",
    "the plans' state is published for the last block only",
    "the refund has other rows than its round",
    "the refund is stated as {} and computed as {}",
    "the store must grow, and snapshots of this process are open",
    "this key is written once and for all",
    "this log is read at {} leaves only, under its checkpoint",
    "{} snapshots of this ledger are open",
}
"""What only a program of one's own can cause, or an audit alone finds: its findings are in English."""
SYSTEM = {
    *("Connection refused", "Is a directory", "Name or service not known", "No space left on device", "timed out"),
    *("No such file or directory", "Not a directory", "Permission denied", "Read-only file system", "[Errno {}] {}"),
    "{} and {} were given",
}
"""What the operating system says, and what is put together."""


def raised() -> Iterator[tuple[type[errors.MutualchainError], str]]:
    """Every error that the packages raise with a sentence, the values as {}; not what a caller's program does wrong."""
    for package in PACKAGES:
        for path in (SOURCE / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                    continue
                kind = getattr(errors, node.func.id, None)
                if not isinstance(kind, type) or not issubclass(kind, errors.MutualchainError):
                    continue
                yield from ((kind, text) for text in map(template, node.args) if text is not None and " " in text)


QUIET = (errors.UsageError, errors.UnsupportedVersion, errors.AmountError, errors.LimitError)


def test_what_recording_and_reading_a_ledger_can_meet_is_said_in_chinese() -> None:
    met = {
        text
        for kind, text in raised()
        if kind.exit_code != errors.TAMPERED and not issubclass(kind, QUIET) and text not in NEVER
    }
    assert len(met) > 150
    assert sorted(text for text in met if not translated(text.replace("{}", "7"))) == []


def translated(sentence: str) -> bool:
    """Whether it is said in Chinese: here, or among the rules of records, where it names no amount (of which unit?)."""
    if in_words(sentence, ZH) is not None:
        return True
    rule = said(sentence, ZH, (2, "CNY"))
    return rule is not None and "元" not in rule


def test_no_sentence_is_left_over_and_none_is_said_twice() -> None:
    found = set()
    for path in SOURCE.rglob("*.py"):
        if "texts_zh" not in path.name:
            nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            found |= {template(node) for node in nodes if isinstance(node, ast.Constant | ast.JoinedStr)}
    assert sorted(set(REFUSED) - found - SYSTEM) == []
    assert set(REFUSED).isdisjoint(OWN | NOUNS | FILES)


@pytest.mark.parametrize("form", sorted(form for form in REFUSED if "{}" in form))
def test_a_sentence_keeps_its_values(form: str) -> None:
    values = [f"<{number}>" for number in range(form.count("{}"))]
    shown = in_words(form.format(*values), ZH)
    assert shown is not None
    kept = values[1:] if form.startswith("[Errno") else values
    assert all(value in shown for value in kept)


def test_a_phrase_of_too_few_words_says_how_many_it_should_have() -> None:
    assert in_words("a phrase has 24 words, not 3", ZH) == "助记词应有 24 个，而这里有 3 个"
