"""Facts of a case as salted leaves: nothing about a person is on the chain, and each fact can be opened alone.

A request commits to nine facts, a disclosure to eight fields. Both are RFC 6962 roots over leaves in a fixed order:

    fact  = SHA-256("mutualchain/fact/v1\\n"  || salt 32 || canonical [chain, plan, slot, name, value])
    field = SHA-256("mutualchain/field/v1\\n" || salt 32 || canonical [chain, plan, case, name, value])

What is not known is empty text. An opening is canonical ``[item...]`` in that order; an item is ``[salt, value]``, or
the leaf alone where it stays closed. A plain hash of a diagnosis would be open to guessing; a salted one is not, and
once salts and values are destroyed nobody can connect the root with the person.

The tag of a report is HMAC-SHA256 of its number under a secret key of whoever issued it:

    tag = HMAC(key, "mutualchain/report/v1\\n" || the number, NFKC, without spaces around it, UTF-8)

The issuer alone can make it, and the same report shows when it serves twice.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from ..block import fields
from ..canonical import decode, encode
from ..errors import FactsMismatch
from ..limits import MAX_DAY, MAX_FACT, MAX_FACT_FILES, MAX_FACTS, MIN_DAY
from ..tlog.merkle import root as merkle_root

__all__ = ["Facts", "Fields", "Opening", "report_tag"]

O = TypeVar("O", bound="Opening")  # noqa: E741
Item = tuple[bytes, int | str] | bytes
_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Opening:
    """Facts, each open (salt and value) or closed (its leaf). ``chain``, ``plan`` and ``subject`` say whose."""

    TAG: ClassVar[bytes] = b""
    NAMES: ClassVar[tuple[str, ...]] = ()
    NUMBERS: ClassVar[tuple[str, ...]] = ()
    DIGESTS: ClassVar[tuple[str, ...]] = ()

    chain: bytes
    plan: str
    subject: int | bytes
    items: tuple[Item, ...]

    @classmethod
    def seal(
        cls: type[O],
        chain: bytes,
        plan: str,
        subject: int | bytes,
        values: Mapping[str, int | str],
        salts: Sequence[bytes],
    ) -> O:
        """All facts open, under fresh salts of 32 bytes, one for each name. Absent ones are empty.

        Raises FactsMismatch for unknown names and values of the wrong type or length.
        """
        unknown = sorted(set(values) - set(cls.NAMES))
        if unknown:
            raise FactsMismatch("these are no facts of a case", value=", ".join(unknown))
        if len(salts) != len(cls.NAMES) or any(len(salt) != 32 for salt in salts) or len(set(salts)) != len(salts):
            raise FactsMismatch(f"{len(cls.NAMES)} different salts of 32 bytes are needed")
        items = tuple(
            (salt, cls._value(name, values.get(name, ""))) for name, salt in zip(cls.NAMES, salts, strict=True)
        )
        return cls(chain, plan, subject, items)

    @classmethod
    def from_bytes(cls: type[O], data: bytes, chain: bytes, plan: str, subject: int | bytes, root: bytes) -> O:
        """Parse an opening, which must lead to ``root``. Raises FactsMismatch, CanonicalError."""
        array = fields.array(decode(data, max_size=MAX_FACTS), len(cls.NAMES), "an opening", FactsMismatch)
        items: list[Item] = []
        for name, item in zip(cls.NAMES, array, strict=True):
            if isinstance(item, bytes):
                items.append(fields.blob(item, 32, "a closed fact", FactsMismatch))
                continue
            salt, value = fields.array(item, 2, "an open fact", FactsMismatch)
            items.append((fields.blob(salt, 32, "a salt", FactsMismatch), cls._value(name, value)))
        found = cls(chain, plan, subject, tuple(items))
        if found.root != root:
            raise FactsMismatch("the opened facts are not those that were committed to", value=found.root)
        return found

    @classmethod
    def _value(cls, name: str, value: object) -> int | str:
        if value == "" and isinstance(value, str):
            return ""
        if name in cls.NUMBERS:
            return fields.integer(value, f"the fact {name!r}", FactsMismatch, low=MIN_DAY, high=MAX_DAY)
        if name in cls.DIGESTS:
            return _digests(fields.text(value, f"the fact {name!r}", FactsMismatch, most=65 * MAX_FACT_FILES))
        return fields.text(value, f"the fact {name!r}", FactsMismatch, most=MAX_FACT)

    @property
    def leaves(self) -> list[bytes]:
        """The leaf of each fact."""
        return [self._leaf(name, item) for name, item in zip(self.NAMES, self.items, strict=True)]

    def _leaf(self, name: str, item: Item) -> bytes:
        if isinstance(item, bytes):
            return item
        salt, value = item
        return hashlib.sha256(self.TAG + salt + encode([self.chain, self.plan, self.subject, name, value])).digest()

    @property
    def root(self) -> bytes:
        """What the chain commits to."""
        return merkle_root(self.leaves)

    def get(self, name: str) -> int | str | None:
        """The value of a fact; None where it is closed."""
        item = self.items[self.NAMES.index(name)]
        return None if isinstance(item, bytes) else item[1]

    def number(self, name: str) -> int | None:
        """The value of a fact that is a number; None where it is closed or not known."""
        value = self.get(name)
        return value if isinstance(value, int) else None

    def text(self, name: str) -> str | None:
        """The value of a fact that is text; None where it is closed."""
        value = self.get(name)
        return value if isinstance(value, str) else None

    def only(self: O, *names: str) -> O:
        """The same with all facts closed but these."""
        kept = [
            item if name in names else leaf
            for name, item, leaf in zip(self.NAMES, self.items, self.leaves, strict=True)
        ]
        return type(self)(self.chain, self.plan, self.subject, tuple(kept))

    def to_bytes(self) -> bytes:
        """The opening as canonical bytes."""
        return encode([item if isinstance(item, bytes) else list(item) for item in self.items])


@dataclass(frozen=True, slots=True)
class Facts(Opening):
    """What a request commits to; ``subject`` is the slot. Days are the covenant's, counted from 1970-01-01.

    ``age`` is in whole years at the diagnosis, so that it can be opened, as it was vouched for, without the birth day.
    """

    TAG: ClassVar[bytes] = b"mutualchain/fact/v1\n"
    NAMES: ClassVar[tuple[str, ...]] = (
        "cause",
        "group",
        "disease",
        "diagnosed_day",
        "birth_day",
        "name",
        "hospital",
        "region",
        "age",
    )
    NUMBERS: ClassVar[tuple[str, ...]] = ("diagnosed_day", "birth_day", "age")
    DAYS: ClassVar[tuple[str, ...]] = ("diagnosed_day", "birth_day")


@dataclass(frozen=True, slots=True)
class Fields(Opening):
    """What a disclosure commits to, masked as the platform shows it; ``subject`` is the case's name.

    ``age`` is in whole years at the diagnosis. ``files`` are the photographs and reports that are shown with it: the
    SHA-256 of each in hexadecimal, ascending, with a space between.
    """

    TAG: ClassVar[bytes] = b"mutualchain/field/v1\n"
    NAMES: ClassVar[tuple[str, ...]] = ("name", "age", "region", "cause", "group", "disease", "hospital", "files")
    NUMBERS: ClassVar[tuple[str, ...]] = ("age",)
    DIGESTS: ClassVar[tuple[str, ...]] = ("files",)


def _digests(text: str) -> str:
    found = text.split(" ")
    if len(found) > MAX_FACT_FILES or found != sorted(set(found)) or not all(map(_DIGEST.fullmatch, found)):
        raise FactsMismatch(f"files are up to {MAX_FACT_FILES} SHA-256, ascending, each once", value=text[:70])
    return text


def report_tag(key: bytes, number: str) -> bytes:
    """The keyed tag of a report's number, 32 bytes; ``key`` is 32 bytes. Raises FactsMismatch."""
    text = unicodedata.normalize("NFKC", number).strip()
    if len(key) != 32 or not text or len(text) > MAX_FACT:
        raise FactsMismatch(f"a tag needs a key of 32 bytes and a number of 1 to {MAX_FACT} characters")
    return hmac.digest(key, b"mutualchain/report/v1\n" + text.encode(), hashlib.sha256)
