"""Pins: the next record must continue the book that was seen before; no false alarm, and nothing lost in silence."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.cli.pins import Pins, pins_folder
from mutualchain.errors import MutualchainError
from mutualchain.record import frame
from mutualchain.record.bundle import RecordBundle
from mutualchain.record.pinfile import PinFile, Pinned
from mutualchain.tlog.lineage import Lineage
from tests.cli.harness import LATER, ORIGIN, PLAN, Result, Small, call, check, done, refused, ticking
from tests.project.tree import ROOT


@dataclass(frozen=True)
class World:
    """One ledger, and a copy of it that went on in another way; records of slot 0 and what was published.

    old    8 blocks; also published as ``old``
    new    10 blocks; also published as ``public``
    bare   the same, without what proves the earlier sizes, as a large book's record may be
    other  10 blocks of the other book; also published as ``hidden``
    fork   11 blocks of the other book
    """

    folder: Path
    small: Small

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.mcr"


def pay(small: Small, folder: Path, clock: Callable[[], int], *references: str) -> None:
    for reference in references:
        done("credit", small.ledger, PLAN, "--slot", 0, "--amount", "1", "--reference", reference, clock=clock)


@pytest.fixture(scope="module")
def world(template: Small, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("pins-world")
    record = ("--slot", 0, "-o")
    done("record", template.ledger, PLAN, *record, folder / "old.mcr")
    done("publish", template.ledger, folder / "old")
    one, two = template.copy(folder / "a"), template.copy(folder / "b")
    clock = ticking(LATER)
    pay(one, folder, clock, "one", "two")
    done("record", one.ledger, PLAN, *record, folder / "new.mcr")
    bare = replace(RecordBundle.from_bytes((folder / "new.mcr").read_bytes()), extends=Lineage())
    (folder / "bare.mcr").write_bytes(bare.to_bytes())
    done("publish", one.ledger, folder / "public", clock=clock)
    clock = ticking(LATER)
    pay(two, folder, clock, "three", "four")
    done("record", two.ledger, PLAN, *record, folder / "other.mcr")
    done("publish", two.ledger, folder / "hidden", clock=clock)
    pay(two, folder, clock, "five")
    done("record", two.ledger, PLAN, *record, folder / "fork.mcr")
    return World(folder, template)


@pytest.fixture
def seen(world: World, tmp_path: Path) -> Callable[..., Result]:
    """Checks a record of the world, from a folder of its own where evidence may be written."""

    def checked(name: str, *more: object) -> Result:
        path = tmp_path / f"{name}.mcr"
        path.write_bytes(world.file(name).read_bytes())
        words = ("verify-my-record", path, "--passport", world.small.passport, *more)
        found = call(*words, clock=ticking(LATER + 9**8))
        if "--json" in more:
            check(found.value, "verify-my-record")
        return found

    return checked


def state(result: Result) -> tuple[int, str, int | None]:
    value = result.value
    return result.code, value["pin"]["state"], value["pin"]["size"]


def code(result: Result) -> tuple[int, str]:
    return result.code, result.value["error"]["code"]


# --- the ordinary course --------------------------------------------------------------------------


def test_the_first_is_kept_the_same_is_the_same_and_the_next_one_continues_it(seen: Callable[..., Result]) -> None:
    assert state(seen("old", "--json")) == (0, "first", None)
    assert state(seen("old", "--json")) == (0, "same", 8)
    assert state(seen("new", "--json")) == (0, "extends", 8)
    assert state(seen("new", "--json")) == (0, "same", 10)


def test_what_she_is_told_of_it(seen: Callable[..., Result]) -> None:
    first = seen("old").out
    assert "It is kept: the next one must continue it." in " ".join(first.split())
    assert "It continues the book" not in first
    second = " ".join(seen("new").out.split())
    assert "It continues the book that you saw before, 8 blocks long then" in second
    assert "compared with no earlier book" not in second


def test_an_older_file_that_she_had_accepted_is_no_alarm(seen: Callable[..., Result]) -> None:
    seen("old")
    seen("new")
    result = seen("old", "--json")
    assert state(result) == (0, "older", 10)
    assert "You have seen a newer book, 10 blocks long" in " ".join(seen("old").out.split())
    assert state(seen("new", "--json")) == (0, "same", 10), "an older one does not replace the newer"


def test_an_older_file_that_a_newer_one_was_shown_to_continue_is_no_alarm(seen: Callable[..., Result]) -> None:
    seen("new")
    assert state(seen("old", "--json")) == (0, "older", 10)


def test_a_record_without_the_proof_cannot_be_checked_and_changes_nothing(seen: Callable[..., Result]) -> None:
    seen("old")
    result = seen("bare", "--json")
    assert code(result) == (3, "MC-179")
    assert "--published" in result.value["error"]["hint"]
    assert "--since 8" in result.value["error"]["hint"]
    assert state(seen("old", "--json")) == (0, "same", 8)
    shown = seen("bare").out
    assert shown.startswith("COULD NOT CHECK\nWhether it continues the book that you saw before could not be checked.")


def test_the_published_ledger_shows_what_the_record_does_not(seen: Callable[..., Result], world: World) -> None:
    seen("old")
    assert state(seen("bare", "--published", world.folder / "public", "--json")) == (0, "extends", 8)
    assert state(seen("bare", "--json")) == (0, "same", 10)


def test_a_published_ledger_that_lags_behind_is_no_alarm(seen: Callable[..., Result], world: World) -> None:
    seen("old")
    result = seen("bare", "--published", world.folder / "old", "--json")
    assert code(result) == (3, "MC-179")
    assert "fewer than the larger" in result.value["error"]["message"]


def test_a_published_ledger_that_is_not_there_is_no_alarm(seen: Callable[..., Result], world: World) -> None:
    seen("old")
    result = seen("bare", "--published", world.folder / "nowhere", "--json")
    assert code(result) == (3, "MC-003")
    assert "the published ledger" in result.value["error"]["place"]


# --- alarms -----------------------------------------------------------------------------------------


def test_a_shorter_book_that_she_never_saw_is_a_rollback_until_it_is_shown_to_be_older(
    seen: Callable[..., Result], world: World
) -> None:
    seen("bare")
    result = seen("old", "--json")
    assert (*code(result), result.value["evidence"]) == (4, "MC-174", None)
    assert "older file" in result.value["error"]["hint"]
    assert seen("old").out.startswith("ROLLBACK\n")
    assert state(seen("old", "--published", world.folder / "public", "--json")) == (0, "older", 10)


def test_two_books_of_one_size_are_a_split_and_the_evidence_convicts(seen: Callable[..., Result], world: World) -> None:
    seen("new")
    result = seen("other", "--json")
    assert code(result) == (4, "MC-175")
    assert result.value["pin"]["state"] == "contradicted"
    convicted = call("verify-evidence", result.value["evidence"], "--trust", world.small.trust)
    assert convicted.code == 4
    assert "CONVICTED" in convicted.out
    assert seen("other").out.startswith("SPLIT VIEW\n")
    assert state(seen("new", "--json")) == (0, "same", 10), "the pin is what it was"


def test_a_shorter_book_that_the_one_she_saw_does_not_begin_with_is_a_split(
    seen: Callable[..., Result], world: World
) -> None:
    """What a book was shown to begin with is remembered: an older file of another book is told from one of hers."""
    seen("fork")
    assert code(seen("new", "--json")) == (4, "MC-175")
    assert state(seen("other", "--json")) == (0, "older", 11)


def test_a_longer_book_that_continues_another_one_is_a_split(seen: Callable[..., Result], world: World) -> None:
    seen("new")
    result = seen("fork", "--json")
    assert code(result) == (4, "MC-175")
    assert call("verify-evidence", result.value["evidence"], "--trust", world.small.trust).code == 4


def test_a_published_ledger_that_shows_another_book_is_a_split(seen: Callable[..., Result], world: World) -> None:
    seen("bare")
    result = seen("old", "--published", world.folder / "hidden", "--json")
    assert code(result) == (4, "MC-175")
    assert call("verify-evidence", result.value["evidence"], "--trust", world.small.trust).code == 4


def test_the_evidence_goes_where_she_says_and_where_it_cannot_go_it_is_said(
    seen: Callable[..., Result], tmp_path: Path
) -> None:
    seen("new")
    seen("other", "--evidence", tmp_path / "split.mce")
    assert (tmp_path / "split.mce").exists()
    refused(
        "verify-my-record", tmp_path / "other.mcr", "--evidence", tmp_path / "split.mce", "--trust", tmp_path / "x",
        code="MC-004", exit_code=2,
    )  # fmt: skip
    result = seen("other", "--evidence", tmp_path / "nowhere" / "split.mce")
    assert result.code == 4
    assert "it could not be written" in result.out


def test_a_book_named_with_seen_gives_evidence_too(seen: Callable[..., Result], world: World) -> None:
    result = seen("other", "--seen", world.file("new"), "--no-pin", "--json")
    assert code(result) == (4, "MC-175")
    assert call("verify-evidence", result.value["evidence"], "--trust", world.small.trust).code == 4


def test_another_member_s_pin_of_the_same_log_tells_too(
    seen: Callable[..., Result], world: World, tmp_path: Path
) -> None:
    done("record", world.folder / "a" / "ledger", PLAN, "--slot", 3, "-o", tmp_path / "neighbour.mcr")
    done("verify-my-record", tmp_path / "neighbour.mcr", "--trust", world.small.trust, clock=ticking(LATER + 9**8))
    assert state(seen("old", "--json")) == (0, "first", None)
    result = seen("other", "--json")
    assert code(result) == (4, "MC-175")
    assert result.value["evidence"] is not None


def test_a_log_of_the_same_name_with_another_key_is_another_matter(
    seen: Callable[..., Result], pins: Path, world: World
) -> None:
    """Two ledgers made for a trial under one name: their keys differ, and nobody is accused."""
    seen("new")
    store = Pins(pins)
    [other] = store.folder.glob("*.pin")
    pin = PinFile.from_bytes(other.read_bytes())
    other.unlink()
    forged = [Pinned(book.size, b"r" * 32, b"no note of this log\n\n", 0) for book in pin.books]
    store.write(PinFile(ORIGIN, b"o" * 32, tuple(forged)))
    assert state(seen("new", "--json")) == (0, "first", None)


def test_her_own_record_of_the_ledger_continues_what_her_last_check_kept(
    seen: Callable[..., Result], world: World, tmp_path: Path
) -> None:
    seen("old")
    for place in ("a/ledger", "public"):
        out = tmp_path / f"{place[0]}.mcr"
        mine = ("--mine", world.file("new")) if place == "public" else ()
        done("record", world.folder / place, PLAN, "--passport", world.small.passport, *mine, "-o", out)
        assert 8 in RecordBundle.from_bytes(out.read_bytes()).extends.sizes
        words = ("verify-my-record", out, "--passport", world.small.passport, "--pins", tmp_path / place[0], "--json")
        done(*words[:1], world.file("old"), *words[2:], clock=ticking(LATER + 9**8))
        assert state(done(*words, clock=ticking(LATER + 9**8))) == (0, "extends", 8)


def test_a_ledger_that_does_not_continue_it_gives_a_record_all_the_same(
    seen: Callable[..., Result], world: World, tmp_path: Path
) -> None:
    seen("new")
    out = tmp_path / "other.mcr"
    done("record", world.folder / "b" / "ledger", PLAN, "--passport", world.small.passport, "-o", out)
    words = ("verify-my-record", out, "--passport", world.small.passport)
    assert call(*words, clock=ticking(LATER + 9**8)).code in (3, 4)


# --- files ------------------------------------------------------------------------------------------


def pin_file(pins: Path) -> Path:
    [found] = pins.glob("*.pin")
    return found


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("empty", lambda data: b""),
        ("cut", lambda data: data[:40]),
        ("a byte changed", lambda data: data[:-1] + bytes([data[-1] ^ 1])),
        ("another kind of file", lambda data: b"Dear diary\n"),
        ("of a later version", lambda data: data.replace(b" v1\n", b" v2\n")),
        (
            "of another member",
            lambda data: frame.wrap(frame.PIN, [1, ORIGIN, b"k" * 32, [[1, b"r" * 32, b"n", 0]], []]),
        ),
    ],
)
def test_a_damaged_pin_is_said_and_neither_an_alarm_nor_lost(
    name: str, damage: Callable[[bytes], bytes], seen: Callable[..., Result], pins: Path
) -> None:
    seen("old")
    file = pin_file(pins)
    good = file.read_bytes()
    file.write_bytes(damage(good))
    result = seen("new", "--json")
    assert code(result) == (3, "MC-253")
    assert result.value["error"]["value"] == str(file)
    assert file.read_bytes() == damage(good), "nothing overwrites it"
    assert seen("new", "--no-pin").code == 0
    file.write_bytes(good)
    assert state(seen("new", "--json")) == (0, "extends", 8)


def test_a_pin_that_is_a_folder_is_said_too(seen: Callable[..., Result], pins: Path) -> None:
    seen("old")
    file = pin_file(pins)
    file.unlink()
    file.mkdir()
    assert code(seen("new", "--json")) == (3, "MC-253")


def test_where_nothing_can_be_kept_she_is_told_and_the_verdict_stands(seen: Callable[..., Result], pins: Path) -> None:
    pins.parent.mkdir(parents=True, exist_ok=True)
    pins.write_text("a file where the folder should be")
    result = seen("old", "--json")
    value = result.value["pin"]
    assert (result.code, value["state"], value["kept"]) == (0, "first", False)
    assert value["why"]
    assert "It could not be kept for the next time" in " ".join(seen("old").out.split())


def test_where_the_disk_is_full_the_old_pin_stays(
    seen: Callable[..., Result], pins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen("old")
    before = pin_file(pins).read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mutualchain.cli.pins.os.fsync", full)
    value = seen("new", "--json").value["pin"]
    assert (value["kept"], value["why"]) == (False, "No space left on device")
    assert pin_file(pins).read_bytes() == before
    assert [path.suffix for path in sorted(pins.iterdir())] == [".lock", ".pin"]


def test_no_pin_neither_looks_nor_keeps(seen: Callable[..., Result], pins: Path) -> None:
    assert seen("new", "--no-pin", "--json").value["pin"] is None
    assert not pins.exists()
    seen("new")
    assert seen("other", "--no-pin").code == 0


def test_what_was_not_verified_is_not_kept(seen: Callable[..., Result], pins: Path, tmp_path: Path) -> None:
    assert seen("old", "--max-age", "1s").code == 3
    assert not pins.exists()


def test_no_pin_and_published_contradict_each_other(world: World) -> None:
    words = ("verify-my-record", world.file("old"), "--trust", world.small.trust, "--published", "x", "--no-pin")
    refused(*words, code="MC-002", exit_code=2)


def test_the_folder_is_hers_or_the_one_that_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert pins_folder(None) == Path(os.environ["MUTUALCHAIN_PINS"])
    monkeypatch.delenv("MUTUALCHAIN_PINS")
    assert pins_folder(None) == tmp_path / "mutualchain" / "pins"
    assert pins_folder(tmp_path) == tmp_path


def test_a_pin_serves_as_since_and_as_seen(
    seen: Callable[..., Result], pins: Path, world: World, tmp_path: Path
) -> None:
    seen("old")
    out = tmp_path / "made.mcr"
    done("record", world.folder / "a" / "ledger", PLAN, "--slot", 0, "--since", pin_file(pins), "-o", out)
    assert out.read_bytes() == world.file("new").read_bytes()
    assert seen("new", "--seen", pin_file(pins), "--no-pin").code == 0
    done("record", world.folder / "a" / "ledger", PLAN, "--slot", 0, "--since", 8, "-o", tmp_path / "by-number.mcr")
    assert (tmp_path / "by-number.mcr").read_bytes() == out.read_bytes()
    none = tmp_path / "none.mcr"
    words = ("record", world.folder / "a" / "ledger", PLAN, "--slot", 0, "--since", 999, "-o", none)
    refused(*words, code="MC-178", exit_code=2)
    assert not none.exists()


def test_of_many_checks_at_one_time_the_newest_book_stays(world: World, pins: Path) -> None:
    program = "import sys; from mutualchain.cli.app import App, run; sys.exit(run(sys.argv[1:], App(clock=lambda: %d)))"
    base = ("--passport", str(world.small.passport), "--pins", str(pins), "--json")
    names = ["old", "new"] * 4
    codes: list[int] = []

    def one(name: str) -> None:
        words = [sys.executable, "-c", program % (LATER + 9**8), "verify-my-record", str(world.file(name)), *base]
        run = subprocess.run(
            words, capture_output=True, env={"PYTHONPATH": str(ROOT / "src")}, timeout=100, check=False
        )
        codes.append(run.returncode)

    threads = [threading.Thread(target=one, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [0] * len(names)
    assert PinFile.from_bytes(pin_file(pins).read_bytes()).newest.size == 10


# --- the format -------------------------------------------------------------------------------------

BOOKS = st.lists(
    st.builds(
        Pinned, st.integers(1, 2**63 - 1), st.binary(min_size=32, max_size=32), st.binary(max_size=9), st.integers(0, 9)
    ),
    min_size=1,
    max_size=40,
)


ROOTS = st.dictionaries(st.integers(1, 99), st.binary(min_size=32, max_size=32), max_size=9)


@given(BOOKS, ROOTS, BOOKS, ROOTS)
def test_a_pin_reads_as_it_was_written_and_keeps_what_was_accepted_first(
    one: list[Pinned], first: dict[int, bytes], two: list[Pinned], second: dict[int, bytes]
) -> None:
    pin = PinFile(ORIGIN, b"k" * 32, ())
    for book in one:
        pin = pin.adding(book, first.items())
    more = pin
    for book in two:
        more = more.adding(book, second.items())
    for item in (pin, more):
        assert PinFile.from_bytes(item.to_bytes()) == item
    assert more.newest.size == max(book.size for book in (*one, *two))
    was = {book.size: book for book in pin.books}
    assert all(was.get(book.size, book) == book for book in more.books)
    assert pin.earlier.items() <= more.earlier.items()
    assert set(more.earlier) <= {size for size in first | second if size < more.newest.size}


def test_a_pin_keeps_the_largest_of_what_its_books_begin_with() -> None:
    roots = {size: size.to_bytes(32, "big") for size in range(1, 3000)}
    pin = PinFile(ORIGIN, b"k" * 32, ()).adding(Pinned(2500, b"r" * 32, b"n", 0), roots.items())
    assert sorted(pin.earlier) == list(range(2500 - 1024, 2500))
    assert pin.root_at(2499) == roots[2499]
    assert pin.root_at(2500) == b"r" * 32
    assert pin.root_at(1) is None


@pytest.mark.parametrize(
    "value",
    [
        [], [2, ORIGIN, b"k" * 32, [], []], [1, ORIGIN, b"k" * 32, [], []],
        [1, ORIGIN, b"k" * 31, [[1, b"r" * 32, b"n", 0]], []],
        [1, ORIGIN, b"k" * 32, [[1, b"r" * 32, b"n", 0]] * 2, []],
        [1, "", b"k" * 32, [[1, b"r" * 32, b"n", 0]], []], [1, ORIGIN, b"k" * 32, [[0, b"r" * 32, b"n", 0]], []],
        [1, ORIGIN, b"k" * 32, [[1, b"r", b"n", 0]], []],
        [1, ORIGIN, b"k" * 32, [[n, b"r" * 32, b"n", 0] for n in range(40, 0, -1)], []],
        [1, ORIGIN, b"k" * 32, [[1, b"r" * 32, b"n", 0]]],
        [1, ORIGIN, b"k" * 32, [[1, b"r" * 32, b"n", 0]], [[0, b"r" * 32]]],
        [1, ORIGIN, b"k" * 32, [[1, b"r" * 32, b"n", 0]], [[1, b"r" * 32]]],
        [1, ORIGIN, b"k" * 32, [[9, b"r" * 32, b"n", 0]], [[2, b"r" * 32], [1, b"r" * 32]]],
        [1, ORIGIN, b"k" * 32, [[9, b"r" * 32, b"n", 0]], [[1, b"r" * 31]]],
        [1, ORIGIN, b"k" * 32, [[9999, b"r" * 32, b"n", 0]], [[n, b"r" * 32] for n in range(1, 1026)]],
    ],
    ids=str,
)  # fmt: skip
def test_a_pin_of_another_form_is_refused(value: Any) -> None:
    with pytest.raises(MutualchainError):
        PinFile.from_bytes(frame.wrap(frame.PIN, value))
