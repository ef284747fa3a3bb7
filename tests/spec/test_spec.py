"""SPEC.md says what the code does: its examples, tables, sections and files."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mutualchain.errors import ERRORS
from tests.project.tree import SOURCE
from tests.spec.examples import FRAMED, SPEC, blocks_of, examples, rewritten, same_frame
from tests.spec.files import (
    CHANGES,
    HERE,
    TRUSTS,
    content_of,
    documents,
    dumped,
    framed,
    library,
    pins,
    stored_content,
)

TEXT = SPEC.read_text(encoding="utf-8")
HINT = "run `make vectors`, and mark the change in CHANGELOG.md"


@pytest.mark.parametrize("name", sorted(blocks_of(TEXT)))
def test_an_example_is_what_the_code_makes(name: str) -> None:
    kind, body = blocks_of(TEXT)[name]
    made = examples()[name]
    if name in FRAMED:
        assert same_frame(body, made[1]), HINT
    else:
        assert (kind, body) == made, HINT


def test_every_example_is_shown_once() -> None:
    names = re.findall(r"^```(?:hex|value|text) name=(\S+)$", TEXT, re.MULTILINE)
    assert sorted(names) == sorted(examples())


def test_writing_the_examples_again_changes_nothing() -> None:
    assert rewritten(TEXT) == TEXT, HINT
    assert rewritten("```hex name=chain\n00\n```\n```hex name=other\n00\n```") == (
        f"```hex name=chain\n{examples()['chain'][1]}\n```\n```hex name=other\n00\n```"
    )


def test_a_frame_is_compared_by_content() -> None:
    made = examples()["frame"][1]
    assert same_frame(made, made)
    assert not same_frame(made, made[:-2])


def sections() -> dict[str, str]:
    return dict(re.findall(r"^##+ (\d+(?:\.\d+)?)\.? (.+)$", TEXT, re.MULTILINE))


def test_sections_are_numbered_without_gaps() -> None:
    whole = [number for number in sections() if "." not in number]
    assert whole == [str(at) for at in range(1, len(whole) + 1)]
    for number in whole:
        inner = [int(found.split(".")[1]) for found in sections() if found.startswith(number + ".")]
        assert inner == list(range(1, len(inner) + 1))


EXPECTED = {
    "canonical": "2",
    "sheet": "3",
    "entry": "4",
    "header": "5",
    "block": "5",
    "plan": "6",
    "frame": "9",
    "bundle": "10",
}


def test_docstrings_cite_sections_that_there_are() -> None:
    cited = set()
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for number in re.findall(r"SPEC\.md,?\s+section\s+\"?([\w.]*\w)", text):
            assert number in sections(), f"{path.name} cites section {number}"
            cited.add((path.parent.name if path.parent.name in ("sheet", "evidence") else path.stem, number))
    for module, number in cited:
        if module in EXPECTED:
            assert number.split(".")[0] == EXPECTED[module], f"{module} cites section {number}"


def test_every_code_named_is_a_code() -> None:
    codes = {kind.code for kind in ERRORS}
    assert set(re.findall(r"MC-\d{3}", TEXT)) <= codes


@pytest.mark.parametrize("name", sorted(documents()))
def test_a_json_vector_is_what_the_code_makes(name: str) -> None:
    assert (HERE / name).read_text(encoding="utf-8") == dumped(name, documents()[name]), HINT


@pytest.mark.parametrize("name", sorted(framed()))
def test_a_framed_vector_has_the_content_that_the_code_makes(name: str) -> None:
    assert stored_content(name) == content_of(name, framed()[name]), HINT


def test_the_trust_files_and_pins_are_there_and_nothing_else_is() -> None:
    assert {name: (HERE / name).read_bytes() for name in TRUSTS} == {name: t.format() for name, t in TRUSTS.items()}
    assert {name: (HERE / name).read_bytes() for name in pins()} == pins()
    assert {path.name for path in HERE.iterdir()} == {*TRUSTS, *pins(), *framed(), *documents()}


@pytest.mark.parametrize("vector", documents()["negative.json"], ids=str)
def test_each_negative_vector_is_refused_as_no_usage_error(vector: dict[str, Any]) -> None:
    assert vector["code"]
    assert vector["exit_code"] in ((1, 3, 4) if "seen" in vector else (1, 3))


def test_what_is_not_changed_is_not_refused() -> None:
    options = {"trust": "trust.txt"}
    honest = [name for name in framed() if not name.startswith("forged")]
    assert {library(framed()[name], "record" if name.endswith(".mcr") else "receipt", options) for name in honest} == {
        ("", 0)
    }


def test_each_change_is_listed_once() -> None:
    assert len({repr(change) for change in CHANGES}) == len(CHANGES)
