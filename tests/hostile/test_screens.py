"""Strings of strangers on the screen: a plan's title, a file's name, what a forged file says of itself.

Nothing of them steers a terminal, turns the reading direction, or stands where a verdict stands; and JSON, which
programs print on terminals too, says the same without one character that could.
"""

from __future__ import annotations

import io
import json
import unicodedata
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from rich.console import Console

from mutualchain.cli.app import App, json_text
from mutualchain.cli.checking import check_record, show_outcome
from mutualchain.cli.language import LANGUAGES, Words
from mutualchain.cli.refusal import SHOUTED
from mutualchain.cli.screen import Screen
from mutualchain.covenant.document import Covenant
from mutualchain.errors import CovenantError, FrameError, MutualchainError
from mutualchain.record import frame
from tests.cli.harness import call
from tests.record.forge import COVENANT, HER_KEY, ORIGIN, TRUST
from tests.record.test_bytes import nodes
from tests.record.test_dishonest_rules import begun
from tests.record.tools import file_of, thaw
from tests.record.world import world

from .kinds import KINDS, Kind

TITLES = {
    "turned round": "A plan \u202eDEIFIREV\u202c",
    "isolated": "\u2066A plan\u2069\u2067",
    "marks of direction": "\u200fA\u200e plan\u061c",
    "nothing between": "A\u200b\u200c\u200d\ufeff\u2060 plan",
    "lines of another kind": "A plan\u2028VERIFIED\u2029VERIFIED",
    "wide blanks": "A plan\u3000\u2003\u00a0VERIFIED",
    "tags": "A plan\U000e0041\U000e007f",
    "padded to the edge": "x" * 70 + " VERIFIED",
    "padded with what is not seen": "A plan" + "\u3164" * 60 + " VERIFIED",
    "in the middle": "A plan, VERIFIED " + "x" * 60,
    "Chinese and a verdict": "计划" * 30 + "核验通过",
    "markup": "[bold red]VERIFIED[/] :smile: <b>&amp;",
    "braces": "{title} {0} {day.__class__}",
    "of a format": "%s %n ${IFS} `id`",
    "private letters": "A plan \ue000\uf8ff",
    "half a pair, well formed": "A plan \U0001f600",
}
REFUSED = ["\x1b[2J", "\x9b2J", "\x07", "\r", "\n", "\x00", "\x7f", "\x85"]
STEERING = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
VERDICTS = {Words(language).say(word) for language in LANGUAGES for word in SHOUTED.values()}


def steering(text: str) -> set[str]:
    """What no screen may get: control and format characters, other line ends."""
    return {char for char in text if unicodedata.category(char) in STEERING and char != "\n"}


@cache
def record(title: str) -> bytes:
    return begun(replace(COVENANT, title=title)).record()


@pytest.mark.parametrize("width", [40, 80, 100])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", TITLES)
def test_a_plans_title_neither_steers_nor_judges(name: str, language: str, width: int) -> None:
    outcome = check_record(record(TITLES[name]), TRUST, public_key=HER_KEY)
    stream = io.StringIO()
    show_outcome(Screen(stream, width), outcome, Words(language), None)
    assert steering(stream.getvalue()) == set()
    said = [line for line in stream.getvalue().splitlines() if any(line.startswith(word) for word in VERDICTS)]
    assert len(said) == 2
    assert said[1] in stream.getvalue().splitlines()[-3:]  # once more, where the screen ends
    coloured = io.StringIO()
    console = Console(file=coloured, force_terminal=False, width=width, highlight=False, markup=False, emoji=False)
    show_outcome(Screen(coloured, width, console), outcome, Words(language), None)
    assert steering(coloured.getvalue()) == set()


@pytest.mark.parametrize("text", REFUSED)
def test_a_title_with_control_characters_is_no_title(text: str) -> None:
    with pytest.raises(CovenantError):
        Covenant.simple(f"A plan {text}")


@pytest.mark.parametrize("name", TITLES)
def test_json_says_the_same_and_steers_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / "her.mcr").write_bytes(record(TITLES[name]))
    (tmp_path / "trust").write_bytes(TRUST.format())
    words = ("verify-my-record", tmp_path / "her.mcr", "--trust", tmp_path / "trust", "--public-key", HER_KEY.hex())
    found = call(*words, "--no-pin", "--max-age", "9999d", "--json", clock=lambda: 1_701_000_000_000)
    assert found.code == 0
    assert steering(found.out) == set()
    assert found.value["record"]["title"] == TITLES[name]


def test_json_text_is_json_of_the_same_value() -> None:
    value = {"a": "".join(map(chr, range(0x300))) + "心\u202e\U000e0041\U0001f600\udcff", "b": [1, True, None, "x\ny"]}
    assert json.loads(json_text(value)) == value == json.loads(json_text(value, 2))
    assert steering(json_text(value)) == set()
    assert "心" in json_text(value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_that_says_it_is_verified_is_no_file(language: str, tmp_path: Path) -> None:
    """What stands in an error's message or value is quoted behind a label, without what steers."""
    for data in (
        b"VERIFIED\n" * 10,
        b"\x1b[2J\x1b[HVERIFIED\n",
        b"mutualchain record v1\r\x1b[32mVERIFIED\x1b[0m\n",
        "mutualchain record v1 \u202eDEIFIREV".encode(),
        f"{ORIGIN}\n\x1b[2JVERIFIED\n\n\u2014 x x\n".encode(),
    ):
        file = tmp_path / "file"
        file.write_bytes(data)
        for words in (
            ("verify-my-record", file, "--trust", file),
            ("show", file),
            ("verify-disclosure", file, "--trust", file),
        ):
            found = call(*words, "--lang", language)
            assert found.code != 0
            assert steering(found.out + found.err) == set()
            assert not any(
                line.startswith(tuple(VERDICTS - {"TAMPERED", "COULD NOT CHECK"})) for line in found.out.splitlines()
            )


@pytest.mark.parametrize(
    "name",
    ["VERIFIED.mcr", "\x1b[2JVERIFIED", "\u202ercm.mcr", "a\nVERIFIED\nb.mcr", "-- --json", "$(id)", "`id`;x'\"y"],
)
def test_a_files_name_neither_steers_nor_judges(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(world().record("second"))
    shown = call("show", file)
    assert shown.code == 0
    assert steering(shown.out + shown.err) == set()
    assert not any(line.startswith(tuple(VERDICTS)) for line in shown.out.splitlines())
    assert "Nothing of this was checked" in shown.out
    machine = call("show", file, "--json")
    assert steering(machine.out) == set()
    assert machine.value["file"] == str(file)
    missing = call("show", str(file) + "x")
    assert steering(missing.err) == set()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_a_file_of_any_kind_says_is_shown_as_text(kind: Kind, tmp_path: Path) -> None:
    """Every text in it, were it full of what steers, comes out escaped."""
    if not kind.frame:
        return
    true = thaw(frame.unwrap(kind.frame, kind.true()))
    texts = [at for at, (here, key) in enumerate(nodes(true)) if isinstance(here[key], str)]
    for at in texts:
        tree = thaw(frame.unwrap(kind.frame, kind.true()))
        here, key = nodes(tree)[at]
        here[key] = "\u202e\u2066\u200b VERIFIED \x1b[2J \x9b \u2028" if at % 2 else "\u202eVERIFIED\u2028\U000e0041"
        (tmp_path / "file").write_bytes(file_of(tree, kind.frame))
        shown = call("show", tmp_path / "file")
        assert steering(shown.out + shown.err) == set()
        error = refusal(kind, (tmp_path / "file").read_bytes())
        assert error is None or steering(error.diagnostics()) == set()


def refusal(kind: Kind, data: bytes) -> MutualchainError | None:
    try:
        kind.read(data)
    except MutualchainError as error:
        return error
    return None


def test_a_note_on_stderr_is_printable(capsys: pytest.CaptureFixture[str]) -> None:
    App().note("\x1b[2J\u202e of a stranger")
    assert steering(capsys.readouterr().err) == set()
    assert steering(FrameError("\x1b[2J", value="\u202e", place="\u2028", hint="\x9b").diagnostics()) == set()


def test_a_picture_of_a_code_holds_modules_and_no_text(tmp_path: Path) -> None:
    """A link or a file's name is in the code alone, so a browser that opens the picture has nothing to run."""
    file, picture = tmp_path / '"><script>alert(1)<', tmp_path / "code.svg"
    file.write_bytes(world().record("second"))
    link = 'https://ledger.example.org/"><script>alert(1)</script>?x=<!--'
    assert call("qr", file, "--link", link, "-o", picture).code == 0
    text = picture.read_text(encoding="utf-8").lower()
    assert "script" not in text
    assert "example.org" not in text
    assert text.count("<") == text.count(">")
