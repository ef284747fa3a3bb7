"""A ledger read, wherever it lies.

layout    where everything lies in a store: the keys
packing   page bundles, compressed
reading   blocks, entries, sheets, plan leaves and proofs from one snapshot
proving   one page of a sheet, with its path
source    what making a record needs of a ledger, wherever it lies
published, published_log, published_source, published_layout
          a published ledger, read from a folder or a server: verifying, one log of it, its files, their paths
replay    the books rebuilt from the chain, with every rule that it breaks
"""
