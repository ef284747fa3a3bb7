"""The honest chain that the tests damage: three rounds with everything that members do, and what stands where."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from mutualchain.archive.packing import pack, unpack
from mutualchain.audit import AuditReport, audit_ledger
from mutualchain.store import MemoryStore, Store
from tests.audit.operator import Operator, np_flip, trust


@dataclass(frozen=True)
class Story:
    """Heights of the blocks by what they hold, and everything stored."""

    at: dict[str, int]
    pairs: tuple[tuple[bytes, bytes], ...]
    head: bytes
    operator: Operator


MEMBERS = 300


@cache
def story() -> Story:
    operator = Operator(fee_bp=800)
    at = {"genesis": 0, "adoption": 1}
    at["one"] = operator.enrol([1_000])
    at["many"] = operator.enrol([100 + slot % 7 * 50 for slot in range(MEMBERS)])
    at["credit"] = operator.credit([(3, 700), (5, 40), (3, 1)])
    at["withdrawal"] = operator.withdraw(0, 250)
    first = operator.case(4, 20_000)
    at["case"] = operator.height
    at["opening 1"] = operator.open([first])
    at["between"] = operator.credit([(7, 60)])
    at["charge 1"] = operator.settle()
    at["payout"] = operator.pay(first, 20_000)
    at["anchor"] = operator.anchor()
    at["exit"] = operator.leave(2)
    operator.adopt("other", fee_bp=0)
    operator.enrol([500, 500, 90_000], plan="other")
    second = operator.case(9, 12_345)
    third = operator.case(1, 999, plan="other")
    at["opening 2"] = operator.open([second])
    at["charge 2"] = operator.settle()
    at["charge other"] = operator.round([third], plan="other")
    operator.pay(second, 2_345)
    operator.enrol([100, 100])
    fourth = operator.case(11, 30_000)
    at["opening 3"] = operator.open([fourth])
    at["charge 3"] = operator.settle()
    at["last"] = operator.credit([(slot, 10) for slot in range(20, 40)])
    with operator.store.read() as reader:
        head = reader.head()
        assert head is not None
        return Story(at, tuple(reader.scan(b"", b"\xff")), head, operator)


class Copy:
    """A copy of the story's store, to be damaged."""

    def __init__(self, source: Story | None = None) -> None:
        source = source or story()
        self.data = dict(source.pairs)
        self.head = source.head

    def flip(self, key: bytes, at: int = -1, bit: int = 1) -> None:
        self.data[key] = np_flip(self.data[key], at, bit)

    def remove(self, key: bytes) -> None:
        del self.data[key]

    def edit_bundle(self, key: bytes, size: int, at: int, value: int) -> None:
        """Change one byte of a bundle's rows, and compress it again."""
        rows = bytearray(unpack(self.data[key], size))
        assert rows[at] != value
        rows[at] = value
        self.data[key] = pack(bytes(rows))

    def store(self) -> MemoryStore:
        store = MemoryStore()
        with store.write(None) as writer:
            for key, value in self.data.items():
                writer.put(key, value)
            writer.set_head(self.head)
        return store

    def audit(self) -> AuditReport:
        return audit_ledger(self.store(), trust())


def audit(source: Operator | Store) -> AuditReport:
    return audit_ledger(source.store if isinstance(source, Operator) else source, trust())


def shown(report: AuditReport) -> list[tuple[str, str]]:
    return [(finding.code, finding.place) for finding in report.findings]
