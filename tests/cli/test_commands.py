"""Every command does its work, says it, and prints its documented JSON."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest

from mutualchain import catalogue
from mutualchain.covenant.toml import read_toml
from mutualchain.record.receipt import parse_receipt, verify_receipt
from mutualchain.tlog import trust as trust_files
from tests.cli.harness import LATER, ORIGIN, PLAN, Small, call, check, done, members_csv, refused, settle_round, ticking


def write(small: Small, *words: object) -> dict[str, object]:
    """Run a command that writes, with a later clock, and return its JSON."""
    result = done(words[0], *words[1:], "--json", clock=ticking(LATER)).value
    assert isinstance(result, dict)
    return result


def test_init_makes_keys_outside_the_ledger_that_only_their_owner_reads(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    value = done("init", ledger, "--origin", ORIGIN, "--json").value
    check(value, "init")
    keys = Path(value["keys"])
    assert keys == tmp_path / "ledger-keys"
    assert sorted(path.name for path in keys.iterdir()) == ["block.key", "log.key", "recovery.key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys.iterdir()} == {0o600}
    trust = Path(value["trust"]).read_text(encoding="ascii")
    assert trust == f"log {value['log_key']}\nquorum none\n"


def test_init_tells_to_move_the_recovery_key_offline(tmp_path: Path) -> None:
    assert "recovery.key offline now" in " ".join(done("init", tmp_path / "l", "--origin", ORIGIN).out.split())


def test_init_can_go_on_with_the_keys_of_an_interrupted_one(tmp_path: Path) -> None:
    ledger, other = tmp_path / "a", tmp_path / "b"
    first = done("init", ledger, "--origin", ORIGIN, "--json").value
    keys = ("--keys", first["keys"], "--existing-keys")
    assert done("init", other, "--origin", ORIGIN, *keys, "--json").value["log_key"] == first["log_key"]
    refused("init", tmp_path / "c", "--origin", "another.example", *keys, code="MC-135", exit_code=2)


def test_init_goes_on_wherever_it_was_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mutualchain.ledger import Ledger

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    words = ("init", tmp_path / "ledger", "--origin", ORIGIN)
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "create", killed)
        assert call(*words).code == 130
    refused(*words, code="MC-004", exit_code=2)
    done(*words, "--existing-keys")
    assert done("audit", tmp_path / "ledger").out.startswith("VERIFIED\n")


def test_a_plan_from_a_covenant_file(small: Small, tmp_path: Path) -> None:
    covenant = tmp_path / "covenant.toml"
    text = 'title = "互助"\n[membership]\nprepay = "3"\n[aid]\nmaxima = [{ amount = "100,000.50" }]\n[fee]\nbp = 800\n'
    covenant.write_text(text, encoding="utf-8")
    value = write(small, "plan", "create", small.ledger, "second", "--covenant", covenant)
    check(value, "plan-create")
    assert value["covenant"]["aid"]["maxima"][0]["amount"] == 10_000_050  # type: ignore[index]
    shown = done("plan", "show", small.ledger, "second", "--json").value
    check(shown, "plan-show")
    assert shown["covenant"]["fee"]["bp"] == 800
    assert "8% of the aid" in done("plan", "show", small.ledger, "second").out
    assert "互助金的 8%" in done("plan", "show", small.ledger, "second", "--lang", "zh").out
    whole = done("plan", "show", small.ledger, "second", "--toml").out
    assert read_toml(whole).covenant.hash.hex() == value["covenant_hash"]


def test_a_plan_from_the_catalogue(small: Small) -> None:
    value = write(small, "plan", "create", small.ledger, "second", "--catalogue", "xianghubao")
    assert value["covenant_hash"] == catalogue.load("xianghubao").covenant.hash.hex()


def test_lists_and_status_have_their_shapes(template: Small) -> None:
    for words, name in (
        (("status", template.ledger), "status"),
        (("plan", "list", template.ledger), "plan-list"),
        (("plan", "show", template.ledger, PLAN), "plan-show"),
        (("case", "list", template.ledger, PLAN), "case-list"),
        (("round", "list", template.ledger, PLAN), "round-list"),
        (("round", "show", template.ledger, PLAN), "round-show"),
        (("round", "show", template.ledger, PLAN, 1), "round-show"),
    ):
        check(done(*words, "--json").value, name)
        assert done(*words).out


def test_status_adds_up(template: Small) -> None:
    (plan,) = done("status", template.ledger, "--json").value["plans"]
    assert plan["money"] == {
        "deposits": 10_000,
        "credits": 0,
        "withdrawals": 0,
        "deductions": 60,
        "balances": 9_940,
        "payouts": 60,
    }
    assert [case["state"] for case in plan["cases"]] == ["paid"]
    assert plan["open_round"] is None
    out = done("status", template.ledger).out
    assert "members    10" in out
    assert template.case in out


def test_status_shows_an_open_round(small: Small) -> None:
    approve = ("--slot", 1, "--aid", "1", "--file-hash", "ab" * 32, "--reference", "c")
    case = write(small, "case", "approve", small.ledger, PLAN, *approve)["digest"]
    value = write(small, "round", "open", small.ledger, PLAN, "--case", case, "--reference", "o")
    check(value, "round-open")
    assert value["round"]["share"] == 10  # type: ignore[index]
    assert "Round 2 is open: 0.10 yuan each from 10 members." in done("status", small.ledger).out


def test_writes_have_one_shape_and_are_repeated_safely(small: Small, tmp_path: Path) -> None:
    signing = ("--slot", 0, "--passport", small.passport)
    table = tmp_path / "credits.csv"
    table.write_text("slot,amount,reason\n1,2.50,7\n2,1,0\n", encoding="utf-8")
    for words in (
        ("credit", small.ledger, PLAN, "--slot", 0, "--amount", "5", "--reference", "in"),
        ("credit", small.ledger, PLAN, "--csv", table, "--reference", "ins"),
        ("withdraw", small.ledger, PLAN, *signing, "--amount", "2.50", "--reference", "out"),
        ("exit", small.ledger, PLAN, *signing, "--reference", "bye"),
    ):
        first = write(small, *words)
        check(first, "written")
        assert write(small, *words) == first, "a retry returns the first acknowledgement"


def test_a_signature_made_elsewhere(small: Small) -> None:
    from mutualchain.ledger.core import reference_key
    from mutualchain.record.passport import Passport

    hers = Passport.from_bytes(small.passport.read_bytes())
    chain = bytes.fromhex(done("status", small.ledger, "--json").value["chain"])
    reference = reference_key(PLAN, "out")
    signature = hers.sign_withdrawal(chain, ORIGIN, PLAN, slot=0, seq=0, amount=100, reference=reference)
    words = ("withdraw", small.ledger, PLAN, "--slot", 0, "--amount", "1", "--reference", "out")
    refused(*words, "--signature", signature.hex(), code="MC-002", exit_code=2)
    assert write(small, *words, "--signature", signature.hex(), "--seq", 0)["seq"] == 0


def test_her_passport_signs_with_the_key_of_the_membership_that_is_in_the_slot(small: Small) -> None:
    from mutualchain.record.passport import Passport

    second = Passport.from_bytes(small.passport.read_bytes()).public_key(ORIGIN, PLAN, 1).hex()
    joining = ("enrol", small.ledger, PLAN, "--public-key", second, "--without-claims", "--deposit", "10")
    slot = write(small, *joining, "--reference", "again")["slot"]
    hers = ("--slot", slot, "--passport", small.passport)
    write(small, "withdraw", small.ledger, PLAN, *hers, "--amount", "1", "--reference", "out")
    write(small, "exit", small.ledger, PLAN, *hers, "--reference", "bye")
    elses = ("--slot", 1, "--passport", small.passport, "--reference", "theft")
    refused("withdraw", small.ledger, PLAN, *elses, "--amount", "1", code="MC-002", exit_code=2)


def test_a_receipt_can_be_checked_and_shown(small: Small, tmp_path: Path) -> None:
    receipt = tmp_path / "receipt.mct"
    write(small, "credit", small.ledger, PLAN, "--slot", 0, "--amount", "5", "--reference", "r", "--receipt", receipt)
    trust = trust_files.parse(small.trust.read_bytes())
    assert verify_receipt(parse_receipt(receipt.read_bytes()), trust).page is not None
    shown = done("show", receipt, "--json").value
    check(shown, "show")
    assert shown["says"]["for"] == f"one row of credit/1 number 0, plan {PLAN}"


@pytest.mark.parametrize("name", ["my.mcr", "my.passport", "ledger.trust"])
def test_show_opens_every_kind_of_file_and_says_that_nothing_was_checked(name: str, template: Small) -> None:
    value = done("show", template.folder / name, "--json").value
    check(value, "show")
    assert value["checked"] is False
    assert done("show", template.folder / name).out


def test_show_never_shows_the_secret(template: Small) -> None:
    from mutualchain.record.passport import Passport

    secret = Passport.from_bytes(template.passport.read_bytes()).seed.hex()
    assert secret not in done("show", template.passport).out + done("show", template.passport, "--json").out


def test_passports_have_their_shapes(template: Small, tmp_path: Path) -> None:
    made = done("passport", "new", tmp_path / "p", "--trust", template.trust, "--json").value
    check(made, "passport-new")
    assert stat.S_IMODE((tmp_path / "p").stat().st_mode) == 0o600
    shown = done("passport", "show", tmp_path / "p", "--plan", PLAN, "--json").value
    check(shown, "passport-show")
    again = done("passport", "show", tmp_path / "p", "--plan", PLAN, "--index", 1, "--json").value
    assert shown["public_key"] != again["public_key"]


def test_a_record_is_found_by_slot_key_or_passport(template: Small, tmp_path: Path) -> None:
    key = done("passport", "show", template.passport, "--plan", PLAN, "--json").value["public_key"]
    for number, whose in enumerate((("--slot", 0), ("--public-key", key), ("--passport", template.passport))):
        path = tmp_path / f"{number}.mcr"
        value = done("record", template.ledger, PLAN, *whose, "-o", path, "--json").value
        check(value, "record")
        assert path.read_bytes() == template.record.read_bytes()
    refused("record", template.ledger, PLAN, "--slot", 0, "-o", tmp_path / "0.mcr", code="MC-004", exit_code=2)
    done("record", template.ledger, PLAN, "--slot", 1, "-o", tmp_path / "0.mcr", "--force")
    assert (tmp_path / "0.mcr").read_bytes() != template.record.read_bytes()


def test_a_thousand_members_at_once(small: Small, tmp_path: Path) -> None:
    table = tmp_path / "many.csv"
    table.write_text("\ufeff" + members_csv(1_000, 100).replace("\n", "\r\n"), encoding="utf-8")
    value = write(small, "enrol", small.ledger, PLAN, "--csv", table, "--reference", "many")
    check(value, "written")
    assert (value["slot"], value["rows"]) == (10, 1_000)
    last = done("record", small.ledger, PLAN, "--slot", "1,009", "-o", tmp_path / "last.mcr", "--json")
    assert last.value["slot"] == 1_009
    assert "Slots 10 to 1,009." in done("enrol", small.ledger, PLAN, "--csv", table, "--reference", "many").out


def test_an_audit_trusts_the_file_beside_the_ledger_or_says_that_it_had_none(small: Small) -> None:
    value = done("audit", small.ledger, "--json").value
    check(value, "audit")
    assert (value["verdict"], value["trusted"]) == ("verified", "trust file")
    assert "lay beside the ledger" in done("audit", small.ledger).out
    assert "lay beside" not in done("audit", small.ledger, "--trust", small.trust).out
    small.trust.unlink()
    value = done("audit", small.ledger, "--json").value
    assert value["trusted"] == "genesis"
    assert "No trust file was given" in done("audit", small.ledger).out


def test_an_audit_with_worker_processes(template: Small) -> None:
    assert done("audit", template.ledger, "--workers", 2).out.startswith("VERIFIED\n")


def test_backup_and_restore(small: Small, tmp_path: Path) -> None:
    kept = tmp_path / "backup"
    check(done("backup", small.ledger, kept, "--json").value, "backup")
    assert (tmp_path / "backup.trust").read_bytes() == small.trust.read_bytes()
    settle_round(small, 2, ticking(LATER))
    restored = tmp_path / "restored"
    out = " ".join(done("restore", kept, restored).out.split())
    assert "What was recorded after that moment is not in it" in out
    assert done("audit", restored).out.startswith("VERIFIED\n")
    keys = ("--keys", small.folder / "ledger-keys")
    done("credit", restored, PLAN, "--slot", 0, "--amount", "1", "--reference", "x", *keys, clock=ticking(LATER))
    refused("restore", kept, restored, code="MC-117", exit_code=2)


def test_publishing_writes_what_is_new(small: Small, tmp_path: Path) -> None:
    public = tmp_path / "public"
    first = done("publish", small.ledger, public, "--json").value
    check(first, "publish")
    assert first["new_checkpoint"]
    assert (public / "checkpoint").read_bytes().startswith(first["origin"].encode() + b"\n")
    assert "up to date" in done("publish", small.ledger, public).out
    settle_round(small, 2, ticking(LATER))
    again = done("publish", small.ledger, public, "--recheck", "--json").value
    assert again["size"] > again["before"] == first["size"]
    refused("publish", small.ledger, small.ledger / "public", code="MC-002", exit_code=2)
    other = tmp_path / "other.trust"
    other.write_text("log example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\nquorum none\n")
    refused("publish", small.ledger, tmp_path / "none", "--trust", other, code="MC-023", exit_code=3)


def test_a_case_file_of_any_size_is_hashed(small: Small, tmp_path: Path) -> None:
    file = tmp_path / "case.zip"
    file.write_bytes(b"case" * 100_000)
    words = ("case", "approve", small.ledger, PLAN, "--slot", 1, "--aid", "1", "--reference", "c")
    first = write(small, *words, "--file", file)
    assert write(small, *words, "--file-hash", hashlib.sha256(file.read_bytes()).hexdigest()) == first


def test_wrong_figures_of_a_round_are_usage_errors(template: Small) -> None:
    refused("round", "show", template.ledger, PLAN, 2, code="MC-002", exit_code=2)
    refused("round", "show", template.ledger, PLAN, 0, code="MC-002", exit_code=2)
    assert call("round", "show", template.ledger, PLAN, "x").code == 2
