"""The key file: encrypted, its owner's only, and opened by nothing but its passphrase."""

from __future__ import annotations

from pathlib import Path

import pytest

from mutualchain.canonical import decode, encode
from mutualchain.errors import FileExists, FileMissing, KeyFileError, KeyFormatError, PassphraseError
from mutualchain.tlog.cosignature import CosignatureSigner
from mutualchain.tlog.strict import from_base64, to_base64
from mutualchain.witness.keyfile import MODERATE, WEAK_FOR_TESTS, generate, read_key_file, read_public_key

NAME = "witness.example.net"
SEED = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    generate(tmp_path / "key", NAME, b"secret", seed=SEED, cost=WEAK_FOR_TESTS)
    return tmp_path / "key"


def test_a_key_is_read_back_with_its_passphrase(path: Path) -> None:
    signer = read_key_file(path, b"secret")
    assert signer.vkey == CosignatureSigner.from_seed(NAME, SEED).vkey
    assert read_public_key(path) == signer.verifier
    assert path.stat().st_mode & 0o777 == 0o600
    assert SEED not in path.read_bytes()
    assert SEED.hex() not in repr(signer)


def test_each_key_is_another_and_each_file_too(tmp_path: Path) -> None:
    keys = {generate(tmp_path / str(number), NAME, b"x", cost=WEAK_FOR_TESTS).vkey for number in range(3)}
    assert len(keys) == 3
    generate(tmp_path / "a", NAME, b"x", seed=SEED, cost=WEAK_FOR_TESTS)
    generate(tmp_path / "b", NAME, b"x", seed=SEED, cost=WEAK_FOR_TESTS)
    assert (tmp_path / "a").read_bytes() != (tmp_path / "b").read_bytes()


def test_the_cost_of_guessing_is_what_is_recommended() -> None:
    assert MODERATE == (3, 256 << 20)


@pytest.mark.parametrize("passphrase", [b"", b"Secret", b"secret\n", b"x" * 10_000])
def test_another_passphrase_opens_nothing(path: Path, passphrase: bytes) -> None:
    with pytest.raises(PassphraseError):
        read_key_file(path, passphrase)


def test_no_key_is_made_without_a_passphrase_or_over_another_or_with_an_impossible_name(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(PassphraseError):
        generate(path.parent / "new", NAME, b"")
    with pytest.raises(FileExists):
        generate(path, NAME, b"secret", cost=WEAK_FOR_TESTS)
    with pytest.raises(KeyFormatError):
        generate(path.parent / "new", "two words", b"secret")
    with pytest.raises(FileMissing):
        generate(path.parent / "nowhere" / "key", NAME, b"secret", cost=WEAK_FOR_TESTS)
    assert path.read_bytes() == before
    assert not (path.parent / "new").exists()


def test_a_file_that_others_can_read_is_refused(path: Path) -> None:
    path.chmod(0o640)
    with pytest.raises(KeyFileError) as raised:
        read_key_file(path, b"secret")
    assert raised.value.hint == f"chmod 600 {path}"


def resealed(text: str, place: int, value: object) -> str:
    first, vkey, sealed, _ = text.split("\n")
    parts = list(decode(from_base64(sealed, "it", KeyFileError), max_size=4_096))  # type: ignore[arg-type]
    parts[place] = value  # type: ignore[call-overload]
    return "\n".join((first, vkey, to_base64(encode(parts)), ""))


OTHER = CosignatureSigner.from_seed(NAME, bytes(32))
RENAMED = CosignatureSigner.from_seed("other.example.net", SEED)
DAMAGE = {
    "empty": lambda text: "",
    "another first line": lambda text: text.replace("v1", "v2", 1),
    "a line more": lambda text: text + "x\n",
    "cut off": lambda text: text[:-20],
    "another public key": lambda text: text.replace(text.split("\n")[1], OTHER.vkey),
    "another name": lambda text: text.replace(text.split("\n")[1], RENAMED.vkey),
    "a public key that is none": lambda text: text.replace("+", "-"),
    "too long": lambda text: text + "x" * 5_000,
    "no salt": lambda text: resealed(text, 0, b""),
    "endless operations": lambda text: resealed(text, 1, 2**31),
    "all memory": lambda text: resealed(text, 2, 1 << 40),
    "no operations": lambda text: resealed(text, 1, 0),
    "another shape": lambda text: resealed(text, 3, 7),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_refused(path: Path, damage: str) -> None:
    path.write_text(DAMAGE[damage](path.read_text()))
    with pytest.raises(KeyFileError):
        read_key_file(path, b"secret")


def test_a_changed_byte_under_the_seal_is_noticed(path: Path) -> None:
    text = path.read_text()
    sealed = decode(from_base64(text.split("\n")[2], "it", KeyFileError), max_size=4_096)
    box = bytearray(sealed[3])  # type: ignore[index, arg-type]
    box[-1] ^= 1
    path.write_text(resealed(text, 3, bytes(box)))
    with pytest.raises(PassphraseError):
        read_key_file(path, b"secret")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="nothing"):
        read_key_file(tmp_path / "nothing", b"x")
