"""Edits of a record that shows amendments, refunds, notices, new keys, corrections and ballots.

As in :mod:`.test_edited_files`: no edit is accepted that says something else, and none makes an honest operator look
guilty. The record is one of an honest chain laid together by the forge.
"""

from __future__ import annotations

import copy
import os
import random
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from mutualchain.covenant.acts import Approval, Disclosure, Payout, Sanction, Void
from mutualchain.errors import MutualchainError, ProofError, RecordIncomplete, RecordMismatch, SheetFormatError
from mutualchain.record.verify import verify_record
from mutualchain.tlog import ed25519
from tests.hostile.memory import bounded

from .forge import HER_KEY, HER_SLOT, TRUST, Forge, ruled
from .test_bytes import EACH_BIT, MEMORY_MB, PATTERNS, SEED, THOROUGH, alike, mutate
from .test_dishonest_rules import HEIR, asked, begun, handed
from .tools import content_of, digest, edited, file_of, frame_of, said, tree_of, verdict

Tree = Any
MUTATIONS = int(os.environ.get("MUTUALCHAIN_FUZZ", "1500"))


def rich() -> Forge:
    """Everything that can happen to her."""
    forge = begun(before=True)
    case = asked(forge)
    forge.tell(HER_SLOT, Disclosure(case, 600, digest("fields")))
    forge.tell(HER_SLOT, Approval(case, 600))
    forge.round(0, cases=((case, 600), (digest("another"), 110)))
    forge.tell(HER_SLOT, Payout(case, 400, "hospital", digest("bill")))
    forge.credit(HER_SLOT, 70)
    forge.correct(HER_SLOT, 70, 4)
    forge.amend(ruled("fee", bp=1000))
    forge.vote(HER_SLOT, digest("subject"), 1)
    handed(forge)
    forge.tell(HER_SLOT, Void(case, "malicious"))
    forge.refund(1, 0)
    forge.refund(1, 1)
    forge.withdraw(HER_SLOT, 20, signer=HEIR)
    forge.round(500)
    forge.tell(HER_SLOT, Sanction(HER_SLOT, case, "malicious", 0))
    return forge


@cache
def record() -> bytes:
    return rich().record()


@cache
def truth() -> tuple[Any, ...]:
    return said(verify_record(record(), TRUST, public_key=HER_KEY))


def put(name: str, at: int, value: Callable[[Tree], Any]) -> Callable[[Tree], None]:
    def edit(tree: Tree) -> None:
        tree[name][at] = value(tree)

    return edit


def cut(name: str, at: int) -> Callable[[Tree], None]:
    return lambda tree: tree[name].pop(at)


def swap(name: str, one: int, other: int) -> Callable[[Tree], None]:
    def edit(tree: Tree) -> None:
        items = tree[name]
        items[one], items[other] = items[other], items[one]

    return edit


def again(name: str, at: int) -> Callable[[Tree], None]:
    return lambda tree: tree[name].insert(at, copy.deepcopy(tree[name][at]))


def inside(name: str, at: int, where: int, value: Callable[[Tree], Any]) -> Callable[[Tree], None]:
    def edit(tree: Tree) -> None:
        tree[name][at][where] = value(tree)

    return edit


EDITS: dict[str, tuple[Callable[[Tree], Any], type[MutualchainError]]] = {
    "the adoption is left out": (cut("covenants", 0), RecordIncomplete),
    "the amendment is left out": (cut("covenants", 1), RecordIncomplete),
    "no covenant is shown": (lambda tree: tree["covenants"].clear(), RecordIncomplete),
    "the covenants are exchanged": (swap("covenants", 0, 1), RecordIncomplete),
    "a covenant is shown twice": (again("covenants", 1), RecordMismatch),
    "an entry is shown as a covenant": (put("covenants", 1, lambda tree: tree["entries"][0]), RecordMismatch),
    "an entry that a notice names is left out": (cut("entries", 2), RecordIncomplete),
    "the entries are exchanged": (swap("entries", 1, 2), RecordMismatch),
    "an entry is shown twice": (again("entries", 1), RecordMismatch),
    "an entry is shown that no notice names": (
        lambda tree: tree["entries"].insert(0, tree["covenants"][0]),
        RecordMismatch,
    ),
    "an entry is another's": (inside("entries", 1, 3, lambda tree: tree["entries"][2][3]), RecordMismatch),
    "an entry stands elsewhere": (inside("entries", 1, 0, lambda tree: 99), RecordMismatch),
    "an entry has another's proof": (inside("entries", 1, 2, lambda tree: tree["entries"][2][2]), ProofError),
    "a notice in the middle is left out": (cut("events", 2), RecordIncomplete),
    "what a ballot is on is changed": (
        lambda tree: [item.__setitem__(3, b"\x91\xc4\x20" + digest("x")) for item in tree["events"] if item[3]],
        RecordMismatch,
    ),
    "what a ballot is on is left out": (
        lambda tree: [item.__setitem__(3, b"") for item in tree["events"] if item[3]],
        RecordMismatch,
    ),
    "a credit is given something it was made for": (inside("events", 4, 3, lambda tree: b"\x90"), RecordMismatch),
    "the announcement is another round's": (inside("rounds", 0, 4, lambda tree: tree["rounds"][1][4]), RecordMismatch),
    "the announcement is an entry of hers": (
        inside("rounds", 0, 4, lambda tree: tree["entries"][0][:3]),
        RecordMismatch,
    ),
    "the announcement has no place": (
        inside("rounds", 0, 4, lambda tree: [99, *tree["rounds"][0][4][1:]]),
        RecordMismatch,
    ),
    "the round before has another's announcement": (
        inside("before", 0, 4, lambda tree: tree["rounds"][0][4]),
        RecordMismatch,
    ),
    "the first refund is left out": (cut("refunds", 0), RecordIncomplete),
    "the last refund is left out": (cut("refunds", 1), RecordIncomplete),
    "no refund is shown": (lambda tree: tree["refunds"].clear(), RecordIncomplete),
    "the refunds are exchanged": (swap("refunds", 0, 1), RecordIncomplete),
    "a refund is shown twice": (again("refunds", 0), RecordMismatch),
    "her row of a refund is left out": (inside("refunds", 0, 4, lambda tree: []), RecordIncomplete),
    "a refund shows two rows": (inside("refunds", 0, 4, lambda tree: tree["refunds"][0][4] * 2), RecordMismatch),
    "a refund has another's terms": (inside("refunds", 0, 3, lambda tree: tree["refunds"][1][3]), RecordMismatch),
    "a refund is a charge": (put("refunds", 0, lambda tree: [*tree["rounds"][0][:4], []]), RecordIncomplete),
    "a page of a refund is cut": (
        lambda tree: tree["refunds"][0][4][0].__setitem__(2, tree["refunds"][0][4][0][2][:-1]),
        SheetFormatError,
    ),
}


def test_the_rich_record_says_everything() -> None:
    data = verify_record(record(), TRUST, public_key=HER_KEY)
    assert {event.kind for event in data.events} == {"notice", "credit", "correction", "ballot", "withdrawal"}
    assert [item.amount > 0 for item in data.refunds] == [True, True]
    assert (len(data.covenants), len(data.keys), len(data.rounds), data.own_cases[0].state) == (2, 2, 2, "void")


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_the_files_fault(name: str) -> None:
    edit, error = EDITS[name]
    with pytest.raises(MutualchainError) as caught:
        verify_record(edited(record(), edit), TRUST, public_key=HER_KEY)
    assert type(caught.value) is error, caught.value.diagnostics()


def allowed(tree: Tree, true: Tree) -> bool:
    """Whether only what came after the last snapshot was left out, with the entries that it names: the limit."""
    if not isinstance(tree, dict) or not all(isinstance(tree.get(name), list) for name in ("events", "entries")):
        return False
    rest = alike({**true, "events": tree["events"], "entries": tree["entries"]}, tree)
    return rest and all(alike(tree[name], true[name][: len(tree[name])]) for name in ("events", "entries"))


def test_what_came_after_the_last_snapshot_can_be_left_out_and_nothing_else() -> None:
    tree = tree_of(record())
    tree["events"].pop()
    tree["entries"].pop()
    assert verify_record(file_of(tree), TRUST, public_key=HER_KEY).events[-1].kind == "withdrawal"


def test_a_mutated_record_is_refused_or_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ed25519, "verify", cache(ed25519.verify))
    chance = random.Random(SEED)
    true = tree_of(record())
    with bounded(MEMORY_MB):
        for _ in range(MUTATIONS):
            tree = copy.deepcopy(true)
            for _ in range(chance.choice([1, 1, 2, 3])):
                mutate(tree, chance)
            if allowed(tree, true):
                continue
            assert verdict(file_of(tree), TRUST, HER_KEY, truth()) is not None


def test_no_byte_of_the_content_can_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cases, refunds, corrections, ballots, new keys and versions: none of their bytes may say something else."""
    monkeypatch.setattr(ed25519, "verify", cache(ed25519.verify))
    content = content_of(record())
    for at in range(0, len(content), 1 if THOROUGH else 13):
        for pattern in EACH_BIT if THOROUGH else PATTERNS[at % 3 : at % 3 + 1]:
            changed = content[:at] + bytes([content[at] ^ pattern]) + content[at + 1 :]
            assert verdict(frame_of(changed), TRUST, HER_KEY, truth()) is not None, f"byte {at}, {pattern:#x}"
