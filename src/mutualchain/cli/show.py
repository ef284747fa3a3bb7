"""``mutualchain show``: a file that people get, opened readably. It repeats what the file says; nothing is checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..errors import FrameError, MutualchainError
from .app import App, pass_app
from .language import ENGLISH
from .options import FILE, json_option, tz_option
from .screen import Screen

__all__ = ["show"]

Pairs = list[tuple[str, str]]


@click.command(
    epilog="""\b
Examples:
  mutualchain show my-record.mcr
  mutualchain show receipt.mct"""
)
@click.argument("file", type=FILE)
@tz_option
@json_option
@pass_app
def show(app: App, file: Path) -> None:
    """Show what a record, receipt, passport or trust file says. NOTHING is checked: verify-my-record does that."""
    from ..limits import MAX_BUNDLE_FILE
    from .files import read_file

    data = read_file(file, "a file of mutualchain", MAX_BUNDLE_FILE)
    kind, pairs = _open(data, app)
    value: dict[str, Any] = {"file": str(file), "kind": kind, "checked": False, "says": dict(pairs)}

    def display(screen: Screen) -> None:
        screen.line(f"{file}: a {kind}", "title")
        screen.pairs(pairs)
        if kind == "record":
            screen.line()
            screen.line("Nothing of this was checked.", "doubt")
            screen.commands("To check it:", [f"mutualchain verify-my-record {file} --passport my.passport"])
        elif kind == "receipt":
            screen.line()
            screen.line("Nothing of this was checked.", "doubt")

    app.result(value, display)


def _open(data: bytes, app: App) -> tuple[str, Pairs]:
    if data.startswith(b"mutualchain record "):
        return "record", _record(data, app)
    if data.startswith(b"mutualchain receipt "):
        return "receipt", _receipt(data, app)
    if data.startswith(b"mutualchain passport "):
        return "passport", _passport(data)
    from ..tlog import trust as trust_files

    try:
        trusted = trust_files.parse(data)
    except MutualchainError:
        message = "the file is empty" if not data else "this is no record, receipt, passport or trust file"
        raise FrameError(message, value=data[:32] or None) from None
    return "trust file", _trust(trusted)


def _checkpoint(note: bytes) -> Pairs:
    from ..tlog import checkpoint as checkpoints
    from ..tlog import note as notes

    unverified = notes.parse(note)
    checkpoint = checkpoints.parse(unverified.text)
    signers = ", ".join(sorted({line.name for line in unverified.signatures}))
    return [
        ("book", checkpoint.origin),
        ("blocks", f"{checkpoint.size:,}"),
        ("root", checkpoint.root.hex()),
        ("signed by", f"{signers} (says the file)"),
    ]


def _record(data: bytes, app: App) -> Pairs:
    from ..block.block import Block
    from ..block.plan import SheetLeaf
    from ..record.bundle import RecordBundle
    from .dates import moment

    bundle = RecordBundle.from_bytes(data)
    head = Block.from_bytes(bundle.head[0]).header
    joined = SheetLeaf.from_bytes(bundle.enrolment.logged.leaf)
    return [
        *_checkpoint(bundle.checkpoint),
        ("as of", moment(head.time_ms, app.zone, ENGLISH)),
        ("plan", bundle.plan),
        ("slot", f"{bundle.slot:,}"),
        ("joined", f"{moment(joined.time_ms, app.zone, ENGLISH)}, block {joined.height:,}"),
        ("rounds", f"{len(bundle.rounds):,}"),
        ("events", f"{len(bundle.events):,}"),
    ]


def _receipt(data: bytes, app: App) -> Pairs:
    from ..block.block import Block
    from ..block.entry import Entry
    from ..record.receipt import parse_receipt
    from .dates import moment

    receipt = parse_receipt(data)
    header = Block.from_bytes(receipt.block).header
    pairs = [
        *_checkpoint(receipt.checkpoint),
        ("block", f"{receipt.height:,}, of {moment(header.time_ms, app.zone, ENGLISH)}"),
    ]
    subject = receipt.subject
    if len(subject) > 2 and subject[0] == "entry" and isinstance(subject[2], bytes):
        entry = Entry.from_bytes(subject[2])
        return [*pairs, ("for", f"an entry of plan {entry.plan!r}: {entry.kind}")]
    if len(subject) > 1 and type(subject[1]) is int and 0 <= subject[1] < len(header.sheets):
        sheet = header.sheets[subject[1]]
        what = "one row" if subject[0] == "row" else f"{sheet.rows:,} rows"
        return [*pairs, ("for", f"{what} of {sheet.schema.name} number {sheet.number:,}, plan {sheet.plan}")]
    raise FrameError("the receipt is for something unknown", value=repr(subject[:1])[:40])


def _passport(data: bytes) -> Pairs:
    from ..record.passport import Passport
    from ..tlog import trust as trust_files

    passport = Passport.from_bytes(data)
    trusted = _trust(trust_files.parse(passport.trust)) if passport.trust else [("trusts", "nobody yet")]
    return [("secret", "not shown"), *trusted]


def _trust(trusted: Any) -> Pairs:
    pairs = [("trusts", log.key.vkey) for log in trusted.logs]
    pairs += [("witness", f"{witness.name} {witness.key.vkey}") for witness in trusted.witnesses]
    return [*pairs, ("quorum", trusted.quorum or "none: no witness is asked for")]
