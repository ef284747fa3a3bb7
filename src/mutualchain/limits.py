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
MAX_CONTAINERS: Final = 1 << 20
"""Arrays and maps in one value. An empty one is a byte on paper and some hundred in memory: this bounds what a
hostile file costs to a few hundred MB. A year in a plan of 100 million has a thousand."""
MAX_ITEMS: Final = 1 << 23
"""Items of all arrays and maps of one value together, a key and its value being two: for the same reason."""

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
MAX_PLANS: Final = 256
"""Every header commits to all plans, and the writer recomputes that root for each block."""
MAX_NAME: Final = 64
"""Plan names and other identifiers, in ASCII characters."""
MAX_REFERENCE: Final = 128
"""A client's reference: longer than any UUID, order number or hash people use."""

MAX_CASES_PER_ROUND: Final = 5_900
"""Cases that one round shares: hashes and aids have to fit into MAX_PARAMS, and a published period had 115."""

MAX_FACT: Final = 200
"""One fact of a case, such as a hospital's name, in characters."""
MAX_FACT_FILES: Final = 16
"""Photographs and reports that a disclosure names by their digests; platforms show up to nine."""
MAX_FACTS: Final = 1 << 13
"""A case's facts opened: eight of 200 characters, of four bytes each, or the digests of its files, and their salts."""
MIN_DAY: Final = -80_000
MAX_DAY: Final = 199_999
"""Days since 1970-01-01 that something about a person can name, a birth or a diagnosis: from 1750 to 2517."""
MAX_INSTITUTIONS: Final = 4_096
"""Institutions registered on one chain: hospitals are hundreds; the registry is kept in memory whole."""
MAX_ATTESTATIONS: Final = 64
"""Institutions that speak about one case; a covenant can ask for 96 and none asks for ten."""
MAX_SUBJECTS: Final = 4_096
"""Cases and proposals on which votes are open at one time; each keeps who has voted."""

MAX_COVENANT_ROWS: Final = 64
"""Rows of one table of a covenant: maxima by group and age, waiting periods, tiers. Real plans have fewer than ten."""
MAX_COVENANT_FILE: Final = 1 << 18
"""Characters of a covenant's TOML file: every parameter with comments is ten thousand."""

MAX_STATEMENT: Final = 1 << 10
"""What a member signs, in bytes: the longest takes 260, with a plan's name of MAX_NAME."""

# --- sheets -------------------------------------------------------------------------------------
MAX_ROWS: Final = 2**32 - 1
"""Slots are u32 columns: four billion memberships of one plan."""
MAX_AGGREGATES: Final = 8
"""Aggregates of one schema. The widest schema has two."""
MAX_PARAMS: Final = 1 << 18
"""A charge's params name its cases with their aids: 256 KiB are 5,900 cases in one round."""
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
MAX_LOG_KEYS: Final = 256
"""Keys with which one log has signed: one a year for longer than anybody plans."""
MAX_TRUST_FILE: Final = 1 << 18
"""A trust file of 32 logs, witnesses and groups is 10 kB."""
MAX_TRUST_ITEMS: Final = 1_024
"""Logs, witnesses or groups in one trust file. C2SP asks for at least 32."""
MAX_TRUST_AGE: Final = 36_525 * 86_400
"""Seconds that a trust file may call recent: a century, as much as a record holds. Most files name days."""

# --- files people get ---------------------------------------------------------------------------
MAX_BUNDLE_FILE: Final = 16 << 20
"""A bundle as it lies on disk. A year in a plan of 100 million is 64 kB; a life of rounds is 4 MB."""
MAX_BUNDLE: Final = 64 << 20
"""A bundle inflated: bounds what a hostile gzip member can cost to 64 MiB."""
MAX_RECORD: Final = 10 << 20
"""A member's record inflated: a round in a plan of 100 million takes 4 kB, so a century of 24 a year fits."""
MAX_RECEIPT: Final = 4 << 20
"""A receipt inflated: a note, a block, an entry and two proofs at their largest."""
MAX_EVIDENCE: Final = 12 << 20
"""An evidence file, inflated: a whole record as a file, or two notes, two blocks and twice the states of all plans."""
MAX_DISCLOSURE: Final = 16 << 20
"""A disclosure inflated: a record's part of it, two logs of MAX_SHOWN_LOG, and the openings of one case."""
MAX_SHOWN_LOG: Final = 1 << 20
"""A log of entries is shown whole in a disclosure up to this size; of larger ones the case's own are proven alone."""
MAX_BALLOT_SHEETS: Final = 4_096
"""Sheets of ballots on one case: a group of votes makes one, and 250,000 votes came within five hours once."""
MAX_ROUNDS_IN_RECORD: Final = 10_000
"""Rounds in one record: two a month are 24 a year, and more do not fit into MAX_RECORD."""
MAX_EVENTS_IN_RECORD: Final = 10_000
"""Sparse events in one record: more do not fit into MAX_RECORD."""
MAX_REFUNDS_IN_RECORD: Final = 10_000
"""Refund sheets in one record: one for each voided case that was shared."""
MAX_EXTENSIONS: Final = 4_096
"""Earlier sizes of the book that one record shows itself to continue: 64 that are named, in the largest book. Their
hashes, one more, are 128 KiB, and milliseconds of hashing."""
MAX_CHANGES_IN_RECORD: Final = 1_000
"""Changes of the block key, or of the covenant, in one record: each costs its reader a signature check or a parse."""
MAX_PINNED: Final = 32
"""Books that a pin remembers: a year and more of one record for each round."""
MAX_PINNED_ROOTS: Final = 1_024
"""Roots of what these books begin with: all that a record's writer covers by itself, and some years of it."""
MAX_PIN: Final = 33 << 20
"""A pin inflated: MAX_PINNED notes at their largest, and MAX_PINNED_ROOTS roots. Most are some kB."""
MAX_PIN_FILES: Final = 10_000
"""Pins that are looked through for another one of the same log; beyond them a check would take seconds."""

MAX_CLAIM: Final = 4_096
"""Characters of one claim of a member: names and numbers have tens, a health declaration hundreds."""

MAX_OPENING: Final = 1 << 16
"""One opened claim or fact: a value, its salt, a path of three or four hashes."""

MAX_VAULT_ITEM: Final = 1 << 16
"""One item of a vault: all claims of a member, or the facts of a case, take a few kilobytes."""

# --- audits -------------------------------------------------------------------------------------
MAX_FINDINGS: Final = 1_000
"""Findings that an audit keeps and shows; it counts the rest. More than anybody reads before acting on them."""
MAX_FINDINGS_ALIKE: Final = 20
"""Findings of one code in one sheet, block or log: what is wrong everywhere must not hide what is wrong once."""

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

# --- witnesses ----------------------------------------------------------------------------------
MAX_WITNESS_REQUEST: Final = 1 << 17
"""The body of one add-checkpoint: 63 hashes take 3 kB, and twenty post-quantum signatures 100 kB."""
MAX_WITNESS_ANSWER: Final = 1 << 16
"""What a log reads of a witness's answer: a signature line or a few; post-quantum ones take 5 kB."""
MAX_WITNESS_LOGS: Final = 4_096
"""Logs that one witness knows. Each keeps its latest checkpoint, at most a request's size."""
MAX_WITNESS_CONFIG: Final = 1 << 22
"""A witness's configuration file: a kilobyte for each of its logs."""

# --- monitors -----------------------------------------------------------------------------------
MAX_MONITOR_STATE: Final = 64 << 20
"""What a monitor remembers: for each log some notes, and the leaves of MAX_PLANS plans at 1 to 3 kB each."""
MAX_MONITOR_PLACES: Final = 1_024
"""Places that one monitor looks at; each look costs some requests."""
MAX_MONITOR_HEADS: Final = 64
"""Checkpoints of one log that contradict each other, or are not yet known to agree. Two are enough to convict."""

MAX_MEMBERSHIPS: Final = 16
"""Memberships of one plan that a passport is tried for. Whoever has joined more often names her key herself."""

MAX_STATE: Final = 1 << 28
"""What describes a ledger's saved state beside its columns: a hundred bytes a case, for a million cases."""

# --- published ledgers --------------------------------------------------------------------------
MAX_PUBLISHED_HEAD: Final = 16 << 20
"""A head file: two blocks, their proofs, and the leaves of MAX_PLANS plans at 1 to 3 kB each; or a plan's covenants."""
MAX_LANDMARKS: Final = 1_024
"""Covenants, or changes of the block key, that a plan's head lists: as many as one record may show, and genesis."""
MAX_PUBLISHED_CARD: Final = 1 << 19
"""A sheet's card: params, the last tile of each of four levels, and the pages of a sheet of up to 16 KiB."""
MAX_SEALED_CHUNK: Final = 1 << 20
"""What one box of the auditor's part holds: 16 bundles of sealed rows with their tiles, or 64 tiles."""
MAX_PUBLISHED_ENTRIES: Final = 64 << 20
"""The entries of one block as a reader takes them from a server. Four thousand of 16 KiB fit."""
MAX_PUBLISHED_CACHE: Final = 64 << 20
"""What a reader of a published ledger keeps of it in memory: a record needs some MiB."""
