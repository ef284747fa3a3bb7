"""The memory store notices what LMDB cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mutualchain.errors import StoreReadOnly, UsageError
from mutualchain.store import LmdbStore, MemoryStore, Reader


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    with store.write(None) as writer:
        writer.put(b"column", np.arange(10, dtype="<u4").tobytes())
        writer.set_head(b"h")
    return store


def column(reader: Reader) -> np.ndarray:
    view = reader.view(b"column")
    assert view is not None
    return np.frombuffer(view, dtype="<u4")


def read_too_long(store: MemoryStore, error: Exception | None = None) -> None:
    with store.read() as reader:
        kept = column(reader)
        assert kept.sum() == 45
        if error is not None:
            raise error


def test_an_array_over_a_view_is_reported_when_it_outlives_its_read(store: MemoryStore) -> None:
    with pytest.raises(UsageError, match="outlives"):
        read_too_long(store)


def test_an_array_that_is_gone_in_time_is_fine(store: MemoryStore) -> None:
    with store.read() as reader:
        kept = column(reader)
        assert kept.sum() == 45
        del kept


def test_the_error_that_ends_a_read_is_not_hidden_by_a_view_that_outlives_it(store: MemoryStore) -> None:
    with pytest.raises(KeyError, match="the real one"):
        read_too_long(store, KeyError("the real one"))


def write_too_long(store: MemoryStore) -> None:
    with store.write(b"h") as writer:
        writer.put(b"a", b"1")
        kept = column(writer)
        assert len(kept) == 10


def test_a_write_with_such_an_array_is_undone(store: MemoryStore) -> None:
    with pytest.raises(UsageError, match="outlives"):
        write_too_long(store)
    with store.read() as reader:
        assert reader.get(b"a") is None


def test_a_read_only_store_refuses_writes() -> None:
    with MemoryStore(readonly=True) as store:
        assert store.head() is None
        with pytest.raises(StoreReadOnly), store.write(None):
            pass


def test_a_copy_is_an_lmdb_ledger_with_the_same_content(store: MemoryStore, tmp_path: Path) -> None:
    store.copy_to(tmp_path / "copy")
    with LmdbStore.open(tmp_path / "copy", readonly=True) as copy, copy.read() as reader, store.read() as own:
        assert reader.head() == b"h"
        assert list(reader.scan(b"", b"\xff")) == list(own.scan(b"", b"\xff"))
