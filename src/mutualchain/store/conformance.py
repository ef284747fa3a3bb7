"""What every store must do, as code: run it against a store of your own before a ledger is kept in it.

    from mutualchain.store import conformance
    conformance.run(lambda: MyStore(some_new_place()))

``CHECKS`` lists the checks one by one, for a test runner that wants to name them. Each takes a factory of new,
empty stores, and raises AssertionError if the store does something else than it should. Durability needs a
process to be killed, and is not checked here: see tests/store/test_kill.py for how it is done with LMDB.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias

from mutualchain.errors import AlreadyStored, HeadMoved, LimitError, MutualchainError, UsageError
from mutualchain.limits import MAX_STORE_KEY
from mutualchain.store.protocol import Reader, Store, prefix_end

__all__ = ["CHECKS", "Check", "Factory", "run"]

Factory: TypeAlias = Callable[[], Store]
Check: TypeAlias = Callable[[Factory], None]

_PATIENCE: Final = 10.0
"""Seconds after which a thread that should not have to wait is taken to be waiting."""
_ALL: Final = (b"", b"\xff" * MAX_STORE_KEY)


def run(factory: Factory) -> None:
    """All checks, each on a new store. Raises AssertionError with the first that fails."""
    for check in CHECKS:
        check(factory)


# --- keys and values ----------------------------------------------------------------------------


def a_new_store_is_empty_and_has_no_head(factory: Factory) -> None:
    with _new(factory) as store, store.read() as reader:
        _same(reader.head(), None)
        _same(reader.get(b"a"), None)
        _same(reader.view(b"a"), None)
        _same(list(reader.scan(*_ALL)), [])
        _same(reader.last(*_ALL), None)


def what_was_put_is_read_back_byte_for_byte(factory: Factory) -> None:
    pairs = {
        b"a": b"",
        b"\x01": b"\x00",
        b"\xff" * (MAX_STORE_KEY - 1): b"long key",
        b"k" * MAX_STORE_KEY: b"longest key",
        bytes(range(1, 256)): bytes(range(256)),
        b"page": b"\x5a" * 4096,
        b"large": bytes(range(256)) * 20_000,
    }
    with _new(factory) as store:
        _write(store, pairs)
        with store.read() as reader:
            for key, value in pairs.items():
                _same(reader.get(key), value)
                view = reader.view(key)
                _same(view is not None and view.readonly and bytes(view), value)
            _same(dict(reader.scan(*_ALL)), pairs)


def impossible_keys_and_values_are_refused(factory: Factory) -> None:
    with _new(factory) as store, store.write(None) as writer:
        for key in (b"", b"k" * (MAX_STORE_KEY + 1)):
            for call in (writer.get, writer.view, writer.delete):
                _refused(LimitError, call, key)
            _refused(LimitError, writer.put, key, b"v")
            _refused(LimitError, writer.put_new, key, b"v")
        _refused(UsageError, writer.put, b"\x00head", b"the store's own key")
        _refused(UsageError, writer.put, "text", b"v")
        _refused(UsageError, writer.put, b"key", "text")
        _refused(UsageError, writer.put, b"key", bytearray(b"may change"))
        _refused(UsageError, writer.put_new, b"key", None)
        _refused(UsageError, writer.set_head, None)
        _refused(UsageError, writer.scan, "a", b"b")
        _refused(LimitError, writer.scan, b"a", b"k" * (MAX_STORE_KEY + 1))
        _same(list(writer.scan(*_ALL)), [])


def put_replaces_and_delete_removes(factory: Factory) -> None:
    with _new(factory) as store:
        _write(store, {b"a": b"1", b"b": b"2"})
        with store.write(None) as writer:
            writer.put(b"a", b"one")
            _same(writer.delete(b"b"), True)
            _same(writer.delete(b"b"), False)
        _content(store, {b"a": b"one"})


def put_new_never_overwrites(factory: Factory) -> None:
    with _new(factory) as store:
        with store.write(None) as writer:
            writer.put_new(b"a", b"1")
            _refused(AlreadyStored, writer.put_new, b"a", b"1")
        with store.write(None) as writer:
            _refused(AlreadyStored, writer.put_new, b"a", b"2")
            writer.put_new(b"b", b"3")
        _content(store, {b"a": b"1", b"b": b"3"})


# --- order --------------------------------------------------------------------------------------


def a_scan_goes_from_start_up_to_but_not_including_stop(factory: Factory) -> None:
    keys = [b"\x01", b"a", b"a\x00", b"aa", b"ab", b"b", b"b\xff", b"c", b"\xfe\xff", b"\xff"]
    bounds = [b"", b"\x00", b"\x01", b"Z", b"a", b"a\x00", b"aaa", b"b", b"bb", b"c", b"\xff", b"\xff\xff"]
    with _new(factory) as store:
        _write(store, {key: key[::-1] for key in reversed(keys)}, head=b"not part of any scan")
        with store.read() as reader:
            for start in bounds:
                for stop in bounds:
                    expected = [(key, key[::-1]) for key in keys if start <= key < stop]
                    _same(list(reader.scan(start, stop)), expected)
                    _same(list(reader.scan(start, stop, reverse=True)), expected[::-1])
                    _same(reader.last(start, stop), expected[-1] if expected else None)
            _same([key for key, _ in reader.scan(b"a", prefix_end(b"a"))], [b"a", b"a\x00", b"aa", b"ab"])


def writing_during_a_scan_ends_the_scan(factory: Factory) -> None:
    with _new(factory) as store:
        _write(store, {b"a": b"1", b"b": b"2", b"c": b"3"})
        with store.write(None) as writer:
            scan = writer.scan(*_ALL)
            _same(next(scan), (b"a", b"1"))
            writer.put(b"bb", b"new")
            _refused(UsageError, next, scan)
            _same([key for key, _ in writer.scan(*_ALL)], [b"a", b"b", b"bb", b"c"])


# --- transactions -------------------------------------------------------------------------------


def a_write_sees_itself_and_others_see_it_when_it_is_done(factory: Factory) -> None:
    with _new(factory) as store:
        _write(store, {b"a": b"old", b"b": b"old"}, head=b"1")
        with store.write(b"1") as writer:
            writer.put(b"a", b"new")
            writer.delete(b"b")
            writer.set_head(b"2")
            _same((writer.get(b"a"), writer.get(b"b"), writer.head()), (b"new", None, b"2"))
            _same(list(writer.scan(*_ALL)), [(b"a", b"new")])
            _content(store, {b"a": b"old", b"b": b"old"}, head=b"1")
        _content(store, {b"a": b"new"}, head=b"2")


def an_exception_undoes_everything(factory: Factory) -> None:
    with _new(factory) as store:
        _write(store, {b"a": b"1", b"b": b"2"}, head=b"h")
        for kind in (ValueError, KeyboardInterrupt, UsageError):
            try:
                with store.write(b"h") as writer:
                    writer.put(b"a", b"changed")
                    writer.delete(b"b")
                    writer.put_new(b"c", b"new")
                    writer.set_head(b"moved")
                    raise kind("half way")
            except kind:
                pass
            else:
                raise AssertionError(f"{kind.__name__} did not leave the write")
            _content(store, {b"a": b"1", b"b": b"2"}, head=b"h")


def a_write_for_another_head_is_refused_before_it_begins(factory: Factory) -> None:
    with _new(factory) as store:
        _never(store, b"there is none yet")
        _write(store, {b"a": b"1"}, head=b"first")
        for wrong in (None, b"", b"firs", b"first\x00", b"second"):
            _never(store, wrong)
        with store.write(b"first") as writer:
            writer.put(b"b", b"2")
        _content(store, {b"a": b"1", b"b": b"2"}, head=b"first")
        with store.write(b"first") as writer:
            writer.set_head(b"second")
        _never(store, b"first")
        _same(store.head(), b"second")


def a_snapshot_stays_as_it_was(factory: Factory) -> None:
    with _new(factory) as store:
        _write(store, {b"a": b"1", b"b": b"x" * 10_000}, head=b"1")
        with store.read() as old:
            for number in range(2, 12):
                with store.write(b"%d" % (number - 1)) as writer:
                    writer.put(b"a", b"%d" % number)
                    writer.put(b"b", bytes([64 + number]) * 10_000)
                    writer.put(b"n%d" % number, b"")
                    writer.set_head(b"%d" % number)
            _same(old.head(), b"1")
            _same(dict(old.scan(*_ALL)), {b"a": b"1", b"b": b"x" * 10_000})
            with store.read() as new:
                _same((new.head(), new.get(b"a"), old.get(b"a")), (b"11", b"11", b"1"))


def readers_do_not_wait_for_a_write(factory: Factory) -> None:
    with _new(factory) as store:
        _write(store, {b"a": b"1"}, head=b"1")
        with store.write(b"1") as writer:
            writer.put(b"a", b"2")
            for _ in range(3):
                _same(_in_thread(lambda: _get(store, b"a")), b"1")
            _same(_in_thread(store.head), b"1")


def a_write_does_not_wait_for_readers(factory: Factory) -> None:
    with _new(factory) as store:
        _write(store, {b"a": b"1"})
        entered, leave = threading.Event(), threading.Event()

        def linger() -> bytes | None:
            with store.read() as reader:
                entered.set()
                leave.wait(_PATIENCE)
                return reader.get(b"a")

        with _thread(linger) as result:
            _same(entered.wait(_PATIENCE), True)
            _in_thread(lambda: _write(store, {b"a": b"2"}))
            _same(_get(store, b"a"), b"2")
            leave.set()
        _same(result, [b"1"])


def writes_take_turns(factory: Factory) -> None:
    with _new(factory) as store:
        _write(store, {}, head=b"0")
        moved = 0
        lock = threading.Lock()

        def count() -> None:
            nonlocal moved
            for _ in range(20):
                head = store.head()
                try:
                    with store.write(head) as writer:
                        writer.set_head(b"%d" % (int(head or b"") + 1))
                        writer.put(b"n", writer.head() or b"")
                except HeadMoved:
                    with lock:
                        moved += 1

        with _thread(count), _thread(count), _thread(count):
            pass
        _content(store, {b"n": b"%d" % (60 - moved)}, head=b"%d" % (60 - moved))


def a_write_inside_a_write_is_refused(factory: Factory) -> None:
    with _new(factory) as store:
        with store.write(None) as writer:
            _refused(UsageError, lambda: _write(store, {b"b": b"inner"}))
            _refused(UsageError, store.close)
            writer.put(b"a", b"outer")
        _content(store, {b"a": b"outer"})


# --- the end of things --------------------------------------------------------------------------


def what_has_ended_refuses_to_be_used(factory: Factory) -> None:
    with _new(factory) as store:
        with store.write(None) as writer:
            writer.put(b"a", b"1")
            writer.put(b"b", b"2")
        with store.read() as reader:
            view = reader.view(b"a")
            scan = reader.scan(*_ALL)
            next(scan)
        for call in (reader.head, writer.head):
            _refused(UsageError, call)
        for get in (reader.get, reader.view, writer.get, writer.delete):
            _refused(UsageError, get, b"a")
        _refused(UsageError, writer.put, b"a", b"late")
        _refused(UsageError, writer.put_new, b"c", b"late")
        _refused(UsageError, writer.set_head, b"late")
        _refused(UsageError, next, scan)
        _refused(UsageError, list, reader.scan(*_ALL))
        _refused(ValueError, bytes, view)
        _content(store, {b"a": b"1", b"b": b"2"})


def a_view_inside_a_write_outlives_later_puts(factory: Factory) -> None:
    with _new(factory) as store:
        _write(store, {b"a": b"x" * 9_000})
        with store.write(None) as writer:
            view = writer.view(b"a")
            for number in range(50):
                writer.put(b"a", bytes([number]) * 9_000)
            _same(view is not None and bytes(view), b"x" * 9_000)
            _same(writer.view(b"none"), None)


def a_closed_store_refuses_everything_but_closing(factory: Factory) -> None:
    with _new(factory) as store:
        with store.read():
            _refused(UsageError, store.close)
        store.close()
        store.close()
        _refused(UsageError, store.head)
        _refused(UsageError, lambda: _get(store, b"a"))
        _refused(UsageError, lambda: _write(store, {b"a": b"1"}))


CHECKS: Final[tuple[Check, ...]] = (
    a_new_store_is_empty_and_has_no_head,
    what_was_put_is_read_back_byte_for_byte,
    impossible_keys_and_values_are_refused,
    put_replaces_and_delete_removes,
    put_new_never_overwrites,
    a_scan_goes_from_start_up_to_but_not_including_stop,
    writing_during_a_scan_ends_the_scan,
    a_write_sees_itself_and_others_see_it_when_it_is_done,
    an_exception_undoes_everything,
    a_write_for_another_head_is_refused_before_it_begins,
    a_snapshot_stays_as_it_was,
    readers_do_not_wait_for_a_write,
    a_write_does_not_wait_for_readers,
    writes_take_turns,
    a_write_inside_a_write_is_refused,
    what_has_ended_refuses_to_be_used,
    a_view_inside_a_write_outlives_later_puts,
    a_closed_store_refuses_everything_but_closing,
)
"""Every check, in an order in which the first that fails says most."""


# --- tools --------------------------------------------------------------------------------------


@contextmanager
def _new(factory: Factory) -> Iterator[Store]:
    store = factory()
    try:
        yield store
    finally:
        store.close()


def _write(store: Store, pairs: dict[bytes, bytes], *, head: bytes | None = None) -> None:
    with store.write(store.head()) as writer:
        for key, value in pairs.items():
            writer.put(key, value)
        if head is not None:
            writer.set_head(head)


def _get(store: Store, key: bytes) -> bytes | None:
    with store.read() as reader:
        return reader.get(key)


def _content(store: Store, pairs: dict[bytes, bytes], *, head: bytes | None = None) -> None:
    def everything(reader: Reader) -> tuple[dict[bytes, bytes], bytes | None]:
        return dict(reader.scan(*_ALL)), reader.head()

    with store.read() as reader:
        _same(everything(reader), (pairs, head))


def _never(store: Store, head: bytes | None) -> None:
    """Expect a write for ``head`` to be refused without running its body."""
    try:
        with store.write(head):
            raise AssertionError(f"a write for the head {head!r} began, where the head is {store.head()!r}")
    except HeadMoved:
        pass


def _same(found: object, expected: object) -> None:
    if found != expected:
        raise AssertionError(f"expected {_shown(expected)}, found {_shown(found)}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 300 else text[:300] + "..."


def _refused(kind: type[Exception], call: Callable[..., object], *arguments: object) -> None:
    try:
        call(*arguments)
    except kind as error:
        if isinstance(error, MutualchainError) and not error.message:
            raise AssertionError(f"{kind.__name__} without a message") from error
    else:
        raise AssertionError(f"{kind.__name__} was not raised")


@contextmanager
def _thread(body: Callable[[], object]) -> Iterator[list[object]]:
    """Run ``body`` beside the block; its result, or AssertionError with what it raised, when the block is left."""
    results: list[object] = []
    failures: list[BaseException] = []

    def keep() -> None:
        try:
            results.append(body())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    yield results
    thread.join(_PATIENCE)
    if failures:
        raise AssertionError(f"a thread failed: {failures[0]!r}") from failures[0]
    if thread.is_alive():
        raise AssertionError("a thread has to wait that should not")


def _in_thread(body: Callable[[], object]) -> object:
    with _thread(body) as results:
        pass
    return results[0]
