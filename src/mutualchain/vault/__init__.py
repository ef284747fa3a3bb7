"""The vault: personal data apart from the chain, under a key per member that can be destroyed.

    keyring  one 32-byte record per membership, overwritten in place when she is erased
    vault    claims and other personal data, encrypted; opened field by field; erased; backed up without keys

The chain holds commitments and hashes only, so that it verifies just as well without the vault.
"""

from .vault import Erasure, Vault

__all__ = ["Erasure", "Vault"]
