"""show opens every kind of file that people get, in both languages, and never says that anything was checked."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mutualchain.cli.opened import _READERS, KINDS
from mutualchain.record import frame
from tests.cli.harness import PLAN, START, Small, check, done, refused, ticking

CHINESE = re.compile("[\u4e00-\u9fff]")


def checkpoint(small: Small, folder: Path, pins: Path) -> Path:
    done("publish", small.ledger, folder / "public")
    return folder / "public" / "checkpoint"


def pin(small: Small, folder: Path, pins: Path) -> Path:
    done("verify-my-record", small.record, "--passport", small.passport, clock=ticking(START + 10**6))
    [found] = pins.glob("*.pin")
    return found


def receipt(small: Small, folder: Path, pins: Path) -> Path:
    more = ("--slot", 0, "--amount", "1", "--reference", "r", "--receipt", folder / "receipt.mct")
    done("credit", small.ledger, PLAN, *more, clock=ticking(START + 10**6))
    return folder / "receipt.mct"


def locked(small: Small, folder: Path, pins: Path) -> Path:
    file = folder / "locked.passport"
    done("passport", "lock", small.passport, file)
    return file


FILES: dict[str, tuple[str, Callable[[Small, Path, Path], Path]]] = {
    "record": ("record", lambda small, folder, pins: small.record),
    "trust file": ("trust file", lambda small, folder, pins: small.trust),
    "passport": ("passport", lambda small, folder, pins: small.passport),
    "locked passport": ("passport", locked),
    "checkpoint": ("checkpoint", checkpoint),
    "pin": ("pin", pin),
    "receipt": ("receipt", receipt),
}


@pytest.mark.parametrize("name", FILES)
def test_every_kind_is_opened_in_both_languages(
    name: str, small: Small, tmp_path_factory: pytest.TempPathFactory, pins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUTUALCHAIN_NEW_PASSPHRASE", "a passphrase")
    kind, make = FILES[name]
    file = make(small, tmp_path_factory.mktemp("shown"), pins)
    value = done("show", file, "--json").value
    check(value, "show")
    assert (value["kind"], value["checked"]) == (kind, False)
    assert done("show", file, "--json", "--lang", "zh").value == value, "programs read one language"
    english, chinese = done("show", file).out, done("show", file, "--lang", "zh").out
    assert KINDS[kind] in " ".join(english.split())
    labels = [line.split("  ")[1] for line in chinese.splitlines() if line.startswith("  ") and line[2:3] != "m"]
    assert all(CHINESE.search(label) for label in labels if label), labels


def test_every_kind_of_frame_is_known() -> None:
    assert set(_READERS) == (frame._KINDS | {"passport"})
    assert set(KINDS) == {*_READERS, "trust file", "checkpoint"}


@pytest.mark.parametrize("data", [b"", b"Dear diary\n", b"mutualchain poem v1\n", b"a\n1\n\nno signature"], ids=repr)
def test_what_is_no_file_of_ours_is_said_to_be_none(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(data)
    refused("show", file, code="MC-012", exit_code=3)
