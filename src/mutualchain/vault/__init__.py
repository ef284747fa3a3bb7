"""The vault: personal data apart from the chain, under a key per member that can be destroyed.

    keyring  one 32-byte record per membership and per case, overwritten in place when it is erased
    vault    claims, encrypted, and boxes for the facts of cases in the ledger's store; opened; erased; backed up
             without keys

The chain holds commitments and hashes only, so that it verifies just as well without the vault.
"""

from .vault import Erasure, Vault

__all__ = ["Erasure", "Vault"]
