"""The end of a check's screen: the verdict once more, and the one thing to do next, in sight on 24 lines."""

from __future__ import annotations

import io

import pytest

from mutualchain.cli.ending import NEXT, show_end
from mutualchain.cli.language import Words
from mutualchain.cli.screen import Screen
from tests.cli.harness import LATER, Small, done


def ending(found: set[str], language: str = "en") -> str:
    stream = io.StringIO()
    show_end(Screen(stream, 80), "all is well.", found, Words(language))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ({"well"}, "well"),
        ({"well", "first"}, "well"),
        ({"well", "unkept"}, "unkept"),
        ({"well", "unkept", "older"}, "older"),
        ({"well", "unkept", "older", "doubt"}, "doubt"),
        ({"well", "unkept", "owing"}, "owing"),
        ({"well", "owing", "uncovered"}, "uncovered"),
        ({"case", "later"}, "later"),
        ({"case", "unwitnessed"}, "case"),
    ],
)
def test_what_is_most_urgent_is_said_and_nothing_else(found: set[str], wanted: str) -> None:
    assert " ".join(ending(found).split()) == f"VERIFIED: all is well. {NEXT[wanted]}"


def test_the_last_lines_say_the_verdict_the_balance_and_that_nothing_is_to_be_done(template: Small) -> None:
    checking = ("verify-my-record", template.record, "--passport", template.passport)
    shown = done(*checking, clock=lambda: LATER)
    assert "VERIFIED: Your balance is 9.94 yuan." in shown.out.splitlines()[-4:]
    assert "nothing you have to do" in " ".join(shown.out.splitlines()[-2:])
    chinese = done(*checking, "--lang", "zh", clock=lambda: LATER)
    assert "核验通过：您的余额为 9.94 元。" in chinese.out.splitlines()[-4:]


def test_without_pins_she_is_told_to_keep_the_file(template: Small) -> None:
    shown = done(
        "verify-my-record", template.record, "--passport", template.passport, "--no-pin", clock=lambda: LATER
    ).out
    assert NEXT["unkept"] in " ".join(shown.splitlines()[-2:])
