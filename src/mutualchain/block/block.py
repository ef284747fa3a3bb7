"""The block: header bytes and the operator's signatures over them (SPEC.md section 5).

Canonical msgpack ``[header bytes, [[key id, signature]...]]``, at most 65,535 bytes, so that a block is an
entry of a C2SP entry bundle. Signed is ``"mutualchain/block/v1\\n" || header bytes``. A block's hash is the
RFC 6962 leaf hash of its bytes, so the hash chain and the transparency log are one thing.

A signer is any callable from message to 64-byte signature, so that an HSM or a KMS can sign.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..canonical import decode, encode
from ..errors import BlockError, BlockSignatureError, SignatureError, SignerFailed
from ..limits import MAX_BLOCK, MAX_BLOCK_SIGNATURES
from ..tlog import ed25519
from ..tlog.merkle import leaf_hash
from . import fields
from .header import Header

__all__ = ["KEY_ID_SIZE", "Block", "BlockSigner", "block_hash", "block_key_id", "sign_header"]

KEY_ID_SIZE = 8
_TAG = b"mutualchain/block/v1\n"
_KEY_TAG = b"mutualchain/key/v1\n"


def block_key_id(public_key: bytes) -> bytes:
    """The 8 bytes that name a block key: the head of SHA-256 over a tag and the key."""
    return hashlib.sha256(_KEY_TAG + public_key).digest()[:KEY_ID_SIZE]


def block_hash(data: bytes) -> bytes:
    """The hash of a block's bytes: its leaf hash in the block log."""
    return leaf_hash(data)


@dataclass(frozen=True, slots=True)
class BlockSigner:
    """A block key that can sign: 32-byte public key, and ``sign(message) -> 64 bytes``."""

    public_key: bytes
    sign: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Block:
    """A parsed block whose signatures have not been looked at; ``verify`` does."""

    header_bytes: bytes
    header: Header
    signatures: tuple[tuple[bytes, bytes], ...]

    def to_bytes(self) -> bytes:
        """The canonical bytes: a leaf of the block log. Raises BlockError for what ``from_bytes`` would refuse."""
        _check_signatures(self.signatures)
        data = encode([self.header_bytes, [list(pair) for pair in self.signatures]])
        if len(data) > MAX_BLOCK:
            raise BlockError(f"a block is longer than {MAX_BLOCK} bytes", value=len(data))
        return data

    @classmethod
    def from_bytes(cls, data: bytes) -> Block:
        """Parse strictly: one to four signatures, each key id once. Checks no signature."""
        header_bytes, pairs = fields.array(decode(data, max_size=MAX_BLOCK), 2, "a block", BlockError)
        fields.blob(header_bytes, None, "a block's header", BlockError)
        fields.array(pairs, None, "a block's signatures", BlockError)
        signatures = []
        for pair in pairs:
            key_id, signature = fields.array(pair, 2, "a block's signature", BlockError)
            fields.blob(key_id, KEY_ID_SIZE, "a block's key id", BlockError)
            fields.blob(signature, 64, "a block's signature", BlockError)
            signatures.append((key_id, signature))
        _check_signatures(signatures)
        return cls(header_bytes, Header.from_bytes(header_bytes), tuple(signatures))

    def verify(self, public_key: bytes) -> None:
        """Check the signature of ``public_key``. Raises BlockSignatureError if there is none, or a false one."""
        wanted = block_key_id(public_key)
        for key_id, signature in self.signatures:
            if key_id == wanted:
                try:
                    ed25519.verify(public_key, signature, _TAG + self.header_bytes)
                except SignatureError:
                    raise BlockSignatureError(
                        "the block's signature does not verify", value=self.header.height
                    ) from None
                return
        raise BlockSignatureError("the block is not signed by the key in force", value=self.header.height)


def _check_signatures(signatures: Sequence[tuple[bytes, bytes]]) -> None:
    if not 1 <= len(signatures) <= MAX_BLOCK_SIGNATURES:
        raise BlockError(f"a block has 1 to {MAX_BLOCK_SIGNATURES} signatures", value=len(signatures))
    if len({key_id for key_id, _ in signatures}) != len(signatures):
        raise BlockError("a block names one key twice")


def sign_header(header: Header, signers: Sequence[BlockSigner]) -> Block:
    """A signed block. Raises SignerFailed if a signer raises or returns something that does not verify."""
    data = header.to_bytes()
    signatures = []
    for signer in signers:
        try:
            signature = bytes(signer.sign(_TAG + data))
        except Exception as error:
            raise SignerFailed(f"the block key's signer failed: {error}") from error
        signatures.append((block_key_id(signer.public_key), signature))
    block = Block(data, header, tuple(signatures))
    for signer in signers:
        try:
            block.verify(signer.public_key)
        except BlockSignatureError:
            raise SignerFailed("the block key's signer returned a signature that does not verify") from None
    return block
