"""A ledger read, wherever it lies.

layout    where everything lies in a store: the keys
log_keys  the keys that have signed a log's checkpoints
packing   page bundles, compressed
reading   blocks, entries, sheets, plan leaves and proofs from one snapshot
proving   one page of a sheet, with its path
source    what making a record needs of a ledger, wherever it lies
published, published_sheets, published_chain, published_log
          a published ledger read: members, sheets, blocks and plans, one log; verifying
published_source, published_layout, published_heads
          its files, from a folder or a server; their paths and formats
published_sealed, auditor_key
          the auditor's part: sealed rows encrypted to her key
published_reader
          a published ledger as a store's snapshot, for the audit
facts_vault what is asked of whoever holds the keys of members' data
case_facts  the opened facts of cases
replay    the books rebuilt from the chain, with every rule that it breaks
"""
