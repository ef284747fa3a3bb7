"""`init --witnesses`, `cosign`, `renew-receipt`, `status`, and what a restored copy may do: witnesses on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mutualchain.tlog import trust as trust_files
from mutualchain.tlog.note import Signer
from mutualchain.tlog.trust import Group, TrustFile
from mutualchain.witness.core import KnownLog, Response

from ..witness.fakes import Fake, serving
from .harness import LATER, ORIGIN, PLAN, START, call, check, done, members_csv, refused, ticking


@dataclass
class Town:
    """A ledger with three witnesses of whom two are asked for, one plan, and one member with a receipt."""

    folder: Path
    fakes: list[Fake]

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger"

    @property
    def trust(self) -> TrustFile:
        return trust_files.parse((self.folder / "ledger.trust").read_bytes())

    def answer_with(self, status: int | None, number: int | None = None) -> None:
        behave = None if status is None else (lambda fake, body: Response(status, b"no\n"))
        for fake in self.fakes if number is None else [self.fakes[number]]:
            fake.behave = behave

    def at(self, moment: int) -> None:
        for fake in self.fakes:
            fake.time = moment // 1000


def witnesses_file(path: Path, fakes: list[Fake], k: int) -> Path:
    names = tuple(fake.name for fake in fakes)
    witnesses = tuple(fake.witness for fake in fakes)
    path.write_bytes(TrustFile((), witnesses, (Group("seen", k, names),), "seen").format())
    return path


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with serving() as serve:
        # The log's key is made by init, so the witnesses learn it afterwards, as they would.
        nobody = KnownLog(ORIGIN, (Signer.from_seed(ORIGIN, b"?" * 32).verifier,))
        fakes = serve(*(Fake(number, knows=nobody, time=START // 1000) for number in (1, 2, 3)))
        found = Town(tmp_path, fakes)
        asked = witnesses_file(tmp_path / "witnesses.txt", fakes, 2)
        clock = ticking()
        done("init", found.ledger, "--origin", ORIGIN, "--witnesses", asked, clock=clock)
        for fake in fakes:
            fake.knows = KnownLog(ORIGIN, tuple(log.key for log in found.trust.logs))
        done("plan", "create", found.ledger, PLAN, "--title", "Example", clock=clock)
        (tmp_path / "members.csv").write_text(members_csv(3), encoding="utf-8")
        joining = ("--csv", tmp_path / "members.csv", "--reference", "batch", "--receipt", tmp_path / "old.receipt")
        done("enrol", found.ledger, PLAN, *joining, clock=clock)
        yield found


def test_init_writes_the_witnesses_into_the_trust_file(town: Town) -> None:
    assert [witness.name for witness in town.trust.witnesses] == ["w1", "w2", "w3"]
    assert [witness.url for witness in town.trust.witnesses] == [fake.url for fake in town.fakes]
    assert town.trust.quorum == "seen"
    assert len(town.trust.logs) == 1


def test_quorums_that_need_not_meet_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    fakes = [Fake(number, url=f"https://w{number}.example/") for number in (1, 2)]
    asked = witnesses_file(tmp_path / "witnesses.txt", fakes, 1)
    ledger = tmp_path / "ledger"
    refused("init", ledger, "--origin", ORIGIN, "--witnesses", asked, code="MC-227", exit_code=2)
    assert sorted(tmp_path.iterdir()) == [asked]


def test_cosign_brings_the_quorum_and_says_whose_it_is(town: Town) -> None:
    town.answer_with(403, 2)
    result = done("cosign", town.ledger, "--tz", "UTC", clock=ticking())
    assert "cosigned by the quorum." in result.out
    assert "w1" in result.out
    assert "w3 answered 403: no." in result.out
    value = done("cosign", town.ledger, "--json", clock=ticking()).value
    check(value, "cosign")
    assert [item["witness"] for item in value["cosignatures"]] == ["w1", "w2"]
    assert value["missing"] == [{"witness": "w3", "why": "refused", "detail": "answered 403: no"}]


def test_status_shows_what_is_cosigned(town: Town) -> None:
    value = done("status", town.ledger, "--json").value
    check(value, "status")
    assert value["cosigned"]["size"] < value["size"], "opened for writing, a ledger asks for the head that it has"
    size = done("cosign", town.ledger, "--json", clock=ticking()).value["size"]
    value = done("status", town.ledger, "--json").value
    check(value, "status")
    assert value["cosigned"]["size"] == size == value["size"]
    assert [item["witness"] for item in value["cosigned"]["cosignatures"]] == ["w1", "w2", "w3"]
    shown = done("status", town.ledger, "--tz", "UTC").out
    assert f"{size} blocks, by the witnesses' quorum" in shown
    assert "w2, " in shown


def test_what_is_published_is_what_has_the_quorum(town: Town) -> None:
    before = done("publish", town.ledger, town.folder / "public", "--json").value["size"]
    size = done("cosign", town.ledger, "--json", clock=ticking()).value["size"]
    after = done("publish", town.ledger, town.folder / "public", "--json").value["size"]
    assert before < after == size


def test_a_receipt_is_renewed_with_the_quorum(town: Town) -> None:
    old, new = town.folder / "old.receipt", town.folder / "new.receipt"
    refused("renew-receipt", town.ledger, old, "-o", new, code="MC-178", exit_code=2)
    assert not new.exists()
    done("cosign", town.ledger, clock=ticking())
    value = done("renew-receipt", town.ledger, old, "-o", new, "--json").value
    check(value, "renew-receipt")
    assert value["cosigned_by"] == ["w1", "w2", "w3"]
    again = done("renew-receipt", town.ledger, old, "-o", town.folder / "newer.receipt")
    assert "Cosigned by w1, w2, w3." in again.out
    refused("renew-receipt", town.ledger, old, "-o", new, code="MC-004", exit_code=2)


def test_a_restored_copy_writes_nothing_and_the_exit_code_says_rollback(town: Town) -> None:
    backup = town.folder / "backup"
    town.at(START + 60_000)
    done("backup", town.ledger, backup)
    approve = ("--slot", 1, "--aid", "0.60", "--file-hash", "1" * 64, "--reference", "first")
    done("case", "approve", town.ledger, PLAN, *approve, clock=ticking(START + 60_000))
    town.at(START + 120_000)
    done("cosign", town.ledger, clock=ticking(START + 120_000))
    keys = ("--keys", town.folder / "ledger-keys")
    case = ("--slot", 0, "--aid", "0.60", "--file-hash", "0" * 64, "--reference", "case", *keys)
    said = done("restore", backup, town.folder / "second").out
    assert "asks the witnesses; nothing is written before they agree." in " ".join(said.split())
    town.at(LATER)
    for extra in ((), ("--unconfirmed",)):
        words = ("case", "approve", town.folder / "second", PLAN, *case, *extra)
        refused(*words, code="MC-225", exit_code=4)
    refused("cosign", town.folder / "second", *keys, code="MC-225", exit_code=4)
    done("status", town.folder / "second")


def test_nothing_is_written_while_the_witnesses_do_not_answer_unless_somebody_insists(town: Town) -> None:
    town.answer_with(403)
    town.at(LATER)
    case = ("--slot", 0, "--aid", "0.60", "--file-hash", "0" * 64, "--reference", "case")
    result = refused("case", "approve", town.ledger, PLAN, *case, code="MC-137", exit_code=3)
    assert "w1 answered 403" in result.err
    done("case", "approve", town.ledger, PLAN, *case, "--unconfirmed", clock=ticking(LATER))
    refused("cosign", town.ledger, "--unconfirmed", code="MC-029", exit_code=3)
    town.answer_with(None)
    done("cosign", town.ledger, clock=ticking(LATER))


def test_a_ledger_without_witnesses_has_nobody_to_ask(tmp_path: Path) -> None:
    done("init", tmp_path / "ledger", "--origin", ORIGIN)
    refused("cosign", tmp_path / "ledger", code="MC-002", exit_code=2)
    assert call("cosign", tmp_path / "ledger", "--trust", tmp_path / "nowhere").code == 3
