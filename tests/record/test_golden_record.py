"""The bytes of frame, passport, record and receipt, from fixed seeds, times and secrets. A change of them orphans the
files that people hold.

The payload of a file is kept inflated: a deflater may compress the same content to other bytes.
"""

from __future__ import annotations

from typing import Any

from mutualchain.record import frame
from mutualchain.record.passport import Passport
from mutualchain.record.receipt import parse_receipt, verify_receipt
from mutualchain.record.verify import verify_record
from tests.golden import load

from .forge import HER_KEY, HER_SLOT, tell
from .forge import TRUST as FORGE_TRUST
from .test_receipt import receipt
from .tools import content_of, frame_of
from .world import ORIGIN, TRUST, digest

PASSPORT = Passport(digest("golden passport"), TRUST.format())


def regenerate() -> dict[str, object]:
    """File name to content."""
    record = tell().record()
    return {
        "record": {
            "trust_file": TRUST.format().decode(),
            "frame": {
                "first_line": frame.wrap(frame.RECORD, 0).split(b"\n")[0].decode(),
                "head_bytes": 36,
                "content_of_wrapped": content_of(frame.wrap(frame.RECORD, [1, b"two", {"three": True}])).hex(),
            },
            "passport": {
                "seed": PASSPORT.seed.hex(),
                "file": PASSPORT.to_bytes().decode(),
                "public_keys": [PASSPORT.public_key(ORIGIN, "demo", index).hex() for index in range(2)],
                "withdrawal": PASSPORT.sign_withdrawal(
                    digest("chain"), ORIGIN, "demo", slot=3, seq=4, amount=5, reference=digest("reference"), reason=2
                ).hex(),
                "exit": PASSPORT.sign_exit(digest("chain"), ORIGIN, "demo", slot=3, seq=4, reason=1, index=1).hex(),
            },
            "record": {
                "trust_file": FORGE_TRUST.format().decode(),
                "slot": HER_SLOT,
                "public_key": HER_KEY.hex(),
                "content": content_of(record).hex(),
                "facts": verify_record(record, FORGE_TRUST, public_key=HER_KEY).to_value(),
            },
            "receipts": {name: receipt_of(name) for name in ("anna", "credit", "case", "charge")},
        }
    }


def receipt_of(name: str) -> dict[str, Any]:
    data = receipt(name)
    found = verify_receipt(parse_receipt(data), TRUST)
    return {"content": content_of(data).hex(), "height": found.height, "time_ms": found.time_ms}


def test_the_golden_bytes_of_the_files_people_get_are_unchanged() -> None:
    for name, content in regenerate().items():
        assert load(name) == content


def test_what_was_written_once_is_read_for_ever() -> None:
    """From the golden bytes alone, whatever the builder writes today."""
    golden = load("record")
    data = frame_of(bytes.fromhex(golden["record"]["content"]))
    record = verify_record(data, FORGE_TRUST, public_key=bytes.fromhex(golden["record"]["public_key"]))
    assert record.to_value() == golden["record"]["facts"]
    for item in golden["receipts"].values():
        found = verify_receipt(parse_receipt(frame_of(bytes.fromhex(item["content"]), "receipt")), TRUST)
        assert (found.height, found.time_ms) == (item["height"], item["time_ms"])
    assert Passport.from_bytes(golden["passport"]["file"].encode()) == PASSPORT
