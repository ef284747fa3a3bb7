"""Field readers: the right type within the right range, or the format's own error."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mutualchain.block import fields
from mutualchain.errors import EntryError

Reader = Callable[[object], object]

READERS: dict[str, Reader] = {
    "an array": lambda value: fields.array(value, None, "it", EntryError),
    "an array of two": lambda value: fields.array(value, 2, "it", EntryError),
    "a map": lambda value: fields.mapping(value, ("a", "b"), "it", EntryError),
    "an integer": lambda value: fields.integer(value, "it", EntryError, low=1, high=9),
    "a natural number": lambda value: fields.integer(value, "it", EntryError),
    "three bytes": lambda value: fields.blob(value, 3, "it", EntryError),
    "up to three bytes": lambda value: fields.blob(value, None, "it", EntryError, most=3),
    "bytes": lambda value: fields.blob(value, None, "it", EntryError),
    "text": lambda value: fields.text(value, "it", EntryError, most=4),
    "a name": lambda value: fields.name(value, "it", EntryError),
}

ACCEPTED: list[tuple[str, object]] = [
    ("an array", ()),
    ("an array", (1, 2, 3)),
    ("an array of two", (1, 2)),
    ("a map", {"a": 1, "b": 2}),
    ("a map", {"b": 1, "a": 2}),
    ("an integer", 1),
    ("an integer", 9),
    ("a natural number", 0),
    ("a natural number", 2**63 - 1),
    ("three bytes", b"abc"),
    ("up to three bytes", b""),
    ("up to three bytes", b"abc"),
    ("bytes", b"abcd" * 100),
    ("text", "互助公约"),
    ("text", " "),
    ("a name", "0"),
    ("a name", "plan-1-"),
    ("a name", "x" * 64),
]

REFUSED: list[tuple[str, object]] = [
    ("an array", {}),
    ("an array", []),
    ("an array", "ab"),
    ("an array of two", (1,)),
    ("an array of two", (1, 2, 3)),
    ("an array of two", "ab"),
    ("a map", ("a", "b")),
    ("a map", {"a": 1}),
    ("a map", {"a": 1, "b": 2, "c": 3}),
    ("a map", {"a": 1, "c": 2}),
    ("an integer", 0),
    ("an integer", 10),
    ("an integer", True),
    ("an integer", 1.0),
    ("an integer", "1"),
    ("a natural number", False),
    ("a natural number", -1),
    ("a natural number", 2**63),
    ("three bytes", b"ab"),
    ("three bytes", b"abcd"),
    ("three bytes", "abc"),
    ("three bytes", 3),
    ("up to three bytes", b"abcd"),
    ("up to three bytes", "abc"),
    ("bytes", "abc"),
    ("text", ""),
    ("text", "abcde"),
    ("text", b"ab"),
    ("text", "a\nb"),
    ("text", "\x00"),
    ("text", "\x1b["),
    ("text", "\x7f"),
    ("text", "\x9b"),
    ("text", "\ud800"),
    ("text", 1),
    ("a name", ""),
    ("a name", "x" * 65),
    ("a name", "-a"),
    ("a name", "A"),
    ("a name", "a_b"),
    ("a name", "a\n"),
    ("a name", "a b"),
    ("a name", "٣"),
    ("a name", "计划"),
    ("a name", b"a"),
    ("a name", 0),
]


def shown(value: object) -> str:
    return ascii(value)[:20]


@pytest.mark.parametrize(("reader", "value"), ACCEPTED, ids=shown)
def test_the_right_value_comes_back_as_it_is(reader: str, value: object) -> None:
    assert READERS[reader](value) is value


@pytest.mark.parametrize(("reader", "value"), REFUSED, ids=shown)
def test_any_other_value_is_refused_by_the_name_of_its_field(reader: str, value: object) -> None:
    with pytest.raises(EntryError, match=r"^it is ") as caught:
        READERS[reader](value)
    assert caught.value.diagnostics()


def test_a_refusal_shows_no_more_of_a_value_than_a_line() -> None:
    with pytest.raises(EntryError) as caught:
        fields.integer("x" * 10_000, "it", EntryError)
    assert len(str(caught.value.value)) <= 120


def test_a_proof_is_a_bounded_array_of_hashes() -> None:
    proof = (bytes(32), b"\1" * 32)
    assert fields.hashes(proof, EntryError) == proof
    assert fields.hashes((), EntryError) == ()
    for wrong in (proof * 2, b"", (bytes(31),), ("a" * 32,)):
        with pytest.raises(EntryError):
            fields.hashes(wrong, EntryError, most=3)
