"""The covenant (互助公约): a plan's rules as data, and the state machine that holds the ledger to them.

    apportionment  the share: aid, fee, surplus, headcount
    document       the covenant, validated and hashed
    rounds         a round's terms and the two equations
    acts           typed bodies of a plan's entries
    statements     what members sign
    members        the columns of a plan
    capture        a snapshot of who shares, and the charge rows
    book           the state and its rules
    stage          a group of events, checked one by one, applied together
    replay         recorded sheets applied, with every rule they break

The writer refuses at append what an auditor reports at replay, by the same code.
"""

from .apportionment import Apportionment, apportion

__all__ = ["Apportionment", "apportion"]
