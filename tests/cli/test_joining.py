"""From an invitation to an erased vault: how somebody joins, is opened to an auditor, and is forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from mutualchain.archive.auditor_key import WEAK_FOR_TESTS
from mutualchain.record.invitation import Invitation, SealedRequest
from tests.cli.harness import LATER, ORIGIN, PLAN, Result, call, check, done, refused, ticking
from tests.cli.test_passport import Terminal

CLAIMS = ("--name", "李明", "--id-number", "110101199002280011", "--birth-date", "1990-02-28", "--health", "none")


@dataclass(frozen=True)
class World:
    """A ledger with a plan, its vault, an intake key, a passport and an invitation."""

    folder: Path

    def __getitem__(self, name: str) -> Path:
        return self.folder / name

    def ask(self, *more: object, request: str = "request.mcj") -> Result:
        return done(
            "passport", "join", self["my.passport"], self["plan.mci"], *CLAIMS, "--agree", "-o", self[request], *more
        )

    def enrol(self, request: str = "request.mcj", reference: str = "she") -> list[object]:
        words = ["enrol", self["ledger"], PLAN, "--join-request", self[request], "--intake", self["intake.key"]]
        return [*words, "--deposit", "10", "--reference", reference]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("MUTUALCHAIN_INTAKE_PASSPHRASE", "open sesame")
    monkeypatch.setattr("mutualchain.archive.auditor_key.MODERATE", WEAK_FOR_TESTS)
    made = World(tmp_path)
    clock = ticking()
    done("init", made["ledger"], "--origin", ORIGIN, clock=clock)
    covenant = made["covenant.toml"]
    covenant.write_text(
        'title = "众托帮"\n[membership]\nprepay = "10"\nage_least_days = 28\nage_most_years = 75\n', encoding="utf-8"
    )
    done("plan", "create", made["ledger"], PLAN, "--covenant", covenant, clock=clock)
    done("passport", "new", made["my.passport"], "--trust", made["ledger.trust"])
    check(done("intake", "new", made["intake.key"], "--json").value, "intake-new")
    invite = ("intake", "invite", made["ledger"], PLAN, "--intake", made["intake.key"], "-o", made["plan.mci"])
    check(done(*invite, "--json").value, "intake-invite")
    return made


def test_somebody_joins_is_opened_to_an_auditor_and_is_forgotten(world: World) -> None:
    asked = world.ask("--json").value
    check(asked, "passport-join")
    sealed = world["request.mcj"].read_bytes()
    assert "李明".encode() not in sealed
    enrolled = done(*world.enrol(), "--json").value
    assert enrolled["slot"] == 0
    shown = done("passport", "show", world["my.passport"], "--plan", PLAN, "--json").value
    assert shown["public_key"] == asked["public_key"]
    done("record", world["ledger"], PLAN, "--slot", 0, "-o", world["her.mcr"])
    done("verify-my-record", world["her.mcr"], "--passport", world["my.passport"])

    where = ("--slot", 0)
    opening = world["birth.mco"]
    opened = ("vault", "open", world["ledger"], PLAN, *where, "--field", "birth_date", "-o", opening)
    check(done(*opened, "--json").value, "vault-open")
    assert "李明".encode() not in opening.read_bytes()
    verified = done("verify-opened", opening, world["ledger"], "--json").value
    check(verified, "verify-opened")
    assert verified["value"] == "1990-02-28"

    listed = done("vault", "list", world["ledger"], PLAN, *where, "--json").value
    check(listed, "vault-list")
    assert listed["items"] == ["claims", "join_request"]
    check(done("vault", "backup", world["ledger"], world["copy.sqlite"], "--json").value, "vault-backup")
    erasing = ("vault", "erase", world["ledger"], PLAN, *where, "--reason", "law", "--reference", "order")
    check(done(*erasing, "--json", clock=ticking(LATER)).value, "written")
    listed = done("vault", "list", world["ledger"], PLAN, *where, "--json").value
    check(listed, "vault-list")
    assert (listed["items"], [item["reason"] for item in listed["erased"]]) == ([], ["law"])
    assert "Slot 0: everything erased on" in done("vault", "list", world["ledger"], PLAN).out
    again = [*opened[:-1], world["again.mco"]]
    refused(*again, code="MC-387", exit_code=3)
    # What the ledger says stays true: her record, the audit, and what was opened before.
    done("verify-my-record", world["her.mcr"], "--passport", world["my.passport"])
    done("audit", world["ledger"])
    done("verify-opened", opening, world["ledger"])


def test_a_repeated_enrolment_is_recorded_once(world: World) -> None:
    world.ask()
    first = done(*world.enrol(), "--json").value
    again = done(*world.enrol(), "--json").value
    assert (first["slot"], first["height"]) == (again["slot"], again["height"])


def test_a_request_is_for_one_operator_only(world: World) -> None:
    world.ask()
    done("intake", "new", world["other.key"])
    words = [world["other.key"] if word == world["intake.key"] else word for word in world.enrol()]
    result = refused(*words, code="MC-135", exit_code=2)
    assert "not sealed to this key" in result.err


def test_a_changed_request_or_invitation_is_refused(world: World) -> None:
    world.ask()
    data = SealedRequest.from_bytes(world["request.mcj"].read_bytes())
    for at in range(0, len(data.sealed), 37):
        changed = data.sealed[:at] + bytes([data.sealed[at] ^ 1]) + data.sealed[at + 1 :]
        world["changed.mcj"].write_bytes(SealedRequest(data.origin, data.plan, changed).to_bytes())
        assert "not sealed to this key" in call(*world.enrol("changed.mcj")).err
    world["renamed.mcj"].write_bytes(SealedRequest(data.origin, "other", data.sealed).to_bytes())
    assert call(*world.enrol("renamed.mcj")).err.startswith("MC-384")
    whole = world["plan.mci"].read_bytes()
    for cut in range(0, len(whole), 50):
        world["cut.mci"].write_bytes(whole[:cut])
        result = call("passport", "join", world["my.passport"], world["cut.mci"], "--agree", "-o", world["x.mcj"])
        assert result.code in (1, 3), result.err
    assert not world["x.mcj"].exists()


def test_who_agreed_to_another_covenant_is_not_enrolled(world: World) -> None:
    from dataclasses import replace

    found = Invitation.from_bytes(world["plan.mci"].read_bytes())
    other = replace(found, covenant=replace(found.covenant, title="another"))
    world["plan.mci"].write_bytes(other.to_bytes())
    world.ask()
    result = refused(*world.enrol(), code="MC-384", exit_code=1)
    assert "another covenant" in result.err


@pytest.mark.parametrize(("born", "clause"), [("1940-01-01", "age_most_years"), ("2026-04-20", "age_least_days")])
def test_who_is_too_old_or_too_young_is_refused_by_the_clause(world: World, born: str, clause: str) -> None:
    world.ask("--birth-date", born)
    result = call(*world.enrol(), clock=ticking(1_777_777_800_000))
    assert result.code == 2
    assert clause in result.err
    assert done("vault", "list", world["ledger"], PLAN, "--slot", 0, "--json").value["items"] == []


@pytest.mark.parametrize("born", ["28.2.1990", "1990-2-28", "1990-02-30", "x"])
def test_a_date_of_birth_has_one_form(world: World, born: str) -> None:
    words = ("passport", "join", world["my.passport"], world["plan.mci"], "--agree", "--birth-date", born)
    refused(*words, "-o", world["x.mcj"], code="MC-002", exit_code=2)


def test_nobody_joins_without_agreeing(world: World) -> None:
    words = ("passport", "join", world["my.passport"], world["plan.mci"], "-o", world["x.mcj"])
    result = refused(*words, code="MC-002", exit_code=2)
    assert "agree" in result.err
    assert not world["x.mcj"].exists()


def test_the_covenant_is_said_in_short_where_she_is_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    words = ("passport", "join", world["my.passport"], world["plan.mci"], "-o", world["x.mcj"])
    result = call(*words)
    shown = result.err.partition("In short:")[2].partition("Do you agree to this covenant?")[0]
    assert "deposit on joining" in shown
    assert "This is not insurance" in shown
    assert (result.code, world["x.mcj"].exists()) == (2, False)


def test_a_key_that_another_holds_is_said_to_be(world: World) -> None:
    assert "could sign in your name" in world.ask("--key-holder", "guardian").out
    assert "您的名义" in world.ask("--key-holder", "platform", "--lang", "zh", request="zh.mcj").out


@pytest.mark.parametrize("missing", ["--intake", "--deposit"])
def test_what_a_request_needs_is_named(world: World, missing: str) -> None:
    world.ask()
    words = world.enrol()
    at = words.index(missing)
    refused(*words[:at], *words[at + 2 :], code="MC-002", exit_code=2)


def test_a_vault_that_is_none_is_refused(world: World) -> None:
    listing = ("vault", "list", world["ledger"], PLAN, "--slot", 0)
    refused(*listing, "--vault", world["nowhere"], code="MC-385", exit_code=3)
    refused("vault", "list", world["nowhere"], PLAN, code="MC-385", exit_code=3)
    refused("vault", "list", world["ledger"], "nobody", code="MC-082", exit_code=2)
    refused("vault", "new", world["ledger"], code="MC-004", exit_code=2)
    (world["ledger-vault"] / "master.key").write_text("nothing\n")
    refused(*listing, code="MC-388", exit_code=3)


def test_the_master_key_may_lie_elsewhere(world: World) -> None:
    place = ("--vault", world["safe"], "--master", world["usb.key"])
    check(done("vault", "new", world["ledger"], *place, "--json").value, "vault-new")
    assert not (world["safe"] / "master.key").exists()
    world.ask()
    done(*world.enrol(), *place)
    listing = ("vault", "list", world["ledger"], PLAN, "--slot", 0, "--json")
    assert done(*listing, *place).value["items"] == ["claims", "join_request"]
    assert done(*listing).value["items"] == []
    refused(*listing[:-1], "--vault", world["safe"], code="MC-003", exit_code=3)
