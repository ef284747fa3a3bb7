"""A member's address (区块链地址) in a plan: bech32m (BIP 350) of her public key's hash.

    digest  = the first 20 bytes of SHA-256("mutualchain/address/v1\\n" || key)
    address = bech32m("mutual", [0] || digest in groups of five bits)

For people to read and compare: up to four wrong characters are always noticed. The first symbol is the version. The
address is no secret, and says nothing that the public key in her row does not say.
"""

from __future__ import annotations

import hashlib

from ..errors import AddressError, UnsupportedVersion

__all__ = ["PREFIX", "address_of", "digest_of"]

PREFIX = "mutual"
"""What every address begins with, before the separator "1"."""

_TAG = b"mutualchain/address/v1\n"
_SYMBOLS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_CONSTANT = 0x2BC830A3
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_DIGEST = 20
_CHECKSUM = 6
_LENGTH = len(PREFIX) + 1 + 1 + _DIGEST * 8 // 5 + _CHECKSUM


def address_of(public_key: bytes) -> str:
    """The address of a public key of 32 bytes."""
    digest = hashlib.sha256(_TAG + public_key).digest()[:_DIGEST]
    number = int.from_bytes(digest, "big")
    data = [0, *(number >> shift & 31 for shift in range(_DIGEST * 8 - 5, -5, -5))]
    check = _polymod([*_expanded(), *data, *bytes(_CHECKSUM)]) ^ _CONSTANT
    data += [check >> 5 * (_CHECKSUM - 1 - at) & 31 for at in range(_CHECKSUM)]
    return f"{PREFIX}1{''.join(_SYMBOLS[value] for value in data)}"


def digest_of(address: str) -> bytes:
    """The 20 bytes that an address stands for. Raises AddressError, UnsupportedVersion.

    Upper case is read as lower case, as QR codes have it; a mix of both is refused (BIP 173).
    """
    text = address.lower()
    if address not in (text, address.upper()) or not address.isascii():
        raise AddressError("an address is all lower case, or all upper case", value=address[:100])
    if len(text) != _LENGTH or not text.startswith(PREFIX + "1"):
        raise AddressError(f"an address has {_LENGTH} characters and begins with {PREFIX}1", value=address[:100])
    values = [_SYMBOLS.find(symbol) for symbol in text[len(PREFIX) + 1 :]]
    if -1 in values or _polymod([*_expanded(), *values]) != _CONSTANT:
        raise AddressError("the address is mistyped: its check characters do not fit", value=address)
    if values[0]:
        raise UnsupportedVersion("an address of an unknown version", value=address)
    number = 0
    for value in values[1:-_CHECKSUM]:
        number = number << 5 | value
    return number.to_bytes(_DIGEST, "big")


def _expanded() -> list[int]:
    codes = PREFIX.encode()
    return [*(code >> 5 for code in codes), 0, *(code & 31 for code in codes)]


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for at, generator in enumerate(_GENERATOR):
            if top >> at & 1:
                check ^= generator
    return check
