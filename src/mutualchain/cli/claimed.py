"""What an opened claim adds to the check of a record: who holds the key that signs in the member's name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import ClaimError, MutualchainError, UsageError

if TYPE_CHECKING:
    from ..record.facts import VerifiedRecord
    from .checking import Outcome

__all__ = ["CLAIM_CHECKS", "CLAIM_LIMITS", "with_claim"]

CLAIM_CHECKS = {
    "claim": "The opened claim is the one that you were enrolled with.",
    "key_member": "On joining it was stated that you hold your key yourself; nobody has changed that since.",
}
CLAIM_LIMITS = {
    "key_platform": "The platform holds your key, as was stated on joining: a signature in your name shows only that "
    "the platform signed. Withdrawals, exits, requests and votes of yours are no proof of your will.",
    "key_guardian": "A guardian holds your key, as was stated on joining: a signature in your name shows that the "
    "guardian signed. When you are of age, the key can be handed over to you.",
    "key_replaced": "Another key is in your slot since: who holds that one was not stated.",
}
"""What it weakens that somebody else holds the key, by who does."""


def with_claim(outcome: Outcome, data: bytes) -> Outcome:
    """The outcome with what an opened claim (.mco) says of the record's membership; an error of the claim ends it."""
    record = outcome.record
    if record is None:
        return outcome
    try:
        name, value = _verified(record, data)
    except MutualchainError as error:
        return outcome.failed(error)
    checks, limits = [*record.checks, ("claim", {})], list(record.limits)
    if name == "key_holder":
        replaced = len(record.keys) > 1
        if value != "member":
            limits.insert(0, (f"key_{value}", {}))
        elif not replaced:
            checks[-1] = ("key_member", {})
        if replaced:
            limits.insert(0, ("key_replaced", {}))
    return replace(outcome, record=replace(record, checks=tuple(checks), limits=tuple(limits)))


def _verified(record: VerifiedRecord, data: bytes) -> tuple[str, str]:
    """The claim's name and value, as the record's row commits to it. Raises what reading it raises, ClaimError."""
    from ..record.claims import KEY_HOLDERS, Membership, read_claim_file, verify_claim

    opening, member, slot = read_claim_file(data)
    if (member, slot) != (Membership(record.chain, record.plan, record.keys[0]), record.slot):
        raise UsageError(
            "the opened claim is of another membership than this record",
            value=slot,
            hint="Ask the platform for the claim of your own slot: `mutualchain vault open` writes it.",
        )
    value = str(verify_claim(opening, member, record.commitment))
    if opening.name == "key_holder" and value not in KEY_HOLDERS:
        raise ClaimError("who holds the key was not stated in a way that is known", value=value[:40])
    return opening.name, value
