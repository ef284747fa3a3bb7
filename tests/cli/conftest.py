"""The small ledger that these tests share, and an environment of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.harness import small, template

__all__ = ["small", "template"]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, pins: Path) -> None:
    """English, UTC, no option from the developer's own environment, pins in a folder of their own."""
    import os

    for name in [name for name in os.environ if name.startswith("MUTUALCHAIN_") and "REQUIRE" not in name]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MUTUALCHAIN_PINS", str(pins))
    monkeypatch.setenv("MUTUALCHAIN_LANG", "en")
    monkeypatch.setenv("MUTUALCHAIN_TZ", "Asia/Shanghai")
