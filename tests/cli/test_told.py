"""What only the member can know to be right is told to her: a key she did not ask for, a case she did not open."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from mutualchain.cli import told as module
from mutualchain.cli.checking import check_record, show_outcome
from mutualchain.cli.language import Words
from mutualchain.cli.screen import Screen
from mutualchain.covenant.acts import CaseApproval, Erasure, Sanction
from tests.record.forge import HER_KEY, HER_SLOT, TRUST, Forge, ruled
from tests.record.test_dishonest_rules import HEIR_KEY, begun, handed, objected, replaced
from tests.record.tools import digest

Deed = Callable[[Forge], object]


def screen_of(*deeds: Deed, language: str = "en", key: bytes = HER_KEY) -> str:
    """What she sees of a chain on which this was done."""
    forge = begun()
    for deed in deeds:
        deed(forge)
    stream = io.StringIO()
    outcome = check_record(forge.record(), TRUST, public_key=key)
    assert outcome.verdict == "verified", outcome.error
    show_outcome(Screen(stream, 1_000), outcome, Words(language), None)
    return stream.getvalue()


def opened(forge: Forge) -> None:
    """The operator opens a case in her name, of which she knows nothing."""
    forge.tell(HER_SLOT, CaseApproval(HER_SLOT, 600, digest("file")))


IN_FORCE: tuple[Deed, ...] = (replaced, lambda forge: forge.wait(8), lambda forge: forge.round(700))
SHOWN: dict[str, tuple[tuple[Deed, ...], str]] = {
    "a key that is not in force yet": (
        (replaced,),
        "as if yours were lost. If you",
    ),
    "a key in force": (
        (replaced, lambda forge: forge.wait(8), lambda forge: forge.round(700)),
        "speaks for the slot now",
    ),
    "a key that she objected to": ((lambda forge: objected(forge, replaced(forge)),), "and you objected"),
    "a handover": ((handed,), "handed over to another key"),
    "a case in her name": (
        (opened,),
        "in your name was opened on 14 November 2023, for 6.00 yuan: 6.00 yuan was",
    ),
    "a sanction": (
        (lambda forge: forge.tell(HER_SLOT, Sanction(HER_SLOT, b"", "malicious", 0)),),
        "barred from asking for aid, for malicious initiation",
    ),
    "an erasure": (
        (lambda forge: forge.tell(HER_SLOT, Erasure(HER_SLOT, b"", "law")),),
        "was erased: as the law asks",
    ),
    "a fee that rose": (
        (lambda forge: forge.amend(ruled("fee", bp=1_000)),),
        "the covenant was changed, in",
    ),
}


@pytest.mark.parametrize("name", SHOWN)
def test_she_is_told_of(name: str) -> None:
    deeds, says = SHOWN[name]
    assert says in screen_of(*deeds)
    assert says not in screen_of()


@pytest.mark.parametrize("name", SHOWN)
def test_she_is_told_in_chinese(name: str) -> None:
    deeds, _ = SHOWN[name]
    before, after = screen_of(language="zh"), screen_of(*deeds, language="zh")
    new = [line for line in after.splitlines() if line not in before]
    assert new
    tables = [*module.KEYS.values(), *module.CASES.values(), *module.OTHERS.values()]
    assert not any(sentence[:12] in after for sentence in tables)


def test_whoever_holds_the_new_key_sees_the_same() -> None:
    assert screen_of(*IN_FORCE, key=HEIR_KEY) == screen_of(*IN_FORCE)
