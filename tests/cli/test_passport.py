"""A member's passport from the command line: made, written down, locked, lost and made again."""

from __future__ import annotations

import io
import stat
from pathlib import Path

import pytest

from mutualchain.record.passport import Lock, is_locked
from mutualchain.record.phrase import phrase_of
from tests.cli.harness import ORIGIN, PLAN, call, check, done, refused


@pytest.fixture(autouse=True)
def _cheap_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "mutualchain.cli.passport.new_lock", lambda passphrase: Lock(passphrase, bytes(16), bytes(24), 1, 8)
    )


class Terminal(io.StringIO):
    """Standard input with a person before it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    done("init", tmp_path / "ledger", "--origin", ORIGIN)
    return tmp_path / "ledger.trust"


@pytest.mark.parametrize("words", ["en", "zh"])
def test_a_lost_passport_is_made_again_from_its_words(
    tmp_path: Path, trust: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    first = done("passport", "new", tmp_path / "a", "--trust", trust, "--words", words, "--json").value
    check(first, "passport-new")
    assert len(first["phrase"].split()) == 24
    monkeypatch.setattr("sys.stdin", io.StringIO(first["phrase"] + "\n"))
    again = done("passport", "restore", tmp_path / "b", "--trust", trust, "--json").value
    check(again, "passport-restore")
    shown = [done("passport", "show", tmp_path / name, "--plan", PLAN, "--json").value for name in "ab"]
    check(shown[0], "passport-show")
    assert shown[0] == shown[1]
    told = done("passport", "phrase", tmp_path / "b", "--words", words, "--json").value
    check(told, "passport-phrase")
    assert told["phrase"] == first["phrase"]
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o600


def test_the_words_come_from_a_file_as_well(tmp_path: Path, trust: Path) -> None:
    (tmp_path / "words.txt").write_text(phrase_of(bytes(range(32)), "zh").replace(" ", ""), encoding="utf-8")
    done("passport", "restore", tmp_path / "a", "--trust", trust, "--phrase-file", tmp_path / "words.txt")
    found = done("passport", "phrase", tmp_path / "a", "--json").value
    assert found["phrase"] == phrase_of(bytes(range(32)))


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "MC-380"), (b"abandon " * 24, "MC-380"), (b"\xff" * 24, "MC-002"), (b"x" * 5_000, "MC-011")],
    ids=["empty", "wrong order", "no text", "too long"],
)
def test_wrong_words_are_refused_and_nothing_is_written(tmp_path: Path, trust: Path, content: bytes, code: str) -> None:
    (tmp_path / "words.txt").write_bytes(content)
    result = call("passport", "restore", tmp_path / "a", "--trust", trust, "--phrase-file", tmp_path / "words.txt")
    assert result.err.startswith(code), result.err
    assert not (tmp_path / "a").exists()


def test_a_locked_passport_wants_its_passphrase(tmp_path: Path, trust: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a"
    monkeypatch.setenv("MUTUALCHAIN_PASSPHRASE", "open sesame")
    made = done("passport", "new", file, "--trust", trust)
    assert "It is locked" in made.out
    assert is_locked(file.read_bytes())
    done("passport", "show", file, "--plan", PLAN)
    monkeypatch.setenv("MUTUALCHAIN_PASSPHRASE", "open barley")
    refused("passport", "show", file, "--plan", PLAN, code="MC-382", exit_code=2)
    monkeypatch.delenv("MUTUALCHAIN_PASSPHRASE")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    refused("passport", "show", file, "--plan", PLAN, code="MC-381", exit_code=2)


def test_a_passphrase_is_changed_and_taken_off(tmp_path: Path, trust: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done("passport", "new", tmp_path / "open", "--trust", trust, "--no-lock")
    monkeypatch.setenv("MUTUALCHAIN_NEW_PASSPHRASE", "first")
    value = done("passport", "lock", tmp_path / "open", "-o", tmp_path / "locked", "--json").value
    check(value, "passport-lock")
    assert is_locked((tmp_path / "locked").read_bytes())
    monkeypatch.setenv("MUTUALCHAIN_PASSPHRASE", "first")
    done("passport", "lock", tmp_path / "locked", "-o", tmp_path / "again", "--no-lock")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "open").read_bytes()
    refused("passport", "lock", tmp_path / "open", "-o", tmp_path / "again", code="MC-004", exit_code=2)


def test_nobody_to_ask_for_a_passphrase_is_said(tmp_path: Path, trust: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    refused("passport", "new", tmp_path / "a", "--trust", trust, "--lock", code="MC-381", exit_code=2)
    assert not (tmp_path / "a").exists()


def test_a_person_is_asked_twice_for_a_new_passphrase_and_once_for_hers(
    tmp_path: Path, trust: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["open sesame", "open sesame", "open sesame"])
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("click.termui.hidden_prompt_func", lambda prompt: next(answers))
    done("passport", "new", tmp_path / "a", "--trust", trust)
    done("passport", "show", tmp_path / "a", "--plan", PLAN)
    assert next(answers, None) is None


def test_what_a_member_meets_here_is_said_in_chinese(
    tmp_path: Path, trust: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = done("passport", "new", tmp_path / "a", "--trust", trust, "--lang", "zh")
    assert "您的 24 个助记词" in result.out
    assert not any(word in result.out for word in ("Your", "Keep", "Whoever"))
