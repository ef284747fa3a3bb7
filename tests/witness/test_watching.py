"""A monitor at work on folders, servers and files: what it writes, whom it tells, how it goes on."""

from __future__ import annotations

import json
import shutil
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from mutualchain.errors import FileMissing, LimitError, MonitorBusy, MonitorStateError, UsageError
from mutualchain.evidence import verify_evidence
from mutualchain.limits import MAX_MONITOR_PLACES
from mutualchain.publish import publish
from mutualchain.witness.monitor import Look
from mutualchain.witness.monitor_state import Kind
from mutualchain.witness.places import Place, open_book
from mutualchain.witness.watching import Watch
from tests.publish.tools import FAST, TRUST, Operator, served

HOOK = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read() + '\\n')"


class Ledgers:
    """An operator with one history for some and another for others, both published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.true, self.false = Operator(), Operator()
        for operator in (self.true, self.false):
            operator.plan()
            operator.join(3)
        self.false.join(5)
        self.true.round()

    def show(self, operator: Operator, name: str = "public") -> Path:
        operator.note()
        publish(operator.store, self.folder / name, trust=TRUST)
        return self.folder / name

    def instead(self, operator: Operator, name: str = "public") -> Path:
        """Another history takes the place of what was shown there."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        return self.show(operator, name)


@pytest.fixture
def ledgers(tmp_path: Path) -> Ledgers:
    return Ledgers(tmp_path)


def kinds(look: Look) -> list[Kind]:
    return [alarm.kind for alarm in look.memory.alarms]


def watch(*places: Path | str, **more: Any) -> Watch:
    return Watch([Place(str(place), FAST) for place in places], TRUST, **more)


def test_a_published_ledger_is_followed_and_what_was_seen_is_kept(ledgers: Ledgers, tmp_path: Path) -> None:
    public, state = ledgers.show(ledgers.true), tmp_path / "state.json"
    with watch(public, state=state) as first:
        assert [event.what for event in first.look().events] == ["grew"]
    ledgers.true.credit(1, 500)
    ledgers.show(ledgers.true)
    with watch(public, state=state) as second:
        [event] = second.look().events
        assert (event.before, event.size) == (9, 10) or event.size == event.before + 1
        assert second.memory.alarms == ()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["public", "state.json", "state.json.lock"]


def test_another_history_is_a_split_with_evidence_on_the_disk(ledgers: Ledgers, tmp_path: Path) -> None:
    public, state = ledgers.show(ledgers.true), tmp_path / "state.json"
    with watch(public, state=state, folder=tmp_path) as watched:
        watched.look()
        for _ in range(9):
            ledgers.false.join()
        ledgers.instead(ledgers.false)
        look = watched.look()
    assert look.exit_code == 4
    [alarm] = look.memory.alarms
    found = verify_evidence((tmp_path / alarm.evidence).read_bytes(), TRUST)
    assert found.sentence() == alarm.text


def test_two_places_are_compared_over_http(ledgers: Ledgers, tmp_path: Path) -> None:
    one, two = ledgers.show(ledgers.true, "one"), ledgers.show(ledgers.false, "two")
    with ExitStack() as stack:
        urls = [stack.enter_context(served(folder))[0] for folder in (one, two)]
        watched = stack.enter_context(watch(*urls, folder=tmp_path))
        assert kinds(watched.look()) == [Kind.SPLIT]


def test_a_checkpoint_behind_an_address_is_a_place_of_its_own(ledgers: Ledgers, tmp_path: Path) -> None:
    ledgers.true.blocks(9)
    one, two = ledgers.show(ledgers.true, "one"), ledgers.show(ledgers.false, "two")
    with served(two) as (url, asked), watch(one, url + "/checkpoint", folder=tmp_path) as watched:
        assert kinds(watched.look()) == [Kind.SPLIT]
        assert set(asked) == {"checkpoint"}


def test_what_somebody_kept_is_compared_as_well(ledgers: Ledgers, tmp_path: Path) -> None:
    public = ledgers.show(ledgers.true)
    receipt = tmp_path / "receipt"
    receipt.write_bytes(ledgers.false.credit(1, 500))
    ledgers.true.blocks(9)
    ledgers.show(ledgers.true)
    with watch(public, receipt, folder=tmp_path) as watched:
        assert kinds(watched.look()) == [Kind.SPLIT]


def test_an_older_copy_is_a_rollback(ledgers: Ledgers, tmp_path: Path) -> None:
    public = ledgers.show(ledgers.true)
    old = Path(shutil.copytree(public, tmp_path / "old"))
    ledgers.true.join()
    ledgers.show(ledgers.true)
    with watch(public) as watched:
        watched.look()
        shutil.rmtree(public)
        shutil.copytree(old, public)
        assert kinds(watched.look()) == [Kind.ROLLBACK]


def test_a_damaged_tile_is_an_alarm_at_its_place(ledgers: Ledgers, tmp_path: Path) -> None:
    public = ledgers.show(ledgers.true)
    with watch(public) as watched:
        watched.look()
        ledgers.true.join()
        ledgers.show(ledgers.true)
        for tile in (public / "tile").rglob("*"):
            if tile.is_file():
                tile.write_bytes(bytes([tile.read_bytes()[0] ^ 1]) + tile.read_bytes()[1:])
        look = watched.look()
    assert (look.exit_code, kinds(look)) == (1, [Kind.TAMPERED])


def test_a_server_that_is_gone_is_unreachable_until_it_is_back(ledgers: Ledgers) -> None:
    public = ledgers.show(ledgers.true)
    down = threading.Event()

    def answer(handler: Any, path: Path) -> None:
        handler.send_error(503 if down.is_set() else 404) if down.is_set() or not path.is_file() else _send(
            handler, path
        )

    with served(public, answer) as (url, _), watch(url) as watched:
        assert watched.look().exit_code == 0
        down.set()
        assert kinds(watched.look()) == [Kind.UNREACHABLE]
        down.clear()
        assert watched.look().exit_code == 0


def _send(handler: Any, path: Path) -> None:
    from tests.publish.tools import plain

    plain(handler, path)


# --- the hook -------------------------------------------------------------------------------------


@pytest.fixture
def split(ledgers: Ledgers) -> Callable[..., Watch]:
    """A monitor of two places that show two books."""
    one, two = ledgers.show(ledgers.true, "one"), ledgers.show(ledgers.false, "two")
    return lambda **more: watch(one, two, folder=ledgers.folder, state=ledgers.folder / "state", **more)


def test_the_hook_is_told_once_of_each_alarm(split: Callable[..., Watch], tmp_path: Path) -> None:
    told = tmp_path / "told"
    hook = [sys.executable, "-c", HOOK, str(told)]
    for _ in range(2):
        with split(hook=hook) as watched:
            watched.look()
            watched.look()
            assert watched.hook_failure is None
    [line] = told.read_text(encoding="utf-8").splitlines()
    event = json.loads(line)
    assert (event["event"], event["alarm"]["kind"]) == ("alarm", "split")
    assert verify_evidence(Path(event["alarm"]["evidence"]).read_bytes(), TRUST).kind == "split"


@pytest.mark.parametrize(
    ("hook", "says"),
    [
        ([sys.executable, "-c", "raise SystemExit(7)"], "exit code 7"),
        (["./no-such-hook"], "cannot be run"),
    ],
)
def test_a_hook_that_fails_is_told_again(
    split: Callable[..., Watch], tmp_path: Path, hook: list[str], says: str
) -> None:
    with split(hook=hook) as watched:
        watched.look()
        assert says in (watched.hook_failure or "")
        assert not watched.memory.alarms[0].told
    told = tmp_path / "told"
    with split(hook=[sys.executable, "-c", HOOK, str(told)]) as watched:
        watched.look()
    assert len(told.read_text(encoding="utf-8").splitlines()) == 1


def test_the_hook_is_told_of_the_end_too(ledgers: Ledgers, tmp_path: Path) -> None:
    public, told = ledgers.show(ledgers.true), tmp_path / "told"
    away = tmp_path / "away"
    with watch(public, hook=[sys.executable, "-c", HOOK, str(told)]) as watched:
        watched.look()
        public.rename(away)
        watched.look()
        away.rename(public)
        watched.look()
    assert [json.loads(line)["event"] for line in told.read_text(encoding="utf-8").splitlines()] == ["alarm", "ended"]


# --- its life -------------------------------------------------------------------------------------


def test_it_goes_on_until_it_is_told_to_stop(ledgers: Ledgers) -> None:
    with watch(ledgers.show(ledgers.true)) as watched:
        looks: list[Look] = []

        def seen(look: Look) -> None:
            looks.append(look)
            if len(looks) == 3:
                watched.stop()

        watched.follow(0, seen)
    assert len(looks) == 3


def test_a_state_file_belongs_to_one_monitor(ledgers: Ledgers, tmp_path: Path) -> None:
    public, state = ledgers.show(ledgers.true), tmp_path / "state"
    with watch(public, state=state), pytest.raises(MonitorBusy), watch(public, state=state):
        pass
    with watch(public, state=state):
        pass


def test_a_state_file_that_is_none_is_refused_and_left_alone(ledgers: Ledgers, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_bytes(b"letters to my aunt")
    for _ in range(2):
        with pytest.raises(MonitorStateError), watch(ledgers.show(ledgers.true), state=state):
            pass
    assert state.read_bytes() == b"letters to my aunt"


def test_places_and_folders_are_checked_before_anything_is_looked_at(ledgers: Ledgers, tmp_path: Path) -> None:
    public = ledgers.show(ledgers.true)
    with pytest.raises(FileMissing):
        Place(str(tmp_path / "nowhere"))
    with pytest.raises(UsageError):
        Place("ftp://ledger.example.org")
    with pytest.raises(UsageError):
        watch(public, public)
    with pytest.raises(UsageError):
        watch()
    with pytest.raises(LimitError):
        Watch([Place(f"http://example.org/{number}") for number in range(MAX_MONITOR_PLACES + 1)], TRUST)
    with pytest.raises(FileMissing), watch(public, folder=tmp_path / "nowhere"):
        pass
    with pytest.raises(FileMissing), watch(public, state=tmp_path / "nowhere" / "state"):
        pass


def test_a_book_can_be_opened_alone(ledgers: Ledgers) -> None:
    with open_book(str(ledgers.show(ledgers.true)), TRUST) as book:
        assert book.tree is not None
        assert book.tree.size == book.size
