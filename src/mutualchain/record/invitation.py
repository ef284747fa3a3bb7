"""An invitation (.mci): what somebody needs on her own device to ask to join a plan, in one file.

A framed canonical map: ``version`` 1, ``origin``, ``chain``, ``plan``, ``covenant`` (its canonical bytes),
``covenant_version`` and ``intake`` (the operator's public key for requests, one word). It is not signed: the covenant
by whose hash she agrees is part of what she signs, and her record shows under which covenant she was enrolled, so a
false one comes out with her first record.

The request that answers it (.mcj) is a framed canonical map too: ``version`` 1, ``origin``, ``plan`` and ``sealed``, a
NaCl sealed box to the intake key over a :class:`~.joining.JoinRequest`.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..block import fields
from ..canonical import Value
from ..covenant.document import Covenant
from ..errors import FrameError, UnsupportedVersion
from ..limits import MAX_ENTRY, MAX_KEY_NAME, MAX_ROWS
from . import frame

__all__ = ["Invitation", "SealedRequest"]

_MOST = 1 << 21
_MOST_KEY = 100


@dataclass(frozen=True, slots=True)
class Invitation:
    """A plan's invitation; ``intake`` is the word of the key to seal to. Nothing of it is proven."""

    origin: str
    chain: bytes
    plan: str
    covenant_version: int
    covenant: Covenant
    intake: str

    def to_bytes(self) -> bytes:
        """The invitation as a file."""
        value = {
            "version": 1,
            "origin": self.origin,
            "chain": self.chain,
            "plan": self.plan,
            "covenant_version": self.covenant_version,
            "covenant": self.covenant.to_bytes(),
            "intake": self.intake,
        }
        return frame.wrap(frame.INVITATION, value)

    @classmethod
    def from_bytes(cls, data: bytes) -> Invitation:
        """Parse a file strictly. Raises what :func:`frame.unwrap` raises, FrameError, CovenantError."""
        names = ("chain", "covenant", "covenant_version", "intake", "origin", "plan", "version")
        items = _map(frame.unwrap(frame.INVITATION, data, _MOST), names)
        return cls(
            fields.text(items["origin"], "an origin", FrameError, most=MAX_KEY_NAME),
            fields.blob(items["chain"], 32, "a chain", FrameError),
            fields.name(items["plan"], "a plan", FrameError),
            fields.integer(items["covenant_version"], "a covenant's version", FrameError, low=1, high=MAX_ROWS),
            Covenant.from_bytes(fields.blob(items["covenant"], None, "a covenant", FrameError, most=MAX_ENTRY)),
            fields.text(items["intake"], "an intake key", FrameError, most=_MOST_KEY),
        )


@dataclass(frozen=True, slots=True)
class SealedRequest:
    """A join request on its way: whom it is for, in clear, and what only the operator can open."""

    origin: str
    plan: str
    sealed: bytes

    def to_bytes(self) -> bytes:
        """The request as a file."""
        value = {"version": 1, "origin": self.origin, "plan": self.plan, "sealed": self.sealed}
        return frame.wrap(frame.JOIN, value)

    @classmethod
    def from_bytes(cls, data: bytes) -> SealedRequest:
        """Parse a file strictly; its content stays sealed. Raises what :func:`frame.unwrap` raises, FrameError."""
        items = _map(frame.unwrap(frame.JOIN, data, _MOST), ("origin", "plan", "sealed", "version"))
        return cls(
            fields.text(items["origin"], "an origin", FrameError, most=MAX_KEY_NAME),
            fields.name(items["plan"], "a plan", FrameError),
            fields.blob(items["sealed"], None, "a sealed request", FrameError, most=_MOST),
        )


def _map(value: Value, names: tuple[str, ...]) -> dict[str, object]:
    if not isinstance(value, dict) or value.get("version") != 1 or isinstance(value.get("version"), bool):
        raise UnsupportedVersion("a file of an unknown version")
    return fields.mapping(value, names, "this file", FrameError)
