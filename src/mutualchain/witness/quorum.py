"""Trust arithmetic: which quorums a trust file allows, and how many lying witnesses it survives.

Two histories of one log can both be believed if each finds a quorum. An honest witness cosigns one of them only,
so every witness that stands in both quorums must lie. The number that counts is therefore the size of the *smallest
intersection of two quorums*: so many witnesses have to lie together, and one fewer does no harm.

Groups of a trust file form a tree in which each witness stands once, so all figures come by recursion. With k
of n members wanted, c(1) <= c(2) <= ... <= c(n) their figures:

- ``smallest_quorum``       c(1) + ... + c(k): the k cheapest members. A witness costs 1.
- ``smallest_intersection`` Two quorums of the group use k members each, and 2k - n members or more are used by both:
  the 2k - n cheapest intersections, or 0 if 2k <= n. A member used by one of them only adds nothing. A witness: 1.
- ``smallest_blocking``     No quorum is left once n - k + 1 members are unable to agree: the cheapest so many. A
  witness: 1. One fewer witness can be unreachable, whichever it is, without stopping the log.
- ``count``                 minimal quorums: the sum, over all choices of k members, of the product of theirs.

A file with ``quorum none`` believes anything: its quorum has no witness, and so have all intersections.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, islice, product
from typing import Final, TypeAlias

from ..errors import QuorumsDisjoint, UsageError
from ..tlog.trust import Group, TrustFile

__all__ = ["SENTENCES", "QuorumReport", "Said", "check", "examine", "minimal_quorums"]

Said: TypeAlias = tuple[str, dict[str, int | str]]
"""A sentence of SENTENCES by its name, and its values."""
SENTENCES: Final = {
    "none": "The quorum is none: no witness has to have seen a checkpoint.",
    "none-means": "Whoever holds the log's key can show every reader another history.",
    "needs": "The quorum {quorum} needs {needed} of {total} witnesses or more; {sets} smallest sets do.",
    "share": "Two quorums share {shared} or more: {first} on one side, {second} on the other, in both {both}.",
    "share-none": "Two quorums may share none: {first} on one side, {second} on the other.",
    "disjoint": "Two histories can both be believed, and no witness has to lie for it.",
    "one-liar": "One witness that lies, or whose key is stolen, is enough for two histories to be believed.",
    "liars": "Only {shared} witnesses that lie together can make two histories believed; {survived} cannot.",
    "absent": "With {absent} of the witnesses unreachable, whichever they are, a quorum is left.",
    "absent-none": "With all but any one of the witnesses reachable, a quorum may be missing.",
    "unused": "No quorum needs {names}.",
    "disjoint-doubt": "Two quorums need not share a single witness.",
    "few-doubt": "Two quorums may share {shared}, and {lies} may lie: then two histories can be believed.",
    "blocking-doubt": "A single witness that does not answer can stop the log.",
    "unused-doubt": "No quorum needs {names}: the line protects nobody.",
}
"""What is said of a quorum, by name. They read the same for one witness and for many."""
_SHOWN: Final = 8
"""Names of one quorum that a sentence spells out."""


@dataclass(frozen=True)
class QuorumReport:
    """What a trust file's quorum amounts to. Numbers count witnesses; pairs and quorums hold their names in the file.

    ``weakest_pair`` are two quorums that share as few witnesses as two can. ``unused`` are witnesses of the file that
    no quorum needs.
    """

    quorum: str | None
    witnesses: tuple[str, ...]
    smallest_quorum: int
    smallest_intersection: int
    smallest_blocking: int
    count: int
    weakest_pair: tuple[frozenset[str], frozenset[str]]
    unused: tuple[str, ...]

    @property
    def lies_survived(self) -> int:
        """Witnesses that may lie, whichever, with no two histories believed; -1 where even honest ones do not help."""
        return self.smallest_intersection - 1

    @property
    def absences_survived(self) -> int:
        """Witnesses that may be unreachable, whichever they are, with a quorum left."""
        return max(self.smallest_blocking - 1, 0)

    @cached_property
    def said(self) -> tuple[Said, ...]:
        """The arithmetic in words: each a sentence of SENTENCES and its values."""
        if self.quorum is None:
            return ("none", {}), ("none-means", {})
        first, second = self.weakest_pair
        shared = self.smallest_intersection
        pair: dict[str, int | str] = {"shared": shared, "first": _names(first), "second": _names(second)}
        needs: dict[str, int | str] = {
            "quorum": self.quorum,
            "needed": self.smallest_quorum,
            "total": len(self.witnesses),
            "sets": self.count,
        }
        found: list[Said] = [("needs", needs)]
        found.append(("share", {**pair, "both": _names(first & second)}) if shared else ("share-none", pair))
        if shared == 0:
            found.append(("disjoint", {}))
        elif shared == 1:
            found.append(("one-liar", {}))
        else:
            found.append(("liars", {"shared": shared, "survived": self.lies_survived}))
        absent = self.absences_survived
        found.append(("absent", {"absent": absent}) if absent else ("absent-none", {}))
        if self.unused:
            found.append(("unused", {"names": _names(self.unused)}))
        return tuple(found)

    def doubts(self, lies: int = 1) -> tuple[Said, ...]:
        """Why this file should be thought over by who reckons with ``lies`` lying witnesses; as :attr:`said`."""
        found: list[Said] = []
        if self.smallest_intersection == 0:
            found.append(("disjoint-doubt", {}))
        elif self.smallest_intersection <= lies:
            found.append(("few-doubt", {"shared": self.smallest_intersection, "lies": lies}))
        if self.quorum is not None and self.smallest_blocking == 1:
            found.append(("blocking-doubt", {}))
        if self.unused:
            found.append(("unused-doubt", {"names": _names(self.unused)}))
        return tuple(found)

    @property
    def sentences(self) -> tuple[str, ...]:
        """:attr:`said` in English."""
        return tuple(SENTENCES[name].format(**values) for name, values in self.said)

    @property
    def warnings(self) -> tuple[str, ...]:
        """:meth:`doubts` about a file that should survive one lie and one absence, in English."""
        return tuple(SENTENCES[name].format(**values) for name, values in self.doubts())


def examine(trust: TrustFile) -> QuorumReport:
    """The report on ``trust``'s quorum, whatever it is worth. Cost grows with the file, not with its quorums."""
    names = tuple(witness.name for witness in trust.witnesses)
    if trust.quorum is None:
        empty: frozenset[str] = frozenset()
        return QuorumReport(None, (), 0, 0, 0, 1, (empty, empty), names)
    figures = _Figures({group.name: group for group in trust.groups})
    used = figures.members(trust.quorum)
    return QuorumReport(
        trust.quorum,
        tuple(name for name in names if name in used),
        figures.quorum(trust.quorum),
        figures.intersection(trust.quorum),
        figures.blocking(trust.quorum),
        figures.count(trust.quorum),
        figures.weakest_pair(trust.quorum),
        tuple(name for name in names if name not in used),
    )


def check(trust: TrustFile, *, lies: int = 0) -> QuorumReport:
    """The report on a file under which two histories need more than ``lies`` lying witnesses to be both believed.

    Raises QuorumsDisjoint, with the arithmetic, for any other; UsageError for a negative number.
    """
    if lies < 0:
        raise UsageError("a number of lying witnesses is 0 or more", value=lies)
    report = examine(trust)
    if report.lies_survived < lies:
        raise QuorumsDisjoint(
            f"two quorums of this trust file may share {report.smallest_intersection or 'no'} "
            f"witness{'' if report.smallest_intersection < 2 else 'es'}, where more than {lies} must be shared",
            value=" ".join(report.sentences),
        )
    return report


def minimal_quorums(trust: TrustFile, limit: int = 100) -> tuple[frozenset[str], ...]:
    """The first ``limit`` sets of witnesses that are a quorum and need all their members, in the file's order."""
    if trust.quorum is None:
        return (frozenset(),)
    found: dict[str, tuple[frozenset[str], ...]] = {w.name: (frozenset([w.name]),) for w in trust.witnesses}
    for group in trust.groups:
        members = [found.pop(member) for member in group.members]  # each is a member of one group only
        choices = (
            frozenset().union(*parts) for chosen in combinations(members, group.threshold) for parts in product(*chosen)
        )
        found[group.name] = tuple(islice(choices, limit))
        if group.name == trust.quorum:
            break
    return found[trust.quorum]


class _Figures:
    """The figures of every group once, members first: a file names earlier lines only, so nothing recurses deeply."""

    def __init__(self, groups: Mapping[str, Group]) -> None:
        self._groups = groups
        self._quorum: dict[str, int] = {}
        self._intersection: dict[str, int] = {}
        self._blocking: dict[str, int] = {}
        self._count: dict[str, int] = {}
        for group in groups.values():
            k, n = group.threshold, len(group.members)
            self._quorum[group.name] = sum(sorted(map(self.quorum, group.members))[:k])
            self._intersection[group.name] = sum(sorted(map(self.intersection, group.members))[: max(0, 2 * k - n)])
            self._blocking[group.name] = sum(sorted(map(self.blocking, group.members))[: n - k + 1])
            self._count[group.name] = _elementary([self.count(member) for member in group.members], k)

    def quorum(self, name: str) -> int:
        return self._quorum.get(name, 1)

    def intersection(self, name: str) -> int:
        return self._intersection.get(name, 1)

    def blocking(self, name: str) -> int:
        return self._blocking.get(name, 1)

    def count(self, name: str) -> int:
        return self._count.get(name, 1)

    def members(self, name: str) -> set[str]:
        """The witnesses below ``name``."""
        found, open_ends = set(), [name]
        while open_ends:
            here = open_ends.pop()
            if here in self._groups:
                open_ends.extend(self._groups[here].members)
            else:
                found.add(here)
        return found

    def weakest_pair(self, name: str) -> tuple[frozenset[str], frozenset[str]]:
        """Two quorums whose intersection is the smallest there is."""
        both, first, second = [name], [], []  # names that both quorums, or one of them, have to satisfy
        sides: tuple[set[str], set[str]] = (set(), set())
        while both:
            here = both.pop()
            group = self._groups.get(here)
            if group is None:
                sides[0].add(here)
                sides[1].add(here)
                continue
            k, n = group.threshold, len(group.members)
            shared = max(0, 2 * k - n)
            members = sorted(group.members, key=self.intersection)
            rest = members[shared:]
            both += members[:shared]
            first += rest[: k - shared]
            second += rest[len(rest) - (k - shared) :]
        for side, names in zip(sides, (first, second), strict=True):
            while names:
                here = names.pop()
                group = self._groups.get(here)
                if group is None:
                    side.add(here)
                else:
                    names += sorted(group.members, key=self.quorum)[: group.threshold]
        return frozenset(sides[0]), frozenset(sides[1])


def _elementary(values: list[int], k: int) -> int:
    """The sum over all choices of ``k`` of ``values`` of their products."""
    sums = [1] + [0] * k
    for value in values:
        for size in range(k, 0, -1):
            sums[size] += sums[size - 1] * value
    return sums[k]


def _names(names: tuple[str, ...] | frozenset[str]) -> str:
    listed = sorted(names)
    more = len(listed) - _SHOWN
    return ", ".join(listed[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
