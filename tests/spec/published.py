"""Examples of SPEC.md's section on published ledgers: the small chain written out, a sealed sheet for an auditor."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from nacl.bindings import crypto_box, crypto_scalarmult_base

from mutualchain.archive import published_layout as layout
from mutualchain.archive.auditor_key import AuditorKey, AuditorSecret
from mutualchain.archive.published_heads import PlanHead
from mutualchain.archive.published_sealed import Chunk, marker, pack_chunk, unpack_chunk
from mutualchain.archive.reading import Archive
from mutualchain.canonical import decode
from mutualchain.publish import publish

__all__ = ["AUDITOR", "EPHEMERAL", "published_examples"]

AUDITOR = AuditorSecret(b"\x60" * 32)
EPHEMERAL = b"\x61" * 32
"""The secret key that a sealed box makes up: a fixed one, so that the example stays as it is."""


class _Fixed(AuditorKey):
    """Seals with EPHEMERAL, as section 18.4 describes a box."""

    def seal(self, data: bytes) -> bytes:
        own = crypto_scalarmult_base(EPHEMERAL)
        nonce = hashlib.blake2b(own + self.data, digest_size=24).digest()
        return own + crypto_box(data, nonce, self.data, EPHEMERAL)


def _paths(archive: Archive, plan: str) -> tuple[str, bytes, bytes]:
    """All paths; the card of the plan's first charge; its head."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "public"
        publish(archive, folder)
        files = [path for path in folder.rglob("*") if path.is_file() and ".publish" not in path.parts]
        paths = sorted(str(path.relative_to(folder)) for path in files)
        state = archive.plan_state(plan, archive.size - 1)
        head = folder / layout.plan_head(plan, state.sheets_size, state.events_size)
        card = folder / layout.card(plan, "charge/1", 0)
        return "\n".join(paths), card.read_bytes(), head.read_bytes()


def published_examples(archive: Archive, chain: bytes, origin: str, plan: str) -> dict[str, tuple[str, Any]]:
    """name to (kind, what to show): bytes for ``hex``, a value for ``value``, a text for ``text``."""
    paths, card, head = _paths(archive, plan)
    ref = archive.sheet(plan, "credit/1", 0)
    chunk = Chunk(archive.secret(ref), (archive.bundle(ref, 0),), ((0, 0, archive.tile(ref, 0, 0)),))
    file = pack_chunk(_Fixed(AUDITOR.key.data), ref.descriptor, chain, 0, chunk)
    assert unpack_chunk(AUDITOR, file, ref.descriptor, chain, 0, "example") == chunk
    opened = AUDITOR.open(file[len(b"mutualchain/sealed/v1\n") + 4 : -32])
    assert opened is not None
    mark = PlanHead.from_bytes(head).landmarks[0]
    return {
        "published-paths": ("text", paths),
        "published-card": ("value", decode(card, max_size=1 << 20)),
        "published-landmark": ("value", [mark.position, mark.leaf, mark.entry[:16], list(mark.proof)]),
        "auditor-key": ("text", AUDITOR.key.text),
        "auditor-marker": ("text", marker(origin, chain, AUDITOR.key).decode().removesuffix("\n")),
        "sealed-chunk": ("value", decode(opened, max_size=1 << 20)),
        "sealed-file": ("hex", file),
    }
