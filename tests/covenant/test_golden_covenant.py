"""Golden bytes of covenants, rounds, a plan's entries and members' statements.

A change here means that covenants, rounds and signatures on a chain would no longer be what was agreed and signed.
"""

from __future__ import annotations

from mutualchain.block.entry import Entry, entry_hash
from mutualchain.covenant.acts import Adoption, CaseApproval, Payout, RoundOpening, act_of
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.rounds import RoundTerms
from mutualchain.covenant.statements import exit_message, verify_statement, withdrawal_message
from mutualchain.sheet import params_hash
from mutualchain.tlog import ed25519
from tests.golden import load

CHAIN = bytes([0xC4]) * 32
SEED = bytes([0x5E]) * 32
COVENANT = Covenant.simple("大病互助", fee_bp=800, fee_rounding="up", cap=10)
CASE = CaseApproval(7, 30_000_000, bytes([1]) * 32)
NAME = entry_hash(CASE.to_entry("demo").to_bytes())
TERMS = RoundTerms(
    number=2,
    snapshot_height=41,
    snapshot_time_ms=1_700_000_000_000,
    covenant_version=1,
    covenant_hash=COVENANT.hash,
    share=7,
    headcount=5_000_000,
    divisor=5_000_000,
    aid=30_000_000,
    fee=2_400_000,
    surplus_in=100,
    deficit_in=0,
    top_up=50,
    restituted=30,
    shared=((NAME, 30_000_000),),
)
ACTS = (Adoption(COVENANT.to_bytes()), CASE, RoundOpening(TERMS), Payout(NAME, 1_000, "hospital", bytes([2]) * 32))
MESSAGES = {
    "withdrawal": withdrawal_message(CHAIN, "demo", 7, 3, 500, bytes([3]) * 32, 2),
    "exit": exit_message(CHAIN, "demo", 7, 4, 1),
}


def regenerate() -> dict[str, object]:
    """The content of ``covenant.json``."""
    return {
        "covenant": {
            "covenant": COVENANT.to_bytes().hex(),
            "covenant_hash": COVENANT.hash.hex(),
            "terms": TERMS.to_bytes().hex(),
            "params_hash": params_hash(TERMS.to_bytes()).hex(),
            "entries": {
                act.kind: {
                    "entry": act.to_entry("demo").to_bytes().hex(),
                    "entry_hash": entry_hash(act.to_entry("demo").to_bytes()).hex(),
                }
                for act in ACTS
            },
            "chain": CHAIN.hex(),
            "member_key": ed25519.public_key_of(SEED).hex(),
            "statements": {
                name: {"message": message.hex(), "signature": ed25519.sign(SEED, message).hex()}
                for name, message in MESSAGES.items()
            },
        }
    }


def test_the_golden_bytes_of_covenants_are_unchanged() -> None:
    for name, content in regenerate().items():
        assert load(name) == content


def test_golden_bytes_parse_and_write_themselves_again() -> None:
    golden = load("covenant")
    assert Covenant.from_bytes(bytes.fromhex(golden["covenant"])) == COVENANT
    assert RoundTerms.from_bytes(bytes.fromhex(golden["terms"])) == TERMS
    for act in ACTS:
        data = bytes.fromhex(golden["entries"][act.kind]["entry"])
        assert act_of(Entry.from_bytes(data)) == act
    for statement in golden["statements"].values():
        signature, message = bytes.fromhex(statement["signature"]), bytes.fromhex(statement["message"])
        verify_statement(bytes.fromhex(golden["member_key"]), signature, message)
