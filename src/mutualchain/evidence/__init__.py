"""Evidence: contradicting signed statements, which convict whoever signed them before any stranger.

signed        a checkpoint, and which keys of a trust file have signed it
disagreement  two trees that cannot both be beginnings of one book: the three proofs
rules         blocks under one signed head that break the chain's own rules, plan counters above all
bundle        the file (.mce)
verify        verify_evidence: who is convicted of what, from the file and the keys alone
make          evidence made; nothing leaves that does not convict
compare       two books: same, extends, split, or what it would take to tell
books         a record, disclosure, receipt or checkpoint file as such a book
facts         what a conviction says

Everything here is pure and imports nothing of the write side. Anybody can edit a file, so a wrong hash incriminates
nobody: nothing counts but what one and the same key has signed.
"""

from .compare import Book, Comparison, Relation, Tree, compare
from .facts import VerifiedEvidence
from .make import (
    block_evidence,
    chain_evidence,
    disclosure_evidence,
    prefixes_evidence,
    receipt_evidence,
    record_evidence,
    split_evidence,
)
from .signed import Party, Role, Statement, open_statement
from .verify import verify_evidence

__all__ = [
    "Book",
    "Comparison",
    "Party",
    "Relation",
    "Role",
    "Statement",
    "Tree",
    "VerifiedEvidence",
    "block_evidence",
    "chain_evidence",
    "compare",
    "disclosure_evidence",
    "open_statement",
    "prefixes_evidence",
    "receipt_evidence",
    "record_evidence",
    "split_evidence",
    "verify_evidence",
]
