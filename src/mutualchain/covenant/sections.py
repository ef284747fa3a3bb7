"""The parameters of a covenant, section by section: every rule in which real plans differ (domain.md, section 2).

A parameter's clause is ``section.parameter``: errors, refusals and audits name it. Amounts are in minor units of
the covenant's currency, ``bp`` in basis points (10,000 = all), instants by the covenant's own calendar.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..limits import MAX_CHARGE, MAX_TOTAL
from .parameters import amount, choice, flag, number, octets, table, text

__all__ = [
    "ROLES",
    "Advances",
    "Aid",
    "Amendments",
    "Arrears",
    "Attested",
    "Calendar",
    "Cases",
    "Closing",
    "Fee",
    "Keys",
    "Maximum",
    "Membership",
    "Refunds",
    "Sharing",
    "Tier",
    "Waiting",
]

ROLES = ("investigator", "hospital", "volunteers", "custodian", "charity", "jury_office")
"""What an institution can be registered as."""

_DAYS = 36_500
_WORD = "[a-z][a-z0-9_]{0,31}"
_MOST_AID = MAX_TOTAL // 10_000


@dataclass(frozen=True, slots=True)
class Maximum:
    """The most aid for a case of ``group`` (empty: any) of a member aged ``age_from`` to below ``age_below``."""

    amount: int = amount(30_000_000, 1, _MOST_AID, "The most aid for one case.")
    group: str = text("", 32, "The catalogue's group, such as critical or mild; empty for any.", _WORD)
    age_from: int = number(0, 0, 150, "From this age on, in whole years.")
    age_below: int = number(150, 1, 150, "Below this age.")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Days from joining until a case of ``cause`` is covered, for members aged ``age_from`` and more."""

    days: int = number(0, 0, _DAYS, "Days after the day of joining.")
    cause: str = text("", 32, "The cause, such as illness or accident; empty for any.", _WORD)
    age_from: int = number(0, 0, 150, "For members of this age and more, in whole years.")


@dataclass(frozen=True, slots=True)
class Tier:
    """From ``days`` of membership on, ``bp`` of the maximum; before the first tier nothing."""

    days: int = number(0, 0, _DAYS, "Days since joining.")
    bp: int = number(10_000, 0, 10_000, "How much of the maximum, in basis points.")


@dataclass(frozen=True, slots=True)
class Attested:
    """So many institutions of a role must vouch for a case."""

    role: str = choice("investigator", ROLES, "The role.")
    count: int = number(1, 1, 16, "How many institutions of it.")


@dataclass(frozen=True, slots=True)
class Membership:
    """Who can join, for how much, and how members leave."""

    prepay: int = amount(1_000, 0, MAX_CHARGE, "The least deposit on joining.")
    age_least_days: int = number(0, 0, _DAYS, "The youngest that can join, in days.")
    age_most_years: int = number(0, 0, 150, "The oldest that can join, in whole years; 0: any.")
    age_out_years: int = number(0, 0, 150, "Membership ends on this birthday; 0: never.")
    rejoin: str = choice("new_slot", ("new_slot", "never"), "Whether who has left may join again, in a new slot.")
    exit_notice_days: int = number(
        0, 0, 366, "Days until an exit takes effect; rounds with a snapshot before it are owed."
    )
    smallest: int = number(0, 0, MAX_CHARGE, "The fewest that may share; below it no round opens.")


@dataclass(frozen=True, slots=True)
class Aid:
    """What a case can be given."""

    maxima: tuple[Maximum, ...] = table(
        (Maximum(),), Maximum, "The most aid, by group and age; the first that fits.", 1
    )
    waiting: tuple[Waiting, ...] = table((), Waiting, "Waiting periods; of those that fit the longest.")
    tiers: tuple[Tier, ...] = table((), Tier, "Seniority: the last tier reached; none: all of the maximum.")
    causes: tuple[str, ...] = table(("illness", "accident"), str, "The causes that are covered.", 1)
    catalogue: bytes = octets(b"", 32, "SHA-256 of the disease catalogue's file; none where there is no catalogue.")
    request_within_days: int = number(
        0, 0, _DAYS, "Days after the diagnosis within which aid is requested; 0: any time."
    )
    request_most: int = amount(0, 0, _MOST_AID, "The most that can be requested; 0: the maximum.")
    request_override: bool = flag(False, "Whether a request above request_most is allowed with a recorded reason.")
    ill_in_waiting: str = choice(
        "refuse", ("refuse", "refund_and_end"), "Illness in the waiting period: refused, or shares refunded and out."
    )
    in_grace: bool = flag(
        False, "Whether a member in arrears, within the grace period, can request (arrears deducted)."
    )


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who shares, and how the share is computed."""

    funding: str = choice(
        "prepaid",
        ("prepaid", "postpaid", "mandate"),
        "From the balance; on credit, paid later; or collected from the member's account at the deduction.",
    )
    credit_limit: int = amount(
        0, 0, MAX_CHARGE, "Post-paid: the most a member may owe before she does not share; 0: any."
    )
    waiting_days: int = number(0, 0, _DAYS, "Days after joining during which a member does not share yet.")
    recipient_shares: bool = flag(True, "Whether the members whose cases are shared share too.")
    divisor: str = choice(
        "headcount",
        ("headcount", "previous_headcount"),
        "What the sum is divided by: this round's headcount or the last's.",
    )
    rounding: str = choice("round", ("round", "case"), "Shares are rounded up once a round, or for each case.")
    cap_case: int = amount(0, 0, MAX_CHARGE, "The most one member pays for one case; 0: none.")
    cap_round: int = amount(0, 0, MAX_CHARGE, "The most one member pays in one round; 0: none.")
    cap_year: int = amount(0, 0, MAX_CHARGE, "The most one member pays in a calendar year; 0: none.")
    above_cap: str = choice(
        "refuse",
        ("refuse", "carry", "top_up"),
        "A share above cap_case or cap_round: no round; the cap, the rest carried as a deficit; or the operator pays.",
    )
    short_balance: str = choice(
        "take",
        ("take", "owe"),
        "Prepaid, a balance below the share: what is there is taken; or all of the share, and the rest is owed.",
    )
    shortfall: str = choice(
        "deficit", ("deficit", "operator"), "What was not paid: the next round shares it, or the operator pays it."
    )


@dataclass(frozen=True, slots=True)
class Fee:
    """The operator's fee."""

    bp: int = number(0, 0, 9_000, "Basis points of the base.")
    base: str = choice("aid", ("aid", "gross"), "Of the aid, or of aid and fee together.")
    rounding: str = choice("down", ("down", "up"), "To the minor unit.")
    per: str = choice("round", ("round", "case"), "Computed once a round, or for each case.")


@dataclass(frozen=True, slots=True)
class Calendar:
    """When things happen. Days are the covenant's own: they begin at 00:00 by its rule."""

    kind: str = choice("event", ("event", "monthly"), "Rounds whenever a case asks for one, or on days of the month.")
    zone: str = text("Asia/Shanghai", 64, "The time zone's name.", "[A-Za-z0-9_+/-]{1,64}", 1)
    rule: str = text("CST-8", 64, "The zone's rule as a POSIX TZ string: what instants are computed by.", None, 1)
    tzdata: str = text("", 16, "The tzdata release that the rule was taken from.", "20[0-9]{2}[a-z]{1,2}")
    disclosure_days: tuple[int, ...] = table((), int, "Days of the month at whose 00:00 the snapshot is; 31: the last.")
    deduction_days: tuple[int, ...] = table(
        (), int, "As many days of the month; each deducts for the disclosure before."
    )
    notice_days: int = number(0, 0, 366, "Rounds by event: days between announcement and deduction.")


@dataclass(frozen=True, slots=True)
class Arrears:
    """What happens to who does not pay."""

    grace_days: int = number(0, 0, 366, "Days after an unpaid deduction before coverage lapses.")
    lapse: str = choice(
        "suspended", ("suspended", "ended"), "A lapsed member is covered again once she pays, or is out."
    )
    remind_below: int = amount(0, 0, MAX_CHARGE, "Members whose balance is lower are reminded to pay in; 0: none.")


@dataclass(frozen=True, slots=True)
class Cases:
    """From request to payment."""

    request: str = choice("member", ("member", "operator"), "Who requests: the member by her key, or the operator.")
    attestations: tuple[Attested, ...] = table((), Attested, "Who must vouch before a case is disclosed.")
    objection_days: int = number(0, 0, 366, "Days after the disclosure in which anybody can object.")
    jury: str = choice("none", ("none", "on_objection", "always"), "When the jury decides.")
    jury_days: int = number(3, 0, 366, "Days after the end of the objection window in which ballots are cast.")
    jury_quorum: int = number(0, 0, MAX_CHARGE, "Ballots without which the first opinion stands.")
    jury_majority_bp: int = number(5_000, 0, 9_999, "The case stands with more support than this.")
    payout_days: int = number(0, 0, 3_660, "Days after the deduction in which the aid is paid; 0: none named.")


@dataclass(frozen=True, slots=True)
class Advances:
    """Aid paid before the round is settled (先行赔付)."""

    by: str = choice("nobody", ("nobody", "operator", "institutions"), "Who may advance aid, repaid by the round.")
    most_bp: int = number(10_000, 0, 10_000, "Of the aid disclosed.")


@dataclass(frozen=True, slots=True)
class Refunds:
    """What becomes of a shared case that proves false."""

    void: str = choice("shares", ("shares", "surplus"), "Exact shares back to whoever paid, or into the next round.")


@dataclass(frozen=True, slots=True)
class Amendments:
    """How the covenant changes."""

    notice_days: int = number(7, 0, 366, "Days between the recording of an amendment and its effect.")
    transition: str = choice(
        "request", ("request", "diagnosis", "joining"), "A case falls under the version in force then."
    )
    vote: bool = flag(False, "Whether members vote on it.")
    vote_days: int = number(7, 0, 366, "Days after a proposal in which ballots are cast.")
    quorum: int = number(0, 0, MAX_CHARGE, "Ballots without which it fails.")
    majority_bp: int = number(5_000, 0, 9_999, "It passes with more support than this.")


@dataclass(frozen=True, slots=True)
class Keys:
    """How members' keys change."""

    rekey_days: int = number(7, 0, 366, "Days in which the old key can object to the replacement of a lost one.")


@dataclass(frozen=True, slots=True)
class Closing:
    """Wind-down (关停)."""

    request_days: int = number(180, 0, 3_660, "Days after the announcement in which aid can still be requested.")
    refund: str = choice(
        "balances", ("balances", "shares"), "Members get their balances, or all shares they ever paid."
    )
    borne_rounds: int = number(0, 0, 1_000, "So many last rounds are borne by the operator.")
