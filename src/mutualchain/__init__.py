"""mutualchain: an append-only, signed ledger with which a mutual-aid platform proves itself.

Write side: :class:`Ledger`, :class:`OperatorKeys`, :class:`Covenant`. Checking side: :func:`verify_record`,
:func:`verify_receipt`, :func:`verify_disclosure`, :func:`verify_evidence`, :func:`audit_ledger`; it imports nothing of
the write side. Not insurance: members of a plan share one another's aid.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import audit
    from .audit import AuditReport, audit_ledger
    from .covenant import apportion
    from .covenant.document import Covenant
    from .disclosure.facts import VerifiedDisclosure
    from .disclosure.verify import verify_disclosure
    from .errors import MutualchainError
    from .evidence.verify import verify_evidence
    from .ledger import Ledger, OperatorKeys
    from .record.facts import VerifiedRecord
    from .record.passport import Passport
    from .record.receipt import verify_receipt
    from .record.verify import verify_record
    from .tlog.trust import TrustFile

__version__ = "0.1.0"

_PLACES = {
    "AuditReport": ".audit",
    "Covenant": ".covenant.document",
    "Ledger": ".ledger",
    "MutualchainError": ".errors",
    "OperatorKeys": ".ledger",
    "Passport": ".record.passport",
    "TrustFile": ".tlog.trust",
    "VerifiedDisclosure": ".disclosure.facts",
    "VerifiedRecord": ".record.facts",
    "apportion": ".covenant",
    "audit_ledger": ".audit",
    "verify_disclosure": ".disclosure.verify",
    "verify_evidence": ".evidence.verify",
    "verify_receipt": ".record.receipt",
    "verify_record": ".record.verify",
}

__all__ = [
    "AuditReport",
    "Covenant",
    "Ledger",
    "MutualchainError",
    "OperatorKeys",
    "Passport",
    "TrustFile",
    "VerifiedDisclosure",
    "VerifiedRecord",
    "apportion",
    "audit",
    "audit_ledger",
    "verify_disclosure",
    "verify_evidence",
    "verify_receipt",
    "verify_record",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: whoever checks never loads the code that writes."""
    if name == "audit":  # the package; called, it audits
        return import_module(".audit", __name__)
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(place, __name__), name)
