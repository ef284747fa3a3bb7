"""The bytes of evidence files, from fixed keys. A change of them means that evidence made before no longer convicts.

Vectors for other verifiers: the canonical content of each file, in hexadecimal, the trust file, and the verdict. The
frame around the content depends on the deflater.
"""

from __future__ import annotations

from typing import Any

from mutualchain.canonical import encode
from mutualchain.record import frame
from tests.golden import load

from .cases import all_cases


def regenerate() -> dict[str, Any]:
    """File name to content. Records have vectors of their own, in tests/spec/vectors."""
    return {
        "evidence": {
            case.name: {
                "content": encode(frame.unwrap(frame.EVIDENCE, case.data)).hex(),
                "trust": case.trust.format().decode(),
                "finding": case.finding,
                "convicted": list(case.convicted),
            }
            for case in all_cases()
            if case.finding != "record"
        }
    }


def test_the_golden_bytes_of_evidence_are_unchanged() -> None:
    assert regenerate()["evidence"] == load("evidence")
