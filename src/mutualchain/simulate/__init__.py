"""A covenant played forward before anybody adopts it: members come, fall ill and leave, by chance from a seed.

    run = simulate(covenant, Assumptions(members=100_000), seed=1)
    run.periods[-1].share, run.years()[0].cost

Chance decides who falls ill, leaves, pays and pays late; everything else is the real covenant's code: who shares at a
snapshot, what a case can be given, the share, caps, arrears, lapses, what is carried over. The result is as good as its
assumptions, and promises nothing.

    assumptions   what is assumed about members
    population    members as columns: births, who joins, falls ill and leaves
    play          the periods, one after another
    draw          headcount, share, surplus and lapses as text and as PNG
"""

from .assumptions import Assumptions
from .play import Period, Simulation, simulate

__all__ = ["Assumptions", "Period", "Simulation", "simulate"]
