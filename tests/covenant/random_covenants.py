"""Random covenants of small plans: every rule that bears on rounds and money, in any combination that is allowed."""

from __future__ import annotations

from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from mutualchain.covenant import sections
from mutualchain.covenant.document import Covenant
from mutualchain.errors import CovenantError

__all__ = ["covenants"]

_DAYS = [((7, 21), (14, 28)), ((1,), (3,)), ((10, 20, 31), (12, 25, 5)), ((15,), (31,))]


def _mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([usual] * 3 + list(others))


@st.composite
def covenants(draw: st.DrawFn, funding: str | None = None, most: int = 150) -> Covenant:
    """A covenant whose cases the operator approves; ``most`` is the largest aid."""
    funding = draw(st.sampled_from(["prepaid"] * 4 + ["postpaid", "mandate"])) if funding is None else funding
    disclosure, deduction = draw(st.sampled_from(_DAYS))
    monthly = draw(st.booleans())
    cap_case, cap_round = draw(_mostly(0, 0, 5, 25)), draw(_mostly(0, 0, 3, 8, 40))
    above = draw(st.sampled_from(["refuse", "carry", "top_up"])) if cap_case or cap_round else "refuse"
    try:
        return Covenant(
            "Demo",
            membership=sections.Membership(
                prepay=draw(st.sampled_from([0, 0, 5, 12])),
                exit_notice_days=draw(_mostly(0, 1, 9)),
                smallest=draw(_mostly(0, 2, 4)),
            ),
            aid=sections.Aid(maxima=(sections.Maximum(most),)),
            sharing=sections.Sharing(
                funding=funding,
                credit_limit=draw(st.sampled_from([0, 0, 10, 30])) if funding == "postpaid" else 0,
                waiting_days=draw(_mostly(0, 1, 5)),
                recipient_shares=draw(_mostly(True, False)),
                divisor=draw(_mostly("headcount", "previous_headcount")),
                rounding=draw(_mostly("round", "case")),
                cap_case=cap_case,
                cap_round=cap_round,
                cap_year=draw(_mostly(0, 12, 30)),
                above_cap=above,
                short_balance=draw(_mostly("take", "owe")) if funding == "prepaid" else "take",
                shortfall=draw(_mostly("deficit", "operator")),
            ),
            fee=sections.Fee(
                bp=draw(st.sampled_from([0, 0, 800, 1_234, 9_000])),
                base=draw(_mostly("aid", "gross")),
                rounding=draw(st.sampled_from(["down", "up"])),
                per=draw(_mostly("round", "case")),
            ),
            calendar=sections.Calendar(
                kind="monthly" if monthly else "event",
                disclosure_days=disclosure if monthly else (),
                deduction_days=deduction if monthly else (),
                notice_days=0 if monthly else draw(_mostly(0, 0, 2)),
            ),
            arrears=sections.Arrears(
                grace_days=draw(st.sampled_from([0, 0, 3, 20])),
                lapse=draw(_mostly("suspended", "ended")),
            ),
            cases=sections.Cases(request="operator"),
            refunds=sections.Refunds(void=draw(_mostly("shares", "surplus"))),
            amendments=sections.Amendments(notice_days=draw(st.sampled_from([0, 1, 7]))),
        )
    except CovenantError:
        assume(False)
        raise
