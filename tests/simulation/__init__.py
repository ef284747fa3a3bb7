"""A simulation: a ledger, its witnesses and its members, in memory, with a network that is out to harm them.

``python -m tests.simulation --seeds 10000`` plays that many worlds; ``--seed 17`` plays one, and shows its trace. All
chance comes from the seed and all time from the world, so a seed replays exactly.

clockwork  time, chance, the events to come, the trace
network    loss, delay, doubles, disorder, replays, witnesses cut off
clerk      a witness: honest (the real decision of mutualchain.witness.core, crashing between its steps), or lying
house      the operator: the real Ledger, crashing at every write and signature, restored from old backups
shadow     a dishonest operator's other history, signed with the same key
member     keeps receipts and a pin, and believes what her trust file lets her believe
invariants what must hold after every step
world      one seed: who takes part, what happens to them
plants     defects to be found, so that it is known that they would be
"""
