"""SPEC.md section 20 suffices: a verifier written from it agrees with the library on disclosures, true and false."""

from __future__ import annotations

import copy
import json
import os
import random
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from mutualchain.covenant.acts import Appeal
from mutualchain.covenant.facts import Facts
from mutualchain.disclosure.verify import verify_disclosure
from mutualchain.errors import MutualchainError
from mutualchain.record.pin import note_in
from mutualchain.tlog.trust import TrustFile, parse
from tests.disclosure import test_bytes as bytes_of
from tests.disclosure import test_lies as lies
from tests.disclosure import tools
from tests.disclosure.tools import begun, disclosed
from tests.golden import load
from tests.ledger.casework import AID, Casework, sign
from tests.ledger.world import PLAN, TRUST
from tests.record import forge as chains
from tests.record.tools import file_of, frame_of, tree_of
from tests.spec.second import Refused, Trust
from tests.spec.second_disclosure import disclosure
from tests.spec.test_second import hexed

MUTATIONS = int(os.environ.get("MUTUALCHAIN_FUZZ", "400"))
SEED = int(os.environ.get("MUTUALCHAIN_FUZZ_SEED", "1"))
KIND = "disclosure"
WHOLE, SINGLE = 1 << 20, 0


def first(data: bytes, trust: TrustFile, **options: Any) -> str:
    try:
        verify_disclosure(data, trust, **options)
    except MutualchainError as error:
        return error.code
    return ""


def second(data: bytes, trust: TrustFile, **options: Any) -> str:
    try:
        disclosure(data, Trust(trust.format()), **options)
    except Refused as error:
        return error.code
    return ""


def agreed(data: bytes, trust: TrustFile) -> str:
    """Both give this code, and where they accept both say the same."""
    code = first(data, trust)
    assert second(data, trust) == code
    if not code:
        wanted = json.loads(json.dumps(verify_disclosure(data, trust).to_value()))
        said = json.loads(json.dumps(hexed(disclosure(data, Trust(trust.format())))))
        assert {name: wanted[name] for name in said} == said
        assert set(wanted) - set(said) == {"own"}
    return code


@pytest.mark.parametrize("name", ["whole", "single"])
def test_both_say_the_same_of_the_golden_disclosures(name: str) -> None:
    golden = load("disclosure")
    item = golden["files"][name]
    assert agreed(frame_of(bytes.fromhex(item["content"]), KIND), parse(golden["trust_file"].encode())) == ""


@pytest.mark.parametrize(
    "vector", load("disclosure").get("refused", []), ids=lambda vector: f"{vector['lie']} {vector['code']}"
)
def test_both_refuse_the_golden_lies_with_the_same_code(vector: dict[str, str]) -> None:
    trust = parse(load("disclosure")["trust_file"].encode())
    assert agreed(frame_of(bytes.fromhex(vector["content"]), KIND), trust) == vector["code"]


@pytest.mark.parametrize("most", [WHOLE, SINGLE], ids=["whole", "single"])
def test_both_say_the_same_of_a_disputed_case(most: int) -> None:
    assert agreed(bytes_of.file(most), TRUST) == ""


@pytest.mark.parametrize("most", [WHOLE, SINGLE], ids=["whole", "single"])
@pytest.mark.parametrize("lie", lies.LIES, ids=lambda lie: lie.name)
def test_both_say_the_same_of_what_an_operator_signed(lie: lies.Lie, most: int) -> None:
    work = begun()
    case = lie.tell(work)
    assert agreed(lies.shown(work, case, lie, most), TRUST) in ("MC-176", "MC-171")


def unpaid(status: int) -> Any:
    """The claimant is left out of a round with this status, and the round's figures follow."""
    row = {"amount": 0, "status": status}
    return lies.told(as_if={chains.HER_SLOT: {"balance": 0}}, rows={chains.HER_SLOT: row})


MONEY: dict[str, Callable[[], bytes]] = {
    "honest": lambda: lies.forged(*lies.told()),
    "never approved": lambda: lies.forged(*lies.told(approve=False)),
    "share": lambda: lies.forged(*lies.told(terms={"share": 111})),
    "headcount": lambda: lies.forged(*lies.told(terms={"headcount": 6})),
    "fee": lambda: lies.forged(*lies.told(terms={"fee": 60})),
    "surplus": lambda: lies.forged(*lies.told(terms={"surplus_in": 7})),
    "aid": lambda: lies.forged(*lies.told(terms={"aid": 720})),
    "row": lambda: lies.forged(*lies.told(rows={chains.HER_SLOT: {"amount": 0}})),
    "waiting": lambda: lies.forged(*unpaid(6)),
    "exempt": lambda: lies.forged(*unpaid(3)),
    "lapsed": lambda: lies.forged(*unpaid(4)),
    "approved for less": lambda: lies.forged(*lies.told(aid=700)),
    "paid more": lambda: lies.forged(*lies.told(payout=711)),
    "shared twice": lambda: lies.forged(*lies.told(again=True)),
}


@pytest.mark.parametrize("name", MONEY)
def test_both_say_the_same_of_the_money(name: str) -> None:
    assert (agreed(MONEY[name](), chains.TRUST) == "") == (name in ("honest", "lapsed"))


def lived(step: Callable[[Casework], bytes], *opened: str, most: int = WHOLE, **shown: Any) -> bytes:
    work = begun()
    case = step(work)
    fields = tools.fields_of(work, case, **shown) if shown else False
    return tools.file_of(work, case, *opened, fields=fields, most=most)


def voided(work: Casework) -> bytes:
    case = tools.paid(work, amount=AID // 3)
    work.ledger.cases.void(PLAN, case, "forged_records", reference="void")
    work.ledger.cases.sanction(PLAN, tools.CLAIMANT, "forged_records", case=case, reference="sanction")
    work.ledger.money.refund(PLAN, case, reference="refund")
    return case


def erased(work: Casework) -> bytes:
    case = tools.paid(work)
    work.ledger.erasures.facts(PLAN, case, reason="law", reference="erased")
    work.ledger.erasures.member(PLAN, tools.CLAIMANT, reason="wish", reference="all of it")
    return case


def advanced(work: Casework) -> bytes:
    case = tools.approved(work)
    work.ledger.cases.advance(PLAN, case, AID // 2, payment=bytes(32), reference="advance")
    work.round(case)
    work.ledger.cases.pay(PLAN, case, AID // 2, payee="funder", payment=bytes(32), reference="repaid")
    return case


def appealed(work: Casework) -> bytes:
    """Refused, appealed against, and refused again by the jury's word."""
    case = disclosed(work)
    refused = work.ledger.cases.refuse(PLAN, case, "cases.objection_days", reference="refused").digest
    assert refused is not None
    act = Appeal(tools.CLAIMANT, refused, bytes(32), b"")
    signature = sign(tools.CLAIMANT, work.message(act))
    work.ledger.cases.appeal(PLAN, tools.CLAIMANT, refused, grounds=bytes(32), signature=signature, reference="appeal")
    return case


LIVES: dict[str, Callable[[Casework], bytes]] = {
    "requested": lambda work: work.requested(tools.CLAIMANT),
    "attested": lambda work: work.attested(work.requested(tools.CLAIMANT)),
    "disclosed": disclosed,
    "approved": tools.approved,
    "paid": tools.paid,
    "voided": voided,
    "erased": erased,
    "advanced": advanced,
    "appealed": appealed,
}


@pytest.mark.parametrize("most", [WHOLE, SINGLE], ids=["whole", "single"])
@pytest.mark.parametrize("life", LIVES)
def test_both_say_the_same_of_an_honest_life(life: str, most: int) -> None:
    assert agreed(lived(LIVES[life], most=most), TRUST) == ""


@pytest.mark.parametrize(
    "opened", [("group",), ("birth_day",), ("age",), ("cause", "diagnosed_day"), tuple(Facts.NAMES)]
)
def test_both_say_the_same_of_what_is_opened(opened: tuple[str, ...]) -> None:
    assert agreed(lived(tools.paid, *opened, age=31), TRUST) == ""


@pytest.mark.parametrize("age", [0, 39, 40, 65, 66, 67, 150])
def test_both_judge_a_stated_age_alike(age: int) -> None:
    def step(work: Casework) -> bytes:
        case = work.attested(work.requested(tools.CLAIMANT, amount=1_000_000, group="mild"))
        tools.disclose(work, case, aid=1_000_000, age=age, group="mild")
        return case

    assert agreed(lived(step, age=age, group="mild"), TRUST) == ("MC-176" if age > 66 else "")


def test_both_hold_a_disclosure_against_what_was_seen() -> None:
    data = bytes_of.file(WHOLE)
    pin = note_in(data)
    assert first(data, TRUST, seen=pin) == second(data, TRUST, seen=data) == ""


@cache
def tree(most: int) -> Any:
    return tree_of(bytes_of.file(most))


@pytest.mark.parametrize("most", [WHOLE, SINGLE], ids=["whole", "single"])
def test_both_give_one_verdict_on_files_changed_at_random(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """``MUTUALCHAIN_FUZZ=20000`` changes so many; the codes differ only where a file has more than one fault."""
    chance = random.Random(f"second {SEED} {most}")
    codes: Counter[tuple[str, str]] = Counter()
    for _ in range(MUTATIONS // 2):
        changed = copy.deepcopy(tree(most))
        for _ in range(chance.choice((1, 1, 1, 2))):
            bytes_of.mutate(chance, changed)
        try:
            data = file_of(changed, KIND)
        except (MutualchainError, OverflowError, ValueError, TypeError):
            continue
        one, other = first(data, TRUST), second(data, TRUST)
        assert (one == "") == (other == ""), (one, other)
        codes[one, other] += 1
    same = sum(count for (one, other), count in codes.items() if one == other)
    assert same >= 0.95 * codes.total(), codes
