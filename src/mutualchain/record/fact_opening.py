"""One fact of a case shown to somebody, with its proof against what the request committed to (SPEC.md section 21).

The file is the one of an opened claim (``.mco``), with the case's name in place of the public key. Whoever has the
ledger, or a published copy of it, finds the request under that name, and needs nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..block import fields
from ..covenant.facts import Facts
from ..errors import ClaimError, ProofError, UnsupportedVersion
from ..limits import MAX_FACT, MAX_OPENING, MAX_ROWS
from ..tlog.merkle import inclusion_proof, verify_inclusion
from . import frame
from .claims import Membership, Opening, read_claim_file

__all__ = ["FactOpening", "fact_file", "open_fact", "read_opened", "verify_fact"]

_FIELDS = ("case", "chain", "name", "plan", "proof", "salt", "slot", "value", "version")


@dataclass(frozen=True, slots=True)
class FactOpening:
    """A fact of ``case``: value (days count from 1970-01-01) and salt, and the path to the root of all of them."""

    chain: bytes
    plan: str
    slot: int
    case: bytes
    name: str
    value: int | str = field(repr=False)
    salt: bytes = field(repr=False)
    proof: tuple[bytes, ...]


def open_fact(facts: Facts, case: bytes, name: str) -> FactOpening:
    """One fact with its proof; the others stay closed. Raises ClaimError where there is none, or it is closed."""
    item = facts.items[facts.NAMES.index(name)] if name in facts.NAMES else None
    if item is None or isinstance(item, bytes) or not isinstance(facts.subject, int):
        what = "there is no such fact of a case" if item is None else "this fact was never opened to the operator"
        raise ClaimError(what, value=name, hint=f"There are {', '.join(Facts.NAMES)}.")
    proof = tuple(inclusion_proof(facts.leaves, facts.NAMES.index(name)))
    return FactOpening(facts.chain, facts.plan, facts.subject, case, name, item[1], item[0], proof)


def verify_fact(opening: FactOpening, root: bytes) -> int | str:
    """The value that the request with this root committed to. Raises ClaimError where this one was not."""
    at = Facts.NAMES.index(opening.name)
    items = tuple((opening.salt, opening.value) if number == at else bytes(32) for number in range(len(Facts.NAMES)))
    leaf = Facts(opening.chain, opening.plan, opening.slot, items).leaves[at]
    try:
        verify_inclusion(leaf, at, len(Facts.NAMES), opening.proof, root)
    except ProofError:
        raise ClaimError("the fact is not the one that was committed to", value=opening.name) from None
    return opening.value


def fact_file(opening: FactOpening) -> bytes:
    """An opened fact as a file (.mco): a framed canonical map."""
    value = {name: getattr(opening, name) for name in _FIELDS if name not in ("proof", "version")}
    return frame.wrap(frame.OPENING, value | {"proof": list(opening.proof), "version": 1})


def read_opened(data: bytes) -> FactOpening | tuple[Opening, Membership, int]:
    """What an ``.mco`` file opens, a fact or a claim; nothing is verified yet.

    Raises what :func:`frame.unwrap` raises, UnsupportedVersion, ClaimError.
    """
    value = frame.unwrap(frame.OPENING, data, MAX_OPENING)
    if not isinstance(value, dict) or "case" not in value:
        return read_claim_file(data)
    error = ClaimError
    if value.get("version") != 1 or isinstance(value.get("version"), bool):
        raise UnsupportedVersion("an opened fact of an unknown version")
    items = fields.mapping(value, _FIELDS, "an opened fact", error)
    name, content = items["name"], items["value"]
    if not isinstance(name, str) or name not in Facts.NAMES:
        raise ClaimError("there is no such fact of a case", value=repr(name)[:40])
    if content != "" or not isinstance(content, str):
        if name in Facts.NUMBERS:
            fields.integer(content, f"the fact {name!r}", error, low=-(2**63))
        else:
            fields.text(content, f"the fact {name!r}", error, most=MAX_FACT)
    return FactOpening(
        fields.blob(items["chain"], 32, "a chain", error),
        fields.name(items["plan"], "a plan", error),
        fields.integer(items["slot"], "a slot", error, high=MAX_ROWS),
        fields.blob(items["case"], 32, "a case", error),
        name,
        content,
        fields.blob(items["salt"], 32, "a salt", error),
        fields.hashes(items["proof"], error),
    )
