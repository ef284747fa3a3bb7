"""The commands: publishing again and again, an auditor's part, and what is made of published ledgers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mutualchain.archive import auditor_key
from mutualchain.archive.auditor_key import AuditorSecret
from mutualchain.cli import auditor as auditor_command
from tests.cli.conftest import environment as environment
from tests.cli.harness import PLAN, Small, call, check, done, make_small, refused, settle_round, ticking
from tests.publish.tools import alone, files_of, served

KEY = AuditorSecret(b"k" * 32).key
LATER = 1_777_777_777_000 + 50_000_000


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """The small ledger with a credit of hers, published, with an auditor's part. Read it only."""
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("MUTUALCHAIN_P")}
    small = make_small(tmp_path_factory.mktemp("small"))
    clock = ticking(LATER)
    receipt = ("--receipt", small.folder / "credit.mct")
    done("credit", small.ledger, PLAN, "--slot", 0, "--amount", 5, "--reference", "c", *receipt, clock=clock)
    settle_round(small, 2, clock)
    auditor_key.generate(small.folder / "auditor.key", b"pass", seed=b"k" * 32, cost=auditor_key.WEAK_FOR_TESTS)
    done("publish", small.ledger, small.folder / "public", "--for-auditor", KEY.text, small.folder / "sealed")
    os.environ.update(before)
    return small


def opened(small: Small, *more: object) -> tuple[object, ...]:
    return ("--trust", small.trust, *more)


# --- publishing -------------------------------------------------------------------------------------


def test_the_auditors_part_is_told_in_json(shared: Small, tmp_path: Path) -> None:
    words = ("publish", shared.ledger, tmp_path / "public", "--for-auditor", KEY.text, tmp_path / "sealed")
    first = done(*words, "--json").value
    check(first, "publish")
    assert first["for_auditor"]["sheets"] >= 1
    again = done(*words, "--json").value
    assert (again["files"], again["for_auditor"]["files"]) == (0, 0)
    assert "encrypted" in done(*words).out


def test_the_key_may_be_a_word_a_file_with_it_or_the_auditors_own_file(shared: Small, tmp_path: Path) -> None:
    word = tmp_path / "auditor.pub"
    word.write_text(KEY.text + "\n")
    for key in (word, shared.folder / "auditor.key"):
        done("publish", shared.ledger, tmp_path / "public", "--for-auditor", key, tmp_path / "sealed")
    wrong = KEY.text.replace("auditor+", "auditor+0", 1)
    refused(
        "publish", shared.ledger, tmp_path / "p", "--for-auditor", wrong, tmp_path / "s", code="MC-135", exit_code=2
    )


def test_the_folders_lie_apart(shared: Small, tmp_path: Path) -> None:
    for sealed in (shared.ledger / "sealed", tmp_path / "public/sealed", tmp_path):
        words = ("publish", shared.ledger, tmp_path / "public", "--for-auditor", KEY.text, sealed)
        refused(*words, code="MC-002", exit_code=2)
    assert not (tmp_path / "public").exists()


def waited_for(condition: object, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not condition():  # type: ignore[operator]
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_watching_publishes_what_is_new_until_it_is_told_to_stop(
    shared: Small, tmp_path: Path, number: signal.Signals
) -> None:
    small = shared.copy(tmp_path / "copy")
    public = tmp_path / "public"
    words = [
        sys.executable,
        "-m",
        "mutualchain",
        "publish",
        str(small.ledger),
        str(public),
        "--watch",
        "--every",
        "1s",
    ]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        waited_for((public / "checkpoint").exists, process)
        before = (public / "checkpoint").read_bytes()
        credit = ("--slot", 3, "--amount", 1, "--reference", "new")
        done("credit", small.ledger, PLAN, *credit, clock=ticking(LATER + 10_000_000))
        waited_for(lambda: (public / "checkpoint").read_bytes() != before, process)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    assert out.count("blocks of example.org/mutual-aid.") == 2
    assert out.endswith("Stopped. What was published is whole.\n")
    done("audit", public, *opened(small))


def test_watching_and_json_do_not_go_together(shared: Small, tmp_path: Path) -> None:
    assert call("publish", shared.ledger, tmp_path / "public", "--watch", "--json").code == 2


# --- auditing ---------------------------------------------------------------------------------------


def test_a_published_folder_is_audited_as_far_as_it_is_public(shared: Small) -> None:
    found = done("audit", shared.folder / "public", *opened(shared), "--json").value
    check(found, "audit")
    assert [plan["replay"] for plan in found["plans"]] == ["public"]
    assert any("public replay" in limit.lower() for limit in found["limits"])


def test_with_her_part_and_key_the_auditor_replays_all_of_it(
    shared: Small, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MUTUALCHAIN_AUDITOR_PASSPHRASE", "pass")
    sealed = ("--sealed", shared.folder / "sealed", "--key", shared.folder / "auditor.key")
    found = done("audit", shared.folder / "public", *opened(shared), *sealed, "--json").value
    own = done("audit", shared.ledger, "--json").value
    assert found["plans"] == own["plans"]
    assert found["counts"] == own["counts"]
    with served(shared.folder) as (url, _):
        over = ("--sealed", f"{url}/sealed", "--key", shared.folder / "auditor.key", "--cache", tmp_path / "cache")
        assert done("audit", f"{url}/public", *opened(shared), *over, "--json").value["plans"] == own["plans"]
    assert any((tmp_path / "cache").iterdir())


def test_what_does_not_fit_is_refused(shared: Small, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    public = shared.folder / "public"
    moved = Path(shutil.copytree(public, tmp_path / "public"))
    refused("audit", moved, code="MC-002", exit_code=2)  # no trust file beside it
    part = ("--sealed", shared.folder / "sealed")
    refused("audit", public, *opened(shared), *part, code="MC-002", exit_code=2)
    refused("audit", shared.ledger, *part, "--key", shared.folder / "auditor.key", code="MC-002", exit_code=2)
    key = ("--key", shared.folder / "auditor.key")
    refused("audit", public, *opened(shared), *part, *key, code="MC-223", exit_code=2)  # nobody to ask
    monkeypatch.setenv("MUTUALCHAIN_AUDITOR_PASSPHRASE", "another")
    refused("audit", public, *opened(shared), *part, *key, code="MC-223", exit_code=2)
    refused("audit", "http://127.0.0.1:9/", *opened(shared), code="MC-242", exit_code=3)
    refused("audit", "ftp://127.0.0.1/", *opened(shared), code="MC-002", exit_code=2)


# --- keys -------------------------------------------------------------------------------------------


def test_an_auditor_makes_and_shows_her_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MUTUALCHAIN_AUDITOR_PASSPHRASE", "pass")
    monkeypatch.setattr(auditor_command, "new_seed", lambda: b"k" * 32)
    monkeypatch.setattr(auditor_key, "MODERATE", auditor_key.WEAK_FOR_TESTS)
    made = done("auditor", "new", tmp_path / "key", "--json").value
    check(made, "auditor-new")
    assert made["public_key"] == KEY.text
    assert KEY.text in done("auditor", "show", tmp_path / "key").out
    check(done("auditor", "show", tmp_path / "key", "--json").value, "auditor-show")
    refused("auditor", "new", tmp_path / "key", code="MC-004", exit_code=2)


# --- a member's own record --------------------------------------------------------------------------


def test_a_member_makes_her_own_record_from_a_server(shared: Small, tmp_path: Path) -> None:
    mine = ("--mine", shared.record, "--mine", shared.folder / "credit.mct")
    done("record", shared.ledger, PLAN, "--slot", 0, "-o", tmp_path / "theirs.mcr")
    with served(shared.folder / "public") as (url, asked):
        words = ("record", url, PLAN, "--passport", shared.passport, *mine, "-o", tmp_path / "hers.mcr")
        found = done(*words, "--json").value
        check(found, "record")
        assert len(asked) <= 12
    assert (tmp_path / "hers.mcr").read_bytes() == alone((tmp_path / "theirs.mcr").read_bytes())
    verified = done(
        "verify-my-record", tmp_path / "hers.mcr", "--passport", shared.passport, clock=ticking(LATER + 10**7)
    )
    assert "VERIFIED" in verified.out


def test_her_slot_is_hers_to_say(shared: Small, tmp_path: Path) -> None:
    public = shared.folder / "public"
    out = ("-o", tmp_path / "x.mcr")
    refused("record", public, PLAN, "--passport", shared.passport, *out, code="MC-002", exit_code=2)
    refused(
        "record", public, PLAN, *opened(shared), "--slot", 1, "--mine", shared.record, *out, code="MC-002", exit_code=2
    )
    refused("record", public, PLAN, *opened(shared), "--slot", 0, *out, code="MC-178", exit_code=2)
    refused(
        "record", public, PLAN, *opened(shared), "--slot", 1, "--mine", shared.trust, *out, code="MC-002", exit_code=2
    )
    refused(
        "record", public, PLAN, "--slot", 1, *out, "--since", shared.trust, *opened(shared), code="MC-012", exit_code=3
    )
    refused("record", shared.ledger, PLAN, "--slot", 1, *opened(shared), *out, code="MC-002", exit_code=2)
    done("record", public, PLAN, *opened(shared), "--slot", 1, *out)


def test_her_enrolments_receipt_says_which_slot_is_hers(tmp_path: Path) -> None:
    small = make_small(tmp_path)
    clock = ticking(LATER)
    joining = ("--without-claims", "--deposit", "10", "--reference", "other", "--receipt", tmp_path / "joined.mct")
    done("enrol", small.ledger, PLAN, "--passport", small.other, *joining, clock=clock)
    done("publish", small.ledger, tmp_path / "public")
    words = ("record", tmp_path / "public", PLAN, "--passport", small.other, "--mine", tmp_path / "joined.mct")
    assert done(*words, "-o", tmp_path / "new.mcr", "--json").value["slot"] == 10
    assert files_of(tmp_path / "public")
