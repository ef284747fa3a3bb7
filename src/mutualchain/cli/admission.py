"""A request to join, taken in by the operator: opened, checked, recorded, and its claims put into the vault."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ClaimError, UsageError

if TYPE_CHECKING:
    from ..ledger import Acknowledgement, Ledger
    from ..record.joining import JoinRequest
    from .app import App

__all__ = ["CLAIMS", "admit"]

CLAIMS = "claims"
"""The name of a member's claims in the vault: ``[[name, value, salt]...]``, the hash of her request among them."""


def admit(app: App, folder: Path, ledger: Ledger, plan: str, path: Path, options: dict[str, Any]) -> Acknowledgement:
    """Enrol whoever made the request in ``path``; the ledger lies in ``folder``.

    Safe to repeat with the same reference, after any interruption.

    Raises what opening it raises, ClaimError for another book, plan or covenant, and the rule that her age breaks.
    """
    from .joining import birth_day, open_request
    from .ledgers import amount_of
    from .vaults import needed_vault

    for name in ("intake", "deposit"):
        if options[name] is None:
            raise UsageError(f"with --join-request, --{name} is needed")
    if options["commitment"] is not None or options["without_claims"]:
        raise UsageError("the commitment of a join request is computed from its claims")
    if options["birth_date"] is not None:
        raise UsageError("the date of birth stands in the join request")
    request = open_request(path, options["intake"])
    _fits(request, ledger.chain, plan, ledger.book(plan).covenant.hash)
    deposit = amount_of(ledger, plan, options["deposit"])
    with needed_vault(app, folder) as vault:
        done = ledger.enrol(
            plan,
            request.member.public_key,
            request.verify(),
            deposit=deposit,
            reference=options["reference"],
            since_day=options["since_day"] or 0,
            birth_day=birth_day(str(request.claims["birth_date"].value)),
        )
        assert done.slot is not None
        claims = [[name, claim.value, claim.salt] for name, claim in request.all_claims().items()]
        vault.put(plan, done.slot, {CLAIMS: claims, "join_request": request.to_bytes()})
    return done


def _fits(request: JoinRequest, chain: bytes, plan: str, covenant: bytes) -> None:
    member = request.member
    if (member.chain, member.plan) != (chain, plan):
        raise ClaimError("the request is for another book or plan", value=member.plan, hint="Take it where it belongs.")
    if request.covenant_hash != covenant:
        raise ClaimError(
            "she agreed to another covenant than the one in force",
            value=request.covenant_hash,
            hint="Send her an invitation with the covenant in force, and ask her for a new request.",
        )
