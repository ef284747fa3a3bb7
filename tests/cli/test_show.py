"""show opens every kind of file that people get, in both languages, and never says that anything was checked."""

from __future__ import annotations

import json
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
    done("passport", "lock", small.passport, "-o", file)
    return file


def covenant(small: Small, folder: Path, pins: Path) -> Path:
    file = folder / "covenant.toml"
    file.write_text(done("plan", "template", "xianghubao").out, encoding="utf-8")
    return file


def facts(small: Small, folder: Path, pins: Path) -> Path:
    file = folder / "facts.json"
    known = {"cause": "illness", "group": "critical", "disease": "C50", "hospital": "某市第一医院"}
    hers = {"diagnosed_day": "2026-04-01", "birth_day": "1984-05-01", "name": "李明", "region": "浙江省杭州市西湖区"}
    file.write_text(json.dumps(known | hers), encoding="utf-8")
    return file


def sealed(small: Small, folder: Path, pins: Path) -> Path:
    done("case", "seal", facts(small, folder, pins), "-o", folder / "sealed.json")
    return folder / "sealed.json"


def fields(small: Small, folder: Path, pins: Path) -> Path:
    known = facts(small, folder, pins)
    done("case", "mask", small.ledger, PLAN, "--case", small.case, "--facts", known, "-o", folder / "masked.json")
    return folder / "masked.json"


def invitation(small: Small, folder: Path, pins: Path) -> Path:
    done("intake", "new", folder / "intake.key")
    done("intake", "invite", small.ledger, PLAN, "--intake", folder / "intake.key", "-o", folder / "plan.mci")
    return folder / "plan.mci"


def request(small: Small, folder: Path, pins: Path) -> Path:
    done("passport", "join", small.passport, invitation(small, folder, pins), "--agree", "-o", folder / "her.mcj")
    return folder / "her.mcj"


FILES: dict[str, tuple[str, Callable[[Small, Path, Path], Path]]] = {
    "record": ("record", lambda small, folder, pins: small.record),
    "trust file": ("trust file", lambda small, folder, pins: small.trust),
    "passport": ("passport", lambda small, folder, pins: small.passport),
    "locked passport": ("passport", locked),
    "checkpoint": ("checkpoint", checkpoint),
    "pin": ("pin", pin),
    "receipt": ("receipt", receipt),
    "covenant": ("covenant", covenant),
    "facts": ("facts", facts),
    "sealed facts": ("sealed facts", sealed),
    "masked fields": ("fields", fields),
    "invitation": ("invitation", invitation),
    "join request": ("join", request),
}


@pytest.mark.parametrize("name", FILES)
def test_every_kind_is_opened_in_both_languages(
    name: str, small: Small, tmp_path_factory: pytest.TempPathFactory, pins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUTUALCHAIN_NEW_PASSPHRASE", "a passphrase")
    monkeypatch.setenv("MUTUALCHAIN_INTAKE_PASSPHRASE", "a passphrase")
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


@pytest.mark.parametrize("make", [facts, sealed, fields])
def test_the_facts_of_a_case_are_shown_masked_and_without_their_salts(
    make: Callable[[Small, Path, Path], Path], small: Small, tmp_path: Path, pins: Path
) -> None:
    says = done("show", make(small, tmp_path, pins), "--json").value["says"]
    assert (says["who"], says["age at the diagnosis"], says["city"]) == ("李*", "41", "浙江省杭州市")
    assert "李明" not in str(says)
    assert not re.search("[0-9a-f]{64}", str(says))


def test_every_kind_of_frame_is_known() -> None:
    assert set(_READERS) == (frame._KINDS | {"passport"})
    assert set(KINDS) == {*_READERS, "trust file", "checkpoint", "covenant", "facts", "sealed facts", "fields"}


@pytest.mark.parametrize("data", [b"", b"Dear diary\n", b"mutualchain poem v1\n", b"a\n1\n\nno signature"], ids=repr)
def test_what_is_no_file_of_ours_is_said_to_be_none(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(data)
    refused("show", file, code="MC-012", exit_code=3)
