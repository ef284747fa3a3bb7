"""Every bound, with its reason. Parsers check them before they allocate; writers before they sign.

Sizes are bytes unless a name says otherwise.
"""

from __future__ import annotations

from typing import Final

# --- canonical msgpack --------------------------------------------------------------------------
MAX_DEPTH: Final = 16
"""Nesting of arrays and maps. The deepest format needs 6; a parser never recurses further than this."""
MAX_INT: Final = 2**63 - 1
"""Largest integer: what every language's signed 64-bit type holds. The smallest is -2**63."""

# --- blocks and entries -------------------------------------------------------------------------
MAX_BLOCK: Final = 65_535
"""A block is an entry of a C2SP entry bundle, whose length prefix is a u16."""
MAX_ENTRY: Final = 1 << 20
"""One entry. Covenants and case files are kilobytes; a megabyte is ample and cheap to refuse."""
MAX_ENTRIES_PER_BLOCK: Final = 4_096
"""So that a block's entries fit in memory many times over."""
MAX_SHEETS_PER_BLOCK: Final = 128
"""A descriptor takes up to 300 bytes; 128 of them leave room in MAX_BLOCK."""
MAX_BLOCK_SIGNATURES: Final = 4
"""Old and new key while the key changes; twice that as room for other algorithms."""
MAX_PLANS: Final = 4_096
"""Every header commits to all plans, and the writer recomputes that root for each block."""
MAX_NAME: Final = 64
"""Plan names and other identifiers, in ASCII characters."""
MAX_REFERENCE: Final = 128
"""A client's reference: longer than any UUID, order number or hash people use."""

# --- sheets -------------------------------------------------------------------------------------
MAX_ROWS: Final = 2**32 - 1
"""Slots are u32 columns: four billion memberships of one plan."""
MAX_AGGREGATES: Final = 8
"""Aggregates of one schema. The widest schema has two."""
MAX_PARAMS: Final = 1 << 18
"""A charge's params name the hashes of its cases: 256 KiB are 7,000 cases in one round."""
PAGES_PER_BUNDLE: Final = 256
"""Pages compressed together, and leaves under one tree tile: C2SP's tile width."""
MAX_PAGE: Final = 1 << 12
"""One page's bytes in a proof: the largest schema's take 1,536."""
MAX_SHEET_PATH: Final = 32
"""Siblings beside a page: a sheet of MAX_ROWS one-row pages is 32 levels high."""
MAX_EVENTS_PER_ROUND: Final = 255
"""A charge row counts a member's sparse events since the last round in one byte."""

# --- transparency log ---------------------------------------------------------------------------
MAX_LOG_SIZE: Final = 2**63 - 1
"""Sizes and indexes are kept in signed 64-bit integers by other implementations."""
MAX_PROOF: Final = 63
"""Hashes in an inclusion proof of a log of at most 2**63 - 1 leaves, or in a consistency proof up to 2**62."""
MAX_NOTE: Final = 1 << 20
"""A signed note; the largest post-quantum cosignatures are 5 kB, a hundred of them fit."""
MAX_NOTE_SIGNATURES: Final = 100
"""golang.org/x/mod refuses more; C2SP asks for at least 16."""
MAX_KEY_NAME: Final = 255
"""Longer names do not fit the u8 length of C2SP's subtree signatures."""
MAX_PROOF_EXTRA: Final = 1 << 17
"""The unauthenticated extra data of a tlog-proof: twice the largest log entry."""
MAX_TRUST_FILE: Final = 1 << 18
"""A trust file of 32 logs, witnesses and groups is 10 kB."""
MAX_TRUST_ITEMS: Final = 1_024
"""Logs, witnesses or groups in one trust file. C2SP asks for at least 32."""

# --- files people get ---------------------------------------------------------------------------
MAX_BUNDLE_FILE: Final = 16 << 20
"""A bundle as it lies on disk. A year in a plan of 100 million is 64 kB; a life of rounds is 4 MB."""
MAX_BUNDLE: Final = 64 << 20
"""A bundle inflated: bounds what a hostile gzip member can cost to 64 MiB."""
MAX_ROUNDS_IN_RECORD: Final = 100_000
"""Rounds in one record: two a month are 24 a year."""
MAX_EVENTS_IN_RECORD: Final = 100_000
"""Sparse events in one record."""

# --- money --------------------------------------------------------------------------------------
MAX_CHARGE: Final = 2**32 - 1
"""One member's amount in one round, in minor units: a u32 column (42,949,672.95 yuan)."""
MAX_BALANCE: Final = 2**53 - 1
"""A member's balance, either sign, in minor units: JavaScript's exact integers, 90 trillion yuan."""
MAX_CREDIT: Final = 2**40
"""One credit, in minor units (10 billion yuan): 255 of them, the most between two rounds, cannot overflow a balance."""
MAX_TOTAL: Final = 2**63 - 1
"""Any aggregate, in minor units."""

# --- writer -------------------------------------------------------------------------------------
MAX_GROUP: Final = 8_192
"""Events committed together. Bounds the latency of the first of them."""
MAX_STORE_KEY: Final = 511
"""LMDB's key size as built by py-lmdb."""
MAX_STORE_VALUE: Final = 1 << 30
"""One stored value, which takes one run of adjacent pages. The largest written, a bundle of pages, is some MiB."""
