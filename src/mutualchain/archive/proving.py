"""Proofs cut out of an archive: one page of a sheet with its path and, if sealed, its salt."""

from __future__ import annotations

from ..sheet import PageProof, Salter, TreeReader, prove_page
from .reading import SheetRef
from .source import RecordSource

__all__ = ["page_proof"]


def page_proof(
    archive: RecordSource, chain: bytes, ref: SheetRef, row: int, reader: TreeReader | None = None
) -> PageProof:
    """The proof of the page that holds ``row`` of a sheet; ``reader`` is reused where many are made."""
    descriptor = ref.descriptor
    index = row // descriptor.schema.page_rows
    given = archive.given(ref, index)
    if given is not None:
        return given
    if reader is None:
        reader = TreeReader(descriptor, chain, lambda level, number: archive.tile(ref, level, number))
    salt = b""
    if descriptor.schema.sealed:
        salt = Salter(descriptor.context(chain), archive.secret(ref)).salt(index)
    return prove_page(reader, index, archive.page(ref, index), salt)
