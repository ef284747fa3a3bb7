"""What members sign is bound to chain, plan and every word of it."""

from __future__ import annotations

import itertools

from mutualchain.canonical import encode
from mutualchain.covenant.statements import ballot_message, exit_message, join_message, withdrawal_message


def test_a_statement_is_a_tag_and_the_canonical_words() -> None:
    chain, key = bytes(32), bytes([1]) * 32
    words = ["join", key, 3, bytes([2]) * 32, bytes([4]) * 32]
    wanted = b"mutualchain/statement/v1\n" + encode([chain, "demo", words])
    assert join_message(chain, "demo", key, 3, bytes([2]) * 32, bytes([4]) * 32) == wanted


def test_no_two_statements_are_alike() -> None:
    chain = bytes(32)
    made = [
        join_message(chain, "demo", chain, 1, chain, chain),
        join_message(chain, "demo", chain, 2, chain, chain),
        join_message(chain, "other", chain, 1, chain, chain),
        ballot_message(chain, "demo", chain, 1, 2, 1),
        ballot_message(chain, "demo", chain, 1, 2, 0),
        exit_message(chain, "demo", 1, 2, 0),
        exit_message(chain, "demo", 1, 2, 1),
        withdrawal_message(chain, "demo", 1, 2, 3, chain),
        withdrawal_message(chain, "demo", 1, 2, 3, chain, 1),
    ]
    assert all(one != other for one, other in itertools.combinations(made, 2))
