"""The rules between the lines of a trust file, told of one line after the other (c2sp.org/tlog-policy)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import LimitError, TrustFileError
from ..limits import MAX_TRUST_AGE, MAX_TRUST_ITEMS
from .cosignature import CosignatureVerifier
from .note import Verifier

if TYPE_CHECKING:
    from .trust import Group, Log, Witness

__all__ = ["NONE", "Rules"]

NONE = "none"
"""The name that stands for no quorum, and for nothing else."""
_ITEM = re.compile(rb"[\x21-\x7e\x80-\xff]+\Z")


class Rules:
    """What the lines so far have defined. Each method raises TrustFileError, or LimitError above MAX_TRUST_ITEMS."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._members: set[str] = set()
        self._log_keys: set[bytes] = set()
        self._witness_keys: set[bytes] = set()
        self._groups = 0

    def add_log(self, log: Log) -> None:
        """A log line."""
        if type(log.key) is not Verifier:
            raise TrustFileError("a log's key is of type 01", value=log.key)
        self._add_key(self._log_keys, log.key.public_key, "logs")
        _check_url(log.url)

    def add_witness(self, witness: Witness) -> None:
        """A witness line."""
        if type(witness.key) is not CosignatureVerifier:
            raise TrustFileError("a witness's key is of type 04", value=witness.key)
        self._add_name(witness.name)
        self._add_key(self._witness_keys, witness.key.public_key, "witnesses")
        _check_url(witness.url)

    def add_group(self, group: Group) -> None:
        """A group line."""
        if type(group.threshold) is not int or not 1 <= group.threshold <= len(group.members):
            raise TrustFileError(
                f"the group {group.name} of {len(group.members)} members asks for {group.threshold} of them"
            )
        for member in group.members:
            if member not in self.names:
                raise TrustFileError(f"the group {group.name} names {member}, which no line above defines")
            if member in self._members:
                raise TrustFileError(f"{member} is a member twice")
            self._members.add(member)
        self._add_name(group.name)
        self._groups += 1
        if self._groups > MAX_TRUST_ITEMS:
            raise LimitError(f"a trust file has at most {MAX_TRUST_ITEMS} groups")

    def check_quorum(self, quorum: str | None) -> None:
        """The quorum line."""
        if quorum is not None and quorum not in self.names:
            raise TrustFileError(f"the quorum {quorum} is no witness or group that a line above defines")

    def check_max_age(self, max_age: int | None) -> None:
        """The line of the largest age, in seconds."""
        if max_age is not None and (type(max_age) is not int or not 0 < max_age <= MAX_TRUST_AGE):
            raise TrustFileError("a largest age is a number of seconds, of a century at most", value=max_age)

    def _add_name(self, name: str) -> None:
        _check_item(name, "a name")
        if name == NONE:
            raise TrustFileError('the name "none" is taken')
        if name in self.names:
            raise TrustFileError(f"the name {name} is defined twice")
        self.names.add(name)

    def _add_key(self, keys: set[bytes], public_key: bytes, what: str) -> None:
        if public_key in keys:
            raise TrustFileError(f"two {what} have the same public key", value=public_key)
        keys.add(public_key)
        if len(keys) > MAX_TRUST_ITEMS:
            raise LimitError(f"a trust file has at most {MAX_TRUST_ITEMS} {what}")


def _check_url(url: str | None) -> None:
    if url is not None:
        _check_item(url, "a URL")


def _check_item(item: str, what: str) -> None:
    try:
        octets = item.encode("utf-8", "surrogateescape")
    except (UnicodeEncodeError, AttributeError):
        octets = b""
    if not _ITEM.match(octets) or octets.decode("utf-8", "surrogateescape") != item:
        raise TrustFileError(f"{what} is one or more characters without spaces or control characters", value=item)
