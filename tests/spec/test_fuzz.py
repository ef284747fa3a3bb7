"""The library and the second verifier give one verdict on files changed at random, and no foreign exception."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mutualchain import canonical
from mutualchain.errors import MutualchainError
from mutualchain.record import frame
from tests.spec.files import framed, kind_of, library, pins, thawed
from tests.spec.second import Refused, Trust, receipt
from tests.spec.second_record import record
from tests.spec.story import TRUST

OPTIONS = {"trust": "trust.txt"}
WHOLE = [0, 1, -1, 2**32, 2**63 - 1, True, b"", "0", []]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every place of a value below its top, with what stands there."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield (*path, step), item
        yield from places(item, (*path, step))


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file whose content was changed at one place, framed again."""
    name = draw(st.sampled_from(sorted(framed())))
    value = thawed(copy.deepcopy(frame.unwrap(kind_of(name), framed()[name])))
    path, old = draw(st.sampled_from(list(places(value))))
    parent = value
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = draw(replacements(old))
    return name, frame.wrap(kind_of(name), value)


def replacements(old: Any) -> st.SearchStrategy[Any]:
    if isinstance(old, bytes) and old:
        flips = st.integers(0, 8 * len(old) - 1).map(lambda bit: flip(old, bit))
        return flips | st.sampled_from([old[:-1], old + b"\0", 0])
    if isinstance(old, int):
        return st.sampled_from([old + 1, max(old - 1, -1), *WHOLE])
    if isinstance(old, list) and old:
        others = [old[1:], old[:-1], [*old, old[0]], old[::-1], [], b""]
        return st.sampled_from(others).map(copy.deepcopy)
    return st.sampled_from([0, b"\0", [0]])


def flip(data: bytes, bit: int) -> bytes:
    at = bit // 8
    return data[:at] + bytes([data[at] ^ 1 << bit % 8]) + data[at + 1 :]


def second(data: bytes, kind: str) -> str:
    try:
        (record if kind == "record" else receipt)(data, Trust(TRUST.format()))
    except Refused as error:
        return error.code
    return ""


def code_with(data: bytes, pin: str) -> str:
    try:
        record(data, Trust(TRUST.format()), seen=pins()[pin])
    except Refused as error:
        return error.code
    return ""


@given(st.sampled_from(sorted(pins())), st.data())
def test_both_give_the_same_verdict_on_earlier_checkpoints_edited(pin: str, chosen: st.DataObject) -> None:
    value = thawed(copy.deepcopy(frame.unwrap("record", framed()["record-0-extends.mcr"])))
    path, old = chosen.draw(st.sampled_from(list(places(value["extends"]))))
    parent = value["extends"]
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = chosen.draw(replacements(old) | st.just(old))
    data = frame.wrap("record", value)
    with_pin = library(data, "record", {**OPTIONS, "seen": pin})
    assert code_with(data, pin) == with_pin[0]
    assert (with_pin[1] == 4) == (with_pin[0] in ("MC-174", "MC-175"))


@settings(max_examples=300)
@given(edited())
def test_both_give_the_same_verdict_on_an_edited_file(case: tuple[str, bytes]) -> None:
    name, data = case
    code, exit_code = library(data, kind_of(name), OPTIONS)
    assert exit_code in (0, 1, 3)
    assert (second(data, kind_of(name)) == "") == (code == "")


@given(st.binary(max_size=40) | st.sampled_from([b"\xc0", b"\x81\x01\x01", b"\x81\xa1a", b"\xcc\x01", b"\xd0\x01"]))
def test_both_read_the_same_canonical_values(data: bytes) -> None:
    from tests.spec.second import unpack

    try:
        mine: Any = thawed(canonical.decode(data, max_size=64))
    except MutualchainError:
        mine = Refused
    try:
        theirs = unpack(data, 64)
    except Refused:
        theirs = Refused
    assert mine == theirs
