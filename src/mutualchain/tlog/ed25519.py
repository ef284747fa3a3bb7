"""Ed25519 (RFC 8032), strictly: one rule, so that every implementation gives the same answer.

Libraries differ on signatures that no honest signer makes: some multiply the equation by the cofactor,
some accept a second spelling of a point. Where one verifier says yes and another no, somebody can show a
record that is "valid" to whom it suits. A signature ``R || S`` on M verifies under A here if and only if

1. A is 32 bytes and R || S is 64;
2. A and R are canonical: their y, without the top bit, is below 2**255 - 19;
3. neither A nor R is of small order: y is none of the five of :data:`SMALL_ORDER_Y`;
4. A is a point of the curve;
5. S is below the group's order L;
6. the encoding of [S]B - [SHA-512(R || A || M) mod L]A equals R byte for byte (no cofactor).

An implementation on Go's crypto/ed25519, OpenSSL or WebCrypto, whose equation has no cofactor, adds checks 2, 3
and 5, on bytes alone. One on noble multiplies by the cofactor even with ``zip215: false``: it computes number 6
with noble's points.

Checks 2 and 3 are made here. libsodium makes 1, 4 and 5, for A also 2 and 3. Its release 1.0.18 and the one in
PyNaCl 1.6 compare as number 6 says; its newer code multiplies by the cofactor and takes R in any spelling. So
:func:`verify` asks libsodium, and computes number 6 itself where the libsodium at hand accepts a signature made
to tell the two apart.
"""

from __future__ import annotations

from functools import cache, lru_cache
from hashlib import sha512
from typing import Final, TypeAlias

from nacl.bindings import (
    crypto_core_ed25519_is_valid_point,
    crypto_core_ed25519_scalar_reduce,
    crypto_core_ed25519_sub,
    crypto_scalarmult_ed25519_base_noclamp,
    crypto_scalarmult_ed25519_noclamp,
    crypto_sign,
    crypto_sign_open,
    crypto_sign_seed_keypair,
)
from nacl.exceptions import BadSignatureError, CryptoError

from ..errors import KeyFormatError, SignatureError

__all__ = [
    "PUBLIC_KEY_SIZE",
    "SEED_SIZE",
    "SIGNATURE_SIZE",
    "SMALL_ORDER_Y",
    "check_public_key",
    "public_key_of",
    "sign",
    "verify",
]

PUBLIC_KEY_SIZE: Final = 32
SEED_SIZE: Final = 32
SIGNATURE_SIZE: Final = 64

_P: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _P) % _P
_SQRT_MINUS_1: Final = pow(2, (_P - 1) // 4, _P)
_Y8: Final = 2707385501144840649318225287225658788936804267575313519463743609750303402022

SMALL_ORDER_Y: Final = frozenset([0, 1, _P - 1, _Y8, _P - _Y8])
"""The y of the points of order 1, 2, 4 and 8."""

_Point: TypeAlias = tuple[int, int, int, int]  # extended coordinates X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z


def public_key_of(seed: bytes) -> bytes:
    """The public key, 32 bytes, of a 32-byte private seed (RFC 8032 section 5.1.5). Raises KeyFormatError."""
    return _keypair(seed)[0]


def sign(seed: bytes, message: bytes) -> bytes:
    """The signature, 64 bytes, of ``message`` under the 32-byte private ``seed``. Raises KeyFormatError."""
    return crypto_sign(message, _keypair(seed)[1])[:SIGNATURE_SIZE]


def check_public_key(public_key: bytes) -> None:
    """Refuse what :func:`verify` would refuse as a key: checks 1 to 4 above.

    Raises KeyFormatError.
    """
    fault = _key_fault(public_key)
    if fault is None and not crypto_core_ed25519_is_valid_point(public_key) and _decompress(public_key) is None:
        fault = "is not a point of the curve"
    if fault is not None:
        raise KeyFormatError(f"the public key {fault}", value=public_key)


def verify(public_key: bytes, signature: bytes, message: bytes) -> None:
    """Check ``signature`` (64 bytes) on ``message`` under ``public_key`` (32 bytes) by the six rules above.

    Raises SignatureError.
    """
    if type(signature) is not bytes or len(signature) != SIGNATURE_SIZE:
        raise SignatureError("a signature is 64 bytes", value=signature)
    fault = _key_fault(public_key)
    if fault is not None:
        raise SignatureError(f"the public key {fault}", value=public_key)
    fault = _encoding_fault(signature[:32])
    if fault is not None:
        raise SignatureError(f"the signature's R {fault}", value=signature)
    if not _libsodium_accepts(public_key, signature, message):
        raise SignatureError("the signature does not verify", value=signature)
    if _libsodium_multiplies_by_cofactor() and not _equation_holds(public_key, signature, message):
        raise SignatureError("the signature verifies only when multiplied by the cofactor", value=signature)


@lru_cache(maxsize=8)
def _expanded(seed: bytes) -> tuple[bytes, bytes]:
    """Public and expanded private key of a seed; kept, because a log signs with the same one all day."""
    return crypto_sign_seed_keypair(seed)


def _keypair(seed: bytes) -> tuple[bytes, bytes]:
    if type(seed) is not bytes or len(seed) != SEED_SIZE:
        raise KeyFormatError("a private seed is 32 bytes")  # and is never shown
    return _expanded(seed)


def _key_fault(public_key: bytes) -> str | None:
    """Why ``public_key`` fails checks 1 to 3, or None."""
    if type(public_key) is not bytes or len(public_key) != PUBLIC_KEY_SIZE:
        return "is not 32 bytes"
    return _encoding_fault(public_key)


def _encoding_fault(encoded: bytes) -> str | None:
    """Why 32 bytes fail checks 2 and 3, or None. With x = 0 only points of small order have a second spelling."""
    y = int.from_bytes(encoded, "little") & (1 << 255) - 1
    if y >= _P:
        return "is not canonical"
    return "is of small order" if y in SMALL_ORDER_Y else None


def _libsodium_accepts(public_key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        crypto_sign_open(signature + message, public_key)
    except BadSignatureError:
        return False
    return True


@cache
def _libsodium_multiplies_by_cofactor() -> bool:
    return _libsodium_accepts(_PROBE_KEY, _PROBE_SIGNATURE, b"")


_PROBE_KEY: Final = bytes.fromhex("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")
_PROBE_SIGNATURE: Final = bytes.fromhex(
    "607055ca3d4aa8af26961afb12b1e60a75fac88f9c260ff25806631dbb269159"
    "21202101601840f268da87f6dca514732e55c85a392d8b039aad7038edb99e0a"
)
"""On the empty message, with a point of order 8 added to R: equal only after multiplying by the cofactor."""


# --- rule 6 by itself: with libsodium's points, and in plain integers (RFC 8032 section 5.1) where it refuses --


def _equation_holds(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Rule 6, the others having been checked."""
    commitment, response = signature[:32], signature[32:]
    challenge = crypto_core_ed25519_scalar_reduce(sha512(commitment + public_key + message).digest())
    try:
        negated = crypto_scalarmult_ed25519_noclamp(challenge, public_key)
        found = crypto_core_ed25519_sub(crypto_scalarmult_ed25519_base_noclamp(response), negated)
    except CryptoError:  # a key outside the subgroup of prime order, or a product that is the neutral point
        return _equation_holds_in_integers(public_key, commitment, response, challenge)
    return found == commitment


def _equation_holds_in_integers(public_key: bytes, commitment: bytes, response: bytes, challenge: bytes) -> bool:
    point = _decompress(public_key)
    if point is None:
        return False
    x, y, z, t = point
    negated = _multiply(int.from_bytes(challenge, "little"), (_P - x, y, z, _P - t))
    found = _add(_multiply(int.from_bytes(response, "little"), _BASE), negated)
    return _compress(found) == commitment


def _decompress(encoded: bytes) -> _Point | None:
    """The point, or None when no x belongs to the y. The caller has excluded y = 1 and y = -1, where x is 0."""
    number = int.from_bytes(encoded, "little")
    y, odd = number & (1 << 255) - 1, number >> 255
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P != square:
        x = x * _SQRT_MINUS_1 % _P
    if x * x % _P != square:
        return None
    if x & 1 != odd:
        x = _P - x
    return x, y, 1, x * y % _P


def _compress(point: _Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _add(p: _Point, q: _Point) -> _Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * p[3] * q[3] * _D % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _multiply(factor: int, point: _Point) -> _Point:
    result: _Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            result = _add(result, point)
        point = _add(point, point)
        factor >>= 1
    return result


_BASE: Final[_Point] = (
    15112221349535400772501151409588531511454012693041857206046113283949847762202,
    46316835694926478169428394003475163141307993866256225615783033603165251855960,
    1,
    46827403850823179245072216630277197565144205554125654976674165829533817101731,
)
