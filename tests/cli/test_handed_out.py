"""Records handed out month after month: each continues the last one, with nothing named by anybody."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest

from mutualchain.cli import handed_out
from mutualchain.record import continuing
from mutualchain.record.bundle import RecordBundle
from tests.cli.harness import LATER, PLAN, Small, call, check, done, ticking

MONTH = 30 * 86_400_000


@pytest.fixture
def small(template: Small, tmp_path: Path) -> Small:
    return template.copy(tmp_path / "copy")


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a large book would be: not every size fits into a record."""
    monkeypatch.setattr(continuing, "WHOLE", 0)


def pay(small: Small, clock: object, *references: str) -> None:
    for reference in references:
        words = ("credit", small.ledger, PLAN, "--slot", 0, "--amount", "1", "--reference", reference)
        done(*words, clock=clock)  # type: ignore[arg-type]


def checked(small: Small, out: Path, now: int) -> tuple[int, str, int | None]:
    words = ("verify-my-record", out, "--passport", small.passport, "--json")
    value = call(*words, clock=ticking(now)).value
    check(value, "verify-my-record")
    pin = value["pin"] or {"state": "", "size": None}
    return value["exit_code"], pin["state"], pin["size"]


@pytest.mark.parametrize("size", ["small", "large"])
def test_a_record_every_month_is_verified_every_month(
    small: Small, tmp_path: Path, size: str, request: pytest.FixtureRequest
) -> None:
    if size == "large":
        request.getfixturevalue("large")
    before = None
    for month in range(4):
        now = LATER + month * MONTH
        pay(small, ticking(now), *(f"{month} {number}" for number in range(3)))
        out = tmp_path / f"{month}.mcr"
        made = done("record", small.ledger, PLAN, "--slot", 0, "-o", out, "--json", clock=ticking(now)).value
        check(made, "record")
        assert made["noted"]
        assert checked(small, out, now + 10**8) == (0, "extends" if month else "first", before)
        before = made["size"]


@pytest.mark.usefixtures("large")
def test_whoever_skips_some_is_reached_too_and_so_are_records_of_all_members(small: Small, tmp_path: Path) -> None:
    done("records", small.ledger, PLAN, tmp_path / "all")
    assert checked(small, tmp_path / "all" / PLAN / "0" / "000" / "0.mcr", LATER) == (0, "first", None)
    size = handed_out.handed_out(small.ledger, PLAN)[0]
    clock = ticking(LATER)
    for month in range(3):
        pay(small, clock, f"{month} one", f"{month} two")
        done("records", small.ledger, PLAN, tmp_path / f"{month}.tar", clock=clock)
    done("record", small.ledger, PLAN, "--slot", 0, "-o", tmp_path / "last.mcr", clock=clock)
    assert checked(small, tmp_path / "last.mcr", LATER + 10**8) == (0, "extends", size)


@pytest.mark.usefixtures("large")
def test_where_it_is_not_remembered_the_number_of_blocks_that_she_saw_is_enough(small: Small, tmp_path: Path) -> None:
    done("record", small.ledger, PLAN, "--slot", 0, "-o", tmp_path / "old.mcr", clock=ticking(LATER))
    pay(small, ticking(LATER), "one", "two", "three")
    done("record", small.ledger, PLAN, "--slot", 0, "-o", tmp_path / "seen.mcr", clock=ticking(LATER))
    code, _, _ = checked(small, tmp_path / "seen.mcr", LATER + 10**7)
    assert code == 0
    (small.ledger / "handed-out").unlink()
    pay(small, ticking(LATER + 10**6), "four", "five", "six")
    done("record", small.ledger, PLAN, "--slot", 0, "-o", tmp_path / "new.mcr", clock=ticking(LATER + 10**6))
    words = ("verify-my-record", tmp_path / "new.mcr", "--passport", small.passport)
    refused = call(*words, clock=ticking(LATER + 10**7))
    seen = RecordBundle.from_bytes((tmp_path / "seen.mcr").read_bytes())
    size = int(seen.checkpoint.split(b"\n")[1])
    assert refused.code == 3
    assert f"--since {size}" in " ".join(refused.out.split())
    words = ("record", small.ledger, PLAN, "--slot", 0, "--since", size, "-o", tmp_path / "new.mcr", "--force")  # type: ignore[assignment]
    done(*words, clock=ticking(LATER + 10**6))
    assert checked(small, tmp_path / "new.mcr", LATER + 10**7) == (0, "extends", size)


def test_where_nothing_can_be_noted_the_record_is_made_and_it_is_said(small: Small, tmp_path: Path) -> None:
    (small.ledger / "handed-out").unlink()
    (small.ledger / "handed-out").mkdir()
    words = ("record", small.ledger, PLAN, "--slot", 0, "-o", tmp_path / "my.mcr")
    result = done(*words)
    assert "could not be noted" in " ".join(result.out.split())
    value = done(*words, "--force", "--json").value
    assert not value["noted"]


# --- the file -------------------------------------------------------------------------------------


def test_it_is_remembered_by_plan_and_slot_the_largest_first(tmp_path: Path) -> None:
    for line in ((5, "a", None), (7, "a", 3), (9, "a-b", 3), (6, "a", 33), (8, "a", 3), (8, "a", 3)):
        assert handed_out.remember(tmp_path, line[1], line[0], line[2]) is None
    assert handed_out.handed_out(tmp_path, "a", 3) == [8, 7, 5]
    assert handed_out.handed_out(tmp_path, "a", 33) == [6, 5]
    assert handed_out.handed_out(tmp_path, "a") == [5]
    assert handed_out.handed_out(tmp_path, "a-b", 3) == [9]
    assert handed_out.handed_out(tmp_path, "b") == handed_out.handed_out(tmp_path / "nowhere", "a") == []
    assert (tmp_path / "handed-out").read_bytes() == b"5 a *\n7 a 3\n9 a-b 3\n6 a 33\n8 a 3\n"


def test_what_is_not_of_its_form_is_passed_over_and_not_continued(tmp_path: Path) -> None:
    (tmp_path / "handed-out").write_bytes(b"x\n5 a 3 4\n0 a 3\n\xff\n6 a 3\n7 a")
    assert handed_out.handed_out(tmp_path, "a", 3) == [6]
    handed_out.remember(tmp_path, "a", 8, 3)
    assert handed_out.handed_out(tmp_path, "a", 3) == [8, 6]


def test_when_it_grows_too_long_the_older_half_goes_but_for_what_concerns_all(tmp_path: Path) -> None:
    with mock.patch.object(handed_out, "_MOST", 400):
        for size in range(1, 200):
            handed_out.remember(tmp_path, "a", size, None if size % 50 == 0 else size % 7)
    assert (tmp_path / "handed-out").stat().st_size < 500
    assert handed_out.handed_out(tmp_path, "a") == [150, 100, 50]
    assert handed_out.handed_out(tmp_path, "a", 199 % 7)[0] == 199
