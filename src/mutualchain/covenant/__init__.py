"""The covenant (互助公约): a plan's rules as data, and the state machine that holds the ledger to them.

    apportionment  the share: aid, fee, surplus, headcount
    figures        a round's figures under all of a covenant's rules
    document       the covenant, validated and hashed
    parameters     how parameters are declared, checked and described
    sections       every parameter, section by section
    consistency    rules that contradict one another
    chinese        what each parameter means, in Chinese
    toml           covenants as people read and write them
    diseases       disease catalogues, named by hash
    calendar       days, ages, and the instants of monthly rounds
    posix_tz       time zones as rules that fit into a covenant
    due            what a covenant demands now
    closing        wind-down, and the statement that ends a plan
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
