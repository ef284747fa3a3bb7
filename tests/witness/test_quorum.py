"""Trust arithmetic against brute force, on every small shape of nested groups that Hypothesis finds, and in words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.errors import QuorumsDisjoint, UsageError
from mutualchain.tlog.cosignature import CosignatureSigner
from mutualchain.tlog.note import Signer
from mutualchain.tlog.trust import Group, Log, TrustFile, Witness
from mutualchain.witness.quorum import check, examine, minimal_quorums

LOG = Log(Signer.from_seed("example.com/log", bytes(range(32))).verifier)
WITNESSES = tuple(
    Witness(f"w{number}", CosignatureSigner.from_seed(f"w{number}.example.net", bytes([number]) * 32).verifier)
    for number in range(1, 10)
)


def trust(groups: list[tuple[str, int, str]], quorum: str | None, witnesses: int = 9) -> TrustFile:
    made = tuple(Group(name, threshold, tuple(members.split())) for name, threshold, members in groups)
    return TrustFile((LOG,), WITNESSES[:witnesses], made, quorum)


def k_of_n(k: int, n: int) -> TrustFile:
    return trust([("g", k, " ".join(f"w{number}" for number in range(1, n + 1)))], "g", n)


@st.composite
def trust_files(draw: st.DrawFn) -> TrustFile:
    """Witnesses and groups joined at random until one group is left, or not quite."""
    count = draw(st.integers(1, 8))
    free = [witness.name for witness in WITNESSES[:count]]
    groups = []
    for number in range(draw(st.integers(0, 5))):
        members = draw(st.lists(st.sampled_from(free), min_size=1, max_size=5, unique=True))
        groups.append((f"g{number}", draw(st.integers(1, len(members))), " ".join(members)))
        free = [name for name in free if name not in members] + [f"g{number}"]
    return trust(groups, draw(st.sampled_from(free[::-1])), count)


def satisfied(file: TrustFile, names: frozenset[str]) -> bool:
    seen = set(names)
    for group in file.groups:
        if sum(member in seen for member in group.members) >= group.threshold:
            seen.add(group.name)
    return file.quorum is None or file.quorum in seen


def subsets(file: TrustFile) -> Iterator[frozenset[str]]:
    names = [witness.name for witness in file.witnesses]
    sizes = (combinations(names, size) for size in range(len(names) + 1))
    return map(frozenset, chain.from_iterable(sizes))


@given(trust_files())
def test_every_figure_is_what_trying_all_sets_gives(file: TrustFile) -> None:
    everyone = frozenset(witness.name for witness in file.witnesses)
    quorums = [names for names in subsets(file) if satisfied(file, names)]
    minimal = {names for names in quorums if not any(other < names for other in quorums)}
    report = examine(file)
    assert set(minimal_quorums(file)) == minimal
    assert len(minimal_quorums(file)) == report.count == len(minimal)
    assert report.smallest_quorum == min(map(len, quorums))
    assert report.smallest_intersection == min(len(a & b) for a in minimal for b in minimal)
    assert report.smallest_blocking == min(
        len(names) for names in subsets(file) if not satisfied(file, everyone - names)
    )
    assert set(report.witnesses) == frozenset().union(*minimal)
    assert set(report.unused) == everyone - set(report.witnesses)
    first, second = report.weakest_pair
    assert satisfied(file, first)
    assert satisfied(file, second)
    assert len(first & second) == report.smallest_intersection


@given(trust_files())
def test_liars_below_the_smallest_intersection_never_make_two_histories_believed(file: TrustFile) -> None:
    report = examine(file)
    minimal = minimal_quorums(file)
    split = {len(liars) for liars in subsets(file) if any((a & b) <= liars for a in minimal for b in minimal)}
    assert min(split) == report.smallest_intersection == report.lies_survived + 1


@pytest.mark.parametrize(
    ("k", "n", "intersection", "blocking"),
    [(1, 1, 1, 1), (1, 2, 0, 2), (2, 2, 2, 1), (2, 3, 1, 2), (3, 4, 2, 2), (3, 5, 1, 3), (4, 5, 3, 2), (5, 9, 1, 5)],
)  # fmt: skip
def test_plain_thresholds(k: int, n: int, intersection: int, blocking: int) -> None:
    report = examine(k_of_n(k, n))
    assert (report.smallest_quorum, report.smallest_intersection, report.smallest_blocking) == (
        k,
        intersection,
        blocking,
    )
    assert report.absences_survived == n - k


def test_a_file_of_a_thousand_witnesses_and_deep_groups_takes_no_time() -> None:
    names = " ".join(f"w{number}" for number in range(1, 10))
    groups = [("g0", 5, names)] + [(f"g{number}", 1, f"g{number - 1}") for number in range(1, 1_000)]
    report = examine(trust(groups, "g999"))
    assert (report.smallest_intersection, report.count) == (1, 126)
    assert len(minimal_quorums(trust(groups, "g999"), 7)) == 7
    many = tuple(
        Witness(f"x{number}", CosignatureSigner.from_seed("x", number.to_bytes(32, "big")).verifier)
        for number in range(1, 301)
    )
    file = TrustFile((LOG,), many, (Group("g", 201, tuple(witness.name for witness in many)),), "g")
    assert examine(file).smallest_intersection == 102
    assert examine(file).count > 10**80


def test_a_file_with_two_disjoint_quorums_is_refused_with_the_arithmetic() -> None:
    file = trust([("left", 2, "w1 w2"), ("right", 2, "w3 w4"), ("either", 1, "left right")], "either", 4)
    with pytest.raises(QuorumsDisjoint) as raised:
        check(file)
    assert "may share no witness" in raised.value.message
    assert "w1, w2 on one side, w3, w4 on the other" in str(raised.value.value)


def test_a_file_whose_quorums_barely_touch_is_warned_about_or_refused_as_asked() -> None:
    report = check(k_of_n(3, 5))
    assert report.warnings == ("Two quorums may share 1, and 1 may lie: then two histories can be believed.",)
    assert report.doubts(0) == ()
    with pytest.raises(QuorumsDisjoint):
        check(k_of_n(3, 5), lies=1)
    assert check(k_of_n(4, 5), lies=2).warnings == ()
    with pytest.raises(UsageError):
        check(k_of_n(4, 5), lies=-1)


def test_the_arithmetic_in_words() -> None:
    assert examine(k_of_n(4, 5)).sentences == (
        "The quorum g needs 4 of 5 witnesses or more; 5 smallest sets do.",
        "Two quorums share 3 or more: w1, w2, w3, w4 on one side, w1, w2, w3, w5 on the other, in both w1, w2, w3.",
        "Only 3 witnesses that lie together can make two histories believed; 2 cannot.",
        "With 1 of the witnesses unreachable, whichever they are, a quorum is left.",
    )
    words = " ".join(examine(k_of_n(2, 2)).sentences)
    assert "With all but any one of the witnesses reachable, a quorum may be missing." in words
    assert "A single witness that does not answer can stop the log." in examine(k_of_n(2, 2)).warnings


def test_no_quorum_is_said_to_be_none() -> None:
    report = examine(trust([], None, 3))
    assert (report.lies_survived, report.absences_survived, report.count) == (-1, 0, 1)
    assert "The quorum is none" in report.sentences[0]
    assert report.unused == ("w1", "w2", "w3")
    assert minimal_quorums(trust([], None, 3)) == (frozenset(),)
    with pytest.raises(QuorumsDisjoint):
        check(trust([], None, 3))


def test_a_quorum_of_one_witness_and_witnesses_that_no_quorum_needs() -> None:
    report = check(trust([], "w2", 3))
    assert (report.witnesses, report.unused) == (("w2",), ("w1", "w3"))
    assert len(report.warnings) == 3
    assert "No quorum needs w1, w3." in report.sentences
