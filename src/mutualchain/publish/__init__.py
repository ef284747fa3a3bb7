"""A ledger published: immutable files that any server can carry, each verified before the checkpoint names it.

folder    files made durable one at a time; the lock, what a crash left, cleaning
trees     a log as tlog-tiles: written, read back, led to its root
sheets    the pages and tiles of public sheets: written, read back, led to their descriptors
publisher what has to be written, in which order
auditor   sealed sheets, encrypted to an auditor's key, in a folder of their own
watch     all of it again whenever there is something new

The layout is ``mutualchain.archive.published_layout``; reading back is ``mutualchain.archive.published``.
"""

from __future__ import annotations

from .auditor import SealedReport, publish_for_auditor
from .publisher import PublishReport, publish
from .watch import watch

__all__ = ["PublishReport", "SealedReport", "publish", "publish_for_auditor", "watch"]
