"""What an operator's lie about a case breaks is said to everybody in both languages, and where it stands."""

from __future__ import annotations

import re

import pytest

from mutualchain.cli.language import Words
from mutualchain.cli.rules import said, where
from mutualchain.cli.rules_cases import ENTRIES
from mutualchain.covenant.acts import ACTS
from mutualchain.disclosure.verify import verify_disclosure
from mutualchain.errors import MutualchainError
from tests.disclosure import test_items as items
from tests.disclosure import test_lies as lies
from tests.disclosure.tools import begun
from tests.ledger.world import TRUST

EN, ZH = Words("en"), Words("zh")
CHINESE = re.compile("[\u4e00-\u9fff]")
CLAUSE = re.compile(
    r"（[a-z_.]+）|\b[a-z_]+\.[a-z_]+\b|'[a-z]+'|\b(?:clinic|eyes|nobody|hospital|investigator|critical|mild)\b"
)


def told(error: MutualchainError) -> str:
    """The sentence in Chinese, which has no English in it but names and clauses."""
    sentence = said(error.message, ZH, (2, "CNY"))
    assert sentence is not None, error.message
    assert CHINESE.search(sentence)
    assert not re.search("[a-z]{3,}", CLAUSE.sub("", sentence)), sentence
    assert said(error.message, EN, (2, "CNY")) is not None
    return sentence


@pytest.mark.parametrize("most", [lies.WHOLE, lies.SINGLE], ids=["whole", "single"])
@pytest.mark.parametrize("lie", lies.LIES, ids=lambda lie: lie.name)
def test_every_lie_is_said_in_chinese(lie: lies.Lie, most: int) -> None:
    work = begun()
    case = lie.tell(work)
    with pytest.raises(MutualchainError) as caught:
        verify_disclosure(lies.shown(work, case, lie, most), TRUST)
    told(caught.value)
    assert caught.value.place is not None
    assert CHINESE.search(where(caught.value.place, ZH))


@pytest.mark.parametrize("forgery", [item for item in items.FORGERIES if item.refused], ids=lambda item: item.name)
def test_every_forged_item_is_said_in_chinese(forgery: items.Forgery) -> None:
    with pytest.raises(MutualchainError) as caught:
        forgery.check()
    told(caught.value)


def test_every_kind_of_entry_about_a_case_has_a_name() -> None:
    others = {"plan", "amendment", "proposal", "round", "fund", "treasury", "closing", "closing_statement"}
    assert set(ACTS) - set(ENTRIES) <= others


@pytest.mark.parametrize(
    ("place", "chinese"),
    [
        ("approval in block 20", "第 20 号区块中的批准"),
        ("the claimant's rows: round 3", "申请人的各期：第 3 期"),
        ("the claimant's rows: slot 3", "申请人的各期：slot 3"),
        ("request", "申请"),
    ],
)
def test_places_are_named(place: str, chinese: str) -> None:
    assert where(place, ZH) == chinese
