"""Files edited by somebody who has everything but the operator's keys, many valid records of the same chain included.

No edit is accepted that says something else, and none makes an honest operator look guilty: the code is never MC-176.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from mutualchain import canonical
from mutualchain.block.entry import entry_hash
from mutualchain.errors import (
    CanonicalError,
    MutualchainError,
    NotYourRecord,
    ProofError,
    RecordIncomplete,
    RecordMismatch,
    SheetFormatError,
    SheetProofError,
    UnsupportedVersion,
)
from mutualchain.record.verify import verify_record
from mutualchain.tlog.note import Signature, add_signatures

from .tools import ForgeryAccepted, content_of, edited, file_of, frame_of, said, thaw, tree_of, verdict
from .world import MAIN, NAMES, SECOND, TRUST, digest, world

Tree = Any
Change = Callable[[Tree], object]


def tree(name: str = "founder") -> Tree:
    return tree_of(world().record(name))


def early(name: str = "founder") -> Tree:
    """The same member's record of an earlier day."""
    return tree_of(world().early[name])


def other() -> Tree:
    """A record of the same slot in another plan."""
    return tree_of(world().record(0, SECOND))


def again(name: str = "founder") -> Tree:
    """The same member's record in the chain that the same operator began anew."""
    return tree_of(world("again").record(name))


def swap(items: list[Any], one: int, other: int) -> None:
    items[one], items[other] = items[other], items[one]


def put(path: str, value: Callable[[], Any]) -> Change:
    """An edit that puts a value at a path such as "rounds/0/1"."""

    def edit(into: Tree) -> None:
        *way, last = path.split("/")
        for step in way:
            into = into[int(step) if isinstance(into, list) else step]
        into[int(last) if isinstance(into, list) else last] = value()

    return edit


def leaf(path: str, change: Callable[[list[Any]], object]) -> Change:
    """An edit inside canonical bytes at a path."""

    def edit(into: Tree) -> None:
        *way, last = path.split("/")
        for step in way:
            into = into[int(step) if isinstance(into, list) else step]
        at: Any = int(last) if isinstance(into, list) else last
        inner = thaw(canonical.decode(into[at], max_size=1 << 20))
        change(inner)
        into[at] = canonical.encode(inner)

    return edit


def several(*edits: Change) -> Change:
    def edit(into: Tree) -> None:
        for one in edits:
            one(into)

    return edit


@dataclass(frozen=True)
class Edit:
    name: str
    edit: Change
    error: type[MutualchainError]
    member: str | int = "founder"


def of(name: str, path: str) -> Callable[[], Any]:
    """What stands at a path of another member's record."""

    def value() -> Any:
        found = tree(name)
        for step in path.split("/"):
            found = found[int(step) if isinstance(found, list) else step]
        return found

    return value


def bump(items: list[Any], at: int, by: int) -> None:
    items[at] += by


def forget(tree: Tree, *events: int) -> None:
    """Leave events out, and the entries that only they name."""
    for at in sorted(events, reverse=True):
        tree["events"].pop(at)
    named = {event[4][2][8:40] for event in tree["events"] if b"notice/1" in event[1]}
    tree["entries"] = [entry for entry in tree["entries"] if entry_hash(entry[3]) in named]


def one_round_less(leaf: list[Any]) -> None:
    bump(leaf[4][0], 1, -1)
    bump(leaf, 5, -1)


EDITS = [
    # --- old and new
    Edit("the old checkpoint over the new book", put("checkpoint", lambda: early()["checkpoint"]), ProofError),
    Edit("the new checkpoint over the old last block", put("head", lambda: early()["head"]), ProofError),
    Edit("the old plan leaf under the new last block", put("plans/1", lambda: early()["plans"][1]), ProofError),
    Edit("the old state of the chain", put("plans/0", lambda: early()["plans"][0]), ProofError),
    Edit("the old states of all plans", put("plans", lambda: early()["plans"]), ProofError),
    Edit("the old enrolment proof", put("enrolment", lambda: early()["enrolment"]), ProofError),
    Edit("the old rounds", put("rounds", lambda: early()["rounds"]), RecordIncomplete),
    Edit(
        "the old plan leaf and rounds",
        several(put("plans", lambda: early()["plans"]), put("rounds", lambda: early()["rounds"])),
        ProofError,
    ),
    Edit(
        "an old book altogether under the new checkpoint",
        lambda t: t.update({key: value for key, value in early().items() if key != "checkpoint"}),
        ProofError,
    ),
    # --- another chain of the same operator, origin and key
    Edit("the other chain's genesis", put("genesis", lambda: again()["genesis"]), ProofError),
    Edit("the other chain's checkpoint", put("checkpoint", lambda: again()["checkpoint"]), ProofError),
    Edit("the other chain's last block", put("head", lambda: again()["head"]), ProofError),
    Edit("the other chain's row", put("enrolment", lambda: again()["enrolment"]), ProofError),
    Edit("the other chain's covenant", put("covenants", lambda: again()["covenants"]), ProofError),
    # --- another plan
    Edit("another plan's name", put("plan", lambda: SECOND), ProofError),
    Edit("the name of a plan that there is not", put("plan", lambda: "nowhere"), RecordMismatch),
    Edit("the chain's own name", put("plan", lambda: ""), RecordMismatch),
    Edit("another plan's state twice", put("plans/1", lambda: other()["plans"][2]), ProofError),
    Edit("the chain's own state as plan", put("plans/1", lambda: tree()["plans"][0]), ProofError),
    Edit("two plans exchanged", lambda t: swap(t["plans"], 1, 2), ProofError),
    Edit("the plan's state in front of the chain's", lambda t: swap(t["plans"], 0, 1), ProofError),
    Edit("another plan left out", lambda t: t["plans"].pop(), ProofError),
    Edit("her plan and the chain alone", lambda t: t["plans"].__delitem__(slice(2, None)), ProofError),
    Edit("all plans left out", lambda t: t["plans"].clear(), ProofError),
    Edit("a plan shown twice", lambda t: t["plans"].append(t["plans"][-1]), ProofError),
    Edit("an empty state more", lambda t: t["plans"].append(b""), ProofError),
    Edit("more plans than a chain may have", lambda t: t["plans"].extend(t["plans"][-1:] * 256), RecordMismatch),
    Edit("another plan's enrolment", put("enrolment", lambda: other()["enrolment"]), ProofError),
    Edit("another plan's round", put("rounds/1", lambda: other()["rounds"][0]), ProofError),
    Edit("another plan's covenant", put("covenants", lambda: other()["covenants"]), ProofError),
    Edit(
        "another plan altogether, with her key at hand",
        lambda t: t.update(other()),
        NotYourRecord,
    ),
    # --- another member
    Edit("a neighbour's slot", put("slot", lambda: 13), NotYourRecord, 12),
    Edit("a distant member's slot", put("slot", lambda: 1), RecordMismatch, "between"),
    Edit("another member's enrolment", put("enrolment", of("poor", "enrolment")), RecordMismatch),
    Edit(
        "another member's enrolment and slot",
        several(
            put("enrolment", of("poor", "enrolment")),
            put("slot", of("poor", "slot")),
            lambda t: t.update(events=[], entries=[]),
        ),
        NotYourRecord,
    ),
    Edit("another member's whole record", lambda t: t.update(tree("poor")), NotYourRecord),
    Edit("another member's page of a round", put("rounds/0/5", of("poor", "rounds/0/5")), RecordMismatch),
    Edit("another member's event", put("events/0", of("poor", "events/0")), RecordMismatch),
    Edit("a later-joined member's rounds", put("rounds", of("second", "rounds")), RecordIncomplete),
    Edit(
        "a later-joined member's rounds and earlier round",
        several(put("rounds", of("second", "rounds")), put("before", of("second", "before"))),
        RecordIncomplete,
    ),
    # --- rounds left out, moved, added
    Edit("the first round left out", lambda t: t["rounds"].pop(0), RecordIncomplete),
    Edit("a round in the middle left out", lambda t: t["rounds"].pop(1), RecordIncomplete),
    Edit("the last round left out", lambda t: t["rounds"].pop(), RecordIncomplete),
    Edit("all rounds left out", lambda t: t["rounds"].clear(), RecordIncomplete),
    Edit(
        "the first round shown as before her time",
        lambda t: t["before"].append(t["rounds"].pop(0)[:5]),
        RecordIncomplete,
    ),
    Edit(
        "all rounds but the last shown as before her time",
        lambda t: (t["before"].append(t["rounds"][-2][:5]), t["rounds"].__delitem__(slice(-1))),
        RecordIncomplete,
    ),
    Edit(
        "the last round shown as before her time",
        lambda t: (t["before"].append(t["rounds"][-1][:5]), t["rounds"].clear()),
        RecordIncomplete,
    ),
    Edit("two rounds swapped", lambda t: swap(t["rounds"], 0, 1), RecordIncomplete),
    Edit("a round shown twice", lambda t: t["rounds"].insert(1, t["rounds"][1]), RecordIncomplete),
    Edit("one round in another's place", lambda t: t["rounds"].__setitem__(2, t["rounds"][1]), RecordIncomplete),
    Edit("the terms of two rounds swapped", lambda t: swap_at(t["rounds"], 0, 1, 3), RecordMismatch),
    Edit("the pages of two rounds swapped", lambda t: swap_at(t["rounds"], 0, 1, 4), MutualchainError),
    Edit("the leaves of two rounds swapped", lambda t: swap_at(t["rounds"], 0, 1, 1), ProofError),
    Edit("the positions of two rounds swapped", lambda t: swap_at(t["rounds"], 0, 1, 0), ProofError),
    Edit("the round before her time left out", lambda t: t["before"].clear(), RecordIncomplete, "second"),
    Edit(
        "a later round as the one before her time",
        lambda t: t["before"].__setitem__(0, t["rounds"][0][:5]),
        RecordIncomplete,
        "second",
    ),
    Edit("two rounds before her time", lambda t: t["before"].append(t["before"][0]), RecordMismatch, "second"),
    Edit(
        "a round before her time as hers",
        lambda t: (t["rounds"].insert(0, tree()["rounds"][0]), t["before"].clear()),
        RecordMismatch,
        "second",
    ),
    Edit(
        "the round before the one before her time",
        lambda t: t["before"].__setitem__(0, tree()["rounds"][0][:5]),
        RecordIncomplete,
        "between",
    ),
    Edit(
        "a round as her enrolment",
        lambda t: t["enrolment"].__setitem__(slice(None), [*t["rounds"][0][:3], t["rounds"][0][5]]),
        RecordMismatch,
    ),
    Edit(
        "her enrolment as a round",
        lambda t: t["rounds"][0].__setitem__(
            slice(None), [*t["enrolment"][:3], b"", t["enrolment"][:3], t["enrolment"][3]]
        ),
        RecordIncomplete,
    ),
    # --- events left out, moved, added
    Edit("the first event left out", lambda t: forget(t, 0), RecordIncomplete),
    Edit("an event in the middle left out", lambda t: forget(t, 1), RecordIncomplete),
    Edit("the last event left out that a round counts", lambda t: forget(t, -1), RecordIncomplete),
    Edit("all events left out", lambda t: forget(t, *range(len(t["events"]))), RecordIncomplete),
    Edit("an event left out, and not the entry that it names", lambda t: t["events"].pop(), RecordMismatch),
    Edit("an event shown twice", lambda t: t["events"].append(t["events"][0]), RecordIncomplete),
    Edit("two events swapped", lambda t: swap(t["events"], 0, 1), RecordIncomplete),
    Edit(
        "her enrolment among her events",
        lambda t: t["events"].append([*t["enrolment"][:3], b"", t["enrolment"][3]]),
        RecordMismatch,
    ),
    Edit(
        "a round among her events",
        lambda t: t["events"].append([*t["rounds"][0][:3], b"", t["rounds"][0][5]]),
        RecordMismatch,
    ),
    Edit("an event's salt exchanged", put("events/0/4/3", lambda: digest("salt")), SheetProofError),
    Edit("an event's salt left out", put("events/0/4/3", lambda: b""), SheetFormatError),
    Edit("a salt on a page that has none", put("rounds/0/5/3", lambda: digest("salt")), SheetFormatError),
    Edit(
        "the neighbour's event of one sheet",
        put("events/0/4", lambda: tree("second")["events"][0][4]),
        MutualchainError,
    ),
    # --- proofs and pages
    Edit("a page proof of another page", put("rounds/0/5/0", lambda: 1), MutualchainError),
    Edit("a page shorter by a row", lambda t: shorten(t["rounds"][0][5]), SheetFormatError),
    Edit("a sibling's total moved", lambda t: total(t["rounds"][0][5], 1), MutualchainError),
    Edit("a position one higher", lambda t: bump(t["enrolment"], 0, 1), ProofError),
    Edit("a position at the end of the log", put("enrolment/0", lambda: 2**40), RecordMismatch),
    Edit("a proof with a hash too many", lambda t: t["head"][1].append(digest("more")), ProofError),
    Edit("a proof with a hash too few", lambda t: t["head"][1].pop(), ProofError),
    Edit(
        "a proof of a block that is not the last",
        put("head", lambda: [tree()["genesis"][0], tree()["genesis"][2]]),
        ProofError,
    ),
    # --- inside signed bytes
    Edit("a later time in the last block", leaf("head/0", lambda b: b.__setitem__(0, later(b[0]))), ProofError),
    Edit("more slots in the plan leaf", leaf("plans/1", lambda b: b.__setitem__(3, b[3] + 1)), ProofError),
    Edit("fewer rounds in the plan leaf", leaf("plans/1", one_round_less), ProofError),
    Edit("another height in a sheet's leaf", leaf("enrolment/1", lambda b: bump(b, 0, 1)), ProofError),
    Edit("another aid in a round's terms", leaf("rounds/0/3", lambda b: bump(b, 8, 1)), RecordMismatch),
    Edit(
        "another fee in the covenant",
        put("covenants/0/3", lambda: canonical.encode([1, MAIN, "plan", {}])),
        RecordMismatch,
    ),
    # --- lists padded and reordered
    Edit("the covenant shown twice", lambda t: t["covenants"].append(t["covenants"][0]), RecordMismatch),
    Edit("the covenant left out", lambda t: t["covenants"].clear(), RecordIncomplete),
    Edit("the change of the block key left out", lambda t: t["keys"].clear(), MutualchainError),
    Edit("the change of the block key shown twice", lambda t: t["keys"].append(t["keys"][0]), RecordMismatch),
    Edit(
        "genesis among the changes of the block key",
        lambda t: t["keys"].insert(0, [0, *other_leaf(t)]),
        MutualchainError,
    ),
    # --- the format
    Edit("another version", put("version", lambda: 2), UnsupportedVersion),
    Edit("true for version 1", put("version", lambda: True), UnsupportedVersion),
    Edit("a field too many", put("extra", lambda: 1), RecordMismatch),
    Edit("a field too few", lambda t: t.pop("keys"), RecordMismatch),
    Edit("text for bytes", put("checkpoint", lambda: "text"), RecordMismatch),
    Edit("a negative slot", put("slot", lambda: -1), RecordMismatch),
    Edit("true for slot 1", put("slot", lambda: True), RecordMismatch),
    Edit("a slot beyond what slots can be", put("slot", lambda: 2**32), RecordMismatch),
]


def swap_at(rounds: list[Any], one: int, other: int, field: int) -> None:
    rounds[one][field], rounds[other][field] = rounds[other][field], rounds[one][field]


def shorten(page: list[Any]) -> None:
    page[1] -= 1
    page[2] = page[2][:-6]


def total(page: list[Any], by: int) -> None:
    page[4][0][0][0] += by


def later(header: bytes) -> bytes:
    value = thaw(canonical.decode(header, max_size=1 << 16))
    value[4] += 1
    return canonical.encode(value)


def other_leaf(into: Tree) -> list[Any]:
    leaf = canonical.encode([0, 0, 0, digest("x")])
    return [leaf, [], into["genesis"][1]]


@pytest.mark.parametrize("case", EDITS, ids=[case.name for case in EDITS])
def test_an_edited_record_is_refused(case: Edit) -> None:
    data, key = world().record(case.member), world().key(case.member)
    truth = said(verify_record(data, TRUST, public_key=key))
    forged = edited(data, case.edit)
    assert forged != data
    error = verdict(forged, TRUST, key, truth)
    assert isinstance(error, case.error), "accepted" if error is None else error.diagnostics()
    assert error.exit_code == (3 if case.error in (UnsupportedVersion, NotYourRecord) else 1)


def test_a_record_of_another_chain_of_the_same_operator_says_so() -> None:
    """Whoever holds the log's key can begin anew under the same name: the chain's identity is what differs."""
    mine = verify_record(world().record("founder"), TRUST, public_key=world().key("founder"))
    anew = verify_record(world("again").record("founder"), TRUST, public_key=world().key("founder"))
    assert mine.checkpoint.origin == anew.checkpoint.origin
    assert mine.chain != anew.chain


# --- any part of any record in the place of any other -----------------------------------------


def parts(value: Tree, depth: int, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of everything down to ``depth``."""
    found = [path] if path else []
    if depth and isinstance(value, dict | list):
        keys = value if isinstance(value, dict) else range(len(value))
        for key in keys:
            found += parts(value[key], depth - 1, (*path, key))
    return found


def at(value: Tree, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


@pytest.mark.parametrize("name", ["founder", "second", "between"])
def test_no_part_of_one_record_serves_in_another(name: str) -> None:
    data, key = world().record(name), world().key(name)
    mine = tree_of(data)
    truth = said(verify_record(data, TRUST, public_key=key))
    sources = [tree(other) for other in ("founder", "poor", "second", "latest") if other != name]
    sources += [early(), other(), again(name)]
    tried = 0
    for source in sources:
        for path in parts(mine, 3):
            try:
                theirs = at(source, path)
            except (IndexError, KeyError):
                continue
            if theirs == at(mine, path):
                continue
            forged = copy.deepcopy(mine)
            at(forged, path[:-1])[path[-1]] = copy.deepcopy(theirs)
            error = verdict(file_of(forged), TRUST, key, truth)
            assert error is not None, path
            tried += 1
    assert tried > 150


def test_events_after_the_last_snapshot_can_be_kept_back_and_the_result_says_so() -> None:
    data, key = world().record("spender"), world().key("spender")
    whole = verify_record(data, TRUST, public_key=key)
    cut = verify_record(edited(data, lambda t: t["events"].pop()), TRUST, public_key=key)
    assert len(cut.events) == len(whole.events) - 1
    assert dict(whole.limits)["since_last_round"] == {"count": 1}
    assert dict(cut.limits)["since_last_round"] == {"count": 0}
    never = verify_record(edited(world().record("late"), lambda t: t["events"].pop()), TRUST)
    assert dict(never.limits)["before_first_round"] == {"count": 0}


def test_a_signature_line_of_a_stranger_changes_nothing() -> None:
    """The one benign edit: a note may carry lines that its reader does not know (c2sp.org/signed-note)."""
    data, key = world().record("founder"), world().key("founder")
    line = Signature("stranger.example", b"\1\2\3\4", bytes(64))
    more = edited(data, lambda t: t.update(checkpoint=add_signatures(t["checkpoint"], [line])))
    assert verdict(more, TRUST, key, said(verify_record(data, TRUST, public_key=key))) is None


def test_without_her_key_a_neighbour_can_be_named_and_the_result_says_that_nobody_checked() -> None:
    """Pages are public, and show neighbours: a true record of somebody else. ``public_key`` is what refuses it."""
    data = world().record(12)
    with pytest.raises(ForgeryAccepted):
        verdict(edited(data, bump_slot), TRUST, None, said(verify_record(data, TRUST)))
    neighbour = verify_record(edited(data, bump_slot), TRUST)
    assert said(neighbour) == said(verify_record(world().record(13), TRUST))
    assert ("no_key", {}) in neighbour.limits


def bump_slot(into: Tree) -> None:
    into["slot"] += 1


def test_content_that_is_not_canonical_is_refused() -> None:
    content = content_of(world().record("latest"))
    for changed in (content + b"\0", content[:-1], b"\xdc\x00\x00", b"\xc0", b"\xcb" + bytes(8), b"\x81\xa1A\x01", b""):
        with pytest.raises(CanonicalError):
            verify_record(frame_of(changed), TRUST)


def test_every_member_of_the_world_has_a_true_record() -> None:
    for name in NAMES:
        assert verify_record(world().record(name), TRUST, public_key=world().key(name)).slot == world().slots[name]
