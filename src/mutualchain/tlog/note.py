"""Signed notes: text that people can read, with signatures beneath (c2sp.org/signed-note@v1.0.0).

    This is an example message.

    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=

A note is its text, which ends in a newline, an empty line, and one or more signature lines. It is UTF-8
without control characters but the newline. The text may hold empty lines: the last one divides. Each
signature line is an em dash (U+2014), a space, the name of the key, a space, and base64 of a 4-byte key ID
and the signature. What is signed is the text with its final newline.

A verifier key, or *vkey*, is one line. This one verifies the note above:

    example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k

that is: name, "+", key ID in lower-case hexadecimal, "+", base64 of a type byte (01 is Ed25519) and the
public key; the key ID is the first 4 bytes of SHA-256(name || 0A || type || public key). A name is 1 to 255
bytes of UTF-8 without white space, control characters or "+". A signer's private key is written like Go's:
``PRIVATE+KEY+`` name, "+", key ID, "+", base64 of the type byte and the 32-byte seed.

Whoever opens a note knows some keys. Lines under other names or key IDs are carried along and mean
nothing. Every line under a known name and key ID must verify, or the whole note is refused; so must be a
note that no known key signed. Two known keys with the same name and ID are an error of the caller's.

Where the specification leaves a choice: at most 100 signature lines; 5 or more bytes under each base64, as
in golang.org/x/mod; base64 in its canonical spelling only; a repeated line counts once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import ClassVar, Self, TypeVar

from ..errors import (
    KeyFormatError,
    LimitError,
    NoteError,
    NoteSignatureError,
    NoteUnverified,
    SignatureError,
    SignerFailed,
)
from ..limits import MAX_KEY_NAME, MAX_NOTE, MAX_NOTE_SIGNATURES
from . import ed25519
from .strict import from_base64, from_utf8, to_base64

__all__ = [
    "Note",
    "Signature",
    "Signer",
    "UnverifiedNote",
    "Verifier",
    "add_signatures",
    "check_key_name",
    "format",
    "key_id",
    "open",
    "parse",
    "sign",
]

_DASH = "\N{EM DASH} "
_PRIVATE = "PRIVATE+KEY+"
# Unicode's White_Space property, spelled out so that it does not change with Python's tables, "+" and controls.
_NOT_IN_NAME = re.compile("[\x00-\x20+\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_NOT_IN_TEXT = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")  # controls but newline, and surrogates
_KEY_ID_SIZE = 4


# --- notes --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the key's name, its 4-byte ID, and the signature as its type defines it."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line as it stands in the note, without its newline."""
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.signature)}"


@dataclass(frozen=True, slots=True)
class UnverifiedNote:
    """A note taken apart. Nothing is known about who signed it."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """An opened note: ``signatures`` are those that verified under known keys, ``unverified`` the others."""

    text: str
    signatures: tuple[Signature, ...]
    unverified: tuple[Signature, ...]


def parse(note: bytes) -> UnverifiedNote:
    """The parts of ``note``, unverified. Raises LimitError above MAX_NOTE bytes, NoteError for what is no note."""
    if type(note) is not bytes:
        raise NoteError("a note is bytes", value=type(note).__name__)
    if len(note) > MAX_NOTE:
        raise LimitError(f"a note of {len(note)} bytes where at most {MAX_NOTE} are allowed")
    whole = from_utf8(note, "the note", NoteError)
    divider = whole.rfind("\n\n")
    if divider < 0:
        raise NoteError("the note has no empty line between text and signatures")
    text, rest = whole[: divider + 1], whole[divider + 2 :]
    _check_text(text)
    if not rest.endswith("\n"):
        raise NoteError("the note does not end with a signature line")
    lines = rest[:-1].split("\n")
    if len(lines) > MAX_NOTE_SIGNATURES:
        raise NoteError(f"the note has more than {MAX_NOTE_SIGNATURES} signatures", value=len(lines))
    return UnverifiedNote(text, tuple(_parse_line(line, number) for number, line in enumerate(lines, 1)))


def format(text: str, signatures: Iterable[Signature]) -> bytes:
    """The note of ``text`` and ``signatures``, one or more. Raises NoteError or LimitError for what makes no note."""
    lines = "".join(f"{signature.line}\n" for signature in signatures)
    try:
        note = f"{text}\n{lines}".encode()
    except UnicodeEncodeError:
        raise NoteError("the note is not UTF-8") from None
    if parse(note).text != text:  # what is written can be read, and divides where it should
        raise NoteError("the text does not end with a newline", value=text[-40:])
    return note


def sign(text: str, signers: Iterable[Signer]) -> bytes:
    """The note of ``text``, which ends with a newline, with a signature of each of ``signers``, one or more.

    Raises NoteError for a text that makes no note, SignerFailed for a signer that fails or signs wrongly.
    """
    _check_text(text)
    return format(text, [signer.sign(text) for signer in signers])


def add_signatures(note: bytes, signatures: Iterable[Signature]) -> bytes:
    """``note`` with further signature lines, as a log adds those of witnesses; lines it has already are left out.

    Raises as :func:`parse`.
    """
    parsed = parse(note)
    return format(parsed.text, dict.fromkeys([*parsed.signatures, *signatures]))


def open(note: bytes, verifiers: Iterable[Verifier]) -> Note:
    """The text of ``note`` once a known key has signed it and no known key's signature fails.

    Raises LimitError and NoteError as :func:`parse`, NoteSignatureError (or CosignatureError, which is one) when
    a known key's signature does not verify, NoteUnverified when no known key signed, KeyFormatError when two
    of ``verifiers`` share a name and key ID.
    """
    known: dict[tuple[str, bytes], Verifier] = {}
    for verifier in verifiers:
        if known.setdefault((verifier.name, verifier.key_id), verifier) != verifier:
            raise KeyFormatError("two keys have the same name and key ID", value=verifier.vkey)
    parsed = parse(note)
    verified, unverified = [], []
    for signature in dict.fromkeys(parsed.signatures):
        key = known.get((signature.name, signature.key_id))
        if key is None:
            unverified.append(signature)
        else:
            key.verify(parsed.text, signature.signature)
            verified.append(signature)
    if not verified:
        names = ", ".join(dict.fromkeys(signature.name for signature in unverified))
        raise NoteUnverified("no trusted key has signed the note", value=f"signed by {names}")
    return Note(parsed.text, tuple(verified), tuple(unverified))


def _check_text(text: str) -> None:
    if type(text) is not str or not text.endswith("\n"):
        raise NoteError("the text of a note ends with a newline")
    found = _NOT_IN_TEXT.search(text)
    if found:
        raise NoteError("the note's text holds a character that is not allowed", value=f"U+{ord(found[0]):04X}")


def _parse_line(line: str, number: int) -> Signature:
    place = f"signature line {number}"
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise NoteError("a signature line is an em dash, a name and base64", value=line[:80], place=place)
    if not _is_key_name(name):
        raise NoteError("the name on a signature line is no key name", value=name[:80], place=place)
    blob = from_base64(encoded, f"the signature of {name}", NoteError)
    if len(blob) <= _KEY_ID_SIZE:
        raise NoteError("a signature line has no signature behind its key ID", value=blob, place=place)
    return Signature(name, blob[:_KEY_ID_SIZE], blob[_KEY_ID_SIZE:])


# --- keys ---------------------------------------------------------------------------------------


def check_key_name(name: str) -> None:
    """Raises KeyFormatError unless ``name`` can name a key."""
    if type(name) is not str or not _is_key_name(name):
        raise KeyFormatError("a key name is 1 to 255 bytes of UTF-8 without white space or plus sign", value=name)


def key_id(name: str, type_byte: int, public_key: bytes) -> bytes:
    """The 4-byte ID of a key: the beginning of SHA-256(name || 0A || type || public key)."""
    return sha256(name.encode() + bytes([0x0A, type_byte]) + public_key).digest()[:_KEY_ID_SIZE]


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key that verifies notes: its name and its Ed25519 public key (32 bytes), of type 01.

    Raises KeyFormatError for a name or key that is none, or a weak key.
    """

    name: str
    public_key: bytes
    type_byte: ClassVar[int] = 0x01

    def __post_init__(self) -> None:
        check_key_name(self.name)
        ed25519.check_public_key(self.public_key)

    @property
    def key_id(self) -> bytes:
        """The 4-byte key ID."""
        return key_id(self.name, self.type_byte, self.public_key)

    @property
    def vkey(self) -> str:
        """The key as one line of text."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.type_byte]) + self.public_key)}"

    @classmethod
    def from_vkey(cls, vkey: str) -> Self:
        """The key that ``vkey`` spells. Raises KeyFormatError when it is malformed, weak or of another type."""
        name, claimed_id, public_key = _parse_key(vkey, cls.type_byte, "verifier key")
        key = cls(name, public_key)
        _check_key_id(claimed_id, key.key_id, vkey)
        return key

    def verify(self, text: str, signature: bytes) -> None:
        """Check ``signature`` (what follows the key ID) on ``text``. Raises NoteSignatureError."""
        try:
            ed25519.verify(self.public_key, signature, text.encode())
        except SignatureError as error:
            raise NoteSignatureError(f"the signature of {self.name} does not fit the text: {error.message}") from None


V = TypeVar("V", bound=Verifier)


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signs notes: its name, its public key, and what signs for it (an HSM, say).

    ``sign_message`` takes the bytes to sign and returns the 64-byte Ed25519 signature. Raises KeyFormatError as
    :class:`Verifier` does.
    """

    name: str
    public_key: bytes
    sign_message: Callable[[bytes], bytes] = field(repr=False)
    _seed: bytes | None = field(default=None, repr=False, compare=False)
    type_byte: ClassVar[int] = 0x01

    def __post_init__(self) -> None:
        self.verifier  # noqa: B018 - made to check name and key

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> Self:
        """The signer with the 32-byte private ``seed``. Raises KeyFormatError."""
        return cls(name, ed25519.public_key_of(seed), lambda message: ed25519.sign(seed, message), seed)

    @classmethod
    def from_private_key(cls, text: str) -> Self:
        """The signer that ``text`` (``PRIVATE+KEY+...``) spells. Raises KeyFormatError, which never shows the key."""
        if type(text) is not str or not text.startswith(_PRIVATE):
            raise KeyFormatError("a private key begins with PRIVATE+KEY+")
        name, claimed_id, seed = _parse_key(text.removeprefix(_PRIVATE), cls.type_byte, "private key")
        signer = cls.from_seed(name, seed)
        _check_key_id(claimed_id, signer.verifier.key_id, name)
        return signer

    @property
    def private_key(self) -> str:
        """The key as ``PRIVATE+KEY+...``: a secret. Raises KeyFormatError when the seed lies elsewhere."""
        if self._seed is None:
            raise KeyFormatError("this signer does not hold its private key", value=self.name)
        encoded = to_base64(bytes([self.type_byte]) + self._seed)
        return f"{_PRIVATE}{self.name}+{self.verifier.key_id.hex()}+{encoded}"

    @property
    def verifier(self) -> Verifier:
        """The key with which others verify."""
        key: Verifier = made(Verifier, self.name, self.public_key)
        return key

    @property
    def vkey(self) -> str:
        """The verifier key as one line of text."""
        return self.verifier.vkey

    def sign(self, text: str) -> Signature:
        """A signature of ``text``. Raises SignerFailed when ``sign_message`` raises or its signature is wrong."""
        return Signature(self.name, self.verifier.key_id, self._signed(text.encode()))

    def _signed(self, message: bytes) -> bytes:
        """The verified 64-byte signature of ``message``: a signature that others refuse must never leave."""
        try:
            signature = self.sign_message(message)
        except Exception as error:
            raise SignerFailed(f"the signer {self.name} failed: {error}", value=type(error).__name__) from error
        try:
            ed25519.verify(self.public_key, signature, message)
        except SignatureError as error:
            raise SignerFailed(f"the signer {self.name} returned a wrong signature: {error.message}") from None
        return signature


@lru_cache(maxsize=64)
def made(kind: type[V], name: str, public_key: bytes) -> V:
    """The verifier of a signer's key, made and checked once: a signer is asked for it at every signature."""
    return kind(name, public_key)


def _is_key_name(name: str) -> bool:
    if not name or _NOT_IN_NAME.search(name):
        return False
    try:
        return len(name.encode()) <= MAX_KEY_NAME
    except UnicodeEncodeError:
        return False


def _parse_key(text: str, type_byte: int, what: str) -> tuple[str, str, bytes]:
    """Name, claimed key ID and 32 key bytes of ``name+id+base64``; secrets are in no error."""
    parts = text.split("+", 2) if type(text) is str and len(text) <= 2 * MAX_KEY_NAME else []
    if len(parts) != 3:
        raise KeyFormatError(f"a {what} is a name, a key ID and base64, with plus signs between")
    name, claimed_id, encoded = parts
    check_key_name(name)
    try:
        blob = from_base64(encoded, f"the {what} of {name}", KeyFormatError)
    except KeyFormatError as error:
        raise KeyFormatError(error.message, value=name) from None
    if blob[:1] != bytes([type_byte]):
        found = f"of type {blob[0]:02x}" if blob else "without a type"
        raise KeyFormatError(f"the {what} is {found} where type {type_byte:02x} is wanted", value=name)
    if len(blob) != 33:
        raise KeyFormatError(f"the {what} holds {len(blob) - 1} bytes where Ed25519 has 32", value=name)
    return name, claimed_id, blob[1:]


def _check_key_id(claimed: str, computed: bytes, value: str) -> None:
    if claimed != computed.hex():
        raise KeyFormatError(f"the key ID should be {computed.hex()}: the key was not copied whole", value=value)
