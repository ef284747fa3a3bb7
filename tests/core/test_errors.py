"""What an error shows a person: every part on a line of its own, whatever the offending bytes try."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.errors import ERRORS, CanonicalError, CovenantError, MutualchainError, UsageError, by_code


def test_an_error_shows_code_sentence_place_value_and_hint() -> None:
    error = CanonicalError("bytes follow the value", value=b"\x01\xff", place="block 7", hint="Get it again.")
    assert error.diagnostics().splitlines() == [
        "MC-010: bytes follow the value",
        "  at:    block 7",
        "  value: 01ff",
        "  hint:  Get it again.",
    ]
    assert str(error) == error.message == "bytes follow the value"


def test_an_error_without_place_and_value_shows_its_class_s_hint() -> None:
    assert UsageError("no plan was named").diagnostics().splitlines() == [
        "MC-002: no plan was named",
        f"  hint:  {UsageError.default_hint}",
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (False, "False"),
        ("", ""),
        ("李*", "李*"),
        (b"\xab" * 100, "ab" * 100),
        (b"\xab" * 101, "ab" * 100 + "..."),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 200 + "..."),
        (10**6_000, "an integer of 19932 bits"),
        (-(10**6_000), "an integer of 19932 bits"),
        ("a\nMC-000: VERIFIED", r"a\nMC-000: VERIFIED"),
        ("\x1b[2J\x9b2J\x7f", r"\x1b[2J\x9b2J\x7f"),
        ("\u202egnp\u2028\ud800", r"\u202egnp\u2028\ud800"),
        ((1, "a"), "(1, 'a')"),
    ],
    ids=lambda part: ascii(part)[:20] if isinstance(part, str | bytes) else type(part).__name__,
)
def test_a_value_is_shown_as_one_short_printable_line(value: object, shown: str) -> None:
    assert MutualchainError("it", value=value).diagnostics().splitlines()[1] == f"  value: {shown}".rstrip("\n")


@given(st.text(), st.text(), st.one_of(st.text(), st.binary(), st.integers(), st.lists(st.text())))
def test_nothing_that_stands_in_a_file_adds_a_line_or_steers_a_terminal(
    message: str, place: str, value: object
) -> None:
    shown = MutualchainError(message, place=place, value=value).diagnostics()
    assert len(shown.split("\n")) == 4
    assert all(char.isprintable() for char in shown.replace("\n", ""))
    shown.encode()


def test_a_code_leads_to_its_class_however_it_is_typed() -> None:
    assert by_code(" mc-010\n") is CanonicalError
    assert by_code("MC-999") is None
    assert by_code("") is None


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_each_error_can_be_raised_caught_and_shown(kind: type[MutualchainError]) -> None:
    with pytest.raises(MutualchainError) as caught:
        raise kind("a sentence", value=b"\x00")
    assert caught.value.hint == kind.default_hint
    assert caught.value.diagnostics().startswith(f"{kind.code}: a sentence\n")


def test_a_covenant_s_error_carries_all_violations() -> None:
    error = CovenantError("a; b", violations=("a", "b"), value=1)
    assert (error.violations, error.value) == (("a", "b"), 1)
    assert CovenantError("a").violations == ()
