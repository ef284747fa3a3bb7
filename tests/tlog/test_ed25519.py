"""Strict Ed25519: the six rules of the module, each alone, against whatever libsodium is installed."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.errors import KeyFormatError, SignatureError
from mutualchain.tlog import ed25519
from mutualchain.tlog.ed25519 import check_public_key, public_key_of, sign, verify

SEED = bytes(range(32))
KEY = public_key_of(SEED)
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
NEUTRAL = (0, 1, 1, 0)


def point(encoded: bytes) -> ed25519._Point:
    found = ed25519._decompress(encoded)
    assert found is not None
    return found


ORDER_8 = point(min(ed25519.SMALL_ORDER_Y - {0, 1}).to_bytes(32, "little"))
ORDER_4 = ed25519._add(ORDER_8, ORDER_8)
ORDER_2 = ed25519._add(ORDER_4, ORDER_4)


def secret() -> int:
    digest = bytearray(hashlib.sha512(SEED).digest()[:32])
    digest[0] &= 248
    digest[31] = digest[31] & 127 | 64
    return int.from_bytes(digest, "little")


def made_by_attacker(message: bytes, key_torsion=NEUTRAL, r_torsion=NEUTRAL, r: int = 12345) -> tuple[bytes, bytes]:
    """A key and a signature for which the equation holds after multiplying by the cofactor, maybe before."""
    key = ed25519._compress(ed25519._add(ed25519._multiply(secret(), ed25519._BASE), key_torsion))
    commitment = ed25519._compress(ed25519._add(ed25519._multiply(r, ed25519._BASE), r_torsion))
    challenge = int.from_bytes(hashlib.sha512(commitment + key + message).digest(), "little") % ORDER
    return key, commitment + ((r + challenge * secret()) % ORDER).to_bytes(32, "little")


@pytest.fixture(params=["libsodium as it is", "a libsodium that multiplies by the cofactor"])
def any_libsodium(request, monkeypatch):
    """Both kinds of libsodium there are; the second by accepting what the first would refuse."""
    if "cofactor" in request.param:
        monkeypatch.setattr(ed25519, "_libsodium_accepts", lambda key, signature, message: True)
        monkeypatch.setattr(ed25519, "_libsodium_multiplies_by_cofactor", lambda: True)


# RFC 8032 section 7.1: seed, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]


@pytest.mark.parametrize(("seed", "key", "message", "signature"), RFC_8032)
@pytest.mark.usefixtures("any_libsodium")
def test_the_vectors_of_rfc_8032_hold(seed: str, key: str, message: str, signature: str) -> None:
    seed_, key_, message_, signature_ = map(bytes.fromhex, (seed, key, message, signature))
    assert public_key_of(seed_) == key_
    assert sign(seed_, message_) == signature_
    verify(key_, signature_, message_)
    check_public_key(key_)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80))
def test_what_is_signed_verifies_and_so_says_rule_6_in_plain_integers(seed: bytes, message: bytes) -> None:
    key, signature = public_key_of(seed), sign(seed, message)
    verify(key, signature, message)
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    encoded = challenge.to_bytes(32, "little")
    assert ed25519._equation_holds(key, signature, message)
    assert ed25519._equation_holds_in_integers(key, signature[:32], signature[32:], encoded)


@pytest.mark.usefixtures("any_libsodium")
def test_every_flipped_bit_of_a_signature_is_refused() -> None:
    signature = sign(SEED, b"message")
    for bit in range(0, 512, 3):
        wrong = (int.from_bytes(signature, "little") ^ 1 << bit).to_bytes(64, "little")
        with pytest.raises(SignatureError):
            verify(KEY, wrong, b"message")
    with pytest.raises(SignatureError):
        verify(KEY, signature, b"massage")


@pytest.mark.parametrize("length", [0, 31, 63, 65])
def test_a_signature_or_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(SignatureError, match="64 bytes"):
        verify(KEY, bytes(length), b"")
    with pytest.raises(SignatureError, match="32 bytes"):
        verify(bytes(length), sign(SEED, b""), b"")
    for call in (check_public_key, public_key_of, lambda seed: sign(seed, b"")):
        with pytest.raises(KeyFormatError, match="32 bytes"):
            call(bytes(length))


def test_there_are_five_y_of_small_order() -> None:
    found, current = set(), NEUTRAL
    for _ in range(8):
        found.add(int.from_bytes(ed25519._compress(current), "little") & (1 << 255) - 1)
        current = ed25519._add(current, ORDER_8)
    assert found == set(ed25519.SMALL_ORDER_Y)
    assert ed25519._compress(current) == (1).to_bytes(32, "little")


@pytest.mark.parametrize("sign_bit", [0, 1])
@pytest.mark.parametrize("y", sorted(ed25519.SMALL_ORDER_Y))
def test_a_key_or_r_of_small_order_is_refused(y: int, sign_bit: int) -> None:
    encoded = (y | sign_bit << 255).to_bytes(32, "little")
    with pytest.raises(KeyFormatError, match="small order"):
        check_public_key(encoded)
    with pytest.raises(SignatureError, match="key is of small order"):
        verify(encoded, sign(SEED, b""), b"")
    with pytest.raises(SignatureError, match="R is of small order"):
        verify(KEY, encoded + bytes(32), b"")


@pytest.mark.parametrize("y", [P, P + 1, P + 3, P + 18])
def test_a_second_spelling_of_a_point_is_refused(y: int) -> None:
    encoded = y.to_bytes(32, "little")
    with pytest.raises(KeyFormatError, match="not canonical"):
        check_public_key(encoded)
    with pytest.raises(SignatureError, match="key is not canonical"):
        verify(encoded, sign(SEED, b""), b"")
    with pytest.raises(SignatureError, match="R is not canonical"):
        verify(KEY, encoded + bytes(32), b"")


def test_a_key_off_the_curve_is_refused() -> None:
    off_curve = (2).to_bytes(32, "little")
    with pytest.raises(KeyFormatError, match="point of the curve"):
        check_public_key(off_curve)
    with pytest.raises(SignatureError):
        verify(off_curve, sign(SEED, b""), b"")
    assert not ed25519._equation_holds(off_curve, sign(SEED, b""), b"")


def test_an_s_above_the_group_order_is_refused() -> None:
    signature = sign(SEED, b"message")
    larger = int.from_bytes(signature[32:], "little") + ORDER
    with pytest.raises(SignatureError):
        verify(KEY, signature[:32] + larger.to_bytes(32, "little"), b"message")


@pytest.mark.parametrize("torsion", [ORDER_2, ORDER_4, ORDER_8])
@pytest.mark.usefixtures("any_libsodium")
def test_an_equation_that_needs_the_cofactor_is_refused(torsion: ed25519._Point) -> None:
    key, signature = made_by_attacker(b"message", r_torsion=torsion)
    with pytest.raises(SignatureError):
        verify(key, signature, b"message")


@pytest.mark.usefixtures("any_libsodium")
def test_a_key_of_mixed_order_counts_where_the_equation_holds_without_the_cofactor() -> None:
    # Go, OpenSSL and WebCrypto cannot tell such keys apart without arithmetic on points, so they decide alike.
    verdicts = []
    for r in range(1, 9):
        key, signature = made_by_attacker(b"message", key_torsion=ORDER_2, r=r)
        check_public_key(key)
        challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + b"message").digest(), "little") % ORDER
        if challenge % 2 == 0:  # then the torsion falls away
            verify(key, signature, b"message")
        else:
            with pytest.raises(SignatureError):
                verify(key, signature, b"message")
        verdicts.append(challenge % 2)
    assert set(verdicts) == {0, 1}


def test_the_probe_tells_the_two_kinds_of_libsodium_apart() -> None:
    r = int.from_bytes(hashlib.sha512(b"r").digest(), "little") % ORDER
    assert made_by_attacker(b"", r_torsion=ORDER_8, r=r) == (ed25519._PROBE_KEY, ed25519._PROBE_SIGNATURE)
    accepted = ed25519._libsodium_accepts(ed25519._PROBE_KEY, ed25519._PROBE_SIGNATURE, b"")
    assert ed25519._libsodium_multiplies_by_cofactor() is accepted
    with pytest.raises(SignatureError):
        verify(ed25519._PROBE_KEY, ed25519._PROBE_SIGNATURE, b"")
