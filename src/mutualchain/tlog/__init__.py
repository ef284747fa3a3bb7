"""A transparency log as RFC 6962 and C2SP define it, to the byte, and nothing about what is logged.

===============  ================================================================================
``merkle``       the tree: hashes, roots, inclusion and consistency proofs, append in O(log n) state
``ed25519``      signatures, with the strict rule that every implementation can follow
``note``         signed notes: text, signature lines, verifier and signer keys (signed-note)
``checkpoint``   the note with which a log commits to its tree (tlog-checkpoint)
``cosignature``  a witness's timestamped signature on a checkpoint (tlog-cosignature)
``lineage``      many earlier sizes of a tree proven at once
``tiles``        the tree and its entries as immutable files (tlog-tiles)
``proof``        one entry's proof as a file that needs no network (tlog-proof)
``trust``        the file that says which logs and witnesses are trusted (tlog-policy)
``trust_rules``  the rules between its lines
``validity``     when a log's key counts, and how old a checkpoint may be
``strict``       parsing of decimals, base64 and text, one accepted spelling each
===============  ================================================================================

Everything here is pure: bytes in, verified values out. Parsers take what their formatter writes and
refuse the rest. ``verify_*`` and ``open*`` return nothing or a verified value, or raise.
"""
