"""What a file of any kind says, in labels and values, for ``mutualchain show``. It is repeated, and nothing is checked.

Labels are English keys that a table translates; every kind that people get has its reader in READERS.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ..errors import FrameError, MutualchainError
from ..limits import MAX_NOTE
from ..tlog import trust as trust_files
from .amounts import amount
from .dates import moment
from .head import head_line

if TYPE_CHECKING:
    from ..record.bundle import RecordBundle
    from .app import App

__all__ = ["KINDS", "open_file"]

Pairs = list[tuple[str, str]]

KINDS: Final[dict[str, str]] = {
    "record": "a record",
    "receipt": "a receipt",
    "disclosure": "a disclosure",
    "evidence": "evidence",
    "passport": "a passport",
    "trust file": "a trust file",
    "checkpoint": "a checkpoint",
    "pin": "a pin",
    "invitation": "an invitation",
    "join": "a request to join",
    "opening": "an opened field",
    "covenant": "a covenant",
    "facts": "the facts of a case",
    "sealed facts": "the sealed facts of a case",
    "fields": "what is shown of a case",
}
"""Every kind, and what it is called."""
_OTHER = ("other book", "other blocks", "other root", "other head words", "other signed by")
_SAYS = {
    "size": "two checkpoints contradict each other: of one size",
    "prefix": "two checkpoints contradict each other: the larger one begins otherwise",
    "prefixes": "two checkpoints contradict each other: the two begin differently",
    "block": "two checkpoints contradict each other: a block differs",
}


def open_file(data: bytes, app: App) -> tuple[str, Pairs]:
    """The kind of a file and what it says. Raises FrameError for no file of ours, and what parsing it raises."""
    for kind, read in _READERS.items():
        if data.startswith(b"mutualchain " + kind.encode() + b" "):
            return kind, read(data, app)
    if data and len(data) <= MAX_NOTE and b"\n\n\xe2\x80\x94 " in data:
        return "checkpoint", _checkpoint(data, app)
    try:
        trusted = trust_files.parse(data)
    except MutualchainError:
        from .opened_texts import open_text

        text = open_text(data, app.words)
        if text is not None:
            return text
        message = "the file is empty" if not data else "this is no file of mutualchain"
        hint = (
            "It opens records, receipts, disclosures, evidence, passports, trust files, checkpoints, pins, "
            "invitations, requests, opened fields, covenants and the facts of a case."
        )
        raise FrameError(message, value=data[:32] or None, hint=hint if data else None) from None
    return "trust file", _trust(trusted, app)


def _checkpoint(note: bytes, app: App) -> Pairs:
    from ..tlog import checkpoint as checkpoints
    from ..tlog import note as notes

    unverified = notes.parse(note)
    checkpoint = checkpoints.parse(unverified.text)
    signers = ", ".join(sorted({line.name for line in unverified.signatures}))
    return [
        ("book", checkpoint.origin),
        ("blocks", f"{checkpoint.size:,}"),
        ("root", checkpoint.root.hex()),
        ("head words", head_line(checkpoint, app.words)),
        ("signed by", app.words.say("{names} (says the file)", names=signers)),
    ]


def _membership(bundle: RecordBundle, app: App) -> Pairs:
    from ..block.block import Block
    from ..block.plan import SheetLeaf

    head = Block.from_bytes(bundle.head[0]).header
    joined = SheetLeaf.from_bytes(bundle.enrolment.logged.leaf)
    when = moment(joined.time_ms, app.zone, app.words)
    return [
        *_checkpoint(bundle.checkpoint, app),
        ("as of", moment(head.time_ms, app.zone, app.words)),
        ("plan", bundle.plan),
        ("slot", f"{bundle.slot:,}"),
        ("joined", app.words.say("{when}, block {height}", when=when, height=joined.height)),
        ("rounds", f"{len(bundle.rounds):,}"),
    ]


def _record(data: bytes, app: App) -> Pairs:
    from ..record.bundle import RecordBundle

    bundle = RecordBundle.from_bytes(data)
    return [*_membership(bundle, app), ("events", f"{len(bundle.events):,}")]


def _disclosure(data: bytes, app: App) -> Pairs:
    from ..disclosure.bundle import DisclosureBundle

    bundle = DisclosureBundle.from_bytes(data)
    return [*_membership(bundle.claimant, app), ("case", bundle.case.hex())]


def _receipt(data: bytes, app: App) -> Pairs:
    from ..block.block import Block
    from ..block.entry import Entry
    from ..record.receipt import parse_receipt

    receipt, say = parse_receipt(data), app.words.say
    header = Block.from_bytes(receipt.block).header
    when = moment(header.time_ms, app.zone, app.words)
    pairs = [
        *_checkpoint(receipt.checkpoint, app),
        ("block", say("{height}, of {when}", height=receipt.height, when=when)),
    ]
    subject = receipt.subject
    if len(subject) > 2 and subject[0] == "entry" and isinstance(subject[2], bytes):
        entry = Entry.from_bytes(subject[2])
        return [*pairs, ("for", say("an entry of plan {plan}: {kind}", plan=repr(entry.plan), kind=entry.kind))]
    if len(subject) > 1 and type(subject[1]) is int and 0 <= subject[1] < len(header.sheets):
        sheet = header.sheets[subject[1]]
        named = {"schema": sheet.schema.name, "number": sheet.number, "plan": sheet.plan}
        if subject[0] == "row":
            return [*pairs, ("for", say("one row of {schema} number {number}, plan {plan}", **named))]
        rows = app.words.count(
            "{count} row of {schema} number {number}, plan {plan}",
            "{count} rows of {schema} number {number}, plan {plan}",
            sheet.rows,
            **named,
        )
        return [*pairs, ("for", rows)]
    raise FrameError("the receipt is for something unknown", value=repr(subject[:1])[:40])


def _evidence(data: bytes, app: App) -> Pairs:
    from ..disclosure.bundle import DisclosureBundle
    from ..evidence.bundle import ChainEvidence, DisclosureEvidence, SplitEvidence, parse_evidence
    from ..record.bundle import RecordBundle

    found, say = parse_evidence(data), app.words.say
    if isinstance(found, SplitEvidence):
        other = list(zip(_OTHER, (value for _, value in _checkpoint(found.second, app)), strict=True))
        return [("says", say(_SAYS[str(found.proof.to_value()[0])])), *_checkpoint(found.first, app), *other]
    if isinstance(found, ChainEvidence):
        heights = ", ".join(f"{item.proven.height:,}" for item in found.blocks)
        return [("says", say("blocks break a rule: {heights}", heights=heights)), *_checkpoint(found.note, app)]
    if isinstance(found, DisclosureEvidence):
        checkpoint = _checkpoint(DisclosureBundle.from_bytes(found.disclosure).claimant.checkpoint, app)
        return [("says", say("a disclosure's chain breaks a rule")), *checkpoint]
    checkpoint = _checkpoint(RecordBundle.from_bytes(found.record).checkpoint, app)
    return [("says", say("a record's chain breaks a rule")), *checkpoint]


def _passport(data: bytes, app: App) -> Pairs:
    from ..record.passport import Passport, is_locked

    say = app.words.say
    if is_locked(data):
        return [("secret", say("locked: it opens with its passphrase only"))]
    passport = Passport.from_bytes(data)
    trusted = _trust(trust_files.parse(passport.trust), app) if passport.trust else [("trusts", say("nobody yet"))]
    return [("secret", say("not shown")), *trusted]


def _trust(trusted: Any, app: App) -> Pairs:
    pairs = [("trusts", log.key.vkey) for log in trusted.logs]
    pairs += [("witness", f"{witness.name} {witness.key.vkey}") for witness in trusted.witnesses]
    return [*pairs, ("quorum", trusted.quorum or app.words.say("none: no witness is asked for"))]


def _pin(data: bytes, app: App) -> Pairs:
    from ..record.pinfile import PinFile

    pin = PinFile.from_bytes(data)
    seen = moment(pin.newest.time_ms, app.zone, app.words)
    return [
        *_checkpoint(pin.newest.note, app),
        ("public key", pin.public_key.hex()),
        ("accepted", seen),
        ("books", f"{len(pin.books):,}"),
    ]


def _invitation(data: bytes, app: App) -> Pairs:
    from ..record.invitation import Invitation

    found = Invitation.from_bytes(data)
    rules = found.covenant
    return [
        ("book", found.origin),
        ("plan", found.plan),
        ("title", rules.title),
        ("covenant", f"{found.covenant_version:,}, {rules.hash.hex()}"),
        ("deposit", amount(rules.membership.prepay, rules.decimals, rules.currency, app.words)),
        ("sealed to", found.intake),
    ]


def _join(data: bytes, app: App) -> Pairs:
    from ..record.invitation import SealedRequest

    found = SealedRequest.from_bytes(data)
    content = app.words.say("{count} bytes that only the operator can open", count=len(found.sealed))
    return [("book", found.origin), ("plan", found.plan), ("content", content)]


def _opening(data: bytes, app: App) -> Pairs:
    from ..record.fact_opening import FactOpening, read_opened
    from .case_facts import fact_text

    found = read_opened(data)
    if isinstance(found, FactOpening):
        return [
            ("plan", found.plan),
            ("slot", f"{found.slot:,}"),
            ("case", found.case.hex()),
            ("fact", found.name),
            ("value", fact_text(found.name, found.value)),
        ]
    opening, member, slot = found
    value = opening.claim.value
    return [
        ("plan", member.plan),
        ("slot", f"{slot:,}"),
        ("public key", member.public_key.hex()),
        ("claim", opening.name),
        ("value", value.hex() if isinstance(value, bytes) else value),
    ]


_READERS: Final[dict[str, Callable[[bytes, App], Pairs]]] = {
    "record": _record,
    "receipt": _receipt,
    "disclosure": _disclosure,
    "evidence": _evidence,
    "passport": _passport,
    "pin": _pin,
    "invitation": _invitation,
    "join": _join,
    "opening": _opening,
}
