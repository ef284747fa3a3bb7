"""The facts of a case, from the request to their erasure: sealed, opened to an auditor one by one, gone everywhere."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mutualchain.canonical import Value
from mutualchain.limits import MAX_OPENING
from mutualchain.record import frame
from tests.cli.harness import PLAN, call, check, done, refused, ticking
from tests.cli.test_cases import FACTS, Office

TRUST = "ledger.trust"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path)
    made.wait(120)
    return made


@pytest.fixture
def case(office: Office) -> str:
    """A case of member 1 that she withdrew."""
    name = office.request(1)
    office.write(
        *("case", "withdraw", office.ledger, PLAN, "--case", name, "--passport", office.passport(1)),
        *("--reference", "withdrawn"),
    )
    return name


def opening(office: Office, case: str, field: str, name: str = "field.mco") -> Path:
    words = ("vault", "open", office.ledger, PLAN, "--case", case, "--field", field, "-o", office.folder / name)
    check(done(*words, "--json").value, "vault-open")
    return office.folder / name


def erased(office: Office, *whose: object) -> None:
    office.write("vault", "erase", office.ledger, PLAN, *whose, "--reason", "wish", "--reference", "letter")


def everything_in(*folders: Path) -> bytes:
    return b"".join(path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file())


def test_nothing_of_a_case_lies_in_ledger_or_vault_in_clear(office: Office, case: str) -> None:
    stored = everything_in(office.ledger, office.folder / "ledger-vault")
    salts = json.loads((office.folder / "sealed-1.json").read_text(encoding="utf-8"))["salts"]
    for secret in (FACTS["hospital"], FACTS["name"]):
        assert secret.encode() not in stored
    for salt in salts.values():
        assert bytes.fromhex(salt) not in stored


@pytest.mark.parametrize(("field", "value"), [("diagnosed_day", "2026-08-20"), ("hospital", "某市第一医院")])
def test_a_fact_is_opened_to_an_auditor_and_the_others_stay_closed(
    office: Office, case: str, field: str, value: str
) -> None:
    file = opening(office, case, field)
    assert FACTS["name"].encode() not in file.read_bytes()
    copy = office.folder / "copy"
    done("backup", office.ledger, copy)
    done("publish", office.ledger, office.folder / "public")
    for place in ((copy,), (office.folder / "public", "--trust", office.folder / TRUST)):
        found = done("verify-opened", file, *place, "--json").value
        check(found, "verify-opened")
        assert (found["slot"], found["case"], found["field"], found["value"]) == (1, case, field, value)
    shown = done("verify-opened", file, copy, "--lang", "zh").out
    assert value in shown
    assert "申请互助金时所陈述的内容" in shown
    assert value in done("show", file).out


def edits() -> dict[str, dict[str, Value]]:
    return {
        "another value": {"value": 20_000},
        "another value of the wrong kind": {"value": "2026-08-20"},
        "another field": {"name": "birth_day"},
        "no field": {"name": "blood_group"},
        "another salt": {"salt": bytes(32)},
        "another path": {"proof": (bytes(32),) * 3},
        "a shorter path": {"proof": ()},
        "another member": {"slot": 2},
        "another chain": {"chain": bytes(32)},
        "another case": {"case": bytes(32)},
        "another plan": {"plan": "other"},
        "a day that is no number": {"value": True},
        "a version to come": {"version": 2},
    }


@pytest.mark.parametrize("name", edits())
def test_an_edited_field_is_refused(office: Office, case: str, name: str) -> None:
    file = opening(office, case, "diagnosed_day")
    value = frame.unwrap(frame.OPENING, file.read_bytes(), MAX_OPENING)
    assert isinstance(value, dict)
    file.write_bytes(frame.wrap(frame.OPENING, value | edits()[name]))
    result = call("verify-opened", file, office.ledger)
    assert result.code in (1, 2, 3)
    assert result.out == ""
    assert "more:  mutualchain explain MC-" in result.err
    if name in ("another value", "another salt", "another path", "another field", "another member"):
        assert (result.code, result.err[:6]) == (1, "MC-384")


@pytest.mark.parametrize("whole", [True, False])
def test_erased_facts_are_gone_from_backups_and_the_rest_verifies(office: Office, case: str, whole: bool) -> None:
    copy = office.folder / "before"
    done("backup", office.ledger, copy)
    shutil.copytree(office.folder / "ledger-keys", office.folder / "before-keys")
    before = opening(office, case, "diagnosed_day")
    erased(office, *(("--slot", 1) if whole else ("--case", case)))
    vault = ("--vault", office.folder / "ledger-vault")
    again = ("vault", "open", copy, PLAN, "--case", case, "--field", "hospital", "-o", office.folder / "x.mco", *vault)
    refused(*again, code="MC-387", exit_code=3)
    refused(*again[:2], office.ledger, *again[3:], code="MC-387", exit_code=3)
    # The ledger, put back as it was before, opens nothing either.
    done("credit", copy, PLAN, "--slot", 2, "--amount", "1", "--reference", "c", clock=ticking(office.now))
    refused(*again, code="MC-387", exit_code=3)
    for ledger in (office.ledger, copy):
        assert done("audit", ledger, *vault, "--trust", office.folder / TRUST, "--json").value["verdict"] == "verified"
    done("record", office.ledger, PLAN, "--slot", 1, "-o", office.folder / "her.mcr")
    done("verify-my-record", office.folder / "her.mcr", "--passport", office.passport(1), clock=ticking(office.now))
    done("verify-opened", before, office.ledger)
    listed = done("vault", "list", office.ledger, PLAN, "--slot", 1, "--json").value
    check(listed, "vault-list")
    assert (listed["cases"], [item["case"] for item in listed["erased"]]) == ([], [None if whole else case])


def test_what_a_case_under_way_needs_cannot_be_erased(office: Office) -> None:
    case = office.request(2)
    for whose in (("--slot", 2), ("--case", case)):
        words = ("vault", "erase", office.ledger, PLAN, *whose, "--reason", "wish", "--reference", "r")
        result = call(*words, clock=ticking(office.now))
        assert (result.code, result.err[:6]) == (2, "MC-339")
    assert done("vault", "list", office.ledger, PLAN, "--slot", 2, "--json").value["cases"] == [case]


def test_a_request_needs_the_vault_and_says_so(office: Office) -> None:
    (office.folder / "ledger-vault").rename(office.folder / "elsewhere")
    plain, sealed = office.folder / "facts.json", office.folder / "sealed.json"
    plain.write_text(json.dumps(FACTS), encoding="utf-8")
    done("case", "seal", plain, "-o", sealed)
    words = [
        *("case", "request", office.ledger, PLAN, "--slot", 1, "--amount", "300000", "--facts", sealed),
        *("--passport", office.passport(1), "--reference", "r"),
    ]
    result = call(*words, clock=ticking(office.now))
    assert (result.code, result.err[:6]) == (3, "MC-385")
    assert "vault new" in result.err
    done(*words, "--vault", office.folder / "elsewhere", clock=ticking(office.now))
    done("credit", office.ledger, PLAN, "--slot", 2, "--amount", "1", "--reference", "c", clock=ticking(office.now))


def test_who_and_what_to_erase_or_open_is_said_once(office: Office, case: str) -> None:
    for words in (
        ("vault", "erase", office.ledger, PLAN, "--reason", "wish", "--reference", "r"),
        ("vault", "erase", office.ledger, PLAN, "--slot", 1, "--case", case, "--reason", "wish", "--reference", "r"),
        ("vault", "erase", office.ledger, PLAN, "--slot", 1, "--reason", "because", "--reference", "r"),
        ("vault", "open", office.ledger, PLAN, "--field", "name", "-o", office.folder / "x"),
    ):
        refused(*words, code="MC-002", exit_code=2)
    missing = ("vault", "open", office.ledger, PLAN, "--field", "blood_group", "-o", office.folder / "x")
    refused(*missing, "--case", case, code="MC-384", exit_code=1)
    refused(*missing, "--case", "00" * 32, code="MC-094", exit_code=2)
