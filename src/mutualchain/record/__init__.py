"""A member's record: her keys, her receipts, her record bundle, and the check she makes of it.

passport    her keys
frame       the frame of every file that people get
receipt     one row or entry, proven under a signed checkpoint
bundle      the record's format
build       a record cut out of an archive
verify      the check: from the checkpoint to every row
order       what everything shown must agree on: order, time, numbers
membership  sheets and rows proven, her own enrolment
history     rounds, events and balance lived through again
facts       what a verified record says
"""
