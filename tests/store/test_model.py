"""Hypothesis drives an LMDB store in a tiny map and the memory store side by side: they never differ."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mutualchain.errors import AlreadyStored, HeadMoved
from mutualchain.store import LmdbStore, MemoryStore

END = b"\xff" * 511
KEYS = st.one_of(st.sampled_from([b"a", b"b", b"c\x00", b"c", b"\xff"]), st.binary(min_size=1, max_size=511)).filter(
    lambda key: key[0] != 0
)
VALUES = st.one_of(st.binary(max_size=20), st.integers(0, 40_000).map(lambda size: bytes([size % 256]) * size))
STEPS = st.lists(st.tuples(st.sampled_from(["put", "put_new", "delete", "head"]), KEYS, VALUES), max_size=12)


class Stores(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.top = Path(tempfile.mkdtemp())
        self.lmdb = LmdbStore.create(self.top / "0", map_size=1 << 20)
        self.memory = MemoryStore()

    def teardown(self) -> None:
        self.lmdb.check()
        self.lmdb.close()
        shutil.rmtree(self.top)

    @rule(steps=STEPS, abort=st.booleans())
    def write(self, steps: list[tuple[str, bytes, bytes]], abort: bool) -> None:
        outcomes = []
        for store in (self.lmdb, self.memory):
            seen: list[object] = []
            try:
                with store.write(self.memory.head() if store is self.memory else self.lmdb.head()) as writer:
                    for step, key, value in steps:
                        if step == "put":
                            writer.put(key, value)
                        elif step == "delete":
                            seen.append(writer.delete(key))
                        elif step == "head":
                            writer.set_head(value)
                        else:
                            try:
                                writer.put_new(key, value)
                            except AlreadyStored:
                                seen.append("already")
                        seen.append((writer.head(), writer.last(b"", END)))
                    if abort:
                        raise LookupError
            except LookupError:
                pass
            outcomes.append(seen)
        assert outcomes[0] == outcomes[1]

    @rule(wrong=st.binary(max_size=3))
    def write_for_another_head(self, wrong: bytes) -> None:
        for store in (self.lmdb, self.memory):
            if store.head() != wrong:
                try:
                    with store.write(wrong):
                        raise AssertionError
                except HeadMoved:
                    pass

    @rule(bounds=st.tuples(KEYS, KEYS), reverse=st.booleans())
    def scan(self, bounds: tuple[bytes, bytes], reverse: bool) -> None:
        with self.lmdb.read() as one, self.memory.read() as other:
            assert list(one.scan(*bounds, reverse=reverse)) == list(other.scan(*bounds, reverse=reverse))
            assert one.last(*bounds) == other.last(*bounds)
            assert one.get(bounds[0]) == other.get(bounds[0])

    @rule()
    def reopen(self) -> None:
        self.lmdb.close()
        self.lmdb = LmdbStore.open(self.lmdb.path, map_size=1 << 20)

    @precondition(lambda self: self.lmdb.path.name != "2")
    @rule()
    def go_on_with_a_copy(self) -> None:
        copy = self.top / str(int(self.lmdb.path.name) + 1)
        self.lmdb.copy_to(copy)
        self.lmdb.close()
        self.lmdb = LmdbStore.open(copy, map_size=1 << 20)

    @invariant()
    def same_content(self) -> None:
        if hasattr(self, "lmdb"):
            with self.lmdb.read() as one, self.memory.read() as other:
                assert one.head() == other.head()
                assert list(one.scan(b"", END)) == list(other.scan(b"", END))


TestStores = Stores.TestCase
TestStores.settings = settings(max_examples=min(settings().max_examples, 200) // 2, stateful_step_count=20)
