"""A disclosure whose chain breaks a rule convicts its operator; true ones, edited ones and others' convict nobody."""

from __future__ import annotations

import copy
import random
from functools import cache

import pytest

from mutualchain.covenant.acts import Approval
from mutualchain.disclosure.bundle import DisclosureBundle
from mutualchain.errors import MutualchainError, NobodyConvicted, NoteUnverified, NotEvidence
from mutualchain.evidence import disclosure_evidence, verify_evidence
from mutualchain.evidence.bundle import DisclosureEvidence, parse_evidence
from mutualchain.tlog.trust import TrustFile
from tests.disclosure.test_bytes import mutate
from tests.disclosure.tools import begun, disclosed, file_of, story
from tests.ledger.casework import AID
from tests.ledger.world import TRUST
from tests.record.forge import TRUST as OTHER
from tests.record.tools import file_of as file_with
from tests.record.tools import tree_of
from tests.spec.second import Refused, Trust
from tests.spec.second_evidence import evidence as second


@cache
def broken() -> bytes:
    """A case approved within the objection window."""
    work = begun()
    case = disclosed(work)
    work.forge(Approval(case, AID))
    return file_of(work, case)


def told(data: bytes, trust: TrustFile = TRUST) -> str:
    """The code of both verifiers, who agree; empty for a conviction."""
    try:
        found = verify_evidence(data, trust)
        code = ""
    except MutualchainError as error:
        code = error.code
    file = trust.format()
    try:
        finding, convicted = second(data, Trust(file), file)
        assert not code
        assert (finding, convicted) == (found.finding, [party.name for party in found.convicted])
    except Refused:
        assert code
    return code


def test_a_disclosure_that_breaks_a_rule_convicts_its_operator() -> None:
    data = disclosure_evidence(broken(), TRUST)
    found = verify_evidence(data, TRUST)
    assert (found.kind, found.finding) == ("disclosure", "record")
    assert "cases.objection_days" in found.sentence()
    assert parse_evidence(data).to_bytes() == data
    assert told(data) == ""


def test_a_true_disclosure_convicts_nobody() -> None:
    work, case = story()
    data = file_of(work, case)
    with pytest.raises(NotEvidence):
        disclosure_evidence(data, TRUST)
    assert told(DisclosureEvidence(data).to_bytes()) == NotEvidence.code


def test_who_did_not_sign_is_not_convicted() -> None:
    with pytest.raises((NobodyConvicted, NoteUnverified)):
        disclosure_evidence(broken(), OTHER)


def test_a_true_disclosure_edited_at_random_never_convicts() -> None:
    work, case = story()
    chance, origin = random.Random("evidence"), tree_of(file_of(work, case))
    for _ in range(300):
        tree = copy.deepcopy(origin)
        mutate(chance, tree)
        try:
            data = file_with(tree, "disclosure")
        except (MutualchainError, OverflowError, ValueError, TypeError):
            continue
        assert told(DisclosureEvidence(data).to_bytes())


def test_the_file_is_shown_whole_so_that_anybody_can_read_the_case() -> None:
    found = parse_evidence(disclosure_evidence(broken(), TRUST))
    assert isinstance(found, DisclosureEvidence)
    assert DisclosureBundle.from_bytes(found.disclosure).case
