"""A member signs on her own device: she reads what it is, and whatever is no statement of hers is never signed."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from mutualchain.covenant.acts import (
    Act,
    Appeal,
    Attestation,
    CaseWithdrawal,
    Handover,
    Objection,
    Rekey,
    RekeyObjection,
    Request,
)
from mutualchain.covenant.statement_reading import OF_MEMBERS
from mutualchain.covenant.statements import (
    TAG,
    act_message,
    ballot_message,
    exit_message,
    join_message,
    withdrawal_message,
)
from tests.cli.harness import LATER, PLAN, Small, call, check, done, refused, ticking
from tests.cli.test_cases import FACTS, Office, office, ready
from tests.cli.test_passport import Terminal

__all__ = ["office", "ready"]

USAGE: Any = {"code": "MC-002", "exit_code": 2}
UNREADABLE: Any = {"code": "MC-104", "exit_code": 2}


def elsewhere(office: Office, passport: object, *words: object, to: str = "--signature", more: Any = ()) -> Any:
    """Record something with a signature made by ``passport sign`` over what --message printed."""
    reference = ("--reference", f"elsewhere-{office.now}")
    told = office.value(*words, "--message", *reference)
    check(told, "message")
    made = office.value("passport", "sign", office.passport(passport), told["message"], "--plan", PLAN, "--yes")
    check(made, "passport-sign")
    number = ("--seq", told["seq"]) if "seq" in told else ()
    if not to:
        return made
    return made | office.write(*words, to, made["signature"], *number, *more, *reference)


def test_every_statement_of_a_member_is_signed_elsewhere_and_recorded(office: Office) -> None:
    ledger, letter = office.ledger, office.folder / "letter.txt"
    letter.write_text("I know him", encoding="utf-8")
    plain, sealed = office.folder / "facts.json", office.folder / "sealed.json"
    plain.write_text(json.dumps(FACTS), encoding="utf-8")
    office.run("case", "seal", plain, "-o", sealed)
    kinds = []

    def take(passport: object, *words: object, **more: Any) -> Any:
        found = elsewhere(office, passport, *words, **more)
        kinds.append(found["kind"])
        return found

    asking = ("case", "request", ledger, PLAN, "--slot", 1, "--amount", "300000", "--facts", sealed)
    case = take(1, *asking)["digest"]
    office.attest(case)
    office.disclose(case)
    take(5, "case", "object", ledger, PLAN, "--case", case, "--slot", 5, "--file", letter)
    office.wait(3)
    assert take(2, "case", "vote", ledger, PLAN, "--on", case, "--slot", 2, "--for")["says"]["vote"] == 1
    assert take(3, "case", "vote", ledger, PLAN, "--on", case, "--slot", 3, "--against")["says"]["vote"] == 0
    take(1, "case", "withdraw", ledger, PLAN, "--case", case)
    assert office.state(case)["state"] == "withdrawn"

    second = office.request(2)
    refusing = ("case", "refuse", ledger, PLAN, "--case", second, "--clause", "cases.attestations")
    refusal = office.write(*refusing, "--reference", "refuse")["digest"]
    take(2, "case", "appeal", ledger, PLAN, "--slot", 2, "--against", refusal, "--file", letter)

    stolen = office.request_key(3, "thief")
    take(3, "member-key", "object", ledger, PLAN, "--slot", 3, "--replacement", stolen)
    taken = take(4, "withdraw", ledger, PLAN, "--slot", 4, "--amount", "2.50")
    assert (taken["says"]["amount"], taken["index"], taken["new_key"]) == (250, 0, False)
    take(4, "exit", ledger, PLAN, "--slot", 4, "--reason", 7)

    key = office.new_key("child")
    handing = ("member-key", "hand-over", ledger, PLAN, "--slot", 6, "--new-key", key)
    accepted = elsewhere(office, "child", *handing, to="")
    assert accepted["new_key"]
    take(6, *handing, more=("--acceptance", accepted["signature"]))
    assert office.value("member-key", "show", ledger, PLAN, "--slot", 6)["public_key"] == key
    replacing = ("member-key", "replace", ledger, PLAN, "--slot", 7, "--new-key", office.new_key("new"))
    assert take("new", *replacing, to="--acceptance")["new_key"]
    assert set(kinds) == {"withdrawal", "exit", "ballot", *OF_MEMBERS}
    assert "VERIFIED" in office.run("audit", ledger)


def test_a_new_key_needs_its_own_signature(office: Office) -> None:
    handing = ("member-key", "hand-over", office.ledger, PLAN, "--slot", 6, "--reference", "r")
    key = office.new_key("child")
    sharing = ("--new-key", key, "--passport", office.passport(6))
    assert "--acceptance" in refused(*handing, *sharing, **USAGE).err
    both = ("--new-passport", office.passport("child"), *sharing)
    assert "the new key: one of" in refused(*handing, *both, **USAGE).err
    told = office.value(
        "member-key", "replace", office.ledger, PLAN, "--slot", 7, "--new-key", key, "--message", "--reference", "r"
    )
    words = ("passport", "sign", office.passport(7), told["message"], "--yes")
    assert "does not have the new key" in refused(*words, **USAGE).err


# --- what she reads -------------------------------------------------------------------------------


def message(small: Small, *words: object) -> str:
    found = done("withdraw", small.ledger, PLAN, "--slot", 0, "--amount", "1.25", *words, "--message", "--json")
    return str(found.value["message"])


def sign(small: Small, text: object, *words: object, yes: str = "--yes") -> Any:
    return done("passport", "sign", small.passport, text, *words, yes, clock=ticking(LATER))


def test_with_her_record_she_reads_amounts_in_her_currency(template: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    text = message(template, "--reference", "r")
    found = sign(template, text, "--record", template.record)
    assert "You take 1.25 yuan out of the plan." in found.err
    assert re.search(r"running number +0$", found.err, re.MULTILINE)
    assert "Book, plan and key are those of your record" in found.err
    assert re.fullmatch(r"[0-9a-f]{128}\n", found.out)
    monkeypatch.setenv("MUTUALCHAIN_LANG", "zh")
    assert "您从互助计划中取出 1.25 元。" in sign(template, text, "--record", template.record).err
    without = sign(template, text).err
    assert "125 个最小货币单位（人民币为分）" in without
    assert "没有核对账本和会员号是不是您的" in without


CHAIN, HASH, OTHER = bytes(32), b"\x05" * 32, b"\x07" * 32
ACTS: dict[str, tuple[Act, str, str]] = {
    "request": (Request(0, 12_345, HASH, 2, 9, b""), "You ask for aid of 12,345 of the", "您申请互助金 12,345 个"),
    "objection": (Objection(HASH, 0, OTHER, b""), "You object to a case.", "您对一个案件提出异议。"),
    "taking back": (CaseWithdrawal(HASH, b""), "You take your request for aid back.", "您撤回互助申请。"),
    "appeal": (Appeal(0, HASH, OTHER, b""), "You appeal against a decision.", "您对一项决定提出申诉。"),
    "handover": (Handover(0, HASH, b"", b""), "You hand your membership over to another key.", "移交给另一把密钥"),
    "not lost": (RekeyObjection(HASH, b""), "You say that your key is not lost", "您声明密钥没有遗失"),
}
SAID: dict[str, tuple[bytes, str, str]] = {
    "withdrawal": (
        withdrawal_message(CHAIN, PLAN, 0, 3, 9_876, HASH, 44),
        "You take 9,876 of the",
        "您从互助计划中取出 9,876 个",
    ),
    "exit": (exit_message(CHAIN, PLAN, 0, 3, 44), "You leave the plan.", "您退出互助计划。"),
    "ballot for": (ballot_message(CHAIN, PLAN, HASH, 0, 3, 1), "You vote for it.", "您投支持票。"),
    "ballot against": (ballot_message(CHAIN, PLAN, HASH, 0, 3, 0), "You vote against it.", "您投反对票。"),
    **{name: (act_message(CHAIN, PLAN, act), english, chinese) for name, (act, english, chinese) in ACTS.items()},
}


@pytest.mark.parametrize("name", SAID)
def test_every_kind_is_told_in_words_with_every_value(name: str, template: Small) -> None:
    data, english, chinese = SAID[name]
    text = data.hex()
    found = sign(template, text)
    assert english in found.err
    assert chinese in sign(template, text, "--lang", "zh").err
    value = done("passport", "sign", template.passport, text, "--yes", "--json").value
    shown = re.sub(r"\s+", " ", found.err)
    for field, item in value["says"].items():
        text = f"{item:,}" if isinstance(item, int) else item
        assert field == "vote" or f" {text} " in f"{shown} ", field
    assert f" {PLAN} " in shown
    assert CHAIN.hex() in shown
    assert value["signature"] == found.out.strip()


def test_who_takes_a_membership_over_reads_that(template: Small) -> None:
    showing = ("passport", "show", template.passport, "--plan", PLAN, "--index", 2, "--json")
    key = bytes.fromhex(done(*showing).value["public_key"])
    text = act_message(CHAIN, PLAN, Handover(0, key, b"", b"")).hex()
    assert "You take over a membership" in sign(template, text).err
    assert "You hand your membership over" in sign(template, text, "--index", 0).err


def test_the_question_stands_beside_what_is_signed(
    template: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    words = (
        "passport",
        "sign",
        template.passport,
        exit_message(CHAIN, PLAN, 0, 3, 0).hex(),
        "-o",
        tmp_path / "signature",
    )
    found = done(*words)
    assert "You leave the plan." in found.err
    assert "You leave the plan." not in found.out


def test_a_message_comes_from_a_file_an_argument_or_a_pipe(
    template: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = message(template, "--reference", "r")
    asked = ("withdraw", template.ledger, PLAN, "--slot", 0, "--amount", "1.25", "--reference", "r", "--message")
    forms = {
        "hex": text.encode(),
        "digits in capitals": text.upper().encode(),
        "bytes": bytes.fromhex(text),
        "screen": done(*asked).out.encode(),
        "screen in Chinese": done(*asked, "--lang", "zh").out.encode(),
        "json": done(*asked, "--json").out.encode(),
    }
    assert b"--seq 0" in forms["screen"]
    wanted = sign(template, text).out
    for name, data in forms.items():
        (tmp_path / name).write_bytes(data)
        assert sign(template, tmp_path / name).out == wanted, name
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert sign(template, "-").out == wanted
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(bytes.fromhex(text))))
    assert sign(template, "-").out == wanted


def test_a_signature_goes_through_a_file(small: Small, tmp_path: Path) -> None:
    text, file = message(small, "--reference", "r"), tmp_path / "signature.txt"
    assert "The signature is in" in sign(small, text, "-o", file).out
    back = ("withdraw", small.ledger, PLAN, "--slot", 0, "--amount", "1.25", "--reference", "r", "--seq", 0)
    done(*back, "--signature", f"@{file}", clock=ticking(LATER))
    refused("passport", "sign", small.passport, text, "--yes", "-o", file, code="MC-004", exit_code=2)
    refused(*back, "--signature", f"@{tmp_path / 'nothing'}", code="MC-003", exit_code=3)
    file.write_bytes(b"\x1b" * 128)
    refused(*back, "--signature", f"@{file}", **USAGE)


def test_she_is_asked_and_may_say_no(template: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    text = message(template, "--reference", "r")
    words = ("passport", "sign", template.passport, text)
    refused(*words, **USAGE)
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    no = call(*words)
    assert (no.code, no.out) == (2, "")
    assert "You take 125 of the currency's smallest unit" in no.err
    assert "MC-002: nothing was signed: you did not confirm it" in no.err
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert re.fullmatch(r"[0-9a-f]{128}\n", done(*words).out)
    monkeypatch.setattr("sys.stdin", Terminal(text))
    assert "has to be confirmed" in call("passport", "sign", template.passport, "-").err


# --- what is never signed -------------------------------------------------------------------------

GOOD = exit_message(CHAIN, PLAN, 0, 0, 0)
NEVER: dict[str, bytes] = {
    "nothing": b"",
    "a checkpoint": b"example.org/mutual-aid\n12\nAAAA\n\n\xe2\x80\x94 example.org/mutual-aid AAAA\n",
    "a cosigned message": b"cosignature/v1\ntime 1\nexample.org/mutual-aid\n12\nAAAA\n",
    "another tag": b"mutualchain/block/v1\n" + GOOD[len(TAG) :],
    "a request to join": join_message(CHAIN, PLAN, HASH, 1, HASH, HASH),
    "an institution's": act_message(CHAIN, PLAN, Attestation(HASH, "eyes", "hospital", 1, b"", b"")),
    "trailing bytes": GOOD + b"\n",
    "not canonical": TAG + b"\xdc\x00\x03" + GOOD[len(TAG) + 1 :],
    "control characters": exit_message(CHAIN, "a\x1b[2Jb", 0, 0, 0),
    "two messages": (GOOD.hex() + "\n" + GOOD.hex()).encode(),
    "half a byte": GOOD.hex().encode() + b"0",
    "other letters": GOOD.hex().encode() + b"xyz",
    "trailing digits": GOOD.hex().encode() + b"00",
}


@pytest.mark.parametrize("case", NEVER)
def test_what_is_no_statement_of_hers_is_never_signed(case: str, template: Small, tmp_path: Path) -> None:
    file, output = tmp_path / "message", tmp_path / "signature"
    file.write_bytes(NEVER[case])
    result = refused("passport", "sign", template.passport, file, "--yes", "-o", output, **UNREADABLE)
    assert not re.search(r"[0-9a-f]{128}", result.out)
    assert "\x1b" not in result.err
    assert not output.exists()
    if TAG in NEVER[case]:
        refused("passport", "sign", template.passport, NEVER[case].hex(), "--yes", **UNREADABLE)


def test_what_is_huge_or_not_there_is_refused(template: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("passport", "sign", template.passport)
    (tmp_path / "huge").write_bytes(b"a" * 20_000)
    refused(*words, tmp_path / "huge", "--yes", code="MC-011", exit_code=3)
    refused(*words, tmp_path / "nothing", "--yes", code="MC-003", exit_code=3)
    refused(*words, "ab" * 20_000, "--yes", **UNREADABLE)
    refused(*words, "abcd", "--yes", **UNREADABLE)
    monkeypatch.setattr("sys.stdin", io.StringIO("a" * 20_000))
    assert call(*words, "-", "--yes").err.startswith("MC-104")


def test_another_plan_book_slot_or_member_is_refused(template: Small, tmp_path: Path) -> None:
    words = ("passport", "sign", template.passport)
    text = message(template, "--reference", "r")
    chain = bytes.fromhex(done("status", template.ledger, "--json").value["chain"])
    held = ("--record", template.record, "--yes")
    refused(*words, text, "--plan", "other", "--yes", **USAGE)
    wrong = {
        "another book": withdrawal_message(HASH, PLAN, 0, 0, 1, HASH),
        "another plan": withdrawal_message(chain, "other", 0, 0, 1, HASH),
        "another slot": withdrawal_message(chain, PLAN, 1, 0, 1, HASH),
    }
    for says, data in wrong.items():
        assert says in refused(*words, data.hex(), *held, **USAGE).err
    others = ("passport", "sign", template.other, text, *held)
    refused(*others, code="MC-170", exit_code=3)
    refused(*words, text, "--yes", "--origin", "example.org/another", code="MC-177", exit_code=3)
    changed = template.record.read_bytes()[:-9] + b"\x00" * 9
    damaged = tmp_path / "damaged.mcr"
    damaged.write_bytes(changed)
    assert call(*words, text, "--yes", "--record", damaged).code in (1, 3)


def test_a_new_key_is_found_among_those_of_a_passport_and_the_record_may_be_the_old_ones(template: Small) -> None:
    chain = bytes.fromhex(done("status", template.ledger, "--json").value["chain"])
    showing = ("passport", "show", template.other, "--plan", PLAN, "--index", 3, "--json")
    key = bytes.fromhex(done(*showing).value["public_key"])
    text = act_message(chain, PLAN, Rekey(0, key, "clinic", b"", b"")).hex()
    words = ("passport", "sign", template.other, text, "--record", template.record, "--yes")
    found = done(*words, clock=ticking(LATER))
    assert "Your key takes the place of a lost one" in found.err
    assert re.search(r"voucher +clinic$", found.err, re.MULTILINE)
    assert "Book and plan are those of the record." in found.err
    value = done(*words, "--json", clock=ticking(LATER)).value
    assert (value["index"], value["new_key"], value["record_checked"]) == (3, True, True)
    refused(*words, "--index", 2, **USAGE)
