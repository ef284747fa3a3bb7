"""The bytes of a disclosure, from fixed seeds, times and secrets. A change of them orphans the files that people hold.

The payload is kept inflated: a deflater may compress the same content to other bytes.
"""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from unittest.mock import patch

from mutualchain.disclosure.verify import verify_disclosure
from mutualchain.tlog.trust import parse as parse_trust
from tests.golden import load
from tests.ledger.world import TRUST
from tests.record.tools import content_of, frame_of

from .tools import begun, file_of, paid

NAMES = ("diagnosed_day", "cause")
LOGS = {"whole": 1 << 20, "single": 0}


def regenerate() -> dict[str, object]:
    """File name to content."""
    count = itertools.count(1)
    with patch("mutualchain.ledger.writer.os", SimpleNamespace(urandom=lambda size: next(count).to_bytes(size, "big"))):
        work = begun()
        case = paid(work)
    files = {name: file_of(work, case, *NAMES, most=most) for name, most in LOGS.items()}
    return {
        "disclosure": {
            "trust_file": TRUST.format().decode(),
            "case": case.hex(),
            "files": {
                name: {"content": content_of(data).hex(), "says": verify_disclosure(data, TRUST).to_value()}
                for name, data in files.items()
            },
        }
    }


def test_the_golden_bytes_of_a_disclosure_are_unchanged() -> None:
    for name, content in regenerate().items():
        assert load(name) == content


def test_what_was_written_once_is_read_for_ever() -> None:
    """From the golden bytes alone, whatever the builder writes today."""
    golden = load("disclosure")
    trust = parse_trust(golden["trust_file"].encode())
    for item in golden["files"].values():
        found = verify_disclosure(frame_of(bytes.fromhex(item["content"]), "disclosure"), trust)
        assert found.to_value() == item["says"]
