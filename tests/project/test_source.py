"""Sizes that can be read, nothing left to do, and nothing that belongs to one machine."""

from __future__ import annotations

import ast
import re

import pytest

from tests.project.tree import SOURCE, name_of, project_files, text_of

MAX_FUNCTION = 70
MAX_MODULE = 450

LONGER = {
    "src/mutualchain/errors.py": "a catalogue: one short class per code, looked up and never read through",
    "src/mutualchain/explanations.py": "a catalogue: one paragraph per code",
}
"""Modules that may be longer, each with its reason."""

# Put together here, so that this file does not contain what it looks for.
LEFT_OVER = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]) + r")\b")
MACHINE = re.compile(
    r"(?<![\w.~})\]/<-])/(?:" + "|".join(["wo" + "rk", "ro" + "ot", "tmp/" + "v"]) + r")(?:/|(?=[\s\"'`,;:)]|$))"
)
REGISTRY = re.compile(
    "|".join(["pypi" + r"\.org", "python" + r"hosted\.org", "proxy" + r"\.golang\.org", "npm" + r"js\.(?:org|com)"])
    + "|".join(
        ["", "deb" + r"ian\.org/debian", "/sim" + r"ple/\w", "arti" + "factory", r"mirrors?\.(?!example\b)\w+\.\w"]
    ),
    re.IGNORECASE,
)

MODULES = sorted(SOURCE.rglob("*.py"))


def long_functions(text: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MAX_FUNCTION:
                found.append(f"{node.lineno}: {node.name} has {lines} lines")
    return found


def test_functions_stay_short() -> None:
    wrong = [f"{name_of(path)}:{found}" for path in MODULES for found in long_functions(text_of(path) or "")]
    assert wrong == []


def test_modules_stay_short() -> None:
    lengths = {name_of(path): (text_of(path) or "").count("\n") for path in MODULES}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_MODULE and name not in LONGER} == {}


@pytest.mark.parametrize(
    ("pattern", "what"),
    [(LEFT_OVER, "work left over"), (MACHINE, "a machine's folder"), (REGISTRY, "a registry's address")],
    ids=["work left over", "machine paths", "registries"],
)
def test_no_file_of_the_project_names(pattern: re.Pattern[str], what: str) -> None:
    wrong = []
    for path in project_files():
        for number, line in enumerate((text_of(path) or "").splitlines(), 1):
            if match := pattern.search(line):
                wrong.append(f"{name_of(path)}:{number}: {what}: {match.group()}")
    assert wrong == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (LEFT_OVER, "# TO" + "DO: later"),
        (MACHINE, "see /wo" + "rk/shared"),
        (MACHINE, '"/ro' + 'ot"'),
        (MACHINE, "=/tmp" + "/v/venv"),
        (REGISTRY, "https://py" + "pi.org/simple"),
        (REGISTRY, "https://host/sim" + "ple/numpy"),
        (REGISTRY, "http://mirror." + "somewhere.net"),
    ],
)
def test_a_planted_one_is_found(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


@pytest.mark.parametrize(
    "text", ["level/root", "a/work", "the work", "/workers", "sheets_root", "https://a.example/root"]
)
def test_harmless_ones_are_not(text: str) -> None:
    assert not MACHINE.search(text)


def test_a_long_function_is_found() -> None:
    assert long_functions("def f():\n" + "    x = 1\n" * MAX_FUNCTION)
    assert not long_functions("def f():\n" + "    x = 1\n" * (MAX_FUNCTION - 1))


def test_the_package_is_typed() -> None:
    assert (SOURCE / "py.typed").exists()
