"""A platform's backend in one page: create a chain, let members join, share a case, hand out records.

Run it with `.venv/bin/python examples/platform_backend.py`, after `make setup`. It works in a temporary folder and
prints what happened.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from mutualchain import Covenant, Ledger, OperatorKeys, Passport, TrustFile, verify_record
from mutualchain.money import format_amount
from mutualchain.record.build import build_record
from mutualchain.tlog.trust import Log

PLAN = "critical-illness"


def main() -> None:
    """Ten members share one case of 600 yuan."""
    folder = Path(tempfile.mkdtemp()) / "ledger"
    seeds = [os.urandom(32) for _ in range(3)]  # in production: key files, an HSM or a KMS
    keys = OperatorKeys.from_seeds("mutual.example.org", *seeds)

    # What the platform hands to every member beforehand: the key of its log.
    trust = TrustFile((Log(keys.log.verifier),))

    with Ledger.create(folder, keys) as ledger:
        covenant = Covenant.simple("Example plan", prepay=10_00, max_aid=300_000_00)
        ledger.create_plan(PLAN, covenant, reference="plan-1")

        # Members make their passports on their own devices; the platform sees public keys only.
        passports = [Passport(os.urandom(32)) for _ in range(10)]
        for number, passport in enumerate(passports):
            key = passport.public_key(ledger.origin, PLAN)
            joined = ledger.enrol(PLAN, key, os.urandom(32), deposit=100_00, reference=f"join-{number}")
            print(f"member {joined.slot} joined in block {joined.height}")

        case = ledger.approve_case(
            PLAN, slot=3, aid=600_00, file_hash=hashlib.sha256(b"the case file").digest(), reference="case-1"
        )
        assert case.digest is not None
        _, terms = ledger.open_round(PLAN, [case.digest], reference="round-1-open")
        print(f"announced: {terms.headcount} members share {format_amount(terms.share)} yuan each")
        ledger.settle_round(PLAN, reference="round-1")
        payment = hashlib.sha256(b"bank transfer 4711").digest()
        ledger.pay_out(PLAN, case.digest, 600_00, payment=payment, reference="payout-1")

        with ledger.read() as archive:
            record = build_record(archive, PLAN, slot=7)

    # What member 7 does, offline, with nothing but the file, her passport and the trust file.
    mine = verify_record(record, trust, public_key=passports[7].public_key("mutual.example.org", PLAN))
    print(f"VERIFIED: {len(mine.rounds)} round, balance {format_amount(mine.balance)} yuan ({len(record)} bytes)")


if __name__ == "__main__":
    main()
