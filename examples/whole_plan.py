"""A whole plan in one page: its covenant, a member's case, rounds that run by themselves, and its end.

Run it with `.venv/bin/python examples/whole_plan.py`, after `make setup`. It works in a temporary folder, lets a year
pass in a moment, and prints what happened.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from mutualchain import Ledger, OperatorKeys, Passport, TrustFile, verify_record
from mutualchain.catalogue import rule_of
from mutualchain.covenant.calendar import DAY_MS, day_number, start_of
from mutualchain.covenant.facts import Facts
from mutualchain.covenant.toml import read_toml
from mutualchain.money import format_amount
from mutualchain.record.build import build_record
from mutualchain.tlog.trust import Log
from mutualchain.vault import Vault

PLAN = "mutual"
COVENANT = """
title = "互助"
aid = { maxima = [{ amount = "600" }], waiting = [{ days = 90, cause = "illness" }] }
fee = { bp = 800 }
calendar = { kind = "monthly", disclosure_days = [7, 21], deduction_days = [14, 28] }
cases = { request = "member", objection_days = 3 }
closing = { request_days = 30 }
"""


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def main() -> None:
    """Ten members, one case, one year."""
    covenant = read_toml(COVENANT, rule_of).covenant
    day = [day_number(2026, 1, 1)]  # a platform has a clock and needs none of this
    keys = OperatorKeys.from_seeds("mutual.example.org", *(os.urandom(32) for _ in range(3)))
    folder = Path(tempfile.mkdtemp()) / "ledger"
    vault = Vault.create(folder.with_name("vault"), os.urandom(32))  # the keys of personal data, apart from the ledger
    with (
        vault,
        Ledger.create(folder, keys, clock=lambda: start_of(covenant, day[0]) + DAY_MS // 2, vault=vault) as ledger,
    ):
        ledger.create_plan(PLAN, covenant, reference="plan")
        passports = [Passport(os.urandom(32)) for _ in range(10)]
        for number, passport in enumerate(passports):
            key = passport.public_key(ledger.origin, PLAN)
            ledger.enrol(PLAN, key, os.urandom(32), deposit=100_00, reference=f"join {number}")

        def pass_days(until: tuple[int, int, int]) -> None:
            """Every day the plan does by itself what its covenant demands; here the bank always pays."""
            while day[0] < day_number(*until):
                day[0] += 1
                for done in ledger.advance(pay=lambda duty: digest(duty.reference)).done:
                    print(f"  day {day[0] - day_number(2026, 1, 1)}: {done.duty.kind} ({done.duty.clause})")

        pass_days((2026, 7, 7))  # nothing is due
        values = dict.fromkeys(Facts.NAMES, "") | {"cause": "illness", "diagnosed_day": day[0] - 5}
        facts = ledger.cases.seal(PLAN, 3, values, [os.urandom(32) for _ in Facts.NAMES])
        request = ledger.cases.draft_request(PLAN, slot=3, amount=600_00, facts=facts)
        signature = passports[3].sign_act(ledger.chain, ledger.origin, PLAN, request)
        case = ledger.cases.request(PLAN, request, signature=signature, facts=facts, reference="case").digest
        assert case is not None
        ledger.cases.disclose(PLAN, case, aid=600_00, fields_root=os.urandom(32), reference="shown")
        pass_days((2026, 10, 1))

        ledger.announce_closing(PLAN, digest("the announcement"), reference="closing")
        pass_days((2026, 12, 1))
        statement = ledger.closing_statement(PLAN)
        print(f"held for members: {format_amount(statement.balances)} yuan, difference {statement.difference}")
        with ledger.read() as archive:
            record = build_record(archive, PLAN, slot=7)

    trust = TrustFile((Log(keys.log.verifier),))
    mine = verify_record(record, trust, public_key=passports[7].public_key("mutual.example.org", PLAN))
    print(f"VERIFIED: {len(mine.rounds)} round, balance {format_amount(mine.balance)} yuan")


if __name__ == "__main__":
    main()
