"""Page bundles as they lie in a store: zstandard, inflated only to the size that the rows must have."""

from __future__ import annotations

import threading
from typing import Final

import zstandard

from ..errors import StoreCorrupt

__all__ = ["pack", "unpack"]

_LEVEL: Final = 1
_local = threading.local()


def pack(data: bytes) -> bytes:
    """Compress a bundle. The frame states its size, so that a reader can refuse it unread."""
    compressor = getattr(_local, "compressor", None)
    if compressor is None:
        compressor = _local.compressor = zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True)
    packed: bytes = compressor.compress(data)
    return packed


def unpack(packed: bytes, size: int) -> bytes:
    """The ``size`` bytes of a bundle. Raises StoreCorrupt for anything else, before allocating it."""
    decompressor = getattr(_local, "decompressor", None)
    if decompressor is None:
        decompressor = _local.decompressor = zstandard.ZstdDecompressor()
    try:
        if zstandard.frame_content_size(packed) != size:
            raise StoreCorrupt("a page bundle does not have the size that its rows take", value=size)
        data: bytes = decompressor.decompress(packed, max_output_size=size, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise StoreCorrupt(f"a page bundle cannot be decompressed: {error}") from None
    return data
