"""A case's whole way by commands, institutions, treasury and keys; each with its documented JSON."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from mutualchain.covenant.statements import ballot_message
from mutualchain.ledger.keys import read_key_file
from mutualchain.record.passport import Passport, member_seed
from mutualchain.record.receipt import parse_receipt, verify_receipt
from mutualchain.tlog import ed25519
from mutualchain.tlog import trust as trust_files
from tests.cli.harness import ORIGIN, PLAN, START, call, check, done, refused, ticking

DAY = 86_400_000
COVENANT = """title = "互助"
[membership]
prepay = "10"
[aid]
maxima = [{ amount = "300,000" }]
waiting = [{ days = 90, cause = "illness" }]
request_within_days = 180
[cases]
request = "member"
attestations = [{ role = "investigator" }, { role = "hospital" }]
objection_days = 3
jury = "on_objection"
jury_days = 2
jury_quorum = 2
[advances]
by = "institutions"
[keys]
rekey_days = 7
"""
FACTS = {
    "cause": "illness",
    "group": "critical",
    "disease": "C50",
    "diagnosed_day": "2026-08-20",
    "birth_day": "1984-05-01",
    "name": "李*",
    "hospital": "某市第一医院",
    "region": "某市",
}


ROLES = {"eyes": "investigator", "clinic": "hospital", "bank": "custodian", "hands": "charity"}


class Office:
    """A ledger of eight members, slot i with the passport member-i; ``day`` counts from when they joined."""

    def __init__(self, folder: Path, rules: str = COVENANT) -> None:
        self.folder, self.ledger, self.now = folder, folder / "ledger", START
        self.run("init", self.ledger, "--origin", ORIGIN)
        covenant = folder / "covenant.toml"
        covenant.write_text(rules, encoding="utf-8")
        self.run("plan", "create", self.ledger, PLAN, "--covenant", covenant)
        for slot in range(8):
            self.run("passport", "new", self.passport(slot), "--trust", folder / "ledger.trust")
            joining = ("--passport", self.passport(slot), "--without-claims", "--deposit", "100000")
            self.run("enrol", self.ledger, PLAN, *joining, "--reference", f"join-{slot}")
        for name, role in ROLES.items():
            made = self.value("institution", "new-key", self.key(name), "--name", name)
            check(made, "institution-new-key")
            self.write(
                *("institution", "register", self.ledger, "--name", name, "--title", f"The {name}", "--role", role),
                *("--public-key", made["public_key"], "--key", self.key(name), "--reference", f"register-{name}"),
            )

    def passport(self, slot: object) -> Path:
        return self.folder / f"member-{slot}.passport"

    def key(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    def run(self, *words: object) -> str:
        self.now += 60_000
        return done(*words, clock=ticking(self.now)).out

    def value(self, *words: object) -> Any:
        return json.loads(self.run(*words, "--json"))

    def write(self, *words: object) -> Any:
        found = self.value(*words)
        check(found, "written")
        return found

    def wait(self, days: float) -> None:
        self.now += int(days * DAY)

    def request(self, slot: int = 1, **facts: str) -> str:
        plain, sealed = self.folder / f"facts-{slot}.json", self.folder / f"sealed-{slot}.json"
        plain.write_text(json.dumps(FACTS | facts), encoding="utf-8")
        check(self.value("case", "seal", plain, "-o", sealed), "case-seal")
        found = self.write(
            *("case", "request", self.ledger, PLAN, "--slot", slot, "--amount", "300000", "--facts", sealed),
            *("--passport", self.passport(slot), "--reference", f"request-{slot}"),
        )
        return str(found["digest"])

    def attest(self, case: str, *, tag: str = "0" * 64) -> None:
        for name, role in (("eyes", "investigator"), ("clinic", "hospital")):
            extra = ("--tag", tag) if name == "clinic" else ()
            self.write(
                *("case", "attest", self.ledger, PLAN, "--case", case, "--institution", name, "--role", role, *extra),
                *("--key", self.key(name), "--reference", f"{name}-{case[:8]}"),
            )

    def disclose(self, case: str) -> None:
        self.write(
            *("case", "disclose", self.ledger, PLAN, "--case", case, "--aid", "300000", "--fields-root", "ab" * 32),
            *("--reference", f"disclose-{case[:8]}"),
        )

    def object(self, case: str) -> None:
        letter = self.folder / "letter.txt"
        letter.write_text("I know him", encoding="utf-8")
        self.write(
            *("case", "object", self.ledger, PLAN, "--case", case, "--slot", 5, "--file", letter),
            *("--passport", self.passport(5), "--reference", f"objection-{case[:8]}"),
        )

    def new_key(self, name: str) -> str:
        """The public key of a new passport."""
        self.run("passport", "new", self.passport(name), "--trust", self.folder / "ledger.trust")
        return str(self.value("passport", "show", self.passport(name), "--plan", PLAN)["public_key"])

    def request_key(self, slot: int, name: str) -> str:
        """The operator replaces the key of ``slot`` by that of a new passport; the replacement's name."""
        self.new_key(name)
        replacing = ("member-key", "replace", self.ledger, PLAN, "--slot", slot, "--new-passport", self.passport(name))
        return str(self.write(*replacing, "--reference", f"replace-{slot}")["digest"])

    def state(self, case: str) -> Any:
        found = self.value("case", "show", self.ledger, PLAN, case)
        check(found, "case-show")
        return found


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Office:
    office = Office(tmp_path_factory.mktemp("office"))
    office.wait(120)
    return office


@pytest.fixture
def office(ready: Office, tmp_path: Path) -> Office:
    shutil.copytree(ready.folder, tmp_path, dirs_exist_ok=True)
    copy = Office.__new__(Office)
    copy.folder, copy.ledger, copy.now = tmp_path, tmp_path / "ledger", ready.now
    return copy


def test_a_disputed_case_from_request_to_payment(office: Office) -> None:
    case = office.request()
    assert office.state(case)["state"] == "requested"
    key, tag = office.folder / "report.key", office.folder / "report.key"
    check(office.value("case", "tag", "--new-key", key), "case-tag")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    tagged = office.value("case", "tag", "--key", tag, "--number", "B2026-0820")
    check(tagged, "case-tag")
    office.attest(case, tag=tagged["tag"])
    office.disclose(case)
    assert office.state(case)["state"] == "disclosed"
    office.object(case)
    assert office.state(case)["objections"] == 1
    office.wait(3)
    assert office.state(case)["state"] == "voting"
    _vote(office, case)
    office.wait(2)
    assert office.state(case)["state"] == "counting"
    office.write("case", "count", office.ledger, PLAN, "--on", case, "--reference", "count")
    assert (office.state(case)["ballots"], office.state(case)["support"]) == (3, 2)
    office.write("case", "approve", office.ledger, PLAN, "--case", case, "--reference", "approve")
    office.run("round", "open", office.ledger, PLAN, "--case", case, "--reference", "open")
    office.run("round", "settle", office.ledger, PLAN, "--reference", "settle")
    assert office.state(case)["state"] == "shared"
    paying = ("case", "pay", office.ledger, PLAN, "--case", case, "--payment", "bank-1")
    office.write(*paying, "--amount", "200000", "--payee", "hospital", "--reference", "pay-1")
    office.write(*paying, "--amount", "100000", "--reference", "pay-2")
    assert office.state(case)["state"] == "paid"
    shown = office.run("case", "show", office.ledger, PLAN, case)
    assert "paid in full" in shown
    assert "clinic (hospital) has vouched." in shown
    assert "已全额发放" in office.run("case", "show", office.ledger, PLAN, case, "--lang", "zh")
    assert "VERIFIED" in office.run("audit", office.ledger)
    check(office.value("case", "list", office.ledger, PLAN), "case-list")


def _vote(office: Office, case: str) -> None:
    """One juror by her passport, two by a file of ballots signed elsewhere."""
    voting = ("case", "vote", office.ledger, PLAN, "--on", case)
    office.write(*voting, "--slot", 2, "--for", "--passport", office.passport(2), "--reference", "vote-2")
    chain = bytes.fromhex(office.value("status", office.ledger)["chain"])
    lines = ["slot,seq,vote,signature"]
    for slot, choice in ((3, 1), (4, 0)):
        seed = member_seed(Passport.from_bytes(office.passport(slot).read_bytes()).seed, ORIGIN, PLAN)
        message = ballot_message(chain, PLAN, bytes.fromhex(case), slot, 0, choice)
        lines.append(f"{slot},0,{choice},{ed25519.sign(seed, message).hex()}")
    table = office.folder / "ballots.csv"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert office.write(*voting, "--csv", table, "--reference", "votes")["rows"] == 2
    receipt = office.folder / "ballot.mct"
    check(office.value("case", "ballot", office.ledger, PLAN, "--on", case, "--slot", 4, "-o", receipt), "case-ballot")
    trust = trust_files.parse((office.folder / "ledger.trust").read_bytes())
    proven = verify_receipt(parse_receipt(receipt.read_bytes()), trust)
    assert proven.page is not None
    assert proven.page.row(proven.page.first_row)["vote"] == 0


def test_a_case_in_the_waiting_period_is_refused_by_its_clause(office: Office) -> None:
    plain, sealed = office.folder / "facts.json", office.folder / "sealed.json"
    plain.write_text(json.dumps(FACTS | {"diagnosed_day": "2026-06-01"}), encoding="utf-8")
    office.run("case", "seal", plain, "-o", sealed)
    asking = ("--slot", 1, "--amount", "300000", "--facts", sealed, "--passport", office.passport(1))
    office.now += 60_000
    words = ("case", "request", office.ledger, PLAN, *asking, "--reference", "r")
    result = call(*words, clock=ticking(office.now))
    assert result.code == 2
    assert result.err.startswith("MC-325: ")
    assert "aid.waiting" in result.err


def test_undoing_and_its_consequences(office: Office) -> None:
    case = office.request()
    office.attest(case)
    office.disclose(case)
    advancing = ("case", "advance", office.ledger, PLAN, "--case", case, "--amount", "50000", "--payment", "bank-0")
    office.write(*advancing, "--funder", "hands", "--key", office.key("hands"), "--reference", "advance")
    office.wait(3)
    office.write("case", "approve", office.ledger, PLAN, "--case", case, "--reference", "approve")
    reason = ("--reason", "forged_records", "--reference")
    office.write("case", "void", office.ledger, PLAN, "--case", case, *reason, "void")
    assert office.state(case)["void"] == "forged_records"
    on_her = ("case", "sanction", office.ledger, PLAN, "--slot", 1, "--case", case, "--until", "2027-01-01")
    sanction = office.write(*on_her, *reason, "sanction")["digest"]
    letter = office.folder / "appeal.txt"
    letter.write_text("It was true", encoding="utf-8")
    office.write(
        *("case", "appeal", office.ledger, PLAN, "--slot", 1, "--against", sanction, "--file", letter),
        *("--passport", office.passport(1), "--reference", "appeal"),
    )
    lifting = ("case", "lift", office.ledger, PLAN, "--sanction", sanction, "--reason", "appeal")
    office.write(*lifting, "--reference", "lift")
    second = office.request(2)
    refusing = ("case", "refuse", office.ledger, PLAN, "--case", second, "--clause", "cases.attestations")
    office.write(*refusing, "--reference", "refuse")
    assert office.state(second)["clause"] == "cases.attestations"
    third = office.request(3)
    back = ("case", "withdraw", office.ledger, PLAN, "--case", third, "--passport", office.passport(3))
    office.write(*back, "--reference", "back")
    assert [item["state"] for item in office.value("case", "list", office.ledger, PLAN)["cases"]] == [
        "void",
        "refused",
        "withdrawn",
    ]


def test_signatures_made_elsewhere(office: Office) -> None:
    case = office.request()
    words = ("case", "attest", office.ledger, PLAN, "--case", case, "--institution", "eyes", "--role", "investigator")
    told = office.value(*words, "--message", "--reference", "r")
    check(told, "message")
    signature = read_key_file(office.key("eyes")).sign_message(bytes.fromhex(told["message"]))
    assert "需用 Ed25519 签名" in office.run(*words, "--message", "--reference", "r", "--lang", "zh")
    office.write(*words, "--signature", signature.hex(), "--reference", "r")
    third = ("case", "withdraw", office.ledger, PLAN, "--case", case)
    check(office.value(*third, "--message", "--reference", "w"), "message")
    result = call(*third, "--passport", office.passport(2), "--reference", "w", clock=ticking(office.now + DAY))
    assert result.err.startswith("MC-002: the passport is not the one whose key is in this slot")


def test_institutions_are_listed_revoked_and_get_new_keys(office: Office) -> None:
    office.run("institution", "new-key", office.key("eyes-2"), "--name", "eyes")
    changing = ("institution", "replace-key", office.ledger, "--name", "eyes")
    office.write(*changing, "--old-key", office.key("eyes"), "--new-key", office.key("eyes-2"), "--reference", "eyes-2")
    revoking = ("institution", "revoke", office.ledger, "--name", "hands", "--reason", "closed")
    office.write(*revoking, "--reference", "revoke")
    found = office.value("institution", "list", office.ledger)
    check(found, "institution-list")
    assert [(item["id"], item["revoked"]) for item in found["institutions"]] == [
        ("eyes", None),
        ("clinic", None),
        ("bank", None),
        ("hands", "closed"),
    ]
    assert "hands: The hands (revoked: closed)" in office.run("institution", "list", office.ledger)


def test_a_custodian_that_holds_less_shows(office: Office) -> None:
    assert "尚未公示" in office.run("treasury", "show", office.ledger, PLAN, "--lang", "zh")
    stating = ("treasury", "state", office.ledger, PLAN, "--institution", "bank", "--key", office.key("bank"))
    office.write(*stating, "--balance", "800000", "--reference", "may")
    office.write(*stating, "--balance", "771500", "--reference", "june")
    found = office.value("treasury", "show", office.ledger, PLAN)
    check(found, "treasury-show")
    assert found["expected"] == 80_000_000
    assert [item["difference"] for item in found["statements"]] == [0, -2_850_000]
    shown = office.run("treasury", "show", office.ledger, PLAN)
    assert "-28,500.00" in shown
    assert "falls short" in shown


def test_keys_are_handed_over_replaced_and_defended(office: Office) -> None:
    for name in ("child", "new", "thief"):
        office.run("passport", "new", office.passport(name), "--trust", office.folder / "ledger.trust")
    handing = ("member-key", "hand-over", office.ledger, PLAN, "--slot", 1, "--passport", office.passport(1))
    office.write(*handing, "--new-passport", office.passport("child"), "--reference", "handover")
    replacing = ("member-key", "replace", office.ledger, PLAN)
    office.write(
        *(*replacing, "--slot", 2, "--new-passport", office.passport("new")),
        *("--voucher", "clinic", "--key", office.key("clinic"), "--reference", "lost"),
    )
    stolen = office.write(*replacing, "--slot", 3, "--new-passport", office.passport("thief"), "--reference", "stolen")
    showing = ("member-key", "show", office.ledger, PLAN, "--slot")
    before = office.value(*showing, 3)
    check(before, "member-key-show")
    assert before["pending"]["replacement"] == stolen["digest"]
    assert "A replacement is in force from" in office.run(*showing, 3)
    office.write(
        *("member-key", "object", office.ledger, PLAN, "--slot", 3, "--replacement", stolen["digest"]),
        *("--passport", office.passport(3), "--reference", "not-lost"),
    )
    assert office.value(*showing, 3)["pending"] is None
    old = office.value(*showing, 2)["public_key"]
    office.wait(8)
    assert office.value(*showing, 2)["public_key"] != old
    taking = ("withdraw", office.ledger, PLAN, "--slot", 1, "--amount", "1", "--passport")
    assert call(*taking, office.passport(1), "--reference", "w", clock=ticking(office.now)).err.startswith("MC-002")
    office.write(*taking, office.passport("child"), "--reference", "w")


def test_illness_in_the_waiting_period_gives_the_shares_back(tmp_path: Path) -> None:
    office = Office(tmp_path, COVENANT.replace("request_within_days = 180", 'ill_in_waiting = "refund_and_end"'))
    office.wait(60)
    case = office.request(1, diagnosed_day="2026-06-01")
    refusing = ("case", "refuse", office.ledger, PLAN, "--case", case, "--clause", "aid.waiting")
    office.write(*refusing, "--reference", "refuse")
    office.write("case", "restitute", office.ledger, PLAN, "--case", case, "--reference", "restitute")


# --- what is wrong with a call ----------------------------------------------------------------------


def test_wrong_calls_say_what_is_missing(office: Office) -> None:
    ledger, case = office.ledger, "0" * 64
    plain = office.folder / "plain.json"
    plain.write_text(json.dumps(FACTS), encoding="utf-8")
    usage: Any = {"code": "MC-002", "exit_code": 2}
    refused("case", "approve", ledger, PLAN, "--reference", "r", **usage)
    refused("case", "approve", ledger, PLAN, "--case", case, "--aid", "1", "--reference", "r", **usage)
    by_itself = ("case", "approve", ledger, PLAN, "--slot", 1, "--file-hash", case)
    refused(*by_itself, "--reference", "r", **usage)
    refused("case", "tag", **usage)
    refused("case", "tag", "--key", plain, **usage)
    noise = office.folder / "noise.key"
    noise.write_text("no key", encoding="utf-8")
    refused("case", "tag", "--key", noise, "--number", "1", **usage)
    refused("case", "vote", ledger, PLAN, "--on", case, "--slot", 1, "--reference", "r", **usage)
    one = ("case", "vote", ledger, PLAN, "--on", case, "--slot", 1, "--for", "--signature", "0" * 128)
    refused(*one, "--reference", "r", **usage)
    asking = ("case", "request", ledger, PLAN, "--slot", 1, "--amount", "1", "--passport", office.passport(1))
    refused(*asking, "--facts", plain, "--reference", "r", **usage)
    refused(
        "member-key",
        "replace",
        ledger,
        PLAN,
        "--slot",
        1,
        "--new-passport",
        plain,
        "--voucher",
        "x",
        "--reference",
        "r",
        **usage,
    )
    refused("case", "show", ledger, PLAN, case, code="MC-094", exit_code=2)
    refused("treasury", "show", ledger, "nothing", code="MC-082", exit_code=2)


@pytest.mark.parametrize(
    "content",
    [
        "no json",
        "[]",
        '{"colour": "red"}',
        '{"diagnosed_day": "yesterday"}',
        '{"salts": {}}',
        '{"salts": {"cause": 1}}',
    ],
)
def test_a_facts_file_that_is_none(tmp_path: Path, content: str) -> None:
    plain = tmp_path / "facts.json"
    plain.write_text(content, encoding="utf-8")
    refused("case", "seal", plain, "-o", tmp_path / "sealed.json", code="MC-250", exit_code=2)
    assert not (tmp_path / "sealed.json").exists()


def test_facts_are_sealed_once(office: Office) -> None:
    office.request()
    sealed = office.folder / "sealed-1.json"
    refused("case", "seal", sealed, "-o", office.folder / "again.json", code="MC-002", exit_code=2)


def test_wrong_ballots_are_named_by_their_line(office: Office) -> None:
    table = office.folder / "ballots.csv"
    table.write_text(f"slot,seq,vote,signature\n1,0,1,{'0' * 128}\n2,0,1,beef\n", encoding="utf-8")
    words = ("case", "vote", office.ledger, PLAN, "--on", "0" * 64, "--csv", table, "--reference", "r")
    assert "line 3: signature: not 128 hexadecimal digits" in refused(*words, code="MC-250", exit_code=2).err
