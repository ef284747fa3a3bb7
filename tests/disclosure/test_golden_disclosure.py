"""The bytes of a disclosure, from fixed seeds, times and secrets. A change of them orphans the files that people hold.

The payload is kept inflated: a deflater may compress the same content to other bytes.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from unittest.mock import patch

import pytest

from mutualchain.disclosure.verify import verify_disclosure
from mutualchain.errors import MutualchainError
from mutualchain.tlog.trust import parse as parse_trust
from tests.golden import load
from tests.ledger.world import TRUST
from tests.record.tools import content_of, frame_of

from .test_lies import LIES, Lie, shown
from .tools import begun, file_of, paid

NAMES = ("diagnosed_day", "cause")
LOGS = {"whole": 1 << 20, "single": 0}


REFUSED = (
    "an attestation is invented",
    "a case is approved within the objection window",
    "a case is approved against the jury",
    "the claimant joined after the diagnosis",
    "within the waiting period",
    "another group is shown",
    "aid is paid twice",
)
"""Lies of which the files are kept, logs whole and entry by entry, with the code of their refusal."""


@contextmanager
def fixed() -> Iterator[None]:
    """Secrets that count from one."""
    count = itertools.count(1)
    with patch("mutualchain.ledger.writer.os", SimpleNamespace(urandom=lambda size: next(count).to_bytes(size, "big"))):
        yield


def refused(lie: Lie, most: int) -> dict[str, str]:
    """A file that tells this lie, and the code of its refusal."""
    with fixed():
        work = begun()
        case = lie.tell(work)
    data = shown(work, case, lie, most)
    with pytest.raises(MutualchainError) as caught:
        verify_disclosure(data, TRUST)
    return {"lie": lie.name, "content": content_of(data).hex(), "code": caught.value.code}


def regenerate() -> dict[str, object]:
    """File name to content."""
    with fixed():
        work = begun()
        case = paid(work)
    files = {name: file_of(work, case, *NAMES, most=most) for name, most in LOGS.items()}
    lies = [lie for lie in LIES if lie.name in REFUSED]
    return {
        "disclosure": {
            "trust_file": TRUST.format().decode(),
            "case": case.hex(),
            "files": {
                name: {"content": content_of(data).hex(), "says": verify_disclosure(data, TRUST).to_value()}
                for name, data in files.items()
            },
            "refused": [refused(lie, most) for lie in lies for most in LOGS.values()],
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
        assert json.loads(json.dumps(found.to_value())) == item["says"]
    for item in golden["refused"]:
        with pytest.raises(MutualchainError) as caught:
            verify_disclosure(frame_of(bytes.fromhex(item["content"]), "disclosure"), trust)
        assert caught.value.code == item["code"]
