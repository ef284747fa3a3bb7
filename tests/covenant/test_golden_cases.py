"""Golden bytes of what happens to a case, of institutions, facts, report tags and ballots.

A change here means that requests, attestations and ballots on a chain would no longer be what was signed, and that the
facts people keep would no longer lead to what was committed to.
"""

from __future__ import annotations

from mutualchain.block.entry import CHAIN as OF_CHAIN
from mutualchain.block.entry import Entry, entry_hash
from mutualchain.covenant import acts
from mutualchain.covenant.acts import ACTS, CHAIN_ACTS, Act, act_of, chain_act_of
from mutualchain.covenant.ballots import ballot_params
from mutualchain.covenant.facts import Facts, Fields, report_tag
from mutualchain.covenant.statements import act_message, ballot_message, signatures
from tests.golden import load

CHAIN = bytes([0xC4]) * 32
HASH, OTHER, SIGNATURE = bytes([1]) * 32, bytes([2]) * 32, bytes([3]) * 64
SALTS = [bytes([16 + number]) * 32 for number in range(9)]
FACTS = Facts.seal(CHAIN, "demo", 7, {"cause": "illness", "diagnosed_day": 16_470, "name": "李*"}, SALTS)
FIELDS = Fields.seal(CHAIN, "demo", HASH, {"name": "李*", "age": 30, "disease": "C50"}, SALTS[:8])
EXAMPLES: tuple[Act, ...] = (
    acts.Amendment(b"\x80", 2, 1_700_000_000_000, HASH),
    acts.Proposal(b"\x80"),
    acts.Fund("recovery", 500, HASH, OTHER),
    acts.Treasury("bank", 1_700_000_000_000, 6_133_702, SIGNATURE),
    acts.Request(7, 40_000_000, FACTS.root, 1, 0, SIGNATURE),
    acts.Attestation(HASH, "first-hospital", "hospital", 1, OTHER, SIGNATURE),
    acts.Disclosure(HASH, 40_000_000, FIELDS.root),
    acts.Objection(HASH, 9, OTHER, SIGNATURE),
    acts.Adjudication(HASH, 250_000, 105_000),
    acts.Approval(HASH, 40_000_000),
    acts.Refusal(HASH, "aid.waiting"),
    acts.Restitution(HASH, 600),
    acts.CaseWithdrawal(HASH, SIGNATURE),
    acts.Advance(HASH, 5_000_000, "hospital", "hands", OTHER, SIGNATURE),
    acts.Payout(HASH, 5_000_000, "funder", OTHER),
    acts.Void(HASH, "forged_records"),
    acts.Appeal(7, HASH, OTHER, SIGNATURE),
    acts.Sanction(7, HASH, "malicious", 20_000),
    acts.Lift(HASH, "appeal"),
    acts.Handover(7, OTHER, SIGNATURE, SIGNATURE),
    acts.Rekey(7, OTHER, "first-hospital", SIGNATURE, SIGNATURE),
    acts.RekeyObjection(HASH, SIGNATURE),
    acts.Erasure(7, HASH, "wish"),
)
OF_INSTITUTIONS: tuple[Act, ...] = (
    acts.Registration("first-hospital", "市第一医院", OTHER, ("charity", "hospital"), SIGNATURE),
    acts.Revocation("first-hospital", "misconduct"),
    acts.Replacement("first-hospital", HASH, SIGNATURE, SIGNATURE),
)


def _written(examples: tuple[Act, ...], plan: str) -> dict[str, dict[str, str]]:
    found = {}
    for act in examples:
        data = act.to_entry(plan).to_bytes()
        found[act.kind] = {"entry": data.hex(), "entry_hash": entry_hash(data).hex()}
        if signatures(act):
            found[act.kind]["signed"] = act_message(CHAIN, plan, act).hex()
    return found


def regenerate() -> dict[str, object]:
    """The content of ``cases.json``."""
    return {
        "cases": {
            "chain": CHAIN.hex(),
            "entries": _written(EXAMPLES, "demo"),
            "institutions": _written(OF_INSTITUTIONS, OF_CHAIN),
            "facts": {"opened": FACTS.to_bytes().hex(), "root": FACTS.root.hex()},
            "facts_cause_only": FACTS.only("cause").to_bytes().hex(),
            "fields": {"opened": FIELDS.to_bytes().hex(), "root": FIELDS.root.hex()},
            "report_tag": report_tag(bytes(range(32)), "B2015-0204").hex(),
            "ballot": {
                "params": ballot_params(HASH).hex(),
                "signed": ballot_message(CHAIN, "demo", HASH, 7, 3, 1).hex(),
            },
        }
    }


def test_the_golden_bytes_of_cases_are_unchanged() -> None:
    for name, content in regenerate().items():
        assert load(name) == content


def test_golden_bytes_parse_again() -> None:
    golden = load("cases")
    for act in EXAMPLES:
        if not isinstance(act, acts.Amendment | acts.Proposal):  # whose covenant is none
            assert act_of(Entry.from_bytes(bytes.fromhex(golden["entries"][act.kind]["entry"]))) == act
    for act in OF_INSTITUTIONS:
        assert chain_act_of(Entry.from_bytes(bytes.fromhex(golden["institutions"][act.kind]["entry"]))) == act
    opened = bytes.fromhex(golden["facts_cause_only"])
    assert Facts.from_bytes(opened, CHAIN, "demo", 7, FACTS.root).get("cause") == "illness"


def test_every_kind_has_its_bytes() -> None:
    elsewhere = {"plan", "round", "case", "closing", "closing_statement"}
    assert {act.kind for act in EXAMPLES} == set(ACTS) - elsewhere
    assert {act.kind for act in OF_INSTITUTIONS} == set(CHAIN_ACTS)
