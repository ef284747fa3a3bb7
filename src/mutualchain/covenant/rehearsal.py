"""Acts of one block tried one after the other, before any of them is recorded.

A replay applies the entries of a block in order, so each is held against what the earlier ones left. A writer that
records several at once asks the same question of a copy: of the cases' life, of the few cases that the acts name, of
totals and pot; the members' columns are shared, because none of these acts writes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy, deepcopy
from dataclasses import fields
from typing import TYPE_CHECKING, Final

from .acts import Act, Amendment, Appeal, ClosingNotice, ClosingStatement, Restitution, RoundOpening
from .cases import CaseLife

if TYPE_CHECKING:
    from .book import Book

__all__ = ["ALONE", "rehearse"]

ALONE: Final = (Amendment, ClosingNotice, ClosingStatement, Restitution, RoundOpening)
"""Acts that change more than a case: the covenant, the members, the plan's end. Each has a block of its own."""


def rehearse(book: Book, acts: Sequence[Act]) -> Book:
    """A book on which these acts can be checked and applied, and that is thrown away then. ``book`` stays as it is.

    None of the acts is one of ``ALONE``.
    """
    tried = copy(book)
    named = _named(book.life, acts)
    tried.life = _life(book.life, named)
    tried.cases = {name: copy(case) if name in named else case for name, case in book.cases.items()}
    tried.totals = copy(book.totals)
    return tried


def _named(life: CaseLife, acts: Iterable[Act]) -> set[bytes]:
    """The cases that acts change: those they name, and those of decisions that are appealed."""
    named = set()
    for act in acts:
        name = life.decisions.get(act.against, (0, b""))[1] if isinstance(act, Appeal) else life.case_of(act)
        if name:
            named.add(name)
    return named


def _life(life: CaseLife, named: set[bytes]) -> CaseLife:
    """The life of cases with what acts change in place copied, the rest shared."""
    tried = copy(life)
    for field in fields(life):
        setattr(tried, field.name, copy(getattr(life, field.name)))
    tried.cases = {name: deepcopy(case) if name in named else case for name, case in life.cases.items()}
    tried.sanctions = {name: copy(item) for name, item in life.sanctions.items()}
    tried.proposals = {name: copy(item) for name, item in life.proposals.items()}
    tried.barred = {slot: list(names) for slot, names in life.barred.items()}
    tried.keys = life.keys.copied()
    return tried
