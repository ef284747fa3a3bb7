"""A receipt renewed: the same row or entry, shown under the newest checkpoint, which witnesses have cosigned.

A receipt is handed out as soon as the log's key has signed. What it shows is in no dispute, but one signature is one
party's word. Whoever has the ledger, or what was published of it, puts it under a later checkpoint: block and row stay
as they are.
"""

from __future__ import annotations

from dataclasses import replace

from ..archive.source import RecordSource
from ..errors import RecordMismatch, RecordUnavailable
from ..tlog.checkpoint import parse as parse_checkpoint
from ..tlog.note import parse as parse_note
from .receipt import Receipt

__all__ = ["renew_receipt"]


def renew_receipt(receipt: Receipt, archive: RecordSource) -> Receipt:
    """``receipt`` under the checkpoint that ``archive`` shows to others: the newest that witnesses have cosigned.

    Raises RecordUnavailable while that does not cover the receipt's block, RecordMismatch where the archive has another
    block in its place, and what reading raises. Nothing is verified here: the result is for :func:`verify_receipt`.
    """
    note = archive.checkpoint()
    size = parse_checkpoint(parse_note(note).text).size
    if receipt.height >= size:
        raise RecordUnavailable(
            f"the newest checkpoint for others covers {size} blocks, and not yet the receipt's",
            value=receipt.height,
            hint="Repeat this when the witnesses have cosigned a later one.",
        )
    if archive.block(receipt.height) != receipt.block:
        raise RecordMismatch("the receipt is of another ledger: its block is not the one there", value=receipt.height)
    return replace(receipt, checkpoint=note, proof=archive.block_proof(receipt.height, size))
