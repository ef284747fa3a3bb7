"""A ledger published: immutable files that any server can carry, each verified before the checkpoint names it.

folder    files made durable one at a time; the lock, what a crash left, cleaning
trees     a log as tlog-tiles: written, read back, led to its root
sheets    the pages and tiles of public sheets: written, read back, led to their descriptors
publisher what has to be written, in which order

The layout is ``mutualchain.archive.published_layout``; reading back is ``mutualchain.archive.published``.
"""

from __future__ import annotations

from .publisher import PublishReport, publish

__all__ = ["PublishReport", "publish"]
