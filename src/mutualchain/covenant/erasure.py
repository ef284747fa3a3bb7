"""Personal data erased: an entry says whose, so that its absence is explained, dated, and cannot be undone unseen.

What a request or an enrolment committed to stays on the chain, numbers that nobody can open any more. The entry
changes neither money nor cases: rules that need the facts of a case are silent from then on, as for closed facts. So
facts can be erased only where the case is decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import CaseUnknown, ErasureRule
from .acts import Erasure

if TYPE_CHECKING:
    from .cases import CaseLife, PlanView

__all__ = ["check_erasure", "erased_facts"]


def check_erasure(book: PlanView, act: Erasure) -> None:
    """Raises SlotUnknown, CaseUnknown, ErasureRule."""
    book.balance(act.slot)
    life = book.life
    if act.slot in life.erased or act.case in life.erased:
        hint = "`mutualchain vault list` says when. There is nothing left to erase."
        raise ErasureRule("this was erased before", value=act.case or act.slot, hint=hint)
    if act.case:
        case = life.cases.get(act.case)
        if case is None or case.slot != act.slot:
            raise CaseUnknown("there is no such case of this member", value=act.case)
        if not case.facts_root:
            hint = "The operator approved it by itself: there is nothing to erase."
            raise ErasureRule("the case was recorded without facts of hers", value=act.case, hint=hint)
    for name, case in life.cases.items():
        if case.open and (name == act.case or (not act.case and case.slot == act.slot)):
            raise ErasureRule("a case that is not decided yet needs its facts", value=name)


def erased_facts(life: CaseLife, name: bytes) -> tuple[int, str] | None:
    """When (Unix ms) and why the facts of a case were erased; None where they were not."""
    case = life.cases.get(name)
    return life.erased.get(name) or (None if case is None else life.erased.get(case.slot))
