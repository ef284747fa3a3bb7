"""Blocks: entry, header, block, plan state, genesis, block keys, anchors, and the links between them.

entry     the few, rich things: canonical ``[1, plan, kind, body]``
header    what the operator signs of a block
block     header and signatures; a block's hash is its leaf hash in the block log
plan      a plan's counters and logs, committed to by every header
genesis   the first entry; its block's hash is the chain's identity
keys      who may sign a block, rotation and recovery
anchor    cosigned checkpoints recorded on the chain
chain     the state that a next block depends on: one code for writer and auditor
"""
