"""Random covenants of small plans: every rule that bears on rounds, money and cases, in any allowed combination."""

from __future__ import annotations

from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from mutualchain.covenant import sections
from mutualchain.covenant.document import Covenant
from mutualchain.errors import CovenantError

__all__ = ["ROLES", "covenants"]

ROLES = ("investigator", "hospital")
"""The roles that covenants here ask to vouch."""

_DAYS = [((7, 21), (14, 28)), ((1,), (3,)), ((10, 20, 31), (12, 25, 5)), ((15,), (31,))]


def _mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([usual] * 3 + list(others))


@st.composite
def covenants(draw: st.DrawFn, funding: str | None = None, most: int = 150) -> Covenant:
    """A covenant; ``most`` is the largest aid."""
    funding = draw(st.sampled_from(["prepaid"] * 3 + ["postpaid", "mandate"])) if funding is None else funding
    disclosure, deduction = draw(st.sampled_from(_DAYS))
    monthly = draw(st.booleans())
    cap_case, cap_round = draw(_mostly(0, 0, 5, 25)), draw(_mostly(0, 0, 3, 8, 40))
    above = draw(st.sampled_from(["refuse", "carry", "top_up"])) if cap_case or cap_round else "refuse"
    try:
        return Covenant(
            "Demo",
            membership=sections.Membership(
                prepay=draw(st.sampled_from([0, 0, 5, 12])),
                age_least_days=draw(_mostly(0, 28)),
                age_most_years=draw(_mostly(0, 59)),
                age_out_years=draw(_mostly(0, 66)),
                rejoin=draw(_mostly("new_slot", "never")),
                exit_notice_days=draw(_mostly(0, 1, 9)),
                smallest=draw(_mostly(0, 2, 4)),
            ),
            aid=draw(_aids(most)),
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
            cases=draw(_cases()),
            advances=sections.Advances(
                by=draw(st.sampled_from(["operator", "institutions", "nobody"])),
                most_bp=draw(st.sampled_from([10_000, 5_000])),
            ),
            refunds=sections.Refunds(void=draw(_mostly("shares", "surplus"))),
            amendments=draw(_amendments()),
            keys=sections.Keys(rekey_days=draw(st.sampled_from([0, 2, 7]))),
            closing=sections.Closing(
                request_days=draw(st.sampled_from([0, 1, 10])),
                refund=draw(st.sampled_from(["balances", "shares"])),
                borne_rounds=draw(_mostly(0, 1, 2)),
            ),
        )
    except CovenantError:
        assume(False)
        raise


@st.composite
def _aids(draw: st.DrawFn, most: int) -> sections.Aid:
    """Maxima by age, waiting periods, seniority: mostly none, and short enough for a history to reach past them."""
    halved = (sections.Maximum(most, "", 0, 40), sections.Maximum(max(most // 2, 1), "", 40, 66))
    limit = draw(_mostly(0, most // 2 + 1))
    return sections.Aid(
        maxima=draw(_mostly((sections.Maximum(most),), halved)),
        waiting=draw(_mostly((), (sections.Waiting(5, "illness"), sections.Waiting(9, "", 40)))),
        tiers=draw(_mostly((), (sections.Tier(0, 5_000), sections.Tier(10, 10_000)))),
        request_within_days=draw(_mostly(0, 20)),
        request_most=limit,
        request_override=limit > 0 and draw(st.booleans()),
        ill_in_waiting=draw(st.sampled_from(["refuse", "refund_and_end"])),
        in_grace=draw(st.booleans()),
    )


@st.composite
def _cases(draw: st.DrawFn) -> sections.Cases:
    """Who requests, who vouches, who decides."""
    if draw(st.integers(0, 3)) == 0:
        return sections.Cases(request="operator")
    days = draw(st.sampled_from([0, 1, 2]))
    jury = draw(st.sampled_from(["none", "on_objection", "always"] if days else ["none", "always"]))
    return sections.Cases(
        attestations=tuple(sections.Attested(role) for role in draw(st.sampled_from([(), ROLES[:1], ROLES]))),
        objection_days=days,
        jury=jury,
        jury_days=draw(st.sampled_from([1, 2])),
        jury_quorum=draw(st.sampled_from([0, 2])) if jury != "none" else 0,
        jury_majority_bp=draw(_mostly(5_000, 0, 6_600)),
    )


@st.composite
def _amendments(draw: st.DrawFn) -> sections.Amendments:
    vote = draw(_mostly(False, True))
    return sections.Amendments(
        notice_days=draw(st.sampled_from([0, 1, 7])),
        transition=draw(_mostly("request", "diagnosis", "joining")),
        vote=vote,
        vote_days=draw(st.sampled_from([1, 3])),
        quorum=draw(st.sampled_from([0, 2])) if vote else 0,
        majority_bp=draw(_mostly(5_000, 6_600)),
    )
