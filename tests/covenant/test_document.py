"""The covenant as a document: both ways, and all that is wrong with it at once."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.canonical import decode, encode
from mutualchain.covenant.document import HEAD, SECTIONS, Covenant, covenant_hash, parameters
from mutualchain.covenant.sections import (
    Advances,
    Aid,
    Amendments,
    Attested,
    Calendar,
    Cases,
    Fee,
    Maximum,
    Membership,
    Sharing,
    Tier,
    Waiting,
)
from mutualchain.errors import CanonicalError, CovenantError, LimitError, MutualchainError, UnsupportedVersion
from mutualchain.limits import MAX_CHARGE, MAX_COVENANT_ROWS, MAX_ENTRY, MAX_TOTAL
from tests.core.values import VALUES
from tests.covenant.covenants import covenants

DEMO = Covenant("Demo")
VALUE = decode(DEMO.to_bytes(), max_size=MAX_ENTRY)
assert isinstance(VALUE, dict)
CLAUSES = [item.clause for item in parameters()]


def clauses(error: CovenantError) -> list[str]:
    """The clauses that an error names, in its order."""
    return [sentence.partition(":")[0] for sentence in error.violations]


# --- both ways ----------------------------------------------------------------------------------


@given(covenants())
def test_a_covenant_comes_back_from_its_bytes(covenant: Covenant) -> None:
    data = covenant.to_bytes()
    again = Covenant.from_bytes(data)
    assert again == covenant
    assert again.to_bytes() == data
    assert again.hash == covenant.hash == covenant_hash(data)


@given(covenants(), covenants())
def test_covenants_that_differ_have_different_hashes_and_named_differences(one: Covenant, other: Covenant) -> None:
    assert (one == other) == (one.hash == other.hash) == (one.differences(other) == [])
    for clause, mine, theirs in one.differences(other):
        assert (one.values()[clause], other.values()[clause]) == (mine, theirs)


@given(covenants(), st.sampled_from(sorted(VALUE)), VALUES)
def test_a_section_exchanged_for_any_value_is_read_as_it_is_written_or_refused(
    covenant: Covenant, name: str, other: object
) -> None:
    data = encode({**covenant.to_value(), name: other})
    try:
        found = Covenant.from_bytes(data)
    except (CovenantError, UnsupportedVersion) as error:
        error.diagnostics()
    else:
        assert found.to_bytes() == data


@given(covenants(), st.sampled_from(CLAUSES[len(HEAD) :]), VALUES)
def test_a_parameter_exchanged_for_any_value_is_read_as_it_is_written_or_refused(
    covenant: Covenant, clause: str, other: object
) -> None:
    section, _, name = clause.partition(".")
    value = covenant.to_value()
    data = encode({**value, section: {**value[section], name: other}})
    try:
        found = Covenant.from_bytes(data)
    except CovenantError as error:
        error.diagnostics()
    else:
        assert found.to_bytes() == data


def test_every_section_and_parameter_is_known_by_its_clause() -> None:
    assert [*DEMO.values()] == CLAUSES
    assert len(set(CLAUSES)) == len(CLAUSES)
    assert [name for name in DEMO.to_value() if name not in ("format", *HEAD)] == list(SECTIONS)
    for item in parameters():
        assert item.kind.doc.endswith("."), item.clause


def test_a_row_of_a_table_is_described_like_a_section() -> None:
    rows = [item.kind.row for item in parameters() if is_dataclass(item.kind.row)]
    assert len(rows) == 4
    for row in rows:
        assert row is not None
        assert all(item.metadata["kind"].doc.endswith(".") for item in fields(row))


# --- out of range -------------------------------------------------------------------------------

BAD: list[tuple[str, object]] = [
    ("title", ""),
    ("title", "x" * 81),
    ("title", "a\nb"),
    ("title", "a\x7f"),
    ("title", "a\x9bb"),
    ("title", "\ud800"),
    ("title", 1),
    ("title", b"Demo"),
    ("currency", "cny"),
    ("currency", "CN"),
    ("currency", "CNYX"),
    ("currency", "A1B"),
    ("currency", "CNY\n"),
    ("currency", "ÄÖÜ"),
    ("currency", ""),
    ("currency", 1),
    ("decimals", -1),
    ("decimals", 5),
    ("decimals", True),
    ("membership.prepay", -1),
    ("membership.prepay", MAX_CHARGE + 1),
    ("membership.prepay", 10.0),
    ("membership.prepay", True),
    ("membership.prepay", None),
    ("membership.rejoin", "always"),
    ("membership.age_most_years", 151),
    ("aid.maxima", ()),
    ("aid.maxima", (Maximum(),) * (MAX_COVENANT_ROWS + 1)),
    ("aid.maxima", 5),
    ("aid.request_override", 1),
    ("aid.request_override", "yes"),
    ("aid.catalogue", b"short"),
    ("aid.catalogue", "00" * 32),
    ("sharing.funding", "later"),
    ("sharing.funding", ["prepaid"]),
    ("sharing.funding", True),
    ("sharing.cap_round", -1),
    ("fee.bp", 9_001),
    ("fee.bp", "8%"),
    ("fee.rounding", "even"),
    ("calendar.zone", ""),
    ("calendar.zone", "Asia Shanghai"),
    ("calendar.tzdata", "2026"),
    ("calendar.rule", "Asia/Shanghai"),
    ("cases.jury_majority_bp", 10_000),
]


@pytest.mark.parametrize(("clause", "value"), BAD)
def test_a_parameter_out_of_its_range_is_named(clause: str, value: Any) -> None:
    section, _, name = clause.partition(".")
    with pytest.raises(CovenantError) as caught:
        replace(DEMO, **{section: replace(getattr(DEMO, section), **{name: value}) if name else value})
    assert clauses(caught.value) == [clause]
    draft: dict[str, Any] = {"title": "Demo"}
    draft[section] = {name: value} if name else value
    with pytest.raises(CovenantError) as caught:
        Covenant.from_mapping(draft)
    assert clauses(caught.value) == [clause]
    assert caught.value.diagnostics().encode()
    assert all(len(sentence) <= 400 for sentence in caught.value.violations)


ROWS: list[tuple[str, str, object]] = [
    ("a field out of range", "aid.maxima[0].amount", {"maxima": [{"amount": 0}]}),
    ("more than a covenant can give", "aid.maxima[0].amount", {"maxima": [{"amount": MAX_TOTAL}]}),
    ("a field that no row has", "aid.maxima[1].disease", {"maxima": [{"group": "a"}, {"disease": "x"}]}),
    ("a group that is no word", "aid.maxima[0].group", {"maxima": [{"group": "Mild"}]}),
    ("a row that is no row", "aid.maxima[0]", {"maxima": [5]}),
    ("a cause that is no text", "aid.causes[1]", {"causes": ["illness", 5]}),
    ("waiting for longer than anybody lives", "aid.waiting[0].days", {"waiting": [{"days": 36_501}]}),
    ("a table that is no table", "aid.tiers", {"tiers": "none"}),
]


@pytest.mark.parametrize(("clause", "section"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_is_wrong_in_a_row_is_named_with_its_row(clause: str, section: object) -> None:
    with pytest.raises(CovenantError) as caught:
        Covenant.from_mapping({"title": "Demo", "aid": section})
    assert clauses(caught.value) == [clause]


def test_rows_of_the_wrong_type_are_refused_in_code_too() -> None:
    rows: list[tuple[Any, str]] = [
        (Aid(maxima=(Tier(),)), "aid.maxima[0]"),  # type: ignore[arg-type]
        (Aid(maxima=(Maximum(0),)), "aid.maxima[0].amount"),
        (Aid(causes=(1,)), "aid.causes[0]"),  # type: ignore[arg-type]
        (Maximum(), "aid"),
    ]
    for section, clause in rows:
        with pytest.raises(CovenantError) as caught:
            Covenant("Demo", aid=section)
        assert clauses(caught.value) == [clause]


# --- contradictions -----------------------------------------------------------------------------

CONTRADICTIONS: list[tuple[str, dict[str, object]]] = [
    ("aid.maxima[0]", {"aid": Aid(maxima=(Maximum(age_from=40, age_below=40),))}),
    ("aid.maxima[1]", {"aid": Aid(maxima=(Maximum(age_below=60), Maximum(group="mild", age_from=20, age_below=30)))}),
    ("aid.tiers[1]", {"aid": Aid(tiers=(Tier(0, 2_000), Tier(0, 4_000)))}),
    ("aid.tiers[2]", {"aid": Aid(tiers=(Tier(0, 2_000), Tier(5, 4_000), Tier(9, 3_000)))}),
    ("aid.causes", {"aid": Aid(causes=("illness", "illness"))}),
    ("aid.causes", {"aid": Aid(causes=("Illness",))}),
    ("aid.causes", {"aid": Aid(causes=("疾病",))}),
    ("aid.waiting[0]", {"aid": Aid(waiting=(Waiting(30, "theft"),))}),
    ("aid.request_override", {"aid": Aid(request_override=True)}),
    ("membership.age_out_years", {"membership": Membership(age_most_years=65, age_out_years=65)}),
    ("membership.age_least_days", {"membership": Membership(age_least_days=24_000, age_most_years=60)}),
    ("sharing.credit_limit", {"sharing": Sharing(credit_limit=1)}),
    ("sharing.above_cap", {"sharing": Sharing(above_cap="carry")}),
    ("cases.attestations", {"cases": Cases(attestations=(Attested("hospital"), Attested("hospital", 2)))}),
    ("cases.jury", {"cases": Cases(jury="on_objection")}),
    ("cases.jury_quorum", {"cases": Cases(jury_quorum=1)}),
    ("cases.request", {"cases": Cases(request="operator", jury="always")}),
    ("amendments.quorum", {"amendments": Amendments(quorum=1)}),
    ("calendar.kind", {"calendar": Calendar(disclosure_days=(1,), deduction_days=(2,))}),
    (
        "calendar.notice_days",
        {"calendar": Calendar("monthly", disclosure_days=(1,), deduction_days=(2,), notice_days=1)},
    ),
    ("calendar.disclosure_days", {"calendar": Calendar("monthly", disclosure_days=(0,), deduction_days=(2,))}),
    ("calendar.deduction_days", {"calendar": Calendar("monthly", disclosure_days=(1,), deduction_days=(32,))}),
    ("calendar.disclosure_days", {"calendar": Calendar("monthly", disclosure_days=(7, 7), deduction_days=(14, 28))}),
    ("calendar.deduction_days", {"calendar": Calendar("monthly")}),
    ("calendar.deduction_days", {"calendar": Calendar("monthly", disclosure_days=(7, 21), deduction_days=(14,))}),
    ("calendar.deduction_days", {"calendar": Calendar("monthly", disclosure_days=(7, 21), deduction_days=(21, 28))}),
    ("calendar.deduction_days", {"calendar": Calendar("monthly", disclosure_days=(7, 21), deduction_days=(22, 28))}),
    ("calendar.deduction_days", {"calendar": Calendar("monthly", disclosure_days=(7,), deduction_days=(7,))}),
    ("calendar.deduction_days", {"calendar": Calendar("monthly", disclosure_days=(28, 30), deduction_days=(29, 31))}),
]


@pytest.mark.parametrize(("clause", "sections"), CONTRADICTIONS)
def test_rules_that_cannot_hold_together_are_named(clause: str, sections: dict[str, Any]) -> None:
    with pytest.raises(CovenantError) as caught:
        Covenant("Demo", **sections)
    assert clauses(caught.value) == [clause]


FINE: list[tuple[str, dict[str, Any]]] = [
    ("相互宝's days", {"calendar": Calendar("monthly", disclosure_days=(7, 21), deduction_days=(14, 28))}),
    ("deducted in the next month", {"calendar": Calendar("monthly", disclosure_days=(7, 21), deduction_days=(14, 5))}),
    ("the last day of each month", {"calendar": Calendar("monthly", disclosure_days=(15, 31), deduction_days=(20, 5))}),
    ("days in any order", {"calendar": Calendar("monthly", disclosure_days=(21, 7), deduction_days=(28, 14))}),
    ("three tiers", {"aid": Aid(tiers=(Tier(0, 3_333), Tier(365, 6_666), Tier(730, 10_000)))}),
    ("a mild group before all others", {"aid": Aid(maxima=(Maximum(5_000_000, "mild"), Maximum()))}),
]


@pytest.mark.parametrize("sections", [row[1] for row in FINE], ids=[row[0] for row in FINE])
def test_rules_of_real_plans_hold_together(sections: dict[str, Any]) -> None:
    covenant = Covenant("Demo", **sections)
    assert Covenant.from_bytes(covenant.to_bytes()) == covenant


# --- all at once --------------------------------------------------------------------------------


def test_all_violations_are_reported_at_once() -> None:
    """Unknown names, ranges, rows, and the contradictions that concern nothing else that is wrong."""
    draft = {
        "currency": "yuan",
        "decimals": 9,
        "colour": 2,
        "membership": {"prepay": -1, "age_most_years": 65, "age_out_years": 60, "jury": 1},
        "aid": {"maxima": [{"amount": 0}, {"age_from": 9, "age_below": 9}], "tiers": [{"days": 1}, {"days": 1}]},
        "sharing": 5,
        "fee": {"bp": -1, "rounding": ""},
        "calendar": {"kind": "monthly", "rule": "CST"},
        "cases": {"jury": "on_objection"},
        "amendments": {"quorum": 1.5},
    }
    with pytest.raises(CovenantError) as caught:
        Covenant.from_mapping(draft)
    assert set(clauses(caught.value)) == {
        *("title", "currency", "decimals", "colour", "membership.prepay", "membership.jury", "sharing", "fee.bp"),
        *("fee.rounding", "aid.maxima[0].amount", "membership.age_out_years", "calendar.rule", "cases.jury"),
        *("aid.tiers[1]", "amendments.quorum"),
    }
    assert all(sentence in caught.value.message for sentence in caught.value.violations)


def test_a_section_in_code_reports_all_too() -> None:
    with pytest.raises(CovenantError) as caught:
        Covenant("", membership=Membership(prepay=-1), fee=Fee(bp=-1), cases=Cases(jury="on_objection"))
    assert clauses(caught.value) == ["title", "membership.prepay", "fee.bp", "cases.jury"]


def test_a_recorded_covenant_names_every_parameter_and_no_other() -> None:
    value = {**DEMO.to_value(), "extra": 1}
    value["membership"] = {name: item for name, item in value["membership"].items() if name != "prepay"}
    value["fee"] = {**value["fee"], "tax": 1}
    value["aid"] = {**value["aid"], "in_grace": 2, "request_override": True}
    del value["title"], value["keys"]
    with pytest.raises(CovenantError) as caught:
        Covenant.from_bytes(encode(value))
    assert set(clauses(caught.value)) == {
        *("title", "keys", "extra", "membership.prepay", "fee.tax", "aid.in_grace", "aid.request_override")
    }


def test_parameters_left_out_of_a_draft_take_their_defaults() -> None:
    assert Covenant.from_mapping({"title": "Demo"}) == DEMO
    assert Covenant.from_mapping({"title": "Demo", "advances": {"by": "operator"}}).advances == Advances("operator")


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", CanonicalError),
        (encode([]), CovenantError),
        (encode({}), UnsupportedVersion),
        (encode({**VALUE, "format": 2}), UnsupportedVersion),
        (encode({**VALUE, "format": True}), UnsupportedVersion),
        (bytes(MAX_ENTRY + 1), LimitError),
    ],
)
def test_what_is_no_covenant_of_this_format_is_refused(data: bytes, error: type[MutualchainError]) -> None:
    with pytest.raises(error):
        Covenant.from_bytes(data)


# --- figures ------------------------------------------------------------------------------------


def test_a_simple_plan_is_one_whose_operator_approves() -> None:
    covenant = Covenant.simple("Demo", prepay=900, max_aid=5, fee_bp=800, fee_rounding="up", cap=10)
    assert covenant.max_aid == 5
    assert (covenant.membership.prepay, covenant.sharing.cap_round, covenant.cases.request) == (900, 10, "operator")


def test_a_covenant_shares_out_under_its_own_fee() -> None:
    covenant = Covenant.simple("Demo", fee_bp=833, fee_rounding="up")
    assert covenant.apportion(1_001, 10).fee == covenant.fee_of(1_001) == 84
    down = Covenant.simple("Demo", fee_bp=833)
    assert down.apportion(1_001, 10).fee == down.fee_of(1_001) == 83
    found = covenant.apportion(1_001, 10, surplus=80, deficit=6, top_up=1)
    assert (found.share, found.due, found.surplus) == (101, 1_010, 0)


def test_a_fee_of_aid_and_fee_together_is_that_part_of_both() -> None:
    gross = Covenant("Demo", fee=Fee(bp=800, base="gross"))
    assert gross.fee_of(92_000) == 8_000
    assert gross.fee_of(92_001) == 8_000
    assert Covenant("Demo", fee=Fee(bp=800, base="gross", rounding="up")).fee_of(92_001) == 8_001


SMALLEST = [
    ("10% and a cap of 0.10", Fee(bp=1_000), Sharing(cap_case=10), 0, 3_300_000),
    ("8% and a cap of 0.10", Fee(bp=800), Sharing(cap_case=10), 0, 3_240_000),
    ("the lower of two caps", Fee(bp=800), Sharing(cap_case=10, cap_round=5), 0, 6_480_000),
    ("a covenant that asks for more", Fee(bp=800), Sharing(cap_case=10), 5_000_000, 5_000_000),
    ("no cap", Fee(bp=800), Sharing(), 7, 7),
    ("what lies above is carried", Fee(bp=800), Sharing(cap_case=10, above_cap="carry"), 0, 0),
]


@pytest.mark.parametrize(
    ("fee", "sharing", "stated", "expected"), [row[1:] for row in SMALLEST], ids=[row[0] for row in SMALLEST]
)
def test_the_smallest_plan_follows_from_its_caps(fee: Fee, sharing: Sharing, stated: int, expected: int) -> None:
    covenant = Covenant("Demo", fee=fee, sharing=sharing, membership=Membership(smallest=stated))
    assert covenant.smallest == expected
