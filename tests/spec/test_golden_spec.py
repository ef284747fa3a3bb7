"""What ``make vectors`` writes beside the golden files: the examples of SPEC.md and the files in ``vectors``.

A change of any of them means that records, receipts or chains that exist would no longer verify.
"""

from __future__ import annotations

from pathlib import Path

from tests.spec.files import stale, write


def rewrite() -> list[Path]:
    """Writes them again; the files that changed."""
    return write()


def test_nothing_is_left_to_write() -> None:
    assert list(stale()) == [], "run `make vectors`, and mark the change in CHANGELOG.md"
