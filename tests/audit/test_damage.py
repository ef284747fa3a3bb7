"""A copy of an honest chain in which something stored was changed: each damage is found, named, and found alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mutualchain.archive import layout
from mutualchain.audit import Breach, Verdict
from mutualchain.block.chain import BLOCKS, EVENTS, SHEETS
from tests.audit.story import MEMBERS, Copy, shown, story

AT = story().at
ROWS = MEMBERS + 1
"""Rows of the first charge sheet: the one enrolled alone, and the many."""

Damage = Callable[[Copy], object]


def place(name: str, rest: str = "") -> str:
    return f"block {AT[name]}" + (f", {rest}" if rest else "")


def charge(copy: Copy, at: int, value: int) -> None:
    copy.edit_bundle(layout.bundle(AT["charge 1"], 0, 0), ROWS * 6, at, value)


def bundle_and_tile(copy: Copy) -> None:
    charge(copy, 4 * 5, 99)
    copy.flip(layout.tile(AT["charge 1"], 0, 0, 0))


def swap_blocks(copy: Copy) -> None:
    one, other = layout.block(AT["charge 1"]), layout.block(AT["payout"])
    copy.data[one], copy.data[other] = copy.data[other], copy.data[one]


def cut_off(copy: Copy) -> None:
    """The last blocks removed, with everything that belongs to them, and the head set back."""
    size = AT["charge 3"]
    copy.head = size.to_bytes(8, "big") + copy.data[layout.node(BLOCKS, "", 0, size - 1)]


def stray_leaf(copy: Copy) -> None:
    copy.data[layout.plan_leaf("demo", AT["charge other"])] = copy.data[layout.plan_leaf("demo", AT["many"])]


def resigned(copy: Copy) -> None:
    """Another base64 digit in the checkpoint's signature: a flipped bit might make it none, and the note no note."""
    note = bytearray(copy.data[layout.CHECKPOINT])
    note[-30] = ord("B" if note[-30] == ord("A") else "A")
    copy.data[layout.CHECKPOINT] = bytes(note)


CASES: dict[str, tuple[Damage, list[tuple[str, str]]]] = {
    # blocks
    "a block's signature": (lambda c: c.flip(layout.block(AT["credit"])), [("MC-063", place("credit"))]),
    "a block's header": (lambda c: c.flip(layout.block(AT["charge 1"]), 60), [("MC-063", place("charge 1"))]),
    "a block's encoding": (lambda c: c.flip(layout.block(AT["charge 1"]), 0), [("MC-010", place("charge 1"))]),
    "the last block": (lambda c: c.flip(layout.block(AT["last"])), [("MC-063", place("last"))]),
    "the genesis block": (lambda c: c.flip(layout.block(0)), [("MC-063", "block 0")]),
    "a block removed": (lambda c: c.remove(layout.block(AT["charge 1"])), [("MC-113", place("charge 1"))]),
    "the block of an entry removed": (lambda c: c.remove(layout.block(AT["case"])), [("MC-113", place("case"))]),
    "the last block removed": (lambda c: c.remove(layout.block(AT["last"])), [("MC-113", place("last"))]),
    "the genesis block removed": (lambda c: c.remove(layout.block(0)), [("MC-113", "block 0")]),
    "two blocks exchanged": (swap_blocks, [("MC-067", place("charge 1")), ("MC-067", place("payout"))]),
    # entries
    "a case": (lambda c: c.flip(layout.entry(AT["case"], 0), 40), [("MC-062", place("case", "entry 0"))]),
    "an entry's version": (lambda c: c.flip(layout.entry(AT["case"], 0), 1), [("MC-062", place("case", "entry 0"))]),
    "an announcement": (
        lambda c: c.flip(layout.entry(AT["opening 1"], 0), 60),
        [("MC-062", place("opening 1", "entry 0"))],
    ),
    "an announcement removed": (
        lambda c: c.remove(layout.entry(AT["opening 1"], 0)),
        [("MC-113", place("opening 1", "entry 0"))],
    ),
    "a case removed": (lambda c: c.remove(layout.entry(AT["case"], 0)), [("MC-113", place("case", "entry 0"))]),
    "a payout": (lambda c: c.flip(layout.entry(AT["payout"], 0)), [("MC-062", place("payout", "entry 0"))]),
    "an anchor": (lambda c: c.flip(layout.entry(AT["anchor"], 0), 99), [("MC-062", place("anchor", "entry 0"))]),
    "a covenant": (lambda c: c.flip(layout.entry(AT["adoption"], 0), 99), [("MC-062", place("adoption", "entry 0"))]),
    # rows
    "an amount": (
        lambda c: charge(c, 4 * 5, 99),
        [("MC-042", place("charge 1", "sheet 0, page 0 (slots 0 to 255), slot 5"))],
    ),
    "an amount in the last, short page": (
        lambda c: charge(c, 6 * 256 + 4 * 3, 99),
        [("MC-042", place("charge 1", "sheet 0, page 1 (slots 256 to 300), slot 259"))],
    ),
    "an events counter": (
        lambda c: charge(c, 5 * 256 + 5, 0),
        [("MC-042", place("charge 1", "sheet 0, page 0 (slots 0 to 255), slot 5"))],
    ),
    "a status that there is not": (
        lambda c: charge(c, 4 * 256 + 3, 9),
        [("MC-044", place("charge 1", "sheet 0, bundle 0, row 3"))],
    ),
    "a bundle removed": (
        lambda c: c.remove(layout.bundle(AT["charge 1"], 0, 0)),
        [("MC-113", place("charge 1", "sheet 0, bundle 0"))],
    ),
    "a bundle that cannot be inflated": (
        lambda c: c.data.update({layout.bundle(AT["charge 1"], 0, 0): b"x" * 40}),
        [("MC-113", place("charge 1", "sheet 0, bundle 0"))],
    ),
    "a bundle and its tile": (
        bundle_and_tile,
        [("MC-042", place("charge 1", "sheet 0"))],
    ),
    "a member's key": (
        lambda c: c.edit_bundle(layout.bundle(AT["many"], 0, 0), MEMBERS * 72, 5, 99),
        [("MC-042", place("many", "sheet 0, page 0 (slots 1 to 16)"))],
    ),
    "members' rows removed": (
        lambda c: c.remove(layout.bundle(AT["many"], 0, 0)),
        [("MC-113", place("many", "sheet 0, bundle 0"))],
    ),
    "a credit": (
        lambda c: c.edit_bundle(layout.bundle(AT["credit"], 0, 0), 3 * 49, 49 + 8, 99),
        [("MC-042", place("credit", "sheet 0, page 1 (row 1)"))],
    ),
    "a withdrawal's signature": (
        lambda c: c.edit_bundle(layout.bundle(AT["withdrawal"], 0, 0), 113, 112, 99),
        [("MC-042", place("withdrawal", "sheet 0, page 0 (row 0)"))],
    ),
    "a secret": (
        lambda c: c.flip(layout.secret(AT["withdrawal"], 0)),
        [("MC-042", place("withdrawal", "sheet 0, page 0 (row 0)"))],
    ),
    "a secret of another length": (
        lambda c: c.data.update({layout.secret(AT["withdrawal"], 0): b"short"}),
        [("MC-113", place("withdrawal", "sheet 0"))],
    ),
    "what a sheet was made for": (
        lambda c: c.flip(layout.params(AT["charge 2"], 0), 3),
        [("MC-042", place("charge 2", "sheet 0, params"))],
    ),
    "what a sheet was made for, removed": (
        lambda c: c.remove(layout.params(AT["charge 2"], 0)),
        [("MC-113", place("charge 2", "sheet 0, params"))],
    ),
    # copies beside the chain
    "a tree tile": (
        lambda c: c.flip(layout.tile(AT["charge 1"], 0, 0, 0)),
        [("MC-203", place("charge 1", "sheet 0, tile 0/0, node 1"))],
    ),
    "a tree tile removed": (
        lambda c: c.remove(layout.tile(AT["many"], 0, 0, 0)),
        [("MC-203", place("many", "sheet 0, tile 0/0, node 0"))],
    ),
    "a plan's leaf": (
        lambda c: c.flip(layout.plan_leaf("demo", AT["credit"])),
        [("MC-203", place("credit", "plan 'demo'"))],
    ),
    "a plan's leaf removed": (
        lambda c: c.remove(layout.plan_leaf("other", AT["charge other"])),
        [("MC-203", place("charge other", "plan 'other'"))],
    ),
    "a plan's leaf too many": (stray_leaf, [("MC-203", "store")]),
    "a node of the block log": (
        lambda c: c.flip(layout.node(BLOCKS, "", 2, 1)),
        [("MC-203", "chain, log of blocks, node 2/1")],
    ),
    "a node of a log of sheets": (
        lambda c: c.remove(layout.node(SHEETS, "demo", 0, 3)),
        [("MC-203", "plan demo, log of sheets, node 0/3")],
    ),
    "a node of a log of entries": (
        lambda c: c.flip(layout.node(EVENTS, "demo", 1, 0)),
        [("MC-203", "plan demo, log of events, node 1/0")],
    ),
    "a leaf of a log of sheets": (
        lambda c: c.flip(layout.sheet_leaf("demo", 2)),
        [("MC-203", place("credit", "sheet 0"))],
    ),
    "a leaf of a log of entries": (
        lambda c: c.flip(layout.event_leaf("demo", 1)),
        [("MC-203", place("case", "entry 0"))],
    ),
    "the place of a numbered sheet": (
        lambda c: c.flip(layout.sheet_number("demo", "charge/1", 0)),
        [("MC-203", place("charge 1", "sheet 0"))],
    ),
    "the place of a first slot": (
        lambda c: c.remove(layout.first_slot("demo", 1)),
        [("MC-203", place("many", "sheet 0"))],
    ),
    "the place of a member's event": (
        lambda c: c.remove(layout.event("demo", 5, 2, 1)),
        [("MC-203", place("credit", "sheet 0, row 1"))],
    ),
    # the end
    "the checkpoint's text": (lambda c: c.flip(layout.CHECKPOINT, 20), [("MC-022", "checkpoint")]),
    "the checkpoint's signature": (resigned, [("MC-022", "checkpoint")]),
    "the head": (lambda c: setattr(c, "head", c.head[:-1] + bytes([c.head[-1] ^ 1])), [("MC-067", "head")]),
    "the last blocks cut off": (cut_off, [("MC-202", "checkpoint"), ("MC-203", "store")]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_damage_is_found_where_it_is_and_nothing_else(name: str) -> None:
    damage, wanted = CASES[name]
    copy = Copy()
    damage(copy)
    report = copy.audit()
    assert shown(report) == wanted
    assert report.verdict is Verdict.TAMPERED
    assert {finding.breach for finding in report.findings} == {Breach.DATA}
    assert all(finding.hint and finding.sentence for finding in report.findings)


@pytest.mark.parametrize("at", range(0, 330, 7))
def test_every_byte_of_a_block_counts(at: int) -> None:
    copy = Copy()
    copy.flip(layout.block(AT["charge 1"]), min(at, len(copy.data[layout.block(AT["charge 1"])]) - 1), 0x80)
    report = copy.audit()
    assert [where for _, where in shown(report)] == [place("charge 1")]
    assert report.verdict is Verdict.TAMPERED


def test_the_row_that_was_changed_is_shown_beside_what_it_should_be() -> None:
    copy = Copy()
    charge(copy, 4 * 5, 99)
    finding = copy.audit().findings[0]
    assert (finding.expected, finding.found) == ("amount 72, status 0, events 1", "amount 99, status 0, events 1")


@pytest.mark.parametrize("remove", [False, True])
def test_without_the_genesis_entry_no_signature_can_be_checked(remove: bool) -> None:
    copy = Copy()
    if remove:
        copy.remove(layout.entry(0, 0))
    else:
        copy.flip(layout.entry(0, 0), 40)
    report = copy.audit()
    assert sorted(shown(report)) == sorted(
        [("MC-113" if remove else "MC-062", "block 0, entry 0"), ("MC-200", "block 0")]
    )
    assert report.verdict is Verdict.TAMPERED
    assert any("signatures were not checked" in limit for limit in report.limits)


def test_without_a_checkpoint_nothing_is_concluded() -> None:
    copy = Copy()
    copy.remove(layout.CHECKPOINT)
    report = copy.audit()
    assert shown(report) == [("MC-200", "checkpoint")]
    assert (report.verdict, report.exit_code) == (Verdict.COULD_NOT_CHECK, 3)


def test_several_damages_are_all_reported() -> None:
    copy = Copy()
    names = [
        "a block's signature",
        "a payout",
        "an amount",
        "a withdrawal's signature",
        "a member's key",
        "a leaf of a log of entries",
        "what a sheet was made for",
        "the checkpoint's text",
        "the block of an entry removed",
    ]
    wanted = []
    for name in names:
        damage, findings = CASES[name]
        damage(copy)
        wanted += findings
    wanted.remove(("MC-203", place("case", "entry 0")))  # its block is gone: that leaf has nothing to differ from
    found = shown(copy.audit())
    assert set(wanted) <= set(found)
    assert len(found) <= len(wanted) + 3
