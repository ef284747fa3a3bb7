"""The covenant (互助公约): a plan's rules as data, and the state machine that holds the ledger to them.

The rules as data

    document       the covenant, validated and hashed
    sections       every parameter, section by section
    parameters     how parameters are declared, checked and described
    consistency    rules that contradict one another
    chinese        what each parameter means, in Chinese
    toml           covenants as people read and write them
    diseases       disease catalogues, named by hash
    calendar       days, ages, and the instants of monthly rounds
    posix_tz       time zones as rules that fit into a covenant
    timing         which version is in force when

What is recorded

    acts           typed bodies of a plan's entries
    statements     what members and institutions sign
    statement_reading  a member's statement read back, before she signs it
    signing        whose signatures an entry needs
    facts          the facts of a case, salted, opened one by one

The state, and every change of it

    book           a plan's state and its rules; state: the same, saved and loaded
    members        its columns; sparse, what concerns few members; money, its sums
    stage          a group of events, checked one by one, applied together
    rehearsal      acts of one block, tried one after the other
    replay         recorded sheets applied, with every rule they break
    plan_rules     amendments, money beside the members', refunds
    closing        wind-down, and the statement that ends a plan
    due            what a covenant demands now

Rounds

    apportionment  the share: aid, fee, surplus, headcount
    figures        a round's figures under all of a covenant's rules
    capture        a snapshot of who shares, and the charge rows; row, the same for one member
    announcing     a round's terms at a snapshot
    rounds         the terms and the two equations
    opened         an announced round, row by row
    settling       what a settled round does to the members
    refunds        what comes back of a void case, or of a round
    restitution    all of a member's shares back

Cases and people

    cases          where each case stands; sanctions, votes, treasury statements
    steps          the rules for every step of it
    standing       what facts say: covered or not, how much at most; ages on joining
    ballots        votes, as sheets
    notices        every entry about a member has a row of hers
    member_keys    whose key is in force
    institutions   who vouches, in which role
    erasure        personal data destroyed, and said so

The writer refuses at append what an auditor reports at replay, by the same code.
"""

from .apportionment import Apportionment, apportion

__all__ = ["Apportionment", "apportion"]
