"""Every error has a code of its own in its part's range, says what it means, gives a hint, and a known exit code."""

from __future__ import annotations

import ast
import re

import pytest

from mutualchain.errors import ERRORS, MutualchainError, by_code
from tests.project.tree import SOURCE

CODE = re.compile(r"MC-\d{3}\Z")
SECTION = re.compile(r"# --- ([a-z -]+): (\d{3})-(\d{3}) -*\Z")
TEXT = (SOURCE / "errors.py").read_text(encoding="utf-8")

each_error = pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)


def ranges() -> list[tuple[int, int, int]]:
    """``(line, first, last)`` of every section of errors.py, as its headings state them."""
    found = []
    for number, line in enumerate(TEXT.splitlines(), 1):
        if match := SECTION.match(line):
            found.append((number, int(match[2]), int(match[3])))
    return found


def test_codes_are_unique() -> None:
    codes = [kind.code for kind in ERRORS]
    assert len(codes) == len(set(codes))
    assert all(CODE.match(code) for code in codes)


@each_error
def test_each_error_says_what_it_means_and_what_to_do(kind: type[MutualchainError]) -> None:
    assert (vars(kind).get("__doc__") or "").strip().endswith((".", "``."))
    hint = vars(kind).get("default_hint", "")
    assert hint.endswith((".", "`")), "a hint of its own, in whole sentences"


@each_error
def test_each_exit_code_is_a_documented_one(kind: type[MutualchainError]) -> None:
    assert kind.exit_code in {1, 2, 3, 4}


@each_error
def test_each_code_belongs_to_one_class_and_leads_back_to_it(kind: type[MutualchainError]) -> None:
    assert "code" in vars(kind), "no class shares its parent's code"
    assert by_code(kind.code.lower()) is kind


@each_error
def test_diagnostics_name_code_and_hint(kind: type[MutualchainError]) -> None:
    shown = kind("something is wrong", value=b"\x01").diagnostics()
    assert shown.startswith(f"{kind.code}: something is wrong\n")
    assert kind.default_hint in shown


def test_diagnostics_show_place_and_value_where_there_are_any() -> None:
    assert MutualchainError("x", hint="h").diagnostics() == "MC-001: x\n  hint:  h"
    shown = MutualchainError("x", value="9" * 300, place="block 7", hint="h").diagnostics().splitlines()
    assert shown == ["MC-001: x", "  at:    block 7", "  value: " + "9" * 200 + "...", "  hint:  h"]


def test_an_unknown_code_leads_nowhere() -> None:
    assert by_code("MC-999") is None


def test_sections_are_in_order_and_do_not_overlap() -> None:
    bounds = [bound for _, first, last in ranges() for bound in (first, last)]
    assert bounds
    assert bounds == sorted(set(bounds))


def test_each_code_lies_in_the_range_of_its_section() -> None:
    sections = ranges()
    for node in ast.parse(TEXT).body:
        if not isinstance(node, ast.ClassDef) or node.name == "MutualchainError":
            continue
        _, first, last = [section for section in sections if section[0] < node.lineno][-1]
        kind = next(kind for kind in ERRORS if kind.__name__ == node.name)
        assert first <= int(kind.code[3:]) <= last, f"{node.name} has {kind.code}, its section {first:03}-{last:03}"


def test_all_errors_stand_in_one_file() -> None:
    assert {kind.__module__ for kind in ERRORS} == {"mutualchain.errors"}
