"""The library and the second verifier, written from SPEC.md, convict the same of the same; and the golden files."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mutualchain.errors import MutualchainError
from mutualchain.evidence import verify_evidence
from mutualchain.record import frame
from mutualchain.tlog.trust import TrustFile
from tests.golden import load
from tests.spec.second import Refused, Trust
from tests.spec.second_evidence import evidence

from .cases import Case, all_cases
from .test_forged import at, places, replacements, thawed
from .test_verify import NOTHING, RULES, UNREADABLE, WIDER
from .tools import CHAIN_TRUST, TRUST

CASES = {case.name: case for case in all_cases()}


def library(data: bytes, trust: TrustFile) -> tuple[str, list[str]] | str:
    try:
        found = verify_evidence(data, trust)
    except MutualchainError as error:
        return error.code
    return found.finding, [party.name for party in found.convicted]


def second(data: bytes, trust: TrustFile) -> tuple[str, list[str]] | str:
    file = trust.format()
    try:
        return evidence(data, Trust(file), file)
    except Refused as refused:
        return refused.code


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_both_convict_of_the_same(case: Case) -> None:
    assert second(case.data, case.trust) == library(case.data, case.trust) == (case.finding, list(case.convicted))


OTHERS = [(name, data, WIDER) for name, data, _ in NOTHING]
OTHERS += [(name, data, CHAIN_TRUST) for name, data, _ in RULES]
OTHERS += [(name, data, TRUST) for name, data, _ in UNREADABLE]


@pytest.mark.parametrize(("data", "trust"), [case[1:] for case in OTHERS], ids=[case[0] for case in OTHERS])
def test_both_refuse_what_is_none_with_one_code(data: bytes, trust: TrustFile) -> None:
    found = library(data, trust)
    assert isinstance(found, str)
    assert second(data, trust) == found


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_both_say_the_same_of_changed_evidence(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from([case for case in CASES.values() if case.finding != "record"]))
    value = copy.deepcopy(thawed(frame.unwrap(frame.EVIDENCE, case.data)))
    path = data.draw(st.sampled_from(list(places(value))))
    at(value, path[:-1])[path[-1]] = data.draw(replacements(at(value, path)))
    file = frame.wrap(frame.EVIDENCE, value)
    found, other = library(file, case.trust), second(file, case.trust)
    convicts = [isinstance(verdict, tuple) for verdict in (found, other)]
    assert convicts[0] == convicts[1], (found, other)
    if convicts[0]:
        assert found == other


def test_golden_evidence_is_read_for_ever() -> None:
    stored: dict[str, Any] = load("evidence")
    assert stored
    for name, item in stored.items():
        content = bytes.fromhex(item["content"])
        trust = item["trust"].encode()
        from mutualchain.canonical import decode
        from mutualchain.tlog.trust import parse

        file = frame.wrap(frame.EVIDENCE, decode(content, max_size=1 << 24))
        found = verify_evidence(file, parse(trust))
        assert (found.finding, [party.name for party in found.convicted]) == (item["finding"], item["convicted"]), name
        assert evidence(file, Trust(trust), trust) == (item["finding"], item["convicted"])
