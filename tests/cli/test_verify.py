"""A member's check: facts in her words, every forged file refused with its reason and the documented exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from mutualchain.cli.checking import check_record
from mutualchain.errors import UsageError
from mutualchain.record import frame
from mutualchain.tlog import trust as trust_files
from tests.cli.harness import PLAN, START, Result, Small, call, check, done, make_small, refused, ticking
from tests.record.forge import HER_KEY, TRUST, Forge, tell

DAY = 86_400_000
HERS = "The key that speaks for that slot, or once did, is yours."


def verify(small: Small, path: Path, *words: object, clock: int = START) -> Result:
    """Her check, as text and as JSON, which must agree."""
    shown = call("verify-my-record", path, "--passport", small.passport, *words, clock=ticking(clock))
    machine = call("verify-my-record", path, "--passport", small.passport, *words, "--json", clock=ticking(clock))
    check(machine.value, "verify-my-record")
    assert machine.code == shown.code == machine.value["exit_code"]
    assert (machine.value["record"] is None) != (machine.value["error"] is None)
    return Result(shown.code, shown.out, machine.out)


def code_of(result: Result) -> str | None:
    import json

    error = json.loads(result.err)["error"]
    return None if error is None else error["code"]


def test_facts_come_first_then_verdict_checks_and_limits(template: Small) -> None:
    out = verify(template, template.record).out
    joined = "You joined 众托帮 (example) on 3 May 2026 in block 2, with 10.00 yuan."
    shared = "In 1 round you shared 0.06 yuan in 1 case."
    balance = "Your balance is 9.94 yuan."
    order = [joined, shared, balance, "VERIFIED\n", "What was checked", "What this does not say", "not insurance"]
    places = [out.find(part) for part in order]
    assert places == sorted(places)
    assert -1 not in places


def test_the_same_in_chinese(template: Small) -> None:
    out = verify(template, template.record, "--lang", "zh").out
    assert "您于 2026年5月3日在第 2 号区块加入“众托帮 (example)”，预存 10.00 元。" in out
    assert "核验通过\n" in out
    assert "不是保险" in out


def test_the_same_file_gives_the_same_words(template: Small) -> None:
    first, second = (verify(template, template.record, "--no-pin") for _ in range(2))
    assert first == second


def test_without_a_key_the_limits_say_so(template: Small) -> None:
    out = done("verify-my-record", template.record, "--trust", template.trust).out
    assert "whose record this is was not checked" in out
    assert HERS not in out


def test_with_a_key_in_place_of_the_passport(template: Small) -> None:
    key = done("passport", "show", template.passport, "--plan", PLAN, "--json").value["public_key"]
    words = ("verify-my-record", template.record, "--trust", template.trust)
    assert HERS in done(*words, "--public-key", key).out
    assert call(*words, "--public-key", "11" * 32).code == 3
    refused(*words, "--public-key", key, "--passport", template.passport, code="MC-002", exit_code=2)


def test_one_must_say_whom_one_trusts(template: Small) -> None:
    refused("verify-my-record", template.record, code="MC-002", exit_code=2)


def test_a_passport_without_a_trust_file_needs_one(template: Small, tmp_path: Path) -> None:
    from mutualchain.record.passport import Passport

    bare = tmp_path / "bare.passport"
    bare.write_bytes(Passport(Passport.from_bytes(template.passport.read_bytes()).seed).to_bytes())
    refused("verify-my-record", template.record, "--passport", bare, code="MC-002", exit_code=2)
    assert done("verify-my-record", template.record, "--passport", bare, "--trust", template.trust).code == 0


def test_somebody_else_s_record_is_not_hers(template: Small) -> None:
    result = call("verify-my-record", template.record, "--passport", template.other)
    assert result.code == 3
    assert result.out.startswith("COULD NOT CHECK\nThis record is genuine, and it is not yours")
    assert "MC-170" in result.out
    assert "TAMPERED" not in result.out


def test_who_rejoined_finds_the_record_of_her_second_membership(small: Small, tmp_path: Path) -> None:
    key = done("passport", "show", small.passport, "--plan", PLAN, "--index", 1, "--json").value["public_key"]
    joining = ("--public-key", key, "--without-claims", "--deposit", "10", "--reference", "again")
    slot = done("enrol", small.ledger, PLAN, *joining, "--json", clock=ticking(START + DAY)).value["slot"]
    path = tmp_path / "second.mcr"
    done("record", small.ledger, PLAN, "--slot", slot, "-o", path)
    out = verify(small, path, clock=START + 2 * DAY).out
    assert HERS in out
    assert "There was no round since then." in out


@pytest.mark.parametrize(
    ("name", "change", "code", "exit_code"),
    [
        ("empty", lambda data: b"", "MC-012", 3),
        ("cut after the first line", lambda data: data[:22], "MC-012", 3),
        ("cut in the middle", lambda data: data[: len(data) // 2], "MC-012", 3),
        ("one byte less", lambda data: data[:-1], "MC-012", 3),
        ("one byte more", lambda data: data + b"x", "MC-013", 1),
        ("a byte changed", lambda data: data[:99] + bytes([data[99] ^ 1]) + data[100:], "MC-013", 1),
        ("another kind of file", lambda data: b"mutualchain receipt v1\n" + data[22:], "MC-012", 3),
        ("another version", lambda data: b"mutualchain record v9\n" + data[22:], "MC-014", 3),
        ("text", lambda data: b"Dear member, all is well.\n", "MC-012", 3),
        ("content that is no record", lambda data: frame.wrap(frame.RECORD, {"version": 1}), "MC-172", 1),
        ("content of another version", lambda data: frame.wrap(frame.RECORD, {"version": 2}), "MC-014", 3),
        ("21 MB of zeros", lambda data: bytes(21 << 20), "MC-011", 3),
    ],
)
def test_a_file_that_is_not_her_record_is_refused(
    name: str, change: object, code: str, exit_code: int, template: Small, tmp_path: Path
) -> None:
    path = tmp_path / "forged.mcr"
    path.write_bytes(change(template.record.read_bytes()))  # type: ignore[operator]
    if code == "MC-011":
        refused("verify-my-record", path, "--passport", template.passport, code=code, exit_code=exit_code)
        return
    result = verify(template, path)
    assert (result.code, code_of(result)) == (exit_code, code)
    assert result.out.startswith("TAMPERED\n" if exit_code == 1 else "COULD NOT CHECK\n")
    assert "What to do" in result.out
    assert result.out == call("verify-my-record", path, "--passport", template.passport).out


def edited(record: Path, edit: object) -> bytes:
    value = frame.unwrap(frame.RECORD, record.read_bytes())
    assert isinstance(value, dict)
    changed = dict(value)
    edit(changed)  # type: ignore[operator]
    return frame.wrap(frame.RECORD, changed)


def test_a_deduction_edited_and_wrapped_again_names_the_round(template: Small, tmp_path: Path) -> None:
    def edit(value: dict[str, object]) -> None:
        *logged, (index, rows, page, salt, path) = value["rounds"][0]  # type: ignore[index]
        value["rounds"] = [[*logged, [index, rows, bytes([page[0] - 1]) + page[1:], salt, path]]]

    forged = tmp_path / "forged.mcr"
    forged.write_bytes(edited(template.record, edit))
    result = verify(template, forged)
    assert (result.code, code_of(result)) == (1, "MC-042")
    assert "where   round 1" in result.out


def test_a_round_left_out_is_missed(template: Small, tmp_path: Path) -> None:
    forged = tmp_path / "forged.mcr"
    forged.write_bytes(edited(template.record, lambda value: value.update(rounds=[])))
    assert code_of(verify(template, forged)) == "MC-171"


def test_another_chain_s_record_is_nobody_s_word(template: Small, tmp_path: Path) -> None:
    other = make_small(tmp_path)
    result = verify(template, other.record)
    assert (result.code, code_of(result)) == (3, "MC-023")
    assert result.out.startswith("COULD NOT CHECK\n")


def test_an_old_record_is_refused_when_asked(template: Small) -> None:
    assert verify(template, template.record, "--max-age", "2d").code == 0
    result = verify(template, template.record, "--max-age", "2d", clock=START + 4 * DAY)
    assert (result.code, code_of(result)) == (3, "MC-173")


def test_where_nobody_says_how_old_a_record_may_be_it_is_92_days(template: Small) -> None:
    assert verify(template, template.record, clock=START + 91 * DAY).code == 0
    result = verify(template, template.record, clock=START + 93 * DAY)
    assert (result.code, code_of(result)) == (3, "MC-173")
    assert result.out.startswith("COULD NOT CHECK\nThe record is too old to say how things are")
    assert "--max-age" in result.out
    assert verify(template, template.record, "--max-age", "100d", clock=START + 93 * DAY).code == 0


def test_a_trust_file_that_says_so_has_its_own_way(small: Small) -> None:
    small.trust.write_text(small.trust.read_text(encoding="utf-8") + "#mutualchain max-age 200d\n", encoding="utf-8")
    words = ("verify-my-record", small.record, "--passport", small.passport, "--trust", small.trust)
    assert call(*words, clock=ticking(START + 150 * DAY)).code == 0
    assert call(*words, clock=ticking(START + 201 * DAY)).code == 3


def test_a_book_that_breaks_its_own_rules_leaves_evidence(tmp_path: Path) -> None:
    def round1(forge: Forge) -> None:
        forge.round(710, rows={5: {"amount": 111}, 4: {"amount": 109}})

    record, trust = tmp_path / "hers.mcr", tmp_path / "operator.trust"
    record.write_bytes(tell(round1=round1).record())
    trust.write_bytes(TRUST.format())
    words = ("verify-my-record", record, "--trust", trust, "--public-key", HER_KEY.hex(), "--max-age", "36500d")
    result = call(*words, "--json")
    check(result.value, "verify-my-record")
    assert (result.code, result.value["error"]["code"]) == (1, "MC-176")
    assert Path(result.value["evidence"]).parent == tmp_path
    convicted = call("verify-evidence", result.value["evidence"], "--trust", trust)
    assert (convicted.code, convicted.out.startswith("CONVICTED")) == (4, True)
    assert "The evidence is in" in call(*words).out
    assert "证据" in call(*words, "--lang", "zh").out


def test_a_file_that_somebody_edited_leaves_no_evidence(template: Small, tmp_path: Path) -> None:
    forged = tmp_path / "forged.mcr"
    forged.write_bytes(edited(template.record, lambda value: value.update(rounds=[])))
    verify(template, forged)
    assert [path.name for path in tmp_path.iterdir()] == ["forged.mcr"]


def test_the_head_is_said_in_words_of_her_language(template: Small) -> None:
    import json

    result = verify(template, template.record)
    words = json.loads(result.err)["head_words"]
    assert words["en"] in " ".join(result.out.split())
    assert words["zh"] in verify(template, template.record, "--lang", "zh").out
    assert words["en"] == done("status", template.ledger, "--json").value["head_words"]["en"]


def test_a_record_from_the_future_is_no_record(template: Small) -> None:
    result = verify(template, template.record, clock=START - DAY)
    assert (result.code, code_of(result)) == (3, "MC-173")
    assert "Set this machine's clock right" in result.out


def test_a_usage_error_of_the_library_is_no_verdict_about_the_data(
    template: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: object, **__: object) -> None:
        raise UsageError("the data made the call wrong")

    monkeypatch.setattr("mutualchain.cli.checking.verify_record", wrong)
    outcome = check_record(b"", trust_files.parse(template.trust.read_bytes()))
    assert (outcome.verdict, outcome.exit_code) == ("could not check", 3)
