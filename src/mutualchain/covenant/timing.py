"""Versions of a plan's covenant, and the snapshot instants of monthly calendars across them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from .calendar import disclosure_instant_after
from .document import Covenant

__all__ = ["Dated", "Version", "instant_after", "version_at"]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a plan's covenant: recorded in block ``height``, in force from ``effective_ms`` on."""

    number: int
    covenant: Covenant
    effective_ms: int
    height: int


class Dated(Protocol):
    """A covenant and the instant from which it is in force."""

    @property
    def covenant(self) -> Covenant: ...
    @property
    def effective_ms(self) -> int: ...


V = TypeVar("V", bound=Dated)


def version_at(versions: Sequence[V], time_ms: int) -> V:
    """The version in force at ``time_ms``: the last one in effect; before any, the first."""
    for version in reversed(versions):
        if version.effective_ms <= time_ms:
            return version
    return versions[0]


def instant_after(versions: Sequence[Dated], time_ms: int) -> int | None:
    """The first snapshot instant after ``time_ms``, each by the version in force at it; None for rounds by event."""
    at = time_ms
    version = version_at(versions, time_ms)
    while True:
        later = [item for item in versions if item.effective_ms > max(at, version.effective_ms)]
        until = later[0].effective_ms if later else None
        found = disclosure_instant_after(version.covenant, at)
        if until is None or (found is not None and found < until):
            return found
        version, at = version_at(versions, until), until - 1  # an instant at which a version begins is its own
