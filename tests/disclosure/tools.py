"""Cases that an operator discloses: honest ones, and the ledger of one who records what it likes."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from mutualchain.covenant.acts import Disclosure
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.facts import Facts, Fields
from mutualchain.disclosure.build import build_disclosure, stored_facts
from mutualchain.disclosure.facts import VerifiedDisclosure
from mutualchain.disclosure.verify import verify_disclosure
from mutualchain.errors import MutualchainError, RuleBroken
from mutualchain.limits import MAX_SHOWN_LOG
from mutualchain.record.build import build_record
from mutualchain.record.facts import VerifiedRecord
from mutualchain.record.verify import verify_record
from tests.ledger.casework import AID, Casework
from tests.ledger.world import PLAN, TRUST, digest, key_of

SHOWN: dict[str, int | str] = {
    "name": "李*",
    "age": 31,
    "region": "某市",
    "cause": "illness",
    "group": "critical",
    "disease": "C50",
    "hospital": "某市第一医院",
}
CLAIMANT, READER = 1, 4


def fields_of(work: Casework, case: bytes, **values: int | str) -> Fields:
    """What is shown of a case, salted."""
    salts = [digest("field", name) for name in Fields.NAMES]
    return Fields.seal(work.ledger.chain, PLAN, case, SHOWN | values, salts)


def disclose(work: Casework, case: bytes, aid: int = AID, **values: Any) -> Fields:
    """Show a case to everybody, with the root over its fields."""
    fields = fields_of(work, case, **values)
    work.ledger.cases.disclose(PLAN, case, aid=aid, fields_root=fields.root, reference=work.reference())
    return fields


def disclosed(work: Casework, slot: int = CLAIMANT, **values: Any) -> bytes:
    """A case that was requested, attested and disclosed."""
    case = work.attested(work.requested(slot))
    disclose(work, case, **values)
    return case


def approved(work: Casework, slot: int = CLAIMANT) -> bytes:
    """The same, approved after the objection window."""
    case = disclosed(work, slot)
    work.wait(work.rules.cases.objection_days)
    work.ledger.cases.approve(PLAN, case, reference=work.reference())
    return case


def paid(work: Casework, slot: int = CLAIMANT, amount: int = AID) -> bytes:
    """The same, shared by a round and paid out."""
    case = approved(work, slot)
    work.round(case)
    work.ledger.cases.pay(PLAN, case, amount, payment=digest("payment"), reference=work.reference())
    return case


def begun(rules: Covenant | None = None, day: float = 200) -> Casework:
    """A ledger, so many days after everybody joined."""
    work = Casework(rules)
    work.go_to(day)
    return work


def file_of(
    work: Casework,
    case: bytes,
    *names: str,
    fields: Fields | bool = True,
    most: int = MAX_SHOWN_LOG,
) -> bytes:
    """The disclosure file, with the facts of these names opened, and the fields."""
    with work.ledger.read() as archive:
        facts: Facts | None = None
        if names:
            stored = stored_facts(archive, PLAN, case)
            assert stored is not None
            facts = stored.only(*names)
        shown = fields_of(work, case) if fields is True else fields or None
        return build_disclosure(archive, PLAN, case, facts=facts, fields=shown, most=most)


def record_of(work: Casework, slot: int = READER) -> VerifiedRecord:
    """A reader's own record, verified."""
    with work.ledger.read() as archive:
        data = build_record(archive, PLAN, slot)
    return verify_record(data, TRUST, public_key=key_of(slot))


def forged_disclosure(work: Casework, case: bytes, aid: int = AID) -> bytes:
    """Recorded without asking any rule."""
    return work.forge(Disclosure(case, aid, fields_of(work, case).root))


@cache
def story() -> tuple[Casework, bytes]:
    """An honest case that was shared and paid; nobody changes it."""
    work = begun()
    case = paid(work)
    return work, case


def said(found: VerifiedDisclosure) -> tuple[Any, ...]:
    """Everything that a verified disclosure says, the note's own bytes left out."""
    checkpoint = found.checkpoint
    identity = checkpoint.origin, checkpoint.size, checkpoint.root, checkpoint.cosignatures
    return (identity, replace(found, checkpoint=None))  # type: ignore[arg-type]


class ForgeryAccepted(AssertionError):
    """A changed file was accepted and says something else."""


def verdict(data: bytes, truth: tuple[Any, ...]) -> MutualchainError | None:
    """What a reader is told of a changed file: an error, or None if it says just what the true one says.

    Nothing but MutualchainError may escape, and an edited file must never put the blame on the operator.
    """
    try:
        found = verify_disclosure(data, TRUST)
    except RuleBroken as error:
        raise ForgeryAccepted(f"an edited file accuses the operator: {error.message}") from error
    except MutualchainError as error:
        refused = error
    else:
        if said(found) != truth:
            raise ForgeryAccepted(f"a changed file says something else: {found.to_value()}")
        return None
    assert refused.exit_code in (1, 3), refused.diagnostics()
    return refused
