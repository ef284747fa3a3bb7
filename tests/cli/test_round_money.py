"""Money beside joining, topping up and sharing, from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.harness import LATER, ORIGIN, PLAN, Small, call, check, done, members_csv, refused, settle_round, ticking


@pytest.fixture
def clock() -> Callable[[], int]:
    return ticking(LATER)


def test_a_fund_lowers_the_next_share(small: Small, clock: Callable[[], int]) -> None:
    fund = ("round", "fund", small.ledger, PLAN, "--amount", "0.30", "--source", "donation", "--payment", "bank-1")
    value = done(*fund, "--reference", "fund-1", "--json", clock=clock).value
    check(value, "written")
    settle_round(small, 2, clock)
    last = done("round", "show", small.ledger, PLAN, "--json", clock=clock).value
    assert last["top_up"] == 30
    assert last["share"] == 3


def test_a_wrong_credit_is_taken_back_once(small: Small, clock: Callable[[], int]) -> None:
    done("credit", small.ledger, PLAN, "--slot", 5, "--amount", "7", "--reference", "wrong", clock=clock)
    correct = ("round", "correct", small.ledger, PLAN, "--slot", 5, "--amount", "7", "--credit", 0)
    check(done(*correct, "--reference", "right", "--json", clock=clock).value, "written")
    again = call(*correct, "--reference", "again", clock=clock)
    assert (again.code, again.err[:6]) == (2, "MC-303")
    done("audit", small.ledger)


def test_a_case_that_was_not_voided_is_not_given_back(small: Small) -> None:
    refused("round", "refund", small.ledger, PLAN, "--case", small.case, "--reference", "r", code="MC-304", exit_code=2)


def test_a_collection_that_failed_is_said_when_the_round_is_settled(tmp_path: Path, clock: Callable[[], int]) -> None:
    ledger, covenant = tmp_path / "ledger", tmp_path / "covenant.toml"
    done("init", ledger, "--origin", ORIGIN, clock=clock)
    covenant.write_text(
        'title = "by mandate"\n[membership]\nprepay = "0"\n[sharing]\nfunding = "mandate"\n'
        '[cases]\nrequest = "operator"\n',
        encoding="utf-8",
    )
    done("plan", "create", ledger, PLAN, "--covenant", covenant, clock=clock)
    (tmp_path / "members.csv").write_text(members_csv(10).replace(",10\n", ",0\n"), encoding="utf-8")
    done("enrol", ledger, PLAN, "--csv", tmp_path / "members.csv", "--reference", "batch", clock=clock)
    approve = ("--slot", 3, "--aid", "1", "--file-hash", f"{1:064x}", "--reference", "case")
    case = done("case", "approve", ledger, PLAN, *approve, "--json", clock=clock).value["digest"]
    done("round", "open", ledger, PLAN, "--case", case, "--reference", "open", clock=clock)
    (tmp_path / "failed.csv").write_text("slot\n2\n7\n", encoding="utf-8")
    settle = ("round", "settle", ledger, PLAN, "--failed", tmp_path / "failed.csv", "--reference", "settle")
    done(*settle, clock=clock)
    shown = done("round", "show", ledger, PLAN, "--json", clock=clock).value
    assert (shown["paid"], shown["shortfall"]) == (80, 20)
    done("audit", ledger)
