"""Passports: keys derived as RFC 5869 says, files that are read back or refused, statements that bind."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mutualchain.canonical import encode
from mutualchain.covenant.statements import exit_message, verify_statement, withdrawal_message
from mutualchain.errors import (
    MutualchainError,
    PassphraseNeeded,
    PassphraseWrong,
    PassportError,
    StatementSignatureError,
    UnsupportedVersion,
)
from mutualchain.limits import MAX_TRUST_FILE
from mutualchain.record.passport import (
    MAX_MEMORY_KIB,
    MAX_PASSES,
    MAX_PASSPORT_FILE,
    Lock,
    Passport,
    is_locked,
    member_seed,
)
from mutualchain.tlog.strict import to_base64

from .world import ORIGIN, digest

SEEDS = st.binary(min_size=32, max_size=32)
LINE = b"mutualchain passport v1\n"


def content(**changes: object) -> dict[str, object]:
    seed, trust = digest("seed"), b"quorum none\n"
    check = hashlib.sha256(b"mutualchain/passport-check/v1\n" + encode([seed, trust])).digest()[:8]
    return {"check": check, "seed": seed, "trust": trust, **changes}


def locked(passes: int = 1, memory: int = 8) -> dict[str, object]:
    whole = {name: value for name, value in content().items() if name != "seed"}
    return whole | {"locked": [bytes(16), passes, memory, bytes(24), bytes(48)]}


def fragments(data: bytes) -> list[bytes]:
    """A passport's text, decoded."""
    return [base64.b64decode(line) for line in data.splitlines()[1:]]


def written(value: object) -> bytes:
    return LINE + to_base64(encode(value)).encode() + b"\n"


@given(SEEDS, st.binary(max_size=500))
def test_a_passport_that_was_written_is_read_back(seed: bytes, trust: bytes) -> None:
    passport = Passport(seed, trust)
    data = passport.to_bytes()
    assert Passport.from_bytes(data) == passport
    assert Passport.from_bytes(data).to_bytes() == data


def test_the_largest_trust_file_fits() -> None:
    passport = Passport(bytes(32), bytes(MAX_TRUST_FILE))
    assert len(passport.to_bytes()) <= MAX_PASSPORT_FILE
    assert Passport.from_bytes(passport.to_bytes()) == passport


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", PassportError),
        (LINE, PassportError),
        (LINE[:-1], PassportError),
        (b"mutualchain passport v2\nAAAA\n", UnsupportedVersion),
        (b"mutualchain record v1\n", PassportError),
        (b"\xff\xfe", PassportError),
        (LINE + b"\n", PassportError),
        (LINE + b"not base64!\n", PassportError),
        (LINE + "Ａ".encode() + b"\n", PassportError),
        (written(content()), None),
        (written(content(seed=bytes(31))), PassportError),
        (written(content(seed="x" * 32)), PassportError),
        (written(content(seed=digest("another"))), PassportError),
        (written(content(trust="trust")), PassportError),
        (written(content(trust=b"another")), PassportError),
        (written(content(trust=bytes(MAX_TRUST_FILE + 1))), PassportError),
        (written(content(check=bytes(8))), PassportError),
        (written(content(check=bytes(7))), PassportError),
        (written(content(more=1)), PassportError),
        (written({"seed": bytes(32)}), PassportError),
        (written(locked()), PassphraseNeeded),
        (written(locked(passes=0)), PassportError),
        (written(locked(passes=MAX_PASSES + 1)), PassportError),
        (written(locked(memory=7)), PassportError),
        (written(locked(memory=MAX_MEMORY_KIB + 1)), PassportError),
        (written(locked() | {"seed": bytes(32)}), PassportError),
        (written({**locked(), "locked": [bytes(16), 1, 8, bytes(24)]}), PassportError),
        (written({**locked(), "locked": 7}), PassportError),
        (written(7), PassportError),
        (written([bytes(32), b""]), PassportError),
        (written(content()) + b"\n", PassportError),
        (written(content())[:-1], PassportError),
        (written(content()).replace(b"\n", b"\r\n"), PassportError),
        (LINE + to_base64(b"\x92\xc5\x00\x20" + bytes(32) + b"\xc4\x00").encode() + b"\n", PassportError),
        (LINE + b"A" * MAX_PASSPORT_FILE + b"\n", PassportError),
    ],
)
def test_what_is_no_passport_is_refused(data: bytes, error: type[MutualchainError] | None) -> None:
    if error is None:
        Passport.from_bytes(data)
        return
    with pytest.raises(MutualchainError) as caught:
        Passport.from_bytes(data)
    assert type(caught.value) is error
    assert caught.value.exit_code in (2, 3)


@pytest.mark.parametrize("lock", [None, Lock("open sesame", bytes(16), bytes(24), 1, 8)], ids=["open", "locked"])
def test_no_changed_byte_of_a_passport_is_accepted(lock: Lock | None) -> None:
    passport = Passport(digest("seed"), b"quorum none\n")
    data = passport.to_bytes(lock)
    for at in range(len(data)):
        for pattern in (1, 2, 32, 128):
            changed = data[:at] + bytes([data[at] ^ pattern]) + data[at + 1 :]
            with pytest.raises((PassportError, UnsupportedVersion, PassphraseWrong)):
                Passport.from_bytes(changed, "open sesame")


@given(SEEDS, st.text(min_size=1, max_size=20))
@settings(max_examples=20)
def test_a_locked_passport_opens_with_its_passphrase_only(seed: bytes, passphrase: str) -> None:
    passport = Passport(seed, b"quorum none\n")
    data = passport.to_bytes(Lock(passphrase, bytes(16), bytes(24), 1, 8))
    assert seed not in b"".join(fragments(data))
    assert is_locked(data)
    assert Passport.from_bytes(data, passphrase) == passport
    with pytest.raises(PassphraseWrong):
        Passport.from_bytes(data, passphrase + "!")
    with pytest.raises(PassphraseNeeded):
        Passport.from_bytes(data)
    with pytest.raises(PassphraseNeeded):
        Passport.from_bytes(data, "")


def test_a_passphrase_means_the_same_on_every_keyboard() -> None:
    data = Passport(digest("seed")).to_bytes(Lock("ＡＢＣ é", bytes(16), bytes(24), 1, 8))
    assert Passport.from_bytes(data, "ABC e\u0301").seed == digest("seed")


def test_an_empty_passphrase_locks_nothing() -> None:
    with pytest.raises(PassphraseNeeded):
        Passport(digest("seed")).to_bytes(Lock("", bytes(16), bytes(24)))


def test_the_key_of_a_lock_is_argon2id_as_others_compute_it() -> None:
    argon2 = pytest.importorskip("cryptography.hazmat.primitives.kdf.argon2")
    lock = Lock("open sesame", bytes(range(16)), bytes(24))
    kdf = argon2.Argon2id(salt=lock.salt, length=32, iterations=3, lanes=1, memory_cost=65_536)
    assert lock.key() == kdf.derive(b"open sesame")


def test_a_passport_shows_no_seed() -> None:
    seed = digest("secret")
    passport = Passport(seed)
    assert seed.hex() not in repr(passport)
    assert repr(seed) not in repr(passport)


@given(SEEDS, st.text(min_size=1, max_size=40), st.integers(0, 5))
def test_keys_are_derived_as_rfc_5869_says(seed: bytes, origin: str, index: int) -> None:
    hashes = pytest.importorskip("cryptography.hazmat.primitives.hashes")
    hkdf = pytest.importorskip("cryptography.hazmat.primitives.kdf.hkdf")
    info = b"mutualchain/member/v1\n" + encode([origin, "demo", index])
    wanted = hkdf.HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(seed)
    assert member_seed(seed, origin, "demo", index) == wanted


def test_every_plan_origin_and_membership_has_a_key_of_its_own() -> None:
    passport = Passport(digest("seed"))
    places = [(o, p, i) for o in ("a.example", "b.example") for p in ("x", "y") for i in range(3)]
    keys = {passport.public_key(*place) for place in places}
    assert len(keys) == len(places)
    assert keys.isdisjoint({Passport(digest("another seed")).public_key(*place) for place in places})


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33)])
def test_a_seed_of_another_length_derives_nothing(seed: bytes) -> None:
    with pytest.raises(PassportError):
        Passport(seed).public_key(ORIGIN, "demo")


def test_statements_are_signed_by_the_key_of_their_membership() -> None:
    chain, passport = digest("chain"), Passport(digest("seed"))
    for index in (0, 1):
        key = passport.public_key(ORIGIN, "demo", index)
        withdrawal = passport.sign_withdrawal(
            chain, ORIGIN, "demo", slot=3, seq=4, amount=5, reference=bytes(32), reason=6, index=index
        )
        verify_statement(key, withdrawal, withdrawal_message(chain, "demo", 3, 4, 5, bytes(32), 6))
        leaving = passport.sign_exit(chain, ORIGIN, "demo", slot=3, seq=4, reason=2, index=index)
        verify_statement(key, leaving, exit_message(chain, "demo", 3, 4, 2))
        with pytest.raises(StatementSignatureError):
            verify_statement(
                passport.public_key(ORIGIN, "demo", 1 - index), leaving, exit_message(chain, "demo", 3, 4, 2)
            )


@pytest.mark.parametrize(
    "message",
    [
        withdrawal_message(digest("other"), "demo", 3, 4, 5, bytes(32)),
        withdrawal_message(digest("chain"), "other", 3, 4, 5, bytes(32)),
        withdrawal_message(digest("chain"), "demo", 2, 4, 5, bytes(32)),
        withdrawal_message(digest("chain"), "demo", 3, 5, 5, bytes(32)),
        withdrawal_message(digest("chain"), "demo", 3, 4, 6, bytes(32)),
        withdrawal_message(digest("chain"), "demo", 3, 4, 5, digest("r")),
        withdrawal_message(digest("chain"), "demo", 3, 4, 5, bytes(32), 1),
        exit_message(digest("chain"), "demo", 3, 4, 0),
    ],
)
def test_a_withdrawal_serves_nowhere_else(message: bytes) -> None:
    passport = Passport(digest("seed"))
    signature = passport.sign_withdrawal(digest("chain"), ORIGIN, "demo", slot=3, seq=4, amount=5, reference=bytes(32))
    with pytest.raises(StatementSignatureError):
        verify_statement(passport.public_key(ORIGIN, "demo"), signature, message)
