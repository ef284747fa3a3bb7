"""Mutual aid is not insurance and must not look like it: words that never appear in code, screens and documents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.project.tree import name_of, project_files, text_of

FORBIDDEN = re.compile(
    r"premium|polic(?:y|ies)|insured|insurance|claims?[\s_-]+settlement|guarantee|保费|保单|被保险人|理赔|保证",
    re.IGNORECASE,
)

ALLOWED = [
    # the sentence that every result carries; a line may break inside it
    re.compile(r"\b(?:not|no)[\s#>*_\"'`|]+(?:an?\s+)?insurance", re.IGNORECASE),
    # the C2SP format's own name; towards people it is called a trust file
    re.compile(r"tlog-policy(?:\.md)?"),
]

EXCEPT = {
    "CONTRIBUTING.md": "lists the words, so that contributors know them",
}
"""Whole files, each with its reason."""


def in_scope(name: str) -> bool:
    """What people read: the code, the documents and the examples. Tests may plant a word; licences keep theirs."""
    document = "/" not in name and name.endswith((".md", ".toml"))
    return document or name == "Makefile" or name.startswith(("src/", "docs/", "examples/", "benchmarks/", "web/"))


def forbidden_words(text: str) -> list[str]:
    """``line: word`` for each occurrence that none of ALLOWED covers."""
    covered = [match.span() for pattern in ALLOWED for match in pattern.finditer(text)]
    found = []
    for match in FORBIDDEN.finditer(text):
        if not any(start <= match.start() and match.end() <= end for start, end in covered):
            found.append(f"{text.count(chr(10), 0, match.start()) + 1}: {match.group()}")
    return found


def test_no_forbidden_word_appears() -> None:
    wrong = []
    for path in project_files():
        name = name_of(path)
        if in_scope(name) and name not in EXCEPT:
            wrong += [f"{name}:{found}" for found in forbidden_words(text_of(path) or "")]
    assert wrong == []


def test_exceptions_are_still_needed() -> None:
    by_name: dict[str, Path] = {name_of(path): path for path in project_files()}
    for name, reason in EXCEPT.items():
        assert reason
        assert forbidden_words(text_of(by_name[name]) or ""), f"{name} needs no exception any more"


@pytest.mark.parametrize(
    "text",
    [
        "the premium is due",
        "class PolicyHolder:",
        "parse_policy(x)",
        "the INSURED",
        "Insurance",
        "claim settlement",
        "claims_settlement",
        "we guarantee it",
        "it is guaranteed",
        "每月保费",
        "保证金",
        "理赔",
        "a tlog-policy file is a policy",
    ],
)
def test_each_word_is_found(text: str) -> None:
    assert forbidden_words(text)


@pytest.mark.parametrize(
    "text", ["This is not insurance.", "Not\n# insurance: aid.", "tlog-policy", "not an insurance product", "不是保险"]
)
def test_what_must_be_said_is_allowed(text: str) -> None:
    assert forbidden_words(text) == []
