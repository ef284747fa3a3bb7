"""A member's record: her keys, her receipts, her record bundle, and the check she makes of it.

passport    her keys
frame       the frame of every file that people get
receipt     one row or entry, proven under a signed checkpoint
bundle      the record's format
build       a record cut out of an archive
verify      the check: from the checkpoint to every row
order       what everything shown must agree on: order, time, numbers
membership  sheets and rows proven, her own enrolment
logs        leaves, entries and rows proven in the plan's logs
covenants   every version of the covenant, and the plan's end
keys        which key speaks for her slot, block by block
notices     the entries that her notices name: her cases, decisions, keys
rounds      every round: announcement, calendar, figures, what is carried over
refunds     every refund: of a void case, or at the plan's end
standing    her money and her row, by the covenant in force
history     rounds, events and balance lived through again
result      what came of it: facts, checks, limits
facts       what a verified record says
"""
