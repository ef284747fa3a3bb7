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
from mutualchain.covenant.acts import Act, Adoption, Amendment
from mutualchain.covenant.ballots import ballot_params
from mutualchain.covenant.calendar import DAY_MS
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.figures import figures, least_top_up
from mutualchain.covenant.refunds import RefundTerms
from mutualchain.covenant.rounds import RoundTerms
from mutualchain.covenant.statements import act_message, ballot_message
from mutualchain.errors import ShareAboveCap
from mutualchain.record.bundle import Logged, RecordBundle, Shown, ShownRefund, ShownRound
from mutualchain.record.covenants import COVENANTS
from mutualchain.record.passport import Passport, member_seed
from mutualchain.sheet import BuiltSheet, PageProof, Salter, SheetContext, TreeReader, build_sheet, prove_page, table
from mutualchain.sheet import params_hash as hash_of_params
from mutualchain.sheet import schema as schema_of
from mutualchain.tlog import ed25519
from mutualchain.tlog.checkpoint import Checkpoint, sign_checkpoint
from mutualchain.tlog.lineage import Lineage
from mutualchain.tlog.merkle import inclusion_proof, leaf_hash, root
from mutualchain.tlog.note import Signer
from mutualchain.tlog.trust import Log, TrustFile

from .tools import digest

ORIGIN, PLAN = "forge.example/mutual", "demo"
LOG = Signer.from_seed(ORIGIN, b"L" * 32)
TRUST = TrustFile((Log(LOG.verifier),))
COVENANT = Covenant.simple("A plan", prepay=100, max_aid=10_000, fee_bp=800, cap=500)
BLOCK_SEED, RECOVERY_SEED = b"B" * 32, b"R" * 32
SHE, HER_SLOT = Passport(b"h" * 32), 5
HER_KEY = SHE.public_key(ORIGIN, PLAN)
START_MS = 1_700_000_000_000
STATUS = {"paid": 0, "partial": 1, "capped": 2, "exempt": 3, "lapsed": 4, "exited": 5, "waiting": 6}


def ruled(section: str, covenant: Covenant = COVENANT, **rules: Any) -> Covenant:
    """A covenant with other rules in one section."""
    return replace(covenant, **{section: replace(getattr(covenant, section), **rules)})


def sign_with(passport: Passport, message: bytes) -> bytes:
    """A member's signature on anything."""
    return ed25519.sign(member_seed(passport.seed, ORIGIN, PLAN, 0), message)


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
    carried: int = 0
    restituted: int = 0
    headcount: int = 0
    covenant: Covenant = COVENANT
    versions: list[Covenant] = field(default_factory=list)
    paid: dict[int, list[int]] = field(default_factory=dict)
    terms: dict[int, RoundTerms] = field(default_factory=dict)
    announcements: dict[int, int] = field(default_factory=dict)
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
        self.versions.append(self.covenant)
        self.enter(lies.pop("entry", None) or Adoption(self.covenant.to_bytes()).to_entry(PLAN), **lies)

    def amend(self, covenant: Covenant, *, days: int | None = None, **lies: Any) -> None:
        """The covenant is amended, and the notice passes."""
        self.step()
        days = self.covenant.amendments.notice_days if days is None else days
        version, effective = lies.pop("version", len(self.versions) + 1), self.time_ms + days * DAY_MS
        act = Amendment(covenant.to_bytes(), version, lies.pop("effective_ms", effective), lies.pop("proposal", b""))
        self.enter(act.to_entry(PLAN), **lies)
        self.versions.append(covenant)
        self.covenant = covenant
        self.wait(days)

    def wait(self, days: int) -> None:
        """Days pass."""
        self.time_ms += days * DAY_MS

    def enter(self, entry: Entry, *, height: int | None = None, time_ms: int | None = None, **_: Any) -> bytes:
        """An entry of the plan, or of the chain, in the block begun; returns its hash."""
        data = entry.to_bytes()
        height, time_ms = self.height if height is None else height, self.time_ms if time_ms is None else time_ms
        leaf = EventLeaf(height, time_ms, 0, entry_hash(data))
        (self.chain_entries if entry.plan == CHAIN else self.entries).append((leaf, data))
        return leaf.entry_hash

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
        reason = lies.pop("reason", 0)
        rows |= {"amount": [amount], "reason": [reason], "reference": [digest(f"credit {self.height}")]}
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

    def tell(self, slot: int, act: Act, **lies: Any) -> bytes:
        """An entry that concerns the member, and the notice that names it; returns the entry's hash."""
        if not lies.pop("same_block", False):
            self.step()
        named = self.enter(act.to_entry(PLAN))
        if lies.pop("later", False):
            self.step()
        if lies.pop("notice", True):
            rows = self._numbered(slot, lies) | {"entry": [lies.pop("entry", named)]}
            self.sheet("notice/1", rows, **lies)
        return named

    def signed(self, act: Act, signer: Passport = SHE, **signatures: Passport) -> Act:
        """An act with the signature of ``signer``, and others by field."""
        message = act_message(self.chain, PLAN, act)
        made = {"signature": signer} | signatures if "signature" in act.SIGNED else signatures
        return replace(act, **{name: sign_with(one, message) for name, one in made.items()})

    def correct(self, slot: int, amount: int, corrects: int, **lies: Any) -> None:
        """A wrong credit is taken back."""
        self.step()
        rows = self._numbered(slot, lies) | {"amount": [amount], "corrects": [corrects]}
        self.members[slot].balance -= amount
        self.sheet("correction/1", rows, **lies)

    def vote(self, slot: int, subject: bytes, vote: int, *, signer: Passport = SHE, **lies: Any) -> None:
        """A juror votes."""
        self.step()
        rows = self._numbered(slot, lies)
        message = ballot_message(self.chain, PLAN, subject, slot, rows["seq"][0], lies.pop("signed_vote", vote))
        rows |= {"vote": [vote], "signature": [sign_with(signer, message)]}
        self.sheet("ballot/1", rows, lies.pop("params", ballot_params(subject)), **lies)

    def refund(self, number: int, at: int = 0, **lies: Any) -> None:
        """A case of a round is void, and its part given back to everybody."""
        self.step()
        terms = self.terms[number]
        made = RefundTerms.of(terms, self.versions[terms.covenant_version - 1], terms.cases[at])
        made = replace(made, **lies.pop("terms", {}))
        amounts = [made.amount(amount) for amount in self.paid[number]]
        for slot, amount in lies.pop("amounts", {}).items():
            amounts[slot] = amount
        for member, amount in zip(self.members, amounts, strict=False):
            member.balance += amount
        self.carried -= sum(amounts)
        amounts = amounts[: lies.pop("rows", len(amounts))]
        self.sheet("refund/1", {"amount": amounts}, lies.pop("params", None) or made.to_bytes(), **lies)

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
        cases: tuple[tuple[bytes, int], ...] = (),
        **lies: Any,
    ) -> None:
        """A round is opened, then charged. ``terms`` and ``rows`` lie about single figures and single rows.

        ``as_if`` has the whole round computed as if a member were another; ``charged`` charges everybody the share
        that the terms state.
        """
        self.step()
        members = [replace(member, **dict((as_if or {}).get(slot, {}))) for slot, member in enumerate(self.members)]
        members = members[: len(self.members) if slots is None else slots]
        cases = cases or ((digest(f"case {self.height}"), aid),)
        stated = self._terms(members, cases) | dict(terms or {})
        share = stated["share"]
        rows_of = [self._charge(member, share if charged else self._share(members, cases)) for member in members]
        for slot, row in (rows or {}).items():
            rows_of[slot] |= row
        for member in self.members:
            member.pending = 0
        params = lies.pop("params", None) or RoundTerms(**stated).to_bytes()
        announced = Entry(PLAN, "round", {"terms": lies.pop("announced", params)})
        self.announcements[self.rounds] = len(self.entries)
        self.enter(announced, **lies.pop("entry", {}))
        if between is not None:
            between()
        self.step()
        self.wait(lies.pop("days", 0))
        paid = [row["amount"] for row in rows_of]
        for member, amount in zip(self.members, paid, strict=False):
            member.balance -= amount if self.covenant.sharing.funding != "mandate" else 0
        honest = self._terms(members, cases)
        self.carried += sum(paid) - honest["aid"] - honest["fee"] + honest["top_up"]
        self.paid[self.rounds], self.terms[self.rounds] = paid, RoundTerms(**stated)
        self.headcount, self.restituted = honest["headcount"], 0
        self.rounds += 1
        columns = {name: [row[name] for row in rows_of] for name in ("amount", "status", "events")}
        self.sheet("charge/1", columns, params, **lies)

    def _terms(self, members: list[Member], cases: tuple[tuple[bytes, int], ...]) -> dict[str, Any]:
        """What an honest operator would announce."""
        sharing = [member for member in members if self._charge(member, 1)["status"] <= STATUS["capped"]]
        previous = self.covenant.sharing.divisor == "previous_headcount" and self.headcount
        divisor = previous or len(sharing)
        aids, carry = [aid for _, aid in cases], {"surplus": max(self.carried, 0), "deficit": max(-self.carried, 0)}
        least = least_top_up(self.covenant, aids, divisor, **carry)
        try:
            found = figures(self.covenant, aids, len(sharing), divisor, top_up=least, **carry)
        except ShareAboveCap:  # this operator cares for no cap
            free = ruled("sharing", self.covenant, cap_case=0, cap_round=0, above_cap="refuse")
            found = figures(free, aids, len(sharing), divisor, top_up=least, **carry)
        return {
            "number": self.rounds,
            "snapshot_height": self.height - 1,
            "snapshot_time_ms": self.time_ms,
            "covenant_version": len(self.versions),
            "covenant_hash": self.covenant.hash,
            "share": found.share,
            "headcount": len(sharing),
            "divisor": divisor,
            "aid": sum(aids),
            "fee": found.fee,
            "surplus_in": carry["surplus"],
            "deficit_in": carry["deficit"],
            "top_up": least,
            "restituted": self.restituted,
            "shared": cases,
        }

    def give_back(self, amount: int, missing: int | None = None) -> None:
        """Members ill in the waiting period get ``amount``; so much less is carried, or what is ``missing``."""
        self.restituted += amount
        self.carried -= amount if missing is None else missing

    def _share(self, members: list[Member], cases: tuple[tuple[bytes, int], ...]) -> int:
        return int(self._terms(members, cases)["share"])

    def _charge(self, member: Member, share: int) -> dict[str, int]:
        if member.exited:
            amount, status = 0, "exited"
        elif self.covenant.sharing.funding != "prepaid":
            amount, status = share, "paid"
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
        covenants: tuple[str, ...] = COVENANTS,
        hidden: Callable[[Entry], bool] = lambda _: False,
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
            len(self.versions),
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
        enrolment, before, rounds, refunds, events = self._hers(slot, leave_out)
        named = {bytes(event.page.page[8:40]) for event in events if self._schema(event) == "notice/1"}
        return RecordBundle(
            note,
            (self.genesis, self.genesis_entry, inclusion_proof(blocks, 0)),
            (block, inclusion_proof(blocks, self.height)),
            Lineage(),
            tuple(shown(leaves)),
            PLAN,
            tuple(self._entries(self.chain_entries, lambda entry: entry.kind in keys)),
            tuple(self._entries(self.entries, lambda entry: entry.kind in covenants and not hidden(entry))),
            slot,
            enrolment,
            before,
            tuple(rounds),
            tuple(refunds),
            tuple(events),
            tuple(
                self._entries(self.entries, lambda entry: entry_hash(entry.to_bytes()) in named and not hidden(entry))
            ),
        ).to_bytes()

    def _schema(self, event: Shown) -> str:
        return SheetLeaf.from_bytes(event.logged.leaf).descriptor.schema.name

    def _entries(self, log: list[tuple[EventLeaf, bytes]], chosen: Callable[[Entry], bool]) -> list[Logged]:
        hashes = [leaf_hash(leaf.to_bytes()) for leaf, _ in log]
        return [
            Logged(at, leaf.to_bytes(), inclusion_proof(hashes, at), data)
            for at, (leaf, data) in enumerate(log)
            if chosen(Entry.from_bytes(data))
        ]

    def _announcement(self, number: int) -> Logged:
        at = self.announcements[number]
        hashes = [leaf_hash(leaf.to_bytes()) for leaf, _ in self.entries]
        return Logged(at, self.entries[at][0].to_bytes(), inclusion_proof(hashes, at))

    def _logged(self, at: int) -> Logged:
        hashes = [leaf_hash(item.leaf.to_bytes()) for item in self.sheets]
        return Logged(at, self.sheets[at].leaf.to_bytes(), inclusion_proof(hashes, at), self.sheets[at].params)

    def _shown(self, at: int, row: int) -> Shown:
        return Shown(self._logged(at), self.page(at, row))

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
    ) -> tuple[Shown, ShownRound | None, list[ShownRound], list[ShownRefund], list[Shown]]:
        enrolment: Shown | None = None
        before: ShownRound | None = None
        rounds: list[ShownRound] = []
        refunds, events, charges = [], [], 0
        for at, item in enumerate(self.sheets):
            descriptor = item.leaf.descriptor
            name, has_hers = descriptor.schema.name, descriptor.rows > slot
            number, charges = charges, charges + (name == "charge/1")
            if leave_out(item):
                continue
            if name == "enrolment/1":
                if enrolment is None and descriptor.first <= slot < descriptor.first + descriptor.rows:
                    enrolment = self._shown(at, slot - descriptor.first)
            elif name == "charge/1":
                shown = ShownRound(
                    self._logged(at), self._announcement(number), self.page(at, slot) if has_hers else None
                )
                if has_hers:
                    rounds.append(shown)
                else:
                    before = shown
            elif name == "refund/1":
                refunds.append(ShownRefund(self._logged(at), self.page(at, slot) if has_hers else None))
            elif int.from_bytes(b"".join(item.built.bundles)[:4], "little") == slot:
                events.append(self._shown(at, 0))
        assert enrolment is not None
        return enrolment, before, rounds, refunds, events


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
