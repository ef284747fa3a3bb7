"""The bytes of this package's formats, from fixed keys. A change of them orphans what is signed and published."""

from __future__ import annotations

from mutualchain.tlog import merkle, tiles
from mutualchain.tlog.merkle import Frontier
from tests.golden import load

from .examples import CHECKPOINT, ENTRIES, LEAVES, LOG, PROOF, SIGNED, TRUST, WITNESSES, cosigned
from .reference import leaves


def regenerate() -> dict[str, object]:
    """File name to content."""
    hashes = leaves(300)
    frontier = Frontier.empty()
    for leaf in hashes:
        frontier, _ = frontier.append(leaf)
    return {
        "tlog": {
            "keys": {
                "log_private_key": LOG.private_key,
                "log_vkey": LOG.vkey,
                "witness_private_key": WITNESSES[0].private_key,
                "witness_vkey": WITNESSES[0].vkey,
            },
            "entries": [entry.hex() for entry in ENTRIES],
            "leaf_hashes": [leaf.hex() for leaf in LEAVES],
            "checkpoint_text": CHECKPOINT.text,
            "checkpoint_signed": SIGNED.decode(),
            "checkpoint_cosigned": cosigned(1, 2, 4).decode(),
            "proof_file": PROOF.format().decode(),
            "trust_file": TRUST.format().decode(),
            "entry_bundle": tiles.format_bundle(ENTRIES).hex(),
            "tree_of_300": {
                "leaves": "leaf i holds i as a big-endian u32",
                "root": merkle.root(hashes).hex(),
                "frontier": [item.hex() for item in frontier.hashes],
                "inclusion_of_130": [item.hex() for item in merkle.inclusion_proof(hashes, 130)],
                "consistency_from_130": [item.hex() for item in merkle.consistency_proof(hashes, 130)],
                "tile_paths": [tile.path for tile in tiles.tiles(300)],
            },
        }
    }


def test_the_golden_bytes_of_the_log_are_unchanged() -> None:
    for name, content in regenerate().items():
        assert load(name) == content
