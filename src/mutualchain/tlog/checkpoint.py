"""Checkpoints: the notes with which a log commits to its tree (c2sp.org/tlog-checkpoint@v1.0.0).

    go.sum database tree
    30055305
    mXfgRcJ0bG0j3CPdKwgGWtUzBUbX67saZGRmFuJGGsM=

    — sum.golang.org Az3grpgEild5qw7+5dtV13Kf1C2Xurm8q4fhdxvcsDHnqNTaxL2AFjBY+2TyGKevucFcAAlWFJJYle3EJlDCrQ+y3A8=

The text is the log's origin, the tree's size in decimal and its root in base64, a line each, then any number
of non-empty extension lines. (The key of this one is
``sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8``; its name need not be the origin.)
An empty tree has the size 0 and the root SHA-256 of nothing. An origin is 1 to 255 bytes of UTF-8.

A log must never sign two checkpoints that are inconsistent with one another; nothing here can see to that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import CheckpointError
from ..limits import MAX_KEY_NAME, MAX_LOG_SIZE
from . import note as notes
from .merkle import EMPTY_ROOT, HASH_SIZE
from .strict import from_base64, from_decimal, has_control, to_base64

__all__ = ["Checkpoint", "VerifiedCheckpoint", "check_origin", "open_checkpoint", "parse", "sign_checkpoint"]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says: origin, size in leaves, root of 32 bytes, extension lines. Signed by nobody.

    Raises CheckpointError for parts that make no checkpoint.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _is_line(self.origin) or len(self.origin.encode()) > MAX_KEY_NAME:
            raise CheckpointError("an origin is a line of 1 to 255 bytes", value=self.origin)
        if type(self.size) is not int or not 0 <= self.size <= MAX_LOG_SIZE:
            raise CheckpointError("a checkpoint's size is a number from 0 to 2**63 - 1", value=self.size)
        if type(self.root) is not bytes or len(self.root) != HASH_SIZE:
            raise CheckpointError("a checkpoint's root is 32 bytes", value=self.root)
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise CheckpointError("an empty tree has another root", value=self.root)
        if type(self.extensions) is not tuple or not all(map(_is_line, self.extensions)):
            raise CheckpointError("an extension is a non-empty line", value=self.extensions)

    @property
    def text(self) -> str:
        """The text to sign: a line each, every one ended by a newline."""
        lines = (self.origin, str(self.size), to_base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class VerifiedCheckpoint:
    """A checkpoint that a known key signed, and the note it was read from (whose other signatures may be anybody's)."""

    checkpoint: Checkpoint
    note: bytes
    signatures: tuple[notes.Signature, ...]

    @property
    def origin(self) -> str:
        """The log's origin."""
        return self.checkpoint.origin

    @property
    def size(self) -> int:
        """Leaves in the tree."""
        return self.checkpoint.size

    @property
    def root(self) -> bytes:
        """The tree's root, 32 bytes."""
        return self.checkpoint.root


def parse(text: str) -> Checkpoint:
    """The checkpoint that a note's ``text`` spells. Raises CheckpointError."""
    if type(text) is not str or not text.endswith("\n"):
        raise CheckpointError("a checkpoint ends with a newline")
    lines = text[:-1].split("\n")
    if len(lines) < 3:
        raise CheckpointError("a checkpoint has three lines or more", value=text[:200])
    origin, size, root, *extensions = lines
    return Checkpoint(
        origin,
        from_decimal(size, "the checkpoint's size", CheckpointError),
        from_base64(root, "the checkpoint's root", CheckpointError),
        tuple(extensions),
    )


def sign_checkpoint(checkpoint: Checkpoint, signers: Iterable[notes.Signer]) -> bytes:
    """The note of ``checkpoint`` signed by each of ``signers``. Raises as :func:`mutualchain.tlog.note.sign`."""
    return notes.sign(checkpoint.text, signers)


def open_checkpoint(note: bytes, origin: str, verifiers: Iterable[notes.Verifier]) -> VerifiedCheckpoint:
    """The checkpoint in ``note``, of the log ``origin``, signed by one or more of ``verifiers``: the log's keys.

    Raises as :func:`mutualchain.tlog.note.open`; CheckpointError when the text is no checkpoint or of another log.
    """
    opened = notes.open(note, verifiers)
    checkpoint = parse(opened.text)
    check_origin(checkpoint, origin)
    return VerifiedCheckpoint(checkpoint, note, opened.signatures)


def check_origin(checkpoint: Checkpoint, origin: str) -> None:
    """Raises CheckpointError unless ``checkpoint`` is of the log ``origin``."""
    if checkpoint.origin != origin:
        raise CheckpointError(f"the checkpoint is of another log than {origin}", value=checkpoint.origin)


def _is_line(text: str) -> bool:
    """Whether ``text`` is a non-empty line of UTF-8 without control characters."""
    if type(text) is not str or not text or has_control(text):
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
