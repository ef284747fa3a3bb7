"""Whoever reads a trust file holds to its windows and its age: records, receipts, audits, published ledgers."""

from __future__ import annotations

from pathlib import Path

import pytest

from mutualchain.archive.published import open_published
from mutualchain.errors import KeyNotInForce, TooOld, UsageError
from mutualchain.record.receipt import parse_receipt, verify_receipt
from mutualchain.record.verify import verify_record
from mutualchain.tlog import trust
from mutualchain.tlog.trust import key_label
from mutualchain.tlog.validity import format_time
from tests.cli.harness import LATER, PLAN, Result, Small, call, done, refused

DAY_MS = 86_400_000
LINES = {
    "an age": ("#mutualchain max-age 2d\n", "MC-173"),
    "an end": ("#mutualchain not-after {key} {time}\n", "MC-032"),
}
"""What makes a file that holds at LATER refuse ten days afterwards, and with which code."""


def with_line(small: Small, name: str) -> Path:
    line, _ = LINES[name]
    text = small.trust.read_text(encoding="utf-8")
    [log] = trust.parse(text.encode()).logs
    file = small.folder / "dated.trust"
    file.write_text(text + line.format(key=key_label(log.key), time=format_time(LATER // 1000 + 86_400)))
    return file


def at(moment: int, *words: object) -> Result:
    return call(*words, clock=lambda: moment)


each_line = pytest.mark.parametrize("name", LINES)


@each_line
def test_a_record(small: Small, name: str) -> None:
    file, code = with_line(small, name), LINES[name][1]
    words = ("verify-my-record", small.record, "--passport", small.passport, "--trust", file)
    assert at(LATER, *words).code == 0
    late = at(LATER + 10 * DAY_MS, *words)
    assert late.code == 3
    assert code in late.out
    with pytest.raises(UsageError if name == "an age" else KeyNotInForce):
        verify_record(small.record.read_bytes(), trust.parse(file.read_bytes()))


@each_line
def test_an_audit(small: Small, name: str) -> None:
    file, code = with_line(small, name), LINES[name][1]
    assert at(LATER, "audit", small.ledger, "--trust", file).code == 0
    late = at(LATER + 10 * DAY_MS, "audit", small.ledger, "--trust", file)
    assert late.code == 3
    assert f"1. {code}" in late.out


@each_line
def test_publishing_and_what_was_published(small: Small, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file, code = with_line(small, name), LINES[name][1]
    trusted, folder = trust.parse(file.read_bytes()), small.folder / "public"

    def now(moment: int) -> None:
        for module in ("publish.publisher", "archive.published_chain"):
            monkeypatch.setattr(f"mutualchain.{module}.time.time_ns", lambda: moment * 1_000_000)

    now(LATER + 10 * DAY_MS)
    refused("publish", small.ledger, folder, "--trust", file, code=code, exit_code=3)
    assert not (folder / "checkpoint").exists()
    now(LATER)
    done("publish", small.ledger, folder, "--trust", file)
    open_published(folder, trusted).close()
    now(LATER + 10 * DAY_MS)
    with pytest.raises(TooOld if name == "an age" else KeyNotInForce):
        open_published(folder, trusted)


def test_a_receipt_does_not_go_stale_but_its_key_has_to_count(small: Small) -> None:
    file = small.folder / "paid.mcp"
    words = ("credit", small.ledger, PLAN, "--slot", 0, "--amount", "1", "--reference", "r", "--receipt", file)
    done(*words, clock=lambda: LATER)
    receipt = parse_receipt(file.read_bytes())
    verify_receipt(receipt, trust.parse(with_line(small, "an age").read_bytes()), now_ms=LATER + 10 * DAY_MS)
    ended = trust.parse(with_line(small, "an end").read_bytes())
    verify_receipt(receipt, ended, now_ms=LATER)
    for moment in (None, LATER + 10 * DAY_MS):
        with pytest.raises(KeyNotInForce):
            verify_receipt(receipt, ended, now_ms=moment)
