from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mutualchain.ledger import Ledger
from mutualchain.store import MemoryStore

from .world import Faulty, new_ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger in memory with one plan, under the system's clock."""
    with new_ledger(tmp_path, store=MemoryStore()) as ledger:
        yield ledger


@pytest.fixture
def faulty() -> Faulty:
    """A store in memory that fails when told."""
    return Faulty(MemoryStore())
