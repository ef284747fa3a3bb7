"""The large ledger, published once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mutualchain.publish import publish
from tests.publish.tools import TRUST, large


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The large ledger, published. Read it only."""
    folder = tmp_path_factory.mktemp("published") / "ledger"
    publish(large().store, folder, trust=TRUST)
    return folder


@pytest.fixture
def copy(published: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(published, tmp_path / "copy"))
