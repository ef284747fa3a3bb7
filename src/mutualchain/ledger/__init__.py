"""The write side, for platform backends.

ledger    Ledger: create and open, enrol, credit, withdraw, exit, cases, rounds, payouts
reading   what it can be asked, open for writing
core      the lock, the clock, the books, one commit for a group of events
events    single events from many threads, grouped
singles   the calls for one member, checked
entries   plans, direct approvals, payouts, anchors
recording acts recorded, one or several in a block: entries, notices, facts
desks     what a ledger offers beside members and rounds:
cases, ballots, institutions, treasury, member_keys, erasures
bulk      enrolments and credits as columns
rounds    the snapshot, and the deduction from everybody
rotation  the block key and the log key changed
arguments what callers pass, checked
writer    blocks made durable, then the checkpoint
receipts  what a write returns
witnessed what a ledger does with its witnesses
gathering the witnesses at work, in a thread or by hand
endorsement  what to ask them, keep and sign, as a decision (pure)
errands   its events, its actions, its pace
courier   requests carried to witnesses
references what a client's reference led to
index     from public key to slot
opening   a ledger's state read back
cache     the books saved, so that opening is quick
keys      the operator's keys and key files
"""

from .errands import Pace
from .gathering import Witnesses
from .keys import OperatorKeys
from .ledger import Ledger
from .receipts import Acknowledgement

__all__ = ["Acknowledgement", "Ledger", "OperatorKeys", "Pace", "Witnesses"]
