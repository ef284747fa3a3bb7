"""The disclosure bundle (.mcd): one case, for anybody (SPEC.md, "Disclosure bundle").

Canonical map, version 1: the claimant's side of a record (:mod:`~mutualchain.record.bundle`) without what only she has,
and what was recorded about the case. The record's keys but ``events``, each as it is there:

    version checkpoint genesis head extends plans plan keys covenants slot enrolment before rounds refunds

and these:

    case          the case's name: the hash of its request's entry, or of its approval's
    entries       [[position, leaf, proof, entry]...]  of the plan's log of entries
    institutions  [[position, leaf, proof, entry]...]  of the chain's own log of entries
    ballots       [[position, leaf, proof, params]...] of the plan's log of sheets: ballots on the case
    facts         the opening of what the request committed to, or empty
    fields        the opening of what the disclosure committed to, or empty

A log whose every position is shown is proven as a whole, and its ``proof``s are empty: then nothing was left out. Else
each entry has its inclusion proof.

Parsing here is strict about types and bounds and verifies nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..block import fields
from ..canonical import Value
from ..errors import RecordMismatch, UnsupportedVersion
from ..limits import MAX_BALLOT_SHEETS, MAX_DISCLOSURE, MAX_ENTRY, MAX_EVENTS_IN_RECORD, MAX_FACTS, MAX_PARAMS
from ..record import frame
from ..record.bundle import Logged, RecordBundle

__all__ = ["DisclosureBundle"]

_E = RecordMismatch
_HERS = ("events",)
"""What a record shows and a disclosure does not."""
_CASE = ("case", "institutions", "ballots", "facts", "fields")


@dataclass(frozen=True, slots=True)
class DisclosureBundle:
    """A parsed, unverified disclosure. ``claimant`` is the part that a record has too, with ``entries`` in it."""

    claimant: RecordBundle
    case: bytes
    institutions: tuple[Logged, ...]
    ballots: tuple[Logged, ...]
    facts: bytes
    fields: bytes

    def to_value(self) -> dict[str, object]:
        """The bundle as the module's table has it."""
        shared = {name: item for name, item in self.claimant.to_value().items() if name not in _HERS}
        return {
            **shared,
            "case": self.case,
            "institutions": [item.to_value() for item in self.institutions],
            "ballots": [item.to_value() for item in self.ballots],
            "facts": self.facts,
            "fields": self.fields,
        }

    def to_bytes(self) -> bytes:
        """The bundle as a file."""
        return frame.wrap(frame.DISCLOSURE, self.to_value())

    @classmethod
    def from_bytes(cls, data: bytes) -> DisclosureBundle:
        """Parse a file strictly. Raises what :func:`frame.unwrap` raises, RecordMismatch, SheetFormatError."""
        return cls.from_value(frame.unwrap(frame.DISCLOSURE, data, MAX_DISCLOSURE))

    @classmethod
    def from_value(cls, value: Value) -> DisclosureBundle:
        """Parse a decoded value strictly."""
        if not isinstance(value, dict) or value.get("version") != 1 or isinstance(value.get("version"), bool):
            raise UnsupportedVersion("a disclosure of an unknown version")
        missing = [name for name in _CASE if name not in value]
        if missing or any(name in value for name in _HERS):
            raise _E("a disclosure has other parts than a disclosure has", value=", ".join(missing) or "a record's")
        shared: dict[str, Value] = {name: item for name, item in value.items() if name not in _CASE}
        return cls(
            RecordBundle.from_value({**shared, "events": ()}),
            fields.blob(value["case"], 32, "a case's name", _E),
            _logged(value["institutions"], MAX_EVENTS_IN_RECORD, MAX_ENTRY),
            _logged(value["ballots"], MAX_BALLOT_SHEETS, MAX_PARAMS),
            fields.blob(value["facts"], None, "opened facts", _E, most=MAX_FACTS),
            fields.blob(value["fields"], None, "opened fields", _E, most=MAX_FACTS),
        )


def _logged(value: object, many: int, most: int) -> tuple[Logged, ...]:
    items = fields.array(value, None, "a list in a disclosure", _E)
    if len(items) > many:
        raise _E(f"a disclosure lists more than {many} things", value=len(items))
    return tuple(Logged.from_value(item, most) for item in items)
