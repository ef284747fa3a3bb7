"""The write side, for platform backends.

ledger    Ledger: create and open, enrol, credit, withdraw, exit, cases, rounds, payouts
core      the lock, the clock, the books, one commit for a group of events
events    single events from many threads, grouped
singles   the calls for one member, checked
entries   plans, cases, payouts, anchors
bulk      enrolments and credits as columns
rounds    the snapshot, and the deduction from everybody
rotation  the block key changed
arguments what callers pass, checked
writer    blocks made durable, then the checkpoint
receipts  what a write returns
references what a client's reference led to
index     from public key to slot
opening   a ledger's state read back
cache     the books saved, so that opening is quick
keys      the operator's keys and key files
"""

from .keys import OperatorKeys
from .ledger import Ledger
from .receipts import Acknowledgement

__all__ = ["Acknowledgement", "Ledger", "OperatorKeys"]
