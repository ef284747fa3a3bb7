"""Who holds the key that signs in the member's name: a claim says so, and the result says what that weakens."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from mutualchain.cli import claimed
from mutualchain.cli.checking import check_record, show_outcome
from mutualchain.cli.claimed import CLAIM_LIMITS, with_claim
from mutualchain.cli.language import Words
from mutualchain.cli.screen import Screen
from mutualchain.record import frame
from mutualchain.record.claims import NAMES, Claim, Membership, claim_file, commitment, open_claim
from tests.cli.harness import LATER, PLAN, Result, Small, call, check, ticking
from tests.cli.harness import done as run
from tests.cli.test_told import IN_FORCE
from tests.record.forge import HER_KEY, TRUST
from tests.record.test_dishonest_rules import begun

Claims = dict[str, Claim]
DAY = 86_400_000


def done(*words: object) -> Result:
    return run(*words, clock=ticking(LATER + 9 * DAY))


def refused(*words: object, code: str, exit_code: int) -> None:
    result = call(*words, clock=ticking(LATER + 9 * DAY))
    assert (result.code, code in result.err + result.out) == (exit_code, True)
    assert "Traceback" not in result.err


def claims(holder: str) -> Claims:
    values = {"key_holder": holder, "birth_date": "1990-02-28"}
    return {
        name: Claim(b"" if name == "join_request" else values.get(name, ""), bytes([at]) * 32)
        for at, name in enumerate(NAMES)
    }


@pytest.fixture
def joined(small: Small, tmp_path: Path) -> dict[str, tuple[Path, Path]]:
    """By who holds the key: a record of a second membership with that claim, and the claim opened."""
    chain = bytes.fromhex(done("status", small.ledger, "--json").value["chain"])
    found = {}
    for index, holder in enumerate(("member", "platform", "guardian", "a cousin"), start=1):
        words = ("passport", "show", small.passport, "--plan", PLAN, "--index", index, "--json")
        key = bytes.fromhex(done(*words).value["public_key"])
        member, said = Membership(chain, PLAN, key), claims(holder)
        joining = ("--public-key", key.hex(), "--commitment", commitment(member, said).hex(), "--deposit", "10")
        enrolling = ("enrol", small.ledger, PLAN, *joining, "--reference", holder, "--json")
        slot = run(*enrolling, clock=ticking(LATER + index * DAY)).value["slot"]
        record, opening = tmp_path / f"{index}.mcr", tmp_path / f"{index}.mco"
        done("record", small.ledger, PLAN, "--slot", slot, "-o", record)
        opening.write_bytes(claim_file(open_claim(member, said, "key_holder"), member, slot))
        (tmp_path / f"{index}-birth.mco").write_bytes(claim_file(open_claim(member, said, "birth_date"), member, slot))
        found[holder] = record, opening
    return found


@pytest.mark.parametrize(
    ("holder", "limit", "told", "said"),
    [
        ("member", None, "you hold your key yourself", "由您本人保管"),
        ("platform", "key_platform", "shows only that the platform signed", "由平台保管"),
        ("guardian", "key_guardian", "the guardian signed", "由监护人保管"),
    ],
)
def test_the_result_says_who_holds_the_key_and_what_that_weakens(
    holder: str, limit: str | None, told: str, said: str, joined: dict[str, tuple[Path, Path]], small: Small
) -> None:
    record, opening = joined[holder]
    words = ("verify-my-record", record, "--passport", small.passport, "--no-pin", "--opened", opening)
    value = done(*words, "--json").value
    check(value, "verify-my-record")
    assert (limit in {item["id"] for item in value["limits"]}) == (limit is not None)
    assert ("key_member" in {item["id"] for item in value["checks"]}) == (limit is None)
    assert told in " ".join(done(*words).out.split())
    assert said in done(*words, "--lang", "zh").out.replace("\n", "").replace(" ", "")
    without = " ".join(done(*words[:-2]).out.split())
    assert told not in without


def test_another_claim_is_checked_and_says_nothing_of_the_key(
    joined: dict[str, tuple[Path, Path]], small: Small, tmp_path: Path
) -> None:
    words = ("verify-my-record", joined["platform"][0], "--passport", small.passport, "--no-pin")
    value = done(*words, "--opened", tmp_path / "2-birth.mco", "--json").value
    assert value["checks"][-1] == {"id": "claim"}
    assert not {item["id"] for item in value["limits"]} & set(CLAIM_LIMITS)


def test_a_claim_that_is_not_hers_or_was_edited_is_no_verified_result(
    joined: dict[str, tuple[Path, Path]], small: Small, tmp_path: Path
) -> None:
    record, opening = joined["platform"]
    words = ("verify-my-record", record, "--passport", small.passport, "--no-pin", "--opened")
    refused(*words, joined["member"][1], code="MC-002", exit_code=3)
    refused(*words, record, code="MC-012", exit_code=3)
    value = frame.unwrap(frame.OPENING, opening.read_bytes(), 1 << 16)
    assert isinstance(value, dict)
    edited = tmp_path / "edited.mco"
    edited.write_bytes(frame.wrap(frame.OPENING, value | {"value": "member"}))
    refused(*words, edited, code="MC-384", exit_code=1)
    cousin = ("verify-my-record", joined["a cousin"][0], *words[2:])
    refused(*cousin, joined["a cousin"][1], code="MC-384", exit_code=1)


def test_a_refused_record_stays_refused(joined: dict[str, tuple[Path, Path]], small: Small, tmp_path: Path) -> None:
    record, opening = joined["platform"]
    cut = tmp_path / "cut.mcr"
    cut.write_bytes(record.read_bytes()[:-1])
    refused("verify-my-record", cut, "--passport", small.passport, "--opened", opening, code="MC-012", exit_code=3)


def test_a_key_that_was_replaced_since_is_said_to_be_another() -> None:
    forge = begun()
    for deed in IN_FORCE:
        deed(forge)
    outcome = check_record(forge.record(), TRUST, public_key=HER_KEY)
    assert outcome.record is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claimed, "_verified", lambda record, data: ("key_holder", "member"))
        found = with_claim(outcome, b"")
    assert found.record is not None
    assert found.record.limits[0] == ("key_replaced", {})
    stream = io.StringIO()
    show_outcome(Screen(stream, 1_000), found, Words("en"), None)
    assert CLAIM_LIMITS["key_replaced"] in stream.getvalue()
