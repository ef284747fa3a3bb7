"""An operator who signs whatever it likes: a chain laid together by hand, with no ledger and no rules in between.

Every log, leaf, counter and row can be said to be anything; everything is hashed and signed as it should be. With no
lie told it makes an honest chain, whose record verifies: the control of all these attacks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mutualchain.block.block import BlockSigner, block_hash, sign_header
from mutualchain.block.entry import CHAIN, Entry, entry_hash
from mutualchain.block.genesis import Genesis
from mutualchain.block.header import ZERO_HASH, Header
from mutualchain.block.plan import EventLeaf, PlanLeaf, SheetLeaf
from mutualchain.covenant.acts import Adoption
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.rounds import RoundTerms
from mutualchain.record.bundle import Logged, RecordBundle, Shown
from mutualchain.record.passport import Passport
from mutualchain.sheet import BuiltSheet, PageProof, Salter, SheetContext, TreeReader, build_sheet, prove_page, table
from mutualchain.sheet import params_hash as hash_of_params
from mutualchain.sheet import schema as schema_of
from mutualchain.tlog import ed25519
from mutualchain.tlog.checkpoint import Checkpoint, sign_checkpoint
from mutualchain.tlog.merkle import inclusion_proof, leaf_hash, root
from mutualchain.tlog.note import Signer
from mutualchain.tlog.trust import Log, TrustFile

from .world import digest

ORIGIN, PLAN = "forge.example/mutual", "demo"
LOG = Signer.from_seed(ORIGIN, b"L" * 32)
TRUST = TrustFile((Log(LOG.verifier),))
COVENANT = Covenant("A plan", prepay=100, max_aid=10_000, fee_bp=800, cap=500)
BLOCK_SEED, RECOVERY_SEED = b"B" * 32, b"R" * 32
SHE, HER_SLOT = Passport(b"h" * 32), 5
HER_KEY = SHE.public_key(ORIGIN, PLAN)
START_MS = 1_700_000_000_000
STATUS = {"paid": 0, "partial": 1, "capped": 2, "exempt": 3, "lapsed": 4, "exited": 5, "waiting": 6}


def signer_of(seed: bytes) -> BlockSigner:
    return BlockSigner(ed25519.public_key_of(seed), lambda message: ed25519.sign(seed, message))


@dataclass(slots=True)
class Recorded:
    """A sheet in the plan's log."""

    leaf: SheetLeaf
    built: BuiltSheet
    params: bytes = b""
    secret: bytes | None = None


@dataclass(slots=True)
class Member:
    """What an honest operator would know of a member."""

    key: bytes
    balance: int
    seq: int = 0
    pending: int = 0
    exited: bool = False


@dataclass(slots=True)
class Forge:
    """A chain in the making. Honest by itself; each call's keyword arguments are the lies."""

    height: int = 0
    time_ms: int = START_MS
    genesis: bytes = b""
    genesis_entry: bytes = b""
    sheets: list[Recorded] = field(default_factory=list)
    entries: list[tuple[EventLeaf, bytes]] = field(default_factory=list)
    chain_entries: list[tuple[EventLeaf, bytes]] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    carried: tuple[int, int] = (0, 0)
    covenant: Covenant = COVENANT
    block_seed: bytes = BLOCK_SEED
    rounds: int = 0

    # --- blocks -----------------------------------------------------------------------------

    def begin(self, **lies: Any) -> None:
        """The genesis block."""
        block_key, recovery = ed25519.public_key_of(BLOCK_SEED), ed25519.public_key_of(RECOVERY_SEED)
        origin, name = lies.get("origin", ORIGIN), lies.get("origin", ORIGIN)
        key = Signer.from_seed(name, b"L" * 32).vkey
        self.genesis_entry = Genesis(origin, key, block_key, recovery, 1_000_000).to_entry().to_bytes()
        one = entry_hash(self.genesis_entry)
        leaf = EventLeaf(0, self.time_ms, 0, one)
        self.chain_entries.append((leaf, self.genesis_entry))
        header = Header(ZERO_HASH, 0, ZERO_HASH, self.time_ms, 1, one, (), 1, digest("plans"))
        header = replace(header, **lies.get("header", {}))
        self.genesis = sign_header(header, [signer_of(lies.get("signer", BLOCK_SEED))]).to_bytes()

    @property
    def chain(self) -> bytes:
        return block_hash(self.genesis)

    def step(self) -> None:
        """The next block is begun."""
        self.height += 1
        self.time_ms += 1000

    # --- things recorded --------------------------------------------------------------------

    def adopt(self, covenant: Covenant | None = None, **lies: Any) -> None:
        """A covenant is adopted."""
        self.step()
        self.covenant = covenant or self.covenant
        self.enter(lies.pop("entry", None) or Adoption(self.covenant.to_bytes()).to_entry(PLAN), **lies)

    def enter(self, entry: Entry, *, height: int | None = None, time_ms: int | None = None, **_: Any) -> None:
        """An entry of the plan, or of the chain, in the block begun."""
        data = entry.to_bytes()
        height, time_ms = self.height if height is None else height, self.time_ms if time_ms is None else time_ms
        leaf = EventLeaf(height, time_ms, 0, entry_hash(data))
        (self.chain_entries if entry.plan == CHAIN else self.entries).append((leaf, data))

    def sheet(self, schema: str, rows: Mapping[str, list[Any]], params: bytes = b"", **lies: Any) -> None:
        """A sheet in the block begun."""
        layout = schema_of(schema)
        number = lies.get("number", self.numbers.get(schema, 0))
        self.numbers[schema] = self.numbers.get(schema, 0) + 1
        plan = lies.get("plan", PLAN)
        hashed = lies.get("params_hash", hash_of_params(params))
        context = SheetContext(self.chain, plan, layout, number, lies.get("first", 0), hashed)
        secret = digest(f"secret {len(self.sheets)}") if layout.sealed else None
        built = build_sheet(context, table(layout, rows), secret)
        leaf = SheetLeaf(lies.get("height", self.height), lies.get("time_ms", self.time_ms), built.descriptor)
        self.sheets.insert(lies.get("position", len(self.sheets)), Recorded(leaf, built, params, secret))

    def enrol(self, *keys: bytes, deposit: int = 1000, **lies: Any) -> None:
        """New members in one sheet."""
        self.step()
        first = lies.pop("first", len(self.members))
        self.members += [Member(key, deposit) for key in keys]
        rows: dict[str, list[Any]] = {
            "key": list(keys),
            "commitment": [digest("commitment")] * len(keys),
            "deposit": [deposit] * len(keys),
            "since_day": [0] * len(keys),
        }
        self.sheet("enrolment/1", rows, first=first, **lies)

    def credit(self, slot: int, amount: int, **lies: Any) -> None:
        """Money in."""
        self.step()
        rows = self._numbered(slot, lies)
        rows |= {"amount": [amount], "reason": [0], "reference": [digest(f"credit {self.height}")]}
        self.members[slot].balance += amount
        self.sheet("credit/1", rows, **lies)

    def withdraw(self, slot: int, amount: int, *, signer: Passport = SHE, **lies: Any) -> None:
        """Money out, signed by ``signer``."""
        self.step()
        rows, reference = self._numbered(slot, lies), digest(f"withdrawal {self.height}")
        told, reason = lies.get("signed_amount", amount), lies.get("signed_reason", 3)
        signature = signer.sign_withdrawal(
            self.chain, ORIGIN, PLAN, slot=slot, seq=rows["seq"][0], amount=told, reference=reference, reason=reason
        )
        rows |= {"amount": [amount], "reason": [3], "reference": [reference], "signature": [signature]}
        self.members[slot].balance -= amount
        self.sheet("withdrawal/1", rows, **lies)

    def leave(self, slot: int, *, signer: Passport = SHE, **lies: Any) -> None:
        """The member leaves, signed by ``signer``."""
        self.step()
        rows = self._numbered(slot, lies)
        signature = signer.sign_exit(self.chain, ORIGIN, PLAN, slot=slot, seq=rows["seq"][0])
        rows |= {"reason": [0], "signature": [signature]}
        self.members[slot].exited = True
        self.sheet("exit/1", rows, **lies)

    def notice(self, slot: int, **lies: Any) -> None:
        """An entry concerns the member."""
        self.step()
        self.sheet("notice/1", self._numbered(slot, lies) | {"entry": [digest("entry")]}, **lies)

    def _numbered(self, slot: int, lies: dict[str, Any]) -> dict[str, list[Any]]:
        member = self.members[slot]
        seq = lies.pop("seq", member.seq)
        if not lies.pop("hidden", False):
            member.seq, member.pending = seq + 1, member.pending + 1
        return {"slot": [lies.pop("slot", slot)], "seq": [seq]}

    # --- rounds -----------------------------------------------------------------------------

    def round(
        self,
        aid: int,
        *,
        between: Callable[[], None] | None = None,
        terms: Mapping[str, Any] | None = None,
        rows: Mapping[int, Mapping[str, int]] | None = None,
        slots: int | None = None,
        as_if: Mapping[int, Mapping[str, Any]] | None = None,
        charged: bool = False,
        **lies: Any,
    ) -> None:
        """A round is opened, then charged. ``terms`` and ``rows`` lie about single figures and single rows.

        ``as_if`` has the whole round computed as if a member were another; ``charged`` charges everybody the share
        that the terms state.
        """
        self.step()
        members = [replace(member, **dict((as_if or {}).get(slot, {}))) for slot, member in enumerate(self.members)]
        members = members[: len(self.members) if slots is None else slots]
        sharing = [member for member in members if member.balance > 0 and not member.exited]
        fee = aid * self.covenant.fee_bp // 10_000
        surplus, deficit = self.carried
        needed = aid + fee + deficit - surplus
        share = max(-(-needed // len(sharing)), 0)
        stated: dict[str, Any] = {
            "number": self.rounds,
            "snapshot_height": self.height - 1,
            "snapshot_time_ms": self.time_ms,
            "covenant_version": 1,
            "covenant_hash": self.covenant.hash,
            "share": share,
            "headcount": len(sharing),
            "aid": aid,
            "fee": fee,
            "surplus_in": surplus,
            "deficit_in": deficit,
            "top_up": 0,
            "cases": (digest(f"case {self.height}"),),
        }
        stated |= terms or {}
        share = stated["share"] if charged else share
        table_rows = [self._charge(member, share) for member in members]
        for slot, row in (rows or {}).items():
            table_rows[slot] |= row
        for member in self.members:
            member.pending = 0
        if between is not None:
            between()
        self.step()
        paid = 0
        for member, row in zip(self.members, table_rows, strict=False):
            member.balance -= row["amount"]
            paid += row["amount"]
        net = paid + surplus - aid - fee - deficit
        self.carried = max(net, 0), max(-net, 0)
        self.rounds += 1
        columns = {name: [row[name] for row in table_rows] for name in ("amount", "status", "events")}
        self.sheet("charge/1", columns, lies.pop("params", None) or RoundTerms(**stated).to_bytes(), **lies)

    def _charge(self, member: Member, share: int) -> dict[str, int]:
        if member.exited:
            amount, status = 0, "exited"
        elif member.balance <= 0:
            amount, status = 0, "lapsed"
        else:
            amount, status = min(share, member.balance), "paid" if member.balance >= share else "partial"
        return {"amount": amount, "status": STATUS[status], "events": member.pending}

    # --- the record ---------------------------------------------------------------------------

    def record(
        self,
        slot: int = HER_SLOT,
        *,
        leave_out: Callable[[Recorded], bool] = lambda _: False,
        plan: Mapping[str, Any] | None = None,
        head: Mapping[str, Any] | None = None,
        head_entries: tuple[Entry, ...] = (),
        head_seed: bytes | None = None,
        keys: tuple[str, ...] = ("block_key", "block_key_recovery"),
        covenants: tuple[str, ...] = ("plan",),
        states: Callable[[list[PlanLeaf]], list[PlanLeaf]] = list,
        shown: Callable[[list[bytes]], list[bytes]] = list,
    ) -> bytes:
        """The record of ``slot``, showing all that the chain holds of her but what is to be left out.

        ``states`` makes of the honest states of chain and plan those that the last block commits to, and ``shown``
        of these those that the file shows.
        """
        self.step()
        for entry in head_entries:
            self.enter(entry)
        hashes = [leaf_hash(item.leaf.to_bytes()) for item in self.sheets]
        state = PlanLeaf(
            PLAN,
            1,
            self.covenant.hash,
            len(self.members),
            tuple(sorted(self.numbers.items())),
            len(self.sheets),
            root(hashes),
            len(self.entries),
            root([leaf_hash(leaf.to_bytes()) for leaf, _ in self.entries]),
        )
        state = replace(state, **(plan or {}))
        log = [leaf_hash(leaf.to_bytes()) for leaf, _ in self.chain_entries]
        of_chain = PlanLeaf(CHAIN, 0, ZERO_HASH, 0, (), 0, root([]), len(log), root(log))
        leaves = [leaf.to_bytes() for leaf in states([of_chain, state])]
        count, plans = len(leaves), root([leaf_hash(data) for data in leaves])
        header = Header(self.chain, self.height, digest("previous"), self.time_ms, 0, root([]), (), count, plans)
        header = replace(header, **(head or {}))
        block = sign_header(header, [signer_of(head_seed or self.block_seed)]).to_bytes()
        blocks = [self.chain, *(digest(f"block {n}") for n in range(1, self.height)), block_hash(block)]
        note = sign_checkpoint(Checkpoint(ORIGIN, len(blocks), root(blocks)), [LOG])
        enrolment, before, rounds, events = self._hers(slot, leave_out)
        return RecordBundle(
            note,
            (self.genesis, self.genesis_entry, inclusion_proof(blocks, 0)),
            (block, inclusion_proof(blocks, self.height)),
            (),
            tuple(shown(leaves)),
            PLAN,
            tuple(self._entries(self.chain_entries, *keys)),
            tuple(self._entries(self.entries, *covenants)),
            slot,
            enrolment,
            before,
            tuple(rounds),
            tuple(events),
        ).to_bytes()

    def _entries(self, log: list[tuple[EventLeaf, bytes]], *kinds: str) -> list[Logged]:
        hashes = [leaf_hash(leaf.to_bytes()) for leaf, _ in log]
        return [
            Logged(at, leaf.to_bytes(), inclusion_proof(hashes, at), data)
            for at, (leaf, data) in enumerate(log)
            if Entry.from_bytes(data).kind in kinds
        ]

    def _logged(self, at: int) -> Logged:
        hashes = [leaf_hash(item.leaf.to_bytes()) for item in self.sheets]
        return Logged(at, self.sheets[at].leaf.to_bytes(), inclusion_proof(hashes, at), self.sheets[at].params)

    def _shown(self, at: int, row: int) -> Shown:
        logged = self._logged(at)
        if self.sheets[at].leaf.descriptor.schema.name != "charge/1":
            logged = replace(logged, body=b"")
        return Shown(logged, self.page(at, row))

    def page(self, at: int, row: int) -> PageProof:
        """The proof of the page with a row of the sheet at a position."""
        item = self.sheets[at]
        descriptor = item.leaf.descriptor
        layout, tiles = descriptor.schema, {(level, number): data for level, number, data in item.built.tiles}
        reader = TreeReader(descriptor, self.chain, lambda level, number: tiles[level, number])
        index = row // layout.page_rows
        start = index * layout.page_bytes
        page = b"".join(item.built.bundles)[start : start + layout.page_bytes]
        salt = b"" if item.secret is None else Salter(descriptor.context(self.chain), item.secret).salt(index)
        return prove_page(reader, index, page, salt)

    def _hers(
        self, slot: int, leave_out: Callable[[Recorded], bool]
    ) -> tuple[Shown, Logged | None, list[Shown], list[Shown]]:
        enrolment: Shown | None = None
        before: Logged | None = None
        rounds, events = [], []
        for at, item in enumerate(self.sheets):
            descriptor = item.leaf.descriptor
            if leave_out(item):
                continue
            if descriptor.schema.name == "enrolment/1":
                if enrolment is None and descriptor.first <= slot < descriptor.first + descriptor.rows:
                    enrolment = self._shown(at, slot - descriptor.first)
            elif descriptor.schema.name == "charge/1":
                if descriptor.rows > slot:
                    rounds.append(self._shown(at, slot))
                else:
                    before = self._logged(at)
            elif int.from_bytes(b"".join(item.built.bundles)[:4], "little") == slot:
                events.append(self._shown(at, 0))
        assert enrolment is not None
        return enrolment, before, rounds, events


STEPS = (
    "begin", "adopt", "first", "round0", "second", "credit", "round1", "withdraw", "others", "round2", "tail",
)  # fmt: skip


def tell(forge: Forge | None = None, **lies: Any) -> Forge:
    """The whole story, honest but for the ``lies`` told at named steps; a callable is done in place of its step."""
    forge = forge or Forge()
    keys = [Passport(digest(f"member {slot}")).public_key(ORIGIN, PLAN) for slot in range(7)]
    keys[HER_SLOT] = HER_KEY
    honest: dict[str, Callable[..., None]] = {
        "begin": forge.begin,
        "adopt": forge.adopt,
        "first": lambda **told: forge.enrol(*keys[:4], **told),
        "round0": lambda **told: forge.round(200, **told),
        "second": lambda **told: forge.enrol(*keys[4:], **told),
        "credit": lambda **told: forge.credit(HER_SLOT, 300, **told),
        "round1": lambda **told: forge.round(710, **told),
        "withdraw": lambda **told: forge.withdraw(HER_SLOT, 50, **told),
        "others": lambda **told: forge.credit(1, 20, **told),
        "round2": lambda **told: forge.round(500, **told),
        "tail": lambda **told: forge.credit(HER_SLOT, 40, **told),
    }
    assert set(lies) <= set(STEPS)
    for step in STEPS:
        lie = lies.get(step, {})
        if callable(lie):
            lie(forge)
        else:
            honest[step](**lie)
    return forge
