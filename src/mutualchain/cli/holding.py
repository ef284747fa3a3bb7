"""A verified file held against the books seen before, under the pin's lock; the pin then holds its book too."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from ..errors import MutualchainError
from ..record.pinfile import PinFile
from ..tlog.trust import TrustFile
from .checking import PinState
from .pinning import Alarm, SeenBook, hold
from .pins import Pins

__all__ = ["Holding", "hold_file"]


@dataclass(frozen=True, slots=True)
class Holding:
    """What came of it: how the file stands to the pin, and what was found wrong, with evidence where it was signed."""

    pin: PinState
    error: MutualchainError | None = None
    evidence: bytes | None = None


def hold_file(
    book: SeenBook, pins: Pins, origin: str, owner: bytes, trust: TrustFile, published: str | None, kind: str
) -> Holding:
    """Hold the book of a file, and what it is shown to begin with, against the pin of ``owner``.

    ``kind`` is what the file is, for messages: "record" or "disclosure". The pin is written only if nothing is wrong.
    """
    path = str(pins.path(origin, owner))
    try:
        with ExitStack() as stack:
            why = _locked(stack, pins, origin, owner)
            pin = pins.read(origin, owner)
            held = hold(book, pin, pins.others(origin, owner), trust, published, kind)
            if why is None:
                why = _written(pins, book.onto(pin or PinFile(origin, owner, ())))
    except Alarm as alarm:
        return Holding(PinState("contradicted", None, path, False, None), alarm.error, alarm.evidence)
    except MutualchainError as error:
        return Holding(PinState("unreadable", None, path, False, None), error)
    return Holding(PinState(held.state, held.size, path, why is None, why))


def _locked(stack: ExitStack, pins: Pins, origin: str, owner: bytes) -> str | None:
    """Take the pin's lock; else why nothing can be kept. Reading goes on all the same."""
    try:
        stack.enter_context(pins.locked(origin, owner))
    except OSError as error:
        return error.strerror or str(error)
    return None


def _written(pins: Pins, pin: PinFile) -> str | None:
    try:
        pins.write(pin)
    except OSError as error:
        return error.strerror or str(error)
    return None
