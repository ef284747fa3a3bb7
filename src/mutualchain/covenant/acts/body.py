"""How the body of an entry is declared: a frozen dataclass whose fields say what they may hold.

A body is a map with exactly the dataclass's fields; what does not fit is EntryError, by field. Signed acts name in
``SIGNED`` the fields that are signatures: what is signed is the body without them (:mod:`..statements`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, TypeVar

from ...block import fields as readers
from ...block.entry import Entry
from ...errors import EntryError
from ...limits import MAX_INT, MAX_NAME, MAX_ROWS, MAX_TOTAL

__all__ = [
    "Act",
    "accepted",
    "bounded",
    "amount",
    "case",
    "code",
    "digest",
    "institution",
    "moment",
    "octets",
    "party",
    "signature",
    "slot",
    "title",
    "whole",
    "word",
    "words",
]

A = TypeVar("A", bound="Act")
Reader = Callable[[object, str], Any]


@dataclass(frozen=True, slots=True)
class Act:
    """The typed body of an entry. ``kind`` is the entry's; ``SIGNED`` are its fields that are signatures."""

    kind: ClassVar[str] = ""
    SIGNED: ClassVar[tuple[str, ...]] = ()

    def body(self) -> dict[str, Any]:
        """The entry's body, a canonical map."""
        found = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}

    def unsigned(self) -> dict[str, Any]:
        """The body without its signatures: what they are over."""
        return {name: value for name, value in self.body().items() if name not in self.SIGNED}

    def to_entry(self, plan: str) -> Entry:
        """The entry that records it."""
        return Entry(plan, self.kind, self.body())

    @classmethod
    def from_entry(cls: type[A], entry: Entry) -> A:
        """Parse strictly. Raises EntryError."""
        known = fields(cls)
        body = readers.mapping(entry.body, tuple(item.name for item in known), f"an entry {cls.kind!r}", EntryError)
        return cls(**{item.name: item.metadata["read"](body[item.name], _what(cls.kind, item.name)) for item in known})


def _what(kind: str, name: str) -> str:
    return f"{name!r} of an entry {kind!r}"


def _declared(read: Reader, default: Any = MISSING) -> Any:
    return field(default=default, metadata={"read": read})


def whole(low: int = 0, high: int = MAX_INT, *, default: Any = MISSING) -> Any:
    """An integer within ``low``..``high``."""
    return _declared(lambda value, what: readers.integer(value, what, EntryError, low=low, high=high), default)


def slot() -> Any:
    """A member's slot."""
    return whole(0, MAX_ROWS)


def amount() -> Any:
    """An amount above zero, in minor units."""
    return whole(1, MAX_TOTAL)


def moment() -> Any:
    """Unix time in milliseconds."""
    return whole()


def code() -> Any:
    """A reason code; 0 is none."""
    return whole(0, 255)


def octets(size: int, *, optional: bool = False) -> Any:
    """``size`` bytes; or none."""

    def read(value: object, what: str) -> bytes:
        if optional and value == b"" and isinstance(value, bytes):
            return b""
        return readers.blob(value, size, what, EntryError)

    return _declared(read)


def bounded(most: int) -> Any:
    """Up to ``most`` bytes: a document of its own, parsed by the act that holds it."""
    return _declared(lambda value, what: readers.blob(value, None, what, EntryError, most=most))


def digest(*, optional: bool = False) -> Any:
    """A hash of 32 bytes; or none."""
    return octets(32, optional=optional)


def case() -> Any:
    """The hash that names a case: its request's, or its approval's where the operator approves by itself."""
    return digest()


def signature(*, optional: bool = False) -> Any:
    """An Ed25519 signature; or none."""
    return octets(64, optional=optional)


def accepted() -> Any:
    """The signature of a new key over its own appointment."""
    return signature()


def institution(*, optional: bool = False) -> Any:
    """An institution's id, ``[a-z0-9][a-z0-9-]*``; or empty, for the operator."""

    def read(value: object, what: str) -> str:
        return "" if optional and value == "" else readers.name(value, what, EntryError)

    return _declared(read)


def party() -> Any:
    """Whoever speaks: a slot (an integer) or an institution's id (text)."""

    def read(value: object, what: str) -> int | str:
        if isinstance(value, str):
            return readers.name(value, what, EntryError)
        return readers.integer(value, what, EntryError, high=MAX_ROWS)

    return _declared(read)


def title(most: int = MAX_NAME) -> Any:
    """Text without control characters."""
    return _declared(lambda value, what: readers.text(value, what, EntryError, most=most))


def word(choices: tuple[str, ...]) -> Any:
    """One of a few words."""

    def read(value: object, what: str) -> str:
        if not isinstance(value, str) or value not in choices:
            raise EntryError(f"{what} is one of {', '.join(choices)}", value=repr(value)[:40])
        return value

    return _declared(read)


def words(choices: tuple[str, ...]) -> Any:
    """Some of these words, at least one, sorted, each once."""

    def read(value: object, what: str) -> tuple[str, ...]:
        found = readers.array(value, None, what, EntryError)
        if not found or any(item not in choices for item in found) or list(found) != sorted(set(found)):
            raise EntryError(f"{what} are some of {', '.join(choices)}, sorted", value=repr(found)[:80])
        return found

    return _declared(read)
