"""Genesis: what a chain may begin with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.block.entry import CHAIN, Entry
from mutualchain.block.genesis import RESERVED_ORIGINS, Genesis, check_origin
from mutualchain.errors import GenesisError
from mutualchain.tlog.note import Signer

from .examples import BLOCK, GENESIS, LOG, NEW, ORIGIN

SMALL_ORDER = bytes([1]) + bytes(31)
NOT_CANONICAL = b"\xee" + b"\xff" * 30 + b"\x7f"
NO_POINT = bytes([2]) + bytes(31)


def test_genesis_comes_back_from_its_entry() -> None:
    assert Genesis.from_entry(GENESIS.to_entry()) == GENESIS
    assert Genesis.from_entry(Entry.from_bytes(GENESIS.to_entry().to_bytes())) == GENESIS


@given(st.integers(0, 366 * 86_400_000))
def test_a_recovery_takes_between_no_time_and_a_year(delay: int) -> None:
    genesis = replace(GENESIS, recovery_delay_ms=delay)
    assert Genesis.from_entry(genesis.to_entry()).recovery_delay_ms == delay


REFUSED: dict[str, Callable[[], Genesis]] = {
    "no origin": lambda: replace(GENESIS, origin=""),
    "an origin with a space": lambda: replace(GENESIS, origin="a b"),
    "an origin with a plus sign": lambda: replace(GENESIS, origin="a+b"),
    "an origin with a line separator": lambda: replace(GENESIS, origin="a\u2028b"),
    "an origin with a control character": lambda: replace(GENESIS, origin="a\x1b[2J"),
    "an origin of 256 characters": lambda: replace(GENESIS, origin="a" * 256),
    "an origin that is bytes": lambda: replace(GENESIS, origin=b"a"),  # type: ignore[arg-type]
    "another log's key": lambda: replace(
        GENESIS, log_key=Signer.from_seed("example.org/other", bytes(32)).verifier.vkey
    ),
    "a log key that is none": lambda: replace(GENESIS, log_key="example.org/mutual"),
    "no log key": lambda: replace(GENESIS, log_key=""),
    "a log key with another key's id": lambda: replace(GENESIS, log_key=LOG.verifier.vkey.replace("+", "+0", 1)),
    "a block key of 31 bytes": lambda: replace(GENESIS, block_key=bytes(31)),
    "a block key of small order": lambda: replace(GENESIS, block_key=SMALL_ORDER),
    "a block key that is not canonical": lambda: replace(GENESIS, block_key=NOT_CANONICAL),
    "a block key that is no point": lambda: replace(GENESIS, block_key=NO_POINT),
    "a recovery key of small order": lambda: replace(GENESIS, recovery_key=bytes(32)),
    "a recovery key that is text": lambda: replace(GENESIS, recovery_key="x" * 32),  # type: ignore[arg-type]
    "equal keys": lambda: replace(GENESIS, recovery_key=BLOCK.public_key),
    "a negative delay": lambda: replace(GENESIS, recovery_delay_ms=-1),
    "a delay of true": lambda: replace(GENESIS, recovery_delay_ms=True),
    "a delay above a year": lambda: replace(GENESIS, recovery_delay_ms=366 * 86_400_000 + 1),
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_an_unusable_genesis_is_neither_written_nor_read(make: Callable[[], Genesis]) -> None:
    genesis = make()
    with pytest.raises(GenesisError) as caught:
        genesis.to_entry()
    assert caught.value.diagnostics()
    body = {name: getattr(genesis, name) for name in Genesis.__dataclass_fields__}
    with pytest.raises(GenesisError):
        Genesis.from_entry(Entry(CHAIN, "genesis", body))


@pytest.mark.parametrize("prefix", RESERVED_ORIGINS)
def test_an_origin_that_looks_like_a_tag_is_reserved(prefix: str) -> None:
    origin = prefix + "v1"
    with pytest.raises(GenesisError, match="reserved"):
        Genesis(origin, Signer.from_seed(origin, bytes(32)).verifier.vkey, BLOCK.public_key, NEW.public_key).to_entry()
    assert check_origin("x" + origin) == "x" + origin


@pytest.mark.parametrize(
    "entry",
    [
        Entry("plan", "genesis", GENESIS.to_entry().body),
        Entry(CHAIN, "anchor", GENESIS.to_entry().body),
        Entry(CHAIN, "genesis", {}),
        Entry(CHAIN, "genesis", {**GENESIS.to_entry().body, "more": 1}),
        Entry(CHAIN, "genesis", {name: value for name, value in GENESIS.to_entry().body.items() if name != "origin"}),
    ],
)
def test_what_is_no_genesis_entry_is_refused(entry: Entry) -> None:
    with pytest.raises(GenesisError):
        Genesis.from_entry(entry)


def test_a_delay_is_a_week_unless_somebody_says_otherwise() -> None:
    assert Genesis(ORIGIN, GENESIS.log_key, BLOCK.public_key, NEW.public_key).recovery_delay_ms == 7 * 86_400_000
