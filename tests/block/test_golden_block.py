"""Golden bytes of blocks. A change here means that what a chain has recorded would no longer parse, hash or verify.

Keys come from seeds of one repeated byte (see examples.py), times are fixed, Ed25519 signatures are deterministic.
"""

from __future__ import annotations

import pytest

from mutualchain.block.block import Block, block_hash, block_key_id
from mutualchain.block.chain import ChainState
from mutualchain.block.entry import Entry, entries_root, entry_hash
from mutualchain.block.keys import acceptance_message
from mutualchain.block.plan import EventLeaf, PlanLeaf, SheetLeaf
from tests.golden import load

from .examples import BLOCK, GENESIS, LOG, NEW, RECOVERY_KEY, small_chain


def described(height: int) -> dict[str, object]:
    """A block of the small chain, and everything that follows from it."""
    recorded = small_chain().blocks[height]
    header = recorded.draft.header
    return {
        "height": height,
        "time_ms": header.time_ms,
        "entries": [entry.hex() for entry in recorded.entries],
        "entries_root": entries_root([entry_hash(entry) for entry in recorded.entries]).hex(),
        "header": header.to_bytes().hex(),
        "block": recorded.block.hex(),
        "block_hash": block_hash(recorded.block).hex(),
        "signer": recorded.draft.signer.hex(),
        "plan_leaves": {
            plan: recorded.draft.plans[plan].leaf().to_bytes().hex() for plan in sorted(recorded.draft.plans)
        },
        "plans_root": header.plans_root.hex(),
        "event_leaves": [
            EventLeaf(height, header.time_ms, index, entry_hash(entry)).to_bytes().hex()
            for index, entry in enumerate(recorded.entries)
        ],
        "sheet_leaves": [SheetLeaf(height, header.time_ms, sheet).to_bytes().hex() for sheet in header.sheets],
        "nodes": [[node.log, node.plan, node.level, node.index, node.hash.hex()] for node in recorded.nodes],
    }


def regenerate() -> dict[str, object]:
    """The content of ``block.json``."""
    operator = small_chain()
    chain = operator.state.chain
    return {
        "block": {
            "chain": chain.hex(),
            "origin": GENESIS.origin,
            "log_key": LOG.verifier.vkey,
            "keys": {
                name: {"public_key": key.public_key.hex(), "key_id": block_key_id(key.public_key).hex()}
                for name, key in {"block": BLOCK, "recovery": RECOVERY_KEY, "new": NEW}.items()
            },
            "acceptance_message": acceptance_message(chain, BLOCK.public_key, NEW.public_key).hex(),
            "blocks": [described(height) for height in range(len(operator.blocks))],
            "log_root": operator.state.log.root().hex(),
        }
    }


def test_the_golden_bytes_of_blocks_are_unchanged() -> None:
    for name, content in regenerate().items():
        assert load(name) == content


@pytest.mark.parametrize("height", range(9))
def test_golden_bytes_parse_and_write_themselves_again(height: int) -> None:
    golden = load("block")["blocks"][height]
    block = Block.from_bytes(bytes.fromhex(golden["block"]))
    block.verify(bytes.fromhex(golden["signer"]))
    assert block.to_bytes().hex() == golden["block"]
    assert block.header.to_bytes().hex() == golden["header"]
    for parse, name in ((Entry, "entries"), (EventLeaf, "event_leaves"), (SheetLeaf, "sheet_leaves")):
        for data in golden[name]:
            assert parse.from_bytes(bytes.fromhex(data)).to_bytes().hex() == data
    for data in golden["plan_leaves"].values():
        assert PlanLeaf.from_bytes(bytes.fromhex(data)).to_bytes().hex() == data


def test_the_golden_chain_follows_from_its_bytes() -> None:
    golden = load("block")
    state = ChainState()
    covenants = [recorded.covenants for recorded in small_chain().blocks]
    for block, adopted in zip(golden["blocks"], covenants, strict=True):
        entries = [bytes.fromhex(entry) for entry in block["entries"]]
        state, _, found = state.follow(bytes.fromhex(block["block"]), entries, adopted)
        assert found == []
    assert state.chain.hex() == golden["chain"]
    assert state.log.root().hex() == golden["log_root"]
